//! Test plans (ids: recorded answers; templates: recorded answers and paths of the specification; the
//! place of the bulk route is a guess).

use super::super::version::Versions;
use super::{Location, at};

const fn released(resource: u32) -> Versions {
    Versions::released(resource)
}

pub(super) const TABLE: &[Location] = &[
    at(
        "testplan",
        "Plans",
        "0e292477-a0c2-47f3-a9b6-34f153d627f4",
        "{project}/_apis/{area}/{resource}/{planId}",
        released(1),
    ),
    at(
        "testplan",
        "Suites",
        "1046d5d3-ab61-4ca7-a65a-36118a978256",
        "{project}/_apis/{area}/Plans/{planId}/{resource}/{suiteId}",
        released(1),
    ),
    at(
        "testplan",
        "bulk",
        "1e58fbe6-1761-43ce-97f6-5492ec9d438e",
        "{project}/_apis/{area}/Plans/{planId}/Suites/{parentSuiteId}/{resource}",
        released(1),
    ),
    at(
        "testplan",
        "SuiteTestCase",
        "a9bd61ac-45cf-4d13-9441-43dcd01edf8d",
        "{project}/_apis/{area}/Plans/{planId}/Suites/{suiteId}/TestCase/{testCaseId}",
        released(3),
    ),
    at(
        "testplan",
        "TestPoint",
        "52df686e-bae4-4334-b0ee-b6cf4e6f6b73",
        "{project}/_apis/{area}/Plans/{planId}/Suites/{suiteId}/{resource}",
        released(2),
    ),
    at(
        "testplan",
        "SuiteEntry",
        "d6733edf-72f1-4252-925b-c560dfe9b75a",
        "{project}/_apis/{area}/{resource}/{suiteId}",
        released(1),
    ),
    at(
        "testplan",
        "TestCases",
        "29006fb5-816b-4ff7-a329-599943569229",
        "{project}/_apis/{area}/{resource}/{testCaseId}",
        released(1),
    ),
    at(
        "testplan",
        "Configurations",
        "8369318e-38fa-4e84-9043-4b2a75d2c256",
        "{project}/_apis/{area}/{resource}/{testConfigurationId}",
        released(1),
    ),
    at(
        "testplan",
        "Variables",
        "2c61fac6-ac4e-45a5-8c38-1c2b8fd8ea6c",
        "{project}/_apis/{area}/{resource}/{testVariableId}",
        released(1),
    ),
    at(
        "testplan",
        "Suites",
        "a4080e84-f17b-4fad-84f1-7960b6525bf2",
        "_apis/{area}/{resource}",
        released(1),
    ),
];
