//! Laws of the field table over many rows, values, bases and servers.

use proptest::prelude::*;

use super::super::field::{FieldVerdict, one_way_field};
use crate::mapping::CompiledRow;
use crate::mapping::testing::{compiled_row, field_row, prefix_row, priority_row, tag_row, values};
use crate::model::config::{Codec, DriftPolicy, Row, Unmapped, ValueMap};
use crate::model::{BaseField, Number, System, Value};

/// What a server makes of a written value.
#[derive(Clone, Copy, Debug)]
enum Server {
    Exact,
    /// Rewrites texts, always in the same way.
    Rewriting,
}

impl Server {
    fn stores(self, row: &CompiledRow, value: &Value) -> Value {
        match (self, value) {
            (Self::Rewriting, Value::Text(text)) if row.name() == "custom.notes" => {
                Value::text(text.replace('a', "&#97;"))
            }
            _ => value.clone(),
        }
    }
}

fn number_row() -> Row {
    Row {
        codec: Some(Codec::Number),
        ..field_row("custom.count", "Custom.Estimate")
    }
}

/// Values without an entry become the second priority in TestWorthy and wait the other way.
fn substituting_row() -> Row {
    let mut row = priority_row();
    row.direction = Some(crate::model::Direction::ToTestWorthy);
    if let Some(values) = &mut row.values {
        values.unmapped = Unmapped::Use(Value::text("P2 - Should Test"));
    }
    row
}

fn text() -> impl Strategy<Value = Value> {
    "[ab]{0,2}".prop_map(Value::text)
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0..3_i64).prop_map(Value::integer),
        Just(Value::Number(Number::Fraction(0.5))),
    ]
}

fn members(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    proptest::sample::subsequence(of, 0..=of.len()).prop_map(Value::set)
}

fn one_of(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    proptest::sample::select(of).prop_map(Value::text)
}

fn integer(of: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), of.prop_map(Value::integer)]
}

/// A row and four canonical values: (case, work item) at the base and now.
#[derive(Clone, Debug)]
struct Scene {
    row: CompiledRow,
    base: Option<(Value, Value)>,
    now: (Value, Value),
    row_changed: bool,
}

fn scene_of<L, R>(row: Row, left: L, right: R) -> BoxedStrategy<Scene>
where
    L: Strategy<Value = Value> + Clone + 'static,
    R: Strategy<Value = Value> + Clone + 'static,
{
    let row = compiled_row(row);
    let base = proptest::option::of((left.clone(), right.clone()));
    (base, left, right, any::<bool>())
        .prop_map(move |(base, l, r, row_changed)| Scene {
            row: row.clone(),
            base,
            now: (l, r),
            row_changed,
        })
        .boxed()
}

const PRIORITIES: &[&str] = &[
    "P1 - Must Test",
    "P2 - Should Test",
    "P3 - Good to Test",
    "P0 - unknown",
];

fn scene() -> impl Strategy<Value = Scene> {
    let text = text().boxed();
    let number = number().boxed();
    let flag = any::<bool>().prop_map(Value::Boolean).boxed();
    let refs = members(&["TW-1", "tw-2", "X"]).boxed();
    let tags = members(&["ref:TW-1", "REF:tw-2", "ref:X"]).boxed();
    prop_oneof![
        scene_of(
            field_row("custom.notes", "Custom.Notes"),
            text.clone(),
            text.clone()
        ),
        scene_of(field_row("title", "System.Title"), text.clone(), text),
        scene_of(number_row(), number.clone(), number),
        scene_of(tag_row("smoke", "smoke"), flag.clone(), flag),
        scene_of(prefix_row("refs", "ref:"), refs, tags),
        scene_of(
            priority_row(),
            one_of(PRIORITIES).boxed(),
            integer(1..=5).boxed()
        ),
        scene_of(
            substituting_row(),
            one_of(PRIORITIES).boxed(),
            integer(1..=5).boxed()
        ),
    ]
}

fn way() -> impl Strategy<Value = System> {
    prop_oneof![Just(System::TestWorthy), Just(System::AzureDevOps)]
}

fn policy() -> impl Strategy<Value = DriftPolicy> {
    prop_oneof![
        Just(DriftPolicy::Enforce),
        Just(DriftPolicy::Report),
        Just(DriftPolicy::Ignore)
    ]
}

fn base_field(row: &CompiledRow, pair: &(Value, Value), changed: bool) -> BaseField {
    BaseField {
        testworthy: pair.0.clone(),
        azure_devops: pair.1.clone(),
        row_digest: if changed { "before" } else { row.digest() }.to_owned(),
    }
}

impl Scene {
    fn base_field(&self) -> Option<BaseField> {
        let base = self.base.as_ref()?;
        Some(base_field(&self.row, base, self.row_changed))
    }

    fn sides(&self, from: System) -> (&Value, &Value) {
        match from {
            System::TestWorthy => (&self.now.0, &self.now.1),
            System::AzureDevOps => (&self.now.1, &self.now.0),
        }
    }

    fn verdict(&self, from: System, policy: DriftPolicy) -> FieldVerdict {
        let (source, target) = self.sides(from);
        let base = self.base_field();
        one_way_field(&self.row, base.as_ref(), source, target, from, policy)
    }

