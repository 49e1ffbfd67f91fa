//! Names: DNS labels from what systems call things, and fields of the two systems that are called alike.

/// A DNS label from a text; empty if nothing of the text can stand in one.
pub(super) fn label(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let label: String = words.join("-").chars().take(50).collect();
    label.trim_end_matches('-').to_owned()
}

/// The label, or the first of `label-2`, `label-3`, ... that nobody has.
pub(super) fn free(label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = label.to_owned();
    let mut number = 2_u32;
    while is_taken(&name) {
        name = format!("{label}-{number}");
        number += 1;
    }
    name
}

/// The words of a name in camel case, with points, spaces or hyphens: `EstimateSeconds`, `test_data`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            before = ' ';
            continue;
        }
        let begins = !before.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        match words.last_mut() {
            Some(word) if !begins => word.extend(c.to_lowercase()),
            _ => words.push(c.to_lowercase().collect()),
        }
        before = c;
    }
    words
}

/// How alike two names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// The same words.
    Same,
    /// The same but for an `s` at the end, or the one continues the other, as `Estimate (seconds)` does
    /// `estimate`.
    Nearly,
}

/// How alike a case field and an Azure DevOps field are called, if they are.
pub(super) fn likeness(case_field: &str, azure: &str) -> Option<Likeness> {
    let bare = case_field.strip_prefix("custom.").unwrap_or(case_field);
    let (left, right) = (words(bare), words(azure));
    if left.is_empty() || right.is_empty() {
        return None;
    }
    let (left_text, right_text) = (left.concat(), right.concat());
    if left_text == right_text {
        return Some(Likeness::Same);
    }
    let plural = |one: &str, other: &str| one.strip_suffix('s') == Some(other);
    let continues = |long: &[String], short: &[String]| {
        long.len() == short.len() + 1 && long.starts_with(short) && short.concat().len() > 4
    };
    let nearly = plural(&left_text, &right_text)
        || plural(&right_text, &left_text)
        || continues(&right, &left);
    nearly.then_some(Likeness::Nearly)
}

/// `toAutomate` as a tag: `to-automate`.
pub(super) fn tag(case_field: &str) -> String {
    words(case_field).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_dns_labels() {
        for (text, expected) in [
            ("Test Case", "test-case"),
            ("  Prüfung -- 2 ", "pr-fung-2"),
            ("日本", ""),
        ] {
            assert_eq!(label(text), expected);
        }
        assert_eq!(label(&"x".repeat(80)).len(), 50);
        let is_taken = |name: &str| ["a", "a-2"].contains(&name);
        assert_eq!(free("a", is_taken), "a-3");
        assert_eq!(free("b", is_taken), "b");
    }

    #[test]
    fn fields_that_are_called_alike() {
        use Likeness::{Nearly, Same};
        for (case_field, azure, expected) in [
            ("testData", "Test Data", Some(Same)),
            ("testData", "TestData", Some(Same)),
            ("custom.risk", "Risk", Some(Same)),
            ("custom.risk_level", "Risk Level", Some(Same)),
            ("preconditions", "Precondition", Some(Nearly)),
            ("estimate", "Estimate (seconds)", Some(Nearly)),
            ("estimate", "EstimateSeconds", Some(Nearly)),
            ("type", "Type of test", None),
            ("type", "Origin", None),
            ("custom.", "Origin", None),
        ] {
            assert_eq!(
                likeness(case_field, azure),
                expected,
                "{case_field} {azure}"
            );
        }
        assert_eq!(tag("reviewedByQaLead"), "reviewed-by-qa-lead");
    }
}
