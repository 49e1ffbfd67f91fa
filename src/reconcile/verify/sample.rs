//! Which samples a test sync takes, and what each would send. Pure.
//!
//! From the plan come the first creates and updates of a rule, a few of each kind. Where the plan has
//! none, linked pairs stand in: the values that the target holds are sent back as an update that changes
//! nothing, and the planner itself is shown a linked source item as if it were new, so that a made-up
//! create is made by the code that makes real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::report::{Objector, SampleKind, SampleObjection};
use crate::diagnostics::catalog;
use crate::mapping::CompiledMapping;
use crate::model::config::{Connection, CustomField, Safety, SyncRule};
use crate::model::{
    Case, CaseId, Marker, SuiteId, System, Value, WorkItem, azure_boards_mention,
    azure_boards_mention_in,
};
use crate::plan::safety::{FileCounts, Overrides};
use crate::plan::{
    Inputs, ItemKey, ItemRef, Known, LinkedPairs, Observed, Operation, OriginEntry, PlanFinding,
    PlanRequest, Planned, RuleInput, plan as make_plan,
};
use crate::reconcile::Observation;
use crate::remote::{WorkItemPatch, WorkItemWrite};

/// A sample that was not judged yet.
#[derive(Clone, Debug)]
pub(super) struct Rehearsed {
    pub(super) address: String,
    pub(super) kind: SampleKind,
    pub(super) item: ItemRef,
    /// The case as it is, if there is one.
    pub(super) case: Option<Arc<Case>>,
    /// The work item as it is, if there is one.
    pub(super) work_item: Option<Arc<WorkItem>>,
    pub(super) write: Write,
    /// What Accord itself has against it.
    pub(super) objections: Vec<SampleObjection>,
}

/// What would be sent.
#[derive(Clone, Debug)]
pub(super) enum Write {
    /// To Azure DevOps.
    AzureDevOps(WorkItemWrite),
    /// To TestWorthy: values by manifest name and the whole reference list.
    TestWorthy {
        fields: BTreeMap<String, Value>,
        refs: Option<Vec<String>>,
        /// Suite and section of a new case.
        place: Option<(SuiteId, Vec<String>)>,
    },
    /// Nothing: the item waits.
    Nothing(System),
}

impl Write {
    /// The side that would be written.
    pub(super) fn system(&self) -> System {
        match self {
            Self::AzureDevOps(_) => System::AzureDevOps,
            Self::TestWorthy { .. } => System::TestWorthy,
            Self::Nothing(system) => *system,
        }
    }
}

/// A rule with what was observed for it.
#[derive(Clone, Copy)]
pub(super) struct Ruled<'a> {
    pub(super) connection: &'a Connection,
    pub(super) observation: &'a Observation,
}

