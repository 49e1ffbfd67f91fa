//! What a sandbox starts with: two YAML files, embedded in the program and readable from a folder, so
//! that a user can bring a sandbox of their own. `examples/sandbox/` holds the embedded ones and explains
//! the form.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::azure_devops::seed::{OrganizationSeed, SeedError as OrganizationSeedError};
use super::testworthy::{
    PERSON_ID, PROJECT_ID, ROBOT_ID, Refusal, STATUSES, Server, TestResult, TestWorthyOptions,
};
use super::{RunningSandbox, State};

const TESTWORTHY_FILE: &str = "testworthy.yaml";
const AZURE_DEVOPS_FILE: &str = "azure-devops.yaml";
const WEB_SHOP_TESTWORTHY: &str = include_str!("../../examples/sandbox/testworthy.yaml");
const WEB_SHOP_AZURE_DEVOPS: &str = include_str!("../../examples/sandbox/azure-devops.yaml");

/// Stands in the files for the address of the emulated `TestWorthy`, whose port is known only when the
/// sandbox listens.
const TESTWORTHY_PLACEHOLDER: &str = "{testworthy}";

/// Both systems' sample data.
#[derive(Clone, Debug, PartialEq)]
pub struct Seed {
    testworthy: TestWorthySeed,
    /// The text, because the placeholder may stand anywhere in it.
    azure_devops: SourceText,
    without_work_items: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct SourceText {
    file: PathBuf,
    text: String,
}

/// What the emulated `TestWorthy` starts with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestWorthySeed {
    /// When everything in both systems was made.
    pub created_on: Timestamp,
    /// Fields that an administrator added; `risk` is `custom_risk` on the wire.
    #[serde(default)]
    pub custom_fields: Vec<String>,
    /// The robot's bearer token on the second surface; absent: the program's constant.
    #[serde(default)]
    pub token: Option<String>,
    /// How the server behaves.
    #[serde(default)]
    pub options: TestWorthyOptions,
    /// Suites.
    pub suites: Vec<SuiteSeed>,
    /// Runs.
    #[serde(default)]
    pub runs: Vec<RunSeed>,
}

/// A suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuiteSeed {
    /// Its id.
    pub id: u64,
    /// Its project; absent: the web shop.
    #[serde(default)]
    pub project: Option<u64>,
    /// Name.
    pub name: String,
    /// HTML.
    #[serde(default)]
    pub description: Option<String>,
    /// Its sections.
    #[serde(default)]
    pub sections: Vec<SectionSeed>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SectionSeed {
    /// Its id; absent: the next free one.
    #[serde(default)]
    pub id: Option<u64>,
    /// Name.
    pub name: String,
    /// HTML.
    #[serde(default)]
    pub description: Option<String>,
    /// Sections inside it.
    #[serde(default)]
    pub sections: Vec<SectionSeed>,
    /// Its cases: `id` or `copyOf` and the names that [`Server::friendly_edit`] knows.
    #[serde(default)]
    pub cases: Vec<Map<String, Value>>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunSeed {
    /// Its suite.
    pub suite: u64,
    /// Name.
    pub name: String,
    /// Chosen cases; absent: all that the suite has and will have.
    #[serde(default)]
    pub cases: Option<Vec<u64>>,
    /// Results in order.
    #[serde(default)]
    pub results: Vec<ResultSeed>,
    /// Whether it is completed.
    #[serde(default)]
    pub completed: bool,
}

/// A result of a case in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultSeed {
    /// The case.
    pub case: u64,
    /// The status by its shown name, such as `Passed`.
    pub status: String,
    /// Text.
    #[serde(default)]
    pub comment: Option<String>,
    /// Ids in a bug tracker, separated by commas.
    #[serde(default)]
    pub defects: Option<String>,
}

/// Why sample data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file cannot be read.
    #[error("cannot read the sample data in {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where the parser tells them.
        message: String,
    },
    /// Something in `testworthy.yaml` does not fit.
    #[error("testworthy.yaml, {item}: {message}")]
    TestWorthy {
        /// Such as `case 210301`.
        item: String,
        /// What is wrong.
        message: String,
    },
    /// Something in `azure-devops.yaml` does not fit.
    #[error("azure-devops.yaml: {0}")]
    AzureDevOps(#[from] OrganizationSeedError),
}

/// The web shop that is built into the program.
pub fn web_shop() -> Result<Seed, SeedError> {
    Seed::parse(
        Path::new(TESTWORTHY_FILE),
        WEB_SHOP_TESTWORTHY,
        SourceText {
            file: PathBuf::from(AZURE_DEVOPS_FILE),
            text: WEB_SHOP_AZURE_DEVOPS.to_owned(),
        },
    )
}

/// The built-in web shop without its cases and work items: people, suites, areas and fields only.
pub fn web_shop_without_items() -> Result<Seed, SeedError> {
    fn empty(sections: &mut [SectionSeed]) {
        for section in sections {
            section.cases.clear();
            empty(&mut section.sections);
        }
    }
    let mut seed = web_shop()?;
    for suite in &mut seed.testworthy.suites {
        empty(&mut suite.sections);
    }
    seed.testworthy.runs.clear();
    seed.without_work_items = true;
    Ok(seed)
}

/// Sample data in `testworthy.yaml` and `azure-devops.yaml` of a folder.
pub fn from_dir(folder: &Path) -> Result<Seed, SeedError> {
    let read = |name: &str| {
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(SourceText { file: path, text }),
            Err(source) => Err(SeedError::Read { path, source }),
        }
    };
    let testworthy = read(TESTWORTHY_FILE)?;
    Seed::parse(&testworthy.file, &testworthy.text, read(AZURE_DEVOPS_FILE)?)
}

