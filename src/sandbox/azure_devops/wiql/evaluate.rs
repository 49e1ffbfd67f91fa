//! A query run over the items of an organisation.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::parser::{Condition, Operand, Query, Test};
use crate::sandbox::azure_devops::Organization;
use crate::sandbox::azure_devops::error::ApiError;
use crate::sandbox::azure_devops::field::{self, FieldId, FieldKind};
use crate::sandbox::azure_devops::identity::UserId;
use crate::sandbox::azure_devops::instant;
use crate::sandbox::azure_devops::item::WorkItem;
use crate::sandbox::azure_devops::node::{NodeId, Tree};
use crate::sandbox::azure_devops::value::FieldValue;
use crate::sandbox::azure_devops::work_item_type;

/// The most items that a query may find (Microsoft Learn, Work tracking limits).
pub(crate) const MAX_RESULTS: usize = 20_000;

/// What a query needs to know besides the items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// The project of the URL, for `@project`.
    pub(crate) project: Option<usize>,
    pub(crate) user: UserId,
    pub(crate) now: Timestamp,
    /// Whether dates are compared with their time.
    pub(crate) time_precision: bool,
}

/// What a query found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) columns: Vec<FieldId>,
    pub(crate) order: Vec<(FieldId, bool)>,
    pub(crate) ids: Vec<u64>,
}

/// A condition with its fields found and its values read.
enum Check {
    And(Vec<Check>),
    Or(Vec<Check>),
    Not(Box<Check>),
    Compare(FieldId, Test, Vec<Known>),
    Under(FieldId, NodeId),
    Tag(String),
    Words(FieldId, Vec<String>),
    Part(FieldId, String),
    Ever(FieldId, Known),
    Empty(FieldId),
}

/// A value to compare with.
#[derive(Clone)]
enum Known {
    Value(FieldValue),
    Text(String),
    Number(f64),
    /// Compared by day.
    Day(Timestamp),
    Field(FieldId),
    Nothing,
}

impl Organization {
    /// Runs a query. `top` cuts the result.
    pub(crate) fn query(
        &self,
        query: &Query,
        setting: Setting,
        top: Option<usize>,
    ) -> Result<Found, ApiError> {
        let compiler = Compiler {
            organization: self,
            setting,
        };
        let columns = query
            .columns
            .iter()
            .map(|name| compiler.field(name))
            .collect::<Result<Vec<_>, _>>()?;
        let order = query
            .order
            .iter()
            .map(|(name, descending)| Ok((compiler.field(name)?, *descending)))
            .collect::<Result<Vec<_>, ApiError>>()?;
        let check = match &query.condition {
            Some(condition) => compiler.check(condition)?,
            None => Check::And(Vec::new()),
        };
        let as_of = match &query.as_of {
            Some(text) => Some(
                instant::parse(text)
                    .ok_or_else(|| caused_by("TF51006: ASOF needs a date", text))?
                    .at,
            ),
            None => None,
        };
        let mut found: Vec<Cow<'_, WorkItem>> = self
            .candidates(&check)
            .filter_map(|item| match as_of {
                Some(at) => item.as_of(at).map(Cow::Owned),
                None => Some(Cow::Borrowed(item)),
            })
            .filter(|item| item.deleted.is_none() && self.holds(&check, item))
            .collect();
        self.sort(&mut found, &order);
        let limit = top.filter(|top| *top < MAX_RESULTS);
        if limit.is_none() && found.len() > MAX_RESULTS {
            return Err(ApiError::query_too_big());
        }
        let ids = found
            .iter()
            .map(|item| item.id)
            .take(limit.unwrap_or(MAX_RESULTS))
            .collect();
        Ok(Found {
            columns,
            order,
            ids,
        })
    }

