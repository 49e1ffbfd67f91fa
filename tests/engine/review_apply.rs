//! What an apply leaves behind when something goes wrong in the middle: every planned change is carried
//! out or told, and one bad item does not stop its neighbours.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use accord::model::{MarkState, Name};
use accord::reconcile::{Clock, Failure, FailureKind, ReconcileError, StopFlag};
use accord::sandbox::{Fault, FaultKind};
use accord::store::Store;
use async_trait::async_trait;
use jiff::Timestamp;

use crate::review_help::{
    Run, add_case, add_item, assert_all_told, links, marker, put_link, put_open_create,
};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};

const BATCH: &str = "*/_apis/wit/$batch";

fn strike(world: &World, fault: Fault) {
    world.sandbox.state().faults.add(fault);
}

fn refuse(route: &str, status: u16) -> Fault {
    let kind = FaultKind::Status {
        status,
        retry_after: None,
    };
    Fault::new(route, kind)
}

#[tokio::test]
async fn a_stopped_run_tells_what_it_did_not_do() {
    let world = World::web_shop().await;
    let stop = StopFlag::default();
    stop.stop();
    let run = Run {
        stop,
        ..Run::default()
    };
    let (plan, report) = run.apply(&world).await.expect("a report");
    assert!(report.stopped);
    assert!(plan.changes.len() > 10);
    assert_all_told(&plan, &report);
    assert_eq!(report.applied, 0);
    assert!(
        report
            .failures
            .iter()
            .all(|failure| failure.kind == FailureKind::NotRun)
    );
}

#[tokio::test]
async fn an_error_in_the_middle_tells_what_was_not_done_and_keeps_what_needs_no_write() {
    for rule in [TO_AZURE_DEVOPS, TO_TESTWORTHY] {
        // The credential is withdrawn between plan and apply.
        let world = World::new(true, rule).await;
        let withdraw = || {
            strike(&world, Fault::new("*", FaultKind::Unauthorized));
        };
        let run = Run {
            between: Some(&withdraw),
            ..Run::default()
        };
        let (plan, report) = run.apply(&world).await.expect("a report");
        assert_all_told(&plan, &report);
        assert_eq!(report.errors.len(), 1);
        let stored = world.store().await;
        let runs = stored.runs(1).await.expect("runs");
        assert!(runs[0].outcome.is_some(), "the run has an end");
    }
}

#[tokio::test]
async fn a_lookup_that_fails_before_the_first_write_is_told() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let withdraw = || strike(&world, refuse("artifacturiquery", 503));
    let run = Run {
        between: Some(&withdraw),
        ..Run::default()
    };
    let (plan, report) = run.apply(&world).await.expect("a report");
    assert!(!report.errors.is_empty());
    assert_all_told(&plan, &report);
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_is_sent_in_parts() {
    for status in [400, 413] {
        let world = World::new(true, TO_AZURE_DEVOPS).await;
        strike(&world, refuse(BATCH, status).times(1));
        let (plan, report) = world.apply().await;
        assert!(plan.summary.create > 0);
        assert_eq!(
            report.exit_code(),
            0,
            "{:?} {:?}",
            report.failures,
            report.errors
        );
        assert_eq!(world.plan().await.planned.plan.changes, []);
    }
}

#[tokio::test]
async fn a_section_that_is_refused_stops_the_creates_and_not_the_updates() {
    let world = World::new(true, TO_TESTWORTHY).await;
    {
        let mut state = world.sandbox.state();
        let case = state.testworthy.cases_of(43).next().expect("a case").id;
        let refs = serde_json::json!({ "refs": "AB#5108" });
        state.edit_case(case, &refs).expect("an edit");
    }
    strike(&world, refuse("add_section", 400));
    let (plan, report) = world.apply().await;
    assert!(plan.summary.create > 0 && plan.summary.update == 1);
    assert_all_told(&plan, &report);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert_eq!(
        report.failures.len() as u64,
        plan.summary.create,
        "{:?}",
        report.failures
    );
    let refused = |failure: &Failure| failure.kind == FailureKind::Refused;
    assert!(report.failures.iter().all(refused));
    assert_eq!((report.applied, report.exit_code()), (1, 9));
}

