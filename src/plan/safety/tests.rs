//! Every boundary of every safety rule.

use SafetyVerdict::{Blocked, Overridden, Pass};
use proptest::prelude::*;

use super::*;

const NAME: &str = "SyncRule/regression-cases";

fn rule() -> RuleMeasure {
    RuleMeasure::new(NAME, System::TestWorthy)
}

fn limits(percent: Option<f64>, count: Option<u64>) -> Safety {
    let limit = ChangeLimit {
        max_percent: percent,
        max_count: count,
    };
    Safety {
        updates: limit,
        deletes: limit,
    }
}

fn assess_one(rule: &RuleMeasure, limits: &Safety, overrides: Overrides) -> Assessment {
    assess(
        std::slice::from_ref(rule),
        limits,
        overrides,
        FileCounts::default(),
    )
}

fn allow_updates(n: u64) -> Overrides {
    Overrides {
        allow_updates: Some(n),
        allow_deletes: None,
    }
}

fn allow_deletes(n: u64) -> Overrides {
    Overrides {
        allow_updates: None,
        allow_deletes: Some(n),
    }
}

/// Verdicts of updates and of deletes for the same numbers.
fn verdicts(linked: u64, count: u64, limits: &Safety) -> SafetyVerdict {
    let updates = RuleMeasure {
        linked,
        updates: count,
        ..rule()
    };
    let deletes = RuleMeasure {
        linked,
        deletes: count,
        ..rule()
    };
    let both = [updates, deletes].map(|rule| {
        assess_one(&rule, limits, Overrides::default())
            .report
            .verdict
    });
    assert_eq!(both[0], both[1], "updates and deletes are measured alike");
    both[0]
}

#[test]
fn shares_count_from_ten_linked_items_on() {
    let limits = limits(Some(30.0), None);
    assert_eq!(verdicts(9, 9, &limits), SafetyVerdict::Pass);
    assert_eq!(verdicts(10, 4, &limits), SafetyVerdict::Blocked);
}

#[test]
fn exactly_at_the_share_passes_and_one_more_does_not() {
    for (percent, linked, at) in [
        (30.0, 10, 3),
        (10.0, 10, 1),
        (100.0, 10, 10),
        (0.0, 10, 0),
        (33.3, 1000, 333),
        (0.7, 1000, 7),
        (1.1, 1000, 11),
        (29.0, 100, 29),
        (57.0, 100, 57),
    ] {
        let limits = limits(Some(percent), None);
        assert_eq!(
            verdicts(linked, at, &limits),
            SafetyVerdict::Pass,
            "{at} of {linked} at {percent} %"
        );
        assert_eq!(
            verdicts(linked, at + 1, &limits),
            SafetyVerdict::Blocked,
            "{} of {linked} at {percent} %",
            at + 1
        );
    }
}

#[test]
fn counts_hold_for_any_number_of_links() {
    let limits = limits(None, Some(25));
    for linked in [0, 9, 10, 10_000] {
        assert_eq!(verdicts(linked, 25, &limits), SafetyVerdict::Pass);
        assert_eq!(verdicts(linked, 26, &limits), SafetyVerdict::Blocked);
    }
}

#[test]
fn the_default_limits() {
    let defaults = Safety::default();
    let updates = |count| {
        let rule = RuleMeasure {
            linked: 100,
            updates: count,
            ..rule()
        };
        assess_one(&rule, &defaults, Overrides::default())
            .report
            .verdict
    };
    assert_eq!(updates(30), SafetyVerdict::Pass);
    assert_eq!(updates(31), SafetyVerdict::Blocked);
    let deletes = |linked, count| {
        let rule = RuleMeasure {
            linked,
            deletes: count,
            ..rule()
        };
        assess_one(&rule, &defaults, Overrides::default())
            .report
            .verdict
    };
    assert_eq!(deletes(100, 10), SafetyVerdict::Pass);
    assert_eq!(deletes(100, 11), SafetyVerdict::Blocked);
    assert_eq!(deletes(1_000, 25), SafetyVerdict::Pass);
    assert_eq!(deletes(1_000, 26), SafetyVerdict::Blocked);
}

