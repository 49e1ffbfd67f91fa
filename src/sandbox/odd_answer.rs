//! Answers that are carried out as usual and then dressed oddly, each as public sources show it: a byte
//! order mark (recorded 503 of the service), a content type that does not fit, members nobody documented,
//! nulls, and bodies that a machine in between cut off.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::fault::FaultKind;

/// Members that a reader needs nothing of: null there must change nothing.
const IDLE: [&str; 14] = [
    "_links",
    "analytics",
    "color",
    "commentVersionRef",
    "defaultValue",
    "dependentFields",
    "description",
    "estimate_forecast",
    "helpInstruction",
    "helpText",
    "icon",
    "lastUpdateTime",
    "revision",
    "supportedOperations",
];

/// Objects whose keys are data, so that an additional one would be a lie and not an oddity.
const MAPS: [&str; 5] = [
    "fields",
    "artifactUrisQueryResult",
    "customProperties",
    "multilineFieldsFormat",
    "transitions",
];

/// The answer as this fault lets it look; any other fault leaves it as it is.
pub(super) async fn dress(response: Response, kind: &FaultKind) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let mut bytes = bytes.to_vec();
    match kind {
        FaultKind::ByteOrderMark => {
            bytes.splice(0..0, *b"\xef\xbb\xbf");
        }
        FaultKind::WrongContentType => {
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            parts.headers.insert(header::CONTENT_TYPE, plain);
        }
        FaultKind::CutJson => bytes.truncate(bytes.len() / 2),
        FaultKind::EmptyBody => bytes.clear(),
        FaultKind::ExtraFields => bytes = rewritten(&bytes, add_members),
        FaultKind::Nulls => bytes = rewritten(&bytes, empty_members),
        _ => {}
    }
    // The length is that of the new body.
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}

/// The JSON after a change; what is no JSON stays.
fn rewritten(bytes: &[u8], change: fn(&mut Value)) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else {
        return bytes.to_vec();
    };
    change(&mut value);
    value.to_string().into_bytes()
}

fn add_members(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_members),
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                if !MAPS.contains(&name.as_str()) {
                    add_members(inner);
                }
            }
            members.insert(
                "xPreview".to_owned(),
                json!({"value": [{"id": "none"}], "fields": null, "count": 0}),
            );
        }
        // `$batch` carries whole answers as texts.
        Value::String(text) => in_text(text, add_members),
        _ => {}
    }
}

fn empty_members(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(empty_members),
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                if MAPS.contains(&name.as_str()) {
                    continue;
                }
                let empty = inner.as_array().is_some_and(Vec::is_empty);
                if IDLE.contains(&name.as_str()) || (empty && name == "relations") {
                    *inner = Value::Null;
                } else {
                    empty_members(inner);
                }
            }
        }
        Value::String(text) => in_text(text, empty_members),
        _ => {}
    }
}

fn in_text(text: &mut String, change: fn(&mut Value)) {
    if text.starts_with('{')
        && let Ok(mut value) = serde_json::from_str::<Value>(text)
    {
        change(&mut value);
        *text = value.to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(change: fn(&mut Value), text: &str) -> Value {
        serde_json::from_slice(&rewritten(text.as_bytes(), change)).unwrap()
    }

    #[test]
    fn members_are_added_everywhere_but_among_data() {
        let text = r#"{"value": [{"id": 1, "fields": {"System.Title": "t"}}]}"#;
        let value = changed(add_members, text);
        assert!(value["xPreview"].is_object());
        assert!(value["value"][0]["xPreview"].is_object());
        assert_eq!(value["value"][0]["fields"], json!({"System.Title": "t"}));
        let batch = changed(
            add_members,
            r#"{"value": [{"code": 200, "body": "{\"id\":1}"}]}"#,
        );
        assert!(
            batch["value"][0]["body"]
                .as_str()
                .unwrap()
                .contains("xPreview")
        );
    }

    #[test]
    fn only_idle_members_become_null() {
        let text =
            r#"{"id": 1, "_links": {"self": {}}, "relations": [], "fields": {"color": "x"}}"#;
        let value = changed(empty_members, text);
        let expected =
            json!({"id": 1, "_links": null, "relations": null, "fields": {"color": "x"}});
        assert_eq!(value, expected);
        let kept = changed(empty_members, r#"{"relations": [{"rel": "Hyperlink"}]}"#);
        assert_eq!(kept["relations"][0]["rel"], "Hyperlink");
    }

    #[test]
    fn what_is_no_json_stays() {
        assert_eq!(rewritten(b"<html>", add_members), b"<html>");
    }
}
