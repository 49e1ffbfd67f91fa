//! `accord state list`: the pairs that the state holds.

use std::fmt::Write as _;

use super::super::args::StateListArgs;
use super::super::declared::{counted, pair_address, rule_known, seconds};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::session::Session;
use super::super::stored;
use super::super::ui;
use super::{mark_key, state_key};
use crate::model::config::Config;
use crate::model::{Link, MarkState, Name};
use crate::store::{Store, StoreError};

pub(crate) async fn run(session: &Session, args: &StateListArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let config = &project.config;
    let store = stored::for_reading(session, &project).await?;
    let mut links = all_links(store.as_ref()).await?;
    if let Some(wanted) = &args.rule {
        let remembered: Vec<&Name> = links.iter().map(|link| &link.rule).collect();
        let rule = rule_known(config, wanted, &remembered)?;
        links.retain(|link| link.rule == rule);
    }
    let text = if session.json {
        let document = serde_json::json!({
            "schema": "accord-state/1",
            "pairs": links.iter().map(|link| json(config, link)).collect::<Vec<_>>(),
        });
        ui::document(&document)
    } else {
        ui::printable(&human(config, &links))
    };
    session.ui.stdout(&text);
    Ok(ExitCode::Success)
}

/// Every pair of the state, the parted ones too, by rule and case.
pub(super) async fn all_links(store: &dyn Store) -> Result<Vec<Link>, StoreError> {
    let mut links = Vec::new();
    for endpoints in store.endpoints().await? {
        links.extend(store.links(&endpoints).await?);
        links.extend(store.parted_links(&endpoints).await?);
    }
    links.sort_by(|a, b| (&a.rule, &a.endpoints, a.case).cmp(&(&b.rule, &b.endpoints, b.case)));
    Ok(links)
}

/// One pair for programs, without its base.
pub(super) fn json(config: &Config, link: &Link) -> serde_json::Value {
    serde_json::json!({
        "address": pair_address(config, &link.rule, link.case, link.work_item),
        "rule": link.rule.as_str(),
        "case": link.case.0,
        "workItem": link.work_item.0,
        "state": state_key(link.state),
        "marks": {
            "testworthy": mark_key(link.case_mark),
            "azureDevOps": mark_key(link.work_item_mark),
        },
        "rev": link.base.rev.map(|rev| rev.0),
        "recordedAt": link.base.recorded_at.map(|at| at.to_string()),
        "fields": link.base.fields.len(),
    })
}

fn human(config: &Config, links: &[Link]) -> String {
    if links.is_empty() {
        return "No pairs: nothing was applied from here.\n".to_owned();
    }
    let mut text = String::new();
    for link in links {
        let address = pair_address(config, &link.rule, link.case, link.work_item);
        let _ = write!(
            text,
            "{address}  case {}, work item {}",
            link.case, link.work_item
        );
        if let Some(rev) = link.base.rev {
            let _ = write!(text, " at revision {rev}");
        }
        match link.base.recorded_at {
            Some(at) => {
                let _ = write!(text, ", in accord {}", seconds(at));
            }
            None => text.push_str(", not compared yet"),
        }
        let _ = writeln!(text, "; {}{}", state_key(link.state), marks(link));
    }
    let _ = writeln!(text, "{}", counted(links.len(), "pair", "pairs"));
    text
}

/// Marks that are not where they are to be; nothing is said about the usual.
fn marks(link: &Link) -> String {
    let mut text = String::new();
    for (what, mark) in [("case", link.case_mark), ("work item", link.work_item_mark)] {
        if mark != MarkState::Written {
            let _ = write!(text, ", mark on the {what} {}", mark_key(mark));
        }
    }
    text
}
