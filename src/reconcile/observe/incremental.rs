//! Plans that read only what the feed of revisions says has changed, and why they miss nothing.
//!
//! A [`Watermark`] of a rule says: a work item of a linked pair of the rule that is not in `dirty`, and of
//! which the feed behind `token` holds nothing, is as the pair's base says, carries the pair's marks and no
//! others, is of the mapped type and project, and is selected if the rule selects by work items. Call such
//! a work item clean. The claim holds because
//!
//! 1. the token is taken before anything is read, so that a revision which a reading did not see yet is
//!    behind the token and comes with the next feed;
//! 2. clean is only what that run compared and found to be in accord to the last field and mark
//!    ([`is_unchanged`](crate::plan::is_unchanged)), or what was clean before and not in the feed that led
//!    to the token. Everything else that was read is dirty: what was written, held, refused or in conflict,
//!    what is not linked, what could not be read;
//! 3. every change of a work item that matters here makes a revision: its fields, tags and hyperlinks, its
//!    type and project, the recycle bin and the way back. The feed is asked at the organisation, so nothing
//!    leaves it. Links between work items make none, and no plan looks at them;
//! 4. a base is written only from what was read, or from the answer of a write. The former is the content
//!    that this is about; the latter made a revision.
//!
//! A pair with a clean work item is then in accord if its case is as the base says as well, which is
//! compared without a request: cases are listed whole in every plan. If the case differs the work item is
//! read as ever. Candidates for a pair that is still to be made are among what changed, what is dirty, and
//! what cases name.
//!
//! The claim is about linked pairs. A run that parted a pair and ended before it stored a new watermark leaves
//! the work item clean in the old one, so items that were parted for good are looked at in every plan.
//!
//! What makes no revision is seen by the next full scan, a day later at most: work items that were
//! destroyed, areas that were renamed, permissions that were taken away. Rules that select by the time of
//! day or recognise items by their titles need the whole every time and are never planned in this way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Observer, Sight};
use crate::mapping::{CompiledMapping, CompiledRow};
use crate::model::config::{Connection, MatchBy, SyncRule};
use crate::model::{
    BaseField, Case, Link, LinkState, MarkState, Name, System, WorkItemId, azure_boards_mentions,
};
use crate::plan::{Known, WorkItemDeletion};
use crate::reconcile::Context;
use crate::reconcile::error::ReconcileError;
use crate::reconcile::executor::ApplyReport;
use crate::reconcile::plan::PlanOutcome;
use crate::remote::{Changes, FeedPlace, RemoteError, RemoteErrorKind};
use crate::store::{StoreError, Watermark};

/// What may have changed, with the work items of pairs that were parted for good.
pub(super) fn with_parted(
    changed: Arc<BTreeSet<WorkItemId>>,
    known: &Known,
) -> Arc<BTreeSet<WorkItemId>> {
    let parted = known.parted.iter();
    let parted = parted.filter(|link| link.state == LinkState::Unlinked);
    let missing: Vec<WorkItemId> = parted
        .map(|link| link.work_item)
        .filter(|item| !changed.contains(item))
        .collect();
    if missing.is_empty() {
        return changed;
    }
    Arc::new(changed.iter().copied().chain(missing).collect())
}

/// How old the last full scan may be.
const FULL_SCAN_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What the feed said to the rules of one connection.
#[derive(Default)]
pub(in crate::reconcile) struct Feed {
    /// Where the feed stood before anything was read; `None` if it cannot be followed.
    token: Option<String>,
    /// What every rule that need not read everything goes on from.
    rules: BTreeMap<Name, Going>,
    /// Work items that the feed calls deleted.
    deleted: BTreeSet<WorkItemId>,
}

struct Going {
    from: Watermark,
    /// What the feed holds since, and what was dirty.
    changed: Arc<BTreeSet<WorkItemId>>,
}

impl Feed {
    /// The work items that may differ from what is recorded of them; `None` if any may.
    pub(super) fn changed(&self, rule: &SyncRule) -> Option<Arc<BTreeSet<WorkItemId>>> {
        let going = self.rules.get(&rule.name)?;
        Some(Arc::clone(&going.changed))
    }

