//! Findings about safety rules: what stops a plan that would change more than anyone meant.

use crate::diagnostics::{Entry, Severity};

/// More updates than the limit.
pub static TOO_MANY_UPDATES: Entry = Entry {
    code: "too-many-updates",
    severity: Severity::Error,
    title: "the plan would update more linked items of a rule than the limit allows",
    explanation: "A mistake in a mapping or a mass edit in the source can rewrite every item at once. \
        Per rule, the updates of one run are limited to a share of its linked items \
        (`safety.updates.maxPercent`, 30 by default; shares count only from 10 linked items on) and, \
        if set, to a number (`safety.updates.maxCount`). Updates that come only from a changed \
        mapping are counted apart and are outside this limit, because a review of the manifests \
        covers them.",
    example: "A rule has 40 linked items; someone renamed 20 cases in TestWorthy since the last apply. \
        20 of 40 is 50 %, the limit is 30 %.",
    fix: "Read the plan. If the updates are meant, run again with `--allow-updates N`, N being the \
        number you have seen; or apply in parts with `--only`; or raise `spec.safety.updates` in \
        accord.yaml if such runs are usual.",
};

/// More deletes than the limit.
pub static TOO_MANY_DELETES: Entry = Entry {
    code: "too-many-deletes",
    severity: Severity::Error,
    title: "the plan would close or remove more linked items of a rule than the limit allows",
    explanation: "Per rule, the deletes of one run are limited to a share of its linked items \
        (`safety.deletes.maxPercent`, 10 by default; shares count only from 10 linked items on) and \
        to a number (`safety.deletes.maxCount`, 25 by default).",
    example: "A suite of 60 cases was emptied by accident; the rule would close 60 work items.",
    fix: "Read the plan. If the deletes are meant, run again with `--allow-deletes N`, N being the \
        number you have seen; else restore the items, or narrow the run with `--only`.",
};

/// A side lists none of the linked items.
pub static EMPTY_LISTING: Entry = Entry {
    code: "empty-listing",
    severity: Severity::Error,
    title: "one side of a rule lists none of the items that it has linked",
    explanation: "A lost permission, a renamed area or a server in trouble looks exactly like an empty \
        project. While a rule has active links and one of its sides lists none of the linked items, it creates \
        and deletes nothing; updates, links and other rules are not held back by this, but a plan that \
        holds such creates or deletes does not run.",
    example: "The area `Web Shop\\QA` was renamed, so the rule's query finds none of its 40 linked work \
        items and the plan would create all of them again.",
    fix: "Check the rule's scope and what the credential may see (`accord plan --only SyncRule/NAME`). If the \
        source was emptied on purpose, run again with `--allow-deletes N`. To run the other rules \
        meanwhile, name them with `--only`.",
};

/// A listing may lack items.
pub static INCOMPLETE_READ: Entry = Entry {
    code: "incomplete-read",
    severity: Severity::Error,
    title: "a listing may lack items, so nothing is created or deleted on its strength",
    explanation: "When a server cuts a listing short, contradicts its own count or fails in the middle of \
        its pages, an item that is missing from it may still exist. Creating its counterpart would \
        make a duplicate, deleting it would destroy work. There is no override.",
    example: "TestWorthy announces 1,200 cases for suite 41 and its pages hold 1,000.",
    fix: "Run again. If it persists, the message says which listing fell short; look at that suite or \
        query in the system itself, or split the rule's scope into smaller suites.",
};

/// Far fewer manifest files than at the last apply.
pub static MANIFESTS_MISSING: Entry = Entry {
    code: "manifests-missing",
    severity: Severity::Error,
    title: "fewer than half of the manifest files of the last apply are there",
    explanation: "A partial checkout or a wrong folder looks like a team that withdrew most of its \
        declarations. Until the files are back, or a person says that this is meant, nothing is \
        created or deleted.",
    example: "The last apply read 12 manifest files; a sparse checkout left 3 of them.",
    fix: "Check the checkout and `spec.manifests` in accord.yaml. If the files were removed or merged on \
        purpose, run again with `--allow-deletes N`, N being the number of deletes you have seen \
        (0 if there is none); the new number of files is remembered by that apply.",
};

