//! JSON Pointers (RFC 6901).

use std::collections::BTreeSet;
use std::ops::Bound;

/// `base` extended by a key, with `~` and `/` escaped.
pub fn child(base: &str, key: &str) -> String {
    let mut pointer = String::with_capacity(base.len() + key.len() + 1);
    pointer.push_str(base);
    pointer.push('/');
    for c in key.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    pointer
}

/// `base` extended by an index.
pub fn item(base: &str, index: usize) -> String {
    format!("{base}/{index}")
}

/// The pointer without its last step, and that step unescaped; `None` for the root.
pub fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, last) = pointer.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

/// Whether one of `places` is `at` or lies inside it.
pub fn any_inside(places: &BTreeSet<String>, at: &str) -> bool {
    let below = format!("{at}/");
    places.contains(at)
        || places
            .range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded))
            .next()
            .is_some_and(|place| place.starts_with(&below))
}

/// Whether `at` lies inside one of `places`; the root does not count.
pub fn any_around(places: &BTreeSet<String>, at: &str) -> bool {
    at.match_indices('/')
        .any(|(end, _)| end > 0 && places.contains(&at[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_what_lies_inside() {
        let places = BTreeSet::from(["/a/b".to_owned(), "/a-b".to_owned(), "/c".to_owned()]);
        for (at, inside, around) in [
            ("/a", true, false),
            ("/a/b", true, false),
            ("/a/b/c", false, true),
            ("/c/0", false, true),
            ("", true, false),
            ("/a/", false, false),
            ("/d", false, false),
        ] {
            assert_eq!(any_inside(&places, at), inside, "{at}");
            assert_eq!(any_around(&places, at), around, "{at}");
        }
    }

    proptest! {
        #[test]
        fn splits_what_it_joined(base in "(/[a-z~]{0,3}){0,3}", key in ".{0,8}") {
            let base = base.replace('~', "~0");
            let joined = child(&base, &key);
            prop_assert_eq!(split(&joined), Some((base.as_str(), key)));
        }
    }
}
