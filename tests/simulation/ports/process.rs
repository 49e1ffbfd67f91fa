//! The process of the project, which no simulated project declares anything about.

use std::collections::BTreeSet;

use accord::remote::{
    Control, FieldDraft, FormGroup, NewGroup, OrganizationField, Picklist, PicklistName, Process,
    ProcessType, ReadProcess, RemoteError, WriteProcess,
};
use async_trait::async_trait;

use super::Line;
use crate::error::{azure_devops, unsupported};

fn not_here<T>() -> Result<T, RemoteError> {
    Err(azure_devops(unsupported("the process of the project")))
}

#[async_trait]
impl ReadProcess for Line {
    async fn process(&self) -> Result<Process, RemoteError> {
        not_here()
    }

    async fn organization_fields(&self) -> Result<Vec<OrganizationField>, RemoteError> {
        not_here()
    }

    async fn process_types(&self, _process: &str) -> Result<Vec<ProcessType>, RemoteError> {
        not_here()
    }

    async fn type_fields(
        &self,
        _process: &str,
        _work_item_type: &str,
    ) -> Result<BTreeSet<String>, RemoteError> {
        not_here()
    }

    async fn picklists(&self) -> Result<Vec<PicklistName>, RemoteError> {
        not_here()
    }

    async fn picklist(&self, _id: &str) -> Result<Picklist, RemoteError> {
        not_here()
    }
}

#[async_trait]
impl WriteProcess for Line {
    async fn create_picklist(&self, _picklist: &Picklist) -> Result<Picklist, RemoteError> {
        not_here()
    }

    async fn replace_picklist(&self, _picklist: &Picklist) -> Result<Picklist, RemoteError> {
        not_here()
    }

    async fn create_field(&self, _field: &FieldDraft) -> Result<OrganizationField, RemoteError> {
        not_here()
    }

    async fn derive_type(
        &self,
        _process: &str,
        _system_type: &ProcessType,
    ) -> Result<String, RemoteError> {
        not_here()
    }

    async fn add_type_field(
        &self,
        _process: &str,
        _work_item_type: &str,
        _field: &str,
    ) -> Result<String, RemoteError> {
        not_here()
    }

    async fn add_control(
        &self,
        _process: &str,
        _work_item_type: &str,
        _group: &str,
        _control: &Control,
    ) -> Result<Control, RemoteError> {
        not_here()
    }

    async fn add_group(
        &self,
        _process: &str,
        _work_item_type: &str,
        _group: &NewGroup,
        _control: &Control,
    ) -> Result<FormGroup, RemoteError> {
        not_here()
    }
}
