//! Items made from the values of an example, as the adapters would make them from answers.

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::mapping::codec::rich_text::{self, Format};
use crate::mapping::codec::steps::{CaseSteps, put_tcm};
use crate::model::steps::Step;
use crate::model::{Case, CaseId, Rev, Value, WorkItem, WorkItemId};

pub(super) const TAGS: &str = "System.Tags";
pub(super) const REFS: &str = "refs";

const STEPS: &str = "Microsoft.VSTS.TCM.Steps";

/// Between what to do and what should come of it, in a step of an example.
const ARROW: &str = " => ";

/// The id of items that are not there; no server gives it.
pub(super) const NOBODY: WorkItemId = WorkItemId(0);

/// A case with these values and nothing else.
pub(super) fn case<'v>(values: impl IntoIterator<Item = (&'v String, &'v Json)>) -> Case {
    let mut case = Case {
        id: CaseId(0),
        suite: None,
        project: None,
        section: None,
        section_path: Vec::new(),
        refs: Vec::new(),
        fields: std::collections::BTreeMap::new(),
        modified_on: None,
    };
    for (name, json) in values {
        match name.as_str() {
            REFS => case.refs = texts(json, &[',']),
            "section.path" => case.section_path = texts(json, &['/']),
            _ => {
                let steps = || {
                    let steps = steps(json)?;
                    let nothing = CaseSteps::Separated(Json::Null);
                    Some(nothing.put(&steps).ok()?.to_value())
                };
                let value = match name.as_str() {
                    "steps" => steps().unwrap_or_else(|| value(json)),
                    _ => value(json),
                };
                case.fields.insert(name.clone(), value);
            }
        }
    }
    case.fields.retain(|_, value| !value.is_null());
    case
}

/// A work item with these values and nothing else.
pub(super) fn work_item<'v>(
    work_item_type: &str,
    values: impl IntoIterator<Item = (&'v String, &'v Json)>,
) -> WorkItem {
    let mut item = WorkItem {
        id: NOBODY,
        rev: Rev(1),
        work_item_type: work_item_type.to_owned(),
        project: String::new(),
        tags: Vec::new(),
        fields: std::collections::BTreeMap::new(),
        markdown: std::collections::BTreeSet::new(),
        relations: Vec::new(),
    };
    for (name, json) in values {
        if name == TAGS {
            item.tags = texts(json, &[';', ',']);
        } else {
            let steps = || Some(Value::text(put_tcm("", &steps(json)?).ok()?));
            let value = match name.as_str() {
                STEPS => steps().unwrap_or_else(|| value(json)),
                _ => value(json),
            };
            item.fields.insert(name.clone(), value);
        }
    }
    item.fields.retain(|_, value| !value.is_null());
    item
}

/// Texts in their order: a list, or a text with separators, trimmed and without empty ones.
pub(super) fn texts(json: &Json, separators: &[char]) -> Vec<String> {
    let parts: Vec<&str> = match json {
        Json::Array(members) => members.iter().filter_map(Json::as_str).collect(),
        Json::String(text) => text.split(separators).collect(),
        _ => Vec::new(),
    };
    let trimmed = parts.into_iter().map(str::trim);
    trimmed
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn value(json: &Json) -> Value {
    Value::from_json(json).unwrap_or_default()
}

/// Steps as an example writes them, one text each: `Open the cart => It is empty`. `None` for what is no
/// list, which then stands for what the field holds.
fn steps(json: &Json) -> Option<Vec<Step>> {
    let members = json.as_array()?;
    let step = |member: &Json| {
        let text = member.as_str()?;
        let (action, expected) = text.split_once(ARROW).unwrap_or((text, ""));
        Some(Step::action(html(action)?, html(expected)?))
    };
    members.iter().map(step).collect()
}

/// A line of an example as the canonical HTML of a step: a text that begins with a tag is HTML already.
fn html(text: &str) -> Option<String> {
    let format = if text.starts_with('<') {
        Format::Html
    } else {
        Format::Plain
    };
    let tree = rich_text::parse(text, format).ok()?;
    Some(rich_text::render(&tree, Format::Html))
}

/// Steps as [`steps`] reads them; `None` if that would read something else.
pub(super) fn lines(steps: &[Step]) -> Option<Json> {
    let line = |step: &Step| match step {
        Step::Action { action, expected } if expected.is_empty() => Some(plain(action)),
        Step::Action { action, expected } => Some([plain(action), plain(expected)].join(ARROW)),
        Step::Shared(_) => None,
    };
    let lines: Json = steps.iter().map(line).collect::<Option<Vec<_>>>()?.into();
    let read = self::steps(&lines)?;
    (read == steps).then_some(lines)
}

/// The words of a text, if they are all that it holds; else its HTML.
fn plain(html: &str) -> String {
    let words = rich_text::parse(html, Format::Html).map(|tree| tree.plain());
    match words {
        Ok(words) if self::html(&words).as_deref() == Some(html) => words,
        _ => html.to_owned(),
    }
}

/// One field with its value, for [`case`] and [`work_item`].
pub(super) fn one(field: &str, json: &Json) -> IndexMap<String, Json> {
    IndexMap::from([(field.to_owned(), json.clone())])
}
