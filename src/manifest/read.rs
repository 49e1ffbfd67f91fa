//! From file contents to the configuration, without touching a file system.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::check;
use super::document::{Document, Report};
use super::kind::{API_VERSION, Kind};
use super::strict::{self, Scan};
use super::values;
use crate::diagnostics::catalog::{is_about_yaml, lint, manifest as codes, yaml};
use crate::diagnostics::{Finding, Location, Place, SourceFile, quote, secret_shapes};
use crate::model::config::Config;

/// The largest file that is read, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;

/// The most findings that are listed of one file.
pub(super) const MOST_FINDINGS: usize = 100;

/// What the reader has to know from outside.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Name of the project where no `Project` names it: the folder's name.
    pub project_name: String,
    /// Environment variables beyond the usual prefixes that manifests may refer to
    /// (`ACCORD_ALLOW_ENV`).
    pub allowed_env: Vec<String>,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration; `None` if any finding is an error.
    pub config: Option<Config>,
    /// Everything that is wrong, of all files.
    pub findings: Vec<Finding>,
    /// The files, sorted by path: renderers of findings need them.
    pub sources: Vec<SourceFile>,
}

impl Loaded {
    /// Whether anything is wrong enough to stop.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }
}

/// Reads all manifests of a project. Reports every mistake of every file; never panics, whatever the
/// bytes are.
pub fn read(mut sources: Vec<SourceFile>, options: &ReadOptions) -> Loaded {
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources.dedup_by(|left, right| left.path == right.path);
    let files: Vec<FileRead<'_>> = sources.iter().map(read_file).collect();
    let digest = digest(&sources, &files);
    let count = files.iter().filter(|file| file.is_manifest).count();
    let mut findings = Vec::new();
    let mut documents = Vec::new();
    let mut declared = BTreeSet::new();
    let mut unread = Vec::new();
    for file in files {
        if file.is_incomplete {
            unread.push(file.path.to_owned());
        }
        findings.extend(file.findings);
        declared.extend(file.declared);
        documents.extend(file.documents);
    }
    let checked = check::check(documents, declared, unread, options);
    findings.extend(checked.findings);
    let findings = capped(findings);
    let config = (!findings.iter().any(Finding::is_error)).then_some(Config {
        project: checked.project,
        connections: checked.connections,
        custom_fields: checked.custom_fields,
        mappings: checked.mappings,
        rules: checked.rules,
        mapping_tests: checked.mapping_tests,
        digest,
        files: count,
    });
    Loaded {
        config,
        findings,
        sources,
    }
}

/// `spec.manifests` of the `Project` in this file, as far as it can be told; `None` without one.
pub(super) fn manifests_of(source: &SourceFile) -> Option<Vec<String>> {
    let file = read_file(source);
    let project = file
        .documents
        .into_iter()
        .find(|document| document.kind == Kind::Project)?;
    let entries = project
        .value
        .pointer("/spec/manifests")?
        .as_array()?
        .clone();
    Some(
        entries
            .iter()
            .filter_map(|entry| entry.as_str().map(str::to_owned))
            .collect(),
    )
}

/// Why the file cannot be read as plain data; empty if it can, whatever else is wrong with it.
pub(super) fn unreadable(source: &SourceFile) -> Vec<Finding> {
    let mut findings = read_file(source).findings;
    findings.retain(|finding| is_about_yaml(finding.code));
    findings
}

/// What one file holds.
struct FileRead<'f> {
    path: &'f str,
    documents: Vec<Document<'f>>,
    /// Kinds and names of all documents, also of those that are not checked further.
    declared: Vec<(Kind, String)>,
    findings: Vec<Finding>,
    /// Whether any document is ours.
    is_manifest: bool,
    /// Whether there may be declarations in it that were not read.
    is_incomplete: bool,
}

fn read_file(source: &SourceFile) -> FileRead<'_> {
    let path = source.path.as_str();
    let mut read = FileRead {
        path,
        documents: Vec::new(),
        declared: Vec::new(),
        findings: Vec::new(),
        is_manifest: false,
        is_incomplete: true,
    };
    let location = |place| Location {
        file: path.to_owned(),
        place,
    };
    if source.bytes.len() > MOST_BYTES {
        let finding = Finding::new(&yaml::FILE_TOO_LARGE, "the file is larger than 1 MiB")
            .at(location(Place::File))
            .with_help("split it, or keep it out of `spec.manifests` if it holds no manifests");
        read.findings.push(finding);
        return read;
    }
    let bytes = source
        .bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(&source.bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let start = error.valid_up_to();
            let finding = Finding::new(&yaml::INVALID_UTF8, "the file is not UTF-8 text")
                .at(location(Place::bytes(start..start + 1)))
                .with_help("save it as UTF-8");
            read.findings.push(finding);
            return read;
        }
    };
    let scan = strict::scan(path, text);
    read.is_manifest = scan.documents.iter().any(|document| document.is_ours);
    if let Some(finding) = &scan.broken {
        read.findings.push(finding.clone());
    }
    if read.is_manifest
        && let Some((at, c)) = text.char_indices().find(|(_, c)| is_forbidden(*c))
    {
        let message = format!(
            "the character U+{:04X} is not allowed in manifests",
            u32::from(c)
        );
        let place = Place::bytes(at..at + c.len_utf8());
        let finding = Finding::new(&yaml::FORBIDDEN_CHARACTER, message).at(location(place));
        read.findings.push(finding);
        return read;
    }
    let secrets = if read.is_manifest {
        secret_shapes(text)
    } else {
        Vec::new()
    };
    if !secrets.is_empty() {
        let found = secrets.into_iter().take(MOST_FINDINGS).map(|secret| {
            let message = format!("this looks like {}", secret.kind);
            Finding::new(&lint::L26_SECRET_LITERAL, message)
                .at(location(Place::bytes(secret.range)))
                .with_help("remove and revoke it; secrets are references: `{ env: NAME }`")
        });
        read.findings.extend(found);
        // Nothing else is said of the file: another message might quote it.
        return read;
    }
    let ours = scan.documents.iter().filter(|document| document.is_ours);
    read.findings
        .extend(ours.flat_map(|document| document.findings.iter().cloned()));
    // Values are parsed only from a file that was understood to its end.
    if scan.broken.is_some() {
        return read;
    }
    read.is_incomplete = scan.documents.iter().any(|d| d.is_ours && d.is_refused);
    if !read.is_manifest {
        return read;
    }
    match values::parse(path, text, &scan) {
        Ok(values) => {
            for (index, value) in values {
                take_document(&mut read, &scan, index, value);
            }
        }
        Err(finding) => {
            read.findings.push(*finding);
            read.is_incomplete = true;
        }
    }
    read
}

