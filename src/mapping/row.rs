//! One compiled row: reading its value on either side, translating it, and seeing whether both agree.

use sha2::{Digest, Sha256};

use super::form::{Form, Storage, spelled};
use super::problem::Problem;
use super::slice::{TagSlice, mentions};
use super::value_map::{Lookup, Table};
use crate::model::config::{Codec, Origin, Row};
use crate::model::{Case, Direction, System, Value, WorkItem, WorkItemId};

/// One row of a [`super::CompiledMapping`].
///
/// Values are *canonical* everywhere in this interface: what the read methods give, what the translating
/// methods take and give, and what bases keep.
#[derive(Clone, Debug)]
pub struct CompiledRow {
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) codec: Codec,
    pub(super) direction: Option<Direction>,
    pub(super) on_create: bool,
    pub(super) sensitive: bool,
    pub(super) origin: Origin,
    pub(super) case: CaseEnd,
    pub(super) case_form: Form,
    pub(super) azure: AzureEnd,
    pub(super) azure_form: Form,
    pub(super) table: Option<Table>,
}

/// The TestWorthy end of a row.
#[derive(Clone, Debug)]
pub(super) enum CaseEnd {
    Field {
        name: String,
        writable: bool,
        storage: Storage,
    },
    Constant(Value),
}

/// The Azure DevOps end of a row.
#[derive(Clone, Debug)]
pub(super) enum AzureEnd {
    Field(AzureField),
    Tags(TagSlice),
}

/// A field other than `System.Tags`.
#[derive(Clone, Debug)]
pub(super) struct AzureField {
    pub(super) reference_name: String,
    pub(super) storage: Storage,
    /// In UTF-16 code units.
    pub(super) limit: Option<usize>,
    pub(super) required: bool,
    /// Whether a new item gets a value by itself.
    pub(super) has_default: bool,
    pub(super) writable: bool,
}

impl CompiledRow {
    /// The row's name: key of bases and of row values.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Digest of the row's meaning (16 hexadecimal digits): both ends, the codec in use and the value
    /// table. Direction, `onCreate`, `sensitive` and `allow` do not change what a value means.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Where the row is declared.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The codec in use.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether a rule that writes `target` uses the row. Constants go to Azure DevOps only.
    pub fn active(&self, target: System) -> bool {
        let constant = matches!(self.case, CaseEnd::Constant(_));
        self.direction.is_none_or(|way| way.writes(target))
            && !(constant && target == System::TestWorthy)
    }

    /// Whether the row is written when an item is created and never compared afterwards.
    pub fn on_create(&self) -> bool {
        self.on_create
    }

    /// Whether the row's values are left out of plans.
    pub fn sensitive(&self) -> bool {
        self.sensitive
    }

    /// How a plan names the row's field on one side: a reference name, `System.Tags[smoke]`,
    /// `System.Tags[ref:*]`, or a case field. A constant has the row's name on the TestWorthy side.
    pub fn path(&self, system: System) -> String {
        match (system, &self.case, &self.azure) {
            (System::TestWorthy, CaseEnd::Field { name, .. }, _) => name.clone(),
            (System::TestWorthy, CaseEnd::Constant(_), _) => self.name.clone(),
            (_, _, AzureEnd::Field(field)) => field.reference_name.clone(),
            (_, _, AzureEnd::Tags(TagSlice::One(tag))) => format!("System.Tags[{tag}]"),
            (_, _, AzureEnd::Tags(TagSlice::Prefix(prefix))) => format!("System.Tags[{prefix}*]"),
        }
    }

