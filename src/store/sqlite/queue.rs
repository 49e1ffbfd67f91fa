//! The queue of conflicts: rows into records and back.

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql};

use super::fault::Fault;
use super::read::{collect, endpoints_at, endpoints_id, limit_number, name_at, text};
use crate::model::{
    CaseId, Closing, Conflict, ConflictChange, ConflictId, ConflictState, Endpoints, Sides,
    Subject, Take, Value, WorkItemId,
};
use crate::store::{PairConflicts, codec, statement};

/// Conflicts between two places that are open or decided, by id.
pub(super) fn open(connection: &Connection, at: &Endpoints) -> Result<Vec<Conflict>, Fault> {
    let Some(id) = endpoints_id(connection, at)? else {
        return Ok(Vec::new());
    };
    collect(connection, statement::CONFLICTS_OPEN, &[&id], conflict_at)
}

/// Conflicts of every place and state, newest first.
pub(super) fn newest(connection: &Connection, limit: usize) -> Result<Vec<Conflict>, Fault> {
    let limit = limit_number(limit);
    collect(
        connection,
        statement::CONFLICTS_NEWEST,
        &[&limit],
        conflict_at,
    )
}

pub(super) fn one(connection: &Connection, id: ConflictId) -> Result<Option<Conflict>, Fault> {
    Ok(collect(connection, statement::CONFLICT, &[&id.0], conflict_at)?.pop())
}

/// Writes a decision down or takes it back; `false` if the conflict is closed.
pub(super) fn decide(
    connection: &Connection,
    id: ConflictId,
    take: Option<Take>,
    at: Timestamp,
) -> Result<bool, Fault> {
    let Some(conflict) = one(connection, id)? else {
        return Err(Fault::Refused(format!("the state knows no conflict {id}")));
    };
    if let Some(take) = take.filter(|take| !take.fits(&conflict.subject)) {
        let take = take.key();
        let reason = format!("`{take}` does not decide what conflict {id} is about");
        return Err(Fault::Refused(reason));
    }
    let state = if take.is_some() { "decided" } else { "open" };
    let changed = connection
        .prepare_cached(statement::CONFLICT_DECIDE)?
        .execute((
            state,
            take.map(Take::key),
            take.map(|_| codec::time_text(at)),
            id.0,
        ))?;
    Ok(changed > 0)
}

/// Makes the changes of one pair, in their order.
pub(super) fn change(
    connection: &Connection,
    endpoints: i64,
    changes: &PairConflicts,
) -> Result<(), Fault> {
    for change in &changes.changes {
        match change {
            ConflictChange::Open(subject) => {
                match meet(connection, endpoints, changes, subject)? {
                    // What was decided about it could not be carried out: it waits for a person again.
                    Some(id) => reopen(connection, id)?,
                    None => drop(insert(connection, endpoints, changes, subject)?),
                }
            }
            ConflictChange::Note(subject, how) => {
                let id = match meet(connection, endpoints, changes, subject)? {
                    Some(id) => id,
                    None => insert(connection, endpoints, changes, subject)?,
                };
                close(connection, id, *how, changes.at)?;
            }
            // One that is closed already, or that went with a state that was rebuilt, needs no end.
            ConflictChange::Close(id, how) => close(connection, *id, *how, changes.at)?,
        }
    }
    Ok(())
}

/// Looks through what stands open about the row or the side of `subject`: the same conflict is given
/// back, every other one is superseded.
fn meet(
    connection: &Connection,
    endpoints: i64,
    changes: &PairConflicts,
    subject: &Subject,
) -> Result<Option<ConflictId>, Fault> {
    let standing = collect(
        connection,
        statement::CONFLICTS_OPEN_OF_PAIR,
        &[&endpoints, &changes.case.0, &changes.work_item.0],
        conflict_at,
    )?;
    let mut same = None;
    for conflict in standing {
        if conflict.subject == *subject {
            same = Some(conflict.id);
        } else if is_about_the_same(&conflict.subject, subject) {
            close(connection, conflict.id, Closing::Superseded, changes.at)?;
        }
    }
    Ok(same)
}

fn reopen(connection: &Connection, id: ConflictId) -> Result<(), Fault> {
    connection
        .prepare_cached(statement::CONFLICT_DECIDE)?
        .execute(("open", None::<&str>, None::<String>, id.0))?;
    Ok(())
}

fn is_about_the_same(one: &Subject, other: &Subject) -> bool {
    match (one, other) {
        (Subject::Field { row: one, .. }, Subject::Field { row: other, .. }) => one == other,
        (Subject::Deleted { side: one, .. }, Subject::Deleted { side: other, .. }) => one == other,
        _ => false,
    }
}

