//! The architecture holds: who may use whom, what a pure room may name, how a file begins and how
//! long it may be.
//!
//! The table below is the one direction of imports that ARCHITECTURE.md describes. A room that is not
//! in it fails the test, so a new one has to take its place here first. Test code is exempt: it is
//! not part of the program.

#[path = "architecture/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use source::{Named, read};

/// A room: a module of `src/lib.rs`.
struct Room {
    name: &'static str,
    /// The rooms that it may use; `diagnostics` is free to all.
    may_use: &'static [&'static str],
    /// No I/O, no clock, no async.
    pure: bool,
}

const fn pure(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room {
        name,
        may_use,
        pure: true,
    }
}

const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room {
        name,
        may_use,
        pure: false,
    }
}

/// In the order of dependency: each may use only rooms above it.
const ROOMS: &[Room] = &[
    pure("diagnostics", &[]),
    pure("model", &[]),
    pure("manifest", &["model"]),
    pure("mapping", &["model", "manifest"]),
    pure("diff", &["model", "manifest", "mapping"]),
    // The ports stand beside the core: `plan` speaks of drafts and patches in their plain types.
    room("remote", &["model"]),
    pure("plan", &["model", "manifest", "mapping", "diff", "remote"]),
    room("http", &["model", "remote"]),
    // The raw steps of a case: which of its members hold them is known at this edge only.
    room("testworthy", &["model", "mapping", "remote", "http"]),
    room("azure_devops", &["model", "remote", "http"]),
    // Where reports go; it is none of the two systems.
    room("github", &["model", "remote", "http"]),
    room("store", &["model"]),
    // What stands in a tree is scanned as in a folder: it implements the manifests' port to files.
    room("git", &["manifest"]),
    room(
        "reconcile",
        &[
            "model",
            "manifest",
            "mapping",
            "diff",
            "remote",
            "plan",
            "http",
            "testworthy",
            "azure_devops",
            "github",
            "store",
            "git",
        ],
    ),
    // An independent double of both systems: sharing an adapter would make both wrong alike.
    room("sandbox", &["model", "manifest"]),
    // Commands reach the systems through `reconcile` only.
    room(
        "cli",
        &[
            "model",
            "manifest",
            "mapping",
            "diff",
            "remote",
            "plan",
            "store",
            "git",
            "reconcile",
            "sandbox",
        ],
    ),
    room("main", &["cli"]),
];

/// Single names that a room may use of another one, and nothing else of it.
const SINGLE_NAMES: &[(&str, &str, &str)] = &[
    // What the operator allows is read from flags, before there is anything to connect.
    ("cli", "http", "AllowList"),
    // Once per process, before the first connection.
    ("main", "http", "install_tls_provider"),
];

/// The one file of a pure room that reads files.
const IMPURE_FILES: &[&str] = &["manifest/loader.rs"];

/// Neighbouring parts of a path that a pure room may not name, and words.
const FORBIDDEN: &[&[&str]] = &[
    &["tokio"],
    &["reqwest"],
    &["rusqlite"],
    &["async"],
    &["await"],
    &["std", "fs"],
    &["std", "env"],
    &["std", "net"],
    &["std", "process"],
    &["SystemTime"],
    &["Instant", "now"],
    &["Timestamp", "now"],
    &["Zoned", "now"],
    // The ports' traits do I/O; only their plain types are for the core.
    &["ReadTestWorthy"],
    &["WriteTestWorthy"],
    &["ReadAzureDevOps"],
    &["WriteAzureDevOps"],
    &["ValidateAzureDevOps"],
];

/// How indented JSON is written. Commands leave it to `ui::document`, in whose text no build agent finds a
/// command of its own.
const INDENTED_JSON: [&str; 2] = [":#}\\n", "to_string_pretty"];
const WRITES_DOCUMENTS: &str = "cli/ui.rs";

const MOST_LINES: usize = 800;

/// A file below `src/`, its path with `/`.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// `["plan", "render", "human"]` of `plan/render/human/mod.rs`; nothing of `lib.rs`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_end_matches(".rs");
        let path = path.strip_suffix("/mod").unwrap_or(path);
        let path = if path == "lib" { "" } else { path };
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn is_test(&self, named: &[(String, Vec<String>)]) -> bool {
        let module = self.module();
        named.iter().any(|(parent, names)| {
            let prefix: Vec<&str> = parent.split('/').filter(|p| !p.is_empty()).collect();
            module.len() > prefix.len()
                && module.iter().zip(&prefix).all(|(a, b)| a == b)
                && names.contains(&module[prefix.len()])
        })
    }
}

