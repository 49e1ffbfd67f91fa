//! Text from outside made safe for a terminal.

use std::borrow::Cow;

/// Messages longer than this are cut.
const LONGEST: usize = 2000;

/// Quoted names and values longer than this are cut.
const LONGEST_QUOTE: usize = 80;

/// `text` with control characters and those that reorder or hide text written as escapes, and cut
/// after 2,000 characters: a manifest must not be able to drive the terminal or to fake a message.
pub fn printable(text: &str) -> Cow<'_, str> {
    shortened(text, LONGEST)
}

/// A name or value from a manifest in back quotes, made printable and cut after 80 characters.
pub fn quote(text: &str) -> String {
    format!("`{}`", shortened(text, LONGEST_QUOTE))
}

fn shortened(text: &str, longest: usize) -> Cow<'_, str> {
    let short = text.len() <= longest || text.chars().count() <= longest;
    if short && !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().min(longest * 4));
    for (count, c) in text.chars().enumerate() {
        if count == longest {
            safe.push('…');
            break;
        }
        if is_hostile(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// `text` without what a build agent takes for one of its commands: `##vso[` and `##[` anywhere in a line
/// (Azure Pipelines, and older GitHub runners), `::` where a line begins (GitHub Actions; behind a third colon,
/// as excerpts of files have it, stands no name of a command). Their second character is written as an escape, so that the title of an item cannot set a variable of a pipeline that
/// prints it. The same text is given back where there is none.
pub fn defused(text: &str) -> Cow<'_, str> {
    let begins = |line: &str| {
        let line = line.trim_start();
        line.starts_with("::") && !line.starts_with(":::")
    };
    if !text.contains("##") && !text.lines().any(begins) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            safe.push('\n');
        }
        let mut rest = line;
        if begins(line) {
            let at = line.len() - line.trim_start().len();
            safe.push_str(&line[..=at]);
            safe.push_str("\\u{3a}");
            rest = &line[at + 2..];
        }
        while let Some(at) = rest.find("##") {
            safe.push_str(&rest[..=at]);
            rest = &rest[at + 2..];
            let lower = rest.get(..4).map(str::to_ascii_lowercase);
            if rest.starts_with('[') || lower.as_deref() == Some("vso[") {
                safe.push_str("\\u{23}");
            } else {
                // The second one may begin a command with what follows.
                rest = &line[line.len() - rest.len() - 1..];
            }
        }
        safe.push_str(rest);
    }
    Cow::Owned(safe)
}

/// JSON with the same meaning and without `##vso[` and `##[`. In JSON these stand only inside texts, where
/// `#` may be written as an escape.
pub fn json_defused(json: String) -> String {
    if !json.contains("##") {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 16);
    let mut before = ' ';
    for c in json.chars() {
        if before == '#' && c == '#' {
            safe.push_str("\\u0023");
        } else {
            safe.push(c);
        }
        before = c;
    }
    safe
}

/// Control characters, line separators, the marks that change the direction of text (Unicode
/// Technical Report 36, bidirectional text spoofing), and what nobody sees: marks without a width, and tags,
/// which spell out whole sentences. The one table of them; whoever allows line breaks or tabs takes them out
/// before.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061C}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// [`is_hostile`] in texts of items: their scripts and emoji need the joiners (U+200C, U+200D), which names in
/// manifests do not.
pub(crate) fn is_hostile_in_text(c: char) -> bool {
    is_hostile(c) && !matches!(c, '\u{200C}' | '\u{200D}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_drives_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(printable("a\nb"), "a\\u{a}b");
        assert_eq!(quote("\u{202E}evil"), "`\\u{202e}evil`");
        assert_eq!(printable("a\u{E0061}b"), "a\\u{e0061}b");
        assert_eq!(printable("Prüfung ✓"), "Prüfung ✓");
    }

    #[test]
    fn breaks_commands_of_build_agents_and_nothing_else() {
        for (text, expected) in [
            (
                "a ##vso[task.setvariable]b",
                "a #\\u{23}vso[task.setvariable]b",
            ),
            ("##VSO[x]", "#\\u{23}VSO[x]"),
            ("###[error]", "##\\u{23}[error]"),
            ("  ::set-output name=a::b", "  :\\u{3a}set-output name=a::b"),
            ("one\n::debug::", "one\n:\\u{3a}debug::"),
        ] {
            assert_eq!(defused(text), expected);
        }
        for plain in [
            "## heading",
            "a::b",
            "#[derive]",
            "C##",
            "####",
            "",
            "é::",
            "  ::: file.yaml:3",
        ] {
            assert!(matches!(defused(plain), Cow::Borrowed(_)) || defused(plain) == plain);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_command_is_left(text in "(#|\\[|:|vso\\[|vSo\\[| |x|\n|é){0,30}") {
            let safe = defused(&text);
            // As GitHub's runner reads a line: a name of letters behind two colons.
            let begins = |line: &str| {
                let name = line.trim_start().strip_prefix("::");
                name.is_some_and(|name| !name.starts_with(':'))
            };
            proptest::prop_assert!(!safe.contains("##["), "{safe}");
            proptest::prop_assert!(!safe.to_ascii_lowercase().contains("##vso["), "{safe}");
            proptest::prop_assert!(!safe.lines().any(begins));
            proptest::prop_assert_eq!(defused(&safe), safe.clone());
        }
    }

    #[test]
    fn json_means_the_same_without_commands() {
        let value = serde_json::json!({ "##": "a ##vso[x]y ### \\## \" ##[z]" });
        let safe = json_defused(value.to_string());
        assert!(!safe.contains("##"), "{safe}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            value
        );
    }

    #[test]
    fn cuts_long_text() {
        assert_eq!(quote(&"ü".repeat(500)).chars().count(), LONGEST_QUOTE + 3);
        assert_eq!(quote(&"ü".repeat(80)).chars().count(), 82);
    }
}
