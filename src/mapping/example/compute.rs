//! What a mapping makes of one example, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::given::{self, NOBODY, REFS, TAGS};
use super::{Difference, Got};
use crate::mapping::{CompiledMapping, CompiledRow, Problem};
use crate::model::config::Example;
use crate::model::{ACCORD_TAG, Case, System, Value, WorkItem, azure_boards_mention_in};

/// The source of an example.
enum Item {
    Case(Case),
    WorkItem(WorkItem),
}

/// What the rows of one direction give for an example.
pub(super) struct Computed<'a> {
    mapping: &'a CompiledMapping,
    target: System,
    /// Canonical values by row.
    values: BTreeMap<String, Value>,
    /// Why rows have none.
    problems: BTreeMap<String, Problem>,
    /// What would be written by field, but for tags and references.
    fields: BTreeMap<String, Value>,
    /// Tags or references, without Accord's own.
    list: Vec<String>,
}

impl<'a> Computed<'a> {
    pub(super) fn new(mapping: &'a CompiledMapping, example: &Example) -> Self {
        let item = match example.source() {
            System::TestWorthy => Item::Case(given::case(&example.given)),
            System::AzureDevOps => {
                Item::WorkItem(given::work_item(&mapping.work_item_type, &example.given))
            }
        };
        let mut computed = Self {
            mapping,
            target: example.target,
            values: BTreeMap::new(),
            problems: BTreeMap::new(),
            fields: BTreeMap::new(),
            list: Vec::new(),
        };
        for row in mapping.active_rows(example.target) {
            let name = row.name().to_owned();
            match item.translated(row) {
                Ok(value) => drop(computed.values.insert(name, value)),
                Err(problem) => drop(computed.problems.insert(name, problem)),
            }
        }
        computed.draft(example);
        computed
    }

    /// Puts the values together as a create does. A row whose value cannot stand in it waits.
    fn draft(&mut self, example: &Example) {
        let mut writes = self.values.clone();
        // What nobody gave is missing from the example, not from the item.
        writes.retain(|name, value| {
            let row = self.mapping.row(name);
            let source = row.map(|row| row.path(example.source()));
            !value.is_null() || source.is_some_and(|source| example.given.contains_key(&source))
        });
        loop {
            let made = match self.target {
                System::AzureDevOps => self.mapping.draft_work_item(&writes).map(|made| {
                    let tags = made.tags.unwrap_or_default().into_iter();
                    let foreign = tags.filter(|tag| !tag.eq_ignore_ascii_case(ACCORD_TAG));
                    (made.fields, foreign.collect())
                }),
                System::TestWorthy => self.mapping.draft_case(NOBODY, &writes).map(|made| {
                    let refs = made.refs.unwrap_or_default().into_iter();
                    let foreign = refs.filter(|one| azure_boards_mention_in(one) != Some(NOBODY));
                    (made.fields, foreign.collect())
                }),
            };
            match made {
                Ok((fields, list)) => {
                    (self.fields, self.list) = (fields, list);
                    return;
                }
                Err(refused) => {
                    let was_there = writes.remove(&refused.row).is_some();
                    self.values.remove(&refused.row);
                    self.problems.insert(refused.row, refused.problem);
                    if !was_there {
                        return;
                    }
                }
            }
        }
    }

    /// The rows that write `field`, in the order of the mapping.
    fn rows(&self, field: &str) -> impl Iterator<Item = &CompiledRow> {
        let target = self.target;
        let part = format!("{TAGS}[");
        self.mapping.active_rows(target).filter(move |row| {
            let path = row.path(target);
            path == field || (field == TAGS && path.starts_with(&part))
        })
    }

    fn is_list(&self, field: &str) -> bool {
        match self.target {
            System::AzureDevOps => field == TAGS,
            System::TestWorthy => field == REFS,
        }
    }

    /// What the mapping gives `field`.
    pub(super) fn got(&self, field: &str) -> Got {
        if let Some((row, problem)) = self.problems.iter().find(|(_, p)| p.skips_item()) {
            return Got::Waits(format!("the whole item waits for row `{row}`: {problem}"));
        }
        let problem = self
            .rows(field)
            .find_map(|row| self.problems.get(row.name()));
        if let Some(problem) = problem {
            return Got::Waits(problem.to_string());
        }
        Got::Value(if self.is_list(field) {
            if self.list.is_empty() {
                Json::Null
            } else {
                self.list.iter().map(String::as_str).collect()
            }
        } else {
            let row = self.rows(field).next();
            let steps = match row.and_then(|row| self.values.get(row.name())) {
                Some(Value::Steps(steps)) => given::lines(steps),
                _ => None,
            };
            let stored = || self.fields.get(field).map_or(Json::Null, Value::to_json);
            steps.unwrap_or_else(stored)
        })
    }

    /// Whether `field` gets what is expected, as its row compares values.
    pub(super) fn is(&self, field: &str, expected: &Json) -> bool {
        if matches!(self.got(field), Got::Waits(_)) {
            return false;
        }
        if self.is_list(field) {
            let separators: &[char] = match self.target {
                System::AzureDevOps => &[';', ','],
                System::TestWorthy => &[','],
            };
            return folded(&self.list) == folded(&given::texts(expected, separators));
        }
        let expected = given::one(field, expected);
        self.rows(field).all(|row| {
            let read = match self.target {
                System::TestWorthy => row.read_case(&given::case(&expected), None),
                System::AzureDevOps => {
                    let work_item_type = &self.mapping.work_item_type;
                    row.read_work_item(&given::work_item(work_item_type, &expected))
                }
            };
            let nothing = Value::Null;
            let value = self.values.get(row.name()).unwrap_or(&nothing);
            read.is_ok_and(|read| row.same(self.target, value, &read))
        })
    }

    pub(super) fn difference(&self, field: &str, expected: Option<Json>) -> Difference {
        Difference {
            field: field.to_owned(),
            expected,
            got: self.got(field),
            sensitive: self.rows(field).any(CompiledRow::sensitive),
        }
    }
}

impl Item {
    fn translated(&self, row: &CompiledRow) -> Result<Value, Problem> {
        match self {
            Self::Case(case) => row.to_azure_devops(&row.read_case(case, None)?),
            Self::WorkItem(item) => row.to_testworthy(&row.read_work_item(item)?),
        }
    }
}

/// Tags and references compare without order and case.
fn folded(members: &[String]) -> BTreeSet<String> {
    members.iter().map(|member| member.to_lowercase()).collect()
}
