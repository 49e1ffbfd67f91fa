//! The test sync: the server judges what an apply would write, and nothing of it stays.

use accord::reconcile::{Objector, SampleKind, Verdict, VerifyOptions, VerifyReport};
use accord::sandbox::log::{LogEntry, System};
use accord::sandbox::{Fault, FaultKind};
use serde_json::json;

use crate::support::manifests::{WITH_RISK, risk};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World, example};

/// The POST routes that only query.
const QUERIES: [&str; 3] = ["wit/wiql", "wit/workitemsbatch", "wit/artifacturiquery"];

/// The item that cannot be, for which nothing can be carried out.
const NO_ITEM: &str = "/contoso/_apis/wit/workitems/2147483647";

/// Everything that a person can see in either system, revisions included.
fn content(world: &World) -> String {
    let state = world.sandbox.state();
    let items = state.azure_devops.work_item_ids().into_iter();
    let items: Vec<String> = items
        .filter_map(|id| Some(state.azure_devops.work_item(id)?.to_string()))
        .collect();
    let all = state.azure_devops.work_item_count();
    let cases: Vec<_> = state.testworthy.cases().collect();
    let sections: Vec<_> = state.testworthy.sections().collect();
    format!("{all} {items:#?}{cases:#?}{sections:#?}")
}

fn requests(world: &World) -> Vec<LogEntry> {
    world.sandbox.state().log.entries().cloned().collect()
}

/// Requests that validate a sample.
fn samples_sent(world: &World) -> Vec<LogEntry> {
    let mut sent = requests(world);
    sent.retain(|entry| entry.query.contains("validateOnly") && entry.path != NO_ITEM);
    sent
}

fn kinds(report: &VerifyReport) -> Vec<(String, SampleKind, Verdict)> {
    let samples = report.rules.iter().flat_map(|rule| &rule.samples);
    samples
        .map(|sample| (sample.address.clone(), sample.kind, sample.verdict))
        .collect()
}

fn disturb(world: &World, kind: FaultKind) {
    let fault = Fault::new("wit/workitems", kind);
    world.sandbox.state().faults.add(fault);
}

#[tokio::test]
async fn nothing_stays_before_and_after_an_apply() {
    let world = World::web_shop().await;
    for applied in [false, true] {
        if applied {
            world.apply().await;
            world.sandbox.state().log.clear();
        }
        let (before, store) = (content(&world), world.store_bytes());
        assert_eq!(store.is_some(), applied, "a test sync makes no store");
        let report = world.verify(5).await.expect("a report");
        assert!(
            content(&world) == before,
            "both systems hold what they held"
        );
        assert!(world.store_bytes() == store, "and so does the store");
        assert_eq!(report.stopped, None);
        assert_eq!(report.summary.objected, 0, "{report:#?}");
        assert!(report.summary.accepted >= 5, "{:?}", report.summary);
        let all = requests(&world);
        let mut judged = 0;
        for entry in all.iter().filter(|entry| entry.method != "GET") {
            let place = format!("{} {}?{}", entry.method, entry.path, entry.query);
            assert_eq!(entry.system, System::AzureDevOps, "{place}");
            let validates = entry
                .query
                .split('&')
                .any(|part| part == "validateOnly=true");
            let query = entry.method == "POST" && QUERIES.contains(&entry.route.as_str());
            let probe = entry.path == NO_ITEM && entry.status == Some(400);
            assert!(validates || query || probe, "{place}");
            assert!(!entry.is_write, "{place}");
            judged += u64::from(validates);
        }
        assert_eq!(
            judged,
            1 + report.summary.accepted + report.summary.rewritten
        );
        assert!(all.iter().any(|entry| entry.path == NO_ITEM));
    }
}

#[tokio::test]
async fn the_plan_gives_samples_and_linked_pairs_stand_in() {
    use SampleKind::{Create, MadeUpCreate, Mark, Repeat, Update};
    let world = World::web_shop().await;
    let of = |report: &VerifyReport, rule: &str| {
        let address = format!("SyncRule/{rule}");
        let mut rules = report.rules.iter();
        let found = rules.find(|one| one.address == address);
        let samples = &found.expect("the rule").samples;
        let kinds: Vec<_> = samples.iter().map(|one| (one.kind, one.verdict)).collect();
        kinds
    };
    let accepted = Verdict::Accepted;
    let report = world.verify(1).await.expect("a report");
    assert_eq!(
        of(&report, "checkout-cases"),
        [(Update, accepted), (Create, accepted)]
    );
    // A case is not asked for; the mark on its work item is.
    assert_eq!(
        of(&report, "account-ideas"),
        [
            (Update, Verdict::NotAsked),
            (Mark, accepted),
            (Create, Verdict::NotAsked)
        ]
    );
    world.apply().await;
    let report = world.verify(1).await.expect("a report");
    assert_eq!(
        of(&report, "checkout-cases"),
        [(Repeat, accepted), (MadeUpCreate, accepted)]
    );
    assert_eq!(
        of(&report, "account-ideas"),
        [
            (Repeat, Verdict::NotAsked),
            (MadeUpCreate, Verdict::NotAsked)
        ]
    );
    let sent = samples_sent(&world);
    assert!(sent.last().is_some_and(|entry| entry.method == "POST"));
}

