//! How each operation of a saved plan stands against the plan of now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Item, Known, Skipped, Staleness};
use crate::mapping::CompiledMapping;
use crate::model::{Link, LinkState, MarkState, System, Value};
use crate::plan::compare::ChangedOperation;
use crate::plan::id::operation_digest;
use crate::plan::{Action, Change, FieldChange, ItemKey, Plan, Reason};
use crate::reconcile::plan::Observation;

/// Every operation of a saved plan is in exactly one of these, by its place in it.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The very same operation comes out now.
    pub(super) fresh: Vec<usize>,
    /// Nothing is left to do.
    pub(super) satisfied: Vec<usize>,
    /// Left out.
    pub(super) skipped: Vec<Skipped>,
}

/// Judges every operation. Grows with the sum of both plans.
pub(super) fn of(saved: &Plan, now: &Plan, known: &Known<'_>) -> Standing {
    let mut by_address: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, change) in saved.changes.iter().enumerate() {
        by_address.entry(&change.address).or_default().push(at);
    }
    let mut changes_now: HashMap<&str, Vec<&Change>> = HashMap::new();
    for change in &now.changes {
        changes_now.entry(&change.address).or_default().push(change);
    }
    let waiting = Waiting::of(now);
    let mut standing = Standing::default();
    for (address, approved) in by_address {
        let none = Vec::new();
        let there = changes_now.get(address).unwrap_or(&none);
        let group = Group {
            saved,
            there,
            known,
            waiting: &waiting,
        };
        group.judge(&approved, &mut standing);
    }
    standing.fresh.sort_unstable();
    standing.satisfied.sort_unstable();
    standing.skipped.sort_unstable_by_key(|one| one.change);
    standing
}

/// What keeps items waiting now, by address.
struct Waiting<'p> {
    conflicts: HashMap<&'p str, &'p str>,
    findings: HashMap<&'p str, (&'p str, &'p str)>,
    drifted: BTreeSet<(&'p str, &'p str)>,
}

impl<'p> Waiting<'p> {
    fn of(now: &'p Plan) -> Self {
        let conflicts = now.conflicts.iter().rev();
        let findings = now.findings.iter().rev();
        let drift = now.drift.iter();
        Self {
            conflicts: conflicts
                .map(|one| (one.address.as_str(), one.message.as_str()))
                .collect(),
            findings: findings
                .map(|one| {
                    let told = (one.code.as_str(), one.message.as_str());
                    (one.address.as_str(), told)
                })
                .collect(),
            drifted: drift
                .map(|one| (one.address.as_str(), one.path.as_str()))
                .collect(),
        }
    }
}

/// The operations of one address.
struct Group<'g> {
    saved: &'g Plan,
    there: &'g [&'g Change],
    known: &'g Known<'g>,
    waiting: &'g Waiting<'g>,
}

