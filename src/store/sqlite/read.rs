//! Reading: rows into records.

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};

use super::fault::Fault;
use crate::model::{
    Base, CaseId, Endpoints, Link, LinkId, Name, OperationId, Rev, RunId, WorkItemId,
};
use crate::store::audit::Chain;
use crate::store::codec::{self, BaseRows};
use crate::store::{
    AuditCheck, AuditEntry, AuditRow, Intent, Loss, MadeField, PairsByRule, Quarantine, Run,
    RunOutcome, statement,
};

/// Runs a query and turns each row into a record.
pub(super) fn collect<T>(
    connection: &Connection,
    sql: &str,
    parameters: &[&dyn ToSql],
    record: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(row)?);
    }
    Ok(records)
}

/// The number of two places; `None` if nothing was ever recorded for them.
pub(super) fn endpoints_id(
    connection: &Connection,
    endpoints: &Endpoints,
) -> Result<Option<i64>, Fault> {
    Ok(connection
        .prepare_cached(statement::ENDPOINTS_ID)?
        .query_row((&endpoints.testworthy, &endpoints.azure_devops), |row| {
            row.get(0)
        })
        .optional()?)
}

pub(super) fn endpoints(connection: &Connection) -> Result<Vec<Endpoints>, Fault> {
    collect(connection, statement::ENDPOINTS_ALL, &[], |row| {
        endpoints_at(row, 1)
    })
}

pub(super) fn links(connection: &Connection, at: &Endpoints) -> Result<Vec<Link>, Fault> {
    links_by(connection, at, statement::LINKS)
}

pub(super) fn parted_links(connection: &Connection, at: &Endpoints) -> Result<Vec<Link>, Fault> {
    links_by(connection, at, statement::LINKS_PARTED)
}

fn links_by(connection: &Connection, at: &Endpoints, sql: &str) -> Result<Vec<Link>, Fault> {
    // One moment for both queries.
    let snapshot = connection.unchecked_transaction()?;
    let Some(id) = endpoints_id(&snapshot, at)? else {
        return Ok(Vec::new());
    };
    let known = base_rows(&snapshot)?;
    collect(&snapshot, sql, &[&id], |row| link_at(row, at, &known))
}

pub(super) fn links_of(
    connection: &Connection,
    at: &Endpoints,
    cases: &[CaseId],
) -> Result<Vec<Link>, Fault> {
    let snapshot = connection.unchecked_transaction()?;
    let Some(id) = endpoints_id(&snapshot, at)? else {
        return Ok(Vec::new());
    };
    let known = base_rows(&snapshot)?;
    let mut statement = snapshot.prepare_cached(statement::LINK_OF_CASE)?;
    let mut links = Vec::with_capacity(cases.len());
    for case in cases {
        let mut rows = statement.query((id, case.0))?;
        if let Some(row) = rows.next()? {
            links.push(link_at(row, at, &known)?);
        }
    }
    Ok(links)
}

pub(super) fn pairs(connection: &Connection, at: &Endpoints) -> Result<PairsByRule, Fault> {
    let snapshot = connection.unchecked_transaction()?;
    let Some(id) = endpoints_id(&snapshot, at)? else {
        return Ok(Vec::new());
    };
    let mut statement = snapshot.prepare_cached(statement::PAIRS)?;
    let mut rows = statement.query([id])?;
    let mut by_rule = PairsByRule::new();
    while let Some(row) = rows.next()? {
        let rule = text(row, 0)?;
        let pair = (CaseId(row.get(1)?), WorkItemId(row.get(2)?));
        match by_rule.last_mut() {
            Some((last, pairs)) if last.as_str() == rule => pairs.push(pair),
            _ => by_rule.push((codec::name(rule)?, vec![pair])),
        }
    }
    Ok(by_rule)
}

pub(super) fn base_rows(connection: &Connection) -> Result<BaseRows, Fault> {
    let known = collect(connection, statement::BASE_ROWS, &[], |row| {
        Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))
    })?;
    Ok(known.into_iter().collect())
}

