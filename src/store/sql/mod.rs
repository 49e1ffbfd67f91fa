//! The state in a database, whichever it is: one code and one set of SQL over a small synchronous port.
//!
//! [`Database`] is the port. A backend lends it to the closures that [`Backend::read`] and
//! [`Backend::write`] run: each read sees one moment of the state, each write is one transaction. What
//! differs between databases (opening, migrations, locks) stays with the backend.

mod check;
mod fault;
mod learned;
mod queue;
mod read;
mod statement;
mod store;
mod value;
mod write;

pub(super) use check::told;
pub(super) use fault::{DAMAGED, Fault};
#[cfg(test)]
pub(super) use statement::ALL as STATEMENTS;
#[cfg(test)]
pub(super) use statement::{LINKS_BY_RULE, LINKS_PARTED, LINKS_STANDING, PAIRS};
pub(super) use store::{Backend, blocking};
pub(super) use value::{Columns, Param, Row};

/// Takes a row; `false` wants no more of them.
pub(super) type EachRow<'a> = dyn FnMut(&Row<'_>) -> Result<bool, Fault> + 'a;

/// A connection inside one transaction, or inside one moment of the state.
pub(super) trait Database {
    /// Runs a query and hands its rows over as they come: many are never held at once. `each` must not
    /// use the database.
    fn each_row(
        &self,
        sql: &'static str,
        parameters: &[Param<'_>],
        each: &mut EachRow<'_>,
    ) -> Result<(), Fault>;

    /// Runs a statement; the number of rows that it changed. [`Fault::Duplicate`] for a row whose key
    /// another one has: the transaction cannot go on then.
    fn execute(&self, sql: &'static str, parameters: &[Param<'_>]) -> Result<u64, Fault>;

    /// What the database itself finds wrong with its storage, in words.
    fn damage(&self) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }

    /// Rows of any table but `link` that name places which are not there, in words. A database whose
    /// references cannot be switched off has none.
    fn strays(&self) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }
}

/// Runs a query and turns each row into a record.
fn collect<T>(
    database: &dyn Database,
    sql: &'static str,
    parameters: &[Param<'_>],
    record: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut records = Vec::new();
    database.each_row(sql, parameters, &mut |row| {
        records.push(record(row)?);
        Ok(true)
    })?;
    Ok(records)
}

/// The first row of a query as a record, if there is one.
fn first<T>(
    database: &dyn Database,
    sql: &'static str,
    parameters: &[Param<'_>],
    record: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    let mut found = None;
    database.each_row(sql, parameters, &mut |row| {
        found = Some(record(row)?);
        Ok(false)
    })?;
    Ok(found)
}

/// The number that a query of one row and one column gives.
fn number(
    database: &dyn Database,
    sql: &'static str,
    parameters: &[Param<'_>],
) -> Result<i64, Fault> {
    let found = first(database, sql, parameters, |row| row.get(0))?;
    found.ok_or_else(|| Fault::Refused("the database gave no number".to_owned()))
}