impl Group<'_> {
    fn judge(&self, approved: &[usize], standing: &mut Standing) {
        let mut left: Vec<(&Change, [u8; 32])> = self
            .there
            .iter()
            .map(|change| (*change, operation_digest(change)))
            .collect();
        let (mut same, mut missing) = (Vec::new(), Vec::new());
        for &at in approved {
            let digest = operation_digest(&self.saved.changes[at]);
            match left.iter().position(|(_, other)| *other == digest) {
                Some(place) => {
                    left.swap_remove(place);
                    same.push(at);
                }
                None => missing.push(at),
            }
        }
        let mut stale = Vec::new();
        for at in missing {
            match self.missing(at, &left) {
                None => standing.satisfied.push(at),
                Some(why) => stale.push(Skipped { change: at, why }),
            }
        }
        // Of a pair that was edited nothing is carried out, not even what came out the same.
        if stale.is_empty() && left.is_empty() {
            standing.fresh.extend(same);
        } else {
            let same = same.into_iter().map(|change| Skipped {
                change,
                why: Staleness::PairChanged,
            });
            standing.skipped.extend(same);
        }
        standing.skipped.append(&mut stale);
    }

    /// Why an operation does not come out now; `None` if that is because nothing is left to do.
    fn missing(&self, at: usize, others: &[(&Change, [u8; 32])]) -> Option<Staleness> {
        let change = &self.saved.changes[at];
        let mut others = others.iter();
        if let Some((now, _)) = others.find(|(other, _)| other.system == change.system) {
            let mark_is_left = now.reason == Reason::MarkerMissing
                && change.reason != Reason::MarkerMissing
                && self.is_satisfied(change);
            return (!mark_is_left)
                .then(|| Staleness::Changed(Box::new(ChangedOperation::between(change, now))));
        }
        let address = change.address.as_str();
        if let Some(message) = self.waiting.conflicts.get(address) {
            return Some(Staleness::InConflict((*message).to_owned()));
        }
        if self.is_satisfied(change) {
            return None;
        }
        if let Some((code, message)) = self.waiting.findings.get(address) {
            return Some(Staleness::HeldBack {
                code: (*code).to_owned(),
                message: (*message).to_owned(),
            });
        }
        Some(if self.is_selected(change) {
            Staleness::NothingToDo
        } else {
            Staleness::NotThere
        })
    }

    /// Whether the rule still looks at the item.
    fn is_selected(&self, change: &Change) -> bool {
        let Some(item) = Item::of(&change.address) else {
            return self.known.configuration.contains(&change.address);
        };
        let Some(observation) = self.known.observation(item) else {
            return false;
        };
        let observed = &observation.observed;
        let selects = |key| match key {
            ItemKey::Case(id) => observed.cases_in_scope.contains(&id),
            ItemKey::WorkItem(id) => observed.work_items_in_scope.contains(&id),
        };
        let pair = self.known.pair(item);
        let pair = pair.map(|(case, id)| [ItemKey::Case(case), ItemKey::WorkItem(id)]);
        selects(item.key)
            || (observation.rule.is_two_way() && pair.is_some_and(|keys| keys.map(selects)[1]))
    }

    /// Whether what an operation would bring about is there.
    fn is_satisfied(&self, change: &Change) -> bool {
        let address = change.address.as_str();
        let Some(item) = Item::of(address) else {
            // Planned and without a change: it is as declared, or a finding says why not.
            return self.known.configuration.contains(address)
                && !self.waiting.findings.contains_key(address);
        };
        let Some(observation) = self.known.observation(item) else {
            return false;
        };
        if change.action == Action::Delete {
            let mut parted = observation.known.parted.iter();
            return parted.any(|link| {
                link.state == LinkState::Ended
                    && change.item.testworthy.is_none_or(|id| id == link.case.0)
                    && change
                        .item
                        .azure_devops
                        .is_none_or(|id| id == link.work_item.0)
                    && (item.key == ItemKey::Case(link.case)
                        || item.key == ItemKey::WorkItem(link.work_item))
            });
        }
        let Some(link) = self.known.link(item) else {
            return false;
        };
        let ids = [
            (change.item.testworthy, link.case.0),
            (change.item.azure_devops, link.work_item.0),
        ];
        // An item that is made anew in the place of a deleted one has another id. As long as it is not made, the
        // link still names the deleted one.
        let renewed = change.action == Action::Create && change.reason == Reason::Recreated;
        let is_the_pair = if renewed {
            match change.system {
                System::TestWorthy => observation.observed.has_case(link.case),
                System::AzureDevOps => observation.observed.has_work_item(link.work_item),
            }
        } else {
            let mut ids = ids.iter();
            ids.all(|(then, now)| then.is_none_or(|id| id == *now))
        };
        is_the_pair
            && change.fields.iter().all(|field| {
                let is_told = self.waiting.findings.contains_key(address);
                let drifted = &self.waiting.drifted;
                let has_drifted = drifted.contains(&(address, field.path.as_str()));
                let is_hidden = field.sensitive && is_told;
                !has_drifted && !is_hidden && holds(observation, link, change, field)
            })
    }
}

/// Whether the target of a linked pair holds what a field change would write. What no row reads, and what is
/// sensitive, says nothing.
fn holds(observation: &Observation, link: &Link, change: &Change, field: &FieldChange) -> bool {
    let system = change.system;
    if change.reason == Reason::MarkerMissing {
        let mark = match system {
            System::TestWorthy => link.case_mark,
            System::AzureDevOps => link.work_item_mark,
        };
        return mark != MarkState::Missing;
    }
    let Some(after) = field.after.as_ref().filter(|_| !field.sensitive) else {
        return true;
    };
    let mapping: &CompiledMapping = &observation.mapping;
    let mut rows = mapping.rows.iter();
    let Some(row) = rows.find(|row| row.path(system) == field.path) else {
        return true;
    };
    let observed = &observation.observed;
    let live = match system {
        System::TestWorthy => observed
            .case(link.case)
            .map(|case| row.read_case(case, Some(link.work_item))),
        System::AzureDevOps => observed
            .work_item(link.work_item)
            .map(|item| row.read_work_item(item)),
    };
    // Of a pair that is in accord only its base is known, which is what both sides hold.
    let recorded = || {
        let base = link.base.fields.get(row.name())?;
        Some(match system {
            System::TestWorthy => base.testworthy.clone(),
            System::AzureDevOps => base.azure_devops.clone(),
        })
    };
    let value = match live {
        Some(Ok(value)) => Some(value),
        Some(Err(_)) => return false,
        None => recorded(),
    };
    // A row that is written on create only has no base.
    let Some(value) = value else { return true };
    value.to_json() == *after
        || Value::from_json(after).is_some_and(|after| row.same(system, &value, &after))
}
