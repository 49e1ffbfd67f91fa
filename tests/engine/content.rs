//! What a case holds, through the codecs and both systems: formatted texts, steps, people, areas, computed
//! values, and cases chosen by `where`.

use accord::plan::{Action, Reason};
use serde_json::json;

use crate::laws::{edit_work_item, first_linked};
use crate::support::manifests::mapping;
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};

/// The sample's mapping with everything that a case keeps.
const CONTENT: &str = mapping!(
    "test-case",
    r#"    - { testworthy: title, azureDevOps: System.Title }
    - { testworthy: description, azureDevOps: System.Description, as: richText }
    - { testworthy: steps, azureDevOps: Microsoft.VSTS.TCM.Steps, as: steps }
    - { testworthy: preconditions, azureDevOps: Custom.Gherkin, as: richText, direction: toAzureDevOps }
    - { testworthy: createdBy, azureDevOps: Custom.CucumberTags, as: text, direction: toAzureDevOps }
    - testworthy: section.path
      azureDevOps: System.AreaPath
      direction: toAzureDevOps
      values: { "Cart/**": 'Web Shop\QA\Checkout', "**": 'Web Shop\QA' }
    - { expression: 'title ~ " [" ~ (priority or "none") ~ "]"', azureDevOps: Custom.Origin, direction: toAzureDevOps }
"#
);

fn steps_of(world: &World, id: u64) -> String {
    field(world, id, "Microsoft.VSTS.TCM.Steps")
}

fn field(world: &World, id: u64, name: &str) -> String {
    let state = world.sandbox.state();
    let item = state.azure_devops.work_item(id).expect("the item");
    item.get("fields")
        .and_then(|fields| fields.get(name))
        .and_then(|value| value.as_str())
        .unwrap_or_default()
        .to_owned()
}

/// Law 1 with everything a case keeps: the server rewrites the markup, and nothing is left to do.
#[tokio::test]
async fn everything_a_case_keeps_arrives_and_stays() {
    for rules in [TO_AZURE_DEVOPS, TO_TESTWORTHY] {
        let world = World::mapped(CONTENT, rules).await;
        let (plan, report) = world.apply().await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
        assert!(plan.summary.create > 0);
        let again = world.plan().await.planned;
        assert_eq!(again.plan.changes, [], "{rules}");
        assert_eq!(again.plan.summary.held, 0, "{:#?}", again.plan.findings);
    }
}

/// An edit of one step in TestWorthy changes that step and nothing else of the work item's field.
#[tokio::test]
async fn one_step_changes_and_the_others_keep_their_ids() {
    let world = World::mapped(CONTENT, TO_AZURE_DEVOPS).await;
    world.apply().await;
    let case = 210_301;
    let linked = {
        use accord::store::Store;
        let store = world.store().await;
        let places = store.endpoints().await.expect("places");
        let links = store.links(&places[0]).await.expect("links");
        let link = links.iter().find(|link| link.case.0 == case);
        link.expect("a link").work_item.0
    };
    let before = steps_of(&world, linked);
    assert!(before.contains("<steps"), "{before}");
    let edited = json!({ "steps": [
        { "action": "<p>Open the cart <b>again</b></p>", "expected": "<p>It holds the item</p>" },
    ] });
    world
        .sandbox
        .state()
        .edit_case(case, &edited)
        .expect("an edit");
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let steps: Vec<_> = plan
        .changes
        .iter()
        .flat_map(|change| &change.fields)
        .filter(|field| field.path == "Microsoft.VSTS.TCM.Steps")
        .collect();
    assert_eq!(steps.len(), 1, "{:#?}", plan.changes);
    assert!(
        steps[0]
            .after
            .as_ref()
            .is_some_and(serde_json::Value::is_array)
    );
    let after = steps_of(&world, linked);
    assert!(after.contains("again"), "{after}");
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

/// An edit on the target that only rewrites the markup is no edit; one that changes a word is.
#[tokio::test]
async fn markup_that_says_the_same_is_no_drift() {
    let world = World::mapped(CONTENT, TO_AZURE_DEVOPS).await;
    world.apply().await;
    let id = first_linked(&world).await;
    let text = field(&world, id, "System.Description");
    let wrapped = format!("<div style=\"color:red\">{text}</div>");
    edit_work_item(&world, id, &json!({ "System.Description": wrapped }));
    assert_eq!(world.plan().await.planned.plan.changes, []);
    edit_work_item(
        &world,
        id,
        &json!({ "System.Description": "<div>Another text</div>" }),
    );
    let plan = world.plan().await.planned.plan;
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan.changes[0].reason, Reason::DriftEnforced);
}

