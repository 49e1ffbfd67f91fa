//! Repositories made for the purpose; tests/cli/git.rs has those that the `git` program makes.

use std::fs;
use std::path::Path;

use git2::{Oid, Signature};
use tempfile::TempDir;

use super::*;
use crate::manifest::{ManifestTree as _, Place, Typed, files_from};

struct Made {
    folder: TempDir,
    git: git2::Repository,
}

fn made() -> Made {
    let folder = TempDir::new().unwrap();
    let git = git2::Repository::init(folder.path()).unwrap();
    Made { folder, git }
}

impl Made {
    /// A commit of exactly these entries, on the branch that is checked out.
    fn commit(&self, entries: &[(&str, i32, Oid)]) -> Oid {
        let mut builder = self.git.treebuilder(None).unwrap();
        for (name, mode, id) in entries {
            builder.insert(name, *id, *mode).unwrap();
        }
        let tree = self.git.find_tree(builder.write().unwrap()).unwrap();
        let who = Signature::now("A", "a@example.test").unwrap();
        let parent = self
            .git
            .head()
            .ok()
            .and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        self.git
            .commit(Some("HEAD"), &who, &who, "x", &tree, &parents)
            .unwrap()
    }

    fn blob(&self, text: &str) -> Oid {
        self.git.blob(text.as_bytes()).unwrap()
    }

    fn tree(&self, entries: &[(&str, i32, Oid)]) -> Oid {
        let mut builder = self.git.treebuilder(None).unwrap();
        for (name, mode, id) in entries {
            builder.insert(name, *id, *mode).unwrap();
        }
        builder.write().unwrap()
    }

    fn around(&self) -> Repository {
        Repository::around(self.folder.path()).unwrap()
    }
}

const FILE: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;
const LINK: i32 = 0o120_000;
const SUBMODULE: i32 = 0o160_000;

#[test]
fn a_tree_is_looked_into_as_a_folder_is() {
    let made = made();
    let (a, out) = (made.blob("x: 1"), made.blob("/etc"));
    let inner = made.tree(&[("b.yaml", FILE, a), ("up", LINK, made.blob("../.."))]);
    let commit = made.commit(&[
        ("a.yaml", FILE, a),
        ("run.sh", 0o100_755, a),
        ("sub", FOLDER, inner),
        ("to-sub", LINK, made.blob("sub")),
        ("to-a", LINK, made.blob("./a.yaml")),
        ("via", LINK, made.blob("to-sub/inner")),
        ("beside", LINK, made.blob("a.yaml/../sub")),
        ("out", LINK, out),
        ("vendored", SUBMODULE, a),
    ]);
    let repository = made.around();
    assert_eq!(repository.head().unwrap(), Some(commit.to_string()));
    let tree = repository
        .tree(&commit.to_string(), Path::new("sub"))
        .unwrap();
    for (path, place) in [
        ("", Place::Folder("".into())),
        ("a.yaml", Place::File("a.yaml".into())),
        ("run.sh", Place::File("run.sh".into())),
        ("sub", Place::Folder("sub".into())),
        ("sub/b.yaml", Place::File("sub/b.yaml".into())),
        ("sub/c.yaml", Place::Missing),
        ("a.yaml/b", Place::Missing),
        ("to-sub", Place::Link),
        ("to-sub/b.yaml", Place::Missing),
        ("vendored", Place::Other),
        ("vendored/a.yaml", Place::Missing),
        ("../a.yaml", Place::Missing),
        ("/a.yaml", Place::Missing),
    ] {
        assert_eq!(tree.look(Path::new(path)), place, "{path}");
    }
    let listed = tree.list(Path::new("")).unwrap();
    let folders: Vec<String> = listed
        .iter()
        .filter(|entry| entry.is_folder)
        .map(|entry| entry.name.to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        folders,
        ["sub", "to-sub", "via"],
        "a link to a folder or through another link counts as one"
    );
    assert_eq!(listed.len(), 9);
    let inside = tree.list(Path::new("sub")).unwrap();
    assert!(inside.iter().all(|entry| !entry.is_folder), "{inside:?}");
    assert_eq!(tree.bytes(Path::new("sub/b.yaml")).unwrap(), b"x: 1");
    // Typed in the working folder, which is `sub`.
    for (typed, place) in [
        ("b.yaml", Typed::At("sub/b.yaml".into())),
        ("../a.yaml", Typed::At("a.yaml".into())),
        (".", Typed::At("sub".into())),
        ("..", Typed::At("".into())),
        ("../..", Typed::Outside),
        ("/a.yaml", Typed::Outside),
        ("c.yaml", Typed::Missing),
    ] {
        assert_eq!(tree.typed(Path::new(typed)), place, "{typed}");
    }
}

