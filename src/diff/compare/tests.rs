//! Every row of a pair: which rows are compared, which way, and what makes one wait.

mod holds;
mod ways;

use std::collections::BTreeMap;

use super::{CompareContext, Compared, ComparedRow, compare_pair};
use crate::diff::{Cause, RowDecision, RowWrite};
use crate::mapping::CompiledMapping;
use crate::mapping::testing::{case, compiled, constant_row, field_row, work_item};
use crate::model::config::{
    Conflicts, CreateIn, DriftPolicy, MatchBy, Origin, Row, Scope, SyncRule, WhenDeleted, Winner,
};
use crate::model::{
    Base, BaseField, Case, Direction, Learned, Name, Repetitions, Sides, System, Take, Value,
    WorkItem,
};

fn rule(direction: Direction) -> SyncRule {
    let name = |text: &str| Name::new(text).unwrap();
    SyncRule {
        name: name("cases"),
        connection: name("web-shop"),
        mapping: name("test-case"),
        direction,
        scope: Scope::default(),
        creates: Sides::default(),
        create_in: CreateIn::default(),
        match_by: vec![MatchBy::Marker],
        drift: DriftPolicy::Report,
        first_sync: Winner::Manual,
        conflicts: Conflicts::default(),
        when_deleted: WhenDeleted::default(),
        origin: Origin {
            file: "rules.yaml".to_owned(),
            line: 3,
        },
    }
}

/// What is known beside the pair.
#[derive(Default)]
struct Beside {
    latest: Option<System>,
    decided: BTreeMap<String, Take>,
    learned: Learned,
    repetitions: Repetitions,
}

impl Beside {
    fn compare<'a>(
        &self,
        mapping: &'a CompiledMapping,
        rule: &SyncRule,
        base: &Base,
        case: &Case,
        item: &WorkItem,
    ) -> Compared<'a> {
        let context = CompareContext {
            latest: self.latest,
            decided: &self.decided,
            learned: &self.learned,
            repetitions: &self.repetitions,
        };
        compare_pair(mapping, rule, base, case, item, &context)
    }
}

fn base_of(mapping: &CompiledMapping, values: &[(&str, Value, Value)]) -> Base {
    let field = |(name, testworthy, azure_devops): &(&str, Value, Value)| {
        let row = mapping.rows.iter().find(|row| row.name() == *name).unwrap();
        let field = BaseField {
            testworthy: testworthy.clone(),
            azure_devops: azure_devops.clone(),
            row_digest: row.digest().to_owned(),
        };
        ((*name).to_owned(), field)
    };
    Base {
        fields: values.iter().map(field).collect(),
        ..Base::default()
    }
}

fn decisions<'a>(compared: &'a Compared<'_>) -> Vec<(&'a str, &'a RowDecision)> {
    let one = |row: &'a ComparedRow<'_>| (row.row.name(), &row.decision);
    compared.rows.iter().map(one).collect()
}

fn put(
    to: System,
    before: &str,
    after: &str,
    overwrites: Option<&str>,
    cause: Cause,
) -> RowDecision {
    let put = crate::diff::Put {
        before: Value::text(before),
        after: Value::text(after),
        overwrites: overwrites.map(Value::text),
    };
    RowDecision::Write(RowWrite::one(to, put, cause))
}

/// Title both ways, notes to TestWorthy only, a constant to Azure DevOps only, and one for new items.
fn mixed() -> CompiledMapping {
    let notes = Row {
        direction: Some(Direction::ToTestWorthy),
        ..field_row("custom.notes", "Custom.Notes")
    };
    let constant = Row {
        name: "origin".to_owned(),
        ..constant_row(Value::text("TestWorthy"), "Custom.Origin")
    };
    let once = Row {
        on_create: true,
        ..field_row("custom.once", "Custom.RunState")
    };
    let rows = vec![field_row("title", "System.Title"), notes, constant, once];
    compiled(rows, System::AzureDevOps)
}

fn mixed_base(mapping: &CompiledMapping) -> Base {
    let same = |name, text: &str| (name, Value::text(text), Value::text(text));
    base_of(
        mapping,
        &[
            same("title", "Pay"),
            same("custom.notes", "old"),
            same("origin", "TestWorthy"),
        ],
    )
}

fn mixed_pair(title: (&str, &str), notes: (&str, &str), origin: &str) -> (Case, WorkItem) {
    let case = case(
        &[
            ("title", Value::text(title.0)),
            ("custom.notes", Value::text(notes.0)),
        ],
        &[],
    );
    let item = work_item(
        &[
            ("System.Title", Value::text(title.1)),
            ("Custom.Notes", Value::text(notes.1)),
            ("Custom.Origin", Value::text(origin)),
            ("Custom.RunState", Value::text("elsewhere")),
        ],
        &[],
    );
    (case, item)
}