/// Work items are older than what was seen of them.
pub static REVISION_WENT_DOWN: Entry = Entry {
    code: "revision-went-down",
    severity: Severity::Error,
    title: "linked work items are at an older revision than at the last apply",
    explanation: "Revisions of a work item only grow. One that is lower than it was means that the \
        organisation was set back to an older copy, or that the state belongs to another one. What \
        differs then was not edited by anyone, and carrying it over would undo work on the other side: \
        while the rule has such items, a plan that updates or deletes for it does not run. There is no \
        override.",
    example: "The server was restored from a backup of last night; work item 5120 is at revision 7 again, \
        its base was taken from revision 12.",
    fix: "Find out what was set back. Then let the rule begin anew from what both sides hold: `accord state \
        rebuild` makes the links again from the markers, and pairs that differ meet by `firstSync`. To run \
        the other rules meanwhile, name them with `--only`.",
};

/// A two-way rule in CI on a state that is a file of the machine.
pub static TWO_WAY_IN_CI: Entry = Entry {
    code: "two-way-in-ci",
    severity: Severity::Error,
    title: "a two-way rule would run in CI on a state that other machines do not share",
    explanation: "A two-way rule needs what both sides held when they were last in accord: by that it \
        tells an edit from an old value. Machines of continuous integration are thrown away after a \
        run, and two jobs at once would each have their own file. So where the variable `CI` is set \
        (and not `false` or `0`), `apply` and `conflicts resolve` refuse two-way rules while the state \
        is a SQLite file. `plan` may run, and so may one-way rules. There is no override.",
    example: "A workflow runs `accord apply --yes` with a rule of `direction: twoWay` and \
        `state: { sqlite: .accord/state.db }`.",
    fix: "Apply two-way rules where the state stays, for example on a server by a timer, and let CI plan \
        them only. One-way rules can go on in CI: `accord apply --only SyncRule/NAME`. Or let the \
        machines share the state, by `state.postgres` or `state.git`: then two-way rules run in CI too.",
};

/// The state is in a Git ref.
pub static STATE_IN_GIT: Entry = Entry {
    code: "state-in-git",
    severity: Severity::Warning,
    title: "whoever may read the repository may read the state, and so texts of cases and work items",
    explanation: "The state holds what both sides held when they were last in accord, values that were \
        overwritten, and values that wait for a decision. With `state.git` that is in a ref of the repository, \
        and in the history of that ref; what was pushed once may stay with the server for long. Values of rows \
        that are `sensitive` are in it too.",
    example: "A public repository with `state: { git: { remote: origin, ref: refs/accord/state } }`: \
        everybody can run `git fetch origin refs/accord/state` and read it.",
    fix: "Use it where all who may read the repository may read the test cases; else keep the state in a \
        repository of its own with fewer readers (another remote) or in a database.",
};

/// All of them.
pub(super) static ALL: &[&Entry] = &[
    &TOO_MANY_UPDATES,
    &TOO_MANY_DELETES,
    &EMPTY_LISTING,
    &INCOMPLETE_READ,
    &MANIFESTS_MISSING,
    &REVISION_WENT_DOWN,
    &TWO_WAY_IN_CI,
    &STATE_IN_GIT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_their_code_and_say_what_to_do() {
        for entry in ALL {
            let found = crate::diagnostics::catalog::find(&entry.code.to_uppercase());
            assert_eq!(found.map(|e| e.code), Some(entry.code));
            for text in [entry.title, entry.explanation, entry.example, entry.fix] {
                assert!(
                    !text.contains("  "),
                    "{}: a line break lost its backslash",
                    entry.code
                );
                assert!(text.len() > 20);
            }
        }
    }
}
