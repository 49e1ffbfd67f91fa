//! What a reviewer of changed manifests must not miss, in words.

use std::collections::BTreeMap;

use super::declared::mapping::new_names;
use super::declared::{Key, What};
use super::document::{Attention, ChangeKind, DeclarationChange, Level};
use crate::model::config::{
    AzureDevOpsCredential, ChangeLimit, Config, Connection, CustomField, DeletedCase,
    DeletedWorkItem, DriftPolicy, FieldMapping, Integration, Project, Row, SyncRule,
    TestWorthySurface, Unmapped, Winner,
};
use crate::model::{Name, System};

/// Collects sentences.
#[derive(Default)]
struct Said(Vec<Attention>);

impl Said {
    fn danger(&mut self, message: impl Into<String>) {
        self.say(Level::Danger, message.into());
    }

    fn caution(&mut self, message: impl Into<String>) {
        self.say(Level::Caution, message.into());
    }

    fn say(&mut self, level: Level, message: String) {
        self.0.push(Attention { level, message });
    }
}

/// What is to be said about a changed declaration, worst first.
pub(super) fn of(
    (before, after): (&Config, &Config),
    key: &Key,
    change: &DeclarationChange,
) -> Vec<Attention> {
    let mut said = Said::default();
    let name = Name::new(&key.name).ok();
    let name = name.as_ref();
    match key.what {
        What::Project => project(&mut said, &before.project, &after.project),
        What::Connection => {
            let of = |config: &Config| name.and_then(|name| config.connections.get(name)).cloned();
            connection(&mut said, of(before).as_ref(), of(after).as_ref());
        }
        What::CustomField => {
            let of = |config: &Config| name.and_then(|n| config.custom_fields.get(n)).cloned();
            custom_field(&mut said, of(before).as_ref(), of(after).as_ref());
        }
        What::FieldMapping => {
            let of = |config: &Config| name.and_then(|name| config.mappings.get(name)).cloned();
            if let (Some(old), Some(new)) = (of(before), of(after)) {
                mapping(&mut said, &old, &new);
            }
        }
        What::SyncRule => {
            let of = |config: &Config| name.and_then(|name| config.rules.get(name)).cloned();
            match (of(before), of(after)) {
                (Some(old), Some(new)) => rule(&mut said, &old, &new),
                (Some(_), None) => said.caution(
                    "the next apply forgets its links; the items stay as they are, and are no longer kept in step",
                ),
                (None, Some(new)) => new_rule(&mut said, &new),
                (None, None) => {}
            }
        }
        What::MappingTest => {
            if change.change == ChangeKind::Removed {
                said.caution("what its examples guarded is no longer tested");
            }
        }
    }
    said.0.sort_by_key(|one| std::cmp::Reverse(one.level));
    said.0
}

fn project(said: &mut Said, old: &Project, new: &Project) {
    if old.state != new.state {
        said.danger(
            "the state is kept elsewhere: what both sides held when they were last in accord is not there, so pairs are \
             recognised anew by their marks and edits of both sides look like conflicts",
        );
    }
    let limits = [
        ("updates", old.safety.updates, new.safety.updates),
        ("deletes", old.safety.deletes, new.safety.deletes),
    ];
    for (what, old, new) in limits {
        if is_looser(old, new) {
            let message = format!(
                "the limit on {what} is loosened, from {} to {} in one run",
                limit(old),
                limit(new)
            );
            if what == "deletes" {
                said.danger(message);
            } else {
                said.caution(message);
            }
        }
    }
    if new.settle < old.settle {
        said.caution("a write without an answer is given up sooner, and may then be sent twice");
    }
}

/// Whether the newer limit lets something through that the older one held back.
fn is_looser(old: ChangeLimit, new: ChangeLimit) -> bool {
    let looser = |old: Option<f64>, new: Option<f64>| match (old, new) {
        (Some(_), None) => true,
        (Some(old), Some(new)) => new > old,
        (None, _) => false,
    };
    let count = match (old.max_count, new.max_count) {
        (Some(_), None) => true,
        (Some(old), Some(new)) => new > old,
        (None, _) => false,
    };
    looser(old.max_percent, new.max_percent) || count
}

fn limit(limit: ChangeLimit) -> String {
    match (limit.max_percent, limit.max_count) {
        (None, None) => "no limit".to_owned(),
        (Some(percent), None) => format!("{percent} %"),
        (None, Some(count)) => format!("{count} items"),
        (Some(percent), Some(count)) => format!("{percent} % or {count} items"),
    }
}

