//! One suite for every backend: each of its tests runs once for each of them, under the backend's name.
//!
//! A backend takes its place here by a function that gives a fresh, empty state, or `None` where what it
//! needs is not installed, and by its line in the macro.

use accord::store::{GitRefStore, PostgresLease, SqliteStore, Store};
use tempfile::TempDir;

use crate::git_ref::{Town, same_elsewhere};
use crate::server;

/// An empty state, with what it needs to live. Fields end in their order.
pub(crate) struct Fresh {
    store: Box<dyn Store>,
    _lease: Option<PostgresLease>,
    _folder: Option<TempDir>,
    town: Option<(Town, GitRefStore)>,
}

impl Fresh {
    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// What is shared is the same for another machine.
    pub(crate) async fn is_same_elsewhere(&self) {
        if let Some((town, store)) = &self.town {
            same_elsewhere(town, store).await;
        }
    }
}

pub(crate) async fn sqlite_file() -> Option<Fresh> {
    let (folder, state) = crate::sqlite::fresh();
    Some(Fresh {
        store: Box::new(SqliteStore::open(&state).await.unwrap()),
        _lease: None,
        _folder: Some(folder),
        town: None,
    })
}

pub(crate) async fn sqlite_memory() -> Option<Fresh> {
    Some(Fresh {
        store: Box::new(SqliteStore::in_memory().unwrap()),
        _lease: None,
        _folder: None,
        town: None,
    })
}

pub(crate) async fn postgres() -> Option<Fresh> {
    let place = server::shared()?.place();
    let (lease, store) = place.open().await;
    Some(Fresh {
        store: Box::new(store),
        _lease: Some(lease),
        _folder: None,
        town: None,
    })
}

pub(crate) async fn git_ref() -> Option<Fresh> {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    Some(Fresh {
        store: Box::new(store.clone()),
        _lease: None,
        _folder: None,
        town: Some((town, store)),
    })
}

macro_rules! suite {
    ($module:ident: $($name:ident)*) => {
        mod $module {
            suite! { @ sqlite_file $module: $($name)* }
            suite! { @ sqlite_memory $module: $($name)* }
            suite! { @ postgres $module: $($name)* }
            suite! { @ git_ref $module: $($name)* }
        }
    };
    (@ $backend:ident $module:ident: $($name:ident)*) => {
        mod $backend {
            $(#[tokio::test]
            async fn $name() {
                if let Some(fresh) = crate::suite::$backend().await {
                    crate::$module::$name(fresh.store()).await;
                    fresh.is_same_elsewhere().await;
                }
            })*
        }
    };
}

suite! { conformance:
    an_empty_store_answers_empty
    links_come_back_as_they_were_and_by_case
    every_kind_of_value_comes_back_exactly
    a_link_is_replaced_by_its_id_and_leaves_others
    a_second_pair_is_refused
    the_same_pair_under_another_id_is_the_same_link
    a_failing_record_leaves_nothing_of_its_call
    a_failing_prepare_leaves_nothing_of_its_call
    intents_stay_open_until_their_outcome
    the_outcome_of_an_intent_is_final
    quarantine_takes_in_replaces_and_releases
    forgetting_a_rule_leaves_the_others
    losses_are_kept_newest_first
    runs_are_listed_newest_first
    the_audit_is_one_chain
    made_fields_are_kept_once_each_until_they_are_forgotten
}

suite! { two_way:
    parted_links_stand_apart_with_their_bases
    an_active_link_takes_the_place_of_parted_ones
    a_parted_link_takes_no_place_of_another
    a_link_goes_on_with_an_item_made_anew
    conflicts_come_back_as_they_were_met
    a_conflict_is_opened_once_and_superseded_by_other_values
    what_nobody_is_asked_is_noted_and_closed
    what_is_closed_stays_closed
    a_person_decides_and_decides_anew
    what_waits_for_a_person_ends_with_its_pair
    forgetting_a_rule_ends_what_hangs_on_its_links
    spellings_are_learnt_once_per_place
    the_same_change_is_counted_within_a_day
    repetitions_end_with_their_pair
    each_rule_has_its_watermark
    what_an_intent_writes_is_kept_until_its_outcome
    a_failing_record_leaves_nothing_of_the_queue_either
    a_sound_state_contradicts_nothing
}
