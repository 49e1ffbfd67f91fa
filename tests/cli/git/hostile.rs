//! Repositories that a stranger made: nothing of them runs, nothing outside of them is read.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{MAPPING, commit, git, repository};
use crate::project::Project;

/// A configuration that would run a program in every way that Git knows, if somebody let it.
fn trapped(project: &Project) -> std::path::PathBuf {
    let sprung = project.path().join(".git/sprung");
    let trap = project.path().join(".git/trap.sh");
    let touch = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat\n", sprung.display());
    fs::write(&trap, touch).expect("writing");
    git(project.path(), &["config", "core.hooksPath", ".git/traps"]);
    fs::create_dir(project.path().join(".git/traps")).expect("a folder");
    for hook in [
        "post-checkout",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
    ] {
        fs::copy(&trap, project.path().join(".git/traps").join(hook)).expect("a copy");
    }
    executable(&project.path().join(".git"));
    let trap = trap.to_str().expect("UTF-8");
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.gitProxy",
        "credential.helper",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.trap.process",
        "gpg.program",
        "merge.trap.driver",
        "uploadpack.packObjectsHook",
        "alias.status",
    ] {
        git(project.path(), &["config", key, trap]);
    }
    git(project.path(), &["config", "filter.trap.required", "true"]);
    fs::write(
        project.path().join(".git/info/attributes"),
        "* filter=trap diff=trap merge=trap\n",
    )
    .expect("writing");
    sprung
}

/// Makes every script below a folder one that can be run.
fn executable(folder: &Path) {
    #[cfg(unix)]
    for entry in fs::read_dir(folder).expect("a folder") {
        use std::os::unix::fs::PermissionsExt as _;
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            executable(&path);
        } else {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }
}

#[test]
fn nothing_that_a_repository_configures_is_run() {
    let (project, _) = repository();
    project.replace(MAPPING, "unmapped: hold", "unmapped: skipItem");
    commit(project.path(), "second");
    let sprung = trapped(&project);
    project.replace(MAPPING, "unmapped: skipItem", "unmapped: hold");
    for line in [
        &["diff", "HEAD~1..HEAD"][..],
        &["diff", "HEAD"],
        &["validate", "--ref", "HEAD~1"],
        &["plan", "--base", "HEAD~1"],
        &["plan", "--ref", "HEAD"],
        &["apply", "--yes"],
    ] {
        project.run(line).expect(0);
        assert!(
            !sprung.exists(),
            "{line:?}: {}",
            fs::read_to_string(&sprung).unwrap_or_default()
        );
    }
    // The trap works: Git itself steps on it.
    let _ = std::process::Command::new("git")
        .args(["-c", "safe.directory=*", "add", "--renormalize", "."])
        .current_dir(project.path())
        .output();
    assert!(sprung.exists(), "git runs filters and monitors");
}

#[cfg(unix)]
#[test]
fn links_of_a_tree_are_not_followed() {
    use std::os::unix::fs::symlink;
    let (project, _) = repository();
    let at = |name: &str| project.path().join(name);
    symlink("/etc/hostname", at("out.yaml")).expect("a link");
    commit(project.path(), "a file elsewhere");
    let told = project.run(&["validate", "--ref", "HEAD"]).expect(4).stderr;
    assert!(
        told.contains("links of a revision are not followed"),
        "{told}"
    );
    assert!(told.contains("out.yaml"), "{told}");
    fs::remove_file(at("out.yaml")).expect("removing");
    // A folder of the project under a second name would hide what it holds, so it is told too.
    symlink("rules", at("more")).expect("a link");
    symlink("more", at("again")).expect("a link");
    commit(project.path(), "a folder");
    let told = project.run(&["validate", "--ref", "HEAD"]).expect(4).stderr;
    assert!(
        told.contains("--> more") && told.contains("--> again"),
        "{told}"
    );
    fs::remove_file(at("more")).expect("removing");
    fs::remove_file(at("again")).expect("removing");
    // Links that no scan would take do not matter.
    symlink("/etc/passwd", at("notes.txt")).expect("a link");
    symlink("../../..", at("up")).expect("a link");
    symlink("rules", at(".hidden")).expect("a link");
    commit(project.path(), "others");
    project.run(&["validate", "--ref", "HEAD"]).expect(0);
    fs::remove_file(at("up")).expect("removing");
    // The project's own file as a link is told, not passed over.
    let text = project.read("accord.yaml");
    project.write("real.txt", &text);
    fs::remove_file(at("accord.yaml")).expect("removing");
    symlink("real.txt", at("accord.yaml")).expect("a link");
    commit(project.path(), "its own");
    project.run(&["validate", "--ref", "HEAD"]).expect(4);
    let plan = super::plan(&project, &[]);
    assert_eq!(
        plan["inputs"]["dirty"],
        serde_json::Value::Null,
        "nobody can say"
    );
}

