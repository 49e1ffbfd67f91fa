//! Sign-in by workload identity: a job of GitHub Actions shows who it is, Microsoft Entra hands out a
//! token for Azure DevOps, and nobody has stored a secret.
//!
//! Two requests make a token. The runner's service signs an identity token for the audience that Entra
//! expects (GitHub Docs, `OpenID` Connect reference: `ACTIONS_ID_TOKEN_REQUEST_URL`); the sign-in service
//! takes it as a client assertion (Microsoft identity platform, client credentials flow, third case:
//! access token request with a federated credential). Tokens stay in memory, are renewed before they
//! expire, and once more when Azure DevOps turns one down with a 401.

use std::sync::{Mutex as Seen, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::entra_advice::advice;
use crate::http::{
    AllowList, Bearer, BearerSource, Client, ClientOptions, Notice, Party, Repeat, Request,
    SecretHeader, Timeouts, redact,
};
use crate::model::System;
use crate::model::config::WorkloadIdentity;
use crate::remote::{RemoteError, RemoteErrorKind};

/// Azure DevOps as a resource of Entra (Microsoft Learn, Authenticate with service principals).
const SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default";

/// Whom the identity token is for.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A token is renewed this long before it expires, or after half its life if that is sooner.
const MARGIN: Duration = Duration::from_secs(300);

/// So many of the last secrets are looked for in texts of servers.
const REMEMBERED: usize = 16;

/// What a sign-in is made of.
pub struct EntraOptions {
    /// The application.
    pub identity: WorkloadIdentity,
    /// The sign-in service, for example `https://login.microsoftonline.com`.
    pub authority: Url,
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub request_url: Url,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub request_token: SecretString,
    /// Where either may go.
    pub allow: AllowList,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// Refuse every request.
    pub offline: bool,
    /// Told when a service keeps not answering.
    pub notice: Option<std::sync::Arc<Notice>>,
}

/// Tokens of one application.
pub struct EntraTokens {
    identity: WorkloadIdentity,
    authority: Url,
    request_url: Url,
    /// Asks the runner's service.
    runner: Client,
    /// Asks the sign-in service; it carries no credential but the assertion in the body.
    sign_in: Client,
    current: Mutex<Option<Current>>,
    /// Everything that may not be shown.
    seen: Seen<Vec<SecretString>>,
}

struct Current {
    bearer: Bearer,
    renew_at: Instant,
}

#[derive(Deserialize)]
struct IdentityToken {
    value: String,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

#[derive(Default, Deserialize)]
struct Denied {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u64>,
}

impl EntraTokens {
    /// Both hosts are checked at once, before anything is asked: [`RemoteErrorKind::HostRefused`].
    pub fn new(options: EntraOptions) -> Result<Self, RemoteError> {
        for (party, url) in [
            (Party::ActionsToken, &options.request_url),
            (Party::SignIn, &options.authority),
        ] {
            let permitted = options.allow.permit(party, url);
            permitted.map_err(|host| error(RemoteErrorKind::HostRefused { host }))?;
        }
        let token = options.request_token.expose_secret().trim().to_owned();
        let client = |party, credentials| {
            let made = Client::new(ClientOptions {
                system: System::AzureDevOps,
                allow: options.allow.clone(),
                credentials,
                default_headers: vec![("accept", "application/json".to_owned())],
                rate: None,
                timeouts: options.timeouts,
                offline: options.offline,
            })?
            .toward(party);
            Ok::<_, RemoteError>(match &options.notice {
                Some(notice) => made.with_notice(notice.clone()),
                None => made,
            })
        };
        let authorization = SecretHeader {
            name: "authorization",
            value: SecretString::from(format!("Bearer {token}")),
        };
        Ok(Self {
            runner: client(Party::ActionsToken, vec![authorization])?,
            sign_in: client(Party::SignIn, Vec::new())?,
            identity: options.identity,
            authority: options.authority,
            request_url: options.request_url,
            current: Mutex::new(None),
            seen: Seen::new(vec![SecretString::from(token)]),
        })
    }

    /// The identity token of this job. It lives for minutes, so every sign-in asks for one of its own.
    async fn identity_token(&self) -> Result<SecretString, RemoteError> {
        let mut url = self.request_url.clone();
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let request = Request::get(url);
        let info = request.info(None);
        let response = self.runner.send(request).await?;
        let said = |what: String| RemoteError {
            system: System::AzureDevOps,
            kind: RemoteErrorKind::Unauthenticated { answer: what },
            request: Some(info.clone()),
        };
        if !response.is_success() {
            return Err(said(format!(
                "GitHub hands out no identity token, status {}; the job needs `permissions: {{ id-token: write }}`, and the address is good for this job alone",
                response.status
            )));
        }
        let token: IdentityToken = response
            .json()
            .map_err(|_| said("GitHub's answer holds no identity token".to_owned()))?;
        let token = SecretString::from(token.value);
        self.remember(&token);
        Ok(token)
    }

    /// A token for Azure DevOps in exchange.
    async fn exchange(&self, assertion: &SecretString) -> Result<Granted, RemoteError> {
        let mut url = self.authority.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend([&self.identity.tenant_id, "oauth2", "v2.0", "token"]);
        }
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.identity.client_id)
            .append_pair("scope", SCOPE)
            .append_pair(
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            .append_pair("client_assertion", assertion.expose_secret())
            .append_pair("grant_type", "client_credentials")
            .finish();
        let request = Request {
            method: reqwest::Method::POST,
            url,
            headers: Vec::new(),
            body: Some(("application/x-www-form-urlencoded", form.into_bytes())),
            // It changes nothing there.
            repeat: Repeat::Safe,
        };
        let mut info = request.info(None);
        let mut response = self.sign_in.send(request).await.map_err(|mut error| {
            if let Some(words) = error.kind.words_mut() {
                *words = self.redact(words);
            }
            error
        })?;
        info.status = Some(response.status);
        let fail = |kind| RemoteError {
            system: System::AzureDevOps,
            kind,
            request: Some(info.clone()),
        };
        if response.is_success() {
            let granted = response.json::<Granted>();
            response.body.clear();
            return granted.map_err(|_| {
                let reason = "Microsoft Entra's answer holds no token".to_owned();
                fail(RemoteErrorKind::Protocol { reason })
            });
        }
        let mut denied: Denied = response.json().unwrap_or_default();
        // Before anything is cut, else half a token could be left.
        denied.error_description = self.redact(&denied.error_description);
        denied.error = self.redact(&denied.error);
        let subject = subject(assertion);
        let answer = refusal(response.status, &denied, subject.as_deref());
        Err(fail(RemoteErrorKind::Unauthenticated { answer }))
    }

    fn remember(&self, secret: &SecretString) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // The first one is the runner's own and stays.
        if seen.len() >= REMEMBERED {
            seen.remove(1);
        }
        seen.push(secret.clone());
    }
}

