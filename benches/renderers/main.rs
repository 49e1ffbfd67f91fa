//! How long each form of a plan takes to be written, and how large it gets. Prints one JSON object a line;
//! fails if a form is larger than its budget.
//!
//!     cargo bench --bench renderers                          # 10,000 changes
//!     cargo bench --bench renderers -- --changes 1000
//!     cargo bench --bench renderers -- --write FOLDER        # also keeps what was written

#![allow(
    clippy::print_stdout,
    missing_docs,
    reason = "a program that prints its numbers"
)]

mod sample;

use std::path::PathBuf;
use std::time::Instant;

use accord::plan::Plan;
use accord::plan::render::{azure_pipelines, github, html, human, json, jsonl, markdown, sarif};

/// A form: its name, the file that it goes into, its budget in bytes, if it has one, and how it is made.
type Form = (
    &'static str,
    &'static str,
    Option<usize>,
    fn(&Plan) -> String,
);

const FORMS: &[Form] = &[
    ("human", "plan.txt", Some(128 * 1024), |plan| {
        human::human(plan, &human::HumanOptions::default())
    }),
    ("json", "plan.json", None, json::render),
    ("jsonl", "plan.jsonl", None, |plan| {
        jsonl::jsonl(plan, &jsonl::JsonlOptions::default())
    }),
    (
        "markdown, a comment",
        "comment.md",
        Some(markdown::COMMENT_BYTES),
        |plan| in_markdown(plan, markdown::COMMENT_BYTES),
    ),
    (
        "markdown, a step summary",
        "summary.md",
        Some(markdown::SUMMARY_BYTES),
        |plan| in_markdown(plan, markdown::SUMMARY_BYTES),
    ),
    ("sarif", "plan.sarif", None, |plan| {
        sarif::sarif(plan, &sarif::SarifOptions::default())
    }),
    ("github", "plan.github", None, |plan| {
        github::github(plan, &github::GithubOptions::default())
    }),
    ("azure-pipelines", "plan.azure", None, |plan| {
        let options = azure_pipelines::AzurePipelinesOptions::default();
        azure_pipelines::azure_pipelines(plan, &options)
    }),
    ("html", "plan.html", Some(20_000_000), |plan| {
        html::html(plan, &html::HtmlOptions::default())
    }),
];

const TIMES: usize = 5;

fn in_markdown(plan: &Plan, budget_bytes: usize) -> String {
    let options = markdown::MarkdownOptions {
        budget_bytes,
        ..markdown::MarkdownOptions::default()
    };
    markdown::markdown(plan, &options).text
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut changes, mut folder) = (10_000, None);
    while let Some(argument) = arguments.next() {
        // Cargo itself passes `--bench`.
        match argument.as_str() {
            "--changes" => {
                let count = arguments.next().and_then(|count| count.parse().ok());
                changes = count.expect("a number of changes");
            }
            "--write" => folder = arguments.next().map(PathBuf::from),
            _ => {}
        }
    }
    let document = sample::plan(changes).to_string();
    let plan = json::parse(&document).expect("the sample is a plan");
    for (name, file, budget, write) in FORMS {
        let mut seconds: Vec<f64> = Vec::new();
        let mut text = String::new();
        for _ in 0..TIMES {
            let start = Instant::now();
            text = write(&plan);
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        println!(
            "{}",
            serde_json::json!({
                "what": "render",
                "format": name,
                "changes": changes,
                "bytes": text.len(),
                "budget": budget,
                "seconds": seconds[TIMES / 2],
                "slowest": seconds[TIMES - 1],
                "fastest": seconds[0],
                "optimised": !cfg!(debug_assertions),
            })
        );
        if let Some(folder) = &folder {
            std::fs::write(folder.join(file), &text).expect("a folder that can be written");
        }
        let within = budget.is_none_or(|budget| text.len() <= budget);
        assert!(within, "{name}: {} bytes", text.len());
    }
}
