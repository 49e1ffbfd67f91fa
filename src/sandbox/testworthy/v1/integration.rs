//! Settings of integrations with other tools. `GET` and `POST` for Jira and `TestRail` are documented by
//! their paths alone; the pair for Azure DevOps is documented nowhere and mirrors them. Secrets go in and
//! never come out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sandbox::testworthy::{Refusal, Reply, Server};

/// Every tool's settings.
#[derive(Clone, Debug, Default)]
pub struct Integrations {
    tools: BTreeMap<&'static str, Vec<Map<String, Value>>>,
    azure_devops: Vec<AzureDevOpsConfiguration>,
}

/// One set of settings of the Azure DevOps integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureDevOpsConfiguration {
    /// Its id.
    pub id: u64,
    /// Unique in its project.
    pub name: String,
    /// The `TestWorthy` project.
    pub project_id: u64,
    /// Such as `https://dev.azure.com/contoso`.
    pub organization_url: String,
    /// The Azure DevOps project.
    pub project: String,
    /// Which fields go together.
    pub mappings: Vec<MappingRow>,
    /// Never sent to anybody.
    pub personal_access_token: Option<String>,
}

/// One row of the field mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappingRow {
    /// The field in `TestWorthy`.
    pub test_worthy_field: String,
    /// The field in Azure DevOps.
    pub azure_dev_ops_field: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    project_id: u64,
    name: String,
    organization_url: String,
    project: String,
    #[serde(default)]
    mappings: Option<Vec<MappingRow>>,
    #[serde(default)]
    personal_access_token: Option<String>,
}

impl Integrations {
    /// The settings of the Azure DevOps integration, of every project.
    pub fn azure_devops(&self) -> &[AzureDevOpsConfiguration] {
        &self.azure_devops
    }

    /// The settings of another tool as they were sent, secrets left out.
    pub(super) fn tool(&self, tool: &'static str) -> Reply {
        let kept = self.tools.get(tool).map(Vec::as_slice).unwrap_or_default();
        Reply::ok(&json!({"configurations": kept}))
    }
}

impl Server {
    /// Every project's Azure DevOps settings, for the control surface.
    pub(in crate::sandbox::testworthy) fn show_integrations(&self) -> Reply {
        let shown: Vec<Value> = self.integrations.azure_devops.iter().map(show).collect();
        Reply::ok(&json!({"configurations": shown}))
    }

    /// The settings of the integrations.
    pub fn integrations(&self) -> &Integrations {
        &self.integrations
    }

    pub(super) fn v1_add_tool(
        &mut self,
        tool: &'static str,
        body: &[u8],
    ) -> Result<Reply, Refusal> {
        let mut members: Map<String, Value> = parse(body)?;
        members.retain(|name, _| !is_secret(name));
        let kept = self.integrations.tools.entry(tool).or_default();
        members.insert("id".to_owned(), json!(kept.len() + 1));
        let shown = Reply::ok(&members);
        kept.push(members);
        Ok(self.v1_created(shown))
    }

    pub(super) fn v1_azure_devops(&self, user: u64) -> Reply {
        let shown: Vec<Value> = self
            .integrations
            .azure_devops
            .iter()
            .filter(|known| self.v1_enter(user, known.project_id).is_ok())
            .map(show)
            .collect();
        Reply::ok(&json!({"configurations": shown}))
    }

    /// Creates or replaces by project and name. A token that the body does not name stays.
    pub(super) fn v1_put_azure_devops(&mut self, user: u64, body: &[u8]) -> Result<Reply, Refusal> {
        let request: Request = parse(body)?;
        self.v1_enter(user, request.project_id)?;
        for (name, text) in [
            ("name", &request.name),
            ("organizationUrl", &request.organization_url),
            ("project", &request.project),
        ] {
            if text.trim().is_empty() {
                return Err(Refusal::invalid(format!("Field {name} is required.")));
            }
        }
        let all = &mut self.integrations.azure_devops;
        let known = all
            .iter()
            .position(|known| known.project_id == request.project_id && known.name == request.name);
        let next = all.iter().map(|known| known.id).max().unwrap_or(0) + 1;
        let before = known.map(|at| all[at].clone());
        let configuration = AzureDevOpsConfiguration {
            id: before.as_ref().map_or(next, |before| before.id),
            name: request.name,
            project_id: request.project_id,
            organization_url: request.organization_url,
            project: request.project,
            mappings: request.mappings.unwrap_or_default(),
            personal_access_token: request
                .personal_access_token
                .or_else(|| before?.personal_access_token),
        };
        let shown = Reply::ok(&show(&configuration));
        if let Some(at) = known {
            all[at] = configuration;
            return Ok(shown);
        }
        all.push(configuration);
        Ok(self.v1_created(shown))
    }
}

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::invalid(format!("The JSON body is not valid: {error}.")))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "password", "secret", "key"]
        .iter()
        .any(|word| name.ends_with(word))
}

fn show(configuration: &AzureDevOpsConfiguration) -> Value {
    json!({
        "id": configuration.id,
        "name": configuration.name,
        "projectId": configuration.project_id,
        "organizationUrl": configuration.organization_url,
        "project": configuration.project,
        "mappings": configuration.mappings,
        "hasPersonalAccessToken": configuration.personal_access_token.is_some(),
    })
}
