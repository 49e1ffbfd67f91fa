//! Between what a field holds and the canonical value of its row.
//!
//! Most fields hold their value as it is. Formatted texts, steps and parameters are read by codecs, and are
//! *put* into what the field holds now: ids, shared steps and members that no codec knows stay.

use super::codec::parameters::{self, ParametersProblem};
use super::codec::rich_text::{self, Format, Unreadable};
use super::codec::steps::{self, CaseSteps, StepsProblem};
use super::form::{Form, formatted};
use super::problem::Problem;
use super::row::AzureField;
use crate::model::steps::Step;
use crate::model::{System, Value, WorkItem};

/// The field of a work item that names its parameters.
pub(super) const PARAMETERS: &str = "Microsoft.VSTS.TCM.Parameters";
/// The field of a work item that holds their values.
pub(super) const DATA_SOURCE: &str = "Microsoft.VSTS.TCM.LocalDataSource";

/// Reads what a case holds. `format` is that of its formatted texts.
pub(super) fn read_case(form: &Form, format: Format, raw: &Value) -> Result<Value, Problem> {
    let system = System::TestWorthy;
    match (form, raw) {
        (Form::RichText { .. }, Value::Text(text)) => read_text(system, text, format),
        (Form::Steps, _) => {
            let steps = CaseSteps::from_value(raw).and_then(|steps| steps.parse());
            steps
                .map(Value::steps)
                .map_err(|problem| unreadable(system, steps_reason(problem)))
        }
        (Form::Parameters, Value::Null | Value::Text(_)) => {
            parameters::parse_text(raw.as_text().unwrap_or_default(), format)
                .map(Value::parameters)
                .map_err(|problem| unreadable(system, parameters_reason(problem)))
        }
        _ => canonical(system, form, raw),
    }
}

/// Reads what a work item holds.
pub(super) fn read_work_item(
    form: &Form,
    field: &AzureField,
    item: &WorkItem,
) -> Result<Value, Problem> {
    let system = System::AzureDevOps;
    let raw = field.read(item);
    match (form, &raw) {
        (Form::RichText { plain }, Value::Text(text)) => {
            read_text(system, text, azure_format(*plain, field, item))
        }
        (Form::Steps, Value::Null | Value::Text(_)) => {
            steps::parse_tcm(raw.as_text().unwrap_or_default())
                .map(Value::steps)
                .map_err(|problem| unreadable(system, steps_reason(problem)))
        }
        (Form::Parameters, _) => {
            parameters::parse_fields(text_of(item, PARAMETERS), text_of(item, DATA_SOURCE))
                .map(Value::parameters)
                .map_err(|problem| unreadable(system, parameters_reason(problem)))
        }
        _ => canonical(system, form, &raw),
    }
}

/// What a case's field is to hold for a canonical value; `now` is what it holds.
pub(super) fn put_case(
    form: &Form,
    format: Format,
    now: &Value,
    value: &Value,
) -> Result<Value, Problem> {
    let system = System::TestWorthy;
    match (form, value) {
        (Form::RichText { .. }, Value::Text(html)) => write_text(system, html, format),
        (Form::Steps, _) => {
            let put = CaseSteps::from_value(now).and_then(|now| now.put(step_list(value)));
            put.map(|steps| steps.to_value())
                .map_err(|problem| does_not_fit(system, steps_reason(problem)))
        }
        (Form::Parameters, Value::Parameters(table)) => {
            Ok(Value::text(parameters::render_text(table)))
        }
        _ => Ok(value.clone()),
    }
}

/// What the fields of a work item are to hold for a canonical value: one, for parameters two. `item` is
/// the item as it is, if it exists.
pub(super) fn put_work_item(
    form: &Form,
    field: &AzureField,
    item: Option<&WorkItem>,
    value: &Value,
) -> Result<Vec<(String, Value)>, Problem> {
    let system = System::AzureDevOps;
    let one = |value: Value| vec![(field.reference_name.clone(), value)];
    let now = |name: &str| item.map(|item| text_of(item, name)).unwrap_or_default();
    match (form, value) {
        (Form::RichText { plain }, Value::Text(html)) => {
            let format = match item {
                Some(item) => azure_format(*plain, field, item),
                None if *plain => Format::Plain,
                None => Format::Html,
            };
            write_text(system, html, format).map(one)
        }
        (Form::Steps, _) => steps::put_tcm(now(&field.reference_name), step_list(value))
            .map(|xml| one(Value::text(xml)))
            .map_err(|problem| does_not_fit(system, steps_reason(problem))),
        (Form::Parameters, _) => {
            let none = crate::model::parameters::Parameters::default();
            let wanted = match value {
                Value::Parameters(wanted) => wanted,
                _ => &none,
            };
            let put = parameters::put_fields(now(PARAMETERS), now(DATA_SOURCE), wanted);
            put.map(|(names, data)| {
                vec![
                    (PARAMETERS.to_owned(), Value::text(names)),
                    (DATA_SOURCE.to_owned(), Value::text(data)),
                ]
            })
            .map_err(|problem| does_not_fit(system, parameters_reason(problem)))
        }
        _ => Ok(one(field.storage.stored(value))),
    }
}

