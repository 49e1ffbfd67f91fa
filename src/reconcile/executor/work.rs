//! What a step is about: the item that names it, its link, and when it runs.

use crate::model::LinkId;
use crate::plan::{ItemKey, Operation, Retirement, Step};

/// The item that an address names.
fn key_of(address: &str) -> Option<ItemKey> {
    let (_, item) = address.strip_prefix("SyncRule/")?.split_once('/')?;
    item.parse().ok()
}

/// The item that a step's address names, which is its key in the quarantine.
pub(super) fn item_key(step: &Step) -> ItemKey {
    key_of(&step.address).unwrap_or(match &step.operation {
        Operation::CreateCase { work_item, .. } => ItemKey::WorkItem(*work_item),
        Operation::CreateWorkItem { case, .. } => ItemKey::Case(*case),
        Operation::UpdateWorkItem { pair, .. }
        | Operation::UpdateCase { pair, .. }
        | Operation::Mark { pair, .. }
        | Operation::Retire { pair, .. }
        | Operation::Restore { pair, .. }
        | Operation::Record { pair, .. } => ItemKey::Case(pair.case),
    })
}

/// The link that an operation is about.
pub(super) fn link_of(operation: &Operation) -> Option<&LinkId> {
    match operation {
        Operation::CreateWorkItem { renews, .. } | Operation::CreateCase { renews, .. } => {
            renews.as_ref()
        }
        other => other.pair()?.link.as_ref(),
    }
}

/// When an operation runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Record,
    WorkItem,
    Case,
    Bin,
    Mark,
}

impl Phase {
    pub(super) fn of(operation: &Operation) -> Self {
        match operation {
            Operation::Record { .. } => Self::Record,
            Operation::CreateWorkItem { .. }
            | Operation::UpdateWorkItem { .. }
            | Operation::Retire {
                how: Retirement::Close { .. },
                ..
            } => Self::WorkItem,
            Operation::CreateCase { .. }
            | Operation::UpdateCase { .. }
            | Operation::Retire {
                how: Retirement::Disable { .. },
                ..
            } => Self::Case,
            Operation::Retire {
                how: Retirement::Recycle { .. },
                ..
            }
            | Operation::Restore { .. } => Self::Bin,
            Operation::Mark { .. } => Self::Mark,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CaseId, WorkItemId};

    #[test]
    fn an_address_names_the_item_by_which_quarantine_knows_the_pair() {
        let key = |address| key_of(address);
        assert_eq!(key("SyncRule/cases/case/7"), Some(ItemKey::Case(CaseId(7))));
        let item = Some(ItemKey::WorkItem(WorkItemId(9)));
        assert_eq!(key("SyncRule/cases/workItem/9"), item);
        for none in [
            "SyncRule/cases",
            "Connection/web/case/7",
            "SyncRule/cases/case/x",
        ] {
            assert_eq!(key(none), None);
        }
    }
}
