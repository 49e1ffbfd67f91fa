//! The remote that holds the ref: found in the project's repository, asked and changed through `git`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::Oid;

use super::program::{Ended, NotRun, Program, Setting, settings};
use super::words::{Secrets, tidy};
use crate::store::StoreError;

/// The ref in the private repository that the fetched state stands under.
const FETCHED: &str = "refs/fetched/state";

/// Settings that say how any remote is reached, by the beginning of their names.
const REACHING: [&str; 6] = [
    "http.",
    "https.",
    "credential.",
    "url.",
    "protocol.",
    "ssh.",
];

/// More such settings, by their names.
const REACHING_TOO: [&str; 3] = ["core.sshcommand", "core.askpass", "core.gitproxy"];

/// A ref of a remote.
#[derive(Debug)]
pub(super) struct Remote {
    program: Program,
    /// The remote's name.
    name: String,
    /// The ref's full name.
    reference: String,
}

/// Why the remote did not do what was asked.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Asking again may help.
    Passing(String),
    /// It does not let us.
    Forbidden(String),
    /// The ref is not what it was taken for.
    Moved(String),
    /// Anything else.
    Other(String),
}

impl Remote {
    /// Finds the repository that the project's folder is in, and the remote in its settings.
    ///
    /// A repository counts only by its `.git`: that is a name which no tree can hold, so whoever may change
    /// the project's files still cannot make one.
    pub(super) fn find(
        project: &Path,
        (name, reference): (&str, &str),
        scratch: &Path,
        timeout: Duration,
    ) -> Result<Self, StoreError> {
        let place = place(reference, name);
        let failed = |reason: String| StoreError::Backend {
            path: place.clone(),
            reason,
        };
        if !is_name(name) || !is_reference(reference) {
            return Err(failed(
                "this is not the name of a remote and a ref".to_owned(),
            ));
        }
        let root = root(project).ok_or_else(|| {
            failed(format!(
                "{} is in no Git repository, so there is no remote `{name}`; check the project out with git, or \
                 keep the state elsewhere (`state` in accord.yaml)",
                project.display()
            ))
        })?;
        let listed = settings(&root, timeout).map_err(|error| failed(not_run(&error)))?;
        if !listed.ok {
            let words = tidy(&listed.stderr, &Secrets::default());
            return Err(failed(format!(
                "the settings of the repository {} cannot be read: {words}",
                root.display()
            )));
        }
        let known = reaching(&listed.stdout, name);
        let address = format!("remote.{name}.url");
        if !known
            .iter()
            .any(|(key, value)| *key == address && !value.is_empty())
        {
            return Err(failed(format!(
                "git shows no remote `{name}` of the repository {}; `git remote -v` in that folder lists its remotes, or \
                 says that the folder is another user's (in a container: `git config --global --add safe.directory \
                 FOLDER`); `git remote add` makes a remote",
                root.display()
            )));
        }
        let secrets = Secrets::of(
            known
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str())),
        );
        let program = Program {
            root,
            repository: scratch.join("objects.git"),
            no_hooks: scratch.join("empty"),
            settings: known,
            secrets,
            timeout,
        };
        Ok(Self {
            program,
            name: name.to_owned(),
            reference: reference.to_owned(),
        })
    }

    /// For people: the ref and the remote's name.
    pub(super) fn place(&self) -> String {
        place(&self.reference, &self.name)
    }

    /// Fetches what the ref holds, without its history; `None` if there is no such ref.
    pub(super) fn fetch(&self) -> Result<Option<Oid>, Trouble> {
        let refspec = format!("+{}:{FETCHED}", self.reference);
        let ended = self.run(
            &[
                "fetch",
                "--quiet",
                "--depth=1",
                "--no-tags",
                "--no-write-fetch-head",
                "--no-recurse-submodules",
                "--",
                &self.name,
                &refspec,
            ],
            false,
        )?;
        if !ended.ok {
            if ended.stderr.contains("couldn't find remote ref") {
                return Ok(None);
            }
            return Err(self.trouble(&ended));
        }
        let repository = git2::Repository::open_bare(&self.program.repository);
        let tip = repository.and_then(|repository| repository.refname_to_id(FETCHED));
        tip.map(Some)
            .map_err(|error| Trouble::Other(error.message().to_owned()))
    }

    /// Asks what the ref holds.
    pub(super) fn look(&self) -> Result<Option<Oid>, Trouble> {
        let arguments = ["ls-remote", "--quiet", "--", &self.name, &self.reference];
        let ended = self.run(&arguments, false)?;
        if !ended.ok {
            return Err(self.trouble(&ended));
        }
        let text = String::from_utf8_lossy(&ended.stdout);
        let found = text.lines().find_map(|line| {
            let (id, name) = line.split_once('\t')?;
            (name == self.reference).then(|| Oid::from_str(id))
        });
        found
            .transpose()
            .map_err(|error| Trouble::Other(error.message().to_owned()))
    }

    /// Moves the ref to `new` if it is at `old` (`None`: if there is no such ref), and says otherwise why not.
    pub(super) fn push(&self, old: Option<Oid>, new: Oid) -> Result<(), Trouble> {
        let old = old.map(|old| old.to_string()).unwrap_or_default();
        let lease = format!("--force-with-lease={}:{old}", self.reference);
        let refspec = format!("{new}:{}", self.reference);
        let arguments = [
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules=no",
            "--signed=no",
            &lease,
            "--",
            &self.name,
            &refspec,
        ];
        let ended = self.run(&arguments, true)?;
        if ended.ok {
            return Ok(());
        }
        let told = String::from_utf8_lossy(&ended.stdout);
        let refused = told.lines().find(|line| line.starts_with('!'));
        match refused {
            Some(line) if is_moved(line) => Err(Trouble::Moved(self.told(line))),
            Some(line) => {
                let words = format!("{} ({})", self.told(line), self.program.complaint(&ended));
                Err(Trouble::Forbidden(words))
            }
            None => Err(self.trouble(&ended)),
        }
    }

    /// The error of a command for what went wrong.
    pub(super) fn error(&self, trouble: Trouble) -> StoreError {
        let path = self.place();
        match trouble {
            Trouble::Passing(reason) => StoreError::Unreachable { path, reason },
            Trouble::Forbidden(reason) => StoreError::Denied {
                path,
                reason: format!(
                    "{reason}; to plan, the credential that git uses must be allowed to read the repository, to apply, \
                     to push to it (a job of GitHub Actions: `permissions: contents: write`)"
                ),
            },
            Trouble::Moved(reason) | Trouble::Other(reason) => StoreError::Backend { path, reason },
        }
    }

    fn run(&self, arguments: &[&str], apart: bool) -> Result<Ended, Trouble> {
        self.program.run(arguments, apart).map_err(|error| {
            let words = not_run(&error);
            match error {
                NotRun::TimedOut(_) => Trouble::Passing(words),
                NotRun::Missing | NotRun::Failed(_) => Trouble::Other(words),
            }
        })
    }

    fn told(&self, line: &str) -> String {
        tidy(&line.replace('\t', " "), &self.program.secrets)
    }

    /// What a failure means. Git has exit code 128 for all of them, so its English words have to tell.
    fn trouble(&self, ended: &Ended) -> Trouble {
        let words = self.program.complaint(ended);
        let lower = ended.stderr.to_lowercase();
        let has = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
        if has(&FORBIDDEN) {
            Trouble::Forbidden(words)
        } else if has(&PASSING) {
            Trouble::Passing(words)
        } else {
            Trouble::Other(words)
        }
    }
}

