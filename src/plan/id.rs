//! `planId` and `reviewId`: what an approval stands for.
//!
//! Both are SHA-256 over an encoding in which every part carries its length and kind, so no two
//! different plans share an encoding, cut to 128 bits and shown as 32 lower-case hex digits. An
//! author of manifests can choose much of what is hashed, so shorter ids could be made to collide.
//!
//! Times, durations, warnings, findings, counts, versions and the place of a declaration in its file
//! are never part of either.
//!
//! **Sensitive values are not part of an id.** A digest of a value that everyone could otherwise
//! guess (a flag, a priority, a short password) lets anyone who holds the plan try values until the
//! id fits, and no key is at hand that is both secret and the same on every machine. What is hashed is
//! that the field changes, and the precondition of its item. So an id stands for exactly what its
//! reader could see.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{Change, Plan, Precondition, Reason};
use crate::model::System;

/// Digest of the scope (connections, `--only`), the operations with their field changes, and their
/// preconditions. The order in which the plan lists them does not matter.
pub fn plan_id(plan: &Plan) -> String {
    let mut hash = Encoder::new("accord/plan-id/1");
    scope(&mut hash, plan);
    let mut operations: Vec<[u8; 32]> = plan.changes.iter().map(operation_digest).collect();
    operations.sort_unstable();
    hash.list(operations.len());
    for digest in &operations {
        hash.bytes(digest);
    }
    hash.id()
}

/// Digest of what the manifests cause: the scope, the manifests themselves, and changes of anything
/// but items (fields, subscriptions). Nothing of an item is in it, so neither an edit by a person nor
/// an item that comes or goes between review and merge changes it.
pub fn review_id(plan: &Plan) -> String {
    let mut hash = Encoder::new("accord/review-id/1");
    scope(&mut hash, plan);
    hash.text(&plan.inputs.digest);
    let mut configuration: Vec<[u8; 32]> = plan
        .changes
        .iter()
        .filter(|change| change.is_configuration())
        .map(|change| {
            let mut hash = Encoder::new("configuration");
            what(&mut hash, change);
            hash.finish()
        })
        .collect();
    configuration.sort_unstable();
    hash.list(configuration.len());
    for digest in &configuration {
        hash.bytes(digest);
    }
    hash.id()
}

/// Whether a document carries the ids of its operations and scope. Titles, counts, verdicts, findings and
/// places are for the reader and are not covered: anyone can edit them, and ids that fit can be computed.
pub fn fit(plan: &Plan) -> bool {
    plan.plan_id == plan_id(plan) && plan.review_id == review_id(plan)
}

/// The digits of an id.
pub const DIGITS: usize = 32;

/// Whether `named` names a plan: its `planId` or its `reviewId`, and whole, because authors of manifests can
/// make shorter ones collide.
pub fn names(named: &str, plan: &Plan) -> bool {
    named == plan.plan_id || named == plan.review_id
}

fn scope(hash: &mut Encoder, plan: &Plan) {
    let mut connections: Vec<[&str; 4]> = plan
        .connections
        .iter()
        .map(|c| {
            [
                c.name.as_str(),
                c.testworthy.as_str(),
                c.azure_devops.as_str(),
                c.project.as_str(),
            ]
        })
        .collect();
    connections.sort_unstable();
    hash.list(connections.len());
    for part in connections.iter().flatten() {
        hash.text(part);
    }
    let mut only: Vec<&str> = plan.inputs.only.iter().map(String::as_str).collect();
    only.sort_unstable();
    only.dedup();
    hash.list(only.len());
    for address in only {
        hash.text(address);
    }
}

/// Digest of one operation: its address, what it does field by field, and its precondition. Two operations
/// with the same digest do the same to the same item at the same state; a sensitive value is not part of it.
pub fn operation_digest(change: &Change) -> [u8; 32] {
    let mut hash = Encoder::new("operation");
    what(&mut hash, change);
    match &change.precondition {
        None => hash.tag(0),
        Some(Precondition::Rev(rev)) => {
            hash.tag(1);
            hash.number(*rev);
        }
        Some(Precondition::Fingerprint(digest)) => {
            hash.tag(2);
            hash.text(digest);
        }
        Some(Precondition::Absent) => hash.tag(3),
    }
    hash.finish()
}

