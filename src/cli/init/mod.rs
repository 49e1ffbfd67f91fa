//! `accord init`: a commented starter project. It never overwrites a file.

mod starter;

use std::fs;
use std::path::{Path, PathBuf};

use starter::{Starter, Values};

use super::args::InitArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::files;
use super::session::Session;
use super::ui;
use crate::diagnostics::{Finding, SourceFile, render};
use crate::manifest::{self, ReadOptions};
use crate::mapping::lint_config;

/// Keeps the state out of Git.
const IGNORED: &str = ".accord/";

pub(crate) fn run(session: &Session, args: &InitArgs) -> Result<ExitCode, Failed> {
    let folder = &session.directory;
    let below = below_repository(folder);
    let starter = Starter::new(&Values {
        name: project_name(folder),
        organization_url: args.organization_url.clone(),
        project: args.project.clone(),
        testworthy_url: args.testworthy_url.clone(),
        suites: args.suite.clone(),
        below: below.clone(),
    });
    holds(session, &starter)?;
    refuse_to_overwrite(folder, &starter)?;
    let mut written = Vec::new();
    let failed = |path: &str, written: &[String], error: std::io::Error| {
        let mut message = format!("{path}: {error}");
        if !written.is_empty() {
            message.push_str("; written before it: ");
            message.push_str(&written.join(", "));
        }
        Failed::new(ExitCode::Failure, message)
    };
    for (path, text) in &starter.files {
        files::create(&folder.join(path), text).map_err(|error| failed(path, &written, error))?;
        written.push((*path).to_owned());
    }
    let mut notes = Vec::new();
    let (path, text) = &starter.settings;
    if folder.join(path).exists() {
        notes.push(format!(
            "{path} exists and is left as it is; for completion add to it:\n{text}"
        ));
    } else {
        files::create(&folder.join(path), text).map_err(|error| failed(path, &written, error))?;
        written.push((*path).to_owned());
    }
    if ignore(folder).map_err(|error| failed(".gitignore", &written, error))? {
        written.push(".gitignore".to_owned());
    }
    if let Some(below) = below {
        notes.push(format!(
            "GitHub reads workflows at the top of the repository only: move {} there (it names {below} already)",
            starter::WORKFLOW
        ));
    }
    tell(session, &starter, &written, &notes);
    Ok(ExitCode::Success)
}

/// Refuses values that the manifests could not hold, before anything is written.
fn holds(session: &Session, starter: &Starter) -> Result<(), Failed> {
    let manifests = starter
        .files
        .iter()
        .filter(|(path, _)| starter::is_manifest(path));
    let sources = manifests.map(|(path, text)| SourceFile::new(*path, text.as_str()));
    let mut loaded = manifest::read(sources.collect(), &ReadOptions::default());
    loaded
        .findings
        .extend(loaded.config.iter().flat_map(lint_config));
    loaded.findings.retain(Finding::is_error);
    if loaded.findings.is_empty() {
        return Ok(());
    }
    let colour = session.ui.colour_stderr();
    let text = render::text::render(&loaded.findings, &loaded.sources, colour);
    session.ui.stderr(&text);
    Err(Failed::new(
        ExitCode::Usage,
        "the manifests would not hold with these values; nothing was written",
    )
    .with_help(
        "--organization-url, --testworthy-url, --project and --suite are where they come from",
    ))
}

fn refuse_to_overwrite(folder: &Path, starter: &Starter) -> Result<(), Failed> {
    // A link that leads nowhere stands in the way too.
    let exists = |path: &&str| folder.join(path).symlink_metadata().is_ok();
    let paths = starter.files.iter().map(|(path, _)| *path);
    let in_the_way: Vec<&str> = paths.filter(exists).collect();
    if in_the_way.is_empty() {
        return Ok(());
    }
    let list = in_the_way.join(", ");
    Err(Failed::new(
        ExitCode::Refused,
        format!("these files exist and are never overwritten: {list}; nothing was written"),
    )
    .with_help("-C DIR takes another folder; or move these files away"))
}

/// Adds the state's folder to `.gitignore`, unless it is there; says whether it did.
fn ignore(folder: &Path) -> std::io::Result<bool> {
    let path = folder.join(".gitignore");
    let old = match fs::read(&path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            files::create(&path, &format!("{IGNORED}\n"))?;
            return Ok(true);
        }
        Err(error) => return Err(error),
    };
    let text = String::from_utf8(old.clone()).map_err(std::io::Error::other)?;
    let is_there = |line: &str| {
        matches!(
            line.trim(),
            ".accord/" | ".accord" | "/.accord/" | "/.accord"
        )
    };
    if text.lines().any(is_there) {
        return Ok(false);
    }
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    files::replace(&path, &old, &format!("{text}{end}{IGNORED}\n"))?;
    Ok(true)
}

/// The folder's path below the top of the Git repository around it, with `/`; `None` at the top and
/// outside any.
fn below_repository(folder: &Path) -> Option<String> {
    let folder = fs::canonicalize(folder).ok()?;
    let top = folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())?;
    let below = folder.strip_prefix(top).ok()?;
    let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
    (!names.is_empty()).then(|| names.join("/"))
}

/// The folder's name as a DNS label.
fn project_name(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| PathBuf::from(folder));
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let label: String = words.join("-").chars().take(63).collect();
    match label.trim_end_matches('-') {
        "" => "accord-project".to_owned(),
        label => label.to_owned(),
    }
}

fn tell(session: &Session, starter: &Starter, written: &[String], notes: &[String]) {
    let ui = &session.ui;
    if session.json {
        let document = serde_json::json!({
            "schema": "accord-init/1",
            "written": written,
            "change": starter.to_change,
        });
        ui.stdout(&ui::document(&document));
    } else {
        ui.stdout(&format!("{}\n", written.join("\n")));
    }
    for note in notes {
        ui.note(&format!("note: {note}\n"));
    }
    let mut next = "next:\n".to_owned();
    if !starter.to_change.is_empty() {
        next.push_str("  put your values where CHANGE stands: ");
        next.push_str(&starter.to_change.join(", "));
        next.push('\n');
    }
    next.push_str(
        "  set TESTWORTHY_USER_EMAIL, TESTWORTHY_API_KEY, TESTWORTHY_PROJECT_KEY and AZURE_DEVOPS_EXT_PAT\n  \
         accord validate    contacts nothing\n  accord plan        reads both systems and writes nothing\n",
    );
    ui.note(&next);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders_become_names_of_projects() {
        for (folder, name) in [
            ("/a/Web Shop", "web-shop"),
            ("/a/--x__y--", "x-y"),
            ("/a/Prüfung", "pr-fung"),
            ("/a/日本", "accord-project"),
            ("/", "accord-project"),
        ] {
            assert_eq!(project_name(Path::new(folder)), name);
        }
        let long = format!("/a/{}-b", "x".repeat(62));
        assert_eq!(project_name(Path::new(&long)), "x".repeat(62));
    }
}
