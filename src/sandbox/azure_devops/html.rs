//! What the service does to rich text on save: comments and unsafe markup go, entities and attributes
//! take one form, a blank appears before some closing tags. Clients that compare what they wrote with
//! what they read must live with that.

/// Elements that go with all they hold.
const REMOVED_WHOLE: [&str; 8] = [
    "script", "style", "iframe", "object", "embed", "applet", "noscript", "template",
];
/// Elements whose tags go while their content stays.
const UNWRAPPED: [&str; 14] = [
    "html", "head", "body", "meta", "link", "base", "form", "input", "button", "select", "option",
    "textarea", "frame", "frameset",
];
/// Elements before whose end the service puts a blank.
const BLANK_BEFORE_END: [&str; 3] = ["p", "div", "li"];

/// The text as the service keeps it. Applying it twice changes nothing more.
pub(crate) fn rewrite(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 16);
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&', '\u{a0}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('<') {
            tag(rest, &mut out)
        } else if let Some(after) = rest.strip_prefix('\u{a0}') {
            out.push_str("&nbsp;");
            after
        } else {
            entity(rest, &mut out, false)
        };
    }
    out.push_str(rest);
    out
}

/// Reads a tag, comment or declaration at the start of `text`; returns what follows it.
fn tag<'a>(text: &'a str, out: &mut String) -> &'a str {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.find("-->").map_or("", |end| &comment[end + 3..]);
    }
    if text.starts_with("<!") || text.starts_with("<?") {
        return text.find('>').map_or("", |end| &text[end + 1..]);
    }
    let (closing, named) = match text.strip_prefix("</") {
        Some(named) => (true, named),
        None => (false, &text[1..]),
    };
    let length = named
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != ':')
        .unwrap_or(named.len());
    let name = named[..length].to_ascii_lowercase();
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        out.push_str("&lt;");
        return &text[1..];
    }
    let Some((attributes, after)) = attributes(&named[length..]) else {
        // A tag that never ends is text.
        out.push_str("&lt;");
        return &text[1..];
    };
    if REMOVED_WHOLE.contains(&name.as_str()) {
        return if closing {
            after
        } else {
            skip_element(&name, after)
        };
    }
    if UNWRAPPED.contains(&name.as_str()) {
        return after;
    }
    if closing {
        if BLANK_BEFORE_END.contains(&name.as_str())
            && out.ends_with(|last: char| !last.is_whitespace() && last != '>')
        {
            out.push(' ');
        }
        out.push_str("</");
        out.push_str(&name);
    } else {
        out.push('<');
        out.push_str(&name);
        for (key, value) in &attributes {
            if !is_safe(key, value.as_deref().unwrap_or_default()) {
                continue;
            }
            out.push(' ');
            out.push_str(key);
            if let Some(value) = value {
                out.push_str("=\"");
                out.push_str(value);
                out.push('"');
            }
        }
    }
    out.push('>');
    after
}

/// What follows the end of an element whose start was read; nothing if it never ends.
fn skip_element<'a>(name: &str, text: &'a str) -> &'a str {
    let lower = text.to_ascii_lowercase();
    let end = format!("</{name}");
    let Some(at) = lower.find(&end) else {
        return "";
    };
    text[at..]
        .find('>')
        .map_or("", |close| &text[at + close + 1..])
}

type Attributes = Vec<(String, Option<String>)>;

/// Attributes up to `>`, values with entities in one form; `None` if the tag never ends.
fn attributes(mut text: &str) -> Option<(Attributes, &str)> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        if let Some(after) = text.strip_prefix('>') {
            return Some((found, after));
        }
        let length =
            text.find(|letter: char| letter.is_whitespace() || matches!(letter, '=' | '>' | '/'))?;
        let name: String = text[..length]
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ':'))
            .collect::<String>()
            .to_ascii_lowercase();
        // A stray sign such as a lone `=` must not stop the reading.
        text = &text[length..];
        let mut value = None;
        if let Some(after) = text.trim_start().strip_prefix('=') {
            let after = after.trim_start();
            let quote = after
                .chars()
                .next()
                .filter(|sign| matches!(sign, '"' | '\''));
            let (raw, following) = if let Some(sign) = quote {
                let inner = &after[1..];
                let end = inner.find(sign)?;
                (&inner[..end], &inner[end + 1..])
            } else {
                let end = after.find(|letter: char| letter.is_whitespace() || letter == '>')?;
                (&after[..end], &after[end..])
            };
            value = Some(attribute_value(raw));
            text = following;
        }
        if !name.is_empty() {
            found.push((name, value));
        }
    }
}

