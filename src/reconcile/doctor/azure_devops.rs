//! Asks Azure DevOps.

use std::collections::{BTreeMap, BTreeSet};

use url::{Host, Url};

use super::check::{Cause, Check, SystemReport};
use super::judge::{Feature, Wanted};
use super::{Checks, Needed, Subject, described, judge};
use crate::azure_devops::Reader;
use crate::diagnostics::Finding;
use crate::mapping::{lint_paths, names_custom_fields, unused_allows};
use crate::model::config::{AzureDevOpsCredential, FieldMapping, SyncRule};
use crate::model::{Name, System};
use crate::plan::custom_field::ObservedProcess;
use crate::reconcile::connect::application;
use crate::reconcile::custom_field::{find, on_no_form};
use crate::reconcile::places::{TREES, writes_paths};
use crate::reconcile::plan::fit;
use crate::reconcile::{Carried, ReconcileError};
use crate::remote::{
    ExploreAzureDevOps as _, PathTree, ProcessType, ReadAzureDevOps as _, ReadProcess as _,
    RemoteError, RemoteErrorKind,
};

/// What is looked at behind the network, in order.
const REST: [&str; 9] = [
    "http",
    "credential",
    "identity",
    "project",
    "permission",
    "mapping",
    "clock",
    "rate",
    "versions",
];

pub(super) async fn examine(subject: &Subject<'_>) -> SystemReport {
    let mut checks = Checks::default();
    if let Err(why) = ask(subject, &mut checks).await {
        let why = format!("not looked at: {why}");
        checks.skip(&REST, &why);
        skip_process(subject, &mut checks, &why);
    }
    let url = &subject.connection.azure_devops.organization_url;
    checks.report(System::AzureDevOps, url)
}

async fn ask(subject: &Subject<'_>, checks: &mut Checks) -> Result<(), String> {
    let side = &subject.connection.azure_devops;
    let url = &side.organization_url;
    let (needed, carried) = match &side.credential {
        AzureDevOpsCredential::PersonalAccessToken(reference) => {
            let needed = vec![Needed {
                key: "personalAccessToken",
                reference: Some(reference),
                expected: judge::Expected::PersonalAccessToken {
                    real: !is_loopback(url),
                },
            }];
            let shown = described(&needed);
            (
                needed,
                Carried {
                    shown,
                    workload_identity: false,
                },
            )
        }
        AzureDevOpsCredential::WorkloadIdentity(identity) => {
            let shown = application(identity);
            (
                Vec::new(),
                Carried {
                    shown,
                    workload_identity: true,
                },
            )
        }
    };
    subject
        .approach(System::AzureDevOps, url, &needed, checks)
        .await?;
    let found = subject
        .context
        .remotes
        .explore_azure_devops(subject.connection);
    let (reader, client) = match found {
        Ok(found) => found,
        Err(error) if carried.workload_identity => return checks.extend([no_sign_in(&error)]),
        Err(error) => return Err(error.to_string()),
    };
    if carried.workload_identity {
        let outcome = client.sign_in().await.map_err(|error| error.kind);
        checks.extend([judge::sign_in(&carried.shown, outcome)])?;
    }
    let clock = subject.context.clock;
    let before = clock.now();
    let greeting = match reader.greet().await {
        Ok(greeting) => greeting,
        Err(error) => return checks.extend([judge::no_answer(&error)]),
    };
    let after = clock.now();
    let latency = after.duration_since(before).unsigned_abs();
    let judged = judge::azure_devops_answer(&greeting, latency, url.as_str(), &carried);
    let outcome = match checks.extend(judged) {
        Ok(()) => look_around(subject, &reader, checks).await,
        failed => failed,
    };
    if let Err(why) = outcome {
        let rest = ["credential", "identity", "project", "permission", "mapping"];
        let why = format!("not looked at: {why}");
        checks.skip(&rest, &why);
        skip_process(subject, checks, &why);
    }
    // These need no more than an answer.
    checks.push(judge::clock(greeting.date, before, after));
    checks.push(judge::rate(client.rate().as_ref()));
    let deployment = greeting.outcome.ok().and_then(|who| who.deployment);
    checks.push(judge::versions("REST 7.1", deployment.as_deref()));
    Ok(())
}

/// There is nothing to sign in with, or it may not go there.
fn no_sign_in(error: &ReconcileError) -> Check {
    if let ReconcileError::Remote { error, .. } = error {
        return judge::sign_in("", Err(error.kind.clone()));
    }
    let next = "run it in a job of GitHub Actions with `permissions: { id-token: write }`";
    Check::fail("secret", Cause::Authentication, error.to_string(), next).about("entra")
}

