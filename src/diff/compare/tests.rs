//! Every row of a pair: which rows are compared, which way, and what makes one wait.

use super::*;
use crate::diff::{Cause, RowWrite};
use crate::mapping::testing::{
    case, compiled, constant_row, field_row, priority_row, tag_row, work_item,
};
use crate::model::config::{
    Conflicts, CreateIn, DriftPolicy, MatchBy, Origin, Row, Scope, Unmapped, WhenDeleted, Winner,
};
use crate::model::{ConflictCause, Direction, MOST_REPETITIONS, Name, Repetition};

fn rule(direction: Direction) -> SyncRule {
    let name = |text: &str| Name::new(text).unwrap();
    SyncRule {
        name: name("cases"),
        connection: name("web-shop"),
        mapping: name("test-case"),
        direction,
        scope: Scope::default(),
        creates: Sides::default(),
        create_in: CreateIn::default(),
        match_by: vec![MatchBy::Marker],
        drift: DriftPolicy::Report,
        first_sync: Winner::Manual,
        conflicts: Conflicts::default(),
        when_deleted: WhenDeleted::default(),
        origin: Origin {
            file: "rules.yaml".to_owned(),
            line: 3,
        },
    }
}

/// What is known beside the pair.
#[derive(Default)]
struct Beside {
    latest: Option<System>,
    decided: BTreeMap<String, Take>,
    learned: Learned,
    repetitions: Repetitions,
}

impl Beside {
    fn compare<'a>(
        &self,
        mapping: &'a CompiledMapping,
        rule: &SyncRule,
        base: &Base,
        case: &Case,
        item: &WorkItem,
    ) -> Compared<'a> {
        let context = CompareContext {
            latest: self.latest,
            decided: &self.decided,
            learned: &self.learned,
            repetitions: &self.repetitions,
        };
        compare_pair(mapping, rule, base, case, item, &context)
    }
}

fn base_of(mapping: &CompiledMapping, values: &[(&str, Value, Value)]) -> Base {
    let field = |(name, testworthy, azure_devops): &(&str, Value, Value)| {
        let row = mapping.rows.iter().find(|row| row.name() == *name).unwrap();
        let field = BaseField {
            testworthy: testworthy.clone(),
            azure_devops: azure_devops.clone(),
            row_digest: row.digest().to_owned(),
        };
        ((*name).to_owned(), field)
    };
    Base {
        fields: values.iter().map(field).collect(),
        ..Base::default()
    }
}

fn decisions<'a>(compared: &'a Compared<'_>) -> Vec<(&'a str, &'a RowDecision)> {
    let one = |row: &'a ComparedRow<'_>| (row.row.name(), &row.decision);
    compared.rows.iter().map(one).collect()
}

fn put(
    to: System,
    before: &str,
    after: &str,
    overwrites: Option<&str>,
    cause: Cause,
) -> RowDecision {
    let put = crate::diff::Put {
        before: Value::text(before),
        after: Value::text(after),
        overwrites: overwrites.map(Value::text),
    };
    RowDecision::Write(RowWrite::one(to, put, cause))
}

/// Title both ways, notes to TestWorthy only, a constant to Azure DevOps only, and one for new items.
fn mixed() -> CompiledMapping {
    let notes = Row {
        direction: Some(Direction::ToTestWorthy),
        ..field_row("custom.notes", "Custom.Notes")
    };
    let constant = Row {
        name: "origin".to_owned(),
        ..constant_row(Value::text("TestWorthy"), "Custom.Origin")
    };
    let once = Row {
        on_create: true,
        ..field_row("custom.once", "Custom.RunState")
    };
    let rows = vec![field_row("title", "System.Title"), notes, constant, once];
    compiled(rows, System::AzureDevOps)
}

fn mixed_base(mapping: &CompiledMapping) -> Base {
    let same = |name, text: &str| (name, Value::text(text), Value::text(text));
    base_of(
        mapping,
        &[
            same("title", "Pay"),
            same("custom.notes", "old"),
            same("origin", "TestWorthy"),
        ],
    )
}

