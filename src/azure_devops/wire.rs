//! The shapes that Azure DevOps 7.1 answers with (Microsoft Learn, Azure DevOps Services REST API 7.1,
//! Work Item Tracking and Core). Unknown keys are passed over; keys that servers leave out have defaults.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

use crate::http::Lean;

/// `{count, value}`. An empty list may arrive as null.
#[derive(Debug, Deserialize)]
pub(super) struct Listed<T> {
    pub(super) value: Option<Vec<T>>,
}

/// `GET _apis/connectionData`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionData {
    pub(super) authenticated_user: Option<AuthenticatedUser>,
    #[serde(default)]
    pub(super) deployment_type: Option<String>,
}

/// An entry of a list of which only the names count: projects, work item types.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) is_disabled: bool,
}

/// A node of `GET _apis/wit/classificationnodes/{areas|iterations}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) children: Option<Vec<Node>>,
}

/// Who the server takes the caller for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AuthenticatedUser {
    pub(super) id: Option<String>,
    pub(super) descriptor: Option<String>,
    pub(super) provider_display_name: Option<String>,
}

impl AuthenticatedUser {
    /// Organisations with public projects answer callers without a credential as this identity.
    pub(super) fn is_anonymous(&self) -> bool {
        let holds = |text: &Option<String>, mark: &str| {
            text.as_deref()
                .is_some_and(|text| text.to_ascii_lowercase().contains(mark))
        };
        holds(&self.descriptor, "publicaccess")
            || holds(&self.descriptor, "anonymous")
            || holds(&self.id, "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa")
            || self
                .id
                .as_deref()
                .is_some_and(|id| id.chars().all(|c| c == '0' || c == '-'))
            || self
                .provider_display_name
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case("anonymous"))
    }
}

/// An entry of `GET _apis/wit/fields`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Field {
    pub(super) reference_name: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) is_identity: bool,
    pub(super) is_picklist: bool,
    pub(super) picklist_id: Option<String>,
    pub(super) is_deleted: bool,
    pub(super) read_only: bool,
}

/// `GET _apis/wit/workitemtypes/{type}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Type {
    pub(super) name: String,
    /// Absent on servers before 5.0.
    pub(super) states: Option<Vec<State>>,
    /// `{from: [{to, actions}]}`, from a state or, at creation, from the empty text.
    pub(super) transitions: Json,
}

/// A state of a type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) name: String,
    pub(super) category: String,
}

/// An entry of `GET _apis/wit/workitemtypes/{type}/fields?$expand=allowedValues`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TypeField {
    pub(super) reference_name: String,
    pub(super) name: String,
    pub(super) always_required: bool,
    pub(super) help_text: Option<String>,
    pub(super) is_identity: bool,
    pub(super) default_value: Json,
    /// Texts in one published schema, any JSON in the other.
    pub(super) allowed_values: Option<Vec<Json>>,
}

/// `POST _apis/wit/wiql`: ids only.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryResult {
    pub(super) work_items: Option<Vec<Reference>>,
}

/// A reference to a work item.
#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    pub(super) id: u64,
}

/// `POST _apis/wit/artifacturiquery`: items by the address that was asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactUriQueryResult {
    pub(super) artifact_uris_query_result:
        Option<indexmap::IndexMap<String, Option<Vec<Reference>>>>,
}

/// A work item.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    pub(super) id: Option<i64>,
    pub(super) rev: Option<u64>,
    #[serde(default)]
    pub(super) fields: Members,
    /// Which long texts are Markdown; absent where a read names its fields (Microsoft Learn, Work Items -
    /// Get Work Item), which Accord never does.
    #[serde(default, rename = "multilineFieldsFormat")]
    pub(super) markdown: Markdown,
    pub(super) relations: Option<Vec<Relation>>,
}

/// The fields of `multilineFieldsFormat` whose format is Markdown. Writers spell it `Markdown`, answers
/// `markdown`; every other word is HTML.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Markdown(pub(super) BTreeSet<String>);

impl<'de> Deserialize<'de> for Markdown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let formats: Option<Map<String, Json>> = Option::deserialize(deserializer)?;
        let is_markdown = |format: &Json| {
            let word = format.as_str().unwrap_or_default().trim();
            word.eq_ignore_ascii_case("markdown")
        };
        let named = formats.unwrap_or_default().into_iter();
        Ok(Self(
            named
                .filter(|(_, format)| is_markdown(format))
                .map(|(name, _)| name)
                .collect(),
        ))
    }
}

/// What is read of a person, in the order of preference.
pub(super) const PERSON: &[&str] = &["uniqueName", "displayName", "name", "value"];

/// The members of an object in their order, without the index of a map: they are looked at once.
#[derive(Debug, Default)]
pub(super) struct Members(pub(super) Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or(32));
                while let Some(name) = map.next_key()? {
                    members.push((name, map.next_value_seed(Lean::here(PERSON))?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// A relation of a work item.
#[derive(Debug, Deserialize)]
pub(super) struct Relation {
    pub(super) rel: Option<String>,
    pub(super) url: Option<String>,
    pub(super) attributes: Option<Map<String, Json>>,
}

/// A page of `GET _apis/wit/reporting/workitemrevisions`: `values`, not `value`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Revisions {
    pub(super) values: Option<Vec<Revision>>,
    pub(super) continuation_token: Option<String>,
    pub(super) is_last_batch: bool,
}

/// An entry of the feed of revisions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Revision {
    pub(super) id: Option<u64>,
    pub(super) rev: Option<u64>,
    fields: Option<Map<String, Json>>,
}

impl Revision {
    /// Whether the item was in the recycle bin at this revision.
    pub(super) fn is_deleted(&self) -> bool {
        let told = self.fields.as_ref();
        told.and_then(|fields| fields.get("System.IsDeleted")) == Some(&Json::Bool(true))
    }
}

/// An entry of `GET _apis/wit/recyclebin?ids=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Deleted {
    pub(super) id: Option<u64>,
    /// What a request for this item alone would answer.
    pub(super) code: Option<u16>,
}

/// One answer of a `$batch`.
#[derive(Debug, Deserialize)]
pub(super) struct Element {
    pub(super) code: u16,
    /// A JSON text today, an object in older samples.
    #[serde(default)]
    pub(super) body: Json,
}
