//! Rules about the items that a plan has read.

use super::codes;
use crate::diagnostics::{Finding, SourceFile};
use crate::manifest::{ReadOptions, read};
use crate::mapping::CompiledMapping;
use crate::mapping::lint::seen::{Seen, coverage, lint_seen, lost_formatting};
use crate::mapping::testing::{case, test_case_type, work_item};
use crate::model::config::Config;
use crate::model::{Case, CaseId, Value, WorkItem, WorkItemId};

/// A project with one rule to Azure DevOps.
pub(super) fn project(rate: &str, users: &str, rows: &str) -> Config {
    let text = format!(
        r"
apiVersion: accord/v1
kind: Connection
metadata: {{ name: web-shop }}
spec:
  testworthy:
    url: https://testworthy.us
    userEmail: ada@example.test
    apiKey: {{ env: TESTWORTHY_API_KEY }}
    projectKey: {{ env: TESTWORTHY_PROJECT_KEY }}
    rate: {rate}
  azureDevOps:
    organizationUrl: https://dev.azure.com/contoso
    project: Web Shop
    personalAccessToken: {{ env: AZURE_DEVOPS_EXT_PAT }}
---
apiVersion: accord/v1
kind: FieldMapping
metadata: {{ name: test-case }}
spec:
  testworthy: TestCase
  azureDevOps: Test Case
  fields:
    - {{ testworthy: title, azureDevOps: System.Title }}
    {rows}
---
apiVersion: accord/v1
kind: SyncRule
metadata: {{ name: cases }}
spec:
  connection: web-shop
  mapping: test-case
  scope: {{ testworthy: {{ suites: [41] }} }}
  direction: toAzureDevOps
  match: [marker, title]
"
    );
    let loaded = read(
        vec![SourceFile::new("accord.yaml", text)],
        &ReadOptions::default(),
    );
    let mut config = loaded
        .config
        .unwrap_or_else(|| panic!("{:#?}", loaded.findings));
    if let Some((left, right)) = users.split_once('=') {
        for connection in config.connections.values_mut() {
            let users = &mut connection.users;
            users.insert(left.to_owned(), right.to_owned());
        }
    }
    config
}

