//! `accord dump`: proposes manifests for what both systems hold. It reads, and writes files at most.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::args::DumpArgs;
use super::doctor::named;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::progress::Bars;
use super::session::Session;
use super::{files, patience, stored, ui};
use crate::manifest::ReadOptions;
use crate::model::SuiteId;
use crate::reconcile::{
    DumpContext, DumpOptions, DumpOutcome, DumpedFile, Refused, TimeOrderedIds, dump,
};

pub(crate) async fn run(session: &Session, args: &DumpArgs) -> Result<ExitCode, Failed> {
    let checked = session.checked()?;
    let config = &checked.config;
    if config.connections.is_empty() {
        return Err(Failed::new(
            ExitCode::Invalid,
            "no connection is declared here, and a dump looks through one: credentials are references in it, and \
             the hosts that they may go to are the operator's to allow",
        )
        .with_help(
            "`accord init` writes a starter project with a connection; fill in its addresses, or give -C DIR",
        ));
    }
    let name = named(config, &args.connection)?;
    let Some(connection) = config.connections.get(&name) else {
        return Err(Failed::told(ExitCode::Usage));
    };
    let project = session.read(&[])?;
    let read = ReadOptions {
        project_name: config.project.name.clone(),
        allowed_env: session.list("ACCORD_ALLOW_ENV"),
    };
    let out = args.out.as_deref().map(|out| session.path(out));
    let options = DumpOptions {
        types: args.types.clone(),
        suites: args.suite.iter().copied().map(SuiteId).collect(),
        folder: out.as_deref().and_then(|out| below(&project.folder, out)),
    };
    let store = stored::for_reading(session, &checked).await?;
    let remotes = session.remotes();
    let bars = Bars::new(&session.ui);
    let context = DumpContext {
        sources: &project.loaded.sources,
        read: &read,
        config,
        remotes: &remotes,
        store: store.as_ref(),
        clock: session.clock.as_ref(),
        ids: &TimeOrderedIds,
        progress: &bars,
    };
    let work = dump(&context, connection, &options);
    let (dumped, notes) = match patience::watch(session.patience, &remotes, work).await? {
        DumpOutcome::Dumped { files, notes } => (files, notes),
        DumpOutcome::Refused(Refused { message, help }) => {
            return Err(Failed::new(ExitCode::Usage, message).with_help(help));
        }
    };
    for note in notes {
        session.ui.note(&format!("note: {note}\n"));
    }
    match &out {
        None if session.json => session.ui.stdout(&json(&dumped)),
        None => session.ui.stdout(&stream(&dumped)),
        Some(folder) => write(session, folder, &dumped, args)?,
    }
    super::plan::tell_requests(session, &remotes);
    Ok(ExitCode::Success)
}

/// A folder's path below the project's, with `/`; `None` outside it.
fn below(project: &Path, folder: &Path) -> Option<String> {
    let mut clean = PathBuf::new();
    for part in folder.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    // The project's folder is known by its true name; the dump's need not exist yet.
    let existing = clean.ancestors().find(|folder| folder.exists())?;
    let missing = clean.strip_prefix(existing).ok()?;
    let clean = fs::canonicalize(existing).ok()?.join(missing);
    let below = clean.strip_prefix(project).ok()?;
    let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
    Some(names.join("/"))
}

/// All files as one stream of documents; comments alone stand at its end.
fn stream(dumped: &[DumpedFile]) -> String {
    let mut text = String::new();
    for file in dumped {
        if !text.is_empty() {
            text.push_str(if file.is_manifest { "---\n" } else { "\n" });
        }
        text.push_str(&file.text);
    }
    text
}

fn json(dumped: &[DumpedFile]) -> String {
    let files: Vec<_> = dumped
        .iter()
        .map(|file| serde_json::json!({ "path": file.path, "text": file.text }))
        .collect();
    let document = serde_json::json!({ "schema": "accord-dump/1", "files": files });
    ui::document(&document)
}

/// Writes every file, or none if one is in the way.
fn write(
    session: &Session,
    folder: &Path,
    dumped: &[DumpedFile],
    args: &DumpArgs,
) -> Result<(), Failed> {
    // A link that leads nowhere stands in the way too.
    let exists = |file: &&DumpedFile| folder.join(&file.path).symlink_metadata().is_ok();
    let in_the_way: Vec<&str> = dumped
        .iter()
        .filter(exists)
        .map(|file| file.path.as_str())
        .collect();
    if !args.force && !in_the_way.is_empty() {
        return Err(Failed::new(
            ExitCode::Refused,
            format!(
                "these files exist and are not replaced: {}; nothing was written",
                in_the_way.join(", ")
            ),
        )
        .with_help("--out DIR takes another folder; --force replaces them"));
    }
    let mut written: Vec<&str> = Vec::new();
    for file in dumped {
        let path = folder.join(&file.path);
        put(&path, &file.text).map_err(|error| {
            let mut message = format!("{}: {error}", path.display());
            if !written.is_empty() {
                message.push_str("; written before it: ");
                message.push_str(&written.join(", "));
            }
            Failed::new(ExitCode::Failure, message)
        })?;
        written.push(&file.path);
    }
    if session.json {
        let document = serde_json::json!({ "schema": "accord-dump/1", "written": written });
        session.ui.stdout(&ui::document(&document));
    } else {
        session.ui.stdout(&format!("{}\n", written.join("\n")));
    }
    session
        .ui
        .note("next: review what was written, then `accord plan`, which changes nothing\n");
    Ok(())
}

/// Writes a file, or replaces what it holds. Whether that may be was asked before.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::read(path) {
        Ok(old) => files::replace(path, &old, text),
        Err(error) if error.kind() == ErrorKind::NotFound => files::create(path, text),
        Err(error) => Err(error),
    }
}
