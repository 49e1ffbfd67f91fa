//! The `Link` header (RFC 8288), by which GitHub pages.

use url::Url;

/// The address with `rel="next"`, if there is one and it has the origin of `here`: a token does not
/// follow an answer to somewhere else.
pub(super) fn next(header: Option<&str>, here: &Url) -> Option<Url> {
    let target = header?.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else {
                return false;
            };
            let relations = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && relations.split_whitespace().any(|one| one == "next")
        });
        is_next.then_some(address)
    })?;
    let url = here.join(target).ok()?;
    (url.origin() == here.origin()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_page_of_the_same_origin_is_followed() {
        let here = Url::parse("https://api.github.com/repositories/1/issues/7/comments").unwrap();
        for (header, expected) in [
            (
                "<https://api.github.com/x?page=1>; rel=\"prev\", <https://api.github.com/x?page=3>; rel=\"next\"",
                Some("https://api.github.com/x?page=3"),
            ),
            (
                "</x?page=3>; rel=next",
                Some("https://api.github.com/x?page=3"),
            ),
            (
                "<https://api.github.com/x?page=9>; rel=\"last next\"",
                Some("https://api.github.com/x?page=9"),
            ),
            ("<https://api.github.com/x?page=9>; rel=\"last\"", None),
            ("<https://api.github.com.example/x>; rel=\"next\"", None),
            ("<http://api.github.com/x>; rel=\"next\"", None),
            ("<https://api.github.com:8443/x>; rel=\"next\"", None),
            ("nonsense", None),
            ("", None),
        ] {
            let found = next(Some(header), &here);
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{header}");
        }
        assert_eq!(next(None, &here), None);
    }
}
