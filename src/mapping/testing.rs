//! Rows, mappings and items for the tests of this room and of the diff.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::row::AzureEnd;
use super::{CompiledMapping, CompiledRow, Workflow};
use crate::model::config::{
    Codec, FieldMapping, Origin, Row, RowSource, RowTarget, Unmapped, ValueMap,
};
use crate::model::{
    AzureFieldKind, Case, CaseId, FieldDefinition, Name, Rev, SuiteId, System, TypeField, Value,
    WorkItem, WorkItemId, WorkItemState, WorkItemType,
};

pub(crate) fn field_row(testworthy: &str, azure_devops: &str) -> Row {
    Row {
        conflict: None,
        name: testworthy.to_owned(),
        source: RowSource::Field(testworthy.to_owned()),
        target: RowTarget::Field(azure_devops.to_owned()),
        direction: None,
        codec: None,
        values: None,
        on_create: false,
        sensitive: false,
        reasons: IndexMap::new(),
        allow: Vec::new(),
        origin: Origin {
            file: "mapping.yaml".to_owned(),
            line: 7,
        },
    }
}

pub(crate) fn tag_row(testworthy: &str, tag: &str) -> Row {
    Row {
        conflict: None,
        target: RowTarget::Tag(tag.to_owned()),
        ..field_row(testworthy, "System.Tags")
    }
}

pub(crate) fn prefix_row(testworthy: &str, prefix: &str) -> Row {
    Row {
        conflict: None,
        target: RowTarget::TagPrefix(prefix.to_owned()),
        codec: Some(Codec::Set),
        ..field_row(testworthy, "System.Tags")
    }
}

pub(crate) fn constant_row(value: Value, azure_devops: &str) -> Row {
    Row {
        conflict: None,
        name: azure_devops.to_owned(),
        source: RowSource::Constant(value),
        ..field_row("title", azure_devops)
    }
}

pub(crate) fn values(values: &[(&str, i64)], reverse: &[(i64, &str)]) -> ValueMap {
    let reversed = |(r, l): &(i64, &str)| (r.to_string(), Value::text(*l));
    ValueMap {
        values: values
            .iter()
            .map(|(l, r)| ((*l).to_owned(), Value::integer(*r)))
            .collect::<IndexMap<_, _>>(),
        reverse: reverse.iter().map(reversed).collect(),
        unmapped: Unmapped::Hold,
    }
}

/// The priority row of the manifest reference.
pub(crate) fn priority_row() -> Row {
    Row {
        conflict: None,
        values: Some(values(
            &[
                ("P1 - Must Test", 1),
                ("P2 - Should Test", 2),
                ("P3 - Good to Test", 3),
            ],
            &[(4, "P3 - Good to Test")],
        )),
        ..field_row("priority", "Microsoft.VSTS.Common.Priority")
    }
}

pub(crate) fn mapping(rows: Vec<Row>) -> FieldMapping {
    FieldMapping {
        name: Name::new("test-case").unwrap(),
        work_item_type: "Test Case".to_owned(),
        rows,
        origin: Origin {
            file: "mapping.yaml".to_owned(),
            line: 1,
        },
    }
}

/// Compiles rows that must compile, for a rule that writes `target`.
pub(crate) fn compiled(rows: Vec<Row>, target: System) -> CompiledMapping {
    let metadata = test_case_type();
    let (ready, findings) = CompiledMapping::compile(&mapping(rows), Some(&metadata), &[target]);
    ready.unwrap_or_else(|| panic!("does not compile: {findings:#?}"))
}

pub(crate) fn compiled_row(row: Row) -> CompiledRow {
    compiled(vec![row], System::AzureDevOps).rows.remove(0)
}

fn type_field(name: &str, kind: AzureFieldKind) -> TypeField {
    TypeField {
        definition: FieldDefinition {
            reference_name: name.to_owned(),
            name: name.rsplit('.').next().unwrap_or(name).to_owned(),
            kind,
            is_picklist: false,
            read_only: false,
        },
        always_required: false,
        default_value: Value::Null,
        allowed_values: Vec::new(),
    }
}

