//! What needs a decision: safety, conflicts, drift and findings, with and without colours.

use serde_json::json;

use super::{everything, plain};
use crate::plan::render::human::{HumanOptions, human};
use crate::plan::{ConflictEntry, ConflictValues, ItemRef, Plan, sample};

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

fn conflict(values: Option<ConflictValues>) -> Plan {
    let mut plan = sample::plan(Vec::new());
    plan.conflicts = vec![ConflictEntry {
        origin: None,
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
