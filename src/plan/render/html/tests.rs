//! Laws of the page, read as a browser's parser reads it.

mod budget;
mod hostile;
mod page;
mod shown;

use serde_json::{Value as Json, json};

use super::{HtmlOptions, html};
use crate::plan::{
    Action, Change, ConflictEntry, ConflictValues, DriftEntry, FieldChange, ItemRef, OriginEntry,
    Plan, PlanFinding, SafetyRule, SafetyVerdict, sample,
};
use page::Page;

fn written(plan: &Plan) -> String {
    html(plan, &HtmlOptions::default())
}

fn update(n: u64, fields: Vec<FieldChange>) -> Change {
    Change {
        fields,
        ..sample::change(Action::Update, n)
    }
}

fn item(n: u64) -> ItemRef {
    ItemRef {
        testworthy: Some(210_000 + n),
        azure_devops: Some(5_000 + n),
        title: format!("Pay with card {n}"),
    }
}

/// One entry of every kind.
fn everything() -> Plan {
    let mut delete = sample::change(Action::Delete, 6);
    delete.fields = vec![sample::field(
        "System.State",
        json!("Design"),
        json!("Closed"),
    )];
    let mut create = sample::change(Action::Create, 8);
    create.fields = sample::new_fields("Pay with card 8");
    let long = "The customer has an article in the basket and is signed in to the shop.";
    let mut plan = sample::plan(vec![
        update(
            1,
            vec![
                sample::field("System.Title", json!("Pay"), json!("Pay now")),
                sample::field(
                    "System.Description",
                    json!(format!("<p>{long}</p><ul><li>a</li></ul>")),
                    json!(format!(
                        "<p>{}</p><ul><li>a</li></ul>",
                        long.replace("article", "item")
                    )),
                ),
                sample::field("System.Tags", json!(["a", "b"]), json!(["b", "c"])),
                sample::field(
                    "Microsoft.VSTS.TCM.Steps",
                    json!([{"action": "<p>Open</p>"}, {"action": "<p>Pay</p>", "expected": "<p>Paid</p>"}]),
                    json!([{"action": "<p>Open</p>"}, {"action": "<p>Pay by card</p>", "expected": "<p>Paid</p>"}, {"shared": 7}]),
                ),
                FieldChange {
                    via: vec!["Ready".to_owned()],
                    ..sample::field("System.State", json!("Design"), json!("Closed"))
                },
                FieldChange {
                    before: None,
                    after: None,
                    sensitive: true,
                    ..sample::field("Custom.TestData", json!(null), json!(null))
                },
            ],
        ),
        create,
        sample::change(Action::Link, 9),
        delete,
    ]);
    plan.inputs.git_commit = Some("4f1c2d7a9be0358a6614f0c27d9b1e5a8c3d2f60".to_owned());
    plan.inputs.dirty = Some(true);
    plan.inputs.only = vec!["SyncRule/regression-cases".to_owned()];
    plan.safety.verdict = SafetyVerdict::Blocked;
    plan.safety.rules = vec![SafetyRule {
        code: "too-many-deletes".to_owned(),
        address: "SyncRule/regression-cases".to_owned(),
        verdict: SafetyVerdict::Blocked,
        measured: "1 of 10 linked items (10.0 %) would be closed or removed".to_owned(),
        limit: "5 %".to_owned(),
        help: Some("If this is meant, run again with `--allow-deletes 1`.".to_owned()),
    }];
    plan.conflicts = vec![ConflictEntry {
        values: Some(ConflictValues {
            base_testworthy: Some(json!(2)),
            base_azure_devops: Some(json!(2)),
            testworthy: json!(1),
            azure_devops: json!(3),
        }),
        origin: None,
        sensitive: false,
        address: "SyncRule/regression-cases/case/210018".to_owned(),
        code: "field-conflict".to_owned(),
        item: item(18),
        path: Some("priority".to_owned()),
        message: "Both sides changed it.".to_owned(),
    }];
    plan.drift = vec![DriftEntry {
        system: None,
        address: "SyncRule/regression-cases/case/210019".to_owned(),
        item: item(19),
        path: "System.Title".to_owned(),
        recorded: Some(json!("Pay")),
        live: Some(json!("Pay, edited by hand")),
        sensitive: false,
        policy: "report".to_owned(),
    }];
    let finding = |code: &str, n: u64, message: &str| PlanFinding {
        code: code.to_owned(),
        severity: "warning".to_owned(),
        address: format!("SyncRule/regression-cases/case/{n}"),
        message: message.to_owned(),
        origin: Some(OriginEntry {
            file: "mappings/case.yaml".to_owned(),
            line: 9,
        }),
    };
    plan.findings = vec![
        finding("unmapped-value", 2, "priority \"P0\" has no entry."),
        finding("unmapped-value", 3, "priority \"P0\" has no entry."),
        finding("quarantined", 4, "the server refused this write."),
        finding("L23", 5, "two rules select it."),
    ];
    plan.manifest_changes = Some(sample::manifest_changes());
    plan.summary.conflict = 1;
    plan.summary.held = 2;
    plan.summary.quarantined = 1;
    sample::seal(&mut plan);
    plan
}

/// The data that the page's script reads.
fn record(page: &Page) -> Json {
    let data = page
        .script("application/json")
        .expect("the page holds its data");
    serde_json::from_str(data).unwrap()
}
