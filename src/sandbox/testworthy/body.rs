//! Request bodies, read as ASP.NET binds them: member names without regard to case, unknown members
//! passed over, a value of the wrong type refused.

use serde_json::{Map, Value};

use super::edit::{CaseEdit, Edit};
use super::entity::{FLAGS, RAIL_CASE_ID, Step, TEXT_FIELDS};
use super::refusal::Refusal;

/// A JSON object with its member names in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self::from_object(members)),
            Ok(_) => Err(Refusal::invalid("The JSON body must be an object.")),
            Err(error) => Err(Refusal::invalid(format!(
                "The JSON body could not be parsed: {error}."
            ))),
        }
    }

    /// For operations whose body says nothing.
    pub(super) fn parse_optional(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        Self::parse(bytes)
    }

    fn from_object(members: Map<String, Value>) -> Self {
        Self(
            members
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
        )
    }

    fn read<T>(
        &self,
        name: &str,
        what: &str,
        convert: impl Fn(&Value) -> Option<T>,
    ) -> Result<Edit<T>, Refusal> {
        match self.0.get(&name.to_ascii_lowercase()) {
            None => Ok(Edit::Keep),
            Some(Value::Null) => Ok(Edit::Clear),
            Some(value) => convert(value)
                .map(Edit::Set)
                .ok_or_else(|| Refusal::invalid(format!("Field {name} must be {what}."))),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Edit<String>, Refusal> {
        self.read(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn id(&self, name: &str) -> Result<Edit<u64>, Refusal> {
        self.read(name, "an id", Value::as_u64)
    }

    pub(super) fn number(&self, name: &str) -> Result<Edit<i64>, Refusal> {
        self.read(name, "a whole number", Value::as_i64)
    }

    pub(super) fn flag(&self, name: &str) -> Result<Edit<bool>, Refusal> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub(super) fn ids(&self, name: &str) -> Result<Edit<Vec<u64>>, Refusal> {
        self.read(name, "a list of ids", |value| {
            value.as_array()?.iter().map(Value::as_u64).collect()
        })
    }

    pub(super) fn texts(&self, name: &str) -> Result<Edit<Vec<String>>, Refusal> {
        self.read(name, "a list of texts", |value| {
            let texts = value.as_array()?.iter();
            texts.map(|text| text.as_str().map(str::to_owned)).collect()
        })
    }

    pub(super) fn objects(&self, name: &str) -> Result<Edit<Vec<Body>>, Refusal> {
        self.read(name, "a list of objects", |value| {
            value
                .as_array()?
                .iter()
                .map(|value| value.as_object().cloned().map(Self::from_object))
                .collect()
        })
    }

    fn any(&self, name: &str) -> Edit<Value> {
        match self.0.get(&name.to_ascii_lowercase()) {
            None => Edit::Keep,
            Some(Value::Null) => Edit::Clear,
            Some(value) => Edit::Set(value.clone()),
        }
    }

    /// A text that must be there and say something.
    pub(super) fn required_text(&self, name: &str) -> Result<String, Refusal> {
        match self.text(name)? {
            Edit::Set(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(Refusal::invalid(format!("Field {name} is required."))),
        }
    }

    /// The change that the body asks for. `custom` names the fields that an administrator added.
    pub(super) fn case_edit<'a>(
        &self,
        custom: impl IntoIterator<Item = &'a String>,
    ) -> Result<CaseEdit, Refusal> {
        let mut edit = CaseEdit {
            title: self.text("title")?,
            section: self.id("section_id")?,
            priority: self.id("priority_id")?,
            kind: self.id("type_id")?,
            template: self.id("template_id")?,
            milestone: self.id("milestone_id")?,
            estimate: self.number("estimate")?,
            steps: self.steps()?,
            ..CaseEdit::default()
        };
        for name in TEXT_FIELDS {
            let text = self.text(name)?;
            if name != RAIL_CASE_ID && !text.is_keep() {
                edit.texts.insert(name, text);
            }
        }
        for name in FLAGS {
            match self.flag(name)? {
                Edit::Keep => {}
                Edit::Clear => drop(edit.flags.insert(name, false)),
                Edit::Set(value) => drop(edit.flags.insert(name, value)),
            }
        }
        for name in custom {
            let value = self.any(name);
            if !value.is_keep() {
                edit.custom.insert(name.clone(), value);
            }
        }
        Ok(edit)
    }

    fn steps(&self) -> Result<Edit<Vec<Step>>, Refusal> {
        Ok(match self.objects("custom_steps_separated")? {
            Edit::Keep => Edit::Keep,
            Edit::Clear => Edit::Clear,
            Edit::Set(steps) => Edit::Set(
                steps
                    .iter()
                    .map(|step| {
                        let mut read = Step::default();
                        if let Edit::Set(content) = step.text("content")? {
                            read.content = content;
                        }
                        step.text("expected")?.apply(&mut read.expected);
                        step.text("additional_info")?.apply(&mut read.more);
                        Ok(read)
                    })
                    .collect::<Result<_, Refusal>>()?,
            ),
        })
    }
}
