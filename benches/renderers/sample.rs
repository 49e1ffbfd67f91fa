//! A plan of a size that nobody reads from end to end, with what such plans hold: the same small change on
//! many items, long texts of which a few words change, steps, lists, states by way of others, values that are
//! left out, and texts that would like to be more than texts.

use serde_json::{Value, json};

/// Beginnings of titles.
const FLOWS: [&str; 8] = [
    "Pay by credit card",
    "Pay on invoice",
    "Refund of a cancelled order",
    "Address book keeps the last address",
    "Voucher is taken off the total",
    "Basket survives signing in",
    "Search finds articles by their number",
    "Newsletter is only sent after consent",
];

/// Sentences of descriptions.
const SENTENCES: [&str; 8] = [
    "The customer has at least one article in the basket and is signed in.",
    "Prices are shown with the tax of the country that the goods are sent to.",
    "When the provider does not answer within eight seconds the order stays open and nothing is booked.",
    "The confirmation names the order, the sum, and the address, and is sent once.",
    "An order that was paid cannot be changed any more; it can be cancelled until it is packed.",
    "Vouchers count before shipping costs, and never make a sum negative.",
    "The test account has no limit, so that amounts do not have to be reset.",
    "Screens are compared in the three languages that the shop is offered in.",
];

fn pick<'a>(list: &[&'a str], n: u64) -> &'a str {
    list[usize::try_from(n % list.len() as u64).unwrap_or(0)]
}

fn title(n: u64) -> String {
    match n % 500 {
        7 => "</script><script>document.title='broken out'</script> & <b>bold</b>".to_owned(),
        11 => {
            "<img src=x onerror=\"document.title='broken out'\"> \u{202e}reversed\u{202c} {{7*7}}"
                .to_owned()
        }
        _ => format!("{}, variant {n}", pick(&FLOWS, n)),
    }
}

fn description(n: u64, changed: bool) -> String {
    let mut text = String::new();
    for at in 0..6 {
        let mut sentence = pick(&SENTENCES, n + at).to_owned();
        if changed && at == n % 6 {
            sentence = sentence.replace("is ", "must be ").replace("The ", "Each ");
            sentence.push_str(" See the handbook.");
        }
        text.push_str("<p>");
        text.push_str(&sentence);
        text.push_str("</p>");
    }
    if n.is_multiple_of(3) {
        text.push_str("<ul><li>Chrome</li><li>Firefox</li></ul>");
    }
    text
}

fn steps(n: u64, changed: bool) -> Value {
    let steps: Vec<Value> = (0..7)
        .map(|at| {
            let mut action = format!("<p>{}</p>", pick(&SENTENCES, n + at * 3));
            if changed && at == 3 {
                action = action.replace("The ", "This ").replace('.', " now.");
            }
            json!({ "action": action, "expected": format!("<p>Screen {} is shown.</p>", at + 1) })
        })
        .skip(usize::from(changed))
        .collect();
    json!(steps)
}

fn field(path: &str, before: &Value, after: &Value) -> Value {
    json!({ "path": path, "before": before, "after": after, "sensitive": false })
}

fn change(n: u64, action: &str, reason: &str, fields: &[Value]) -> Value {
    let rule = pick(&["regression-cases", "smoke-cases", "defects-to-bugs"], n);
    let create = action == "create";
    json!({
        "address": format!("SyncRule/{rule}/case/{}", 210_000 + n),
        "system": if n % 7 == 3 && !create { "testworthy" } else { "azureDevOps" },
        "action": action,
        "reason": reason,
        "item": {
            "testworthy": 210_000 + n,
            "azureDevOps": if create { Value::Null } else { json!(500_000 + n) },
            "title": title(n),
        },
        "fields": fields,
        "precondition": if create { json!("absent") } else { json!({ "rev": 3 + n % 9 }) },
        "origin": { "file": format!("rules/{rule}.yaml"), "line": 12 },
    })
}

