//! Tests connections: one check after the other, from the allow-list to the fields of the mappings, and
//! for every failure what to do next. It only reads.
//!
//! [`judge`] holds the judgement, pure functions from what was seen to a [`Check`]; the files beside it
//! ask one system each and stop where the next question would have no answer.

mod azure_devops;
mod check;
mod judge;
mod testworthy;

use url::Url;

pub use check::{Cause, Check, ConnectionReport, DoctorReport, Status, SystemReport};

use super::clock::Clock;
use super::connect::HttpRemotes;
use super::progress::Progress;
use super::secret::{describe, inspect};
use crate::model::config::{Config, Connection, CustomField, SecretRef, SyncRule};
use crate::model::{Name, System};

/// What a connection test works with.
pub struct DoctorContext<'a> {
    /// The checked configuration.
    pub config: &'a Config,
    /// The systems; [`HttpRemotes::probing`] makes it answer soon.
    pub remotes: &'a HttpRemotes,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Who wants to know how far it is.
    pub progress: &'a dyn Progress,
}

/// Tests the connections of these names, in this order. Names that are not declared are passed over.
pub async fn doctor(context: &DoctorContext<'_>, names: &[Name]) -> DoctorReport {
    let mut reports = Vec::new();
    for name in names {
        let Some(connection) = context.config.connections.get(name) else {
            continue;
        };
        context
            .progress
            .begin(&format!("testing connection {name}"), None);
        let subject = Subject::new(context, connection);
        let (testworthy, azure_devops) = tokio::join!(
            testworthy::examine(&subject),
            azure_devops::examine(&subject)
        );
        context.progress.end();
        reports.push(ConnectionReport::new(
            name.to_string(),
            connection.origin.file.clone(),
            connection.origin.line,
            vec![testworthy, azure_devops],
        ));
    }
    DoctorReport::new(reports)
}

/// A connection with the rules and the fields that use it.
struct Subject<'a> {
    context: &'a DoctorContext<'a>,
    connection: &'a Connection,
    rules: Vec<&'a SyncRule>,
    fields: Vec<&'a CustomField>,
}

/// One credential of a system.
struct Needed<'a> {
    key: &'static str,
    /// `None` if it is written out in the manifest.
    reference: Option<&'a SecretRef>,
    expected: judge::Expected,
}

impl<'a> Subject<'a> {
    fn new(context: &'a DoctorContext<'a>, connection: &'a Connection) -> Self {
        let all = context.config.rules.values();
        let fields = context.config.custom_fields.values();
        Self {
            context,
            connection,
            rules: all
                .filter(|rule| rule.connection == connection.name)
                .collect(),
            fields: fields
                .filter(|field| field.connection == connection.name)
                .collect(),
        }
    }

    /// What can be checked before anything is contacted, and the network up to TLS. `Err` holds why
    /// nothing behind it can be looked at.
    async fn approach(
        &self,
        system: System,
        url: &Url,
        needed: &[Needed<'_>],
        checks: &mut Checks,
    ) -> Result<(), String> {
        let remotes = self.context.remotes;
        let allowed = remotes.allowed(system, url);
        let refused = allowed.is_err();
        checks.push(judge::host(system, url, allowed));
        if refused {
            // A credential is not even looked for on behalf of a host that may not have it.
            return Err("the host is not allowed".to_owned());
        }
        let mut without = false;
        for needed in needed {
            let Some(reference) = needed.reference else {
                continue;
            };
            let found = inspect(remotes.environment(), reference);
            without |= found.is_err();
            let place = describe(reference);
            checks.push(judge::secret(needed.key, &place, needed.expected, found));
        }
        let Some(way) = remotes.walk(system, url).await else {
            return Err("requests are switched off (--offline)".to_owned());
        };
        match way {
            Ok(way) => {
                let host = host_and_port(url);
                let public = crate::http::is_public_host(system, url);
                let now = self.context.clock.now();
                let steps = judge::way(&way, &host, public, now);
                let broken = steps.iter().find(|step| step.failed());
                let broken = broken.map(|step| format!("{} failed", step.check));
                for step in steps {
                    checks.push(step);
                }
                broken.map_or(Ok(()), Err)?;
            }
            // The allow-list was asked above, so this does not happen.
            Err(error) => {
                checks.push(judge::no_answer(&error));
                return Err("http failed".to_owned());
            }
        }
        if without {
            return Err("a credential is missing".to_owned());
        }
        Ok(())
    }
}

/// The checks of one system, in order.
#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn push(&mut self, check: Check) {
        self.0.push(check);
    }

    /// Adds checks; `Err` names the first that failed.
    fn extend(&mut self, checks: impl IntoIterator<Item = Check>) -> Result<(), String> {
        let mut failed = None;
        for check in checks {
            if check.failed() && failed.is_none() {
                failed = Some(format!("{} failed", check.check));
            }
            self.0.push(check);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Notes what could not be looked at, and why. Checks that are there already are left out.
    fn skip(&mut self, rest: &[&str], why: &str) {
        for name in rest {
            if !self.0.iter().any(|check| check.check == *name) {
                self.0.push(Check::skipped(name, why));
            }
        }
    }

    fn report(self, system: System, url: &Url) -> SystemReport {
        SystemReport {
            system,
            url: crate::http::address_without_query(url),
            checks: self.0,
        }
    }
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The references of a system in words: `environment variables A, B`.
fn described(needed: &[Needed<'_>]) -> String {
    let references = || needed.iter().filter_map(|needed| needed.reference);
    let variables: Vec<&str> = references()
        .filter_map(|reference| match reference {
            SecretRef::Env(name) => Some(name.as_str()),
            SecretRef::File(_) => None,
        })
        .collect();
    if variables.len() > 1 && variables.len() == references().count() {
        return format!("environment variables {}", variables.join(", "));
    }
    references().map(describe).collect::<Vec<_>>().join(", ")
}
