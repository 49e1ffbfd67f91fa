//! Names and ids of priorities and case types.
//!
//! Answers nest both, writes need the id, and the lists belong to an administrator. Pairs are learnt from
//! every case that is read and from the lookup calls where they exist; the pairs seen in the product
//! (TestWorthy, Automation API page and user interface) only fill the gap.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::wire::Object;

/// The pairs of one list.
#[derive(Debug)]
pub(super) struct Picklist {
    /// What one entry is called in messages.
    pub(super) noun: &'static str,
    known: BTreeMap<u64, String>,
    /// The server listed all of them, so nothing needs to be assumed.
    complete: bool,
    /// Whether the lookup call was tried.
    pub(super) looked_up: bool,
    assumed: &'static [(u64, &'static str)],
}

const PRIORITIES: &[(u64, &str)] = &[
    (3, "P1 - Must Test"),
    (2, "P2 - Should Test"),
    (1, "P3 - Good to Test"),
];

const TYPES: &[(u64, &str)] = &[
    (1, "Acceptance"),
    (2, "Accessibility"),
    (3, "Automated"),
    (4, "Compatibility"),
    (5, "Functional"),
    (6, "Other"),
    (7, "Performance"),
    (8, "Regression"),
    (9, "Security"),
    (10, "Smoke & Sanity"),
    (11, "Usability"),
];

impl Picklist {
    pub(super) fn priorities() -> Self {
        Self::new("priority", PRIORITIES)
    }

    pub(super) fn types() -> Self {
        Self::new("type", TYPES)
    }

    fn new(noun: &'static str, assumed: &'static [(u64, &'static str)]) -> Self {
        Self {
            noun,
            known: BTreeMap::new(),
            complete: false,
            looked_up: false,
            assumed,
        }
    }

    /// Learns from an object with `id` and `name`.
    pub(super) fn learn(&mut self, entry: Object<'_>) {
        if let (Some(id), Some(name)) = (entry.id("id"), entry.text("name"))
            && !name.is_empty()
            && self.known.get(&id) != Some(&name)
        {
            self.known.insert(id, name);
        }
    }

    /// Learns the server's whole list.
    pub(super) fn learn_all(&mut self, entries: &[Json]) {
        entries
            .iter()
            .filter_map(Object::of)
            .for_each(|entry| self.learn(entry));
        self.complete = !entries.is_empty();
    }

    /// The id that was seen under this name: in this spelling, else in the only one that differs by
    /// case alone.
    pub(super) fn seen(&self, name: &str) -> Option<u64> {
        let exact = self.known.iter().find(|(_, known)| *known == name);
        let unique = || {
            let mut similar = self.known.iter().filter(|(_, known)| same(known, name));
            similar.next().filter(|_| similar.next().is_none())
        };
        exact.or_else(unique).map(|(id, _)| *id)
    }

    /// The id to write for a name: as [`Self::seen`], else as assumed, unless the server showed that id
    /// under another name or listed them all.
    pub(super) fn id(&self, name: &str) -> Option<u64> {
        self.seen(name).or_else(|| {
            let (id, _) = self
                .assumed
                .iter()
                .find(|(_, assumed)| same(assumed, name))?;
            (!self.complete && !self.known.contains_key(id)).then_some(*id)
        })
    }

    /// The name that was seen with this id.
    pub(super) fn name(&self, id: u64) -> Option<&str> {
        self.known.get(&id).map(String::as_str)
    }

    /// The names that can be written, for messages.
    pub(super) fn names(&self) -> Vec<&str> {
        let assumed = self
            .assumed
            .iter()
            .filter(|(id, _)| !self.complete && !self.known.contains_key(id))
            .map(|(_, name)| *name);
        let mut names: Vec<&str> = self
            .known
            .values()
            .map(String::as_str)
            .chain(assumed)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn learn(list: &mut Picklist, json: &Json) {
        list.learn(Object::of(json).unwrap());
    }

    #[test]
    fn what_was_seen_comes_before_what_is_assumed() {
        let mut list = Picklist::priorities();
        assert_eq!(list.id("P1 - Must Test"), Some(3));
        assert_eq!(list.seen("P1 - Must Test"), None);
        learn(
            &mut list,
            &json!({"id": 7, "name": "P1 - Must Test", "short_name": "High"}),
        );
        assert_eq!(list.id("P1 - Must Test"), Some(7));
        assert_eq!(list.id("p1 - must test "), Some(7));
        learn(&mut list, &json!({"id": 2, "name": "Medium"}));
        assert_eq!(
            list.id("P2 - Should Test"),
            None,
            "2 was seen under another name"
        );
        assert_eq!(list.id("High"), None);
        assert_eq!(
            list.names(),
            ["Medium", "P1 - Must Test", "P3 - Good to Test"]
        );
    }

    #[test]
    fn a_full_list_leaves_nothing_to_assume() {
        let mut list = Picklist::types();
        list.learn_all(&[json!({"id": 5, "name": "Functional"})]);
        assert_eq!(list.id("Functional"), Some(5));
        assert_eq!(list.id("Security"), None);
        assert_eq!(list.names(), ["Functional"]);
    }

    #[test]
    fn names_that_differ_by_case_alone_are_not_mixed_up() {
        let mut list = Picklist::types();
        learn(&mut list, &json!({"id": 1, "name": "smoke"}));
        learn(&mut list, &json!({"id": 2, "name": "SMOKE"}));
        assert_eq!(list.seen("smoke"), Some(1));
        assert_eq!(list.seen("Smoke"), None);
        assert_eq!(list.name(2), Some("SMOKE"));
    }

    #[test]
    fn a_renamed_entry_takes_its_new_name() {
        let mut list = Picklist::types();
        learn(&mut list, &json!({"id": 5, "name": "Functional"}));
        learn(&mut list, &json!({"id": 5, "name": "Functional test"}));
        assert_eq!(list.seen("Functional"), None);
        assert_eq!(list.seen("Functional test"), Some(5));
    }
}
