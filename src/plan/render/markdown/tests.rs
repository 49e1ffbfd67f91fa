//! The page as people and programs read it, and its laws over any plan and budget.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value as Json, json};

use super::{COMMENT_BYTES, MarkdownOptions, Rendered, SUMMARY_BYTES, markdown};
use crate::plan::sample::{change, everything, field, new_fields, plan, seal};
use crate::plan::{Action, Change, ConflictValues, FieldChange, Plan, Reason};

fn within(plan: &Plan, budget_bytes: usize) -> Rendered {
    markdown(
        plan,
        &MarkdownOptions {
            budget_bytes,
            ..MarkdownOptions::default()
        },
    )
}

fn update(n: u64, fields: Vec<FieldChange>) -> Change {
    Change {
        fields,
        ..change(Action::Update, n)
    }
}

#[test]
fn everything_at_once() {
    // Golden: reviewers read this in a pull request.
    insta::assert_snapshot!(within(&everything(), COMMENT_BYTES).text);
}

#[test]
fn groups_long_texts_lists_and_mapping_changes() {
    let description = |middle: &str| {
        format!("<p>Open the shop.</p><p>Add a book to the basket.</p><p>{middle}</p><p>Pay.</p>")
    };
    let mut changes = vec![update(
        1,
        vec![
            field(
                "System.Description",
                json!(description("It keeps its content for thirty days.")),
                json!(description(
                    "It keeps its content for ninety days, also after signing out."
                )),
            ),
            field("System.Tags", json!(["a", "b"]), json!(["b", "c"])),
            field("System.State", json!("Design"), json!("Design")),
        ],
    )];
    for n in 2..9 {
        let mut mapped = update(
            n,
            vec![field("Microsoft.VSTS.Common.Priority", json!(2), json!(1))],
        );
        mapped.reason = Reason::MappingChanged;
        mapped.origin.file = "mappings/case.yaml".to_owned();
        changes.push(mapped);
    }
    for n in 10..13 {
        let mut create = change(Action::Create, n);
        create.fields = new_fields(&format!("Refund {n}"));
        changes.push(create);
    }
    changes.push(change(Action::Link, 20));
    let mut plan = plan(changes);
    plan.inputs.git_commit = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
    plan.inputs.dirty = Some(true);
    seal(&mut plan);
    let options = MarkdownOptions {
        budget_bytes: COMMENT_BYTES,
        label: Some("web-shop".to_owned()),
        ..MarkdownOptions::default()
    };
    insta::assert_snapshot!(markdown(&plan, &options).text);
}

#[test]
fn an_empty_plan_says_so() {
    let rendered = within(&plan(Vec::new()), COMMENT_BYTES);
    assert!(!rendered.truncated);
    assert!(
        rendered
            .text
            .contains("**Nothing to do:** 30 of 30 selected items in accord.")
    );
}

#[test]
fn ten_thousand_changes_fit_and_say_what_is_left_out() {
    let changes = (0..10_000)
        .map(|n| {
            let text = format!("Pay {n} {}", "with a card ".repeat(20));
            update(n, vec![field("System.Title", json!("Pay"), json!(text))])
        })
        .collect();
    let plan = plan(changes);
    for budget in [COMMENT_BYTES, SUMMARY_BYTES] {
        let Rendered { text, truncated } = within(&plan, budget);
        assert!(truncated && text.len() <= budget);
        assert!(text.len() > budget / 4, "{} of {budget}", text.len());
        assert!(text.contains("10000 of 10030 selected items would change"));
        let details = text.matches("<details>").count();
        let left_out = format!("{} of 10000 changes in detail", 10_000 - details);
        assert!(text.contains(&left_out), "{left_out}");
    }
}

#[test]
fn deletes_are_the_last_that_is_left_out() {
    let mut changes: Vec<Change> = (0..300)
        .map(|n| {
            update(
                n,
                vec![field("System.Title", json!("a"), json!(format!("b{n}")))],
            )
        })
        .collect();
    changes.push(change(Action::Delete, 999));
    let text = within(&plan(changes), 12_000).text;
    assert!(
        text.contains("<details><summary>delete work item 5999"),
        "{text}"
    );
    assert!(text.contains("| **delete** | work item 5999"), "{text}");
}

