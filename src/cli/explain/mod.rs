//! `accord explain`: what a code means and what to do about it.

use std::fmt::Write as _;

mod address;
mod mapping;

use super::args::ExplainArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use super::ui;
use crate::diagnostics::{Code, catalog};

pub(crate) async fn run(session: &Session, args: &ExplainArgs) -> Result<ExitCode, Failed> {
    let Some(subject) = &args.subject else {
        session.ui.stdout(&list(session));
        return Ok(ExitCode::Success);
    };
    if subject.contains('/') {
        session
            .ui
            .stdout(&address::explain(session, subject).await?);
        return Ok(ExitCode::Success);
    }
    let Some(code) = catalog::find(subject) else {
        return Err(unknown(subject));
    };
    let text = if session.json {
        ui::document(&json(code))
    } else {
        human(code)
    };
    session.ui.stdout(&text);
    Ok(ExitCode::Success)
}

fn unknown(subject: &str) -> Failed {
    let failed = Failed::new(ExitCode::Usage, format!("there is no code `{subject}`"));
    match catalog::nearest(subject) {
        Some(near) => failed.with_help(format!("did you mean `{near}`?")),
        None => failed.with_help("`accord explain` lists them all"),
    }
}

fn human(code: Code) -> String {
    format!(
        "{} ({}): {}\n\n{}\n\nExample:\n{}\n\nWhat to do:\n{}\n",
        code.code,
        code.severity.as_str(),
        code.title,
        code.explanation,
        indent(code.example),
        indent(code.fix)
    )
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn json(code: Code) -> serde_json::Value {
    serde_json::json!({
        "code": code.code,
        "severity": code.severity.as_str(),
        "title": code.title,
        "explanation": code.explanation,
        "example": code.example,
        "fix": code.fix,
    })
}

fn list(session: &Session) -> String {
    if session.json {
        let all: Vec<serde_json::Value> = catalog::all().map(json).collect();
        return ui::document(&serde_json::Value::from(all));
    }
    let mut text = String::new();
    for entry in catalog::all() {
        let _ = writeln!(
            text,
            "{:32} {:8} {}",
            entry.code,
            entry.severity.as_str(),
            entry.title
        );
    }
    text
}
