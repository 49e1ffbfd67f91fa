//! A reader of HTML tags that shares nothing with the codec: whether a page that was written holds only
//! what a formatted text needs, so that nothing in it can run, load by itself or hide something.

/// Elements that the codec writes, and those that a Markdown renderer writes for the same texts.
const ELEMENTS: [&str; 36] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "hr",
    "br",
    "img",
    "a",
    "strong",
    "em",
    "u",
    "s",
    "del",
    "sub",
    "sup",
    "mark",
    "div",
    "b",
    "i",
    "span",
    "input",
];
const ATTRIBUTES: [&str; 11] = [
    "href",
    "title",
    "data-vss-mention",
    "src",
    "alt",
    "width",
    "height",
    "colspan",
    "rowspan",
    "start",
    "class",
];

/// Panics if the page holds anything else than harmless markup.
pub(super) fn harmless(page: &str) {
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let inside = rest.strip_prefix('/').unwrap_or(rest);
        let end = inside
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inside.len());
        let name = &inside[..end];
        assert!(ELEMENTS.contains(&name), "the element {name:?} in {page:?}");
        rest = &inside[end..];
        loop {
            rest = rest.trim_start_matches(' ');
            if let Some(behind) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
                rest = behind;
                break;
            }
            let Some((attribute, behind)) = rest.split_once("=\"") else {
                panic!("a tag that does not end in {page:?}");
            };
            let Some((value, behind)) = behind.split_once('"') else {
                panic!("a value that does not end in {page:?}");
            };
            rest = behind;
            assert!(
                ATTRIBUTES.contains(&attribute),
                "the attribute {attribute:?} in {page:?}"
            );
            assert!(!value.contains('<'), "a tag inside a value in {page:?}");
            match attribute {
                "href" => address(value, &["http", "https", "mailto", "tel"], page),
                "src" => address(value, &["http", "https", "data"], page),
                _ => {}
            }
        }
    }
}

/// As a browser reads the scheme: entities resolved, white space and control characters dropped.
fn address(value: &str, schemes: &[&str], page: &str) {
    let value = decoded(value);
    let value: String = value
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .collect();
    let Some((scheme, behind)) = value.split_once(':') else {
        return;
    };
    if scheme.contains(['/', '?', '#']) {
        return;
    }
    let scheme = scheme.to_lowercase();
    assert!(
        schemes.contains(&scheme.as_str()),
        "the scheme {scheme:?} in {page:?}"
    );
    if scheme == "data" {
        let kind = behind.to_lowercase();
        let pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];
        assert!(
            pictures.iter().any(|picture| kind.starts_with(picture)),
            "the data {kind:?} in {page:?}"
        );
    }
}

/// The few entities that writers of attributes use.
fn decoded(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [
            ("&amp;", "&"),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#x27;", "'"),
            ("&#10;", "\n"),
        ];
        let (entity, c) = known
            .into_iter()
            .find(|(entity, _)| rest.starts_with(entity))
            .unwrap_or_else(|| panic!("an entity that nobody writes in {value:?}"));
        text.push_str(c);
        rest = &rest[entity.len()..];
    }
    text + rest
}
