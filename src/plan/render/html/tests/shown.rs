//! What stands on the page, with a script and without one.

use serde_json::json;

use super::super::entries::{HELD, QUARANTINE};
use super::{Page, everything, record, update, written};
use crate::diagnostics::catalog;
use crate::plan::{Action, sample};

fn text(page: &str) -> String {
    let text = Page::read(page).text;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn everything_can_be_read_without_a_script() {
    let plan = everything();
    let shown = text(&written(&plan));
    for words in [
        "1 to delete, 1 to update, 1 to create, 1 to link of 38 items",
        "Blocked by 1 safety rule. Nothing of this plan runs.",
        "1 of 10 linked items (10.0 %) would be closed or removed; limit 5 %",
        "If this is meant, run again with `--allow-deletes 1`.",
        "Manifests 1 changed since main",
        "danger Connection/web-shop changed (connection.yaml:4, touches 30 linked items of regression-cases)",
        "Danger: Credentials go to another host.",
        "Pairs are looked for elsewhere.",
        "spec.testworthy.url: \"https://testworthy.us/\" -> \"https://testworthy.example/\"",
        &plan.plan_id,
        &plan.review_id,
        "4f1c2d7a9be0358a6614f0c27d9b1e5a8c3d2f60 with changes that are not committed",
        "web-shop",
        "project Web Shop",
        "SyncRule/regression-cases/case/210001",
        "changed in TestWorthy rules/regression.yaml:12 if the work item is at revision 3",
        "article item",
        "a 1 stay",
        "2Pay by cardPaid",
        "+3(shared steps of work item 7)",
        "Design → Closed by way of Ready",
        "Custom.TestData sensitive: its values are left out of the plan",
        "work item for case 210008",
        "work item 5009 with case 210009",
        "Both sides changed it.",
        "in accord both held",
        "Pay, edited by hand",
        "the server refused this write.",
        "two rules select it.",
    ] {
        let words = words.replace(' ', "");
        let shown = shown.replace(' ', "");
        assert!(shown.contains(&words), "{words}\n{shown}");
    }
}

#[test]
fn deletes_stand_first_and_sections_follow_in_their_order() {
    let page = written(&everything());
    let places: Vec<usize> = [
        "class=\"wide safety\"",
        "id=\"manifests\"",
        "class=\"row delete\"",
        "class=\"row update\"",
        "class=\"row create\"",
        "class=\"row link\"",
        "id=\"conflicts\"",
        "id=\"quarantine\"",
        "id=\"held\"",
        "id=\"drift\"",
        "id=\"findings\"",
    ]
    .iter()
    .map(|what| page.find(what).unwrap_or_else(|| panic!("{what}")))
    .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn equal_changes_are_one_group_and_every_item_keeps_its_link() {
    let field = || {
        vec![sample::field(
            "Microsoft.VSTS.Common.Priority",
            json!(2),
            json!(1),
        )]
    };
    let plan = sample::plan((0..300).map(|n| update(n, field())).collect());
    let page = written(&plan);
    let read = Page::read(&page);
    let record = record(&read);
    assert_eq!(record["changes"].as_array().unwrap().len(), 1);
    assert_eq!(record["changes"][0]["n"], 300);
    assert_eq!(record["changes"][0]["g"], "Priority 2 → 1");
    assert!(text(&page).contains("300 work items"));
    for n in 0..300 {
        let address = format!("SyncRule/regression-cases/case/{}", 210_000 + n);
        let here = read
            .elements
            .iter()
            .filter(|one| one.attribute("id") == Some(&address));
        assert_eq!(here.count(), 1, "{address}");
    }
}

#[test]
fn creates_of_a_rule_are_told_together_with_what_is_their_own() {
    let creates = (0..5).map(|n| {
        let mut create = sample::change(Action::Create, n);
        create.fields = sample::new_fields(&format!("Title {n}"));
        create
    });
    let record = record(&Page::read(&written(&sample::plan(creates.collect()))));
    let group = &record["changes"][0];
    let paths = |fields: &serde_json::Value| -> Vec<String> {
        let fields = fields.as_array().unwrap().iter();
        fields
            .map(|field| field["p"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        paths(&group["f"]),
        ["System.AreaPath", "Microsoft.VSTS.Common.Priority"]
    );
    assert_eq!(paths(&group["items"][4]["f"]), ["System.Title"]);
    assert_eq!(group["items"][4]["f"][0]["a"], "Title 4");
}

#[test]
fn one_id_stands_on_one_element_only() {
    let page = Page::read(&written(&everything()));
    let mut ids: Vec<&str> = page
        .elements
        .iter()
        .filter_map(|one| one.attribute("id"))
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn a_plan_without_changes_says_so() {
    let shown = text(&written(&sample::plan(Vec::new())));
    assert!(shown.contains("Nothing to do on 30 items"), "{shown}");
    assert!(
        shown.contains("Safe to run: within every safety limit."),
        "{shown}"
    );
    assert!(shown.contains("There is nothing to do."), "{shown}");
}

#[test]
fn codes_of_what_waits_are_codes_of_the_catalogue() {
    for code in HELD.iter().chain(&QUARANTINE) {
        assert!(catalog::find(code).is_some(), "{code}");
    }
}
