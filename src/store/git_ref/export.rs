//! From the working copy to files.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::layout::{Kind, TABLES, Table};

/// What changed in the working copy: each touched file with what it holds now; `None` if that is nothing.
pub(super) type Changes = BTreeMap<String, Option<Vec<u8>>>;

/// A row that cannot be written down.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritable {
    /// The database's own error.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// Something else stands there than this version writes. Never shows it.
    #[error("a row of `{table}` holds something unknown in `{column}`")]
    Content {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
}

/// The files that were touched behind the note `after`, as they are at one moment, and the last note.
pub(super) fn touched(connection: &Connection, after: i64) -> Result<(Changes, i64), Unwritable> {
    let snapshot = connection.unchecked_transaction()?;
    let mut files: BTreeSet<(String, i64)> = BTreeSet::new();
    let mut last = after;
    {
        let sql = "SELECT number, name, file FROM git_touched WHERE number > ?1 ORDER BY number";
        let mut statement = snapshot.prepare_cached(sql)?;
        let mut rows = statement.query([after])?;
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            files.insert((row.get(1)?, row.get(2)?));
        }
    }
    let mut changes = Changes::new();
    for (name, number) in files {
        let Some(table) = TABLES.iter().find(|table| table.name == name) else {
            continue;
        };
        let bytes = file(&snapshot, table, number)?;
        changes.insert(table.file(number), (!bytes.is_empty()).then_some(bytes));
    }
    Ok((changes, last))
}

/// Whether anything was touched behind the note `after`.
pub(super) fn is_touched(connection: &Connection, after: i64) -> Result<bool, rusqlite::Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM git_touched WHERE number > ?1)";
    connection
        .prepare_cached(sql)?
        .query_row([after], |row| row.get(0))
}

/// Every file of the state at one moment.
#[cfg(test)]
pub(super) fn everything(connection: &Connection) -> Result<BTreeMap<String, Vec<u8>>, Unwritable> {
    let snapshot = connection.unchecked_transaction()?;
    let mut files = BTreeMap::new();
    for table in TABLES {
        let numbers: Vec<i64> = snapshot
            .prepare(&table.numbers())?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for number in numbers {
            files.insert(table.file(number), file(&snapshot, table, number)?);
        }
    }
    Ok(files)
}

/// The bytes of one file; empty if it has no rows.
fn file(connection: &Connection, table: &Table, number: i64) -> Result<Vec<u8>, Unwritable> {
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {}",
        columns.join(", "),
        table.name,
        table.condition(),
        table.order
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(table.bounds(number))?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        let mut separator = '{';
        for (index, (column, kind)) in table.columns.iter().enumerate() {
            let unknown = || Unwritable::Content {
                table: table.name,
                column,
            };
            let written = match (kind, row.get_ref(index)?) {
                (_, ValueRef::Null) => continue,
                (Kind::Number, ValueRef::Integer(number)) => number.to_string(),
                (Kind::Text, ValueRef::Text(text)) => {
                    let text = std::str::from_utf8(text).map_err(|_| unknown())?;
                    serde_json::Value::from(text).to_string()
                }
                // It is JSON of one line: the store wrote it.
                (Kind::Json, ValueRef::Text(text)) if !text.contains(&b'\n') => {
                    std::str::from_utf8(text).map_err(|_| unknown())?.to_owned()
                }
                _ => return Err(unknown()),
            };
            bytes.extend_from_slice(format!("{separator}\"{column}\":{written}").as_bytes());
            separator = ',';
        }
        bytes.extend_from_slice(b"}\n");
    }
    Ok(bytes)
}
