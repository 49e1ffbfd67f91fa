//! The operations of the documents, and which of them a path belongs to.

use percent::decode;
use serde_json::Value;

/// One operation of a document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// For example `Work Items_Update`.
    pub(crate) id: String,
    /// The number of its document in `Specifications::documents`.
    pub(crate) document: usize,
    /// In upper case.
    pub(crate) method: String,
    /// The path as the document spells it.
    pub(crate) path: String,
    template: Vec<Segment>,
    /// The first name below `_apis`, in lower case: a quick way to see that a path belongs elsewhere.
    area: String,
    /// Those in path, query and header.
    pub(crate) parameters: Vec<Parameter>,
    /// The schema of the body, if there is one.
    pub(crate) body: Option<Value>,
    pub(crate) consumes: Vec<String>,
    pub(crate) produces: Vec<String>,
    /// `7.1`, or `7.1-preview.4`.
    pub(crate) version: String,
    /// The schema of a 200 answer's body.
    pub(crate) answer: Option<Value>,
    /// What the document says about it.
    pub(crate) description: String,
    /// Whether a personal access token will do.
    pub(crate) takes_token: bool,
}

/// A parameter whose value is a text: in path, query or header.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) required: bool,
    /// `type`, `format` and `enum` as the document has them.
    pub(crate) schema: Value,
}

#[derive(Clone, Debug)]
enum Segment {
    /// In lower case.
    Literal(String),
    Parameter {
        /// What stands before it in the same segment, `$` for example.
        prefix: String,
        name: String,
        /// `x-ms-required: false`: the service's own route has the segment in brackets.
        optional: bool,
    },
}

/// A path that fits: its parameters by name, and how specific the template is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fit {
    pub(crate) values: Vec<(String, String)>,
    specificity: (usize, usize),
}

/// The operations of a mended document.
pub(crate) fn operations(document: &Value, number: usize) -> Result<Vec<Operation>, String> {
    let mut operations = Vec::new();
    for section in ["paths", "x-ms-paths"] {
        for (path, methods) in document[section].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let read = read(document, number, path, method, operation);
                operations.push(read.map_err(|error| format!("{method} {path}: {error}"))?);
            }
        }
    }
    Ok(operations)
}

fn area(path: &str) -> String {
    let mut segments = path.split('/');
    let below = segments.find(|segment| segment.eq_ignore_ascii_case("_apis"));
    let area = below.and_then(|_| segments.next()).map(decode);
    area.unwrap_or_default().to_lowercase()
}

fn read(
    document: &Value,
    number: usize,
    path: &str,
    method: &str,
    operation: &Value,
) -> Result<Operation, String> {
    let texts = |key: &str| {
        let listed = operation[key].as_array().into_iter().flatten();
        let texts: Vec<String> = listed
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        texts
    };
    let mut read = Operation {
        id: operation["operationId"].as_str().ok_or("no id")?.to_owned(),
        document: number,
        method: method.to_uppercase(),
        path: path.to_owned(),
        template: Vec::new(),
        area: area(path),
        parameters: Vec::new(),
        body: None,
        consumes: texts("consumes"),
        produces: texts("produces"),
        version: String::new(),
        answer: operation["responses"]["200"].get("schema").cloned(),
        description: operation["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        takes_token: operation["security"].as_array().is_none_or(|schemes| {
            schemes
                .iter()
                .any(|scheme| scheme.get("accessToken").is_some())
        }),
    };
    let mut optional = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = match parameter["$ref"].as_str() {
            Some(target) => document
                .pointer(target.trim_start_matches('#'))
                .ok_or_else(|| format!("{target} is not there"))?,
            None => parameter,
        };
        let name = parameter["name"]
            .as_str()
            .ok_or("a parameter without a name")?;
        let place = parameter["in"]
            .as_str()
            .ok_or("a parameter without a place")?;
        if name == "api-version" {
            let said = parameter["description"].as_str().unwrap_or_default();
            let quoted = said.split('\'').nth(1).ok_or("no version is stated")?;
            quoted.clone_into(&mut read.version);
        } else if place == "body" {
            read.body = Some(parameter["schema"].clone());
        } else {
            if parameter["x-ms-required"] == false {
                optional.push(name);
            }
            read.parameters.push(Parameter {
                name: name.to_owned(),
                place: place.to_owned(),
                required: parameter["required"] == true,
                schema: parameter.clone(),
            });
        }
    }
    // The keys of `x-ms-paths` carry a query that tells overloads apart; its names are parameters too.
    let bare = path.split('?').next().unwrap_or_default();
    for segment in bare.split('/').filter(|segment| !segment.is_empty()) {
        read.template.push(match segment.split_once('{') {
            Some((prefix, rest)) => {
                let name = rest.strip_suffix('}').ok_or("text after a parameter")?;
                let known = read
                    .parameters
                    .iter()
                    .any(|p| p.place == "path" && p.name == name);
                if !known {
                    return Err(format!("{name} is no parameter"));
                }
                Segment::Parameter {
                    prefix: prefix.to_owned(),
                    name: name.to_owned(),
                    optional: optional.contains(&name),
                }
            }
            None => Segment::Literal(segment.to_lowercase()),
        });
    }
    Ok(read)
}

