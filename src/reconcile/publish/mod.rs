//! Puts a report where reviewers look: one comment on a pull request of GitHub, one thread on a pull
//! request of Azure Repos, found again by a hidden marker and updated in place.
//!
//! A marker alone proves nothing: whoever may comment can write one. So only a comment whose author is
//! the account that the token writes as is ever edited or believed.

mod azure_devops;
mod error;
mod event;
mod github;
mod marker;

pub use azure_devops::to_azure_devops;
pub use error::PublishError;
pub use event::Event;
pub use github::{Reviewed, reviewed_on_github, to_github};
pub use marker::{Label, Marker};

use std::sync::Arc;

use super::clock::Clock;
use super::secret::Environment;
use crate::http::{AllowList, Notice, Timeouts};

/// How to reach those places.
pub struct Channel<'a> {
    /// The runner's variables, tokens among them.
    pub environment: &'a dyn Environment,
    /// Hosts that the operator allows.
    pub allow: AllowList,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// Refuse every request.
    pub offline: bool,
    /// Told when a server keeps not answering.
    pub notice: Arc<Notice>,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// What to publish.
pub struct Report<'a> {
    /// Its marker; whether the text was cut is set when that is known.
    pub marker: Marker,
    /// The text, within a number of bytes.
    pub page: &'a (dyn Fn(usize) -> Page + Send + Sync),
    /// Whether somebody has to do something about it.
    pub attention: bool,
    /// Update the report that is there, and begin none.
    pub only_update: bool,
}

/// Why a report that is only to be updated is nowhere.
const NOTHING_TO_UPDATE: &str = "there is none to update, and none was to be begun";

/// A text that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Markdown.
    pub text: String,
    /// Whether something was left out to make it fit.
    pub truncated: bool,
}

impl Report<'_> {
    /// The whole comment within `budget` bytes, and whether it was cut.
    fn body(&self, budget: usize) -> (String, bool) {
        let mut marker = self.marker.clone();
        // The longer of the two forms, so that the text fits under either.
        marker.truncated = false;
        let room = budget.saturating_sub(marker.line().len() + 1);
        let page = (self.page)(room);
        marker.truncated = page.truncated;
        (format!("{}\n{}", marker.line(), page.text), page.truncated)
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is there.
    Posted(Posted),
    /// The service would not take it from this token or in this conversation, or there is no pull request:
    /// the report has to go elsewhere. The reason is a sentence without a full stop.
    NotPosted(String),
}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// What a person opens.
    pub url: String,
    /// The pull request.
    pub pull_request: u64,
    /// Whether the text was cut.
    pub truncated: bool,
}