/// What git and servers say to whom they do not let in.
const FORBIDDEN: [&str; 12] = [
    "authentication failed",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "permission denied",
    "access denied",
    "returned error: 401",
    "returned error: 403",
    "write access to repository not granted",
    "repository not found",
    "returned error: 404",
    "host key verification failed",
];

/// What they say when it is nobody's fault.
const PASSING: [&str; 18] = [
    "could not resolve host",
    "could not resolve hostname",
    "failed to connect",
    "couldn't connect",
    "could not connect",
    "connection refused",
    "connection reset",
    "connection timed out",
    "connection closed",
    "operation timed out",
    "timed out",
    "network is unreachable",
    "early eof",
    "unexpected disconnect",
    "hung up unexpectedly",
    "empty reply from server",
    "returned error: 5",
    "returned error: 429",
];

/// Whether a refused push was refused because the ref is not what it was taken for: git's own words, then
/// those of servers that compared it at the last moment.
fn is_moved(line: &str) -> bool {
    let lower = line.to_lowercase();
    [
        "stale info",
        "fetch first",
        "non-fast-forward",
        "cannot lock ref",
        "failed to lock",
        "failed to update ref",
        "incorrect old value",
        "already exists",
        "reference has changed",
        "remote ref updated since checkout",
    ]
    .iter()
    .any(|mark| lower.contains(mark))
}

fn place(reference: &str, name: &str) -> String {
    format!("{reference} of the remote {name}")
}

fn not_run(error: &NotRun) -> String {
    match error {
        NotRun::Missing => {
            "the program `git` is not installed, or not in PATH; a state in a Git ref needs it"
                .to_owned()
        }
        NotRun::TimedOut(after) => format!("git got no answer within {} s", after.as_secs()),
        NotRun::Failed(error) => format!("git cannot be run: {error}"),
    }
}

/// The nearest folder at or above the project's that has a `.git`. That of a submodule is passed over: which
/// repository that is, and so what `origin` means there, is said by a file of the tree.
fn root(project: &Path) -> Option<PathBuf> {
    let project = std::path::absolute(project).ok()?;
    let root = project.ancestors().find(|folder| {
        let entry = folder.join(".git");
        let is_submodule = std::fs::read_to_string(&entry).is_ok_and(|text| is_of_module(&text));
        entry.symlink_metadata().is_ok() && !is_submodule
    })?;
    Some(root.to_owned())
}

/// Whether the text of a `.git` leads to the repository of a submodule, which git keeps below `modules` of the one
/// around it. What stands before the first `.git/` says where that one lies: a folder there may be called anything.
fn is_of_module(text: &str) -> bool {
    let text = text.replace('\\', "/");
    let inside = text
        .split_once(".git/")
        .map_or(text.as_str(), |(_, inside)| inside);
    format!("/{inside}").contains("/modules/")
}

