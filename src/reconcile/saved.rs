//! A plan that was saved, reviewed, and is to be carried out: nothing that is not in it is ever done.
//!
//! A saved plan is a list of approved operations, not a script. Each is derived again from what both systems
//! and the state hold now, by the planner that made it, and compared by its digest
//! ([`operation_digest`]): address, what is done field by field, and precondition. Only where the very same
//! operation comes out is it carried out, with everything that a file does not hold: credentials, sensitive
//! values, bases. So a file can never make Accord do what a plan of today would not do, and an edit
//! on either side after saving makes the operations of just that pair stale.
//!
//! The operations of one address stand and fall together, and so does the bookkeeping that belongs to them: a
//! pair is carried out as it was approved or not at all. An operation that is not needed any more,
//! because its target holds the values, is satisfied; so a file whose run was cut short can be applied again.
//!
//! Reading and planning are narrowed to the addresses of the file: of the rules that it names cases are listed
//! as ever, and of the work items only those of its pairs are read; where an item would be made, the rules that
//! the file does not name are asked too. What is left after the comparison is planned
//! once more, from the same observations, narrowed to what will run: then the safety limits measure that and
//! nothing else. A run of this kind moves no watermark and forgets no links; both are for runs
//! that saw everything.

mod standing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Context;
use super::beside;
use super::configuration::Configuration;
use super::error::ReconcileError;
use super::plan::{Observation, PlanOptions, PlanOutcome, Survey, request, survey};
use crate::model::config::Config;
use crate::model::{CaseId, Link, WorkItemId};
use crate::plan::compare::ChangedOperation;
use crate::plan::custom_field::custom_field_address;
use crate::plan::id::operation_digest;
use crate::plan::safety::Overrides;
use crate::plan::{Change, ConnectionEntry, Inputs, ItemKey, Plan, glob, plan as make_plan};
use standing::Standing;

/// Links whose bases are read at once.
const SLICE: usize = 1_000;

/// What became of a saved plan when it was held against what is there now.
pub struct Prepared {
    /// What will run, with the saved plan's id; `None` if nothing of it is left to do.
    pub outcome: Option<PlanOutcome>,
    /// Changes of the saved plan that need nothing any more, by their place in it.
    pub satisfied: Vec<usize>,
    /// Changes of the saved plan that are left out.
    pub skipped: Vec<Skipped>,
}

/// An operation of a saved plan that is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Skipped {
    /// Its place in the saved plan.
    pub change: usize,
    /// Why.
    pub why: Staleness,
}

/// Why an operation of a saved plan is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Staleness {
    /// What would be done to the item now is not the same: the item was touched, or other values come out.
    Changed(Box<ChangedOperation>),
    /// It is the same, and another operation of its pair is not: the pair was edited.
    PairChanged,
    /// The pair waits for a decision: the message of the conflict.
    InConflict(String),
    /// Something holds the item back: code and message of the finding.
    HeldBack {
        /// Stable code.
        code: String,
        /// What and what to do next.
        message: String,
    },
    /// The item is not there any more, or its rule does not select it.
    NotThere,
    /// Nothing is to be done for the item, and it does not hold the values that were approved.
    NothingToDo,
}

impl Staleness {
    /// The word that JSON uses for it.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Changed(_) => "changed",
            Self::PairChanged => "pairChanged",
            Self::InConflict(_) => "conflict",
            Self::HeldBack { .. } => "held",
            Self::NotThere => "notThere",
            Self::NothingToDo => "nothingToDo",
        }
    }
}

/// Why a saved plan is not for this checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It was made from other manifests.
    Manifests {
        /// The digest that it was made from.
        then: String,
        /// The digest of the checkout.
        now: String,
    },
    /// A connection leads somewhere else, or is not declared.
    Connection {
        /// What the plan says.
        then: ConnectionEntry,
        /// What the manifests say.
        now: Option<ConnectionEntry>,
    },
}

