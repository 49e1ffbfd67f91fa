//! The steps against listeners of this process.

use rcgen::{KeyPair, generate_simple_self_signed};
use tokio::net::TcpListener;

use super::super::tls;
use super::*;

const LIMITS: ProbeLimits = ProbeLimits {
    lookup: Duration::from_secs(5),
    connect: Duration::from_secs(5),
    handshake: Duration::from_millis(500),
};

async fn walk_to(url: &str) -> Way {
    let url = Url::parse(url).unwrap();
    let entry = format!(
        "{}:{}",
        url.host_str().unwrap(),
        url.port_or_known_default().unwrap()
    );
    let allow = AllowList::new(&[entry]).unwrap();
    walk(&allow, System::TestWorthy, &url, LIMITS)
        .await
        .unwrap()
}

/// Without any certificate to judge by no handshake begins.
fn no_roots() -> bool {
    let reason = tls::verifier().err();
    if let Some(reason) = &reason {
        println!("skipped: {reason}");
    }
    reason.is_some()
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_not_even_looked_up() {
    let url = Url::parse("https://nowhere.invalid/").unwrap();
    let refused = walk(&AllowList::default(), System::TestWorthy, &url, LIMITS).await;
    assert!(matches!(
        refused.unwrap_err().kind,
        crate::remote::RemoteErrorKind::HostRefused { .. }
    ));
}

#[tokio::test]
async fn plain_http_needs_a_connection_only() {
    let (_listener, port) = listener().await;
    let way = walk_to(&format!("http://127.0.0.1:{port}/x")).await;
    assert!(way.lookup.unwrap().unwrap().is_address);
    let connected = way.connection.unwrap().unwrap();
    assert_eq!(connected.address.port(), port);
    assert_eq!((way.tls, way.tunnel, way.proxy), (None, None, None));
}

#[tokio::test]
async fn a_port_without_a_listener_is_refused() {
    let (listener, port) = listener().await;
    drop(listener);
    let way = walk_to(&format!("http://127.0.0.1:{port}/")).await;
    let failure = way.connection.unwrap().unwrap_err();
    assert_eq!(failure.kind, ConnectFailureKind::Refused);
    assert_eq!(failure.tried.len(), 1);
}

#[tokio::test]
async fn a_name_of_nothing_has_no_address() {
    let way = walk_to("https://nowhere.invalid/").await;
    assert_eq!(way.lookup.unwrap().unwrap_err().host, "nowhere.invalid");
    assert_eq!(way.connection, None);
}

#[tokio::test]
async fn a_listener_without_tls_is_told_from_a_silent_one() {
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let (_silent, _) = listener.accept().await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let shake = |stream| handshake::shake(stream, "localhost", LIMITS.handshake);
    let connect = || TcpStream::connect(("127.0.0.1", port));
    tls::install_tls_provider();
    if no_roots() {
        return;
    }
    assert_eq!(
        shake(connect().await.unwrap()).await,
        Err(TlsFailure::NotTls)
    );
    assert_eq!(
        shake(connect().await.unwrap()).await,
        Err(TlsFailure::Silent(LIMITS.handshake))
    );
}

#[tokio::test]
async fn a_proxy_says_why_it_gives_no_tunnel() {
    for (answer, status) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            Some(407),
        ),
        ("HTTP/1.0 403 Forbidden\r\nx: y\r\n\r\n", Some(403)),
        ("SSH-2.0-OpenSSH\r\n\r\n", None),
        ("", None),
    ] {
        let (listener, port) = listener().await;
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            assert!(
                text.starts_with("CONNECT dev.azure.com:443 HTTP/1.1\r\n"),
                "{text}"
            );
            assert!(text.contains("proxy-authorization: Basic "), "{text}");
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        let proxied = Matcher::builder()
            .https(format!("http://ada:word@127.0.0.1:{port}"))
            .build();
        let url = Url::parse("https://dev.azure.com/contoso").unwrap();
        let found = proxied.intercept(&url.as_str().parse().unwrap()).unwrap();
        let shown = proxy(&found).unwrap();
        assert!(shown.has_credentials);
        assert!(!format!("{shown:?}").contains("word"), "{shown:?}");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let refused = tunnel(&mut stream, &url, &found).await.unwrap_err();
        assert_eq!(refused.status, status, "{answer:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_gives_a_tunnel_leaves_what_follows() {
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut vec![0; 1024]).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nx: y\r\n\r\nrest")
            .await;
    });
    let proxied = Matcher::builder()
        .https(format!("http://127.0.0.1:{port}"))
        .build();
    let url = Url::parse("https://dev.azure.com/contoso").unwrap();
    let found = proxied.intercept(&url.as_str().parse().unwrap()).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    tunnel(&mut stream, &url, &found).await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "rest");
}

/// A server with this certificate; the port it listens on.
async fn tls_server(certificate: rcgen::Certificate, key: &KeyPair) -> u16 {
    let (listener, port) = listener().await;
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    port
}

#[tokio::test]
async fn an_own_certificate_is_not_trusted_and_is_shown() {
    tls::install_tls_provider();
    if no_roots() {
        return;
    }
    let made = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let port = tls_server(made.cert, &made.signing_key).await;
    let way = walk_to(&format!("https://localhost:{port}/")).await;
    let Some(Err(TlsFailure::Certificate {
        problem,
        certificate,
    })) = way.tls
    else {
        panic!("{way:?}");
    };
    assert_eq!(problem, CertificateProblem::UnknownIssuer);
    assert!(certificate.unwrap().self_issued);
}

#[test]
fn the_status_is_in_the_first_line() {
    for (head, status) in [
        ("HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
        ("HTTP/1.0 407\r\n\r\n", Some(407)),
        ("200 OK\r\n\r\n", None),
        ("HTTP/1.1 x\r\n\r\n", None),
        ("", None),
    ] {
        assert_eq!(status_of(head.as_bytes()), status, "{head:?}");
    }
}
