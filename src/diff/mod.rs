//! The compare of base, source and target: what becomes of a field, of a pair, of an item.
//!
//! Decision tables as pure functions. A side has changed only against its own base; the two sides are
//! compared through the mapping only.

mod compare;
mod decision;
mod edits;
mod field;
mod item;
mod latest;
mod merge;
#[cfg(test)]
mod reference;
mod two_way;

pub use compare::{CompareContext, Compared, ComparedRow, compare_pair};
pub use decision::{Put, RowDecision, RowWrite};
pub use edits::{Edit, SideItem, edits};
pub use field::{Cause, FieldVerdict, one_way_field};
pub use item::{Candidates, ItemRules, ItemSituation, ItemVerdict, Presence, decide_item};
pub use latest::latest;
pub use merge::merge;
pub use two_way::{FieldRules, two_way_field};
