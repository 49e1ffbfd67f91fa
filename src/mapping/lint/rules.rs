//! Rules about sync rules: their conditions, scopes that overlap, scopes that depend on what is written.

use super::facts::may_write;
use super::place;
use crate::diagnostics::catalog::{lint as codes, sync};
use crate::diagnostics::{Finding, Location, Place};
use crate::mapping::expression::Expression;
use crate::model::System;
use crate::model::config::{
    AzureDevOpsScope, Config, FieldMapping, Row, RowSource, RowTarget, SyncRule, TestWorthyScope,
};

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    let rules: Vec<&SyncRule> = config.rules.values().collect();
    for (index, rule) in rules.iter().enumerate() {
        let condition = condition(rule, &mut found);
        if let Some(mapping) = config.mappings.get(&rule.mapping) {
            depends_on_itself(rule, mapping, condition.as_ref(), &mut found);
        }
        for earlier in &rules[..index] {
            let kinds = [earlier, rule].map(|one| config.mappings.get(&one.mapping));
            let [Some(one), Some(other)] = kinds else {
                continue;
            };
            let same_type = one
                .work_item_type
                .eq_ignore_ascii_case(&other.work_item_type);
            if let Some(what) = overlap(earlier, rule, same_type) {
                found.push(overlapping(earlier, rule, &what));
            }
        }
    }
    found
}

/// The compiled `where` of a rule; what is wrong with it is reported.
fn condition(rule: &SyncRule, found: &mut Vec<Finding>) -> Option<Expression> {
    let scope = rule.scope.testworthy.as_ref()?;
    let text = scope.condition.as_deref()?;
    let owner = format!("`where` of rule `{}`", rule.name);
    match super::expression::compile(text, &owner, &where_place(rule, scope)) {
        Ok(expression) => Some(expression),
        Err(refusal) => {
            found.push(*refusal);
            None
        }
    }
}

fn where_place(rule: &SyncRule, scope: &TestWorthyScope) -> Location {
    Location {
        file: rule.origin.file.clone(),
        place: Place::Line(scope.condition_line.unwrap_or(rule.origin.line)),
    }
}

/// Why a row has to do with what a rule selects by, if it does.
type Selects<'a> = Box<dyn Fn(&Row) -> Option<String> + 'a>;

/// A scope of a written side that reads what rows write there.
fn depends_on_itself(
    rule: &SyncRule,
    mapping: &FieldMapping,
    condition: Option<&Expression>,
    found: &mut Vec<Finding>,
) {
    for target in rule.targets() {
        let rows = mapping.rows.iter().filter(|row| may_write(row, target));
        let (key, place, selects): (_, _, Selects<'_>) = match target {
            System::TestWorthy => {
                let (Some(condition), Some(scope)) = (condition, &rule.scope.testworthy) else {
                    continue;
                };
                let names = |row: &Row| match &row.source {
                    RowSource::Field(name) if condition.names().any(|read| read == name) => {
                        Some(name.clone())
                    }
                    _ => None,
                };
                ("where", where_place(rule, scope), Box::new(names))
            }
            System::AzureDevOps => {
                let scope = rule.scope.azure_devops.as_ref();
                let Some(wiql) = scope.and_then(|scope| scope.wiql.as_deref()) else {
                    continue;
                };
                let wiql = wiql.to_lowercase();
                let names = move |row: &Row| match &row.target {
                    RowTarget::Field(name)
                        if wiql.contains(&format!("[{}]", name.to_lowercase())) =>
                    {
                        Some(name.clone())
                    }
                    _ => None,
                };
                ("wiql", place(&rule.origin), Box::new(names))
            }
        };
        for row in rows {
            let Some(field) = selects(row) else { continue };
            let message = format!(
                "`{key}` of rule `{}` selects by `{field}`, which row `{}` of mapping `{}` writes there",
                rule.name, row.name, mapping.name
            );
            found.push(
                Finding::new(&codes::L27_SCOPE_DEPENDS_ON_ITSELF, message)
                    .at(place.clone())
                    .with_related(super::location(row), "the row that writes it"),
            );
        }
    }
}

