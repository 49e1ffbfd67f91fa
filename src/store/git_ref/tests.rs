//! The files of a state: they hold everything, their bytes are stable, and what is damaged is refused with its
//! place and without its content.

mod damage;

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use rusqlite::Connection;

use super::export;
use super::import::{Damage, fill, plan};
use super::layout::{CHUNK, TABLES, install};
use crate::model::{
    Base, BaseField, CaseId, ConflictCause, ConflictChange, Endpoints, Equivalence, Link, LinkId,
    LinkState, MarkState, Name, OperationId, RefusalClass, Rev, RunId, Sides, Subject, System,
    Value, WorkItemId, digest_of,
};
use crate::store::{
    AuditEntry, Intent, IntentKind, IntentOutcome, IntentPart, IntentRow, Loss, MadeField,
    PairConflicts, Quarantine, QuarantineChange, Record, Run, RunOutcome, SqliteStore, Store,
    Watermark, WrittenField,
};

type Tree = BTreeMap<String, Vec<u8>>;

fn at(second: u64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_790_000_000 + i64::try_from(second).unwrap()).unwrap()
}

fn places(abroad: bool) -> Endpoints {
    Endpoints {
        testworthy: "testworthy.us".to_owned(),
        azure_devops: if abroad {
            "dev.azure.com/b"
        } else {
            "dev.azure.com/a"
        }
        .to_owned(),
    }
}

fn rule() -> Name {
    Name::new("cases").unwrap()
}

fn link(case: u64, text: &str, abroad: bool) -> Link {
    let field = BaseField {
        testworthy: Value::text(text),
        azure_devops: Value::set(["b", text]),
        row_digest: format!("d{}", case % 3),
    };
    Link {
        state: LinkState::Active,
        id: LinkId(format!("link-{case}-{abroad}")),
        endpoints: places(abroad),
        case: CaseId(case),
        testworthy_project: case.is_multiple_of(2).then_some(7),
        work_item: WorkItemId(case + 1_000),
        rule: rule(),
        case_mark: MarkState::Written,
        work_item_mark: MarkState::Missing,
        base: Base {
            fields: BTreeMap::from([("title".to_owned(), field)]),
            rev: Some(Rev(case)),
            recorded_at: Some(at(case)),
        },
    }
}

fn intent(id: &str, case: u64) -> Intent {
    let row = IntentRow {
        from: Value::text("a\n\"b\"\u{0}"),
        to: None,
        digest: "d".to_owned(),
        part: IntentPart::Half,
    };
    Intent {
        id: OperationId(id.to_owned()),
        run: RunId("run-1".to_owned()),
        endpoints: places(false),
        rule: rule(),
        kind: IntentKind::UpdateCase,
        case: Some(CaseId(case)),
        work_item: None,
        payload_digest: "abc".to_owned(),
        prepared_at: at(1),
        settles_at: at(2),
        expected_rev: None,
        rows: BTreeMap::from([("title".to_owned(), row)]),
        outcome: None,
    }
}

/// A step of what runs do with a state.
#[derive(Clone, Debug)]
enum Doing {
    Link(u64, String, bool),
    Part(u64),
    Write(u64, String, bool),
    Refuse(u64, String),
    Release(u64),
    Ask(u64, String),
    Learn(String),
    Make(String),
    Follow(u64),
    Forget,
}

fn doing() -> impl Strategy<Value = Doing> {
    let case = 0..600u64;
    let text = prop_oneof![any::<String>(), "[a-c]{1,2}"];
    prop_oneof![
        4 => (case.clone(), text.clone(), any::<bool>()).prop_map(|(c, t, a)| Doing::Link(c, t, a)),
        1 => case.clone().prop_map(Doing::Part),
        4 => (case.clone(), text.clone(), any::<bool>()).prop_map(|(c, t, d)| Doing::Write(c, t, d)),
        2 => (case.clone(), text.clone()).prop_map(|(c, t)| Doing::Refuse(c, t)),
        1 => case.clone().prop_map(Doing::Release),
        2 => (case.clone(), text.clone()).prop_map(|(c, t)| Doing::Ask(c, t)),
        1 => text.clone().prop_map(Doing::Learn),
        1 => text.prop_map(Doing::Make),
        1 => case.prop_map(Doing::Follow),
        1 => Just(Doing::Forget),
    ]
}

