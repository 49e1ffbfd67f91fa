//! From a path to a handler: optional project and team, names in any case, one table of resources.

use axum::http::StatusCode;
use serde_json::Value;

use super::Organization;
use super::error::ApiError;
use super::link_feed::artifact_link_types;
use super::location;
use super::request::{ApiRequest, Content, Reply};
use super::version::Versions;

/// Where a request stands: its project if it names one, and who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) project: Option<usize>,
    pub(crate) user: super::identity::UserId,
}

/// A successful answer: status and body.
pub(crate) type Answer = Result<(StatusCode, Option<Payload>), ApiError>;

/// A body: a tree, or JSON that is written already.
#[derive(Debug)]
pub(crate) enum Payload {
    Tree(Value),
    Text(Vec<u8>),
}

impl From<Value> for Payload {
    fn from(tree: Value) -> Self {
        Self::Tree(tree)
    }
}

impl Payload {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            // Keys are texts, so it can be written.
            Self::Tree(value) => serde_json::to_vec(&value).unwrap_or_default(),
            Self::Text(text) => text,
        }
    }
}

/// 200 with a body.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every handler ends with it, and handlers can fail"
)]
pub(crate) fn ok(body: Value) -> Answer {
    Ok((StatusCode::OK, Some(Payload::Tree(body))))
}

