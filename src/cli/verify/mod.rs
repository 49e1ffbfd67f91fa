//! `accord verify`: a test sync, judged by the servers, and nothing of it stored.

mod github;
mod human;

use super::args::Format;
use super::args::VerifyArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::opened::Opened;
use super::session::Session;
use super::{plan as plan_command, ui};
use crate::diagnostics::nearest;
use crate::model::Name;
use crate::model::config::Config;
use crate::reconcile::{Objector, VerifyOptions, VerifyReport, verify};

pub(crate) async fn run(session: &Session, args: &VerifyArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let options = VerifyOptions {
        only: only(&project.config, args)?,
        samples: usize::from(args.sample),
        assume_validate_only: args.assume_validate_only,
    };
    let opened = Opened::for_reading(session, project).await?;
    let report = opened.watch(verify(&opened.context(), &options)).await?;
    show(session, &report);
    plan_command::tell_requests(session, &opened.remotes);
    end(&report)
}

/// The rule by its name, or the addresses as they were typed.
fn only(config: &Config, args: &VerifyArgs) -> Result<Vec<String>, Failed> {
    let Some(wanted) = &args.rule else {
        return Ok(args.only.clone());
    };
    let wanted = wanted.strip_prefix("SyncRule/").unwrap_or(wanted);
    let mut known = config.rules.keys().map(Name::as_str);
    if known.clone().any(|name| name == wanted) {
        return Ok(vec![format!("SyncRule/{wanted}")]);
    }
    let failed = Failed::new(ExitCode::Usage, format!("there is no rule `{wanted}`"));
    let help = match nearest(wanted, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.next() {
            Some(first) => {
                let all: Vec<&str> = std::iter::once(first).chain(known).collect();
                format!("declared are: {}", all.join(", "))
            }
            None => "write a manifest of kind SyncRule, or give -C DIR".to_owned(),
        },
    };
    Err(failed.with_help(help))
}

fn show(session: &Session, report: &VerifyReport) {
    let text = match session.format {
        Format::Json => ui::document(report),
        Format::Github => github::render(report, &session.prefix()),
        _ => {
            let verbose = session.ui.verbosity() > 0;
            human::render(report, session.ui.colour_stdout(), verbose, ui::printable)
        }
    };
    session.ui.stdout(&text);
}

fn end(report: &VerifyReport) -> Result<ExitCode, Failed> {
    if let Some(stop) = &report.stopped {
        let message = format!("connection `{}`: {}", stop.connection, stop.message);
        return Err(Failed::new(ExitCode::Refused, message).with_help(stop.help.as_str()));
    }
    let Some((rule, sample, objection)) = report.objections().next() else {
        return Ok(ExitCode::Success);
    };
    let who = match objection.by {
        Objector::Server => format!("{} objects", sample.system),
        Objector::Accord => format!("Accord objects on behalf of {}", sample.system),
    };
    let request = objection.request.as_ref();
    let request = request.map(|request| format!(" [{request}]"));
    let message = format!(
        "connection `{}`: {who}: {}{}; {}, {} of {} samples in all; nothing was stored",
        rule.connection,
        objection.message,
        request.unwrap_or_default(),
        sample.address,
        report.summary.objected,
        report.summary.samples,
    );
    let help = format!(
        "look at {}:{}; mend the row, the item or the process, and run `accord verify` again",
        objection.origin.file, objection.origin.line
    );
    Err(Failed::new(ExitCode::Invalid, message).with_help(help))
}
