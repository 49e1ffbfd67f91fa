//! What rows lose, what feeds itself, what changes by itself.

use indexmap::IndexMap;

use super::{AZURE, TESTWORTHY, accepted, codec, codes, live, live_codes, offline, one_way};
use crate::mapping::lint;
use crate::mapping::testing::{field_row, mapping, prefix_row, values};
use crate::model::config::{Codec, Row, RowSource, Unmapped, ValueMap};
use crate::model::{Direction, Value};

fn expression(text: &str, reference: &str) -> Row {
    Row {
        name: reference.to_owned(),
        source: RowSource::Expression(text.to_owned()),
        ..field_row("title", reference)
    }
}

fn path_table(entries: &[(&str, &str)]) -> ValueMap {
    ValueMap {
        values: entries
            .iter()
            .map(|(left, right)| ((*left).to_owned(), Value::text(*right)))
            .collect(),
        reverse: IndexMap::new(),
        unmapped: Unmapped::Hold,
    }
}

#[test]
fn l09_formatting_cannot_come_back_from_plain_text() {
    let row = codec(Codec::RichText, field_row("description", "System.Title"));
    assert_eq!(
        offline(vec![row.clone()], &[AZURE, TESTWORTHY]),
        ["L09", "L11"]
    );
    let apart = one_way(row, Direction::ToAzureDevOps);
    let found = offline(
        vec![apart, field_row("title", "Custom.A")],
        &[AZURE, TESTWORTHY],
    );
    assert_eq!(found, ["L10", "L11"], "one way is no round trip");
    let same_kind = field_row("description", "System.Description");
    assert_eq!(offline(vec![same_kind], &[AZURE, TESTWORTHY]), [""; 0]);
    let marked = codec(Codec::RichText, field_row("gherkin", "System.Description"));
    let marked = one_way(marked, Direction::TwoWay);
    assert_eq!(offline(vec![marked], &[AZURE]), ["L09"]);
}

#[test]
fn l09_paths_that_become_one() {
    let row = |entries| Row {
        values: Some(path_table(entries)),
        direction: Some(Direction::TwoWay),
        ..codec(Codec::Path, field_row("custom.area", "System.AreaPath"))
    };
    for many in [
        &[("Checkout/**", r"Web\QA")][..],
        &[(r"Web\A", r"Web\QA"), (r"Web\B", r"web\qa")],
    ] {
        let findings = lint(&mapping(vec![row(many)]), &[AZURE]);
        assert_eq!(codes(&findings), ["L09"], "{many:?}");
        assert!(
            findings[0].message.to_lowercase().contains("qa"),
            "{}",
            findings[0].message
        );
    }
    let lawful = row(&[(r"Web\A", r"Web\QA"), (r"Web\B", r"Web\QB")]);
    assert_eq!(offline(vec![lawful], &[AZURE]), [""; 0]);
}

#[test]
fn l10_says_what_plain_text_drops() {
    let row = || codec(Codec::RichText, field_row("description", "Custom.Notes"));
    let findings = live(vec![row()], AZURE);
    assert_eq!(codes(&findings), ["L10"]);
    for dropped in ["bold", "images", "tables", "lists", "links"] {
        assert!(findings[0].message.contains(dropped), "{dropped}");
    }
    assert_eq!(
        live_codes(vec![row()], TESTWORTHY),
        [""; 0],
        "plain text loses nothing"
    );
    let marked = codec(Codec::RichText, field_row("gherkin", "System.Description"));
    assert_eq!(live_codes(vec![marked.clone()], TESTWORTHY), ["L10"]);
    assert_eq!(live_codes(vec![marked], AZURE), [""; 0]);
    let custom = codec(Codec::RichText, field_row("custom.story", "Custom.Notes"));
    assert_eq!(
        live_codes(vec![custom], AZURE),
        ["L10"],
        "custom fields may be formatted"
    );
    let mut allowed = row();
    allowed.allow = vec![accepted("L10")];
    assert_eq!(live_codes(vec![allowed], AZURE), [""; 0]);
}

#[test]
fn l11_long_texts_in_a_field_of_one_line() {
    let long = || field_row("gherkin", "Custom.Origin");
    assert_eq!(live_codes(vec![long()], AZURE), ["L11"]);
    assert_eq!(live_codes(vec![long()], TESTWORTHY), [""; 0]);
    assert_eq!(
        live_codes(vec![field_row("gherkin", "Custom.Notes")], AZURE),
        [""; 0]
    );
    assert_eq!(
        live_codes(vec![field_row("title", "Custom.Origin")], AZURE),
        [""; 0]
    );
    let computed = expression("title ~ steps", "Custom.Origin");
    assert_eq!(live_codes(vec![computed], AZURE), ["L11"]);
    let short = expression("title ~ priority", "Custom.Origin");
    assert_eq!(live_codes(vec![short], AZURE), [""; 0]);
}

