//! The test sync: what an apply would write, judged by the server that would get it, and nothing of it
//! stored anywhere.
//!
//! It observes and plans as `plan` does, takes a few samples of each kind ([`sample`]), and sends each to
//! Azure DevOps with `validateOnly=true`. It is handed [`Validators`], which have no method that writes,
//! and it writes nothing to the store. TestWorthy has no call that only validates: there Accord checks by
//! itself (translation, lengths, required fields, names of its lists) and says that nothing was asked.
//!
//! Against a server that does not heed `validateOnly` there are three guards. Before the first sample it
//! is asked for what nobody can carry out (`azure_devops::validator` says why that is all that can be
//! shown without harm); if it does not read the parameter, nothing more is sent. Then come updates, each
//! guarded by its revision, and only then creates. And the first answer that shows a new revision or an
//! id ends the test, is looked up, and is told.

mod judge;
mod report;
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use report::{
    Echo, EvidenceEntry, Objector, RuleReport, Sample, SampleField, SampleKind, SampleObjection,
    Stop, Verdict, VerifyReport, VerifySummary,
};

use self::judge::{Heard, judge};
use self::sample::{Rehearsed, Ruled, Write};
use super::connect::{Validators, remote_error};
use super::{Context, Observation, PlanOptions, ReconcileError, plan};
use crate::model::config::{Connection, CustomField, TestWorthySurface};
use crate::model::{Case, CaseId, Name, SuiteId, WorkItem, WorkItemId};
use crate::plan::custom_field::custom_field_address;
use crate::plan::{Inputs, Planned, SafetyVerdict, glob};
use crate::remote::{
    CaseRead, CaseScope, Evidence, RemoteError, RemoteErrorKind, Validation, WorkItemWrite,
};

/// What narrows a test sync.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Addresses of rules and items; empty means every rule.
    pub only: Vec<String>,
    /// The most samples of each kind and rule.
    pub samples: usize,
    /// Whether the operator says that the servers heed `validateOnly`.
    pub assume_validate_only: bool,
}

/// Every rule, and no resource of the configuration.
const EVERY_RULE: &str = "SyncRule/*";

/// Makes a test sync.
pub async fn verify(
    context: &Context<'_>,
    options: &VerifyOptions,
) -> Result<VerifyReport, ReconcileError> {
    let mut only = options.only.clone();
    if only.is_empty() {
        only.push(EVERY_RULE.to_owned());
    }
    let inputs = Inputs {
        digest: context.config.digest.clone(),
        only,
        ..Inputs::default()
    };
    let plan_options = PlanOptions {
        inputs,
        assume_declared: true,
        // Samples are drawn from everything.
        full_scan: true,
        ..PlanOptions::default()
    };
    let outcome = plan(context, &plan_options).await?;
    let mut grouped: BTreeMap<&Name, Vec<&Observation>> = BTreeMap::new();
    for observation in &outcome.observations {
        let connection = &observation.rule.connection;
        grouped.entry(connection).or_default().push(observation);
    }
    let mut rules = Vec::new();
    let mut evidence = Vec::new();
    let mut stopped = None;
    for (name, observations) in grouped {
        let Some(connection) = context.config.connections.get(name) else {
            continue;
        };
        let validators = context.remotes.validators(connection)?;
        let test = Test {
            context,
            options,
            connection,
            validators,
            planned: &outcome.planned,
            only: &plan_options.inputs.only,
        };
        let ended = test.run(&observations).await?;
        rules.extend(ended.rules);
        evidence.extend(ended.evidence);
        stopped = ended.stopped;
        if stopped.is_some() {
            break;
        }
    }
    Ok(VerifyReport::new(evidence, rules, stopped))
}

/// The test of one connection's rules.
struct Test<'a> {
    context: &'a Context<'a>,
    options: &'a VerifyOptions,
    connection: &'a Connection,
    validators: Validators,
    planned: &'a Planned,
    only: &'a [String],
}

