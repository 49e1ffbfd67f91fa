//! Manifests in, findings out: every file in `tests/manifests/invalid` has its report beside it (blessed
//! with `ACCORD_BLESS=1`), every one in `valid` has none; and no bytes whatever make the reader panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use accord::diagnostics::{SourceFile, catalog, render};
use accord::manifest::{Loaded, MOST_BYTES, ReadOptions, read};
use proptest::prelude::*;

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

    /// Damaged manifests are read or refused, and the report is always printable.
    #[test]
    fn damaged_manifests_never_panic(
        seed in any::<proptest::sample::Index>(),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..40, any::<u8>()), 1..4),
    ) {
        let corpus = corpus();
        let mut bytes = seed.get(&corpus).clone();
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