#[tokio::test]
async fn a_sample_shows_both_sides_and_the_answer() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    world.apply().await;
    {
        let mut state = world.sandbox.state();
        let edit = json!({ "title": "Renamed", "priority": "P1 - Must Test" });
        state.edit_case(210_302, &edit).expect("an edit");
    }
    let report = world.verify(5).await.expect("a report");
    let sample = &report.rules[0].samples[0];
    assert_eq!(
        (sample.kind, sample.verdict),
        (SampleKind::Update, Verdict::Accepted)
    );
    let title = &sample.fields[0];
    assert_eq!(title.row.as_deref(), Some("title"));
    assert_eq!(title.testworthy, Some(json!("Renamed")));
    assert_eq!(
        title.azure_devops,
        Some(json!("Remove the last item from the cart"))
    );
    assert_eq!(title.written, Some(json!("Renamed")));
    assert_eq!(title.answered, Some(json!("Renamed")));
    assert!(!title.sensitive && title.origin.file == "mapping.yaml");
    let left = sample.fields.iter().filter(|field| !field.is_written);
    assert!(
        left.clone().count() > 5,
        "what does not change is there too"
    );
    assert!(left.clone().all(|field| field.written.is_none()));
}

#[tokio::test]
async fn a_server_that_does_not_read_the_parameter_is_sent_nothing() {
    let world = World::web_shop().await;
    disturb(&world, FaultKind::ValidateOnlyUnread);
    let before = content(&world);
    let report = world.verify(5).await.expect("a report");
    let stop = report.stopped.expect("a stop");
    assert!(
        stop.message.contains("could not be shown"),
        "{}",
        stop.message
    );
    assert!(
        stop.help.contains("--assume-validate-only"),
        "{}",
        stop.help
    );
    assert!(samples_sent(&world).is_empty());
    assert!(content(&world) == before, "nothing was carried out");
    assert_eq!(report.summary.samples, 0);
}

#[tokio::test]
async fn a_server_that_disregards_it_is_found_out_by_the_first_answer() {
    for (rule, told) in [
        (TO_AZURE_DEVOPS, "went from revision 1 to 2"),
        (TO_TESTWORTHY, "went from revision 1 to 2"),
    ] {
        let world = World::new(true, rule).await;
        disturb(&world, FaultKind::ValidateOnlyDisregarded);
        let report = world.verify(5).await.expect("a report");
        let stop = report.stopped.expect("a stop");
        assert!(stop.message.contains(told), "{}", stop.message);
        assert_eq!(samples_sent(&world).len(), 1, "nothing is sent after it");
        assert_eq!(
            samples_sent(&world)[0].method,
            "PATCH",
            "no create comes first"
        );
    }
}

