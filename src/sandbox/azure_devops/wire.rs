//! Work items as the service tells them (Microsoft Learn, Work Items - Get Work Item; recorded answers).

use serde_json::{Map, Value, json};

use super::Organization;
use super::error::ApiError;
use super::field::{self, FieldId, FieldKind};
use super::item::WorkItem;

/// `$expand`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Expand {
    #[default]
    None,
    Relations,
    Fields,
    Links,
    All,
}

impl Expand {
    /// Reads a name in any case, or the number that official clients send.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        Ok(match text.trim().to_lowercase().as_str() {
            "" | "none" | "0" => Self::None,
            "relations" | "1" => Self::Relations,
            "fields" | "2" => Self::Fields,
            "links" | "3" => Self::Links,
            "all" | "4" => Self::All,
            other => {
                return Err(ApiError::bad_request(format!(
                    "The value '{other}' is not valid for the parameter $expand."
                )));
            }
        })
    }

    fn relations(self) -> bool {
        matches!(self, Self::Relations | Self::All)
    }

    fn fields(self) -> bool {
        matches!(self, Self::Fields | Self::All)
    }

    fn links(self) -> bool {
        matches!(self, Self::Links | Self::All)
    }
}

/// How to tell an item.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) expand: Expand,
    /// Only these fields.
    pub(crate) fields: Option<Vec<FieldId>>,
    /// `_links` even without `$expand`: reads of one item and answers to writes.
    pub(crate) links: bool,
    /// Relations even without `$expand`: answers to writes.
    pub(crate) relations: bool,
}

impl View {
    /// The answer to a write.
    pub(crate) fn of_write(expand: Expand) -> Self {
        Self {
            expand,
            fields: None,
            links: true,
            relations: true,
        }
    }
}

impl Organization {
    /// `http://host/{organisation}`.
    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.base_url, self.name)
    }

    /// `http://host/{organisation}/{project GUID}`.
    pub(crate) fn project_url(&self, project: usize) -> String {
        format!("{}/{}", self.url(), self.projects[project].id)
    }

    /// The address of an item, in the scope of its project's GUID.
    pub(crate) fn item_url(&self, item: &WorkItem) -> String {
        format!(
            "{}/_apis/wit/workItems/{}",
            self.project_url(item.project),
            item.id
        )
    }

    /// An item as JSON: `id, rev, fields, multilineFieldsFormat, relations, _links, url`.
    pub(crate) fn item_json(&self, item: &WorkItem, view: &View) -> Value {
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(item.id));
        object.insert("rev".to_owned(), json!(item.rev));
        let mut fields = Map::new();
        let shown: Vec<_> = match &view.fields {
            Some(wanted) => wanted
                .iter()
                .filter_map(|id| Some((*id, self.value_of(item, *id)?)))
                .collect(),
            None => self.shown_fields(item, view.expand.fields()),
        };
        for (id, value) in shown {
            if id == field::HISTORY && item.revised.is_none() && view.fields.is_none() {
                continue;
            }
            let reference = self.fields.get(id).reference.to_string();
            fields.insert(reference, self.value_json(&value));
        }
        object.insert("fields".to_owned(), Value::Object(fields));
        if view.fields.is_none() {
            let formats = self.formats(item);
            if !formats.is_empty() {
                object.insert("multilineFieldsFormat".to_owned(), Value::Object(formats));
            }
        }
        let with_relations = view.relations || view.expand.relations();
        if with_relations && !item.content.relations.is_empty() {
            let project = self.project_url(item.project);
            let relations: Vec<Value> = item
                .content
                .relations
                .iter()
                .map(|relation| relation.json(&project))
                .collect();
            object.insert("relations".to_owned(), Value::Array(relations));
        }
        if let Some(comment) = item.comments.iter().rfind(|one| one.rev == item.rev) {
            object.insert(
                "commentVersionRef".to_owned(),
                self.comment_reference(item, comment),
            );
        }
        if view.links || view.expand.links() {
            object.insert("_links".to_owned(), self.item_links(item));
        }
        object.insert("url".to_owned(), json!(self.item_url(item)));
        Value::Object(object)
    }

    fn formats(&self, item: &WorkItem) -> Map<String, Value> {
        let mut formats = Map::new();
        for id in item.content.fields.keys() {
            let field = self.fields.get(*id);
            if field.kind == FieldKind::Html && !field.is_raw_markup() {
                let markdown = item.content.markdown.contains(id);
                let format = if markdown { "markdown" } else { "html" };
                formats.insert(field.reference.to_string(), json!(format));
            }
        }
        formats
    }

    fn item_links(&self, item: &WorkItem) -> Value {
        let project = self.project_url(item.project);
        let own = self.item_url(item);
        let href = |url: String| json!({"href": url});
        let kind = self.types[item.kind].name.replace(' ', "%20");
        json!({
            "self": href(own.clone()),
            "workItemUpdates": href(format!("{own}/updates")),
            "workItemRevisions": href(format!("{own}/revisions")),
            "workItemComments": href(format!("{own}/comments")),
            "html": href(format!("{project}/_workitems/edit/{}", item.id)),
            "workItemType": href(format!("{project}/_apis/wit/workItemTypes/{kind}")),
            "fields": href(format!("{project}/_apis/wit/fields")),
        })
    }
}

/// A list answer: `count` and `value`.
pub(crate) fn list(values: Vec<Value>) -> Value {
    json!({"count": values.len(), "value": Value::Array(values)})
}
