//! What the documents say is true: manifests validate, commands parse, links lead somewhere, and every
//! code, flag and variable that is named exists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "docs/markdown.rs"]
mod markdown;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use accord::cli::ExitCode;
use accord::diagnostics::{SourceFile, catalog, render};
use accord::manifest::format::{Formatted, format};
use accord::manifest::{ReadOptions, read};
use accord::mapping::lint_config;
use accord::model::config::OPERATIONS;

use markdown::{Document, documents};

/// Formats whose names look like codes of findings.
const FORMATS: [&str; 1] = ["azure-pipelines"];

/// Commands that the documents name as not there yet.
const LATER: [&str; 1] = ["serve"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn accord(arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn document<'d>(all: &'d [Document], name: &str) -> &'d Document {
    all.iter().find(|document| document.name == name).unwrap()
}

/// README and everything under docs/: what users read.
fn user_documents(all: &[Document]) -> impl Iterator<Item = &Document> {
    all.iter()
        .filter(|document| document.name == "README.md" || document.name.starts_with("docs/"))
}

/// The help of every command, by name; the empty name is the program's own.
fn helps() -> BTreeMap<String, String> {
    let help = |name: &str| {
        let mut arguments: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
        arguments.push("--help".to_owned());
        stdout(&accord(&arguments))
    };
    let own = help("");
    let mut helps: BTreeMap<String, String> = commands("", &own)
        .into_iter()
        .map(|name| {
            let text = help(&name);
            (name, text)
        })
        .collect();
    let below: Vec<String> = helps
        .iter()
        .flat_map(|(name, text)| commands(name, text))
        .collect();
    helps.extend(below.into_iter().map(|name| {
        let text = help(&name);
        (name, text)
    }));
    helps.insert(String::new(), own);
    helps
}

/// The commands of a command, with its name before theirs; those of the program for the empty name.
fn commands(name: &str, help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty());
    names
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|below| *below != "help")
        .map(|below| format!("{name} {below}").trim_start().to_owned())
        .collect()
}

/// Long flags that a help text offers.
fn flags(help: &str) -> BTreeSet<String> {
    help.lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'))
        .filter_map(|line| {
            line.split(", ")
                .find(|part| part.trim_start().starts_with("--"))
        })
        .filter_map(|part| flag(part.trim_start()))
        .collect()
}

/// The long flag that a text begins with.
fn flag(text: &str) -> Option<String> {
    let name = text.strip_prefix("--")?;
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(name.len());
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
    is_name.then(|| format!("--{}", &name[..end]))
}

#[test]
fn manifests_in_documents_validate() {
    let mut projects = 0;
    for document in &documents() {
        let mut files = Vec::new();
        for block in document
            .blocks
            .iter()
            .filter(|block| block.info.starts_with("yaml"))
        {
            let place = format!("{}:{}", document.name, block.line);
            assert_eq!(
                block.info, "yaml project",
                "{place}: only whole manifests can be tested"
            );
            let first = block.text.lines().next().unwrap_or_default();
            let path = first.strip_prefix("# ");
            let path = path.unwrap_or_else(|| panic!("{place}: the first line names the file"));
            files.push(SourceFile::new(path, block.text.clone()));
        }
        if files.is_empty() {
            continue;
        }
        projects += 1;
        let count = files.len();
        let mut loaded = read(files, &ReadOptions::default());
        assert_eq!(
            loaded.sources.len(),
            count,
            "{}: two blocks name one file",
            document.name
        );
        loaded
            .findings
            .extend(loaded.config.iter().flat_map(lint_config));
        let report = render::text::render(&loaded.findings, &loaded.sources, false);
        assert_eq!(report, "", "{}", document.name);
        assert!(loaded.config.is_some(), "{}", document.name);
    }
    assert!(
        projects >= 2,
        "README.md and docs/manifests.md each hold a project"
    );
}