/// What becomes of item `n`: of 100, two are deleted, 14 made, 5 linked, 24 get a new priority and
/// nothing else, and the others change each in its own way.
fn one(n: u64) -> Value {
    let null = Value::Null;
    match n % 100 {
        0 | 50 => change(
            n,
            "delete",
            "counterpartDeleted",
            &[field("System.State", &json!("Design"), &json!("Closed"))],
        ),
        1..=14 => change(
            n,
            "create",
            "missingOnTarget",
            &[
                field("System.Title", &null, &json!(title(n))),
                field("System.AreaPath", &null, &json!("Web Shop\\QA\\Checkout")),
                field("Microsoft.VSTS.Common.Priority", &null, &json!(1 + n % 3)),
                field("System.Description", &null, &json!(description(n, false))),
                field("Microsoft.VSTS.TCM.Steps", &null, &steps(n, false)),
            ],
        ),
        15..=19 => change(n, "link", "matchedByTitle", &[]),
        20..=43 => change(
            n,
            "update",
            "mappingChanged",
            &[field(
                "Microsoft.VSTS.Common.Priority",
                &json!(2),
                &json!(1),
            )],
        ),
        44..=60 => change(
            n,
            "update",
            "sourceChanged",
            &[
                field(
                    "System.Title",
                    &json!(title(n)),
                    &json!(format!("{} (reviewed)", title(n))),
                ),
                field(
                    "System.Description",
                    &json!(description(n, false)),
                    &json!(description(n, true)),
                ),
            ],
        ),
        61..=75 => change(
            n,
            "update",
            "sourceChanged",
            &[field(
                "Microsoft.VSTS.TCM.Steps",
                &steps(n, false),
                &steps(n, true),
            )],
        ),
        76..=85 => change(
            n,
            "update",
            "driftEnforced",
            &[
                field(
                    "System.Tags",
                    &json!(["smoke", "web", format!("old-{n}")]),
                    &json!(["smoke", "web", "reviewed", format!("batch-{}", n % 40)]),
                ),
                json!({ "path": "Custom.TestData", "sensitive": true }),
            ],
        ),
        _ => {
            let mut state = field("System.State", &json!("Design"), &json!("Closed"));
            state["via"] = json!(["Ready", "In review"]);
            change(
                n,
                "update",
                "merged",
                &[
                    state,
                    field(
                        "Custom.Owner",
                        &null,
                        &json!(format!("qa-{}@contoso.example", n % 60)),
                    ),
                    field(
                        "Custom.Label",
                        &json!(format!("L{n}")),
                        &json!(format!("L{}", n + 1)),
                    ),
                ],
            )
        }
    }
}