/// What the page is when it is read: its text outside of code, and whether the last paragraph holds the ids.
fn read(text: &str) -> Result<String, String> {
    let mut outside = String::new();
    let (mut opened, mut closed, mut summaries) = (0, 0, 0);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    let mut in_code = false;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => return Err("a link".to_owned()),
            Event::Start(Tag::FootnoteDefinition(_)) | Event::FootnoteReference(_) => {
                return Err("a footnote".to_owned());
            }
            Event::InlineMath(_) | Event::DisplayMath(_) => return Err("a formula".to_owned()),
            Event::TaskListMarker(_) => return Err("a task".to_owned()),
            Event::Start(Tag::Strikethrough | Tag::Emphasis) => {
                return Err("emphasis".to_owned());
            }
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_code = false,
            Event::Html(html) | Event::InlineHtml(html) => {
                opened += html.matches("<details>").count();
                closed += html.matches("</details>").count();
                summaries += html.matches("<summary>").count();
                let mut rest = html.to_string();
                // The content of <code> is passed over by every filter of GitHub.
                while let Some(start) = rest.find("<code>") {
                    let end = rest.find("</code>").ok_or("an open <code>")?;
                    let inner = rest[start + 6..end].to_owned();
                    if inner.contains(['<', '>']) {
                        return Err(format!("markup in {inner}"));
                    }
                    rest.replace_range(start..end + 7, "");
                }
                for allowed in ["<details>", "</details>", "<summary>", "</summary>"] {
                    rest = rest.replace(allowed, "");
                }
                if rest.contains(['<', '>']) {
                    return Err(format!("markup: {rest}"));
                }
                outside.push_str(&rest);
                outside.push('\n');
            }
            Event::Text(text) if !in_code => outside.push_str(&text),
            Event::Code(_) => outside.push('\u{1}'),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => outside.push('\n'),
            _ => {}
        }
    }
    if opened != closed || opened != summaries {
        return Err(format!(
            "{opened} opened, {closed} closed, {summaries} summaries"
        ));
    }
    Ok(outside)
}

/// What GitHub makes more of than words, wherever it stands outside of code.
fn acts(outside: &str) -> Option<String> {
    let lower = outside.to_lowercase();
    for word in lower.split_whitespace() {
        let after = |mark: char| {
            let rest = word.split_once(mark).map(|(_, rest)| rest);
            rest.and_then(|rest| rest.chars().next())
        };
        let name = after('@').is_some_and(char::is_alphanumeric);
        let number = ['#', '!']
            .into_iter()
            .any(|mark| after(mark).is_some_and(|c| c.is_ascii_digit()));
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let commit = bare.len() >= 7 && bare.chars().all(|c| c.is_ascii_hexdigit());
        let address = word.contains("://") || word.contains("www.");
        if name || number || commit || address || bare.starts_with("gh-") {
            return Some(word.to_owned());
        }
    }
    None
}

/// Text that tries to be more than text.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("@ada"),
        Just("#12"),
        Just("AB#12"),
        Just("!12"),
        Just("AB"),
        Just("GH-7"),
        Just("0123abcd"),
        Just("https://contoso.example/x"),
        Just("www.contoso.example"),
        Just("ada@contoso.example"),
        Just("![x](https://contoso.example/i.png)"),
        Just("[x](y)"),
        Just("[x]: y"),
        Just("<img src=x>"),
        Just("</details>"),
        Just("</code>"),
        Just("<!-- accord:plan label=x -->"),
        Just("<!"),
        Just("--"),
        Just("-->"),
        Just("`"),
        Just("``"),
        Just("```\n"),
        Just("~~~"),
        Just("\n"),
        Just("\n\n"),
        Just("\r"),
        Just("|"),
        Just("\\"),
        Just("*"),
        Just("_x_"),
        Just("~~"),
        Just("$x$"),
        Just("> "),
        Just("- "),
        Just("1. "),
        Just("# "),
        Just("[^1]"),
        Just("&lt;"),
        Just("&#64;ada"),
        Just("\u{202e}"),
        Just("\u{1b}[2J"),
        Just("##vso[task.setvariable variable=x]y"),
        Just("::error::"),
        Just(":smile:"),
        Just("é"),
        Just("支払い"),
        Just("👩\u{200d}🔬"),
        Just(" "),
        Just("word"),
        Just("\""),
        Just("'"),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn any_change() -> impl Strategy<Value = Change> {
    let action = prop_oneof![
        Just(Action::Create),
        Just(Action::Update),
        Just(Action::Delete),
        Just(Action::Link)
    ];
    let value = prop_oneof![
        Just(json!(null)),
        hostile().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        proptest::collection::vec(hostile(), 0..3).prop_map(Json::from),
        "(<p>|<br/>|x|`|\n|支){0,200}".prop_map(Json::from),
    ];
    let field = (hostile(), value.clone(), value, any::<bool>(), hostile()).prop_map(
        |(path, before, after, sensitive, via)| FieldChange {
            path,
            before: Some(before),
            after: Some(after),
            sensitive,
            via: if via.is_empty() {
                Vec::new()
            } else {
                vec![via]
            },
        },
    );
    (
        (action, 0..6u64, hostile(), hostile()),
        proptest::collection::vec(field, 0..4),
        0..4u8,
    )
        .prop_map(|((action, n, title, tail), fields, odd)| {
            let mut change = change(action, n);
            change.item.title = title;
            change.fields = fields;
            match odd {
                0 => {
                    change.address = format!("Connection/{tail}");
                    change.item.azure_devops = None;
                    change.item.testworthy = None;
                    change.origin.file = tail;
                }
                1 => change.reason = Reason::MappingChanged,
                _ => {}
            }
            change
        })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    (
        proptest::collection::vec(any_change(), 0..20),
        proptest::collection::vec(hostile(), 6),
        0..40usize,
    )
        .prop_map(|(changes, texts, many)| {
            let mut made = plan(changes);
            let rest = everything();
            made.safety = rest.safety;
            made.conflicts = rest.conflicts;
            made.drift = rest.drift;
            made.findings = rest.findings;
            made.inputs.only.clone_from(&texts);
            made.inputs.git_commit = Some(texts[0].clone());
            made.safety.rules[1].measured.clone_from(&texts[1]);
            made.safety.rules[1].help = Some(texts[2].clone());
            made.conflicts[0].message.clone_from(&texts[3]);
            made.conflicts[0].item.title.clone_from(&texts[4]);
            made.conflicts[0].values = Some(ConflictValues {
                base_testworthy: None,
                base_azure_devops: None,
                testworthy: json!(texts[0]),
                azure_devops: json!([texts[1], texts[2]]),
            });
            made.drift[0].live = Some(json!(texts[5]));
            made.drift[0].path.clone_from(&texts[1]);
            made.findings[0].message.clone_from(&texts[3]);
            made.findings[0].code.clone_from(&texts[4]);
            for n in 0..many {
                let mut conflict = made.conflicts[0].clone();
                conflict.address = format!("SyncRule/regression-cases/case/{n}");
                made.conflicts.push(conflict);
            }
            made.summary.conflict = made.conflicts.len() as u64;
            made
        })
}

