//! Relations: links to other work items, to web addresses, to files and to artifacts.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

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

    /// A relation as an item tells it; `project_url` holds the project's GUID.
    pub(crate) fn json(&self, project_url: &str) -> Value {
        let mut attributes = Map::new();
        let url = match &self.target {
            Target::Item(id) => {
                attributes.insert("isLocked".to_owned(), json!(false));
                if let Some(comment) = &self.comment {
                    attributes.insert("comment".to_owned(), json!(&**comment));
                }
                attributes.insert("name".to_owned(), json!(self.kind.name));
                format!("{project_url}/_apis/wit/workItems/{id}")
            }
            Target::Url(url) => {
                attributes.insert("authorizedDate".to_owned(), json!(self.created.to_string()));
                attributes.insert("id".to_owned(), json!(self.id));
                let created = json!(self.created.to_string());
                attributes.insert("resourceCreatedDate".to_owned(), created);
                let modified = json!(self.modified.to_string());
                attributes.insert("resourceModifiedDate".to_owned(), modified);
                attributes.insert("revisedDate".to_owned(), json!(instant::NEVER_REVISED));
                if let Some(size) = self.size {
                    attributes.insert("resourceSize".to_owned(), json!(size));
                }
                if let Some(comment) = &self.comment {
                    attributes.insert("comment".to_owned(), json!(&**comment));
                }
                if let Some(name) = &self.name {
                    attributes.insert("name".to_owned(), json!(&**name));
                }
                url.to_string()
            }
        };
        json!({"rel": self.kind.reference, "url": url, "attributes": attributes})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_work_item_link_has_an_opposite_that_leads_back() {
        for kind in all().filter(|kind| kind.is_work_item_link()) {
            let back = find(kind.opposite.unwrap()).unwrap();
            assert_eq!(back.opposite, Some(kind.reference));
        }
    }

    #[test]
    fn relation_types_are_found_by_either_name() {
        assert_eq!(find("hyperlink").unwrap().reference, "Hyperlink");
        assert_eq!(
            find("Parent").unwrap().reference,
            "System.LinkTypes.Hierarchy-Reverse"
        );
        assert_eq!(
            find("Tests").unwrap().reference,
            "Microsoft.VSTS.Common.TestedBy-Reverse"
        );
        assert_eq!(find("Sibling"), None);
    }
}
