//! A machine that vanishes at any moment: the next one finds every intent that was told to be durable, and of what
//! was recorded at most the outcomes behind the last push are missing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use accord::model::OperationId;
use accord::store::{AuditCheck, GitRefStore, IntentOutcome, Record, Store};

use super::town::{Town, holder, place, runtime, times_at, wait};
use crate::sample::{ending, entry, here, intent, link, run};

const CLONE: &str = "ACCORD_TEST_GIT_CLONE";

/// Writes of one wave.
const WAVE: u64 = 3;

fn operation(n: u64) -> String {
    format!("op-{n:06}")
}

/// What became of write `n`: its link and its line of the audit.
fn outcome(n: u64) -> Record {
    Record {
        link: Some(link(&format!("link-{n:06}"), n + 1, n + 1)),
        audit: Some(entry(&operation(n))),
        ..ending(&operation(n), IntentOutcome::Applied)
    }
}

/// The lease of the one before has expired: each round is an hour later.
fn round_of(clone: &Path) -> i64 {
    let text = std::fs::read_to_string(clone.join("round")).unwrap();
    text.parse().unwrap()
}

#[test]
#[ignore = "runs as a child process of another test"]
fn child_that_applies() {
    let Some(clone) = std::env::var_os(CLONE).map(PathBuf::from) else {
        return;
    };
    runtime().block_on(async {
        let mut times = times_at(round_of(&clone) * 3_600);
        times.checkpoint = Duration::from_millis(15);
        let store = GitRefStore::acquire(&place(&clone), &times, &holder("apply"), wait(60))
            .await
            .unwrap();
        if store.runs(1).await.unwrap().is_empty() {
            store.begin_run(&run("run-1", 0, 1)).await.unwrap();
        }
        // What the one before left: its writes had arrived.
        let open = store.open_intents(&here()).await.unwrap();
        for left in &open {
            let n: u64 = left.id.0["op-".len()..].parse().unwrap();
            store.record(&[outcome(n)]).await.unwrap();
        }
        let begun = store.links(&here()).await.unwrap().len() as u64;
        let mut told = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(clone.join("told"))
            .unwrap();
        for wave in (begun..).step_by(usize::try_from(WAVE).unwrap()) {
            let writes: Vec<u64> = (wave..wave + WAVE).collect();
            let intents: Vec<_> = writes.iter().map(|n| intent(&operation(*n))).collect();
            store.prepare(&intents, &[]).await.unwrap();
            // Here they would be sent.
            writeln!(told, "{}", wave + WAVE).unwrap();
            for n in writes {
                store.record(&[outcome(n)]).await.unwrap();
            }
        }
    });
}

/// This test binary again. What a killed one leaves in the folder for temporary files goes with the town.
fn start_child(town: &Town, clone: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "git_ref::crash::child_that_applies",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CLONE, clone)
        .env("TMPDIR", town.folder())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Checks the ref; the number of writes that it knows of.
async fn check(town: &Town, told: u64) -> u64 {
    let store = town.read(1).await.unwrap();
    let links = store.links(&here()).await.unwrap().len() as u64;
    let open = store.open_intents(&here()).await.unwrap();
    let known = links + open.len() as u64;
    assert!(
        known >= told,
        "{told} were told to be durable, {known} are there"
    );
    assert!(
        open.len() as u64 <= WAVE,
        "outcomes of an earlier wave are lost: {open:?}"
    );
    for n in 0..known {
        let id = OperationId(operation(n));
        let found = store
            .intent(&id)
            .await
            .unwrap()
            .expect("an intent for each write");
        let is_linked = n < links;
        assert_eq!(
            found.outcome.is_some(),
            is_linked,
            "{id} is torn from its link"
        );
    }
    let rows = match store.verify_audit().await.unwrap() {
        AuditCheck::Intact { rows, .. } => rows,
        broken @ AuditCheck::Broken { .. } => panic!("{broken:?}"),
    };
    assert_eq!(rows, links);
    let contradictions = store.check().await.unwrap();
    assert!(contradictions.is_empty(), "{contradictions:?}");
    known
}

#[test]
fn a_kill_at_any_moment_loses_no_intent_and_the_next_machine_goes_on() {
    let town = Town::new();
    let mut total = 0;
    let mut moment: u64 = 0x2545_F491_4F6C_DD1D;
    let told = |machine: usize| -> u64 {
        let text = std::fs::read_to_string(town.clone(machine).join("told")).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.parse().ok())
            .max()
            .unwrap_or(0)
    };
    for round in 0..8 {
        let machine = round % 2;
        let clone = town.clone(machine).to_owned();
        std::fs::write(clone.join("round"), (round + 1).to_string()).unwrap();
        let before = told(machine);
        let mut child = start_child(&town, &clone);
        // Some rounds are killed while they begin, the others at any moment of their work.
        if round % 4 != 3 {
            let begun = Instant::now();
            while told(machine) == before {
                assert!(
                    begun.elapsed() < Duration::from_secs(60),
                    "it does not begin"
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        moment ^= moment << 13;
        moment ^= moment >> 7;
        moment ^= moment << 17;
        std::thread::sleep(Duration::from_micros(moment % 300_000));
        child.kill().unwrap();
        child.wait().unwrap();
        // A push of its own may still be on its way.
        std::thread::sleep(Duration::from_millis(100));
        let known = runtime().block_on(check(&town, told(0).max(told(1))));
        assert!(known >= total, "writes of an earlier machine are gone");
        total = known;
    }
    assert!(
        total > 10,
        "only {total} writes were made: the kills prove nothing"
    );
}
