//! Writing: records into rows, always inside a transaction of the caller.

use std::collections::HashMap;

use super::value::params;
use super::{Database, Fault, collect, first, learned, number, queue, read, statement};
use crate::model::{Endpoints, Link, LinkState, Name, OperationId, RunId};
use crate::store::{
    AuditEntry, Intent, IntentOutcome, Loss, MadeField, Quarantine, QuarantineChange, Record, Run,
    RunOutcome, audit, codec,
};

pub(super) fn begin_run(database: &dyn Database, run: &Run) -> Result<(), Fault> {
    database.execute(
        statement::RUN_INSERT,
        params![
            &run.id.0,
            codec::time_text(run.started_at),
            &run.config_digest,
            run.files,
            &run.plan_id,
        ],
    )?;
    learned::expire(database, run.started_at)?;
    match &run.outcome {
        Some(outcome) => finish_run(database, &run.id, outcome),
        None => Ok(()),
    }
}

pub(super) fn finish_run(
    database: &dyn Database,
    id: &RunId,
    outcome: &RunOutcome,
) -> Result<(), Fault> {
    let changed = database.execute(
        statement::RUN_END,
        params![
            codec::time_text(outcome.finished_at),
            outcome.exit_code,
            outcome.applied,
            outcome.failed,
            outcome.summary.to_string(),
            &id.0,
        ],
    )?;
    if changed == 0 {
        return Err(Fault::Refused(format!("the state knows no run {id}")));
    }
    Ok(())
}

/// Forgets what is kept for rules that are not in `known`, and ends what is open in the queue for their
/// links; the number of links.
pub(super) fn forget_rules(database: &dyn Database, known: &[Name]) -> Result<u64, Fault> {
    let rules: Vec<String> = collect(database, statement::RULES, &[], |row| row.get(0))?;
    let mut forgotten = 0;
    for rule in rules {
        if known.iter().any(|name| name.as_str() == rule) {
            continue;
        }
        // Both look for the links that go.
        for sql in [
            statement::CONFLICTS_CLOSE_OF_RULE,
            statement::WRITTEN_FORGET_RULE,
        ] {
            database.execute(sql, params![&rule])?;
        }
        let links = database.execute(statement::LINKS_FORGET, params![&rule])?;
        forgotten += links;
        for sql in [statement::QUARANTINE_FORGET, statement::WATERMARK_FORGET] {
            database.execute(sql, params![&rule])?;
        }
    }
    Ok(forgotten)
}

/// Forgets that these fields were made.
pub(super) fn forget_fields(database: &dyn Database, fields: &[MadeField]) -> Result<(), Fault> {
    let mut kept = read::made_fields(database)?;
    kept.retain(|made| !fields.iter().any(|gone| gone.is_same_field(made)));
    put_made_fields(database, &kept)
}

fn put_made_fields(database: &dyn Database, fields: &[MadeField]) -> Result<(), Fault> {
    let text = serde_json::to_string(fields).expect("texts are plain JSON");
    database.execute(statement::META_PUT, params![read::MADE_FIELDS, text])?;
    Ok(())
}

