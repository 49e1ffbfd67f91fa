//! The page's size: the law over any plan, and what is said about what is missing.

use proptest::prelude::*;
use serde_json::json;

use super::super::{HtmlOptions, SMALLEST, html};
use super::{Page, everything, item, record, update, written};
use crate::plan::{Action, Plan, sample};

/// A plan in which no two changes are alike, each with a long text.
fn large(count: u64, text: &str) -> Plan {
    let changes = (0..count).map(|n| match n % 3 {
        0 => {
            let mut create = sample::change(Action::Create, n);
            create.fields = sample::new_fields(&format!("{text} {n}"));
            create
        }
        1 => update(
            n,
            vec![sample::field(
                "System.Description",
                json!(format!("{text} {n}")),
                json!(format!("{n} {text}")),
            )],
        ),
        _ => sample::change(Action::Link, n),
    });
    let mut plan = sample::plan(changes.collect());
    plan.conflicts = (0..count / 10)
        .map(|n| {
            let mut conflict = everything().conflicts[0].clone();
            conflict.item = item(n);
            conflict.message = format!("{text} {n}");
            conflict
        })
        .collect();
    plan.findings = (0..count / 10)
        .map(|n| {
            let mut finding = everything().findings[0].clone();
            finding.message = format!("{n} {text}");
            finding
        })
        .collect();
    plan
}

/// Entries of the data, and those that it says are there.
fn listed(page: &str) -> (usize, usize) {
    let record = record(&Page::read(page));
    let changes = record["changes"].as_array().unwrap().iter();
    let items = changes.map(|group| group["items"].as_array().unwrap().len());
    let whole = record["about"]["changes"].as_u64().unwrap();
    (items.sum(), usize::try_from(whole).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn a_page_keeps_inside_its_budget(
        count in 0..60u64, text in "([a-z ]|<|&|\u{1b}|払|\n){0,60}", times in 1..60usize,
        budget in 0..1_200_000usize,
    ) {
        let plan = large(count, &text.repeat(times));
        let page = html(&plan, &HtmlOptions { budget });
        prop_assert!(page.len() <= budget.max(SMALLEST), "{} of {}", page.len(), budget);
        let read = Page::read(&page);
        prop_assert_eq!(&read.errors, &Vec::<String>::new());
        let (shown, whole) = listed(&page);
        prop_assert_eq!(shown < whole, page.contains("changes are missing"));
        prop_assert_eq!(&page, &html(&plan, &HtmlOptions { budget }), "the same plan, the same bytes");
    }
}

#[test]
fn a_plan_of_ten_thousand_changes_is_whole_inside_the_usual_budget() {
    let text = "The customer has an article in the basket and is signed in. ".repeat(4);
    let page = written(&large(10_000, &text));
    assert!(page.len() < HtmlOptions::default().budget, "{}", page.len());
    assert!(!page.contains("too large to be shown whole"));
    assert_eq!(listed(&page), (10_000, 10_000));
}

#[test]
fn the_worst_plan_keeps_inside_the_budget_and_says_so() {
    let wide = "払<&\u{1b}\"".repeat(4_000);
    let mut plan = large(400, &wide);
    plan.connections = vec![plan.connections[0].clone(); 500];
    plan.inputs.only = vec![wide.clone(); 500];
    plan.inputs.git_commit = Some(wide.clone());
    let mut rule = everything().safety.rules.remove(0);
    rule.help = Some(wide.clone());
    rule.measured.clone_from(&wide);
    plan.safety.rules = vec![rule; 500];
    for change in &mut plan.changes {
        change.item.title.clone_from(&wide);
        change.address.clone_from(&wide);
        change.origin.file.clone_from(&wide);
    }
    let mut changed = sample::manifest_changes();
    let one = &mut changed.changes[0];
    one.address.clone_from(&wide);
    one.attention[0].message.clone_from(&wide);
    one.keys[0].path.clone_from(&wide);
    changed.changes = vec![one.clone(); 500];
    plan.manifest_changes = Some(changed);
    let page = html(&plan, &HtmlOptions { budget: 0 });
    assert!(page.len() <= SMALLEST, "{}", page.len());
    assert!(page.contains("This plan is too large to be shown whole:"));
    assert!(page.contains("changes are missing"));
    assert!(page.contains("Danger:") && page.contains("more; the plan as JSON has all"));
}

#[test]
fn values_are_cut_before_changes_are_left_out() {
    let text = "word ".repeat(2_000);
    let page = html(&large(600, &text), &HtmlOptions { budget: 1_000_000 });
    assert!(page.contains("values are cut at"), "{}", page.len());
    assert!(!page.contains("are missing"));
    assert_eq!(listed(&page), (600, 600));
}
