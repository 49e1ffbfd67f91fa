//! Rows that carry people.

use super::facts::Facts;
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::lint as codes;
use crate::mapping::resolve::finding;
use crate::model::config::{Codec, FieldMapping};

/// People cannot be told apart by their display name, so a row of people wants a table of them. Who is
/// missing in the table is known once items are read ([`super::seen`]).
pub(super) fn check(mapping: &FieldMapping, facts: &Facts<'_>, found: &mut Vec<Finding>) {
    if facts.codec() != Some(Codec::User) || facts.usage.without_users.is_empty() {
        return;
    }
    let connections: Vec<&str> = facts
        .usage
        .without_users
        .iter()
        .map(String::as_str)
        .collect();
    let what = format!(
        "it carries people, and connection {} names nobody under `users`: only who has the same \
         e-mail address in both systems is found",
        super::quoted_texts(&connections)
    );
    found.push(
        finding(mapping, facts.row, &codes::L16_PEOPLE_NOT_COVERED, what)
            .with_help("add `users` to the connection, or accept it with `allow: [{ code: L16, reason: ... }]`"),
    );
}
