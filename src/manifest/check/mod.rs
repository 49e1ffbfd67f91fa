//! What documents mean: references, formats, keys that need each other. One file per kind.

mod connection;
mod custom_field;
mod field_mapping;
mod mapping_test;
mod policy;
mod project;
mod row;
mod secret;
mod sync_rule;
mod text;
mod v1;
mod wiql;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

pub use text::duration;
pub(super) use text::stays_inside;

use super::document::{Document, Report, pointer_of};
use super::kind::Kind;
use super::raw;
use super::read::ReadOptions;
use super::schema;
use super::shape;
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{Finding, Location, Part, nearest, pointer, quote};
use crate::model::config::{
    Connection, CustomField, FieldMapping, MappingTest, Origin, Project, SyncRule,
};
use crate::model::{Direction, Name};

/// What the documents of a project declare. Complete only if there are no errors among the findings.
pub(super) struct Checked {
    pub(super) project: Project,
    pub(super) connections: BTreeMap<Name, Connection>,
    pub(super) custom_fields: BTreeMap<Name, CustomField>,
    pub(super) mappings: BTreeMap<Name, FieldMapping>,
    pub(super) rules: BTreeMap<Name, SyncRule>,
    pub(super) mapping_tests: BTreeMap<Name, MappingTest>,
    pub(super) findings: Vec<Finding>,
}

/// What a check has to know about the other documents.
struct Context<'a> {
    declared: BTreeSet<(Kind, String)>,
    /// Files that may declare more than could be read.
    unread: Vec<String>,
    options: &'a ReadOptions,
    /// Which key each variable serves, and where.
    variables: BTreeMap<String, (String, Location)>,
    /// Work item type by name of the mapping.
    work_item_types: BTreeMap<String, String>,
    /// Rows by name of the mapping.
    rows: BTreeMap<String, Vec<MappedRow>>,
    /// Connections on the surface `v1`.
    on_v1: BTreeSet<String>,
    /// Where each custom field is declared, by connection and lower-case reference name.
    custom_fields: BTreeMap<(String, String), Location>,
    /// TestWorthy fields of rows by name of the mapping.
    mapped_fields: BTreeMap<String, Vec<MappedField>>,
}

/// A row that maps a TestWorthy field.
struct MappedField {
    field: String,
    direction: Option<Direction>,
    place: Location,
}

/// What a rule has to know of a row before it speaks about it.
struct MappedRow {
    name: String,
    /// Why its two sides never meet, if they do not.
    one_way: Option<&'static str>,
    /// Whether two edits of it can be put together, or somebody accepted that they cannot.
    merges: bool,
    place: Location,
    /// Where it says `conflict: latest`.
    latest: Option<Location>,
}

/// Checks all documents. `declared` names also those that are not among them because their header is
/// wrong; `unread` are files that may hold more.
pub(super) fn check(
    mut documents: Vec<Document<'_>>,
    declared: BTreeSet<(Kind, String)>,
    unread: Vec<String>,
    options: &ReadOptions,
) -> Checked {
    let mut context = Context {
        declared,
        unread,
        options,
        variables: BTreeMap::new(),
        work_item_types: BTreeMap::new(),
        rows: BTreeMap::new(),
        on_v1: BTreeSet::new(),
        custom_fields: BTreeMap::new(),
        mapped_fields: BTreeMap::new(),
    };
    let mut checked = Checked {
        project: project::default(&options.project_name),
        connections: BTreeMap::new(),
        custom_fields: BTreeMap::new(),
        mappings: BTreeMap::new(),
        rules: BTreeMap::new(),
        mapping_tests: BTreeMap::new(),
        findings: unique_names(&documents),
    };
    // Rules need to know the types of mappings and the surfaces of connections; the sort is stable, so files keep their order.
    documents.sort_by_key(|document| document.kind);
    for document in documents {
        one(document, &mut context, &mut checked);
    }
    checked
}

