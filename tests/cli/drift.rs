//! `accord drift`: every edit since the last apply, and no request that could change anything.

use serde_json::json;

use crate::conflicts::{applied, edit, parsed};
use crate::project::Project;

#[test]
fn edits_of_either_side_are_told_and_nothing_is_written() {
    let project = applied();
    project.run(&["drift", "--detailed-exitcode"]).expect(0);
    edit(
        &project,
        &json!({ "title": "by a tester" }),
        &json!({ "Microsoft.VSTS.Common.Priority": 3 }),
    );
    let writes = project.writes();
    project.run(&["drift"]).expect(0);
    let line = [
        "drift",
        "checkout-cases",
        "--detailed-exitcode",
        "--format",
        "json",
    ];
    let report = parsed(&project.run(&line).expect(2));
    assert_eq!(report["schema"], "accord-drift/1");
    let fields = &report["pairs"][0]["fields"];
    assert_eq!(fields[0]["path"], "title");
    assert_eq!(fields[0]["recorded"], "Apply a valid voucher");
    assert_eq!(fields[0]["live"], "by a tester");
    assert_eq!(fields[1]["path"], "Microsoft.VSTS.Common.Priority");
    assert_eq!(fields[1]["live"], 3);
    assert_eq!(project.writes(), writes, "drift writes nothing");
    // What is read anew is the same.
    let full = [&line[..], &["--full-scan"]].concat();
    assert_eq!(parsed(&project.run(&full).expect(2)), report);
}

#[test]
fn items_that_went_and_copies_are_told() {
    let project = applied();
    {
        let mut state = project.state();
        state.delete_work_item(5101).expect("a work item");
        let elsewhere = json!({ "System.AreaPath": "Web Shop\\Development" });
        state.edit_work_item(5104, &elsewhere).expect("a work item");
        // A tester copies a case, references and all.
        state
            .edit_case(210_312, &json!({ "refs": "AB#5104" }))
            .expect("a case");
    }
    let report = parsed(&project.run(&["drift", "--format", "json"]).expect(0));
    let pair = &report["pairs"][0];
    assert_eq!(pair["workItem"], 5101);
    assert_eq!(pair["absent"][0][0], "azureDevOps", "{report:#}");
    let copies = report["copies"].as_array().expect("copies");
    assert!(
        copies
            .iter()
            .any(|copy| copy["address"] == "SyncRule/checkout-cases/case/210312"),
        "{report:#}"
    );
    // A pair is in scope while either side selects it.
    assert!(!report.to_string().contains("outOfScope"), "{report:#}");
}

#[test]
fn without_a_state_there_is_no_drift() {
    let project = Project::web_shop();
    project.run(&["drift", "--detailed-exitcode"]).expect(0);
    let told = project.run(&["drift", "no-such-rule"]).expect(64).stderr;
    assert!(told.contains("there is no rule"), "{told}");
    assert!(!project.path().join(".accord").exists());
}
