//! The plan document, schema `accord-plan/1` (`schemas/plan.schema.json`).
//!
//! The same inputs give the same bytes: no times, no durations, every list in a stated order.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::diagnostics::Severity;
use crate::manifest::compare::{ManifestChanges, present};
use crate::mapping::Hop;
use crate::model::config::Connection;
use crate::model::{System, Value};

/// The schema that this version writes: a name and a major version. Keys may be added within a major
/// version, so readers pass over keys that they do not know; they refuse another major version.
pub const SCHEMA: &str = "accord-plan/1";

/// What one apply would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Always `accord-plan/1`.
    #[schemars(extend("const" = "accord-plan/1"))]
    pub schema: String,
    /// Digest of scope, operations with their field changes, and preconditions.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    pub plan_id: String,
    /// Digest of what the manifests cause: configuration, mapping and rule changes, no preconditions.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    pub review_id: String,
    /// The program that made it.
    pub tool: ToolEntry,
    /// What it was made from.
    pub inputs: Inputs,
    /// The connections it touches, by name.
    pub connections: Vec<ConnectionEntry>,
    /// Every selected item, counted once.
    pub summary: Summary,
    /// Whether it may run.
    pub safety: SafetyReport,
    /// What would change, in the order of execution.
    pub changes: Vec<Change>,
    /// What a person has to decide.
    pub conflicts: Vec<ConflictEntry>,
    /// What is worth knowing.
    pub findings: Vec<PlanFinding>,
    /// Edits made on the target of a one-way rule.
    pub drift: Vec<DriftEntry>,
    /// What changed in the manifests since the revision of `--base`; left out without one. Part of no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_changes: Option<ManifestChanges>,
}

impl Plan {
    /// The JSON Schema (draft-07) of this document, for `schemas/plan.schema.json`.
    pub fn json_schema() -> Json {
        let mut schema = SchemaSettings::draft07()
            .into_generator()
            .into_root_schema_for::<Self>()
            .to_value();
        describe_variants(&mut schema);
        schema
    }

    /// Whether an operation would run: the question of `--detailed-exitcode`. Conflicts, held and
    /// quarantined items are none.
    pub fn has_operations(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether something that the manifests declare cannot be had; the rest of the plan can run all the
    /// same.
    pub fn has_errors(&self) -> bool {
        let error = Severity::Error.as_str();
        self.findings.iter().any(|one| one.severity == error)
    }
}

/// A variant with a value is an object with one key; what describes the variant describes the key.
fn describe_variants(node: &mut Json) {
    match node {
        Json::Object(members) => {
            if let Some(description) = members.get("description").cloned()
                && let Some(Json::Object(keys)) = members.get_mut("properties")
                && keys.len() == 1
            {
                for key in keys.values_mut().filter_map(Json::as_object_mut) {
                    key.entry("description").or_insert(description.clone());
                }
            }
            members.values_mut().for_each(describe_variants);
        }
        Json::Array(members) => members.iter_mut().for_each(describe_variants),
        _ => {}
    }
}

/// The program that made a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolEntry {
    /// Always `accord`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a plan was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Inputs {
    /// SHA-256 over the manifests.
    pub digest: String,
    /// The commit that was checked out, if known.
    pub git_commit: Option<String>,
    /// Whether the manifests differ from that commit, if known.
    pub dirty: Option<bool>,
    /// The addresses that `--only` narrowed the plan to, sorted; left out when it covers everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
}

/// A connection that a plan touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionEntry {
    /// `metadata.name`.
    pub name: String,
    /// Address of the TestWorthy server.
    pub testworthy: String,
    /// Address of the organisation.
    #[serde(rename = "azureDevOps")]
    pub azure_devops: String,
    /// The Azure DevOps project.
    pub project: String,
}

impl ConnectionEntry {
    /// What plans say of a connection: where it leads, nothing of how it is opened.
    pub fn of(connection: &Connection) -> Self {
        Self {
            name: connection.name.to_string(),
            testworthy: connection.testworthy.url.to_string(),
            azure_devops: connection.azure_devops.organization_url.to_string(),
            project: connection.azure_devops.project.clone(),
        }
    }
}

