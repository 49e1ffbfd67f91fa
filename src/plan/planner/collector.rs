//! What planning one rule gives, collected: changes, steps, conflicts, findings.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::parted::Parted;
use super::{RuleOutput, conflict};
use crate::diagnostics::catalog::sync as codes;
use crate::diagnostics::{Code, Severity};
use crate::model::config::{Origin, SyncRule};
use crate::model::{
    Case, CaseId, Conflict, ConflictId, Link, LinkState, RefusalClass, System, WorkItem, WorkItemId,
};
use crate::plan::conservation::Class;
use crate::plan::observed::{ItemKey, RuleInput};
use crate::plan::{Action, Change, ItemRef, Operation, OriginEntry, Pair, PlanFinding, Step};

/// `SyncRule/NAME`.
pub(super) fn address(rule: &SyncRule) -> String {
    format!("SyncRule/{}", rule.name)
}

/// Collects what one rule gives.
pub(super) struct Collector<'a> {
    pub(super) input: &'a RuleInput<'a>,
    pub(super) output: RuleOutput,
    pub(super) links: BTreeMap<ItemKey, &'a Link>,
    pub(super) parted: Rc<Parted<'a>>,
    conflicts: BTreeMap<(CaseId, WorkItemId), Vec<&'a Conflict>>,
    /// Selected items that were unlinked and are passed over.
    pub(super) unlinked: u64,
    /// Whether titles are sensitive: then nothing in the plan shows them.
    hides_titles: bool,
}

impl<'a> Collector<'a> {
    pub(super) fn new(input: &'a RuleInput<'a>, parted: Rc<Parted<'a>>) -> Self {
        let links = input.links.iter().flat_map(|link| {
            [
                (ItemKey::Case(link.case), link),
                (ItemKey::WorkItem(link.work_item), link),
            ]
        });
        let mut conflicts: BTreeMap<_, Vec<&Conflict>> = BTreeMap::new();
        for one in input
            .known
            .conflicts
            .iter()
            .filter(|one| conflict::waits(one))
        {
            let pair = (one.case, one.work_item);
            conflicts.entry(pair).or_default().push(one);
        }
        Self {
            input,
            output: RuleOutput::default(),
            links: links.collect(),
            parted,
            conflicts,
            unlinked: 0,
            hides_titles: input.mapping.rows.iter().any(|row| {
                let paths =
                    [System::TestWorthy, System::AzureDevOps].map(|system| row.path(system));
                row.sensitive() && (paths[0] == "title" || paths[1] == "System.Title")
            }),
        }
    }

    /// Conflicts of a pair that are open or decided.
    pub(super) fn conflicts_of(&self, case: CaseId, item: WorkItemId) -> Vec<&'a Conflict> {
        let known = self.conflicts.get(&(case, item));
        known.cloned().unwrap_or_default()
    }

    /// The address of a source item under this rule.
    pub(super) fn address(&self, source: ItemKey) -> String {
        format!("{}/{source}", address(self.input.rule))
    }

    /// The pair as a plan names it.
    pub(super) fn item_ref(&self, case: Option<&Case>, item: Option<&WorkItem>) -> ItemRef {
        let titles = [case.map(Case::title), item.map(WorkItem::title)];
        let mut titles = match self.input.rule.source() {
            System::TestWorthy => titles,
            System::AzureDevOps => [titles[1], titles[0]],
        }
        .into_iter();
        let title = titles.find_map(|title| title.filter(|_| !self.hides_titles));
        ItemRef {
            testworthy: case.map(|case| case.id.0),
            azure_devops: item.map(|item| item.id.0),
            title: title.unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn source_ref(&self, source: ItemKey) -> ItemRef {
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

    /// A linked pair as a plan names it, whichever of its items is there.
    pub(super) fn link_ref(&self, link: &Link) -> ItemRef {
        let observed = self.input.observed;
        ItemRef {
            testworthy: Some(link.case.0),
            azure_devops: Some(link.work_item.0),
            ..self.item_ref(observed.case(link.case), observed.work_item(link.work_item))
        }
    }

    /// A finding about an item, at its rule.
    pub(super) fn finding(&mut self, code: Code, source: ItemKey, message: &str) {
        let input = self.input;
        self.finding_at(code, source, message, &input.rule.origin);
    }

    /// The same at a declaration of its own: a row.
    pub(super) fn finding_at(
        &mut self,
        code: Code,
        source: ItemKey,
        message: &str,
        origin: &Origin,
    ) {
        let finding = PlanFinding {
            code: code.code.to_owned(),
            severity: code.severity.as_str().to_owned(),
            address: self.address(source),
            message: message.to_owned(),
            origin: Some(origin_entry(origin)),
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
        resolves: Vec<ConflictId>,
    ) -> Class {
        if let Some(refusal) = self.input.quarantined.get(&source)
            && let digest = operation.payload_digest()
            && refusal.digests.contains(&digest)
        {
            self.output.aside.entry(source).or_default().insert(digest);
            let before = match refusal.class {
                RefusalClass::NotKept => "this write did not last before",
                RefusalClass::Content
                | RefusalClass::Permission
                | RefusalClass::Missing
                | RefusalClass::NotOffered => "the server refused this write before",
            };
            let reason = &refusal.reason;
            let message = format!("{before} and nothing has changed since: {reason}");
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
            resolves,
        });
        class
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
