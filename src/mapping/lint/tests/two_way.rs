//! Rules about rows of two-way rules: what must be able to come back, and what need not.

use super::{AZURE, TESTWORTHY, accepted, codec, codes, offline, one_way};
use crate::diagnostics::Finding;
use crate::mapping::testing::{
    constant_row, field_row, mapping, prefix_row, priority_row, tag_row, test_case_type, values,
};
use crate::mapping::{CompiledMapping, lint};
use crate::model::config::{Codec, Row, RowSource, Unmapped, ValueMap};
use crate::model::{Direction, System, Value};

const BOTH: [System; 2] = [TESTWORTHY, AZURE];

/// Findings of a rule that goes both ways, held against the live type.
fn live(rows: Vec<Row>) -> Vec<Finding> {
    let metadata = test_case_type();
    CompiledMapping::compile(&mapping(rows), Some(&metadata), &BOTH).1
}

fn live_codes(rows: Vec<Row>) -> Vec<&'static str> {
    codes(&live(rows))
}

fn with_values(table: ValueMap, row: Row) -> Row {
    Row {
        values: Some(table),
        ..row
    }
}

fn using(substitute: Value, table: ValueMap) -> ValueMap {
    ValueMap {
        unmapped: Unmapped::Use(substitute),
        ..table
    }
}

#[test]
fn a_sound_two_way_mapping_has_no_findings() {
    let mut priority = priority_row();
    priority.allow = vec![accepted("L08")];
    let rows = || {
        vec![
            field_row("title", "System.Title"),
            field_row("description", "System.Description"),
            field_row("steps", "Microsoft.VSTS.TCM.Steps"),
            codec(
                Codec::Parameters,
                field_row("testData", "Microsoft.VSTS.TCM.Parameters"),
            ),
            priority.clone(),
            tag_row("smoke", "smoke"),
            prefix_row("refs", "ref:"),
            constant_row(Value::text("TestWorthy"), "Custom.Origin"),
            field_row("estimate", "Custom.Estimate"),
            field_row("regression", "Custom.Flag"),
            field_row("gherkin", "Custom.Notes"),
            field_row("type", "Custom.Level"),
            one_way(
                codec(Codec::DateTime, field_row("createdOn", "Custom.When")),
                Direction::ToAzureDevOps,
            ),
        ]
    };
    assert_eq!(live(rows()), []);
    assert_eq!(lint(&mapping(rows()), &BOTH), []);
}

#[test]
fn l03_a_field_that_can_only_be_read_needs_a_direction() {
    let read = || codec(Codec::DateTime, field_row("createdOn", "Custom.When"));
    assert_eq!(live_codes(vec![read()]), ["L03"]);
    assert_eq!(
        live_codes(vec![one_way(read(), Direction::ToAzureDevOps)]),
        ["nothing-to-write"],
        "no row writes TestWorthy"
    );
    let locked = || field_row("automationType", "Custom.Locked");
    assert_eq!(live_codes(vec![locked()]), ["L03"]);
    let seen = vec![
        one_way(locked(), Direction::ToTestWorthy),
        field_row("title", "System.Title"),
    ];
    assert_eq!(live_codes(seen), [""; 0]);
}

#[test]
fn l07_tables_must_come_back_only_where_a_rule_goes_both_ways() {
    let unlawful = || {
        with_values(
            values(&[("A", 1), ("C", 2)], &[(1, "C")]),
            field_row("priority", "Microsoft.VSTS.Common.Priority"),
        )
    };
    assert_eq!(offline(vec![unlawful()], &BOTH), ["L07"]);
    assert_eq!(offline(vec![unlawful()], &[AZURE]), ["one-way-table"]);
    let narrowed = one_way(unlawful(), Direction::ToAzureDevOps);
    assert_eq!(
        offline(vec![narrowed, field_row("title", "System.Title")], &BOTH),
        [""; 0]
    );
    let once = Row {
        on_create: true,
        ..unlawful()
    };
    assert_eq!(offline(vec![once], &BOTH), ["one-way-table"]);
}

