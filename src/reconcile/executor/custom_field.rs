//! Makes what is missing of a declared field: one piece after the other, each compared with what there is
//! before it is sent and with the server's answer after it. Nothing is ever removed.

use super::configuration::Running;
use super::fate::{Fate, classify};
use super::report::{ApplyReport, FailureKind};
use super::{STOPPED, UNANSWERED, wait_until_settled};
use crate::model::Name;
use crate::model::config::CustomField;
use crate::plan::custom_field::{ObservedProcess, Piece, Place, assess, picklist_name};
use crate::plan::{Operation, Step};
use crate::reconcile::custom_field::{AwaitedField, made_field, observe_process};
use crate::reconcile::plan::Observation;
use crate::reconcile::{ReconcileError, Writers};
use crate::remote::{
    Control, Customization, FieldDraft, FormGroup, NewGroup, Picklist, PicklistKind, PicklistName,
    Process, RemoteError, RemoteErrorKind, WriteProcess,
};
use crate::store::{IntentOutcome, Record};

/// What one step is about.
struct Job<'a> {
    declared: &'a CustomField,
    process: &'a Process,
    /// What may be made.
    planned: &'a [Piece],
    writers: &'a Writers,
}

impl Running<'_> {
    pub(super) async fn put_custom_field(
        &self,
        writers: &Writers,
        declared: &CustomField,
        process: &Process,
        planned: &[Piece],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let address = &self.step.address;
        let job = Job {
            declared,
            process,
            planned,
            writers,
        };
        let mut observed = self.look(&job).await?;
        let mut made: Vec<Piece> = Vec::new();
        loop {
            let next = match next(&job, &observed, &made) {
                Ok(next) => next,
                Err((kind, reason)) => {
                    report.fail_at(address, kind, &reason);
                    return Ok(());
                }
            };
            let Some(piece) = next else {
                report.done_at(address);
                return Ok(());
            };
            if self.stop.is_set() {
                report.fail_at(address, not_run(&made), STOPPED);
                return Ok(());
            }
            if !self
                .make(&job, &piece, &made, &mut observed, report)
                .await?
            {
                return Ok(());
            }
            if matches!(piece, Piece::DerivedType { .. }) {
                // The derived type has a name and a form of its own.
                observed = self.look(&job).await?;
            }
            made.push(piece);
        }
    }

    /// What there is now.
    async fn look(&self, job: &Job<'_>) -> Result<ObservedProcess, ReconcileError> {
        let process = job.writers.process.as_ref();
        let observed = observe_process(process, job.process, &[job.declared]).await;
        observed.map_err(|error| self.failed(error))
    }

    /// Makes one piece and records what became of it. `false` if it was not made, which is told then.
    async fn make(
        &self,
        job: &Job<'_>,
        piece: &Piece,
        made: &[Piece],
        observed: &mut ObservedProcess,
        report: &mut ApplyReport,
    ) -> Result<bool, ReconcileError> {
        let address = &self.step.address;
        let intent = self.intent();
        self.context
            .store
            .prepare(std::slice::from_ref(&intent), &[])
            .await?;
        let told = piece.told(job.declared);
        let written = write(job, piece, observed).await;
        let unmade = match written {
            Ok(()) => None,
            Err(error) => match classify(&error) {
                Fate::NotSent => {
                    let reason = format!("{told}: {}", words(&error));
                    report.fail_at(address, not_run(made), &reason);
                    self.abandon(&intent, "not written", &reason).await?;
                    return Err(self.failed(error));
                }
                Fate::Refused => {
                    let reason = format!("{told}: {}", words(&error));
                    Some((FailureKind::Refused, "refused", reason))
                }
                Fate::Unknown => {
                    let settle = self.context.config.project.settle;
                    if !wait_until_settled(self.context, settle, self.stop).await {
                        // The intent stays open: the next run looks again.
                        report.fail_at(address, FailureKind::Unanswered, UNANSWERED);
                        return Ok(false);
                    }
                    let reason = format!(
                        "{told}: the write got no answer and did not land; the next run sends it again"
                    );
                    Some((not_run(made), "not written", reason))
                }
            },
        };
        if let Some((kind, event, reason)) = unmade {
            // Somebody else may have made it, or it landed after all: either is as good.
            let now = self.look(job).await.inspect_err(|_| {
                report.fail_at(address, FailureKind::Unanswered, UNANSWERED);
            })?;
            if !is_there(job.declared, piece, &now) {
                report.fail_at(address, kind, &reason);
                self.abandon(&intent, event, &reason).await?;
                return Ok(false);
            }
            *observed = now;
        }
        let detail = format!("{address}: {told}");
        let record = Record {
            intent: Some((intent.id, IntentOutcome::Applied)),
            custom_field: Some(made_field(self.connection, job.declared)),
            audit: Some(self.audit("made", detail)),
            ..Record::default()
        };
        self.context.store.record(&[record]).await?;
        Ok(true)
    }
}

