//! The credential, and the many ways in which Azure DevOps says that it does not accept it.
//!
//! A bad or expired token is answered with 401, with 203 and a sign-in page, or with a redirect to one,
//! depending on the route and on the headers sent; none of these may ever count as a success.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::ServerError;
use crate::http::{Response, SecretHeader};

/// The header that carries a personal access token: Basic with an empty user (Microsoft Learn, Use
/// personal access tokens). White space around the token, as files end with, is left out.
pub fn credential_header(pat: &SecretString) -> SecretHeader {
    let pair = format!(":{}", pat.expose_secret().trim());
    SecretHeader {
        name: "authorization",
        value: SecretString::from(format!("Basic {}", STANDARD.encode(pair))),
    }
}

/// The headers that every request of this adapter carries. `X-TFS-FedAuthRedirect: Suppress` asks for a
/// plain 401 in place of a sign-in page, as Microsoft's own clients do.
pub fn default_headers() -> Vec<(&'static str, String)> {
    vec![
        ("accept", "application/json".to_owned()),
        ("x-tfs-fedauthredirect", "Suppress".to_owned()),
    ]
}

/// How the credential was turned down, if this answer turns it down; `None` for every other answer.
pub(super) fn turned_down(response: &Response) -> Option<String> {
    let status = response.status;
    match status {
        401 => Some(match ServerError::from_response(response).message {
            Some(message) => format!("status 401: {message}"),
            None => "status 401 with an empty body".to_owned(),
        }),
        203 => Some("status 203 with a sign-in page".to_owned()),
        300..=399 => Some(match redirect_target(response) {
            Some(target) if is_sign_in(&target) => {
                format!("status {status}, a redirect to the sign-in page")
            }
            Some(target) => format!("status {status}, a redirect to {target}"),
            None => format!("status {status}, a redirect to nowhere"),
        }),
        200..=299 if response.is_html() => Some(format!(
            "status {status} with an HTML page, a sign-in page or a proxy's, in place of JSON"
        )),
        _ => None,
    }
}

/// Where a redirect leads, without the query, which may hold a request's state.
fn redirect_target(response: &Response) -> Option<String> {
    let location = response.header("location")?;
    let target = location.split(['?', '#']).next().unwrap_or_default();
    (!target.is_empty()).then(|| target.to_owned())
}

fn is_sign_in(target: &str) -> bool {
    let target = target.to_ascii_lowercase();
    [
        "_signin",
        "login.microsoftonline.com",
        "login.live.com",
        "vssps.visualstudio.com",
    ]
    .iter()
    .any(|mark| target.contains(mark))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn response(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Response {
            status,
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn the_token_is_sent_as_basic_with_an_empty_user() {
        let header = credential_header(&SecretString::from("secret-token\n"));
        assert_eq!(header.name, "authorization");
        assert_eq!(header.value.expose_secret(), "Basic OnNlY3JldC10b2tlbg==");
        assert!(!format!("{header:?}").contains("OnNlY3JldC10b2tlbg"));
    }

    #[test]
    fn every_bad_credential_form_is_told_by_its_own_words() {
        let html = ("content-type", "text/html; charset=utf-8");
        let json = ("content-type", "application/json");
        for (answer, words) in [
            (response(401, &[], ""), "status 401 with an empty body"),
            (
                response(401, &[json], r#"{"message":"TF400813: not authorized"}"#),
                "status 401: TF400813: not authorized",
            ),
            (
                response(203, &[html], "<html>"),
                "status 203 with a sign-in page",
            ),
            (
                response(
                    302,
                    &[("location", "https://dev.azure.com/_signin?realm=x")],
                    "Object moved",
                ),
                "status 302, a redirect to the sign-in page",
            ),
            (
                response(
                    301,
                    &[("location", "https://other.example.test/path?secret=1")],
                    "",
                ),
                "status 301, a redirect to https://other.example.test/path",
            ),
            (response(302, &[], ""), "status 302, a redirect to nowhere"),
            (
                response(200, &[html], "<html>"),
                "status 200 with an HTML page, a sign-in page or a proxy's, in place of JSON",
            ),
            (
                response(200, &[json], "\n <!DOCTYPE html>"),
                "status 200 with an HTML page, a sign-in page or a proxy's, in place of JSON",
            ),
        ] {
            assert_eq!(turned_down(&answer).as_deref(), Some(words));
        }
    }

    #[test]
    fn other_answers_do_not_turn_the_credential_down() {
        let html = ("content-type", "text/html");
        let json = (
            "content-type",
            "application/json; charset=utf-8; api-version=7.1",
        );
        for answer in [
            response(200, &[json], "{}"),
            response(403, &[html], "<html>"),
            response(404, &[html], "<html>"),
            response(503, &[html], "<html>"),
            response(400, &[json], "{}"),
        ] {
            assert_eq!(turned_down(&answer), None);
        }
    }
}
