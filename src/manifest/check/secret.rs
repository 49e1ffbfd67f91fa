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

/// What the names of one system's variables begin with, and the keys of that system.
const OF_A_SYSTEM: [(&str, &str); 2] = [
    ("TESTWORTHY_", "testworthy."),
    ("AZURE_DEVOPS_", "azureDevOps."),
];

/// Variables that Accord itself reads: the token of reports, and the operator's settings.
const OF_ACCORD: [&str; 7] = [
    "ACCORD_ALLOW_ENV",
    "ACCORD_ALLOW_HOSTS",
    "ACCORD_ALLOW_STATE_REFS",
    "ACCORD_GITHUB_TOKEN",
    "ACCORD_LOG",
    "ACCORD_SECRETS_DIR",
    "ACCORD_SETTLE",
];

/// The address of the state's database, password and all, by the name that everyone gives it.
const DATABASE: (&str, &str) = ("ACCORD_DATABASE_URL", "state.postgres.url");

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
    if !listed && !belongs(name, key) {
        let message = format!("the variable {} does not belong to `{key}`", quote(name));
        let help = "name it after its system or ACCORD_..., or let the operator allow it with \
                    ACCORD_ALLOW_ENV";
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

/// Whether a variable's name allows it to serve a key. Two keys that swap their variables would send each
/// system the other's credential, and neither variable would serve two.
fn belongs(name: &str, key: &str) -> bool {
    // Some machines do not tell upper and lower case in these names apart.
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    let of_its_system = OF_A_SYSTEM
        .iter()
        .all(|(prefix, keys)| !name.starts_with(prefix) || key.starts_with(keys));
    of_its_system
        && !OF_ACCORD.iter().any(|known| is(known))
        && (!is(DATABASE.0) || key == DATABASE.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_serves_the_keys_of_its_system_only() {
        let keys = [
            "testworthy.userEmail",
            "testworthy.apiKey",
            "testworthy.projectKey",
            "testworthy.token",
            "azureDevOps.personalAccessToken",
            "webhook.secret",
            "state.postgres.url",
        ];
        let serves = |name: &str| -> Vec<&str> {
            let its = keys.iter().filter(|key| belongs(name, key));
            its.copied().collect()
        };
        for name in ["TESTWORTHY_API_KEY", "TESTWORTHY_SHOP_KEY"] {
            assert_eq!(serves(name), keys[..4], "{name}");
        }
        for name in ["AZURE_DEVOPS_EXT_PAT", "AZURE_DEVOPS_CONTOSO"] {
            assert_eq!(serves(name), keys[4..5], "{name}");
        }
        assert_eq!(serves("ACCORD_SHOP_KEY"), keys);
        for name in ["ACCORD_DATABASE_URL", "ACCORD_database_Url"] {
            assert_eq!(serves(name), keys[6..], "{name}");
        }
        for name in OF_ACCORD {
            assert_eq!(serves(name), [""; 0], "{name}");
            let other = format!("ACCORD_{}", name["ACCORD_".len()..].to_lowercase());
            assert_eq!(serves(&other), [""; 0], "{other}");
        }
    }

    /// The list of the document, so that a variable added there is not forgotten here.
    #[test]
    fn what_accord_reads_is_what_the_document_names() {
        let document = include_str!("../../../docs/commands.md");
        let (_, table) = document
            .split_once("\n## Environment variables")
            .expect("the section");
        let (table, _) = table.split_once("\n## ").expect("its end");
        let mut named: Vec<&str> = table
            .split('`')
            .filter(|word| word.starts_with("ACCORD_"))
            .collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named, OF_ACCORD);
    }
}
