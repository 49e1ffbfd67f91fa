//! The first answer: is it the system at all, does it take the credential, and for whom does it take us?

use std::time::Duration;

use super::{cause, general_way_out, shown};
use crate::reconcile::Carried;
use crate::reconcile::doctor::check::{Cause, Check};
use crate::remote::{Greeting, Identity, RemoteError, RemoteErrorKind};

/// An answer that takes longer is worth a warning: a plan makes many requests.
const SLOW: Duration = Duration::from_secs(3);

/// No answer to judge: nobody answered, or only with a failure of the server.
pub(in crate::reconcile::doctor) fn no_answer(error: &RemoteError) -> Check {
    let status = error.request.as_ref().and_then(|request| request.status);
    let status = status.map_or_else(String::new, |status| format!(" (status {status})"));
    let measured = format!("{}{status}", shown(&error.kind.to_string()));
    Check::fail(
        "http",
        cause(&error.kind),
        measured,
        general_way_out(&error.kind),
    )
}

/// Azure DevOps' answer to the question who the caller is. `credential` describes the reference
/// (`environment variable X`), `organization` is the organisation's address.
pub(in crate::reconcile::doctor) fn azure_devops_answer(
    greeting: &Greeting,
    latency: Duration,
    organization: &str,
    carried: &Carried,
) -> Vec<Check> {
    let credential = carried.shown.as_str();
    let recognised = greeting.recognised != Some(false);
    let refused = match &greeting.outcome {
        Ok(identity) => {
            return vec![
                answered(greeting.status, latency),
                Check::ok(
                    "credential",
                    format!("the token from {credential} is accepted"),
                ),
                who(identity, credential),
            ];
        }
        Err(refused) => refused,
    };
    match (greeting.status, refused) {
        (404 | 410, _) => {
            let doubt = if recognised {
                ""
            } else {
                ", or another server answers there"
            };
            vec![
                answered(greeting.status, latency),
                Check::fail(
                    "organization",
                    Cause::Manifests,
                    format!("there is no organisation at {organization}{doubt}"),
                    "correct `azureDevOps.organizationUrl`: open it in a browser, where it must show the organisation's projects",
                ),
            ]
        }
        // A bad token shows so whoever is between; any other page comes from a stranger.
        (401 | 203, RemoteErrorKind::Unauthenticated { answer }) => {
            vec![
                answered(greeting.status, latency),
                bad_token(answer, carried),
            ]
        }
        (_, RemoteErrorKind::Unauthenticated { answer }) if recognised => {
            vec![
                answered(greeting.status, latency),
                bad_token(answer, carried),
            ]
        }
        (_, RemoteErrorKind::Forbidden { reason }) => vec![
            answered(greeting.status, latency),
            Check::fail(
                "credential",
                Cause::Authentication,
                format!("the organisation refuses the token: {}", shown(reason)),
                "an administrator may have limited where tokens work from (conditional access, IP ranges) or the user has no access to the organisation: ask one",
            ),
        ],
        (status, refused) if !recognised || greeting.page.is_some() => {
            vec![stranger(
                status,
                greeting,
                refused,
                "Azure DevOps",
                organization,
            )]
        }
        (status, refused) => vec![unusable(status, refused)],
    }
}

/// What TestWorthy was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reconcile::doctor) enum Asked {
    /// The cases of a suite.
    Suite,
    /// Its suites, since no rule names one.
    Suites,
    /// The project of a connection to the v1 surface.
    Project(u64),
}

/// TestWorthy's answer to a listing. `credentials` describes the three references, `url` is the address
/// of the connection. With `suite` the listing was that of a suite.
pub(in crate::reconcile::doctor) fn testworthy_answer(
    greeting: &Greeting,
    latency: Duration,
    url: &str,
    credentials: &str,
    asked: Asked,
) -> Vec<Check> {
    let http = || answered(greeting.status, latency);
    let accepted = || Check::ok("credential", format!("accepted, from {credentials}"));
    let Err(refused) = &greeting.outcome else {
        return vec![http(), accepted()];
    };
    match refused {
        RemoteErrorKind::Unauthenticated { .. }
            if greeting.page.is_some() && !greeting.asks_to_sign_in =>
        {
            vec![stranger(
                greeting.status,
                greeting,
                refused,
                "TestWorthy",
                url,
            )]
        }
        RemoteErrorKind::Unauthenticated { answer } => vec![
            http(),
            Check::fail(
                "credential",
                Cause::Authentication,
                format!("not accepted: {}", shown(answer)),
                match asked {
                    Asked::Project(_) => format!(
                        "make a new token in the settings of your TestWorthy profile and put it into {credentials}"
                    ),
                    Asked::Suite | Asked::Suites => format!(
                        "compare {credentials} with Integration > Testworthy Configuration; a key that was regenerated there stops working at once"
                    ),
                },
            ),
        ],
        RemoteErrorKind::Forbidden { reason } => vec![
            http(),
            Check::fail(
                "credential",
                Cause::Authentication,
                format!("no access to the project: {}", shown(reason)),
                match asked {
                    Asked::Project(project) => format!(
                        "correct `testworthy.projectId` ({project}), or let the owner of the token into the project; the token comes from {credentials}"
                    ),
                    Asked::Suite | Asked::Suites => format!(
                        "compare the project key with the grid under Integration > Testworthy Configuration, and let the user into the project; they come from {credentials}"
                    ),
                },
            ),
        ],
        // 400 is about the suite, which has its own check: the three headers were judged before.
        RemoteErrorKind::Rejected { .. } if asked == Asked::Suite => vec![http(), accepted()],
        RemoteErrorKind::Unsupported { .. } if asked == Asked::Suites => vec![
            http(),
            Check::skipped(
                "credential",
                "no rule names a suite and this server lists none, so nothing tells whether it is accepted",
            ),
        ],
        RemoteErrorKind::NotFound { reason } => vec![Check::fail(
            "http",
            Cause::Manifests,
            format!("status {}: {}", greeting.status, shown(reason)),
            match asked {
                Asked::Project(project) => format!(
                    "correct `testworthy.projectId` ({project}) or `testworthy.url` ({url}): the v1 surface has no such project there"
                ),
                Asked::Suite | Asked::Suites => format!(
                    "correct `testworthy.url` ({url}) or `testworthy.operations`: the automation surface is not there"
                ),
            },
        )],
        refused if (300..400).contains(&greeting.status) => vec![Check::fail(
            "http",
            Cause::Manifests,
            shown(&refused.to_string()),
            "set `testworthy.url` to the final address",
        )],
        refused => vec![unusable(greeting.status, refused)],
    }
}

