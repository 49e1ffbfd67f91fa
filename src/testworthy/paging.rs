//! Putting a list together from one answer or many.
//!
//! How lists are wrapped and paged is not published: a bare array, or an object with the noun as its
//! key, perhaps with `offset`, `limit`, `size` and `_links` as its relatives have. Whatever leaves a
//! doubt that the list is whole makes it incomplete, and then nothing is created or deleted on its
//! strength.

use std::collections::HashSet;

use serde_json::Value as Json;
use url::Url;

use super::list_body::{self, ListKind, Outside};
use super::operations::Paths;
use super::wire::Object;

/// A list as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Its entries, each id once.
    pub(super) items: Vec<Json>,
    /// Why it may lack some.
    pub(super) incomplete: Option<String>,
}

/// A list in the making.
#[derive(Debug, Default)]
pub(super) struct Pages {
    listing: Listing,
    /// How many entries were new.
    kept: u64,
    seen: HashSet<u64>,
    taken: usize,
    total: Option<u64>,
}

/// A list of hundreds of thousands would still end well before this.
const MOST_PAGES: usize = 10_000;

impl Pages {
    /// Takes the answer to `from`; the address of the next page, if there is one. `Err` if the answer is
    /// no list of `noun`.
    pub(super) fn take(
        &mut self,
        body: Json,
        noun: &str,
        from: &Url,
        paths: &Paths,
    ) -> Result<Option<Url>, String> {
        let frame = Frame::read(&body, noun)?;
        let items = into_items(body, noun);
        let count = items.as_ref().map(Vec::len);
        let mut fresh = 0;
        for item in items.unwrap_or_default() {
            if self.is_fresh(&item) {
                self.listing.items.push(item);
                fresh += 1;
            }
        }
        Ok(self.follow(&frame, noun, (count, fresh), from, paths))
    }

    /// As [`Self::take`], from an answer's text and without keeping the entries: `each` gets those that
    /// are new, one at a time.
    pub(super) fn take_each(
        &mut self,
        body: &[u8],
        noun: &str,
        from: &Url,
        paths: &Paths,
        mut each: impl FnMut(Json),
    ) -> Result<Option<Url>, String> {
        let (mut count, mut fresh) = (0, 0);
        let outside = list_body::read(body, noun, &mut |item| {
            count += 1;
            if self.is_fresh(&item) {
                fresh += 1;
                each(item);
            }
        });
        let outside = outside.map_err(|problem| problem.to_string())?;
        let frame = Frame::around(&outside, noun)?;
        let count = (outside.list != Some(ListKind::Null)).then_some(count);
        Ok(self.follow(&frame, noun, (count, fresh), from, paths))
    }

    /// Where the list goes on after a page with so many entries (`None`: null instead of a list) and so
    /// many new ones.
    fn follow(
        &mut self,
        frame: &Frame,
        noun: &str,
        (entries, fresh): (Option<usize>, usize),
        from: &Url,
        paths: &Paths,
    ) -> Option<Url> {
        if entries.is_none() {
            self.doubt(format!("the server gave null instead of a list of {noun}"));
        }
        let count = entries.unwrap_or_default();
        self.total = self.total.or(frame.total);
        if let Some(size) = frame.size.filter(|size| *size != count as u64) {
            // Some servers count the whole list here instead of the page.
            self.total = self.total.or(Some(size));
        }
        self.taken += 1;
        match frame.next(count, from, paths) {
            Next::End => None,
            Next::Elsewhere => {
                self.doubt("the server's link to the next page leads elsewhere".to_owned());
                None
            }
            Next::Page(_) if fresh == 0 => {
                self.doubt("the server gave a page again".to_owned());
                None
            }
            Next::Page(_) if self.taken >= MOST_PAGES => {
                self.doubt(format!("there are more than {MOST_PAGES} pages"));
                None
            }
            Next::Page(url) => Some(url),
        }
    }

    /// The list, once there is no next page.
    pub(super) fn finish(mut self) -> Listing {
        let listed = self.kept;
        if let Some(total) = self.total.filter(|total| *total != listed) {
            self.doubt(format!(
                "the server counts {total} entries but listed {listed}"
            ));
        }
        self.listing
    }

    /// Whether an entry is to be kept: it has an id that did not come before.
    fn is_fresh(&mut self, item: &Json) -> bool {
        let Some(id) = Object::of(item).and_then(|object| object.id("id")) else {
            self.doubt("an entry of the list has no id".to_owned());
            return false;
        };
        if !self.seen.insert(id) {
            self.doubt(format!(
                "entry {id} came twice, so the list moved while it was read"
            ));
            return false;
        }
        self.kept += 1;
        true
    }

    /// The first doubt is told; one is enough.
    fn doubt(&mut self, reason: String) {
        self.listing.incomplete.get_or_insert(reason);
    }
}

