//! One row resolved: both ends found, the codec chosen, the forms fixed, the value table compiled.

mod kind;

use super::codec::rich_text::Format;
use super::compile::location;
use super::expression::{self, Expression, ExpressionProblem};
use super::form::{Form, Storage};
use super::path::PathTable;
use super::row::{AzureEnd, AzureField, CaseEnd, CompiledRow, digest};
use super::slice::{TagSlice, check_tag};
use super::suggest::nearest;
use super::user::Users;
use super::value_map::{Misfit, Table};
use super::workflow::Workflow;
use super::{filter, known, wire};
use crate::diagnostics::catalog::{mapping as entry, value as values};
use crate::diagnostics::{Code, Finding};
use crate::model::config::{Codec, FieldMapping, Row, RowSource, RowTarget, Unmapped};
use crate::model::{
    AzureFieldKind, CASE_FIELDS, CaseField, CaseFieldAccess, CaseFieldKind, TypeField, Value,
    WorkItemType,
};

/// The longest text of a field of type `string` (Microsoft Learn, Work tracking limits).
const STRING_LIMIT: usize = 255;

/// A row, the mapping that it belongs to, and what the server says.
pub(super) struct Resolver<'a> {
    mapping: &'a FieldMapping,
    row: &'a Row,
    metadata: Option<&'a WorkItemType>,
}

/// The TestWorthy end.
enum Source<'a> {
    Field(&'a str, CaseField),
    Constant(&'a Value),
    Expression(Expression),
}

/// The Azure DevOps end.
enum Target<'a> {
    Tags(TagSlice),
    Field {
        reference_name: &'a str,
        /// `None` for a field that is known to the server only, which was not asked.
        kind: Option<AzureFieldKind>,
        live: Option<&'a TypeField>,
    },
}

/// Why a row cannot be compiled; not empty.
type Refusal = Vec<Finding>;

