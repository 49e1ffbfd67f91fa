//! Any sequence of calls leaves what a plain map would hold, and never two pairs for one item.

use std::collections::{BTreeMap, BTreeSet};

use accord::model::{Link, LinkId, LinkState};
use accord::store::{QuarantineChange, Record, Store, StoreError};
use proptest::prelude::*;

use crate::sample::{elsewhere, here, link, linking, name, quarantined};
use crate::suite::{self, Fresh};

const RULES: [&str; 3] = ["one", "two", "three"];

type NewLink = (u8, u64, u64, usize, bool, LinkState);

#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// One call of `record` with these links: id, case, work item, rule, whether elsewhere, state.
    Link(Vec<NewLink>),
    /// The rules that stay.
    Forget(Vec<usize>),
    Put(u8, usize),
    Release(u8),
}

pub(crate) fn calls() -> impl Strategy<Value = Vec<Call>> {
    let new_link = (
        0..8u8,
        1..6u64,
        1..6u64,
        0..3usize,
        prop::bool::weighted(0.2),
        prop_oneof![
            3 => Just(LinkState::Active),
            1 => Just(LinkState::Ended),
            1 => Just(LinkState::Unlinked),
        ],
    );
    let call = prop_oneof![
        8 => prop::collection::vec(new_link, 1..4).prop_map(Call::Link),
        1 => prop::sample::subsequence(vec![0, 1, 2], 0..=3).prop_map(Call::Forget),
        2 => (0..4u8, 0..3usize).prop_map(|(key, rule)| Call::Put(key, rule)),
        1 => (0..4u8).prop_map(Call::Release),
    ];
    prop::collection::vec(call, 1..25)
}

#[derive(Clone, Default)]
pub(crate) struct Model {
    links: BTreeMap<LinkId, Link>,
    quarantine: BTreeMap<String, String>,
}

impl Model {
    /// `false` if it would make a second pair.
    fn put(&mut self, mut new: Link) -> bool {
        let same_place = |old: &&Link| old.endpoints == new.endpoints;
        let same_pair = self
            .links
            .values()
            .filter(same_place)
            .find(|old| (old.case, old.work_item) == (new.case, new.work_item));
        if let Some(old) = same_pair {
            new.id = old.id.clone();
        }
        let place = new.endpoints.clone();
        let shares = |old: &Link| {
            old.endpoints == place
                && old.id != new.id
                && (old.case == new.case || old.work_item == new.work_item)
        };
        if new.state == LinkState::Active {
            self.links
                .retain(|_, old| old.state == LinkState::Active || !shares(old));
        }
        let second = self.links.values().any(shares);
        if !second {
            self.links.insert(new.id.clone(), new);
        }
        !second
    }
}

fn build((id, case, work_item, rule, abroad, state): NewLink) -> Link {
    let mut link = link(&format!("link-{id}"), case, work_item);
    link.rule = name(RULES[rule]);
    link.state = state;
    if abroad {
        link.endpoints = elsewhere();
    }
    link
}

pub(crate) async fn play(
    store: &dyn Store,
    model: &mut Model,
    call: Call,
) -> Result<(), TestCaseError> {
    match call {
        Call::Link(links) => {
            let links: Vec<Link> = links.into_iter().map(build).collect();
            let mut next = model.clone();
            let fits = links.iter().all(|link| next.put(link.clone()));
            let records: Vec<Record> = links.into_iter().map(linking).collect();
            let outcome = store.record(&records).await;
            if fits {
                prop_assert!(outcome.is_ok(), "{:?}", outcome);
                *model = next;
            } else {
                let refused = matches!(outcome, Err(StoreError::AlreadyLinked { .. }));
                prop_assert!(refused, "{:?}", outcome);
            }
        }
        Call::Forget(stay) => {
            let known: Vec<_> = stay.into_iter().map(|rule| name(RULES[rule])).collect();
            let before = model.links.len();
            model.links.retain(|_, link| known.contains(&link.rule));
            model
                .quarantine
                .retain(|_, rule| known.iter().any(|name| name.as_str() == rule));
            let forgotten = store.forget_rules(&known).await.unwrap();
            prop_assert_eq!(forgotten, (before - model.links.len()) as u64);
        }
        Call::Put(key, rule) => {
            let mut item = quarantined(&format!("case/{key}"), "no");
            item.rule = name(RULES[rule]);
            model
                .quarantine
                .insert(item.key.clone(), RULES[rule].to_owned());
            let quarantine = Some(QuarantineChange::Put(item));
            store
                .record(&[Record {
                    quarantine,
                    ..Record::default()
                }])
                .await
                .unwrap();
        }
        Call::Release(key) => {
            let key = format!("case/{key}");
            model.quarantine.remove(&key);
            let quarantine = Some(QuarantineChange::Release {
                endpoints: here(),
                key,
            });
            store
                .record(&[Record {
                    quarantine,
                    ..Record::default()
                }])
                .await
                .unwrap();
        }
    }
    Ok(())
}

pub(crate) async fn compare(store: &dyn Store, model: &Model) -> Result<(), TestCaseError> {
    for place in [here(), elsewhere()] {
        let found = store.links(&place).await.unwrap();
        let cases: BTreeSet<_> = found.iter().map(|link| link.case).collect();
        let work_items: BTreeSet<_> = found.iter().map(|link| link.work_item).collect();
        prop_assert_eq!(cases.len(), found.len());
        prop_assert_eq!(work_items.len(), found.len());
        let mut expected: Vec<Link> = model
            .links
            .values()
            .filter(|link| link.endpoints == place)
            .cloned()
            .collect();
        expected.sort_by_key(|link| link.case);
        let (active, parted): (Vec<Link>, Vec<Link>) = expected
            .into_iter()
            .partition(|link| link.state == LinkState::Active);
        let by_rule = store.pairs(&place).await.unwrap();
        let pairs: usize = by_rule.iter().map(|(_, pairs)| pairs.len()).sum();
        prop_assert_eq!(pairs, active.len());
        prop_assert_eq!(found, active);
        prop_assert_eq!(store.parted_links(&place).await.unwrap(), parted);
    }
    let inside: BTreeMap<String, String> = store
        .quarantine(&here())
        .await
        .unwrap()
        .into_iter()
        .map(|item| (item.key, item.rule.to_string()))
        .collect();
    prop_assert_eq!(&inside, &model.quarantine);
    Ok(())
}

fn holds_what_a_map_would(
    store: impl AsyncFnOnce() -> Option<Fresh>,
    calls: Vec<Call>,
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let Some(fresh) = store().await else {
            return Ok(());
        };
        let mut model = Model::default();
        for call in calls {
            play(fresh.store(), &mut model, call).await?;
            compare(fresh.store(), &model).await?;
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn sqlite_holds_what_a_map_would(calls in calls()) {
        holds_what_a_map_would(suite::sqlite_memory, calls)?;
    }
}

proptest! {
    // Each case makes a schema of its own on a real server.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn postgres_holds_what_a_map_would(calls in calls()) {
        holds_what_a_map_would(suite::postgres, calls)?;
    }
}
