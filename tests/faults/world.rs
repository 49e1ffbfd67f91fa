//! A sandbox, the example project in a folder of its own, and a host to run command lines in.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use accord::cli::{Host, Ran, run_in};
use accord::http::Timeouts;
use accord::reconcile::{Clock, Environment, RealClock};
use accord::sandbox::azure_devops::Organization;
use accord::sandbox::log::System;
use accord::sandbox::testworthy::{CaseEdit, PERSON_ID, Server};
use accord::sandbox::{RunningSandbox, Sandbox, seed};
use async_trait::async_trait;
use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const EXAMPLE_ADDRESS: &str = "127.0.0.1:4010";

const SECRETS: [&str; 4] = [
    "TESTWORTHY_API_KEY",
    "TESTWORTHY_PROJECT_KEY",
    "TESTWORTHY_TOKEN",
    "AZURE_DEVOPS_EXT_PAT",
];

/// Waiting for a write to settle takes a tenth of its time; nothing else waits on it.
#[derive(Default)]
pub(crate) struct HurriedClock(AtomicI64);

#[async_trait]
impl Clock for HurriedClock {
    fn now(&self) -> Timestamp {
        RealClock.now() + SignedDuration::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        let real = duration / 10;
        RealClock.sleep(real).await;
        self.advance(duration.saturating_sub(real));
    }
}

impl HurriedClock {
    fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("a short time");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

struct Variables(HashMap<String, String>);

impl Environment for Variables {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn secrets_dir(&self) -> Option<PathBuf> {
        None
    }
}

pub(crate) struct World {
    pub(crate) sandbox: RunningSandbox,
    host: Host,
    clock: Arc<HurriedClock>,
    secrets: Vec<String>,
    folder: tempfile::TempDir,
    saved: Option<Saved>,
}

/// What every row begins with.
struct Saved {
    azure_devops: Organization,
    testworthy: Server,
    /// Files of the store with their bytes.
    store: Vec<(PathBuf, Vec<u8>)>,
}

/// What both systems hold, as far as it must not depend on what went wrong on the way: titles with how
/// many marks each carries.
pub(crate) type Content = BTreeMap<(System, String), Vec<usize>>;

impl World {
    /// The sample, one of its rules applied, then edits of people: there is something to create and to
    /// update in both systems.
    pub(crate) async fn prepared() -> Self {
        accord::http::install_tls_provider();
        let mut world = Self::start().await;
        let ran = world
            .run(&["apply", "--yes", "--only", "SyncRule/checkout-cases"])
            .await;
        assert_eq!(ran.code.code(), 0, "{}{}", ran.stdout, ran.stderr);
        {
            let mut state = world.sandbox.state();
            for case in [210_301, 210_303] {
                let title = json!({ "title": format!("Renamed {case}") });
                state.edit_case(case, &title).expect("an edit");
            }
            let now = state.clock.now();
            for title in ["New one", "New two"] {
                let edit = CaseEdit::titled(title).section(901);
                let added = state.testworthy.add_case(None, 41, &edit, (PERSON_ID, now));
                added.expect("a new case");
            }
            state.log.clear();
        }
        world.save();
        world
    }

    fn save(&mut self) {
        let store = std::fs::read_dir(self.store_folder()).expect("a store");
        let store = store.map(|entry| {
            let path = entry.expect("a file of the store").path();
            let bytes = std::fs::read(&path).expect("a file of the store");
            (path, bytes)
        });
        let state = self.sandbox.state();
        let saved = Saved {
            azure_devops: state.azure_devops.clone(),
            testworthy: state.testworthy.clone(),
            store: store.collect(),
        };
        drop(state);
        self.saved = Some(saved);
    }

    /// Back to how it was prepared, whatever happened since.
    pub(crate) fn restore(&self) {
        let saved = self.saved.as_ref().expect("a prepared world");
        std::fs::remove_dir_all(self.store_folder()).expect("removing the store");
        std::fs::create_dir(self.store_folder()).expect("a folder");
        for (path, bytes) in &saved.store {
            std::fs::write(path, bytes).expect("a file of the store");
        }
        let mut state = self.sandbox.state();
        state.azure_devops = saved.azure_devops.clone();
        state.testworthy = saved.testworthy.clone();
        state.faults.clear();
        state.log.clear();
    }

