//! The documents: `accord-diff/1` (`schemas/diff.schema.json`), and what changed in the manifests as part of a
//! plan.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

/// The schema that this version writes: a name and a major version. Keys may be added within a major
/// version; readers pass over keys that they do not know.
pub const SCHEMA: &str = "accord-diff/1";

/// What the manifests of one revision or folder mean that those of another one do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestDiff {
    /// Always `accord-diff/1`.
    #[schemars(extend("const" = "accord-diff/1"))]
    pub schema: String,
    /// The older side.
    pub from: ManifestSide,
    /// The newer side.
    pub to: ManifestSide,
    /// How many declarations changed.
    pub summary: ManifestSummary,
    /// The changes: dangerous ones first, then those that ask for caution, each by kind and name.
    pub changes: Vec<DeclarationChange>,
}

impl ManifestDiff {
    /// Of changes between two sides.
    pub fn new(from: ManifestSide, to: ManifestSide, changes: Vec<DeclarationChange>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            from,
            to,
            summary: ManifestSummary::of(&changes),
            changes,
        }
    }

    /// The JSON Schema (draft-07) of this document, for `schemas/diff.schema.json`.
    pub fn json_schema() -> Json {
        SchemaSettings::draft07()
            .into_generator()
            .into_root_schema_for::<Self>()
            .to_value()
    }
}

/// Where the manifests of one side stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestSide {
    /// The revision or the folder as it was asked for; left out for the working folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The commit, if it is a revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// SHA-256 over the manifests.
    pub digest: String,
}

impl ManifestSide {
    /// `main (1a2b3c4d5e6f)`, `the working folder`.
    pub fn label(&self) -> String {
        match (&self.name, &self.commit) {
            (Some(name), Some(commit)) if !commit.starts_with(name.as_str()) => {
                format!("{name} ({})", commit.get(..12).unwrap_or(commit))
            }
            (Some(name), _) => name.clone(),
            (None, _) => "the working folder".to_owned(),
        }
    }
}

/// How many declarations changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestSummary {
    /// Declarations that only the newer side has.
    pub added: u64,
    /// Declarations that both have and that mean something else.
    pub changed: u64,
    /// Declarations that only the older side has.
    pub removed: u64,
    /// Those among them with something dangerous.
    pub dangerous: u64,
}

impl ManifestSummary {
    /// Counts.
    pub fn of(changes: &[DeclarationChange]) -> Self {
        let of = |kind| changes.iter().filter(|one| one.change == kind).count() as u64;
        let dangerous = changes
            .iter()
            .filter(|one| one.level() == Some(Level::Danger));
        Self {
            added: of(ChangeKind::Added),
            changed: of(ChangeKind::Changed),
            removed: of(ChangeKind::Removed),
            dangerous: dangerous.count() as u64,
        }
    }
}

/// What changed in the manifests since a revision, as part of a plan. Not part of its ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestChanges {
    /// What was compared with: the revision of `--base`.
    pub since: ManifestSide,
    /// Why it cannot be told what changed, if it cannot: the manifests of that revision do not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// How many declarations changed.
    pub summary: ManifestSummary,
    /// The changes: dangerous ones first, then those that ask for caution, each by kind and name.
    pub changes: Vec<DeclarationChange>,
}

/// A declaration that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclarationChange {
    /// `Project`, or kind and name: `FieldMapping/test-case`.
    pub address: String,
    /// What became of it.
    pub change: ChangeKind,
    /// Where it is declared: on the newer side, or on the older one if it was removed.
    pub origin: Option<DeclaredAt>,
    /// What a reviewer must not miss, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<Attention>,
    /// What changed in it, key by key; empty where it was added or removed.
    pub keys: Vec<KeyChange>,
    /// The rules whose items it is about, sorted.
    pub rules: Vec<String>,
    /// How many linked items those rules have; null where the state was not asked.
    pub linked_items: Option<u64>,
    /// In a plan: how many of its changes have this one as their cause (`mappingChanged`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
}

impl DeclarationChange {
    /// The worst of what is said about it.
    pub fn level(&self) -> Option<Level> {
        self.attention.iter().map(|one| one.level).max()
    }
}

/// What became of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is another one.
    Changed,
    /// It is gone.
    Removed,
}

/// Where something is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredAt {
    /// Path below the project's folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// A key of a declaration that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyChange {
    /// The key from the top of the document; names of entries stand in brackets:
    /// `spec.fields[priority].unmapped`.
    pub path: String,
    /// What became of it. A key that says what its default says counts as one that is not there.
    pub change: ChangeKind,
    /// What it was; left out where it was not there, and when sensitive.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub before: Option<Json>,
    /// What it is; left out where it is not there any more, and when sensitive.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub after: Option<Json>,
    /// Whether the values are left out because the row is sensitive.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// Something that a reviewer must not miss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attention {
    /// How bad it can be.
    pub level: Level,
    /// What it means, in one sentence.
    pub message: String,
}

/// How bad something can be.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Items may be changed, overwritten or left in a way that was not so before.
    Caution,
    /// Credentials go elsewhere, what is known of pairs is left behind, or a protection goes.
    Danger,
}

/// Reads a key that is there as `Some`, `null` included: a value that was cleared is not a value that was left
/// out.
pub(crate) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}
