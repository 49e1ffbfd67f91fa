//! One thread on a pull request of Azure Repos, written by a run of Azure Pipelines.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Channel, Delivery, Label, Marker, NOTHING_TO_UPDATE, Posted, PublishError, Report};
use crate::azure_devops::{self, PullRequestPlace, PullRequestThreads, ThreadComment};
use crate::http::{Client, ClientOptions, SecretHeader};
use crate::model::System;
use crate::remote::{RemoteError, RemoteErrorKind};

/// Azure DevOps takes 150,000 characters in a comment; a byte is at most one of them.
const LARGEST: usize = 150_000;

/// Writes the report as one thread on the pull request of this run, or updates the one that is there.
/// It is left open only while the report needs attention, because open threads can block a merge.
pub async fn to_azure_devops(
    channel: &Channel<'_>,
    wanted: Option<u64>,
    report: &Report<'_>,
) -> Result<Delivery, PublishError> {
    let Some(place) = place(channel, wanted)? else {
        return Ok(Delivery::NotPosted(
            "this run belongs to no pull request".to_owned(),
        ));
    };
    let threads = PullRequestThreads::new(client(channel, &place)?, &place);
    match upsert(&threads, &place, report).await {
        Ok(Some(posted)) => Ok(Delivery::Posted(posted)),
        Ok(None) => Ok(Delivery::NotPosted(NOTHING_TO_UPDATE.to_owned())),
        Err(error) => match &error.kind {
            RemoteErrorKind::Forbidden { .. }
            | RemoteErrorKind::NotFound { .. }
            | RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::Unsupported { .. }
            | RemoteErrorKind::RateLimited { .. } => Ok(Delivery::NotPosted(error.to_string())),
            _ => Err(error.into()),
        },
    }
}

async fn upsert(
    threads: &PullRequestThreads,
    place: &PullRequestPlace,
    report: &Report<'_>,
) -> Result<Option<Posted>, RemoteError> {
    let own = threads.own_id().await?;
    let (text, truncated) = report.body(LARGEST);
    let comments = threads.first_comments().await?;
    let thread = match newest(&comments, &own, &report.marker.label) {
        Some(comment) => {
            threads.update(comment, &text, report.attention).await?;
            comment.thread
        }
        None if report.only_update => return Ok(None),
        None => threads.create(&text, report.attention).await?,
    };
    Ok(Some(Posted {
        url: threads.page(thread),
        pull_request: place.number,
        truncated,
    }))
}

/// Our newest thread with this label. Without an id none is ours.
fn newest<'c>(
    comments: &'c [ThreadComment],
    own: &str,
    label: &Label,
) -> Option<&'c ThreadComment> {
    let ours = comments
        .iter()
        .filter(|comment| !own.is_empty() && comment.author.eq_ignore_ascii_case(own));
    ours.filter(|comment| Marker::read(&comment.text).is_some_and(|marker| marker.label == *label))
        .max_by_key(|comment| comment.thread)
}

/// The pull request that the variables of the pipeline name; `None` if the run belongs to none.
fn place(
    channel: &Channel<'_>,
    wanted: Option<u64>,
) -> Result<Option<PullRequestPlace>, PublishError> {
    let number = match wanted {
        Some(number) => number,
        None => match variable(channel, "SYSTEM_PULLREQUEST_PULLREQUESTID") {
            None => return Ok(None),
            // A variable that has no value keeps its own name in scripts.
            Some(text) if text.starts_with("$(") => return Ok(None),
            Some(text) => text
                .parse()
                .map_err(|_| wrong("SYSTEM_PULLREQUEST_PULLREQUESTID", "is not a number"))?,
        },
    };
    let needed = |name| variable(channel, name).ok_or_else(|| wrong(name, "is not set"));
    let organization = needed("SYSTEM_COLLECTIONURI")?;
    let organization = Url::parse(&organization)
        .ok()
        .filter(Url::has_host)
        .ok_or_else(|| wrong("SYSTEM_COLLECTIONURI", "is not an address"))?;
    Ok(Some(PullRequestPlace {
        organization,
        project: needed("SYSTEM_TEAMPROJECT")?,
        repository: needed("BUILD_REPOSITORY_ID")?,
        number,
    }))
}

fn client(channel: &Channel<'_>, place: &PullRequestPlace) -> Result<Client, PublishError> {
    channel
        .allow
        .check(System::AzureDevOps, &place.organization)?;
    let token = variable(channel, "SYSTEM_ACCESSTOKEN").filter(|token| !token.starts_with("$("));
    let token = SecretString::from(token.ok_or(PublishError::NoToken {
        variables: "SYSTEM_ACCESSTOKEN",
        help: "give the step `env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }`, and the build service the permission Contribute to pull requests",
    })?);
    let client = Client::new(ClientOptions {
        system: System::AzureDevOps,
        allow: channel.allow.clone(),
        credentials: vec![SecretHeader {
            name: "authorization",
            value: SecretString::from(format!("Bearer {}", token.expose_secret())),
        }],
        default_headers: azure_devops::default_headers(),
        rate: None,
        timeouts: channel.timeouts,
        offline: channel.offline,
    })?;
    Ok(client
        .with_busy(azure_devops::is_busy)
        .with_notice(channel.notice.clone()))
}

fn variable(channel: &Channel<'_>, name: &str) -> Option<String> {
    let value = channel.environment.variable(name)?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn wrong(variable: &'static str, problem: &str) -> PublishError {
    PublishError::Setting {
        variable,
        problem: problem.to_owned(),
        help: "Azure Pipelines sets it in every job",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_thread_of_ones_own_with_the_label_counts() {
        let id = "0123456789abcdef0123456789abcdef";
        let line = |label: &str| {
            Marker::new(label.parse().unwrap(), id, id, None)
                .unwrap()
                .line()
        };
        let comment = |thread, author: &str, text: String| ThreadComment {
            thread,
            comment: 1,
            author: author.to_owned(),
            text,
        };
        let comments = [
            comment(1, "me", line("default")),
            comment(2, "ME", line("default")),
            comment(3, "you", line("default")),
            comment(4, "me", line("other")),
            comment(5, "", line("default")),
        ];
        let found = |own| newest(&comments, own, &Label::default()).map(|one| one.thread);
        assert_eq!(found("me"), Some(2));
        assert_eq!(found("nobody"), None);
        assert_eq!(found(""), None);
    }
}
