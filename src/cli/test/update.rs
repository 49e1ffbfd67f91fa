//! `accord test --update`: what is expected becomes what the mapping gives, in the files of the manifests.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;

use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::files;
use super::super::session::Session;
use super::Ran;
use crate::diagnostics::{SourceFile, pointer};
use crate::manifest::edit::{Edit, edit};
use crate::manifest::{ReadOptions, read};
use crate::mapping::example::{Got, Verdict, run, users_of};
use crate::model::config::Config;

/// What was written, and what could not be.
#[derive(Default)]
pub(super) struct Updated {
    pub(super) changes: Vec<Change>,
    /// Examples that stay as they are, each with the reason.
    pub(super) refused: Vec<Refused>,
}

/// A value that was written.
pub(super) struct Change {
    pub(super) file: String,
    pub(super) test: String,
    pub(super) example: String,
    pub(super) field: String,
    pub(super) before: Json,
    pub(super) after: Json,
    pub(super) sensitive: bool,
}

/// An example that a person has to change.
pub(super) struct Refused {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) test: String,
    pub(super) example: String,
    pub(super) reason: String,
}

/// Writes the values of every example that can be computed. `sources` are changed with the files.
pub(super) fn update(
    session: &Session,
    folder: &Path,
    sources: &mut [SourceFile],
    ran: &[Ran],
) -> Result<Updated, Failed> {
    let (updated, new) = rewrite(sources, ran);
    prove(session, sources, &new, &updated.changes)?;
    for (at, text) in new {
        let source = &mut sources[at];
        files::replace(&folder.join(&source.path), &source.bytes, &text)
            .map_err(|error| Failed::new(ExitCode::Failure, format!("{}: {error}", source.path)))?;
        source.bytes = text.into_bytes();
    }
    Ok(updated)
}

/// The new texts, by place among the sources.
pub(super) fn rewrite(sources: &[SourceFile], ran: &[Ran]) -> (Updated, Vec<(usize, String)>) {
    let mut updated = Updated::default();
    let mut by_file: BTreeMap<&str, Vec<(&Ran, Vec<Change>)>> = BTreeMap::new();
    for one in ran {
        match changes(one) {
            Ok(changes) if changes.is_empty() => {}
            Ok(changes) => by_file.entry(&one.file).or_default().push((one, changes)),
            Err(reason) => updated.refused.push(refused(one, reason)),
        }
    }
    let mut new: Vec<(usize, String)> = Vec::new();
    for (file, examples) in by_file {
        let Some(at) = sources.iter().position(|source| source.path == file) else {
            continue;
        };
        let edits: Vec<Edit> = examples
            .iter()
            .flat_map(|(one, changes)| changes.iter().map(|change| to_edit(one, change)))
            .collect();
        match edit(&sources[at], &edits) {
            Ok(text) => {
                new.push((at, text));
                updated
                    .changes
                    .extend(examples.into_iter().flat_map(|(_, changes)| changes));
            }
            Err(reason) => {
                let examples = examples.iter();
                let all = examples.map(|(one, _)| refused(one, reason.clone()));
                updated.refused.extend(all);
            }
        }
    }
    (updated, new)
}

/// What has to be written for one example; nothing if it holds.
fn changes(one: &Ran) -> Result<Vec<Change>, String> {
    let differences = match &one.verdict {
        Verdict::Passed => return Ok(Vec::new()),
        Verdict::NotComputed(findings) => {
            let first = findings.first();
            return Err(first.map_or_else(
                || "the mapping cannot be used in this direction".to_owned(),
                |finding| finding.message.clone(),
            ));
        }
        Verdict::Failed(differences) => differences,
    };
    let change = |difference: &crate::mapping::example::Difference| {
        let field = &difference.field;
        match (&difference.expected, &difference.got) {
            (Some(before), Got::Value(after)) if is_writable(after) => Ok(Change {
                file: one.file.clone(),
                test: one.test.to_string(),
                example: one.name.clone(),
                field: field.clone(),
                before: before.clone(),
                after: after.clone(),
                sensitive: difference.sensitive,
            }),
            (Some(_), Got::Value(_)) => Err(format!("`{field}` has no form in a manifest")),
            (Some(_), Got::Waits(reason)) => Err(format!(
                "`{field}` has no value: {reason}. If that is meant, move it to `waits`"
            )),
            (None, _) => Err(format!(
                "`{field}` does not wait: move it from `waits` to `expect`"
            )),
        }
    };
    differences.iter().map(change).collect()
}

/// Whether an example can hold the value.
fn is_writable(value: &Json) -> bool {
    match value {
        Json::Object(_) => false,
        Json::Array(members) => members.iter().all(Json::is_string),
        _ => true,
    }
}

fn to_edit(one: &Ran, change: &Change) -> Edit {
    let at = pointer::child(&pointer::item("/spec/cases", one.index), "expect");
    Edit {
        document: one.document,
        pointer: pointer::child(&at, &change.field),
        value: change.after.clone(),
    }
}

fn refused(one: &Ran, reason: String) -> Refused {
    Refused {
        file: one.file.clone(),
        line: one.line,
        test: one.test.to_string(),
        example: one.name.clone(),
        reason,
    }
}

/// The configuration of texts that hold.
pub(super) fn read_again(session: &Session, sources: &[SourceFile]) -> Result<Config, Failed> {
    let options = ReadOptions {
        allowed_env: session.list("ACCORD_ALLOW_ENV"),
        ..ReadOptions::default()
    };
    let loaded = read(sources.to_vec(), &options);
    loaded.config.ok_or_else(|| {
        Failed::new(ExitCode::Internal, "the updated manifests do not hold")
            .with_help("this is a defect of accord; nothing was written because of it")
    })
}

/// Nothing is written before the new texts hold as manifests, and with them every example that was changed.
fn prove(
    session: &Session,
    sources: &[SourceFile],
    new: &[(usize, String)],
    changes: &[Change],
) -> Result<(), Failed> {
    if new.is_empty() {
        return Ok(());
    }
    let mut sources = sources.to_vec();
    for (at, text) in new {
        sources[*at].bytes = text.as_bytes().to_vec();
    }
    let config = read_again(session, &sources)?;
    let holds = |change: &&Change| {
        let test = config.mapping_tests.values();
        let test = test
            .into_iter()
            .find(|test| test.name.as_str() == change.test);
        test.is_some_and(|test| {
            let mapping = config.mappings.get(&test.mapping);
            let outcomes = mapping
                .map(|mapping| run(mapping, test, users_of(&config, &mapping.name)))
                .unwrap_or_default();
            let mut outcomes = outcomes.iter();
            outcomes.any(|outcome| outcome.example.name == change.example && outcome.passed())
        })
    };
    match changes.iter().find(|change| !holds(change)) {
        None => Ok(()),
        Some(change) => Err(Failed::new(
            ExitCode::Internal,
            format!(
                "{}: {} / {} would not hold with the value that its mapping gives",
                change.file, change.test, change.example
            ),
        )
        .with_help("this is a defect of accord; nothing was written")),
    }
}
