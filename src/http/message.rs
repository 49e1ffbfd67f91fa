//! Requests and answers as the adapters see them.

use secrecy::SecretString;
use url::Url;

/// Whether a request may be sent again when its answer is lost or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// A read (GET, or a POST that only queries): repeated on 429, 5xx and network failures for up to
    /// 30 s.
    Safe,
    /// A write: sent once. Only a refused connection, where nothing can have been sent, is repeated.
    Never,
}

/// A request to one of the systems.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, `PATCH`, ...
    pub method: reqwest::Method,
    /// The final address.
    pub url: Url,
    /// Headers without the credentials (the client adds those).
    pub headers: Vec<(&'static str, String)>,
    /// The body with its content type.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Whether it may be sent again.
    pub repeat: Repeat,
}

/// An answer with its body read whole.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body, decompressed, without a byte order mark.
    pub body: Vec<u8>,
}

/// A header whose value is a secret; it is sent with every request of a client.
#[derive(Clone, Debug)]
pub struct SecretHeader {
    /// The header's name.
    pub name: &'static str,
    /// Its whole value.
    pub value: SecretString,
}
