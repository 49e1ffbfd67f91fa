//! What a connection test says: the document `accord-doctor/1` (`schemas/doctor.schema.json`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::System;

/// The schema that this version writes: a name and a major version. Keys may be added within a major
/// version, so readers pass over keys that they do not know.
const SCHEMA: &str = "accord-doctor/1";

/// A connection test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// Always `accord-doctor/1`.
    #[schemars(extend("const" = "accord-doctor/1"))]
    pub schema: String,
    /// The version of the program.
    pub version: String,
    /// The worst status of any check; `skipped` only if every check was.
    pub verdict: Status,
    /// Why the command fails: the cause that comes first in the order `hostRefused`, `authentication`,
    /// `manifests`, `unreachable`; absent if no check failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The connections that were tested, by name.
    pub connections: Vec<ConnectionReport>,
}

/// What was found out about one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReport {
    /// Its name.
    pub name: String,
    /// The file that declares it.
    pub file: String,
    /// The line there, from 1.
    pub line: u32,
    /// The worst status of its checks.
    pub verdict: Status,
    /// Its systems.
    pub systems: Vec<SystemReport>,
}

/// What was found out about one system of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemReport {
    /// The system.
    pub system: System,
    /// Its address, without query and user name.
    pub url: String,
    /// The checks in the order in which one needs the other.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What was looked at: `host`, `secret`, `proxy`, `dns`, `tcp`, `tunnel`, `tls`, `http`,
    /// `organization`, `credential`, `identity`, `project`, `process`, `field`, `permission`, `mapping`,
    /// `path`, `suite`, `capabilities`, `clock`, `rate`, `versions`.
    pub check: String,
    /// Which of several, for example the key of a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What came of it.
    pub status: Status,
    /// What was measured, or why it was skipped.
    pub measured: String,
    /// What to do next; always there for a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Why it failed; only for a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// What came of a check, in the order of badness.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It was not looked at; the measure says why.
    Skipped,
    /// It is as it should be.
    Ok,
    /// It works, but somebody should look at it.
    Warn,
    /// It does not work.
    Fail,
}

/// Why a check failed. The order is that of the exit code: what only the operator may change comes
/// first, what waiting may mend comes last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The host is not one that credentials may go to. Exit 5.
    HostRefused,
    /// Authentication or permission; a secret that is missing. Exit 8.
    Authentication,
    /// The manifests name something that is not there. Exit 4.
    Manifests,
    /// The system is not reachable, does not answer, or something else answers in its place. Exit 10.
    Unreachable,
}

impl Check {
    fn new(check: &str, status: Status, measured: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            subject: None,
            status,
            measured: measured.into(),
            next: None,
            cause: None,
        }
    }

    /// As it should be.
    pub fn ok(check: &str, measured: impl Into<String>) -> Self {
        Self::new(check, Status::Ok, measured)
    }

    /// Works, but somebody should look at it and do `next`.
    pub fn warn(check: &str, measured: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            next: Some(next.into()),
            ..Self::new(check, Status::Warn, measured)
        }
    }

    /// Does not work until somebody does `next`.
    pub fn fail(
        check: &str,
        cause: Cause,
        measured: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            next: Some(next.into()),
            cause: Some(cause),
            ..Self::new(check, Status::Fail, measured)
        }
    }

    /// Was not looked at.
    pub fn skipped(check: &str, why: impl Into<String>) -> Self {
        Self::new(check, Status::Skipped, why)
    }

    /// Says which of several it is.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Whether nothing that needs it can be looked at.
    pub fn failed(&self) -> bool {
        self.status == Status::Fail
    }
}

impl DoctorReport {
    /// Sums up the connections.
    pub fn new(connections: Vec<ConnectionReport>) -> Self {
        let checks = connections.iter().flat_map(ConnectionReport::checks);
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            verdict: worst(checks.clone()),
            cause: checks.filter_map(|check| check.cause).min(),
            connections,
        }
    }

    /// The JSON Schema (draft-07) of this document.
    pub fn json_schema() -> serde_json::Value {
        crate::manifest::schema::of::<Self>()
    }
}

impl ConnectionReport {
    /// Sums up the systems.
    pub fn new(name: String, file: String, line: u32, systems: Vec<SystemReport>) -> Self {
        let verdict = worst(systems.iter().flat_map(|system| &system.checks));
        Self {
            name,
            file,
            line,
            verdict,
            systems,
        }
    }

    /// All checks, in order.
    pub fn checks(&self) -> impl Iterator<Item = &Check> + Clone {
        self.systems.iter().flat_map(|system| &system.checks)
    }
}

fn worst<'a>(checks: impl Iterator<Item = &'a Check>) -> Status {
    checks
        .map(|check| check.status)
        .max()
        .unwrap_or(Status::Skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(checks: Vec<Check>) -> DoctorReport {
        let system = SystemReport {
            system: System::AzureDevOps,
            url: "https://dev.azure.com/contoso".to_owned(),
            checks,
        };
        let connection = ConnectionReport::new("a".into(), "a.yaml".into(), 1, vec![system]);
        DoctorReport::new(vec![connection])
    }

    #[test]
    fn the_first_cause_and_the_worst_status_decide() {
        let fail = |cause| Check::fail("x", cause, "m", "n");
        let all = [
            Cause::HostRefused,
            Cause::Authentication,
            Cause::Manifests,
            Cause::Unreachable,
        ];
        for (at, first) in all.into_iter().enumerate() {
            // In the wrong order, so that it is not the first check that decides.
            let checks = all[at..].iter().rev().map(|cause| fail(*cause)).collect();
            let report = report(checks);
            assert_eq!(report.cause, Some(first));
            assert_eq!(report.verdict, Status::Fail);
        }
        let fine = report(vec![
            Check::ok("a", "m"),
            Check::warn("b", "m", "n"),
            Check::skipped("c", "why"),
        ]);
        assert_eq!((fine.verdict, fine.cause), (Status::Warn, None));
        assert_eq!(
            report(vec![Check::skipped("c", "why")]).verdict,
            Status::Skipped
        );
        assert_eq!(report(Vec::new()).verdict, Status::Skipped);
    }

    #[test]
    fn documents_fulfil_the_schema_and_come_back() {
        let made = report(vec![
            Check::ok("dns", "m"),
            Check::fail("secret", Cause::Authentication, "m", "n").about("apiKey"),
        ]);
        let json = serde_json::to_value(&made).unwrap();
        let schema = DoctorReport::json_schema();
        let validator = jsonschema::draft7::new(&schema).unwrap();
        assert!(validator.is_valid(&json), "{json:#}");
        assert!(!validator.is_valid(&serde_json::json!({"schema": SCHEMA})));
        assert_eq!(serde_json::from_value::<DoctorReport>(json).unwrap(), made);
    }
}
