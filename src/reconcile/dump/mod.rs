//! Proposes manifests for what both systems hold, and proves that a plan of them is empty.
//!
//! [`look`] reads; everything between that and the files is pure: [`propose`] thinks of rows, [`trial`]
//! holds each against reader, lint, compiler and the pairs that exist, [`mapping`], [`rule`], [`field`] and
//! [`people`] write texts. In the end the planner itself judges: what it would change becomes a comment,
//! until it changes nothing. So "dump, then plan: empty" holds by construction.

mod draft;
mod field;
mod look;
mod mapping;
mod name;
mod people;
mod propose;
mod remembering;
mod rule;
mod seen;
mod text;
mod trial;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::field::FieldProposal;
use self::look::{Looked, look};
use self::mapping::MappingProposal;
use self::remembering::{OnlyReaders, remembered};
use self::rule::RuleProposal;
use self::seen::Seen;
use super::Context;
use super::clock::{Clock, Ids};
use super::connect::{HttpRemotes, Readers, Remotes as _};
use super::error::ReconcileError;
use super::plan::{PlanOptions, plan};
use super::progress::Progress;
use crate::diagnostics::{Finding, SourceFile};
use crate::manifest::{self, ReadOptions};
use crate::mapping::lint_config;
use crate::model::SuiteId;
use crate::model::config::{Config, Connection};
use crate::plan::{Change, Inputs};
use crate::remote::CaseScope;
use crate::store::Store;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct DumpOptions {
    /// Work item types; `Test Case` without any.
    pub types: Vec<String>,
    /// Suites; all that the server lists without any.
    pub suites: Vec<SuiteId>,
    /// Folder of the files below the project's, with `/`; `None` if they do not become part of it. Files
    /// that stand there are taken for an earlier dump.
    pub folder: Option<String>,
}

/// What a dump needs from outside.
pub struct DumpContext<'a> {
    /// The files of the project.
    pub sources: &'a [SourceFile],
    /// How they are read.
    pub read: &'a ReadOptions,
    /// What they say.
    pub config: &'a Config,
    /// How to reach the systems.
    pub remotes: &'a HttpRemotes,
    /// The state; only read.
    pub store: &'a dyn Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// New ids.
    pub ids: &'a dyn Ids,
    /// Who wants to know how far it is.
    pub progress: &'a dyn Progress,
}

/// A file of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpedFile {
    /// Path below the dump's folder, with `/`.
    pub path: String,
    /// Manifests in canonical form, or comments alone.
    pub text: String,
    /// Whether it holds a manifest.
    pub is_manifest: bool,
}

/// Why there is nothing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What was asked for and is not there.
    pub message: String,
    /// What to do next.
    pub help: String,
}

/// What came of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DumpOutcome {
    /// The proposed files, manifests first, and what a person should know of them.
    Dumped {
        /// The files.
        files: Vec<DumpedFile>,
        /// Sentences.
        notes: Vec<String>,
    },
    /// The question cannot be answered.
    Refused(Refused),
}

/// Looks at both systems of a connection and proposes manifests. Writes nothing anywhere.
pub async fn dump(
    context: &DumpContext<'_>,
    connection: &Connection,
    options: &DumpOptions,
) -> Result<DumpOutcome, ReconcileError> {
    let readers = remembered(context.remotes.readers(connection)?);
    let Looked { seen, notes } = match look(context, connection, options, &readers).await? {
        Ok(looked) => looked,
        Err(refused) => return Ok(DumpOutcome::Refused(refused)),
    };
    let ground = Ground::new(context, options);
    let mut proposal = Proposal::new(&seen, &ground)?;
    let files = proposal.proven(context, &ground, &readers).await?;
    Ok(DumpOutcome::Dumped { files, notes })
}

/// The project that the files are for, as it stands.
struct Ground<'a> {
    sources: &'a [SourceFile],
    read: &'a ReadOptions,
    config: &'a Config,
    /// Where the files stand, with `/` at the end; for what they replace.
    folder: String,
}

impl<'a> Ground<'a> {
    fn new(context: &DumpContext<'a>, options: &DumpOptions) -> Self {
        Self {
            sources: context.sources,
            read: context.read,
            config: context.config,
            folder: match options.folder.as_deref() {
                None => "<dump>/".to_owned(),
                Some("") => String::new(),
                Some(folder) => format!("{folder}/"),
            },
        }
    }

