//! The two-way field table, cell by cell: one test per cell, named after it as
//! `testworthy_azure-devops_mapped`. Cells of a symmetric row are tried both ways round.

use super::*;
use crate::mapping::testing::{compiled_row, field_row, prefix_row, priority_row, tag_row};
use crate::model::config::{Codec, Row};

const WINNERS: [Winner; 5] = [
    Winner::TestWorthy,
    Winner::AzureDevOps,
    Winner::Latest,
    Winner::Merge,
    Winner::Manual,
];
const TAKES: [Option<Take>; 7] = [
    None,
    Some(Take::TestWorthy),
    Some(Take::AzureDevOps),
    Some(Take::Merged),
    Some(Take::Delete),
    Some(Take::Keep),
    Some(Take::Unlink),
];
const LATEST: [Option<System>; 3] = [None, Some(System::TestWorthy), Some(System::AzureDevOps)];

/// What a rule may say, in all its combinations.
#[derive(Clone, Copy, Debug)]
struct Says {
    winner: Winner,
    first_sync: Winner,
    latest: Option<System>,
    decided: Option<Take>,
}

/// Nobody but a person decides.
const MANUAL: Says = Says {
    winner: Winner::Manual,
    first_sync: Winner::Manual,
    latest: None,
    decided: None,
};

impl Says {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for winner in WINNERS {
            for first_sync in WINNERS {
                for latest in LATEST {
                    for decided in TAKES {
                        all.push(Self {
                            winner,
                            first_sync,
                            latest,
                            decided,
                        });
                    }
                }
            }
        }
        all
    }

    fn by(winner: Winner) -> Self {
        Self { winner, ..MANUAL }
    }

    fn mirrored(self) -> Self {
        let winner = |winner| match winner {
            Winner::TestWorthy => Winner::AzureDevOps,
            Winner::AzureDevOps => Winner::TestWorthy,
            other => other,
        };
        let take = |take| match take {
            Take::TestWorthy => Take::AzureDevOps,
            Take::AzureDevOps => Take::TestWorthy,
            other => other,
        };
        Self {
            winner: winner(self.winner),
            first_sync: winner(self.first_sync),
            latest: self.latest.map(System::other),
            decided: self.decided.map(take),
        }
    }

    fn decide(
        self,
        row: &CompiledRow,
        base: Option<&BaseField>,
        now: &Sides<Value>,
    ) -> RowDecision {
        let learned = Learned::default();
        let rules = FieldRules {
            winner: self.winner,
            first_sync: self.first_sync,
            latest: self.latest,
            decided: self.decided,
            learned: &learned,
        };
        two_way_field(row, base, now, &rules)
    }
}

fn mirrored(decision: RowDecision) -> RowDecision {
    match decision {
        RowDecision::Write(write) => RowDecision::Write(RowWrite {
            to: write.to.swapped(),
            cause: write.cause,
        }),
        other => other,
    }
}

/// A pair of plain texts.
struct Cell {
    row: CompiledRow,
    base: Option<Sides<Value>>,
    now: Sides<Value>,
    row_changed: bool,
}

fn sides(testworthy: &str, azure_devops: &str) -> Sides<Value> {
    Sides {
        testworthy: Value::text(testworthy),
        azure_devops: Value::text(azure_devops),
    }
}

fn with_base(base: (&str, &str), now: (&str, &str)) -> Cell {
    Cell {
        row: compiled_row(field_row("custom.notes", "Custom.Notes")),
        base: Some(sides(base.0, base.1)),
        now: sides(now.0, now.1),
        row_changed: false,
    }
}

fn without_base(now: (&str, &str)) -> Cell {
    Cell {
        base: None,
        ..with_base(("", ""), now)
    }
}

impl Cell {
    fn after_a_mapping_change(self) -> Self {
        Self {
            row_changed: true,
            ..self
        }
    }

    fn base_field(&self) -> Option<BaseField> {
        let base = self.base.clone()?;
        let digest = if self.row_changed {
            "before"
        } else {
            self.row.digest()
        };
        Some(BaseField {
            testworthy: base.testworthy,
            azure_devops: base.azure_devops,
            row_digest: digest.to_owned(),
        })
    }

