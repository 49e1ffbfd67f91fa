//! Slices of lists that several owners share: the tags of a work item, the references of a case.
//!
//! A row changes only what it owns. Everything else keeps its place and its spelling.

use std::collections::BTreeSet;

use super::problem::Problem;
use crate::model::{ACCORD_TAG, System, Value, WorkItemId, azure_boards_mention_in};

/// How long a tag may be, in UTF-16 code units (Microsoft Learn, Naming restrictions).
pub(super) const MAX_TAG: usize = 400;

/// How many tags a work item may carry (Microsoft Learn, Work tracking limits).
pub(super) const MAX_TAGS: usize = 100;

/// The part of a work item's tags that one row owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TagSlice {
    /// One tag.
    One(String),
    /// Every tag that begins with this and goes on; all of them if it is empty.
    Prefix(String),
}

impl TagSlice {
    /// Whether the row owns `tag`. No row owns Accord's.
    pub(super) fn owns(&self, tag: &str) -> bool {
        if is_accord_tag(tag) {
            return false;
        }
        match self {
            Self::One(own) => same_tag(own, tag),
            Self::Prefix(prefix) => strip_prefix(tag, prefix).is_some(),
        }
    }

    /// Whether some tag belongs to both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(tag), slice) | (slice, Self::One(tag)) => slice.owns(tag),
            (Self::Prefix(a), Self::Prefix(b)) => {
                let (a, b) = (a.to_lowercase(), b.to_lowercase());
                a.starts_with(&b) || b.starts_with(&a)
            }
        }
    }

    /// The row's value among `tags`, in the spelling they have.
    pub(super) fn read(&self, tags: &[String]) -> Value {
        let mut owned = tags.iter().filter(|tag| self.owns(tag));
        match self {
            Self::One(_) => Value::Boolean(owned.next().is_some()),
            Self::Prefix(_) => Value::set(owned.map(String::as_str)),
        }
    }

    /// The tags that a canonical value of the row stands for.
    fn tags(&self, value: &Value) -> Vec<String> {
        match (self, value) {
            (Self::One(tag), Value::Boolean(true)) => vec![tag.clone()],
            (Self::Prefix(_), Value::Set(members)) => members.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// The set with the prefix before every member.
    pub(super) fn with_prefix(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::Prefix(prefix), Value::Set(members)) => {
                Value::set(members.iter().map(|member| format!("{prefix}{member}")))
            }
            _ => value.clone(),
        }
    }

    /// The set without the prefix before its members; those without it are left out.
    pub(super) fn without_prefix(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::Prefix(prefix), Value::Set(members)) => {
                Value::set(members.iter().filter_map(|tag| strip_prefix(tag, prefix)))
            }
            _ => value.clone(),
        }
    }

    /// Whether a canonical value of the row can be kept as tags.
    pub(super) fn check(&self, value: &Value) -> Result<(), Problem> {
        self.tags(value).iter().try_for_each(|tag| check_tag(tag))
    }
}

/// Whether Azure DevOps can keep a tag and Accord does not keep it for itself.
pub(super) fn check_tag(tag: &str) -> Result<(), Problem> {
    let length = tag.encode_utf16().count();
    if tag.contains([',', ';']) {
        return Err(Problem::Separator {
            system: System::AzureDevOps,
            member: Some(tag.to_owned()),
        });
    }
    if length > MAX_TAG {
        let limit = MAX_TAG;
        return Err(Problem::TooLong { limit, length });
    }
    if is_accord_tag(tag) {
        return Err(Problem::ReservedTag);
    }
    Ok(())
}

/// The whole tag list after the given slices took new values. Tags of other owners, Accord's included,
/// stay where and as they are; what remains of a slice does too; what is new goes to the end.
pub(super) fn compose_tags(current: &[String], changes: &[(&TagSlice, &Value)]) -> Vec<String> {
    let wanted: Vec<String> = changes
        .iter()
        .flat_map(|(slice, value)| slice.tags(value))
        .collect();
    let owned = |tag: &str| changes.iter().any(|(slice, _)| slice.owns(tag));
    compose(current, &wanted, owned)
}

/// The tag list with Accord's own.
pub(super) fn with_accord_tag(mut tags: Vec<String>) -> Vec<String> {
    if !tags.iter().any(|tag| is_accord_tag(tag)) {
        tags.push(ACCORD_TAG.to_owned());
    }
    tags
}

/// The whole reference list after the row that owns it took a new value. `own` is the pair's work item:
/// its mention is Accord's and stays where it is.
pub(super) fn compose_refs(
    current: &[String],
    value: &Value,
    own: Option<WorkItemId>,
) -> Vec<String> {
    let is_own = |reference: &str| own.is_some_and(|own| mentions(reference, own));
    let wanted: Vec<String> = match value {
        Value::Set(members) => members.iter().filter(|m| !is_own(m)).cloned().collect(),
        _ => Vec::new(),
    };
    compose(current, &wanted, |reference| !is_own(reference))
}

/// Whether a reference is the mention of this work item.
pub(super) fn mentions(reference: &str, id: WorkItemId) -> bool {
    azure_boards_mention_in(reference) == Some(id)
}

fn compose(current: &[String], wanted: &[String], owned: impl Fn(&str) -> bool) -> Vec<String> {
    let wanted_keys: BTreeSet<String> = wanted.iter().map(|one| one.to_lowercase()).collect();
    let mut seen = BTreeSet::new();
    let mut result = Vec::new();
    let kept = current
        .iter()
        .filter(|one| !owned(one) || wanted_keys.contains(&one.to_lowercase()));
    for one in kept.chain(wanted) {
        if seen.insert(one.to_lowercase()) {
            result.push(one.clone());
        }
    }
    result
}

