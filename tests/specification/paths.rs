//! Paths find their operations as the service's own routes would.

use serde_json::{Value, json};

use crate::judge::operation::{Operation, find, operations};

fn paths() -> Vec<Operation> {
    let organization = json!({ "in": "path", "name": "organization", "type": "string" });
    let project = json!({ "in": "path", "name": "project", "x-ms-required": false });
    let operation = |id: &str, parameters: &[&Value]| json!({ "operationId": id, "parameters": parameters, "responses": {} });
    let kind = json!({ "in": "path", "name": "type" });
    let id = json!({ "in": "path", "name": "id", "type": "integer" });
    let strict = json!({ "in": "path", "name": "project" });
    let document = json!({ "paths": {
        "/{organization}/{project}/_apis/wit/workItems/{id}":
            { "patch": operation("update", &[&organization, &project, &id]) },
        "/{organization}/{project}/_apis/wit/workitems/${type}":
            { "post": operation("create", &[&organization, &strict, &kind]) },
    }, "x-ms-paths": {
        "/{organization}/{project}/_apis/wit/workItems/{id}?format={format}":
            { "patch": operation("overload", &[&organization, &project, &id]) },
    } });
    operations(&document, 0).unwrap()
}

#[test]
fn paths_find_their_operations() {
    let operations = paths();
    for (path, ids, values) in [
        (
            "/c/_apis/wit/workitems/7",
            &["update", "overload"][..],
            "c 7",
        ),
        (
            "/c/Web%20Shop/_APIS/WIT/WorkItems/7",
            &["update", "overload"],
            "c Web Shop 7",
        ),
        (
            "/c/p/_apis/wit/workitems/$Test%20Case",
            &["create"],
            "c p Test Case",
        ),
        ("/c/p/_apis/wit/workitems/%24Bug", &["create"], "c p Bug"),
        // Creating needs a project, so this is an update of an item with an odd id.
        (
            "/c/_apis/wit/workitems/$Bug",
            &["update", "overload"],
            "c $Bug",
        ),
        ("/c/_apis/wit/workitem/7", &[], ""),
        ("/c/p/q/_apis/wit/workitems/7", &[], ""),
        ("/c/_apis/wit/workitems/", &[], ""),
        ("/_apis/wit/workitems/7", &[], ""),
    ] {
        let found = find(&operations, path);
        let found_ids: Vec<&str> = found.iter().map(|(o, _)| o.id.as_str()).collect();
        assert_eq!(found_ids, ids, "{path}");
        let first = found.first().map(|(_, fit)| fit.values.clone());
        let first: Vec<String> = first
            .into_iter()
            .flatten()
            .map(|(_, value)| value)
            .collect();
        assert_eq!(first.join(" "), values, "{path}");
    }
}