    /// What is decided, both ways round.
    fn says(&self, says: Says) -> RowDecision {
        let decision = says.decide(&self.row, self.base_field().as_ref(), &self.now);
        let swapped = Self {
            row: self.row.clone(),
            base: self.base.clone().map(Sides::swapped),
            now: self.now.clone().swapped(),
            row_changed: self.row_changed,
        };
        let base = swapped.base_field();
        let back = says
            .mirrored()
            .decide(&swapped.row, base.as_ref(), &swapped.now);
        assert_eq!(mirrored(back), decision, "both ways round are mirrors");
        decision
    }

    /// A cell on which no policy and no decision has a say.
    fn always(&self) -> RowDecision {
        let decision = self.says(MANUAL);
        for says in Says::all() {
            assert_eq!(self.says(says), decision, "{says:?}");
        }
        decision
    }

    /// A cell that is settled: by `firstSync` if `first`, else by the policy of the row, the other one having
    /// no say; a person's decision comes before either.
    fn settled(&self, first: bool, conflict: ConflictCause, cause: Cause) {
        let (l, r) = (&self.now.testworthy, &self.now.azure_devops);
        let open = RowDecision::Conflict(conflict);
        let to = |system, cause| {
            let (before, after) = match system {
                System::AzureDevOps => (r, l),
                System::TestWorthy => (l, r),
            };
            let recorded = match &self.base {
                Some(base) => before != base.get(system),
                None => true,
            };
            let put = Put {
                before: before.clone(),
                after: after.clone(),
                overwrites: recorded.then(|| before.clone()),
            };
            RowDecision::Write(RowWrite::one(system, put, cause))
        };
        let testworthys = |cause| to(System::AzureDevOps, cause);
        let azures = |cause| to(System::TestWorthy, cause);
        let base = self.base_field();
        let merged = |cause| {
            let merged = merge(&self.row, base.as_ref(), &self.now);
            merged.map_or(open.clone(), |merged| {
                let put = |system| {
                    let (before, after) = (self.now.get(system), merged.get(system));
                    (before != after).then(|| Put {
                        before: before.clone(),
                        after: after.clone(),
                        overwrites: None,
                    })
                };
                let to = Sides {
                    testworthy: put(System::TestWorthy),
                    azure_devops: put(System::AzureDevOps),
                };
                RowDecision::Write(RowWrite { to, cause })
            })
        };
        for winner in WINNERS {
            for other in WINNERS {
                for latest in LATEST {
                    for decided in TAKES {
                        let (winner_says, first_sync) = if first {
                            (other, winner)
                        } else {
                            (winner, other)
                        };
                        let says = Says {
                            winner: winner_says,
                            first_sync,
                            latest,
                            decided,
                        };
                        let wanted = match (decided, winner, latest) {
                            (Some(Take::TestWorthy), ..) => testworthys(Cause::Decided),
                            (Some(Take::AzureDevOps), ..) => azures(Cause::Decided),
                            (Some(Take::Merged), ..) => merged(Cause::Decided),
                            (_, Winner::TestWorthy, _)
                            | (_, Winner::Latest, Some(System::TestWorthy)) => testworthys(cause),
                            (_, Winner::AzureDevOps, _)
                            | (_, Winner::Latest, Some(System::AzureDevOps)) => azures(cause),
                            (_, Winner::Merge, _) => merged(cause),
                            (_, Winner::Latest, None) | (_, Winner::Manual, _) => open.clone(),
                        };
                        assert_eq!(self.says(says), wanted, "{says:?}");
                    }
                }
            }
        }
    }

    fn by_first_sync(&self, conflict: ConflictCause, cause: Cause) {
        self.settled(true, conflict, cause);
    }

    fn by_policy(&self) {
        self.settled(false, ConflictCause::BothChanged, Cause::Policy);
    }
}

fn write(
    to: System,
    (before, after): (&str, &str),
    cause: Cause,
    overwrites: Option<Value>,
) -> RowDecision {
    let put = Put {
        before: Value::text(before),
        after: Value::text(after),
        overwrites,
    };
    RowDecision::Write(RowWrite::one(to, put, cause))
}

