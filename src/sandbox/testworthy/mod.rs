//! `TestWorthy`'s two surfaces as one state machine: every call goes in as data with the time, the
//! answer comes out. It shares no code with Accord's client, so that neither can hide the other's
//! mistakes.
//!
//! What is published (the vendor's Automation API page: headers, conventions, the case object, 200 and
//! 400 of add test case; the vendor's client script: runs, tests, results) is served as published. The
//! rest follows `TestRail`'s API, version 2, from which the surface visibly descends; [`TestWorthyOptions`]
//! switches between the ways in which a real server may differ. [`v1`] holds the second surface.

mod account;
mod body;
mod case;
mod control;
mod edit;
mod entity;
mod friendly;
mod listing;
mod lookup;
mod operation;
mod options;
mod refusal;
mod reply;
mod run;
mod stamp;
mod suite;
mod v1;
mod view;
mod web;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

pub use account::{
    API_KEY, GUEST_EMAIL, GUEST_ID, GUEST_KEY, GUEST_TOKEN, OTHER_PROJECT_ID, OTHER_PROJECT_KEY,
    PERSON_ID, PROJECT_ID, PROJECT_KEY, Project, ROBOT_ID, TENANT_ID, TOKEN, USER_EMAIL, User,
};
pub use edit::{CaseEdit, Edit};
pub use entity::{Audit, Case, FLAGS, Run, Section, Step, Suite, TEXT_FIELDS, Test, TestResult};
pub use lookup::{CASE_TYPES, CaseType, PRIORITIES, Priority, STATUSES, Status};
pub use operation::{Call, is_write};
pub use options::TestWorthyOptions;
pub use refusal::Refusal;
pub use reply::Reply;
pub use run::ResultAt;
pub use v1::{AzureDevOpsConfiguration, Integrations, MappingRow, V1Options, WriteAnswer};
pub use web::{control_router, refusal, router, told};

/// One emulated server with one tenant.
#[derive(Clone, Debug)]
pub struct Server {
    options: TestWorthyOptions,
    zone: TimeZone,
    users: Vec<User>,
    projects: Vec<Project>,
    custom_fields: Vec<String>,
    integrations: Integrations,
    suites: BTreeMap<u64, Suite>,
    sections: BTreeMap<u64, Section>,
    cases: BTreeMap<u64, Case>,
    runs: BTreeMap<u64, Run>,
    /// The run and case of every test.
    tests: BTreeMap<u64, (u64, u64)>,
    next: NextIds,
}

/// Ids are global across tenants and never used twice.
#[derive(Clone, Debug)]
struct NextIds {
    suite: u64,
    section: u64,
    case: u64,
    run: u64,
    test: u64,
    result: u64,
}

impl NextIds {
    fn take(next: &mut u64, wanted: Option<u64>) -> u64 {
        let id = wanted.unwrap_or(*next);
        *next = (*next).max(id + 1);
        id
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server without suites, with the users and projects of this module's constants.
    pub fn new() -> Self {
        let options = TestWorthyOptions::default();
        Self {
            zone: options.zone().unwrap_or(TimeZone::UTC),
            options,
            users: account::users(),
            projects: account::projects(),
            custom_fields: Vec::new(),
            integrations: Integrations::default(),
            suites: BTreeMap::new(),
            sections: BTreeMap::new(),
            cases: BTreeMap::new(),
            runs: BTreeMap::new(),
            tests: BTreeMap::new(),
            next: NextIds {
                suite: 41,
                section: 901,
                case: 210_001,
                run: 73,
                test: 9001,
                result: 55_001,
            },
        }
    }

    /// How it behaves now.
    pub fn options(&self) -> &TestWorthyOptions {
        &self.options
    }

    /// Changes how it behaves; the zone must exist.
    pub fn set_options(&mut self, options: TestWorthyOptions) -> Result<(), Refusal> {
        self.zone = options.zone().map_err(|error| {
            Refusal::invalid(format!("timeZone {:?}: {error}", options.time_zone))
        })?;
        if let Some(problem) = options.v1.problem() {
            return Err(Refusal::invalid(problem));
        }
        self.options = options;
        Ok(())
    }

    /// Adds a text field that an administrator would add; on the wire it is `custom_<name>`.
    pub fn define_custom_field(&mut self, name: &str) {
        let wire = format!("custom_{}", name.trim_start_matches("custom_"));
        if !self.custom_fields.contains(&wire) {
            self.custom_fields.push(wire);
        }
    }

    /// Gives a user another key; the old one stops working at once, as in the product.
    pub fn rotate_key(&mut self, user: u64, key: impl Into<String>) -> Result<(), Refusal> {
        let user = self
            .users
            .iter_mut()
            .find(|known| known.id == user)
            .ok_or_else(|| Refusal::unknown("User"))?;
        user.api_key = key.into();
        Ok(())
    }

    /// Gives a user another bearer token; the old one stops working at once.
    pub fn set_token(&mut self, user: u64, token: impl Into<String>) -> Result<(), Refusal> {
        let user = self
            .users
            .iter_mut()
            .find(|known| known.id == user)
            .ok_or_else(|| Refusal::unknown("User"))?;
        user.token = token.into();
        Ok(())
    }

    /// A case, if it exists.
    pub fn case(&self, id: u64) -> Option<&Case> {
        self.cases.get(&id)
    }

    /// Every case, by id.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// The cases of a suite, by id.
    pub fn cases_of(&self, suite: u64) -> impl Iterator<Item = &Case> {
        self.suites
            .get(&suite)
            .into_iter()
            .flat_map(|suite| &suite.cases)
            .filter_map(|id| self.cases.get(id))
    }

    /// Every suite, by id.
    pub fn suites(&self) -> impl Iterator<Item = &Suite> {
        self.suites.values()
    }

    /// Every section, by id.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.values()
    }

    /// A run, if it exists.
    pub fn run(&self, id: u64) -> Option<&Run> {
        self.runs.get(&id)
    }
}

#[cfg(test)]
mod tests;
