//! The judge: checks recorded exchanges against Microsoft's published specifications of the Azure DevOps
//! REST API 7.1 (repository `MicrosoftDocs/vsts-rest-api-specs`), mended as `mend` says.
//!
//! Where to look: [`mend`] repairs the documents, [`operation`] finds the operation of a request,
//! [`request`] and [`answer`] hold the checks, [`supplement`] describes what the documents leave out,
//! [`rule`] what they say in prose only, [`gap`] lists where they are wrong, one by one. `TestWorthy`
//! publishes no specification at all: its requests are checked against the small table in
//! [`testworthy`].
//!
//! The documents are no part of this repository. They are read from the folder that
//! `ACCORD_AZURE_DEVOPS_SPECS` names, else from `../shared/specs/azure-devops-7.1` beside the checkout;
//! if there are none, one line on stderr says that this check was not run.
//!
//! What this cannot see: answers other than 200 (the documents describe no others), what a value means
//! (a field's name, a query's text), and whether the real service keeps to its own documents.

mod answer;
mod gap;
mod mend;
pub(crate) mod operation;
mod request;
pub(crate) mod rule;
pub(crate) mod supplement;
pub(crate) mod testworthy;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use accord::sandbox::Exchange;
use accord::sandbox::log::System;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

pub(crate) use gap::{GAPS, Gap};
pub(crate) use mend::{Mends, mend};
use operation::Operation;

/// The documents that are read, in the folder of specifications.
pub(crate) const DOCUMENTS: [&str; 8] = [
    "core",
    "identities",
    "serviceHooks",
    "test",
    "testPlan",
    "testResults",
    "workItemTracking",
    "workItemTrackingProcess",
];

/// Which part of an exchange a complaint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The documents do not know the operation; [`supplement`] describes it.
    Absent,
    /// The path, or a parameter in it.
    Path,
    /// The method.
    Method,
    /// A parameter of the query.
    Query,
    /// The api-version.
    Version,
    /// A header, `Content-Type` and `Accept` included.
    Header,
    /// The request's body.
    Body,
    /// The answer.
    Answer,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Path => "path",
            Self::Method => "method",
            Self::Query => "query",
            Self::Version => "version",
            Self::Header => "header",
            Self::Body => "body",
            Self::Answer => "answer",
        }
    }
}

/// One thing that is not as the specifications say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The request line; `[n]` after it is the n-th element of a `$batch`, from 0.
    pub(crate) request: String,
    /// The operation's id, `WorkItems_Update` for example; empty if none was found.
    pub(crate) operation: String,
    pub(crate) place: Place,
    /// A JSON Pointer into the body with `*` for every index, or the name of a parameter or header.
    pub(crate) at: String,
    pub(crate) said: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            request,
            operation,
            place,
            at,
            said,
        } = self;
        let mut short: String = said.chars().take(300).collect();
        if short.len() < said.len() {
            short.push_str(" ...");
        }
        let place = place.name();
        write!(f, "{request}\n  {operation}: {place} {at}: {short}")
    }
}

/// What the judge has to say about exchanges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// Complaints that no known gap covers.
    pub(crate) complaints: Vec<Complaint>,
    /// The known gaps that covered something, by their place in [`GAPS`].
    pub(crate) gaps: BTreeSet<usize>,
    /// How many requests were judged against which operation.
    pub(crate) operations: BTreeMap<String, u64>,
    /// How many answers were judged.
    pub(crate) answers: u64,
}

impl Verdict {
    pub(crate) fn merge(&mut self, other: Verdict) {
        self.complaints.extend(other.complaints);
        self.gaps.extend(other.gaps);
        self.answers += other.answers;
        for (operation, count) in other.operations {
            *self.operations.entry(operation).or_default() += count;
        }
    }

    fn add(&mut self, complaints: Vec<Complaint>) {
        for complaint in complaints {
            match GAPS.iter().position(|gap| gap.covers(&complaint)) {
                Some(gap) => {
                    self.gaps.insert(gap);
                }
                None => self.complaints.push(complaint),
            }
        }
    }

    /// The known gaps that nothing met. If a whole suite met none, the gap is no longer known but dead.
    pub(crate) fn unmet(&self) -> Vec<&'static Gap> {
        let gaps = GAPS.iter().enumerate();
        let unmet = gaps.filter(|(number, _)| !self.gaps.contains(number));
        unmet.map(|(_, gap)| gap).collect()
    }

    /// Panics with the complaints if there are any; each different one is shown once.
    #[track_caller]
    pub(crate) fn assert_clean(&self, who: &str) {
        let mut seen = BTreeSet::new();
        let mut text = String::new();
        for complaint in &self.complaints {
            let said: String = complaint.said.chars().take(60).collect();
            let kind = (&complaint.operation, complaint.place, &complaint.at, said);
            if seen.insert(kind) {
                let _ = writeln!(text, "{complaint}");
            }
        }
        assert!(
            text.is_empty(),
            "{who}: {} complaints about exchanges, {} different ones:\n{text}",
            self.complaints.len(),
            seen.len()
        );
    }
}

