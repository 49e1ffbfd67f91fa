//! A declared field against the process of its project: what is missing, what is in the way, what
//! differs. Pure: the planner and the executor ask the same question of what was read before and just
//! now.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::hex::hex;
use crate::diagnostics::catalog::custom_field as codes;
use crate::diagnostics::{Code, nearest};
use crate::model::config::CustomField;
use crate::model::{AzureFieldKind, Name, Value};
use crate::remote::{
    Customization, Form, OrganizationField, Picklist, PicklistKind, PicklistName, Process,
    ProcessType,
};

/// The group that fields get on a form, unless they need one of their own; Azure DevOps' own pages use
/// this word.
const GROUP: &str = "Custom";

/// What was read of a process and of the organisation around it.
#[derive(Clone, Debug)]
pub struct ObservedProcess {
    /// The process.
    pub process: Process,
    /// Every field of the organisation, deleted ones included.
    pub fields: Vec<OrganizationField>,
    /// Every work item type with its form.
    pub types: Vec<ProcessType>,
    /// Fields on types, by the type's reference name: of the declared types, where a declared field
    /// exists.
    pub type_fields: BTreeMap<String, BTreeSet<String>>,
    /// Every picklist by name: read where a field with a picklist is yet to be made.
    pub picklist_names: Vec<PicklistName>,
    /// Picklists of declared fields by id.
    pub picklists: BTreeMap<String, Picklist>,
}

/// One thing that is missing. The order is the order in which it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The picklist of a field that is yet to be made.
    Picklist,
    /// Values of a picklist that is there.
    PicklistValues {
        /// All values that there are.
        before: Vec<Value>,
        /// What is added behind them.
        add: Vec<Value>,
    },
    /// The field in the organisation.
    Field,
    /// A type of the process in place of the system's.
    DerivedType {
        /// Its name.
        work_item_type: String,
    },
    /// The field on a work item type.
    TypeField {
        /// The type's name.
        work_item_type: String,
    },
    /// The field on the form of a work item type.
    Control {
        /// The type's name.
        work_item_type: String,
        /// Where.
        place: Place,
    },
}

/// Where on a form a control goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The page's id.
    pub page: String,
    /// The words on its tab.
    pub page_label: String,
    /// The column.
    pub section: String,
    /// The group's id; `None` if it is made with the control.
    pub group: Option<String>,
    /// The group's heading.
    pub label: String,
}

/// What stands between a declaration and what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// What is missing, in the order in which it is made.
    pub missing: Vec<Piece>,
    /// Worth knowing; nothing is done about it.
    pub notes: Vec<Remark>,
}

/// A finding about a declared field.
#[derive(Clone, Debug)]
pub struct Remark {
    /// What kind.
    pub code: Code,
    /// What was found.
    pub message: String,
    /// The way out, where there is more to say than the code does.
    pub help: Option<String>,
}

impl PartialEq for Remark {
    fn eq(&self, other: &Self) -> bool {
        self.code.code == other.code.code && self.message == other.message
    }
}

impl Eq for Remark {}

/// `CustomField/NAME`.
pub fn custom_field_address(name: &Name) -> String {
    format!("CustomField/{name}")
}

/// The name of the picklist that is made for a field. It follows from the reference name, so that a list
/// whose field was not made yet is found again.
pub fn picklist_name(declared: &CustomField) -> String {
    format!(
        "accord_{}",
        declared.reference_name.replace(['.', '-'], "_")
    )
}

/// What keeps a process from being changed, if anything does.
pub fn object_to_process(process: &Process) -> Option<Remark> {
    let name = &process.name;
    match process.customization {
        Customization::Inherited => None,
        Customization::System => Some(Remark {
            code: &codes::SYSTEM_PROCESS,
            message: format!(
                "the project uses `{name}`, a process of the system, which cannot be changed"
            ),
            help: Some(format!(
                "create an inherited process from `{name}` (Organization settings > Boards > Process > ... > Create inherited process), change the project to it, and plan again"
            )),
        }),
        Customization::Custom => Some(Remark {
            code: &codes::XML_PROCESS,
            message: format!("the project uses `{name}`, a process that is kept in XML files"),
            help: None,
        }),
    }
}