fn answered(status: u16, latency: Duration) -> Check {
    let measured = format!("answered in {} ms (status {status})", latency.as_millis());
    if latency < SLOW {
        return Check::ok("http", measured);
    }
    Check::warn(
        "http",
        format!("{measured}, which is slow"),
        "a plan makes many requests: test again later, and from another network",
    )
}

fn bad_token(answer: &str, carried: &Carried) -> Check {
    let credential = &carried.shown;
    Check::fail(
        "credential",
        Cause::Authentication,
        format!("the token is not accepted: {}", shown(answer)),
        if carried.workload_identity {
            format!(
                "add {credential} to the organisation as a user (Organization settings > Users) and to the project; the organisation must be connected to that directory"
            )
        } else {
            format!(
                "make a new personal access token of this organisation (User settings > Personal access tokens) and put it whole into {credential}: this one is expired, revoked, cut, or of another organisation"
            )
        },
    )
}

/// Whether Microsoft Entra gave the application a token for this job.
pub(in crate::reconcile::doctor) fn sign_in(
    application: &str,
    outcome: Result<(), RemoteErrorKind>,
) -> Check {
    match outcome {
        Ok(()) => Check::ok("secret", format!("Microsoft Entra signed in {application}")),
        Err(kind) => {
            let next = match &kind {
                RemoteErrorKind::HostRefused { host } => {
                    format!("if {host} is yours, add --allow-host {host} or set ACCORD_ALLOW_HOSTS")
                }
                RemoteErrorKind::Unauthenticated { .. } => {
                    "the message says what to change in the directory or in the job".to_owned()
                }
                other => general_way_out(other),
            };
            Check::fail("secret", cause(&kind), shown(&kind.to_string()), next)
        }
    }
    .about("entra")
}

/// Somebody else answers.
fn stranger(
    status: u16,
    greeting: &Greeting,
    refused: &RemoteErrorKind,
    system: &str,
    url: &str,
) -> Check {
    let what = match greeting.page.as_deref().map(str::trim) {
        Some("") => "a web page without a title".to_owned(),
        Some(title) => format!("the web page \"{}\"", shown(title)),
        None => format!("something else ({})", shown(&refused.to_string())),
    };
    Check::fail(
        "http",
        Cause::Unreachable,
        format!("{what} answers in place of {system} (status {status})"),
        format!(
            "open {url} in a browser on this machine: a network that wants a sign-in, a proxy or another server may answer there; else correct the address in the manifest"
        ),
    )
}

fn unusable(status: u16, refused: &RemoteErrorKind) -> Check {
    Check::fail(
        "http",
        cause(refused),
        format!("status {status}: {}", shown(&refused.to_string())),
        general_way_out(refused),
    )
}

fn who(identity: &Identity, credential: &str) -> Check {
    if identity.anonymous {
        return Check::fail(
            "identity",
            Cause::Authentication,
            "the server takes the caller for nobody (the anonymous identity)",
            format!(
                "the organisation shows public projects to everyone, so a bad token looks like a good one: put a valid one into {credential}"
            ),
        );
    }
    match identity.display_name.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => Check::ok("identity", without_address(&shown(name))),
        _ => Check::ok("identity", "known, but without a name"),
    }
}

/// Service accounts may carry their e-mail address as a name; it is nobody's business in a log.
fn without_address(name: &str) -> String {
    name.split(' ')
        .map(|word| match word.split_once('@') {
            Some((user, host)) if !user.is_empty() && !host.is_empty() => format!("{user}@…"),
            _ => word.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
