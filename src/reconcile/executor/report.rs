//! What became of an apply.

use std::collections::BTreeSet;

use crate::diagnostics::catalog::custom_field::PROCESS_FORBIDDEN;
use crate::model::RunId;
use crate::plan::{Planned, Step};
use crate::reconcile::progress::OperationEnd;
use crate::reconcile::{ReconcileError, Witness};
use crate::remote::RemoteErrorKind;
use crate::store::StoreError;

/// What an apply did.
#[derive(Debug)]
pub struct ApplyReport {
    /// The run.
    pub run: RunId,
    /// Operations that were carried out and recorded.
    pub applied: u64,
    /// Operations that were not, each with its reason.
    pub failures: Vec<Failure>,
    /// What ended a rule early.
    pub errors: Vec<ReconcileError>,
    /// Worth knowing and no failure: a source that refused its marker.
    pub notes: Vec<String>,
    /// Links of rules that the manifests no longer hold.
    pub forgotten: u64,
    /// Whether a finding of level error kept something from being planned.
    pub unplanned: bool,
    /// Whether somebody asked to stop.
    pub stopped: bool,
    /// Of a saved plan, how many of its operations were left out before the run; see
    /// [`PlanOutcome::left_out`](crate::reconcile::PlanOutcome::left_out).
    pub left_out: Option<u64>,
    /// Addresses of which it is known what became of something under them.
    pub(super) settled: BTreeSet<String>,
    /// Changes of the plan of which it is known what became of them. Two changes of one pair have one
    /// address, and each is told by itself.
    pub(super) changes: BTreeSet<usize>,
    /// Is told what became of each operation.
    pub(super) witness: Option<Witness>,
}

impl Default for ApplyReport {
    fn default() -> Self {
        Self {
            run: RunId(String::new()),
            applied: 0,
            failures: Vec::new(),
            errors: Vec::new(),
            notes: Vec::new(),
            forgotten: 0,
            unplanned: false,
            stopped: false,
            left_out: None,
            settled: BTreeSet::new(),
            changes: BTreeSet::new(),
            witness: None,
        }
    }
}

/// An operation that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The source item's address.
    pub address: String,
    /// Its class.
    pub kind: FailureKind,
    /// What happened and what comes next.
    pub message: String,
}

/// Why an operation was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The target changed between plan and write; the next plan takes it up.
    Stale,
    /// The server refused it for good; the item is in quarantine.
    Refused,
    /// It could not be found out whether the server carried it out; the next run looks it up.
    Unanswered,
    /// It was not sent, or the server did not get to it.
    NotRun,
}

impl FailureKind {
    /// The word that JSON uses for it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::NotRun => "notRun",
        }
    }
}

impl ApplyReport {
    /// A step was carried out. What is no change of the plan (a mark that follows from a new link) is no
    /// work of its own.
    pub(super) fn done(&mut self, step: &Step) {
        if self.settle(step) {
            self.applied += 1;
            self.tell(&step.address, step.change, None);
        }
    }

    /// Whether the step is a change of which nothing was known yet.
    fn settle(&mut self, step: &Step) -> bool {
        self.settled.insert(step.address.clone());
        step.change
            .is_some_and(|change| self.changes.insert(change))
    }

    /// What stands under this address was carried out.
    pub(super) fn done_at(&mut self, address: &str) {
        if self.settled.insert(address.to_owned()) {
            self.applied += 1;
            self.tell(address, None, None);
        }
    }

    fn tell(&self, address: &str, change: Option<usize>, failure: Option<(FailureKind, &str)>) {
        if let Some(witness) = &self.witness {
            witness.tell(OperationEnd {
                address,
                change,
                failure,
            });
        }
    }

    /// A step was not carried out.
    pub(super) fn fail(&mut self, step: &Step, kind: FailureKind, message: &str) {
        self.settle(step);
        self.fail_at(&step.address, kind, message);
    }

    /// What stands under this address was not carried out.
    pub(super) fn fail_at(&mut self, address: &str, kind: FailureKind, message: &str) {
        self.settled.insert(address.to_owned());
        self.tell(address, None, Some((kind, message)));
        self.failures.push(Failure {
            address: address.to_owned(),
            kind,
            message: message.to_owned(),
        });
    }

    /// A step was not carried out, and that is worth a note only.
    pub(super) fn pass_over(&mut self, step: &Step, note: String) {
        self.settle(step);
        self.notes.push(note);
    }

    /// Tells of every planned step of which nothing is known: whatever ended a rule early, nothing is
    /// dropped in silence. Bookkeeping is left out; the next plan has it again.
    pub(super) fn close(&mut self, steps: &[&Step], message: &str) {
        for step in steps {
            if step
                .change
                .is_some_and(|change| !self.changes.contains(&change))
            {
                self.fail(step, FailureKind::NotRun, message);
            }
        }
    }