    /// Whether the feed calls a work item deleted.
    pub(super) fn tells_deleted(&self, id: WorkItemId) -> bool {
        self.deleted.contains(&id)
    }
}

impl Observer<'_> {
    /// Asks the feed, once, for all rules of the connection.
    pub(super) async fn follow_feed(&mut self) -> Result<Arc<Feed>, ReconcileError> {
        if let Some(feed) = &self.feed {
            return Ok(Arc::clone(feed));
        }
        let mut feed = Feed::default();
        let followers: Vec<&SyncRule> = self
            .rules
            .iter()
            .copied()
            .filter(|r| can_follow(r))
            .collect();
        let mut answers: BTreeMap<String, Option<Arc<Changes>>> = BTreeMap::new();
        for rule in &followers {
            let Some(from) = self.place_of(rule).await? else {
                continue;
            };
            if !answers.contains_key(&from.token) {
                let place = FeedPlace::Token(from.token.clone());
                let answer = self.ask_feed(&place).await;
                answers.insert(from.token.clone(), answer.map(Arc::new));
            }
            let Some(Some(changes)) = answers.get(&from.token) else {
                continue;
            };
            // The first answer ends the earliest, so its end is right for the others as well, and rules that
            // were apart come together.
            feed.token.get_or_insert_with(|| changes.token.clone());
            let deleted = changes.items.iter().filter(|(_, seen)| seen.deleted);
            feed.deleted.extend(deleted.map(|(id, _)| *id));
            let changed = changes.items.keys().chain(&from.dirty).copied().collect();
            let changed = Arc::new(changed);
            feed.rules
                .insert(rule.name.clone(), Going { from, changed });
        }
        if feed.token.is_none() && !followers.is_empty() {
            let end = self.ask_feed(&FeedPlace::Now).await;
            feed.token = end.map(|end| end.token);
        }
        let feed = Arc::new(feed);
        self.feed = Some(Arc::clone(&feed));
        Ok(feed)
    }

    /// Where a rule goes on in the feed; `None` if it has to read everything.
    async fn place_of(&self, rule: &SyncRule) -> Result<Option<Watermark>, StoreError> {
        if self.full_scan {
            return Ok(None);
        }
        let store = self.context.store;
        let Some(from) = store.watermark(&self.endpoints, &rule.name).await? else {
            return Ok(None);
        };
        let age = self.context.clock.now().duration_since(from.full_scan_at);
        let why = if from.config_digest != self.context.config.digest {
            "the manifests changed since the last one"
        } else if age >= FULL_SCAN_EVERY || age < SignedDuration::ZERO {
            "the last one is more than a day ago"
        } else {
            return Ok(Some(from));
        };
        self.tell_full_scan(&rule.name, why);
        Ok(None)
    }

    fn tell_full_scan(&self, rule: &Name, why: &str) {
        let progress = self.context.progress;
        progress.note(&format!("rule `{rule}` reads every work item: {why}"));
    }

    /// A feed that does not answer is no reason to stop: without it everything is read.
    async fn ask_feed(&self, place: &FeedPlace) -> Option<Changes> {
        let error = match self.readers.azure_devops.changes(place).await {
            Ok(changes) => return Some(changes),
            Err(error) => error,
        };
        let not_there = matches!(
            error.kind,
            RemoteErrorKind::Unsupported { .. } | RemoteErrorKind::NotFound { .. }
        );
        // A server that never had one needs no word.
        if !not_there || matches!(place, FeedPlace::Token(_)) {
            self.context.progress.note(&lost_place(&error));
        }
        None
    }

    /// What an apply of this plan may store for the rule.
    pub(super) fn watermark(&self, sight: &Sight<'_>, feed: &Feed) -> Option<Watermark> {
        let rule = sight.rule;
        let token = feed.token.clone().filter(|_| can_follow(rule))?;
        let observed = &sight.observed;
        let going = feed.rules.get(&rule.name);
        // A deletion that nothing but the feed tells of has to be told again, until the pair is settled.
        let told =
            |id: &WorkItemId| observed.deleted_work_items.get(id) == Some(&WorkItemDeletion::Told);
        if let Some(going) = going
            && self.absent_items(sight).iter().any(told)
        {
            return Some(going.from.clone());
        }
        let mut dirty: BTreeSet<WorkItemId> = observed.work_items.keys().copied().collect();
        dirty.extend(self.absent_items(sight));
        // What another rule found to be in accord says nothing of this one.
        let others = observed.unchanged.iter();
        let others = others.filter(|(case, _)| self.pairs.rule(*case) != Some(&rule.name));
        dirty.extend(others.map(|(_, item)| item));
        Some(Watermark {
            token,
            full_scan_at: going.map_or_else(|| self.started, |going| going.from.full_scan_at),
            config_digest: self.context.config.digest.clone(),
            dirty,
        })
    }
}

