//! `--expect ID`: the plan that runs is the one that was approved, or nothing is written.

use std::fmt::Write as _;

use super::super::args::ApplyArgs;
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::plan_file;
use super::super::session::Session;
use crate::diagnostics::catalog::bound_plan::NOT_THE_EXPECTED_PLAN;
use crate::plan::Plan;
use crate::plan::compare::compare;
use crate::plan::id;
use crate::plan::render::difference::difference;

/// Reads an id as it is typed: all of its digits, because authors of manifests can make shorter ones collide.
pub(crate) fn expected_id(text: &str) -> Result<String, String> {
    let id = text.trim().to_ascii_lowercase();
    let is_hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || id.len() != id::DIGITS {
        return Err(format!(
            "write the whole planId or reviewId of a plan: {} hexadecimal digits",
            id::DIGITS
        ));
    }
    Ok(id)
}

/// What is expected, if anything is.
pub(super) struct Expected {
    id: Option<String>,
    reviewed: Option<Plan>,
}

impl Expected {
    /// Reads `--expect` and `--reviewed` before anything is contacted.
    pub(super) fn of(session: &Session, args: &ApplyArgs) -> Result<Self, Failed> {
        let id = args.expect.clone();
        let Some(file) = &args.reviewed else {
            return Ok(Self { id, reviewed: None });
        };
        let reviewed = plan_file::read(session, file)?;
        if let Some(id) = &id
            && !id::names(id, &reviewed)
        {
            let message = format!(
                "{} is not the plan that --expect names: its planId is {}, its reviewId {}",
                file.display(),
                reviewed.plan_id,
                reviewed.review_id
            );
            return Err(Failed::new(ExitCode::Usage, message)
                .with_help("give --expect and --reviewed of the same plan"));
        }
        Ok(Self {
            id,
            reviewed: Some(reviewed),
        })
    }

    /// Whether `plan` may run; says how it differs from what is expected.
    pub(super) fn check(&self, plan: &Plan) -> Result<(), Failed> {
        let Some(id) = self.id.as_deref().filter(|id| !id::names(id, plan)) else {
            return Ok(());
        };
        let code = NOT_THE_EXPECTED_PLAN.code;
        let mut message = format!(
            "this is not the plan that was expected [{code}]; nothing was written\n  expected {id}\n  planId   {}\n  reviewId {}",
            plan.plan_id, plan.review_id
        );
        let help = if let Some(reviewed) = &self.reviewed {
            let found = difference(&compare(reviewed, plan));
            let _ = write!(message, "\nwhat differs from the plan that was reviewed:");
            for line in found.lines() {
                let _ = write!(message, "\n  {line}");
            }
            "review the plan as it is now, then give its planId or reviewId to --expect"
        } else {
            "`--reviewed FILE` with the plan that was reviewed shows what differs; a reviewId outlives edits of items, a planId does not"
        };
        Err(Failed::new(ExitCode::Stale, message).with_help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_hexadecimal_and_whole() {
        let whole = "830df7d17406b81e9efe0e24f993dbc8";
        assert_eq!(expected_id(whole).unwrap(), whole);
        assert_eq!(
            expected_id(&whole.to_uppercase()).unwrap(),
            whole,
            "as a person may type it"
        );
        for wrong in [
            "",
            "latest",
            &whole[..12],
            &whole[..31],
            &format!("{whole}0"),
            &format!("{}g", &whole[..31]),
        ] {
            assert!(expected_id(wrong).is_err(), "{wrong}");
        }
    }
}
