//! Writing one work item at a time, and the recycle bin.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::edit::Writer;
use super::error::ApiError;
use super::instant;
use super::item::WorkItem;
use super::patch::{self, PatchOp};
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};
use super::wire::{Expand, View, list};
use super::{Organization, ValidateOnly};

/// The options of a write that stand in its URL.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) validate_only: bool,
    pub(crate) bypass_rules: bool,
    pub(crate) expand: Expand,
}

impl Organization {
    fn write_options(&self, request: &ApiRequest<'_>) -> Result<WriteOptions, ApiError> {
        let validate_only = match self.settings.validate_only {
            ValidateOnly::Heeded => request.boolean("validateOnly")?,
            ValidateOnly::Unread => false,
            ValidateOnly::Disregarded => {
                request.boolean("validateOnly")?;
                false
            }
        };
        Ok(WriteOptions {
            validate_only,
            bypass_rules: request.flag("bypassRules"),
            expand: Expand::parse(request.query("$expand").unwrap_or_default())?,
        })
    }

    pub(crate) fn post_item(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        type_name: &str,
    ) -> Answer {
        let operations = patch::parse(&request.patch()?)?;
        let options = self.write_options(request)?;
        let project = scope.project.ok_or_else(ApiError::project_needed)?;
        let kind = self.find_type(type_name)?;
        let writer = self.writer(request, scope, &options)?;
        ok(self
            .create(project, kind, &operations, &writer, &options)?
            .1)
    }

    pub(crate) fn patch_item(&mut self, request: &ApiRequest<'_>, scope: Scope, id: u64) -> Answer {
        let operations = patch::parse(&request.patch()?)?;
        let options = self.write_options(request)?;
        self.in_scope(scope, id)?;
        let writer = self.writer(request, scope, &options)?;
        ok(self.change(id, &operations, &writer, &options)?)
    }

    /// Makes an item and tells it; with `validateOnly` nothing stays and its id is -1.
    pub(crate) fn create(
        &mut self,
        project: usize,
        kind: usize,
        operations: &[PatchOp],
        writer: &Writer,
        options: &WriteOptions,
    ) -> Result<(u64, Value), ApiError> {
        self.items.begin();
        let made = self.create_item((project, kind), None, operations, writer);
        let told = made.map(|id| (id, self.tell_written(id, options.expand)));
        match told {
            Ok((id, told)) if !options.validate_only => {
                self.items.keep();
                Ok((id, told))
            }
            other => {
                self.items.take_back();
                other.map(|(id, mut told)| {
                    told["id"] = json!(-1);
                    (id, told)
                })
            }
        }
    }

    /// Changes an item and tells it; with `validateOnly` nothing stays and its revision is the old one.
    pub(crate) fn change(
        &mut self,
        id: u64,
        operations: &[PatchOp],
        writer: &Writer,
        options: &WriteOptions,
    ) -> Result<Value, ApiError> {
        if !options.validate_only {
            self.update_item(id, operations, writer)?;
            return Ok(self.tell_written(id, options.expand));
        }
        let rev = self.items.live(id).map(|item| item.rev);
        self.items.begin();
        let result = self.update_item(id, operations, writer);
        let told = self.tell_written(id, options.expand);
        self.items.take_back();
        result.map(|()| {
            let mut told = told;
            told["rev"] = json!(rev);
            told
        })
    }

    fn tell_written(&self, id: u64, expand: Expand) -> Value {
        let view = View::of_write(expand);
        self.items
            .any(id)
            .map_or(Value::Null, |item| self.item_json(item, &view))
    }

    pub(crate) fn writer(
        &self,
        request: &ApiRequest<'_>,
        scope: Scope,
        options: &WriteOptions,
    ) -> Result<Writer, ApiError> {
        if options.bypass_rules && !self.settings.allow_bypass_rules {
            return Err(ApiError::bypass_refused());
        }
        Ok(Writer {
            user: scope.user,
            now: request.now,
            bypass: options.bypass_rules,
            temporary: HashMap::new(),
        })
    }

    /// An item of another project is not found under this one.
    fn in_scope(&self, scope: Scope, id: u64) -> Result<&WorkItem, ApiError> {
        self.items
            .live(id)
            .filter(|item| scope.project.is_none_or(|project| project == item.project))
            .ok_or_else(|| ApiError::no_item(id))
    }

    /// A blank item with its defaults, not stored.
    pub(crate) fn template(&self, scope: Scope, type_name: &str) -> Answer {
        let project = scope.project.ok_or_else(ApiError::project_needed)?;
        let kind = self.find_type(type_name)?;
        let content = self.blank(kind, project);
        let mut fields = serde_json::Map::new();
        for (id, value) in &content.fields {
            let name = self.fields.get(*id).reference.to_string();
            fields.insert(name, self.value_json(value));
        }
        let url = format!(
            "{}/_apis/wit/workItems/${}",
            self.project_url(project),
            self.types[kind].name.replace(' ', "%20")
        );
        ok(json!({"fields": fields, "url": url}))
    }

    pub(crate) fn delete_item(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        let kind = self.in_scope(scope, id)?.kind;
        if self.types[kind].is_test_item() {
            return Err(ApiError::test_item_delete(&self.types[kind].name));
        }
        let writer = self.writer(request, scope, &WriteOptions::default())?;
        if request.flag("destroy") {
            self.destroy_item(id, &writer);
            return Ok((StatusCode::NO_CONTENT, None));
        }
        self.set_deleted(id, true, &writer);
        let item = self.items.any(id).ok_or_else(|| ApiError::no_item(id))?;
        ok(self.deleted_json(item, true))
    }

