//! Pairing existing items because a person says so, and parting them. Both systems are read at most.
//!
//! A link that is made here has no base: the next plan compares the pair as one that meets for the first
//! time, and the next apply writes the marks.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::{endpoints, remote_error};
use super::error::ReconcileError;
use super::{Context, Readers};
use crate::model::config::{Config, Connection, SyncRule, TestWorthySurface};
use crate::model::{
    Base, Case, CaseId, Closing, ConflictChange, Endpoints, Link, LinkId, LinkState, MarkState,
    Name, RunId, SuiteId, WorkItem, WorkItemId, azure_boards_mentions,
};
use crate::plan::LinkedPairs;
use crate::remote::{CaseRead, CaseScope, RemoteErrorKind};
use crate::store::{AuditEntry, PairConflicts, Record};

/// With fewer pairs than this each case is asked for by itself; with more the suites are listed.
const ASKED_SINGLY: usize = 20;

/// A pair that somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedPair {
    /// The line of the file that names it, from 1.
    pub line: Option<u64>,
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
}

/// A pair that is to be parted, by one of its items or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedItem {
    /// The line of the file that names it, from 1.
    pub line: Option<u64>,
    /// The case.
    pub case: Option<CaseId>,
    /// The work item.
    pub work_item: Option<WorkItemId>,
}

/// Why a line cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkProblem {
    /// The line of the file, from 1.
    pub line: Option<u64>,
    /// What is wrong with it.
    pub message: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkOutcome {
    /// Nothing was stored.
    Refused(Vec<LinkProblem>),
    /// Everything was stored.
    Stored {
        /// The pairs that were linked or parted.
        changed: Vec<(CaseId, WorkItemId)>,
        /// How many were so before.
        already: usize,
    },
}

/// Links pairs under a rule. Every pair is looked at before anything is stored.
pub async fn link(
    context: &Context<'_>,
    rule: &SyncRule,
    wanted: &[WantedPair],
) -> Result<LinkOutcome, ReconcileError> {
    let config = context.config;
    let (Some(connection), Some(mapping)) = (
        config.connections.get(&rule.connection),
        config.mappings.get(&rule.mapping),
    ) else {
        let reason = format!("rule `{}` has no connection or no mapping", rule.name);
        return Err(ReconcileError::Internal(reason));
    };
    let places = endpoints(connection);
    let pairs = LinkedPairs::new(context.store.pairs(&places).await?);
    let mut problems = repeated(wanted);
    problems.extend(
        wanted
            .iter()
            .filter_map(|one| linked_elsewhere(&pairs, one)),
    );
    let new: Vec<WantedPair> = wanted
        .iter()
        .copied()
        .filter(|one| pairs.work_item(one.case) != Some(one.work_item))
        .collect();
    let seen = See {
        connection,
        rule,
        readers: context.remotes.readers(connection)?,
    };
    seen.readers
        .azure_devops
        .check()
        .await
        .map_err(|error| remote_error(connection, error))?;
    let cases = seen.cases(&new).await?;
    let items = seen.work_items(&new).await?;
    for one in &new {
        let mut tell = |message: String| {
            problems.push(LinkProblem {
                line: one.line,
                message,
            });
        };
        if let Some(reason) = seen.case_problem(one, &cases) {
            tell(reason);
        }
        match items.get(&one.work_item) {
            None => tell(format!(
                "work item {} does not exist, or this token may not see it",
                one.work_item
            )),
            // Whose it is was said already.
            Some(item) if pairs.case(item.id).is_some() => {}
            Some(item) => {
                if let Some(reason) = seen.item_problem(one, item, &mapping.work_item_type) {
                    tell(reason);
                }
            }
        }
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        return Ok(LinkOutcome::Refused(problems));
    }
    let parted = context.store.parted_links(&places).await?;
    let run = RunId(context.ids.next());
    let mut records = Vec::new();
    for one in &new {
        let known = parted
            .iter()
            .find(|link| (link.case, link.work_item) == (one.case, one.work_item));
        let id = known.map_or_else(|| LinkId(context.ids.next()), |link| link.id.clone());
        let (case, item) = (cases.get(&one.case), items.get(&one.work_item));
        let link = seen.new_link(id, &places, one, (case, item));
        records.push(Record {
            audit: Some(audit(context, &run, &link, "linked", "by a person")),
            link: Some(link),
            ..Record::default()
        });
    }
    // What was clean while nobody had linked it was never compared.
    forget_watermark(context, &places, &rule.name, &records).await?;
    context.store.record(&records).await?;
    context.store.flush().await?;
    Ok(LinkOutcome::Stored {
        changed: new.iter().map(|one| (one.case, one.work_item)).collect(),
        already: wanted.len() - new.len(),
    })
}

