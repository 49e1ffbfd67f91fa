//! A sandbox to ask, and the published shapes.

use accord::sandbox::testworthy::{API_KEY, PROJECT_KEY, USER_EMAIL};
use accord::sandbox::{RunningSandbox, Sandbox, SandboxClock, seed};
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// A sandbox with the web shop in it, its clock standing on a summer's day.
pub(crate) struct Shop {
    pub(crate) sandbox: RunningSandbox,
    client: Client,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        // The first test of the process installs it, the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::default().start(0).await.unwrap();
        seed::web_shop().unwrap().plant_running(&sandbox).unwrap();
        sandbox.state().clock =
            SandboxClock::fixed("2026-08-11T19:07:52.4410963Z".parse().unwrap());
        Self {
            sandbox,
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// A request with the three headers given.
    pub(crate) async fn send_as(
        &self,
        [email, key, project]: [Option<&str>; 3],
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> Response {
        let url = format!("{}/api/tests/{path}", self.sandbox.testworthy_url());
        let mut request = self
            .client
            .request(method, url)
            .header("Content-Type", "application/json");
        for (name, value) in [
            ("X-USER-EMAIL", email),
            ("X-TMA-KEY", key),
            ("X-PROJECT-KEY", project),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> (u16, Value) {
        let known = [Some(USER_EMAIL), Some(API_KEY), Some(PROJECT_KEY)];
        let response = self.send_as(known, method, path, body).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{path} answered {status} with {text:?}: {error}"));
        (status, body)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.send(Method::POST, path, Some(&body.to_string())).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The status and the text of a request that must be refused.
    pub(crate) async fn refused(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let (status, answer) = self.send(method, path, Some(body)).await;
        let text = answer["error"].as_str().unwrap_or_default().to_owned();
        assert!(!text.is_empty(), "{path}: {answer} says nothing");
        (status, text)
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("http://{}/_sandbox/testworthy/{path}", self.sandbox.address);
        let request = self.client.request(method, url).body(body.to_string());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn switch(&self, options: Value) {
        let (status, body) = self.control(Method::POST, "options", options).await;
        assert_eq!(status, 200, "{body}");
    }
}

pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("{value} is no object"))
        .keys()
        .map(String::as_str)
        .collect()
}

pub(crate) fn length(value: &Value) -> usize {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is no array"))
        .len()
}

/// Members of the published case object in its order.
pub(crate) const CASE_MEMBERS: [&str; 42] = [
    "id",
    "title",
    "display_order",
    "estimate",
    "estimate_forecast",
    "milestone_id",
    "template_id",
    "refs",
    "rail_case_id",
    "custom_preconds",
    "custom_steps",
    "custom_expected",
    "custom_steps_separated",
    "custom_mission",
    "custom_goals",
    "test_data",
    "custom_desc",
    "custom_bdd_gherkin",
    "custom_cucumber_tags",
    "is_copy",
    "copy_of_id",
    "tenant_id",
    "smoke",
    "regression",
    "to_automate",
    "automation_type",
    "reviewed_by_qa_lead",
    "reviewed_by_qa_manager",
    "reviewed_by_pm",
    "custom_module",
    "custom_disabled",
    "custom_automated",
    "custom_tobemoved",
    "priority",
    "type",
    "user",
    "section",
    "suite",
    "created_by",
    "created_on",
    "last_modified_by",
    "last_modified_on",
];

pub(crate) const SECTION_MEMBERS: [&str; 12] = [
    "id",
    "name",
    "suite_id",
    "parent_id",
    "description",
    "is_copy",
    "copy_of_id",
    "tenant_id",
    "created_by",
    "created_on",
    "last_modified_by",
    "last_modified_on",
];

pub(crate) const SUITE_MEMBERS: [&str; 12] = [
    "id",
    "name",
    "project_id",
    "description",
    "is_master",
    "is_baseline",
    "parent_id",
    "is_copy",
    "copy_of_id",
    "is_completed",
    "completed_on",
    "tenant_id",
];

pub(crate) const USER_MEMBERS: [&str; 8] = [
    "id",
    "name",
    "user_name",
    "email",
    "role_id",
    "role_name",
    "designation_id",
    "tenant_id",
];

/// The custom field of the sample data stands behind the published members.
pub(crate) fn assert_case_shape(case: &Value) {
    let members = keys(case);
    assert_eq!(members[..CASE_MEMBERS.len()], CASE_MEMBERS);
    assert_eq!(members[CASE_MEMBERS.len()..], ["custom_risk"]);
    assert_eq!(keys(&case["section"]), SECTION_MEMBERS);
    assert_eq!(keys(&case["suite"]), SUITE_MEMBERS);
    assert_eq!(keys(&case["priority"]), ["id", "name", "short_name"]);
    assert_eq!(keys(&case["type"]), ["id", "name"]);
    assert_eq!(keys(&case["user"]), USER_MEMBERS);
}
