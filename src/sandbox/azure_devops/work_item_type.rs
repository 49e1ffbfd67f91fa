//! The work item types of the project's process, Agile-like: states, transitions, reasons, fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::field::{self, FieldId};
use super::value::FieldValue;

/// A state and its meta-state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) name: Cow<'static, str>,
    pub(crate) category: &'static str,
    pub(crate) color: Cow<'static, str>,
    /// Whether the process hid it: items keep it, but no item gets it any more.
    pub(crate) hidden: bool,
    /// Whether it came with a customisation.
    pub(crate) custom: bool,
}

/// A way from one state to another; from `""` at creation.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) from: Cow<'static, str>,
    pub(crate) to: Cow<'static, str>,
    /// The first is the default.
    pub(crate) reasons: Vec<Cow<'static, str>>,
}

/// Where a field of a type, or its rules, come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    #[default]
    System,
    /// The system's, with rules of the inherited process.
    Inherited,
    Custom,
}

/// A field on a type.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeField {
    pub(crate) required: bool,
    pub(crate) default: Option<FieldValue>,
    /// Empty means any.
    pub(crate) allowed: Vec<FieldValue>,
    pub(crate) help: Option<&'static str>,
    pub(crate) read_only: bool,
    pub(crate) allow_groups: Option<bool>,
    pub(crate) origin: Origin,
}

/// What an inherited process made of a type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Customization {
    /// The type's reference name in the process, once it is derived from the system's.
    pub(crate) derived: Option<Arc<str>>,
    /// Whether the process invented it.
    pub(crate) custom: bool,
    pub(crate) disabled: bool,
    /// Deleted with its process' definition; the place stays, because items know their type by it.
    pub(crate) removed: bool,
    pub(crate) layout: super::process::LayoutChanges,
}

/// A work item type.
#[derive(Clone, Debug)]
pub(crate) struct WorkItemType {
    pub(crate) name: Arc<str>,
    /// The reference name that work item tracking tells; a derived type keeps that of the system.
    pub(crate) reference: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
    pub(crate) color: Cow<'static, str>,
    pub(crate) icon: Cow<'static, str>,
    pub(crate) states: Vec<State>,
    pub(crate) transitions: Vec<Transition>,
    /// Fields that it has beyond the system's own, and rules for any.
    pub(crate) fields: BTreeMap<FieldId, TypeField>,
    pub(crate) customization: Customization,
}

impl WorkItemType {
    /// The state of a new item.
    pub(crate) fn initial_state(&self) -> &str {
        self.transitions
            .iter()
            .find(|way| way.from.is_empty() && self.is_open(&way.to))
            .map(|way| &*way.to)
            .or_else(|| self.visible_states().next().map(|state| &*state.name))
            .unwrap_or("New")
    }

    /// The states that an item can get.
    pub(crate) fn visible_states(&self) -> impl Iterator<Item = &State> {
        self.states.iter().filter(|state| !state.hidden)
    }

    fn is_open(&self, name: &str) -> bool {
        self.visible_states().any(|state| state.name == name)
    }

    /// Whether a name is its name, its reference name or its reference name in the process.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        !self.customization.removed
            && (self.name.eq_ignore_ascii_case(name)
                || self.reference.eq_ignore_ascii_case(name)
                || self
                    .customization
                    .derived
                    .as_ref()
                    .is_some_and(|derived| derived.eq_ignore_ascii_case(name)))
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
            .find(|way| way.from == from && way.to == to && self.is_open(to))
    }

    /// Every reason that can stand with a state.
    pub(crate) fn reasons(&self, state: &str) -> impl Iterator<Item = &str> {
        self.transitions
            .iter()
            .filter(move |way| way.to == state)
            .flat_map(|way| way.reasons.iter().map(|reason| &**reason))
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
        "microsoft.testplancategory" | "test plan category" => &["Test Plan"],
        "microsoft.testsuitecategory" | "test suite category" => &["Test Suite"],
        _ => return None,
    })
}

const fn state(name: &'static str, category: &'static str, color: &'static str) -> State {
    State {
        name: Cow::Borrowed(name),
        category,
        color: Cow::Borrowed(color),
        hidden: false,
        custom: false,
    }
}

const NEW: State = state("New", "Proposed", "b2b2b2");
const ACTIVE: State = state("Active", "InProgress", "007acc");
const RESOLVED: State = state("Resolved", "Resolved", "ff9d00");
const CLOSED: State = state("Closed", "Completed", "339933");
const REMOVED: State = state("Removed", "Removed", "ffffff");
const DESIGN: State = state("Design", "Proposed", "b2b2b2");
const READY: State = state("Ready", "InProgress", "007acc");

