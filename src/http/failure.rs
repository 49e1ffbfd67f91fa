//! What went wrong on the way, in words, and whether the server can have seen the request.

use std::error::Error;

use super::Timeouts;
use super::retry::Outcome;

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// In words, without the address.
    pub(super) reason: String,
    /// For the retry policy.
    pub(super) outcome: Outcome,
    /// It will fail the same way again.
    pub(super) permanent: bool,
    /// The answer came, but was larger than anything these servers have to say.
    pub(super) too_large: bool,
}

impl Failure {
    /// Classifies an error of the underlying client.
    pub(super) fn of(error: reqwest::Error, timeouts: &Timeouts) -> Self {
        let error = error.without_url();
        let untrusted = certificate_problem(&error);
        let outcome = if error.is_connect() || error.is_builder() {
            Outcome::NotConnected
        } else {
            Outcome::Lost
        };
        let cause = chain(&error);
        let reason = match outcome {
            _ if untrusted => format!(
                "the server's certificate is not trusted ({cause}); if a company authority issued it, \
                 name its PEM file in SSL_CERT_FILE"
            ),
            Outcome::NotConnected if error.is_timeout() => {
                format!("no connection within {} s", timeouts.connect.as_secs_f64())
            }
            Outcome::NotConnected => format!("no connection: {cause}"),
            _ if error.is_timeout() => format!(
                "no complete answer in time ({} s without a byte, {} s in all)",
                timeouts.read.as_secs_f64(),
                timeouts.total.as_secs_f64()
            ),
            _ if error.is_body() || error.is_decode() => format!("the answer broke off: {cause}"),
            _ => format!("the connection broke: {cause}"),
        };
        Self {
            reason,
            outcome,
            permanent: untrusted || error.is_builder(),
            too_large: false,
        }
    }

    /// The answer's body went beyond `limit` bytes.
    pub(super) fn too_large(limit: usize) -> Self {
        Self {
            reason: format!("the answer is larger than {} MiB", limit / (1024 * 1024)),
            outcome: Outcome::Lost,
            permanent: true,
            too_large: true,
        }
    }
}

/// The error and its causes in one line; a cause that only repeats its effect is left out.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

/// Whether the TLS library refused the server's certificate.
fn certificate_problem(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        // An `io::Error` hands out its inner error's source, not the inner error.
        let inner = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(_)) =
            inner.or_else(|| cause.downcast_ref::<rustls::Error>())
        {
            return true;
        }
        next = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_problem_is_found_inside_an_io_error() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert!(certificate_problem(&std::io::Error::other(refused)));
        assert!(!certificate_problem(&std::io::Error::other("broken pipe")));
    }

    #[test]
    fn a_chain_does_not_repeat_itself() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer: inner")]
        struct Outer(#[source] Inner);
        #[derive(Debug, thiserror::Error)]
        #[error("inner")]
        struct Inner(#[source] std::io::Error);
        let error = Outer(Inner(std::io::Error::other("root")));
        assert_eq!(chain(&error), "outer: inner: root");
    }
}
