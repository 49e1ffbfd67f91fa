//! What a failing server says, for an error message: the words in its JSON, else its text.

use serde_json::Value as Json;

use super::Response;
use super::redact::Redactor;

/// How much of a failing server's text is shown, in characters.
const LONGEST: usize = 300;

/// Members that hold a message, in the order in which they are looked for.
const MEMBERS: [&str; 5] = ["message", "Message", "error", "title", "value"];

/// The beginning of what the server says, if it says something to read. Pages for people are left out.
pub(super) fn of(response: &Response, redactor: &Redactor) -> Option<String> {
    if response.is_html() {
        return None;
    }
    let said = response.json::<Json>().ok().and_then(|json| said(&json, 0));
    let text = said.unwrap_or_else(|| response.text().into_owned());
    // Masked before it is cut, else half a secret could be left.
    let text = redactor.apply(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

/// The message of an error body: `{"message"}`, `{"count", "value": {"Message"}}`, `{"error"}`,
/// `{"error": {"message"}}`, or a text.
fn said(json: &Json, depth: u8) -> Option<String> {
    match json {
        Json::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Json::Object(members) if depth < 3 => MEMBERS
            .iter()
            .find_map(|name| said(members.get(*name)?, depth + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use secrecy::SecretString;

    use super::*;

    fn words(body: &str) -> Option<String> {
        let response = Response {
            status: 503,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        };
        of(&response, &Redactor::new(&[SecretString::from("key-4711")]))
    }

    #[test]
    fn words_are_taken_out_of_every_known_form() {
        for (body, expected) in [
            (
                r#"{"$id":"1","innerException":null,"message":"TF24668: stopped"}"#,
                Some("TF24668: stopped"),
            ),
            (
                r#"{"count":1,"value":{"Message":"An error."}}"#,
                Some("An error."),
            ),
            (
                r#"{"error":"Down for\r\n maintenance"}"#,
                Some("Down for maintenance"),
            ),
            (r#"{"error":{"message":"Down"}}"#, Some("Down")),
            (r#""Down""#, Some("Down")),
            ("Down", Some("Down")),
            ("{\"count\":1}", Some("{\"count\":1}")),
            (
                r#"{"message":"key-4711 is throttled"}"#,
                Some("[redacted] is throttled"),
            ),
            ("<html>Down</html>", None),
            ("  ", None),
        ] {
            assert_eq!(words(body).as_deref(), expected, "{body}");
        }
        let long = words(&"x".repeat(1_000)).unwrap_or_default();
        assert_eq!(long.len(), LONGEST);
    }
}
