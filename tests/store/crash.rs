//! A process that is killed while it writes leaves whole units only, and every one it was told of.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use accord::model::{CaseId, ConflictChange, LinkState, OperationId, System, Value};
use accord::store::{AuditCheck, IntentOutcome, QuarantineChange, Record, SqliteStore, Store};
use rusqlite::Connection;

use crate::lock::start_child;
use crate::sample::{entry, field, here, intent, link, quarantined, run};
use crate::two_way::{about, learning, queueing, writing};

const STATE: &str = "ACCORD_TEST_STATE";

/// How long a first write may take on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Two records that belong together: unit `n` is two links, two ended intents, two audit rows.
pub(crate) fn unit(n: u64) -> Vec<Record> {
    [2 * n, 2 * n + 1]
        .map(|item| {
            let mut link = link(&format!("link-{item:06}"), item + 1, item + 1);
            let text = text(n);
            link.base.fields.insert("title".to_owned(), field(&text));
            // Each record opens a conflict of its pair; a unit's second one ends it with its link.
            if item % 2 == 1 {
                link.state = LinkState::Ended;
            }
            let change = ConflictChange::Open(about("title", &text, "y"));
            let mut written = writing(i64::try_from(item).unwrap(), 11, "x", "y");
            written.row = format!("row {n}");
            let spelling = learning(System::AzureDevOps, &item.to_string(), "kept");
            let mut conflicts = queueing(1, vec![change]).conflicts.unwrap();
            (conflicts.case, conflicts.work_item) = (link.case, link.work_item);
            Record {
                conflicts: Some(conflicts),
                learned: vec![(here(), spelling)],
                written: vec![(here(), written)],
                intent: Some((operation(item), IntentOutcome::Applied)),
                link: Some(link),
                quarantine: Some(QuarantineChange::Put(quarantined(
                    &format!("case/{n}"),
                    &text,
                ))),
                custom_field: None,
                audit: Some(entry(&text)),
            }
        })
        .to_vec()
}

fn text(n: u64) -> String {
    let filling = "x".repeat(usize::try_from(n % 7).unwrap() * 900);
    format!("unit {n} {filling}")
}

pub(crate) fn operation(item: u64) -> OperationId {
    OperationId(format!("op-{item:06}"))
}

#[test]
#[ignore = "runs as a child process of another test"]
fn child_that_writes() {
    let Some(state) = std::env::var_os(STATE).map(PathBuf::from) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&state).await.unwrap();
        if store.runs(1).await.unwrap().is_empty() {
            store.begin_run(&run("run-1", 0, 1)).await.unwrap();
        }
        let begun = store.links(&here()).await.unwrap().len() as u64;
        for n in begun.. {
            let pair = [2 * n, 2 * n + 1].map(|item| intent(&operation(item).0));
            let known = store.intent(&pair[0].id).await.unwrap().is_some();
            if !known {
                store.prepare(&pair, &[]).await.unwrap();
            }
            store.record(&unit(n)).await.unwrap();
            std::fs::write(state.with_extension("told"), (n + 1).to_string()).unwrap();
        }
    });
}

/// Conflicts, spellings and counts: those of the whole units and no others.
async fn check_what_was_met(store: &dyn Store, units: u64) {
    let mut met = store.conflicts(usize::MAX).await.unwrap();
    met.reverse();
    let texts: Vec<_> = met
        .iter()
        .map(|conflict| conflict.subject.clone())
        .collect();
    let expected: Vec<_> = (0..2 * units)
        .map(|item| about("title", &text(item / 2), "y"))
        .collect();
    assert!(texts == expected, "a conflict is torn from its unit");
    let open = store.open_conflicts(&here()).await.unwrap();
    assert_eq!(open.len() as u64, units);
    let learned = store.learned(&here()).await.unwrap();
    let spelling = |item: u64| learning(System::AzureDevOps, &item.to_string(), "kept");
    assert!((0..2 * units).all(|item| learned.holds(&spelling(item))));
    assert!(!learned.holds(&spelling(2 * units)));
    let counted = store.repetitions(&here()).await.unwrap();
    let times = |n: u64| {
        let row = format!("row {n}");
        let last = counted.last(CaseId(11), &row, System::AzureDevOps);
        last.map(|last| last.times)
    };
    assert!((0..units).all(|n| times(n) == Some(2)));
    assert_eq!(times(units), None);
    let contradictions = store.check().await.unwrap();
    assert!(contradictions.is_empty(), "{contradictions:?}");
}

