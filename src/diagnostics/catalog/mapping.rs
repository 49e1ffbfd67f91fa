//! Findings about field mappings: the lint rules, and why a value waits.

use crate::diagnostics::{Entry, Severity};

/// L01: a field or a work item type does not exist.
pub static L01_UNKNOWN_FIELD: Entry = Entry {
    code: "L01",
    severity: Severity::Error,
    title: "field does not exist",
    explanation: "A row, an `expression` or a `where` names a field that TestWorthy cases do not have, or \
                  a row one that this project's work item type does not have. A field that exists in the \
                  organisation is not enough: it must be on the type.",
    example: "- { testworthy: title, azureDevOps: System.Titel }",
    fix: "Correct the name. Azure DevOps fields go by their reference name (`System.Title`), not by \
          the name on the form. A field that is missing on the type is added to it in its process.",
};

/// L02: types do not fit.
pub static L02_TYPE_MISMATCH: Entry = Entry {
    code: "L02",
    severity: Severity::Error,
    title: "types do not fit",
    explanation: "The two fields of a row hold different kinds of values and the row does not say how \
                  one becomes the other; or a value in the row is none that its field could hold.",
    example: "- { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority }   # texts to numbers",
    fix: "Translate the values with `values`, name a codec with `as`, or map other fields.",
};

/// L03: the field that would be written is read-only.
pub static L03_READ_ONLY: Entry = Entry {
    code: "L03",
    severity: Severity::Error,
    title: "the written field is read-only",
    explanation: "A rule writes this side with the mapping, and the row's field on that side is kept by \
                  the server or can only be read.",
    example: "- { testworthy: createdOn, azureDevOps: Custom.CreatedOn, direction: toTestWorthy }",
    fix: "Give the row the other `direction`, so that the field is only read, or remove the row.",
};

/// L04: a required field would stay empty on create.
pub static L04_REQUIRED_UNMAPPED: Entry = Entry {
    code: "L04",
    severity: Severity::Error,
    title: "a required field is not mapped",
    explanation: "The target refuses new items without this field, it has no default, and no row of the \
                  mapping that goes this way fills it.",
    example: "- { testworthy: gherkin, azureDevOps: Custom.Notes, as: text }   # and no row for System.Title",
    fix: "Map a field to it, or give it a value once: \
          `- { constant: Web, azureDevOps: Custom.Team, onCreate: true }`.",
};

/// L05: the value table does not know every allowed value.
pub static L05_NOT_TOTAL: Entry = Entry {
    code: "L05",
    severity: Severity::Warning,
    title: "allowed values without an entry",
    explanation: "The Azure DevOps field allows values that the row's table does not know. Where one \
                  occurs, the field waits (`unmapped: hold`) or the item does (`skipItem`).",
    example: "- { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, \
              values: { High: 1, Low: 2 } }   # the field allows 1 to 4",
    fix: "Add the values, under `reverse` if no TestWorthy value leads to them, or set \
          `unmapped: { use: VALUE }`.",
};

/// L06: a value that Azure DevOps does not allow.
pub static L06_NOT_ALLOWED: Entry = Entry {
    code: "L06",
    severity: Severity::Error,
    title: "value not allowed by the target",
    explanation: "The row would write a value that is not in the list of its Azure DevOps field, a state \
                  that the work item type does not have, or an area or iteration that the project does \
                  not have. The server would refuse every such item.",
    example: "- { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, \
              values: { High: 9 } }   # the field allows 1 to 4",
    fix: "Use an allowed value. If the list holds suggestions only, `as: text` turns the check off.",
};

/// L07: a two-way value table that does not come back.
pub static L07_UNLAWFUL: Entry = Entry {
    code: "L07",
    severity: Severity::Error,
    title: "value table breaks f(g(r)) = r",
    explanation: "A two-way table keeps both systems in step only if every Azure DevOps value comes back \
                  as itself after it went to TestWorthy. Otherwise Accord would overwrite what a person \
                  has just set. That includes values without an entry for which `unmapped: { use: ... }` \
                  stands in TestWorthy.",
    example: "- { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, \
              values: { A: 1, C: 2 }, reverse: { 1: C } }   # 1 becomes C, and C becomes 2",
    fix: "Let `reverse` lead each Azure DevOps value to a TestWorthy value that `values` leads back to \
          it, let values without an entry wait (`unmapped: hold`), or make the row one-way.",
};

