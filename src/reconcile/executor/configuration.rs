//! Writes to configuration resources, before any item is touched. Each is compared with a fresh reading
//! just before it is sent, and read back after it. One that fails stops neither the others nor the items.

use super::fate::{Fate, classify};
use super::report::{ApplyReport, FailureKind};
use super::{LONGEST_REQUEST, STOPPED, StopFlag, UNANSWERED, later, wait_until_settled};
use crate::model::config::Connection;
use crate::model::{Name, OperationId, RunId};
use crate::plan::Planned;
use crate::plan::configuration::{
    ConfigurationOperation, ConfigurationStep, integration_digest, own_integrations,
};
use crate::reconcile::connect::{endpoints, remote_error};
use crate::reconcile::{Context, ReconcileError, Writers};
use crate::remote::{IntegrationSettings, RemoteError};
use crate::store::{AuditEntry, Intent, IntentKind, IntentOutcome, Record};

/// Runs every configuration step. What becomes of them is in the report.
pub(super) async fn run(
    context: &Context<'_>,
    planned: &Planned,
    run: &RunId,
    stop: &StopFlag,
    report: &mut ApplyReport,
) {
    for step in &planned.configuration {
        if stop.is_set() {
            report.fail_at(&step.address, FailureKind::NotRun, STOPPED);
            continue;
        }
        let Some(connection) = context.config.connections.get(&step.connection) else {
            continue;
        };
        let changed: Vec<&str> = planned.plan.changes[step.change]
            .fields
            .iter()
            .map(|field| field.path.as_str())
            .collect();
        let running = Running {
            context,
            connection,
            run,
            stop,
            step,
            changed: changed.join(", "),
        };
        if let Err(error) = running.run(report).await {
            if !report
                .failures
                .iter()
                .any(|one| one.address == step.address)
            {
                let message = format!("not carried out: {error}");
                report.fail_at(&step.address, FailureKind::NotRun, &message);
            }
            report.errors.push(error);
        }
    }
}

/// One step of one run.
pub(super) struct Running<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) connection: &'a Connection,
    run: &'a RunId,
    pub(super) stop: &'a StopFlag,
    pub(super) step: &'a ConfigurationStep,
    /// Paths of the fields that change, for the audit.
    changed: String,
}

