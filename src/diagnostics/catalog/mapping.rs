//! Findings about field mappings.

use crate::diagnostics::Entry;

/// All of them.
pub(super) static ALL: &[&Entry] = &[];
