//! An Azure DevOps organisation, emulated as Microsoft Learn and recorded answers describe it.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Sandbox;

pub mod seed;

/// The organisation.
#[derive(Debug)]
pub struct Organization {
    name: String,
    base_url: String,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            name: "contoso".to_owned(),
            base_url: String::new(),
        }
    }
}

impl Organization {
    /// Its name: the first segment of every path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scheme and host under which the addresses in answers stand.
    pub fn set_base_url(&mut self, url: &str) {
        self.base_url = format!("{url}/{}", self.name);
    }

    /// Fills the organisation. Errors name the item that does not fit.
    pub fn plant(
        &mut self,
        _seed: &seed::OrganizationSeed,
        _now: jiff::Timestamp,
    ) -> Result<(), seed::SeedError> {
        Ok(())
    }
}

/// Every route of the organisation.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new().with_state(sandbox)
}

/// The body that this server would send with an error status that a fault asks for.
pub fn refusal(status: StatusCode, _headers: &HeaderMap) -> Response {
    status.into_response()
}

/// A percent-decoded path; bytes that are no UTF-8 become replacement characters.
pub fn decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |at: usize| {
            after
                .get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
                .and_then(|digit| u8::try_from(digit).ok())
        };
        match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high * 16 + low);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a request can change state: queries that are sent by POST and `validateOnly` cannot.
pub fn is_write(method: &str, _path: &str, _query: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}
