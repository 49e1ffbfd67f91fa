//! Opening the file: settings, format and migrations.

use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::store::sql::Fault;

/// One script per format; a file's format is how many of them it has seen (`user_version`).
pub(super) const MIGRATIONS: &[&str] = &[
    concat!(
        include_str!("../schema/0001.sql"),
        include_str!("append_only_0001.sql")
    ),
    concat!(
        include_str!("../schema/0002.sql"),
        include_str!("append_only_0002.sql")
    ),
    include_str!("../schema/0003.sql"),
];

/// For each older format, from the first on, a script that shows a file of it as the newest one would,
/// within one connection and without a change of the file.
const AS_NEWEST: &[&str] = &[
    concat!(
        include_str!("format_1_as_2.sql"),
        include_str!("format_2_as_3.sql")
    ),
    include_str!("format_2_as_3.sql"),
];

/// `ACRD`: tells the state from other programs' SQLite files.
const APPLICATION_ID: i64 = 0x4143_5244;

/// What to do about a file that is not ours.
const FOREIGN: &str =
    "this is an SQLite file of another program; check `state.sqlite` of the project";

/// As many statements stay prepared: more than a transaction of a run uses.
const STATEMENTS: usize = 64;

/// How long a statement waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// How long it takes until what SQLite does not wait for is tried again.
const RETRY: Duration = Duration::from_millis(5);

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing yet.
    Empty,
    /// This many scripts have run.
    Version(usize),
}

/// Sets what holds for every connection.
pub(super) fn configure(connection: &Connection) -> Result<(), Fault> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)?;
    // A file from a stranger cannot make the database run more than its own schema.
    connection.pragma_update(None, "trusted_schema", false)?;
    // A statement keeps its plan whatever is bound to it; else it is compiled anew for many a value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Sets what holds for a connection that writes: a commit is on the disk when it returns, and readers
/// and the writer do not wait for each other.
pub(super) fn configure_writer(connection: &Connection) -> Result<(), Fault> {
    let start = Instant::now();
    // Where another process makes the same change SQLite does not wait (its documentation of `sqlite3_busy_handler`:
    // waiting could come to a deadlock), so this does.
    while let Err(error) = connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
        row.get::<_, String>(0)
    }) {
        let is_busy = error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        if !is_busy || start.elapsed() > BUSY {
            return Err(error.into());
        }
        std::thread::sleep(RETRY);
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(())
}

/// Reads the format; a fault if the file belongs to another program or to a newer version.
pub(super) fn format(connection: &Connection, known: usize) -> Result<Format, Fault> {
    // In one statement: another process may be making the schema.
    let (application, version, objects): (i64, i64, i64) = connection.query_row(
        "SELECT application_id, user_version, (SELECT COUNT(*) FROM sqlite_schema) \
         FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    if application == 0 && version == 0 && objects == 0 {
        return Ok(Format::Empty);
    }
    if application != APPLICATION_ID {
        return Err(Fault::Foreign(FOREIGN));
    }
    match usize::try_from(version) {
        Ok(version) if version > known => Err(Fault::TooNew {
            found: u32::try_from(version).unwrap_or(u32::MAX),
            known: u32::try_from(known).unwrap_or(u32::MAX),
        }),
        Ok(version) if version > 0 => Ok(Format::Version(version)),
        _ => Err(Fault::Foreign(FOREIGN)),
    }
}

