//! Errors in the service's own shape (Microsoft Learn, Work Item Tracking; recorded answers).

use axum::http::StatusCode;
use serde_json::{Value, json};

/// Which assembly an error's `typeName` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    WorkItemTracking,
    Platform,
    Core,
    ServiceHooks,
    TestManagement,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    type_key: &'static str,
    family: Family,
    message: String,
    error_code: i64,
    event_id: i64,
    /// Boxed, to keep results small.
    custom: Option<Box<Value>>,
}

impl ApiError {
    fn tracking(status: StatusCode, type_key: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            type_key,
            family: Family::WorkItemTracking,
            message: message.into(),
            error_code: 0,
            event_id: 3200,
            custom: None,
        }
    }

    fn platform(status: StatusCode, type_key: &'static str, message: impl Into<String>) -> Self {
        Self {
            family: Family::Platform,
            event_id: 3000,
            ..Self::tracking(status, type_key, message)
        }
    }

    /// A refusal of process customisation.
    pub(crate) fn process(
        status: StatusCode,
        type_key: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self::tracking(status, type_key, message)
    }

    /// A refusal of the service hooks.
    pub(crate) fn hooks(
        status: StatusCode,
        type_key: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            family: Family::ServiceHooks,
            ..Self::platform(status, type_key, message)
        }
    }

    /// A refusal of test management.
    pub(crate) fn tests(
        status: StatusCode,
        type_key: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            family: Family::TestManagement,
            ..Self::platform(status, type_key, message)
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The JSON body: `$id`, `innerException`, `message`, `typeName`, `typeKey`, `errorCode`, `eventId`.
    pub(crate) fn body(&self) -> Value {
        let assembly = match self.family {
            Family::WorkItemTracking => "Microsoft.TeamFoundation.WorkItemTracking.Server",
            Family::Platform => "Microsoft.VisualStudio.Services.WebApi",
            Family::Core => "Microsoft.TeamFoundation.Core.WebApi",
            Family::ServiceHooks => "Microsoft.VisualStudio.Services.ServiceHooks.WebApi",
            Family::TestManagement => "Microsoft.TeamFoundation.TestManagement.WebApi",
        };
        let mut body = json!({
            "$id": "1",
            "innerException": null,
            "message": self.message,
            "typeName": format!("{assembly}.{}, {assembly}", self.type_key),
            "typeKey": self.type_key,
            "errorCode": self.error_code,
            "eventId": self.event_id,
        });
        if let (Some(custom), Some(object)) = (&self.custom, body.as_object_mut()) {
            object.insert("customProperties".to_owned(), (**custom).clone());
        }
        body
    }

    // --- the request as a whole ---

    /// An error with the words of a fault.
    pub(crate) fn told(status: StatusCode, message: &str) -> Self {
        Self::tracking(status, "WorkItemTrackingException", message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::platform(
            StatusCode::UNAUTHORIZED,
            "UnauthorizedRequestException",
            "TF400813: The user '' is not authorized to access this resource.",
        )
    }

    pub(crate) fn forbidden() -> Self {
        Self::tracking(
            StatusCode::FORBIDDEN,
            "WorkItemTrackingUnauthorizedAccessException",
            "TF401027: You need the permission for this action in the project to perform it.",
        )
    }

    pub(crate) fn throttled() -> Self {
        Self::platform(
            StatusCode::TOO_MANY_REQUESTS,
            "RequestBlockedException",
            "TF400733: The request has been canceled: Request was blocked due to exceeding usage \
             of resource 'Concurrency' in namespace 'User'.",
        )
    }

    pub(crate) fn internal(status: StatusCode) -> Self {
        Self::platform(
            status,
            "VssServiceException",
            "TF400898: An Internal Error Occurred. Activity Id: 00000000-0000-0000-0000-000000000000.",
        )
    }

    pub(crate) fn unavailable() -> Self {
        Self::platform(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
            "TF24668: The following team project collection is stopped: contoso. Start the \
             collection and then try again.",
        )
    }

    pub(crate) fn no_project(name: &str) -> Self {
        Self {
            family: Family::Core,
            ..Self::platform(
                StatusCode::NOT_FOUND,
                "ProjectDoesNotExistWithNameException",
                format!(
                    "TF200016: The following project does not exist: {name}. Verify that the name \
                     of the project is correct and that the project exists on the specified Azure \
                     DevOps Server."
                ),
            )
        }
    }

    pub(crate) fn project_needed() -> Self {
        Self::platform(
            StatusCode::BAD_REQUEST,
            "VssPropertyValidationException",
            "A project name is required in the URL of this request.",
        )
    }

    pub(crate) fn version_missing(method: &str) -> Self {
        Self::platform(
            StatusCode::BAD_REQUEST,
            "VssVersionNotSpecifiedException",
            format!(
                "No api-version was supplied for the \"{method}\" request. The version must be \
                 supplied either as part of the Accept header (e.g. \"application/json; \
                 api-version=1.0\") or as a query parameter (e.g. \"?api-version=1.0\")."
            ),
        )
    }

    pub(crate) fn version_out_of_range(asked: &str, bound: &str) -> Self {
        Self::platform(
            StatusCode::BAD_REQUEST,
            "VssVersionOutOfRangeException",
            format!(
                "The requested REST API version of {asked} is out of range for this server. {bound}"
            ),
        )
    }

    pub(crate) fn preview_needed(asked: &str) -> Self {
        Self::platform(
            StatusCode::BAD_REQUEST,
            "VssInvalidPreviewVersionException",
            format!(
                "The requested version \"{asked}\" of the resource is under preview. The -preview \
                 flag must be supplied in the api-version for such requests. For example: \
                 \"{asked}-preview\""
            ),
        )
    }

    pub(crate) fn content_type(sent: &str, method: &str, valid: &str) -> Self {
        Self::platform(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "VssRequestContentTypeNotSupportedException",
            format!(
                "The request indicated a Content-Type of \"{sent}\" for method type \"{method}\" \
                 which is not supported. Valid content types for this method are: {valid}."
            ),
        )
    }

    pub(crate) fn bad_patch() -> Self {
        Self::platform(
            StatusCode::BAD_REQUEST,
            "VssPropertyValidationException",
            "You must pass a valid patch document in the body of the request.",
        )
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::platform(
            StatusCode::BAD_REQUEST,
            "VssPropertyValidationException",
            message,
        )
    }

    pub(crate) fn method_not_allowed(method: &str) -> Self {
        Self::platform(
            StatusCode::METHOD_NOT_ALLOWED,
            "UnsupportedHttpMethodException",
            format!("The requested resource does not support http method '{method}'."),
        )
    }

    // --- reading ---

    pub(crate) fn no_item(id: impl std::fmt::Display) -> Self {
        Self::tracking(
            StatusCode::NOT_FOUND,
            "WorkItemUnauthorizedAccessException",
            format!(
                "TF401232: Work item {id} does not exist, or you do not have permissions to read it."
            ),
        )
    }

    pub(crate) fn no_type(name: &str) -> Self {
        Self::tracking(
            StatusCode::NOT_FOUND,
            "WorkItemTypeNotFoundException",
            format!(
                "VS402323: Work item type {name} does not exist in project or you do not have \
                 permission to access it."
            ),
        )
    }

    /// A thing of the metadata that is not there.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::tracking(
            StatusCode::NOT_FOUND,
            "WorkItemTrackingResourceNotFoundException",
            format!("VS402324: {what} does not exist."),
        )
    }

    pub(crate) fn no_node(path: &str) -> Self {
        Self::tracking(
            StatusCode::NOT_FOUND,
            "WorkItemTrackingTreeNodeNotFoundException",
            format!("VS402485: The tree node {path} does not exist."),
        )
    }

    pub(crate) fn too_many_ids(count: usize) -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "VssPropertyValidationException",
            format!(
                "VS403474: You requested {count} work items which exceeds the limit of 200. Reduce \
                 the number of work items and try again."
            ),
        )
    }

    pub(crate) fn fields_and_expand() -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "ConflictingParametersException",
            "The expand parameter can not be used with the fields parameter.",
        )
    }

    // The texts of the next two are not known; clients have only the status.
    pub(crate) fn no_comment(item: u64, comment: u64) -> Self {
        Self::tracking(
            StatusCode::NOT_FOUND,
            "WorkItemCommentNotFoundException",
            format!("Comment {comment} of work item {item} does not exist."),
        )
    }

    pub(crate) fn no_attachment(which: &str) -> Self {
        Self::tracking(
            StatusCode::NOT_FOUND,
            "AttachmentNotFoundException",
            format!("The attachment {which} does not exist."),
        )
    }

    pub(crate) fn no_team(name: &str) -> Self {
        Self {
            family: Family::Core,
            ..Self::platform(
                StatusCode::NOT_FOUND,
                "TeamNotFoundException",
                format!("The team with id '{name}' does not exist."),
            )
        }
    }

    /// A name that another child of the parent has.
    pub(crate) fn duplicate_node(name: &str) -> Self {
        Self::tracking(
            StatusCode::CONFLICT,
            "ClassificationNodeDuplicateNameException",
            format!(
                "VS402371: Classification node name {name} is already in use by a different child \
                 of the parent classification node. Choose a different name and try again."
            ),
        )
    }

    // --- queries ---

    pub(crate) fn query_too_big() -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "WorkItemTrackingQueryResultSizeLimitExceededException",
            "VS402337: The number of work items returned exceeds the size limit of 20000. Change \
             the query to return fewer items.",
        )
    }

    pub(crate) fn query(message: impl Into<String>) -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "WorkItemTrackingQueryException",
            message,
        )
    }

    // --- writing ---

    pub(crate) fn stale(path: &str, actual: &str, tested: &str) -> Self {
        Self::platform(
            StatusCode::PRECONDITION_FAILED,
            "TestPatchOperationFailedException",
            format!(
                "VS403351: Test Operation for path {path} failed, value {actual} was not equal to \
                 test value {tested}."
            ),
        )
    }

    pub(crate) fn no_field(name: &str) -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "WorkItemTrackingFieldDefinitionNotFoundException",
            format!("TF51535: Cannot find field {name}."),
        )
    }

    pub(crate) fn bad_tree_path(id: i64, field: &str) -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "WorkItemTrackingTreeNodeNotFoundException",
            format!("TF401347: Invalid tree name given for work item {id}, field '{field}'."),
        )
    }

    pub(crate) fn unknown_identity(value: &str, field: &str, reference: &str) -> Self {
        Self {
            error_code: 600_171,
            custom: Some(Box::new(json!({"ReferenceName": reference}))),
            ..Self::tracking(
                StatusCode::BAD_REQUEST,
                "WorkItemFieldInvalidException",
                format!("The identity value '{value}' for field '{field}' is an unknown identity."),
            )
        }
    }

    /// A rule of the process is broken. `flags` as in `Required, InvalidEmpty`.
    pub(crate) fn rule(reference: &str, name: &str, flags: &str, code: u32) -> Self {
        let message = format!("TF401320: Rule Error for field {name}. Error code: {flags}.");
        Self::broken_rule(reference, flags, code, message)
    }

    /// A value that a list does not hold.
    pub(crate) fn not_in_list(reference: &str, name: &str, value: &str) -> Self {
        let message = format!(
            "The field '{name}' contains the value '{value}' that is not in the list of supported \
             values"
        );
        let flags = "HasValues, LimitedToValues, AllowsOldValue, InvalidNotInListValue";
        Self::broken_rule(reference, flags, 458_754, message)
    }

    fn broken_rule(reference: &str, flags: &str, code: u32, message: String) -> Self {
        let lower: Vec<String> = flags
            .split(", ")
            .map(|flag| {
                let mut letters = flag.chars();
                letters
                    .next()
                    .map(|first| first.to_lowercase().chain(letters).collect())
                    .unwrap_or_default()
            })
            .collect();
        let lower = lower.join(", ");
        let custom = json!({
            "FieldReferenceName": reference,
            "FieldStatusFlags": lower,
            "ErrorMessage": message,
            "FieldStatusCode": code,
            "RuleValidationErrors": [{
                "fieldReferenceName": reference,
                "fieldStatusFlags": lower,
                "errorMessage": message,
                "fieldStatusCode": code,
                "ruleValidationErrors": null,
            }],
        });
        Self {
            custom: Some(Box::new(custom)),
            ..Self::tracking(StatusCode::BAD_REQUEST, "RuleValidationException", message)
        }
    }

    pub(crate) fn bypass_refused() -> Self {
        Self::tracking(
            StatusCode::FORBIDDEN,
            "WorkItemTrackingUnauthorizedAccessException",
            "TF401322: You do not have permission to bypass rules on work item updates.",
        )
    }

    /// A refusal to link.
    pub(crate) fn link(message: impl Into<String>) -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "WorkItemLinkInvalidException",
            message,
        )
    }

    /// A limit of one item is exceeded.
    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "WorkItemTrackingLimitExceededException",
            message,
        )
    }

    pub(crate) fn whole_bulk_failed() -> Self {
        Self::tracking(
            StatusCode::INTERNAL_SERVER_ERROR,
            "WorkItemsBatchSaveFailedException",
            "TF401321: Whole Bulk failed.",
        )
    }

    pub(crate) fn test_item_delete(type_name: &str) -> Self {
        Self::tracking(
            StatusCode::BAD_REQUEST,
            "WorkItemsTypeNotDeletableException",
            format!(
                "Work items of type {type_name} cannot be deleted by this call; use the test \
                 management API."
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_recorded_keys_in_the_recorded_order() {
        let body =
            ApiError::rule("System.Title", "Title", "Required, InvalidEmpty", 524_289).body();
        let keys: Vec<&str> = body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            [
                "$id",
                "innerException",
                "message",
                "typeName",
                "typeKey",
                "errorCode",
                "eventId",
                "customProperties"
            ]
        );
        assert_eq!(
            body["message"],
            "TF401320: Rule Error for field Title. Error code: Required, InvalidEmpty."
        );
        assert_eq!(
            body["customProperties"]["RuleValidationErrors"][0]["fieldStatusFlags"],
            "required, invalidEmpty"
        );
        assert_eq!(body["typeKey"], "RuleValidationException");
    }
}
