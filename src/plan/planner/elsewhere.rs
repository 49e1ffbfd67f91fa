//! Whether an item without a counterpart belongs to one that another rule looks at.
//!
//! A rule reads what its own scopes select. Of a pair whose items stand in the scopes of two rules neither
//! rule sees the whole, and after the state was lost nobody remembers it. So before an item is made for one
//! that has none, the other rules are asked.

use std::collections::BTreeMap;

use super::claims::Rules;
use super::pair::is_mapped;
use crate::model::config::MatchBy;
use crate::model::{
    Case, CaseId, Link, LinkState, System, WorkItem, WorkItemId, azure_boards_mentions,
};
use crate::plan::observed::{ItemKey, RuleInput};

/// What another rule knows of the counterpart of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// It selects the counterpart and pairs the two itself.
    Paired(String),
    /// A person has to look.
    Uncertain(String),
}

/// Cases by the work items that their references name beside their own, each with a rule that read it.
pub(super) type Naming<'a> = BTreeMap<WorkItemId, Vec<(CaseId, &'a RuleInput<'a>)>>;

pub(super) fn naming<'a>(inputs: &[&'a RuleInput<'a>]) -> Naming<'a> {
    let mut naming = Naming::new();
    for &input in inputs {
        for case in input.observed.cases.values() {
            let own = input.pairs.work_item(case.id);
            let named = azure_boards_mentions(&case.refs).into_iter();
            for item in named.filter(|item| own != Some(*item)) {
                naming.entry(item).or_default().push((case.id, input));
            }
        }
    }
    naming
}

/// Linked work items that carry the marker of a case beside their own, by that case, each with its own one
/// and a rule that read it. A work item keeps the marker of a case that another one replaced.
pub(super) type Bearing<'a> = BTreeMap<CaseId, Vec<(&'a WorkItem, CaseId, &'a RuleInput<'a>)>>;

/// Of one rule alone there are no others to ask.
pub(super) fn bearing<'a>(inputs: &[&'a RuleInput<'a>]) -> Bearing<'a> {
    let mut bearing = Bearing::new();
    if inputs.len() < 2 {
        return bearing;
    }
    for &input in inputs {
        for item in input.observed.work_items.values() {
            let Some(owner) = input.pairs.case(item.id) else {
                continue;
            };
            let mut marked = input.connection.testworthy.marked_cases(item);
            marked.remove(&owner);
            for case in marked {
                let bearers = bearing.entry(case).or_default();
                bearers.push((item.as_ref(), owner, input));
            }
        }
    }
    bearing
}

