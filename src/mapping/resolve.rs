//! One row resolved: both ends found, the codec chosen, the forms fixed, the value table compiled.

use super::compile::location;
use super::form::{ChoiceOf, Form, Storage};
use super::known;
use super::row::{AzureEnd, AzureField, CaseEnd, CompiledRow, digest};
use super::slice::{TagSlice, check_tag};
use super::suggest::nearest;
use super::value_map::Table;
use crate::diagnostics::{Code, Finding, catalog::mapping as entry};
use crate::model::config::{Codec, FieldMapping, Row, RowSource, RowTarget};
use crate::model::{
    AzureFieldKind, CASE_FIELDS, CaseField, CaseFieldAccess, CaseFieldKind, TypeField, Value,
    ValueKind, WorkItemType,
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
#[derive(Clone, Copy)]
enum Source<'a> {
    Field(&'a str, CaseField),
    Constant(&'a Value),
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
        self.check_supported(source, &target)?;
        let codec = self.codec(source, &target);
        self.check_azure_kind(codec, &target)?;
        let azure_form = self.azure_form(codec, &target);
        self.check_case_kind(codec, source, &azure_form)?;
        let case_form = self.case_form(codec, source, &azure_form);
        let table = self.table(source, &case_form, &azure_form)?;
        let case = self.case_end(source, &azure_form)?;
        Ok(CompiledRow {
            name: self.row.name.clone(),
            digest: digest(self.row, codec),
            direction: self.row.direction,
            on_create: self.row.on_create,
            sensitive: self.row.sensitive,
            origin: self.row.origin.clone(),
            case,
            case_form,
            azure: azure_end(target),
            azure_form,
            table,
        })
    }

    fn finding(&self, code: Code, what: impl std::fmt::Display) -> Finding {
        finding(self.mapping, self.row, code, what)
    }

    fn source(&self) -> Result<Source<'a>, Refusal> {
        let name = match &self.row.source {
            RowSource::Constant(value) => return Ok(Source::Constant(value)),
            RowSource::Expression(_) => {
                let what = "this version computes no values";
                return Err(vec![self.finding(&entry::CODEC_NOT_SUPPORTED_YET, what)]);
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

    /// Refuses what needs a codec of a later version. Plain text would lose markup, so it is no way out.
    fn check_supported(&self, source: Source<'_>, target: &Target<'_>) -> Result<(), Refusal> {
        if let Some(
            codec @ (Codec::RichText
            | Codec::Steps
            | Codec::Path
            | Codec::User
            | Codec::State
            | Codec::Parameters),
        ) = self.row.codec
        {
            let what = format!("this version has no codec `{}`", codec.key());
            return Err(vec![self.finding(&entry::CODEC_NOT_SUPPORTED_YET, what)]);
        }
        let refuse = |field: &str, what: &str, help: &str| {
            let what = format!("`{field}` {what}, and this version has no codec for that");
            Err(vec![
                self.finding(&entry::CODEC_NOT_SUPPORTED_YET, what)
                    .with_help(help),
            ])
        };
        let leave_out = "leave the row out for now";
        if let Source::Field(name, field) = source {
            match field.kind {
                CaseFieldKind::RichText => {
                    let what = "holds HTML; reading it as plain text would lose its formatting";
                    return refuse(name, what, leave_out);
                }
                CaseFieldKind::Steps => return refuse(name, "holds test steps", leave_out),
                CaseFieldKind::Path => {
                    let help = "leave the row out for now; `section.name` is a plain text";
                    return refuse(name, "is a path of sections", help);
                }
                CaseFieldKind::User => return refuse(name, "is a person", leave_out),
                _ => {}
            }
        }
        let Target::Field {
            reference_name,
            kind,
            ..
        } = target
        else {
            return Ok(());
        };
        match kind {
            Some(AzureFieldKind::Html | AzureFieldKind::History) => refuse(
                reference_name,
                "holds markup; treating it as plain text would lose its formatting",
                leave_out,
            ),
            Some(AzureFieldKind::TreePath) => refuse(
                reference_name,
                "is an area or iteration path",
                "leave the row out for now; `createIn` of the rule says where new items go",
            ),
            Some(AzureFieldKind::Identity) => refuse(reference_name, "is a person", leave_out),
            _ if known::is_workflow(reference_name) => refuse(
                reference_name,
                "belongs to the workflow of the work item type",
                leave_out,
            ),
            _ => Ok(()),
        }
    }

    fn codec(&self, source: Source<'_>, target: &Target<'_>) -> Codec {
        use AzureFieldKind as Kind;
        if let Some(codec) = self.row.codec {
            return codec;
        }
        let (kind, live) = match target {
            Target::Tags(TagSlice::One(_)) => return Codec::Boolean,
            Target::Tags(TagSlice::Prefix(_)) => return Codec::Set,
            Target::Field { kind, live, .. } => (*kind, *live),
        };
        let listed =
            live.is_some_and(|live| live.definition.is_picklist || !live.allowed_values.is_empty());
        match kind {
            Some(Kind::String | Kind::Integer | Kind::Double) if listed => Codec::Picklist,
            Some(Kind::Integer | Kind::Double) => Codec::Number,
            Some(Kind::Boolean) => Codec::Boolean,
            Some(Kind::DateTime) => Codec::DateTime,
            Some(_) => Codec::Text,
            None if self.row.values.is_some() => Codec::Picklist,
            None => natural_codec(source),
        }
    }

    fn check_azure_kind(&self, codec: Codec, target: &Target<'_>) -> Result<(), Refusal> {
        use AzureFieldKind as Kind;
        let (name, kind) = match target {
            Target::Tags(slice) => {
                let (fits, needs) = match slice {
                    TagSlice::One(_) => (codec == Codec::Boolean, "boolean"),
                    TagSlice::Prefix(_) => (codec == Codec::Set, "set"),
                };
                return if fits {
                    Ok(())
                } else {
                    Err(vec![
                        self.mismatch(format_args!("tags are not read `as: {}`", codec.key()))
                            .with_help(format!("write `as: {needs}`, or leave `as` out")),
                    ])
                };
            }
            Target::Field {
                reference_name,
                kind: Some(kind),
                ..
            } => (reference_name, *kind),
            Target::Field { kind: None, .. } => return Ok(()),
        };
        let fits = match codec {
            Codec::Text => matches!(kind, Kind::String | Kind::PlainText | Kind::Guid),
            Codec::Number => matches!(
                kind,
                Kind::Integer | Kind::Double | Kind::String | Kind::PlainText
            ),
            Codec::Boolean => matches!(kind, Kind::Boolean | Kind::String | Kind::PlainText),
            Codec::Picklist => matches!(kind, Kind::String | Kind::Integer | Kind::Double),
            Codec::DateTime => matches!(kind, Kind::DateTime | Kind::String),
            Codec::Set => matches!(kind, Kind::String | Kind::PlainText),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(vec![
            self.mismatch(format_args!(
                "`{name}` holds {} and cannot be read `as: {}`",
                kind_in_words(kind),
                codec.key()
            ))
            .with_help("leave `as` out, so that it follows from the field's type"),
        ])
    }

    fn check_case_kind(
        &self,
        codec: Codec,
        source: Source<'_>,
        azure_form: &Form,
    ) -> Result<(), Refusal> {
        use CaseFieldKind as Kind;
        let Source::Field(name, field) = source else {
            return Ok(());
        };
        if self.row.values.is_some() {
            return if codec == Codec::Set || field.kind == Kind::Set {
                Err(vec![
                    self.mismatch("`values` translates single values and no sets"),
                ])
            } else {
                Ok(())
            };
        }
        let numeric = is_numeric(azure_form);
        let natural = match codec {
            Codec::Picklist if numeric => field.kind == Kind::Number,
            Codec::Text | Codec::Picklist => matches!(field.kind, Kind::Text | Kind::Picklist),
            Codec::Number => field.kind == Kind::Number,
            Codec::Boolean => field.kind == Kind::Boolean,
            Codec::DateTime => field.kind == Kind::DateTime,
            Codec::Set => field.kind == Kind::Set,
            _ => false,
        };
        // A custom field's kind is not told by the server, so its texts may well be numbers.
        let said = self.row.codec.is_some() || name.starts_with("custom.");
        if natural || (said && field.kind == Kind::Text) {
            return Ok(());
        }
        let help = match field.kind {
            Kind::Picklist | Kind::Boolean => "translate its values with `values`",
            Kind::Set => "write `as: set`",
            _ => "say how with `as`, or translate its values with `values`",
        };
        Err(vec![
            self.mismatch(format_args!(
                "`{name}` does not hold {}, which the Azure DevOps field does",
                azure_form.expected()
            ))
            .with_help(help),
        ])
    }

    fn mismatch(&self, what: impl std::fmt::Display) -> Finding {
        self.finding(&entry::L02_TYPE_MISMATCH, what)
    }

    fn is_title(&self) -> bool {
        matches!(&self.row.source, RowSource::Field(name) if name == "title")
            || matches!(&self.row.target, RowTarget::Field(name) if name == "System.Title")
    }

    fn azure_form(&self, codec: Codec, target: &Target<'_>) -> Form {
        use AzureFieldKind as Kind;
        let (kind, live) = match target {
            Target::Tags(_) => (None, None),
            Target::Field { kind, live, .. } => (*kind, *live),
        };
        match codec {
            Codec::Text if self.is_title() => Form::Title,
            Codec::Text if matches!(kind, Some(Kind::String | Kind::Guid)) => Form::Line,
            Codec::Text => Form::Lines,
            Codec::Number => Form::Number {
                whole: kind == Some(Kind::Integer),
            },
            Codec::Boolean => Form::Boolean,
            Codec::DateTime => Form::DateTime,
            Codec::Set => Form::Set,
            Codec::Picklist => {
                let of = match kind {
                    Some(Kind::Integer | Kind::Double) => ChoiceOf::Number,
                    Some(_) => ChoiceOf::Text,
                    None => ChoiceOf::Any,
                };
                let listed = live.map(|live| live.allowed_values.as_slice());
                let allowed = listed.unwrap_or_default().iter();
                let allowed = allowed
                    .filter_map(|value| of.canonical(value))
                    .filter(|value| !value.is_null())
                    .collect();
                Form::Choice { allowed, of }
            }
            _ => Form::Lines,
        }
    }

    fn case_form(&self, codec: Codec, source: Source<'_>, azure_form: &Form) -> Form {
        let Source::Field(_, field) = source else {
            return azure_form.clone();
        };
        if self.row.values.is_some() {
            return match field.kind {
                CaseFieldKind::Boolean => Form::Boolean,
                CaseFieldKind::Number => Form::Number { whole: false },
                CaseFieldKind::DateTime => Form::DateTime,
                CaseFieldKind::Picklist => Form::Line,
                _ if self.is_title() => Form::Title,
                _ => Form::Lines,
            };
        }
        match (codec, azure_form) {
            (Codec::Text, _) if self.is_title() => Form::Title,
            (Codec::Text, _) => Form::Lines,
            (Codec::Number, _) => Form::Number { whole: false },
            (Codec::Boolean, _) => Form::Boolean,
            (Codec::DateTime, _) => Form::DateTime,
            (Codec::Set, _) => Form::Set,
            (Codec::Picklist, _) if is_numeric(azure_form) => Form::Number { whole: false },
            (Codec::Picklist, _) => Form::Line,
            _ => Form::Lines,
        }
    }

    fn table(
        &self,
        source: Source<'_>,
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
        let misfit = |misfit: super::value_map::Misfit| {
            self.mismatch(format_args!(
                "`{}` stands for {} in the value table, where {} is expected",
                misfit.value, misfit.system, misfit.expected
            ))
        };
        Table::compile(values, case_form, azure_form)
            .map(Some)
            .map_err(|misfits| misfits.into_iter().map(misfit).collect())
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
            }),
            Source::Constant(value) => match azure_form.canonical(value) {
                Some(value) => Ok(CaseEnd::Constant(value)),
                None => Err(vec![self.mismatch(format_args!(
                    "the constant `{value}` is not {}, which the Azure DevOps field holds",
                    azure_form.expected()
                ))]),
            },
        }
    }
}

fn azure_end(target: Target<'_>) -> AzureEnd {
    use AzureFieldKind as Kind;
    match target {
        Target::Tags(slice) => AzureEnd::Tags(slice),
        Target::Field {
            reference_name,
            kind,
            live,
        } => {
            let is_title = reference_name == "System.Title";
            AzureEnd::Field(AzureField {
                reference_name: reference_name.to_owned(),
                storage: match kind {
                    Some(Kind::String | Kind::PlainText | Kind::Guid) => Storage::Text,
                    _ => Storage::Native,
                },
                limit: (kind == Some(Kind::String)).then_some(STRING_LIMIT),
                required: is_title || live.is_some_and(|live| live.always_required),
                has_default: live.is_some_and(|live| !live.default_value.is_null()),
                writable: known::is_writable(reference_name, live),
            })
        }
    }
}

/// The codec that fits what a source holds, where nothing is known of the Azure DevOps field.
fn natural_codec(source: Source<'_>) -> Codec {
    match source {
        Source::Field(_, field) => match field.kind {
            CaseFieldKind::Picklist => Codec::Picklist,
            CaseFieldKind::Boolean => Codec::Boolean,
            CaseFieldKind::Number => Codec::Number,
            CaseFieldKind::DateTime => Codec::DateTime,
            CaseFieldKind::Set => Codec::Set,
            _ => Codec::Text,
        },
        Source::Constant(value) => match value.kind() {
            ValueKind::Number => Codec::Number,
            ValueKind::Boolean => Codec::Boolean,
            ValueKind::DateTime => Codec::DateTime,
            ValueKind::Set => Codec::Set,
            ValueKind::Steps => Codec::Steps,
            ValueKind::Parameters => Codec::Parameters,
            ValueKind::Text | ValueKind::Null => Codec::Text,
        },
    }
}

fn is_numeric(form: &Form) -> bool {
    matches!(
        form,
        Form::Number { .. }
            | Form::Choice {
                of: ChoiceOf::Number,
                ..
            }
    )
}

fn kind_in_words(kind: AzureFieldKind) -> &'static str {
    match kind {
        AzureFieldKind::String => "a line of text",
        AzureFieldKind::PlainText => "text",
        AzureFieldKind::Html | AzureFieldKind::History => "markup",
        AzureFieldKind::Integer => "whole numbers",
        AzureFieldKind::Double => "numbers",
        AzureFieldKind::DateTime => "dates and times",
        AzureFieldKind::Boolean => "true or false",
        AzureFieldKind::TreePath => "paths",
        AzureFieldKind::Identity => "people",
        AzureFieldKind::Guid => "GUIDs",
    }
}
