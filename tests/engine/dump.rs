//! Law: dump, then plan: empty. Over several contents of both systems, and whatever the state knows.

use accord::manifest::{self, ReadOptions};
use accord::model::{Name, SuiteId};
use accord::plan::Plan;
use accord::reconcile::{
    DumpContext, DumpOptions, DumpOutcome, DumpedFile, Silent, TimeOrderedIds, dump,
};
use accord::sandbox::{Fault, FaultKind};
use serde_json::json;

use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};

/// Dumps what both systems hold, declares it in the place of the project's mapping and rules, and plans.
async fn dumped(world: &mut World, suites: &[u64]) -> (Vec<DumpedFile>, Plan) {
    world.declare("");
    world.declare_mapping("");
    let sources = world.sources();
    let read = ReadOptions::default();
    let remotes = world.remotes();
    let store = world.store().await;
    let context = DumpContext {
        sources: &sources,
        read: &read,
        config: &world.config,
        remotes: &remotes,
        store: &store,
        clock: &world.clock,
        ids: &TimeOrderedIds,
        progress: &Silent,
    };
    let options = DumpOptions {
        suites: suites.iter().copied().map(SuiteId).collect(),
        ..DumpOptions::default()
    };
    let name = Name::new("web-shop").expect("a name");
    let outcome = dump(&context, &world.config.connections[&name], &options).await;
    let files = match outcome.expect("a dump") {
        DumpOutcome::Dumped { files, .. } => files,
        DumpOutcome::Refused(refused) => panic!("{refused:?}"),
    };
    let stream: Vec<&str> = files
        .iter()
        .filter(|file| file.is_manifest)
        .map(|file| file.text.as_str())
        .collect();
    world.declare(&stream.join("---\n"));
    let plan = world.plan().await.planned.plan;
    (files, plan)
}

fn text_of<'f>(files: &'f [DumpedFile], path: &str) -> &'f str {
    let found = files.iter().find(|file| file.path == path);
    &found.unwrap_or_else(|| panic!("no {path}")).text
}

fn assert_empty(plan: &Plan, what: &str) {
    assert!(plan.changes.is_empty(), "{what}: {:#?}", plan.changes);
    assert!(!plan.has_errors(), "{what}: {:#?}", plan.findings);
}

#[tokio::test]
async fn of_the_sample() {
    let mut world = World::web_shop().await;
    let (files, plan) = dumped(&mut world, &[]).await;
    assert_empty(&plan, "the sample");
    assert!(
        files.iter().filter(|file| file.is_manifest).count() >= 3,
        "{files:#?}"
    );
    // Everything that the process shows of them is as declared: lists, forms, names.
    let fields: Vec<(&str, bool)> = files
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix("fields/")?, file.is_manifest)))
        .collect();
    let live = [
        "automation-type.yaml",
        "cucumber-tags.yaml",
        "estimate-in-seconds.yaml",
        "gherkin.yaml",
        "origin.yaml",
    ];
    assert_eq!(fields, live.map(|name| (name, true)), "{files:#?}");
    assert!(
        plan.findings.iter().all(|found| found.code == "L08"),
        "{:#?}",
        plan.findings
    );
}

/// Fields that no declaration can hold do not keep the rest from being proposed.
#[tokio::test]
async fn of_a_process_that_cannot_be_changed_or_seen() {
    for forbidden in [false, true] {
        let mut world = World::web_shop().await;
        let told = if forbidden {
            let fault = FaultKind::Forbidden;
            let fault = Fault::new("*/work/processes/*", fault);
            world.sandbox.state().faults.add(fault);
            "the token may not see the process"
        } else {
            world.sandbox.state().azure_devops.use_system_process();
            "cannot be changed"
        };
        let (files, plan) = dumped(&mut world, &[]).await;
        assert_empty(&plan, told);
        let mut fields = files.iter().filter(|file| file.path.starts_with("fields/"));
        assert_eq!(fields.clone().count(), 5, "{files:#?}");
        assert!(
            fields.all(|file| !file.is_manifest && file.text.replace("\n# ", " ").contains(told)),
            "{files:#?}"
        );
        assert!(text_of(&files, "rules/catalogue-test-case.yaml").contains("kind: SyncRule"));
    }
}

