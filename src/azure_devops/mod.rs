//! The Azure DevOps adapter: REST 7.1 behind the ports of `remote`.
//!
//! Wire shapes stay inside this folder; what leaves it is the model. Work is done in bulk: ids come from
//! WIQL, items by 200, writes go out as one `$batch` of at most 200 with an outcome for each of them.

mod address;
mod auth;
mod batch;
mod convert;
mod entra;
mod entra_advice;
mod error;
mod explore;
mod feed;
mod lifecycle;
mod outcome;
mod patch;
mod process;
mod reader;
mod reads_through;
mod rehearsal;
mod session;
mod tags;
mod threads;
mod validator;
mod wiql;
mod wire;
mod writer;

pub use auth::{credential_header, default_headers};
pub use batch::{MAX_BATCH_BYTES, MAX_BATCH_WRITES, chunks};
pub use entra::{EntraOptions, EntraTokens};
pub use error::is_busy;
pub use reader::Reader;
pub use threads::{PullRequestPlace, PullRequestThreads, ThreadComment};
pub use validator::Validator;
pub use writer::Writer;
