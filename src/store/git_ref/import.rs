//! From files to a working copy. What is not what this version writes is refused, with its file and line.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::types::Value as Column;
use rusqlite::{Connection, ffi};
use serde_json::{Map, Value};

use super::layout::{
    CHUNK, FORMAT, FORMAT_FILE, Files, Kind, LEASE_FILE, README_FILE, TABLES, Table,
};

/// Why files are not a state that this version reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// A newer version wrote them.
    TooNew(u32),
    /// They are damaged, or something else.
    At {
        /// The file.
        file: String,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong, never with a value.
        reason: String,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooNew(found) => write!(f, "format {found} is newer than this version"),
            Self::At { file, line, reason } => {
                write!(f, "{file}")?;
                if let Some(line) = line {
                    write!(f, ":{line}")?;
                }
                write!(f, ": {reason}")
            }
        }
    }
}

fn damage(file: &str, line: Option<usize>, reason: impl Into<String>) -> Damage {
    Damage::At {
        file: file.to_owned(),
        line,
        reason: reason.into(),
    }
}

/// The text of [`FORMAT_FILE`].
pub(super) fn format_text() -> String {
    format!("{{\"accordState\":{FORMAT}}}\n")
}

/// The format that the files say to have; one that this version reads. What an older one lacks is absent
/// from its rows.
pub(super) fn check_format(text: &[u8]) -> Result<u32, Damage> {
    let read = || -> Option<u64> {
        let value: Value = serde_json::from_slice(text).ok()?;
        value.get("accordState")?.as_u64()
    };
    match read().map(|found| u32::try_from(found).unwrap_or(u32::MAX)) {
        Some(found) if (1..=FORMAT).contains(&found) => Ok(found),
        Some(found) if found > FORMAT => Err(Damage::TooNew(found)),
        _ => Err(damage(FORMAT_FILE, None, "it names no format")),
    }
}