/// Everything that is wrong with a set of sources, one line each.
fn check(sources: &[Source]) -> Vec<String> {
    let read: Vec<(&Source, Named)> = sources.iter().map(|s| (s, read(&s.text))).collect();
    let tests: Vec<(String, Vec<String>)> = read
        .iter()
        .map(|(source, named)| (source.module().join("/"), named.test_modules.clone()))
        .filter(|(_, names)| !names.is_empty())
        .collect();
    let mut wrong = Vec::new();
    for (source, named) in &read {
        let path = &source.path;
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{path}: {lines} lines, at most {MOST_LINES}"));
        }
        if !source.text.starts_with("//!") {
            wrong.push(format!(
                "{path}: its first line does not say what it is for (`//!`)"
            ));
        }
        if source.is_test(&tests) || path == "lib.rs" {
            continue;
        }
        let module = source.module();
        let name = &module[0];
        let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
            wrong.push(format!(
                "{path}: {name} is no room of the table in {}",
                file!()
            ));
            continue;
        };
        if name == "cli" && path != WRITES_DOCUMENTS {
            for form in INDENTED_JSON {
                if source.text.contains(form) {
                    wrong.push(format!("{path}: `{form}` is for {WRITES_DOCUMENTS} alone"));
                }
            }
        }
        for used in rooms_used(named, &module) {
            let free = used == room.name || used == "diagnostics";
            if !free && !room.may_use.contains(&used.as_str()) {
                wrong.push(format!("{path}: {name} may not use {used}"));
            }
        }
        if room.pure && !IMPURE_FILES.contains(&path.as_str()) {
            for forbidden in FORBIDDEN {
                let names =
                    |path: &Vec<String>| path.windows(forbidden.len()).any(|w| w == *forbidden);
                if named.paths.iter().any(names) {
                    let forbidden = forbidden.join("::");
                    wrong.push(format!("{path}: {name} is pure and names {forbidden}"));
                }
            }
        }
    }
    wrong
}

/// The rooms that a file names, its own included.
fn rooms_used(named: &Named, module: &[String]) -> BTreeSet<String> {
    named
        .paths
        .iter()
        .filter_map(|path| {
            let first = path.first()?.as_str();
            match first {
                "crate" | "accord" => {
                    let is_single = |(room, of, name): &(&str, &str, &str)| {
                        module[0] == *room
                            && path[1..].starts_with(&[(*of).to_owned(), (*name).to_owned()])
                    };
                    let single = path.len() > 2 && SINGLE_NAMES.iter().any(is_single);
                    path.get(1).filter(|_| !single).cloned()
                }
                "super" => {
                    let up = path.iter().take_while(|part| *part == "super").count();
                    let stays = module.len().saturating_sub(up);
                    module[..stays].first().or_else(|| path.get(up)).cloned()
                }
                _ => None,
            }
        })
        .collect()
}

fn sources(folder: &Path, below: &str, found: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).expect("a folder of sources");
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().expect("a UTF-8 name");
        let path = format!("{below}{name}");
        if entry.path().is_dir() {
            sources(&entry.path(), &format!("{path}/"), found);
        } else if entry.path().extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(entry.path()).expect("a UTF-8 file");
            found.push(Source { path, text });
        }
    }
}

fn own_sources() -> Vec<Source> {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&folder, "", &mut found);
    found
}

