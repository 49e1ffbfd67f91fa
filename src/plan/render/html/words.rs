//! What changed between two texts, word by word.
//!
//! The work is bounded without a clock, so that the same plan gives the same page: where two texts are too
//! long to be compared, or the page has used up its [`Effort`], what stands between their common beginning
//! and their common end counts as replaced.

use serde::{Serialize, Serializer};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Words that are compared at most, of both texts together.
const MOST_WORDS: usize = 3_000;

/// An unchanged run that is longer is folded to its ends.
const FOLD_FROM: usize = 640;

/// What stays of a folded run on each side of a change.
const FOLD_TO: usize = 200;

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// In both texts.
    Same,
    /// Only in the first one.
    Gone,
    /// Only in the second one.
    New,
    /// So many characters are left out; `text` is their number.
    Left,
}

impl Tone {
    /// As the data says it.
    pub(super) fn sign(self) -> char {
        match self {
            Self::Same => '=',
            Self::Gone => '-',
            Self::New => '+',
            Self::Left => '~',
        }
    }
}

/// A run of text of one kind; serialised as one string, its sign in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) tone: Tone,
    pub(super) text: String,
}

impl Segment {
    pub(super) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            tone,
            text: text.into(),
        }
    }
}

impl Serialize for Segment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.text.len() + 1);
        text.push(self.tone.sign());
        text.push_str(&self.text);
        serializer.serialize_str(&text)
    }
}

/// How much comparing a page may still do, in steps of the slowest case.
#[derive(Debug)]
pub(super) struct Effort(u64);

impl Default for Effort {
    fn default() -> Self {
        Self(600_000_000)
    }
}

impl Effort {
    /// Whether lists of these lengths may be compared; if so it counts.
    pub(super) fn takes(&mut self, left: usize, right: usize) -> bool {
        let cost = (left as u64).saturating_add(right as u64).saturating_pow(2);
        let possible = left + right <= MOST_WORDS && cost <= self.0;
        if possible {
            self.0 -= cost;
        }
        possible
    }
}

/// The segments of two texts: those that are the same or gone make the first text, those that are the
/// same or new make the second one.
pub(super) fn compare(before: &str, after: &str, effort: &mut Effort) -> Vec<Segment> {
    if before == after {
        return run(Tone::Same, before);
    }
    let (old, new) = (words(before), words(after));
    let start = common(old.iter(), new.iter());
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = common(old_rest.iter().rev(), new_rest.iter().rev());
    let (old_rest, new_rest) = (
        &old_rest[..old_rest.len() - end],
        &new_rest[..new_rest.len() - end],
    );
    let mut segments = run(Tone::Same, &old[..start].concat());
    if old_rest.is_empty() || new_rest.is_empty() || !effort.takes(old_rest.len(), new_rest.len()) {
        segments.extend(run(Tone::Gone, &old_rest.concat()));
        segments.extend(run(Tone::New, &new_rest.concat()));
    } else {
        segments.extend(middle(old_rest, new_rest));
    }
    segments.extend(run(Tone::Same, &old[old.len() - end..].concat()));
    if is_alike(&segments) {
        return segments;
    }
    let mut replaced = run(Tone::Gone, before);
    replaced.extend(run(Tone::New, after));
    replaced
}

fn common<'a>(
    left: impl Iterator<Item = &'a &'a str>,
    right: impl Iterator<Item = &'a &'a str>,
) -> usize {
    left.zip(right).take_while(|(a, b)| a == b).count()
}

fn run(tone: Tone, text: &str) -> Vec<Segment> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![Segment::new(tone, text)]
}

/// Whether enough stays for a comparison to be easier to read than the two texts.
fn is_alike(segments: &[Segment]) -> bool {
    let size = |tone: Tone| -> usize {
        let of = segments.iter().filter(|segment| segment.tone == tone);
        of.map(|segment| segment.text.chars().filter(|c| c.is_alphanumeric()).count())
            .sum()
    };
    let (same, gone, new) = (size(Tone::Same), size(Tone::Gone), size(Tone::New));
    gone == 0 || new == 0 || same * 4 >= gone.max(new)
}

fn middle(old: &[&str], new: &[&str]) -> Vec<Segment> {
    let mut segments = Vec::new();
    // What replaces each other is gathered, so that `a b` for `c d` is one change and not two.
    let (mut gone, mut fresh) = (String::new(), String::new());
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    for op in &ops {
        let (before, after) = (&old[op.old_range()], &new[op.new_range()]);
        if matches!(op, DiffOp::Equal { .. }) {
            let same = before.concat();
            let glue = !same.chars().any(char::is_alphanumeric) && !same.contains('\n');
            if glue && same.len() <= 3 && !(gone.is_empty() && fresh.is_empty()) {
                gone.push_str(&same);
                fresh.push_str(&same);
                continue;
            }
            segments.extend(run(Tone::Gone, &std::mem::take(&mut gone)));
            segments.extend(run(Tone::New, &std::mem::take(&mut fresh)));
            segments.extend(run(Tone::Same, &same));
        } else {
            gone.push_str(&before.concat());
            fresh.push_str(&after.concat());
        }
    }
    segments.extend(run(Tone::Gone, &gone));
    segments.extend(run(Tone::New, &fresh));
    segments
}

/// Words, tags, and every other character by itself. Together they are the text.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '<' => tag(rest).unwrap_or(1),
            c if in_word(c) => rest.find(|c| !in_word(c)).unwrap_or(rest.len()),
            ' ' => rest.find(|c| c != ' ').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, more) = rest.split_at(length);
        words.push(word);
        rest = more;
    }
    words
}

