//! The operations of TestWorthy's automation surface: path templates that a connection can override.
//!
//! Sources: the vendor's Automation API page (`get_cases`, add case and delete case by description) and
//! its command line client (`get_runs`, `get_run_cases`, `add_results_for_cases`). The other paths are
//! inferred from the same naming, which is why every one can be overridden.

use std::collections::BTreeMap;

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The key under `operations`, for example `addCase`.
    pub name: &'static str,
    /// The default template, relative to `/api/tests/`.
    pub template: &'static str,
    /// The placeholders that a template may use, without braces.
    pub placeholders: &'static [&'static str],
}

const fn operation(
    name: &'static str,
    template: &'static str,
    placeholders: &'static [&'static str],
) -> Operation {
    Operation {
        name,
        template,
        placeholders,
    }
}

/// All operations, by name.
pub const OPERATIONS: &[Operation] = &[
    operation(
        "addCase",
        "add_case/{suite_id}",
        &["suite_id", "section_id"],
    ),
    operation(
        "addResultsForCases",
        "add_results_for_cases/{run_id}",
        &["run_id"],
    ),
    operation("addRun", "add_run/{suite_id}", &["suite_id"]),
    operation("addSection", "add_section/{suite_id}", &["suite_id"]),
    operation("closeRun", "close_run/{run_id}", &["run_id"]),
    operation("deleteCase", "delete_case/{case_id}", &["case_id"]),
    operation("deleteRun", "delete_run/{run_id}", &["run_id"]),
    operation("getCase", "get_case/{case_id}", &["case_id"]),
    operation("getCases", "get_cases/{suite_id}", &["suite_id"]),
    operation("getCaseTypes", "get_case_types", &[]),
    operation("getPriorities", "get_priorities", &[]),
    operation(
        "getResultsForRun",
        "get_results_for_run/{run_id}",
        &["run_id"],
    ),
    operation("getRunCases", "get_run_cases/{run_id}", &["run_id"]),
    operation("getRuns", "get_runs/{suite_id}", &["suite_id"]),
    operation("getSections", "get_sections/{suite_id}", &["suite_id"]),
    operation("getStatuses", "get_statuses", &[]),
    operation("getSuites", "get_suites", &[]),
    operation("updateCase", "update_case/{case_id}", &["case_id"]),
    operation("updateRun", "update_run/{run_id}", &["run_id"]),
];

impl Operation {
    /// The operation with this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }
}

/// Overridden path templates by operation name (`addCase: "add_case/{suite_id}"`); operations that are
/// not named keep their default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operations(pub BTreeMap<String, String>);

impl Operations {
    /// The template of an operation: the override, else the default; `None` for an unknown name.
    pub fn template(&self, name: &str) -> Option<&str> {
        let default = Operation::find(name)?;
        Some(self.0.get(name).map_or(default.template, String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_replace_defaults() {
        let overridden = ("addCase".to_owned(), "add/{section_id}".to_owned());
        let operations = Operations(BTreeMap::from([overridden]));
        assert_eq!(operations.template("addCase"), Some("add/{section_id}"));
        assert_eq!(operations.template("getCase"), Some("get_case/{case_id}"));
        assert_eq!(operations.template("noSuch"), None);
    }
}
