//! Value tables: lines `left => right` stand under `values`, `right <= left` under `reverse`, and
//! `= text` under `unmapped.use`. What lint says about a table is what the table does.

use std::collections::BTreeMap;

use accord::mapping::{CompiledMapping, CompiledRow};
use accord::model::config::{
    Codec, FieldMapping, Origin, Row, RowSource, RowTarget, Unmapped, ValueMap,
};
use accord::model::{Case, CaseId, Direction, Name, Rev, System, Value, WorkItem, WorkItemId};
use indexmap::IndexMap;

/// Any bytes as a table between two lines of text.
pub(crate) fn value_map(data: &[u8]) {
    let text = super::text(data);
    let table = table(&text);
    let mapping = mapping(table.clone());
    let (compiled, findings) = CompiledMapping::compile(&mapping, None, &[System::AzureDevOps]);
    let errors: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| finding.code.code)
        .collect();
    assert_eq!(
        compiled.is_none(),
        !errors.is_empty(),
        "{errors:?}: {text:?}"
    );
    assert!(
        errors.iter().all(|code| *code == "L07" || *code == "L02"),
        "{errors:?}: {text:?}"
    );
    // The same table one way is never unlawful, so its rows can be asked what they do.
    let one_way = FieldMapping {
        rows: vec![Row {
            conflict: None,
            direction: Some(Direction::ToAzureDevOps),
            // Lint looks at entries; what stands for values without one has no law to keep.
            values: Some(ValueMap {
                unmapped: Unmapped::Hold,
                ..table.clone()
            }),
            ..mapping.rows[0].clone()
        }],
        ..mapping
    };
    let (asked, _) = CompiledMapping::compile(&one_way, None, &[System::AzureDevOps]);
    let Some(asked) = asked else {
        assert!(errors.contains(&"L02"), "{errors:?}: {text:?}");
        return;
    };
    let row = &asked.rows[0];
    let mut comes_back = true;
    for right in table.values.values().filter_map(|right| held(row, right)) {
        let right = &right;
        let Ok(left) = row.to_testworthy(right) else {
            comes_back = false;
            continue;
        };
        comes_back &= row
            .to_azure_devops(&left)
            .is_ok_and(|again| row.same(System::AzureDevOps, &again, right));
    }
    // What `reverse` makes of a value has to have an entry.
    for right in table.reverse.keys() {
        let Some(right) = held(row, &Value::text(right.as_str())) else {
            continue;
        };
        let left = row.to_testworthy(&right);
        // Nothing stays nothing without an entry, which leads nowhere back.
        let has_entry = |left: &Value| {
            !left.is_null()
                || table
                    .values
                    .keys()
                    .any(|key| read(row, key).is_some_and(|key| key.is_null()))
        };
        comes_back &= left.is_ok_and(|left| has_entry(&left) && row.to_azure_devops(&left).is_ok());
    }
    assert_eq!(comes_back, !errors.contains(&"L07"), "{errors:?}: {text:?}");
    if comes_back {
        for left in table.values.keys() {
            let Some(left) = read(row, left) else {
                continue;
            };
            if let Ok(right) = row.to_azure_devops(&left) {
                assert!(row.in_accord(&left, &right), "{left} {right}: {text:?}");
            }
        }
    }
}

/// A text of a case's field as the row reads it.
fn read(row: &CompiledRow, text: &str) -> Option<Value> {
    let case = Case {
        id: CaseId(1),
        suite: None,
        project: None,
        section: None,
        section_path: Vec::new(),
        refs: Vec::new(),
        fields: BTreeMap::from([("custom.env".to_owned(), Value::text(text))]),
        modified_on: None,
    };
    row.read_case(&case, None).ok()
}

/// A value of a work item's field as the row reads it.
fn held(row: &CompiledRow, value: &Value) -> Option<Value> {
    let item = WorkItem {
        id: WorkItemId(1),
        rev: Rev(1),
        work_item_type: "Test Case".to_owned(),
        project: "Web Shop".to_owned(),
        tags: Vec::new(),
        fields: BTreeMap::from([("Custom.Env".to_owned(), value.clone())]),
        markdown: std::collections::BTreeSet::new(),
        relations: Vec::new(),
    };
    row.read_work_item(&item).ok()
}

fn table(text: &str) -> ValueMap {
    let mut table = ValueMap {
        values: IndexMap::new(),
        reverse: IndexMap::new(),
        unmapped: Unmapped::Hold,
    };
    for line in text.lines() {
        if let Some((left, right)) = line.split_once(" => ") {
            table.values.insert(left.to_owned(), Value::text(right));
        } else if let Some((right, left)) = line.split_once(" <= ") {
            table.reverse.insert(right.to_owned(), Value::text(left));
        } else if let Some(rest) = line.strip_prefix("= ") {
            table.unmapped = Unmapped::Use(Value::text(rest));
        } else if line == "skip" {
            table.unmapped = Unmapped::SkipItem;
        }
    }
    table
}

fn mapping(table: ValueMap) -> FieldMapping {
    let origin = Origin {
        file: "mapping.yaml".to_owned(),
        line: 7,
    };
    FieldMapping {
        name: Name::new("test-case").expect("a name"),
        work_item_type: "Test Case".to_owned(),
        rows: vec![Row {
            conflict: None,
            name: "custom.env".to_owned(),
            source: RowSource::Field("custom.env".to_owned()),
            target: RowTarget::Field("Custom.Env".to_owned()),
            direction: Some(Direction::TwoWay),
            codec: Some(Codec::Text),
            values: Some(table),
            on_create: false,
            sensitive: false,
            reasons: IndexMap::new(),
            allow: Vec::new(),
            origin: origin.clone(),
        }],
        origin,
    }
}
