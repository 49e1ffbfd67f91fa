//! Comments of work items (Microsoft Learn, Work Item Tracking, Comments 7.1-preview.4; the older form is that of 4.1
//! and 5.0).
//!
//! A comment is what a write to `System.History` leaves behind, and adding one through this API is such a write. Editing
//! and deleting one makes no revision: whether the service makes one is not documented, and a reader must not need it.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Organization;
use super::error::ApiError;
use super::html;
use super::identity::UserId;
use super::item::{FieldChange, WorkItem};
use super::patch::{Op, PatchOp, Path};
use super::request::ApiRequest;
use super::route::{Answer, Scope, number, ok};
use super::wire::list;
use super::write::WriteOptions;

/// How many comments a page has unless the request says otherwise.
const PAGE: usize = 200;

/// A comment with its history.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    /// The revision of the item that brought it.
    pub(crate) rev: u32,
    /// Never empty; the last one is in force.
    versions: Vec<Version>,
}

#[derive(Clone, Debug)]
struct Version {
    text: Arc<str>,
    markdown: bool,
    at: Timestamp,
    by: UserId,
    deleted: bool,
}

impl Comment {
    /// What was written first.
    pub(crate) fn written(&self) -> &str {
        &self.first().text
    }

    fn first(&self) -> &Version {
        &self.versions[0]
    }

    fn last(&self) -> &Version {
        &self.versions[self.versions.len() - 1]
    }
}

/// `$expand` of comments: names in any case, or the numbers that the client for Node.js sends.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    rendered: bool,
    only_rendered: bool,
    reactions: bool,
}

impl Shown {
    fn read(request: &ApiRequest<'_>) -> Result<Self, ApiError> {
        let text = request.query("$expand").unwrap_or_default().to_lowercase();
        let none = Self::default();
        Ok(match text.as_str() {
            "" | "none" | "0" => none,
            "reactions" | "1" => Self {
                reactions: true,
                ..none
            },
            "renderedtext" | "8" => Self {
                rendered: true,
                ..none
            },
            "renderedtextonly" | "16" => Self {
                only_rendered: true,
                ..none
            },
            "all" | "-17" => Self {
                rendered: true,
                reactions: true,
                ..none
            },
            other => {
                return Err(ApiError::bad_request(format!(
                    "The value '{other}' is not valid for the parameter $expand."
                )));
            }
        })
    }
}

impl Organization {
    /// The comment that a change of `System.History` leaves behind.
    pub(crate) fn new_comment(
        &mut self,
        change: Option<&FieldChange>,
        rev: u32,
        (at, by): (Timestamp, UserId),
    ) -> Option<Comment> {
        let text = change?.new.as_ref()?.as_text()?;
        Some(Comment {
            id: self.items.next_comment(),
            rev,
            versions: vec![Version {
                text: Arc::from(text),
                markdown: false,
                at,
                by,
                deleted: false,
            }],
        })
    }

