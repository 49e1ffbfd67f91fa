//! Plans for tests of this room.

use serde_json::{Value as Json, json};

use super::{
    Action, Change, ConnectionEntry, FieldChange, Inputs, ItemRef, OriginEntry, Plan, Precondition,
    Reason, SCHEMA, SafetyReport, SafetyVerdict, Summary, ToolEntry, id,
};
use crate::model::System;

/// A plan over one connection, its summary and ids fitting to `changes`.
pub(crate) fn plan(changes: Vec<Change>) -> Plan {
    let count = |action| changes.iter().filter(|c| c.action == action).count() as u64;
    let mut plan = Plan {
        schema: SCHEMA.to_owned(),
        plan_id: String::new(),
        review_id: String::new(),
        tool: ToolEntry {
            name: "accord".to_owned(),
            version: "0.1.0".to_owned(),
        },
        inputs: Inputs {
            digest: "d1f4".to_owned(),
            git_commit: None,
            dirty: None,
            only: Vec::new(),
        },
        connections: vec![ConnectionEntry {
            name: "web-shop".to_owned(),
            testworthy: "https://testworthy.us/".to_owned(),
            azure_devops: "https://dev.azure.com/contoso".to_owned(),
            project: "Web Shop".to_owned(),
        }],
        summary: Summary {
            create: count(Action::Create),
            update: count(Action::Update),
            delete: count(Action::Delete),
            link: count(Action::Link),
            unchanged: 30,
            ..Summary::default()
        },
        safety: SafetyReport {
            verdict: SafetyVerdict::Pass,
            rules: Vec::new(),
        },
        changes,
        conflicts: Vec::new(),
        findings: Vec::new(),
        drift: Vec::new(),
        manifest_changes: None,
    };
    seal(&mut plan);
    plan
}

/// Gives a plan the ids of its content.
pub(crate) fn seal(plan: &mut Plan) {
    plan.plan_id = id::plan_id(plan);
    plan.review_id = id::review_id(plan);
}

/// A change of work item `5000 + n` for case `210000 + n`.
pub(crate) fn change(action: Action, n: u64) -> Change {
    let create = action == Action::Create;
    Change {
        address: format!("SyncRule/regression-cases/case/{}", 210_000 + n),
        system: System::AzureDevOps,
        action,
        reason: match action {
            Action::Create => Reason::MissingOnTarget,
            Action::Update | Action::Delete => Reason::SourceChanged,
            Action::Link => Reason::MatchedByTitle,
        },
        item: ItemRef {
            testworthy: Some(210_000 + n),
            azure_devops: (!create).then_some(5_000 + n),
            title: format!("Pay with card {n}"),
        },
        fields: Vec::new(),
        precondition: Some(if create {
            Precondition::Absent
        } else {
            Precondition::Rev(3)
        }),
        origin: OriginEntry {
            file: "rules/regression.yaml".to_owned(),
            line: 12,
        },
    }
}

/// A field change between two JSON values; `null` before means that the target has none.
pub(crate) fn field(path: &str, before: Json, after: Json) -> FieldChange {
    FieldChange {
        path: path.to_owned(),
        before: Some(before),
        after: Some(after),
        sensitive: false,
        via: Vec::new(),
    }
}

/// The fields of a new test case.
pub(crate) fn new_fields(title: &str) -> Vec<FieldChange> {
    vec![
        field("System.Title", Json::Null, json!(title)),
        field("System.AreaPath", Json::Null, json!("Web Shop\\QA")),
        field("Microsoft.VSTS.Common.Priority", Json::Null, json!(1)),
    ]
}