impl Operation {
    /// Whether the segments of a path fit. Letter case does not matter in names, as with the service.
    fn fit(&self, segments: &[String]) -> Option<Fit> {
        let mut fit = Fit {
            values: Vec::new(),
            specificity: (0, 0),
        };
        matches(&self.template, segments, &mut fit).then_some(fit)
    }

    /// A parameter by place and name.
    pub(crate) fn parameter(&self, place: &str, name: &str) -> Option<&Parameter> {
        self.parameters
            .iter()
            .find(|parameter| parameter.place == place && parameter.name == name)
    }
}

fn matches(template: &[Segment], segments: &[String], fit: &mut Fit) -> bool {
    let Some((first, template)) = template.split_first() else {
        return segments.is_empty();
    };
    match first {
        Segment::Literal(literal) => {
            fit.specificity.0 += 1;
            segments.split_first().is_some_and(|(segment, rest)| {
                segment.to_lowercase() == *literal && matches(template, rest, fit)
            })
        }
        Segment::Parameter {
            prefix,
            name,
            optional,
        } => {
            let before = fit.clone();
            if let Some((segment, rest)) = segments.split_first() {
                let value = segment.strip_prefix(prefix.as_str());
                // `_apis` is where every route's own part begins, never a name.
                let value = value.filter(|value| !value.is_empty() && *value != "_apis");
                if let Some(value) = value {
                    fit.values.push((name.clone(), value.to_owned()));
                    fit.specificity.1 += usize::from(!prefix.is_empty());
                    if matches(template, rest, fit) {
                        return true;
                    }
                }
            }
            *fit = before;
            *optional && matches(template, segments, fit)
        }
    }
}

/// Of all operations that a path fits, the most specific ones: every method and overload of one path.
pub(crate) fn find<'a>(operations: &'a [Operation], path: &str) -> Vec<(&'a Operation, Fit)> {
    let Some(segments) = path.strip_prefix('/') else {
        return Vec::new();
    };
    let segments: Vec<String> = segments.split('/').map(decode).collect();
    let area = area(path);
    let mut found: Vec<(&Operation, Fit)> = operations
        .iter()
        .filter(|operation| operation.area == area)
        .filter_map(|operation| Some((operation, operation.fit(&segments)?)))
        .collect();
    let most = found.iter().map(|(_, fit)| fit.specificity).max();
    found.retain(|(_, fit)| Some(fit.specificity) == most);
    found
}

mod percent {
    /// Percent-decodes a segment; bytes that are not UTF-8 are replaced.
    pub(super) fn decode(segment: &str) -> String {
        let bytes = segment.as_bytes();
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let hex = segment
                .get(at + 1..at + 3)
                .filter(|_| bytes[at] == b'%')
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            decoded.push(hex.unwrap_or(bytes[at]));
            at += if hex.is_some() { 3 } else { 1 };
        }
        String::from_utf8_lossy(&decoded).into_owned()
    }
}
