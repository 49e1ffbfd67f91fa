//! Azure DevOps in memory: work items with every revision, a recycle bin, a feed of revisions, `test /rev`.

use std::collections::{BTreeMap, BTreeSet};

use accord::model::{
    AzureFieldKind, FieldDefinition, Rev, TypeField, Value, WorkItem, WorkItemId, WorkItemState,
    WorkItemType,
};
use accord::remote::{
    Changed, Changes, FeedPlace, PathTree, RemoteError, RemoteErrorKind, WorkItemDraft,
    WorkItemPatch, WorkItemQuery, WorkItemWrite, WriteOutcome,
};
use jiff::Timestamp;

use crate::error::{azure_devops, rejected};

pub(crate) const PROJECT: &str = "Web Shop";
pub(crate) const HTML_FIELDS: [&str; 2] = ["System.Description", "Custom.Mission"];
pub(crate) const STEPS: &str = "Microsoft.VSTS.TCM.Steps";
pub(crate) const PRIORITY: &str = "Microsoft.VSTS.Common.Priority";

/// Areas of the project; rules select the first ones.
pub(crate) const AREAS: [&str; 4] = [
    "Web Shop",
    "Web Shop\\QA",
    "Web Shop\\Labs",
    "Web Shop\\Elsewhere",
];

/// One work item.
pub(crate) struct Item {
    /// The newest one last.
    pub(crate) revisions: Vec<WorkItem>,
    pub(crate) in_recycle_bin: bool,
}

impl Item {
    pub(crate) fn now(&self) -> &WorkItem {
        self.revisions.last().expect("a work item has a revision")
    }
}

/// How the server treats formatted text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habits {
    /// Other spelling, same meaning.
    pub(crate) respells: bool,
    /// What is bold is bold no longer.
    pub(crate) drops_bold: bool,
}

#[derive(Default)]
pub(crate) struct AzureDevOps {
    pub(crate) items: BTreeMap<WorkItemId, Item>,
    feed: Vec<WorkItemId>,
    /// Tokens up to this one are refused.
    pub(crate) forgotten_feed: usize,
    pub(crate) habits: Habits,
    pub(crate) writes: u64,
    /// Work items that Accord closed or put into the recycle bin.
    pub(crate) retired: Vec<WorkItemId>,
    pub(crate) work_item_type: String,
    /// Without the calls that not every server offers.
    pub(crate) plain: bool,
}

impl AzureDevOps {
    pub(crate) fn live(&self) -> impl Iterator<Item = &WorkItem> {
        let live = self.items.values().filter(|item| !item.in_recycle_bin);
        live.map(Item::now)
    }

    pub(crate) fn item(&self, id: WorkItemId) -> Option<&WorkItem> {
        let item = self.items.get(&id).filter(|item| !item.in_recycle_bin)?;
        Some(item.now())
    }

    /// Adds an item; the first revision.
    pub(crate) fn add(&mut self, mut item: WorkItem, at: Timestamp) -> WorkItemId {
        let id = WorkItemId(self.items.keys().last().map_or(5001, |id| id.0 + 1));
        item.id = id;
        item.rev = Rev(1);
        stamp(&mut item, at);
        let entry = Item {
            revisions: vec![item],
            in_recycle_bin: false,
        };
        self.items.insert(id, entry);
        self.feed.push(id);
        id
    }

    /// A new revision.
    pub(crate) fn revise(
        &mut self,
        id: WorkItemId,
        at: Timestamp,
        change: impl FnOnce(&mut WorkItem),
    ) {
        let Some(item) = self.items.get_mut(&id) else {
            return;
        };
        let mut next = item.now().clone();
        change(&mut next);
        next.rev = Rev(next.rev.0 + 1);
        stamp(&mut next, at);
        item.revisions.push(next);
        self.feed.push(id);
    }

