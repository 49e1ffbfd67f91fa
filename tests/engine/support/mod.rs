//! A project, a sandbox and a store for one test.

pub(crate) mod by_hand;
pub(crate) mod killing;
pub(crate) mod manifests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use accord::diagnostics::SourceFile;
use accord::http::AllowList;
use accord::manifest::{self, LoadOptions};
use accord::model::config::Config;
use accord::plan::Plan;
use accord::reconcile::{
    ApplyReport, Clock, Context, Environment, HttpRemotes, PlanOptions, PlanOutcome,
    ReconcileError, Remotes, Silent, StopFlag, TimeOrderedIds, VerifyOptions, VerifyReport, apply,
    plan, recover, verify,
};
use accord::sandbox::{RunningSandbox, Sandbox, seed};
use accord::store::{SqliteStore, Store};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

pub(crate) use self::manifests::{TO_AZURE_DEVOPS, TO_TESTWORTHY};

use self::killing::{Death, Dying};
use self::manifests::{V1_CONNECTION, V1_MAPPING};
use crate::judge::Judge;

/// A clock that only moves when somebody sleeps on it.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
        start + SignedDuration::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).expect("a short sleep");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

struct TestEnvironment(HashMap<String, String>);

impl Environment for TestEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn secrets_dir(&self) -> Option<PathBuf> {
        None
    }
}

/// Everything that one test needs.
pub(crate) struct World {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) config: Config,
    pub(crate) clock: TestClock,
    folder: tempfile::TempDir,
}

impl World {
    /// The web shop of the samples with the project of the samples.
    pub(crate) async fn web_shop() -> Self {
        let rules = ["rules/checkout-cases.yaml", "rules/account-ideas.yaml"].map(example);
        Self::new(true, &rules.join("---\n")).await
    }

    /// The sample's connection and mapping with these rules, over the sample's data or without items.
    pub(crate) async fn new(with_items: bool, rules: &str) -> Self {
        let connection = example("connection.yaml");
        let mapping = example("mappings/test-case.yaml");
        Self::with(with_items, &connection, &mapping, rules).await
    }

    /// The sample with this mapping in the place of its own.
    pub(crate) async fn mapped(mapping: &str, rules: &str) -> Self {
        Self::with(true, &example("connection.yaml"), mapping, rules).await
    }

    /// The sample's connection with this mapping and these rules, without items.
    pub(crate) async fn mapped_without_items(mapping: &str, rules: &str) -> Self {
        Self::with(false, &example("connection.yaml"), mapping, rules).await
    }

    /// These rules over TestWorthy's surface `v1` and its few fields. `also` are more keys of the
    /// connection's TestWorthy side.
    pub(crate) async fn v1(also: &str, rules: &str) -> Self {
        let connection = V1_CONNECTION.replace("    ALSO\n", also);
        Self::with(true, &connection, V1_MAPPING, rules).await
    }

