//! Scenarios: scripts that a tester can read, run with the real program against both systems emulated,
//! and compared with what stands in the golden file beside each script.
//!
//! `NAME.txt` is the script, `NAME.out` what it must print. `ACCORD_BLESS=1 cargo test --test scenario`
//! writes the golden files anew; review their diff like code. The lines of a script:
//!
//! | line | does |
//! |---|---|
//! | `# text` | says what happens |
//! | `$ accord ARGUMENTS` | runs the program in the project's folder; `> /dev/null` hides its stdout |
//! | `edit case ID {JSON}`, `edit workItem ID {JSON}` | edits an item as a person would |
//! | `delete case ID`, `delete workItem ID` | deletes it as a person would |
//! | `show case ID`, `show workItem ID` | prints what a person sees of it |
//! | `show state ID` | prints the state of a work item and its reason |
//! | `replace FILE: OLD => NEW` | changes a manifest; OLD must stand in it; `\n` is a line end |
//! | `write FILE`, followed by lines `\| text` | writes a file |
//! | `remove PATH` | removes a file or a folder |
//! | `fault ROUTE KIND [method=M] [nth=N] [times=N]`, `no faults` | lets the sandbox misbehave |
//! | `server {JSON}` | switches how the emulated TestWorthy behaves |
//! | `show integrations` | prints the Azure DevOps settings that TestWorthy holds |
//! | `use the system's process` | moves the projects to a process that nobody can change |
//! | `log` | prints how many reads and writes each system got since the last `log` |
//! | `env NAME=VALUE` | sets a variable for the commands that follow |
//!
//! What the program sent and what the sandbox answered is judged by the specifications that Microsoft
//! publishes, see `tests/specification`.
//!
//! What differs from run to run is replaced: `SANDBOX` is its address, `PROJECT` the folder, `<plan N>`
//! the N-th plan id that was seen, `<time>` a moment.

#[path = "../specification/judge/mod.rs"]
#[allow(
    dead_code,
    reason = "shared with tests/specification, which uses more of it"
)]
mod judge;
#[path = "../cli/project.rs"]
#[allow(dead_code, reason = "shared with tests/cli, which uses more of it")]
mod project;
mod scrub;
mod script;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use accord::sandbox::{Exchange, exchange};
use judge::{Judge, Verdict, say};

macro_rules! scenarios {
    ($($test:ident => $file:literal),* $(,)?) => {
        const SCRIPTS: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $test() {
                play($file);
            }
        )*
    };
}

scenarios! {
    first_run => "first-run",
    adoption => "adoption",
    value_without_entry => "value-without-entry",
    drift => "drift",
    to_testworthy => "to-testworthy",
    scope => "scope",
    deleted_target => "deleted-target",
    safety_limit => "safety-limit",
    only => "only",
    quarantine => "quarantine",
    allowed_values => "allowed-values",
    renamed_rule => "renamed-rule",
    saved_plan => "saved-plan",
    bound_plan => "bound-plan",
    v1 => "v1",
    integration => "integration",
    workflow => "workflow",
    content => "content",
    custom_field => "custom-field",
    verify => "verify",
    dump => "dump",
    two_way => "two-way",
    conflict => "conflict",
    deleted => "deleted",
    link => "link",
    rebuild => "rebuild",
    drift_command => "drift-command",
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenario")
}

fn play(name: &str) {
    let text = std::fs::read_to_string(folder().join(format!("{name}.txt"))).expect("a script");
    let (played, exchanges) = script::play(&text);
    judge(name, &exchanges);
    let golden = folder().join(format!("{name}.out"));
    if std::env::var_os("ACCORD_BLESS").is_some() {
        std::fs::write(golden, played).expect("writing the golden file");
        return;
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    if played != expected {
        let difference = similar::TextDiff::from_lines(&expected, &played);
        panic!(
            "{name}: not what the golden file says (ACCORD_BLESS=1 writes it anew)\n{}",
            difference.unified_diff().header("expected", "played")
        );
    }
}

/// What was judged so far, and how many scripts have been played.
static JUDGED: Mutex<(usize, Option<Verdict>)> = Mutex::new((0, None));

/// Judges what a script sent. After the last script of the whole suite, no known gap may be unmet: which
/// test comes last does not matter, and if only some run, nothing can be said.
fn judge(name: &str, exchanges: &[Exchange]) {
    let verdict = Judge::get().judge(exchanges);
    if !verdict.complaints.is_empty() {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
        std::fs::write(&file, exchange::json_lines(exchanges)).expect("writing the exchanges");
        say(&format!("{name}: its exchanges are in {}", file.display()));
    }
    verdict.assert_clean(name);
    assert!(!verdict.operations.is_empty(), "{name}: nothing was judged");
    let mut judged = JUDGED.lock().unwrap_or_else(PoisonError::into_inner);
    judged.0 += 1;
    let all = judged.1.get_or_insert_default();
    all.merge(verdict);
    let all = all.clone();
    let last = judged.0 == SCRIPTS.len();
    drop(judged);
    if last && Judge::get().specifications().is_some() {
        let requests: u64 = all.operations.values().sum();
        say(&format!(
            "specification check: {requests} requests of {} operations and {} answers judged, {} known gaps met",
            all.operations.len(),
            all.answers,
            all.gaps.len()
        ));
        let unmet = all.unmet();
        assert!(
            unmet.is_empty(),
            "known gaps that no request meets: {unmet:#?}"
        );
    }
}

/// A script that nobody runs proves nothing.
#[test]
fn every_script_is_played() {
    let files = std::fs::read_dir(folder()).expect("the folder");
    let mut found: Vec<String> = files
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    found.sort();
    let mut played = SCRIPTS.to_vec();
    played.sort_unstable();
    assert_eq!(found, played);
}