/// Parts pairs. Contacts nothing; every one is looked up before anything is stored.
pub async fn unlink(
    context: &Context<'_>,
    rule: Option<&Name>,
    wanted: &[WantedItem],
) -> Result<LinkOutcome, ReconcileError> {
    let mut known: Vec<Link> = Vec::new();
    for places in places(context.config) {
        known.extend(context.store.links(&places).await?);
        known.extend(context.store.parted_links(&places).await?);
    }
    if let Some(rule) = rule {
        known.retain(|link| link.rule == *rule);
    }
    let mut problems = Vec::new();
    let mut parting: BTreeMap<LinkId, Link> = BTreeMap::new();
    let mut already = 0;
    for one in wanted {
        match the_link(&known, one) {
            Ok(link) if link.state == LinkState::Unlinked => already += 1,
            Ok(link) => {
                parting.insert(link.id.clone(), link.clone());
            }
            Err(message) => problems.push(LinkProblem {
                line: one.line,
                message,
            }),
        }
    }
    if !problems.is_empty() {
        return Ok(LinkOutcome::Refused(problems));
    }
    let run = RunId(context.ids.next());
    let mut records = Vec::new();
    let mut changed = Vec::new();
    for mut link in parting.into_values() {
        link.state = LinkState::Unlinked;
        changed.push((link.case, link.work_item));
        let open = context.store.open_conflicts(&link.endpoints).await?;
        let closes: Vec<ConflictChange> = open
            .iter()
            .filter(|one| (one.case, one.work_item) == (link.case, link.work_item))
            .map(|one| ConflictChange::Close(one.id, Closing::Unlinked))
            .collect();
        records.push(Record {
            audit: Some(audit(context, &run, &link, "unlinked", "by a person")),
            conflicts: (!closes.is_empty()).then(|| PairConflicts {
                endpoints: link.endpoints.clone(),
                rule: link.rule.clone(),
                case: link.case,
                work_item: link.work_item,
                at: context.clock.now(),
                changes: closes,
            }),
            link: Some(link),
            ..Record::default()
        });
    }
    let rules: BTreeSet<(&Endpoints, &Name)> = records
        .iter()
        .filter_map(|record| record.link.as_ref())
        .map(|link| (&link.endpoints, &link.rule))
        .collect();
    for (places, rule) in rules {
        forget_watermark(context, places, rule, &records).await?;
    }
    context.store.record(&records).await?;
    context.store.flush().await?;
    changed.sort_unstable();
    Ok(LinkOutcome::Stored { changed, already })
}

/// Lets the next plan of a rule read everything, where there is something to record: the place in the feed
/// was reached with other pairs than it has from now on.
async fn forget_watermark(
    context: &Context<'_>,
    places: &Endpoints,
    rule: &Name,
    records: &[Record],
) -> Result<(), ReconcileError> {
    if records.is_empty() {
        return Ok(());
    }
    Ok(context.store.put_watermark(places, rule, None).await?)
}

fn audit(context: &Context<'_>, run: &RunId, link: &Link, event: &str, detail: &str) -> AuditEntry {
    AuditEntry {
        at: context.clock.now(),
        run: run.clone(),
        rule: link.rule.clone(),
        event: event.to_owned(),
        case: Some(link.case),
        work_item: Some(link.work_item),
        detail: detail.to_owned(),
    }
}

fn places(config: &Config) -> BTreeSet<Endpoints> {
    config.connections.values().map(endpoints).collect()
}