fn one(mut document: Document<'_>, context: &mut Context<'_>, checked: &mut Checked) {
    let mut report = Report::new(document.file, document.index);
    let Some(compiled) = schema::compiled(document.kind) else {
        report.push(report.value(&codes::INVALID_VALUE, "", "the document cannot be checked"));
        checked.findings.append(&mut report.findings);
        return;
    };
    let shape = shape::check(&mut document.value, compiled, &mut report);
    let shaped = report.findings.len();
    let name = name(&document, &mut report);
    let understood = understand(&mut document, name, context, &mut report, checked);
    // A finding about a node of which something was cut out may be a consequence of the cut.
    let mut index = 0;
    report.findings.retain(|finding| {
        index += 1;
        let at = pointer_of(finding).unwrap_or_default();
        index <= shaped || !(document.is_ambiguous || pointer::any_inside(&shape.cut, at))
    });
    let known: BTreeSet<String> = report
        .findings
        .iter()
        .filter_map(pointer_of)
        .map(str::to_owned)
        .collect();
    report
        .findings
        .extend(shape.spare.into_iter().filter(|finding| {
            let at = pointer_of(finding).unwrap_or_default();
            !pointer::any_inside(&known, at) && !pointer::any_around(&known, at)
        }));
    if !understood && report.findings.is_empty() && !document.is_ambiguous {
        report.push(report.value(&codes::INVALID_VALUE, "", "the document cannot be read"));
    }
    checked.findings.append(&mut report.findings);
}

/// Reads the document into its type and checks what it means. False if the type refuses it.
fn understand(
    document: &mut Document<'_>,
    name: Option<Name>,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
    checked: &mut Checked,
) -> bool {
    let value = document.value.take();
    let name_and = |name: &Option<Name>| name.clone();
    match document.kind {
        Kind::Project => {
            let Some(raw) = typed::<raw::Project>(value) else {
                return false;
            };
            if let Some(project) = project::check(name_and(&name), &raw.spec, context, report) {
                checked.project = project;
            }
        }
        Kind::Connection => {
            let Some(raw) = typed::<raw::Connection>(value) else {
                return false;
            };
            let connection = connection::check(document, name, &raw.spec, context, report);
            if let Some(connection) = connection {
                checked
                    .connections
                    .insert(connection.name.clone(), connection);
            }
        }
        Kind::CustomField => {
            let Some(raw) = typed::<raw::CustomField>(value) else {
                return false;
            };
            let field = custom_field::check(document, name, raw.spec, context, report);
            if let Some(field) = field {
                checked.custom_fields.insert(field.name.clone(), field);
            }
        }
        Kind::FieldMapping => {
            let Some(raw) = typed::<raw::FieldMapping>(value) else {
                return false;
            };
            if let Some(name) = &document.name {
                let work_item_type = raw.spec.azure_devops.clone();
                context.work_item_types.insert(name.clone(), work_item_type);
                let rows = mapped_rows(&raw.spec.fields, report);
                context.rows.insert(name.clone(), rows);
                let fields = mapped_fields(&raw.spec.fields, report);
                context.mapped_fields.insert(name.clone(), fields);
            }
            let mapping = field_mapping::check(document, name, raw.spec, report);
            if let Some(mapping) = mapping {
                checked.mappings.insert(mapping.name.clone(), mapping);
            }
        }
        Kind::SyncRule => {
            let Some(raw) = typed::<raw::SyncRule>(value) else {
                return false;
            };
            if let Some(rule) = sync_rule::check(document, name, raw.spec, context, report) {
                checked.rules.insert(rule.name.clone(), rule);
            }
        }
        Kind::MappingTest => {
            let Some(raw) = typed::<raw::MappingTest>(value) else {
                return false;
            };
            let mappings = &checked.mappings;
            let test = mapping_test::check(document, name, raw.spec, mappings, context, report);
            if let Some(test) = test {
                checked.mapping_tests.insert(test.name.clone(), test);
            }
        }
    }
    true
}

fn mapped_fields(rows: &[raw::RawRow], report: &Report<'_>) -> Vec<MappedField> {
    let rows = rows.iter().enumerate();
    rows.filter_map(|(index, row)| {
        let own = pointer::item("/spec/fields", index);
        let at = pointer::child(&own, "testworthy");
        Some(MappedField {
            field: row.testworthy.clone()?,
            direction: row.direction.map(Into::into),
            place: report.place(&at, Part::Value),
        })
    })
    .collect()
}