#[tokio::test]
async fn a_refused_mark_on_a_case_is_a_note_and_no_quarantine() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    strike(&world, refuse("update_case", 400));
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert!(!report.notes.is_empty());
    let all = links(&world).await;
    assert!(all.iter().any(|link| link.case_mark == MarkState::Refused));
    let store = world.store().await;
    assert_eq!(
        store
            .quarantine(&all[0].endpoints)
            .await
            .expect("quarantine"),
        []
    );
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test]
async fn one_refused_mark_on_a_work_item_does_not_stop_the_others() {
    // On a server that carries out a batch wholly or not at all.
    let world = World::new(true, TO_TESTWORTHY).await;
    world.sandbox.state().azure_devops.settings.batch_atomic = true;
    // A person edits one of the work items between plan and apply: its mark is stale.
    let edited = || {
        let mut state = world.sandbox.state();
        let id = 5_108;
        let edit = serde_json::json!({ "System.Title": "Edited meanwhile" });
        state.edit_work_item(id, &edit).expect("an edit");
    };
    let run = Run {
        between: Some(&edited),
        ..Run::default()
    };
    let (_, report) = run.apply(&world).await.expect("a report");
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    assert!(report.failures[0].address.ends_with("workItem/5108"));
}

#[tokio::test]
async fn planned_marks_count_as_work_done() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    // The marks of the first run are lost on the way there.
    strike(&world, Fault::new("update_case", FaultKind::Unauthorized));
    world.apply().await;
    world.sandbox.state().faults.clear();
    let (plan, report) = world.apply().await;
    assert!(
        plan.changes
            .iter()
            .all(|c| c.reason == accord::plan::Reason::MarkerMissing)
    );
    assert!(plan.summary.update > 0);
    assert_eq!(report.applied, plan.summary.update);
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test]
async fn a_marker_on_somebody_elses_item_does_not_stop_the_rule() {
    let other = TO_AZURE_DEVOPS
        .replace("name: cases", "name: other")
        .replace("[41]", "[42]");
    let world = World::new(true, &format!("{TO_AZURE_DEVOPS}---\n{other}")).await;
    let case = add_case(&world, "A case of its own");
    // The other rule's pair: its work item carries this case's hyperlink, and this rule does not read it.
    let item = add_item(&world, "Something else", &[marker(&world, case)], &[]);
    put_link(&world, 210_401, item, "other").await;
    let (plan, report) = world.apply().await;
    assert_all_told(&plan, &report);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert_eq!(report.failures.len(), 0, "{:?}", report.failures);
    let told = plan.findings.iter().any(|finding| {
        finding.address.ends_with(&format!("case/{case}"))
            && finding.message.contains("remove the wrong hyperlink")
    });
    assert!(told, "{:?}", plan.findings);
    let links = links(&world).await;
    assert!(links.len() > 10, "its neighbours are linked");
    let of_item = links.iter().filter(|link| link.work_item.0 == item);
    assert_eq!(
        of_item.map(|link| link.case.0).collect::<Vec<_>>(),
        [210_401]
    );
}

#[tokio::test]
async fn recovery_survives_two_creates_that_one_item_claims() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let cases = ["One", "Two"].map(|title| add_case(&world, title));
    let markers = cases.map(|case| marker(&world, case));
    let item = add_item(&world, "Something else", &markers, &["accord"]);
    for case in cases {
        put_open_create(&world, case, "cases").await;
    }
    let (_, report) = world.apply().await;
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let links = links(&world).await;
    assert!(
        links.iter().all(|link| link.work_item.0 != item),
        "nobody can tell whose it is"
    );
    let settled = world.store().await;
    let open = settled
        .open_intents(&links[0].endpoints)
        .await
        .expect("intents");
    assert_eq!(open, []);
}