/// A work item type as a server would describe it.
pub(crate) fn test_case_type() -> WorkItemType {
    use AzureFieldKind as Kind;
    let plain = [
        ("System.Title", Kind::String),
        ("System.Id", Kind::Integer),
        ("System.Description", Kind::Html),
        ("System.State", Kind::String),
        ("System.Reason", Kind::String),
        ("Microsoft.VSTS.TCM.Steps", Kind::Html),
        ("Microsoft.VSTS.TCM.Parameters", Kind::Html),
        ("Microsoft.VSTS.TCM.LocalDataSource", Kind::Html),
        ("System.AssignedTo", Kind::Identity),
        ("System.AreaPath", Kind::TreePath),
        ("System.AreaId", Kind::Integer),
        ("System.CreatedDate", Kind::DateTime),
        ("Custom.Origin", Kind::String),
        ("Custom.Notes", Kind::PlainText),
        ("Custom.Estimate", Kind::Double),
        ("Custom.Count", Kind::Integer),
        ("Custom.Flag", Kind::Boolean),
        ("Custom.When", Kind::DateTime),
        ("Custom.RunState", Kind::String),
        ("Custom.Locked", Kind::String),
    ];
    let mut fields: BTreeMap<String, TypeField> = plain
        .into_iter()
        .map(|(name, kind)| (name.to_owned(), type_field(name, kind)))
        .collect();
    for name in ["System.Title", "System.State", "System.AreaId"] {
        fields.get_mut(name).unwrap().always_required = true;
    }
    fields
        .get_mut("System.AreaPath")
        .unwrap()
        .definition
        .read_only = true;
    fields
        .get_mut("Custom.Locked")
        .unwrap()
        .definition
        .read_only = true;
    let mut priority = type_field("Microsoft.VSTS.Common.Priority", Kind::Integer);
    priority.allowed_values = ["1", "2", "3", "4"].map(Value::text).to_vec();
    priority.default_value = Value::integer(2);
    fields.insert("Microsoft.VSTS.Common.Priority".to_owned(), priority);
    let mut level = type_field("Custom.Level", Kind::String);
    level.definition.is_picklist = true;
    level.allowed_values = ["1 - Critical", "2 - Minor"].map(Value::text).to_vec();
    fields.insert("Custom.Level".to_owned(), level);
    WorkItemType {
        name: "Test Case".to_owned(),
        fields,
        states: Vec::new(),
        transitions: None,
    }
}

pub(crate) fn case(fields: &[(&str, Value)], refs: &[&str]) -> Case {
    Case {
        id: CaseId(210_345),
        suite: Some(SuiteId(41)),
        project: Some(7),
        section: None,
        section_path: vec!["Checkout".to_owned(), "Cards".to_owned()],
        refs: refs.iter().map(|r| (*r).to_owned()).collect(),
        fields: owned(fields),
        modified_on: None,
    }
}

pub(crate) fn work_item(fields: &[(&str, Value)], tags: &[&str]) -> WorkItem {
    WorkItem {
        id: WorkItemId(5120),
        rev: Rev(3),
        work_item_type: "Test Case".to_owned(),
        project: "Web Shop".to_owned(),
        tags: tags.iter().map(|t| (*t).to_owned()).collect(),
        fields: owned(fields),
        markdown: BTreeSet::new(),
        relations: Vec::new(),
    }
}

pub(crate) fn owned(values: &[(&str, Value)]) -> BTreeMap<String, Value> {
    let own = |(name, value): &(&str, Value)| ((*name).to_owned(), value.clone());
    values.iter().map(own).collect()
}

/// Adds a row `disabled` on `System.State`: true is `Closed`, false is `Design`, and `Ready` counts as
/// false. The workflow is that of test cases: a new item is in `Design`, and the way between `Design` and
/// `Closed` goes by `Ready`. None leads out of `Removed`.
pub(crate) fn walking(mut mapping: CompiledMapping, reasons: &[(&str, &str)]) -> CompiledMapping {
    let table = ValueMap {
        values: [("true", "Closed"), ("false", "Design")]
            .map(|(l, r)| (l.to_owned(), Value::text(r)))
            .into(),
        reverse: [("Ready".to_owned(), Value::Boolean(false))].into(),
        unmapped: Unmapped::Hold,
    };
    let reasons: IndexMap<String, String> = reasons
        .iter()
        .map(|(state, reason)| ((*state).to_owned(), (*reason).to_owned()))
        .collect();
    let mut row = compiled_row(Row {
        codec: Some(Codec::Picklist),
        values: Some(table),
        reasons: reasons.clone(),
        ..field_row("disabled", "Custom.RunState")
    });
    if let AzureEnd::Field(field) = &mut row.azure {
        field.reference_name = "System.State".to_owned();
        field.required = true;
        field.has_default = true;
        field.workflow = Some(Workflow::new(Some(&workflow_type()), &reasons));
    }
    mapping.rows.push(row);
    mapping
}

/// The states of test cases and the ways between them.
fn workflow_type() -> WorkItemType {
    let state = |name: &str| WorkItemState {
        name: name.to_owned(),
        category: "InProgress".to_owned(),
    };
    let way = |(from, to): (&str, &[&str])| {
        let to = to.iter().map(|state| (*state).to_owned());
        (from.to_owned(), to.collect())
    };
    let ways: [(&str, &[&str]); 4] = [
        ("", &["Design"]),
        ("Design", &["Ready"]),
        ("Ready", &["Closed", "Design"]),
        ("Closed", &["Ready"]),
    ];
    WorkItemType {
        states: ["Design", "Ready", "Closed", "Removed"].map(state).into(),
        transitions: Some(ways.into_iter().map(way).collect()),
        ..test_case_type()
    }
}