fn attribute_value(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '"', '<', '>', '\u{a0}']) {
        out.push_str(&rest[..at]);
        let sign = rest[at..].chars().next().unwrap_or_default();
        let after = &rest[at + sign.len_utf8()..];
        rest = match sign {
            '&' => entity(&rest[at..], &mut out, true),
            '"' => {
                out.push_str("&quot;");
                after
            }
            '<' => {
                out.push_str("&lt;");
                after
            }
            '>' => {
                out.push_str("&gt;");
                after
            }
            _ => {
                out.push_str("&nbsp;");
                after
            }
        };
    }
    out.push_str(rest);
    out
}

/// Reads an entity at the start of `text`, writes it in its one form, returns what follows. A bare
/// ampersand becomes `&amp;`.
fn entity<'a>(text: &'a str, out: &mut String, in_attribute: bool) -> &'a str {
    let body = &text[1..];
    let end = body
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '#')
        .unwrap_or(body.len());
    let named = body[end..].starts_with(';') && (1..=32).contains(&end);
    if !named {
        out.push_str("&amp;");
        return body;
    }
    let name = &body[..end];
    let after = &body[end + 1..];
    let letter = if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => number.parse().ok(),
        };
        code.and_then(char::from_u32)
            .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t' | '\r'))
    } else if name == "apos" {
        Some('\'')
    } else {
        // Named entities stay as they are written.
        out.push('&');
        out.push_str(name);
        out.push(';');
        return after;
    };
    match letter {
        Some('<') => out.push_str("&lt;"),
        Some('>') => out.push_str("&gt;"),
        Some('&') => out.push_str("&amp;"),
        Some('"') => out.push_str("&quot;"),
        Some('\u{a0}') => out.push_str("&nbsp;"),
        Some(letter) => out.push(letter),
        None if in_attribute => {}
        None => out.push('\u{fffd}'),
    }
    after
}

fn is_safe(name: &str, value: &str) -> bool {
    if name.starts_with("on") || matches!(name, "srcdoc" | "formaction" | "action") {
        return false;
    }
    if !matches!(name, "href" | "src" | "xlink:href" | "background" | "style") {
        return true;
    }
    let plain: String = value
        .chars()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control())
        .collect::<String>()
        .to_ascii_lowercase();
    if name == "style" {
        return !plain.contains("expression(") && !plain.contains("javascript:");
    }
    !(plain.starts_with("javascript:")
        || plain.starts_with("vbscript:")
        || (plain.starts_with("data:") && !plain.starts_with("data:image/")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_not_what_is_kept() {
        for (written, kept) in [
            ("plain text", "plain text"),
            ("<div>one</div>", "<div>one </div>"),
            ("<DIV>one </DIV>", "<div>one </div>"),
            ("<p><b>bold</b></p>", "<p><b>bold</b></p>"),
            ("a<!-- secret -->b", "ab"),
            ("a<!-- never closed", "a"),
            (
                "say &#34;hi&#34;, it&#39;s &apos;me&apos;",
                "say &quot;hi&quot;, it's 'me'",
            ),
            ("1 &lt; 2 &amp; 3 & 4", "1 &lt; 2 &amp; 3 &amp; 4"),
            ("5 < 6", "5 &lt; 6"),
            ("&#60;b&#62;", "&lt;b&gt;"),
            ("a\u{a0}b&#160;c&#xA0;d", "a&nbsp;b&nbsp;c&nbsp;d"),
            ("<script>alert(1)</script>ok", "ok"),
            ("<SCRIPT src=x></SCRIPT >ok", "ok"),
            ("<script>never closed", ""),
            ("<style>p{}</style><p>x</p>", "<p>x </p>"),
            (
                "<a href='https://a.example/?x=1&y=2'>l</a>",
                "<a href=\"https://a.example/?x=1&amp;y=2\">l</a>",
            ),
            (
                "<a href=\"javascript:alert(1)\" title=t>l</a>",
                "<a title=\"t\">l</a>",
            ),
            ("<a href=\"java\nscript:alert(1)\">l</a>", "<a>l</a>"),
            ("<img src=x onerror=alert(1)>", "<img src=\"x\">"),
            ("<br/>", "<br>"),
            ("<form><p>x</p></form>", "<p>x </p>"),
            ("<ul><li>one</li></ul>", "<ul><li>one </li></ul>"),
            ("grüße 漢字", "grüße 漢字"),
            ("<b", "&lt;b"),
            ("", ""),
        ] {
            assert_eq!(rewrite(written), kept, "{written}");
        }
    }

    proptest! {
        #[test]
        fn a_second_save_changes_nothing(text in "(<|>|&|;|\"|'|=|/|!|-|#|a|p|div|script|on|href|lt|39|x| |\u{a0}|é){0,40}") {
            let once = rewrite(&text);
            prop_assert_eq!(rewrite(&once), once.clone());
        }

        #[test]
        fn no_script_survives(text in ".{0,40}") {
            let kept = rewrite(&format!("{text}<script>alert(1)</script>"));
            prop_assert!(!kept.contains("<script"));
        }
    }
}
