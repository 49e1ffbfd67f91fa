//! What commit a plan is of, and manifests as they stood at a revision.

use std::fs;

use serde_json::{Value as Json, json};

use super::{MAPPING, commit, git, json, plan, repository};
use crate::project::Project;

fn inputs(project: &Project) -> (Json, Json) {
    let plan = plan(project, &[]);
    let inputs = &plan["inputs"];
    (inputs["gitCommit"].clone(), inputs["dirty"].clone())
}

#[test]
fn a_plan_says_which_commit_it_is_of_and_whether_manifests_differ() {
    let project = Project::web_shop();
    assert_eq!(inputs(&project), (Json::Null, Json::Null), "no repository");
    git(project.path(), &["init", "--quiet", "-b", "main"]);
    assert_eq!(inputs(&project), (Json::Null, json!(true)), "no commit yet");
    let first = commit(project.path(), "first");
    let clean = (json!(first), json!(false));
    let dirty = (json!(first), json!(true));
    assert_eq!(inputs(&project), clean);

    // Files that hold no manifests do not count.
    project.write("notes.txt", "x");
    project.write("sandbox.env", "");
    assert_eq!(inputs(&project), clean);
    // A manifest that Git does not know counts, also where it is told to ignore it.
    project.write("extra.yaml", "x: 1\n");
    assert_eq!(inputs(&project), dirty);
    project.write(".git/info/exclude", "extra.yaml\n");
    assert_eq!(inputs(&project), dirty);
    fs::remove_file(project.path().join("extra.yaml")).expect("removing");
    assert_eq!(inputs(&project), clean);

    let text = project.read(MAPPING);
    project.write(MAPPING, &format!("{text}# more\n"));
    assert_eq!(inputs(&project), dirty);
    // What is staged is not committed.
    git(project.path(), &["add", MAPPING]);
    assert_eq!(inputs(&project), dirty);
    // Line ends are Git's to turn.
    project.write(MAPPING, &text.replace('\n', "\r\n"));
    assert_eq!(inputs(&project), clean);
    project.write(MAPPING, &text);
    fs::remove_file(project.path().join("rules/account-ideas.yaml")).expect("removing");
    assert_eq!(inputs(&project), dirty);
}

#[test]
fn a_project_in_a_subfolder_is_judged_by_its_own_files() {
    let (project, _) = repository();
    let top = tempfile::tempdir().expect("a folder");
    let below = top.path().join("sync/shop");
    fs::create_dir_all(&below).expect("folders");
    for file in [
        "accord.yaml",
        "connection.yaml",
        MAPPING,
        "rules/checkout-cases.yaml",
    ] {
        let to = below.join(file);
        fs::create_dir_all(to.parent().expect("a folder")).expect("folders");
        fs::copy(project.path().join(file), to).expect("a copy");
    }
    git(top.path(), &["init", "--quiet", "-b", "main"]);
    let first = commit(top.path(), "first");
    fs::write(top.path().join("other.yaml"), "x: 1").expect("writing");
    let folder = below.to_str().expect("UTF-8");
    let made = plan(&project, &["-C", folder]);
    assert_eq!(made["inputs"]["gitCommit"], json!(first));
    assert_eq!(made["inputs"]["dirty"], json!(false));
    // From a folder below it, too, and its manifests of a revision.
    let rules = below.join("rules");
    fs::write(below.join("accord.yaml"), "[").expect("writing");
    let folder = rules.to_str().expect("UTF-8");
    let made = plan(&project, &["-C", folder, "--ref", "main"]);
    assert_eq!(made["inputs"]["dirty"], json!(false));
    let line = [
        "validate",
        "-C",
        folder,
        "--ref",
        "main",
        "checkout-cases.yaml",
    ];
    project.run(&line).expect(0);
    let line = [
        "validate",
        "-C",
        folder,
        "--ref",
        "main",
        "../../../other.yaml",
    ];
    let told = project.run(&line).expect(4).stderr;
    assert!(told.contains("outside-project"), "{told}");
    let line = ["validate", "-C", folder, "--ref", "main", "nowhere.yaml"];
    let told = project.run(&line).expect(4).stderr;
    assert!(told.contains("path-not-found"), "{told}");
}

