//! `accord demo`: the whole journey on both systems emulated inside this process. Every step shows the
//! command that a user would type, and runs just that command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::args::{
    ApplyArgs, Command, ConflictsAction, ConflictsArgs, ConflictsListArgs, ConflictsResolveArgs,
    DemoArgs, GlobalArgs, PlanArgs, ValidateArgs,
};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use super::{dispatch, make_session, sandbox, tell};
use crate::model::{ConflictId, Take};
use crate::reconcile::Environment;
use crate::sandbox::{RunningSandbox, seed};

/// The files of the demo's project, as they stand under `examples/sandbox-project`.
const FILES: [(&str, &str); 5] = [
    (
        "accord.yaml",
        include_str!("../../examples/sandbox-project/accord.yaml"),
    ),
    (
        "connection.yaml",
        include_str!("../../examples/sandbox-project/connection.yaml"),
    ),
    (
        "mappings/test-case.yaml",
        include_str!("../../examples/sandbox-project/mappings/test-case.yaml"),
    ),
    (
        "rules/checkout-cases.yaml",
        include_str!("../../examples/sandbox-project/rules/checkout-cases.yaml"),
    ),
    (
        "rules/account-ideas.yaml",
        include_str!("../../examples/sandbox-project/rules/account-ideas.yaml"),
    ),
];

/// The address that the example's connection names.
const EXAMPLE_ADDRESS: &str = "127.0.0.1:4010";

/// The rule that goes both ways in the end, and how it says so.
const TWO_WAY_RULE: &str = "rules/checkout-cases.yaml";
const ONE_WAY: &str = "  direction: toAzureDevOps\n";
const TWO_WAY: &str = "  direction: twoWay\n  create: azureDevOps\n";

/// The case that the demo renames as a tester would.
const RENAMED_CASE: u64 = 210_311;

/// The work item that it is paired with.
const ITS_WORK_ITEM: u64 = 5105;

/// The work item that somebody edits by hand.
const EDITED_WORK_ITEM: u64 = 5104;

pub(crate) async fn run(session: &Session, args: &DemoArgs) -> Result<ExitCode, Failed> {
    let seed =
        seed::web_shop().map_err(|error| Failed::new(ExitCode::Internal, error.to_string()))?;
    let running = sandbox::start(0, &seed).await?;
    let folder = Folder::make(args.keep)?;
    let demo = Demo {
        outer: session,
        running: &running,
        folder: folder.path.clone(),
    };
    let result = demo.play().await;
    running.stop().await;
    if args.keep {
        session
            .ui
            .note(&format!("the project is in {}\n", folder.path.display()));
    }
    let outcome = result?;
    session.ui.stdout(&outcome);
    Ok(ExitCode::Success)
}

struct Demo<'a> {
    outer: &'a Session,
    running: &'a RunningSandbox,
    folder: PathBuf,
}

