//! A scene: a few cases and work items, links between them, rules over them, and the plan of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::mapping::CompiledMapping;
use crate::mapping::testing::{
    constant_row, field_row, mapping, prefix_row, priority_row, tag_row, test_case_type, walking,
};
use crate::model::config::{
    AzureDevOpsConnection, AzureDevOpsScope, Conflicts, Connection, CreateIn, DriftPolicy,
    Integration, MatchBy, Operations, Origin, Row, Safety, Scope, SecretRef, SyncRule,
    TestWorthyConnection, TestWorthyScope, TestWorthySurface, TextOrSecret, WhenDeleted, Winner,
};
use crate::model::{
    Base, BaseField, Case, CaseId, Conflict, ConflictId, ConflictState, Direction, Endpoints, Link,
    LinkId, LinkState, MarkState, Marker, Name, RefusalClass, Rev, Sides, Subject, SuiteId, System,
    Take, Value, WorkItem, WorkItemId,
};
use crate::plan::planner::{PlanRequest, Planned, adoptions, plan};
use crate::plan::safety::{FileCounts, Overrides};
use crate::plan::{
    Inputs, ItemKey, Known, LinkedPairs, Observed, Refusal, RuleInput, Step, WorkItemDeletion,
    is_unchanged,
};

pub(super) const SUITE: SuiteId = SuiteId(41);
pub(super) const RULE: &str = "cases";

/// A rule of a scene, with what it selects and what is known of its items.
pub(super) struct Ruled {
    pub(super) rule: SyncRule,
    /// `None`: every case, or every work item, if the rule reads that side.
    pub(super) selects: Option<BTreeSet<u64>>,
    pub(super) settling: BTreeSet<ItemKey>,
    pub(super) quarantined: BTreeMap<ItemKey, Refusal>,
    pub(super) incomplete: Option<String>,
}