/// How many items fall into each class. Every selected item is in exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Items to be created.
    pub create: u64,
    /// Items to be changed.
    pub update: u64,
    /// Items to be closed or removed.
    pub delete: u64,
    /// Existing pairs to be linked, and nothing else to be changed on them.
    pub link: u64,
    /// Items in accord.
    pub unchanged: u64,
    /// Items with something that a person has to decide, and nothing else to do.
    pub conflict: u64,
    /// Items that a server refused, or that match more than one item.
    pub quarantined: u64,
    /// Items that left the scope, or that the rule does not create.
    pub filtered: u64,
    /// Items that wait: an unmapped value, or a write whose answer is outstanding.
    pub held: u64,
}

impl Summary {
    /// Items with an operation that would run.
    pub fn planned(&self) -> u64 {
        self.create + self.update + self.delete + self.link
    }

    /// All selected items.
    pub fn selected(&self) -> u64 {
        self.planned()
            + self.unchanged
            + self.conflict
            + self.quarantined
            + self.filtered
            + self.held
    }
}

/// Whether a plan may run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SafetyReport {
    /// The worst of the rules.
    pub verdict: SafetyVerdict,
    /// Every rule that was measured and is not plainly fulfilled, and the limits with their measure.
    pub rules: Vec<SafetyRule>,
}

/// A safety rule and what it measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SafetyRule {
    /// Stable code, resolved by `accord explain`.
    pub code: String,
    /// The address it was measured for, for example `SyncRule/regression-cases`.
    pub address: String,
    /// The outcome.
    pub verdict: SafetyVerdict,
    /// What was measured, in words: `12 of 30 linked items (40.0 %)`.
    pub measured: String,
    /// The limit, in words: `30 %`.
    pub limit: String,
    /// The way out, if it blocks.
    pub help: Option<String>,
}

/// The outcome of a safety rule.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum SafetyVerdict {
    /// Within the limit.
    Pass,
    /// Over the limit, and the person said so beforehand.
    Overridden,
    /// Nothing may run.
    Blocked,
}

/// One item that would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `SyncRule/NAME/case/ID` or `SyncRule/NAME/workItem/ID`: always the source item, of a linked pair of
    /// a two-way rule the case; of a configuration resource its own, for example
    /// `Connection/NAME/integration`.
    pub address: String,
    /// The system that would be written.
    pub system: System,
    /// What would be done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The pair; empty for a configuration resource.
    pub item: ItemRef,
    /// Field by field, in the order of the mapping.
    pub fields: Vec<FieldChange>,
    /// What must still hold when it runs.
    pub precondition: Option<Precondition>,
    /// The declaration that causes it.
    pub origin: OriginEntry,
}

impl Change {
    /// Whether it is about a configuration resource and not about an item.
    pub fn is_configuration(&self) -> bool {
        !self.address.starts_with("SyncRule/")
    }
}

/// What would be done to an item.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A new item, or a deleted one that comes back.
    Create,
    /// New values, or a missing marker.
    Update,
    /// Closed or removed.
    Delete,
    /// An existing pair becomes linked.
    Link,
}

/// Why an item would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The source has it and the target does not.
    MissingOnTarget,
    /// The source changed since the last apply.
    SourceChanged,
    /// The target was edited and the rule enforces the source.
    DriftEnforced,
    /// The mapping of a field changed since the last apply.
    MappingChanged,
    /// The pair is linked for the first time and the source's values hold.
    FirstSync,
    /// The pair was recognised by Accord's marker.
    MatchedByMarker,
    /// The pair was recognised by `AB#n` in the references.
    MatchedById,
    /// The pair was recognised by its title.
    MatchedByTitle,
    /// Only a marker is missing.
    MarkerMissing,
    /// A configuration resource is not as the manifests declare it.
    DeclarationDiffers,
    /// Both sides changed, and a policy or a person said who is right.
    ConflictResolved,
    /// Both sides changed, and both edits were put together.
    Merged,
    /// The item of the other side was deleted.
    CounterpartDeleted,
    /// The item of this side was deleted and the rule or a person wants it back.
    Recreated,
}