#[async_trait]
impl BearerSource for EntraTokens {
    async fn bearer(&self, refused: Option<u64>) -> Result<Bearer, RemoteError> {
        // Held while a token is fetched, so that many requests at once fetch one.
        let mut current = self.current.lock().await;
        if let Some(there) = current.as_ref()
            && Instant::now() < there.renew_at
            && refused.is_none_or(|refused| there.bearer.generation > refused)
        {
            return Ok(there.bearer.clone());
        }
        let generation = current
            .as_ref()
            .map_or(1, |there| there.bearer.generation + 1);
        let asked = Instant::now();
        let assertion = self.identity_token().await?;
        let granted = self.exchange(&assertion).await?;
        let token = SecretString::from(granted.access_token);
        self.remember(&token);
        // Nothing lives longer than a day; what claims so is not trusted to.
        let life = Duration::from_secs(granted.expires_in.min(86_400));
        let bearer = Bearer { token, generation };
        *current = Some(Current {
            bearer: bearer.clone(),
            renew_at: asked + life.saturating_sub(MARGIN).max(life / 2),
        });
        Ok(bearer)
    }

    fn redact(&self, text: &str) -> String {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        redact(text, &seen)
    }
}

fn error(kind: RemoteErrorKind) -> RemoteError {
    RemoteError {
        system: System::AzureDevOps,
        kind,
        request: None,
    }
}

/// Whom the identity token speaks of (`sub`), which a federated credential has to name letter for
/// letter. The token is not checked here; Entra does that.
fn subject(token: &SecretString) -> Option<String> {
    let payload = token.expose_secret().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Json = serde_json::from_slice(&bytes).ok()?;
    let subject = claims["sub"].as_str()?;
    Some(
        subject
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect(),
    )
}

/// Why there is no token: Entra's code, its first sentence, and what to do.
fn refusal(status: u16, denied: &Denied, subject: Option<&str>) -> String {
    let line = denied.error_description.lines().next().unwrap_or_default();
    // What follows is a trace for Microsoft's support.
    let line = line.split(" Trace ID:").next().unwrap_or_default().trim();
    let words: String = line.chars().take(300).collect();
    let code = denied
        .error_codes
        .first()
        .copied()
        .or_else(|| code_in(line));
    let said = match (words.is_empty(), denied.error.is_empty()) {
        (false, _) => words,
        (true, false) => denied.error.chars().take(100).collect(),
        (true, true) => format!("status {status}"),
    };
    format!(
        "Microsoft Entra refuses the sign-in: {said}; {}",
        advice(code, subject)
    )
}

/// `AADSTS70021: ...`.
fn code_in(text: &str) -> Option<u64> {
    let digits = text.split_once("AADSTS")?.1;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> SecretString {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        SecretString::from(format!("{}.{}.sig", part("{}"), part(claims)))
    }

    #[test]
    fn the_subject_is_read_from_the_token() {
        let claims = r#"{"sub":"repo:contoso/web-shop:environment:prod"}"#;
        assert_eq!(
            subject(&jwt(claims)).as_deref(),
            Some("repo:contoso/web-shop:environment:prod")
        );
        for token in ["", "x", "a.b.c", "a.%.c"] {
            assert_eq!(subject(&SecretString::from(token)), None, "{token}");
        }
        assert_eq!(subject(&jwt("[]")), None);
    }

    #[test]
    fn a_refusal_names_code_and_way_out_and_no_trace() {
        let denied = Denied {
            error: "invalid_client".to_owned(),
            error_description: "AADSTS700213: No matching federated identity record found. Trace ID: 1 Correlation ID: 2\r\nmore".to_owned(),
            error_codes: vec![700_213],
        };
        let told = refusal(401, &denied, Some("repo:a/b:ref:refs/heads/main"));
        assert!(told.contains("AADSTS700213"), "{told}");
        assert!(told.contains("repo:a/b:ref:refs/heads/main"), "{told}");
        assert!(!told.contains("Trace ID"), "{told}");
        let denied = Denied {
            error_codes: Vec::new(),
            ..denied
        };
        assert_eq!(
            refusal(401, &denied, Some("repo:a/b:ref:refs/heads/main")),
            told
        );
        assert!(refusal(502, &Denied::default(), None).contains("status 502"));
    }
}
