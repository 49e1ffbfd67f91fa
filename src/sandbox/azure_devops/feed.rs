//! The feed of revisions (Microsoft Learn, Reporting Work Item Revisions).

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Organization;
use super::error::ApiError;
use super::field::{self, Access, FieldId};
use super::instant;
use super::item::WorkItem;
use super::read::comma_list;
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};
use super::value::FieldValue;

/// What a reader of the feed asks for.
struct Filter {
    fields: Option<Vec<FieldId>>,
    types: Vec<String>,
    deleted: bool,
    identities: bool,
    latest: bool,
    long: bool,
    /// Only revisions that add a comment.
    discussions: bool,
    project: Option<usize>,
}

impl Organization {
    pub(crate) fn reporting_revisions(&self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        let filter = self.filter(request, scope)?;
        let token = request
            .query("continuationToken")
            .filter(|token| !token.is_empty());
        let since = request
            .query("startDateTime")
            .filter(|date| !date.is_empty());
        if token.is_some() && since.is_some() {
            return Err(ApiError::bad_request(
                "The parameters continuationToken and startDateTime exclude each other.",
            ));
        }
        let since = match since {
            Some(text) => Some(
                instant::parse(text)
                    .ok_or_else(|| {
                        ApiError::bad_request(format!("'{text}' is not valid for startDateTime."))
                    })?
                    .at,
            ),
            None => None,
        };
        let after = match token {
            Some(token) => token
                .split(';')
                .next()
                .and_then(|mark| mark.parse().ok())
                .ok_or_else(|| ApiError::bad_request("The continuation token is not valid."))?,
            None => 0,
        };
        let page = request.number("$maxPageSize")?.unwrap_or(usize::MAX);
        let page = page.clamp(1, self.settings.reporting_page.max(1));
        let mut values = Vec::new();
        let mut last = (after, 0, 0);
        let mut more = false;
        let mut cache: HashMap<u64, &WorkItem> = HashMap::new();
        for (mark, id, rev) in self.items.feed_after(after) {
            if values.len() == page || self.settings.reporting_empty_page {
                more = true;
                break;
            }
            last = (mark, id, rev);
            let Some(item) = cache.get(&id).copied().or_else(|| self.items.any(id)) else {
                continue;
            };
            cache.insert(id, item);
            values.extend(self.feed_entry(item, rev, &filter, since));
        }
        let token = if last.1 == 0 {
            token.map_or_else(|| format!("{after};0;0"), str::to_owned)
        } else {
            format!("{};{};{}", last.0, last.1, last.2)
        };
        let resource = if request.path.to_lowercase().ends_with("/discussions") {
            "workItemRevisions/discussions"
        } else {
            "workItemRevisions"
        };
        ok(json!({
            "values": values,
            "nextLink": self.next_link(request, scope, (resource, &token)),
            "continuationToken": token,
            "isLastBatch": !more,
        }))
    }

    fn filter(&self, request: &ApiRequest<'_>, scope: Scope) -> Result<Filter, ApiError> {
        let body = if request.method == "POST" {
            request.json()?
        } else {
            Value::Null
        };
        let key = |name: &str| {
            let found = body
                .as_object()?
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value)
        };
        let names = |name: &str| match key(name) {
            Some(Value::Array(list)) => Some(
                list.iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            ),
            _ => request.query(name).map(comma_list),
        };
        let flag = |name: &str| {
            key(name)
                .and_then(Value::as_bool)
                .unwrap_or_else(|| request.flag(name))
        };
        let fields = names("fields").filter(|names: &Vec<String>| !names.is_empty());
        let expand = request.query("$expand").unwrap_or_default();
        Ok(Filter {
            fields: fields.map(|names| self.field_ids(&names)).transpose()?,
            types: names("types").unwrap_or_default(),
            deleted: flag("includeDeleted"),
            identities: flag("includeIdentityRef"),
            latest: flag("includeLatestOnly"),
            long: expand.eq_ignore_ascii_case("fields") || expand == "1",
            discussions: flag("includeDiscussionChangesOnly")
                || request.path.to_lowercase().ends_with("/discussions"),
            project: scope.project,
        })
    }

    fn feed_entry(
        &self,
        item: &WorkItem,
        rev: u32,
        filter: &Filter,
        since: Option<jiff::Timestamp>,
    ) -> Option<Value> {
        let wanted_type = filter.types.is_empty()
            || filter
                .types
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&self.types[item.kind].name));
        let here = filter.project.is_none_or(|project| project == item.project);
        if !wanted_type || !here || (filter.latest && rev != item.rev) {
            return None;
        }
        let comment = item.comments.iter().find(|comment| comment.rev == rev);
        if filter.discussions && comment.is_none() {
            return None;
        }
        if item.deleted.is_some() && !filter.deleted {
            return None;
        }
        let past = if rev == item.rev {
            item.without_history()
        } else {
            item.at_revision(rev)?
        };
        if since.is_some_and(|since| past.changed < since) {
            return None;
        }
        let ids: Vec<FieldId> = match &filter.fields {
            Some(ids) => ids.clone(),
            None => self.fields.ids().collect(),
        };
        let mut fields = Map::new();
        for id in ids {
            let definition = self.fields.get(id);
            let asked = filter.fields.is_some();
            if !asked && definition.kind.is_long() && id != field::TAGS && !filter.long {
                continue;
            }
            if id == field::IS_DELETED && past.deleted.is_none() {
                continue;
            }
            if !asked && definition.access == Access::Hidden && is_derived_path(id) {
                continue;
            }
            if let Some(value) = self.value_of(&past, id) {
                let told = match &value {
                    FieldValue::Identity(user) if !filter.identities => {
                        json!(self.users.get(*user).text())
                    }
                    value => self.value_json(value),
                };
                fields.insert(definition.reference.to_string(), told);
            }
        }
        if let Some(comment) = comment.filter(|_| filter.discussions) {
            fields.insert("System.History".to_owned(), json!(comment.written()));
        }
        Some(json!({"id": past.id, "rev": past.rev, "fields": fields}))
    }

    /// The address of the next page of a feed: `resource` below `reporting`, with this request's parameters.
    pub(crate) fn next_link(
        &self,
        request: &ApiRequest<'_>,
        scope: Scope,
        (resource, token): (&str, &str),
    ) -> String {
        let base = scope
            .project
            .map_or_else(|| self.url(), |project| self.project_url(project));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("continuationToken", token);
        for name in [
            "fields",
            "types",
            "linkTypes",
            "includeDeleted",
            "includeIdentityRef",
            "includeLatestOnly",
            "includeDiscussionChangesOnly",
            "includeTagRef",
            "$expand",
            "$maxPageSize",
            "api-version",
        ] {
            if let Some(value) = request.query(name) {
                query.append_pair(name, value);
            }
        }
        format!("{base}/_apis/wit/reporting/{resource}?{}", query.finish())
    }
}

fn is_derived_path(id: FieldId) -> bool {
    matches!(
        id,
        field::AREA_LEVEL_1
            | field::AREA_LEVEL_2
            | field::AREA_LEVEL_3
            | field::AREA_LEVEL_4
            | field::ITERATION_LEVEL_1
            | field::ITERATION_LEVEL_2
            | field::ITERATION_LEVEL_3
            | field::ITERATION_LEVEL_4
            | field::NODE_NAME
    )
}
