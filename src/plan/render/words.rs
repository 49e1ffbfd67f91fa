//! How changes are called in every form that people read.

use crate::model::System;
use crate::plan::{Action, Change, Reason};

impl Change {
    fn item_id(&self, system: System) -> Option<u64> {
        match system {
            System::TestWorthy => self.item.testworthy,
            System::AzureDevOps => self.item.azure_devops,
        }
    }
}

/// Whether an item comes back under its old number.
pub(super) fn is_restored(change: &Change) -> bool {
    change.action == Action::Create && change.item_id(change.system).is_some()
}

/// The item that is there: the one to be written, or the source of one to be created.
pub(super) fn id(change: &Change) -> String {
    let system = change.system;
    [system, system.other()]
        .into_iter()
        .find_map(|system| {
            let id = change.item_id(system)?;
            Some(format!("{} {id}", noun(system)))
        })
        .unwrap_or_else(|| change.address.clone())
}

/// The other item of a pair that is linked.
pub(super) fn partner(change: &Change) -> String {
    let source = change.system.other();
    let id = change.item_id(source);
    id.map_or_else(String::new, |id| format!(" with {} {id}", noun(source)))
}

pub(super) fn noun(system: System) -> &'static str {
    match system {
        System::TestWorthy => "case",
        System::AzureDevOps => "work item",
    }
}

pub(super) fn plural(system: System) -> &'static str {
    match system {
        System::TestWorthy => "cases",
        System::AzureDevOps => "work items",
    }
}

pub(super) fn symbol(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Delete => '-',
        Action::Link => '=',
    }
}

pub(super) fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Link => "link",
    }
}

pub(super) fn verb_of(change: &Change) -> &'static str {
    if is_restored(change) {
        return "restore";
    }
    // Nothing is destroyed: what a deletion is carried over by is said.
    let path = change.fields.first().map(|field| field.path.as_str());
    match (change.reason, path) {
        (Reason::CounterpartDeleted, Some("System.State")) => "close",
        (Reason::CounterpartDeleted, Some("System.IsDeleted")) => "recycle",
        (Reason::CounterpartDeleted, Some("disabled")) => "disable",
        _ => verb(change.action),
    }
}

pub(super) fn because(reason: Reason, written: System) -> String {
    match reason {
        Reason::MissingOnTarget => format!("missing in {written}"),
        Reason::SourceChanged => format!("changed in {}", written.other()),
        Reason::DriftEnforced => format!("edited in {written}, and the rule enforces its source"),
        Reason::MappingChanged => "the mapping changed".to_owned(),
        Reason::FirstSync => "linked for the first time".to_owned(),
        Reason::MatchedByMarker => "recognised by Accord's marker".to_owned(),
        Reason::MatchedById => "recognised by AB#n in the references".to_owned(),
        Reason::MatchedByTitle => "recognised by its title".to_owned(),
        Reason::MarkerMissing => "Accord's marker is missing".to_owned(),
        Reason::DeclarationDiffers => "not as the manifests declare".to_owned(),
        Reason::ConflictResolved => format!("{} is right about the conflict", written.other()),
        Reason::Merged => "changed on both sides, and both edits go together".to_owned(),
        Reason::CounterpartDeleted => format!("deleted in {}", written.other()),
        Reason::Recreated => format!("deleted in {written}, and wanted back"),
    }
}

pub(super) fn origin(change: &Change) -> String {
    format!("({}:{})", change.origin.file, change.origin.line)
}

/// `1 case`, `2 cases`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
