//! What the organisation says about itself: connection, projects, fields, types, trees, tags.

use serde_json::{Value, json};

use super::Organization;
use super::error::ApiError;
use super::field::{self, FieldId, FieldKind, field_json};
use super::guid::guid;
use super::relation;
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};
use super::wire::list;
use super::work_item_type::WorkItemType;

/// Categories: name, reference name, type.
const CATEGORIES: [(&str, &str, &str); 7] = [
    (
        "Test Case Category",
        "Microsoft.TestCaseCategory",
        "Test Case",
    ),
    ("Bug Category", "Microsoft.BugCategory", "Bug"),
    (
        "Requirement Category",
        "Microsoft.RequirementCategory",
        "User Story",
    ),
    ("Task Category", "Microsoft.TaskCategory", "Task"),
    (
        "Shared Step Category",
        "Microsoft.SharedStepCategory",
        "Shared Steps",
    ),
    (
        "Test Plan Category",
        "Microsoft.TestPlanCategory",
        "Test Plan",
    ),
    (
        "Test Suite Category",
        "Microsoft.TestSuiteCategory",
        "Test Suite",
    ),
];

impl Organization {
    pub(crate) fn connection_data(&self, scope: Scope) -> Value {
        let user = self.users.get(scope.user);
        let identity = json!({
            "id": user.id,
            "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;{}", user.unique_name),
            "subjectDescriptor": user.descriptor,
            "providerDisplayName": &*user.display_name,
            "isActive": true,
            "properties": {
                "Account": {"$type": "System.String", "$value": &*user.unique_name},
            },
            "resourceVersion": 2,
            "metaTypeId": 0,
        });
        json!({
            "authenticatedUser": identity,
            "authorizedUser": identity,
            "instanceId": guid(&format!("organisation {}", self.name)),
            "deploymentId": guid("deployment"),
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": guid("service owner"),
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1,
                "lastChangeId64": 1,
            },
        })
    }

    pub(crate) fn list_projects(&self, request: &ApiRequest<'_>) -> Answer {
        let skip = match request.query("continuationToken") {
            Some(token) if !token.is_empty() => token
                .parse()
                .map_err(|_| ApiError::bad_request("The continuation token is not valid."))?,
            _ => request.number("$skip")?.unwrap_or(0),
        };
        let top = request.number("$top")?.unwrap_or(100);
        if skip + top < self.projects.len() {
            request.continue_with(&(skip + top).to_string());
        }
        let projects = 0..self.projects.len();
        ok(list(
            projects
                .skip(skip)
                .take(top)
                .map(|at| self.project_json(at))
                .collect(),
        ))
    }

    pub(crate) fn get_project(&self, request: &ApiRequest<'_>, name: &str) -> Answer {
        let at = self
            .find_project(name)
            .ok_or_else(|| ApiError::no_project(name))?;
        let mut project = self.project_json(at);
        let url = self.url();
        let id = &self.projects[at].id;
        if let Some(object) = project.as_object_mut() {
            if request.flag("includeCapabilities") {
                object.insert(
                    "capabilities".to_owned(),
                    json!({
                        "processTemplate": {
                            "templateName": self.processes.in_use().name,
                            "templateTypeId": self.processes.in_use().id,
                        },
                        "versioncontrol": {
                            "sourceControlType": "Git",
                            "gitEnabled": "True",
                            "tfvcEnabled": "False",
                        },
                    }),
                );
            }
            object.insert(
                "_links".to_owned(),
                json!({
                    "self": {"href": format!("{url}/_apis/projects/{id}")},
                    "collection": {"href": format!("{url}/_apis/projectCollections/{}", guid("collection"))},
                    "web": {"href": format!("{url}/{}", self.projects[at].name.replace(' ', "%20"))},
                }),
            );
            let team = guid(&format!("team {}", self.projects[at].name));
            object.insert(
                "defaultTeam".to_owned(),
                json!({
                    "id": team,
                    "name": format!("{} Team", self.projects[at].name),
                    "url": format!("{url}/_apis/projects/{id}/teams/{team}"),
                }),
            );
        }
        ok(project)
    }

    fn project_json(&self, at: usize) -> Value {
        let project = &self.projects[at];
        json!({
            "id": project.id,
            "name": &*project.name,
            "url": format!("{}/_apis/projects/{}", self.url(), project.id),
            "state": "wellFormed",
            "revision": 11,
            "visibility": "private",
            "lastUpdateTime": "2026-01-05T09:30:00.123Z",
        })
    }

    pub(crate) fn list_fields(&self, request: &ApiRequest<'_>) -> Value {
        let expand = request.query("$expand").unwrap_or_default().to_lowercase();
        let deleted = matches!(expand.as_str(), "includedeleted" | "2" | "3");
        let told = self.fields.all_ids().filter_map(|id| {
            let shown = deleted || !self.fields.get(id).custom.deleted;
            shown.then(|| self.field_told(id))
        });
        list(told.collect())
    }

    /// A field as `wit/fields` tells it.
    pub(crate) fn field_told(&self, id: FieldId) -> Value {
        let field = self.fields.get(id);
        let list = field.custom.picklist.as_deref();
        let suggested = list.is_some_and(|list| self.processes.is_suggested(list));
        field_json(field, suggested, &self.url())
    }

    pub(crate) fn get_field(&self, name: &str) -> Answer {
        let id = self
            .fields
            .find(name)
            .ok_or_else(|| ApiError::not_found(&format!("The field '{name}'")))?;
        ok(self.field_told(id))
    }

    pub(crate) fn scoped(scope: Scope) -> Result<usize, ApiError> {
        scope.project.ok_or_else(ApiError::project_needed)
    }

    /// A type by its name or reference name, in the scope of a project.
    pub(crate) fn find_type(&self, name: &str) -> Result<usize, ApiError> {
        self.types
            .iter()
            .position(|kind| kind.is_called(name))
            .ok_or_else(|| ApiError::no_type(name))
    }

    pub(crate) fn list_types(&self, scope: Scope) -> Answer {
        let project = Self::scoped(scope)?;
        ok(list(
            (0..self.types.len())
                .filter(|kind| !self.types[*kind].customization.removed)
                .map(|kind| self.type_json(project, kind))
                .collect(),
        ))
    }

    pub(crate) fn get_type(&self, scope: Scope, name: &str) -> Answer {
        let project = Self::scoped(scope)?;
        ok(self.type_json(project, self.find_type(name)?))
    }

    fn type_url(&self, project: usize, kind: &WorkItemType) -> String {
        let name = kind.name.replace(' ', "%20");
        format!(
            "{}/_apis/wit/workItemTypes/{name}",
            self.project_url(project)
        )
    }

    fn type_json(&self, project: usize, at: usize) -> Value {
        let kind = &self.types[at];
        let instances: Vec<Value> = self
            .type_fields(at)
            .map(|id| {
                let definition = self.fields.get(id);
                let rules = kind.fields.get(&id);
                json!({
                    "alwaysRequired": rules.is_some_and(|rules| rules.required),
                    "referenceName": &*definition.reference,
                    "name": &*definition.name,
                    "url": format!("{}/_apis/wit/fields/{}", self.url(), definition.reference),
                })
            })
            .collect();
        let mut transitions = serde_json::Map::new();
        for way in &kind.transitions {
            let open = |name: &str| kind.visible_states().any(|state| state.name == name);
            if !open(&way.to) || !(way.from.is_empty() || open(&way.from)) {
                continue;
            }
            let all = transitions.entry(&*way.from).or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.push(json!({"to": way.to, "actions": null}));
            }
        }
        for state in kind.visible_states() {
            let all = transitions.entry(&*state.name).or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.push(json!({"to": state.name, "actions": null}));
            }
        }
        let url = self.type_url(project, kind);
        json!({
            "name": &*kind.name,
            "referenceName": kind.reference,
            "description": kind.description,
            "color": kind.color,
            "icon": {
                "id": kind.icon,
                "url": format!("{}/_apis/wit/workItemIcons/{}?color={}&v=2", self.url(), kind.icon, kind.color),
            },
            "isDisabled": kind.customization.disabled,
            "xmlForm": "",
            "fields": instances,
            "fieldInstances": instances,
            "transitions": transitions,
            "states": states_json(kind),
            "_links": {"self": {"href": url}},
            "url": url,
        })
    }

    pub(crate) fn type_states(&self, scope: Scope, name: &str) -> Answer {
        Self::scoped(scope)?;
        let kind = &self.types[self.find_type(name)?];
        ok(list(states_json(kind)))
    }

    pub(crate) fn type_field_list(
        &self,
        request: &ApiRequest<'_>,
        scope: Scope,
        name: &str,
    ) -> Answer {
        Self::scoped(scope)?;
        let kind = self.find_type(name)?;
        let expand = TypeFieldExpand::read(request)?;
        ok(list(
            self.type_fields(kind)
                .map(|id| self.type_field_json(kind, id, expand))
                .collect(),
        ))
    }

    pub(crate) fn type_field(
        &self,
        request: &ApiRequest<'_>,
        scope: Scope,
        kind: &str,
        name: &str,
    ) -> Answer {
        Self::scoped(scope)?;
        let kind = self.find_type(kind)?;
        let id = self
            .fields
            .find(name)
            .filter(|id| self.has_field(kind, *id))
            .ok_or_else(|| ApiError::not_found(&format!("The field '{name}'")))?;
        ok(self.type_field_json(kind, id, TypeFieldExpand::read(request)?))
    }

    fn type_field_json(&self, at: usize, id: FieldId, expand: TypeFieldExpand) -> Value {
        let definition = self.fields.get(id);
        let kind = &self.types[at];
        let rules = kind.fields.get(&id);
        let default = rules.and_then(|rules| rules.default.as_ref());
        let default = match id {
            field::STATE => Some(kind.initial_state().to_owned()),
            _ => default.map(|value| self.value_text(value)),
        };
        let mut object = serde_json::Map::new();
        if let Some(help) = rules.and_then(|rules| rules.help) {
            object.insert("helpText".to_owned(), json!(help));
        }
        let required = rules.is_some_and(|rules| rules.required)
            || matches!(id, field::AREA_ID | field::ITERATION_ID);
        object.insert("alwaysRequired".to_owned(), json!(required));
        object.insert("defaultValue".to_owned(), json!(default));
        if expand.allowed_values {
            object.insert("allowedValues".to_owned(), self.allowed_values(at, id));
        }
        if expand.dependent_fields {
            object.insert("dependentFields".to_owned(), json!([]));
        }
        object.insert("referenceName".to_owned(), json!(&*definition.reference));
        object.insert("name".to_owned(), json!(&*definition.name));
        let url = format!("{}/_apis/wit/fields/{}", self.url(), definition.reference);
        object.insert("url".to_owned(), json!(url));
        Value::Object(object)
    }

    /// Allowed values as the service tells them: texts, whatever the field's type, but people as objects.
    pub(crate) fn allowed_values(&self, at: usize, id: FieldId) -> Value {
        let kind = &self.types[at];
        if self.fields.get(id).kind == FieldKind::Identity {
            let people = self.users.all().iter().map(|user| {
                json!({
                    "displayName": &*user.display_name,
                    "id": user.id,
                    "uniqueName": &*user.unique_name,
                    "descriptor": user.descriptor,
                })
            });
            return Value::Array(people.collect());
        }
        let mut texts: Vec<String> = match id {
            field::STATE => kind
                .visible_states()
                .map(|state| state.name.to_string())
                .collect(),
            field::REASON => {
                let reasons = kind.transitions.iter().flat_map(|way| &way.reasons);
                reasons.map(ToString::to_string).collect()
            }
            field::WORK_ITEM_TYPE => self
                .types
                .iter()
                .filter(|kind| !kind.customization.removed)
                .map(|kind| kind.name.to_string())
                .collect(),
            _ => {
                let allowed = self.allowed(at, id).values;
                allowed.iter().map(|value| self.value_text(value)).collect()
            }
        };
        texts.sort();
        texts.dedup();
        json!(texts)
    }

    pub(crate) fn type_categories(&self, scope: Scope) -> Answer {
        let project = Self::scoped(scope)?;
        let all = CATEGORIES.iter();
        ok(list(
            all.filter_map(|row| self.category_json(project, row))
                .collect(),
        ))
    }

    pub(crate) fn type_category(&self, scope: Scope, name: &str) -> Answer {
        let project = Self::scoped(scope)?;
        let row = CATEGORIES.iter().find(|(display, reference, _)| {
            display.eq_ignore_ascii_case(name) || reference.eq_ignore_ascii_case(name)
        });
        row.and_then(|row| self.category_json(project, row))
            .map(ok)
            .ok_or_else(|| ApiError::not_found(&format!("The work item type category '{name}'")))?
    }

    fn category_json(
        &self,
        project: usize,
        (name, reference, kind): &(&str, &str, &str),
    ) -> Option<Value> {
        let kind = &self.types[self.find_type(kind).ok()?];
        let kind = json!({"name": &*kind.name, "url": self.type_url(project, kind)});
        Some(json!({
            "name": name,
            "referenceName": reference,
            "defaultWorkItemType": kind,
            "workItemTypes": [kind],
            "url": format!(
                "{}/_apis/wit/workItemTypeCategories/{reference}",
                self.project_url(project)
            ),
        }))
    }

    pub(crate) fn relation_types(&self) -> Value {
        let url = self.url();
        list(
            relation::all()
                .map(|kind| relation::type_json(kind, &url))
                .collect(),
        )
    }

    pub(crate) fn relation_type(&self, name: &str) -> Answer {
        let kind = relation::find(name)
            .ok_or_else(|| ApiError::not_found(&format!("The relation type '{name}'")))?;
        ok(relation::type_json(kind, &self.url()))
    }
}

fn states_json(kind: &WorkItemType) -> Vec<Value> {
    kind.visible_states()
        .map(|state| json!({"name": state.name, "color": state.color, "category": state.category}))
        .collect()
}

/// `$expand` of type fields.
#[derive(Clone, Copy, Debug, Default)]
struct TypeFieldExpand {
    allowed_values: bool,
    dependent_fields: bool,
}

impl TypeFieldExpand {
    /// Reads a name in any case, or the number that official clients send.
    fn read(request: &ApiRequest<'_>) -> Result<Self, ApiError> {
        let text = request.query("$expand").unwrap_or_default().to_lowercase();
        let (allowed_values, dependent_fields) = match text.as_str() {
            "" | "none" | "0" => (false, false),
            "allowedvalues" | "1" => (true, false),
            "dependentfields" | "2" => (false, true),
            "all" | "3" => (true, true),
            other => {
                return Err(ApiError::bad_request(format!(
                    "The value '{other}' is not valid for the parameter $expand."
                )));
            }
        };
        Ok(Self {
            allowed_values,
            dependent_fields,
        })
    }
}
