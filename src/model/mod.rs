//! The validated domain: ids, values, items, links and the checked configuration.
//!
//! Pure: no I/O, no clock, no async, no wire shapes. Everything else in the crate may use it.

mod case_field;
pub mod config;
mod conflict;
pub mod glob;
mod id;
mod item;
mod learned;
mod link;
mod metadata;
pub mod parameters;
mod refusal;
pub mod rich_text;
mod sides;
pub mod steps;
mod system;
mod value;

pub use case_field::{CASE_FIELDS, CaseField, CaseFieldAccess, CaseFieldKind, V1_CASE_FIELDS};
pub use conflict::{
    Closing, Conflict, ConflictCause, ConflictChange, ConflictId, ConflictState, Subject, Take,
};
pub use id::{
    CaseId, InvalidName, LinkId, Name, OperationId, Rev, RunId, SectionId, SuiteId, WorkItemId,
};
pub use item::{
    ACCORD_TAG, Case, HYPERLINK, Marker, Relation, WorkItem, azure_boards_mention,
    azure_boards_mention_in, azure_boards_mentions,
};
pub use learned::{
    ClockOffset, Equivalence, Learned, MOST_REPETITIONS, Repetition, Repetitions, ValueDigest,
    digest_of,
};
pub use link::{Base, BaseField, Endpoints, Link, LinkState, MarkState};
pub use metadata::{AzureFieldKind, FieldDefinition, TypeField, WorkItemState, WorkItemType};
pub use refusal::RefusalClass;
pub use sides::Sides;
pub use system::{Direction, System};
pub use value::{Number, Value, ValueKind};