fn connection(said: &mut Said, old: Option<&Connection>, new: Option<&Connection>) {
    let addresses = |one: &Connection| {
        [
            (System::TestWorthy, one.testworthy.url.clone()),
            (
                System::AzureDevOps,
                one.azure_devops.organization_url.clone(),
            ),
        ]
    };
    let Some(new) = new else {
        return;
    };
    let Some(old) = old else {
        for (system, url) in addresses(new) {
            said.caution(format!("credentials of {system} would go to {url}"));
        }
        return;
    };
    for ((system, old), (_, new)) in addresses(old).into_iter().zip(addresses(new)) {
        if old != new {
            said.danger(format!(
                "credentials of {system} would go to {new} instead of {old}; links belong to the old place and do not \
                 count there"
            ));
        }
    }
    if old.azure_devops.project != new.azure_devops.project {
        said.danger(
            "another Azure DevOps project: work items of the old one are no longer of this connection",
        );
    }
    let references = |one: &Connection| -> Vec<(String, String)> {
        let secrets = one.testworthy.secrets().into_iter();
        let secrets = secrets.map(|(key, secret)| (key.to_owned(), format!("{secret:?}")));
        let credential = &one.azure_devops.credential;
        let own = (
            credential_key(credential).to_owned(),
            format!("{credential:?}"),
        );
        secrets.chain([own]).collect()
    };
    let (before, after) = (&old.azure_devops.credential, &new.azure_devops.credential);
    if credential_key(before) != credential_key(after) {
        let (before, after) = (credential_key(before), credential_key(after));
        said.danger(format!(
            "{after} would open Azure DevOps instead of {before}"
        ));
    }
    let known = references(old);
    for (key, reference) in references(new) {
        let same = known.contains(&(key.clone(), reference));
        if !same && known.iter().any(|(one, _)| *one == key) {
            said.danger(format!("another secret would be sent as {key}"));
        }
    }
    match (&old.testworthy.surface, &new.testworthy.surface) {
        (TestWorthySurface::Automation { .. }, TestWorthySurface::V1 { .. })
        | (TestWorthySurface::V1 { .. }, TestWorthySurface::Automation { .. }) => {
            said.danger("another surface of TestWorthy: other credentials are sent, and it has other fields");
        }
        (
            TestWorthySurface::Automation { operations: a, .. },
            TestWorthySurface::Automation { operations: b, .. },
        ) if a != b => said.caution("requests go to other paths of TestWorthy"),
        (
            TestWorthySurface::V1 { project_id: a, .. },
            TestWorthySurface::V1 { project_id: b, .. },
        ) if a != b => {
            said.danger("another TestWorthy project");
        }
        _ => {}
    }
    if old.testworthy.case_url != new.testworthy.case_url {
        said.caution("links on new work items lead people to another address");
    }
    if old.testworthy.integration == Integration::Ignore
        && new.testworthy.integration == Integration::Manage
    {
        said.caution("TestWorthy's own Azure DevOps settings would be written");
    }
}

fn custom_field(said: &mut Said, old: Option<&CustomField>, new: Option<&CustomField>) {
    match (old, new) {
        (None, Some(_)) => {
            said.caution("the field would be made in the organisation, for every project");
        }
        (Some(_), None) => {
            said.caution("the field stays in Azure DevOps and is only no longer declared");
        }
        (Some(old), Some(new)) => {
            if !old.is_called(&new.reference_name) {
                said.caution("another field would be made; the old one stays with its values");
            } else if old.kind() != new.kind() || old.is_picklist() != new.is_picklist() {
                said.caution("the type of a field that exists cannot be changed; a plan says what is missing");
            }
        }
        (None, None) => {}
    }
}

fn mapping(said: &mut Said, old: &FieldMapping, new: &FieldMapping) {
    if !old.work_item_type.eq_ignore_ascii_case(&new.work_item_type) {
        said.danger(format!(
            "another work item type, {} instead of {}: linked items of the old one no longer fit",
            new.work_item_type, old.work_item_type
        ));
    }
    let names = new_names(old, new);
    for row in &old.rows {
        let name = names.get(&row.name).unwrap_or(&row.name);
        let Some(other) = new.rows.iter().find(|one| one.name == *name) else {
            continue;
        };
        if row.sensitive && !other.sensitive {
            said.danger(format!(
                "`{name}` is no longer sensitive: its values would stand in plans and comments"
            ));
        }
        let policy = |map: &Option<crate::model::config::ValueMap>| {
            map.as_ref()
                .map_or(Unmapped::Hold, |map| map.unmapped.clone())
        };
        let (from, to) = (policy(&row.values), policy(&other.values));
        if from != to && matches!(to, Unmapped::Use(_)) {
            said.caution(format!(
                "`{name}`: values without an entry would be written as another one instead of waiting"
            ));
        }
        if !overwrites(row.conflict) && overwrites(other.conflict) {
            said.caution(format!(
                "`{name}`: where both sides were edited, no person is asked any more"
            ));
        }
        for allowed in &other.allow {
            if !row.allow.iter().any(|one| one.code == allowed.code) {
                said.caution(format!(
                    "`{name}`: the finding {} is accepted",
                    allowed.code
                ));
            }
        }
    }
    shown_by_others(said, (old, new), &names);
}

