//! Work item types of a process: told, derived from the system's, invented, taken back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{flag, required, text};
use super::super::error::ApiError;
use super::super::field;
use super::super::request::ApiRequest;
use super::super::route::{Answer, ok};
use super::super::wire::list;
use super::super::work_item_type::{self, Customization, TypeField, WorkItemType};
use super::{condensed, conflict, created, forbidden_change, gone};

/// What to tell of a type besides itself: `$expand`, names or the bits that official clients send.
#[derive(Clone, Copy, Debug, Default)]
struct TypeExpand {
    states: bool,
    behaviors: bool,
    layout: bool,
}

impl TypeExpand {
    fn read(request: &ApiRequest<'_>) -> Self {
        let text = request.query("$expand").unwrap_or_default().to_lowercase();
        let bits: u32 = text.trim().parse().unwrap_or(0);
        let named = |name: &str| text.split(',').any(|part| part.trim() == name);
        Self {
            states: bits & 1 != 0 || named("states"),
            behaviors: bits & 2 != 0 || named("behaviors"),
            layout: bits & 4 != 0 || named("layout"),
        }
    }
}

/// The backlog levels, which the sandbox only tells.
pub(super) fn behaviors(url: &str, process: &str) -> Value {
    let told = [
        ("System.PortfolioBacklogBehavior", "Features", 30),
        ("System.RequirementBacklogBehavior", "Stories", 20),
        ("System.TaskBacklogBehavior", "Tasks", 10),
    ]
    .map(|(reference, name, rank)| {
        json!({
            "name": name,
            "referenceName": reference,
            "color": "009CCC",
            "rank": rank,
            "description": null,
            "customization": "system",
            "inherits": {
                "behaviorRefName": "System.OrderedBehavior",
                "url": format!("{url}/_apis/work/processes/{process}/behaviors/System.OrderedBehavior"),
            },
            "url": format!("{url}/_apis/work/processes/{process}/behaviors/{reference}"),
        })
    });
    list(told.into())
}

/// `Microsoft.VSTS.WorkItemTypes.TestCase` becomes `ContosoAgile.TestCase`.
fn derived_reference(prefix: &str, system: &str) -> String {
    let name = system.rsplit('.').next().unwrap_or(system);
    format!("{prefix}.{name}")
}

/// A type's reference name in its process.
pub(super) fn process_reference(kind: &WorkItemType) -> &str {
    kind.customization
        .derived
        .as_deref()
        .unwrap_or(&kind.reference)
}

/// The refusal of a change to a type that still is the system's (what the service answers is a guess).
pub(super) fn not_derived(kind: &WorkItemType) -> ApiError {
    forbidden_change(
        "ProcessWorkItemTypeNotInheritedException",
        format!(
            "The work item type '{}' is a system type. Create an inherited type from it first, with \
             inheritsFrom '{}'.",
            kind.name, kind.reference
        ),
    )
}

