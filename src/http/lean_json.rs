//! Reading JSON without the parts that nobody looks at: answers repeat whole persons, suites and
//! sections in every item, and a tree of all of it costs more than everything else that is done with it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

/// Reads any JSON. Of an object that has one of the wanted members (in any casing) only these are kept;
/// every other object, and everything inside lists, is kept whole.
#[derive(Clone, Copy, Debug)]
pub struct Lean {
    wanted: &'static [&'static str],
    /// Whether this is about the members of the object that is read, and not about the object.
    below: bool,
}

impl Lean {
    /// Of the object that is read.
    pub fn here(wanted: &'static [&'static str]) -> Self {
        Self {
            wanted,
            below: false,
        }
    }

    /// Of the objects that are members of the object that is read.
    pub fn below(wanted: &'static [&'static str]) -> Self {
        Self {
            wanted,
            below: true,
        }
    }

    fn keeps(self, key: &str) -> bool {
        self.wanted
            .iter()
            .any(|name| name.eq_ignore_ascii_case(key))
    }
}

impl<'de> DeserializeSeed<'de> for Lean {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Lean {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Map::new();
        if self.below {
            while let Some(key) = map.next_key::<String>()? {
                let value = map.next_value_seed(Self::here(self.wanted))?;
                members.insert(key, value);
            }
            return Ok(Json::Object(members));
        }
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            if self.keeps(&key) {
                if !found {
                    // What came before it is not wanted either.
                    members.clear();
                    found = true;
                }
                members.insert(key, map.next_value()?);
            } else if found {
                map.next_value::<IgnoredAny>()?;
            } else {
                members.insert(key, map.next_value()?);
            }
        }
        Ok(Json::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Json::Array(list))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WANTED: &[&str] = &["id", "name"];

    fn read_as(lean: Lean, json: &Json) -> Json {
        let text = json.to_string();
        let mut reader = serde_json::Deserializer::from_str(&text);
        lean.deserialize(&mut reader).unwrap()
    }

    fn read(json: &Json) -> Json {
        read_as(Lean::here(WANTED), json)
    }

    #[test]
    fn of_an_object_only_what_is_wanted_is_kept() {
        let person = json!({"url": "x", "Name": "Ada", "links": {"id": 1}, "id": 7});
        assert_eq!(read(&person), json!({"Name": "Ada", "id": 7}));
    }

    #[test]
    fn below_an_object_its_own_members_all_stay() {
        let case = json!({"id": 1, "title": "Pay", "user": {"id": 7, "role": 2}, "steps": [{"id": 1, "a": 2}]});
        let lean =
            json!({"id": 1, "title": "Pay", "user": {"id": 7}, "steps": [{"id": 1, "a": 2}]});
        assert_eq!(read_as(Lean::below(WANTED), &case), lean);
    }

    #[test]
    fn everything_else_is_kept_whole() {
        for whole in [
            json!({"url": "x", "links": {"id": 1, "url": "y"}}),
            json!([{"id": 1, "url": "y"}]),
            json!({}),
            json!("text"),
            json!(null),
            json!(true),
            json!(-1),
            json!(u64::MAX),
            json!(0.1),
        ] {
            assert_eq!(read(&whole), whole);
        }
    }
}