    fn store_folder(&self) -> PathBuf {
        self.folder.path().join(".accord")
    }

    async fn start() -> Self {
        let sandbox = Sandbox::default().start(0).await.expect("a free port");
        seed::web_shop()
            .expect("the sample")
            .plant_running(&sandbox)
            .expect("planting");
        let folder = tempfile::tempdir().expect("a folder");
        let address = sandbox.address.to_string();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sandbox-project");
        copy(&example, folder.path(), &address);
        let text = std::fs::read_to_string(folder.path().join("sandbox.env")).expect("variables");
        let mut variables: HashMap<String, String> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let secrets = SECRETS.iter().flat_map(|name| {
            let value = variables[*name].clone();
            let sent = base64::engine::general_purpose::STANDARD.encode(format!(":{value}"));
            [value, sent]
        });
        let secrets = secrets.collect();
        variables.insert("ACCORD_ALLOW_HOSTS".to_owned(), address);
        variables.insert("ACCORD_SETTLE".to_owned(), "2s".to_owned());
        let clock = Arc::new(HurriedClock::default());
        let host = Host {
            clock: clock.clone(),
            timeouts: Timeouts {
                // Far longer than an attempt takes on a busy machine, else a single loss would not be bridged.
                retries: Duration::from_millis(2_500),
                first_retry: Duration::from_millis(10),
                ..Timeouts::default()
            },
            ..Host::new(folder.path().to_owned(), Arc::new(Variables(variables)))
        };
        Self {
            sandbox,
            host,
            clock,
            secrets,
            folder,
            saved: None,
        }
    }

    /// Runs a command line; a panic fails the test. No output may hold a credential.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let line = std::iter::once("accord").chain(arguments.iter().copied());
        let line: Vec<_> = line.map(Into::into).collect();
        let ran = run_in(&self.host, line).await;
        for secret in &self.secrets {
            for text in [&ran.stdout, &ran.stderr] {
                assert!(!text.contains(secret.as_str()), "a credential is shown");
            }
        }
        ran
    }

    /// Ends whatever went wrong, and lets so much time pass that no request can be under way and what a
    /// server refused is sent again.
    pub(crate) fn heal(&self) {
        let mut state = self.sandbox.state();
        state.faults.clear();
        let options = accord::sandbox::testworthy::TestWorthyOptions::default();
        state.testworthy.set_options(options).expect("switches");
        self.clock.advance(Duration::from_secs(25 * 60 * 60));
    }

    /// Requests that a system got since the log was cleared.
    pub(crate) fn requests(&self, system: System) -> u64 {
        self.sandbox.state().log.requests(system)
    }

    /// Requests that could change something.
    pub(crate) fn writes(&self) -> u64 {
        let state = self.sandbox.state();
        state.log.writes(System::Testworthy) + state.log.writes(System::AzureDevOps)
    }

    pub(crate) fn content(&self) -> Content {
        let state = self.sandbox.state();
        let mut content = Content::new();
        for case in state.testworthy.cases() {
            let marks = case.text("refs").unwrap_or_default().matches("AB#").count();
            let key = (System::Testworthy, case.title.clone());
            content.entry(key).or_default().push(marks);
        }
        for id in state.azure_devops.work_item_ids() {
            let item = state.azure_devops.work_item(id).expect("a live item");
            let relations = item["relations"].as_array().cloned().unwrap_or_default();
            let marks = relations
                .iter()
                .filter(|relation| relation.to_string().contains("accord/1"))
                .count();
            let title = item["fields"]["System.Title"].as_str().unwrap_or_default();
            let key = (System::AzureDevOps, title.to_owned());
            content.entry(key).or_default().push(marks);
        }
        for marks in content.values_mut() {
            marks.sort_unstable();
        }
        content
    }
}

fn copy(from: &Path, to: &Path, address: &str) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the example") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
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
