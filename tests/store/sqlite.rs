//! The SQLite backend: what only a file can get wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use accord::model::ConflictId;
use accord::store::{AuditCheck, SqliteStore, Store, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::sample::{auditing, elsewhere, here, intent, link, linking, loss, name, run};
use crate::two_way::{about, opening};

pub(crate) fn fresh() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".accord").join("state.db");
    (folder, state)
}

/// A closed state with a link, an open intent, a loss, a run and an audit row.
pub(crate) async fn filled(state: &Path) {
    let store = SqliteStore::open(state).await.unwrap();
    fill(&store).await;
}

async fn fill(store: &SqliteStore) {
    store.begin_run(&run("run-1", 0, 3)).await.unwrap();
    store
        .prepare(&[intent("op-1")], &[loss("op-1", "title")])
        .await
        .unwrap();
    store
        .record(&[
            linking(link("a", 11, 21)),
            opening(1, about("title", "hunter2", "x")),
            auditing("linked"),
        ])
        .await
        .unwrap();
}

/// Every file below a folder with its bytes.
pub(crate) fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    found
}

/// Calls every read of the store.
pub(crate) async fn read_all(store: &SqliteStore) -> Result<usize, StoreError> {
    let links = store.links(&here()).await?.len();
    store.open_intents(&here()).await?;
    store.quarantine(&here()).await?;
    store.losses(9).await?;
    store.loss_count().await?;
    store.runs(9).await?;
    store.last_carried_out_run().await?;
    store.links_by_rule().await?;
    store.endpoints().await?;
    store.intent(&intent("op-1").id).await?;
    store.audit(9).await?;
    store.verify_audit().await?;
    store.pairs(&here()).await?;
    store.parted_links(&here()).await?;
    store.open_conflicts(&here()).await?;
    store.conflicts(9).await?;
    store.conflict(ConflictId(1)).await?;
    store.learned(&here()).await?;
    store.repetitions(&here()).await?;
    store.watermark(&here(), &name("regression")).await?;
    Ok(links)
}

#[tokio::test]
async fn the_state_survives_closing() {
    let (_folder, state) = fresh();
    filled(&state).await;
    let store = SqliteStore::open(&state).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap(), [link("a", 11, 21)]);
    assert_eq!(store.open_intents(&here()).await.unwrap(), [intent("op-1")]);
    assert_eq!(store.losses(9).await.unwrap(), [loss("op-1", "title")]);
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_private_and_kept_out_of_git() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, state) = fresh();
    let store = SqliteStore::open(&state).await.unwrap();
    fill(&store).await;
    let _lock = accord::store::RunLock::try_acquire(&state, "x").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let own = folder.path().join(".accord");
    assert_eq!(mode(&own), 0o700);
    for name in ["state.db", "state.db-wal", "state.db-shm", "state.db.lock"] {
        assert_eq!(mode(&own.join(name)), 0o600, "{name}");
    }
    assert_eq!(fs::read_to_string(own.join(".gitignore")).unwrap(), "*\n");
}

#[tokio::test]
async fn a_folder_that_is_not_ours_gets_no_gitignore_and_a_persons_own_stays() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::open(folder.path().join("state.db"))
        .await
        .unwrap();
    assert!(!folder.path().join(".gitignore").exists());

    let own = folder.path().join(".accord");
    fs::create_dir(&own).unwrap();
    fs::write(own.join(".gitignore"), "state.db*\n").unwrap();
    SqliteStore::open(own.join("state.db")).await.unwrap();
    assert_eq!(
        fs::read_to_string(own.join(".gitignore")).unwrap(),
        "state.db*\n"
    );
}