fn is_accord_tag(tag: &str) -> bool {
    same_tag(tag, ACCORD_TAG)
}

fn same_tag(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
        || (!(left.is_ascii() && right.is_ascii()) && left.to_lowercase() == right.to_lowercase())
}

/// What follows the prefix, compared without case; `None` if nothing does.
fn strip_prefix<'a>(tag: &'a str, prefix: &str) -> Option<&'a str> {
    let (end, _) = tag.char_indices().nth(prefix.chars().count())?;
    let (head, rest) = tag.split_at(end);
    let rest = rest.trim_start();
    (same_tag(head, prefix) && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(members: &[&str]) -> Vec<String> {
        members.iter().map(|m| (*m).to_owned()).collect()
    }

    fn one(tag: &str) -> TagSlice {
        TagSlice::One(tag.to_owned())
    }

    fn prefix(prefix: &str) -> TagSlice {
        TagSlice::Prefix(prefix.to_owned())
    }

    #[test]
    fn only_owned_tags_change_and_the_others_keep_order_and_spelling() {
        let current = list(&["Zeta", "REF:TW-1", "Smoke", "accord", "alpha", "ref:TW-2"]);
        let tags = compose_tags(
            &current,
            &[
                (&one("smoke"), &Value::Boolean(false)),
                (&prefix("ref:"), &Value::set(["ref:tw-1", "ref:TW-9"])),
            ],
        );
        assert_eq!(tags, ["Zeta", "REF:TW-1", "accord", "alpha", "ref:TW-9"]);
    }

    #[test]
    fn a_tag_that_is_there_already_keeps_its_spelling() {
        let change = (&one("smoke"), &Value::Boolean(true));
        assert_eq!(compose_tags(&list(&["SMOKE"]), &[change]), ["SMOKE"]);
        assert_eq!(compose_tags(&list(&["x"]), &[change]), ["x", "smoke"]);
    }

    #[test]
    fn the_own_mention_stays_and_other_references_are_replaced() {
        let current = list(&["TW-14", "ab#5120", "TW-15"]);
        let own = Some(WorkItemId(5120));
        let refs = compose_refs(&current, &Value::set(["TW-15", "X-1", "AB#5120"]), own);
        assert_eq!(refs, ["ab#5120", "TW-15", "X-1"]);
        assert_eq!(compose_refs(&current, &Value::Null, own), ["ab#5120"]);
        assert_eq!(compose_refs(&current, &Value::Null, None), [""; 0]);
    }

    #[test]
    fn slices_overlap_only_where_a_tag_could_belong_to_both() {
        assert!(one("smoke").overlaps(&one("Smoke")));
        assert!(one("ref:x").overlaps(&prefix("REF:")));
        assert!(
            !one("ref:").overlaps(&prefix("ref:")),
            "a bare prefix belongs to no one"
        );
        assert!(prefix("ref:").overlaps(&prefix("ref:tw")));
        assert!(!prefix("ref:").overlaps(&prefix("run:")));
        assert!(prefix("").overlaps(&one("smoke")));
    }

    #[test]
    fn accords_tag_belongs_to_no_row() {
        assert_eq!(prefix("").read(&list(&["Accord", "b"])), Value::set(["b"]));
        assert_eq!(prefix("acc").read(&list(&["accord"])), Value::Null);
        assert_eq!(with_accord_tag(list(&["ACCORD"])), ["ACCORD"]);
        assert_eq!(with_accord_tag(list(&["b"])), ["b", "accord"]);
        assert_eq!(check_tag("Accord"), Err(Problem::ReservedTag));
    }

    #[test]
    fn tags_have_limits() {
        assert_eq!(check_tag(&"x".repeat(400)), Ok(()));
        assert!(matches!(
            check_tag(&"x".repeat(401)),
            Err(Problem::TooLong { limit: 400, .. })
        ));
        assert!(matches!(check_tag("a;b"), Err(Problem::Separator { .. })));
    }

    proptest! {
        #[test]
        fn composing_reads_back_and_leaves_foreign_tags_alone(
            current in proptest::collection::btree_set("(ref:)?[a-d]{1,2}|accord|smoke", 0..8),
            new in proptest::collection::btree_set("ref:[a-d]{1,2}", 0..4),
            flag in any::<bool>(),
        ) {
            let current: Vec<String> = current.into_iter().collect();
            let (set, smoke) = (Value::set(new), Value::Boolean(flag));
            let (refs, tag) = (prefix("ref:"), one("smoke"));
            let changes = [(&refs, &set), (&tag, &smoke)];
            let tags = compose_tags(&current, &changes);
            prop_assert_eq!(refs.read(&tags), set.clone());
            prop_assert_eq!(tag.read(&tags), smoke.clone());
            let foreign = |tags: &[String]| -> Vec<String> {
                let owned = |t: &str| refs.owns(t) || tag.owns(t);
                tags.iter().filter(|t| !owned(t)).cloned().collect()
            };
            prop_assert_eq!(foreign(&tags), foreign(&current));
            prop_assert_eq!(compose_tags(&tags, &changes), tags);
        }

        #[test]
        fn a_prefix_comes_off_as_it_went_on(
            members in proptest::collection::btree_set("[a-zäß]{1,5}", 0..4),
            text in "[a-zA-Z]{0,4}:",
        ) {
            let (slice, value) = (prefix(&text), Value::set(members));
            prop_assert_eq!(slice.without_prefix(&slice.with_prefix(&value)), value);
        }
    }
}
