//! An organisation that listens, and how a test asks it.

use accord::sandbox::azure_devops::DEFAULT_TOKEN;
use accord::sandbox::azure_devops::seed::{FieldSeed, OrganizationSeed};
use accord::sandbox::{RunningSandbox, Sandbox, SandboxClock};
use base64::Engine as _;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// `contoso` with `Web Shop`, its clock standing.
pub(crate) struct Contoso {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) client: Client,
}

/// An answer that was read.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Told {
    /// The message of an error answer.
    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

impl Contoso {
    pub(crate) async fn open() -> Self {
        // The first test of the process installs it, the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::default().start(0).await.unwrap();
        let now = "2026-03-10T12:00:00.002Z".parse().unwrap();
        {
            let mut state = sandbox.state();
            state.clock = SandboxClock::fixed(now);
            let seed = OrganizationSeed {
                areas: vec!["Web Shop\\QA\\Checkout".into(), "Web Shop\\Platform".into()],
                iterations: vec!["Web Shop\\Sprint 1".into()],
                fields: vec![FieldSeed {
                    reference_name: "Custom.Risk".into(),
                    name: "Test Risk".into(),
                    kind: "string".into(),
                    work_item_types: vec!["Test Case".into()],
                    required: false,
                    default_value: Some(json!("Low")),
                    allowed_values: vec![json!("Low"), json!("High")],
                }],
                ..OrganizationSeed::default()
            };
            state.azure_devops.plant(&seed, now).unwrap();
        }
        let client = Client::builder().no_proxy().redirect(Policy::none());
        Self {
            sandbox,
            client: client.build().unwrap(),
        }
    }

    /// A request under `/contoso` with a good credential and the `Suppress` header.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.sandbox.organization_url());
        self.client
            .request(method, url)
            .header("Authorization", basic(DEFAULT_TOKEN))
            .header("X-TFS-FedAuthRedirect", "Suppress")
    }

    pub(crate) async fn get(&self, path: &str) -> Told {
        told(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Sends a JSON body with `api-version=7.1` in `Accept`.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Told {
        let request = self
            .request(method, path)
            .header("Accept", "application/json;api-version=7.1")
            .json(body);
        told(request.send().await.unwrap()).await
    }

    /// Sends a patch document with `api-version=7.1` in `Accept`.
    pub(crate) async fn patch(&self, method: Method, path: &str, operations: &Value) -> Told {
        let request = self
            .request(method, path)
            .header("Accept", "application/json;api-version=7.1")
            .header("Content-Type", "application/json-patch+json; charset=utf-8")
            .body(operations.to_string());
        told(request.send().await.unwrap()).await
    }

    /// Creates an item of a type and returns the answer.
    pub(crate) async fn create(&self, kind: &str, fields: &[(&str, Value)]) -> Told {
        let path = format!(
            "/Web%20Shop/_apis/wit/workitems/${}",
            kind.replace(' ', "%20")
        );
        self.patch(Method::POST, &path, &set(fields)).await
    }

    /// Creates a Test Case and returns its id.
    pub(crate) async fn test_case(&self, title: &str) -> u64 {
        let made = self
            .create("Test Case", &[("System.Title", json!(title))])
            .await;
        assert_eq!(made.status, 200, "{}", made.body);
        made.body["id"].as_u64().unwrap()
    }

    pub(crate) async fn update(&self, id: u64, operations: &Value) -> Told {
        self.patch(
            Method::PATCH,
            &format!("/_apis/wit/workitems/{id}"),
            operations,
        )
        .await
    }

    /// An item with all fields and relations.
    pub(crate) async fn item(&self, id: u64) -> Value {
        let told = self
            .get(&format!("/_apis/wit/workitems/{id}?$expand=all"))
            .await;
        assert_eq!(told.status, 200, "{}", told.body);
        told.body
    }
}

/// Patch operations that set fields.
pub(crate) fn set(fields: &[(&str, Value)]) -> Value {
    fields
        .iter()
        .map(
            |(name, value)| json!({"op": "add", "path": format!("/fields/{name}"), "value": value}),
        )
        .collect()
}

/// The `Authorization` of a personal access token.
pub(crate) fn basic(token: &str) -> String {
    let pair = format!(":{token}");
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}

pub(crate) async fn told(response: Response) -> Told {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or(Value::String(text));
    Told { status, body }
}

/// The keys of an object in their order.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}