/// Project first: what the rules need is inside it.
async fn look_around(
    subject: &Subject<'_>,
    reader: &Reader,
    checks: &mut Checks,
) -> Result<(), String> {
    look_at_project(subject, reader, checks).await?;
    let found = match subject.fields.as_slice() {
        [] => None,
        fields => Some(find(reader, fields).await),
    };
    let process = match &found {
        Some(found) => look_at_process(subject, found, checks),
        None => Ok(()),
    };
    let rules = look_at_rules(subject, reader, found, checks).await;
    process.and(rules)
}

/// Only where a field is declared does it matter whether the process can be changed.
fn look_at_process(
    subject: &Subject<'_>,
    found: &Result<ObservedProcess, RemoteError>,
    checks: &mut Checks,
) -> Result<(), String> {
    checks.extend([judge::process(found)])?;
    let mut judged = Vec::new();
    if let Ok(observed) = found {
        let fields = subject.fields.iter();
        judged.extend(fields.flat_map(|field| judge::field(field, observed)));
        judged.push(judge::not_checked(Feature::ChangeProcess));
    }
    checks.extend(judged)
}

fn skip_process(subject: &Subject<'_>, checks: &mut Checks, why: &str) {
    if !subject.fields.is_empty() {
        checks.skip(&["process"], why);
    }
}

