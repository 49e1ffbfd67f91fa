//! Tests of the query language: what is read, what is found, what is refused.

use jiff::Timestamp;
use serde_json::json;

use super::evaluate::Setting;
use super::parser::{Condition, Operand, Test, parse};
use crate::sandbox::azure_devops::Organization;
use crate::sandbox::azure_devops::seed::{OrganizationSeed, WorkItemSeed};

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

fn shop() -> Organization {
    let mut shop = Organization::default();
    let seed = OrganizationSeed {
        areas: vec!["Web Shop\\QA\\Checkout".into(), "Web Shop\\Platform".into()],
        ..OrganizationSeed::default()
    };
    shop.plant(&seed, now()).unwrap();
    let mut add = |kind: &str, title: &str, area: &str, tags: &[&str], priority: i64, day: &str| {
        let item = WorkItemSeed {
            work_item_type: kind.into(),
            title: title.into(),
            area: Some(area.into()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            priority: Some(priority),
            ..WorkItemSeed::default()
        };
        shop.add_work_item(&item, day.parse().unwrap()).unwrap()
    };
    add(
        "Test Case",
        "Pay by card",
        "Web Shop\\QA\\Checkout",
        &["smoke", "regression"],
        1,
        "2026-03-01T08:00:00Z",
    );
    add(
        "Test Case",
        "Pay by invoice",
        "Web Shop\\QA",
        &["regression-slow"],
        2,
        "2026-03-02T23:00:00Z",
    );
    add(
        "Bug",
        "Invoice shows wrong date",
        "Web Shop\\Platform",
        &[],
        1,
        "2026-03-03T00:00:00Z",
    );
    add(
        "User Story",
        "It's a gift",
        "Web Shop",
        &["smoke"],
        3,
        "2026-03-04T10:00:00Z",
    );
    shop
}

fn setting(shop: &Organization) -> Setting {
    Setting {
        project: Some(0),
        user: shop.users.by_unique_name("accord@contoso.example").unwrap(),
        now: now(),
        time_precision: false,
    }
}

fn find(condition: &str) -> Vec<u64> {
    let shop = shop();
    let query = parse(&format!(
        "SELECT [System.Id] FROM WorkItems WHERE {condition}"
    ))
    .unwrap();
    shop.query(&query, setting(&shop), None).unwrap().ids
}

#[test]
fn conditions_find_what_they_say() {
    for (condition, ids) in [
        ("[System.WorkItemType] = 'Test Case'", vec![1, 2]),
        ("[System.WorkItemType] = 'test case'", vec![1, 2]),
        ("System.WorkItemType <> 'Test Case'", vec![3, 4]),
        ("[Work Item Type] IN ('Bug', 'User Story')", vec![3, 4]),
        ("[System.WorkItemType] NOT IN ('Bug')", vec![1, 2, 4]),
        (
            "[System.WorkItemType] IN GROUP 'Microsoft.TestCaseCategory'",
            vec![1, 2],
        ),
        ("[System.Id] > 2", vec![3, 4]),
        ("[System.Id] >= 2 AND [System.Id] < 4", vec![2, 3]),
        ("[System.Id] IN (4, 1, 99)", vec![1, 4]),
        ("[System.Id] = 3", vec![3]),
        ("[System.AreaPath] UNDER 'Web Shop\\QA'", vec![1, 2]),
        ("[System.AreaPath] = 'Web Shop\\QA'", vec![2]),
        ("NOT [System.AreaPath] UNDER 'Web Shop\\QA'", vec![3, 4]),
        ("[System.AreaPath] NOT UNDER 'Web Shop\\QA'", vec![3, 4]),
        (
            "[System.TeamProject] = @project AND [Priority] <= 1",
            vec![1, 3],
        ),
        ("[System.Tags] CONTAINS 'smoke'", vec![1, 4]),
        ("[System.Tags] CONTAINS 'REGRESSION'", vec![1, 2]),
        ("[System.Tags] CONTAINS 'gression'", vec![]),
        ("[System.Title] CONTAINS 'invoice'", vec![2, 3]),
        ("[System.Title] CONTAINS WORDS 'wrong inv'", vec![3]),
        ("[System.Title] = 'It''s a gift'", vec![4]),
        ("[System.Title] = \"It's a gift\"", vec![4]),
        ("[System.AssignedTo] = ''", vec![1, 2, 3, 4]),
        ("[System.AssignedTo] IS EMPTY", vec![1, 2, 3, 4]),
        ("[System.AssignedTo] IS NOT EMPTY", vec![]),
        ("[System.CreatedBy] = @me", vec![1, 2, 3, 4]),
        ("[System.CreatedDate] = '2026-03-02'", vec![2]),
        ("[System.CreatedDate] > '2026-03-02'", vec![3, 4]),
        ("[System.CreatedDate] >= @today - 7", vec![3, 4]),
        (
            "[System.CreatedDate] = [System.ChangedDate]",
            vec![1, 2, 3, 4],
        ),
        (
            "([Priority] = 1 OR [Priority] = 3) AND NOT ([System.WorkItemType] = 'Bug')",
            vec![1, 4],
        ),
        (
            "[Priority] = 1 OR [Priority] = 2 AND [System.WorkItemType] = 'Bug'",
            vec![1, 3],
        ),
        ("[System.State] EVER 'Design'", vec![1, 2]),
    ] {
        assert_eq!(find(condition), ids, "{condition}");
    }
}

#[test]
fn results_come_in_the_order_asked_for() {
    let shop = shop();
    let ids = |text: &str| {
        let query = parse(text).unwrap();
        shop.query(&query, setting(&shop), None).unwrap().ids
    };
    assert_eq!(ids("SELECT [System.Id] FROM workitems"), [1, 2, 3, 4]);
    assert_eq!(
        ids("select [System.Id] from WorkItems order by [Priority] desc, [System.Id]"),
        [4, 2, 1, 3]
    );
    assert_eq!(
        ids("SELECT [System.Id] FROM WorkItems ORDER BY [System.Title] ASC"),
        [3, 4, 1, 2]
    );
}

#[test]
fn a_query_looks_back_in_time() {
    let shop = shop();
    let query = parse("SELECT [System.Id] FROM WorkItems ASOF '2026-03-03'").unwrap();
    assert_eq!(
        shop.query(&query, setting(&shop), None).unwrap().ids,
        [1, 2, 3]
    );
}

#[test]
fn a_time_needs_time_precision() {
    let shop = shop();
    let query = parse(
        "SELECT [System.Id] FROM WorkItems WHERE [System.CreatedDate] >= '2026-03-02T23:00:00Z'",
    )
    .unwrap();
    let error = shop.query(&query, setting(&shop), None).unwrap_err();
    assert!(
        error
            .message()
            .contains("cannot supply a time with the date")
    );
    let precise = Setting {
        time_precision: true,
        ..setting(&shop)
    };
    assert_eq!(shop.query(&query, precise, None).unwrap().ids, [2, 3, 4]);
}

#[test]
fn mistakes_are_named_with_their_code() {
    let shop = shop();
    for (condition, code) in [
        ("[Custom.Nothing] = 1", "TF51005"),
        ("[System.AreaPath] UNDER 'Web Shop\\Nowhere'", "TF51011"),
        ("[System.IterationPath] = 'Web Shop\\Nowhere'", "TF51011"),
        ("[System.CreatedDate] = 'soon'", "TF51014"),
        ("[System.Id] = @nothing", "TF51008"),
    ] {
        let query = parse(&format!(
            "SELECT [System.Id] FROM WorkItems WHERE {condition}"
        ))
        .unwrap();
        let error = shop.query(&query, setting(&shop), None).unwrap_err();
        assert!(
            error.message().contains(code),
            "{condition}: {}",
            error.message()
        );
        assert_eq!(
            error.body()["typeKey"],
            json!("WorkItemTrackingQueryException")
        );
    }
}

#[test]
fn text_that_is_no_query_is_refused() {
    for text in [
        "",
        "DELETE FROM WorkItems",
        "SELECT FROM WorkItems",
        "SELECT [System.Id]",
        "SELECT [System.Id] FROM WorkItemLinks",
        "SELECT [System.Id] FROM WorkItems WHERE",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Id]",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Id] = ",
        "SELECT [System.Id] FROM WorkItems WHERE ([System.Id] = 1",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Id] IN 1",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = 'open",
        "SELECT [System.Id FROM WorkItems",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Id] = 1 [System.Id]",
        "SELECT [System.Id] FROM WorkItems; DROP",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    let deep = format!(
        "SELECT [System.Id] FROM WorkItems WHERE {}",
        "(".repeat(100_000)
    );
    assert!(parse(&deep).unwrap_err().contains("too deep"));
}

#[test]
fn and_binds_tighter_than_or() {
    let query = parse("SELECT [A] FROM WorkItems WHERE [A] = 1 OR [B] = 2 AND [C] = 3").unwrap();
    let test = |field: &str, number: f64| Condition::Test {
        field: field.into(),
        test: Test::Equal,
        operands: vec![Operand::Number(number)],
    };
    assert_eq!(
        query.condition,
        Some(Condition::Or(vec![
            test("A", 1.0),
            Condition::And(vec![test("B", 2.0), test("C", 3.0)]),
        ]))
    );
}
