//! Laws of the two-way table over many rows, values, bases, policies and servers.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::mapping::testing::{compiled_row, field_row, prefix_row, priority_row, tag_row};
use crate::model::config::{Codec, Row, Unmapped};
use crate::model::steps::Step;

/// What a server makes of a written value.
#[derive(Clone, Copy, Debug)]
enum Server {
    Exact,
    /// Rewrites plain texts, always in the same way.
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

/// A row, what both held when they were last in accord, what they hold, and who is right.
#[derive(Clone, Debug)]
struct Scene {
    row: CompiledRow,
    base: Option<Sides<Value>>,
    now: Sides<Value>,
    row_changed: bool,
    winner: Winner,
    first_sync: Winner,
    latest: Option<System>,
    decided: Option<Take>,
}

fn base_field(row: &CompiledRow, base: &Sides<Value>, changed: bool) -> BaseField {
    BaseField {
        testworthy: base.testworthy.clone(),
        azure_devops: base.azure_devops.clone(),
        row_digest: if changed { "before" } else { row.digest() }.to_owned(),
    }
}

impl Scene {
    fn decide(&self) -> RowDecision {
        let learned = Learned::default();
        let rules = FieldRules {
            winner: self.winner,
            first_sync: self.first_sync,
            latest: self.latest,
            decided: self.decided,
            learned: &learned,
        };
        let base = self.base.as_ref();
        let base = base.map(|base| base_field(&self.row, base, self.row_changed));
        two_way_field(&self.row, base.as_ref(), &self.now, &rules)
    }

    /// What the store and the two systems hold after the decision was applied: the base is what the servers
    /// answered.
    fn apply(&self, decision: &RowDecision, server: Server) -> Self {
        let mut next = self.clone();
        match decision {
            RowDecision::Write(write) => {
                for (system, put) in write.to.iter() {
                    if let Some(put) = put {
                        *next.now.get_mut(system) = server.stores(&self.row, &put.after);
                    }
                }
            }
            RowDecision::Refresh => {}
            _ => return next,
        }
        next.base = Some(next.now.clone());
        next.row_changed = false;
        // A decision counts for the values that it was made about.
        next.decided = None;
        next
    }

    /// After one half of a merge alone was written on a side: the base has the value of the other side that
    /// was merged, and what the written side had at the old base.
    fn apply_half(&self, side: System, after: &Value, server: Server) -> Option<Self> {
        let old = self.base.as_ref()?;
        let mut next = self.clone();
        *next.now.get_mut(side) = server.stores(&self.row, after);
        let kept = self.now.get(side.other()).clone();
        next.base = Some(Sides::of(side, old.get(side).clone(), kept));
        next.decided = None;
        Some(next)
    }

    fn changed(&self, side: System) -> bool {
        match &self.base {
            None => !self.now.get(side).is_null(),
            Some(base) => !self.row.same(side, self.now.get(side), base.get(side)),
        }
    }
}

fn text() -> BoxedStrategy<Value> {
    "[ab]{0,2}".prop_map(Value::text).boxed()
}

fn lines() -> BoxedStrategy<Value> {
    let lines = proptest::collection::vec("[abc]", 0..5);
    lines
        .prop_map(|lines| Value::text(lines.join("\n")))
        .boxed()
}

fn paragraphs() -> BoxedStrategy<Value> {
    let words = proptest::collection::vec("[ab] [cd]", 0..4);
    let html = words.prop_map(|words| {
        let html: Vec<String> = words.iter().map(|text| format!("<p>{text}</p>")).collect();
        Value::text(html.join("\n"))
    });
    html.boxed()
}

fn steps() -> BoxedStrategy<Value> {
    let step = ("[ab] [cd]", "[xy]?").prop_map(|(action, expected)| {
        let html = |text: String| match text.as_str() {
            "" => String::new(),
            text => format!("<p>{text}</p>"),
        };
        Step::action(html(action), html(expected))
    });
    proptest::collection::vec(step, 0..4)
        .prop_map(Value::steps)
        .boxed()
}

fn members(of: &'static [&'static str]) -> BoxedStrategy<Value> {
    proptest::sample::subsequence(of, 0..=of.len())
        .prop_map(Value::set)
        .boxed()
}

