//! Mistakes in processes, service hooks, test plans and test runs.

use serde_json::json;

use super::{Break, rename};

pub(crate) const ALL: &[Break] = &[
    Break {
        name: "processes-do-not-say-from-which-they-inherit",
        script: "node/processes",
        request: "GET work/processes",
        spoil: |answer| {
            answer.each("value", |one| rename(one, "parentProcessTypeId", "parent"));
        },
    },
    Break {
        name: "a-picklist-has-no-items",
        script: "node/processes",
        request: "POST work/processes/lists",
        spoil: |answer| answer.remove("items"),
    },
    Break {
        name: "a-field-does-not-name-its-list",
        script: "node/processes",
        request: "POST wit/fields",
        spoil: |answer| answer.rename("picklistId", "listId"),
    },
    Break {
        name: "a-derived-type-keeps-the-name-of-the-system",
        script: "python/processes",
        request: "POST work/processes/{id}/workitemtypes",
        spoil: |answer| answer.json["referenceName"] = answer.json["inherits"].clone(),
    },
    Break {
        name: "passwords-of-hooks-are-told",
        script: "python/hooks",
        request: "POST hooks/subscriptions",
        spoil: |answer| {
            if answer.json["consumerInputs"]["basicAuthPassword"].is_string() {
                answer.json["consumerInputs"]["basicAuthPassword"] = json!("secret");
            }
        },
    },
    Break {
        name: "a-test-of-a-hook-only-waits",
        script: "python/hooks",
        request: "POST hooks/testnotifications",
        spoil: |answer| answer.json["status"] = json!("queued"),
    },
    Break {
        name: "a-plan-has-no-root-suite",
        script: "node/test_plans",
        request: "POST testplan/plans",
        spoil: |answer| answer.remove("rootSuite"),
    },
    Break {
        name: "outcomes-of-points-have-another-name",
        script: "node/test_plans",
        request: "PATCH testplan/plans/{id}/suites/{id}/testpoint",
        spoil: |answer| {
            answer.each("value", |one| one["results"]["outcome"] = json!("ok"));
        },
    },
    Break {
        name: "results-are-numbered-from-one",
        script: "node/test_runs",
        request: "GET test/runs/{id}/results",
        spoil: |answer| {
            answer.each("value", |one| {
                one["id"] = json!(one["id"].as_u64().unwrap_or_default() - 99_999);
            });
        },
    },
    Break {
        name: "a-run-does-not-count-what-passed",
        script: "python/test_runs",
        request: "PATCH test/runs/{id}",
        spoil: |answer| answer.remove("passedTests"),
    },
];
