//! What the tests of the executor need besides a world: runs with their own store, clock, flag or
//! addresses, and items that somebody planted.

use std::collections::BTreeMap;

use accord::model::{
    Base, CaseId, Link, LinkId, LinkState, MarkState, Name, OperationId, RunId, WorkItemId,
};
use accord::plan::safety::Overrides;
use accord::plan::{Inputs, Plan};
use accord::reconcile::{
    ApplyReport, Clock, Context, PlanOptions, ReconcileError, Silent, StopFlag, TimeOrderedIds,
    apply, endpoints, plan, recover,
};
use accord::sandbox::azure_devops::seed::{HyperlinkSeed, WorkItemSeed};
use accord::sandbox::testworthy::CaseEdit;
use accord::store::{Intent, IntentKind, Record, Store};

use crate::support::World;

/// How a run differs from a plain `accord apply --yes`.
#[derive(Default)]
pub(crate) struct Run<'a> {
    pub(crate) only: &'a [&'a str],
    pub(crate) stop: StopFlag,
    pub(crate) clock: Option<&'a dyn Clock>,
    pub(crate) store: Option<&'a dyn Store>,
    /// Called between plan and apply.
    pub(crate) between: Option<&'a (dyn Fn() + Sync)>,
    /// What `--allow-updates` and `--allow-deletes` say.
    pub(crate) overrides: Overrides,
}

/// Numbers that no plan of these tests reaches.
pub(crate) const ALLOWING_ALL: Overrides = Overrides {
    allow_updates: Some(1_000),
    allow_deletes: Some(1_000),
};

impl Run<'_> {
    pub(crate) async fn apply(self, world: &World) -> Result<(Plan, ApplyReport), ReconcileError> {
        let remotes = world.remotes();
        let own = world.store().await;
        let context = Context {
            config: &world.config,
            remotes: &remotes,
            store: self.store.unwrap_or(&own),
            clock: self.clock.unwrap_or(&world.clock),
            ids: &TimeOrderedIds,
            progress: &Silent,
        };
        recover(&context, &StopFlag::default()).await?;
        let options = PlanOptions {
            inputs: Inputs {
                only: self.only.iter().map(|only| (*only).to_owned()).collect(),
                ..Inputs::default()
            },
            overrides: self.overrides,
            ..PlanOptions::default()
        };
        let outcome = plan(&context, &options).await?;
        if let Some(between) = self.between {
            between();
        }
        let report = apply(&context, &outcome, &self.stop).await?;
        Ok((outcome.planned.plan, report))
    }
}

/// Every planned change was either carried out or is told.
pub(crate) fn assert_all_told(plan: &Plan, report: &ApplyReport) {
    let told = report.applied + report.failures.len() as u64;
    assert!(
        told >= plan.changes.len() as u64,
        "{} changes, {} applied, {} told: {:?}",
        plan.changes.len(),
        report.applied,
        report.failures.len(),
        report.failures
    );
}

pub(crate) async fn links(world: &World) -> Vec<Link> {
    let connection = world
        .config
        .connections
        .values()
        .next()
        .expect("a connection");
    world
        .store()
        .await
        .links(&endpoints(connection))
        .await
        .expect("links")
}

/// A new case in the suite Checkout.
pub(crate) fn add_case(world: &World, title: &str) -> u64 {
    let mut state = world.sandbox.state();
    let now = state.clock.now();
    let section = state
        .testworthy
        .sections()
        .find(|section| section.suite == 41);
    let section = section.expect("a section of the suite").id;
    let edit = CaseEdit::titled(title).section(section);
    state
        .testworthy
        .add_case(None, 41, &edit, (513, now))
        .expect("a new case")
}

/// A new work item of the area QA with these hyperlinks and tags.
pub(crate) fn add_item(
    world: &World,
    title: &str,
    links: &[(String, String)],
    tags: &[&str],
) -> u64 {
    let seed = WorkItemSeed {
        work_item_type: "Test Case".to_owned(),
        title: title.to_owned(),
        area: Some("Web Shop\\QA".to_owned()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        hyperlinks: links
            .iter()
            .map(|(url, comment)| HyperlinkSeed {
                url: url.clone(),
                comment: Some(comment.clone()),
            })
            .collect(),
        ..WorkItemSeed::default()
    };
    let mut state = world.sandbox.state();
    let now = state.clock.now();
    state
        .azure_devops
        .add_work_item(&seed, now)
        .expect("a new work item")
}

/// The marker that Accord would write for a case.
pub(crate) fn marker(world: &World, case: u64) -> (String, String) {
    let connection = world
        .config
        .connections
        .values()
        .next()
        .expect("a connection");
    let url = connection.testworthy.case_url(CaseId(case));
    (url, format!("accord/1 case={case}"))
}

/// Puts a link into the store.
pub(crate) async fn put_link(world: &World, case: u64, work_item: u64, rule: &str) {
    let connection = world
        .config
        .connections
        .values()
        .next()
        .expect("a connection");
    let link = Link {
        id: LinkId(format!("planted-{case}-{work_item}")),
        endpoints: endpoints(connection),
        case: CaseId(case),
        testworthy_project: None,
        work_item: WorkItemId(work_item),
        rule: Name::new(rule).expect("a name"),
        case_mark: MarkState::Written,
        work_item_mark: MarkState::Written,
        base: Base::default(),
        state: LinkState::Active,
    };
    let record = Record {
        link: Some(link),
        ..Record::default()
    };
    world.store().await.record(&[record]).await.expect("a link");
}

/// Puts an open create of a work item into the store, as a killed run leaves it behind.
pub(crate) async fn put_open_create(world: &World, case: u64, rule: &str) {
    let connection = world
        .config
        .connections
        .values()
        .next()
        .expect("a connection");
    let now = world.clock.now();
    let intent = Intent {
        id: OperationId(format!("open-{case}")),
        run: RunId("killed".to_owned()),
        endpoints: endpoints(connection),
        rule: Name::new(rule).expect("a name"),
        kind: IntentKind::CreateWorkItem,
        case: Some(CaseId(case)),
        work_item: None,
        payload_digest: String::new(),
        prepared_at: now,
        settles_at: now,
        expected_rev: None,
        rows: BTreeMap::new(),
        outcome: None,
    };
    world
        .store()
        .await
        .prepare(&[intent], &[])
        .await
        .expect("an intent");
}
