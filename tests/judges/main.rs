//! Other people's software judges the sandbox: the official Azure DevOps clients for Python and Node.js
//! run scripts against it, each against one of its own.
//!
//! A double and a client from one hand can share one mistake. So every script in `python/` and `node/` speaks
//! to the emulated organisation through Microsoft's released client and says what it found. The clients are
//! installed below `target/judges`, in pinned versions, when what is installed is not what is asked for.
//!
//! The scripts in `action/` put action.yml, its scripts, the workflows and the examples before linters, an auditor and a
//! runner of workflows, which runs them against the program that was built.
//!
//! A judge that cannot fail judges nothing: [`broken`] spoils one answer at a time and insists that the named
//! script notices.
//!
//! `cargo test --test judges -- python/work_items` runs some; `ACCORD_JUDGES=skip` runs none, and says so.

#![allow(
    clippy::print_stdout,
    clippy::exit,
    reason = "this program is a test runner: it prints, and its exit code is the verdict"
)]
#![allow(clippy::unwrap_used, reason = "a test ends where something goes wrong")]

mod arguments;
mod broken;
mod script;
mod tools;

use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use arguments::Arguments;
use broken::Break;
use script::{Outcome, Script};
use tools::Tools;

/// One line of the report.
#[derive(Clone)]
enum Case {
    /// The script has to pass.
    Judge(Script),
    /// The script has to notice what is broken.
    Control(Script, &'static Break),
}

impl Case {
    fn name(&self) -> String {
        match self {
            Self::Judge(script) => script.name(),
            Self::Control(script, broken) => format!("broken/{}/{}", script.name(), broken.name),
        }
    }

    fn script(&self) -> &Script {
        match self {
            Self::Judge(script) | Self::Control(script, _) => script,
        }
    }
}

/// A verdict with what a person reads.
struct Verdict {
    name: String,
    passed: bool,
    note: String,
    output: String,
    took: Duration,
}

fn main() {
    let arguments = Arguments::read(std::env::args().skip(1));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges");
    let cases: Vec<Case> = cases(&folder)
        .into_iter()
        .filter(|case| arguments.wants(&case.name()))
        .collect();
    if arguments.list {
        for case in &cases {
            println!("{}: test", case.name());
        }
        return;
    }
    if std::env::var("ACCORD_JUDGES").is_ok_and(|value| value == "skip") {
        println!(
            "judges: NOT run: ACCORD_JUDGES=skip is set, so no official client judged the sandbox and nobody the action"
        );
        summary(0, 0, cases.len(), Duration::ZERO);
        return;
    }
    let started = Instant::now();
    println!("\nrunning {} judges", cases.len());
    if cases.is_empty() {
        summary(0, 0, 0, started.elapsed());
        return;
    }
    // `target`: the parent of the folder that Cargo sets aside for tests.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let tools = match Tools::install(&folder, &target.join("judges")) {
        Ok(tools) => Arc::new(tools),
        Err(problem) => {
            println!("judges: NOT run: {problem}");
            println!(
                "  To run the other tests without the judges, set ACCORD_JUDGES=skip; CI must not."
            );
            summary(0, cases.len(), 0, started.elapsed());
            exit(101);
        }
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let verdicts = runtime.block_on(run(cases, tools, &arguments));
    let failed: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.passed).collect();
    if !failed.is_empty() {
        println!("\nfailures:");
        for verdict in &failed {
            println!(
                "\n---- {}: {} ----\n{}",
                verdict.name, verdict.note, verdict.output
            );
        }
    }
    summary(
        verdicts.len() - failed.len(),
        failed.len(),
        0,
        started.elapsed(),
    );
    if !failed.is_empty() {
        exit(101);
    }
}

/// Every script, then every break with the script that has to notice it.
fn cases(folder: &Path) -> Vec<Case> {
    let scripts = script::find(folder);
    let controls = broken::ALL.iter().copied().flatten().map(|broken| {
        let script = scripts.iter().find(|script| script.name() == broken.script);
        let script = script.unwrap_or_else(|| {
            panic!(
                "broken/{}: there is no script {}",
                broken.name, broken.script
            )
        });
        Case::Control(script.clone(), broken)
    });
    let controls: Vec<Case> = controls.collect();
    let judges = scripts.into_iter().map(Case::Judge);
    judges.chain(controls).collect()
}

async fn run(cases: Vec<Case>, tools: Arc<Tools>, arguments: &Arguments) -> Vec<Verdict> {
    let width = cases
        .iter()
        .map(|case| case.name().len())
        .max()
        .unwrap_or(0);
    let wide = std::thread::available_parallelism().map_or(1, usize::from);
    let permits = Arc::new(Semaphore::new(arguments.threads.unwrap_or(wide)));
    let mut tasks = JoinSet::new();
    for case in cases {
        let (tools, permits) = (tools.clone(), permits.clone());
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            judge(&case, &tools).await
        });
    }
    let mut verdicts = Vec::new();
    while let Some(verdict) = tasks.join_next().await {
        let verdict = verdict.unwrap();
        let word = if verdict.passed { "ok" } else { "FAILED" };
        println!(
            "test {:width$} ... {word:6} {:5.1} s  {}",
            verdict.name,
            verdict.took.as_secs_f64(),
            verdict.note
        );
        if arguments.verbose {
            println!("{}", verdict.output);
        }
        verdicts.push(verdict);
    }
    verdicts
}

async fn judge(case: &Case, tools: &Tools) -> Verdict {
    let started = Instant::now();
    let breaks = match case {
        Case::Judge(_) => None,
        Case::Control(_, broken) => Some(*broken),
    };
    let ran = case.script().run(tools, breaks).await;
    let Outcome {
        passed,
        checks,
        failures,
        struck,
        output,
    } = ran;
    let (passed, note) = match case {
        Case::Judge(_) if checks == 0 => (false, "it checked nothing".to_owned()),
        Case::Judge(_) if passed => (true, format!("{checks} checks")),
        Case::Judge(_) => (
            false,
            format!("{} of {checks} checks failed", failures.len()),
        ),
        Case::Control(..) if struck == 0 => {
            (false, "the answer to break was never given".to_owned())
        }
        Case::Control(..) if passed => (
            false,
            "the script did not notice the broken answer".to_owned(),
        ),
        Case::Control(..) => match failures.first() {
            Some(first) => {
                let start: String = first.chars().take(90).collect();
                (true, format!("noticed: {start}"))
            }
            None => (false, "the script ended without naming a check".to_owned()),
        },
    };
    Verdict {
        name: case.name(),
        passed,
        note,
        output,
        took: started.elapsed(),
    }
}

/// The line that test runners end with.
fn summary(passed: usize, failed: usize, ignored: usize, took: Duration) {
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
         0 filtered out; finished in {:.2}s\n",
        took.as_secs_f64()
    );
}

/// A folder below `target/judges` that nobody else uses.
fn fresh_folder() -> PathBuf {
    tempfile::Builder::new()
        .prefix("judge-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap()
        .keep()
}