fn mixed_pair(title: (&str, &str), notes: (&str, &str), origin: &str) -> (Case, WorkItem) {
    let case = case(
        &[
            ("title", Value::text(title.0)),
            ("custom.notes", Value::text(notes.0)),
        ],
        &[],
    );
    let item = work_item(
        &[
            ("System.Title", Value::text(title.1)),
            ("Custom.Notes", Value::text(notes.1)),
            ("Custom.Origin", Value::text(origin)),
            ("Custom.RunState", Value::text("elsewhere")),
        ],
        &[],
    );
    (case, item)
}

#[test]
fn a_two_way_rule_carries_both_ways_and_one_way_rows_their_way() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay now"), ("old", "new"), "elsewhere");
    let compared =
        Beside::default().compare(&mapping, &rule(Direction::TwoWay), &base, &case, &item);
    let drift = RowDecision::Drift {
        policy: DriftPolicy::Report,
        side: System::AzureDevOps,
        recorded: Value::text("TestWorthy"),
        live: Value::text("elsewhere"),
    };
    let tw = System::TestWorthy;
    let wanted = [
        (
            "title",
            &put(tw, "Pay", "Pay now", None, Cause::SourceChanged),
        ),
        (
            "custom.notes",
            &put(tw, "old", "new", None, Cause::SourceChanged),
        ),
        ("origin", &drift),
    ];
    assert_eq!(decisions(&compared), wanted);
    assert!(!compared.is_unchanged());
}

/// An edit on the target of a one-way row is drift of the target, whichever way the rule goes.
#[test]
fn an_edit_on_the_target_of_a_one_way_row_is_drift() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay"), ("mine", "old"), "TestWorthy");
    let compared =
        Beside::default().compare(&mapping, &rule(Direction::TwoWay), &base, &case, &item);
    let drift = RowDecision::Drift {
        policy: DriftPolicy::Report,
        side: System::TestWorthy,
        recorded: Value::text("old"),
        live: Value::text("mine"),
    };
    let wanted = [
        ("title", &RowDecision::Same),
        ("custom.notes", &drift),
        ("origin", &RowDecision::Same),
    ];
    assert_eq!(decisions(&compared), wanted);
}

#[test]
fn a_one_way_rule_compares_the_rows_of_its_way() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay now"), ("old", "new"), "TestWorthy");
    let to = |direction| Beside::default().compare(&mapping, &rule(direction), &base, &case, &item);
    let drift = |side, recorded: &str, live: &str| RowDecision::Drift {
        policy: DriftPolicy::Report,
        side,
        recorded: Value::text(recorded),
        live: Value::text(live),
    };
    let azure = to(Direction::ToAzureDevOps);
    let title = drift(System::AzureDevOps, "Pay", "Pay now");
    let wanted = [("title", &title), ("origin", &RowDecision::Same)];
    assert_eq!(decisions(&azure), wanted);
    let testworthy = to(Direction::ToTestWorthy);
    let tw = System::TestWorthy;
    let wanted = [
        (
            "title",
            &put(tw, "Pay", "Pay now", None, Cause::SourceChanged),
        ),
        (
            "custom.notes",
            &put(tw, "old", "new", None, Cause::SourceChanged),
        ),
    ];
    assert_eq!(decisions(&testworthy), wanted);
}

#[test]
fn a_row_for_new_items_is_compared_only_while_its_create_is_under_way() {
    let mapping = mixed();
    let mut base = mixed_base(&mapping);
    base.fields.insert(
        "custom.once".to_owned(),
        BaseField::under_way(Value::text("elsewhere")),
    );
    let (mut case, item) = mixed_pair(("Pay", "Pay"), ("old", "old"), "TestWorthy");
    case.fields
        .insert("custom.once".to_owned(), Value::text("here"));
    let compared =
        Beside::default().compare(&mapping, &rule(Direction::TwoWay), &base, &case, &item);
    let azure = System::AzureDevOps;
    let owed = put(azure, "elsewhere", "here", None, Cause::SourceChanged);
    assert_eq!(decisions(&compared).last(), Some(&("custom.once", &owed)));
}

