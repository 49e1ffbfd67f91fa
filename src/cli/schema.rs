//! `accord schema`: the JSON Schemas of the manifests, of plans and of connection tests; with `--live`,
//! the manifests' schemas with what exists behind a connection.

mod live;

use std::path::Path;

use serde_json::Value;

use super::args::SchemaArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::outputs::write_whole;
use super::session::Session;
use super::ui;
use crate::manifest::compare::ManifestDiff;
use crate::manifest::schema;
use crate::plan::Plan;
use crate::plan::render::jsonl::Event;
use crate::reconcile::DoctorReport;

/// The plan's schema, beside those of the manifests.
const PLAN_FILE: &str = "plan.schema.json";

/// That of the lines of `--format jsonl`.
const EVENTS_FILE: &str = "events.schema.json";

/// That of connection tests.
const DOCTOR_FILE: &str = "doctor.schema.json";

/// That of comparisons of manifests.
const DIFF_FILE: &str = "diff.schema.json";

pub(crate) async fn run(session: &Session, args: &SchemaArgs) -> Result<ExitCode, Failed> {
    let folder = session.path(Path::new("schemas"));
    if args.write {
        return write(session, &folder);
    }
    if args.check {
        return check(session, &folder);
    }
    let mut document = document(args.kind.as_deref())?;
    if let Some(connection) = &args.live {
        let found = live::look(session, connection).await?;
        schema::enrich(&mut document, &found);
    }
    // What exists has names that people gave it.
    let text = ui::document(&document);
    match &args.out {
        None => session.ui.stdout(&text),
        Some(file) => {
            let path = session.path(file);
            // `.accord/` is a natural place and not there before the first apply.
            let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            let written = folder.and_then(|()| write_whole(&path, &text));
            written.map_err(|error| {
                Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
            })?;
        }
    }
    Ok(ExitCode::Success)
}

/// The schema of this kind, of all manifests without one.
fn document(kind: Option<&str>) -> Result<Value, Failed> {
    let Some(kind) = kind else {
        return Ok(bundle());
    };
    let written = [
        ("plan", Plan::json_schema as fn() -> Value),
        ("doctor", DoctorReport::json_schema),
        ("diff", ManifestDiff::json_schema),
        ("events", Event::json_schema),
    ];
    if let Some((_, make)) = written
        .iter()
        .find(|(name, _)| kind.eq_ignore_ascii_case(name))
    {
        return Ok(make());
    }
    schema::for_kind(kind).ok_or_else(|| {
        Failed::new(ExitCode::Usage, format!("there is no kind `{kind}`")).with_help(
            "Project, Connection, CustomField, FieldMapping, SyncRule, MappingTest, Plan, Events, Doctor or Diff",
        )
    })
}

/// The schema of all manifests.
fn bundle() -> Value {
    let file = schema::file_name("accord");
    let found = schema::all().into_iter().find(|(name, _)| *name == file);
    found.map(|(_, document)| document).unwrap_or_default()
}

/// The text of the schema of all manifests, as `--write` writes it.
pub(crate) fn bundle_text() -> String {
    schema::to_text(&bundle())
}

/// Every file below `schemas` with its content.
pub fn files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = schema::all()
        .into_iter()
        .map(|(name, document)| (name, schema::to_text(&document)))
        .collect();
    files.push((
        DOCTOR_FILE.to_owned(),
        schema::to_text(&DoctorReport::json_schema()),
    ));
    files.push((
        DIFF_FILE.to_owned(),
        schema::to_text(&ManifestDiff::json_schema()),
    ));
    files.push((
        EVENTS_FILE.to_owned(),
        schema::to_text(&Event::json_schema()),
    ));
    files.push((PLAN_FILE.to_owned(), schema::to_text(&Plan::json_schema())));
    files
}

fn write(session: &Session, folder: &Path) -> Result<ExitCode, Failed> {
    let failed = |error: std::io::Error| {
        Failed::new(ExitCode::Failure, format!("{}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, content) in files() {
        std::fs::write(folder.join(&name), content).map_err(failed)?;
        session.ui.stdout(&format!("schemas/{name}\n"));
    }
    Ok(ExitCode::Success)
}

fn check(session: &Session, folder: &Path) -> Result<ExitCode, Failed> {
    let stale: Vec<String> = files()
        .into_iter()
        .filter(|(name, content)| {
            std::fs::read_to_string(folder.join(name)).ok().as_deref() != Some(content)
        })
        .map(|(name, _)| name)
        .collect();
    if stale.is_empty() {
        return Ok(ExitCode::Success);
    }
    for name in &stale {
        session.ui.stdout(&format!("schemas/{name}\n"));
    }
    Err(Failed::new(
        ExitCode::Unformatted,
        "these schemas are not what this version writes",
    )
    .with_help("run `accord schema --write`"))
}
