//! Laws of the human form, over any plan.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{BUDGET, everything, update};
use crate::model::System;
use crate::plan::render::human::{HumanOptions, human};
use crate::plan::{Action, Change, FieldChange, sample};

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
