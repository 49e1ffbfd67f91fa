//! `Project`, `CustomField` and `MappingTest`.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::mapping::field;
use super::{Shape, secret, spec};
use crate::model::config::{
    ChangeLimit, CustomField, Example, FieldMapping, MappingTest, Project, RowSource, Safety,
    StateLocation,
};
use crate::model::{System, Value};

/// Fields whose values in examples are lists in no order; in others, as in steps, the order counts.
const SETS: [&str; 3] = ["System.Tags", "cucumberTags", "refs"];

pub(super) fn project(project: &Project) -> Shape {
    let Project {
        name,
        state,
        settle,
        safety: Safety { updates, deletes },
    } = project;
    let state = match state {
        StateLocation::Sqlite(path) => {
            Shape::keys([("sqlite", Some(Shape::Value(path.to_string_lossy().into())))])
        }
        StateLocation::Postgres { url } => {
            Shape::keys([("postgres", Some(Shape::keys([("url", Some(secret(url)))])))])
        }
        StateLocation::Git { remote, reference } => Shape::keys([(
            "git",
            Some(Shape::keys([
                ("remote", Some(Shape::value(remote.as_str()))),
                ("ref", Some(Shape::value(reference.as_str()))),
            ])),
        )]),
    };
    let limit = |limit: &ChangeLimit| {
        let ChangeLimit {
            max_percent,
            max_count,
        } = *limit;
        let percent = max_percent.map_or(Json::Null, Json::from);
        let count = max_count.map_or(Json::Null, Json::from);
        Shape::keys([
            ("maxPercent", Some(Shape::Value(percent))),
            ("maxCount", Some(Shape::Value(count))),
        ])
    };
    let settle = format!("{settle:?}");
    Shape::keys([
        (
            "metadata",
            Some(Shape::keys([("name", Some(Shape::value(name.as_str())))])),
        ),
        (
            "spec",
            Some(Shape::keys([
                ("state", Some(state)),
                ("settle", Some(Shape::Value(settle.into()))),
                (
                    "safety",
                    Some(Shape::keys([
                        ("updates", Some(limit(updates))),
                        ("deletes", Some(limit(deletes))),
                    ])),
                ),
            ])),
        ),
    ])
}

pub(super) fn custom_field(declared: &CustomField) -> Shape {
    let CustomField {
        name: _,
        connection,
        reference_name,
        field_name,
        field_type,
        work_item_types,
        allowed_values,
        origin: _,
    } = declared;
    let mut values: Vec<Json> = allowed_values.iter().map(Value::to_json).collect();
    values.sort_by_key(ToString::to_string);
    spec([
        ("connection", Some(Shape::value(connection.as_str()))),
        ("referenceName", Some(Shape::value(reference_name.as_str()))),
        ("name", Some(Shape::value(field_name.as_str()))),
        ("type", Some(Shape::value(field_type.key()))),
        (
            "workItemTypes",
            Some(Shape::set(work_item_types.iter().map(String::as_str))),
        ),
        (
            "allowedValues",
            (!values.is_empty()).then_some(Shape::Value(values.into())),
        ),
    ])
}

/// `mapping` is the one that is tested: examples hold values of its sensitive rows too.
pub(super) fn mapping_test(test: &MappingTest, mapping: Option<&FieldMapping>) -> Shape {
    let MappingTest {
        name: _,
        mapping: tested,
        cases,
        document: _,
        origin: _,
    } = test;
    let rows = mapping.iter().flat_map(|mapping| &mapping.rows);
    let sensitive: BTreeSet<&str> = rows
        .filter(|row| row.sensitive)
        .flat_map(|row| {
            let own = match &row.source {
                RowSource::Field(name) => Some(name.as_str()),
                RowSource::Constant(_) | RowSource::Expression(_) => None,
            };
            own.into_iter().chain([field(&row.target)])
        })
        .collect();
    let cases = cases
        .iter()
        .map(|one| (one.name.clone(), example(one, &sensitive)));
    spec([
        ("mapping", Some(Shape::value(tested.as_str()))),
        ("cases", Some(Shape::named(cases))),
    ])
}

fn example(example: &Example, sensitive: &BTreeSet<&str>) -> Shape {
    let Example {
        name: _,
        target,
        given,
        expect,
        waits,
        origin: _,
    } = example;
    let values = |values: &IndexMap<String, Json>| {
        let one = |(field, value): (&String, &Json)| {
            let mut value = value.clone();
            if let (true, Json::Array(members)) = (SETS.contains(&field.as_str()), &mut value) {
                members.sort_by_key(ToString::to_string);
            }
            let shape = if sensitive.contains(field.as_str()) {
                Shape::Hidden(value)
            } else {
                Shape::Value(value)
            };
            (field.clone(), shape)
        };
        Shape::named(values.iter().map(one))
    };
    let waits = (!waits.is_empty()).then(|| Shape::set(waits.iter().map(String::as_str)));
    Shape::keys([
        (
            "direction",
            Some(Shape::value(match target {
                System::AzureDevOps => "toAzureDevOps",
                System::TestWorthy => "toTestWorthy",
            })),
        ),
        ("given", Some(values(given))),
        ("expect", Some(values(expect))),
        ("waits", waits),
    ])
}
