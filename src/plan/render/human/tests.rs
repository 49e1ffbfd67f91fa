//! Representative plans as they are shown, and laws of the human form.

mod changes;
mod laws;
mod lengths;
mod notices;

use super::{HumanOptions, human};
use crate::plan::sample::everything;
use crate::plan::{Action, Change, FieldChange, Plan, sample};

/// The byte budget of the plain form, whatever the plan.
const BUDGET: usize = 128 * 1024;

fn plain(plan: &Plan) -> String {
    human(plan, &HumanOptions::default())
}

fn update(n: u64, fields: Vec<FieldChange>) -> Change {
    Change {
        fields,
        ..sample::change(Action::Update, n)
    }
}

fn create(n: u64, title: &str) -> Change {
    let mut change = sample::change(Action::Create, n);
    change.item.title = title.to_owned();
    change.fields = sample::new_fields(title);
    change
}
