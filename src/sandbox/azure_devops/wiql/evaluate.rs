//! A query run over the items of an organisation.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::compile::{Check, Compiler, Known, caused_by};
use super::parser::{Query, Test};
use crate::sandbox::azure_devops::Organization;
use crate::sandbox::azure_devops::error::ApiError;
use crate::sandbox::azure_devops::field::{self, FieldId};
use crate::sandbox::azure_devops::identity::UserId;
use crate::sandbox::azure_devops::instant;
use crate::sandbox::azure_devops::item::WorkItem;
use crate::sandbox::azure_devops::value::FieldValue;

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
            (Some(FieldValue::DateTime(at)), Known::Day(day)) => Some(instant::day(*at).cmp(day)),
            (None, _) | (_, Known::Nothing | Known::Field(_) | Known::Day(_)) => None,
            (Some(FieldValue::Identity(user)), Known::Text(wanted)) => {
                let person = self.users.get(*user);
                let same = [&*person.display_name, &*person.unique_name]
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(wanted));
                Some(if same {
                    Ordering::Equal
                } else {
                    person.text().cmp(wanted)
                })
            }
            (Some(FieldValue::Text(one)), Known::Text(two)) => Some(compare_text(one, two)),
            (Some(one), Known::Text(two)) => Some(compare_text(&self.value_text(one), two)),
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
