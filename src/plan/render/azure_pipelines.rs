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
    for (name, value) in [
        ("planId", plan.plan_id.clone()),
        ("reviewId", plan.review_id.clone()),
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
