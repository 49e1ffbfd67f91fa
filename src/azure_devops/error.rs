//! Reads the server's many error bodies and sorts them into the classes of [`RemoteErrorKind`].
//!
//! Order of evidence: `typeKey`, which is stable; then the code at the start of the message (`TF401347`);
//! then the status. The words after the code depend on the server's language and are only shown.

use serde_json::Value as Json;

use crate::http::Response;
use crate::remote::RemoteErrorKind;

/// The longest explanation that is passed on, in characters: a server may echo a whole field.
const LONGEST: usize = 1_000;

/// What a server says about a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The exception's short name, for example `RuleValidationException`.
    pub(super) type_key: Option<String>,
    /// The code at the start of the message, for example `TF401320`.
    pub(super) code: Option<String>,
    /// The server's words, with those of every rule that failed.
    pub(super) message: Option<String>,
}

impl ServerError {
    /// Reads a whole answer: JSON in any known form, plain text, or only the host layer's header.
    pub(super) fn from_response(response: &Response) -> Self {
        if response.is_html() {
            return Self::from_message("an HTML page in place of JSON");
        }
        let text = response.text();
        let error = Self::from_text(&text);
        if error.message.is_some() {
            return error;
        }
        match service_error_header(response) {
            Some(message) => Self::from_message(&message),
            None => error,
        }
    }

    /// Reads a body: JSON in any known form, or plain text.
    pub(super) fn from_text(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim();
        match serde_json::from_str::<Json>(text) {
            Ok(json) => Self::from_json(&json),
            Err(_) => Self::from_message(text),
        }
    }

    /// Reads the error object, the wrapper `{"count":1,"value":{"Message":..}}`, or a text that may
    /// itself hold either.
    pub(super) fn from_json(json: &Json) -> Self {
        if let Some(text) = json.as_str() {
            // A text that is no JSON is a message; one level is enough and cannot recurse for ever.
            return match serde_json::from_str::<Json>(text.trim_start_matches('\u{feff}').trim()) {
                Ok(inner) if inner.is_object() => Self::from_json(&inner),
                _ => Self::from_message(text),
            };
        }
        let wrapped = json.get("value").filter(|value| value.is_object());
        let body = wrapped.unwrap_or(json);
        let message = ["message", "Message"]
            .iter()
            .find_map(|key| body.get(key))
            .or_else(|| json.get("value"))
            .and_then(Json::as_str)
            .unwrap_or_default();
        let mut words = message.trim().to_owned();
        for objection in rule_objections(body) {
            if !words.contains(&objection) {
                words.push_str(if words.is_empty() { "" } else { " | " });
                words.push_str(&objection);
            }
        }
        Self {
            type_key: body
                .get("typeKey")
                .and_then(Json::as_str)
                .map(str::to_owned),
            ..Self::from_message(&words)
        }
    }

    fn from_message(message: &str) -> Self {
        let message = message.trim();
        let shortened: String = if message.chars().count() > LONGEST {
            message.chars().take(LONGEST).chain("...".chars()).collect()
        } else {
            message.to_owned()
        };
        Self {
            type_key: None,
            code: leading_code(message),
            message: (!shortened.is_empty()).then_some(shortened),
        }
    }

    /// Whether the message carries this code at its start.
    pub(super) fn has_code(&self, codes: &[&str]) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }

    fn has_type(&self, part: &str) -> bool {
        self.type_key
            .as_deref()
            .is_some_and(|key| key.contains(part))
    }

    /// Whether the item was changed by someone else in between.
    pub(super) fn is_stale(&self, status: u16) -> bool {
        matches!(status, 409 | 412)
            || self.has_code(&["TF26071", "VS403351"])
            || self.has_type("TestPatchOperationFailed")
            || self.has_type("WorkItemRevisionMismatch")
    }

    /// Whether the service was too busy, so that the same request may succeed later.
    pub(super) fn is_busy(&self, status: u16) -> bool {
        status == 429 || self.has_code(&["TF400733", "VS402490", "VS402491"])
    }

    /// Whether a neighbour in the same `$batch` made the server give up this element too.
    pub(super) fn is_whole_batch(&self) -> bool {
        self.has_code(&["TF401321"])
    }

    /// Whether a query ran into the server's own time limit.
    pub(super) fn is_time_out(&self) -> bool {
        self.has_code(&["VS402335"])
    }

    /// The class of a failure. `operation` is named where the server does not offer it; `maybe_sent`
    /// says whether the request may have changed something.
    pub(super) fn classify(
        self,
        status: u16,
        operation: &str,
        maybe_sent: bool,
    ) -> RemoteErrorKind {
        let busy = self.is_busy(status);
        let time_out = self.is_time_out();
        let forbidden = status == 403 || self.has_code(&["TF401027", "TF401322"]);
        let unauthenticated = status == 401 || self.has_code(&["TF400813"]);
        let reason = self
            .message
            .clone()
            .unwrap_or_else(|| format!("status {status} without an explanation"));
        let no_route = reason.contains("does not implement IController")
            || self.has_type("VssResourceNotFound")
            || matches!(status, 405 | 501);
        if unauthenticated {
            RemoteErrorKind::Unauthenticated {
                answer: format!("status {status}: {reason}"),
            }
        } else if forbidden {
            RemoteErrorKind::Forbidden { reason }
        } else if busy {
            RemoteErrorKind::RateLimited { reason }
        } else if time_out || (status >= 500 && status != 501) {
            RemoteErrorKind::Unavailable {
                reason: format!("status {status}: {reason}"),
                maybe_sent,
            }
        } else if no_route {
            RemoteErrorKind::Unsupported {
                operation: operation.to_owned(),
            }
        } else if status == 404 {
            RemoteErrorKind::NotFound { reason }
        } else if status >= 400 {
            RemoteErrorKind::Rejected {
                code: self.type_key.or(self.code),
                reason,
            }
        } else {
            RemoteErrorKind::Protocol {
                reason: format!("status {status} was not expected: {reason}"),
            }
        }
    }
}

