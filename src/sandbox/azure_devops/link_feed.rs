//! The feed of links (Microsoft Learn, Reporting Work Item Links), which tells what revisions do not: links between work
//! items come and go without a revision.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Organization;
use super::edit::Writer;
use super::error::ApiError;
use super::identity::UserId;
use super::instant;
use super::item::WorkItem;
use super::read::comma_list;
use super::relation::Relation;
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};
use super::wire::list;

/// A link that was added or removed.
#[derive(Clone, Debug)]
pub(crate) struct LinkChange {
    /// Without `-Forward` or `-Reverse`.
    rel: &'static str,
    source: u64,
    target: u64,
    at: Timestamp,
    by: UserId,
    comment: Option<std::sync::Arc<str>>,
    active: bool,
}

impl LinkChange {
    /// The link that `id` has in this relation to `target`: the parent, the tested item and so on is the source.
    pub(crate) fn new(
        id: u64,
        relation: &Relation,
        target: u64,
        active: bool,
        writer: &Writer,
    ) -> Self {
        let name = relation.kind.reference;
        let (rel, source, target) = match name.strip_suffix("-Reverse") {
            Some(base) => (base, target, id),
            None => (name.strip_suffix("-Forward").unwrap_or(name), id, target),
        };
        Self {
            rel,
            source,
            target,
            at: writer.now,
            by: writer.user,
            comment: relation.comment.clone(),
            active,
        }
    }
}

impl Organization {
    pub(crate) fn reporting_links(&self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        let given = |name: &str| request.query(name).filter(|text| !text.is_empty());
        let token = given("continuationToken");
        let since = given("startDateTime");
        if token.is_some() && since.is_some() {
            return Err(ApiError::bad_request(
                "The parameters continuationToken and startDateTime exclude each other.",
            ));
        }
        let from: usize = match token {
            Some(token) => token
                .parse()
                .map_err(|_| ApiError::bad_request("The continuation token is not valid."))?,
            None => 0,
        };
        let since = match since {
            Some(text) => {
                let written = instant::parse(text).ok_or_else(|| {
                    ApiError::bad_request(format!("'{text}' is not valid for startDateTime."))
                })?;
                Some(written.at)
            }
            None => None,
        };
        let names = |name: &str| request.query(name).map(comma_list).unwrap_or_default();
        let (link_types, types) = (names("linkTypes"), names("types"));
        let all = self.items.link_changes();
        let mut values = Vec::new();
        let mut next = from;
        for change in all.iter().skip(from) {
            if values.len() >= self.settings.reporting_page.max(1) {
                break;
            }
            next += 1;
            let ends = [change.source, change.target].map(|id| self.items.any(id));
            // Of a destroyed item nothing is told any more.
            let [Some(source), Some(target)] = ends else {
                continue;
            };
            let is_one = |wanted: &dyn Fn(&WorkItem) -> bool| wanted(source) || wanted(target);
            let here = scope
                .project
                .is_none_or(|project| is_one(&|item| item.project == project));
            let typed = types.is_empty()
                || is_one(&|item| {
                    let name = &self.types[item.kind].name;
                    types.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
                });
            let linked = link_types.is_empty()
                || link_types.iter().any(|wanted| {
                    let wanted = wanted.trim_end_matches("-Forward");
                    wanted
                        .trim_end_matches("-Reverse")
                        .eq_ignore_ascii_case(change.rel)
                });
            if here && typed && linked && since.is_none_or(|since| change.at > since) {
                values.push(self.link_json(change, source, target));
            }
        }
        let token = next.to_string();
        ok(json!({
            "values": values,
            "nextLink": self.next_link(request, scope, ("workItemLinks", &token)),
            "continuationToken": token,
            "isLastBatch": next >= all.len(),
        }))
    }

    fn link_json(&self, change: &LinkChange, source: &WorkItem, target: &WorkItem) -> Value {
        let project = |item: &WorkItem| self.projects[item.project].id.clone();
        json!({
            "rel": change.rel,
            "sourceId": change.source,
            "targetId": change.target,
            "changedDate": change.at.to_string(),
            "changedBy": self.users.get(change.by).json(&self.url()),
            "comment": change.comment.as_deref().unwrap_or_default(),
            "isActive": change.active,
            "changedOperation": if change.active { "create" } else { "remove" },
            "sourceProjectId": project(source),
            "targetProjectId": project(target),
        })
    }
}

/// The kinds of things outside of work item tracking that an `ArtifactLink` can lead to.
pub(crate) fn artifact_link_types() -> Value {
    let kinds = [
        ("Branch", "Ref", "Git"),
        ("Build", "Build", "Build"),
        ("Fixed in Commit", "Commit", "Git"),
        ("Pull Request", "PullRequestId", "Git"),
        ("Test Result", "TcmResult", "TestManagement"),
        ("Wiki Page", "WikiPage", "Wiki"),
    ];
    list(
        kinds
            .iter()
            .map(|(link, artifact, tool)| {
                json!({"artifactType": artifact, "linkType": link, "toolType": tool})
            })
            .collect(),
    )
}
