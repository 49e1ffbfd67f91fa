//! Relations: links to other work items, to web addresses, to files and to artifacts.

use std::sync::Arc;

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::instant;

/// A relation type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RelationType {
    pub(crate) reference: &'static str,
    pub(crate) name: &'static str,
    /// The type at the other end; `None` for links that do not lead to a work item.
    pub(crate) opposite: Option<&'static str>,
    pub(crate) topology: &'static str,
}

impl RelationType {
    pub(crate) fn is_work_item_link(&self) -> bool {
        self.opposite.is_some()
    }
}

macro_rules! pair {
    ($base:literal, $forward:literal, $reverse:literal, $topology:literal) => {
        [
            RelationType {
                reference: concat!($base, "-Forward"),
                name: $forward,
                opposite: Some(concat!($base, "-Reverse")),
                topology: $topology,
            },
            RelationType {
                reference: concat!($base, "-Reverse"),
                name: $reverse,
                opposite: Some(concat!($base, "-Forward")),
                topology: $topology,
            },
        ]
    };
}

const fn resource(reference: &'static str, name: &'static str) -> RelationType {
    RelationType {
        reference,
        name,
        opposite: None,
        topology: "unknown",
    }
}

static PAIRS: [[RelationType; 2]; 8] = [
    pair!(
        "Microsoft.VSTS.Common.TestedBy",
        "Tested By",
        "Tests",
        "dependency"
    ),
    pair!(
        "Microsoft.VSTS.TestCase.SharedStepReferencedBy",
        "Test Case",
        "Shared Steps",
        "dependency"
    ),
    pair!(
        "Microsoft.VSTS.TestCase.SharedParameterReferencedBy",
        "Referenced By",
        "References",
        "dependency"
    ),
    pair!(
        "Microsoft.VSTS.Common.Affects",
        "Affects",
        "Affected By",
        "dependency"
    ),
    pair!(
        "System.LinkTypes.Duplicate",
        "Duplicate",
        "Duplicate Of",
        "tree"
    ),
    pair!(
        "System.LinkTypes.Dependency",
        "Successor",
        "Predecessor",
        "dependency"
    ),
    pair!("System.LinkTypes.Hierarchy", "Child", "Parent", "tree"),
    pair!(
        "System.LinkTypes.Remote.Related",
        "Remote Related",
        "Remote Related",
        "network"
    ),
];

static SINGLE: [RelationType; 4] = [
    RelationType {
        reference: "System.LinkTypes.Related",
        name: "Related",
        opposite: Some("System.LinkTypes.Related"),
        topology: "network",
    },
    resource("AttachedFile", "Attached File"),
    resource("Hyperlink", "Hyperlink"),
    resource("ArtifactLink", "Artifact Link"),
];

/// Every relation type.
pub(crate) fn all() -> impl Iterator<Item = &'static RelationType> {
    PAIRS.iter().flatten().chain(&SINGLE)
}

/// By reference name or display name, without regard to case.
pub(crate) fn find(name: &str) -> Option<&'static RelationType> {
    all().find(|kind| {
        kind.reference.eq_ignore_ascii_case(name) || kind.name.eq_ignore_ascii_case(name)
    })
}

/// A relation type as `workitemrelationtypes` tells it.
pub(crate) fn type_json(kind: &RelationType, organization_url: &str) -> Value {
    let attributes = if let Some(opposite) = kind.opposite {
        json!({
            "usage": "workItemLink",
            "editable": !kind.reference.contains(".Remote."),
            "enabled": true,
            "acyclic": kind.topology == "tree" || kind.topology == "dependency",
            "directional": kind.topology != "network",
            "singleTarget": kind.reference == "System.LinkTypes.Hierarchy-Reverse",
            "topology": kind.topology,
            "isForward": !kind.reference.ends_with("-Reverse"),
            "oppositeEndReferenceName": opposite,
        })
    } else {
        json!({"usage": "resourceLink", "editable": false, "enabled": true})
    };
    json!({
        "attributes": attributes,
        "referenceName": kind.reference,
        "name": kind.name,
        "url": format!("{organization_url}/_apis/wit/workItemRelationTypes/{}", kind.reference),
    })
}

/// Where a relation leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Item(u64),
    Url(Arc<str>),
}

/// A relation of an item.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) kind: &'static RelationType,
    pub(crate) target: Target,
    /// Number of a resource link, 0 for a link to a work item.
    pub(crate) id: u64,
    pub(crate) comment: Option<Arc<str>>,
    /// The `name` that a client gave (files, artifacts).
    pub(crate) name: Option<Arc<str>>,
    /// How many bytes an attached file has.
    pub(crate) size: Option<u64>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl Relation {
    /// Whether it leads where the other leads, in the same way.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.kind == other.kind
            && match (&self.target, &other.target) {
                (Target::Item(one), Target::Item(two)) => one == two,
                (Target::Url(one), Target::Url(two)) => one.eq_ignore_ascii_case(two),
                _ => false,
            }
    }

    /// A relation as JSON; see [`RelationView`].
    pub(crate) fn json(&self, project_url: &str) -> Value {
        // Texts, flags and numbers under text keys.
        serde_json::to_value(self.view(project_url)).unwrap_or_default()
    }

    /// A relation ready to be written; `project_url` holds the project's GUID.
    pub(crate) fn view<'a>(&'a self, project_url: &'a str) -> RelationView<'a> {
        RelationView {
            relation: self,
            project_url,
        }
    }
}

/// A relation as an item tells it.
pub(crate) struct RelationView<'a> {
    relation: &'a Relation,
    project_url: &'a str,
}

impl Serialize for RelationView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let project_url = self.project_url;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("rel", self.relation.kind.reference)?;
        match &self.relation.target {
            Target::Item(id) => {
                let url = format_args!("{project_url}/_apis/wit/workItems/{id}");
                map.serialize_entry("url", &url)?;
            }
            Target::Url(url) => map.serialize_entry("url", &**url)?,
        }
        map.serialize_entry("attributes", &Attributes(self.relation))?;
        map.end()
    }
}

struct Attributes<'a>(&'a Relation);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let relation = self.0;
        let mut map = serializer.serialize_map(None)?;
        let is_item = matches!(relation.target, Target::Item(_));
        if is_item {
            map.serialize_entry("isLocked", &false)?;
        } else {
            map.serialize_entry("authorizedDate", &format_args!("{}", relation.created))?;
            map.serialize_entry("id", &relation.id)?;
            map.serialize_entry("resourceCreatedDate", &format_args!("{}", relation.created))?;
            map.serialize_entry(
                "resourceModifiedDate",
                &format_args!("{}", relation.modified),
            )?;
            map.serialize_entry("revisedDate", instant::NEVER_REVISED)?;
            if let Some(size) = relation.size {
                map.serialize_entry("resourceSize", &size)?;
            }
        }
        if let Some(comment) = &relation.comment {
            map.serialize_entry("comment", &**comment)?;
        }
        if is_item {
            map.serialize_entry("name", self.0.kind.name)?;
        } else if let Some(name) = &relation.name {
            map.serialize_entry("name", &**name)?;
        }
        map.end()
    }
}
