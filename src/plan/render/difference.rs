//! How two plans differ, as a person reads it: manifests, scope and connections first, because they say
//! why; then operations that came (`+`), went (`-`) and changed (`~`), field by field.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::text::{escape, quote};
use crate::model::System;
use crate::plan::compare::{
    ChangedOperation, Comparison, Difference, FieldDifference, OperationDifference, Versions,
};
use crate::plan::{Action, Change, FieldChange, Precondition, Reason, SafetyVerdict};

/// Operations that are listed with their fields.
const LISTED: usize = 40;
/// Fields of one operation that are listed.
const FIELDS: usize = 12;
/// Characters of a value.
const VALUE: usize = 60;

/// The differences as text, each line ended; nothing where there are none. Foreign text is escaped, values
/// are cut, and lists are capped and say how many more there are.
pub fn difference(comparison: &Comparison) -> String {
    let mut text = String::new();
    if let Some(digests) = &comparison.manifests {
        let (then, now) = (escape(&digests.then), escape(&digests.now));
        let _ = writeln!(text, "manifests: digest {then} then, {now} now");
    }
    if let Some(scope) = &comparison.scope {
        let (then, now) = (narrowed(&scope.then), narrowed(&scope.now));
        let _ = writeln!(text, "scope: {then} then, {now} now");
    }
    for connection in &comparison.connections {
        connection_line(&mut text, connection);
    }
    if let Some(safety) = &comparison.safety {
        let (then, now) = (verdict(safety.then), verdict(safety.now));
        let _ = writeln!(text, "safety: {then} then, {now} now");
    }
    if comparison.operations.is_empty() {
        return text;
    }
    let counts = comparison.counts();
    let mut parts = Vec::new();
    for (count, word) in [
        (counts.came, "came"),
        (counts.went, "went"),
        (counts.changed, "changed"),
        (
            counts.precondition,
            "the same on an item that was touched since",
        ),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let _ = writeln!(text, "operations: {}", parts.join(", "));
    for operation in comparison.operations.iter().take(LISTED) {
        operation_lines(&mut text, operation);
    }
    if comparison.operations.len() > LISTED {
        let rest = comparison.operations.len() - LISTED;
        let _ = writeln!(text, "  ... and {rest} more");
    }
    text
}

/// What is not the same of an operation, in one sentence without its end.
pub fn changed_operation(changed: &ChangedOperation) -> String {
    let mut parts = Vec::new();
    if let Some(precondition) = &changed.precondition {
        parts.push(format!(
            "the item was touched since: approved at {}, now at {}",
            condition(precondition.then.as_ref()),
            condition(precondition.now.as_ref())
        ));
    }
    if let Some(action) = &changed.action {
        let (then, now) = (verb(action.then), verb(action.now));
        parts.push(format!("it would {now} and not {then}"));
    }
    if let Some(item) = &changed.item {
        parts.push(format!(
            "it is about {} and not about {}",
            pair(item.now),
            pair(item.then)
        ));
    }
    if let Some(reason) = &changed.reason {
        parts.push(format!(
            "its reason is {} and not {}",
            reason_key(reason.now),
            reason_key(reason.then)
        ));
    }
    if !changed.fields.is_empty() {
        let shown: Vec<String> = changed.fields.iter().take(3).map(field_sentence).collect();
        let rest = changed.fields.len() - shown.len();
        let more = if rest > 0 {
            format!(" and {rest} more")
        } else {
            String::new()
        };
        parts.push(format!("other values: {}{more}", shown.join(", ")));
    }
    parts.join("; ")
}

fn connection_line(text: &mut String, connection: &Versions<Option<crate::plan::ConnectionEntry>>) {
    let told = |entry: &crate::plan::ConnectionEntry| {
        format!(
            "{} <-> {}, project {}",
            escape(&entry.testworthy),
            escape(&entry.azure_devops),
            quote(&entry.project, VALUE)
        )
    };
    let _ = match (&connection.then, &connection.now) {
        (Some(then), Some(now)) => {
            let name = escape(&then.name);
            writeln!(
                text,
                "connection {name}: {} then, {} now",
                told(then),
                told(now)
            )
        }
        (Some(then), None) => writeln!(text, "connection {}: no longer", escape(&then.name)),
        (None, Some(now)) => {
            let name = escape(&now.name);
            writeln!(text, "connection {name}: only now, {}", told(now))
        }
        (None, None) => Ok(()),
    };
}

fn operation_lines(text: &mut String, operation: &OperationDifference) {
    let titles = [&operation.titles.now, &operation.titles.then];
    let title = titles
        .into_iter()
        .flatten()
        .find(|title| !title.is_empty())
        .map(|title| format!(" {}", quote(title, VALUE)))
        .unwrap_or_default();
    let address = escape(&operation.address);
    let system = operation.system;
    let _ = match &operation.what {
        Difference::Came(change) => whole(text, ('+', "came"), &address, &title, change),
        Difference::Went(change) => whole(text, ('-', "went"), &address, &title, change),
        Difference::Changed(changed) => {
            let _ = writeln!(text, "  ~ {address}{title} in {system}: changed");
            versions(text, changed);
            Ok(())
        }
    };
}

fn whole(
    text: &mut String,
    (symbol, word): (char, &str),
    address: &str,
    title: &str,
    change: &Change,
) -> std::fmt::Result {
    let (verb, system) = (verb(change.action), change.system);
    writeln!(
        text,
        "  {symbol} {address}{title}: {verb} in {system}, {word}"
    )?;
    for field in change.fields.iter().take(FIELDS) {
        writeln!(text, "      {}: {}", escape(&field.path), effect(field))?;
    }
    rest(text, change.fields.len())
}

fn rest(text: &mut String, fields: usize) -> std::fmt::Result {
    if fields > FIELDS {
        writeln!(text, "      ... and {} more fields", fields - FIELDS)?;
    }
    Ok(())
}

fn versions(text: &mut String, changed: &ChangedOperation) {
    if let Some(action) = &changed.action {
        let (then, now) = (verb(action.then), verb(action.now));
        let _ = writeln!(text, "      action: {then} then, {now} now");
    }
    if let Some(reason) = &changed.reason {
        let (then, now) = (reason_key(reason.then), reason_key(reason.now));
        let _ = writeln!(text, "      reason: {then} then, {now} now");
    }
    if let Some(item) = &changed.item {
        let (then, now) = (pair(item.then), pair(item.now));
        let _ = writeln!(text, "      item: {then} then, {now} now");
    }
    for field in changed.fields.iter().take(FIELDS) {
        let _ = writeln!(text, "      {}", field_line(field));
    }
    let _ = rest(text, changed.fields.len());
    if let Some(precondition) = &changed.precondition {
        let _ = writeln!(
            text,
            "      precondition: {} then, {} now",
            condition(precondition.then.as_ref()),
            condition(precondition.now.as_ref())
        );
    }
}

fn field_line(field: &FieldDifference) -> String {
    let path = escape(&field.path);
    match (&field.versions.then, &field.versions.now) {
        (Some(then), Some(now)) => {
            format!("{path}: {} then, {} now", effect(then), effect(now))
        }
        (Some(then), None) => format!("{path}: {} then, not written now", effect(then)),
        (None, Some(now)) => format!("{path}: not written then, {} now", effect(now)),
        (None, None) => path,
    }
}

fn field_sentence(field: &FieldDifference) -> String {
    let path = escape(&field.path);
    match (&field.versions.then, &field.versions.now) {
        (Some(_), None) => format!("{path} is no longer written"),
        (None, Some(_)) => format!("{path} would be written too"),
        _ => field_line(field),
    }
}

fn effect(field: &FieldChange) -> String {
    if field.sensitive {
        return "(sensitive, not shown)".to_owned();
    }
    let shown = |value: Option<&Json>| match value {
        None | Some(Json::Null) => "(none)".to_owned(),
        Some(Json::String(text)) => quote(text, VALUE),
        Some(other) => escape(&super::text::cut(&other.to_string(), VALUE)),
    };
    let (before, after) = (shown(field.before.as_ref()), shown(field.after.as_ref()));
    let via = if field.via.is_empty() {
        String::new()
    } else {
        format!(" by way of {}", escape(&field.via.join(", ")))
    };
    format!("{before} -> {after}{via}")
}

fn condition(precondition: Option<&Precondition>) -> String {
    match precondition {
        None => "no condition".to_owned(),
        Some(Precondition::Rev(rev)) => format!("revision {rev}"),
        Some(Precondition::Fingerprint(digest)) => format!("content {}", escape(digest)),
        Some(Precondition::Absent) => "not there".to_owned(),
    }
}

fn pair((case, item): (Option<u64>, Option<u64>)) -> String {
    match (case, item) {
        (Some(case), Some(item)) => format!("case {case} and work item {item}"),
        (Some(case), None) => format!("case {case}"),
        (None, Some(item)) => format!("work item {item}"),
        (None, None) => "no item".to_owned(),
    }
}

fn narrowed(only: &[String]) -> String {
    if only.is_empty() {
        return "everything".to_owned();
    }
    let shown: Vec<String> = only.iter().take(FIELDS).map(|one| escape(one)).collect();
    let more = if only.len() > FIELDS {
        format!(" and {} more", only.len() - FIELDS)
    } else {
        String::new()
    };
    format!("only {}{more}", shown.join(" "))
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Link => "link",
    }
}

