//! Test runs and results (ids: source of the official clients; templates: paths of the specification).

use super::super::version::Versions;
use super::{Location, at};

const fn released(resource: u32) -> Versions {
    Versions::released(resource)
}

pub(super) const TABLE: &[Location] = &[
    at(
        "Test",
        "Runs",
        "cadb3810-d47d-4a3c-a234-fe5f3be50138",
        "{project}/_apis/{area}/{resource}/{runId}",
        released(3),
    ),
    at(
        "Test",
        "Statistics",
        "0a42c424-d764-4a16-a2d5-5c85f87d0ae8",
        "{project}/_apis/{area}/Runs/{runId}/{resource}",
        released(3),
    ),
    at(
        "Test",
        "Results",
        "4637d869-3a76-4468-8057-0bb02aa385cf",
        "{project}/_apis/{area}/Runs/{runId}/{resource}/{testCaseResultId}",
        released(6),
    ),
    at(
        "Test",
        "Iterations",
        "73eb9074-3446-4c44-8296-2f811950ff8d",
        "{project}/_apis/{area}/Runs/{runId}/Results/{testCaseResultId}/{resource}/{iterationId}",
        released(3),
    ),
    at(
        "Test",
        "Attachments",
        "4f004af4-a507-489c-9b13-cb62060beb11",
        "{project}/_apis/{area}/Runs/{runId}/{resource}/{attachmentId}",
        released(1),
    ),
    at(
        "Test",
        "Attachments",
        "2bffebe9-2f0f-4639-9af8-56129e9fed2d",
        "{project}/_apis/{area}/Runs/{runId}/Results/{testCaseResultId}/{resource}/{attachmentId}",
        released(1),
    ),
    at(
        "Test",
        "Points",
        "b4264fd0-a5d1-43e2-82a5-b9c46b7da9ce",
        "{project}/_apis/{area}/{resource}",
        released(2),
    ),
    at(
        "Test",
        "Points",
        "3bcfd5c8-be62-488e-b1da-b8289ce9299c",
        "{project}/_apis/{area}/Plans/{planId}/Suites/{suiteId}/{resource}/{pointIds}",
        released(2),
    ),
    at(
        "Test",
        "TestCases",
        "4d472e0f-e32c-4ef8-adf4-a4078772889c",
        "{project}/_apis/{area}/{resource}/{testCaseId}",
        released(1),
    ),
];
