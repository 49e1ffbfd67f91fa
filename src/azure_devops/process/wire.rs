//! The shapes of processes on the wire (Microsoft Learn, Work Item Tracking Process 7.1). Unknown keys
//! are passed over; keys that servers leave out have defaults.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::model::Value;
use crate::remote::{
    Control, Customization, Form, FormGroup, FormPage, FormSection, Look, Picklist, PicklistKind,
    ProcessType,
};

/// `GET _apis/projects/{project}?includeCapabilities=true`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) capabilities: Capabilities,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Capabilities {
    pub(super) process_template: ProcessTemplate,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ProcessTemplate {
    pub(super) template_name: Option<String>,
    pub(super) template_type_id: Option<String>,
}

/// `GET _apis/work/processes/{id}`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ProcessInfo {
    pub(super) type_id: String,
    pub(super) name: String,
    pub(super) customization_type: String,
}

/// A picklist, with its values or without.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct List {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) items: Option<Vec<Json>>,
    pub(super) is_suggested: bool,
}

/// A field of a work item type, of which only the name counts.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TypeField {
    pub(super) reference_name: String,
}

/// A work item type of a process.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WorkItemType {
    pub(super) reference_name: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) customization: String,
    pub(super) color: Option<String>,
    pub(super) icon: Option<String>,
    pub(super) is_disabled: bool,
    pub(super) layout: Option<Layout>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Layout {
    pub(super) pages: Option<Vec<Page>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Page {
    id: String,
    label: Option<String>,
    #[serde(rename = "pageType")]
    kind: Option<String>,
    visible: Option<bool>,
    is_contribution: bool,
    sections: Option<Vec<Section>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Section {
    id: String,
    groups: Option<Vec<Group>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Group {
    id: String,
    label: Option<String>,
    visible: Option<bool>,
    is_contribution: bool,
    controls: Option<Vec<FormControl>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FormControl {
    id: String,
    label: Option<String>,
    visible: Option<bool>,
    contribution: Option<Contribution>,
}

/// What an extension puts in place of a control (Microsoft Learn, Groups, `WitContribution`): its inputs
/// name the fields that it shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contribution {
    inputs: Option<serde_json::Map<String, Json>>,
}

/// The word is an enumeration of the documents; one that is new is nothing that Accord may change.
pub(super) fn customization(word: &str) -> Customization {
    match word.to_ascii_lowercase().as_str() {
        "inherited" => Customization::Inherited,
        "custom" => Customization::Custom,
        _ => Customization::System,
    }
}

impl List {
    /// `Err` says what is wrong with it. A list is replaced as a whole when values are added to it, so items
    /// that were not told or not understood would be lost.
    pub(super) fn picklist(self) -> Result<Picklist, String> {
        let kind = match self.kind.to_ascii_lowercase().as_str() {
            "integer" => PicklistKind::Integer,
            "double" => PicklistKind::Double,
            "string" | "" => PicklistKind::String,
            other => return Err(format!("a picklist of type `{other}`")),
        };
        if self.id.is_empty() {
            return Err("a picklist without an id".to_owned());
        }
        let Some(items) = self.items else {
            return Err(format!("the picklist `{}` without its items", self.name));
        };
        let values: Option<Vec<Value>> = items.iter().map(|item| value(kind, item)).collect();
        let Some(values) = values else {
            return Err(format!(
                "an item of the picklist `{}` that is no value",
                self.name
            ));
        };
        Ok(Picklist {
            id: self.id,
            name: self.name,
            kind,
            values,
            is_suggested: self.is_suggested,
        })
    }
}

/// Items come as texts whatever the type of the list. `None` for what is no value.
fn value(kind: PicklistKind, item: &Json) -> Option<Value> {
    let parsed = match (kind, item) {
        (PicklistKind::Integer | PicklistKind::Double, Json::String(text)) => {
            serde_json::from_str::<serde_json::Number>(text.trim())
                .ok()
                .and_then(|number| Value::from_json(&Json::Number(number)))
        }
        _ => None,
    };
    parsed
        .or_else(|| Value::from_json(item))
        .filter(|value| !value.is_null())
}

impl WorkItemType {
    pub(super) fn process_type(self) -> ProcessType {
        ProcessType {
            customization: customization(&self.customization),
            reference_name: self.reference_name,
            name: self.name,
            is_disabled: self.is_disabled,
            look: Look {
                color: self.color,
                icon: self.icon,
                description: self.description,
            },
            form: self.layout.unwrap_or_default().form(),
        }
    }
}

impl Layout {
    fn form(self) -> Form {
        let pages = self.pages.unwrap_or_default();
        Form {
            pages: pages.into_iter().map(Page::page).collect(),
        }
    }
}

impl Page {
    fn page(self) -> FormPage {
        let kind = self.kind.unwrap_or_else(|| "custom".to_owned());
        FormPage {
            holds_fields: kind.eq_ignore_ascii_case("custom") && !self.is_contribution,
            id: self.id,
            label: self.label.unwrap_or_default(),
            is_visible: self.visible.unwrap_or(true),
            sections: self
                .sections
                .unwrap_or_default()
                .into_iter()
                .map(|section| FormSection {
                    id: section.id,
                    groups: section
                        .groups
                        .unwrap_or_default()
                        .into_iter()
                        .filter(|group| !group.is_contribution)
                        .map(Group::group)
                        .collect(),
                })
                .collect(),
        }
    }
}

impl Group {
    pub(super) fn group(self) -> FormGroup {
        FormGroup {
            id: self.id,
            label: self.label.unwrap_or_default(),
            is_visible: self.visible.unwrap_or(true),
            controls: self
                .controls
                .unwrap_or_default()
                .into_iter()
                .flat_map(FormControl::controls)
                .collect(),
        }
    }
}

impl FormControl {
    /// The control, and of an extension's one for every input that may be a field.
    fn controls(mut self) -> Vec<Control> {
        let contribution = self.contribution.take().unwrap_or_default();
        let own = self.control();
        let inputs = contribution.inputs.unwrap_or_default();
        let fields = inputs.values().filter_map(Json::as_str).map(|id| Control {
            id: id.to_owned(),
            ..own.clone()
        });
        let mut controls: Vec<Control> = fields.collect();
        controls.insert(0, own);
        controls
    }

    pub(super) fn control(self) -> Control {
        Control {
            id: self.id,
            label: self.label.unwrap_or_default(),
            is_visible: self.visible.unwrap_or(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_of_number_lists_are_numbers() {
        let list = |kind: &str, items: Json| -> List {
            serde_json::from_value(json!({"id": "1", "name": "n", "type": kind, "items": items}))
                .unwrap()
        };
        let values = |kind, items| list(kind, items).picklist().unwrap().values;
        assert_eq!(
            values("Integer", json!(["1", 2])),
            [1, 2].map(Value::integer)
        );
        assert_eq!(values("String", json!(["1"])), [Value::text("1")]);
        assert!(list("Guid", json!([])).picklist().is_err());
        assert!(List::default().picklist().is_err(), "no id");
    }

    /// Values are added by replacing the list: what is not read would be taken away.
    #[test]
    fn a_list_that_is_not_told_whole_is_none() {
        for odd in [
            json!({}),
            json!({ "items": null }),
            json!({ "items": ["High", null] }),
            json!({ "items": ["High", { "value": "Low" }] }),
        ] {
            let mut told = json!({ "id": "1", "name": "Risks", "type": "String" });
            let members = odd.as_object().unwrap().clone();
            told.as_object_mut().unwrap().extend(members);
            let list: List = serde_json::from_value(told).unwrap();
            let reason = list.picklist().unwrap_err();
            assert!(reason.contains("`Risks`"), "{odd}: {reason}");
        }
    }

    #[test]
    fn an_unknown_customization_is_nothing_to_change() {
        assert_eq!(customization("Inherited"), Customization::Inherited);
        assert_eq!(customization("brandNew"), Customization::System);
    }

    #[test]
    fn parts_of_extensions_hold_no_fields() {
        let kind: WorkItemType = serde_json::from_value(json!({
            "referenceName": "A.Bug", "name": "Bug", "customization": "inherited",
            "layout": {"pages": [
                {"id": "p", "pageType": "custom", "sections": [{"id": "Section1", "groups": [
                    {"id": "own", "controls": [{"id": "Custom.A", "visible": false}]},
                    {"id": "theirs", "isContribution": true}
                ]}]},
                {"id": "x", "pageType": "custom", "isContribution": true},
                {"id": "h", "pageType": "history", "sections": null}
            ]}
        }))
        .unwrap();
        let form = kind.process_type().form;
        let holds: Vec<bool> = form.pages.iter().map(|page| page.holds_fields).collect();
        assert_eq!(holds, [true, false, false]);
        let groups = &form.pages[0].sections[0].groups;
        assert_eq!(groups.len(), 1);
        assert!(groups[0].is_visible && !groups[0].controls[0].is_visible);
    }

    #[test]
    fn an_extension_shows_the_fields_that_its_inputs_name() {
        let kind: WorkItemType = serde_json::from_value(json!({
            "referenceName": "A.Bug", "name": "Bug", "customization": "inherited",
            "layout": {"pages": [{"id": "p", "sections": [{"id": "Section1", "groups": [{"id": "g", "controls": [
                {"id": "7f2b", "isContribution": true, "contribution": {
                    "contributionId": "multi-value", "inputs": {"FieldName": "Custom.Browsers", "Height": 3}}},
                {"id": "Custom.Hidden", "visible": false}
            ]}]}]}]}
        }))
        .unwrap();
        let form = kind.process_type().form;
        assert_eq!(form.shows("custom.browsers"), Some(true));
        assert_eq!(form.shows("Custom.Hidden"), Some(false));
        assert_eq!(form.shows("Custom.Other"), None);
    }
}
