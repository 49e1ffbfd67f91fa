//! Progress on stderr: bars where somebody watches, with `--verbose` a line now and then elsewhere.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::ui::{Ui, printable};
use crate::reconcile::Progress;

/// Between two lines of the same piece of work in a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// One piece of work at a time.
pub(crate) struct Bars {
    ui: Ui,
    work: Mutex<Option<Work>>,
    line_every: Duration,
}

/// The piece of work that is going on.
enum Work {
    Bar(ProgressBar),
    Lines {
        what: String,
        total: Option<u64>,
        done: u64,
        last: Instant,
    },
}

impl Bars {
    pub(crate) fn new(ui: &Ui) -> Self {
        Self {
            ui: ui.clone(),
            work: Mutex::new(None),
            line_every: LINE_EVERY,
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Option<Work>) -> T) -> T {
        change(&mut self.work.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn start(&self, what: &str, total: Option<u64>) -> Work {
        let Some(bars) = self.ui.bars() else {
            self.ui.detail(&line(what, None, total));
            return Work::Lines {
                what: what.to_owned(),
                total,
                done: 0,
                last: Instant::now(),
            };
        };
        let bar = bars.add(total.map_or_else(ProgressBar::new_spinner, ProgressBar::new));
        let template = if total.is_some() {
            "{spinner} {msg} {wide_bar} {pos}/{len} {eta}"
        } else {
            "{spinner} {msg} {pos} {elapsed}"
        };
        // A template that indicatif does not take leaves its own.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        // Names of rules and connections, but it is drawn to a terminal all the same.
        bar.set_message(printable(what).replace('\n', " "));
        bar.enable_steady_tick(Duration::from_millis(120));
        Work::Bar(bar)
    }
}

impl Work {
    fn end(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: Option<u64>) {
        let begun = self.start(what, total);
        if let Some(before) = self.with(|work| work.replace(begun)) {
            before.end();
        }
    }

    fn advance(&self, units: u64) {
        let due = self.with(|work| match work {
            None => None,
            Some(Work::Bar(bar)) => {
                bar.inc(units);
                None
            }
            Some(Work::Lines {
                what,
                total,
                done,
                last,
            }) => {
                *done = done.saturating_add(units);
                (last.elapsed() >= self.line_every).then(|| {
                    *last = Instant::now();
                    line(what, Some(*done), *total)
                })
            }
        });
        if let Some(line) = due {
            self.ui.detail(&line);
        }
    }

    fn end(&self) {
        if let Some(work) = self.with(Option::take) {
            work.end();
        }
    }

    fn note(&self, text: &str) {
        self.ui.note(&format!("{text}\n"));
    }
}

impl Drop for Bars {
    /// A command that failed in the middle leaves no bar under its message.
    fn drop(&mut self) {
        self.end();
    }
}

fn line(what: &str, done: Option<u64>, total: Option<u64>) -> String {
    match (done, total) {
        (None, None) => format!("{what}\n"),
        (None, Some(total)) => format!("{what} ({total})\n"),
        (Some(done), None) => format!("{what}: {done}\n"),
        (Some(done), Some(total)) => format!("{what}: {done} of {total}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ui::UiOptions;
    use super::*;

    fn told(verbose: u8, every: Duration, run: impl FnOnce(&Bars)) -> String {
        let (ui, text) = Ui::new(UiOptions {
            verbose,
            ..UiOptions::default()
        })
        .captured();
        let mut bars = Bars::new(&ui);
        bars.line_every = every;
        run(&bars);
        drop(bars);
        text.lock().unwrap().clone()
    }

    fn work(bars: &Bars) {
        bars.begin("reading cases", Some(3));
        bars.advance(1);
        bars.advance(2);
        bars.end();
        bars.begin("asking", None);
        bars.advance(7);
        bars.end();
        bars.advance(9);
        bars.note("a note");
    }

    #[test]
    fn a_log_gets_a_line_now_and_then_and_only_if_verbose() {
        assert_eq!(
            told(1, Duration::ZERO, work),
            "reading cases (3)\nreading cases: 1 of 3\nreading cases: 3 of 3\nasking\nasking: 7\na note\n"
        );
        let rare = told(1, Duration::from_secs(3600), work);
        assert_eq!(rare, "reading cases (3)\nasking\na note\n");
        assert_eq!(told(0, Duration::ZERO, work), "a note\n");
    }

    #[test]
    fn work_that_is_not_ended_ends_with_the_next_and_with_the_bars() {
        let text = told(1, Duration::ZERO, |bars| {
            bars.begin("one", None);
            bars.begin("two", None);
            bars.advance(1);
        });
        assert_eq!(text, "one\ntwo\ntwo: 1\n");
    }
}
