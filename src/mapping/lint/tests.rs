//! One test per rule: what it finds, and what it leaves alone.

mod items;
mod loss;
mod places;
mod two_way;
mod workflow;

use crate::diagnostics::{Finding, Place, catalog};
use crate::mapping::testing::{
    compiled, constant_row, field_row, mapping, prefix_row, priority_row, tag_row, test_case_type,
    values,
};
use crate::mapping::{CompiledMapping, lint};
use crate::model::config::{Allow, Codec, Row, Unmapped};
use crate::model::{Direction, System, Value};

fn accepted(code: &str) -> Allow {
    Allow {
        code: code.to_owned(),
        reason: "meant so".to_owned(),
    }
}

const AZURE: System = System::AzureDevOps;
const TESTWORTHY: System = System::TestWorthy;

fn live(rows: Vec<Row>, target: System) -> Vec<Finding> {
    let metadata = test_case_type();
    let (ready, findings) = CompiledMapping::compile(&mapping(rows), Some(&metadata), &[target]);
    assert_eq!(ready.is_none(), findings.iter().any(Finding::is_error));
    findings
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.code).collect()
}

fn live_codes(rows: Vec<Row>, target: System) -> Vec<&'static str> {
    codes(&live(rows, target))
}

fn offline(rows: Vec<Row>, targets: &[System]) -> Vec<&'static str> {
    codes(&lint(&mapping(rows), targets))
}

fn one_way(row: Row, direction: Direction) -> Row {
    Row {
        direction: Some(direction),
        ..row
    }
}

fn codec(codec: Codec, row: Row) -> Row {
    Row {
        codec: Some(codec),
        ..row
    }
}

#[test]
fn a_sound_mapping_has_no_findings() {
    let mut priority = priority_row();
    priority.allow = vec![accepted("l08")];
    let rows = || {
        vec![
            field_row("title", "System.Title"),
            priority.clone(),
            tag_row("smoke", "smoke"),
            prefix_row("refs", "ref:"),
            constant_row(Value::text("TestWorthy"), "Custom.Origin"),
            field_row("estimate", "Custom.Estimate"),
            field_row("regression", "Custom.Flag"),
            field_row("gherkin", "Custom.Notes"),
            field_row("type", "Custom.Level"),
        ]
    };
    for target in [AZURE, TESTWORTHY] {
        assert_eq!(live(rows(), target), []);
        assert_eq!(lint(&mapping(rows()), &[target]), []);
    }
    assert_eq!(compiled(rows(), AZURE).rows.len(), 9);
}

#[test]
fn findings_say_where() {
    let findings = live(vec![field_row("titel", "System.Title")], AZURE);
    let location = findings[0].location.as_ref().unwrap();
    assert_eq!(
        (location.file.as_str(), &location.place),
        ("mapping.yaml", &Place::Line(7))
    );
    assert!(
        findings[0]
            .message
            .contains("row `titel` of mapping `test-case`")
    );
}

#[test]
fn l01_unknown_fields_come_with_a_suggestion() {
    let findings = live(vec![field_row("titel", "System.Titel")], AZURE);
    assert_eq!(
        codes(&findings),
        ["L01", "L01"],
        "both ends are told at once"
    );
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `title`?"));
    assert_eq!(
        findings[1].help.as_deref(),
        Some("did you mean `System.Title`?")
    );
    let by_name = live(vec![field_row("title", "Title")], AZURE);
    assert_eq!(
        by_name[0].help.as_deref(),
        Some("did you mean `System.Title`?")
    );
    assert_eq!(
        offline(vec![field_row("title", "Custom.Unknown")], &[AZURE]),
        [""; 0]
    );
}

#[test]
fn l02_types_that_do_not_fit_need_a_codec_or_values() {
    let priority = || field_row("priority", "Microsoft.VSTS.Common.Priority");
    assert_eq!(live_codes(vec![priority()], AZURE), ["L02"]);
    assert_eq!(offline(vec![priority()], &[AZURE]), ["L02"]);
    assert_eq!(
        live_codes(vec![codec(Codec::Number, priority())], AZURE),
        ["L02"]
    );
    assert_eq!(
        live_codes(vec![field_row("smoke", "Custom.Origin")], AZURE),
        ["L02"]
    );
    assert_eq!(
        live_codes(vec![field_row("refs", "Custom.Origin")], AZURE),
        ["L02"]
    );
    let set = codec(Codec::Set, field_row("refs", "Custom.Origin"));
    assert_eq!(live_codes(vec![set], AZURE), [""; 0]);
    let text = codec(Codec::Text, field_row("title", "Custom.Count"));
    assert_eq!(live_codes(vec![text], AZURE), ["L02"]);
    let tag = codec(Codec::Text, tag_row("smoke", "smoke"));
    assert_eq!(live_codes(vec![tag], AZURE), ["L02"]);
    let constant = constant_row(Value::text("many"), "Custom.Count");
    assert_eq!(live_codes(vec![constant], AZURE), ["L02"]);
}

