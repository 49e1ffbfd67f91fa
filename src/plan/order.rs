//! Addresses: how they compare, and which declaration they belong to.
//!
//! Ids compare as numbers, so that `case/9` stands before `case/10`.

use std::cmp::Ordering;

/// Compares addresses part by part: numbers by their value and before words, words by their bytes.
/// Total and consistent with equality.
pub fn addresses(left: &str, right: &str) -> Ordering {
    let mut rights = right.split('/');
    for part in left.split('/') {
        let Some(other) = rights.next() else {
            return Ordering::Greater;
        };
        let order = parts(part, other);
        if order != Ordering::Equal {
            return order;
        }
    }
    match rights.next() {
        Some(_) => Ordering::Less,
        None => Ordering::Equal,
    }
}

/// The rule (or other declaration) that an item's address belongs to: `SyncRule/NAME` of
/// `SyncRule/NAME/case/ID`; any other address is its own.
pub fn declaration(address: &str) -> &str {
    if !address.starts_with("SyncRule/") {
        return address;
    }
    let end = address
        .char_indices()
        .filter(|(_, c)| *c == '/')
        .nth(1)
        .map_or(address.len(), |(at, _)| at);
    &address[..end]
}

fn parts(left: &str, right: &str) -> Ordering {
    // Texts decide between different spellings of one number (`7`, `07`).
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b).then_with(|| left.cmp(right)),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_compare_as_numbers() {
        let mut list = vec![
            "SyncRule/b/case/1",
            "SyncRule/a/workItem/3",
            "SyncRule/a/case/10",
            "SyncRule/a/case/9",
            "SyncRule/a",
        ];
        list.sort_by(|a, b| addresses(a, b));
        assert_eq!(
            list,
            [
                "SyncRule/a",
                "SyncRule/a/case/9",
                "SyncRule/a/case/10",
                "SyncRule/a/workItem/3",
                "SyncRule/b/case/1",
            ]
        );
    }

    #[test]
    fn an_item_belongs_to_its_rule() {
        assert_eq!(declaration("SyncRule/a/case/9"), "SyncRule/a");
        assert_eq!(declaration("SyncRule/a"), "SyncRule/a");
        assert_eq!(
            declaration("Connection/shop/webhook"),
            "Connection/shop/webhook"
        );
        assert_eq!(declaration(""), "");
    }

    proptest! {
        #[test]
        fn addresses_are_totally_ordered(
            a in "[a-b0-2/]{0,6}", b in "[a-b0-2/]{0,6}", c in "[a-b0-2/]{0,6}",
        ) {
            prop_assert_eq!(addresses(&a, &b), addresses(&b, &a).reverse());
            prop_assert_eq!(addresses(&a, &b) == Ordering::Equal, a == b);
            if addresses(&a, &b) != Ordering::Greater && addresses(&b, &c) != Ordering::Greater {
                prop_assert_ne!(addresses(&a, &c), Ordering::Greater);
            }
        }
    }
}
