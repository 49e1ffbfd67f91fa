//! Two edits of one value put together.
//!
//! | codec | merged by |
//! |---|---|
//! | `set` | member: what both kept and what either added, without a base the union |
//! | `steps` | step, and within one step by action and expected result |
//! | `richText` | block of the tree; within a list by item, within a paragraph by line |
//! | `text` | line |
//! | others | not at all |
//!
//! Values are merged in TestWorthy's terms. What would not survive the way there and back is not merged, so
//! either half of a merge says all of it: whichever is written first, the other one follows from it.

mod sequence;
mod set;
mod steps;
mod text;

use crate::mapping::CompiledRow;
use crate::model::config::Codec;
use crate::model::{BaseField, Sides, System, Value};

/// The value that holds both edits, as each side writes it. `None` where they touch the same part, where
/// values of this kind do not merge, and where a side could not hold the result as it is.
///
/// A base counts only if it is one of this row's definition and both of its halves say the same by the
/// mapping; if they differ (a server's spelling), nobody can tell what was edited in TestWorthy's terms.
/// Without a base sets merge, nothing else.
pub fn merge(
    row: &CompiledRow,
    base: Option<&BaseField>,
    now: &Sides<Value>,
) -> Option<Sides<Value>> {
    let kind = Kind::of(row.codec())?;
    let left = &now.testworthy;
    let right = row.translate(System::AzureDevOps, &now.azure_devops).ok()?;
    let again = row.translate(System::TestWorthy, &right).ok()?;
    if !row.same(System::AzureDevOps, &again, &now.azure_devops) {
        return None;
    }
    let same = |one: &Value, other: &Value| row.same(System::TestWorthy, one, other);
    let testworthy = match base.filter(|base| base.row_digest == row.digest()) {
        None => kind.union(left, &right)?,
        Some(base) => {
            let translated = row
                .translate(System::AzureDevOps, &base.azure_devops)
                .ok()?;
            let base = &base.testworthy;
            if !same(&translated, base) {
                return None;
            }
            if same(left, &right) || same(&right, base) {
                left.clone()
            } else if same(left, base) {
                right
            } else {
                kind.merge(base, left, &right)?
            }
        }
    };
    let azure_devops = row.translate(System::TestWorthy, &testworthy).ok()?;
    let back = row.translate(System::AzureDevOps, &azure_devops).ok()?;
    same(&back, &testworthy).then_some(Sides {
        testworthy,
        azure_devops,
    })
}

/// Values that merge.
#[derive(Clone, Copy)]
enum Kind {
    Set,
    Steps,
    Blocks,
    Lines,
}

impl Kind {
    fn of(codec: Codec) -> Option<Self> {
        Some(match codec {
            Codec::Set => Self::Set,
            Codec::Steps => Self::Steps,
            Codec::RichText => Self::Blocks,
            Codec::Text => Self::Lines,
            Codec::Number
            | Codec::Boolean
            | Codec::Picklist
            | Codec::DateTime
            | Codec::Path
            | Codec::User
            | Codec::State
            | Codec::Parameters => return None,
        })
    }

    fn union(self, left: &Value, right: &Value) -> Option<Value> {
        match self {
            Self::Set => set::merge(&Value::Null, left, right),
            Self::Steps | Self::Blocks | Self::Lines => None,
        }
    }

    fn merge(self, base: &Value, left: &Value, right: &Value) -> Option<Value> {
        match self {
            Self::Set => set::merge(base, left, right),
            // Emptied as a whole, which is no edit of any part.
            _ if left.is_null() || right.is_null() => None,
            Self::Steps => steps::merge(base, left, right),
            Self::Blocks => text::merge_blocks(base, left, right),
            Self::Lines => text::merge_lines(base, left, right),
        }
    }
}

#[cfg(test)]
mod tests;
