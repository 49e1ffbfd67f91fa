//! Reading work items: one, many, by query, by artifact, and their history.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Organization;
use super::error::ApiError;
use super::field::{self, FieldId};
use super::instant;
use super::item::{Update, WorkItem};
use super::request::ApiRequest;
use super::route::{Answer, Payload, Scope, ok};
use super::wiql::{evaluate::Setting, parser};
use super::wire::{Expand, View, list};

/// The most ids in one read (Microsoft Learn, Work Items - Get Work Items Batch).
const MAX_IDS: usize = 200;
/// The longest query (Microsoft Learn, WIQL syntax).
const MAX_QUERY: usize = 32_000;

/// A list answer, written without a tree between.
#[derive(Serialize)]
struct Listed<T> {
    count: usize,
    value: Vec<T>,
}

/// What a read of several items asks for.
struct Wanted {
    ids: Vec<u64>,
    view: View,
    as_of: Option<jiff::Timestamp>,
    omit: bool,
}

impl Organization {
    pub(crate) fn read_one(&self, request: &ApiRequest<'_>, id: u64) -> Answer {
        let mut view = self.view(
            request.query("fields").map(comma_list),
            request.query("$expand").unwrap_or_default(),
        )?;
        view.links = view.fields.is_none();
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        match as_of(request.query("asOf"))? {
            Some(at) => {
                let past = item.as_of(at).ok_or_else(|| ApiError::no_item(id))?;
                ok(self.item_json(&past, &view))
            }
            None => ok(self.item_json(item, &view)),
        }
    }

    pub(crate) fn read_list(&self, request: &ApiRequest<'_>) -> Answer {
        let ids = request
            .ids("ids")?
            .ok_or_else(|| ApiError::bad_request("The parameter ids is required."))?;
        let wanted = Wanted {
            ids,
            view: self.view(
                request.query("fields").map(comma_list),
                request.query("$expand").unwrap_or_default(),
            )?,
            as_of: as_of(request.query("asOf"))?,
            omit: omits(request.query("errorPolicy").unwrap_or_default())?,
        };
        self.read_many(&wanted)
    }

