//! Both published modes of `$batch`, both forms of an element's body, and short answers.

use serde_json::json;
use url::Url;

use super::*;
use crate::model::config::{AzureDevOpsConnection, SecretRef};
use crate::model::{CaseId, Rev, Value, WorkItemId};
use crate::remote::{WorkItemDraft, WorkItemPatch};

fn marker() -> Marker {
    Marker {
        case: CaseId(7),
        url: "https://testworthy.us/TestCase/Detail/7".to_owned(),
    }
}

fn create() -> WorkItemWrite {
    WorkItemWrite::Create(WorkItemDraft {
        work_item_type: "Test Case".to_owned(),
        fields: [("System.Title".to_owned(), Value::text("Pay"))].into(),
        tags: vec!["accord".to_owned()],
        marker: marker(),
    })
}

fn update(id: u64) -> WorkItemWrite {
    WorkItemWrite::Update {
        id: WorkItemId(id),
        rev: Rev(2),
        patch: WorkItemPatch::default(),
    }
}

/// An element; its body as an object, or as the JSON text that servers send today.
fn element(code: u16, body: &Json, as_text: bool) -> Json {
    let body = if as_text {
        Json::String(body.to_string())
    } else {
        body.clone()
    };
    json!({ "code": code, "headers": { "Content-Type": "application/json" }, "body": body })
}

fn item(id: u64, relations: Option<Json>) -> Json {
    let mut item =
        json!({ "id": id, "rev": 3, "fields": { "System.Title": "Pay", "System.Tags": "accord" } });
    if let Some(relations) = relations {
        item["relations"] = relations;
    }
    item
}

fn failure(type_key: &str, message: &str) -> Json {
    json!({ "$id": "1", "message": message, "typeKey": type_key, "errorCode": 0 })
}

fn read(writes: &[WorkItemWrite], elements: &[Json]) -> Result<Vec<WriteOutcome>, RemoteError> {
    let addresses = Addresses::new(&AzureDevOpsConnection {
        organization_url: Url::parse("https://dev.azure.com/contoso").unwrap(),
        project: "Web Shop".to_owned(),
        credential: SecretRef::Env("AZURE_DEVOPS_EXT_PAT".to_owned()).into(),
    });
    let info = RequestInfo {
        method: "PATCH".to_owned(),
        url: "https://dev.azure.com/contoso/_apis/wit/$batch".to_owned(),
        status: Some(200),
        activity_id: Some("0e5c".to_owned()),
    };
    let elements: Vec<wire::Element> = elements
        .iter()
        .map(|element| serde_json::from_value(element.clone()).unwrap())
        .collect();
    Outcomes {
        addresses: &addresses,
        catalog: &FieldCatalog::default(),
        info: &info,
    }
    .read(&writes.iter().collect::<Vec<_>>(), elements)
}

/// One word per outcome.
fn words(outcomes: &[WriteOutcome]) -> Vec<&'static str> {
    outcomes
        .iter()
        .map(|outcome| match outcome {
            WriteOutcome::Applied(_) => "applied",
            WriteOutcome::Stale(_) => "stale",
            WriteOutcome::Rejected(_) => "rejected",
            WriteOutcome::NotRun(_) => "not run",
        })
        .collect()
}

#[test]
fn mixed_outcomes_are_kept_in_both_body_forms() {
    for as_text in [true, false] {
        let rule = failure("RuleValidationException", "TF401320: Rule Error");
        let test = failure(
            "TestPatchOperationFailedException",
            "VS403351: Test Operation for path /rev failed",
        );
        let outcomes = read(
            &[create(), update(5), update(6), update(8)],
            &[
                element(200, &item(4, None), as_text),
                element(400, &rule, as_text),
                element(412, &test, as_text),
                element(200, &item(8, None), as_text),
            ],
        )
        .unwrap();
        assert_eq!(
            words(&outcomes),
            ["applied", "rejected", "stale", "applied"]
        );
    }
}

#[test]
fn when_one_spoils_all_only_the_culprit_is_rejected() {
    let bulk = json!({ "count": 1, "value": { "Message": "TF401321: Whole Bulk failed." } });
    let culprit = failure(
        "RuleValidationException",
        "TF401320: Rule Error for field Title",
    );
    let outcomes = read(
        &[create(), create(), update(3)],
        &[
            element(500, &bulk, true),
            element(400, &culprit, true),
            element(500, &bulk, false),
        ],
    )
    .unwrap();
    assert_eq!(words(&outcomes), ["not run", "rejected", "not run"]);
    let WriteOutcome::Rejected(error) = &outcomes[1] else {
        panic!()
    };
    let request = error.request.as_ref().unwrap();
    assert_eq!(
        request.url,
        "https://dev.azure.com/contoso/Web%20Shop/_apis/wit/workitems/$Test%20Case"
    );
    assert_eq!(
        (request.status, request.activity_id.as_deref()),
        (Some(400), Some("0e5c"))
    );
    assert!(
        error.to_string().contains("Rule Error for field Title"),
        "{error}"
    );
}

