//! Members of a JSON body as the service reads them: names in any case, enums by name or by number.

use serde_json::{Map, Value};

use super::error::ApiError;

/// A member by its name in any case; null counts as absent.
pub(crate) fn member<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    body.as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

/// A text member, trimmed; an empty one counts as absent.
pub(crate) fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    member(body, name)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// A text member that has to be there.
pub(crate) fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, ApiError> {
    text(body, name).ok_or_else(|| missing(name))
}

/// The refusal of a body that lacks a member.
pub(crate) fn missing(name: &str) -> ApiError {
    ApiError::bad_request(format!("Value cannot be null. Parameter name: {name}"))
}

/// A boolean member.
pub(crate) fn flag(body: &Value, name: &str) -> Option<bool> {
    member(body, name).and_then(Value::as_bool)
}

/// A number that may come as text.
pub(crate) fn as_number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// A numeric member.
pub(crate) fn number(body: &Value, name: &str) -> Option<u64> {
    member(body, name).and_then(as_number)
}

/// The `id` of a member that is a reference, such as `{"plan": {"id": "7"}}`.
pub(crate) fn reference(body: &Value, name: &str) -> Option<u64> {
    number(member(body, name)?, "id")
}

/// The elements of an array member.
pub(crate) fn items<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    member(body, name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The entries of an object member.
pub(crate) fn entries(body: &Value, name: &str) -> Map<String, Value> {
    member(body, name)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

/// A member of an enum, by name in any case or by number, as its name on the wire.
pub(crate) fn choice(
    body: &Value,
    name: &str,
    known: &[(&'static str, u64)],
) -> Result<Option<&'static str>, ApiError> {
    match member(body, name) {
        None => Ok(None),
        Some(value) => as_choice(value, known).map(Some).ok_or_else(|| {
            ApiError::bad_request(format!("The value {value} is not valid for {name}."))
        }),
    }
}

/// A value of an enum, by name in any case or by number, as its name on the wire.
pub(crate) fn as_choice(value: &Value, known: &[(&'static str, u64)]) -> Option<&'static str> {
    let number = as_number(value);
    known
        .iter()
        .find(|(name, code)| {
            number == Some(*code)
                || value
                    .as_str()
                    .is_some_and(|text| text.eq_ignore_ascii_case(name))
        })
        .map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_found_in_any_case_and_null_is_none() {
        let body =
            json!({"Name": " Risk ", "isSuggested": true, "plan": {"id": "7"}, "tester": null});
        assert_eq!(text(&body, "name"), Some("Risk"));
        assert_eq!(flag(&body, "IsSuggested"), Some(true));
        assert_eq!(reference(&body, "plan"), Some(7));
        assert_eq!(member(&body, "tester"), None);
        assert!(required(&body, "url").is_err());
    }

    #[test]
    fn enums_come_as_names_or_numbers() {
        let known = [("staticTestSuite", 2), ("dynamicTestSuite", 1)];
        for value in [json!("StaticTestSuite"), json!(2), json!("2")] {
            assert_eq!(
                as_choice(&value, &known),
                Some("staticTestSuite"),
                "{value}"
            );
        }
        assert_eq!(as_choice(&json!("other"), &known), None);
        assert_eq!(as_choice(&json!(7), &known), None);
    }
}
