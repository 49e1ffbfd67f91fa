//! The network: name, connection, proxy, TLS.

use jiff::{SignedDuration, Timestamp};

use super::shown;
use crate::http::probe::{
    Certificate, CertificateProblem, ConnectFailure, ConnectFailureKind, Connected, Lookup,
    LookupFailure, Proxy, TlsFailure, TlsSession, TunnelFailure, Way,
};
use crate::reconcile::doctor::check::{Cause, Check};

/// A certificate that ends within so many days is worth a warning.
const ENDS_SOON: i64 = 14;

/// The checks of the way, as far as it goes; the last one failed if it is not open. `host` is the
/// server's own host and port; `public` says that it is a host of the public service, whose certificates
/// every machine trusts.
pub(in crate::reconcile::doctor) fn way(
    way: &Way,
    host: &str,
    public: bool,
    now: Timestamp,
) -> Vec<Check> {
    let mut checks = Vec::new();
    let proxied = way.proxy.is_some();
    if let Some(found) = &way.proxy {
        checks.push(proxy(found));
    }
    if let Some(lookup) = &way.lookup {
        checks.push(dns(lookup, proxied));
    }
    if let Some(connection) = &way.connection {
        checks.push(tcp(connection, proxied));
    }
    if let Some(asked) = &way.tunnel {
        checks.push(tunnel(asked, host));
    }
    match &way.tls {
        Some(Ok(session)) => checks.push(tls(session, now)),
        Some(Err(failure)) => checks.push(tls_failure(failure, host, public || proxied)),
        None => {}
    }
    checks
}

fn proxy(proxy: &Proxy) -> Check {
    let with = if proxy.has_credentials {
        "with a user from the environment"
    } else {
        "without a user"
    };
    let place = format!("{}://{}:{}", proxy.scheme, proxy.host, proxy.port);
    let more = if proxy.scheme == "http" {
        ""
    } else {
        "; a proxy of this kind is not taken apart, so name, connection and TLS are only judged by the answer"
    };
    Check::ok("proxy", format!("https goes through {place}, {with}{more}"))
}

fn dns(lookup: &Result<Lookup, LookupFailure>, proxied: bool) -> Check {
    match lookup {
        Ok(found) if found.is_address => {
            Check::ok("dns", format!("{} is an address already", found.host))
        }
        Ok(found) => {
            let shown: Vec<String> = found
                .addresses
                .iter()
                .take(3)
                .map(ToString::to_string)
                .collect();
            let more = match found.addresses.len().saturating_sub(3) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Check::ok(
                "dns",
                format!("{} is {}{more}", found.host, shown.join(", ")),
            )
        }
        Err(failure) => {
            let reason = match &failure.reason {
                Some(words) => shown(words),
                None => "the resolver did not answer in time".to_owned(),
            };
            let next = if proxied {
                "check the proxy's name in HTTPS_PROXY"
            } else {
                "check the spelling of the host in the manifest; if other machines know it, check this \
                 machine's DNS or VPN, or set HTTPS_PROXY if the way out is a proxy"
            };
            let measured = format!("{} stands for no address ({reason})", failure.host);
            Check::fail("dns", Cause::Unreachable, measured, next)
        }
    }
}

fn tcp(connection: &Result<Connected, ConnectFailure>, proxied: bool) -> Check {
    let failure = match connection {
        Ok(connected) => {
            let took = connected.took.as_millis();
            let measured = format!("connected to {} in {took} ms", connected.address);
            return Check::ok("tcp", measured);
        }
        Err(failure) => failure,
    };
    let tried: Vec<String> = failure.tried.iter().map(ToString::to_string).collect();
    let tried = tried.join(", ");
    let whose = if proxied {
        "HTTPS_PROXY"
    } else {
        "the manifest"
    };
    let (measured, next) = match &failure.kind {
        ConnectFailureKind::Refused => (
            format!("{tried} refuses connections: nothing listens there"),
            format!("check the port in {whose}, and that the server runs"),
        ),
        ConnectFailureKind::Silent(limit) => (
            format!("{tried} does not answer within {} s", limit.as_secs_f64()),
            format!(
                "a firewall may drop the packets: try from another network, check VPN and HTTPS_PROXY, \
                 and the port in {whose}"
            ),
        ),
        ConnectFailureKind::Unreachable => (
            format!("there is no route to {tried}"),
            "check this machine's network and VPN".to_owned(),
        ),
        ConnectFailureKind::Other(words) => (
            format!("{tried}: {}", shown(words)),
            "check this machine's network, VPN and firewall".to_owned(),
        ),
    };
    Check::fail("tcp", Cause::Unreachable, measured, next)
}

fn tunnel(asked: &Result<(), TunnelFailure>, host: &str) -> Check {
    let failure = match asked {
        Ok(()) => return Check::ok("tunnel", format!("the proxy leads to {host}")),
        Err(failure) => failure,
    };
    let (measured, next) = match failure.status {
        Some(407) => (
            "the proxy wants a user and a password (status 407)".to_owned(),
            "put them into HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT), or reach the host directly with NO_PROXY".to_owned(),
        ),
        Some(status @ (401 | 403)) => (
            format!("the proxy does not let {host} pass (status {status})"),
            format!("ask whoever runs the proxy to allow {host}, or name the host in NO_PROXY"),
        ),
        _ => (
            format!("the proxy gives no way to {host} ({})", shown(&failure.reason)),
            format!("check that HTTPS_PROXY names an HTTP proxy, and that it reaches {host}"),
        ),
    };
    Check::fail("tunnel", Cause::Unreachable, measured, next)
}

