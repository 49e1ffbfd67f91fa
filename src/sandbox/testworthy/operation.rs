//! From a request to its operation: path, method, headers, then the work.

use axum::http::HeaderMap;
use jiff::Timestamp;

use super::account::{Caller, authenticate};
use super::body::Body;
use super::edit::Edit;
use super::entity::{Case, Run, TestResult};
use super::lookup::{CASE_TYPES, PRIORITIES, STATUSES};
use super::reply::Reply;
use super::view::{Freshness, ResultView, TestView, View};
use super::{Refusal, Server, listing};

/// A request to either surface.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Such as `GET`.
    pub method: &'a str,
    /// Below the server's base address: `/api/tests/get_cases/41`, `/v1/cases/210301`.
    pub path: &'a str,
    /// Without the question mark; empty if there is none.
    pub query: &'a str,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The request's body.
    pub body: &'a [u8],
    /// When it arrives.
    pub now: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    GetSuites,
    AddSuite,
    GetSections,
    AddSection,
    GetCases,
    GetCase,
    AddCase,
    UpdateCase,
    DeleteCase,
    GetRuns,
    GetRunCases,
    AddRun,
    UpdateRun,
    CloseRun,
    DeleteRun,
    AddResultsForCases,
    GetResults,
    GetResultsForRun,
    GetPriorities,
    GetCaseTypes,
    GetStatuses,
}

struct Route {
    name: &'static str,
    operation: Operation,
    takes_id: bool,
    /// A read that no public source shows.
    inferred_read: bool,
}

const fn route(name: &'static str, operation: Operation, takes_id: bool) -> Route {
    Route {
        name,
        operation,
        takes_id,
        inferred_read: false,
    }
}

const fn inferred(name: &'static str, operation: Operation, takes_id: bool) -> Route {
    Route {
        name,
        operation,
        takes_id,
        inferred_read: true,
    }
}

const ROUTES: [Route; 21] = [
    inferred("get_suites", Operation::GetSuites, false),
    route("add_suite", Operation::AddSuite, false),
    inferred("get_sections", Operation::GetSections, true),
    route("add_section", Operation::AddSection, true),
    route("get_cases", Operation::GetCases, true),
    inferred("get_case", Operation::GetCase, true),
    route("add_case", Operation::AddCase, true),
    route("update_case", Operation::UpdateCase, true),
    route("delete_case", Operation::DeleteCase, true),
    route("get_runs", Operation::GetRuns, true),
    route("get_run_cases", Operation::GetRunCases, true),
    route("add_run", Operation::AddRun, true),
    route("update_run", Operation::UpdateRun, true),
    route("close_run", Operation::CloseRun, true),
    route("delete_run", Operation::DeleteRun, true),
    route("add_results_for_cases", Operation::AddResultsForCases, true),
    inferred("get_results", Operation::GetResults, true),
    inferred("get_results_for_run", Operation::GetResultsForRun, true),
    inferred("get_priorities", Operation::GetPriorities, false),
    inferred("get_case_types", Operation::GetCaseTypes, false),
    inferred("get_statuses", Operation::GetStatuses, false),
];

/// Reads are GET, every write is POST (vendor's introduction).
impl Route {
    fn method(&self) -> &'static str {
        if self.name.starts_with("get_") {
            "GET"
        } else {
            "POST"
        }
    }
}