async fn look_at_project(
    subject: &Subject<'_>,
    reader: &Reader,
    checks: &mut Checks,
) -> Result<(), String> {
    let name = &subject.connection.azure_devops.project;
    let found = reader.project().await;
    let others = match &found {
        Err(error) if matches!(error.kind, RemoteErrorKind::NotFound { .. }) => {
            reader.projects().await.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    checks.extend([judge::project(name, &found, &others)])
}

/// An emulator on this machine has tokens of its own form.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What the rules of the connection need: permissions, work item types, paths.
async fn look_at_rules(
    subject: &Subject<'_>,
    reader: &Reader,
    process: Option<Result<ObservedProcess, RemoteError>>,
    checks: &mut Checks,
) -> Result<(), String> {
    if subject.rules.is_empty() {
        checks.skip(&["permission", "mapping"], "no rule uses this connection");
        return Ok(());
    }
    let project = &subject.connection.azure_devops.project;
    let queried = reader.may_query().await;
    let items = judge::permission(Feature::ReadWorkItems, project, &queried);
    let types = reader.work_item_types().await;
    let listed = types.as_ref().map(|_| ()).map_err(Clone::clone);
    let fields = judge::permission(Feature::ReadFields, project, &listed);
    // Rules towards TestWorthy write too: the marker on the work item.
    let writes = judge::not_checked(Feature::WriteWorkItems);
    let readable = !fields.failed();
    let outcome = checks.extend([items, fields, writes]);
    if !readable {
        return outcome;
    }
    let forms = match forms(subject, reader, process).await {
        Some(Err(error)) => {
            checks.extend([judge::forms_not_seen(&error)])?;
            None
        }
        Some(Ok(forms)) => Some(forms),
        None => None,
    };
    let trees = Trees::read(subject, reader).await;
    let seen = Seen {
        types: types.unwrap_or_default(),
        forms: forms.unwrap_or_default(),
        trees: &trees,
    };
    let judged = mappings(subject, reader, &seen).await;
    let fits = checks.extend(judged);
    let judged = paths(subject, &trees);
    outcome.and(fits).and(checks.extend(judged))
}

/// The types of the process with their forms, if a mapping connects custom fields. `Err` says why they
/// were not seen.
async fn forms(
    subject: &Subject<'_>,
    reader: &Reader,
    process: Option<Result<ObservedProcess, RemoteError>>,
) -> Option<Result<Vec<ProcessType>, RemoteError>> {
    let mappings = &subject.context.config.mappings;
    let mut used = subject
        .rules
        .iter()
        .filter_map(|rule| mappings.get(&rule.mapping));
    if !used.any(names_custom_fields) {
        return None;
    }
    let process = match process {
        Some(Ok(observed)) if !observed.types.is_empty() => return Some(Ok(observed.types)),
        Some(Ok(observed)) => Ok(observed.process),
        Some(Err(error)) => Err(error),
        None => reader.process().await,
    };
    let process = match process {
        Ok(process) => process,
        Err(error) => return Some(Err(error)),
    };
    Some(reader.process_types(&process.id).await)
}

/// What was seen of the project beside the work item types themselves.
struct Seen<'a> {
    /// Names of work item types.
    types: Vec<String>,
    /// Work item types with their forms; empty if nobody asked for them or they were not seen.
    forms: Vec<ProcessType>,
    trees: &'a Trees,
}

/// Every mapping that a rule uses, held against its live work item type as a plan does.
async fn mappings(subject: &Subject<'_>, reader: &Reader, seen: &Seen<'_>) -> Vec<Check> {
    let config = subject.context.config;
    let mut used: BTreeMap<&Name, (&FieldMapping, Vec<&SyncRule>)> = BTreeMap::new();
    for rule in &subject.rules {
        if let Some(mapping) = config.mappings.get(&rule.mapping) {
            let entry = used.entry(&mapping.name);
            entry.or_insert_with(|| (mapping, Vec::new())).1.push(rule);
        }
    }
    let mut checks = Vec::new();
    for (mapping, rules) in used.into_values() {
        let name = mapping.name.as_str();
        match reader.work_item_type(&mapping.work_item_type).await {
            Ok(live) => {
                let mut findings: Vec<Finding> = Vec::new();
                for rule in &rules {
                    for finding in fit(config, rule, mapping, Some(&live)).1 {
                        if !findings.contains(&finding) {
                            findings.push(finding);
                        }
                    }
                }
                findings.extend(unused_allows(config, mapping, &live));
                findings.extend(on_no_form(
                    config,
                    &subject.connection.name,
                    mapping,
                    &live,
                    &seen.forms,
                ));
                for (tree, field) in TREES {
                    if let Some(Ok(there)) = seen.trees.of(tree)
                        && rules.iter().any(|rule| writes_paths(rule, mapping, field))
                    {
                        findings.extend(lint_paths(mapping, field, there));
                    }
                }
                checks.extend(judge::mapping(name, &live, &findings));
            }
            Err(RemoteError {
                kind: RemoteErrorKind::NotFound { .. },
                ..
            }) => checks.push(judge::missing_type(
                name,
                &mapping.work_item_type,
                &seen.types,
            )),
            Err(error) => {
                let project = &subject.connection.azure_devops.project;
                checks.push(judge::permission(Feature::ReadFields, project, &Err(error)));
            }
        }
    }
    checks
}

/// The paths of a tree; `None` if nothing names one.
type Tree = Option<Result<Vec<String>, RemoteError>>;

/// The trees of the project, each read only if rules or mappings name something in it.
struct Trees {
    areas: Tree,
    iterations: Tree,
}

impl Trees {
    async fn read(subject: &Subject<'_>, reader: &Reader) -> Self {
        let (areas, iterations) = wanted(subject);
        let mappings = &subject.context.config.mappings;
        let mut trees = Self {
            areas: None,
            iterations: None,
        };
        for (tree, field) in TREES {
            let mut rules = subject.rules.iter();
            let in_rows = rules.any(|rule| {
                let mapping = mappings.get(&rule.mapping);
                mapping.is_some_and(|mapping| writes_paths(rule, mapping, field))
            });
            let (slot, named) = match tree {
                PathTree::Areas => (&mut trees.areas, &areas),
                PathTree::Iterations => (&mut trees.iterations, &iterations),
            };
            if in_rows || !named.is_empty() {
                *slot = Some(reader.paths(tree).await);
            }
        }
        trees
    }

    fn of(&self, tree: PathTree) -> Option<&Result<Vec<String>, RemoteError>> {
        match tree {
            PathTree::Areas => self.areas.as_ref(),
            PathTree::Iterations => self.iterations.as_ref(),
        }
    }
}

/// Areas and iterations that the rules name.
fn wanted(subject: &Subject<'_>) -> (BTreeSet<Wanted>, BTreeSet<Wanted>) {
    let mut areas = BTreeSet::new();
    let mut iterations = BTreeSet::new();
    for rule in &subject.rules {
        let scope = rule.scope.azure_devops.as_ref();
        let place = &rule.create_in;
        let note = |set: &mut BTreeSet<Wanted>, path: Option<&String>| {
            if let Some(path) = path {
                set.insert(Wanted {
                    path: path.clone(),
                    rule: rule.name.to_string(),
                });
            }
        };
        note(&mut areas, scope.and_then(|scope| scope.area_path.as_ref()));
        note(&mut areas, place.area_path.as_ref());
        let iteration = scope.and_then(|scope| scope.iteration_path.as_ref());
        note(&mut iterations, iteration);
        note(&mut iterations, place.iteration_path.as_ref());
    }
    (areas, iterations)
}

/// What the rules name, held against the trees.
fn paths(subject: &Subject<'_>, trees: &Trees) -> Vec<Check> {
    let (areas, iterations) = wanted(subject);
    let mut checks = Vec::new();
    for (tree, name, wanted) in [
        (&trees.areas, "area", areas),
        (&trees.iterations, "iteration", iterations),
    ] {
        let Some(found) = tree else { continue };
        let wanted: Vec<Wanted> = wanted.into_iter().collect();
        if !wanted.is_empty() || found.is_err() {
            checks.extend(judge::paths(name, &wanted, found));
        }
    }
    checks
}
