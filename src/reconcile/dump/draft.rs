//! A row that may become part of a mapping, and its text.

use std::fmt::Write as _;

use super::text::{self, canonical, comment, commented, quoted};
use crate::model::Value;

/// What a document needs before its rows; the name is filled in by whoever writes one.
pub(super) fn mapping_head(name: &str, work_item_type: &str) -> String {
    format!(
        "apiVersion: accord/v1\nkind: FieldMapping\nmetadata: {{ name: {name} }}\nspec:\n  testworthy: TestCase\n  \
         azureDevOps: {}\n  fields:\n",
        quoted(work_item_type)
    )
}

/// A row as it could stand in a mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RowDraft {
    /// The case field.
    pub(super) testworthy: String,
    /// The reference name of the Azure DevOps field.
    pub(super) azure_devops: String,
    /// `as`.
    pub(super) codec: Option<&'static str>,
    /// `direction`.
    pub(super) direction: Option<&'static str>,
    /// `values`, in their order.
    pub(super) values: Vec<(String, Value)>,
    /// `reverse`, in its order.
    pub(super) reverse: Vec<(Value, String)>,
    /// `tag`.
    pub(super) tag: Option<String>,
    /// `prefix`.
    pub(super) prefix: Option<&'static str>,
    /// What a reviewer should know, above the row.
    pub(super) note: Option<String>,
    /// Why nobody but a person can decide on it; it never stands live.
    pub(super) for_a_person: Option<String>,
}

impl RowDraft {
    /// A row between two fields.
    pub(super) fn between(testworthy: &str, azure_devops: &str) -> Self {
        Self {
            testworthy: testworthy.to_owned(),
            azure_devops: azure_devops.to_owned(),
            ..Self::default()
        }
    }

    /// The row on one line, in braces.
    pub(super) fn flow(&self) -> String {
        let mut row = format!(
            "{{ testworthy: {}, azureDevOps: {}",
            quoted(&self.testworthy),
            quoted(&self.azure_devops)
        );
        let mut put = |key: &str, text: &str| {
            let _ = write!(row, ", {key}: {text}");
        };
        if let Some(codec) = self.codec {
            put("as", codec);
        }
        if let Some(direction) = self.direction {
            put("direction", direction);
        }
        if !self.values.is_empty() {
            let entries = self.values.iter();
            let entries =
                entries.map(|(left, right)| format!("{}: {}", quoted(left), text::value(right)));
            put("values", &braces(entries));
            if !self.reverse.is_empty() {
                let entries = self.reverse.iter();
                let entries = entries
                    .map(|(right, left)| format!("{}: {}", text::value(right), quoted(left)));
                put("reverse", &braces(entries));
            }
            put("unmapped", "hold");
        }
        if let Some(tag) = &self.tag {
            put("tag", &quoted(tag));
        }
        if let Some(prefix) = self.prefix {
            put("prefix", &quoted(prefix));
        }
        row.push_str(" }");
        row
    }

    /// How plans name the Azure DevOps end.
    pub(super) fn path(&self) -> String {
        match (&self.tag, self.prefix) {
            (Some(tag), _) => format!("{}[{tag}]", self.azure_devops),
            (None, Some(prefix)) => format!("{}[{prefix}*]", self.azure_devops),
            (None, None) => self.azure_devops.clone(),
        }
    }

    /// The lines of the row as the formatter writes them, without indentation.
    fn lines(&self) -> String {
        let head = mapping_head("m", "T");
        let whole = canonical(&format!("{head}    - {}\n", self.flow())).ok();
        let rows = whole
            .as_deref()
            .and_then(|text| text.split_once("  fields:\n"));
        let Some((_, rows)) = rows else {
            return format!("- {}\n", self.flow());
        };
        rows.lines().fold(String::new(), |mut lines, line| {
            lines.push_str(line.strip_prefix("    ").unwrap_or(line));
            lines.push('\n');
            lines
        })
    }

    /// The row with its note, live, or as a comment with the reason.
    pub(super) fn text(&self, refused: Option<&str>) -> String {
        let mut text = String::new();
        let note = self.note.as_deref().map(|note| comment(4, note));
        match refused {
            None => {
                text.push_str(note.as_deref().unwrap_or_default());
                let _ = writeln!(text, "    - {}", self.flow());
            }
            Some(reason) => {
                text.push_str(&comment(4, reason));
                text.push_str(note.as_deref().unwrap_or_default());
                text.push_str(&commented(4, &self.lines()));
            }
        }
        text
    }
}

fn braces(entries: impl Iterator<Item = String>) -> String {
    let entries: Vec<String> = entries.collect();
    format!("{{ {} }}", entries.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_text_live_or_as_a_comment() {
        let row = RowDraft {
            values: vec![("P1".to_owned(), Value::integer(1))],
            reverse: vec![(Value::integer(4), "P1".to_owned())],
            ..RowDraft::between("priority", "Microsoft.VSTS.Common.Priority")
        };
        assert_eq!(row.path(), "Microsoft.VSTS.Common.Priority");
        let refused = row.text(Some("Two pairs disagree."));
        assert_eq!(
            refused,
            "    # Two pairs disagree.\n    # - testworthy: priority\n    #   azureDevOps: \
             Microsoft.VSTS.Common.Priority\n    #   values: { P1: 1 }\n    #   reverse: { 4: P1 }\n    #   \
             unmapped: hold\n"
        );
        let tag = RowDraft {
            tag: Some("smoke".to_owned()),
            ..RowDraft::between("smoke", "System.Tags")
        };
        assert_eq!(tag.path(), "System.Tags[smoke]");
        assert!(tag.text(None).starts_with("    - { testworthy: \"smoke\""));
    }
}
