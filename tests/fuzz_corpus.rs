//! Replays `fuzz/corpus` through the laws that the fuzz targets assert, and inputs that are too large to
//! be stored. A file that a fuzzer found stays here for good: CONTRIBUTING.md says how it is added.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::format_collect, reason = "short texts, once")]

mod laws;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The corpus: one folder for each target.
fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// The files of a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Runs a law over every input; says which ones broke it.
fn replay(target: &str, inputs: impl IntoIterator<Item = (String, Vec<u8>)>) {
    let (_, law) = laws::TARGETS
        .into_iter()
        .find(|(name, _)| *name == target)
        .unwrap_or_else(|| panic!("no law for {target}"));
    let mut count = 0;
    let mut broken = Vec::new();
    for (name, data) in inputs {
        count += 1;
        if catch_unwind(AssertUnwindSafe(|| law(&data))).is_err() {
            broken.push(name);
        }
    }
    assert!(count > 0, "nothing to replay for {target}");
    assert!(
        broken.is_empty(),
        "{target}: the law is broken by {broken:?}"
    );
}

fn replay_stored(target: &str) {
    let inputs = files(&corpus().join(target)).into_iter().map(|path| {
        let data = fs::read(&path).unwrap();
        (path.display().to_string(), data)
    });
    replay(target, inputs);
}

#[test]
fn every_folder_of_the_corpus_has_its_law_and_its_target() {
    let names = |folder: &Path| -> Vec<String> {
        let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        files(folder).iter().map(stem).collect()
    };
    let wanted: Vec<&str> = laws::TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(&corpus()), wanted);
    assert_eq!(names(&corpus().join("../fuzz_targets")), wanted);
}

macro_rules! stored {
    ($($target:ident),+) => {$(
        #[test]
        fn $target() {
            replay_stored(stringify!($target));
        }
    )+};
}

stored!(
    expression, html, manifest, markdown, parameters, separated, steps_xml, value_map, wiql
);

/// Bytes of the inputs whose shape matters, not their size.
const LARGE: usize = 50_000;

/// Inputs of a megabyte where that is what is asked, and shapes whose cost could grow faster than they do:
/// of a size where a cost that grows with the square would show.
fn large() -> Vec<(&'static str, &'static str, String)> {
    const MEGABYTE: usize = 1_000_000;
    let times = |part: &str| part.repeat(LARGE / part.len());
    let step = "<step id=\"2\" type=\"ActionStep\"><parameterizedString isformatted=\"true\">&lt;p&gt;Pay&lt;/p&gt;\
                </parameterizedString><parameterizedString isformatted=\"true\"/><description/></step>";
    let fonts: String = (0..500).map(|size| format!("<font size={size}>")).collect();
    vec![
        ("html", "paragraphs", times("<p>word &amp; <b>word</b></p>")),
        ("html", "one word", "x".repeat(MEGABYTE)),
        ("html", "one line", times("word ")),
        ("html", "lines", "a line of text\n".repeat(MEGABYTE / 15)),
        ("html", "list", format!("<ul>{}", times("<li>item"))),
        (
            "html",
            "table",
            format!("<table>{}", times("<tr><td>a<td>b")),
        ),
        ("html", "one row", format!("<table><tr>{}", times("<td>a"))),
        (
            "html",
            "code",
            format!("<pre>{}</pre>", times("code  `x`\n")),
        ),
        ("html", "escapes", times("<b>&lt;&amp;</b>*_`")),
        ("html", "breaks", times("a<br>")),
        (
            "html",
            "an image",
            format!(
                "<img src=\"data:image/png;base64,{}\">",
                "A".repeat(MEGABYTE)
            ),
        ),
        (
            "html",
            "a long comment",
            format!("a<!--{}", "-".repeat(LARGE)),
        ),
        ("html", "open brackets", "<".repeat(LARGE)),
        ("html", "ampersands", "&".repeat(LARGE)),
        (
            "html",
            "left outside of a table",
            format!("<table>{}", times("<i>x</i>")),
        ),
        (
            "html",
            "marks that never close",
            format!("<p>{fonts}</p>{}", times("<p>x</p>")),
        ),
        ("html", "a link around everything", {
            let address = "a".repeat(LARGE / 2);
            format!(
                "<a href=\"https://a.example/{address}\">{}",
                "<p>x".repeat(LARGE / 8)
            )
        }),
        (
            "html",
            "attributes",
            format!(
                "<p {}>x</p>",
                (0..5000).map(|n| format!("a{n}=b ")).collect::<String>()
            ),
        ),
        ("html", "nests too deep", "<b>".repeat(LARGE / 3)),
        (
            "html",
            "nests deep",
            format!("{}{}", "<div>".repeat(4000), times("<p>x")),
        ),
        (
            "html",
            "a page of a megabyte",
            "<p>word &amp; <b>word</b> and more words</p>".repeat(MEGABYTE / 42),
        ),
        ("markdown", "paragraphs", times("word **word** `x`\n\n")),
        ("markdown", "one line", times("a *b* _c_ ")),
        ("markdown", "list", times("- item\n")),
        ("markdown", "quotes", "> ".repeat(1000)),
        ("markdown", "brackets", "[".repeat(20_000)),
        ("markdown", "stars", "*a ".repeat(10_000)),
        (
            "markdown",
            "ticks",
            (1..200).map(|n| format!("{} ", "`".repeat(n))).collect(),
        ),
        (
            "steps_xml",
            "steps",
            format!("<steps id=\"0\" last=\"2\">{}</steps>", times(step)),
        ),
        (
            "steps_xml",
            "empty steps",
            format!("<steps id=\"0\" last=\"2\">{}</steps>", times("<step/>")),
        ),
        (
            "steps_xml",
            "shared steps",
            format!("<steps>{}</steps>", times("<compref ref=\"1\"/>")),
        ),
        (
            "separated",
            "steps",
            format!(
                "[{}{{}}]",
                times(r#"{"content":"<p>a</p>","expected":null},"#)
            ),
        ),
        ("parameters", "rows", {
            let rows = times("<Table1><user>ada</user></Table1>");
            format!(
                "<parameters><param name=\"user\"/></parameters>\n---\n<NewDataSet>{rows}</NewDataSet>"
            )
        }),
        ("parameters", "names", {
            let names: String = (0..500)
                .map(|n| format!("<param name=\"p{n}\"/>"))
                .collect();
            format!("<parameters>{names}</parameters>\n---\n")
        }),
        ("manifest", "rows", {
            let head = "apiVersion: accord/v1\nkind: FieldMapping\nmetadata: { name: m }\nspec:\n  testworthy: TestCase\n  \
                        azureDevOps: Test Case\n  fields:\n";
            let row = "    - { testworthy: title, azureDevOps: System.Title }\n";
            format!("{head}{}", row.repeat(1000))
        }),
        ("manifest", "too large", "a".repeat(2 * MEGABYTE)),
        ("manifest", "brackets", "[".repeat(100_000)),
    ]
}

macro_rules! large {
    ($($test:ident $target:literal),+) => {$(
        #[test]
        fn $test() {
            let inputs = large().into_iter().filter(|(target, ..)| *target == $target);
            replay($target, inputs.map(|(_, name, text)| (name.to_owned(), text.into_bytes())));
        }
    )+};
}

large!(
    large_html "html", large_markdown "markdown", large_steps_xml "steps_xml", large_separated "separated",
    large_parameters "parameters", large_manifest "manifest"
);