/// Steps that a work item keeps come to TestWorthy, and what no codec knows stays in the case.
#[tokio::test]
async fn steps_come_to_testworthy_and_go_back_unchanged() {
    let world = World::mapped(CONTENT, TO_TESTWORTHY).await;
    let steps = "<steps id=\"0\" last=\"3\"><step id=\"2\" type=\"ActionStep\">\
                 <parameterizedString isformatted=\"true\">&lt;P&gt;Look &lt;B&gt;closely&lt;/B&gt;&lt;/P&gt;</parameterizedString>\
                 <parameterizedString isformatted=\"true\">&lt;P&gt;&lt;/P&gt;</parameterizedString><description/></step>\
                 <compref id=\"3\" ref=\"5199\"/></steps>";
    edit_work_item(&world, 5108, &json!({ "Microsoft.VSTS.TCM.Steps": steps }));
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let again = world.plan().await.planned.plan;
    assert_eq!(again.changes, []);
    let state = world.sandbox.state();
    let case = state
        .testworthy
        .cases_of(43)
        .find(|case| {
            case.text("refs")
                .is_some_and(|refs| refs.contains("AB#5108"))
        })
        .expect("the new case");
    let text = format!("{:?}", case.steps);
    assert!(
        text.contains("closely") && text.contains("Shared steps AB#5199"),
        "{text}"
    );
}

/// `where` selects, and a linked case that no longer passes is out of scope: nothing is written or taken away.
#[tokio::test]
async fn where_selects_cases_and_linking_moves_none_out() {
    let rule = TO_AZURE_DEVOPS.replace(
        "suites: [41]",
        "suites: [41], where: 'smoke and \"AB#\" not in (refs or [])|join(\" \")'",
    );
    let world = World::mapped(CONTENT, &rule).await;
    let plan = world.plan().await.planned.plan;
    let smoke = {
        let state = world.sandbox.state();
        state
            .testworthy
            .cases_of(41)
            .filter(|case| case.flag("smoke"))
            .count() as u64
    };
    assert!(plan.summary.selected() > 0 && plan.summary.selected() <= smoke);
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let again = world.plan().await.planned.plan;
    assert_eq!(
        again.changes,
        [],
        "the mention that Accord wrote is not seen"
    );
    assert_eq!(again.summary.selected(), plan.summary.selected());
}

/// A condition without an answer selects nothing and says so.
#[tokio::test]
async fn a_condition_without_an_answer_is_told() {
    let rule = TO_AZURE_DEVOPS.replace("suites: [41]", "suites: [41], where: 'title'");
    let world = World::mapped(CONTENT, &rule).await;
    let plan = world.plan().await.planned.plan;
    assert!(
        plan.changes
            .iter()
            .all(|change| change.action != Action::Create)
    );
    assert!(
        plan.findings
            .iter()
            .any(|finding| finding.code == "filter-failed")
    );
}

/// The sample's mapping with a field that TestWorthy does not have; servers pass over keys like that.
const NOWHERE: &str = mapping!(
    "test-case",
    r"    - { testworthy: title, azureDevOps: System.Title }
    - { testworthy: custom.nowhere, azureDevOps: Custom.Origin, as: text }
"
);

/// A server that accepts a value and keeps the old one would lose it without a word.
#[tokio::test]
async fn a_value_that_the_server_accepts_and_does_not_keep_is_told() {
    let world = World::mapped(NOWHERE, TO_TESTWORTHY).await;
    world.apply().await;
    let id = first_linked(&world).await;
    edit_work_item(&world, id, &json!({ "Custom.Origin": "A person's words" }));
    let (_, report) = world.apply().await;
    let told: Vec<&str> = report
        .failures
        .iter()
        .map(|failure| failure.message.as_str())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("`custom.nowhere`"), "{told:?}");
    // It is not sent on and on, and not forgotten.
    let again = world.plan().await.planned;
    assert_eq!(again.plan.changes, []);
    let findings = again.plan.findings.iter();
    let waiting = findings.filter(|finding| finding.code == "quarantined");
    assert_eq!(waiting.count(), 1, "{:#?}", again.plan.findings);
    // A member that there is not is the point here, and no exchange of a sound project.
    drop(world.sandbox.state().exchanges.take());
}

/// A server that refuses a value likes to repeat it.
#[tokio::test]
async fn a_refusal_does_not_repeat_what_is_sensitive() {
    let secret = NOWHERE.replace(
        "testworthy: custom.nowhere, azureDevOps: Custom.Origin, as: text",
        "testworthy: priority, azureDevOps: Custom.Origin, as: text, sensitive: true",
    );
    let world = World::mapped(&secret, TO_TESTWORTHY).await;
    world.apply().await;
    let id = first_linked(&world).await;
    edit_work_item(&world, id, &json!({ "Custom.Origin": "HUSH-9" }));
    let (_, report) = world.apply().await;
    assert!(!report.failures.is_empty(), "there is no such priority");
    let told = format!("{:?}", report.failures);
    assert!(!told.contains("HUSH-9"), "{told}");
    let again = format!("{:?}", world.plan().await.planned.plan);
    assert!(again.contains("quarantined"), "{again}");
    assert!(!again.contains("HUSH-9"), "{again}");
}
