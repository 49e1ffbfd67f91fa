//! Declared fields of Azure DevOps: reading what there is of them, and counting them as existing for the
//! mappings of the same plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::connect::{endpoints, remote_error};
use super::error::ReconcileError;
use crate::diagnostics::catalog::custom_field as codes;
use crate::diagnostics::{Code, Finding, Location, Place};
use crate::mapping::lint_form;
use crate::model::config::{
    Config, Connection, CustomField, FieldMapping, Row, RowTarget, SyncRule,
};
use crate::model::{FieldDefinition, Name, TypeField, Value, WorkItemType};
use crate::plan::configuration::{ConfigurationInput, Resource};
use crate::plan::custom_field::{
    ObservedProcess, Remark, assess, custom_field_address, object_to_process, observed_digest,
};
use crate::plan::{PlanFinding, glob};
use crate::remote::{Process, ProcessType, ReadProcess, RemoteError, RemoteErrorKind};
use crate::store::{IntentKind, MadeField};

/// A declared field that is not all there yet: what writes it has to wait for it.
#[derive(Clone, Debug)]
pub struct AwaitedField {
    /// `CustomField/NAME`.
    pub address: String,
    /// What is declared.
    pub declared: CustomField,
}

/// What observing the fields of a connection gives.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) inputs: Vec<ConfigurationInput<'a>>,
    pub(super) awaited: Vec<AwaitedField>,
    /// What is in the way of a declaration; nothing may be written then.
    pub(super) refused: Vec<Finding>,
    /// What was read of the forms meanwhile.
    pub(super) forms: Forms,
}

/// The work item types of the processes that were read, each with its form, by connection.
pub(super) type Forms = BTreeMap<Name, Vec<ProcessType>>;

/// The declared fields that `only` selects, by connection.
fn selected<'a>(config: &'a Config, only: &[String]) -> BTreeMap<&'a Name, Vec<&'a CustomField>> {
    let mut grouped: BTreeMap<&Name, Vec<&CustomField>> = BTreeMap::new();
    for field in config.custom_fields.values() {
        if glob::selects(only, &custom_field_address(&field.name)) {
            grouped.entry(&field.connection).or_default().push(field);
        }
    }
    grouped
}

/// Reads the process of every connection with a declared field that `only` selects.
pub(super) async fn observe<'a>(
    context: &Context<'a>,
    only: &[String],
) -> Result<Fields<'a>, ReconcileError> {
    let mut fields = Fields::default();
    for (name, declared) in selected(context.config, only) {
        let Some(connection) = context.config.connections.get(name) else {
            continue;
        };
        observe_connection(context, connection, &declared, &mut fields).await?;
    }
    Ok(fields)
}

async fn observe_connection<'a>(
    context: &Context<'a>,
    connection: &'a Connection,
    declared: &[&'a CustomField],
    fields: &mut Fields<'a>,
) -> Result<(), ReconcileError> {
    let reader = context.remotes.readers(connection)?.process;
    let observed = match find(reader.as_ref(), declared).await {
        Ok(observed) => observed,
        Err(error) => {
            let objection = explain(&error).ok_or_else(|| remote_error(connection, error))?;
            let same = declared.iter().map(|field| finding(field, &objection));
            fields.refused.extend(same);
            return Ok(());
        }
    };
    let types = observed.types.clone();
    fields.forms.insert(connection.name.clone(), types);
    let now = context.clock.now();
    let intents = context.store.open_intents(&endpoints(connection)).await?;
    for declared in declared {
        let assessment = match assess(declared, &observed) {
            Ok(assessment) => assessment,
            Err(objections) => {
                let found = objections.iter().map(|one| finding(declared, one));
                fields.refused.extend(found);
                continue;
            }
        };
        if !assessment.missing.is_empty() {
            fields.awaited.push(AwaitedField {
                address: custom_field_address(&declared.name),
                declared: (*declared).clone(),
            });
        }
        let seen = observed.field(&declared.reference_name);
        fields.inputs.push(ConfigurationInput {
            connection,
            resource: Resource::CustomField {
                declared: (*declared).clone(),
                process: observed.process.clone(),
                assessment,
                seen: seen.map(|_| observed_digest(declared, &observed)),
            },
            settling: intents.iter().any(|intent| {
                intent.kind == IntentKind::PutCustomField
                    && intent.rule == declared.name
                    && intent.settles_at > now
            }),
        });
    }
    Ok(())
}

/// Two requests for the process, and if it can be changed one for the fields and one for the types; then
/// one for each declared type that may carry a declared field that is there, and one or two for a
/// picklist.
pub(super) async fn find(
    reader: &dyn ReadProcess,
    declared: &[&CustomField],
) -> Result<ObservedProcess, RemoteError> {
    let process = reader.process().await?;
    if object_to_process(&process).is_some() {
        return Ok(nothing_of(process));
    }
    observe_process(reader, &process, declared).await
}

