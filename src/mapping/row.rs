//! One compiled row: reading its value on either side, translating it, and seeing whether both agree.

use sha2::{Digest, Sha256};

use super::codec::rich_text::Format;
use super::expression::Expression;
use super::filter;
use super::form::{Form, Storage, spelled};
use super::path::{Found, PathTable};
use super::problem::Problem;
use super::slice::TagSlice;
use super::user::Users;
use super::value_map::{Lookup, Table};
use super::wire;
use super::workflow::Workflow;
use crate::model::config::{Codec, Origin, Row, Unmapped, Winner};
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
    pub(super) conflict: Option<Winner>,
    pub(super) on_create: bool,
    pub(super) sensitive: bool,
    pub(super) origin: Origin,
    pub(super) case: CaseEnd,
    pub(super) case_form: Form,
    pub(super) azure: AzureEnd,
    pub(super) azure_form: Form,
    pub(super) table: Option<Table>,
    /// In place of the table, for `as: path`.
    pub(super) paths: Option<PathTable>,
    /// For `as: user`: who is who, and what becomes of the others.
    pub(super) users: Users,
    pub(super) unmapped: Unmapped,
}

/// The TestWorthy end of a row.
#[derive(Clone, Debug)]
pub(super) enum CaseEnd {
    Field {
        name: String,
        writable: bool,
        storage: Storage,
        /// That of its formatted texts.
        format: Format,
    },
    Constant(Value),
    Expression(Expression),
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
    /// For `as: state`: how an item gets from one state to another.
    pub(super) workflow: Option<Workflow>,
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

    /// Takes in who is who. The table is part of what the row means, so its digest changes with it.
    pub(super) fn know_users(&mut self, users: &Users) {
        if self.codec == Codec::User && *users != Users::default() {
            let mut hash = Sha256::new();
            hash.update(self.digest.as_bytes());
            users.feed(&mut hash);
            self.digest = short_hex(&hash.finalize());
            self.users = users.clone();
        }
    }

    /// Where the row is declared.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The codec in use.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether a rule that writes `target` writes through the row. Constants and expressions go to Azure
    /// DevOps only, and nothing goes into a field that can only be read.
    pub fn active(&self, target: System) -> bool {
        self.goes_to(target) && self.is_writable(target)
    }

    /// Whether the row is declared to go that way, be its field writable or not.
    pub(super) fn goes_to(&self, target: System) -> bool {
        let computed = !matches!(self.case, CaseEnd::Field { .. });
        self.direction.is_none_or(|way| way.writes(target))
            && !(computed && target == System::TestWorthy)
    }

    /// Whether the row's field of `system` can be written at all.
    pub(super) fn is_writable(&self, system: System) -> bool {
        match (system, &self.case, &self.azure) {
            (System::TestWorthy, CaseEnd::Field { writable, .. }, _) => *writable,
            (System::TestWorthy, CaseEnd::Constant(_) | CaseEnd::Expression(_), _) => false,
            (System::AzureDevOps, _, AzureEnd::Field(field)) => field.writable,
            (System::AzureDevOps, _, AzureEnd::Tags(_)) => true,
        }
    }

    /// Whether a rule of this direction carries values both ways through the row: both fields can be written.
    pub fn is_two_way(&self, rule: Direction) -> bool {
        rule == Direction::TwoWay
            && self.active(System::TestWorthy)
            && self.active(System::AzureDevOps)
    }

    /// The side that a two-way rule writes through a row that goes one way only.
    pub fn only_target(&self) -> Option<System> {
        let sides = [System::TestWorthy, System::AzureDevOps];
        let active: Vec<System> = sides
            .into_iter()
            .filter(|side| self.active(*side))
            .collect();
        match active[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    /// What the row itself says of conflicts.
    pub fn conflict(&self) -> Option<Winner> {
        self.conflict
    }

    /// Whether different values of the case become one on the other side, with no way back: an expression,
    /// or patterns over paths.
    pub fn is_many_to_one(&self) -> bool {
        matches!(self.case, CaseEnd::Expression(_))
            || self.paths.as_ref().is_some_and(PathTable::is_many_to_one)
    }

    /// Whether the row is written when an item is created and never compared afterwards.
    pub fn on_create(&self) -> bool {
        self.on_create
    }

    /// Whether the row's values are left out of plans: it says so, or it computes them from a field that
    /// a row which says so carries.
    pub fn sensitive(&self) -> bool {
        self.sensitive
    }

    /// The fields of a case that its expression reads, if it has one.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        let expression = match &self.case {
            CaseEnd::Expression(expression) => Some(expression),
            CaseEnd::Field { .. } | CaseEnd::Constant(_) => None,
        };
        expression.into_iter().flat_map(Expression::names)
    }

