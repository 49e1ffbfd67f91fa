//! One row of one pair, both ways: the table of both sides against their own bases.

use super::decision::{Put, RowDecision, RowWrite};
use super::field::Cause;
use super::merge::merge;
use crate::mapping::{CompiledRow, Problem};
use crate::model::config::Winner;
use crate::model::{
    BaseField, ConflictCause, Equivalence, Learned, Sides, System, Take, Value, digest_of,
};

/// What is said about a row where two values meet.
#[derive(Clone, Copy, Debug)]
pub struct FieldRules<'a> {
    /// Who is right where both sides changed.
    pub winner: Winner,
    /// Who is right about a pair without a base, and about a row whose definition changed.
    pub first_sync: Winner,
    /// The side that was changed last, if the clocks let that be told.
    pub latest: Option<System>,
    /// What a person decided about the two values that are there now.
    pub decided: Option<Take>,
    /// Spellings of the servers.
    pub learned: &'a Learned,
}

/// Decides over one row that goes both ways. `now` are canonical values of the row.
///
/// Two values that differ by the mapping, while neither they nor the row changed since the base, are a
/// server's own spelling of what was written and are left alone.
pub fn two_way_field(
    row: &CompiledRow,
    base: Option<&BaseField>,
    now: &Sides<Value>,
    rules: &FieldRules<'_>,
) -> RowDecision {
    let meeting = Meeting {
        row,
        base,
        now,
        rules,
    };
    let accord = in_accord(row, now, rules.learned);
    let Some(base) = base else {
        return meeting.first(accord);
    };
    // What takes several writes and was cut short between them is owed by TestWorthy's side.
    let under_way = base.is_under_way();
    let left = under_way || !row.same(System::TestWorthy, &now.testworthy, &base.testworthy);
    let right = !row.same(System::AzureDevOps, &now.azure_devops, &base.azure_devops);
    let row_changed = !under_way && base.row_digest != row.digest();
    if accord {
        return if left || right || row_changed {
            RowDecision::Refresh
        } else {
            RowDecision::Same
        };
    }
    match (left, right) {
        (true, false) => meeting.write_from(System::TestWorthy, Cause::SourceChanged, false),
        (false, true) => meeting.write_from(System::AzureDevOps, Cause::SourceChanged, false),
        (true, true) => meeting.settle(rules.winner, ConflictCause::BothChanged, Cause::Policy),
        (false, false) if row_changed => meeting.settle(
            rules.first_sync,
            ConflictCause::MappingChanged,
            Cause::MappingChanged,
        ),
        (false, false) => match row.translate(System::TestWorthy, &now.testworthy) {
            Ok(_) => RowDecision::Same,
            Err(problem) => RowDecision::Hold(problem),
        },
    }
}

/// Whether the two sides say the same by the mapping, or by what a server is known to make of it.
pub(super) fn in_accord(row: &CompiledRow, now: &Sides<Value>, learned: &Learned) -> bool {
    let says_the_same = |from: System| {
        let (own, other) = (now.get(from), now.get(from.other()));
        let Ok(translated) = row.translate(from, own) else {
            return false;
        };
        row.same(from.other(), &translated, other)
            || is_spelling(row, from.other(), &translated, other, learned)
    };
    row.in_accord(&now.testworthy, &now.azure_devops)
        || says_the_same(System::TestWorthy)
        || (!learned.is_empty() && says_the_same(System::AzureDevOps))
}

/// Whether a server is known to keep `seen` where `sent` was written.
pub(super) fn is_spelling(
    row: &CompiledRow,
    system: System,
    sent: &Value,
    seen: &Value,
    learned: &Learned,
) -> bool {
    !learned.is_empty()
        && learned.holds(&Equivalence {
            system,
            row_digest: row.digest().to_owned(),
            sent: digest_of(sent),
            kept: digest_of(seen),
        })
}

/// Two values that are not in accord.
struct Meeting<'a> {
    row: &'a CompiledRow,
    base: Option<&'a BaseField>,
    now: &'a Sides<Value>,
    rules: &'a FieldRules<'a>,
}

impl Meeting<'_> {
    /// There is no base: a value beats an empty field, two values meet by `firstSync`.
    fn first(&self, accord: bool) -> RowDecision {
        if accord {
            return RowDecision::Refresh;
        }
        let empty = (
            self.now.testworthy.is_null(),
            self.now.azure_devops.is_null(),
        );
        match empty {
            (false, true) => self.write_from(System::TestWorthy, Cause::FirstSync, false),
            (true, false) => self.write_from(System::AzureDevOps, Cause::FirstSync, false),
            (false, false) | (true, true) => self.settle(
                self.rules.first_sync,
                ConflictCause::FirstSync,
                Cause::FirstSync,
            ),
        }
    }

    /// A person's decision first, then the policy.
    fn settle(&self, winner: Winner, conflict: ConflictCause, cause: Cause) -> RowDecision {
        match self.rules.decided {
            Some(Take::TestWorthy) => {
                return self.write_from(System::TestWorthy, Cause::Decided, true);
            }
            Some(Take::AzureDevOps) => {
                return self.write_from(System::AzureDevOps, Cause::Decided, true);
            }
            Some(Take::Merged) => {
                return self
                    .write_merged(Cause::Decided)
                    .unwrap_or(RowDecision::Conflict(conflict));
            }
            // About items, not about fields.
            Some(Take::Delete | Take::Keep | Take::Unlink) | None => {}
        }
        let decision = match winner {
            Winner::TestWorthy => Some(self.write_from(System::TestWorthy, cause, true)),
            Winner::AzureDevOps => Some(self.write_from(System::AzureDevOps, cause, true)),
            Winner::Latest => {
                let latest = self.rules.latest;
                latest.map(|side| self.write_from(side, cause, true))
            }
            Winner::Merge => self.write_merged(cause),
            Winner::Manual => None,
        };
        decision.unwrap_or(RowDecision::Conflict(conflict))
    }

    fn write_from(&self, from: System, cause: Cause, overwrites: bool) -> RowDecision {
        match self.put(from.other(), self.row.translate(from, self.now.get(from))) {
            Ok(mut put) => {
                // What is replaced here is an edit that nobody merged.
                put.overwrites = (overwrites && !put.before.is_null()).then(|| put.before.clone());
                RowDecision::Write(RowWrite::one(from.other(), put, cause))
            }
            Err(problem) => RowDecision::Hold(problem),
        }
    }

    fn put(&self, to: System, after: Result<Value, Problem>) -> Result<Put, Problem> {
        let after = after?;
        self.row.check_clearing(to, &after)?;
        Ok(Put {
            before: self.now.get(to).clone(),
            after,
            overwrites: None,
        })
    }

    /// Both edits put together; `None` if they touch the same part, or if such values do not merge.
    fn write_merged(&self, cause: Cause) -> Option<RowDecision> {
        let merged = merge(self.row, self.base, self.now)?;
        let mut to = Sides::default();
        for system in [System::TestWorthy, System::AzureDevOps] {
            let after = merged.get(system).clone();
            if self.row.same(system, &after, self.now.get(system)) {
                continue;
            }
            match self.put(system, Ok(after)) {
                Ok(put) => *to.get_mut(system) = Some(put),
                Err(problem) => return Some(RowDecision::Hold(problem)),
            }
        }
        if to == Sides::default() {
            return Some(RowDecision::Refresh);
        }
        Some(RowDecision::Write(RowWrite { to, cause }))
    }
}