fn close(
    connection: &Connection,
    id: ConflictId,
    how: Closing,
    at: Timestamp,
) -> Result<(), Fault> {
    let (closing, take) = codec::closing_texts(how);
    connection
        .prepare_cached(statement::CONFLICT_CLOSE)?
        .execute((closing, take, codec::time_text(at), id.0))?;
    Ok(())
}

fn insert(
    connection: &Connection,
    endpoints: i64,
    pair: &PairConflicts,
    subject: &Subject,
) -> Result<ConflictId, Fault> {
    let id: u64 = connection
        .prepare_cached(statement::CONFLICT_NEXT)?
        .query_row([], |row| row.get(0))?;
    let mut columns = Columns::default();
    match subject {
        Subject::Field {
            row,
            cause,
            base,
            now,
            sensitive,
        } => {
            columns.kind = FIELD;
            columns.row = Some(row);
            columns.cause = Some(codec::cause_text(*cause));
            columns.base = base
                .as_ref()
                .map(|base| base.clone().map(|_, value| codec::value_text(&value)));
            columns.now = Some(now.clone().map(|_, value| codec::value_text(&value)));
            columns.sensitive = *sensitive;
        }
        Subject::Deleted { side, edited } => {
            columns.kind = DELETED;
            columns.side = Some(side.key());
            columns.edited = *edited;
        }
    }
    let (base_testworthy, base_azure_devops) = both(columns.base);
    let (testworthy, azure_devops) = both(columns.now);
    let opened_at = codec::time_text(pair.at);
    let parameters: [&dyn ToSql; 16] = [
        &id,
        &endpoints,
        &pair.rule.as_str(),
        &pair.case.0,
        &pair.work_item.0,
        &columns.kind,
        &columns.row,
        &columns.side,
        &columns.cause,
        &i64::from(columns.edited),
        &base_testworthy,
        &base_azure_devops,
        &testworthy,
        &azure_devops,
        &i64::from(columns.sensitive),
        &opened_at,
    ];
    connection
        .prepare_cached(statement::CONFLICT_INSERT)?
        .execute(parameters)?;
    Ok(ConflictId(id))
}

const FIELD: &str = "field";
const DELETED: &str = "deleted";

/// The columns of a subject.
#[derive(Default)]
struct Columns<'a> {
    kind: &'static str,
    row: Option<&'a str>,
    side: Option<&'static str>,
    cause: Option<&'static str>,
    edited: bool,
    base: Option<Sides<String>>,
    now: Option<Sides<String>>,
    sensitive: bool,
}

fn both(sides: Option<Sides<String>>) -> (Option<String>, Option<String>) {
    sides.map_or((None, None), |sides| {
        (Some(sides.testworthy), Some(sides.azure_devops))
    })
}

pub(super) fn conflict_at(row: &Row<'_>) -> Result<Conflict, Fault> {
    Ok(Conflict {
        id: ConflictId(row.get(0)?),
        endpoints: endpoints_at(row, 1)?,
        rule: name_at(row, 3)?,
        case: CaseId(row.get(4)?),
        work_item: WorkItemId(row.get(5)?),
        subject: subject_at(row)?,
        opened_at: codec::time(text(row, 16)?)?,
        state: state_at(row)?,
    })
}

fn subject_at(row: &Row<'_>) -> Result<Subject, Fault> {
    match text(row, 6)? {
        FIELD => {
            let base: Option<String> = row.get(11)?;
            Ok(Subject::Field {
                row: row.get(7)?,
                cause: codec::cause(text(row, 9)?)?,
                base: base.is_some().then(|| values_at(row, 11)).transpose()?,
                now: values_at(row, 13)?,
                sensitive: row.get(15)?,
            })
        }
        DELETED => Ok(Subject::Deleted {
            side: codec::system(text(row, 8)?)?,
            edited: row.get(10)?,
        }),
        other => Err(codec::Unreadable::new("a conflict's kind in the state", other).into()),
    }
}

/// The values of both sides, TestWorthy's in `column`, the other one's behind it.
fn values_at(row: &Row<'_>, column: usize) -> Result<Sides<Value>, Fault> {
    let value = |column| Ok::<_, Fault>(codec::json("a value in conflict", text(row, column)?)?);
    Ok(Sides {
        testworthy: value(column)?,
        azure_devops: value(column + 1)?,
    })
}

fn state_at(row: &Row<'_>) -> Result<ConflictState, Fault> {
    let take: Option<String> = row.get(18)?;
    match text(row, 17)? {
        "open" => Ok(ConflictState::Open),
        "decided" => Ok(ConflictState::Decided {
            take: codec::take(take.as_deref().unwrap_or_default())?,
            at: codec::time(text(row, 19)?)?,
        }),
        "closed" => Ok(ConflictState::Closed {
            how: codec::closing(text(row, 20)?, take.as_deref())?,
            at: codec::time(text(row, 21)?)?,
        }),
        other => Err(codec::Unreadable::new("a conflict's state in the state", other).into()),
    }
}
