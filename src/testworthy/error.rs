//! What an answer's status and body mean. The form of error bodies is not published.

use super::operations::Operation;
use super::wire::{Object, text_of};
use crate::http::{Client, Response};
use crate::remote::RemoteErrorKind;

/// How much of a server's words is shown, in characters.
const LONGEST_WORDS: usize = 500;

/// `Ok` for an answer with data. A page for people under a status of success is a lost login.
pub(super) fn classify(
    client: &Client,
    operation: Operation,
    response: &Response,
) -> Result<(), RemoteErrorKind> {
    let status = response.status;
    if response.is_success() {
        if response.is_html() {
            let answer = format!("status {status} with a sign-in page instead of data");
            return Err(RemoteErrorKind::Unauthenticated { answer });
        }
        return Ok(());
    }
    let reason = words(client, response);
    Err(match status {
        300..400 => moved(status, response),
        401 => RemoteErrorKind::Unauthenticated {
            answer: format!("status 401: {reason}"),
        },
        403 => RemoteErrorKind::Forbidden { reason },
        404 | 405 if operation == Operation::GetCases => RemoteErrorKind::NotFound {
            reason: format!(
                "{reason}; check the connection's url and operations.{}",
                operation.key()
            ),
        },
        404 | 405 => RemoteErrorKind::Unsupported {
            operation: operation.key().to_owned(),
        },
        // A wrong project key is a wrong credential, though the server answers 400 as for a wrong id.
        400 if operation == Operation::GetCases
            && reason.to_ascii_lowercase().contains("project key") =>
        {
            RemoteErrorKind::Forbidden { reason }
        }
        400..500 => RemoteErrorKind::Rejected { code: None, reason },
        _ => RemoteErrorKind::Protocol {
            reason: format!("status {status}: {reason}"),
        },
    })
}

/// Whether a page for people is one to sign in on: it has a field for a password, or says so in its
/// title or in where its form goes.
pub(super) fn asks_to_sign_in(response: &Response) -> bool {
    let Some(title) = response.page_title() else {
        return false;
    };
    let words = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["sign in", "sign-in", "signin", "log in", "login", "log on"]
            .iter()
            .any(|word| text.contains(word))
    };
    let body = response.text().to_ascii_lowercase();
    let form = body
        .split("<form")
        .skip(1)
        .filter_map(|form| form.split('>').next())
        .any(words);
    words(&title) || form || body.contains("type=\"password\"")
}

/// A redirect is never followed: to a sign-in page it means a lost login, else a wrong address.
pub(super) fn moved(status: u16, response: &Response) -> RemoteErrorKind {
    let target = response.header("location").unwrap_or_default();
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    if ["login", "signin", "sign-in", "account"]
        .iter()
        .any(|word| lower.contains(word))
    {
        let answer = format!("status {status} to a sign-in page");
        return RemoteErrorKind::Unauthenticated { answer };
    }
    let target = url::Url::parse(target).map_or_else(
        |_| "another path".to_owned(),
        |url| url.origin().ascii_serialization(),
    );
    RemoteErrorKind::Protocol {
        reason: format!(
            "status {status} sends the request to {target}; redirects are not followed, so set the \
             connection's url to the final address"
        ),
    }
}

/// The server's words: the member that usually holds them, else the beginning of the body.
pub(super) fn words(client: &Client, response: &Response) -> String {
    if response.is_html() {
        return "a page instead of data".to_owned();
    }
    let text = response.json().ok().and_then(|json| message(&json));
    let text = text.unwrap_or_else(|| response.text().into_owned());
    // Masked before it is cut, else half a secret could be left.
    let text = client.redact(&text);
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let text: String = words.join(" ").chars().take(LONGEST_WORDS).collect();
    if text.is_empty() {
        format!("no reason given (status {})", response.status)
    } else {
        text
    }
}

