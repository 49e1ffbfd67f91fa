//! What contradicts itself in a file that something else than this program changed.

use accord::store::{SqliteStore, Store};
use rusqlite::Connection;

use crate::sample::intent;
use crate::sqlite::{filled, fresh};

/// The link twice, in a table without its laws.
const SECOND_LINK: &str = "CREATE TABLE old AS SELECT * FROM link; DROP TABLE link; \
    CREATE TABLE link AS SELECT * FROM old; \
    INSERT INTO link SELECT 'second', endpoints, case_id, work_item_id, testworthy_project, rule, \
    case_mark, work_item_mark, rev, recorded_at, base, state FROM old";

const SECOND_CONFLICT: &str = "INSERT INTO conflict SELECT 2, endpoints, rule, case_id, \
    work_item_id, kind, row_name, side, cause, edited, base_testworthy, base_azure_devops, \
    testworthy, azure_devops, sensitive, opened_at, state, take, decided_at, closing, closed_at \
    FROM conflict";

/// Changes that the state's own calls never make, and the words that tell of them.
const CASES: [(&str, &[&str]); 13] = [
    (
        "PRAGMA foreign_keys = OFF; UPDATE link SET endpoints = 99",
        &[
            "link of case 11 and work item 21 belongs to places",
            "conflict 1 is open",
        ],
    ),
    (
        "PRAGMA foreign_keys = OFF; UPDATE intent SET endpoints = 99",
        &["a row of `intent` belongs to places"],
    ),
    (
        SECOND_LINK,
        &[
            "case 11 has 2 active links",
            "work item 21 has 2 active links",
        ],
    ),
    (
        "UPDATE link SET base = 'hunter2'",
        &["link of case 11 and work item 21 cannot be read: a link's base"],
    ),
    (
        "UPDATE base_row SET id = id + 100",
        &["link of case 11 and work item 21 cannot be read", "row 1"],
    ),
    (
        "UPDATE link SET case_id = -1",
        &["link of case -1 and work item 21 cannot be read"],
    ),
    (
        "UPDATE intent SET kind = 'dropTable'",
        &["operation op-1 cannot be read: an intent's kind"],
    ),
    (
        "DELETE FROM run",
        &["operation op-1 belongs to run run-1, which the state does not hold"],
    ),
    (
        "UPDATE conflict SET state = 'perhaps'",
        &["conflict 1 cannot be read: a conflict's state"],
    ),
    (
        "UPDATE link SET state = 'ended'",
        &["conflict 1 is open, and its case 11 and work item 21 are not linked"],
    ),
    (
        "DELETE FROM link",
        &["conflict 1 is open, and its case 11 and work item 21 are not linked"],
    ),
    (
        SECOND_CONFLICT,
        &["case 11 and work item 21 have 2 open conflicts about `title`"],
    ),
    (
        "DROP TRIGGER audit_keeps_content; UPDATE audit SET detail = 'x'",
        &["the audit is broken at row 1"],
    ),
];

#[tokio::test]
async fn every_contradiction_is_told_in_words() {
    for (sql, expected) in CASES {
        let (_folder, state) = fresh();
        filled(&state).await;
        let before = SqliteStore::open_read_only(&state).await.unwrap();
        assert!(before.check().await.unwrap().is_empty());
        Connection::open(&state)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let store = SqliteStore::open_read_only(&state).await.unwrap();
        let found = store.check().await.unwrap();
        for words in expected {
            let told = found.iter().any(|told| told.contains(words));
            assert!(told, "{sql}: {found:?}");
        }
        assert!(!found.concat().contains("hunter2"), "{found:?}");
    }
}

#[tokio::test]
async fn many_contradictions_of_one_kind_are_cut_short() {
    let (_folder, state) = fresh();
    let store = SqliteStore::open(&state).await.unwrap();
    let intents: Vec<_> = (0..50).map(|n| intent(&format!("op-{n}"))).collect();
    store.prepare(&intents, &[]).await.unwrap();
    let found = store.check().await.unwrap();
    assert_eq!(found.len(), 21);
    assert_eq!(found[20], "and 30 more of this kind");
}

#[tokio::test]
async fn damage_is_told_and_nothing_that_follows_from_it() {
    let (_folder, state) = fresh();
    filled(&state).await;
    // The index is ordered otherwise than its definition says.
    Connection::open(&state)
        .unwrap()
        .execute_batch(
            "DELETE FROM link; PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = replace(sql, '(started_at, id)', '(id, started_at)') \
             WHERE name = 'run_started';",
        )
        .unwrap();
    let store = SqliteStore::open_read_only(&state).await.unwrap();
    let found = store.check().await.unwrap();
    assert!(!found.is_empty());
    for told in found {
        assert!(told.contains("the file is damaged"), "{told}");
    }
}