impl Rules<'_> {
    /// What the other rules know of the counterpart of an item for which `input`'s rule found none.
    pub(super) fn elsewhere(&self, source: ItemKey, input: &RuleInput<'_>) -> Option<Elsewhere> {
        match source {
            ItemKey::WorkItem(item) => self.named(item, input),
            ItemKey::Case(case) => self
                .names_linked(input.observed.case(case)?, input)
                .or_else(|| self.marked_on_linked(case, input)),
        }
    }

    /// Why no case is made in place of a deleted one: another case names the work item, as one does that came
    /// back after it was replaced, or that was copied from the deleted one. Whatever names it in the suite that
    /// the new case would go to keeps apply from making one; of another suite a case that is linked to a work
    /// item of its own does not, for it may name this one as it may name any.
    pub(super) fn in_place_of(&self, link: &Link, input: &RuleInput<'_>) -> Option<String> {
        let id = link.work_item;
        let suite = input.rule.suite_for_new_cases();
        let speaks_up = |(case, other): &&(CaseId, &RuleInput<'_>)| {
            if *case == link.case || other.endpoints != input.endpoints {
                return false;
            }
            let seen = other.observed.case(*case);
            let is_there = suite.is_some() && seen.and_then(|case| case.suite) == suite;
            let is_free = input.pairs.work_item(*case).is_none();
            is_there || (is_free && other.observed.cases_in_scope.contains(case))
        };
        let (case, other) = self.naming.get(&id)?.iter().find(speaks_up)?;
        Some(match input.pairs.work_item(*case) {
            Some(own) => format!(
                "case {case}, which is linked to work item {own}, names AB#{id} in its references; no further case is made for {id}: remove the reference, and the next plan makes one"
            ),
            None => format!(
                "case {case}, which rule `{}` read, names AB#{id} in its references; no further case is made for it: join the right pair with `accord link`, or remove the reference",
                other.rule.name
            ),
        })
    }

    fn named(&self, id: WorkItemId, input: &RuleInput<'_>) -> Option<Elsewhere> {
        let item = input.observed.work_item(id)?;
        let naming: Vec<(CaseId, &RuleInput<'_>)> = self
            .naming
            .get(&id)?
            .iter()
            .filter(|(case, other)| {
                other.rule.name != input.rule.name
                    && other.observed.cases_in_scope.contains(case)
                    && other.endpoints == input.endpoints
                    && other.pairs.work_item(*case).is_none()
                    && is_mapped(other.mapping, other.connection, item)
                    // What this rule read as well it has judged.
                    && !input.observed.has_case(*case)
            })
            .copied()
            .collect();
        let (case, other) = *naming.first()?;
        let rule = &other.rule.name;
        let only_one = naming.iter().all(|(one, _)| *one == case);
        let parted = other.known.parted.iter();
        let was_unlinked = parted
            .filter(|link| link.state == LinkState::Unlinked)
            .any(|link| link.case == case);
        // Turning a pair round is for a person to decide.
        let same_way = other.rule.direction == input.rule.direction;
        let pairs =
            other.rule.selects_on(System::TestWorthy) && other.rule.match_by.contains(&MatchBy::Id);
        Some(if only_one && same_way && pairs && !was_unlinked {
            Elsewhere::Paired(format!(
                "case {case}, which rule `{rule}` selects, names AB#{id} in its references: that rule pairs the two; narrow one of the two scopes"
            ))
        } else {
            Elsewhere::Uncertain(format!(
                "case {case}, which rule `{rule}` selects, names AB#{id} in its references; no second case is made for it: join the right pair with `accord link`, or remove the reference"
            ))
        })
    }

    /// A case that names the partner of another one was copied from that, or came back after it was
    /// replaced.
    fn names_linked(&self, case: &Case, input: &RuleInput<'_>) -> Option<Elsewhere> {
        if !input.rule.match_by.contains(&MatchBy::Id) {
            return None;
        }
        azure_boards_mentions(&case.refs)
            .into_iter()
            .find_map(|item| {
                let owner = input.pairs.case(item).filter(|owner| *owner != case.id)?;
                let other = self.read(input.pairs.rule(owner)?)?;
                // A reference to an item of another type is a reference like others.
                let same_kind = other
                    .mapping
                    .work_item_type
                    .eq_ignore_ascii_case(&input.mapping.work_item_type);
                same_kind.then(|| {
                    Elsewhere::Uncertain(format!(
                        "case {} names AB#{item}, which rule `{}` keeps linked to case {owner}; a copied case keeps the reference of its original: remove it from the copy",
                        case.id, other.rule.name
                    ))
                })
            })
    }

    /// A case that came back after it was replaced, and that names nothing: its work item still carries its
    /// marker.
    fn marked_on_linked(&self, case: CaseId, input: &RuleInput<'_>) -> Option<Elsewhere> {
        let (item, owner, other) = self.bearing.get(&case)?.iter().find(|(item, _, other)| {
            other.endpoints == input.endpoints && is_mapped(input.mapping, input.connection, item)
        })?;
        Some(Elsewhere::Uncertain(format!(
            "work item {}, which rule `{}` read, carries the marker of case {case} and is linked to case {owner}; remove the wrong hyperlink, no second work item is made",
            item.id, other.rule.name
        )))
    }
}
