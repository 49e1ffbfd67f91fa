//! `System.Tags`: one text on the wire, a list of tags in the model.

/// The field that holds the tags.
pub(super) const TAGS: &str = "System.Tags";

/// Reads the wire's text, in the server's order and spelling, without empty members.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split(';')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Writes the wire's text. The server takes `,` and `;` as separators, so no tag may hold one: see
/// [`objection`].
pub(super) fn join(tags: &[String]) -> String {
    tags.join("; ")
}

/// Why the server could not keep these tags as they are (Microsoft Learn, Add tags to work items, and
/// Naming restrictions): separators inside a tag, more than 400 characters, more than 100 tags.
pub(super) fn objection(tags: &[String]) -> Option<String> {
    if tags.len() > 100 {
        return Some(format!(
            "a work item has at most 100 tags, this one would get {}",
            tags.len()
        ));
    }
    tags.iter().find_map(|tag| {
        if tag.trim().is_empty() {
            Some("a tag cannot be empty".to_owned())
        } else if tag.contains([',', ';']) || tag.chars().any(char::is_control) {
            Some(format!(
                "the tag {tag:?} holds a comma, a semicolon or a control character"
            ))
        } else if tag.encode_utf16().count() > 400 {
            Some("a tag has at most 400 characters".to_owned())
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_servers_write() {
        assert_eq!(
            split("accord; smoke;ref:AB 1 ; "),
            ["accord", "smoke", "ref:AB 1"]
        );
        assert!(split("").is_empty());
        assert!(split(" ; ;").is_empty());
    }

    #[test]
    fn refuses_what_the_server_would_split_or_cut() {
        for tag in ["a,b", "a;b", "", "  ", "a\nb"] {
            assert!(objection(&[tag.to_owned()]).is_some(), "{tag:?}");
        }
        assert!(objection(&["x".repeat(401)]).is_some());
        assert!(objection(&["x".repeat(400)]).is_none());
        assert!(objection(&vec!["x".to_owned(); 101]).is_some());
    }

    proptest! {
        #[test]
        fn what_is_not_refused_comes_back(tags in prop::collection::vec("\\PC{1,12}", 0..6)) {
            let tags: Vec<String> = tags.iter().map(|tag| tag.trim().to_owned()).collect();
            prop_assume!(objection(&tags).is_none());
            prop_assert_eq!(split(&join(&tags)), tags);
        }

        #[test]
        fn splitting_is_stable(text in "[ a-c;,]{0,30}") {
            let once = split(&text);
            prop_assert_eq!(split(&join(&once)), once);
        }
    }
}