fn overlapping(earlier: &SyncRule, later: &SyncRule, what: &str) -> Finding {
    let message = format!(
        "rules `{}` and `{}` both select {what} of connection `{}`, and an item belongs to one rule",
        earlier.name, later.name, later.connection
    );
    Finding::new(&sync::OVERLAPPING_RULES, message)
        .at(place(&later.origin))
        .with_related(place(&earlier.origin), "the other rule")
        .with_help("narrow the scope of one of the two; the rule that made a pair keeps it")
}

/// What two rules both select for certain, in words. `None` where it is not certain without asking a
/// server: two different conditions may exclude each other.
fn overlap(one: &SyncRule, other: &SyncRule, same_type: bool) -> Option<String> {
    if one.connection != other.connection {
        return None;
    }
    let shared = |system| one.selects_on(system) && other.selects_on(system);
    let of_cases = || {
        let scopes = (&one.scope.testworthy, &other.scope.testworthy);
        match scopes {
            (Some(one), Some(other)) if shared(System::TestWorthy) => cases(one, other),
            _ => None,
        }
    };
    let of_work_items = || {
        let scopes = (&one.scope.azure_devops, &other.scope.azure_devops);
        match scopes {
            (Some(one), Some(other)) if same_type && shared(System::AzureDevOps) => {
                work_items(one, other)
            }
            _ => None,
        }
    };
    of_cases().or_else(of_work_items)
}

fn cases(one: &TestWorthyScope, other: &TestWorthyScope) -> Option<String> {
    let suite = one.suites.iter().find(|suite| other.suites.contains(suite));
    // On the surface v1 there are no suites, and the project is the scope.
    let of_project = one.suites.is_empty() && other.suites.is_empty();
    if suite.is_none() && !of_project {
        return None;
    }
    let sections = one.sections.is_empty()
        || other.sections.is_empty()
        || one.sections.iter().any(|a| {
            let mut others = other.sections.iter();
            others.any(|b| covers(a, b) || covers(b, a))
        });
    let meets = sections
        && shares(&one.cases, &other.cases)
        && compatible(one.condition.as_deref(), other.condition.as_deref());
    meets.then(|| match suite {
        Some(suite) => format!("cases of suite {suite}"),
        None => "cases of the project".to_owned(),
    })
}

fn work_items(one: &AzureDevOpsScope, other: &AzureDevOpsScope) -> Option<String> {
    let meets = nested(one.area_path.as_deref(), other.area_path.as_deref())
        && nested(
            one.iteration_path.as_deref(),
            other.iteration_path.as_deref(),
        )
        && shares(&one.ids, &other.ids)
        && compatible(one.wiql.as_deref(), other.wiql.as_deref());
    meets.then(
        || match one.area_path.as_ref().or(other.area_path.as_ref()) {
            Some(area) => format!("work items under `{area}`"),
            None => "work items of the project".to_owned(),
        },
    )
}

/// Whether two lists share a member; an empty one is everything.
fn shares<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|member| other.contains(member))
}

/// Conditions that do not exclude each other: the same one, or only one of the two.
fn compatible(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.trim() == other.trim(),
        _ => true,
    }
}

/// Whether one path is at or under the other; a missing one is everything.
fn nested(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return true;
    };
    let names = |path: &str| -> Vec<String> {
        let path = path.trim_matches('\\').to_lowercase();
        path.split('\\').map(str::to_owned).collect()
    };
    let (one, other) = (names(one), names(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// Whether every section of the second pattern fits the first, as far as that is plain to see: the same
/// pattern, or one that ends in `**` before anything else with a wildcard.
fn covers(wide: &str, narrow: &str) -> bool {
    if wide == narrow {
        return true;
    }
    let Some(head) = wide.strip_suffix("**") else {
        return false;
    };
    !head.contains('*') && (narrow.starts_with(head) || narrow == head.trim_end_matches('/'))
}