#[test]
fn a_blocked_rule_names_measure_limit_and_way_out() {
    let rule = RuleMeasure {
        linked: 30,
        updates: 12,
        mapping_changed: 5,
        ..rule()
    };
    let report = assess_one(&rule, &Safety::default(), Overrides::default()).report;
    assert_eq!(
        report.rules,
        [SafetyRule {
            code: "too-many-updates".to_owned(),
            address: NAME.to_owned(),
            verdict: SafetyVerdict::Blocked,
            measured:
                "12 of 30 linked items (40.0 %) would be updated; 5 more because the mapping \
                       changed, outside the limit"
                    .to_owned(),
            limit: "30 %".to_owned(),
            help: Some(
                "If this is meant, run again with `--allow-updates 12`, or apply in parts with \
                 `--only`."
                    .to_owned()
            ),
        }]
    );
}

#[test]
fn a_changed_mapping_is_outside_the_limit_and_told() {
    let rule = RuleMeasure {
        linked: 40,
        mapping_changed: 40,
        ..rule()
    };
    let report = assess_one(&rule, &Safety::default(), Overrides::default()).report;
    assert_eq!(report.verdict, SafetyVerdict::Pass);
    assert_eq!(report.rules.len(), 1);
    assert!(report.rules[0].measured.contains("40 more"));
}

#[test]
fn an_override_is_the_number_a_person_accepts() {
    let over = RuleMeasure {
        linked: 10,
        updates: 4,
        deletes: 2,
        ..rule()
    };
    let defaults = Safety::default();
    let verdicts = |overrides| {
        let report = assess_one(&over, &defaults, overrides).report;
        let of = |code: &str| {
            report
                .rules
                .iter()
                .find(|rule| rule.code == code)
                .unwrap()
                .verdict
        };
        (of("too-many-updates"), of("too-many-deletes"))
    };
    assert_eq!(verdicts(Overrides::default()), (Blocked, Blocked));
    assert_eq!(verdicts(allow_updates(3)), (Blocked, Blocked));
    assert_eq!(verdicts(allow_updates(4)), (Overridden, Blocked));
    assert_eq!(verdicts(allow_deletes(1)), (Blocked, Blocked));
    assert_eq!(verdicts(allow_deletes(2)), (Blocked, Overridden));

    let short = assess_one(&over, &defaults, allow_updates(3)).report;
    let help = short.rules[0].help.as_deref().unwrap();
    assert!(
        help.starts_with("`--allow-updates 3` is not enough."),
        "{help}"
    );
}

#[test]
fn an_override_covers_all_rules_together_and_no_rule_within_its_limit() {
    let with = |name: &str, updates| RuleMeasure {
        linked: 10,
        updates,
        ..RuleMeasure::new(format!("SyncRule/{name}"), System::TestWorthy)
    };
    // 3 of 10 is within the limit and needs nobody's word.
    let rules = [with("a", 4), with("b", 5), with("c", 3)];
    let run = |n| {
        assess(
            &rules,
            &Safety::default(),
            allow_updates(n),
            FileCounts::default(),
        )
        .report
        .verdict
    };
    assert_eq!(run(5), SafetyVerdict::Blocked);
    assert_eq!(run(8), SafetyVerdict::Blocked);
    assert_eq!(run(9), SafetyVerdict::Overridden);
}

fn empty(is_source: bool, creates: u64, deletes: u64) -> RuleMeasure {
    RuleMeasure {
        linked: 3,
        creates,
        deletes,
        source_empty_with_links: is_source,
        target_empty_with_links: !is_source,
        ..rule()
    }
}

#[test]
fn an_empty_side_blocks_creates_and_deletes_only() {
    for rule in [empty(true, 0, 3), empty(false, 3, 0), empty(false, 0, 1)] {
        let outcome = assess_one(&rule, &Safety::default(), Overrides::default());
        assert_eq!(outcome.report.verdict, SafetyVerdict::Blocked);
        assert!(outcome.blocks_creates_and_deletes.contains(NAME));
        assert_eq!(outcome.report.rules[0].code, "empty-listing");
    }
    let harmless = RuleMeasure {
        updates: 1,
        ..empty(true, 0, 0)
    };
    let outcome = assess_one(&harmless, &Safety::default(), Overrides::default());
    assert_eq!(outcome.report.verdict, SafetyVerdict::Pass);
    assert!(outcome.blocks_creates_and_deletes.contains(NAME));
    assert_eq!(
        outcome.report.rules[0].measured,
        "TestWorthy lists none of the rule's linked items (3)"
    );
}

