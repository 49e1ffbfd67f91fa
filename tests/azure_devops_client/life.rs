//! What becomes of a work item over time: the feed of revisions, the recycle bin, past revisions, and the
//! server's clock.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use accord::http::{AllowList, Client, ClientOptions, Timeouts};
use accord::model::config::{AzureDevOpsConnection, SecretRef};
use accord::model::{Rev, System, Value, WorkItemId};
use accord::remote::{Changed, FeedPlace, ReadAzureDevOps, RemoteErrorKind, WriteAzureDevOps};
use accord::sandbox::{Fault, FaultKind, RunningSandbox, Sandbox, seed};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use crate::server::{Reply, Seen, Server, ok, refusal};
use crate::{fields, item};

fn page(entries: &[(u64, u64, bool)], token: &str, last: bool) -> Reply {
    let entries: Vec<Json> = entries
        .iter()
        .map(|(id, rev, deleted)| {
            let fields = if *deleted {
                json!({ "System.IsDeleted": true })
            } else {
                json!({})
            };
            json!({ "id": id, "rev": rev, "fields": fields })
        })
        .collect();
    ok(&json!({
        "values": entries, "nextLink": "https://elsewhere.example.test/", "continuationToken": token,
        "isLastBatch": last,
    }))
}

fn token(text: &str) -> FeedPlace {
    FeedPlace::Token(text.to_owned())
}

const FEED: &str = "/contoso/_apis/wit/reporting/workitemrevisions";

#[tokio::test]
async fn the_feed_is_asked_at_the_organisation_and_followed_to_its_last_page() {
    let server = Server::start(|request| {
        Some(
            if request.query.contains("continuationToken=813%3B350%3B1") {
                // Longer ago than the one on the next page.
                page(&[(5101, 3, false), (5102, 9, true)], "842;5;3", false)
            } else {
                page(&[(5101, 4, false), (77, 1, false)], "a b&c=d", true)
            },
        )
    })
    .await;
    let changes = server.reader().changes(&token("813;350;1")).await.unwrap();
    let lines: Vec<String> = server.seen().iter().map(Seen::line).collect();
    let line = |token: &str| {
        format!(
            "GET {FEED}?api-version=7.1&fields=System.IsDeleted&includeLatestOnly=true&includeDeleted=true&continuationToken={token}"
        )
    };
    assert_eq!(lines, [line("813%3B350%3B1"), line("842%3B5%3B3")]);
    assert_eq!(changes.token, "a b&c=d", "opaque, whatever is in it");
    let seen = |rev, deleted| Changed {
        rev: Rev(rev),
        deleted,
    };
    assert_eq!(
        changes.items,
        [
            (WorkItemId(77), seen(1, false)),
            (WorkItemId(5101), seen(4, false)),
            (WorkItemId(5102), seen(9, true)),
        ]
        .into()
    );
}

#[tokio::test]
async fn a_feed_that_begins_now_begins_by_the_servers_clock() {
    let server = Server::start(|request| {
        let mut reply = if request.path.ends_with("/connectionData") {
            ok(&json!({ "instanceId": "1" }))
        } else {
            page(&[(5101, 4, false)], "9;9;9", true)
        };
        reply
            .headers
            .push(("date", "Mon, 02 Mar 2026 09:00:10 GMT"));
        Some(reply)
    })
    .await;
    let reader = server.reader();
    assert_eq!(reader.clock(), None, "nobody has answered yet");
    let changes = reader.changes(&FeedPlace::Now).await.unwrap();
    assert_eq!(changes.token, "9;9;9");
    assert!(changes.items.is_empty(), "only the place was wanted");
    let seen = server.seen();
    assert!(seen[0].path.ends_with("/connectionData"));
    let (_, since) = seen[1].query.split_once("startDateTime=").unwrap();
    let since: jiff::Timestamp = since.replace("%3A", ":").parse().unwrap();
    let date: jiff::Timestamp = "2026-03-02T09:00:10Z".parse().unwrap();
    let before = date.duration_since(since).as_secs();
    assert!((50..=60).contains(&before), "{before} s before the date");
    let clock = reader.clock().unwrap();
    assert!(
        clock.bound_ms >= 1_000 && clock.bound_ms < 60_000,
        "{clock:?}"
    );
    assert!(clock.ahead_ms < 0, "that was a while ago: {clock:?}");
}

