//! TestWorthy's own Azure DevOps settings. No interface to them is published (the page for Jira and
//! `TestRail` names one for each, which this one mirrors), so a server may not have it.
//!
//! The personal access token never goes here: a person enters it in TestWorthy's settings.

use serde_json::{Value as Json, json};

use super::super::wire::Object;
use super::reader::Reader;
use crate::remote::{
    IntegrationMapping, IntegrationSettings, RemoteError, RemoteErrorKind, Verification,
};

/// Below `/v1/`.
pub(super) const PATH: &str = "integrations/azure-devops";

/// Reads the answer: `{configurations: [...]}` or a bare array.
pub(super) fn read_all(body: &Json) -> Result<Vec<IntegrationSettings>, String> {
    let list = match body {
        Json::Array(list) => list,
        other => Object::of(other)
            .and_then(|object| object.get("configurations"))
            .and_then(Json::as_array)
            .ok_or("neither a list nor an object with `configurations`")?,
    };
    list.iter().map(read).collect()
}

fn read(json: &Json) -> Result<IntegrationSettings, String> {
    let wire = Object::of(json).ok_or("a configuration is no object")?;
    let name = wire.text("name").ok_or("a configuration has no name")?;
    let project_id = wire
        .id("projectId")
        .ok_or_else(|| format!("the configuration `{name}` does not tell its project"))?;
    let rows = wire.get("mappings").and_then(Json::as_array);
    let mappings = rows.into_iter().flatten().map(|row| {
        let row = Object::of(row);
        let text = |key| row.and_then(|row| row.text(key)).unwrap_or_default();
        IntegrationMapping {
            testworthy: text("testWorthyField"),
            azure_devops: text("azureDevOpsField"),
        }
    });
    Ok(IntegrationSettings {
        project_id,
        organization_url: wire.text("organizationUrl").unwrap_or_default(),
        project: wire.text("project").unwrap_or_default(),
        mappings: mappings.collect(),
        has_personal_access_token: wire.flag("hasPersonalAccessToken").unwrap_or(false),
        name,
    })
}

/// The body of a write.
pub(super) fn body(settings: &IntegrationSettings) -> Json {
    let rows = settings.mappings.iter().map(|row| {
        json!({
            "testWorthyField": row.testworthy,
            "azureDevOpsField": row.azure_devops,
        })
    });
    json!({
        "name": settings.name,
        "projectId": settings.project_id,
        "organizationUrl": settings.organization_url,
        "project": settings.project,
        "mappings": rows.collect::<Vec<Json>>(),
    })
}

/// A server that does not know the address does not offer the settings.
pub(super) fn not_offered(reader: &Reader, mut refused: RemoteError) -> RemoteError {
    if matches!(
        refused.kind,
        RemoteErrorKind::NotFound { .. } | RemoteErrorKind::Unsupported { .. }
    ) {
        reader.learnt().integration = Verification::Absent;
        refused.kind = RemoteErrorKind::Unsupported {
            operation: "managing TestWorthy's Azure DevOps settings".to_owned(),
        };
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> Json {
        json!({
            "id": 3, "name": "web-shop", "projectId": 7,
            "organizationUrl": "https://dev.azure.com/contoso", "project": "Web Shop",
            "mappings": [{"testWorthyField": "title", "azureDevOpsField": "System.Title"}],
            "hasPersonalAccessToken": true, "later": {}
        })
    }

    #[test]
    fn both_envelopes_are_read() {
        let wrapped = read_all(&json!({"configurations": [wire()]})).unwrap();
        let bare = read_all(&json!([wire()])).unwrap();
        assert_eq!(wrapped, bare);
        assert_eq!(wrapped[0].project_id, 7);
        assert!(wrapped[0].has_personal_access_token);
        for wrong in [
            json!({}),
            json!(null),
            json!({"configurations": {}}),
            json!([{"name": "x"}]),
        ] {
            assert!(read_all(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_written_reads_back_and_holds_no_token() {
        let settings = read(&wire()).unwrap();
        let body = body(&settings);
        let again = read(&body).unwrap();
        assert!(again.agrees_with(&settings));
        let keys: Vec<&str> = body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            [
                "name",
                "projectId",
                "organizationUrl",
                "project",
                "mappings"
            ]
        );
    }
}
