//! Requests to one repository.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use url::Url;

use super::error::{GitHubError, Refusal, classify, is_rate_limit};
use super::link;
use super::wire::{self, Comment, PullRequest};
use crate::http::{
    AllowList, Client, ClientOptions, Notice, Party, Repeat, Request, Response, SecretHeader,
    Timeouts,
};
use crate::model::System;
use crate::remote::RemoteErrorKind;

/// A page of a listing, and the most pages that are read of one.
const PAGE: &str = "100";
const MOST_PAGES: usize = 200;

/// Who the token of a workflow writes as, where the server does not tell.
const ACTIONS: &str = "github-actions[bot]";

/// `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    owner: String,
    name: String,
}

impl Repository {
    /// Reads `owner/name` as `GITHUB_REPOSITORY` has it; `None` for anything else, so that it cannot lead
    /// to another path.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let plain = |part: &str| {
            !part.is_empty()
                && !part.chars().all(|c| c == '.')
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        (plain(owner) && plain(name)).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// What the client is made of.
pub struct GitHubOptions {
    /// The API, for example `https://api.github.com` or `https://github.contoso.example/api/v3`.
    pub api: Url,
    /// The repository.
    pub repository: Repository,
    /// The token.
    pub token: SecretString,
    /// Where it may go.
    pub allow: AllowList,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// Refuse every request.
    pub offline: bool,
    /// Told when GitHub keeps not answering.
    pub notice: Option<std::sync::Arc<Notice>>,
}

/// One repository, seen with one token.
pub struct GitHub {
    client: Client,
    api: Url,
    repository: Repository,
    retries: Duration,
    /// Whether the token is one that GitHub made for an app, as that of a workflow is.
    of_app: bool,
}

impl GitHub {
    /// The host is checked at once, before anything is asked.
    pub fn new(options: GitHubOptions) -> Result<Self, GitHubError> {
        let allowed = options.allow.permit(Party::GitHub, &options.api);
        allowed.map_err(|host| GitHubError {
            refusal: Refusal::Other(RemoteErrorKind::HostRefused { host }),
            request: None,
        })?;
        let token = options.token.expose_secret().trim();
        let mut client = Client::new(ClientOptions {
            // Errors of this client name GitHub and not a system.
            system: System::AzureDevOps,
            allow: options.allow,
            credentials: vec![SecretHeader {
                name: "authorization",
                value: SecretString::from(format!("Bearer {token}")),
            }],
            default_headers: vec![
                ("accept", "application/vnd.github+json".to_owned()),
                ("x-github-api-version", "2022-11-28".to_owned()),
            ],
            rate: None,
            timeouts: options.timeouts,
            offline: options.offline,
        })?
        .toward(Party::GitHub);
        if let Some(notice) = options.notice {
            client = client.with_notice(notice);
        }
        let of_app = token.starts_with("ghs_");
        Ok(Self {
            client,
            api: options.api,
            repository: options.repository,
            retries: options.timeouts.retries,
            of_app,
        })
    }

    /// The account that the token writes as; `None` where the server does not tell and the token is not
    /// one of a workflow.
    pub async fn login(&self) -> Result<Option<String>, GitHubError> {
        let question = json!({ "query": "query { viewer { login } }" });
        let request = Request::post_json(self.graphql(), &question, Repeat::Safe);
        let told = match self.send(request).await {
            Ok(response) => response.json::<Json>().ok().and_then(|answer| {
                let login = answer["data"]["viewer"]["login"].as_str()?;
                (!login.is_empty()).then(|| login.to_owned())
            }),
            // A token that is good for nothing is told; a server without this question is not at fault.
            Err(error) if error.is_refusal() => None,
            Err(error) => return Err(error),
        };
        Ok(told.or_else(|| self.of_app.then(|| ACTIONS.to_owned())))
    }

    /// All comments in the conversation of a pull request, the oldest first.
    pub async fn comments(&self, number: u64) -> Result<Vec<Comment>, GitHubError> {
        let number = number.to_string();
        let mut url = self.below(&["issues", &number, "comments"]);
        url.query_pairs_mut().append_pair("per_page", PAGE);
        let mut comments: Vec<Comment> = Vec::new();
        for _ in 0..MOST_PAGES {
            let response = self.send(Request::get(url.clone())).await?;
            comments.extend(self.read::<Vec<Comment>>(&response)?);
            match link::next(response.header("link"), &url) {
                Some(next) => url = next,
                None => break,
            }
        }
        comments.sort_by_key(|comment| comment.id);
        comments.dedup_by_key(|comment| comment.id);
        Ok(comments)
    }

