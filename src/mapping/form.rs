//! Canonical forms: one spelling per meaning, so that what a server rewrites is not taken for a change.
//!
//! Reading is lenient (a number that arrives as text is a number); what is written is always canonical.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::codec::rich_text::{self, Format};
use crate::model::{Number, Value};

/// The form of a row's values on one side.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// One line; inner white space is one space.
    Title,
    /// One line, trimmed.
    Line,
    /// Any number of lines, ended by LF, without trailing white space.
    Lines,
    /// A number.
    Number {
        /// Without a fraction.
        whole: bool,
    },
    /// True or false; nothing is false.
    Boolean,
    /// An instant in whole seconds.
    ///
    /// Azure DevOps keeps instants on a grid of a third of a hundredth of a second. Only whole seconds
    /// are ever written, and those lie on the grid, so a round trip never shows as a change.
    DateTime,
    /// A set of texts, compared without case.
    Set,
    /// One of a list.
    Choice {
        /// What is allowed, canonical; empty means that it is not known.
        allowed: Vec<Value>,
        /// What the entries are.
        of: ChoiceOf,
    },
    /// Formatted text as canonical HTML.
    RichText {
        /// Whether the field holds plain text: what formatting there is does not get there.
        plain: bool,
    },
    /// Test steps.
    Steps,
    /// Test parameters.
    Parameters,
    /// A person by the name that identifies them, in lower case.
    User,
    /// Names from the outermost on.
    Path {
        /// What stands between them.
        separator: char,
    },
}

/// What the entries of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChoiceOf {
    /// Texts.
    Text,
    /// Numbers.
    Number,
    /// Not known.
    Any,
}

/// How a canonical value is kept by a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// As it is.
    Native,
    /// As its text.
    Text,
}

impl Form {
    /// What the form holds, in words.
    pub(super) fn expected(&self) -> &'static str {
        match self {
            Self::Title | Self::Line | Self::Lines => "text",
            Self::Number { whole: true } => "a whole number",
            Self::Number { whole: false } => "a number",
            Self::Boolean => "true or false",
            Self::DateTime => "a date and time with its offset",
            Self::Set => "a set of texts",
            Self::Choice {
                of: ChoiceOf::Number,
                ..
            } => "a number of a list",
            Self::Choice { .. } => "an entry of a list",
            Self::RichText { .. } => "formatted text",
            Self::Steps => "test steps",
            Self::Parameters => "test parameters",
            Self::User => "a person",
            Self::Path { .. } => "a path",
        }
    }

    /// The canonical form of a value; `None` if it is none of this form.
    pub(super) fn canonical(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Boolean => boolean(value).map(Value::Boolean),
            _ if value.is_null() => Some(Value::Null),
            Self::Title => Some(Value::text(title(&plain(value)?))),
            Self::Line => Some(Value::text(lines(&plain(value)?).trim())),
            Self::Lines => Some(Value::text(lines(&plain(value)?))),
            Self::Number { whole } => number(value).filter(|value| {
                !whole || matches!(value, Value::Null | Value::Number(Number::Integer(_)))
            }),
            Self::DateTime => date_time(value),
            Self::Set => set(value),
            Self::Choice { allowed, of } => {
                let value = of.canonical(value)?;
                Some(spelled(allowed, &value).cloned().unwrap_or(value))
            }
            Self::RichText { plain: as_plain } => {
                let format = match value {
                    Value::Text(_) => Format::Html,
                    _ => Format::Plain,
                };
                formatted(&plain(value)?, format, *as_plain)
            }
            Self::Steps => matches!(value, Value::Steps(_)).then(|| value.clone()),
            Self::Parameters => matches!(value, Value::Parameters(_)).then(|| value.clone()),
            Self::User => Some(Value::text(title(&plain(value)?).to_lowercase())),
            Self::Path { separator } => Some(path(&plain(value)?, *separator)),
        }
    }

    /// Whether two canonical values mean the same.
    pub(super) fn same(&self, left: &Value, right: &Value) -> bool {
        match (self, left, right) {
            (Self::Set, Value::Set(left), Value::Set(right)) => {
                left == right || folded(left) == folded(right)
            }
            // Areas and iterations are told apart without case (Microsoft Learn, Naming restrictions).
            (Self::Path { .. }, Value::Text(left), Value::Text(right)) => {
                left == right || left.to_lowercase() == right.to_lowercase()
            }
            _ => left == right,
        }
    }
}

