//! A project of its own, a sandbox of its own and the real program: what a test that judges Accord from
//! outside works with. Shared with the scenarios.
//!
//! The program's environment is empty but for what [`Project::set`] sets, so a test can only pass by
//! what it says. Every output of every command is searched for the credentials in that environment.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;
use std::time::Duration;

use accord::sandbox::log::System;
use accord::sandbox::{RunningSandbox, Sandbox, State, seed};
use base64::Engine as _;

/// The address in the example project's connection.
const EXAMPLE_ADDRESS: &str = "127.0.0.1:4010";

const V1_MAPPING: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: test-case }
spec:
  testworthy: TestCase
  azureDevOps: Test Case
  fields:
    - { testworthy: title, azureDevOps: System.Title }
";

const V1_RULE: &str = "\
apiVersion: accord/v1
kind: SyncRule
metadata: { name: cases }
spec:
  connection: web-shop
  mapping: test-case
  direction: toAzureDevOps
  scope: { testworthy: {} }
";

/// Variables of the example project that hold secrets.
pub(crate) const SECRETS: [&str; 3] = [
    "TESTWORTHY_API_KEY",
    "TESTWORTHY_PROJECT_KEY",
    "AZURE_DEVOPS_EXT_PAT",
];

/// The one secret of the second surface.
pub(crate) const TOKEN: &str = "TESTWORTHY_TOKEN";

/// No command of a test takes longer, however busy the machine is.
const LONGEST: Duration = Duration::from_secs(120);

/// What a command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) struct Project {
    pub(crate) sandbox: RunningSandbox,
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
    /// The sandbox lives on it.
    _runtime: tokio::runtime::Runtime,
}

impl Project {
    /// The example project against the web shop of the samples.
    pub(crate) fn web_shop() -> Self {
        Self::over(&seed::web_shop().expect("the sample"))
    }

    /// The example project against the web shop without cases and work items.
    pub(crate) fn without_items() -> Self {
        Self::over(&seed::web_shop_without_items().expect("the sample"))
    }

    fn over(seed: &seed::Seed) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let sandbox = runtime
            .block_on(Sandbox::default().start(0))
            .expect("a free port");
        seed.plant_running(&sandbox).expect("planting");
        let folder = tempfile::tempdir().expect("a folder");
        let address = sandbox.address.to_string();
        copy(&examples().join("sandbox-project"), folder.path(), &address);
        let mut project = Self {
            sandbox,
            folder,
            environment: BTreeMap::new(),
            _runtime: runtime,
        };
        project.set("ACCORD_ALLOW_HOSTS", &address);
        project.set("ACCORD_SETTLE", "0s");
        let env = project.read("sandbox.env");
        for (name, value) in env.lines().filter_map(|line| line.split_once('=')) {
            project.set(name, value);
        }
        project
    }

    /// The project's folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Locks the sandbox; requests wait while the guard lives.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.sandbox.state()
    }

    /// Requests that both systems got.
    pub(crate) fn requests(&self) -> u64 {
        let state = self.state();
        state.log.requests(System::Testworthy) + state.log.requests(System::AzureDevOps)
    }

    /// Those among them that could change something.
    pub(crate) fn writes(&self) -> u64 {
        let state = self.state();
        state.log.writes(System::Testworthy) + state.log.writes(System::AzureDevOps)
    }

    /// Reaches TestWorthy over its second surface, with a mapping and rule for what it has.
    pub(crate) fn go_to_v1(&self) {
        let old = "userEmail: { env: TESTWORTHY_USER_EMAIL }";
        self.replace("connection.yaml", old, "api: v1");
        let old = "apiKey: { env: TESTWORTHY_API_KEY }";
        self.replace("connection.yaml", old, "token: { env: TESTWORTHY_TOKEN }");
        let old = "projectKey: { env: TESTWORTHY_PROJECT_KEY }";
        self.replace("connection.yaml", old, "projectId: 7");
        std::fs::remove_dir_all(self.path().join("rules")).expect("the rules");
        self.write("mappings/test-case.yaml", V1_MAPPING);
        self.write("rules/cases.yaml", V1_RULE);
    }

    /// Sets a variable for the commands that follow.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Takes a variable away from the commands that follow.
    pub(crate) fn unset(&mut self, name: &str) {
        self.environment
            .remove(name)
            .expect("a variable that was set");
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).expect("a file of the project")
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("writing a file of the project");
    }

    /// Replaces what must stand in the file.
    pub(crate) fn replace(&self, file: &str, old: &str, new: &str) {
        let text = self.read(file);
        assert!(text.contains(old), "{file} does not hold {old:?}:\n{text}");
        self.write(file, &text.replace(old, new));
    }

    /// The program with this project's environment, in its folder.
    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_accord"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(&self.environment);
        command
    }

    /// Runs a command line to its end.
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Outcome {
        let output = assert_cmd::Command::from_std(self.command(arguments))
            .timeout(LONGEST)
            .output()
            .expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        let outcome = Outcome {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        self.assert_no_secret("stdout", outcome.stdout.as_bytes());
        self.assert_no_secret("stderr", outcome.stderr.as_bytes());
        outcome
    }

    /// Fails if a credential of the environment stands in `bytes`, as it is or as it is sent.
    pub(crate) fn assert_no_secret(&self, place: &str, bytes: &[u8]) {
        for name in SECRETS.into_iter().chain([TOKEN]) {
            let Some(value) = self.environment.get(name).filter(|value| value.len() >= 8) else {
                continue;
            };
            let sent = base64::engine::general_purpose::STANDARD.encode(format!(":{value}"));
            for needle in [value.trim(), &sent] {
                let found = bytes
                    .windows(needle.len())
                    .any(|part| part == needle.as_bytes());
                assert!(!found, "{place} shows {name}");
            }
        }
    }
}

impl Outcome {
    /// Insists on an exit code; shows everything if it is another one.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "expected exit code {code}, got {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }
}

/// The folder of the examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn copy(from: &Path, to: &Path, address: &str) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the example") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        // State of a run in the example itself is no part of the example.
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &target, address);
        } else {
            let text = std::fs::read_to_string(entry.path()).expect("a text file");
            std::fs::write(target, text.replace(EXAMPLE_ADDRESS, address)).expect("a copy");
        }
    }
}