    /// The project with these files in the place of those that they replace.
    fn with(&self, files: &[DumpedFile]) -> manifest::Loaded {
        let proposed: BTreeMap<String, &str> = files
            .iter()
            .map(|file| (format!("{}{}", self.folder, file.path), file.text.as_str()))
            .collect();
        let kept = self.sources.iter();
        let kept = kept
            .filter(|source| !proposed.contains_key(&source.path))
            .cloned();
        let added = proposed
            .iter()
            .map(|(path, text)| SourceFile::new(path.as_str(), *text));
        manifest::read(kept.chain(added).collect(), self.read)
    }

    /// Whether a declaration of this name stands in another file than the dump's own.
    fn has(&self, below: &str, name: &str) -> bool {
        let own = format!("{}{below}/{name}.yaml", self.folder);
        let mappings = self.config.mappings.values();
        let rules = self.config.rules.values();
        let fields = self.config.custom_fields.values();
        let mut origins = mappings
            .filter(|mapping| below == "mappings" && mapping.name.as_str() == name)
            .map(|mapping| &mapping.origin)
            .chain(
                rules
                    .filter(|rule| below == "rules" && rule.name.as_str() == name)
                    .map(|rule| &rule.origin),
            )
            .chain(
                fields
                    .filter(|field| below == "fields" && field.name.as_str() == name)
                    .map(|field| &field.origin),
            );
        origins.any(|origin| origin.file != own)
    }

    /// Whether a field is declared already, in another file than the dump's own.
    fn declares(&self, connection: &Connection, reference_name: &str) -> bool {
        let mut fields = self.config.custom_fields.values();
        fields.any(|field| {
            field.connection == connection.name
                && field.is_called(reference_name)
                && field.origin.file != format!("{}fields/{}.yaml", self.folder, field.name)
        })
    }

    /// A rule that looks at these cases already, in another file than the dump's own.
    fn rule_over(&self, connection: &Connection, scope: CaseScope) -> Option<String> {
        let rules = self.config.rules.values();
        let own = |rule: &&crate::model::config::SyncRule| {
            rule.origin.file == format!("{}rules/{}.yaml", self.folder, rule.name)
        };
        let found = rules
            .filter(|rule| rule.connection == connection.name && !own(rule))
            .find(|rule| {
                let selected = rule.scope.testworthy.as_ref();
                selected.is_some_and(|selected| match scope {
                    CaseScope::Suite(id) => selected.suites.contains(&id),
                    CaseScope::Project => true,
                })
            });
        found.map(|rule| rule.name.to_string())
    }
}

/// Everything that is proposed.
struct Proposal {
    mappings: Vec<MappingProposal>,
    rules: Vec<RuleProposal>,
    fields: Vec<FieldProposal>,
    people: Option<String>,
}

impl Proposal {
    fn new(seen: &Seen, ground: &Ground<'_>) -> Result<Self, ReconcileError> {
        let mut mappings = Vec::new();
        let mut rules: Vec<RuleProposal> = Vec::new();
        let mut used: BTreeSet<String> = BTreeSet::new();
        for of in &seen.types {
            let label = or_else(name::label(&of.live.name), "work-item");
            let name = name::free(&label, |name| {
                used.contains(name) || ground.has("mappings", name)
            });
            used.insert(name.clone());
            mappings.push(MappingProposal::new(seen, of, name));
        }
        let mut used: BTreeSet<String> = BTreeSet::new();
        for (of, mapping) in seen.types.iter().zip(&mappings) {
            let type_label = or_else(name::label(&of.live.name), "work-item");
            for suite in &seen.suites {
                let place = match suite.scope {
                    CaseScope::Suite(id) => {
                        or_else(name::label(&suite.name), &format!("suite-{id}"))
                    }
                    CaseScope::Project => "project".to_owned(),
                };
                let label: String = format!("{place}-{type_label}").chars().take(58).collect();
                let label = label.trim_end_matches('-');
                let name = name::free(label, |name| {
                    used.contains(name) || ground.has("rules", name)
                });
                used.insert(name.clone());
                let mut rule = RuleProposal::new(seen, of, suite, name, &mapping.name);
                let other = ground
                    .rule_over(&seen.connection, suite.scope)
                    .map(|name| {
                        format!("Rule `{name}` of the project selects these cases already.")
                    })
                    .or_else(|| {
                        let earlier = rules.iter().find(|rule| rule.selects() == suite.scope);
                        earlier.map(|rule| {
                            format!(
                                "Rule `{}` of this dump selects the same cases: keep one.",
                                rule.name
                            )
                        })
                    });
                if let Some(reason) = other {
                    rule.refused = Some(reason);
                }
                rules.push(rule);
            }
        }
        let mut used: BTreeSet<String> = BTreeSet::new();
        let declared = |name: &str| ground.declares(&seen.connection, name);
        let fields = field::fields(seen, declared, &mut |label| {
            let taken = |name: &str| used.contains(name) || ground.has("fields", name);
            let name = name::free(label, taken);
            used.insert(name.clone());
            name
        });
        let mut proposal = Self {
            mappings,
            rules,
            fields,
            people: people::proposal(seen),
        };
        proposal.hold_fields(ground)?;
        Ok(proposal)
    }