/// Everything by which a saved plan shows that it is not for these manifests; empty if it is.
pub fn foreign(config: &Config, saved: &Plan) -> Vec<Foreign> {
    let mut reasons = Vec::new();
    if saved.inputs.digest != config.digest {
        reasons.push(Foreign::Manifests {
            then: saved.inputs.digest.clone(),
            now: config.digest.clone(),
        });
    }
    for then in &saved.connections {
        let mut declared = config.connections.values();
        let declared = declared.find(|one| one.name.as_str() == then.name);
        let now = declared.map(ConnectionEntry::of);
        if now.as_ref() != Some(then) {
            reasons.push(Foreign::Connection {
                then: then.clone(),
                now,
            });
        }
    }
    reasons
}

/// Holds a saved plan against what both systems and the state hold now. Reads both, writes to none. The
/// caller has checked that the file is whole and that [`foreign`] has nothing to say, holds the run lock,
/// and has recovered what earlier runs left open.
pub async fn prepare(
    context: &Context<'_>,
    saved: &Plan,
    overrides: Overrides,
) -> Result<Prepared, ReconcileError> {
    if saved.changes.is_empty() {
        return Ok(Prepared {
            outcome: None,
            satisfied: Vec::new(),
            skipped: Vec::new(),
        });
    }
    let options = options(context.config, saved, overrides);
    let Survey {
        configuration,
        observations,
        findings,
    } = survey(context, &options).await?;
    let again = configuration.clone();
    let read = (observations.as_slice(), findings.as_slice());
    let (now, beside) = beside::planned(context, &options, configuration, read).await?;
    let known = Known {
        observations: &observations,
        configuration: again
            .inputs
            .iter()
            .map(crate::plan::configuration::ConfigurationInput::address)
            .collect(),
        links: BTreeMap::new(),
    };
    let known = known.with_links(context, saved, &now.plan).await?;
    let standing = standing::of(saved, &now.plan, &known);
    let Standing {
        fresh,
        satisfied,
        skipped,
    } = standing;
    let addresses: BTreeSet<&str> = fresh
        .iter()
        .map(|at| saved.changes[*at].address.as_str())
        .collect();
    if addresses.is_empty() {
        return Ok(Prepared {
            outcome: None,
            satisfied,
            skipped,
        });
    }
    let narrowed = PlanOptions {
        inputs: Inputs {
            only: addresses.iter().map(|&one| one.to_owned()).collect(),
            ..options.inputs.clone()
        },
        ..options
    };
    let awaited = again.awaited.clone();
    let configuration = Configuration {
        inputs: again
            .inputs
            .into_iter()
            .filter(|input| addresses.contains(input.address().as_str()))
            .collect(),
        findings: Vec::new(),
        ..again
    };
    let read = (observations.as_slice(), beside.observations.as_slice());
    let request = request(context, &narrowed, configuration, read, &[]).await?;
    let mut planned =
        make_plan(request).map_err(|violation| ReconcileError::Internal(violation.to_string()))?;
    only_approved(saved, &planned.plan)?;
    planned.plan.plan_id.clone_from(&saved.plan_id);
    planned.plan.review_id.clone_from(&saved.review_id);
    // What could not be planned is nothing of the file's: it was told when the file was made.
    planned.plan.findings = beside.findings;
    Ok(Prepared {
        outcome: Some(PlanOutcome {
            planned,
            observations,
            awaited,
            left_out: Some(skipped.len() as u64),
        }),
        satisfied,
        skipped,
    })
}

/// The last guard before anything is written: every operation that would run is one of the file's.
fn only_approved(saved: &Plan, plan: &Plan) -> Result<(), ReconcileError> {
    let approved: BTreeSet<[u8; 32]> = saved.changes.iter().map(operation_digest).collect();
    let stranger = plan
        .changes
        .iter()
        .find(|change| !approved.contains(&operation_digest(change)));
    match stranger {
        None => Ok(()),
        Some(change) => Err(ReconcileError::Internal(format!(
            "an operation for {} came out that the saved plan does not hold; nothing was written",
            change.address
        ))),
    }
}

