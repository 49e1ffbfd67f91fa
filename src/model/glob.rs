//! Patterns over paths with `/` between names: section paths and addresses.
//!
//! `*` stands for any characters inside one name, `**` as a whole name for any number of names.

use std::collections::HashSet;

/// Whether `path` fits `pattern`, name by name and with case.
pub fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // Row i tells, for each j, whether pattern[i..] fits path[j..]; filled from the end, so the cost is
    // the product of the lengths whatever the pattern.
    let mut next = vec![false; path.len() + 1];
    next[path.len()] = true;
    for names in pattern.iter().rev() {
        let mut row = vec![false; path.len() + 1];
        for j in (0..=path.len()).rev() {
            row[j] = if *names == "**" {
                next[j] || (j < path.len() && row[j + 1])
            } else {
                j < path.len() && fits_name(names, path[j]) && next[j + 1]
            };
        }
        next = row;
    }
    next[0]
}

fn fits_name(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(head) else {
        return false;
    };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((last, middle)) = parts.split_last() else {
        return true;
    };
    for part in middle {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.len() >= last.len() && left.ends_with(last)
}

/// How specific a pattern is, more by a greater value: names without wildcards count most, then names with one, then `**`; a longer pattern before a shorter.
pub fn specificity(pattern: &str) -> (usize, usize, usize) {
    let names: Vec<&str> = pattern.split('/').collect();
    let literal = names.iter().filter(|name| !name.contains('*')).count();
    let open = names.iter().filter(|name| **name == "**").count();
    (
        literal,
        names.len() - literal - open,
        usize::from(open == 0),
    )
}

/// Whether the patterns of `--only` select an address. None select everything. A pattern without a
/// wildcard also selects what stands below it: `SyncRule/a` selects `SyncRule/a/case/7`.
pub fn selects(only: &[String], address: &str) -> bool {
    only.is_empty() || only.iter().any(|pattern| selects_one(pattern, address))
}

fn selects_one(pattern: &str, address: &str) -> bool {
    fits(pattern, address) || fits(&format!("{pattern}/**"), address)
}

/// The patterns of `--only`, ready to be asked about many addresses: those without a wildcard, of which there
/// may be thousands, cost one look each.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    plain: HashSet<&'a str>,
    globs: Vec<&'a String>,
}

impl<'a> Selection<'a> {
    /// Of these patterns.
    pub fn new(only: &'a [String]) -> Self {
        let (globs, plain): (Vec<&String>, Vec<&String>) =
            only.iter().partition(|pattern| pattern.contains('*'));
        Self {
            plain: plain.into_iter().map(String::as_str).collect(),
            globs,
        }
    }

    /// As [`selects`] says.
    pub fn selects(&self, address: &str) -> bool {
        if self.plain.is_empty() && self.globs.is_empty() {
            return true;
        }
        let ends = address.match_indices('/').map(|(at, _)| at);
        let mut above = ends.chain([address.len()]);
        above.any(|end| self.plain.contains(&address[..end]))
            || self
                .globs
                .iter()
                .any(|pattern| selects_one(pattern, address))
    }
}

/// Whether the patterns of `--only` may select an address below `parent`, so that it has to be looked
/// at. Errs on the side of looking.
pub fn may_select_below(only: &[String], parent: &str) -> bool {
    let depth = parent.split('/').count();
    only.is_empty()
        || only.iter().any(|pattern| {
            let names: Vec<&str> = pattern.split('/').collect();
            let head = &names[..names.len().min(depth)];
            // A short pattern selects what stands below it.
            let below = names.len() < depth && fits(&format!("{pattern}/**"), parent);
            below || head.contains(&"**") || fits(&head.join("/"), parent)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Selection, fits, may_select_below, selects};

    proptest! {
        #[test]
        fn a_selection_selects_what_its_patterns_do(
            only in proptest::collection::vec("[ab*]{1,2}(/[ab*]{1,2}){0,2}/?", 0..4),
            address in "[ab]{1,2}(/[ab]{1,2}){0,3}",
        ) {
            prop_assert_eq!(Selection::new(&only).selects(&address), selects(&only, &address));
        }
    }

    #[test]
    fn rules_that_cannot_be_selected_are_not_read() {
        let only = |pattern: &str| vec![pattern.to_owned()];
        assert!(may_select_below(&[], "SyncRule/a"));
        assert!(may_select_below(&only("SyncRule/a/case/7"), "SyncRule/a"));
        assert!(may_select_below(&only("**/7"), "SyncRule/a"));
        assert!(may_select_below(&only("SyncRule/*/case/7"), "SyncRule/a"));
        assert!(may_select_below(&only("SyncRule"), "SyncRule/a"));
        assert!(may_select_below(&only("*"), "SyncRule/a"));
        assert!(!may_select_below(&only("Connection"), "SyncRule/a"));
        assert!(!may_select_below(&only("SyncRule/b/case/7"), "SyncRule/a"));
        assert!(!may_select_below(&only("Connection/a"), "SyncRule/a"));
    }

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("Checkout", "Checkout", true),
            ("Checkout", "Checkout/Payment", false),
            ("Checkout/**", "Checkout", true),
            ("Checkout/**", "Checkout/Payment/Cards", true),
            ("Checkout/*", "Checkout/Payment", true),
            ("Checkout/*", "Checkout/Payment/Cards", false),
            ("Checkout/**", "Checkouts/Payment", false),
            ("**", "anything/at/all", true),
            ("**/Cards", "Checkout/Payment/Cards", true),
            ("**/Cards/**", "Checkout/Payment/Cards/Visa", true),
            ("Check*", "Checkout", true),
            ("*out", "Checkout", true),
            ("C*k*t", "Checkout", true),
            ("C*x*t", "Checkout", false),
            ("a*a", "a", false),
            ("checkout", "Checkout", false),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} over {path}");
        }
    }

    #[test]
    fn only_selects_below_a_plain_address() {
        let only = |pattern: &str| vec![pattern.to_owned()];
        assert!(selects(&[], "SyncRule/a/case/7"));
        assert!(selects(&only("SyncRule/a"), "SyncRule/a/case/7"));
        assert!(selects(&only("SyncRule/a/case/7"), "SyncRule/a/case/7"));
        assert!(selects(&only("SyncRule/*/case/*"), "SyncRule/a/case/7"));
        assert!(!selects(&only("SyncRule/a/case/8"), "SyncRule/a/case/7"));
        assert!(!selects(&only("SyncRule/ab"), "SyncRule/a/case/7"));
    }

    #[test]
    fn a_hostile_pattern_costs_no_more_than_its_length() {
        let pattern = "**/".repeat(2_000) + "x";
        assert!(!fits(&pattern, &"a/".repeat(2_000)));
    }
}
