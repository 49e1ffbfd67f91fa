//! Rows of a mapping: each reads both sides and compares them.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use accord::mapping::CompiledMapping;
use accord::mapping::codec::steps::CaseSteps;
use accord::model::config::{
    Codec, FieldMapping, Origin, Row, RowSource, RowTarget, Unmapped, ValueMap,
};
use accord::model::{
    AzureFieldKind, Case, CaseId, FieldDefinition, Name, Number, Rev, SuiteId, System, TypeField,
    Value, WorkItem, WorkItemId, WorkItemType,
};
use indexmap::IndexMap;

use crate::{clock, samples};

fn origin() -> Origin {
    Origin {
        file: "mapping.yaml".to_owned(),
        line: 1,
    }
}

fn row(testworthy: &str, target: RowTarget) -> Row {
    Row {
        conflict: None,
        name: testworthy.to_owned(),
        source: RowSource::Field(testworthy.to_owned()),
        target,
        direction: None,
        codec: None,
        values: None,
        on_create: false,
        sensitive: false,
        reasons: IndexMap::new(),
        allow: Vec::new(),
        origin: origin(),
    }
}

fn field(testworthy: &str, azure_devops: &str) -> Row {
    row(testworthy, RowTarget::Field(azure_devops.to_owned()))
}

/// Ten rows of ten codecs, as a team would map a test case.
pub(crate) fn mapping() -> CompiledMapping {
    let priorities = ["P1 - Must Test", "P2 - Should Test", "P3 - Good to Test"];
    let table = ValueMap {
        values: priorities
            .iter()
            .zip(1..)
            .map(|(name, number)| ((*name).to_owned(), Value::integer(number)))
            .collect(),
        reverse: IndexMap::from([("4".to_owned(), Value::text("P3 - Good to Test"))]),
        unmapped: Unmapped::Hold,
    };
    let rows = vec![
        field("title", "System.Title"),
        Row {
            conflict: None,
            values: Some(table),
            ..field("priority", "Microsoft.VSTS.Common.Priority")
        },
        field("estimate", "Custom.Estimate"),
        row("smoke", RowTarget::Tag("smoke".to_owned())),
        Row {
            conflict: None,
            codec: Some(Codec::Set),
            ..row("refs", RowTarget::TagPrefix("ref:".to_owned()))
        },
        Row {
            conflict: None,
            codec: Some(Codec::DateTime),
            ..field("modifiedOn", "Custom.When")
        },
        field("custom.level", "Custom.Level"),
        field("description", "System.Description"),
        field("preconditions", "Custom.Preconditions"),
        field("steps", "Microsoft.VSTS.TCM.Steps"),
    ];
    let mapping = FieldMapping {
        name: Name::new("test-case").expect("a name"),
        work_item_type: "Test Case".to_owned(),
        rows,
        origin: origin(),
    };
    let (ready, findings) =
        CompiledMapping::compile(&mapping, Some(&metadata()), &[System::AzureDevOps]);
    ready.unwrap_or_else(|| panic!("the mapping does not compile: {findings:#?}"))
}

fn metadata() -> WorkItemType {
    use AzureFieldKind as Kind;
    let kinds = [
        ("System.Title", Kind::String),
        ("Microsoft.VSTS.Common.Priority", Kind::Integer),
        ("Custom.Estimate", Kind::Double),
        ("Custom.When", Kind::DateTime),
        ("Custom.Level", Kind::String),
        ("System.Description", Kind::Html),
        ("Custom.Preconditions", Kind::Html),
        ("Microsoft.VSTS.TCM.Steps", Kind::Html),
    ];
    let fields = kinds.map(|(name, kind)| {
        let is_picklist = name == "Custom.Level";
        let levels = ["1 - Critical", "2 - Minor"].map(Value::text).to_vec();
        let field = TypeField {
            definition: FieldDefinition {
                reference_name: name.to_owned(),
                name: name.to_owned(),
                kind,
                is_picklist,
                read_only: false,
            },
            always_required: name == "System.Title",
            default_value: Value::Null,
            allowed_values: if is_picklist { levels } else { Vec::new() },
        };
        (name.to_owned(), field)
    });
    WorkItemType {
        name: "Test Case".to_owned(),
        fields: fields.into_iter().collect(),
        states: Vec::new(),
        transitions: None,
    }
}

