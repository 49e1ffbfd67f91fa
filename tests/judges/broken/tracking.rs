//! Mistakes in discovery and in work item tracking.

use serde_json::json;

use super::{Answer, Break};

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
];

/// The id of the resource that reads work items is not the real one.
fn another_location_id(answer: &mut Answer) {
    answer.each("value", |entry| {
        if entry["id"] == "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b" {
            entry["id"] = json!("72c7ddf8-2cdc-4f60-90cd-ab71c14a399c");
        }
    });
}