#[test]
fn a_large_file_is_not_read_and_yet_too_large() {
    let made = made();
    let large = made.blob(&"x".repeat(crate::manifest::MOST_BYTES + 5));
    let commit = made.commit(&[("large.yaml", FILE, large)]);
    let repository = made.around();
    let tree = repository.tree(&commit.to_string(), Path::new("")).unwrap();
    let bytes = tree.bytes(Path::new("large.yaml")).unwrap();
    assert_eq!(bytes.len(), crate::manifest::MOST_BYTES + 1);
    assert!(!bytes.contains(&b'x'));
    // It counts all the same: a tree may name one file many times over.
    let refused = (0..300).find_map(|_| tree.bytes(Path::new("large.yaml")).err());
    let refused = refused.expect("a limit on all of them");
    assert!(refused.contains("larger than 256 MiB"), "{refused}");
}

/// Each level costs a stranger one object, and a scan that follows them a part of its stack.
#[test]
fn a_tree_nested_beyond_measure_is_refused() {
    let made = made();
    let mut tree = made.tree(&[("a.yaml", FILE, made.blob("x: 1"))]);
    for _ in 0..300 {
        tree = made.tree(&[("d", FOLDER, tree)]);
    }
    let long = format!("{}d", "d/".repeat(10_000));
    let text = format!(
        "apiVersion: accord/v1\nkind: Project\nmetadata: {{ name: p }}\nspec:\n  manifests: [{long}]\n"
    );
    let nested = ("d", FOLDER, tree);
    let named = ("accord.yaml", FILE, made.blob(&text));
    for entries in [&[nested][..], &[nested, named]] {
        let commit = made.commit(entries).to_string();
        let repository = made.around();
        let tree = repository.tree(&commit, Path::new("")).unwrap();
        let read = files_from(&tree, "".into(), &[]);
        assert_eq!(read.findings.len(), 1, "{:?}", read.findings);
        let told = &read.findings[0].message;
        assert!(told.contains("100 deep"), "{told}");
    }
}

#[test]
fn a_folder_whose_object_is_missing_is_not_an_empty_one() {
    let made = made();
    let inner = made.tree(&[("b.yaml", FILE, made.blob("x: 1"))]);
    let outer = made.tree(&[("inner", FOLDER, inner)]);
    let commit = made.commit(&[("outer", FOLDER, outer)]);
    let project = made.folder.path().join("outer/inner");
    fs::create_dir_all(&project).unwrap();
    let newer = made.folder.path().join("outer/newer");
    fs::create_dir(&newer).unwrap();
    for lost in [inner, outer] {
        let id = lost.to_string();
        let objects = made.git.path().join("objects");
        fs::remove_file(objects.join(&id[..2]).join(&id[2..])).unwrap();
        let repository = Repository::around(&project).unwrap();
        let tree = repository.tree(&commit.to_string(), Path::new("")).unwrap();
        let error = tree.list(Path::new("")).unwrap_err();
        assert!(error.contains("missing in the repository"), "{error}");
        let repository = Repository::around(&newer).unwrap();
        let tree = repository.tree(&commit.to_string(), Path::new("")).unwrap();
        // Without the folder around it, nobody knows whether the revision had it.
        assert_eq!(tree.list(Path::new("")).is_ok(), lost == inner);
    }
}

#[test]
fn before_the_first_commit_there_is_no_head() {
    let made = made();
    let repository = made.around();
    assert_eq!(repository.head().unwrap(), None);
    assert!(matches!(
        repository.resolve("HEAD"),
        Err(GitError::Unknown { nearest: None, .. })
    ));
    assert!(!repository.is_shallow());
}

