//! Representative plans as they are shown, and laws of the human form.

mod changes;
mod laws;
mod lengths;
mod notices;

use serde_json::json;

use super::{HumanOptions, human};
use crate::plan::{
    Action, Change, ConflictEntry, DriftEntry, FieldChange, ItemRef, OriginEntry, Plan,
    PlanFinding, SafetyRule, SafetyVerdict, sample,
};

/// The byte budget of the plain form, whatever the plan.
const BUDGET: usize = 128 * 1024;

fn plain(plan: &Plan) -> String {
    human(plan, &HumanOptions::default())
}

fn update(n: u64, fields: Vec<FieldChange>) -> Change {
    Change {
        fields,
        ..sample::change(Action::Update, n)
    }
}

fn create(n: u64, title: &str) -> Change {
    let mut change = sample::change(Action::Create, n);
    change.item.title = title.to_owned();
    change.fields = sample::new_fields(title);
    change
}

fn everything() -> Plan {
    let mut plan = sample::plan(vec![
        update(
            1,
            vec![sample::field(
                "System.Title",
                json!("Pay"),
                json!("Pay now"),
            )],
        ),
        sample::change(Action::Delete, 6),
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
    sample::seal(&mut plan);
    plan
}
