//! `accord conflicts resolve` over several pairs and rules, and about rules that are gone.

use serde_json::{Value, json};

use crate::conflicts::{TWO_WAY, applied, edit, parsed, two_way};
use crate::project::Project;

/// Two rules that go both ways, each with a pair in conflict. Gives the numbers of the conflicts and the
/// ids of their cases.
fn two_rules() -> (Project, Vec<(u64, u64)>) {
    let project = two_way();
    let other = TWO_WAY
        .replace("checkout-cases", "catalogue-cases")
        .replace("[41]", "[42]")
        .replace("Checkout", "Catalogue");
    project.write("rules/catalogue-cases.yaml", &other);
    project.run(&["apply", "--yes"]).expect(0);
    let pairs = parsed(
        &project
            .run(&[
                "state",
                "list",
                "--rule",
                "catalogue-cases",
                "--format",
                "json",
            ])
            .expect(0),
    );
    let pair = &pairs["pairs"][0];
    let (case, item) = (number(&pair["case"]), number(&pair["workItem"]));
    {
        let mut state = project.state();
        for (case, item) in [(210_304, 5104), (case, item)] {
            let (left, right) = (
                json!({ "title": "left" }),
                json!({ "System.Title": "right" }),
            );
            state.edit_case(case, &left).expect("a case");
            state.edit_work_item(item, &right).expect("a work item");
        }
    }
    project.run(&["apply", "--yes"]).expect(0);
    let list = conflicts(&project);
    let ids = list.iter();
    let ids: Vec<(u64, u64)> = ids
        .map(|one| (number(&one["id"]), number(&one["case"])))
        .collect();
    assert_eq!(ids.len(), 2, "{list:?}");
    (project, ids)
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn conflicts(project: &Project) -> Vec<Value> {
    let list = project.run(&["conflicts", "list", "--format", "json"]);
    let list = parsed(&list.expect(0));
    list["conflicts"].as_array().expect("a list").clone()
}

#[test]
fn pairs_of_two_rules_are_decided_in_one_go() {
    let (project, ids) = two_rules();
    let numbers: Vec<String> = ids.iter().map(|(id, _)| id.to_string()).collect();
    let line = [
        "conflicts",
        "resolve",
        &numbers[0],
        &numbers[1],
        "--take",
        "azureDevOps",
        "--yes",
    ];
    let told = project.run(&line).expect(0).stdout;
    for rule in ["SyncRule/checkout-cases/", "SyncRule/catalogue-cases/"] {
        assert!(told.contains(rule), "{told}");
    }
    assert!(told.contains("Resolved conflicts 1 and 2"), "{told}");
    assert!(conflicts(&project).is_empty());
    for (_, case) in &ids {
        let state = project.state();
        let case = state.testworthy.cases().find(|one| one.id == *case);
        assert_eq!(case.expect("the case").title, "right");
    }
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}

/// What one of them can be decided by, another one cannot: none is decided.
#[test]
fn either_all_are_decided_or_none_is() {
    let project = applied();
    edit(
        &project,
        &json!({ "title": "left" }),
        &json!({ "System.Title": "right" }),
    );
    project.state().delete_case(210_305).expect("a case");
    project.run(&["apply", "--yes"]).expect(0);
    let list = conflicts(&project);
    assert_eq!(list.len(), 2, "{list:?}");
    let requests = project.requests();
    for take in ["testworthy", "keep"] {
        let line = ["conflicts", "resolve", "1", "2", "--take", take, "--yes"];
        let told = project.run(&line).expect(64).stderr;
        assert!(told.contains("cannot be decided by"), "{told}");
    }
    assert_eq!(project.requests(), requests);
    assert!(conflicts(&project).iter().all(|one| one["state"] == "open"));
}

#[test]
fn a_rule_that_is_no_longer_declared_is_told() {
    let (project, ids) = two_rules();
    std::fs::remove_file(project.path().join("rules/catalogue-cases.yaml")).expect("a rule");
    let of = |checkout: bool| {
        let found = ids.iter().find(|(_, case)| (*case == 210_304) == checkout);
        found.expect("one of each").0.to_string()
    };
    let gone = of(false);
    let requests = project.requests();
    let line = [
        "conflicts",
        "resolve",
        &gone,
        "--take",
        "testworthy",
        "--yes",
    ];
    let told = project.run(&line).expect(4).stderr;
    assert!(
        told.contains("rule `catalogue-cases`") && told.contains("no longer declared"),
        "{told}"
    );
    assert!(told.contains("help: declare it again"), "{told}");
    assert_eq!(project.requests(), requests, "nothing was contacted");
    // It is still there to be looked at, and does not keep the others.
    project.run(&["conflicts", "show", &gone]).expect(0);
    let other = of(true);
    let line = [
        "conflicts",
        "resolve",
        &other,
        "--take",
        "testworthy",
        "--yes",
    ];
    project.run(&line).expect(0);
}

/// A case cannot be made anew without a section, and the person is told before it is tried.
#[test]
fn what_a_new_case_lacks_is_named_before_the_server_refuses_it() {
    let project = applied();
    project.state().delete_case(210_304).expect("a case");
    project.run(&["apply", "--yes"]).expect(0);
    let line = ["conflicts", "resolve", "1", "--take", "keep", "--yes"];
    let refused = project.run(&line).expect(9);
    assert!(refused.stdout.contains("[no-section]"), "{refused:?}");
    let key = "createIn.testworthy.section";
    assert!(refused.stdout.contains(key), "{refused:?}");
    assert!(refused.stderr.contains(key), "{refused:?}");
    assert!(refused.stderr.contains("taken back"), "{refused:?}");
    project.replace(
        "rules/checkout-cases.yaml",
        "createIn:\n",
        "createIn:\n    testworthy: { section: Restored }\n",
    );
    let made = project.run(&line).expect(0);
    assert!(!made.stdout.contains("no-section"), "{made:?}");
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}
