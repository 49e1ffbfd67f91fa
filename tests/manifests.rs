//! Manifests in, findings out: every file in `tests/manifests/invalid` has its report beside it (blessed
//! with `ACCORD_BLESS=1`), every one in `valid` has none; and no bytes whatever make the reader panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "manifests/lint.rs"]
mod lint;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use accord::diagnostics::{SourceFile, catalog, render};
use accord::manifest::{Kind, Loaded, MOST_BYTES, ReadOptions, read, schema};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/manifests")
        .join(kind);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn options() -> ReadOptions {
    ReadOptions {
        project_name: "project".to_owned(),
        allowed_env: vec!["SHOP_KEY".to_owned()],
    }
}

fn read_text(text: impl Into<Vec<u8>>) -> Loaded {
    read(vec![SourceFile::new("accord.yaml", text)], &options())
}

fn report(loaded: &Loaded) -> String {
    render::text::render(&loaded.findings, &loaded.sources, false)
}

#[test]
fn valid_manifests_have_no_findings() {
    for path in cases("valid") {
        let loaded = read_text(fs::read(&path).unwrap());
        assert_eq!(report(&loaded), "", "{}", path.display());
        assert!(loaded.config.is_some(), "{}", path.display());
    }
}

#[test]
fn invalid_manifests_report_what_is_expected() {
    let bless = std::env::var_os("ACCORD_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in cases("invalid") {
        let loaded = read_text(fs::read(&path).unwrap());
        assert!(loaded.has_errors(), "{} has no error", path.display());
        assert!(loaded.config.is_none(), "{}", path.display());
        let found = report(&loaded);
        let golden = path.with_extension("txt");
        if bless {
            fs::write(&golden, &found).unwrap();
        }
        if fs::read_to_string(&golden).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
        // A file named like a code shows that code.
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if catalog::find(&stem).is_some() {
            let shows = loaded
                .findings
                .iter()
                .any(|finding| finding.code.code == stem);
            assert!(shows, "{} does not show its code:\n{found}", path.display());
        }
        assert!(!found.contains("hunter"), "a secret is shown:\n{found}");
        let json = render::json::render(&loaded.findings, &loaded.sources).to_string();
        assert!(!json.contains("hunter"), "a secret is shown:\n{json}");
    }
    assert!(
        wrong.is_empty(),
        "not as blessed (ACCORD_BLESS=1):\n{}",
        wrong.join("\n")
    );
}

/// Codes that need several files or a file system; the loader's own tests show them.
const ELSEWHERE: [&str; 5] = [
    "file-too-large",
    "unreadable-file",
    "outside-project",
    "path-not-found",
    "misplaced-project",
];

