//! Which codec a row takes, whether both of its fields hold what that codec reads, and their forms.

use super::{Refusal, Resolver, Source, Target};
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::mapping as entry;
use crate::mapping::form::{ChoiceOf, Form};
use crate::mapping::slice::TagSlice;
use crate::mapping::wire;
use crate::model::config::{Codec, RowSource, RowTarget};
use crate::model::{AzureFieldKind, CaseFieldKind, Value, ValueKind};

/// Where Azure DevOps keeps the steps of a test case.
const STEPS: &str = "Microsoft.VSTS.TCM.Steps";

impl Resolver<'_> {
    /// The codec that the row names, else the one that follows from the Azure DevOps field.
    pub(super) fn codec(&self, source: &Source<'_>, target: &Target<'_>) -> Codec {
        use AzureFieldKind as Kind;
        if let Some(codec) = self.row.codec {
            return codec;
        }
        let (name, kind, live) = match target {
            Target::Tags(TagSlice::One(_)) => return Codec::Boolean,
            Target::Tags(TagSlice::Prefix(_)) => return Codec::Set,
            Target::Field {
                reference_name,
                kind,
                live,
            } => (*reference_name, *kind, *live),
        };
        match name {
            STEPS => return Codec::Steps,
            wire::PARAMETERS | wire::DATA_SOURCE => return Codec::Parameters,
            "System.State" => return Codec::State,
            _ => {}
        }
        let listed =
            live.is_some_and(|live| live.definition.is_picklist || !live.allowed_values.is_empty());
        match kind {
            Some(Kind::String | Kind::Integer | Kind::Double) if listed => Codec::Picklist,
            Some(Kind::Integer | Kind::Double) => Codec::Number,
            Some(Kind::Boolean) => Codec::Boolean,
            Some(Kind::DateTime) => Codec::DateTime,
            Some(Kind::Html) => Codec::RichText,
            Some(Kind::TreePath) => Codec::Path,
            Some(Kind::Identity) => Codec::User,
            Some(_) => Codec::Text,
            None if self.row.values.is_some() => Codec::Picklist,
            None => natural_codec(source),
        }
    }

    pub(super) fn check_azure_kind(
        &self,
        codec: Codec,
        target: &Target<'_>,
    ) -> Result<(), Refusal> {
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
                kind,
                ..
            } => (*reference_name, *kind),
        };
        let own = match codec {
            Codec::Steps => Some(name == STEPS),
            Codec::Parameters => Some(name == wire::PARAMETERS || name == wire::DATA_SOURCE),
            Codec::State => Some(name == "System.State"),
            // It goes with a transition and is nothing by itself.
            _ if name == "System.Reason" => Some(false),
            _ if name == STEPS || name == wire::PARAMETERS || name == wire::DATA_SOURCE => {
                Some(false)
            }
            _ => None,
        };
        if own == Some(true) || (own.is_none() && kind.is_none_or(|kind| fits(codec, kind))) {
            return Ok(());
        }
        let holds = match name {
            STEPS => "test steps",
            "System.Reason" => "the reason of a transition",
            wire::PARAMETERS | wire::DATA_SOURCE => "test parameters",
            _ => kind.map_or("something else", kind_in_words),
        };
        let help = match codec {
            Codec::Steps => "steps are kept in `Microsoft.VSTS.TCM.Steps`",
            Codec::Parameters => {
                "parameters are kept in `Microsoft.VSTS.TCM.Parameters` and its `LocalDataSource`"
            }
            Codec::State => "the state of a work item is `System.State`",
            _ if name == "System.Reason" => "`reasons` of the row with `as: state` sets it",
            _ => "leave `as` out, so that it follows from the field's type",
        };
        Err(vec![
            self.mismatch(format_args!(
                "`{name}` holds {holds} and cannot be read `as: {}`",
                codec.key()
            ))
            .with_help(help),
        ])
    }

    pub(super) fn check_case_kind(
        &self,
        codec: Codec,
        source: &Source<'_>,
        azure_form: &Form,
    ) -> Result<(), Refusal> {
        use CaseFieldKind as Kind;
        if let (Source::Expression(_), Codec::Steps | Codec::Parameters) = (source, codec) {
            let what = format!("an expression gives no {}", azure_form.expected());
            return Err(vec![self.mismatch(what)]);
        }
        let Source::Field(name, field) = source else {
            return Ok(());
        };
        if self.row.values.is_some() && codec != Codec::Path {
            let what = match (codec, field.kind) {
                (Codec::Set, _) | (_, Kind::Set) => "sets",
                (Codec::Steps, _) | (_, Kind::Steps) => "steps",
                (Codec::RichText | Codec::Parameters, _) | (_, Kind::RichText) => "formatted texts",
                _ => return Ok(()),
            };
            return Err(vec![self.mismatch(format_args!(
                "`values` translates single values and no {what}"
            ))]);
        }
        let numeric = is_numeric(azure_form);
        let natural = match codec {
            Codec::Picklist if numeric => field.kind == Kind::Number,
            Codec::Picklist | Codec::State => matches!(field.kind, Kind::Text | Kind::Picklist),
            Codec::Text => {
                matches!(
                    field.kind,
                    Kind::Text | Kind::Picklist | Kind::Path | Kind::User
                )
            }
            Codec::Number => field.kind == Kind::Number,
            Codec::Boolean => field.kind == Kind::Boolean,
            Codec::DateTime => field.kind == Kind::DateTime,
            Codec::Set => field.kind == Kind::Set,
            Codec::RichText => matches!(field.kind, Kind::RichText | Kind::Text),
            Codec::Steps => field.kind == Kind::Steps,
            Codec::Parameters => field.kind == Kind::RichText,
            Codec::Path => field.kind == Kind::Path,
            Codec::User => field.kind == Kind::User,
        };
        // A custom field's kind is not told by the server, so its texts may well be numbers.
        let said = self.row.codec.is_some() || name.starts_with("custom.");
        if natural || (said && field.kind == Kind::Text && codec != Codec::Steps) {
            return Ok(());
        }
        let (what, help) = match (field.kind, codec) {
            (Kind::RichText | Kind::Steps, Codec::Text) => (
                format!(
                    "`{name}` holds markup; reading it as plain text would lose its formatting"
                ),
                "`as: richText` writes the words of a formatted text into a plain field",
            ),
            (kind, _) => (
                format!(
                    "`{name}` does not hold {}, which the Azure DevOps field does",
                    azure_form.expected()
                ),
                match kind {
                    Kind::Picklist | Kind::Boolean => "translate its values with `values`",
                    Kind::Set => "write `as: set`",
                    _ => "say how with `as`, or translate its values with `values`",
                },
            ),
        };
        Err(vec![self.mismatch(what).with_help(help)])
    }

    pub(super) fn mismatch(&self, what: impl std::fmt::Display) -> Finding {
        self.finding(&entry::L02_TYPE_MISMATCH, what)
    }

    fn is_title(&self) -> bool {
        matches!(&self.row.source, RowSource::Field(name) if name == "title")
            || matches!(&self.row.target, RowTarget::Field(name) if name == "System.Title")
    }

    pub(super) fn azure_form(&self, codec: Codec, target: &Target<'_>) -> Form {
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
            Codec::RichText => Form::RichText {
                plain: matches!(kind, Some(Kind::String | Kind::PlainText)),
            },
            Codec::Steps => Form::Steps,
            Codec::Parameters => Form::Parameters,
            Codec::User => Form::User,
            Codec::Path => Form::Path {
                separator: match kind {
                    Some(Kind::TreePath) => '\\',
                    _ => '/',
                },
            },
            Codec::State => {
                let states = self.metadata.map(|metadata| metadata.states.as_slice());
                let states = states.unwrap_or_default().iter();
                Form::Choice {
                    allowed: states
                        .map(|state| Value::text(state.name.as_str()))
                        .collect(),
                    of: ChoiceOf::Text,
                }
            }
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
        }
    }

    pub(super) fn case_form(&self, codec: Codec, source: &Source<'_>, azure_form: &Form) -> Form {
        let Source::Field(name, field) = source else {
            return azure_form.clone();
        };
        if self.row.values.is_some() && codec != Codec::Path && codec != Codec::User {
            return match field.kind {
                CaseFieldKind::Boolean => Form::Boolean,
                CaseFieldKind::Number => Form::Number { whole: false },
                CaseFieldKind::DateTime => Form::DateTime,
                CaseFieldKind::Picklist => Form::Line,
                CaseFieldKind::Path => Form::Path { separator: '/' },
                CaseFieldKind::User => Form::User,
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
            (Codec::Picklist | Codec::State, _) => Form::Line,
            (Codec::RichText, _) => Form::RichText {
                plain: field.kind == CaseFieldKind::Text && !name.starts_with("custom."),
            },
            (Codec::Steps, _) => Form::Steps,
            (Codec::Parameters, _) => Form::Parameters,
            (Codec::User, _) => Form::User,
            (Codec::Path, Form::Path { separator }) if field.kind != CaseFieldKind::Path => {
                Form::Path {
                    separator: *separator,
                }
            }
            (Codec::Path, _) => Form::Path { separator: '/' },
        }
    }
}

