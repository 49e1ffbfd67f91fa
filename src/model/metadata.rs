//! What Azure DevOps says about its fields and work item types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::Value;
use super::learned::digest_of_bytes;

/// The type of an Azure DevOps field (Microsoft Learn, Fields - List, `FieldType`). Picklists arrive as
/// their base type with a flag, identities as strings with a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AzureFieldKind {
    /// A single line, at most 255 characters.
    String,
    /// Long text without markup; `System.Tags` is one too.
    PlainText,
    /// Long text with markup.
    Html,
    /// Discussion.
    History,
    /// Whole number.
    Integer,
    /// Number.
    Double,
    /// Instant.
    DateTime,
    /// True or false.
    Boolean,
    /// Area or iteration path.
    TreePath,
    /// A person or group.
    Identity,
    /// GUID.
    Guid,
}

/// One field of the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDefinition {
    /// For example `Microsoft.VSTS.Common.Priority`.
    pub reference_name: String,
    /// For example `Priority`.
    pub name: String,
    /// Its type.
    pub kind: AzureFieldKind,
    /// Whether values come from a picklist.
    pub is_picklist: bool,
    /// The server's flag. Not reliable for area and iteration paths (reference: Fields - Get, samples).
    pub read_only: bool,
}

/// One work item type of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItemType {
    /// For example `Test Case`.
    pub name: String,
    /// Its fields by reference name.
    pub fields: BTreeMap<String, TypeField>,
    /// Its states, in workflow order.
    pub states: Vec<WorkItemState>,
    /// The states that may follow each state; those of a new item under the empty text. `None` where the
    /// server did not tell (Microsoft Learn, Work Item Types - Get, `transitions`).
    pub transitions: Option<BTreeMap<String, Vec<String>>>,
}

impl WorkItemType {
    /// Digest of what the server says of the type, but for the order of its lists and for people, who are
    /// listed as the values of identities: they come and go.
    pub fn digest(&self) -> String {
        let Self {
            name,
            fields,
            states,
            transitions,
        } = self;
        let fields = fields.iter().map(|(reference_name, field)| {
            let TypeField {
                definition,
                always_required,
                default_value,
                allowed_values,
            } = field;
            let FieldDefinition {
                reference_name: own_name,
                name,
                kind,
                is_picklist,
                read_only,
            } = definition;
            let is_person = *kind == AzureFieldKind::Identity;
            let allowed = allowed_values.iter().filter(|_| !is_person);
            let allowed: BTreeSet<&Value> = allowed.collect();
            json!([
                reference_name,
                own_name,
                name,
                format!("{kind:?}"),
                is_picklist,
                read_only,
                always_required,
                default_value,
                allowed,
            ])
        });
        let states: BTreeSet<(&str, &str)> = states
            .iter()
            .map(|WorkItemState { name, category }| (name.as_str(), category.as_str()))
            .collect();
        let transitions = transitions.as_ref().map(|all| {
            let sorted = all.iter().map(|(from, to)| (from, to.iter().collect()));
            sorted.collect::<BTreeMap<&String, BTreeSet<&String>>>()
        });
        let said = json!([name, fields.collect::<Vec<_>>(), states, transitions,]);
        digest_of_bytes(said.to_string().as_bytes())
    }
}

/// A field on a work item type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeField {
    /// What the organisation says of the field.
    pub definition: FieldDefinition,
    /// Whether the server refuses an item without it.
    pub always_required: bool,
    /// The value that a new item gets.
    pub default_value: Value,
    /// The values that are allowed; empty means any.
    pub allowed_values: Vec<Value>,
}

/// A state of a work item type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItemState {
    /// For example `Design`.
    pub name: String,
    /// Proposed, `InProgress`, Resolved, Completed or Removed.
    pub category: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bug() -> WorkItemType {
        let definition = FieldDefinition {
            reference_name: "Custom.Risk".to_owned(),
            name: "Risk".to_owned(),
            kind: AzureFieldKind::String,
            is_picklist: true,
            read_only: false,
        };
        let field = TypeField {
            definition,
            always_required: false,
            default_value: Value::Null,
            allowed_values: vec![Value::text("high")],
        };
        WorkItemType {
            name: "Bug".to_owned(),
            fields: [("Custom.Risk".to_owned(), field)].into(),
            states: vec![WorkItemState {
                name: "New".to_owned(),
                category: "Proposed".to_owned(),
            }],
            transitions: None,
        }
    }

    #[test]
    fn a_digest_tells_every_change_of_a_type() {
        let changes: [fn(&mut WorkItemType); 9] = [
            |kind| kind.name.push('s'),
            |kind| kind.fields.clear(),
            |kind| risk(kind).always_required = true,
            |kind| risk(kind).default_value = Value::text("high"),
            |kind| risk(kind).allowed_values.push(Value::text("low")),
            |kind| risk(kind).definition.kind = AzureFieldKind::PlainText,
            |kind| risk(kind).definition.read_only = true,
            |kind| kind.states[0].category = "Completed".to_owned(),
            |kind| kind.transitions = Some([("New".to_owned(), Vec::new())].into()),
        ];
        let mut seen = std::collections::BTreeSet::from([bug().digest()]);
        for change in changes {
            let mut kind = bug();
            change(&mut kind);
            assert!(seen.insert(kind.digest()), "{kind:?}");
        }
    }

    #[test]
    fn the_order_of_lists_and_who_is_there_are_no_change_of_a_type() {
        let changes: [fn(&mut WorkItemType); 3] = [
            |kind| risk(kind).allowed_values.reverse(),
            |kind| kind.states.reverse(),
            |kind| {
                let to = kind.transitions.as_mut().unwrap().get_mut("New").unwrap();
                to.reverse();
            },
        ];
        let mut first = bug();
        risk(&mut first).allowed_values.push(Value::text("low"));
        first.states.push(WorkItemState {
            name: "Done".to_owned(),
            category: "Completed".to_owned(),
        });
        let to = vec!["Done".to_owned(), "Active".to_owned()];
        first.transitions = Some([("New".to_owned(), to)].into());
        for change in changes {
            let mut other = first.clone();
            change(&mut other);
            assert_ne!(other, first);
            assert_eq!(other.digest(), first.digest());
        }
        let mut people = bug();
        risk(&mut people).definition.kind = AzureFieldKind::Identity;
        let before = people.digest();
        risk(&mut people).allowed_values.clear();
        assert_eq!(people.digest(), before);
    }

    fn risk(kind: &mut WorkItemType) -> &mut TypeField {
        kind.fields.get_mut("Custom.Risk").unwrap()
    }
}
