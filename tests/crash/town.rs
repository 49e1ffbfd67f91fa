//! A sandbox in a process of its own, a project with a two-way rule, and the people who edit.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use accord::model::{Link, Subject};
use accord::store::{SqliteStore, Store};
use serde_json::{Value as Json, json};

use crate::http::ask;

/// The suite and the area of the rule.
const SUITE: u64 = 43;
const AREA: &str = "Web Shop\\QA\\Ideas";
const WORD: &str = "Custom.Gherkin";

const PROJECT: &str = "\
apiVersion: accord/v1
kind: Project
metadata: { name: town }
spec:
  safety:
    updates: { maxPercent: 100 }
    deletes: { maxPercent: 100 }
---
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: both }
spec:
  testworthy: TestCase
  azureDevOps: Test Case
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - { testworthy: gherkin, azureDevOps: Custom.Gherkin, conflict: merge }
    - { testworthy: refs, azureDevOps: System.Tags, as: set, prefix: \"ref:\", conflict: merge }
---
apiVersion: accord/v1
kind: SyncRule
metadata: { name: town }
spec:
  connection: web-shop
  mapping: both
  direction: twoWay
  scope:
    testworthy: { suites: [43] }
    azureDevOps: { areaPath: 'Web Shop\\QA\\Ideas' }
  createIn:
    testworthy: { suite: 43, section: Ideas }
    azureDevOps: { areaPath: 'Web Shop\\QA\\Ideas' }
  firstSync: testworthy
  conflicts: { default: azureDevOps }
";

pub(crate) struct Town {
    sandbox: Child,
    address: String,
    folder: tempfile::TempDir,
    numbers: u64,
    tokens: u64,
    /// Edits that have to be somewhere, with what they were.
    alive: BTreeMap<String, String>,
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
    }
}

fn example(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/sandbox-project");
    std::fs::read_to_string(folder.join(name)).expect("an example")
}