pub(super) fn link_at(row: &Row<'_>, at: &Endpoints, known: &BaseRows) -> Result<Link, Fault> {
    let recorded_at: Option<String> = row.get(8)?;
    Ok(Link {
        state: codec::link_state(text(row, 10)?)?,
        id: LinkId(row.get(0)?),
        endpoints: at.clone(),
        case: CaseId(row.get(1)?),
        work_item: WorkItemId(row.get(2)?),
        testworthy_project: row.get(3)?,
        rule: name_at(row, 4)?,
        case_mark: codec::mark(text(row, 5)?)?,
        work_item_mark: codec::mark(text(row, 6)?)?,
        base: Base {
            fields: codec::base(text(row, 9)?, known)?,
            rev: row.get::<_, Option<u64>>(7)?.map(Rev),
            recorded_at: recorded_at.as_deref().map(codec::time).transpose()?,
        },
    })
}

pub(super) fn links_by_rule(connection: &Connection) -> Result<Vec<(Name, u64)>, Fault> {
    collect(connection, statement::LINKS_BY_RULE, &[], |row| {
        Ok((name_at(row, 0)?, row.get(1)?))
    })
}

pub(super) fn open_intents(connection: &Connection, at: &Endpoints) -> Result<Vec<Intent>, Fault> {
    let Some(id) = endpoints_id(connection, at)? else {
        return Ok(Vec::new());
    };
    collect(connection, statement::INTENTS_OPEN, &[&id], intent_at)
}

pub(super) fn intent(connection: &Connection, id: &OperationId) -> Result<Option<Intent>, Fault> {
    Ok(collect(connection, statement::INTENT, &[&id.0], intent_at)?.pop())
}

pub(super) fn intent_at(row: &Row<'_>) -> Result<Intent, Fault> {
    let (outcome, reason): (Option<String>, Option<String>) = (row.get(11)?, row.get(12)?);
    let rows: Option<String> = row.get(14)?;
    Ok(Intent {
        id: OperationId(row.get(0)?),
        run: RunId(row.get(1)?),
        endpoints: endpoints_at(row, 2)?,
        rule: name_at(row, 4)?,
        kind: codec::kind(text(row, 5)?)?,
        case: row.get::<_, Option<u64>>(6)?.map(CaseId),
        work_item: row.get::<_, Option<u64>>(7)?.map(WorkItemId),
        payload_digest: row.get(8)?,
        prepared_at: codec::time(text(row, 9)?)?,
        settles_at: codec::time(text(row, 10)?)?,
        expected_rev: row.get::<_, Option<u64>>(13)?.map(Rev),
        rows: codec::rows(rows.as_deref())?,
        outcome: codec::outcome(outcome.as_deref(), reason.as_deref())?,
    })
}

pub(super) fn quarantine(
    connection: &Connection,
    at: &Endpoints,
) -> Result<Vec<Quarantine>, Fault> {
    let Some(id) = endpoints_id(connection, at)? else {
        return Ok(Vec::new());
    };
    collect(connection, statement::QUARANTINE, &[&id], |row| {
        Ok(Quarantine {
            endpoints: at.clone(),
            key: row.get(0)?,
            rule: name_at(row, 1)?,
            payload_digest: row.get(2)?,
            reason: row.get(3)?,
            at: codec::time(text(row, 4)?)?,
        })
    })
}

pub(super) fn losses(connection: &Connection, limit: usize) -> Result<Vec<Loss>, Fault> {
    collect(
        connection,
        statement::LOSSES,
        &[&limit_number(limit)],
        |row| {
            Ok(Loss {
                operation: OperationId(row.get(0)?),
                endpoints: endpoints_at(row, 1)?,
                rule: name_at(row, 3)?,
                case: CaseId(row.get(4)?),
                work_item: WorkItemId(row.get(5)?),
                row: row.get(6)?,
                lost: codec::json("a lost value in the state", text(row, 7)?)?,
                written: codec::json("a written value in the state", text(row, 8)?)?,
                at: codec::time(text(row, 9)?)?,
            })
        },
    )
}

