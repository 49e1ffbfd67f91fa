//! The texts of the starter project, with the values that are known filled in.

use crate::cli::schema;
use crate::diagnostics::SourceFile;
use crate::manifest::format::{Formatted, format};

pub(super) const WORKFLOW: &str = ".github/workflows/accord.yaml";
const SCHEMA: &str = "schemas/accord.schema.json";

/// What is known.
pub(super) struct Values {
    pub(super) name: String,
    pub(super) organization_url: Option<String>,
    pub(super) project: Option<String>,
    pub(super) testworthy_url: Option<String>,
    pub(super) suites: Vec<u64>,
    /// The folder's path in its repository, if it is not at the top.
    pub(super) below: Option<String>,
}

/// The files to write.
pub(super) struct Starter {
    /// Paths and texts; none of these may exist.
    pub(super) files: Vec<(&'static str, String)>,
    /// The editor's settings, which people may have already.
    pub(super) settings: (&'static str, String),
    /// Files with values that a person has to put in.
    pub(super) to_change: Vec<&'static str>,
}

/// Whether the file holds manifests.
pub(super) fn is_manifest(path: &str) -> bool {
    path != WORKFLOW && path != SCHEMA
}

impl Starter {
    pub(super) fn new(values: &Values) -> Self {
        let project = values.project.as_deref();
        let suites = match values.suites.as_slice() {
            [] => None,
            suites => Some(format!("{suites:?}")),
        };
        // It stands in a comment, which a line end would leave.
        let area = project.unwrap_or("Your Project").replace('\'', "''");
        let area: String = area.chars().filter(|c| !c.is_control()).collect();
        let fill = |text: &str| {
            let text = text.replace("PROJECT_NAME", &values.name);
            let text = known(
                &text,
                "ORGANIZATION_URL",
                quoted(values.organization_url.as_deref()).as_deref(),
                "https://dev.azure.com/your-organization",
            );
            // The public server needs no change.
            let url = values
                .testworthy_url
                .as_deref()
                .unwrap_or("https://testworthy.us");
            let text = known(&text, "TESTWORTHY_URL", quoted(Some(url)).as_deref(), "");
            let text = known(
                &text,
                " PROJECT ",
                quoted(project).as_deref(),
                "\"Your Project\"",
            );
            let text = known(&text, "SUITES", suites.as_deref(), "[1]");
            text.replace("AREA", &area)
        };
        let manifests = [
            ("accord.yaml", include_str!("starter/accord.yaml")),
            ("connection.yaml", include_str!("starter/connection.yaml")),
            (
                "mappings/test-case.yaml",
                include_str!("starter/test-case.yaml"),
            ),
            (
                "rules/test-cases.yaml",
                include_str!("starter/test-cases.yaml"),
            ),
        ];
        let mut files: Vec<(&'static str, String)> = manifests
            .into_iter()
            .map(|(path, text)| (path, canonical(path, fill(text))))
            .collect();
        files.push((WORKFLOW, workflow(values.below.as_deref())));
        files.push((SCHEMA, schema::bundle_text()));
        let to_change = files
            .iter()
            .filter(|(_, text)| text.contains("# CHANGE"))
            .map(|(path, _)| *path)
            .collect();
        Self {
            files,
            settings: (
                ".vscode/settings.json",
                include_str!("starter/settings.json").to_owned(),
            ),
            to_change,
        }
    }
}

/// Fills in a value and takes the request to change it away, or fills in what shows its form.
fn known(text: &str, name: &str, value: Option<&str>, form: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    for line in text.lines() {
        match (line.split_once(name), value) {
            (Some((before, after)), Some(value)) => {
                let end = after.find("# CHANGE").unwrap_or(after.len());
                filled.push_str(before);
                filled.push(' ');
                filled.push_str(value);
                filled.push(' ');
                filled.push_str(after[..end].trim_end());
            }
            (Some((before, after)), None) => {
                filled.push_str(before);
                filled.push(' ');
                filled.push_str(form);
                filled.push(' ');
                filled.push_str(after.trim_start());
            }
            (None, _) => filled.push_str(line),
        }
        filled.push('\n');
    }
    filled
}

/// Whatever the text is, in quotes it is one value; formatting takes needless ones away.
fn quoted(value: Option<&str>) -> Option<String> {
    Some(serde_json::Value::from(value?).to_string())
}

fn canonical(path: &str, text: String) -> String {
    match format(&SourceFile::new(path, text.as_str())) {
        Formatted::Text(text) => text,
        // Whatever is wrong with a value is reported by the reader.
        Formatted::Foreign | Formatted::Refused(_) | Formatted::Unsure(_) => text,
    }
}

/// The workflow, for the project in this folder of the repository.
fn workflow(below: Option<&str>) -> String {
    let text = include_str!("starter/workflow.yaml");
    if let Some(below) = below {
        return text.replace("FOLDER", &serde_json::Value::from(below).to_string());
    }
    let lines = text.lines().filter(|line| !line.ends_with(": FOLDER"));
    lines.fold(String::with_capacity(text.len()), |text, line| {
        text + line + "\n"
    })
}
