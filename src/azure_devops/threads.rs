//! Threads in the conversation of a pull request in Azure Repos: how a pipeline tells what it found.
//!
//! Paths and bodies are those of Microsoft's REST reference, Git: Pull Request Threads and Pull Request
//! Thread Comments, version 7.1.

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::address::{API_VERSION, Addresses, PREVIEW_VERSION};
use super::session::Session;
use super::wire;
use crate::http::{Client, Repeat, Request};
use crate::remote::RemoteError;

/// A pull request.
#[derive(Clone, Debug)]
pub struct PullRequestPlace {
    /// The organisation's address.
    pub organization: Url,
    /// The project's name or id.
    pub project: String,
    /// The repository's name or id.
    pub repository: String,
    /// The pull request's number.
    pub number: u64,
}

/// The conversation of one pull request.
pub struct PullRequestThreads {
    session: Session,
    repository: String,
    number: String,
}

/// A comment that begins a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadComment {
    /// The thread.
    pub thread: u64,
    /// The comment in the thread.
    pub comment: u64,
    /// The author's id; empty where the server does not tell.
    pub author: String,
    /// What it says.
    pub text: String,
}

#[derive(Deserialize)]
struct WireThreads {
    #[serde(default)]
    value: Vec<WireThread>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireThread {
    id: u64,
    #[serde(default)]
    is_deleted: bool,
    #[serde(default)]
    comments: Option<Vec<WireComment>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireComment {
    id: u64,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    is_deleted: bool,
    #[serde(default)]
    author: Option<WireIdentity>,
}

#[derive(Deserialize)]
struct WireIdentity {
    #[serde(default)]
    id: String,
}

impl PullRequestThreads {
    /// Over a client that carries the token.
    pub fn new(client: Client, place: &PullRequestPlace) -> Self {
        let addresses = Addresses::of(&place.organization, &place.project);
        Self {
            session: Session::new(client, addresses),
            repository: place.repository.clone(),
            number: place.number.to_string(),
        }
    }

    /// The id of the identity that the token writes as; empty where the server does not tell.
    pub async fn own_id(&self) -> Result<String, RemoteError> {
        const OPERATION: &str = "connectionData";
        let addresses = &self.session.addresses;
        let url = addresses.organization(&["_apis", OPERATION], PREVIEW_VERSION);
        let answer: wire::ConnectionData = self.session.get(OPERATION, url).await?;
        let user = answer.authenticated_user.unwrap_or_default();
        Ok(user.id.unwrap_or_default())
    }

    /// The first comment of every thread that is there, the oldest thread first.
    pub async fn first_comments(&self) -> Result<Vec<ThreadComment>, RemoteError> {
        let url = self.address(&[]);
        let threads: WireThreads = self.session.get("pull request threads", url).await?;
        let mut found: Vec<ThreadComment> = threads
            .value
            .into_iter()
            .filter(|thread| !thread.is_deleted)
            .filter_map(|thread| {
                let first = thread.comments?.into_iter().next()?;
                (!first.is_deleted).then(|| ThreadComment {
                    thread: thread.id,
                    comment: first.id,
                    author: first.author.map(|author| author.id).unwrap_or_default(),
                    text: first.content.unwrap_or_default(),
                })
            })
            .collect();
        found.sort_by_key(|comment| comment.thread);
        Ok(found)
    }

    /// Begins a thread with this text; its number. An `open` one waits for somebody to resolve it.
    pub async fn create(&self, text: &str, open: bool) -> Result<u64, RemoteError> {
        let body = json!({
            "comments": [{ "parentCommentId": 0, "content": text, "commentType": "text" }],
            "status": status(open),
        });
        let request = Request::post_json(self.address(&[]), &body, Repeat::Never);
        let answer = self.session.send("pull request thread", request).await?;
        let thread: WireThread = answer.json("pull request thread")?;
        Ok(thread.id)
    }

    /// Replaces the text of a thread's first comment, and opens or closes the thread.
    pub async fn update(
        &self,
        comment: &ThreadComment,
        text: &str,
        open: bool,
    ) -> Result<(), RemoteError> {
        let (thread, number) = (comment.thread.to_string(), comment.comment.to_string());
        let url = self.address(&[&thread, "comments", &number]);
        self.patch(url, &json!({ "content": text })).await?;
        let url = self.address(&[&thread]);
        self.patch(url, &json!({ "status": status(open) })).await
    }

    /// The same text twice is the same text, so it may be sent again.
    async fn patch(&self, url: Url, body: &serde_json::Value) -> Result<(), RemoteError> {
        let request = Request {
            method: reqwest::Method::PATCH,
            ..Request::post_json(url, body, Repeat::Safe)
        };
        self.session.send("pull request thread", request).await?;
        Ok(())
    }

    /// What a person opens to see a thread.
    pub fn page(&self, thread: u64) -> String {
        let segments = ["_git", &self.repository, "pullrequest", &self.number];
        let query = format!("discussionId={thread}");
        self.session.addresses.project(&segments, &query).into()
    }

    fn address(&self, below: &[&str]) -> Url {
        let mut segments = vec![
            "_apis",
            "git",
            "repositories",
            &self.repository,
            "pullRequests",
            &self.number,
            "threads",
        ];
        segments.extend(below);
        self.session.addresses.project(&segments, API_VERSION)
    }
}

/// The names of `CommentThreadStatus`.
fn status(open: bool) -> &'static str {
    if open { "active" } else { "closed" }
}