impl ObservedProcess {
    /// The field of this reference name, deleted or not.
    pub fn field(&self, reference_name: &str) -> Option<&OrganizationField> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.reference_name.eq_ignore_ascii_case(reference_name))
    }

    /// The work item type of this name.
    pub fn work_item_type(&self, name: &str) -> Option<&ProcessType> {
        let mut types = self.types.iter();
        types.find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// The picklist of a declared field: the one that it has, or the one that was made for it.
    pub fn picklist_of(&self, declared: &CustomField) -> Option<&Picklist> {
        self.picklists.get(&self.picklist_id_of(declared)?)
    }

    /// The id of that picklist.
    pub fn picklist_id_of(&self, declared: &CustomField) -> Option<String> {
        if let Some(field) = self.field(&declared.reference_name) {
            return field.picklist.clone();
        }
        let name = picklist_name(declared);
        let mut names = self.picklist_names.iter();
        let found = names.find(|known| known.name.eq_ignore_ascii_case(&name));
        found.map(|known| known.id.clone())
    }

    /// Whether the field is on the type.
    fn is_on(&self, declared: &CustomField, kind: &ProcessType) -> bool {
        self.type_fields
            .get(&kind.reference_name)
            .is_some_and(|fields| fields.iter().any(|field| declared.is_called(field)))
    }
}

/// Compares a declaration with what is there. `Err` holds everything that is in the way; then nothing of
/// it may be written.
pub fn assess(
    declared: &CustomField,
    observed: &ObservedProcess,
) -> Result<Assessment, Vec<Remark>> {
    if let Some(objection) = object_to_process(&observed.process) {
        return Err(vec![objection]);
    }
    let mut assessing = Assessing {
        declared,
        observed,
        found: Assessment::default(),
        objections: Vec::new(),
    };
    match observed.field(&declared.reference_name) {
        Some(field) => assessing.existing(field),
        None => assessing.absent(),
    }
    assessing.types();
    if assessing.objections.is_empty() {
        Ok(assessing.found)
    } else {
        Err(assessing.objections)
    }
}

struct Assessing<'a> {
    declared: &'a CustomField,
    observed: &'a ObservedProcess,
    found: Assessment,
    objections: Vec<Remark>,
}

