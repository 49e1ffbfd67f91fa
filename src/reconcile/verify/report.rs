//! What a test sync found, as a document: the same for people and programs.

use serde::Serialize;
use serde_json::Value as Json;

use crate::model::System;
use crate::plan::{ItemRef, OriginEntry};

/// The schema that this version writes.
const SCHEMA: &str = "accord-verify/1";

/// A test sync. Nothing in it was stored anywhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// Always `accord-verify/1`.
    pub schema: &'static str,
    /// How the samples fared.
    pub summary: VerifySummary,
    /// Why the servers could be asked, by connection; left out where none was asked.
    pub evidence: Vec<EvidenceEntry>,
    /// The rules, by name.
    pub rules: Vec<RuleReport>,
    /// Why samples were not sent, or what a server stored all the same. Nothing was asked after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
}

/// How many samples fared how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifySummary {
    /// All of them.
    pub samples: u64,
    /// The server would carry them out as they are.
    pub accepted: u64,
    /// It would carry them out and keep another value of a field.
    pub rewritten: u64,
    /// It would refuse them, or Accord would not send them.
    pub objected: u64,
    /// Accord has nothing against them and no server was asked.
    pub not_asked: u64,
    /// The item was changed meanwhile.
    pub outdated: u64,
}

/// Why a server could be sent what it is only to validate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceEntry {
    /// The connection.
    pub connection: String,
    /// The reason, in words.
    pub reason: String,
}

/// Why a test sync ended before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// The connection.
    pub connection: String,
    /// What happened.
    pub message: String,
    /// What to do next.
    pub help: String,
}

/// A rule with its samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// `SyncRule/NAME`.
    pub address: String,
    /// Its connection.
    pub connection: String,
    /// The sides that it writes.
    pub targets: Vec<System>,
    /// Where it is declared.
    pub origin: OriginEntry,
    /// Updates, then marks, then creates, then what waits.
    pub samples: Vec<Sample>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SampleKind {
    /// An update that the plan would make.
    Update,
    /// The values that a linked item holds, sent back as an update that changes nothing.
    Repeat,
    /// Accord's mark on a source item.
    Mark,
    /// A create that the plan would make.
    Create,
    /// A create that is made up from an item which is linked already.
    MadeUpCreate,
    /// An item that waits: Accord does not send it.
    Held,
}

impl SampleKind {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Repeat => "unchanged update",
            Self::Mark => "mark",
            Self::Create => "create",
            Self::MadeUpCreate => "made-up create",
            Self::Held => "waiting",
        }
    }
}

/// How a sample fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The server would carry it out.
    Accepted,
    /// The server would carry it out and keep another value of a field.
    Rewritten,
    /// The server would refuse it, or Accord would not send it.
    Objected,
    /// Accord has nothing against it; no server was asked.
    NotAsked,
    /// The item was changed while the test ran.
    Outdated,
}

/// One create or update.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// The source item's address.
    pub address: String,
    /// What it is.
    pub kind: SampleKind,
    /// The side that would be written.
    pub system: System,
    /// The pair, as far as there is one.
    pub item: ItemRef,
    /// How it fared.
    pub verdict: Verdict,
    /// Field by field, in the order of the mapping.
    pub fields: Vec<SampleField>,
    /// What speaks against it.
    pub objections: Vec<SampleObjection>,
}

/// What became of a field in the server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Echo {
    /// It would hold what was sent, or what it holds now.
    Kept,
    /// It would hold something else.
    Rewritten,
    /// It was left out, and the server would fill it in.
    FilledIn,
}

/// One field of a sample on both sides. Values of sensitive rows are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleField {
    /// The row of the mapping; none for a place that the rule names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The field in TestWorthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub testworthy_field: Option<String>,
    /// The field in Azure DevOps.
    #[serde(rename = "azureDevOpsField", skip_serializing_if = "Option::is_none")]
    pub azure_devops_field: Option<String>,
    /// What TestWorthy holds; left out where there is no case, or it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub testworthy: Option<Json>,
    /// What Azure DevOps holds; left out where there is no work item, or it cannot be read.
    #[serde(rename = "azureDevOps", skip_serializing_if = "Option::is_none")]
    pub azure_devops: Option<Json>,
    /// What would be written; left out where the field would be left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Json>,
    /// What the server says that it would hold; left out where it was not asked or does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Json>,
    /// What became of it in the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<Echo>,
    /// Whether it would be written.
    pub is_written: bool,
    /// Whether the values are left out.
    pub sensitive: bool,
    /// Where it is declared.
    pub origin: OriginEntry,
}

impl SampleField {
    /// Its name on one side, or on the other where it has none there.
    pub fn name(&self, system: System) -> &str {
        let (first, second) = match system {
            System::TestWorthy => (&self.testworthy_field, &self.azure_devops_field),
            System::AzureDevOps => (&self.azure_devops_field, &self.testworthy_field),
        };
        first.as_deref().or(second.as_deref()).unwrap_or_default()
    }
}

/// Who objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Objector {
    /// The server that was asked.
    Server,
    /// Accord, before anything is sent.
    Accord,
}

/// Something that speaks against a sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleObjection {
    /// Who objects.
    pub by: Objector,
    /// The stable code of the finding.
    pub code: String,
    /// The words; of a server its own, unless they may repeat a sensitive value.
    pub message: String,
    /// The row that it is about, if that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The declaration that it is about: the row's, else the rule's.
    pub origin: OriginEntry,
    /// The request that was refused, with its status: `PATCH URL, status 400`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The server's own id for the request, for its support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_id: Option<String>,
}

impl VerifyReport {
    /// Counts the samples and puts everything in order.
    pub(super) fn new(
        evidence: Vec<EvidenceEntry>,
        mut rules: Vec<RuleReport>,
        stopped: Option<Stop>,
    ) -> Self {
        rules.sort_by(|one, other| one.address.cmp(&other.address));
        let mut summary = VerifySummary::default();
        for sample in rules.iter().flat_map(|rule| &rule.samples) {
            summary.samples += 1;
            *match sample.verdict {
                Verdict::Accepted => &mut summary.accepted,
                Verdict::Rewritten => &mut summary.rewritten,
                Verdict::Objected => &mut summary.objected,
                Verdict::NotAsked => &mut summary.not_asked,
                Verdict::Outdated => &mut summary.outdated,
            } += 1;
        }
        Self {
            schema: SCHEMA,
            summary,
            evidence,
            rules,
            stopped,
        }
    }

    /// Every objection with its rule and its sample.
    pub fn objections(&self) -> impl Iterator<Item = (&RuleReport, &Sample, &SampleObjection)> {
        self.rules.iter().flat_map(|rule| {
            rule.samples.iter().flat_map(move |sample| {
                let objections = sample.objections.iter();
                objections.map(move |objection| (rule, sample, objection))
            })
        })
    }
}
