//! Credentials go only where the operator allows: a manifest that points elsewhere is refused with 5,
//! before any connection is made and before a credential is read.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::project::{Project, SECRETS};

/// A stranger's server that counts who calls.
struct Stranger {
    address: String,
    calls: Arc<AtomicUsize>,
}

impl Stranger {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, calls }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Points one side of the connection somewhere else.
fn point(project: &Project, key: &str, url: &str) {
    let text = project.read("connection.yaml");
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.trim_start().strip_prefix(key) {
            Some(rest) if rest.starts_with(": ") => format!("    {key}: {url}"),
            _ => line.to_owned(),
        })
        .collect();
    let changed = lines.join("\n");
    assert_ne!(changed, text.trim_end(), "{key} was there");
    project.write("connection.yaml", &changed);
}

#[test]
fn a_strange_host_gets_no_connection() {
    for key in ["url", "organizationUrl"] {
        let stranger = Stranger::listen();
        let project = Project::web_shop();
        point(
            &project,
            key,
            &format!("http://{}/contoso", stranger.address),
        );
        for line in [&["plan"] as &[&str], &["apply", "--yes"]] {
            let outcome = project.run(line).expect(5);
            assert!(
                outcome.stderr.contains(&stranger.address),
                "{}",
                outcome.stderr
            );
            assert!(
                outcome.stderr.contains("--allow-host"),
                "{}",
                outcome.stderr
            );
        }
        assert_eq!(stranger.calls(), 0, "{key}");
        assert_eq!(
            project.requests(),
            0,
            "the other system is not asked either"
        );
        // The counter counts: with the operator's word the stranger is called.
        let allowed = ["plan", "--timeout", "1", "--allow-host", &stranger.address];
        project.run(&allowed).expect(10);
        assert!(stranger.calls() > 0, "{key}");
    }
}

/// Hosts that look like an allowed one, ports that differ, and the other system's host.
#[test]
fn look_alike_hosts_are_refused() {
    let project = Project::web_shop();
    let sandbox = project.sandbox.address;
    let lines = [
        (
            "organizationUrl",
            "https://dev.azure.com.example/contoso".to_owned(),
        ),
        (
            "organizationUrl",
            "https://xdev.azure.com/contoso".to_owned(),
        ),
        (
            "organizationUrl",
            "https://dev-azure.com/contoso".to_owned(),
        ),
        (
            "organizationUrl",
            "https://dev.azure.com:8443/contoso".to_owned(),
        ),
        (
            "organizationUrl",
            "https://visualstudio.com.example/contoso".to_owned(),
        ),
        (
            "organizationUrl",
            "https://xvisualstudio.com/contoso".to_owned(),
        ),
        (
            "organizationUrl",
            "https://testworthy.us/contoso".to_owned(),
        ),
        (
            "organizationUrl",
            format!("http://localhost:{}/contoso", sandbox.port()),
        ),
        (
            "organizationUrl",
            format!("http://127.0.0.2:{}/contoso", sandbox.port()),
        ),
        (
            "organizationUrl",
            format!("http://[::1]:{}/contoso", sandbox.port()),
        ),
        ("url", "https://testworthy.us.example".to_owned()),
        ("url", "https://xtestworthy.us".to_owned()),
        ("url", "https://testworthy.us:8443".to_owned()),
        ("url", "https://dev.azure.com/testworthy".to_owned()),
        ("url", "https://d\u{435}v.example".to_owned()),
    ];
    let original = project.read("connection.yaml");
    for (key, url) in lines {
        project.write("connection.yaml", &original);
        point(&project, key, &url);
        let outcome = project.run(&["plan"]);
        assert_eq!(
            outcome.code,
            Some(5),
            "{url}: {}{}",
            outcome.stdout,
            outcome.stderr
        );
    }
    assert_eq!(project.requests(), 0);
}

/// Addresses that no connection may have at all are a mistake in the manifest.
#[test]
fn addresses_with_a_trick_in_them_are_invalid() {
    let project = Project::web_shop();
    let address = project.sandbox.address;
    let original = project.read("connection.yaml");
    for url in [
        format!("https://dev.azure.com@{address}/contoso"),
        format!("https://user:word@{address}/contoso"),
        "http://dev.azure.com/contoso".to_owned(),
        "file:///etc/passwd".to_owned(),
        "dev.azure.com/contoso".to_owned(),
    ] {
        project.write("connection.yaml", &original);
        point(&project, "organizationUrl", &url);
        let outcome = project.run(&["plan"]);
        assert_eq!(
            outcome.code,
            Some(4),
            "{url}: {}{}",
            outcome.stdout,
            outcome.stderr
        );
        assert!(!outcome.stderr.contains("user:word"), "{}", outcome.stderr);
    }
    assert_eq!(project.requests(), 0);
}

#[test]
fn a_host_is_refused_before_credentials_are_read() {
    let mut project = Project::web_shop();
    for name in SECRETS {
        project.unset(name);
    }
    project.unset("ACCORD_ALLOW_HOSTS");
    project.run(&["plan"]).expect(5);
    let allowed = project.sandbox.address.to_string();
    project.run(&["plan", "--allow-host", &allowed]).expect(8);
}
