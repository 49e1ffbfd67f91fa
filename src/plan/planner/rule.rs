//! One rule: every selected item is looked at once and falls into exactly one class.

use std::collections::BTreeMap;

use super::claims::{Claims, Rules, selects};
use super::matching::{self, Match, Matcher};
use super::{RuleOutput, create, pair};
use crate::diagnostics::catalog::{sync as codes, value as values};
use crate::diagnostics::{Code, Severity};
use crate::diff::{Candidates, ItemVerdict, Presence, Situation, one_way_item};
use crate::model::config::{MatchBy, Origin, SyncRule};
use crate::model::{Case, CaseId, Link, LinkState, Name, System, WorkItem, WorkItemId};
use crate::plan::conservation::{Class, Tally, Violation};
use crate::plan::observed::{ItemKey, RuleInput};
use crate::plan::{
    Action, Change, ConflictEntry, ItemRef, Operation, OriginEntry, Pair, PlanFinding, Step, glob,
};

/// `SyncRule/NAME`.
pub(super) fn address(rule: &SyncRule) -> String {
    format!("SyncRule/{}", rule.name)
}

/// Collects what one rule gives.
pub(super) struct Collector<'a> {
    pub(super) input: &'a RuleInput<'a>,
    pub(super) output: RuleOutput,
    links: BTreeMap<ItemKey, &'a Link>,
    /// Whether titles are sensitive: then nothing in the plan shows them.
    hides_titles: bool,
}

/// Plans one rule.
pub(super) fn plan_rule<'a>(
    input: &'a RuleInput<'a>,
    rules: &Rules<'_>,
    only: &[String],
    claims: &mut Claims<'a>,
) -> Result<RuleOutput, Violation<ItemKey>> {
    let links = input.links.iter().flat_map(|link| {
        [
            (ItemKey::Case(link.case), link),
            (ItemKey::WorkItem(link.work_item), link),
        ]
    });
    let mut collector = Collector {
        input,
        output: RuleOutput::default(),
        links: links.collect(),
        hides_titles: input.mapping.rows.iter().any(|row| {
            let paths = [System::TestWorthy, System::AzureDevOps].map(|system| row.path(system));
            row.sensitive() && (paths[0] == "title" || paths[1] == "System.Title")
        }),
    };
    let matcher = Matcher::new(input);
    let in_scope = matching::selected(input);
    let absent = collector.look_at_links(rules);
    let wanted = |key: &ItemKey| {
        only.is_empty() || glob::selects(only, &format!("{}/{key}", address(input.rule)))
    };
    let mut tally = Tally::new(in_scope.iter().chain(&absent).copied().filter(wanted));
    for source in in_scope.into_iter().filter(wanted) {
        let class = collector.plan_item(source, &matcher, rules, claims);
        tally.add(&source, class)?;
    }
    for (case, reason) in &input.observed.unanswered {
        let source = ItemKey::Case(*case);
        if wanted(&source) {
            let message = format!(
                "`where` of the rule has no answer for this case: {reason}; it is not selected, and nothing is written for it"
            );
            collector.finding(&values::FILTER_FAILED, source, &message);
        }
    }
    for source in absent.into_iter().filter(wanted) {
        let class = collector.plan_absent_source(source);
        tally.add(&source, class)?;
    }
    collector.output.summary = tally.finish()?;
    Ok(collector.output)
}

impl<'a> Collector<'a> {
    /// Measures the links of this rule and gives those of its sources that are no longer selected, in
    /// order.
    fn look_at_links(&mut self, rules: &Rules<'_>) -> Vec<ItemKey> {
        let input = self.input;
        let observed = input.observed;
        let (mut linked, mut cases, mut items) = (0, false, false);
        let mut absent = Vec::new();
        for (case, _) in observed.unchanged.iter() {
            if input.pairs.rule(case) == Some(&input.rule.name) {
                linked += 1;
                (cases, items) = (true, true);
            }
        }
        for link in input.links.iter().filter(|link| rules.is_ours(link, input)) {
            linked += 1;
            cases |= observed.has_case(link.case);
            items |= observed.has_work_item(link.work_item);
            let source = ItemKey::of(link, input.rule.source());
            if !selects(input, link) {
                absent.push(source);
            }
        }
        self.output.linked = linked;
        self.output.cases_gone = linked > 0 && !cases;
        self.output.work_items_gone = linked > 0 && !items;
        absent.sort_unstable();
        absent
    }