/// The pair that a change is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemRef {
    /// The case's id, if there is one yet.
    pub testworthy: Option<u64>,
    /// The work item's id, if there is one yet.
    #[serde(rename = "azureDevOps")]
    pub azure_devops: Option<u64>,
    /// The source's title.
    pub title: String,
}

/// One field that would change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The target's field: a reference name, `System.Tags[smoke]` for a tag row, or a case field.
    pub path: String,
    /// The target's value now; left out when sensitive.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub before: Option<Json>,
    /// The target's value afterwards; left out when sensitive.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub after: Option<Json>,
    /// Whether the values are left out.
    pub sensitive: bool,
    /// Values between the two that the target passes in this order, each with a write of its own: the
    /// states of a workflow that lets no one go straight. Left out where the change is one write, and
    /// when sensitive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
}

impl FieldChange {
    /// A change between two values of the target. This is the one place where the values of a
    /// sensitive row are left out, so build field changes through it.
    pub fn between(
        path: impl Into<String>,
        before: &Value,
        after: &Value,
        sensitive: bool,
    ) -> Self {
        let shown = |value: &Value| (!sensitive).then(|| value.to_json());
        Self {
            path: path.into(),
            before: shown(before),
            after: shown(after),
            sensitive,
            via: Vec::new(),
        }
    }

    /// The same change by these writes, of which the last one brings the value that stands in it.
    #[must_use]
    pub fn by(mut self, route: &[Hop]) -> Self {
        if let (Some((_, between)), false) = (route.split_last(), self.sensitive) {
            self.via = between.iter().map(|hop| hop.state.clone()).collect();
        }
        self
    }
}

/// What must still hold when a change runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Precondition {
    /// The work item is at this revision.
    Rev(u64),
    /// The case's mapped values and references, or the configuration resource, have this digest.
    Fingerprint(String),
    /// No item carries the source's marker; or the configuration resource is not there.
    Absent,
}

/// Where the declaration that causes a change stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OriginEntry {
    /// Path below the project's folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// Something that a person has to decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConflictEntry {
    /// The source item's address.
    pub address: String,
    /// Stable code.
    pub code: String,
    /// The pair.
    pub item: ItemRef,
    /// The field, if it is about one.
    pub path: Option<String>,
    /// What happened and what the choices are.
    pub message: String,
    /// The values that met; left out for a sensitive row and for a conflict about an item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<ConflictValues>,
    /// Whether the values are left out because the row is sensitive.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Where the row, or else the rule, is declared; plans of older versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginEntry>,
}

/// The values that met in a conflict, each in its own side's terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConflictValues {
    /// What TestWorthy held when both were last in accord; left out if they never were.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub base_testworthy: Option<Json>,
    /// What Azure DevOps held then.
    #[serde(
        default,
        rename = "baseAzureDevOps",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub base_azure_devops: Option<Json>,
    /// What TestWorthy holds.
    pub testworthy: Json,
    /// What Azure DevOps holds.
    #[serde(rename = "azureDevOps")]
    pub azure_devops: Json,
}

/// A finding about an item or a declaration, in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanFinding {
    /// Stable code.
    pub code: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// The address it is about.
    pub address: String,
    /// What and what to do next.
    pub message: String,
    /// Where it is declared.
    pub origin: Option<OriginEntry>,
}

/// An edit that was made on the target of a one-way rule or row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftEntry {
    /// The source item's address.
    pub address: String,
    /// The pair.
    pub item: ItemRef,
    /// The target's field.
    pub path: String,
    /// The system whose item was edited; left out where the rule goes one way: its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// What the target held at the last apply; left out when sensitive.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub recorded: Option<Json>,
    /// What it holds now; left out when sensitive.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub live: Option<Json>,
    /// Whether the values are left out.
    pub sensitive: bool,
    /// `enforce`, `report` or `ignore`.
    pub policy: String,
}