impl Running<'_> {
    async fn run(&self, report: &mut ApplyReport) -> Result<(), ReconcileError> {
        let writers = self.context.remotes.writers(self.connection)?;
        match &self.step.operation {
            ConfigurationOperation::PutIntegration { expected, settings } => {
                self.put_integration(&writers, expected, settings, report)
                    .await
            }
            ConfigurationOperation::PutCustomField {
                declared,
                process,
                missing,
            } => {
                self.put_custom_field(&writers, declared, process, missing, report)
                    .await
            }
        }
    }

    async fn put_integration(
        &self,
        writers: &Writers,
        expected: &str,
        settings: &IntegrationSettings,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let address = &self.step.address;
        let now = self.integrations(writers, settings).await?;
        if now.len() > 1 || integration_digest(now.first()) != expected {
            let message = "somebody changed these settings after the plan was made; the next plan takes it up";
            report.fail_at(address, FailureKind::Stale, message);
            return Ok(());
        }
        let intent = self.intent();
        self.context
            .store
            .prepare(std::slice::from_ref(&intent), &[])
            .await?;
        let refused = match writers.testworthy.put_integration(settings).await {
            Ok(()) => None,
            Err(error) => match classify(&error) {
                Fate::Refused => {
                    let reason = error.kind.to_string();
                    report.fail_at(address, FailureKind::Refused, &reason);
                    return self.abandon(&intent, "refused", &reason).await;
                }
                Fate::NotSent => {
                    let reason = error.kind.to_string();
                    report.fail_at(address, FailureKind::NotRun, &reason);
                    self.abandon(&intent, "not written", &reason).await?;
                    return Err(self.failed(error));
                }
                Fate::Unknown => Some(error),
            },
        };
        if refused.is_some()
            && !wait_until_settled(self.context, self.context.config.project.settle, self.stop)
                .await
        {
            // The intent stays open: the next run looks again.
            report.fail_at(address, FailureKind::Unanswered, UNANSWERED);
            return Ok(());
        }
        let read = self.integrations(writers, settings).await;
        let read = read.inspect_err(|_| {
            report.fail_at(address, FailureKind::Unanswered, UNANSWERED);
        })?;
        if read.len() == 1 && read[0].agrees_with(settings) {
            report.done_at(address);
            let detail = format!("{address}: {}", self.changed);
            let audit = self.audit("wrote integration settings", detail);
            return self.record(&intent, IntentOutcome::Applied, audit).await;
        }
        let (kind, reason) = match refused {
            Some(_) => (
                FailureKind::NotRun,
                "the write got no answer and did not land; the next run sends it again",
            ),
            None => (
                FailureKind::Refused,
                "the server accepted the settings and holds others",
            ),
        };
        report.fail_at(address, kind, reason);
        self.abandon(&intent, "not written", reason).await
    }

    /// The configurations of the server that carry the name and the project of `settings`.
    async fn integrations(
        &self,
        writers: &Writers,
        settings: &IntegrationSettings,
    ) -> Result<Vec<IntegrationSettings>, ReconcileError> {
        let all = writers.testworthy.integrations().await;
        let all = all.map_err(|error| self.failed(error))?;
        let own = own_integrations(&all, settings).into_iter();
        Ok(own.cloned().collect())
    }

    pub(super) fn failed(&self, error: RemoteError) -> ReconcileError {
        remote_error(self.connection, error)
    }

    /// The name under which intents and the audit know the resource.
    fn subject(&self) -> &Name {
        match &self.step.operation {
            ConfigurationOperation::PutIntegration { .. } => &self.connection.name,
            ConfigurationOperation::PutCustomField { declared, .. } => &declared.name,
        }
    }

    pub(super) fn intent(&self) -> Intent {
        let now = self.context.clock.now();
        let settle = self.context.config.project.settle;
        Intent {
            expected_rev: None,
            rows: std::collections::BTreeMap::new(),
            id: OperationId(self.context.ids.next()),
            run: self.run.clone(),
            endpoints: endpoints(self.connection),
            rule: self.subject().clone(),
            kind: match self.step.operation {
                ConfigurationOperation::PutIntegration { .. } => IntentKind::PutIntegration,
                ConfigurationOperation::PutCustomField { .. } => IntentKind::PutCustomField,
            },
            case: None,
            work_item: None,
            payload_digest: self.step.operation.payload_digest(),
            prepared_at: now,
            settles_at: later(now, settle.saturating_add(LONGEST_REQUEST)),
            outcome: None,
        }
    }

    pub(super) async fn abandon(
        &self,
        intent: &Intent,
        event: &str,
        reason: &str,
    ) -> Result<(), ReconcileError> {
        let outcome = IntentOutcome::Abandoned {
            reason: reason.to_owned(),
        };
        let detail = format!("{}: {reason}", self.step.address);
        let audit = self.audit(event, detail);
        self.record(intent, outcome, audit).await
    }

    pub(super) fn audit(&self, event: &str, detail: String) -> AuditEntry {
        AuditEntry {
            at: self.context.clock.now(),
            run: self.run.clone(),
            rule: self.subject().clone(),
            event: event.to_owned(),
            case: None,
            work_item: None,
            detail,
        }
    }

    async fn record(
        &self,
        intent: &Intent,
        outcome: IntentOutcome,
        audit: AuditEntry,
    ) -> Result<(), ReconcileError> {
        let record = Record {
            intent: Some((intent.id.clone(), outcome)),
            audit: Some(audit),
            ..Record::default()
        };
        self.context.store.record(&[record]).await?;
        Ok(())
    }
}