    /// A superset of what can hold, by the indices: an id, a least id, a tag.
    fn candidates<'a>(&'a self, check: &Check) -> Box<dyn Iterator<Item = &'a WorkItem> + 'a> {
        let single = std::slice::from_ref(check);
        let all: &[Check] = if let Check::And(all) = check {
            all
        } else {
            single
        };
        let mut least = 0;
        let mut narrow: Option<BTreeSet<u64>> = None;
        for part in all {
            match part {
                Check::Compare(field::ID, Test::Equal | Test::In, values)
                    if values.iter().all(|known| matches!(known, Known::Number(_))) =>
                {
                    let ids = values.iter().filter_map(Known::as_id).collect();
                    narrow.get_or_insert(ids);
                }
                Check::Compare(field::ID, Test::Greater | Test::GreaterOrEqual, values) => {
                    if let Some(id) = values.first().and_then(Known::as_id) {
                        least = least.max(id);
                    }
                }
                Check::Tag(tag) => {
                    narrow.get_or_insert_with(|| self.items.tagged_like(tag));
                }
                _ => {}
            }
        }
        match narrow {
            Some(ids) => Box::new(ids.into_iter().filter_map(|id| self.items.any(id))),
            None => Box::new(self.items.from(least)),
        }
    }

    fn sort(&self, found: &mut [Cow<'_, WorkItem>], order: &[(FieldId, bool)]) {
        if order.is_empty() || matches!(order, [(field::ID, false), ..]) {
            return;
        }
        found.sort_by_cached_key(|item| SortKey {
            parts: order
                .iter()
                .map(|(id, descending)| {
                    let value = self.value_of(item, *id);
                    (value.map(|value| self.sortable(&value)), *descending)
                })
                .collect(),
        });
    }

    fn sortable(&self, value: &FieldValue) -> Sortable {
        match value {
            FieldValue::Integer(number) => Sortable::Integer(*number),
            FieldValue::Double(number) => Sortable::Double(*number),
            FieldValue::Boolean(flag) => Sortable::Integer(i64::from(*flag)),
            FieldValue::DateTime(at) => Sortable::Integer(at.as_millisecond()),
            other => Sortable::Text(self.value_text(other).to_lowercase()),
        }
    }

    fn holds(&self, check: &Check, item: &WorkItem) -> bool {
        match check {
            Check::And(all) => all.iter().all(|one| self.holds(one, item)),
            Check::Or(all) => all.iter().any(|one| self.holds(one, item)),
            Check::Not(inner) => !self.holds(inner, item),
            Check::Compare(id, test, values) => {
                let value = self.value_of(item, *id);
                match test {
                    Test::In => values
                        .iter()
                        .any(|known| self.compares(item, value.as_ref(), Test::Equal, known)),
                    _ => values
                        .first()
                        .is_some_and(|known| self.compares(item, value.as_ref(), *test, known)),
                }
            }
            Check::Under(path, top) => item
                .node(*path)
                .is_some_and(|node| self.nodes.is_under(node, *top)),
            Check::Tag(start) => item.tags().any(|tag| tag.to_lowercase().starts_with(start)),
            Check::Part(id, part) => self
                .value_of(item, *id)
                .is_some_and(|value| self.value_text(&value).to_lowercase().contains(part)),
            Check::Words(id, words) => self.value_of(item, *id).is_some_and(|value| {
                let text = self.value_text(&value).to_lowercase();
                let present: Vec<&str> = text
                    .split(|letter: char| !letter.is_alphanumeric())
                    .collect();
                words
                    .iter()
                    .all(|word| present.iter().any(|known| known.starts_with(word.as_str())))
            }),
            Check::Ever(id, known) => {
                let now = self.value_of(item, *id);
                self.compares(item, now.as_ref(), Test::Equal, known)
                    || item
                        .updates
                        .iter()
                        .flat_map(|update| &update.fields)
                        .filter(|change| change.field == *id)
                        .any(|change| self.compares(item, change.old.as_ref(), Test::Equal, known))
            }
            Check::Empty(id) => self.value_of(item, *id).is_none(),
        }
    }

    fn compares(
        &self,
        item: &WorkItem,
        value: Option<&FieldValue>,
        test: Test,
        known: &Known,
    ) -> bool {
        let other;
        let known = if let Known::Field(id) = known {
            other = self
                .value_of(item, *id)
                .map_or(Known::Nothing, Known::Value);
            &other
        } else {
            known
        };
        let order = match (value, known) {
            (None, Known::Nothing) => Some(Ordering::Equal),
            (None, _) => return test == Test::NotEqual,
            (Some(_), Known::Nothing | Known::Field(_)) => return test == Test::NotEqual,
            (Some(FieldValue::DateTime(at)), Known::Day(day)) => Some(instant::day(*at).cmp(day)),
            (Some(FieldValue::Identity(user)), Known::Text(text)) => {
                let user = self.users.get(*user);
                let same = [&*user.display_name, &*user.unique_name]
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(text));
                Some(if same {
                    Ordering::Equal
                } else {
                    user.text().cmp(text)
                })
            }
            (Some(value), Known::Text(text)) => Some(compare_text(&self.value_text(value), text)),
            (Some(value), Known::Number(number)) => {
                as_number(value).and_then(|n| n.partial_cmp(number))
            }
            (Some(FieldValue::Text(one)), Known::Value(FieldValue::Text(two))) => {
                Some(compare_text(one, two))
            }
            (Some(FieldValue::DateTime(one)), Known::Value(FieldValue::DateTime(two))) => {
                Some(one.cmp(two))
            }
            (Some(one), Known::Value(two)) => match (as_number(one), as_number(two)) {
                (Some(one), Some(two)) => one.partial_cmp(&two),
                _ => Some(compare_text(&self.value_text(one), &self.value_text(two))),
            },
            (Some(_), Known::Day(_)) => None,
        };
        let Some(order) = order else {
            return test == Test::NotEqual;
        };
        match test {
            Test::Equal | Test::In => order == Ordering::Equal,
            Test::NotEqual => order != Ordering::Equal,
            Test::Greater => order == Ordering::Greater,
            Test::GreaterOrEqual => order != Ordering::Less,
            Test::Less => order == Ordering::Less,
            Test::LessOrEqual => order != Ordering::Greater,
            _ => false,
        }
    }
}

