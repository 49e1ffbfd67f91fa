//! One rule: every selected item is looked at once and falls into exactly one class.

use std::rc::Rc;

use super::RuleOutput;
use super::claims::{Claims, Rules};
use super::collector::{Collector, address, origin_entry};
use super::conflict;
use super::create::{self, New};
use super::deletion::{self, Half};
use super::elsewhere::Elsewhere;
use super::matching::{Match, Matcher};
use super::pair::{self, PairScene};
use super::parted::Parted;
use super::selection::{selected, selects};
use super::unchanged::went_down;
use crate::diagnostics::catalog::{sync as codes, value as values};
use crate::diff::{
    Candidates, ItemRules, ItemSituation, ItemVerdict, Presence, SideItem, decide_item, edits,
};
use crate::model::config::MatchBy;
use crate::model::{CaseId, Link, LinkState, Name, Sides, System, WorkItem, WorkItemId};
use crate::plan::conservation::{Class, Tally, Violation};
use crate::plan::glob::Selection;
use crate::plan::observed::{ItemKey, RuleInput};
use crate::plan::{Pair, PlanFinding};

/// Plans one rule.
pub(super) fn plan_rule<'a>(
    input: &'a RuleInput<'a>,
    rules: &Rules<'_>,
    only: &Selection<'_>,
    claims: &mut Claims<'a>,
) -> Result<RuleOutput, Violation<ItemKey>> {
    let parted = Rc::new(Parted::new(input));
    let mut planned = RulePlan {
        collector: Collector::new(input, Rc::clone(&parted)),
        matcher: Matcher::new(input, Rc::clone(&parted)),
        rules,
    };
    let in_scope = selected(input, &planned.matcher, &parted);
    let absent = planned.look_at_links();
    let wanted = |keys: Vec<ItemKey>| -> Vec<ItemKey> {
        let keys = keys.into_iter();
        keys.filter(|key| is_wanted(input, &planned.matcher, &parted, only, *key))
            .collect()
    };
    let unanswered = input.observed.unanswered.keys().copied();
    let unanswered = wanted(unanswered.map(ItemKey::Case).collect());
    let (in_scope, absent) = (wanted(in_scope), wanted(absent));
    let mut tally = Tally::new(in_scope.iter().chain(&absent).copied());
    for source in in_scope {
        let class = planned.plan_item(source, claims);
        tally.add(&source, class)?;
    }
    planned.tell_unanswered(&unanswered);
    for source in absent {
        let class = planned.plan_absent(source);
        tally.add(&source, class)?;
    }
    let mut collector = planned.collector;
    tell_unlinked(&mut collector);
    collector.output.summary = tally.finish()?;
    Ok(collector.output)
}

/// Whether `--only` names an item, or either item of a pair of a two-way rule: one that is linked, was
/// linked, or would be.
fn is_wanted(
    input: &RuleInput<'_>,
    matcher: &Matcher<'_>,
    parted: &Parted<'_>,
    only: &Selection<'_>,
    key: ItemKey,
) -> bool {
    let named = |key: ItemKey| only.selects(&format!("{}/{key}", address(input.rule)));
    let partner = || match key {
        ItemKey::Case(case) if input.rule.is_two_way() => {
            let linked = input.pairs.work_item(case);
            if let Some(item) = linked.or_else(|| Some(parted.get(key)?.work_item)) {
                return Some(ItemKey::WorkItem(item));
            }
            match matcher.find(key) {
                Match::One { target, .. } => Some(target),
                Match::None | Match::Ambiguous(_) => None,
            }
        }
        ItemKey::Case(_) | ItemKey::WorkItem(_) => None,
    };
    named(key) || partner().is_some_and(named)
}

/// Items that were parted for good are told of together: there is nothing to do about each.
fn tell_unlinked(collector: &mut Collector<'_>) {
    let count = collector.unlinked;
    if count == 0 {
        return;
    }
    let (items, were) = if count == 1 {
        ("selected item", "was")
    } else {
        ("selected items", "were")
    };
    let code = &codes::UNLINKED;
    collector.output.findings.push(PlanFinding {
        code: code.code.to_owned(),
        severity: code.severity.as_str().to_owned(),
        address: address(collector.input.rule),
        message: format!(
            "{count} {items} {were} unlinked and {were} passed over: neither matched nor given a counterpart until `accord link` joins the pair again"
        ),
        origin: Some(origin_entry(&collector.input.rule.origin)),
    });
}

