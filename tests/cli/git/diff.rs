//! `accord diff` and `plan --base`: what changed in the meaning of the manifests.

use std::fs;

use serde_json::{Value as Json, json};

use super::{MAPPING, commit, git, json, plan, repository};
use crate::project::Project;

fn diff(project: &Project, arguments: &[&str], code: i32) -> Json {
    let line = [&["diff", "--format", "json"], arguments].concat();
    json(&project.run(&line).expect(code))
}

fn addresses(diff: &Json) -> Vec<&str> {
    let changes = diff["changes"].as_array().expect("changes");
    changes
        .iter()
        .map(|change| change["address"].as_str().expect("an address"))
        .collect()
}

/// Without the line breaks of wrapped sentences.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn to(project: &Project, host: &str) {
    let url = format!("url: http://{}/testworthy", project.sandbox.address);
    project.replace("connection.yaml", &url, &format!("url: {host}"));
}

#[test]
fn another_host_is_told_first_and_loudly_and_contacts_nothing() {
    let (project, _) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmapped: skipItem");
    project.replace("accord.yaml", "maxCount: 25", "maxCount: 500");
    to(&project, "https://evil.example");
    commit(project.path(), "hostile");
    let told = project.run(&["diff", "HEAD~1..HEAD"]).expect(0).stdout;
    let first = told.lines().next().expect("a line");
    assert!(
        first
            .contains("~ Connection/web-shop changed: connection.yaml:2, touches items of 2 rules"),
        "{told}"
    );
    let danger = "!! credentials of TestWorthy would go to https://evil.example/ instead of http://127.0.0.1";
    assert!(flowing(&told).contains(danger), "{told}");
    assert!(
        told.contains("!! the limit on deletes is loosened"),
        "{told}"
    );
    let last = told
        .lines()
        .rev()
        .find(|line| line.contains("declarations"))
        .expect("a sum");
    assert!(
        last.starts_with("3 declarations differ: 3 changed, 2 of them dangerous, from HEAD~1"),
        "{last}"
    );
    let document = diff(&project, &["HEAD~1..HEAD", "--detailed-exitcode"], 2);
    assert_eq!(document["schema"], "accord-diff/1");
    assert_eq!(
        addresses(&document),
        ["Connection/web-shop", "Project", "FieldMapping/test-case"]
    );
    assert_eq!(document["changes"][0]["attention"][0]["level"], "danger");
    assert_eq!(document["changes"][0]["origin"]["file"], "connection.yaml");
    assert_eq!(document["changes"][0]["linkedItems"], Json::Null);
    let page = project
        .run(&["diff", "HEAD~1..HEAD", "--format", "markdown"])
        .expect(0)
        .stdout;
    assert!(page.starts_with("### Manifests: 3 changed\n"), "{page}");
    assert!(
        page.contains(":rotating_light: **Danger:** credentials of TestWorthy"),
        "{page}"
    );
    assert_eq!(project.requests(), 0);
    assert!(!project.path().join(".accord").exists());
    // Nothing of it needs a secret.
    let mut bare = project.command(&["diff", "HEAD~1..HEAD", "--detailed-exitcode"]);
    bare.env_clear();
    assert_eq!(bare.status().expect("it runs").code(), Some(2));
    project
        .run(&["diff", "main", "--format", "sarif"])
        .expect(64);
}

#[test]
fn form_comments_and_moves_are_no_change() {
    let (project, _) = repository();
    let text = project.read(MAPPING);
    fs::remove_file(project.path().join(MAPPING)).expect("removing");
    project.write("elsewhere/cases.yml", &format!("# Moved.\n{text}\n\n"));
    project.write("notes.yaml", "x: 1\n");
    commit(project.path(), "moved");
    let told = project
        .run(&["diff", "HEAD~1..HEAD", "--detailed-exitcode"])
        .expect(0)
        .stdout;
    assert_eq!(
        told,
        "The manifests of HEAD~1 (".to_owned()
            + &git(project.path(), &["rev-parse", "HEAD~1"])[..12]
            + ") and HEAD ("
            + &git(project.path(), &["rev-parse", "HEAD"])[..12]
            + ") mean the same.\n"
    );
}

#[test]
fn every_way_to_name_two_sides_works() {
    let (project, _) = repository();
    git(project.path(), &["checkout", "--quiet", "-b", "topic"]);
    project.replace(MAPPING, "unmapped: hold", "unmapped: skipItem");
    commit(project.path(), "topic");
    git(project.path(), &["checkout", "--quiet", "main"]);
    project.replace("accord.yaml", "settle: 120s", "settle: 5m");
    commit(project.path(), "on main");
    assert_eq!(
        addresses(&diff(&project, &["main..topic"], 0)),
        ["Project", "FieldMapping/test-case"]
    );
    // Since topic left main.
    assert_eq!(
        addresses(&diff(&project, &["main...topic"], 0)),
        ["FieldMapping/test-case"]
    );
    assert_eq!(
        addresses(&diff(&project, &["main", "topic"], 0)),
        ["Project", "FieldMapping/test-case"]
    );
    assert_eq!(
        addresses(&diff(&project, &["topic.."], 0)),
        ["Project", "FieldMapping/test-case"]
    );
    assert_eq!(addresses(&diff(&project, &["main"], 0)), [""; 0]);
    project.replace(
        "rules/account-ideas.yaml",
        "drift: report",
        "drift: enforce",
    );
    let told = diff(&project, &["main"], 0);
    assert_eq!(addresses(&told), ["SyncRule/account-ideas"]);
    assert!(told["to"].get("name").is_none(), "{told}");
    assert_eq!(
        told["changes"][0]["keys"][0],
        json!({
            "path": "spec.drift", "change": "changed", "before": "report", "after": "enforce",
        })
    );
    // Folders, which need no repository.
    let other = tempfile::tempdir().expect("a folder");
    let name = other.path().to_str().expect("UTF-8");
    let all = git(project.path(), &["ls-files", "*.yaml"]);
    for file in all.lines() {
        let path = other.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::copy(project.path().join(file), path).expect("a copy");
    }
    assert_eq!(addresses(&diff(&project, &[".", name], 0)), [""; 0]);
    fs::remove_file(other.path().join("rules/account-ideas.yaml")).expect("removing");
    let told = diff(&project, &[".", name, "--detailed-exitcode"], 2);
    assert_eq!(told["changes"][0]["change"], "removed");
    assert_eq!(
        addresses(&diff(&project, &[name], 0)),
        ["SyncRule/account-ideas"]
    );
    project.run(&["diff", "nowhere", "."]).expect(64);
    project.run(&["diff"]).expect(64);
    project.run(&["diff", "a", "b", "c"]).expect(64);
}