/// The mended documents.
pub(crate) struct Specifications {
    pub(crate) operations: Vec<Operation>,
    pub(crate) documents: Vec<Document>,
    validators: Mutex<HashMap<(usize, String), Arc<Validator>>>,
}

/// One mended document.
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) mends: Mends,
    pub(crate) definitions: Map<String, Value>,
}

/// Something that a schema does not allow: a pointer with `*` for every index, and the reason.
pub(crate) type Misfit = (String, String);

impl Specifications {
    /// Reads and mends all documents of a folder and adds the supplement.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let mut specifications = Self {
            operations: Vec::new(),
            documents: Vec::new(),
            validators: Mutex::default(),
        };
        for name in DOCUMENTS {
            let path = folder.join(format!("{name}.json"));
            let told = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
            let bytes = std::fs::read(&path).map_err(|error| told(&error))?;
            let (document, mends) = mend(&bytes).map_err(|error| told(&error))?;
            specifications
                .add(name, &document, mends)
                .map_err(|error| told(&error))?;
        }
        specifications.add(supplement::NAME, &supplement::document(), Mends::default())?;
        Ok(specifications)
    }

    fn add(&mut self, name: &str, document: &Value, mends: Mends) -> Result<(), String> {
        let operations = operation::operations(document, self.documents.len())?;
        self.operations.extend(operations);
        let definitions = document["definitions"].as_object().cloned();
        self.documents.push(Document {
            name: name.to_owned(),
            mends,
            definitions: definitions.unwrap_or_default(),
        });
        Ok(())
    }

    /// What `schema`, which stands in the document of that number, does not allow about `instance`.
    pub(crate) fn misfits(
        &self,
        document: usize,
        schema: &Value,
        instance: &Value,
    ) -> Result<Vec<Misfit>, String> {
        let validator = self.validator(document, schema)?;
        let misfits = validator.iter_errors(instance).map(|error| {
            let pointer = error.instance_path().to_string();
            (any_index(&pointer), error.to_string())
        });
        Ok(misfits.collect())
    }

    fn validator(&self, document: usize, schema: &Value) -> Result<Arc<Validator>, String> {
        let key = (document, schema.to_string());
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(&key) {
            return Ok(Arc::clone(validator));
        }
        let validator = Arc::new(self.documents[document].compile(schema)?);
        validators.insert(key, Arc::clone(&validator));
        Ok(validator)
    }
}

impl Document {
    /// Compiles a schema together with the definitions that it needs.
    pub(crate) fn compile(&self, schema: &Value) -> Result<Validator, String> {
        let mut needed = Map::new();
        let mut open = references(schema);
        while let Some(name) = open.pop() {
            if needed.contains_key(&name) {
                continue;
            }
            let definition = self.definitions.get(&name);
            let definition = definition.ok_or_else(|| format!("no definition {name}"))?;
            open.extend(references(definition));
            needed.insert(name, definition.clone());
        }
        let whole = json!({ "allOf": [schema], "definitions": needed });
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            // `Stream`, `T`, `JToken` and their like bind nobody.
            .should_ignore_unknown_formats(true)
            .build(&whole)
            .map_err(|error| error.to_string())
    }
}

/// The definitions that a schema names.
pub(crate) fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(target) if key == "$ref" => {
                    vec![target.trim_start_matches("#/definitions/").to_owned()]
                }
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// `/2/path` becomes `/*/path`.
fn any_index(pointer: &str) -> String {
    let is_index = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = pointer.split('/');
    let parts: Vec<&str> = parts
        .map(|part| if is_index(&part) { "*" } else { part })
        .collect();
    parts.join("/")
}

/// Judges exchanges. Without documents, only those with `TestWorthy`.
pub(crate) struct Judge {
    specifications: Option<Specifications>,
}

static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge {
    specifications: find().map(|folder| {
        // A broken set of documents must not look like an absent one.
        Specifications::read(&folder).unwrap_or_else(|error| panic!("specifications: {error}"))
    }),
});

/// The folder of the documents; says on stderr if there is none.
fn find() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("ACCORD_AZURE_DEVOPS_SPECS") {
        return Some(folder.into());
    }
    let beside = "../shared/specs/azure-devops-7.1";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    say(&format!(
        "specification check: NOT run, {beside} is not there and ACCORD_AZURE_DEVOPS_SPECS is not set"
    ));
    None
}

/// Writes a line that libtest's capture does not hide.
pub(crate) fn say(line: &str) {
    // Nothing is lost if nobody listens.
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl Judge {
    /// The judge of this process.
    pub(crate) fn get() -> &'static Self {
        &JUDGE
    }

    /// The documents, if they are there.
    pub(crate) fn specifications(&self) -> Option<&Specifications> {
        self.specifications.as_ref()
    }

    /// Judges every exchange.
    pub(crate) fn judge(&self, exchanges: &[Exchange]) -> Verdict {
        let mut verdict = Verdict::default();
        for exchange in exchanges {
            match (exchange.system, &self.specifications) {
                (System::Testworthy, _) => testworthy::judge(exchange, &mut verdict),
                (System::AzureDevOps, Some(specifications)) => {
                    request::judge(specifications, exchange, &mut verdict);
                }
                (System::AzureDevOps, None) => {}
            }
        }
        verdict
    }
}
