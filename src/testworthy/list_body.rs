//! Reading a list entry by entry, so that the tree of a whole answer is never in memory: the cases of a
//! suite may come in one answer of many megabytes.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

/// What an answer holds beside the entries.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// Whether the answer is just the list.
    pub(super) bare: bool,
    /// The members of an answer that is an object, without the list.
    pub(super) members: Map<String, Json>,
    /// The list under its noun, if there is one.
    pub(super) list: Option<ListKind>,
}

/// What stands where a list is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    Entries,
    Null,
    Other,
}

/// Reads `body`, which is a list or an object with the list under `noun` in any casing, and gives each
/// entry to `each`.
pub(super) fn read(
    body: &[u8],
    noun: &str,
    each: &mut dyn FnMut(Json),
) -> serde_json::Result<Outside> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let outside = Answer { noun, each }.deserialize(&mut json)?;
    json.end()?;
    Ok(outside)
}

struct Answer<'a> {
    noun: &'a str,
    each: &'a mut dyn FnMut(Json),
}

impl<'de> DeserializeSeed<'de> for Answer<'_> {
    type Value = Outside;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Outside, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = Outside;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list or an object with `{}`", self.noun)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<Outside, A::Error> {
        List(self.each).visit_seq(entries)?;
        Ok(Outside {
            bare: true,
            ..Outside::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outside, A::Error> {
        let mut outside = Outside::default();
        while let Some(key) = map.next_key::<String>()? {
            if outside.list.is_none() && key.eq_ignore_ascii_case(self.noun) {
                outside.list = Some(map.next_value_seed(List(&mut *self.each))?);
            } else {
                outside.members.insert(key, map.next_value()?);
            }
        }
        Ok(outside)
    }
}

struct List<'a>(&'a mut dyn FnMut(Json));

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ListKind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ListKind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ListKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<ListKind, A::Error> {
        while let Some(entry) = entries.next_element()? {
            (self.0)(entry);
        }
        Ok(ListKind::Entries)
    }

    fn visit_unit<E>(self) -> Result<ListKind, E> {
        Ok(ListKind::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ListKind, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(ListKind::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<ListKind, E> {
        Ok(ListKind::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<ListKind, E> {
        Ok(ListKind::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<ListKind, E> {
        Ok(ListKind::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<ListKind, E> {
        Ok(ListKind::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<ListKind, E> {
        Ok(ListKind::Other)
    }
}
