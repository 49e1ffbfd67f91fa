//! `accord graph`: what the project declares as a picture. Contacts nothing.

mod dot;
mod drawing;
mod layout;
mod mermaid;
mod svg;

use super::args::GraphArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::outputs;
use super::session::Session;
use super::ui;
use drawing::Graph;

/// The formats of `--out`.
const OUT_FORMATS: [&str; 3] = ["mermaid", "dot", "svg"];

pub(crate) fn run(session: &Session, args: &GraphArgs) -> Result<ExitCode, Failed> {
    let files = args
        .out
        .iter()
        .map(|argument| outputs::named(session, argument, &OUT_FORMATS))
        .collect::<Result<Vec<_>, _>>()?;
    let graph = Graph::of(&session.check()?.config);
    for (format, path) in &files {
        let text = match *format {
            "dot" => dot::render(&graph),
            "svg" => svg::render(&graph),
            _ => mermaid::render(&graph),
        };
        outputs::write_whole(path, &text).map_err(|error| {
            Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
        })?;
    }
    if session.json {
        session.ui.stdout(&ui::document(&graph.json()));
    } else if files.is_empty() {
        session.ui.stdout(&mermaid::render(&graph));
    }
    Ok(ExitCode::Success)
}

#[cfg(test)]
mod tests;
