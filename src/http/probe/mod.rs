//! The way to a server, step by step: name, connection, tunnel through a proxy, TLS.
//!
//! A client only says that it got no connection. A person who has to mend it must know which step failed,
//! so a connection test takes the steps one by one, sends no request and no credential of a system, and
//! says what it found. The allow-list is asked first, as for every request.

mod certificate;
mod handshake;

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use url::{Host, Url};

use super::AllowList;
use crate::model::System;
use crate::remote::RemoteError;

pub use certificate::Certificate;
pub use handshake::{CertificateProblem, TlsFailure, TlsSession};

/// The longest head of a proxy's answer that is read, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// How long to wait for each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeLimits {
    /// For the name.
    pub lookup: Duration,
    /// For one connection.
    pub connect: Duration,
    /// For a proxy's answer, and for TLS.
    pub handshake: Duration,
}

impl Default for ProbeLimits {
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(4),
            connect: Duration::from_secs(3),
            handshake: Duration::from_secs(5),
        }
    }
}

/// What was found on the way to a server, as far as it went: a step behind a failed one is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The proxy that the environment names for this address.
    pub proxy: Option<Proxy>,
    /// The name; of the proxy, if there is one. `None` if the proxy is of a kind that is not taken
    /// apart (SOCKS, or reached over TLS itself).
    pub lookup: Option<Result<Lookup, LookupFailure>>,
    /// The connection; to the proxy, if there is one.
    pub connection: Option<Result<Connected, ConnectFailure>>,
    /// The proxy's answer to the wish for a tunnel; `None` without a proxy.
    pub tunnel: Option<Result<(), TunnelFailure>>,
    /// TLS with the server; `None` for plain http.
    pub tls: Option<Result<TlsSession, TlsFailure>>,
}

/// A proxy, without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// `http`, `https`, `socks5`, ...
    pub scheme: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the environment has a user for it.
    pub has_credentials: bool,
}

/// A name that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The name, or the address if that stood there.
    pub host: String,
    /// What it stands for, in the resolver's order.
    pub addresses: Vec<IpAddr>,
    /// Whether it was an address from the start.
    pub is_address: bool,
}

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupFailure {
    /// The name.
    pub host: String,
    /// The system's words; `None` if the resolver did not answer in time.
    pub reason: Option<String>,
}

/// A connection that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The address that answered.
    pub address: SocketAddr,
    /// How long it took.
    pub took: Duration,
}

/// A connection that was not made, to any of the addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectFailure {
    /// The addresses that were tried.
    pub tried: Vec<SocketAddr>,
    /// What the last one said.
    pub kind: ConnectFailureKind,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectFailureKind {
    /// The machine answers that nothing listens there.
    Refused,
    /// No answer at all for so long.
    Silent(Duration),
    /// No route to it.
    Unreachable,
    /// The system's words.
    Other(String),
}

/// A proxy that gave no tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunnelFailure {
    /// The status it answered with, if it answered.
    pub status: Option<u16>,
    /// In words, where there is no status.
    pub reason: String,
}

/// Takes the steps to `url`, each once. [`crate::remote::RemoteErrorKind::HostRefused`] before any of
/// them if the host may not have the credentials of `system`.
pub async fn walk(
    allow: &AllowList,
    system: System,
    url: &Url,
    limits: ProbeLimits,
) -> Result<Way, RemoteError> {
    allow.check(system, url)?;
    let intercept = intercept(url);
    let proxy = intercept.as_ref().and_then(proxy);
    let mut way = Way {
        proxy,
        lookup: None,
        connection: None,
        tunnel: None,
        tls: None,
    };
    if let Some(proxy) = way.proxy.as_ref().filter(|proxy| proxy.scheme != "http") {
        tracing::debug!(scheme = proxy.scheme, "a proxy that is not taken apart");
        return Ok(way);
    }
    if let Some(stream) = approach(&mut way, url, limits).await {
        go_on(&mut way, stream, url, intercept.as_ref(), limits).await;
    }
    Ok(way)
}

/// As the client finds its proxy: from the environment and the platform, never for plain http.
fn intercept(url: &Url) -> Option<Intercept> {
    if url.scheme() != "https" {
        return None;
    }
    Matcher::from_system().intercept(&url.as_str().parse().ok()?)
}

fn proxy(intercept: &Intercept) -> Option<Proxy> {
    let uri = intercept.uri();
    let scheme = uri.scheme_str().unwrap_or("http").to_owned();
    let usual = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => 1080,
    };
    Some(Proxy {
        host: uri.host()?.trim_matches(['[', ']']).to_owned(),
        port: uri.port_u16().unwrap_or(usual),
        has_credentials: intercept.basic_auth().is_some() || intercept.raw_auth().is_some(),
        scheme,
    })
}

