//! Where credentials may be sent: built-in hosts per system and what the operator adds, never what a
//! manifest says.
//!
//! A manifest in a pull request is untrusted and could point a connection at a stranger's host. The
//! check therefore sits in the transport and looks at the host as the connection will use it: parsed
//! by `url`, which lower-cases names, decodes percent signs, writes IDN as punycode, and turns decimal
//! and hexadecimal IPv4 into dotted form.

use std::fmt;

use url::{Host, Url};

use crate::model::System;
use crate::remote::{RemoteError, RemoteErrorKind};

/// Whom a credential is for. Each has built-in hosts of its own, so that what opens one is never sent
/// to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// One of the two systems.
    System(System),
    /// The sign-in service of Microsoft Entra.
    SignIn,
    /// The service that hands a job of GitHub Actions its identity token.
    ActionsToken,
    /// The API of GitHub.
    GitHub,
}

impl From<System> for Party {
    fn from(system: System) -> Self {
        Self::System(system)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(system) => system.fmt(f),
            Self::SignIn => f.write_str("the sign-in service of Microsoft Entra"),
            Self::ActionsToken => f.write_str("the token service of GitHub Actions"),
            Self::GitHub => f.write_str("GitHub"),
        }
    }
}

/// The hosts that each credential may go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    /// For every party.
    extra: Vec<Entry>,
    /// For GitHub alone: the host of the API that the runner names.
    github: Vec<Entry>,
}

/// An addition that does not have the form `HOST[:PORT]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{entry}` is not a host that can be allowed: write HOST or HOST:PORT (for example \
     `tests.contoso.example` or `[::1]:8080`), without scheme, path or user name"
)]
pub struct InvalidHost {
    /// The addition as given.
    pub entry: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    pattern: Pattern,
    /// `None` is the default port of the request's scheme.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(Host<String>),
    /// Every name that ends with a dot and this, but not this itself.
    Below(String),
}

/// Hosts that need no addition. Always https on port 443.
const fn built_in(party: Party) -> (&'static [&'static str], &'static [&'static str]) {
    match party {
        Party::System(System::TestWorthy) => {
            (&["testworthy.us", "api.testworthy.com"], &["testworthy.us"])
        }
        Party::System(System::AzureDevOps) => (
            &["dev.azure.com", "vssps.dev.azure.com"],
            &["visualstudio.com"],
        ),
        Party::SignIn => (&["login.microsoftonline.com"], &[]),
        Party::ActionsToken => (&[], &["actions.githubusercontent.com"]),
        Party::GitHub => (&["api.github.com"], &[]),
    }
}

impl AllowList {
    /// The built-in hosts and `extra`: `HOST` (the scheme's default port), `HOST:PORT`, or either with
    /// a leading `*.` for every name below it. Additions count for every party.
    pub fn new(extra: &[String]) -> Result<Self, InvalidHost> {
        let extra = extra
            .iter()
            .map(|entry| {
                parse_entry(entry.trim()).ok_or_else(|| InvalidHost {
                    entry: entry.clone(),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            extra,
            github: Vec::new(),
        })
    }

    /// With the host of GitHub's API as the operator's environment names it, for GitHub's token and no
    /// other. An address without a host adds nothing.
    #[must_use]
    pub fn with_github_api(mut self, url: &Url) -> Self {
        if let Some(host) = url.host().as_ref().and_then(normalised) {
            self.github.push(Entry {
                pattern: Pattern::Exact(host),
                port: url.port_or_known_default(),
            });
        }
        self
    }

    /// Whether the credentials of `system` may be sent to `url`: a listed host on a listed port, over
    /// https, or over plain http if the host is loopback. [`RemoteErrorKind::HostRefused`] otherwise.
    pub fn check(&self, system: System, url: &Url) -> Result<(), RemoteError> {
        self.permit(system.into(), url).map_err(|host| RemoteError {
            system,
            kind: RemoteErrorKind::HostRefused { host },
            request: None,
        })
    }

    /// As [`Self::check`], for any party. The error is the refused host, as messages show it.
    pub fn permit(&self, party: Party, url: &Url) -> Result<(), String> {
        let refuse = |note: &str| Err(format!("{}{note}", shown(url)));
        let Some(host) = url.host().as_ref().and_then(normalised) else {
            return refuse("");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(" with a user name or password in the address");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return refuse(" over plain http"),
            _ => return refuse(" over anything but https"),
        }
        let known = url.scheme() == "https" && url.port().is_none() && is_built_in(party, &host);
        let own = if party == Party::GitHub {
            self.github.as_slice()
        } else {
            &[]
        };
        let added = |entry: &Entry| entry.matches(&host, url);
        if known || self.extra.iter().chain(own).any(added) {
            Ok(())
        } else {
            refuse("")
        }
    }
}

/// Whether the host is one of the system's own public ones, which need no addition.
pub fn is_public_host(system: System, url: &Url) -> bool {
    url.host()
        .as_ref()
        .and_then(normalised)
        .is_some_and(|host| is_built_in(system.into(), &host))
}

impl Entry {
    fn matches(&self, host: &Host<String>, url: &Url) -> bool {
        let port = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        port && match (&self.pattern, host) {
            (Pattern::Exact(allowed), host) => allowed == host,
            (Pattern::Below(suffix), Host::Domain(name)) => is_below(name, suffix),
            (Pattern::Below(_), _) => false,
        }
    }
}

fn is_built_in(party: Party, host: &Host<String>) -> bool {
    let Host::Domain(name) = host else {
        return false;
    };
    let (exact, below) = built_in(party);
    exact.contains(&name.as_str()) || below.iter().any(|suffix| is_below(name, suffix))
}

/// Whether `name` is a true subdomain of `suffix`.
fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|rest| !rest.is_empty() && !rest.split('.').any(str::is_empty))
}

fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The host without the one trailing dot that marks a name as absolute; it names the same machine.
fn normalised<T: AsRef<str>>(host: &Host<T>) -> Option<Host<String>> {
    Some(match host {
        Host::Domain(name) => {
            let name = name.as_ref().to_ascii_lowercase();
            let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
            if name.is_empty() || name.split('.').any(str::is_empty) {
                return None;
            }
            Host::Domain(name)
        }
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => Host::Ipv6(*address),
    })
}

/// Host and port for messages; nothing else of the address.
fn shown(url: &Url) -> String {
    match (url.host(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_string(),
        (None, _) => format!("({} address without a host)", url.scheme()),
    }
}

fn parse_entry(entry: &str) -> Option<Entry> {
    let (below, rest) = match entry.strip_prefix("*.") {
        Some(rest) => (true, rest),
        None => (false, entry),
    };
    let (name, port) = if rest.starts_with('[') {
        let end = rest.find(']')? + 1;
        let port = match rest.get(end..)? {
            "" => None,
            port => Some(port.strip_prefix(':')?),
        };
        (rest.get(..end)?, port)
    } else {
        match rest.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (rest, None),
        }
    };
    let port = match port {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0)?)
        }
        Some(_) => return None,
        None => None,
    };
    // `Host::parse` decodes percent signs; an entry is plain text.
    if name.contains(['%', '*', '@']) {
        return None;
    }
    let host = normalised(&Host::parse(name).ok()?)?;
    let pattern = match (below, host) {
        // `*.com` would allow half the world by a slip.
        (true, Host::Domain(suffix)) if suffix.contains('.') => Pattern::Below(suffix),
        (true, _) => return None,
        (false, host) => Pattern::Exact(host),
    };
    Some(Entry { pattern, port })
}

#[cfg(test)]
mod tests;