/// A rule while it is planned.
struct RulePlan<'a, 'r> {
    collector: Collector<'a>,
    matcher: Matcher<'a>,
    rules: &'r Rules<'r>,
}

impl<'a> RulePlan<'a, '_> {
    /// Measures the links of this rule and gives those that are no longer selected, in order.
    fn look_at_links(&mut self) -> Vec<ItemKey> {
        let input = self.collector.input;
        let observed = input.observed;
        let (mut linked, mut set_back) = (0, 0);
        let mut read = Sides::<bool>::default();
        let mut gone = Sides::<bool>::default();
        let mut absent = Vec::new();
        for (case, _) in observed.unchanged.iter() {
            if input.pairs.rule(case) == Some(&input.rule.name) {
                linked += 1;
                (read.testworthy, read.azure_devops) = (true, true);
            }
        }
        let ours = |link: &&Link| self.rules.is_ours(link, input);
        for link in input.links.iter().filter(ours) {
            linked += 1;
            read.testworthy |= observed.has_case(link.case);
            read.azure_devops |= observed.has_work_item(link.work_item);
            for side in [System::TestWorthy, System::AzureDevOps] {
                let presence = self.presence(ItemKey::of(link, side));
                *gone.get_mut(side) |= presence == Presence::Gone;
            }
            let item = observed.work_item(link.work_item);
            if item.is_some_and(|item| went_down(link, item)) {
                set_back += 1;
            }
            if !selects(input, link) {
                absent.push(ItemKey::of(link, input.rule.source()));
            }
        }
        let output = &mut self.collector.output;
        output.linked = linked;
        output.set_back = set_back;
        output.empty = read.map(|_, read| linked > 0 && !read);
        output.unconfirmed = gone;
        absent.sort_unstable();
        absent
    }

    /// Cases for which the rule's `where` has no answer.
    fn tell_unanswered(&mut self, cases: &[ItemKey]) {
        let input = self.collector.input;
        for &source in cases {
            let ItemKey::Case(case) = source else {
                continue;
            };
            let Some(reason) = input.observed.unanswered.get(&case) else {
                continue;
            };
            // The other item of the pair may be selected by its own scope.
            let link = self.collector.links.get(&source);
            let outcome = if link.is_some_and(|link| selects(input, link)) {
                "it is not selected by it, and goes on only because its work item is selected"
            } else {
                "it is not selected, and nothing is written for it"
            };
            let message =
                format!("`where` of the rule has no answer for this case: {reason}; {outcome}");
            self.collector
                .finding(&values::FILTER_FAILED, source, &message);
        }
    }

    fn plan_item(&mut self, source: ItemKey, claims: &mut Claims<'a>) -> Class {
        let input = self.collector.input;
        let us = &input.rule.name;
        if let Some(other) = claims.get(&source) {
            let message = format!(
                "rule `{other}` already takes care of this item; narrow one of the two scopes"
            );
            self.collector
                .finding(&codes::OVERLAPPING_RULES, source, &message);
            return Class::Filtered;
        }
        if self.settles(source) {
            claims.insert(source, us);
            self.collector.finding(
                &codes::SETTLING,
                source,
                "a write for this item was sent and not answered; it is looked up again once it can no longer land",
            );
            return Class::Held;
        }
        if let Some(pair) = input.observed.unchanged.pair(source) {
            return self.plan_unchanged(source, pair, claims);
        }
        if let Some(link) = self.collector.links.get(&source).copied() {
            if let Some(keeper) = self.rules.keeper(link, input) {
                return self.kept_by(keeper, source);
            }
            claims.insert(ItemKey::Case(link.case), us);
            claims.insert(ItemKey::WorkItem(link.work_item), us);
            return self.plan_linked(source, link);
        }
        if let Some(link) = self.collector.parted.get(source) {
            // Another rule would take what was put away for a deletion for something to be made up for.
            if link.state == LinkState::Ended
                && let Some(keeper) = self.rules.keeper(link, input)
            {
                return self.kept_by(keeper, source);
            }
            return self.plan_parted(source, link, claims);
        }
        let class = self.plan_unlinked(source, claims);
        // What this rule does nothing with is left to the others.
        if class != Class::Filtered {
            claims.insert(source, us);
        }
        class
    }

    /// Whether a write for an item, or for its pair in a two-way rule, was sent and not answered.
    fn settles(&self, source: ItemKey) -> bool {
        let input = self.collector.input;
        let partner = || match source {
            ItemKey::Case(case) if input.rule.is_two_way() => {
                Some(ItemKey::WorkItem(input.pairs.work_item(case)?))
            }
            ItemKey::Case(_) | ItemKey::WorkItem(_) => None,
        };
        input.settling.contains(&source)
            || partner().is_some_and(|key| input.settling.contains(&key))
    }

    /// Another rule goes on with a pair that this one selects too.
    fn kept_by(&mut self, keeper: &Name, source: ItemKey) -> Class {
        let message =
            format!("rule `{keeper}` made this pair and keeps it; narrow one of the two scopes");
        self.collector
            .finding(&codes::OVERLAPPING_RULES, source, &message);
        Class::Filtered
    }

    /// A pair that was compared already. What its rule selects, it keeps.
    fn plan_unchanged(
        &mut self,
        source: ItemKey,
        (case, item): (CaseId, WorkItemId),
        claims: &mut Claims<'a>,
    ) -> Class {
        let input = self.collector.input;
        let us = &input.rule.name;
        if let Some(keeper) = input.pairs.rule(case).filter(|rule| *rule != us) {
            return self.kept_by(keeper, source);
        }
        claims.insert(ItemKey::Case(case), us);
        claims.insert(ItemKey::WorkItem(item), us);
        self.tell_duplicates(source, case, item);
        Class::Unchanged
    }

    fn tell_duplicates(&mut self, source: ItemKey, case: CaseId, item: WorkItemId) {
        for duplicate in self.matcher.duplicates(case, item) {
            let message = format!(
                "work item {duplicate} also carries the marker of case {case}, which is linked to work item {item}; nothing writes to the second one: compare them and close it or remove its `accord/1` hyperlink"
            );
            self.collector
                .finding(&codes::DUPLICATE_MARKER, source, &message);
        }
    }

    fn plan_linked(&mut self, source: ItemKey, link: &'a Link) -> Class {
        if link.rule != self.collector.input.rule.name {
            self.take_over(source, link);
        }
        self.tell_duplicates(source, link.case, link.work_item);
        let presence = self.presences(link);
        self.plan_presence(source, link, presence, None)
    }

    /// An item whose link is parted: left alone if a person or a policy parted it for good, and back in
    /// its pair if it shows that it is alive.
    fn plan_parted(&mut self, source: ItemKey, link: &'a Link, claims: &mut Claims<'a>) -> Class {
        if link.state == LinkState::Unlinked {
            self.collector.unlinked += 1;
            return Class::Filtered;
        }
        let presence = self.presences(link);
        let class = self.plan_presence(source, link, presence, Some(link.state));
        if class != Class::Filtered {
            let us = &self.collector.input.rule.name;
            claims.insert(ItemKey::Case(link.case), us);
            claims.insert(ItemKey::WorkItem(link.work_item), us);
        }
        class
    }

    /// What becomes of a pair whose items are there in these ways.
    fn plan_presence(
        &mut self,
        source: ItemKey,
        link: &'a Link,
        presence: Sides<Presence>,
        parted: Option<LinkState>,
    ) -> Class {
        let observed = self.collector.input.observed;
        let edited = self.edited(link, presence, parted);
        let verdict = self.decide(ItemSituation::Linked {
            presence,
            edited,
            parted,
        });
        let pair = observed
            .case(link.case)
            .zip(observed.work_item(link.work_item));
        match (verdict, pair) {
            (ItemVerdict::Pair | ItemVerdict::Revive, Some((case, item))) => {
                let scene = PairScene {
                    source,
                    case,
                    item,
                    link: Some(link),
                    by: None,
                    revived: verdict == ItemVerdict::Revive,
                };
                pair::plan_pair(&mut self.collector, &scene)
            }
            (verdict, _) => {
                let gone = |wanted| {
                    let order = [source.system(), source.system().other()];
                    let side = order
                        .into_iter()
                        .find(|side| *presence.get(*side) == wanted);
                    side.map_or(source, |side| ItemKey::of(link, side))
                };
                let absent = match verdict {
                    ItemVerdict::Freeze => gone(Presence::Retyped),
                    ItemVerdict::Ask { deleted } => ItemKey::of(link, deleted),
                    _ => gone(Presence::Gone),
                };
                let half = Half {
                    source,
                    link,
                    edited: self.edited(link, presence, None),
                    ended: parted == Some(LinkState::Ended),
                    replaced: self.rules.in_place_of(link, self.collector.input),
                };
                match deletion::plan_half(&mut self.collector, &half, verdict) {
                    Some(class) => class,
                    None => self.wait(source, absent, verdict),
                }
            }
        }
    }

    /// Whether an item that is left was edited since the base; of a link that has ended, whether it is no
    /// longer as the deletion left it. Looked at only where one item is gone.
    fn edited(
        &self,
        link: &Link,
        presence: Sides<Presence>,
        parted: Option<LinkState>,
    ) -> Sides<bool> {
        let input = self.collector.input;
        let (case, item) = (
            input.observed.case(link.case),
            input.observed.work_item(link.work_item),
        );
        if presence.testworthy == presence.azure_devops {
            return Sides::default();
        }
        if parted == Some(LinkState::Ended) {
            return Sides {
                testworthy: case.is_some_and(|case| !deletion::is_disabled(case)),
                azure_devops: item.is_some_and(|item| !deletion::is_at_rest(input, item)),
            };
        }
        // Of two values that never were in accord nobody can tell that they are not edits.
        let known = self.collector.conflicts_of(link.case, link.work_item);
        let met = known.iter().any(|one| conflict::is_first_sync(one));
        let changed = |item| {
            let edits = edits(input.mapping, &link.base, item);
            met || edits.iter().any(|edit| deletion::is_kept(input, edit))
        };
        Sides {
            testworthy: case.is_some_and(|case| changed(SideItem::Case(case, link.work_item))),
            azure_devops: item.is_some_and(|item| changed(SideItem::WorkItem(item))),
        }
    }

    /// The store learns that the pair is this rule's from now on, whatever becomes of its fields: the
    /// links of a rule that is gone are forgotten, and their bases with them.
    fn take_over(&mut self, source: ItemKey, link: &Link) {
        let pair = Pair {
            link: Some(link.id.clone()),
            case: link.case,
            testworthy_project: link.testworthy_project,
            work_item: link.work_item,
        };
        self.collector.release(source, &pair);
    }

    fn decide(&self, situation: ItemSituation) -> ItemVerdict {
        let rule = self.collector.input.rule;
        let rules = ItemRules {
            creates: rule.creates,
            direction: rule.direction,
            when_deleted: rule.when_deleted,
        };
        decide_item(situation, &rules)
    }

    fn presences(&self, link: &Link) -> Sides<Presence> {
        Sides {
            testworthy: self.presence(ItemKey::Case(link.case)),
            azure_devops: self.presence(ItemKey::WorkItem(link.work_item)),
        }
    }

    /// How an item is there, as far as it was read. What was not read is gone without a confirmation,
    /// unless the reading brought one.
    fn presence(&self, key: ItemKey) -> Presence {
        let observed = self.collector.input.observed;
        match key {
            ItemKey::Case(id) if observed.has_case(id) => Presence::Present,
            ItemKey::Case(id) if observed.deleted_cases.contains(&id) => Presence::Deleted,
            ItemKey::Case(_) => Presence::Gone,
            // Only items of the mapped type are compared.
            ItemKey::WorkItem(id) if observed.unchanged.has_work_item(id) => Presence::Present,
            ItemKey::WorkItem(id) => match observed.work_item(id) {
                None if observed.deleted_work_items.contains_key(&id) => Presence::Deleted,
                None => Presence::Gone,
                Some(item) if !self.is_mapped(item) => Presence::Retyped,
                Some(_) => Presence::Present,
            },
        }
    }

    fn is_mapped(&self, item: &WorkItem) -> bool {
        let input = self.collector.input;
        pair::is_mapped(input.mapping, input.connection, item)
    }

    /// Every verdict that writes nothing: the class, and what a person is told.
    fn wait(&mut self, source: ItemKey, absent: ItemKey, verdict: ItemVerdict) -> Class {
        let what = deletion::told(absent);
        match verdict {
            ItemVerdict::Ask { .. } => {
                let message =
                    format!("{what} was deleted; nothing is written until a person decides");
                let item = self.collector.source_ref(source);
                conflict::deletion_waits(&mut self.collector, source, item, message);
                Class::Conflict
            }
            ItemVerdict::Freeze => {
                let message = format!(
                    "{what} changed its type or its project; nothing is written to this pair until that is settled"
                );
                self.collector
                    .finding(&codes::ITEM_RETYPED, source, &message);
                Class::Held
            }
            ItemVerdict::Detach => {
                if self.collector.input.rule.is_two_way() {
                    self.collector.finding(
                        &codes::LEFT_SCOPE,
                        source,
                        "neither item of this pair is selected any more; the pair is let go, and both stay as they are",
                    );
                }
                Class::Filtered
            }
            ItemVerdict::Ignore | ItemVerdict::End => Class::Filtered,
            ItemVerdict::Quarantine => Class::Quarantined,
            _ => {
                let message = format!(
                    "{what} belongs to this pair and cannot be read: deleted, moved away, or not visible to this credential; the pair waits and nothing is written"
                );
                self.collector.finding(&codes::ITEM_GONE, source, &message);
                Class::Held
            }
        }
    }

    fn plan_unlinked(&mut self, source: ItemKey, claims: &mut Claims<'a>) -> Class {
        let found = self.matcher.find(source);
        let counterpart = match &found {
            Match::None => Candidates::None,
            Match::Ambiguous(_) => Candidates::Several,
            Match::One { target, by } => Candidates::One(*by, self.presence(*target)),
        };
        let verdict = self.decide(ItemSituation::Unlinked {
            side: source.system(),
            own: self.presence(source),
            counterpart,
        });
        match (verdict, found) {
            (ItemVerdict::Create { .. }, _) => self.plan_new(source),
            (ItemVerdict::Adopt(by), Match::One { target, .. }) => {
                self.plan_adoption(source, target, by, claims)
            }
            (ItemVerdict::Quarantine, Match::Ambiguous(reason)) => {
                self.collector
                    .finding(&codes::AMBIGUOUS_MATCH, source, &reason);
                Class::Quarantined
            }
            (verdict, Match::One { target, .. }) => self.wait(source, target, verdict),
            (_, Match::None | Match::Ambiguous(_)) => Class::Filtered,
        }
    }

    /// An item that this rule found no counterpart for.
    fn plan_new(&mut self, source: ItemKey) -> Class {
        let (code, message, class) = match self.rules.elsewhere(source, self.collector.input) {
            None => return create::plan_create(&mut self.collector, New::of(source)),
            Some(Elsewhere::Paired(message)) => {
                (&codes::OVERLAPPING_RULES, message, Class::Filtered)
            }
            Some(Elsewhere::Uncertain(message)) => {
                (&codes::AMBIGUOUS_MATCH, message, Class::Quarantined)
            }
        };
        self.collector.finding(code, source, &message);
        class
    }

    fn plan_adoption(
        &mut self,
        source: ItemKey,
        target: ItemKey,
        by: MatchBy,
        claims: &mut Claims<'a>,
    ) -> Class {
        let input = self.collector.input;
        if input.settling.contains(&target) {
            self.collector.finding(
                &codes::SETTLING,
                source,
                "a write for its counterpart was sent and not answered; it is looked up again once it can no longer land",
            );
            return Class::Held;
        }
        if let Some(other) = claims.get(&target) {
            let message = format!(
                "its counterpart {target} is already taken by another item of rule `{other}` in this plan"
            );
            self.collector
                .finding(&codes::AMBIGUOUS_MATCH, source, &message);
            return Class::Quarantined;
        }
        claims.insert(target, &input.rule.name);
        let observed = input.observed;
        let pair = match (source, target) {
            (ItemKey::Case(case), ItemKey::WorkItem(item))
            | (ItemKey::WorkItem(item), ItemKey::Case(case)) => {
                observed.case(case).zip(observed.work_item(item))
            }
            (ItemKey::Case(_), ItemKey::Case(_)) | (ItemKey::WorkItem(_), ItemKey::WorkItem(_)) => {
                None
            }
        };
        match pair {
            Some((case, item)) => {
                let scene = PairScene {
                    source,
                    case,
                    item,
                    link: None,
                    by: Some(by),
                    revived: false,
                };
                pair::plan_pair(&mut self.collector, &scene)
            }
            None => self.wait(source, target, ItemVerdict::Wait),
        }
    }

    /// A linked pair that is no longer selected. Out of scope is not deleted: nothing is written for it.
    fn plan_absent(&mut self, source: ItemKey) -> Class {
        let Some(link) = self.collector.links.get(&source).copied() else {
            return Class::Filtered;
        };
        let input = self.collector.input;
        let presence = self.presences(link);
        let presence = if input.rule.is_two_way() {
            // A side without a scope follows the other one.
            presence.map(|side, presence| match presence {
                Presence::Present if input.rule.selects_on(side) => Presence::OutOfScope,
                presence => presence,
            })
        } else {
            let side = input.rule.source();
            let (own, other) = match (*presence.get(side), *presence.get(side.other())) {
                (Presence::Present, _) => (Presence::OutOfScope, Presence::Present),
                (Presence::Deleted, other) => (Presence::Deleted, other),
                (own, _) => (own, Presence::Present),
            };
            Sides::of(side, own, other)
        };
        self.plan_presence(source, link, presence, None)
    }
}