/// A finding about a row.
pub(super) fn finding(
    mapping: &FieldMapping,
    row: &Row,
    code: Code,
    what: impl std::fmt::Display,
) -> Finding {
    let message = format!("row `{}` of mapping `{}`: {what}", row.name, mapping.name);
    Finding::new(code, message).at(location(row))
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        mapping: &'a FieldMapping,
        row: &'a Row,
        metadata: Option<&'a WorkItemType>,
    ) -> Self {
        Self {
            mapping,
            row,
            metadata,
        }
    }

    /// The compiled row, or everything that is wrong with it.
    pub(super) fn compile(&self) -> Result<CompiledRow, Refusal> {
        let (source, target) = match (self.source(), self.target()) {
            (Ok(source), Ok(target)) => (source, target),
            (source, target) => {
                let both = [source.err(), target.err()].into_iter().flatten();
                return Err(both.flatten().collect());
            }
        };
        let codec = self.codec(&source, &target);
        self.check_azure_kind(codec, &target)?;
        let azure_form = self.azure_form(codec, &target);
        self.check_case_kind(codec, &source, &azure_form)?;
        let case_form = self.case_form(codec, &source, &azure_form);
        let paths = self.paths(codec, &source, &target, (&case_form, &azure_form))?;
        let table = match codec {
            Codec::Path => None,
            _ => self.table(&source, &case_form, &azure_form)?,
        };
        let case = self.case_end(source, &azure_form)?;
        let mapped = self.row.values.as_ref();
        Ok(CompiledRow {
            name: self.row.name.clone(),
            digest: digest(self.row, codec),
            codec,
            direction: self.row.direction,
            conflict: self.row.conflict,
            on_create: self.row.on_create,
            sensitive: self.row.sensitive,
            origin: self.row.origin.clone(),
            case,
            case_form,
            azure: self.azure_end(target, codec),
            azure_form,
            table,
            paths,
            users: Users::default(),
            unmapped: mapped.map_or(Unmapped::Hold, |values| values.unmapped.clone()),
        })
    }

    fn finding(&self, code: Code, what: impl std::fmt::Display) -> Finding {
        finding(self.mapping, self.row, code, what)
    }

    fn source(&self) -> Result<Source<'a>, Refusal> {
        let name = match &self.row.source {
            RowSource::Constant(value) => return Ok(Source::Constant(value)),
            RowSource::Expression(text) => {
                return filter::compile(text)
                    .map(Source::Expression)
                    .map_err(|problem| vec![self.no_expression(&problem)]);
            }
            RowSource::Field(name) => name,
        };
        if let Some(field) = CaseField::find(name) {
            return Ok(Source::Field(name, field));
        }
        let missing = self.finding(
            &entry::L01_UNKNOWN_FIELD,
            format_args!("TestWorthy cases have no field `{name}`"),
        );
        let near = nearest(name, CASE_FIELDS.iter().map(|field| field.name));
        Err(vec![missing.with_help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("for a custom field write `custom.{name}`"),
        })])
    }

    fn no_expression(&self, problem: &ExpressionProblem) -> Finding {
        let (code, message, help) = expression_refusal(problem);
        let found = self.finding(code, message);
        match help {
            Some(help) => found.with_help(help),
            None => found,
        }
    }

    fn target(&self) -> Result<Target<'a>, Refusal> {
        let reference_name = match &self.row.target {
            RowTarget::Tag(tag) => return self.tag(tag),
            RowTarget::TagPrefix(prefix) => return self.tag_prefix(prefix),
            RowTarget::Field(name) => name.as_str(),
        };
        if reference_name == "System.Tags" {
            return Ok(Target::Tags(TagSlice::Prefix(String::new())));
        }
        let Some(metadata) = self.metadata else {
            return Ok(Target::Field {
                reference_name,
                kind: known::kind(reference_name),
                live: None,
            });
        };
        if let Some(live) = metadata.fields.get(reference_name) {
            return Ok(Target::Field {
                reference_name,
                kind: Some(live.definition.kind),
                live: Some(live),
            });
        }
        let missing = self.finding(
            &entry::L01_UNKNOWN_FIELD,
            format_args!(
                "the work item type `{}` has no field `{reference_name}`",
                metadata.name
            ),
        );
        let by_name = metadata.fields.values().map(|field| &field.definition);
        let by_name = by_name
            .filter(|definition| definition.name.eq_ignore_ascii_case(reference_name))
            .map(|definition| definition.reference_name.as_str())
            .next();
        let near =
            by_name.or_else(|| nearest(reference_name, metadata.fields.keys().map(String::as_str)));
        Err(vec![missing.with_help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add the field to the type in its process, or correct the name".to_owned(),
        })])
    }

    fn tag(&self, tag: &str) -> Result<Target<'a>, Refusal> {
        let tag = tag.trim();
        let unusable = |what: &str| {
            self.finding(
                &entry::TAG_NOT_USABLE,
                format_args!("the tag `{tag}` {what}"),
            )
        };
        if tag.is_empty() {
            return Err(vec![unusable("is empty")]);
        }
        check_tag(tag).map_err(|problem| vec![unusable(&format!("cannot be used: {problem}"))])?;
        Ok(Target::Tags(TagSlice::One(tag.to_owned())))
    }

    fn tag_prefix(&self, prefix: &str) -> Result<Target<'a>, Refusal> {
        let prefix = prefix.trim_start();
        let reserved = prefix.eq_ignore_ascii_case(crate::model::ACCORD_TAG);
        match check_tag(prefix) {
            Err(problem) if !reserved => Err(vec![self.finding(
                &entry::TAG_NOT_USABLE,
                format_args!("the prefix `{prefix}` cannot be used: {problem}"),
            )]),
            _ => Ok(Target::Tags(TagSlice::Prefix(prefix.to_owned()))),
        }
    }

    fn table(
        &self,
        source: &Source<'_>,
        case_form: &Form,
        azure_form: &Form,
    ) -> Result<Option<Table>, Refusal> {
        let Some(values) = &self.row.values else {
            return Ok(None);
        };
        if matches!(source, Source::Constant(_)) {
            let what = "a constant has one value, so `values` has nothing to translate";
            return Err(vec![self.mismatch(what)]);
        }
        Table::compile(values, case_form, azure_form)
            .map(Some)
            .map_err(|misfits| self.misfits(misfits))
    }

    fn misfits(&self, misfits: Vec<Misfit>) -> Refusal {
        let told = misfits.into_iter().map(|misfit| {
            self.mismatch(format_args!(
                "`{}` stands for {} in the value table, where {} is expected",
                misfit.value, misfit.system, misfit.expected
            ))
        });
        told.collect()
    }

    /// The patterns of a row `as: path`.
    fn paths(
        &self,
        codec: Codec,
        source: &Source<'_>,
        target: &Target<'_>,
        (case_form, azure_form): (&Form, &Form),
    ) -> Result<Option<PathTable>, Refusal> {
        if codec != Codec::Path {
            return Ok(None);
        }
        let Some(values) = &self.row.values else {
            let tree = matches!(target, Target::Field { kind, .. } if *kind == Some(AzureFieldKind::TreePath));
            let sections =
                matches!(source, Source::Field(_, field) if field.kind == CaseFieldKind::Path);
            return if tree && sections {
                Err(vec![
                    self.mismatch("a section is no area and no iteration by itself")
                        .with_help("say with `values` where each belongs: `values: { \"Checkout/**\": 'Web Shop\\QA' }`"),
                ])
            } else {
                Ok(None)
            };
        };
        PathTable::compile(values, case_form, azure_form)
            .map(Some)
            .map_err(|misfits| self.misfits(misfits))
    }

    fn case_end(&self, source: Source<'_>, azure_form: &Form) -> Result<CaseEnd, Refusal> {
        match source {
            Source::Field(name, field) => Ok(CaseEnd::Field {
                name: name.to_owned(),
                writable: field.access == CaseFieldAccess::Write,
                storage: match field.kind {
                    CaseFieldKind::Text => Storage::Text,
                    _ => Storage::Native,
                },
                format: case_format(name, field.kind),
            }),
            Source::Expression(expression) => Ok(CaseEnd::Expression(expression)),
            Source::Constant(value) => match azure_form.canonical(value) {
                Some(value) => Ok(CaseEnd::Constant(value)),
                None => Err(vec![self.mismatch(format_args!(
                    "the constant `{value}` is not {}, which the Azure DevOps field holds",
                    azure_form.expected()
                ))]),
            },
        }
    }

    fn azure_end(&self, target: Target<'_>, codec: Codec) -> AzureEnd {
        use AzureFieldKind as Kind;
        match target {
            Target::Tags(slice) => AzureEnd::Tags(slice),
            Target::Field {
                reference_name,
                kind,
                live,
            } => {
                let workflow = (codec == Codec::State)
                    .then(|| Workflow::new(self.metadata, &self.row.reasons));
                let is_title = reference_name == "System.Title";
                AzureEnd::Field(AzureField {
                    reference_name: match codec {
                        // One row for the two fields that belong together.
                        Codec::Parameters => wire::PARAMETERS.to_owned(),
                        _ => reference_name.to_owned(),
                    },
                    storage: match kind {
                        Some(Kind::String | Kind::PlainText | Kind::Guid) => Storage::Text,
                        _ => Storage::Native,
                    },
                    limit: (kind == Some(Kind::String)).then_some(STRING_LIMIT),
                    required: is_title || live.is_some_and(|live| live.always_required),
                    // A new item has a state, whether the type tells a default or not.
                    has_default: workflow.is_some()
                        || live.is_some_and(|live| !live.default_value.is_null()),
                    writable: known::is_writable(reference_name, live),
                    workflow,
                })
            }
        }
    }
}