    pub(crate) fn set_deleted(&mut self, id: WorkItemId, deleted: bool, at: Timestamp) {
        self.revise(id, at, |_| {});
        if let Some(item) = self.items.get_mut(&id) {
            item.in_recycle_bin = deleted;
        }
    }

    pub(crate) fn type_named(&self, name: &str) -> Result<WorkItemType, RemoteError> {
        if name == self.work_item_type {
            return Ok(work_item_type(name));
        }
        Err(azure_devops(RemoteErrorKind::NotFound {
            reason: format!("no type {name}"),
        }))
    }

    pub(crate) fn query(&self, query: &WorkItemQuery) -> Vec<WorkItemId> {
        let under = |item: &WorkItem, area: &str| {
            let own = text(item, "System.AreaPath");
            own == area || own.starts_with(&format!("{area}\\"))
        };
        self.live()
            .filter(|item| item.project == PROJECT)
            .filter(|item| item.work_item_type == query.work_item_type)
            .filter(|item| {
                query
                    .area_path
                    .as_ref()
                    .is_none_or(|area| under(item, area))
            })
            .filter(|item| {
                let tag = query.tag.as_ref();
                tag.is_none_or(|tag| item.tags.iter().any(|own| own.eq_ignore_ascii_case(tag)))
            })
            .map(|item| item.id)
            .filter(|id| query.ids.is_empty() || query.ids.contains(id))
            .collect()
    }

    pub(crate) fn read(&self, ids: &[WorkItemId]) -> BTreeMap<WorkItemId, WorkItem> {
        ids.iter()
            .filter_map(|id| Some((*id, self.item(*id)?.clone())))
            .collect()
    }

    pub(crate) fn find_by_hyperlink(&self, urls: &[String]) -> BTreeMap<String, Vec<WorkItemId>> {
        let mut found: BTreeMap<String, Vec<WorkItemId>> = BTreeMap::new();
        for item in self.live() {
            for relation in &item.relations {
                if urls.contains(&relation.url) {
                    found.entry(relation.url.clone()).or_default().push(item.id);
                }
            }
        }
        found
    }

    pub(crate) fn paths(tree: PathTree) -> Vec<String> {
        match tree {
            PathTree::Areas => AREAS.map(str::to_owned).to_vec(),
            PathTree::Iterations => vec![PROJECT.to_owned()],
        }
    }

    pub(crate) fn changes(&self, since: &FeedPlace) -> Result<Changes, RemoteError> {
        let token = self.feed.len().to_string();
        let from = match since {
            FeedPlace::Now => {
                return Ok(Changes {
                    items: BTreeMap::new(),
                    token,
                });
            }
            FeedPlace::Token(token) => token.parse::<usize>().ok(),
        };
        let Some(from) = from.filter(|from| *from >= self.forgotten_feed) else {
            return Err(azure_devops(rejected("the token is no longer valid")));
        };
        let items = self.feed[from.min(self.feed.len())..].iter();
        let items = items.filter_map(|id| {
            let item = self.items.get(id)?;
            let changed = Changed {
                rev: item.now().rev,
                deleted: item.in_recycle_bin,
            };
            Some((*id, changed))
        });
        Ok(Changes {
            items: items.collect(),
            token,
        })
    }

    /// Every place in the feed that was given so far is worth nothing any more.
    pub(crate) fn forget_feed(&mut self) {
        self.feed.push(WorkItemId(0));
        self.forgotten_feed = self.feed.len();
    }

    pub(crate) fn in_recycle_bin(&self, ids: &[WorkItemId]) -> BTreeSet<WorkItemId> {
        let bin = |id: &&WorkItemId| self.items.get(id).is_some_and(|item| item.in_recycle_bin);
        ids.iter().filter(bin).copied().collect()
    }

    pub(crate) fn revision(&self, id: WorkItemId, rev: Rev) -> Option<WorkItem> {
        let item = self.items.get(&id).filter(|item| !item.in_recycle_bin)?;
        item.revisions.iter().find(|one| one.rev == rev).cloned()
    }