#[tokio::test]
async fn recovery_survives_a_marker_on_an_item_that_is_linked() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let case = add_case(&world, "A case of its own");
    let item = add_item(
        &world,
        "Something else",
        &[marker(&world, case)],
        &["accord"],
    );
    put_link(&world, 210_999, item, "cases").await;
    put_open_create(&world, case, "cases").await;
    let (_, report) = Run::default()
        .apply(&world)
        .await
        .expect("recovery goes on");
    assert!(report.errors.is_empty(), "{:?}", report.errors);
}

#[tokio::test]
async fn recovery_does_not_take_the_item_of_another_server() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let case = add_case(&world, "A case of its own");
    let foreign = (
        "https://other.testworthy.us/TestCase/Detail/1".to_owned(),
        format!("accord/1 case={case}"),
    );
    let item = add_item(&world, "Another server's", &[foreign], &["accord"]);
    put_open_create(&world, case, "cases").await;
    world.apply().await;
    let all = links(&world).await;
    let link = all
        .iter()
        .find(|link| link.case.0 == case)
        .expect("the case is linked");
    assert_ne!(link.work_item.0, item, "a wrong pair");
}

#[tokio::test]
async fn a_lost_create_is_found_by_its_tag_where_addresses_are_not_looked_up() {
    let undisturbed = World::new(true, TO_AZURE_DEVOPS).await;
    undisturbed.apply().await;
    let expected = undisturbed.sandbox.state().azure_devops.work_item_count();
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    strike(&world, refuse("artifacturiquery", 404));
    let lost = Fault::new(BATCH, FaultKind::DropAfterHandling);
    strike(&world, lost.times(1));
    let (_, report) = world.apply().await;
    assert_eq!(
        report.exit_code(),
        0,
        "{:?} {:?}",
        report.failures,
        report.errors
    );
    let count = world.sandbox.state().azure_devops.work_item_count();
    assert_eq!(count, expected, "no duplicate");
}

#[tokio::test]
async fn a_renamed_rule_keeps_its_links_and_bases() {
    let mut world = World::new(true, TO_AZURE_DEVOPS).await;
    world.apply().await;
    let before = links(&world).await;
    let old = Name::new("cases").expect("a name");
    let mut rule = world.config.rules.remove(&old).expect("the rule");
    rule.name = Name::new("renamed").expect("a name");
    world.config.rules.insert(rule.name.clone(), rule);
    // Something else to do as well.
    add_case(&world, "A new case");
    let (_, report) = world.apply().await;
    assert_eq!(report.forgotten, 0);
    let after = links(&world).await;
    assert_eq!(after.len(), before.len() + 1);
    for link in before {
        let now = after
            .iter()
            .find(|now| now.case == link.case)
            .expect("the link is kept");
        assert_eq!(now.base.fields, link.base.fields);
        assert_eq!(now.rule.as_str(), "renamed");
    }
    let again = world.plan().await.planned;
    assert!(again.plan.changes.is_empty() && again.steps.is_empty());
}

#[tokio::test]
async fn links_of_a_removed_rule_are_forgotten_by_a_whole_run_only() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    world.apply().await;
    put_link(&world, 210_999, 5_999, "removed").await;
    let case = add_case(&world, "A new case");
    let only = format!("SyncRule/cases/case/{case}");
    let run = Run {
        only: &[&only],
        ..Run::default()
    };
    let (_, report) = run.apply(&world).await.expect("a report");
    assert_eq!((report.applied, report.forgotten), (1, 0));
    // A run that ended early has not seen everything either.
    add_case(&world, "Another one");
    let stop = StopFlag::default();
    stop.stop();
    let run = Run {
        stop,
        ..Run::default()
    };
    let (_, report) = run.apply(&world).await.expect("a report");
    assert_eq!(report.forgotten, 0);
    let (_, report) = world.apply().await;
    assert_eq!(report.forgotten, 1);
}

