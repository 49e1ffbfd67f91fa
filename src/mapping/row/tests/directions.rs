//! Which ways a row goes: what can only be read on either side, and what is computed, is never written.

use super::text;
use crate::mapping::testing::{
    constant_row, field_row, mapping, prefix_row, tag_row, test_case_type,
};
use crate::mapping::{CompiledMapping, CompiledRow};
use crate::model::config::{Codec, Row, RowSource};
use crate::model::{CASE_FIELDS, CaseFieldAccess, CaseFieldKind, Direction, System};

/// A row on a case field with a custom field of Azure DevOps that can hold it.
fn fitting(name: &str, kind: CaseFieldKind) -> Row {
    let codec = match kind {
        CaseFieldKind::Text | CaseFieldKind::Path | CaseFieldKind::Picklist => Codec::Text,
        CaseFieldKind::RichText => Codec::RichText,
        CaseFieldKind::Steps => Codec::Steps,
        CaseFieldKind::Boolean => Codec::Boolean,
        CaseFieldKind::Number => Codec::Number,
        CaseFieldKind::DateTime => Codec::DateTime,
        CaseFieldKind::Set => Codec::Set,
        CaseFieldKind::User => Codec::User,
    };
    let target = match kind {
        CaseFieldKind::Steps => "Microsoft.VSTS.TCM.Steps",
        CaseFieldKind::RichText => "System.Description",
        _ => "Custom.Anything",
    };
    Row {
        codec: Some(codec),
        ..field_row(name, target)
    }
}

/// The row as it compiles without a server, whatever lint says of it.
fn ready(row: Row, live: bool) -> CompiledRow {
    let metadata = test_case_type();
    let declared = mapping(vec![row]);
    let metadata = live.then_some(&metadata);
    let (rows, sorted) = crate::mapping::compile::check(
        &declared,
        metadata,
        &crate::mapping::lint::Usage::of_rule(&[System::TestWorthy, System::AzureDevOps]),
    );
    let found = sorted.findings;
    rows.into_iter()
        .next()
        .unwrap_or_else(|| panic!("{found:#?}"))
}

#[test]
fn no_row_goes_to_a_case_field_that_can_only_be_read() {
    let custom = (
        "custom.anything",
        CaseFieldKind::Text,
        CaseFieldAccess::Write,
    );
    let known = CASE_FIELDS.iter();
    let fields = known.map(|field| (field.name, field.kind, field.access));
    let (mut both, mut one) = (0, 0);
    for (name, kind, access) in fields.chain([custom]) {
        let writes = access == CaseFieldAccess::Write;
        for direction in [None, Some(Direction::TwoWay)] {
            let row = ready(
                Row {
                    direction,
                    ..fitting(name, kind)
                },
                false,
            );
            assert!(row.active(System::AzureDevOps), "{name}");
            assert_eq!(row.active(System::TestWorthy), writes, "{name}");
            assert_eq!(row.is_two_way(Direction::TwoWay), writes, "{name}");
            let only = (!writes).then_some(System::AzureDevOps);
            assert_eq!(row.only_target(), only, "{name}");
            assert!(!row.is_two_way(Direction::ToAzureDevOps), "{name}");
            assert!(!row.is_two_way(Direction::ToTestWorthy), "{name}");
        }
        let back = ready(
            Row {
                direction: Some(Direction::ToTestWorthy),
                ..fitting(name, kind)
            },
            false,
        );
        assert!(!back.active(System::AzureDevOps), "{name}");
        assert_eq!(back.active(System::TestWorthy), writes, "{name}");
        assert!(!back.is_two_way(Direction::TwoWay), "{name}");
        (both, one) = (both + u32::from(writes), one + u32::from(!writes));
    }
    assert!(both > 20 && one > 7, "{both} can be written, {one} cannot");
}

#[test]
fn no_row_goes_to_a_work_item_field_that_can_only_be_read() {
    for (reference, live) in [
        ("System.CreatedDate", false),
        ("System.CreatedBy", false),
        ("System.ChangedDate", false),
        ("System.Id", false),
        ("System.Rev", false),
        ("System.AreaId", true),
        ("Custom.Locked", true),
    ] {
        let codec = match reference {
            "System.CreatedDate" | "System.ChangedDate" => Codec::DateTime,
            "System.CreatedBy" => Codec::User,
            "Custom.Locked" => Codec::Text,
            _ => Codec::Number,
        };
        let declared = Row {
            codec: Some(codec),
            ..field_row("custom.seen", reference)
        };
        let row = ready(declared.clone(), live);
        assert!(!row.active(System::AzureDevOps), "{reference}");
        assert!(row.active(System::TestWorthy), "{reference}");
        assert!(!row.is_two_way(Direction::TwoWay), "{reference}");
        assert_eq!(row.only_target(), Some(System::TestWorthy), "{reference}");
        // And a rule that goes both ways is told before it is planned.
        let both = [System::TestWorthy, System::AzureDevOps];
        let metadata = test_case_type();
        let (compiled, found) = CompiledMapping::compile(
            &mapping(vec![declared.clone()]),
            live.then_some(&metadata),
            &both,
        );
        assert!(compiled.is_none(), "{reference}");
        assert!(
            found.iter().any(|finding| finding.code.code == "L03"),
            "{found:#?}"
        );
        let narrowed = Row {
            direction: Some(Direction::ToTestWorthy),
            ..declared
        };
        let narrowed = ready(narrowed, live);
        assert_eq!(narrowed.only_target(), Some(System::TestWorthy));
    }
}

#[test]
fn paths_of_work_items_go_both_ways_though_the_server_calls_them_read_only() {
    let row = ready(
        Row {
            codec: Some(Codec::Path),
            ..field_row("custom.area", "System.AreaPath")
        },
        true,
    );
    assert!(row.is_two_way(Direction::TwoWay));
}

#[test]
fn constants_and_expressions_never_go_both_ways() {
    let constant = ready(constant_row(text("TestWorthy"), "Custom.Origin"), true);
    let expression = ready(
        Row {
            name: "label".to_owned(),
            source: RowSource::Expression("title".to_owned()),
            ..field_row("title", "Custom.Origin")
        },
        true,
    );
    for row in [constant, expression] {
        assert_eq!(row.only_target(), Some(System::AzureDevOps));
        assert!(!row.is_two_way(Direction::TwoWay));
    }
    let tags = [tag_row("smoke", "smoke"), prefix_row("refs", "ref:")];
    for row in tags {
        assert!(ready(row, true).is_two_way(Direction::TwoWay));
    }
}
