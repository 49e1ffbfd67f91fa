//! `accord diff`: what the manifests of one revision or folder mean that those of another do not. Contacts
//! nothing, so it is safe on the changes of a stranger.

mod side;

use super::args::{DiffArgs, Format};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::{Project, Session};
use super::stored;
use super::ui;
use crate::manifest::compare::{LinkedItems, ManifestDiff, compare};
use crate::model::config::StateLocation;
use crate::plan::render;
use side::sides;

pub(crate) async fn run(session: &Session, args: &DiffArgs) -> Result<ExitCode, Failed> {
    let (from, to) = sides(session, &args.sides)?;
    // What is wrong with either is told, not only what is wrong with the first.
    let (from, to) = (from.hold(session), to.hold(session));
    let (from, to) = (from?, to?);
    let linked = linked(session, args, &to).await?;
    let changes = compare(&from.config, &to.config, linked.as_ref());
    let diff = ManifestDiff::new(from.described(), to.described(), changes);
    let text = match session.format {
        Format::Json => ui::document(&diff),
        Format::Markdown => render::markdown::manifests(&diff),
        _ => render::human::manifests(&diff, &session.human_options()),
    };
    session.ui.stdout(&text);
    Ok(if args.detailed_exitcode && !diff.changes.is_empty() {
        ExitCode::Changes
    } else {
        ExitCode::Success
    })
}

/// The linked items of each rule. Unless it is asked for, only of a state that is a file here: nothing else
/// can be opened without contacting somebody, with credentials that the manifests name.
async fn linked(
    session: &Session,
    args: &DiffArgs,
    to: &side::Held,
) -> Result<Option<LinkedItems>, Failed> {
    let project = Project {
        config: to.config.clone(),
        folder: to.state_folder.clone(),
        sources: Vec::new(),
        commit: None,
    };
    let is_here = match &to.config.project.state {
        StateLocation::Sqlite(path) => project.folder.join(path).is_file(),
        StateLocation::Postgres { .. } | StateLocation::Git { .. } => false,
    };
    if !is_here && !args.with_state {
        return Ok(None);
    }
    let counted = async {
        let store = stored::for_reading(session, &project).await?;
        Ok::<_, Failed>(store.links_by_rule().await?)
    };
    match counted.await {
        Ok(counts) => Ok(Some(counts.into_iter().collect())),
        Err(failed) if args.with_state => Err(failed),
        Err(failed) => {
            let reason = failed.message.unwrap_or_default();
            session
                .ui
                .note(&format!("note: linked items are not counted: {reason}\n"));
            Ok(None)
        }
    }
}
