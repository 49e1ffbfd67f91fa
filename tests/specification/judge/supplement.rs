//! What the documents leave out and Accord uses, in the form of a document of its own.
//!
//! Each operation here is an exception, listed in [`super::gap`].

use serde_json::{Value, json};

/// The name of this document.
pub(crate) const NAME: &str = "supplement";

/// The id of the operation that carries others.
pub(crate) const BATCH: &str = "Batch_Update";

/// - `$batch`: Microsoft Learn, Work item tracking, "Work item batch update API": `PATCH`, organisation
///   only; parameters `bypassRules` and `suppressNotifications`; a list of `method`, `uri`, `headers`,
///   `body`; the answer a list of `code`, `headers`, `body`.
/// - `connectionData`: the location interface of Microsoft's own clients (`azure-devops` for Python and
///   `azure-devops-node-api`); never released, so always a preview.
pub(crate) fn document() -> Value {
    let organization = json!({
        "in": "path", "name": "organization", "required": true, "type": "string",
    });
    let query = |name: &str, kind: &str| json!({ "in": "query", "name": name, "type": kind });
    let version = |version: &str| {
        json!({
            "in": "query", "name": "api-version", "required": true,
            "description": format!("This should be set to '{version}'."),
        })
    };
    let token = json!([{ "accessToken": [] }]);
    json!({
        "swagger": "2.0",
        "paths": {
            "/{organization}/_apis/wit/$batch": { "patch": {
                "operationId": BATCH,
                "consumes": ["application/json"],
                "produces": ["application/json"],
                "parameters": [
                    organization,
                    query("bypassRules", "boolean"),
                    query("suppressNotifications", "boolean"),
                    version("7.1"),
                    { "in": "body", "name": "body", "schema": {
                        "type": "array", "items": { "$ref": "#/definitions/WitBatchRequest" },
                    } },
                ],
                "responses": { "200": { "schema": { "$ref": "#/definitions/WitBatchResponses" } } },
                "security": token,
            } },
            "/{organization}/_apis/connectionData": { "get": {
                "operationId": "ConnectionData_Get",
                "produces": ["application/json"],
                "parameters": [
                    organization,
                    query("connectOptions", "string"),
                    query("lastChangeId", "integer"),
                    query("lastChangeId64", "integer"),
                    version("7.1-preview.1"),
                ],
                "responses": { "200": { "schema": { "$ref": "#/definitions/ConnectionData" } } },
                "security": token,
            } },
        },
        "definitions": {
            "WitBatchRequest": {
                "type": "object",
                "properties": {
                    "method": { "enum": ["PATCH"] },
                    "uri": { "type": "string" },
                    "headers": {
                        "type": "object",
                        "properties": { "Content-Type": { "type": "string" } },
                        "required": ["Content-Type"],
                        "additionalProperties": { "type": "string" },
                    },
                    // Judged against the element's own operation.
                    "body": { "type": "array" },
                },
                "required": ["method", "uri", "headers", "body"],
                "additionalProperties": false,
            },
            "WitBatchResponses": {
                "type": "object",
                "properties": {
                    "count": { "type": "integer" },
                    "value": { "type": "array", "items": {
                        "type": "object",
                        "properties": {
                            "code": { "type": "integer" },
                            "headers": { "type": "object" },
                            "body": { "type": "string" },
                        },
                        "required": ["code", "body"],
                        "additionalProperties": false,
                    } },
                },
                "required": ["count", "value"],
                "additionalProperties": false,
            },
            "ConnectionData": {
                "type": "object",
                "properties": {
                    "authenticatedUser": { "$ref": "#/definitions/Identity" },
                    "authorizedUser": { "$ref": "#/definitions/Identity" },
                    "deploymentId": { "type": "string", "format": "uuid" },
                    "deploymentType": {},
                    "instanceId": { "type": "string", "format": "uuid" },
                    "lastUserAccess": {},
                    "locationServiceData": { "type": "object" },
                    "webApplicationRelativeDirectory": {},
                },
                "required": ["authenticatedUser", "authorizedUser", "instanceId"],
                "additionalProperties": false,
            },
            "Identity": {
                "type": "object",
                "properties": {
                    "id": { "type": "string", "format": "uuid" },
                    "descriptor": { "type": "string" },
                    "subjectDescriptor": { "type": "string" },
                    "providerDisplayName": { "type": "string" },
                    "customDisplayName": { "type": "string" },
                    "isActive": { "type": "boolean" },
                    "isContainer": { "type": "boolean" },
                    "members": { "type": "array" },
                    "memberOf": { "type": "array" },
                    "memberIds": { "type": "array" },
                    "metaTypeId": { "type": "integer" },
                    "resourceVersion": { "type": "integer" },
                    "properties": { "type": "object" },
                },
                "required": ["id", "descriptor"],
                "additionalProperties": false,
            },
        },
    })
}