fn told(
    config: &Config,
    cases: &[Case],
    items: &[WorkItem],
    look: impl Fn(&Seen<'_>) -> Vec<Finding>,
) -> Vec<Finding> {
    told_of(config, (cases, items), &[], look)
}

/// The same with these pairs, which are none of the free items.
fn told_of(
    config: &Config,
    (cases, items): (&[Case], &[WorkItem]),
    pairs: &[(Case, WorkItem)],
    look: impl Fn(&Seen<'_>) -> Vec<Finding>,
) -> Vec<Finding> {
    let rule = config.rules.values().next().unwrap();
    let mapping = config.mappings.values().next().unwrap();
    let live = test_case_type();
    let (compiled, findings) = CompiledMapping::compile(mapping, Some(&live), &rule.targets());
    look(&Seen {
        rule,
        mapping,
        compiled: &compiled.unwrap_or_else(|| panic!("{findings:#?}")),
        connection: config.connections.values().next().unwrap(),
        cases: cases.iter().collect(),
        work_items: items.iter().collect(),
        free_cases: cases.iter().collect(),
        free_work_items: items.iter().collect(),
        pairs: pairs.iter().map(|(case, item)| (case, item)).collect(),
    })
}

fn titled(number: u64, title: &str) -> Case {
    Case {
        id: CaseId(number),
        ..case(&[("title", Value::text(title))], &[])
    }
}

fn item_titled(number: u64, title: &str) -> WorkItem {
    WorkItem {
        id: WorkItemId(number),
        ..work_item(&[("System.Title", Value::text(title))], &[])
    }
}

#[test]
fn l16_people_whom_nothing_identifies() {
    let row = "- { testworthy: createdBy, azureDevOps: System.AssignedTo }";
    let by = |name: &str| case(&[("createdBy", Value::text(name))], &[]);
    let cases = [by("Ada"), by("bob@example.test"), by("Cleo"), by("Ada")];
    let config = project("null", "Cleo=cleo@contoso.example", row);
    let findings = told(&config, &cases, &[], lint_seen);
    assert_eq!(codes(&findings), ["L16"]);
    assert!(
        findings[0].message.ends_with(": `Ada`"),
        "{}",
        findings[0].message
    );
    let config = project("null", "Ada=ada@contoso.example", row);
    assert_eq!(told(&config, &cases[..2], &[], lint_seen), []);
    let sensitive = row.replace(" }", ", sensitive: true }");
    let config = project("null", "", &sensitive);
    assert_eq!(
        told(&config, &cases, &[], lint_seen),
        [],
        "their names are not for plans"
    );
}

#[test]
fn l20_titles_that_are_not_unique() {
    let config = project("null", "", "");
    let mut cases = vec![titled(1, "Pay"), titled(2, "Pay "), titled(3, "Ship")];
    let mut items = vec![item_titled(7, "Pay"), item_titled(8, "Ship")];
    items.push(item_titled(9, "Ship"));
    let few = told(&config, &cases, &items, lint_seen);
    assert_eq!(few, [], "two are told by the items themselves");
    cases.extend([
        titled(4, "Save"),
        titled(5, "Save"),
        titled(6, "Lone"),
        titled(10, "Lone"),
    ]);
    assert_eq!(
        told(&config, &cases, &items, lint_seen),
        [],
        "what only one side has leads to no wrong pair"
    );
    items.push(item_titled(11, "Save"));
    let findings = told(&config, &cases, &items, lint_seen);
    assert_eq!(codes(&findings), ["L20"]);
    let message = &findings[0].message;
    assert!(
        message.contains("3 titles are shared by 5 cases and 4 work items"),
        "{message}"
    );
}

#[test]
fn l29_a_cap_that_makes_the_first_run_long() {
    let cases: Vec<Case> = (0..2000).map(|n| titled(n, &n.to_string())).collect();
    let slow = told(&project("0.5", "", ""), &cases, &[], lint_seen);
    assert_eq!(codes(&slow), ["L29"]);
    assert!(
        slow[0].message.contains("2000 requests"),
        "{}",
        slow[0].message
    );
    assert!(slow[0].message.contains("1.1 hours"), "{}", slow[0].message);
    assert_eq!(told(&project("0.6", "", ""), &cases, &[], lint_seen), []);
    assert_eq!(told(&project("null", "", ""), &cases, &[], lint_seen), []);
}

#[test]
fn l30_counts_fields_with_data_that_no_row_maps() {
    let config = project("null", "", "");
    let cases = [
        case(
            &[
                ("title", Value::text("a")),
                ("mission", Value::text("<p>m</p>")),
            ],
            &[],
        ),
        case(
            &[("mission", Value::text("m")), ("goals", Value::text(" "))],
            &[],
        ),
        case(
            &[
                ("lastResult", Value::text("Passed")),
                ("smoke", Value::Boolean(false)),
            ],
            &[],
        ),
    ];
    let items = [work_item(
        &[
            ("System.Title", Value::text("a")),
            ("Custom.Notes", Value::text("n")),
            ("System.Rev", Value::integer(3)),
        ],
        &[],
    )];
    let findings = told(&config, &cases, &items, coverage);
    assert_eq!(codes(&findings), ["L30", "L30"]);
    assert!(
        findings[0].message.ends_with(": `mission` (2)"),
        "{}",
        findings[0].message
    );
    assert!(
        findings[1].message.ends_with(": `Custom.Notes` (1)"),
        "{}",
        findings[1].message
    );
    let mapped = project(
        "null",
        "",
        "- { testworthy: mission, azureDevOps: System.Description }",
    );
    assert_eq!(told(&mapped, &cases, &[], coverage), []);
}

#[test]
fn l10_counts_what_items_lose() {
    let row = "- { testworthy: description, azureDevOps: Custom.Notes, as: richText }";
    let described = |number: u64, html: &str| Case {
        id: CaseId(number),
        ..case(&[("description", Value::text(html))], &[])
    };
    let table = "<table><tr><td>a</td></tr></table>";
    let cases = [
        described(1, table),
        described(2, "<p>plain</p>"),
        described(3, "<p><a href=\"https://contoso.example\">here</a></p>"),
        titled(4, "Pay"),
    ];
    let config = project("null", "", row);
    let found = told(&config, &cases, &[], lost_formatting);
    assert_eq!(codes(&found), ["L10"]);
    let message = &found[0].message;
    assert!(
        message.ends_with("2 items lose links and tables: case 1, case 3"),
        "{message}"
    );
    assert_eq!(told(&config, &cases[1..2], &[], lost_formatting), []);

    let item = |notes: &str| work_item(&[("Custom.Notes", Value::text(notes))], &[]);
    let written = [
        (described(5, table), item("a")),
        (described(6, table), item("old")),
    ];
    let found = told_of(&config, (&[], &[]), &written, lost_formatting);
    assert!(
        found[0].message.ends_with("1 item loses tables: case 6"),
        "what is in accord was lost before: {}",
        found[0].message
    );

    let accepted = row.replace(" }", ", allow: [{ code: L10, reason: a list }] }");
    let config = project("null", "", &accepted);
    assert_eq!(told(&config, &cases, &[], lost_formatting), []);
    let same_kind = row.replace("Custom.Notes", "System.Description");
    let config = project("null", "", &same_kind);
    assert_eq!(told(&config, &cases, &[], lost_formatting), []);
    let mut config = project("null", "", row);
    for rule in config.rules.values_mut() {
        rule.creates = crate::model::Sides::default();
    }
    assert_eq!(told(&config, &cases, &[], lost_formatting), []);
}

/// The same project with its rule turned both ways.
fn both_ways(mut config: Config) -> Config {
    for rule in config.rules.values_mut() {
        rule.direction = crate::model::Direction::TwoWay;
        rule.scope.azure_devops = Some(crate::model::config::AzureDevOpsScope::default());
        rule.creates = crate::model::Sides {
            testworthy: true,
            azure_devops: true,
        };
    }
    config
}

#[test]
fn both_sides_of_a_two_way_rule_are_looked_at() {
    let cases: Vec<Case> = (0..3_000)
        .map(|id| Case {
            id: CaseId(id),
            ..case(&[], &[])
        })
        .collect();
    let items: Vec<WorkItem> = (0..3_000)
        .map(|id| WorkItem {
            id: WorkItemId(id),
            ..work_item(&[], &[])
        })
        .collect();
    // One request for each new case and one for each mark: 6,000 at one in a second.
    let config = both_ways(project("1.0", "", ""));
    let found = told(&config, &cases, &items, lint_seen);
    assert_eq!(codes(&found), ["L29"]);
    assert!(
        found[0].message.contains("about 6000 requests"),
        "{}",
        found[0].message
    );
    let mut only_cases = both_ways(project("1.0", "", ""));
    for rule in only_cases.rules.values_mut() {
        rule.creates.azure_devops = false;
    }
    assert_eq!(
        codes(&told(&only_cases, &cases, &items, lint_seen)),
        [""; 0]
    );
    let mut none = both_ways(project("1.0", "", ""));
    for rule in none.rules.values_mut() {
        rule.creates = crate::model::Sides::default();
    }
    assert_eq!(codes(&told(&none, &cases, &items, lint_seen)), [""; 0]);
}

#[test]
fn people_of_both_sides_are_missed() {
    let row = "- { testworthy: custom.owner, azureDevOps: System.AssignedTo, as: user }";
    let config = both_ways(project("null", "ada@example.test=ada@contoso.example", row));
    let cases = [case(&[("custom.owner", Value::text("Grace H"))], &[])];
    let items = [work_item(
        &[("System.AssignedTo", Value::text("Alan T"))],
        &[],
    )];
    let found = told(&config, &cases, &items, lint_seen);
    assert_eq!(codes(&found), ["L16", "L16"]);
    let told: String = found
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(
        told.contains("Grace H") && told.contains("Alan T"),
        "{told}"
    );
}

#[test]
fn formatting_is_lost_only_where_a_row_of_a_two_way_rule_goes() {
    let row = "- { testworthy: description, azureDevOps: Custom.Notes, as: richText, direction: toAzureDevOps }";
    let config = both_ways(project("null", "", row));
    let described = case(&[("description", Value::text("<p><b>a</b></p>"))], &[]);
    let found = told(&config, &[described], &[], lost_formatting);
    assert_eq!(
        codes(&found),
        ["L10"],
        "one finding, about the written side"
    );
}
