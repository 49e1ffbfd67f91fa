//! The parts of GitHub's answers that a report needs.

use serde::Deserialize;
use serde_json::Value as Json;

/// A comment in the conversation of an issue or a pull request (schema `issue-comment`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Its number in the whole of GitHub; later comments have higher ones.
    pub id: u64,
    /// Its text. GitHub leaves it out for media types that do not ask for it.
    #[serde(default)]
    pub body: Option<String>,
    /// Who wrote it; `None` for an account that was deleted.
    #[serde(default)]
    pub user: Option<User>,
    /// What a person opens.
    pub html_url: String,
}

impl Comment {
    /// Whether this account wrote it. Names of accounts do not differ by case alone.
    pub fn is_by(&self, login: &str) -> bool {
        let author = self.user.as_ref();
        author.is_some_and(|user| user.login.eq_ignore_ascii_case(login))
    }
}

/// An account (schema `simple-user`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// Its name.
    pub login: String,
}

/// A pull request as `GET /repos/{owner}/{repo}/commits/{sha}/pulls` lists it (schema
/// `pull-request-simple`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PullRequest {
    /// Its number in the repository.
    pub number: u64,
    /// When it was merged, RFC 3339 in UTC; `None` if it was not.
    #[serde(default)]
    pub merged_at: Option<String>,
    /// The commit that the merge made.
    #[serde(default)]
    pub merge_commit_sha: Option<String>,
    /// The branch that it goes into.
    pub base: Branch,
    /// The branch that it comes from.
    pub head: Branch,
}

/// One end of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Branch {
    /// The branch's name.
    #[serde(rename = "ref")]
    pub name: String,
    /// Its commit.
    pub sha: String,
}

/// GitHub's words for a refusal: the message, and what it says of single members.
pub(super) fn message(body: &Json) -> String {
    let mut words = body["message"].as_str().unwrap_or_default().to_owned();
    let errors = body["errors"].as_array().map(Vec::as_slice);
    for error in errors.unwrap_or_default() {
        let said = error.as_str().or_else(|| error["message"].as_str());
        if let Some(said) = said {
            let between = if words.is_empty() { "" } else { ": " };
            words = format!("{words}{between}{said}");
        }
    }
    words.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_told_with_its_details() {
        let long = "body is too long (maximum is 65536 characters)";
        let body = json!({
            "message": "Validation Failed",
            "errors": [{ "resource": "IssueComment", "code": "unprocessable", "message": long }],
        });
        assert_eq!(message(&body), format!("Validation Failed: {long}"));
        assert_eq!(message(&json!({ "errors": ["one", "two"] })), "one: two");
        assert_eq!(message(&json!([1])), "");
    }

    #[test]
    fn a_deleted_author_is_nobody() {
        let comment: Comment =
            serde_json::from_value(json!({ "id": 1, "user": null, "html_url": "" })).unwrap();
        assert!(!comment.is_by(""));
        let comment: Comment = serde_json::from_value(
            json!({ "id": 1, "user": { "login": "GitHub-Actions[bot]" }, "html_url": "" }),
        )
        .unwrap();
        assert!(comment.is_by("github-actions[bot]"));
    }
}
