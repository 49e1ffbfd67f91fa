//! Entities as the wire shows them: the members and their order follow the published case object
//! (vendor's Automation API page, add test case); responses nest where requests take ids.

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::account::TENANT_ID;
use super::entity::{Audit, Case, FLAGS, Run, Section, Suite, Test, TestResult};
use super::lookup::{self, STATUSES};
use super::stamp::{Source, Stamp};
use super::{Server, User};

const NULL: Option<u64> = None;

/// What happened to the entity just before it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Created by this request: both times come from the clock.
    Created,
    /// Changed by this request: the time of the change comes from the clock.
    Changed,
    /// Read from the database.
    Stored,
}

/// One entity of a server on its way to the wire.
pub(super) struct View<'a, T> {
    pub(super) server: &'a Server,
    pub(super) entity: &'a T,
    pub(super) freshness: Freshness,
}

impl<'a, T> View<'a, T> {
    fn stamp(&self, at: Timestamp, source: Source) -> Stamp<'a> {
        Stamp {
            at,
            zone: &self.server.zone,
            source,
        }
    }

    fn audit<M: SerializeMap>(&self, map: &mut M, audit: &Audit) -> Result<(), M::Error> {
        let (created, modified) = match self.freshness {
            Freshness::Created => (Source::Clock, Source::Clock),
            Freshness::Changed => (Source::Database, Source::Clock),
            Freshness::Stored => (Source::Database, Source::Database),
        };
        map.serialize_entry("created_by", &audit.created_by)?;
        map.serialize_entry("created_on", &self.stamp(audit.created_on, created))?;
        map.serialize_entry("last_modified_by", &audit.modified_by)?;
        map.serialize_entry("last_modified_on", &self.stamp(audit.modified_on, modified))
    }

    fn nested<U>(&self, entity: &'a U) -> View<'a, U> {
        View {
            server: self.server,
            entity,
            freshness: Freshness::Stored,
        }
    }

    fn extra<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        if self.server.options.extra_fields {
            map.serialize_entry("row_state", "Unchanged")?;
            map.serialize_entry("labels", &["beta"])?;
            map.serialize_entry(
                "analytics",
                &serde_json::json!({ "views": 3, "last_viewed_on": null }),
            )?;
        }
        Ok(())
    }
}

impl Serialize for View<'_, Case> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (server, case) = (self.server, self.entity);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &case.id)?;
        map.serialize_entry("title", &case.title)?;
        map.serialize_entry("display_order", &case.display_order)?;
        map.serialize_entry("estimate", &case.estimate)?;
        map.serialize_entry("estimate_forecast", &NULL)?;
        map.serialize_entry("milestone_id", &case.milestone)?;
        map.serialize_entry("template_id", &case.template)?;
        for name in [
            "refs",
            "rail_case_id",
            "custom_preconds",
            "custom_steps",
            "custom_expected",
        ] {
            map.serialize_entry(name, &case.text(name))?;
        }
        let steps = case.steps.as_ref().map(|steps| {
            steps
                .iter()
                .map(|step| StepView {
                    content: &step.content,
                    expected: step.expected.as_deref(),
                    additional_info: step.more.as_deref(),
                })
                .collect::<Vec<_>>()
        });
        map.serialize_entry("custom_steps_separated", &steps)?;
        for name in [
            "custom_mission",
            "custom_goals",
            "test_data",
            "custom_desc",
            "custom_bdd_gherkin",
            "custom_cucumber_tags",
        ] {
            map.serialize_entry(name, &case.text(name))?;
        }
        map.serialize_entry("is_copy", &case.copy_of.is_some())?;
        map.serialize_entry("copy_of_id", &case.copy_of)?;
        map.serialize_entry("tenant_id", &TENANT_ID)?;
        // The sample has automation_type behind the third flag.
        for (index, name) in FLAGS.iter().enumerate() {
            if index == 3 {
                map.serialize_entry("automation_type", &case.text("automation_type"))?;
            }
            let unset = server.options.nulls && !case.flags[index];
            map.serialize_entry(name, &(!unset).then_some(case.flags[index]))?;
        }
        map.serialize_entry("priority", &lookup::priority(case.priority))?;
        map.serialize_entry("type", &lookup::type_by_id(case.kind))?;
        let user = server
            .users
            .iter()
            .find(|user| user.id == case.audit.created_by && !server.options.nulls);
        map.serialize_entry("user", &user.map(|user| self.nested(user)))?;
        let section = server.sections.get(&case.section);
        map.serialize_entry("section", &section.map(|section| self.nested(section)))?;
        let suite = server.suites.get(&case.suite);
        map.serialize_entry("suite", &suite.map(|suite| self.nested(suite)))?;
        self.audit(&mut map, &case.audit)?;
        for name in &server.custom_fields {
            map.serialize_entry(name, &case.custom.get(name))?;
        }
        self.extra(&mut map)?;
        map.end()
    }
}

#[derive(Serialize)]
struct StepView<'a> {
    content: &'a str,
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_info: Option<&'a str>,
}

