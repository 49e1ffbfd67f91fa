//! The adapter for GitHub: comments of a pull request, and which pull request a commit came from.
//!
//! Its paths and bodies are those of GitHub's REST description (docs.github.com/rest, version
//! 2022-11-28); the one GraphQL question is who the token belongs to, which REST does not tell for the
//! token of a workflow.

mod client;
mod error;
mod link;
mod wire;

pub use client::{GitHub, GitHubOptions, Repository};
pub use error::{GitHubError, Refusal};
pub use wire::{Comment, PullRequest};
