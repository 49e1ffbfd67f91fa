//! `accord schema --live CONNECTION` offers what exists, the same every time, and only reads.

use serde::Deserialize as _;
use serde_json::Value;

use crate::project::Project;

const LIVE: [&str; 3] = ["schema", "--live", "web-shop"];

fn with<'l>(more: &[&'l str]) -> Vec<&'l str> {
    [&LIVE[..], more].concat()
}

#[test]
fn what_exists_is_in_it() {
    let project = Project::web_shop();
    let first = project.run(&LIVE).expect(0);
    for exists in [
        "Custom.Gherkin",
        "Microsoft.VSTS.TCM.Steps",
        "\"Test Case\"",
        "\"User Story\"",
        r"Web Shop\\QA\\Checkout",
        "\"Catalogue\"",
        "\"P1 - Must Test\"",
        "States: Design, Ready, Closed.",
    ] {
        assert!(first.stdout.contains(exists), "{exists}");
    }
    assert_eq!(project.writes(), 0);
    let second = project.run(&LIVE).expect(0);
    assert!(first.stdout == second.stdout, "the same every time");
    let plain = project.run(&["schema"]).expect(0);
    assert!(!plain.stdout.contains("Custom.Gherkin"));
    // Values of people are no business of a file that goes into a repository.
    assert!(!first.stdout.contains('@'), "no address");
}

/// What exists has names that people gave it, and a pipeline may print them.
#[test]
fn no_name_is_a_command_of_a_build_agent() {
    let project = Project::web_shop();
    let name = "##vso[task.setvariable variable=planId]x";
    let renamed = project.state().testworthy.rename_suite(41, name);
    renamed.expect("a suite");
    let told = project.run(&LIVE).expect(0).stdout;
    assert!(!told.contains("##"), "{told}");
    let shown = "#\\u0023vso[task.setvariable";
    assert!(told.contains(shown), "{told}");
}

#[test]
fn the_example_is_valid_under_it() {
    let project = Project::web_shop();
    project
        .run(&with(&["--out", ".accord/live.json"]))
        .expect(0);
    let schema: Value = serde_json::from_str(&project.read(".accord/live.json")).expect("JSON");
    jsonschema::draft7::meta::validate(&schema).expect("draft-07");
    let validator = jsonschema::draft7::new(&schema).expect("a schema");
    let mut count = 0;
    for file in [
        "accord.yaml",
        "connection.yaml",
        "mappings/test-case.yaml",
        "rules/account-ideas.yaml",
        "rules/checkout-cases.yaml",
    ] {
        for document in serde_yaml::Deserializer::from_str(&project.read(file)) {
            let document = Value::deserialize(document).expect("YAML");
            let errors: Vec<String> = validator
                .iter_errors(&document)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{file}: {errors:?}");
            count += 1;
        }
    }
    assert!(count >= 5, "{count}");
}

#[test]
fn one_kind_alone() {
    let project = Project::web_shop();
    let rule = project.run(&with(&["SyncRule"])).expect(0).stdout;
    assert!(rule.contains("\"Checkout\"") && !rule.contains("Custom.Gherkin"));
    let quiet = project
        .run(&with(&["FieldMapping", "--out", "m.json"]))
        .expect(0);
    assert_eq!(quiet.stdout, "");
    assert!(project.read("m.json").contains("Custom.Gherkin"));
}

#[test]
fn it_fails_as_a_plan_does() {
    let mut project = Project::web_shop();
    let told = project.run(&["schema", "--live", "webshop"]).expect(64);
    assert!(
        told.stderr.contains("did you mean `web-shop`?"),
        "{}",
        told.stderr
    );
    project.run(&with(&["--write"])).expect(64);
    project.run(&with(&["NoKind"])).expect(64);
    assert_eq!(project.requests(), 0);
    project.set("AZURE_DEVOPS_EXT_PAT", "not-a-token-of-this-organisation");
    project.run(&LIVE).expect(8);
    project.unset("ACCORD_ALLOW_HOSTS");
    project.run(&LIVE).expect(5);
}
