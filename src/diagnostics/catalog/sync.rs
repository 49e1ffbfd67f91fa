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
    explanation: "An item belongs to one rule: two rules writing the same pair would overwrite each other for ever. The rule that made the pair keeps it as long as it selects it; the other one passes over it. When the item moves from the scope of one rule to that of another with the same direction, the pair goes with it.",
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

/// One item of a pair cannot be read, or was deleted.
pub static ITEM_GONE: Entry = Entry {
    code: "item-gone",
    severity: Severity::Warning,
    title: "one item of a linked pair cannot be read",
    explanation: "The item is deleted, moved out of reach, or not visible to the credential. Absence is not deletion, so nothing is created in its place and the other item stays as it is.",
    example: "A person deleted work item 5120, which is linked to case 210345.",
    fix: "Restore the item, or give the credential access to it. Deciding about deletions by policy comes with `whenDeletedIn`.",
};

/// A work item is no longer of the mapped type or project.
pub static ITEM_RETYPED: Entry = Entry {
    code: "item-retyped",
    severity: Severity::Warning,
    title: "a linked work item changed its type or its project",
    explanation: "The mapping was checked against another type, so nothing is written to the pair until a person settles it.",
    example: "A person turned a linked Test Case into a Task.",
    fix: "Change the work item back, or declare a rule for its new type.",
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

/// A new case has nowhere to go.
pub static NOWHERE_TO_CREATE: Entry = Entry {
    code: "nowhere-to-create",
    severity: Severity::Warning,
    title: "the rule names no suite for new cases",
    explanation: "A rule that creates cases needs a suite to create them in: `createIn.testworthy.suite`, or the first suite of its TestWorthy scope.",
    example: "A rule from Azure DevOps with `create: testworthy` and neither of the two.",
    fix: "Give the rule `createIn: { testworthy: { suite: ID } }`.",
};

/// A server refused the same write before.
pub static QUARANTINED: Entry = Entry {
    code: "quarantined",
    severity: Severity::Warning,
    title: "a server refused this write and nothing has changed since",
    explanation: "The server refused the write for good, with the reason that the finding repeats. Sending it again would be refused again, so the item is left out until what would be sent changes. It never stops its neighbours.",
    example: "A rule of the work item type demands a field that the mapping does not fill.",
    fix: "Mend the cause: the item's value, the mapping, or the rule in Azure DevOps. Any change of what would be sent or of the item that refused it tries it again, and so does every apply from a day after the refusal on.",
};

/// `--only` selects no item.
pub static ONLY_SELECTS_NOTHING: Entry = Entry {
    code: "only-selects-nothing",
    severity: Severity::Warning,
    title: "`--only` selects no item",
    explanation: "Addresses are `SyncRule/NAME`, `SyncRule/NAME/case/ID` and `SyncRule/NAME/workItem/ID`, always of the item that the rule reads, `CustomField/NAME` for a declared field and `Connection/NAME/integration` for managed settings; `*` stands for any characters of one part and `**` for any number of parts. None of the given ones fits an item that a rule selects, so the plan is empty: that says nothing about whether there is something to do.",
    example: "`accord plan --only SyncRule/regresion-cases`, a letter short.",
    fix: "Take the address from a plan without `--only`.",
};

/// TestWorthy does not let its Azure DevOps settings be managed.
pub static INTEGRATION_REFUSED: Entry = Entry {
    code: "integration-refused",
    severity: Severity::Error,
    title: "TestWorthy does not let its Azure DevOps settings be managed",
    explanation: "A connection says `integration: manage`, and the server answers that it does not offer the settings (404, 405 or 501), does not let this token see them (403), or has several configurations of the connection's name, of which none can be told to be this one. TestWorthy publishes no interface to these settings, so a server may well not have one. Nothing of them is written; everything else of the plan goes on. `plan` ends 4 with such a finding; `apply` carries out the rest and ends 9, or 4 if there was nothing else to do.",
    example: "integration: manage over a server whose GET /v1/integrations/azure-devops answers 404",
    fix: "Set `integration: ignore` and keep the settings by hand (Settings > Integrations > Azure DevOps), give the token's user the right to manage integrations, or remove the configurations that share the name.",
};

/// The managed configuration cannot reach Azure DevOps yet.
pub static INTEGRATION_TOKEN: Entry = Entry {
    code: "integration-token",
    severity: Severity::Warning,
    title: "TestWorthy's configuration has no personal access token",
    explanation: "Accord writes the organisation, the project and the field mappings of a configuration in TestWorthy's own settings, never its personal access token: credentials go only where the operator allows, and Accord's token for Azure DevOps does not go to TestWorthy. Without one TestWorthy itself cannot reach Azure DevOps. Accord does not need it.",
    example: "A configuration that Accord has just created.",
    fix: "Enter a personal access token in Settings > Integrations > Azure DevOps of TestWorthy; best one of its own, with the scope Work Items (read & write).",
};

/// All of them.
pub(super) static ALL: &[&Entry] = &[
    &SETTLING,
    &OVERLAPPING_RULES,
    &DUPLICATE_MARKER,
    &ITEM_GONE,
    &ITEM_RETYPED,
    &AMBIGUOUS_MATCH,
    &NOWHERE_TO_CREATE,
    &QUARANTINED,
    &ONLY_SELECTS_NOTHING,
    &INTEGRATION_REFUSED,
    &INTEGRATION_TOKEN,
];