#[tokio::test]
async fn bases_survive_a_mark_that_is_written_in_the_same_run() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    strike(&world, Fault::new("update_case", FaultKind::Unauthorized));
    world.apply().await;
    world.sandbox.state().faults.clear();
    // Both sides reach the same new title by themselves while the mark is missing.
    let all = links(&world).await;
    let link = all
        .iter()
        .find(|link| link.case_mark == MarkState::Missing)
        .expect("a missing mark");
    {
        let mut state = world.sandbox.state();
        let title = serde_json::json!({ "title": "The same on both sides" });
        state.edit_case(link.case.0, &title).expect("an edit");
        let title = serde_json::json!({ "System.Title": "The same on both sides" });
        state
            .edit_work_item(link.work_item.0, &title)
            .expect("an edit");
    }
    world.apply().await;
    let now = links(&world).await;
    let now = now
        .iter()
        .find(|now| now.case == link.case)
        .expect("the link");
    assert_eq!(now.case_mark, MarkState::Written);
    assert_eq!(
        now.base.fields["title"].testworthy.as_text(),
        Some("The same on both sides")
    );
    assert!(world.plan().await.planned.steps.is_empty());
}

/// A clock on which somebody asks to stop as soon as it is slept on.
struct Impatient<'a> {
    inner: &'a dyn Clock,
    stop: StopFlag,
    slept: AtomicU64,
}

#[async_trait]
impl Clock for Impatient<'_> {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.stop.stop();
        let millis = u64::try_from(duration.as_millis()).expect("a short sleep");
        self.slept.fetch_add(millis, Ordering::SeqCst);
        self.inner.sleep(duration).await;
    }
}

#[tokio::test]
async fn a_stop_while_a_lost_write_settles_is_heard_and_nothing_is_sent_twice() {
    for (rule, route) in [(TO_AZURE_DEVOPS, BATCH), (TO_TESTWORTHY, "add_case")] {
        let world = World::new(true, rule).await;
        strike(
            &world,
            Fault::new(route, FaultKind::DropAfterHandling).times(1),
        );
        let stop = StopFlag::default();
        let clock = Impatient {
            inner: &world.clock,
            stop: stop.clone(),
            slept: AtomicU64::new(0),
        };
        let run = Run {
            stop,
            clock: Some(&clock),
            ..Run::default()
        };
        let (plan, report) = run.apply(&world).await.expect("a report");
        assert!(
            clock.slept.load(Ordering::SeqCst) < 5_000,
            "it does not wait two minutes"
        );
        assert!(
            report
                .failures
                .iter()
                .any(|failure| failure.kind == FailureKind::Unanswered)
        );
        assert_all_told(&plan, &report);
        // The next run finds what landed.
        let (_, report) = world.apply().await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
        assert_eq!(world.plan().await.planned.plan.changes, []);
        assert_eq!(world.plan().await.planned.plan.summary.held, 0);
    }
}

#[tokio::test]
async fn a_work_item_type_that_the_project_lacks_is_told_with_its_place() {
    let two = format!(
        "{TO_AZURE_DEVOPS}---\n{}",
        TO_AZURE_DEVOPS.replace("name: cases", "name: other")
    );
    let mut world = World::new(true, &two).await;
    let name = Name::new("test-case").expect("a name");
    let mapping = world.config.mappings.get_mut(&name).expect("the mapping");
    mapping.work_item_type = "Tset Case".to_owned();
    let remotes = world.remotes();
    let Err(ReconcileError::Findings(findings)) = world.plan_with(&remotes).await else {
        panic!("a plan without its work item type")
    };
    let [finding] = &findings[..] else {
        panic!("told once, whatever number of rules: {findings:?}")
    };
    assert!(finding.message.contains("Tset Case"), "{}", finding.message);
    assert_eq!(
        finding.location.as_ref().expect("a place").file,
        "mapping.yaml"
    );
    assert!(finding.help.as_ref().expect("help").contains("web-shop"));
}
