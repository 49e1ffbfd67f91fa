//! Changes as they are shown: one of each kind, small differences of long values, groups of equal ones.

use serde_json::{Value as Json, json};

use super::{create, plain, update};
use crate::model::System;
use crate::plan::{Action, Change, FieldChange, Precondition, Reason, Summary, sample};

#[test]
fn an_empty_plan_is_one_friendly_line() {
    let mut plan = sample::plan(Vec::new());
    insta::assert_snapshot!(plain(&plan), @r#"Nothing to do: all 30 items are in accord."#);
    plan.summary.unchanged = 1;
    insta::assert_snapshot!(plain(&plan), @r#"Nothing to do: the one selected item is in accord."#);
    plan.summary = Summary::default();
    insta::assert_snapshot!(plain(&plan), @r#"Nothing to do: no item is selected."#);
    plan.summary = Summary {
        unchanged: 30,
        conflict: 1,
        held: 2,
        ..Summary::default()
    };
    insta::assert_snapshot!(plain(&plan), @r#"Nothing to do: 30 of 33 items in accord; 1 in conflict, 2 held."#);
}

#[test]
fn one_change_of_each_kind() {
    let mut delete = sample::change(Action::Delete, 6);
    delete.fields = vec![sample::field(
        "System.State",
        json!("Design"),
        json!("Closed"),
    )];
    let mut case = update(
        4,
        vec![sample::field("title", json!("Pay"), json!("Pay now"))],
    );
    case.system = System::TestWorthy;
    case.address = "SyncRule/stories/workItem/5004".to_owned();
    case.reason = Reason::DriftEnforced;
    case.precondition = Some(Precondition::Fingerprint("ab".to_owned()));
    let mut marker = update(7, Vec::new());
    marker.reason = Reason::MarkerMissing;
    let changes = vec![
        create(3, "Refund a purchase"),
        update(
            1,
            vec![
                sample::field("System.Title", json!("Pay"), json!("Pay with card")),
                sample::field("Microsoft.VSTS.Common.Priority", json!(2), json!(1)),
                sample::field("System.Tags[smoke]", json!(false), json!(true)),
                sample::field("System.AreaPath", json!("Web Shop\\QA"), json!(null)),
                sample::field("System.State", json!("Design"), json!("Design")),
                FieldChange {
                    path: "Custom.TestData".to_owned(),
                    before: None,
                    after: None,
                    sensitive: true,
                    via: Vec::new(),
                },
            ],
        ),
        case,
        marker,
        sample::change(Action::Link, 5),
        delete,
    ];
    insta::assert_snapshot!(plain(&sample::plan(changes)), @r#"
    Plan 348e776e1548b67a1da836cd2e05a531
      web-shop: https://testworthy.us/ <-> https://dev.azure.com/contoso, project Web Shop

    - delete work item 5006 "Pay with card 6"
        SyncRule/regression-cases/case/210006: changed in TestWorthy (rules/regression.yaml:12)
          System.State: "Design" -> "Closed"

    ~ update work item 5001 "Pay with card 1"
        SyncRule/regression-cases/case/210001: changed in TestWorthy (rules/regression.yaml:12)
          System.Title: "Pay" -> "Pay with card"
          Microsoft.VSTS.Common.Priority: 2 -> 1
          System.Tags[smoke]: false -> true
          System.AreaPath: "Web Shop\QA" -> (none)
          Custom.TestData: (sensitive, not shown)
          (1 field unchanged)

    ~ update case 210004 "Pay with card 4"
        SyncRule/stories/workItem/5004: edited in TestWorthy, and the rule enforces its source
          (rules/regression.yaml:12)
          title: "Pay" -> "Pay now"

    ~ update work item 5007 "Pay with card 7"
        SyncRule/regression-cases/case/210007: Accord's marker is missing (rules/regression.yaml:12)
          only Accord's marker is written

    + create work item for case 210003 "Refund a purchase"
        SyncRule/regression-cases/case/210003: missing in Azure DevOps (rules/regression.yaml:12)
          System.Title: "Refund a purchase"
          System.AreaPath: "Web Shop\QA"
          Microsoft.VSTS.Common.Priority: 1

    = link work item 5005 with case 210005 "Pay with card 5"
        SyncRule/regression-cases/case/210005: recognised by its title (rules/regression.yaml:12)

    Plan: 1 to create, 3 to update, 1 to delete, 1 to link; 30 unchanged.
    "#);
}

#[test]
fn long_texts_are_small_differences() {
    let html = |middle: &str| {
        format!(
            "<div>Open the shop.</div><div>Add a book.</div><div>{middle}</div><p>Pay.</p><p>Leave.</p>"
        )
    };
    let long = "The basket keeps its content for thirty days, also when the customer signs out in \
                between, and shows";
    let changes = vec![update(
        1,
        vec![
            sample::field(
                "System.Description",
                json!(html("Open the basket.")),
                json!(html("Open the basket and check the sum.")),
            ),
            sample::field(
                "Microsoft.VSTS.TCM.LocalDataSource",
                json!("one\ntwo\nthree\nfour\nfive\n"),
                json!("one\ntwo\n3\nfour\nfive\nsix\n"),
            ),
            sample::field(
                "Custom.Label",
                json!(format!("{long} 3 items.")),
                json!(format!("{long} 4 items.")),
            ),
            sample::field(
                "refs",
                json!(["AB#5", "X-1", "X-2"]),
                json!(["AB#5", "X-2", "X-3"]),
            ),
        ],
    )];
    insta::assert_snapshot!(plain(&sample::plan(changes)), @r#"
    Plan 59ee0a03c1a4c44c8776e553b26e5fe0
      web-shop: https://testworthy.us/ <-> https://dev.azure.com/contoso, project Web Shop

    ~ update work item 5001 "Pay with card 1"
        SyncRule/regression-cases/case/210001: changed in TestWorthy (rules/regression.yaml:12)
          System.Description:
              <div>Add a book.</div>
            - <div>Open the basket.</div>
            + <div>Open the basket and check the sum.</div>
              <p>Pay.</p>
          Microsoft.VSTS.TCM.LocalDataSource:
              two
            - three
            + 3
              four
              five
            + six
          Custom.Label:
            - …content for thirty days, also when the customer signs out in between, and shows 3 items.
            + …content for thirty days, also when the customer signs out in between, and shows 4 items.
          refs: added "X-3"; removed "X-1"; 2 kept

    Not everything is shown: `-v` shows more, `--format json` all of it.
    Plan: 1 to update; 30 unchanged.
    "#);
}

#[test]
fn steps_and_parameters_are_told_line_by_line() {
    let steps = |texts: &[(&str, &str)]| -> Json {
        let step =
            |(action, expected): &(&str, &str)| json!({"action": action, "expected": expected});
        texts.iter().map(step).collect()
    };
    let before = steps(&[("<p>Open the cart</p>", "<p>It holds one item</p>")]);
    let mut after = steps(&[("<p>Open the cart</p>", "<p>It is empty</p>")]);
    after.as_array_mut().unwrap().push(json!({"shared": 77}));
    let table = |user: &str| json!({"names": ["user", "card"], "rows": [[user, "visa"]]});
    let mut made = sample::change(Action::Create, 2);
    made.fields = vec![sample::field("Steps", json!(null), before.clone())];
    let plan = sample::plan(vec![
        update(
            1,
            vec![
                sample::field("Steps", before, after),
                sample::field("Parameters", table("ada"), table("bob")),
                sample::field("Gone", table("ada"), json!(null)),
            ],
        ),
        made,
    ]);
    let page = plain(&plan);
    for line in [
        "- 1. Open the cart => It holds one item",
        "+ 1. Open the cart => It is empty",
        "+ 2. (shared steps of work item 77)",
        "- ada | visa",
        "+ bob | visa",
        "- user | card",
        "Steps: 1 step: \"1. Open the cart => It holds one item\"",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
}

#[test]
fn equal_changes_of_many_items_are_told_once() {
    let mut changes: Vec<Change> = (0..40)
        .map(|n| {
            let mut change = update(
                n,
                vec![sample::field(
                    "Microsoft.VSTS.Common.Priority",
                    json!(2),
                    json!(1),
                )],
            );
            change.reason = Reason::MappingChanged;
            change
        })
        .collect();
    changes.extend((50..75).map(|n| create(n, &format!("Search {n}"))));
    changes.extend((80..83).map(|n| sample::change(Action::Link, n)));
    insta::assert_snapshot!(plain(&sample::plan(changes)), @r#"
    Plan 78cb96fa08ac299dec64ff7f8e3dfe8b
      web-shop: https://testworthy.us/ <-> https://dev.azure.com/contoso, project Web Shop

    ~ update 40 work items in the same way
        SyncRule/regression-cases: the mapping changed (rules/regression.yaml:12)
          Microsoft.VSTS.Common.Priority: 2 -> 1
          work item 5000 "Pay with card 0"
          work item 5001 "Pay with card 1"
          work item 5002 "Pay with card 2"
          work item 5003 "Pay with card 3"
          work item 5004 "Pay with card 4"
          work item 5005 "Pay with card 5"
          work item 5006 "Pay with card 6"
          work item 5007 "Pay with card 7"
          work item 5008 "Pay with card 8"
          work item 5009 "Pay with card 9"
          ... and 30 more

    + create 25 work items
        SyncRule/regression-cases: missing in Azure DevOps (rules/regression.yaml:12)
          System.AreaPath: "Web Shop\QA"
          Microsoft.VSTS.Common.Priority: 1
          each its own: System.Title
          case 210050 "Search 50"
          case 210051 "Search 51"
          case 210052 "Search 52"
          case 210053 "Search 53"
          case 210054 "Search 54"
          case 210055 "Search 55"
          case 210056 "Search 56"
          case 210057 "Search 57"
          case 210058 "Search 58"
          case 210059 "Search 59"
          ... and 15 more

    = link 3 work items
        SyncRule/regression-cases: recognised by its title (rules/regression.yaml:12)
          work item 5080 with case 210080 "Pay with card 80"
          work item 5081 with case 210081 "Pay with card 81"
          work item 5082 with case 210082 "Pay with card 82"

    Not everything is shown: `-v` shows more, `--format json` all of it.
    Plan: 25 to create, 40 to update, 3 to link; 30 unchanged.
    "#);
}

#[test]
fn what_a_deletion_is_carried_over_by_is_said() {
    let carried = |path: &str, before: Json, after: Json| {
        let mut change = sample::change(Action::Delete, 1);
        change.reason = Reason::CounterpartDeleted;
        change.fields = vec![sample::field(path, before, after)];
        plain(&sample::plan(vec![change]))
    };
    for (text, line) in [
        (
            carried("System.State", json!("Ready"), json!("Closed")),
            "- close work item 5001",
        ),
        (
            carried("System.IsDeleted", json!(false), json!(true)),
            "- recycle work item 5001",
        ),
        (
            carried("disabled", Json::Null, json!(true)),
            "- disable work item 5001",
        ),
    ] {
        assert!(text.contains(line), "{text}");
        assert!(text.contains("deleted in TestWorthy"), "{text}");
    }
}

#[test]
fn an_item_that_comes_back_is_restored_and_one_made_anew_created() {
    let mut back = sample::change(Action::Create, 1);
    back.reason = Reason::Recreated;
    back.item.azure_devops = Some(5_001);
    let mut anew = sample::change(Action::Create, 2);
    anew.reason = Reason::Recreated;
    let text = plain(&sample::plan(vec![back, anew]));
    assert!(
        text.contains("+ restore work item 5001 \"Pay with card 1\""),
        "{text}"
    );
    assert!(
        text.contains("+ create work item for case 210002"),
        "{text}"
    );
}
