//! `accord dump CONNECTION` proposes manifests that hold, whose plan is empty, the same every time, and
//! only reads.

use serde_json::Value;

use crate::project::{Outcome, Project};

const DUMP: [&str; 2] = ["dump", "web-shop"];

fn with<'l>(more: &[&'l str]) -> Vec<&'l str> {
    [&DUMP[..], more].concat()
}

/// The example without its own mapping and rules.
fn only_a_connection() -> Project {
    let project = Project::web_shop();
    for folder in ["mappings", "rules"] {
        std::fs::remove_dir_all(project.path().join(folder)).expect("a folder of the example");
    }
    project
}

/// The files below a folder of the project, with their texts.
fn files(project: &Project, folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for below in ["", "mappings", "rules", "fields"] {
        let path = project.path().join(folder).join(below);
        let Ok(entries) = std::fs::read_dir(path) else {
            continue;
        };
        for entry in entries.map(|entry| entry.expect("an entry").path()) {
            if entry.is_file() {
                let text = std::fs::read_to_string(&entry).expect("a text");
                found.push((entry.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

/// Whatever stands in the folder `dumped` validates, is formatted, and changes nothing.
fn changes_nothing(project: &Project) -> Outcome {
    project.run(&["validate"]).expect(0);
    project.run(&["fmt", "--check"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(0)
}

#[test]
fn dump_then_plan_is_empty() {
    let project = only_a_connection();
    let told = project.run(&with(&["--out", "dumped"])).expect(0);
    assert!(
        told.stdout.contains("mappings/test-case.yaml\n"),
        "{}",
        told.stdout
    );
    let mapping = project.read("dumped/mappings/test-case.yaml");
    for live in [
        "    - { testworthy: gherkin, azureDevOps: Custom.Gherkin }\n",
        "    - { testworthy: smoke, azureDevOps: System.Tags, tag: smoke }\n",
    ] {
        assert!(mapping.contains(live), "{live}{mapping}");
    }
    // 5103 has another title than its case.
    assert!(
        mapping.contains("case 210305 and work item 5103")
            && mapping.contains("    # - { testworthy: title, azureDevOps: System.Title }\n"),
        "{mapping}"
    );
    assert!(mapping.contains("    #   values: { \"P1 - Must Test\": 1, \"P2 - Should Test\": 2, \"P3 - Good to Test\": 3 }\n"));
    assert!(
        project
            .read("dumped/rules/catalogue-test-case.yaml")
            .contains("\n  create: none\n")
    );
    let plan = changes_nothing(&project);
    assert!(plan.stdout.contains("24 filtered"), "{}", plan.stdout);
    let fields = |told: &Outcome| told.stdout.matches("kind: CustomField").count();
    let again = project.run(&DUMP).expect(0);
    assert_eq!(fields(&again), 0, "all are declared: {}", again.stdout);
    std::fs::remove_file(project.path().join("dumped/fields/origin.yaml")).expect("removed");
    assert_eq!(fields(&project.run(&DUMP).expect(0)), 1);
    assert_eq!(project.writes(), 0);
}

#[test]
fn after_an_apply_the_dump_of_what_is_linked_changes_nothing() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    for folder in ["mappings", "rules"] {
        std::fs::remove_dir_all(project.path().join(folder)).expect("a folder of the example");
    }
    project.state().log.clear();
    project.run(&with(&["--out", "dumped"])).expect(0);
    let mapping = project.read("dumped/mappings/test-case.yaml");
    let title = "    - { testworthy: title, azureDevOps: System.Title }\n";
    assert!(mapping.contains(title), "{mapping}");
    let rule = project.read("dumped/rules/checkout-test-case.yaml");
    assert!(rule.contains("\n  match: [marker, id]\n"), "{rule}");
    let plan = changes_nothing(&project);
    assert!(!plan.stdout.contains(" 0 unchanged"), "{}", plan.stdout);
    assert_eq!(project.writes(), 0);
}

#[test]
fn stdout_carries_one_stream_that_holds() {
    let project = only_a_connection();
    let first = project.run(&DUMP).expect(0);
    let second = project.run(&DUMP).expect(0);
    assert!(first.stdout == second.stdout, "the same every time");
    project.write("dumped.yaml", &first.stdout);
    changes_nothing(&project);
    assert_eq!(project.writes(), 0);
}

#[test]
fn people_stand_in_their_own_file_only() {
    let project = only_a_connection();
    project.run(&with(&["--out", "dumped"])).expect(0);
    for (path, text) in files(&project, "dumped") {
        let people = path.ends_with("users.yaml");
        assert_eq!(text.contains(".example"), people, "{path}\n{text}");
    }
    let users = project.read("dumped/users.yaml");
    assert!(
        users.contains("#   \"tess@web-shop.example\": \"tess@contoso.example\"\n"),
        "{users}"
    );
}

#[test]
fn files_are_replaced_only_when_asked() {
    let project = only_a_connection();
    let out = with(&["--suite", "41", "--out", "dumped"]);
    project.run(&out).expect(0);
    let before = files(&project, "dumped");
    project.write("dumped/mappings/test-case.yaml", "# mine\n");
    let told = project.run(&out).expect(5);
    assert!(
        told.stderr.contains("mappings/test-case.yaml"),
        "{}",
        told.stderr
    );
    assert_eq!(project.read("dumped/mappings/test-case.yaml"), "# mine\n");
    project.run(&[&out[..], &["--force"]].concat()).expect(0);
    assert!(files(&project, "dumped") == before, "the same again");
    project.run(&with(&["--force"])).expect(64);
}

#[test]
fn the_project_keeps_its_names_and_its_suites() {
    let project = Project::web_shop();
    project
        .run(&with(&[
            "--suite", "41", "--suite", "42", "--out", "dumped",
        ]))
        .expect(0);
    let rule = project.read("dumped/rules/checkout-test-case.yaml");
    assert!(
        rule.starts_with("# Rule `checkout-cases` of the project selects these cases already."),
        "{rule}"
    );
    let rule = project.read("dumped/rules/catalogue-test-case.yaml");
    assert!(rule.contains("\n  mapping: test-case-2\n"), "{rule}");
    project.run(&["validate"]).expect(0);
}

#[test]
fn another_type_and_json() {
    let project = only_a_connection();
    let line = with(&["--type", "bug", "--suite", "42", "--format", "json"]);
    let told = project.run(&line).expect(0);
    let document: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(document["schema"], "accord-dump/1");
    let files = document["files"].as_array().expect("files");
    let text = |path: &str| {
        let found = files.iter().find(|file| file["path"] == path);
        found.expect(path)["text"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    assert!(text("mappings/bug.yaml").contains("  azureDevOps: Bug\n"));
    assert!(text("rules/catalogue-bug.yaml").contains("  mapping: bug\n"));
}

#[test]
fn over_v1_the_project_is_the_scope() {
    let project = Project::web_shop();
    project.go_to_v1();
    for folder in ["mappings", "rules"] {
        std::fs::remove_dir_all(project.path().join(folder)).expect("a folder");
    }
    project.run(&with(&["--out", "dumped"])).expect(0);
    let rule = project.read("dumped/rules/project-test-case.yaml");
    assert!(rule.contains("scope: { testworthy: {} }"), "{rule}");
    changes_nothing(&project);
    project.run(&with(&["--suite", "41"])).expect(64);
}

#[test]
fn what_is_not_there_is_told() {
    let mut project = only_a_connection();
    for (line, told) in [
        (vec!["dump", "webshop"], "did you mean `web-shop`?"),
        (
            with(&["--type", "Test Cas"]),
            "did you mean `--type \"Test Case\"`?",
        ),
        (with(&["--type", "Zebra"]), "User Story"),
        (with(&["--suite", "99"]), "41 (Checkout)"),
    ] {
        let failed = project.run(&line).expect(64);
        assert!(failed.stderr.contains(told), "{told}: {}", failed.stderr);
        assert_eq!(failed.stdout, "");
    }
    let connection = project.read("connection.yaml");
    project.write("connection.yaml", "# none\n");
    let failed = project.run(&DUMP).expect(4);
    assert!(failed.stderr.contains("accord init"), "{}", failed.stderr);
    project.write("connection.yaml", &connection);
    project.set("AZURE_DEVOPS_EXT_PAT", "not-a-token-of-this-organisation");
    project.run(&DUMP).expect(8);
    project.unset("ACCORD_ALLOW_HOSTS");
    project.run(&DUMP).expect(5);
    assert_eq!(project.writes(), 0);
}
