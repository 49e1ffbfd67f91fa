//! Runs, their tests and results.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::body::Body;
use super::edit::Edit;
use super::entity::{Audit, Run, Test, TestResult};
use super::lookup::STATUSES;
use super::{NextIds, Refusal, Server};

impl Run {
    /// Takes a case in, once; the id of its test.
    pub(super) fn enlist(&mut self, case: u64, next_test: &mut u64) -> u64 {
        self.tests
            .entry(case)
            .or_insert_with(|| Test {
                id: NextIds::take(next_test, None),
                results: Vec::new(),
            })
            .id
    }
}

/// Where a result stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultAt {
    /// The run.
    pub run: u64,
    /// The case.
    pub case: u64,
    /// Place among the results of the case's test, from 0.
    pub index: usize,
}

impl Server {
    /// Adds a run: of every case that the suite has and will have (`cases` is `None`), or of the
    /// chosen ones.
    pub fn add_run(
        &mut self,
        suite: u64,
        name: impl Into<String>,
        cases: Option<&[u64]>,
        (by, now): (u64, Timestamp),
    ) -> Result<u64, Refusal> {
        let chosen = self.chosen(suite, cases)?;
        let id = NextIds::take(&mut self.next.run, None);
        let mut run = Run {
            id,
            suite,
            name: name.into(),
            description: None,
            milestone: None,
            assigned_to: None,
            include_all: cases.is_none(),
            completed_on: None,
            tests: BTreeMap::new(),
            audit: Audit::new(by, now),
        };
        for case in chosen {
            let test = run.enlist(case, &mut self.next.test);
            self.tests.insert(test, (id, case));
        }
        self.runs.insert(id, run);
        if let Some(suite) = self.suites.get_mut(&suite) {
            suite.runs.insert(id);
        }
        Ok(id)
    }

    fn chosen(&self, suite: u64, cases: Option<&[u64]>) -> Result<BTreeSet<u64>, Refusal> {
        let suite = self
            .suites
            .get(&suite)
            .ok_or_else(|| Refusal::unknown("Suite"))?;
        let Some(cases) = cases else {
            return Ok(suite.cases.clone());
        };
        match cases.iter().find(|case| !suite.cases.contains(case)) {
            Some(case) => Err(Refusal::invalid(format!(
                "Field case_ids: {case} is not a case of the suite."
            ))),
            None => Ok(cases.iter().copied().collect()),
        }
    }

    pub(super) fn add_run_from(
        &mut self,
        suite: u64,
        body: &Body,
        stamp: (u64, Timestamp),
    ) -> Result<u64, Refusal> {
        let name = body.required_text("name")?;
        let details = Details::read(body)?;
        let cases = match (details.include_all, &details.case_ids) {
            (Some(false), Some(ids)) => Some(ids.clone()),
            (Some(false), None) => Some(Vec::new()),
            _ => None,
        };
        let id = self.add_run(suite, name, cases.as_deref(), stamp)?;
        if let Some(run) = self.runs.get_mut(&id) {
            details.apply(run);
        }
        Ok(id)
    }

    pub(super) fn update_run(
        &mut self,
        id: u64,
        body: &Body,
        (by, now): (u64, Timestamp),
    ) -> Result<(), Refusal> {
        let name = match body.text("name")? {
            Edit::Keep => None,
            _ => Some(body.required_text("name")?),
        };
        let details = Details::read(body)?;
        let run = self.open_run(id)?;
        let include_all = details
            .include_all
            .unwrap_or(run.include_all && details.case_ids.is_none());
        let chosen = match (&details.case_ids, include_all) {
            (_, true) => Some(self.chosen(run.suite, None)?),
            (Some(ids), false) => Some(self.chosen(run.suite, Some(ids))?),
            (None, false) => None,
        };
        if let Some(run) = self.runs.get_mut(&id) {
            if let Some(chosen) = chosen {
                run.tests.retain(|case, test| {
                    let stays = chosen.contains(case);
                    if !stays {
                        self.tests.remove(&test.id);
                    }
                    stays
                });
                for case in chosen {
                    let test = run.enlist(case, &mut self.next.test);
                    self.tests.insert(test, (id, case));
                }
            }
            run.include_all = include_all;
            if let Some(name) = name {
                run.name = name;
            }
            details.apply(run);
            run.audit.touch(by, now);
        }
        Ok(())
    }

