//! The feed of revisions: which work items changed behind a place (Microsoft Learn, Work Item Tracking,
//! Reporting Work Item Revisions).
//!
//! It is asked at the organisation, never at a project or for types: an item that leaves such a scope
//! simply stops to appear in its feed. Only ids, revisions and deletions are taken from it; what an item
//! holds is read in bulk afterwards. Links between work items make no revision and do not show here, and
//! neither does an item that was destroyed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::address::{API_VERSION, PREVIEW_VERSION};
use super::session::Session;
use super::wire;
use crate::http::Request;
use crate::model::{Rev, System, WorkItemId};
use crate::remote::{Changed, Changes, FeedPlace, RemoteError, RemoteErrorKind};

const OPERATION: &str = "workitemrevisions";

/// How long before the server's own time the feed is begun: only its end is wanted then, and a page that
/// holds something is sure to have one.
const BEFORE_NOW: SignedDuration = SignedDuration::from_secs(60);

/// How often a page may come without an entry and lead to where it began before that is given up.
const IDLE_PAGES: u32 = 3;

/// Everything that changed behind `since`. [`RemoteErrorKind::Protocol`] if the pages lead nowhere.
pub(super) async fn changes(session: &Session, since: &FeedPlace) -> Result<Changes, RemoteError> {
    let mut url = match since {
        FeedPlace::Now => address(session, "startDateTime", &moment(session).await?),
        FeedPlace::Token(token) => address(session, "continuationToken", token),
    };
    let mut items: BTreeMap<WorkItemId, Changed> = BTreeMap::new();
    let mut before = match since {
        FeedPlace::Now => None,
        FeedPlace::Token(token) => Some(token.clone()),
    };
    let mut idle = 0;
    loop {
        let answer = session.send(OPERATION, Request::get(url)).await?;
        let page: wire::Revisions = answer.json(OPERATION)?;
        let entries = page.values.unwrap_or_default();
        let Some(token) = page.continuation_token.filter(|token| !token.is_empty()) else {
            return Err(answer.protocol(format!("{OPERATION}: a page without a token")));
        };
        let moved = before.as_ref() != Some(&token);
        let last = page.is_last_batch;
        for entry in entries {
            let (Some(id), Some(rev)) = (entry.id, entry.rev) else {
                return Err(answer.protocol(format!("{OPERATION}: an entry without its id")));
            };
            let seen = Changed {
                rev: Rev(rev),
                deleted: entry.is_deleted(),
            };
            let kept = items.entry(WorkItemId(id)).or_insert(seen);
            if kept.rev < seen.rev {
                *kept = seen;
            }
        }
        if last {
            if matches!(since, FeedPlace::Now) {
                items.clear();
            }
            return Ok(Changes { items, token });
        }
        idle = if moved { 0 } else { idle + 1 };
        if idle >= IDLE_PAGES {
            return Err(answer.protocol(format!(
                "{OPERATION}: the next page repeats the one before it"
            )));
        }
        url = address(session, "continuationToken", &token);
        before = Some(token);
    }
}

/// One page of the feed, from a place on.
fn address(session: &Session, parameter: &str, place: &str) -> Url {
    let place: String = byte_serialize(place.as_bytes()).collect();
    let query = format!(
        "{API_VERSION}&fields=System.IsDeleted&includeLatestOnly=true&includeDeleted=true&{parameter}={place}"
    );
    let path = ["_apis", "wit", "reporting", OPERATION];
    session.addresses.organization(&path, &query)
}

/// A moment just before now by the server's clock: by ours it might lie ahead, and then the feed would
/// begin behind changes that nobody has seen.
async fn moment(session: &Session) -> Result<String, RemoteError> {
    if session.client().server_time().is_none() {
        // The cheapest question there is; only its date matters.
        let url = session
            .addresses
            .organization(&["_apis", "connectionData"], PREVIEW_VERSION);
        session.send("connectionData", Request::get(url)).await?;
    }
    let now = session.client().server_time().ok_or_else(|| RemoteError {
        system: System::AzureDevOps,
        kind: RemoteErrorKind::Protocol {
            reason: "the server's answers have no date".to_owned(),
        },
        request: None,
    })?;
    let at = now.checked_sub(BEFORE_NOW).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
