//! Holds exchanges with GitHub against its own `OpenAPI` document (`openapi-slice.json`, cut out of
//! `@octokit/openapi`, MIT, by `slice.py`): what accord asked, and that the stand-in answers as GitHub
//! says that it does.
//!
//! GraphQL is not in that document; its one question is known by heart. Answers with a status that the
//! document does not describe for an operation (401, 429, 5xx, and refusals of a PATCH) are not judged.

use serde_json::{Value, json};

/// Insists that every exchange is as GitHub describes it.
#[track_caller]
pub(crate) fn insist(exchanges: &[Value]) {
    let document: Value = serde_json::from_str(include_str!("openapi-slice.json")).expect("JSON");
    let document = closed(&document);
    let complaints: Vec<String> = exchanges
        .iter()
        .flat_map(|exchange| judge(&document, exchange))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Everything that is wrong with an exchange.
fn judge(document: &Value, exchange: &Value) -> Vec<String> {
    let text = |name: &str| exchange[name].as_str().unwrap_or_default();
    let (method, path) = (text("method"), text("path"));
    let mut wrong: Vec<String> = headers(exchange);
    if path == "/graphql" {
        if exchange["body"] != json!({ "query": "query { viewer { login } }" }) {
            wrong.push("an unknown question".to_owned());
        }
    } else if let Some(operation) = find(document, method, path) {
        wrong.extend(query(document, operation, text("query")));
        wrong.extend(body(document, operation, &exchange["body"]));
        wrong.extend(answer(document, operation, exchange));
    } else {
        wrong.push("no such operation".to_owned());
    }
    wrong
        .into_iter()
        .map(|what| format!("{method} {path}: {what}"))
        .collect()
}

fn headers(exchange: &Value) -> Vec<String> {
    let header = |name: &str| exchange["headers"][name].as_str().unwrap_or_default();
    let mut wrong = Vec::new();
    let mut insist = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    insist(
        header("accept") == "application/vnd.github+json",
        "the media type that GitHub recommends is not asked for",
    );
    insist(
        header("x-github-api-version") == "2022-11-28",
        "no version is asked for",
    );
    insist(header("user-agent").starts_with("accord/"), "nobody asks");
    insist(
        header("authorization").starts_with("Bearer "),
        "no token is sent",
    );
    insist(
        exchange["body"].is_null() || header("content-type") == "application/json",
        "a body of no known type",
    );
    wrong
}

/// The operation whose path fits, parameters being one segment each.
fn find<'d>(document: &'d Value, method: &str, path: &str) -> Option<&'d Value> {
    let fits = |template: &str| {
        let (parts, given): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        parts.len() == given.len()
            && parts
                .iter()
                .zip(&given)
                .all(|(part, value)| part == value || part.starts_with('{') && !value.is_empty())
    };
    let paths = document["paths"].as_object()?;
    let (_, methods) = paths.iter().find(|(template, _)| fits(template))?;
    methods.get(method.to_lowercase())
}

fn query(document: &Value, operation: &Value, query: &str) -> Vec<String> {
    let parameters = operation["parameters"].as_array().expect("parameters");
    let parameters: Vec<&Value> = parameters
        .iter()
        .map(|one| followed(document, one))
        .collect();
    url::form_urlencoded::parse(query.as_bytes())
        .filter_map(|(name, value)| {
            let known = parameters
                .iter()
                .find(|one| one["in"] == "query" && one["name"] == *name);
            let Some(known) = known else {
                return Some(format!("no parameter {name}"));
            };
            let value = match known["schema"]["type"].as_str() {
                Some("integer") => value.parse::<u64>().map_or(Value::Null, Value::from),
                _ => Value::from(value.as_ref()),
            };
            complaint(document, &known["schema"], &value).map(|why| format!("{name}: {why}"))
        })
        .collect()
}

fn body(document: &Value, operation: &Value, body: &Value) -> Vec<String> {
    let wanted = &operation["requestBody"];
    if wanted.is_null() {
        let none = body.is_null();
        return (!none)
            .then(|| "a body that nobody asked for".to_owned())
            .into_iter()
            .collect();
    }
    let schema = &wanted["content"]["application/json"]["schema"];
    let mut wrong: Vec<String> = complaint(document, schema, body).into_iter().collect();
    let known = schema["properties"].as_object().expect("properties");
    for name in body
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys())
    {
        if !known.contains_key(name) {
            wrong.push(format!("no member {name} in the body"));
        }
    }
    wrong
}

fn answer(document: &Value, operation: &Value, exchange: &Value) -> Vec<String> {
    let status = exchange["status"].to_string();
    let Some(described) = operation["responses"].get(&status) else {
        let refused = exchange["status"]
            .as_u64()
            .is_some_and(|status| status >= 400);
        let wrong = (!refused).then(|| format!("status {status} is not described"));
        return wrong.into_iter().collect();
    };
    let content = &followed(document, described)["content"]["application/json"]["schema"];
    complaint(document, content, &exchange["answer"])
        .map(|why| format!("the answer {status}: {why}"))
        .into_iter()
        .collect()
}

fn followed<'d>(document: &'d Value, node: &'d Value) -> &'d Value {
    match node["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .expect("what is referred to is in the slice"),
        None => node,
    }
}

fn complaint(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let whole = json!({ "components": document["components"], "allOf": [schema] });
    let validator = jsonschema::draft7::new(&whole).expect("a schema");
    let first = validator.iter_errors(value).next()?;
    Some(format!("{} at {}", first, first.instance_path()))
}

/// `OpenAPI` 3.0's `nullable` in terms of JSON Schema.
fn closed(node: &Value) -> Value {
    match node {
        Value::Object(members) => {
            let mut kept: serde_json::Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), closed(value)))
                .collect();
            if kept.get("nullable") == Some(&Value::Bool(true)) {
                kept.remove("nullable");
                return json!({ "anyOf": [kept, { "type": "null" }] });
            }
            Value::Object(kept)
        }
        Value::Array(members) => members.iter().map(closed).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_judge_finds_what_is_wrong() {
    let document: Value = serde_json::from_str(include_str!("openapi-slice.json")).expect("JSON");
    let document = closed(&document);
    let good = json!({
        "method": "POST", "path": "/repos/a/b/issues/7/comments", "query": "",
        "headers": {
            "accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28",
            "user-agent": "accord/1", "authorization": "Bearer x", "content-type": "application/json",
        },
        "body": { "body": "words" }, "status": 403,
        "answer": { "message": "no", "documentation_url": "", "status": "403" },
    });
    assert_eq!(judge(&document, &good), Vec::<String>::new());
    for (place, value) in [
        ("/method", json!("PUT")),
        ("/path", json!("/repos/a/b/issues//comments")),
        ("/path", json!("/repos/a/issues/7/comments")),
        ("/query", json!("page=1")),
        ("/body", json!({ "bodyy": "words" })),
        ("/body", json!({ "body": "words", "more": 1 })),
        ("/body", json!({ "body": 1 })),
        ("/headers/accept", json!("*/*")),
        ("/headers/authorization", json!("Basic x")),
        ("/headers/content-type", json!("text/plain")),
        ("/status", json!(200)),
        ("/answer", json!({ "message": 1 })),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).expect("a place") = value;
        assert!(!judge(&document, &bad).is_empty(), "{place}: {bad}");
    }
}