impl Organization {
    pub(super) fn work_type_route(
        &mut self,
        request: &ApiRequest<'_>,
        process: usize,
        path: &[&str],
        given: &[&str],
    ) -> Answer {
        match (request.method, path) {
            ("GET", []) => {
                let expand = TypeExpand::read(request);
                let types = 0..self.process_types(process).len();
                let told = types
                    .filter(|at| !self.process_types(process)[*at].customization.removed)
                    .map(|at| self.process_type_json(process, at, expand));
                ok(list(told.collect()))
            }
            ("POST", []) => self.create_type(request, process),
            (method, [kind, rest @ ..]) => {
                let kind = self.find_process_type(process, kind)?;
                match (method, rest) {
                    ("GET", []) => {
                        let expand = TypeExpand::read(request);
                        ok(self.process_type_json(process, kind, expand))
                    }
                    ("PATCH", []) => self.update_type(request, process, kind),
                    ("DELETE", []) => self.delete_type(process, kind),
                    (_, ["fields", rest @ ..]) => {
                        self.type_field_route(request, process, kind, rest)
                    }
                    (_, ["states", rest @ ..]) => self.state_route(request, process, kind, rest),
                    (_, ["layout", rest @ ..]) => {
                        self.layout_route(request, process, kind, rest, &given[2..])
                    }
                    _ => Err(ApiError::method_not_allowed(method)),
                }
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    /// The place of a type of a process by its reference name. Once derived, a type is no longer found
    /// under the system's.
    pub(super) fn find_process_type(&self, process: usize, name: &str) -> Result<usize, ApiError> {
        self.process_types(process)
            .iter()
            .position(|kind| {
                !kind.customization.removed && process_reference(kind).eq_ignore_ascii_case(name)
            })
            .ok_or_else(|| {
                ApiError::process(
                    StatusCode::NOT_FOUND,
                    "ProcessWorkItemTypeDoesNotExistException",
                    format!(
                        "VS402805: Cannot find work item type with reference name '{name}' in process \
                         named '{}'.",
                        self.processes.all[process].id
                    ),
                )
            })
    }

    pub(super) fn process_type_url(&self, process: usize, at: usize) -> String {
        let kind = &self.process_types(process)[at];
        format!(
            "{}/workItemTypes/{}",
            self.process_url(process),
            process_reference(kind)
        )
    }

    /// Refuses a change to a system process or to a type that was not derived.
    pub(super) fn changeable_type(&self, process: usize, at: usize) -> Result<(), ApiError> {
        self.changeable(process)?;
        let kind = &self.process_types(process)[at];
        if kind.customization.custom || kind.customization.derived.is_some() {
            Ok(())
        } else {
            Err(not_derived(kind))
        }
    }

    fn process_type_json(&self, process: usize, at: usize, expand: TypeExpand) -> Value {
        let kind = &self.process_types(process)[at];
        let customization = match (&kind.customization.derived, kind.customization.custom) {
            (_, true) => "custom",
            (Some(_), false) => "inherited",
            (None, false) => "system",
        };
        let inherits = kind
            .customization
            .derived
            .as_ref()
            .map(|_| &*kind.reference);
        let mut told = json!({
            "referenceName": process_reference(kind),
            "name": &*kind.name,
            "description": kind.description,
            "url": self.process_type_url(process, at),
            "customization": customization,
            "color": kind.color,
            "icon": kind.icon,
            "isDisabled": kind.customization.disabled,
            "inherits": inherits,
        });
        if expand.states {
            told["states"] = Value::Array(self.process_states(process, at));
        }
        if expand.behaviors {
            told["behaviors"] = json!([]);
        }
        if expand.layout {
            told["layout"] = self.layout_json(process, at);
        }
        told
    }

    /// Makes a type of the process in use an inherited one, if it still is the system's.
    pub(crate) fn derive_type(&mut self, at: usize) {
        let prefix = self.processes.in_use().prefix.clone();
        let kind = &mut self.types[at];
        if !kind.customization.custom && kind.customization.derived.is_none() {
            let derived = derived_reference(&prefix, &kind.reference);
            kind.customization.derived = Some(Arc::from(derived));
        }
    }

    fn create_type(&mut self, request: &ApiRequest<'_>, process: usize) -> Answer {
        self.changeable(process)?;
        let body = request.json()?;
        let at = match text(&body, "inheritsFrom") {
            Some(system) => self.inherit_type(process, system)?,
            None => self.invent_type(process, required(&body, "name")?)?,
        };
        self.dress_type(process, at, &body);
        created(self.process_type_json(process, at, TypeExpand::default()))
    }

    fn inherit_type(&mut self, process: usize, system: &str) -> Result<usize, ApiError> {
        let prefix = self.processes.all[process].prefix.clone();
        let at = self.process_types(process).iter().position(|kind| {
            !kind.customization.custom && kind.reference.eq_ignore_ascii_case(system)
        });
        let Some(at) = at else {
            self.find_process_type(process, system)?;
            return Err(forbidden_change(
                "ProcessWorkItemTypeInvalidParentException",
                format!("The work item type '{system}' is no system type."),
            ));
        };
        let kind = &mut self.process_types_mut(process)[at];
        if kind.customization.derived.is_some() {
            return Err(conflict(
                "WorkItemTypeAlreadyInheritedException",
                format!(
                    "The process already has the type '{}', which inherits from '{system}'.",
                    process_reference(kind)
                ),
            ));
        }
        let derived = derived_reference(&prefix, &kind.reference);
        kind.customization.derived = Some(Arc::from(derived));
        Ok(at)
    }

    /// A custom type begins with the states New, Active, Resolved and Closed (seen on the service), which
    /// here lead into each other, and with priority but no default.
    fn invent_type(&mut self, process: usize, name: &str) -> Result<usize, ApiError> {
        let reference = format!("{}.{}", self.processes.all[process].prefix, condensed(name));
        let types = self.process_types(process);
        let taken = types.iter().any(|kind| {
            !kind.customization.removed
                && (kind.name.eq_ignore_ascii_case(name)
                    || process_reference(kind).eq_ignore_ascii_case(&reference))
        });
        if taken {
            return Err(conflict(
                "WorkItemTypeNameInUseException",
                format!(
                    "The work item type name '{name}' is already in use. Choose a different name."
                ),
            ));
        }
        let bug = work_item_type::agile()
            .into_iter()
            .find(|kind| &*kind.name == "Bug");
        let (states, transitions) = bug
            .map(|bug| (bug.states, bug.transitions))
            .unwrap_or_default();
        let required = |required| TypeField {
            required,
            ..TypeField::default()
        };
        let fields = BTreeMap::from([
            (field::TITLE, required(true)),
            (field::STATE, required(true)),
            (field::STATE_CHANGE_DATE, required(false)),
            (field::PRIORITY, required(false)),
        ]);
        let types = self.process_types_mut(process);
        types.push(WorkItemType {
            name: Arc::from(name),
            reference: Cow::Owned(reference),
            description: Cow::Borrowed(""),
            color: Cow::Borrowed("009CCC"),
            icon: Cow::Borrowed("icon_clipboard"),
            states,
            transitions,
            fields,
            customization: Customization {
                custom: true,
                ..Customization::default()
            },
        });
        let at = types.len() - 1;
        self.open_all_ways(process, at);
        Ok(at)
    }

    fn dress_type(&mut self, process: usize, at: usize, body: &Value) {
        let kind = &mut self.process_types_mut(process)[at];
        if let Some(color) = text(body, "color") {
            kind.color = Cow::Owned(color.trim_start_matches('#').to_owned());
        }
        if let Some(icon) = text(body, "icon") {
            kind.icon = Cow::Owned(icon.to_owned());
        }
        if let Some(description) = text(body, "description") {
            kind.description = Cow::Owned(description.to_owned());
        }
        if let Some(disabled) = flag(body, "isDisabled") {
            kind.customization.disabled = disabled;
        }
    }

    fn update_type(&mut self, request: &ApiRequest<'_>, process: usize, at: usize) -> Answer {
        self.changeable_type(process, at)?;
        self.dress_type(process, at, &request.json()?);
        ok(self.process_type_json(process, at, TypeExpand::default()))
    }

    /// A derived type becomes the system's again; a custom one goes with its work items.
    fn delete_type(&mut self, process: usize, at: usize) -> Answer {
        self.changeable_type(process, at)?;
        let in_use = self.processes.all[process].in_use;
        let kind = &mut self.process_types_mut(process)[at];
        if kind.customization.custom {
            kind.customization.removed = true;
            if in_use {
                let lost: Vec<u64> = self
                    .items
                    .all()
                    .filter(|item| item.kind == at)
                    .map(|item| item.id)
                    .collect();
                for id in lost {
                    self.items.destroy(id);
                }
            }
            return gone();
        }
        let system = work_item_type::agile()
            .into_iter()
            .find(|known| known.reference == kind.reference);
        if let Some(system) = system {
            *kind = system;
        }
        gone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_types_are_called_after_the_process() {
        assert_eq!(
            derived_reference("ContosoAgile", "Microsoft.VSTS.WorkItemTypes.TestCase"),
            "ContosoAgile.TestCase"
        );
        assert_eq!(condensed("Test Data (old)"), "TestDataold");
    }
}
