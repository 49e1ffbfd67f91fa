//! States of a work item type of a process: the system's can be hidden, custom ones come and go
//! (Microsoft Learn, Customize a workflow; Processes, States).
//!
//! An item moves freely into a custom state and out of it, with the reason `Moved to state ...`.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{flag, number, required, text};
use super::super::error::ApiError;
use super::super::guid::guid;
use super::super::request::ApiRequest;
use super::super::route::{Answer, ok};
use super::super::wire::list;
use super::super::work_item_type::{State, Transition, WorkItemType};
use super::work_type::process_reference;
use super::{conflict, created, forbidden_change, gone};

/// The most states of a type (Microsoft Learn, Work tracking, process, and project limits).
const MAX_STATES: usize = 32;
/// The longest name of a state (Microsoft Learn, Naming restrictions and conventions).
const MAX_NAME: usize = 128;

/// The categories in the order of states.
const CATEGORIES: [&str; 5] = ["Proposed", "InProgress", "Resolved", "Completed", "Removed"];

fn rank(category: &str) -> usize {
    CATEGORIES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(category))
        .unwrap_or(CATEGORIES.len())
}

fn wrong(message: String) -> ApiError {
    forbidden_change("WorkItemStateDefinitionException", message)
}

fn state_id(reference: &str, state: &State) -> String {
    guid(&format!("state {reference} {}", state.name.to_lowercase()))
}

impl WorkItemType {
    /// Puts a state at its place: after the states of earlier categories, at `order` (from 1) among all if
    /// its category allows it.
    fn place_state(&mut self, state: State, order: Option<usize>) {
        let own = rank(state.category);
        let first = self
            .states
            .iter()
            .filter(|known| rank(known.category) < own)
            .count();
        let last = self
            .states
            .iter()
            .filter(|known| rank(known.category) <= own)
            .count();
        let at = order.map_or(last, |order| order.saturating_sub(1).clamp(first, last));
        self.states.insert(at, state);
    }
}

