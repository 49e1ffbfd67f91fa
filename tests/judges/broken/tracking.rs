//! Mistakes in discovery and in work item tracking.

use axum::http::StatusCode;
use serde_json::json;

use super::{Answer, Break, rename};

pub(crate) const ALL: &[Break] = &[
    Break {
        name: "the-table-of-locations-has-another-id",
        script: "python/discovery",
        request: "OPTIONS ",
        spoil: |answer| another_location_id(answer),
    },
    Break {
        name: "the-table-of-an-area-has-another-id",
        script: "node/discovery",
        request: "OPTIONS wit",
        spoil: |answer| another_location_id(answer),
    },
    Break {
        name: "no-answer-to-connection-data",
        script: "node/discovery",
        request: "GET connectiondata",
        spoil: |answer| answer.status = StatusCode::NOT_FOUND,
    },
    Break {
        name: "authenticated-user-has-another-name",
        script: "python/discovery",
        request: "GET connectiondata",
        spoil: |answer| answer.rename("authenticatedUser", "user"),
    },
    Break {
        name: "resource-areas-are-a-bare-list",
        script: "python/discovery",
        request: "GET resourceareas",
        spoil: |answer| answer.json = answer.json["value"].clone(),
    },
    Break {
        name: "an-error-has-no-type-key",
        script: "python/discovery",
        request: "GET projects/nowhere",
        spoil: |answer| answer.remove("typeKey"),
    },
    Break {
        name: "a-work-item-has-no-revision",
        script: "python/work_items",
        request: "GET wit/workitems/{id}",
        spoil: |answer| answer.remove("rev"),
    },
    Break {
        name: "a-work-item-has-no-revision",
        script: "node/work_items",
        request: "PATCH wit/workitems/{id}",
        spoil: |answer| answer.remove("rev"),
    },
    Break {
        name: "fields-are-called-field",
        script: "node/work_items",
        request: "GET wit/workitems/{id}",
        spoil: |answer| answer.rename("fields", "field"),
    },
    Break {
        name: "a-stale-revision-is-accepted",
        script: "python/work_items",
        request: "PATCH wit/workitems/{id}",
        spoil: |answer| accept(answer),
    },
    Break {
        name: "a-stale-revision-is-a-conflict",
        script: "node/work_items",
        request: "PATCH wit/workitems/{id}",
        spoil: |answer| conflict(answer),
    },
    Break {
        name: "a-query-names-its-items-in-lower-case",
        script: "python/work_items",
        request: "POST wit/wiql",
        spoil: |answer| answer.rename("workItems", "workitems"),
    },
    Break {
        name: "a-query-tells-of-a-tree",
        script: "node/work_items",
        request: "POST wit/wiql",
        spoil: |answer| answer.json["queryType"] = json!("tree"),
    },
    Break {
        name: "a-batch-leaves-no-gap",
        script: "python/work_items",
        request: "POST wit/workitemsbatch",
        spoil: |answer| no_gaps(answer),
    },
    Break {
        name: "a-batch-is-a-bare-list",
        script: "node/work_items",
        request: "POST wit/workitemsbatch",
        spoil: |answer| answer.rename("value", "workItems"),
    },
    Break {
        name: "a-revision-does-not-name-its-comment",
        script: "python/work_items",
        request: "GET wit/workitems/{id}/revisions",
        spoil: |answer| answer.each("value", |one| rename(one, "commentVersionRef", "comment")),
    },
    Break {
        name: "a-deleted-item-has-no-code",
        script: "python/work_items",
        request: "DELETE wit/workitems/{id}",
        spoil: |answer| answer.remove("code"),
    },
    Break {
        name: "relations-lack-their-attributes",
        script: "python/work_items",
        request: "PATCH wit/workitems/{id}",
        spoil: |answer| answer.each("relations", |one| rename(one, "attributes", "attribute")),
    },
    Break {
        name: "the-format-of-long-texts-is-not-told",
        script: "python/work_items",
        request: "PATCH wit/workitems/{id}",
        spoil: |answer| answer.remove("multilineFieldsFormat"),
    },
    Break {
        name: "a-batch-tells-no-format",
        script: "node/work_items",
        request: "POST wit/workitemsbatch",
        spoil: |answer| {
            answer.each("value", |one| {
                rename(one, "multilineFieldsFormat", "formats");
            });
        },
    },
    Break {
        name: "a-type-tells-no-transitions",
        script: "python/metadata",
        request: "GET wit/workitemtypes/bug",
        spoil: |answer| answer.remove("transitions"),
    },
    Break {
        name: "a-type-names-its-ways-otherwise",
        script: "node/metadata",
        request: "GET wit/workitemtypes/test%20case",
        spoil: |answer| answer.rename("transitions", "ways"),
    },
    Break {
        name: "allowed-values-are-missing",
        script: "python/metadata",
        request: "GET wit/workitemtypes/test%20case/fields",
        spoil: |answer| answer.each("value", |one| rename(one, "allowedValues", "values")),
    },
    Break {
        name: "states-have-no-category",
        script: "node/metadata",
        request: "GET wit/workitemtypes/test%20case/states",
        spoil: |answer| answer.each("value", |one| rename(one, "category", "stateCategory")),
    },
    Break {
        name: "a-picklist-is-not-marked",
        script: "node/metadata",
        request: "GET wit/fields",
        spoil: |answer| answer.each("value", |one| rename(one, "isPicklist", "picklist")),
    },
    Break {
        name: "a-node-has-no-dates",
        script: "python/metadata",
        request: "POST wit/classificationnodes/iterations",
        spoil: |answer| answer.remove("attributes"),
    },
    Break {
        name: "comments-are-a-list-of-values",
        script: "python/discussion",
        request: "GET wit/workitems/{id}/comments",
        spoil: |answer| answer.rename("comments", "value"),
    },
    Break {
        name: "a-page-of-comments-names-no-next-one",
        script: "node/discussion",
        request: "GET wit/workitems/{id}/comments",
        spoil: |answer| answer.remove("continuationToken"),
    },
    Break {
        name: "a-comment-has-the-older-id",
        script: "node/discussion",
        request: "POST wit/workitems/{id}/comments",
        spoil: |answer| answer.rename("id", "commentId"),
    },
    Break {
        name: "a-file-loses-a-byte",
        script: "python/discussion",
        request: "GET wit/attachments/{id}",
        spoil: |answer| answer.bytes.truncate(answer.bytes.len() - 1),
    },
    Break {
        name: "a-file-is-decoded-as-text",
        script: "node/discussion",
        request: "GET wit/attachments/{id}",
        spoil: |answer| {
            answer.bytes = String::from_utf8_lossy(&answer.bytes)
                .into_owned()
                .into_bytes();
        },
    },
    Break {
        name: "the-feed-of-revisions-never-ends",
        script: "python/feeds",
        request: "GET wit/reporting/workitemrevisions",
        spoil: |answer| answer.json["isLastBatch"] = json!(false),
    },
    Break {
        name: "the-feed-of-revisions-names-no-next-page",
        script: "node/feeds",
        request: "GET wit/reporting/workitemrevisions",
        spoil: |answer| answer.remove("continuationToken"),
    },
    Break {
        name: "the-feed-of-links-forgets-removals",
        script: "python/feeds",
        request: "GET wit/reporting/workitemlinks",
        spoil: |answer| answer.each("values", |one| one["isActive"] = json!(true)),
    },
    Break {
        name: "the-feed-of-links-has-no-values",
        script: "node/feeds",
        request: "GET wit/reporting/workitemlinks",
        spoil: |answer| answer.rename("values", "value"),
    },
];

/// The id of the resource that reads work items is not the real one.
fn another_location_id(answer: &mut Answer) {
    answer.each("value", |entry| {
        if entry["id"] == "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b" {
            entry["id"] = json!("72c7ddf8-2cdc-4f60-90cd-ab71c14a399c");
        }
    });
}

/// 412 becomes 200 with an item.
fn accept(answer: &mut Answer) {
    if answer.status == StatusCode::PRECONDITION_FAILED {
        answer.status = StatusCode::OK;
        answer.json = json!({"id": 1, "rev": 3, "fields": {}});
    }
}

/// 412 becomes 409.
fn conflict(answer: &mut Answer) {
    if answer.status == StatusCode::PRECONDITION_FAILED {
        answer.status = StatusCode::CONFLICT;
    }
}

/// What is missing leaves no null in its place.
fn no_gaps(answer: &mut Answer) {
    if let Some(values) = answer.json["value"].as_array_mut() {
        values.retain(|value| !value.is_null());
    }
}
