//! The command line as people type it.

#![expect(
    clippy::doc_markdown,
    reason = "these comments are the help texts, which are plain text"
)]

use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::completions::Suggested;
use crate::model::{CaseId, ConflictId, Take, WorkItemId};
use crate::reconcile::publish::Label;

/// Keeps TestWorthy and Azure DevOps in accord with what a Git repository declares.
#[derive(Debug, Parser)]
#[command(
    name = "accord",
    version,
    about,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 success, 1 unclassified, 2 changes (--detailed-exitcode), 3 not formatted, 4 manifests do not hold, \
                  5 refused by a safety rule, 6 stale plan, 7 locked, 8 authentication, 9 partial apply, \
                  10 remote unavailable, 64 usage, 70 internal bug, 130/143 stopped by a signal."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Runs as if started in this folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
    /// What stdout carries; not every command has every form
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    pub(crate) format: Format,
    /// Colours, when stdout is a terminal by default; NO_COLOR is honoured
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, global = true)]
    pub(crate) color: ColorChoice,
    /// Less on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// More detail
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// Never asks; what would have been asked is refused
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// Gives up a read-only command after so many seconds without an answer from either system
    #[arg(long, value_name = "SECONDS", default_value_t = 60, global = true)]
    pub(crate) timeout: u64,
    /// Lets credentials go to this host too, beside the built-in ones (repeatable); also ACCORD_ALLOW_HOSTS
    #[arg(long = "allow-host", value_name = "HOST[:PORT]", global = true)]
    pub(crate) allow_host: Vec<String>,
    /// Refuses every request to a system
    #[arg(long, global = true)]
    pub(crate) offline: bool,
}

/// What stdout carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    Human,
    /// One JSON document for programs
    Json,
    /// One JSON object on each line
    Jsonl,
    /// Markdown for comments and summaries
    Markdown,
    /// SARIF 2.1.0 for code scanning
    Sarif,
    /// Annotations on the manifest lines, for GitHub Actions
    Github,
    /// Logging commands for Azure Pipelines
    AzurePipelines,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// If it is a terminal.
    Auto,
    /// Even if it is not.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Checks the manifests: YAML, schema, references, mappings. Contacts nothing
    Validate(ValidateArgs),
    /// Shows every change that an apply would make in either system. Writes nothing
    Plan(PlanArgs),
    /// Plans, shows, asks, and brings both systems into the declared state; or carries a saved plan out
    Apply(ApplyArgs),
    /// Test sync: lets Azure DevOps judge samples of what an apply would write. Stores nothing
    Verify(VerifyArgs),
    /// Shows what was changed outside Accord since the last apply, on either side. Writes nothing
    Drift(DriftArgs),
    /// Shows what changed in the meaning of the manifests between two revisions or folders. Contacts nothing
    Diff(DiffArgs),
    /// Shows a plan that was written with `plan --save FILE`. Contacts nothing
    Show(ShowArgs),
    /// Renders a saved plan as Markdown, for a pull request; --post puts it there. Contacts neither system
    Report(ReportArgs),
    /// Shows links, runs and what waits, from the state alone. Contacts nothing
    Status,
    /// What a person has to decide: lists and shows conflicts, and carries decisions out
    Conflicts(ConflictsArgs),
    /// Pairs existing items, by id or from a CSV file; the next apply brings them into accord
    Link(LinkArgs),
    /// Parts pairs: neither item is matched or gets a counterpart until it is linked again. Contacts nothing
    Unlink(UnlinkArgs),
    /// The state: lists and shows pairs, checks itself, and is rebuilt from the marks on the items
    State(StateArgs),
    /// Tests connections: network, credentials, permissions, fields; says what to do next. Writes nothing
    Doctor(DoctorArgs),
    /// Proposes manifests for what both systems hold: rows, rules, values. Writes to neither system
    Dump(DumpArgs),
    /// Runs the whole journey against both systems emulated inside this process
    Demo(DemoArgs),
    /// Serves both systems emulated on loopback, with sample data
    Sandbox(SandboxArgs),
    /// Prints the JSON Schemas of the manifests and of what accord writes
    Schema(SchemaArgs),
    /// Explains the code of a finding, or what is declared and known under an address
    Explain(ExplainArgs),
    /// Writes a commented starter project, a workflow file and editor settings. Contacts nothing
    Init(InitArgs),
    /// Writes manifests in their canonical form: order of keys, indentation, quotes; comments stay
    Fmt(FmtArgs),
    /// Runs the examples of MappingTests: what the mappings make of given values. Contacts nothing
    Test(TestArgs),
    /// Draws connections, rules, mappings and their tests. Contacts nothing
    Graph(GraphArgs),
    /// Prints what a shell needs to complete commands and flags
    Completions(CompletionsArgs),
    /// Prints a manual page in roff
    Man(ManArgs),
}

