//! A request taken apart, and an answer put together with the headers of the service.

use std::cell::{Cell, RefCell};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;

use super::Organization;
use super::error::ApiError;
use super::guid::guid;
use super::identity::UserId;
use super::route::Payload;

/// A request to the organisation.
pub(crate) struct ApiRequest<'a> {
    pub(crate) method: &'a str,
    /// Decoded.
    pub(crate) path: String,
    /// Decoded, empty ones left out.
    pub(crate) segments: Vec<String>,
    /// Decoded.
    query: Vec<(String, String)>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now: Timestamp,
    /// Who asks, once the credential was checked.
    pub(crate) user: Cell<Option<UserId>>,
    /// What a handler wants in the answer beside status and JSON.
    pub(crate) beside: RefCell<Beside>,
}

/// Headers and bytes of an answer.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    headers: Vec<(&'static str, String)>,
    bytes: Option<Vec<u8>>,
}

impl Beside {
    /// Puts them into an answer; an error keeps its own body.
    pub(crate) fn add_to(self, reply: &mut Reply) {
        if !reply.status.is_success() {
            return;
        }
        reply.headers.extend(self.headers);
        if let Some(bytes) = self.bytes {
            reply.content = Content::Bytes("application/octet-stream", bytes);
        }
    }
}

impl<'a> ApiRequest<'a> {
    pub(crate) fn read(
        method: &'a Method,
        uri: &Uri,
        headers: &'a HeaderMap,
        body: &'a [u8],
        now: Timestamp,
    ) -> Self {
        Self {
            method: method.as_str(),
            path: decode(uri.path()),
            segments: segments(uri.path()),
            query: query_pairs(uri.query().unwrap_or_default()),
            headers,
            body,
            now,
            user: Cell::new(None),
            beside: RefCell::default(),
        }
    }

    /// A query parameter by its name in any case.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self
            .query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// A boolean query parameter; absent means false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A boolean query parameter, false if it is absent; what is no boolean is refused before anything
    /// else is looked at.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, ApiError> {
        match self.query(name).map(str::to_lowercase).as_deref() {
            None | Some("" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(ApiError::bad_request(format!(
                "The value '{other}' is not valid for the parameter {name}."
            ))),
        }
    }

    /// A numeric query parameter.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        let read = |value: &str| {
            value.trim().parse().map_err(|_| {
                ApiError::bad_request(format!(
                    "The value '{value}' is not valid for the parameter {name}."
                ))
            })
        };
        self.query(name).map(read).transpose()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type of the body without parameters, in lower case.
    pub(crate) fn content_type(&self) -> String {
        let sent = self.header("content-type").unwrap_or_default();
        sent.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase()
    }

    /// The body as JSON of any kind.
    pub(crate) fn json(&self) -> Result<Value, ApiError> {
        let kind = self.content_type();
        if kind != "application/json" {
            return Err(ApiError::content_type(
                &kind,
                self.method,
                "application/json",
            ));
        }
        serde_json::from_slice(strip_mark(self.body))
            .map_err(|_| ApiError::bad_request("The body of the request is not valid JSON."))
    }

    /// The body as a patch document.
    pub(crate) fn patch(&self) -> Result<Value, ApiError> {
        let kind = self.content_type();
        if kind != "application/json-patch+json" {
            let valid = "application/json-patch+json";
            return Err(ApiError::content_type(&kind, self.method, valid));
        }
        serde_json::from_slice(strip_mark(self.body)).map_err(|_| ApiError::bad_patch())
    }

    /// Tells that more follows after this token.
    pub(crate) fn continue_with(&self, token: &str) {
        let header = ("x-ms-continuationtoken", token.to_owned());
        self.beside.borrow_mut().headers.push(header);
    }

    /// Answers with bytes in place of JSON.
    pub(crate) fn answer_bytes(&self, bytes: Vec<u8>) {
        self.beside.borrow_mut().bytes = Some(bytes);
    }

    /// The ids in a comma-separated parameter.
    pub(crate) fn ids(&self, name: &str) -> Result<Option<Vec<u64>>, ApiError> {
        let Some(text) = self.query(name) else {
            return Ok(None);
        };
        let read = |part: &str| {
            part.trim().parse().map_err(|_| {
                ApiError::bad_request(format!("The value '{part}' is not valid for {name}."))
            })
        };
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        parts.map(read).collect::<Result<_, _>>().map(Some)
    }
}

