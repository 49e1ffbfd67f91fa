//! The texts, the refusals, and that nothing breaks out of a literal or of the parentheses.

use proptest::prelude::*;

use super::*;

fn query() -> WorkItemQuery {
    WorkItemQuery {
        work_item_type: "Test Case".to_owned(),
        ..WorkItemQuery::default()
    }
}

fn with_condition(condition: &str) -> Result<Vec<Statement>, String> {
    statements(
        "Web Shop",
        &WorkItemQuery {
            wiql: Some(condition.to_owned()),
            ..query()
        },
    )
}

/// The text without its literals, and the literals; `None` if a quote stays open. A reader of its own,
/// as the server's would be.
fn skeleton(text: &str) -> Option<(String, Vec<String>)> {
    let (mut bare, mut literals) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(open) = rest.find('\'') {
        bare.push_str(&rest[..open]);
        bare.push('?');
        rest = &rest[open + 1..];
        let mut content = String::new();
        loop {
            let close = rest.find('\'')?;
            content.push_str(&rest[..close]);
            rest = &rest[close + 1..];
            match rest.strip_prefix('\'') {
                Some(after) => {
                    content.push('\'');
                    rest = after;
                }
                None => break,
            }
        }
        literals.push(content);
    }
    bare.push_str(rest);
    Some((bare, literals))
}

/// The text with every bracketed field name taken out: a field may be called `Order By Date`.
fn without_names(bare: &str) -> String {
    let mut parts = bare.split('[');
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest.push('?');
        rest.push_str(part.split_once(']').unwrap().1);
    }
    rest
}

#[test]
fn a_query_with_everything() {
    let everything = WorkItemQuery {
        area_path: Some(r"Web Shop\QA".to_owned()),
        iteration_path: Some(r"Web Shop\It's time".to_owned()),
        tag: Some("accord".to_owned()),
        ids: [7, 3, 7].map(WorkItemId).to_vec(),
        wiql: Some(" [System.Tags] CONTAINS 'regression' OR [System.State] = 'Ready' ".to_owned()),
        ..query()
    };
    let statements = statements("Web Shop", &everything).unwrap();
    assert_eq!(statements.len(), 1);
    assert!(!statements[0].time_precision);
    assert_eq!(
        statements[0].after(Some(WorkItemId(41))),
        r"SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'Web Shop' AND [System.WorkItemType] = 'Test Case' AND [System.AreaPath] UNDER 'Web Shop\QA' AND [System.IterationPath] UNDER 'Web Shop\It''s time' AND [System.Tags] CONTAINS 'accord' AND ([System.Tags] CONTAINS 'regression' OR [System.State] = 'Ready') AND [System.Id] IN (3,7) AND [System.Id] > 41 ORDER BY [System.Id]"
    );
}

#[test]
fn an_empty_condition_is_none() {
    assert_eq!(
        with_condition("  ").unwrap(),
        statements("Web Shop", &query()).unwrap()
    );
}

#[test]
fn conditions_that_a_rule_may_hold() {
    for condition in [
        "[System.Tags] CONTAINS 'regression'",
        "([System.State] = 'A' OR [System.State] = 'B') AND NOT [Custom.X] IN ('ORDER BY', 'ASOF', ')(')",
        "[System.Title] CONTAINS 'it''s (here'",
        "[System.AssignedTo] = @Me AND [System.ChangedDate] >= @Today - 7",
        "[Order By Date] = 1 AND [ASOF] = 2",
        "[Custom.Order] = 3 AND [Custom.By] <> ''",
        "[System.Title] CONTAINS 'say \"hi\"'",
        "Custom.Order EVER 2\n  AND [System.Id] > 5",
    ] {
        assert!(with_condition(condition).is_ok(), "{condition}");
    }
}

#[test]
fn conditions_that_could_break_out_are_refused_with_the_reason() {
    for (condition, words) in [
        ("1 = 1) OR (1 = 1", "closes a parenthesis"),
        ("(1 = 1", "does not close"),
        ("[System.Title] = 'open", "single quote"),
        ("[System.Title] = 'a' b'", "single quote"),
        ("[System.Title] = \"a\"", "double quote"),
        ("[System.State] = 'A' order  BY [System.Title]", "ORDER BY"),
        ("[System.State] = 'A' AsOf '2020-01-01'", "ASOF"),
        ("[System.State", "closing bracket"),
        ("[System.(State]", "closing bracket"),
        ("System.State] = 1", "bracket"),
        ("SELECT [System.Id] FROM WorkItems", "whole query"),
        ("1 = 1 MODE (Recursive)", "whole query"),
        ("1 = 1 \u{0}", "control character"),
    ] {
        let error = with_condition(condition).unwrap_err();
        assert!(error.contains(words), "{condition}: {error}");
    }
}