#[test]
fn the_sources_keep_the_architecture() {
    let sources = own_sources();
    assert!(sources.len() > 30, "the sources were found");
    let wrong = check(&sources);
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_table_goes_one_way_and_knows_every_room() {
    for (number, room) in ROOMS.iter().enumerate() {
        for used in room.may_use {
            assert!(
                ROOMS[..number].iter().any(|above| above.name == *used),
                "{} uses {used}, which does not stand above it",
                room.name
            );
        }
    }
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert!(declared.contains(&"plan"));
    let known: Vec<&str> = ROOMS
        .iter()
        .map(|room| room.name)
        .filter(|name| declared.contains(name))
        .collect();
    assert_eq!(
        declared, known,
        "src/lib.rs lists the rooms in the table's order"
    );
}

/// What is wrong with one file.
fn wrong(path: &str, code: &str) -> Vec<String> {
    check(&[Source {
        path: path.to_owned(),
        text: format!("//! A file.\n{code}"),
    }])
}

fn is_caught(path: &str, code: &str, expected: &str) {
    let found = wrong(path, code);
    assert_eq!(found, [format!("{path}: {expected}")], "{code}");
}

fn is_fine(path: &str, code: &str) {
    assert_eq!(wrong(path, code), [""; 0], "{code}");
}

#[test]
fn forbidden_edges_are_caught_in_every_spelling() {
    let expected = "model may not use plan";
    for code in [
        "use crate::plan::Plan;",
        "use crate::plan;",
        "pub use crate::plan::{Plan as P};",
        "use crate::{plan::Plan, model::Value};",
        "use crate::{\n    model::{Value, System},\n    plan,\n};",
        "use crate::{plan::{self, Step}};",
        "fn f() -> crate::plan::Plan { g() }",
        "fn f() { let x = crate::plan::id::plan_id(&p); }",
        "type T = Vec<<crate::plan::P as Iterator>::Item>;",
        "use super::plan::Plan;",
        "use super::{plan::Plan};",
        "mod inner { use super::super::plan::Plan; }",
        "use crate\n    ::plan /* why */ ::Plan;",
        "const C: char = '\"'; use crate::plan::Plan; const D: char = '\\'';",
        "fn f<'a>(x: &'a str) -> &'a str { crate::plan::f(x) }",
        "const R: &str = r#\"a \" b\"#; use crate::plan::Plan;",
        "const B: &[u8] = b\"\\\"\"; use crate::plan::Plan;",
        "/* a /* b */ c */ use crate::plan::Plan;",
        "#[cfg(not(test))] use crate::plan::Plan;",
        "#[cfg(test)] fn t() {} use crate::plan::Plan;",
        "#[cfg(test)] #[allow(x)] mod t { fn a() {} } use crate::plan::Plan;",
        "use r#crate::x; use crate::r#plan::Plan;",
    ] {
        let found: Vec<String> = wrong("model.rs", code)
            .into_iter()
            .filter(|line| !line.contains("use x"))
            .collect();
        assert_eq!(found, [format!("model.rs: {expected}")], "{code}");
    }
    is_caught(
        "model/deep/id.rs",
        "use super::super::super::plan::Plan;",
        expected,
    );
    is_caught(
        "model/deep/mod.rs",
        "use super::super::plan::Plan;",
        expected,
    );
    is_caught(
        "sandbox/mod.rs",
        "use crate::http::Client;",
        "sandbox may not use http",
    );
    is_caught(
        "sandbox/a.rs",
        "use crate::testworthy::X;",
        "sandbox may not use testworthy",
    );
    is_caught(
        "sandbox/a.rs",
        "use crate::azure_devops::X;",
        "sandbox may not use azure_devops",
    );
    is_caught(
        "cli/apply.rs",
        "use crate::azure_devops::X;",
        "cli may not use azure_devops",
    );
    is_caught(
        "cli/apply.rs",
        "use crate::testworthy::X;",
        "cli may not use testworthy",
    );
    is_caught(
        "testworthy/a.rs",
        "use crate::azure_devops::X;",
        "testworthy may not use azure_devops",
    );
    is_caught(
        "diagnostics/a.rs",
        "use crate::model::X;",
        "diagnostics may not use model",
    );
    is_caught(
        "remote/a.rs",
        "use crate::plan::X;",
        "remote may not use plan",
    );
    is_caught(
        "main.rs",
        "fn main() { accord::reconcile::run() }",
        "main may not use reconcile",
    );
    is_caught(
        "model/a.rs",
        "use crate::Config;",
        "model may not use Config",
    );
    is_caught(
        "cli/a.rs",
        "fn f() { g(&format!(\"{document:#}\\n\")); }",
        "`:#}\\n` is for cli/ui.rs alone",
    );
    is_caught(
        "cli/a/mod.rs",
        "fn f() { serde_json::to_string_pretty(&1) }",
        "`to_string_pretty` is for cli/ui.rs alone",
    );
    is_caught(
        "helpers/a.rs",
        "",
        "helpers is no room of the table in tests/architecture.rs",
    );
}

#[test]
fn what_is_allowed_is_not_caught() {
    is_fine(
        "plan/planner.rs",
        "use crate::{diff::A, remote::WorkItemDraft, diagnostics::B};",
    );
    is_fine(
        "model/value.rs",
        "use super::id::CaseId; use crate::model::Name; pub(crate) fn f() {}",
    );
    is_fine(
        "model/deep/id.rs",
        "use super::super::value::Value; pub(in crate::model) fn f() {}",
    );
    is_fine(
        "model/a.rs",
        "// use crate::plan::Plan;\n/* crate::plan */ const A: &str = \"crate::plan\";",
    );
    is_fine(
        "model/a.rs",
        "//! See [`crate::plan::Plan`].\n/// crate::plan\nfn f() {}",
    );
    is_fine(
        "model/a.rs",
        "#[cfg(test)] mod tests { use crate::plan::Plan; use std::fs; }",
    );
    is_fine(
        "model/a.rs",
        "#[cfg(all(test, unix))] use crate::plan::Plan;",
    );
    is_fine("manifest/loader.rs", "use std::fs;");
    is_fine(
        "store/sqlite.rs",
        "use rusqlite::Connection; use std::env; async fn f() {}",
    );
    is_fine("main.rs", "fn main() { accord::cli::main() }");
    is_fine(
        "main.rs",
        "fn main() { accord::http::install_tls_provider(); }",
    );
    is_fine("cli/a.rs", "use crate::http::AllowList;");
    is_fine(
        "model/a.rs",
        "fn f() { let environment = 1; let tokio_like = 2; instant.now(); }",
    );
}

#[test]
fn test_modules_in_files_of_their_own_are_exempt() {
    let source = |path: &str, code: &str| Source {
        path: path.to_owned(),
        text: format!("//! A file.\n{code}"),
    };
    let body = "use crate::cli::X; use std::fs;";
    for path in ["plan/id/tests.rs", "plan/id/tests/deep.rs"] {
        let with = |parent: &str| check(&[source("plan/id.rs", parent), source(path, body)]);
        assert_eq!(with("#[cfg(test)]\nmod tests;"), [""; 0]);
        assert_eq!(with("mod tests;").len(), 2, "a name alone exempts nothing");
    }
}

#[test]
fn impure_names_are_caught() {
    for (code, name) in [
        ("use tokio::time;", "tokio"),
        ("fn f() { tokio::spawn(g()) }", "tokio"),
        ("use reqwest::Client;", "reqwest"),
        ("use rusqlite::{Connection};", "rusqlite"),
        ("use std::fs;", "std::fs"),
        ("use std::{fmt, fs::File};", "std::fs"),
        ("fn f() { std::env::var(\"A\") }", "std::env"),
        ("use ::std::env;", "std::env"),
        ("use std::time::SystemTime;", "SystemTime"),
        (
            "use std::time::Instant; fn f() { Instant::now(); }",
            "Instant::now",
        ),
        ("fn f() { jiff::Timestamp::now() }", "Timestamp::now"),
        ("async fn f() {}", "async"),
        ("use crate::remote::ReadTestWorthy;", "ReadTestWorthy"),
    ] {
        is_caught("plan/a.rs", code, &format!("plan is pure and names {name}"));
    }
    for room in ROOMS.iter().filter(|room| room.pure) {
        let path = format!("{}/a.rs", room.name);
        is_caught(
            &path,
            "use std::fs;",
            &format!("{} is pure and names std::fs", room.name),
        );
    }
    is_caught(
        "manifest/other.rs",
        "use std::fs;",
        "manifest is pure and names std::fs",
    );
}

#[test]
fn long_and_unexplained_files_are_caught() {
    let line = "fn f() {}\n";
    is_fine("model/a.rs", &line.repeat(MOST_LINES - 1));
    is_caught(
        "model/a.rs",
        &line.repeat(MOST_LINES),
        "801 lines, at most 800",
    );
    let bare = check(&[Source {
        path: "model/a.rs".to_owned(),
        text: "fn f() {}\n".to_owned(),
    }]);
    assert_eq!(bare.len(), 1, "{bare:?}");
}
