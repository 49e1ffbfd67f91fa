//! The `$batch` request: many writes in one call (Microsoft Learn, Work Item Batch Update).

use std::ops::Range;

use serde_json::{Value as Json, json};

use super::address::Addresses;
use super::patch;
use crate::remote::WorkItemWrite;

/// The most writes in one `$batch`: what Microsoft's own migrator sends. The service documents no limit.
pub const MAX_BATCH_WRITES: usize = 200;

/// The most bytes in one `$batch` that [`chunks`] puts together. The service documents no limit; the
/// size keeps one answer well inside a request's time limit.
pub const MAX_BATCH_BYTES: usize = 2 * 1024 * 1024;

/// Method, address and header of an element, with room for the longest names, in bytes.
const ELEMENT_FRAME: usize = 1_024;

/// Cuts writes into runs that fit one `$batch` each, by number and by size. A write that is too large on
/// its own gets its own run; the server then decides.
pub fn chunks(writes: &[WorkItemWrite]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, write) in writes.iter().enumerate() {
        let size = ELEMENT_FRAME + document(write, at).to_string().len();
        let full = at - start == MAX_BATCH_WRITES || bytes + size > MAX_BATCH_BYTES;
        if full && at > start {
            runs.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < writes.len() {
        runs.push(start..writes.len());
    }
    runs
}

/// The address of the element for a write.
pub(super) fn uri(addresses: &Addresses, write: &WorkItemWrite) -> String {
    match write {
        WorkItemWrite::Create(draft) => addresses.create_uri(&draft.work_item_type),
        WorkItemWrite::Update { id, .. } => Addresses::update_uri(*id),
    }
}

/// The whole body, one element per write in order. Creates get the ids -1, -2, ... by position: without
/// distinct ids the server carries out only the first of them.
pub(super) fn body(addresses: &Addresses, writes: &[&WorkItemWrite]) -> Json {
    writes
        .iter()
        .enumerate()
        .map(|(at, write)| {
            json!({
                "method": "PATCH",
                "uri": uri(addresses, write),
                "headers": { "Content-Type": "application/json-patch+json" },
                "body": document(write, at),
            })
        })
        .collect()
}

fn document(write: &WorkItemWrite, at: usize) -> Json {
    let operations = match write {
        WorkItemWrite::Create(draft) => {
            let position = i64::try_from(at).unwrap_or(i64::MAX - 1);
            patch::create(draft, -1 - position)
        }
        WorkItemWrite::Update { rev, patch, .. } => patch::update(*rev, patch),
    };
    json!(operations)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;
    use crate::model::config::{AzureDevOpsConnection, SecretRef};
    use crate::model::{CaseId, Marker, Rev, Value, WorkItemId};
    use crate::remote::{WorkItemDraft, WorkItemPatch};

    fn create(bytes: usize) -> WorkItemWrite {
        WorkItemWrite::Create(WorkItemDraft {
            work_item_type: "Test Case".to_owned(),
            fields: [("System.Title".to_owned(), Value::text("x".repeat(bytes)))].into(),
            tags: vec!["accord".to_owned()],
            marker: Marker {
                case: CaseId(1),
                url: "https://testworthy.us/TestCase/Detail/1".to_owned(),
            },
        })
    }

    fn update(id: u64) -> WorkItemWrite {
        WorkItemWrite::Update {
            id: WorkItemId(id),
            rev: Rev(2),
            patch: WorkItemPatch {
                fields: [("System.Title".to_owned(), Value::text("new"))].into(),
                ..WorkItemPatch::default()
            },
        }
    }

    #[test]
    fn elements_name_method_address_and_a_document() {
        let addresses = Addresses::new(&AzureDevOpsConnection {
            organization_url: Url::parse("https://dev.azure.com/contoso").unwrap(),
            project: "Web Shop".to_owned(),
            credential: SecretRef::Env("AZURE_DEVOPS_EXT_PAT".to_owned()).into(),
        });
        let body = body(&addresses, &[&update(7), &create(1), &create(1)]);
        let header = json!({ "Content-Type": "application/json-patch+json" });
        for at in 0..3 {
            assert_eq!(body[at]["method"], "PATCH");
            assert_eq!(body[at]["headers"], header);
        }
        assert_eq!(body[0]["uri"], "/_apis/wit/workitems/7?api-version=7.1");
        let typed = "/Web%20Shop/_apis/wit/workitems/$Test%20Case?api-version=7.1";
        assert_eq!(body[1]["uri"], typed);
        assert_eq!(
            body[0]["body"][0],
            json!({ "op": "test", "path": "/rev", "value": 2 })
        );
        let id = |at: usize| body[at]["body"][0].clone();
        assert_eq!(id(1), json!({ "op": "add", "path": "/id", "value": -2 }));
        assert_eq!(id(2), json!({ "op": "add", "path": "/id", "value": -3 }));
    }

    #[test]
    fn runs_end_at_two_hundred_writes() {
        let writes: Vec<WorkItemWrite> = (1..=401).map(update).collect();
        assert_eq!(chunks(&writes), [0..200, 200..400, 400..401]);
        assert!(chunks(&[]).is_empty());
    }

    #[test]
    fn runs_end_at_two_megabytes() {
        let writes = [
            create(900_000),
            create(900_000),
            create(900_000),
            create(3_000_000),
            create(1),
        ];
        assert_eq!(chunks(&writes), [0..2, 2..3, 3..4, 4..5]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn runs_cover_everything_once_in_order(sizes in prop::collection::vec(1_usize..1_500_000, 0..9)) {
            let writes: Vec<WorkItemWrite> = sizes.iter().map(|size| create(*size)).collect();
            let runs = chunks(&writes);
            let mut next = 0;
            for run in &runs {
                prop_assert_eq!(run.start, next);
                prop_assert!(run.end > run.start && run.len() <= MAX_BATCH_WRITES);
                let bytes: usize = sizes[run.clone()].iter().sum();
                prop_assert!(bytes <= MAX_BATCH_BYTES || run.len() == 1);
                next = run.end;
            }
            prop_assert_eq!(next, writes.len());
        }
    }
}
