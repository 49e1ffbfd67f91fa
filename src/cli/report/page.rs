//! The report as it is posted: what became of the plan, then the plan.

use crate::plan::Plan;
use crate::plan::render::human::{HumanOptions, human};
use crate::reconcile::publish::Page;

/// The page within `budget` bytes.
pub(super) fn page(plan: &Plan, above: Option<&str>, budget: usize) -> Page {
    let above = above.map(|text| format!("{text}\n\n")).unwrap_or_default();
    let plan = markdown(plan, budget.saturating_sub(above.len()));
    Page {
        text: above + &plan.text,
        ..plan
    }
}

fn markdown(plan: &Plan, budget: usize) -> Page {
    let options = HumanOptions {
        colour: false,
        ..HumanOptions::default()
    };
    let text = human(plan, &options);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let room = budget.saturating_sub(2 * fence.len() + 20);
    let end = text.floor_char_boundary(room.min(text.len()));
    Page {
        text: format!("{fence}text\n{}\n{fence}\n", &text[..end]),
        truncated: end < text.len(),
    }
}
