//! References to secrets. Nothing here repeats a text that could be the secret itself.

use std::path::PathBuf;

use super::Context;
use super::text::stays_inside;
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{Part, looks_like_variable, pointer, quote};
use crate::manifest::document::Report;
use crate::manifest::raw::{SecretSource, TextOrSecret};
use crate::model::config::{SecretRef, TextOrSecret as Checked};

/// What names of variables begin with, unless the operator allows others.
const PREFIXES: [&str; 3] = ["TESTWORTHY_", "AZURE_DEVOPS_", "ACCORD_"];

/// Checks a reference. `key` is what the secret is for, for example `testworthy.apiKey`: one variable
/// serves one such key.
pub(super) fn check(
    source: &SecretSource,
    key: &str,
    at: &str,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<SecretRef> {
    match (&source.env, &source.file) {
        (Some(name), None) => variable(name, key, &pointer::child(at, "env"), context, report),
        (None, Some(path)) => {
            if stays_inside(path) {
                return Some(SecretRef::File(PathBuf::from(path)));
            }
            let message = "secret files are named relative to ACCORD_SECRETS_DIR and stay in it";
            let at = pointer::child(at, "file");
            report.push(report.value(&codes::SECRET_PATH, &at, message));
            None
        }
        _ => {
            let message = "a secret needs exactly one of `env` and `file`";
            let finding = report.value(&codes::SECRET_SOURCE, at, message);
            report.push(finding.with_help("write `{ env: NAME }` or `{ file: PATH }`"));
            None
        }
    }
}

/// Checks a text that may be written out.
pub(super) fn text_or_secret(
    value: &TextOrSecret,
    key: &str,
    at: &str,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<Checked> {
    if let Some(text) = value.0.as_str() {
        return Some(Checked::Text(text.to_owned()));
    }
    let source: SecretSource = serde_json::from_value(value.0.clone()).ok()?;
    check(&source, key, at, context, report).map(Checked::Secret)
}

fn variable(
    name: &str,
    key: &str,
    at: &str,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<SecretRef> {
    let listed = context
        .options
        .allowed_env
        .iter()
        .any(|allowed| allowed == name);
    let prefixed = PREFIXES.iter().any(|prefix| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty())
    });
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let allowed = listed || (prefixed && is_name);
    if !allowed {
        let called = if looks_like_variable(name) {
            format!("the variable {}", quote(name))
        } else {
            "this".to_owned()
        };
        let message = format!(
            "{called} is not one that manifests may read: names begin with TESTWORTHY_, \
             AZURE_DEVOPS_ or ACCORD_"
        );
        let help = "rename it, or let the operator allow it with ACCORD_ALLOW_ENV; if this is the \
                    secret itself, revoke it";
        let finding = report
            .value(&codes::SECRET_NAME, at, message)
            .with_help(help);
        report.push(finding);
        return None;
    }
    match context.variables.get(name) {
        Some((other, place)) if other != key => {
            let message = format!("the variable {} serves two keys", quote(name));
            let finding = report
                .value(&codes::SECRET_REUSED, at, message)
                .with_related(place.clone(), format!("already serves `{other}`"))
                .with_help("give each key its own variable");
            report.push(finding);
            None
        }
        Some(_) => Some(SecretRef::Env(name.to_owned())),
        None => {
            let place = report.place(at, Part::Value);
            context
                .variables
                .insert(name.to_owned(), (key.to_owned(), place));
            Some(SecretRef::Env(name.to_owned()))
        }
    }
}