#[tokio::test]
async fn readers_and_the_writer_do_not_wait_for_each_other() {
    let (_folder, state) = fresh();
    filled(&state).await;
    let connection = Connection::open(&state).unwrap();
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn looking_at_a_missing_state_is_empty_and_makes_nothing() {
    let (folder, state) = fresh();
    let store = SqliteStore::open_read_only(&state).await.unwrap();
    assert_eq!(read_all(&store).await.unwrap(), 0);
    crate::conformance::an_empty_store_answers_empty(&store).await;
    crate::conformance::a_reader_writes_nothing(&store).await;
    assert!(bytes(folder.path()).is_empty());
    assert!(!folder.path().join(".accord").exists());

    // The file appears later: an apply in another window.
    filled(&state).await;
    assert_eq!(read_all(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn looking_changes_nothing_and_cannot_write() {
    let (folder, state) = fresh();
    filled(&state).await;
    let before = bytes(folder.path());
    let store = SqliteStore::open_read_only(&state).await.unwrap();
    assert_eq!(read_all(&store).await.unwrap(), 1);
    crate::conformance::a_reader_writes_nothing(&store).await;
    assert_eq!(bytes(folder.path()), before);
}

#[tokio::test]
async fn looking_while_an_apply_writes_sees_its_commits() {
    let (_folder, state) = fresh();
    let writer = SqliteStore::open(&state).await.unwrap();
    let reader = SqliteStore::open_read_only(&state).await.unwrap();
    assert_eq!(read_all(&reader).await.unwrap(), 0);
    fill(&writer).await;
    assert_eq!(read_all(&reader).await.unwrap(), 1);
    writer.record(&[linking(link("b", 12, 22))]).await.unwrap();
    assert_eq!(read_all(&reader).await.unwrap(), 2);
    drop(writer);
    assert_eq!(read_all(&reader).await.unwrap(), 2);
}

/// What a killed apply leaves: the log beside the file, with and without its index.
#[tokio::test]
async fn looking_at_what_a_killed_apply_left_changes_no_content() {
    for with_index in [true, false] {
        let (_running, state) = fresh();
        let writer = SqliteStore::open(&state).await.unwrap();
        fill(&writer).await;
        let (folder, copy) = fresh();
        fs::create_dir(copy.parent().unwrap()).unwrap();
        for suffix in ["", "-wal", "-shm"] {
            if suffix != "-shm" || with_index {
                let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
                fs::copy(name(&state), name(&copy)).unwrap();
            }
        }
        drop(writer);
        let content = |folder: &Path| {
            let mut found = bytes(folder);
            found.retain(|path, _| !path.to_string_lossy().ends_with("-shm"));
            found
        };
        let before = content(folder.path());
        assert_eq!(before.len(), 2, "a file and its log");
        let store = SqliteStore::open_read_only(&copy).await.unwrap();
        assert_eq!(read_all(&store).await.unwrap(), 1);
        drop(store);
        assert_eq!(content(folder.path()), before);
        let store = SqliteStore::open(&copy).await.unwrap();
        assert_eq!(store.links(&here()).await.unwrap(), [link("a", 11, 21)]);
    }
}

#[tokio::test]
async fn a_path_with_any_characters_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("50% of #1 ?x=y & ünï").join("state.db");
    filled(&state).await;
    let store = SqliteStore::open_read_only(&state).await.unwrap();
    assert_eq!(read_all(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let (folder, state) = fresh();
    filled(&state).await;
    Connection::open(&state)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = bytes(folder.path());
    for outcome in [
        SqliteStore::open(&state).await,
        SqliteStore::open_read_only(&state).await,
    ] {
        match outcome {
            Err(StoreError::TooNew {
                found: 99, known, ..
            }) => assert!(known < 99),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(bytes(folder.path()), before);
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_alone() {
    let (folder, state) = fresh();
    fs::create_dir(state.parent().unwrap()).unwrap();
    fs::write(folder.path().join(".accord/.gitignore"), "*\n").unwrap();
    Connection::open(&state)
        .unwrap()
        .execute_batch("CREATE TABLE notes (x TEXT)")
        .unwrap();
    let before = bytes(folder.path());
    for outcome in [
        SqliteStore::open(&state).await,
        SqliteStore::open_read_only(&state).await,
    ] {
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains("another program"), "{message}");
    }
    assert_eq!(bytes(folder.path()), before);
}

#[tokio::test]
async fn an_empty_file_is_an_empty_state() {
    let (_folder, state) = fresh();
    fs::create_dir(state.parent().unwrap()).unwrap();
    fs::write(&state, "").unwrap();
    let reader = SqliteStore::open_read_only(&state).await.unwrap();
    assert_eq!(read_all(&reader).await.unwrap(), 0);
    assert_eq!(fs::read(&state).unwrap(), b"");
    filled(&state).await;
    assert_eq!(read_all(&reader).await.unwrap(), 1);
}

#[tokio::test]
async fn damage_is_an_error_that_says_what_to_do() {
    let (_folder, state) = fresh();
    {
        let store = SqliteStore::open(&state).await.unwrap();
        let links: Vec<_> = (1..400)
            .map(|n| linking(link(&format!("{n}"), n, n)))
            .collect();
        store.record(&links).await.unwrap();
    }
    let good = fs::read(&state).unwrap();
    let mut overwritten = good.clone();
    overwritten[8192..].fill(0xA5);
    let mut no_header = good.clone();
    no_header[..100].fill(b'x');
    let cases = [
        (
            "text",
            b"- not a database, but long enough to be looked at as one\n".repeat(200),
        ),
        ("overwritten pages", overwritten),
        ("no header", no_header),
        ("cut off", good[..good.len() / 2].to_vec()),
    ];
    for (case, content) in cases {
        for read_only in [true, false] {
            fs::write(&state, &content).unwrap();
            let opened = if read_only {
                SqliteStore::open_read_only(&state).await
            } else {
                SqliteStore::open(&state).await
            };
            let outcome = match opened {
                Ok(store) => read_all(&store).await,
                Err(error) => Err(error),
            };
            let message = outcome.expect_err(case).to_string();
            assert!(message.contains("damaged"), "{case}: {message}");
            assert!(message.contains("move it away"), "{case}: {message}");
            assert!(message.contains("state.db"), "{case}: {message}");
        }
    }
}

#[tokio::test]
async fn content_of_another_shape_is_an_error_without_the_values() {
    let cases = [
        "UPDATE link SET base = '[[1,{\"text\":\"hunter2\"}]]'",
        "UPDATE link SET base = 'hunter2'",
        "UPDATE link SET base = x'ff'",
        "UPDATE link SET case_mark = 'later'",
        "UPDATE link SET rule = 'Not A Name'",
        "UPDATE link SET case_id = -1",
        "UPDATE link SET state = 'paused'",
        "UPDATE intent SET rows = 'hunter2'",
        "UPDATE intent SET rows = '[\"hunter2\"]'",
        "UPDATE conflict SET state = 'perhaps'",
        "UPDATE conflict SET state = 'decided', take = 'hunter'",
        "UPDATE conflict SET state = 'decided', take = 'merged'",
        "UPDATE conflict SET state = 'closed', closing = 'resolved', closed_at = 'now'",
        "DROP TRIGGER conflict_keeps_content; UPDATE conflict SET kind = 'whim'",
        "DROP TRIGGER conflict_keeps_content; UPDATE conflict SET cause = 'whim'",
        "DROP TRIGGER conflict_keeps_content; UPDATE conflict SET testworthy = 'hunter2'",
        "UPDATE link SET recorded_at = 'yesterday'",
        "UPDATE base_row SET id = id + 100",
        "UPDATE intent SET kind = 'dropTable'",
        "UPDATE run SET finished_at = '2026-11-16T00:00:00Z', exit_code = 4096",
    ];
    for sql in cases {
        let (_folder, state) = fresh();
        filled(&state).await;
        Connection::open(&state)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let store = SqliteStore::open(&state).await.unwrap();
        let message = read_all(&store).await.expect_err(sql).to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[tokio::test]
async fn numbers_beyond_the_column_are_refused() {
    let (_folder, state) = fresh();
    let store = SqliteStore::open(&state).await.unwrap();
    let outcome = store.record(&[linking(link("a", u64::MAX, 1))]).await;
    assert!(
        matches!(outcome, Err(StoreError::Backend { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_was_done_lost_or_met_is_only_added_to_and_tampering_shows() {
    let (_folder, state) = fresh();
    filled(&state).await;
    let store = SqliteStore::open(&state).await.unwrap();
    store
        .record(&[auditing("two"), auditing("three")])
        .await
        .unwrap();
    let connection = Connection::open(&state).unwrap();
    for sql in [
        "DELETE FROM audit",
        "UPDATE audit SET detail = 'x'",
        "DELETE FROM loss",
        "UPDATE loss SET lost = 'null'",
        "DELETE FROM conflict",
        "UPDATE conflict SET testworthy = 'null'",
        "UPDATE conflict SET opened_at = ''",
        "UPDATE conflict SET sensitive = 1",
        "UPDATE conflict SET state = 'closed', closing = 'agreed', closed_at = opened_at; \
         UPDATE conflict SET state = 'open'",
    ] {
        assert!(connection.execute_batch(sql).is_err(), "{sql}");
    }
    assert!(matches!(
        store.verify_audit().await.unwrap(),
        AuditCheck::Intact { rows: 3, .. }
    ));
    // Someone who removes the triggers is still seen.
    connection
        .execute_batch("DROP TRIGGER audit_keeps_rows; DELETE FROM audit WHERE number = 3")
        .unwrap();
    match store.verify_audit().await.unwrap() {
        AuditCheck::Broken { number: 3, .. } => {}
        other => panic!("{other:?}"),
    }
}

/// The change to a write-ahead log is answered at once where somebody else makes it, whatever the patience.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_two_open_for_the_first_time_is_opened_by_both() {
    for _ in 0..200 {
        let (_folder, state) = fresh();
        let (one, two) = tokio::join!(SqliteStore::open(&state), SqliteStore::open(&state));
        one.unwrap();
        two.unwrap();
    }
}

#[tokio::test]
async fn two_writers_stand_in_line() {
    let (_folder, state) = fresh();
    let (one, two) = tokio::join!(SqliteStore::open(&state), SqliteStore::open(&state));
    let (one, two) = (one.unwrap(), two.unwrap());
    let write = |store: SqliteStore, begin: u64| async move {
        for n in begin..begin + 20 {
            store
                .record(&[linking(link(&format!("{n}"), n, n))])
                .await
                .unwrap();
        }
    };
    tokio::join!(write(one.clone(), 1), write(two, 101));
    assert_eq!(one.links(&here()).await.unwrap().len(), 40);
    assert!(one.links(&elsewhere()).await.unwrap().is_empty());
}
