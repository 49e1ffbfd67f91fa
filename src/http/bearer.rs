//! Credentials that are fetched, expire, and are fetched again: the other way for a client to sign in.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::remote::RemoteError;

/// A token with the number of the fetch that it came from.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// What follows `Bearer ` in the header.
    pub token: SecretString,
    /// Which fetch it came from; a later one has a higher number.
    pub generation: u64,
}

/// Where a client gets its token from.
#[async_trait]
pub trait BearerSource: Send + Sync {
    /// A token that is not about to expire. `refused` is the generation that the server has just turned
    /// down with a 401: what comes back is then a later one. Errors as the exchange gives them.
    async fn bearer(&self, refused: Option<u64>) -> Result<Bearer, RemoteError>;

    /// `text` without any token that was handed out or used to get one.
    fn redact(&self, text: &str) -> String;
}
