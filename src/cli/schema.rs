//! `accord schema`: the JSON Schemas of the manifests and of the plan.

use std::path::Path;

use serde_json::Value;

use super::args::SchemaArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use crate::manifest::schema;
use crate::plan::Plan;

/// The plan's schema, beside those of the manifests.
const PLAN_FILE: &str = "plan.schema.json";

pub(crate) fn run(session: &Session, args: &SchemaArgs) -> Result<ExitCode, Failed> {
    let folder = session.path(Path::new("schemas"));
    if args.write {
        return write(session, &folder);
    }
    if args.check {
        return check(session, &folder);
    }
    let document = match &args.kind {
        None => bundle(),
        Some(kind) if kind.eq_ignore_ascii_case("plan") => Plan::json_schema(),
        Some(kind) => schema::for_kind(kind).ok_or_else(|| {
            Failed::new(ExitCode::Usage, format!("there is no kind `{kind}`")).with_help(
                "Project, Connection, CustomField, FieldMapping, SyncRule, MappingTest or Plan",
            )
        })?,
    };
    session.ui.stdout(&schema::to_text(&document));
    Ok(ExitCode::Success)
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