/// The same for a table that is used one way only.
pub static ONE_WAY_TABLE: Entry = Entry {
    code: "one-way-table",
    severity: Severity::Warning,
    title: "value table works one way only",
    explanation: "The table breaks the law f(g(r)) = r (see L07). That does no harm while the rules that \
                  use it go one way, and a two-way rule would be refused.",
    example: "- { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, \
              values: { A: 1, C: 2 }, reverse: { 1: C } }",
    fix: "Mend `reverse`, or say `direction: toAzureDevOps` or `direction: toTestWorthy` on the row.",
};

/// L08: several values become one.
pub static L08_MANY_TO_ONE: Entry = Entry {
    code: "L08",
    severity: Severity::Warning,
    title: "several values become one",
    explanation: "Values that become the same value on the other side cannot be told apart there. Accord \
                  keeps the richer value as long as the other side does not change: an item with an \
                  Azure DevOps value under `reverse` counts as in accord and is not written back.",
    example: "- { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, \
              values: { Must: 1, Should: 2, Good: 3 }, reverse: { 4: Good } }",
    fix: "If it is meant, say so: `allow: [{ code: L08, reason: \"4 is not used\" }]`.",
};

/// L12: two rows write one field.
pub static L12_WRITTEN_TWICE: Entry = Entry {
    code: "L12",
    severity: Severity::Error,
    title: "two rows write one field",
    explanation: "Two rows of the mapping write the same field, the same tag, or tags of overlapping \
                  prefixes. Each would undo the other.",
    example: "- { id: name, testworthy: title, azureDevOps: System.Title }\n\
              - { id: label, testworthy: title, azureDevOps: Custom.Label }   # in a rule to TestWorthy",
    fix: "Remove one of the rows, or give each a `direction`, so that only one writes the field.",
};

/// L14: a result mapped to a state.
pub static L14_OUTCOME_AS_STATE: Entry = Entry {
    code: "L14",
    severity: Severity::Warning,
    title: "a test outcome is mapped to a state",
    explanation: "What TestWorthy shows as the status of a case is the outcome of its last run (Passed, \
                  Failed, Blocked). The state of a work item says where it stands in its life (Design, \
                  Ready, Closed). A failed test is not an unfinished one.",
    example: "- { testworthy: lastResult, azureDevOps: Custom.State }",
    fix: "Map `lastResult` to a field of its own.",
};

/// L19: a direction that never happens.
pub static L19_DIRECTION: Entry = Entry {
    code: "L19",
    severity: Severity::Error,
    title: "the row's direction never happens",
    explanation: "No rule that uses the mapping goes the way that the row is narrowed to, so the row never \
                  does anything; or the row says `twoWay` and none of them goes both ways, so nothing ever \
                  comes back. A constant and an expression go to Azure DevOps only.",
    example: "- { testworthy: gherkin, azureDevOps: Custom.Notes, as: text, direction: toTestWorthy }   \
              # and every rule goes to Azure DevOps",
    fix: "Remove `direction` from the row, or the row.",
};

/// L24: a value that is spelled differently.
pub static L24_SPELLING: Entry = Entry {
    code: "L24",
    severity: Severity::Warning,
    title: "value differs only by case or space",
    explanation: "The list of the Azure DevOps field has this value in another spelling, and Accord uses the \
                  spelling of the list; or two entries of the row's table differ only so, and the one \
                  that is spelled exactly as the value wins.",
    example: "- { constant: \"1 - critical\", azureDevOps: Custom.Level }   # the field allows `1 - Critical`",
    fix: "Use the spelling of the list.",
};

/// A mapping that writes nothing where a rule wants to write.
pub static NOTHING_TO_WRITE: Entry = Entry {
    code: "nothing-to-write",
    severity: Severity::Warning,
    title: "no row goes the rule's way",
    explanation: "A rule writes one side with this mapping, and every row goes the other way.",
    example: "- { testworthy: title, azureDevOps: System.Title, direction: toAzureDevOps }   # in a rule to TestWorthy",
    fix: "Correct the direction of the rule or of the rows.",
};

/// A tag that no row can own.
pub static TAG_NOT_USABLE: Entry = Entry {
    code: "tag-not-usable",
    severity: Severity::Error,
    title: "tag cannot be used",
    explanation: "Tags hold no `,` and no `;`, have at most 400 characters, and `accord` is the tag by \
                  which Accord finds its own work items.",
    example: "- { testworthy: smoke, azureDevOps: System.Tags, tag: \"smoke, fast\" }",
    fix: "Choose another tag.",
};