/// What formatting there is in a canonical formatted text, in words.
pub(super) fn formatting(value: &Value) -> Vec<&'static str> {
    let Value::Text(html) = value else {
        return Vec::new();
    };
    rich_text::parse(html, Format::Html).map_or_else(|_| Vec::new(), |tree| tree.formatting())
}

/// The words of a canonical formatted text, as a plain field holds them.
pub(super) fn words(html: &str) -> String {
    rich_text::parse(html, Format::Html).map_or_else(|_| html.to_owned(), |tree| tree.plain())
}

fn azure_format(plain: bool, field: &AzureField, item: &WorkItem) -> Format {
    if plain {
        Format::Plain
    } else if item.markdown.contains(&field.reference_name) {
        Format::Markdown
    } else {
        Format::Html
    }
}

fn read_text(system: System, text: &str, format: Format) -> Result<Value, Problem> {
    formatted(text, format, false).ok_or_else(|| unreadable(system, too_much()))
}

fn write_text(system: System, html: &str, format: Format) -> Result<Value, Problem> {
    if format == Format::Html {
        return Ok(Value::text(html));
    }
    let tree = rich_text::parse(html, Format::Html);
    tree.map(|tree| Value::text(rich_text::render(&tree, format)))
        .map_err(|_| does_not_fit(system, too_much()))
}

fn canonical(system: System, form: &Form, raw: &Value) -> Result<Value, Problem> {
    form.canonical(raw).ok_or_else(|| Problem::WrongKind {
        system,
        expected: form.expected(),
        value: Some(raw.clone()),
    })
}

fn text_of<'i>(item: &'i WorkItem, name: &str) -> &'i str {
    item.fields
        .get(name)
        .and_then(Value::as_text)
        .unwrap_or_default()
}

fn step_list(value: &Value) -> &[Step] {
    match value {
        Value::Steps(steps) => steps,
        _ => &[],
    }
}

fn unreadable(system: System, reason: String) -> Problem {
    Problem::Unreadable {
        system,
        reason: Some(reason),
    }
}

fn does_not_fit(system: System, reason: String) -> Problem {
    Problem::DoesNotFit {
        system,
        reason: Some(reason),
    }
}

fn too_much() -> String {
    "the text is too long or nests too deep".to_owned()
}

fn unreadable_text(unreadable: Unreadable) -> String {
    match unreadable {
        Unreadable::TooLong => format!("a text is longer than {} bytes", rich_text::MAX_BYTES),
        Unreadable::TooDeep => "a text nests too deep".to_owned(),
    }
}

fn steps_reason(problem: StepsProblem) -> String {
    match problem {
        StepsProblem::Malformed {
            reason,
            at: Some(at),
        } => format!("{reason} at byte {at}"),
        StepsProblem::Malformed { reason, at: None } => reason,
        StepsProblem::Unreadable(unreadable) => unreadable_text(unreadable),
        StepsProblem::NewSharedSteps(id) => format!(
            "the shared steps of work item {id} are not referred to by the work item yet; insert them there once"
        ),
        StepsProblem::DoesNotFit(reason) => reason.to_owned(),
    }
}

fn parameters_reason(problem: ParametersProblem) -> String {
    match problem {
        ParametersProblem::Malformed(reason) => reason,
        ParametersProblem::Unreadable(unreadable) => unreadable_text(unreadable),
        ParametersProblem::NotATable(reason) => {
            format!("it is not one table of texts with a head row: {reason}")
        }
        ParametersProblem::Shared => {
            "the work item takes its values from shared parameters, which are left alone".to_owned()
        }
    }
}
