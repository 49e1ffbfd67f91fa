//! `accord explain ADDRESS`: what is declared under an address and what the state knows of it.

use serde_json::{Value, json};

use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::session::{Project, Session};
use super::super::stored;
use super::super::ui;
use super::mapping::Explained;
use crate::model::config::{
    Config, Connection, CustomField, DeletedCase, DeletedWorkItem, DriftPolicy, Origin, Row,
    RowTarget, SyncRule, TestWorthySurface, Winner,
};
use crate::model::{Link, MarkState, System};
use crate::plan::ItemKey;
use crate::reconcile::{declared_integration, endpoints};

/// Facts in the order in which they are told.
type Facts = Vec<(&'static str, Value)>;

/// The facts under an address, as text or JSON.
pub(super) async fn explain(session: &Session, address: &str) -> Result<String, Failed> {
    let project = session.load()?;
    let config = &project.config;
    let facts = match address.split('/').collect::<Vec<_>>()[..] {
        ["Connection", name] => config
            .connections
            .values()
            .find(|connection| connection.name.as_str() == name)
            .map(|connection| connection_facts(config, connection)),
        ["Connection", name, "integration"] => config
            .connections
            .values()
            .find(|connection| connection.name.as_str() == name)
            .and_then(|connection| integration_facts(config, connection)),
        ["CustomField", name] => {
            let mut fields = config.custom_fields.values();
            match fields.find(|field| field.name.as_str() == name) {
                Some(field) => Some(custom_field_facts(session, &project, field).await?),
                None => None,
            }
        }
        ["FieldMapping", name] => {
            let mut mappings = config.mappings.values();
            let mapping = mappings.find(|mapping| mapping.name.as_str() == name);
            let explained = mapping.map(|mapping| Explained::new(config, mapping));
            return match explained {
                Some(explained) if session.json => Ok(ui::document(&explained.json(address))),
                Some(explained) => Ok(explained.human(address)),
                None => Err(unknown(config, address)),
            };
        }
        ["SyncRule", name] => match rule(config, name) {
            Some(rule) => Some(rule_facts(session, &project, rule).await?),
            None => None,
        },
        ["SyncRule", name, kind, id] => {
            match (
                rule(config, name),
                format!("{kind}/{id}").parse::<ItemKey>(),
            ) {
                (Some(rule), Ok(key)) => Some(item_facts(session, &project, rule, key).await?),
                _ => None,
            }
        }
        _ => None,
    };
    let facts = facts.ok_or_else(|| unknown(config, address))?;
    Ok(if session.json {
        as_json(address, facts)
    } else {
        as_text(address, &facts)
    })
}

fn unknown(config: &Config, address: &str) -> Failed {
    let mut known: Vec<String> = config
        .rules
        .keys()
        .map(|name| format!("SyncRule/{name}"))
        .collect();
    known.extend(
        config
            .connections
            .keys()
            .map(|name| format!("Connection/{name}")),
    );
    known.extend(
        config
            .custom_fields
            .keys()
            .map(|name| format!("CustomField/{name}")),
    );
    known.extend(
        config
            .mappings
            .keys()
            .map(|name| format!("FieldMapping/{name}")),
    );
    Failed::new(
        ExitCode::Usage,
        format!("nothing is declared under `{address}`"),
    )
    .with_help(format!(
        "there are: {}; an item is SyncRule/NAME/case/ID or SyncRule/NAME/workItem/ID",
        known.join(", ")
    ))
}

fn rule<'a>(config: &'a Config, name: &str) -> Option<&'a SyncRule> {
    config
        .rules
        .values()
        .find(|rule| rule.name.as_str() == name)
}

fn place(origin: &Origin) -> Value {
    format!("{}:{}", origin.file, origin.line).into()
}

fn connection_facts(config: &Config, connection: &Connection) -> Facts {
    let users: Vec<&str> = config
        .rules
        .values()
        .filter(|rule| rule.connection == connection.name)
        .map(|rule| rule.name.as_str())
        .collect();
    vec![
        ("declared", place(&connection.origin)),
        ("TestWorthy", connection.testworthy.url.as_str().into()),
        ("surface", surface(connection).into()),
        (
            "Azure DevOps",
            connection.azure_devops.organization_url.as_str().into(),
        ),
        ("project", connection.azure_devops.project.as_str().into()),
        ("rules", users.into()),
    ]
}

fn surface(connection: &Connection) -> String {
    match &connection.testworthy.surface {
        TestWorthySurface::Automation { .. } => "automation".to_owned(),
        TestWorthySurface::V1 { project_id, .. } => format!("v1, project {project_id}"),
    }
}