#[test]
fn manifests_in_documents_are_formatted() {
    let mut blocks = 0;
    for document in &documents() {
        for block in document.blocks.iter().filter(|b| b.info == "yaml project") {
            blocks += 1;
            match format(&SourceFile::new("a.yaml", block.text.clone())) {
                Formatted::Text(text) => {
                    assert_eq!(text, block.text, "{}:{}", document.name, block.line);
                }
                other => panic!("{}:{}: {other:?}", document.name, block.line),
            }
        }
    }
    assert!(blocks >= 4, "only {blocks} manifests were found");
}

#[test]
fn commands_in_documents_parse() {
    let mut tried = 0;
    for document in &documents() {
        let in_blocks = document.shell_lines();
        let in_text = document
            .spans
            .iter()
            .map(|(line, span)| (*line, span.clone()));
        for (line, text) in in_blocks.into_iter().chain(in_text) {
            let Some(mut arguments) = markdown::arguments_of_accord(&text) else {
                continue;
            };
            let place = format!("{}:{line}: {text}", document.name);
            let later = arguments
                .first()
                .is_some_and(|name| LATER.contains(&name.as_str()));
            // A variable of the shell stands for an id.
            for argument in arguments.iter_mut().filter(|one| one.starts_with('$')) {
                *argument = "0".repeat(32);
            }
            arguments.push("--help".to_owned());
            let output = accord(&arguments);
            let parsed = output.status.code() == Some(0) && stdout(&output).contains("Usage:");
            let words = String::from_utf8_lossy(&output.stderr);
            assert_eq!(parsed, !later, "{place}\n{words}");
            tried += 1;
        }
    }
    assert!(tried > 40, "only {tried} commands were found");
}

#[test]
fn flags_and_commands_are_those_of_the_program() {
    let helps = helps();
    assert!(helps.len() > 8, "{:?}", helps.keys());
    let known: BTreeSet<String> = helps.values().flat_map(|help| flags(help)).collect();
    let all = documents();
    for document in user_documents(&all) {
        for (line, span) in &document.spans {
            if let Some(flag) = flag(span) {
                let place = format!("{}:{line}", document.name);
                assert!(known.contains(&flag), "{place}: there is no flag {flag}");
            }
        }
    }
    let reference = document(&all, "docs/commands.md");
    let words: BTreeSet<&str> = reference
        .spans
        .iter()
        .flat_map(|(_, span)| span.split(|c: char| c.is_whitespace() || c == '['))
        .collect();
    for name in helps.keys().filter(|name| !name.is_empty()) {
        let named = reference.spans.iter().any(|(_, span)| {
            span.strip_prefix("accord ").is_some_and(|rest| {
                rest.strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            })
        });
        assert!(named, "docs/commands.md does not name `accord {name}`");
    }
    for flag in known
        .iter()
        .filter(|flag| !["--help", "--version"].contains(&flag.as_str()))
    {
        assert!(
            words.contains(flag.as_str()),
            "docs/commands.md does not name {flag}"
        );
    }
}

#[test]
fn links_lead_somewhere() {
    let all = documents();
    let mut links = 0;
    for document in &all {
        for (line, target) in &document.links {
            if target.contains("://") {
                continue;
            }
            links += 1;
            let place = format!("{}:{line}: {target}", document.name);
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let name = match path {
                "" => document.name.clone(),
                _ => markdown::join(&document.name, path),
            };
            assert!(root().join(&name).exists(), "{place} does not exist");
            if !anchor.is_empty() {
                let other = all.iter().find(|other| other.name == name);
                let other = other.unwrap_or_else(|| panic!("{place}: no headings there"));
                assert!(
                    other.anchors.contains(anchor),
                    "{place}: {:?}",
                    other.anchors
                );
            }
        }
    }
    assert!(links > 15, "only {links} links were found");
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let exists = |number: &u8| ExitCode::from_number(*number).code() == *number;
    let known: BTreeSet<u8> = (0..=255).filter(exists).collect();
    let all = documents();
    let table = document(&all, "docs/commands.md").table("Exit codes");
    let listed: BTreeSet<u8> = table
        .iter()
        .flat_map(|row| row[0].split(", "))
        .map(|number| number.parse().unwrap())
        .collect();
    assert_eq!(listed, known);
    for document in user_documents(&all) {
        for (line, number) in document.numbers_after("ends ") {
            assert!(
                known.contains(&number),
                "{}:{line}: exit code {number}",
                document.name
            );
        }
    }
}