fn nothing_of(process: Process) -> ObservedProcess {
    ObservedProcess {
        process,
        fields: Vec::new(),
        types: Vec::new(),
        type_fields: BTreeMap::new(),
        picklist_names: Vec::new(),
        picklists: BTreeMap::new(),
    }
}

/// Everything that assessing these declarations needs of a process.
pub(super) async fn observe_process(
    reader: &dyn ReadProcess,
    process: &Process,
    declared: &[&CustomField],
) -> Result<ObservedProcess, RemoteError> {
    let mut observed = ObservedProcess {
        fields: reader.organization_fields().await?,
        types: reader.process_types(&process.id).await?,
        ..nothing_of(process.clone())
    };
    let there = |field: &&&CustomField| {
        let found = observed.field(&field.reference_name);
        found.is_some_and(|found| !found.is_deleted)
    };
    // A field that is not there is on no type.
    let carriers: BTreeSet<String> = declared
        .iter()
        .filter(there)
        .flat_map(|field| &field.work_item_types)
        .filter_map(|name| Some(observed.work_item_type(name)?.reference_name.clone()))
        .collect();
    let without: Vec<&&CustomField> = declared
        .iter()
        .filter(|field| field.is_picklist() && observed.field(&field.reference_name).is_none())
        .collect();
    if !without.is_empty() {
        observed.picklist_names = reader.picklists().await?;
    }
    for carrier in carriers {
        let fields = reader.type_fields(&process.id, &carrier).await?;
        observed.type_fields.insert(carrier, fields);
    }
    let lists: BTreeSet<String> = declared
        .iter()
        .filter(|field| field.is_picklist())
        .filter_map(|field| observed.picklist_id_of(field))
        .collect();
    for id in lists {
        let list = reader.picklist(&id).await?;
        observed.picklists.insert(id, list);
    }
    Ok(observed)
}

/// What a failure to read the process means for the declarations; `None` if it is no matter of theirs.
pub(super) fn explain(error: &RemoteError) -> Option<Remark> {
    let (code, message): (Code, String) = match &error.kind {
        RemoteErrorKind::Forbidden { reason } => (
            &codes::PROCESS_FORBIDDEN,
            format!("the token may not see the process of the project ({reason})"),
        ),
        RemoteErrorKind::Unsupported { .. } => (
            &codes::XML_PROCESS,
            "the server does not show the process of the project: the collection keeps processes in XML files".to_owned(),
        ),
        _ => return None,
    };
    Some(Remark {
        code,
        message,
        help: None,
    })
}

fn finding(declared: &CustomField, remark: &Remark) -> Finding {
    let finding = Finding::new(remark.code, remark.message.clone()).at(Location {
        file: declared.origin.file.clone(),
        place: Place::Line(declared.origin.line),
    });
    match &remark.help {
        Some(help) => finding.with_help(help.clone()),
        None => finding,
    }
}

/// Fields that Accord made and that are no longer declared.
pub(super) fn undeclared(config: &Config, made: Vec<MadeField>) -> Vec<MadeField> {
    let declared: Vec<MadeField> = config
        .custom_fields
        .values()
        .filter_map(|field| {
            let connection = config.connections.get(&field.connection)?;
            Some(made_field(connection, field))
        })
        .collect();
    let mut gone = made;
    gone.retain(|made| !declared.iter().any(|field| field.is_same_field(made)));
    gone
}

/// What the state keeps of a field that was made.
pub(super) fn made_field(connection: &Connection, declared: &CustomField) -> MadeField {
    MadeField {
        organization: endpoints(connection).azure_devops,
        reference_name: declared.reference_name.clone(),
        declared_by: declared.name.to_string(),
    }
}

/// Tells of a field whose declaration is gone.
pub(super) fn removed(made: &MadeField) -> PlanFinding {
    let code = &codes::REMOVED;
    PlanFinding {
        code: code.code.to_owned(),
        severity: code.severity.as_str().to_owned(),
        address: format!("CustomField/{}", made.declared_by),
        message: format!(
            "the field `{}` of {} is no longer declared; it stays in Azure DevOps with its values, and the next complete apply forgets that Accord made it",
            made.reference_name, made.organization
        ),
        origin: None,
    }
}

/// The fields that are declared for a type over the connection of a rule.
fn declared_for<'a>(
    config: &'a Config,
    connection: &'a Name,
    work_item_type: &'a str,
) -> impl Iterator<Item = &'a CustomField> {
    config
        .custom_fields
        .values()
        .filter(move |field| field.connection == *connection && field.is_on(work_item_type))
}

