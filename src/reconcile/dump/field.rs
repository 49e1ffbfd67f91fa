//! The custom fields of a work item type as `CustomField` manifests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::name;
use super::propose::{is_custom, kind_word};
use super::seen::Seen;
use super::text::{self, canonical, comment, commented, quoted};
use crate::model::AzureFieldKind;

/// A custom field in the making.
#[derive(Clone, Debug)]
pub(super) struct FieldProposal {
    /// `metadata.name`.
    pub(super) name: String,
    document: String,
    /// Why it is a comment.
    pub(super) refused: Option<String>,
}

impl FieldProposal {
    /// The file; the reason if it cannot be written in canonical form.
    pub(super) fn text(&self) -> Result<String, String> {
        match &self.refused {
            None => canonical(&self.document),
            Some(reason) => Ok(comment(0, reason) + &commented(0, &canonical(&self.document)?)),
        }
    }
}

/// The custom fields of all chosen types, by reference name; those that are declared already are left out.
pub(super) fn fields(
    seen: &Seen,
    is_declared: impl Fn(&str) -> bool,
    free: &mut dyn FnMut(&str) -> String,
) -> Vec<FieldProposal> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut definitions = BTreeMap::new();
    for of in &seen.types {
        for (reference_name, field) in &of.live.fields {
            let known = !matches!(
                field.definition.kind,
                AzureFieldKind::History | AzureFieldKind::TreePath | AzureFieldKind::Guid
            );
            let is_new = known && !is_declared(reference_name);
            if is_custom(reference_name) && is_new && !field.definition.name.trim().is_empty() {
                found.entry(reference_name).or_default().push(&of.live.name);
                definitions.entry(reference_name.as_str()).or_insert(field);
            }
        }
    }
    let mut proposals = Vec::new();
    for (reference_name, types) in found {
        let Some(field) = definitions.get(reference_name) else {
            continue;
        };
        let last = reference_name.rsplit('.').next().unwrap_or(reference_name);
        let label = match name::label(&field.definition.name) {
            label if label.is_empty() => name::label(last),
            label => label,
        };
        let name = free(if label.is_empty() { "field" } else { &label });
        let types: Vec<String> = types.into_iter().map(quoted).collect();
        let mut document = format!(
            "apiVersion: accord/v1\nkind: CustomField\nmetadata: {{ name: {name} }}\nspec:\n  connection: {}\n  \
             referenceName: {}\n  name: {}\n  type: {}\n  workItemTypes: [{}]\n",
            seen.connection.name,
            quoted(reference_name),
            quoted(&field.definition.name),
            kind_word(field),
            types.join(", ")
        );
        if field.definition.is_picklist {
            let values: Vec<String> = field.allowed_values.iter().map(text::value).collect();
            let _ = writeln!(document, "  allowedValues: [{}]", values.join(", "));
        }
        proposals.push(FieldProposal {
            name,
            document,
            refused: None,
        });
    }
    proposals
}