/// Splits a path below the base address into its operation and the id's text.
fn find(path: &str) -> Option<(&'static Route, Option<&str>)> {
    let mut parts = path.trim_start_matches('/').splitn(2, "api/tests/");
    let (Some(""), Some(rest)) = (parts.next(), parts.next()) else {
        return None;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (name, id) = match rest.split_once('/') {
        Some((name, id)) => (name, Some(id)),
        None => (rest, None),
    };
    let route = ROUTES
        .iter()
        .find(|route| route.name.eq_ignore_ascii_case(name))?;
    (id.is_some() == route.takes_id).then_some((route, id))
}

/// Whether a request with this method and path below the server's base address (`/api/tests/...`) asks
/// for a change: every POST, whatever its answer.
pub fn is_write(method: &str, _path: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

impl Server {
    /// Answers one request.
    pub fn handle(&mut self, call: &Call<'_>) -> Reply {
        if let Some(path) = call.path.strip_prefix("/v1/") {
            return self.handle_v1(call, path);
        }
        let Some((route, id)) = find(call.path) else {
            return Refusal::no_such_operation().into();
        };
        if route.inferred_read && self.options.without_inferred_reads {
            return Refusal::no_such_operation().into();
        }
        if call.method != route.method() {
            let mut reply: Reply = Refusal::wrong_method().into();
            reply.allow = Some(route.method());
            return reply;
        }
        let caller = match authenticate(call.headers, &self.users, &self.projects) {
            Ok(caller) => caller,
            Err(refusal) if refusal.status == 401 && self.options.sign_in_page => {
                return Reply::sign_in_page();
            }
            Err(refusal) => return refusal.into(),
        };
        let id = match id.map(str::parse::<u64>) {
            None => 0,
            Some(Ok(id)) => id,
            Some(Err(_)) => return Refusal::invalid("The id must be a number.").into(),
        };
        self.perform(route.operation, id, caller, call)
            .unwrap_or_else(Reply::from)
    }

    fn perform(
        &mut self,
        operation: Operation,
        id: u64,
        caller: Caller,
        call: &Call<'_>,
    ) -> Result<Reply, Refusal> {
        let address = (call.path, call.query);
        match operation {
            Operation::GetSuites => {
                let suites: Vec<_> = self
                    .suites
                    .values()
                    .filter(|suite| suite.project == caller.project)
                    .map(|suite| self.stored(suite))
                    .collect();
                listing::reply(&self.options, "suites", address, &suites)
            }
            Operation::GetSections => {
                self.own_suite(id, caller)?;
                let sections: Vec<_> = self.suites[&id]
                    .sections
                    .iter()
                    .filter_map(|section| self.sections.get(section))
                    .map(|section| self.stored(section))
                    .collect();
                listing::reply(&self.options, "sections", address, &sections)
            }
            Operation::GetCases => {
                self.own_suite(id, caller)?;
                let cases: Vec<_> = self.cases_of(id).map(|case| self.stored(case)).collect();
                listing::reply(&self.options, "cases", address, &cases)
            }
            Operation::GetCase => Ok(Reply::ok(&self.stored(self.own_case(id, caller)?))),
            Operation::GetRuns => {
                self.own_suite(id, caller)?;
                let runs: Vec<_> = self.suites[&id]
                    .runs
                    .iter()
                    .filter_map(|run| self.runs.get(run))
                    .map(|run| self.stored(run))
                    .collect();
                listing::reply(&self.options, "runs", address, &runs)
            }
            Operation::GetRunCases => {
                let tests = self.test_views(self.own_run(id, caller)?);
                listing::reply(&self.options, "tests", address, &tests)
            }
            Operation::GetResults => {
                let (run, case) = *self
                    .tests
                    .get(&id)
                    .ok_or_else(|| Refusal::unknown("Test"))?;
                let run = self.own_run(run, caller)?;
                let results = self.result_views(run, Some(case));
                listing::reply(&self.options, "results", address, &results)
            }
            Operation::GetResultsForRun => {
                let results = self.result_views(self.own_run(id, caller)?, None);
                listing::reply(&self.options, "results", address, &results)
            }
            Operation::GetPriorities => Ok(Reply::ok(&PRIORITIES)),
            Operation::GetCaseTypes => Ok(Reply::ok(&CASE_TYPES)),
            Operation::GetStatuses => Ok(Reply::ok(&STATUSES)),
            Operation::AddSuite
            | Operation::AddSection
            | Operation::AddCase
            | Operation::UpdateCase
            | Operation::DeleteCase => self.write_design(operation, id, caller, call),
            Operation::AddRun
            | Operation::UpdateRun
            | Operation::CloseRun
            | Operation::DeleteRun
            | Operation::AddResultsForCases => self.write_run(operation, id, caller, call),
        }
    }

    /// Writes of suites, sections and cases.
    fn write_design(
        &mut self,
        operation: Operation,
        id: u64,
        caller: Caller,
        call: &Call<'_>,
    ) -> Result<Reply, Refusal> {
        let stamp = (caller.user, call.now);
        if operation == Operation::DeleteCase {
            self.own_case(id, caller)?;
            Body::parse_optional(call.body)?;
            self.delete_case(id)?;
            return Ok(Reply::empty_object());
        }
        let body = Body::parse(call.body)?;
        let mut description = None;
        if matches!(operation, Operation::AddSuite | Operation::AddSection) {
            body.text("description")?.apply(&mut description);
        }
        match operation {
            Operation::AddSuite => {
                let name = body.required_text("name")?;
                let id = self.add_suite(None, caller.project, name, description)?;
                Ok(Reply::ok(&self.stored(&self.suites[&id])))
            }
            Operation::AddSection => {
                self.own_suite(id, caller)?;
                let name = body.required_text("name")?;
                let mut parent = None;
                body.id("parent_id")?.apply(&mut parent);
                let id = self.add_section(None, id, parent, name, description, stamp)?;
                Ok(Reply::ok(&self.created(&self.sections[&id])))
            }
            Operation::AddCase => {
                let mut edit = body.case_edit(&self.custom_fields)?;
                let suite = if self.options.add_case_takes_section {
                    edit.section = Edit::Set(id);
                    self.sections
                        .get(&id)
                        .ok_or_else(|| Refusal::unknown("Section"))?
                        .suite
                } else {
                    id
                };
                self.own_suite(suite, caller)?;
                let id = self.add_case(None, suite, &edit, stamp)?;
                Ok(Reply::ok(&self.created(&self.cases[&id])))
            }
            _ => {
                self.own_case(id, caller)?;
                let edit = body.case_edit(&self.custom_fields)?;
                if self.options.refuse_refs && edit.texts.contains_key("refs") {
                    return Err(Refusal::invalid("Field refs cannot be changed."));
                }
                self.update_case(id, &edit, stamp)?;
                Ok(Reply::ok(&self.changed(&self.cases[&id])))
            }
        }
    }

    /// Writes of runs and results.
    fn write_run(
        &mut self,
        operation: Operation,
        id: u64,
        caller: Caller,
        call: &Call<'_>,
    ) -> Result<Reply, Refusal> {
        let stamp = (caller.user, call.now);
        if operation == Operation::AddRun {
            self.own_suite(id, caller)?;
            let id = self.add_run_from(id, &Body::parse(call.body)?, stamp)?;
            return Ok(Reply::ok(&self.created(&self.runs[&id])));
        }
        self.own_run(id, caller)?;
        match operation {
            Operation::UpdateRun => {
                self.update_run(id, &Body::parse(call.body)?, stamp)?;
                Ok(Reply::ok(&self.changed(&self.runs[&id])))
            }
            Operation::CloseRun => {
                Body::parse_optional(call.body)?;
                self.close_run(id, stamp)?;
                Ok(Reply::ok(&self.changed(&self.runs[&id])))
            }
            Operation::DeleteRun => {
                Body::parse_optional(call.body)?;
                self.delete_run(id)?;
                Ok(Reply::empty_object())
            }
            _ => {
                let added = self.add_results(id, &Body::parse(call.body)?, stamp)?;
                let views: Vec<_> = added
                    .iter()
                    .filter_map(|at| {
                        let test = self.runs.get(&at.run)?.tests.get(&at.case)?;
                        Some(ResultView {
                            result: self.created(test.results.get(at.index)?),
                            test: test.id,
                        })
                    })
                    .collect();
                Ok(Reply::ok(&serde_json::json!({ "results": views })))
            }
        }
    }

    pub(super) fn stored<'a, T>(&'a self, entity: &'a T) -> View<'a, T> {
        View {
            server: self,
            entity,
            freshness: Freshness::Stored,
        }
    }

    pub(super) fn created<'a, T>(&'a self, entity: &'a T) -> View<'a, T> {
        View {
            freshness: Freshness::Created,
            ..self.stored(entity)
        }
    }

    fn changed<'a, T>(&'a self, entity: &'a T) -> View<'a, T> {
        View {
            freshness: Freshness::Changed,
            ..self.stored(entity)
        }
    }

    fn test_views<'a>(&'a self, run: &'a Run) -> Vec<TestView<'a>> {
        run.tests
            .iter()
            .filter_map(|(case, test)| {
                Some(TestView {
                    server: self,
                    run,
                    case: self.cases.get(case)?,
                    test,
                })
            })
            .collect()
    }

    /// Results of a run or of one of its tests, newest first as `TestRail` sends them.
    fn result_views<'a>(&'a self, run: &'a Run, case: Option<u64>) -> Vec<ResultView<'a>> {
        let mut results: Vec<(u64, &TestResult)> = run
            .tests
            .iter()
            .filter(|(id, _)| case.is_none_or(|case| case == **id))
            .flat_map(|(_, test)| test.results.iter().map(|result| (test.id, result)))
            .collect();
        results.sort_by_key(|(_, result)| std::cmp::Reverse(result.id));
        results
            .into_iter()
            .map(|(test, result)| ResultView {
                result: self.stored(result),
                test,
            })
            .collect()
    }

    fn own_suite(&self, id: u64, caller: Caller) -> Result<(), Refusal> {
        self.suites
            .get(&id)
            .filter(|suite| suite.project == caller.project)
            .map(|_| ())
            .ok_or_else(|| Refusal::unknown("Suite"))
    }

    fn own_case(&self, id: u64, caller: Caller) -> Result<&Case, Refusal> {
        self.cases
            .get(&id)
            .filter(|case| self.own_suite(case.suite, caller).is_ok())
            .ok_or_else(|| Refusal::unknown("Test case"))
    }

    fn own_run(&self, id: u64, caller: Caller) -> Result<&Run, Refusal> {
        self.runs
            .get(&id)
            .filter(|run| self.own_suite(run.suite, caller).is_ok())
            .ok_or_else(|| Refusal::unknown("Run"))
    }
}
