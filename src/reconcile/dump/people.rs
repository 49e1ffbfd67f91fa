//! Who is who: a `users` table for the connection, as a comment, from the addresses that both systems
//! showed. Nothing else of a person is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::seen::Seen;
use super::text::{comment, quoted, told};
use crate::model::{AzureFieldKind, Value};

/// The proposal; `None` if no person of TestWorthy was seen by address.
pub(super) fn proposal(seen: &Seen) -> Option<String> {
    let theirs = azure_devops(seen);
    let ours = testworthy(seen);
    if ours.is_empty() {
        return None;
    }
    let mut text = comment(
        0,
        &format!(
            "A proposal for `users` in the spec of connection `{}`, which is your file. Addresses of people: keep \
             this out of the repository if they do not belong there. Equal addresses, and names before the @ that \
             only one person of Azure DevOps has, are taken as one person: check each.",
            seen.connection.name
        ),
    );
    let mut unknown = Vec::new();
    let mut entries = String::new();
    for address in &ours {
        match counterpart(address, &theirs) {
            Some(name) => {
                let _ = writeln!(entries, "#   {}: {}", quoted(address), quoted(name));
            }
            None => unknown.push(told(address)),
        }
    }
    if entries.is_empty() {
        text.push_str("# users: {}\n");
    } else {
        text.push_str("# users:\n");
        text.push_str(&entries);
    }
    if !unknown.is_empty() {
        let list = format!(
            "Seen in TestWorthy and not in Azure DevOps: {}.",
            unknown.join(", ")
        );
        text.push_str(&comment(0, &list));
    }
    Some(text)
}

/// Addresses of people in the cases.
fn testworthy(seen: &Seen) -> BTreeSet<String> {
    let cases = seen.cases.values();
    let people = cases.flat_map(|case| {
        let fields = ["createdBy", "modifiedBy"];
        fields
            .into_iter()
            .filter_map(|field| case.fields.get(field)?.as_text())
    });
    people.filter_map(address).collect()
}

/// Names of people in the work items, as they can be written back, by their lower-case form.
fn azure_devops(seen: &Seen) -> BTreeMap<String, String> {
    let mut people = BTreeMap::new();
    for of in &seen.types {
        let fields = of.live.fields.iter();
        let fields: Vec<&String> = fields
            .filter(|(_, field)| field.definition.kind == AzureFieldKind::Identity)
            .map(|(name, _)| name)
            .collect();
        for item in seen.items.values() {
            let names = fields.iter().filter_map(|field| item.fields.get(*field));
            for name in names.filter_map(Value::as_text).filter_map(address) {
                people.entry(name.to_lowercase()).or_insert(name);
            }
        }
    }
    people
}

fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (name, domain) = text.split_once('@')?;
    let is_address = !name.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace);
    is_address.then(|| text.to_owned())
}

fn counterpart<'a>(address: &str, people: &'a BTreeMap<String, String>) -> Option<&'a String> {
    let wanted = address.to_lowercase();
    if let Some(same) = people.get(&wanted) {
        return Some(same);
    }
    let before = |text: &str| text.split_once('@').map(|(name, _)| name.to_owned());
    let name = before(&wanted)?;
    let mut alike = people
        .iter()
        .filter(|(known, _)| before(known).as_ref() == Some(&name));
    let (_, found) = alike.next()?;
    alike.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_matched_by_address_and_never_guessed() {
        let people: BTreeMap<String, String> =
            ["Ada@contoso.example", "bo@a.example", "bo@b.example"]
                .into_iter()
                .map(|name| (name.to_lowercase(), name.to_owned()))
                .collect();
        let found = |address| counterpart(address, &people).map(String::as_str);
        assert_eq!(found("ada@contoso.example"), Some("Ada@contoso.example"));
        assert_eq!(found("ADA@shop.example"), Some("Ada@contoso.example"));
        assert_eq!(found("bo@shop.example"), None, "two of that name");
        assert_eq!(found("cy@shop.example"), None);
        assert_eq!(address(" a@b "), Some("a@b".to_owned()));
        assert_eq!(address("512"), None);
    }
}