/// What both systems hold, what the store knew, and the rules.
pub(super) struct Scene {
    pub(super) connection: Connection,
    pub(super) rules: Vec<Ruled>,
    pub(super) known_elsewhere: Vec<Name>,
    pub(super) cases: BTreeMap<CaseId, Case>,
    pub(super) items: BTreeMap<WorkItemId, WorkItem>,
    pub(super) links: Vec<Link>,
    /// Cases whose deletion is confirmed.
    pub(super) deleted_cases: BTreeSet<CaseId>,
    /// Work items whose deletion is confirmed.
    pub(super) deleted_items: BTreeMap<WorkItemId, WorkItemDeletion>,
    /// What is known beside the items and their links.
    pub(super) known: Known,
    pub(super) overrides: Overrides,
    pub(super) only: Vec<String>,
    /// Whether titles are sensitive.
    pub(super) secret_titles: bool,
    /// Whether the mapping has a sensitive row for `disabled`.
    pub(super) secret_flags: bool,
    /// Whether the mapping has a row `disabled` on the state of a work item.
    pub(super) walks: bool,
    /// Whether the mapping has a row for steps.
    pub(super) has_steps: bool,
    /// Whether the mapping has a row for references, as tags with `ref:` before them.
    pub(super) has_refs: bool,
    /// Another type than that of the items is mapped.
    pub(super) kind: Option<&'static str>,
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(super) fn endpoints() -> Endpoints {
    Endpoints {
        testworthy: "testworthy.us".to_owned(),
        azure_devops: "dev.azure.com/contoso".to_owned(),
    }
}

/// The mapping of every scene: a title, a table, a tag, a constant for new items.
fn mapping_with_title(targets: &[System], sensitive: bool) -> CompiledMapping {
    let origin = Row {
        on_create: true,
        ..constant_row(Value::text("TestWorthy"), "Custom.Origin")
    };
    let title = Row {
        sensitive,
        ..field_row("title", "System.Title")
    };
    let rows = vec![title, priority_row(), tag_row("smoke", "smoke"), origin];
    compiled(rows, targets)
}

fn compiled(rows: Vec<Row>, targets: &[System]) -> CompiledMapping {
    let (ready, findings) =
        CompiledMapping::compile(&mapping(rows), Some(&test_case_type()), targets);
    ready.unwrap_or_else(|| panic!("does not compile: {findings:#?}"))
}

/// A rule that keeps both sides in step, with a scope on each.
pub(super) fn two_way_rule(rule_name: &str) -> SyncRule {
    let cases = rule(rule_name, System::AzureDevOps);
    let items = rule(rule_name, System::TestWorthy);
    SyncRule {
        direction: Direction::TwoWay,
        scope: Scope {
            testworthy: cases.scope.testworthy,
            azure_devops: items.scope.azure_devops.clone(),
        },
        creates: Sides {
            testworthy: true,
            azure_devops: true,
        },
        ..items
    }
}

pub(super) fn rule(rule_name: &str, target: System) -> SyncRule {
    let mut scope = Scope::default();
    match target {
        System::AzureDevOps => {
            scope.testworthy = Some(TestWorthyScope {
                suites: vec![SUITE],
                ..TestWorthyScope::default()
            });
        }
        System::TestWorthy => scope.azure_devops = Some(AzureDevOpsScope::default()),
    }
    SyncRule {
        name: name(rule_name),
        connection: name("web-shop"),
        mapping: name("test-case"),
        direction: match target {
            System::AzureDevOps => Direction::ToAzureDevOps,
            System::TestWorthy => Direction::ToTestWorthy,
        },
        scope,
        creates: Sides::of(target, true, false),
        first_sync: Winner::default(),
        conflicts: Conflicts::default(),
        when_deleted: WhenDeleted::default(),
        create_in: CreateIn {
            suite: (target == System::TestWorthy).then_some(SUITE),
            ..CreateIn::default()
        },
        match_by: vec![MatchBy::Marker, MatchBy::Id, MatchBy::Title],
        drift: DriftPolicy::Enforce,
        origin: Origin {
            file: "rules.yaml".to_owned(),
            line: 3,
        },
    }
}

pub(super) fn connection() -> Connection {
    let secret = |name: &str| SecretRef::Env(name.to_owned());
    Connection {
        users: IndexMap::new(),
        name: name("web-shop"),
        testworthy: TestWorthyConnection {
            url: "https://testworthy.us".parse().unwrap(),
            surface: TestWorthySurface::Automation {
                user_email: TextOrSecret::Text("robot@example.test".to_owned()),
                api_key: secret("TESTWORTHY_API_KEY"),
                project_key: secret("TESTWORTHY_PROJECT_KEY"),
                operations: Operations::default(),
            },
            time_zone: jiff::tz::TimeZone::UTC,
            case_url: "{url}/TestCase/Detail/{case_id}".to_owned(),
            rate: None,
            integration: Integration::Ignore,
        },
        azure_devops: AzureDevOpsConnection {
            organization_url: "https://dev.azure.com/contoso".parse().unwrap(),
            project: "Web Shop".to_owned(),
            credential: secret("AZURE_DEVOPS_EXT_PAT").into(),
        },
        origin: Origin {
            file: "connection.yaml".to_owned(),
            line: 1,
        },
    }
}

impl Scene {
    /// One rule named `cases` that writes `target`.
    pub(super) fn new(target: System) -> Self {
        let mut scene = Self {
            connection: connection(),
            rules: Vec::new(),
            known_elsewhere: Vec::new(),
            cases: BTreeMap::new(),
            items: BTreeMap::new(),
            links: Vec::new(),
            deleted_cases: BTreeSet::new(),
            deleted_items: BTreeMap::new(),
            known: Known::default(),
            overrides: Overrides::default(),
            only: Vec::new(),
            secret_titles: false,
            secret_flags: false,
            walks: false,
            has_steps: false,
            has_refs: false,
            kind: None,
        };
        scene.rules.push(ruled(rule(RULE, target)));
        scene
    }

    /// Keeping both sides in step.
    pub(super) fn two_way() -> Self {
        let mut scene = Self::new(System::AzureDevOps);
        scene.rules[0].rule = two_way_rule(RULE);
        scene
    }

    /// Another rule beside the first one, both ways.
    pub(super) fn with_two_way_rule(mut self, name: &str) -> Self {
        self.rules.push(ruled(two_way_rule(name)));
        self
    }

    /// The mapping of the scene's rules.
    pub(super) fn mapping(&self, target: System) -> CompiledMapping {
        self.mapping_to(&[target])
    }

    fn mapping_to(&self, targets: &[System]) -> CompiledMapping {
        let mut mapping = mapping_with_title(targets, self.secret_titles);
        if self.has_steps {
            let steps = field_row("steps", "Microsoft.VSTS.TCM.Steps");
            mapping.rows.extend(compiled(vec![steps], targets).rows);
        }
        if self.secret_flags {
            let flag = Row {
                sensitive: true,
                ..tag_row("disabled", "off")
            };
            mapping.rows.extend(compiled(vec![flag], targets).rows);
        }
        if self.has_refs {
            let refs = prefix_row("refs", "ref:");
            mapping.rows.extend(compiled(vec![refs], targets).rows);
        }
        if let Some(kind) = self.kind {
            mapping.work_item_type = kind.to_owned();
        }
        if self.walks {
            walking(mapping, &[("Closed", "Obsolete")])
        } else {
            mapping
        }
    }

