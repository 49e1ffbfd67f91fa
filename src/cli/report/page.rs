//! The report as it is posted: what became of the plan, then the plan.

use crate::plan::Plan;
use crate::plan::render::markdown::{MarkdownOptions, markdown};
use crate::reconcile::publish::{Label, Page};

/// More than any page has, and far from where sums of lengths overflow.
pub(super) const NO_LIMIT: usize = 1 << 30;

/// The page within `budget` bytes.
pub(super) fn page(plan: &Plan, label: &Label, above: Option<&str>, budget: usize) -> Page {
    let above = above.map(|text| format!("{text}\n\n")).unwrap_or_default();
    let options = MarkdownOptions {
        budget_bytes: budget.saturating_sub(above.len()),
        // One report needs no name.
        label: (*label != Label::default()).then(|| label.to_string()),
        ..MarkdownOptions::default()
    };
    let plan = markdown(plan, &options);
    Page {
        text: above + &plan.text,
        truncated: plan.truncated,
    }
}