impl Seed {
    fn parse(
        testworthy_file: &Path,
        testworthy: &str,
        azure_devops: SourceText,
    ) -> Result<Self, SeedError> {
        let seed = Self {
            testworthy: serde_yaml::from_str(testworthy).map_err(|error| SeedError::Form {
                path: testworthy_file.to_owned(),
                message: error.to_string(),
            })?,
            azure_devops,
            without_work_items: false,
        };
        // Mistakes in the second file are told now and not when the port is known.
        seed.organization("http://127.0.0.1/testworthy")?;
        Ok(seed)
    }

    /// What the emulated `TestWorthy` starts with.
    pub fn testworthy(&self) -> &TestWorthySeed {
        &self.testworthy
    }

    /// What the emulated organisation starts with, if `TestWorthy` is at this address (without a slash
    /// at its end).
    pub fn organization(&self, testworthy_url: &str) -> Result<OrganizationSeed, SeedError> {
        let text = self
            .azure_devops
            .text
            .replace(TESTWORTHY_PLACEHOLDER, testworthy_url);
        serde_yaml::from_str(&text).map_err(|error| SeedError::Form {
            path: self.azure_devops.file.clone(),
            message: error.to_string(),
        })
    }

    /// Fills both systems, which must be empty.
    pub fn plant(&self, state: &mut State, testworthy_url: &str) -> Result<(), SeedError> {
        let mut organization = self.organization(testworthy_url)?;
        if self.without_work_items {
            organization.work_items.clear();
        }
        plant_testworthy(&mut state.testworthy, &self.testworthy)?;
        state
            .azure_devops
            .plant(&organization, self.testworthy.created_on)?;
        Ok(())
    }

    /// Fills both systems of a sandbox that listens already.
    pub fn plant_running(&self, sandbox: &RunningSandbox) -> Result<(), SeedError> {
        let url = sandbox.testworthy_url();
        self.plant(&mut sandbox.state(), &url)
    }
}

fn plant_testworthy(server: &mut Server, seed: &TestWorthySeed) -> Result<(), SeedError> {
    let stamp = (PERSON_ID, seed.created_on);
    server
        .set_options(seed.options.clone())
        .map_err(refused("options".to_owned()))?;
    if let Some(token) = &seed.token {
        server
            .set_token(ROBOT_ID, token)
            .map_err(refused("token".to_owned()))?;
    }
    for field in &seed.custom_fields {
        server.define_custom_field(field);
    }
    for suite in &seed.suites {
        let refused = refused(format!("suite {}", suite.id));
        let project = suite.project.unwrap_or(PROJECT_ID);
        let (name, text) = (suite.name.clone(), suite.description.clone());
        server
            .add_suite(Some(suite.id), project, name, text)
            .map_err(&refused)?;
        for section in &suite.sections {
            plant_section(server, suite.id, None, section, stamp)?;
        }
    }
    for run in &seed.runs {
        plant_run(server, run, stamp)?;
    }
    Ok(())
}

fn refused(item: String) -> impl Fn(Refusal) -> SeedError {
    move |refusal| SeedError::TestWorthy {
        item: item.clone(),
        message: refusal.message,
    }
}

fn plant_section(
    server: &mut Server,
    suite: u64,
    parent: Option<u64>,
    seed: &SectionSeed,
    stamp: (u64, Timestamp),
) -> Result<(), SeedError> {
    let (name, text) = (seed.name.clone(), seed.description.clone());
    let section = server
        .add_section(seed.id, suite, parent, name, text, stamp)
        .map_err(refused(format!("section {:?}", seed.name)))?;
    for case in &seed.cases {
        plant_case(server, suite, section, case, stamp)?;
    }
    for child in &seed.sections {
        plant_section(server, suite, Some(section), child, stamp)?;
    }
    Ok(())
}

fn plant_case(
    server: &mut Server,
    suite: u64,
    section: u64,
    seed: &Map<String, Value>,
    stamp: (u64, Timestamp),
) -> Result<(), SeedError> {
    let mut members = seed.clone();
    let id = members.remove("id").as_ref().and_then(Value::as_u64);
    let copy_of = members.remove("copyOf").as_ref().and_then(Value::as_u64);
    let label = match id {
        Some(id) => format!("case {id}"),
        None => format!("a case of section {section}"),
    };
    let refused = refused(label);
    let mut edit = server
        .friendly_edit(suite, &members, stamp)
        .map_err(&refused)?;
    if let Some(original) = copy_of {
        let copy = server
            .copy_case(id, original, Some(section), stamp)
            .map_err(&refused)?;
        return server.update_case(copy, &edit, stamp).map_err(&refused);
    }
    edit = edit.section(section);
    server
        .add_case(id, suite, &edit, stamp)
        .map(drop)
        .map_err(&refused)
}

fn plant_run(
    server: &mut Server,
    seed: &RunSeed,
    stamp: (u64, Timestamp),
) -> Result<(), SeedError> {
    let refused = refused(format!("run {:?}", seed.name));
    let run = server
        .add_run(seed.suite, seed.name.clone(), seed.cases.as_deref(), stamp)
        .map_err(&refused)?;
    for result in &seed.results {
        let status = STATUSES
            .iter()
            .find(|status| status.label == result.status)
            .ok_or_else(|| {
                refused(Refusal {
                    status: 400,
                    message: format!("there is no status {:?}", result.status),
                })
            })?;
        let outcome = TestResult {
            comment: result.comment.clone(),
            defects: result.defects.clone(),
            ..TestResult::new(status.id, stamp)
        };
        server
            .add_result(run, result.case, outcome)
            .map_err(&refused)?;
    }
    if seed.completed {
        server.close_run(run, stamp).map_err(&refused)?;
    }
    Ok(())
}
