//! A connection to SQLite as the port that all databases are used through.

use std::borrow::Cow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, ffi, params_from_iter};

use crate::store::sql::{Columns, DAMAGED, Database, EachRow, Fault, Param, told};

/// A connection inside a transaction.
pub(super) struct Sqlite<'a>(pub(super) &'a Connection);

impl Database for Sqlite<'_> {
    fn each_row(
        &self,
        sql: &'static str,
        parameters: &[Param<'_>],
        each: &mut EachRow<'_>,
    ) -> Result<(), Fault> {
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(bound(parameters)?))?;
        while let Some(row) = rows.next()? {
            if !each(&SqliteRow(row))? {
                break;
            }
        }
        Ok(())
    }

    fn execute(&self, sql: &'static str, parameters: &[Param<'_>]) -> Result<u64, Fault> {
        let mut statement = self.0.prepare_cached(sql)?;
        let changed = statement.execute(params_from_iter(bound(parameters)?))?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    fn damage(&self) -> Result<Vec<String>, Fault> {
        // As many as are told of one kind.
        told(self, "PRAGMA integrity_check(20)", |row| {
            let found = row.text(0)?.unwrap_or_default();
            Ok((found != "ok").then(|| format!("the file is damaged: {found}")))
        })
    }

    fn strays(&self) -> Result<Vec<String>, Fault> {
        told(self, "PRAGMA foreign_key_check", |row| {
            let table = row.text(0)?.unwrap_or_default();
            let what = format!("a row of `{table}` belongs to places that the state does not hold");
            Ok((table != "link").then_some(what))
        })
    }
}

/// What SQLite is handed of a parameter.
struct Bound<'a>(&'a Param<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Param::Null | Param::TooLarge(_) => ValueRef::Null,
            Param::Integer(number) => ValueRef::Integer(*number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn bound<'a>(parameters: &'a [Param<'a>]) -> Result<Vec<Bound<'a>>, Fault> {
    let too_large = parameters.iter().find_map(|parameter| match parameter {
        Param::TooLarge(number) => Some(Param::too_large(*number)),
        _ => None,
    });
    match too_large {
        Some(fault) => Err(fault),
        None => Ok(parameters.iter().map(Bound).collect()),
    }
}

struct SqliteRow<'a, 'b>(&'a rusqlite::Row<'b>);

impl Columns for SqliteRow<'_, '_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, Fault> {
        Ok(self.0.get(column)?)
    }

    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Fault> {
        let text = self.0.get_ref(column)?.as_str_or_null();
        Ok(text.map_err(rusqlite::Error::from)?.map(Cow::Borrowed))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let second = error.sqlite_extended_error_code().is_some_and(|code| {
            code == ffi::SQLITE_CONSTRAINT_UNIQUE || code == ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        });
        if second {
            return Self::Duplicate(error.to_string());
        }
        Self::Database {
            words: error.to_string(),
            reason: reason(&error),
        }
    }
}

fn reason(error: &rusqlite::Error) -> String {
    let help = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            return format!("the state is damaged ({error}); {DAMAGED}");
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program keeps the file locked; try again when it is done"
        }
        Some(ErrorCode::DiskFull) => "make room on the disk",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "check who owns the file and its folder, and their permissions"
        }
        _ => return error.to_string(),
    };
    format!("{error}; {help}")
}