    /// Over the surface without references.
    pub(super) fn on_v1(mut self) -> Self {
        self.connection.testworthy.surface = TestWorthySurface::V1 {
            token: SecretRef::Env("TESTWORTHY_TOKEN".to_owned()),
            project_id: 7,
        };
        self
    }

    /// Towards Azure DevOps.
    pub(super) fn cases_to_items() -> Self {
        Self::new(System::AzureDevOps)
    }

    /// Towards TestWorthy.
    pub(super) fn items_to_cases() -> Self {
        Self::new(System::TestWorthy)
    }

    /// Another rule beside the first one.
    pub(super) fn with_rule(mut self, name: &str, target: System) -> Self {
        self.rules.push(ruled(rule(name, target)));
        self
    }

    /// The last rule selects these source items only.
    pub(super) fn selecting(mut self, ids: &[u64]) -> Self {
        self.rules.last_mut().unwrap().selects = Some(ids.iter().copied().collect());
        self
    }

    /// Every rule matches in these ways.
    pub(super) fn matching(mut self, ways: &[MatchBy]) -> Self {
        for ruled in &mut self.rules {
            ruled.rule.match_by = ways.to_vec();
        }
        self
    }

    pub(super) fn case(mut self, id: u64, title: &str, refs: &[&str]) -> Self {
        let case = Case {
            id: CaseId(id),
            ..crate::mapping::testing::case(&[("title", Value::text(title))], refs)
        };
        self.cases.insert(case.id, case);
        self
    }

    pub(super) fn item(mut self, id: u64, title: &str) -> Self {
        let item = WorkItem {
            id: WorkItemId(id),
            ..crate::mapping::testing::work_item(&[("System.Title", Value::text(title))], &[])
        };
        self.items.insert(item.id, item);
        self
    }

    /// A work item with the markers of these cases and Accord's tag.
    pub(super) fn marked_item(self, id: u64, title: &str, cases: &[u64]) -> Self {
        let urls: Vec<(u64, String)> = cases
            .iter()
            .map(|case| (*case, self.connection.testworthy.case_url(CaseId(*case))))
            .collect();
        let mut scene = self.item(id, title);
        let item = scene.items.get_mut(&WorkItemId(id)).unwrap();
        item.tags.push("accord".to_owned());
        for (case, url) in urls {
            let case = CaseId(case);
            item.relations.push(Marker { case, url }.to_relation());
        }
        scene
    }

    /// A link with both marks, whose base is what both sides hold now, made by the first rule.
    pub(super) fn linked(mut self, case: u64, item: u64) -> Self {
        let mapping = self.mapping(self.rules[0].rule.target());
        let mut base = Base::default();
        let sides = self
            .cases
            .get(&CaseId(case))
            .zip(self.items.get(&WorkItemId(item)));
        if let Some((case, item)) = sides {
            for row in mapping.rows.iter().filter(|row| !row.on_create()) {
                let field = BaseField {
                    testworthy: row.read_case(case, Some(item.id)).unwrap(),
                    azure_devops: row.read_work_item(item).unwrap(),
                    row_digest: row.digest().to_owned(),
                };
                base.fields.insert(row.name().to_owned(), field);
            }
            base.rev = Some(item.rev);
        }
        self.links.push(Link {
            state: LinkState::Active,
            id: LinkId(format!("link-{case}-{item}")),
            endpoints: endpoints(),
            case: CaseId(case),
            testworthy_project: Some(7),
            work_item: WorkItemId(item),
            rule: name(RULE),
            case_mark: MarkState::Written,
            work_item_mark: MarkState::Written,
            base,
        });
        self
    }

    /// A case and a work item with the same title and the link between them.
    pub(super) fn pair(self, case: u64, item: u64, title: &str) -> Self {
        let mention = format!("AB#{item}");
        self.case(case, title, &[&mention])
            .marked_item(item, title, &[case])
            .linked(case, item)
    }

    /// The newest link was made by this rule.
    pub(super) fn made_by(mut self, rule: &str) -> Self {
        self.links.last_mut().unwrap().rule = name(rule);
        self
    }

    /// Changes one case.
    pub(super) fn edit_case(mut self, id: u64, edit: impl FnOnce(&mut Case)) -> Self {
        edit(self.cases.get_mut(&CaseId(id)).unwrap());
        self
    }