#[test]
fn l02_entries_that_no_side_could_hold() {
    let mut row = priority_row();
    row.values
        .as_mut()
        .unwrap()
        .values
        .insert("P0".to_owned(), Value::text("high"));
    assert_eq!(live_codes(vec![row], AZURE), ["L02"]);
    let mut row = priority_row();
    row.allow = vec![accepted("L08")];
    row.values.as_mut().unwrap().unmapped = Unmapped::Use(Value::text("P2 - Should Test"));
    assert_eq!(live_codes(vec![row.clone()], AZURE), ["L02"]);
    assert_eq!(
        live_codes(vec![row], TESTWORTHY),
        [""; 0],
        "it fits the side it is for"
    );
}

#[test]
fn l03_read_only_fields_are_refused_where_they_would_be_written() {
    let created = || field_row("createdOn", "Custom.When");
    assert_eq!(live_codes(vec![created()], AZURE), [""; 0]);
    assert_eq!(live_codes(vec![created()], TESTWORTHY), ["L03"]);
    let declared = one_way(created(), Direction::ToTestWorthy);
    assert_eq!(offline(vec![declared], &[]), ["L03"]);
    let id = || codec(Codec::Number, field_row("custom.id", "System.Id"));
    assert_eq!(offline(vec![id()], &[AZURE]), ["L03"]);
    assert_eq!(live_codes(vec![id()], TESTWORTHY), [""; 0]);
    assert_eq!(
        live_codes(vec![field_row("title", "Custom.Locked")], AZURE),
        ["L03"]
    );
    let away = one_way(id(), Direction::ToTestWorthy);
    assert_eq!(
        live_codes(vec![away, field_row("title", "System.Title")], AZURE),
        [""; 0]
    );
}

#[test]
fn l04_required_fields_are_missed_when_items_are_created() {
    let metadata = test_case_type();
    let missed = |rows: Vec<Row>, target| {
        let ready = compiled(rows, target);
        codes(&ready.check_creates(Some(&metadata), target))
    };
    let title = || field_row("title", "System.Title");
    assert_eq!(
        missed(vec![title()], AZURE),
        [""; 0],
        "state and area id are filled anyway"
    );
    assert_eq!(
        missed(vec![field_row("title", "Custom.Origin")], AZURE),
        ["L04"]
    );
    assert_eq!(missed(vec![title()], TESTWORTHY), [""; 0]);
    assert_eq!(
        missed(vec![field_row("gherkin", "Custom.Notes")], TESTWORTHY),
        ["L04"]
    );
    let away = one_way(title(), Direction::ToTestWorthy);
    let rows = vec![away, field_row("gherkin", "Custom.Notes")];
    assert_eq!(missed(rows, AZURE), ["L04"]);
    let mut needy = test_case_type();
    needy
        .fields
        .get_mut("Custom.Origin")
        .unwrap()
        .always_required = true;
    let ready = compiled(vec![title()], AZURE);
    assert_eq!(codes(&ready.check_creates(Some(&needy), AZURE)), ["L04"]);
    needy.fields.get_mut("Custom.Origin").unwrap().default_value = Value::text("x");
    assert_eq!(codes(&ready.check_creates(Some(&needy), AZURE)), [""; 0]);
}

#[test]
fn l05_allowed_values_without_an_entry() {
    let row = |reverse: &[(i64, &str)]| Row {
        values: Some(values(&[("a", 1), ("b", 2), ("c", 3)], reverse)),
        allow: vec![accepted("L08")],
        ..field_row("priority", "Microsoft.VSTS.Common.Priority")
    };
    let findings = live(vec![row(&[])], TESTWORTHY);
    assert_eq!(codes(&findings), ["L05"]);
    assert!(
        findings[0].message.contains("`4`"),
        "{}",
        findings[0].message
    );
    assert_eq!(live_codes(vec![row(&[(4, "c")])], TESTWORTHY), [""; 0]);
    assert_eq!(live_codes(vec![row(&[])], AZURE), [""; 0]);
    let mut using = row(&[]);
    using.values.as_mut().unwrap().unmapped = Unmapped::Use(Value::text("c"));
    assert_eq!(live_codes(vec![using], TESTWORTHY), [""; 0]);
}

