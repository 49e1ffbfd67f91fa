//! A plan as annotations on the manifest lines, for GitHub Actions.

use super::notice;
use crate::diagnostics::render;
use crate::plan::Plan;

/// How to annotate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GithubOptions {
    /// The way from the repository's top folder to the project's, with `/` behind it, or empty: annotations
    /// name files from the top.
    pub prefix: String,
}

/// Workflow commands, one on each line: at most ten of each level, the worst first. Blocked safety rules and
/// errors are errors; conflicts, warnings and deletes are warnings; what else would change is a notice at the
/// declaration that causes it. Empty if there is nothing to say.
pub fn github(plan: &Plan, options: &GithubOptions) -> String {
    let annotations = notice::annotations(plan, &options.prefix);
    render::github::commands(&annotations, "the plan has them all")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;

    #[test]
    fn what_stands_at_the_manifest_lines() {
        // Golden: GitHub shows these in a pull request.
        let options = GithubOptions {
            prefix: "sync/".to_owned(),
        };
        insta::assert_snapshot!(github(&sample::everything(), &options));
    }

    #[test]
    fn a_plan_without_anything_says_nothing() {
        assert_eq!(
            github(&sample::plan(Vec::new()), &GithubOptions::default()),
            ""
        );
    }
}