#[test]
fn every_manifest_code_has_a_case() {
    let stems: Vec<String> = cases("invalid")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let own = catalog::all().take_while(|entry| entry.code != "more-findings");
    let missing: Vec<&str> = own
        .map(|entry| entry.code)
        .filter(|code| !ELSEWHERE.contains(code) && !stems.iter().any(|stem| stem == code))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

#[test]
fn several_files_are_reported_in_one_go() {
    let connection = "apiVersion: accord/v1\nkind: Project\nmetadata: { name: p }\n";
    let loaded = read(
        vec![
            SourceFile::new("b.yaml", connection),
            SourceFile::new("a.yaml", "x: [\n"),
            SourceFile::new("c.yaml", "apiVersion: accord/v1\nkind: SyncRul\n"),
            SourceFile::new("d.yaml", "kind: SyncRule\n"),
        ],
        &options(),
    );
    let json = render::json::render(&loaded.findings, &loaded.sources);
    let found: Vec<String> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{} {} {}", f["file"], f["line"], f["code"]).replace('"', ""))
        .collect();
    assert_eq!(
        found,
        [
            "a.yaml 2 invalid-yaml",
            "b.yaml 2 misplaced-project",
            "c.yaml 2 unknown-kind",
            "d.yaml 1 api-version"
        ]
    );
}

#[test]
fn byte_order_mark_and_windows_line_ends_change_nothing() {
    let unix = fs::read_to_string(&cases("valid")[0]).unwrap();
    let windows = format!("\u{FEFF}{}", unix.replace('\n', "\r\n"));
    let (unix, windows) = (read_text(unix), read_text(windows));
    let summary = |loaded: &Loaded| {
        let config = loaded.config.clone().unwrap();
        format!(
            "{:?} {:?} {:?}",
            config.connections, config.mappings, config.rules
        )
    };
    assert_eq!(summary(&unix), summary(&windows));
}

#[test]
fn empty_and_foreign_files_are_passed_over() {
    for text in [
        "",
        "# nothing\n",
        "---\n",
        "---\n---\n",
        "\u{FEFF}",
        "null",
        "[1, 2]",
        "plain text",
        "apiVersion: v1\nkind: ConfigMap\n",
        "a: &x 1\nb: *x\nc: !tag 1\n",
        "kind: [SyncRule]\n",
    ] {
        let loaded = read_text(text);
        assert_eq!(report(&loaded), "", "{text:?}");
        assert_eq!(loaded.config.unwrap().files, 0, "{text:?}");
    }
}

#[test]
fn the_digest_follows_manifests_only() {
    let digest = |files: &[(&str, &str)]| {
        let sources = files
            .iter()
            .map(|(path, text)| SourceFile::new(*path, *text))
            .collect();
        read(sources, &options()).config.unwrap().digest
    };
    let project = "apiVersion: accord/v1\nkind: Project\nmetadata: { name: p }\n";
    let one = digest(&[("accord.yaml", project)]);
    assert_eq!(one.len(), 64);
    assert_eq!(
        one,
        digest(&[("other.yaml", "x: 1"), ("accord.yaml", project)])
    );
    assert_ne!(
        one,
        digest(&[("accord.yaml", &format!("{project}# more\n"))])
    );
}

#[test]
fn bombs_and_towers_are_refused_quickly() {
    let head = "apiVersion: accord/v1\nkind: SyncRule\n";
    let mut bomb = format!("{head}a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..40 {
        let refs = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.extend([
            "a",
            &level.to_string(),
            ": &a",
            &level.to_string(),
            " [",
            &refs,
            "]\n",
        ]);
    }
    let code = |text: String| {
        let loaded = read_text(text);
        assert!(!report(&loaded).is_empty());
        loaded.findings[0].code.code
    };
    assert_eq!(code(bomb), "anchor");
    assert_eq!(
        code(format!("{head}spec: {}", "[".repeat(100_000))),
        "nesting-too-deep"
    );
    assert_eq!(
        code(format!("{head}spec: {}", "{a: ".repeat(100_000))),
        "nesting-too-deep"
    );
    assert_eq!(
        code(format!("{head}spec:\n{}", "- ".repeat(100_000))),
        "nesting-too-deep"
    );
}

#[test]
fn full_size_files_are_read_in_bounded_output() {
    let head = "apiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: r }\nspec:\n";
    let mut many = head.to_owned();
    for number in 0.. {
        let line = format!("  k{number}: 1\n");
        if many.len() + line.len() > MOST_BYTES {
            break;
        }
        many.push_str(&line);
    }
    let loaded = read_text(many);
    let text = report(&loaded);
    assert!(text.contains("more findings in this file"));
    assert!(text.len() < 64 * 1024, "{} bytes", text.len());
    let long = format!("{head}  key: {}\n", "x".repeat(MOST_BYTES - head.len() - 8));
    assert!(report(&read_text(long)).len() < 8 * 1024);
}

/// A manifest that tries to drive the terminal.
#[test]
fn control_characters_never_reach_the_terminal() {
    for text in [
        "apiVersion: accord/v1\nkind: \"Sync\\e[31mRule\"\n",
        "apiVersion: accord/v1\nkind: SyncRule\n\"\\e]0;x\\a\": 1\nmetadata: { name: \"\\e[2J\" }\n",
        "apiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: a\u{1b}[2J }\n",
        "apiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: a\u{202e}b }\n",
    ] {
        let loaded = read(vec![SourceFile::new("a\u{1b}b.yaml", text)], &options());
        let shown = report(&loaded);
        assert!(!shown.is_empty());
        let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!shown.contains(hostile), "{shown:?}");
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let files = [cases("valid"), cases("invalid")].concat();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The documents of the valid cases.
fn valid_documents() -> Vec<Value> {
    let mut documents = Vec::new();
    for path in cases("valid") {
        let text = fs::read_to_string(path).unwrap();
        let values = serde_yaml::Deserializer::from_str(&text);
        let values = values.map(|value| Value::deserialize(value).unwrap_or_default());
        documents.extend(
            values
                .filter(|value| value["apiVersion"] == "accord/v1" && value.get("spec").is_some()),
        );
    }
    documents
}

/// Pointers of all nodes below the header.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(corpus);
static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(valid_documents);
static VALIDATORS: LazyLock<BTreeMap<&str, jsonschema::Validator>> = LazyLock::new(|| {
    let compile = |kind: Kind| {
        let schema = schema::for_kind(kind.name()).unwrap();
        (kind.name(), jsonschema::draft7::new(&schema).unwrap())
    };
    Kind::ALL.into_iter().map(compile).collect()
});

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..400).prop_map(Value::from),
        Just(json!(1e300)),
        Just(json!(2.5)),
        "[a-z.:/*{}-]{0,6}".prop_map(Value::from),
        Just(json!("toAzureDevOps")),
    ];
    scalar.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,4}|env|use", inner, 0..3)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        report(&read_text(bytes));
    }

    #[test]
    fn yaml_like_text_never_panics(text in "(apiVersion: accord/v1\nkind: SyncRule\n)?[-a&*!{}\\[\\]:,#|>'\"?% \n\té]{0,200}") {
        report(&read_text(text));
    }

    /// A secret that somebody wrote out is in no output, whatever else is wrong with the file.
    #[test]
    fn a_literal_secret_is_never_shown(
        key in proptest::sample::select(vec![
            "apiKey", "projectKey", "personalAccessToken", "token", "apiKye", "api_key", "password",
        ]),
        form in proptest::sample::select(vec![
            "hunter2",
            "\"hunter2\"",
            "'hunter2'",
            "\"hunter2",
            "|\n      hunter2\n      hunter2",
            ">-\n      hunter2",
            "[hunter2]",
            "\n      - hunter2",
            "{ hunter2 }",
            "{ value: hunter2 }",
            "{ env: hunter2 }",
            "{ env: [hunter2] }",
            "\n      env: hunter2",
            "!secret hunter2",
            "&a hunter2",
        ]),
        at in any::<proptest::sample::Index>(),
        noise in "[ -~\n]{0,3}",
    ) {
        let before = "apiVersion: accord/v1\nkind: Connection\nmetadata: { name: shop }\nspec:\n  \
                      testworthy:\n    url: https://testworthy.us\n    userEmail: a@example.test\n";
        let after = "  azureDevOps:\n    organizationUrl: https://dev.azure.com/contoso\n    project: Shop\n";
        let secret = format!("    {key}: {form}\n");
        // Noise somewhere, but not on the lines of the secret.
        let place = at.index(before.len() + after.len());
        let (mut head, mut tail) = (before.to_owned(), after.to_owned());
        match place.checked_sub(before.len()) {
            Some(place) => tail.insert_str(place, &noise),
            None => head.insert_str(place, &noise),
        }
        let loaded = read_text(format!("{head}{secret}{tail}"));
        let shown = report(&loaded);
        prop_assert!(!shown.contains("hunter2"), "{shown}");
        let json = render::json::render(&loaded.findings, &loaded.sources).to_string();
        prop_assert!(!json.contains("hunter2"), "{json}");
    }

    /// What the published schema refuses, the reader refuses too; and a schema's acceptance is enough
    /// for the reader's types: there is never a document that "cannot be read" without a reason.
    #[test]
    fn schema_and_reader_agree_on_changed_documents(
        seed in any::<proptest::sample::Index>(),
        place in any::<proptest::sample::Index>(),
        value in proptest::option::of(any_json()),
    ) {
        let mut document = seed.get(&DOCUMENTS).clone();
        let mut places = Vec::new();
        pointers(&document["spec"], "/spec", &mut places);
        let place = place.get(&places).clone();
        if let Some(value) = value {
            *document.pointer_mut(&place).unwrap() = value;
        } else {
            let (parent, key) = place.rsplit_once('/').unwrap();
            match document.pointer_mut(parent) {
                Some(Value::Object(members)) => { members.remove(key); }
                Some(Value::Array(items)) => items.clear(),
                _ => {}
            }
        }
        let kind = document["kind"].as_str().unwrap_or_default();
        let loaded = read_text(document.to_string());
        for finding in &loaded.findings {
            prop_assert!(!finding.message.contains("cannot be read"), "{document}: {}", finding.message);
        }
        if !VALIDATORS[kind].is_valid(&document) {
            prop_assert!(loaded.has_errors(), "the reader takes what the schema refuses: {document}");
        }
    }

    /// Damaged manifests are read or refused, and the report is always printable.
    #[test]
    fn damaged_manifests_never_panic(
        seed in any::<proptest::sample::Index>(),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..40, any::<u8>()), 1..4),
    ) {
        let mut bytes = seed.get(&CORPUS).clone();
        for (at, length, byte) in cuts {
            if bytes.is_empty() { break; }
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, [byte]);
        }
        let loaded = read_text(bytes);
        let shown = report(&loaded);
        prop_assert_eq!(loaded.findings.is_empty(), shown.is_empty());
        prop_assert_eq!(loaded.config.is_none(), loaded.has_errors());
        render::json::render(&loaded.findings, &loaded.sources);
    }
}
