//! `accord report`: a saved plan as Markdown, on stdout or where its reviewers look.

mod outcome;
mod page;
mod runner;

use std::path::Path;

use super::args::{PostTo, ReportArgs};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::plan_file;
use super::session::Session;
use crate::plan::{Plan, SafetyVerdict};
use crate::reconcile::publish::{
    self, Channel, Delivery, Event, Marker, Page, Posted, PublishError, Report,
};

use runner::{Outputs, Runner};

pub(crate) async fn run(session: &Session, args: &ReportArgs) -> Result<ExitCode, Failed> {
    let Some(file) = args.file.as_deref().filter(|_| !args.find_expected) else {
        return find_expected(session, args).await;
    };
    let plan = plan_file::read(session, file)?;
    let above = above(session, args, &plan)?;
    let page = |budget: usize| page::page(&plan, &args.label, above.as_deref(), budget);
    let runner = Runner::of(session, args.post);
    let delivery = match args.post {
        Some(place) => Some(post(session, args, place, &plan, file, &page).await),
        None => None,
    };
    let told = Told::of(delivery.as_ref());
    if let Some(reason) = &told.notice {
        runner.notice(reason);
    }
    if !args.no_summary {
        let outputs = outputs(&plan, &told);
        runner.write(&outputs, &args.label, &|budget| {
            with_notice(&told, &page, budget)
        })?;
    }
    print(session, args, &plan, &told, &page);
    match delivery {
        Some(Err(failed)) => Err(failed),
        _ => Ok(ExitCode::Success),
    }
}

/// What became of the report, as everything else tells it.
#[derive(Default)]
struct Told {
    posted: Option<Posted>,
    /// Why it is not on the pull request.
    notice: Option<String>,
}

impl Told {
    fn of(delivery: Option<&Result<Delivery, Failed>>) -> Self {
        match delivery {
            None => Self::default(),
            Some(Ok(Delivery::Posted(posted))) => Self {
                posted: Some(posted.clone()),
                notice: None,
            },
            Some(Ok(Delivery::NotPosted(reason))) => Self {
                posted: None,
                notice: Some(format!("the report is not on a pull request: {reason}")),
            },
            // The command ends with the error itself.
            Some(Err(_)) => Self {
                posted: None,
                notice: Some("the report could not be put on the pull request".to_owned()),
            },
        }
    }

    fn url(&self) -> Option<&str> {
        self.posted.as_ref().map(|posted| posted.url.as_str())
    }
}

/// What stands above the plan.
fn above(session: &Session, args: &ReportArgs, plan: &Plan) -> Result<Option<String>, Failed> {
    if let Some(text) = &args.outcome {
        return Ok(Some(outcome::of_text(text)));
    }
    let Some(file) = &args.apply_result else {
        return Ok(None);
    };
    let failed = |reason: String| {
        Failed::new(ExitCode::Failure, format!("{}: {reason}", file.display()))
            .with_help("`accord apply --format json > FILE` writes what was applied")
    };
    let text =
        std::fs::read_to_string(session.path(file)).map_err(|error| failed(error.to_string()))?;
    outcome::of_apply(&text, &plan.plan_id)
        .map(Some)
        .map_err(failed)
}

/// Puts the report on the pull request.
async fn post(
    session: &Session,
    args: &ReportArgs,
    place: PostTo,
    plan: &Plan,
    file: &Path,
    page: &(dyn Fn(usize) -> Page + Send + Sync),
) -> Result<Delivery, Failed> {
    let channel = channel(session);
    let event = match place {
        PostTo::Github => Event::of(&channel)?,
        PostTo::AzureDevops => Event::default(),
    };
    let commit = event.commit(args.commit.as_deref(), plan.inputs.git_commit.as_deref());
    let marker = Marker::new(
        args.label.clone(),
        &plan.plan_id,
        &plan.review_id,
        commit.as_deref(),
    );
    let Some(marker) = marker else {
        return Err(Failed::new(
            ExitCode::Failure,
            format!("{}: its ids are not ids of a plan", file.display()),
        )
        .with_help("plan again; this file was not written by accord, or was changed"));
    };
    let report = Report {
        marker,
        page,
        attention: plan.safety.verdict == SafetyVerdict::Blocked || plan.has_errors(),
        only_update: args.only_update,
    };
    let delivery = match place {
        PostTo::Github => publish::to_github(&channel, &event, args.pull_request, &report).await,
        PostTo::AzureDevops => publish::to_azure_devops(&channel, args.pull_request, &report).await,
    };
    delivery.map_err(Failed::from)
}

