//! The two-way field table over rows that are not symmetric, that take several writes, or that a server spells.

use super::*;
use crate::mapping::testing::tag_row;
use crate::model::config::{Codec, Row};

fn priority(testworthy: &str, azure_devops: i64) -> Sides<Value> {
    Sides {
        testworthy: Value::text(testworthy),
        azure_devops: Value::integer(azure_devops),
    }
}

fn based(row: &CompiledRow, base: Sides<Value>) -> BaseField {
    BaseField {
        testworthy: base.testworthy,
        azure_devops: base.azure_devops,
        row_digest: row.digest().to_owned(),
    }
}

/// `put`: what already says the same is kept, so a map of many to one destroys no detail.
#[test]
fn put_keeps_a_value_that_says_the_same_already() {
    let row = compiled_row(priority_row());
    let (p2, p3) = ("P2 - Should Test", "P3 - Good to Test");
    let base = based(&row, priority(p3, 3));
    for says in Says::all() {
        // 4 stands for the third priority too.
        let decision = says.decide(&row, Some(&base), &priority(p3, 4));
        assert_eq!(decision, RowDecision::Refresh);
        let decision = says.decide(&row, None, &priority(p3, 4));
        assert_eq!(decision, RowDecision::Refresh);
        // What is there is 4 as long as nobody changes the priority to something else.
        let base = based(&row, priority(p3, 4));
        assert_eq!(
            says.decide(&row, Some(&base), &priority(p3, 4)),
            RowDecision::Same
        );
        let changed = says.decide(&row, Some(&base), &priority(p2, 4));
        let put = Put {
            before: Value::integer(4),
            after: Value::integer(2),
            overwrites: None,
        };
        let wanted = RowWrite::one(System::AzureDevOps, put, Cause::SourceChanged);
        assert_eq!(changed, RowDecision::Write(wanted));
    }
}

#[test]
fn put_keeps_the_one_of_many_that_stands_there() {
    let mut row = priority_row();
    if let Some(values) = &mut row.values {
        values
            .values
            .insert("P4 - Never Test".to_owned(), Value::integer(3));
    }
    let row = compiled_row(row);
    let base = based(&row, priority("P2 - Should Test", 2));
    for says in Says::all() {
        let decision = says.decide(&row, Some(&base), &priority("P4 - Never Test", 3));
        assert_eq!(decision, RowDecision::Refresh);
    }
}

#[test]
fn untranslatable_on_the_changed_side_holds() {
    let row = compiled_row(priority_row());
    let base = based(&row, priority("P1 - Must Test", 1));
    for says in Says::all() {
        let decision = says.decide(&row, Some(&base), &priority("P0", 1));
        assert!(matches!(
            decision,
            RowDecision::Hold(Problem::Unmapped { .. })
        ));
    }
    let row = compiled_row(Row {
        values: priority_row().values,
        ..field_row("priority", "Custom.Count")
    });
    let base = based(&row, priority("P1 - Must Test", 1));
    for says in Says::all() {
        let decision = says.decide(&row, Some(&base), &priority("P1 - Must Test", 9));
        assert!(matches!(
            decision,
            RowDecision::Hold(Problem::Unmapped { .. })
        ));
    }
}

#[test]
fn untranslatable_on_an_unchanged_side_holds_only_if_there_is_no_way_at_all() {
    let row = compiled_row(Row {
        values: priority_row().values,
        ..field_row("priority", "Custom.Count")
    });
    let decide = |now: Sides<Value>| {
        let base = based(&row, now.clone());
        MANUAL.decide(&row, Some(&base), &now)
    };
    assert_eq!(decide(priority("P0", 1)), RowDecision::Same);
    assert_eq!(decide(priority("P1 - Must Test", 9)), RowDecision::Same);
    let held = decide(priority("P0", 9));
    assert!(matches!(held, RowDecision::Hold(Problem::Unmapped { .. })));
}

