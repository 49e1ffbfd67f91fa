//! Which rule takes care of an item that several rules select.
//!
//! A pair belongs to the rule that made it, as long as that rule exists and selects it. What is not
//! paired belongs to the first rule that does something with it.

use std::collections::{BTreeMap, BTreeSet};

use super::elsewhere::{Bearing, Naming, bearing, naming};
use super::selection::selects;
use crate::model::{Link, Name};
use crate::plan::observed::{ItemKey, RuleInput};

/// Items between two places that a rule of this plan takes care of already.
pub(super) type Claims<'a> = BTreeMap<ItemKey, &'a Name>;

/// All rules that may have a say.
pub(super) struct Rules<'a> {
    known: &'a BTreeSet<Name>,
    planned: BTreeMap<&'a Name, &'a RuleInput<'a>>,
    /// Those that are only asked.
    beside: BTreeMap<&'a Name, &'a RuleInput<'a>>,
    pub(super) naming: Naming<'a>,
    pub(super) bearing: Bearing<'a>,
}

impl<'a> Rules<'a> {
    /// `known` are the rules of the project, `planned` those of this plan, `beside` those that are only asked.
    pub(super) fn new(
        known: &'a BTreeSet<Name>,
        planned: &'a [RuleInput<'a>],
        beside: &'a [RuleInput<'a>],
    ) -> Self {
        let by_name = |input: &'a RuleInput<'a>| (&input.rule.name, input);
        let asked: Vec<&RuleInput<'_>> = planned.iter().chain(beside).collect();
        Self {
            known,
            planned: planned.iter().map(by_name).collect(),
            beside: beside.iter().map(by_name).collect(),
            naming: naming(&asked),
            bearing: bearing(&asked),
        }
    }

    /// A rule that was read, of this plan or beside it.
    pub(super) fn read(&self, rule: &Name) -> Option<&'a RuleInput<'a>> {
        let planned = self.planned.get(rule);
        planned.or_else(|| self.beside.get(rule)).copied()
    }

    /// The other rule that keeps a linked pair from `input`'s rule. A rule that was renamed or removed
    /// keeps nothing, and neither does one that no longer selects the pair, if the same direction goes
    /// on: turning a pair round is for a person to decide.
    pub(super) fn keeper<'l>(&self, link: &'l Link, input: &RuleInput<'_>) -> Option<&'l Name> {
        if link.rule == input.rule.name || !self.known.contains(&link.rule) {
            return None;
        }
        let let_go = self.planned.get(&link.rule).is_some_and(|other| {
            let elsewhere = other.endpoints != input.endpoints;
            // What a listing may have missed is not gone.
            let looked = other.observed.incomplete.is_none();
            let same_way = other.rule.direction == input.rule.direction;
            elsewhere || (same_way && looked && !selects(other, link))
        });
        (!let_go).then_some(&link.rule)
    }

    /// Whether a link is `input`'s rule's to plan.
    pub(super) fn is_ours(&self, link: &Link, input: &RuleInput<'_>) -> bool {
        if selects(input, link) {
            return self.keeper(link, input).is_none();
        }
        let taken_over = || {
            self.planned.values().any(|other| {
                other.rule.name != input.rule.name
                    && other.rule.direction == input.rule.direction
                    && other.endpoints == input.endpoints
                    && selects(other, link)
            })
        };
        link.rule == input.rule.name && !taken_over()
    }
}
