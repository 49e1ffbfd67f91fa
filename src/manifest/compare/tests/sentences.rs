//! What a reviewer must not miss is said, with the right weight, and comes first.

use super::{EVERYTHING, TWO_WAY, changes};
use crate::manifest::compare::{DeclarationChange, Level};

const EXAMPLE: &str = "\
apiVersion: accord/v1
kind: Project
metadata: { name: shop }
spec:
  settle: 2m
  safety: { updates: { maxPercent: 30 }, deletes: { maxPercent: 10, maxCount: 25 } }
---
apiVersion: accord/v1
kind: Connection
metadata: { name: web-shop }
spec:
  testworthy:
    url: https://testworthy.us
    userEmail: { env: TESTWORTHY_USER_EMAIL }
    apiKey: { env: TESTWORTHY_API_KEY }
    projectKey: { env: TESTWORTHY_PROJECT_KEY }
  azureDevOps:
    organizationUrl: https://dev.azure.com/contoso
    project: Web Shop
    personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }
---
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: test-case }
spec:
  testworthy: TestCase
  azureDevOps: Task
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - { testworthy: mission, azureDevOps: Custom.Mission, as: text, sensitive: true, values: { a: hidden-one, b: hidden-two } }
---
apiVersion: accord/v1
kind: SyncRule
metadata: { name: cases }
spec:
  connection: web-shop
  mapping: test-case
  scope: { testworthy: { suites: [41] }, azureDevOps: { areaPath: 'Web Shop' } }
  direction: twoWay
  create: none
";

/// The one change after replacing a text, and the worst of what is said about it.
fn after(old: &str, new: &str) -> (DeclarationChange, Option<Level>) {
    assert!(EXAMPLE.contains(old), "{old}");
    let mut told = changes(EXAMPLE, &EXAMPLE.replace(old, new));
    assert_eq!(told.len(), 1, "{old} -> {new}\n{told:#?}");
    let change = told.remove(0);
    let level = change.level();
    (change, level)
}

#[test]
fn what_is_dangerous_is_called_so() {
    for (old, new, said) in [
        (
            "https://testworthy.us",
            "https://evil.example",
            "credentials of TestWorthy would go to https://evil.example/ instead of https://testworthy.us/",
        ),
        (
            "https://dev.azure.com/contoso",
            "https://dev.azure.com/stranger",
            "credentials of Azure DevOps would go to https://dev.azure.com/stranger",
        ),
        ("https://testworthy.us", "http://testworthy.us", ""),
        (
            "project: Web Shop",
            "project: Other",
            "another Azure DevOps project",
        ),
        (
            "env: AZURE_DEVOPS_EXT_PAT",
            "env: AZURE_DEVOPS_OTHER",
            "another secret would be sent as azureDevOps.personalAccessToken",
        ),
        (
            "env: TESTWORTHY_API_KEY",
            "env: TESTWORTHY_OTHER",
            "another secret would be sent as testworthy.apiKey",
        ),
        (
            "maxCount: 25",
            "maxCount: 26",
            "the limit on deletes is loosened",
        ),
        (
            "maxPercent: 10",
            "maxPercent: null",
            "the limit on deletes is loosened",
        ),
        (
            "settle: 2m",
            "settle: 2m\n  state: { sqlite: other.db }",
            "the state is kept elsewhere",
        ),
        ("sensitive: true, ", "", "is no longer sensitive"),
        (
            "azureDevOps: Task",
            "azureDevOps: Bug",
            "another work item type, Bug instead of Task",
        ),
        (
            "direction: twoWay\n  create: none",
            "direction: toAzureDevOps\n  create: none",
            "another direction",
        ),
    ] {
        if new.starts_with("http://testworthy") {
            // Plain http is refused before anything is compared.
            assert!(super::config_if_valid(&EXAMPLE.replace(old, new)).is_none());
            continue;
        }
        let (change, level) = after(old, new);
        assert_eq!(level, Some(Level::Danger), "{old} -> {new}\n{change:#?}");
        let first = &change.attention[0].message;
        assert!(
            change
                .attention
                .iter()
                .any(|one| one.message.contains(said)),
            "{said}: {first}"
        );
    }
}