fn ways(list: &[(&'static str, &'static str, &'static [&'static str])]) -> Vec<Transition> {
    list.iter()
        .map(|&(from, to, reasons)| Transition {
            from: Cow::Borrowed(from),
            to: Cow::Borrowed(to),
            reasons: reasons.iter().copied().map(Cow::Borrowed).collect(),
        })
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

/// The process: Test Case, Bug, User Story, Task, Shared Steps, Test Plan, Test Suite.
pub(crate) fn agile() -> Vec<WorkItemType> {
    vec![
        test_case(),
        bug(),
        user_story(),
        task(),
        shared_steps(),
        test_plan(),
        test_suite(),
    ]
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
        reference: Cow::Borrowed("Microsoft.VSTS.WorkItemTypes.TestCase"),
        description: Cow::Borrowed("Server-side data for a set of steps to be tested."),
        color: Cow::Borrowed("004B50"),
        icon: Cow::Borrowed("icon_test_case"),
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
        customization: Customization::default(),
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
        reference: Cow::Borrowed("Microsoft.VSTS.WorkItemTypes.Bug"),
        description: Cow::Borrowed(
            "Describes a divergence between required and actual behavior, and tracks the \
                      work done to correct the defect and verify the correction.",
        ),
        color: Cow::Borrowed("CC293D"),
        icon: Cow::Borrowed("icon_insect"),
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
        customization: Customization::default(),
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
        reference: Cow::Borrowed("Microsoft.VSTS.WorkItemTypes.UserStory"),
        description: Cow::Borrowed(
            "Tracks an activity the user will be able to perform with the product",
        ),
        color: Cow::Borrowed("009CCC"),
        icon: Cow::Borrowed("icon_book"),
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
        customization: Customization::default(),
    }
}

fn task() -> WorkItemType {
    WorkItemType {
        name: Arc::from("Task"),
        reference: Cow::Borrowed("Microsoft.VSTS.WorkItemTypes.Task"),
        description: Cow::Borrowed("Tracks work that needs to be done."),
        color: Cow::Borrowed("F2CB1D"),
        icon: Cow::Borrowed("icon_clipboard"),
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
        customization: Customization::default(),
    }
}

fn shared_steps() -> WorkItemType {
    WorkItemType {
        name: Arc::from("Shared Steps"),
        reference: Cow::Borrowed("Microsoft.VSTS.WorkItemTypes.SharedStep"),
        description: Cow::Borrowed(
            "Server-side data for a set of steps to be reused across multiple test cases.",
        ),
        color: Cow::Borrowed("004B50"),
        icon: Cow::Borrowed("icon_test_step"),
        states: vec![ACTIVE, CLOSED],
        transitions: ways(&[
            ("", "Active", &["New"]),
            ("Active", "Closed", &["Completed"]),
            ("Closed", "Active", &["Reactivated"]),
        ]),
        fields: plain(&[field::STEPS, field::PARAMETERS]),
        customization: Customization::default(),
    }
}

/// The fields of a plan or a suite: no priority, no dates of closing.
fn management(ids: &[FieldId]) -> BTreeMap<FieldId, TypeField> {
    let mut fields = plain(ids);
    for id in [
        field::PRIORITY,
        field::ACTIVATED_DATE,
        field::ACTIVATED_BY,
        field::CLOSED_DATE,
        field::CLOSED_BY,
    ] {
        fields.remove(&id);
    }
    fields
}

fn test_plan() -> WorkItemType {
    WorkItemType {
        name: Arc::from("Test Plan"),
        reference: Cow::Borrowed("Microsoft.VSTS.WorkItemTypes.TestPlan"),
        description: Cow::Borrowed("Tracks test activities for a specific milestone or release."),
        color: Cow::Borrowed("004B50"),
        icon: Cow::Borrowed("icon_test_plan"),
        states: vec![
            state("Active", "InProgress", "007acc"),
            state("Inactive", "Completed", "339933"),
        ],
        transitions: ways(&[
            ("", "Active", &["New"]),
            ("Active", "Inactive", &["Completed"]),
            ("Inactive", "Active", &["Activated"]),
        ]),
        fields: management(&[field::START_DATE, field::FINISH_DATE]),
        customization: Customization::default(),
    }
}

fn test_suite() -> WorkItemType {
    WorkItemType {
        name: Arc::from("Test Suite"),
        reference: Cow::Borrowed("Microsoft.VSTS.WorkItemTypes.TestSuite"),
        description: Cow::Borrowed(
            "Tracks test activites for a specific feature, requirement, or user story.",
        ),
        color: Cow::Borrowed("004B50"),
        icon: Cow::Borrowed("icon_test_suite"),
        states: vec![
            state("In Planning", "Proposed", "b2b2b2"),
            state("In Progress", "InProgress", "007acc"),
            state("Completed", "Completed", "339933"),
        ],
        transitions: ways(&[
            ("", "In Planning", &["New"]),
            ("", "In Progress", &["New"]),
            ("In Planning", "In Progress", &["Started"]),
            ("In Planning", "Completed", &["Completed"]),
            ("In Progress", "In Planning", &["Deferred"]),
            ("In Progress", "Completed", &["Completed"]),
            ("Completed", "In Progress", &["Reactivated"]),
            ("Completed", "In Planning", &["Deferred"]),
        ]),
        fields: management(&[
            field::TEST_SUITE_TYPE,
            field::TEST_SUITE_TYPE_ID,
            field::QUERY_TEXT,
        ]),
        customization: Customization::default(),
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
                    way.from.is_empty() || kind.state(&way.from).is_some(),
                    "{way:?}"
                );
                assert!(kind.state(&way.to).is_some(), "{way:?}");
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
                    if !reached.contains(&&*way.to) {
                        reached.push(&way.to);
                    }
                }
                at += 1;
            }
            assert_eq!(reached.len(), kind.states.len(), "{}", kind.name);
        }
    }
}