fn strip_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The decoded, non-empty segments of a path.
pub(crate) fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect()
}

/// The decoded parameters of a query.
pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// Percent-decodes; bytes that are no UTF-8 become replacement characters.
pub(crate) fn decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |at: usize| {
            let digit = after
                .get(at)
                .and_then(|digit| char::from(*digit).to_digit(16));
            digit.and_then(|digit| u8::try_from(digit).ok())
        };
        if let (b'%', Some(high), Some(low)) = (byte, hex(0), hex(1)) {
            bytes.push(high * 16 + low);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// POST routes that only read.
const QUERIES: [&str; 10] = [
    "wit/wiql",
    "wit/workitemsbatch",
    "wit/artifacturiquery",
    "wit/reporting/workitemrevisions",
    "wit/queriesbatch",
    "hooks/subscriptionsquery",
    "hooks/notificationsquery",
    "hooks/publishersquery",
    "hooks/inputvaluesquery",
    "test/points",
];

pub(crate) fn is_write(method: &str, path: &str, query: &str) -> bool {
    if matches!(method, "GET" | "HEAD" | "OPTIONS") {
        return false;
    }
    let route = crate::sandbox::log::route_of(path);
    if method == "POST" && QUERIES.contains(&route.as_str()) {
        return false;
    }
    // What is neither true nor false is refused.
    let validates = query_pairs(query).iter().any(|(key, value)| {
        let off = value.is_empty() || value.eq_ignore_ascii_case("false");
        key.eq_ignore_ascii_case("validateOnly") && !off
    });
    !(validates && route.starts_with("wit/workitems/"))
}

/// What an answer holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// JSON under a negotiated version.
    Json(Payload, String),
    /// An error in the service's shape.
    Error(Value),
    Text(&'static str, String),
    Bytes(&'static str, Vec<u8>),
    Nothing,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, content: Content) -> Self {
        Self {
            status,
            content,
            headers: Vec::new(),
        }
    }

    pub(crate) fn error(error: &ApiError) -> Self {
        Self::new(error.status, Content::Error(error.body()))
    }

    pub(crate) fn into_response(
        self,
        organization: &Organization,
        user: Option<UserId>,
    ) -> Response {
        let (kind, bytes) = match self.content {
            Content::Json(value, version) => (
                Some(format!(
                    "application/json; charset=utf-8; api-version={version}"
                )),
                value.into_bytes(),
            ),
            Content::Error(value) => (
                Some("application/json; charset=utf-8".to_owned()),
                value.to_string().into_bytes(),
            ),
            Content::Text(kind, text) => (Some(kind.to_owned()), text.into_bytes()),
            Content::Bytes(kind, bytes) => (Some(kind.to_owned()), bytes),
            Content::Nothing => (None, Vec::new()),
        };
        let mut response = (self.status, Body::from(bytes)).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        if let Some(kind) = kind {
            set("content-type", &kind);
        }
        let activity = guid(&format!("activity {}", organization.activity));
        set("activityid", &activity);
        set("x-vss-e2eid", &activity);
        set(
            "x-tfs-session",
            &guid(&format!("session {}", organization.activity)),
        );
        set("x-tfs-processid", &guid("process"));
        set("x-vss-senderdeploymentid", &guid("deployment"));
        set("cache-control", "no-cache");
        set("pragma", "no-cache");
        set("expires", "-1");
        set(
            "p3p",
            "CP=\"CAO DSP COR ADMa DEV CONo TELo CUR PSA PSD TAI IVDo OUR SAMi BUS DEM NAV STA UNI COM INT PHY ONL FIN PUR LOC CNT\"",
        );
        set("x-content-type-options", "nosniff");
        if let Some(user) = user {
            let user = organization.users.get(user);
            set(
                "x-vss-userdata",
                &format!("{}:{}", user.id, user.unique_name),
            );
        }
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The answer to an error status that a fault asks for.
pub(crate) fn refusal(status: StatusCode, _headers: &HeaderMap) -> Response {
    let error = match status.as_u16() {
        401 => {
            let mut response = status.into_response();
            challenge(response.headers_mut());
            return response;
        }
        403 => ApiError::forbidden(),
        429 => ApiError::throttled(),
        503 => ApiError::unavailable(),
        _ => ApiError::internal(status),
    };
    error_response(&error)
}

/// An error body with the words of a fault.
pub(crate) fn told(status: StatusCode, message: &str) -> Response {
    error_response(&ApiError::told(status, message))
}

fn error_response(error: &ApiError) -> Response {
    let status = error.status;
    let text = error.body().to_string();
    let mut body = Vec::with_capacity(text.len() + 3);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        body.extend_from_slice(b"\xef\xbb\xbf");
    }
    body.extend_from_slice(text.as_bytes());
    let kind = "application/json; charset=utf-8";
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    let message: String =
        url::form_urlencoded::byte_serialize(error.message().as_bytes()).collect();
    if let Ok(value) = HeaderValue::from_str(&message) {
        response.headers_mut().insert("x-tfs-serviceerror", value);
    }
    response
}

/// The headers of a 401.
pub(crate) fn challenge(headers: &mut HeaderMap) {
    for (name, value) in CHALLENGES {
        headers.append(name, HeaderValue::from_static(value));
    }
}

pub(crate) const CHALLENGES: [(&str, &str); 4] = [
    (
        "www-authenticate",
        "Bearer authorization_uri=https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000",
    ),
    (
        "www-authenticate",
        "Basic realm=\"https://sandbox.app.visualstudio.com/\"",
    ),
    (
        "x-vss-authorizationendpoint",
        "https://vssps.dev.azure.com/contoso/",
    ),
    ("x-tfs-fedauthrealm", "https://tfs.app.visualstudio.com/"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_that_can_change_state_are_writes() {
        for (method, path, query, expected) in [
            ("GET", "/contoso/_apis/wit/workitems/1", "", false),
            ("POST", "/contoso/_apis/wit/wiql", "", false),
            ("POST", "/contoso/Web%20Shop/Team/_apis/wit/WIQL", "", false),
            ("POST", "/contoso/_apis/wit/workItemsBatch", "", false),
            ("POST", "/contoso/p/_apis/wit/artifactUriQuery", "", false),
            (
                "POST",
                "/contoso/_apis/wit/reporting/workItemRevisions",
                "",
                false,
            ),
            ("POST", "/contoso/p/_apis/wit/workitems/$Bug", "", true),
            (
                "POST",
                "/contoso/p/_apis/wit/workitems/$Bug",
                "validateOnly=true",
                false,
            ),
            (
                "PATCH",
                "/contoso/_apis/wit/workitems/1",
                "validateonly=True",
                false,
            ),
            (
                "PATCH",
                "/contoso/_apis/wit/workitems/1",
                "validateOnly=neither",
                false,
            ),
            (
                "PATCH",
                "/contoso/_apis/wit/workitems/1",
                "validateOnly=false",
                true,
            ),
            (
                "PATCH",
                "/contoso/_apis/wit/$batch",
                "validateOnly=true",
                true,
            ),
            ("PATCH", "/contoso/_apis/wit/$batch", "", true),
            ("DELETE", "/contoso/_apis/wit/workitems/1", "", true),
        ] {
            assert_eq!(
                is_write(method, path, query),
                expected,
                "{method} {path}?{query}"
            );
        }
    }
}