/// Brings the file to the newest format, all in one transaction.
pub(super) fn migrate(connection: &mut Connection, scripts: &[&str]) -> Result<(), Fault> {
    if format(connection, scripts.len())? == Format::Version(scripts.len()) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let done = match format(&transaction, scripts.len())? {
        Format::Empty => 0,
        Format::Version(version) => version,
    };
    for script in &scripts[done..] {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    let version = i64::try_from(scripts.len()).unwrap_or(i64::MAX);
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()?;
    Ok(())
}

/// Lets a connection that only reads see a file of `version`, an older format, as the newest one. The
/// file, which may be another's to write, stays as it is.
pub(super) fn show_as_newest(connection: &Connection, version: usize) -> Result<(), Fault> {
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    match AS_NEWEST.get(version - 1) {
        Some(script) => Ok(connection.execute_batch(script)?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::sql::{self, STATEMENTS as ALL};

    const FIRST: &str = "CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('kept');";
    const SECOND: &str = "ALTER TABLE a ADD COLUMN y TEXT;";

    fn memory() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    #[test]
    fn migrations_run_once_and_keep_what_is_there() {
        let mut connection = memory();
        migrate(&mut connection, &[FIRST]).unwrap();
        migrate(&mut connection, &[FIRST]).unwrap();
        migrate(&mut connection, &[FIRST, SECOND]).unwrap();
        migrate(&mut connection, &[FIRST, SECOND]).unwrap();
        assert_eq!(format(&connection, 2).unwrap(), Format::Version(2));
        let row: (String, Option<String>) = connection
            .query_row("SELECT x, y FROM a", [], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap();
        assert_eq!(row, ("kept".to_owned(), None));
    }

    #[test]
    fn a_failing_migration_leaves_the_old_format() {
        let mut connection = memory();
        migrate(&mut connection, &[FIRST]).unwrap();
        let broken = "CREATE TABLE b (x TEXT); CREATE TABLE a (x TEXT);";
        assert!(migrate(&mut connection, &[FIRST, broken]).is_err());
        assert_eq!(format(&connection, 2).unwrap(), Format::Version(1));
        assert!(
            connection
                .query_row("SELECT x FROM b", [], |_| Ok(()))
                .is_err()
        );
    }

    #[test]
    fn a_newer_format_is_refused() {
        let mut connection = memory();
        migrate(&mut connection, &[FIRST, SECOND]).unwrap();
        let fault = migrate(&mut connection, &[FIRST]).unwrap_err();
        assert!(
            matches!(fault, Fault::TooNew { found: 2, known: 1 }),
            "{fault:?}"
        );
    }

    #[test]
    fn another_programs_file_is_refused() {
        let mut connection = memory();
        connection
            .execute_batch("CREATE TABLE notes (x TEXT)")
            .unwrap();
        assert!(matches!(
            migrate(&mut connection, &[FIRST]),
            Err(Fault::Foreign(_))
        ));
    }

    #[test]
    fn a_writer_waits_for_the_disk_and_checks_references() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("state.db")).unwrap();
        configure(&connection).unwrap();
        configure_writer(&connection).unwrap();
        let number = |sql| {
            connection
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(number("PRAGMA synchronous"), 2, "FULL");
        assert_eq!(number("PRAGMA foreign_keys"), 1);
    }

    #[test]
    fn the_real_scripts_run() {
        let mut connection = memory();
        migrate(&mut connection, MIGRATIONS).unwrap();
        assert_eq!(
            format(&connection, MIGRATIONS.len()).unwrap(),
            Format::Version(MIGRATIONS.len())
        );
    }

    /// Tables and views of a connection, the temporary ones before those of the file, with their columns.
    fn columns(connection: &Connection) -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::new();
        for schema in ["main", "temp"] {
            let names: Vec<String> = connection
                .prepare(&format!(
                    "SELECT name FROM {schema}.sqlite_schema WHERE type IN ('table', 'view')"
                ))
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            for name in names {
                let columns = connection
                    .prepare(&format!("PRAGMA {schema}.table_info({name})"))
                    .unwrap()
                    .query_map([], |row| row.get(1))
                    .unwrap()
                    .collect::<Result<_, _>>()
                    .unwrap();
                found.insert(name, columns);
            }
        }
        found
    }

    #[test]
    fn every_older_format_is_shown_with_the_columns_of_the_newest() {
        assert_eq!(AS_NEWEST.len(), MIGRATIONS.len() - 1);
        let mut newest = memory();
        migrate(&mut newest, MIGRATIONS).unwrap();
        for version in 1..MIGRATIONS.len() {
            let mut older = memory();
            migrate(&mut older, &MIGRATIONS[..version]).unwrap();
            show_as_newest(&older, version).unwrap();
            assert_eq!(columns(&older), columns(&newest), "format {version}");
            for (name, sql) in ALL {
                if sql.starts_with("SELECT") {
                    assert!(older.prepare(sql).is_ok(), "{name} on format {version}");
                }
            }
            assert_eq!(
                format(&older, MIGRATIONS.len()).unwrap(),
                Format::Version(version)
            );
        }
    }

    #[test]
    fn every_statement_fits_the_newest_format() {
        let mut connection = memory();
        migrate(&mut connection, MIGRATIONS).unwrap();
        for (name, sql) in ALL {
            if let Err(error) = connection.prepare(sql) {
                panic!("{name}: {error}");
            }
        }
    }

    /// What a query of many links reads: not the bases, where it does not need them.
    #[test]
    fn few_columns_of_many_links_are_read_without_their_bases() {
        let mut connection = memory();
        migrate(&mut connection, MIGRATIONS).unwrap();
        for sql in [sql::LINKS_PARTED, sql::PAIRS, sql::LINKS_BY_RULE] {
            let steps: Vec<String> = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map(
                    rusqlite::params_from_iter(vec![1; usize::from(sql.contains('$'))]),
                    |row| row.get(3),
                )
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert!(
                steps.iter().any(|step| step.contains("link_parted")),
                "{sql}: {steps:?}"
            );
        }
        let steps: Vec<String> = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {}", sql::LINKS_STANDING))
            .unwrap()
            .query_map([1, 1, 1, 1], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(
            steps.iter().all(|step| !step.starts_with("SCAN")),
            "{steps:?}"
        );
    }
}