/// Checks the state and returns the number of units in it.
async fn check(state: &PathBuf, store: &dyn Store) -> u64 {
    let connection = Connection::open(state).unwrap();
    let integrity: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(integrity, "ok");
    check_units(store).await
}

/// Checks that a state holds whole units only and returns their number.
pub(crate) async fn check_units(store: &dyn Store) -> u64 {
    let mut links = store.links(&here()).await.unwrap();
    let units = links.len() as u64;
    links.extend(store.parted_links(&here()).await.unwrap());
    links.sort_by_key(|link| link.case);
    let expected: Vec<_> = (0..units)
        .flat_map(unit)
        .filter_map(|record| record.link)
        .collect();
    assert!(links == expected, "a unit is torn");
    check_what_was_met(store, units).await;
    let quarantine = store.quarantine(&here()).await.unwrap();
    assert_eq!(quarantine.len() as u64, units);
    match store.verify_audit().await.unwrap() {
        AuditCheck::Intact { rows, .. } => assert_eq!(rows, 2 * units),
        broken @ AuditCheck::Broken { .. } => panic!("{broken:?}"),
    }
    for item in [0, 2 * units.max(1) - 1].into_iter().filter(|_| units > 0) {
        let ended = store.intent(&operation(item)).await.unwrap().unwrap();
        assert_eq!(ended.outcome, Some(IntentOutcome::Applied));
    }
    let open = store.open_intents(&here()).await.unwrap();
    assert!(open.is_empty() || open.len() == 2, "{open:?}");
    units
}

/// How many units the child said were written, in this round or an earlier one.
fn told(state: &Path) -> u64 {
    let told = std::fs::read_to_string(state.with_extension("told")).unwrap_or_default();
    told.parse().unwrap_or(0)
}

#[test]
fn a_kill_at_any_moment_tears_nothing_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".accord/state.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut total = 0;
    // Pseudo-random moments: half of them from within start-up on, half behind the round's first unit, which the
    // clock of a busy machine would miss.
    let mut moment: u64 = 0x2545_F491_4F6C_DD1D;
    for round in 0..14 {
        let mut child = start_child("crash::child_that_writes", STATE, &state);
        let begin = Instant::now();
        let mut waits = round % 2 == 1;
        while waits && begin.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
            waits = told(&state) <= total;
        }
        moment ^= moment << 13;
        moment ^= moment >> 7;
        moment ^= moment << 17;
        std::thread::sleep(Duration::from_micros(moment % 200_000 + round * 10_000));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!waits, "round {round}: nothing was written in {PATIENCE:?}");

        runtime.block_on(async {
            if !state.exists() {
                return;
            }
            // First as `plan` and `status` look at it, then as the next apply does.
            let seen = SqliteStore::open_read_only(&state).await.unwrap();
            let seen_links = seen.links(&here()).await.unwrap().len() as u64;
            let store = SqliteStore::open(&state).await.unwrap();
            let units = check(&state, &store).await;
            assert_eq!(seen_links, units);
            let told = told(&state);
            assert!(units >= told, "{told} units were told, {units} are there");
            assert!(units >= total, "units of an earlier round are gone");
            total = units;
        });
    }
    // Each round of those that wait added one at least.
    assert!(
        total >= 7,
        "only {total} units were written: the kills prove nothing"
    );
    // The values are those of the unit and not merely as many.
    let title = unit(3)[0].link.clone().unwrap().base.fields["title"]
        .testworthy
        .clone();
    assert!(matches!(title, Value::Text(text) if text.starts_with("unit 3 ")));
}