impl Demo<'_> {
    async fn play(&self) -> Result<String, Failed> {
        self.write_project()?;
        self.title("A project in Git: one connection, one field mapping, two one-way sync rules");
        let validate = Command::Validate(ValidateArgs::default());
        self.step("accord validate", &validate, ExitCode::Success)
            .await?;

        self.title("What would change? A plan reads both systems and writes to neither");
        self.step(
            "accord plan --detailed-exitcode",
            &plan(),
            ExitCode::Changes,
        )
        .await?;

        self.title("Bring both systems into the declared state");
        let before = self.counts();
        self.step("accord apply --yes", &apply(), ExitCode::Success)
            .await?;
        let created = self.counts().since(&before);

        self.title("Nothing is left to do");
        self.step(
            "accord plan --detailed-exitcode",
            &plan(),
            ExitCode::Success,
        )
        .await?;

        self.title("A tester renames a case in TestWorthy, somebody edits a work item by hand");
        self.edit_as_people_do()?;
        self.step(
            "accord plan --detailed-exitcode",
            &plan(),
            ExitCode::Changes,
        )
        .await?;
        self.step("accord apply --yes", &apply(), ExitCode::Success)
            .await?;

        self.title("And again nothing is left to do");
        self.step(
            "accord plan --detailed-exitcode",
            &plan(),
            ExitCode::Success,
        )
        .await?;
        self.step("accord status", &Command::Status, ExitCode::Success)
            .await?;
        self.both_ways().await?;

        Ok(format!(
            "demo: done. Created {} work items and {} cases, linked {} pairs; the last plan has nothing to do.\n",
            created.work_items,
            created.cases,
            self.marked()
        ))
    }

    /// The same rule, both ways: what one person edited is carried over, and where two edited the same
    /// field a third one is asked.
    async fn both_ways(&self) -> Result<(), Failed> {
        self.title(
            "Testers and developers edit the same items: one rule becomes `direction: twoWay`",
        );
        self.go_both_ways()?;
        self.step(
            "accord plan --detailed-exitcode",
            &plan(),
            ExitCode::Success,
        )
        .await?;

        self.title("A tester and a developer rename one case, the developer sets its estimate too");
        self.edit_both_sides()?;
        self.step("accord apply --yes", &apply(), ExitCode::Success)
            .await?;

        self.title("The estimate went over, of the two titles neither is lost: a person decides");
        let list = ConflictsListArgs {
            all: false,
            rule: None,
        };
        let conflicts = |action| Command::Conflicts(ConflictsArgs { action });
        self.step(
            "accord conflicts list",
            &conflicts(ConflictsAction::List(list)),
            ExitCode::Success,
        )
        .await?;
        let resolve = ConflictsResolveArgs {
            ids: vec![ConflictId(1)],
            take: Take::AzureDevOps,
            later: false,
            yes: true,
            lock_timeout: 0,
        };
        self.step(
            "accord conflicts resolve 1 --take azureDevOps --yes",
            &conflicts(ConflictsAction::Resolve(resolve)),
            ExitCode::Success,
        )
        .await?;
        self.step(
            "accord plan --detailed-exitcode",
            &plan(),
            ExitCode::Success,
        )
        .await
    }

    fn title(&self, text: &str) {
        self.outer.ui.stdout(&format!("\n== {text}\n"));
    }

    /// Shows the command, runs it, shows what it printed, and insists on its exit code.
    async fn step(&self, typed: &str, command: &Command, expected: ExitCode) -> Result<(), Failed> {
        self.outer.ui.stdout(&format!("\n$ {typed}\n"));
        let (ui, printed) = self.outer.ui.captured();
        let session = self.inner(ui.clone())?;
        let code = match Box::pin(dispatch(&session, command)).await {
            Ok(code) => code,
            Err(failed) => tell(&ui, &failed),
        };
        let text = printed.lock().map(|text| text.clone()).unwrap_or_default();
        self.outer.ui.stdout(&text);
        if code == expected {
            return Ok(());
        }
        Err(Failed::new(
            ExitCode::Failure,
            format!(
                "demo: `{typed}` ended with {}, and {} was expected",
                code.code(),
                expected.code()
            ),
        ))
    }

    fn inner(&self, ui: super::ui::Ui) -> Result<Session, Failed> {
        let global = GlobalArgs {
            directory: None,
            format: super::args::Format::Human,
            color: super::args::ColorChoice::Auto,
            quiet: false,
            verbose: 0,
            no_input: true,
            timeout: self.outer.patience.as_secs(),
            allow_host: Vec::new(),
            offline: self.outer.offline,
        };
        let hosts = [self.running.address.to_string()];
        let environment = Arc::new(SandboxEnvironment::new());
        make_session(&global, ui, self.folder.clone(), environment, &hosts)
    }

    fn write_project(&self) -> Result<(), Failed> {
        for (name, content) in FILES {
            let content = content.replace(EXAMPLE_ADDRESS, &self.running.address.to_string());
            let path = self.folder.join(name);
            let made = path
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(&path, content));
            made.map_err(|error| {
                Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
            })?;
        }
        Ok(())
    }

    /// Edits that people make in the two systems' own pages.
    fn edit_as_people_do(&self) -> Result<(), Failed> {
        let failed = |reason: String| Failed::new(ExitCode::Internal, format!("demo: {reason}"));
        let mut state = self.running.state();
        state
            .edit_case(
                RENAMED_CASE,
                &json!({ "title": "Reject an expired card before payment" }),
            )
            .map_err(failed)?;
        let edited = json!({ "Microsoft.VSTS.Common.Priority": 4 });
        state
            .edit_work_item(EDITED_WORK_ITEM, &edited)
            .map_err(failed)
    }

    /// The edit of a manifest.
    fn go_both_ways(&self) -> Result<(), Failed> {
        let path = self.folder.join(TWO_WAY_RULE);
        let failed = |error: std::io::Error| {
            Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
        };
        let one_way = std::fs::read_to_string(&path).map_err(failed)?;
        std::fs::write(&path, one_way.replace(ONE_WAY, TWO_WAY)).map_err(failed)
    }

    /// Edits of one pair on both sides.
    fn edit_both_sides(&self) -> Result<(), Failed> {
        let failed = |reason: String| Failed::new(ExitCode::Internal, format!("demo: {reason}"));
        let mut state = self.running.state();
        let title = json!({ "title": "Reject an expired card and say why" });
        state.edit_case(RENAMED_CASE, &title).map_err(failed)?;
        let edited = json!({
            "System.Title": "Refuse an expired card before payment",
            "Custom.EstimateSeconds": 600,
        });
        state.edit_work_item(ITS_WORK_ITEM, &edited).map_err(failed)
    }

    fn counts(&self) -> Counts {
        let state = self.running.state();
        Counts {
            work_items: state.azure_devops.work_item_count(),
            cases: state.testworthy.cases().count(),
        }
    }

    /// Work items that carry Accord's marker, as the systems themselves hold them.
    fn marked(&self) -> usize {
        let state = self.running.state();
        let mark = |relation: &serde_json::Value| {
            let comment = relation["attributes"]["comment"].as_str();
            comment.is_some_and(|comment| comment.starts_with("accord/1 "))
        };
        let ids = state.azure_devops.work_item_ids();
        let items = ids
            .into_iter()
            .filter_map(|id| state.azure_devops.work_item(id));
        items
            .filter(|item| {
                item["relations"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(mark))
            })
            .count()
    }
}

