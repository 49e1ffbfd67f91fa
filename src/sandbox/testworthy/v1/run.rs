//! Runs and results of the second surface. The body of a result (`runId`, `caseId`, `status` by its shown
//! name, `comments`) is documented; what a run's body has and all answers are assumed.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::listing;
use super::project::replaced;
use crate::sandbox::testworthy::body::Body;
use crate::sandbox::testworthy::{Edit, Refusal, Reply, Run, STATUSES, Server, TestResult};

impl Server {
    pub(super) fn v1_runs(&self, project: u64, query: &str) -> Result<Reply, Refusal> {
        let items: Vec<Value> = self
            .v1_project_runs(project)
            .map(|run| self.v1_show_run(run))
            .collect();
        listing::reply(&self.options.v1, query, &items)
    }

    /// A run belongs to a suite in the store: that of the first chosen case, else the project's first.
    pub(super) fn v1_add_run(
        &mut self,
        project: u64,
        body: &Body,
        stamp: (u64, Timestamp),
    ) -> Result<Reply, Refusal> {
        let name = body.required_text("name")?;
        let mut cases = None;
        body.ids("caseIds")?.apply(&mut cases);
        let chosen = cases.as_ref().and_then(|ids| self.case(*ids.first()?));
        let suite = match chosen.map(|case| case.suite) {
            Some(suite)
                if self
                    .suites
                    .get(&suite)
                    .is_some_and(|s| s.project == project) =>
            {
                suite
            }
            Some(_) => return Err(Refusal::invalid("Field caseIds names a foreign case.")),
            None => self.v1_suite(project)?,
        };
        let id = self.add_run(suite, name, cases.as_deref(), stamp)?;
        let description = body.text("description")?;
        if let Some(run) = self.runs.get_mut(&id) {
            description.apply(&mut run.description);
        }
        Ok(self.v1_created(Reply::ok(&self.v1_show_run(&self.runs[&id]))))
    }

    pub(super) fn v1_run(
        &mut self,
        method: &str,
        id: u64,
        body: &Body,
        (by, now): (u64, Timestamp),
    ) -> Result<Reply, Refusal> {
        let replaces = self.options.v1.put_replaces;
        if method == "DELETE" {
            self.delete_run(id)?;
            return Ok(self.v1_deleted());
        }
        let run = self
            .runs
            .get_mut(&id)
            .ok_or_else(|| Refusal::not_found("Run not found."))?;
        if method == "PUT" {
            if replaces || !body.text("name")?.is_keep() {
                run.name = body.required_text("name")?;
            }
            replaced(body.text("description")?, replaces).apply(&mut run.description);
            if body.flag("isCompleted")? == Edit::Set(true) {
                run.completed_on.get_or_insert(now);
            }
            run.audit.touch(by, now);
        }
        let reply = Reply::ok(&self.v1_show_run(&self.runs[&id]));
        Ok(if method == "PUT" {
            self.v1_changed(reply)
        } else {
            reply
        })
    }

    pub(super) fn v1_results(&self, project: u64, query: &str) -> Result<Reply, Refusal> {
        let items: Vec<Value> = self
            .v1_project_runs(project)
            .flat_map(|run| {
                run.tests.iter().flat_map(|(case, test)| {
                    let show = |result| show_result(run.id, *case, result);
                    test.results.iter().map(show)
                })
            })
            .collect();
        listing::reply(&self.options.v1, query, &items)
    }

    pub(super) fn v1_add_result(
        &mut self,
        user: u64,
        body: &Body,
        stamp: (u64, Timestamp),
    ) -> Result<Reply, Refusal> {
        let (Edit::Set(run), Edit::Set(case)) = (body.id("runId")?, body.id("caseId")?) else {
            return Err(Refusal::invalid("Fields runId and caseId are required."));
        };
        let suite = self.run(run).map(|run| run.suite);
        self.v1_enter_suite(user, suite, "Run")?;
        let name = body.required_text("status")?;
        let status = STATUSES
            .iter()
            .find(|status| status.label == name)
            .ok_or_else(|| Refusal::invalid("Field status is not a status."))?;
        let mut result = TestResult::new(status.id, stamp);
        body.text("comments")?.apply(&mut result.comment);
        let at = self.add_result(run, case, result)?;
        let shown = show_result(run, case, &self.runs[&run].tests[&case].results[at.index]);
        Ok(self.v1_created(Reply::ok(&shown)))
    }

    fn v1_project_runs(&self, project: u64) -> impl Iterator<Item = &Run> {
        self.runs.values().filter(move |run| {
            self.suites
                .get(&run.suite)
                .is_some_and(|suite| suite.project == project)
        })
    }

    fn v1_show_run(&self, run: &Run) -> Value {
        let mut shown = json!({
            "id": run.id,
            "name": run.name,
            "description": run.description,
            "isCompleted": run.completed_on.is_some(),
        });
        if self.options.v1.updated_at {
            shown["updatedAt"] = json!(run.audit.modified_on.to_string());
        }
        shown
    }
}

fn show_result(run: u64, case: u64, result: &TestResult) -> Value {
    let status = STATUSES.iter().find(|status| status.id == result.status);
    json!({
        "id": result.id,
        "runId": run,
        "caseId": case,
        "status": status.map(|status| status.label),
        "comments": result.comment,
    })
}