fn options(config: &Config, saved: &Plan, overrides: Overrides) -> PlanOptions {
    let mut only: BTreeSet<String> = saved
        .changes
        .iter()
        .map(|change| change.address.clone())
        .collect();
    let items = saved.changes.iter();
    let touched = items
        .filter_map(|change| Some(Item::of(&change.address)?.key))
        .collect();
    // Whatever became of a declared field, it is looked at as it was when the plan was made: items that need
    // one that is missing now are told by their own names.
    let declared = config.custom_fields.values();
    let declared = declared.map(|field| custom_field_address(&field.name));
    only.extend(declared.filter(|address| glob::selects(&saved.inputs.only, address)));
    PlanOptions {
        overrides,
        inputs: Inputs {
            digest: config.digest.clone(),
            only: only.into_iter().collect(),
            ..Inputs::default()
        },
        touched: Some(Arc::new(touched)),
        ..PlanOptions::default()
    }
}

/// What is known beside the plan of now, to tell what became of an operation that it does not hold.
struct Known<'a> {
    observations: &'a [Observation],
    /// Addresses of declared resources that were looked at.
    configuration: BTreeSet<String>,
    /// Active links of pairs with such an operation, by rule and case.
    links: BTreeMap<(String, CaseId), Link>,
}

/// The parts of an item's address.
#[derive(Clone, Copy)]
struct Item<'a> {
    rule: &'a str,
    key: ItemKey,
}

impl<'a> Item<'a> {
    /// `None` for a resource of the configuration.
    fn of(address: &'a str) -> Option<Self> {
        let (rule, key) = address.strip_prefix("SyncRule/")?.split_once('/')?;
        Some(Self {
            rule,
            key: key.parse().ok()?,
        })
    }
}

impl Known<'_> {
    fn observation(&self, item: Item<'_>) -> Option<&Observation> {
        let mut all = self.observations.iter();
        all.find(|one| one.rule.name.as_str() == item.rule)
    }

    /// The case and work item of an address, as far as they are linked.
    fn pair(&self, item: Item<'_>) -> Option<(CaseId, WorkItemId)> {
        let pairs = &self.observation(item)?.pairs;
        match item.key {
            ItemKey::Case(case) => Some((case, pairs.work_item(case)?)),
            ItemKey::WorkItem(id) => Some((pairs.case(id)?, id)),
        }
    }

    fn link(&self, item: Item<'_>) -> Option<&Link> {
        let (case, _) = self.pair(item)?;
        self.links.get(&(item.rule.to_owned(), case))
    }

    /// Reads the bases of pairs for which `now` does not hold what was approved.
    async fn with_links(
        mut self,
        context: &Context<'_>,
        saved: &Plan,
        now: &Plan,
    ) -> Result<Self, ReconcileError> {
        let there: BTreeSet<[u8; 32]> = now.changes.iter().map(operation_digest).collect();
        let mut wanted: BTreeMap<&str, BTreeSet<CaseId>> = BTreeMap::new();
        let missing = |change: &&Change| !there.contains(&operation_digest(change));
        for change in saved.changes.iter().filter(missing) {
            if let Some(item) = Item::of(&change.address)
                && let Some((case, _)) = self.pair(item)
            {
                wanted.entry(item.rule).or_default().insert(case);
            }
        }
        for observation in self.observations {
            let rule = observation.rule.name.as_str();
            let cases: Vec<CaseId> = wanted.remove(rule).into_iter().flatten().collect();
            for slice in cases.chunks(SLICE) {
                let links = context
                    .store
                    .links_of(&observation.endpoints, slice)
                    .await?;
                let links = links.into_iter();
                self.links
                    .extend(links.map(|link| ((rule.to_owned(), link.case), link)));
            }
        }
        Ok(self)
    }
}
