//! How many fields a second one core reads, compares and writes, for each codec, and for items as a plan
//! reads them. Prints one JSON object a line; `benches/performance.py` makes the table of them.
//!
//!     cargo bench --bench codecs                     # everything, with 100,000 items
//!     cargo bench --bench codecs -- --items 10000

#![allow(
    clippy::print_stdout,
    missing_docs,
    reason = "a program that prints its numbers"
)]
#![allow(clippy::format_collect, reason = "short texts, once")]

mod clock;
mod items;
mod rows;
mod samples;

use std::hint::black_box;

use accord::mapping::codec::parameters::{parse_fields, parse_text, put_fields};
use accord::mapping::codec::rich_text::{Format, parse, render};
use accord::mapping::codec::steps::{parse_separated, parse_tcm, put_separated, put_tcm};
use accord::mapping::expression::Expression;
use accord::model::Value;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut items = 100_000;
    while let Some(argument) = arguments.next() {
        // Cargo itself passes `--bench`.
        if argument == "--items" {
            items = arguments
                .next()
                .and_then(|count| count.parse().ok())
                .expect("a number of items");
        }
    }
    rich_text();
    steps();
    parameters();
    expression();
    rows::measure();
    items::measure(items);
}

/// What a row reads: the canonical HTML.
fn canonical(text: &str, format: Format) -> String {
    let tree = parse(text, format).expect("readable");
    render(&tree, Format::Html)
}

fn rich_text() {
    for (name, text, format) in [
        (
            "richText, HTML, one line",
            samples::SHORT_HTML,
            Format::Html,
        ),
        ("richText, HTML, a page", samples::LONG_HTML, Format::Html),
        (
            "richText, Markdown, one line",
            samples::SHORT_MARKDOWN,
            Format::Markdown,
        ),
        (
            "richText, Markdown, a page",
            samples::LONG_MARKDOWN,
            Format::Markdown,
        ),
    ] {
        clock::measure(name, "read", text.len(), 1, || {
            black_box(canonical(black_box(text), format));
        });
        let html = canonical(text, format);
        clock::measure(name, "read what Accord wrote", html.len(), 1, || {
            black_box(canonical(black_box(&html), Format::Html));
        });
        let tree = parse(text, format).expect("readable");
        clock::measure(name, "write", text.len(), 1, || {
            black_box(render(black_box(&tree), format));
        });
    }
    let text = samples::LONG_HTML;
    clock::measure(
        "richText, HTML to Markdown, a page",
        "read and write",
        text.len(),
        1,
        || {
            let tree = parse(black_box(text), Format::Html).expect("readable");
            black_box(render(&tree, Format::Markdown));
        },
    );
}

fn steps() {
    let xml = samples::steps_xml(10);
    let json = samples::separated(10);
    let steps = parse_tcm(&xml).expect("readable");
    let mut edited = steps.clone();
    edited.remove(4);
    clock::measure("steps, XML, 10 steps", "read", xml.len(), 1, || {
        black_box(parse_tcm(black_box(&xml))).expect("readable");
    });
    clock::measure("steps, XML, 10 steps", "write", xml.len(), 1, || {
        black_box(put_tcm(black_box(&xml), &edited)).expect("writable");
    });
    let size = json.to_string().len();
    clock::measure("steps, separated, 10 steps", "read", size, 1, || {
        black_box(parse_separated(black_box(&json))).expect("readable");
    });
    clock::measure("steps, separated, 10 steps", "write", size, 1, || {
        black_box(put_separated(black_box(&json), &edited)).expect("writable");
    });
}

fn parameters() {
    let (names, rows) = samples::parameters(4, 20);
    let table = parse_fields(&names, &rows).expect("readable");
    let mut more = table.clone();
    more.rows.pop();
    let size = names.len() + rows.len();
    clock::measure("parameters, XML, 4 by 20", "read", size, 1, || {
        black_box(parse_fields(black_box(&names), &rows)).expect("readable");
    });
    clock::measure("parameters, XML, 4 by 20", "write", size, 1, || {
        black_box(put_fields(black_box(&names), &rows, &more)).expect("writable");
    });
    let page = accord::mapping::codec::parameters::render_text(&table);
    clock::measure(
        "parameters, a table in HTML, 4 by 20",
        "read",
        page.len(),
        1,
        || {
            black_box(parse_text(black_box(&page), Format::Html)).expect("readable");
        },
    );
}

fn expression() {
    let text = r#"title ~ " (" ~ (priority or "none") ~ ")" if smoke else title | upper"#;
    let known = |name: &str| ["title", "priority", "smoke"].contains(&name);
    let compiled = Expression::compile(text, known).expect("compiles");
    let read = |name: &str| match name {
        "title" => Value::text("Reject expired card"),
        "priority" => Value::text("P1 - Must Test"),
        _ => Value::Boolean(true),
    };
    clock::measure("expression", "evaluate", text.len(), 1, || {
        black_box(compiled.evaluate(black_box(read))).expect("a value");
    });
    clock::measure(
        "expression",
        "compile (once for each mapping)",
        text.len(),
        1,
        || {
            black_box(Expression::compile(black_box(text), known)).expect("compiles");
        },
    );
}
