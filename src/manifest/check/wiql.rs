//! Conditions in WIQL. Accord puts a condition in parentheses behind its own (type and project), so it
//! must not be able to close them.

/// Why a condition cannot be used.
pub(super) fn refusal(condition: &str) -> Option<&'static str> {
    let mut depth = 0_usize;
    let mut plain = String::with_capacity(condition.len());
    let mut rest = condition.chars();
    while let Some(c) = rest.next() {
        match c {
            // Quotes inside a text are doubled, which reads as two texts side by side.
            '\'' | '"' => {
                if !rest.by_ref().any(|next| next == c) {
                    return Some("a quote is not closed");
                }
                plain.push(' ');
            }
            '[' => {
                if !rest.by_ref().any(|next| next == ']') {
                    return Some("a bracket is not closed");
                }
                plain.push(' ');
            }
            '(' => {
                depth += 1;
                plain.push(' ');
            }
            ')' => {
                depth = match depth.checked_sub(1) {
                    Some(depth) => depth,
                    None => return Some("a parenthesis is closed that was not opened"),
                };
                plain.push(' ');
            }
            other => plain.extend(other.to_lowercase()),
        }
    }
    if depth > 0 {
        return Some("a parenthesis is not closed");
    }
    let clause = |word: &str| {
        matches!(
            word,
            "select" | "from" | "where" | "order" | "asof" | "mode"
        )
    };
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if plain.split(|c| !is_word(c)).any(clause) {
        return Some(
            "a condition has no clauses of its own (SELECT, FROM, WHERE, ORDER BY, ASOF, MODE)",
        );
    }
    condition
        .trim()
        .is_empty()
        .then_some("the condition is empty")
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn takes_conditions() {
        for condition in [
            "[System.Tags] CONTAINS 'regression'",
            "([A.B] = 'it''s )' OR [C.D] IN (1, 2)) AND [From.Order] > 1",
            "[System.Title] = \"order by\"",
        ] {
            assert_eq!(refusal(condition), None, "{condition}");
        }
    }

    #[test]
    fn refuses_what_breaks_out() {
        for condition in [
            "",
            " ",
            "[A.B] = 1) OR ([System.Id] > 0",
            "([A.B] = 1",
            "[A.B] = 'x",
            "[A.B = 1",
            "[A.B] = 1 ORDER BY [System.Id]",
            "[A.B] = 1 asof '2020-01-01'",
            "[A.B] = 1;SELECT",
        ] {
            assert!(refusal(condition).is_some(), "{condition}");
        }
    }
}
