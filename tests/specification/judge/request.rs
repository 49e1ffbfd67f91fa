//! The checks of a request: its path, method, query, version, headers and body.

use accord::sandbox::Exchange;
use serde_json::Value;

use super::operation::{Fit, Operation, Parameter, find};
use super::{Complaint, Place, Specifications, Verdict, answer, rule, supplement};

/// A request, or one element of a `$batch`.
pub(crate) struct Call<'a> {
    /// What complaints call it.
    pub(crate) line: String,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) accept: Option<&'a str>,
    pub(crate) content_type: Option<&'a str>,
    /// The names of its headers; an element of a `$batch` shares those of the whole.
    pub(crate) header_names: Option<&'a [String]>,
    pub(crate) body: Payload,
}

/// A request's body.
pub(crate) enum Payload {
    Nothing,
    Json(Value),
    Other,
}

impl Payload {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Nothing;
        }
        serde_json::from_str(text).map_or(Self::Other, Self::Json)
    }
}

/// Collects complaints about one call.
pub(crate) struct Notes<'a> {
    pub(crate) line: &'a str,
    pub(crate) operation: String,
    pub(crate) complaints: Vec<Complaint>,
}

impl Notes<'_> {
    pub(crate) fn add(&mut self, place: Place, at: &str, said: impl Into<String>) {
        self.complaints.push(Complaint {
            request: self.line.to_owned(),
            operation: self.operation.clone(),
            place,
            at: at.to_owned(),
            said: said.into(),
        });
    }
}

/// Judges a request, the elements of a `$batch` each on their own, and its answer.
pub(crate) fn judge(specifications: &Specifications, exchange: &Exchange, verdict: &mut Verdict) {
    let header = |name: &str| exchange.headers.get(name).map(String::as_str);
    let call = Call {
        line: format!("{} {}?{}", exchange.method, exchange.path, exchange.query),
        method: &exchange.method,
        path: &exchange.path,
        query: &exchange.query,
        accept: header("accept"),
        content_type: header("content-type"),
        header_names: Some(&exchange.header_names),
        body: Payload::of(&exchange.body),
    };
    let Some(operation) = judge_call(specifications, &call, verdict) else {
        return;
    };
    let elements = if operation.id == supplement::BATCH {
        judge_elements(specifications, &call, verdict)
    } else {
        Vec::new()
    };
    answer::judge(
        specifications,
        exchange,
        (operation, &elements),
        &call.line,
        verdict,
    );
}

/// The operation that the call turned out to be, if any.
fn judge_call<'a>(
    specifications: &'a Specifications,
    call: &Call<'_>,
    verdict: &mut Verdict,
) -> Option<&'a Operation> {
    let candidates = find(&specifications.operations, call.path);
    let mut notes = Notes {
        line: &call.line,
        operation: String::new(),
        complaints: Vec::new(),
    };
    if candidates.is_empty() {
        notes.add(Place::Path, call.path, "no operation has this path");
        verdict.add(notes.complaints);
        return None;
    }
    let inside_batch = call.header_names.is_none();
    let with_method = |method: &str| {
        let candidates = candidates.iter();
        let fitting = candidates.filter(|(operation, _)| operation.method == method);
        fitting.collect::<Vec<_>>()
    };
    let mut overloads = with_method(call.method);
    if overloads.is_empty() && inside_batch && call.method == "PATCH" {
        // Noted as the known gap that it is, then judged as what it does.
        overloads = with_method("POST");
        if let Some((operation, _)) = overloads.first() {
            notes.operation.clone_from(&operation.id);
            notes.add(
                Place::Method,
                "PATCH",
                "an element of $batch has PATCH for POST",
            );
        }
    }
    if overloads.is_empty() {
        let offered = candidates.iter().map(|(o, _)| o.method.as_str());
        let offered: Vec<&str> = offered.collect();
        let said = format!("the path has {}", offered.join(", "));
        notes.operation.clone_from(&candidates[0].0.id);
        notes.add(Place::Method, call.method, said);
        verdict.add(notes.complaints);
        return None;
    }
    // Overloads of one path differ in their query: the one that fits best is meant.
    let (operation, complaints) = overloads
        .into_iter()
        .map(|(operation, fit)| (*operation, check(specifications, operation, fit, call)))
        .min_by_key(|(_, complaints)| complaints.len())?;
    notes.complaints.extend(complaints);
    verdict.add(notes.complaints);
    *verdict.operations.entry(operation.id.clone()).or_default() += 1;
    Some(operation)
}