    /// Completes a run, which cannot be taken back.
    pub fn close_run(&mut self, id: u64, (by, now): (u64, Timestamp)) -> Result<(), Refusal> {
        self.open_run(id)?;
        if let Some(run) = self.runs.get_mut(&id) {
            run.completed_on = Some(now);
            run.audit.touch(by, now);
        }
        Ok(())
    }

    /// Deletes a run with its tests and results.
    pub fn delete_run(&mut self, id: u64) -> Result<(), Refusal> {
        let run = self
            .runs
            .remove(&id)
            .ok_or_else(|| Refusal::unknown("Run"))?;
        for test in run.tests.values() {
            self.tests.remove(&test.id);
        }
        if let Some(suite) = self.suites.get_mut(&run.suite) {
            suite.runs.remove(&id);
        }
        Ok(())
    }

    /// Adds all results of the body or none.
    pub(super) fn add_results(
        &mut self,
        id: u64,
        body: &Body,
        stamp: (u64, Timestamp),
    ) -> Result<Vec<ResultAt>, Refusal> {
        let run = self.open_run(id)?;
        let Edit::Set(items) = body.objects("Results")? else {
            return Err(Refusal::invalid("Field Results is required."));
        };
        let mut results = Vec::with_capacity(items.len());
        for item in &items {
            let Edit::Set(case) = item.id("case_id")? else {
                return Err(Refusal::invalid("Field case_id is required."));
            };
            if !run.tests.contains_key(&case) {
                return Err(Refusal::invalid(format!(
                    "Field case_id: {case} is not a case of the run."
                )));
            }
            results.push((case, self.read_result(item, stamp)?));
        }
        results
            .into_iter()
            .map(|(case, result)| self.add_result(id, case, result))
            .collect()
    }

    /// Adds one result to the test of a case in an open run.
    pub fn add_result(
        &mut self,
        run: u64,
        case: u64,
        mut result: TestResult,
    ) -> Result<ResultAt, Refusal> {
        self.open_run(run)?;
        let test = self
            .runs
            .get_mut(&run)
            .and_then(|run| run.tests.get_mut(&case))
            .ok_or_else(|| Refusal::invalid(format!("{case} is not a case of the run.")))?;
        result.id = NextIds::take(&mut self.next.result, None);
        test.results.push(result);
        Ok(ResultAt {
            run,
            case,
            index: test.results.len() - 1,
        })
    }

    fn read_result(&self, item: &Body, stamp: (u64, Timestamp)) -> Result<TestResult, Refusal> {
        let status = match item.id("status_id")? {
            Edit::Set(id) if STATUSES.iter().any(|status| status.id == id) => id,
            _ => return Err(Refusal::invalid("Field status_id is not a status.")),
        };
        let mut result = TestResult::new(status, stamp);
        item.text("Comment")?.apply(&mut result.comment);
        item.id("AssignedToId")?.apply(&mut result.assigned_to);
        item.text("Defects")?.apply(&mut result.defects);
        item.text("Elapsed")?.apply(&mut result.elapsed);
        item.text("Version")?.apply(&mut result.version);
        if let Some(id) = result.assigned_to
            && !self.users.iter().any(|user| user.id == id)
        {
            return Err(Refusal::invalid("Field AssignedToId is not a user."));
        }
        Ok(result)
    }

    fn open_run(&self, id: u64) -> Result<&Run, Refusal> {
        let run = self.runs.get(&id).ok_or_else(|| Refusal::unknown("Run"))?;
        if run.completed_on.is_some() {
            return Err(Refusal::invalid("The run is completed."));
        }
        Ok(run)
    }
}

/// What a run's body says beside its name.
struct Details {
    description: Edit<String>,
    milestone: Edit<u64>,
    assigned_to: Edit<u64>,
    include_all: Option<bool>,
    case_ids: Option<Vec<u64>>,
}

impl Details {
    fn read(body: &Body) -> Result<Self, Refusal> {
        let mut include_all = None;
        body.flag("include_all")?.apply(&mut include_all);
        let mut case_ids = None;
        body.ids("case_ids")?.apply(&mut case_ids);
        Ok(Self {
            description: body.text("description")?,
            milestone: body.id("milestone_id")?,
            assigned_to: body.id("assigned_to_id")?,
            include_all,
            case_ids,
        })
    }

    fn apply(&self, run: &mut Run) {
        self.description.apply(&mut run.description);
        self.milestone.apply(&mut run.milestone);
        self.assigned_to.apply(&mut run.assigned_to);
    }
}
