//! Every error body that is known from recordings, documents and public reports, and its class.

use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;

/// The normal body of an error.
fn exception(type_key: &str, message: &str) -> String {
    json!({
        "$id": "1", "innerException": null, "message": message,
        "typeName": format!("Microsoft.TeamFoundation.{type_key}, Microsoft.TeamFoundation"),
        "typeKey": type_key, "errorCode": 0, "eventId": 3200,
    })
    .to_string()
}

fn class(status: u16, body: &str) -> &'static str {
    let error = ServerError::from_text(body);
    if error.is_stale(status) {
        return "stale";
    }
    match error.classify(status, "an operation", false) {
        RemoteErrorKind::Unauthenticated { .. } => "unauthenticated",
        RemoteErrorKind::Forbidden { .. } => "forbidden",
        RemoteErrorKind::Unavailable { .. } => "unavailable",
        RemoteErrorKind::RateLimited { .. } => "rate limited",
        RemoteErrorKind::NotFound { .. } => "not found",
        RemoteErrorKind::Rejected { .. } => "rejected",
        RemoteErrorKind::Unsupported { .. } => "unsupported",
        RemoteErrorKind::Protocol { .. } => "protocol",
        RemoteErrorKind::HostRefused { .. } => "host refused",
    }
}

#[test]
fn every_known_failure_has_its_class() {
    let wrapper = r#"{"count":1,"value":{"Message":"The field Title is required."}}"#.to_owned();
    for (status, body, expected) in [
        (412, exception("TestPatchOperationFailedException", "VS403351: Test Operation for path /rev failed, value 4 was not equal to test value 3"), "stale"),
        (400, exception("TestPatchOperationFailedException", "VS403351: Test Operation for path /rev failed"), "stale"),
        (409, exception("WorkItemRevisionMismatchException", "TF26071: This work item has been changed by someone else"), "stale"),
        (500, exception("SomeOtherException", "TF26071: This work item has been changed by someone else"), "stale"),
        (404, exception("WorkItemUnauthorizedAccessException", "TF401232: Work item 7 does not exist, or you do not have permissions to read it."), "not found"),
        (404, exception("WorkItemTypeNotFoundException", "VS402323: Work item type Nonsense does not exist in project Web Shop."), "not found"),
        (404, exception("ProjectDoesNotExistWithNameException", "TF200016: The following project does not exist: Nowhere."), "not found"),
        (400, exception("WorkItemTrackingFieldDefinitionNotFoundException", "TF51535: Cannot find field Custom.Nothing."), "rejected"),
        (400, exception("WorkItemFieldInvalidTreeNameException", "TF401347: Invalid tree name given for work item -1, field 'System.AreaPath'."), "rejected"),
        (400, exception("RuleValidationException", "TF401320: Rule Error for field Priority. Error code: LimitedToValues."), "rejected"),
        (400, exception("WorkItemFieldInvalidException", "The identity value 'x' for field 'Assigned To' is an unknown identity."), "rejected"),
        (403, exception("Any", "TF401322: You do not have permissions to bypass rules."), "forbidden"),
        (400, exception("Any", "TF401322: You do not have permissions to bypass rules."), "forbidden"),
        (403, exception("AccessDeniedException", "TF401027: You need the permission."), "forbidden"),
        (401, exception("UnauthorizedRequestException", "TF400813: The user is not authorized."), "unauthenticated"),
        (400, exception("WorkItemTrackingQueryResultSizeLimitExceededException", "VS402337: The number of work items returned exceeds the size limit of 20000."), "rejected"),
        (400, exception("VssPropertyValidationException", "You must pass a valid patch document in the body of the request."), "rejected"),
        (415, String::new(), "rejected"),
        (400, exception("TeamFieldArgumentNullException", "Team field missing"), "rejected"),
        (429, exception("RequestBlockedException", "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource"), "rate limited"),
        (200, exception("RequestBlockedException", "TF400733: The request has been canceled"), "rate limited"),
        (400, exception("Any", "VS402490: The server is busy."), "rate limited"),
        (400, exception("Any", "VS402335: The query timed out."), "unavailable"),
        (503, "\u{feff}{\"message\":\"TF24668: The service is unavailable.\"}".to_owned(), "unavailable"),
        (500, wrapper.clone(), "unavailable"),
        (400, wrapper, "rejected"),
        (404, "The controller for path '/contoso/_apis/wit/nothing' was not found or does not implement IController.".to_owned(), "unsupported"),
        (405, String::new(), "unsupported"),
        (501, String::new(), "unsupported"),
        (400, "\"just a text\"".to_owned(), "rejected"),
        (302, String::new(), "protocol"),
    ] {
        assert_eq!(class(status, &body), expected, "{status} {body}");
    }
}

