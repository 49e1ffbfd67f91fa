//! The process of a project behind the ports [`ReadProcess`] and [`WriteProcess`].

mod wire;

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::address::API_VERSION;
use super::convert;
use super::reader::Reader;
use super::reads_through::ReadsThrough;
use super::session::Session;
use super::wire::{Field, Listed};
use super::writer::Writer;
use crate::http::{Repeat, Request};
use crate::model::{AzureFieldKind, System, Value};
use crate::remote::{
    Control, FieldDraft, FormGroup, NewGroup, OrganizationField, Picklist, PicklistKind,
    PicklistName, Process, ProcessType, ReadProcess, RemoteError, RemoteErrorKind, WriteProcess,
};

#[async_trait]
impl ReadProcess for Reader {
    async fn process(&self) -> Result<Process, RemoteError> {
        let session = self.session();
        let name = session.addresses.project_name();
        let query = format!("{API_VERSION}&includeCapabilities=true");
        let url = session
            .addresses
            .organization(&["_apis", "projects", name], &query);
        let project: wire::Project = session.get("projects", url).await?;
        let template = project.capabilities.process_template;
        let Some(id) = template.template_type_id.filter(|id| !id.is_empty()) else {
            return Err(RemoteError {
                system: System::AzureDevOps,
                kind: RemoteErrorKind::Unsupported {
                    operation: "telling the process of a project".to_owned(),
                },
                request: None,
            });
        };
        let found: Result<wire::ProcessInfo, _> = get(session, "processes", &[&id], "").await;
        let found = found.map_err(|mut error| {
            // The project names it, so it is there: in a model that these resources do not show.
            if matches!(error.kind, RemoteErrorKind::NotFound { .. }) {
                error.kind = RemoteErrorKind::Unsupported {
                    operation: "reading this process".to_owned(),
                };
            }
            error
        })?;
        let named = Some(found.name).filter(|name| !name.is_empty());
        Ok(Process {
            id: if found.type_id.is_empty() {
                id
            } else {
                found.type_id
            },
            name: named.or(template.template_name).unwrap_or_default(),
            customization: wire::customization(&found.customization_type),
        })
    }

    async fn organization_fields(&self) -> Result<Vec<OrganizationField>, RemoteError> {
        let session = self.session();
        let query = format!("{API_VERSION}&$expand=includeDeleted");
        let url = session
            .addresses
            .project(&["_apis", "wit", "fields"], &query);
        let listed: Listed<Field> = session.get("fields", url).await?;
        Ok(listed
            .value
            .unwrap_or_default()
            .into_iter()
            .map(organization_field)
            .collect())
    }

    async fn process_types(&self, process: &str) -> Result<Vec<ProcessType>, RemoteError> {
        let path = [process, "workitemtypes"];
        let listed: Listed<wire::WorkItemType> = get(
            self.session(),
            "processes/workitemtypes",
            &path,
            "&$expand=layout",
        )
        .await?;
        Ok(listed
            .value
            .unwrap_or_default()
            .into_iter()
            .map(wire::WorkItemType::process_type)
            .collect())
    }

    async fn type_fields(
        &self,
        process: &str,
        work_item_type: &str,
    ) -> Result<BTreeSet<String>, RemoteError> {
        let path = [process, "workItemTypes", work_item_type, "fields"];
        let operation = "processes/workItemTypes/fields";
        let listed: Listed<wire::TypeField> = get(self.session(), operation, &path, "").await?;
        Ok(listed
            .value
            .unwrap_or_default()
            .into_iter()
            .map(|field| field.reference_name)
            .collect())
    }

    async fn picklists(&self) -> Result<Vec<PicklistName>, RemoteError> {
        let listed: Listed<wire::List> =
            get(self.session(), "processes/lists", &["lists"], "").await?;
        Ok(listed
            .value
            .unwrap_or_default()
            .into_iter()
            .map(|list| PicklistName {
                id: list.id,
                name: list.name,
            })
            .collect())
    }

