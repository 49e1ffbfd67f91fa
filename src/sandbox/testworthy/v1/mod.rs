//! The second surface, `/v1/*` with a bearer token, over the same store as the automation surface.
//!
//! Documented (vendor's API integration page): the paths, the bearer token, camelCase, `page` and
//! `limit`, and the request bodies of project, case and result. Assumed, and mostly switchable by
//! [`V1Options`]: every answer's shape, every status, the error body, what PUT does to absent members.
//! `/v1/integrations/azure-devops` is documented nowhere: it mirrors the Jira pair and is off unless
//! switched on.

mod case;
mod integration;
mod listing;
mod options;
mod project;
mod run;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

pub use integration::{AzureDevOpsConfiguration, Integrations, MappingRow};
pub use options::{V1Options, WriteAnswer};

use super::body::Body;
use super::operation::Call;
use super::{Refusal, Reply, Server};

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource {
    Projects,
    Project(u64),
    Cases(u64),
    Case(u64),
    Runs(u64),
    Run(u64),
    ProjectResults(u64),
    Results,
    Users,
    User(u64),
    Tool(&'static str),
    AzureDevOps,
}

impl Resource {
    /// The resource at a path below `/v1`; `Err` if an id in it is no number.
    fn find(path: &str) -> Result<Option<Self>, Refusal> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let id = |text: &str| {
            text.parse::<u64>()
                .map_err(|_| Refusal::not_found("The id is not a number."))
        };
        Ok(Some(match parts.as_slice() {
            ["projects"] => Self::Projects,
            ["projects", project] => Self::Project(id(project)?),
            ["projects", project, "cases"] => Self::Cases(id(project)?),
            ["projects", project, "runs"] => Self::Runs(id(project)?),
            ["projects", project, "results"] => Self::ProjectResults(id(project)?),
            ["cases", case] => Self::Case(id(case)?),
            ["runs", run] => Self::Run(id(run)?),
            ["results"] => Self::Results,
            ["users"] => Self::Users,
            ["users", user] => Self::User(id(user)?),
            ["integrations", "jira"] => Self::Tool("jira"),
            ["integrations", "testrail"] => Self::Tool("testrail"),
            ["integrations", "azure-devops"] => Self::AzureDevOps,
            _ => return Ok(None),
        }))
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Projects
            | Self::Cases(_)
            | Self::Runs(_)
            | Self::Users
            | Self::Tool(_)
            | Self::AzureDevOps => "GET, POST",
            Self::Project(_) | Self::Case(_) | Self::Run(_) | Self::User(_) => "GET, PUT, DELETE",
            Self::ProjectResults(_) => "GET",
            Self::Results => "POST",
        }
    }
}

impl Server {
    /// Answers one request whose path, below the server's base address, begins with `/v1`.
    pub(super) fn handle_v1(&mut self, call: &Call<'_>, path: &str) -> Reply {
        self.handle_v1_checked(call, path)
            .unwrap_or_else(|refusal| {
                if refusal.status == 401 && self.options.sign_in_page {
                    return Reply::sign_in_page();
                }
                refusal.into()
            })
    }

