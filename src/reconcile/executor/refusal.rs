//! What the server refused: the record of it, its reason without secrets, and the quarantine.

use std::collections::BTreeMap;

use super::RuleRun;
use crate::mapping::CompiledRow;
use crate::model::{RefusalClass, System, Value};
use crate::plan::{ItemKey, Operation, RowValues};
use crate::reconcile::secrecy::{LEFT_OUT, holds};
use crate::remote::RemoteErrorKind;
use crate::store::{Intent, Quarantine, QuarantineChange, Record};

impl RuleRun<'_> {
    /// The record of a write that the server refused for good.
    pub(super) fn refused(
        &mut self,
        intent: &Intent,
        key: ItemKey,
        digest: String,
        (class, reason): (RefusalClass, &str),
    ) -> Record {
        let mut record = self.abandoned(intent, reason);
        if let Some(audit) = &mut record.audit {
            "refused".clone_into(&mut audit.event);
        }
        record.quarantine = Some(self.put_aside(key, digest, (class, reason)));
        record
    }

    /// Why a server refused a write, without what its rows keep to themselves.
    pub(super) fn refusal(&self, operation: &Operation, words: String) -> String {
        let (fields, source, side) = match operation {
            Operation::CreateWorkItem { draft, source, .. } => {
                (&draft.fields, source, System::AzureDevOps)
            }
            Operation::UpdateWorkItem { patch, source, .. } => {
                (&patch.fields, source, System::AzureDevOps)
            }
            Operation::CreateCase { create, source, .. } => {
                (&create.fields, source, System::TestWorthy)
            }
            Operation::UpdateCase { patch, source, .. } => {
                (&patch.fields, source, System::TestWorthy)
            }
            Operation::Mark { .. }
            | Operation::Retire { .. }
            | Operation::Restore { .. }
            | Operation::Record { .. } => return words,
        };
        let (Operation::UpdateWorkItem { written, .. } | Operation::UpdateCase { written, .. }) =
            operation
        else {
            let words = self.without_secrets(words, (fields, source, None), side);
            return with_hint(operation, words);
        };
        self.without_secrets(words, (fields, source, Some(written)), side)
    }

    fn without_secrets(
        &self,
        words: String,
        (fields, source, written): (&BTreeMap<String, Value>, &RowValues, Option<&RowValues>),
        side: System,
    ) -> String {
        let repeated = |row: &CompiledRow| {
            let from = source.get(row.name());
            let to = from.and_then(|from| row.translate(side.other(), from).ok());
            let wanted = written.and_then(|written| written.get(row.name()));
            let sent = fields.get(&row.path(side));
            let mut values = [from, to.as_ref(), wanted, sent].into_iter().flatten();
            values.any(|value| holds(&words, value))
        };
        let mut secret = self.mapping.rows.iter().filter(|row| row.sensitive());
        if secret.any(repeated) {
            LEFT_OUT.to_owned()
        } else {
            words
        }
    }

    pub(super) fn put_aside(
        &mut self,
        key: ItemKey,
        digest: String,
        (class, reason): (RefusalClass, &str),
    ) -> QuarantineChange {
        let waiting = self.aside.entry(key).or_default();
        waiting.insert(digest);
        QuarantineChange::Put(Quarantine {
            endpoints: self.endpoints.clone(),
            key: key.to_string(),
            rule: self.observation.rule.name.clone(),
            payload_digests: waiting.clone(),
            class,
            type_digest: self.observation.known.type_digest(),
            reason: reason.to_owned(),
            at: self.context.clock.now(),
        })
    }

    /// Takes an item out of the quarantine, unless another write of its pair waits there.
    pub(super) fn release(&self, key: ItemKey) -> Option<QuarantineChange> {
        let is_free = !self.aside.contains_key(&key);
        is_free.then(|| QuarantineChange::Release {
            endpoints: self.endpoints.clone(),
            key: key.to_string(),
        })
    }
}

/// What kind of refusal a failed write met, of those that are the server's last word.
pub(super) fn class_of(kind: &RemoteErrorKind) -> RefusalClass {
    match kind {
        RemoteErrorKind::Forbidden { .. }
        | RemoteErrorKind::HostRefused { .. }
        | RemoteErrorKind::Unauthenticated { .. } => RefusalClass::Permission,
        RemoteErrorKind::NotFound { .. } => RefusalClass::Missing,
        RemoteErrorKind::Unsupported { .. } => RefusalClass::NotOffered,
        RemoteErrorKind::Rejected { .. }
        | RemoteErrorKind::Unavailable { .. }
        | RemoteErrorKind::RateLimited { .. }
        | RemoteErrorKind::Protocol { .. } => RefusalClass::Content,
    }
}

/// A server that misses a section is answered by naming the key that gives one.
fn with_hint(operation: &Operation, words: String) -> String {
    match operation {
        Operation::CreateCase { create, .. }
            if create.section.is_empty() && words.to_lowercase().contains("section") =>
        {
            format!(
                "{words}; the rule names no section for new cases: give it a `createIn.testworthy.section`"
            )
        }
        _ => words,
    }
}
