//! Reading and translating the values of rows.

use super::text;
use crate::mapping::Problem;
use crate::mapping::testing::{
    case, compiled, compiled_row, constant_row, field_row, prefix_row, priority_row, tag_row,
    work_item,
};
use crate::model::config::{Codec, Row, Unmapped};
use crate::model::{Direction, System, Value, WorkItemId};

#[test]
fn a_row_has_a_path_on_either_side() {
    let path = |row, system| compiled_row(row).path(system);
    let (tw, azure) = (System::TestWorthy, System::AzureDevOps);
    assert_eq!(
        path(field_row("title", "System.Title"), azure),
        "System.Title"
    );
    assert_eq!(path(field_row("title", "System.Title"), tw), "title");
    assert_eq!(path(tag_row("smoke", "smoke"), azure), "System.Tags[smoke]");
    assert_eq!(
        path(prefix_row("refs", "ref:"), azure),
        "System.Tags[ref:*]"
    );
}

#[test]
fn a_constant_goes_to_azure_devops_only() {
    let row = compiled_row(constant_row(text(" TestWorthy "), "Custom.Origin"));
    assert!(row.active(System::AzureDevOps) && !row.active(System::TestWorthy));
    let value = row.read_case(&case(&[], &[]), None).unwrap();
    assert_eq!(row.to_azure_devops(&value), Ok(text("TestWorthy")));
    let system = System::TestWorthy;
    assert_eq!(row.to_testworthy(&value), Err(Problem::ReadOnly { system }));
}

#[test]
fn a_direction_narrows_a_row() {
    let row = compiled_row(Row {
        direction: Some(Direction::ToAzureDevOps),
        ..field_row("title", "System.Title")
    });
    assert!(row.active(System::AzureDevOps) && !row.active(System::TestWorthy));
}

#[test]
fn references_leave_out_the_own_mention_only() {
    let row = compiled_row(prefix_row("refs", "ref:"));
    let case = case(&[], &["TW-14", "AB#5120", "AB#7"]);
    let own = Some(WorkItemId(5120));
    assert_eq!(row.read_case(&case, own), Ok(Value::set(["TW-14", "AB#7"])));
    assert_eq!(
        row.read_case(&case, None),
        Ok(Value::set(["TW-14", "AB#5120", "AB#7"]))
    );
}

#[test]
fn tags_are_read_by_the_row_that_owns_them() {
    let item = work_item(&[], &["accord", "Smoke", "REF:TW-1", "ref:", "other"]);
    let smoke = compiled_row(tag_row("smoke", "smoke"));
    assert_eq!(smoke.read_work_item(&item), Ok(Value::Boolean(true)));
    let refs = compiled_row(prefix_row("refs", "ref:"));
    let value = refs.read_work_item(&item).unwrap();
    assert_eq!(value, Value::set(["REF:TW-1"]));
    assert_eq!(refs.to_testworthy(&value), Ok(Value::set(["TW-1"])));
    assert_eq!(
        refs.to_azure_devops(&Value::set(["tw-1"])),
        Ok(Value::set(["ref:tw-1"]))
    );
    assert!(refs.in_accord(&Value::set(["tw-1"]), &value));
}

#[test]
fn all_tags_as_a_set_leave_accords_out() {
    let row = compiled_row(Row {
        codec: Some(Codec::Set),
        ..field_row("refs", "System.Tags")
    });
    let item = work_item(&[], &["Accord", "b", "a"]);
    assert_eq!(row.read_work_item(&item), Ok(Value::set(["a", "b"])));
    let reserved = row.to_azure_devops(&Value::set(["accord"]));
    assert_eq!(reserved, Err(Problem::ReservedTag));
}

