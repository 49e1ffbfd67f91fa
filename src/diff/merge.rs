//! Two edits of one value put together.

use crate::mapping::CompiledRow;
use crate::model::{BaseField, Sides, Value};

/// The value that holds both edits, as each side writes it; `None` where they touch the same part, or
/// where values of this kind do not merge.
pub fn merge(
    _row: &CompiledRow,
    _base: Option<&BaseField>,
    _now: &Sides<Value>,
) -> Option<Sides<Value>> {
    None
}
