//! The ports: what Accord asks of the two systems, split into reading and writing.
//!
//! A planner is handed the reading traits, which have no write method, so the compiler proves that a
//! plan writes nothing. Adapters (`testworthy`, `azure_devops`) implement these and convert their wire
//! shapes at their own edge.

mod azure_devops;
mod error;
mod explore;
mod integration;
mod process;
mod testworthy;
mod validate;

pub use azure_devops::{
    Changed, Changes, FeedPlace, ReadAzureDevOps, WorkItemDraft, WorkItemPatch, WorkItemQuery,
    WorkItemWrite, WriteAzureDevOps, WriteOutcome,
};
pub use error::{RemoteError, RemoteErrorKind, RequestInfo};
pub use explore::{
    DescribedType, ExploreAzureDevOps, ExploreTestWorthy, Greeting, Identity, PathTree,
};
pub use integration::{IntegrationMapping, IntegrationSettings};
pub use process::{
    Control, Customization, FieldDraft, Form, FormGroup, FormPage, FormSection, Look, NewGroup,
    OrganizationField, Picklist, PicklistKind, PicklistName, Process, ProcessType, ReadProcess,
    WriteProcess,
};
pub use testworthy::{
    CaseDraft, CaseListing, CasePatch, CaseRead, CaseScope, ReadTestWorthy, Section, Suite,
    TestWorthyCapabilities, Verification, WriteTestWorthy,
};
pub use validate::{Evidence, Objection, ValidateAzureDevOps, Validation, WouldBe};