#[test]
fn l08_says_what_put_preserves_both_ways() {
    let merged = || {
        with_values(
            values(&[("A", 1), ("B", 2), ("C", 2)], &[]),
            field_row("priority", "Microsoft.VSTS.Common.Priority"),
        )
    };
    let found = lint(&mapping(vec![merged()]), &BOTH);
    assert_eq!(codes(&found), ["L08"]);
    assert!(found[0].message.contains("`B` and `C` become `2`"));
    let accepted = Row {
        allow: vec![accepted("L08")],
        ..merged()
    };
    assert_eq!(offline(vec![accepted], &BOTH), [""; 0]);
}

#[test]
fn l07_a_substitute_for_allowed_values_does_not_come_back() {
    let row = |reverse: &[(i64, &str)]| {
        with_values(
            using(Value::text("Other"), values(&[("A", 1), ("B", 2)], reverse)),
            Row {
                allow: vec![accepted("L08")],
                ..codec(
                    Codec::Picklist,
                    field_row("custom.rank", "Microsoft.VSTS.Common.Priority"),
                )
            },
        )
    };
    let of = |found: &[Finding]| {
        let lost = found.iter().filter(|finding| finding.code.code == "L07");
        lost.map(|finding| finding.message.clone())
            .collect::<Vec<_>>()
    };
    // 3 and 4 are allowed too, and both would become `Other`.
    let lost = of(&live(vec![row(&[])]));
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].contains("`3` and `4`"), "{lost:?}");
    // The list is known to the server only.
    assert_eq!(of(&lint(&mapping(vec![row(&[])]), &BOTH)), [""; 0]);
    // Named under `reverse` they are declared.
    assert_eq!(of(&live(vec![row(&[(3, "B"), (4, "B")])])), [""; 0]);
    // One way nothing has to come back.
    let metadata = test_case_type();
    for target in BOTH {
        let (_, found) =
            CompiledMapping::compile(&mapping(vec![row(&[])]), Some(&metadata), &[target]);
        assert_eq!(of(&found), [""; 0], "{target}");
    }
    // A field without a list allows everything.
    let free = with_values(
        using(Value::text("Other"), values(&[("A", 1)], &[])),
        codec(Codec::Text, field_row("custom.rank", "Custom.Origin")),
    );
    let lost = of(&live(vec![free]));
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].contains("without an entry"), "{lost:?}");
}

#[test]
fn l09_substitutes_for_people_and_paths_do_not_come_back() {
    let people = ValueMap {
        values: [(
            "ada@example.test".to_owned(),
            Value::text("ada@contoso.example"),
        )]
        .into(),
        ..using(Value::text("lead@contoso.example"), values(&[], &[]))
    };
    let owner = || {
        with_values(
            people.clone(),
            codec(Codec::User, field_row("custom.owner", "System.AssignedTo")),
        )
    };
    let paths = ValueMap {
        values: [("Checkout".to_owned(), Value::text(r"Web\Checkout"))].into(),
        ..using(Value::text(r"Web\Other"), values(&[], &[]))
    };
    let area = || {
        with_values(
            paths.clone(),
            codec(Codec::Path, field_row("custom.area", "System.AreaPath")),
        )
    };
    assert_eq!(offline(vec![owner()], &BOTH), ["L09"]);
    assert_eq!(offline(vec![area()], &BOTH), ["L09"]);
    for row in [owner(), area()] {
        let once = Row {
            on_create: true,
            ..row.clone()
        };
        assert_eq!(offline(vec![once], &BOTH), [""; 0], "written once");
        assert_eq!(offline(vec![row.clone()], &[AZURE]), [""; 0]);
        let mut waits = row;
        if let Some(map) = &mut waits.values {
            map.unmapped = Unmapped::Hold;
        }
        assert_eq!(offline(vec![waits], &BOTH), [""; 0]);
    }
}