    fn handle_v1_checked(&mut self, call: &Call<'_>, path: &str) -> Result<Reply, Refusal> {
        let resource = Resource::find(path)?.ok_or_else(Refusal::no_such_operation)?;
        if resource == Resource::AzureDevOps && !self.options.v1.azure_devops_integration {
            return Err(Refusal::no_such_operation());
        }
        if !resource
            .methods()
            .split(", ")
            .any(|known| known == call.method)
        {
            let mut reply: Reply = Refusal::wrong_method().into();
            reply.allow = Some(resource.methods());
            return Ok(reply);
        }
        let user = self.bearer(call.headers)?;
        let body = if matches!(call.method, "POST" | "PUT") {
            Body::parse(call.body)?
        } else {
            Body::default()
        };
        let stamp = (user, call.now);
        match (call.method, resource) {
            ("GET", Resource::Projects) => self.v1_projects(user, call.query),
            (_, Resource::Projects) => self.v1_add_project(user, &body),
            (method, Resource::Project(id)) => {
                self.v1_enter(user, id)?;
                self.v1_project(method, id, &body)
            }
            (method, Resource::Cases(project)) => {
                self.v1_enter(user, project)?;
                match method {
                    "GET" => self.v1_cases(project, call.query),
                    _ => self.v1_add_case(project, &body, stamp),
                }
            }
            (method, Resource::Case(id)) => {
                let suite = self.case(id).map(|case| case.suite);
                self.v1_enter_suite(user, suite, "Test case")?;
                self.v1_case(method, id, &body, stamp)
            }
            (method, Resource::Runs(project)) => {
                self.v1_enter(user, project)?;
                match method {
                    "GET" => self.v1_runs(project, call.query),
                    _ => self.v1_add_run(project, &body, stamp),
                }
            }
            (method, Resource::Run(id)) => {
                let suite = self.run(id).map(|run| run.suite);
                self.v1_enter_suite(user, suite, "Run")?;
                self.v1_run(method, id, &body, stamp)
            }
            (_, Resource::ProjectResults(project)) => {
                self.v1_enter(user, project)?;
                self.v1_results(project, call.query)
            }
            (_, Resource::Results) => self.v1_add_result(user, &body, stamp),
            ("GET", Resource::Users) => self.v1_users(call.query),
            (_, Resource::Users) => self.v1_add_user(&body),
            (method, Resource::User(id)) => self.v1_user(method, id, &body),
            ("GET", Resource::Tool(tool)) => Ok(self.integrations.tool(tool)),
            (_, Resource::Tool(tool)) => self.v1_add_tool(tool, call.body),
            ("GET", Resource::AzureDevOps) => Ok(self.v1_azure_devops(user)),
            (_, Resource::AzureDevOps) => self.v1_put_azure_devops(user, call.body),
        }
    }

    /// The user behind the token. The page documents the header and that a token belongs to a user.
    fn bearer(&self, headers: &HeaderMap) -> Result<u64, Refusal> {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        self.users
            .iter()
            .find(|user| !user.token.is_empty() && Some(user.token.as_str()) == token)
            .map(|user| user.id)
            .ok_or_else(|| Refusal {
                status: 401,
                message: "The token is missing or not valid.".to_owned(),
            })
    }

    /// 404 for a project that does not exist, 403 for one that the user may not open (both assumed).
    fn v1_enter(&self, user: u64, project: u64) -> Result<(), Refusal> {
        if !self.projects.iter().any(|known| known.id == project) {
            return Err(Refusal::not_found("There is no such project."));
        }
        let open = self
            .users
            .iter()
            .any(|known| known.id == user && known.projects.contains(&project));
        if open {
            Ok(())
        } else {
            Err(Refusal::forbidden())
        }
    }

    fn v1_enter_suite(&self, user: u64, suite: Option<u64>, what: &str) -> Result<(), Refusal> {
        let project = suite
            .and_then(|suite| self.suites.get(&suite))
            .map(|suite| suite.project)
            .ok_or_else(|| Refusal::not_found(format!("{what} not found.")))?;
        self.v1_enter(user, project)
    }

    fn v1_created(&self, mut reply: Reply) -> Reply {
        if !self.options.v1.created_is_ok {
            reply.status = 201;
        }
        reply
    }

    fn v1_changed(&self, reply: Reply) -> Reply {
        answer(self.options.v1.put_answer, reply)
    }

    fn v1_deleted(&self) -> Reply {
        answer(self.options.v1.delete_answer, Reply::empty_object())
    }
}

fn answer(wanted: WriteAnswer, reply: Reply) -> Reply {
    match wanted {
        WriteAnswer::Object => reply,
        WriteAnswer::NoContent => Reply::without_body(204),
        WriteAnswer::Empty => Reply::without_body(200),
    }
}

#[cfg(test)]
mod tests;
