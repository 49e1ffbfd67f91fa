//! What a row loses: values that cannot come back, formatting, texts that may not fit.

use super::facts::Facts;
use crate::diagnostics::catalog::lint as codes;
use crate::diagnostics::{Finding, quote};
use crate::mapping::form::fold;
use crate::mapping::resolve::finding;
use crate::model::config::{Codec, FieldMapping, RowSource, Unmapped};
use crate::model::{AzureFieldKind, CaseFieldKind, Direction, System};

/// What plain text cannot show.
const DROPPED: &str = "bold, italic and other emphasis, links (their text stays), images, tables and lists as \
     such, headings, code and colours";

/// Case fields of one type that hold texts of any length.
const LONG_TEXTS: [&str; 1] = ["gherkin"];

pub(super) fn check(mapping: &FieldMapping, facts: &Facts<'_>, found: &mut Vec<Finding>) {
    if facts.is_two_way() {
        found.extend(no_way_back(facts).map(|why| {
            finding(mapping, facts.row, &codes::L09_LOSSY, why).with_help(
                "write `direction: toAzureDevOps` or `direction: toTestWorthy`, or map a field of the same kind",
            )
        }));
    } else {
        found.extend(formatting(mapping, facts));
    }
    if !facts.is_two_way() || facts.usage.flat_both_ways.is_empty() {
        let flat = flat_steps(facts, &facts.usage.flat);
        found.extend(flat.filter(|_| facts.writes(System::TestWorthy)).map(|why| {
            finding(mapping, facts.row, &codes::STEPS_MAY_NOT_FIT, why).with_help(
                "reach TestWorthy over `api: automation`, or let the row go `direction: toAzureDevOps`",
            )
        }));
    }
    found.extend(length(mapping, facts));
}

/// Formatted text on one side and plain text on the other: true if the case's side is the formatted one.
fn mixed_text(facts: &Facts<'_>) -> Option<bool> {
    use AzureFieldKind as Kind;
    let (name, case) = facts.case()?;
    // Editors write HTML into custom fields that are formatted.
    let formatted = case == CaseFieldKind::RichText
        || (name.starts_with("custom.") && facts.codec() == Some(Codec::RichText));
    let plain = case == CaseFieldKind::Text && !name.starts_with("custom.");
    match facts.azure_kind()? {
        Kind::String | Kind::PlainText if formatted => Some(true),
        Kind::Html | Kind::History if plain => Some(false),
        _ => None,
    }
}

fn no_way_back(facts: &Facts<'_>) -> Option<String> {
    if facts.is_computed() {
        let what = "a computed value has no way back, so the row cannot go both ways";
        return Some(what.to_owned());
    }
    if let Some(why) = flat_steps(facts, &facts.usage.flat_both_ways) {
        return Some(why);
    }
    if let Some(case_is_rich) = mixed_text(facts) {
        let (rich, plain) = if case_is_rich {
            (System::TestWorthy, System::AzureDevOps)
        } else {
            (System::AzureDevOps, System::TestWorthy)
        };
        return Some(format!(
            "{rich} holds formatted text here and {plain} plain text, so an edit in {plain} would \
             remove the formatting in {rich}"
        ));
    }
    match facts.codec() {
        Some(Codec::Path) => {
            many_to_one(facts).or_else(|| substituted(facts, "paths", "which one it"))
        }
        Some(Codec::User) => substituted(facts, "people", "who it"),
        _ => None,
    }
}

/// A substitute for whatever nothing is known of. Of value tables this is judged value by value ([`super::table`]).
fn substituted(facts: &Facts<'_>, what: &str, which: &str) -> Option<String> {
    let values = facts.row.values.as_ref()?;
    let Unmapped::Use(value) = &values.unmapped else {
        return None;
    };
    Some(format!(
        "{what} without an entry become {}, and nothing says {which} was",
        quote(&value.to_string())
    ))
}

/// Steps of a surface that keeps fewer parts of them than a work item does.
fn flat_steps(facts: &Facts<'_>, over: &[String]) -> Option<String> {
    if facts.codec() != Some(Codec::Steps) || over.is_empty() {
        return None;
    }
    let connections: Vec<&str> = over.iter().map(String::as_str).collect();
    Some(format!(
        "over `api: v1` (connection {}) a case keeps its steps as plain lines and one expected result, \
         that of the last step; work items hold a formatted one for every step",
        super::quoted_texts(&connections)
    ))
}

/// A table of paths that cannot be read backwards.
fn many_to_one(facts: &Facts<'_>) -> Option<String> {
    let values = facts.row.values.as_ref()?;
    if let Some((pattern, path)) = values
        .values
        .iter()
        .find(|(pattern, _)| pattern.contains('*'))
    {
        return Some(format!(
            "every path that fits {} becomes {}, and nothing says which one it was",
            quote(pattern),
            quote(&path.to_string())
        ));
    }
    let mut entries = values.values.iter().enumerate();
    entries.find_map(|(index, (second, path))| {
        let same = |other: &String| fold(other) == fold(&path.to_string());
        let mut before = values.values.iter().take(index);
        let (first, _) = before.find(|(_, earlier)| same(&earlier.to_string()))?;
        Some(format!(
            "{} and {} both become {}, and nothing says which one it was",
            quote(first),
            quote(second),
            quote(&path.to_string())
        ))
    })
}

fn formatting(mapping: &FieldMapping, facts: &Facts<'_>) -> Option<Finding> {
    let case_is_rich = mixed_text(facts)?;
    let plain = if case_is_rich {
        System::AzureDevOps
    } else {
        System::TestWorthy
    };
    let declared = facts.row.direction.is_some_and(|way| way.writes(plain));
    if !facts.writes(plain) && !declared {
        return None;
    }
    let what = format!("{plain} keeps plain text here, so this is dropped: {DROPPED}");
    Some(
        finding(
            mapping,
            facts.row,
            &codes::L10_FORMATTING_DROPPED,
            what,
        )
        .with_help("map it to a field of formatted text; if plain text is enough, `allow: [{ code: L10, reason: ... }]` says so"),
    )
}

/// A source without a limit and a target of one line.
fn length(mapping: &FieldMapping, facts: &Facts<'_>) -> Option<Finding> {
    let target = facts.azure()?;
    let to_azure =
        facts.writes(System::AzureDevOps) || facts.row.direction == Some(Direction::ToAzureDevOps);
    let picks = facts.row.values.is_some() || facts.codec() == Some(Codec::Picklist);
    if facts.azure_kind() != Some(AzureFieldKind::String) || !to_azure || picks {
        return None;
    }
    let what = match &facts.row.source {
        RowSource::Constant(_) => return None,
        RowSource::Expression(text) => {
            let read = super::expression::reads(text);
            let long = read.iter().find(|name| is_long(name))?;
            format!(
                "the expression reads `{long}`, which may hold any number of characters, and `{target}` holds 255 on one line"
            )
        }
        RowSource::Field(name) if is_long(name) => format!(
            "`{name}` may hold any number of characters and lines, and `{target}` holds 255 on one line"
        ),
        RowSource::Field(_) => return None,
    };
    Some(
        finding(mapping, facts.row, &codes::L11_MAY_BE_TOO_LONG, what)
            .with_help("nothing is cut: longer ones wait. Map it to a field of long text"),
    )
}

fn is_long(name: &str) -> bool {
    LONG_TEXTS.contains(&name)
        || crate::model::CaseField::find(name).is_some_and(|field| {
            matches!(field.kind, CaseFieldKind::RichText | CaseFieldKind::Steps)
        })
}
