//! How far a long piece of work is, for whoever watches.

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