    /// The row's value on the TestWorthy side. `own` is the work item that the case is linked to: its
    /// mention among the references is Accord's and no part of the value.
    pub fn read_case(&self, case: &Case, own: Option<WorkItemId>) -> Result<Value, Problem> {
        let name = match &self.case {
            CaseEnd::Constant(value) => return Ok(value.clone()),
            CaseEnd::Field { name, .. } => name.as_str(),
        };
        let stored = || case.fields.get(name).cloned();
        let value = match name {
            "refs" => {
                let foreign = |r: &&String| own.is_none_or(|own| !mentions(r, own));
                Value::set(case.refs.iter().filter(foreign).map(String::as_str))
            }
            "section.name" => match case.section_path.last() {
                Some(section) => Value::text(section.as_str()),
                None => stored().unwrap_or_default(),
            },
            "suite" => stored().unwrap_or_else(|| {
                let id = case.suite.map(|suite| suite.to_string());
                id.map_or(Value::Null, Value::text)
            }),
            "modifiedOn" => stored()
                .or(case.modified_on.map(Value::DateTime))
                .unwrap_or_default(),
            _ => stored().unwrap_or_default(),
        };
        self.canonical(System::TestWorthy, &value)
    }

    /// The row's value on the Azure DevOps side.
    pub fn read_work_item(&self, item: &WorkItem) -> Result<Value, Problem> {
        let value = match &self.azure {
            AzureEnd::Tags(slice) => slice.read(&item.tags),
            AzureEnd::Field(field) => field.read(item),
        };
        self.canonical(System::AzureDevOps, &value)
    }

    /// Translates a TestWorthy value (f), checked against what the Azure DevOps field takes.
    pub fn to_azure_devops(&self, case_value: &Value) -> Result<Value, Problem> {
        let mapped = match self
            .table
            .as_ref()
            .map(|table| table.to_azure_devops(case_value))
        {
            None => case_value.clone(),
            Some(Lookup::Found(value)) => value,
            Some(Lookup::Waits { skips_item }) => {
                return Err(self.unmapped(System::TestWorthy, case_value, skips_item));
            }
        };
        let mapped = match &self.azure {
            AzureEnd::Tags(slice) => slice.with_prefix(&mapped),
            AzureEnd::Field(_) => mapped,
        };
        let value = self.canonical(System::AzureDevOps, &mapped)?;
        self.check_azure_devops(&value)
            .map_err(|problem| self.guard(problem))?;
        Ok(value)
    }

    /// Translates an Azure DevOps value (g), checked against what the case field takes.
    pub fn to_testworthy(&self, work_item_value: &Value) -> Result<Value, Problem> {
        let system = System::TestWorthy;
        let CaseEnd::Field { name, writable, .. } = &self.case else {
            return Err(Problem::ReadOnly { system });
        };
        if !writable {
            return Err(Problem::ReadOnly { system });
        }
        let bare = match &self.azure {
            AzureEnd::Tags(slice) => slice.without_prefix(work_item_value),
            AzureEnd::Field(_) => work_item_value.clone(),
        };
        let mapped = match self.table.as_ref().map(|table| table.to_testworthy(&bare)) {
            None => bare,
            Some(Lookup::Found(value)) => value,
            Some(Lookup::Waits { skips_item }) => {
                return Err(self.unmapped(System::AzureDevOps, &bare, skips_item));
            }
        };
        let value = self.canonical(system, &mapped)?;
        if let (Value::Set(members), true) = (&value, name == "refs")
            && let Some(member) = members.iter().find(|member| member.contains(','))
        {
            let member = Some(member.clone());
            return Err(self.guard(Problem::Separator { system, member }));
        }
        Ok(value)
    }

    /// Translates a value of `from` to the other side.
    pub fn translate(&self, from: System, value: &Value) -> Result<Value, Problem> {
        match from {
            System::TestWorthy => self.to_azure_devops(value),
            System::AzureDevOps => self.to_testworthy(value),
        }
    }

    /// Whether the two sides agree: f(l) = r, or g(r) = l for an r under `reverse`.
    pub fn in_accord(&self, case_value: &Value, work_item_value: &Value) -> bool {
        let agrees = |translated: Result<Value, Problem>, system, value| {
            translated.is_ok_and(|translated| self.same(system, &translated, value))
        };
        let reversed = || {
            let table = self.table.as_ref();
            table.is_some_and(|table| table.is_reversed(work_item_value))
        };
        let (tw, azure) = (System::TestWorthy, System::AzureDevOps);
        agrees(self.to_azure_devops(case_value), azure, work_item_value)
            || (reversed() && agrees(self.to_testworthy(work_item_value), tw, case_value))
    }

