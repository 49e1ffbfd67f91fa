//! What goes wrong, and when the process dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use accord::model::System;
use accord::reconcile::StopFlag;
use accord::remote::{RemoteError, RemoteErrorKind};
use tokio::sync::Notify;

use crate::error::{error, rejected};
use crate::rng::Rng;

/// What may happen to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It takes so many milliseconds.
    Slow(i64),
    /// Nobody listens: it was never sent.
    NotConnected,
    /// It was sent and never arrived.
    Lost,
    /// It was carried out, and nobody was told.
    Unanswered,
    /// As that, but so many milliseconds later.
    Late(i64),
    /// 429, whatever the client tried.
    Busy,
    /// 5xx, whatever the client tried; nothing was carried out.
    Broken,
    /// It was carried out, and the answer breaks off.
    Truncated,
    /// A sign-in page in the place of an answer; nothing was carried out.
    SignIn,
    /// Refused for good.
    Refused,
    /// Of a batch some are carried out.
    Partial,
}

/// Draws what goes wrong.
pub(crate) struct Faults {
    rng: Rng,
    /// How often in a thousand requests.
    pub(crate) often: usize,
    /// How often in a thousand requests a person is faster.
    pub(crate) races: usize,
    /// Late requests land before this, in milliseconds.
    pub(crate) settle: i64,
}

impl Faults {
    pub(crate) fn new(rng: Rng, often: usize, races: usize, settle: i64) -> Self {
        Self {
            rng,
            often,
            races,
            settle,
        }
    }

    pub(crate) fn stop(&mut self) {
        self.pause();
    }

    /// Nothing goes wrong for a while; gives the rates.
    pub(crate) fn pause(&mut self) -> (usize, usize) {
        (
            std::mem::take(&mut self.often),
            std::mem::take(&mut self.races),
        )
    }

    pub(crate) fn go_on(&mut self, often: usize, races: usize) {
        (self.often, self.races) = (often, races);
    }

    pub(crate) fn is_race(&mut self) -> bool {
        let races = self.races;
        self.rng.per_mille(races)
    }

    pub(crate) fn draw(&mut self, is_write: bool, is_batch: bool) -> Option<Fault> {
        // Drawn whatever the rate is, so that the schedule behind it stays the same.
        let (hit, which) = (self.rng.below(1000), self.rng.below(100));
        let delay = i64::try_from(self.rng.between(200, 60_000)).expect("a small number");
        // Writes are rarer than reads, and more interesting.
        let often = if is_write { self.often * 6 } else { self.often };
        if hit >= often {
            return None;
        }
        Some(match which {
            0..8 => Fault::Slow(delay),
            8..16 => Fault::NotConnected,
            16..30 => Fault::Lost,
            30..50 if is_write => Fault::Unanswered,
            50..66 if is_write => Fault::Late(self.late()),
            66..70 => Fault::Busy,
            70..76 => Fault::Broken,
            76..82 => Fault::Truncated,
            82..86 => Fault::SignIn,
            86..91 if is_write => Fault::Refused,
            91..100 if is_batch => Fault::Partial,
            _ => Fault::Lost,
        })
    }

    /// Inside the settle time, and most of them soon.
    pub(crate) fn late(&mut self) -> i64 {
        let longest = if self.rng.per_mille(500) {
            self.settle / 10
        } else {
            self.settle - 1_000
        };
        let longest = usize::try_from(longest).expect("a settle time");
        i64::try_from(self.rng.between(100, longest)).expect("a small number")
    }

    /// The fate of one element of a batch: carried out, not run, refused.
    pub(crate) fn element(&mut self) -> usize {
        self.rng.below(3)
    }
}

/// The error that a client makes of a fault.
pub(crate) fn seen(system: System, fault: Fault) -> RemoteError {
    let unavailable = |reason: &str, maybe_sent| RemoteErrorKind::Unavailable {
        reason: reason.to_owned(),
        maybe_sent,
    };
    let kind = match fault {
        Fault::NotConnected => unavailable("connection refused", false),
        Fault::Busy => RemoteErrorKind::RateLimited {
            reason: "429".to_owned(),
        },
        Fault::Broken => unavailable("503", true),
        Fault::Truncated => RemoteErrorKind::Protocol {
            reason: "the body breaks off".to_owned(),
        },
        Fault::SignIn => RemoteErrorKind::Unauthenticated {
            answer: "status 203 with a sign-in page".to_owned(),
        },
        Fault::Refused | Fault::Partial => rejected("the server does not like it"),
        Fault::Lost | Fault::Unanswered | Fault::Late(_) | Fault::Slow(_) => {
            unavailable("timed out", true)
        }
    };
    error(system, kind)
}

/// When the process dies, of the calls that it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The call is not made.
    Before,
    /// A request is on its way: it lands later. A call to the store was not made.
    During,
    /// The call was carried out, and its answer never arrives.
    After,
}

/// One run of the program.
pub(crate) struct Process {
    death: Option<(usize, Moment)>,
    /// The call at which somebody asks it to stop.
    stopped: Option<usize>,
    calls: AtomicUsize,
    dead: AtomicBool,
    pub(crate) died: Notify,
    pub(crate) stop: StopFlag,
}

impl Process {
    pub(crate) fn new(death: Option<(usize, Moment)>, stopped: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            death,
            stopped,
            calls: AtomicUsize::new(0),
            dead: AtomicBool::new(false),
            died: Notify::new(),
            stop: StopFlag::default(),
        })
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Counts a call; whether the process dies at it, and how.
    pub(crate) fn next_call(&self) -> (usize, Option<Moment>) {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.stopped == Some(number) {
            self.stop.stop();
        }
        let moment = self.death.filter(|(at, _)| *at == number);
        (number, moment.map(|(_, moment)| moment))
    }

    /// From here on nothing of it goes on.
    pub(crate) async fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_one();
        std::future::pending::<()>().await;
    }
}