#[test]
fn what_asks_for_caution_is_said() {
    for (old, new, said) in [
        (
            "maxPercent: 30",
            "maxPercent: 40",
            "the limit on updates is loosened, from 30 % to 40 %",
        ),
        ("settle: 2m", "settle: 1m", "given up sooner"),
        (
            "create: none",
            "create: both",
            "items would be made in TestWorthy",
        ),
        (
            "suites: [41]",
            "suites: [41, 42]",
            "other items are selected",
        ),
        (
            "create: none",
            "create: none\n  conflicts: { default: latest }",
            "a policy would decide",
        ),
        (
            "create: none",
            "create: none\n  firstSync: latest",
            "a policy would decide",
        ),
        (
            "create: none",
            "create: none\n  whenDeletedIn: { testworthy: recycle }",
            "put away",
        ),
        (
            "azureDevOps: System.Title }",
            "azureDevOps: System.Title, conflict: latest }",
            "no person is asked any more",
        ),
        ("project: Web Shop", "project: Web Shop\n    # Nothing.", ""),
    ] {
        if said.is_empty() {
            let told = changes(EXAMPLE, &EXAMPLE.replace(old, new));
            assert_eq!(told, [], "a comment says nothing");
            continue;
        }
        let (change, level) = after(old, new);
        assert_eq!(level, Some(Level::Caution), "{old} -> {new}\n{change:#?}");
        assert!(
            change
                .attention
                .iter()
                .any(|one| one.message.contains(said)),
            "{said}\n{change:#?}"
        );
    }
}

#[test]
fn what_is_tightened_or_harmless_is_told_without_alarm() {
    for (old, new) in [
        ("maxCount: 25", "maxCount: 5"),
        ("settle: 2m", "settle: 3m"),
        (
            "azureDevOps: System.Title }",
            "azureDevOps: System.Title, onCreate: true }",
        ),
    ] {
        assert_eq!(after(old, new).1, None, "{old} -> {new}");
    }
}

#[test]
fn dangerous_changes_come_first() {
    let new = EXAMPLE
        .replace("settle: 2m", "settle: 3m")
        .replace("https://testworthy.us", "https://evil.example")
        .replace("create: none", "create: both");
    let addresses: Vec<String> = changes(EXAMPLE, &new)
        .into_iter()
        .map(|change| change.address)
        .collect();
    assert_eq!(
        addresses,
        ["Connection/web-shop", "SyncRule/cases", "Project"]
    );
}

#[test]
fn values_of_sensitive_rows_are_left_out() {
    let new = EXAMPLE.replace("hidden-two", "hidden-three");
    let told = changes(EXAMPLE, &new);
    assert_eq!(told.len(), 1, "{told:#?}");
    let key = &told[0].keys[0];
    assert_eq!(key.path, "spec.fields[mission].values");
    assert!(key.sensitive && key.before.is_none() && key.after.is_none());
    // Nor where the row comes, goes, or turns.
    let without = EXAMPLE
        .lines()
        .filter(|line| !line.contains("testworthy: mission"))
        .collect::<Vec<_>>()
        .join("\n");
    let open = EXAMPLE.replace("sensitive: true, ", "");
    for (before, after) in [
        (EXAMPLE, without.as_str()),
        (without.as_str(), EXAMPLE),
        (EXAMPLE, open.as_str()),
        (open.as_str(), new.as_str()),
    ] {
        let told = changes(before, after);
        let text = serde_json::to_string(&told).expect("JSON");
        assert!(!told.is_empty() && !text.contains("hidden-"), "{text}");
    }
}

