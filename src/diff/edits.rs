//! What was changed on one side since both were last in accord.

use super::two_way::side_of;
use crate::mapping::{CompiledMapping, CompiledRow};
use crate::model::{Base, Case, System, Value, WorkItem, WorkItemId};

/// A change of one field.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    /// The row.
    pub row: &'a CompiledRow,
    /// What the side held.
    pub recorded: Value,
    /// What it holds.
    pub live: Value,
}

/// The item of a side.
#[derive(Clone, Copy, Debug)]
pub enum SideItem<'a> {
    /// A case, and the work item that it is linked to.
    Case(&'a Case, WorkItemId),
    /// A work item.
    WorkItem(&'a WorkItem),
}

impl SideItem<'_> {
    fn system(self) -> System {
        match self {
            Self::Case(..) => System::TestWorthy,
            Self::WorkItem(_) => System::AzureDevOps,
        }
    }
}

/// The mapped fields of an item that differ from what the base holds of its side. Fields without a base,
/// and those whose value cannot be read, are passed over.
pub fn edits<'a>(mapping: &'a CompiledMapping, base: &Base, item: SideItem<'_>) -> Vec<Edit<'a>> {
    let system = item.system();
    let rows = mapping.rows.iter().filter_map(|row| {
        let base = base.fields.get(row.name())?;
        if base.is_under_way() {
            return None;
        }
        let live = match item {
            SideItem::Case(case, own) => row.read_case(case, Some(own)),
            SideItem::WorkItem(item) => row.read_work_item(item),
        };
        let live = live.ok()?;
        let recorded = side_of(base, system);
        (!row.same(system, &live, recorded)).then(|| Edit {
            row,
            recorded: recorded.clone(),
            live,
        })
    });
    rows.collect()
}

#[cfg(test)]
mod tests;
