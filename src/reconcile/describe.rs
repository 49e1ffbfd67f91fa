//! What exists behind a connection, for schemas that editors complete from.

use std::collections::BTreeMap;

use super::connect::{HttpRemotes, remote_error};
use super::error::ReconcileError;
use super::progress::Progress;
use crate::manifest::schema::{Live, LiveType};
use crate::model::config::{Config, Connection, TestWorthySurface};
use crate::model::{CASE_FIELDS, CaseFieldKind, SuiteId, Value};
use crate::remote::{
    CaseScope, DescribedType, ExploreAzureDevOps, ExploreTestWorthy, PathTree, RemoteError,
    RemoteErrorKind,
};

/// More values than that are no picklist.
const MOST_VALUES: usize = 100;

/// Reads both systems of a connection; the cases only of the suites that its rules name.
pub async fn describe(
    config: &Config,
    connection: &Connection,
    remotes: &HttpRemotes,
    progress: &dyn Progress,
) -> Result<Live, ReconcileError> {
    let (azure_devops, testworthy) = remotes.explorers(connection)?;
    let failed = |error| remote_error(connection, error);
    let mut live = Live {
        connections: config.connections.keys().map(ToString::to_string).collect(),
        mappings: config.mappings.keys().map(ToString::to_string).collect(),
        ..Live::default()
    };
    look_at_azure_devops(&azure_devops, &mut live, progress)
        .await
        .map_err(failed)?;
    let rules = config.rules.values();
    let rules = rules.filter(|rule| rule.connection == connection.name);
    let suites: Vec<SuiteId> = rules
        .flat_map(|rule| {
            let scope = rule.scope.testworthy.iter();
            let scope = scope.flat_map(|scope| scope.suites.iter().copied());
            scope.chain(rule.create_in.suite)
        })
        .collect();
    let mut read: Vec<CaseScope> = match connection.testworthy.surface {
        TestWorthySurface::Automation { .. } => {
            suites.iter().copied().map(CaseScope::Suite).collect()
        }
        TestWorthySurface::V1 { .. } => vec![CaseScope::Project],
    };
    read.sort_unstable();
    read.dedup();
    look_at_testworthy(testworthy.as_ref(), &suites, read, &mut live, progress)
        .await
        .map_err(failed)?;
    Ok(live)
}

async fn look_at_azure_devops(
    reader: &impl ExploreAzureDevOps,
    live: &mut Live,
    progress: &dyn Progress,
) -> Result<(), RemoteError> {
    // A bad credential is told as every command tells it.
    reader.check().await?;
    live.projects = reader.projects().await?;
    let mut names = reader.work_item_types().await?;
    names.sort();
    progress.begin("reading work item types", Some(names.len() as u64));
    for name in names {
        let described = reader.describe(&name).await;
        progress.advance(1);
        match described {
            Ok(DescribedType {
                work_item_type,
                help,
            }) => live.types.push(LiveType {
                work_item_type,
                help,
            }),
            // Removed since the list was made.
            Err(error) if matches!(error.kind, RemoteErrorKind::NotFound { .. }) => {}
            Err(error) => {
                progress.end();
                return Err(error);
            }
        }
    }
    progress.end();
    live.areas = reader.paths(PathTree::Areas).await?;
    live.iterations = reader.paths(PathTree::Iterations).await?;
    Ok(())
}

async fn look_at_testworthy(
    reader: &dyn ExploreTestWorthy,
    suites: &[SuiteId],
    read: Vec<CaseScope>,
    live: &mut Live,
    progress: &dyn Progress,
) -> Result<(), RemoteError> {
    let mut named: BTreeMap<u64, String> = suites.iter().map(|id| (id.0, String::new())).collect();
    match reader.suites().await {
        Ok(listed) => named.extend(listed.into_iter().map(|suite| (suite.id.0, suite.name))),
        // Not every server lists its suites; those of the rules are known anyway.
        Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => {}
        Err(error) => return Err(error),
    }
    live.suites = named;
    progress.begin("reading cases", Some(read.len() as u64));
    for scope in read {
        let listing = reader.cases(scope).await;
        progress.advance(1);
        match listing {
            Ok(listing) => listing
                .cases
                .values()
                .for_each(|case| learn(live, &case.section_path, &case.fields)),
            Err(error) => {
                progress.end();
                return Err(error);
            }
        }
    }
    progress.end();
    live.case_values
        .retain(|_, values| values.len() <= MOST_VALUES);
    Ok(())
}

/// Takes in one case: its section, its own fields, its picklist values.
fn learn(live: &mut Live, section: &[String], fields: &BTreeMap<String, Value>) {
    if !section.is_empty() {
        live.sections.insert(section.join("/"));
    }
    for (name, value) in fields {
        if name.starts_with("custom.") {
            live.custom_fields.insert(name.clone());
        }
        let is_picklist = CASE_FIELDS
            .iter()
            .any(|field| field.name == name && field.kind == CaseFieldKind::Picklist);
        if let (true, Some(text)) = (is_picklist, value.as_text()) {
            let values = live.case_values.entry(name.clone()).or_default();
            values.insert(text.to_owned());
        }
    }
}
