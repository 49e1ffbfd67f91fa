//! `FieldMapping`: the rows together. Single rows are checked in [`super::row`].

use std::collections::BTreeMap;

use super::row::{self, RECORD_FIELDS};
use super::{item_origin, not_supported, origin};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{Part, pointer, quote};
use crate::manifest::document::{Document, Report};
use crate::manifest::raw::{FieldMappingSpec, RawDirection, RawRow, RecordType};
use crate::model::Name;
use crate::model::config::FieldMapping;

pub(super) const TAGS: &str = "System.Tags";

pub(super) fn check(
    document: &Document<'_>,
    name: Option<Name>,
    spec: FieldMappingSpec,
    report: &mut Report<'_>,
) -> Option<FieldMapping> {
    match spec.testworthy {
        RecordType::TestCase => {}
        RecordType::Defect => not_supported(report, "/spec/testworthy", "testworthy: Defect"),
        RecordType::TestResult => {
            not_supported(report, "/spec/testworthy", "testworthy: TestResult");
        }
    }
    if spec.azure_devops.trim().is_empty() {
        let message = "a mapping needs a work item type";
        report.push(report.value(&codes::INVALID_VALUE, "/spec/azureDevOps", message));
    }
    names(&spec.fields, report);
    targets(&spec.fields, report);
    let record = match spec.testworthy {
        RecordType::TestCase => None,
        RecordType::Defect => Some(RECORD_FIELDS[0]),
        RecordType::TestResult => Some(RECORD_FIELDS[1]),
    };
    let mut rows = Vec::with_capacity(spec.fields.len());
    for (index, raw) in spec.fields.iter().enumerate() {
        let origin = item_origin(document, index);
        rows.extend(row::check(index, raw, record, origin, report));
    }
    Some(FieldMapping {
        name: name?,
        work_item_type: spec.azure_devops,
        rows,
        origin: origin(document),
    })
}

/// The key that names a row, and the name.
fn named(row: &RawRow) -> (&'static str, &str) {
    match (&row.id, &row.testworthy) {
        (Some(id), _) => ("id", id),
        (None, Some(field)) => ("testworthy", field),
        (None, None) => ("azureDevOps", &row.azure_devops),
    }
}

/// The name by which bases, conflicts and messages know a row.
pub(super) fn row_name(row: &RawRow) -> &str {
    named(row).1
}

fn names(rows: &[RawRow], report: &mut Report<'_>) {
    let mut seen = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let (key, name) = named(row);
        let at = pointer::child(&pointer::item("/spec/fields", index), key);
        let Some(first) = seen.get(name) else {
            seen.insert(name, at);
            continue;
        };
        let message = format!("two rows are named {}", quote(name));
        let finding = report
            .value(&codes::DUPLICATE_ROW, &at, message)
            .with_related(report.place(first, Part::Value), "first here")
            .with_help("give one of them an `id`");
        report.push(finding);
    }
}

/// Which part of a field a row owns.
enum Slice {
    Whole,
    Tag(String),
    Prefix(String),
}

impl Slice {
    /// Tags are compared without case, as Azure DevOps does.
    fn of(row: &RawRow) -> Self {
        match (&row.tag, &row.prefix) {
            (Some(tag), _) => Self::Tag(tag.to_lowercase()),
            (None, Some(prefix)) => Self::Prefix(prefix.to_lowercase()),
            (None, None) => Self::Whole,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole, _) | (_, Self::Whole) => true,
            (Self::Tag(left), Self::Tag(right)) => left == right,
            (Self::Tag(tag), Self::Prefix(prefix)) | (Self::Prefix(prefix), Self::Tag(tag)) => {
                tag.starts_with(prefix)
            }
            (Self::Prefix(left), Self::Prefix(right)) => {
                left.starts_with(right) || right.starts_with(left)
            }
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Whole => "azureDevOps",
            Self::Tag(_) => "tag",
            Self::Prefix(_) => "prefix",
        }
    }
}

/// Reports rows that own the same field, or the same tags.
fn targets(rows: &[RawRow], report: &mut Report<'_>) {
    let mut owners: BTreeMap<String, Vec<(usize, Slice)>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        // Reference names are compared without case, as Azure DevOps does.
        let field = row.azure_devops.to_lowercase();
        let is_tags = row.azure_devops.eq_ignore_ascii_case(TAGS);
        let slice = if is_tags {
            Slice::of(row)
        } else {
            Slice::Whole
        };
        let before = owners.entry(field).or_default();
        // One row may write the field and another one read it.
        let apart = |first: usize| {
            let ways = [row.direction, rows[first].direction];
            matches!(
                ways,
                [
                    Some(RawDirection::ToAzureDevOps),
                    Some(RawDirection::ToTestWorthy)
                ] | [
                    Some(RawDirection::ToTestWorthy),
                    Some(RawDirection::ToAzureDevOps)
                ]
            )
        };
        let mut shared = before
            .iter()
            .filter(|(first, other)| slice.overlaps(other) && !apart(*first));
        if let Some((first, other)) = shared.next() {
            let whole = matches!((&slice, other), (Slice::Whole, Slice::Whole));
            let (code, message) = if whole && !is_tags {
                let field = quote(&row.azure_devops);
                (
                    &codes::DUPLICATE_TARGET,
                    format!("two rows share the field {field}"),
                )
            } else {
                (
                    &codes::OVERLAPPING_TAGS,
                    "two rows own the same tags".to_owned(),
                )
            };
            let place = |index: usize, slice: &Slice| {
                pointer::child(&pointer::item("/spec/fields", index), slice.key())
            };
            let first = report.place(&place(*first, other), Part::Value);
            let finding = report
                .value(code, &place(index, &slice), message)
                .with_related(first, "first here");
            report.push(finding);
        }
        // One of many equal rows is enough to compare with; this keeps the search short.
        if before.len() < 256 {
            before.push((index, slice));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_overlap_as_tags_do() {
        let tag = |text: &str| Slice::Tag(text.to_owned());
        let prefix = |text: &str| Slice::Prefix(text.to_owned());
        assert!(tag("a").overlaps(&tag("a")));
        assert!(tag("ref:1").overlaps(&prefix("ref:")));
        assert!(prefix("r").overlaps(&prefix("ref:")));
        assert!(Slice::Whole.overlaps(&tag("a")));
        assert!(!tag("a").overlaps(&tag("b")));
        assert!(!prefix("a:").overlaps(&prefix("b:")));
        assert!(!tag("smoke").overlaps(&prefix("ref:")));
    }
}
