//! Rules about one row that compiles: directions, fields that cannot be written, outcomes taken for states.

use super::facts::Facts;
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::mapping as entry;
use crate::mapping::form::fold;
use crate::mapping::resolve::finding;
use crate::mapping::row::CompiledRow;
use crate::model::config::{FieldMapping, Row, RowSource, RowTarget};
use crate::model::{Direction, System};

pub(super) fn check(
    mapping: &FieldMapping,
    facts: &Facts<'_>,
    ready: &CompiledRow,
    found: &mut Vec<Finding>,
) {
    let lint = RowLint {
        mapping,
        row: facts.row,
        ready,
    };
    lint.direction(facts, found);
    lint.read_only(&facts.usage.targets, found);
    lint.outcome_as_state(found);
}

/// One row under the rules.
struct RowLint<'a> {
    mapping: &'a FieldMapping,
    row: &'a Row,
    ready: &'a CompiledRow,
}

impl RowLint<'_> {
    fn finding(&self, code: crate::diagnostics::Code, what: impl std::fmt::Display) -> Finding {
        finding(self.mapping, self.row, code, what)
    }

    fn direction(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let computed = facts.is_computed();
        if computed && self.row.direction == Some(Direction::ToTestWorthy) {
            let what = "a constant or an expression goes to Azure DevOps only, so this row never does anything";
            found.push(
                self.finding(&entry::L19_DIRECTION, what)
                    .with_help("remove `direction`"),
            );
            return;
        }
        let usage = facts.usage;
        if self.row.direction == Some(Direction::TwoWay)
            && usage.whole_project
            && !usage.targets.is_empty()
            && !usage.two_way
        {
            let what = "it goes `twoWay`, and no rule that uses the mapping goes both ways, so nothing \
                        ever comes back";
            found.push(
                self.finding(&entry::L19_DIRECTION, what)
                    .with_help("remove `direction`, or give the rule `direction: twoWay`"),
            );
            return;
        }
        let idle = !usage
            .targets
            .iter()
            .any(|target| self.ready.goes_to(*target));
        if let (Some(way), true, true) = (self.row.direction, usage.whole_project, idle)
            && let [only] = usage.targets.as_slice()
        {
            let what = format!(
                "it goes `{}`, and every rule that uses the mapping goes to {only}, so this row never \
                 does anything",
                way_key(way)
            );
            found.push(
                self.finding(&entry::L19_DIRECTION, what)
                    .with_help("remove `direction`, or the row"),
            );
        }
    }

    fn read_only(&self, targets: &[System], found: &mut Vec<Finding>) {
        for system in [System::TestWorthy, System::AzureDevOps] {
            let declared = self.row.direction.is_some_and(|way| way.writes(system));
            let written = (targets.contains(&system) || declared) && self.ready.goes_to(system);
            if written && !self.ready.is_writable(system) {
                let (path, other) = (self.ready.path(system), system.other());
                let way = match other {
                    System::TestWorthy => "toTestWorthy",
                    System::AzureDevOps => "toAzureDevOps",
                };
                found.push(
                    self.finding(
                        &entry::L03_READ_ONLY,
                        format_args!("`{path}` cannot be written in {system}"),
                    )
                    .with_help(format!("write `direction: {way}`, or remove the row")),
                );
            }
        }
    }

    fn outcome_as_state(&self, found: &mut Vec<Finding>) {
        let from = matches!(&self.row.source, RowSource::Field(name) if name == "lastResult");
        let to = matches!(&self.row.target, RowTarget::Field(name)
            if name.rsplit('.').next().is_some_and(|last| fold(last).ends_with("state")));
        if from && to {
            let what = "`lastResult` says how the last run ended; a state says where an item \
                        stands in its life";
            found.push(self.finding(&entry::L14_OUTCOME_AS_STATE, what));
        }
    }
}

fn way_key(way: Direction) -> &'static str {
    match way {
        Direction::ToAzureDevOps => "toAzureDevOps",
        Direction::ToTestWorthy => "toTestWorthy",
        Direction::TwoWay => "twoWay",
    }
}
