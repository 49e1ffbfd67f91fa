//! `Connection`.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

super::manifest! {
    /// A TestWorthy project and an Azure DevOps project that rules keep in step, and references to the
    /// credentials that open them.
    Connection, ConnectionWord, ConnectionSpec
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ConnectionSpec {
    /// The TestWorthy side.
    pub(crate) testworthy: RawTestWorthy,
    /// The Azure DevOps side.
    #[serde(rename = "azureDevOps")]
    pub(crate) azure_devops: RawAzureDevOps,
    /// Which TestWorthy user (by e-mail) is which Azure DevOps user (by sign-in name).
    #[serde(default)]
    pub(crate) users: Option<IndexMap<String, String>>,
    /// Where Azure DevOps reports changes to, for `accord serve`.
    #[serde(default)]
    pub(crate) webhook: Option<RawWebhook>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawTestWorthy {
    /// The server's address, for example `https://testworthy.us`.
    #[schemars(length(min = 1))]
    pub(crate) url: String,
    /// The surface to use: `automation` (`/api/tests/*` with three headers) or `v1` (`/v1/*` with a
    /// bearer token).
    #[serde(default)]
    pub(crate) api: Surface,
    /// The acting user's e-mail, written out or as a reference. Required for `automation`.
    #[serde(default)]
    pub(crate) user_email: Option<TextOrSecret>,
    /// Reference to the API key. Required for `automation`.
    #[serde(default)]
    pub(crate) api_key: Option<SecretSource>,
    /// Reference to the project key. Required for `automation`.
    #[serde(default)]
    pub(crate) project_key: Option<SecretSource>,
    /// Reference to the bearer token. Required for `v1`.
    #[serde(default)]
    pub(crate) token: Option<SecretSource>,
    /// The project's id. Required for `v1`, where it is the scope of every rule.
    #[serde(default)]
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub(crate) project_id: Option<u64>,
    /// IANA time zone of the server's timestamps that have no offset.
    #[serde(default = "utc")]
    pub(crate) time_zone: String,
    /// Template of the address that a person opens for a case: `{url}` and `{case_id}`.
    #[serde(default = "case_url")]
    pub(crate) case_url: String,
    /// Path templates of operations that differ on this server, relative to the API's path. For
    /// `automation` only.
    #[serde(default)]
    pub(crate) operations: IndexMap<String, String>,
    /// Cap in requests per second; `null` starts at 8 requests in flight and adapts.
    #[serde(default)]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
    pub(crate) rate: Option<f64>,
    /// Whether Accord also manages TestWorthy's own Azure DevOps settings: `ignore` or `manage`, which
    /// needs `api: v1` and a server that offers them.
    #[serde(default)]
    pub(crate) integration: IntegrationMode,
}

/// The default of `caseUrl`.
pub(crate) fn case_url() -> String {
    "{url}/TestCase/Detail/{case_id}".to_owned()
}

pub(super) fn utc() -> String {
    "UTC".to_owned()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Surface {
    #[default]
    Automation,
    V1,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum IntegrationMode {
    #[default]
    Ignore,
    Manage,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawAzureDevOps {
    /// The organisation's address, for example `https://dev.azure.com/contoso`.
    #[schemars(length(min = 1))]
    pub(crate) organization_url: String,
    /// The project's name.
    #[schemars(length(min = 1))]
    pub(crate) project: String,
    /// Reference to a personal access token. Either this or `entra`.
    #[serde(default)]
    pub(crate) personal_access_token: Option<SecretSource>,
    /// Sign-in by workload identity, without a stored secret. Either this or `personalAccessToken`.
    #[serde(default)]
    pub(crate) entra: Option<RawEntra>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawEntra {
    /// The directory's id.
    #[schemars(length(min = 1))]
    pub(crate) tenant_id: String,
    /// The application's id.
    #[schemars(length(min = 1))]
    pub(crate) client_id: String,
    /// What proves the workload's identity.
    pub(crate) credential: EntraCredential,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EntraCredential {
    GithubActions,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawWebhook {
    /// The address that Azure DevOps calls.
    #[schemars(length(min = 1))]
    pub(crate) url: String,
    /// Reference to the secret that the calls carry.
    pub(crate) secret: SecretSource,
}

/// Where a secret comes from: exactly one of the keys.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct SecretSource {
    /// An environment variable. Its name begins with `TESTWORTHY_`, `AZURE_DEVOPS_` or `ACCORD_`.
    #[serde(default)]
    pub(crate) env: Option<String>,
    /// A file below the folder that `ACCORD_SECRETS_DIR` names.
    #[serde(default)]
    pub(crate) file: Option<String>,
}

/// A text, or the reference to one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct TextOrSecret(pub(crate) serde_json::Value);

impl JsonSchema for TextOrSecret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TextOrSecret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SecretSource::json_schema(generator);
        schema.remove("description");
        schema.insert("type".to_owned(), serde_json::json!(["string", "object"]));
        schema.insert("minLength".to_owned(), 1.into());
        schema
    }
}