    /// Whether two values of one side mean the same: sets compare without case.
    pub fn same(&self, system: System, left: &Value, right: &Value) -> bool {
        self.form(system).same(left, right)
    }

    /// Whether `system` may hold `value` in this row: a required field must not become empty.
    pub fn check_clearing(&self, system: System, value: &Value) -> Result<(), Problem> {
        let required = match (system, &self.case, &self.azure) {
            (System::TestWorthy, CaseEnd::Field { name, .. }, _) => name == "title",
            (System::AzureDevOps, _, AzureEnd::Field(field)) => field.required,
            _ => false,
        };
        if required && value.is_null() {
            return Err(Problem::Required { system });
        }
        Ok(())
    }

    fn form(&self, system: System) -> &Form {
        match system {
            System::TestWorthy => &self.case_form,
            System::AzureDevOps => &self.azure_form,
        }
    }

    fn canonical(&self, system: System, value: &Value) -> Result<Value, Problem> {
        let form = self.form(system);
        form.canonical(value).ok_or_else(|| {
            self.guard(Problem::WrongKind {
                system,
                expected: form.expected(),
                value: Some(value.clone()),
            })
        })
    }

    fn check_azure_devops(&self, value: &Value) -> Result<(), Problem> {
        let field = match &self.azure {
            AzureEnd::Tags(slice) => return slice.check(value),
            AzureEnd::Field(field) => field,
        };
        if let Form::Choice { allowed, .. } = &self.azure_form
            && !value.is_null()
            && !allowed.is_empty()
            && spelled(allowed, value).is_none()
        {
            return Err(Problem::NotAllowed {
                value: Some(value.clone()),
                allowed: allowed.clone(),
            });
        }
        if let Value::Set(members) = value
            && let Some(member) = members.iter().find(|member| member.contains([',', ';']))
        {
            return Err(Problem::Separator {
                system: System::AzureDevOps,
                member: Some(member.clone()),
            });
        }
        if let (Some(limit), Value::Text(text)) = (field.limit, field.storage.stored(value)) {
            if text.contains('\n') {
                return Err(Problem::LineBreak);
            }
            let length = text.encode_utf16().count();
            if length > limit {
                return Err(Problem::TooLong { limit, length });
            }
        }
        Ok(())
    }

    fn unmapped(&self, system: System, value: &Value, skips_item: bool) -> Problem {
        self.guard(Problem::Unmapped {
            system,
            value: Some(value.clone()),
            skips_item,
        })
    }

    /// Keeps the values of sensitive rows out of messages.
    pub(super) fn guard(&self, problem: Problem) -> Problem {
        if self.sensitive {
            problem.without_value()
        } else {
            problem
        }
    }
}

impl AzureField {
    fn read(&self, item: &WorkItem) -> Value {
        if let Some(value) = item.fields.get(&self.reference_name) {
            return value.clone();
        }
        let number = |id: u64| i64::try_from(id).map_or(Value::Null, Value::integer);
        match self.reference_name.as_str() {
            "System.Id" => number(item.id.0),
            "System.Rev" => number(item.rev.0),
            "System.WorkItemType" => Value::text(item.work_item_type.as_str()),
            "System.TeamProject" => Value::text(item.project.as_str()),
            _ => Value::Null,
        }
    }
}

/// Digest of what a row means: its ends, the codec in use and its value table.
pub(super) fn digest(row: &Row, codec: Codec) -> String {
    let meaning = serde_json::json!([row.source, row.target, codec, row.values]);
    let hash = Sha256::digest(meaning.to_string().as_bytes());
    let mut text = String::with_capacity(16);
    for byte in hash.iter().take(8) {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests;
