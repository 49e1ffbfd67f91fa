//! Looks at both systems: types, areas, suites, their cases, and the work items that may belong to them.

use std::collections::{BTreeMap, BTreeSet};

use super::seen::{Seen, SeenSuite, SeenType, pairs};
use super::{DumpContext, DumpOptions, Refused};
use crate::diagnostics::nearest;
use crate::model::config::{Connection, TestWorthySurface};
use crate::model::{ACCORD_TAG, CaseId, SuiteId, WorkItemId, azure_boards_mentions};
use crate::reconcile::connect::{Readers, endpoints, remote_error};
use crate::reconcile::error::ReconcileError;
use crate::remote::{
    CaseScope, ExploreAzureDevOps, ExploreTestWorthy, PathTree, ReadAzureDevOps as _,
    RemoteErrorKind, WorkItemQuery,
};

/// The type that is looked at if none is chosen.
const USUAL_TYPE: &str = "Test Case";

/// Work items of a type that are read beside those that may belong to a case: for the people on them.
const SAMPLED: usize = 200;

/// What came of looking.
pub(super) struct Looked {
    pub(super) seen: Seen,
    pub(super) notes: Vec<String>,
}

/// Looks at everything that a proposal is made from.
pub(super) async fn look(
    context: &DumpContext<'_>,
    connection: &Connection,
    options: &DumpOptions,
    readers: &Readers,
) -> Result<Result<Looked, Refused>, ReconcileError> {
    let (azure_devops, testworthy) = context.remotes.explorers(connection)?;
    let failed = |error| remote_error(connection, error);
    readers.azure_devops.check().await.map_err(failed)?;
    let names = azure_devops.work_item_types().await.map_err(failed)?;
    let chosen = match types(&names, options) {
        Ok(chosen) => chosen,
        Err(refused) => return Ok(Err(refused)),
    };
    let suites = match suites(testworthy.as_ref(), connection, options).await? {
        Ok(suites) => suites,
        Err(refused) => return Ok(Err(refused)),
    };
    let areas = azure_devops.paths(PathTree::Areas).await.map_err(failed)?;
    let mut notes = Vec::new();
    let mut seen = Seen {
        connection: connection.clone(),
        types: Vec::new(),
        suites: Vec::new(),
        cases: BTreeMap::new(),
        items: BTreeMap::new(),
        areas,
        case_fields: readers.testworthy.capabilities().fields,
        keeps_references: connection.testworthy.keeps_references(),
    };
    context
        .progress
        .begin("reading cases", Some(suites.len() as u64));
    for (scope, name) in suites {
        let listing = readers.testworthy.cases(scope).await;
        context.progress.advance(1);
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => {
                context.progress.end();
                return Err(failed(error));
            }
        };
        if let Some(reason) = listing.incomplete {
            notes.push(format!(
                "{scope}: {reason}; what is proposed rests on the cases that were read"
            ));
        }
        let cases = listing.cases.keys().copied().collect();
        seen.cases.extend(listing.cases);
        seen.suites.push(SeenSuite { scope, name, cases });
    }
    context.progress.end();
    let places = endpoints(connection);
    let by_rule = context.store.pairs(&places).await?;
    let linked: BTreeMap<CaseId, WorkItemId> =
        by_rule.into_iter().flat_map(|(_, pairs)| pairs).collect();
    for name in chosen {
        let live = readers
            .azure_devops
            .work_item_type(&name)
            .await
            .map_err(failed)?;
        let ids = candidates(&seen, &live.name, &linked, readers)
            .await
            .map_err(failed)?;
        let ids: Vec<WorkItemId> = ids.into_iter().collect();
        let read = readers.azure_devops.read(&ids).await.map_err(failed)?;
        seen.items.extend(read);
        seen.types.push(SeenType {
            live,
            pairs: Vec::new(),
        });
    }
    for of in &mut seen.types {
        of.pairs = pairs(connection, &of.live.name, &seen.cases, &seen.items, &linked);
    }
    Ok(Ok(Looked { seen, notes }))
}