/// The server knows nothing yet of what only an apply makes.
fn left_out_of_samples(lacking: &[CustomField]) -> String {
    let list = |one: fn(&CustomField) -> String| {
        let all: Vec<String> = lacking.iter().map(one).collect();
        all.join(", ")
    };
    format!(
        "the server was not asked about values of {}: not all there yet, and an apply makes it first ({}); run `accord verify` again after that apply",
        list(|field| format!("`{}`", field.reference_name)),
        list(|field| custom_field_address(&field.name)),
    )
}

/// How it ended.
#[derive(Default)]
struct Ended {
    rules: Vec<RuleReport>,
    evidence: Option<EvidenceEntry>,
    stopped: Option<Stop>,
}

impl<'a> Test<'a> {
    async fn run(&self, observations: &[&'a Observation]) -> Result<Ended, ReconcileError> {
        let mut ended = Ended::default();
        let mut queue: Vec<(usize, Ruled<'_>, Rehearsed)> = Vec::new();
        for (number, observation) in observations.iter().enumerate() {
            let ruled = Ruled {
                connection: self.connection,
                observation,
            };
            let (samples, notes) = self.samples(ruled).await?;
            queue.extend(samples.into_iter().map(|sample| (number, ruled, sample)));
            ended.rules.push(RuleReport {
                address: ruled.address(),
                connection: self.connection.name.to_string(),
                targets: observation.rule.targets(),
                origin: ruled.origin(),
                samples: Vec::new(),
                notes,
            });
        }
        // Creates come last: what would be stored of an update is a revision, of a create an item.
        queue.sort_by_key(|(.., sample)| sample.kind);
        let asks = |(.., sample): &(usize, Ruled<'_>, Rehearsed)| {
            matches!(sample.write, Write::AzureDevOps(_))
        };
        let evidence = if queue.iter().any(asks) {
            match self.evidence().await? {
                Ok(evidence) => Some(evidence),
                Err(stop) => {
                    ended.stopped = Some(stop);
                    return Ok(ended);
                }
            }
        } else {
            None
        };
        ended.evidence = evidence.map(|evidence| EvidenceEntry {
            connection: self.connection.name.to_string(),
            reason: evidence.as_str().to_owned(),
        });
        let progress = self.context.progress;
        progress.begin("validating samples", Some(queue.len() as u64));
        for (number, ruled, sample) in queue {
            let heard = self.ask(evidence, &sample.write).await;
            let heard = match heard {
                Ok(Ok(heard)) => heard,
                Ok(Err(stop)) => {
                    ended.stopped = Some(stop);
                    break;
                }
                Err(error) => {
                    progress.end();
                    return Err(remote_error(self.connection, error));
                }
            };
            ended.rules[number]
                .samples
                .push(judge(ruled, sample, &heard));
            progress.advance(1);
        }
        progress.end();
        Ok(ended)
    }

    /// Why the server may be asked; the outer `Err` is about the request.
    async fn evidence(&self) -> Result<Result<Evidence, Stop>, ReconcileError> {
        if self.options.assume_validate_only {
            return Ok(Ok(Evidence::Assumed));
        }
        let asked = self.validators.azure_devops.evidence().await;
        let asked = asked.map_err(|error| remote_error(self.connection, error))?;
        Ok(asked.map_err(|reason| Stop {
            connection: self.connection.name.to_string(),
            message: format!(
                "the server could not be shown to heed `validateOnly`, so no sample was sent to it: {reason}"
            ),
            help: "if you know that it heeds it, give --assume-validate-only; `accord explain validate-only-not-shown` says more".to_owned(),
        }))
    }

    /// What the target has to say about a write.
    async fn ask(
        &self,
        evidence: Option<Evidence>,
        write: &Write,
    ) -> Result<Result<Heard, Stop>, RemoteError> {
        let (write, evidence) = match (write, evidence) {
            (Write::AzureDevOps(write), Some(evidence)) => (write, evidence),
            (Write::TestWorthy { fields, refs, .. }, _) => {
                let testworthy = &self.validators.testworthy;
                let objection = testworthy.objection(fields, refs.as_deref()).await?;
                return Ok(Ok(objection.map_or(Heard::Nothing, Heard::Own)));
            }
            (Write::AzureDevOps(_) | Write::Nothing(_), _) => return Ok(Ok(Heard::Nothing)),
        };
        let azure_devops = &self.validators.azure_devops;
        let would_be = match azure_devops.validate(evidence, write).await? {
            Validation::Accepted(would_be) => would_be,
            Validation::Stale(_) => return Ok(Ok(Heard::Outdated)),
            Validation::Objected(objection) => return Ok(Ok(Heard::Objection(objection))),
        };
        if would_be.looks_stored(write)
            && let Some(what) = self.stored(write, would_be.stored_as).await?
        {
            return Ok(Err(Stop {
                connection: self.connection.name.to_string(),
                message: format!(
                    "the server stored a sample although it was sent with `validateOnly=true`: {what}. No other sample was sent"
                ),
                help: "look at that work item and take the change back; do not run `accord verify` against this server (`accord explain validate-only-disregarded`)".to_owned(),
            }));
        }
        Ok(Ok(Heard::WouldBe(Box::new(would_be.item))))
    }

    /// What a write that looks stored has left behind; `None` if the answer only looked like it.
    async fn stored(
        &self,
        write: &WorkItemWrite,
        made: Option<WorkItemId>,
    ) -> Result<Option<String>, RemoteError> {
        let (id, rev) = match (write, made) {
            (WorkItemWrite::Create(_), Some(id)) => (id, None),
            (WorkItemWrite::Create(_), None) => return Ok(None),
            (WorkItemWrite::Update { id, rev, .. }, _) => (*id, Some(*rev)),
        };
        let found = self.validators.azure_devops.read(&[id]).await?;
        Ok(found.get(&id).and_then(|item| match rev {
            None => Some(format!("work item {id} was created")),
            Some(rev) if item.rev > rev => Some(format!(
                "work item {id} went from revision {rev} to {}",
                item.rev
            )),
            Some(_) => None,
        }))
    }

    /// The samples of a rule, and what is worth knowing about them.
    async fn samples(
        &self,
        ruled: Ruled<'_>,
    ) -> Result<(Vec<Rehearsed>, Vec<String>), ReconcileError> {
        let most = self.options.samples;
        let rule = &ruled.observation.rule;
        let mut samples = ruled.planned(self.planned, most);
        let mut notes = Vec::new();
        for target in rule.targets() {
            let has = |samples: &[Rehearsed], kind: SampleKind| {
                let mut samples = samples.iter();
                samples.any(|sample| sample.kind == kind && sample.write.system() == target)
            };
            let updates = has(&samples, SampleKind::Update);
            let creates = has(&samples, SampleKind::Create) || !rule.creates.get(target);
            if updates && creates {
                continue;
            }
            let wanted = if updates { 1 } else { most };
            let pairs = self.linked(ruled, wanted).await?;
            if !updates {
                samples.extend(
                    pairs
                        .iter()
                        .filter_map(|(case, item)| ruled.repeat(case, item, target)),
                );
            }
            if !creates && let Some((case, item)) = pairs.first() {
                let mut made_up = ruled.made_up_create(case, item, target);
                // What an item waits for is told once.
                for sample in &mut made_up {
                    sample.objections.retain(|objection| {
                        let mut told = samples.iter().flat_map(|one| &one.objections);
                        !told.any(|known| known == objection)
                    });
                }
                samples.extend(made_up);
            }
        }
        let lacking = &ruled.observation.lacking;
        let mut left_out = false;
        for sample in &mut samples {
            left_out |= sample.without(lacking);
        }
        if left_out {
            notes.push(left_out_of_samples(lacking));
        }
        if samples.is_empty() {
            notes.push(
                "there is nothing to take a sample of: the rule selects nothing that it would write, and no pair is linked"
                    .to_owned(),
            );
        }
        let blocked =
            self.planned.plan.safety.rules.iter().find(|one| {
                one.address == ruled.address() && one.verdict == SafetyVerdict::Blocked
            });
        if let Some(blocked) = blocked {
            notes.push(format!(
                "an apply would be refused by a safety rule ({}: {}, limit {})",
                blocked.code, blocked.measured, blocked.limit
            ));
        }
        Ok((samples, notes))
    }

    /// The first linked pairs of a rule with both items. What the observation dropped because nobody had
    /// touched it is read again.
    async fn linked(
        &self,
        ruled: Ruled<'_>,
        most: usize,
    ) -> Result<Vec<(Arc<Case>, Arc<WorkItem>)>, ReconcileError> {
        let observation = ruled.observation;
        let observed = &observation.observed;
        let mut wanted: Vec<(CaseId, WorkItemId)> = Vec::new();
        for (case, item, maker) in observation.pairs.iter() {
            let read = observed.has_case(case) && observed.has_work_item(item);
            let source = match observation.rule.source() {
                crate::model::System::TestWorthy => crate::plan::ItemKey::Case(case),
                crate::model::System::AzureDevOps => crate::plan::ItemKey::WorkItem(item),
            };
            let address = format!("{}/{source}", ruled.address());
            if *maker == observation.rule.name && read && glob::selects(self.only, &address) {
                wanted.push((case, item));
            }
            if wanted.len() == most {
                break;
            }
        }
        let unread: Vec<WorkItemId> = wanted
            .iter()
            .map(|(_, item)| *item)
            .filter(|item| !observed.work_items.contains_key(item))
            .collect();
        let read = self.validators.azure_devops.read(&unread).await;
        let read = read.map_err(|error| remote_error(self.connection, error))?;
        let mut items: BTreeMap<WorkItemId, Arc<WorkItem>> = read
            .into_iter()
            .map(|(id, item)| (id, Arc::new(item)))
            .collect();
        let unread: BTreeSet<CaseId> = wanted
            .iter()
            .map(|(case, _)| *case)
            .filter(|case| !observed.cases.contains_key(case))
            .collect();
        let mut cases = self.cases(ruled, unread).await?;
        Ok(wanted
            .into_iter()
            .filter_map(|(case, item)| {
                let known = observed.cases.get(&case).cloned();
                let case = known.or_else(|| cases.remove(&case))?;
                let known = observed.work_items.get(&item).cloned();
                let item = known.or_else(|| items.remove(&item))?;
                Some((case, item))
            })
            .collect())
    }

    /// Cases one by one, or from their listings where the server reads none alone.
    async fn cases(
        &self,
        ruled: Ruled<'_>,
        mut wanted: BTreeSet<CaseId>,
    ) -> Result<BTreeMap<CaseId, Arc<Case>>, ReconcileError> {
        let testworthy = &self.validators.testworthy;
        let failed = |error| remote_error(self.connection, error);
        let mut cases = BTreeMap::new();
        for id in wanted.clone() {
            match testworthy.case(id).await {
                Ok(CaseRead::Present(case)) => {
                    wanted.remove(&id);
                    cases.insert(id, Arc::from(case));
                }
                Ok(CaseRead::Refused | CaseRead::Missing) => {}
                Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => break,
                Err(error) => return Err(failed(error)),
            }
        }
        for listed in self.listings(ruled) {
            if wanted.is_empty() {
                break;
            }
            let mut listing = testworthy.cases(listed).await.map_err(failed)?;
            for id in wanted.clone() {
                if let Some(case) = listing.cases.remove(&id) {
                    wanted.remove(&id);
                    cases.insert(id, Arc::new(case));
                }
            }
        }
        Ok(cases)
    }

    fn listings(&self, ruled: Ruled<'_>) -> Vec<CaseScope> {
        if matches!(
            self.connection.testworthy.surface,
            TestWorthySurface::V1 { .. }
        ) {
            return vec![CaseScope::Project];
        }
        let rule = &ruled.observation.rule;
        let scope = rule.scope.testworthy.iter();
        let mut suites: BTreeSet<SuiteId> = scope.flat_map(|scope| scope.suites.clone()).collect();
        suites.extend(rule.create_in.suite);
        suites.into_iter().map(CaseScope::Suite).collect()
    }
}