    /// Carries out one write of Accord.
    pub(crate) fn write(&mut self, write: &WorkItemWrite, at: Timestamp) -> WriteOutcome {
        self.writes += 1;
        match write {
            WorkItemWrite::Create(draft) => self.create(draft, at),
            WorkItemWrite::Update { id, rev, patch } => self.update(*id, *rev, patch, at),
        }
    }

    fn create(&mut self, draft: &WorkItemDraft, at: Timestamp) -> WriteOutcome {
        let state = draft.fields.get("System.State").and_then(Value::as_text);
        if state.is_some_and(|state| state != first_state(&draft.work_item_type)) {
            return WriteOutcome::Rejected(azure_devops(rejected("not an initial state")));
        }
        let mut item = blank(&draft.work_item_type, AREAS[0]);
        for (name, value) in &draft.fields {
            set(&mut item, name, self.kept(name, value));
        }
        item.tags.clone_from(&draft.tags);
        item.relations.push(draft.marker.to_relation());
        let id = self.add(item, at);
        WriteOutcome::Applied(Box::new(self.items[&id].now().clone()))
    }

    fn update(
        &mut self,
        id: WorkItemId,
        rev: Rev,
        patch: &WorkItemPatch,
        at: Timestamp,
    ) -> WriteOutcome {
        let Some(item) = self.item(id) else {
            return WriteOutcome::Rejected(azure_devops(RemoteErrorKind::NotFound {
                reason: format!("work item {id} does not exist"),
            }));
        };
        if item.rev != rev {
            return WriteOutcome::Stale(azure_devops(rejected("it is at another revision")));
        }
        let state = patch.fields.get("System.State").and_then(Value::as_text);
        if let Some(state) = state {
            let now = text(item, "System.State");
            let ways = work_item_type(&item.work_item_type).transitions;
            let ways = ways.and_then(|ways| ways.get(now).cloned());
            if now != state && !ways.is_some_and(|ways| ways.iter().any(|way| way == state)) {
                return WriteOutcome::Rejected(azure_devops(rejected("no such transition")));
            }
        }
        if state == Some(states(&item.work_item_type)[2].0) {
            self.retired.push(id);
        }
        let kept: Vec<(String, Value)> = patch
            .fields
            .iter()
            .map(|(name, value)| (name.clone(), self.kept(name, value)))
            .collect();
        self.revise(id, at, |item| {
            for (name, value) in kept {
                set(item, &name, value);
            }
            if let Some(tags) = &patch.tags {
                item.tags.clone_from(tags);
            }
            if let Some(marker) = &patch.add_marker {
                item.relations.push(marker.to_relation());
            }
        });
        WriteOutcome::Applied(Box::new(self.items[&id].now().clone()))
    }

    fn kept(&self, field: &str, value: &Value) -> Value {
        match value {
            Value::Text(html) if HTML_FIELDS.contains(&field) => {
                Value::text(normalised(html, self.habits))
            }
            _ => value.clone(),
        }
    }
}

/// What a server with these habits keeps of formatted text.
pub(crate) fn normalised(html: &str, habits: Habits) -> String {
    let mut html = html.to_owned();
    if habits.drops_bold {
        for tag in ["<b>", "</b>", "<strong>", "</strong>"] {
            html = html.replace(tag, "");
        }
    }
    if habits.respells {
        html = html
            .replace("<p>", "<P style=\"margin:0\">")
            .replace("</p>", "</P >");
    }
    html
}

pub(crate) fn set(item: &mut WorkItem, name: &str, value: Value) {
    if value.is_null() {
        item.fields.remove(name);
    } else {
        item.fields.insert(name.to_owned(), value);
    }
}

pub(crate) fn text<'a>(item: &'a WorkItem, field: &str) -> &'a str {
    let value = item.fields.get(field).and_then(Value::as_text);
    value.unwrap_or_default()
}

