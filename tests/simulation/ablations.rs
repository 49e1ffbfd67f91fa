//! The simulation sees what it is there for: with any one protection of the write protocol taken away some
//! seed breaks a law, and the same seed keeps them all with everything in place.

use crate::ablation::Ablation;
use crate::run::{Setting, simulate};

/// So many seeds are tried.
const MOST: u64 = 400;

fn harsh(seed: u64, ablation: Option<Ablation>) -> Setting {
    Setting {
        ablation,
        harsh: true,
        ..Setting::seed(seed)
    }
}

/// Finds a seed that breaks one of `laws` without the protection.
fn is_caught(ablation: Ablation, laws: &[&str]) {
    let broken = (0..MOST).find_map(|seed| {
        let broken = simulate(harsh(seed, Some(ablation))).broken;
        let named = |line: &&String| {
            let mut laws = laws.iter();
            laws.any(|law| line.starts_with(&format!("law {law}:")))
        };
        let first = broken.iter().find(named)?.clone();
        Some((seed, first))
    });
    let (seed, law) = broken.unwrap_or_else(|| panic!("{MOST} seeds do not see {ablation:?}"));
    let whole = simulate(harsh(seed, None));
    assert!(
        whole.broken.is_empty(),
        "{}\nseed {seed} breaks {law} without the protection, and with it {:?}",
        whole.trace.join("\n"),
        whole.broken
    );
    crate::print_lines(&[format!("{ablation:?}: seed {seed}, {law}")]);
}

#[test]
fn without_intents_an_edit_vanishes_or_an_item_is_doubled() {
    is_caught(Ablation::NoIntent, &["4", "5"]);
}

#[test]
fn without_the_marker_probe_an_item_is_doubled() {
    is_caught(Ablation::NoMarkerProbe, &["5"]);
}

#[test]
fn without_the_test_of_the_revision_an_edit_vanishes() {
    is_caught(Ablation::NoRevTest, &["4"]);
}

#[test]
fn without_the_settle_window_an_item_is_doubled_or_an_edit_vanishes() {
    is_caught(Ablation::NoSettle, &["4", "5"]);
}

#[test]
fn with_the_base_from_the_current_value_an_edit_vanishes() {
    is_caught(Ablation::BaseFromCurrent, &["3", "4"]);
}