    fn plan_item(
        &mut self,
        source: ItemKey,
        matcher: &Matcher<'_>,
        rules: &Rules<'_>,
        claims: &mut Claims<'a>,
    ) -> Class {
        let us = &self.input.rule.name;
        if let Some(other) = claims.get(&source) {
            let message = format!(
                "rule `{other}` already takes care of this item; narrow one of the two scopes"
            );
            self.finding(&codes::OVERLAPPING_RULES, source, &message);
            return Class::Filtered;
        }
        if self.input.settling.contains(&source) {
            claims.insert(source, us);
            self.finding(
                &codes::SETTLING,
                source,
                "a write for this item was sent and not answered; it is looked up again once it can no longer land",
            );
            return Class::Held;
        }
        if let Some(pair) = self.input.observed.unchanged.pair(source) {
            return self.plan_unchanged(source, pair, matcher, claims);
        }
        let Some(link) = self.links.get(&source).copied() else {
            let class = self.plan_unlinked(source, matcher, claims);
            // What this rule does nothing with is left to the others.
            if class != Class::Filtered {
                claims.insert(source, us);
            }
            return class;
        };
        if let Some(keeper) = rules.keeper(link, self.input) {
            return self.kept_by(keeper, source);
        }
        claims.insert(ItemKey::Case(link.case), us);
        claims.insert(ItemKey::WorkItem(link.work_item), us);
        self.plan_linked(source, link, matcher)
    }

    /// Another rule goes on with a pair that this one selects too.
    fn kept_by(&mut self, keeper: &Name, source: ItemKey) -> Class {
        let message =
            format!("rule `{keeper}` made this pair and keeps it; narrow one of the two scopes");
        self.finding(&codes::OVERLAPPING_RULES, source, &message);
        Class::Filtered
    }

    /// A pair that was compared already. What its rule selects, it keeps.
    fn plan_unchanged(
        &mut self,
        source: ItemKey,
        (case, item): (CaseId, WorkItemId),
        matcher: &Matcher<'_>,
        claims: &mut Claims<'a>,
    ) -> Class {
        let us = &self.input.rule.name;
        if let Some(keeper) = self.input.pairs.rule(case).filter(|rule| *rule != us) {
            return self.kept_by(keeper, source);
        }
        claims.insert(ItemKey::Case(case), us);
        claims.insert(ItemKey::WorkItem(item), us);
        self.tell_duplicates(source, case, item, matcher);
        Class::Unchanged
    }

    fn tell_duplicates(
        &mut self,
        source: ItemKey,
        case: CaseId,
        item: WorkItemId,
        matcher: &Matcher<'_>,
    ) {
        for duplicate in matcher.duplicates(case, item) {
            let message = format!(
                "work item {duplicate} also carries the marker of case {case}, which is linked to work item {item}; nothing writes to the second one: compare them and close it or remove its `accord/1` hyperlink"
            );
            self.finding(&codes::DUPLICATE_MARKER, source, &message);
        }
    }