fn lost_place(error: &RemoteError) -> String {
    format!("the feed of revisions cannot be followed, so every work item is read: {error}")
}

/// Whether the feed says enough of what a rule looks at.
fn can_follow(rule: &SyncRule) -> bool {
    let scope = rule.scope.azure_devops.as_ref();
    let condition = scope.and_then(|scope| scope.wiql.as_deref());
    // `@Today` and its like move without a revision.
    let moves = condition.is_some_and(|condition| condition.contains('@'));
    !moves && !rule.match_by.contains(&MatchBy::Title)
}

/// Whether a pair with a clean work item is in accord: its case is as the base says to the last field, and
/// nothing is owed and nobody asked.
pub(super) fn is_as_recorded(
    rule: &SyncRule,
    connection: &Connection,
    mapping: &CompiledMapping,
    known: &Known,
    link: &Link,
    case: &Case,
) -> bool {
    let names_others = || {
        let mentions = azure_boards_mentions(&case.refs);
        mentions.iter().any(|id| *id != link.work_item)
    };
    let may_owe = || connection.testworthy.keeps_references() || !case.refs.is_empty();
    link.state == LinkState::Active
        && link.rule == rule.name
        && link.case == case.id
        && link.work_item_mark != MarkState::Missing
        && (link.case_mark != MarkState::Missing || !may_owe())
        && !names_others()
        && known.conflicts.iter().all(|one| one.case != link.case)
        && mapping.rows.iter().all(|row| {
            let base = link.base.fields.get(row.name());
            !is_compared(row, rule, base) || is_row_as_recorded(row, rule, base, link, case)
        })
}

/// Whether the rule looks at a row of a pair that is there.
fn is_compared(row: &CompiledRow, rule: &SyncRule, base: Option<&BaseField>) -> bool {
    let used = rule.targets().into_iter().any(|side| row.active(side));
    used && (!row.on_create() || base.is_some_and(BaseField::is_under_way))
}

fn is_row_as_recorded(
    row: &CompiledRow,
    rule: &SyncRule,
    base: Option<&BaseField>,
    link: &Link,
    case: &Case,
) -> bool {
    let Some(base) = base.filter(|base| !base.is_under_way() && base.row_digest == row.digest())
    else {
        return false;
    };
    let Ok(now) = row.read_case(case, Some(link.work_item)) else {
        return false;
    };
    // A value that is the same to the field and cannot be carried over is still told.
    let goes_over = !rule.writes(System::AzureDevOps)
        || now == base.testworthy
        || row.translate(System::TestWorthy, &now).is_ok();
    row.same(System::TestWorthy, &now, &base.testworthy) && goes_over
}

/// Stores how far the feed was followed, for each rule of a run that did all that its plan says and left
/// nothing out. Items that failed are dirty; a run that ended early leaves the old places as they are.
pub(in crate::reconcile) async fn advance(
    context: &Context<'_>,
    outcome: &PlanOutcome,
    report: &mut ApplyReport,
) {
    let narrowed = !outcome.planned.plan.inputs.only.is_empty();
    if narrowed || report.stopped || !report.errors.is_empty() {
        return;
    }
    for observation in &outcome.observations {
        let Some(watermark) = &observation.watermark else {
            continue;
        };
        let rule = &observation.rule.name;
        let store = context.store;
        let stored = store.put_watermark(&observation.endpoints, rule, Some(watermark));
        if let Err(error) = stored.await {
            report.errors.push(error.into());
            return;
        }
    }
}
