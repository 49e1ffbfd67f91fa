//! Both systems emulated on loopback, for demonstrations and tests.
//!
//! The emulator is an independent double: it shares no code with Accord's clients, so that a mistake in
//! a client cannot hide behind the same mistake here. One listener serves everything:
//! `/{organization}/...` is Azure DevOps, `/testworthy/api/tests/...` and `/testworthy/v1/...` are `TestWorthy` and `/_sandbox/...`
//! is the control surface (faults, request log, edits as a person would make them).
//!
//! Where to look: [`azure_devops`] and [`testworthy`] hold the two systems, [`fault`] what can go wrong,
//! [`log`] what was asked, [`exchange`] whole exchanges for a judge, [`server`] how a request travels through them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub mod azure_devops;
pub mod clock;
pub mod connection;
pub mod control;
mod edit;
pub mod exchange;
pub mod fault;
pub mod log;
mod odd_answer;
pub mod seed;
pub mod server;
pub mod testworthy;

pub use clock::SandboxClock;
pub use exchange::{Answer, Exchange, Exchanges};
pub use fault::{Fault, FaultKind, Faults};
pub use log::{LogEntry, RequestLog};
pub use server::{RunningSandbox, serve};

/// Everything that the sandbox knows. One lock guards it, so a request sees both systems at one moment.
#[derive(Default)]
pub struct State {
    /// The Azure DevOps organisation.
    pub azure_devops: azure_devops::Organization,
    /// The `TestWorthy` server.
    pub testworthy: testworthy::Server,
    /// What was asked so far.
    pub log: RequestLog,
    /// Whole exchanges, if they are recorded.
    pub exchanges: Exchanges,
    /// What shall go wrong.
    pub faults: Faults,
    /// The time that both systems stamp on changes.
    pub clock: SandboxClock,
}

/// A handle to the shared state; clones share it.
#[derive(Clone, Default)]
pub struct Sandbox {
    state: Arc<Mutex<State>>,
}

impl Sandbox {
    /// A sandbox over the given state.
    pub fn new(state: State) -> Self {
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Locks the state. Do not hold the guard across an `await`: every request waits for it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        // A handler that panicked leaves data that is still worth looking at in a test.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
