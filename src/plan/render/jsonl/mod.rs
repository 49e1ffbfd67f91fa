//! What happens during a command, one JSON object on each line; schema `accord-events/1`
//! (`schemas/events.schema.json`).
//!
//! Lines are for programs that follow a run. Unlike the plan they hold times, durations and counts of
//! requests. Types may be added within the major version, so a reader passes over a type that it does not
//! know. A value that a plan leaves out is in no event.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::diagnostics::json_defused;
use crate::manifest::compare::ManifestChanges;
use crate::model::System;
use crate::plan::{
    Change, ConflictEntry, ConnectionEntry, DriftEntry, Inputs, Plan, PlanFinding, SafetyReport,
    Summary, ToolEntry,
};

/// The schema that the first line names.
pub const SCHEMA: &str = "accord-events/1";

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Event<'a> {
    /// The first line.
    Start {
        /// Always `accord-events/1`.
        #[schemars(extend("const" = "accord-events/1"))]
        schema: Cow<'a, str>,
        /// The program that writes.
        tool: ToolEntry,
        /// The command: `plan`, `apply` or `show`.
        command: Cow<'a, str>,
        /// When, in UTC. Left out where nothing is carried out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("format" = "date-time"))]
        at: Option<String>,
    },
    /// A piece of work begins: a system is read, or written.
    WorkStarted {
        /// What, in words.
        what: Cow<'a, str>,
        /// How many units it has, if that is known.
        total: Option<u64>,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// It has come so far. Not more often than about once a second.
    WorkProgress {
        /// What, in words.
        what: Cow<'a, str>,
        /// Units that are done.
        done: u64,
        /// Units that it has, if that is known.
        total: Option<u64>,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// It is done, or was given up.
    WorkEnded {
        /// What, in words.
        what: Cow<'a, str>,
        /// Units that were done.
        done: u64,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// Something worth a line.
    Note {
        /// The sentence.
        message: Cow<'a, str>,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// An item that would change, in the order of execution. What it holds is that of the plan.
    Change {
        /// Its place among the changes, from 0.
        index: u64,
        /// The change.
        change: Cow<'a, Change>,
    },
    /// Something that a person has to decide.
    Conflict {
        /// The conflict.
        conflict: Cow<'a, ConflictEntry>,
    },
    /// Something worth knowing.
    Finding {
        /// The finding.
        finding: Cow<'a, PlanFinding>,
    },
    /// An edit made on the target of a one-way rule.
    Drift {
        /// The edit.
        drift: Cow<'a, DriftEntry>,
    },
    /// The plan as a whole, behind its changes.
    Plan {
        /// Digest of scope, operations with their field changes, and preconditions.
        plan_id: Cow<'a, str>,
        /// Digest of what the manifests cause.
        review_id: Cow<'a, str>,
        /// What it was made from.
        inputs: Cow<'a, Inputs>,
        /// What changed in the manifests since the revision of `--base`; left out without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        manifest_changes: Option<Cow<'a, ManifestChanges>>,
        /// The connections it touches.
        connections: Cow<'a, [ConnectionEntry]>,
        /// Every selected item, counted once.
        summary: Summary,
        /// Whether it may run.
        safety: Cow<'a, SafetyReport>,
    },
    /// The plan is being carried out.
    ApplyStarted {
        /// Operations that it has.
        operations: u64,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// An operation was carried out and recorded.
    OperationDone {
        /// The source item's address.
        address: Cow<'a, str>,
        /// The change of the plan, by its `index`; left out for what is no change of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<u64>,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// An operation was not carried out.
    OperationFailed {
        /// The source item's address.
        address: Cow<'a, str>,
        /// `stale`, `refused`, `unanswered` or `notRun`.
        kind: Cow<'a, str>,
        /// What happened and what comes next.
        message: Cow<'a, str>,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// What became of the plan.
    ApplyEnded {
        /// The run, as the state names it.
        run: Cow<'a, str>,
        /// Operations that were carried out.
        applied: u64,
        /// Operations that were not.
        failed: u64,
        /// Whether somebody asked to stop.
        stopped: bool,
        /// Worth knowing and no failure.
        notes: Cow<'a, [String]>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// When, in UTC.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
    /// What one connection asked of one system.
    Requests {
        /// The connection.
        connection: Cow<'a, str>,
        /// The system.
        system: System,
        /// Requests that were sent, repeated ones included.
        requests: u64,
        /// Writes among them.
        writes: u64,
        /// Requests that were repeated.
        retries: u64,
        /// Pauses for a server's rate limit or between repetitions.
        waits: u64,
        /// Their length together, in milliseconds.
        waited_ms: u64,
        /// Bytes of request bodies.
        bytes_sent: u64,
        /// Bytes of the bodies of answers, decompressed.
        bytes_received: u64,
    },
    /// Why the command failed.
    Error {
        /// What happened.
        message: Cow<'a, str>,
        /// What to do next.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        help: Option<Cow<'a, str>>,
    },
    /// The last line: a stream without one was cut off.
    End {
        /// What the command ends with.
        exit_code: u8,
        /// How long it took, in milliseconds; left out where nothing is carried out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration_ms: Option<u64>,
        /// When, in UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("format" = "date-time"))]
        at: Option<String>,
    },
}

impl Event<'_> {
    /// The event as one line, ended. It holds no line break of its own: JSON spells them out.
    pub fn line(&self) -> String {
        let line =
            serde_json::to_string(self).expect("an event has text keys and finite numbers only");
        let mut line = json_defused(line);
        line.push('\n');
        line
    }

    /// The JSON Schema (draft-07) of one line, for `schemas/events.schema.json`. A type that it does not
    /// know fits it, so that a reader who checks lines goes on when types are added.
    pub fn json_schema() -> Json {
        let mut schema = SchemaSettings::draft07()
            .into_generator()
            .into_root_schema_for::<Event<'_>>()
            .to_value();
        schema["title"] = json!("Event");
        schema["description"] = json!(
            "One line of `--format jsonl`. The first line has the type `start`, the last one `end`."
        );
        let Some(known) = schema.get_mut("oneOf").and_then(Json::as_array_mut) else {
            return schema;
        };
        let names: Vec<Json> = known
            .iter()
            .map(|one| one["properties"]["type"]["const"].clone())
            .collect();
        for one in known.iter_mut() {
            one["properties"]["type"]["description"] = json!("What happened.");
        }
        known.push(json!({
            "description": "A type of a later version: pass it over.",
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {
                    "description": "None of the types that this version knows.",
                    "type": "string",
                    "not": { "enum": names },
                },
            },
        }));
        schema
    }
}

/// The plan's part of a stream: its changes, conflicts, edits on targets and findings, each in the plan's
/// order, and what holds for the whole of it.
pub fn plan_events(plan: &Plan) -> impl Iterator<Item = Event<'_>> {
    let changes = plan.changes.iter().enumerate();
    let changes = changes.map(|(index, change)| Event::Change {
        index: index as u64,
        change: Cow::Borrowed(change),
    });
    let conflicts = plan.conflicts.iter().map(|conflict| Event::Conflict {
        conflict: Cow::Borrowed(conflict),
    });
    let drift = plan.drift.iter().map(|drift| Event::Drift {
        drift: Cow::Borrowed(drift),
    });
    let findings = plan.findings.iter().map(|finding| Event::Finding {
        finding: Cow::Borrowed(finding),
    });
    let whole = std::iter::once_with(|| Event::Plan {
        plan_id: Cow::Borrowed(&plan.plan_id),
        review_id: Cow::Borrowed(&plan.review_id),
        inputs: Cow::Borrowed(&plan.inputs),
        manifest_changes: plan.manifest_changes.as_ref().map(Cow::Borrowed),
        connections: Cow::Borrowed(&plan.connections),
        summary: plan.summary,
        safety: Cow::Borrowed(&plan.safety),
    });
    changes
        .chain(conflicts)
        .chain(drift)
        .chain(findings)
        .chain(whole)
}

/// How to write a plan as lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonlOptions {}

/// A plan that was made before, as a stream of its own: no times, and the same plan gives the same bytes.
pub fn jsonl(plan: &Plan, _options: &JsonlOptions) -> String {
    let start = Event::Start {
        schema: Cow::Borrowed(SCHEMA),
        tool: plan.tool.clone(),
        command: Cow::Borrowed("show"),
        at: None,
    };
    let end = Event::End {
        exit_code: 0,
        duration_ms: None,
        at: None,
    };
    std::iter::once(start)
        .chain(plan_events(plan))
        .chain(std::iter::once(end))
        .map(|event| event.line())
        .collect()
}
