//! The nearest known name to one that is not known.

/// The nearest of `known` to `name`, if one is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(same) = known.iter().find(|one| one.eq_ignore_ascii_case(name)) {
        return Some(same);
    }
    similar::get_close_matches(name, &known, 1, 0.6)
        .first()
        .copied()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["title", "testData", "priority"];
        assert_eq!(nearest("prioritty", known), Some("priority"));
        assert_eq!(nearest("TESTDATA", known), Some("testData"));
        assert_eq!(nearest("zzz", known), None);
    }
}
