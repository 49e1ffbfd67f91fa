//! The queue of conflicts: rows into records and back.

use jiff::Timestamp;

use super::read::{endpoints_at, endpoints_id, limit_number, name_at};
use super::value::params;
use super::{Database, Fault, Row, collect, number, statement};
use crate::model::{
    CaseId, Closing, Conflict, ConflictChange, ConflictId, ConflictState, Endpoints, Sides,
    Subject, Take, Value, WorkItemId,
};
use crate::store::{PairConflicts, codec};

/// Conflicts between two places that are open or decided, by id.
pub(super) fn open(database: &dyn Database, at: &Endpoints) -> Result<Vec<Conflict>, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Vec::new());
    };
    collect(
        database,
        statement::CONFLICTS_OPEN,
        params![id],
        conflict_at,
    )
}

/// Conflicts of every place and state, newest first.
pub(super) fn newest(database: &dyn Database, limit: usize) -> Result<Vec<Conflict>, Fault> {
    let limit = limit_number(limit);
    collect(
        database,
        statement::CONFLICTS_NEWEST,
        params![limit],
        conflict_at,
    )
}

pub(super) fn one(database: &dyn Database, id: ConflictId) -> Result<Option<Conflict>, Fault> {
    Ok(collect(database, statement::CONFLICT, params![id.0], conflict_at)?.pop())
}

/// Writes a decision down or takes it back; `false` if the conflict is closed.
pub(super) fn decide(
    database: &dyn Database,
    id: ConflictId,
    take: Option<Take>,
    at: Timestamp,
) -> Result<bool, Fault> {
    let Some(conflict) = one(database, id)? else {
        return Err(Fault::Refused(format!("the state knows no conflict {id}")));
    };
    if let Some(take) = take.filter(|take| !take.fits(&conflict.subject)) {
        let take = take.key();
        let reason = format!("`{take}` does not decide what conflict {id} is about");
        return Err(Fault::Refused(reason));
    }
    let state = if take.is_some() { "decided" } else { "open" };
    let decided_at = take.map(|_| codec::time_text(at));
    let parameters = params![state, take.map(Take::key), decided_at, id.0];
    Ok(database.execute(statement::CONFLICT_DECIDE, parameters)? > 0)
}

/// Makes the changes of one pair, in their order.
pub(super) fn change(
    database: &dyn Database,
    endpoints: i64,
    changes: &PairConflicts,
) -> Result<(), Fault> {
    for change in &changes.changes {
        match change {
            ConflictChange::Open(subject) => {
                match meet(database, endpoints, changes, subject)? {
                    // What was decided about it could not be carried out: it waits for a person again.
                    Some(id) => reopen(database, id)?,
                    None => drop(insert(database, endpoints, changes, subject)?),
                }
            }
            ConflictChange::Note(subject, how) => {
                let id = match meet(database, endpoints, changes, subject)? {
                    Some(id) => id,
                    None => insert(database, endpoints, changes, subject)?,
                };
                close(database, id, *how, changes.at)?;
            }
            // One that is closed already, or that went with a state that was rebuilt, needs no end.
            ConflictChange::Close(id, how) => close(database, *id, *how, changes.at)?,
        }
    }
    Ok(())
}

/// Looks through what stands open about the row or the side of `subject`: the same conflict is given
/// back, every other one is superseded.
fn meet(
    database: &dyn Database,
    endpoints: i64,
    changes: &PairConflicts,
    subject: &Subject,
) -> Result<Option<ConflictId>, Fault> {
    let standing = collect(
        database,
        statement::CONFLICTS_OPEN_OF_PAIR,
        params![endpoints, changes.case.0, changes.work_item.0],
        conflict_at,
    )?;
    let mut same = None;
    for conflict in standing {
        if conflict.subject == *subject {
            same = Some(conflict.id);
        } else if is_about_the_same(&conflict.subject, subject) {
            close(database, conflict.id, Closing::Superseded, changes.at)?;
        }
    }
    Ok(same)
}

fn reopen(database: &dyn Database, id: ConflictId) -> Result<(), Fault> {
    let parameters = params!["open", None::<&str>, None::<&str>, id.0];
    database.execute(statement::CONFLICT_DECIDE, parameters)?;
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
    database: &dyn Database,
    id: ConflictId,
    how: Closing,
    at: Timestamp,
) -> Result<(), Fault> {
    let (closing, take) = codec::closing_texts(how);
    let parameters = params![closing, take, codec::time_text(at), id.0];
    database.execute(statement::CONFLICT_CLOSE, parameters)?;
    Ok(())
}

fn insert(
    database: &dyn Database,
    endpoints: i64,
    pair: &PairConflicts,
    subject: &Subject,
) -> Result<ConflictId, Fault> {
    let id = number(database, statement::CONFLICT_NEXT, &[])?;
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
    let parameters = params![
        id,
        endpoints,
        pair.rule.as_str(),
        pair.case.0,
        pair.work_item.0,
        columns.kind,
        columns.row,
        columns.side,
        columns.cause,
        i64::from(columns.edited),
        base_testworthy,
        base_azure_devops,
        testworthy,
        azure_devops,
        i64::from(columns.sensitive),
        opened_at,
    ];
    database.execute(statement::CONFLICT_INSERT, parameters)?;
    let id = u64::try_from(id).map_err(|_| codec::Unreadable::new("a conflict's number", id))?;
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
        opened_at: codec::time(&row.words(16)?)?,
        state: state_at(row)?,
    })
}

fn subject_at(row: &Row<'_>) -> Result<Subject, Fault> {
    match &*row.words(6)? {
        FIELD => {
            let base = row.maybe::<String>(11)?;
            Ok(Subject::Field {
                row: row.get(7)?,
                cause: codec::cause(&row.words(9)?)?,
                base: base.is_some().then(|| values_at(row, 11)).transpose()?,
                now: values_at(row, 13)?,
                sensitive: row.get(15)?,
            })
        }
        DELETED => Ok(Subject::Deleted {
            side: codec::system(&row.words(8)?)?,
            edited: row.get(10)?,
        }),
        other => Err(codec::Unreadable::new("a conflict's kind in the state", other).into()),
    }
}

/// The values of both sides, TestWorthy's in `column`, the other one's behind it.
fn values_at(row: &Row<'_>, column: usize) -> Result<Sides<Value>, Fault> {
    let value = |column| Ok::<_, Fault>(codec::json("a value in conflict", &row.words(column)?)?);
    Ok(Sides {
        testworthy: value(column)?,
        azure_devops: value(column + 1)?,
    })
}

fn state_at(row: &Row<'_>) -> Result<ConflictState, Fault> {
    let take = row.maybe::<String>(18)?;
    match &*row.words(17)? {
        "open" => Ok(ConflictState::Open),
        "decided" => Ok(ConflictState::Decided {
            take: codec::take(take.as_deref().unwrap_or_default())?,
            at: codec::time(&row.words(19)?)?,
        }),
        "closed" => Ok(ConflictState::Closed {
            how: codec::closing(&row.words(20)?, take.as_deref())?,
            at: codec::time(&row.words(21)?)?,
        }),
        other => Err(codec::Unreadable::new("a conflict's state in the state", other).into()),
    }
}
