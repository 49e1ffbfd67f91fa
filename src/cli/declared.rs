//! What the manifests say about things that the state names: rules, rows, addresses. The state may
//! remember rules and rows that are no longer declared.

use jiff::Timestamp;

use super::exit_code::ExitCode;
use super::failure::Failed;
use crate::diagnostics::nearest;
use crate::model::config::{Config, SyncRule};
use crate::model::{CaseId, Name, System, WorkItemId};
use crate::plan::ItemKey;

/// The declared rule of this name; `SyncRule/NAME` names it too.
pub(crate) fn rule_named<'c>(config: &'c Config, wanted: &str) -> Result<&'c SyncRule, Failed> {
    let wanted = wanted.strip_prefix("SyncRule/").unwrap_or(wanted);
    let mut rules = config.rules.values();
    match rules.find(|rule| rule.name.as_str() == wanted) {
        Some(rule) => Ok(rule),
        None => Err(no_rule(config, wanted, &[])),
    }
}

/// The name of a rule that is declared or that the state remembers.
pub(crate) fn rule_known(
    config: &Config,
    wanted: &str,
    remembered: &[&Name],
) -> Result<Name, Failed> {
    let wanted = wanted.strip_prefix("SyncRule/").unwrap_or(wanted);
    let mut known = config.rules.keys().chain(remembered.iter().copied());
    match known.find(|name| name.as_str() == wanted) {
        Some(name) => Ok(name.clone()),
        None => Err(no_rule(config, wanted, remembered)),
    }
}

fn no_rule(config: &Config, wanted: &str, remembered: &[&Name]) -> Failed {
    let mut known: Vec<&str> = config
        .rules
        .keys()
        .chain(remembered.iter().copied())
        .map(Name::as_str)
        .collect();
    known.sort_unstable();
    known.dedup();
    let help = match nearest(wanted, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "write a manifest of kind SyncRule, or give -C DIR".to_owned(),
        None => format!("declared are: {}", known.join(", ")),
    };
    Failed::new(ExitCode::Usage, format!("there is no rule `{wanted}`")).with_help(help)
}

/// The address of a linked pair, by the item that names it in plans.
pub(crate) fn pair_address(
    config: &Config,
    rule: &Name,
    case: CaseId,
    work_item: WorkItemId,
) -> String {
    let source = config
        .rules
        .get(rule)
        .map_or(System::TestWorthy, SyncRule::source);
    let key = match source {
        System::TestWorthy => ItemKey::Case(case),
        System::AzureDevOps => ItemKey::WorkItem(work_item),
    };
    format!("SyncRule/{rule}/{key}")
}

/// Whether the values of a row are to be left out: also where nobody can say any more.
pub(crate) fn is_sensitive(config: &Config, rule: &Name, row: &str) -> bool {
    let rule = config.rules.get(rule);
    let mapping = rule.and_then(|rule| config.mappings.get(&rule.mapping));
    let row = mapping.and_then(|mapping| mapping.rows.iter().find(|one| one.name == row));
    row.is_none_or(|row| row.sensitive)
}

/// To the second, in UTC.
pub(crate) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `1 pair`, `2 pairs`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {many}")
    }
}
