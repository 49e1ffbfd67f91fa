//! Every first answer of either system has its own judgement.

use super::*;
use crate::model::System;
use crate::reconcile::doctor::check::Status;

const QUICK: Duration = Duration::from_millis(12);
const URL: &str = "https://dev.azure.com/contoso";
const TOKEN: &str = "environment variable X";

fn greeting(status: u16, outcome: Result<Identity, RemoteErrorKind>) -> Greeting {
    Greeting {
        status,
        date: None,
        recognised: Some(true),
        page: None,
        asks_to_sign_in: false,
        outcome,
    }
}

fn token() -> Carried {
    Carried {
        shown: TOKEN.to_owned(),
        workload_identity: false,
    }
}

fn named(name: &str) -> Identity {
    Identity {
        display_name: Some(name.to_owned()),
        ..Identity::default()
    }
}

fn turned_down() -> RemoteErrorKind {
    RemoteErrorKind::Unauthenticated {
        answer: "how".to_owned(),
    }
}

fn azure(greeting: &Greeting) -> Vec<Check> {
    azure_devops_answer(greeting, QUICK, URL, &token())
}

fn testworthy(greeting: &Greeting, suite: bool) -> Vec<Check> {
    let asked = if suite { Asked::Suite } else { Asked::Suites };
    testworthy_answer(greeting, QUICK, "https://testworthy.us", TOKEN, asked)
}

/// Names and status of all checks, and the cause of the last.
fn told(checks: &[Check]) -> (Vec<(&str, Status)>, Option<Cause>) {
    let all = checks
        .iter()
        .map(|check| (check.check.as_str(), check.status));
    (all.collect(), checks.last().unwrap().cause)
}

#[test]
fn a_good_token_has_a_name_but_no_address() {
    let checks = azure(&greeting(200, Ok(named("Accord Service"))));
    let fine = [
        ("http", Status::Ok),
        ("credential", Status::Ok),
        ("identity", Status::Ok),
    ];
    assert_eq!(told(&checks), (fine.to_vec(), None));
    assert_eq!(checks[2].measured, "Accord Service");
    let checks = azure(&greeting(200, Ok(named("build <robot@contoso.example>"))));
    assert!(
        !checks[2].measured.contains("contoso.example"),
        "{checks:?}"
    );
    assert_eq!(azure(&greeting(200, Ok(named(" "))))[2].status, Status::Ok);
}

#[test]
fn nobody_is_a_failure() {
    let nobody = Identity {
        anonymous: true,
        ..named("Anonymous")
    };
    let checks = azure(&greeting(200, Ok(nobody)));
    assert_eq!(checks[2].cause, Some(Cause::Authentication));
}

#[test]
fn azure_devops_refusals() {
    use RemoteErrorKind as K;
    let reason = || "why".to_owned();
    let page = |title: &str| Some(title.to_owned());
    let stranger = |status, outcome, title| Greeting {
        recognised: Some(false),
        page: title,
        ..greeting(status, outcome)
    };
    let credential = ("credential", Cause::Authentication);
    let nobody = ("http", Cause::Unreachable);
    for (answer, (check, cause)) in [
        (greeting(401, Err(turned_down())), credential),
        (greeting(302, Err(turned_down())), credential),
        (greeting(200, Err(turned_down())), credential),
        // Even without a header of the service: this is how it answers a bad token.
        (stranger(401, Err(turned_down()), None), credential),
        (
            stranger(203, Err(turned_down()), page("Sign In")),
            credential,
        ),
        (
            greeting(403, Err(K::Forbidden { reason: reason() })),
            credential,
        ),
        (
            greeting(404, Err(K::NotFound { reason: reason() })),
            ("organization", Cause::Manifests),
        ),
        (
            stranger(
                404,
                Err(K::Unsupported {
                    operation: reason(),
                }),
                None,
            ),
            ("organization", Cause::Manifests),
        ),
        (
            stranger(200, Err(turned_down()), page("Hotel WiFi")),
            nobody,
        ),
        (stranger(302, Err(turned_down()), None), nobody),
        (
            stranger(200, Err(K::Protocol { reason: reason() }), None),
            nobody,
        ),
        (greeting(200, Err(K::Protocol { reason: reason() })), nobody),
    ] {
        let checks = azure(&answer);
        let last = checks.last().unwrap();
        assert_eq!(
            (last.check.as_str(), last.cause),
            (check, Some(cause)),
            "{answer:?}"
        );
        assert!(last.next.is_some());
    }
    let hotel = azure(&stranger(200, Err(turned_down()), page("Hotel WiFi")));
    assert!(hotel[0].measured.contains("\"Hotel WiFi\""), "{hotel:?}");
}