/// Name and connection, of the proxy or of the server itself.
async fn approach(way: &mut Way, url: &Url, limits: ProbeLimits) -> Option<TcpStream> {
    let (host, port) = match &way.proxy {
        Some(proxy) => (proxy.host.clone(), proxy.port),
        None => (bare_host(url)?, url.port_or_known_default()?),
    };
    let found = look_up(&host, port, limits.lookup).await;
    let addresses = found.as_ref().ok().map(|found| found.addresses.clone());
    way.lookup = Some(found);
    let (stream, outcome) = connect(&addresses?, port, limits.connect).await;
    way.connection = Some(outcome);
    stream
}

/// What comes behind the connection: a proxy's tunnel, TLS.
async fn go_on(
    way: &mut Way,
    mut stream: TcpStream,
    url: &Url,
    intercept: Option<&Intercept>,
    limits: ProbeLimits,
) {
    if let Some(intercept) = intercept {
        let asked = tunnel(&mut stream, url, intercept);
        let outcome = match timeout(limits.handshake, asked).await {
            Ok(outcome) => outcome,
            Err(_) => Err(TunnelFailure {
                status: None,
                reason: format!("no answer within {} s", limits.handshake.as_secs()),
            }),
        };
        let failed = outcome.is_err();
        way.tunnel = Some(outcome);
        if failed {
            return;
        }
    }
    if url.scheme() == "https"
        && let Some(host) = bare_host(url)
    {
        way.tls = Some(handshake::shake(stream, &host, limits.handshake).await);
    }
}

/// The host without the brackets of an IPv6 address and the dot of an absolute name.
fn bare_host(url: &Url) -> Option<String> {
    Some(match url.host()? {
        Host::Domain(name) => name.trim_end_matches('.').to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    })
}

async fn look_up(host: &str, port: u16, limit: Duration) -> Result<Lookup, LookupFailure> {
    let fail = |reason| LookupFailure {
        host: host.to_owned(),
        reason,
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(Lookup {
            host: host.to_owned(),
            addresses: vec![address],
            is_address: true,
        });
    }
    let found = timeout(limit, lookup_host((host, port)))
        .await
        .map_err(|_| fail(None))?
        .map_err(|error| fail(Some(error.to_string())))?;
    let mut addresses = Vec::new();
    for address in found.map(|found| found.ip()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(fail(Some("it has no address".to_owned())));
    }
    Ok(Lookup {
        host: host.to_owned(),
        addresses,
        is_address: false,
    })
}

/// Tries the addresses in turn until one answers or the time for two silent ones is over.
async fn connect(
    addresses: &[IpAddr],
    port: u16,
    limit: Duration,
) -> (Option<TcpStream>, Result<Connected, ConnectFailure>) {
    let begin = Instant::now();
    let mut tried = Vec::new();
    let mut kind = ConnectFailureKind::Unreachable;
    for ip in addresses {
        if begin.elapsed() >= limit * 2 {
            break;
        }
        let address = SocketAddr::new(*ip, port);
        tried.push(address);
        let start = Instant::now();
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let took = start.elapsed();
                return (Some(stream), Ok(Connected { address, took }));
            }
            Ok(Err(error)) => kind = failure_kind(&error),
            Err(_) => kind = ConnectFailureKind::Silent(limit),
        }
    }
    (None, Err(ConnectFailure { tried, kind }))
}

fn failure_kind(error: &std::io::Error) -> ConnectFailureKind {
    match error.kind() {
        ErrorKind::ConnectionRefused => ConnectFailureKind::Refused,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            ConnectFailureKind::Unreachable
        }
        _ => ConnectFailureKind::Other(error.to_string()),
    }
}

/// Asks the proxy for a tunnel (RFC 9110, 9.3.6).
async fn tunnel(
    stream: &mut TcpStream,
    url: &Url,
    intercept: &Intercept,
) -> Result<(), TunnelFailure> {
    let fail = |status, reason: String| TunnelFailure { status, reason };
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n");
    if let Some(auth) = intercept.basic_auth().and_then(|auth| auth.to_str().ok()) {
        request.push_str("proxy-authorization: ");
        request.push_str(auth);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    let broke = |error: std::io::Error| fail(None, error.to_string());
    stream.write_all(request.as_bytes()).await.map_err(broke)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Err(fail(None, "its answer has no end".to_owned()));
        }
        // Byte by byte: what comes behind the head belongs to TLS.
        let byte = stream.read_u8().await.map_err(broke)?;
        head.push(byte);
    }
    match status_of(&head) {
        Some(200..=299) => Ok(()),
        Some(status) => Err(fail(Some(status), format!("status {status}"))),
        None => Err(fail(None, "it does not speak HTTP".to_owned())),
    }
}

/// The status in the first line of an answer.
fn status_of(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split(' ');
    words.next().filter(|word| word.starts_with("HTTP/"))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests;
