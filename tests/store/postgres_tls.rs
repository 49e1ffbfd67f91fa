//! TLS to the server: its certificate is verified whatever `sslmode` says of it, and nothing is sent to a
//! server that does not show the right one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use accord::store::{PostgresAddress, PostgresLease};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::server::{CANARY, Server};

const URL: &str = "ACCORD_TEST_TLS";

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n")
}

/// Puts a certificate for `localhost`, its key and its root into the folder.
fn certificates(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name
        .push(DnType::CommonName, "Contoso Root");
    let signed = root.self_signed(&root_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::from_params(&root, &root_key))
        .unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("root.pem", pem("CERTIFICATE", signed.der()));
    write("server.pem", pem("CERTIFICATE", leaf.der()));
    write("server.key", pem("PRIVATE KEY", &key.serialize_der()));
    let other = root.self_signed(&KeyPair::generate().unwrap()).unwrap();
    write("other.pem", pem("CERTIFICATE", other.der()));
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(folder.join("server.key"), private).unwrap();
}

/// What a process says that trusts the root in this file and takes the lease.
fn says(url: &str, root: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres_tls::child_that_connects", "--ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(URL, url)
        .env("SSL_CERT_FILE", root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains(CANARY), "{text}");
    text
}

#[test]
fn a_certificate_is_verified_with_its_name_in_every_mode_but_disable() {
    let mut root = None;
    let server = Server::start_with(|folder| {
        certificates(folder);
        root = Some((folder.join("root.pem"), folder.join("other.pem")));
        let folder = folder.display();
        format!(
            "-c fsync=off -c ssl=on -c ssl_cert_file={folder}/server.pem -c ssl_key_file={folder}/server.key"
        )
    });
    let (Some(server), Some((root, other))) = (server, root) else {
        return;
    };
    let port = server.port();
    let url = |host: &str, mode: &str| {
        format!("postgresql://accord:{CANARY}@{host}:{port}/postgres?sslmode={mode}")
    };
    for mode in ["require", "verify-ca", "verify-full"] {
        let told = says(&url("localhost", mode), &root);
        assert!(told.contains("<connected>"), "{mode}: {told}");
        let told = says(&url("127.0.0.1", mode), &root);
        assert!(told.contains("<refused>"), "another name, {mode}: {told}");
        assert!(told.contains("certificate"), "{told}");
        let told = says(&url("localhost", mode), &other);
        assert!(told.contains("<refused>"), "a stranger's, {mode}: {told}");
    }
    let told = says(&url("127.0.0.1", "disable"), &other);
    assert!(told.contains("<connected>"), "{told}");
}

#[test]
#[ignore = "runs as a child process of another test"]
fn child_that_connects() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let address = PostgresAddress::parse(&url).unwrap();
    let second = Duration::from_secs(10);
    let take = PostgresLease::acquire(&address, Duration::ZERO, "x", second);
    match runtime.block_on(take) {
        Ok(_lease) => println!("<connected>"),
        Err(error) => println!("<refused> {error}"),
    }
}