#[test]
fn a_conflict_holds_its_field_and_the_others_go_on() {
    let mapping = compiled(
        vec![
            field_row("title", "System.Title"),
            field_row("custom.notes", "Custom.Notes"),
        ],
        System::AzureDevOps,
    );
    let same = |name, text: &str| (name, Value::text(text), Value::text(text));
    let base = base_of(
        &mapping,
        &[same("title", "Pay"), same("custom.notes", "old")],
    );
    let (case, item) = mixed_pair(("Pay now", "Pay later"), ("new", "old"), "");
    let open = RowDecision::Conflict(ConflictCause::BothChanged);
    let azure = System::AzureDevOps;
    let notes = put(azure, "old", "new", None, Cause::SourceChanged);
    let two_way = rule(Direction::TwoWay);
    let beside = Beside::default();
    let compared = beside.compare(&mapping, &two_way, &base, &case, &item);
    assert_eq!(
        decisions(&compared),
        [("title", &open), ("custom.notes", &notes)]
    );
    let now = &compared.rows[0].now;
    let held = (Value::text("Pay now"), Value::text("Pay later"));
    assert_eq!((&now.testworthy, &now.azure_devops), (&held.0, &held.1));

    // The policy that counts: the rule's for the field, then the row's own, then the rule's default.
    let mut latest = two_way.clone();
    latest
        .conflicts
        .fields
        .insert("title".to_owned(), Winner::Latest);
    latest.conflicts.default = Some(Winner::TestWorthy);
    let mut beside = Beside {
        latest: Some(System::AzureDevOps),
        ..Beside::default()
    };
    let compared = beside.compare(&mapping, &latest, &base, &case, &item);
    let tw = System::TestWorthy;
    let won = put(tw, "Pay now", "Pay later", Some("Pay now"), Cause::Policy);
    assert_eq!(decisions(&compared)[0].1, &won);

    // A person's decision is about its own row.
    beside.decided = BTreeMap::from([("title".to_owned(), Take::TestWorthy)]);
    let compared = beside.compare(&mapping, &latest, &base, &case, &item);
    let taken = put(
        azure,
        "Pay later",
        "Pay now",
        Some("Pay later"),
        Cause::Decided,
    );
    assert_eq!(
        decisions(&compared),
        [("title", &taken), ("custom.notes", &notes)]
    );
}

#[test]
fn one_row_can_hold_the_whole_item() {
    let mut priority = priority_row();
    if let Some(values) = &mut priority.values {
        values.unmapped = Unmapped::SkipItem;
    }
    let rows = vec![field_row("title", "System.Title"), priority];
    let mapping = compiled(rows, System::AzureDevOps);
    let case = case(
        &[
            ("priority", Value::text("P0")),
            ("title", Value::text("Pay")),
        ],
        &[],
    );
    let item = work_item(&[("System.Title", Value::text("Pay"))], &[]);
    let beside = Beside::default();
    let compared = beside.compare(
        &mapping,
        &rule(Direction::TwoWay),
        &Base::default(),
        &case,
        &item,
    );
    let (row, problem) = compared.skips_item().unwrap();
    assert_eq!(row.name(), "priority");
    assert!(matches!(problem, Problem::Unmapped { .. }));
}

