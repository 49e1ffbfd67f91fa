//! The one request that validates: a write's own document to the write's own address, with
//! `validateOnly=true` (Microsoft Learn, Work Items - Create and Work Items - Update).
//!
//! A [`Rehearsal`] cannot be made without the parameter, and the validator sends nothing else that has
//! a document. `$batch` has no place for it: its elements carry an address of their own, and no page
//! says that they heed the parameter.

use reqwest::Method;
use serde_json::{Value as Json, json};
use url::Url;

use super::address::{API_VERSION, Addresses};
use super::patch;
use crate::http::{Repeat, Request};
use crate::model::Rev;
use crate::remote::{WorkItemPatch, WorkItemWrite};

/// The largest id that the service's 32 bits hold; no item has it.
const NO_ITEM: i32 = i32::MAX;

/// A request that carries `validateOnly` and a patch document.
pub(super) struct Rehearsal(Request);

impl Rehearsal {
    /// A write that is only to be validated.
    pub(super) fn of(addresses: &Addresses, write: &WorkItemWrite) -> Self {
        match write {
            WorkItemWrite::Create(draft) => {
                let mut document = json!(patch::create(draft, -1));
                // Ids are for `$batch`, whose elements may name each other.
                if let Some(operations) = document.as_array_mut() {
                    operations.retain(|operation| operation["path"] != "/id");
                }
                let typed = format!("${}", draft.work_item_type);
                let path = ["_apis", "wit", "workitems", &typed];
                let url = |query: &str| addresses.project(&path, query);
                Self::new(Method::POST, url, "true", &document)
            }
            WorkItemWrite::Update { id, rev, patch } => {
                let document = json!(patch::update(*rev, patch));
                Self::update(addresses, &id.to_string(), "true", &document)
            }
        }
    }

    /// What no server can carry out: a document without any change, only with a test that must fail, for
    /// an item that is not there. `validate_only` is sent as it is.
    pub(super) fn of_nothing(addresses: &Addresses, validate_only: &str) -> Self {
        let document = json!(patch::update(Rev(0), &WorkItemPatch::default()));
        Self::update(addresses, &NO_ITEM.to_string(), validate_only, &document)
    }

    /// The request; it changes nothing and may be repeated.
    pub(super) fn into_request(self) -> Request {
        self.0
    }

    fn update(addresses: &Addresses, id: &str, validate_only: &str, document: &Json) -> Self {
        let path = ["_apis", "wit", "workitems", id];
        let url = |query: &str| addresses.organization(&path, query);
        Self::new(Method::PATCH, url, validate_only, document)
    }

    /// Version and parameter stand in the same query: whatever drops the one on its way drops the other,
    /// and a write without a version is refused.
    fn new(
        method: Method,
        url: impl Fn(&str) -> Url,
        validate_only: &str,
        document: &Json,
    ) -> Self {
        let query = format!("{API_VERSION}&validateOnly={validate_only}");
        Self(Request {
            method,
            url: url(&query),
            headers: Vec::new(),
            body: Some((
                "application/json-patch+json",
                document.to_string().into_bytes(),
            )),
            repeat: Repeat::Safe,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::{AzureDevOpsConnection, SecretRef};
    use crate::model::{CaseId, Marker, Value, WorkItemId};
    use crate::remote::WorkItemDraft;

    fn addresses() -> Addresses {
        Addresses::new(&AzureDevOpsConnection {
            organization_url: Url::parse("https://dev.azure.com/contoso").unwrap(),
            project: "Web Shop".to_owned(),
            credential: SecretRef::Env("AZURE_DEVOPS_EXT_PAT".to_owned()).into(),
        })
    }

    fn document(request: &Request) -> Json {
        let (kind, body) = request.body.as_ref().unwrap();
        assert_eq!(*kind, "application/json-patch+json");
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn a_create_is_rehearsed_with_its_tag_and_its_marker() {
        let draft = WorkItemDraft {
            work_item_type: "Test Case".to_owned(),
            fields: [("System.Title".to_owned(), Value::text("Pay"))].into(),
            tags: vec!["accord".to_owned()],
            marker: Marker {
                case: CaseId(7),
                url: "https://testworthy.us/TestCase/Detail/7".to_owned(),
            },
        };
        let request = Rehearsal::of(&addresses(), &WorkItemWrite::Create(draft)).into_request();
        assert_eq!(request.method, Method::POST);
        assert_eq!(
            request.url.as_str(),
            "https://dev.azure.com/contoso/Web%20Shop/_apis/wit/workitems/$Test%20Case?api-version=7.1&validateOnly=true"
        );
        let document = document(&request);
        let paths: Vec<&str> = document
            .as_array()
            .unwrap()
            .iter()
            .map(|operation| operation["path"].as_str().unwrap())
            .collect();
        assert_eq!(
            paths,
            [
                "/fields/System.Title",
                "/fields/System.Tags",
                "/relations/-"
            ]
        );
    }

    #[test]
    fn an_update_is_rehearsed_at_its_revision() {
        let write = WorkItemWrite::Update {
            id: WorkItemId(5101),
            rev: Rev(3),
            patch: WorkItemPatch {
                fields: [("System.Title".to_owned(), Value::text("Pay"))].into(),
                ..WorkItemPatch::default()
            },
        };
        let request = Rehearsal::of(&addresses(), &write).into_request();
        assert_eq!(request.method, Method::PATCH);
        assert_eq!(
            request.url.as_str(),
            "https://dev.azure.com/contoso/_apis/wit/workitems/5101?api-version=7.1&validateOnly=true"
        );
        assert_eq!(
            document(&request)[0],
            json!({ "op": "test", "path": "/rev", "value": 3 })
        );
    }

    #[test]
    fn nothing_can_be_carried_out() {
        let request = Rehearsal::of_nothing(&addresses(), "neither").into_request();
        assert_eq!(
            request.url.as_str(),
            "https://dev.azure.com/contoso/_apis/wit/workitems/2147483647?api-version=7.1&validateOnly=neither"
        );
        assert_eq!(
            document(&request),
            json!([{ "op": "test", "path": "/rev", "value": 0 }])
        );
    }
}