    fn plan_linked(&mut self, source: ItemKey, link: &'a Link, matcher: &Matcher<'_>) -> Class {
        let target = ItemKey::of(link, self.input.rule.target());
        if link.rule != self.input.rule.name {
            self.take_over(source, link);
        }
        self.tell_duplicates(source, link.case, link.work_item, matcher);
        let observed = self.input.observed;
        let pair = observed
            .case(link.case)
            .zip(observed.work_item(link.work_item));
        let situation = Situation::Linked {
            source: self.presence(source),
            target: self.presence(target),
        };
        match (self.decide(situation), pair) {
            (ItemVerdict::Pair, Some((case, item))) => {
                pair::plan_pair(self, source, case, item, Some(link), None)
            }
            (verdict, _) => {
                let source_is_there = self.presence(source) == Presence::Present;
                let absent = if source_is_there { target } else { source };
                self.wait_or_ask(source, absent, verdict)
            }
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
        self.release(source, &pair);
    }

    /// A record without a new base: the link is this rule's, and its source is in no quarantine.
    pub(super) fn release(&mut self, source: ItemKey, pair: &Pair) {
        let operation = Operation::Record {
            pair: pair.clone(),
            base: BTreeMap::new(),
            rev: None,
            state: LinkState::Active,
            conflicts: Vec::new(),
        };
        self.push_record(source, operation);
    }

    fn decide(&self, situation: Situation) -> ItemVerdict {
        one_way_item(
            situation,
            self.input.rule.source(),
            *self.input.rule.creates.get(self.input.rule.target()),
        )
    }

    /// How an item is there, as far as it was read. What was not read is gone without a confirmation,
    /// unless the reading brought one.
    fn presence(&self, key: ItemKey) -> Presence {
        let observed = self.input.observed;
        match key {
            ItemKey::Case(id) if observed.has_case(id) => Presence::Present,
            ItemKey::Case(id) if observed.deleted_cases.contains(&id) => Presence::Deleted,
            ItemKey::Case(_) => Presence::Gone,
            // Only items of the mapped type are compared.
            ItemKey::WorkItem(id) if observed.unchanged.has_work_item(id) => Presence::Present,
            ItemKey::WorkItem(id) => match observed.work_item(id) {
                None => Presence::Gone,
                Some(item) if !self.is_mapped(item) => Presence::Retyped,
                Some(_) => Presence::Present,
            },
        }
    }

    fn is_mapped(&self, item: &WorkItem) -> bool {
        pair::is_mapped(self.input.mapping, self.input.connection, item)
    }

    /// Every verdict that writes nothing: the class, and what a person is told.
    fn wait_or_ask(&mut self, source: ItemKey, absent: ItemKey, verdict: ItemVerdict) -> Class {
        let what = match absent {
            ItemKey::Case(id) => format!("case {id} in TestWorthy"),
            ItemKey::WorkItem(id) => format!("work item {id} in Azure DevOps"),
        };
        match verdict {
            ItemVerdict::Ask { .. } => {
                let message =
                    format!("{what} was deleted; nothing is written until a person decides");
                self.conflict(&codes::ITEM_GONE, source, message);
                Class::Conflict
            }
            ItemVerdict::Freeze => {
                let message = format!(
                    "{what} changed its type or its project; nothing is written to this pair until that is settled"
                );
                self.finding(&codes::ITEM_RETYPED, source, &message);
                Class::Held
            }
            ItemVerdict::Detach | ItemVerdict::Ignore | ItemVerdict::End => Class::Filtered,
            ItemVerdict::Quarantine => Class::Quarantined,
            _ => {
                let message = format!(
                    "{what} belongs to this pair and cannot be read: deleted, moved away, or not visible to this credential; the pair waits and nothing is written"
                );
                self.finding(&codes::ITEM_GONE, source, &message);
                Class::Held
            }
        }
    }

    fn plan_unlinked(
        &mut self,
        source: ItemKey,
        matcher: &Matcher<'_>,
        claims: &mut Claims<'a>,
    ) -> Class {
        let found = matcher.find(source);
        let target = match &found {
            Match::None => Candidates::None,
            Match::Ambiguous(_) => Candidates::Several,
            Match::One { target, by } => Candidates::One(*by, self.presence(*target)),
        };
        let verdict = self.decide(Situation::Unlinked {
            source: self.presence(source),
            target,
        });
        match (verdict, found) {
            (ItemVerdict::Create { .. }, _) => create::plan_create(self, source),
            (ItemVerdict::Adopt(by), Match::One { target, .. }) => {
                self.plan_adoption(source, target, by, claims)
            }
            (ItemVerdict::Quarantine, Match::Ambiguous(reason)) => {
                self.finding(&codes::AMBIGUOUS_MATCH, source, &reason);
                Class::Quarantined
            }
            (verdict, Match::One { target, .. }) => self.wait_or_ask(source, target, verdict),
            (_, Match::None | Match::Ambiguous(_)) => Class::Filtered,
        }
    }

    fn plan_adoption(
        &mut self,
        source: ItemKey,
        target: ItemKey,
        by: MatchBy,
        claims: &mut Claims<'a>,
    ) -> Class {
        if self.input.settling.contains(&target) {
            self.finding(
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
            self.finding(&codes::AMBIGUOUS_MATCH, source, &message);
            return Class::Quarantined;
        }
        claims.insert(target, &self.input.rule.name);
        let observed = self.input.observed;
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
            Some((case, item)) => pair::plan_pair(self, source, case, item, None, Some(by)),
            None => self.wait_or_ask(source, target, ItemVerdict::Wait),
        }
    }

    /// A linked source that is no longer selected. Out of scope is not deleted: nothing is written to
    /// the other side.
    fn plan_absent_source(&mut self, source: ItemKey) -> Class {
        let presence = match self.presence(source) {
            Presence::Present => Presence::OutOfScope,
            other => other,
        };
        let situation = Situation::Linked {
            source: presence,
            target: Presence::Present,
        };
        let verdict = self.decide(situation);
        self.wait_or_ask(source, source, verdict)
    }

    /// The address of a source item under this rule.
    pub(super) fn address(&self, source: ItemKey) -> String {
        format!("{}/{source}", address(self.input.rule))
    }

    /// The pair as a plan names it.
    pub(super) fn item_ref(&self, case: Option<&Case>, item: Option<&WorkItem>) -> ItemRef {
        let title = match self.input.rule.source() {
            _ if self.hides_titles => None,
            System::TestWorthy => case.map(Case::title),
            System::AzureDevOps => item.map(WorkItem::title),
        };
        ItemRef {
            testworthy: case.map(|case| case.id.0),
            azure_devops: item.map(|item| item.id.0),
            title: title.unwrap_or_default().to_owned(),
        }
    }

    fn source_ref(&self, source: ItemKey) -> ItemRef {
        let observed = self.input.observed;
        match source {
            ItemKey::Case(id) => ItemRef {
                testworthy: Some(id.0),
                ..self.item_ref(observed.case(id), None)
            },
            ItemKey::WorkItem(id) => ItemRef {
                azure_devops: Some(id.0),
                ..self.item_ref(None, observed.work_item(id))
            },
        }
    }

    pub(super) fn conflict(&mut self, code: Code, source: ItemKey, message: String) {
        let entry = ConflictEntry {
            address: self.address(source),
            code: code.code.to_owned(),
            item: self.source_ref(source),
            path: None,
            message,
            values: None,
            sensitive: false,
        };
        self.output.conflicts.push(entry);
    }

    pub(super) fn finding(&mut self, code: Code, source: ItemKey, message: &str) {
        self.finding_at(code, source, message, None);
    }

    pub(super) fn finding_at(
        &mut self,
        code: Code,
        source: ItemKey,
        message: &str,
        origin: Option<&Origin>,
    ) {
        let finding = PlanFinding {
            code: code.code.to_owned(),
            severity: code.severity.as_str().to_owned(),
            address: self.address(source),
            message: message.to_owned(),
            origin: origin.map(origin_entry),
        };
        debug_assert!(
            code.severity <= Severity::Warning,
            "errors stop a plan before this"
        );
        self.output.findings.push(finding);
    }

    /// Adds a change with its operation, unless the same write was refused before.
    pub(super) fn push(
        &mut self,
        source: ItemKey,
        class: Class,
        change: Change,
        operation: Operation,
    ) -> Class {
        if let Some(refusal) = self.input.quarantined.get(&source)
            && refusal.digest == Some(operation.payload_digest())
        {
            let message = format!(
                "the server refused this write before and nothing has changed since: {}",
                refusal.reason
            );
            self.finding(&codes::QUARANTINED, source, &message);
            return Class::Quarantined;
        }
        let index = self.output.changes.len();
        debug_assert!(class != Class::Create || change.action == Action::Create);
        self.output.changes.push(change);
        self.output.steps.push(Step {
            change: Some(index),
            rule: self.input.rule.name.clone(),
            address: self.address(source),
            operation,
            resolves: Vec::new(),
        });
        class
    }

    /// Adds bookkeeping that nobody needs to review.
    pub(super) fn push_record(&mut self, source: ItemKey, operation: Operation) {
        self.output.steps.push(Step {
            change: None,
            rule: self.input.rule.name.clone(),
            address: self.address(source),
            operation,
            resolves: Vec::new(),
        });
    }
}

/// An origin as plans show it.
pub(super) fn origin_entry(origin: &Origin) -> OriginEntry {
    OriginEntry {
        file: origin.file.clone(),
        line: origin.line,
    }
}
