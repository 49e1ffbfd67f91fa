//! What runs have learnt: how servers spell values, which changes do not stay, how far the feed was
//! followed.

use jiff::{SignedDuration, Timestamp};

use super::read::endpoints_id;
use super::value::params;
use super::{Database, Fault, collect, first, statement};
use crate::model::{
    CaseId, Endpoints, Equivalence, Learned, Name, Repetition, Repetitions, WorkItemId,
};
use crate::store::{Watermark, WrittenField, codec};

/// A change that was written longer ago says nothing about one that is written now.
const REPEATS_WITHIN: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn spellings(database: &dyn Database, at: &Endpoints) -> Result<Learned, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Learned::default());
    };
    let all = collect(database, statement::LEARNED, params![id], |row| {
        Ok(Equivalence {
            system: codec::system(&row.words(0)?)?,
            row_digest: row.get(1)?,
            sent: row.get(2)?,
            kept: row.get(3)?,
        })
    })?;
    Ok(all.into_iter().collect())
}

pub(super) fn put(
    database: &dyn Database,
    endpoints: i64,
    equivalence: &Equivalence,
) -> Result<(), Fault> {
    database.execute(
        statement::LEARNED_PUT,
        params![
            endpoints,
            equivalence.system.key(),
            &equivalence.row_digest,
            &equivalence.sent,
            &equivalence.kept,
        ],
    )?;
    Ok(())
}

pub(super) fn repetitions(database: &dyn Database, at: &Endpoints) -> Result<Repetitions, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Repetitions::default());
    };
    let all = collect(database, statement::WRITTEN, params![id], |row| {
        Ok(Repetition {
            case: CaseId(row.get(0)?),
            work_item: WorkItemId(row.get(1)?),
            row: row.get(2)?,
            system: codec::system(&row.words(3)?)?,
            before: row.get(4)?,
            after: row.get(5)?,
            times: row.get(6)?,
            at: codec::time(&row.words(7)?)?,
        })
    })?;
    Ok(all.into_iter().collect())
}

/// Counts a written field: the same change as the last one, within a day, once more; any other anew.
pub(super) fn count(
    database: &dyn Database,
    endpoints: i64,
    field: &WrittenField,
) -> Result<(), Fault> {
    database.execute(
        statement::WRITTEN_PUT,
        params![
            endpoints,
            field.case.0,
            &field.row,
            field.system.key(),
            field.work_item.0,
            &field.before,
            &field.after,
            codec::time_text(field.at),
            codec::time_text(oldest_that_counts(field.at)),
        ],
    )?;
    Ok(())
}

/// Drops what would not be counted on any more, so that this stays as small as one day's work.
pub(super) fn expire(database: &dyn Database, now: Timestamp) -> Result<(), Fault> {
    database.execute(
        statement::WRITTEN_EXPIRE,
        params![codec::time_text(oldest_that_counts(now))],
    )?;
    Ok(())
}

fn oldest_that_counts(now: Timestamp) -> Timestamp {
    now.checked_sub(REPEATS_WITHIN).unwrap_or(Timestamp::MIN)
}

pub(super) fn watermark(
    database: &dyn Database,
    at: &Endpoints,
    rule: &Name,
) -> Result<Option<Watermark>, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(None);
    };
    first(
        database,
        statement::WATERMARK,
        params![id, rule.as_str()],
        |row| {
            Ok(Watermark {
                token: row.get(0)?,
                full_scan_at: codec::time(&row.words(1)?)?,
                config_digest: row.get(2)?,
                dirty: codec::json("a rule's unread work items in the state", &row.words(3)?)?,
            })
        },
    )
}

pub(super) fn put_watermark(
    database: &dyn Database,
    endpoints: i64,
    rule: &Name,
    watermark: Option<&Watermark>,
) -> Result<(), Fault> {
    let Some(watermark) = watermark else {
        database.execute(
            statement::WATERMARK_REMOVE,
            params![endpoints, rule.as_str()],
        )?;
        return Ok(());
    };
    database.execute(
        statement::WATERMARK_PUT,
        params![
            endpoints,
            rule.as_str(),
            &watermark.token,
            codec::time_text(watermark.full_scan_at),
            &watermark.config_digest,
            codec::dirty_text(&watermark.dirty),
        ],
    )?;
    Ok(())
}
