//! Do the manifests fit what is there: work item types, fields, paths, suites?

use super::{cause, general_way_out, shown};
use crate::diagnostics::{Finding, Location, Place, nearest};
use crate::model::{SuiteId, WorkItemType};
use crate::reconcile::doctor::check::{Cause, Check};
use crate::remote::{RemoteError, RemoteErrorKind, Suite};

/// Findings of one mapping that get a line each; `plan` shows all of them.
const MOST_FINDINGS: usize = 10;

/// The checks of a mapping that was held against its live work item type.
pub(in crate::reconcile::doctor) fn mapping(
    name: &str,
    live: &WorkItemType,
    findings: &[Finding],
) -> Vec<Check> {
    if findings.is_empty() {
        let measured = format!(
            "fits `{}` ({} fields, {} states)",
            shown(&live.name),
            live.fields.len(),
            live.states.len()
        );
        return vec![Check::ok("mapping", measured).about(name)];
    }
    let mut worst_first: Vec<&Finding> = findings.iter().collect();
    worst_first.sort_by_key(|finding| std::cmp::Reverse(finding.code.severity));
    let mut checks: Vec<Check> = worst_first
        .iter()
        .take(MOST_FINDINGS)
        .map(|finding| one(finding).about(name))
        .collect();
    if let more @ 1.. = findings.len().saturating_sub(MOST_FINDINGS) {
        let measured = format!("{more} more findings; `accord plan` shows them all");
        checks.push(Check::skipped("mapping", measured).about(name));
    }
    checks
}

fn one(finding: &Finding) -> Check {
    let place = match &finding.location {
        Some(Location {
            file,
            place: Place::Line(line),
        }) => format!(" ({file}:{line})"),
        _ => String::new(),
    };
    let measured = format!(
        "{}[{}]: {}{place}",
        finding.code.severity.as_str(),
        finding.code.code,
        shown(&finding.message)
    );
    let next = shown(finding.help.as_deref().unwrap_or(finding.code.fix));
    if finding.is_error() {
        Check::fail("mapping", Cause::Manifests, measured, next)
    } else {
        Check::warn("mapping", measured, next)
    }
}

/// A mapping's work item type that the project does not have.
pub(in crate::reconcile::doctor) fn missing_type(
    mapping: &str,
    wanted: &str,
    types: &[String],
) -> Check {
    let next = match nearest(wanted, types.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{}`?", shown(near)),
        None => format!(
            "correct `azureDevOps` of the mapping; the project has {}",
            types
                .iter()
                .take(20)
                .map(|name| format!("`{}`", shown(name)))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let measured = format!("the project has no work item type `{}`", shown(wanted));
    Check::fail("mapping", Cause::Manifests, measured, next).about(mapping)
}

/// A path that a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::reconcile::doctor) struct Wanted {
    /// The path, as fields hold it.
    pub(in crate::reconcile::doctor) path: String,
    /// The rule.
    pub(in crate::reconcile::doctor) rule: String,
}

/// The paths of one tree (`area` or `iteration`) that rules name, held against those that are there.
pub(in crate::reconcile::doctor) fn paths(
    tree: &str,
    wanted: &[Wanted],
    found: &Result<Vec<String>, RemoteError>,
) -> Vec<Check> {
    let there = match found {
        Ok(there) => there,
        Err(error) => {
            let next = general_way_out(&error.kind);
            let measured = shown(&error.kind.to_string());
            return vec![Check::fail("path", cause(&error.kind), measured, next).about(tree)];
        }
    };
    let missing: Vec<Check> = wanted
        .iter()
        .filter(|wanted| !there.iter().any(|path| same_path(path, &wanted.path)))
        .map(|wanted| {
            let next = match nearest(&wanted.path, there.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{}`?", shown(near)),
                None => format!("create it in the project's settings, or correct the rule; paths begin with `{}`", shown(there.first().map_or("the project's name", String::as_str))),
            };
            let measured = format!(
                "the project has no {tree} `{}`, which rule `{}` names",
                shown(&wanted.path),
                wanted.rule
            );
            Check::fail("path", Cause::Manifests, measured, next).about(tree)
        })
        .collect();
    if missing.is_empty() {
        let count = wanted.len();
        let measured = format!("{count} named by rules, all of them there");
        return vec![Check::ok("path", measured).about(tree)];
    }
    missing
}

/// Names of nodes are compared without regard to case, and a leading backslash is nothing.
fn same_path(left: &str, right: &str) -> bool {
    let fold = |path: &str| path.trim_matches('\\').to_lowercase();
    fold(left) == fold(right)
}