/// A step of which nothing was written says so; one that stopped half-way is not "not run".
fn not_run(made: &[Piece]) -> FailureKind {
    if made.is_empty() {
        FailureKind::NotRun
    } else {
        FailureKind::Refused
    }
}

fn words(error: &RemoteError) -> String {
    match &error.kind {
        RemoteErrorKind::Forbidden { reason } => format!(
            "no permission to change the process: {reason}; give the token Work Items (Read & write) and its user Edit process"
        ),
        kind => kind.to_string(),
    }
}

/// The first piece that is missing; `None` if nothing is. `Err` if it may not be made.
fn next(
    job: &Job<'_>,
    observed: &ObservedProcess,
    made: &[Piece],
) -> Result<Option<Piece>, (FailureKind, String)> {
    let missing = assess(job.declared, observed).map_err(|objections| {
        let reasons: Vec<String> = objections.into_iter().map(|one| one.message).collect();
        (FailureKind::Stale, reasons.join("; "))
    })?;
    let Some(piece) = missing.missing.into_iter().next() else {
        return Ok(None);
    };
    let told = piece.told(job.declared);
    if made.iter().any(|before| piece.is_part_of(before)) {
        let reason = format!("the server accepted this and holds something else: {told}");
        return Err((FailureKind::Refused, reason));
    }
    if !job.planned.iter().any(|planned| piece.is_part_of(planned)) {
        let reason = format!(
            "somebody changed the process after the plan was made, and this is missing too: {told}; the next plan takes it up"
        );
        return Err((FailureKind::Stale, reason));
    }
    Ok(Some(piece))
}

fn is_there(declared: &CustomField, piece: &Piece, observed: &ObservedProcess) -> bool {
    assess(declared, observed).is_ok_and(|found| {
        !found
            .missing
            .iter()
            .any(|missing| missing.is_part_of(piece))
    })
}

/// Sends one piece and takes the answer over into what is observed.
async fn write(
    job: &Job<'_>,
    piece: &Piece,
    observed: &mut ObservedProcess,
) -> Result<(), RemoteError> {
    let (declared, writer) = (job.declared, job.writers.process.as_ref());
    match piece {
        Piece::Picklist => {
            let list = Picklist {
                id: String::new(),
                name: picklist_name(declared),
                kind: PicklistKind::of(declared.kind()).unwrap_or(PicklistKind::String),
                values: declared.allowed_values.clone(),
                is_suggested: false,
            };
            let list = writer.create_picklist(&list).await?;
            observed.picklist_names.push(PicklistName {
                id: list.id.clone(),
                name: list.name.clone(),
            });
            observed.picklists.insert(list.id.clone(), list);
        }
        Piece::PicklistValues { add, .. } => {
            if let Some(mut list) = observed.picklist_of(declared).cloned() {
                list.values.extend(add.iter().cloned());
                let list = writer.replace_picklist(&list).await?;
                observed.picklists.insert(list.id.clone(), list);
            }
        }
        Piece::Field => {
            let draft = FieldDraft {
                reference_name: declared.reference_name.clone(),
                name: declared.field_name.clone(),
                kind: declared.kind(),
                picklist: observed.picklist_id_of(declared),
            };
            let field = writer.create_field(&draft).await?;
            observed.fields.push(field);
        }
        Piece::DerivedType { work_item_type } => {
            if let Some(kind) = observed.work_item_type(work_item_type).cloned() {
                let name = writer.derive_type(&job.process.id, &kind).await?;
                let fields = observed.type_fields.remove(&kind.reference_name);
                observed
                    .type_fields
                    .insert(name.clone(), fields.unwrap_or_default());
                let types = &mut observed.types;
                for known in types.iter_mut().filter(|known| known.name == kind.name) {
                    known.reference_name.clone_from(&name);
                    known.customization = Customization::Inherited;
                }
            }
        }
        Piece::TypeField { work_item_type } => {
            if let Some(kind) = observed.work_item_type(work_item_type) {
                let kind = kind.reference_name.clone();
                let field = &declared.reference_name;
                let field = writer.add_type_field(&job.process.id, &kind, field).await?;
                observed.type_fields.entry(kind).or_default().insert(field);
            }
        }
        Piece::Control {
            work_item_type,
            place,
        } => {
            if let Some(kind) = observed.work_item_type(work_item_type) {
                let kind = kind.reference_name.clone();
                let group = show(writer, job, &kind, place).await?;
                put_group(observed, &kind, place, &group);
            }
        }
    }
    Ok(())
}

