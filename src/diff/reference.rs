//! A naive merger to check the real one against: the two-way table of one field, spelled out over plain
//! lists, without any of the code of this room. Tests only.

use super::decision::{RowDecision, RowWrite};
use super::field::Cause;
use super::two_way::{FieldRules, two_way_field};
use crate::mapping::CompiledRow;
use crate::mapping::testing::{compiled_row, field_row, prefix_row};
use crate::model::config::{Row, Unmapped, ValueMap, Winner};
use crate::model::{BaseField, ConflictCause, Learned, Sides, System, Take, Value};

/// Pairs of a value and what it becomes.
type Map = Vec<(Value, Value)>;

struct Naive {
    /// To Azure DevOps.
    f: Map,
    /// To TestWorthy.
    g: Map,
    /// The Azure DevOps values that are written by nobody and yet say what they are mapped to.
    reversed: Vec<Value>,
    sets: bool,
}

/// What is known of a field.
struct Known {
    /// Whether the row was defined otherwise when the base was taken, and the base.
    base: Option<(bool, Value, Value)>,
    l: Value,
    r: Value,
    winner: Winner,
    first: Winner,
    latest: Option<System>,
    decided: Option<Take>,
}

/// New values, and those that are recorded as lost.
#[derive(Clone, Debug, Default, PartialEq)]
struct New {
    l: Option<Value>,
    r: Option<Value>,
    lost_l: Option<Value>,
    lost_r: Option<Value>,
}

#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Nothing,
    Renew,
    Write(New),
    Ask(ConflictCause),
    Wait,
}

fn find(map: &[(Value, Value)], value: &Value) -> Option<Value> {
    map.iter()
        .find(|(from, _)| from == value)
        .map(|(_, to)| to.clone())
}

fn union(a: &Value, b: &Value) -> Vec<String> {
    [a, b].iter().flat_map(|set| list(set)).collect()
}

