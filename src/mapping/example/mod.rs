//! Running the examples of a `MappingTest`: what a mapping makes of given values, without any server.
//!
//! An example is a small create: an item is made from what is given, every row of the direction reads and
//! translates it, and what would be written is compared with what is expected. Fields compare as their rows
//! do, so that two spellings of one meaning are the same.

mod compute;
mod given;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value as Json;

use self::compute::Computed;
use super::CompiledMapping;
use crate::diagnostics::Finding;
use crate::model::config::{Config, Example, FieldMapping, MappingTest};
use crate::model::{Name, System};

/// What became of an example.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<'a> {
    /// The example.
    pub example: &'a Example,
    /// Its place in the document, from 0.
    pub index: usize,
    /// What came of it.
    pub verdict: Verdict,
}

/// Whether an example holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Some fields are not as expected; not empty.
    Failed(Vec<Difference>),
    /// The mapping cannot be used in this direction; the errors say why.
    NotComputed(Vec<Finding>),
}

/// A field that is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field of the target.
    pub field: String,
    /// The value that is expected; `None` if the field is expected to wait.
    pub expected: Option<Json>,
    /// What the mapping gives.
    pub got: Got,
    /// Whether the values are left out of output.
    pub sensitive: bool,
}

/// What a mapping gives a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    /// This value, as a person writes it in a manifest; null for none.
    Value(Json),
    /// None can be given, so the field waits (or the whole item): the reason.
    Waits(String),
}

impl Outcome<'_> {
    /// Whether the example holds.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

/// The user table that the examples of a mapping go by: that of the connection whose rules use it. `None`
/// if no rule uses the mapping, or rules of several connections do, whose tables may differ.
pub fn users_of<'a>(config: &'a Config, mapping: &Name) -> Option<&'a IndexMap<String, String>> {
    let rules = config.rules.values();
    let connections: BTreeSet<&Name> = rules
        .filter(|rule| rule.mapping == *mapping)
        .map(|rule| &rule.connection)
        .collect();
    let mut connections = connections.into_iter();
    let only = connections.next().filter(|_| connections.len() == 0)?;
    config.connections.get(only).map(|found| &found.users)
}

/// Runs the examples of a test in their order. `mapping` is the one that the test names; rows `as: user` go
/// by `users` (see [`users_of`]), without one by equal addresses alone.
pub fn run<'a>(
    mapping: &FieldMapping,
    test: &'a MappingTest,
    users: Option<&IndexMap<String, String>>,
) -> Vec<Outcome<'a>> {
    let compile = |target| {
        let uses = |example: &Example| example.target == target;
        let (ready, mut findings) = CompiledMapping::compile(mapping, None, &[target]);
        findings.retain(Finding::is_error);
        let ready = match users {
            Some(users) => ready.map(|ready| ready.with_users(users)),
            None => ready,
        };
        test.cases.iter().any(uses).then_some(ready.ok_or(findings))
    };
    let (azure_devops, testworthy) = (compile(System::AzureDevOps), compile(System::TestWorthy));
    let examples = test.cases.iter().enumerate();
    let outcomes = examples.filter_map(|(index, example)| {
        let ready = match example.target {
            System::AzureDevOps => azure_devops.as_ref(),
            System::TestWorthy => testworthy.as_ref(),
        };
        let verdict = match ready? {
            Ok(ready) => judge(ready, example),
            Err(findings) => Verdict::NotComputed(findings.clone()),
        };
        Some(Outcome {
            example,
            index,
            verdict,
        })
    });
    outcomes.collect()
}

fn judge(mapping: &CompiledMapping, example: &Example) -> Verdict {
    let computed = Computed::new(mapping, example);
    let mut differences = Vec::new();
    for (field, expected) in &example.expect {
        if !computed.is(field, expected) {
            differences.push(computed.difference(field, Some(expected.clone())));
        }
    }
    for field in &example.waits {
        if !matches!(computed.got(field), Got::Waits(_)) {
            differences.push(computed.difference(field, None));
        }
    }
    if differences.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed(differences)
    }
}