    /// What the store and the two systems hold after the verdict was applied.
    fn apply(&self, verdict: &FieldVerdict, from: System, server: Server) -> Scene {
        let mut next = self.clone();
        match verdict {
            FieldVerdict::Write { after, .. } => {
                let stored = server.stores(&self.row, after);
                match from {
                    System::TestWorthy => next.now.1 = stored,
                    System::AzureDevOps => next.now.0 = stored,
                }
            }
            FieldVerdict::Refresh => {}
            _ => return next,
        }
        next.base = Some(next.now.clone());
        next.row_changed = false;
        next
    }
}

proptest! {
    /// Apply, then plan is empty: for exact servers and for servers that rewrite what they are sent.
    #[test]
    fn what_was_applied_is_not_planned_again(
        scene in scene(), from in way(), policy in policy(),
        server in prop_oneof![Just(Server::Exact), Just(Server::Rewriting)],
    ) {
        let verdict = scene.verdict(from, policy);
        let next = scene.apply(&verdict, from, server).verdict(from, policy);
        match verdict {
            FieldVerdict::Write { .. } | FieldVerdict::Refresh | FieldVerdict::Same => {
                prop_assert_eq!(next, FieldVerdict::Same);
            }
            other => prop_assert_eq!(next, other, "what waits goes on waiting, and says so"),
        }
    }

    #[test]
    fn unchanged_sides_never_write(scene in scene(), from in way(), policy in policy()) {
        let mut scene = scene;
        scene.base = Some(scene.now.clone());
        scene.row_changed = false;
        let verdict = scene.verdict(from, policy);
        prop_assert!(matches!(verdict, FieldVerdict::Same | FieldVerdict::Hold(_)), "{:?}", verdict);
    }

    #[test]
    fn what_is_written_brings_both_in_accord_on_an_exact_server(
        scene in scene(), from in way(), policy in policy(),
    ) {
        let verdict = scene.verdict(from, policy);
        if let FieldVerdict::Write { before, after, .. } = &verdict {
            prop_assert_eq!(before, scene.sides(from).1);
            prop_assert!(!scene.row.same(from.other(), before, after));
            let next = scene.apply(&verdict, from, Server::Exact);
            let (source, target) = next.sides(from);
            // `unmapped: { use: ... }` has no way back, so the translation itself is the measure.
            prop_assert_eq!(next.row.translate(from, source), Ok(target.clone()));
        }
    }

    /// No edit is lost: what a write replaces is in the base, or empty on a first sync, or recorded.
    #[test]
    fn a_write_records_every_value_that_a_person_may_have_put_there(
        scene in scene(), from in way(), policy in policy(),
    ) {
        if let FieldVerdict::Write { before, overwrites: None, .. } = scene.verdict(from, policy) {
            match &scene.base {
                None => prop_assert!(before.is_null()),
                Some(base) => {
                    let recorded = if from == System::TestWorthy { &base.1 } else { &base.0 };
                    prop_assert!(scene.row.same(from.other(), &before, recorded));
                }
            }
        }
    }

    /// Swapping the sides mirrors the result.
    #[test]
    fn swapped_sides_give_the_mirrored_verdict(
        base in proptest::option::of((text(), text())), now in (text(), text()),
        row_changed in any::<bool>(), from in way(), policy in policy(),
    ) {
        let row = compiled_row(field_row("custom.notes", "Custom.Notes"));
        let scene = Scene { row, base, now, row_changed };
        let mut mirror = scene.clone();
        mirror.base = scene.base.clone().map(|(l, r)| (r, l));
        mirror.now = (scene.now.1.clone(), scene.now.0.clone());
        prop_assert_eq!(scene.verdict(from, policy), mirror.verdict(from.other(), policy));
    }
}

/// Every lint-clean pair of maps between 4 and 3 values, every pair of values, both ways round: one
/// write reaches accord, and the next plan is empty.
#[test]
fn every_lawful_table_settles_after_one_write() {
    const LEFT: [&str; 4] = ["a", "b", "c", "d"];
    let mut tables = 0;
    for f in 0..81_u32 {
        for g in 0..64_usize {
            let forward =
                [0, 1, 2, 3].map(|i| (LEFT[i as usize], i64::from(f / 3_u32.pow(i) % 3) + 1));
            let reverse = [0, 1, 2].map(|i: u32| (i64::from(i) + 1, LEFT[g / 4_usize.pow(i) % 4]));
            let lawful = reverse.iter().all(|(r, l)| forward.contains(&(*l, *r)));
            if lawful {
                tables += 1;
                settles(values(&forward, &reverse));
            }
        }
    }
    assert_eq!(tables, 72);
}

fn settles(table: ValueMap) {
    let row = compiled_row(Row {
        values: Some(table),
        ..field_row("priority", "Microsoft.VSTS.Common.Priority")
    });
    for l in ["a", "b", "c", "d"] {
        for r in 1..=3 {
            for from in [System::TestWorthy, System::AzureDevOps] {
                let scene = Scene {
                    row: row.clone(),
                    base: None,
                    now: (Value::text(l), Value::integer(r)),
                    row_changed: false,
                };
                let verdict = scene.verdict(from, DriftPolicy::Enforce);
                let next = scene.apply(&verdict, from, Server::Exact);
                assert!(row.in_accord(&next.now.0, &next.now.1));
                assert_eq!(next.verdict(from, DriftPolicy::Enforce), FieldVerdict::Same);
            }
        }
    }
}