#[test]
fn manifests_that_do_not_hold_are_told_of_their_side() {
    let (project, _) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmaped: hold");
    commit(project.path(), "broken");
    let ended = project.run(&["diff", "HEAD~1..HEAD"]).expect(4);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("in HEAD:\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("unknown-key"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("mappings/test-case.yaml:17"),
        "{}",
        ended.stderr
    );
    project.write("accord.yaml", "[");
    let ended = project.run(&["diff", "HEAD"]).expect(4);
    assert!(ended.stderr.contains("in HEAD:\n"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("in the working folder:\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn linked_items_are_counted_where_the_state_is_a_file_here() {
    let (project, _) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmapped: skipItem");
    let told = project.run(&["diff", "HEAD"]).expect(0).stdout;
    assert!(told.contains("is unknown"), "{told}");
    project.run(&["apply", "--yes"]).expect(0);
    let told = diff(&project, &["HEAD"], 0);
    let change = &told["changes"][0];
    assert_eq!(change["rules"], json!(["account-ideas", "checkout-cases"]));
    let status = json(&project.run(&["status", "--format", "json"]).expect(0));
    let links: u64 = status["links"]
        .as_array()
        .map(|rules| rules.iter().filter_map(|rule| rule["links"].as_u64()).sum())
        .unwrap_or_default();
    assert!(
        change["linkedItems"].as_u64() > Some(10),
        "{change} {status}"
    );
    assert!(
        links == 0 || change["linkedItems"] == json!(links),
        "{change} {status}"
    );
    let told = project.run(&["diff", "HEAD"]).expect(0).stdout;
    assert!(told.contains("linked items of 2 rules"), "{told}");
    // A file that is no state is told, and fails only who insists.
    fs::write(project.path().join(".accord/state.db"), "no database").expect("writing");
    let ended = project.run(&["diff", "HEAD"]).expect(0);
    assert!(
        ended.stderr.contains("linked items are not counted"),
        "{}",
        ended.stderr
    );
    project.run(&["diff", "HEAD", "--with-state"]).expect(1);
}

#[test]
fn base_adds_what_changed_and_leaves_the_ids_alone() {
    let (project, first) = repository();
    project.run(&["apply", "--yes"]).expect(0);
    project.replace(MAPPING, "\"P1 - Must Test\": 1,", "\"P1 - Must Test\": 4,");
    project.replace(MAPPING, "reverse: { 4:", "reverse: { 1:");
    let plain = plan(&project, &[]);
    assert!(plain.get("manifestChanges").is_none());
    let with = plan(&project, &["--base", "main"]);
    assert_eq!(with["planId"], plain["planId"]);
    assert_eq!(with["reviewId"], plain["reviewId"]);
    let changes = &with["manifestChanges"];
    assert_eq!(changes["since"]["name"], "main");
    assert_eq!(changes["since"]["commit"], json!(first));
    let change = &changes["changes"][0];
    assert_eq!(change["address"], "FieldMapping/test-case");
    let caused = with["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter(|change| change["reason"] == "mappingChanged")
        .count();
    assert!(caused > 0, "{with:#}");
    assert_eq!(change["planned"], json!(caused));
    assert!(change["linkedItems"].as_u64() > Some(10), "{change}");
    let told = project.run(&["plan", "--base", "main"]).expect(0).stdout;
    assert!(told.contains("MANIFESTS: 1 changed since main ("), "{told}");
    assert!(
        told.contains(&format!("causes {caused} changes of this plan")) || caused == 1,
        "{told}"
    );
    // Shown from a file as it was made.
    project
        .run(&["plan", "--base", "main", "--out", "json=plan.json"])
        .expect(0);
    assert_eq!(project.run(&["show", "plan.json"]).expect(0).stdout, told);
    // Nothing changed, or nobody can say.
    let told = project
        .run(&["plan", "--base", "HEAD", "--ref", "main"])
        .expect(0)
        .stdout;
    assert!(
        told.contains("they mean the same as those of HEAD"),
        "{told}"
    );
    let good = project.read("accord.yaml");
    project.write("accord.yaml", "[");
    commit(project.path(), "broken");
    project.write("accord.yaml", &good);
    let told = plan(&project, &["--base", "HEAD"]);
    let problem = told["manifestChanges"]["problem"]
        .as_str()
        .expect("a problem");
    assert!(problem.contains("do not hold (1 error)"), "{problem}");
}