/// A value without an entry in its table.
pub static UNMAPPED_VALUE: Entry = Entry {
    code: "unmapped-value",
    severity: Severity::Warning,
    title: "value has no entry",
    explanation: "An item holds a value that the row's `values` does not know. The field waits \
                  (`unmapped: hold`), or the whole item does (`unmapped: skipItem`); nothing is guessed.",
    example: "a case of priority `P0 - Blocker` and values: { \"P1 - Must Test\": 1 }",
    fix: "Add an entry, or set `unmapped: { use: VALUE }`.",
};

/// A value of another kind than the row handles.
pub static VALUE_WRONG_KIND: Entry = Entry {
    code: "value-wrong-kind",
    severity: Severity::Warning,
    title: "value cannot be read",
    explanation: "An item holds a value that is not of the kind that the row handles, for example a text \
                  where a number is expected. The field waits.",
    example: "`custom.estimate` holds `two days` and the row says `as: number`",
    fix: "Correct the value in its system, or choose another `as`.",
};

/// A value that the field's list does not have.
pub static VALUE_NOT_ALLOWED: Entry = Entry {
    code: "value-not-allowed",
    severity: Severity::Warning,
    title: "value is not in the target's list",
    explanation: "The Azure DevOps field takes values of a list only, and this one is not in it. The \
                  field waits.",
    example: "a case of type `Usability` and a picklist without it",
    fix: "Translate it with `values`, or add it to the picklist. If the list holds suggestions only, \
          `as: text` turns the check off.",
};

/// A text that is too long.
pub static VALUE_TOO_LONG: Entry = Entry {
    code: "value-too-long",
    severity: Severity::Warning,
    title: "text is too long for the target",
    explanation: "Azure DevOps takes 255 characters in a field of one line and 400 in a tag. Accord never \
                  cuts a text, so the field waits.",
    example: "a case with a title of 300 characters",
    fix: "Shorten it in TestWorthy, or map it to a field of plain text.",
};

/// A value that the target cannot keep.
pub static VALUE_NOT_STORABLE: Entry = Entry {
    code: "value-not-storable",
    severity: Severity::Warning,
    title: "the target cannot keep the value",
    explanation: "A line break in a field of one line, a separator (`,` or `;`) inside a tag or a \
                  reference, Accord's own tag, or more than 100 tags on one work item. The field waits.",
    example: "the reference `A;B` and a row with `as: set, prefix: \"ref:\"`",
    fix: "Change the value in its system.",
};

/// An empty value for a required field.
pub static VALUE_REQUIRED: Entry = Entry {
    code: "value-required",
    severity: Severity::Warning,
    title: "the target needs a value",
    explanation: "The source's value is empty and the target's field must not be. The field waits.",
    example: "a case without a title",
    fix: "Give the source a value.",
};

/// A row that would write a field that cannot be written.
pub static ROW_READ_ONLY: Entry = Entry {
    code: "row-read-only",
    severity: Severity::Warning,
    title: "the row cannot be written on this side",
    explanation: "The row's field on this side is a constant or can only be read.",
    example: "a constant in a rule that writes TestWorthy",
    fix: "Give the row a `direction`.",
};

/// No transitions lead to the state that a row wants.
pub static STATE_BLOCKED: Entry = Entry {
    code: "state-blocked",
    severity: Severity::Warning,
    title: "no way to this state",
    explanation: "The workflow of the work item type has no transitions that lead from the item's state \
                  to the one that the row `as: state` wants. The state waits; every other field of the \
                  item goes on.",
    example: "an item in `Removed`, a workflow without a way out of `Removed`, and values: { \"false\": Design }",
    fix: "Move the item by hand to one of the states that the message names, map the value to a state \
          that can be reached, or add the transition to the process.",
};

/// All of them.
pub(super) static ALL: &[&Entry] = &[
    &L01_UNKNOWN_FIELD,
    &L02_TYPE_MISMATCH,
    &L03_READ_ONLY,
    &L04_REQUIRED_UNMAPPED,
    &L05_NOT_TOTAL,
    &L06_NOT_ALLOWED,
    &L07_UNLAWFUL,
    &L08_MANY_TO_ONE,
    &L12_WRITTEN_TWICE,
    &L14_OUTCOME_AS_STATE,
    &L19_DIRECTION,
    &L24_SPELLING,
    &ONE_WAY_TABLE,
    &NOTHING_TO_WRITE,
    &TAG_NOT_USABLE,
    &UNMAPPED_VALUE,
    &VALUE_WRONG_KIND,
    &VALUE_NOT_ALLOWED,
    &VALUE_TOO_LONG,
    &VALUE_NOT_STORABLE,
    &VALUE_REQUIRED,
    &ROW_READ_ONLY,
    &STATE_BLOCKED,
];