/// What surrounds the entries of a page.
#[derive(Debug, Default)]
struct Frame {
    offset: Option<u64>,
    limit: Option<u64>,
    size: Option<u64>,
    total: Option<u64>,
    /// Whether there are links at all; without one that leads on they say that this is the end.
    linked: bool,
    link: Option<String>,
}

enum Next {
    End,
    Page(Url),
    Elsewhere,
}

impl Frame {
    fn read(body: &Json, noun: &str) -> Result<Self, String> {
        if body.is_array() {
            return Ok(Self::default());
        }
        let object = Object::of(body)
            .filter(|object| object.has(noun))
            .ok_or_else(|| format!("neither a list nor an object with `{noun}`"))?;
        if object.get(noun).is_some_and(|list| !list.is_array()) {
            return Err(format!("`{noun}` is not a list"));
        }
        Ok(Self::of(object))
    }

    fn around(outside: &Outside, noun: &str) -> Result<Self, String> {
        match outside.list {
            _ if outside.bare => Ok(Self::default()),
            None => Err(format!("neither a list nor an object with `{noun}`")),
            Some(ListKind::Other) => Err(format!("`{noun}` is not a list")),
            Some(ListKind::Entries | ListKind::Null) => {
                Ok(Self::of(Object::of_members(&outside.members)))
            }
        }
    }

    fn of(object: Object<'_>) -> Self {
        let links = object.object("_links");
        Self {
            offset: object.id("offset"),
            limit: object.id("limit"),
            size: object.id("size"),
            total: object.id("total").or_else(|| object.id("total_count")),
            linked: links.is_some(),
            link: links
                .and_then(|links| links.text("next"))
                .filter(|link| !link.is_empty()),
        }
    }

    fn next(&self, count: usize, from: &Url, paths: &Paths) -> Next {
        let by_offset = || {
            let (offset, limit) = (self.offset?, self.limit?);
            let offset = offset.checked_add(count as u64)?;
            (limit > 0).then(|| with_offset(from, offset, limit))
        };
        if let Some(link) = &self.link {
            // A link in another server's style (some begin with /api/v2/) is not followed, but the
            // position that came with it serves as well.
            let next = paths.follow(from, link).or_else(by_offset);
            return next.map_or(Next::Elsewhere, Next::Page);
        }
        let full = self
            .limit
            .is_some_and(|limit| count > 0 && count as u64 >= limit);
        let next = if full && !self.linked {
            by_offset()
        } else {
            None
        };
        next.map_or(Next::End, Next::Page)
    }
}

fn with_offset(from: &Url, offset: u64, limit: u64) -> Url {
    let kept: Vec<(String, String)> = from
        .query_pairs()
        .filter(|(name, _)| name != "offset" && name != "limit")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut url = from.clone();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("limit", &limit.to_string())
        .append_pair("offset", &offset.to_string());
    url
}

