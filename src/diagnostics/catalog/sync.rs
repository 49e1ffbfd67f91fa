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
    explanation: "The item is deleted, moved out of reach, or not visible to the credential. Absence is not deletion, so nothing is created in its place and the other item stays as it is. Of a one-way rule a confirmed deletion that is left to a person is told under this code too.",
    example: "A person deleted work item 5120, which is linked to case 210345.",
    fix: "Restore the item, or give the credential access to it. `whenDeletedIn` of the rule decides about confirmed deletions by policy, `accord conflicts resolve` about a single one.",
};

/// A work item is no longer of the mapped type or project.
pub static ITEM_RETYPED: Entry = Entry {
    code: "item-retyped",
    severity: Severity::Warning,
    title: "a linked work item changed its type or its project",
    explanation: "The mapping was checked against another type, so nothing is written to the pair until a person settles it.",
    example: "A person turned a linked Bug into a Task. Items of test management keep their type.",
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

/// A case is made anew and nothing says in which section.
pub static NO_SECTION: Entry = Entry {
    code: "no-section",
    severity: Severity::Warning,
    title: "a case is made anew, and the rule names no section for it",
    explanation: "The section of a deleted case is not known any more, so the case that takes its place goes where the rule puts new cases. Without `createIn.testworthy.section` that is the suite's top, and a server that wants every case in a section refuses it.",
    example: "`accord conflicts resolve 4 --take keep` of a deleted case, in a rule whose `createIn` names no section because it never creates cases.",
    fix: "Give the rule `createIn: { testworthy: { section: NAME } }`, and move the new case where it belongs afterwards: its pair stays.",
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

/// Both sides changed a field.
pub static FIELD_CONFLICT: Entry = Entry {
    code: "field-conflict",
    severity: Severity::Warning,
    title: "a field differs on both sides and only a person can decide",
    explanation: "Both sides changed the field since they were last in accord, or the pair meets for the first time and holds two values, or the definition of the row changed; and the rule's policy for the field is `manual`, or `merge` and both edits touch the same part, or `latest` and the clocks do not tell which edit is the later one. Neither side is written, and both values are kept on record. Only this field waits: the others of the pair go on.",
    example: "The title of case 210345 was changed to `Pay by card` and that of its work item 5120 to `Pay by credit card` since the last apply.",
    fix: "`accord conflicts list` shows what is open, `accord conflicts show ID` both values, and `accord conflicts resolve ID --take testworthy`, `azureDevOps` or `merged` decides. Making both sides equal by hand ends the conflict too. `conflicts` of the rule, or `conflict` of a row, decides for good.",
};

/// One item of a pair was deleted.
pub static ITEM_DELETED: Entry = Entry {
    code: "item-deleted",
    severity: Severity::Warning,
    title: "one item of a linked pair was deleted and only a person can decide",
    explanation: "The deletion is confirmed, and `whenDeletedIn` of the rule leaves it to a person, which is the default. The other item stays as it is, and nothing is created in place of the deleted one.",
    example: "A person deleted work item 5120, which is linked to case 210345.",
    fix: "`accord conflicts list` shows it, and `accord conflicts resolve ID --take delete` carries the deletion over (a work item is closed or recycled, a case disabled), `--take keep` brings the deleted item back, `--take unlink` lets the other one go on by itself. `whenDeletedIn` of the rule decides for good.",
};

/// A decision is about values that are no more.
pub static DECISION_VOID: Entry = Entry {
    code: "decision-void",
    severity: Severity::Warning,
    title: "a decision about a conflict does not count any more",
    explanation: "A decision is made about the values that a person has seen. When one of the sides changes before it was carried out it would overwrite an edit that nobody looked at, so the conflict is opened anew with the values of now. The same happens to a decision that cannot be carried out: edits that cannot be merged, or a side that the rule does not write.",
    example: "`accord conflicts resolve 7 --take testworthy` was stopped before it wrote, and the work item was edited in between.",
    fix: "Look at the new conflict with `accord conflicts list` and decide again.",
};

/// A value does not stay.
pub static FIELD_FLAPPING: Entry = Entry {
    code: "field-flapping",
    severity: Severity::Warning,
    title: "the same value was written again and again and does not stay",
    explanation: "Accord wrote the same change of a field several times in a row, and each time the old value was there again: a rule of the server, another integration or a script sets it back. Writing it once more would change nothing, so this field waits; the others of the pair go on.",
    example: "A rule of the work item type sets the priority back to 2 whenever it is saved.",
    fix: "Find what sets the value back and end it, or let the row go the other way only (`direction`), or take it out of the mapping. As soon as either side holds another value the field goes on.",
};

/// A pair left the scope of a two-way rule.
pub static LEFT_SCOPE: Entry = Entry {
    code: "left-scope",
    severity: Severity::Info,
    title: "neither item of a linked pair is selected any more",
    explanation: "A pair of a two-way rule is kept in step while one of its items is selected by the scope of its side. When neither is, the pair is let go: nothing is written to either item, and the link and its base are kept, so that a pair that comes back goes on from where it was.",
    example: "A case was moved to another suite and its work item to another area.",
    fix: "Nothing, if that is meant. Else widen the rule's scope, or move one of the items back.",
};

/// Items that were parted.
pub static UNLINKED: Entry = Entry {
    code: "unlinked",
    severity: Severity::Info,
    title: "items were parted and go on by themselves",
    explanation: "`accord unlink`, a decision about a deletion or `whenDeletedIn: { ...: unlink }` parted a pair. Its items are neither matched nor given a new counterpart, whatever marks they carry, until `accord link` joins them again.",
    example: "`accord unlink SyncRule/regression-cases/case/210345`.",
    fix: "Nothing, if that is meant; else `accord link` joins a pair by the ids of its items.",
};

/// A work item cannot be closed.
pub static NO_CLOSING_STATE: Entry = Entry {
    code: "no-closing-state",
    severity: Severity::Warning,
    title: "the workflow has no state in which a work item is done",
    explanation: "The case of this work item was deleted and is to be carried over by closing the work item, and no state of its type has the category Completed or Removed. Nothing is written and the pair waits.",
    example: "An inherited process hides the states Done and Removed of the type.",
    fix: "Give the type such a state, or choose another `whenDeletedIn.testworthy`: recycle, recreate, unlink or ask.",
};

/// `--only` selects no item.
pub static ONLY_SELECTS_NOTHING: Entry = Entry {
    code: "only-selects-nothing",
    severity: Severity::Warning,
    title: "`--only` selects no item",
    explanation: "Addresses are `SyncRule/NAME`, `SyncRule/NAME/case/ID` and `SyncRule/NAME/workItem/ID`, of the item that the rule reads, of either item in a two-way rule, `CustomField/NAME` for a declared field and `Connection/NAME/integration` for managed settings; `*` stands for any characters of one part and `**` for any number of parts. None of the given ones fits an item that a rule selects, so the plan is empty: that says nothing about whether there is something to do.",
    example: "`accord plan --only SyncRule/regresion-cases`, a letter short.",
    fix: "Take the address from a plan without `--only`.",
};

/// A rule that the plan leaves out could not be asked about items that the plan makes.
pub static RULE_NOT_ASKED: Entry = Entry {
    code: "rule-not-asked",
    severity: Severity::Warning,
    title: "a rule that the plan leaves out could not be asked",
    explanation: "A plan that is narrowed (`--only`, a saved plan, `accord conflicts resolve`) and makes items asks the rules that it leaves out, of all connections between the same two places, whether they know the counterparts. This one could not be read, or not wholly: its mapping does not fit, its scope names something that is not there, or the credential may not read it. The plan goes on without its answer. What the state and the suite of new cases tell is still looked at; an item whose counterpart stands in that rule's scope only could get a second one.",
    example: "`accord apply --only SyncRule/smoke`, while the scope of rule `regression` names an area that was renamed.",
    fix: "Mend the rule, then run the whole plan; `accord plan --only SyncRule/NAME` says what is wrong with it.",
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
    &NO_SECTION,
    &QUARANTINED,
    &FIELD_CONFLICT,
    &ITEM_DELETED,
    &DECISION_VOID,
    &FIELD_FLAPPING,
    &LEFT_SCOPE,
    &UNLINKED,
    &NO_CLOSING_STATE,
    &ONLY_SELECTS_NOTHING,
    &RULE_NOT_ASKED,
    &INTEGRATION_REFUSED,
    &INTEGRATION_TOKEN,
];
