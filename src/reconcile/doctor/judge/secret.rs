//! Before anything is contacted: may the credentials go there, and are they there?

use url::Url;

use crate::model::System;
use crate::reconcile::doctor::check::{Cause, Check};
use crate::reconcile::secret::Appearance;
use crate::remote::{RemoteError, RemoteErrorKind};

/// What a credential should look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reconcile::doctor) enum Expected {
    /// A personal access token of Azure DevOps: 52 characters, or 84 for those made since 2024.
    PersonalAccessToken {
        /// Whether the server is the public service or one of one's own; an emulator on loopback
        /// takes tokens of any length.
        real: bool,
    },
    /// An e-mail address.
    Email,
    /// One word.
    Key,
}

/// Whether the credentials of `system` may go to the host.
pub(in crate::reconcile::doctor) fn host(
    system: System,
    url: &Url,
    allowed: Result<(), RemoteError>,
) -> Check {
    match allowed {
        Ok(()) => {
            let kind = if crate::http::is_public_host(system, url) {
                format!("a host of {system}")
            } else {
                "allowed by the operator".to_owned()
            };
            Check::ok("host", format!("{} is {kind}", place(url)))
        }
        Err(RemoteError {
            kind: RemoteErrorKind::HostRefused { host },
            ..
        }) => {
            let next = format!(
                "if {host} is yours, add --allow-host {host} or set ACCORD_ALLOW_HOSTS; else the \
                 manifest points to a stranger"
            );
            Check::fail(
                "host",
                Cause::HostRefused,
                format!("{host} may not have the credentials of {system}; nothing was contacted"),
                next,
            )
        }
        Err(other) => Check::fail(
            "host",
            Cause::HostRefused,
            other.to_string(),
            "correct the address in the manifest",
        ),
    }
}

fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether the credential behind `reference` (`environment variable X`) is there, and looks as one does.
pub(in crate::reconcile::doctor) fn secret(
    key: &str,
    reference: &str,
    expected: Expected,
    found: Result<Appearance, &'static str>,
) -> Check {
    let look = match found {
        Ok(look) => look,
        Err(reason) => {
            return Check::fail(
                "secret",
                Cause::Authentication,
                format!("{reference}: {reason}"),
                format!("set {reference} where accord runs; manifests only name it"),
            )
            .about(key);
        }
    };
    let odd = oddities(look, expected);
    if odd.is_empty() {
        return Check::ok("secret", format!("{reference} is set")).about(key);
    }
    let measured = format!("{reference} is set, but {}", odd.join(", and "));
    Check::warn(
        "secret",
        measured,
        "compare the value with the one that the system showed, and set it again without anything around it",
    )
    .about(key)
}

fn oddities(look: Appearance, expected: Expected) -> Vec<String> {
    let mut odd = Vec::new();
    let mut note = |found: bool, text: &str| {
        if found {
            odd.push(text.to_owned());
        }
    };
    note(
        look.surrounded,
        "white space or a line end surrounds the value (it is left out)",
    );
    note(look.quoted, "the value is in quotes");
    note(
        look.with_scheme,
        "the value begins with `Basic`, `Bearer` or `Authorization:`, which accord adds itself",
    );
    note(
        look.spaced && !look.with_scheme && !look.quoted,
        "there is white space inside the value",
    );
    note(
        !look.sendable,
        "the value holds characters that are not ASCII",
    );
    match expected {
        Expected::Email => note(!look.email, "the value is no e-mail address"),
        Expected::PersonalAccessToken { .. } if look.web_token => note(
            true,
            "the value looks like an Entra access token and not like a personal access token",
        ),
        Expected::PersonalAccessToken { real: true } if !matches!(look.length, 52 | 84) => {
            let text = format!(
                "a personal access token has 52 or 84 characters and the value has {}",
                look.length
            );
            note(true, &text);
        }
        Expected::PersonalAccessToken { .. } | Expected::Key => {}
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::doctor::check::Status;

    const GOOD: Appearance = Appearance {
        length: 52,
        surrounded: false,
        spaced: false,
        quoted: false,
        with_scheme: false,
        web_token: false,
        email: false,
        sendable: true,
    };
    const TOKEN: Expected = Expected::PersonalAccessToken { real: true };

    #[test]
    fn every_oddity_is_a_warning_in_its_own_words() {
        let with = |change: fn(&mut Appearance)| {
            let mut look = GOOD;
            change(&mut look);
            look
        };
        for (look, expected, words) in [
            (with(|l| l.surrounded = true), TOKEN, "surrounds"),
            (with(|l| l.quoted = true), TOKEN, "quotes"),
            (with(|l| l.with_scheme = true), TOKEN, "`Basic`"),
            (with(|l| l.spaced = true), TOKEN, "inside"),
            (with(|l| l.sendable = false), TOKEN, "ASCII"),
            (with(|l| l.length = 51), TOKEN, "has 51"),
            (with(|l| l.web_token = true), TOKEN, "Entra"),
            (GOOD, Expected::Email, "no e-mail"),
        ] {
            let check = secret("key", "environment variable X", expected, Ok(look));
            assert_eq!(check.status, Status::Warn, "{words}");
            assert!(check.measured.contains(words), "{}", check.measured);
            assert!(check.next.is_some());
        }
    }

    #[test]
    fn what_looks_right_is_ok() {
        let look = |length| Appearance { length, ..GOOD };
        let anything = Expected::PersonalAccessToken { real: false };
        for (look, expected) in [
            (look(52), TOKEN),
            (look(84), TOKEN),
            (look(11), anything),
            (look(3), Expected::Key),
            (
                Appearance {
                    email: true,
                    ..GOOD
                },
                Expected::Email,
            ),
        ] {
            let check = secret("key", "environment variable X", expected, Ok(look));
            assert_eq!(check.status, Status::Ok, "{}", check.measured);
        }
    }

    #[test]
    fn a_missing_one_names_the_reference() {
        let check = secret(
            "apiKey",
            "environment variable X",
            TOKEN,
            Err("it is not set"),
        );
        assert_eq!(check.cause, Some(Cause::Authentication));
        assert_eq!(check.subject.as_deref(), Some("apiKey"));
        assert_eq!(check.measured, "environment variable X: it is not set");
    }

    #[test]
    fn hosts() {
        let url = |text: &str| Url::parse(text).unwrap();
        let public = host(System::AzureDevOps, &url("https://dev.azure.com/c"), Ok(()));
        assert_eq!(public.measured, "dev.azure.com is a host of Azure DevOps");
        let own = host(System::TestWorthy, &url("http://127.0.0.1:4010/x"), Ok(()));
        assert_eq!(own.measured, "127.0.0.1:4010 is allowed by the operator");
        let refused = RemoteError {
            system: System::TestWorthy,
            kind: RemoteErrorKind::HostRefused {
                host: "evil.example:443".to_owned(),
            },
            request: None,
        };
        let check = host(
            System::TestWorthy,
            &url("https://evil.example"),
            Err(refused),
        );
        assert_eq!(check.cause, Some(Cause::HostRefused));
        assert!(
            check
                .next
                .unwrap()
                .contains("--allow-host evil.example:443")
        );
    }
}
