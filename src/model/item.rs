//! Items as they were observed, and the markers that tie two of them together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{CaseId, Rev, SectionId, SuiteId, Value, WorkItemId};

/// The tag that Accord puts on every work item it made or linked. Never part of a mapped value.
pub const ACCORD_TAG: &str = "accord";

/// The relation type of a link to a web address (Microsoft Learn, Work Item Relation Types).
pub const HYPERLINK: &str = "Hyperlink";

/// A TestWorthy case as observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The suite that holds it; `None` on a surface without suites.
    pub suite: Option<SuiteId>,
    /// The project that holds the suite, as the server tells it; links belong to it.
    pub project: Option<u64>,
    /// The section that holds it.
    pub section: Option<SectionId>,
    /// Names of the sections from the outermost to its own; just its own where the server lists none.
    pub section_path: Vec<String>,
    /// References in their order, trimmed, without empty ones.
    pub refs: Vec<String>,
    /// Every other field by its manifest name (see [`super::CASE_FIELDS`]); absent means null.
    pub fields: BTreeMap<String, Value>,
    /// When it was last changed, where the server tells it.
    pub modified_on: Option<Timestamp>,
}

impl Case {
    /// The title; empty if there is none.
    pub fn title(&self) -> &str {
        self.fields
            .get("title")
            .and_then(Value::as_text)
            .unwrap_or_default()
    }
}

/// An Azure DevOps work item as observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// Its id.
    pub id: WorkItemId,
    /// The revision that was read.
    pub rev: Rev,
    /// `System.WorkItemType`.
    pub work_item_type: String,
    /// `System.TeamProject`: the project's name.
    pub project: String,
    /// Tags in the server's order and spelling, [`ACCORD_TAG`] included.
    pub tags: Vec<String>,
    /// Every field but `System.Tags` by reference name; absent means null.
    pub fields: BTreeMap<String, Value>,
    /// The long text fields that this item keeps as Markdown (`multilineFieldsFormat`); the others are
    /// HTML.
    pub markdown: BTreeSet<String>,
    /// Its relations, in the server's order.
    pub relations: Vec<Relation>,
}

impl WorkItem {
    /// The title; empty if there is none.
    pub fn title(&self) -> &str {
        self.fields
            .get("System.Title")
            .and_then(Value::as_text)
            .unwrap_or_default()
    }

    /// The markers on it, in order of their case ids. More than one is a defect that planning reports.
    pub fn markers(&self) -> Vec<Marker> {
        let mut markers: Vec<Marker> = self
            .relations
            .iter()
            .filter_map(Marker::from_relation)
            .collect();
        markers.sort_by_key(|marker| marker.case);
        markers.dedup();
        markers
    }

    /// Whether it carries Accord's tag.
    pub fn has_accord_tag(&self) -> bool {
        self.tags
            .iter()
            .any(|tag| tag.eq_ignore_ascii_case(ACCORD_TAG))
    }
}

/// A relation of a work item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The relation type, for example [`HYPERLINK`].
    pub rel: String,
    /// The target's address.
    pub url: String,
    /// The comment on the relation.
    pub comment: Option<String>,
}

/// The hyperlink that says which case a work item belongs to: `url` is the case's address and the
/// comment is `accord/1 case=<id>`. Written with the create and never rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    /// The case.
    pub case: CaseId,
    /// The case's address (`caseUrl` of the connection).
    pub url: String,
}

impl Marker {
    /// Reads a marker from a relation; `None` if the relation is something else.
    pub fn from_relation(relation: &Relation) -> Option<Self> {
        if relation.rel != HYPERLINK {
            return None;
        }
        let id = relation
            .comment
            .as_deref()?
            .trim()
            .strip_prefix("accord/1 case=")?;
        Some(Self {
            case: id.parse().ok()?,
            url: relation.url.clone(),
        })
    }

    /// The relation that carries this marker.
    pub fn to_relation(&self) -> Relation {
        Relation {
            rel: HYPERLINK.to_owned(),
            url: self.url.clone(),
            comment: Some(format!("accord/1 case={}", self.case)),
        }
    }
}

/// How a case's references name a work item: `AB#<id>`, the form that Azure Boards itself reads.
pub fn azure_boards_mention(id: WorkItemId) -> String {
    format!("AB#{id}")
}

/// The work item that a reference names, if it is a mention.
pub fn azure_boards_mention_in(reference: &str) -> Option<WorkItemId> {
    let (mark, digits) = reference.split_at_checked(3)?;
    let is_mark = mark.eq_ignore_ascii_case("AB#");
    is_mark.then(|| digits.trim().parse().ok())?
}

/// The work items that a case's references name, in order, each once.
pub fn azure_boards_mentions(refs: &[String]) -> Vec<WorkItemId> {
    let mut ids = Vec::new();
    for id in refs.iter().filter_map(|one| azure_boards_mention_in(one)) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