/// TestWorthy's own settings as the manifests declare them; none unless they are managed.
fn integration_facts(config: &Config, connection: &Connection) -> Option<Facts> {
    let declared = declared_integration(config, connection)?;
    let rows: Vec<String> = declared
        .mappings
        .iter()
        .map(|row| format!("{} and {}", row.testworthy, row.azure_devops))
        .collect();
    Some(vec![
        ("declared", place(&connection.origin)),
        ("configuration", declared.name.into()),
        ("TestWorthy project", declared.project_id.into()),
        ("organisation", declared.organization_url.into()),
        ("project", declared.project.into()),
        ("field mappings", rows.into()),
        (
            "personal access token",
            "never sent by Accord; a person enters it in TestWorthy's settings".into(),
        ),
    ])
}

async fn custom_field_facts(
    session: &Session,
    project: &Project,
    field: &CustomField,
) -> Result<Facts, Failed> {
    let config = &project.config;
    let values: Vec<Value> = field
        .allowed_values
        .iter()
        .map(crate::model::Value::to_json)
        .collect();
    let names = |row: &Row| matches!(&row.target, RowTarget::Field(name) if field.is_called(name));
    let mappings: Vec<&str> = config
        .mappings
        .values()
        .filter(|mapping| field.is_on(&mapping.work_item_type) && mapping.rows.iter().any(names))
        .map(|mapping| mapping.name.as_str())
        .collect();
    let store = stored::for_reading(session, project).await?;
    let made = store.made_fields().await?;
    let organization = config.connections.get(&field.connection).map(endpoints);
    let made = made.iter().any(|made| {
        field.is_called(&made.reference_name)
            && organization
                .as_ref()
                .is_some_and(|o| o.azure_devops == made.organization)
    });
    Ok(vec![
        ("declared", place(&field.origin)),
        ("connection", field.connection.as_str().into()),
        ("reference name", field.reference_name.as_str().into()),
        ("name", field.field_name.as_str().into()),
        ("type", field.field_type.key().into()),
        ("work item types", field.work_item_types.clone().into()),
        (
            "allowed values",
            if values.is_empty() {
                Value::Null
            } else {
                values.into()
            },
        ),
        ("mappings that name it", mappings.into()),
        ("made by Accord", made.into()),
    ])
}

async fn rule_facts(
    session: &Session,
    project: &Project,
    rule: &SyncRule,
) -> Result<Facts, Failed> {
    let links = links_of(session, project, rule).await?;
    let own = links.iter().filter(|link| link.rule == rule.name).count();
    let mut facts: Facts = vec![
        ("declared", place(&rule.origin)),
        ("connection", rule.connection.as_str().into()),
        ("mapping", rule.mapping.as_str().into()),
    ];
    if rule.is_two_way() {
        facts.extend(policies(rule));
    } else {
        facts.extend([
            ("reads", rule.source().to_string().into()),
            ("writes", rule.target().to_string().into()),
            (
                "creates new items",
                rule.creates.get(rule.target()).to_owned().into(),
            ),
            ("edits made on the target", drift(rule.drift).into()),
        ]);
    }
    facts.extend([
        (
            "when a case is deleted",
            deleted_case(rule.when_deleted.testworthy).into(),
        ),
        (
            "when a work item is deleted",
            deleted_work_item(rule.when_deleted.azure_devops).into(),
        ),
        ("linked items", own.into()),
    ]);
    Ok(facts)
}

/// What a two-way rule does where a one-way rule has a source and a target.
fn policies(rule: &SyncRule) -> Facts {
    let both = format!("{} and {}", System::TestWorthy, System::AzureDevOps);
    let creates: Value = match (rule.creates.testworthy, rule.creates.azure_devops) {
        (false, false) => false.into(),
        (true, true) => format!("in {both}").into(),
        (true, false) => format!("in {}", System::TestWorthy).into(),
        (false, true) => format!("in {}", System::AzureDevOps).into(),
    };
    let mut conflicts = vec![format!(
        "{} unless the row says otherwise",
        winner(rule.conflicts.default.unwrap_or_default())
    )];
    let fields = rule.conflicts.fields.iter();
    conflicts.extend(fields.map(|(row, right)| format!("{row}: {}", winner(*right))));
    vec![
        ("reads", both.clone().into()),
        ("writes", both.into()),
        ("creates new items", creates),
        ("first sync", winner(rule.first_sync).into()),
        ("edited on both sides", conflicts.into()),
        ("edits against one-way rows", drift(rule.drift).into()),
    ]
}

/// Who is right, in words.
pub(super) fn winner(winner: Winner) -> &'static str {
    match winner {
        Winner::TestWorthy => "TestWorthy is right",
        Winner::AzureDevOps => "Azure DevOps is right",
        Winner::Latest => {
            "the item that was changed last is right; a person decides if the clocks cannot tell"
        }
        Winner::Merge => "both are put together; a person decides where that cannot be done",
        Winner::Manual => "a person decides",
    }
}