#[test]
fn only_an_emptied_source_can_be_meant() {
    let defaults = Safety::default();
    let short = assess_one(&empty(true, 0, 3), &defaults, allow_deletes(2));
    assert_eq!(short.report.verdict, SafetyVerdict::Blocked);
    let meant = assess_one(&empty(true, 0, 3), &defaults, allow_deletes(3));
    assert_eq!(meant.report.verdict, SafetyVerdict::Overridden);
    assert!(meant.blocks_creates_and_deletes.is_empty());
    let target = assess_one(&empty(false, 3, 0), &defaults, allow_deletes(99));
    assert_eq!(target.report.verdict, SafetyVerdict::Blocked);
}

#[test]
fn an_incomplete_read_has_no_override() {
    let incomplete = |creates, deletes| RuleMeasure {
        linked: 3,
        creates,
        deletes,
        incomplete: Some("suite 41 holds 1,000 of 1,200 cases".to_owned()),
        ..rule()
    };
    let everything = Overrides {
        allow_updates: Some(u64::MAX),
        allow_deletes: Some(u64::MAX),
    };
    for (creates, deletes) in [(1, 0), (0, 1)] {
        let outcome = assess_one(
            &incomplete(creates, deletes),
            &Safety::default(),
            everything,
        );
        assert_eq!(outcome.report.verdict, SafetyVerdict::Blocked);
        assert!(outcome.blocks_creates_and_deletes.contains(NAME));
    }
    let harmless = assess_one(&incomplete(0, 0), &Safety::default(), everything);
    assert_eq!(harmless.report.verdict, SafetyVerdict::Pass);
    assert!(harmless.blocks_creates_and_deletes.contains(NAME));
    assert!(harmless.report.rules[0].measured.contains("suite 41"));
}

#[test]
fn fewer_than_half_of_the_files_block() {
    let rules = [RuleMeasure {
        creates: 1,
        ..rule()
    }];
    let run = |now, last_apply, overrides| {
        assess(
            &rules,
            &Safety::default(),
            overrides,
            FileCounts { now, last_apply },
        )
    };
    let none = Overrides::default();
    for (now, last, verdict) in [
        (0, None, Pass),
        (0, Some(0), Pass),
        (0, Some(1), Blocked),
        (1, Some(1), Pass),
        (1, Some(2), Pass),
        (1, Some(3), Blocked),
        (2, Some(3), Pass),
        (5, Some(10), Pass),
        (4, Some(10), Blocked),
        (u64::MAX / 2, Some(u64::MAX), Blocked),
    ] {
        let outcome = run(now, last, none);
        assert_eq!(outcome.report.verdict, verdict, "{now} of {last:?}");
        assert_eq!(
            outcome.blocks_creates_and_deletes.contains(NAME),
            verdict == Blocked
        );
    }
    let meant = run(1, Some(12), allow_deletes(0));
    assert_eq!(meant.report.verdict, Overridden);
    assert!(meant.blocks_creates_and_deletes.is_empty());
    assert_eq!(
        run(1, Some(12), none).report.rules[0].measured,
        "1 manifest file where the last apply read 12"
    );
}

#[test]
fn too_few_files_without_creates_or_deletes_are_only_told() {
    let rules = [RuleMeasure {
        linked: 5,
        updates: 1,
        ..rule()
    }];
    let files = FileCounts {
        now: 1,
        last_apply: Some(12),
    };
    let outcome = assess(&rules, &Safety::default(), Overrides::default(), files);
    assert_eq!(outcome.report.verdict, SafetyVerdict::Pass);
    assert_eq!(outcome.report.rules[0].code, "manifests-missing");
    assert!(outcome.blocks_creates_and_deletes.contains(NAME));
}

