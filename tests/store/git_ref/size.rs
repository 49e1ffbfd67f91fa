//! What an update of a large state sends, as counts.

use std::io::Write as _;
use std::process::Stdio;

use accord::store::{IntentOutcome, Record, Store};

use super::town::{Town, git, git_command};
use crate::sample::{ending, entry, field, here, intent, link, linking};

/// Objects that the server lacks of `new` when it has `old`, and the bytes of the pack that brings them.
fn sent(town: &Town, old: &str, new: &str) -> (usize, usize) {
    let range = format!("{old}..{new}");
    let objects = git(&town.remote, &["rev-list", "--objects", &range]);
    let mut child = git_command(&town.remote)
        .args([
            "pack-objects",
            "--revs",
            "--thin",
            "--delta-base-offset",
            "--stdout",
            "--quiet",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let revisions = format!("{new}\n^{old}\n");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(revisions.as_bytes())
        .unwrap();
    let pack = child.wait_with_output().unwrap().stdout;
    (objects.lines().count(), pack.len())
}

#[tokio::test]
async fn an_update_of_ten_thousand_links_sends_what_changed() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    for thousand in 0..10 {
        let records: Vec<Record> = (1..=1_000)
            .map(|n| {
                let case = thousand * 1_000 + n;
                let mut link = link(&format!("link-{case:06}"), case, case + 50_000);
                for row in ["steps", "preconditions", "mission"] {
                    let text = format!(
                        "{row} of case {case}: {}",
                        "as it is written here. ".repeat(6)
                    );
                    link.base.fields.insert(row.to_owned(), field(&text));
                }
                linking(link)
            })
            .collect();
        store.record(&records).await.unwrap();
    }
    store.flush().await.unwrap();
    let before = town.tip().trim().to_owned();
    let whole: usize = git(&town.remote, &["ls-tree", "-r", "--long", &before])
        .lines()
        .map(|line| {
            line.split_whitespace()
                .nth(3)
                .unwrap()
                .parse::<usize>()
                .unwrap()
        })
        .sum();
    assert!(whole > 10_000_000, "{whole} bytes");

    // A wave of updates as an apply makes it: intents, outcomes, and the push of what comes next.
    let cases: Vec<u64> = (0..16).map(|n| 3_000 + n * 7).collect();
    let intents: Vec<_> = cases
        .iter()
        .map(|case| intent(&format!("op-{case}")))
        .collect();
    store.prepare(&intents, &[]).await.unwrap();
    let prepared = town.tip().trim().to_owned();
    let mut links = store.links(&here()).await.unwrap();
    links.retain(|link| cases.contains(&link.case.0));
    let records: Vec<Record> = links
        .into_iter()
        .map(|mut link| {
            link.base
                .fields
                .insert("title".to_owned(), field("Another title"));
            let id = format!("op-{}", link.case.0);
            Record {
                link: Some(link),
                audit: Some(entry("title")),
                ..ending(&id, IntentOutcome::Applied)
            }
        })
        .collect();
    store.record(&records).await.unwrap();
    store.flush().await.unwrap();
    let recorded = town.tip().trim().to_owned();

    let first = sent(&town, &before, &prepared);
    let second = sent(&town, &prepared, &recorded);
    println!(
        "of {whole} bytes: 16 intents send {first:?}, their outcomes {second:?} (objects, bytes)"
    );
    // Commit, root, two folders, intents, lease.
    assert!(first.0 <= 6 && first.1 < 6_000, "{first:?}");
    // Sixteen shards besides, each with one line that changed.
    assert!(second.0 <= 26 && second.1 < 40_000, "{second:?}");
}