impl ChoiceOf {
    /// The canonical form of an entry, whether it is in the list or not.
    pub(super) fn canonical(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Number, _) => number(value),
            (Self::Any, Value::Number(_) | Value::Boolean(_)) => Some(value.clone()),
            _ => Form::Line.canonical(value),
        }
    }
}

impl Storage {
    /// What is sent for a canonical value.
    pub(super) fn stored(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Native, _) | (_, Value::Null | Value::Text(_)) => value.clone(),
            (Self::Text, _) => Value::text(value.to_string()),
        }
    }
}

/// The text by which value maps and lists know a value; empty for nothing.
pub(super) fn key(value: &Value) -> String {
    if value.is_null() {
        String::new()
    } else {
        value.to_string()
    }
}

/// A key without case and with single spaces: how near misses are found.
pub(super) fn fold(text: &str) -> String {
    title(text).to_lowercase()
}

/// The entry that means `value`: by its exact text, else the only one that differs by case or space.
pub(super) fn spelled<'a>(entries: &'a [Value], value: &Value) -> Option<&'a Value> {
    let wanted = key(value);
    let is_wanted = |entry: &&Value| match entry {
        Value::Text(text) => *text == wanted,
        _ => key(entry) == wanted,
    };
    if let Some(exact) = entries.iter().find(is_wanted) {
        return Some(exact);
    }
    let wanted = fold(&wanted);
    let mut near = entries.iter().filter(|entry| fold(&key(entry)) == wanted);
    near.next().filter(|_| near.next().is_none())
}