fn message(json: &serde_json::Value) -> Option<String> {
    if let Some(text) = json.as_str() {
        return Some(text.to_owned());
    }
    let object = Object::of(json)?;
    let single = ["error", "message", "Message", "title"];
    let found = single.iter().find_map(|name| {
        let value = object.get(name)?;
        let text = text_of(value).or_else(|| message(value))?;
        (!text.is_empty()).then_some(text)
    });
    let errors = object.get("errors").map(|errors| match errors {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    match (found, errors) {
        (Some(text), Some(errors)) => Some(format!("{text} {errors}")),
        (text, errors) => text.or(errors),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::http::{AllowList, ClientOptions, Timeouts};
    use crate::model::System;

    fn client() -> Client {
        let key = |text: &str| SecretString::from(text);
        Client::new(ClientOptions {
            system: System::TestWorthy,
            allow: AllowList::default(),
            credentials: super::super::credential_headers(
                key("ada@example.test"),
                key("key-4711"),
                key("project-4711"),
            ),
            default_headers: Vec::new(),
            rate: None,
            timeouts: Timeouts::default(),
            offline: false,
        })
        .unwrap()
    }

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
        let headers = headers
            .iter()
            .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
            .collect();
        Response {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    fn kind(operation: Operation, response: &Response) -> Option<RemoteErrorKind> {
        classify(&client(), operation, response).err()
    }

    #[test]
    fn statuses() {
        use RemoteErrorKind as K;
        let of = |status, operation| kind(operation, &answer(status, &[], r#"{"error":"No."}"#));
        assert_eq!(of(200, Operation::GetCase), None);
        assert_eq!(of(201, Operation::AddCase), None);
        assert!(matches!(
            of(401, Operation::GetCase),
            Some(K::Unauthenticated { .. })
        ));
        assert!(
            matches!(of(403, Operation::GetCase), Some(K::Forbidden { reason }) if reason == "No.")
        );
        assert!(matches!(
            of(400, Operation::GetCase),
            Some(K::Rejected { .. })
        ));
        let wrong_key = answer(400, &[], r#"{"error":"The project key is not valid."}"#);
        assert!(matches!(
            kind(Operation::GetCases, &wrong_key),
            Some(K::Forbidden { .. })
        ));
        assert!(matches!(
            kind(Operation::AddCase, &wrong_key),
            Some(K::Rejected { .. })
        ));
        assert!(matches!(
            of(409, Operation::AddCase),
            Some(K::Rejected { .. })
        ));
        assert!(matches!(
            of(404, Operation::GetCases),
            Some(K::NotFound { .. })
        ));
        for status in [404, 405] {
            let gone = of(status, Operation::GetSections);
            assert!(
                matches!(gone, Some(K::Unsupported { operation }) if operation == "getSections")
            );
        }
    }

    #[test]
    fn a_lost_login_shows_in_three_ways() {
        for response in [
            answer(200, &[("content-type", "text/html")], "Log in"),
            answer(
                200,
                &[("content-type", "application/json")],
                "<!DOCTYPE html><html>",
            ),
            answer(302, &[("location", "/Account/Login?ReturnUrl=%2F")], ""),
            answer(401, &[], ""),
        ] {
            let kind = kind(Operation::GetCases, &response);
            assert!(
                matches!(kind, Some(RemoteErrorKind::Unauthenticated { .. })),
                "{kind:?}"
            );
        }
        let moved = kind(
            Operation::GetCases,
            &answer(301, &[("location", "https://tw.example/x?k=v")], ""),
        );
        let text = moved.unwrap().to_string();
        assert!(
            text.contains("https://tw.example") && !text.contains("k=v"),
            "{text}"
        );
    }

    #[test]
    fn a_page_to_sign_in_on_is_told_from_any_other() {
        for (body, asks) in [
            ("<html><title>Log in - TestWorthy</title>", true),
            ("<html><title>x</title><form action='/Account/Login'>", true),
            ("<html><input type=\"password\">", true),
            (
                "<html><title>Hotel WiFi</title><form action='/accept'>",
                false,
            ),
            (r#"{"title":"Log in"}"#, false),
        ] {
            assert_eq!(asks_to_sign_in(&answer(200, &[], body)), asks, "{body}");
        }
    }

    #[test]
    fn words_are_found_in_every_usual_place() {
        for (body, expected) in [
            (r#"{"error":"Suite not found"}"#, "Suite not found"),
            (r#"{"Message":"Suite\r\n not found"}"#, "Suite not found"),
            (
                r#"{"error":{"message":"Suite not found"}}"#,
                "Suite not found",
            ),
            (
                r#"{"title":"Invalid.","errors":{"title":["Required"]}}"#,
                r#"Invalid. {"title":["Required"]}"#,
            ),
            (r#"{"errors":["a","b"]}"#, r#"["a","b"]"#),
            (r#""plain""#, "plain"),
            ("Suite not found", "Suite not found"),
            ("<html>stack trace</html>", "a page instead of data"),
            ("", "no reason given (status 400)"),
            (
                r#"{"message":"key-4711 is unknown"}"#,
                "[redacted] is unknown",
            ),
        ] {
            let got = kind(Operation::AddCase, &answer(400, &[], body));
            assert_eq!(
                got,
                Some(RemoteErrorKind::Rejected {
                    code: None,
                    reason: expected.to_owned()
                }),
                "{body}"
            );
        }
    }

    #[test]
    fn long_words_are_cut_without_cutting_a_secret_in_half() {
        let body = format!("{}key-4711", "x".repeat(LONGEST_WORDS - 4));
        let Some(RemoteErrorKind::Rejected { reason, .. }) =
            kind(Operation::AddCase, &answer(400, &[], &body))
        else {
            panic!("not rejected");
        };
        assert_eq!(reason.chars().count(), LONGEST_WORDS);
        assert!(!reason.contains("key"), "{reason}");
    }
}