    pub(crate) fn read_batch(&self, request: &ApiRequest<'_>) -> Answer {
        let body = request.json()?;
        let key = |name: &str| {
            body.as_object()?
                .iter()
                .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null())
                .map(|(_, value)| value)
        };
        let text = |name: &str| match key(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let bad = |name: &str| ApiError::bad_request(format!("The value of {name} is not valid."));
        let ids = key("ids")
            .and_then(Value::as_array)
            .ok_or_else(|| bad("ids"))?
            .iter()
            .map(|id| {
                id.as_u64()
                    .or_else(|| id.as_str()?.parse().ok())
                    .ok_or_else(|| bad("ids"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let fields = match key("fields") {
            None => None,
            Some(Value::Array(names)) => Some(
                names
                    .iter()
                    .map(|name| {
                        name.as_str()
                            .map(str::to_owned)
                            .ok_or_else(|| bad("fields"))
                    })
                    .collect::<Result<Vec<_>, _>>()?,
            ),
            Some(_) => return Err(bad("fields")),
        };
        let wanted = Wanted {
            ids,
            view: self.view(fields, &text("$expand"))?,
            as_of: as_of(Some(text("asOf").as_str()).filter(|text| !text.is_empty()))?,
            omit: omits(&text("errorPolicy"))?,
        };
        self.read_many(&wanted)
    }

    fn read_many(&self, wanted: &Wanted) -> Answer {
        if wanted.ids.len() > MAX_IDS {
            return Err(ApiError::too_many_ids(wanted.ids.len()));
        }
        if wanted.ids.is_empty() {
            return Err(ApiError::bad_request(
                "At least one work item id is required.",
            ));
        }
        let mut items = Vec::with_capacity(wanted.ids.len());
        for id in &wanted.ids {
            let live = self.items.live(*id);
            let item = match (live, wanted.as_of) {
                (Some(item), None) => Some(Cow::Borrowed(item)),
                (Some(item), Some(at)) => item.as_of(at).map(Cow::Owned),
                (None, _) => None,
            };
            // A missing item leaves its place in the list.
            if item.is_none() && !wanted.omit {
                return Err(ApiError::no_item(id));
            }
            items.push(item);
        }
        let value: Vec<_> = items
            .iter()
            .map(|item| Some(self.told(item.as_deref()?, &wanted.view)))
            .collect();
        let answer = Listed {
            count: value.len(),
            value,
        };
        // Texts under text keys and finite numbers: it can be written.
        let text = serde_json::to_vec(&answer).unwrap_or_default();
        Ok((StatusCode::OK, Some(Payload::Text(text))))
    }

    /// `fields` and `$expand` exclude each other, but for `$expand=none` and links.
    fn view(&self, fields: Option<Vec<String>>, expand: &str) -> Result<View, ApiError> {
        let expand = Expand::parse(expand)?;
        let fields = fields.filter(|names| !names.is_empty());
        if fields.is_some() && !matches!(expand, Expand::None | Expand::Links) {
            return Err(ApiError::fields_and_expand());
        }
        Ok(View {
            expand,
            fields: fields.map(|names| self.field_ids(&names)).transpose()?,
            ..View::default()
        })
    }

    /// Fields by their names, in the order of answers, each once.
    pub(crate) fn field_ids(&self, names: &[String]) -> Result<Vec<FieldId>, ApiError> {
        let mut ids = names
            .iter()
            .map(|name| {
                self.fields
                    .find(name.trim())
                    .ok_or_else(|| ApiError::no_field(name.trim()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    pub(crate) fn run_wiql(&self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        let body = request.json()?;
        let text = body
            .as_object()
            .and_then(|object| {
                object
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case("query"))
            })
            .and_then(|(_, query)| query.as_str())
            .ok_or_else(|| ApiError::query("TF51006: The query statement is missing."))?;
        if text.chars().count() > MAX_QUERY {
            return Err(ApiError::query(format!(
                "VS402484: The query text is longer than {MAX_QUERY} characters."
            )));
        }
        let query = parser::parse(text).map_err(ApiError::query)?;
        let setting = Setting {
            project: scope.project,
            user: scope.user,
            now: request.now,
            time_precision: request.flag("timePrecision"),
        };
        let found = self.query(&query, setting, request.number("$top")?)?;
        let url = self.url();
        let reference = |id: FieldId| {
            let definition = self.fields.get(id);
            json!({
                "referenceName": &*definition.reference,
                "name": &*definition.name,
                "url": format!("{url}/_apis/wit/fields/{}", definition.reference),
            })
        };
        let columns: Vec<Value> = found.columns.iter().map(|id| reference(*id)).collect();
        let sort: Vec<Value> = found
            .order
            .iter()
            .map(|(id, descending)| json!({"field": reference(*id), "descending": descending}))
            .collect();
        let items: Vec<Value> = found
            .ids
            .iter()
            .filter_map(|id| {
                let item = self.items.any(*id)?;
                Some(json!({"id": id, "url": self.item_url(item)}))
            })
            .collect();
        let mut answer = json!({
            "queryType": "flat",
            "queryResultType": "workItem",
            "asOf": instant::on_grid(request.now).to_string(),
            "columns": columns,
        });
        if let Some(object) = answer.as_object_mut() {
            if !sort.is_empty() {
                object.insert("sortColumns".to_owned(), Value::Array(sort));
            }
            object.insert("workItems".to_owned(), Value::Array(items));
        }
        ok(answer)
    }

    pub(crate) fn artifact_uri_query(&self, request: &ApiRequest<'_>) -> Answer {
        let body = request.json()?;
        let uris = body
            .as_object()
            .and_then(|object| {
                object
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case("artifactUris"))
            })
            .and_then(|(_, uris)| uris.as_array())
            .ok_or_else(|| ApiError::bad_request("The value of artifactUris is not valid."))?;
        let mut result = Map::new();
        for uri in uris.iter().filter_map(Value::as_str) {
            let items: Vec<Value> = self
                .items
                .linking_to(uri)
                .iter()
                .filter_map(|id| {
                    let item = self.items.any(*id)?;
                    Some(json!({"id": id, "url": self.item_url(item)}))
                })
                .collect();
            result.insert(uri.to_owned(), Value::Array(items));
        }
        ok(json!({"artifactUrisQueryResult": result}))
    }

    pub(crate) fn revisions(&self, request: &ApiRequest<'_>, id: u64) -> Answer {
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        let view = self.view(None, request.query("$expand").unwrap_or_default())?;
        let skip = request.number("$skip")?.unwrap_or(0);
        let top = request.number("$top")?.unwrap_or(200).min(200);
        let revisions = (1..=item.rev)
            .filter_map(|rev| item.at_revision(rev))
            .skip(skip)
            .take(top)
            .map(|past| self.revision_json(&past, &view));
        ok(list(revisions.collect()))
    }

    pub(crate) fn revision(&self, request: &ApiRequest<'_>, id: u64, rev: u64) -> Answer {
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        let view = self.view(None, request.query("$expand").unwrap_or_default())?;
        let past = u32::try_from(rev)
            .ok()
            .and_then(|rev| item.at_revision(rev))
            .ok_or_else(|| ApiError::not_found(&format!("Revision {rev} of work item {id}")))?;
        ok(self.revision_json(&past, &view))
    }

    fn revision_json(&self, past: &WorkItem, view: &View) -> Value {
        let mut told = self.item_json(past, view);
        if let Some(object) = told.as_object_mut() {
            let url = format!("{}/revisions/{}", self.item_url(past), past.rev);
            object.insert("url".to_owned(), json!(url));
        }
        told
    }

    pub(crate) fn updates(&self, request: &ApiRequest<'_>, id: u64) -> Answer {
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        let skip = request.number("$skip")?.unwrap_or(0);
        let top = request.number("$top")?.unwrap_or(200).min(200);
        let places = (0..item.updates.len()).skip(skip).take(top);
        ok(list(
            places.map(|place| self.update_json(item, place)).collect(),
        ))
    }

    pub(crate) fn update(&self, id: u64, place: u64) -> Answer {
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        let place = usize::try_from(place)
            .ok()
            .and_then(|place| place.checked_sub(1));
        let place = place
            .filter(|place| *place < item.updates.len())
            .ok_or_else(|| ApiError::not_found("The update"))?;
        ok(self.update_json(item, place))
    }

    /// An update: `id, workItemId, rev, revisedBy, revisedDate, fields, relations, url`.
    pub(crate) fn update_json(&self, item: &WorkItem, place: usize) -> Value {
        let update = &item.updates[place];
        let project = self.project_url(item.project);
        let revised = item.updates[place + 1..]
            .iter()
            .find(|later| later.rev > update.rev)
            .map_or(instant::NEVER_REVISED.to_owned(), |later| {
                later.at.to_string()
            });
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(place + 1));
        object.insert("workItemId".to_owned(), json!(item.id));
        object.insert("rev".to_owned(), json!(update.rev));
        let by = self.users.get(update.by).json(&self.url());
        object.insert("revisedBy".to_owned(), by);
        object.insert("revisedDate".to_owned(), json!(revised));
        let fields = self.update_fields(item, place, update);
        if !fields.is_empty() {
            object.insert("fields".to_owned(), Value::Object(fields));
        }
        let mut relations = Map::new();
        for (name, list) in [("added", &update.added), ("removed", &update.removed)] {
            if !list.is_empty() {
                let told = list
                    .iter()
                    .map(|relation| relation.json(&project))
                    .collect();
                relations.insert(name.to_owned(), Value::Array(told));
            }
        }
        if !relations.is_empty() {
            object.insert("relations".to_owned(), Value::Object(relations));
        }
        let url = format!("{}/updates/{}", self.item_url(item), place + 1);
        object.insert("url".to_owned(), json!(url));
        Value::Object(object)
    }

    fn update_fields(&self, item: &WorkItem, place: usize, update: &Update) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut tell = |id: FieldId, old: Option<Value>, new: Option<Value>| {
            let mut change = Map::new();
            change.extend(old.map(|old| ("oldValue".to_owned(), old)));
            change.extend(new.map(|new| ("newValue".to_owned(), new)));
            let name = self.fields.get(id).reference.to_string();
            fields.insert(name, Value::Object(change));
        };
        if place == 0 {
            if let Some(first) = item.at_revision(1) {
                for (id, value) in self.shown_fields(&first, true) {
                    tell(id, None, Some(self.value_json(&value)));
                }
            }
            return fields;
        }
        let before = &item.updates[place - 1];
        if update.rev > before.rev {
            tell(field::REV, Some(json!(before.rev)), Some(json!(update.rev)));
            let dates = [before.at, update.at].map(|at| json!(at.to_string()));
            let [old, new] = dates;
            tell(field::CHANGED_DATE, Some(old), Some(new));
            tell(
                field::WATERMARK,
                Some(json!(before.watermark)),
                Some(json!(update.watermark)),
            );
            if before.by != update.by {
                let [old, new] =
                    [before.by, update.by].map(|by| self.users.get(by).json(&self.url()));
                tell(field::CHANGED_BY, Some(old), Some(new));
            }
        }
        for change in &update.fields {
            let json = |value: &Option<_>| value.as_ref().map(|value| self.value_json(value));
            tell(change.field, json(&change.old), json(&change.new));
        }
        fields
    }
}

pub(crate) fn comma_list(text: &str) -> Vec<String> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn as_of(text: Option<&str>) -> Result<Option<jiff::Timestamp>, ApiError> {
    let read = |text: &str| {
        instant::parse(text)
            .map(|written| written.at)
            .ok_or_else(|| {
                ApiError::bad_request(format!("The value '{text}' is not valid for asOf."))
            })
    };
    text.map(read).transpose()
}

/// `errorPolicy`: a name in any case, or the number that official clients send.
fn omits(text: &str) -> Result<bool, ApiError> {
    match text.to_lowercase().as_str() {
        "" | "fail" | "1" => Ok(false),
        "omit" | "2" => Ok(true),
        other => Err(ApiError::bad_request(format!(
            "The value '{other}' is not valid for errorPolicy."
        ))),
    }
}