#[test]
fn worktrees_and_detached_heads_have_a_commit() {
    let (project, first) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmapped: skipItem");
    let second = commit(project.path(), "second");
    git(project.path(), &["checkout", "--quiet", "--detach", &first]);
    assert_eq!(inputs(&project), (json!(first), json!(false)));
    // The `.git` of a linked worktree is a file.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let tree = elsewhere.path().join("tree");
    let tree = tree.to_str().expect("UTF-8");
    git(
        project.path(),
        &["worktree", "add", "--quiet", tree, "main"],
    );
    let made = plan(&project, &["-C", tree]);
    assert_eq!(made["inputs"]["gitCommit"], json!(second));
    assert_eq!(made["inputs"]["dirty"], json!(false));
    let line = ["diff", "HEAD~1..HEAD", "-C", tree, "--detailed-exitcode"];
    project.run(&line).expect(2);
}

#[test]
fn ref_takes_the_manifests_of_a_revision_and_leaves_the_folder_alone() {
    let (project, first) = repository();
    let old = plan(&project, &[]);
    project.replace(MAPPING, "\"P1 - Must Test\": 1,", "\"P1 - Must Test\": 4,");
    git(project.path(), &["tag", "v1"]);
    commit(project.path(), "second");
    let new = plan(&project, &[]);
    assert_ne!(old["inputs"]["digest"], new["inputs"]["digest"]);
    // The folder does not even hold now.
    project.write("accord.yaml", "[");
    for revision in ["v1", "HEAD~1", "main^", &first, &first[..8]] {
        let made = plan(&project, &["--ref", revision]);
        assert_eq!(made["inputs"]["digest"], old["inputs"]["digest"]);
        assert_eq!(made["planId"], old["planId"]);
        assert_eq!(made["inputs"]["gitCommit"], json!(first));
        assert_eq!(made["inputs"]["dirty"], json!(false));
    }
    assert_eq!(project.read("accord.yaml"), "[");
    // Other commands that take the manifests from a revision.
    project.run(&["validate", "--ref", "HEAD"]).expect(0);
    project.run(&["validate"]).expect(4);
    project.run(&["graph", "--ref", "HEAD"]).expect(0);
    project.run(&["test", "--ref", "HEAD"]).expect(0);
    project.run(&["drift", "--ref", "HEAD"]).expect(0);
    project.run(&["verify", "--ref", "v1"]).expect(0);
    project
        .run(&["test", "--ref", "HEAD", "--update"])
        .expect(64);
    // What is applied is recorded in the state of the folder.
    project.run(&["apply", "--yes", "--ref", "HEAD"]).expect(0);
    assert!(project.path().join(".accord/state.db").exists());
    let after = plan(&project, &["--ref", "HEAD"]);
    assert_eq!(after["changes"], json!([]));
}

#[test]
fn what_does_not_hold_at_a_revision_is_told_with_its_line() {
    let (project, _) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmaped: hold");
    commit(project.path(), "broken");
    project.replace(MAPPING, "unmaped: hold", "unmapped: hold");
    project.run(&["validate"]).expect(0);
    let told = project.run(&["validate", "--ref", "HEAD"]).expect(4).stderr;
    assert!(told.contains("unknown-key"), "{told}");
    assert!(told.contains("mappings/test-case.yaml:17"), "{told}");
    let told = project.run(&["plan", "--ref", "main"]).expect(4).stderr;
    assert!(told.contains("unknown-key"), "{told}");
}

#[test]
fn the_audit_says_which_commit_was_applied() {
    let (project, first) = repository();
    project.write("extra.yaml", "x: 1\n");
    let made = plan(&project, &[]);
    project.run(&["apply", "--yes"]).expect(0);
    let path = project.path().join(".accord/state.db");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let rows = runtime.block_on(async {
        use accord::store::{SqliteStore, Store as _};
        let store = SqliteStore::open_read_only(path).await.expect("the state");
        store.audit(1_000).await.expect("the audit")
    });
    let began: Vec<&str> = rows
        .iter()
        .filter(|row| row.entry.event == "began")
        .map(|row| row.entry.detail.as_str())
        .collect();
    let id = made["planId"].as_str().expect("an id");
    let expected = format!("plan {id}, commit {first}, with manifests that are not committed");
    assert_eq!(began, [&expected, &expected], "one for each rule");
    project.run(&["state", "verify"]).expect(0);
}