    /// Changes one work item; its revision grows.
    pub(super) fn edit_item(mut self, id: u64, edit: impl FnOnce(&mut WorkItem)) -> Self {
        let item = self.items.get_mut(&WorkItemId(id)).unwrap();
        item.rev = Rev(item.rev.0 + 1);
        edit(item);
        self
    }

    pub(super) fn retitle_case(self, id: u64, title: &str) -> Self {
        let title = Value::text(title);
        self.edit_case(id, |case| {
            case.fields.insert("title".to_owned(), title);
        })
    }

    pub(super) fn retitle_item(self, id: u64, title: &str) -> Self {
        let title = Value::text(title);
        self.edit_item(id, |item| {
            item.fields.insert("System.Title".to_owned(), title);
        })
    }

    /// The case is deleted, and that is confirmed.
    pub(super) fn without_case(mut self, id: u64) -> Self {
        self.cases.remove(&CaseId(id));
        self.deleted_cases.insert(CaseId(id));
        self
    }

    /// The work item is deleted, and that is confirmed.
    pub(super) fn without_item(mut self, id: u64, how: WorkItemDeletion) -> Self {
        self.items.remove(&WorkItemId(id));
        self.deleted_items.insert(WorkItemId(id), how);
        self
    }

    /// The newest link is in this state.
    pub(super) fn parted(mut self, state: LinkState) -> Self {
        let link = self.links.pop().unwrap();
        self.known.parted.push(Link { state, ..link });
        self
    }

    /// A conflict of a pair that is open.
    pub(super) fn conflict(mut self, case: u64, item: u64, subject: Subject) -> Self {
        let id = ConflictId(self.known.conflicts.len() as u64 + 1);
        self.known.conflicts.push(Conflict {
            id,
            endpoints: endpoints(),
            rule: name(RULE),
            case: CaseId(case),
            work_item: WorkItemId(item),
            subject,
            opened_at: jiff::Timestamp::UNIX_EPOCH,
            state: ConflictState::Open,
        });
        self
    }

    /// The newest conflict is decided.
    pub(super) fn decided(mut self, take: Take) -> Self {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let conflict = self.known.conflicts.last_mut().unwrap();
        conflict.state = ConflictState::Decided { take, at };
        self
    }

    /// Changes the first rule.
    pub(super) fn ruling(mut self, change: impl FnOnce(&mut SyncRule)) -> Self {
        change(&mut self.rules[0].rule);
        self
    }

    /// A server refused a write with this digest for an item of the first rule.
    pub(super) fn refused(&mut self, key: ItemKey, digest: Option<String>) {
        let reason = "closed items cannot be changed".to_owned();
        let class = RefusalClass::Content;
        let refusal = Refusal {
            digests: digest.into_iter().collect(),
            class,
            reason,
        };
        self.rules[0].quarantined.insert(key, refusal);
    }

    /// The plan of the scene.
    pub(super) fn plan(&self) -> Planned {
        self.plan_in_order(&(0..self.rules.len()).collect::<Vec<_>>())
    }

    /// The plan of the scene as it is read in large projects: unchanged pairs left out.
    pub(super) fn plan_without_unchanged(&self) -> Planned {
        self.planned(&(0..self.rules.len()).collect::<Vec<_>>(), true)
    }

    /// The plan with the rules handed over in this order.
    pub(super) fn plan_in_order(&self, order: &[usize]) -> Planned {
        self.planned(order, false)
    }

    fn planned(&self, order: &[usize], drop_unchanged: bool) -> Planned {
        self.with_request(order, drop_unchanged, plan).unwrap()
    }

    /// The records that link what belongs together.
    pub(super) fn adoptions(&self) -> Vec<Step> {
        let order: Vec<usize> = (0..self.rules.len()).collect();
        self.with_request(&order, false, adoptions).unwrap()
    }

