//! Whole values for people: nothing is cut, and what changed can be seen line by line.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::model::Value;

/// Texts with more lines than this are not compared, but shown one after the other.
const COMPARED_LINES: usize = 20_000;

/// Said in place of a value that may not be seen.
pub(crate) const NOT_SHOWN: &str = "(sensitive; --reveal shows it)";

/// A value as lines: steps and parameters one each, formatted text one for each block.
fn lines(value: &Value) -> Vec<String> {
    let text = match value {
        Value::Null => return vec!["(none)".to_owned()],
        Value::Text(text) => blocks(text),
        Value::Set(members) => return members.iter().cloned().collect(),
        other => other.to_string(),
    };
    text.split('\n').map(str::to_owned).collect()
}

/// Formatted text with a line end behind each of its blocks; other text as it is.
fn blocks(text: &str) -> String {
    if !text.starts_with('<') {
        return text.to_owned();
    }
    let mut broken = text.to_owned();
    for end in [
        "</p>", "</li>", "</ul>", "</ol>", "</tr>", "</pre>", "</h1>", "</h2>", "</h3>", "</h4>",
    ] {
        broken = broken.replace(end, &format!("{end}\n"));
    }
    broken.truncate(broken.trim_end_matches('\n').len());
    broken.replace("\n\n", "\n")
}

/// Whether it takes one line, as most values do.
fn is_short(lines: &[String]) -> bool {
    matches!(lines, [line] if line.chars().count() <= 80)
}

/// Writes `label  value`, or the label and the lines of a longer value below it.
pub(crate) fn put(text: &mut String, indent: usize, label: &str, value: &Value) {
    let lines = lines(value);
    let quoted = |line: &str| match value {
        Value::Text(_) => format!("{line:?}"),
        _ => line.to_owned(),
    };
    let whole = value.to_string();
    if matches!(value, Value::Set(_)) && whole.chars().count() <= 80 {
        let _ = writeln!(text, "{:indent$}{label} {whole}", "");
        return;
    }
    if is_short(&lines) {
        let _ = writeln!(text, "{:indent$}{label} {}", "", quoted(&lines[0]));
        return;
    }
    let _ = writeln!(text, "{:indent$}{}", "", label.trim_end());
    for line in lines {
        let _ = writeln!(text, "{:indent$}    {line}", "");
    }
}

/// Writes what became of a value. Both stand there whole.
pub(crate) fn put_change(text: &mut String, indent: usize, before: &Value, after: &Value) {
    let (old, new) = (lines(before), lines(after));
    if before == after {
        put(text, indent, "unchanged:", after);
        return;
    }
    if is_short(&old) && is_short(&new) || old.len() + new.len() > COMPARED_LINES {
        put(text, indent, "was", before);
        put(text, indent, "is ", after);
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (
        old.iter().map(String::as_str).collect(),
        new.iter().map(String::as_str).collect(),
    );
    for change in TextDiff::from_slices(&old, &new).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        let line = format!("{:indent$}{sign} {}", "", change.value());
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::steps::Step;

    fn changed(before: &Value, after: &Value) -> String {
        let mut text = String::new();
        put_change(&mut text, 2, before, after);
        text
    }

    #[test]
    fn short_values_stand_below_each_other() {
        assert_eq!(
            changed(&Value::text("Old \"title\""), &Value::text("New title")),
            "  was \"Old \\\"title\\\"\"\n  is  \"New title\"\n"
        );
        assert_eq!(
            changed(&Value::Null, &Value::integer(3)),
            "  was (none)\n  is  3\n"
        );
        assert_eq!(
            changed(&Value::Boolean(true), &Value::Boolean(true)),
            "  unchanged: true\n"
        );
    }

    #[test]
    fn steps_are_compared_one_by_one_and_none_is_left_out() {
        let step = |action: &str| Step::action(action, "");
        let before = Value::steps(vec![step("Open"), step("Pay"), step("Close")]);
        let after = Value::steps(vec![step("Open"), step("Pay by card"), step("Close")]);
        assert_eq!(
            changed(&before, &after),
            "    1. Open\n  - 2. Pay\n  + 2. Pay by card\n    3. Close\n"
        );
    }

    #[test]
    fn formatted_text_is_compared_by_its_blocks() {
        let before = Value::text("<p>One</p><ul><li>a</li><li>b</li></ul>");
        let after = Value::text("<p>One</p><ul><li>a</li><li>c</li></ul>");
        assert_eq!(
            changed(&before, &after),
            "    <p>One</p>\n    <ul><li>a</li>\n  - <li>b</li>\n  + <li>c</li>\n    </ul>\n"
        );
    }

    #[test]
    fn members_of_a_set_are_lines() {
        let before = Value::set(["a", "b"]);
        let after = Value::set(["b", "c"]);
        assert_eq!(changed(&before, &after), "  - a\n    b\n  + c\n");
    }
}