    /// `workitemsdelete`: one result for each id, as the schema promises (an example shows 204 instead).
    pub(crate) fn delete_items(&mut self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        let body = request.json()?;
        let ids = body.get("ids").or_else(|| body.get("Ids"));
        let ids: Option<Vec<u64>> = ids
            .and_then(Value::as_array)
            .and_then(|ids| ids.iter().map(Value::as_u64).collect());
        let ids = ids.ok_or_else(|| ApiError::bad_request("The value of ids is not valid."))?;
        let destroy = body.get("destroy").or_else(|| body.get("Destroy"));
        let destroy = destroy == Some(&Value::Bool(true));
        let writer = self.writer(request, scope, &WriteOptions::default())?;
        let mut results = Vec::new();
        for id in ids {
            let refused = match self.in_scope(scope, id) {
                Err(error) => Some(error),
                Ok(item) if self.types[item.kind].is_test_item() => {
                    Some(ApiError::test_item_delete(&self.types[item.kind].name))
                }
                Ok(_) => None,
            };
            results.push(match refused {
                Some(error) => json!({
                    "id": id,
                    "code": error.status.as_u16(),
                    "message": error.message(),
                }),
                None if destroy => {
                    self.destroy_item(id, &writer);
                    json!({"id": id, "code": 200})
                }
                None => {
                    self.set_deleted(id, true, &writer);
                    let item = self.items.any(id).ok_or_else(|| ApiError::no_item(id))?;
                    self.deleted_json(item, false)
                }
            });
        }
        ok(json!({"results": results}))
    }

    pub(crate) fn delete_test_case(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        scope.project.ok_or_else(ApiError::project_needed)?;
        let kind = self.in_scope(scope, id)?.kind;
        if !self.types[kind].is_test_item() {
            return Err(ApiError::no_item(id));
        }
        let writer = self.writer(request, scope, &WriteOptions::default())?;
        self.destroy_item(id, &writer);
        Ok((StatusCode::NO_CONTENT, None))
    }

    /// An entry of the recycle bin: `id, code, type, name, project, deletedDate, deletedBy, url, resource`.
    fn deleted_json(&self, item: &WorkItem, with_resource: bool) -> Value {
        let (at, by) = item.deleted.unwrap_or((item.changed, item.changed_by));
        let title = item.text(super::field::TITLE);
        let mut told = json!({
            "id": item.id,
            "code": 200,
            "type": &*self.types[item.kind].name,
            "name": title,
            "project": &*self.projects[item.project].name,
            "deletedDate": instant::american(at),
            "deletedBy": self.users.get(by).text(),
            "url": format!("{}/_apis/wit/recycleBin/{}", self.project_url(item.project), item.id),
        });
        if with_resource {
            told["resource"] = self.item_json(item, &View::of_write(Expand::None));
        }
        told
    }

    fn deleted(&self, id: u64) -> Result<&WorkItem, ApiError> {
        let item = self.items.any(id).filter(|item| item.deleted.is_some());
        item.ok_or_else(|| ApiError::no_item(id))
    }

    pub(crate) fn get_deleted(&self, id: u64) -> Answer {
        ok(self.deleted_json(self.deleted(id)?, false))
    }

    pub(crate) fn list_deleted(&self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        if let Some(ids) = request.ids("ids")? {
            let items = ids.iter().filter_map(|id| self.deleted(*id).ok());
            return ok(list(
                items.map(|item| self.deleted_json(item, false)).collect(),
            ));
        }
        let here = |item: &&WorkItem| {
            item.deleted.is_some() && scope.project.is_none_or(|project| project == item.project)
        };
        let items: Vec<&WorkItem> = self.items.all().filter(here).collect();
        if items.len() > super::wiql::evaluate::MAX_RESULTS {
            return Err(ApiError::query_too_big());
        }
        let told = items.iter().map(|item| {
            json!({
                "id": item.id,
                "url": format!("{}/_apis/wit/recycleBin/{}", self.project_url(item.project), item.id),
            })
        });
        ok(list(told.collect()))
    }

    pub(crate) fn restore(&mut self, request: &ApiRequest<'_>, scope: Scope, id: u64) -> Answer {
        self.deleted(id)?;
        let body = request.json()?;
        if body.get("isDeleted").or_else(|| body.get("IsDeleted")) != Some(&Value::Bool(false)) {
            return Err(ApiError::bad_request(
                "The value of isDeleted must be false.",
            ));
        }
        let entry = self.deleted_json(self.deleted(id)?, false);
        let writer = self.writer(request, scope, &WriteOptions::default())?;
        self.set_deleted(id, false, &writer);
        let item = self.items.any(id).ok_or_else(|| ApiError::no_item(id))?;
        let mut told = entry;
        told["url"] = json!(self.item_url(item));
        told["resource"] = self.item_json(item, &View::of_write(Expand::None));
        ok(told)
    }

    pub(crate) fn destroy_deleted(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        self.deleted(id)?;
        let writer = self.writer(request, scope, &WriteOptions::default())?;
        self.destroy_item(id, &writer);
        Ok((StatusCode::NO_CONTENT, None))
    }
}
