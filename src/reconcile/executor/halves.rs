//! The base of a row after one write of it, and why one half of a merge is enough to remember the other.
//!
//! Both sides edited a row, and both edits were put together: the merged value goes to both sides, each by
//! a write of its own, the work item's first. Say the row held `(l, r)` when it was planned, and the merge
//! is `(m_l, m_r)`.
//!
//! **Both halves are written in one run.** The base is what both servers answered, as after any write.
//!
//! **One half is written and the other is not** (killed in between, or refused, or somebody changed that
//! item meanwhile). Say `m_r` was written and `l` was left. The base becomes `(l, f(l))`: what the side
//! that was left held, and what the written side would hold were it nothing but a copy of it. That is a
//! true ancestor of both values that are there now: `m_r` is `f(l)` with the edits of Azure DevOps in it,
//! and whatever TestWorthy comes to hold was made from `l`. So the next plan finds
//!
//! - TestWorthy as it was, Azure DevOps changed: it carries `m_r` over, and with it both edits;
//! - TestWorthy edited again: two changes from one ancestor, each of which counts once. Against the old
//!   base the edits of TestWorthy would count twice, because they are on both sides now;
//! - TestWorthy holding `m_l` after all (the second write landed and its answer was lost): both sides in
//!   accord.
//!
//! It does not matter which half was written, nor whether the pair had a base before. Where `l` has no
//! translation, the written side's part of the old base stands in for `f(l)`: it is older than it need be,
//! and nothing that was changed since is taken for unchanged.
//!
//! **The base must let the written side count as changed**, or the half that is left would be forgotten:
//! where what was written reads like that side's part of the new base (a translation that drops what was
//! merged in), the row loses its base, and the two values meet as if for the first time.
//!
//! The same holds when recovery finds that a half has landed: it knows `l` and `m_r` from the intent.

use crate::mapping::CompiledRow;
use crate::model::{BaseField, System, Value};
use crate::store::IntentPart;

/// The base of a row after `side` was written: `from` is what the other side held when that was planned,
/// `now` what the server answered. `None` if the row is to have no base.
pub(in crate::reconcile) fn base_after(
    row: &CompiledRow,
    side: System,
    part: IntentPart,
    (from, now): (&Value, &Value),
    old: Option<&BaseField>,
) -> Option<BaseField> {
    match part {
        IntentPart::Whole => Some(base_field(row, side, from.clone(), now.clone())),
        IntentPart::UnderWay => Some(BaseField::under_way(now.clone())),
        IntentPart::Half => {
            let copied = row.translate(side.other(), from).ok();
            let recorded = || old.filter(|old| !old.is_under_way());
            let own = copied.or_else(|| recorded().map(|old| value_of(old, side).clone()))?;
            let is_owed = !row.same(side, now, &own);
            is_owed.then(|| base_field(row, side, from.clone(), own))
        }
    }
}

/// A base of what the written side holds and the other one.
pub(super) fn base_field(
    row: &CompiledRow,
    side: System,
    other: Value,
    written: Value,
) -> BaseField {
    let (testworthy, azure_devops) = match side {
        System::TestWorthy => (written, other),
        System::AzureDevOps => (other, written),
    };
    BaseField {
        testworthy,
        azure_devops,
        row_digest: row.digest().to_owned(),
    }
}

fn value_of(base: &BaseField, side: System) -> &Value {
    match side {
        System::TestWorthy => &base.testworthy,
        System::AzureDevOps => &base.azure_devops,
    }
}

#[cfg(test)]
mod tests;
