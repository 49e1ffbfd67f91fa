//! A real PostgreSQL server of the tests' own, in a folder of its own, on loopback. It ends with the
//! test program, however that ends.
//!
//! Where PostgreSQL is not installed, every test that needs it does nothing, and the program says once
//! that they were not run. `ACCORD_POSTGRES=require` makes each of them a failure, for CI.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use accord::store::{LEASE_TIME, PostgresAddress, PostgresLease, PostgresStore};
use postgres::{Client, NoTls};

/// The password of the server's user: no message may hold it.
pub(crate) const CANARY: &str = "canary-8f1d-hunter2";

/// A running server.
pub(crate) struct Server {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Settings of the server, for a start after a stop.
    settings: String,
    /// Stops the server and removes the folder when its input ends, which it does with this program.
    _watch: Child,
}

/// A schema of a server.
#[derive(Clone)]
pub(crate) struct Place {
    /// The address with its password.
    pub(crate) url: String,
    pub(crate) schema: String,
}

/// The server that all tests share which do not stop it; `None` where PostgreSQL is not installed.
pub(crate) fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    // Nothing is asked of the shared one about power cuts. A start that panics leaves nothing here: the next
    // test that asks fails as well.
    SHARED
        .get_or_init(|| Server::start("-c fsync=off"))
        .as_ref()
}

/// The folder with `initdb` and `pg_ctl`.
fn binaries() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    found.sort();
    found.reverse();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.extend(std::env::split_paths(&path));
    found
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Says once, past the capture of the test runner, that tests were not run; where PostgreSQL is `required`,
/// fails each of them.
pub(crate) fn not_run(reason: &str, required: bool) {
    static TOLD: OnceLock<()> = OnceLock::new();
    let told =
        format!("store over PostgreSQL: NOT run: {reason} (Debian: apt-get install postgresql)");
    assert!(!required, "{told}");
    TOLD.get_or_init(|| {
        let _ = writeln!(std::io::stderr(), "{told}");
    });
}

/// A shell line as the user that may run the server, who is not root.
fn shell(line: &str) -> Command {
    let mut command;
    if is_root() {
        command = Command::new("su");
        command.args(["postgres", "-s", "/bin/sh", "-c", line]);
    } else {
        command = Command::new("sh");
        command.args(["-c", line]);
    }
    command.stdin(Stdio::null());
    command
}

fn run(line: &str) -> Result<(), String> {
    // Not to a pipe: the server would hold it open.
    let status = shell(line)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("{other:?}: {line}")),
    }
}

impl Server {
    /// Makes and starts one; `None` where PostgreSQL is not installed.
    pub(crate) fn start(settings: &str) -> Option<Self> {
        Self::start_with(|_| settings.to_owned())
    }

    /// The same; `prepare` puts files into its folder and says the settings that name them.
    pub(crate) fn start_with(prepare: impl FnOnce(&Path) -> String) -> Option<Self> {
        let Some(bin) = binaries() else {
            let required = std::env::var("ACCORD_POSTGRES").is_ok_and(|wish| wish == "require");
            not_run("no PostgreSQL server is installed", required);
            return None;
        };
        let folder = tempfile::Builder::new()
            .prefix("accord-postgres-")
            .tempdir()
            .unwrap()
            .keep();
        let password = folder.join("password");
        std::fs::write(&password, CANARY).unwrap();
        let settings = prepare(&folder);
        open_to_all(&folder);
        let (shown, data) = (bin.display(), folder.join("data"));
        let init = format!(
            "'{shown}/initdb' -D '{}' -U accord -E UTF8 --auth=scram-sha-256 --pwfile='{}'",
            data.display(),
            password.display(),
        );
        // Another order of texts than that of their bytes, so that whoever relies on the latter says so.
        run(&format!(
            "{init} --locale=C.UTF-8 --locale-provider=icu --icu-locale=en"
        ))
        .or_else(|_| run(&format!("rm -rf '{}'; {init}", data.display())))
        .unwrap();
        let mut server = Self {
            _watch: watch(&bin, &folder),
            bin,
            folder,
            port: 0,
            settings,
        };
        // Somebody may take a port between its choice and the start.
        for _ in 0..5 {
            server.port = free_port();
            if server.up().is_ok() {
                return Some(server);
            }
        }
        let log = std::fs::read_to_string(server.folder.join("log")).unwrap_or_default();
        panic!("PostgreSQL does not start: {log}");
    }

