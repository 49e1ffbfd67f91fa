//! The form of a work item type, in simple form: the pages, groups and controls that the system has, and
//! those that the process adds (Microsoft Learn, Processes, Layout, Groups, Controls).
//!
//! Which fields the system shows in which group is a guess: long texts in the first section, the type's
//! other fields in the second.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{flag, items, number, required, text};
use super::super::error::ApiError;
use super::super::field::{Access, FieldId, FieldKind};
use super::super::request::ApiRequest;
use super::super::route::{Answer, ok};
use super::super::wire::list;
use super::super::work_item_type::{Origin, WorkItemType};
use super::{created, forbidden_change, gone};

/// A control on a form: the field that it shows, by reference name.
#[derive(Clone, Debug)]
struct Control {
    id: String,
    label: String,
    kind: &'static str,
    order: Option<u64>,
    visible: bool,
    read_only: bool,
    inherited: bool,
}

#[derive(Clone, Debug)]
struct Group {
    id: String,
    label: String,
    page: String,
    section: String,
    order: Option<u64>,
    visible: bool,
    controls: Vec<Control>,
    inherited: bool,
}

#[derive(Clone, Debug)]
struct Page {
    id: String,
    label: String,
    kind: &'static str,
    order: Option<u64>,
    visible: bool,
    inherited: bool,
}

/// What a process made of a form: absent until the first change, then the whole of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayoutChanges {
    form: Option<Form>,
    made: u64,
}

#[derive(Clone, Debug)]
struct Form {
    pages: Vec<Page>,
    groups: Vec<Group>,
}

const SECTIONS: [&str; 4] = ["Section1", "Section2", "Section3", "Section4"];

fn nothing(what: &str, id: &str) -> ApiError {
    ApiError::process(
        StatusCode::NOT_FOUND,
        "FormLayoutElementDoesNotExistException",
        format!("The {what} '{id}' does not exist on the form."),
    )
}

fn control_kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Html => "HtmlFieldControl",
        FieldKind::DateTime => "DateTimeControl",
        FieldKind::TreePath => "WorkItemClassificationControl",
        _ => "FieldControl",
    }
}

impl Form {
    fn group(&mut self, id: &str) -> Result<&mut Group, ApiError> {
        self.groups
            .iter_mut()
            .find(|group| group.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| nothing("group", id))
    }
}

impl Control {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "label": self.label,
            "controlType": self.kind,
            "order": self.order,
            "visible": self.visible,
            "readOnly": self.read_only,
            "inherited": self.inherited,
            "isContribution": false,
        })
    }
}

impl Group {
    fn json(&self) -> Value {
        let controls: Vec<Value> = self.controls.iter().map(Control::json).collect();
        json!({
            "id": self.id,
            "label": self.label,
            "order": self.order,
            "visible": self.visible,
            "inherited": self.inherited,
            "isContribution": false,
            "controls": controls,
        })
    }
}

impl Page {
    fn json(&self, groups: &[Group]) -> Value {
        let sections = SECTIONS.map(|section| {
            let groups: Vec<Value> = groups
                .iter()
                .filter(|group| group.page == self.id && group.section == section)
                .map(Group::json)
                .collect();
            json!({"id": section, "groups": groups})
        });
        json!({
            "id": self.id,
            "label": self.label,
            "pageType": self.kind,
            "order": self.order,
            "visible": self.visible,
            "inherited": self.inherited,
            "locked": self.kind != "custom",
            "isContribution": false,
            "sections": sections,
        })
    }
}