pub(super) fn loss_count(connection: &Connection) -> Result<u64, Fault> {
    Ok(connection
        .prepare_cached(statement::LOSS_COUNT)?
        .query_row([], |row| row.get(0))?)
}

pub(super) fn runs(connection: &Connection, limit: usize) -> Result<Vec<Run>, Fault> {
    collect(connection, statement::RUNS, &[&limit_number(limit)], run_at)
}

pub(super) fn last_carried_out(connection: &Connection) -> Result<Option<Run>, Fault> {
    Ok(collect(connection, statement::RUN_CARRIED_OUT, &[], run_at)?.pop())
}

fn run_at(row: &Row<'_>) -> Result<Run, Fault> {
    let finished_at: Option<String> = row.get(5)?;
    let outcome = match finished_at {
        None => None,
        Some(finished_at) => Some(RunOutcome {
            finished_at: codec::time(&finished_at)?,
            exit_code: row.get(6)?,
            applied: row.get(7)?,
            failed: row.get(8)?,
            summary: codec::json("a run's summary in the state", text(row, 9)?)?,
        }),
    };
    Ok(Run {
        id: RunId(row.get(0)?),
        started_at: codec::time(text(row, 1)?)?,
        config_digest: row.get(2)?,
        files: row.get(3)?,
        plan_id: row.get(4)?,
        outcome,
    })
}

pub(super) fn audit(connection: &Connection, limit: usize) -> Result<Vec<AuditRow>, Fault> {
    let limit = limit_number(limit);
    collect(connection, statement::AUDIT_NEWEST, &[&limit], audit_at)
}

/// The key in `meta` that says how many rows the audit has.
pub(super) const AUDIT_ROWS: &str = "audit_rows";

/// The key in `meta` that holds the fields that were made, a JSON list: they are few, and asked for as a
/// whole.
pub(super) const MADE_FIELDS: &str = "made_fields";

pub(super) fn made_fields(connection: &Connection) -> Result<Vec<MadeField>, Fault> {
    let kept: Option<String> = connection
        .prepare_cached(statement::META)?
        .query_row([MADE_FIELDS], |row| row.get(0))
        .optional()?;
    match kept {
        None => Ok(Vec::new()),
        Some(text) => Ok(codec::json("the made fields in the state", &text)?),
    }
}

pub(super) fn verify_audit(connection: &Connection) -> Result<AuditCheck, Fault> {
    let snapshot = connection.unchecked_transaction()?;
    let recorded: Option<String> = snapshot
        .prepare_cached(statement::META)?
        .query_row([AUDIT_ROWS], |row| row.get(0))
        .optional()?;
    let recorded = recorded.and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut chain = Chain::default();
    let mut statement = snapshot.prepare_cached(statement::AUDIT_ALL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Err(broken) = chain.take(&audit_at(row)?) {
            return Ok(broken);
        }
    }
    Ok(chain.finish(recorded))
}

fn audit_at(row: &Row<'_>) -> Result<AuditRow, Fault> {
    Ok(AuditRow {
        number: row.get(0)?,
        entry: AuditEntry {
            at: codec::time(text(row, 1)?)?,
            run: RunId(row.get(2)?),
            rule: name_at(row, 3)?,
            event: row.get(4)?,
            case: row.get::<_, Option<u64>>(5)?.map(CaseId),
            work_item: row.get::<_, Option<u64>>(6)?.map(WorkItemId),
            detail: row.get(7)?,
        },
        hash: row.get(8)?,
    })
}

pub(super) fn endpoints_at(row: &Row<'_>, column: usize) -> Result<Endpoints, Fault> {
    Ok(Endpoints {
        testworthy: row.get(column)?,
        azure_devops: row.get(column + 1)?,
    })
}

pub(super) fn name_at(row: &Row<'_>, column: usize) -> Result<Name, Fault> {
    Ok(codec::name(text(row, column)?)?)
}

/// A text without a copy.
pub(super) fn text<'row>(row: &'row Row<'_>, column: usize) -> Result<&'row str, Fault> {
    row.get_ref(column)?
        .as_str()
        .map_err(|error| Fault::Database(error.into()))
}

pub(super) fn limit_number(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
