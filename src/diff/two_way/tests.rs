//! The two-way field table, cell by cell: one test per cell, named after it as
//! `testworthy_azure-devops_mapped`. Cells of a symmetric row are tried both ways round.

use super::*;
use crate::mapping::testing::{compiled_row, field_row, prefix_row, priority_row};

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

mod rows;