    /// Everything below `wit/workItems/{id}/comments`.
    pub(crate) fn comments(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
        rest: &[&str],
    ) -> Answer {
        if is_older(request) {
            return self.older_comments(request, id, rest);
        }
        // The only part of work item tracking, beside creating, that needs the project.
        let project = scope.project.ok_or_else(ApiError::project_needed)?;
        let item = self.items.live(id).filter(|item| item.project == project);
        let item = item.ok_or_else(|| ApiError::no_item(id))?;
        match (request.method, rest) {
            ("GET", []) => self.list_comments(request, item),
            ("POST", []) => self.add_comment(request, scope, id),
            ("GET", [comment]) => {
                let comment = find(item, number(comment)?, request.flag("includeDeleted"))?;
                ok(self.comment_json(item, comment, Shown::read(request)?))
            }
            ("PATCH", [comment]) => self.edit_comment(request, scope, (id, number(comment)?)),
            ("DELETE", [comment]) => self.delete_comment(request, scope, (id, number(comment)?)),
            ("GET", [comment, "versions"]) => {
                let comment = find(item, number(comment)?, true)?;
                let all = 1..=comment.versions.len();
                ok(list(
                    all.map(|at| self.version_json(item, comment, at)).collect(),
                ))
            }
            ("GET", [comment, "versions", version]) => {
                let comment = find(item, number(comment)?, true)?;
                let version = usize::try_from(number(version)?).unwrap_or(usize::MAX);
                if !(1..=comment.versions.len()).contains(&version) {
                    return Err(ApiError::no_comment(id, comment.id));
                }
                ok(self.version_json(item, comment, version))
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn list_comments(&self, request: &ApiRequest<'_>, item: &WorkItem) -> Answer {
        let shown = Shown::read(request)?;
        let deleted = request.flag("includeDeleted");
        let mut all: Vec<&Comment> = item
            .comments
            .iter()
            .filter(|comment| deleted || !comment.last().deleted)
            .collect();
        let total = all.len();
        if let Some(ids) = request.ids("ids")? {
            all.retain(|comment| ids.contains(&comment.id));
        }
        let order = request.query("order").unwrap_or_default().to_lowercase();
        // Newest first is what the service does; the enum counts from 1.
        if !matches!(order.as_str(), "asc" | "1") {
            all.reverse();
        }
        let from: usize = match request.query("continuationToken") {
            Some(token) if !token.is_empty() => token
                .parse()
                .map_err(|_| ApiError::bad_request("The continuation token is not valid."))?,
            _ => 0,
        };
        let top = request.number("$top")?.unwrap_or(PAGE).clamp(1, PAGE);
        let page: Vec<Value> = all
            .iter()
            .skip(from)
            .take(top)
            .map(|comment| self.comment_json(item, comment, shown))
            .collect();
        let mut told = json!({
            "totalCount": total,
            "count": page.len(),
            "comments": page,
        });
        if from + top < all.len() {
            let next = from + top;
            told["continuationToken"] = json!(next.to_string());
            told["nextPage"] = json!(format!(
                "{}/comments?continuationToken={next}&$top={top}",
                self.item_url(item)
            ));
        }
        ok(told)
    }

    fn add_comment(&mut self, request: &ApiRequest<'_>, scope: Scope, id: u64) -> Answer {
        let text = written_text(request)?;
        let markdown = is_markdown(request)?;
        let writer = self.writer(request, scope, &WriteOptions::default())?;
        let history = PatchOp {
            op: Op::Add,
            path: Path::Field("System.History".to_owned()),
            value: json!(text),
        };
        self.update_item(id, &[history], &writer)?;
        self.items.amend(id, |item| {
            if let (true, Some(comment)) = (markdown, item.comments.last_mut()) {
                for version in &mut comment.versions {
                    version.text = Arc::from(text.as_str());
                    version.markdown = true;
                }
            }
        });
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        let comment = item.comments.last();
        let comment = comment.ok_or_else(|| ApiError::bad_request("The text is empty."))?;
        ok(self.comment_json(item, comment, RENDERED))
    }

    fn edit_comment(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        (id, comment): (u64, u64),
    ) -> Answer {
        let text = written_text(request)?;
        let format = match request.query("format") {
            None => None,
            Some(_) => Some(is_markdown(request)?),
        };
        self.next_version((id, comment), |last| {
            let markdown = format.unwrap_or(last.markdown);
            let text = if markdown { text } else { html::rewrite(&text) };
            Version {
                text: Arc::from(text),
                markdown,
                at: super::instant::on_grid(request.now),
                by: scope.user,
                deleted: false,
            }
        })?;
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        ok(self.comment_json(item, find(item, comment, false)?, RENDERED))
    }

    fn delete_comment(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        place: (u64, u64),
    ) -> Answer {
        self.next_version(place, |last| Version {
            at: super::instant::on_grid(request.now),
            by: scope.user,
            deleted: true,
            ..last.clone()
        })?;
        self.items.amend(place.0, |item| item.comment_count -= 1);
        Ok((StatusCode::NO_CONTENT, None))
    }

    fn next_version(
        &mut self,
        (id, comment): (u64, u64),
        next: impl FnOnce(&Version) -> Version,
    ) -> Result<(), ApiError> {
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        let next = next(find(item, comment, false)?.last());
        self.items.amend(id, |item| {
            let known = item.comments.iter_mut().find(|one| one.id == comment);
            if let Some(known) = known {
                known.versions.push(next);
            }
        });
        Ok(())
    }

    fn comment_json(&self, item: &WorkItem, comment: &Comment, shown: Shown) -> Value {
        let (first, last) = (comment.first(), comment.last());
        let url = self.url();
        let mut told = Map::new();
        let mut tell = |key: &str, value: Value| {
            told.insert(key.to_owned(), value);
        };
        if shown.reactions {
            tell("reactions", json!([]));
        }
        tell("mentions", json!([]));
        tell("workItemId", json!(item.id));
        tell("id", json!(comment.id));
        tell("version", json!(comment.versions.len()));
        if !shown.only_rendered {
            tell("text", json!(&*last.text));
        }
        if shown.rendered || shown.only_rendered {
            tell("renderedText", json!(rendered(last)));
        }
        tell("createdBy", self.users.get(first.by).json(&url));
        tell("createdDate", json!(first.at.to_string()));
        tell("modifiedBy", self.users.get(last.by).json(&url));
        tell("modifiedDate", json!(last.at.to_string()));
        if last.deleted {
            tell("isDeleted", json!(true));
        }
        tell("format", json!(format_name(last)));
        tell("url", json!(self.comment_url(item, comment)));
        Value::Object(told)
    }

    fn version_json(&self, item: &WorkItem, comment: &Comment, at: usize) -> Value {
        let (first, version) = (comment.first(), &comment.versions[at - 1]);
        let url = self.url();
        json!({
            "id": comment.id,
            "version": at,
            "text": &*version.text,
            "renderedText": rendered(version),
            "createdBy": self.users.get(first.by).json(&url),
            "createdDate": first.at.to_string(),
            "modifiedBy": self.users.get(version.by).json(&url),
            "modifiedDate": version.at.to_string(),
            "isDeleted": version.deleted,
            "url": format!("{}/versions/{at}", self.comment_url(item, comment)),
        })
    }

    fn comment_url(&self, item: &WorkItem, comment: &Comment) -> String {
        format!("{}/comments/{}", self.item_url(item), comment.id)
    }

    /// `commentVersionRef` of the revision that brought a comment.
    pub(crate) fn comment_reference(&self, item: &WorkItem, comment: &Comment) -> Value {
        let url = format!("{}/versions/1", self.comment_url(item, comment));
        json!({"commentId": comment.id, "version": 1, "url": url})
    }

    /// The comments of 3.0 to 5.0: one for each revision that brought one, found by the revision's number.
    fn older_comments(&self, request: &ApiRequest<'_>, id: u64, rest: &[&str]) -> Answer {
        let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
        let told = |comment: &&Comment| {
            let last = comment.last();
            json!({
                "revision": comment.rev,
                "text": &*last.text,
                "revisedBy": self.users.get(comment.first().by).json(&self.url()),
                "revisedDate": comment.first().at.to_string(),
                "url": format!("{}/comments/{}", self.item_url(item), comment.rev),
            })
        };
        let standing = item.comments.iter().filter(|one| !one.last().deleted);
        match (request.method, rest) {
            ("GET", []) => {
                let from = request.number("fromRevision")?.unwrap_or(1);
                let all: Vec<&Comment> = standing.collect();
                let later = all.iter().filter(|one| one.rev as usize >= from);
                let top = request.number("$top")?.unwrap_or(PAGE).clamp(1, PAGE);
                let page: Vec<Value> = later.clone().take(top).map(told).collect();
                ok(json!({
                    "totalCount": all.len(),
                    "fromRevisionCount": later.count(),
                    "count": page.len(),
                    "comments": page,
                }))
            }
            ("GET", [revision]) => {
                let revision = number(revision)?;
                let mut found = standing.filter(|one| u64::from(one.rev) == revision);
                let comment = found.next();
                ok(told(
                    &comment.ok_or_else(|| ApiError::no_comment(id, revision))?,
                ))
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }
}

/// What answers to writes show.
const RENDERED: Shown = Shown {
    rendered: true,
    only_rendered: false,
    reactions: false,
};

/// Whether a request asks for the comments of 5.0 and before.
fn is_older(request: &ApiRequest<'_>) -> bool {
    super::version::asked(request).is_some_and(|asked| super::version::is_before(&asked, (5, 1)))
}

fn find(item: &WorkItem, id: u64, deleted: bool) -> Result<&Comment, ApiError> {
    item.comments
        .iter()
        .find(|comment| comment.id == id && (deleted || !comment.last().deleted))
        .ok_or_else(|| ApiError::no_comment(item.id, id))
}

fn written_text(request: &ApiRequest<'_>) -> Result<String, ApiError> {
    let body = request.json()?;
    let text = body
        .get("text")
        .or_else(|| body.get("Text"))
        .and_then(Value::as_str);
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(str::to_owned)
        .ok_or_else(|| ApiError::bad_request("The value of text is not valid."))
}

/// `format`: a name in any case, or the number that the client for Node.js sends. Without it, HTML.
fn is_markdown(request: &ApiRequest<'_>) -> Result<bool, ApiError> {
    match request
        .query("format")
        .unwrap_or_default()
        .to_lowercase()
        .as_str()
    {
        "markdown" | "0" => Ok(true),
        "" | "html" | "1" => Ok(false),
        other => Err(ApiError::bad_request(format!(
            "The value '{other}' is not valid for the parameter format."
        ))),
    }
}

fn format_name(version: &Version) -> &'static str {
    if version.markdown { "markdown" } else { "html" }
}

/// HTML as it is; Markdown only as a paragraph of its escaped text, because nobody should compare renderings.
fn rendered(version: &Version) -> String {
    if !version.markdown {
        return version.text.to_string();
    }
    let escaped = version
        .text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<p>{escaped}</p>")
}