impl Known {
    fn as_id(&self) -> Option<u64> {
        match self {
            Self::Number(number) if *number >= 0.0 => format!("{number:.0}").parse().ok(),
            _ => None,
        }
    }
}

/// Compares without regard to case, cheaply where both are ASCII.
fn compare_text(one: &str, two: &str) -> Ordering {
    if one.is_ascii() && two.is_ascii() {
        let lower = |text: &str| {
            text.bytes()
                .map(|byte| byte.to_ascii_lowercase())
                .collect::<Vec<_>>()
        };
        if one.eq_ignore_ascii_case(two) {
            return Ordering::Equal;
        }
        return lower(one).cmp(&lower(two));
    }
    one.to_lowercase().cmp(&two.to_lowercase())
}

fn as_number(value: &FieldValue) -> Option<f64> {
    match value {
        FieldValue::Integer(number) => i32::try_from(*number).ok().map(f64::from),
        FieldValue::Double(number) => Some(*number),
        FieldValue::Boolean(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    }
}

struct SortKey {
    parts: Vec<(Option<Sortable>, bool)>,
}

enum Sortable {
    Integer(i64),
    Double(f64),
    Text(String),
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        for ((one, descending), (two, _)) in self.parts.iter().zip(&other.parts) {
            let order = match (one, two) {
                (Some(Sortable::Integer(one)), Some(Sortable::Integer(two))) => one.cmp(two),
                (Some(Sortable::Double(one)), Some(Sortable::Double(two))) => one.total_cmp(two),
                (Some(Sortable::Text(one)), Some(Sortable::Text(two))) => one.cmp(two),
                (one, two) => one.is_some().cmp(&two.is_some()),
            };
            let order = if *descending { order.reverse() } else { order };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SortKey {}

fn caused_by(message: &str, what: &str) -> ApiError {
    ApiError::query(format!("{message}. The error is caused by «{what}»."))
}

struct Compiler<'a> {
    organization: &'a Organization,
    setting: Setting,
}

impl Compiler<'_> {
    fn field(&self, name: &str) -> Result<FieldId, ApiError> {
        self.organization.fields.find(name).ok_or_else(|| {
            let what = format!("[{name}]");
            caused_by(
                "TF51005: The query references a field that does not exist",
                &what,
            )
        })
    }

    fn check(&self, condition: &Condition) -> Result<Check, ApiError> {
        let each = |all: &[Condition]| {
            all.iter()
                .map(|one| self.check(one))
                .collect::<Result<Vec<_>, _>>()
        };
        match condition {
            Condition::And(all) => Ok(Check::And(each(all)?)),
            Condition::Or(all) => Ok(Check::Or(each(all)?)),
            Condition::Not(inner) => Ok(Check::Not(Box::new(self.check(inner)?))),
            Condition::Test {
                field,
                test,
                operands,
            } => self.test(self.field(field)?, *test, operands),
        }
    }

    fn test(&self, id: FieldId, test: Test, operands: &[Operand]) -> Result<Check, ApiError> {
        let definition = self.organization.fields.get(id);
        let values = || {
            operands
                .iter()
                .map(|operand| self.known(id, operand))
                .collect::<Result<Vec<_>, _>>()
        };
        let text = || match operands.first() {
            Some(Operand::Text(text)) => Ok(text.trim().to_lowercase()),
            _ => Err(caused_by(
                "TF51006: This operator needs a text",
                &definition.reference,
            )),
        };
        match test {
            Test::IsEmpty => Ok(Check::Empty(id)),
            Test::Under => Ok(Check::Under(id, self.node(id, operands.first())?)),
            Test::Contains | Test::ContainsWords if id == field::TAGS => Ok(Check::Tag(text()?)),
            Test::Contains => Ok(Check::Part(id, text()?)),
            Test::ContainsWords => {
                let words = text()?
                    .split(|letter: char| !letter.is_alphanumeric())
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect();
                Ok(Check::Words(id, words))
            }
            Test::InGroup => {
                let name = text()?;
                let types = work_item_type::category(&name)
                    .ok_or_else(|| caused_by("TF51012: The group does not exist", &name))?;
                let names = types
                    .iter()
                    .map(|name| Known::Text((*name).to_owned()))
                    .collect();
                Ok(Check::Compare(id, Test::In, names))
            }
            Test::Ever => {
                let mut values = values()?;
                Ok(Check::Ever(id, values.pop().unwrap_or(Known::Nothing)))
            }
            _ if definition.kind == FieldKind::TreePath
                && matches!(test, Test::Equal | Test::NotEqual | Test::In) =>
            {
                let nodes = operands
                    .iter()
                    .map(|operand| {
                        let node = self.node(id, Some(operand))?;
                        Ok(Known::Value(FieldValue::Node(node)))
                    })
                    .collect::<Result<Vec<_>, ApiError>>()?;
                Ok(Check::Compare(id, test, nodes))
            }
            _ => Ok(Check::Compare(id, test, values()?)),
        }
    }

    fn node(&self, id: FieldId, operand: Option<&Operand>) -> Result<NodeId, ApiError> {
        let project;
        let path = match operand {
            Some(Operand::Text(path)) => path.as_str(),
            Some(Operand::Macro(name, _)) if name == "project" => {
                project = self.project()?;
                &project
            }
            _ => {
                let name = &self.organization.fields.get(id).reference;
                return Err(caused_by("TF51006: This operator needs a path", name));
            }
        };
        let (tree, what) = match id {
            field::AREA_PATH => (Tree::Area, "area"),
            field::ITERATION_PATH => (Tree::Iteration, "iteration"),
            _ => {
                let name = &self.organization.fields.get(id).reference;
                return Err(caused_by("TF51006: UNDER needs a path field", name));
            }
        };
        self.organization.nodes.find(tree, path).ok_or_else(|| {
            let message = format!("TF51011: The specified {what} path does not exist");
            caused_by(&message, &format!("'{path}'"))
        })
    }

    fn project(&self) -> Result<String, ApiError> {
        let project = self.setting.project.ok_or_else(|| {
            caused_by("TF51013: The macro needs a project in the URL", "@project")
        })?;
        Ok(self.organization.projects[project].name.to_string())
    }

    fn known(&self, id: FieldId, operand: &Operand) -> Result<Known, ApiError> {
        let kind = self.organization.fields.get(id).kind;
        let wrong = |what: &str| caused_by("TF51014: The value does not fit the field", what);
        match operand {
            Operand::Field(name) => Ok(Known::Field(self.field(name)?)),
            Operand::Boolean(flag) => Ok(Known::Value(FieldValue::Boolean(*flag))),
            Operand::Number(number) if kind == FieldKind::String => {
                Ok(Known::Text(number.to_string()))
            }
            Operand::Number(number) => Ok(Known::Number(*number)),
            Operand::Macro(name, plus) => self.macro_value(name, *plus),
            Operand::Text(text) => match kind {
                _ if text.is_empty() => Ok(Known::Nothing),
                FieldKind::Integer | FieldKind::Double => {
                    let number = text.trim().parse().map_err(|_| wrong(text))?;
                    Ok(Known::Number(number))
                }
                FieldKind::Boolean => Ok(Known::Value(FieldValue::Boolean(
                    text.eq_ignore_ascii_case("true"),
                ))),
                FieldKind::DateTime => {
                    let written = instant::parse(text).ok_or_else(|| wrong(text))?;
                    if self.setting.time_precision {
                        return Ok(Known::Value(FieldValue::DateTime(written.at)));
                    }
                    if written.has_time {
                        let name = &self.organization.fields.get(id).reference;
                        return Err(caused_by(
                            "You cannot supply a time with the date when running a query using \
                             date precision",
                            &format!("[{name}] '{text}'"),
                        ));
                    }
                    Ok(Known::Day(written.at))
                }
                FieldKind::Identity => match self
                    .organization
                    .users
                    .resolve(&serde_json::Value::String(text.clone()))
                {
                    Ok(user) => Ok(Known::Value(FieldValue::Identity(user))),
                    Err(text) => Ok(Known::Text(text)),
                },
                _ => Ok(Known::Text(text.clone())),
            },
        }
    }

    fn macro_value(&self, name: &str, plus: f64) -> Result<Known, ApiError> {
        match name {
            "project" => Ok(Known::Text(self.project()?)),
            "me" => Ok(Known::Value(FieldValue::Identity(self.setting.user))),
            "today" => {
                let days: i64 = format!("{plus:.0}").parse().unwrap_or(0);
                let day = instant::plus_days(instant::day(self.setting.now), days);
                if self.setting.time_precision {
                    Ok(Known::Value(FieldValue::DateTime(day)))
                } else {
                    Ok(Known::Day(day))
                }
            }
            _ => Err(caused_by(
                "TF51008: The macro is not known",
                &format!("@{name}"),
            )),
        }
    }
}
