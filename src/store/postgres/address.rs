//! The address of a state in PostgreSQL: which server, which schema, and whether the connection may go
//! without TLS. It carries a password, so nothing of its text is ever repeated.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

use crate::store::StoreError;

/// The schema that the state lives in by default.
const SCHEMA: &str = "accord";

/// How long a server may take to accept a connection, and to acknowledge what it is sent.
const CONNECT: Duration = Duration::from_secs(15);
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// A connection on which nothing is heard for [`UNACKNOWLEDGED`] is asked this often and so many times whether
/// the other end is still there: a machine that is gone answers no statement, and sends no word about it.
const PROBE: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// How long a server that has accepted a connection may take until it can be used.
const OPENING: Duration = Duration::from_secs(30);

/// What an error calls an address that was not understood.
const NOWHERE: &str = "the state in PostgreSQL";

/// Where a state in PostgreSQL is. Its text form never holds the password.
#[derive(Clone)]
pub struct PostgresAddress {
    pub(super) config: Config,
    /// Whether the connection is encrypted and the server's certificate verified.
    pub(super) encrypted: bool,
    pub(super) schema: String,
    shown: String,
}

impl PostgresAddress {
    /// Reads `postgresql://user:password@host:port/database?sslmode=require`.
    ///
    /// Without `sslmode`, and with `prefer` or `allow`, a server on this machine is spoken to in the
    /// clear and every other one over TLS; `require`, `verify-ca` and `verify-full` all verify the
    /// certificate and its name. `options=-csearch_path%3DNAME` names another schema than `accord`.
    ///
    /// Errors with [`StoreError::Backend`], without a word of the text.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        Self::read(text).map_err(|reason| StoreError::Backend {
            path: NOWHERE.to_owned(),
            reason: reason.to_owned(),
        })
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if !["postgresql://", "postgres://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
        {
            return Err(SHAPE);
        }
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        // The driver knows fewer modes than the servers' own programs.
        let mut mode = None;
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert" | "sslcert" | "sslkey", _)) => return Err(CERTIFICATES),
                _ => rest.push(pair),
            }
        }
        let text = format!("{place}?{}", rest.join("&"));
        let mut config: Config = text.parse().map_err(|_| SHAPE)?;
        // A character that was not encoded moves a part of the password into the next part.
        let misplaced = |text: &str| text.contains(['@', ':']);
        if config.get_dbname().is_some_and(misplaced) || config.get_hosts().is_empty() {
            return Err(SHAPE);
        }
        let local = is_local(&config);
        let encrypted = match mode {
            None | Some("prefer" | "allow") => !local,
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(_) => return Err(MODE),
        };
        config.ssl_mode(if encrypted {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        if config.get_application_name().is_none() {
            config.application_name("accord");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        if !rest.iter().any(|pair| pair.starts_with("keepalives")) {
            config.keepalives_idle(UNACKNOWLEDGED);
            config.keepalives_interval(PROBE);
            config.keepalives_retries(PROBES);
        }
        let schema = match config.get_options().and_then(search_path) {
            None => SCHEMA.to_owned(),
            Some(name) => schema_name(&name).ok_or(SEARCH_PATH)?,
        };
        let shown = shown(&config, &schema);
        Ok(Self {
            config,
            encrypted,
            schema,
            shown,
        })
    }

    /// How long opening a connection may take in all: each host may take its time to accept it.
    pub(super) fn patience(&self) -> Duration {
        let hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(u32::MAX);
        let accepting = self.config.get_connect_timeout().copied();
        accepting
            .unwrap_or(CONNECT)
            .saturating_mul(hosts)
            .saturating_add(OPENING)
    }
}

const SHAPE: &str = "its address is not of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require; \
    special characters in the password are written percent-encoded (`@` as %40, `/` as %2F, `?` as %3F, `#` as %23)";
const MODE: &str =
    "`sslmode` of its address is none of disable, prefer, require, verify-ca and verify-full";
const CERTIFICATES: &str = "its address names certificate files, which are not read; the platform's certificates \
    are used, and those of the file that SSL_CERT_FILE names";
const SEARCH_PATH: &str = "`search_path` in the options of its address is not one plain name of lower-case letters, \
    digits and underscores";

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresAddress").field(&self.shown).finish()
    }
}

/// Host, port, database and schema.
fn shown(config: &Config, schema: &str) -> String {
    let mut text = "postgresql://".to_owned();
    let ports = config.get_ports();
    for (index, host) in config.get_hosts().iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match host {
            Host::Tcp(name) => text.push_str(name),
            #[cfg(unix)]
            Host::Unix(folder) => text.push_str(&folder.display().to_string()),
        }
        if let Some(port) = ports.get(index).or_else(|| ports.first()) {
            let _ = write!(text, ":{port}");
        }
    }
    let _ = write!(text, "/{}", config.get_dbname().unwrap_or_default());
    if schema != SCHEMA {
        let _ = write!(text, " (schema {schema})");
    }
    text
}