#[test]
fn untranslatable_values_of_both_sides_are_settled_and_the_winners_holds() {
    let row = compiled_row(priority_row());
    let base = based(&row, priority("P1 - Must Test", 1));
    let now = priority("P0", 2);
    let by = |winner| Says::by(winner).decide(&row, Some(&base), &now);
    assert!(matches!(by(Winner::TestWorthy), RowDecision::Hold(_)));
    assert!(matches!(by(Winner::AzureDevOps), RowDecision::Write(_)));
    let open = RowDecision::Conflict(ConflictCause::BothChanged);
    assert_eq!(by(Winner::Manual), open);
}

#[test]
fn changed_to_null_holds_where_the_other_side_must_not_be_empty() {
    let row = compiled_row(field_row("title", "System.Title"));
    let base = based(&row, sides("a", "a"));
    for (now, side) in [
        (sides("", "a"), System::AzureDevOps),
        (sides("a", ""), System::TestWorthy),
    ] {
        for says in Says::all() {
            let decision = says.decide(&row, Some(&base), &now);
            let problem = Problem::Required { system: side };
            assert_eq!(decision, RowDecision::Hold(problem));
        }
    }
}

#[test]
fn a_side_that_is_not_written_holds() {
    let row = compiled_row(field_row("suite", "Custom.Origin"));
    let base = based(&row, sides("a", "a"));
    let decision = MANUAL.decide(&row, Some(&base), &sides("a", "b"));
    let problem = Problem::ReadOnly {
        system: System::TestWorthy,
    };
    assert_eq!(decision, RowDecision::Hold(problem));
    let decision = MANUAL.decide(&row, Some(&base), &sides("b", "a"));
    assert_eq!(decision, writes_azure("a", "b"));
}

/// TestWorthy owes what takes several writes, until both are in accord.
#[test]
fn under_way_goes_on_from_testworthy() {
    let row = compiled_row(field_row("custom.notes", "Custom.Notes"));
    let base = BaseField::under_way(Value::text("half"));
    for says in Says::all() {
        let decision = says.decide(&row, Some(&base), &sides("a", "half"));
        assert_eq!(decision, writes_azure("half", "a"));
        let decision = says.decide(&row, Some(&base), &sides("a", "a"));
        assert_eq!(decision, RowDecision::Refresh);
        let decision = says.decide(&row, Some(&base), &sides("half", "half"));
        assert_eq!(decision, RowDecision::Refresh);
    }
}

#[test]
fn under_way_and_changed_meanwhile_is_settled_by_the_policy_and_never_merged() {
    let row = compiled_row(field_row("custom.notes", "Custom.Notes"));
    let base = BaseField::under_way(Value::text("half"));
    let now = sides("a", "other");
    for says in Says::all() {
        let decision = says.decide(&row, Some(&base), &now);
        let by_policy = says
            .decided
            .is_none_or(|take| matches!(take, Take::Delete | Take::Keep | Take::Unlink));
        let from = match (says.decided, says.winner, says.latest) {
            (Some(Take::TestWorthy), ..) => Some(System::TestWorthy),
            (Some(Take::AzureDevOps), ..) => Some(System::AzureDevOps),
            (Some(Take::Merged), ..) => None,
            (_, Winner::TestWorthy, _) => Some(System::TestWorthy),
            (_, Winner::AzureDevOps, _) => Some(System::AzureDevOps),
            (_, Winner::Latest, latest) => latest,
            (_, Winner::Merge | Winner::Manual, _) => None,
        };
        let cause = if by_policy {
            Cause::Policy
        } else {
            Cause::Decided
        };
        let wanted = match from {
            Some(System::TestWorthy) => {
                let lost = Some(Value::text("other"));
                write(System::AzureDevOps, ("other", "a"), cause, lost)
            }
            Some(System::AzureDevOps) => write(
                System::TestWorthy,
                ("a", "other"),
                cause,
                Some(Value::text("a")),
            ),
            None => RowDecision::Conflict(ConflictCause::BothChanged),
        };
        assert_eq!(decision, wanted, "{says:?}");
    }
}

