//! A row is held against what judges every manifest: the reader, the lint, the compiler with the live
//! work item type, and the pairs that exist. What any of them refuses stands as a comment with the reason.

use super::draft::{RowDraft, mapping_head};
use super::seen::{Seen, SeenType};
use super::text::{refused, shortened};
use crate::diagnostics::{Finding, SourceFile};
use crate::manifest::{self, ReadOptions};
use crate::mapping::{CompiledMapping, CompiledRow};
use crate::model::{System, Value};

/// Rows that hold together so far.
pub(super) struct Trial<'a> {
    seen: &'a Seen,
    of: &'a SeenType,
    accepted: String,
}

impl<'a> Trial<'a> {
    pub(super) fn new(seen: &'a Seen, of: &'a SeenType) -> Self {
        Self {
            seen,
            of,
            accepted: String::new(),
        }
    }

    /// Takes the row, or says why it cannot stand beside the others.
    pub(super) fn take(&mut self, row: &RowDraft) -> Result<(), String> {
        if let Some(reason) = &row.for_a_person {
            return Err(reason.clone());
        }
        let line = format!("    - {}\n", row.flow());
        let head = mapping_head("dump", &self.of.live.name);
        let compiled = self.compile(&format!("{head}{}{line}", self.accepted))?;
        let last = compiled.rows.last();
        if let Some(apart) = last.and_then(|ready| self.apart(ready, row)) {
            return Err(apart);
        }
        self.accepted.push_str(&line);
        Ok(())
    }

    fn compile(&self, text: &str) -> Result<CompiledMapping, String> {
        let source = SourceFile::new("dump.yaml", text);
        let loaded = manifest::read(vec![source], &ReadOptions::default());
        let mapping = loaded
            .config
            .and_then(|config| config.mappings.into_values().next());
        let Some(mapping) = mapping else {
            return Err(refusal(&loaded.findings));
        };
        let live = Some(&self.of.live);
        let (compiled, findings) = CompiledMapping::compile(&mapping, live, &[System::AzureDevOps]);
        compiled.ok_or_else(|| refusal(&findings))
    }

    /// How many pairs do not agree through the row, with one of them.
    fn apart(&self, ready: &CompiledRow, row: &RowDraft) -> Option<String> {
        let pairs = self.of.pairs.iter();
        let pairs: Vec<_> = pairs.filter_map(|pair| self.seen.pair(pair)).collect();
        let mut apart = 0_usize;
        let mut example = None;
        for (case, item) in &pairs {
            let left = ready.read_case(case, Some(item.id));
            let right = ready.read_work_item(item);
            let values = left.ok().zip(right.ok());
            if values
                .as_ref()
                .is_some_and(|(left, right)| ready.in_accord(left, right))
            {
                continue;
            }
            apart += 1;
            let shown = match &values {
                Some((left, right)) if self.may_show(row) => {
                    format!(" ({} and {})", shown(left), shown(right))
                }
                _ => String::new(),
            };
            example.get_or_insert_with(|| {
                format!("case {} and work item {}{shown}", case.id, item.id)
            });
        }
        let example = example?;
        Some(format!(
            "Apart in {apart} of {} pairs, for example {example}: a plan would write that.",
            pairs.len()
        ))
    }

    /// Texts of people stay out of files that go into a repository; entries of lists may stand there.
    fn may_show(&self, row: &RowDraft) -> bool {
        let field = self.of.live.fields.get(&row.azure_devops);
        let is_list = field.is_some_and(|field| field.definition.is_picklist);
        row.tag.is_some() || !row.values.is_empty() || is_list
    }
}

/// The first error.
fn refusal(findings: &[Finding]) -> String {
    let error = findings.iter().find(|finding| finding.is_error());
    error.map_or_else(|| "Refused: it does not hold.".to_owned(), refused)
}

fn shown(value: &Value) -> String {
    if value.is_null() {
        return "nothing".to_owned();
    }
    format!("`{}`", shortened(&value.to_string(), 40))
}
