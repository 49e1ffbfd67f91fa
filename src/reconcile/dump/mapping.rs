//! The proposed mapping of one work item type: live rows, rows that wait as comments, and every field of
//! either side that has no counterpart.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::draft::{RowDraft, mapping_head};
use super::propose::{candidates, is_custom, kind_word};
use super::seen::{Seen, SeenType};
use super::text::{canonical, comment, commented, refused, shortened, told};
use super::trial::Trial;
use crate::diagnostics::Finding;
use crate::model::{AzureFieldKind, CASE_FIELDS, CaseFieldAccess, CaseFieldKind, TypeField};

/// The most allowed values that are listed of a field.
const MOST_VALUES: usize = 20;

/// System fields that are no business of the server alone.
const OPEN_SYSTEM_FIELDS: [&str; 8] = [
    "System.AreaPath",
    "System.AssignedTo",
    "System.Description",
    "System.IterationPath",
    "System.Reason",
    "System.State",
    "System.Tags",
    "System.Title",
];

/// A mapping in the making.
#[derive(Clone, Debug)]
pub(super) struct MappingProposal {
    /// `metadata.name`.
    pub(super) name: String,
    /// The work item type.
    pub(super) work_item_type: String,
    rows: Vec<ProposedRow>,
    pairs: usize,
    cases: usize,
    connection: String,
    /// The report of fields without a counterpart.
    rest: String,
}

#[derive(Clone, Debug)]
struct ProposedRow {
    draft: RowDraft,
    /// Why it stands as a comment.
    refused: Option<String>,
}

impl MappingProposal {
    /// Judges every candidate.
    pub(super) fn new(seen: &Seen, of: &SeenType, name: String) -> Self {
        let mut trial = Trial::new(seen, of);
        let (mut cases, mut azure) = (BTreeSet::new(), BTreeSet::new());
        let mut rows = Vec::new();
        for draft in candidates(seen, of) {
            cases.insert(draft.testworthy.clone());
            azure.insert(draft.azure_devops.clone());
            rows.push(ProposedRow {
                refused: trial.take(&draft).err(),
                draft,
            });
        }
        Self {
            name,
            work_item_type: of.live.name.clone(),
            rows,
            pairs: of.pairs.len(),
            cases: seen.cases.len(),
            connection: seen.connection.name.to_string(),
            rest: case_fields(seen, &cases) + &azure_fields(of, &azure),
        }
    }

    /// Whether any row is live: else the whole mapping is a comment.
    pub(super) fn is_live(&self) -> bool {
        self.rows.iter().any(|row| row.refused.is_none())
    }

    /// Whether new items could be made through it.
    pub(super) fn has_title(&self) -> bool {
        let mut live = self.rows.iter().filter(|row| row.refused.is_none());
        live.any(|row| row.draft.azure_devops == "System.Title")
    }

    /// Makes the live rows with these paths comments; how many there were.
    pub(super) fn refuse(&mut self, paths: &BTreeSet<String>) -> usize {
        let mut count = 0;
        for row in &mut self.rows {
            if row.refused.is_none() && paths.contains(&row.draft.path()) {
                row.refused = Some("A plan would write this field of pairs that exist.".to_owned());
                count += 1;
            }
        }
        count
    }

    /// Makes the live rows comments that an error speaks of, or the last one if it names none. False if
    /// no row is live.
    pub(super) fn refuse_for(&mut self, finding: &Finding) -> bool {
        let is_named = |row: &ProposedRow| {
            finding
                .message
                .contains(&format!("row `{}`", row.draft.testworthy))
        };
        let live = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.refused.is_none());
        let (named, others): (Vec<_>, Vec<_>) = live.partition(|(_, row)| is_named(row));
        let chosen = if named.is_empty() {
            others.last()
        } else {
            named.first()
        };
        let Some(index) = chosen.map(|(index, _)| *index) else {
            return false;
        };
        self.rows[index].refused = Some(refused(finding));
        true
    }

    /// The file; the reason if it cannot be written in canonical form.
    pub(super) fn text(&self) -> Result<String, String> {
        let mut text = comment(
            0,
            &format!(
                "Proposed from what connection `{}` held: {} cases, {} of them with a work item of this type. Rows \
                 that stand live change nothing now: all pairs agree through them. Review, then remove what is \
                 not meant.",
                self.connection, self.cases, self.pairs
            ),
        );
        text.push_str(&mapping_head(&self.name, &self.work_item_type));
        for row in self.rows.iter().filter(|row| row.refused.is_none()) {
            text.push_str(&row.draft.text(None));
        }
        let mut waiting = self
            .rows
            .iter()
            .filter(|row| row.refused.is_some())
            .peekable();
        if waiting.peek().is_some() {
            text.push_str("\n    # -- Rows that wait ------------------------------------------------------------\n");
        }
        let mut told = None;
        for row in waiting {
            let reason = row.refused.as_deref();
            let again = reason == told && row.draft.note.is_none();
            if !again {
                text.push('\n');
            }
            text.push_str(
                &row.draft
                    .text(Some(reason.filter(|_| !again).unwrap_or_default())),
            );
            told = reason;
        }
        text.push_str(&self.rest);
        if self.is_live() {
            return canonical(&text);
        }
        let head =
            "No row holds as it is, and a mapping needs one: the whole mapping is a comment.";
        Ok(comment(0, head) + &commented(0, &text))
    }
}