#[test]
fn l06_values_that_azure_devops_does_not_allow() {
    let row = |value| Row {
        values: Some(values(&[("a", value)], &[])),
        ..field_row("priority", "Microsoft.VSTS.Common.Priority")
    };
    assert_eq!(live_codes(vec![row(9)], AZURE), ["L06"]);
    assert_eq!(live_codes(vec![row(1)], AZURE), [""; 0]);
    let constant = constant_row(Value::text("Major"), "Custom.Level");
    let findings = live(vec![constant], AZURE);
    assert_eq!(codes(&findings), ["L06"]);
    assert!(
        findings[0]
            .help
            .as_deref()
            .unwrap()
            .contains("`1 - Critical` and `2 - Minor`")
    );
    let text = codec(
        Codec::Text,
        constant_row(Value::text("Major"), "Custom.Level"),
    );
    assert_eq!(
        live_codes(vec![text], AZURE),
        [""; 0],
        "`as: text` turns the check off"
    );
}

#[test]
fn l07_a_two_way_table_that_does_not_come_back() {
    let row = |direction| Row {
        direction,
        values: Some(values(&[("a", 1), ("c", 2)], &[(1, "c")])),
        ..field_row("priority", "Microsoft.VSTS.Common.Priority")
    };
    assert_eq!(
        live_codes(vec![row(Some(Direction::TwoWay))], AZURE),
        ["L07"]
    );
    assert_eq!(
        offline(vec![row(Some(Direction::TwoWay))], &[AZURE]),
        ["L07"]
    );
    assert_eq!(live_codes(vec![row(None)], AZURE), ["one-way-table"]);
    assert_eq!(
        live_codes(vec![row(Some(Direction::ToAzureDevOps))], AZURE),
        [""; 0]
    );
}

#[test]
fn l08_lists_what_becomes_one_and_can_be_allowed() {
    let findings = live(vec![priority_row()], AZURE);
    assert_eq!(codes(&findings), ["L08"]);
    assert!(
        findings[0].message.contains("`4` under `reverse`"),
        "{}",
        findings[0].message
    );
    let merging = Row {
        values: Some(values(&[("a", 1), ("b", 1)], &[])),
        ..field_row("priority", "Microsoft.VSTS.Common.Priority")
    };
    let findings = live(vec![merging.clone()], AZURE);
    assert_eq!(codes(&findings), ["L08"]);
    assert!(
        findings[0].message.contains("`a` and `b` become `1`"),
        "{}",
        findings[0].message
    );
    let allowed = Row {
        allow: vec![accepted("L08")],
        ..merging
    };
    assert_eq!(live_codes(vec![allowed], AZURE), [""; 0]);
}

#[test]
fn an_error_cannot_be_allowed() {
    let row = Row {
        allow: vec![accepted("L01")],
        ..field_row("titel", "System.Title")
    };
    assert_eq!(live_codes(vec![row], AZURE), ["L01"]);
}

#[test]
fn l12_two_rows_write_one_field() {
    let twice = || {
        let other = Row {
            name: "other".to_owned(),
            ..field_row("section.name", "System.Title")
        };
        vec![field_row("title", "System.Title"), other]
    };
    let findings = live(twice(), AZURE);
    assert_eq!(codes(&findings), ["L12"]);
    assert!(findings[0].message.contains("row `other`") && !findings[0].related.is_empty());
    let mut read = twice();
    read[1].source = crate::model::config::RowSource::Field("gherkin".to_owned());
    assert_eq!(
        live_codes(read.clone(), TESTWORTHY),
        [""; 0],
        "they are only read there"
    );
    let mut apart = read;
    apart[1].direction = Some(Direction::ToTestWorthy);
    assert_eq!(live_codes(apart, AZURE), [""; 0]);
    let sources = vec![
        field_row("title", "System.Title"),
        field_row("title", "Custom.Origin"),
    ];
    assert_eq!(live_codes(sources.clone(), AZURE), [""; 0]);
    assert_eq!(offline(sources, &[TESTWORTHY]), ["L12"]);
    let tags = vec![tag_row("smoke", "ref:x"), prefix_row("refs", "ref:")];
    assert_eq!(offline(tags, &[AZURE]), ["L12"]);
    let disjoint = vec![
        tag_row("smoke", "smoke"),
        tag_row("regression", "regression"),
    ];
    assert_eq!(offline(disjoint, &[AZURE, TESTWORTHY]), [""; 0]);
}