impl Organization {
    pub(super) fn layout_route(
        &mut self,
        request: &ApiRequest<'_>,
        process: usize,
        kind: usize,
        path: &[&str],
        given: &[&str],
    ) -> Answer {
        if let ("GET", []) = (request.method, path) {
            return ok(self.layout_json(process, kind));
        }
        if let ("GET", ["systemcontrols"]) = (request.method, path) {
            return ok(list(system_controls()));
        }
        self.changeable_type(process, kind)?;
        let mut form = self.form(process, kind);
        let body = if matches!(request.method, "POST" | "PATCH" | "PUT") {
            request.json()?
        } else {
            Value::Null
        };
        let id = || given.last().copied().unwrap_or_default();
        let told = match (request.method, path) {
            ("POST", ["pages"]) => {
                let page = Page {
                    id: self.layout_id(process, kind),
                    label: required(&body, "label")?.to_owned(),
                    kind: "custom",
                    order: number(&body, "order"),
                    visible: flag(&body, "visible").unwrap_or(true),
                    inherited: false,
                };
                let told = page.json(&[]);
                form.pages.push(page);
                created(told)
            }
            ("PATCH", ["pages"]) => {
                let id = required(&body, "id")?;
                let page = form
                    .pages
                    .iter_mut()
                    .find(|page| page.id.eq_ignore_ascii_case(id));
                let page = page.ok_or_else(|| nothing("page", id))?;
                if let Some(label) = text(&body, "label") {
                    label.clone_into(&mut page.label);
                }
                page.visible = flag(&body, "visible").unwrap_or(page.visible);
                page.order = number(&body, "order").or(page.order);
                let page = page.clone();
                ok(page.json(&form.groups))
            }
            ("DELETE", ["pages", _]) => {
                let known = form
                    .pages
                    .iter()
                    .position(|page| page.id.eq_ignore_ascii_case(id()));
                let known = known.ok_or_else(|| nothing("page", id()))?;
                if form.pages[known].inherited {
                    return Err(inherited("page"));
                }
                let page = form.pages.remove(known);
                form.groups.retain(|group| group.page != page.id);
                gone()
            }
            ("POST", ["pages", _, "sections", section, "groups"]) => {
                let new = self.layout_id(process, kind);
                let group = self.read_group(&form, &body, given[1], section, new)?;
                let told = group.json();
                form.groups.push(group);
                created(told)
            }
            ("PATCH", ["pages", _, "sections", _, "groups", _]) => {
                let group = form.group(id())?;
                if let Some(label) = text(&body, "label") {
                    label.clone_into(&mut group.label);
                }
                group.visible = flag(&body, "visible").unwrap_or(group.visible);
                group.order = number(&body, "order").or(group.order);
                ok(group.json())
            }
            ("PUT", ["pages", _, "sections", section, "groups", _]) => {
                let page = form
                    .pages
                    .iter()
                    .find(|page| page.id.eq_ignore_ascii_case(given[1]))
                    .map(|page| page.id.clone())
                    .ok_or_else(|| nothing("page", given[1]))?;
                let section = find_section(section)?;
                let group = form.group(id())?;
                group.page = page;
                section.clone_into(&mut group.section);
                ok(group.json())
            }
            ("DELETE", ["pages", _, "sections", _, "groups", _]) => {
                if form.group(id())?.inherited {
                    return Err(inherited("group"));
                }
                form.groups
                    .retain(|group| !group.id.eq_ignore_ascii_case(id()));
                gone()
            }
            ("POST", ["groups", _, "controls"]) => {
                let control = self.read_control(process, kind, &body, required(&body, "id")?)?;
                put_control(&mut form, given[1], control).and_then(created)
            }
            ("PUT", ["groups", _, "controls", _]) => {
                let control = self.read_control(process, kind, &body, id())?;
                put_control(&mut form, given[1], control).and_then(ok)
            }
            ("PATCH", ["groups", _, "controls", _]) => {
                let group = form.group(given[1])?;
                let known = group
                    .controls
                    .iter_mut()
                    .find(|known| known.id.eq_ignore_ascii_case(id()));
                let known = known.ok_or_else(|| nothing("control", id()))?;
                if let Some(label) = text(&body, "label") {
                    label.clone_into(&mut known.label);
                }
                known.visible = flag(&body, "visible").unwrap_or(known.visible);
                known.read_only = flag(&body, "readOnly").unwrap_or(known.read_only);
                known.order = number(&body, "order").or(known.order);
                ok(known.json())
            }
            ("DELETE", ["groups", _, "controls", _]) => {
                let group = form.group(given[1])?;
                let known = group
                    .controls
                    .iter()
                    .position(|known| known.id.eq_ignore_ascii_case(id()));
                let known = known.ok_or_else(|| nothing("control", id()))?;
                if group.controls[known].inherited {
                    return Err(inherited("control"));
                }
                group.controls.remove(known);
                gone()
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        };
        if told.is_ok() {
            self.process_types_mut(process)[kind]
                .customization
                .layout
                .form = Some(form);
        }
        told
    }

    pub(super) fn layout_json(&self, process: usize, kind: usize) -> Value {
        let form = self.form(process, kind);
        let pages: Vec<Value> = form
            .pages
            .iter()
            .map(|page| page.json(&form.groups))
            .collect();
        json!({"pages": pages, "systemControls": system_controls(), "extensions": []})
    }

    /// Shows a planted field on the form of a type of the process in use: a long text with markup in a group of
    /// its own, any other in the group that the service's pages call Custom.
    pub(crate) fn plant_control(&mut self, kind: usize, field: FieldId) {
        let Some(process) = self.processes.all.iter().position(|one| one.in_use) else {
            return;
        };
        let field = self.fields.get(field);
        let (is_html, label) = (field.kind == FieldKind::Html, field.name.to_string());
        let control = Control {
            id: field.reference.to_string(),
            label: label.clone(),
            kind: control_kind(field.kind),
            order: None,
            visible: true,
            read_only: false,
            inherited: false,
        };
        let mut form = self.form(process, kind);
        let shared = |group: &&mut Group| !is_html && !group.inherited && group.label == "Custom";
        if let Some(group) = form.groups.iter_mut().find(shared) {
            group.controls.push(control);
        } else if let Some(page) = form.pages.first() {
            let group = Group {
                id: self.layout_id(process, kind),
                label: if is_html { label } else { "Custom".to_owned() },
                page: page.id.clone(),
                section: SECTIONS[usize::from(!is_html)].to_owned(),
                order: None,
                visible: true,
                controls: vec![control],
                inherited: false,
            };
            form.groups.push(group);
        }
        self.process_types_mut(process)[kind]
            .customization
            .layout
            .form = Some(form);
    }

    fn layout_id(&mut self, process: usize, kind: usize) -> String {
        let layout = &mut self.process_types_mut(process)[kind].customization.layout;
        layout.made += 1;
        super::super::guid::guid(&format!("layout {process} {kind} {}", layout.made))
    }

    fn form(&self, process: usize, at: usize) -> Form {
        let kind = &self.process_types(process)[at];
        if let Some(form) = &kind.customization.layout.form {
            return form.clone();
        }
        let pages = [
            ("Details", "custom"),
            ("History", "history"),
            ("Links", "links"),
            ("Attachments", "attachments"),
        ]
        .map(|(label, page)| Page {
            id: page_id(kind, label),
            label: label.to_owned(),
            kind: page,
            order: None,
            visible: true,
            inherited: true,
        });
        let mut groups = Vec::new();
        let mut details = Vec::new();
        for (id, rules) in &kind.fields {
            let field = self.fields.get(*id);
            if field.access != Access::Write
                || rules.origin == Origin::Custom
                || field.reference.starts_with("System.")
            {
                continue;
            }
            let control = Control {
                id: field.reference.to_string(),
                label: field.name.to_string(),
                kind: control_kind(field.kind),
                order: None,
                visible: true,
                read_only: false,
                inherited: true,
            };
            if field.kind == FieldKind::Html {
                groups.push(base_group(kind, "Section1", &field.name, vec![control]));
            } else {
                details.push(control);
            }
        }
        groups.push(base_group(kind, "Section2", "Details", details));
        Form {
            pages: pages.into(),
            groups,
        }
    }

    fn read_group(
        &self,
        form: &Form,
        body: &Value,
        page: &str,
        section: &str,
        id: String,
    ) -> Result<Group, ApiError> {
        let page = form
            .pages
            .iter()
            .find(|known| known.id.eq_ignore_ascii_case(page))
            .ok_or_else(|| nothing("page", page))?;
        let label = required(body, "label")?;
        let mut controls = Vec::new();
        for control in items(body, "controls") {
            let id = required(control, "id")?;
            controls.push(self.named_control(control, id)?);
        }
        Ok(Group {
            id,
            label: label.to_owned(),
            page: page.id.clone(),
            section: find_section(section)?.to_owned(),
            order: number(body, "order"),
            visible: flag(body, "visible").unwrap_or(true),
            controls,
            inherited: false,
        })
    }

    fn read_control(
        &self,
        process: usize,
        kind: usize,
        body: &Value,
        id: &str,
    ) -> Result<Control, ApiError> {
        let control = self.named_control(body, id)?;
        let kind = &self.process_types(process)[kind];
        let on_type = self.fields.find(id).is_some_and(|field| {
            kind.fields.contains_key(&field)
                || self.fields.get(field).reference.starts_with("System.")
        });
        if on_type {
            Ok(control)
        } else {
            Err(forbidden_change(
                "FormLayoutFieldNotOnTypeException",
                format!(
                    "The field '{id}' is not part of the work item type '{}'.",
                    kind.name
                ),
            ))
        }
    }

    fn named_control(&self, body: &Value, id: &str) -> Result<Control, ApiError> {
        let field = self.fields.find(id).ok_or_else(|| ApiError::no_field(id))?;
        let field = self.fields.get(field);
        Ok(Control {
            id: field.reference.to_string(),
            label: text(body, "label").unwrap_or(&field.name).to_owned(),
            kind: control_kind(field.kind),
            order: number(body, "order"),
            visible: flag(body, "visible").unwrap_or(true),
            read_only: flag(body, "readOnly").unwrap_or(false),
            inherited: false,
        })
    }
}

/// A form shows a field once: a control that stands elsewhere moves.
fn put_control(form: &mut Form, group: &str, control: Control) -> Result<Value, ApiError> {
    form.group(group)?;
    for known in &mut form.groups {
        known.controls.retain(|one| one.id != control.id);
    }
    let told = control.json();
    form.group(group)?.controls.push(control);
    Ok(told)
}

fn page_id(kind: &WorkItemType, label: &str) -> String {
    format!("{}.{}.{label}", kind.reference, kind.name)
}

fn base_group(kind: &WorkItemType, section: &str, label: &str, controls: Vec<Control>) -> Group {
    Group {
        id: format!("{}.{label}", page_id(kind, "Details")),
        label: label.to_owned(),
        page: page_id(kind, "Details"),
        section: section.to_owned(),
        order: None,
        visible: true,
        controls,
        inherited: true,
    }
}

fn find_section(section: &str) -> Result<&'static str, ApiError> {
    SECTIONS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(section))
        .ok_or_else(|| nothing("section", section))
}

fn inherited(what: &str) -> ApiError {
    forbidden_change(
        "FormLayoutInheritedElementException",
        format!("The {what} is the system's; it can be hidden, not removed."),
    )
}

fn system_controls() -> Vec<Value> {
    [
        ("System.Title", "", "FieldControl"),
        ("System.AssignedTo", "Assi&gned To", "FieldControl"),
        ("System.State", "Stat&e", "FieldControl"),
        ("System.Reason", "Reason", "FieldControl"),
        ("System.AreaPath", "&Area", "WorkItemClassificationControl"),
        ("System.IterationPath", "Ite&ration", "WorkItemClassificationControl"),
    ]
    .map(|(id, label, kind)| {
        json!({"id": id, "label": label, "controlType": kind, "readOnly": false, "visible": true})
    })
    .into()
}