#[test]
fn l13_an_expression_that_feeds_itself() {
    let shout = || {
        one_way(
            expression("title ~ '!'", "Custom.A"),
            Direction::ToAzureDevOps,
        )
    };
    let back = || one_way(field_row("title", "Custom.A"), Direction::ToTestWorthy);
    let both = [AZURE, TESTWORTHY];
    let findings = lint(&mapping(vec![shout(), back()]), &both);
    assert_eq!(codes(&findings), ["L13"]);
    assert!(findings[0].message.contains("row `title` brings that back"));
    assert_eq!(
        offline(vec![shout(), back()], &[AZURE]),
        [""; 0],
        "nothing comes back"
    );
    // title to Custom.B and from there to gherkin, which the expression reads, is no circle through
    // its own result; title and Custom.C, which another row carries on, is one.
    let title = one_way(field_row("title", "System.Title"), Direction::TwoWay);
    assert_eq!(offline(vec![shout(), title], &both), [""; 0]);
    let through = vec![
        one_way(
            expression("title ~ '!'", "Custom.A"),
            Direction::ToAzureDevOps,
        ),
        one_way(field_row("custom.x", "Custom.A"), Direction::ToTestWorthy),
        Row {
            name: "on".to_owned(),
            ..one_way(field_row("custom.x", "Custom.B"), Direction::ToAzureDevOps)
        },
        one_way(field_row("title", "Custom.B"), Direction::ToTestWorthy),
    ];
    assert_eq!(offline(through, &both), ["L13"]);
}

#[test]
fn l24_entries_that_differ_only_by_case() {
    let row = Row {
        values: Some(values(&[("High", 1), (" high", 2)], &[])),
        ..field_row("priority", "Microsoft.VSTS.Common.Priority")
    };
    assert_eq!(offline(vec![row], &[AZURE]), ["L24"]);
}

#[test]
fn l25_fields_that_change_by_themselves() {
    for (row, target) in [
        (field_row("modifiedOn", "Custom.When"), AZURE),
        (field_row("lastResult", "Custom.Origin"), AZURE),
        (
            codec(Codec::Number, field_row("custom.rev", "System.Rev")),
            TESTWORTHY,
        ),
        (
            codec(
                Codec::DateTime,
                field_row("custom.at", "System.ChangedDate"),
            ),
            TESTWORTHY,
        ),
        (
            codec(Codec::Number, field_row("custom.n", "System.CommentCount")),
            TESTWORTHY,
        ),
        (
            codec(
                Codec::Number,
                field_row("custom.rank", "Microsoft.VSTS.Common.StackRank"),
            ),
            TESTWORTHY,
        ),
        (expression("lastResult", "Custom.Other"), AZURE),
    ] {
        let name = row.name.clone();
        assert_eq!(offline(vec![row.clone()], &[target]), ["L25"], "{name}");
        let once = Row {
            on_create: true,
            ..row
        };
        assert_eq!(offline(vec![once], &[target]), [""; 0], "{name}");
    }
    assert_eq!(
        offline(vec![field_row("createdOn", "Custom.When")], &[AZURE]),
        [""; 0]
    );
}

#[test]
fn l01_and_expression_invalid_in_expressions() {
    for (text, code, words) in [
        ("titel ~ 'x'", "L01", "`titel`"),
        ("title ~ (", "expression-invalid", "row `Custom.A`"),
        ("title | shout", "expression-invalid", "shout"),
        (&"(".repeat(40), "expression-invalid", "32"),
        (&"title ~ ".repeat(400), "expression-invalid", "2048"),
    ] {
        let findings = lint(&mapping(vec![expression(text, "Custom.A")]), &[AZURE]);
        assert_eq!(codes(&findings), [code], "{text}");
        assert!(
            findings[0].message.contains(words),
            "{}",
            findings[0].message
        );
        assert!(findings[0].location.is_some(), "{text}");
    }
    let sound = expression("title ~ ' (' ~ priority ~ ')'", "Custom.A");
    assert_eq!(offline(vec![sound], &[AZURE]), [""; 0]);
}

#[test]
fn tags_hold_nothing_back() {
    let rows = vec![prefix_row("refs", "ref:")];
    assert_eq!(offline(rows, &[AZURE, TESTWORTHY]), [""; 0]);
}