async fn act(store: &SqliteStore, number: usize, doing: Doing) {
    let record = |record: Record| async move {
        // A second pair is refused, and that changes nothing.
        let _outcome = store.record(&[record]).await;
    };
    match doing {
        Doing::Link(case, text, abroad) => {
            record(Record {
                link: Some(link(case, &text, abroad)),
                ..Record::default()
            })
            .await;
        }
        Doing::Part(case) => {
            let mut link = link(case, "x", false);
            link.state = LinkState::Ended;
            record(Record {
                link: Some(link),
                ..Record::default()
            })
            .await;
        }
        Doing::Write(case, text, done) => {
            let id = format!("op-{number:06}");
            let loss = Loss {
                operation: OperationId(id.clone()),
                endpoints: places(false),
                rule: rule(),
                case: CaseId(case),
                work_item: WorkItemId(case + 1_000),
                row: "title".to_owned(),
                lost: Value::text(text.clone()),
                written: Value::Null,
                at: at(2),
            };
            store.prepare(&[intent(&id, case)], &[loss]).await.unwrap();
            if !done {
                return;
            }
            let digest = |text: &str| digest_of(&Value::text(text));
            record(Record {
                intent: Some((OperationId(id), IntentOutcome::Applied)),
                audit: Some(AuditEntry {
                    at: at(3),
                    run: RunId("run-1".to_owned()),
                    rule: rule(),
                    event: "updated case".to_owned(),
                    case: Some(CaseId(case)),
                    work_item: None,
                    detail: text.clone(),
                }),
                written: vec![(
                    places(false),
                    WrittenField {
                        case: CaseId(case),
                        work_item: WorkItemId(case + 1_000),
                        row: "title".to_owned(),
                        system: System::TestWorthy,
                        before: digest("a"),
                        after: digest(&text),
                        at: at(3),
                    },
                )],
                ..Record::default()
            })
            .await;
        }
        Doing::Refuse(case, reason) => {
            record(Record {
                quarantine: Some(QuarantineChange::Put(Quarantine {
                    endpoints: places(false),
                    key: format!("case/{case}"),
                    rule: rule(),
                    payload_digests: ["abc".to_owned()].into(),
                    class: RefusalClass::ALL[usize::from(case.is_multiple_of(3))],
                    type_digest: case.is_multiple_of(2).then(|| "def".to_owned()),
                    reason,
                    at: at(4),
                })),
                ..Record::default()
            })
            .await;
        }
        Doing::Release(case) => {
            record(Record {
                quarantine: Some(QuarantineChange::Release {
                    endpoints: places(false),
                    key: format!("case/{case}"),
                }),
                ..Record::default()
            })
            .await;
        }
        Doing::Ask(case, text) => {
            let subject = Subject::Field {
                row: "title".to_owned(),
                cause: ConflictCause::BothChanged,
                base: case.is_multiple_of(2).then(|| Sides {
                    testworthy: Value::text("base"),
                    azure_devops: Value::Null,
                }),
                now: Sides {
                    testworthy: Value::text(text),
                    azure_devops: Value::integer(7),
                },
                sensitive: case.is_multiple_of(3),
            };
            record(Record {
                conflicts: Some(PairConflicts {
                    endpoints: places(false),
                    rule: rule(),
                    case: CaseId(case),
                    work_item: WorkItemId(case + 1_000),
                    at: at(5),
                    changes: vec![ConflictChange::Open(subject)],
                }),
                ..Record::default()
            })
            .await;
        }
        Doing::Learn(text) => {
            let equivalence = Equivalence {
                system: System::AzureDevOps,
                row_digest: "d".to_owned(),
                sent: digest_of(&Value::text(text.clone())),
                kept: digest_of(&Value::text(format!("{text}."))),
            };
            record(Record {
                learned: vec![(places(false), equivalence)],
                ..Record::default()
            })
            .await;
        }
        Doing::Make(text) => {
            record(Record {
                custom_field: Some(MadeField {
                    organization: "dev.azure.com/a".to_owned(),
                    reference_name: format!("Custom.{text}"),
                    declared_by: "x".to_owned(),
                }),
                ..Record::default()
            })
            .await;
        }
        Doing::Follow(case) => {
            let watermark = Watermark {
                token: format!("token {case}"),
                full_scan_at: at(6),
                config_digest: "c".to_owned(),
                dirty: [WorkItemId(case), WorkItemId(3)].into(),
            };
            store
                .put_watermark(&places(false), &rule(), Some(&watermark))
                .await
                .unwrap();
        }
        Doing::Forget => {
            store.forget_rules(&[]).await.unwrap();
        }
    }
}

