//! The stream of `--format jsonl` and `--out jsonl=PATH`: what happens, as it happens, a line for each event.
//!
//! Only commands that carry something out have a stream. Times come from the session's clock. A line is
//! written whole and flushed, so that a reader never sees half of one.

use std::borrow::Cow;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::progress::Bars;
use super::ui::Ui;
use crate::model::System;
use crate::plan::render::jsonl::{Event, SCHEMA, plan_events};
use crate::plan::{Plan, ToolEntry};
use crate::reconcile::{ApplyReport, Clock, Counters, OperationEnd, Progress, Witness};

/// Between two lines about the progress of the same piece of work.
const EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Where the events of one command go. Clones write to the same places.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Option<Stream>>>);

struct Stream {
    ui: Ui,
    clock: Arc<dyn Clock>,
    command: &'static str,
    started: Timestamp,
    sinks: Vec<Sink>,
    work: Option<Work>,
    applying: Option<Timestamp>,
}

enum Sink {
    Stdout,
    File(PathBuf, File),
}

/// The piece of work that is going on.
struct Work {
    what: String,
    total: Option<u64>,
    done: u64,
    began: Timestamp,
    told: Timestamp,
}

impl Events {
    /// A command begins that has a stream; it goes to stdout if that was asked for.
    pub(crate) fn begin(
        &self,
        command: &'static str,
        ui: &Ui,
        clock: Arc<dyn Clock>,
        stdout: bool,
    ) {
        let mut stream = Stream {
            ui: ui.clone(),
            started: clock.now(),
            clock,
            command,
            sinks: Vec::new(),
            work: None,
            applying: None,
        };
        if stdout {
            stream.add(Sink::Stdout);
        }
        *self.lock() = Some(stream);
    }

    /// Whether the command has a stream, wherever it goes.
    pub(crate) fn has_begun(&self) -> bool {
        self.lock().is_some()
    }

    /// The stream goes to this file too, from now on.
    pub(crate) fn to_file(&self, path: &Path) -> Result<(), Failed> {
        let file = File::create(path).map_err(|error| {
            Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
        })?;
        self.with(|stream| stream.add(Sink::File(path.to_owned(), file)));
        Ok(())
    }

    /// The plan, with everything in it.
    pub(crate) fn plan(&self, plan: &Plan) {
        self.with(|stream| {
            if !stream.sinks.is_empty() {
                plan_events(plan).for_each(|event| stream.write(&event));
            }
        });
    }

    /// What a connection asked of a system.
    pub(crate) fn requests(&self, connection: &str, system: System, counters: &Counters) {
        self.with(|stream| {
            stream.write(&Event::Requests {
                connection: Cow::Borrowed(connection),
                system,
                requests: counters.requests,
                writes: counters.writes,
                retries: counters.retries,
                waits: counters.waits,
                waited_ms: u64::try_from(counters.waited.as_millis()).unwrap_or(u64::MAX),
                bytes_sent: counters.bytes_sent,
                bytes_received: counters.bytes_received,
            });
        });
    }

    /// Why the command failed.
    pub(crate) fn failed(&self, failed: &Failed) {
        if let Some(message) = &failed.message {
            self.with(|stream| {
                stream.write(&Event::Error {
                    message: Cow::Borrowed(message),
                    help: failed.help.as_deref().map(Cow::Borrowed),
                });
            });
        }
    }