/// The entries; `None` if the list is null.
fn into_items(body: Json, noun: &str) -> Option<Vec<Json>> {
    match body {
        Json::Array(items) => Some(items),
        Json::Object(mut object) => {
            let key = object
                .keys()
                .find(|key| *key == noun)
                .or_else(|| object.keys().find(|key| key.eq_ignore_ascii_case(noun)))?
                .clone();
            match object.swap_remove(&key)? {
                Json::Array(items) => Some(items),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::config::Operations;

    /// Serves `answers` in turn; the listing and the addresses that were asked for.
    fn list(answers: &[Json]) -> (Result<Listing, String>, Vec<String>) {
        let base = Url::parse("https://testworthy.us").unwrap();
        let paths = Paths::new(&base, &Operations::default()).unwrap();
        let mut url = Some(base.join("/api/tests/get_cases/41").unwrap());
        let (mut asked, mut pages) = (Vec::new(), Pages::default());
        let mut each_way = Pages::default();
        for answer in answers {
            let Some(from) = url.take() else { break };
            asked.push(
                from.as_str()
                    .trim_start_matches("https://testworthy.us/api/tests/")
                    .to_owned(),
            );
            // Entry by entry it must come to the same.
            let (mut entries, text) = (Vec::new(), answer.to_string());
            let by_entry = each_way.take_each(text.as_bytes(), "cases", &from, &paths, |entry| {
                entries.push(entry);
            });
            let before = pages.listing.items.len();
            let next = pages.take(answer.clone(), "cases", &from, &paths);
            assert_eq!(by_entry.is_ok(), next.is_ok(), "{answer}");
            if let (Ok(one), Ok(other)) = (&by_entry, &next) {
                assert_eq!(one, other, "{answer}");
                assert_eq!(entries, pages.listing.items[before..], "{answer}");
                assert_eq!(
                    each_way.listing.incomplete, pages.listing.incomplete,
                    "{answer}"
                );
            }
            match next {
                Ok(next) => url = next,
                Err(problem) => return (Err(problem), asked),
            }
        }
        assert_eq!(url, None, "it wants more than {} pages", answers.len());
        let listing = pages.finish();
        assert_eq!(each_way.finish().incomplete, listing.incomplete);
        (Ok(listing), asked)
    }

    fn items(ids: std::ops::Range<u64>) -> Vec<Json> {
        ids.map(|id| json!({"id": id})).collect()
    }

    fn whole(answers: &[Json], count: usize, addresses: &[&str]) {
        let (listing, asked) = list(answers);
        let listing = listing.unwrap();
        assert_eq!(listing.incomplete, None);
        assert_eq!(listing.items.len(), count);
        assert_eq!(asked, addresses);
    }

    fn doubtful(answers: &[Json], count: usize, reason: &str) {
        let (listing, _) = list(answers);
        let listing = listing.unwrap();
        assert_eq!(listing.items.len(), count);
        let doubt = listing.incomplete.expect("a doubt");
        assert!(doubt.contains(reason), "{doubt}");
    }

    #[test]
    fn lists_without_paging_are_whole() {
        let first = ["get_cases/41"];
        whole(&[json!([])], 0, &first);
        whole(&[json!(items(1..4))], 3, &first);
        whole(&[json!({"cases": items(1..4)})], 3, &first);
        whole(&[json!({"Cases": items(1..4), "note": null})], 3, &first);
        whole(
            &[json!({"cases": items(1..4), "size": 3, "limit": 250, "offset": 0})],
            3,
            &first,
        );
        whole(
            &[json!({"cases": [], "limit": 0, "offset": 0, "size": 0})],
            0,
            &first,
        );
    }

    #[test]
    fn links_are_followed_to_the_end() {
        whole(
            &[
                json!({"offset": 0, "limit": 2, "size": 2, "cases": items(1..3),
                       "_links": {"next": "/api/tests/get_cases/41?limit=2&offset=2", "prev": null}}),
                json!({"offset": 2, "limit": 2, "size": 2, "cases": items(3..5),
                       "_links": {"next": null}}),
            ],
            4,
            &["get_cases/41", "get_cases/41?limit=2&offset=2"],
        );
    }

    #[test]
    fn offsets_are_followed_without_links_and_with_foreign_ones() {
        let addresses = ["get_cases/41", "get_cases/41?limit=2&offset=2"];
        whole(
            &[
                json!({"offset": 0, "limit": 2, "size": 2, "cases": items(1..3)}),
                json!({"offset": 2, "limit": 2, "size": 1, "cases": items(3..4)}),
            ],
            3,
            &addresses,
        );
        whole(
            &[
                json!({"offset": 0, "limit": 2, "cases": items(1..3),
                       "_links": {"next": "/api/v2/get_cases/1&limit=2&offset=2"}}),
                json!({"offset": 2, "limit": 2, "cases": items(3..4), "_links": {"next": null}}),
            ],
            3,
            &addresses,
        );
        // The last page is full: one more is asked for and is empty.
        whole(
            &[
                json!({"offset": 0, "limit": 2, "cases": items(1..3)}),
                json!({"offset": 2, "limit": 2, "cases": []}),
            ],
            2,
            &addresses,
        );
    }

    #[test]
    fn doubts_make_a_list_incomplete() {
        let next = json!({"next": "?offset=2"});
        let page = json!({"cases": items(1..3), "_links": next});
        doubtful(&[page.clone(), page], 2, "came twice");
        doubtful(
            &[
                json!({"offset": 0, "limit": 2, "cases": items(1..3)}),
                json!({"offset": 0, "limit": 2, "cases": items(1..3)}),
            ],
            2,
            "came twice",
        );
        doubtful(&[json!({"cases": [], "_links": next})], 0, "page again");
        doubtful(
            &[json!({"cases": items(1..3), "_links": {"next": "https://evil.example/x"}})],
            2,
            "elsewhere",
        );
        doubtful(
            &[json!({"cases": items(1..3), "size": 5})],
            2,
            "counts 5 entries but listed 2",
        );
        doubtful(
            &[json!({"cases": items(1..3), "total": 5})],
            2,
            "counts 5 entries but listed 2",
        );
        doubtful(&[json!({"cases": null})], 0, "null");
        doubtful(&[json!([{"id": 1}, {"id": null}, 7])], 1, "no id");
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for answer in [
            json!({}),
            json!({"runs": []}),
            json!("x"),
            json!(null),
            json!({"cases": {}}),
        ] {
            assert!(list(std::slice::from_ref(&answer)).0.is_err(), "{answer}");
        }
    }
}
