//! The workflow of a work item type: by which states an item gets from where it stands to where a row
//! wants it.
//!
//! Azure DevOps takes a new state only along a transition of the type's workflow, and a new item only in
//! an initial state (Microsoft Learn, Work Item Types - Get, `transitions`, whose key for new items is
//! the empty text). So a value of `System.State` may take several writes, one per transition: a route.
//!
//! **A route is the shortest one, and of several shortest ones the first in the server's own order.**
//! Breadth first search in that order finds exactly this route, because it meets states in the order of
//! their first shortest route. Any end of such a route is such a route itself: could the rest be
//! shorter or come earlier, so could the whole. That is what lets a walk that was cut short be taken up
//! from where the item stands: a new plan goes the same way on, and writes what the old one would have.

use std::collections::{BTreeMap, HashMap, VecDeque};

use indexmap::IndexMap;

use super::problem::Problem;
use crate::model::WorkItemType;

/// The key of the states that a new item may have.
const NEW: &str = "";

/// The states of a work item type, the ways between them, and the reasons that a row gives.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// By the folded name of the state that is left; `None` where the server did not tell.
    transitions: Option<BTreeMap<String, Vec<String>>>,
    /// Spelling of every state by its folded name.
    states: HashMap<String, String>,
    /// By the folded name of the state that is entered.
    reasons: IndexMap<String, String>,
}

/// One write of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// `System.State` afterwards, as the server spells it.
    pub state: String,
    /// `System.Reason`, if the row names one; else the server takes the usual one of the transition.
    pub reason: Option<String>,
}

/// No transitions lead from one state to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Where the item stands; `None` for a new one.
    pub from: Option<String>,
    /// Where it should go.
    pub to: String,
    /// Where it could go, nearest first.
    pub reachable: Vec<String>,
}

impl From<Blocked> for Problem {
    fn from(blocked: Blocked) -> Self {
        Self::Blocked {
            from: blocked.from,
            to: Some(blocked.to),
            reachable: blocked.reachable,
        }
    }
}

impl Workflow {
    /// The workflow of a type as far as it is known. `reasons` go by the state that is entered. States
    /// that the type does not list (hidden ones, those of an older process) are left but never entered;
    /// with no list every state that a transition names may be entered.
    pub fn new(work_item_type: Option<&WorkItemType>, reasons: &IndexMap<String, String>) -> Self {
        let reasons = reasons.iter();
        let reasons = reasons.map(|(state, reason)| (fold(state), reason.clone()));
        let mut workflow = Self {
            transitions: None,
            states: HashMap::new(),
            reasons: reasons.collect(),
        };
        let Some(kind) = work_item_type else {
            return workflow;
        };
        for state in &kind.states {
            workflow.spell(&state.name);
        }
        let Some(transitions) = &kind.transitions else {
            return workflow;
        };
        if kind.states.is_empty() {
            for state in transitions.values().flatten() {
                workflow.spell(state);
            }
        }
        let ways = transitions.iter().map(|(from, to)| {
            let from = fold(from);
            let mut open: Vec<String> = Vec::with_capacity(to.len());
            for state in to.iter().map(|state| fold(state)) {
                if workflow.states.contains_key(&state) && state != from && !open.contains(&state) {
                    open.push(state);
                }
            }
            (from, open)
        });
        workflow.transitions = Some(ways.collect());
        workflow
    }

    fn spell(&mut self, state: &str) {
        let spelled = self.states.entry(fold(state));
        spelled.or_insert_with(|| state.trim().to_owned());
    }

    /// The writes that take an item from the state `from` to the state `to`; `None` stands for an item
    /// that is to be created, whose first write is its create. Nothing if it is there already (states are
    /// compared without case, as the server does). Where nothing is known of the ways that leave `from`,
    /// one write goes straight there, and the server is the judge.
    pub fn route(&self, from: Option<&str>, to: &str) -> Result<Vec<Hop>, Blocked> {
        let (start, goal) = (fold(from.unwrap_or(NEW)), fold(to));
        if start == goal {
            return Ok(Vec::new());
        }
        let ways = self.transitions.as_ref();
        let Some(ways) = ways.filter(|ways| ways.contains_key(&start) || self.knows(&start)) else {
            return Ok(vec![self.hop(&goal, to)]);
        };
        // The state before each state that was met, and the states in the order of meeting them.
        let mut before: HashMap<&str, &str> = HashMap::new();
        let mut met: Vec<&str> = Vec::new();
        let mut queue = VecDeque::from([start.as_str()]);
        while let Some(at) = queue.pop_front() {
            for next in ways.get(at).into_iter().flatten() {
                if *next == start || before.contains_key(next.as_str()) {
                    continue;
                }
                before.insert(next, at);
                met.push(next);
                queue.push_back(next);
            }
            if before.contains_key(goal.as_str()) {
                break;
            }
        }
        if !before.contains_key(goal.as_str()) {
            return Err(Blocked {
                from: from.map(str::to_owned),
                to: to.to_owned(),
                reachable: met
                    .into_iter()
                    .map(|state| self.spelled(state, state))
                    .collect(),
            });
        }
        let mut route = vec![self.hop(&goal, to)];
        let mut at = goal.as_str();
        while let Some(previous) = before.get(at).filter(|previous| **previous != start) {
            route.push(self.hop(previous, previous));
            at = previous;
        }
        route.reverse();
        Ok(route)
    }

    fn knows(&self, state: &str) -> bool {
        state != NEW && self.states.contains_key(state)
    }

    fn hop(&self, folded: &str, spelling: &str) -> Hop {
        Hop {
            state: self.spelled(folded, spelling),
            reason: self.reasons.get(folded).cloned(),
        }
    }

    fn spelled(&self, folded: &str, otherwise: &str) -> String {
        let known = self.states.get(folded);
        known.map_or_else(|| otherwise.to_owned(), Clone::clone)
    }
}

/// A state's name as the server compares it.
fn fold(state: &str) -> String {
    state.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
