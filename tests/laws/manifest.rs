//! Manifests: any bytes as a project's file give findings that can be shown, and formatting keeps what
//! they say.

use accord::diagnostics::render::{json, text};
use accord::diagnostics::{Finding, SourceFile};
use accord::manifest::format::{Formatted, format};
use accord::manifest::{Loaded, ReadOptions, read};
use accord::mapping;

/// Any bytes as the only manifest of a project.
pub(crate) fn manifest(data: &[u8]) {
    let source = SourceFile::new("accord.yaml", data);
    let loaded = load(source.clone());
    shown(&loaded);
    match format(&source) {
        Formatted::Foreign => {}
        Formatted::Refused(findings) => assert!(!findings.is_empty()),
        // The formatter says so itself, and leaves the file alone.
        Formatted::Unsure(reason) => assert!(!reason.is_empty()),
        Formatted::Text(once) => {
            let formatted = SourceFile::new("accord.yaml", once.as_str());
            match format(&formatted) {
                Formatted::Text(twice) => assert_eq!(once, twice),
                other => panic!("{other:?}\n{once:?}"),
            }
            let again = load(formatted);
            assert_eq!(words(&loaded), words(&again), "{once:?}");
            // Declarations remember their lines, which formatting moves.
            assert_eq!(loaded.config.is_some(), again.config.is_some());
        }
    }
}

fn load(source: SourceFile) -> Loaded {
    let loaded = read(vec![source], &ReadOptions::default());
    assert_eq!(loaded.config.is_none(), loaded.has_errors());
    loaded
}

/// Every finding has a place that exists, and every report can be written.
fn shown(loaded: &Loaded) {
    let mut findings = loaded.findings.clone();
    if let Some(config) = &loaded.config {
        findings.extend(mapping::lint_config(config));
    }
    let page = text::render(&findings, &loaded.sources, true);
    assert_eq!(page.is_empty(), findings.is_empty());
    let plain = text::render(&findings, &loaded.sources, false);
    assert!(
        !plain.chars().any(|c| c.is_control() && c != '\n'),
        "control characters reach the terminal: {plain:?}"
    );
    let document = json::render(&findings, &loaded.sources);
    assert!(document.is_array() || document.is_object());
}

/// What is wrong, without places, in a stable order.
fn words(loaded: &Loaded) -> Vec<(&'static str, &str)> {
    let one = |finding: &'_ Finding| finding.code.code;
    let mut words: Vec<_> = loaded
        .findings
        .iter()
        .map(|finding| (one(finding), finding.message.as_str()))
        .collect();
    words.sort_unstable();
    words
}

/// Any bytes as a WIQL condition of a rule: one that is accepted cannot close the parentheses that it is
/// put into, nor add a clause.
pub(crate) fn wiql(data: &[u8]) {
    let condition = super::text(data);
    let loaded = load(SourceFile::new("accord.yaml", rule(&condition)));
    let mut findings = loaded.findings.iter();
    let about = |finding: &Finding| finding.message.contains("not a WIQL condition");
    let refused = findings.any(about);
    let others: Vec<&Finding> = loaded.findings.iter().filter(|one| !about(one)).collect();
    assert_eq!(
        others.len(),
        usize::from(
            others
                .iter()
                .any(|one| one.code.code == "forbidden-character")
        ),
        "{others:?}"
    );
    shown(&loaded);
    if !refused && others.is_empty() {
        contained(&condition);
    }
}

/// Counts parentheses outside quotes and brackets, by position.
fn contained(condition: &str) {
    let mut closing = None;
    let mut depth = 1_i32;
    let mut bare = String::new();
    for c in condition.chars() {
        match closing {
            Some(end) if c == end => closing = None,
            Some(_) => {}
            None => match c {
                '\'' | '"' => closing = Some(c),
                '[' => closing = Some(']'),
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            },
        }
        let is_word = closing.is_none() && (c.is_alphanumeric() || c == '_');
        bare.push(if is_word { c.to_ascii_lowercase() } else { ' ' });
        assert!(depth > 0, "it closes what it did not open: {condition:?}");
    }
    assert_eq!((depth, closing), (1, None), "{condition:?}");
    assert!(!condition.trim().is_empty());
    for clause in ["select", "from", "where", "order", "asof", "mode"] {
        assert!(
            !bare.split(' ').any(|word| word == clause),
            "{clause} in {condition:?}"
        );
    }
}

fn rule(condition: &str) -> String {
    let connection = "apiVersion: accord/v1\nkind: Connection\nmetadata: { name: c }\nspec:\n  testworthy:\n    \
                      url: https://t.example\n    userEmail: { env: TESTWORTHY_USER_EMAIL }\n    apiKey: { env: TESTWORTHY_API_KEY }\n    \
                      projectKey: { env: TESTWORTHY_PROJECT_KEY }\n  azureDevOps:\n    organizationUrl: https://dev.azure.com/contoso\n    \
                      project: Web Shop\n    personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }\n";
    let mapping = "---\napiVersion: accord/v1\nkind: FieldMapping\nmetadata: { name: m }\nspec:\n  testworthy: TestCase\n  \
                   azureDevOps: Test Case\n  fields:\n    - { testworthy: title, azureDevOps: System.Title }\n";
    let rule = "---\napiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: r }\nspec:\n  connection: c\n  mapping: m\n  \
                direction: toTestWorthy\n  create: none\n  scope:\n    testworthy: { suites: [43] }\n    azureDevOps:\n      wiql: ";
    // JSON's quotes are YAML's, but for one character that YAML would take for a line end.
    let quoted = serde_json::Value::from(condition).to_string();
    format!("{connection}{mapping}{rule}{quoted}\n")
}