/// Whether a field of this type can be read by a codec that is not tied to certain fields.
fn fits(codec: Codec, kind: AzureFieldKind) -> bool {
    use AzureFieldKind as Kind;
    let text = matches!(kind, Kind::String | Kind::PlainText);
    match codec {
        Codec::Text => text || kind == Kind::Guid,
        Codec::Number => text || matches!(kind, Kind::Integer | Kind::Double),
        Codec::Boolean => text || kind == Kind::Boolean,
        Codec::Picklist => matches!(kind, Kind::String | Kind::Integer | Kind::Double),
        Codec::DateTime => matches!(kind, Kind::DateTime | Kind::String),
        Codec::Set => text,
        Codec::RichText => text || kind == Kind::Html,
        Codec::Path => text || kind == Kind::TreePath,
        Codec::User => text || kind == Kind::Identity,
        Codec::Steps | Codec::Parameters | Codec::State => false,
    }
}

/// The codec that fits what a source holds, where nothing is known of the Azure DevOps field.
fn natural_codec(source: &Source<'_>) -> Codec {
    match source {
        Source::Field(_, field) => match field.kind {
            CaseFieldKind::Picklist => Codec::Picklist,
            CaseFieldKind::Boolean => Codec::Boolean,
            CaseFieldKind::Number => Codec::Number,
            CaseFieldKind::DateTime => Codec::DateTime,
            CaseFieldKind::Set => Codec::Set,
            CaseFieldKind::RichText => Codec::RichText,
            CaseFieldKind::Steps => Codec::Steps,
            CaseFieldKind::User => Codec::User,
            CaseFieldKind::Text | CaseFieldKind::Path => Codec::Text,
        },
        Source::Expression(_) => Codec::Text,
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