/// A plan of `count` changes as JSON. The same number gives the same plan.
pub(crate) fn plan(count: u64) -> Value {
    let changes: Vec<Value> = (0..count).map(one).collect();
    let of = |action: &str| changes.iter().filter(|c| c["action"] == action).count() as u64;
    let few = (count / 100).max(3);
    let address = |n: u64| format!("SyncRule/regression-cases/case/{}", 400_000 + n);
    let item = |n: u64| json!({ "testworthy": 400_000 + n, "azureDevOps": 700_000 + n, "title": title(n + 1) });
    let conflicts: Vec<Value> = (0..few)
        .map(|n| {
            json!({
                "address": address(n),
                "code": "field-conflict",
                "item": item(n),
                "path": if n % 2 == 0 { "description" } else { "priority" },
                "message": "Both sides changed it since they were last in accord. Decide with `accord conflicts resolve`.",
                "values": if n % 2 == 0 {
                    json!({ "testworthy": description(n, false), "azureDevOps": description(n, true) })
                } else {
                    json!({
                        "testworthy": "P1 - Must Test", "azureDevOps": 3,
                        "baseTestworthy": "P2 - Should Test", "baseAzureDevOps": 2,
                    })
                },
            })
        })
        .collect();
    let drift: Vec<Value> = (0..few)
        .map(|n| {
            json!({
                "address": address(1_000 + n),
                "item": item(1_000 + n),
                "path": "System.Title",
                "recorded": title(n + 1),
                "live": format!("{} edited by hand", title(n + 1)),
                "sensitive": false,
                "policy": pick(&["enforce", "report", "ignore"], n),
            })
        })
        .collect();
    let finding = |n: u64, severity: &str, code: &str, message: String| {
        json!({
            "code": code, "severity": severity, "address": address(2_000 + n), "message": message,
            "origin": { "file": "mappings/test-case.yaml", "line": 9 + n % 4 },
        })
    };
    let findings: Vec<Value> = (0..few * 3)
        .map(|n| match n % 3 {
            0 => finding(n, "warning", "unmapped-value", "priority \"P0\" has no entry under `values`; the field waits. Add one.".to_owned()),
            1 => finding(n, "warning", "quarantined", format!("the server refused this write before and nothing has changed since: rule {} demands a value for Custom.Reviewer", n % 5)),
            _ => finding(n, "info", "left-scope", "neither item of the pair is selected any more".to_owned()),
        })
        .collect();
    json!({
        "schema": "accord-plan/1",
        "planId": "11d0bf6dbfea4f6c1b287bc9ba69cca3",
        "reviewId": "830df7d17406b81e9efe0e24f993dbc8",
        "tool": { "name": "accord", "version": "0.1.0" },
        "inputs": {
            "digest": "d1f4", "gitCommit": "4f1c2d7a9be0358a6614f0c27d9b1e5a8c3d2f60", "dirty": true,
        },
        "connections": [{
            "name": "web-shop", "testworthy": "https://testworthy.us/",
            "azureDevOps": "https://dev.azure.com/contoso", "project": "Web Shop",
        }],
        "summary": {
            "create": of("create"), "update": of("update"), "delete": of("delete"), "link": of("link"),
            "unchanged": count, "conflict": few, "quarantined": few, "filtered": few * 2, "held": few,
        },
        "safety": {
            "verdict": "blocked",
            "rules": [
                {
                    "code": "too-many-updates", "address": "SyncRule/smoke-cases", "verdict": "pass",
                    "measured": "12 of 6000 linked items (0.2 %) would be updated", "limit": "30 %", "help": null,
                },
                {
                    "code": "too-many-deletes", "address": "SyncRule/regression-cases", "verdict": "blocked",
                    "measured": "200 of 6000 linked items (3.3 %) would be closed or removed", "limit": "25 items",
                    "help": "If this is meant, run again with `--allow-deletes 200`, or apply in parts with `--only`.",
                },
            ],
        },
        "changes": changes,
        "conflicts": conflicts,
        "findings": findings,
        "drift": drift,
        "manifestChanges": manifest_changes(),
    })
}

/// What changed in the manifests: something dangerous, something to be careful with, something new.
fn manifest_changes() -> Value {
    let at = |line: u64| json!({ "file": "mappings/test-case.yaml", "line": line });
    json!({
        "since": { "name": "main", "commit": "9be0358a6614f0c27d9b1e5a8c3d2f604f1c2d7a", "digest": "d1f3" },
        "summary": { "added": 1, "changed": 2, "removed": 0, "dangerous": 1 },
        "changes": [
            {
                "address": "Connection/web-shop", "change": "changed", "origin": at(4),
                "attention": [{ "level": "danger", "message": "Credentials go to another host." }],
                "keys": [{
                    "path": "spec.testworthy.url", "change": "changed",
                    "before": "https://testworthy.us/", "after": "https://testworthy.example/",
                }],
                "rules": ["regression-cases", "smoke-cases"], "linkedItems": 12_000,
            },
            {
                "address": "FieldMapping/test-case", "change": "changed", "origin": at(9),
                "attention": [{ "level": "caution", "message": "A value is written that was held before." }],
                "keys": [{
                    "path": "spec.fields[priority].values[P0]", "change": "added",
                    "after": "</script><script>document.title='broken out'</script>",
                }],
                "rules": ["regression-cases"], "linkedItems": 6_000, "planned": 40,
            },
            {
                "address": "CustomField/reviewer", "change": "added", "origin": at(70), "keys": [],
                "rules": [], "linkedItems": 0,
            },
        ],
    })
}