fn verdict(verdict: SafetyVerdict) -> &'static str {
    match verdict {
        SafetyVerdict::Pass => "passed",
        SafetyVerdict::Overridden => "overridden",
        SafetyVerdict::Blocked => "blocked",
    }
}

/// The word that the document uses.
fn reason_key(reason: Reason) -> String {
    match serde_json::to_value(reason) {
        Ok(Json::String(word)) => word,
        _ => format!("{reason:?}"),
    }
}

/// The name of a system as sentences use it.
pub fn place(system: System, action: Action) -> String {
    format!("{} in {system}", verb(action))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::compare::compare;
    use crate::plan::sample;

    #[test]
    fn every_kind_of_difference_has_its_line() {
        let mut then = sample::plan(vec![
            sample::change(Action::Update, 1),
            sample::change(Action::Update, 2),
            sample::change(Action::Create, 3),
        ]);
        then.changes[0].fields = vec![sample::field("System.Title", json!("a"), json!("b"))];
        let mut now = then.clone();
        now.changes[0].fields = vec![sample::field("System.Title", json!("a"), json!("c"))];
        now.changes[1].precondition = Some(Precondition::Rev(4));
        now.changes[2] = sample::change(Action::Delete, 4);
        now.inputs.digest = "e2a5".to_owned();
        now.inputs.only = vec!["SyncRule/regression-cases".to_owned()];
        now.connections[0].project = "Other".to_owned();
        now.safety.verdict = SafetyVerdict::Blocked;
        let text = difference(&compare(&then, &now));
        assert_eq!(
            text,
            "\
manifests: digest d1f4 then, e2a5 now
scope: everything then, only SyncRule/regression-cases now
connection web-shop: https://testworthy.us/ <-> https://dev.azure.com/contoso, project \"Web Shop\" then, https://testworthy.us/ <-> https://dev.azure.com/contoso, project \"Other\" now
safety: passed then, blocked now
operations: 1 came, 1 went, 1 changed, 1 the same on an item that was touched since
  ~ SyncRule/regression-cases/case/210001 \"Pay with card 1\" in Azure DevOps: changed
      System.Title: \"a\" -> \"b\" then, \"a\" -> \"c\" now
  ~ SyncRule/regression-cases/case/210002 \"Pay with card 2\" in Azure DevOps: changed
      precondition: revision 3 then, revision 4 now
  - SyncRule/regression-cases/case/210003 \"Pay with card 3\": create in Azure DevOps, went
  + SyncRule/regression-cases/case/210004 \"Pay with card 4\": delete in Azure DevOps, came
"
        );
        assert_eq!(difference(&compare(&then, &then)), "");
    }

    #[test]
    fn foreign_text_reaches_nobody_as_it_is() {
        let mut then = sample::plan(vec![sample::change(Action::Update, 1)]);
        let mut now = then.clone();
        let hostile = "x\u{1b}[31m\u{202e}";
        then.changes[0].fields = vec![sample::field(hostile, json!(hostile), json!([hostile]))];
        now.changes[0].address.push_str(hostile);
        now.changes[0].item.title = hostile.to_owned();
        now.inputs.digest = hostile.to_owned();
        now.inputs.only = vec![hostile.to_owned()];
        now.connections[0].name = hostile.to_owned();
        now.connections[0].testworthy = hostile.to_owned();
        let text = difference(&compare(&then, &now));
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }

    #[test]
    fn ten_thousand_differences_fit_a_screen_or_two() {
        let changes = |from: u64| {
            (from..from + 10_000)
                .map(|n| sample::change(Action::Update, n))
                .collect()
        };
        let text = difference(&compare(
            &sample::plan(changes(0)),
            &sample::plan(changes(20_000)),
        ));
        assert!(text.lines().count() < 60, "{}", text.lines().count());
        assert!(text.ends_with("  ... and 19960 more\n"), "{text}");
    }
}