/// Checks the header of a document of ours.
fn take_document(read: &mut FileRead<'_>, scan: &Scan, index: usize, value: Json) {
    let mut report = Report::new(read.path, index);
    let name = value.pointer("/metadata/name").and_then(Json::as_str);
    let kind = value
        .get("kind")
        .and_then(Json::as_str)
        .and_then(Kind::find);
    if let (Some(kind), Some(name)) = (kind, name) {
        read.declared.push((kind, name.to_owned()));
    }
    let version = value.get("apiVersion").and_then(Json::as_str);
    let Some(kind) = kind else {
        report.push(unknown_kind(&report, &value));
        read.findings.append(&mut report.findings);
        return;
    };
    if version != Some(API_VERSION) {
        let finding = if value.get("apiVersion").is_some() {
            let found = version.map_or_else(|| "no text".to_owned(), quote);
            let message = format!("`apiVersion` is {found} where `{API_VERSION}` is known");
            report.value(&codes::API_VERSION, "/apiVersion", message)
        } else {
            let message = format!("a {} without `apiVersion`", kind.name());
            report.value(&codes::API_VERSION, "/kind", message)
        };
        read.findings
            .push(finding.with_help(format!("write `apiVersion: {API_VERSION}`")));
        return;
    }
    let marks = &scan.documents[index];
    read.documents.push(Document {
        file: read.path,
        index,
        kind,
        name: name.map(str::to_owned),
        line: marks.line,
        row_lines: marks.row_lines.clone(),
        where_line: marks.where_line,
        is_ambiguous: !marks.findings.is_empty(),
        value,
    });
}

fn unknown_kind(report: &Report<'_>, value: &Json) -> Finding {
    let names: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    let choices = format!("the kinds are {}", super::shape::list(&names));
    let Some(kind) = value.get("kind") else {
        let message = "`kind` is missing";
        return report
            .value(&codes::MISSING_KEY, "/apiVersion", message)
            .with_help(choices);
    };
    let text = kind.as_str().unwrap_or_default();
    let message = format!("there is no kind {}", quote(text));
    let finding = report.value(&codes::UNKNOWN_KIND, "/kind", message);
    match Kind::nearest(text) {
        Some(near) => finding.with_help(format!("did you mean `{near}`?")),
        None => finding.with_help(choices),
    }
}

/// Characters that hide or reorder text, or that parsers disagree about (U+0085, U+2028, U+2029 end a
/// line in YAML 1.1 but not in 1.2). Joiners and direction marks of ordinary writing are fine.
pub(super) fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(
            c,
            '\u{200B}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2066}'..='\u{2069}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
        )
}

/// SHA-256 over paths and contents of the files that hold manifests, in order of path.
fn digest(sources: &[SourceFile], files: &[FileRead<'_>]) -> String {
    let mut hash = Sha256::new();
    for (source, _) in sources
        .iter()
        .zip(files)
        .filter(|(_, file)| file.is_manifest)
    {
        // Lengths keep a byte from moving between path and content unnoticed.
        hash.update((source.path.len() as u64).to_le_bytes());
        hash.update(source.path.as_bytes());
        hash.update((source.bytes.len() as u64).to_le_bytes());
        hash.update(&source.bytes);
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        for half in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(half), 16));
        }
        hex
    })
}

/// At most [`MOST_FINDINGS`] of each file, and one that says so.
fn capped(findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let mut kept = Vec::with_capacity(findings.len());
    for finding in findings {
        let file = finding
            .location
            .as_ref()
            .map_or("", |location| &location.file);
        let count = counts.entry(file.to_owned()).or_default();
        *count += 1;
        if *count <= MOST_FINDINGS {
            kept.push(finding);
        }
    }
    for (file, count) in counts {
        if count > MOST_FINDINGS {
            let message = format!("{} more findings in this file", count - MOST_FINDINGS);
            let place = Place::File;
            kept.push(Finding::new(&codes::MORE_FINDINGS, message).at(Location { file, place }));
        }
    }
    kept
}
