//! Sign-in by workload identity: a job's identity token becomes a token for Azure DevOps, which is
//! renewed before it expires and when it is turned down, and which nobody ever sees.
//!
//! Both services are played on loopback: GitHub's token endpoint and the sign-in service of Microsoft
//! Entra. Azure DevOps is the sandbox, which takes only what was handed out.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::loopback::{Asked, Loopback};
use crate::project::{Outcome, Project};

const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const CLIENT: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
const REQUEST_TOKEN: &str = "canary-request-token-0123456789";
const SIGNATURE: &str = "canary-assertion-signature-0123456789";
const SUBJECT: &str = "repo:contoso/web-shop:ref:refs/heads/main";

/// What both services do and have done.
struct Services {
    /// What the sign-in service hands out, in turn; the last one again and again.
    grants: Vec<(String, u64)>,
    /// In place of a grant.
    denied: Option<(u16, Value)>,
    /// The status of GitHub's answer.
    runner: u16,
    assertions: u64,
    exchanges: usize,
}

type Shared = Arc<Mutex<Services>>;

fn assertion(number: u64) -> String {
    let part =
        |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "jti": number });
    format!(
        "{}.{}.{SIGNATURE}",
        part(&json!({ "alg": "RS256" })),
        part(&claims)
    )
}

fn answer(services: &mut Services, asked: &Asked) -> (u16, Value) {
    let pairs = |text: &str| -> std::collections::BTreeMap<String, String> {
        url::form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect()
    };
    if asked.path == "/idtoken/token" {
        assert_eq!(asked.method, "GET");
        assert_eq!(asked.authorization, format!("Bearer {REQUEST_TOKEN}"));
        let query = pairs(&asked.query);
        assert_eq!(query["api-version"], "2.0", "the runner's own query stays");
        assert_eq!(query["audience"], "api://AzureADTokenExchange");
        services.assertions += 1;
        let value = assertion(services.assertions);
        return (services.runner, json!({ "count": 1, "value": value }));
    }
    assert_eq!(asked.path, format!("/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.authorization, "", "the assertion is the credential");
    let form = pairs(&asked.body);
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(form["client_id"], CLIENT);
    assert_eq!(
        form["scope"],
        "499b84ac-1321-427f-aa17-267ca6975798/.default"
    );
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(form["client_assertion_type"], kind);
    assert_eq!(
        form["client_assertion"],
        assertion(services.assertions),
        "a fresh one each time"
    );
    services.exchanges += 1;
    if let Some((status, denied)) = &services.denied {
        // As if the service repeated what it was sent.
        let text = denied
            .to_string()
            .replace("ASSERTION", &form["client_assertion"]);
        return (*status, serde_json::from_str(&text).expect("JSON"));
    }
    let last = services.grants.len() - 1;
    let (token, seconds) = &services.grants[last.min(services.exchanges - 1)];
    (
        200,
        json!({ "token_type": "Bearer", "expires_in": seconds, "access_token": token }),
    )
}

/// The example project in a job of GitHub Actions, with an application in place of a token.
struct Job {
    project: Project,
    services: Shared,
    server: Loopback,
}

impl Job {
    fn new() -> Self {
        let mut project = Project::web_shop();
        let pat = variable(&project, "AZURE_DEVOPS_EXT_PAT");
        project.replace(
            "connection.yaml",
            "personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }",
            &format!(
                "entra: {{ tenantId: {TENANT}, clientId: {CLIENT}, credential: githubActions }}"
            ),
        );
        let services = Arc::new(Mutex::new(Services {
            grants: vec![(pat, 3599)],
            denied: None,
            runner: 200,
            assertions: 0,
            exchanges: 0,
        }));
        let shared = services.clone();
        let server =
            Loopback::serve(move |asked| answer(&mut shared.lock().expect("no panic"), &asked));
        let sandbox = project.sandbox.address.to_string();
        project.set("ACCORD_ALLOW_HOSTS", &format!("{sandbox},{}", server.host));
        project.set("AZURE_AUTHORITY_HOST", &format!("http://{}", server.host));
        let url = format!("http://{}/idtoken/token?api-version=2.0", server.host);
        project.set("ACTIONS_ID_TOKEN_REQUEST_URL", &url);
        project.set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN);
        Self {
            project,
            services,
            server,
        }
    }

    /// Runs a command, and insists that nothing secret is in its output, its logs or its files.
    fn run(&mut self, arguments: &[&str]) -> Outcome {
        self.project.set("ACCORD_LOG", "accord=trace");
        let outcome = self.project.run(arguments);
        let secrets = [REQUEST_TOKEN, SIGNATURE];
        let shown = [&outcome.stdout, &outcome.stderr];
        for secret in secrets {
            assert!(
                !shown.iter().any(|text| text.contains(secret)),
                "{secret}: {outcome:?}"
            );
        }
        let state = self.project.path().join(".accord");
        for entry in std::fs::read_dir(state).into_iter().flatten().flatten() {
            let Ok(bytes) = std::fs::read(entry.path()) else {
                continue;
            };
            for secret in secrets {
                let found = bytes
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes());
                assert!(!found, "{} holds {secret}", entry.path().display());
            }
            self.project.assert_no_secret("the state", &bytes);
        }
        outcome
    }

    fn exchanges(&self) -> usize {
        self.services.lock().expect("no panic").exchanges
    }

    fn grant(&self, grants: &[(&str, u64)]) {
        let owned = grants
            .iter()
            .map(|(token, life)| ((*token).to_owned(), *life));
        self.services.lock().expect("no panic").grants = owned.collect();
    }

    /// The token that the sandbox takes.
    fn good(&self) -> String {
        self.services.lock().expect("no panic").grants[0].0.clone()
    }
}