#[test]
fn testworthy_answers() {
    use RemoteErrorKind as K;
    let reason = || "why".to_owned();
    let plain = |status, outcome| Greeting {
        recognised: None,
        ..greeting(status, outcome)
    };
    let page = |asks| Greeting {
        page: Some("title".to_owned()),
        asks_to_sign_in: asks,
        ..plain(200, Err(turned_down()))
    };
    let rejected = || K::Rejected {
        code: None,
        reason: reason(),
    };
    let ok = [("http", Status::Ok), ("credential", Status::Ok)];
    assert_eq!(
        told(&testworthy(&plain(200, Ok(Identity::default())), true)),
        (ok.to_vec(), None)
    );
    // The suite has a check of its own.
    assert_eq!(
        told(&testworthy(&plain(400, Err(rejected())), true)),
        (ok.to_vec(), None)
    );
    let not_offered = K::Unsupported {
        operation: reason(),
    };
    let checks = testworthy(&plain(404, Err(not_offered)), false);
    assert_eq!(checks[1].status, Status::Skipped);
    for (answer, (check, cause)) in [
        (
            plain(401, Err(turned_down())),
            ("credential", Cause::Authentication),
        ),
        (page(true), ("credential", Cause::Authentication)),
        (page(false), ("http", Cause::Unreachable)),
        (
            plain(403, Err(K::Forbidden { reason: reason() })),
            ("credential", Cause::Authentication),
        ),
        (
            plain(404, Err(K::NotFound { reason: reason() })),
            ("http", Cause::Manifests),
        ),
        (
            plain(301, Err(K::Protocol { reason: reason() })),
            ("http", Cause::Manifests),
        ),
        (
            plain(200, Err(K::Protocol { reason: reason() })),
            ("http", Cause::Unreachable),
        ),
    ] {
        let checks = testworthy(&answer, true);
        let last = checks.last().unwrap();
        assert_eq!(
            (last.check.as_str(), last.cause),
            (check, Some(cause)),
            "{answer:?}"
        );
        assert!(last.next.is_some());
    }
}

#[test]
fn slowness_is_a_warning() {
    let slow = Duration::from_secs(3);
    let checks = azure_devops_answer(&greeting(200, Ok(named("Ada"))), slow, URL, &token());
    assert_eq!(checks[0].status, Status::Warn);
    assert!(checks[0].measured.contains("3000 ms"), "{checks:?}");
    let quick = Duration::from_millis(2_999);
    let checks = azure_devops_answer(&greeting(200, Ok(named("Ada"))), quick, URL, &token());
    assert_eq!(checks[0].status, Status::Ok);
}

#[test]
fn no_answer_keeps_its_class() {
    let error = |kind| RemoteError {
        system: System::AzureDevOps,
        kind,
        request: None,
    };
    let silent = no_answer(&error(RemoteErrorKind::Unavailable {
        reason: "nobody".to_owned(),
        maybe_sent: false,
    }));
    assert_eq!(silent.cause, Some(Cause::Unreachable));
    let limited = no_answer(&error(RemoteErrorKind::RateLimited {
        reason: "busy".to_owned(),
    }));
    assert!(limited.next.unwrap().starts_with("wait"));
}

#[test]
fn a_workload_identity_is_told_what_a_token_is_not() {
    let carried = Carried {
        shown: "application 1 of directory 2".to_owned(),
        workload_identity: true,
    };
    let greeting = greeting(401, Err(turned_down()));
    let checks = azure_devops_answer(&greeting, QUICK, URL, &carried);
    let last = checks.last().unwrap();
    assert_eq!(last.cause, Some(Cause::Authentication));
    let next = last.next.as_deref().unwrap();
    assert!(
        next.contains("application 1") && !next.contains("personal"),
        "{next}"
    );
}

#[test]
fn a_sign_in_is_judged_by_what_went_wrong() {
    let refused = RemoteErrorKind::HostRefused {
        host: "login.example".to_owned(),
    };
    let silent = RemoteErrorKind::Unavailable {
        reason: "silent".to_owned(),
        maybe_sent: false,
    };
    for (outcome, cause) in [
        (Ok(()), None),
        (Err(turned_down()), Some(Cause::Authentication)),
        (Err(refused), Some(Cause::HostRefused)),
        (Err(silent), Some(Cause::Unreachable)),
    ] {
        let check = sign_in("application 1", outcome);
        assert_eq!(check.cause, cause);
        assert_eq!(check.subject.as_deref(), Some("entra"));
    }
}