fn stamp(item: &mut WorkItem, at: Timestamp) {
    let id = Value::integer(i64::try_from(item.id.0).expect("a small number"));
    let rev = Value::integer(i64::try_from(item.rev.0).expect("a small number"));
    set(item, "System.Id", id);
    set(item, "System.Rev", rev);
    set(item, "System.ChangedDate", Value::DateTime(at));
}

/// An item with what every one has.
pub(crate) fn blank(work_item_type: &str, area: &str) -> WorkItem {
    let mut item = WorkItem {
        id: WorkItemId(0),
        rev: Rev(1),
        work_item_type: work_item_type.to_owned(),
        project: PROJECT.to_owned(),
        tags: Vec::new(),
        fields: BTreeMap::new(),
        markdown: BTreeSet::new(),
        relations: Vec::new(),
    };
    for (name, value) in [
        ("System.WorkItemType", work_item_type),
        ("System.TeamProject", PROJECT),
        ("System.AreaPath", area),
        ("System.IterationPath", PROJECT),
        ("System.State", first_state(work_item_type)),
    ] {
        set(&mut item, name, Value::text(value));
    }
    item
}

fn states(work_item_type: &str) -> [(&'static str, &'static str); 3] {
    if work_item_type == "Bug" {
        [
            ("New", "Proposed"),
            ("Active", "InProgress"),
            ("Done", "Completed"),
        ]
    } else {
        [
            ("Design", "Proposed"),
            ("Ready", "InProgress"),
            ("Closed", "Completed"),
        ]
    }
}

pub(crate) fn first_state(work_item_type: &str) -> &'static str {
    states(work_item_type)[0].0
}

fn work_item_type(name: &str) -> WorkItemType {
    use AzureFieldKind::{DateTime, Html, Integer, PlainText, String, TreePath};
    let field = |reference: &str, label: &str, kind| {
        let read_only = matches!(
            reference,
            "System.Id" | "System.Rev" | "System.ChangedDate" | "System.WorkItemType"
        );
        let allowed = if reference == PRIORITY { 4 } else { 0 };
        let field = TypeField {
            definition: FieldDefinition {
                reference_name: reference.to_owned(),
                name: label.to_owned(),
                kind,
                is_picklist: false,
                read_only,
            },
            always_required: reference == "System.Title",
            default_value: Value::Null,
            allowed_values: (1..=allowed).map(Value::integer).collect(),
        };
        (reference.to_owned(), field)
    };
    let [first, second, last] = states(name);
    // Nobody goes straight from the first to the last.
    let ways = [
        ("", vec![first.0]),
        (first.0, vec![second.0]),
        (second.0, vec![first.0, last.0]),
        (last.0, vec![second.0]),
    ];
    WorkItemType {
        name: name.to_owned(),
        fields: BTreeMap::from([
            field("System.Id", "ID", Integer),
            field("System.Rev", "Rev", Integer),
            field("System.ChangedDate", "Changed Date", DateTime),
            field("System.WorkItemType", "Work Item Type", String),
            field("System.Title", "Title", String),
            field("System.Description", "Description", Html),
            field("System.State", "State", String),
            field("System.AreaPath", "Area Path", TreePath),
            field("System.IterationPath", "Iteration Path", TreePath),
            field("System.Tags", "Tags", PlainText),
            field(PRIORITY, "Priority", Integer),
            field(STEPS, "Steps", Html),
            field("Custom.Mission", "Mission", Html),
            field("Custom.Origin", "Origin", String),
        ]),
        states: [first, second, last]
            .map(|(name, category)| WorkItemState {
                name: name.to_owned(),
                category: category.to_owned(),
            })
            .to_vec(),
        transitions: Some(
            ways.into_iter()
                .map(|(from, to)| (from.to_owned(), to.into_iter().map(str::to_owned).collect()))
                .collect(),
        ),
    }
}