/// Judges the elements of a `$batch`, each against its own operation; those whose answers can be judged.
fn judge_elements<'a>(
    specifications: &'a Specifications,
    call: &Call<'_>,
    verdict: &mut Verdict,
) -> Vec<Option<&'a Operation>> {
    let Payload::Json(Value::Array(elements)) = &call.body else {
        return Vec::new();
    };
    let organization = call.path.split('/').nth(1).unwrap_or_default();
    let judged = elements.iter().enumerate().map(|(number, element)| {
        let uri = element["uri"].as_str().unwrap_or_default();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let inner = Call {
            line: format!("{} [{number}] {uri}", call.line),
            method: element["method"].as_str().unwrap_or_default(),
            path: &format!("/{organization}{path}"),
            query,
            accept: None,
            content_type: element["headers"]["Content-Type"].as_str(),
            header_names: None,
            body: element
                .get("body")
                .map_or(Payload::Nothing, |body| Payload::Json(body.clone())),
        };
        judge_call(specifications, &inner, verdict)
    });
    judged.collect()
}

/// Everything that one operation says about a call on its path.
fn check(
    specifications: &Specifications,
    operation: &Operation,
    fit: &Fit,
    call: &Call<'_>,
) -> Vec<Complaint> {
    let mut notes = Notes {
        line: &call.line,
        operation: operation.id.clone(),
        complaints: Vec::new(),
    };
    let document = &specifications.documents[operation.document];
    if document.name == supplement::NAME {
        let said = "no document has this operation";
        notes.add(Place::Absent, &operation.path, said);
    }
    for (name, value) in &fit.values {
        if let Some(parameter) = operation.parameter("path", name)
            && let Some(said) = objection(parameter, value)
        {
            notes.add(Place::Path, name, said);
        }
    }
    check_query(operation, call, &mut notes);
    check_headers(operation, call, &mut notes);
    check_body(specifications, operation, &call.body, &mut notes);
    rule::check(operation, fit, call, &mut notes);
    notes.complaints
}

/// What is wrong with the text of a parameter, if anything.
fn objection(parameter: &Parameter, text: &str) -> Option<String> {
    let schema = &parameter.schema;
    let kind = schema["type"].as_str().unwrap_or_default();
    let format = schema["format"].as_str().unwrap_or_default();
    let fits = match (kind, format) {
        ("integer", "int32") => text.parse::<i32>().is_ok(),
        ("integer", _) => text.parse::<i64>().is_ok(),
        // .NET reads these in any case.
        ("boolean", _) => ["true", "false"].contains(&text.to_lowercase().as_str()),
        ("string", "array (int32)") => text
            .split(',')
            .all(|part| part.trim().parse::<i32>().is_ok()),
        ("string", "date-time") => text.parse::<jiff::Timestamp>().is_ok(),
        ("string", "uuid") => text.parse::<uuid::Uuid>().is_ok(),
        _ => true,
    };
    if !fits {
        return Some(format!("{text:?} is not {kind} {format}"));
    }
    let options = schema["enum"].as_array()?;
    // The documents spell values in camel case, Microsoft Learn and the official clients in others.
    let known = options
        .iter()
        .filter_map(Value::as_str)
        .any(|option| option.eq_ignore_ascii_case(text));
    (!known).then(|| format!("{text:?} is none of {}", schema["enum"]))
}