/// Puts the field on the form; gives the group as far as the answer tells it.
async fn show(
    writer: &dyn WriteProcess,
    job: &Job<'_>,
    kind: &str,
    place: &Place,
) -> Result<FormGroup, RemoteError> {
    let process = &job.process.id;
    let control = Control {
        id: job.declared.reference_name.clone(),
        label: job.declared.field_name.clone(),
        is_visible: true,
    };
    let Some(group) = &place.group else {
        let group = NewGroup {
            page: place.page.clone(),
            section: place.section.clone(),
            label: place.label.clone(),
        };
        return writer.add_group(process, kind, &group, &control).await;
    };
    let control = writer.add_control(process, kind, group, &control).await?;
    Ok(FormGroup {
        id: group.clone(),
        label: place.label.clone(),
        is_visible: true,
        controls: vec![control],
    })
}

fn put_group(observed: &mut ObservedProcess, kind: &str, place: &Place, group: &FormGroup) {
    let types = observed.types.iter_mut();
    for kind in types.filter(|known| known.reference_name == kind) {
        let pages = kind.form.pages.iter_mut();
        for page in pages.filter(|page| page.id == place.page) {
            let sections = page.sections.iter_mut();
            for section in sections.filter(|section| section.id == place.section) {
                section.groups.push(group.clone());
            }
        }
    }
}

/// The fields that are still not all there after the configuration steps.
pub(super) fn unmade<'a>(
    awaited: &'a [AwaitedField],
    report: &ApplyReport,
) -> Vec<&'a AwaitedField> {
    let made = |field: &AwaitedField| {
        let failed = &mut report.failures.iter();
        report.settled.contains(&field.address)
            && !failed.any(|failure| failure.address == field.address)
    };
    awaited.iter().filter(|field| !made(field)).collect()
}

/// The steps of a rule that can be carried out. Those that write a field that is not there are told.
pub(super) fn without_blocked<'s>(
    unmade: &[&AwaitedField],
    observation: &Observation,
    steps: Vec<&'s Step>,
    report: &mut ApplyReport,
) -> Vec<&'s Step> {
    let (connection, kind): (&Name, &str) = (
        &observation.rule.connection,
        &observation.mapping.work_item_type,
    );
    let concerned: Vec<&AwaitedField> = unmade
        .iter()
        .copied()
        .filter(|field| field.declared.connection == *connection && field.declared.is_on(kind))
        .collect();
    if concerned.is_empty() {
        return steps;
    }
    let mut free = Vec::with_capacity(steps.len());
    for step in steps {
        let mut fields = concerned.iter();
        match fields.find(|field| writes(&step.operation, &field.declared)) {
            None => free.push(step),
            Some(field) => {
                let reason = format!(
                    "not written: it needs the field {}, and {} was not carried out",
                    field.declared.reference_name, field.address
                );
                report.fail(step, FailureKind::NotRun, &reason);
            }
        }
    }
    free
}

fn writes(operation: &Operation, field: &CustomField) -> bool {
    let fields = match operation {
        Operation::CreateWorkItem { draft, .. } => &draft.fields,
        Operation::UpdateWorkItem { patch, .. } => &patch.fields,
        Operation::CreateCase { .. }
        | Operation::UpdateCase { .. }
        | Operation::Mark { .. }
        | Operation::Retire { .. }
        | Operation::Restore { .. }
        | Operation::Record { .. } => return false,
    };
    fields.keys().any(|name| field.is_called(name))
}
