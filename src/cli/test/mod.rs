//! `accord test`: runs the examples of the project's `MappingTest`s and contacts nothing.

mod human;
mod machine;
mod update;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::Value as Json;

use self::update::Updated;
use super::args::{Format, TestArgs};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::outputs;
use super::session::{Checked, Session};
use crate::diagnostics::{Location, Part, Place, Resolver, SourceFile, pointer};
use crate::mapping::example::{Verdict, run as run_examples, users_of};
use crate::model::config::{Config, MappingTest};
use crate::model::{Name, System};

/// The formats of `--out`.
const OUT_FORMATS: [&str; 4] = ["human", "json", "github", "junit"];

/// An example that was run, with everything that is told of it.
struct Ran {
    test: Name,
    mapping: Name,
    /// The example's name.
    name: String,
    target: System,
    given: IndexMap<String, Json>,
    verdict: Verdict,
    /// Where the example stands, below the project's folder, and its place in the document.
    file: String,
    line: usize,
    document: usize,
    index: usize,
    /// Lines of the differences.
    lines: Vec<usize>,
}

/// Everything that the command tells.
struct Report {
    /// The examples, by file and line.
    ran: Vec<Ran>,
    /// What `--update` did; `None` without it.
    updated: Option<Updated>,
    /// From the top of the repository to the project's folder, with `/` behind it.
    prefix: String,
}

impl Report {
    fn failed(&self) -> impl Iterator<Item = &Ran> {
        self.ran.iter().filter(|ran| ran.verdict != Verdict::Passed)
    }
}

pub(crate) fn run(session: &Session, args: &TestArgs) -> Result<ExitCode, Failed> {
    let files = args
        .out
        .iter()
        .map(|argument| outputs::named(session, argument, &OUT_FORMATS))
        .collect::<Result<Vec<_>, _>>()?;
    let Checked {
        config,
        folder,
        mut sources,
        ..
    } = session.check()?;
    let wanted = wanted(session, &folder, &args.paths)?;
    let tests: Vec<&MappingTest> = config
        .mapping_tests
        .values()
        .filter(|test| {
            wanted.is_empty() || wanted.iter().any(|path| is_in(&test.origin.file, path))
        })
        .collect();
    let mut report = Report {
        ran: examples(&config, &tests, &sources),
        updated: None,
        prefix: session.prefix(),
    };
    if args.update {
        let names: BTreeSet<&Name> = tests.iter().map(|test| &test.name).collect();
        let updated = update::update(session, &folder, &mut sources, &report.ran)?;
        // The texts are new, so places and values are read again.
        let config = update::read_again(session, &sources)?;
        let tests = config.mapping_tests.values();
        let tests: Vec<&MappingTest> = tests.filter(|test| names.contains(&test.name)).collect();
        report.ran = examples(&config, &tests, &sources);
        report.updated = Some(updated);
    }
    let shown = match session.format {
        Format::Json => machine::json(&report),
        Format::Github => machine::github(&report),
        _ => human::render(
            &report,
            session.ui.colour_stdout(),
            session.ui.verbosity() > 0,
        ),
    };
    session.ui.stdout(&shown);
    for (format, path) in files {
        let text = match format {
            "json" => machine::json(&report),
            "github" => machine::github(&report),
            "junit" => machine::junit(&report),
            _ => human::render(&report, false, true),
        };
        outputs::write_whole(&path, &text).map_err(|error| {
            Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
        })?;
    }
    Ok(match report.failed().next() {
        None => ExitCode::Success,
        Some(_) => ExitCode::Invalid,
    })
}

fn examples(config: &Config, tests: &[&MappingTest], sources: &[SourceFile]) -> Vec<Ran> {
    let resolver = Resolver::new(sources);
    let mut ran = Vec::new();
    for test in tests {
        let Some(mapping) = config.mappings.get(&test.mapping) else {
            continue;
        };
        let users = users_of(config, &mapping.name);
        for outcome in run_examples(mapping, test, users) {
            let example = outcome.example;
            let line = |pointer: String| {
                let place = Place::Node {
                    document: test.document,
                    pointer,
                    part: Part::Key,
                };
                let file = example.origin.file.clone();
                let resolved = resolver.resolve(&Location { file, place });
                resolved.map_or(1, |resolved| resolved.start.line)
            };
            let at = pointer::item("/spec/cases", outcome.index);
            let lines = match &outcome.verdict {
                Verdict::Failed(differences) => differences
                    .iter()
                    .map(|difference| {
                        let key = if difference.expected.is_some() {
                            pointer::child(&pointer::child(&at, "expect"), &difference.field)
                        } else {
                            pointer::child(&at, "waits")
                        };
                        line(key)
                    })
                    .collect(),
                Verdict::Passed | Verdict::NotComputed(_) => Vec::new(),
            };
            ran.push(Ran {
                test: test.name.clone(),
                mapping: test.mapping.clone(),
                name: example.name.clone(),
                target: example.target,
                given: example.given.clone(),
                file: example.origin.file.clone(),
                line: usize::try_from(example.origin.line).unwrap_or(1),
                document: test.document,
                index: outcome.index,
                verdict: outcome.verdict,
                lines,
            });
        }
    }
    ran.sort_by(|left, right| {
        (&left.file, left.document, left.index).cmp(&(&right.file, right.document, right.index))
    });
    ran
}

/// The paths that were typed, relative to the project's folder.
fn wanted(session: &Session, folder: &Path, paths: &[PathBuf]) -> Result<Vec<String>, Failed> {
    let top = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let relative = |path: &PathBuf| {
        let usage = |what: &str| {
            Failed::new(ExitCode::Usage, format!("{}: {what}", path.display()))
                .with_help("name files or folders with MappingTests inside the project")
        };
        let real = std::fs::canonicalize(session.path(path))
            .map_err(|_| usage("there is no such file or folder"))?;
        let inside = real
            .strip_prefix(&top)
            .map_err(|_| usage("this is outside the project's folder"))?;
        let names = inside
            .components()
            .map(|name| name.as_os_str().to_string_lossy());
        Ok(names.collect::<Vec<_>>().join("/"))
    };
    paths.iter().map(relative).collect()
}

/// Whether a file is `path` or lies below it.
fn is_in(file: &str, path: &str) -> bool {
    path.is_empty()
        || file
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `1 example`, `2 examples`.
fn count(number: usize, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// A value as a person writes it in a manifest; of sensitive rows nothing.
fn shown(value: &Json, sensitive: bool) -> String {
    if sensitive {
        "(sensitive)".to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests;
