//! Drafts and patches.

use crate::mapping::testing::{
    case, compiled, field_row, owned, prefix_row, priority_row, tag_row, work_item,
};
use crate::mapping::{CaseValues, CompiledMapping, Problem, WorkItemValues};
use crate::model::config::{Codec, Row};
use crate::model::{System, Value, WorkItemId};

const OWN: WorkItemId = WorkItemId(5120);

fn mapping() -> CompiledMapping {
    let rows = vec![
        field_row("title", "System.Title"),
        priority_row(),
        tag_row("smoke", "smoke"),
        prefix_row("refs", "ref:"),
        Row {
            codec: Some(Codec::Number),
            ..field_row("custom.count", "Custom.Count")
        },
    ];
    compiled(rows, System::AzureDevOps)
}

fn text(text: &str) -> Value {
    Value::text(text)
}

#[test]
fn a_new_work_item_gets_values_tags_and_accords_tag_and_no_empty_fields() {
    let values = owned(&[
        ("title", text("Pay")),
        ("priority", Value::Null),
        ("smoke", Value::Boolean(true)),
        ("refs", Value::set(["ref:TW-1"])),
    ]);
    let draft = mapping().draft_work_item(&values).unwrap();
    assert_eq!(draft.fields, owned(&[("System.Title", text("Pay"))]));
    assert_eq!(draft.tags.unwrap(), ["smoke", "ref:TW-1", "accord"]);
}

#[test]
fn a_new_item_needs_its_title() {
    let values = owned(&[("title", Value::Null)]);
    let problem = mapping().draft_work_item(&values).unwrap_err();
    let system = System::AzureDevOps;
    assert_eq!(problem.problem, Problem::Required { system });
    assert!(problem.to_string().starts_with("row `title`"));
    assert!(mapping().draft_case(OWN, &values).is_err());
}

#[test]
fn a_patch_changes_named_rows_only() {
    let item = work_item(&[], &["Zeta", "Smoke", "REF:TW-1", "accord"]);
    let patch = |values: &[(&str, Value)]| mapping().patch_work_item(&item, &owned(values), false);
    assert_eq!(patch(&[]), Ok(WorkItemValues::default()));
    let cleared = patch(&[("priority", Value::Null)]).unwrap();
    assert_eq!(
        cleared.fields,
        owned(&[("Microsoft.VSTS.Common.Priority", Value::Null)])
    );
    assert_eq!(cleared.tags, None);
    let tags = patch(&[("smoke", Value::Boolean(false))]).unwrap().tags;
    assert_eq!(tags.unwrap(), ["Zeta", "REF:TW-1", "accord"]);
    let same = patch(&[("refs", Value::set(["ref:tw-1"]))]).unwrap();
    assert_eq!(
        same,
        WorkItemValues::default(),
        "the same set in another spelling"
    );
}

#[test]
fn accords_tag_is_added_only_when_asked_for() {
    let item = work_item(&[], &["b"]);
    let empty = owned(&[]);
    let tags = mapping().patch_work_item(&item, &empty, true).unwrap().tags;
    assert_eq!(tags.unwrap(), ["b", "accord"]);
    assert_eq!(
        mapping()
            .patch_work_item(&item, &empty, false)
            .unwrap()
            .tags,
        None
    );
}

#[test]
fn more_tags_than_azure_devops_takes_are_refused() {
    let members: Vec<String> = (0..100).map(|n| format!("ref:{n}")).collect();
    let values = owned(&[("title", text("x")), ("refs", Value::set(members))]);
    let problem = mapping().draft_work_item(&values).unwrap_err();
    assert_eq!(
        (problem.row.as_str(), problem.problem),
        ("refs", Problem::TooManyTags { count: 101 })
    );
}

#[test]
fn a_new_case_carries_the_mention_and_texts_where_its_fields_are_texts() {
    let values = owned(&[
        ("title", text("Pay")),
        ("refs", Value::set(["TW-1"])),
        ("smoke", Value::Boolean(false)),
        ("custom.count", Value::integer(3)),
    ]);
    let draft = mapping().draft_case(OWN, &values).unwrap();
    let fields = owned(&[
        ("title", text("Pay")),
        ("smoke", Value::Boolean(false)),
        ("custom.count", text("3")),
    ]);
    let refs = Some(vec!["AB#5120".to_owned(), "TW-1".to_owned()]);
    assert_eq!(draft, CaseValues { fields, refs });
}

#[test]
fn a_case_keeps_the_mention_where_it_stands() {
    let case = case(&[], &["TW-14", "ab#5120", "TW-15"]);
    let patch = |values: &[(&str, Value)]| mapping().patch_case(&case, OWN, &owned(values), true);
    assert_eq!(patch(&[]).unwrap(), CaseValues::default());
    let refs = patch(&[("refs", Value::set(["TW-15"]))]).unwrap().refs;
    assert_eq!(refs.unwrap(), ["ab#5120", "TW-15"]);
}

#[test]
fn a_case_without_the_mention_gets_it_behind_the_others_when_asked_for() {
    let case = case(&[], &["TW-14"]);
    let refs = |add| {
        mapping()
            .patch_case(&case, OWN, &owned(&[]), add)
            .unwrap()
            .refs
    };
    assert_eq!(refs(true).unwrap(), ["TW-14", "AB#5120"]);
    assert_eq!(refs(false), None);
}
