//! May the caller see the project and do what the rules of the connection need?

use super::{cause, general_way_out, shown};
use crate::diagnostics::catalog::lint;
use crate::diagnostics::nearest;
use crate::reconcile::doctor::check::{Cause, Check};
use crate::remote::{RemoteError, RemoteErrorKind};

/// What the manifests of a connection need in Azure DevOps. A manifest key that needs more
/// (webhooks, test plans) gets its variant here and its probe beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reconcile::doctor) enum Feature {
    /// Querying and reading work items.
    ReadWorkItems,
    /// Reading fields and work item types.
    ReadFields,
    /// Creating and changing work items.
    WriteWorkItems,
    /// Adding fields to the process.
    ChangeProcess,
}

impl Feature {
    /// As a person reads it.
    pub(in crate::reconcile::doctor) fn name(self) -> &'static str {
        match self {
            Self::ReadWorkItems => "read work items",
            Self::ReadFields => "read fields",
            Self::WriteWorkItems => "write work items",
            Self::ChangeProcess => "change the process",
        }
    }

    /// The scope of a personal access token that allows it (Microsoft Learn, Azure DevOps OAuth scopes:
    /// `vso.work`, `vso.work_write`).
    fn scope(self) -> &'static str {
        match self {
            Self::ReadWorkItems | Self::ReadFields => "Work Items (Read)",
            Self::WriteWorkItems | Self::ChangeProcess => "Work Items (Read & write)",
        }
    }
}

/// Whether the project is there and may be seen. `others` are the projects that may be seen.
pub(in crate::reconcile::doctor) fn project(
    name: &str,
    found: &Result<(), RemoteError>,
    others: &[String],
) -> Check {
    let refused = match found {
        Ok(()) => return Check::ok("project", format!("`{}` is there", shown(name))),
        Err(refused) => &refused.kind,
    };
    match refused {
        RemoteErrorKind::NotFound { .. } => {
            let measured = format!(
                "there is no project `{}` that this user may see",
                shown(name)
            );
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            let next = match (nearest(name, others.iter().copied()), others.as_slice()) {
                (Some(near), _) => format!(
                    "did you mean `{}`? Correct `azureDevOps.project`",
                    shown(near)
                ),
                (None, []) => "correct `azureDevOps.project`, or let the user into the project; the user sees no project at all".to_owned(),
                (None, some) => format!(
                    "correct `azureDevOps.project`, or let the user into the project; the user sees {}",
                    listed(some)
                ),
            };
            Check::fail("project", Cause::Manifests, measured, next)
        }
        RemoteErrorKind::Forbidden { reason } => Check::fail(
            "project",
            Cause::Authentication,
            format!("no access to `{}`: {}", shown(name), shown(reason)),
            "give the token the scope Project and Team (Read), and its user access to the project",
        ),
        other => Check::fail(
            "project",
            cause(other),
            shown(&other.to_string()),
            general_way_out(other),
        ),
    }
}

/// At most five names, with the number of the others.
fn listed(names: &[&str]) -> String {
    let first: Vec<String> = names
        .iter()
        .take(5)
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    match names.len().saturating_sub(5) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Whether a feature may be used, by what a read of its kind was answered with.
pub(in crate::reconcile::doctor) fn permission(
    feature: Feature,
    project: &str,
    tried: &Result<(), RemoteError>,
) -> Check {
    let check = match tried {
        Ok(()) => Check::ok("permission", "allowed"),
        Err(refused) => match &refused.kind {
            // The token was accepted a moment ago, so 401 means here that it may not do this.
            RemoteErrorKind::Unauthenticated { answer: words }
            | RemoteErrorKind::Forbidden { reason: words } => Check::fail(
                "permission",
                Cause::Authentication,
                format!("the token is good, but not for this: {}", shown(words)),
                format!(
                    "give the token the scope {}, and its user that permission in the project `{}` \
                     (`accord explain {}`)",
                    feature.scope(),
                    shown(project),
                    lint::L28_SCOPE_OF_TOKEN.code
                ),
            ),
            other => Check::fail(
                "permission",
                cause(other),
                shown(&other.to_string()),
                general_way_out(other),
            ),
        },
    };
    check.about(feature.name())
}

/// A permission that only a write would tell.
pub(in crate::reconcile::doctor) fn not_checked(feature: Feature) -> Check {
    Check::skipped(
        "permission",
        format!(
            "not checked: only a write would tell. It needs the scope {}",
            feature.scope()
        ),
    )
    .about(feature.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::System;
    use crate::reconcile::doctor::check::Status;

    fn refused(kind: RemoteErrorKind) -> Result<(), RemoteError> {
        Err(RemoteError {
            system: System::AzureDevOps,
            kind,
            request: None,
        })
    }

    fn not_found() -> Result<(), RemoteError> {
        refused(RemoteErrorKind::NotFound {
            reason: "TF200016".to_owned(),
        })
    }

    #[test]
    fn projects() {
        let names = |all: &[&str]| -> Vec<String> { all.iter().map(|n| (*n).to_owned()).collect() };
        assert_eq!(project("Web Shop", &Ok(()), &[]).status, Status::Ok);
        for (others, words) in [
            (names(&["Web Shop", "Ops"]), "did you mean `Web Shop`?"),
            (names(&["Ops"]), "the user sees `Ops`"),
            (names(&[]), "no project at all"),
            (
                names(&["1", "2", "3", "4", "5", "6", "7"]),
                "`5` and 2 more",
            ),
        ] {
            let check = project("Web Shopp", &not_found(), &others);
            assert_eq!(check.cause, Some(Cause::Manifests));
            assert!(check.next.as_ref().unwrap().contains(words), "{check:?}");
        }
        let forbidden = refused(RemoteErrorKind::Forbidden {
            reason: "no".to_owned(),
        });
        let check = project("Web Shop", &forbidden, &[]);
        assert_eq!(check.cause, Some(Cause::Authentication));
        assert!(check.next.unwrap().contains("Project and Team (Read)"));
    }

    #[test]
    fn a_good_token_without_the_scope_is_no_bad_token() {
        let words = || "no".to_owned();
        for kind in [
            RemoteErrorKind::Forbidden { reason: words() },
            RemoteErrorKind::Unauthenticated { answer: words() },
        ] {
            let check = permission(Feature::ReadWorkItems, "Web Shop", &refused(kind));
            assert_eq!(check.cause, Some(Cause::Authentication));
            assert!(check.measured.starts_with("the token is good"));
            assert!(check.next.unwrap().contains("Work Items (Read)"));
        }
        let busy = refused(RemoteErrorKind::RateLimited { reason: words() });
        let check = permission(Feature::ReadFields, "Web Shop", &busy);
        assert_eq!(check.cause, Some(Cause::Unreachable));
    }

    #[test]
    fn writes_are_not_claimed() {
        let check = not_checked(Feature::WriteWorkItems);
        assert_eq!(check.status, Status::Skipped);
        assert_eq!(check.subject.as_deref(), Some("write work items"));
    }
}
