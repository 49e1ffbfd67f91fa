//! Requests and answers as the adapters see them.

use std::fmt;

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

use crate::remote::RequestInfo;

/// Whether a request may be sent again when its answer is lost or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// A read (GET, or a POST that only queries): repeated on 429, 5xx and network failures for up to
    /// 30 s.
    Safe,
    /// A write: sent once. Only what the server cannot have carried out is repeated: a connection that
    /// was never established, and an answer 429.
    Never,
}

/// A request to one of the systems.
#[derive(Clone)]
pub struct Request {
    /// `GET`, `POST`, `PATCH`, ...
    pub method: reqwest::Method,
    /// The final address.
    pub url: Url,
    /// Headers without the credentials (the client adds those).
    pub headers: Vec<(&'static str, String)>,
    /// The body with its content type.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Whether it may be sent again.
    pub repeat: Repeat,
}

impl Request {
    /// A GET without a body, safe to repeat.
    pub fn get(url: Url) -> Self {
        Self {
            method: reqwest::Method::GET,
            url,
            headers: Vec::new(),
            body: None,
            repeat: Repeat::Safe,
        }
    }

    /// A POST of a JSON value.
    pub fn post_json(url: Url, body: &serde_json::Value, repeat: Repeat) -> Self {
        Self {
            method: reqwest::Method::POST,
            url,
            headers: Vec::new(),
            body: Some(("application/json", body.to_string().into_bytes())),
            repeat,
        }
    }

    /// A PUT of a JSON value, a write: sent once.
    pub fn put_json(url: Url, body: &serde_json::Value) -> Self {
        Self {
            method: reqwest::Method::PUT,
            ..Self::post_json(url, body, Repeat::Never)
        }
    }

    /// What an error says about this request: no query, no user name, no header.
    pub fn info(&self, answer: Option<&Response>) -> RequestInfo {
        RequestInfo {
            method: self.method.to_string(),
            url: address_without_query(&self.url),
            status: answer.map(|answer| answer.status),
            activity_id: answer
                .and_then(|a| a.header("ActivityId"))
                .map(str::to_owned),
        }
    }
}

impl fmt::Debug for Request {
    /// Without query, user name, header values and body: any of them may hold what is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &address_without_query(&self.url))
            .field("headers", &headers)
            .field(
                "body_bytes",
                &self.body.as_ref().map(|(_, bytes)| bytes.len()),
            )
            .field("repeat", &self.repeat)
            .finish()
    }
}

/// An answer with its body read whole.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body, decompressed, without a byte order mark.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value, if it is there and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the body is a page for people: its content type says so, or it begins like one. That is
    /// what a lost login looks like under a status of success.
    pub fn is_html(&self) -> bool {
        let declared = self.header("content-type").is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("text/html")
                || kind.eq_ignore_ascii_case("application/xhtml+xml")
        });
        declared || {
            let start = self.body.trim_ascii_start();
            let starts_with = |tag: &[u8]| {
                start
                    .get(..tag.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(tag))
            };
            starts_with(b"<!doctype html") || starts_with(b"<html")
        }
    }

    /// When the server says that it answered, to the second.
    pub fn date(&self) -> Option<jiff::Timestamp> {
        super::rate_headers::date(&self.headers)
    }

    /// The title of a page for people, in one line of at most 60 characters; `None` if this is no page.
    pub fn page_title(&self) -> Option<String> {
        if !self.is_html() {
            return None;
        }
        let text = self.text();
        let lower = text.to_ascii_lowercase();
        let inner = lower.find("<title").and_then(|at| {
            let start = at + lower.get(at..)?.find('>')? + 1;
            let end = start + lower.get(start..)?.find("</title")?;
            // The same places: lower-casing ASCII moves nothing.
            text.get(start..end)
        });
        let words: Vec<&str> = inner.unwrap_or_default().split_whitespace().collect();
        Some(words.join(" ").chars().take(60).collect())
    }

    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }

    /// The body as text, with U+FFFD for what is not UTF-8.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl fmt::Debug for Response {
    /// Without header values (cookies) and body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// A header whose value is a secret; it is sent with every request of a client.
#[derive(Clone, Debug)]
pub struct SecretHeader {
    /// The header's name.
    pub name: &'static str,
    /// Its whole value.
    pub value: SecretString,
}

/// An address as messages show it: without user name, password, query and fragment.
pub fn address_without_query(url: &Url) -> String {
    let mut shown = url.clone();
    // Both setters fail only for addresses that cannot carry the part at all.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(content_type: Option<&str>, body: &str) -> Response {
        let mut headers = reqwest::header::HeaderMap::new();
        if let Some(value) = content_type {
            headers.insert("content-type", value.parse().unwrap());
        }
        Response {
            status: 200,
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn pages_are_told_from_data() {
        for (content_type, body, html) in [
            (Some("text/html; charset=utf-8"), "", true),
            (Some("TEXT/HTML"), "[]", true),
            (
                Some("application/json"),
                "\r\n <!DOCTYPE html><title>Sign in",
                true,
            ),
            (None, "<HTML>", true),
            (Some("application/json"), r#"{"html":"<html>"}"#, false),
            (None, "<h", false),
            (None, "", false),
        ] {
            assert_eq!(
                answer(content_type, body).is_html(),
                html,
                "{content_type:?} {body}"
            );
        }
    }

    #[test]
    fn the_title_of_a_page_is_found() {
        let html = Some("text/html");
        for (body, title) in [
            (
                "<html><head><TITLE lang='de'> Hotel\n WLAN </TITLE>",
                "Hotel WLAN",
            ),
            ("<html><body>no title", ""),
            ("<title>never ends", ""),
            ("<title", ""),
        ] {
            assert_eq!(
                answer(html, body).page_title().as_deref(),
                Some(title),
                "{body}"
            );
        }
        assert_eq!(answer(None, "{}").page_title(), None);
    }

    #[test]
    fn debug_shows_neither_query_nor_values() {
        let mut request = Request::get(
            Url::parse("https://ada:hunter2@dev.azure.com/c?token=hunter2#hunter2").unwrap(),
        );
        request.headers.push(("x-key", "hunter2".to_owned()));
        request.body = Some(("text/plain", b"hunter2".to_vec()));
        let mut response = answer(None, "hunter2");
        response
            .headers
            .insert("set-cookie", "hunter2".parse().unwrap());
        let header = SecretHeader {
            name: "x",
            value: SecretString::from("hunter2"),
        };
        for shown in [
            format!("{request:?}"),
            format!("{response:?}"),
            format!("{header:?}"),
            format!("{:?}", request.info(Some(&response))),
        ] {
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        assert!(format!("{request:?}").contains("https://dev.azure.com/c"));
    }
}