impl Town {
    pub(crate) fn new(seed: u64) -> Self {
        let mut sandbox = Command::new(env!("CARGO_BIN_EXE_accord"))
            .args(["sandbox", "--port", "0"])
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the sandbox starts");
        let mut greeting = BufReader::new(sandbox.stdout.take().expect("its greeting"));
        let mut line = String::new();
        greeting.read_line(&mut line).expect("its first line");
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|url| url.split('/').next())
            .expect("an address")
            .trim()
            .to_owned();
        let folder = tempfile::tempdir().expect("a folder");
        let connection = example("connection.yaml").replace("127.0.0.1:4010", &address);
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a manifest");
        };
        write("accord.yaml", PROJECT);
        write("connection.yaml", &connection);
        Self {
            sandbox,
            address,
            folder,
            numbers: seed,
            tokens: 0,
            alive: BTreeMap::new(),
        }
    }

    /// The same numbers in every run (splitmix64).
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.numbers = self.numbers.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.numbers;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accord"));
        let environment = example("sandbox.env");
        let environment = environment.lines().filter_map(|line| line.split_once('='));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(environment)
            .env("ACCORD_ALLOW_HOSTS", &self.address)
            .env("ACCORD_SETTLE", "0s");
        command
    }

    /// Runs a command to its end; its exit code and everything that it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(arguments).output().expect("the program runs");
        let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
        told.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.code(), told)
    }

    /// Starts an apply that nobody listens to.
    pub(crate) fn start(&self) -> Child {
        self.command(&["apply", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs")
    }

    pub(crate) fn control(&self, method: &str, path: &str, body: Option<&Json>) -> Json {
        let path = format!("/_sandbox/{path}");
        let (status, answer) = ask(&self.address, method, &path, &[], body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// Lets requests go wrong, or with `None` right again.
    pub(crate) fn fault(&self, fault: Option<Json>) {
        match fault {
            Some(fault) => self.control("POST", "faults", Some(&fault)),
            None => self.control("DELETE", "faults", None),
        };
    }

    pub(crate) fn writes(&self) -> usize {
        let log = self.control("GET", "log", None);
        let entries = log["requests"].as_array().cloned().unwrap_or_default();
        let writes = entries
            .iter()
            .filter(|entry| entry["isWrite"] == json!(true));
        writes.count()
    }

    /// Waits until everything that is on its way has arrived: nobody has to wait for it then.
    pub(crate) fn calm_down(&self) {
        let since = Instant::now();
        loop {
            let log = self.control("GET", "log?entries=20", None);
            let entries = log["requests"].as_array().cloned().unwrap_or_default();
            if entries.iter().all(|entry| !entry["status"].is_null())
                || since.elapsed() > Duration::from_secs(2)
            {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(20));
    }

    /// The cases of the suite, as TestWorthy itself tells them.
    pub(crate) fn cases(&self) -> BTreeMap<u64, Json> {
        let environment = example("sandbox.env");
        let value = |name: &str| {
            let line = environment.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.strip_prefix('='))
                .expect("a credential")
        };
        let headers = [
            ("X-USER-EMAIL", value("TESTWORTHY_USER_EMAIL")),
            ("X-TMA-KEY", value("TESTWORTHY_API_KEY")),
            ("X-PROJECT-KEY", value("TESTWORTHY_PROJECT_KEY")),
        ];
        let path = format!("/testworthy/api/tests/get_cases/{SUITE}");
        let (status, answer) = ask(&self.address, "GET", &path, &headers, None);
        assert_eq!(status, 200, "{answer}");
        let cases = answer["cases"].as_array().cloned().unwrap_or_default();
        let numbered = cases.into_iter().map(|case| {
            let id = case["id"].as_u64().expect("an id");
            (id, case)
        });
        numbered.collect()
    }

    /// The work items of the area.
    pub(crate) fn items(&self) -> BTreeMap<u64, Json> {
        let ids = self.control("GET", "azureDevOps/workItems", None);
        let ids = ids["ids"].as_array().cloned().unwrap_or_default();
        ids.iter()
            .filter_map(Json::as_u64)
            .map(|id| {
                (
                    id,
                    self.control("GET", &format!("azureDevOps/workItems/{id}"), None),
                )
            })
            .filter(|(_, item)| item["fields"]["System.AreaPath"] == AREA)
            .filter(|(_, item)| item["fields"]["System.WorkItemType"] == "Test Case")
            .collect()
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("e{}", self.tokens)
    }

    fn replaced(&mut self, before: &str, after: &str, what: &str) {
        let (before, after) = (tokens(before), tokens(after));
        self.alive
            .retain(|token, _| !before.contains(token) || after.contains(token));
        for token in after.difference(&before) {
            self.alive.insert(token.clone(), what.to_owned());
        }
    }

    /// Somebody edits, or makes, an item on either side.
    pub(crate) fn person_acts(&mut self) {
        match self.below(10) {
            0 => {
                let title = format!("Case {}", self.token());
                self.replaced("", &title, "a new case");
                let cases = self.cases();
                let section = cases
                    .values()
                    .find_map(|case| case["section"]["id"].as_u64());
                let case = json!({"suite": SUITE, "section": section, "title": title});
                self.control("POST", "testworthy/cases", Some(&case));
            }
            1 => {
                let title = format!("Item {}", self.token());
                self.replaced("", &title, "a new work item");
                let fields = json!({"System.Title": title, "System.AreaPath": AREA});
                let item = json!({"type": "Test Case", "fields": fields});
                self.control("POST", "azureDevOps/workItems", Some(&item));
            }
            2..6 => self.edit_case(),
            _ => self.edit_item(),
        }
    }

    fn edit_case(&mut self) {
        let cases = self.cases();
        let Some((id, case)) = self.one_of(&cases) else {
            return;
        };
        let token = self.token();
        let wire = ["title", "custom_bdd_gherkin", "refs"];
        let name = ["title", "gherkin", "refs"];
        let which = usize::try_from(self.below(3)).expect("a small number");
        let before = case[wire[which]].as_str().unwrap_or_default().to_owned();
        let after = match which {
            0 => format!("Case {token}"),
            1 => format!("Given {token}"),
            _ if before.is_empty() => token,
            _ => format!("{before},{token}"),
        };
        self.replaced(&before, &after, &format!("{} of case {id}", name[which]));
        let edit = json!({ name[which]: after });
        self.control("POST", &format!("testworthy/cases/{id}"), Some(&edit));
    }

    fn edit_item(&mut self) {
        let items = self.items();
        let Some((id, item)) = self.one_of(&items) else {
            return;
        };
        let token = self.token();
        let names = ["System.Title", WORD, "System.Tags"];
        let name = names[usize::try_from(self.below(3)).expect("a small number")];
        let before = item["fields"][name].as_str().unwrap_or_default().to_owned();
        let after = match name {
            "System.Title" => format!("Item {token}"),
            WORD => format!("When {token}"),
            _ => format!("{before}; ref:{token}"),
        };
        self.replaced(&before, &after, &format!("{name} of work item {id}"));
        let edit = json!({"fields": { name: after }});
        self.control("POST", &format!("azureDevOps/workItems/{id}"), Some(&edit));
    }

    fn one_of(&mut self, all: &BTreeMap<u64, Json>) -> Option<(u64, Json)> {
        if all.is_empty() {
            return None;
        }
        let which = usize::try_from(self.below(all.len() as u64)).expect("a small number");
        all.iter().nth(which).map(|(id, item)| (*id, item.clone()))
    }

    /// Runs on until nothing is left to do, then: no duplicate, no lost edit, and an empty plan.
    pub(crate) fn assert_whole(&self) {
        self.calm_down();
        let mut told = String::new();
        let ended = (0..3).any(|_| {
            let (code, said) = self.run(&["apply", "--yes"]);
            told = said;
            code == Some(0)
        });
        assert!(ended, "{told}");
        let (code, plan) = self.run(&["plan", "--detailed-exitcode"]);
        assert_eq!(code, Some(0), "{plan}");
        let (code, full) = self.run(&["plan", "--detailed-exitcode", "--full-scan"]);
        assert_eq!(code, Some(0), "{full}");
        let (code, sound) = self.run(&["state", "verify"]);
        assert_eq!(code, Some(0), "{sound}");
        let (cases, items) = (self.cases(), self.items());
        Self::assert_one_partner_each(&cases, &items);
        let mut found: BTreeSet<String> = self.recorded();
        for item in cases.values().chain(items.values()) {
            found.extend(tokens(&item.to_string()));
        }
        let lost: Vec<_> = self
            .alive
            .iter()
            .filter(|(token, _)| !found.contains(*token))
            .collect();
        assert!(lost.is_empty(), "edits that are nowhere: {lost:?}");
    }

    fn assert_one_partner_each(cases: &BTreeMap<u64, Json>, items: &BTreeMap<u64, Json>) {
        let mut marked: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (id, item) in items {
            for relation in item["relations"].as_array().into_iter().flatten() {
                let comment = relation["attributes"]["comment"]
                    .as_str()
                    .unwrap_or_default();
                if comment.starts_with("accord/1 ") {
                    marked.entry(comment.to_owned()).or_default().push(*id);
                }
            }
        }
        let mut named: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (id, case) in cases {
            let refs = case["refs"].as_str().unwrap_or_default();
            for mention in refs
                .split(',')
                .map(str::trim)
                .filter(|one| one.starts_with("AB#"))
            {
                named.entry(mention.to_owned()).or_default().push(*id);
            }
        }
        let twice = |all: &BTreeMap<String, Vec<u64>>| -> Vec<String> {
            let twice = all.iter().filter(|(_, ids)| ids.len() > 1);
            twice
                .map(|(mark, ids)| format!("{mark}: {ids:?}"))
                .collect()
        };
        assert_eq!(twice(&marked), [""; 0], "work items for one case");
        assert_eq!(twice(&named), [""; 0], "cases for one work item");
        assert_eq!(
            marked.len(),
            cases.len(),
            "each case has its work item: {marked:?}"
        );
        assert_eq!(items.len(), cases.len(), "nothing is left over");
    }

    /// Tokens in overwritten values and conflicts.
    fn recorded(&self) -> BTreeSet<String> {
        let state = self.folder.path().join(".accord/state.db");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(async {
            let store = SqliteStore::open_read_only(state).await.expect("the state");
            let losses = store.losses(100_000).await.expect("losses");
            let lost = losses.iter().map(|loss| format!("{:?}", loss.lost));
            let mut found: BTreeSet<String> = lost.flat_map(|text| tokens(&text)).collect();
            for conflict in store.conflicts(100_000).await.expect("conflicts") {
                if let Subject::Field { now, .. } = &conflict.subject {
                    found.extend(tokens(&format!("{now:?}")));
                }
            }
            found
        })
    }

    /// The pairs that the state knows.
    pub(crate) fn links(&self) -> Vec<Link> {
        let state = self.folder.path().join(".accord/state.db");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(async {
            let store = SqliteStore::open_read_only(state).await.expect("the state");
            let mut links = Vec::new();
            for places in store.endpoints().await.expect("places") {
                links.extend(store.links(&places).await.expect("links"));
            }
            links
        })
    }
}

/// `e` and digits, standing alone.
fn tokens(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| {
            word.strip_prefix('e').is_some_and(|digits| {
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
        .map(str::to_owned)
        .collect()
}
