//! Tag definitions (Microsoft Learn, Work Item Tracking, Tags): list, rename, delete.
//!
//! A renamed or deleted tag changes on every item at once and makes no revision; whether the service makes one is
//! not documented.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Organization;
use super::error::ApiError;
use super::field;
use super::guid::guid;
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};
use super::store::{Tag, tags_value};
use super::wire::list;

impl Organization {
    pub(crate) fn list_tags(&self, scope: Scope) -> Answer {
        let project = Self::scoped(scope)?;
        ok(list(
            self.items
                .tags()
                .map(|tag| self.tag_json(project, tag))
                .collect(),
        ))
    }

    /// A tag by its name or GUID.
    fn tag(&self, name: &str) -> Result<&Tag, ApiError> {
        let by_id = || {
            self.items
                .tags()
                .find(|tag| tag_id(&tag.name) == name.to_lowercase())
        };
        let tag = self.items.tag(name).or_else(by_id);
        tag.ok_or_else(|| ApiError::not_found(&format!("The tag '{name}'")))
    }

    pub(crate) fn get_tag(&self, scope: Scope, name: &str) -> Answer {
        let project = Self::scoped(scope)?;
        ok(self.tag_json(project, self.tag(name)?))
    }

    pub(crate) fn rename_tag(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        name: &str,
    ) -> Answer {
        let project = Self::scoped(scope)?;
        let old = self.tag(name)?.name.to_string();
        let body = request.json()?;
        let new = body.get("name").or_else(|| body.get("Name"));
        let new = new.and_then(Value::as_str).map(str::trim);
        let new = new.filter(|new| !new.is_empty() && !new.contains([',', ';']));
        let new = new.ok_or_else(|| ApiError::bad_request("The value of name is not valid."))?;
        self.replace_tag(&old, Some(new));
        self.items.define_tag(new, request.now);
        ok(self.tag_json(project, self.tag(new)?))
    }

    pub(crate) fn delete_tag(&mut self, scope: Scope, name: &str) -> Answer {
        Self::scoped(scope)?;
        let old = self.tag(name)?.name.to_string();
        self.replace_tag(&old, None);
        Ok((StatusCode::NO_CONTENT, None))
    }

    fn replace_tag(&mut self, old: &str, new: Option<&str>) {
        for id in self.items.tagged_like(old) {
            self.items.amend(id, |item| {
                let tags: Vec<std::sync::Arc<str>> = item
                    .tags()
                    .filter_map(|tag| {
                        if tag.eq_ignore_ascii_case(old) {
                            new.map(std::sync::Arc::from)
                        } else {
                            Some(std::sync::Arc::from(tag))
                        }
                    })
                    .collect();
                match tags_value(tags) {
                    Some(value) => item.content.fields.insert(field::TAGS, value),
                    None => item.content.fields.remove(&field::TAGS),
                };
            });
        }
        self.items.remove_tag(old);
    }

    fn tag_json(&self, project: usize, tag: &Tag) -> Value {
        let id = tag_id(&tag.name);
        json!({
            "id": id,
            "name": &*tag.name,
            "url": format!("{}/_apis/wit/tags/{id}", self.project_url(project)),
            "lastUpdated": tag.last_updated.to_string(),
        })
    }
}

fn tag_id(name: &str) -> String {
    guid(&format!("tag {}", name.to_lowercase()))
}