fn list(set: &Value) -> Vec<String> {
    match set {
        Value::Set(members) => members.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

// ---- the page ----

impl Naive {
    fn decide(&self, k: &Known) -> Outcome {
        let forth = |l: &Value| find(&self.f, l);
        let back = |r: &Value| find(&self.g, r);
        let accord = forth(&k.l) == Some(k.r.clone())
            || (self.reversed.contains(&k.r) && back(&k.r) == Some(k.l.clone()));
        let (mapping_changed, l_changed, r_changed) = match &k.base {
            Some((other, bl, br)) => (*other, k.l != *bl, k.r != *br),
            None => (false, !k.l.is_null(), !k.r.is_null()),
        };
        if accord {
            let quiet = k.base.is_some() && !mapping_changed && !l_changed && !r_changed;
            return if quiet {
                Outcome::Nothing
            } else {
                Outcome::Renew
            };
        }
        let left_wins = || match forth(&k.l) {
            None => Outcome::Wait,
            Some(r) => Outcome::Write(New {
                r: Some(r),
                lost_r: r_changed.then(|| k.r.clone()),
                ..New::default()
            }),
        };
        let right_wins = || match back(&k.r) {
            None => Outcome::Wait,
            Some(l) if l == k.l => Outcome::Renew,
            Some(l) => Outcome::Write(New {
                l: Some(l),
                lost_l: l_changed.then(|| k.l.clone()),
                ..New::default()
            }),
        };
        let both_win = || {
            let (l, r) = (list(&k.l), list(&back(&k.r)?));
            let b = match &k.base {
                Some((false, bl, br)) if back(br).as_ref() == Some(bl) => list(bl),
                Some((false, ..)) => return None,
                _ => Vec::new(),
            };
            let all = union(&k.l, &back(&k.r)?).into_iter();
            let merged = all
                .filter(|member| !b.contains(member) || (l.contains(member) && r.contains(member)));
            let l = Value::set(merged);
            let r = forth(&l)?;
            Some(Outcome::Write(New {
                l: (l != k.l).then_some(l),
                r: (r != k.r).then_some(r),
                ..New::default()
            }))
        };
        let who = |winner: Winner, ask: ConflictCause| match (k.decided, winner, k.latest) {
            (Some(Take::TestWorthy), ..) => left_wins(),
            (Some(Take::AzureDevOps), ..) => right_wins(),
            (Some(Take::Merged), ..) | (None, Winner::Merge, _) if self.sets => {
                both_win().unwrap_or(Outcome::Ask(ask))
            }
            (Some(_), ..) => Outcome::Ask(ask),
            (None, Winner::TestWorthy, _) => left_wins(),
            (None, Winner::AzureDevOps, _) => right_wins(),
            (None, Winner::Latest, Some(System::TestWorthy)) => left_wins(),
            (None, Winner::Latest, Some(System::AzureDevOps)) => right_wins(),
            (None, ..) => Outcome::Ask(ask),
        };
        match (&k.base, l_changed, r_changed) {
            (None, false, false) => Outcome::Renew,
            (None, true, true) => who(k.first, ConflictCause::FirstSync),
            (Some(_), _, _) if mapping_changed => who(k.first, ConflictCause::MappingChanged),
            (Some(_), true, true) => who(k.winner, ConflictCause::BothChanged),
            (_, true, false) => left_wins(),
            (_, false, true) => right_wins(),
            (Some(_), false, false) if forth(&k.l).is_none() && back(&k.r).is_none() => {
                Outcome::Wait
            }
            (Some(_), false, false) => Outcome::Nothing,
        }
    }
}

// ---- the comparison ----

fn seen(decision: RowDecision) -> Outcome {
    match decision {
        RowDecision::Same => Outcome::Nothing,
        RowDecision::Refresh => Outcome::Renew,
        RowDecision::Conflict(cause) => Outcome::Ask(cause),
        RowDecision::Hold(_) => Outcome::Wait,
        RowDecision::Write(RowWrite { to, cause: _ }) => {
            let (l, r) = (to.testworthy, to.azure_devops);
            Outcome::Write(New {
                l: l.as_ref().map(|put| put.after.clone()),
                r: r.as_ref().map(|put| put.after.clone()),
                lost_l: l.and_then(|put| put.overwrites),
                lost_r: r.and_then(|put| put.overwrites),
            })
        }
        other @ (RowDecision::Drift { .. } | RowDecision::Flapping { .. }) => panic!("{other:?}"),
    }
}

/// Every base, every two values, and enough of the policies that each meets each other one.
fn compare_all(row: &CompiledRow, naive: &Naive, lefts: &[Value], rights: &[Value]) -> usize {
    const WINNERS: [Winner; 5] = [
        Winner::TestWorthy,
        Winner::AzureDevOps,
        Winner::Latest,
        Winner::Merge,
        Winner::Manual,
    ];
    let latest = [None, Some(System::TestWorthy), Some(System::AzureDevOps)];
    let takes = [
        None,
        Some(Take::TestWorthy),
        Some(Take::AzureDevOps),
        Some(Take::Merged),
    ];
    let mut says = Vec::new();
    for (at, winner) in WINNERS.into_iter().enumerate() {
        for first in [WINNERS[(at + 1) % 5], WINNERS[(at + 2) % 5]] {
            says.extend(latest.map(|latest| (winner, first, latest, None)));
        }
    }
    says.extend(takes.map(|take| (Winner::Manual, Winner::Manual, None, take)));
    let pairs = || {
        lefts
            .iter()
            .flat_map(|l| rights.iter().map(move |r| (l, r)))
    };
    let mut bases = vec![None];
    for (l, r) in pairs() {
        bases.extend([false, true].map(|other| Some((other, l.clone(), r.clone()))));
    }
    let learned = Learned::default();
    let mut compared = 0;
    for base in &bases {
        let field = base.as_ref().map(|(other, l, r)| BaseField {
            testworthy: l.clone(),
            azure_devops: r.clone(),
            row_digest: if *other { "before" } else { row.digest() }.to_owned(),
        });
        for (l, r) in pairs() {
            let now = Sides {
                testworthy: l.clone(),
                azure_devops: r.clone(),
            };
            for (winner, first, latest, decided) in &says {
                let known = Known {
                    base: base.clone(),
                    l: l.clone(),
                    r: r.clone(),
                    winner: *winner,
                    first: *first,
                    latest: *latest,
                    decided: *decided,
                };
                let rules = FieldRules {
                    winner: *winner,
                    first_sync: *first,
                    latest: *latest,
                    decided: *decided,
                    learned: &learned,
                };
                let decision = two_way_field(row, field.as_ref(), &now, &rules);
                if let RowDecision::Write(write) = &decision {
                    assert_eq!(
                        write.cause == Cause::Decided,
                        is_decided(&known),
                        "{base:?} {now:?}"
                    );
                }
                let (real, wanted) = (seen(decision), naive.decide(&known));
                assert_eq!(real, wanted, "{base:?} {now:?} {rules:?}");
                compared += 1;
            }
        }
    }
    compared
}

/// Whether a decision is asked for at all.
fn is_decided(k: &Known) -> bool {
    let changed = match &k.base {
        None => !k.l.is_null() && !k.r.is_null(),
        Some((other, bl, br)) => *other || (k.l != *bl && k.r != *br),
    };
    k.decided.is_some() && changed
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| Value::text(*text)).collect()
}

fn numbers() -> Vec<Value> {
    let mut all = vec![Value::Null];
    all.extend((1..=4).map(Value::integer));
    all
}

fn table(values: &[(&str, i64)], reverse: &[(i64, &str)]) -> CompiledRow {
    let map = ValueMap {
        unmapped: Unmapped::Hold,
        ..crate::mapping::testing::values(values, reverse)
    };
    compiled_row(Row {
        values: Some(map),
        ..field_row("priority", "Custom.Count")
    })
}

fn map<const N: usize>(pairs: [(Value, Value); N]) -> Map {
    let mut all = vec![(Value::Null, Value::Null)];
    all.extend(pairs);
    all
}

#[test]
fn a_table_of_one_to_one_agrees_with_the_naive_merger() {
    let row = table(&[("a", 1), ("b", 2), ("c", 3)], &[]);
    let [a, b, c] = ["a", "b", "c"].map(Value::text);
    let [one, two, three] = [1, 2, 3].map(Value::integer);
    let naive = Naive {
        f: map([
            (a.clone(), one.clone()),
            (b.clone(), two.clone()),
            (c.clone(), three.clone()),
        ]),
        g: map([(one, a), (two, b), (three, c)]),
        reversed: Vec::new(),
        sets: false,
    };
    // `d` and 4 have no entry.
    let lefts = texts(&["", "a", "b", "c", "d"]);
    let compared = compare_all(&row, &naive, &lefts, &numbers());
    assert_eq!(compared, 51 * 25 * 34);
}

#[test]
fn a_table_of_many_to_one_agrees_with_the_naive_merger() {
    // Both ways: `b` and `c` become 2, and 3 reads as `b` too.
    let row = table(&[("a", 1), ("b", 2), ("c", 2)], &[(3, "b")]);
    let [a, b, c] = ["a", "b", "c"].map(Value::text);
    let [one, two, three] = [1, 2, 3].map(Value::integer);
    let naive = Naive {
        f: map([
            (a.clone(), one.clone()),
            (b.clone(), two.clone()),
            (c, two.clone()),
        ]),
        g: map([(one, a), (two, b.clone()), (three.clone(), b)]),
        reversed: vec![three],
        sets: false,
    };
    let lefts = texts(&["", "a", "b", "c", "d"]);
    compare_all(&row, &naive, &lefts, &numbers());
}

#[test]
fn sets_agree_with_the_naive_merger() {
    let row = compiled_row(prefix_row("refs", "ref:"));
    let members: [&[&str]; 4] = [&[], &["a"], &["b"], &["a", "b"]];
    let lefts = members.map(|set| Value::set(set.iter().copied()));
    let rights = members.map(|set| Value::set(set.iter().map(|member| format!("ref:{member}"))));
    let pairs = || lefts.iter().cloned().zip(rights.iter().cloned());
    let naive = Naive {
        f: pairs().collect(),
        g: pairs().map(|(l, r)| (r, l)).collect(),
        reversed: Vec::new(),
        sets: true,
    };
    compare_all(&row, &naive, &lefts, &rights);
}
