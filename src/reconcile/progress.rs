//! How far a long piece of work is, for whoever watches.

use std::fmt;
use std::sync::Arc;

use super::executor::{ApplyReport, FailureKind};

/// Takes in progress. Calls nest no deeper than one piece of work at a time.
pub trait Progress: Send + Sync {
    /// A piece of work begins, with its number of units if that is known.
    fn begin(&self, what: &str, total: Option<u64>);

    /// So many more units are done.
    fn advance(&self, units: u64);

    /// The piece of work is done.
    fn end(&self);

    /// Something worth a line.
    fn note(&self, text: &str);

    /// A plan with so many operations is about to be carried out.
    fn applying(&self, _operations: u64) {}

    /// Who wants to know of every operation what became of it, as soon as that is known.
    fn witness(&self) -> Option<Witness> {
        None
    }

    /// The plan was carried out, as far as it was.
    fn applied(&self, _report: &ApplyReport) {}
}

/// What became of an operation.
#[derive(Clone, Copy, Debug)]
pub struct OperationEnd<'a> {
    /// The source item's address.
    pub address: &'a str,
    /// The change of the plan, by its index, if it is one.
    pub change: Option<usize>,
    /// Why it was not carried out, if it was not.
    pub failure: Option<(FailureKind, &'a str)>,
}

type Tell = dyn Fn(OperationEnd<'_>) + Send + Sync;

/// Is told of every operation what became of it.
#[derive(Clone)]
pub struct Witness(Arc<Tell>);

impl Witness {
    /// One that calls this.
    pub fn new(tell: impl Fn(OperationEnd<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells it.
    pub(super) fn tell(&self, ended: OperationEnd<'_>) {
        (self.0)(ended);
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Witness")
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: Option<u64>) {}

    fn advance(&self, _units: u64) {}

    fn end(&self) {}

    fn note(&self, _text: &str) {}
}