fn learned(row: &CompiledRow, system: System, sent: &Value, kept: &Value) -> Learned {
    let equivalence = Equivalence {
        system,
        row_digest: row.digest().to_owned(),
        sent: digest_of(sent),
        kept: digest_of(kept),
    };
    std::iter::once(equivalence).collect()
}

/// Without a base, so that nothing but what was learnt says that both are in accord.
#[test]
fn a_spelling_that_was_learnt_counts_as_accord_on_its_side_and_for_its_row_only() {
    let row = compiled_row(field_row("custom.notes", "Custom.Notes"));
    let decide = |learned: &Learned, now: &Sides<Value>| {
        let rules = FieldRules {
            winner: Winner::Manual,
            first_sync: Winner::Manual,
            latest: None,
            decided: None,
            learned,
        };
        two_way_field(&row, None, now, &rules)
    };
    let (sent, kept) = (Value::text("a&b"), Value::text("a&amp;b"));
    let open = RowDecision::Conflict(ConflictCause::FirstSync);
    let azure = learned(&row, System::AzureDevOps, &sent, &kept);
    assert_eq!(
        decide(&azure, &sides("a&b", "a&amp;b")),
        RowDecision::Refresh
    );
    assert_eq!(decide(&azure, &sides("a&amp;b", "a&b")), open);
    assert_eq!(decide(&azure, &sides("a&b", "other")), open);
    let testworthy = learned(&row, System::TestWorthy, &sent, &kept);
    assert_eq!(
        decide(&testworthy, &sides("a&amp;b", "a&b")),
        RowDecision::Refresh
    );
    assert_eq!(decide(&testworthy, &sides("a&b", "a&amp;b")), open);
    let other = compiled_row(field_row("title", "System.Title"));
    let others = learned(&other, System::AzureDevOps, &sent, &kept);
    assert_eq!(decide(&others, &sides("a&b", "a&amp;b")), open);
}

#[test]
fn sets_that_differ_by_case_only_are_unchanged() {
    let row = compiled_row(prefix_row("refs", "ref:"));
    let base = based(
        &row,
        Sides {
            testworthy: Value::set(["TW-1"]),
            azure_devops: Value::set(["ref:TW-1"]),
        },
    );
    let now = Sides {
        testworthy: Value::set(["tw-1"]),
        azure_devops: Value::set(["REF:Tw-1"]),
    };
    assert_eq!(MANUAL.decide(&row, Some(&base), &now), RowDecision::Same);
}

#[test]
fn flags_meet_by_first_sync_since_unset_is_a_value() {
    let row = compiled_row(tag_row("smoke", "smoke"));
    let now = Sides {
        testworthy: Value::Boolean(true),
        azure_devops: Value::Boolean(false),
    };
    let decision = MANUAL.decide(&row, None, &now);
    assert_eq!(decision, RowDecision::Conflict(ConflictCause::FirstSync));
}

/// A merge of which one half is there already writes the other one only.
#[test]
fn a_merge_that_a_side_holds_already_writes_the_other_side_only() {
    let row = compiled_row(Row {
        codec: Some(Codec::Set),
        ..field_row("refs", "Custom.Notes")
    });
    let set = |members: &[&str]| Value::set(members.iter().copied());
    let base = based(
        &row,
        Sides {
            testworthy: set(&["a"]),
            azure_devops: set(&["a"]),
        },
    );
    let now = Sides {
        testworthy: set(&["a", "b"]),
        azure_devops: set(&["A", "b", "c"]),
    };
    let says = Says::by(Winner::Merge);
    for (now, written) in [
        (now.clone(), System::TestWorthy),
        (now.swapped(), System::AzureDevOps),
    ] {
        let put = Put {
            before: now.get(written).clone(),
            after: Value::set(["a", "b", "c"]),
            overwrites: None,
        };
        let RowDecision::Write(write) = says.decide(&row, Some(&base), &now) else {
            panic!("not written");
        };
        assert_eq!(write.to.get(written.other()), &None);
        let got = write.to.get(written).clone().unwrap();
        assert!(row.same(written, &got.after, &put.after));
        assert_eq!((got.before, got.overwrites), (put.before, None));
    }
}
