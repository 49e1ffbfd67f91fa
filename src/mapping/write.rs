//! From new row values to what is sent: whole fields, the whole tag list, the whole reference list.

use std::collections::BTreeMap;

use super::compile::CompiledMapping;
use super::problem::{Problem, RowProblem};
use super::row::{AzureEnd, CaseEnd, CompiledRow};
use super::slice::{MAX_TAGS, TagSlice, compose_refs, compose_tags, mentions, with_accord_tag};
use crate::model::{Case, System, Value, WorkItem, WorkItemId, azure_boards_mention};

/// What a work item would get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkItemValues {
    /// By reference name, `System.Tags` left out; `Null` clears.
    pub fields: BTreeMap<String, Value>,
    /// The whole tag list, if it changes; always there for a new item.
    pub tags: Option<Vec<String>>,
}

/// What a case would get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseValues {
    /// By manifest name, `refs` left out; `Null` clears.
    pub fields: BTreeMap<String, Value>,
    /// The whole reference list, if it changes; always there for a new case.
    pub refs: Option<Vec<String>>,
}

impl CompiledMapping {
    /// Values for a new work item from canonical Azure DevOps values by row name. Empty values are left
    /// out, so that the server's defaults hold; Accord's tag is there. `Err` if a required field without
    /// a default would stay empty or there are too many tags.
    pub fn draft_work_item(
        &self,
        values: &BTreeMap<String, Value>,
    ) -> Result<WorkItemValues, RowProblem> {
        for (row, value) in self.valued(values) {
            let by_default = matches!(&row.azure, AzureEnd::Field(field) if field.has_default);
            if !by_default {
                row.check_clearing(System::AzureDevOps, value)
                    .map_err(|problem| row.problem(problem))?;
            }
        }
        let mut fields = self.azure_fields(None, values)?;
        fields.retain(|_, value| !value.is_null());
        let tags = Some(self.tags(&[], values, true)?);
        Ok(WorkItemValues { fields, tags })
    }

    /// Values for a change of `item` from new canonical Azure DevOps values by row name; rows that are
    /// not named stay as they are. Tags are made from the item's current ones: foreign tags keep order
    /// and spelling. `add_tag` puts Accord's tag on an item that lacks it; an existing one always stays.
    pub fn patch_work_item(
        &self,
        item: &WorkItem,
        values: &BTreeMap<String, Value>,
        add_tag: bool,
    ) -> Result<WorkItemValues, RowProblem> {
        let tags = self.tags(&item.tags, values, add_tag)?;
        Ok(WorkItemValues {
            fields: self.azure_fields(Some(item), values)?,
            tags: (tags != item.tags).then_some(tags),
        })
    }

    /// Values for a new case from canonical TestWorthy values by row name; `own` is the work item that
    /// it is made for, whose mention goes first among the references. `Err` if the title would be empty.
    pub fn draft_case(
        &self,
        own: WorkItemId,
        values: &BTreeMap<String, Value>,
    ) -> Result<CaseValues, RowProblem> {
        for (row, value) in self.valued(values) {
            row.check_clearing(System::TestWorthy, value)
                .map_err(|problem| row.problem(problem))?;
        }
        let mut fields = self.case_fields(None, values)?;
        fields.retain(|_, value| !value.is_null());
        let refs = Some(self.refs(&[azure_boards_mention(own)], Some(own), values));
        Ok(CaseValues { fields, refs })
    }

    /// Values for a change of `case` from new canonical TestWorthy values by row name; rows that are not
    /// named stay as they are. References are made from the case's current ones. `add_mention` appends
    /// the mention of `own` to a case that lacks it; an existing one always stays. `Err` for a value that
    /// does not fit what the case holds now ([`CompiledRow::check_case`]).
    pub fn patch_case(
        &self,
        case: &Case,
        own: WorkItemId,
        values: &BTreeMap<String, Value>,
        add_mention: bool,
    ) -> Result<CaseValues, RowProblem> {
        let mut refs = self.refs(&case.refs, Some(own), values);
        if add_mention && !refs.iter().any(|reference| mentions(reference, own)) {
            refs.push(azure_boards_mention(own));
        }
        Ok(CaseValues {
            fields: self.case_fields(Some(case), values)?,
            refs: (refs != case.refs).then_some(refs),
        })
    }

    /// Rows with a new value, in the order of the mapping.
    fn valued<'a>(
        &'a self,
        values: &'a BTreeMap<String, Value>,
    ) -> impl Iterator<Item = (&'a CompiledRow, &'a Value)> {
        self.rows
            .iter()
            .filter_map(|row| Some((row, values.get(&row.name)?)))
    }

    fn azure_fields(
        &self,
        item: Option<&WorkItem>,
        values: &BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Value>, RowProblem> {
        let mut fields = BTreeMap::new();
        for (row, value) in self.valued(values) {
            let put = row.put_work_item(item, value);
            fields.extend(put.map_err(|problem| row.problem(problem))?);
        }
        Ok(fields)
    }

    fn tags(
        &self,
        current: &[String],
        values: &BTreeMap<String, Value>,
        add_tag: bool,
    ) -> Result<Vec<String>, RowProblem> {
        let rows: Vec<(&CompiledRow, &TagSlice, &Value)> = self
            .valued(values)
            .filter_map(|(row, value)| match &row.azure {
                AzureEnd::Tags(slice) => Some((row, slice, value)),
                AzureEnd::Field(_) => None,
            })
            .collect();
        let changes: Vec<(&TagSlice, &Value)> = rows.iter().map(|(_, s, v)| (*s, *v)).collect();
        let mut tags = compose_tags(current, &changes);
        if add_tag {
            tags = with_accord_tag(tags);
        }
        match rows.first() {
            Some((row, ..)) if tags.len() > MAX_TAGS && tags.len() > current.len() => {
                Err(row.problem(Problem::TooManyTags { count: tags.len() }))
            }
            _ => Ok(tags),
        }
    }

    fn case_fields(
        &self,
        case: Option<&Case>,
        values: &BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Value>, RowProblem> {
        let mut fields = BTreeMap::new();
        for (row, value) in self.valued(values) {
            let put = row.put_case(case, value);
            fields.extend(put.map_err(|problem| row.problem(problem))?);
        }
        Ok(fields)
    }

    fn refs(
        &self,
        current: &[String],
        own: Option<WorkItemId>,
        values: &BTreeMap<String, Value>,
    ) -> Vec<String> {
        let mut refs = current.to_vec();
        for (row, value) in self.valued(values) {
            if matches!(&row.case, CaseEnd::Field { name, .. } if name == "refs") {
                refs = compose_refs(&refs, value, own);
            }
        }
        refs
    }
}

impl CompiledRow {
    fn problem(&self, problem: Problem) -> RowProblem {
        RowProblem {
            row: self.name.clone(),
            problem: self.guard(problem),
        }
    }
}

#[cfg(test)]
mod tests;
