//! The shortest way: one paragraph of ASCII with marks that do not nest, which most steps and many fields are,
//! becomes its canonical HTML without a tree.
//!
//! Whatever it takes it writes as reading and rendering do (a law, over any soup of its signs); it leaves the
//! rest to them.

use super::html::element_name;
use crate::model::rich_text::Mark;

/// The canonical HTML; `None` if the text is not that simple.
pub(super) fn canonical(text: &str) -> Option<String> {
    let mut rest = inside(text)?;
    let mut out = String::with_capacity(rest.len() + 16);
    out.push_str("<p>");
    // The mark that is open, and where its text begins in `out`.
    let mut open: Option<(&str, usize)> = None;
    loop {
        let plain = rest.bytes().position(|byte| matches!(byte, b'<' | b'&'));
        let (run, behind) = rest.split_at(plain.unwrap_or(rest.len()));
        add(run, &mut out)?;
        rest = behind;
        if let Some(reference) = rest.strip_prefix('&') {
            rest = entity(reference, &mut out)?;
        } else if let Some(tag) = rest.strip_prefix('<') {
            let end = tag.bytes().take(8).position(|byte| byte == b'>')?;
            let (name, behind) = (&tag[..end], &tag[end + 1..]);
            rest = behind;
            match (name.strip_prefix('/'), open) {
                (Some(name), Some((canonical, at))) => {
                    if element(name)? != canonical || out.len() == at || out.ends_with(' ') {
                        return None;
                    }
                    out.push_str("</");
                    out.push_str(canonical);
                    out.push('>');
                    open = None;
                    // Marks that touch may be one.
                    if rest.starts_with('<') && !is_break(rest) {
                        return None;
                    }
                }
                (None, None) if rest.is_empty() && is_break_name(name) => {}
                (None, None) => {
                    let canonical = element(name)?;
                    // Nor does a space alone keep two marks apart.
                    if out.ends_with("> ") {
                        return None;
                    }
                    out.push('<');
                    out.push_str(canonical);
                    out.push('>');
                    if rest.starts_with(' ') {
                        return None;
                    }
                    open = Some((canonical, out.len()));
                }
                _ => return None,
            }
        } else {
            break;
        }
    }
    if open.is_some() || out.len() == "<p>".len() || out.ends_with(' ') {
        return None;
    }
    out.push_str("</p>");
    Some(out)
}

/// What stands in the paragraph or lines around the whole.
fn inside(text: &str) -> Option<&str> {
    let mut inner = text.trim_matches(' ');
    let mut wrapped = false;
    loop {
        let stripped = [("<p>", "</p>"), ("<div>", "</div>")]
            .iter()
            .find_map(|(start, end)| {
                let head = inner.get(..start.len())?;
                let middle = inner.get(start.len()..)?;
                let at = middle.len().checked_sub(end.len())?;
                let tail = middle.get(at..)?;
                let fits = head.eq_ignore_ascii_case(start) && tail.eq_ignore_ascii_case(end);
                fits.then(|| middle[..at].trim_matches(' '))
            });
        match stripped {
            Some(middle) => (inner, wrapped) = (middle, true),
            None => return wrapped.then_some(inner),
        }
    }
}

/// Text with nothing in it that a reader would change.
fn add(run: &str, out: &mut String) -> Option<()> {
    let mut after_space = out.ends_with(' ') || out.len() == "<p>".len();
    for byte in run.bytes() {
        let is_space = byte == b' ';
        if !(b' '..=b'~').contains(&byte) || byte == b'>' || (is_space && after_space) {
            return None;
        }
        after_space = is_space;
    }
    out.push_str(run);
    Some(())
}

fn entity<'t>(reference: &'t str, out: &mut String) -> Option<&'t str> {
    const KNOWN: [(&str, &str); 4] = [
        ("amp;", "&amp;"),
        ("lt;", "&lt;"),
        ("gt;", "&gt;"),
        ("quot;", "\""),
    ];
    let (rest, canonical) = KNOWN
        .iter()
        .find_map(|(name, canonical)| Some((reference.strip_prefix(name)?, canonical)))?;
    out.push_str(canonical);
    Some(rest)
}

/// The canonical name of a mark. Code keeps white space of its own.
fn element(name: &str) -> Option<&'static str> {
    let is = |names: [&str; 2]| names.iter().any(|one| one.eq_ignore_ascii_case(name));
    let mark = if is(["b", "strong"]) {
        Mark::Strong
    } else if is(["i", "em"]) {
        Mark::Emphasis
    } else if is(["u", "u"]) {
        Mark::Underline
    } else {
        return None;
    };
    Some(element_name(mark))
}

/// Whether nothing but a line break is left, which says nothing at the end of a paragraph.
fn is_break(rest: &str) -> bool {
    let name = rest.strip_prefix('<').and_then(|tag| tag.strip_suffix('>'));
    name.is_some_and(is_break_name)
}

fn is_break_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("br") || name.eq_ignore_ascii_case("br/")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Format, parse, render};
    use super::*;

    #[test]
    fn what_editors_write_into_steps_takes_this_way() {
        for (text, expected) in [
            ("<p>Open the page</p>", "<p>Open the page</p>"),
            (
                "<DIV><P>Open page 1 &amp; wait for <B>@user</B><BR/></P></DIV>",
                "<p>Open page 1 &amp; wait for <strong>@user</strong></p>",
            ),
            (
                "<div>Say &quot;no&quot;, <i>then</i> leave</div>",
                "<p>Say \"no\", <em>then</em> leave</p>",
            ),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn marks_that_may_be_one_are_left_to_the_tree() {
        for text in [
            "<p><b>c</b><b>c</b></p>",
            "<p><b>c</b> <b>c</b></p>",
            "<p>a <b>c</b> <strong>c</strong></p>",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn it_writes_what_reading_and_rendering_write(parts in prop::collection::vec(prop_oneof![
            Just("<p>"), Just("</p>"), Just("<DIV>"), Just("</div>"), Just("<b>"), Just("</b>"), Just("<em>"),
            Just("</em>"), Just("<br>"), Just("<BR/>"), Just("a"), Just("b "), Just(" "), Just("&amp;"), Just("&lt;"),
            Just("&quot;"), Just("&nbsp;"), Just("<b>c</b>"), Just(">"), Just("\""), Just("\n"), Just("<p>d</p>"),
        ], 0..8)) {
            for text in [parts.concat(), format!("<div>{}</div>", parts.concat())] {
                if let Some(short) = canonical(&text) {
                    let tree = parse(&text, Format::Html).expect("readable");
                    prop_assert_eq!(short, render(&tree, Format::Html), "{}", text);
                }
            }
        }
    }
}