/// A name of a remote that cannot be taken for an option, a path or an address.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// A full name of a ref, as `git check-ref-format` has it.
fn is_reference(reference: &str) -> bool {
    reference.starts_with("refs/") && git2::Reference::is_valid_name(reference)
}

/// Of a listing of settings (scope, NUL, name, line end, value, NUL) those that say how the remote is reached.
fn reaching(listing: &[u8], name: &str) -> Vec<Setting> {
    let text = String::from_utf8_lossy(listing);
    let mut parts = text.split('\0');
    let mut found = Vec::new();
    while let (Some(scope), Some(setting)) = (parts.next(), parts.next()) {
        // A key without a value is a switch that is on.
        let (key, value) = setting.split_once('\n').unwrap_or((setting, "true"));
        let of_remote = key
            .strip_prefix("remote.")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| [".url", ".pushurl", ".proxy", ".proxyauthmethod"].contains(&rest));
        let of_any =
            REACHING.iter().any(|start| key.starts_with(start)) || REACHING_TOO.contains(&key);
        // Which folders are trusted is not for a repository to say.
        let trusted = key == "safe.directory" && !["local", "worktree"].contains(&scope);
        if of_remote || of_any || trusted {
            found.push((key.to_owned(), value.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_that_reach_the_remote_are_taken() {
        let listing = "system\0safe.directory\n/srv/x\0global\0core.sshcommand\nssh -v\0local\0core.hookspath\n\
            evil\0local\0remote.origin.url\nhttps://a.example/x\0local\0remote.origin.receivepack\nevil\0local\0\
            remote.other.url\nhttps://b.example\0local\0http.sslverify\0local\0safe.directory\n*\0local\0\
            alias.push\n!evil\0";
        let keys: Vec<(String, String)> = reaching(listing.as_bytes(), "origin");
        let expected = [
            ("safe.directory", "/srv/x"),
            ("core.sshcommand", "ssh -v"),
            ("remote.origin.url", "https://a.example/x"),
            ("http.sslverify", "true"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(keys, expected);
    }

    #[test]
    fn the_repository_of_a_submodule_is_told_by_its_place_in_the_one_around_it() {
        for (text, expected) in [
            ("gitdir: ../.git/modules/app", true),
            ("gitdir: ../../.git/modules/libs/modules/app", true),
            (r"gitdir: C:\work\.git\modules\app", true),
            ("gitdir: /srv/shop/.git/worktrees/wt/modules/app", true),
            ("gitdir: /srv/shop.git/modules/app", true),
            ("gitdir: /srv/shop/modules/app", true),
            ("gitdir: /srv/shop/.git/modules/x.git/y", true),
            ("gitdir: /srv/shop/modules/app/.git/worktrees/wt", false),
            ("gitdir: ../app/.git/worktrees/wt", false),
            (r"gitdir: C:\modules\app\.git\worktrees\wt", false),
        ] {
            assert_eq!(is_of_module(text), expected, "{text}");
        }
    }

    /// A repository below a folder named `modules`, within another one, with a second working tree.
    #[test]
    fn a_working_tree_below_a_folder_named_modules_is_its_own() {
        let outer = tempfile::TempDir::new().unwrap();
        git2::Repository::init(outer.path()).unwrap();
        let app = outer.path().join("modules/app");
        let repository = git2::Repository::init(&app).unwrap();
        let who = git2::Signature::now("A", "a@example.test").unwrap();
        let tree = repository.treebuilder(None).unwrap().write().unwrap();
        let tree = repository.find_tree(tree).unwrap();
        repository
            .commit(Some("HEAD"), &who, &who, "x", &tree, &[])
            .unwrap();
        let linked = outer.path().join("modules/wt");
        repository.worktree("wt", &linked, None).unwrap();
        let below = linked.join("below");
        std::fs::create_dir(&below).unwrap();
        assert_eq!(root(&below), Some(linked));
        assert_eq!(root(&app), Some(app.clone()));
    }

    #[test]
    fn names_and_refs_that_git_could_take_for_something_else_are_none() {
        for name in ["origin", "up-stream", "a.b_c"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "-u",
            "https://evil.test/x",
            "a b",
            "../x",
            "ext::sh",
        ] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_reference("refs/accord/state"));
        for reference in [
            "main",
            "refs/",
            "refs/accord/../heads/main",
            "refs/a b",
            "refs/a:b",
            "refs/x.lock",
        ] {
            assert!(!is_reference(reference), "{reference}");
        }
    }

    #[test]
    fn a_refusal_for_the_refs_value_is_told_from_one_of_the_server() {
        assert!(is_moved(
            "!\tabc:refs/accord/state\t[rejected] (stale info)"
        ));
        assert!(is_moved(
            "!\tabc:refs/accord/state\t[remote rejected] (cannot lock ref 'refs/accord/state': is at 1)"
        ));
        assert!(!is_moved(
            "!\tabc:refs/accord/state\t[remote rejected] (pre-receive hook declined)"
        ));
    }
}