#[test]
fn the_code_is_the_type_key_else_the_one_in_front_of_the_message() {
    let code = |body: &str| match ServerError::from_text(body).classify(400, "x", false) {
        RemoteErrorKind::Rejected { code, .. } => code,
        other => panic!("{other}"),
    };
    assert_eq!(
        code(&exception("RuleValidationException", "TF401320: no")).as_deref(),
        Some("RuleValidationException")
    );
    assert_eq!(
        code(r#"{"message":"TF401347: Invalid tree name"}"#).as_deref(),
        Some("TF401347")
    );
    assert_eq!(code("\"no code here\""), None);
}

#[test]
fn the_words_of_every_broken_rule_are_passed_on() {
    let body = json!({
        "message": "TF401320: Rule Error for field Test Suite Type. Error code: Required, InvalidEmpty.",
        "typeKey": "RuleValidationException",
        "customProperties": {
            "FieldReferenceName": null,
            "RuleValidationErrors": [
                { "fieldReferenceName": "Custom.Team", "fieldStatusFlags": "required, invalidEmpty",
                  "errorMessage": "Say which team owns it.", "fieldStatusCode": 524_289,
                  "ruleValidationErrors": null },
                { "fieldReferenceName": "Custom.Area", "fieldStatusFlags": "required" },
            ],
        },
    });
    let message = ServerError::from_json(&body).message.unwrap();
    assert!(message.starts_with("TF401320: Rule Error"), "{message}");
    assert!(
        message.ends_with("| Custom.Team: Say which team owns it. | Custom.Area: required"),
        "{message}"
    );

    let single = json!({
        "message": "TF401320: Rule Error.",
        "customProperties": { "FieldReferenceName": "System.Title", "ErrorMessage": "is empty" },
    });
    assert_eq!(
        ServerError::from_json(&single).message.as_deref(),
        Some("TF401320: Rule Error. | System.Title: is empty")
    );
}

#[test]
fn a_body_that_is_json_in_a_text_is_read_through() {
    let inner = exception("RuleValidationException", "TF401320: no");
    let error = ServerError::from_json(&Json::String(inner));
    assert_eq!(error.type_key.as_deref(), Some("RuleValidationException"));
    let inner = r#"{"count":1,"value":{"Message":"TF401321: Whole Bulk failed."}}"#;
    assert!(ServerError::from_json(&Json::String(inner.to_owned())).is_whole_batch());
}

#[test]
fn answers_without_a_body_are_explained_by_their_header() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-tfs-serviceerror",
        HeaderValue::from_static("TF24668%3A+The+service+%26+its+host+are+unavailable"),
    );
    let response = Response {
        status: 503,
        headers,
        body: Vec::new(),
    };
    assert_eq!(
        ServerError::from_response(&response).message.as_deref(),
        Some("TF24668: The service & its host are unavailable")
    );
}

#[test]
fn a_page_is_not_quoted() {
    let response = Response {
        status: 404,
        headers: HeaderMap::new(),
        body: b"<html><body>long page</body></html>".to_vec(),
    };
    assert_eq!(
        ServerError::from_response(&response).message.as_deref(),
        Some("an HTML page in place of JSON")
    );
}

proptest! {
    #[test]
    fn any_body_is_read_within_bounds(status in 100_u16..600, body in "\\PC{0,2000}") {
        let error = ServerError::from_text(&body);
        let _ = error.is_stale(status);
        let kind = error.classify(status, "x", true);
        prop_assert!(kind.to_string().chars().count() < LONGEST + 100);
    }
}
