//! People: who is who on the other side.
//!
//! The connection's `users` name them; whoever is not named there and goes by an e-mail address is looked
//! for under the same address. Display names are never compared: two people may share one.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

/// The user table of a connection, read both ways, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Users {
    to_azure_devops: BTreeMap<String, String>,
    to_testworthy: BTreeMap<String, String>,
}

impl Users {
    /// From `users` of a connection: TestWorthy address to Azure DevOps name.
    pub(super) fn new(table: &IndexMap<String, String>) -> Self {
        let pairs = table
            .iter()
            .map(|(left, right)| (left.to_lowercase(), right.to_lowercase()));
        Self {
            to_testworthy: pairs.clone().map(|(left, right)| (right, left)).collect(),
            to_azure_devops: pairs.collect(),
        }
    }

    /// The Azure DevOps name of a TestWorthy user in canonical form.
    pub(super) fn to_azure_devops(&self, user: &str) -> Option<String> {
        self.to_azure_devops
            .get(user)
            .cloned()
            .or_else(|| address(user))
    }

    /// The TestWorthy address of an Azure DevOps user in canonical form.
    pub(super) fn to_testworthy(&self, user: &str) -> Option<String> {
        self.to_testworthy
            .get(user)
            .cloned()
            .or_else(|| address(user))
    }

    /// Digest of the table: a row that uses it means something else when it changes.
    pub(super) fn feed(&self, hash: &mut Sha256) {
        for (left, right) in &self.to_azure_devops {
            for part in [left, right] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
    }
}

fn address(user: &str) -> Option<String> {
    let (name, host) = user.split_once('@')?;
    let plain = !name.is_empty() && host.contains('.') && !user.contains([' ', '<', '>']);
    plain.then(|| user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_comes_first_then_the_address_and_nobody_is_guessed() {
        let table = [("Ada@example.test", "ada@Contoso.example")];
        let table = table.map(|(l, r)| (l.to_owned(), r.to_owned()));
        let users = Users::new(&IndexMap::from(table));
        let ada = Some("ada@contoso.example".to_owned());
        assert_eq!(users.to_azure_devops("ada@example.test"), ada);
        assert_eq!(
            users.to_testworthy("ada@contoso.example").as_deref(),
            Some("ada@example.test")
        );
        let grace = "grace@example.test";
        assert_eq!(users.to_azure_devops(grace).as_deref(), Some(grace));
        for nobody in ["512", "ada example", "ada@", "a b@example.test"] {
            assert_eq!(users.to_azure_devops(nobody), None, "{nobody}");
        }
    }
}