/// Whether a suite answers. `others` are the suites that the server lists, if it does.
pub(in crate::reconcile::doctor) fn suite(
    id: SuiteId,
    found: &Result<(), RemoteError>,
    others: &[Suite],
) -> Check {
    let named = |suite: &Suite| format!("{} \"{}\"", suite.id, shown(&suite.name));
    let check = match found {
        Ok(()) => {
            let name = others.iter().find(|suite| suite.id == id);
            Check::ok(
                "suite",
                name.map_or_else(
                    || "answers".to_owned(),
                    |suite| format!("answers: \"{}\"", shown(&suite.name)),
                ),
            )
        }
        Err(error) => match &error.kind {
            RemoteErrorKind::Rejected { reason, .. } | RemoteErrorKind::NotFound { reason } => {
                let next = if others.is_empty() {
                    "take the id from the address of the suite's page (.../Project/OverView/ID)"
                        .to_owned()
                } else {
                    let all: Vec<String> = others.iter().take(10).map(named).collect();
                    format!("the project has {}", all.join(", "))
                };
                Check::fail("suite", Cause::Manifests, shown(reason), next)
            }
            other => Check::fail(
                "suite",
                cause(other),
                shown(&other.to_string()),
                general_way_out(other),
            ),
        },
    };
    check.about(id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::catalog::mapping as codes;
    use crate::mapping::testing::test_case_type;
    use crate::model::System;
    use crate::reconcile::doctor::check::Status;

    fn error(kind: RemoteErrorKind) -> RemoteError {
        RemoteError {
            system: System::AzureDevOps,
            kind,
            request: None,
        }
    }

    #[test]
    fn a_mapping_that_fits_says_what_it_fits() {
        let live = test_case_type();
        let checks = mapping("test-case", &live, &[]);
        assert_eq!(checks.len(), 1);
        assert_eq!(checks[0].status, Status::Ok);
        assert!(checks[0].measured.starts_with("fits `Test Case`"));
    }

    #[test]
    fn findings_are_lines_errors_first_and_not_too_many() {
        let place = Location {
            file: "m.yaml".to_owned(),
            place: Place::Line(7),
        };
        let finding =
            |text: &str| Finding::new(&codes::L01_UNKNOWN_FIELD, text.to_owned()).at(place.clone());
        let many: Vec<Finding> = (0..12).map(|n| finding(&n.to_string())).collect();
        let checks = mapping("test-case", &test_case_type(), &many);
        assert_eq!(checks.len(), MOST_FINDINGS + 1);
        assert_eq!(checks[0].cause, Some(Cause::Manifests));
        assert!(checks[0].measured.ends_with("0 (m.yaml:7)"), "{checks:?}");
        assert!(checks[MOST_FINDINGS].measured.starts_with("2 more"));
    }

    #[test]
    fn a_type_that_is_not_there_gets_the_nearest_name() {
        let types = ["Bug".to_owned(), "Test Case".to_owned()];
        let check = missing_type("m", "Testcase", &types);
        assert_eq!(check.next.as_deref(), Some("did you mean `Test Case`?"));
        let check = missing_type("m", "Epic", &types);
        assert!(check.next.unwrap().ends_with("has `Bug`, `Test Case`"));
    }

    #[test]
    fn paths_are_compared_as_the_service_does() {
        let there = Ok(vec!["Web Shop".to_owned(), r"Web Shop\QA".to_owned()]);
        let wanted = |path: &str| Wanted {
            path: path.to_owned(),
            rule: "r".to_owned(),
        };
        for path in [r"Web Shop\QA", r"web shop\qa", r"\Web Shop\QA\", "Web Shop"] {
            let checks = paths("area", &[wanted(path)], &there);
            assert_eq!(checks[0].status, Status::Ok, "{path}");
        }
        let checks = paths(
            "area",
            &[wanted(r"Web Shop\QS"), wanted("Web Shop")],
            &there,
        );
        assert_eq!(checks.len(), 1);
        assert_eq!(checks[0].cause, Some(Cause::Manifests));
        assert_eq!(
            checks[0].next.as_deref(),
            Some(r"did you mean `Web Shop\QA`?")
        );
    }

    #[test]
    fn suites() {
        let listed = [Suite {
            id: SuiteId(41),
            name: "Checkout".to_owned(),
            project: None,
        }];
        let fine = suite(SuiteId(41), &Ok(()), &listed);
        assert_eq!(fine.measured, "answers: \"Checkout\"");
        assert_eq!(suite(SuiteId(41), &Ok(()), &[]).measured, "answers");
        let foreign = Err(error(RemoteErrorKind::Rejected {
            code: None,
            reason: "Suite not found".to_owned(),
        }));
        let check = suite(SuiteId(9), &foreign, &listed);
        assert_eq!(check.cause, Some(Cause::Manifests));
        assert_eq!(
            check.next.as_deref(),
            Some("the project has 41 \"Checkout\"")
        );
        assert!(
            suite(SuiteId(9), &foreign, &[])
                .next
                .unwrap()
                .contains("OverView")
        );
        let silent = Err(error(RemoteErrorKind::Unavailable {
            reason: "x".to_owned(),
            maybe_sent: false,
        }));
        assert_eq!(
            suite(SuiteId(9), &silent, &[]).cause,
            Some(Cause::Unreachable)
        );
    }
}