    fn with_request<T>(
        &self,
        order: &[usize],
        drop_unchanged: bool,
        run: impl FnOnce(PlanRequest<'_>) -> T,
    ) -> T {
        let mut observed: Vec<Observed> = self
            .rules
            .iter()
            .map(|ruled| self.observed(ruled))
            .collect();
        let mappings: Vec<CompiledMapping> = self
            .rules
            .iter()
            .map(|ruled| self.mapping_to(&ruled.rule.targets()))
            .collect();
        let pairs = LinkedPairs::of(&self.links);
        let mut links = vec![self.links.clone(); self.rules.len()];
        if drop_unchanged {
            for (index, ruled) in self.rules.iter().enumerate() {
                let seen = &mut observed[index];
                links[index].retain(|link| {
                    let drop = self.drops(ruled, link, seen, &mappings[index]);
                    if drop {
                        seen.cases.remove(&link.case);
                        seen.work_items.remove(&link.work_item);
                        seen.unchanged.insert(link.case, link.work_item);
                    }
                    !drop
                });
            }
        }
        let rules = order.iter().map(|&index| {
            let ruled = &self.rules[index];
            RuleInput {
                rule: &ruled.rule,
                connection: &self.connection,
                endpoints: endpoints(),
                mapping: &mappings[index],
                observed: &observed[index],
                pairs: &pairs,
                links: &links[index],
                known: &self.known,
                settling: ruled.settling.clone(),
                quarantined: ruled.quarantined.clone(),
            }
        });
        let named = self.rules.iter().map(|ruled| ruled.rule.name.clone());
        run(PlanRequest {
            inputs: Inputs {
                only: self.only.clone(),
                ..Inputs::default()
            },
            version: "0.1.0",
            configuration: Vec::new(),
            rules: rules.collect(),
            beside: Vec::new(),
            known_rules: named.chain(self.known_elsewhere.iter().cloned()).collect(),
            limits: Safety::default(),
            files: FileCounts::default(),
            overrides: self.overrides,
            findings: Vec::new(),
        })
    }

    /// Whether an observer would drop the pair of a link.
    fn drops(
        &self,
        ruled: &Ruled,
        link: &Link,
        seen: &Observed,
        mapping: &CompiledMapping,
    ) -> bool {
        let keys = [ItemKey::Case(link.case), ItemKey::WorkItem(link.work_item)];
        let waits = |key| ruled.settling.contains(key) || ruled.quarantined.contains_key(key);
        let selected = seen.cases_in_scope.contains(&link.case)
            || seen.work_items_in_scope.contains(&link.work_item);
        let pair = seen.case(link.case).zip(seen.work_item(link.work_item));
        selected
            && !keys.iter().any(waits)
            && pair.is_some_and(|(case, item)| {
                is_unchanged(
                    &ruled.rule,
                    &self.connection,
                    mapping,
                    &self.known,
                    link,
                    case,
                    item,
                )
            })
    }

    fn observed(&self, ruled: &Ruled) -> Observed {
        let selects = |id: u64| ruled.selects.as_ref().is_none_or(|ids| ids.contains(&id));
        let reads = |side| ruled.rule.selects_on(side);
        let cases = self.cases.keys().copied();
        let items = self.items.keys().copied();
        Observed {
            cases: shared(&self.cases),
            cases_in_scope: cases
                .filter(|id| reads(System::TestWorthy) && selects(id.0))
                .collect(),
            work_items: shared(&self.items),
            work_items_in_scope: items
                .filter(|id| reads(System::AzureDevOps) && selects(id.0))
                .collect(),
            deleted_cases: self.deleted_cases.clone(),
            deleted_work_items: self.deleted_items.clone(),
            incomplete: ruled.incomplete.clone(),
            ..Observed::default()
        }
    }
}

fn shared<K: Ord + Copy, V: Clone>(items: &BTreeMap<K, V>) -> BTreeMap<K, Arc<V>> {
    let shared = items.iter().map(|(id, item)| (*id, Arc::new(item.clone())));
    shared.collect()
}

fn ruled(rule: SyncRule) -> Ruled {
    Ruled {
        rule,
        selects: None,
        settling: BTreeSet::new(),
        quarantined: BTreeMap::new(),
        incomplete: None,
    }
}

/// A plan in few words: one line per change, then one per finding or conflict.
pub(super) fn told(planned: &Planned) -> Vec<String> {
    let plan = &planned.plan;
    let changes = plan.changes.iter().map(|change| {
        let id = |id: Option<u64>| id.map_or("new".to_owned(), |id| id.to_string());
        let fields: Vec<&str> = change
            .fields
            .iter()
            .map(|field| field.path.as_str())
            .collect();
        format!(
            "{:?} {} {} for {:?} [{}]",
            change.action,
            id(change.item.testworthy),
            id(change.item.azure_devops),
            change.reason,
            fields.join(" ")
        )
    });
    let findings = plan
        .findings
        .iter()
        .map(|f| format!("{} {}", f.code, f.address));
    let conflicts = plan
        .conflicts
        .iter()
        .map(|c| format!("conflict {} {}", c.code, c.address));
    changes.chain(findings).chain(conflicts).collect()
}
