//! Findings about manifests.

use crate::diagnostics::Entry;

/// All of them.
pub(super) static ALL: &[&Entry] = &[];
