//! JSON Pointers (RFC 6901).

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

/// Whether `inner` is `outer` or lies inside it.
pub fn contains(outer: &str, inner: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_what_lies_inside() {
        assert!(contains("/a", "/a/b"));
        assert!(contains("/a", "/a"));
        assert!(contains("", "/a"));
        assert!(!contains("/a", "/ab"));
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