fn number() -> BoxedStrategy<Value> {
    prop_oneof![Just(Value::Null), (0..3_i64).prop_map(Value::integer)].boxed()
}

fn flag() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(Value::Boolean).boxed()
}

fn priority() -> BoxedStrategy<Value> {
    let entries = vec![
        "",
        "P1 - Must Test",
        "P2 - Should Test",
        "P3 - Good to Test",
        "P0 - unknown",
    ];
    proptest::sample::select(entries)
        .prop_map(Value::text)
        .boxed()
}

fn level() -> BoxedStrategy<Value> {
    prop_oneof![Just(Value::Null), (1..=5_i64).prop_map(Value::integer)].boxed()
}

fn winner() -> impl Strategy<Value = Winner> {
    proptest::sample::select(vec![
        Winner::TestWorthy,
        Winner::AzureDevOps,
        Winner::Latest,
        Winner::Merge,
        Winner::Merge,
        Winner::Manual,
    ])
}

fn take() -> impl Strategy<Value = Option<Take>> {
    let takes = vec![
        None,
        None,
        None,
        Some(Take::TestWorthy),
        Some(Take::AzureDevOps),
        Some(Take::Merged),
    ];
    proptest::sample::select(takes)
}

fn latest() -> impl Strategy<Value = Option<System>> {
    proptest::sample::select(vec![
        None,
        Some(System::TestWorthy),
        Some(System::AzureDevOps),
    ])
}

fn scene_of(
    row: Row,
    left: BoxedStrategy<Value>,
    right: BoxedStrategy<Value>,
) -> BoxedStrategy<Scene> {
    let row = compiled_row(row);
    let says = (winner(), winner(), latest(), take());
    let sides = (left.clone(), right.clone(), left, right);
    // Most bases are in accord, as they are when nothing but Accord's own writes made them.
    (
        proptest::option::weighted(0.85, 0..4_u8),
        sides,
        proptest::bool::weighted(0.1),
        says,
    )
        .prop_map(move |(base, (bl, br, l, r), row_changed, says)| {
            let (winner, first_sync, latest, decided) = says;
            let base = base.map(|kind| {
                let f = |value: &Value| row.translate(System::TestWorthy, value);
                let azure_devops = match kind {
                    0 => br,
                    _ => f(&bl).unwrap_or(br),
                };
                Sides {
                    testworthy: bl,
                    azure_devops,
                }
            });
            Scene {
                row: row.clone(),
                base,
                now: Sides {
                    testworthy: l,
                    azure_devops: r,
                },
                row_changed,
                winner,
                first_sync,
                latest,
                decided,
            }
        })
        .boxed()
}

/// Rows both ends of which hold the same values.
fn symmetric() -> impl Strategy<Value = Scene> {
    let set = Row {
        codec: Some(Codec::Set),
        ..field_row("refs", "Custom.Notes")
    };
    let count = Row {
        codec: Some(Codec::Number),
        ..field_row("custom.count", "Custom.Estimate")
    };
    let names = &["TW-1", "tw-2", "X"];
    prop_oneof![
        scene_of(field_row("custom.notes", "Custom.Notes"), text(), text()),
        scene_of(field_row("custom.notes", "Custom.Notes"), lines(), lines()),
        scene_of(
            field_row("description", "System.Description"),
            paragraphs(),
            paragraphs()
        ),
        scene_of(
            field_row("steps", "Microsoft.VSTS.TCM.Steps"),
            steps(),
            steps()
        ),
        scene_of(set, members(names), members(names)),
        scene_of(count, number(), number()),
    ]
}

fn scene() -> impl Strategy<Value = Scene> {
    // Values without an entry become the second priority in TestWorthy and wait the other way.
    let mut substituting = Row {
        direction: Some(crate::model::Direction::ToTestWorthy),
        ..priority_row()
    };
    if let Some(values) = &mut substituting.values {
        values.unmapped = Unmapped::Use(Value::text("P2 - Should Test"));
    }
    let refs = members(&["TW-1", "tw-2", "X"]);
    let tags = members(&["ref:TW-1", "REF:tw-2", "ref:X"]);
    prop_oneof![
        6 => symmetric(),
        1 => scene_of(field_row("title", "System.Title"), text(), text()),
        1 => scene_of(tag_row("smoke", "smoke"), flag(), flag()),
        2 => scene_of(prefix_row("refs", "ref:"), refs, tags),
        1 => scene_of(priority_row(), priority(), level()),
        1 => scene_of(substituting, priority(), level()),
    ]
}

