//! One row of a `FieldMapping`.

use super::field_mapping::{TAGS, row_name};
use super::text::is_reference_name;
use crate::diagnostics::catalog::{lint, manifest as codes};
use crate::diagnostics::{nearest, pointer, quote};
use crate::manifest::document::Report;
use crate::manifest::raw::{As, RawDirection, RawRow, Scalar, Winner};
use crate::model::config::{Allow, Codec, Origin, Row, RowSource, RowTarget, Unmapped, ValueMap};
use crate::model::{ACCORD_TAG, CASE_FIELDS, CaseField, CaseFieldKind, Value};

/// Fields of a defect and of a test result (of cases: [`CASE_FIELDS`]).
pub(super) const RECORD_FIELDS: [&[&str]; 2] = [
    &["id", "title", "case", "run", "comment", "status"],
    &[
        "status",
        "comment",
        "assignedTo",
        "defects",
        "run",
        "case",
        "testedBy",
        "testedOn",
    ],
];

/// Checks a row. `record` are the fields of a record that is no case.
pub(super) fn check(
    index: usize,
    raw: &RawRow,
    record: Option<&[&str]>,
    origin: Origin,
    report: &mut Report<'_>,
) -> Option<Row> {
    let at = pointer::item("/spec/fields", index);
    let below = |key: &str| pointer::child(&at, key);
    if !is_reference_name(&raw.azure_devops) {
        let message = format!("{} is not a reference name", quote(&raw.azure_devops));
        let finding = report.value(
            &codes::INVALID_REFERENCE_NAME,
            &below("azureDevOps"),
            message,
        );
        report.push(finding.with_help("write it like `System.Title` or `Custom.TestData`"));
    }
    let source = source(raw, record, &at, report);
    let codec = codec(raw);
    if raw.reasons.is_some() && raw.codec != Some(As::State) {
        let message = "`reasons` belong to a row with `as: state`";
        report.push(report.key(&codes::ROW_KEYS, &below("reasons"), message));
    }
    let target = target(raw, &at, report);
    let values = values(raw, &at, report);
    let computed = raw.testworthy.is_none();
    let back = [RawDirection::ToTestWorthy, RawDirection::TwoWay].map(Some);
    if computed && back.contains(&raw.direction) {
        let message = "a constant or an expression is written to Azure DevOps only";
        report.push(report.value(&codes::ROW_KEYS, &below("direction"), message));
    }
    if let (Some(_), Some(why)) = (raw.conflict, one_way(raw)) {
        let message = format!("`conflict` is for rows that go both ways, and {why}");
        let finding = report.key(&codes::ROW_KEYS, &below("conflict"), message);
        report.push(finding.with_help("remove `conflict`"));
    } else if raw.conflict == Some(Winner::Merge) && !accepts_no_merge(raw) && !merges(raw) {
        let message = "values of this kind cannot be merged: a conflict goes to the manual queue";
        let finding = report.value(&lint::L18_NO_MERGE, &below("conflict"), message);
        report.push(finding.with_help("write `latest`, `testworthy`, `azureDevOps` or `manual`"));
    }
    for (index, allow) in raw.allow.iter().enumerate() {
        let digits = allow.code.strip_prefix('L');
        let is_lint =
            |digits: &str| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        if !digits.is_some_and(is_lint) {
            let message = format!("{} is not a lint code", quote(&allow.code));
            let at = pointer::child(&pointer::item(&below("allow"), index), "code");
            let finding = report.value(&codes::INVALID_VALUE, &at, message);
            report.push(finding.with_help("lint codes are L and two digits, like `L08`"));
        }
    }
    let allow = raw.allow.iter().map(|allow| Allow {
        code: allow.code.clone(),
        reason: allow.reason.clone(),
    });
    Some(Row {
        name: row_name(raw).to_owned(),
        source: source?,
        target: target?,
        direction: raw.direction.map(Into::into),
        codec,
        conflict: raw.conflict.map(Into::into),
        values,
        on_create: raw.on_create,
        sensitive: raw.sensitive,
        reasons: raw.reasons.clone().unwrap_or_default(),
        allow: allow.collect(),
        origin,
    })
}

/// Why the two sides of a row never meet: it goes one way, or only once.
pub(super) fn one_way(raw: &RawRow) -> Option<&'static str> {
    if raw.testworthy.is_none() {
        return Some("a constant or an expression is written to Azure DevOps only");
    }
    if raw.on_create {
        return Some("an `onCreate` row is never compared");
    }
    match raw.direction {
        Some(RawDirection::ToAzureDevOps) => Some("this one goes `toAzureDevOps`"),
        Some(RawDirection::ToTestWorthy) => Some("this one goes `toTestWorthy`"),
        Some(RawDirection::TwoWay) | None => None,
    }
}

/// Whether the row says that it is right not to merge it.
pub(super) fn accepts_no_merge(raw: &RawRow) -> bool {
    raw.allow.iter().any(|allow| allow.code == "L18")
}

/// Whether edits of both sides can be joined: inside long texts, steps and sets.
pub(super) fn merges(raw: &RawRow) -> bool {
    let Some(name) = &raw.testworthy else {
        return false;
    };
    if raw.values.is_some() || raw.tag.is_some() {
        return false;
    }
    match raw.codec {
        Some(As::RichText | As::Steps | As::Set) => return true,
        Some(As::Text) | None => {}
        Some(_) => return false,
    }
    let one_line = matches!(
        name.as_str(),
        "title" | "section.name" | "suite" | "automationType" | "lastResult"
    );
    // What is not known here is reported as unknown.
    CaseField::find(name).is_none_or(|field| match field.kind {
        CaseFieldKind::RichText | CaseFieldKind::Steps | CaseFieldKind::Set => true,
        CaseFieldKind::Text => !one_line,
        _ => false,
    })
}

