//! Findings about planning and applying.

use crate::diagnostics::{Entry, Severity};

/// A write was sent and its answer is outstanding.
pub static SETTLING: Entry = Entry {
    code: "write-settling",
    severity: Severity::Info,
    title: "a write of an earlier run may still land",
    explanation: "An earlier run sent a write and was stopped before the answer came. The server may still carry it out, so the item is left alone until it no longer can (`settle` in accord.yaml, 120 s by default); then Accord looks for what came of it before it sends anything again. That is how a lost answer makes no duplicate.",
    example: "`accord apply` was killed while it created work items; `accord plan` a minute later.",
    fix: "Wait, or run `accord apply`: it waits for its own writes by itself.",
};

/// Two rules select the same item.
pub static OVERLAPPING_RULES: Entry = Entry {
    code: "L23",
    severity: Severity::Warning,
    title: "two rules select the same item",
    explanation: "An item belongs to one rule: two rules writing the same pair would overwrite each other for ever. The rule that made the pair keeps it; the other one passes over it.",
    example: "Two SyncRules over suite 41, one for all sections and one for `Checkout/**`.",
    fix: "Narrow the scope of one of the two rules.",
};

/// A second work item claims a linked case.
pub static DUPLICATE_MARKER: Entry = Entry {
    code: "duplicate-marker",
    severity: Severity::Warning,
    title: "a second work item carries the marker of a linked case",
    explanation: "Accord's hyperlink (comment `accord/1 case=ID`) stands on two work items for one case. One of them is linked; nothing is ever written to the other. It may be a copy that a person made, or a create that landed after its answer was given up.",
    example: "A person copied a work item with its links.",
    fix: "Compare the two, keep what matters, then close the second one or remove its `accord/1` hyperlink.",
};

/// The counterpart of an item cannot be read.
pub static TARGET_GONE: Entry = Entry {
    code: "target-gone",
    severity: Severity::Warning,
    title: "the other side of a linked pair cannot be read",
    explanation: "The item is linked, and its counterpart is deleted, moved, or not visible to the credential. Absence is not deletion, so nothing is created in its place and nothing is removed.",
    example: "A person deleted work item 5120, which is linked to case 210345.",
    fix: "Restore the counterpart, or give the credential access to it. Deciding about deletions by policy comes with `whenDeletedIn`.",
};

/// The source of a pair cannot be read.
pub static SOURCE_GONE: Entry = Entry {
    code: "source-gone",
    severity: Severity::Warning,
    title: "the source of a linked pair cannot be read",
    explanation: "The source item is deleted, moved out of reach, or not visible to the credential. The other side stays as it is.",
    example: "A person deleted case 210345, which is linked to work item 5120.",
    fix: "Restore the source, or give the credential access to it. Deciding about deletions by policy comes with `whenDeletedIn`.",
};

/// An item matches more than one counterpart, or one that is taken.
pub static AMBIGUOUS_MATCH: Entry = Entry {
    code: "ambiguous-match",
    severity: Severity::Warning,
    title: "it is not certain which item is the counterpart",
    explanation: "More than one item of the other side matches, or the one that matches belongs to another pair. A wrong pair would overwrite somebody's work, so the item is quarantined: nothing is created and nothing is written for it.",
    example: "A copied case keeps the `AB#5120` of its original in its references.",
    fix: "Make the match unique: remove the reference from the copy, or give one of the items another title.",
};

/// A value cannot be carried over.
pub static HELD_VALUE: Entry = Entry {
    code: "held-value",
    severity: Severity::Warning,
    title: "a value waits because the mapping cannot carry it over",
    explanation: "The value has no entry in the row's value map, is of another kind than the target field takes, or does not fit into it. The field keeps what it holds (with `unmapped: skipItem` the whole item does); the other fields go on.",
    example: "Priority `P0 - Blocker` in TestWorthy, and a value map that begins at `P1 - Must Test`.",
    fix: "Add the value to `values` or `reverse` of the row, set `unmapped: { use: VALUE }`, or change the value at its source.",
};

/// A server refused the same write before.
pub static QUARANTINED: Entry = Entry {
    code: "quarantined",
    severity: Severity::Warning,
    title: "a server refused this write and nothing has changed since",
    explanation: "The server refused the write for good, with the reason that the finding repeats. Sending it again would be refused again, so the item is left out until what would be sent changes. It never stops its neighbours.",
    example: "A rule of the work item type demands a field that the mapping does not fill.",
    fix: "Mend the cause: the item's value, the mapping, or the rule in Azure DevOps. Any change of what would be sent tries it again.",
};

/// All of them.
pub(super) static ALL: &[&Entry] = &[
    &SETTLING,
    &OVERLAPPING_RULES,
    &DUPLICATE_MARKER,
    &TARGET_GONE,
    &SOURCE_GONE,
    &AMBIGUOUS_MATCH,
    &HELD_VALUE,
    &QUARANTINED,
];