impl Serialize for View<'_, User> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = self.entity;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &user.id)?;
        map.serialize_entry("name", &user.name)?;
        map.serialize_entry("user_name", &user.email)?;
        map.serialize_entry("email", &user.email)?;
        map.serialize_entry("role_id", &1)?;
        map.serialize_entry("role_name", &NULL)?;
        map.serialize_entry("designation_id", &NULL)?;
        map.serialize_entry("tenant_id", &TENANT_ID)?;
        map.end()
    }
}

impl Serialize for View<'_, Section> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let section = self.entity;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &section.id)?;
        map.serialize_entry("name", &section.name)?;
        map.serialize_entry("suite_id", &section.suite)?;
        map.serialize_entry("parent_id", &section.parent)?;
        map.serialize_entry("description", &section.description)?;
        map.serialize_entry("is_copy", &false)?;
        map.serialize_entry("copy_of_id", &NULL)?;
        map.serialize_entry("tenant_id", &TENANT_ID)?;
        self.audit(&mut map, &section.audit)?;
        self.extra(&mut map)?;
        map.end()
    }
}

impl Serialize for View<'_, Suite> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let suite = self.entity;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &suite.id)?;
        map.serialize_entry("name", &suite.name)?;
        map.serialize_entry("project_id", &suite.project)?;
        map.serialize_entry("description", &suite.description)?;
        map.serialize_entry("is_master", &true)?;
        map.serialize_entry("is_baseline", &true)?;
        map.serialize_entry("parent_id", &NULL)?;
        map.serialize_entry("is_copy", &false)?;
        map.serialize_entry("copy_of_id", &NULL)?;
        map.serialize_entry("is_completed", &false)?;
        map.serialize_entry("completed_on", &NULL)?;
        map.serialize_entry("tenant_id", &TENANT_ID)?;
        self.extra(&mut map)?;
        map.end()
    }
}

impl Serialize for View<'_, Run> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = self.entity;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &run.id)?;
        map.serialize_entry("name", &run.name)?;
        map.serialize_entry("description", &run.description)?;
        map.serialize_entry("suite_id", &run.suite)?;
        map.serialize_entry("milestone_id", &run.milestone)?;
        map.serialize_entry("plan_id", &NULL)?;
        map.serialize_entry("include_all", &run.include_all)?;
        map.serialize_entry("is_completed", &run.completed_on.is_some())?;
        let source = match self.freshness {
            Freshness::Stored => Source::Database,
            Freshness::Created | Freshness::Changed => Source::Clock,
        };
        let completed = run.completed_on.map(|at| self.stamp(at, source));
        map.serialize_entry("completed_on", &completed)?;
        map.serialize_entry("assigned_to", &run.assigned_to)?;
        for status in &STATUSES {
            let count = run
                .tests
                .values()
                .filter(|test| test.status() == status.id)
                .count();
            map.serialize_entry(&format!("{}_count", status.name), &count)?;
        }
        self.audit(&mut map, &run.audit)?;
        map.serialize_entry("tenant_id", &TENANT_ID)?;
        self.extra(&mut map)?;
        map.end()
    }
}

/// A test of a run, with the whole case inside.
pub(super) struct TestView<'a> {
    pub(super) server: &'a Server,
    pub(super) run: &'a Run,
    pub(super) case: &'a Case,
    pub(super) test: &'a Test,
}

impl Serialize for TestView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let last = self.test.results.last();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.test.id)?;
        let case = View {
            server: self.server,
            entity: self.case,
            freshness: Freshness::Stored,
        };
        map.serialize_entry("case", &case)?;
        map.serialize_entry("status_id", &self.test.status())?;
        let assigned_to = last.and_then(|result| result.assigned_to);
        map.serialize_entry("assigned_to", &assigned_to.or(self.run.assigned_to))?;
        map.serialize_entry("tested_by", &last.map(|result| result.created_by))?;
        map.serialize_entry("defects", &last.and_then(|result| result.defects.as_ref()))?;
        map.serialize_entry("run_id", &self.run.id)?;
        case.extra(&mut map)?;
        map.end()
    }
}

/// A result of a test.
pub(super) struct ResultView<'a> {
    pub(super) result: View<'a, TestResult>,
    pub(super) test: u64,
}

impl Serialize for ResultView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.result.entity;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &result.id)?;
        map.serialize_entry("test_id", &self.test)?;
        map.serialize_entry("status_id", &result.status)?;
        map.serialize_entry("comment", &result.comment)?;
        map.serialize_entry("defects", &result.defects)?;
        map.serialize_entry("assigned_to", &result.assigned_to)?;
        map.serialize_entry("elapsed", &result.elapsed)?;
        map.serialize_entry("version", &result.version)?;
        map.serialize_entry("created_by", &result.created_by)?;
        let source = match self.result.freshness {
            Freshness::Stored => Source::Database,
            Freshness::Created | Freshness::Changed => Source::Clock,
        };
        map.serialize_entry("created_on", &self.result.stamp(result.created_on, source))?;
        self.result.extra(&mut map)?;
        map.end()
    }
}
