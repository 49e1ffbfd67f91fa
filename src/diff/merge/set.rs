//! Sets: every member by itself.

use std::collections::BTreeMap;

use crate::model::Value;

/// `(b & l & r) | (l - b) | (r - b)`, members compared without case. A member keeps the spelling of the left
/// side, else that of the right one. `None` if a value is no set.
pub(super) fn merge(base: &Value, left: &Value, right: &Value) -> Option<Value> {
    let (base, left, right) = (members(base)?, members(left)?, members(right)?);
    let kept = left
        .iter()
        .filter(|(key, _)| !base.contains_key(*key) || right.contains_key(*key));
    let added = right
        .iter()
        .filter(|(key, _)| !base.contains_key(*key) && !left.contains_key(*key));
    Some(Value::set(kept.chain(added).map(|(_, member)| *member)))
}

/// By the text without case.
fn members(value: &Value) -> Option<BTreeMap<String, &str>> {
    match value {
        Value::Null => Some(BTreeMap::new()),
        Value::Set(members) => Some(
            members
                .iter()
                .map(|member| (member.to_lowercase(), member.as_str()))
                .collect(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn set_of(bits: u8) -> Value {
        let names = ["a", "b", "c"];
        Value::set(
            (0..3)
                .filter(|bit| (bits >> bit) & 1 == 1)
                .map(|bit| names[bit]),
        )
    }

    /// All 512 triples of subsets of three members.
    #[test]
    fn every_triple_of_subsets_of_three_merges_member_by_member() {
        for base in 0..8_u8 {
            for left in 0..8_u8 {
                for right in 0..8_u8 {
                    let merged = |l, r| merge(&set_of(base), &set_of(l), &set_of(r)).unwrap();
                    let wanted = (base & left & right) | (left & !base) | (right & !base);
                    assert_eq!(
                        merged(left, right),
                        set_of(wanted),
                        "{base:b} {left:b} {right:b}"
                    );
                    assert_eq!(merged(left, right), merged(right, left), "symmetric");
                    assert_eq!(merged(left, left), set_of(left), "both did the same");
                    assert_eq!(merged(left, base), set_of(left), "only one did something");
                    // Merging what came of it with either side changes nothing.
                    assert_eq!(merged(wanted, left), set_of(wanted));
                    assert_eq!(merged(wanted, right), set_of(wanted));
                }
            }
        }
    }

    #[test]
    fn members_differ_by_more_than_case_and_keep_their_spelling() {
        let merged = merge(
            &Value::set(["TW-1", "Old"]),
            &Value::set(["tw-1", "NEW"]),
            &Value::set(["TW-1", "new", "old", "x"]),
        );
        assert_eq!(merged, Some(Value::set(["tw-1", "NEW", "x"])));
    }

    #[test]
    fn other_values_are_no_sets() {
        let set = set_of(1);
        assert_eq!(merge(&Value::text("a"), &set, &set), None);
        assert_eq!(merge(&set, &Value::text("a"), &set), None);
        assert_eq!(merge(&set, &set, &Value::Boolean(true)), None);
    }

    #[test]
    fn an_empty_result_is_nothing() {
        let only: BTreeSet<&str> = ["a"].into();
        let set = Value::set(only);
        assert_eq!(merge(&set, &Value::Null, &set), Some(Value::Null));
    }
}
