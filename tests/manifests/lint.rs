//! The lint rules as people meet them: every file of `tests/manifests/lint` has its report beside it
//! (blessed with `ACCORD_BLESS=1`), every example that `accord explain` prints causes its finding, and the
//! table of `docs/lint.md` says of every rule where it is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use accord::diagnostics::{Entry, Finding, SourceFile, catalog, render};
use accord::manifest::{Loaded, read};
use accord::mapping::{CompiledMapping, lint, lint_config, lint_report, unused_allows};
use accord::model::{
    AzureFieldKind, FieldDefinition, System, TypeField, Value, WorkItemState, WorkItemType,
};

use super::{cases, options, report};

/// Rules whose example is a situation and no manifest.
const SITUATIONS: [&str; 6] = ["L20", "L22", "L23", "L28", "L29", "L30"];

fn linted(name: &str, text: &str) -> Loaded {
    let mut loaded = read(vec![SourceFile::new(name, text)], &options());
    loaded
        .findings
        .extend(loaded.config.iter().flat_map(lint_config));
    loaded
}

fn codes(findings: &[Finding]) -> BTreeSet<&'static str> {
    findings.iter().map(|finding| finding.code.code).collect()
}

#[test]
fn offline_rules_report_what_is_expected() {
    let bless = std::env::var_os("ACCORD_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in cases("lint") {
        let loaded = linted("accord.yaml", &fs::read_to_string(&path).unwrap());
        let found = report(&loaded);
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if stem == "sound" {
            assert_eq!(found, "");
            continue;
        }
        let shows = codes(&loaded.findings).contains(stem.as_str());
        assert!(shows, "{} does not show its code:\n{found}", path.display());
        assert!(!found.contains("BEGIN"), "a secret is shown:\n{found}");
        let json = render::json::render(&loaded.findings, &loaded.sources).to_string();
        assert!(!json.contains("BEGIN"), "a secret is shown:\n{json}");
        for finding in &loaded.findings {
            assert!(finding.location.is_some(), "{stem}: {finding:?}");
        }
        let golden = path.with_extension("txt");
        if bless {
            fs::write(&golden, &found).unwrap();
        }
        if fs::read_to_string(&golden).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as blessed (ACCORD_BLESS=1):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn what_is_accepted_is_kept_with_its_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/lint");
    let loaded = linted(
        "accord.yaml",
        &fs::read_to_string(folder.join("sound.yaml")).unwrap(),
    );
    let allowed = lint_report(&loaded.config.unwrap()).allowed;
    let told: Vec<(&str, &str, &str)> = allowed
        .iter()
        .map(|one| (one.row.as_str(), one.finding.code.code, one.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("priority", "L08", "the fourth priority is not used"),
            ("modifiedOn", "L25", "shown on a dashboard"),
        ]
    );
}

#[test]
fn what_only_a_server_knows_is_judged_with_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/lint");
    let text = fs::read_to_string(folder.join("unused-allow.yaml")).unwrap();
    let loaded = linted("accord.yaml", &text);
    let about = |findings: &[Finding], code: &str| {
        let mut messages = findings.iter().map(|finding| &finding.message);
        messages.any(|message| message.contains(&format!("no finding `{code}`")))
    };
    assert!(about(&loaded.findings, "L08") && !about(&loaded.findings, "L10"));
    let config = loaded.config.unwrap();
    let mapping = config.mappings.values().next().unwrap();
    let found = unused_allows(&config, mapping, &live());
    assert!(about(&found, "L08") && about(&found, "L10"), "{found:#?}");
}

