//! Rules for mappings: what cannot work, and what probably is not meant.

use super::compile::{CompiledMapping, check, location};
use super::form::{Form, fold, key, spelled};
use super::known;
use super::resolve::finding;
use super::row::{AzureEnd, CaseEnd, CompiledRow};
use super::value_map::Table;
use crate::diagnostics::{Finding, catalog::mapping as entry};
use crate::model::config::{Config, FieldMapping, Row, RowSource, RowTarget, Unmapped};
use crate::model::{Direction, System, Value, WorkItemType};

/// Lints a mapping without asking a server. `targets` are the sides that rules write with it.
pub fn lint(mapping: &FieldMapping, targets: &[System]) -> Vec<Finding> {
    check(mapping, None, targets).1
}

/// Lints every mapping of a project for the rules that use it, without asking a server.
pub fn lint_config(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for mapping in config.mappings.values() {
        let rules = config.rules.values();
        let mut targets: Vec<System> = rules
            .filter(|rule| rule.mapping == mapping.name)
            .map(|rule| rule.target)
            .collect();
        targets.sort();
        targets.dedup();
        findings.extend(lint(mapping, &targets));
    }
    findings
}

/// Findings about one row that compiles.
pub(super) fn row(
    mapping: &FieldMapping,
    row: &Row,
    ready: &CompiledRow,
    targets: &[System],
    metadata: Option<&WorkItemType>,
) -> Vec<Finding> {
    let lint = RowLint {
        mapping,
        row,
        ready,
    };
    let mut found = Vec::new();
    lint.direction(&mut found);
    lint.read_only(targets, &mut found);
    lint.outcome_as_state(&mut found);
    let writes = |system| targets.contains(&system) && ready.active(system);
    if let Some(table) = &ready.table {
        lint.laws(table, &mut found);
        lint.substitute(table, targets, &mut found);
        if metadata.is_some() && writes(System::TestWorthy) {
            lint.totality(table, &mut found);
        }
    }
    lint.allowed(writes(System::AzureDevOps), &mut found);
    found
}

/// Findings about the rows as a whole.
pub(super) fn whole(
    mapping: &FieldMapping,
    rows: &[CompiledRow],
    targets: &[System],
) -> Vec<Finding> {
    let mut found = Vec::new();
    for &target in targets {
        let writing: Vec<&CompiledRow> = rows.iter().filter(|row| row.active(target)).collect();
        for (index, later) in writing.iter().enumerate() {
            let earlier = writing[..index]
                .iter()
                .find(|one| collide(one, later, target));
            if let Some(earlier) = earlier {
                found.push(collision(mapping, earlier, later, target));
            }
        }
    }
    // Without all rows compiled, it is not known whether one of them would write.
    let complete = rows.len() == mapping.rows.len();
    for &target in targets {
        if complete && !rows.iter().any(|row| row.active(target)) {
            let message = format!(
                "mapping `{}` has no row that writes to {target}, but a rule writes there with it",
                mapping.name
            );
            found.push(Finding::new(&entry::NOTHING_TO_WRITE, message));
        }
    }
    found
}

/// Required fields of new items that no row fills.
pub(super) fn required(
    mapping: &CompiledMapping,
    metadata: Option<&WorkItemType>,
    target: System,
) -> Vec<Finding> {
    let name = &mapping.name;
    let filled = |path: &str| {
        mapping
            .active_rows(target)
            .any(|row| row.path(target) == path)
    };
    let missing = |field: &str| {
        let message = format!(
            "{target} creates nothing without `{field}`, and no row of mapping `{name}` fills it"
        );
        Finding::new(&entry::L04_REQUIRED_UNMAPPED, message)
            .with_help(format!("map a field or a constant to `{field}`"))
    };
    if target == System::TestWorthy {
        let lacking = !filled("title");
        return lacking.then(|| missing("title")).into_iter().collect();
    }
    let Some(metadata) = metadata else {
        let lacking = !filled("System.Title");
        return lacking
            .then(|| missing("System.Title"))
            .into_iter()
            .collect();
    };
    let needed = metadata.fields.iter().filter(|(name, field)| {
        field.always_required
            && field.default_value.is_null()
            && !known::is_filled_on_create(name)
            && known::is_writable(name, Some(field))
    });
    needed
        .map(|(name, _)| name)
        .filter(|name| !filled(name))
        .map(|name| missing(name))
        .collect()
}

fn collide(one: &CompiledRow, other: &CompiledRow, target: System) -> bool {
    match (target, &one.azure, &other.azure) {
        (System::AzureDevOps, AzureEnd::Tags(a), AzureEnd::Tags(b)) => a.overlaps(b),
        (System::AzureDevOps, AzureEnd::Field(a), AzureEnd::Field(b)) => {
            a.reference_name.eq_ignore_ascii_case(&b.reference_name)
        }
        (System::AzureDevOps, ..) => false,
        (System::TestWorthy, ..) => match (&one.case, &other.case) {
            (CaseEnd::Field { name: a, .. }, CaseEnd::Field { name: b, .. }) => a == b,
            _ => false,
        },
    }
}

fn collision(
    mapping: &FieldMapping,
    earlier: &CompiledRow,
    later: &CompiledRow,
    target: System,
) -> Finding {
    let (a, b) = (earlier.path(target), later.path(target));
    let what = if a == b {
        format!("it writes `{a}`")
    } else {
        format!("it writes `{b}`, which overlaps with `{a}`")
    };
    let message = format!(
        "row `{}` of mapping `{}`: {what} in {target}, and so does row `{}`",
        later.name(),
        mapping.name,
        earlier.name()
    );
    let declared = |name: &str| {
        mapping
            .rows
            .iter()
            .find(|row| row.name == name)
            .map(location)
    };
    let mut found = Finding::new(&entry::L12_WRITTEN_TWICE, message)
        .with_help("remove one of them, or give each a `direction` of its own");
    found.location = declared(later.name());
    if let Some(place) = declared(earlier.name()) {
        found = found.with_related(place, "the other row");
    }
    found
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

    fn direction(&self, found: &mut Vec<Finding>) {
        if matches!(self.row.source, RowSource::Constant(_))
            && self.row.direction == Some(Direction::ToTestWorthy)
        {
            let what = "a constant goes to Azure DevOps only, so this row never does anything";
            found.push(
                self.finding(&entry::L19_DIRECTION, what)
                    .with_help("remove `direction`"),
            );
        }
    }

    fn read_only(&self, targets: &[System], found: &mut Vec<Finding>) {
        for system in [System::TestWorthy, System::AzureDevOps] {
            let writable = match (system, &self.ready.case, &self.ready.azure) {
                (System::TestWorthy, CaseEnd::Field { writable, .. }, _) => *writable,
                (System::AzureDevOps, _, AzureEnd::Field(field)) => field.writable,
                _ => true,
            };
            let declared = self.row.direction.is_some_and(|way| way.writes(system));
            let written = (targets.contains(&system) || declared) && self.ready.active(system);
            if !writable && written {
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
            let code = match self.row.direction {
                Some(Direction::TwoWay) => &entry::L07_UNLAWFUL,
                _ => &entry::ONE_WAY_TABLE,
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

fn quoted(values: &[&Value]) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|value| format!("`{}`", key(value)))
        .collect();
    match texts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => texts.concat(),
    }
}

#[cfg(test)]
mod tests;