/// The writes of one transaction, with what they need again and again.
pub(super) struct Writer<'a> {
    database: &'a dyn Database,
    endpoints: HashMap<Endpoints, i64>,
    base_rows: HashMap<String, HashMap<String, i64>>,
    audit: Option<(u64, String)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(database: &'a dyn Database) -> Self {
        Self {
            database,
            endpoints: HashMap::new(),
            base_rows: HashMap::new(),
            audit: None,
        }
    }

    pub(super) fn prepare(&mut self, intents: &[Intent], losses: &[Loss]) -> Result<(), Fault> {
        for intent in intents {
            self.insert_intent(intent)?;
        }
        for loss in losses {
            self.insert_loss(loss)?;
        }
        Ok(())
    }

    pub(super) fn record(&mut self, records: &[Record]) -> Result<(), Fault> {
        for record in records {
            if let Some((id, outcome)) = &record.intent {
                self.end_intent(id, outcome)?;
            }
            // Before the link: what a record says of its conflicts goes before what its link means to them.
            if let Some(changes) = &record.conflicts {
                let endpoints = self.endpoints(&changes.endpoints)?;
                queue::change(self.database, endpoints, changes)?;
            }
            if let Some(link) = &record.link {
                self.put_link(link, time_of(record).as_deref())?;
            }
            match &record.quarantine {
                None => {}
                Some(QuarantineChange::Put(item)) => self.put_quarantine(item)?,
                Some(QuarantineChange::Release { endpoints, key }) => {
                    let endpoints = self.endpoints(endpoints)?;
                    self.database
                        .execute(statement::QUARANTINE_RELEASE, params![endpoints, key])?;
                }
            }
            if let Some(made) = &record.custom_field {
                let mut kept = read::made_fields(self.database)?;
                kept.retain(|known| !known.is_same_field(made));
                kept.push(made.clone());
                kept.sort();
                put_made_fields(self.database, &kept)?;
            }
            for (endpoints, equivalence) in &record.learned {
                let endpoints = self.endpoints(endpoints)?;
                learned::put(self.database, endpoints, equivalence)?;
            }
            for (endpoints, field) in &record.written {
                let endpoints = self.endpoints(endpoints)?;
                learned::count(self.database, endpoints, field)?;
            }
            if let Some(entry) = &record.audit {
                self.append_audit(entry)?;
            }
        }
        self.note_audit_rows()
    }

    fn insert_intent(&mut self, intent: &Intent) -> Result<(), Fault> {
        let endpoints = self.endpoints(&intent.endpoints)?;
        let outcome = intent.outcome.as_ref().map(codec::outcome_texts);
        let inserted = self.database.execute(
            statement::INTENT_INSERT,
            params![
                &intent.id.0,
                endpoints,
                &intent.run.0,
                intent.rule.as_str(),
                codec::kind_text(intent.kind),
                intent.case.map(|id| id.0),
                intent.work_item.map(|id| id.0),
                &intent.payload_digest,
                codec::time_text(intent.prepared_at),
                codec::time_text(intent.settles_at),
                outcome.map(|(text, _)| text),
                outcome.and_then(|(_, reason)| reason),
                intent.expected_rev.map(|rev| rev.0),
                codec::rows_text(&intent.rows),
            ],
        );
        match inserted {
            Err(Fault::Duplicate(_)) => Err(Fault::Refused(format!(
                "the operation {} was prepared before",
                intent.id
            ))),
            outcome => outcome.map(drop),
        }
    }

    fn insert_loss(&mut self, loss: &Loss) -> Result<(), Fault> {
        let endpoints = self.endpoints(&loss.endpoints)?;
        let number = self.number(statement::LOSS_NEXT)?;
        self.database.execute(
            statement::LOSS_INSERT,
            params![
                number,
                endpoints,
                &loss.operation.0,
                loss.rule.as_str(),
                loss.case.0,
                loss.work_item.0,
                &loss.row,
                codec::value_text(&loss.lost),
                codec::value_text(&loss.written),
                codec::time_text(loss.at),
            ],
        )?;
        Ok(())
    }

    /// The outcome of an intent is final: saying the same again is fine, another one is a defect.
    fn end_intent(&self, id: &OperationId, outcome: &IntentOutcome) -> Result<(), Fault> {
        let (text, reason) = codec::outcome_texts(outcome);
        let changed = self
            .database
            .execute(statement::INTENT_END, params![text, reason, &id.0])?;
        if changed > 0 {
            return Ok(());
        }
        let sql = statement::INTENT_OUTCOME;
        let before = first(self.database, sql, params![&id.0], |row| {
            row.maybe::<String>(0)
        })?;
        match before {
            None => Err(Fault::Refused(format!("the state knows no operation {id}"))),
            Some(Some(before)) if before != text => Err(Fault::Refused(format!(
                "the operation {id} ended as {before} and cannot end as {text} now"
            ))),
            Some(_) => Ok(()),
        }
    }

    fn put_link(&mut self, link: &Link, at: Option<&str>) -> Result<(), Fault> {
        let endpoints = self.endpoints(&link.endpoints)?;
        let (case, work_item) = (link.case.0, link.work_item.0);
        let standing = self.standing(endpoints, link)?;
        // The same pair under a new id is the same link: a run that was killed may come back with one.
        let pair = (endpoints, case, work_item);
        let known = standing.iter().find(|other| other.pair == pair);
        let id = known.map_or(&link.id.0, |known| &known.id);
        for other in &standing {
            if other.id == *id {
                // Made anew with another item: what was open about the one before is over.
                if other.pair != pair {
                    self.part(other.pair, at)?;
                }
                continue;
            }
            let shares =
                other.pair.0 == endpoints && (other.pair.1 == case || other.pair.2 == work_item);
            if shares && !other.active && link.state == LinkState::Active {
                self.part(other.pair, at)?;
                self.database
                    .execute(statement::LINK_REMOVE, params![&other.id])?;
            }
        }
        if link.state != LinkState::Active {
            self.part(pair, at)?;
        }
        let base = codec::base_text(&link.base.fields, |row, digest| self.base_row(row, digest))?;
        let put = self.database.execute(
            statement::LINK_PUT,
            params![
                id,
                endpoints,
                case,
                work_item,
                link.testworthy_project,
                link.rule.as_str(),
                codec::mark_text(link.case_mark),
                codec::mark_text(link.work_item_mark),
                link.base.rev.map(|rev| rev.0),
                link.base.recorded_at.map(codec::time_text),
                base,
                codec::link_state_text(link.state),
            ],
        );
        match put {
            Err(Fault::Duplicate(_)) => Err(Fault::AlreadyLinked { case, work_item }),
            outcome => outcome.map(drop),
        }
    }

    /// The link of this id and every one that holds either item.
    fn standing(&self, endpoints: i64, link: &Link) -> Result<Vec<Standing>, Fault> {
        let sql = statement::LINKS_STANDING;
        collect(
            self.database,
            sql,
            params![&link.id.0, endpoints, link.case.0, link.work_item.0],
            |row| {
                let state = codec::link_state(&row.words(4)?)?;
                Ok(Standing {
                    id: row.get(0)?,
                    pair: (row.get(1)?, row.get(2)?, row.get(3)?),
                    active: state == LinkState::Active,
                })
            },
        )
    }

    /// Ends what is kept for a pair that is kept in step no longer. `at` is when, if that is known.
    fn part(&self, (endpoints, case, work_item): Pair, at: Option<&str>) -> Result<(), Fault> {
        self.database.execute(
            statement::CONFLICTS_CLOSE_OF_PAIR,
            params![at, endpoints, case, work_item],
        )?;
        self.database
            .execute(statement::WRITTEN_FORGET_CASE, params![endpoints, case])?;
        Ok(())
    }

    fn put_quarantine(&mut self, item: &Quarantine) -> Result<(), Fault> {
        let endpoints = self.endpoints(&item.endpoints)?;
        self.database.execute(
            statement::QUARANTINE_PUT,
            params![
                endpoints,
                &item.key,
                item.rule.as_str(),
                codec::digests_text(&item.payload_digests),
                &item.reason,
                codec::time_text(item.at),
                item.class.key(),
                item.type_digest.as_ref(),
            ],
        )?;
        Ok(())
    }

    fn append_audit(&mut self, entry: &AuditEntry) -> Result<(), Fault> {
        let (last, previous) = match self.audit.take() {
            Some(last) => last,
            None => first(self.database, statement::AUDIT_LAST, &[], |row| {
                Ok((row.get::<u64>(0)?, row.get::<String>(1)?))
            })?
            .unwrap_or((0, audit::START.to_owned())),
        };
        let number = last + 1;
        let hash = audit::hash(&previous, number, entry);
        self.database.execute(
            statement::AUDIT_INSERT,
            params![
                number,
                codec::time_text(entry.at),
                &entry.run.0,
                entry.rule.as_str(),
                &entry.event,
                entry.case.map(|id| id.0),
                entry.work_item.map(|id| id.0),
                &entry.detail,
                &hash,
            ],
        )?;
        self.audit = Some((number, hash));
        Ok(())
    }

    /// Says how long the audit is, so that rows cut off at its end are missed.
    fn note_audit_rows(&self) -> Result<(), Fault> {
        if let Some((number, _)) = &self.audit {
            self.database.execute(
                statement::META_PUT,
                params![read::AUDIT_ROWS, number.to_string()],
            )?;
        }
        Ok(())
    }

    pub(super) fn endpoints(&mut self, endpoints: &Endpoints) -> Result<i64, Fault> {
        if let Some(id) = self.endpoints.get(endpoints) {
            return Ok(*id);
        }
        let id = if let Some(id) = read::endpoints_id(self.database, endpoints)? {
            id
        } else {
            let id = self.number(statement::ENDPOINTS_NEXT)?;
            self.database.execute(
                statement::ENDPOINTS_INSERT,
                params![id, &endpoints.testworthy, &endpoints.azure_devops],
            )?;
            id
        };
        self.endpoints.insert(endpoints.clone(), id);
        Ok(id)
    }

    fn base_row(&mut self, name: &str, digest: &str) -> Result<i64, Fault> {
        let known = self.base_rows.get(name).and_then(|ids| ids.get(digest));
        if let Some(id) = known {
            return Ok(*id);
        }
        let parameters = params![name, digest];
        let found = first(self.database, statement::BASE_ROW_ID, parameters, |row| {
            row.get(0)
        })?;
        let id = if let Some(id) = found {
            id
        } else {
            let id = self.number(statement::BASE_ROW_NEXT)?;
            self.database
                .execute(statement::BASE_ROW_INSERT, params![id, name, digest])?;
            id
        };
        let ids = self.base_rows.entry(name.to_owned()).or_default();
        ids.insert(digest.to_owned(), id);
        Ok(id)
    }

    fn number(&self, sql: &'static str) -> Result<i64, Fault> {
        number(self.database, sql, &[])
    }
}

/// The number of the places, the case, the work item.
type Pair = (i64, u64, u64);

/// A link that is there already.
struct Standing {
    id: String,
    pair: Pair,
    active: bool,
}

/// When a record happened, if it says so.
fn time_of(record: &Record) -> Option<String> {
    let told = [
        record.conflicts.as_ref().map(|changes| changes.at),
        record.audit.as_ref().map(|entry| entry.at),
        record.link.as_ref().and_then(|link| link.base.recorded_at),
    ];
    told.into_iter().flatten().next().map(codec::time_text)
}