impl<'a> Ruled<'a> {
    fn rule(&self) -> &'a SyncRule {
        &self.observation.rule
    }

    fn mapping(&self) -> &'a CompiledMapping {
        &self.observation.mapping
    }

    /// `SyncRule/NAME`.
    pub(super) fn address(&self) -> String {
        format!("SyncRule/{}", self.rule().name)
    }

    /// Where the rule is declared.
    pub(super) fn origin(&self) -> OriginEntry {
        OriginEntry {
            file: self.rule().origin.file.clone(),
            line: self.rule().origin.line,
        }
    }

    /// The first samples of each kind and side that the plan holds for the rule, updates before creates,
    /// and the first items that wait.
    pub(super) fn planned(&self, planned: &Planned, most: usize) -> Vec<Rehearsed> {
        let mut taken: BTreeMap<SampleKind, Vec<Rehearsed>> = BTreeMap::new();
        let mut addresses: BTreeSet<&str> = BTreeSet::new();
        let steps = planned.steps.iter();
        for step in steps.filter(|step| step.rule == self.rule().name) {
            let Some(change) = step
                .change
                .and_then(|index| planned.plan.changes.get(index))
            else {
                continue;
            };
            let samples = self.of_operation(&step.operation, &step.address, &change.item);
            for sample in samples {
                let kind = taken.entry(sample.kind).or_default();
                let of_side = |one: &&Rehearsed| one.write.system() == sample.write.system();
                if kind.iter().filter(of_side).count() < most {
                    addresses.insert(&step.address);
                    kind.push(sample);
                }
            }
        }
        self.object(&mut taken, &addresses, &planned.plan.findings, most);
        taken.into_values().flatten().collect()
    }

    /// Accord's own objections: to the samples that they are about, or to an item that is not sent.
    fn object(
        &self,
        taken: &mut BTreeMap<SampleKind, Vec<Rehearsed>>,
        addresses: &BTreeSet<&str>,
        findings: &[PlanFinding],
        most: usize,
    ) {
        let below = format!("{}/", self.address());
        for finding in findings {
            if !finding.address.starts_with(&below) || !catalog::is_about_mappings(&finding.code) {
                continue;
            }
            let objection = SampleObjection {
                by: Objector::Accord,
                code: finding.code.clone(),
                message: finding.message.clone(),
                row: finding.origin.as_ref().and_then(|origin| {
                    let mut rows = self.mapping().rows.iter();
                    let row = rows.find(|row| {
                        row.origin().file == origin.file && row.origin().line == origin.line
                    });
                    row.map(|row| row.name().to_owned())
                }),
                origin: finding.origin.clone().unwrap_or_else(|| self.origin()),
                request: None,
                activity_id: None,
            };
            if addresses.contains(finding.address.as_str()) {
                // Of a create and the mark that follows it, the create holds the values.
                let mut samples = taken.values_mut().flatten();
                let about = samples
                    .find(|sample| sample.address == finding.address && sample.holds_values());
                if let Some(sample) = about {
                    sample.objections.push(objection);
                }
                continue;
            }
            let held = taken.entry(SampleKind::Held).or_default();
            if let Some(known) = held
                .iter_mut()
                .find(|sample| sample.address == finding.address)
            {
                known.objections.push(objection);
            } else if held.len() < most {
                held.push(self.held(finding, objection));
            }
        }
    }

    fn held(&self, finding: &PlanFinding, objection: SampleObjection) -> Rehearsed {
        let key = finding.address.strip_prefix(&self.address());
        let key: Option<ItemKey> = key
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.parse().ok());
        let observed = &self.observation.observed;
        // An address of a two-way rule that names a work item is about one without a case.
        let target = match key {
            Some(ItemKey::WorkItem(_)) if self.rule().is_two_way() => System::TestWorthy,
            _ => self.rule().target(),
        };
        let (case, work_item) = match key {
            Some(ItemKey::Case(id)) => (observed.cases.get(&id).cloned(), None),
            Some(ItemKey::WorkItem(id)) => (None, observed.work_items.get(&id).cloned()),
            None => (None, None),
        };
        Rehearsed {
            address: finding.address.clone(),
            kind: SampleKind::Held,
            item: self.item_ref(case.as_deref(), work_item.as_deref()),
            case,
            work_item,
            write: Write::Nothing(target),
            objections: vec![objection],
        }
    }

    /// What an operation sends. A new case is followed by the mark on its work item.
    fn of_operation(&self, operation: &Operation, address: &str, item: &ItemRef) -> Vec<Rehearsed> {
        let observed = &self.observation.observed;
        let sample = |kind, case: Option<CaseId>, work_item, write| Rehearsed {
            address: address.to_owned(),
            kind,
            item: item.clone(),
            case: case.and_then(|id| observed.cases.get(&id).cloned()),
            work_item: Option::and_then(work_item, |id| observed.work_items.get(&id).cloned()),
            write,
            objections: Vec::new(),
        };
        match operation {
            Operation::CreateWorkItem { case, draft, .. } => {
                let write = Write::AzureDevOps(WorkItemWrite::Create(draft.clone()));
                vec![sample(SampleKind::Create, Some(*case), None, write)]
            }
            Operation::UpdateWorkItem {
                pair, rev, patch, ..
            } => {
                let write = Write::AzureDevOps(WorkItemWrite::Update {
                    id: pair.work_item,
                    rev: *rev,
                    patch: patch.clone(),
                });
                let (case, work_item) = (Some(pair.case), Some(pair.work_item));
                vec![sample(SampleKind::Update, case, work_item, write)]
            }
            Operation::CreateCase {
                work_item, create, ..
            } => {
                let write = Write::TestWorthy {
                    fields: create.fields.clone(),
                    refs: Some(create.refs.clone()),
                    place: Some((create.suite, create.section.clone())),
                };
                let create = sample(SampleKind::Create, None, Some(*work_item), write);
                let mark = create.work_item.as_deref().and_then(|item| {
                    // The case that it will name has no number yet.
                    let write = self.mark_of_work_item(item, CaseId(0))?;
                    Some(sample(SampleKind::Mark, None, Some(*work_item), write))
                });
                std::iter::once(create).chain(mark).collect()
            }
            Operation::UpdateCase { pair, patch, .. } => {
                let write = Write::TestWorthy {
                    fields: patch.fields.clone(),
                    refs: patch.refs.clone(),
                    place: None,
                };
                let (case, work_item) = (Some(pair.case), Some(pair.work_item));
                vec![sample(SampleKind::Update, case, work_item, write)]
            }
            Operation::Mark { pair, system } => {
                let (case, item) = (observed.case(pair.case), observed.work_item(pair.work_item));
                let write = match system {
                    System::AzureDevOps => {
                        item.and_then(|item| self.mark_of_work_item(item, pair.case))
                    }
                    System::TestWorthy => case.map(|case| {
                        let mention = azure_boards_mention(pair.work_item);
                        Write::TestWorthy {
                            fields: BTreeMap::new(),
                            refs: Some(case.refs.iter().cloned().chain([mention]).collect()),
                            place: None,
                        }
                    }),
                };
                let (case, work_item) = (Some(pair.case), Some(pair.work_item));
                let mark = |write| sample(SampleKind::Mark, case, work_item, write);
                write.map(mark).into_iter().collect()
            }
            Operation::Retire { .. } | Operation::Restore { .. } | Operation::Record { .. } => {
                Vec::new()
            }
        }
    }

    /// Accord's tag and marker on a work item that lacks one of them.
    fn mark_of_work_item(&self, item: &WorkItem, case: CaseId) -> Option<Write> {
        let testworthy = &self.connection.testworthy;
        let values = self
            .mapping()
            .patch_work_item(item, &BTreeMap::new(), true)
            .ok()?;
        let marked = testworthy.marked_cases(item).contains(&case);
        let patch = WorkItemPatch {
            tags: values.tags,
            add_marker: (!marked).then(|| Marker {
                case,
                url: testworthy.case_url(case),
            }),
            ..WorkItemPatch::default()
        };
        let write = WorkItemWrite::Update {
            id: item.id,
            rev: item.rev,
            patch,
        };
        Some(Write::AzureDevOps(write))
    }

    /// The values that one side of a linked pair holds, sent back. `None` if the rule writes none there.
    pub(super) fn repeat(
        &self,
        case: &Arc<Case>,
        item: &Arc<WorkItem>,
        target: System,
    ) -> Option<Rehearsed> {
        let rows = self.mapping().active_rows(target);
        let values: BTreeMap<String, Value> = rows
            .filter(|row| !row.on_create())
            .filter_map(|row| {
                let value = match target {
                    System::AzureDevOps => row.read_work_item(item),
                    System::TestWorthy => row.read_case(case, Some(item.id)),
                };
                let value = value.ok().filter(|value| !value.is_null())?;
                Some((row.name().to_owned(), value))
            })
            .collect();
        let write = match target {
            System::AzureDevOps => {
                let values = self.mapping().patch_work_item(item, &values, false).ok()?;
                let patch = WorkItemPatch {
                    fields: values.fields,
                    tags: Some(values.tags.unwrap_or_else(|| item.tags.clone())),
                    add_marker: None,
                };
                Write::AzureDevOps(WorkItemWrite::Update {
                    id: item.id,
                    rev: item.rev,
                    patch,
                })
            }
            System::TestWorthy => {
                let values = self
                    .mapping()
                    .patch_case(case, item.id, &values, false)
                    .ok()?;
                Write::TestWorthy {
                    fields: values.fields,
                    refs: values.refs,
                    place: None,
                }
            }
        };
        Some(Rehearsed {
            address: self.source_address(case, item),
            kind: SampleKind::Repeat,
            item: self.item_ref(Some(case), Some(item)),
            case: Some(case.clone()),
            work_item: Some(item.clone()),
            write,
            objections: Vec::new(),
        })
    }

    /// A create from the other item of a linked pair, made by the planner as if that were new.
    pub(super) fn made_up_create(
        &self,
        case: &Case,
        item: &WorkItem,
        target: System,
    ) -> Vec<Rehearsed> {
        let mut observed = Observed::default();
        match target.other() {
            System::TestWorthy => {
                let mut new = case.clone();
                new.refs
                    .retain(|reference| azure_boards_mention_in(reference) != Some(item.id));
                observed.cases_in_scope.insert(new.id);
                observed.cases.insert(new.id, Arc::new(new));
            }
            System::AzureDevOps => {
                let mut new = item.clone();
                new.relations
                    .retain(|relation| Marker::from_relation(relation).is_none());
                observed.work_items_in_scope.insert(new.id);
                observed.work_items.insert(new.id, Arc::new(new));
            }
        }
        let (pairs, known) = (LinkedPairs::default(), Known::default());
        let input = RuleInput {
            rule: self.rule(),
            connection: self.connection,
            endpoints: self.observation.endpoints.clone(),
            mapping: self.mapping(),
            observed: &observed,
            pairs: &pairs,
            links: &[],
            known: &known,
            settling: BTreeSet::new(),
            quarantined: BTreeMap::new(),
        };
        let request = PlanRequest {
            inputs: Inputs::default(),
            version: env!("CARGO_PKG_VERSION"),
            configuration: Vec::new(),
            rules: vec![input],
            beside: Vec::new(),
            known_rules: [self.rule().name.clone()].into(),
            limits: Safety::default(),
            files: FileCounts {
                now: 0,
                last_apply: None,
            },
            overrides: Overrides::default(),
            findings: Vec::new(),
        };
        let Ok(planned) = make_plan(request) else {
            return Vec::new();
        };
        let observation = Observation {
            rule: self.rule().clone(),
            mapping: self.mapping().clone(),
            endpoints: self.observation.endpoints.clone(),
            observed: observed.clone(),
            pairs: Arc::default(),
            links: Vec::new(),
            known: Known::default(),
            lacking: self.observation.lacking.clone(),
            watermark: None,
        };
        let alone = Ruled {
            connection: self.connection,
            observation: &observation,
        };
        let mut samples = alone.planned(&planned, 1);
        // The mark stands on a work item that has one: it would say nothing.
        samples.retain(|sample| sample.kind != SampleKind::Mark);
        for sample in &mut samples {
            if sample.kind == SampleKind::Create {
                sample.kind = SampleKind::MadeUpCreate;
            }
        }
        samples
    }

    /// The address of a pair's source item.
    pub(super) fn source_address(&self, case: &Case, item: &WorkItem) -> String {
        let source = match self.rule().source() {
            System::TestWorthy => ItemKey::Case(case.id),
            System::AzureDevOps => ItemKey::WorkItem(item.id),
        };
        format!("{}/{source}", self.address())
    }

    /// As plans name a pair: with the source's title, unless titles are sensitive.
    fn item_ref(&self, case: Option<&Case>, item: Option<&WorkItem>) -> ItemRef {
        let hides_titles = self.mapping().rows.iter().any(|row| {
            row.sensitive()
                && (row.path(System::TestWorthy) == "title"
                    || row.path(System::AzureDevOps) == "System.Title")
        });
        let title = match self.rule().source() {
            _ if hides_titles => None,
            System::TestWorthy => case.map(Case::title),
            System::AzureDevOps => item.map(WorkItem::title),
        };
        ItemRef {
            testworthy: case.map(|case| case.id.0),
            azure_devops: item.map(|item| item.id.0),
            title: title.unwrap_or_default().to_owned(),
        }
    }
}

impl Rehearsed {
    /// Leaves out what is sent to these fields, which the server does not know or whose values it does not
    /// know. A write that held nothing else is not sent. True if anything was left out.
    pub(super) fn without(&mut self, lacking: &[CustomField]) -> bool {
        let Write::AzureDevOps(write) = &mut self.write else {
            return false;
        };
        let fields = match write {
            WorkItemWrite::Create(draft) => &mut draft.fields,
            WorkItemWrite::Update { patch, .. } => &mut patch.fields,
        };
        let before = fields.len();
        fields.retain(|name, _| !lacking.iter().any(|field| field.is_called(name)));
        let is_shorter = fields.len() < before;
        if let WorkItemWrite::Update { patch, .. } = write
            && is_shorter
            && *patch == WorkItemPatch::default()
        {
            self.write = Write::Nothing(System::AzureDevOps);
        }
        is_shorter
    }

    /// Whether it writes values of rows, and not only a mark.
    fn holds_values(&self) -> bool {
        self.kind != SampleKind::Mark
    }
}
