//! Reading JSON that is only partly documented: names in any casing, nulls anywhere, unknown members
//! passed over, numbers that may be texts.

use serde_json::{Map, Value as Json};

use crate::model::Number;

/// A JSON object, read with tolerance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a>(&'a Map<String, Json>);

impl<'a> Object<'a> {
    pub(super) fn of(json: &'a Json) -> Option<Self> {
        json.as_object().map(Self)
    }

    pub(super) fn of_members(members: &'a Map<String, Json>) -> Self {
        Self(members)
    }

    /// A member, in this casing or, failing that, in any. Null is absent.
    pub(super) fn get(self, name: &str) -> Option<&'a Json> {
        let found = self.0.get(name).or_else(|| {
            let other = self
                .0
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            other.map(|(_, value)| value)
        })?;
        (!found.is_null()).then_some(found)
    }

    /// Whether the member is there, be it null.
    pub(super) fn has(self, name: &str) -> bool {
        self.0.contains_key(name) || self.0.keys().any(|key| key.eq_ignore_ascii_case(name))
    }

    /// An id: a whole number, or one in quotes.
    pub(super) fn id(self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Json::Number(number) => number.as_u64().or_else(|| match Number::from_json(number) {
                Some(Number::Integer(whole)) => u64::try_from(whole).ok(),
                _ => None,
            }),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A text: a string as it is, a number or boolean as it prints, an object's `name`.
    pub(super) fn text(self, name: &str) -> Option<String> {
        text_of(self.get(name)?)
    }

    /// A number, or one in quotes.
    pub(super) fn number(self, name: &str) -> Option<Number> {
        match self.get(name)? {
            Json::Number(number) => Number::from_json(number),
            Json::String(text) => Number::from_f64(text.trim().parse().ok()?),
            _ => None,
        }
    }

    /// True or false, also as 1 and 0 or as the CSV columns write it (Yes and No).
    pub(super) fn flag(self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Json::Bool(flag) => Some(*flag),
            Json::Number(number) => number.as_i64().map(|number| number != 0),
            Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(true),
                "false" | "no" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A nested object.
    pub(super) fn object(self, name: &str) -> Option<Object<'a>> {
        Self::of(self.get(name)?)
    }

    /// All members, nulls included.
    pub(super) fn members(self) -> impl Iterator<Item = (&'a str, &'a Json)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

/// A text, if the value is one or has one.
pub(super) fn text_of(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Object(_) => Object::of(json)?.text("name"),
        Json::Null | Json::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn casing_nulls_and_types_are_tolerated() {
        let json = json!({
            "Id": "42", "title": null, "Title": "never", "estimate": "900", "n": 9.0, "half": 0.5,
            "neg": -1, "on": "Yes", "off": 0, "maybe": "perhaps", "priority": {"Name": "High"}, "list": [],
        });
        let object = Object::of(&json).unwrap();
        assert_eq!(object.id("id"), Some(42));
        assert_eq!(
            object.text("title"),
            None,
            "the exact name wins, and null is absent"
        );
        assert!(object.has("TITLE") && !object.has("titles"));
        assert_eq!(object.number("estimate"), Some(Number::Integer(900)));
        assert_eq!(object.id("n"), Some(9));
        assert_eq!(object.id("half"), None);
        assert_eq!(object.id("neg"), None);
        assert_eq!(object.flag("on"), Some(true));
        assert_eq!(object.flag("off"), Some(false));
        assert_eq!(object.flag("maybe"), None);
        assert_eq!(object.text("priority").as_deref(), Some("High"));
        assert_eq!(object.text("list"), None);
        assert_eq!(object.text("absent"), None);
    }

    proptest! {
        #[test]
        fn no_value_breaks_a_reader(text in "\\PC{0,12}", number in any::<f64>()) {
            for value in [json!(text), json!(number), json!([text]), json!({"name": [text]}), json!(null)] {
                let json = json!({"x": value});
                let object = Object::of(&json).unwrap();
                let _ = (object.id("x"), object.text("x"), object.number("x"), object.flag("X"));
            }
        }
    }
}
