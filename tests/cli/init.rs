//! `accord init`: what it writes holds as it is, works once its values are filled in, and never overwrites.

use std::collections::BTreeSet;
use std::path::Path;

use crate::project::{Outcome, Project};

/// Everything that it writes, in order.
pub(crate) const FILES: [&str; 8] = [
    "accord.yaml",
    "connection.yaml",
    "mappings/test-case.yaml",
    "rules/test-cases.yaml",
    ".github/workflows/accord.yaml",
    "schemas/accord.schema.json",
    ".vscode/settings.json",
    ".gitignore",
];

/// A project with a folder `new` for a starter.
pub(crate) fn empty() -> Project {
    let project = Project::web_shop();
    std::fs::create_dir(project.path().join("new")).expect("a folder");
    project
}

fn accord(project: &Project, arguments: &[&str]) -> Outcome {
    let all: Vec<&str> = ["-C", "new"].iter().chain(arguments).copied().collect();
    project.run(&all)
}

fn files(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name);
        }
    }
}

fn listed(project: &Project) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    files(&project.path().join("new"), "", &mut found);
    found
}

/// Values for the sandbox, as flags.
fn flags(project: &Project) -> Vec<String> {
    let address = project.sandbox.address;
    [
        "init",
        "--organization-url",
        &format!("http://{address}/contoso"),
        "--testworthy-url",
        &format!("http://{address}/testworthy"),
        "--project",
        "Web Shop",
        "--suite",
        "41",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn the_starter_holds_as_it_is() {
    let project = empty();
    let outcome = accord(&project, &["init", "--no-input"]).expect(0);
    assert_eq!(
        outcome.stdout,
        FILES.map(|file| format!("{file}\n")).concat()
    );
    assert_eq!(listed(&project), FILES.map(str::to_owned).into());
    let outcome = accord(&project, &["validate"]).expect(0);
    assert_eq!(outcome.stdout, "4 manifest files checked: no findings\n");
    accord(&project, &["fmt", "--check"]).expect(0);
    assert_eq!(project.read("new/.gitignore"), ".accord/\n");
    // What the editor is told is what the reader uses.
    let schema = accord(&project, &["schema"]).expect(0).stdout;
    assert_eq!(project.read("new/schemas/accord.schema.json"), schema);
    let settings: serde_json::Value =
        serde_json::from_str(&project.read("new/.vscode/settings.json")).expect("JSON");
    assert!(settings["yaml.schemas"]["./schemas/accord.schema.json"].is_array());
    for manifest in &FILES[..4] {
        let text = project.read(&format!("new/{manifest}"));
        let line = text.lines().next().expect("a line");
        let path = line
            .strip_prefix("# yaml-language-server: $schema=")
            .expect("a modeline");
        let folder = project.path().join("new").join(manifest);
        assert!(
            folder.with_file_name("").join(path).is_file(),
            "{manifest}: {path}"
        );
    }
}

#[test]
fn nothing_is_ever_overwritten() {
    let project = empty();
    project.write("new/rules/test-cases.yaml", "mine");
    let outcome = accord(&project, &["init"]).expect(5);
    assert!(
        outcome.stderr.contains("rules/test-cases.yaml"),
        "{}",
        outcome.stderr
    );
    assert!(
        !outcome.stderr.contains("connection.yaml"),
        "{}",
        outcome.stderr
    );
    assert_eq!(
        listed(&project),
        ["rules/test-cases.yaml".to_owned()].into()
    );
    assert_eq!(project.read("new/rules/test-cases.yaml"), "mine");
    std::fs::remove_file(project.path().join("new/rules/test-cases.yaml")).expect("removing");
    accord(&project, &["init"]).expect(0);
    let before = listed(&project);
    let outcome = accord(&project, &["init"]).expect(5);
    for file in &FILES[..6] {
        assert!(outcome.stderr.contains(file), "{file}: {}", outcome.stderr);
    }
    assert_eq!(listed(&project), before);
}

#[test]
fn settings_and_ignored_files_of_people_are_kept() {
    let project = empty();
    project.write("new/.vscode/settings.json", "{ /* mine */ }");
    project.write("new/.gitignore", "*.log");
    let outcome = accord(&project, &["init"]).expect(0);
    assert!(
        outcome.stderr.contains("\"yaml.schemas\""),
        "{}",
        outcome.stderr
    );
    assert!(
        !outcome.stdout.contains("settings.json"),
        "{}",
        outcome.stdout
    );
    assert_eq!(project.read("new/.vscode/settings.json"), "{ /* mine */ }");
    assert_eq!(project.read("new/.gitignore"), "*.log\n.accord/\n");
}

#[test]
fn with_its_flags_it_plans_and_applies() {
    let project = empty();
    accord(
        &project,
        &flags(&project)
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    )
    .expect(0);
    for file in ["new/connection.yaml", "new/rules/test-cases.yaml"] {
        assert!(!project.read(file).contains("CHANGE"), "{file}");
    }
    accord(&project, &["fmt", "--check"]).expect(0);
    accord(&project, &["validate"]).expect(0);
    accord(&project, &["plan", "--detailed-exitcode"]).expect(2);
    accord(&project, &["apply", "--yes"]).expect(0);
    accord(&project, &["plan", "--detailed-exitcode"]).expect(0);
}

/// Whoever follows its comments gets there too: values where CHANGE stands, and the rows behind `#`.
#[test]
fn with_its_comments_followed_it_plans() {
    let project = empty();
    accord(&project, &["init"]).expect(0);
    let address = project.sandbox.address;
    let organization = format!("http://{address}/contoso");
    for (file, old, new) in [
        (
            "connection.yaml",
            "https://dev.azure.com/your-organization",
            organization.as_str(),
        ),
        ("connection.yaml", "Your Project", "Web Shop"),
        (
            "connection.yaml",
            "https://testworthy.us",
            &format!("http://{address}/testworthy"),
        ),
        ("rules/test-cases.yaml", "[1]", "[41]"),
        ("rules/test-cases.yaml", "Your Project", "Web Shop"),
        ("rules/test-cases.yaml", "# azureDevOps:", "azureDevOps:"),
        ("rules/test-cases.yaml", "# createIn:", "createIn:"),
        ("mappings/test-case.yaml", "    # - {", "    - {"),
    ] {
        project.replace(&format!("new/{file}"), old, new);
    }
    accord(&project, &["validate"]).expect(0);
    accord(&project, &["fmt", "--check"]).expect(0);
    let outcome = accord(&project, &["plan", "--detailed-exitcode"]).expect(2);
    assert!(
        outcome.stdout.contains("SyncRule/test-cases"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn values_that_cannot_be_are_refused_before_anything_is_written() {
    let project = empty();
    for arguments in [
        ["init", "--organization-url", "contoso"],
        ["init", "--organization-url", "http://contoso.example"],
        ["init", "--suite", "0"],
        ["init", "--suite", "checkout"],
        ["init", "--project", ""],
    ] {
        accord(&project, &arguments).expect(64);
        assert!(listed(&project).is_empty(), "{arguments:?}");
    }
    // Odd but possible.
    accord(
        &project,
        &["init", "--project", "it's: \"#1\" {x}\nspec: []"],
    )
    .expect(0);
    accord(&project, &["validate"]).expect(0);
    accord(&project, &["fmt", "--check"]).expect(0);
}

#[test]
fn below_the_top_of_a_repository_the_workflow_goes_there_too() {
    let project = empty();
    std::fs::create_dir(project.path().join(".git")).expect("a folder");
    let outcome = accord(&project, &["init"]).expect(0);
    assert!(
        outcome.stderr.contains("top of the repository"),
        "{}",
        outcome.stderr
    );
    let workflow = project.read("new/.github/workflows/accord.yaml");
    assert!(
        workflow.contains("working-directory: \"new\"\n"),
        "{workflow}"
    );
}