    async fn picklist(&self, id: &str) -> Result<Picklist, RemoteError> {
        let list: wire::List = get(self.session(), "processes/lists", &["lists", id], "").await?;
        list.picklist().map_err(unreadable)
    }
}

#[async_trait]
impl ReadProcess for Writer {
    async fn process(&self) -> Result<Process, RemoteError> {
        self.reader().process().await
    }

    async fn organization_fields(&self) -> Result<Vec<OrganizationField>, RemoteError> {
        self.reader().organization_fields().await
    }

    async fn process_types(&self, process: &str) -> Result<Vec<ProcessType>, RemoteError> {
        self.reader().process_types(process).await
    }

    async fn type_fields(
        &self,
        process: &str,
        work_item_type: &str,
    ) -> Result<BTreeSet<String>, RemoteError> {
        self.reader().type_fields(process, work_item_type).await
    }

    async fn picklists(&self) -> Result<Vec<PicklistName>, RemoteError> {
        self.reader().picklists().await
    }

    async fn picklist(&self, id: &str) -> Result<Picklist, RemoteError> {
        self.reader().picklist(id).await
    }
}

#[async_trait]
impl WriteProcess for Writer {
    async fn create_picklist(&self, picklist: &Picklist) -> Result<Picklist, RemoteError> {
        let body = list_body(picklist);
        let list: wire::List = post(self.session(), "processes/lists", &["lists"], &body).await?;
        list.picklist().map_err(unreadable)
    }

    async fn replace_picklist(&self, picklist: &Picklist) -> Result<Picklist, RemoteError> {
        const OPERATION: &str = "processes/lists";
        let session = self.session();
        let mut body = list_body(picklist);
        body["id"] = json!(picklist.id);
        let url = session
            .addresses
            .organization(&work(&["lists", &picklist.id]), API_VERSION);
        let answer = session
            .send(OPERATION, Request::put_json(url, &body))
            .await?;
        let list: wire::List = answer.json(OPERATION)?;
        list.picklist().map_err(|reason| answer.protocol(reason))
    }

    async fn create_field(&self, field: &FieldDraft) -> Result<OrganizationField, RemoteError> {
        const OPERATION: &str = "fields";
        let session = self.session();
        let body = field_body(field);
        let url = session
            .addresses
            .project(&["_apis", "wit", "fields"], API_VERSION);
        let request = Request::post_json(url, &body, Repeat::Never);
        let made: Field = session.send(OPERATION, request).await?.json(OPERATION)?;
        Ok(organization_field(made))
    }

    async fn derive_type(
        &self,
        process: &str,
        system_type: &ProcessType,
    ) -> Result<String, RemoteError> {
        let look = &system_type.look;
        let body = without_nulls(json!({
            "name": system_type.name,
            "inheritsFrom": system_type.reference_name,
            "color": look.color,
            "icon": look.icon,
            "description": look.description,
            "isDisabled": system_type.is_disabled,
        }));
        let path = [process, "workitemtypes"];
        let made: wire::WorkItemType =
            post(self.session(), "processes/workitemtypes", &path, &body).await?;
        Ok(made.reference_name)
    }

    async fn add_type_field(
        &self,
        process: &str,
        work_item_type: &str,
        field: &str,
    ) -> Result<String, RemoteError> {
        let path = [process, "workItemTypes", work_item_type, "fields"];
        let body = json!({ "referenceName": field });
        let operation = "processes/workItemTypes/fields";
        let made: wire::TypeField = post(self.session(), operation, &path, &body).await?;
        Ok(made.reference_name)
    }

    async fn add_control(
        &self,
        process: &str,
        work_item_type: &str,
        group: &str,
        control: &Control,
    ) -> Result<Control, RemoteError> {
        let layout = [process, "workItemTypes", work_item_type, "layout"];
        let path = [&layout[..], &["groups", group, "controls"]].concat();
        let operation = "processes/workItemTypes/layout/groups/controls";
        let body = control_body(control);
        let made: wire::FormControl = post(self.session(), operation, &path, &body).await?;
        Ok(made.control())
    }