async fn begun(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path).await.unwrap();
    let run = Run {
        id: RunId("run-1".to_owned()),
        started_at: at(0),
        config_digest: "c".to_owned(),
        files: 3,
        plan_id: "p".to_owned(),
        outcome: None,
    };
    store.begin_run(&run).await.unwrap();
    store
}

fn read(connection: &mut Connection, tree: &Tree) -> Result<(), String> {
    #[derive(Debug)]
    struct Told(String);
    impl From<Damage> for Told {
        fn from(damage: Damage) -> Self {
            Self(damage.to_string())
        }
    }
    impl From<rusqlite::Error> for Told {
        fn from(error: rusqlite::Error) -> Self {
            Self(error.to_string())
        }
    }
    let files = plan(tree.keys().map(String::as_str)).map_err(|damage| damage.to_string())?;
    fill(connection, &files, |path| -> Result<Vec<u8>, Told> {
        Ok(tree[path].clone())
    })
    .map_err(|told| told.0)
}

/// A working copy made of files.
async fn copy_of(path: &Path, tree: &Tree) -> Result<Connection, String> {
    drop(SqliteStore::open(path).await.unwrap());
    let mut connection = Connection::open(path).unwrap();
    connection
        .pragma_update(None, "foreign_keys", true)
        .unwrap();
    read(&mut connection, tree)?;
    Ok(connection)
}

/// What every read of the state gives, in words.
async fn answers(store: &SqliteStore) -> String {
    let mut all = Vec::new();
    for place in [places(false), places(true)] {
        all.push(format!("{:?}", store.links(&place).await.unwrap()));
        all.push(format!("{:?}", store.parted_links(&place).await.unwrap()));
        all.push(format!("{:?}", store.open_intents(&place).await.unwrap()));
        all.push(format!("{:?}", store.quarantine(&place).await.unwrap()));
        all.push(format!("{:?}", store.open_conflicts(&place).await.unwrap()));
        all.push(format!("{:?}", store.learned(&place).await.unwrap()));
        all.push(format!("{:?}", store.repetitions(&place).await.unwrap()));
        all.push(format!(
            "{:?}",
            store.watermark(&place, &rule()).await.unwrap()
        ));
    }
    all.push(format!("{:?}", store.endpoints().await.unwrap()));
    all.push(format!("{:?}", store.losses(usize::MAX).await.unwrap()));
    all.push(format!("{:?}", store.runs(usize::MAX).await.unwrap()));
    all.push(format!("{:?}", store.conflicts(usize::MAX).await.unwrap()));
    all.push(format!("{:?}", store.audit(usize::MAX).await.unwrap()));
    all.push(format!("{:?}", store.made_fields().await.unwrap()));
    all.push(format!("{:?}", store.verify_audit().await.unwrap()));
    all.join("\n")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Files hold the whole state, and reading them and writing them again gives the same bytes.
    #[test]
    fn a_state_comes_back_from_its_files(doings in prop::collection::vec(doing(), 1..40)) {
        runtime().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = begun(&folder.path().join("a.db")).await;
            for (number, doing) in doings.into_iter().enumerate() {
                act(&store, number, doing).await;
            }
            let connection = Connection::open(store.path()).unwrap();
            let tree = export::everything(&connection).unwrap();
            let other = folder.path().join("b.db");
            let copy = copy_of(&other, &tree).await.unwrap();
            prop_assert_eq!(&export::everything(&copy).unwrap(), &tree);
            let again = SqliteStore::open(&other).await.unwrap();
            prop_assert_eq!(answers(&again).await, answers(&store).await);
            Ok(())
        })?;
    }

    /// What the working copy notes as touched is everything that changed: files that are kept up by it are
    /// the files that a whole export gives.
    #[test]
    fn touched_files_are_all_that_changed(
        doings in prop::collection::vec(doing(), 1..40),
        pushes in prop::collection::vec(any::<bool>(), 40),
    ) {
        runtime().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.db");
            drop(SqliteStore::open(&path).await.unwrap());
            let connection = Connection::open(&path).unwrap();
            install(&connection).unwrap();
            let store = begun(&path).await;
            let (mut kept, mut note) = (Tree::new(), 0);
            for (number, doing) in doings.into_iter().enumerate() {
                act(&store, number, doing).await;
                if !pushes[number] {
                    continue;
                }
                let (changes, last) = export::touched(&connection, note).unwrap();
                note = last;
                for (file, bytes) in changes {
                    match bytes {
                        Some(bytes) => kept.insert(file, bytes),
                        None => kept.remove(&file),
                    };
                }
                prop_assert!(!export::is_touched(&connection, note).unwrap());
                prop_assert_eq!(&kept, &export::everything(&connection).unwrap());
            }
            let _ = note;
            Ok(())
        })?;
    }
}

