//! Why a repository did not give what was asked of it.

use std::path::PathBuf;

/// Why a repository did not give what was asked of it. Each has its way out in [`GitError::help`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no repository around a folder.
    #[error("{} is in no Git repository", .folder.display())]
    NoRepository {
        /// The folder.
        folder: PathBuf,
    },
    /// The repository's folder belongs to another user, who could have put anything into it.
    #[error("the Git repository around {} belongs to another user and is not read", .folder.display())]
    ForeignOwner {
        /// A folder in it.
        folder: PathBuf,
    },
    /// A partial clone: objects are missing that only a server has.
    #[error("this is a partial clone, and what it lacks cannot be fetched here")]
    PartialClone,
    /// No branch, tag or commit is called so.
    #[error("there is no revision `{revision}`")]
    Unknown {
        /// What was asked for, fit to be shown.
        revision: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// It may exist, but this clone does not go back that far.
    #[error("there is no revision `{revision}` in this shallow clone")]
    Shallow {
        /// What was asked for, fit to be shown.
        revision: String,
    },
    /// No text that could name a revision.
    #[error("`{revision}` is not a revision: {reason}")]
    NotARevision {
        /// What was asked for, fit to be shown.
        revision: String,
        /// Why.
        reason: &'static str,
    },
    /// Two commits without a common ancestor.
    #[error("`{from}` and `{to}` have no common ancestor")]
    NoMergeBase {
        /// One.
        from: String,
        /// The other.
        to: String,
        /// Whether that may be so only because the clone is shallow.
        is_shallow: bool,
    },
    /// Anything else: a damaged repository, one of a format that libgit2 does not know.
    #[error("the Git repository cannot be read: {reason}")]
    Unreadable {
        /// What libgit2 says.
        reason: String,
    },
}

impl GitError {
    /// What to do next.
    pub fn help(&self) -> String {
        let deeper = "fetch the whole history: `fetch-depth: 0` of actions/checkout, `fetchDepth: 0` of a pipeline's \
                      checkout step, or `git fetch --unshallow`";
        match self {
            Self::NoRepository { .. } => {
                "give -C DIR with a folder inside the repository, or two folders to `accord diff`"
                    .to_owned()
            }
            Self::ForeignOwner { folder } => format!(
                "if you trust it: git config --global --add safe.directory '{}'",
                folder.display()
            ),
            Self::PartialClone => {
                "clone it without `--filter` (`filter:` of actions/checkout)".to_owned()
            }
            Self::Unknown { nearest, .. } => match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "a branch, a tag, a commit or something like HEAD~2; what only the remote has is \
                         fetched with `git fetch`, and called origin/NAME then"
                    .to_owned(),
            },
            Self::Shallow { .. } => deeper.to_owned(),
            Self::NoMergeBase {
                is_shallow: true, ..
            } => deeper.to_owned(),
            Self::NoMergeBase { .. } => "compare them with two dots: A..B".to_owned(),
            Self::NotARevision { .. } => {
                "write a branch, a tag, a commit, or something like HEAD~2".to_owned()
            }
            Self::Unreadable { .. } => "`git fsck` says more about a damaged repository".to_owned(),
        }
    }

    /// Whether the command line asked for something that is not there, as against a repository that cannot
    /// be read.
    pub fn is_usage(&self) -> bool {
        !matches!(
            self,
            Self::ForeignOwner { .. } | Self::PartialClone | Self::Unreadable { .. }
        )
    }

    /// What libgit2 says of a repository around `folder`.
    pub(super) fn of(error: &git2::Error, folder: &std::path::Path) -> Self {
        if error.code() == git2::ErrorCode::Owner {
            return Self::ForeignOwner {
                folder: folder.to_owned(),
            };
        }
        Self::from(error)
    }
}

impl From<&git2::Error> for GitError {
    fn from(error: &git2::Error) -> Self {
        let said = error.message().to_lowercase();
        if said.contains("partialclone") {
            return Self::PartialClone;
        }
        Self::Unreadable {
            reason: crate::diagnostics::printable(error.message()).into_owned(),
        }
    }
}