fn plain(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => Some(Cow::Borrowed("")),
        Value::Set(_) | Value::Steps(_) | Value::Parameters(_) => None,
        Value::Text(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// Characters without width that editors leave behind. Joiners stay: scripts and emoji need them.
fn is_noise(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

fn has_noise(text: &str) -> bool {
    !text.is_ascii() && text.contains(is_noise)
}

/// Whether a text is as [`title`] leaves it. Nearly every text is, and looking costs less than building.
fn is_title(text: &str) -> bool {
    !has_noise(text)
        && text
            .split(' ')
            .all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
}

/// Whether a text is as [`lines`] leaves it.
fn is_lines(text: &str) -> bool {
    !has_noise(text)
        && !text.ends_with('\n')
        && text
            .split('\n')
            .all(|line| !line.ends_with(char::is_whitespace))
}

fn title(text: &str) -> String {
    if is_title(text) {
        return text.to_owned();
    }
    let visible: String = text.chars().filter(|c| !is_noise(*c)).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lines(text: &str) -> String {
    if is_lines(text) {
        return text.to_owned();
    }
    let visible: String = text.chars().filter(|c| !is_noise(*c)).collect();
    let trimmed: Vec<&str> = visible
        .split('\n')
        .map(|line| line.trim_end_matches(|c: char| c.is_whitespace()))
        .collect();
    trimmed.join("\n").trim_end().to_owned()
}

/// A text in a format as canonical HTML; `None` if it is too long or too deep to be read.
pub(super) fn formatted(text: &str, format: Format, as_plain: bool) -> Option<Value> {
    let html = if as_plain && format != Format::Plain {
        let words = rich_text::parse(text, format).ok()?.plain();
        rich_text::canonical(&words, Format::Plain)
    } else {
        rich_text::canonical(text, format)
    };
    html.ok().map(Value::text)
}

/// The names of a path with one separator between, whichever stood there.
fn path(text: &str, separator: char) -> Value {
    let names = text.split(['/', '\\']).map(title);
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    Value::text(names.join(&separator.to_string()))
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Number(_) => Some(value.clone()),
        Value::Text(text) => {
            let text = text.trim();
            let number = match text.parse() {
                Ok(whole) => Number::Integer(whole),
                Err(_) => Number::from_f64(text.parse().ok()?)?,
            };
            Some(Value::Number(number))
        }
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Null | Value::Number(Number::Integer(0)) => Some(false),
        Value::Boolean(flag) => Some(*flag),
        Value::Number(Number::Integer(1)) => Some(true),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn date_time(value: &Value) -> Option<Value> {
    let instant: Timestamp = match value {
        Value::DateTime(instant) => *instant,
        Value::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let before = i64::from(instant.subsec_nanosecond() < 0);
    let whole = Timestamp::from_second(instant.as_second() - before).unwrap_or(instant);
    Some(Value::DateTime(whole))
}

fn set(value: &Value) -> Option<Value> {
    let members: Vec<&str> = match value {
        Value::Set(members) => members.iter().map(String::as_str).collect(),
        Value::Text(text) => text.split([',', ';']).collect(),
        _ => return None,
    };
    let mut seen = BTreeSet::new();
    let members = members
        .into_iter()
        .map(title)
        .filter(|member| !member.is_empty() && seen.insert(member.to_lowercase()));
    Some(Value::set(members))
}

fn folded(members: &BTreeSet<String>) -> BTreeSet<String> {
    members.iter().map(|member| member.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Value {
        Value::text(text)
    }

    #[test]
    fn texts_lose_only_what_servers_rewrite() {
        let lines = Form::Lines;
        assert_eq!(
            lines.canonical(&text("a \r\n  b\t\r\n\r\n")),
            Some(text("a\n  b"))
        );
        assert_eq!(
            lines.canonical(&text("\u{FEFF}a\u{200B}b")),
            Some(text("ab"))
        );
        assert_eq!(
            lines.canonical(&text("👩\u{200D}🔬")),
            Some(text("👩\u{200D}🔬"))
        );
        assert_eq!(lines.canonical(&text(" \r\n ")), Some(Value::Null));
        assert_eq!(Form::Title.canonical(&text(" a \n b ")), Some(text("a b")));
        assert_eq!(Form::Line.canonical(&text("  a  b ")), Some(text("a  b")));
    }

    #[test]
    fn numbers_arrive_as_numbers_or_texts() {
        let any = Form::Number { whole: false };
        assert_eq!(any.canonical(&text(" 5.0 ")), Some(Value::integer(5)));
        assert_eq!(any.canonical(&text("inf")), None);
        assert_eq!(any.canonical(&text("five")), None);
        let half = any.canonical(&text("0.5")).unwrap();
        assert_eq!(Form::Number { whole: true }.canonical(&half), None);
        assert_eq!(
            Form::Number { whole: true }.canonical(&Value::Null),
            Some(Value::Null)
        );
    }

    #[test]
    fn nothing_is_false() {
        assert_eq!(
            Form::Boolean.canonical(&Value::Null),
            Some(Value::Boolean(false))
        );
        assert_eq!(
            Form::Boolean.canonical(&Value::integer(1)),
            Some(Value::Boolean(true))
        );
        assert_eq!(
            Form::Boolean.canonical(&text("TRUE")),
            Some(Value::Boolean(true))
        );
        assert_eq!(Form::Boolean.canonical(&Value::integer(2)), None);
    }

    #[test]
    fn instants_have_whole_seconds_before_and_after_the_epoch() {
        let canonical = |t: &str| Form::DateTime.canonical(&text(t)).map(|v| v.to_string());
        assert_eq!(
            canonical("2024-05-06T07:08:09.997Z").as_deref(),
            Some("2024-05-06T07:08:09Z")
        );
        assert_eq!(
            canonical("1969-12-31T23:59:58.003Z").as_deref(),
            Some("1969-12-31T23:59:58Z")
        );
        assert_eq!(
            canonical("2024-05-06T09:08:09+02:00").as_deref(),
            Some("2024-05-06T07:08:09Z")
        );
        assert_eq!(canonical("2024-05-06T07:08:09"), None);
    }

    #[test]
    fn sets_compare_without_case_and_keep_their_spelling() {
        let set = Form::Set.canonical(&text("TW-1; tw-1, AB")).unwrap();
        assert_eq!(set, Value::set(["TW-1", "AB"]));
        assert!(Form::Set.same(&set, &Value::set(["ab", "tw-1"])));
        assert!(!Form::Set.same(&set, &Value::set(["ab"])));
        assert_eq!(Form::Set.canonical(&text(" , ")), Some(Value::Null));
    }

    #[test]
    fn choices_take_the_spelling_of_the_list() {
        let allowed = vec![text("Must Test"), text("Active"), text("ACTIVE")];
        let of = ChoiceOf::Text;
        let choice = Form::Choice { allowed, of };
        assert_eq!(
            choice.canonical(&text("must  test")),
            Some(text("Must Test"))
        );
        assert_eq!(choice.canonical(&text("ACTIVE")), Some(text("ACTIVE")));
        assert_eq!(
            choice.canonical(&text("active")),
            Some(text("active")),
            "two are near"
        );
        assert_eq!(choice.canonical(&text("other")), Some(text("other")));
        let allowed = vec![Value::integer(1)];
        let of = ChoiceOf::Number;
        let choice = Form::Choice { allowed, of };
        assert_eq!(choice.canonical(&text("1")), Some(Value::integer(1)));
        assert_eq!(choice.canonical(&text("one")), None);
    }

    pub(super) fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<String>().prop_map(Value::text),
            "[ a\\r\\n\\t,;A1.-]{0,12}".prop_map(Value::text),
            any::<i64>().prop_map(Value::integer),
            any::<f64>().prop_map(|f| Number::from_f64(f).map_or(Value::Null, Value::Number)),
            any::<bool>().prop_map(Value::Boolean),
            (-377_705_023_000_i64..253_402_207_000, 0..1_000_000_000_i32)
                .prop_map(|(s, n)| { Timestamp::new(s, n).map_or(Value::Null, Value::DateTime) }),
            proptest::collection::vec("[ a-cA-C,]{0,3}", 0..4).prop_map(Value::set),
        ]
    }

    fn any_form() -> impl Strategy<Value = Form> {
        prop_oneof![
            Just(Form::Title),
            Just(Form::Line),
            Just(Form::Lines),
            any::<bool>().prop_map(|whole| Form::Number { whole }),
            Just(Form::Boolean),
            Just(Form::DateTime),
            Just(Form::Set),
            any::<bool>().prop_map(|plain| Form::RichText { plain }),
            Just(Form::User),
            Just(Form::Path { separator: '\\' }),
            Just(Form::Path { separator: '/' }),
            Just(Form::Choice {
                allowed: vec![text("A"), text("a1")],
                of: ChoiceOf::Text
            }),
            Just(Form::Choice {
                allowed: vec![Value::integer(1)],
                of: ChoiceOf::Number
            }),
            Just(Form::Choice {
                allowed: vec![],
                of: ChoiceOf::Any
            }),
        ]
    }

    proptest! {
        /// The short way may only take texts that the long way leaves as they are.
        #[test]
        fn what_looks_canonical_is(text in "[ab \\n\\r\\t\u{b}\u{85}\u{a0}\u{200b}\u{feff}é]{0,8}") {
            let visible: String = text.chars().filter(|c| !is_noise(*c)).collect();
            if is_title(&text) {
                let words: Vec<&str> = visible.split_whitespace().collect();
                prop_assert_eq!(&words.join(" "), &text);
            }
            if is_lines(&text) {
                let kept: Vec<&str> = visible.split('\n').map(str::trim_end).collect();
                let kept = kept.join("\n");
                prop_assert_eq!(kept.trim_end(), &text);
            }
        }

        #[test]
        fn canonical_twice_is_canonical_once(form in any_form(), value in any_value()) {
            if let Some(once) = form.canonical(&value) {
                prop_assert_eq!(form.canonical(&once), Some(once));
            }
        }

        #[test]
        fn what_is_stored_as_text_reads_back(value in any_value(), form in any_form()) {
            // A member with a separator is refused before it is stored, and a list of unknown kind
            // is never kept as text.
            let any = matches!(form, Form::Choice { of: ChoiceOf::Any, .. });
            let apart = matches!(&value, Value::Set(m) if m.iter().any(|m| m.contains(',')));
            let plain = !any && !apart;
            if let (true, Some(value)) = (plain, form.canonical(&value)) {
                let stored = Storage::Text.stored(&value);
                let back = form.canonical(&stored).expect("stored values can be read");
                prop_assert!(form.same(&back, &value), "{:?} became {:?}", value, back);
            }
        }
    }
}
