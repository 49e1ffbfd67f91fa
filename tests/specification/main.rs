//! The judge of requests (see `judge`) judged itself: its mend of the published documents, its sense
//! of paths, and wrong requests that it must catch. The scenarios, the engine's tests and the tests of
//! the Azure DevOps client use it on what they send.

#![expect(
    clippy::unwrap_used,
    reason = "a failure here is a failure of the test"
)]

#[allow(dead_code, reason = "other suites use other parts")]
mod judge;
mod mended;
mod paths;
#[path = "../cli/project.rs"]
#[allow(dead_code, reason = "shared with tests/cli, which uses more of it")]
mod project;
mod wrong;