#[test]
fn a_flag_that_is_absent_is_false() {
    let row = compiled_row(tag_row("smoke", "smoke"));
    assert_eq!(
        row.read_case(&case(&[], &[]), None),
        Ok(Value::Boolean(false))
    );
    assert!(row.in_accord(&Value::Boolean(false), &Value::Boolean(false)));
    let flag = compiled_row(field_row("regression", "Custom.Flag"));
    let item = work_item(&[], &[]);
    assert_eq!(flag.read_work_item(&item), Ok(Value::Boolean(false)));
}

#[test]
fn values_translate_and_what_has_no_entry_waits() {
    let row = compiled_row(priority_row());
    assert_eq!(
        row.to_azure_devops(&text("P1 - Must Test")),
        Ok(Value::integer(1))
    );
    assert_eq!(
        row.to_testworthy(&Value::integer(2)),
        Ok(text("P2 - Should Test"))
    );
    assert_eq!(
        row.to_testworthy(&Value::integer(4)),
        Ok(text("P3 - Good to Test"))
    );
    let problem = row.to_azure_devops(&text("P0")).unwrap_err();
    assert!(matches!(&problem, Problem::Unmapped { value: Some(v), .. } if *v == text("P0")));
    let message = problem.to_string();
    assert!(
        message.contains("TestWorthy value `P0`") && message.contains("field waits"),
        "{message}"
    );
}

#[test]
fn unmapped_can_hold_the_item_or_give_a_value() {
    let with = |unmapped| {
        let mut row = priority_row();
        if let Some(values) = &mut row.values {
            values.unmapped = unmapped;
        }
        compiled_row(row).to_azure_devops(&text("P0"))
    };
    assert!(with(Unmapped::SkipItem).unwrap_err().skips_item());
    assert_eq!(
        with(Unmapped::Use(Value::integer(3))),
        Ok(Value::integer(3))
    );
    assert_eq!(with(Unmapped::Use(Value::Null)), Ok(Value::Null));
}

#[test]
fn a_reversed_value_is_in_accord_though_nothing_leads_to_it() {
    let row = compiled_row(priority_row());
    assert!(row.in_accord(&text("P3 - Good to Test"), &Value::integer(4)));
    assert!(row.in_accord(&text("P3 - Good to Test"), &Value::integer(3)));
    assert!(!row.in_accord(&text("P1 - Must Test"), &Value::integer(4)));
}

#[test]
fn picklists_write_the_spelling_of_the_list_and_refuse_what_is_not_in_it() {
    let row = compiled_row(field_row("type", "Custom.Level"));
    assert_eq!(
        row.to_azure_devops(&text("1 - CRITICAL")),
        Ok(text("1 - Critical"))
    );
    let problem = row.to_azure_devops(&text("3")).unwrap_err();
    assert!(matches!(problem, Problem::NotAllowed { .. }));
    assert!(problem.to_string().contains("`2 - Minor`"), "{problem}");
    assert_eq!(row.to_azure_devops(&Value::Null), Ok(Value::Null));
}

#[test]
fn texts_that_do_not_fit_wait_and_are_never_cut() {
    let title = compiled_row(field_row("title", "System.Title"));
    assert_eq!(
        title.to_azure_devops(&text(&"x".repeat(255))),
        Ok(text(&"x".repeat(255)))
    );
    let (limit, length) = (255, 256);
    let long = title.to_azure_devops(&text(&"x".repeat(256)));
    assert_eq!(long, Err(Problem::TooLong { limit, length }));
    // Two UTF-16 code units each: the server counts those.
    let wide = title.to_azure_devops(&text(&"😀".repeat(128)));
    assert_eq!(wide, Err(Problem::TooLong { limit, length }));
    let line = compiled_row(field_row("gherkin", "Custom.Origin"));
    assert_eq!(line.to_azure_devops(&text("a\nb")), Err(Problem::LineBreak));
    let notes = compiled_row(field_row("gherkin", "Custom.Notes"));
    assert_eq!(notes.to_azure_devops(&text("a\nb")), Ok(text("a\nb")));
}

