//! Representative plans as they are shown, and laws of the human form.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::plan::{
    ConflictEntry, ConflictValues, DriftEntry, FieldChange, ItemRef, OriginEntry, PlanFinding,
    Precondition, SafetyRule, SafetyVerdict, Summary, sample,
};

fn plain(plan: &Plan) -> String {
    human(plan, &HumanOptions::default())
}

fn update(n: u64, fields: Vec<FieldChange>) -> Change {
    Change {
        fields,
        ..sample::change(Action::Update, n)
    }
}

fn create(n: u64, title: &str) -> Change {
    let mut change = sample::change(Action::Create, n);
    change.item.title = title.to_owned();
    change.fields = sample::new_fields(title);
    change
}

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

fn everything() -> Plan {
    let mut plan = sample::plan(vec![
        update(
            1,
            vec![sample::field(
                "System.Title",
                json!("Pay"),
                json!("Pay now"),
            )],
        ),
        sample::change(Action::Delete, 6),
    ]);
    plan.inputs.only = vec!["SyncRule/regression-cases".to_owned()];
    plan.safety.verdict = SafetyVerdict::Blocked;
    plan.safety.rules = vec![
        SafetyRule {
            code: "too-many-updates".to_owned(),
            address: "SyncRule/regression-cases".to_owned(),
            verdict: SafetyVerdict::Pass,
            measured: "1 of 30 linked items (3.3 %) would be updated".to_owned(),
            limit: "30 %".to_owned(),
            help: None,
        },
        SafetyRule {
            code: "too-many-deletes".to_owned(),
            address: "SyncRule/regression-cases".to_owned(),
            verdict: SafetyVerdict::Blocked,
            measured: "1 of 10 linked items (10.0 %) would be closed or removed".to_owned(),
            limit: "5 %".to_owned(),
            help: Some("If this is meant, run again with `--allow-deletes 1`.".to_owned()),
        },
    ];
    let item = |n: u64| ItemRef {
        testworthy: Some(210_000 + n),
        azure_devops: Some(5_000 + n),
        title: format!("Pay with card {n}"),
    };
    plan.conflicts = vec![ConflictEntry {
        values: None,
        sensitive: false,
        address: "SyncRule/regression-cases/case/210008".to_owned(),
        code: "ambiguous-match".to_owned(),
        item: item(8),
        path: Some("System.Title".to_owned()),
        message: "Two work items carry this case's marker. Remove the hyperlink from one of them, \
                  5008 or 5011, and plan again."
            .to_owned(),
    }];
    plan.drift = vec![
        DriftEntry {
            system: None,
            address: "SyncRule/regression-cases/case/210009".to_owned(),
            item: item(9),
            path: "System.Title".to_owned(),
            recorded: Some(json!("Pay")),
            live: Some(json!("Pay, edited by hand")),
            sensitive: false,
            policy: "report".to_owned(),
        },
        DriftEntry {
            system: None,
            address: "SyncRule/regression-cases/case/210009".to_owned(),
            item: item(9),
            path: "Custom.TestData".to_owned(),
            recorded: None,
            live: None,
            sensitive: true,
            policy: "enforce".to_owned(),
        },
    ];
    let finding = |severity: &str, code: &str, n: u64, message: &str| PlanFinding {
        code: code.to_owned(),
        severity: severity.to_owned(),
        address: format!("SyncRule/regression-cases/case/{n}"),
        message: message.to_owned(),
        origin: Some(OriginEntry {
            file: "mappings/case.yaml".to_owned(),
            line: 9,
        }),
    };
    let unmapped = "priority \"P0\" has no entry under `values`; the field waits. Add one.";
    plan.findings = vec![
        finding("info", "source-marker", 1, "The source refused the marker."),
        finding("warning", "unmapped-value", 2, unmapped),
        finding("warning", "unmapped-value", 3, unmapped),
    ];
    plan.summary.conflict = 1;
    plan.summary.held = 2;
    sample::seal(&mut plan);
    plan
}