/// The chosen types as the project spells them.
fn types(names: &[String], options: &DumpOptions) -> Result<Vec<String>, Refused> {
    let usual = [USUAL_TYPE.to_owned()];
    let wanted = if options.types.is_empty() {
        &usual[..]
    } else {
        &options.types
    };
    let mut chosen: Vec<String> = Vec::new();
    for wanted in wanted {
        let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(wanted)) else {
            let near = nearest(wanted, names.iter().map(String::as_str));
            return Err(Refused {
                message: format!("the project has no work item type `{wanted}`"),
                help: match near {
                    Some(near) => format!("did you mean `--type \"{near}\"`?"),
                    None => format!("it has: {}; --type NAME chooses", names.join(", ")),
                },
            });
        };
        if !chosen.contains(name) {
            chosen.push(name.clone());
        }
    }
    Ok(chosen)
}

/// The chosen listings with the names of their suites, by id.
async fn suites(
    testworthy: &dyn ExploreTestWorthy,
    connection: &Connection,
    options: &DumpOptions,
) -> Result<Result<BTreeMap<CaseScope, String>, Refused>, ReconcileError> {
    if let TestWorthySurface::V1 { .. } = connection.testworthy.surface {
        if options.suites.is_empty() {
            return Ok(Ok(BTreeMap::from([(CaseScope::Project, String::new())])));
        }
        return Ok(Err(Refused {
            message: "--suite: over `api: v1` there are no suites".to_owned(),
            help: "leave it out: the connection's project is looked at".to_owned(),
        }));
    }
    let listed: Option<BTreeMap<SuiteId, String>> = match testworthy.suites().await {
        Ok(listed) => Some(
            listed
                .into_iter()
                .map(|suite| (suite.id, suite.name))
                .collect(),
        ),
        Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => None,
        Err(error) => return Err(remote_error(connection, error)),
    };
    let wanted: BTreeSet<SuiteId> = options.suites.iter().copied().collect();
    let scopes = |ids: BTreeMap<SuiteId, String>| {
        ids.into_iter()
            .map(|(id, name)| (CaseScope::Suite(id), name))
            .collect()
    };
    Ok(match (listed, wanted.is_empty()) {
        (Some(listed), true) => Ok(scopes(listed)),
        (Some(listed), false) => match wanted.iter().find(|id| !listed.contains_key(id)) {
            Some(missing) => Err(Refused {
                message: format!("--suite {missing}: TestWorthy lists no such suite"),
                help: format!("it lists {}", told(&listed)),
            }),
            None => Ok(scopes(
                listed
                    .into_iter()
                    .filter(|(id, _)| wanted.contains(id))
                    .collect(),
            )),
        },
        (None, true) => Err(Refused {
            message: "this server does not list its suites".to_owned(),
            help: "name those to look at: --suite ID (repeatable)".to_owned(),
        }),
        (None, false) => Ok(scopes(
            wanted.into_iter().map(|id| (id, String::new())).collect(),
        )),
    })
}

fn told(listed: &BTreeMap<SuiteId, String>) -> String {
    const SHOWN: usize = 20;
    let mut told: Vec<String> = listed
        .iter()
        .take(SHOWN)
        .map(|(id, name)| format!("{id} ({name})"))
        .collect();
    if listed.len() > SHOWN {
        told.push(format!("{} more", listed.len() - SHOWN));
    }
    told.join(", ")
}

/// Work items that may belong to a case: what planning looks at too, and some more for their people.
async fn candidates(
    seen: &Seen,
    work_item_type: &str,
    linked: &BTreeMap<CaseId, WorkItemId>,
    readers: &Readers,
) -> Result<BTreeSet<WorkItemId>, crate::remote::RemoteError> {
    let query = |tag: Option<&str>| WorkItemQuery {
        work_item_type: work_item_type.to_owned(),
        tag: tag.map(str::to_owned),
        ..WorkItemQuery::default()
    };
    let mut ids: BTreeSet<WorkItemId> = BTreeSet::new();
    ids.extend(readers.azure_devops.query(&query(Some(ACCORD_TAG))).await?);
    let all = readers.azure_devops.query(&query(None)).await?;
    ids.extend(all.into_iter().take(SAMPLED));
    for case in seen.cases.values() {
        ids.extend(azure_boards_mentions(&case.refs));
        ids.extend(linked.get(&case.id));
    }
    Ok(ids)
}