#[tokio::test]
async fn a_feed_that_repeats_itself_is_given_up_and_an_idle_page_is_not() {
    let asked = AtomicU32::new(0);
    let idle = Server::start(move |_| {
        Some(match asked.fetch_add(1, Ordering::SeqCst) {
            0 => page(&[], "1;1;1", false),
            1 => page(&[], "2;1;1", false),
            2 => page(&[], "2;1;1", false),
            _ => page(&[(7, 2, false)], "3;7;2", true),
        })
    })
    .await;
    let changes = idle.reader().changes(&token("0;0;0")).await.unwrap();
    assert_eq!(changes.token, "3;7;2");
    assert_eq!(changes.items.len(), 1);

    let stuck = Server::start(|_| Some(page(&[(7, 2, false)], "0;0;0", false))).await;
    let error = stuck.reader().changes(&token("0;0;0")).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Protocol { .. }),
        "{error}"
    );
    assert!(stuck.seen().len() < 10, "{} requests", stuck.seen().len());

    let lost = Server::start(|_| Some(ok(&json!({ "values": [], "isLastBatch": true })))).await;
    let error = lost.reader().changes(&token("0;0;0")).await.unwrap_err();
    assert!(error.to_string().contains("without a token"), "{error}");
}

#[tokio::test]
async fn a_token_that_the_server_no_longer_takes_is_rejected_and_a_missing_feed_not_found() {
    let server =
        Server::start(|_| Some(refusal(400, "The continuation token is not valid."))).await;
    let error = server.reader().changes(&token("0;0;0")).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Rejected { .. }),
        "{error}"
    );
    let server = Server::start(|_| Some(refusal(404, "The controller was not found."))).await;
    let error = server.reader().changes(&token("0;0;0")).await.unwrap_err();
    assert!(
        matches!(
            error.kind,
            RemoteErrorKind::NotFound { .. } | RemoteErrorKind::Unsupported { .. }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn the_recycle_bin_is_asked_for_two_hundred_at_a_time() {
    let server = Server::start(|request| {
        let (_, ids) = request.query.split_once("&ids=").unwrap();
        let ids: Vec<u64> = ids.split(',').map(|id| id.parse().unwrap()).collect();
        assert!(ids.len() <= 200);
        let entries: Vec<Json> = ids
            .iter()
            .filter(|id| **id % 2 == 0)
            .map(|id| match id {
                4 => json!({ "id": 4, "code": 404, "message": "TF401232: it is not there" }),
                6 => Json::Null,
                _ => json!({ "id": id, "code": 200, "type": "Bug", "project": "Web Shop" }),
            })
            .chain([json!({ "id": 100_000, "code": 200 })])
            .collect();
        Some(ok(&json!({ "count": entries.len(), "value": entries })))
    })
    .await;
    let ids: Vec<WorkItemId> = (0..=250).chain([1 << 40]).map(WorkItemId).collect();
    let found = server.reader().in_recycle_bin(&ids).await.unwrap();
    let expected: BTreeSet<WorkItemId> = (1..=125)
        .map(|half| WorkItemId(half * 2))
        .filter(|id| ![4, 6].contains(&id.0))
        .collect();
    assert_eq!(found, expected, "nothing that was not asked for");
    assert_eq!(server.seen_at("/Web%20Shop/_apis/wit/recyclebin").len(), 2);
    assert!(
        server
            .reader()
            .in_recycle_bin(&[])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn one_id_that_is_not_in_the_recycle_bin_does_not_hide_the_others() {
    let server = Server::start(|request| {
        let (_, ids) = request.query.split_once("&ids=").unwrap();
        let ids: Vec<u64> = ids.split(',').map(|id| id.parse().unwrap()).collect();
        if ids.contains(&3) {
            return Some(refusal(404, "TF401232: Work item 3 does not exist."));
        }
        let entries: Vec<Json> = ids
            .iter()
            .map(|id| json!({ "id": id, "code": 200 }))
            .collect();
        Some(ok(&json!({ "value": entries })))
    })
    .await;
    let ids: Vec<WorkItemId> = (1..=8).map(WorkItemId).collect();
    let found = server.reader().in_recycle_bin(&ids).await.unwrap();
    let expected: BTreeSet<WorkItemId> = ids.into_iter().filter(|id| id.0 != 3).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_revision_is_read_as_it_was_and_one_that_is_not_there_is_none() {
    let server = Server::start(|request| {
        Some(if request.path.ends_with("/fields") {
            ok(&fields())
        } else if request.path.ends_with("/revisions/2") {
            ok(&item(5101))
        } else {
            refusal(404, "VS402625: There is no such revision.")
        })
    })
    .await;
    let reader = server.reader();
    let found = reader.revision(WorkItemId(5101), Rev(2)).await.unwrap();
    let found = found.expect("a revision");
    assert_eq!((found.id, found.rev), (WorkItemId(5101), Rev(2)));
    assert_eq!(found.fields["System.Title"], Value::text("Case 5101"));
    assert_eq!(found.tags, ["accord", "smoke"]);
    assert_eq!(
        reader.revision(WorkItemId(5101), Rev(3)).await.unwrap(),
        None
    );
    assert_eq!(
        server.seen().last().unwrap().line(),
        "GET /contoso/_apis/wit/workitems/5101/revisions/3?api-version=7.1&$expand=all"
    );
}

#[tokio::test]
async fn recycling_and_restoring_are_sent_once_whatever_the_answer() {
    let server = Server::start(|request| {
        Some(if request.path.ends_with("/7") {
            refusal(503, "TF400733: the service is too busy.")
        } else {
            ok(&json!({ "id": 5101, "code": 200 }))
        })
    })
    .await;
    let writer = server.writer();
    writer.recycle(WorkItemId(5101)).await.unwrap();
    writer.restore(WorkItemId(5101)).await.unwrap();
    let lines: Vec<String> = server.seen().iter().map(Seen::line).collect();
    assert_eq!(
        lines,
        [
            "DELETE /contoso/Web%20Shop/_apis/wit/workitems/5101?api-version=7.1",
            "PATCH /contoso/Web%20Shop/_apis/wit/recyclebin/5101?api-version=7.1",
        ],
        "never with `destroy`"
    );
    assert_eq!(server.seen()[1].body, json!({ "isDeleted": false }));
    for refused in [
        writer.recycle(WorkItemId(7)).await,
        writer.restore(WorkItemId(7)).await,
    ] {
        let error = refused.unwrap_err();
        assert!(
            matches!(
                error.kind,
                RemoteErrorKind::Unavailable {
                    maybe_sent: true,
                    ..
                } | RemoteErrorKind::RateLimited { .. }
            ),
            "{error}"
        );
    }
    let methods: Vec<Method> = server
        .seen()
        .iter()
        .map(|seen| seen.method.clone())
        .collect();
    assert_eq!(methods, ["DELETE", "PATCH", "DELETE", "PATCH"], "each once");
}

/// The sandbox with the samples, and a writer to its project.
async fn sandbox() -> (RunningSandbox, accord::azure_devops::Writer) {
    let sandbox = Sandbox::default().start(0).await.unwrap();
    seed::web_shop().unwrap().plant_running(&sandbox).unwrap();
    let connection = AzureDevOpsConnection {
        organization_url: sandbox.organization_url().parse().unwrap(),
        project: "Web Shop".to_owned(),
        credential: SecretRef::Env("AZURE_DEVOPS_EXT_PAT".to_owned()).into(),
    };
    let token = SecretString::from(accord::sandbox::azure_devops::DEFAULT_TOKEN);
    let client = Client::new(ClientOptions {
        system: System::AzureDevOps,
        allow: AllowList::new(&[sandbox.address.to_string()]).unwrap(),
        credentials: vec![accord::azure_devops::credential_header(&token)],
        default_headers: accord::azure_devops::default_headers(),
        rate: None,
        timeouts: Timeouts::default(),
        offline: false,
    });
    let reader = accord::azure_devops::Reader::new(&connection, client.unwrap());
    (sandbox, accord::azure_devops::Writer::new(reader))
}

/// A new item of a type that can be recycled.
fn add_bug(sandbox: &RunningSandbox, title: &str) -> WorkItemId {
    let seed = accord::sandbox::azure_devops::seed::WorkItemSeed {
        work_item_type: "Bug".to_owned(),
        title: title.to_owned(),
        ..Default::default()
    };
    let mut state = sandbox.state();
    let now = state.clock.now();
    WorkItemId(state.azure_devops.add_work_item(&seed, now).unwrap())
}

#[tokio::test]
async fn what_changes_behind_a_place_is_in_the_feed_deleted_restored_or_edited() {
    let (sandbox, writer) = sandbox().await;
    let start = writer.changes(&FeedPlace::Now).await.unwrap();
    let idle = writer.changes(&token(&start.token)).await.unwrap();
    assert_eq!(idle.items, [].into(), "nothing changed");

    let bug = add_bug(&sandbox, "The total is wrong");
    sandbox
        .state()
        .edit_work_item(5101, &json!({ "System.Title": "Edited" }))
        .unwrap();
    writer.recycle(bug).await.unwrap();
    let changes = writer.changes(&token(&start.token)).await.unwrap();
    let ids: Vec<u64> = changes.items.keys().map(|id| id.0).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(changes.items[&bug].deleted);
    assert!(!changes.items[&WorkItemId(5101)].deleted);
    assert!(writer.read(&[bug]).await.unwrap().is_empty());
    let asked = [bug, WorkItemId(5101), WorkItemId(99_999)];
    assert_eq!(writer.in_recycle_bin(&asked).await.unwrap(), [bug].into());

    writer.restore(bug).await.unwrap();
    let restored = writer.changes(&token(&changes.token)).await.unwrap();
    assert_eq!(restored.items.len(), 1);
    assert!(!restored.items[&bug].deleted);
    assert_eq!(writer.in_recycle_bin(&asked).await.unwrap(), [].into());
    let now = writer.read(&[bug]).await.unwrap().remove(&bug).unwrap();
    assert_eq!(now.rev, Rev(3), "deleting and restoring are revisions");
    let first = writer.revision(bug, Rev(1)).await.unwrap().unwrap();
    assert_eq!(first.title(), "The total is wrong");
    assert_eq!(writer.revision(bug, Rev(4)).await.unwrap(), None);
    let clock = writer.clock().expect("every answer has a date");
    assert!(clock.ahead_ms.unsigned_abs() <= clock.bound_ms, "{clock:?}");
}

#[tokio::test]
async fn a_feed_in_short_pages_is_read_whole_and_an_empty_one_does_not_hang() {
    let (sandbox, writer) = sandbox().await;
    let start = writer.changes(&FeedPlace::Now).await.unwrap();
    let bugs: BTreeSet<WorkItemId> = (0..5)
        .map(|number| add_bug(&sandbox, &format!("Bug {number}")))
        .collect();
    let fault = Fault::new("workitemrevisions", FaultKind::FeedShortPage);
    sandbox.state().faults.add(fault);
    let changes = writer.changes(&token(&start.token)).await.unwrap();
    assert_eq!(changes.items.keys().copied().collect::<BTreeSet<_>>(), bugs);

    sandbox.state().faults.clear();
    let fault = Fault::new("workitemrevisions", FaultKind::FeedEmptyPage);
    sandbox.state().faults.add(fault.clone().times(1));
    let changes = writer.changes(&token(&start.token)).await.unwrap();
    assert_eq!(changes.items.len(), 5, "one empty page is passed over");
    sandbox.state().faults.clear();
    sandbox.state().faults.add(fault);
    let error = writer.changes(&token(&start.token)).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Protocol { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn test_cases_are_not_recycled_by_this_call() {
    let (_sandbox, writer) = sandbox().await;
    let error = writer.recycle(WorkItemId(5101)).await.unwrap_err();
    assert!(
        matches!(
            error.kind,
            RemoteErrorKind::Rejected { .. } | RemoteErrorKind::Forbidden { .. }
        ),
        "{error}"
    );
    assert_eq!(writer.read(&[WorkItemId(5101)]).await.unwrap().len(), 1);
}