#[test]
fn separators_cannot_be_part_of_a_tag_or_a_reference() {
    let row = compiled_row(prefix_row("refs", "ref:"));
    let problem = row.to_azure_devops(&Value::set(["A;B"])).unwrap_err();
    assert!(matches!(
        problem,
        Problem::Separator {
            system: System::AzureDevOps,
            ..
        }
    ));
    let long = row.to_azure_devops(&Value::set(["x".repeat(400)]));
    assert!(matches!(
        long,
        Err(Problem::TooLong {
            limit: 400,
            length: 404
        })
    ));
}

#[test]
fn numbers_and_instants_are_read_from_texts_and_kept_as_texts() {
    let row = compiled_row(Row {
        codec: Some(Codec::Number),
        ..field_row("custom.count", "Custom.Count")
    });
    let read = |value| row.read_case(&case(&[("custom.count", value)], &[]), None);
    assert_eq!(read(text(" 5.0 ")), Ok(Value::integer(5)));
    let problem = read(text("five")).unwrap_err();
    assert!(matches!(problem, Problem::WrongKind { .. }));
    let half = read(text("0.5")).unwrap();
    assert!(
        row.to_azure_devops(&half).is_err(),
        "the field holds whole numbers"
    );
    let when = compiled_row(field_row("createdOn", "Custom.When"));
    let instant = text("2024-05-06T07:08:09.123Z");
    let value = when
        .read_case(&case(&[("createdOn", instant)], &[]), None)
        .unwrap();
    assert_eq!(value.to_string(), "2024-05-06T07:08:09Z");
    let system = System::TestWorthy;
    assert_eq!(
        when.to_testworthy(&value),
        Err(Problem::ReadOnly { system })
    );
}

#[test]
fn problems_of_sensitive_rows_tell_no_value() {
    let secret = compiled_row(Row {
        sensitive: true,
        ..priority_row()
    });
    let problem = secret.to_azure_devops(&text("hunter2")).unwrap_err();
    assert!(!format!("{problem} {problem:?}").contains("hunter2"));
    let number = compiled_row(Row {
        sensitive: true,
        codec: Some(Codec::Number),
        ..field_row("custom.count", "Custom.Count")
    });
    let case = case(&[("custom.count", text("hunter2"))], &[]);
    let problem = number.read_case(&case, None).unwrap_err();
    assert!(!format!("{problem} {problem:?}").contains("hunter2"));
}

#[test]
fn the_digest_follows_the_meaning_and_nothing_else() {
    let digest = |row| compiled_row(row).digest().to_owned();
    let plain = digest(priority_row());
    assert_eq!(plain.len(), 16);
    let mut same = priority_row();
    same.sensitive = true;
    same.on_create = true;
    same.direction = Some(Direction::ToAzureDevOps);
    same.origin.line = 99;
    assert_eq!(digest(same), plain);
    let mut other = priority_row();
    if let Some(values) = &mut other.values {
        values
            .values
            .insert("P1 - Must Test".to_owned(), Value::integer(2));
    }
    assert_ne!(digest(other), plain);
    let text = Row {
        codec: Some(Codec::Text),
        ..field_row("type", "Custom.Level")
    };
    assert_ne!(
        digest(text),
        digest(field_row("type", "Custom.Level")),
        "the resolved codec counts"
    );
}

#[test]
fn facts_of_the_item_itself_can_be_read() {
    let rows = vec![
        Row {
            direction: Some(Direction::ToTestWorthy),
            ..field_row("custom.workItem", "System.Id")
        },
        Row {
            direction: Some(Direction::ToAzureDevOps),
            ..field_row("section.name", "Custom.Origin")
        },
    ];
    let mapping = compiled(rows, System::TestWorthy);
    let id = mapping.rows[0].read_work_item(&work_item(&[], &[]));
    assert_eq!(id, Ok(Value::integer(5120)));
    assert_eq!(
        mapping.rows[1].read_case(&case(&[], &[]), None),
        Ok(text("Cards"))
    );
}