#[tokio::test]
async fn of_a_shop_without_items() {
    let mut world = World::new(false, TO_AZURE_DEVOPS).await;
    let (files, plan) = dumped(&mut world, &[41]).await;
    assert_empty(&plan, "no items");
    assert!(text_of(&files, "mappings/test-case.yaml").contains("azureDevOps: System.Title }\n"));
}

#[tokio::test]
async fn of_what_an_apply_linked() {
    let mut world = World::new(true, TO_AZURE_DEVOPS).await;
    world.apply().await;
    let (files, plan) = dumped(&mut world, &[41]).await;
    assert_empty(&plan, "linked");
    assert!(plan.summary.unchanged > 0, "{:?}", plan.summary);
    let mapping = text_of(&files, "mappings/test-case.yaml");
    assert!(
        mapping.contains("    - { testworthy: title, azureDevOps: System.Title }\n"),
        "{mapping}"
    );
}

#[tokio::test]
async fn of_what_an_apply_to_testworthy_linked() {
    let mut world = World::new(true, TO_TESTWORTHY).await;
    world.apply().await;
    let (_, plan) = dumped(&mut world, &[43]).await;
    assert_empty(&plan, "linked from the other side");
}

#[tokio::test]
async fn after_the_state_was_lost() {
    let mut world = World::new(true, TO_AZURE_DEVOPS).await;
    world.apply().await;
    world.lose_store();
    let (files, plan) = dumped(&mut world, &[41]).await;
    assert_empty(&plan, "marked and not linked");
    let rule = text_of(&files, "rules/checkout-test-case.yaml");
    assert!(rule.contains("no link in this state"), "{rule}");
}

#[tokio::test]
async fn after_people_edited_either_side() {
    for round in 0..4_u64 {
        let mut world = World::new(true, TO_AZURE_DEVOPS).await;
        world.apply().await;
        {
            let mut state = world.sandbox.state();
            let case = 210_301 + round;
            let edits = [
                json!({ "title": format!("Edited {round}") }),
                json!({ "priority": "P2 - Should Test", "smoke": true }),
                json!({ "refs": "WEB-1, WEB-2" }),
                json!({ "estimate": 77, "regression": false }),
            ];
            for (index, edit) in edits
                .iter()
                .enumerate()
                .filter(|(index, _)| *index as u64 <= round)
            {
                state.edit_case(case + index as u64, edit).expect("an edit");
            }
            let tags = json!({ "tags": "accord; smoke; mine" });
            state.edit_work_item(5101, &tags).expect("an edit");
        }
        let (_, plan) = dumped(&mut world, &[41, 42]).await;
        assert_empty(&plan, &format!("round {round}"));
    }
}

#[tokio::test]
async fn over_v1() {
    let rule = "apiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: cases }\nspec:\n  connection: web-shop\n  \
                mapping: test-case\n  direction: toAzureDevOps\n  scope: { testworthy: {} }\n";
    let mut world = World::v1("", rule).await;
    world.apply().await;
    let (files, plan) = dumped(&mut world, &[]).await;
    assert_empty(&plan, "v1");
    let mapping = text_of(&files, "mappings/test-case.yaml");
    assert!(!mapping.contains("priority"), "{mapping}");
}

#[tokio::test]
async fn every_file_stands_alone_beside_the_project() {
    let mut world = World::web_shop().await;
    let (files, _) = dumped(&mut world, &[]).await;
    world.declare("");
    let mut sources = world.sources();
    sources.extend(files.iter().map(|file| {
        accord::diagnostics::SourceFile::new(format!("dumped/{}", file.path), file.text.as_str())
    }));
    let loaded = manifest::read(sources, &ReadOptions::default());
    assert!(loaded.config.is_some(), "{:?}", loaded.findings);
}