/// Rows that show what only sensitive ones carried. A row that is itself no longer sensitive is told as such.
fn shown_by_others(
    said: &mut Said,
    (old, new): (&FieldMapping, &FieldMapping),
    names: &BTreeMap<String, String>,
) {
    for row in new.rows.iter().filter(|row| !row.sensitive) {
        let reads = |one: &&Row| one.source == row.source;
        let was = old
            .rows
            .iter()
            .find(|one| names.get(&one.name).unwrap_or(&one.name) == &row.name);
        // Where one sensitive row is left, what is read from the same place is as sensitive.
        let is_hidden = new.rows.iter().filter(reads).any(|one| one.sensitive);
        if is_hidden || was.is_some_and(|was| was.sensitive) {
            continue;
        }
        if let Some(hidden) = old.rows.iter().filter(reads).find(|one| one.sensitive) {
            said.danger(format!(
                "`{}` reads what the sensitive `{}` did and is not sensitive: its values would stand in plans and comments",
                row.name, hidden.name
            ));
        }
    }
}

/// Whether a policy decides without a person.
fn overwrites(winner: Option<Winner>) -> bool {
    winner.is_some_and(|winner| winner != Winner::Manual)
}

fn new_rule(said: &mut Said, rule: &SyncRule) {
    if rule.when_deleted.testworthy == DeletedCase::Recycle {
        said.caution("work items of deleted cases would go to the recycle bin");
    }
    if rule.first_sync != Winner::Manual && rule.is_two_way() {
        said.caution("pairs that meet for the first time are overwritten without asking");
    }
}

fn rule(said: &mut Said, old: &SyncRule, new: &SyncRule) {
    if old.connection != new.connection {
        said.danger("it would run between other places; links belong to the old ones and do not count there");
    }
    if old.mapping != new.mapping {
        said.caution("another mapping: fields of every linked item may be written");
    }
    if old.direction != new.direction {
        let written: Vec<String> = [System::TestWorthy, System::AzureDevOps]
            .into_iter()
            .filter(|system| new.writes(*system) && !old.writes(*system))
            .map(|system| system.to_string())
            .collect();
        said.danger(if written.is_empty() {
            "another direction".to_owned()
        } else {
            format!(
                "another direction: {} would be written, which was only read",
                written.join(" and ")
            )
        });
    }
    if old.scope != new.scope && without_lines(old) != without_lines(new) {
        said.caution(
            "other items are selected; those that leave the scope are no longer kept in step",
        );
    }
    for system in [System::TestWorthy, System::AzureDevOps] {
        if *new.creates.get(system) && !*old.creates.get(system) {
            said.caution(format!("items would be made in {system}"));
        }
    }
    if old.drift != DriftPolicy::Enforce && new.drift == DriftPolicy::Enforce {
        said.caution("edits made on the target would be overwritten");
    }
    let deletes_more = (old.when_deleted.testworthy != new.when_deleted.testworthy
        && matches!(
            new.when_deleted.testworthy,
            DeletedCase::Close | DeletedCase::Recycle
        ))
        || (old.when_deleted.azure_devops != new.when_deleted.azure_devops
            && new.when_deleted.azure_devops == DeletedWorkItem::Disable);
    if deletes_more {
        said.caution("an item would be put away when the other one of its pair is deleted");
    }
    let policies = [
        (Some(old.first_sync), Some(new.first_sync)),
        (old.conflicts.default, new.conflicts.default),
    ];
    let loosened = policies
        .into_iter()
        .any(|(old, new)| overwrites(new) && !overwrites(old));
    let of_rows = new.conflicts.fields.iter().any(|(row, winner)| {
        overwrites(Some(*winner)) && !overwrites(old.conflicts.fields.get(row).copied())
    });
    if loosened || of_rows {
        said.caution("where both sides differ, a policy would decide and not a person");
    }
}

/// The scope without where it is declared.
fn without_lines(rule: &SyncRule) -> crate::model::config::Scope {
    let mut scope = rule.scope.clone();
    if let Some(cases) = &mut scope.testworthy {
        cases.condition_line = None;
    }
    scope
}

/// The key that a credential of Azure DevOps is declared under.
fn credential_key(credential: &AzureDevOpsCredential) -> &'static str {
    match credential {
        AzureDevOpsCredential::PersonalAccessToken(_) => "azureDevOps.personalAccessToken",
        AzureDevOpsCredential::WorkloadIdentity(_) => "azureDevOps.entra",
    }
}
