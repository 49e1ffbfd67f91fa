//! What Accord asks of an Azure DevOps process: its work item types, their fields and forms, the
//! organisation's fields and picklists (Microsoft Learn, Work Item Tracking Process and Work Item
//! Tracking - Fields).

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::RemoteError;
use crate::model::{AzureFieldKind, Value};

/// Who made a process or a work item type, and so who may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Customization {
    /// Microsoft's own; nobody changes it.
    System,
    /// Inherits from one of the system's.
    Inherited,
    /// Made by the organisation: a type of its own, or a process whose types are XML files.
    Custom,
}

/// The process of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// A GUID.
    pub id: String,
    /// For example `Contoso Agile`.
    pub name: String,
    /// Whether it can be changed.
    pub customization: Customization,
}

/// A field of the organisation, whatever its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationField {
    /// For example `Custom.TestData`.
    pub reference_name: String,
    /// For example `Test Data`.
    pub name: String,
    /// Its type; of a picklist that of its values.
    pub kind: AzureFieldKind,
    /// Whether its values come from a list.
    pub is_picklist: bool,
    /// The list, if the server names it.
    pub picklist: Option<String>,
    /// Deleted fields keep their names.
    pub is_deleted: bool,
}

/// A field to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDraft {
    /// For example `Custom.TestData`.
    pub reference_name: String,
    /// For example `Test Data`.
    pub name: String,
    /// Its type; of a picklist that of its values.
    pub kind: AzureFieldKind,
    /// The list that holds its values.
    pub picklist: Option<String>,
}

/// The type of the values of a picklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PicklistKind {
    /// Texts.
    String,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Double,
}

impl PicklistKind {
    /// The kind for fields of this type; `None` where there are no picklists.
    pub fn of(kind: AzureFieldKind) -> Option<Self> {
        match kind {
            AzureFieldKind::String => Some(Self::String),
            AzureFieldKind::Integer => Some(Self::Integer),
            AzureFieldKind::Double => Some(Self::Double),
            _ => None,
        }
    }
}

/// A picklist without its values, as lists of them tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PicklistName {
    /// A GUID.
    pub id: String,
    /// Unique in the organisation.
    pub name: String,
}

/// A picklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picklist {
    /// A GUID; empty for one that is to be made.
    pub id: String,
    /// Unique in the organisation.
    pub name: String,
    /// The type of its values.
    pub kind: PicklistKind,
    /// Its values in their order: texts or numbers.
    pub values: Vec<Value>,
    /// Whether fields take other values too.
    pub is_suggested: bool,
}

/// A work item type of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessType {
    /// For example `Microsoft.VSTS.WorkItemTypes.Bug`, or `ContosoAgile.Bug` once it is derived.
    pub reference_name: String,
    /// For example `Bug`.
    pub name: String,
    /// Only types that are not the system's can get fields.
    pub customization: Customization,
    /// Whether new items of it are refused.
    pub is_disabled: bool,
    /// What a derived type keeps of the look of its parent.
    pub look: Look,
    /// The form that people see.
    pub form: Form,
}

/// How a work item type looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// For example `CC293D`.
    pub color: Option<String>,
    /// For example `icon_insect`.
    pub icon: Option<String>,
    /// A sentence.
    pub description: Option<String>,
}

/// The form of a work item type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// In the order of the tabs.
    pub pages: Vec<FormPage>,
}

impl Form {
    /// Whether people see the field on it; `None` if no control shows it.
    pub fn shows(&self, field: &str) -> Option<bool> {
        let mut found = None;
        for page in &self.pages {
            for group in page.sections.iter().flat_map(|section| &section.groups) {
                for control in &group.controls {
                    if control.id.eq_ignore_ascii_case(field) {
                        let seen = page.is_visible && group.is_visible && control.is_visible;
                        found = Some(found.unwrap_or(false) || seen);
                    }
                }
            }
        }
        found
    }
}

/// A page of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPage {
    /// The server's id for it.
    pub id: String,
    /// The words on its tab.
    pub label: String,
    /// Whether it holds groups with fields; history, links and attachments do not.
    pub holds_fields: bool,
    /// Whether people see it.
    pub is_visible: bool,
    /// Its columns.
    pub sections: Vec<FormSection>,
}

/// A column of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormSection {
    /// `Section1` to `Section4`.
    pub id: String,
    /// From the top.
    pub groups: Vec<FormGroup>,
}

/// A group of controls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormGroup {
    /// The server's id for it.
    pub id: String,
    /// Its heading.
    pub label: String,
    /// Whether people see it.
    pub is_visible: bool,
    /// What it shows.
    pub controls: Vec<Control>,
}

/// A field on a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The field's reference name.
    pub id: String,
    /// The words before it.
    pub label: String,
    /// Whether people see it.
    pub is_visible: bool,
}

/// A group to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// The page.
    pub page: String,
    /// The column.
    pub section: String,
    /// Its heading.
    pub label: String,
}

/// Reading the process of one project. Nothing here writes; each call is one request unless it says
/// otherwise.
#[async_trait]
pub trait ReadProcess: Send + Sync {
    /// The process that the project uses; two requests. [`super::RemoteErrorKind::Unsupported`] where
    /// the server does not show it: collections with the on-premises XML model.
    async fn process(&self) -> Result<Process, RemoteError>;

    /// Every field of the organisation, deleted ones included.
    async fn organization_fields(&self) -> Result<Vec<OrganizationField>, RemoteError>;

    /// Every work item type of a process with its form.
    async fn process_types(&self, process: &str) -> Result<Vec<ProcessType>, RemoteError>;

    /// Reference names of the fields on a work item type, by the type's reference name.
    async fn type_fields(
        &self,
        process: &str,
        work_item_type: &str,
    ) -> Result<BTreeSet<String>, RemoteError>;

    /// Every picklist of the organisation, without values.
    async fn picklists(&self) -> Result<Vec<PicklistName>, RemoteError>;

    /// A picklist with its values.
    async fn picklist(&self, id: &str) -> Result<Picklist, RemoteError>;
}

/// Changing the process of one project. Each call is one request, sent once; what comes back is what the
/// server says that there is now. Nothing here deletes.
#[async_trait]
pub trait WriteProcess: ReadProcess {
    /// Makes a picklist; its id is the server's to give.
    async fn create_picklist(&self, picklist: &Picklist) -> Result<Picklist, RemoteError>;

    /// Replaces the values of a picklist.
    async fn replace_picklist(&self, picklist: &Picklist) -> Result<Picklist, RemoteError>;

    /// Makes a field of the organisation.
    async fn create_field(&self, field: &FieldDraft) -> Result<OrganizationField, RemoteError>;

    /// Derives a type of the process from the system's; gives its reference name.
    async fn derive_type(
        &self,
        process: &str,
        system_type: &ProcessType,
    ) -> Result<String, RemoteError>;

    /// Puts a field on a work item type, by both reference names; gives the field's as the server knows
    /// it.
    async fn add_type_field(
        &self,
        process: &str,
        work_item_type: &str,
        field: &str,
    ) -> Result<String, RemoteError>;

    /// Puts a control into a group of the form.
    async fn add_control(
        &self,
        process: &str,
        work_item_type: &str,
        group: &str,
        control: &Control,
    ) -> Result<Control, RemoteError>;

    /// Makes a group on the form with one control in it.
    async fn add_group(
        &self,
        process: &str,
        work_item_type: &str,
        group: &NewGroup,
        control: &Control,
    ) -> Result<FormGroup, RemoteError>;
}