/// The way to the places where reports are posted.
fn channel(session: &Session) -> Channel<'_> {
    Channel {
        environment: session.environment.as_ref(),
        allow: session.allow.clone(),
        timeouts: session.timeouts,
        offline: session.offline,
        notice: session.notice(),
        clock: session.clock.as_ref(),
    }
}

/// `--find-expected`: the id that was reviewed, or a refusal. It never ends well without an id, so that a
/// script that hands an empty one on stops before that.
async fn find_expected(session: &Session, args: &ReportArgs) -> Result<ExitCode, Failed> {
    let channel = channel(session);
    let event = Event::of(&channel)?;
    let found =
        publish::reviewed_on_github(&channel, &event, args.pull_request, &args.label).await?;
    let reviewed = found.map_err(|reason| {
        Failed::new(
            ExitCode::Stale,
            format!("no reviewed plan was found: {reason}"),
        )
        .with_help(
            "apply without --expect only where the limits of the manifests are enough, or open a pull request and let it be planned",
        )
    })?;
    let marker = &reviewed.marker;
    if session.json {
        let document = serde_json::json!({
            "reviewId": marker.review_id,
            "planId": marker.plan_id,
            "commit": marker.commit,
            "pullRequest": reviewed.pull_request,
            "commentUrl": reviewed.url,
        });
        session.ui.stdout(&super::ui::document(&document));
    } else {
        session.ui.stdout(&format!("{}\n", marker.review_id));
    }
    session.ui.note(&format!(
        "reviewed in pull request {}: {}\n",
        reviewed.pull_request, reviewed.url
    ));
    if let (Some(planned), Some(head)) = (&marker.commit, &reviewed.head)
        && !head.starts_with(planned.as_str())
    {
        session.ui.note(&format!(
            "note: that plan is of commit {planned}, and the pull request ended with {head}\n"
        ));
    }
    Ok(ExitCode::Success)
}

/// The step summary begins with why it is there, if the pull request has no report.
fn with_notice(told: &Told, page: &(dyn Fn(usize) -> Page + Send + Sync), budget: usize) -> Page {
    let before = match (&told.notice, told.url()) {
        (Some(reason), _) => format!("{}\n\n", outcome::note(reason)),
        (None, Some(url)) => format!("On the pull request: <{url}>\n\n"),
        (None, None) => String::new(),
    };
    let rest = page(budget.saturating_sub(before.len()));
    Page {
        text: before + &rest.text,
        ..rest
    }
}

/// What stdout carries: the page, or where it is.
fn print(
    session: &Session,
    args: &ReportArgs,
    plan: &Plan,
    told: &Told,
    page: &dyn Fn(usize) -> Page,
) {
    if session.json {
        let document = serde_json::json!({
            "planId": plan.plan_id,
            "reviewId": plan.review_id,
            "label": args.label.to_string(),
            "posted": told.posted.is_some(),
            "commentUrl": told.url(),
            "pullRequest": told.posted.as_ref().map(|posted| posted.pull_request),
            "truncated": told.posted.as_ref().is_some_and(|posted| posted.truncated),
            "notice": told.notice,
        });
        session.ui.stdout(&super::ui::document(&document));
    } else if args.post.is_none() {
        session.ui.stdout(&page(page::NO_LIMIT).text);
    } else if let Some(url) = told.url() {
        session.ui.stdout(&format!("{url}\n"));
    }
}

/// What later steps of a workflow decide by.
fn outputs(plan: &Plan, told: &Told) -> Outputs {
    let summary = &plan.summary;
    let truncated = told.posted.as_ref().is_some_and(|posted| posted.truncated);
    let flag = |value: bool| value.to_string();
    // The file may come from anyone, and its ids are whatever stands in it.
    let digits = |id: &str| -> String { id.chars().filter(char::is_ascii_hexdigit).collect() };
    Outputs(vec![
        ("plan_id", digits(&plan.plan_id)),
        ("review_id", digits(&plan.review_id)),
        ("changes", flag(plan.has_operations())),
        ("to_create", summary.create.to_string()),
        ("to_update", summary.update.to_string()),
        ("to_delete", summary.delete.to_string()),
        ("to_link", summary.link.to_string()),
        ("conflicts", plan.conflicts.len().to_string()),
        (
            "blocked",
            flag(plan.safety.verdict == SafetyVerdict::Blocked),
        ),
        ("comment_url", told.url().unwrap_or_default().to_owned()),
        ("report_truncated", flag(truncated)),
    ])
}

impl From<PublishError> for Failed {
    fn from(error: PublishError) -> Self {
        let code = ExitCode::from_number(error.exit_code());
        Self::new(code, error.to_string()).with_help(error.help())
    }
}
