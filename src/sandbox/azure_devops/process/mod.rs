//! Processes: the system's, which nobody changes, and those that inherit from them (Microsoft Learn,
//! Processes; Inherited process model).
//!
//! [`work_type`] derives and invents work item types, [`type_field`] and [`state`] change them,
//! [`layout`] their forms; [`picklist`] holds the lists and [`definition`] the organisation's fields.
//! The work item types of the process that the projects use are the organisation's `types`; any other
//! process has its own.
//!
//! What no source says, and is a guess here: the statuses of refusals other than 404, the `typeKey`s of
//! refusals whose message has no code, that making something answers 201, and that the reference names of
//! types begin with the process' name at its creation, without what is no letter or digit.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Organization;
use super::body::{flag, missing, required, text};
use super::error::ApiError;
use super::guid::guid;
use super::request::ApiRequest;
use super::route::{Answer, ok};
use super::version::Versions;
use super::wire::list;
use super::work_item_type::{self, WorkItemType};

mod definition;
mod layout;
mod picklist;
mod state;
mod type_field;
mod work_type;

pub(crate) use layout::LayoutChanges;

/// The system processes: name, id, description (recorded answers).
const SYSTEM: [(&str, &str, &str); 4] = [
    (
        "Agile",
        "adcc42ab-9882-485e-a3ed-7678f01f66bc",
        "This template is flexible and will work great for most teams using Agile planning methods, \
         including those practicing Scrum.",
    ),
    (
        "Scrum",
        "6b724908-ef14-45cf-84f8-768b5384da45",
        "This template is for teams who follow the Scrum framework.",
    ),
    (
        "CMMI",
        "27450541-8e31-4150-9947-dc59f998fc01",
        "This template is for more formal projects requiring a framework for process improvement and \
         an auditable record of decisions.",
    ),
    (
        "Basic",
        "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
        "This template is flexible for any process and great for teams getting started with Azure \
         DevOps.",
    ),
];

const NO_PARENT: &str = "00000000-0000-0000-0000-000000000000";

/// The longest name of a process (Microsoft Learn, Naming restrictions and conventions).
const MAX_NAME: usize = 256;

/// A process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// A GUID.
    pub(crate) id: String,
    pub(crate) name: String,
    description: String,
    /// Given by who made it, else `Inherited.` and its id.
    reference: Option<String>,
    /// The system process that it inherits from; `None` for a system process itself.
    parent: Option<String>,
    enabled: bool,
    default: bool,
    /// Begins the reference names of its types.
    prefix: String,
    /// Whether the projects use it: then its types are the organisation's.
    in_use: bool,
    /// Its types, unless it is in use.
    types: Vec<WorkItemType>,
}

/// All processes and picklists.
#[derive(Clone, Debug)]
pub(crate) struct Processes {
    all: Vec<Process>,
    pub(super) lists: BTreeMap<String, picklist::Picklist>,
    /// How many processes and lists were made, for their ids.
    made: u64,
}

impl Default for Processes {
    /// The system processes, and one that inherits Agile and that the projects use.
    fn default() -> Self {
        let mut all: Vec<Process> = SYSTEM.iter().map(system).collect();
        let id = guid("process Contoso Agile");
        all.push(Process {
            name: "Contoso Agile".to_owned(),
            description: "Agile with the fields of this organisation.".to_owned(),
            reference: Some(inherited_reference(&id)),
            parent: Some(SYSTEM[0].1.to_owned()),
            enabled: true,
            default: true,
            prefix: "ContosoAgile".to_owned(),
            in_use: true,
            types: Vec::new(),
            id,
        });
        Self {
            all,
            lists: BTreeMap::new(),
            made: 0,
        }
    }
}

impl Processes {
    /// The process of the projects.
    pub(crate) fn in_use(&self) -> &Process {
        // The first process is the fallback: there are always the system's.
        self.all
            .iter()
            .find(|process| process.in_use)
            .unwrap_or(&self.all[0])
    }

    /// Where [`Self::in_use`] stands.
    fn position_in_use(&self) -> usize {
        let position = self.all.iter().position(|process| process.in_use);
        position.unwrap_or_default()
    }

    fn next_id(&mut self, what: &str) -> String {
        self.made += 1;
        guid(&format!("{what} {}", self.made))
    }
}

/// A system process. Of Scrum, CMMI and Basic the sandbox knows only the types that all processes share.
fn system((name, id, description): &(&str, &str, &str)) -> Process {
    let shared = |kind: &WorkItemType| {
        *name == "Agile" || kind.name.contains("Test") || &*kind.name == "Shared Steps"
    };
    Process {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        description: (*description).to_owned(),
        reference: None,
        parent: None,
        enabled: true,
        default: false,
        prefix: (*name).to_owned(),
        in_use: false,
        types: work_item_type::agile().into_iter().filter(shared).collect(),
    }
}

fn inherited_reference(id: &str) -> String {
    format!("Inherited.{}", id.replace('-', ""))
}

