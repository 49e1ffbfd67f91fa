//! The work item types of the project's process, Agile-like: states, transitions, reasons, fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::field::{self, FieldId};
use super::value::FieldValue;

/// A state and its meta-state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    pub(crate) color: &'static str,
}

/// A way from one state to another; from `""` at creation.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// The first is the default.
    pub(crate) reasons: &'static [&'static str],
}

/// A field on a type.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeField {
    pub(crate) required: bool,
    pub(crate) default: Option<FieldValue>,
    /// Empty means any.
    pub(crate) allowed: Vec<FieldValue>,
    pub(crate) help: Option<&'static str>,
}

/// A work item type.
#[derive(Clone, Debug)]
pub(crate) struct WorkItemType {
    pub(crate) name: Arc<str>,
    pub(crate) reference: &'static str,
    pub(crate) description: &'static str,
    pub(crate) color: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) states: Vec<State>,
    pub(crate) transitions: Vec<Transition>,
    /// Fields that it has beyond the system's own, and rules for any.
    pub(crate) fields: BTreeMap<FieldId, TypeField>,
}

impl WorkItemType {
    /// The state of a new item.
    pub(crate) fn initial_state(&self) -> &'static str {
        self.transitions
            .iter()
            .find(|way| way.from.is_empty())
            .map_or("New", |way| way.to)
    }

    /// The state's own spelling.
    pub(crate) fn state(&self, name: &str) -> Option<&State> {
        self.states
            .iter()
            .find(|state| state.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn transition(&self, from: &str, to: &str) -> Option<&Transition> {
        self.transitions
            .iter()
            .find(|way| way.from == from && way.to == to)
    }

    /// Every reason that can stand with a state.
    pub(crate) fn reasons(&self, state: &str) -> impl Iterator<Item = &'static str> {
        self.transitions
            .iter()
            .filter(move |way| way.to == state)
            .flat_map(|way| way.reasons.iter().copied())
    }

    /// Test Case, Test Plan and Test Suite items live and die by the test management API.
    pub(crate) fn is_test_item(&self) -> bool {
        matches!(&*self.name, "Test Case" | "Test Plan" | "Test Suite")
    }
}

/// The category that `IN GROUP` names, as type names.
pub(crate) fn category(name: &str) -> Option<&'static [&'static str]> {
    Some(match name.to_lowercase().as_str() {
        "microsoft.testcasecategory" | "test case category" => &["Test Case"],
        "microsoft.bugcategory" | "bug category" => &["Bug"],
        "microsoft.requirementcategory" | "requirement category" => &["User Story"],
        "microsoft.taskcategory" | "task category" => &["Task"],
        "microsoft.sharedstepcategory" | "shared step category" => &["Shared Steps"],
        _ => return None,
    })
}

const NEW: State = State {
    name: "New",
    category: "Proposed",
    color: "b2b2b2",
};
const ACTIVE: State = State {
    name: "Active",
    category: "InProgress",
    color: "007acc",
};
const RESOLVED: State = State {
    name: "Resolved",
    category: "Resolved",
    color: "ff9d00",
};
const CLOSED: State = State {
    name: "Closed",
    category: "Completed",
    color: "339933",
};
const REMOVED: State = State {
    name: "Removed",
    category: "Removed",
    color: "ffffff",
};
const DESIGN: State = State {
    name: "Design",
    category: "Proposed",
    color: "b2b2b2",
};
const READY: State = State {
    name: "Ready",
    category: "InProgress",
    color: "007acc",
};

fn ways(list: &[(&'static str, &'static str, &'static [&'static str])]) -> Vec<Transition> {
    list.iter()
        .map(|&(from, to, reasons)| Transition { from, to, reasons })
        .collect()
}

fn text(values: &[&str]) -> Vec<FieldValue> {
    values.iter().map(|value| FieldValue::text(value)).collect()
}

fn plain(ids: &[FieldId]) -> BTreeMap<FieldId, TypeField> {
    let mut fields: BTreeMap<FieldId, TypeField> =
        ids.iter().map(|id| (*id, TypeField::default())).collect();
    fields.insert(
        field::TITLE,
        TypeField {
            required: true,
            help: Some("Short statement of what the item is about"),
            ..TypeField::default()
        },
    );
    fields.insert(
        field::STATE,
        TypeField {
            required: true,
            ..TypeField::default()
        },
    );
    fields.insert(
        field::PRIORITY,
        TypeField {
            default: Some(FieldValue::Integer(2)),
            allowed: (1..=4).map(FieldValue::Integer).collect(),
            help: Some("Importance: 1 is the highest, 4 the lowest"),
            ..TypeField::default()
        },
    );
    for id in [
        field::STATE_CHANGE_DATE,
        field::ACTIVATED_DATE,
        field::ACTIVATED_BY,
        field::CLOSED_DATE,
        field::CLOSED_BY,
    ] {
        fields.entry(id).or_default();
    }
    fields
}

