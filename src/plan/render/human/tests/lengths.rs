//! How much is shown: the budget of large plans, and the two ways to see more.

use serde_json::json;

use super::{BUDGET, create, everything, plain, update};
use crate::plan::render::human::{HumanOptions, human};
use crate::plan::{Action, FieldChange, Plan, PlanFinding, sample};

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