fn writes_azure(before: &str, after: &str) -> RowDecision {
    write(
        System::AzureDevOps,
        (before, after),
        Cause::SourceChanged,
        None,
    )
}

fn writes_testworthy(before: &str, after: &str) -> RowDecision {
    write(
        System::TestWorthy,
        (before, after),
        Cause::SourceChanged,
        None,
    )
}

#[test]
fn same_same_in_accord_does_nothing() {
    assert_eq!(
        with_base(("a", "a"), ("a", "a")).always(),
        RowDecision::Same
    );
    assert_eq!(with_base(("", ""), ("", "")).always(), RowDecision::Same);
}

#[test]
fn same_same_differ_is_a_servers_spelling_and_left_alone() {
    assert_eq!(
        with_base(("a", "A!"), ("a", "A!")).always(),
        RowDecision::Same
    );
    assert_eq!(with_base(("a", ""), ("a", "")).always(), RowDecision::Same);
}

#[test]
fn changed_same_in_accord_refreshes() {
    assert_eq!(
        with_base(("a", "b"), ("b", "b")).always(),
        RowDecision::Refresh
    );
}

#[test]
fn changed_same_differ_writes_the_other_side() {
    let cell = with_base(("a", "a"), ("b", "a"));
    assert_eq!(cell.always(), writes_azure("a", "b"));
    let spelled = with_base(("a", "A!"), ("b", "A!"));
    assert_eq!(spelled.always(), writes_azure("A!", "b"));
}

#[test]
fn same_changed_in_accord_refreshes() {
    assert_eq!(
        with_base(("a", "b"), ("a", "a")).always(),
        RowDecision::Refresh
    );
}

#[test]
fn same_changed_differ_writes_back() {
    let cell = with_base(("a", "a"), ("a", "b"));
    assert_eq!(cell.always(), writes_testworthy("a", "b"));
}

#[test]
fn changed_changed_in_accord_has_converged() {
    assert_eq!(
        with_base(("a", "a"), ("b", "b")).always(),
        RowDecision::Refresh
    );
    assert_eq!(
        with_base(("a", "a"), ("", "")).always(),
        RowDecision::Refresh
    );
}

#[test]
fn changed_changed_differ_is_settled_by_the_policy() {
    with_base(("a", "a"), ("b", "c")).by_policy();
    // These merge.
    with_base(("a\nb", "a\nb"), ("A\nb", "a\nB")).by_policy();
}

#[test]
fn changed_to_null_same_clears() {
    assert_eq!(
        with_base(("a", "a"), ("", "a")).always(),
        writes_azure("a", "")
    );
}

#[test]
fn same_changed_to_null_clears() {
    assert_eq!(
        with_base(("a", "a"), ("a", "")).always(),
        writes_testworthy("a", "")
    );
}

#[test]
fn changed_to_null_changed_is_settled_since_nothing_is_a_value() {
    with_base(("a", "a"), ("", "b")).by_policy();
    with_base(("a", "a"), ("b", "")).by_policy();
}

#[test]
fn changed_from_null_writes() {
    assert_eq!(
        with_base(("", ""), ("a", "")).always(),
        writes_azure("", "a")
    );
    assert_eq!(
        with_base(("", ""), ("", "a")).always(),
        writes_testworthy("", "a")
    );
    with_base(("", ""), ("a", "b")).by_policy();
}

/// A deletion that the policy writes over is recorded as one.
#[test]
fn a_cleared_value_that_loses_is_recorded_as_nothing() {
    let cell = with_base(("a", "a"), ("b", ""));
    let says = Says {
        winner: Winner::TestWorthy,
        ..MANUAL
    };
    let wanted = write(
        System::AzureDevOps,
        ("", "b"),
        Cause::Policy,
        Some(Value::Null),
    );
    assert_eq!(cell.says(says), wanted);
}