fn check_query(operation: &Operation, call: &Call<'_>, notes: &mut Notes<'_>) {
    let mut seen: Vec<String> = Vec::new();
    let mut versions: Vec<String> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(call.query.as_bytes()) {
        if name == "api-version" {
            versions.push(value.into_owned());
            continue;
        }
        if seen.contains(&name.clone().into_owned()) {
            notes.add(Place::Query, &name, "stands twice");
        }
        match operation.parameter("query", &name) {
            None => notes.add(Place::Query, &name, "no such parameter"),
            Some(parameter) => {
                if let Some(said) = objection(parameter, &value) {
                    notes.add(Place::Query, &name, said);
                }
            }
        }
        seen.push(name.into_owned());
    }
    for parameter in &operation.parameters {
        if parameter.place == "query" && parameter.required && !seen.contains(&parameter.name) {
            notes.add(
                Place::Query,
                &parameter.name,
                "a required parameter is missing",
            );
        }
    }
    // Microsoft Learn (REST API versioning) allows the version in the Accept header as well.
    let accept = call.accept.into_iter().flat_map(|accept| accept.split(';'));
    let in_accept = accept.filter_map(|part| part.trim().strip_prefix("api-version="));
    versions.extend(in_accept.map(str::to_owned));
    match versions.as_slice() {
        [] => notes.add(Place::Version, "api-version", "is missing"),
        [version] if is_allowed(version, &operation.version) => {}
        [version] => {
            let said = format!("{version:?}, not {:?}", operation.version);
            notes.add(Place::Version, "api-version", said);
        }
        _ => notes.add(Place::Version, "api-version", "stands more than once"),
    }
}

/// A preview may be asked for without its revision: the newest is meant (Microsoft Learn, REST API
/// versioning).
fn is_allowed(version: &str, stated: &str) -> bool {
    let newest = stated
        .split_once("-preview.")
        .map(|(number, _)| format!("{number}-preview"));
    version == stated || newest.is_some_and(|newest| version == newest)
}

/// `application/json` of `application/json; charset=utf-8`.
pub(super) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_lowercase()
}

fn check_headers(operation: &Operation, call: &Call<'_>, notes: &mut Notes<'_>) {
    let has_body = !matches!(call.body, Payload::Nothing);
    if has_body && operation.body.is_some() {
        let sent = call.content_type.map(essence).unwrap_or_default();
        if !operation.consumes.contains(&sent) {
            let said = format!("{sent:?} is none of {:?}", operation.consumes);
            notes.add(Place::Header, "content-type", said);
        }
    }
    if let Some(accept) = call.accept {
        let fits = accept.split(',').map(essence).any(|wanted| {
            wanted == "*/*" || operation.produces.is_empty() || operation.produces.contains(&wanted)
        });
        if !fits {
            let said = format!("{accept:?} has none of {:?}", operation.produces);
            notes.add(Place::Header, "accept", said);
        }
    }
    let Some(names) = call.header_names else {
        return;
    };
    let required = operation.parameters.iter();
    let required = required.filter(|parameter| parameter.place == "header" && parameter.required);
    let mut required: Vec<&str> = required.map(|parameter| parameter.name.as_str()).collect();
    if operation.takes_token {
        required.push("authorization");
    }
    for name in required {
        if !names.iter().any(|sent| sent.eq_ignore_ascii_case(name)) {
            notes.add(Place::Header, name, "is missing");
        }
    }
}

fn check_body(
    specifications: &Specifications,
    operation: &Operation,
    body: &Payload,
    notes: &mut Notes<'_>,
) {
    match (&operation.body, body) {
        (None, Payload::Nothing) => {}
        (None, _) => notes.add(Place::Body, "", "the operation takes none"),
        (Some(_), Payload::Nothing) => notes.add(Place::Body, "", "is missing"),
        (Some(_), Payload::Other) => {
            let json = operation.consumes.iter().any(|kind| kind.contains("json"));
            if json {
                notes.add(Place::Body, "", "is not JSON");
            }
        }
        (Some(schema), Payload::Json(value)) => {
            match specifications.misfits(operation.document, schema, value) {
                Ok(misfits) => {
                    for (at, said) in misfits {
                        notes.add(Place::Body, &at, said);
                    }
                }
                Err(error) => notes.add(Place::Body, "", format!("its schema: {error}")),
            }
        }
    }
}
