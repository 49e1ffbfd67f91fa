//! The page that the human form is written on: widths, colours, caps, and the one place where text
//! leaves for the terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::HumanOptions;
use crate::diagnostics::defused;
use crate::plan::render::text::{cut, escape, wrap};

/// What a line means; decides its colour and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Faint,
    Heading,
    Create,
    Update,
    Delete,
    Link,
    Alert,
}

impl Tone {
    fn style(self) -> Style {
        let coloured = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Self::Plain => Style::new(),
            Self::Faint => Style::new().dimmed(),
            Self::Heading => Style::new().bold(),
            Self::Create => coloured(AnsiColor::Green),
            Self::Update => coloured(AnsiColor::Yellow),
            Self::Delete => coloured(AnsiColor::Red),
            Self::Link => coloured(AnsiColor::Cyan),
            Self::Alert => coloured(AnsiColor::Magenta).bold(),
        }
    }
}

/// How much of everything is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    /// Changes (or groups of equal ones) per kind of change, and entries per section.
    pub(super) entries: usize,
    /// Items of a group.
    pub(super) items: usize,
    /// Fields of a change.
    pub(super) fields: usize,
    /// Lines of one text's difference.
    pub(super) diff: usize,
    /// Lines of one message.
    pub(super) message: usize,
    /// Characters of a value beyond the line's width.
    pub(super) value: usize,
    /// Lines of the whole page.
    pub(super) lines: usize,
}

impl Caps {
    fn of(options: &HumanOptions) -> Self {
        if options.full {
            return Self {
                entries: usize::MAX,
                items: usize::MAX,
                fields: usize::MAX,
                diff: usize::MAX,
                message: usize::MAX,
                value: usize::MAX,
                lines: usize::MAX,
            };
        }
        if options.verbose {
            return Self {
                entries: 200,
                items: 50,
                fields: 100,
                diff: 60,
                message: 40,
                value: 4_000,
                lines: 4_000,
            };
        }
        Self {
            entries: 20,
            items: 10,
            fields: 20,
            diff: 12,
            message: 8,
            value: 0,
            lines: 500,
        }
    }
}

/// Collects lines. Everything that it takes is escaped here, so no text of an item or of a manifest
/// reaches the terminal as it is.
pub(super) struct Page {
    out: String,
    colour: bool,
    pub(super) width: usize,
    pub(super) caps: Caps,
    lines: usize,
    shortened: bool,
}

impl Page {
    pub(super) fn new(options: &HumanOptions) -> Self {
        Self {
            out: String::new(),
            colour: options.colour,
            width: options.width.clamp(40, 240),
            caps: Caps::of(options),
            lines: 0,
            shortened: false,
        }
    }

    /// Whether another entry may be begun.
    pub(super) fn has_room(&self) -> bool {
        self.lines < self.caps.lines
    }

    /// Says that something was left out, for the hint at the end.
    pub(super) fn shorten(&mut self) {
        self.shortened = true;
    }

    pub(super) fn is_shortened(&self) -> bool {
        self.shortened
    }

    /// The room for text behind an indent.
    pub(super) fn room(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent).max(16)
    }

    /// The room for a value behind an indent; more than the line has where values are shown whole.
    pub(super) fn value_room(&self, indent: usize) -> usize {
        self.room(indent).max(self.caps.value)
    }

    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
            self.lines += 1;
        }
    }

    /// One line, cut to its room.
    pub(super) fn row(&mut self, indent: usize, tone: Tone, text: &str) {
        let text = escape(text);
        let room = self.value_room(indent);
        if text.chars().nth(room).is_some() {
            self.shorten();
        }
        self.push(indent, tone, &cut(&text, room));
    }

    /// One line that is never cut, for text made of counts.
    pub(super) fn line(&mut self, tone: Tone, text: &str) {
        let text = escape(text);
        self.push(0, tone, &text);
    }

    /// A sentence, wrapped; what follows its first line is indented by two more.
    pub(super) fn flow(&mut self, indent: usize, tone: Tone, text: &str) {
        let lines = wrap(&escape(text), self.room(indent + 2));
        let kept = lines.len().min(self.caps.message);
        for (number, line) in lines.iter().take(kept).enumerate() {
            let indent = if number == 0 { indent } else { indent + 2 };
            // A single endless word is no sentence.
            let longest = self.width.saturating_mul(4).max(self.caps.value);
            let line = cut(line, longest);
            if number + 1 == kept && kept < lines.len() {
                self.shorten();
                self.push(indent, tone, &format!("{line} …"));
            } else {
                self.push(indent, tone, &line);
            }
        }
    }

    fn push(&mut self, indent: usize, tone: Tone, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        let text = &*defused(text);
        let style = tone.style();
        if self.colour && !style.is_plain() {
            let _ = write!(self.out, "{style}{text}{style:#}");
        } else {
            self.out.push_str(text);
        }
        self.out.push('\n');
        self.lines += 1;
    }

    pub(super) fn finish(self) -> String {
        self.out
    }
}
