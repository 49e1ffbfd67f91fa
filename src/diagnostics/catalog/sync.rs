//! Findings about planning and applying.

use crate::diagnostics::Entry;

/// All of them.
pub(super) static ALL: &[&Entry] = &[];
