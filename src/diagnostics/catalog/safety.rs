//! Findings about safety rules.

use crate::diagnostics::Entry;

/// All of them.
pub(super) static ALL: &[&Entry] = &[];