fn source(
    raw: &RawRow,
    record: Option<&[&str]>,
    at: &str,
    report: &mut Report<'_>,
) -> Option<RowSource> {
    if let Some(field) = &raw.testworthy {
        let known = match record {
            None => CaseField::find(field).is_some(),
            Some(fields) => fields.contains(&field.as_str()),
        };
        if !known {
            let message = format!("there is no field {} in TestWorthy", quote(field));
            let at = pointer::child(at, "testworthy");
            let finding = report.value(&codes::UNKNOWN_CASE_FIELD, &at, message);
            let near = match record {
                None => nearest(field, CASE_FIELDS.iter().map(|field| field.name)),
                Some(fields) => nearest(field, fields.iter().copied()),
            };
            report.push(finding.with_help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "fields that an administrator added are `custom.<name>`".to_owned(),
            }));
        }
    }
    match (&raw.testworthy, &raw.constant, &raw.expression) {
        (Some(field), None, None) => Some(RowSource::Field(field.clone())),
        (None, Some(constant), None) => Value::from_json(&constant.0).map(RowSource::Constant),
        (None, None, Some(expression)) => Some(RowSource::Expression(expression.clone())),
        _ => {
            let message = "a row needs exactly one of `testworthy`, `constant` and `expression`";
            report.push(report.value(&codes::ROW_SOURCE, at, message));
            None
        }
    }
}

fn codec(raw: &RawRow) -> Option<Codec> {
    raw.codec.map(|codec| match codec {
        As::Text => Codec::Text,
        As::Number => Codec::Number,
        As::Boolean => Codec::Boolean,
        As::Picklist => Codec::Picklist,
        As::DateTime => Codec::DateTime,
        As::Set => Codec::Set,
        As::RichText => Codec::RichText,
        As::Steps => Codec::Steps,
        As::Path => Codec::Path,
        As::User => Codec::User,
        As::State => Codec::State,
        As::Parameters => Codec::Parameters,
    })
}

fn target(raw: &RawRow, at: &str, report: &mut Report<'_>) -> Option<RowTarget> {
    let (key, text) = match (&raw.tag, &raw.prefix) {
        (None, None) => return Some(RowTarget::Field(raw.azure_devops.clone())),
        (Some(_), Some(_)) => {
            let message = "a row has one of `tag` and `prefix`, not both";
            report.push(report.value(&codes::ROW_KEYS, at, message));
            return None;
        }
        (Some(tag), None) => ("tag", tag),
        (None, Some(prefix)) => ("prefix", prefix),
    };
    let before = report.findings.len();
    let place = pointer::child(at, key);
    if !raw.azure_devops.eq_ignore_ascii_case(TAGS) {
        let message = format!("`{key}` belongs to rows on {TAGS}");
        report.push(report.key(&codes::ROW_KEYS, &place, message));
    }
    if text.contains([';', ',']) || text.trim() != text || text.is_empty() {
        let message = "tags have no `;`, no `,` and no spaces at their ends";
        report.push(report.value(&codes::INVALID_VALUE, &place, message));
    }
    if key == "tag" && text.eq_ignore_ascii_case(ACCORD_TAG) {
        let message = format!("the tag `{ACCORD_TAG}` is Accord's own");
        report.push(report.value(&codes::OVERLAPPING_TAGS, &place, message));
    }
    let (fitting, word) = if key == "tag" {
        (As::Boolean, "boolean")
    } else {
        (As::Set, "set")
    };
    if raw.codec.is_some_and(|codec| codec != fitting) {
        let message = format!("with `{key}` a row is `as: {word}`");
        report.push(report.value(&codes::ROW_KEYS, &pointer::child(at, "as"), message));
    }
    let constant = raw.constant.as_ref();
    if key == "tag" && constant.is_some_and(|constant| !constant.0.is_boolean()) {
        let message = "with `tag` a constant is true or false";
        report.push(report.value(&codes::ROW_KEYS, &pointer::child(at, "constant"), message));
    }
    (report.findings.len() == before).then(|| match key {
        "tag" => RowTarget::Tag(text.clone()),
        _ => RowTarget::TagPrefix(text.clone()),
    })
}

fn values(raw: &RawRow, at: &str, report: &mut Report<'_>) -> Option<ValueMap> {
    let Some(values) = &raw.values else {
        for (key, given) in [
            ("reverse", raw.reverse.is_some()),
            ("unmapped", raw.unmapped.is_some()),
        ] {
            if given {
                let message = format!("`{key}` needs `values` beside it");
                report.push(report.key(&codes::ROW_KEYS, &pointer::child(at, key), message));
            }
        }
        return None;
    };
    let clash = if raw.testworthy.is_none() {
        Some("`values` translate a TestWorthy field; a constant or an expression has none")
    } else if raw.tag.is_some() || raw.prefix.is_some() {
        Some("`values` do not go with `tag` or `prefix`")
    } else {
        None
    };
    if let Some(message) = clash {
        report.push(report.key(&codes::ROW_KEYS, &pointer::child(at, "values"), message));
    }
    let read = |entries: &indexmap::IndexMap<String, Scalar>| {
        entries
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), Value::from_json(&value.0)?)))
            .collect()
    };
    let unmapped = match &raw.unmapped {
        None => Unmapped::Hold,
        Some(choice) => match choice.0.as_str() {
            Some("skipItem") => Unmapped::SkipItem,
            Some(_) => Unmapped::Hold,
            None => Unmapped::Use(choice.0.get("use").and_then(Value::from_json)?),
        },
    };
    Some(ValueMap {
        values: read(values),
        reverse: raw.reverse.as_ref().map(read).unwrap_or_default(),
        unmapped,
    })
}