/// A case and its work item, in accord. What the case holds was written by TestWorthy's editor, what the
/// work item holds by Azure DevOps.
pub(crate) fn pair(number: u64) -> (Case, WorkItem) {
    let when = "2026-11-22T10:15:00Z".parse().expect("an instant");
    let steps = CaseSteps::Separated(samples::separated(5));
    let text = |text: &str| Value::text(text);
    let estimate = i64::try_from(number % 900).expect("small");
    let case = Case {
        id: CaseId(number),
        suite: Some(SuiteId(41)),
        project: Some(7),
        section: None,
        section_path: vec!["Checkout".to_owned(), "Cards".to_owned()],
        refs: vec!["SHOP-17".to_owned(), format!("SHOP-{number}")],
        fields: BTreeMap::from([
            (
                "title".to_owned(),
                Value::text(format!("Reject expired card {number}")),
            ),
            ("priority".to_owned(), text("P2 - Should Test")),
            ("estimate".to_owned(), Value::integer(estimate)),
            ("smoke".to_owned(), Value::Boolean(true)),
            ("custom.level".to_owned(), text("2 - Minor")),
            ("description".to_owned(), text(samples::SHORT_HTML)),
            (
                "preconditions".to_owned(),
                Value::text(format!(
                    "<ul><li>customer {number} is <b>signed in</b></li><li>the cart holds 2 items</li></ul>"
                )),
            ),
            ("steps".to_owned(), steps.to_value()),
        ]),
        modified_on: Some(when),
    };
    let fields = [
        (
            "System.Title",
            Value::text(format!("Reject expired card {number}")),
        ),
        ("Microsoft.VSTS.Common.Priority", Value::integer(2)),
        ("Custom.Estimate", Value::Number(Number::Integer(estimate))),
        ("Custom.When", Value::DateTime(when)),
        ("Custom.Level", text("2 - Minor")),
        ("System.Description", text(samples::SHORT_HTML)),
        (
            "Custom.Preconditions",
            Value::text(format!(
                "<ul><li>customer {number} is <strong>signed in</strong> </li><li>the cart holds 2 items </li> </ul>"
            )),
        ),
        (
            "Microsoft.VSTS.TCM.Steps",
            Value::text(samples::steps_xml(5)),
        ),
    ];
    let item = WorkItem {
        id: WorkItemId(number),
        rev: Rev(3),
        work_item_type: "Test Case".to_owned(),
        project: "Web Shop".to_owned(),
        tags: vec![
            "accord".to_owned(),
            "smoke".to_owned(),
            "ref:SHOP-17".to_owned(),
            format!("ref:SHOP-{number}"),
        ],
        fields: fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        markdown: BTreeSet::new(),
        relations: Vec::new(),
    };
    (case, item)
}

/// What a plan does for a row of a linked pair.
pub(crate) fn in_accord(mapping: &CompiledMapping, case: &Case, item: &WorkItem) -> usize {
    let agree = mapping.rows.iter().filter(|row| {
        let left = row.read_case(case, Some(item.id)).expect("readable");
        let right = row.read_work_item(item).expect("readable");
        row.in_accord(&left, &right)
    });
    agree.count()
}

/// Each row alone.
pub(crate) fn measure() {
    let mapping = mapping();
    let (case, item) = pair(17);
    assert_eq!(in_accord(&mapping, &case, &item), mapping.rows.len());
    for row in &mapping.rows {
        let what = format!("row `{}`: {}", row.name(), row.codec().key());
        clock::measure(&what, "read both sides, compare", 0, 1, || {
            let left = row.read_case(black_box(&case), Some(item.id));
            let right = row.read_work_item(black_box(&item));
            let (left, right) = (left.expect("readable"), right.expect("readable"));
            assert!(black_box(row.in_accord(&left, &right)));
        });
    }
}