#[test]
fn a_value_that_cannot_be_read_holds_its_row_only() {
    let rows = vec![
        tag_row("smoke", "smoke"),
        field_row("custom.count", "Custom.Count"),
        field_row("title", "System.Title"),
    ];
    let mapping = compiled(rows, System::AzureDevOps);
    let case = case(
        &[
            ("smoke", Value::text("perhaps")),
            ("custom.count", Value::integer(1)),
            ("title", Value::text("Pay")),
        ],
        &[],
    );
    let item = work_item(&[("Custom.Count", Value::text("many"))], &["smoke"]);
    let beside = Beside::default();
    let compared = beside.compare(
        &mapping,
        &rule(Direction::TwoWay),
        &Base::default(),
        &case,
        &item,
    );
    let [smoke, count, title] = &compared.rows[..] else {
        panic!("three rows");
    };
    assert!(matches!(smoke.decision, RowDecision::Hold(_)));
    assert_eq!(smoke.now.testworthy, Value::Null);
    assert_eq!(smoke.now.azure_devops, Value::Boolean(true));
    assert!(matches!(count.decision, RowDecision::Hold(_)));
    assert_eq!(count.now.testworthy, Value::integer(1));
    assert_eq!(count.now.azure_devops, Value::Null);
    assert!(matches!(title.decision, RowDecision::Write(_)));
    assert!(compared.skips_item().is_none());
}

/// The work item does not refer to those shared steps, and only Azure DevOps can add them.
#[test]
fn a_value_that_does_not_fit_into_what_is_there_holds() {
    let steps = field_row("steps", "Microsoft.VSTS.TCM.Steps");
    let mapping = compiled(vec![steps], System::AzureDevOps);
    let shared = serde_json::json!([{"content": "<p>Shared steps AB#77</p>", "expected": ""}]);
    let shared = crate::mapping::codec::steps::CaseSteps::Separated(shared).to_value();
    let case = case(&[("steps", shared)], &[]);
    let beside = Beside::default();
    let compared = beside.compare(
        &mapping,
        &rule(Direction::TwoWay),
        &Base::default(),
        &case,
        &work_item(&[], &[]),
    );
    let decision = &compared.rows[0].decision;
    assert!(
        matches!(decision, RowDecision::Hold(Problem::DoesNotFit { .. })),
        "{decision:?}"
    );
}

#[test]
fn a_write_that_was_made_again_and_again_waits() {
    let mapping = compiled(
        vec![field_row("custom.notes", "Custom.Notes")],
        System::AzureDevOps,
    );
    let same = ("custom.notes", Value::text("old"), Value::text("old"));
    let base = base_of(&mapping, &[same]);
    let (case, item) = mixed_pair(("", ""), ("new", "old"), "");
    let azure = System::AzureDevOps;
    let repeated = |before: &str, after: &str, system, times| {
        let repetition = Repetition {
            case: case.id,
            work_item: item.id,
            row: "custom.notes".to_owned(),
            system,
            before: digest_of(&Value::text(before)),
            after: digest_of(&Value::text(after)),
            times,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let beside = Beside {
            repetitions: std::iter::once(repetition).collect(),
            ..Beside::default()
        };
        let two_way = rule(Direction::TwoWay);
        let compared = beside.compare(&mapping, &two_way, &base, &case, &item);
        compared.rows[0].decision.clone()
    };
    let flapping = RowDecision::Flapping {
        side: azure,
        before: Value::text("old"),
        after: Value::text("new"),
    };
    let written = put(azure, "old", "new", None, Cause::SourceChanged);
    let most = MOST_REPETITIONS;
    assert_eq!(repeated("old", "new", azure, most), flapping);
    assert_eq!(repeated("old", "new", azure, most - 1), written);
    assert_eq!(repeated("other", "new", azure, most), written);
    assert_eq!(repeated("old", "other", azure, most), written);
    assert_eq!(repeated("old", "new", System::TestWorthy, most), written);
}

#[test]
fn a_pair_in_accord_with_its_base_is_unchanged() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay"), ("old", "old"), "TestWorthy");
    for direction in [
        Direction::TwoWay,
        Direction::ToAzureDevOps,
        Direction::ToTestWorthy,
    ] {
        let compared = Beside::default().compare(&mapping, &rule(direction), &base, &case, &item);
        assert!(compared.is_unchanged(), "{direction:?}");
    }
}
