//! Everything in the state that contradicts itself, in words.
//!
//! An open intent is no contradiction, however old: it is what a run leaves that was killed, and the next
//! apply finds out what became of it.

use super::value::Cell;
use super::{Database, Fault, Row, queue, read, statement};
use crate::model::Endpoints;
use crate::store::AuditCheck;

/// Of one kind at most this many are told one by one.
const MOST: usize = 20;

pub(super) fn check(database: &dyn Database) -> Result<Vec<String>, Fault> {
    let damage = database.damage()?;
    if !damage.is_empty() {
        // What is read from damaged storage contradicts itself in any case.
        return Ok(damage);
    }
    let mut found = strays(database)?;
    found.extend(twice(database)?);
    found.extend(unreadable(database)?);
    found.extend(intents_without_run(database)?);
    found.extend(conflicts(database)?);
    match read::verify_audit(database) {
        Ok(AuditCheck::Intact { .. }) => {}
        Ok(AuditCheck::Broken { number, reason }) => {
            found.push(format!("the audit is broken at row {number}: {reason}"));
        }
        Err(fault) => found.push(format!("the audit cannot be read: {}", fault.words())),
    }
    Ok(found)
}

/// Rows that belong to places that are not there.
fn strays(database: &dyn Database) -> Result<Vec<String>, Fault> {
    let mut found = told(database, statement::CHECK_LINKS_NOWHERE, |row| {
        let (case, work_item) = (shown::<i64>(row, 0), shown::<i64>(row, 1));
        Ok(Some(format!(
            "the link of case {case} and work item {work_item} belongs to places that the state does \
            not hold"
        )))
    })?;
    found.extend(database.strays()?);
    Ok(found)
}

/// Items with more than one active link.
fn twice(database: &dyn Database) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    for (item, sql) in [
        ("case", statement::CHECK_CASES_TWICE),
        ("work item", statement::CHECK_WORK_ITEMS_TWICE),
    ] {
        found.extend(told(database, sql, |row| {
            let (id, links) = (shown::<i64>(row, 0), shown::<i64>(row, 1));
            Ok(Some(format!("{item} {id} has {links} active links")))
        })?);
    }
    Ok(found)
}

/// Records that hold what this version does not write.
fn unreadable(database: &dyn Database) -> Result<Vec<String>, Fault> {
    let known = read::base_rows(database)?;
    let nowhere = Endpoints {
        testworthy: String::new(),
        azure_devops: String::new(),
    };
    let mut found = told(database, statement::CHECK_LINKS, |row| {
        let Err(fault) = read::link_at(row, &nowhere, &known) else {
            return Ok(None);
        };
        let (case, work_item) = (shown::<i64>(row, 1), shown::<i64>(row, 2));
        let why = fault.words();
        Ok(Some(format!(
            "the link of case {case} and work item {work_item} cannot be read: {why}"
        )))
    })?;
    found.extend(told(database, statement::CHECK_INTENTS, |row| {
        let Err(fault) = read::intent_at(row) else {
            return Ok(None);
        };
        let id = shown::<String>(row, 0);
        let why = fault.words();
        Ok(Some(format!("the operation {id} cannot be read: {why}")))
    })?);
    found.extend(told(database, statement::CHECK_CONFLICTS, |row| {
        let Err(fault) = queue::conflict_at(row) else {
            return Ok(None);
        };
        let id = shown::<i64>(row, 0);
        let why = fault.words();
        Ok(Some(format!("conflict {id} cannot be read: {why}")))
    })?);
    Ok(found)
}

fn intents_without_run(database: &dyn Database) -> Result<Vec<String>, Fault> {
    told(database, statement::CHECK_INTENTS_WITHOUT_RUN, |row| {
        let (id, run) = (shown::<String>(row, 0), shown::<String>(row, 1));
        Ok(Some(format!(
            "the operation {id} belongs to run {run}, which the state does not hold"
        )))
    })
}

fn conflicts(database: &dyn Database) -> Result<Vec<String>, Fault> {
    let mut found = told(database, statement::CHECK_CONFLICTS_OF_NO_PAIR, |row| {
        let id = shown::<i64>(row, 0);
        let (case, work_item) = (shown::<i64>(row, 1), shown::<i64>(row, 2));
        Ok(Some(format!(
            "conflict {id} is open, and its case {case} and work item {work_item} are not linked"
        )))
    })?;
    found.extend(told(database, statement::CHECK_CONFLICTS_TWICE, |row| {
        let (case, work_item) = (shown::<i64>(row, 0), shown::<i64>(row, 1));
        let (what, times) = (shown::<String>(row, 2), shown::<i64>(row, 3));
        Ok(Some(format!(
            "case {case} and work item {work_item} have {times} open conflicts about `{what}`"
        )))
    })?);
    Ok(found)
}

/// A column of a row that may hold anything.
fn shown<T: Cell + ToString>(row: &Row<'_>, column: usize) -> String {
    row.get::<T>(column)
        .map_or_else(|_| "?".to_owned(), |value| value.to_string())
}

/// What `tell` says of the rows of a query, cut short after [`MOST`].
pub(in crate::store) fn told(
    database: &dyn Database,
    sql: &'static str,
    tell: impl Fn(&Row<'_>) -> Result<Option<String>, Fault>,
) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    let mut more = 0_u64;
    database.each_row(sql, &[], &mut |row| {
        match tell(row)? {
            Some(words) if found.len() < MOST => found.push(words),
            Some(_) => more += 1,
            None => {}
        }
        Ok(true)
    })?;
    if more > 0 {
        found.push(format!("and {more} more of this kind"));
    }
    Ok(found)
}