#[test]
fn submodules_are_passed_over() {
    let (project, _) = repository();
    let head = git(project.path(), &["rev-parse", "HEAD"]);
    let entry = format!("160000,{head},vendored");
    git(
        project.path(),
        &["update-index", "--add", "--cacheinfo", &entry],
    );
    git(project.path(), &["commit", "--quiet", "-m", "a submodule"]);
    project.run(&["validate", "--ref", "HEAD"]).expect(0);
    project
        .run(&["diff", "HEAD~1..HEAD", "--detailed-exitcode"])
        .expect(0);
    // It cannot be where the manifests are.
    project.replace(
        "accord.yaml",
        "spec:",
        "spec:\n  manifests: [vendored/rules]",
    );
    commit(project.path(), "manifests in it");
    let told = project.run(&["validate", "--ref", "HEAD"]).expect(4).stderr;
    assert!(told.contains("path-not-found"), "{told}");
}

#[test]
fn limits_of_size_hold_for_revisions() {
    let (project, _) = repository();
    project.write("large.yaml", &format!("x: {}\n", "y".repeat(1024 * 1024)));
    commit(project.path(), "large");
    let told = project.run(&["validate", "--ref", "HEAD"]).expect(4).stderr;
    assert!(told.contains("file-too-large"), "{told}");
}

#[test]
fn a_tree_that_names_itself_over_and_over_ends() {
    let (project, _) = repository();
    // Ten levels of ten names for the same tree: ten thousand million files of a few bytes.
    let folder = project.path();
    let mut tree = git(folder, &["mktree"]);
    let blob = git(folder, &["rev-parse", "HEAD:accord.yaml"]);
    let mktree = |lines: &str| {
        use std::io::Write as _;
        let mut child = std::process::Command::new("git")
            .args(["mktree"])
            .current_dir(folder)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("git runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(lines.as_bytes()).expect("writing");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .trim()
            .to_owned()
    };
    for level in 0..10 {
        let mut lines = String::new();
        for number in 0..10 {
            let written = if level == 0 {
                writeln!(lines, "100644 blob {blob}\tf{number}.txt")
            } else {
                writeln!(lines, "040000 tree {tree}\td{number}")
            };
            written.expect("a string takes it");
        }
        tree = mktree(&lines);
    }
    let bomb = git(folder, &["commit-tree", "-m", "bomb", &tree]);
    let told = project.run(&["validate", "--ref", &bomb]).expect(4).stderr;
    assert!(told.contains("more than 200000 entries"), "{told}");
}

/// Only the superuser can make a repository that belongs to somebody else.
#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_not_read() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let (project, _) = repository();
    let own = fs::metadata(project.path()).expect("a folder").uid();
    for path in [".", ".git"] {
        if own != 0 || chown(project.path().join(path), Some(12_345), None).is_err() {
            crate::shells::skipped("only root can give a folder away");
            return;
        }
    }
    let told = project.run(&["diff", "HEAD"]).expect(1).stderr;
    assert!(told.contains("belongs to another user"), "{told}");
    assert!(told.contains("safe.directory"), "{told}");
    project.run(&["plan", "--base", "HEAD"]).expect(1);
    // A plan needs no commit.
    let plan = super::plan(&project, &[]);
    assert_eq!(plan["inputs"]["gitCommit"], serde_json::Value::Null);
    let told = project.run(&["plan", "-v"]).expect(0).stderr;
    assert!(told.contains("the commit is not known"), "{told}");
}

#[test]
fn a_partial_clone_or_a_damaged_repository_is_told() {
    let (project, first) = repository();
    let loose = project
        .path()
        .join(".git/objects")
        .join(&first[..2])
        .join(&first[2..]);
    #[cfg(unix)]
    executable(&project.path().join(".git/objects"));
    fs::write(&loose, "garbage").expect("writing");
    let told = project.run(&["diff", "HEAD"]).expect(1).stderr;
    assert!(told.contains("cannot be read"), "{told}");
    assert!(told.contains("git fsck"), "{told}");
    super::plan(&project, &[]);
    let (project, _) = repository();
    git(
        project.path(),
        &["config", "core.repositoryformatversion", "1"],
    );
    git(
        project.path(),
        &["config", "extensions.partialClone", "origin"],
    );
    let told = project.run(&["diff", "HEAD"]).expect(1).stderr;
    assert!(told.contains("partial clone"), "{told}");
    super::plan(&project, &[]);
}
