//! A plan as SARIF 2.1.0: its findings, conflicts and blocked safety rules.

use super::notice::{Places, measured, severity};
use crate::diagnostics::Severity;
use crate::diagnostics::render::sarif::{Outcome, document};
use crate::plan::{Plan, SafetyVerdict};

/// How to write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SarifOptions {
    /// The way from the repository's top folder to the project's, with `/` behind it, or empty.
    pub prefix: String,
}

/// One document with one run, a line break at its end; at most 5,000 results, the worst first. What would
/// change is no result: a plan that changes something is no defect.
pub fn sarif(plan: &Plan, options: &SarifOptions) -> String {
    let places = Places::new(plan, &options.prefix);
    let mut outcomes = Vec::new();
    for rule in &plan.safety.rules {
        if rule.verdict != SafetyVerdict::Blocked {
            continue;
        }
        outcomes.push(Outcome {
            code: rule.code.clone(),
            level: Severity::Error,
            message: measured(rule),
            spot: places.of(&rule.address),
            end: None,
            address: Some(rule.address.clone()),
            // What was measured differs from run to run, and it is the same trouble.
            identity: String::new(),
        });
    }
    for finding in &plan.findings {
        outcomes.push(Outcome {
            code: finding.code.clone(),
            level: severity(finding),
            message: format!("{}: {}", finding.address, finding.message),
            spot: places.at(finding.origin.as_ref(), &finding.address),
            end: None,
            // What is about the whole has none, and is told apart by its file.
            address: Some(finding.address.clone()).filter(|address| !address.is_empty()),
            identity: finding.message.clone(),
        });
    }
    for conflict in &plan.conflicts {
        let path = conflict.path.as_deref();
        let field = path.map_or_else(String::new, |path| format!(", {path}"));
        outcomes.push(Outcome {
            code: conflict.code.clone(),
            level: Severity::Warning,
            message: format!("{}{field}: {}", conflict.address, conflict.message),
            spot: places.at(conflict.origin.as_ref(), &conflict.address),
            end: None,
            address: Some(conflict.address.clone()),
            identity: path.unwrap_or("").to_owned(),
        });
    }
    document(outcomes, "plan", &plan.tool.version, &options.prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;

    #[test]
    fn what_code_scanning_reads() {
        // Golden: code scanning tells results apart by these fingerprints.
        let options = SarifOptions {
            prefix: "sync/".to_owned(),
        };
        insta::assert_snapshot!(sarif(&sample::everything(), &options));
    }
}