/// The parts of a project that an example needs beside itself.
const CONNECTION: &str = r"kind: Connection
metadata: { name: web-shop }
spec:
  testworthy: { url: https://testworthy.us, userEmail: a@example.test, apiKey: { env: TESTWORTHY_API_KEY }, projectKey: { env: TESTWORTHY_PROJECT_KEY } }
  azureDevOps: { organizationUrl: https://dev.azure.com/contoso, project: Web Shop, personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT } }
";

const TO_BOARDS: &str = "kind: SyncRule
metadata: { name: to-boards }
spec: { connection: web-shop, mapping: test-case, scope: { testworthy: { suites: [41] } }, direction: toAzureDevOps }
";

const BOTH_WAYS: &str = "kind: SyncRule
metadata: { name: both-ways }
spec: { connection: web-shop, mapping: test-case, scope: { testworthy: { suites: [41] } }, direction: twoWay }
";

const TO_CASES: &str = "kind: SyncRule
metadata: { name: to-cases }
spec: { connection: web-shop, mapping: test-case, scope: { azureDevOps: {} }, direction: toTestWorthy, create: none }
";

fn mapping_of(rows: &str) -> String {
    let rows: Vec<String> = rows.lines().map(|row| format!("    {row}\n")).collect();
    let rows = rows.concat();
    format!(
        "kind: FieldMapping\nmetadata: {{ name: test-case }}\nspec:\n  testworthy: TestCase\n  azureDevOps: Test Case\n  fields:\n{rows}"
    )
}

fn project(documents: &[&str]) -> String {
    documents
        .iter()
        .map(|document| format!("---\napiVersion: accord/v1\n{document}"))
        .collect::<Vec<_>>()
        .concat()
}

/// A work item type as a server tells of it.
fn live() -> WorkItemType {
    use AzureFieldKind as Kind;
    let field = |name: &str, kind, allowed: &[&str]| {
        let definition = FieldDefinition {
            reference_name: name.to_owned(),
            name: name.rsplit('.').next().unwrap().to_owned(),
            kind,
            is_picklist: !allowed.is_empty(),
            read_only: false,
        };
        let field = TypeField {
            definition,
            always_required: name == "System.Title",
            default_value: Value::Null,
            allowed_values: allowed.iter().map(|value| Value::text(*value)).collect(),
        };
        (name.to_owned(), field)
    };
    let to = |from: &str, states: &[&str]| {
        let states = states.iter().map(|state| (*state).to_owned()).collect();
        (from.to_owned(), states)
    };
    WorkItemType {
        name: "Test Case".to_owned(),
        fields: BTreeMap::from([
            field("System.Title", Kind::String, &[]),
            field("System.State", Kind::String, &[]),
            field(
                "System.Reason",
                Kind::String,
                &["New", "Completed", "Obsolete"],
            ),
            field("System.AreaPath", Kind::TreePath, &[]),
            field(
                "Microsoft.VSTS.Common.Priority",
                Kind::Integer,
                &["1", "2", "3", "4"],
            ),
            field("Custom.Level", Kind::String, &["1 - Critical", "2 - Minor"]),
            field("Custom.Notes", Kind::PlainText, &[]),
            field("Custom.Origin", Kind::String, &[]),
        ]),
        states: ["Design", "Ready", "Closed", "Frozen"]
            .map(|name| WorkItemState {
                name: name.to_owned(),
                category: String::new(),
            })
            .to_vec(),
        transitions: Some(BTreeMap::from([
            to("", &["Design"]),
            to("Design", &["Ready"]),
            to("Ready", &["Closed"]),
        ])),
    }
}

/// Every code that an example causes: as rows in projects with rules of either way or both, held against
/// a live type, and in a two-way rule.
fn caused(example: &str) -> BTreeSet<&'static str> {
    if example.starts_with("kind: ") {
        let mut documents = vec![
            CONNECTION.to_owned(),
            mapping_of("- { testworthy: title, azureDevOps: System.Title }"),
        ];
        documents.extend(
            example
                .split("\n---\n")
                .map(|document| format!("{document}\n")),
        );
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        return codes(&linted("accord.yaml", &project(&documents)).findings);
    }
    let mapping = mapping_of(example);
    let mut found = BTreeSet::new();
    for rules in [
        &[TO_BOARDS, TO_CASES][..],
        &[TO_BOARDS],
        &[TO_CASES],
        &[BOTH_WAYS],
    ] {
        let documents = [&[CONNECTION, mapping.as_str()], rules].concat();
        let loaded = linted("accord.yaml", &project(&documents));
        found.extend(codes(&loaded.findings));
        let Some(config) = loaded.config else {
            continue;
        };
        let mapping = config.mappings.values().next().unwrap();
        let both = [System::TestWorthy, System::AzureDevOps];
        found.extend(codes(&lint(mapping, &both)));
        for target in both {
            let (compiled, findings) = CompiledMapping::compile(mapping, Some(&live()), &[target]);
            found.extend(codes(&findings));
            if let Some(compiled) = compiled {
                found.extend(codes(&compiled.check_creates(Some(&live()), target)));
            }
        }
    }
    found
}

/// The numbered rules and those that belong to them.
fn lint_entries() -> Vec<&'static Entry> {
    let beside = [
        "reason-not-listed",
        "state-out-of-reach",
        "steps-may-not-fit",
        "unused-allow",
        "one-way-table",
        "nothing-to-write",
    ];
    catalog::all()
        .filter(|entry| numbered(entry.code) || beside.contains(&entry.code))
        .collect()
}

fn numbered(code: &str) -> bool {
    code.len() == 3 && code.starts_with('L')
}

#[test]
fn examples_of_the_catalogue_cause_their_findings() {
    let mut tried = 0;
    for entry in lint_entries() {
        if SITUATIONS.contains(&entry.code) {
            continue;
        }
        let found = caused(entry.example);
        assert!(
            found.contains(entry.code),
            "the example of {} causes {found:?}:\n{}",
            entry.code,
            entry.example
        );
        tried += 1;
    }
    assert!(tried > 25, "only {tried} examples were tried");
}

#[test]
fn the_table_of_rules_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/lint.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let listed: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    let entries = lint_entries();
    let known: BTreeSet<&str> = entries.iter().map(|entry| entry.code).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(
        known.iter().filter(|code| numbered(code)).count(),
        30,
        "L01 to L30"
    );
    let fixtures: BTreeSet<String> = cases("lint")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    for row in &rows {
        let code = row[0].trim_matches('`');
        let entry = catalog::find(code).unwrap();
        assert_eq!(row[1], entry.severity.as_str(), "{code}");
        assert_eq!(row[2], entry.title, "{code}");
        let offline = row[3].split(", ").any(|command| command == "`validate`");
        if numbered(code) {
            let shown = fixtures.contains(code);
            assert_eq!(
                offline, shown,
                "{code}: a fixture in tests/manifests/lint shows it offline"
            );
        }
    }
}