#[test]
fn commits_without_a_common_past_have_no_merge_base() {
    let made = made();
    let first = made.commit(&[("a", FILE, made.blob("a"))]);
    made.git.set_head("refs/heads/other").unwrap();
    let second = made.commit(&[("b", FILE, made.blob("b"))]);
    let repository = made.around();
    let range = Range::read(&format!("{first}...{second}"));
    let error = range.commits(&repository).unwrap_err();
    assert!(matches!(
        error,
        GitError::NoMergeBase {
            is_shallow: false,
            ..
        }
    ));
    assert!(error.help().contains("A..B"));
    let range = Range::read(&format!("{first}..{second}"));
    assert_eq!(
        range.commits(&repository).unwrap(),
        (first.to_string(), Some(second.to_string()))
    );
}

#[test]
fn a_working_tree_that_a_configuration_puts_elsewhere_is_not_ours() {
    let made = made();
    made.commit(&[]);
    let elsewhere = TempDir::new().unwrap();
    let mut config = made.git.config().unwrap();
    let path = elsewhere.path().to_str().unwrap();
    config.set_str("core.worktree", path).unwrap();
    assert!(matches!(
        Repository::around(made.folder.path()),
        Err(GitError::NoRepository { .. })
    ));
    let lonely = TempDir::new().unwrap();
    assert!(matches!(
        Repository::around(lonely.path()),
        Err(GitError::NoRepository { .. })
    ));
    fs::write(lonely.path().join(".git"), "garbage").unwrap();
    assert!(Repository::around(lonely.path()).is_err());
}

/// A tree can hold files that look like a bare repository, but never a `.git`.
#[test]
fn a_bare_repository_inside_of_a_tree_is_not_the_projects() {
    let made = made();
    let commit = made.commit(&[("a", FILE, made.blob("a"))]);
    let project = made.folder.path().join("project");
    let planted = git2::Repository::init_bare(&project).unwrap();
    let below = project.join("refs/heads");
    fs::create_dir_all(&below).unwrap();
    for folder in [&project, &below] {
        let repository = Repository::around(folder).unwrap();
        assert_eq!(repository.head().unwrap(), Some(commit.to_string()));
    }
    drop(planted);
    // Where nothing is around it, the folder that is named may be one.
    let lonely = TempDir::new().unwrap();
    git2::Repository::init_bare(lonely.path()).unwrap();
    let bare = Repository::around(lonely.path()).unwrap();
    assert_eq!(bare.head().unwrap(), None);
    assert!(matches!(
        Repository::around(&lonely.path().join("refs")),
        Err(GitError::NoRepository { .. })
    ));
}

/// The `.git` of a linked working tree, as that of a submodule, is a file.
#[test]
fn the_repository_of_a_linked_working_tree_is_found() {
    let made = made();
    let commit = made.commit(&[("a", FILE, made.blob("a"))]);
    let elsewhere = TempDir::new().unwrap();
    let linked = elsewhere.path().join("linked");
    made.git.worktree("linked", &linked, None).unwrap();
    let below = linked.join("below");
    fs::create_dir(&below).unwrap();
    let repository = Repository::around(&below).unwrap();
    assert_eq!(repository.head().unwrap(), Some(commit.to_string()));
    let tree = repository.tree(&commit.to_string(), Path::new("")).unwrap();
    assert_eq!(tree.list(Path::new("")).unwrap(), []);
}

#[test]
fn every_error_says_what_to_do_next() {
    let text = || "x".to_owned();
    for error in [
        GitError::NoRepository { folder: "a".into() },
        GitError::ForeignOwner { folder: "a".into() },
        GitError::PartialClone,
        GitError::Unknown {
            revision: text(),
            nearest: None,
        },
        GitError::Shallow { revision: text() },
        GitError::NotARevision {
            revision: text(),
            reason: "why",
        },
        GitError::NoMergeBase {
            from: text(),
            to: text(),
            is_shallow: true,
        },
        GitError::Unreadable { reason: text() },
    ] {
        assert!(!error.to_string().is_empty() && !error.help().is_empty());
    }
}