impl Organization {
    pub(super) fn state_route(
        &mut self,
        request: &ApiRequest<'_>,
        process: usize,
        kind: usize,
        path: &[&str],
    ) -> Answer {
        match (request.method, path) {
            ("GET", []) => ok(list(self.process_states(process, kind))),
            ("POST", []) => self.create_state(request, process, kind),
            (method, [id]) => {
                let at = self.find_state(process, kind, id)?;
                match method {
                    "GET" => ok(self.state_json(process, kind, at)),
                    "PATCH" => self.update_state(request, process, kind, at),
                    "PUT" => self.hide_state(request, process, kind, at),
                    "DELETE" => self.delete_state(process, kind, at),
                    _ => Err(ApiError::method_not_allowed(method)),
                }
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    /// Every state of a type, hidden ones included.
    pub(super) fn process_states(&self, process: usize, kind: usize) -> Vec<Value> {
        let states = 0..self.process_types(process)[kind].states.len();
        states
            .map(|at| self.state_json(process, kind, at))
            .collect()
    }

    fn state_json(&self, process: usize, at: usize, place: usize) -> Value {
        let kind = &self.process_types(process)[at];
        let state = &kind.states[place];
        let id = state_id(&kind.reference, state);
        let customization = match (state.custom, state.hidden) {
            (true, _) => "custom",
            (false, true) => "inherited",
            (false, false) => "system",
        };
        json!({
            "id": id,
            "name": state.name,
            "color": state.color,
            "stateCategory": state.category,
            "order": place + 1,
            "url": format!("{}/states/{id}", self.process_type_url(process, at)),
            "hidden": state.hidden,
            "customizationType": customization,
        })
    }

    fn find_state(&self, process: usize, at: usize, id: &str) -> Result<usize, ApiError> {
        let kind = &self.process_types(process)[at];
        kind.states
            .iter()
            .position(|state| state_id(&kind.reference, state).eq_ignore_ascii_case(id))
            .ok_or_else(|| {
                ApiError::process(
                    StatusCode::NOT_FOUND,
                    "WorkItemStateDefinitionNotFoundException",
                    format!(
                        "The state with id '{id}' does not exist on the work item type '{}'.",
                        process_reference(kind)
                    ),
                )
            })
    }

    fn create_state(&mut self, request: &ApiRequest<'_>, process: usize, at: usize) -> Answer {
        self.changeable_type(process, at)?;
        let body = request.json()?;
        let name = required(&body, "name")?;
        let category = required(&body, "stateCategory")?;
        let category = CATEGORIES
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(category))
            .ok_or_else(|| wrong(format!("The state category '{category}' is not valid.")))?;
        let kind = &mut self.process_types_mut(process)[at];
        if kind.state(name).is_some() {
            return Err(conflict(
                "WorkItemStateNameAlreadyInUseException",
                format!(
                    "VS403083: You specified a state {name} that is already in use. Choose a different \
                     name."
                ),
            ));
        }
        if name.chars().count() > MAX_NAME {
            return Err(wrong(format!(
                "The name of a state has at most {MAX_NAME} characters."
            )));
        }
        if kind.states.len() >= MAX_STATES {
            return Err(wrong(format!(
                "The work item type '{}' has {MAX_STATES} states, and more are not supported.",
                kind.name
            )));
        }
        if category == "Completed"
            && kind
                .visible_states()
                .any(|known| known.category == category)
        {
            // Microsoft Learn, Workflow customization: one state of this category.
            return Err(wrong(
                "A work item type has one state in the category Completed; hide it first."
                    .to_owned(),
            ));
        }
        let state = State {
            name: Cow::Owned(name.to_owned()),
            category,
            color: Cow::Owned(color(&body).unwrap_or("b2b2b2").to_owned()),
            hidden: false,
            custom: true,
        };
        let order = number(&body, "order").and_then(|order| usize::try_from(order).ok());
        kind.place_state(state, order);
        self.open_all_ways(process, at);
        let place = self.process_types(process)[at]
            .states
            .iter()
            .position(|state| state.name == name)
            .unwrap_or_default();
        created(self.state_json(process, at, place))
    }

    /// Adds the transitions that custom states bring: from each state to each other one.
    pub(super) fn open_all_ways(&mut self, process: usize, at: usize) {
        let kind = &mut self.process_types_mut(process)[at];
        let all = kind.customization.custom;
        let pairs: Vec<(Cow<'static, str>, Cow<'static, str>)> = kind
            .states
            .iter()
            .flat_map(|from| kind.states.iter().map(move |to| (from, to)))
            .filter(|(from, to)| from.name != to.name && (all || from.custom || to.custom))
            .map(|(from, to)| (from.name.clone(), to.name.clone()))
            .filter(|(from, to)| {
                !kind
                    .transitions
                    .iter()
                    .any(|way| way.from == *from && way.to == *to)
            })
            .collect();
        for (from, to) in pairs {
            let reasons = vec![Cow::Owned(format!("Moved to state {to}"))];
            kind.transitions.push(Transition { from, to, reasons });
        }
    }

    fn update_state(
        &mut self,
        request: &ApiRequest<'_>,
        process: usize,
        at: usize,
        place: usize,
    ) -> Answer {
        self.changeable_type(process, at)?;
        let body = request.json()?;
        let kind = &mut self.process_types_mut(process)[at];
        let before = &kind.states[place];
        if !before.custom {
            return Err(wrong(format!(
                "The state '{}' is a system state; it can only be hidden.",
                before.name
            )));
        }
        let renamed = text(&body, "name").is_some_and(|name| name != before.name);
        let moved = text(&body, "stateCategory")
            .is_some_and(|category| !category.eq_ignore_ascii_case(before.category));
        if renamed || moved {
            // That names and categories are fixed is a guess; the portal offers neither.
            return Err(wrong(format!(
                "The name and the category of the state '{}' cannot be changed.",
                before.name
            )));
        }
        let mut state = kind.states.remove(place);
        if let Some(color) = color(&body) {
            state.color = Cow::Owned(color.to_owned());
        }
        let name = state.name.clone();
        let order = number(&body, "order").and_then(|order| usize::try_from(order).ok());
        kind.place_state(state, Some(order.unwrap_or(place + 1)));
        let place = kind.states.iter().position(|state| state.name == name);
        ok(self.state_json(process, at, place.unwrap_or_default()))
    }

    fn hide_state(
        &mut self,
        request: &ApiRequest<'_>,
        process: usize,
        at: usize,
        place: usize,
    ) -> Answer {
        self.changeable_type(process, at)?;
        let hidden = flag(&request.json()?, "hidden").unwrap_or(true);
        let kind = &mut self.process_types_mut(process)[at];
        let state = &kind.states[place];
        if state.custom {
            return Err(wrong(format!(
                "The state '{}' is a custom state; it can be deleted, not hidden.",
                state.name
            )));
        }
        if hidden {
            keep_category(kind, place)?;
        }
        kind.states[place].hidden = hidden;
        ok(self.state_json(process, at, place))
    }

    /// Items in the state keep it until they are moved.
    fn delete_state(&mut self, process: usize, at: usize, place: usize) -> Answer {
        self.changeable_type(process, at)?;
        let kind = &mut self.process_types_mut(process)[at];
        let state = &kind.states[place];
        if !state.custom && !state.hidden {
            return Err(wrong(format!(
                "The state '{}' is a system state; it can be hidden, not deleted.",
                state.name
            )));
        }
        if state.hidden {
            // Deleting what the process made of a system state shows it again.
            kind.states[place].hidden = false;
            return gone();
        }
        keep_category(kind, place)?;
        let state = kind.states.remove(place);
        kind.transitions
            .retain(|way| way.from != state.name && way.to != state.name);
        gone()
    }
}

/// Refuses to lose the last state of a category that every type needs.
fn keep_category(kind: &WorkItemType, place: usize) -> Result<(), ApiError> {
    let state = &kind.states[place];
    let others = kind
        .visible_states()
        .filter(|other| other.category == state.category && other.name != state.name)
        .count();
    if others == 0 && matches!(state.category, "Proposed" | "Completed") {
        return Err(wrong(format!(
            "The state '{}' is the only one of the category {}, and a work item type needs one.",
            state.name, state.category
        )));
    }
    Ok(())
}

fn color(body: &Value) -> Option<&str> {
    text(body, "color").map(|color| color.trim_start_matches('#'))
}
