//! TestWorthy's own Azure DevOps settings, as plain data.
//!
//! The vendor documents the page (Settings, Integrations, Azure DevOps: organisation, token, project,
//! field mappings) and no interface to it; a server may offer one all the same.

use std::collections::{BTreeMap, BTreeSet};

/// One configuration. Its token is no part of it: Accord never sends one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationSettings {
    /// Its name; with the project, what tells it from others.
    pub name: String,
    /// The TestWorthy project that it belongs to.
    pub project_id: u64,
    /// The organisation's address.
    pub organization_url: String,
    /// The Azure DevOps project.
    pub project: String,
    /// Which field corresponds to which.
    pub mappings: Vec<IntegrationMapping>,
    /// Whether somebody has entered a personal access token.
    pub has_personal_access_token: bool,
}

/// One line of a configuration's field mappings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IntegrationMapping {
    /// The field in TestWorthy.
    pub testworthy: String,
    /// The field in Azure DevOps.
    pub azure_devops: String,
}

impl IntegrationSettings {
    /// The organisation's address without the slash at its end, which servers add or drop.
    pub fn organization(&self) -> &str {
        self.organization_url.trim_end_matches('/')
    }

    /// What each TestWorthy field is mapped to, whatever the order on the wire.
    pub fn targets(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut targets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in &self.mappings {
            let fields = targets.entry(row.testworthy.as_str()).or_default();
            fields.insert(row.azure_devops.as_str());
        }
        targets
    }

    /// Whether both say the same, the token left aside.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.name == other.name
            && self.project_id == other.project_id
            && self.organization() == other.organization()
            && self.project == other.project
            && self.targets() == other.targets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> IntegrationSettings {
        let row = |testworthy: &str, azure_devops: &str| IntegrationMapping {
            testworthy: testworthy.to_owned(),
            azure_devops: azure_devops.to_owned(),
        };
        IntegrationSettings {
            name: "web-shop".to_owned(),
            project_id: 7,
            organization_url: "https://dev.azure.com/contoso".to_owned(),
            project: "Web Shop".to_owned(),
            mappings: vec![row("title", "System.Title"), row("title", "Custom.Name")],
            has_personal_access_token: false,
        }
    }

    #[test]
    fn order_repetition_a_last_slash_and_the_token_make_no_difference() {
        let mut other = settings();
        other.mappings.reverse();
        other.mappings.push(other.mappings[0].clone());
        other.organization_url.push('/');
        other.has_personal_access_token = true;
        assert!(settings().agrees_with(&other));
    }

    #[test]
    fn every_other_difference_counts() {
        let changes: [fn(&mut IntegrationSettings); 5] = [
            |s| s.name.push('x'),
            |s| s.project_id += 1,
            |s| s.organization_url.push('x'),
            |s| s.project.push('x'),
            |s| s.mappings.truncate(1),
        ];
        for change in changes {
            let mut other = settings();
            change(&mut other);
            assert!(!settings().agrees_with(&other), "{other:?}");
        }
    }
}