#[test]
fn what_needs_a_decision_stands_first() {
    insta::assert_snapshot!(plain(&everything()), @r#"
    Plan c2ce511a493a2120abe0306d1291d128
      web-shop: https://testworthy.us/ <-> https://dev.azure.com/contoso, project Web Shop
      only: SyncRule/regression-cases

    ! SAFETY: blocked, nothing runs
      ! SyncRule/regression-cases blocked: 1 of 10 linked items (10.0 %) would be closed or removed;
        limit 5 % [too-many-deletes]
          If this is meant, run again with `--allow-deletes 1`.

    - delete work item 5006 "Pay with card 6"
        SyncRule/regression-cases/case/210006: changed in TestWorthy (rules/regression.yaml:12)

    ~ update work item 5001 "Pay with card 1"
        SyncRule/regression-cases/case/210001: changed in TestWorthy (rules/regression.yaml:12)
          System.Title: "Pay" -> "Pay now"

    CONFLICTS: a person decides
      ! case 210008, work item 5008 "Pay with card 8", System.Title [ambiguous-match]
          SyncRule/regression-cases/case/210008
          Two work items carry this case's marker. Remove the hyperlink from one of them, 5008 or
            5011, and plan again.

    DRIFT: edited on the target since the last apply
      ! work item 5009 "Pay with card 9": stays
          System.Title: was "Pay"
                        is  "Pay, edited by hand"
      ! work item 5009 "Pay with card 9": will be overwritten
          Custom.TestData: (sensitive, not shown)

    FINDINGS
      ! warning [unmapped-value]: priority "P0" has no entry under `values`; the field waits. Add one.
          SyncRule/regression-cases/case/2 and 1 more (mappings/case.yaml:9)
      ! info [source-marker]: The source refused the marker.
          SyncRule/regression-cases/case/1 (mappings/case.yaml:9)

    Plan BLOCKED by 1 safety rule: 1 to update, 1 to delete; 30 unchanged, 1 in conflict, 2 held.
    "#);
}

#[test]
fn colours_repeat_what_symbols_say() {
    let coloured = human(
        &everything(),
        &HumanOptions {
            colour: true,
            ..HumanOptions::default()
        },
    );
    let first: Vec<&str> = coloured.lines().take(9).collect();
    insta::assert_snapshot!(first.join("\n").replace('\u{1b}', "ESC"), @r#"
    ESC[1mPlan c2ce511a493a2120abe0306d1291d128ESC[0m
      ESC[2mweb-shop: https://testworthy.us/ <-> https://dev.azure.com/contoso, project Web ShopESC[0m
      ESC[2monly: SyncRule/regression-casesESC[0m

    ESC[1mESC[35m! SAFETY: blocked, nothing runsESC[0m
      ESC[1mESC[35m! SyncRule/regression-cases blocked: 1 of 10 linked items (10.0 %) would be closed or removed;ESC[0m
        ESC[1mESC[35mlimit 5 % [too-many-deletes]ESC[0m
          If this is meant, run again with `--allow-deletes 1`.
    "#);
    // Without the colours it is the same text: nothing is said by colour alone.
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        stripped.push_str(&rest[..at]);
        rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain(&everything()));
}

#[test]
fn verbose_shows_values_whole() {
    let long = "x".repeat(400);
    let plan = sample::plan(vec![update(
        1,
        vec![sample::field("System.Title", json!("short"), json!(long))],
    )]);
    assert!(!plain(&plan).contains(&long));
    assert!(plain(&plan).contains("Not everything is shown"));
    let verbose = HumanOptions {
        verbose: true,
        ..HumanOptions::default()
    };
    assert!(human(&plan, &verbose).contains(&long));
    assert!(!human(&plan, &verbose).contains("Not everything is shown"));
}

/// A plan in which no two changes are alike.
fn large(count: u64) -> Plan {
    sample::plan(
        (0..count)
            .map(|n| match n % 3 {
                0 => create(n, &format!("Title {n}")),
                1 => update(
                    n,
                    vec![sample::field(
                        "System.Title",
                        json!(format!("Old {n}")),
                        json!(n),
                    )],
                ),
                _ => sample::change(Action::Link, n),
            })
            .collect(),
    )
}

/// The byte budget of the plain form, whatever the plan.
const BUDGET: usize = 128 * 1024;

#[test]
fn a_large_plan_stays_inside_its_budget_and_says_what_is_missing() {
    let small = plain(&large(3_000));
    let text = plain(&large(10_000));
    assert!(text.len() < 16 * 1024, "{} bytes", text.len());
    assert!(text.len() < small.len() + 200, "it does not grow any more");
    assert!(text.contains("~ ... and 3313 more to update"), "{text}");
    assert!(text.contains("... and 3324 more"), "{text}");
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "Plan: 3334 to create, 3333 to update, 3333 to link; 30 unchanged."
    );
}

#[test]
fn full_names_every_item() {
    let full = HumanOptions {
        full: true,
        ..HumanOptions::default()
    };
    let text = human(&large(600), &full);
    for n in 0..600 {
        assert!(
            text.contains(&format!("case/{}", 210_000 + n))
                || text.contains(&format!("work item {}", 5_000 + n)),
            "{n}"
        );
    }
    assert!(!text.contains("Not everything is shown"));
}

fn any_change() -> impl Strategy<Value = Change> {
    let action = prop_oneof![
        Just(Action::Create),
        Just(Action::Update),
        Just(Action::Delete),
        Just(Action::Link)
    ];
    let json = prop_oneof![
        Just(json!(null)),
        any::<String>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        proptest::collection::vec(any::<String>(), 0..4).prop_map(Json::from),
        "(<p>|<br/>|x|\n|\u{1b}){0,60}".prop_map(Json::from),
    ];
    let field = (any::<String>(), json.clone(), json, any::<bool>()).prop_map(
        |(path, before, after, sensitive)| FieldChange {
            path,
            before: Some(before),
            after: Some(after),
            sensitive,
            via: Vec::new(),
        },
    );
    (
        (action, 0..4u64, any::<String>(), any::<String>()),
        proptest::collection::vec(field, 0..4),
        any::<bool>(),
    )
        .prop_map(|((action, n, title, tail), fields, odd)| {
            let mut change = sample::change(action, n);
            change.item.title = title;
            change.fields = fields;
            if odd {
                change.address.clone_from(&tail);
                change.item.azure_devops = None;
                change.system = System::TestWorthy;
                change.origin.file = tail;
            }
            change
        })
}

proptest! {
    #[test]
    fn nothing_that_a_terminal_acts_on_gets_out(
        changes in proptest::collection::vec(any_change(), 0..12),
        text in any::<String>(), verbose: bool, full: bool, width in 0..300usize,
    ) {
        let mut plan = everything();
        plan.changes = changes;
        plan.connections[0].project.clone_from(&text);
        plan.inputs.only = vec![text.clone()];
        plan.safety.rules[1].measured.clone_from(&text);
        plan.conflicts[0].message.clone_from(&text);
        plan.conflicts[0].item.title.clone_from(&text);
        plan.drift[0].live = Some(json!(text));
        plan.findings[0].message.clone_from(&text);
        plan.findings[0].severity = text;
        let options = HumanOptions { colour: false, width, verbose, full };
        let shown = human(&plan, &options);
        prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        prop_assert!(shown.ends_with('\n') && !shown.ends_with("\n\n"));
        prop_assert_eq!(&shown, &human(&plan, &options), "the same plan gives the same bytes");
        if !verbose && !full {
            prop_assert!(shown.len() < BUDGET);
        }
    }

    #[test]
    fn sensitive_values_are_not_shown_even_if_they_are_there(secret in "[a-z]{12}", full: bool) {
        let mut plan = sample::plan(vec![update(1, vec![FieldChange {
            sensitive: true,
            ..sample::field("Custom.TestData", json!(secret), json!(secret))
        }])]);
        plan.drift = everything().drift;
        plan.drift[1].live = Some(json!(secret));
        let shown = human(&plan, &HumanOptions { full, ..HumanOptions::default() });
        prop_assert!(!shown.contains(&secret));
    }
}

#[test]
fn the_worst_plan_stays_inside_the_budget() {
    // Every cap at once: many entries everywhere, each with many long fields and wide characters.
    let wide = "払\u{1b}".repeat(120);
    let fields: Vec<FieldChange> = (0..25)
        .map(|n| {
            let text = |end: &str| json!(format!("{wide}\n").repeat(15) + &wide + end);
            sample::field(&format!("{wide}{n}"), text("a"), text("b"))
        })
        .collect();
    let mut plan = everything();
    plan.changes = [Action::Delete, Action::Update, Action::Create, Action::Link]
        .into_iter()
        .flat_map(|action| (0..25).map(move |n| sample::change(action, n)))
        .enumerate()
        .map(|(n, mut change)| {
            change.item.title.clone_from(&wide);
            change.fields = fields[n % 3..].to_vec();
            change
        })
        .collect();
    let mut conflict = plan.conflicts[0].clone();
    conflict.message = format!("{wide} ").repeat(40);
    plan.conflicts = vec![conflict; 100];
    plan.drift = vec![plan.drift[0].clone(); 100];
    plan.findings = (0..100)
        .map(|n| PlanFinding {
            message: format!("{n} {}", "word ".repeat(4_000)),
            ..plan.findings[0].clone()
        })
        .collect();
    let shown = plain(&plan);
    assert!(shown.len() < BUDGET, "{} bytes", shown.len());
    assert!(shown.lines().last().unwrap().starts_with("Plan BLOCKED"));
}

fn conflict(values: Option<ConflictValues>) -> Plan {
    let mut plan = sample::plan(Vec::new());
    plan.conflicts = vec![ConflictEntry {
        sensitive: values.is_none(),
        values,
        address: "SyncRule/regression-cases/case/210008".to_owned(),
        code: "field-conflict".to_owned(),
        item: ItemRef {
            testworthy: Some(210_008),
            azure_devops: Some(5_008),
            title: "Pay".to_owned(),
        },
        path: Some("title".to_owned()),
        message: "Both sides changed it.".to_owned(),
    }];
    plan.summary.conflict = 1;
    sample::seal(&mut plan);
    plan
}

#[test]
fn a_conflict_shows_both_values_and_what_they_were() {
    let values = ConflictValues {
        base_testworthy: Some(json!("Pay")),
        base_azure_devops: Some(json!("Pay")),
        testworthy: json!("Pay by card"),
        azure_devops: json!("Pay in cash"),
    };
    let text = plain(&conflict(Some(values)));
    for line in [
        "      TestWorthy: \"Pay by card\"",
        "      Azure DevOps: \"Pay in cash\"",
        "      in accord both held: \"Pay\"",
    ] {
        assert!(text.lines().any(|one| one == line), "{text}");
    }
}

#[test]
fn a_conflict_of_long_texts_shows_their_difference() {
    let long = |middle: &str| {
        json!(format!(
            "<p>First</p><p>{middle}</p><p>{}</p>",
            "x".repeat(90)
        ))
    };
    let values = ConflictValues {
        base_testworthy: None,
        base_azure_devops: None,
        testworthy: long("by card"),
        azure_devops: long("in cash"),
    };
    let text = plain(&conflict(Some(values)));
    assert!(text.contains("- <p>by card</p>"), "{text}");
    assert!(text.contains("+ <p>in cash</p>"), "{text}");
}

#[test]
fn a_conflict_of_a_sensitive_row_says_so() {
    let text = plain(&conflict(None));
    assert!(
        text.contains("both values are sensitive and not shown"),
        "{text}"
    );
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
