//! Every way in which the network can fail has its own words.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::*;
use crate::reconcile::doctor::check::Status;

const HOST: &str = "tests.contoso.example:443";

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn address() -> SocketAddr {
    "192.0.2.7:443".parse().unwrap()
}

fn open() -> Way {
    Way {
        proxy: None,
        lookup: Some(Ok(Lookup {
            host: "tests.contoso.example".to_owned(),
            addresses: vec!["192.0.2.7".parse().unwrap()],
            is_address: false,
        })),
        connection: Some(Ok(Connected {
            address: address(),
            took: Duration::from_millis(12),
        })),
        tunnel: None,
        tls: Some(Ok(TlsSession {
            version: "TLS 1.3".to_owned(),
            certificate: Some(certificate()),
            took: Duration::from_millis(30),
        })),
    }
}

fn certificate() -> Certificate {
    Certificate {
        subject: "tests.contoso.example".to_owned(),
        issuer: "Contoso Root".to_owned(),
        self_issued: false,
        not_before: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        not_after: Some("2026-12-31T00:00:00Z".parse().unwrap()),
    }
}

fn proxy() -> Proxy {
    Proxy {
        scheme: "http".to_owned(),
        host: "proxy.contoso.example".to_owned(),
        port: 8080,
        has_credentials: true,
    }
}

fn judged(found: &Way) -> Vec<Check> {
    way(found, HOST, false, now())
}

/// The last check, which must be the one that failed.
fn failure(found: &Way, public: bool) -> (String, String) {
    let checks = way(found, HOST, public, now());
    let last = checks.last().unwrap();
    assert_eq!(last.cause, Some(Cause::Unreachable), "{checks:?}");
    let before = &checks[..checks.len() - 1];
    assert!(before.iter().all(|check| check.status == Status::Ok));
    (
        format!("{}: {}", last.check, last.measured),
        last.next.clone().unwrap(),
    )
}

fn with_tls(failure: TlsFailure) -> Way {
    Way {
        tls: Some(Err(failure)),
        ..open()
    }
}

fn refused(problem: CertificateProblem, certificate: Certificate) -> Way {
    with_tls(TlsFailure::Certificate {
        problem,
        certificate: Some(certificate),
    })
}

#[test]
fn an_open_way_is_measured() {
    let lines: Vec<String> = judged(&open())
        .iter()
        .map(|check| format!("{} {:?} {}", check.check, check.status, check.measured))
        .collect();
    assert_eq!(
        lines,
        [
            "dns Ok tests.contoso.example is 192.0.2.7",
            "tcp Ok connected to 192.0.2.7:443 in 12 ms",
            "tls Ok TLS 1.3 in 30 ms, certificate by \"Contoso Root\" until 2026-12-31",
        ]
    );
}

#[test]
fn a_proxy_is_told_without_its_user() {
    let found = Way {
        proxy: Some(proxy()),
        tunnel: Some(Ok(())),
        ..open()
    };
    let checks = judged(&found);
    let names: Vec<&str> = checks.iter().map(|check| check.check.as_str()).collect();
    assert_eq!(names, ["proxy", "dns", "tcp", "tunnel", "tls"]);
    assert_eq!(
        checks[0].measured,
        "https goes through http://proxy.contoso.example:8080, with a user from the environment"
    );
    let other = Way {
        proxy: Some(Proxy {
            scheme: "socks5".to_owned(),
            has_credentials: false,
            ..proxy()
        }),
        lookup: None,
        connection: None,
        tunnel: None,
        tls: None,
    };
    let checks = judged(&other);
    assert_eq!(checks.len(), 1);
    assert!(checks[0].measured.contains("not taken apart"));
}

#[test]
fn many_addresses_are_counted() {
    let addresses: Vec<IpAddr> = (1..=5).map(|n| IpAddr::from([192, 0, 2, n])).collect();
    let found = Way {
        lookup: Some(Ok(Lookup {
            host: "h".to_owned(),
            addresses,
            is_address: false,
        })),
        ..open()
    };
    assert_eq!(
        judged(&found)[0].measured,
        "h is 192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more"
    );
}