impl Assessing<'_> {
    fn object(&mut self, code: Code, message: String, help: impl Into<Option<String>>) {
        let help = help.into();
        self.objections.push(Remark {
            code,
            message,
            help,
        });
    }

    fn note(&mut self, code: Code, message: String) {
        self.found.notes.push(Remark {
            code,
            message,
            help: None,
        });
    }

    fn existing(&mut self, field: &OrganizationField) {
        let declared = self.declared;
        let reference = &field.reference_name;
        if field.is_deleted {
            let message = format!("the field `{reference}` was deleted, and its name stays taken");
            let help = "restore it under Organization settings > Boards > Process > Fields, or choose another reference name";
            return self.object(&codes::NAME_TAKEN, message, help.to_owned());
        }
        if field.kind != declared.kind() || field.is_picklist != declared.is_picklist() {
            let message = format!(
                "the field `{reference}` is there as {} and declared as {}; the type of a field cannot be changed",
                told(field.kind, field.is_picklist),
                told(declared.kind(), declared.is_picklist())
            );
            return self.object(&codes::TYPE_DIFFERS, message, None);
        }
        if field.name != declared.field_name {
            let message = format!(
                "the field `{reference}` is called `{}` there and `{}` in the manifest; Azure DevOps lets no program rename a field",
                field.name, declared.field_name
            );
            self.note(&codes::DIFFERS, message);
        }
        if declared.is_picklist() {
            if let Some(list) = self.observed.picklist_of(declared) {
                self.values(list);
            } else {
                let message = format!(
                    "the values of `{reference}` do not come from a picklist that the server names, so that none can be added"
                );
                self.object(&codes::PICKLIST, message, None);
            }
        }
    }

    fn absent(&mut self) {
        let declared = self.declared;
        let reference = &declared.reference_name;
        let own = reference.strip_prefix("Custom.").unwrap_or_default();
        if own.is_empty() || !own.chars().all(|c| c.is_ascii_alphanumeric()) {
            let message = format!(
                "there is no field `{reference}`, and Azure DevOps makes new ones only as `Custom.` and a word of letters and digits"
            );
            let help = "write it like `Custom.TestData`, or correct the name if the field is there";
            self.object(&codes::NAME_TAKEN, message, help.to_owned());
        }
        let mut fields = self.observed.fields.iter();
        let taken = fields.find(|field| field.name.eq_ignore_ascii_case(&declared.field_name));
        if let Some(other) = taken {
            let deleted = if other.is_deleted {
                ", a deleted field"
            } else {
                ""
            };
            let message = format!(
                "the name `{}` belongs to `{}`{deleted}",
                declared.field_name, other.reference_name
            );
            self.object(&codes::NAME_TAKEN, message, None);
        }
        if declared.is_picklist() {
            match self.observed.picklist_of(declared) {
                Some(list) => self.values(list),
                None => self.found.missing.push(Piece::Picklist),
            }
        }
        self.found.missing.push(Piece::Field);
    }

    /// Declared values against those of the list.
    fn values(&mut self, list: &Picklist) {
        let declared = self.declared;
        if PicklistKind::of(declared.kind()) != Some(list.kind) {
            let message = format!(
                "the picklist `{}` of `{}` holds values of another type",
                list.name, declared.reference_name
            );
            return self.object(&codes::PICKLIST, message, None);
        }
        let lower = |value: &Value| value.to_string().to_lowercase();
        let mut add = Vec::new();
        for value in &declared.allowed_values {
            match list
                .values
                .iter()
                .find(|known| lower(known) == lower(value))
            {
                None => add.push(value.clone()),
                Some(known) if known != value => {
                    let message = format!(
                        "the value `{value}` is written `{known}` in the picklist of `{}`",
                        declared.reference_name
                    );
                    self.note(&codes::DIFFERS, message);
                }
                Some(_) => {}
            }
        }
        let mut extra = list.values.iter().filter(|known| {
            let mut values = declared.allowed_values.iter();
            !values.any(|value| lower(value) == lower(known))
        });
        if let Some(first) = extra.next() {
            let all: Vec<String> = std::iter::once(first)
                .chain(extra)
                .map(|value| format!("`{value}`"))
                .collect();
            let message = format!(
                "the picklist of `{}` also has {}; nothing is removed",
                declared.reference_name,
                all.join(", ")
            );
            self.note(&codes::EXTRA_VALUES, message);
        }
        if add.is_empty() {
            return;
        }
        let users: Vec<String> = self
            .observed
            .fields
            .iter()
            .filter(|field| {
                field.picklist.as_deref() == Some(&list.id)
                    && !declared.is_called(&field.reference_name)
            })
            .map(|field| format!("`{}`", field.reference_name))
            .collect();
        if !users.is_empty() {
            let message = format!(
                "the picklist `{}` lacks {}, and it also serves {}: what is added for one is added for all",
                list.name,
                joined(&add),
                users.join(", ")
            );
            return self.object(&codes::PICKLIST, message, None);
        }
        self.found.missing.push(Piece::PicklistValues {
            before: list.values.clone(),
            add,
        });
    }

    fn types(&mut self) {
        let (mut derived, mut fields, mut controls) = (Vec::new(), Vec::new(), Vec::new());
        for name in &self.declared.work_item_types {
            let Some(kind) = self.observed.work_item_type(name) else {
                let process = &self.observed.process.name;
                let message = format!("the process `{process}` has no work item type `{name}`");
                let known = self.observed.types.iter().map(|kind| kind.name.as_str());
                let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                self.object(&codes::NO_WORK_ITEM_TYPE, message, help);
                continue;
            };
            let work_item_type = kind.name.clone();
            if kind.customization == Customization::System {
                derived.push(Piece::DerivedType {
                    work_item_type: work_item_type.clone(),
                });
            }
            if !self.observed.is_on(self.declared, kind) {
                fields.push(Piece::TypeField {
                    work_item_type: work_item_type.clone(),
                });
            }
            match kind.form.shows(&self.declared.reference_name) {
                Some(true) => {}
                Some(false) => {
                    let message = format!(
                        "`{}` is hidden on the form of `{work_item_type}`: nobody who edits an item sees it",
                        self.declared.reference_name
                    );
                    self.note(&codes::DIFFERS, message);
                }
                None => {
                    if let Some(place) = place(&kind.form, self.declared) {
                        controls.push(Piece::Control {
                            work_item_type,
                            place,
                        });
                    } else {
                        let message =
                            format!("the form of `{work_item_type}` has no page that holds fields");
                        self.object(&codes::NO_WORK_ITEM_TYPE, message, None);
                    }
                }
            }
        }
        for more in [derived, fields, controls] {
            self.found.missing.extend(more);
        }
    }
}

