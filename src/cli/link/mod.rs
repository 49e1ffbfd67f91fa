//! `accord link` and `accord unlink`: pairs that a person names.

mod table;

use std::fmt::Write as _;
use std::path::Path;

use super::args::{LinkArgs, UnlinkArgs};
use super::declared::{counted, rule_named};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::opened::Opened;
use super::session::Session;
use super::{plan as plan_command, ui};
use crate::model::config::{Config, SyncRule};
use crate::model::{CaseId, Name, WorkItemId};
use crate::reconcile::{LinkOutcome, LinkProblem, WantedItem, WantedPair, link, unlink};

use table::{Row, Table};

/// Lines that are told one by one.
const LISTED: usize = 50;

/// More than this is no list of pairs that a person made.
const LARGEST_FILE: u64 = 16 << 20;

pub(crate) async fn run(session: &Session, args: &LinkArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    the_rule(&project.config, args.rule.as_deref())?;
    let wanted = match (&args.file, args.case, args.work_item) {
        (Some(file), ..) => pairs(session, file)?,
        (None, Some(case), Some(work_item)) => vec![WantedPair {
            line: None,
            case,
            work_item,
        }],
        (None, ..) => {
            return Err(nothing_named(
                "--case ID --work-item ID, or --file FILE.csv",
            ));
        }
    };
    let opened = Opened::for_writing(session, project, "link", args.lock_timeout).await?;
    let context = opened.context();
    let rule = the_rule(&opened.config, args.rule.as_deref())?;
    let outcome = opened.watch(link(&context, rule, &wanted)).await?;
    plan_command::tell_requests(session, &opened.remotes);
    let next = "They have no base yet: `accord plan` shows how they meet, and the next apply writes their marks.";
    tell(session, args.file.as_deref(), &outcome, ("linked", next))
}

pub(crate) async fn run_unlink(session: &Session, args: &UnlinkArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    rule_wanted(&project.config, args)?;
    let wanted = match &args.file {
        Some(file) => items(session, file)?,
        None if args.case.is_none() && args.work_item.is_none() => {
            return Err(nothing_named(
                "--case ID, --work-item ID or --file FILE.csv",
            ));
        }
        None => vec![WantedItem {
            line: None,
            case: args.case,
            work_item: args.work_item,
        }],
    };
    let opened = Opened::for_writing(session, project, "unlink", args.lock_timeout).await?;
    let rule = rule_wanted(&opened.config, args)?;
    let outcome = unlink(&opened.context(), rule, &wanted).await?;
    let next = "Neither item is matched or gets a counterpart until `accord link` joins it again; their marks stay where they are.";
    tell(session, args.file.as_deref(), &outcome, ("unlinked", next))
}

fn rule_wanted<'c>(config: &'c Config, args: &UnlinkArgs) -> Result<Option<&'c Name>, Failed> {
    let named = args.rule.as_deref();
    let rule = named.map(|wanted| rule_named(config, wanted)).transpose()?;
    Ok(rule.map(|rule| &rule.name))
}

fn nothing_named(ways: &str) -> Failed {
    Failed::new(ExitCode::Usage, "no pair is named").with_help(format!("give {ways}"))
}

/// The rule that was named, or the only one.
fn the_rule<'c>(config: &'c Config, wanted: Option<&str>) -> Result<&'c SyncRule, Failed> {
    if let Some(wanted) = wanted {
        return rule_named(config, wanted);
    }
    let mut rules = config.rules.values();
    match (rules.next(), rules.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(
            Failed::new(ExitCode::Usage, "no sync rule is declared here")
                .with_help("write a manifest of kind SyncRule, or give -C DIR"),
        ),
        (Some(_), Some(_)) => {
            let names: Vec<&str> = config.rules.keys().map(AsRef::as_ref).collect();
            let message = "the project has several rules, and a pair belongs to one of them";
            Err(Failed::new(ExitCode::Usage, message)
                .with_help(format!("name the rule: {}", names.join(", "))))
        }
    }
}

fn pairs(session: &Session, file: &Path) -> Result<Vec<WantedPair>, Failed> {
    let table = read(session, file)?;
    for column in [Column::Case, Column::WorkItem] {
        if table.column(column.name()).is_none() {
            return Err(no_column(
                file,
                &table,
                "it needs the columns case and workItem",
            ));
        }
    }
    let mut problems = Vec::new();
    let mut pairs = Vec::new();
    for row in &table.rows {
        let case = id(&table, row, Column::Case, &mut problems);
        let work_item = id(&table, row, Column::WorkItem, &mut problems);
        if let (Some(case), Some(work_item)) = (case, work_item) {
            pairs.push(WantedPair {
                line: Some(row.line),
                case: CaseId(case),
                work_item: WorkItemId(work_item),
            });
        }
    }
    whole(file, pairs, &problems)
}