fn tls(session: &TlsSession, now: Timestamp) -> Check {
    let took = session.took.as_millis();
    let Some(certificate) = &session.certificate else {
        return Check::ok("tls", format!("{} in {took} ms", session.version));
    };
    let measured = format!(
        "{} in {took} ms, certificate by {}",
        session.version,
        named(&certificate.issuer)
    );
    let Some(end) = certificate.not_after else {
        return Check::ok("tls", measured);
    };
    let measured = format!("{measured} until {}", day(end));
    if end.duration_since(now) < SignedDuration::from_hours(24 * ENDS_SOON) {
        let next = "let whoever runs the server renew its certificate";
        return Check::warn("tls", measured, next);
    }
    Check::ok("tls", measured)
}

/// `intercepted` says that only something on the way can have put another certificate there.
fn tls_failure(failure: &TlsFailure, host: &str, intercepted: bool) -> Check {
    let (measured, next) = match failure {
        TlsFailure::Certificate {
            problem,
            certificate,
        } => certificate_failure(problem, certificate.as_ref(), host, intercepted),
        TlsFailure::NotTls => (
            format!("{host} answers, but not in TLS"),
            "check the port: https needs the server's TLS port".to_owned(),
        ),
        TlsFailure::Silent(limit) => (
            format!("{host} accepts the connection and then says nothing for {} s", limit.as_secs_f64()),
            "a firewall or an overloaded server may be the reason: try from another network".to_owned(),
        ),
        TlsFailure::Broken(words) => (
            format!("{host} breaks TLS off: {}", shown(words)),
            "a firewall may end it, or the server offers neither TLS 1.2 nor 1.3: try from another network, and ask who runs it".to_owned(),
        ),
        TlsFailure::NoRoots(words) => (
            format!("there are no certificates to judge by: {}", shown(words)),
            "install the system's certificates (the package ca-certificates), or name a PEM file in SSL_CERT_FILE".to_owned(),
        ),
    };
    Check::fail("tls", Cause::Unreachable, measured, next)
}

fn certificate_failure(
    problem: &CertificateProblem,
    certificate: Option<&Certificate>,
    host: &str,
    intercepted: bool,
) -> (String, String) {
    const OWN_AUTHORITY: &str =
        "name the PEM file of the authority that signed it in SSL_CERT_FILE";
    let issuer = named(certificate.map_or("", |certificate| &certificate.issuer));
    let date = |pick: fn(&Certificate) -> Option<Timestamp>| {
        certificate
            .and_then(pick)
            .map_or_else(String::new, |at| format!(" ({})", day(at)))
    };
    match problem {
        CertificateProblem::UnknownIssuer if intercepted => (
            format!(
                "the certificate for {host} was made by {issuer}, which this machine does not trust: something on the way opens the encryption"
            ),
            format!(
                "a proxy or a security product inspects traffic: {OWN_AUTHORITY}, or have {host} exempted from inspection"
            ),
        ),
        CertificateProblem::UnknownIssuer if certificate.is_some_and(|found| found.self_issued) => {
            (
                format!("the certificate is not trusted: {issuer} signed it for itself"),
                format!("if the server is yours, {OWN_AUTHORITY} (here the certificate itself)"),
            )
        }
        CertificateProblem::UnknownIssuer => (
            format!(
                "the certificate is not trusted: this machine does not know {issuer}, who signed it"
            ),
            format!(
                "if a company authority signed it, {OWN_AUTHORITY}; a server may also have left out an intermediate certificate"
            ),
        ),
        CertificateProblem::Expired => (
            format!("the certificate has ended{}", date(|found| found.not_after)),
            "let whoever runs the server renew it; check this machine's clock too".to_owned(),
        ),
        CertificateProblem::NotYetValid => (
            format!(
                "the certificate does not hold yet{}",
                date(|found| found.not_before)
            ),
            "check this machine's clock".to_owned(),
        ),
        CertificateProblem::OtherName(names) => {
            let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
            let whose = match names.as_slice() {
                [] => "other names".to_owned(),
                names => names.join(", "),
            };
            (
                format!("the certificate is for {whose}, not for {host}"),
                "use the name that the certificate carries in the manifest's address, or let whoever runs the server correct it".to_owned(),
            )
        }
        CertificateProblem::Revoked => (
            "the certificate was revoked".to_owned(),
            "ask whoever runs the server; do not go on".to_owned(),
        ),
        CertificateProblem::Other(words) => (
            format!("the certificate is not accepted: {}", shown(words)),
            "let whoever runs the server look at its certificate".to_owned(),
        ),
    }
}

fn named(name: &str) -> String {
    if name.trim().is_empty() {
        "an issuer without a name".to_owned()
    } else {
        format!("\"{}\"", shown(name))
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;
