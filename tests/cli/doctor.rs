//! `accord doctor` in set-ups that are broken in one way each. What it says of each stands in
//! `tests/cli/doctor/NAME.out`; `ACCORD_BLESS=1` writes the files anew, review their diff like code.
//!
//! Every run is made twice, for people and as JSON, and judged: the exit code, the schema, a way out for
//! every failure, no write request, and no secret (which [`Project::run`] looks for).

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accord::sandbox::azure_devops::BadCredential;
use accord::sandbox::{Fault, FaultKind};
use jiff::SignedDuration;
use serde_json::Value;

use crate::project::{Outcome, Project};

/// Names for what differs from run to run, longest first.
type Names<'a> = &'a [(&'a str, &'a str)];

fn golden(name: &str, code: i32, project: &Project, names: Names<'_>) {
    golden_of(name, code, project, names, &["doctor"]);
}

fn golden_of(name: &str, code: i32, project: &Project, names: Names<'_>, line: &[&str]) {
    let outcome = project.run(line).expect(code);
    let machine = project
        .run(&[line, &["--format", "json"]].concat())
        .expect(code);
    judge_json(&machine.stdout, code);
    assert_eq!(project.writes(), 0, "{name}: it only reads");
    let said = scrubbed(&outcome, project, names);
    let played = format!("$ accord {}\n{said}exit code {code}\n", line.join(" "));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cli/doctor/{name}.out"));
    if std::env::var_os("ACCORD_BLESS").is_some() {
        std::fs::write(path, played).expect("writing the golden file");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if played != expected {
        let difference = similar::TextDiff::from_lines(&expected, &played);
        panic!(
            "{name}: not what the golden file says (ACCORD_BLESS=1 writes it anew)\n{}",
            difference.unified_diff().header("expected", "said")
        );
    }
}

/// The schema, a way out for every failure, and a cause that belongs to the exit code.
fn judge_json(text: &str, code: i32) {
    let report: Value = serde_json::from_str(text).expect("JSON");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/doctor.schema.json");
    let schema = std::fs::read_to_string(schema).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::draft7::new(&schema).expect("a schema");
    if let Err(error) = validator.validate(&report) {
        panic!("{error}\n{text}");
    }
    let cause = match code {
        0 => Value::Null,
        4 => "manifests".into(),
        5 => "hostRefused".into(),
        8 => "authentication".into(),
        10 => "unreachable".into(),
        other => panic!("{other} is no code of doctor"),
    };
    assert_eq!(
        report.get("cause").cloned().unwrap_or_default(),
        cause,
        "{text}"
    );
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut failures = 0;
    for connection in list(&report, "connections") {
        for system in list(&connection, "systems") {
            for check in list(&system, "checks") {
                let failed = check["status"] == "fail";
                failures += u32::from(failed);
                assert_eq!(check.get("cause").is_some(), failed, "{check}");
                if failed || check["status"] == "warn" {
                    let next = check["next"].as_str().unwrap_or_default();
                    assert!(next.len() > 10, "{check}");
                }
                assert_ne!(check["measured"], "", "{check}");
            }
        }
    }
    assert_eq!(failures > 0, code != 0, "{text}");
}

fn scrubbed(outcome: &Outcome, project: &Project, names: Names<'_>) -> String {
    let mut text = format!("{}{}", outcome.stdout, outcome.stderr);
    for (value, name) in names {
        text = text.replace(value, name);
    }
    let address = project.sandbox.address.to_string();
    let text = text.replace(&address, "SANDBOX").replace(
        concat!("accord ", env!("CARGO_PKG_VERSION")),
        "accord <version>",
    );
    let text = between(&text, " in ", " ms", "<n>");
    // The words of the operating system's resolver.
    between(&text, "stands for no address (", ")", "<reason>")
}

/// Replaces what stands between two texts on one line; a number if the texts are those of a duration.
fn between(text: &str, before: &str, after: &str, name: &str) -> String {
    let mut scrubbed = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(before) {
        let (head, tail) = rest.split_at(at + before.len());
        scrubbed.push_str(head);
        rest = tail;
        let end = tail.find(after).filter(|end| !tail[..*end].contains('\n'));
        let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(end) = end.filter(|end| after != " ms" || number(&tail[..*end])) {
            scrubbed.push_str(name);
            rest = &tail[end..];
        }
    }
    scrubbed + rest
}

/// Points a side of the connection to another server: `testworthy` or `contoso`.
fn move_side(project: &mut Project, side: &str, scheme: &str, place: &str) {
    let sandbox = project.sandbox.address.to_string();
    project.replace(
        "connection.yaml",
        &format!("http://{sandbox}/{side}"),
        &format!("{scheme}://{place}/{side}"),
    );
    project.set("ACCORD_ALLOW_HOSTS", &format!("{sandbox},{place}"));
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    (listener, place)
}

#[test]
fn healthy() {
    let project = Project::web_shop();
    golden("healthy", 0, &project, &[]);
    assert!(project.requests() > 10, "the counter counts");
    project.run(&["doctor", "web-shop"]).expect(0);
    let told = project.run(&["doctor", "web-shpo"]).expect(64);
    assert!(
        told.stderr.contains("did you mean `web-shop`?"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_variable_is_missing() {
    let mut project = Project::web_shop();
    project.unset("AZURE_DEVOPS_EXT_PAT");
    golden("missing-variable", 8, &project, &[]);
}

#[test]
fn a_variable_is_empty() {
    let mut project = Project::web_shop();
    project.set("TESTWORTHY_API_KEY", " ");
    golden("empty-variable", 8, &project, &[]);
}

#[test]
fn secrets_with_something_around_them() {
    let mut project = Project::web_shop();
    project.set("TESTWORTHY_PROJECT_KEY", " sandbox-web-shop-project-key\n");
    project.set("TESTWORTHY_USER_EMAIL", "robot");
    project.set("AZURE_DEVOPS_EXT_PAT", "Basic c2FuZGJveC1wYXQ=");
    golden("odd-secrets", 8, &project, &[]);
}

#[test]
fn every_form_of_a_wrong_token() {
    for (name, form) in [
        ("wrong-token-401", BadCredential::Unauthorized),
        ("wrong-token-203", BadCredential::SignInPage),
        ("wrong-token-302", BadCredential::SignInRedirect),
    ] {
        let mut project = Project::web_shop();
        project.set("AZURE_DEVOPS_EXT_PAT", "not-a-token-of-this-organisation");
        project.state().azure_devops.settings.bad_credential = form;
        golden(name, 8, &project, &[]);
    }
}

#[test]
fn a_token_without_the_scope() {
    let project = Project::web_shop();
    let refuse = |route| Fault::new(route, FaultKind::Forbidden);
    project.state().faults.add(refuse("wit/wiql"));
    golden("token-without-scope", 8, &project, &[]);
}

/// Azure DevOps answers 401 here, though the token was accepted a moment ago.
#[test]
fn a_token_without_the_scope_for_projects() {
    let project = Project::web_shop();
    let refuse = Fault::new("_apis/projects", FaultKind::Unauthorized);
    project.state().faults.add(refuse);
    golden("token-without-project-scope", 8, &project, &[]);
}

#[test]
fn the_project_is_not_there() {
    let project = Project::web_shop();
    project.replace("connection.yaml", "project: Web Shop", "project: Web-Shop");
    golden("no-such-project", 4, &project, &[]);
}

#[test]
fn the_organisation_is_not_there() {
    let project = Project::web_shop();
    project.replace("connection.yaml", "/contoso", "/contosso");
    golden("no-such-organisation", 4, &project, &[]);
}

#[test]
fn the_host_is_not_allowed() {
    let mut project = Project::web_shop();
    project.unset("ACCORD_ALLOW_HOSTS");
    // Not even looked for.
    project.unset("AZURE_DEVOPS_EXT_PAT");
    golden("host-not-allowed", 5, &project, &[]);
    assert_eq!(project.requests(), 0);
}

#[test]
fn nothing_listens() {
    let mut project = Project::web_shop();
    let (closed, place) = listener();
    drop(closed);
    move_side(&mut project, "contoso", "http", &place);
    let start = Instant::now();
    golden("nothing-listens", 10, &project, &[(&place, "CLOSED")]);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_server_that_says_nothing_is_told_soon() {
    let mut project = Project::web_shop();
    let (silent, place) = listener();
    std::thread::spawn(move || {
        let taken: Vec<_> = silent.incoming().collect();
        drop(taken);
    });
    move_side(&mut project, "testworthy", "http", &place);
    let start = Instant::now();
    let line = ["doctor", "--timeout", "1"];
    golden_of("silent-server", 10, &project, &[(&place, "SILENT")], &line);
    assert!(
        start.elapsed() < Duration::from_secs(12),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn the_name_stands_for_nothing() {
    let mut project = Project::web_shop();
    move_side(&mut project, "testworthy", "https", "tests.contoso.invalid");
    golden("unknown-host", 10, &project, &[]);
}

#[test]
fn a_sign_in_page_in_place_of_testworthy() {
    let project = Project::web_shop();
    project
        .state()
        .faults
        .add(Fault::new("/testworthy/*", FaultKind::HtmlPage));
    golden("testworthy-sign-in-page", 8, &project, &[]);
}

/// Answers every request with a page that has nothing to do with either system.
fn portal() -> String {
    let (portal, place) = listener();
    std::thread::spawn(move || {
        for stream in portal.incoming() {
            let Ok(mut stream) = stream else { return };
            // An echo of a credential must not reach the output either.
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let key = request
                .lines()
                .find_map(|line| line.strip_prefix("x-tma-key: "))
                .unwrap_or_default();
            let page = format!(
                "<html><title>Hotel WiFi {key}</title><body>Accept our terms</body></html>"
            );
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    place
}

#[test]
fn a_stranger_answers() {
    for (name, side) in [
        ("stranger-for-testworthy", "testworthy"),
        ("stranger-for-azure-devops", "contoso"),
    ] {
        let mut project = Project::web_shop();
        let place = portal();
        move_side(&mut project, side, "http", &place);
        golden(name, 10, &project, &[(&place, "PORTAL")]);
    }
}

#[test]
fn the_project_key_is_wrong() {
    let mut project = Project::web_shop();
    project.set("TESTWORTHY_PROJECT_KEY", "a-key-of-no-project");
    golden("wrong-project-key", 8, &project, &[]);
}

#[test]
fn the_clocks_are_apart() {
    let project = Project::web_shop();
    project.state().clock.advance(SignedDuration::from_mins(10));
    golden("clock", 0, &project, &[]);
}

#[test]
fn a_mapped_field_is_not_there() {
    let project = Project::web_shop();
    let mapping = "mappings/test-case.yaml";
    project.replace(mapping, "Custom.Gherkin", "Custom.Gherkim");
    golden("mapped-field-missing", 4, &project, &[]);
}

#[test]
fn the_work_item_type_is_not_there() {
    let project = Project::web_shop();
    let mapping = "mappings/test-case.yaml";
    project.replace(mapping, "azureDevOps: Test Case", "azureDevOps: Testcase");
    golden("work-item-type-missing", 4, &project, &[]);
}

/// A project that declares a field, over a process that can be changed and over one that cannot.
fn with_field() -> Project {
    let project = Project::web_shop();
    project.write(
        "risk.yaml",
        "apiVersion: accord/v1\nkind: CustomField\nmetadata: { name: risk }\nspec:\n  connection: web-shop\n  \
         referenceName: Custom.TestRisk\n  name: Test Risk\n  type: picklist\n  workItemTypes: [Bug]\n  \
         allowedValues: [High, Low]\n",
    );
    project
}

#[test]
fn a_declared_field_is_not_there_yet() {
    golden("declared-field", 0, &with_field(), &[]);
}

#[test]
fn the_process_cannot_be_changed() {
    let project = with_field();
    project.state().azure_devops.use_system_process();
    golden("system-process", 4, &project, &[]);
}

#[test]
fn the_process_may_not_be_seen() {
    let project = with_field();
    let fault = FaultKind::Status {
        status: 403,
        retry_after: None,
    };
    let fault = Fault::new("*/work/processes/*", fault);
    project.state().faults.add(fault);
    golden("process-forbidden", 8, &project, &[]);
}

/// Every lint rule that asks the server shows, errors first, and the errors decide the exit code.
#[test]
fn live_lint() {
    let project = Project::web_shop();
    project.replace(
        "mappings/test-case.yaml",
        "    - { testworthy: title, azureDevOps: System.Title }\n",
        "    - { testworthy: title, azureDevOps: System.Title }\n    \
         - { id: area, testworthy: section.path, azureDevOps: System.AreaPath, as: path, \
         direction: toAzureDevOps, values: { \"**\": 'Web Shop\\QS' } }\n    \
         - { id: iteration, constant: 'Web Shop\\Sprint 12', azureDevOps: System.IterationPath }\n    \
         - { id: state, testworthy: custom.phase, azureDevOps: System.State, as: state, \
         direction: toAzureDevOps, values: { a: Design, b: Frozen } }\n",
    );
    // Nothing goes back from 4.
    project.replace(
        "mappings/test-case.yaml",
        "      reverse: { 4: \"P3 - Good to Test\" }\n",
        "",
    );
    let hidden = ["Custom.Gherkin", "Custom.Origin"];
    for field in hidden {
        project
            .state()
            .azure_devops
            .take_off_form("Test Case", field);
    }
    golden("live-lint", 4, &project, &[]);
}

/// L22 alone: it is said, and nothing fails.
#[test]
fn a_mapped_field_is_on_no_form() {
    let project = Project::web_shop();
    project
        .state()
        .azure_devops
        .take_off_form("Test Case", "Custom.Gherkin");
    golden("on-no-form", 0, &project, &[]);
    let mapping = "mappings/test-case.yaml";
    let row = "azureDevOps: Custom.Gherkin }";
    let accepted = "azureDevOps: Custom.Gherkin, allow: [{ code: L22, reason: for scripts }] }";
    project.replace(mapping, row, accepted);
    let told = project.run(&["doctor"]).expect(0);
    assert!(!told.stdout.contains("L22"), "{}", told.stdout);
}

/// Who may not see the process is told that the forms were not looked at.
#[test]
fn the_forms_may_not_be_seen() {
    let project = Project::web_shop();
    let fault = FaultKind::Status {
        status: 403,
        retry_after: None,
    };
    let fault = Fault::new("*/work/processes/*", fault);
    project.state().faults.add(fault);
    golden("forms-not-seen", 0, &project, &[]);
}

#[test]
fn suite_and_area_are_not_there() {
    let project = Project::web_shop();
    project.replace(
        "rules/checkout-cases.yaml",
        "suites: [41]",
        "suites: [4711]",
    );
    project.replace("rules/checkout-cases.yaml", r"QA\Checkout", r"QA\Chekout");
    golden("suite-and-area-missing", 4, &project, &[]);
}

#[test]
fn a_slow_server() {
    let project = Project::web_shop();
    let late = FaultKind::Delay { milliseconds: 3100 };
    project
        .state()
        .faults
        .add(Fault::new("connectionData", late));
    golden("slow-server", 0, &project, &[]);
}

#[test]
fn a_server_that_asks_for_patience() {
    let project = Project::web_shop();
    let slow = FaultKind::SlowDown { retry_after: 1 };
    // The last request that each run sends to Azure DevOps.
    project
        .state()
        .faults
        .add(Fault::new("classificationnodes", slow));
    golden("rate-limited", 0, &project, &[]);
}

#[test]
fn a_server_that_is_down() {
    let project = Project::web_shop();
    let down = FaultKind::Status {
        status: 503,
        retry_after: None,
    };
    project.state().faults.add(Fault::new("*/_apis/*", down));
    let start = Instant::now();
    golden("server-down", 10, &project, &[]);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "it tries once: {:?}",
        start.elapsed()
    );
}

/// A TLS server for 127.0.0.1 and the project pointed at it. `change` breaks its certificate; `trusted`
/// says whether the project knows who signed it.
fn over_tls(trusted: bool, names: &str, year: i32) -> (Project, String) {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
    };
    let (listener, place) = listener();
    let root_key = KeyPair::generate().expect("a key");
    let mut root = CertificateParams::new(Vec::new()).expect("a root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name
        .push(DnType::CommonName, "Contoso Root");
    let root_certificate = root.self_signed(&root_key).expect("a root");
    let key = KeyPair::generate().expect("a key");
    let mut leaf = CertificateParams::new(vec![names.to_owned()]).expect("a certificate");
    leaf.not_before = date_time_ymd(2001, 1, 1);
    leaf.not_after = date_time_ymd(year, 1, 1);
    let issuer = Issuer::from_params(&root, &root_key);
    let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
    accord::http::install_tls_provider();
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private)
        .expect("a server");
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut session = rustls::ServerConnection::new(config.clone()).expect("a session");
            while session.is_handshaking() && session.complete_io(&mut stream).is_ok() {}
        }
    });
    let mut project = Project::web_shop();
    move_side(&mut project, "contoso", "https", &place);
    // Without it, a machine without certificates of its own would say something else.
    let known = if trusted {
        root_certificate
    } else {
        let other = KeyPair::generate().expect("a key");
        root.distinguished_name
            .push(DnType::CommonName, "Another Root");
        root.self_signed(&other).expect("a root")
    };
    let pem = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, known.der());
    project.write(
        "known.txt",
        &format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n"),
    );
    let file = project.path().join("known.txt");
    project.set("SSL_CERT_FILE", &file.display().to_string());
    (project, place)
}

#[test]
fn certificates_that_do_not_hold() {
    for (name, trusted, names, year) in [
        ("tls-not-trusted", false, "127.0.0.1", 2090),
        ("tls-expired", true, "127.0.0.1", 2020),
        ("tls-other-name", true, "other.contoso.example", 2090),
    ] {
        let (project, place) = over_tls(trusted, names, year);
        golden(name, 10, &project, &[(&place, "SERVER")]);
    }
}

#[test]
fn a_proxy_that_does_not_let_it_pass() {
    let (listener, place) = listener();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(refusal.as_bytes());
        }
    });
    let mut project = Project::web_shop();
    move_side(&mut project, "contoso", "https", "tests.contoso.invalid");
    project.set("AZURE_DEVOPS_EXT_PAT", &"x".repeat(52));
    project.set("HTTPS_PROXY", &format!("http://ada:open-sesame@{place}"));
    golden("proxy", 10, &project, &[(&place, "PROXY")]);
    let told = project.run(&["doctor", "-vv"]).expect(10);
    assert!(!format!("{}{}", told.stdout, told.stderr).contains("open-sesame"));
}

#[test]
fn offline_looks_only_at_what_is_here() {
    let project = Project::web_shop();
    golden_of("offline", 0, &project, &[], &["doctor", "--offline"]);
    assert_eq!(project.requests(), 0);
}

#[test]
fn manifests_that_do_not_hold_contact_nothing() {
    let project = Project::web_shop();
    project.replace(
        "connection.yaml",
        "timeZone: America/Chicago",
        "timeZone: Nowhere",
    );
    let told = project.run(&["doctor"]).expect(4);
    assert!(
        told.stdout.is_empty() && told.stderr.contains("timeZone"),
        "{}",
        told.stderr
    );
    assert_eq!(project.requests(), 0);
}

/// The first cause in the documented order decides, whatever came first.
#[test]
fn the_worst_decides() {
    let mut project = Project::web_shop();
    let (closed, place) = listener();
    drop(closed);
    move_side(&mut project, "testworthy", "http", &place);
    project.run(&["doctor"]).expect(10);
    project.replace("connection.yaml", "project: Web Shop", "project: Nothing");
    project.run(&["doctor"]).expect(4);
    project.set("AZURE_DEVOPS_EXT_PAT", "not-a-token-of-this-organisation");
    project.run(&["doctor"]).expect(8);
    let sandbox = project.sandbox.address.to_string();
    project.set("ACCORD_ALLOW_HOSTS", &sandbox);
    project.run(&["doctor"]).expect(5);
}
