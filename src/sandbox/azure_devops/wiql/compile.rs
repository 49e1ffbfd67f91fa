//! From a parsed query to checks on items: fields found, values read by the fields' types.

use jiff::Timestamp;

use super::evaluate::Setting;
use super::parser::{Condition, Operand, Test};
use crate::sandbox::azure_devops::Organization;
use crate::sandbox::azure_devops::error::ApiError;
use crate::sandbox::azure_devops::field::{self, FieldId, FieldKind};
use crate::sandbox::azure_devops::instant;
use crate::sandbox::azure_devops::node::{NodeId, Tree};
use crate::sandbox::azure_devops::value::FieldValue;
use crate::sandbox::azure_devops::work_item_type;

/// A condition with its fields found and its values read.
pub(crate) enum Check {
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
pub(crate) enum Known {
    Value(FieldValue),
    Text(String),
    Number(f64),
    /// Compared by day.
    Day(Timestamp),
    Field(FieldId),
    Nothing,
}

impl Known {
    pub(crate) fn as_id(&self) -> Option<u64> {
        match self {
            Self::Number(number) if *number >= 0.0 => format!("{number:.0}").parse().ok(),
            _ => None,
        }
    }
}

pub(crate) fn caused_by(message: &str, what: &str) -> ApiError {
    ApiError::query(format!("{message}. The error is caused by «{what}»."))
}

/// Finds the fields of a query and reads its values.
pub(crate) struct Compiler<'a> {
    pub(crate) organization: &'a Organization,
    pub(crate) setting: Setting,
}

impl Compiler<'_> {
    pub(crate) fn field(&self, name: &str) -> Result<FieldId, ApiError> {
        self.organization.fields.find(name).ok_or_else(|| {
            let what = format!("[{name}]");
            caused_by(
                "TF51005: The query references a field that does not exist",
                &what,
            )
        })
    }

    pub(crate) fn check(&self, condition: &Condition) -> Result<Check, ApiError> {
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
        let phrase = || match operands.first() {
            Some(Operand::Text(given)) => Ok(given.trim().to_lowercase()),
            _ => Err(caused_by(
                "TF51006: This operator needs a text",
                &definition.reference,
            )),
        };
        match test {
            Test::IsEmpty => Ok(Check::Empty(id)),
            Test::Under => Ok(Check::Under(id, self.node(id, operands.first())?)),
            Test::Contains | Test::ContainsWords if id == field::TAGS => Ok(Check::Tag(phrase()?)),
            Test::Contains => Ok(Check::Part(id, phrase()?)),
            Test::ContainsWords => {
                let words = phrase()?
                    .split(|letter: char| !letter.is_alphanumeric())
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect();
                Ok(Check::Words(id, words))
            }
            Test::InGroup => {
                let name = phrase()?;
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