#[test]
fn the_files_know_every_column_of_the_state() {
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        drop(SqliteStore::open(&path).await.unwrap());
        let connection = Connection::open(&path).unwrap();
        let names = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let mut tables = names("SELECT name FROM sqlite_schema WHERE type = 'table'");
        tables.retain(|name| !name.starts_with("sqlite_"));
        tables.sort();
        let mut known: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        known.sort_unstable();
        assert_eq!(
            known, tables,
            "a new table has to be written into files too, and raises their format"
        );
        for table in TABLES {
            let name = table.name;
            let columns = names(&format!("SELECT name FROM pragma_table_info('{name}')"));
            let known: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
            assert_eq!(
                known, columns,
                "of `{name}`; a new column raises the format"
            );
        }
    });
}

/// A state with something in each table, and more audit rows than a chunk holds.
async fn full(path: &Path) -> (SqliteStore, Tree) {
    let store = begun(path).await;
    let doings = [
        Doing::Link(11, "hunter2".to_owned(), false),
        Doing::Link(12, "x".to_owned(), true),
        Doing::Write(11, "y".to_owned(), true),
        Doing::Write(12, "z".to_owned(), false),
        Doing::Refuse(13, "no".to_owned()),
        Doing::Ask(11, "hunter2".to_owned()),
        Doing::Learn("x".to_owned()),
        Doing::Make("Risk".to_owned()),
        Doing::Follow(3),
    ];
    for (number, doing) in doings.into_iter().enumerate() {
        act(&store, number, doing).await;
    }
    for number in 100..400 {
        act(&store, number, Doing::Write(11, "w".to_owned(), true)).await;
    }
    let outcome = RunOutcome {
        finished_at: at(9),
        exit_code: 0,
        applied: 1,
        failed: 0,
        summary: serde_json::json!({ "b": 1, "a": [1.5, null] }),
    };
    store
        .finish_run(&RunId("run-1".to_owned()), &outcome)
        .await
        .unwrap();
    let tree = export::everything(&Connection::open(path).unwrap()).unwrap();
    (store, tree)
}

#[test]
fn every_table_has_its_file_and_a_full_chunk_is_followed_by_the_next() {
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (_store, tree) = full(&folder.path().join("a.db")).await;
        let files: Vec<&str> = tree.keys().map(String::as_str).collect();
        assert_eq!(
            files,
            [
                "audit/000000.jsonl",
                "audit/000001.jsonl",
                "base_rows.jsonl",
                "conflicts/000000.jsonl",
                "endpoints.jsonl",
                "intents/000000.jsonl",
                "intents/000001.jsonl",
                "learned/000000.jsonl",
                "links/0b.jsonl",
                "links/0c.jsonl",
                "losses/000000.jsonl",
                "losses/000001.jsonl",
                "meta.jsonl",
                "quarantine/3.jsonl",
                "runs/000000.jsonl",
                "watermarks.jsonl",
                "written/0b.jsonl",
            ]
        );
        let lines = |file: &str| tree[file].split_inclusive(|byte| *byte == b'\n').count();
        assert_eq!(i64::try_from(lines("audit/000000.jsonl")).unwrap(), CHUNK);
        assert_eq!(lines("audit/000001.jsonl"), 301 - 256);
        let link = String::from_utf8(tree["links/0c.jsonl"].clone()).unwrap();
        assert_eq!(
            link,
            "{\"id\":\"link-12-true\",\"endpoints\":2,\"case_id\":12,\"work_item_id\":1012,\
             \"testworthy_project\":7,\"rule\":\"cases\",\"case_mark\":\"written\",\
             \"work_item_mark\":\"missing\",\"rev\":12,\
             \"recorded_at\":\"2026-09-21T14:13:32.000000000Z\",\
             \"base\":[[2,{\"text\":\"x\"},{\"set\":[\"b\",\"x\"]}]],\"state\":\"active\"}\n"
        );
    });
}