/// How a case keeps its formatted texts. A custom field's kind is not told by the server; editors write
/// HTML into those that are formatted.
fn case_format(name: &str, kind: CaseFieldKind) -> Format {
    match kind {
        CaseFieldKind::Text if !name.starts_with("custom.") => Format::Plain,
        _ => Format::Html,
    }
}

/// The code, message and help for an expression that cannot be compiled.
pub(super) fn expression_refusal(problem: &ExpressionProblem) -> (Code, String, Option<String>) {
    let invalid = |what: String| (&values::EXPRESSION_INVALID, what, None);
    match problem {
        ExpressionProblem::UnknownName(name) => {
            let near = nearest(name, CASE_FIELDS.iter().map(|field| field.name));
            (
                &entry::L01_UNKNOWN_FIELD,
                format!("the expression reads `{name}`, and TestWorthy cases have no such field"),
                Some(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("for a custom field write `custom.{name}`"),
                }),
            )
        }
        ExpressionProblem::TooLong => invalid(format!(
            "the expression is longer than {} bytes",
            expression::MAX_LENGTH
        )),
        ExpressionProblem::TooDeep => invalid(format!(
            "the expression nests deeper than {} brackets",
            expression::MAX_NESTING
        )),
        ExpressionProblem::Syntax(reason) => {
            invalid(format!("the expression cannot be read: {reason}"))
        }
        ExpressionProblem::UnknownOperation(reason) => {
            invalid(format!("the expression uses what there is not: {reason}"))
        }
    }
}