/// L22: custom fields of a mapping that the form of its type does not show. Declared ones are looked after
/// where they are declared.
pub(super) fn on_no_form(
    config: &Config,
    connection: &Name,
    mapping: &FieldMapping,
    live: &WorkItemType,
    types: &[ProcessType],
) -> Vec<Finding> {
    let mut types = types.iter();
    let Some(known) = types.find(|known| known.name.eq_ignore_ascii_case(&live.name)) else {
        return Vec::new();
    };
    let placed = |field: &str| {
        let mut declared = declared_for(config, connection, &live.name);
        declared.any(|declared| declared.is_called(field))
    };
    lint_form(mapping, live, |field| known.form.shows(field), placed)
}

/// A live type as it will be once its declared fields are there. Fields and values that are there already
/// stay as the server tells them.
pub(super) fn with_declared<'t>(
    config: &Config,
    connection: &Name,
    live: &'t WorkItemType,
) -> Cow<'t, WorkItemType> {
    let mut shown = Cow::Borrowed(live);
    for field in declared_for(config, connection, &live.name) {
        if lacks(live, field) {
            put(shown.to_mut(), field);
        }
    }
    shown
}

/// Whether the type lacks the field or a value of it.
fn lacks(live: &WorkItemType, declared: &CustomField) -> bool {
    match live_field(live, declared) {
        None => true,
        Some(field) => declared
            .allowed_values
            .iter()
            .any(|value| !holds(&field.allowed_values, value)),
    }
}

fn live_field<'t>(live: &'t WorkItemType, declared: &CustomField) -> Option<&'t TypeField> {
    let mut fields = live.fields.iter();
    let found = fields.find(|(name, _)| declared.is_called(name));
    found.map(|(_, field)| field)
}

/// As [`assess`] compares values: a list does not tell them apart by case.
fn holds(values: &[Value], wanted: &Value) -> bool {
    let wanted = wanted.to_string().to_lowercase();
    values
        .iter()
        .any(|value| value.to_string().to_lowercase() == wanted)
}

fn put(live: &mut WorkItemType, declared: &CustomField) {
    let mut fields = live.fields.iter_mut();
    let known = fields.find(|(name, _)| declared.is_called(name));
    if let Some((_, field)) = known {
        for value in &declared.allowed_values {
            if !holds(&field.allowed_values, value) {
                field.allowed_values.push(value.clone());
            }
        }
        return;
    }
    live.fields.insert(
        declared.reference_name.clone(),
        TypeField {
            definition: FieldDefinition {
                reference_name: declared.reference_name.clone(),
                name: declared.field_name.clone(),
                kind: declared.kind(),
                is_picklist: declared.is_picklist(),
                read_only: false,
            },
            always_required: false,
            default_value: Value::Null,
            allowed_values: declared.allowed_values.clone(),
        },
    );
}

/// Fields that a mapping names, that are not all there, and whose declaration `only` leaves out.
pub(super) fn left_out(
    config: &Config,
    only: &[String],
    rule: &SyncRule,
    mapping: &FieldMapping,
    live: &WorkItemType,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (field, row) in lacking(config, rule, mapping, live) {
        let address = custom_field_address(&field.name);
        if glob::selects(only, &address) {
            continue;
        }
        let what = match live_field(live, field) {
            None => format!("the field `{}` is not there yet", field.reference_name),
            Some(_) => format!("the field `{}` lacks declared values", field.reference_name),
        };
        let message = format!("{what}, and `--only` leaves out `{address}`, which makes it");
        let place = Location {
            file: row.origin.file.clone(),
            place: Place::Line(row.origin.line),
        };
        let help = format!("add `--only {address}`, or leave `--only` out");
        let finding = Finding::new(&codes::LEFT_OUT, message).at(place);
        findings.push(finding.with_help(help));
    }
    findings
}

/// Declared fields that the live type lacks in whole or in part, with the row of the mapping that names
/// each; those that no row names are left out.
pub(super) fn lacking<'a>(
    config: &'a Config,
    rule: &'a SyncRule,
    mapping: &'a FieldMapping,
    live: &'a WorkItemType,
) -> impl Iterator<Item = (&'a CustomField, &'a Row)> {
    let declared = declared_for(config, &rule.connection, &live.name);
    let declared = declared.filter(|field| lacks(live, field));
    declared.filter_map(|field| {
        let mut rows = mapping.rows.iter();
        let names =
            |row: &&Row| matches!(&row.target, RowTarget::Field(name) if field.is_called(name));
        rows.find(names).map(|row| (field, row))
    })
}

#[cfg(test)]
mod tests;