#[test]
fn a_revision_that_is_not_there_is_told_with_the_nearest_one() {
    let (project, first) = repository();
    git(project.path(), &["branch", "release/2026"]);
    git(project.path(), &["tag", "-a", "v1.0", "-m", "x"]);
    let remote = "refs/remotes/origin/topic";
    git(project.path(), &["update-ref", remote, "HEAD"]);
    for (revision, said) in [
        ("mian", "did you mean `main`?"),
        ("release/2062", "did you mean `release/2026`?"),
        ("v1.1", "did you mean `v1.0`?"),
        ("topic", "did you mean `origin/topic`?"),
        ("topic~1", "did you mean `origin/topic~1`?"),
        ("quite-another-thing", "a branch, a tag, a commit"),
        ("HEAD~7", "there is no revision `HEAD~7`"),
        ("main..HEAD", "it is a range"),
        ("", "it is empty"),
        ("HEAD:accord.yaml", "it names no commit"),
        (
            "0000000000000000000000000000000000000000",
            "there is no revision",
        ),
        ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
    ] {
        for command in ["plan", "validate"] {
            let told = project.run(&[command, "--ref", revision]).expect(64).stderr;
            assert!(told.contains(said), "{revision}: {told}");
        }
        if revision != "main..HEAD" {
            let told = project.run(&["diff", revision]).expect(64).stderr;
            assert!(
                told.contains(said) || revision.is_empty(),
                "{revision}: {told}"
            );
        }
        let told = project.run(&["plan", "--base", revision]).expect(64).stderr;
        assert!(told.contains(said), "{revision}: {told}");
    }
    // Annotated tags lead to their commit.
    let made = plan(&project, &["--ref", "v1.0"]);
    assert_eq!(made["inputs"]["gitCommit"], json!(first));
    // What looks like a flag is none, and no revision either.
    let told = project.run(&["plan", "--ref=-x"]).expect(64).stderr;
    assert!(told.contains("it begins with `-`"), "{told}");
    project.run(&["plan", "--ref", "-x"]).expect(64);
    let told = project.run(&["diff", "--", "-x..HEAD"]).expect(64).stderr;
    assert!(told.contains("it begins with `-`"), "{told}");
}

#[test]
fn without_a_repository_there_are_no_revisions() {
    let project = Project::web_shop();
    for line in [&["plan", "--ref", "main"], &["plan", "--base", "main"]] {
        let told = project.run(line).expect(64).stderr;
        assert!(told.contains("is in no Git repository"), "{told}");
    }
    let told = project.run(&["diff", "main..topic"]).expect(64).stderr;
    assert!(told.contains("or two folders"), "{told}");
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let (project, _) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmapped: skipItem");
    let second = commit(project.path(), "second");
    git(
        project.path(),
        &["checkout", "--quiet", "-b", "topic", "HEAD~1"],
    );
    commit(project.path(), "third");
    let clones = tempfile::tempdir().expect("a folder");
    let from = format!("file://{}", project.path().display());
    let line = [
        "clone",
        "--quiet",
        "--depth",
        "1",
        "--no-single-branch",
        &from,
        "shallow",
    ];
    git(clones.path(), &line);
    let shallow = clones.path().join("shallow");
    let folder = shallow.to_str().expect("UTF-8");
    let tip = json(
        &project
            .run(&["diff", "origin/main", "-C", folder, "--format", "json"])
            .expect(0),
    );
    assert_eq!(tip["from"]["commit"], json!(second));
    for range in ["HEAD~1..HEAD", "origin/main...HEAD", "v9", "HEAD~1"] {
        let told = project
            .run(&["diff", range, "-C", folder])
            .expect(64)
            .stderr;
        assert!(told.contains("fetch-depth: 0"), "{range}: {told}");
    }
    for flags in [["--ref", "HEAD~1"], ["--base", "origin/main...HEAD"]] {
        let line = [&["plan", "-C", folder], &flags[..]].concat();
        let told = project.run(&line).expect(64).stderr;
        assert!(told.contains("fetch-depth: 0"), "{flags:?}: {told}");
    }
}

#[test]
fn a_bare_repository_has_revisions_and_no_folder() {
    let (project, first) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmapped: skipItem");
    commit(project.path(), "second");
    let clones = tempfile::tempdir().expect("a folder");
    let from = project.path().to_str().expect("UTF-8");
    git(
        clones.path(),
        &["clone", "--quiet", "--bare", from, "shop.git"],
    );
    let bare = clones.path().join("shop.git");
    let folder = bare.to_str().expect("UTF-8");
    let told = project
        .run(&["diff", "HEAD~1..HEAD", "-C", folder])
        .expect(0)
        .stdout;
    assert!(told.contains("spec.fields[priority].unmapped"), "{told}");
    let made = plan(&project, &["-C", folder, "--ref", "HEAD~1"]);
    assert_eq!(made["inputs"]["gitCommit"], json!(first));
    project
        .run(&["validate", "-C", folder, "--ref", "main"])
        .expect(0);
}