impl Command {
    /// The revision that it takes the manifests from, if it was given one.
    pub(crate) fn revision(&self) -> Option<&str> {
        let args = match self {
            Self::Validate(args) => &args.at,
            Self::Plan(args) => &args.at,
            Self::Apply(args) => &args.plan.at,
            Self::Verify(args) => &args.at,
            Self::Drift(args) => &args.at,
            Self::Test(args) => &args.at,
            Self::Graph(args) => &args.at,
            _ => return None,
        };
        args.revision.as_deref()
    }
}

/// Where the manifests are taken from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RevisionArgs {
    /// Takes the manifests from this Git revision: a branch, a tag, a commit, HEAD~2. Nothing is checked out
    #[arg(long = "ref", value_name = "REV")]
    pub(crate) revision: Option<String>,
}

/// The names of the commands, as they are typed.
pub(crate) const COMMANDS: [&str; 25] = [
    "validate",
    "plan",
    "apply",
    "verify",
    "drift",
    "diff",
    "show",
    "report",
    "status",
    "conflicts",
    "link",
    "unlink",
    "state",
    "doctor",
    "dump",
    "demo",
    "sandbox",
    "schema",
    "explain",
    "init",
    "fmt",
    "test",
    "graph",
    "completions",
    "man",
];

#[derive(Debug, Default, Args)]
pub(crate) struct ValidateArgs {
    /// Files or folders inside the project; everything that accord.yaml names if left out
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) at: RevisionArgs,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlanArgs {
    /// Writes the plan to a file too: any --format, or html, as in markdown=PATH (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(crate) out: Vec<String>,
    /// Ends 2 if an operation would run
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Only items whose address fits, for example SyncRule/NAME or 'SyncRule/*/case/7' (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) only: Vec<String>,
    /// Accepts up to so many updates of a rule beyond its limit
    #[arg(long, value_name = "N")]
    pub(crate) allow_updates: Option<u64>,
    /// Accepts up to so many deletes of a rule beyond its limit
    #[arg(long, value_name = "N")]
    pub(crate) allow_deletes: Option<u64>,
    /// Reads everything anew, whatever the feed of revisions says did not change
    #[arg(long)]
    pub(crate) full_scan: bool,
    #[command(flatten)]
    pub(crate) at: RevisionArgs,
    /// Adds to the plan what changed in the manifests since this Git revision; A...B since B left A
    #[arg(long, value_name = "REV")]
    pub(crate) base: Option<String>,
    /// Saves the plan into a file that `accord apply FILE` carries out
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save: Option<PathBuf>,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ApplyArgs {
    /// A plan that `accord plan --save FILE` wrote: carries out what of it still holds, and nothing else
    #[arg(value_name = "PLANFILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["only", "full_scan", "save", "revision", "base"])]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Applies only the plan with this planId or reviewId
    #[arg(long, value_name = "ID", value_parser = super::apply::expected_id)]
    pub(crate) expect: Option<String>,
    /// The plan that was reviewed, so that a difference is shown operation by operation
    #[arg(long, value_name = "FILE", requires = "expect", conflicts_with = "file", value_hint = ValueHint::FilePath)]
    pub(crate) reviewed: Option<PathBuf>,
    /// Applies without asking
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    /// Waits so many seconds for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lock_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The name of a rule; every rule if left out
    pub(crate) rule: Option<String>,
    /// Only items whose address fits, as in plan (repeatable)
    #[arg(long, value_name = "ADDRESS", conflicts_with = "rule")]
    pub(crate) only: Vec<String>,
    /// The most samples of each kind and rule
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) sample: u16,
    /// Says that the server heeds validateOnly, where that cannot be shown
    #[arg(long)]
    pub(crate) assume_validate_only: bool,
    #[command(flatten)]
    pub(crate) at: RevisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    /// The name of a rule; every rule if left out
    pub(crate) rule: Option<String>,
    /// Ends 2 if anything was changed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Reads everything anew, whatever the feed of revisions says did not change
    #[arg(long)]
    pub(crate) full_scan: bool,
    #[command(flatten)]
    pub(crate) at: RevisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// A..B, A...B (since B left A), A alone (against the working folder), or two folders
    #[arg(value_name = "A..B", required = true, num_args = 1..=2)]
    pub(crate) sides: Vec<String>,
    /// Ends 2 if anything changed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Counts linked items in the state, wherever it is; without it only in a state that is a file here
    #[arg(long)]
    pub(crate) with_state: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConflictsArgs {
    #[command(subcommand)]
    pub(crate) action: ConflictsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConflictsAction {
    /// Lists what waits for a decision, without values. Contacts nothing
    List(ConflictsListArgs),
    /// Shows one record with both values whole, and its history. Contacts nothing
    Show(ConflictsShowArgs),
    /// Decides, plans the pair, asks, and carries the decision out
    Resolve(ConflictsResolveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConflictsListArgs {
    /// Closed conflicts and values that a rule overwrote too
    #[arg(long)]
    pub(crate) all: bool,
    /// Only those of this rule
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ConflictsShowArgs {
    /// Its number as `conflicts list` shows it, or loss/N for a value that a rule overwrote
    #[arg(value_name = "ID")]
    pub(crate) id: RecordId,
    /// Shows values of sensitive rows too
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConflictsResolveArgs {
    /// Numbers as `conflicts list` shows them
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<ConflictId>,
    /// Whose value holds, or, where an item was deleted, what becomes of the other one
    #[arg(long, value_name = "DECISION", value_parser = Suggested::takes().map(take))]
    pub(crate) take: Take,
    /// Only writes the decision down; the next apply carries it out. Contacts nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) later: bool,
    /// Applies without asking
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    /// Waits so many seconds for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lock_timeout: u64,
}

/// The decision of this word, which was checked before.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the parser asks for"
)]
fn take(word: String) -> Take {
    let mut all = Take::ALL.into_iter();
    all.find(|take| take.key() == word)
        .expect("the parser lets no other word through")
}

/// What `conflicts show` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordId {
    /// A conflict.
    Conflict(ConflictId),
    /// A value that a rule overwrote, by its number from 1.
    Loss(u64),
}

impl std::str::FromStr for RecordId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.parse::<u64>();
        let id = match text.strip_prefix("loss/") {
            Some(rest) => number(rest).map(Self::Loss),
            None => number(text).map(|id| Self::Conflict(ConflictId(id))),
        };
        id.map_err(|_| "write the number of a conflict, or loss/N")
    }
}

#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// The name of a rule; may be left out where the project has one
    pub(crate) rule: Option<String>,
    /// The case
    #[arg(long, value_name = "ID", requires = "work_item")]
    pub(crate) case: Option<CaseId>,
    /// The work item
    #[arg(long, value_name = "ID", requires = "case")]
    pub(crate) work_item: Option<WorkItemId>,
    /// A CSV file with the columns case and workItem, one pair on each line
    #[arg(long, value_name = "FILE.csv", value_hint = ValueHint::FilePath, conflicts_with_all = ["case", "work_item"])]
    pub(crate) file: Option<PathBuf>,
    /// Waits so many seconds for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lock_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct UnlinkArgs {
    /// The name of a rule; every rule if left out
    pub(crate) rule: Option<String>,
    /// The case of a pair
    #[arg(long, value_name = "ID")]
    pub(crate) case: Option<CaseId>,
    /// The work item of a pair
    #[arg(long, value_name = "ID")]
    pub(crate) work_item: Option<WorkItemId>,
    /// A CSV file with a column case, a column workItem, or both; one pair on each line
    #[arg(long, value_name = "FILE.csv", value_hint = ValueHint::FilePath, conflicts_with_all = ["case", "work_item"])]
    pub(crate) file: Option<PathBuf>,
    /// Waits so many seconds for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lock_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    #[command(subcommand)]
    pub(crate) action: StateAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateAction {
    /// Lists the pairs. Contacts nothing
    List(StateListArgs),
    /// Shows one pair: its bases, unanswered writes, conflicts, overwritten values. Contacts nothing
    Show(StateShowArgs),
    /// Checks the state for contradictions, and that the audit is as it was written. Contacts nothing
    Verify,
    /// Recovers pairs from the marks in both systems. Asks nothing, and writes to neither system
    Rebuild(StateRebuildArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StateListArgs {
    /// Only those of this rule
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct StateShowArgs {
    /// SyncRule/NAME/case/ID or SyncRule/NAME/workItem/ID
    pub(crate) address: String,
    /// Shows values of sensitive rows too
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StateRebuildArgs {
    /// The name of a rule; every rule if left out
    pub(crate) rule: Option<String>,
    /// Waits so many seconds for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lock_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Writes the plan to a file too: any --format, or html, as in markdown=PATH (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(crate) out: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A plan that `accord plan --save FILE` or `--out json=FILE` wrote
    #[arg(value_hint = ValueHint::FilePath, required_unless_present = "find_expected")]
    pub(crate) file: Option<PathBuf>,
    /// Writes one comment on the pull request, or updates the one that is there
    #[arg(long, value_enum, value_name = "PLACE")]
    pub(crate) post: Option<PostTo>,
    /// Updates the report that is there, and begins none; for a plan without changes
    #[arg(long, requires = "post")]
    pub(crate) only_update: bool,
    /// Tells several reports on one pull request apart
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) label: Label,
    /// Says above the plan what became of it
    #[arg(long, value_name = "TEXT", conflicts_with = "apply_result")]
    pub(crate) outcome: Option<String>,
    /// Says above the plan what was applied, from what `accord apply --format json` printed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) apply_result: Option<PathBuf>,
    /// The commit that the plan was made from, if the run does not tell
    #[arg(long, value_name = "SHA")]
    pub(crate) commit: Option<String>,
    /// The pull request, if the run does not tell
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pull_request: Option<u64>,
    /// Writes neither a step summary nor the step's outputs
    #[arg(long)]
    pub(crate) no_summary: bool,
    /// Prints the id that `apply --expect` takes, from the report on the pull request that was merged
    #[arg(long, conflicts_with_all = ["file", "post", "outcome", "apply_result", "commit", "no_summary"])]
    pub(crate) find_expected: bool,
}

/// Where a report is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PostTo {
    /// A comment on a pull request of GitHub.
    Github,
    /// A thread on a pull request of Azure Repos.
    AzureDevops,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The name of a connection; all of them if left out
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DumpArgs {
    /// The name of the connection to look through
    pub(crate) connection: String,
    /// Work item type to propose a mapping for (repeatable); Test Case if left out
    #[arg(long = "type", value_name = "NAME")]
    pub(crate) types: Vec<String>,
    /// Id of a TestWorthy suite to look at (repeatable); all of them if left out
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u64).range(1..=9_007_199_254_740_991))]
    pub(crate) suite: Vec<u64>,
    /// Writes one file each into this folder instead of all to stdout
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
    /// Replaces files that stand there
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Leaves the demo's project folder in place and says where it is
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4010)]
    pub(crate) port: u16,
    /// Folder with testworthy.yaml and azure-devops.yaml in place of the built-in sample
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Project, Connection, CustomField, FieldMapping, SyncRule, MappingTest, Plan, Doctor or Diff; all manifests if left out
    #[arg(value_parser = Suggested::kinds(), hide_possible_values = true)]
    pub(crate) kind: Option<String>,
    /// Adds the types, fields, values, paths and suites that exist behind this connection
    #[arg(long, value_name = "CONNECTION", conflicts_with_all = ["write", "check"])]
    pub(crate) live: Option<String>,
    /// Writes the schema into this file instead of stdout
    #[arg(long, value_name = "FILE", conflicts_with_all = ["write", "check"])]
    pub(crate) out: Option<PathBuf>,
    /// Writes all schemas into the folder `schemas` of the working folder
    #[arg(long, conflicts_with = "kind")]
    pub(crate) write: bool,
    /// Ends 3 if the folder `schemas` is not what --write would write
    #[arg(long, conflicts_with_all = ["kind", "write"])]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code such as `unknown-key` or `L07`, or an address such as SyncRule/NAME/case/7; every code with a line each if left out
    #[arg(value_parser = Suggested::codes(), hide_possible_values = true)]
    pub(crate) subject: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Address of the Azure DevOps organisation, for example https://dev.azure.com/contoso
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) organization_url: Option<String>,
    /// Name of the Azure DevOps project
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Address of the TestWorthy server, if it is not https://testworthy.us
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) testworthy_url: Option<String>,
    /// Id of a TestWorthy suite whose cases to begin with (repeatable)
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u64).range(1..=9_007_199_254_740_991))]
    pub(crate) suite: Vec<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Files or folders inside the project; everything that accord.yaml names if left out; `-` for stdin to stdout
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Writes nothing: shows what would change, and ends 3 if anything would
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Files or folders with MappingTests; all of the project if left out
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Writes what the mappings give into the examples that do not hold, as what they expect
    #[arg(long, conflicts_with = "revision")]
    pub(crate) update: bool,
    /// Writes the outcome to a file too: human=PATH, json=PATH, github=PATH or junit=PATH (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(crate) out: Vec<String>,
    #[command(flatten)]
    pub(crate) at: RevisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// Writes the picture to a file in place of Mermaid on stdout: mermaid=PATH, dot=PATH or svg=PATH (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(crate) out: Vec<String>,
    #[command(flatten)]
    pub(crate) at: RevisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page of a command, as in `man plan` or `man conflicts resolve`; the program's own if left out
    #[arg(value_parser = Suggested::commands(), hide_possible_values = true, num_args = 0..=2)]
    pub(crate) command: Vec<String>,
    /// Writes all pages into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "command")]
    pub(crate) out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_whole_and_its_commands_are_listed() {
        let command = Cli::command();
        command.clone().debug_assert();
        let names: Vec<&str> = command
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        assert_eq!(names, COMMANDS);
    }
}
