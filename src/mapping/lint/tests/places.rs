//! Rules about what is beside the work item type: its form, the places of new items, the surface.

use super::{AZURE, TESTWORTHY, accepted, codec, codes, one_way};
use crate::diagnostics::Finding;
use crate::mapping::compile::check;
use crate::mapping::lint::facts::Usage;
use crate::mapping::testing::{field_row, mapping, prefix_row, tag_row, test_case_type};
use crate::mapping::{lint_form, names_custom_fields};
use crate::model::Direction;
use crate::model::config::{Codec, Row};

fn on_form(row: Row, shown: Option<bool>) -> Vec<Finding> {
    lint_form(&mapping(vec![row]), &test_case_type(), |_| shown, |_| false)
}

#[test]
fn l22_custom_fields_that_no_form_shows() {
    let row = || field_row("gherkin", "Custom.Notes");
    let found = on_form(row(), None);
    assert_eq!(codes(&found), ["L22"]);
    assert!(
        found[0]
            .message
            .contains("no control on the form of `Test Case` shows `Custom.Notes`"),
        "{}",
        found[0].message
    );
    let hidden = on_form(row(), Some(false));
    assert!(
        hidden[0].message.contains("is hidden"),
        "{}",
        hidden[0].message
    );
    assert_eq!(on_form(row(), Some(true)), []);
    let own = |field: &str| on_form(field_row("gherkin", field), None);
    assert_eq!(own("System.Description"), [], "a system field");
    assert_eq!(own("Microsoft.VSTS.Common.Priority"), [], "a system field");
    assert_eq!(own("Custom.Unknown"), [], "it is L01");
    assert_eq!(codes(&own("custom.notes")), ["L22"], "names have no case");
    assert_eq!(on_form(tag_row("smoke", "smoke"), None), []);
    let allowed = Row {
        allow: vec![accepted("l22")],
        ..row()
    };
    assert_eq!(on_form(allowed, None), []);
    let declared = lint_form(
        &mapping(vec![row()]),
        &test_case_type(),
        |_| None,
        |field| field == "Custom.Notes",
    );
    assert_eq!(declared, [], "its declaration places it");
}

#[test]
fn l22_asks_only_for_custom_fields() {
    let names = |row: Row| names_custom_fields(&mapping(vec![row]));
    assert!(names(field_row("gherkin", "Custom.Notes")));
    assert!(names(field_row("gherkin", "Contoso.Notes")));
    for system in ["System.Title", "Microsoft.VSTS.TCM.Steps", "WEF_1_Kanban"] {
        assert!(!names(field_row("title", system)), "{system}");
    }
    assert!(!names(prefix_row("refs", "ref:")));
}

fn over_v1(row: Row, usage: Usage) -> Vec<&'static str> {
    let over: Vec<String> = vec!["on-v1".to_owned()];
    let usage = Usage {
        flat_both_ways: if usage.two_way {
            over.clone()
        } else {
            Vec::new()
        },
        flat: over,
        ..usage
    };
    codes(&check(&mapping(vec![row]), None, &usage).1.findings)
}

#[test]
fn l09_steps_over_the_surface_v1() {
    let row = || field_row("steps", "Microsoft.VSTS.TCM.Steps");
    let to = |targets: &[_]| Usage::of_rule(targets);
    assert_eq!(over_v1(row(), to(&[AZURE, TESTWORTHY])), ["L09"]);
    assert_eq!(
        over_v1(one_way(row(), Direction::TwoWay), to(&[TESTWORTHY])),
        ["steps-may-not-fit"],
        "the row may come back elsewhere, the rule over this surface does not"
    );
    assert_eq!(over_v1(row(), to(&[TESTWORTHY])), ["steps-may-not-fit"]);
    assert_eq!(
        over_v1(row(), to(&[AZURE])),
        [""; 0],
        "everything fits there"
    );
    let other = codec(
        Codec::RichText,
        field_row("description", "System.Description"),
    );
    assert_eq!(over_v1(other, to(&[AZURE, TESTWORTHY])), [""; 0]);
    let automation = check(&mapping(vec![row()]), None, &to(&[AZURE, TESTWORTHY]));
    assert_eq!(automation.1.findings, []);
}