/// The one pair that is meant.
fn the_link<'l>(known: &'l [Link], one: &WantedItem) -> Result<&'l Link, String> {
    let case = |link: &&Link| one.case.is_none_or(|case| link.case == case);
    let item = |link: &&Link| one.work_item.is_none_or(|item| link.work_item == item);
    let mut found: Vec<&Link> = known
        .iter()
        .filter(|link| case(link) && item(link))
        .collect();
    if let Some(active) = found.iter().find(|link| link.state == LinkState::Active) {
        // A parted pair may hold one of its items as well.
        let active = *active;
        found.retain(|link| link.state == LinkState::Active || link.endpoints != active.endpoints);
    }
    match (found.as_slice(), one.case, one.work_item) {
        ([link], ..) => Ok(link),
        ([], Some(case), Some(item)) => {
            Err(format!("case {case} and work item {item} are not linked"))
        }
        ([], Some(case), None) => Err(format!("case {case} is not linked")),
        ([], None, Some(item)) => Err(format!("work item {item} is not linked")),
        ([], None, None) => Err("neither a case nor a work item is named".to_owned()),
        (several, ..) => {
            let pairs: Vec<String> = several
                .iter()
                .map(|link| {
                    format!(
                        "case {} and work item {} of {}",
                        link.case, link.work_item, link.rule
                    )
                })
                .collect();
            Err(format!(
                "several pairs fit: {}; name the rule, or both items",
                pairs.join("; ")
            ))
        }
    }
}

/// An item that two lines name.
fn repeated(wanted: &[WantedPair]) -> Vec<LinkProblem> {
    let mut problems = Vec::new();
    let mut cases: BTreeMap<CaseId, &WantedPair> = BTreeMap::new();
    let mut items: BTreeMap<WorkItemId, &WantedPair> = BTreeMap::new();
    let line = |one: &WantedPair| {
        one.line
            .map_or_else(String::new, |line| format!(" in line {line}"))
    };
    for one in wanted {
        let problem = |what: String, first: &WantedPair| LinkProblem {
            line: one.line,
            message: format!("{what} is named{} already", line(first)),
        };
        match cases.get(&one.case) {
            Some(first) => problems.push(problem(format!("case {}", one.case), first)),
            None => {
                cases.insert(one.case, one);
            }
        }
        match items.get(&one.work_item) {
            Some(first) => problems.push(problem(format!("work item {}", one.work_item), first)),
            None => {
                items.insert(one.work_item, one);
            }
        }
    }
    problems
}

/// One of the two belongs to another item.
fn linked_elsewhere(pairs: &LinkedPairs, one: &WantedPair) -> Option<LinkProblem> {
    let of_rule = |case: CaseId| {
        pairs
            .rule(case)
            .map_or_else(String::new, |rule| format!(" (rule {rule})"))
    };
    let mut reasons = Vec::new();
    if let Some(other) = pairs
        .work_item(one.case)
        .filter(|other| *other != one.work_item)
    {
        reasons.push(format!(
            "case {} is linked to work item {other}{}",
            one.case,
            of_rule(one.case)
        ));
    }
    if let Some(other) = pairs.case(one.work_item).filter(|other| *other != one.case) {
        reasons.push(format!(
            "work item {} is linked to case {other}{}",
            one.work_item,
            of_rule(other)
        ));
    }
    (!reasons.is_empty()).then(|| LinkProblem {
        line: one.line,
        message: format!("{}; `accord unlink` parts a pair", reasons.join(", and ")),
    })
}

/// Looks at what both systems hold.
struct See<'a> {
    connection: &'a Connection,
    rule: &'a SyncRule,
    readers: Readers,
}

