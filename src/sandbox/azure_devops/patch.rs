//! The JSON Patch dialect of work items (Microsoft Learn, Work Items - Update).

use serde_json::Value;

use super::error::ApiError;

/// What a patch does at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Remove,
    Replace,
    Test,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PatchOp {
    pub(crate) op: Op,
    pub(crate) path: Path,
    pub(crate) value: Value,
}

/// The places that a patch can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// `/id`: the temporary id of a new item within a batch.
    Id,
    /// `/rev`.
    Rev,
    /// `/fields/{name}`.
    Field(String),
    /// `/multilineFieldsFormat/{name}`.
    Format(String),
    /// `/relations/-`.
    NewRelation,
    /// `/relations/{index}`.
    Relation(usize),
    /// `/relations/{index}/attributes/{name}`.
    RelationAttribute(usize, String),
    /// `/relations/{type}/{id of the target or of the resource}`.
    NamedRelation(String, u64),
}

/// Reads a patch document. Operation names are taken in any case, and as the numbers that one official
/// client sends (0 add, 1 remove, 2 replace, 5 test).
pub(crate) fn parse(document: &Value) -> Result<Vec<PatchOp>, ApiError> {
    let Some(operations) = document.as_array() else {
        return Err(ApiError::bad_patch());
    };
    operations.iter().map(operation).collect()
}

fn operation(value: &Value) -> Result<PatchOp, ApiError> {
    let object = value.as_object().ok_or_else(ApiError::bad_patch)?;
    let key = |name: &str| {
        object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let op = match key("op") {
        Some(Value::String(name)) => match name.to_lowercase().as_str() {
            "add" => Op::Add,
            "remove" => Op::Remove,
            "replace" => Op::Replace,
            "test" => Op::Test,
            _ => return Err(ApiError::bad_patch()),
        },
        Some(Value::Number(number)) => match number.as_u64() {
            Some(0) => Op::Add,
            Some(1) => Op::Remove,
            Some(2) => Op::Replace,
            Some(5) => Op::Test,
            _ => return Err(ApiError::bad_patch()),
        },
        _ => return Err(ApiError::bad_patch()),
    };
    let path = key("path")
        .and_then(Value::as_str)
        .ok_or_else(ApiError::bad_patch)?;
    Ok(PatchOp {
        op,
        path: place(path)?,
        value: key("value").cloned().unwrap_or(Value::Null),
    })
}

fn place(path: &str) -> Result<Path, ApiError> {
    let unknown = || ApiError::bad_request(format!("The patch path '{path}' is not supported."));
    let parts: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let head = parts
        .first()
        .map(|part| part.to_lowercase())
        .unwrap_or_default();
    Ok(match (head.as_str(), &parts[1..]) {
        ("id", []) => Path::Id,
        ("rev", []) => Path::Rev,
        ("fields", [name]) if !name.is_empty() => Path::Field((*name).to_owned()),
        ("multilinefieldsformat", [name]) => Path::Format((*name).to_owned()),
        ("relations", ["-"]) => Path::NewRelation,
        ("relations", [index]) => Path::Relation(index.parse().map_err(|_| unknown())?),
        ("relations", [index, "attributes", name]) => {
            Path::RelationAttribute(index.parse().map_err(|_| unknown())?, (*name).to_owned())
        }
        ("relations", [kind, id]) => {
            Path::NamedRelation((*kind).to_owned(), id.parse().map_err(|_| unknown())?)
        }
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_read_by_name_and_by_number() {
        for (op, expected) in [
            (json!("add"), Op::Add),
            (json!("Replace"), Op::Replace),
            (json!("REMOVE"), Op::Remove),
            (json!("test"), Op::Test),
            (json!(0), Op::Add),
            (json!(1), Op::Remove),
            (json!(2), Op::Replace),
            (json!(5), Op::Test),
        ] {
            let read =
                parse(&json!([{"op": op, "path": "/rev", "from": null, "value": 3}])).unwrap();
            assert_eq!(read[0].op, expected, "{op}");
        }
    }

    #[test]
    fn every_place_has_its_meaning() {
        for (path, expected) in [
            ("/id", Path::Id),
            ("/rev", Path::Rev),
            ("/fields/System.Title", Path::Field("System.Title".into())),
            ("/fields/A~1B", Path::Field("A/B".into())),
            (
                "/multilineFieldsFormat/System.Description",
                Path::Format("System.Description".into()),
            ),
            ("/relations/-", Path::NewRelation),
            ("/relations/3", Path::Relation(3)),
            (
                "/relations/0/attributes/comment",
                Path::RelationAttribute(0, "comment".into()),
            ),
            (
                "/relations/hyperlink/65275",
                Path::NamedRelation("hyperlink".into(), 65275),
            ),
        ] {
            assert_eq!(place(path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_patch_is_refused() {
        for document in [
            json!({"op": "add"}),
            json!(null),
            json!(["add"]),
            json!([{"op": "add"}]),
            json!([{"op": "move", "path": "/rev"}]),
            json!([{"op": 3, "path": "/rev"}]),
            json!([{"op": "add", "path": "/nothing"}]),
            json!([{"op": "add", "path": "/fields/"}]),
            json!([{"op": "remove", "path": "/relations/x"}]),
            json!([{"op": "add", "path": ""}]),
        ] {
            let error = parse(&document).unwrap_err();
            assert_eq!(error.status.as_u16(), 400, "{document}");
        }
    }
}