    /// Makes those fields comments that the reader refuses.
    fn hold_fields(&mut self, ground: &Ground<'_>) -> Result<(), ReconcileError> {
        for field in &mut self.fields {
            let text = field.text().map_err(|reason| unwritable(&reason))?;
            let path = format!("fields/{}.yaml", field.name);
            let file = DumpedFile {
                path,
                text,
                is_manifest: true,
            };
            let loaded = ground.with(&[file]);
            if let Some(error) = loaded.findings.iter().find(|finding| finding.is_error()) {
                field.refused = Some(text::refused(error));
            }
        }
        Ok(())
    }

    fn mapping(&self, name: &str) -> Option<&MappingProposal> {
        self.mappings.iter().find(|mapping| mapping.name == name)
    }

    fn files(&self) -> Result<Vec<DumpedFile>, ReconcileError> {
        let mut files = Vec::new();
        let mut put = |path: String, text: Result<String, String>, is_manifest: bool| {
            text.map(|text| {
                files.push(DumpedFile {
                    path,
                    text,
                    is_manifest,
                });
            })
            .map_err(|reason| unwritable(&reason))
        };
        for mapping in &self.mappings {
            let path = format!("mappings/{}.yaml", mapping.name);
            put(path, mapping.text(), mapping.is_live())?;
        }
        for rule in &self.rules {
            let mapping = self.mapping(&rule.mapping);
            let path = format!("rules/{}.yaml", rule.name);
            put(path, rule.text(mapping), rule.is_live(mapping))?;
        }
        for field in &self.fields {
            let path = format!("fields/{}.yaml", field.name);
            put(path, field.text(), field.refused.is_none())?;
        }
        if let Some(people) = &self.people {
            put("users.yaml".to_owned(), Ok(people.clone()), false)?;
        }
        // The sort is stable: comments alone come last, so that a stream of all needs no empty document.
        files.sort_by_key(|file| !file.is_manifest);
        Ok(files)
    }

    /// Plans until nothing would change.
    async fn proven(
        &mut self,
        context: &DumpContext<'_>,
        ground: &Ground<'_>,
        readers: &Readers,
    ) -> Result<Vec<DumpedFile>, ReconcileError> {
        let remotes = OnlyReaders(readers.clone());
        loop {
            let files = self.files()?;
            let loaded = ground.with(&files);
            let mut findings = loaded.findings;
            findings.extend(loaded.config.iter().flat_map(lint_config));
            findings.retain(Finding::is_error);
            let Some(config) = loaded.config.filter(|_| findings.is_empty()) else {
                if self.give_way_to(&findings, &ground.folder) {
                    continue;
                }
                let reason = findings.first().map_or("", |error| error.message.as_str());
                return Err(ReconcileError::Internal(format!(
                    "what is proposed does not hold: {reason}"
                )));
            };
            let only = self.addresses();
            if only.is_empty() {
                return Ok(files);
            }
            let planning = Context {
                config: &config,
                remotes: &remotes,
                store: context.store,
                clock: context.clock,
                ids: context.ids,
                progress: context.progress,
            };
            let asked = PlanOptions {
                inputs: Inputs {
                    digest: config.digest.clone(),
                    only,
                    ..Inputs::default()
                },
                // What the project's own declarations still have to make is no matter of these rows.
                assume_declared: true,
                ..PlanOptions::default()
            };
            let changes = match plan(&planning, &asked).await {
                Ok(outcome) => outcome.planned.plan.changes,
                Err(ReconcileError::Findings(found)) => {
                    if self.give_way_to(&found, &ground.folder) {
                        continue;
                    }
                    return Err(ReconcileError::Findings(found));
                }
                Err(error) => return Err(error),
            };
            if changes.is_empty() {
                return Ok(files);
            }
            if !self.give_way(&changes) {
                return Err(ReconcileError::Internal(
                    "a plan of what is proposed is not empty".to_owned(),
                ));
            }
        }
    }

