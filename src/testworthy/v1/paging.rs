//! Putting a list together from numbered pages.
//!
//! Neither the envelope nor the number of the first page nor the largest `limit` is published. Accepted
//! are a bare array and `{data, page, limit, total}`. A server may cap `limit` in silence, so a page counts
//! as short only against what is known of the size of a page. Whatever leaves a doubt makes the list
//! incomplete, and then nothing is created or deleted on its strength.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::super::wire::Object;

/// How many entries a page is asked to have.
pub(super) const LIMIT: usize = 100;

/// A list of a million would still end before this.
const MOST_PAGES: usize = 10_000;

/// A list as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Its entries, each id once.
    pub(super) items: Vec<Json>,
    /// Why it may lack some.
    pub(super) incomplete: Option<String>,
}

/// Which page to ask for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This one; without it the list is not whole.
    Page(usize),
    /// Page 0, which a server that counts from 1 refuses, leaves empty or answers as page 1.
    First,
    /// None.
    End,
}

/// A list in the making, from page 1 on.
#[derive(Debug, Default)]
pub(super) struct Pages {
    listing: Listing,
    seen: HashSet<u64>,
    taken: usize,
    total: Option<u64>,
    /// The number of entries of a full page, once something tells it.
    size: Option<usize>,
}

impl Pages {
    /// Takes the answer to the page that was asked for last; which one to ask for next. `Err` if the answer
    /// is no list.
    pub(super) fn take(&mut self, body: Json) -> Result<Next, String> {
        let page = Page::read(body)?;
        let count = page.items.len();
        self.total = page.total.or(self.total);
        let bare = !page.wrapped;
        // What a bare array holds at first is as much as the server gives, whatever was asked for.
        let told = page.limit.or(if bare { Some(count) } else { None });
        let size = *self.size.get_or_insert(told.unwrap_or(LIMIT).min(LIMIT));
        let fresh = self.keep(page.items);
        self.taken += 1;
        if fresh < count && fresh > 0 {
            self.doubt("entries came twice, so the list moved while it was read".to_owned());
        }
        let listed = self.listing.items.len() as u64;
        if self.total.is_some_and(|total| listed >= total) {
            return Ok(Next::End);
        }
        let first_bare = bare && self.taken == 1;
        let over = fresh == 0 || (count < size && self.total.is_none() && !first_bare);
        if over {
            // Unless a total adds up, nothing says that page 1 was the first.
            return Ok(Next::First);
        }
        if self.taken >= MOST_PAGES {
            self.doubt(format!("there are more than {MOST_PAGES} pages"));
            return Ok(Next::End);
        }
        Ok(Next::Page(self.taken + 1))
    }

    /// Takes the answer to page 0, `None` if the server refused it.
    pub(super) fn take_first(&mut self, body: Option<Json>) {
        let Some(Ok(page)) = body.map(Page::read) else {
            return;
        };
        let count = page.items.len();
        let fresh = self.keep(page.items);
        if fresh > 0 && fresh < count {
            self.doubt("page 0 and page 1 share entries, so the list moved".to_owned());
        }
    }

    /// The list, once there is no next page.
    pub(super) fn finish(mut self) -> Listing {
        let listed = self.listing.items.len() as u64;
        if let Some(total) = self.total.filter(|total| *total != listed) {
            self.doubt(format!(
                "the server counts {total} entries but listed {listed}"
            ));
        }
        self.listing
    }

    /// Keeps the entries that are new; how many they are.
    fn keep(&mut self, items: Vec<Json>) -> usize {
        let before = self.listing.items.len();
        for item in items {
            match Object::of(&item).and_then(|object| object.id("id")) {
                Some(id) if !self.seen.insert(id) => {}
                Some(_) => self.listing.items.push(item),
                None => self.doubt("an entry of the list has no id".to_owned()),
            }
        }
        self.listing.items.len() - before
    }

    /// The first doubt is told; one is enough.
    fn doubt(&mut self, reason: String) {
        self.listing.incomplete.get_or_insert(reason);
    }
}

/// One page.
struct Page {
    items: Vec<Json>,
    limit: Option<usize>,
    total: Option<u64>,
    wrapped: bool,
}

