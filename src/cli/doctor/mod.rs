//! `accord doctor`: tests connections and writes nothing.

mod human;

use super::args::DoctorArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::progress::Bars;
use super::session::{Project, Session};
use super::ui;
use crate::diagnostics::nearest;
use crate::model::Name;
use crate::model::config::Config;
use crate::reconcile::{Cause, DoctorContext, RealClock, doctor};

pub(crate) async fn run(session: &Session, args: &DoctorArgs) -> Result<ExitCode, Failed> {
    let Project { config, .. } = session.load()?;
    let names = names(&config, args.connection.as_deref())?;
    let remotes = session.remotes().probing(session.patience);
    let bars = Bars::new(&session.ui);
    let context = DoctorContext {
        config: &config,
        remotes: &remotes,
        clock: &RealClock,
        progress: &bars,
    };
    let report = doctor(&context, &names).await;
    let text = if session.json {
        ui::document(&report)
    } else {
        let colour = session.ui.colour_stdout();
        human::render(&report, colour, ui::printable)
    };
    session.ui.stdout(&text);
    Ok(code(report.cause))
}

/// The connections to test.
fn names(config: &Config, wanted: Option<&str>) -> Result<Vec<Name>, Failed> {
    let Some(wanted) = wanted else {
        let all: Vec<Name> = config.connections.keys().cloned().collect();
        if all.is_empty() {
            return Err(
                Failed::new(ExitCode::Invalid, "no connection is declared here")
                    .with_help("write a manifest of kind Connection, or give -C DIR"),
            );
        }
        return Ok(all);
    };
    named(config, wanted).map(|name| vec![name])
}

/// The connection of this name.
pub(crate) fn named(config: &Config, wanted: &str) -> Result<Name, Failed> {
    let known = config.connections.keys();
    if let Some(name) = known.clone().find(|name| name.as_str() == wanted) {
        return Ok(name.clone());
    }
    let failed = Failed::new(
        ExitCode::Usage,
        format!("there is no connection `{wanted}`"),
    );
    let near = nearest(wanted, known.clone().map(Name::as_str));
    let help = near.map_or_else(
        || {
            let all: Vec<&str> = known.map(Name::as_str).collect();
            format!("declared are: {}", all.join(", "))
        },
        |near| format!("did you mean `{near}`?"),
    );
    Err(failed.with_help(help))
}

fn code(cause: Option<Cause>) -> ExitCode {
    match cause {
        None => ExitCode::Success,
        Some(Cause::HostRefused) => ExitCode::Refused,
        Some(Cause::Authentication) => ExitCode::Authentication,
        Some(Cause::Manifests) => ExitCode::Invalid,
        Some(Cause::Unreachable) => ExitCode::Unavailable,
    }
}