/// Where the field goes: long texts with markup get a group of their own, which the service demands;
/// the others share one in the second column of the first page.
fn place(form: &Form, declared: &CustomField) -> Option<Place> {
    let mut pages = form.pages.iter();
    let page = pages.find(|page| page.holds_fields && page.is_visible)?;
    let at = |section: &str, group: Option<String>, label: &str| Place {
        page: page.id.clone(),
        page_label: page.label.clone(),
        section: section.to_owned(),
        group,
        label: label.to_owned(),
    };
    let first = page.sections.first()?;
    if declared.kind() == AzureFieldKind::Html {
        return Some(at(&first.id, None, &declared.field_name));
    }
    let shared = page.sections.iter().find_map(|section| {
        let mut groups = section.groups.iter();
        let group = groups.find(|group| group.is_visible && group.label == GROUP)?;
        Some(at(&section.id, Some(group.id.clone()), GROUP))
    });
    let second = page.sections.get(1).unwrap_or(first);
    Some(shared.unwrap_or_else(|| at(&second.id, None, GROUP)))
}

impl Piece {
    /// Whether both are the same piece of work, whatever else was seen meanwhile: a place on a form may
    /// differ, and values that somebody else added need not be added.
    pub fn is_part_of(&self, planned: &Self) -> bool {
        match (self, planned) {
            (Self::PicklistValues { add, .. }, Self::PicklistValues { add: planned, .. }) => {
                add.iter().all(|value| planned.contains(value))
            }
            // The list came to be in the meantime, under the name that it would have been given.
            (Self::PicklistValues { .. } | Self::Picklist, Self::Picklist)
            | (Self::Field, Self::Field) => true,
            (
                Self::DerivedType { work_item_type },
                Self::DerivedType {
                    work_item_type: planned,
                },
            )
            | (
                Self::TypeField { work_item_type },
                Self::TypeField {
                    work_item_type: planned,
                },
            )
            | (
                Self::Control { work_item_type, .. },
                Self::Control {
                    work_item_type: planned,
                    ..
                },
            ) => work_item_type == planned,
            _ => false,
        }
    }

    /// What is done, for the audit and for messages.
    pub fn told(&self, declared: &CustomField) -> String {
        let reference = &declared.reference_name;
        match self {
            Self::Picklist => format!("picklist `{}`", picklist_name(declared)),
            Self::PicklistValues { add, .. } => {
                format!("values {} of the picklist of {reference}", joined(add))
            }
            Self::Field => format!("field {reference}"),
            Self::DerivedType { work_item_type } => {
                format!("inherited work item type {work_item_type}")
            }
            Self::TypeField { work_item_type } => {
                format!("field {reference} on {work_item_type}")
            }
            Self::Control { work_item_type, .. } => {
                format!("field {reference} on the form of {work_item_type}")
            }
        }
    }
}

/// Digest of what was seen of a field that exists (16 hexadecimal digits).
pub fn observed_digest(declared: &CustomField, observed: &ObservedProcess) -> String {
    let mut hash = Sha256::new();
    let mut feed = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    feed(&observed.process.id);
    feed(&declared.reference_name);
    feed(told(declared.kind(), declared.is_picklist()));
    if let Some(list) = observed.picklist_of(declared) {
        feed(&list.id);
        for value in &list.values {
            feed(&value.to_string());
        }
    }
    hex(&hash.finalize())[..16].to_owned()
}

/// Values as a person reads them.
pub(super) fn joined(values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(Value::to_string).collect();
    texts.join(", ")
}

/// A type of field in words.
fn told(kind: AzureFieldKind, is_picklist: bool) -> &'static str {
    match (kind, is_picklist) {
        (AzureFieldKind::String, false) => "a text of one line",
        (AzureFieldKind::String, true) => "a picklist of texts",
        (AzureFieldKind::Integer, false) => "a whole number",
        (AzureFieldKind::Integer, true) => "a picklist of whole numbers",
        (AzureFieldKind::Double, false) => "a number",
        (AzureFieldKind::Double, true) => "a picklist of numbers",
        (AzureFieldKind::PlainText, _) => "a long text",
        (AzureFieldKind::Html, _) => "a long text with markup",
        (AzureFieldKind::History, _) => "a discussion",
        (AzureFieldKind::DateTime, _) => "a date and time",
        (AzureFieldKind::Boolean, _) => "true or false",
        (AzureFieldKind::TreePath, _) => "a path",
        (AzureFieldKind::Identity, _) => "a person",
        (AzureFieldKind::Guid, _) => "a GUID",
    }
}

#[cfg(test)]
mod tests;