#[test]
fn a_time_of_day_is_noticed() {
    for (condition, expected) in [
        ("[System.ChangedDate] > '2026-03-04T05:06:07Z'", true),
        ("[System.ChangedDate] > '3/4/2026 5:06 PM'", true),
        ("[System.ChangedDate] > '2026-03-04'", false),
        ("[System.Title] = '12:30 o''clock - lunch'", false),
        ("[System.Title] = '1:2'", false),
    ] {
        assert_eq!(
            with_condition(condition).unwrap()[0].time_precision,
            expected,
            "{condition}"
        );
    }
}

#[test]
fn texts_that_are_too_long_are_refused_and_ids_are_spread() {
    let long = format!("[System.Title] = '{}'", "x".repeat(LONGEST));
    assert!(with_condition(&long).err().unwrap().contains("32000"));

    let ids: Vec<WorkItemId> = (1_000_000..1_010_000).map(WorkItemId).collect();
    let spread = statements("Web Shop", &WorkItemQuery { ids, ..query() }).unwrap();
    assert_eq!(spread.len(), 3);
    let mut seen = 0;
    for statement in &spread {
        let text = statement.after(Some(WorkItemId(u64::MAX)));
        assert!(text.encode_utf16().count() <= LONGEST);
        let (_, list) = text.split_once(" IN (").unwrap();
        seen += list.split_once(')').unwrap().0.split(',').count();
    }
    assert_eq!(seen, 10_000);

    let fill = |x: usize| format!("[System.Title] = '{}'", "x".repeat(x));
    let frame = with_condition(&fill(0)).unwrap()[0].text.len() + PAGE_SUFFIX;
    assert!(with_condition(&fill(LONGEST - frame)).is_ok());
    assert!(with_condition(&fill(LONGEST - frame + 1)).is_err());
    let tight = WorkItemQuery {
        wiql: Some(fill(LONGEST - frame)),
        ids: vec![WorkItemId(1)],
        ..query()
    };
    assert!(
        statements("Web Shop", &tight)
            .unwrap_err()
            .contains("no room")
    );
}

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            Just("'".to_owned()),
            Just("''".to_owned()),
            Just("\"".to_owned()),
            Just(")".to_owned()),
            Just("(".to_owned()),
            Just("[".to_owned()),
            Just("]".to_owned()),
            Just(" OR 1 = 1 ".to_owned()),
            Just(" ORDER BY ".to_owned()),
            Just("ASOF".to_owned()),
            Just("\\".to_owned()),
            Just("--".to_owned()),
            "\\PC{0,4}",
        ],
        0..9,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn values_never_leave_their_literals(
        project in hostile(), kind in hostile(), area in hostile(), iteration in hostile(), tag in hostile(),
    ) {
        let build = |project: &str, kind: &str, area: &str, iteration: &str, tag: &str| {
            let query = WorkItemQuery {
                work_item_type: kind.to_owned(),
                area_path: Some(area.to_owned()),
                iteration_path: Some(iteration.to_owned()),
                tag: Some(tag.to_owned()),
                ..WorkItemQuery::default()
            };
            skeleton(&statements(project, &query).unwrap()[0].after(None)).unwrap()
        };
        let (bare, literals) = build(&project, &kind, &area, &iteration, &tag);
        let (benign, _) = build("a", "b", "c", "d", "e");
        prop_assert_eq!(bare, benign);
        prop_assert_eq!(literals, vec![project, kind, area, iteration, tag]);
    }

    #[test]
    fn an_accepted_condition_stays_in_its_parentheses(condition in hostile()) {
        prop_assume!(!condition.trim().is_empty());
        if let Ok(statements) = with_condition(&condition) {
            let text = statements[0].after(None);
            let (_, inside) = text.split_once(" AND (").unwrap();
            let (bare, _) = skeleton(inside).unwrap();
            let mut depth = 1_i32;
            let mut closed = None;
            for (at, c) in bare.char_indices() {
                depth += match c { '(' => 1, ')' => -1, _ => 0 };
                if depth == 0 {
                    closed = Some(at);
                    break;
                }
            }
            let after = &bare[closed.unwrap() + 1..];
            prop_assert_eq!(after, " AND [System.Id] > 0 ORDER BY [System.Id]");
            let keywords = without_names(&bare[..closed.unwrap()]).to_uppercase();
            let words: Vec<&str> = keywords.split_whitespace().collect();
            prop_assert!(!words.windows(2).any(|pair| pair == ["ORDER", "BY"]), "{}", keywords);
        }
    }
}