impl See<'_> {
    /// The cases that are there. A few are asked for one by one; many are looked for in the rule's suites
    /// first.
    async fn cases(&self, wanted: &[WantedPair]) -> Result<BTreeMap<CaseId, Case>, ReconcileError> {
        let failed = |error| remote_error(self.connection, error);
        let mut missing: BTreeSet<CaseId> = wanted.iter().map(|one| one.case).collect();
        let mut found = BTreeMap::new();
        if missing.len() > ASKED_SINGLY {
            self.list(&mut missing, &mut found).await?;
        }
        let mut cannot_ask = false;
        for id in missing.clone() {
            match self.readers.testworthy.case(id).await {
                Ok(CaseRead::Present(case)) => {
                    missing.remove(&id);
                    found.insert(id, *case);
                }
                Ok(CaseRead::Missing | CaseRead::Refused) => {}
                Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => {
                    cannot_ask = true;
                    break;
                }
                Err(error) => return Err(failed(error)),
            }
        }
        if cannot_ask && wanted.len() <= ASKED_SINGLY {
            self.list(&mut missing, &mut found).await?;
        }
        Ok(found)
    }

    async fn list(
        &self,
        missing: &mut BTreeSet<CaseId>,
        found: &mut BTreeMap<CaseId, Case>,
    ) -> Result<(), ReconcileError> {
        let scope = self.rule.scope.testworthy.iter();
        let mut suites: BTreeSet<SuiteId> = scope.flat_map(|scope| scope.suites.clone()).collect();
        suites.extend(self.rule.create_in.suite);
        let scopes: Vec<CaseScope> = match self.connection.testworthy.surface {
            TestWorthySurface::V1 { .. } => vec![CaseScope::Project],
            TestWorthySurface::Automation { .. } => {
                suites.into_iter().map(CaseScope::Suite).collect()
            }
        };
        for scope in scopes {
            let listing = self.readers.testworthy.cases(scope).await;
            let listing = listing.map_err(|error| remote_error(self.connection, error))?;
            for (id, case) in listing.cases {
                if missing.remove(&id) {
                    found.insert(id, case);
                }
            }
        }
        Ok(())
    }

    async fn work_items(
        &self,
        wanted: &[WantedPair],
    ) -> Result<BTreeMap<WorkItemId, WorkItem>, ReconcileError> {
        let ids: BTreeSet<WorkItemId> = wanted.iter().map(|one| one.work_item).collect();
        let ids: Vec<WorkItemId> = ids.into_iter().collect();
        let read = self.readers.azure_devops.read(&ids).await;
        read.map_err(|error| remote_error(self.connection, error))
    }

    fn case_problem(&self, one: &WantedPair, cases: &BTreeMap<CaseId, Case>) -> Option<String> {
        let Some(case) = cases.get(&one.case) else {
            return Some(format!(
                "case {} does not exist, or is not of the project of connection `{}`",
                one.case, self.connection.name
            ));
        };
        let TestWorthySurface::V1 { project_id, .. } = self.connection.testworthy.surface else {
            return None;
        };
        let project = case.project.filter(|project| *project != project_id)?;
        Some(format!(
            "case {} is of project {project}, and the connection's is {project_id}",
            one.case
        ))
    }

    fn item_problem(&self, one: &WantedPair, item: &WorkItem, wanted: &str) -> Option<String> {
        let id = item.id;
        if !item.work_item_type.eq_ignore_ascii_case(wanted) {
            return Some(format!(
                "work item {id} is a {}, and the rule maps {wanted}",
                item.work_item_type
            ));
        }
        let project = &self.connection.azure_devops.project;
        if !item.project.eq_ignore_ascii_case(project) {
            return Some(format!(
                "work item {id} is of project {}, and the connection's is {project}",
                item.project
            ));
        }
        let marked = self.connection.testworthy.marked_cases(item);
        let other = marked.iter().find(|case| **case != one.case)?;
        Some(format!(
            "work item {id} carries Accord's hyperlink to case {other}: link that case, or take the hyperlink away first"
        ))
    }

    fn new_link(
        &self,
        id: LinkId,
        places: &Endpoints,
        one: &WantedPair,
        (case, item): (Option<&Case>, Option<&WorkItem>),
    ) -> Link {
        let mark = |stands: bool| {
            if stands {
                MarkState::Written
            } else {
                MarkState::Missing
            }
        };
        let on_case =
            case.is_some_and(|case| azure_boards_mentions(&case.refs).contains(&one.work_item));
        let on_item = item.is_some_and(|item| {
            item.has_accord_tag()
                && self
                    .connection
                    .testworthy
                    .marked_cases(item)
                    .contains(&one.case)
        });
        Link {
            id,
            endpoints: places.clone(),
            case: one.case,
            testworthy_project: case.and_then(|case| case.project),
            work_item: one.work_item,
            rule: self.rule.name.clone(),
            case_mark: mark(on_case),
            work_item_mark: mark(on_item),
            base: Base::default(),
            state: LinkState::Active,
        }
    }
}
