//! The conservation law: every selected item is in exactly one class of the summary.
//!
//! The planner counts through a [`Tally`], so an item that it forgot, counted twice or never selected
//! is an error of the plan and not a wrong number on a screen.

use std::collections::BTreeMap;
use std::fmt;

use super::Summary;

/// What becomes of a selected item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Its counterpart is created.
    Create,
    /// Its counterpart is changed.
    Update,
    /// Its counterpart is closed or removed.
    Delete,
    /// An existing pair is linked, and nothing else.
    Link,
    /// In accord.
    Unchanged,
    /// A person has to decide, and nothing else is to be done.
    Conflict,
    /// Refused by a server, or matching more than one item.
    Quarantined,
    /// Out of scope, or not created by the rule.
    Filtered,
    /// It waits.
    Held,
}

impl Class {
    /// All classes, in the order of [`Summary`].
    pub const ALL: [Self; 9] = [
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Link,
        Self::Unchanged,
        Self::Conflict,
        Self::Quarantined,
        Self::Filtered,
        Self::Held,
    ];

    fn counter(self, summary: &mut Summary) -> &mut u64 {
        match self {
            Self::Create => &mut summary.create,
            Self::Update => &mut summary.update,
            Self::Delete => &mut summary.delete,
            Self::Link => &mut summary.link,
            Self::Unchanged => &mut summary.unchanged,
            Self::Conflict => &mut summary.conflict,
            Self::Quarantined => &mut summary.quarantined,
            Self::Filtered => &mut summary.filtered,
            Self::Held => &mut summary.held,
        }
    }
}

/// How the law was broken. A defect of the program, never of its input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation<K: fmt::Debug + fmt::Display> {
    /// An item got two classes.
    #[error("{key} was counted as {first:?} and again as {second:?}")]
    Twice {
        /// The item.
        key: K,
        /// The class it has and keeps.
        first: Class,
        /// The class that was refused.
        second: Class,
    },
    /// An item got a class and was not selected.
    #[error("{key} was counted and is not selected")]
    NotSelected {
        /// The item.
        key: K,
    },
    /// Selected items got no class.
    #[error("{count} selected items were not counted, {first} among them")]
    Missing {
        /// How many.
        count: usize,
        /// The first one.
        first: K,
    },
}

/// Counts items, each once. `K` names an item: an address, or a smaller key for many items.
#[derive(Clone, Debug)]
pub struct Tally<K> {
    items: BTreeMap<K, Option<Class>>,
}

impl<K: Ord + Clone + fmt::Debug + fmt::Display> Tally<K> {
    /// A tally over the selected items; naming one twice selects it once.
    pub fn new(selected: impl IntoIterator<Item = K>) -> Self {
        Self {
            items: selected.into_iter().map(|key| (key, None)).collect(),
        }
    }

    /// Gives a selected item its class. A second class is refused and the first one stays.
    pub fn add(&mut self, key: &K, class: Class) -> Result<(), Violation<K>> {
        match self.items.get_mut(key) {
            None => Err(Violation::NotSelected { key: key.clone() }),
            Some(Some(first)) => Err(Violation::Twice {
                key: key.clone(),
                first: *first,
                second: class,
            }),
            Some(slot) => {
                *slot = Some(class);
                Ok(())
            }
        }
    }

    /// The class that an item has so far.
    pub fn class(&self, key: &K) -> Option<Class> {
        self.items.get(key).copied().flatten()
    }

    /// The counts, if every selected item has its class.
    pub fn finish(self) -> Result<Summary, Violation<K>> {
        let mut summary = Summary::default();
        let mut missing = Vec::new();
        for (key, class) in self.items {
            match class {
                Some(class) => *class.counter(&mut summary) += 1,
                None => missing.push(key),
            }
        }
        let count = missing.len();
        match missing.into_iter().next() {
            Some(first) => Err(Violation::Missing { count, first }),
            None => Ok(summary),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_class_has_its_own_counter() {
        for class in Class::ALL {
            let mut tally = Tally::new(["case/1"]);
            tally.add(&"case/1", class).unwrap();
            let mut expected = Summary::default();
            *class.counter(&mut expected) = 1;
            let summary = tally.finish().unwrap();
            assert_eq!(summary, expected);
            assert_eq!(summary.selected(), 1, "{class:?} is part of the total");
        }
    }

    #[test]
    fn a_second_class_is_refused_and_the_first_stays() {
        let mut tally = Tally::new(["case/1"]);
        tally.add(&"case/1", Class::Held).unwrap();
        let again = tally.add(&"case/1", Class::Update).unwrap_err();
        assert_eq!(
            again.to_string(),
            "case/1 was counted as Held and again as Update"
        );
        assert_eq!(tally.class(&"case/1"), Some(Class::Held));
        assert_eq!(tally.finish().unwrap().held, 1);
    }

    #[test]
    fn strangers_and_forgotten_items_are_named() {
        let mut tally = Tally::new(["case/1", "case/2", "case/3"]);
        assert!(matches!(
            tally.add(&"case/9", Class::Create),
            Err(Violation::NotSelected { key: "case/9" })
        ));
        tally.add(&"case/2", Class::Create).unwrap();
        assert_eq!(
            tally.finish().unwrap_err().to_string(),
            "2 selected items were not counted, case/1 among them"
        );
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            classes in proptest::collection::vec(proptest::sample::select(&Class::ALL[..]), 0..80),
        ) {
            let mut tally = Tally::new(0..classes.len());
            for (key, class) in classes.iter().enumerate() {
                tally.add(&key, *class).unwrap();
            }
            let summary = tally.finish().unwrap();
            prop_assert_eq!(summary.selected(), classes.len() as u64);
            for class in Class::ALL {
                let expected = classes.iter().filter(|c| **c == class).count() as u64;
                prop_assert_eq!(*class.counter(&mut summary.clone()), expected);
            }
        }
    }
}