fn variable(project: &Project, name: &str) -> String {
    let command = project.command(&["--version"]);
    let found = command.get_envs().find(|(known, _)| *known == name);
    let (_, value) = found.expect("a variable");
    value.expect("a value").to_str().expect("text").to_owned()
}

#[test]
fn a_job_plans_and_applies_without_a_stored_secret() {
    let mut job = Job::new();
    job.run(&["apply", "--yes"]).expect(0);
    assert_eq!(job.exchanges(), 1, "one token serves all requests of a run");
    let plan = job.run(&["plan", "--detailed-exitcode"]);
    plan.expect(0);
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let mut job = Job::new();
    let good = job.good();
    // Half of no life at all is over at once.
    job.grant(&[(&good, 0)]);
    job.run(&["plan"]).expect(0);
    let often = job.exchanges();
    assert!(often > 2, "{often}");
    // In a token's life of an hour it is asked for once.
    job.grant(&[(&good, 3600)]);
    job.run(&["plan"]).expect(0);
    assert_eq!(job.exchanges(), often + 1);
}

#[test]
fn a_token_that_azure_devops_turns_down_is_renewed_once() {
    let mut job = Job::new();
    let good = job.good();
    job.grant(&[("canary-expired-token-0123456789", 3600), (&good, 3600)]);
    let outcome = job.run(&["apply", "--yes"]).expect(0);
    assert_eq!(job.exchanges(), 2);
    assert!(
        !outcome.stderr.contains("canary-expired"),
        "{}",
        outcome.stderr
    );

    // A second one that is turned down too is the end.
    job.services.lock().expect("no panic").exchanges = 0;
    job.grant(&[("canary-wrong-token-0123456789", 3600)]);
    let outcome = job.run(&["plan"]).expect(8);
    assert!(outcome.stderr.contains(CLIENT), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("user of the organisation"),
        "{}",
        outcome.stderr
    );
    assert!(
        !outcome.stderr.contains("canary-wrong"),
        "{}",
        outcome.stderr
    );
    assert!(
        !outcome.stderr.contains("personal access token"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_refusal_is_told_with_its_code_and_the_subject_that_is_missing() {
    let mut job = Job::new();
    for (code, words) in [
        (70_021, format!("the subject `{SUBJECT}`")),
        (700_016, "compare `clientId` and `tenantId`".to_owned()),
        (90_002, "compare `tenantId`".to_owned()),
    ] {
        let description =
            format!("AADSTS{code}: It did not work with ASSERTION. Trace ID: 1 Timestamp: 2");
        job.services.lock().expect("no panic").denied = Some((
            401,
            json!({
                "error": "invalid_client", "error_description": description, "error_codes": [code],
            }),
        ));
        let outcome = job.run(&["plan"]).expect(8);
        let told = outcome.stderr;
        assert!(told.contains(&format!("AADSTS{code}")), "{told}");
        assert!(told.contains(&words), "{told}");
        assert!(!told.contains("Trace ID"), "{told}");
        let outcome = job.run(&["doctor"]).expect(8);
        assert!(
            outcome.stdout.contains(&format!("AADSTS{code}")),
            "{}",
            outcome.stdout
        );
    }
}

#[test]
fn a_job_that_may_not_ask_for_a_token_is_told_so() {
    let mut job = Job::new();
    job.services.lock().expect("no panic").runner = 403;
    let outcome = job.run(&["plan"]).expect(8);
    assert!(
        outcome.stderr.contains("id-token: write"),
        "{}",
        outcome.stderr
    );
    for name in [
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    ] {
        let mut job = Job::new();
        job.project.unset(name);
        let outcome = job.run(&["plan"]).expect(8);
        assert!(outcome.stderr.contains(name), "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("id-token: write"),
            "{}",
            outcome.stderr
        );
        let outcome = job.run(&["doctor"]).expect(8);
        assert!(outcome.stdout.contains(name), "{}", outcome.stdout);
        assert_eq!(job.project.writes(), 0);
    }
}

/// The identity token is as good as a password: it goes to no host that nobody allowed.
#[test]
fn neither_service_may_be_a_stranger() {
    let mut job = Job::new();
    let sandbox = job.project.sandbox.address.to_string();
    job.project.set("ACCORD_ALLOW_HOSTS", &sandbox);
    let outcome = job.run(&["plan"]).expect(5);
    assert!(
        outcome.stderr.contains(&job.server.host),
        "{}",
        outcome.stderr
    );
    job.run(&["doctor"]).expect(5);
    for (name, url) in [
        (
            "AZURE_AUTHORITY_HOST",
            "https://login.microsoftonline.com.example",
        ),
        ("AZURE_AUTHORITY_HOST", "http://login.microsoftonline.com"),
        (
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "https://actions.githubusercontent.com.example/",
        ),
        (
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "https://evil-actions.githubusercontent.com/",
        ),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://dev.azure.com/"),
    ] {
        let mut job = Job::new();
        job.project.set(name, url);
        job.run(&["plan"]).expect(5);
        assert_eq!(job.exchanges(), 0, "{url}");
        assert_eq!(
            job.services.lock().expect("no panic").assertions,
            0,
            "{url}"
        );
    }
}

#[test]
fn doctor_says_who_was_signed_in() {
    let mut job = Job::new();
    let outcome = job.run(&["doctor", "--format", "json"]);
    let told = outcome.stdout;
    assert!(
        told.contains("Microsoft Entra signed in application"),
        "{told}"
    );
    assert!(told.contains(CLIENT), "{told}");
}

#[test]
fn nothing_is_asked_offline() {
    let mut job = Job::new();
    job.run(&["plan", "--offline"]).expect(10);
    assert_eq!(job.services.lock().expect("no panic").assertions, 0);
}