/// The files of the state among the paths of a tree, in the order in which they have to be read.
pub(super) fn plan<'a>(
    paths: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<(&'static Table, i64, String)>, Damage> {
    let mut files = BTreeMap::new();
    for path in paths {
        if [FORMAT_FILE, LEASE_FILE, README_FILE].contains(&path) {
            continue;
        }
        let known = TABLES
            .iter()
            .enumerate()
            .find_map(|(place, table)| Some((place, table.number(path)?)));
        let Some((place, number)) = known else {
            return Err(damage(path, None, "no file of a state"));
        };
        files.insert((place, number), path.to_owned());
    }
    let mut planned: Vec<(&'static Table, i64, String)> = Vec::with_capacity(files.len());
    for ((place, number), path) in files {
        let table = &TABLES[place];
        if let Files::Chunks { .. } = table.files {
            let before = planned.last().filter(|(last, ..)| last.name == table.name);
            let expected = before.map_or(0, |(_, last, _)| last + 1);
            if number != expected {
                let missing = table.file(expected);
                return Err(damage(&missing, None, "the file is missing"));
            }
        }
        planned.push((table, number, path));
    }
    Ok(planned)
}

/// Reads files into an empty working copy, in one transaction. `read` gives the bytes of a planned file.
pub(super) fn fill<E: From<Damage> + From<rusqlite::Error>>(
    connection: &mut Connection,
    files: &[(&'static Table, i64, String)],
    mut read: impl FnMut(&str) -> Result<Vec<u8>, E>,
) -> Result<(), E> {
    let transaction = connection.transaction()?;
    for (index, (table, number, path)) in files.iter().enumerate() {
        let bytes = read(path)?;
        let next = files.get(index + 1);
        let is_last = next.is_none_or(|(next, ..)| next.name != table.name);
        one(&transaction, (table, *number, path), &bytes, is_last)?;
    }
    transaction.commit()?;
    Ok(())
}

fn one(
    connection: &Connection,
    (table, number, path): (&Table, i64, &str),
    bytes: &[u8],
    is_last: bool,
) -> Result<(), Damage> {
    let text = std::str::from_utf8(bytes).map_err(|_| damage(path, None, "no text in UTF-8"))?;
    if !text.ends_with('\n') {
        return Err(damage(path, None, "it is cut off"));
    }
    let broken = |line: Option<usize>, error: &rusqlite::Error| damage(path, line, words(error));
    let counts_rows = matches!(table.files, Files::Chunks { by: "rowid", .. });
    let mut statement = connection
        .prepare_cached(&insertion(table, counts_rows))
        .map_err(|error| broken(None, &error))?;
    let first = table.bounds(number).0;
    let mut rows: i64 = 0;
    for (index, line) in text.lines().enumerate() {
        let at = Some(index + 1);
        let mut columns = columns(table, line).map_err(|reason| damage(path, at, reason))?;
        let place = first + rows;
        match table.files {
            Files::Chunks { by: "rowid", .. } => columns.push(Column::Integer(place)),
            Files::Chunks { by, .. } => {
                let counted = table.columns.iter().position(|(name, _)| *name == by);
                if counted.and_then(|index| columns.get(index)) != Some(&Column::Integer(place)) {
                    return Err(damage(path, at, format!("row {place} belongs here")));
                }
            }
            Files::One(_) | Files::Shards { .. } => {}
        }
        statement
            .execute(rusqlite::params_from_iter(columns))
            .map_err(|error| broken(at, &error))?;
        rows += 1;
    }
    let is_chunk = matches!(table.files, Files::Chunks { .. });
    if is_chunk && (rows > CHUNK || (!is_last && rows < CHUNK)) {
        let reason = format!("it holds {rows} rows where {CHUNK} belong");
        return Err(damage(path, None, reason));
    }
    let sql = format!(
        "SELECT COUNT(*) FROM {} WHERE {}",
        table.name,
        table.condition()
    );
    let here: i64 = connection
        .prepare_cached(&sql)
        .and_then(|mut count| count.query_row(table.bounds(number), |row| row.get(0)))
        .map_err(|error| broken(None, &error))?;
    if !matches!(table.files, Files::One(_)) && here != rows {
        return Err(damage(
            path,
            None,
            "it holds rows that belong into other files",
        ));
    }
    Ok(())
}

fn insertion(table: &Table, counts_rows: bool) -> String {
    let mut names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    if counts_rows {
        names.push("rowid");
    }
    let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.name,
        names.join(", "),
        places.join(", ")
    )
}

/// The columns of one line, in the table's order.
fn columns(table: &Table, line: &str) -> Result<Vec<Column>, String> {
    // Not the parser's own words: they may show what stands there.
    let mut row: Map<String, Value> = serde_json::from_str(line)
        .map_err(|error| format!("no JSON object at column {}", error.column()))?;
    let mut columns = Vec::with_capacity(table.columns.len() + 1);
    for (name, kind) in table.columns {
        let column = match (kind, row.remove(*name)) {
            (_, None) => Column::Null,
            (Kind::Number, Some(Value::Number(number))) => match number.as_i64() {
                Some(number) => Column::Integer(number),
                None => return Err(format!("`{name}` is no whole number")),
            },
            (Kind::Text, Some(Value::String(text))) => Column::Text(text),
            (Kind::Json, Some(value)) => Column::Text(value.to_string()),
            (Kind::Number | Kind::Text, Some(_)) => {
                return Err(format!("`{name}` is of another type"));
            }
        };
        columns.push(column);
    }
    match row.keys().next() {
        None => Ok(columns),
        Some(_) => Err("it holds a key that this version does not know".to_owned()),
    }
}

/// What the database has against a row, without its content.
fn words(error: &rusqlite::Error) -> String {
    match error.sqlite_extended_error_code() {
        Some(
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => "the row, or an item of it, was there before".to_owned(),
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => {
            "it belongs to places that `endpoints.jsonl` does not hold".to_owned()
        }
        Some(ffi::SQLITE_CONSTRAINT_NOTNULL) => "a key is missing".to_owned(),
        _ => error.to_string(),
    }
}
