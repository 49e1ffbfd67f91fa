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
/// | against the base | in accord | not in accord |
/// |---|---|---|
/// | neither changed | nothing | nothing: a server's own spelling of what was written |
/// | one changed | the base is renewed | the other side is written |
/// | both changed | the base is renewed | who is right says the policy of the row |
/// | the row's definition changed | the base is renewed | who is right says `firstSync`: nobody can tell an edit from what the new definition reads differently |
/// | no base | it is taken | a value beats an empty field, two values meet by `firstSync` |
///
/// An edit is never written over without being recorded: [`Put::overwrites`] holds it, nothing included
/// where a value was taken away.
pub fn two_way_field(
    row: &CompiledRow,
    base: Option<&BaseField>,
    now: &Sides<Value>,
    rules: &FieldRules<'_>,
) -> RowDecision {
    let accord = in_accord(row, now, rules.learned);
    let is_changed = |system| {
        let value = now.get(system);
        match base {
            // What a person may have put there.
            None => !value.is_null(),
            // What takes several writes and was cut short between them is owed by TestWorthy's side.
            Some(base) if base.is_under_way() && system == System::TestWorthy => true,
            Some(base) => !row.same(system, value, side_of(base, system)),
        }
    };
    let changed = Sides {
        testworthy: is_changed(System::TestWorthy),
        azure_devops: is_changed(System::AzureDevOps),
    };
    let meeting = Meeting {
        row,
        base,
        now,
        changed,
        rules,
    };
    let Some(base) = base else {
        return if accord {
            RowDecision::Refresh
        } else {
            meeting.first()
        };
    };
    let row_changed = !base.is_under_way() && base.row_digest != row.digest();
    let both = (changed.testworthy, changed.azure_devops);
    match (both, row_changed) {
        ((false, false), false) if accord => RowDecision::Same,
        _ if accord => RowDecision::Refresh,
        (_, true) => meeting.settle(
            rules.first_sync,
            ConflictCause::MappingChanged,
            Cause::MappingChanged,
        ),
        ((true, false), _) => meeting.write_from(System::TestWorthy, Cause::SourceChanged),
        ((false, true), _) => meeting.write_from(System::AzureDevOps, Cause::SourceChanged),
        ((true, true), _) => {
            meeting.settle(rules.winner, ConflictCause::BothChanged, Cause::Policy)
        }
        ((false, false), _) => meeting.unchanged(),
    }
}

/// Whether the two sides say the same by the mapping, or by what a server is known to make of it.
pub(super) fn in_accord(row: &CompiledRow, now: &Sides<Value>, learned: &Learned) -> bool {
    let is_spelling = |from: System| {
        let to = from.other();
        let sent = row.translate(from, now.get(from));
        sent.is_ok_and(|sent| {
            learned.holds(&Equivalence {
                system: to,
                row_digest: row.digest().to_owned(),
                sent: digest_of(&sent),
                kept: digest_of(now.get(to)),
            })
        })
    };
    row.in_accord(&now.testworthy, &now.azure_devops)
        || (!learned.is_empty()
            && (is_spelling(System::TestWorthy) || is_spelling(System::AzureDevOps)))
}

/// What a base holds of a side.
pub(super) fn side_of(base: &BaseField, system: System) -> &Value {
    match system {
        System::TestWorthy => &base.testworthy,
        System::AzureDevOps => &base.azure_devops,
    }
}

/// Two values that are not in accord.
struct Meeting<'a> {
    row: &'a CompiledRow,
    base: Option<&'a BaseField>,
    now: &'a Sides<Value>,
    /// Whether writing over a side's value loses something that is nowhere else.
    changed: Sides<bool>,
    rules: &'a FieldRules<'a>,
}

impl Meeting<'_> {
    /// There is no base.
    fn first(&self) -> RowDecision {
        match (self.changed.testworthy, self.changed.azure_devops) {
            (true, false) => self.write_from(System::TestWorthy, Cause::FirstSync),
            (false, true) => self.write_from(System::AzureDevOps, Cause::FirstSync),
            // Nothing on either side, whatever the mapping makes of nothing: there is nothing to carry over.
            (false, false) => RowDecision::Refresh,
            (true, true) => self.settle(
                self.rules.first_sync,
                ConflictCause::FirstSync,
                Cause::FirstSync,
            ),
        }
    }

    /// Neither side changed, and yet they differ: what a server made of a value, unless there is no way
    /// between the two at all.
    fn unchanged(&self) -> RowDecision {
        let translated = |from| self.row.translate(from, self.now.get(from));
        match translated(System::TestWorthy) {
            Err(problem) if translated(System::AzureDevOps).is_err() => RowDecision::Hold(problem),
            _ => RowDecision::Same,
        }
    }

    /// A person's decision first, then the policy.
    fn settle(&self, winner: Winner, conflict: ConflictCause, cause: Cause) -> RowDecision {
        let decision = match self.rules.decided {
            Some(Take::TestWorthy) => Some(self.write_from(System::TestWorthy, Cause::Decided)),
            Some(Take::AzureDevOps) => Some(self.write_from(System::AzureDevOps, Cause::Decided)),
            Some(Take::Merged) => self.write_merged(Cause::Decided),
            // About items, not about fields.
            Some(Take::Delete | Take::Keep | Take::Unlink) | None => match winner {
                Winner::TestWorthy => Some(self.write_from(System::TestWorthy, cause)),
                Winner::AzureDevOps => Some(self.write_from(System::AzureDevOps, cause)),
                Winner::Latest => {
                    let latest = self.rules.latest;
                    latest.map(|side| self.write_from(side, cause))
                }
                Winner::Merge => self.write_merged(cause),
                Winner::Manual => None,
            },
        };
        decision.unwrap_or(RowDecision::Conflict(conflict))
    }

    /// The other side gets what this one's value translates to. What says so already is kept: a value that
    /// many stand for is not exchanged for another one of those.
    fn write_from(&self, from: System, cause: Cause) -> RowDecision {
        let to = from.other();
        let after = self.row.translate(from, self.now.get(from));
        if matches!(&after, Ok(after) if self.row.same(to, after, self.now.get(to))) {
            return RowDecision::Refresh;
        }
        match self.put(to, after) {
            Ok(mut put) => {
                put.overwrites = self.changed.get(to).then(|| put.before.clone());
                RowDecision::Write(RowWrite::one(to, put, cause))
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

    /// Both edits put together; `None` if they touch the same part, or if such values do not merge. A side
    /// that holds the result already is not written.
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
        // Both halves are there: then the two are in accord, which was seen before.
        (to != Sides::default()).then_some(RowDecision::Write(RowWrite { to, cause }))
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