#[test]
fn names_and_connections_that_fail() {
    let unknown = |reason: Option<&str>| Way {
        lookup: Some(Err(LookupFailure {
            host: "h.invalid".to_owned(),
            reason: reason.map(str::to_owned),
        })),
        connection: None,
        tls: None,
        ..open()
    };
    let (measured, next) = failure(&unknown(Some("no such host")), false);
    assert_eq!(
        measured,
        "dns: h.invalid stands for no address (no such host)"
    );
    assert!(next.contains("spelling"), "{next}");
    let (measured, _) = failure(&unknown(None), false);
    assert!(measured.contains("did not answer in time"), "{measured}");
    let (_, next) = failure(
        &Way {
            proxy: Some(proxy()),
            ..unknown(None)
        },
        false,
    );
    assert!(next.contains("HTTPS_PROXY"), "{next}");

    let closed = |kind| Way {
        connection: Some(Err(ConnectFailure {
            tried: vec![address()],
            kind,
        })),
        tls: None,
        ..open()
    };
    for (kind, words, way_out) in [
        (
            ConnectFailureKind::Refused,
            "nothing listens",
            "the port in the manifest",
        ),
        (
            ConnectFailureKind::Silent(Duration::from_secs(3)),
            "does not answer within 3 s",
            "firewall",
        ),
        (ConnectFailureKind::Unreachable, "no route", "network"),
        (
            ConnectFailureKind::Other("odd".to_owned()),
            "odd",
            "network",
        ),
    ] {
        let (measured, next) = failure(&closed(kind), false);
        assert!(
            measured.starts_with("tcp: ") && measured.contains(words),
            "{measured}"
        );
        assert!(next.contains(way_out), "{next}");
    }
}

#[test]
fn tunnels_that_are_not_given() {
    for (status, words, way_out) in [
        (Some(407), "wants a user", "USER:PASSWORD"),
        (Some(403), "does not let", "ask whoever runs the proxy"),
        (Some(502), "gives no way", "names an HTTP proxy"),
        (None, "gives no way", "names an HTTP proxy"),
    ] {
        let found = Way {
            proxy: Some(proxy()),
            tunnel: Some(Err(TunnelFailure {
                status,
                reason: "why".to_owned(),
            })),
            tls: None,
            ..open()
        };
        let (measured, next) = failure(&found, false);
        assert!(
            measured.starts_with("tunnel: ") && measured.contains(words),
            "{measured}"
        );
        assert!(next.contains(way_out), "{next}");
    }
}

#[test]
fn certificates_that_are_refused() {
    use CertificateProblem as P;
    let own = Certificate {
        self_issued: true,
        issuer: "box".to_owned(),
        ..certificate()
    };
    for (found, public, words, way_out) in [
        (
            refused(P::UnknownIssuer, own.clone()),
            false,
            "signed it for itself",
            "SSL_CERT_FILE",
        ),
        (
            refused(P::UnknownIssuer, certificate()),
            false,
            "does not know \"Contoso Root\"",
            "company authority",
        ),
        // Nobody but a proxy can have put another certificate before the public service.
        (
            refused(P::UnknownIssuer, own),
            true,
            "something on the way",
            "inspects traffic",
        ),
        (
            refused(P::UnknownIssuer, certificate()),
            true,
            "made by \"Contoso Root\"",
            "exempted",
        ),
        (
            refused(P::Expired, certificate()),
            false,
            "has ended (2026-12-31)",
            "renew",
        ),
        (
            refused(P::NotYetValid, certificate()),
            false,
            "does not hold yet (2026-01-01)",
            "clock",
        ),
        (
            refused(P::OtherName(vec!["a.example".to_owned()]), certificate()),
            false,
            "is for a.example, not for",
            "address",
        ),
        (
            refused(P::OtherName(Vec::new()), certificate()),
            false,
            "is for other names",
            "address",
        ),
        (
            refused(P::Revoked, certificate()),
            false,
            "revoked",
            "do not go on",
        ),
        (
            refused(P::Other("odd".to_owned()), certificate()),
            false,
            "odd",
            "certificate",
        ),
    ] {
        let (measured, next) = failure(&found, public);
        assert!(
            measured.starts_with("tls: ") && measured.contains(words),
            "{measured}"
        );
        assert!(next.contains(way_out), "{measured}: {next}");
    }
    let behind_a_proxy = Way {
        proxy: Some(proxy()),
        tunnel: Some(Ok(())),
        ..refused(P::UnknownIssuer, certificate())
    };
    assert!(
        failure(&behind_a_proxy, false)
            .0
            .contains("something on the way")
    );
}

#[test]
fn tls_that_does_not_come_about() {
    for (tls, words) in [
        (TlsFailure::NotTls, "not in TLS"),
        (
            TlsFailure::Silent(Duration::from_secs(5)),
            "says nothing for 5 s",
        ),
        (
            TlsFailure::Broken("alert".to_owned()),
            "breaks TLS off: alert",
        ),
        (TlsFailure::NoRoots("none".to_owned()), "to judge by: none"),
    ] {
        let (measured, _) = failure(&with_tls(tls), false);
        assert!(measured.contains(words), "{measured}");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning() {
    let ending = |at: &str| {
        let found = Way {
            tls: Some(Ok(TlsSession {
                version: "TLS 1.3".to_owned(),
                certificate: Some(Certificate {
                    not_after: Some(at.parse().unwrap()),
                    ..certificate()
                }),
                took: Duration::ZERO,
            })),
            ..open()
        };
        judged(&found).last().unwrap().status
    };
    assert_eq!(ending("2026-03-15T11:59:59Z"), Status::Warn);
    assert_eq!(ending("2026-03-15T12:00:00Z"), Status::Ok);
}