    /// As [`Self::close`], for a whole plan with its configuration.
    pub(super) fn close_all(&mut self, planned: &Planned, message: &str) {
        for step in &planned.configuration {
            if !self.settled.contains(&step.address) {
                self.fail_at(&step.address, FailureKind::NotRun, message);
            }
        }
        let steps: Vec<&Step> = planned.steps.iter().collect();
        self.close(&steps, message);
    }

    /// The exit code of DESIGN section 3 for this report: 9 as soon as something was left undone after
    /// something was written, otherwise the code of the first error, or 4 for what could not be planned.
    pub fn exit_code(&self) -> u8 {
        let first = self.errors.first().map(exit_code);
        let code = match (self.failures.is_empty(), first) {
            (true, None) if self.unplanned && self.applied == 0 => 4,
            (true, None) if !self.unplanned => 0,
            (true, Some(code)) if self.applied == 0 => code,
            (false, Some(code)) if self.applied == 0 && self.only_not_run() => code,
            _ => 9,
        };
        match self.left_out {
            Some(_) if self.only_stale() => 6,
            Some(left_out) if left_out > 0 && code == 0 => 9,
            _ => code,
        }
    }

    /// Nothing was written because every operation met an item that had changed.
    fn only_stale(&self) -> bool {
        let mut failures = self.failures.iter();
        self.applied == 0
            && self.errors.is_empty()
            && !self.stopped
            && !self.failures.is_empty()
            && failures.all(|failure| failure.kind == FailureKind::Stale)
    }

    fn only_not_run(&self) -> bool {
        self.failures
            .iter()
            .all(|failure| failure.kind == FailureKind::NotRun)
    }
}