    /// How a plan names the row's field on one side: a reference name, `System.Tags[smoke]`,
    /// `System.Tags[ref:*]`, or a case field. A constant or an expression has the row's name on the
    /// TestWorthy side.
    pub fn path(&self, system: System) -> String {
        match (system, &self.case, &self.azure) {
            (System::TestWorthy, CaseEnd::Field { name, .. }, _) => name.clone(),
            (System::TestWorthy, CaseEnd::Constant(_) | CaseEnd::Expression(_), _) => {
                self.name.clone()
            }
            (_, _, AzureEnd::Field(field)) => field.reference_name.clone(),
            (_, _, AzureEnd::Tags(TagSlice::One(tag))) => format!("System.Tags[{tag}]"),
            (_, _, AzureEnd::Tags(TagSlice::Prefix(prefix))) => format!("System.Tags[{prefix}*]"),
        }
    }

    /// The row's value on the TestWorthy side. `own` is the work item that the case is linked to: its
    /// mention among the references is Accord's and no part of the value.
    pub fn read_case(&self, case: &Case, own: Option<WorkItemId>) -> Result<Value, Problem> {
        match &self.case {
            CaseEnd::Constant(value) => Ok(value.clone()),
            CaseEnd::Field { name, format, .. } => {
                let raw = filter::raw(case, name, own);
                wire::read_case(&self.case_form, *format, &raw)
                    .map_err(|problem| self.guard(problem))
            }
            CaseEnd::Expression(expression) => {
                let value = expression
                    .evaluate(|name| filter::seen(case, name, own))
                    .map_err(|problem| {
                        let reason = Some(problem.to_string());
                        self.guard(Problem::Expression { reason })
                    })?;
                self.computed(&value)
            }
        }
    }

    /// Whether formatted text becomes plain text where the row writes `target`.
    pub(super) fn drops_formatting(&self, target: System) -> bool {
        let (from, to) = match target {
            System::AzureDevOps => (&self.case_form, &self.azure_form),
            System::TestWorthy => (&self.azure_form, &self.case_form),
        };
        matches!(
            (from, to),
            (
                Form::RichText { plain: false },
                Form::RichText { plain: true } | Form::Title | Form::Line | Form::Lines
            )
        )
    }

    /// The row's value on the Azure DevOps side.
    pub fn read_work_item(&self, item: &WorkItem) -> Result<Value, Problem> {
        match &self.azure {
            AzureEnd::Tags(slice) => self.canonical(System::AzureDevOps, &slice.read(&item.tags)),
            AzureEnd::Field(field) => wire::read_work_item(&self.azure_form, field, item)
                .map_err(|problem| self.guard(problem)),
        }
    }