    /// Starts the server again where it was stopped.
    pub(crate) fn up(&self) -> Result<(), String> {
        run(&format!(
            "'{}/pg_ctl' -D '{}' -l '{}' -w -t 60 -o \"-p {} -c listen_addresses=127.0.0.1 \
             -c unix_socket_directories='' -c max_connections=200 {}\" start",
            self.bin.display(),
            self.folder.join("data").display(),
            self.folder.join("log").display(),
            self.port,
            self.settings,
        ))
    }

    /// Stops the server as a crash would: no connection is ended, nothing is written out.
    pub(crate) fn crash(&self) {
        run(&format!(
            "'{}/pg_ctl' -D '{}' -m immediate -w stop",
            self.bin.display(),
            self.folder.join("data").display(),
        ))
        .unwrap();
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The address for this user with this password.
    pub(crate) fn url(&self, user: &str, password: &str, parameters: &str) -> String {
        let port = self.port;
        format!("postgresql://{user}:{password}@127.0.0.1:{port}/postgres?{parameters}")
    }

    /// A schema that nothing else uses, not yet made.
    pub(crate) fn place(&self) -> Place {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("t_{}_{number}", std::process::id());
        let parameters = format!("application_name={schema}&options=-csearch_path%3D{schema}");
        Place {
            url: self.url("accord", CANARY, &parameters),
            schema,
        }
    }
}

impl Place {
    pub(crate) fn address(&self) -> PostgresAddress {
        PostgresAddress::parse(&self.url).unwrap()
    }

    pub(crate) async fn lease(&self) -> PostgresLease {
        PostgresLease::acquire(&self.address(), Duration::ZERO, "a test", LEASE_TIME)
            .await
            .unwrap()
    }

    pub(crate) async fn open(&self) -> (PostgresLease, PostgresStore) {
        let lease = self.lease().await;
        let store = PostgresStore::open(&self.address(), &lease).await.unwrap();
        (lease, store)
    }

    /// Runs statements behind the store's back.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        self.client(move |client| {
            client
                .batch_execute(&sql)
                .map_err(|error| format!("{error:?}"))
        })
        .await
    }

    /// The number that a query gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = sql.to_owned();
        self.client(move |client| client.query_one(&sql, &[]).unwrap().get(0))
            .await
    }

    /// Works with a connection of its own, on a thread that may block.
    pub(crate) async fn client<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Client) -> T + Send + 'static,
    ) -> T {
        let url = self
            .url
            .replace("application_name=", "application_name=raw_");
        tokio::task::spawn_blocking(move || {
            let mut client = Client::connect(&url, NoTls).unwrap();
            work(&mut client)
        })
        .await
        .unwrap()
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The server runs as another user than root.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, mode).unwrap();
    if is_root() {
        let done = Command::new("chown")
            .arg("-R")
            .arg("postgres")
            .arg(folder)
            .status();
        assert!(done.unwrap().success(), "there is no user `postgres`");
    }
}

fn watch(bin: &Path, folder: &Path) -> Child {
    use std::os::unix::process::CommandExt as _;
    let line = format!(
        "cat >/dev/null; '{}/pg_ctl' -D '{}/data' -m immediate -w stop >/dev/null 2>&1; rm -rf '{}'",
        bin.display(),
        folder.display(),
        folder.display(),
    );
    shell(&line)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not with the signal that ends this program.
        .process_group(0)
        .spawn()
        .unwrap()
}