fn server() -> impl Strategy<Value = Server> {
    prop_oneof![Just(Server::Exact), Just(Server::Rewriting)]
}

/// The parts of a value: what an edit inserts or deletes.
fn parts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Null => BTreeSet::new(),
        Value::Text(text) => text.split('\n').map(str::to_owned).collect(),
        Value::Set(members) => members
            .iter()
            .map(|member| member.to_lowercase().trim_start_matches("ref:").to_owned())
            .collect(),
        Value::Steps(steps) => steps.iter().flat_map(texts_of).collect(),
        other => [other.to_string()].into(),
    }
}

fn texts_of(step: &Step) -> [String; 2] {
    match step {
        Step::Action { action, expected } => [format!("do {action}"), format!("see {expected}")],
        Step::Shared(id) => [format!("do {id}"), String::new()],
    }
}

/// Whether a merged value holds what a side did since the base.
fn holds(after: &Value, base: &Value, side: &Value) -> bool {
    let (after_parts, base, side_parts) = (parts(after), parts(base), parts(side));
    let inserted = side_parts.difference(&base);
    let mut deleted = base.difference(&side_parts);
    // A text of a step may be gone from one step and stay in another; those are counted elsewhere.
    let steps = matches!(side, Value::Steps(_));
    inserted.clone().all(|part| after_parts.contains(part))
        && (steps || deleted.all(|part| !after_parts.contains(part)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Law 8: swapping the sides mirrors the result.
    #[test]
    fn swapped_sides_give_the_mirrored_decision(scene in symmetric()) {
        let winner = |winner| match winner {
            Winner::TestWorthy => Winner::AzureDevOps,
            Winner::AzureDevOps => Winner::TestWorthy,
            other => other,
        };
        let mirror = Scene {
            base: scene.base.clone().map(Sides::swapped),
            now: scene.now.clone().swapped(),
            winner: winner(scene.winner),
            first_sync: winner(scene.first_sync),
            latest: scene.latest.map(System::other),
            decided: scene.decided.map(|take| match take {
                Take::TestWorthy => Take::AzureDevOps,
                Take::AzureDevOps => Take::TestWorthy,
                other => other,
            }),
            ..scene.clone()
        };
        let mirrored = match mirror.decide() {
            RowDecision::Write(write) => RowDecision::Write(RowWrite { to: write.to.swapped(), ..write }),
            other => other,
        };
        prop_assert_eq!(scene.decide(), mirrored);
    }

    /// Law 2.
    #[test]
    fn unchanged_sides_never_write(scene in scene()) {
        let mut scene = scene;
        scene.base = Some(scene.now.clone());
        scene.row_changed = false;
        let decision = scene.decide();
        prop_assert!(matches!(decision, RowDecision::Same | RowDecision::Hold(_)), "{:?}", decision);
    }

    /// Law 1, for exact servers and for servers that rewrite what they are sent.
    #[test]
    fn what_was_applied_is_not_planned_again(scene in scene(), server in server()) {
        let decision = scene.decide();
        let next = scene.apply(&decision, server);
        match decision {
            RowDecision::Write(_) | RowDecision::Refresh | RowDecision::Same => {
                prop_assert_eq!(next.decide(), RowDecision::Same);
            }
            other => prop_assert_eq!(next.decide(), other, "what waits goes on waiting, and says so"),
        }
    }

    /// Law 3: on exact servers both sides are in accord after two passes, unless the field waits, or a server
    /// spelled it in its own way before.
    #[test]
    fn two_passes_bring_both_in_accord(scene in scene()) {
        let mut now = scene.clone();
        let mut wrote = false;
        for _ in 0..2 {
            let decision = now.decide();
            wrote |= matches!(decision, RowDecision::Write(_));
            now = now.apply(&decision, Server::Exact);
        }
        let third = now.decide();
        prop_assert!(!matches!(third, RowDecision::Write(_) | RowDecision::Refresh), "{:?}", third);
        if wrote {
            // `unmapped: { use: ... }` has no way back, so either translation is the measure.
            let (l, r) = (&now.now.testworthy, &now.now.azure_devops);
            let back = now.row.translate(System::AzureDevOps, r);
            let said = back.is_ok_and(|back| now.row.same(System::TestWorthy, &back, l));
            prop_assert!(said || now.row.in_accord(l, r), "{l:?} {r:?}");
        }
    }

    /// Law 4: each changed value stays where it is, is in what is written over it, or is recorded.
    #[test]
    fn no_edit_is_lost(scene in scene()) {
        let RowDecision::Write(write) = scene.decide() else { return Ok(()); };
        prop_assert!(write.to != Sides::default());
        for (side, put) in write.to.iter() {
            let Some(put) = put else { continue };
            prop_assert_eq!(&put.before, scene.now.get(side));
            prop_assert!(!scene.row.same(side, &put.before, &put.after), "an empty write");
            if !scene.changed(side) {
                prop_assert_eq!(&put.overwrites, &None, "nothing is lost");
                continue;
            }
            if let Some(lost) = &put.overwrites {
                prop_assert_eq!(lost, &put.before);
                continue;
            }
            // Only a merge writes over an edit without recording it: both edits are in it.
            let no_base = Sides::default();
            let base = scene.base.as_ref().filter(|_| !scene.row_changed).unwrap_or(&no_base);
            for edited in [System::TestWorthy, System::AzureDevOps] {
                let after = write.to.get(edited).as_ref().map_or(scene.now.get(edited), |put| &put.after);
                prop_assert!(holds(after, base.get(edited), scene.now.get(edited)), "{after:?}");
            }
            prop_assert!(!scene.row_changed || matches!(put.after, Value::Set(_)));
        }
    }

    /// Whichever half of a merge is written alone, the next plan sees only that side changed and writes the
    /// other half: the merged value, from which nothing is overwritten.
    #[test]
    fn the_other_half_of_a_merge_follows_from_either_half(scene in scene(), server in server()) {
        let mut scene = scene;
        scene.winner = Winner::Merge;
        scene.row_changed = false;
        scene.decided = None;
        let RowDecision::Write(write) = scene.decide() else { return Ok(()); };
        let (Some(testworthys), Some(azures)) = (&write.to.testworthy, &write.to.azure_devops) else {
            return Ok(());
        };
        let halves = [(System::TestWorthy, testworthys, azures), (System::AzureDevOps, azures, testworthys)];
        for (side, half, other) in halves {
            let Some(next) = scene.apply_half(side, &half.after, server) else { continue };
            let RowDecision::Write(second) = next.decide() else {
                return Err(TestCaseError::fail(format!("not owed: {:?}", next.decide())));
            };
            prop_assert_eq!(second.cause, Cause::SourceChanged);
            prop_assert_eq!(second.to.get(side), &None, "what was written is not written again");
            let put = second.to.get(side.other()).clone().unwrap();
            prop_assert_eq!(&put.overwrites, &None);
            if matches!(server, Server::Exact) {
                prop_assert!(next.row.same(side.other(), &put.after, &other.after), "{put:?} {other:?}");
            }
            let done = next.apply(&RowDecision::Write(second), server);
            prop_assert_eq!(done.decide(), RowDecision::Same);
        }
    }
}

/// The generators reach what the laws are about.
#[test]
fn merges_of_each_kind_are_generated() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut both_halves = BTreeSet::new();
    for _ in 0..4000 {
        let mut scene = symmetric().new_tree(&mut runner).unwrap().current();
        scene.winner = Winner::Merge;
        scene.decided = None;
        scene.row_changed = false;
        if scene.base.is_none() {
            continue;
        }
        if let RowDecision::Write(write) = scene.decide()
            && write.to.testworthy.is_some()
            && write.to.azure_devops.is_some()
        {
            both_halves.insert(scene.row.codec().key());
        }
    }
    let wanted = ["richText", "set", "steps", "text"];
    assert_eq!(both_halves.into_iter().collect::<Vec<_>>(), wanted);
}
