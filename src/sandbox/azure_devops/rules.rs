//! The rules of the process: allowed values, states and reasons, required fields, derived dates.

use super::Organization;
use super::edit::{Edit, Subject, Writer};
use super::error::ApiError;
use super::field::{self, Access, FieldId};
use super::item::Content;
use super::value::FieldValue;

/// Required and empty (recorded answers, `fieldStatusCode`).
const REQUIRED_EMPTY: u32 = 524_289;

impl Organization {
    /// Whether items of a type have a field: the system's own are on every type.
    pub(crate) fn has_field(&self, kind: usize, id: FieldId) -> bool {
        let definition = self.fields.get(id);
        !definition.custom.deleted
            && (definition.reference.starts_with("System.")
                || self.types[kind].fields.contains_key(&id))
    }

    /// The fields of a type, in the order of answers.
    pub(crate) fn type_fields(&self, kind: usize) -> impl Iterator<Item = FieldId> + '_ {
        self.fields
            .ids()
            .filter(move |id| self.has_field(kind, *id))
    }

    /// The content of a new item before its patch.
    pub(crate) fn blank(&self, kind: usize, project: usize) -> Content {
        let mut content = Content::default();
        let kind = &self.types[kind];
        let project = &self.projects[project];
        let fields = &mut content.fields;
        fields.insert(field::AREA_PATH, FieldValue::Node(project.area));
        fields.insert(field::ITERATION_PATH, FieldValue::Node(project.iteration));
        fields.insert(field::STATE, FieldValue::text(kind.initial_state()));
        for (id, rules) in &kind.fields {
            if let Some(default) = &rules.default
                && !self.fields.get(*id).custom.deleted
            {
                fields.insert(*id, default.clone());
            }
        }
        content
    }

    /// Checks an edit against the rules and adds what follows from it.
    pub(crate) fn apply_rules(
        &self,
        subject: Subject,
        base: &Content,
        edit: &mut Edit,
        writer: &Writer,
    ) -> Result<(), ApiError> {
        if !writer.bypass {
            self.check_lists(subject, base, edit)?;
        }
        self.apply_workflow(subject, base, edit, writer)?;
        if !writer.bypass {
            self.check_required(subject, edit)?;
        }
        Ok(())
    }

    fn check_lists(
        &self,
        subject: Subject,
        base: &Content,
        edit: &mut Edit,
    ) -> Result<(), ApiError> {
        for (id, rules) in &self.types[subject.kind].fields {
            if !edit.touched.contains(id) {
                continue;
            }
            if rules.read_only && edit.next.fields.get(id) != base.fields.get(id) {
                let definition = self.fields.get(*id);
                let flags = "ReadOnly, InvalidNotOldValue";
                return Err(ApiError::rule(
                    &definition.reference,
                    &definition.name,
                    flags,
                    66,
                ));
            }
            let allowed = self.allowed(subject.kind, *id);
            if allowed.suggested || allowed.values.is_empty() {
                continue;
            }
            let Some(value) = edit.next.fields.get(id) else {
                continue;
            };
            if base.fields.get(id) == Some(value) {
                continue;
            }
            let text = self.value_text(value);
            let listed = allowed
                .values
                .iter()
                .find(|allowed| self.value_text(allowed).to_lowercase() == text.to_lowercase());
            let Some(listed) = listed else {
                let definition = self.fields.get(*id);
                return Err(ApiError::not_in_list(
                    &definition.reference,
                    &definition.name,
                    &text,
                ));
            };
            edit.next.fields.insert(*id, listed.clone());
        }
        Ok(())
    }

    fn check_required(&self, subject: Subject, edit: &Edit) -> Result<(), ApiError> {
        for id in [field::AREA_PATH, field::ITERATION_PATH] {
            if !edit.next.fields.contains_key(&id) {
                let reference = &self.fields.get(id).reference;
                return Err(ApiError::bad_tree_path(subject.number(), reference));
            }
        }
        for (id, rules) in &self.types[subject.kind].fields {
            let missing = rules.required && !edit.next.fields.contains_key(id);
            if missing && !self.fields.get(*id).custom.deleted {
                let definition = self.fields.get(*id);
                let flags = "Required, InvalidEmpty";
                let (reference, name) = (&definition.reference, &definition.name);
                return Err(ApiError::rule(reference, name, flags, REQUIRED_EMPTY));
            }
        }
        Ok(())
    }

    fn apply_workflow(
        &self,
        subject: Subject,
        base: &Content,
        edit: &mut Edit,
        writer: &Writer,
    ) -> Result<(), ApiError> {
        let kind = &self.types[subject.kind];
        let text = |content: &Content, id: FieldId| {
            content
                .fields
                .get(&id)
                .map(|value| self.value_text(value))
                .unwrap_or_default()
        };
        let is_new = subject.id.is_none();
        let old = if is_new {
            String::new()
        } else {
            text(base, field::STATE)
        };
        let written = text(&edit.next, field::STATE);
        let unlisted = |id: FieldId, value: &str| {
            let definition = self.fields.get(id);
            ApiError::not_in_list(&definition.reference, &definition.name, value)
        };
        let state = kind.state(&written);
        let new = match state {
            Some(state) => state.name.to_string(),
            None if writer.bypass && !written.is_empty() => written,
            None => return Err(unlisted(field::STATE, &written)),
        };
        edit.next
            .fields
            .insert(field::STATE, FieldValue::text(&new));
        let changed = old != new;
        let way = kind.transition(&old, &new);
        if changed && way.is_none() && !writer.bypass {
            return Err(unlisted(field::STATE, &new));
        }
        let possible: Vec<&str> = match way {
            Some(way) if changed => way.reasons.iter().map(|reason| &**reason).collect(),
            _ => kind.reasons(&new).collect(),
        };
        let reason = text(&edit.next, field::REASON);
        let given = edit.touched.contains(&field::REASON) && !reason.is_empty();
        let reason = if given {
            let listed = possible
                .iter()
                .find(|known| known.eq_ignore_ascii_case(&reason));
            match listed {
                Some(listed) => (*listed).to_owned(),
                None if writer.bypass || (!changed && reason == text(base, field::REASON)) => {
                    reason
                }
                None => return Err(unlisted(field::REASON, &reason)),
            }
        } else if changed || reason.is_empty() {
            possible.first().copied().unwrap_or("Moved").to_owned()
        } else {
            reason
        };
        if changed {
            self.stamp_state(
                subject,
                edit,
                writer,
                state.map_or("", |state| state.category),
                &reason,
            );
        }
        edit.next
            .fields
            .insert(field::REASON, FieldValue::text(&reason));
        Ok(())
    }

    /// The dates and people that follow from a change of state.
    fn stamp_state(
        &self,
        subject: Subject,
        edit: &mut Edit,
        writer: &Writer,
        category: &str,
        reason: &str,
    ) {
        let now = FieldValue::DateTime(writer.now);
        let who = FieldValue::Identity(writer.user);
        let mut put = |id: FieldId, value: Option<FieldValue>| {
            let by_hand = writer.bypass && edit.touched.contains(&id);
            if by_hand || !self.has_field(subject.kind, id) {
                return;
            }
            debug_assert!(self.fields.get(id).access == Access::Rule);
            match value {
                Some(value) => edit.next.fields.insert(id, value),
                None => edit.next.fields.remove(&id),
            };
        };
        put(field::STATE_CHANGE_DATE, Some(now.clone()));
        match category {
            "InProgress" => {
                put(field::ACTIVATED_DATE, Some(now));
                put(field::ACTIVATED_BY, Some(who));
            }
            "Resolved" => {
                put(field::RESOLVED_DATE, Some(now));
                put(field::RESOLVED_BY, Some(who));
                put(field::RESOLVED_REASON, Some(FieldValue::text(reason)));
                put(field::CLOSED_DATE, None);
                put(field::CLOSED_BY, None);
                return;
            }
            "Completed" => {
                put(field::CLOSED_DATE, Some(now));
                put(field::CLOSED_BY, Some(who));
                return;
            }
            _ => {}
        }
        for id in [
            field::RESOLVED_DATE,
            field::RESOLVED_BY,
            field::RESOLVED_REASON,
            field::CLOSED_DATE,
            field::CLOSED_BY,
        ] {
            put(id, None);
        }
    }
}
