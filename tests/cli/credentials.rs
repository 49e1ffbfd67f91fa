//! Wrong and missing credentials end 8 and name connection and variable, and no output ever shows one.

use std::path::Path;

use accord::sandbox::{Fault, FaultKind};

use crate::project::{Outcome, Project, SECRETS, TOKEN};

const CANARY: &str = "canary-7f3a9c-of-this-test";

#[track_caller]
fn names(outcome: &Outcome, variable: &str) {
    let told = &outcome.stderr;
    assert!(told.contains("web-shop"), "names the connection: {told}");
    assert!(told.contains(variable), "names {variable}: {told}");
}

/// 401, 203 with a sign-in page and 302 to one: all three are a bad personal access token.
#[test]
fn every_form_of_a_bad_token() {
    for kind in [
        FaultKind::Unauthorized,
        FaultKind::SignInPage,
        FaultKind::SignInRedirect,
    ] {
        let project = Project::web_shop();
        project.state().faults.add(Fault::new("*/_apis/*", kind));
        for line in [&["plan"] as &[&str], &["apply", "--yes"]] {
            names(&project.run(line).expect(8), "AZURE_DEVOPS_EXT_PAT");
        }
        assert_eq!(project.writes(), 0);
    }
}

#[test]
fn every_form_of_bad_testworthy_credentials() {
    for kind in [
        FaultKind::Unauthorized,
        FaultKind::HtmlPage,
        FaultKind::SignInRedirect,
    ] {
        let project = Project::web_shop();
        project
            .state()
            .faults
            .add(Fault::new("/testworthy/*", kind));
        let outcome = project.run(&["plan"]).expect(8);
        for variable in [
            "TESTWORTHY_API_KEY",
            "TESTWORTHY_PROJECT_KEY",
            "TESTWORTHY_USER_EMAIL",
        ] {
            names(&outcome, variable);
        }
    }
}

#[test]
fn forbidden_ends_8_too() {
    let project = Project::web_shop();
    project
        .state()
        .faults
        .add(Fault::new("*/_apis/*", FaultKind::Forbidden));
    names(&project.run(&["plan"]).expect(8), "AZURE_DEVOPS_EXT_PAT");
}

/// The systems themselves judge wrong values, without a fault switched on.
#[test]
fn wrong_values_are_refused_and_never_shown() {
    for variable in SECRETS {
        let mut project = Project::web_shop();
        project.set(variable, CANARY);
        for line in [
            &["plan"] as &[&str],
            &["plan", "-vv"],
            &["plan", "--format", "json", "-v"],
            &["apply", "--yes"],
        ] {
            // `run` searches stdout and stderr for the canary.
            names(&project.run(line).expect(8), variable);
        }
        project.set("ACCORD_LOG", "trace");
        project.run(&["plan"]).expect(8);
        assert_no_secret_in_files(&project, project.path());
    }
}

/// The bearer token of the second surface is told by its variable only, wrong, missing or right.
#[test]
fn the_bearer_token_is_never_shown() {
    let mut project = Project::web_shop();
    project.go_to_v1();
    project.set("ACCORD_LOG", "trace");
    project.run(&["plan", "-vv"]).expect(0);
    project.run(&["apply", "--yes"]).expect(0);
    assert_no_secret_in_files(&project, project.path());
    for value in [CANARY, "", "two\nlines"] {
        project.set(TOKEN, value);
        for line in [&["plan", "-vv"] as &[&str], &["apply", "--yes"]] {
            names(&project.run(line).expect(8), TOKEN);
        }
    }
    project.unset(TOKEN);
    names(&project.run(&["plan"]).expect(8), TOKEN);
    project.run(&["validate"]).expect(0);
    // The secrets of the other surface are not needed, and their absence is nothing to tell.
    assert_no_secret_in_files(&project, project.path());
}

#[test]
fn missing_and_empty_secrets_name_connection_and_variable() {
    for variable in ["TESTWORTHY_USER_EMAIL", SECRETS[0], SECRETS[1], SECRETS[2]] {
        let mut project = Project::web_shop();
        for value in ["", "   ", "two\nlines"] {
            project.set(variable, value);
            names(&project.run(&["plan"]).expect(8), variable);
        }
        project.unset(variable);
        names(&project.run(&["plan"]).expect(8), variable);
        project.run(&["validate"]).expect(0);
        project.run(&["status"]).expect(0);
        assert_eq!(project.requests(), 0);
    }
}

/// A whole journey with everything that writes files; then every file of the project is searched.
#[test]
fn no_file_holds_a_secret() {
    let mut project = Project::web_shop();
    std::fs::remove_file(project.path().join("sandbox.env")).expect("the sandbox's credentials");
    project.set("ACCORD_LOG", "trace");
    let files: Vec<String> = [
        "human",
        "json",
        "jsonl",
        "markdown",
        "html",
        "sarif",
        "github",
        "azure-pipelines",
    ]
    .iter()
    .flat_map(|form| ["--out".to_owned(), format!("{form}=plan.{form}")])
    .collect();
    let mut out: Vec<&str> = files.iter().map(String::as_str).collect();
    out.extend(["--save", "saved.json"]);
    project
        .run(&[&["plan", "-vv"], &out[..]].concat())
        .expect(0);
    project
        .run(&[&["apply", "--yes", "-vv"], &out[..]].concat())
        .expect(0);
    // `run` searches what each of them prints.
    for line in [
        "validate --format sarif",
        "test",
        "verify -vv",
        "drift --format json",
        "doctor -vv",
        "status --format json",
        "conflicts list --all --format json",
        "state list --format json",
        "state verify",
        "state rebuild",
        "show saved.json --out html=shown.html",
        "report saved.json",
        "graph",
        "explain Connection/web-shop",
        "diff . .",
        "apply saved.json -vv",
        "plan --format jsonl -vv",
        "schema --live web-shop",
        // The last one: what it writes are manifests of this project.
        "dump web-shop --out dumped",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let outcome = project.run(&words);
        // A line that is refused shows nothing that could be searched.
        assert_eq!(outcome.code, Some(0), "{line}: {}", outcome.stderr);
    }
    let files = assert_no_secret_in_files(&project, project.path());
    assert!(files > 16, "manifests, plans and state: {files}");
    for file in [
        "plan.jsonl",
        "plan.html",
        "saved.json",
        "shown.html",
        "dumped/users.yaml",
    ] {
        assert!(project.path().join(file).is_file(), "{file}");
    }
    project.write("leak.txt", "sandbox-pat");
    let search = std::panic::AssertUnwindSafe(|| {
        assert_no_secret_in_files(&project, project.path());
    });
    assert!(
        std::panic::catch_unwind(search).is_err(),
        "the search finds"
    );
}

/// Searches every file below a folder; returns how many there are.
fn assert_no_secret_in_files(project: &Project, folder: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files += assert_no_secret_in_files(project, &path);
        } else if !path.ends_with("sandbox.env") {
            let bytes = std::fs::read(&path).expect("a file");
            project.assert_no_secret(&path.display().to_string(), &bytes);
            files += 1;
        }
    }
    files
}