    /// Writes a comment. Without an answer it may be there all the same ([`GitHubError::maybe_sent`]).
    pub async fn create_comment(&self, number: u64, body: &str) -> Result<Comment, GitHubError> {
        let url = self.below(&["issues", &number.to_string(), "comments"]);
        let request = Request::post_json(url, &json!({ "body": body }), Repeat::Never);
        self.read(&self.send(request).await?)
    }

    /// Replaces the text of a comment.
    pub async fn update_comment(&self, id: u64, body: &str) -> Result<Comment, GitHubError> {
        let url = self.below(&["issues", "comments", &id.to_string()]);
        let request = Request {
            method: reqwest::Method::PATCH,
            ..Request::post_json(url, &json!({ "body": body }), Repeat::Safe)
        };
        self.read(&self.send(request).await?)
    }

    /// The pull requests that a commit belongs to.
    pub async fn pull_requests_of(&self, sha: &str) -> Result<Vec<PullRequest>, GitHubError> {
        let mut url = self.below(&["commits", sha, "pulls"]);
        url.query_pairs_mut().append_pair("per_page", PAGE);
        self.read(&self.send(Request::get(url)).await?)
    }

    /// An address below the repository.
    fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["repos", &self.repository.owner, &self.repository.name])
                .extend(segments);
        }
        url
    }

    /// The GraphQL address beside the REST one: `/graphql`, on a server of one's own `/api/graphql` beside
    /// `/api/v3`.
    fn graphql(&self) -> Url {
        let mut url = self.api.clone();
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v3").unwrap_or(path);
        let path = format!("{path}/graphql");
        url.set_path(&path);
        url
    }

    /// Sends a request; `Err` for everything but 2xx. A limit that says when it ends is waited for, as
    /// long as a request may take: GitHub did not carry out what it limits.
    async fn send(&self, request: Request) -> Result<Response, GitHubError> {
        let until = Instant::now() + self.retries;
        loop {
            let response = self.client.send(request.clone()).await?;
            if response.is_success() {
                return Ok(response);
            }
            let body = response.json::<Json>().unwrap_or_default();
            let message = self.client.redact(&wire::message(&body));
            // The transport keeps the wait that `Retry-After` asks for before it sends again, or says
            // that it would take too long.
            let waits = response.header("retry-after").is_some();
            if is_rate_limit(&response, &message) && waits && Instant::now() < until {
                continue;
            }
            return Err(GitHubError {
                refusal: classify(&response, message),
                request: Some(request.info(Some(&response))),
            });
        }
    }

    fn read<T: DeserializeOwned>(&self, response: &Response) -> Result<T, GitHubError> {
        response.json().map_err(|error| {
            let reason = self.client.redact(&error.to_string());
            GitHubError {
                refusal: Refusal::Other(RemoteErrorKind::Protocol { reason }),
                request: None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn github(api: &str) -> GitHub {
        let api = Url::parse(api).unwrap();
        GitHub::new(GitHubOptions {
            allow: AllowList::default().with_github_api(&api),
            api,
            repository: Repository::parse("contoso/web-shop").unwrap(),
            token: SecretString::from("ghs_1"),
            timeouts: Timeouts::default(),
            offline: false,
            notice: None,
        })
        .unwrap()
    }

    #[test]
    fn a_repository_is_two_plain_names() {
        assert!(Repository::parse("contoso/web-shop.test_1").is_some());
        for text in [
            "contoso", "a/b/c", "/b", "a/", "../b", "a/..", "a/b?c", "a/b c", "a/%2e",
        ] {
            assert_eq!(Repository::parse(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_stand_below_the_api_of_either_kind_of_server() {
        for (api, comments, graphql) in [
            (
                "https://api.github.com",
                "https://api.github.com/repos/contoso/web-shop/issues/7/comments",
                "https://api.github.com/graphql",
            ),
            (
                "https://github.contoso.example/api/v3/",
                "https://github.contoso.example/api/v3/repos/contoso/web-shop/issues/7/comments",
                "https://github.contoso.example/api/graphql",
            ),
        ] {
            let github = github(api);
            assert_eq!(
                github.below(&["issues", "7", "comments"]).as_str(),
                comments
            );
            assert_eq!(github.graphql().as_str(), graphql);
        }
    }

    #[test]
    fn a_host_that_nobody_allowed_is_refused_at_once() {
        let api = Url::parse("https://api.github.com.example").unwrap();
        let refused = GitHub::new(GitHubOptions {
            allow: AllowList::default(),
            api,
            repository: Repository::parse("a/b").unwrap(),
            token: SecretString::from("t"),
            timeouts: Timeouts::default(),
            offline: false,
            notice: None,
        });
        let error = refused.err().unwrap();
        assert!(
            error.to_string().contains("api.github.com.example"),
            "{error}"
        );
    }
}
