//! All output: stdout carries only what was asked for, everything else goes to stderr.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};

/// How output is made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UiOptions {
    /// `--color`: forced on or off; by terminal and environment if `None`.
    pub(crate) colour: Option<bool>,
    /// Less on stderr.
    pub(crate) quiet: bool,
    /// More detail.
    pub(crate) verbose: u8,
    /// Nothing may be asked.
    pub(crate) no_input: bool,
}

/// Where output goes.
#[derive(Clone)]
enum Sink {
    /// The process's own streams.
    Process,
    /// Both into one text: the demo shows what its commands print.
    Captured(Arc<Mutex<String>>),
}

/// The output of one command.
#[derive(Clone)]
pub(crate) struct Ui {
    options: UiOptions,
    sink: Sink,
    colour_stdout: bool,
    colour_stderr: bool,
    progress: bool,
}

/// There is nobody to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CannotAsk;

impl Ui {
    /// Over this process's streams. `NO_COLOR` and `CI` are honoured.
    pub(crate) fn new(options: &UiOptions) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let plain = set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = |terminal: bool| options.colour.unwrap_or(terminal && !plain);
        Self {
            options: *options,
            sink: Sink::Process,
            colour_stdout: colour(std::io::stdout().is_terminal()),
            colour_stderr: colour(std::io::stderr().is_terminal()),
            progress: std::io::stderr().is_terminal() && !set("CI") && !options.quiet,
        }
    }

    /// Into a text, for a command that runs inside another one.
    pub(crate) fn captured(&self) -> (Self, Arc<Mutex<String>>) {
        let text = Arc::new(Mutex::new(String::new()));
        let captured = Self {
            sink: Sink::Captured(text.clone()),
            colour_stderr: self.colour_stdout,
            progress: false,
            ..self.clone()
        };
        (captured, text)
    }

    /// Whether stdout takes colours.
    pub(crate) fn colour_stdout(&self) -> bool {
        self.colour_stdout
    }

    /// Whether stderr takes colours.
    pub(crate) fn colour_stderr(&self) -> bool {
        self.colour_stderr
    }

    /// Whether progress bars make sense.
    pub(crate) fn shows_progress(&self) -> bool {
        self.progress
    }

    /// How much detail was asked for.
    pub(crate) fn verbosity(&self) -> u8 {
        self.options.verbose
    }

    /// What was asked for.
    pub(crate) fn stdout(&self, text: &str) {
        match &self.sink {
            // A reader that went away is no error: it has what it wanted.
            Sink::Process => drop(std::io::stdout().lock().write_all(text.as_bytes())),
            Sink::Captured(captured) => append(captured, text),
        }
    }

    /// Findings and failures; shown even with `--quiet`.
    pub(crate) fn stderr(&self, text: &str) {
        match &self.sink {
            Sink::Process => drop(std::io::stderr().lock().write_all(text.as_bytes())),
            Sink::Captured(captured) => append(captured, text),
        }
    }

    /// Worth knowing.
    pub(crate) fn note(&self, text: &str) {
        if !self.options.quiet {
            self.stderr(&printable(text));
        }
    }

    /// Only with `--verbose`.
    pub(crate) fn detail(&self, text: &str) {
        if self.options.verbose > 0 {
            self.stderr(&printable(text));
        }
    }

    /// Why the command failed, and what to do next.
    pub(crate) fn error(&self, message: &str, help: Option<&str>) {
        let mut text = self.label("error", AnsiColor::Red);
        text.push_str(": ");
        text.push_str(&printable(message));
        text.push('\n');
        if let Some(help) = help {
            text.push_str(&self.label("help", AnsiColor::Cyan));
            text.push_str(": ");
            text.push_str(&printable(help));
            text.push('\n');
        }
        self.stderr(&text);
    }

    fn label(&self, word: &str, colour: AnsiColor) -> String {
        if !self.colour_stderr {
            return word.to_owned();
        }
        let style = Style::new().bold().fg_color(Some(colour.into()));
        format!("{style}{word}{style:#}")
    }

    /// Asks; anything but `yes` or `y` is a no.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool, CannotAsk> {
        let stdin = std::io::stdin();
        if self.options.no_input || !stdin.is_terminal() || matches!(self.sink, Sink::Captured(_)) {
            return Err(CannotAsk);
        }
        self.stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer).map_err(|_| CannotAsk)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

fn append(captured: &Mutex<String>, text: &str) {
    captured.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
}

/// The text with every control character but line end and tab shown as an escape: titles and server
/// words come from strangers and must not drive the terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() || is_direction_mark(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// Marks that reorder the text around them (Unicode Technical Report 36).
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn strangers_do_not_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\u{202e}c\n\td"), "a\\u{1b}[2Jb\\u{d}\\u{202e}c\n\td");
        assert_eq!(printable("Grüße 🛒"), "Grüße 🛒");
    }
}
