//! The schema of the state: what there is, how it is made, how it is brought to the present format.

use super::address::PostgresAddress;
use super::connection::Connection;
use crate::store::sql::Fault;

/// One script per format, the same as SQLite runs; `accord_format` says how many have run. Numbers of
/// formats are SQLite's too.
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

/// What stands before every format: the format itself and the lease.
const FOUNDATION: &str = include_str!("foundation.sql");

/// `ACRD`: the first half of the advisory lock under which a schema is made; the other half is its name.
const ADVISORY: i32 = 0x4143_5244;

/// What to do about a schema that is not ours.
const FOREIGN: &str = "the schema holds tables of another program; name an empty one by \
    `options=-csearch_path%3DNAME` in the address";

/// What a database holds of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// No schema, or nothing in it.
    Empty,
    /// This many scripts have run; none of them is a lease without a state.
    Version(usize),
}

/// Reads the format; a fault if the schema belongs to another program or to a newer version.
pub(super) fn format(connection: &Connection, schema: &str, known: usize) -> Result<Format, Fault> {
    let counts = connection.row(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE c.relname = 'accord_format') \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'p', 'f')",
        &[&schema],
    )?;
    let (tables, ours): (i64, i64) = match counts {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (0, 0),
    };
    if tables == 0 {
        return Ok(Format::Empty);
    }
    if ours == 0 {
        return Err(Fault::Foreign(FOREIGN));
    }
    let version = connection.row("SELECT version FROM accord_format", &[])?;
    let version: i64 = match version {
        Some(row) => row.try_get(0)?,
        None => return Err(Fault::Foreign(FOREIGN)),
    };
    match usize::try_from(version) {
        Ok(version) if version > known => Err(Fault::TooNew {
            found: u32::try_from(version).unwrap_or(u32::MAX),
            known: u32::try_from(known).unwrap_or(u32::MAX),
        }),
        Ok(version) => Ok(Format::Version(version)),
        Err(_) => Err(Fault::Foreign(FOREIGN)),
    }
}

/// Makes schema, format and lease where they are missing. Several programs may do so at once.
pub(super) fn found(connection: &Connection, address: &PostgresAddress) -> Result<(), Fault> {
    let schema = &address.schema;
    if format(connection, schema, MIGRATIONS.len())? != Format::Empty {
        return Ok(());
    }
    let make = || {
        lock(connection, schema)?;
        // Another process may have been faster.
        if format(connection, schema, MIGRATIONS.len())? != Format::Empty {
            return Ok(());
        }
        let there = connection.row("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[schema])?;
        // Even `IF NOT EXISTS` needs the right to create one.
        if there.is_none() {
            connection.run(&format!("CREATE SCHEMA \"{schema}\""))?;
        }
        connection.run(FOUNDATION)
    };
    connection.run("BEGIN")?;
    let outcome = make();
    connection.run(if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    outcome
}

/// Brings the schema to the newest format, inside a transaction of the caller.
pub(super) fn migrate(
    connection: &Connection,
    schema: &str,
    scripts: &[&str],
) -> Result<(), Fault> {
    lock(connection, schema)?;
    let done = match format(connection, schema, scripts.len())? {
        Format::Version(version) => version,
        Format::Empty => {
            let reason = "the schema was removed while it was opened; try again".to_owned();
            return Err(Fault::Refused(reason));
        }
    };
    for script in &scripts[done..] {
        connection.run(&in_dialect(script))?;
    }
    if done < scripts.len() {
        let version = i64::try_from(scripts.len()).unwrap_or(i64::MAX);
        connection.change("UPDATE accord_format SET version = $1", &[&version])?;
    }
    Ok(())
}

/// Until the end of the transaction nobody else makes or migrates this schema.
fn lock(connection: &Connection, schema: &str) -> Result<(), Fault> {
    let sql = "SELECT pg_advisory_xact_lock($1, hashtext($2))";
    connection.row(sql, &[&ADVISORY, &schema]).map(drop)
}

/// Texts are compared by their bytes, as SQLite does: by the database's own collation, the order of
/// names and times would be another one on every server.
fn in_dialect(script: &str) -> String {
    script.replace(" TEXT", " TEXT COLLATE \"C\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_column_is_compared_by_its_bytes() {
        for script in MIGRATIONS {
            let script: String = script
                .lines()
                .map(|line| line.split("--").next().unwrap_or_default())
                .collect::<Vec<_>>()
                .join("\n");
            let dialect = in_dialect(&script);
            assert_eq!(
                dialect.matches("TEXT").count(),
                dialect.matches(" TEXT COLLATE \"C\"").count()
            );
        }
    }

    /// Both databases have the same formats: a script that one has and the other has not would make
    /// states of different shapes with one number.
    #[test]
    fn every_common_script_is_run() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/schema");
        let scripts = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(scripts, MIGRATIONS.len());
    }
}