/// The versions of the resources under `work`, by what follows it in the path.
pub(crate) fn versions(path: &[&str]) -> Option<Versions> {
    let released = Versions::released;
    Some(match path {
        ["processes", "lists"] | ["processes", "lists", _] => released(1).since(5, 0),
        ["processes"] | ["processes", _] => released(2),
        ["processes", _, "behaviors"] | ["processes", _, "behaviors", _] => released(2),
        ["processes", _, "workitemtypes"] | ["processes", _, "workitemtypes", _] => released(2),
        ["processes", _, "workitemtypes", _, "fields"]
        | ["processes", _, "workitemtypes", _, "fields", _] => released(2),
        ["processes", _, "workitemtypes", _, "states"]
        | ["processes", _, "workitemtypes", _, "states", _] => released(1),
        ["processes", _, "workitemtypes", _, "layout", ..] => released(1),
        ["processes", _, "workitemtypesbehaviors", _, "behaviors", ..] => released(1),
        _ => return None,
    })
}

/// The refusal of a change to a system process (seen on the service; its status is a guess).
fn locked() -> ApiError {
    ApiError::process(
        StatusCode::FORBIDDEN,
        "ProcessPermissionException",
        "VS402356: You do not have the permissions required to perform the attempted operation on \
         this process.",
    )
}

/// A name that is taken.
fn conflict(type_key: &'static str, message: String) -> ApiError {
    ApiError::process(StatusCode::CONFLICT, type_key, message)
}

/// A change that the rules of customisation forbid.
fn forbidden_change(type_key: &'static str, message: String) -> ApiError {
    ApiError::process(StatusCode::BAD_REQUEST, type_key, message)
}

/// 201 with a body.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every handler ends with it, and handlers can fail"
)]
fn created(body: Value) -> Answer {
    Ok((StatusCode::CREATED, Some(body.into())))
}

/// 204.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every handler ends with it, and handlers can fail"
)]
fn gone() -> Answer {
    Ok((StatusCode::NO_CONTENT, None))
}