    /// The last line. What could not be written to a file is told on stderr.
    pub(crate) fn end(&self, code: ExitCode) {
        self.with(|stream| {
            stream.end_work();
            let now = stream.clock.now();
            stream.write(&Event::End {
                exit_code: code.code(),
                duration_ms: Some(between(stream.started, now)),
                at: Some(now.to_string()),
            });
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with(&self, act: impl FnOnce(&mut Stream)) {
        if let Some(stream) = self.lock().as_mut() {
            act(stream);
        }
    }
}

impl Stream {
    fn add(&mut self, sink: Sink) {
        self.sinks.push(sink);
        let start = Event::Start {
            schema: Cow::Borrowed(SCHEMA),
            tool: ToolEntry {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            command: Cow::Borrowed(self.command),
            at: Some(self.started.to_string()),
        };
        let line = start.line();
        let last = self.sinks.len() - 1;
        self.put(last, &line);
    }

    fn write(&mut self, event: &Event<'_>) {
        if self.sinks.is_empty() {
            return;
        }
        let line = event.line();
        for sink in (0..self.sinks.len()).rev() {
            self.put(sink, &line);
        }
    }

    /// Writes a line to one sink; a file that cannot be written is told once and left alone.
    fn put(&mut self, sink: usize, line: &str) {
        let failure = match &mut self.sinks[sink] {
            Sink::Stdout => {
                self.ui.stdout(line);
                None
            }
            Sink::File(path, file) => {
                let written = file.write_all(line.as_bytes()).and_then(|()| file.flush());
                let place = path.display();
                written.err().map(|error| format!("{place}: {error}"))
            }
        };
        if let Some(failure) = failure {
            self.sinks.remove(sink);
            self.ui.error(&failure, None);
        }
    }

    fn end_work(&mut self) {
        if let Some(work) = self.work.take() {
            let now = self.clock.now();
            self.write(&Event::WorkEnded {
                what: Cow::Owned(work.what),
                done: work.done,
                duration_ms: between(work.began, now),
                at: now.to_string(),
            });
        }
    }
}

fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

/// Progress for whoever watches: bars for a person, events for a program.
pub(crate) struct Told {
    bars: Bars,
    events: Events,
}

impl Told {
    pub(crate) fn new(ui: &Ui, events: &Events) -> Self {
        Self {
            bars: Bars::new(ui),
            events: events.clone(),
        }
    }
}

impl Progress for Told {
    fn begin(&self, what: &str, total: Option<u64>) {
        self.bars.begin(what, total);
        self.events.with(|stream| {
            stream.end_work();
            let now = stream.clock.now();
            stream.write(&Event::WorkStarted {
                what: Cow::Borrowed(what),
                total,
                at: now.to_string(),
            });
            stream.work = Some(Work {
                what: what.to_owned(),
                total,
                done: 0,
                began: now,
                told: now,
            });
        });
    }

    fn advance(&self, units: u64) {
        self.bars.advance(units);
        self.events.with(|stream| {
            let now = stream.clock.now();
            let Some(work) = &mut stream.work else { return };
            work.done = work.done.saturating_add(units);
            if now.duration_since(work.told) < EVERY {
                return;
            }
            work.told = now;
            let event = Event::WorkProgress {
                what: Cow::Owned(work.what.clone()),
                done: work.done,
                total: work.total,
                at: now.to_string(),
            };
            stream.write(&event);
        });
    }

    fn end(&self) {
        self.bars.end();
        self.events.with(Stream::end_work);
    }

    fn note(&self, text: &str) {
        self.bars.note(text);
        self.events.with(|stream| {
            let at = stream.clock.now().to_string();
            stream.write(&Event::Note {
                message: Cow::Borrowed(text),
                at,
            });
        });
    }

    fn applying(&self, operations: u64) {
        self.events.with(|stream| {
            let now = stream.clock.now();
            stream.applying = Some(now);
            let at = now.to_string();
            stream.write(&Event::ApplyStarted { operations, at });
        });
    }

    fn witness(&self) -> Option<Witness> {
        let events = self.events.clone();
        Some(Witness::new(move |ended: OperationEnd<'_>| {
            events.with(|stream| {
                let at = stream.clock.now().to_string();
                let address = Cow::Borrowed(ended.address);
                stream.write(&match ended.failure {
                    None => Event::OperationDone {
                        address,
                        index: ended.change.map(|index| index as u64),
                        at,
                    },
                    Some((kind, message)) => Event::OperationFailed {
                        address,
                        kind: Cow::Borrowed(kind.key()),
                        message: Cow::Borrowed(message),
                        at,
                    },
                });
            });
        }))
    }

    fn applied(&self, report: &ApplyReport) {
        self.events.with(|stream| {
            stream.end_work();
            let now = stream.clock.now();
            let began = stream.applying.take().unwrap_or(now);
            stream.write(&Event::ApplyEnded {
                run: Cow::Borrowed(&report.run.0),
                applied: report.applied,
                failed: report.failures.len() as u64,
                stopped: report.stopped,
                notes: Cow::Borrowed(&report.notes),
                duration_ms: between(began, now),
                at: now.to_string(),
            });
        });
    }
}