fn deleted_case(policy: DeletedCase) -> &'static str {
    match policy {
        DeletedCase::Close => "its work item goes to a closing state",
        DeletedCase::Recycle => "its work item goes to the recycle bin",
        DeletedCase::Recreate => "its work item stays and gets a new case",
        DeletedCase::Unlink => "its work item stays and is no longer kept in step",
        DeletedCase::Ask => "a person decides",
    }
}

fn deleted_work_item(policy: DeletedWorkItem) -> &'static str {
    match policy {
        DeletedWorkItem::Disable => "its case is disabled",
        DeletedWorkItem::Recreate => "its case stays, and its work item is restored or made anew",
        DeletedWorkItem::Unlink => "its case stays and is no longer kept in step",
        DeletedWorkItem::Ask => "a person decides",
    }
}

fn drift(policy: DriftPolicy) -> &'static str {
    match policy {
        DriftPolicy::Enforce => "overwritten by the source, and kept in the state",
        DriftPolicy::Report => "reported and left",
        DriftPolicy::Ignore => "left until the source changes",
    }
}

async fn item_facts(
    session: &Session,
    project: &Project,
    rule: &SyncRule,
    key: ItemKey,
) -> Result<Facts, Failed> {
    let links = links_of(session, project, rule).await?;
    let link = links.iter().find(|link| match key {
        ItemKey::Case(id) => link.case == id,
        ItemKey::WorkItem(id) => link.work_item == id,
    });
    let mut facts = vec![("declared", place(&rule.origin))];
    match link {
        None => facts.push((
            "link",
            "none in the state; `accord plan` tells what would become of it".into(),
        )),
        Some(link) => facts.extend(link_facts(project, link)),
    }
    let store = stored::for_reading(session, project).await?;
    if let Some(connection) = project.config.connections.get(&rule.connection) {
        let places = endpoints(connection);
        for entry in store.quarantine(&places).await? {
            if entry.key == key.to_string() {
                facts.push(("in quarantine", entry.reason.into()));
            }
        }
    }
    Ok(facts)
}

fn link_facts(project: &Project, link: &Link) -> Facts {
    let connections = project.config.connections.values();
    let connection = connections
        .filter(|connection| endpoints(connection) == link.endpoints)
        .max_by_key(|connection| connection.testworthy.keeps_references());
    let keeps_references = connection.is_none_or(|c| c.testworthy.keeps_references());
    let mark = |state: MarkState, possible: bool| -> Value {
        match state {
            MarkState::Missing if !possible => "none: this surface has no references".into(),
            MarkState::Missing => "still to be written".into(),
            MarkState::Written => "written".into(),
            MarkState::Refused => "refused by the server".into(),
        }
    };
    let rows: Vec<&str> = link.base.fields.keys().map(String::as_str).collect();
    let address = connection.map(|connection| connection.testworthy.case_url(link.case));
    vec![
        ("case", link.case.0.into()),
        ("case's address", address.into()),
        ("work item", link.work_item.0.into()),
        ("rule", link.rule.as_str().into()),
        ("mark on the case", mark(link.case_mark, keeps_references)),
        ("mark on the work item", mark(link.work_item_mark, true)),
        ("fields in accord", rows.into()),
        (
            "recorded",
            link.base.recorded_at.map(|at| at.to_string()).into(),
        ),
    ]
}

async fn links_of(
    session: &Session,
    project: &Project,
    rule: &SyncRule,
) -> Result<Vec<Link>, Failed> {
    let Some(connection) = project.config.connections.get(&rule.connection) else {
        return Ok(Vec::new());
    };
    let store = stored::for_reading(session, project).await?;
    Ok(store.links(&endpoints(connection)).await?)
}

fn as_json(address: &str, facts: Facts) -> String {
    let members: serde_json::Map<String, Value> = facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    ui::document(&json!({ "address": address, "facts": members }))
}

fn as_text(address: &str, facts: &Facts) -> String {
    let mut text = format!("{address}\n");
    for (name, value) in facts {
        match value {
            Value::Null => {}
            Value::Array(members) => {
                text.push_str(&format_line(name, &members.len().to_string()));
                for member in members {
                    text.push_str("      ");
                    text.push_str(&plain(member));
                    text.push('\n');
                }
            }
            other => text.push_str(&format_line(name, &plain(other))),
        }
    }
    ui::printable(&text)
}

fn format_line(name: &str, value: &str) -> String {
    format!("  {name:26}{value}\n")
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