    async fn add_group(
        &self,
        process: &str,
        work_item_type: &str,
        group: &NewGroup,
        control: &Control,
    ) -> Result<FormGroup, RemoteError> {
        let layout = [process, "workItemTypes", work_item_type, "layout"];
        let place = ["pages", &group.page, "sections", &group.section, "groups"];
        let operation = "processes/workItemTypes/layout/pages/sections/groups";
        let body = json!({
            "label": group.label,
            "visible": true,
            "isContribution": false,
            "controls": [control_body(control)],
        });
        let path = [&layout[..], &place[..]].concat();
        let made: wire::Group = post(self.session(), operation, &path, &body).await?;
        Ok(made.group())
    }
}

/// Below `_apis/work/processes`.
fn work<'a>(path: &[&'a str]) -> Vec<&'a str> {
    [&["_apis", "work", "processes"], path].concat()
}

async fn get<T: DeserializeOwned>(
    session: &Session,
    operation: &str,
    path: &[&str],
    query: &str,
) -> Result<T, RemoteError> {
    let query = format!("{API_VERSION}{query}");
    let url = session.addresses.organization(&work(path), &query);
    session.get(operation, url).await
}

/// A write, sent once.
async fn post<T: DeserializeOwned>(
    session: &Session,
    operation: &str,
    path: &[&str],
    body: &Json,
) -> Result<T, RemoteError> {
    let url = session.addresses.organization(&work(path), API_VERSION);
    let request = Request::post_json(url, body, Repeat::Never);
    session.send(operation, request).await?.json(operation)
}

fn unreadable(reason: String) -> RemoteError {
    RemoteError {
        system: System::AzureDevOps,
        kind: RemoteErrorKind::Protocol { reason },
        request: None,
    }
}

fn organization_field(field: Field) -> OrganizationField {
    OrganizationField {
        kind: convert::kind(&field.kind, field.is_identity),
        is_picklist: field.is_picklist || field.kind.starts_with("picklist"),
        picklist: field
            .picklist_id
            .filter(|id| !id.is_empty() && id.chars().any(|c| !matches!(c, '0' | '-'))),
        reference_name: field.reference_name,
        name: field.name,
        is_deleted: field.is_deleted,
    }
}

fn list_body(picklist: &Picklist) -> Json {
    let kind = match picklist.kind {
        PicklistKind::String => "String",
        PicklistKind::Integer => "Integer",
        PicklistKind::Double => "Double",
    };
    let items: Vec<String> = picklist.values.iter().map(Value::to_string).collect();
    json!({
        "name": picklist.name,
        "type": kind,
        "items": items,
        "isSuggested": picklist.is_suggested,
    })
}

/// The types of fields as `wit/fields` takes them. People are named `identity` there, though the answer
/// calls them `string` with a flag.
fn field_body(field: &FieldDraft) -> Json {
    let kind = match field.kind {
        AzureFieldKind::PlainText => "plainText",
        AzureFieldKind::Html => "html",
        AzureFieldKind::Integer => "integer",
        AzureFieldKind::Double => "double",
        AzureFieldKind::DateTime => "dateTime",
        AzureFieldKind::Boolean => "boolean",
        AzureFieldKind::Identity => "identity",
        // The others are the system's alone; no declaration asks for them.
        AzureFieldKind::String
        | AzureFieldKind::History
        | AzureFieldKind::TreePath
        | AzureFieldKind::Guid => "string",
    };
    without_nulls(json!({
        "name": field.name,
        "referenceName": field.reference_name,
        "type": kind,
        "usage": "workItem",
        "isIdentity": (field.kind == AzureFieldKind::Identity).then_some(true),
        "isPicklist": field.picklist.as_ref().map(|_| true),
        "picklistId": field.picklist,
    }))
}

fn control_body(control: &Control) -> Json {
    json!({
        "id": control.id,
        "label": control.label,
        "visible": control.is_visible,
        "readOnly": false,
        "isContribution": false,
    })
}

fn without_nulls(mut body: Json) -> Json {
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    body
}
