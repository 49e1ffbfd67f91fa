//! A `FieldMapping`.

use std::collections::BTreeMap;

use super::{Shape, spec, winner};
use crate::model::Direction;
use crate::model::config::{FieldMapping, Row, RowSource, RowTarget, Unmapped};

pub(super) fn shape(mapping: &FieldMapping) -> Shape {
    renamed(mapping, &BTreeMap::new())
}

/// Both sides of a mapping, rows that only changed their name under the newer one.
pub(in super::super) fn both(before: &FieldMapping, after: &FieldMapping) -> (Shape, Shape) {
    (renamed(before, &new_names(before, after)), shape(after))
}

/// The newer names of the rows that only changed their name, by the older ones: such a row is another one to
/// the state, but to a reader it is the same.
pub(in super::super) fn new_names(
    before: &FieldMapping,
    after: &FieldMapping,
) -> BTreeMap<String, String> {
    let gone = |row: &&Row| !after.rows.iter().any(|one| one.name == row.name);
    let new = |row: &&Row| !before.rows.iter().any(|one| one.name == row.name);
    let mut gone: Vec<&Row> = before.rows.iter().filter(gone).collect();
    let mut new: Vec<&Row> = after.rows.iter().filter(new).collect();
    let mut names = BTreeMap::new();
    let alike: [fn(&Row, &Row) -> bool; 2] = [
        |one, other| one.target == other.target,
        |one, other| one.source == other.source,
    ];
    for is_alike in alike {
        gone.retain(|old| {
            let Some(at) = new.iter().position(|one| is_alike(old, one)) else {
                return true;
            };
            names.insert(old.name.clone(), new.remove(at).name.clone());
            false
        });
    }
    names
}

fn renamed(mapping: &FieldMapping, names: &BTreeMap<String, String>) -> Shape {
    let FieldMapping {
        name: _,
        work_item_type,
        rows,
        origin: _,
    } = mapping;
    let rows = rows.iter().map(|one| {
        let name = names.get(&one.name).unwrap_or(&one.name);
        (name.clone(), row(one))
    });
    spec([
        ("azureDevOps", Some(Shape::value(work_item_type.as_str()))),
        ("fields", Some(Shape::named(rows))),
    ])
}

/// The Azure DevOps field of a row.
pub(super) fn field(target: &RowTarget) -> &str {
    match target {
        RowTarget::Field(name) => name,
        RowTarget::Tag(_) | RowTarget::TagPrefix(_) => "System.Tags",
    }
}

/// The name that a row has where none is given.
fn default_name(row: &Row) -> &str {
    match &row.source {
        RowSource::Field(name) => name,
        RowSource::Constant(_) | RowSource::Expression(_) => field(&row.target),
    }
}

fn row(row: &Row) -> Shape {
    let Row {
        name,
        source,
        target,
        direction,
        codec,
        values,
        on_create,
        sensitive,
        reasons,
        conflict,
        allow,
        origin: _,
    } = row;
    let text = |text: &str| Shape::value(text);
    // What a manifest says of the values of a sensitive row is as sensitive as they are.
    let value = |json: serde_json::Value| {
        if *sensitive {
            Shape::Hidden(json)
        } else {
            Shape::Value(json)
        }
    };
    let table = |table: &indexmap::IndexMap<String, crate::model::Value>| {
        if table.is_empty() {
            return None;
        }
        let entries = table.iter().map(|(from, to)| (from.clone(), to.to_json()));
        Some(if *sensitive {
            // The keys are values too. Sorted, because their order means nothing.
            let sorted: BTreeMap<_, _> = entries.collect();
            Shape::Hidden(sorted.into_iter().collect())
        } else {
            Shape::named(entries.map(|(from, to)| (from, Shape::Value(to))))
        })
    };
    let (field_name, constant, expression) = match source {
        RowSource::Field(name) => (Some(text(name)), None, None),
        RowSource::Constant(constant) => (None, Some(value(constant.to_json())), None),
        RowSource::Expression(expression) => (None, None, Some(text(expression))),
    };
    let (tag, prefix) = match target {
        RowTarget::Field(_) => (None, None),
        RowTarget::Tag(tag) => (Some(text(tag)), None),
        RowTarget::TagPrefix(prefix) => (None, Some(text(prefix))),
    };
    let unmapped = values.as_ref().and_then(|map| match &map.unmapped {
        Unmapped::Hold => None,
        Unmapped::SkipItem => Some(text("skipItem")),
        Unmapped::Use(used) => Some(value(serde_json::json!({ "use": used.to_json() }))),
    });
    let reasons = reasons
        .iter()
        .map(|(state, reason)| (state.clone(), text(reason)));
    let allow = allow.iter().map(|one| {
        (
            one.code.clone(),
            Shape::Keys(vec![("reason", text(&one.reason))]),
        )
    });
    Shape::keys([
        ("id", (name != default_name(row)).then(|| text(name))),
        ("testworthy", field_name),
        ("constant", constant),
        ("expression", expression),
        ("azureDevOps", Some(text(field(target)))),
        ("tag", tag),
        ("prefix", prefix),
        ("as", codec.map(|codec| text(codec.key()))),
        ("direction", direction.map(self::direction)),
        ("values", values.as_ref().and_then(|map| table(&map.values))),
        (
            "reverse",
            values.as_ref().and_then(|map| table(&map.reverse)),
        ),
        ("unmapped", unmapped),
        ("onCreate", on_create.then(|| Shape::value(true))),
        ("sensitive", sensitive.then(|| Shape::value(true))),
        ("reasons", Some(Shape::named(reasons))),
        ("conflict", conflict.map(winner)),
        ("allow", Some(Shape::named(allow))),
    ])
}

pub(super) fn direction(direction: Direction) -> Shape {
    Shape::value(match direction {
        Direction::ToAzureDevOps => "toAzureDevOps",
        Direction::ToTestWorthy => "toTestWorthy",
        Direction::TwoWay => "twoWay",
    })
}
