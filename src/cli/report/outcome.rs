//! What became of a plan, as Markdown above it.

use std::fmt::Write as _;

use serde::Deserialize;

/// Failures that are shown one by one.
const SHOWN: usize = 20;

/// Characters of a message that are shown.
const LONGEST: usize = 300;

/// What `accord apply --format json` prints; members that it has beyond these are passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Applied {
    schema: String,
    plan_id: String,
    #[serde(rename = "applied")]
    done: u64,
    #[serde(default)]
    failures: Vec<Failure>,
    #[serde(default)]
    stopped: bool,
}

#[derive(Deserialize)]
struct Failure {
    address: String,
    message: String,
}

/// A person's own words.
pub(super) fn of_text(text: &str) -> String {
    format!("**Outcome:** {}", escaped(text))
}

/// Words that are set apart.
pub(super) fn note(text: &str) -> String {
    format!("> {}", escaped(text))
}

/// What an apply did, beside the plan with this id. `Err` says why the text is no such document.
pub(super) fn of_apply(text: &str, plan_id: &str) -> Result<String, String> {
    let result: Applied = serde_json::from_str(text)
        .map_err(|error| format!("this is not the outcome of an apply ({error})"))?;
    if result.schema != "accord-apply/1" {
        return Err("this is not the outcome of an apply of this version".to_owned());
    }
    let mut page = format!("**Applied:** {} done", result.done);
    if !result.failures.is_empty() {
        let _ = write!(page, ", {} failed or skipped", result.failures.len());
    }
    page.push('.');
    if result.stopped {
        page.push_str(" It was stopped before its end.");
    }
    if result.plan_id != plan_id {
        let _ = write!(
            page,
            " What was applied is plan {}, not the one below.",
            code(&result.plan_id)
        );
    }
    if !result.failures.is_empty() {
        page.push('\n');
    }
    for failure in result.failures.iter().take(SHOWN) {
        let _ = write!(
            page,
            "\n- {}: {}",
            code(&failure.address),
            escaped(&failure.message)
        );
    }
    if result.failures.len() > SHOWN {
        let _ = write!(page, "\n- and {} more", result.failures.len() - SHOWN);
    }
    Ok(page)
}

/// Text that nothing in Markdown or HTML acts on, in one line: no link, no picture, no mention.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // A word joiner: GitHub notifies nobody, and people read the same.
            '@' => out.push_str("@\u{2060}"),
            c if c.is_ascii_punctuation() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A code span, whatever the text holds.
fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    if longest == 0 {
        return format!("{ticks}{text}{ticks}");
    }
    format!("{ticks} {text} {ticks}")
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain = words.join(" ");
    plain
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Parser};

    use super::*;

    proptest! {
        /// A reader of Markdown sees the words and nothing else.
        #[test]
        fn escaped_words_are_words(text in "[ -~äß]{1,60}") {
            let shown = one_line(&text);
            prop_assume!(!shown.is_empty());
            let page = format!("x {}", escaped(&text));
            let mut read = String::new();
            for event in Parser::new(&page) {
                match event {
                    Event::Text(part) => read.push_str(&part),
                    Event::Start(_) | Event::End(_) => {}
                    other => prop_assert!(false, "{other:?} in {page}"),
                }
            }
            prop_assert_eq!(read.replace('\u{2060}', ""), format!("x {shown}"));
        }

        /// A code span holds the whole text.
        #[test]
        fn a_code_span_is_not_left(text in "[ -~]{1,40}") {
            prop_assume!(!one_line(&text).trim().is_empty());
            let page = code(&text);
            let spans: Vec<String> = Parser::new(&page)
                .filter_map(|event| match event {
                    Event::Code(code) => Some(code.to_string()),
                    _ => None,
                })
                .collect();
            prop_assert_eq!(spans, [one_line(&text)]);
        }
    }

    #[test]
    fn an_apply_is_told_with_its_failures() {
        let failure = serde_json::json!({ "address": "SyncRule/a/case/1", "message": "no <b>" });
        let text = serde_json::json!({
            "schema": "accord-apply/1", "planId": "p", "applied": 3,
            "failures": [failure], "stopped": true, "later": 1,
        })
        .to_string();
        let page = of_apply(&text, "p").unwrap();
        assert_eq!(
            page,
            "**Applied:** 3 done, 1 failed or skipped. It was stopped before its end.\n\n- `SyncRule/a/case/1`: no &lt;b\\>"
        );
        assert!(
            of_apply(&text, "q")
                .unwrap()
                .contains("plan `p`, not the one below")
        );
        assert!(of_apply("{}", "p").is_err());
        assert!(of_apply(&text.replace("apply/1", "apply/2"), "p").is_err());
    }

    #[test]
    fn many_failures_are_counted() {
        let failure = serde_json::json!({ "address": "a", "message": "m" });
        let text = serde_json::json!({
            "schema": "accord-apply/1", "planId": "p", "applied": 0,
            "failures": vec![failure; SHOWN + 5],
        });
        let page = of_apply(&text.to_string(), "p").unwrap();
        assert!(page.ends_with("- and 5 more"), "{page}");
        assert_eq!(page.lines().count(), SHOWN + 3);
    }
}
