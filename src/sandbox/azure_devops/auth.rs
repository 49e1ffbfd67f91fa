//! Who asks: personal access tokens, and the many faces of a bad one.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::ApiError;
use super::identity::UserId;
use super::request::{ApiRequest, CHALLENGES, Content, Reply};
use super::{BadCredential, Organization};

impl Organization {
    /// The account that the request's credential belongs to.
    pub(crate) fn authenticate(&self, request: &ApiRequest<'_>) -> Option<UserId> {
        let (scheme, value) = request.header("authorization")?.split_once(' ')?;
        let token = match scheme.to_lowercase().as_str() {
            "basic" => {
                let pair = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
                // The user part does not count; a token may hold colons, so only the first one splits.
                pair.split_once(':')?.1.to_owned()
            }
            "bearer" => value.trim().to_owned(),
            _ => return None,
        };
        self.tokens
            .iter()
            .find(|(known, _)| *known == token)
            .map(|(_, user)| *user)
    }

    /// The answer to a bad credential.
    pub(crate) fn bad_credential(&self, request: &ApiRequest<'_>) -> Reply {
        let suppressed = request
            .header("x-tfs-fedauthredirect")
            .is_some_and(|value| value.eq_ignore_ascii_case("suppress"));
        let form = match self.settings.bad_credential {
            BadCredential::AsReal if suppressed => BadCredential::Unauthorized,
            BadCredential::AsReal if request.method == "PATCH" => BadCredential::UnauthorizedJson,
            BadCredential::AsReal => BadCredential::SignInPage,
            other => other,
        };
        let page = |title: &str| {
            let html = format!(
                "<!DOCTYPE html>\r\n<html lang=\"en-US\"><head><title>{title}</title></head><body>\
                 <h2>{title}</h2></body></html>\r\n"
            );
            Content::Text("text/html; charset=utf-8", html)
        };
        match form {
            BadCredential::SignInPage => Reply::new(
                StatusCode::NON_AUTHORITATIVE_INFORMATION,
                page("Azure DevOps Services | Sign In"),
            ),
            BadCredential::SignInRedirect => {
                let mut reply = Reply::new(StatusCode::FOUND, page("Object moved"));
                let realm = request.path.trim_start_matches('/');
                let address =
                    format!("{}/_signin?realm={realm}", self.base_url).replace(' ', "%20");
                reply.headers.push(("location", address));
                reply
            }
            BadCredential::UnauthorizedJson => Reply::error(&ApiError::unauthorized()),
            BadCredential::Unauthorized | BadCredential::AsReal => {
                let mut reply = Reply::new(StatusCode::UNAUTHORIZED, Content::Nothing);
                reply
                    .headers
                    .extend(CHALLENGES.map(|(name, value)| (name, value.to_owned())));
                reply
            }
        }
    }
}