/// Whether an answer of status 4xx says that the service is too busy for the moment (Microsoft Learn,
/// Integration best practices: VS402490 and VS402491 may be tried again).
pub fn is_busy(response: &Response) -> bool {
    (400..500).contains(&response.status)
        && ServerError::from_response(response).is_busy(response.status)
}

/// Whether a query was refused because it has more results than the server gives at once.
pub(super) fn is_result_too_large(kind: &RemoteErrorKind) -> bool {
    matches!(kind, RemoteErrorKind::Rejected { code, reason }
        if reason.starts_with("VS402337")
            || code.as_deref().is_some_and(|code| code.contains("QueryResultSizeLimitExceeded")))
}

/// The messages of each rule that an item broke (`customProperties` of `RuleValidationException`).
fn rule_objections(body: &Json) -> Vec<String> {
    let Some(properties) = body.get("customProperties") else {
        return Vec::new();
    };
    let text = |json: &Json, keys: [&str; 2]| {
        keys.iter()
            .find_map(|key| json.get(key))
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let errors = properties
        .get("RuleValidationErrors")
        .and_then(Json::as_array);
    let mut objections: Vec<String> = errors
        .into_iter()
        .flatten()
        .map(|error| {
            let field = text(error, ["fieldReferenceName", "FieldReferenceName"]);
            let message = text(error, ["errorMessage", "ErrorMessage"]);
            let flags = text(error, ["fieldStatusFlags", "FieldStatusFlags"]);
            match (message.is_empty(), flags.is_empty()) {
                (false, _) => format!("{field}: {message}"),
                (true, false) => format!("{field}: {flags}"),
                (true, true) => field,
            }
        })
        .filter(|objection| !objection.is_empty())
        .collect();
    if objections.is_empty() {
        let field = text(properties, ["FieldReferenceName", "ReferenceName"]);
        let message = text(properties, ["ErrorMessage", "errorMessage"]);
        if !field.is_empty() || !message.is_empty() {
            objections.push(match (field.is_empty(), message.is_empty()) {
                (false, false) => format!("{field}: {message}"),
                (false, true) => field,
                _ => message,
            });
        }
    }
    objections
}

/// The fields that the properties of a refusal name, by reference name, each once
/// (`customProperties` of `RuleValidationException` and `WorkItemFieldInvalidException`).
pub(super) fn named_fields(response: &Response) -> Vec<String> {
    let Ok(json) = response.json::<Json>() else {
        return Vec::new();
    };
    let wrapped = json.get("value").filter(|value| value.is_object());
    let properties = wrapped.unwrap_or(&json).get("customProperties");
    let Some(properties) = properties else {
        return Vec::new();
    };
    let errors = properties
        .get("RuleValidationErrors")
        .and_then(Json::as_array);
    let keys = ["fieldReferenceName", "FieldReferenceName", "ReferenceName"];
    let mut names: Vec<String> = Vec::new();
    for holder in errors.into_iter().flatten().chain([properties]) {
        let name = keys.iter().find_map(|key| holder.get(key)?.as_str());
        if let Some(name) = name.filter(|name| !name.is_empty())
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// Two to four capitals and at least four digits, as in `TF401320` and `VS403351`.
fn leading_code(message: &str) -> Option<String> {
    let code: String = message
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let letters = code.chars().take_while(char::is_ascii_uppercase).count();
    let digits = &code[letters..];
    let is_code = (2..=4).contains(&letters)
        && digits.len() >= 4
        && digits.chars().all(|c| c.is_ascii_digit());
    is_code.then_some(code)
}

/// Errors of the host layer carry their message in a URL-encoded header.
fn service_error_header(response: &Response) -> Option<String> {
    let value = response.header("x-tfs-serviceerror")?;
    let escaped = value.replace('&', "%26");
    let (decoded, _) = url::form_urlencoded::parse(escaped.as_bytes()).next()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests;