/// Whether every way that the address names ends on this machine.
fn is_local(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .trim_matches(['[', ']'])
                    .parse()
                    .is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// The value of `search_path` in `-c search_path=NAME` or `--search_path=NAME`.
fn search_path(options: &str) -> Option<String> {
    let (_, behind) = options.split_once("search_path")?;
    let value = behind.trim_start().strip_prefix('=')?.trim_start();
    let end = value.find([' ', '\t']).unwrap_or(value.len());
    Some(value[..end].to_owned())
}

fn schema_name(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let fits = name.len() <= 63
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.starts_with("pg_")
        && name != "public";
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "hunter2-canary";

    fn read(text: &str) -> PostgresAddress {
        PostgresAddress::parse(text).unwrap()
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear_unless_the_operator_says_so() {
        let cases = [
            ("localhost/db", false),
            ("127.0.0.1:5433/db", false),
            ("127.0.0.1/db?sslmode=prefer", false),
            ("127.0.0.1/db?sslmode=require", true),
            ("db.contoso.example/db", true),
            ("db.contoso.example/db?sslmode=prefer", true),
            ("db.contoso.example/db?sslmode=allow", true),
            ("db.contoso.example/db?sslmode=require", true),
            ("db.contoso.example/db?sslmode=verify-ca", true),
            ("db.contoso.example/db?sslmode=verify-full", true),
            ("db.contoso.example/db?sslmode=disable", false),
            ("localhost.contoso.example/db", true),
            ("127.0.0.1.contoso.example/db", true),
            // The name says this machine, the address another one.
            ("localhost/db?hostaddr=192.0.2.7", true),
            ("localhost,db.contoso.example/db", true),
        ];
        for (place, encrypted) in cases {
            let address = read(&format!("postgresql://accord:{CANARY}@{place}"));
            assert_eq!(address.encrypted, encrypted, "{place}");
            let mode = address.config.get_ssl_mode();
            assert_eq!(mode == SslMode::Require, encrypted, "{place}");
        }
    }

    #[test]
    fn the_schema_is_the_search_path_or_accord() {
        assert_eq!(read("postgres://u:p@localhost/db").schema, "accord");
        for options in [
            "-csearch_path%3Dteam_a",
            "-c%20search_path%3Dteam_a",
            "-c%20search_path%3Dteam_a%20-c%20geqo%3Doff",
            "--search_path%3Dteam_a",
        ] {
            let address = read(&format!("postgres://u:p@localhost/db?options={options}"));
            assert_eq!(address.schema, "team_a", "{options}");
            assert!(address.to_string().contains("team_a"), "{address}");
        }
        for name in ["public", "pg_temp", "a%22b", "a,b", "A", "", "1a"] {
            let text = format!("postgres://u:p@localhost/db?options=-csearch_path%3D{name}");
            let error = PostgresAddress::parse(&text).unwrap_err();
            assert!(error.to_string().contains("search_path"), "{name}: {error}");
        }
    }

    #[test]
    fn a_server_is_not_waited_for_without_end() {
        let patience = |place: &str| read(&format!("postgres://u:p@{place}")).patience();
        assert_eq!(patience("localhost/db").as_secs(), 45);
        assert_eq!(patience("localhost/db?connect_timeout=5").as_secs(), 35);
        assert_eq!(patience("one.example,two.example/db").as_secs(), 60);
        let config = read("postgres://u:p@localhost/db").config;
        assert_eq!(config.get_keepalives_idle().as_secs(), 30);
        assert_eq!(config.get_keepalives_interval(), Some(PROBE));
        assert_eq!(config.get_keepalives_retries(), Some(3));
        let own = read("postgres://u:p@localhost/db?keepalives_idle=7").config;
        assert_eq!(own.get_keepalives_idle().as_secs(), 7);
        assert_eq!(own.get_keepalives_interval(), None);
    }

    #[test]
    fn no_form_of_an_address_repeats_the_password() {
        let texts = [
            "postgresql://accord:PW@localhost:5432/state",
            "postgresql://accord:PW@localhost:no/state",
            "postgresql://accord:PW@localhost/state?sslmode=sometimes",
            "postgresql://accord:PW@localhost/state?sslrootcert=/PW",
            "postgresql://accord:PW@localhost/state?PW=1",
            "postgresql://accord@localhost/state?password=PW",
            "postgresql://accord:12/PW@localhost/state",
            "postgresql://accord:12/PW:x",
            "postgresql://accord:12?PW@localhost/state",
            "postgresql://accord:a/PW@localhost/state",
            "postgresql://accord:PW",
            "postgresql:///state?password=PW",
            "host=localhost password=PW",
            "PW",
            "",
        ];
        for text in texts {
            let outcome = PostgresAddress::parse(&text.replace("PW", CANARY));
            let shown = match &outcome {
                Ok(address) => format!("{address} {address:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains("hunter2"), "{text}: {shown}");
        }
        let address = read(&format!(
            "postgresql://accord:{CANARY}@localhost:5432/state"
        ));
        assert_eq!(address.to_string(), "postgresql://localhost:5432/state");
    }
}