#[test]
fn a_quiet_rule_is_not_listed() {
    let quiet = RuleMeasure {
        linked: 40,
        creates: 200,
        ..rule()
    };
    let outcome = assess_one(&quiet, &Safety::default(), Overrides::default());
    assert!(outcome.report.rules.is_empty());
    assert_eq!(outcome.report.verdict, SafetyVerdict::Pass);
}

proptest! {
    #[test]
    fn more_of_anything_never_turns_a_blocked_plan_loose(
        linked in 0..60u64, updates in 0..60u64, deletes in 0..60u64,
        more_updates in 0..10u64, more_deletes in 0..10u64,
        percent in proptest::option::of(0.0..100.0f64), count in proptest::option::of(0..40u64),
        accepted in proptest::option::of(0..60u64),
    ) {
        let limits = limits(percent, count);
        let overrides = Overrides { allow_updates: accepted, allow_deletes: accepted };
        let less = RuleMeasure { linked, updates, deletes, ..rule() };
        let more = RuleMeasure {
            updates: updates + more_updates,
            deletes: deletes + more_deletes,
            ..less.clone()
        };
        let verdict = |rule: &RuleMeasure| assess_one(rule, &limits, overrides).report.verdict;
        prop_assert!(verdict(&more) >= verdict(&less));
    }

    #[test]
    fn what_the_help_says_is_enough(linked in 0..60u64, updates in 0..60u64, deletes in 0..60u64) {
        let over = RuleMeasure { linked, updates, deletes, ..rule() };
        let overrides = Overrides { allow_updates: Some(updates), allow_deletes: Some(deletes) };
        let report = assess_one(&over, &Safety::default(), overrides).report;
        prop_assert_ne!(report.verdict, SafetyVerdict::Blocked);
    }
}

#[test]
fn a_server_that_was_set_back_blocks_updates_and_deletes_and_nothing_overrides_it() {
    let set_back = |updates, deletes, mapping_changed, creates| RuleMeasure {
        linked: 40,
        set_back: 1,
        updates,
        deletes,
        mapping_changed,
        creates,
        ..rule()
    };
    let all = Overrides {
        allow_updates: Some(u64::MAX),
        allow_deletes: Some(u64::MAX),
    };
    for (measure, verdict) in [
        (set_back(1, 0, 0, 0), Blocked),
        (set_back(0, 1, 0, 0), Blocked),
        (set_back(0, 0, 1, 0), Blocked),
        (set_back(0, 0, 0, 5), Pass),
        (set_back(0, 0, 0, 0), Pass),
    ] {
        let report = assess_one(&measure, &Safety::default(), all).report;
        assert_eq!(report.rules[0].code, "revision-went-down");
        assert_eq!(report.rules[0].verdict, verdict, "{measure:?}");
    }
    let none = RuleMeasure {
        set_back: 0,
        ..set_back(1, 0, 0, 0)
    };
    let report = assess_one(&none, &Safety::default(), Overrides::default()).report;
    assert!(
        report
            .rules
            .iter()
            .all(|rule| rule.code != "revision-went-down")
    );
}

#[test]
fn either_side_of_a_two_way_rule_may_have_been_emptied_on_purpose() {
    for (source_empty, target_empty) in [(true, false), (false, true)] {
        let emptied = RuleMeasure {
            linked: 4,
            deletes: 4,
            two_way: true,
            source_empty_with_links: source_empty,
            target_empty_with_links: target_empty,
            ..rule()
        };
        let verdict = |overrides| {
            assess_one(&emptied, &Safety::default(), overrides)
                .report
                .verdict
        };
        assert_eq!(verdict(Overrides::default()), Blocked);
        assert_eq!(verdict(allow_deletes(3)), Blocked);
        assert_eq!(verdict(allow_deletes(4)), Overridden);
        // What a one-way rule would delete on a side that lists nothing was not read there.
        let one_way = RuleMeasure {
            two_way: false,
            ..emptied.clone()
        };
        let report = assess_one(&one_way, &Safety::default(), allow_deletes(4)).report;
        assert_eq!(report.verdict == Overridden, source_empty);
    }
}