/// The exit code of a failed command.
pub(crate) fn exit_code(error: &ReconcileError) -> u8 {
    match error {
        ReconcileError::Remote { error, .. } => match error.kind {
            RemoteErrorKind::HostRefused { .. } => 5,
            RemoteErrorKind::Unauthenticated { .. } | RemoteErrorKind::Forbidden { .. } => 8,
            // What cannot be read is no more use than no answer.
            RemoteErrorKind::Unavailable { .. }
            | RemoteErrorKind::RateLimited { .. }
            | RemoteErrorKind::Protocol { .. } => 10,
            // The manifests ask for what the system does not have or does not do.
            RemoteErrorKind::NotFound { .. }
            | RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::Unsupported { .. } => 4,
        },
        ReconcileError::Secret(_) => 8,
        ReconcileError::Store(error) => match error {
            StoreError::Locked { .. } | StoreError::LeaseLost { .. } => 7,
            StoreError::Denied { .. } => 8,
            StoreError::Unreachable { .. } => 10,
            StoreError::AlreadyLinked { .. }
            | StoreError::TooNew { .. }
            | StoreError::Backend { .. } => 1,
        },
        ReconcileError::Findings(findings) => {
            let forbidden = PROCESS_FORBIDDEN.code;
            let denied = findings.iter().any(|one| one.code.code == forbidden);
            if denied { 8 } else { 4 }
        }
        ReconcileError::Internal(_) => 70,
        ReconcileError::Blocked => 5,
        ReconcileError::Stopped => 130,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CaseId, Name, System, WorkItemId};
    use crate::plan::{Operation, Pair};
    use crate::remote::RemoteError;

    fn step(address: &str, change: Option<usize>) -> Step {
        Step {
            resolves: Vec::new(),
            change,
            rule: Name::new("cases").unwrap(),
            address: address.to_owned(),
            operation: Operation::Mark {
                pair: Pair {
                    link: None,
                    case: CaseId(1),
                    testworthy_project: None,
                    work_item: WorkItemId(5),
                },
                system: System::TestWorthy,
            },
        }
    }

    fn unreachable() -> ReconcileError {
        ReconcileError::Remote {
            connection: Name::new("web-shop").unwrap(),
            credentials: crate::reconcile::Carried::default(),
            error: RemoteError {
                system: System::AzureDevOps,
                kind: RemoteErrorKind::RateLimited {
                    reason: "slow down".to_owned(),
                },
                request: None,
            },
        }
    }

    #[test]
    fn what_nothing_is_known_of_is_told_once() {
        let steps = [
            step("a/1", Some(0)),
            step("a/2", Some(1)),
            step("a/3", Some(2)),
            step("a/4", None),
        ];
        let mut report = ApplyReport::default();
        report.done(&steps[0]);
        report.fail(&steps[1], FailureKind::Stale, "changed");
        report.done(&steps[0]);
        let all: Vec<&Step> = steps.iter().collect();
        report.close(&all, "stopped");
        report.close(&all, "stopped");
        assert_eq!(report.applied, 1);
        let told: Vec<(&str, FailureKind)> = report
            .failures
            .iter()
            .map(|failure| (failure.address.as_str(), failure.kind))
            .collect();
        assert_eq!(
            told,
            [("a/2", FailureKind::Stale), ("a/3", FailureKind::NotRun)]
        );
    }

    #[test]
    fn of_two_steps_of_a_pair_each_is_told_by_itself() {
        let steps = [
            step("pair", Some(0)),
            step("pair", Some(1)),
            step("pair", None),
        ];
        let all: Vec<&Step> = steps.iter().collect();
        let told = |report: &ApplyReport| -> Vec<FailureKind> {
            report.failures.iter().map(|one| one.kind).collect()
        };
        // The first failed, the second was written.
        let mut report = ApplyReport::default();
        report.fail(&steps[0], FailureKind::Stale, "changed");
        report.done(&steps[1]);
        report.close(&all, "stopped");
        assert_eq!(
            (report.applied, told(&report)),
            (1, vec![FailureKind::Stale])
        );
        // The first was written, and nothing became of the second.
        let mut report = ApplyReport::default();
        report.done(&steps[0]);
        report.done(&steps[2]);
        report.close(&all, "stopped");
        assert_eq!(
            (report.applied, told(&report)),
            (1, vec![FailureKind::NotRun])
        );
        // Both were.
        let mut report = ApplyReport::default();
        report.done(&steps[0]);
        report.done(&steps[1]);
        report.close(&all, "stopped");
        assert_eq!((report.applied, told(&report)), (2, vec![]));
    }

    #[test]
    fn every_class_of_remote_error_has_a_code_that_says_something() {
        use RemoteErrorKind as K;
        let words = || "x".to_owned();
        for (kind, expected) in [
            (K::HostRefused { host: words() }, 5),
            (K::Unauthenticated { answer: words() }, 8),
            (K::Forbidden { reason: words() }, 8),
            (
                K::Unavailable {
                    reason: words(),
                    maybe_sent: false,
                },
                10,
            ),
            (K::RateLimited { reason: words() }, 10),
            (K::Protocol { reason: words() }, 10),
            (K::NotFound { reason: words() }, 4),
            (
                K::Rejected {
                    code: None,
                    reason: words(),
                },
                4,
            ),
            (K::Unsupported { operation: words() }, 4),
        ] {
            let error = RemoteError {
                system: System::TestWorthy,
                kind,
                request: None,
            };
            let shown = error.to_string();
            let error = ReconcileError::Remote {
                connection: Name::new("web-shop").unwrap(),
                credentials: crate::reconcile::Carried::default(),
                error,
            };
            assert_eq!(exit_code(&error), expected, "{shown}");
        }
    }

    #[test]
    fn exit_codes_of_a_saved_plan() {
        use FailureKind::{NotRun, Refused, Stale};
        let code = |applied: bool, left_out: u64, failures: &[FailureKind]| {
            let mut report = ApplyReport {
                left_out: Some(left_out),
                ..ApplyReport::default()
            };
            if applied {
                report.done(&step("done", Some(0)));
            }
            for (number, kind) in failures.iter().enumerate() {
                report.fail(&step(&format!("failed/{number}"), Some(1)), *kind, "no");
            }
            report.exit_code()
        };
        assert_eq!(code(true, 0, &[]), 0);
        assert_eq!(code(true, 1, &[]), 9, "something was left out");
        assert_eq!(code(true, 0, &[Stale]), 9);
        // What was edited at the last moment is as stale as what was left out before.
        assert_eq!(code(false, 0, &[Stale]), 6);
        assert_eq!(code(false, 3, &[Stale, Stale]), 6);
        assert_eq!(code(false, 3, &[Stale, Refused]), 9);
        assert_eq!(code(false, 0, &[NotRun]), 9);
    }

    #[test]
    fn exit_codes() {
        use FailureKind::{NotRun, Refused, Stale, Unanswered};
        let code = |applied: bool, failures: &[FailureKind], failed: bool| {
            let mut report = ApplyReport::default();
            if applied {
                report.done(&step("done", Some(0)));
            }
            for (number, kind) in failures.iter().enumerate() {
                report.fail(&step(&format!("failed/{number}"), Some(1)), *kind, "no");
            }
            report.errors.extend(failed.then(unreachable));
            report.exit_code()
        };
        assert_eq!(code(true, &[], false), 0);
        assert_eq!(code(false, &[], false), 0);
        assert_eq!(code(false, &[], true), 10);
        assert_eq!(code(true, &[], true), 9);
        for kind in [NotRun, Refused, Stale, Unanswered] {
            assert_eq!(code(true, &[kind], false), 9);
            assert_eq!(code(false, &[kind], false), 9);
            assert_eq!(code(true, &[kind], true), 9);
        }
        for (applied, expected) in [(false, 4), (true, 9)] {
            let mut report = ApplyReport {
                unplanned: true,
                ..ApplyReport::default()
            };
            if applied {
                report.done(&step("done", Some(0)));
            }
            assert_eq!(report.exit_code(), expected);
        }
        // Nothing was written because nobody answered: the cause says more than "in part".
        assert_eq!(code(false, &[NotRun, NotRun], true), 10);
        assert_eq!(code(false, &[NotRun, Refused], true), 9);
    }
}
