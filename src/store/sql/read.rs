//! Reading: rows into records.

use super::value::params;
use super::{Database, Fault, Row, collect, first, number, statement};
use crate::model::{
    Base, CaseId, Endpoints, Link, LinkId, Name, OperationId, Rev, RunId, WorkItemId,
};
use crate::store::audit::Chain;
use crate::store::codec::{self, BaseRows};
use crate::store::{
    AuditCheck, AuditEntry, AuditRow, Intent, Loss, MadeField, PairsByRule, Quarantine, Run,
    RunOutcome,
};

/// The number of two places; `None` if nothing was ever recorded for them.
pub(super) fn endpoints_id(
    database: &dyn Database,
    endpoints: &Endpoints,
) -> Result<Option<i64>, Fault> {
    let places = params![&endpoints.testworthy, &endpoints.azure_devops];
    first(database, statement::ENDPOINTS_ID, places, |row| row.get(0))
}

pub(super) fn endpoints(database: &dyn Database) -> Result<Vec<Endpoints>, Fault> {
    collect(database, statement::ENDPOINTS_ALL, &[], |row| {
        endpoints_at(row, 1)
    })
}

pub(super) fn links(database: &dyn Database, at: &Endpoints) -> Result<Vec<Link>, Fault> {
    links_by(database, at, statement::LINKS)
}

pub(super) fn parted_links(database: &dyn Database, at: &Endpoints) -> Result<Vec<Link>, Fault> {
    links_by(database, at, statement::LINKS_PARTED)
}

fn links_by(
    database: &dyn Database,
    at: &Endpoints,
    sql: &'static str,
) -> Result<Vec<Link>, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Vec::new());
    };
    let known = base_rows(database)?;
    collect(database, sql, params![id], |row| link_at(row, at, &known))
}

pub(super) fn links_of(
    database: &dyn Database,
    at: &Endpoints,
    cases: &[CaseId],
) -> Result<Vec<Link>, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Vec::new());
    };
    let known = base_rows(database)?;
    let mut links = Vec::with_capacity(cases.len());
    for case in cases {
        let (sql, parameters) = (statement::LINK_OF_CASE, params![id, case.0]);
        links.extend(first(database, sql, parameters, |row| {
            link_at(row, at, &known)
        })?);
    }
    Ok(links)
}

pub(super) fn pairs(database: &dyn Database, at: &Endpoints) -> Result<PairsByRule, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Vec::new());
    };
    let mut by_rule = PairsByRule::new();
    database.each_row(statement::PAIRS, params![id], &mut |row| {
        let rule = row.words(0)?;
        let pair = (CaseId(row.get(1)?), WorkItemId(row.get(2)?));
        match by_rule.last_mut() {
            Some((last, pairs)) if last.as_str() == rule => pairs.push(pair),
            _ => by_rule.push((codec::name(&rule)?, vec![pair])),
        }
        Ok(true)
    })?;
    Ok(by_rule)
}

pub(super) fn base_rows(database: &dyn Database) -> Result<BaseRows, Fault> {
    let known = collect(database, statement::BASE_ROWS, &[], |row| {
        Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))
    })?;
    Ok(known.into_iter().collect())
}

pub(super) fn link_at(row: &Row<'_>, at: &Endpoints, known: &BaseRows) -> Result<Link, Fault> {
    let recorded_at = row.maybe::<String>(8)?;
    Ok(Link {
        state: codec::link_state(&row.words(10)?)?,
        id: LinkId(row.get(0)?),
        endpoints: at.clone(),
        case: CaseId(row.get(1)?),
        work_item: WorkItemId(row.get(2)?),
        testworthy_project: row.maybe(3)?,
        rule: name_at(row, 4)?,
        case_mark: codec::mark(&row.words(5)?)?,
        work_item_mark: codec::mark(&row.words(6)?)?,
        base: Base {
            fields: codec::base(&row.words(9)?, known)?,
            rev: row.maybe::<u64>(7)?.map(Rev),
            recorded_at: recorded_at.as_deref().map(codec::time).transpose()?,
        },
    })
}

pub(super) fn links_by_rule(database: &dyn Database) -> Result<Vec<(Name, u64)>, Fault> {
    collect(database, statement::LINKS_BY_RULE, &[], |row| {
        Ok((name_at(row, 0)?, row.get(1)?))
    })
}

pub(super) fn open_intents(database: &dyn Database, at: &Endpoints) -> Result<Vec<Intent>, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Vec::new());
    };
    collect(database, statement::INTENTS_OPEN, params![id], intent_at)
}

pub(super) fn intent(database: &dyn Database, id: &OperationId) -> Result<Option<Intent>, Fault> {
    Ok(collect(database, statement::INTENT, params![&id.0], intent_at)?.pop())
}

pub(super) fn intent_at(row: &Row<'_>) -> Result<Intent, Fault> {
    let (outcome, reason) = (row.maybe::<String>(11)?, row.maybe::<String>(12)?);
    let rows = row.maybe::<String>(14)?;
    Ok(Intent {
        id: OperationId(row.get(0)?),
        run: RunId(row.get(1)?),
        endpoints: endpoints_at(row, 2)?,
        rule: name_at(row, 4)?,
        kind: codec::kind(&row.words(5)?)?,
        case: row.maybe::<u64>(6)?.map(CaseId),
        work_item: row.maybe::<u64>(7)?.map(WorkItemId),
        payload_digest: row.get(8)?,
        prepared_at: codec::time(&row.words(9)?)?,
        settles_at: codec::time(&row.words(10)?)?,
        expected_rev: row.maybe::<u64>(13)?.map(Rev),
        rows: codec::rows(rows.as_deref())?,
        outcome: codec::outcome(outcome.as_deref(), reason.as_deref())?,
    })
}

