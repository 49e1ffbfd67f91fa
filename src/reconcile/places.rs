//! Areas and iterations that a rule writes, against those that the project has.

use super::error::ReconcileError;
use super::observe::Observer;
use crate::diagnostics::Finding;
use crate::mapping::{lint_create_in, lint_paths, names_paths};
use crate::model::System;
use crate::model::config::{FieldMapping, SyncRule};
use crate::remote::PathTree;

/// Both trees with the field that holds a work item's place in each.
pub(super) const TREES: [(PathTree, &str); 2] = [
    (PathTree::Areas, "System.AreaPath"),
    (PathTree::Iterations, "System.IterationPath"),
];

/// Where in a tree a rule creates work items.
pub(super) fn created_in(rule: &SyncRule, tree: PathTree) -> Option<&str> {
    let place = &rule.create_in;
    let path = match tree {
        PathTree::Areas => &place.area_path,
        PathTree::Iterations => &place.iteration_path,
    };
    path.as_deref()
        .filter(|_| rule.may_create(System::AzureDevOps))
}

/// Whether the rule writes paths of the mapping's tables.
pub(super) fn writes_paths(rule: &SyncRule, mapping: &FieldMapping, field: &str) -> bool {
    rule.writes(System::AzureDevOps) && names_paths(mapping, field)
}

/// L06 for paths. A tree is read only if the rule names something in it: one request each.
pub(super) async fn unknown_places(
    rule: &SyncRule,
    mapping: &FieldMapping,
    observer: &mut Observer<'_>,
) -> Result<Vec<Finding>, ReconcileError> {
    let mut findings = Vec::new();
    for (tree, field) in TREES {
        let (rows, place) = (writes_paths(rule, mapping, field), created_in(rule, tree));
        if !rows && place.is_none() {
            continue;
        }
        let Some(there) = observer.paths(tree).await? else {
            continue;
        };
        if rows {
            findings.extend(lint_paths(mapping, field, &there));
        }
        findings.extend(place.and_then(|path| lint_create_in(rule, path, &there)));
    }
    Ok(findings)
}