/// Scripts without spaces between words are compared character by character.
fn in_word(c: char) -> bool {
    (c.is_alphanumeric() && u32::from(c) < 0x2e80) || c == '_'
}

/// The length of the tag that a text begins with.
pub(super) fn tag(text: &str) -> Option<usize> {
    const LONGEST: usize = 400;
    let inner = text.strip_prefix('<')?;
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = text.find('>')?;
    let again = text[1..].find('<').map(|at| at + 1);
    (end < LONGEST && again.is_none_or(|at| at > end)).then_some(end + 1)
}

/// Long runs that stay the same folded to what stands around a change, and everything together cut at
/// `most` characters; a number stands for what is left out.
pub(super) fn folded(segments: Vec<Segment>, most: usize) -> Vec<Segment> {
    let changes = segments.iter().any(|segment| segment.tone != Tone::Same);
    let last = segments.len().saturating_sub(1);
    let mut out: Vec<Segment> = Vec::new();
    let mut room = most;
    let mut left = 0;
    for (number, segment) in segments.into_iter().enumerate() {
        let length = segment.text.chars().count();
        if segment.tone == Tone::Same && changes && length > FOLD_FROM {
            let head = if number == 0 { 0 } else { FOLD_TO.min(room) };
            room -= head;
            let tail = if number == last { 0 } else { FOLD_TO.min(room) };
            room -= tail;
            let text = &segment.text;
            out.extend(run(Tone::Same, &text[..at(text, head)]));
            out.push(Segment::new(Tone::Left, (length - head - tail).to_string()));
            out.extend(run(Tone::Same, &text[at(text, length - tail)..]));
            continue;
        }
        if length <= room {
            room -= length;
            out.push(segment);
            continue;
        }
        left += length - room;
        let kept = &segment.text[..at(&segment.text, room)];
        out.extend(run(segment.tone, kept));
        room = 0;
    }
    if left > 0 {
        out.push(Segment::new(Tone::Left, left.to_string()));
    }
    out
}

/// The byte at which a character begins.
fn at(text: &str, character: usize) -> usize {
    text.char_indices()
        .nth(character)
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(before: &str, after: &str) -> String {
        let segments = compare(before, after, &mut Effort::default());
        let words = segments
            .iter()
            .map(|s| format!("{}{}", s.tone.sign(), s.text));
        words.collect::<Vec<_>>().join("|")
    }

    fn side(segments: &[Segment], tone: Tone) -> String {
        let mine = segments
            .iter()
            .filter(|s| s.tone == Tone::Same || s.tone == tone);
        mine.map(|s| s.text.as_str()).collect()
    }

    #[test]
    fn words_and_not_letters_are_compared() {
        assert_eq!(
            told(
                "Open the cart and pay by card",
                "Open the basket and pay by card"
            ),
            "=Open the |-cart|+basket|= and pay by card"
        );
        assert_eq!(
            told("<p>a</p>", "<p>a <b>b</b></p>"),
            "=<p>a|+ <b>b</b>|=</p>"
        );
        assert_eq!(
            told("支払いを確認", "支払日を確認"),
            "=支払|-い|+日|=を確認"
        );
    }

    #[test]
    fn neighbouring_changes_are_one() {
        assert_eq!(
            told("keep this text: one two", "keep this text: three four"),
            "=keep this text: |-one two|+three four"
        );
    }

    #[test]
    fn texts_without_anything_in_common_are_replaced_whole() {
        assert_eq!(
            told("alpha beta (x)", "gamma delta (y)"),
            "-alpha beta (x)|+gamma delta (y)"
        );
    }

    #[test]
    fn what_is_too_long_to_compare_is_told_by_its_ends() {
        let long = |word: &str| format!("start {}end", format!("{word} ").repeat(4_000));
        let segments = compare(
            &long("a"),
            &format!("{} {}", long("b"), long("a")),
            &mut Effort(0),
        );
        assert_eq!(side(&segments, Tone::Gone), long("a"));
    }

    #[test]
    fn a_long_run_is_folded_and_counted() {
        let long = "word ".repeat(1_000);
        let segments = compare(
            &format!("{long}old"),
            &format!("{long}new"),
            &mut Effort::default(),
        );
        let folded = folded(segments, 6_000);
        assert_eq!(folded[0], Segment::new(Tone::Left, "4800"));
        assert_eq!(folded[1].text.chars().count(), FOLD_TO);
        assert_eq!(folded.len(), 4);
    }

    proptest! {
        #[test]
        fn both_texts_are_in_the_segments(
            before in "([a-c ]|<p>|</p>|\n|é|支|<){0,40}", after in "([a-c ]|<p>|</p>|\n|é|支|<){0,40}",
            effort in prop_oneof![Just(0), Just(u64::MAX)],
        ) {
            let segments = compare(&before, &after, &mut Effort(effort));
            prop_assert_eq!(side(&segments, Tone::Gone), before);
            prop_assert_eq!(side(&segments, Tone::New), after);
        }

        #[test]
        fn nothing_is_left_out_unsaid(
            before in any::<String>(), after in any::<String>(), most in 0..40usize,
        ) {
            let segments = compare(&before, &after, &mut Effort::default());
            let count = |s: &[Segment]| -> usize {
                s.iter().map(|s| match s.tone {
                    Tone::Left => s.text.parse().unwrap(),
                    _ => s.text.chars().count(),
                }).sum()
            };
            let whole = count(&segments);
            let short = folded(segments, most);
            prop_assert_eq!(count(&short), whole);
            let shown = short.iter().filter(|s| s.tone != Tone::Left);
            prop_assert!(shown.map(|s| s.text.chars().count()).sum::<usize>() <= most);
        }
    }
}