/// Whatever the row is called by now, and whichever row it is.
#[test]
fn what_was_sensitive_and_would_be_shown_is_dangerous() {
    let row = "    - { testworthy: mission, azureDevOps: Custom.Mission, as: text, sensitive: true, values: { a: hidden-one, b: hidden-two } }\n";
    for (new, said) in [
        (
            "    - { id: other, testworthy: mission, azureDevOps: Custom.Mission, as: text }\n",
            "`other` is no longer sensitive",
        ),
        (
            "    - { id: a, testworthy: goals, azureDevOps: Custom.Mission, as: text, sensitive: true }\n    \
             - { id: b, testworthy: mission, azureDevOps: Custom.Other, as: text }\n",
            "`b` reads what the sensitive `mission` did",
        ),
    ] {
        let (change, level) = after(row, new);
        assert_eq!(level, Some(Level::Danger), "{new}\n{change:#?}");
        let first = &change.attention[0].message;
        assert!(first.contains(said), "{said}: {first}");
    }
    // What is computed or copied from a field that a sensitive row carries is as sensitive.
    let both = format!(
        "{row}    - {{ id: b, testworthy: mission, azureDevOps: Custom.Other, as: text }}\n"
    );
    let (change, level) = after(row, &both);
    assert_eq!(level, None, "{change:#?}");
}

#[test]
fn entries_in_another_order_are_told_where_the_order_counts() {
    let line = |row: &str, values: &str| {
        let old = "    - { testworthy: title, azureDevOps: System.Title }\n";
        let new = format!("{old}    - {{ {row}, values: {{ {values} }} }}\n");
        EXAMPLE.replace(old, &new)
    };
    let area = "testworthy: section.path, azureDevOps: System.AreaPath, as: path, direction: toAzureDevOps";
    let priority = "testworthy: priority, azureDevOps: Custom.Priority, as: picklist";
    for (row, before, after, told) in [
        (
            area,
            r#""Checkout/*": A, "*/Cart": B, "**": C"#,
            r#""*/Cart": B, "**": C, "Checkout/*": A"#,
            Some((r#"["Checkout/*","*/Cart"]"#, r#"["*/Cart","Checkout/*"]"#)),
        ),
        // The same path for both, paths that none has in common, and patterns that are not equally specific.
        (
            area,
            r#""Checkout/*": A, "*/Cart": A"#,
            r#""*/Cart": A, "Checkout/*": A"#,
            None,
        ),
        (
            area,
            r#""Checkout/*": A, "Search/*": B, Cash: C, Cart: D"#,
            r#"Cart: D, Cash: C, "Search/*": B, "Checkout/*": A"#,
            None,
        ),
        (
            area,
            r#""**": A, "Checkout/*": B"#,
            r#""Checkout/*": B, "**": A"#,
            None,
        ),
        (
            priority,
            "High: A, Highest: A, Low: B",
            "Low: B, Highest: A, High: A",
            Some((r#"["High","Highest"]"#, r#"["Highest","High"]"#)),
        ),
        // Behind the first one the order means nothing, nor where `reverse` says the way back.
        (
            priority,
            "High: A, Highest: A, Urgent: A",
            "High: A, Urgent: A, Highest: A",
            None,
        ),
        (
            priority,
            "High: A, Highest: A }, reverse: { A: High",
            "Highest: A, High: A }, reverse: { A: High",
            None,
        ),
    ] {
        let found = changes(&line(row, before), &line(row, after));
        let Some((was, is)) = told else {
            assert_eq!(found, [], "{before} -> {after}");
            continue;
        };
        assert_eq!(found.len(), 1, "{before} -> {after}");
        let keys = &found[0].keys;
        assert_eq!(keys.len(), 1, "{keys:#?}");
        assert!(keys[0].path.ends_with("].values"), "{keys:#?}");
        let shown = |side: &Option<serde_json::Value>| side.as_ref().map(ToString::to_string);
        assert_eq!(shown(&keys[0].before).as_deref(), Some(was));
        assert_eq!(shown(&keys[0].after).as_deref(), Some(is));
        // What stands in a sensitive row stays there.
        let hidden = format!("{row}, sensitive: true");
        let found = changes(&line(&hidden, before), &line(&hidden, after));
        let key = &found[0].keys[0];
        assert!(key.sensitive && key.before.is_none() && key.after.is_none());
    }
}

#[test]
fn unlike_projects_are_compared_without_a_fuss() {
    let told = changes(EVERYTHING, TWO_WAY);
    assert!(
        told.iter()
            .any(|change| change.level() == Some(Level::Danger))
    );
}
