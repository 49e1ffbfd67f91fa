//! Attached files (Microsoft Learn, Work Item Tracking, Attachments): upload whole or in chunks, download.
//!
//! An upload attaches nothing: a relation `AttachedFile` with the file's address does.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Organization;
use super::error::ApiError;
use super::guid::guid;
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};

/// The largest file on Azure DevOps Services (Microsoft Learn, Work tracking limits).
const MAX_SIZE: u64 = 60 * 1024 * 1024;

/// Uploaded files by GUID.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attachments {
    files: BTreeMap<String, File>,
    made: u64,
}

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    bytes: Vec<u8>,
    /// How many bytes an upload in chunks announced; `None` once they are there.
    awaited: Option<u64>,
}

impl File {
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl Attachments {
    /// The file that an address leads to, whoever wrote the address.
    pub(crate) fn at_url(&self, url: &str) -> Option<&File> {
        let path = url.split(['?', '#']).next()?;
        let id = path.trim_end_matches('/').rsplit('/').next()?;
        self.whole(id)
    }

    fn whole(&self, id: &str) -> Option<&File> {
        let file = self.files.get(&id.to_lowercase())?;
        file.awaited.is_none().then_some(file)
    }
}

impl Organization {
    pub(crate) fn upload(&mut self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        let chunked = request
            .query("uploadType")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("chunked"));
        expect_bytes(request, chunked)?;
        self.attachments.made += 1;
        let id = guid(&format!("attachment {}", self.attachments.made));
        let file = File {
            bytes: request.body.to_vec(),
            awaited: chunked.then_some(0),
        };
        self.attachments.files.insert(id.clone(), file);
        let base = scope
            .project
            .map_or_else(|| self.url(), |project| self.project_url(project));
        let mut url = format!("{base}/_apis/wit/attachments/{id}");
        if let Some(name) = request.query("fileName") {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("fileName", name)
                .finish();
            url = format!("{url}?{query}");
        }
        Ok((
            StatusCode::CREATED,
            Some(json!({"id": id, "url": url}).into()),
        ))
    }

    /// `PUT attachments/{id}` with `Content-Range: bytes first-last/total`; chunks come in order.
    pub(crate) fn upload_chunk(&mut self, request: &ApiRequest<'_>, id: &str) -> Answer {
        expect_bytes(request, false)?;
        let file = self.attachments.files.get_mut(id);
        let file = file
            .filter(|file| file.awaited.is_some())
            .ok_or_else(|| ApiError::no_attachment(id))?;
        let wrong = || {
            ApiError::bad_request(
                "The Content-Range header does not fit the bytes that are there and those that came.",
            )
        };
        let (first, last, total) = request
            .header("content-range")
            .and_then(content_range)
            .ok_or_else(wrong)?;
        let came = request.body.len() as u64;
        if first != file.size() || last + 1 != first + came || last >= total || total > MAX_SIZE {
            return Err(wrong());
        }
        file.bytes.extend_from_slice(request.body);
        file.awaited = (file.size() < total).then_some(total);
        let url = format!("{}/_apis/wit/attachments/{id}", self.url());
        ok(json!({"id": id, "url": url}))
    }

    pub(crate) fn download(&self, request: &ApiRequest<'_>, id: &str) -> Answer {
        let file = self.attachments.whole(id);
        let file = file.ok_or_else(|| ApiError::no_attachment(id))?;
        request.answer_bytes(file.bytes.clone());
        ok(Value::Null)
    }
}

/// Files come as `application/octet-stream`; the start of an upload in chunks may come without a body.
fn expect_bytes(request: &ApiRequest<'_>, may_be_empty: bool) -> Result<(), ApiError> {
    let kind = request.content_type();
    let valid = "application/octet-stream";
    if kind == valid || (may_be_empty && request.body.is_empty()) {
        return Ok(());
    }
    Err(ApiError::content_type(&kind, request.method, valid))
}

fn content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((
        first.trim().parse().ok()?,
        last.trim().parse().ok()?,
        total.trim().parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_as_the_service_writes_them() {
        assert_eq!(
            content_range("bytes 0-39999/50000"),
            Some((0, 39_999, 50_000))
        );
        for wrong in ["bytes 0-39999", "0-1/2", "bytes a-1/2", "bytes */5", ""] {
            assert_eq!(content_range(wrong), None, "{wrong}");
        }
    }
}