fn plan() -> Command {
    Command::Plan(PlanArgs {
        detailed_exitcode: true,
        ..PlanArgs::default()
    })
}

fn apply() -> Command {
    Command::Apply(ApplyArgs {
        yes: true,
        ..ApplyArgs::default()
    })
}

struct Counts {
    work_items: usize,
    cases: usize,
}

impl Counts {
    fn since(&self, before: &Self) -> Self {
        Self {
            work_items: self.work_items - before.work_items,
            cases: self.cases - before.cases,
        }
    }
}

/// The sandbox's credentials, and nothing of the process's own environment.
struct SandboxEnvironment(BTreeMap<&'static str, &'static str>);

impl SandboxEnvironment {
    fn new() -> Self {
        Self(sandbox::credentials().collect())
    }
}

impl Environment for SandboxEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }

    fn secrets_dir(&self) -> Option<PathBuf> {
        None
    }
}

/// A folder of its own for the demo's project; removed afterwards unless it is kept.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn make(keep: bool) -> Result<Self, Failed> {
        let name = format!("accord-demo-{}", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).map_err(|error| {
            Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
        })?;
        Ok(Self { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            remove(&self.path);
        }
    }
}

/// What cannot be removed is only litter in the folder for temporary files.
fn remove(path: &Path) {
    let _ = std::fs::remove_dir_all(path);
}
