//! What stands in the way: no repository, no remote, no permission, a damaged ref; and what a tree or a clone may
//! hold that must have no effect.

use std::path::PathBuf;

use accord::store::{GitRefPlace, GitRefStore, Store, StoreError};

use super::town::{Town, clone_at, git, holder, times, wait};
use crate::sample::{intent, link, linking};
use crate::sqlite::bytes;

async fn refused(place: &GitRefPlace) -> StoreError {
    let reading = GitRefStore::open_read_only(place, &times())
        .await
        .unwrap_err();
    let writing = GitRefStore::acquire(place, &times(), &holder("apply"), wait(0)).await;
    assert_eq!(writing.unwrap_err().to_string(), reading.to_string());
    reading
}

#[tokio::test]
async fn a_folder_in_no_repository_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = GitRefPlace {
        folder: folder.path().to_owned(),
        remote: "origin".to_owned(),
        reference: "refs/accord/state".to_owned(),
    };
    let error = refused(&place).await.to_string();
    assert!(error.contains("is in no Git repository"), "{error}");
}

#[tokio::test]
async fn a_remote_that_the_repository_does_not_have_is_told() {
    let town = Town::new();
    for remote in ["upstream", "accord", "."] {
        let place = GitRefPlace {
            remote: remote.to_owned(),
            ..town.place(0)
        };
        let error = refused(&place).await.to_string();
        let expected = ["git shows no remote `", "not the name of a remote"];
        assert!(
            expected.iter().any(|words| error.contains(words)),
            "{error}"
        );
        let is_name = error.contains("git shows no remote `");
        assert_eq!(is_name, error.contains("safe.directory"), "{error}");
    }
}

/// The check of the manifests refuses these first; here nothing depends on that.
#[tokio::test]
async fn addresses_and_options_are_no_remotes() {
    let town = Town::new();
    let stranger = town.folder().join("stranger.git");
    std::fs::create_dir(&stranger).unwrap();
    git(&stranger, &["init", "--quiet", "--bare", "."]);
    let names = [
        stranger.to_str().unwrap(),
        "https://evil.test/x",
        "ext::sh -c touch% pwned",
        "--upload-pack=touch",
        "../stranger.git",
    ];
    for remote in names {
        let place = GitRefPlace {
            remote: remote.to_owned(),
            ..town.place(0)
        };
        let error = refused(&place).await.to_string();
        assert!(error.contains("not the name of a remote"), "{error}");
    }
    for reference in [
        "refs/accord/../heads/main",
        "main",
        "refs/a:refs/heads/main",
        "+refs/accord/x",
    ] {
        let place = GitRefPlace {
            reference: reference.to_owned(),
            ..town.place(0)
        };
        assert!(matches!(refused(&place).await, StoreError::Backend { .. }));
    }
    assert_eq!(git(&stranger, &["for-each-ref"]), "");
}

/// A tree can hold everything that makes a bare repository, with settings of its own.
#[tokio::test]
async fn a_repository_that_is_part_of_the_tree_is_none() {
    let town = Town::new();
    let stranger = town.folder().join("stranger.git");
    std::fs::create_dir(&stranger).unwrap();
    git(&stranger, &["init", "--quiet", "--bare", "."]);
    let project = town.clone(0).join("accord");
    git(&project, &["init", "--quiet", "--bare", "."]);
    git(
        &project,
        &[
            "config",
            "--file",
            "config",
            "remote.origin.url",
            stranger.to_str().unwrap(),
        ],
    );
    let store = town.acquire(0, "apply").await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    assert_eq!(git(&stranger, &["for-each-ref"]), "");
    assert!(!town.tip().is_empty());
}

