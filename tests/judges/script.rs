//! One script against one sandbox of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use accord::sandbox::azure_devops::DEFAULT_TOKEN;
use accord::sandbox::azure_devops::seed::{FieldSeed, OrganizationSeed};
use accord::sandbox::{Sandbox, server};
use serde_json::json;
use tokio::process::Command;

use super::broken::{self, Break};
use super::fresh_folder;
use super::tools::{PYTHON, Tools};

/// Where the scripts are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judges");

/// Far above what any script needs, so only one that hangs reaches it.
const TOO_LONG: Duration = Duration::from_secs(300);

/// Environment variables that would send a script's requests elsewhere.
const PROXIES: [&str; 8] = [
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
];

/// Which client a script uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    /// The official client for Python.
    Python,
    /// The official client for Node.js.
    Node,
    /// Python, with the judges of action.yml and the workflows.
    Action,
}

/// A script.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    language: Language,
    path: PathBuf,
}

/// How a script ended.
pub(crate) struct Outcome {
    pub(crate) passed: bool,
    pub(crate) checks: usize,
    /// The checks that failed, in order.
    pub(crate) failures: Vec<String>,
    /// How many answers were spoiled.
    pub(crate) struck: usize,
    pub(crate) output: String,
}

/// The scripts right inside `action/`, `python/` and `node/`, by name. What they share lies in folders below, and
/// in `shared/`.
pub(crate) fn find(folder: &Path) -> Vec<Script> {
    let mut scripts = Vec::new();
    for (language, name, extension) in [
        (Language::Action, "action", "py"),
        (Language::Node, "node", "js"),
        (Language::Python, "python", "py"),
    ] {
        let entries = std::fs::read_dir(folder.join(name)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let right = paths.filter(|path| path.extension().is_some_and(|end| end == extension));
        scripts.extend(right.map(|path| Script { language, path }));
    }
    scripts.sort_by_key(Script::name);
    scripts
}

impl Script {
    /// For example `python/work_items`.
    pub(crate) fn name(&self) -> String {
        let folder = match self.language {
            Language::Python => "python",
            Language::Node => "node",
            Language::Action => "action",
        };
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        format!("{folder}/{stem}")
    }

    /// Runs it against a fresh sandbox, with one answer spoiled if asked.
    pub(crate) async fn run(&self, tools: &Tools, breaks: Option<&'static Break>) -> Outcome {
        let struck = Arc::new(AtomicUsize::new(0));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sandbox = sandbox();
        let organization = {
            let mut state = sandbox.state();
            let organization = &mut state.azure_devops;
            organization.set_base_url(&format!("http://{address}"));
            organization.name().to_owned()
        };
        let router = server::router(sandbox);
        let router = match breaks {
            Some(breaks) => broken::around(router, breaks, struck.clone()),
            None => router,
        };
        let server = tokio::spawn(async move { axum::serve(listener, router).await });

        let cache = fresh_folder();
        let mut command = match self.language {
            Language::Python => Command::new(&tools.python),
            Language::Node => Command::new(&tools.node),
            Language::Action => Command::new(tools.action.join(PYTHON)),
        };
        for name in PROXIES {
            command.env_remove(name);
        }
        command
            .arg(&self.path)
            .env("NO_PROXY", "127.0.0.1")
            .env("ACCORD_JUDGE_ADDRESS", format!("http://{address}"))
            .env("ACCORD_JUDGE_ORGANIZATION", &organization)
            .env("ACCORD_JUDGE_PROJECT", "Web Shop")
            .env("ACCORD_JUDGE_TOKEN", DEFAULT_TOKEN)
            // The Python client keeps the tables of locations on disk for twelve hours.
            .env("AZURE_DEVOPS_CACHE_DIR", &cache)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONPATH", FOLDER.to_owned() + "/shared")
            .env("NODE_PATH", &tools.node_modules)
            .env("ACCORD_JUDGE_TOOLS", &tools.action)
            .env("ACCORD_JUDGE_BINARY", env!("CARGO_BIN_EXE_accord"))
            .env("ACCORD_JUDGE_SCRATCH", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let ended = tokio::time::timeout(TOO_LONG, command.output()).await;
        server.abort();
        // What is left lies in the folder for temporary files of `target`.
        let _ = std::fs::remove_dir_all(&cache);
        let (passed, output) = match ended {
            Ok(Ok(output)) => {
                let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.push_str(&String::from_utf8_lossy(&output.stderr));
                (output.status.success(), text)
            }
            Ok(Err(error)) => (false, format!("it could not be started: {error}")),
            Err(_) => (false, format!("it ran for more than {TOO_LONG:?}")),
        };
        let failures: Vec<String> = output
            .lines()
            .filter_map(|line| line.strip_prefix("FAIL "))
            .map(|line| line.trim().to_owned())
            .collect();
        let good = output
            .lines()
            .filter(|line| line.starts_with("ok   "))
            .count();
        Outcome {
            passed: passed && failures.is_empty(),
            checks: good + failures.len(),
            failures,
            struck: struck.load(Ordering::SeqCst),
            output,
        }
    }
}

/// `contoso` with `Web Shop`, a second project, some areas, an iteration, a picklist field and two people.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::default();
    {
        let mut state = sandbox.state();
        let now = state.clock.now();
        state.azure_devops.add_project("Warehouse");
        let seed = OrganizationSeed {
            areas: vec!["Web Shop\\QA\\Checkout".into(), "Web Shop\\Platform".into()],
            iterations: vec!["Web Shop\\Sprint 1".into()],
            fields: vec![FieldSeed {
                reference_name: "Custom.Risk".into(),
                name: "Test Risk".into(),
                kind: "string".into(),
                work_item_types: vec!["Test Case".into()],
                required: false,
                default_value: Some(json!("Low")),
                allowed_values: vec![json!("Low"), json!("High")],
            }],
            ..OrganizationSeed::default()
        };
        state.azure_devops.plant(&seed, now).unwrap();
    }
    sandbox
}
