//! One comment on a pull request of GitHub, and the review that it stands for.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::event::Event;
use super::{Channel, Delivery, Label, Marker, NOTHING_TO_UPDATE, Posted, PublishError, Report};
use crate::github::{
    Comment, GitHub, GitHubError, GitHubOptions, PullRequest, Refusal, Repository,
};

/// GitHub takes 65,536 characters in a comment; a byte is at most one of them.
const LARGEST: usize = 65_536;

/// How often a comment is written anew when no answer says that it is there.
const REPEATS: u32 = 3;

/// What was reviewed on a pull request that was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// The marker of our comment.
    pub marker: Marker,
    /// The pull request.
    pub pull_request: u64,
    /// Its last commit before the merge, if GitHub told.
    pub head: Option<String>,
    /// The comment, for a person to open.
    pub url: String,
}

/// Writes the report as one comment on a pull request, or updates the one that is there. `wanted` names
/// the pull request where the event does not.
pub async fn to_github(
    channel: &Channel<'_>,
    event: &Event,
    wanted: Option<u64>,
    report: &Report<'_>,
) -> Result<Delivery, PublishError> {
    let github = connect(channel)?;
    let label = &report.marker.label;
    let outcome = async {
        let Some(number) = find(&github, event, wanted).await? else {
            return Ok(Delivery::NotPosted(
                "this run belongs to no pull request".to_owned(),
            ));
        };
        let login = github.login().await?;
        let posted = upsert(channel, &github, number, login.as_deref(), label, report);
        Ok::<_, GitHubError>(match posted.await? {
            Some(posted) => Delivery::Posted(posted),
            None => Delivery::NotPosted(NOTHING_TO_UPDATE.to_owned()),
        })
    };
    match outcome.await {
        Ok(delivery) => Ok(delivery),
        Err(error) if error.is_refusal() => Ok(Delivery::NotPosted(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// What our comment of this label on the pull request says was reviewed; the pull request is the one
/// that `wanted` names, or the one whose merge is this event. `Err` of the inner result says why there is
/// nothing to go by, as a sentence without a full stop.
pub async fn reviewed_on_github(
    channel: &Channel<'_>,
    event: &Event,
    wanted: Option<u64>,
    label: &Label,
) -> Result<Result<Reviewed, String>, PublishError> {
    let github = connect(channel)?;
    let mut head = event.head.clone();
    let number = match wanted.or(event.pull_request) {
        Some(number) => number,
        None => match merged(&github, event).await? {
            Some(request) => {
                head = Some(request.head.sha);
                request.number
            }
            None => {
                return Ok(Err(
                    "this commit was not merged from a pull request".to_owned()
                ));
            }
        },
    };
    let Some(login) = github.login().await? else {
        return Ok(Err(
            "GitHub does not tell who the token writes as, so no comment can be believed"
                .to_owned(),
        ));
    };
    let comments = github.comments(number).await?;
    let Some((comment, marker)) = newest(&comments, Some(&login), label) else {
        return Ok(Err(format!(
            "pull request {number} has no comment of {login} with the label `{label}`"
        )));
    };
    if marker.truncated {
        return Ok(Err(format!(
            "the plan in {} was cut, so nobody can have reviewed all of it",
            comment.html_url
        )));
    }
    Ok(Ok(Reviewed {
        marker,
        pull_request: number,
        head,
        url: comment.html_url.clone(),
    }))
}

/// The client that the runner's variables describe.
fn connect(channel: &Channel<'_>) -> Result<GitHub, PublishError> {
    let variable = |name: &str| {
        let value = channel.environment.variable(name).unwrap_or_default();
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let wrong = |variable, problem: &str, help| PublishError::Setting {
        variable,
        problem: problem.to_owned(),
        help,
    };
    let token = variable("ACCORD_GITHUB_TOKEN")
        .or_else(|| variable("GITHUB_TOKEN"))
        .ok_or(PublishError::NoToken {
            variables: "GITHUB_TOKEN",
            help: "give the step `env: { GITHUB_TOKEN: ${{ github.token }} }`, and the job the permission `pull-requests: write`",
        })?;
    let named = "GITHUB_REPOSITORY";
    let repository = variable(named).ok_or_else(|| {
        wrong(
            named,
            "is not set",
            "the runner sets it; elsewhere write OWNER/NAME",
        )
    })?;
    let repository = Repository::parse(&repository)
        .ok_or_else(|| wrong(named, "is not OWNER/NAME", "the runner sets it"))?;
    let named = "GITHUB_API_URL";
    let api = variable(named).unwrap_or_else(|| "https://api.github.com".to_owned());
    let api = Url::parse(&api)
        .ok()
        .filter(|url| url.has_host() && url.query().is_none() && url.fragment().is_none())
        .ok_or_else(|| wrong(named, "is not the address of an API", "the runner sets it"))?;
    let options = GitHubOptions {
        // The variable is the operator's, as --allow-host is; no manifest can set it.
        allow: channel.allow.clone().with_github_api(&api),
        api,
        repository,
        token: SecretString::from(token),
        timeouts: channel.timeouts,
        offline: channel.offline,
        notice: Some(channel.notice.clone()),
    };
    Ok(GitHub::new(options)?)
}

/// The pull request that a run belongs to.
async fn find(
    github: &GitHub,
    event: &Event,
    wanted: Option<u64>,
) -> Result<Option<u64>, GitHubError> {
    match wanted.or(event.pull_request) {
        Some(number) => Ok(Some(number)),
        None => Ok(merged(github, event).await?.map(|request| request.number)),
    }
}

/// The pull request whose merge a push to a branch is.
async fn merged(github: &GitHub, event: &Event) -> Result<Option<PullRequest>, GitHubError> {
    let (Some(sha), Some(branch)) = (&event.sha, &event.pushed) else {
        return Ok(None);
    };
    let all = github.pull_requests_of(sha).await?;
    Ok(of_merge(all, sha, branch))
}

/// Of the pull requests that hold a commit, the one that brought it into the branch. The one whose merge
/// made the very commit goes before one that merely held it, and the later merge before the earlier.
fn of_merge(all: Vec<PullRequest>, sha: &str, branch: &str) -> Option<PullRequest> {
    all.into_iter()
        .filter(|request| request.merged_at.is_some() && request.base.name == branch)
        .max_by_key(|request| {
            let made_it = request.merge_commit_sha.as_deref() == Some(sha);
            (made_it, request.merged_at.clone(), request.number)
        })
}

/// Our newest comment with this label. Without a login none is ours.
fn newest<'c>(
    comments: &'c [Comment],
    login: Option<&str>,
    label: &Label,
) -> Option<(&'c Comment, Marker)> {
    let login = login?;
    let ours = comments.iter().filter(|comment| comment.is_by(login));
    ours.filter_map(|comment| {
        let marker = Marker::read(comment.body.as_deref()?)?;
        (marker.label == *label).then_some((comment, marker))
    })
    .max_by_key(|(comment, _)| comment.id)
}

async fn upsert(
    channel: &Channel<'_>,
    github: &GitHub,
    number: u64,
    login: Option<&str>,
    label: &Label,
    report: &Report<'_>,
) -> Result<Option<Posted>, GitHubError> {
    let (mut budget, mut shrunk, mut repeats) = (LARGEST, false, 0);
    loop {
        let comments = github.comments(number).await?;
        let own = newest(&comments, login, label).map(|(comment, _)| comment);
        let (body, truncated) = report.body(budget);
        let posted = |comment: &Comment| Posted {
            url: comment.html_url.clone(),
            pull_request: number,
            truncated,
        };
        let written = match own {
            Some(comment) if comment.body.as_deref() == Some(&body) => {
                return Ok(Some(posted(comment)));
            }
            Some(comment) => match github.update_comment(comment.id, &body).await {
                // Somebody deleted it in the meantime.
                Err(error) if error.is_not_found() => github.create_comment(number, &body).await,
                outcome => outcome,
            },
            None if report.only_update => return Ok(None),
            None => github.create_comment(number, &body).await,
        };
        match written {
            Ok(comment) => return Ok(Some(posted(&comment))),
            Err(error) if error.refusal == Refusal::TooLong && !shrunk => {
                shrunk = true;
                budget /= 2;
            }
            // The comment may be there: the list says, and then it is updated and not written twice.
            Err(error) if own.is_none() && error.maybe_sent() && repeats < REPEATS => {
                repeats += 1;
                let wait = channel.timeouts.first_retry.max(Duration::from_millis(1));
                channel.clock.sleep(wait.saturating_mul(1 << repeats)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn comment(id: u64, login: &str, body: &str) -> Comment {
        let user = json!({ "login": login });
        let comment = json!({ "id": id, "user": user, "body": body, "html_url": format!("#{id}") });
        serde_json::from_value(comment).unwrap()
    }

    fn line(label: &str) -> String {
        Marker::new(label.parse().unwrap(), ID, ID, None)
            .unwrap()
            .line()
    }

    #[test]
    fn only_the_newest_comment_of_ones_own_with_the_label_counts() {
        let (ours, other) = (line("default"), line("other"));
        let comments = [
            comment(1, "bot", &ours),
            comment(2, "bot", &format!("{ours}\nthe newer one")),
            comment(3, "stranger", &ours),
            comment(4, "bot", &other),
            comment(5, "bot", "words"),
            comment(6, "bot", &format!("words\n{ours}")),
        ];
        let label = Label::default();
        let found = |login| newest(&comments, login, &label).map(|(comment, _)| comment.id);
        assert_eq!(found(Some("bot")), Some(2));
        assert_eq!(found(Some("BOT")), Some(2));
        assert_eq!(found(Some("nobody")), None);
        assert_eq!(found(None), None);
    }

    #[test]
    fn the_pull_request_of_a_merge_is_told_from_others_that_hold_the_commit() {
        let request = |number: u64, merged: Option<&str>, made: &str, base: &str| {
            let end = |name: &str| json!({ "ref": name, "sha": "h" });
            let request = json!({
                "number": number, "merged_at": merged, "merge_commit_sha": made,
                "base": end(base), "head": end("topic"),
            });
            serde_json::from_value::<PullRequest>(request).unwrap()
        };
        let (early, late) = (Some("2026-01-01T00:00:00Z"), Some("2026-02-01T00:00:00Z"));
        let pick = |all: &[PullRequest]| of_merge(all.to_vec(), "m", "main").map(|one| one.number);
        assert_eq!(
            pick(&[
                request(1, late, "x", "main"),
                request(2, early, "m", "main"),
                request(3, None, "m", "main"),
                request(4, late, "m", "release"),
            ]),
            Some(2)
        );
        assert_eq!(
            pick(&[
                request(1, early, "x", "main"),
                request(2, late, "x", "main")
            ]),
            Some(2)
        );
        assert_eq!(pick(&[request(3, None, "m", "main")]), None);
    }
}
