//! All output: stdout carries only what was asked for, everything else goes to stderr.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::diagnostics::{defused, is_hostile_in_text, json_defused};

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
    /// Each into a text of its own.
    Apart(Streams),
}

/// What was written to stdout and stderr.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams([Arc<Mutex<String>>; 2]);

impl Streams {
    /// Both texts, taken away.
    pub(crate) fn take(&self) -> [String; 2] {
        self.0
            .each_ref()
            .map(|text| std::mem::take(&mut *text.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// What the process finds around it.
#[derive(Clone, Copy, Debug, Default)]
struct Surroundings {
    /// Which of the three streams are terminals.
    stdin: bool,
    stdout: bool,
    stderr: bool,
    /// `NO_COLOR` (no-color.org), or a terminal that says it knows no colours.
    plain: bool,
    /// `CI`: what looks like a terminal is a log.
    ci: bool,
}

impl Surroundings {
    fn detect() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            plain: variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|t| t == "dumb"),
            ci: variable("CI").is_some_and(|value| value != "false" && value != "0"),
        }
    }
}

/// The output of one command. Clones write to the same place.
#[derive(Clone)]
pub(crate) struct Ui {
    options: UiOptions,
    sink: Sink,
    colour_stdout: bool,
    colour_stderr: bool,
    can_ask: bool,
    progress: bool,
    /// Progress bars on stderr; they are taken away while anything else is written.
    bars: MultiProgress,
    /// The first failure to write what was asked for.
    lost: Arc<Mutex<Option<io::Error>>>,
}

/// There is nobody to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CannotAsk;

impl Ui {
    /// Over this process's streams. `NO_COLOR`, `CI` and `TERM=dumb` are honoured.
    pub(crate) fn new(options: UiOptions) -> Self {
        Self::within(options, Surroundings::detect())
    }

    fn within(options: UiOptions, around: Surroundings) -> Self {
        let colour = |terminal: bool| options.colour.unwrap_or(terminal && !around.plain);
        let progress = around.stderr && !around.ci && !options.quiet;
        Self {
            options,
            sink: Sink::Process,
            colour_stdout: colour(around.stdout),
            colour_stderr: colour(around.stderr),
            // A question that goes into a file would wait for ever.
            can_ask: around.stdin && around.stderr && !options.no_input,
            progress,
            bars: MultiProgress::with_draw_target(if progress {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            }),
            lost: Arc::default(),
        }
    }

    /// Into a text, for a command that runs inside another one.
    pub(crate) fn captured(&self) -> (Self, Arc<Mutex<String>>) {
        let text = Arc::new(Mutex::new(String::new()));
        let captured = Self {
            sink: Sink::Captured(text.clone()),
            colour_stderr: self.colour_stdout,
            can_ask: false,
            progress: false,
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            ..self.clone()
        };
        (captured, text)
    }

    /// Into two texts, with nobody to ask and nobody who watches.
    pub(crate) fn apart(options: UiOptions) -> (Self, Streams) {
        let streams = Streams::default();
        let mut ui = Self::within(options, Surroundings::default());
        ui.sink = Sink::Apart(streams.clone());
        (ui, streams)
    }

    /// Whether stdout takes colours.
    pub(crate) fn colour_stdout(&self) -> bool {
        self.colour_stdout
    }

    /// Whether stderr takes colours.
    pub(crate) fn colour_stderr(&self) -> bool {
        self.colour_stderr
    }

    /// Where progress bars are drawn; `None` where nobody watches.
    pub(crate) fn bars(&self) -> Option<&MultiProgress> {
        self.progress.then_some(&self.bars)
    }

    /// How much detail was asked for.
    pub(crate) fn verbosity(&self) -> u8 {
        self.options.verbose
    }

    /// What was asked for. A failure is kept for [`Ui::lost_output`].
    pub(crate) fn stdout(&self, text: &str) {
        match &self.sink {
            Sink::Captured(captured) => return append(captured, text),
            Sink::Apart(Streams([stdout, _])) => return append(stdout, text),
            Sink::Process => {}
        }
        if let Err(error) = self.bars.suspend(|| put(&mut io::stdout().lock(), text)) {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.get_or_insert(error);
        }
    }

    /// Why not all of what was asked for could be written, for example a full disk behind `> FILE`. A
    /// reader that went away (`| head`) is no failure: it has what it wanted.
    pub(crate) fn lost_output(&self) -> Option<String> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.as_ref()
            .map(|error| format!("the output could not be written: {error}"))
    }