/// The process: Test Case, Bug, User Story, Task, Shared Steps.
pub(crate) fn agile() -> Vec<WorkItemType> {
    vec![test_case(), bug(), user_story(), task(), shared_steps()]
}

fn test_case() -> WorkItemType {
    let mut fields = plain(&[
        field::STEPS,
        field::PARAMETERS,
        field::LOCAL_DATA_SOURCE,
        field::AUTOMATED_TEST_NAME,
        field::AUTOMATED_TEST_STORAGE,
        field::AUTOMATED_TEST_ID,
        field::AUTOMATED_TEST_TYPE,
        field::STACK_RANK,
    ]);
    fields.insert(
        field::AUTOMATION_STATUS,
        TypeField {
            default: Some(FieldValue::text("Not Automated")),
            allowed: text(&["Automated", "Not Automated", "Planned"]),
            help: Some("Whether the test is automated"),
            ..TypeField::default()
        },
    );
    WorkItemType {
        name: Arc::from("Test Case"),
        reference: "Microsoft.VSTS.WorkItemTypes.TestCase",
        description: "Server-side data for a set of steps to be tested.",
        color: "004B50",
        icon: "icon_test_case",
        states: vec![DESIGN, READY, CLOSED],
        transitions: ways(&[
            ("", "Design", &["New"]),
            ("Design", "Ready", &["Completed"]),
            ("Design", "Closed", &["Duplicate", "Obsolete", "Deferred"]),
            ("Ready", "Design", &["Update Test Case"]),
            ("Ready", "Closed", &["Duplicate", "Obsolete", "Deferred"]),
            ("Closed", "Design", &["Reactivated"]),
            ("Closed", "Ready", &["Reactivated"]),
        ]),
        fields,
    }
}

fn bug() -> WorkItemType {
    let mut fields = plain(&[
        field::REPRO_STEPS,
        field::SYSTEM_INFO,
        field::STORY_POINTS,
        field::REMAINING_WORK,
        field::COMPLETED_WORK,
        field::ORIGINAL_ESTIMATE,
        field::FOUND_IN,
        field::INTEGRATION_BUILD,
        field::RESOLVED_DATE,
        field::RESOLVED_BY,
        field::RESOLVED_REASON,
        field::ACCEPTANCE_CRITERIA,
        field::ACTIVITY,
        field::STACK_RANK,
    ]);
    fields.insert(
        field::SEVERITY,
        TypeField {
            default: Some(FieldValue::text("3 - Medium")),
            allowed: text(&["1 - Critical", "2 - High", "3 - Medium", "4 - Low"]),
            ..TypeField::default()
        },
    );
    fields.insert(field::VALUE_AREA, value_area());
    WorkItemType {
        name: Arc::from("Bug"),
        reference: "Microsoft.VSTS.WorkItemTypes.Bug",
        description: "Describes a divergence between required and actual behavior, and tracks the \
                      work done to correct the defect and verify the correction.",
        color: "CC293D",
        icon: "icon_insect",
        states: vec![NEW, ACTIVE, RESOLVED, CLOSED],
        transitions: ways(&[
            ("", "New", &["New", "Build Failure"]),
            ("New", "Active", &["Approved", "Investigate"]),
            (
                "New",
                "Resolved",
                &[
                    "Fixed",
                    "As Designed",
                    "Cannot Reproduce",
                    "Deferred",
                    "Duplicate",
                    "Obsolete",
                ],
            ),
            (
                "New",
                "Closed",
                &[
                    "As Designed",
                    "Cannot Reproduce",
                    "Deferred",
                    "Duplicate",
                    "Obsolete",
                ],
            ),
            ("Active", "New", &["Investigation Complete"]),
            (
                "Active",
                "Resolved",
                &[
                    "Fixed",
                    "As Designed",
                    "Cannot Reproduce",
                    "Deferred",
                    "Duplicate",
                    "Obsolete",
                ],
            ),
            (
                "Active",
                "Closed",
                &[
                    "As Designed",
                    "Cannot Reproduce",
                    "Deferred",
                    "Duplicate",
                    "Obsolete",
                ],
            ),
            ("Resolved", "Active", &["Not fixed", "Test Failed"]),
            ("Resolved", "Closed", &["Verified", "Fixed and verified"]),
            ("Closed", "Active", &["Regression", "Reactivated"]),
            ("Closed", "New", &["Reactivated"]),
        ]),
        fields,
    }
}

fn value_area() -> TypeField {
    TypeField {
        default: Some(FieldValue::text("Business")),
        allowed: text(&["Architectural", "Business"]),
        ..TypeField::default()
    }
}