fn mapped_rows(rows: &[raw::RawRow], report: &Report<'_>) -> Vec<MappedRow> {
    let rows = rows.iter().enumerate();
    rows.map(|(index, row)| {
        let at = pointer::item("/spec/fields", index);
        let latest = row.conflict == Some(raw::Winner::Latest);
        let winner = || report.place(&pointer::child(&at, "conflict"), Part::Value);
        MappedRow {
            name: field_mapping::row_name(row).to_owned(),
            one_way: row::one_way(row),
            merges: row::merges(row) || row::accepts_no_merge(row),
            place: report.place(&at, Part::Value),
            latest: latest.then(winner),
        }
    })
    .collect()
}

fn typed<T: DeserializeOwned>(value: serde_json::Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// Checks `metadata.name`. What is missing or no text is the schema's to report.
fn name(document: &Document<'_>, report: &mut Report<'_>) -> Option<Name> {
    let text = document.name.as_deref()?;
    match Name::new(text) {
        Ok(name) => Some(name),
        Err(error) => {
            let message = format!("{} is not a name: {error}", quote(text));
            let finding = report.value(&codes::INVALID_NAME, "/metadata/name", message);
            report.push(match text::as_name(text) {
                Some(near) => finding.with_help(format!("write it like `{near}`")),
                None => finding,
            });
            None
        }
    }
}

/// Reports names that stand twice in their kind, and misplaced projects.
fn unique_names(documents: &[Document<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: BTreeMap<(Kind, &str), Location> = BTreeMap::new();
    let mut project: Option<Location> = None;
    for document in documents {
        let report = Report::new(document.file, document.index);
        if document.kind == Kind::Project {
            let place = report.place("/kind", Part::Value);
            let message = if document.file != "accord.yaml" {
                "a Project stands in `accord.yaml` at the top of the project's folder"
            } else if project.is_some() {
                "a second Project"
            } else {
                project = Some(place);
                continue;
            };
            let mut finding = Finding::new(&codes::MISPLACED_PROJECT, message).at(place);
            if let Some(first) = &project {
                finding = finding.with_related(first.clone(), "the project is declared here");
            }
            findings.push(finding);
            continue;
        }
        let Some(name) = document.name.as_deref() else {
            continue;
        };
        let place = report.place("/metadata/name", Part::Value);
        match seen.get(&(document.kind, name)) {
            Some(first) => {
                let message = format!("two {}s are named {}", document.kind.name(), quote(name));
                let finding = Finding::new(&codes::DUPLICATE_NAME, message)
                    .at(place)
                    .with_related(first.clone(), "first here");
                findings.push(finding);
            }
            None => {
                seen.insert((document.kind, name), place);
            }
        }
    }
    findings
}

impl Context<'_> {
    /// Checks that a document of this kind and name is declared.
    fn refer(&self, kind: Kind, name: &str, at: &str, report: &mut Report<'_>) -> Option<Name> {
        if self.declared.contains(&(kind, name.to_owned())) {
            return Name::new(name).ok();
        }
        let names: Vec<&str> = self
            .declared
            .iter()
            .filter(|(declared, _)| *declared == kind)
            .map(|(_, name)| name.as_str())
            .collect();
        let message = format!("there is no {} named {}", kind.name(), quote(name));
        let mut help = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => format!("no {} is declared", kind.name()),
            None if names.len() <= 10 => format!("declared are {}", shape::list(&names)),
            None => format!("{} others are declared", names.len()),
        };
        if let Some(file) = self.unread.first() {
            help = format!(
                "{help} It may stand in {}, which could not be read",
                quote(file)
            );
        }
        let finding = report.value(&codes::UNKNOWN_REFERENCE, at, message);
        report.push(finding.with_help(help));
        None
    }
}

/// Reports a key whose behaviour comes later.
fn not_supported(report: &mut Report<'_>, at: &str, what: &str) {
    let message = format!("`{what}` is not supported yet");
    report.push(report.key(&codes::NOT_SUPPORTED_YET, at, message));
}

fn origin(document: &Document<'_>) -> Origin {
    Origin {
        file: document.file.to_owned(),
        line: document.line,
    }
}

/// Where an item of `spec.fields` or `spec.cases` stands.
fn item_origin(document: &Document<'_>, index: usize) -> Origin {
    Origin {
        file: document.file.to_owned(),
        line: document
            .row_lines
            .get(index)
            .copied()
            .unwrap_or(document.line),
    }
}