    /// Findings and failures; shown even with `--quiet`.
    pub(crate) fn stderr(&self, text: &str) {
        match &self.sink {
            // There is no one left to tell about a failure here.
            Sink::Process => drop(self.bars.suspend(|| put(&mut io::stderr().lock(), text))),
            Sink::Captured(captured) => append(captured, text),
            Sink::Apart(Streams([_, stderr])) => append(stderr, text),
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

    /// Asks on stderr; anything but `yes` or `y` is a no, the end of the input too.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool, CannotAsk> {
        if !self.can_ask {
            return Err(CannotAsk);
        }
        self.stderr(&format!("{} [y/N] ", printable(question)));
        let answer = read_answer(&mut io::stdin().lock()).map_err(|_| CannotAsk)?;
        if answer.is_none() {
            // The line that the person did not end.
            self.stderr("\n");
        }
        Ok(answer.is_some_and(|answer| is_yes(&answer)))
    }
}

/// Writes all of it now. A reader that closed its end is taken for done.
fn put(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    match stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush())
    {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// One line; `None` at the end of the input.
fn read_answer(input: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    // Bytes, not text: a stray key is a no and not a failure.
    let read = input.read_until(b'\n', &mut bytes)?;
    Ok((read > 0).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

fn append(captured: &Mutex<String>, text: &str) {
    captured
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push_str(text);
}

/// The text with every control character but line end and tab, and every mark that hides or reorders text,
/// shown as an escape: titles and server words come from strangers and must not drive the terminal, or the
/// build agent that reads the output.
pub(crate) fn printable(text: &str) -> String {
    let text = &*defused(text);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if is_hostile_in_text(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// A JSON document for stdout, indented and with a line break at its end. A build agent that prints it finds
/// no command in what people wrote: `##` is written with an escape.
pub(crate) fn document(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value)
        .expect("a document has text keys and finite numbers only");
    json_defused(text + "\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL_TERMINALS: Surroundings = Surroundings {
        stdin: true,
        stdout: true,
        stderr: true,
        plain: false,
        ci: false,
    };

    fn ui(change: impl FnOnce(&mut UiOptions, &mut Surroundings)) -> Ui {
        let (mut options, mut around) = (UiOptions::default(), ALL_TERMINALS);
        change(&mut options, &mut around);
        Ui::within(options, around)
    }

    /// A stream that fails with one kind of error.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn colours_follow_each_stream_the_environment_and_the_flag() {
        let colours = |ui: Ui| (ui.colour_stdout(), ui.colour_stderr());
        assert_eq!(colours(ui(|_, _| {})), (true, true));
        assert_eq!(
            colours(ui(|_, around| around.stdout = false)),
            (false, true)
        );
        assert_eq!(
            colours(ui(|_, around| around.stderr = false)),
            (true, false)
        );
        assert_eq!(colours(ui(|_, around| around.plain = true)), (false, false));
        let never = ui(|options, _| options.colour = Some(false));
        assert_eq!(colours(never), (false, false));
        let always = ui(|options, around| {
            options.colour = Some(true);
            *around = Surroundings {
                plain: true,
                ..Surroundings::default()
            };
        });
        assert_eq!(colours(always), (true, true));
    }

    #[test]
    fn bars_are_for_those_who_watch() {
        assert!(ui(|_, _| {}).bars().is_some());
        assert!(ui(|_, around| around.stdout = false).bars().is_some());
        assert!(ui(|_, around| around.stderr = false).bars().is_none());
        assert!(ui(|_, around| around.ci = true).bars().is_none());
        assert!(ui(|options, _| options.quiet = true).bars().is_none());
        assert!(ui(|_, _| {}).captured().0.bars().is_none());
    }

    #[test]
    fn nobody_is_asked_where_nobody_can_answer() {
        let cases = [
            ui(|options, _| options.no_input = true),
            ui(|_, around| around.stdin = false),
            ui(|_, around| around.stderr = false),
            ui(|_, _| {}).captured().0,
        ];
        for ui in cases {
            assert_eq!(ui.confirm("Apply this plan?"), Err(CannotAsk));
        }
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y", "Y\n", " yes \r\n", "YES"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n", "no", "yess", "ye", "j", "1", "y y"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }

    #[test]
    fn the_end_of_the_input_is_no_answer_and_odd_bytes_are_one() {
        assert_eq!(read_answer(&mut &b""[..]).unwrap(), None);
        assert_eq!(
            read_answer(&mut &b"y\nrest"[..]).unwrap().as_deref(),
            Some("y\n")
        );
        assert!(!is_yes(
            &read_answer(&mut &b"\xff\xfe\n"[..]).unwrap().unwrap()
        ));
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is_one() {
        assert!(put(&mut Failing(ErrorKind::BrokenPipe), "text").is_ok());
        let full = put(&mut Failing(ErrorKind::StorageFull), "text").unwrap_err();
        assert_eq!(full.kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn quiet_and_verbose_say_what_is_told() {
        let told = |quiet: bool, verbose: u8| {
            let options = UiOptions {
                quiet,
                verbose,
                ..UiOptions::default()
            };
            let (ui, text) = Ui::within(options, Surroundings::default()).captured();
            ui.stdout("asked\n");
            ui.note("note\n");
            ui.detail("detail\n");
            ui.error("broken", Some("mend it"));
            text.lock().unwrap().clone()
        };
        let error = "error: broken\nhelp: mend it\n";
        assert_eq!(told(false, 0), format!("asked\nnote\n{error}"));
        assert_eq!(told(true, 0), format!("asked\n{error}"));
        assert_eq!(told(false, 1), format!("asked\nnote\ndetail\n{error}"));
    }

    #[test]
    fn errors_are_coloured_but_their_words_are_not_trusted() {
        let (ui, text) = ui(|options, _| options.colour = Some(true)).captured();
        ui.error("\u{1b}[2J", None);
        let text = text.lock().unwrap().clone();
        assert!(text.starts_with('\u{1b}'), "{text:?}");
        assert!(text.ends_with(": \\u{1b}[2J\n"), "{text:?}");
    }

    #[test]
    fn strangers_do_not_drive_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[2Jb\r\u{202e}c\n\td"),
            "a\\u{1b}[2Jb\\u{d}\\u{202e}c\n\td"
        );
        assert_eq!(
            printable("\u{9b}31m\u{7f}\u{2028}"),
            "\\u{9b}31m\\u{7f}\\u{2028}"
        );
        assert_eq!(
            printable("a\u{200b}b\u{feff}c\u{e0061}"),
            "a\\u{200b}b\\u{feff}c\\u{e0061}"
        );
        assert_eq!(printable("Grüße 🛒👩‍💻"), "Grüße 🛒👩‍💻");
    }

    proptest! {
        #[test]
        fn no_control_character_gets_through(text in any::<String>()) {
            let shown = printable(&text);
            prop_assert!(shown.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
            prop_assert_eq!(printable(&shown), shown);
        }
    }
}