#[test]
fn l12_each_side_has_one_writer() {
    let rows = vec![
        field_row("title", "System.Title"),
        Row {
            name: "again".to_owned(),
            ..field_row("title", "Custom.Origin")
        },
    ];
    assert_eq!(offline(rows, &BOTH), ["L12"], "both write `title`");
    let rows = vec![
        field_row("title", "System.Title"),
        one_way(
            Row {
                name: "again".to_owned(),
                ..field_row("title", "Custom.Origin")
            },
            Direction::ToAzureDevOps,
        ),
    ];
    assert_eq!(offline(rows, &BOTH), [""; 0]);
}

#[test]
fn l13_one_way_rows_that_run_in_a_ring() {
    let away = |name: &str, reference: &str| Row {
        name: format!("{name} away"),
        ..one_way(
            codec(Codec::Text, field_row(name, reference)),
            Direction::ToAzureDevOps,
        )
    };
    let back = |name: &str, reference: &str| Row {
        name: format!("{name} back"),
        ..one_way(
            codec(Codec::Text, field_row(name, reference)),
            Direction::ToTestWorthy,
        )
    };
    let pair = || vec![away("gherkin", "Custom.A"), back("gherkin", "Custom.A")];
    let found = lint(&mapping(pair()), &BOTH);
    assert_eq!(codes(&found), ["L13"], "once for a ring");
    assert!(found[0].message.contains("`gherkin back` brings it back"));
    assert_eq!(offline(pair(), &[AZURE]), [""; 0], "one rule goes one way");
    let long = vec![
        away("gherkin", "Custom.A"),
        back("mission", "Custom.A"),
        away("mission", "Custom.B"),
        back("gherkin", "Custom.B"),
    ];
    let rings = offline(long, &BOTH);
    assert_eq!(
        rings.iter().filter(|code| **code == "L13").count(),
        1,
        "{rings:?}"
    );
    let chain = vec![
        away("gherkin", "Custom.A"),
        back("cucumberTags", "Custom.A"),
        away("cucumberTags", "Custom.B"),
    ];
    assert_eq!(offline(chain, &BOTH), [""; 0]);
    let mut once = pair();
    once[1].on_create = true;
    assert_eq!(offline(once, &BOTH), [""; 0]);
}

#[test]
fn l25_either_side_is_read() {
    let volatile = |name: &str, reference: &str, way| {
        let row = codec(Codec::Text, field_row(name, reference));
        offline(
            vec![one_way(row, way), field_row("title", "System.Title")],
            &BOTH,
        )
    };
    assert_eq!(
        volatile("lastResult", "Custom.A", Direction::ToAzureDevOps),
        ["L25"]
    );
    assert_eq!(
        volatile(
            "custom.column",
            "System.BoardColumn",
            Direction::ToTestWorthy
        ),
        ["L25"]
    );
}

#[test]
fn a_computed_row_is_one_way_by_itself() {
    let label = Row {
        name: "label".to_owned(),
        source: RowSource::Expression("title ~ '!'".to_owned()),
        ..field_row("title", "Custom.Origin")
    };
    let rows = vec![field_row("title", "System.Title"), label];
    assert_eq!(live_codes(rows), [""; 0]);
}

#[test]
fn l04_both_sides_need_their_required_fields() {
    let metadata = test_case_type();
    let rows = vec![
        one_way(field_row("title", "System.Title"), Direction::ToAzureDevOps),
        field_row("gherkin", "Custom.Notes"),
    ];
    let (compiled, _) = CompiledMapping::compile(&mapping(rows), Some(&metadata), &BOTH);
    let compiled = compiled.unwrap();
    let lacking = |target| codes(&compiled.check_creates(Some(&metadata), target));
    assert_eq!(lacking(AZURE), [""; 0]);
    assert_eq!(
        lacking(TESTWORTHY),
        ["L04"],
        "no row gives a new case its title"
    );
}