#[test]
fn mapping_changed_in_accord_refreshes_whatever_changed() {
    for base in [("a", "a"), ("b", "a"), ("a", "b"), ("b", "c")] {
        let cell = with_base(base, ("a", "a")).after_a_mapping_change();
        assert_eq!(cell.always(), RowDecision::Refresh);
    }
}

#[test]
fn same_same_differ_after_a_mapping_change_is_settled_by_first_sync() {
    let cell = with_base(("a", "b"), ("a", "b")).after_a_mapping_change();
    cell.by_first_sync(ConflictCause::MappingChanged, Cause::MappingChanged);
}

/// What the new definition reads may differ from the base without anybody's edit: the field of the other
/// end may be another one.
#[test]
fn changed_same_differ_after_a_mapping_change_is_settled_by_first_sync() {
    let cell = with_base(("a", "b"), ("c", "b")).after_a_mapping_change();
    cell.by_first_sync(ConflictCause::MappingChanged, Cause::MappingChanged);
    let cell = with_base(("a", "b"), ("", "b")).after_a_mapping_change();
    cell.by_first_sync(ConflictCause::MappingChanged, Cause::MappingChanged);
}

#[test]
fn same_changed_differ_after_a_mapping_change_is_settled_by_first_sync() {
    let cell = with_base(("a", "b"), ("a", "c")).after_a_mapping_change();
    cell.by_first_sync(ConflictCause::MappingChanged, Cause::MappingChanged);
    let cell = with_base(("a", "b"), ("a", "")).after_a_mapping_change();
    cell.by_first_sync(ConflictCause::MappingChanged, Cause::MappingChanged);
}

#[test]
fn changed_changed_differ_after_a_mapping_change_is_settled_by_first_sync() {
    let cell = with_base(("a", "b"), ("c", "d")).after_a_mapping_change();
    cell.by_first_sync(ConflictCause::MappingChanged, Cause::MappingChanged);
}

#[test]
fn no_base_present_present_in_accord_takes_the_base() {
    assert_eq!(without_base(("a", "a")).always(), RowDecision::Refresh);
}

#[test]
fn no_base_present_present_differ_is_settled_by_first_sync() {
    without_base(("a", "b")).by_first_sync(ConflictCause::FirstSync, Cause::FirstSync);
}

#[test]
fn no_base_present_null_writes() {
    let wanted = write(System::AzureDevOps, ("", "a"), Cause::FirstSync, None);
    assert_eq!(without_base(("a", "")).always(), wanted);
}

#[test]
fn no_base_null_present_writes_back() {
    let wanted = write(System::TestWorthy, ("", "a"), Cause::FirstSync, None);
    assert_eq!(without_base(("", "a")).always(), wanted);
}

#[test]
fn no_base_null_null_takes_the_base() {
    assert_eq!(without_base(("", "")).always(), RowDecision::Refresh);
}

/// Even where the mapping makes something of nothing.
#[test]
fn no_base_null_null_takes_the_base_though_the_mapping_differs() {
    let mut row = priority_row();
    if let Some(values) = &mut row.values {
        values.values.insert(String::new(), Value::integer(2));
    }
    let row = compiled_row(row);
    let now = Sides::default();
    assert!(!row.in_accord(&Value::Null, &Value::Null));
    for says in Says::all() {
        assert_eq!(says.decide(&row, None, &now), RowDecision::Refresh);
    }
}

#[test]
fn no_base_sets_merge_to_their_union_if_the_rule_says_so() {
    let row = compiled_row(prefix_row("refs", "ref:"));
    let now = Sides {
        testworthy: Value::set(["A"]),
        azure_devops: Value::set(["ref:B"]),
    };
    let says = Says {
        first_sync: Winner::Merge,
        ..MANUAL
    };
    let RowDecision::Write(write) = says.decide(&row, None, &now) else {
        panic!("not written");
    };
    assert_eq!(write.cause, Cause::FirstSync);
    let after = write
        .to
        .map(|_, put| put.map(|put| (put.after, put.overwrites)));
    assert_eq!(after.testworthy, Some((Value::set(["A", "B"]), None)));
    assert_eq!(
        after.azure_devops,
        Some((Value::set(["ref:A", "ref:B"]), None))
    );
}

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