#[test]
fn codes_of_findings_exist() {
    let mut named = BTreeSet::new();
    let all = documents();
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    // The names and values of its inputs and outputs.
    let of_the_action: BTreeSet<String> = action
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .map(str::to_owned)
        .collect();
    for document in user_documents(&all) {
        for (line, span) in &document.spans {
            let is_other = FORMATS.contains(&span.as_str()) || of_the_action.contains(span);
            if !markdown::looks_like_code(span) || is_other {
                continue;
            }
            let place = format!("{}:{line}", document.name);
            assert!(
                catalog::find(span).is_some(),
                "{place}: there is no code `{span}`"
            );
            named.insert(span.clone());
        }
    }
    assert!(named.len() > 8, "{named:?}");
}

#[test]
fn the_list_of_what_is_not_supported_is_complete() {
    let all = documents();
    let listed: BTreeSet<String> = document(&all, "docs/manifests.md")
        .table("Not supported yet")
        .into_iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    // Every such finding that the reader can make stands in one of these reports.
    let folder = root().join("tests/manifests/invalid");
    let reports = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let reports = reports.filter(|path| path.extension().is_some_and(|e| e == "txt"));
    let refused: BTreeSet<String> = reports
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let lines = text.lines().filter_map(|line| {
                let rest = line.strip_prefix("error[not-supported-yet]: `")?;
                Some(rest.split_once('`')?.0.to_owned())
            });
            lines.collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(listed, refused);
}

#[test]
fn operations_have_the_documented_defaults() {
    let text = fs::read_to_string(root().join("docs/manifests.md")).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in [
        "addCase",
        "addSection",
        "getCase",
        "getCases",
        "getCaseTypes",
        "getPriorities",
        "getSections",
        "getSuites",
        "updateCase",
    ] {
        let operation = OPERATIONS
            .iter()
            .find(|operation| operation.name == name)
            .unwrap();
        let said = format!("`{name}` `{}`", operation.template);
        assert!(
            text.contains(&said),
            "docs/manifests.md does not say {said}"
        );
    }
}

#[test]
fn environment_variables_are_read_somewhere() {
    let mut sources = String::new();
    let mut folders = vec![root().join("src"), root().join("tests")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && path != here() {
                sources.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut named = BTreeSet::new();
    for document in documents() {
        let text = fs::read_to_string(root().join(&document.name)).unwrap();
        named.extend(
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .filter(|word| word.starts_with("ACCORD_") && *word != "ACCORD_")
                .map(str::to_owned),
        );
    }
    assert!(named.len() >= 6, "{named:?}");
    for name in named {
        assert!(
            sources.contains(&format!("\"{name}\"")),
            "nothing reads {name}"
        );
    }
}

fn here() -> PathBuf {
    root().join(file!())
}

#[test]
fn the_demo_says_what_readme_and_picture_show() {
    let output = accord(&["demo".to_owned()]);
    assert_eq!(output.status.code(), Some(0));
    let printed = stdout(&output);
    let outcome = printed.lines().last().unwrap();
    assert!(outcome.starts_with("demo: done."), "{outcome}");
    let all = documents();
    let blocks = &document(&all, "README.md").blocks;
    let shown = blocks
        .iter()
        .any(|block| block.info == "text" && block.text.trim() == outcome);
    assert!(shown, "README.md does not show: {outcome}");
    let picture = fs::read_to_string(root().join("docs/demo.svg")).unwrap();
    assert!(
        picture.contains(outcome),
        "docs/demo.svg does not show: {outcome}"
    );
}
