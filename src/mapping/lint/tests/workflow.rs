//! States, reasons and transitions.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{AZURE, TESTWORTHY, codec, codes};
use crate::diagnostics::Finding;
use crate::mapping::CompiledMapping;
use crate::mapping::lint::{lint_create_in, lint_paths, names_paths};
use crate::mapping::testing::{constant_row, field_row, mapping, test_case_type};
use crate::model::config::{Codec, Row, Unmapped, ValueMap};
use crate::model::{System, Value, WorkItemState, WorkItemType};

/// New items are in Design; Design and Ready lead to each other; Closed is the end; nothing leads to Lost.
fn workflow() -> WorkItemType {
    let mut live = test_case_type();
    live.states = ["Design", "Ready", "Closed", "Lost"]
        .map(|name| WorkItemState {
            name: name.to_owned(),
            category: String::new(),
        })
        .to_vec();
    let to = |states: &[&str]| states.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    live.transitions = Some(BTreeMap::from([
        (String::new(), to(&["Design"])),
        ("Design".to_owned(), to(&["Ready"])),
        ("Ready".to_owned(), to(&["Design", "Closed"])),
        ("Lost".to_owned(), to(&["Ready"])),
    ]));
    live
}

fn states(entries: &[(&str, &str)]) -> Row {
    Row {
        values: Some(ValueMap {
            values: entries
                .iter()
                .map(|(left, right)| ((*left).to_owned(), Value::text(*right)))
                .collect(),
            reverse: IndexMap::new(),
            unmapped: Unmapped::Hold,
        }),
        ..codec(Codec::State, field_row("custom.phase", "System.State"))
    }
}

fn found(row: Row, live: &WorkItemType, target: System) -> Vec<Finding> {
    CompiledMapping::compile(&mapping(vec![row]), Some(live), &[target]).1
}

#[test]
fn l06_states_and_reasons_that_the_type_does_not_have() {
    let live = workflow();
    let unknown = found(states(&[("a", "Frozen")]), &live, AZURE);
    assert_eq!(codes(&unknown), ["L06"]);
    let mut row = states(&[("a", "Closed")]);
    row.reasons = IndexMap::from([("Shut".to_owned(), "Done".to_owned())]);
    let unknown = found(row.clone(), &live, TESTWORTHY);
    assert!(codes(&unknown).contains(&"L06"), "{unknown:?}");
    row.reasons = IndexMap::from([("Closed".to_owned(), "Done".to_owned())]);
    assert!(!codes(&found(row.clone(), &live, TESTWORTHY)).contains(&"L06"));
    let mut live = live;
    let reason = live.fields.get_mut("System.Reason").unwrap();
    reason.allowed_values = vec![Value::text("Obsolete")];
    let unknown = found(row, &live, TESTWORTHY);
    assert!(
        unknown
            .iter()
            .any(|one| one.message.contains("does not have `Done`")),
        "{unknown:?}"
    );
}

#[test]
fn l15_and_what_is_out_of_reach() {
    let live = workflow();
    let never = found(states(&[("a", "Lost")]), &live, AZURE);
    assert_eq!(codes(&never), ["L15"]);
    let some = found(states(&[("a", "Ready")]), &live, AZURE);
    assert_eq!(codes(&some), ["state-out-of-reach"]);
    assert!(
        some[0].message.ends_with("from `Closed`"),
        "{}",
        some[0].message
    );
    let end = found(states(&[("a", "Closed")]), &live, AZURE);
    assert_eq!(codes(&end), [""; 0], "every state leads there");
    let constant = codec(
        Codec::State,
        constant_row(Value::text("Lost"), "System.State"),
    );
    assert_eq!(codes(&found(constant, &live, AZURE)), ["L15"]);
    let back = found(states(&[("a", "Lost")]), &live, TESTWORTHY);
    assert!(
        !codes(&back).contains(&"L15"),
        "nothing is written there: {back:?}"
    );
    let mut untold = workflow();
    untold.transitions = None;
    assert_eq!(
        codes(&found(states(&[("a", "Lost")]), &untold, AZURE)),
        [""; 0]
    );
}

#[test]
fn l06_areas_that_the_project_does_not_have() {
    let row = Row {
        values: Some(ValueMap {
            values: IndexMap::from([("**".to_owned(), Value::text(r"Web Shop\QS"))]),
            reverse: IndexMap::new(),
            unmapped: Unmapped::Hold,
        }),
        ..codec(Codec::Path, field_row("section.path", "System.AreaPath"))
    };
    let mapping = mapping(vec![row]);
    assert!(names_paths(&mapping, "System.AreaPath"));
    assert!(!names_paths(&mapping, "System.IterationPath"));
    let there = ["Web Shop".to_owned(), r"Web Shop\QA".to_owned()];
    let findings = lint_paths(&mapping, "System.AreaPath", &there);
    assert_eq!(codes(&findings), ["L06"]);
    assert_eq!(
        findings[0].help.as_deref(),
        Some(r"did you mean `Web Shop\QA`?")
    );
    let there = [r"\web shop\qs".to_owned()];
    assert_eq!(lint_paths(&mapping, "System.AreaPath", &there), []);
}

#[test]
fn l06_places_of_new_items_that_the_project_does_not_have() {
    let config = super::items::project("null", "", "");
    let rule = config.rules.values().next().unwrap();
    let there = ["Web Shop".to_owned(), r"Web Shop\QA".to_owned()];
    let found = lint_create_in(rule, r"Web Shop\QS", &there).unwrap();
    assert_eq!(codes(std::slice::from_ref(&found)), ["L06"]);
    assert!(
        found.message.contains("rule `cases` creates"),
        "{}",
        found.message
    );
    assert_eq!(found.help.as_deref(), Some(r"did you mean `Web Shop\QA`?"));
    assert!(found.location.is_some());
    assert_eq!(lint_create_in(rule, r"\web shop\qa\", &there), None);
}
