//! `MappingTest`.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::field_mapping::TAGS;
use super::text::is_reference_name;
use super::{Context, item_origin, origin};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{Code, nearest, pointer, quote};
use crate::manifest::document::{Document, Report};
use crate::manifest::kind::Kind;
use crate::manifest::raw::{MappingTestSpec, RawExample, ScalarOrList};
use crate::manifest::shape;
use crate::model::config::{Example, FieldMapping, MappingTest, Row, RowSource, RowTarget};
use crate::model::{CASE_FIELDS, CaseField, Direction, Name, System};

pub(super) fn check(
    document: &Document<'_>,
    name: Option<Name>,
    spec: MappingTestSpec,
    mappings: &BTreeMap<Name, FieldMapping>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<MappingTest> {
    let mapping = context.refer(Kind::FieldMapping, &spec.mapping, "/spec/mapping", report);
    let declared = mapping.as_ref().and_then(|name| mappings.get(name));
    let mut names = BTreeSet::new();
    let mut cases = Vec::with_capacity(spec.cases.len());
    for (index, case) in spec.cases.into_iter().enumerate() {
        let at = pointer::item("/spec/cases", index);
        if !names.insert(case.name.clone()) {
            let message = format!("two examples are named {}", quote(&case.name));
            let at = pointer::child(&at, "name");
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        }
        empty(&case, &at, report);
        let Some(target) = Direction::from(case.direction).target() else {
            let message = "an example goes one way: `toAzureDevOps` or `toTestWorthy`";
            let at = pointer::child(&at, "direction");
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
            continue;
        };
        if let Some(mapping) = declared {
            Fields { mapping, target }.check(&case, &at, report);
        }
        cases.push(Example {
            name: case.name,
            target,
            given: values(case.given),
            expect: values(case.expect),
            waits: case.waits,
            origin: item_origin(document, index),
        });
    }
    Some(MappingTest {
        name: name?,
        mapping: mapping?,
        cases,
        document: document.index,
        origin: origin(document),
    })
}

fn values(raw: IndexMap<String, ScalarOrList>) -> IndexMap<String, serde_json::Value> {
    raw.into_iter()
        .map(|(field, value)| (field, value.0))
        .collect()
}

fn empty(case: &RawExample, at: &str, report: &mut Report<'_>) {
    let nothing_expected = case.expect.is_empty() && case.waits.is_empty();
    for (key, is_empty, message) in [
        ("given", case.given.is_empty(), "`given` names no field"),
        (
            "expect",
            nothing_expected,
            "an example expects something: a value under `expect`, or a field under `waits`",
        ),
    ] {
        if is_empty {
            let at = pointer::child(at, key);
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        }
    }
}

/// The fields that an example may name.
struct Fields<'a> {
    mapping: &'a FieldMapping,
    target: System,
}

impl Fields<'_> {
    fn check(&self, case: &RawExample, at: &str, report: &mut Report<'_>) {
        for (key, side, fields) in [
            ("given", self.target.other(), &case.given),
            ("expect", self.target, &case.expect),
        ] {
            let at = pointer::child(at, key);
            for field in fields.keys() {
                if let Some((code, message, help)) = self.objection(side, field) {
                    let at = pointer::child(&at, field);
                    report.push(report.key(code, &at, message).with_help(help));
                }
            }
        }
        for (index, field) in case.waits.iter().enumerate() {
            let at = pointer::item(&pointer::child(at, "waits"), index);
            if let Some((code, message, help)) = self.objection(self.target, field) {
                report.push(report.value(code, &at, message).with_help(help));
            } else if case.expect.contains_key(field) || case.waits[..index].contains(field) {
                let message = format!("{} is expected twice", quote(field));
                let finding = report.value(&codes::INVALID_VALUE, &at, message);
                report.push(finding.with_help("a field either waits or has a value"));
            }
        }
    }

    /// Why an example cannot name `field` on `side`: code, message, help.
    fn objection(&self, side: System, field: &str) -> Option<(Code, String, String)> {
        if self.used().any(|row| touches(row, side, field)) {
            return None;
        }
        let known = self.names(side);
        let near = nearest(field, known.iter().copied());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!("the mapping has no row for {side} this way"),
            None if known.len() <= 10 => format!("its rows name {}", shape::list(&known)),
            None => format!("{} other fields have a row", known.len()),
        };
        let shown = quote(field);
        if side == System::TestWorthy && CaseField::find(field).is_none() {
            let near = near.or_else(|| nearest(field, CASE_FIELDS.iter().map(|field| field.name)));
            let help = near.map_or(help, |near| format!("did you mean `{near}`?"));
            let message = format!("there is no field {shown} in TestWorthy");
            return Some((&codes::UNKNOWN_CASE_FIELD, message, help));
        }
        if side == System::AzureDevOps && !is_reference_name(field) {
            let message = format!("{shown} is not a reference name");
            return Some((&codes::INVALID_REFERENCE_NAME, message, help));
        }
        let name = &self.mapping.name;
        let mut other_way = self.mapping.rows.iter();
        let (message, help) = match other_way.find(|row| touches(row, side, field)) {
            Some(row) => (
                format!(
                    "row {} of mapping `{name}` is not used in this direction",
                    quote(&row.name)
                ),
                format!("it is declared in {}:{}", row.origin.file, row.origin.line),
            ),
            None => (
                format!("no row of mapping `{name}` names {shown} in {side}"),
                help,
            ),
        };
        Some((&codes::FIELD_NOT_MAPPED, message, help))
    }

    /// Rows that take part in this direction. Constants and expressions have no way back.
    fn used(&self) -> impl Iterator<Item = &Row> {
        let target = self.target;
        let rows = self.mapping.rows.iter();
        rows.filter(move |row| {
            let is_field = matches!(row.source, RowSource::Field(_));
            row.direction.is_none_or(|way| way.writes(target))
                && (is_field || target == System::AzureDevOps)
        })
    }

    /// The names that an example may use on `side`, in the order of the rows, each once.
    fn names(&self, side: System) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for row in self.used() {
            let name = match (side, &row.source, &row.target) {
                (System::TestWorthy, RowSource::Field(name), _) => name,
                (System::AzureDevOps, _, RowTarget::Field(name)) => name,
                (System::AzureDevOps, _, RowTarget::Tag(_) | RowTarget::TagPrefix(_)) => TAGS,
                _ => continue,
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// Whether the name stands in an expression by itself.
fn mentions(expression: &str, field: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = expression.match_indices(field);
    places.any(|(at, _)| {
        let before = expression[..at].chars().next_back();
        let behind = expression[at + field.len()..].chars().next();
        !before.is_some_and(|c| is_part(c) || c == '.') && !behind.is_some_and(is_part)
    })
}

fn touches(row: &Row, side: System, field: &str) -> bool {
    match (side, &row.source, &row.target) {
        (System::TestWorthy, RowSource::Field(name), _) => name == field,
        (System::TestWorthy, RowSource::Constant(_), _) => false,
        (System::TestWorthy, RowSource::Expression(text), _) => mentions(text, field),
        (System::AzureDevOps, _, RowTarget::Field(name)) => name == field,
        (System::AzureDevOps, _, RowTarget::Tag(_) | RowTarget::TagPrefix(_)) => field == TAGS,
    }
}
