//! Work items as the service tells them (Microsoft Learn, Work Items - Get Work Item; recorded answers).

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

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

    /// An item as JSON; see [`Told`].
    pub(crate) fn item_json(&self, item: &WorkItem, view: &View) -> Value {
        // Every key is a text and every number finite.
        serde_json::to_value(self.told(item, view)).unwrap_or_default()
    }

    /// An item ready to be written.
    pub(crate) fn told<'a>(&'a self, item: &'a WorkItem, view: &'a View) -> Told<'a> {
        Told {
            organization: self,
            item,
            view,
        }
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

/// An item on its way to the wire: `id, rev, fields, multilineFieldsFormat, relations, _links, url`.
/// Written straight into the answer: pages of 200 items with all fields are most of what is asked here.
pub(crate) struct Told<'a> {
    organization: &'a Organization,
    item: &'a WorkItem,
    view: &'a View,
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (organization, item, view) = (self.organization, self.item, self.view);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &item.id)?;
        map.serialize_entry("rev", &item.rev)?;
        map.serialize_entry("fields", &Fields(self))?;
        if view.fields.is_none() && Formats(self).all().next().is_some() {
            map.serialize_entry("multilineFieldsFormat", &Formats(self))?;
        }
        let with_relations = view.relations || view.expand.relations();
        if with_relations && !item.content.relations.is_empty() {
            map.serialize_entry("relations", &Relations(self))?;
        }
        if let Some(comment) = item.comments.iter().rfind(|one| one.rev == item.rev) {
            let reference = organization.comment_reference(item, comment);
            map.serialize_entry("commentVersionRef", &reference)?;
        }
        if view.links || view.expand.links() {
            map.serialize_entry("_links", &organization.item_links(item))?;
        }
        map.serialize_entry("url", &organization.item_url(item))?;
        map.end()
    }
}

struct Fields<'a>(&'a Told<'a>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Told {
            organization,
            item,
            view,
        } = self.0;
        let url = organization.url();
        let shown: Vec<_> = match &view.fields {
            Some(wanted) => wanted
                .iter()
                .filter_map(|id| Some((*id, organization.value_of(item, *id)?)))
                .collect(),
            None => organization.shown_fields(item, view.expand.fields()),
        };
        let mut map = serializer.serialize_map(None)?;
        for (id, value) in &shown {
            if *id == field::HISTORY && item.revised.is_none() && view.fields.is_none() {
                continue;
            }
            let reference = &*organization.fields.get(*id).reference;
            map.serialize_entry(reference, &organization.value_view(value, &url))?;
        }
        map.end()
    }
}

/// Of each long text whether it is kept as HTML or as Markdown.
struct Formats<'a>(&'a Told<'a>);

impl Formats<'_> {
    fn all(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let Told {
            organization, item, ..
        } = self.0;
        item.content.fields.keys().filter_map(move |id| {
            let field = organization.fields.get(*id);
            let markdown = item.content.markdown.contains(id);
            (field.kind == FieldKind::Html && !field.is_raw_markup()).then(|| {
                (
                    &*field.reference,
                    if markdown { "markdown" } else { "html" },
                )
            })
        })
    }
}

impl Serialize for Formats<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.all())
    }
}

struct Relations<'a>(&'a Told<'a>);

impl Serialize for Relations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let item = self.0.item;
        let project = self.0.organization.project_url(item.project);
        let relations = item.content.relations.iter();
        serializer.collect_seq(relations.map(|relation| relation.view(&project)))
    }
}

/// A list answer: `count` and `value`.
pub(crate) fn list(values: Vec<Value>) -> Value {
    json!({"count": values.len(), "value": Value::Array(values)})
}