fn items(session: &Session, file: &Path) -> Result<Vec<WantedItem>, Failed> {
    let table = read(session, file)?;
    let there = |column: Column| table.column(column.name()).is_some();
    let (cases, work_items) = (there(Column::Case), there(Column::WorkItem));
    if !cases && !work_items {
        return Err(no_column(
            file,
            &table,
            "it needs a column case or a column workItem",
        ));
    }
    let mut problems = Vec::new();
    let mut items = Vec::new();
    for row in &table.rows {
        let before = problems.len();
        let mut take = |wanted: bool, column: Column| {
            let id = wanted.then(|| id(&table, row, column, &mut problems));
            id.flatten()
        };
        let (case, work_item) = (
            take(cases, Column::Case),
            take(work_items, Column::WorkItem),
        );
        if problems.len() == before {
            items.push(WantedItem {
                line: Some(row.line),
                case: case.map(CaseId),
                work_item: work_item.map(WorkItemId),
            });
        }
    }
    whole(file, items, &problems)
}

/// The lines of a file, if every one of them can be read.
fn whole<T>(file: &Path, lines: Vec<T>, problems: &[LinkProblem]) -> Result<Vec<T>, Failed> {
    if !problems.is_empty() {
        return Err(refused(Some(file), problems));
    }
    if lines.is_empty() {
        let message = format!("{}: there is no pair below the header", file.display());
        return Err(Failed::new(ExitCode::Invalid, message));
    }
    Ok(lines)
}

#[derive(Clone, Copy)]
enum Column {
    Case,
    WorkItem,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::WorkItem => "workItem",
        }
    }
}

/// The id in a column of a row; what is wrong with it goes to the problems.
fn id(table: &Table, row: &Row, column: Column, problems: &mut Vec<LinkProblem>) -> Option<u64> {
    let name = column.name();
    let text = table.column(name).and_then(|at| row.fields.get(at));
    let text = text.map(|text| text.trim()).unwrap_or_default();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = text.parse().ok().filter(|id| digits && *id > 0);
    if id.is_none() {
        let message = if text.is_empty() {
            format!("the column {name} is empty")
        } else {
            format!("`{text}` in the column {name} is not an id")
        };
        problems.push(LinkProblem {
            line: Some(row.line),
            message,
        });
    }
    id
}

fn no_column(file: &Path, table: &Table, needs: &str) -> Failed {
    let found = table.header.join(", ");
    let message = format!("{}: {needs}; its first line says: {found}", file.display());
    Failed::new(ExitCode::Invalid, message)
        .with_help("the first line is the header, for example: case,workItem")
}

fn read(session: &Session, file: &Path) -> Result<Table, Failed> {
    let path = session.path(file);
    let failed =
        |reason: String| Failed::new(ExitCode::Usage, format!("{}: {reason}", file.display()));
    let size = std::fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
    if size.len() > LARGEST_FILE {
        return Err(failed("it is larger than 16 MiB".to_owned()));
    }
    let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
    table::read(&bytes).map_err(|reason| {
        let message = format!("{}: {reason}", file.display());
        Failed::new(ExitCode::Invalid, message)
            .with_help("it has to be CSV in UTF-8 (RFC 4180), for example: case,workItem")
    })
}

fn refused(file: Option<&Path>, problems: &[LinkProblem]) -> Failed {
    let mut message = "nothing was stored".to_owned();
    for problem in problems.iter().take(LISTED) {
        let place = match (file, problem.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", file.display()),
            _ => String::new(),
        };
        let _ = write!(message, "\n  {place}{}", problem.message);
    }
    if problems.len() > LISTED {
        let _ = write!(message, "\n  and {} more", problems.len() - LISTED);
    }
    Failed::new(ExitCode::Invalid, message)
}

fn tell(
    session: &Session,
    file: Option<&Path>,
    outcome: &LinkOutcome,
    (done, next): (&str, &str),
) -> Result<ExitCode, Failed> {
    let (changed, already) = match outcome {
        LinkOutcome::Refused(problems) => return Err(refused(file, problems)),
        LinkOutcome::Stored { changed, already } => (changed, *already),
    };
    if session.json {
        let pairs = changed
            .iter()
            .map(|(case, item)| serde_json::json!({ "case": case.0, "workItem": item.0 }));
        let document = serde_json::json!({
            "schema": "accord-link/1",
            "done": done,
            "pairs": pairs.collect::<Vec<_>>(),
            "already": already,
        });
        session.ui.stdout(&ui::document(&document));
        return Ok(ExitCode::Success);
    }
    let mut text = String::new();
    for (case, item) in changed.iter().take(LISTED) {
        let _ = writeln!(text, "  case {case} and work item {item}");
    }
    if changed.len() > LISTED {
        let _ = writeln!(text, "  and {} more", changed.len() - LISTED);
    }
    let pairs = counted(changed.len(), "pair", "pairs");
    let _ = write!(text, "{pairs} {done}");
    if already > 0 {
        let were = if already == 1 { "was" } else { "were" };
        let _ = write!(text, "; {already} {were} {done} before");
    }
    text.push_str(".\n");
    if !changed.is_empty() {
        let _ = writeln!(text, "{next}");
    }
    session.ui.stdout(&ui::printable(&text));
    Ok(ExitCode::Success)
}
