//! Observe, plan, apply, record: the one way through Accord that every command takes.
//!
//! Only this room joins the adapters, the store and the pure planner. It reads no clock and makes no
//! ids by itself: both come in through [`Clock`] and [`Ids`], so that a simulation can replay a run.

mod beside;
mod clock;
mod configuration;
mod connect;
mod custom_field;
mod describe;
mod doctor;
mod drift;
mod dump;
mod error;
mod executor;
mod linking;
mod observe;
mod places;
mod plan;
mod progress;
pub mod publish;
mod rebuild;
mod record;
mod recovery;
mod resolve;
mod saved;
mod secrecy;
mod secret;
mod verify;

pub use clock::{Clock, Ids, RealClock, TimeOrderedIds};
pub use configuration::declared_integration;
pub(crate) use connect::ENTRA;
pub use connect::{HttpRemotes, Readers, Remotes, Validators, Writers, endpoints};
pub use custom_field::AwaitedField;
pub use describe::describe;
pub use doctor::{
    Cause, Check, ConnectionReport, DoctorContext, DoctorReport, Status, SystemReport, doctor,
};
pub use drift::{Absence, Copied, DriftReport, DriftedField, DriftedPair, drift};
pub use dump::{DumpContext, DumpOptions, DumpOutcome, DumpedFile, Refused, dump};
pub use error::{Carried, ReconcileError};
pub(crate) use executor::exit_code;
pub use executor::{ApplyReport, Failure, FailureKind, StopFlag, apply, recover};
pub use linking::{LinkOutcome, LinkProblem, WantedItem, WantedPair, link, unlink};
pub use plan::{Observation, PlanOptions, PlanOutcome, plan};
pub use progress::{OperationEnd, Progress, Silent, Witness};
pub use rebuild::{RebuildReport, Recovered, rebuild};
pub use resolve::{Decisions, Fate, addresses, only_bookkeeping};
pub use saved::{Foreign, Prepared, Skipped, Staleness, foreign, prepare};
pub use secret::{
    Environment, ProcessEnvironment, SecretError, StateSecretError, resolve_for_state,
};
pub use verify::{
    Echo, EvidenceEntry, Objector, RuleReport, Sample, SampleField, SampleKind, SampleObjection,
    Stop, Verdict, VerifyOptions, VerifyReport, VerifySummary, verify,
};

pub use crate::http::{Counters, Notice, OFFLINE, Timeouts};

use crate::model::config::Config;
use crate::store::Store;

/// Everything that planning and applying need from outside.
pub struct Context<'a> {
    /// The checked configuration.
    pub config: &'a Config,
    /// How to reach the systems.
    pub remotes: &'a dyn Remotes,
    /// The state.
    pub store: &'a dyn Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// New ids.
    pub ids: &'a dyn Ids,
    /// Who wants to know how far it is.
    pub progress: &'a dyn Progress,
}