    /// The addresses of everything that is live and planned.
    fn addresses(&self) -> Vec<String> {
        let rules = self.rules.iter();
        let rules = rules.filter(|rule| rule.is_live(self.mapping(&rule.mapping)));
        let fields = self.fields.iter().filter(|field| field.refused.is_none());
        let mut addresses: Vec<String> = rules
            .map(|rule| format!("SyncRule/{}", rule.name))
            .chain(fields.map(|field| format!("CustomField/{}", field.name)))
            .collect();
        addresses.sort();
        addresses
    }

    /// Makes what errors speak of a comment. False if none of them is about anything that is live.
    fn give_way_to(&mut self, findings: &[Finding], folder: &str) -> bool {
        let mut gave = false;
        for finding in findings.iter().filter(|finding| finding.is_error()) {
            let Some(location) = &finding.location else {
                continue;
            };
            let own = location
                .file
                .strip_prefix(folder)
                .and_then(|file| file.strip_suffix(".yaml"));
            let Some((below, name)) = own.and_then(|file| file.split_once('/')) else {
                continue;
            };
            let reason = Some(text::refused(finding));
            match below {
                "mappings" => {
                    let mapping = self
                        .mappings
                        .iter_mut()
                        .find(|mapping| mapping.name == name);
                    gave |= mapping.is_some_and(|mapping| mapping.refuse_for(finding));
                }
                "rules" => {
                    let live =
                        |rule: &&mut RuleProposal| rule.name == name && rule.refused.is_none();
                    if let Some(rule) = self.rules.iter_mut().find(live) {
                        rule.refused = reason;
                        gave = true;
                    }
                }
                _ => {
                    let live =
                        |field: &&mut FieldProposal| field.name == name && field.refused.is_none();
                    if let Some(field) = self.fields.iter_mut().find(live) {
                        field.refused = reason;
                        gave = true;
                    }
                }
            }
        }
        gave
    }

    /// Makes what would change something a comment. False if nothing more can give way.
    fn give_way(&mut self, changes: &[Change]) -> bool {
        let mut gave = false;
        for change in changes {
            let mut parts = change.address.split('/');
            let (kind, name) = (parts.next(), parts.next().unwrap_or_default());
            if kind == Some("CustomField") {
                for field in self.fields.iter_mut().filter(|field| field.name == name) {
                    gave |= field.refused.is_none();
                    let parts: Vec<&str> = change
                        .fields
                        .iter()
                        .map(|part| part.path.as_str())
                        .collect();
                    field.refused = Some(format!(
                        "A plan would make what this field lacks ({}); uncomment it to have that made.",
                        parts.join(", ")
                    ));
                }
                continue;
            }
            let Some(rule) = self.rules.iter_mut().find(|rule| rule.name == name) else {
                continue;
            };
            let paths = change
                .fields
                .iter()
                .map(|field| field.path.clone())
                .collect();
            let mapping = self
                .mappings
                .iter_mut()
                .find(|mapping| mapping.name == rule.mapping);
            let rows = mapping.map_or(0, |mapping| mapping.refuse(&paths));
            if rows == 0 && rule.refused.is_none() {
                rule.refused = Some(format!(
                    "A plan of this rule would not be empty: it would touch {}.",
                    change.address
                ));
                gave = true;
            }
            gave |= rows > 0;
        }
        gave
    }
}

fn or_else(label: String, other: &str) -> String {
    if label.is_empty() {
        other.to_owned()
    } else {
        label
    }
}

fn unwritable(reason: &str) -> ReconcileError {
    ReconcileError::Internal(format!("what is proposed cannot be written: {reason}"))
}