#[tokio::test]
async fn what_looks_stored_and_is_not_is_no_breach() {
    // Said beforehand by the operator: the server is not asked, and a server that heeds it is fine.
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let options = VerifyOptions {
        only: vec!["SyncRule/cases/case/210302".to_owned()],
        samples: 5,
        assume_validate_only: true,
    };
    let report = world.verify_with(&options).await.expect("a report");
    assert_eq!(report.stopped, None);
    assert_eq!(
        kinds(&report),
        [(
            "SyncRule/cases/case/210302".to_owned(),
            SampleKind::Update,
            Verdict::Accepted
        )]
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert!(requests(&world).iter().all(|entry| entry.path != NO_ITEM));
}

#[tokio::test]
async fn an_objection_stands_at_the_row_that_it_is_about() {
    const TITLE: &str = "Cart keeps its items after the customer signs in";
    for sensitive in [false, true] {
        let mut world = World::new(true, TO_AZURE_DEVOPS).await;
        let row = "azureDevOps: System.Title";
        let mapping = example("mappings/test-case.yaml");
        let line = mapping.lines().position(|line| line.contains(row));
        let line = u32::try_from(line.expect("the row") + 1).expect("a line");
        world.map(&mapping.replace(row, &format!("{row}, sensitive: {sensitive}")));
        let message = format!(
            "The field 'Title' contains the value '{TITLE}' that is not in the list of supported values"
        );
        let status = 400;
        let fault = Fault::new("workitems/$Test Case", FaultKind::Error { status, message });
        world.sandbox.state().faults.add(fault);
        let report = world.verify(1).await.expect("a report");
        let objections: Vec<_> = report.objections().collect();
        let [(_, sample, objection)] = objections.as_slice() else {
            panic!("{report:#?}");
        };
        assert_eq!(
            (sample.kind, sample.verdict),
            (SampleKind::Create, Verdict::Objected)
        );
        assert_eq!(objection.by, Objector::Server);
        assert_eq!(objection.row.as_deref(), Some("title"));
        assert_eq!(
            (objection.origin.file.as_str(), objection.origin.line),
            ("mapping.yaml", line)
        );
        let request = objection.request.as_deref().unwrap_or_default();
        assert!(request.ends_with(", status 400"), "{request}");
        // Not even the server's words show what a sensitive row holds.
        let text = serde_json::to_string(&report).expect("a document");
        assert_eq!(text.contains(TITLE), !sensitive);
        assert_eq!(objection.message.contains("supported values"), !sensitive);
    }
}

#[tokio::test]
async fn what_accord_holds_back_is_an_objection_too() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    {
        let mut state = world.sandbox.state();
        let edit = json!({ "automationType": "Cypress" });
        state.edit_case(210_303, &edit).expect("an edit");
    }
    let report = world.verify(5).await.expect("a report");
    let objections: Vec<_> = report.objections().collect();
    let [(_, sample, objection)] = objections.as_slice() else {
        panic!("{report:#?}");
    };
    assert_eq!(sample.address, "SyncRule/cases/case/210303");
    assert_eq!(sample.kind, SampleKind::Create, "the rest of it is judged");
    assert_eq!(objection.by, Objector::Accord);
    assert_eq!(objection.code, "value-not-allowed");
    assert_eq!(objection.row.as_deref(), Some("automationType"));
    assert_eq!(objection.request, None);
}

#[tokio::test]
async fn names_that_no_list_of_testworthy_holds_are_found_without_a_write() {
    let row = "    - testworthy: priority\n";
    for sensitive in [false, true] {
        let mut world = World::new(true, TO_TESTWORTHY).await;
        let mapping = example("mappings/test-case.yaml");
        assert!(mapping.contains(row), "{mapping}");
        let mapping = mapping
            .replace("\"P1 - Must Test\": 1", "\"P9 - No Such Priority\": 1")
            .replace(row, &format!("{row}      sensitive: {sensitive}\n"));
        world.map(&mapping);
        let report = world.verify(5).await.expect("a report");
        let objections: Vec<_> = report.objections().collect();
        assert!(!objections.is_empty(), "{report:#?}");
        for (_, sample, objection) in objections {
            assert_eq!(sample.verdict, Verdict::Objected);
            assert_eq!(objection.by, Objector::Accord);
            let told = objection.message.contains("P9 - No Such Priority");
            assert_eq!(told, !sensitive, "{}", objection.message);
        }
    }
}

#[tokio::test]
async fn values_of_a_field_that_is_still_to_be_made_are_not_offered() {
    let declared = risk("Test Case") + WITH_RISK;
    let mut world = World::new(true, &declared).await;
    let risky = |report: &VerifyReport| {
        let samples = report.rules.iter().flat_map(|rule| &rule.samples);
        let fields = samples.flat_map(|sample| &sample.fields);
        let risky = fields.filter(|field| {
            field.is_written && field.azure_devops_field.as_deref() == Some("Custom.TestRisk")
        });
        risky.count()
    };
    let before = content(&world);
    let report = world.verify(5).await.expect("a report");
    assert!(content(&world) == before, "the field is not made either");
    assert_eq!(report.stopped, None);
    assert_eq!(report.summary.objected, 0, "{report:#?}");
    assert!(report.summary.accepted >= 5, "{:?}", report.summary);
    assert_eq!(risky(&report), 0);
    let note = report.rules[0].notes.join("; ");
    for part in ["`Custom.TestRisk`", "CustomField/risk", "accord verify"] {
        assert!(note.contains(part), "{part}: {note}");
    }
    world.apply().await;
    // The field is there and lacks a value that only the next apply adds.
    world.declare(&declared.replace("[High, Medium, Low]", "[High, Medium, Low, None]"));
    let report = world.verify(5).await.expect("a report");
    assert_eq!(
        (report.summary.objected, risky(&report)),
        (0, 0),
        "{report:#?}"
    );
    assert_eq!(report.rules[0].notes.len(), 1, "{report:#?}");
    world.declare(&declared);
    let report = world.verify(5).await.expect("a report");
    assert_eq!(report.summary.objected, 0, "{report:#?}");
    assert!(risky(&report) > 0, "now it is");
    assert!(report.rules[0].notes.is_empty(), "{report:#?}");
}
