//! Plans for tests of this room.

use serde_json::{Value as Json, json};

use super::{
    Action, Change, ConflictEntry, ConnectionEntry, DriftEntry, FieldChange, Inputs, ItemRef,
    OriginEntry, Plan, PlanFinding, Precondition, Reason, SCHEMA, SafetyReport, SafetyRule,
    SafetyVerdict, Summary, ToolEntry, id,
};
use crate::manifest::compare::{
    Attention, ChangeKind, DeclarationChange, DeclaredAt, KeyChange, Level, ManifestChanges,
    ManifestSide, ManifestSummary,
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

/// A declaration of which a key changed, with something dangerous and something less so.
pub(crate) fn manifest_changes() -> ManifestChanges {
    let attention = |level, message: &str| Attention {
        level,
        message: message.to_owned(),
    };
    let changes = vec![DeclarationChange {
        address: "Connection/web-shop".to_owned(),
        change: ChangeKind::Changed,
        origin: Some(DeclaredAt {
            file: "connection.yaml".to_owned(),
            line: 4,
        }),
        attention: vec![
            attention(Level::Danger, "Credentials go to another host."),
            attention(Level::Caution, "Pairs are looked for elsewhere."),
        ],
        keys: vec![KeyChange {
            path: "spec.testworthy.url".to_owned(),
            change: ChangeKind::Changed,
            before: Some(json!("https://testworthy.us/")),
            after: Some(json!("https://testworthy.example/")),
            sensitive: false,
        }],
        rules: vec!["regression-cases".to_owned()],
        linked_items: Some(30),
        planned: None,
    }];
    ManifestChanges {
        since: ManifestSide {
            name: Some("main".to_owned()),
            commit: None,
            digest: "d1f3".to_owned(),
        },
        problem: None,
        summary: ManifestSummary::of(&changes),
        changes,
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

/// A plan with something in every part: a blocked delete, a conflict, drift, findings, what is held.
pub(crate) fn everything() -> Plan {
    let mut plan = self::plan(vec![
        Change {
            fields: vec![field("System.Title", json!("Pay"), json!("Pay now"))],
            ..change(Action::Update, 1)
        },
        change(Action::Delete, 6),
    ]);
    plan.inputs.only = vec!["SyncRule/regression-cases".to_owned()];
    plan.safety.verdict = SafetyVerdict::Blocked;
    plan.safety.rules = vec![
        SafetyRule {
            code: "too-many-updates".to_owned(),
            address: "SyncRule/regression-cases".to_owned(),
            verdict: SafetyVerdict::Pass,
            measured: "1 of 30 linked items (3.3 %) would be updated".to_owned(),
            limit: "30 %".to_owned(),
            help: None,
        },
        SafetyRule {
            code: "too-many-deletes".to_owned(),
            address: "SyncRule/regression-cases".to_owned(),
            verdict: SafetyVerdict::Blocked,
            measured: "1 of 10 linked items (10.0 %) would be closed or removed".to_owned(),
            limit: "5 %".to_owned(),
            help: Some("If this is meant, run again with `--allow-deletes 1`.".to_owned()),
        },
    ];
    let item = |n: u64| ItemRef {
        testworthy: Some(210_000 + n),
        azure_devops: Some(5_000 + n),
        title: format!("Pay with card {n}"),
    };
    plan.conflicts = vec![ConflictEntry {
        values: None,
        origin: None,
        sensitive: false,
        address: "SyncRule/regression-cases/case/210008".to_owned(),
        code: "ambiguous-match".to_owned(),
        item: item(8),
        path: Some("System.Title".to_owned()),
        message: "Two work items carry this case's marker. Remove the hyperlink from one of them, \
                  5008 or 5011, and plan again."
            .to_owned(),
    }];
    plan.drift = vec![
        DriftEntry {
            system: None,
            address: "SyncRule/regression-cases/case/210009".to_owned(),
            item: item(9),
            path: "System.Title".to_owned(),
            recorded: Some(json!("Pay")),
            live: Some(json!("Pay, edited by hand")),
            sensitive: false,
            policy: "report".to_owned(),
        },
        DriftEntry {
            system: None,
            address: "SyncRule/regression-cases/case/210009".to_owned(),
            item: item(9),
            path: "Custom.TestData".to_owned(),
            recorded: None,
            live: None,
            sensitive: true,
            policy: "enforce".to_owned(),
        },
    ];
    let finding = |severity: &str, code: &str, n: u64, message: &str| PlanFinding {
        code: code.to_owned(),
        severity: severity.to_owned(),
        address: format!("SyncRule/regression-cases/case/{n}"),
        message: message.to_owned(),
        origin: Some(OriginEntry {
            file: "mappings/case.yaml".to_owned(),
            line: 9,
        }),
    };
    let unmapped = "priority \"P0\" has no entry under `values`; the field waits. Add one.";
    plan.findings = vec![
        finding("info", "source-marker", 1, "The source refused the marker."),
        finding("warning", "unmapped-value", 2, unmapped),
        finding("warning", "unmapped-value", 3, unmapped),
    ];
    plan.summary.conflict = 1;
    plan.summary.held = 2;
    seal(&mut plan);
    plan
}
