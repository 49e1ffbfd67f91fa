//! Rules about value tables and lists of allowed values.

use super::facts::Facts;
use super::quoted;
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::mapping as entry;
use crate::mapping::form::{Form, fold, key, spelled};
use crate::mapping::resolve::finding;
use crate::mapping::row::CompiledRow;
use crate::mapping::value_map::Table;
use crate::model::config::{FieldMapping, Row, RowSource, Unmapped};
use crate::model::{Direction, System, Value};

pub(super) fn check(
    mapping: &FieldMapping,
    facts: &Facts<'_>,
    ready: &CompiledRow,
    found: &mut Vec<Finding>,
) {
    let lint = TableLint {
        mapping,
        row: facts.row,
        ready,
        must_come_back: facts.is_two_way(),
    };
    let targets = &facts.usage.targets;
    let writes = |system| targets.contains(&system) && ready.active(system);
    if let Some(table) = &ready.table {
        lint.laws(table, found);
        if facts.metadata.is_some() {
            lint.come_back_substituted(table, found);
        }
        lint.substitute(table, targets, found);
        if facts.metadata.is_some() && writes(System::TestWorthy) {
            lint.totality(table, found);
        }
        lint.twins(found);
    }
    lint.allowed(writes(System::AzureDevOps), found);
}

/// One row's table under the rules.
struct TableLint<'a> {
    mapping: &'a FieldMapping,
    row: &'a Row,
    ready: &'a CompiledRow,
    /// Whether the row goes both ways.
    must_come_back: bool,
}