/// The title of the item is left out: it is there for the reader, and where it is written it is also
/// one of the fields.
fn what(hash: &mut Encoder, change: &Change) {
    hash.text(&change.address);
    hash.tag(match change.system {
        System::TestWorthy => 0,
        System::AzureDevOps => 1,
    });
    hash.tag(match change.action {
        super::Action::Create => 0,
        super::Action::Update => 1,
        super::Action::Delete => 2,
        super::Action::Link => 3,
    });
    hash.tag(reason(change.reason));
    for id in [change.item.testworthy, change.item.azure_devops] {
        match id {
            None => hash.tag(0),
            Some(id) => {
                hash.tag(1);
                hash.number(id);
            }
        }
    }
    let mut fields: Vec<[u8; 32]> = change
        .fields
        .iter()
        .map(|field| {
            let mut hash = Encoder::new("field");
            hash.text(&field.path);
            hash.tag(u8::from(field.sensitive));
            for value in [&field.before, &field.after] {
                match value {
                    None => hash.tag(0),
                    // Values of sensitive fields are not there; should one be, it stays out.
                    Some(_) if field.sensitive => hash.tag(0),
                    Some(value) => {
                        hash.tag(1);
                        hash.json(value);
                    }
                }
            }
            // Only where there is one, so that changes without keep their digest.
            if !field.via.is_empty() && !field.sensitive {
                hash.list(field.via.len());
                for between in &field.via {
                    hash.text(between);
                }
            }
            hash.finish()
        })
        .collect();
    fields.sort_unstable();
    hash.list(fields.len());
    for digest in &fields {
        hash.bytes(digest);
    }
}

fn reason(reason: Reason) -> u8 {
    match reason {
        Reason::MissingOnTarget => 0,
        Reason::SourceChanged => 1,
        Reason::DriftEnforced => 2,
        Reason::MappingChanged => 3,
        Reason::FirstSync => 4,
        Reason::MatchedByMarker => 5,
        Reason::MatchedById => 6,
        Reason::MatchedByTitle => 7,
        Reason::MarkerMissing => 8,
        Reason::DeclarationDiffers => 9,
        Reason::ConflictResolved => 10,
        Reason::CounterpartDeleted => 11,
        Reason::Recreated => 12,
        Reason::Merged => 13,
    }
}

/// Feeds a hash so that the parts can be told apart again: texts and lists carry their length.
struct Encoder(Sha256);

impl Encoder {
    fn new(domain: &str) -> Self {
        let mut encoder = Self(Sha256::new());
        encoder.text(domain);
        encoder
    }

    fn tag(&mut self, tag: u8) {
        self.0.update([tag]);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn list(&mut self, length: usize) {
        self.number(length as u64);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.list(text.len());
        self.bytes(text.as_bytes());
    }

    /// Keys of objects in their order, whatever order the document has.
    fn json(&mut self, value: &Json) {
        match value {
            Json::Null => self.tag(0),
            Json::Bool(flag) => {
                self.tag(1);
                self.tag(u8::from(*flag));
            }
            Json::Number(number) => {
                self.tag(2);
                self.text(&number.to_string());
            }
            Json::String(text) => {
                self.tag(3);
                self.text(text);
            }
            Json::Array(members) => {
                self.tag(4);
                self.list(members.len());
                for member in members {
                    self.json(member);
                }
            }
            Json::Object(members) => {
                self.tag(5);
                self.list(members.len());
                let mut members: Vec<(&String, &Json)> = members.iter().collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                for (key, member) in members {
                    self.text(key);
                    self.json(member);
                }
            }
        }
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    fn id(self) -> String {
        self.finish()[..DIGITS / 2]
            .iter()
            .fold(String::with_capacity(DIGITS), |mut id, byte| {
                let _ = write!(id, "{byte:02x}");
                id
            })
    }
}