/// Letters and digits of a name: how names become parts of reference names.
fn condensed(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

impl Organization {
    /// Moves the projects to the system process that theirs inherits from, as nobody does in earnest: the
    /// types stay as they are, and none of them can be changed any more.
    pub fn use_system_process(&mut self) {
        let parent = self.processes.in_use().parent.clone();
        for process in &mut self.processes.all {
            process.in_use = Some(&process.id) == parent.as_ref();
        }
    }

    /// Everything under `_apis/work/processes`.
    pub(crate) fn process_route(
        &mut self,
        request: &ApiRequest<'_>,
        path: &[&str],
        given: &[&str],
    ) -> Answer {
        match (request.method, path) {
            ("GET", ["processes"]) => self.list_processes(request),
            ("POST", ["processes"]) => self.create_process(request),
            (_, ["processes", "lists", rest @ ..]) => self.picklist_route(request, rest),
            ("GET", ["processes", id]) => ok(self.process_json(self.find_process(id)?, request)),
            ("PATCH", ["processes", id]) => self.update_process(request, self.find_process(id)?),
            ("DELETE", ["processes", id]) => self.delete_process(self.find_process(id)?),
            ("GET", ["processes", id, "behaviors"]) => {
                self.find_process(id)?;
                ok(work_type::behaviors(&self.url(), id))
            }
            ("GET", ["processes", id, "workitemtypesbehaviors", kind, "behaviors"]) => {
                let process = self.find_process(id)?;
                self.find_process_type(process, kind)?;
                ok(list(Vec::new()))
            }
            (_, ["processes", id, "workitemtypes", rest @ ..]) => {
                let process = self.find_process(id)?;
                self.work_type_route(request, process, rest, &given[3..])
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    /// The place of a process by its id.
    fn find_process(&self, id: &str) -> Result<usize, ApiError> {
        let found = self
            .processes
            .all
            .iter()
            .position(|process| process.id.eq_ignore_ascii_case(id));
        found.ok_or_else(|| {
            ApiError::process(
                StatusCode::NOT_FOUND,
                "ProcessNotFoundByTypeIdException",
                format!("VS402362: The process with id {id} does not exist."),
            )
        })
    }

    /// The types of a process, deleted ones included.
    fn process_types(&self, process: usize) -> &[WorkItemType] {
        let process = &self.processes.all[process];
        if process.in_use {
            &self.types
        } else {
            &process.types
        }
    }

    fn process_types_mut(&mut self, process: usize) -> &mut Vec<WorkItemType> {
        let process = &mut self.processes.all[process];
        if process.in_use {
            &mut self.types
        } else {
            &mut process.types
        }
    }

    /// Refuses a change to a system process.
    fn changeable(&self, process: usize) -> Result<(), ApiError> {
        match self.processes.all[process].parent {
            Some(_) => Ok(()),
            None => Err(locked()),
        }
    }

    fn process_url(&self, process: usize) -> String {
        format!(
            "{}/_apis/work/processes/{}",
            self.url(),
            self.processes.all[process].id
        )
    }

    /// The processes as the `core` area tells them.
    pub(crate) fn process_templates(&self) -> Value {
        let all = self.processes.all.iter();
        list(
            all.map(|process| self.process_template_json(process))
                .collect(),
        )
    }

    pub(crate) fn process_template(&self, id: &str) -> Answer {
        let process = &self.processes.all[self.find_process(id)?];
        ok(self.process_template_json(process))
    }

    fn process_template_json(&self, process: &Process) -> Value {
        json!({
            "id": process.id,
            "name": process.name,
            "description": process.description,
            "isDefault": process.default,
            "type": if process.parent.is_some() { "inherited" } else { "system" },
            "url": format!("{}/_apis/process/processes/{}", self.url(), process.id),
        })
    }

    fn list_processes(&self, request: &ApiRequest<'_>) -> Answer {
        let told = (0..self.processes.all.len()).map(|at| self.process_json(at, request));
        ok(list(told.collect()))
    }

    fn process_json(&self, at: usize, request: &ApiRequest<'_>) -> Value {
        let process = &self.processes.all[at];
        let mut told = json!({
            "typeId": process.id,
            "name": process.name,
            "referenceName": process.reference,
            "description": process.description,
            "parentProcessTypeId": process.parent.as_deref().unwrap_or(NO_PARENT),
            "isEnabled": process.enabled,
            "isDefault": process.default,
            "customizationType": if process.parent.is_some() { "inherited" } else { "system" },
        });
        let expand = request.query("$expand").unwrap_or_default().to_lowercase();
        if matches!(expand.as_str(), "projects" | "1") && process.in_use {
            let projects: Vec<Value> = self
                .projects
                .iter()
                .map(|project| {
                    json!({
                        "id": project.id,
                        "name": &*project.name,
                        "description": null,
                        "url": format!("vstfs:///Classification/TeamProject/{}", project.id),
                    })
                })
                .collect();
            told["projects"] = Value::Array(projects);
        }
        told
    }

    fn create_process(&mut self, request: &ApiRequest<'_>) -> Answer {
        let body = request.json()?;
        let name = required(&body, "name")?;
        self.free_process_name(name, None)?;
        let parent =
            text(&body, "parentProcessTypeId").ok_or_else(|| missing("parentProcessTypeId"))?;
        let parent = &self.processes.all[self.find_process(parent)?];
        if parent.parent.is_some() {
            return Err(forbidden_change(
                "ProcessInvalidParentException",
                format!(
                    "The process '{}' is no system process; only a system process can be inherited.",
                    parent.name
                ),
            ));
        }
        let (parent, types) = (parent.id.clone(), parent.types.clone());
        let id = self.processes.next_id("process");
        let reference =
            text(&body, "referenceName").map_or_else(|| inherited_reference(&id), str::to_owned);
        self.processes.all.push(Process {
            name: name.to_owned(),
            description: text(&body, "description").unwrap_or_default().to_owned(),
            reference: Some(reference),
            parent: Some(parent),
            enabled: true,
            default: false,
            prefix: condensed(name),
            in_use: false,
            types,
            id,
        });
        created(self.process_json(self.processes.all.len() - 1, request))
    }

    fn free_process_name(&self, name: &str, but: Option<usize>) -> Result<(), ApiError> {
        if name.chars().count() > MAX_NAME {
            return Err(forbidden_change(
                "ProcessNameInvalidException",
                format!("The name of a process has at most {MAX_NAME} characters."),
            ));
        }
        let taken = self
            .processes
            .all
            .iter()
            .enumerate()
            .any(|(at, known)| Some(at) != but && known.name.eq_ignore_ascii_case(name));
        if taken {
            return Err(conflict(
                "ProcessNameConflictException",
                format!("The process name '{name}' is already in use. Choose a different name."),
            ));
        }
        Ok(())
    }

    fn update_process(&mut self, request: &ApiRequest<'_>, at: usize) -> Answer {
        let body = request.json()?;
        let name = text(&body, "name");
        let description = text(&body, "description");
        if name.is_some() || description.is_some() {
            self.changeable(at)?;
        }
        if let Some(name) = name {
            self.free_process_name(name, Some(at))?;
        }
        if flag(&body, "isDefault") == Some(true) {
            for process in &mut self.processes.all {
                process.default = false;
            }
            self.processes.all[at].default = true;
        }
        let process = &mut self.processes.all[at];
        if let Some(name) = name {
            name.clone_into(&mut process.name);
        }
        if let Some(description) = description {
            description.clone_into(&mut process.description);
        }
        process.enabled = flag(&body, "isEnabled").unwrap_or(process.enabled);
        ok(self.process_json(at, request))
    }

    fn delete_process(&mut self, at: usize) -> Answer {
        self.changeable(at)?;
        let process = &self.processes.all[at];
        if process.in_use || process.default {
            return Err(forbidden_change(
                "ProcessInUseException",
                format!(
                    "The process '{}' is in use by a project or is the default, so it cannot be \
                     deleted.",
                    process.name
                ),
            ));
        }
        self.processes.all.remove(at);
        gone()
    }
}