impl Organization {
    /// Answers a request.
    pub(crate) fn route(&mut self, request: &ApiRequest<'_>) -> Reply {
        let Some(user) = self.authenticate(request) else {
            return self.bad_credential(request);
        };
        request.user.set(Some(user));
        let apis = request
            .segments
            .iter()
            .position(|part| part.eq_ignore_ascii_case("_apis"));
        let Some(apis) = apis else {
            return no_controller(request);
        };
        let (before, after) = request.segments.split_at(apis);
        let mut before = before.iter();
        if let Some(organization) = before.next()
            && !organization.eq_ignore_ascii_case(&self.name)
        {
            return no_controller(request);
        }
        let project = match before.next() {
            None => None,
            Some(name) => match self.find_project(name) {
                Some(project) => Some(project),
                None => return Reply::error(&ApiError::no_project(name)),
            },
        };
        let lower: Vec<String> = after[1..].iter().map(|part| part.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let given: Vec<&str> = after[1..].iter().map(String::as_str).collect();
        if request.method == "OPTIONS" {
            // The tables stand outside of versioning: they are what clients learn versions from.
            let table = Content::Json(location::table(&lower).into(), "7.1".to_owned());
            return Reply::new(StatusCode::OK, table);
        }
        let Some(versions) = versions(&lower) else {
            return no_controller(request);
        };
        let scope = Scope { project, user };
        let answer = versions.negotiate(request).and_then(|version| {
            let answer = self.handle(request, scope, &lower, &given)?;
            Ok((version, answer))
        });
        let mut reply = match answer {
            Ok((version, (status, Some(body)))) => Reply::new(status, Content::Json(body, version)),
            Ok((_, (status, None))) => Reply::new(status, Content::Nothing),
            Err(error) => Reply::error(&error),
        };
        request.beside.take().add_to(&mut reply);
        reply
    }

    fn handle(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        path: &[&str],
        given: &[&str],
    ) -> Answer {
        let last = given.last().copied().unwrap_or_default();
        match (request.method, path) {
            ("GET", ["connectiondata"]) => ok(self.connection_data(scope)),
            ("GET", ["resourceareas"]) => ok(self.resource_areas()),
            ("GET", ["resourceareas", id]) => ok(self.resource_area_by_id(id)),
            ("GET", ["teams"]) => self.list_teams(request, None),
            ("GET", ["projects", _, "teams"]) => self.list_teams(request, Some(given[1])),
            ("GET", ["projects", _, "teams", _]) => self.get_team(given[1], last),
            ("GET", ["projects", _, "teams", _, "members"]) => {
                self.team_members(given[1], given[3])
            }
            ("GET", ["process", "processes"]) => ok(self.process_templates()),
            ("GET", ["process", "processes", id]) => self.process_template(id),
            ("GET", ["projects"]) => self.list_projects(request),
            ("GET", ["projects", _]) => self.get_project(request, last),
            ("GET", ["wit", "fields"]) => ok(self.list_fields(request)),
            ("GET", ["wit", "fields", _]) => self.get_field(last),
            ("GET", ["wit", "workitemtypes"]) => self.list_types(scope),
            ("GET", ["wit", "workitemtypes", _]) => self.get_type(scope, last),
            ("GET", ["wit", "workitemtypes", _, "states"]) => self.type_states(scope, given[2]),
            ("GET", ["wit", "workitemtypes", _, "fields"]) => {
                self.type_field_list(request, scope, given[2])
            }
            ("GET", ["wit", "workitemtypes", _, "fields", _]) => {
                self.type_field(request, scope, given[2], last)
            }
            ("GET", ["wit", "workitemtypecategories"]) => self.type_categories(scope),
            ("GET", ["wit", "workitemtypecategories", _]) => self.type_category(scope, last),
            ("GET", ["wit", "workitemrelationtypes"]) => ok(self.relation_types()),
            ("GET", ["wit", "workitemrelationtypes", _]) => self.relation_type(last),
            ("GET", ["wit", "classificationnodes", rest @ ..]) => {
                self.classification_nodes(request, scope, rest, &given[2..])
            }
            ("POST", ["wit", "classificationnodes", rest @ ..]) => {
                self.post_node(request, scope, rest, &given[2..])
            }
            ("PATCH", ["wit", "classificationnodes", rest @ ..]) => {
                self.patch_node(request, scope, rest, &given[2..])
            }
            ("DELETE", ["wit", "classificationnodes", rest @ ..]) => {
                self.delete_node(request, scope, rest, &given[2..])
            }
            ("GET", ["wit", "artifactlinktypes"]) => ok(artifact_link_types()),
            ("PATCH", ["wit", "tags", _]) => self.rename_tag(request, scope, last),
            ("DELETE", ["wit", "tags", _]) => self.delete_tag(scope, last),
            ("GET", ["wit", "tags"]) => self.list_tags(scope),
            ("GET", ["wit", "tags", _]) => self.get_tag(scope, last),
            ("POST", ["wit", "wiql"]) => self.run_wiql(request, scope),
            ("POST", ["wit", "workitemsbatch"]) => self.read_batch(request),
            ("POST", ["wit", "artifacturiquery"]) => self.artifact_uri_query(request),
            ("GET", ["wit", "workitems"]) => self.read_list(request),
            ("GET", ["wit", "workitems", kind]) if kind.starts_with('$') => {
                self.template(scope, &last[1..])
            }
            ("GET", ["wit", "workitems", id]) => self.read_one(request, number(id)?),
            ("GET", ["wit", "workitems", id, "revisions"]) => self.revisions(request, number(id)?),
            ("GET", ["wit", "workitems", id, "revisions", rev]) => {
                self.revision(request, number(id)?, number(rev)?)
            }
            ("GET", ["wit", "workitems", id, "updates"]) => self.updates(request, number(id)?),
            ("GET", ["wit", "workitems", id, "updates", place]) => {
                self.update(number(id)?, number(place)?)
            }
            ("POST" | "PATCH", ["wit", "workitems", kind]) if kind.starts_with('$') => {
                self.post_item(request, scope, &last[1..])
            }
            ("PATCH", ["wit", "workitems", id]) => self.patch_item(request, scope, number(id)?),
            ("DELETE", ["wit", "workitems", id]) => self.delete_item(request, scope, number(id)?),
            (_, ["wit", "workitems", id, "comments", rest @ ..]) => {
                self.comments(request, scope, number(id)?, rest)
            }
            ("POST", ["wit", "workitemsdelete"]) => self.delete_items(request, scope),
            ("POST", ["wit", "attachments"]) => self.upload(request, scope),
            ("PUT", ["wit", "attachments", id]) => self.upload_chunk(request, id),
            ("GET", ["wit", "attachments", id]) => self.download(request, id),
            ("DELETE", ["test", "testcases", id]) => {
                self.delete_test_case(request, scope, number(id)?)
            }
            ("POST" | "PATCH", ["wit", "$batch"]) => self.batch(request, scope),
            ("GET" | "POST", ["wit", "reporting", "workitemrevisions"]) => {
                self.reporting_revisions(request, scope)
            }
            ("GET", ["wit", "reporting", "workitemrevisions", "discussions"]) => {
                self.reporting_revisions(request, scope)
            }
            ("GET", ["wit", "reporting", "workitemlinks"]) => self.reporting_links(request, scope),
            ("GET", ["wit", "recyclebin"]) => self.list_deleted(request, scope),
            ("GET", ["wit", "recyclebin", id]) => self.get_deleted(number(id)?),
            ("PATCH", ["wit", "recyclebin", id]) => self.restore(request, scope, number(id)?),
            ("DELETE", ["wit", "recyclebin", id]) => {
                self.destroy_deleted(request, scope, number(id)?)
            }
            (_, ["wit", "fields", ..]) => self.edit_field_definition(request, last),
            (_, ["work", ..]) => self.process_route(request, &path[1..], &given[1..]),
            (_, ["hooks", ..]) => self.hook_route(request, scope, &path[1..], &given[1..]),
            (_, ["testplan", ..]) => self.test_plan_route(request, scope, &path[1..], &given[1..]),
            (_, ["test", ..]) => self.test_run_route(request, scope, &path[1..], &given[1..]),
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    /// A project by name or GUID, without regard to case.
    pub(crate) fn find_project(&self, name: &str) -> Option<usize> {
        self.projects.iter().position(|project| {
            project.name.to_lowercase() == name.to_lowercase()
                || project.id.eq_ignore_ascii_case(name)
        })
    }
}

/// The resource that a path names and the versions that it takes; `None` for an unknown path.
#[expect(clippy::match_same_arms, reason = "one line for each resource")]
pub(crate) fn versions(path: &[&str]) -> Option<Versions> {
    let released = Versions::released;
    Some(match path {
        ["connectiondata"] => Versions::preview(1),
        ["resourceareas"] | ["resourceareas", _] => Versions::preview(1).since(3, 2),
        ["projects"] | ["projects", _] => released(4),
        ["teams"] => Versions::preview(3).since(4, 1),
        ["projects", _, "teams"] | ["projects", _, "teams", _] => released(3),
        ["projects", _, "teams", _, "members"] => released(2),
        ["process", "processes"] | ["process", "processes", _] => released(1),
        ["wit", "fields"] | ["wit", "fields", _] => released(3),
        ["wit", "workitemtypes"] | ["wit", "workitemtypes", _] => released(2),
        ["wit", "workitemtypes", _, "states"] => released(1),
        ["wit", "workitemtypes", _, "fields"] | ["wit", "workitemtypes", _, "fields", _] => {
            released(3)
        }
        ["wit", "workitemtypecategories"] | ["wit", "workitemtypecategories", _] => released(2),
        ["wit", "workitemrelationtypes"] | ["wit", "workitemrelationtypes", _] => released(2),
        ["wit", "classificationnodes", ..] => released(2),
        ["wit", "artifactlinktypes"] => released(1),
        ["wit", "tags"] | ["wit", "tags", _] => released(1).since(5, 2),
        ["wit", "wiql"] => released(2),
        ["wit", "workitemsbatch"] => released(1).since(5, 0),
        ["wit", "artifacturiquery"] => released(1),
        ["wit", "workitems"] | ["wit", "workitems", _] => released(3),
        ["wit", "workitems", _, "revisions"] | ["wit", "workitems", _, "revisions", _] => {
            released(3)
        }
        ["wit", "workitems", _, "updates"] | ["wit", "workitems", _, "updates", _] => released(4),
        // The older comments (3.0 to 5.0) stand at the same address.
        ["wit", "workitems", _, "comments"] | ["wit", "workitems", _, "comments", _] => {
            Versions::preview(4).since(3, 0)
        }
        ["wit", "workitems", _, "comments", _, "versions"]
        | ["wit", "workitems", _, "comments", _, "versions", _] => Versions::preview(1).since(5, 1),
        ["wit", "workitemsdelete"] => released(1).since(7, 1),
        ["wit", "attachments"] | ["wit", "attachments", _] => released(4),
        ["wit", "reporting", "workitemlinks"] => released(3),
        ["wit", "reporting", "workitemrevisions", "discussions"] => released(1).since(5, 1),
        ["wit", "$batch"] => released(2),
        ["wit", "reporting", "workitemrevisions"] => released(2),
        ["wit", "recyclebin"] | ["wit", "recyclebin", _] => released(2),
        ["test", "testcases", _] => released(1),
        ["work", ..] => return super::process::versions(&path[1..]),
        ["hooks", ..] => return super::hook::versions(&path[1..]),
        ["testplan", ..] => return super::test_plan::versions(&path[1..]),
        ["test", ..] => return super::test_run::versions(&path[1..]),
        _ => return None,
    })
}

/// An id in a path.
pub(crate) fn number(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| {
        ApiError::bad_request(format!("The value '{text}' is not valid for Nullable`1."))
    })
}

/// The answer to a path that nothing serves.
fn no_controller(request: &ApiRequest<'_>) -> Reply {
    let text = format!(
        "The controller for path '{}' was not found or does not implement IController.",
        request.path
    );
    Reply::new(
        StatusCode::NOT_FOUND,
        Content::Text("text/plain; charset=utf-8", text),
    )
}