impl TableLint<'_> {
    fn finding(&self, code: crate::diagnostics::Code, what: impl std::fmt::Display) -> Finding {
        finding(self.mapping, self.row, code, what)
    }

    /// f(g(r)) = r. Rows that go one way only have no way back that could break it.
    fn laws(&self, table: &Table, found: &mut Vec<Finding>) {
        if self
            .row
            .direction
            .is_some_and(|way| way != Direction::TwoWay)
        {
            return;
        }
        let (declared, broken): (Vec<&Value>, Vec<&Value>) = table
            .breaches()
            .into_iter()
            .partition(|right| table.is_declared(right));
        if !broken.is_empty() {
            let code = if self.must_come_back {
                &entry::L07_UNLAWFUL
            } else {
                &entry::ONE_WAY_TABLE
            };
            found.push(
                self.finding(
                    code,
                    format_args!(
                        "going to TestWorthy and back, {} does not come back as itself",
                        quoted(&broken)
                    ),
                )
                .with_help("let `reverse` name a TestWorthy value that `values` leads back"),
            );
        }
        let merged = table.merged();
        if merged.is_empty() && declared.is_empty() {
            return;
        }
        let mut told: Vec<String> = merged
            .iter()
            .map(|(right, lefts)| format!("{} become `{}`", quoted(lefts), key(right)))
            .collect();
        if !declared.is_empty() {
            told.push(format!(
                "{} under `reverse` counts as in accord and is not written back",
                quoted(&declared)
            ));
        }
        found.push(
            self.finding(&entry::L08_MANY_TO_ONE, told.join("; "))
                .with_help("if that is meant, `allow: [{ code: L08, reason: ... }]` says so"),
        );
    }

    /// The same law for the values that the substitute stands for; which these are, the live type tells.
    fn come_back_substituted(&self, table: &Table, found: &mut Vec<Finding>) {
        let Some(Unmapped::Use(substitute)) = self.row.values.as_ref().map(|map| &map.unmapped)
        else {
            return;
        };
        if !self.must_come_back || table.substitute_misfits(System::TestWorthy) {
            return;
        }
        let allowed = self.allowed_values();
        let lost: Vec<&Value> = allowed
            .iter()
            .filter(|value| !table.covers(value) && !table.comes_back(value))
            .collect();
        let what = if allowed.is_empty() {
            format!(
                "every Azure DevOps value without an entry becomes `{substitute}` in TestWorthy, and \
                 nothing says which one it was"
            )
        } else if lost.is_empty() {
            return;
        } else {
            format!(
                "going to TestWorthy and back, {} does not come back as itself: `{substitute}` stands for it \
                 there",
                quoted(&lost)
            )
        };
        found.push(
            self.finding(&entry::L07_UNLAWFUL, what)
                .with_help("write `unmapped: hold`, or name these values under `reverse`"),
        );
    }

    fn substitute(&self, table: &Table, targets: &[System], found: &mut Vec<Finding>) {
        for &target in targets {
            if self.ready.active(target) && table.substitute_misfits(target) {
                found.push(self.finding(
                    &entry::L02_TYPE_MISMATCH,
                    format_args!("the value of `unmapped: {{ use: ... }}` does not fit {target}"),
                ));
            }
        }
    }

    /// Allowed values of the Azure DevOps field that the table does not know.
    fn totality(&self, table: &Table, found: &mut Vec<Finding>) {
        let waits = self
            .row
            .values
            .as_ref()
            .is_some_and(|values| !matches!(values.unmapped, Unmapped::Use(_)));
        let unknown: Vec<&Value> = self
            .allowed_values()
            .iter()
            .filter(|value| !table.covers(value))
            .collect();
        if waits && !unknown.is_empty() {
            found.push(
                self.finding(
                    &entry::L05_NOT_TOTAL,
                    format_args!(
                        "{} has no entry, so it waits where it occurs",
                        quoted(&unknown)
                    ),
                )
                .with_help("add entries under `reverse`, or `unmapped: { use: VALUE }`"),
            );
        }
    }

    /// Entries that differ only by case or space.
    fn twins(&self, found: &mut Vec<Finding>) {
        let Some(values) = &self.row.values else {
            return;
        };
        let sides: [(&str, Vec<&String>); 2] = [
            ("values", values.values.keys().collect()),
            ("reverse", values.reverse.keys().collect()),
        ];
        for (place, keys) in sides {
            for (index, later) in keys.iter().enumerate() {
                let twin = keys[..index].iter().find(|one| fold(one) == fold(later));
                if let Some(earlier) = twin {
                    let what = format!(
                        "`{earlier}` and `{later}` under `{place}` differ only by case or space"
                    );
                    found.push(self.finding(&entry::L24_SPELLING, what));
                }
            }
        }
    }

    /// Values that the row would write or look for, against the field's list.
    fn allowed(&self, written: bool, found: &mut Vec<Finding>) {
        let allowed = self.allowed_values();
        if allowed.is_empty() {
            return;
        }
        let Form::Choice { of, .. } = &self.ready.azure_form else {
            return;
        };
        // Each with whether the row may write it.
        let mut named: Vec<(Value, bool)> = Vec::new();
        let mut name = |value: &Value, writes: bool| {
            if let Some(value) = of.canonical(value).filter(|value| !value.is_null())
                && !named.iter().any(|(known, _)| key(known) == key(&value))
            {
                named.push((value, writes && written));
            }
        };
        if let RowSource::Constant(value) = &self.row.source {
            name(value, true);
        }
        if let Some(values) = &self.row.values {
            values.values.values().for_each(|value| name(value, true));
            if let Unmapped::Use(value) = &values.unmapped
                && written
            {
                name(value, true);
            }
            let reversed = values.reverse.keys();
            reversed.for_each(|text| name(&Value::text(text.as_str()), false));
        }
        for (value, writes) in &named {
            match spelled(allowed, value) {
                Some(exact) if key(exact) != key(value) => found.push(self.finding(
                    &entry::L24_SPELLING,
                    format_args!("`{value}` is spelled `{exact}` in Azure DevOps"),
                )),
                None if *writes => {
                    let list: Vec<&Value> = allowed.iter().take(20).collect();
                    found.push(
                        self.finding(
                            &entry::L06_NOT_ALLOWED,
                            format_args!(
                                "Azure DevOps does not allow `{value}` in `{}`",
                                self.ready.path(System::AzureDevOps)
                            ),
                        )
                        .with_help(format!("it allows {}", quoted(&list))),
                    );
                }
                _ => {}
            }
        }
    }

    fn allowed_values(&self) -> &[Value] {
        match &self.ready.azure_form {
            Form::Choice { allowed, .. } => allowed,
            _ => &[],
        }
    }
}