#[test]
fn l14_an_outcome_is_no_state() {
    let row = one_way(
        field_row("lastResult", "Custom.RunState"),
        Direction::ToAzureDevOps,
    );
    assert_eq!(live_codes(vec![row], AZURE), ["L14", "L25"]);
    let row = Row {
        on_create: true,
        ..field_row("lastResult", "Custom.Origin")
    };
    assert_eq!(live_codes(vec![row], AZURE), [""; 0]);
}

#[test]
fn l19_a_constant_goes_one_way() {
    let row = constant_row(Value::text("x"), "Custom.Origin");
    let row = one_way(row, Direction::ToTestWorthy);
    assert_eq!(offline(vec![row], &[]), ["L19"]);
}

#[test]
fn l24_a_value_that_is_spelled_differently() {
    let row = constant_row(Value::text("1 - critical"), "Custom.Level");
    assert_eq!(live_codes(vec![row], AZURE), ["L24"]);
}

#[test]
fn a_mapping_with_nothing_for_the_rule_is_told() {
    let row = one_way(field_row("title", "System.Title"), Direction::ToTestWorthy);
    assert_eq!(live_codes(vec![row], AZURE), ["nothing-to-write"]);
}

#[test]
fn markup_people_paths_and_states_go_only_where_their_codec_reads_them() {
    let refused = [
        codec(Codec::Text, field_row("description", "Custom.Notes")),
        codec(Codec::Text, field_row("gherkin", "System.Description")),
        field_row("description", "Custom.Notes"),
        field_row("steps", "Custom.Notes"),
        codec(
            Codec::Steps,
            field_row("description", "Microsoft.VSTS.TCM.Steps"),
        ),
        codec(Codec::RichText, field_row("steps", "System.Description")),
        field_row("section.path", "System.AreaPath"),
        field_row("gherkin", "System.AreaPath"),
        field_row("gherkin", "System.AssignedTo"),
        field_row("smoke", "System.State"),
        field_row("title", "System.Reason"),
    ];
    for row in refused {
        let name = format!("{} {:?}", row.name, row.target);
        assert_eq!(live_codes(vec![row.clone()], AZURE), ["L02"], "{name}");
    }
    let accepted = [
        field_row("description", "System.Description"),
        Row {
            allow: vec![accepted("L10")],
            ..codec(Codec::RichText, field_row("description", "Custom.Notes"))
        },
        field_row("gherkin", "System.Description"),
        field_row("steps", "Microsoft.VSTS.TCM.Steps"),
        field_row("testData", "Microsoft.VSTS.TCM.LocalDataSource"),
        field_row("section.path", "Custom.Origin"),
        field_row("createdBy", "System.AssignedTo"),
        field_row("createdBy", "Custom.Origin"),
        field_row("custom.owner", "System.AssignedTo"),
        field_row("custom.status", "System.State"),
    ];
    for row in accepted {
        let name = format!("{} {:?}", row.name, row.target);
        assert_eq!(live_codes(vec![row.clone()], AZURE), [""; 0], "{name}");
        assert_eq!(offline(vec![row], &[AZURE]), [""; 0], "{name}");
    }
}

#[test]
fn tags_that_no_row_can_own_are_refused() {
    for tag in ["Accord", "a;b", "a,b", " ", &"x".repeat(401)] {
        assert_eq!(
            offline(vec![tag_row("smoke", tag)], &[AZURE]),
            ["tag-not-usable"],
            "{tag}"
        );
    }
    assert_eq!(
        offline(vec![prefix_row("refs", "ref;")], &[AZURE]),
        ["tag-not-usable"]
    );
}

#[test]
fn every_finding_of_this_room_is_in_the_catalogue_with_all_its_parts() {
    for code in ["L01", "L24", "one-way-table", "unmapped-value"] {
        let entry = catalog::find(code).unwrap();
        for part in [entry.title, entry.explanation, entry.example, entry.fix] {
            assert!(!part.is_empty(), "{code}");
        }
    }
}
