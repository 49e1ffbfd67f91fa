//! A plan as logging commands of Azure Pipelines (Microsoft Learn, Logging commands).

use super::human::{HumanOptions, human};
use super::notice;
use crate::diagnostics::render::azure_pipelines::{issues, output_variable, upload_summary};
use crate::plan::{Plan, SafetyVerdict};

/// What to write beside the issues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AzurePipelinesOptions {
    /// The way from the repository's top folder to the project's, with `/` behind it, or empty.
    pub prefix: String,
    /// Absolute paths of Markdown files that were written and become summaries of the run.
    pub summaries: Vec<String>,
}

/// The plan as people read it in a group that folds; issues at the manifest lines, the worst first; the
/// outputs `planId`, `reviewId`, `changes` (`true` or `false`), `blocked` and a count for each class of items,
/// which later steps read as `$(STEP.planId)`; and the summaries.
pub fn azure_pipelines(plan: &Plan, options: &AzurePipelinesOptions) -> String {
    let mut text = String::from("##[group]accord plan\n");
    text.push_str(&human(plan, &HumanOptions::default()));
    text.push_str("##[endgroup]\n");
    let annotations = notice::annotations(plan, &options.prefix);
    text.push_str(&issues(&annotations, "the plan has them all"));
    let summary = &plan.summary;
    let blocked = plan.safety.verdict == SafetyVerdict::Blocked;
    // A saved plan may come from anyone, and its ids are whatever stands in it.
    let digits = |id: &str| -> String { id.chars().filter(char::is_ascii_hexdigit).collect() };
    for (name, value) in [
        ("planId", digits(&plan.plan_id)),
        ("reviewId", digits(&plan.review_id)),
        ("changes", plan.has_operations().to_string()),
        ("blocked", blocked.to_string()),
    ] {
        text.push_str(&output_variable(name, &value));
    }
    for (name, count) in [
        ("toCreate", summary.create),
        ("toUpdate", summary.update),
        ("toDelete", summary.delete),
        ("toLink", summary.link),
        ("unchanged", summary.unchanged),
        ("conflicts", summary.conflict),
        ("quarantined", summary.quarantined),
        ("filtered", summary.filtered),
        ("held", summary.held),
        ("drifted", plan.drift.len() as u64),
    ] {
        text.push_str(&output_variable(name, &count.to_string()));
    }
    for path in &options.summaries {
        text.push_str(&upload_summary(path));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;

    #[test]
    fn what_the_agent_reads() {
        // Golden: pipelines read these variables.
        let options = AzurePipelinesOptions {
            prefix: String::new(),
            summaries: vec!["/agent/work/plan.md".to_owned()],
        };
        insta::assert_snapshot!(azure_pipelines(&sample::everything(), &options));
    }

    #[test]
    fn the_ids_of_a_made_up_plan_are_digits() {
        let mut plan = sample::plan(Vec::new());
        plan.plan_id = "0a\u{1b}[2J\u{202e}%AZP;]1f".to_owned();
        let text = azure_pipelines(&plan, &AzurePipelinesOptions::default());
        let set = "##vso[task.setvariable variable=planId;isOutput=true]0a2A1f\n";
        assert!(text.contains(set), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }

    #[test]
    fn the_title_of_an_item_sets_no_variable() {
        let mut plan = sample::everything();
        let hostile = "##vso[task.setvariable variable=planId]x ##[error]";
        for change in &mut plan.changes {
            change.item.title = hostile.to_owned();
        }
        plan.conflicts[0].message = format!("{hostile}\n{hostile}");
        plan.conflicts[0].address = format!("SyncRule/{hostile}");
        let text = azure_pipelines(&plan, &AzurePipelinesOptions::default());
        for line in text.lines() {
            let commands = line.matches("##").count();
            assert!(
                commands == 0 || (commands == 1 && line.starts_with("##")),
                "{line}"
            );
        }
        let set = text
            .lines()
            .filter(|l| l.starts_with("##vso[task.setvariable variable=planId;"));
        assert_eq!(set.count(), 1);
    }
}