/// Case fields that no row speaks of.
fn case_fields(seen: &Seen, used: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let mut read_only = Vec::new();
    let fields = CASE_FIELDS
        .iter()
        .filter(|field| !used.contains(field.name) && seen.has_case_field(field.name));
    let mut open: Vec<(String, &str)> = Vec::new();
    for field in fields {
        let word = case_word(field.kind);
        if field.access == CaseFieldAccess::Read {
            read_only.push(format!("{} ({word})", field.name));
        } else {
            open.push((field.name.to_owned(), word));
        }
    }
    let custom: BTreeSet<&String> = seen
        .cases
        .values()
        .flat_map(|case| case.fields.keys())
        .filter(|name| name.starts_with("custom.") && !used.contains(*name))
        .collect();
    open.extend(custom.into_iter().map(|name| (name.clone(), "text")));
    if !open.is_empty() {
        text.push_str("\n    # -- TestWorthy fields without a counterpart -------------------------------------\n");
    }
    for (name, word) in open {
        let row = RowDraft::between(&name, "CHANGE").flow();
        let row = format!("- {row} # {word}").replace('"', "");
        text.push_str(&commented(4, &told(&row)));
    }
    if !read_only.is_empty() {
        text.push('\n');
        let list = format!("TestWorthy keeps these itself: {}.", read_only.join(", "));
        text.push_str(&comment(4, &list));
    }
    text
}

fn case_word(kind: CaseFieldKind) -> &'static str {
    match kind {
        CaseFieldKind::Text => "text",
        CaseFieldKind::RichText => "HTML",
        CaseFieldKind::Steps => "test steps",
        CaseFieldKind::Picklist => "one of a list",
        CaseFieldKind::Boolean => "true or false",
        CaseFieldKind::Number => "number",
        CaseFieldKind::DateTime => "date and time",
        CaseFieldKind::Set => "set of texts",
        CaseFieldKind::Path => "path of sections",
        CaseFieldKind::User => "person",
    }
}

/// Azure DevOps fields that no row speaks of.
fn azure_fields(of: &SeenType, used: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let mut kept = Vec::new();
    let mut open = Vec::new();
    for (name, field) in of
        .live
        .fields
        .iter()
        .filter(|(name, _)| !used.contains(*name))
    {
        let is_open = (is_custom(name)
            || name.starts_with("Microsoft.") && !field.definition.read_only)
            || OPEN_SYSTEM_FIELDS.contains(&name.as_str());
        if is_open && field.definition.kind != AzureFieldKind::History {
            open.push((name, field));
        } else {
            kept.push(told(name));
        }
    }
    if !open.is_empty() {
        text.push_str("\n    # -- Azure DevOps fields without a counterpart -----------------------------------\n");
    }
    for (name, field) in open {
        let mut row = format!(
            "- {{ testworthy: CHANGE, azureDevOps: {} }} # \"{}\": {}",
            told(name),
            shortened(&field.definition.name, 60),
            kind_word(field)
        );
        if field.always_required {
            row.push_str(", required");
        }
        row.push_str(&allowed(field));
        text.push_str(&commented(4, &row));
    }
    if !kept.is_empty() {
        text.push('\n');
        let list = format!("Azure DevOps keeps these itself: {}.", kept.join(", "));
        text.push_str(&comment(4, &list));
    }
    text
}

/// The allowed values, but for those of fields that hold people.
fn allowed(field: &TypeField) -> String {
    if field.definition.kind == AzureFieldKind::Identity || field.allowed_values.is_empty() {
        return String::new();
    }
    let values = field.allowed_values.iter().take(MOST_VALUES);
    let values: Vec<String> = values
        .map(|value| shortened(&value.to_string(), 40))
        .collect();
    let mut text = format!("; one of {}", values.join(", "));
    if field.allowed_values.len() > MOST_VALUES {
        let _ = write!(
            text,
            " and {} more",
            field.allowed_values.len() - MOST_VALUES
        );
    }
    text
}