    /// Translates a TestWorthy value (f), checked against what the Azure DevOps field takes.
    pub fn to_azure_devops(&self, case_value: &Value) -> Result<Value, Problem> {
        if self.passes_through() {
            return Ok(case_value.clone());
        }
        let mapped = self.lookup(System::TestWorthy, case_value)?;
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
        if self.passes_through() {
            return Ok(bare);
        }
        let mapped = self.lookup(System::AzureDevOps, &bare)?;
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

    /// Whether a canonical value of one side is one of the other as it is.
    fn passes_through(&self) -> bool {
        let whole = |form: &Form| {
            matches!(
                form,
                Form::RichText { plain: false } | Form::Steps | Form::Parameters
            )
        };
        whole(&self.case_form)
            && whole(&self.azure_form)
            && self.table.is_none()
            && !matches!(&self.azure, AzureEnd::Field(field) if field.limit.is_some())
    }

    /// What the row's tables make of a canonical value of `from`.
    fn lookup(&self, from: System, value: &Value) -> Result<Value, Problem> {
        let waits = |skips_item| self.unmapped(from, value, skips_item);
        if let Some(paths) = &self.paths {
            let (case, azure) = (&self.case_form, &self.azure_form);
            let found = match from {
                System::TestWorthy => paths.to_azure_devops(value, azure),
                System::AzureDevOps => paths.to_testworthy(value, case, azure),
            };
            return match found {
                Found::Path(path) => Ok(path),
                Found::Waits { skips_item } => Err(waits(skips_item)),
            };
        }
        if self.codec == Codec::User {
            let table = self.table.as_ref();
            let entry = table.and_then(|table| table.entry(from, value));
            return entry.map_or_else(|| self.person(from, value), |found| Ok(found.clone()));
        }
        let found = self.table.as_ref().map(|table| match from {
            System::TestWorthy => table.to_azure_devops(value),
            System::AzureDevOps => table.to_testworthy(value),
        });
        match found {
            Some(Lookup::Found(value)) => Ok(value),
            Some(Lookup::Waits { skips_item }) => Err(waits(skips_item)),
            None => Ok(value.clone()),
        }
    }

    /// The counterpart of a person whom the row's own table does not name. The substitute is the last resort.
    fn person(&self, from: System, value: &Value) -> Result<Value, Problem> {
        let Value::Text(user) = value else {
            return Ok(Value::Null);
        };
        let known = match from {
            System::TestWorthy => self.users.to_azure_devops(user),
            System::AzureDevOps => self.users.to_testworthy(user),
        };
        match (known, &self.unmapped) {
            (Some(known), _) => Ok(Value::text(known)),
            (None, Unmapped::Use(substitute)) => Ok(substitute.clone()),
            (None, unmapped) => Err(self.guard(Problem::UnknownUser {
                system: from,
                user: Some(user.clone()),
                skips_item: *unmapped == Unmapped::SkipItem,
            })),
        }
    }

    /// The value of an expression in the form of the Azure DevOps field: texts are never markup.
    fn computed(&self, value: &Value) -> Result<Value, Problem> {
        let system = System::AzureDevOps;
        match (&self.azure_form, value) {
            (Form::RichText { .. }, Value::Text(_)) => {
                wire::read_case(&self.azure_form, Format::Plain, value)
                    .map_err(|problem| self.guard(problem))
            }
            _ => self.canonical(system, value),
        }
    }

    /// Whether a canonical value can be put into what `case` holds now. The rest of the item goes on.
    pub fn check_case(&self, case: &Case, value: &Value) -> Result<(), Problem> {
        self.put_case(Some(case), value).map(|_| ())
    }

    /// Whether a canonical value can be put into what `item` holds now.
    pub fn check_work_item(&self, item: &WorkItem, value: &Value) -> Result<(), Problem> {
        self.put_work_item(Some(item), value).map(|_| ())
    }

    /// Whether a canonical value can be put into a new item of `system`.
    pub fn check_new(&self, system: System, value: &Value) -> Result<(), Problem> {
        match system {
            System::TestWorthy => self.put_case(None, value).map(|_| ()),
            System::AzureDevOps => self.put_work_item(None, value).map(|_| ()),
        }
    }

    /// What the case's field is to hold for a canonical value: its manifest name and raw value. `None` for
    /// rows that write no field of their own (references, constants).
    pub(super) fn put_case(
        &self,
        case: Option<&Case>,
        value: &Value,
    ) -> Result<Option<(String, Value)>, Problem> {
        let CaseEnd::Field {
            name,
            storage,
            format,
            ..
        } = &self.case
        else {
            return Ok(None);
        };
        if name == "refs" {
            return Ok(None);
        }
        let now = case.and_then(|case| case.fields.get(name));
        let raw = wire::put_case(&self.case_form, *format, now.unwrap_or(&Value::Null), value)
            .map_err(|problem| self.guard(problem))?;
        Ok(Some((name.clone(), storage.stored(&raw))))
    }

    /// What the work item's fields are to hold for a canonical value, by reference name; none for tags.
    pub(super) fn put_work_item(
        &self,
        item: Option<&WorkItem>,
        value: &Value,
    ) -> Result<Vec<(String, Value)>, Problem> {
        match &self.azure {
            AzureEnd::Tags(_) => Ok(Vec::new()),
            AzureEnd::Field(field) => wire::put_work_item(&self.azure_form, field, item, value)
                .map_err(|problem| self.guard(problem)),
        }
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
        let stored = match (&self.azure_form, value) {
            (Form::RichText { plain: true }, Value::Text(html)) => Value::text(wire::words(html)),
            _ => field.storage.stored(value),
        };
        if let (Some(limit), Value::Text(text)) = (field.limit, stored) {
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
    pub(super) fn read(&self, item: &WorkItem) -> Value {
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
    short_hex(&Sha256::digest(meaning.to_string().as_bytes()))
}

/// The first 16 hexadecimal digits.
fn short_hex(hash: &[u8]) -> String {
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