/// `.gitmodules` can make any folder a clone of any repository.
#[tokio::test]
async fn a_submodule_does_not_say_what_origin_is() {
    let town = Town::new();
    let stranger = town.folder().join("stranger.git");
    std::fs::create_dir(&stranger).unwrap();
    git(&stranger, &["init", "--quiet", "--bare", "."]);
    let (clone, project) = (town.clone(0).to_owned(), town.clone(0).join("accord"));
    let modules = clone.join(".git/modules/accord");
    std::fs::create_dir_all(modules.parent().unwrap()).unwrap();
    let separate = format!("--separate-git-dir={}", modules.display());
    git(&project, &["init", "--quiet", &separate, "."]);
    git(
        &project,
        &["remote", "add", "origin", stranger.to_str().unwrap()],
    );
    std::fs::write(
        clone.join(".gitmodules"),
        "[submodule \"accord\"]\n\tpath = accord\n",
    )
    .unwrap();
    town.acquire(0, "apply").await.unwrap();
    assert_eq!(git(&stranger, &["for-each-ref"]), "");
    assert!(!town.tip().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn hooks_and_attributes_and_other_settings_of_the_clone_have_no_effect() {
    use std::os::unix::fs::PermissionsExt as _;
    let town = Town::new();
    let clone = town.clone(0).to_owned();
    let marker = town.folder().join("marker");
    let script = format!("#!/bin/sh\ntouch {}\nexit 1\n", marker.display());
    let hooks = [clone.join(".git/hooks"), clone.join("hooks")];
    for folder in &hooks {
        std::fs::create_dir_all(folder).unwrap();
        for name in [
            "pre-push",
            "reference-transaction",
            "post-checkout",
            "pre-commit",
        ] {
            let hook = folder.join(name);
            std::fs::write(&hook, &script).unwrap();
            std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    git(
        &clone,
        &["config", "core.hooksPath", hooks[1].to_str().unwrap()],
    );
    git(
        &clone,
        &[
            "config",
            "core.fsmonitor",
            &format!("touch {}", marker.display()),
        ],
    );
    git(
        &clone,
        &[
            "config",
            "remote.origin.receivepack",
            &format!("touch {}", marker.display()),
        ],
    );
    git(&clone, &["config", "remote.origin.mirror", "true"]);
    git(&clone, &["config", "push.gpgSign", "true"]);
    git(
        &clone,
        &[
            "config",
            "filter.x.clean",
            &format!("touch {}", marker.display()),
        ],
    );
    std::fs::write(clone.join(".gitattributes"), "* filter=x text eol=crlf\n").unwrap();
    let store = town.acquire(0, "apply").await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    store.release().unwrap();
    assert!(!marker.exists());
    let files = git(&town.remote, &["show", "refs/accord/state:lease.json"]);
    assert!(!files.contains('\r'));
}

#[tokio::test]
async fn the_projects_repository_stays_as_it_is() {
    let town = Town::new();
    let before = bytes(town.clone(0));
    let store = town.acquire(0, "apply").await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    store.release().unwrap();
    town.read(0).await.unwrap();
    assert_eq!(bytes(town.clone(0)), before);
}

/// As `actions/checkout` makes it.
#[tokio::test]
async fn a_shallow_clone_will_do_and_a_worktree_too() {
    let town = Town::new();
    let source = town.clone(0).to_owned();
    for n in 0..3 {
        std::fs::write(source.join("accord/x.yaml"), n.to_string()).unwrap();
        git(&source, &["add", "--all"]);
        git(&source, &["commit", "--quiet", "--message=x"]);
    }
    git(
        &source,
        &["push", "--quiet", "origin", "HEAD:refs/heads/main"],
    );
    let shallow = town.folder().join("shallow");
    let address = format!("file://{}", town.remote.display());
    git(
        town.folder(),
        &[
            "clone",
            "--quiet",
            "--depth=1",
            "--branch=main",
            &address,
            "shallow",
        ],
    );
    let store = GitRefStore::acquire(
        &super::town::place(&shallow),
        &times(),
        &holder("apply"),
        wait(0),
    )
    .await
    .unwrap();
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    store.release().unwrap();
    let worktree: PathBuf = town.folder().join("worktree");
    git(
        &source,
        &["worktree", "add", "--quiet", worktree.to_str().unwrap()],
    );
    let read = GitRefStore::open_read_only(&super::town::place(&worktree), &times())
        .await
        .unwrap();
    assert_eq!(read.links_by_rule().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_relative_to_the_repository_is_understood() {
    let town = Town::new();
    let clone = town.folder().join("relative");
    clone_at(&clone, "../remote.git");
    let store = GitRefStore::acquire(
        &super::town::place(&clone),
        &times(),
        &holder("apply"),
        wait(0),
    )
    .await;
    store.unwrap().release().unwrap();
    assert!(!town.tip().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_takes_no_push_is_a_matter_of_permission() {
    use std::os::unix::fs::PermissionsExt as _;
    let town = Town::new();
    let hook = town.remote.join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho protected by a rule\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = town.acquire(0, "apply").await.unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    assert!(error.to_string().contains("protected by a rule"), "{error}");
    town.read(0).await.unwrap();
}

#[tokio::test]
async fn a_remote_that_is_gone_is_told() {
    let town = Town::new();
    std::fs::remove_dir_all(&town.remote).unwrap();
    let error = refused(&town.place(0)).await;
    assert!(
        error
            .to_string()
            .contains("does not appear to be a git repository"),
        "{error}"
    );
}

#[tokio::test]
async fn a_ref_that_holds_something_else_is_refused_and_left_as_it_is() {
    for (file, text, expected) in [
        (
            "src/main.rs",
            "fn main() {}\n",
            "format.json: it names no format",
        ),
        (
            "format.json",
            "{\"accordState\":0}\n",
            "format.json: it names no format",
        ),
    ] {
        let town = Town::new();
        town.put(file, text);
        let tip = town.tip();
        let error = refused(&town.place(0)).await;
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(town.tip(), tip);
    }
}

#[tokio::test]
async fn damage_and_a_newer_format_are_refused_before_anything_is_written() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    store.release().unwrap();
    town.put("links/ff.jsonl", "{\"hunter2\":1}\n");
    let tip = town.tip();
    let error = refused(&town.place(0)).await.to_string();
    assert!(
        error.contains("links/ff.jsonl:1: it holds a key that this version does not know"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
    assert_eq!(town.tip(), tip);
    town.put("format.json", "{\"accordState\":99}\n");
    let error = refused(&town.place(0)).await;
    assert!(
        matches!(error, StoreError::TooNew { found: 99, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn nothing_is_left_in_the_folder_for_temporary_files() {
    let ours = |before: &[PathBuf]| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(std::env::temp_dir()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| !before.contains(path)).collect()
    };
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    let scratch = store.folder().to_owned();
    assert!(ours(&[]).contains(&scratch));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&scratch).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    store.release().unwrap();
    drop(store);
    assert!(!scratch.exists());
}