impl Page {
    fn read(body: Json) -> Result<Self, String> {
        let mut members = match body {
            Json::Array(items) => {
                return Ok(Self {
                    items,
                    limit: None,
                    total: None,
                    wrapped: false,
                });
            }
            Json::Object(members) => members,
            _ => return Err("neither a list nor an object with `data`".to_owned()),
        };
        let key = members.keys().find(|key| key.eq_ignore_ascii_case("data"));
        let Some(key) = key.cloned() else {
            return Err("neither a list nor an object with `data`".to_owned());
        };
        let Some(Json::Array(items)) = members.swap_remove(&key) else {
            return Err("`data` is not a list".to_owned());
        };
        let rest = Json::Object(members);
        let number = |name| Object::of(&rest).and_then(|object| object.id(name));
        let limit = number("limit").filter(|limit| *limit > 0);
        Ok(Self {
            items,
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(LIMIT)),
            total: number("total"),
            wrapped: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn items(ids: std::ops::Range<u64>) -> Vec<Json> {
        ids.map(|id| json!({"id": id})).collect()
    }

    /// A server with this many entries.
    #[derive(Clone, Copy)]
    struct Server {
        entries: u64,
        wrapped: bool,
        total: bool,
        /// The largest page it gives.
        cap: usize,
        /// The number of its first page; `None` gives everything whatever is asked.
        first: Option<usize>,
    }

    impl Server {
        fn page(self, number: usize) -> Option<Json> {
            let size = LIMIT.min(self.cap) as u64;
            let at = match self.first {
                None => 0,
                Some(first) => (number.checked_sub(first)?) as u64 * size,
            };
            let end = match self.first {
                None => self.entries,
                Some(_) => self.entries.min(at + size),
            };
            let page = items(at.min(self.entries) + 1..end + 1);
            if !self.wrapped {
                return Some(page.into());
            }
            let mut body = json!({"data": page, "page": number, "limit": size});
            if self.total {
                body["total"] = self.entries.into();
            }
            Some(body)
        }

        fn list(self) -> (Listing, usize) {
            let (mut pages, mut next, mut asked) = (Pages::default(), Next::Page(1), 0);
            loop {
                match next {
                    Next::Page(number) => {
                        asked += 1;
                        next = pages.take(self.page(number).unwrap_or(json!([]))).unwrap();
                    }
                    Next::First => {
                        asked += 1;
                        pages.take_first(self.page(0));
                        next = Next::End;
                    }
                    Next::End => return (pages.finish(), asked),
                }
            }
        }
    }

    #[test]
    fn every_kind_of_server_is_read_whole() {
        for entries in [0, 1, 49, 50, 51, 99, 100, 101, 200, 201, 350] {
            for (wrapped, total) in [(false, false), (true, false), (true, true)] {
                for cap in [50, 100, 1_000] {
                    for first in [Some(1), Some(0), None] {
                        let server = Server {
                            entries,
                            wrapped,
                            total,
                            cap,
                            first,
                        };
                        let (listing, asked) = server.list();
                        let told = format!("{entries} {wrapped} {total} {cap} {first:?}");
                        assert_eq!(listing.items.len() as u64, entries, "{told}");
                        assert_eq!(listing.incomplete, None, "{told}");
                        assert!(asked as u64 <= entries.div_ceil(50) + 3, "{told}: {asked}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_total_ends_the_list_without_another_request() {
        let server = Server {
            entries: 200,
            wrapped: true,
            total: true,
            cap: 100,
            first: Some(1),
        };
        assert_eq!(server.list().1, 2);
    }

    fn doubtful(answers: &[Json], reason: &str) {
        let mut pages = Pages::default();
        for answer in answers {
            pages.take(answer.clone()).unwrap();
        }
        let doubt = pages.finish().incomplete.expect("a doubt");
        assert!(doubt.contains(reason), "{doubt}");
    }

    #[test]
    fn doubts_make_a_list_incomplete() {
        doubtful(
            &[
                json!({"data": items(1..3), "total": 5}),
                json!({"data": []}),
            ],
            "counts 5",
        );
        doubtful(&[json!({"data": items(1..4), "total": 2})], "counts 2");
        doubtful(
            &[json!(items(1..101)), json!(items(100..200))],
            "came twice",
        );
        doubtful(&[json!([{"id": 1}, {"title": "x"}])], "no id");
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for answer in [
            json!({}),
            json!({"cases": []}),
            json!("x"),
            json!(null),
            json!({"data": 1}),
        ] {
            assert!(Pages::default().take(answer.clone()).is_err(), "{answer}");
        }
    }
}