#[test]
fn each_kind_of_failure_has_its_outcome() {
    for (code, body, expected) in [
        (
            409,
            failure("Any", "TF26071: changed by someone else"),
            "stale",
        ),
        (
            400,
            failure("Any", "TF26071: changed by someone else"),
            "stale",
        ),
        (
            429,
            failure("RequestBlockedException", "TF400733: canceled"),
            "not run",
        ),
        (503, failure("Any", "TF24668"), "not run"),
        (500, json!(null), "not run"),
        (400, failure("Any", "VS402335: timeout"), "not run"),
        (400, failure("Any", "VS402490: busy"), "not run"),
        (400, failure("Any", "VS402491: busy"), "not run"),
        (400, failure("Any", "TF400733: canceled"), "not run"),
        (401, json!(null), "not run"),
        (302, json!("Object moved"), "not run"),
        (403, failure("Any", "TF401027: permission"), "rejected"),
        (
            404,
            failure("WorkItemUnauthorizedAccessException", "TF401232: gone"),
            "rejected",
        ),
        (
            400,
            failure("Any", "TF401347: Invalid tree name"),
            "rejected",
        ),
        (400, json!("plain words"), "rejected"),
    ] {
        let outcomes = read(&[update(3)], &[element(code, &body, true)]).unwrap();
        assert_eq!(words(&outcomes), [expected], "{code} {body}");
    }
    let raced = element(409, &failure("Any", "TF26071: changed"), true);
    assert_eq!(words(&read(&[create()], &[raced]).unwrap()), ["not run"]);
}

#[test]
fn a_short_answer_of_refusals_means_that_nothing_was_run() {
    let refusal = json!({ "count": 1, "value": { "Message": "The body is not valid." } });
    let outcomes = read(
        &[create(), create(), update(3)],
        &[element(400, &refusal, true)],
    )
    .unwrap();
    assert_eq!(words(&outcomes), ["not run"; 3]);
    let WriteOutcome::NotRun(error) = &outcomes[2] else {
        panic!()
    };
    assert!(
        error.to_string().contains("The body is not valid."),
        "{error}"
    );
}

#[test]
fn an_answer_that_leaves_it_open_what_was_done_is_an_error() {
    let good = element(200, &item(4, None), true);
    let bad = element(400, &failure("Any", "no"), true);
    let fault = element(500, &json!(null), true);
    for (writes, elements) in [
        (vec![create(), create()], vec![]),
        (vec![create(), create()], vec![good.clone()]),
        (vec![create(), create(), create()], vec![good.clone(), bad]),
        (vec![create(), create()], vec![fault]),
        (vec![create()], vec![good.clone(), good.clone()]),
        (vec![update(9)], vec![good]),
        (
            vec![create()],
            vec![element(200, &json!("{\"id\": 4, \"re"), false)],
        ),
        (vec![create()], vec![json!({ "code": 200 })]),
        (
            vec![create()],
            vec![element(200, &json!({ "id": -1, "rev": 1 }), true)],
        ),
    ] {
        let error = read(&writes, &elements).unwrap_err();
        assert!(
            matches!(error.kind, RemoteErrorKind::Protocol { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("ActivityId 0e5c"), "{error}");
    }
}

#[test]
fn the_marker_of_a_create_is_known_even_if_the_answer_leaves_relations_out() {
    let with_marker = json!([{ "rel": "Hyperlink", "url": "https://testworthy.us/TestCase/Detail/7",
        "attributes": { "comment": "accord/1 case=7" } }]);
    for relations in [None, Some(json!([])), Some(with_marker)] {
        let outcomes = read(&[create()], &[element(200, &item(4, relations), true)]).unwrap();
        let WriteOutcome::Applied(item) = &outcomes[0] else {
            panic!()
        };
        assert_eq!(item.markers(), [marker()]);
        assert_eq!(item.relations.len(), 1);
        assert_eq!(
            (item.id, item.rev, item.tags.as_slice()),
            (WorkItemId(4), Rev(3), ["accord".to_owned()].as_slice())
        );
    }
}