    async fn with(with_items: bool, connection: &str, mapping: &str, rules: &str) -> Self {
        accord::http::install_tls_provider();
        let sandbox = Sandbox::default().start(0).await.expect("a free port");
        sandbox.sandbox().record();
        let seed = if with_items {
            seed::web_shop()
        } else {
            seed::web_shop_without_items()
        };
        seed.expect("the sample")
            .plant_running(&sandbox)
            .expect("planting");
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let text = text.replace("127.0.0.1:4010", &sandbox.address.to_string());
            std::fs::write(folder.path().join(name), text).expect("writing a manifest");
        };
        write("accord.yaml", &example("accord.yaml"));
        write("connection.yaml", connection);
        write("mapping.yaml", mapping);
        write("rules.yaml", rules);
        Self {
            sandbox,
            config: load(folder.path()),
            clock: TestClock::default(),
            folder,
        }
    }

    /// Puts other rules in the place of the ones that are declared.
    pub(crate) fn declare(&mut self, rules: &str) {
        std::fs::write(self.folder.path().join("rules.yaml"), rules).expect("writing a manifest");
        self.config = load(self.folder.path());
    }

    /// Puts an older copy of the store in the place of the one that is there.
    pub(crate) fn put_store_back(&self, bytes: &[u8]) {
        self.lose_store();
        let folder = self.folder.path().join(".accord");
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("state.db"), bytes).expect("a store");
    }

    /// Puts another mapping in the place of the one that is declared.
    pub(crate) fn declare_mapping(&mut self, mapping: &str) {
        std::fs::write(self.folder.path().join("mapping.yaml"), mapping)
            .expect("writing a manifest");
        self.config = load(self.folder.path());
    }

    /// The files of the project.
    pub(crate) fn sources(&self) -> Vec<SourceFile> {
        let options = LoadOptions {
            folder: self.folder.path().to_owned(),
            ..LoadOptions::default()
        };
        manifest::load(&options).loaded.sources
    }

    /// Clients of the sandbox, new for every run like those of a process.
    pub(crate) fn remotes(&self) -> HttpRemotes {
        let environment = example("sandbox.env")
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let allow = AllowList::new(&[self.sandbox.address.to_string()]).expect("a host");
        HttpRemotes::new(Arc::new(TestEnvironment(environment)), allow, false)
    }

    pub(crate) async fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.folder.path().join(".accord/state.db"))
            .await
            .expect("a store")
    }

    /// Changes the state behind Accord's back.
    pub(crate) fn in_state(&self, sql: &str) {
        let file = self.folder.path().join(".accord/state.db");
        let connection = rusqlite::Connection::open(file).expect("the state");
        connection
            .execute_batch(sql)
            .expect("a change of the state");
    }

    /// Forgets everything that Accord knows.
    pub(crate) fn lose_store(&self) {
        std::fs::remove_dir_all(self.folder.path().join(".accord")).expect("a store to lose");
    }

    pub(crate) async fn plan(&self) -> PlanOutcome {
        let remotes = self.remotes();
        self.plan_with(&remotes).await.expect("a plan")
    }

    pub(crate) async fn plan_with(
        &self,
        remotes: &dyn Remotes,
    ) -> Result<PlanOutcome, ReconcileError> {
        let store = self.store().await;
        plan(&self.context(remotes, &store), &PlanOptions::default()).await
    }

    /// A plan with these options.
    pub(crate) async fn plan_options(
        &self,
        options: &PlanOptions,
    ) -> Result<PlanOutcome, ReconcileError> {
        let remotes = self.remotes();
        let store = self.store().await;
        plan(&self.context(&remotes, &store), options).await
    }

    /// What `accord plan --only ADDRESS ...` does.
    pub(crate) async fn plan_only(&self, only: &[&str]) -> Result<PlanOutcome, ReconcileError> {
        let store = self.store().await;
        let remotes = self.remotes();
        let mut options = PlanOptions::default();
        options.inputs.only = only.iter().map(|&address| address.to_owned()).collect();
        plan(&self.context(&remotes, &store), &options).await
    }

    /// What `accord verify` does, over a store that it never makes.
    pub(crate) async fn verify(&self, samples: usize) -> Result<VerifyReport, ReconcileError> {
        let options = VerifyOptions {
            only: Vec::new(),
            samples,
            assume_validate_only: false,
        };
        self.verify_with(&options).await
    }

    pub(crate) async fn verify_with(
        &self,
        options: &VerifyOptions,
    ) -> Result<VerifyReport, ReconcileError> {
        let remotes = self.remotes();
        let path = self.folder.path().join(".accord/state.db");
        let store = SqliteStore::open_read_only(&path).await.expect("a store");
        verify(&self.context(&remotes, &store), options).await
    }

    /// The bytes of the store; `None` if there is none.
    pub(crate) fn store_bytes(&self) -> Option<Vec<u8>> {
        std::fs::read(self.folder.path().join(".accord/state.db")).ok()
    }

    /// Puts another mapping in the place of the one that is declared.
    pub(crate) fn map(&mut self, mapping: &str) {
        std::fs::write(self.folder.path().join("mapping.yaml"), mapping).expect("a manifest");
        self.config = load(self.folder.path());
    }

    /// What `accord apply --yes` does: recover, plan, apply.
    pub(crate) async fn apply(&self) -> (Plan, ApplyReport) {
        let remotes = self.remotes();
        self.apply_with(&remotes).await.expect("an apply")
    }

    pub(crate) async fn apply_with(
        &self,
        remotes: &dyn Remotes,
    ) -> Result<(Plan, ApplyReport), ReconcileError> {
        let store = self.store().await;
        let context = self.context(remotes, &store);
        let stop = StopFlag::default();
        recover(&context, &stop).await?;
        let outcome = plan(&context, &PlanOptions::default()).await?;
        let report = apply(&context, &outcome, &stop).await?;
        Ok((outcome.planned.plan, report))
    }

    /// An apply that runs until `death`, or to its end.
    pub(crate) async fn apply_until(&self, death: &Arc<Death>) {
        let dying = Dying {
            inner: self.remotes(),
            death: death.clone(),
        };
        tokio::select! {
            report = self.apply_with(&dying) => drop(report.expect("a run that was not disturbed")),
            () = death.died.notified() => {}
        }
    }

    /// Carries out a plan that was made before.
    pub(crate) async fn carry_out(&self, outcome: &PlanOutcome) -> ApplyReport {
        let remotes = self.remotes();
        let store = self.store().await;
        let context = self.context(&remotes, &store);
        let report = apply(&context, outcome, &StopFlag::default()).await;
        report.expect("a report")
    }

    /// Judges what was sent up to here. The sandbox's answers are judged with the scenarios; here they
    /// would only take time.
    pub(crate) fn judge(&self, what: &str) {
        let mut exchanges = self.sandbox.state().exchanges.take();
        for exchange in &mut exchanges {
            exchange.answer = None;
        }
        Judge::get().judge(&exchanges).assert_clean(what);
    }

    fn context<'a>(&'a self, remotes: &'a dyn Remotes, store: &'a dyn Store) -> Context<'a> {
        Context {
            config: &self.config,
            remotes,
            store,
            clock: &self.clock,
            ids: &TimeOrderedIds,
            progress: &Silent,
        }
    }
}

fn load(folder: &Path) -> Config {
    let options = LoadOptions {
        folder: folder.to_owned(),
        ..LoadOptions::default()
    };
    let loaded = manifest::load(&options).loaded;
    loaded.config.unwrap_or_else(|| {
        let findings: Vec<&str> = loaded
            .findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        panic!("the project does not hold: {findings:?}")
    })
}

/// Whatever a test is about, what it sent has to be right.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.judge("the engine");
        }
    }
}

/// A file of the sandbox's example project.
pub(crate) fn example(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("examples/sandbox-project")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
