//! Lists: the envelope with the noun as its key (seen by the vendor's client for runs and tests), the
//! bare array, or pages as `TestRail` cuts them.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::reply::Reply;
use super::{Refusal, TestWorthyOptions};

/// The part of a list that one answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Page {
    offset: usize,
    limit: usize,
}

impl Page {
    fn from_query(query: &str, largest: usize) -> Result<Self, Refusal> {
        let mut page = Self {
            offset: 0,
            limit: largest,
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let number = || {
                value
                    .parse::<usize>()
                    .map_err(|_| Refusal::invalid(format!("Parameter {name} must be a number.")))
            };
            match name.to_ascii_lowercase().as_str() {
                "offset" => page.offset = number()?,
                "limit" => page.limit = number()?.clamp(1, largest),
                _ => {}
            }
        }
        Ok(page)
    }
}

/// Answers a list under `noun`. `path` is the request's, for the links between pages.
pub(super) fn reply<T: Serialize>(
    options: &TestWorthyOptions,
    noun: &'static str,
    (path, query): (&str, &str),
    items: &[T],
) -> Result<Reply, Refusal> {
    if options.paging {
        let page = Page::from_query(query, options.largest_page.max(1))?;
        return Ok(Reply::ok(&Paged {
            noun,
            path,
            page,
            items,
        }));
    }
    if options.bare_arrays {
        return Ok(Reply::ok(items));
    }
    Ok(Reply::ok(&Enveloped { noun, items }))
}

struct Enveloped<'a, T> {
    noun: &'static str,
    items: &'a [T],
}

impl<T: Serialize> Serialize for Enveloped<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.noun, self.items)?;
        map.end()
    }
}

struct Paged<'a, T> {
    noun: &'static str,
    path: &'a str,
    page: Page,
    items: &'a [T],
}

#[derive(Serialize)]
struct Links {
    next: Option<String>,
    prev: Option<String>,
}

impl<T: Serialize> Serialize for Paged<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Page { offset, limit } = self.page;
        let from = offset.min(self.items.len());
        let to = offset.saturating_add(limit).min(self.items.len());
        let shown = &self.items[from..to];
        let link = |offset: usize| format!("{}?limit={limit}&offset={offset}", self.path);
        let links = Links {
            next: (to < self.items.len()).then(|| link(to)),
            prev: (offset > 0).then(|| link(offset.saturating_sub(limit))),
        };
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("offset", &offset)?;
        map.serialize_entry("limit", &limit)?;
        map.serialize_entry("size", &shown.len())?;
        map.serialize_entry("_links", &links)?;
        map.serialize_entry(self.noun, shown)?;
        map.end()
    }
}
