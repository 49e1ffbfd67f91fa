//! What the project's Git repository says: the commit that is checked out, whether the manifests differ from
//! it, and the manifests as they stood at a revision, read from its tree without a checkout.
//!
//! A repository may come from a stranger, as that of a pull request does. Everything here reads objects and
//! refs through libgit2 and nothing else: no hook runs, no filter, no `textconv`, no credential or file
//! system monitor that a configuration names, because libgit2 starts no program; the working folder is
//! compared by the bytes that were read, so attributes and index do not matter. Links in a tree are not
//! followed, submodules are passed over, and what one revision may make us read is limited. There is no
//! network: the library is built without any transport.

mod error;
mod open;
mod range;
mod resolve;
#[cfg(test)]
mod tests;
mod tree;

pub use error::GitError;
pub use open::Repository;
pub use range::Range;
pub use tree::RevisionTree;