pub(super) fn quarantine(
    database: &dyn Database,
    at: &Endpoints,
) -> Result<Vec<Quarantine>, Fault> {
    let Some(id) = endpoints_id(database, at)? else {
        return Ok(Vec::new());
    };
    collect(database, statement::QUARANTINE, params![id], |row| {
        Ok(Quarantine {
            endpoints: at.clone(),
            key: row.get(0)?,
            rule: name_at(row, 1)?,
            payload_digests: codec::digests(&row.words(2)?),
            reason: row.get(3)?,
            at: codec::time(&row.words(4)?)?,
            class: codec::refusal_class(row.maybe::<String>(5)?.as_deref())?,
            type_digest: row.maybe(6)?,
        })
    })
}

pub(super) fn losses(database: &dyn Database, limit: usize) -> Result<Vec<Loss>, Fault> {
    collect(
        database,
        statement::LOSSES,
        params![limit_number(limit)],
        |row| {
            Ok(Loss {
                operation: OperationId(row.get(0)?),
                endpoints: endpoints_at(row, 1)?,
                rule: name_at(row, 3)?,
                case: CaseId(row.get(4)?),
                work_item: WorkItemId(row.get(5)?),
                row: row.get(6)?,
                lost: codec::json("a lost value in the state", &row.words(7)?)?,
                written: codec::json("a written value in the state", &row.words(8)?)?,
                at: codec::time(&row.words(9)?)?,
            })
        },
    )
}

pub(super) fn loss_count(database: &dyn Database) -> Result<u64, Fault> {
    let count = number(database, statement::LOSS_COUNT, &[])?;
    Ok(u64::try_from(count).unwrap_or_default())
}

pub(super) fn runs(database: &dyn Database, limit: usize) -> Result<Vec<Run>, Fault> {
    collect(
        database,
        statement::RUNS,
        params![limit_number(limit)],
        run_at,
    )
}

pub(super) fn last_carried_out(database: &dyn Database) -> Result<Option<Run>, Fault> {
    Ok(collect(database, statement::RUN_CARRIED_OUT, &[], run_at)?.pop())
}

fn run_at(row: &Row<'_>) -> Result<Run, Fault> {
    let finished_at = row.maybe::<String>(5)?;
    let outcome = match finished_at {
        None => None,
        Some(finished_at) => Some(RunOutcome {
            finished_at: codec::time(&finished_at)?,
            exit_code: row.get(6)?,
            applied: row.get(7)?,
            failed: row.get(8)?,
            summary: codec::json("a run's summary in the state", &row.words(9)?)?,
        }),
    };
    Ok(Run {
        id: RunId(row.get(0)?),
        started_at: codec::time(&row.words(1)?)?,
        config_digest: row.get(2)?,
        files: row.get(3)?,
        plan_id: row.get(4)?,
        outcome,
    })
}

pub(super) fn audit(database: &dyn Database, limit: usize) -> Result<Vec<AuditRow>, Fault> {
    let limit = limit_number(limit);
    collect(database, statement::AUDIT_NEWEST, params![limit], audit_at)
}

/// The key in `meta` that says how many rows the audit has.
pub(super) const AUDIT_ROWS: &str = "audit_rows";

/// The key in `meta` that holds the fields that were made, a JSON list: they are few, and asked for as a
/// whole.
pub(super) const MADE_FIELDS: &str = "made_fields";

pub(super) fn made_fields(database: &dyn Database) -> Result<Vec<MadeField>, Fault> {
    match meta(database, MADE_FIELDS)? {
        None => Ok(Vec::new()),
        Some(text) => Ok(codec::json("the made fields in the state", &text)?),
    }
}

fn meta(database: &dyn Database, key: &str) -> Result<Option<String>, Fault> {
    first(database, statement::META, params![key], |row| row.get(0))
}

pub(super) fn verify_audit(database: &dyn Database) -> Result<AuditCheck, Fault> {
    let recorded = meta(database, AUDIT_ROWS)?;
    let recorded = recorded.and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut chain = Chain::default();
    let mut broken = None;
    database.each_row(statement::AUDIT_ALL, &[], &mut |row| {
        broken = chain.take(&audit_at(row)?).err();
        Ok(broken.is_none())
    })?;
    Ok(broken.unwrap_or_else(|| chain.finish(recorded)))
}

fn audit_at(row: &Row<'_>) -> Result<AuditRow, Fault> {
    Ok(AuditRow {
        number: row.get(0)?,
        entry: AuditEntry {
            at: codec::time(&row.words(1)?)?,
            run: RunId(row.get(2)?),
            rule: name_at(row, 3)?,
            event: row.get(4)?,
            case: row.maybe::<u64>(5)?.map(CaseId),
            work_item: row.maybe::<u64>(6)?.map(WorkItemId),
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
    Ok(codec::name(&row.words(column)?)?)
}

pub(super) fn limit_number(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