fn user_story() -> WorkItemType {
    let mut fields = plain(&[
        field::ACCEPTANCE_CRITERIA,
        field::STORY_POINTS,
        field::START_DATE,
        field::FINISH_DATE,
        field::RESOLVED_DATE,
        field::RESOLVED_BY,
        field::RESOLVED_REASON,
        field::STACK_RANK,
    ]);
    fields.insert(field::VALUE_AREA, value_area());
    fields.insert(
        field::RISK,
        TypeField {
            allowed: text(&["1 - High", "2 - Medium", "3 - Low"]),
            ..TypeField::default()
        },
    );
    WorkItemType {
        name: Arc::from("User Story"),
        reference: "Microsoft.VSTS.WorkItemTypes.UserStory",
        description: "Tracks an activity the user will be able to perform with the product",
        color: "009CCC",
        icon: "icon_book",
        states: vec![NEW, ACTIVE, RESOLVED, CLOSED, REMOVED],
        transitions: ways(&[
            ("", "New", &["New"]),
            ("New", "Active", &["Implementation started"]),
            ("New", "Resolved", &["Code complete and unit tests pass"]),
            ("New", "Closed", &["Acceptance tests pass"]),
            ("New", "Removed", &["Removed from the backlog"]),
            ("Active", "New", &["Implementation halted"]),
            ("Active", "Resolved", &["Code complete and unit tests pass"]),
            ("Active", "Closed", &["Acceptance tests pass"]),
            ("Active", "Removed", &["Removed from the backlog"]),
            ("Resolved", "Active", &["Acceptance tests fail"]),
            ("Resolved", "Closed", &["Acceptance tests pass"]),
            ("Closed", "Active", &["Reactivated"]),
            ("Closed", "Resolved", &["Reactivated"]),
            ("Removed", "New", &["Reconsidering the User Story"]),
        ]),
        fields,
    }
}

fn task() -> WorkItemType {
    WorkItemType {
        name: Arc::from("Task"),
        reference: "Microsoft.VSTS.WorkItemTypes.Task",
        description: "Tracks work that needs to be done.",
        color: "F2CB1D",
        icon: "icon_clipboard",
        states: vec![NEW, ACTIVE, CLOSED, REMOVED],
        transitions: ways(&[
            ("", "New", &["New"]),
            ("New", "Active", &["Work started"]),
            (
                "New",
                "Closed",
                &["Completed", "Deferred", "Obsolete", "Cut"],
            ),
            ("New", "Removed", &["Removed from the backlog"]),
            ("Active", "New", &["Work halted"]),
            (
                "Active",
                "Closed",
                &["Completed", "Deferred", "Obsolete", "Cut"],
            ),
            ("Active", "Removed", &["Removed from the backlog"]),
            ("Closed", "Active", &["Reactivated"]),
            ("Removed", "New", &["Reactivated"]),
        ]),
        fields: plain(&[
            field::REMAINING_WORK,
            field::COMPLETED_WORK,
            field::ORIGINAL_ESTIMATE,
            field::ACTIVITY,
            field::START_DATE,
            field::FINISH_DATE,
            field::INTEGRATION_BUILD,
            field::STACK_RANK,
        ]),
    }
}

fn shared_steps() -> WorkItemType {
    WorkItemType {
        name: Arc::from("Shared Steps"),
        reference: "Microsoft.VSTS.WorkItemTypes.SharedStep",
        description: "Server-side data for a set of steps to be reused across multiple test cases.",
        color: "004B50",
        icon: "icon_test_step",
        states: vec![ACTIVE, CLOSED],
        transitions: ways(&[
            ("", "Active", &["New"]),
            ("Active", "Closed", &["Completed"]),
            ("Closed", "Active", &["Reactivated"]),
        ]),
        fields: plain(&[field::STEPS, field::PARAMETERS]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transition_names_states_of_its_type_and_has_a_reason() {
        for kind in agile() {
            for way in &kind.transitions {
                assert!(
                    way.from.is_empty() || kind.state(way.from).is_some(),
                    "{way:?}"
                );
                assert!(kind.state(way.to).is_some(), "{way:?}");
                assert!(!way.reasons.is_empty(), "{way:?}");
            }
            assert!(kind.state(kind.initial_state()).is_some());
        }
    }

    #[test]
    fn every_state_can_be_reached_from_the_initial_one() {
        for kind in agile() {
            let mut reached = vec![kind.initial_state()];
            let mut at = 0;
            while let Some(from) = reached.get(at).copied() {
                for way in kind.transitions.iter().filter(|way| way.from == from) {
                    if !reached.contains(&way.to) {
                        reached.push(way.to);
                    }
                }
                at += 1;
            }
            assert_eq!(reached.len(), kind.states.len(), "{}", kind.name);
        }
    }
}
