//! Tables between the values of a picklist of TestWorthy and the allowed values of an Azure DevOps field.

use std::collections::BTreeSet;

use crate::model::{Number, Value};

/// A table, with what a reviewer should know of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) values: Vec<(String, Value)>,
    pub(super) reverse: Vec<(Value, String)>,
    /// Values that occur and fit nothing.
    pub(super) left: Vec<String>,
}

/// From the priorities that occur to the numbers that are allowed: by the number in the name
/// (`P1 - Must Test` is 1), else in alphabetical order. Each value gets a number of its own, so the way
/// back is lawful. Where the list has just one number more, that one is read as the last.
pub(super) fn priorities(occurring: &BTreeSet<String>, allowed: &[Value]) -> Table {
    let mut numbers: Vec<i64> = allowed
        .iter()
        .filter_map(|value| match value {
            Value::Number(Number::Integer(number)) => Some(*number),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut table = Table::default();
    let mut used = BTreeSet::new();
    let by_number = occurring.iter().all(|name| number_in(name).is_some());
    for (rank, name) in occurring.iter().enumerate() {
        let number = match number_in(name) {
            Some(number) if by_number => Some(number),
            _ => numbers.get(rank).copied(),
        };
        let free = number.filter(|number| numbers.contains(number) && used.insert(*number));
        match free {
            Some(number) => table.values.push((name.clone(), Value::integer(number))),
            None => table.left.push(name.clone()),
        }
    }
    table
        .values
        .sort_by(|left, right| left.1.cmp(&right.1).then_with(|| left.0.cmp(&right.0)));
    let last = table.values.last().cloned();
    if let Some((name, Value::Number(Number::Integer(most)))) = last {
        let beyond: Vec<i64> = numbers
            .into_iter()
            .filter(|number| *number > most)
            .collect();
        // More than one: TestWorthy may well have values for them that no case has.
        if let ([one], true) = (&beyond[..], table.values.len() > 1) {
            table.reverse = vec![(Value::integer(*one), name)];
        }
    }
    table
}

/// The first number in a name.
fn number_in(name: &str) -> Option<i64> {
    let digits: String = name
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(occurring: &[&str], allowed: &[i64]) -> Table {
        let occurring = occurring.iter().map(|name| (*name).to_owned()).collect();
        let allowed: Vec<Value> = allowed
            .iter()
            .map(|number| Value::integer(*number))
            .collect();
        priorities(&occurring, &allowed)
    }

    #[test]
    fn numbers_in_names_count_else_their_order() {
        let named = table(&["P3 - Good to Test", "P1 - Must Test"], &[1, 2, 3, 4]);
        let entry = |name: &str, number| (name.to_owned(), Value::integer(number));
        assert_eq!(
            named.values,
            [entry("P1 - Must Test", 1), entry("P3 - Good to Test", 3)]
        );
        assert_eq!(
            named.reverse,
            [(Value::integer(4), "P3 - Good to Test".to_owned())]
        );
        let ranked = table(&["b", "a"], &[2, 1]);
        assert_eq!(ranked.values, [entry("a", 1), entry("b", 2)]);
        let full = table(&["P1", "P7", "Prio 1"], &[1, 2]);
        assert_eq!(full.values, [entry("P1", 1)]);
        assert_eq!(full.left, ["P7", "Prio 1"]);
        assert_eq!(table(&[], &[1, 2]), Table::default());
    }

    proptest! {
        #[test]
        fn every_table_is_lawful(
            occurring in proptest::collection::btree_set("[A-Pa-p]{0,2}[0-9]{0,2}", 0..8),
            allowed in proptest::collection::vec(-3_i64..9, 0..8),
        ) {
            let allowed: Vec<Value> = allowed.into_iter().map(Value::integer).collect();
            let table = priorities(&occurring, &allowed);
            let rights: BTreeSet<&Value> = table.values.iter().map(|(_, right)| right).collect();
            prop_assert_eq!(rights.len(), table.values.len(), "one to one");
            prop_assert!(rights.iter().all(|right| allowed.contains(right)));
            prop_assert_eq!(table.values.len() + table.left.len(), occurring.len());
            for (right, left) in &table.reverse {
                prop_assert!(!rights.contains(right) && table.values.iter().any(|(known, _)| known == left));
            }
        }
    }
}
