//! One row of one pair, one way: the source's value holds.

use crate::mapping::{CompiledRow, Problem};
use crate::model::config::DriftPolicy;
use crate::model::{BaseField, System, Value};

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldVerdict {
    /// Nothing to do.
    Same,
    /// Both sides are in accord and the base is not up to date: record it, write nothing.
    Refresh,
    /// The target gets a new value.
    Write {
        /// What the target holds.
        before: Value,
        /// What it gets.
        after: Value,
        /// Why.
        cause: Cause,
        /// What the target holds, if a person may have put it there: to be recorded before the write.
        overwrites: Option<Value>,
    },
    /// The target was edited and the rule lets it be.
    Drift {
        /// Never [`DriftPolicy::Enforce`].
        policy: DriftPolicy,
        /// What the target held when both were in accord.
        recorded: Value,
        /// What it holds.
        live: Value,
    },
    /// The field waits, or the item does ([`Problem::skips_item`]).
    Hold(Problem),
}

/// Why a row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The source changed since the base.
    SourceChanged,
    /// Only the target changed, and the rule enforces the source.
    DriftEnforced,
    /// The row's definition changed since the base.
    MappingChanged,
    /// There is no base.
    FirstSync,
    /// Both sides changed, and the rule's policy says who is right.
    Policy,
    /// A person decided.
    Decided,
}

/// Decides over one row. `source` and `target` are canonical values of the row, `from` is the system
/// that `source` was read from.
///
/// A target that differs from what the source translates to, while neither side nor the row changed
/// since the base, is the server's own spelling of what was written and is left alone.
pub fn one_way_field(
    row: &CompiledRow,
    base: Option<&BaseField>,
    source: &Value,
    target: &Value,
    from: System,
    drift: DriftPolicy,
) -> FieldVerdict {
    let to = from.other();
    let translated = row.translate(from, source);
    let there = matches!(&translated, Ok(value) if row.same(to, value, target));
    let accord = there
        || match from {
            System::TestWorthy => row.in_accord(source, target),
            System::AzureDevOps => row.in_accord(target, source),
        };
    let write = |cause, overwrites| write(row, to, translated.clone(), target, cause, overwrites);
    let Some(base) = base else {
        if accord {
            return FieldVerdict::Refresh;
        }
        let overwrites = (!target.is_null()).then(|| target.clone());
        return write(Cause::FirstSync, overwrites);
    };
    let (base_source, base_target) = match from {
        System::TestWorthy => (&base.testworthy, &base.azure_devops),
        System::AzureDevOps => (&base.azure_devops, &base.testworthy),
    };
    // What takes several writes and was cut short between them is owed by TestWorthy's side.
    let under_way = base.is_under_way();
    let source_changed = under_way || !row.same(from, source, base_source);
    let target_changed = !row.same(to, target, base_target);
    let row_changed = !under_way && base.row_digest != row.digest();
    if accord {
        return if source_changed || target_changed || row_changed {
            FieldVerdict::Refresh
        } else {
            FieldVerdict::Same
        };
    }
    let edit = target_changed.then(|| target.clone());
    if row_changed {
        return write(Cause::MappingChanged, edit);
    }
    match (source_changed, target_changed, drift) {
        (true, _, _) => write(Cause::SourceChanged, edit),
        (false, true, DriftPolicy::Enforce) => write(Cause::DriftEnforced, edit),
        (false, true, policy) => FieldVerdict::Drift {
            policy,
            recorded: base_target.clone(),
            live: target.clone(),
        },
        (false, false, _) => match translated {
            Ok(_) => FieldVerdict::Same,
            Err(problem) => FieldVerdict::Hold(problem),
        },
    }
}

fn write(
    row: &CompiledRow,
    to: System,
    translated: Result<Value, Problem>,
    target: &Value,
    cause: Cause,
    overwrites: Option<Value>,
) -> FieldVerdict {
    let after = translated.and_then(|after| {
        row.check_clearing(to, &after)?;
        Ok(after)
    });
    match after {
        Ok(after) => FieldVerdict::Write {
            before: target.clone(),
            after,
            cause,
            overwrites,
        },
        Err(problem) => FieldVerdict::Hold(problem),
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
