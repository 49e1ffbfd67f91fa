//! The fields of a TestWorthy case by the names that manifests use.
//!
//! Source of names and types: the vendor's published case object (Automation API page, add test case)
//! and its CSV columns.

/// What kind of value a case field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseFieldKind {
    /// A single line.
    Text,
    /// HTML.
    RichText,
    /// Test steps with expected results.
    Steps,
    /// One of a list that an administrator keeps, named by its full name.
    Picklist,
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// An instant.
    DateTime,
    /// A set of references.
    Set,
    /// Names of nested sections.
    Path,
    /// A person.
    User,
}

/// Whether Accord can write a case field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseFieldAccess {
    /// In creates and updates.
    Write,
    /// It can only be read.
    Read,
}

/// A field of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseField {
    /// The manifest's name for it.
    pub name: &'static str,
    /// Its kind of value.
    pub kind: CaseFieldKind,
    /// Whether it can be written.
    pub access: CaseFieldAccess,
}

const fn write(name: &'static str, kind: CaseFieldKind) -> CaseField {
    CaseField {
        name,
        kind,
        access: CaseFieldAccess::Write,
    }
}

const fn read(name: &'static str, kind: CaseFieldKind) -> CaseField {
    CaseField {
        name,
        kind,
        access: CaseFieldAccess::Read,
    }
}

/// Every field but `custom.<name>`, whose kind the server does not tell (text is assumed).
pub const CASE_FIELDS: &[CaseField] = &[
    write("title", CaseFieldKind::Text),
    write("description", CaseFieldKind::RichText),
    write("preconditions", CaseFieldKind::RichText),
    write("steps", CaseFieldKind::Steps),
    write("mission", CaseFieldKind::RichText),
    write("goals", CaseFieldKind::RichText),
    write("testData", CaseFieldKind::RichText),
    write("gherkin", CaseFieldKind::Text),
    write("cucumberTags", CaseFieldKind::Text),
    write("priority", CaseFieldKind::Picklist),
    write("type", CaseFieldKind::Picklist),
    read("section.path", CaseFieldKind::Path),
    read("section.name", CaseFieldKind::Text),
    read("suite", CaseFieldKind::Text),
    read("milestone", CaseFieldKind::Number),
    write("estimate", CaseFieldKind::Number),
    write("refs", CaseFieldKind::Set),
    write("automationType", CaseFieldKind::Text),
    write("smoke", CaseFieldKind::Boolean),
    write("regression", CaseFieldKind::Boolean),
    write("toAutomate", CaseFieldKind::Boolean),
    write("automated", CaseFieldKind::Boolean),
    write("module", CaseFieldKind::Boolean),
    write("disabled", CaseFieldKind::Boolean),
    write("toBeMoved", CaseFieldKind::Boolean),
    write("reviewedByQaLead", CaseFieldKind::Boolean),
    write("reviewedByQaManager", CaseFieldKind::Boolean),
    write("reviewedByPm", CaseFieldKind::Boolean),
    read("lastResult", CaseFieldKind::Text),
    read("createdBy", CaseFieldKind::User),
    read("createdOn", CaseFieldKind::DateTime),
    read("modifiedBy", CaseFieldKind::User),
    read("modifiedOn", CaseFieldKind::DateTime),
];

/// The fields that a case has on the surface `v1` (TestWorthy, API integration page, and `updatedAt` where
/// a server sends it).
pub const V1_CASE_FIELDS: &[&str] = &["title", "description", "steps", "modifiedOn"];

impl CaseField {
    /// The field with this manifest name; `custom.<name>` is any text field of that name.
    pub fn find(name: &str) -> Option<CaseField> {
        if let Some(custom) = name.strip_prefix("custom.") {
            return (!custom.is_empty()).then_some(write("custom.*", CaseFieldKind::Text));
        }
        CASE_FIELDS.iter().find(|field| field.name == name).copied()
    }
}