/// The number in front of ` of TOTAL NAME` in the notice; 0 if it is not there.
fn left_out(text: &str, total: usize, name: &str) -> usize {
    let tail = format!(" of {total} {name}");
    let Some(at) = text.find(&tail) else {
        return 0;
    };
    let digits = text[..at].rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|d| d.parse().ok()).unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_the_plan_the_page_stays_in_its_budget_and_means_nothing_else(
        plan in any_plan(), budget in prop_oneof![0..4_000usize, 4_000..60_000usize], label in hostile(),
    ) {
        let options = MarkdownOptions {
            budget_bytes: budget,
            heading: label.clone(),
            label: Some(label),
        };
        let rendered = markdown(&plan, &options);
        let text = &rendered.text;
        prop_assert!(text.len() <= budget, "{} of {budget}", text.len());
        prop_assert_eq!(&rendered, &markdown(&plan, &options), "the same plan gives the same bytes");
        let outside = read(text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(acts(&outside), None, "{}", text);
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{:?}", text);
        let hidden = ['\u{202e}', '\u{200b}', '\u{feff}'];
        prop_assert!(!text.contains(hidden), "{}", text);
        prop_assert!(!text.contains("<!--") && !text.contains("##vso["), "{}", text);
        let lower = text.to_lowercase();
        let numbers = lower.match_indices("ab#").filter(|(at, _)| {
            lower[at + 3..].starts_with(|c: char| c.is_ascii_digit())
        });
        prop_assert_eq!(numbers.count(), 0, "{}", text);
    }

    #[test]
    fn what_is_shown_and_what_is_left_out_add_up(plan in any_plan(), budget in 9_000..60_000usize) {
        let rendered = within(&plan, budget);
        let text = &rendered.text;
        let total = plan.changes.len();
        // Each element tells one change or says how many; hidden items of a group are counted with it.
        let mut told = 0;
        for line in text.lines().filter(|line| line.starts_with("<details><summary>")) {
            let mut words = line["<details><summary>".len()..].split(' ').skip(1);
            told += words.next().and_then(|word| word.parse::<usize>().ok()).unwrap_or(1);
        }
        if text.len() > 4_000 || !rendered.truncated {
            prop_assert_eq!(told + left_out(text, total, "changes in detail"), total, "{}", text);
            let conflicts = plan.conflicts.len();
            let shown = text.matches("`ambiguous-match`").count();
            prop_assert_eq!(shown + left_out(text, conflicts, "conflicts"), conflicts, "{}", text);
        }
    }

    #[test]
    fn a_sensitive_value_is_in_no_page(secret in "[a-z]{12}") {
        let mut plan = plan(vec![update(1, vec![FieldChange {
            sensitive: true,
            ..field("Custom.TestData", json!(secret), json!(secret))
        }])]);
        plan.drift = everything().drift;
        plan.drift[1].live = Some(json!(secret));
        plan.conflicts = everything().conflicts;
        plan.conflicts[0].sensitive = true;
        plan.conflicts[0].values = Some(ConflictValues {
            base_testworthy: None,
            base_azure_devops: None,
            testworthy: json!(secret),
            azure_devops: json!(secret),
        });
        prop_assert!(!within(&plan, SUMMARY_BYTES).text.contains(&secret));
    }
}
