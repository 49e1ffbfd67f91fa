//! What set a workflow of GitHub Actions off (`GITHUB_EVENT_PATH`): which pull request it is about.

use serde_json::Value as Json;

use super::marker::is_commit;
use super::{Channel, PublishError};

/// A payload is never larger (GitHub Docs, Webhook events and payloads: 25 MB).
const LARGEST: u64 = 32 * 1024 * 1024;

/// The parts of the event that a report needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The pull request that it names.
    pub pull_request: Option<u64>,
    /// That pull request's own last commit; `GITHUB_SHA` is a merge of it that nobody pushed.
    pub head: Option<String>,
    /// The branch that was pushed to, for a push.
    pub pushed: Option<String>,
    /// The commit that was checked out (`GITHUB_SHA`).
    pub sha: Option<String>,
}

impl Event {
    /// Reads the runner's variables and the payload. Without a payload there is no event, which is fine.
    pub fn of(channel: &Channel<'_>) -> Result<Self, PublishError> {
        let environment = channel.environment;
        let sha = environment
            .variable("GITHUB_SHA")
            .filter(|sha| is_commit(sha));
        let mut event = Self {
            sha,
            ..Self::default()
        };
        if let Some(path) = environment
            .variable("GITHUB_EVENT_PATH")
            .filter(|path| !path.is_empty())
        {
            event.read(&payload(&path)?);
        }
        if event.pull_request.is_none() {
            event.pull_request = environment
                .variable("GITHUB_REF")
                .as_deref()
                .and_then(number_of_ref);
        }
        Ok(event)
    }

    /// The commit that a marker names: what was asked for, else the pull request's own last one, else the
    /// plan's, else the one that was checked out.
    pub fn commit(&self, asked: Option<&str>, planned: Option<&str>) -> Option<String> {
        let known = [asked, self.head.as_deref(), planned, self.sha.as_deref()];
        let mut known = known.into_iter().flatten();
        known.find(|commit| is_commit(commit)).map(str::to_owned)
    }

    fn read(&mut self, payload: &Json) {
        let request = &payload["pull_request"];
        let issue = &payload["issue"];
        // A comment on a pull request is one on the issue of the same number.
        let commented = issue["pull_request"].is_object().then(|| &issue["number"]);
        let runs = payload["workflow_run"]["pull_requests"].as_array();
        let run = runs.filter(|all| all.len() == 1).map(|all| &all[0]);
        self.pull_request = request["number"]
            .as_u64()
            .or_else(|| commented?.as_u64())
            .or_else(|| run?["number"].as_u64())
            .filter(|number| *number > 0);
        let head = request["head"]["sha"]
            .as_str()
            .or_else(|| run?["head"]["sha"].as_str());
        self.head = head.filter(|sha| is_commit(sha)).map(str::to_owned);
        let pushed = payload["ref"].as_str();
        self.pushed = pushed
            .and_then(|name| name.strip_prefix("refs/heads/"))
            .map(str::to_owned);
    }
}

/// `refs/pull/7/merge`.
fn number_of_ref(name: &str) -> Option<u64> {
    let rest = name.strip_prefix("refs/pull/")?;
    rest.split('/').next()?.parse().ok().filter(|n| *n > 0)
}

fn payload(path: &str) -> Result<Json, PublishError> {
    let wrong = |problem: String| PublishError::Setting {
        variable: "GITHUB_EVENT_PATH",
        problem,
        help: "the runner sets it; --pull-request N names the pull request without it",
    };
    let size = std::fs::metadata(path)
        .map_err(|error| wrong(format!("names {path}: {error}")))?
        .len();
    if size > LARGEST {
        return Err(wrong(format!(
            "names {path}, which is larger than any event"
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(format!("names {path}: {error}")))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| wrong(format!("names {path}, which is not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(payload: &Json) -> Event {
        let mut event = Event::default();
        event.read(payload);
        event
    }

    #[test]
    fn every_event_that_names_a_pull_request_is_read() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let head = json!({ "sha": sha });
        for (payload, number, with_head) in [
            (
                json!({ "pull_request": { "number": 7, "head": head } }),
                Some(7),
                true,
            ),
            (
                json!({ "issue": { "number": 8, "pull_request": {} } }),
                Some(8),
                false,
            ),
            (json!({ "issue": { "number": 8 } }), None, false),
            (
                json!({ "workflow_run": { "pull_requests": [{ "number": 9, "head": head }] } }),
                Some(9),
                true,
            ),
            (
                json!({ "workflow_run": { "pull_requests": [{ "number": 9 }, { "number": 10 }] } }),
                None,
                false,
            ),
            (
                json!({ "pull_request": { "number": "7; rm" } }),
                None,
                false,
            ),
            (json!({ "pull_request": { "number": 0 } }), None, false),
            (json!({ "ref": "refs/heads/main" }), None, false),
            (json!([]), None, false),
        ] {
            let event = read(&payload);
            assert_eq!(event.pull_request, number, "{payload}");
            assert_eq!(event.head.is_some(), with_head, "{payload}");
        }
        let pushed = read(&json!({ "ref": "refs/heads/release/1" })).pushed;
        assert_eq!(pushed.as_deref(), Some("release/1"));
        assert_eq!(read(&json!({ "ref": "refs/tags/v1" })).pushed, None);
    }

    #[test]
    fn a_ref_of_a_pull_request_names_it() {
        assert_eq!(number_of_ref("refs/pull/12/merge"), Some(12));
        assert_eq!(number_of_ref("refs/heads/pull/12"), None);
        assert_eq!(number_of_ref("refs/pull/x/merge"), None);
    }

    #[test]
    fn the_commit_is_the_one_that_a_reviewer_sees() {
        let event = Event {
            head: Some("1111111".to_owned()),
            sha: Some("2222222".to_owned()),
            ..Event::default()
        };
        let of = |asked, event: &Event, planned| event.commit(asked, planned);
        assert_eq!(
            of(Some("4444444"), &event, None).as_deref(),
            Some("4444444")
        );
        assert_eq!(
            of(None, &event, Some("3333333")).as_deref(),
            Some("1111111")
        );
        assert_eq!(
            of(None, &Event::default(), Some("3333333")).as_deref(),
            Some("3333333")
        );
        assert_eq!(of(None, &Event::default(), Some("not one")), None);
    }
}
