//! TLS with a server, with the judgement of its certificate kept for people.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::certificate::Certificate;
use crate::http::tls;

/// TLS that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// For example `TLS 1.3`.
    pub version: String,
    /// The server's certificate, if it could be read.
    pub certificate: Option<Certificate>,
    /// How long the handshake took.
    pub took: Duration,
}

/// TLS that does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// The server's certificate was refused.
    Certificate {
        /// Why.
        problem: CertificateProblem,
        /// The certificate, if it could be read.
        certificate: Option<Certificate>,
    },
    /// What answers does not speak TLS.
    NotTls,
    /// No answer for so long.
    Silent(Duration),
    /// The server or something on the way ended it.
    Broken(String),
    /// The certificates to judge by could not be read.
    NoRoots(String),
}

/// Why a certificate was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Nobody whom this machine trusts has signed it.
    UnknownIssuer,
    /// It does not hold any more.
    Expired,
    /// It does not hold yet.
    NotYetValid,
    /// It is for other names, at most five of which are given.
    OtherName(Vec<String>),
    /// It was revoked.
    Revoked,
    /// In the TLS library's words.
    Other(String),
}

/// Does the handshake, with the certificates that the client trusts.
pub(super) async fn shake(
    stream: TcpStream,
    host: &str,
    limit: Duration,
) -> Result<TlsSession, TlsFailure> {
    tls::install_tls_provider();
    let verifier = tls::verifier().map_err(TlsFailure::NoRoots)?;
    let witness = Arc::new(Witness {
        inner: verifier,
        seen: Mutex::new(None),
    });
    let config = ClientConfig::builder()
        .dangerous()
        // It asks the platform's verifier and only looks over its shoulder.
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| TlsFailure::Broken(error.to_string()))?;
    let start = Instant::now();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let outcome = timeout(limit, connecting)
        .await
        .map_err(|_| TlsFailure::Silent(limit))?;
    match outcome {
        Ok(stream) => {
            let version = stream.get_ref().1.protocol_version();
            Ok(TlsSession {
                version: version.map_or_else(|| "TLS".to_owned(), version_name),
                certificate: witness.certificate(),
                took: start.elapsed(),
            })
        }
        Err(error) => Err(failure(&error, witness.certificate())),
    }
}

fn version_name(version: rustls::ProtocolVersion) -> String {
    match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        other => format!("{other:?}"),
    }
}

fn failure(error: &std::io::Error, certificate: Option<Certificate>) -> TlsFailure {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(problem)) => TlsFailure::Certificate {
            problem: certificate_problem(problem),
            certificate,
        },
        Some(rustls::Error::InvalidMessage(_)) => TlsFailure::NotTls,
        Some(other) => TlsFailure::Broken(other.to_string()),
        None => TlsFailure::Broken(error.to_string()),
    }
}

fn certificate_problem(error: &CertificateError) -> CertificateProblem {
    match error {
        CertificateError::UnknownIssuer => CertificateProblem::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            CertificateProblem::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateProblem::NotYetValid
        }
        CertificateError::NotValidForName => CertificateProblem::OtherName(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().take(5);
            CertificateProblem::OtherName(names.map(|name| plain_name(name)).collect())
        }
        CertificateError::Revoked => CertificateProblem::Revoked,
        other => CertificateProblem::Other(other.to_string()),
    }
}

/// `DnsName("a.example")` and the like as a person writes it.
fn plain_name(presented: &str) -> String {
    let inner = presented.split_once('"').map(|(_, rest)| rest);
    let inner = inner.and_then(|rest| rest.rsplit_once('"'));
    inner.map_or(presented, |(name, _)| name).to_owned()
}

/// Lets the platform's verifier decide and keeps what it decided about.
struct Witness {
    inner: rustls_platform_verifier::Verifier,
    seen: Mutex<Option<Certificate>>,
}

impl Witness {
    fn certificate(&self) -> Option<Certificate> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Certificate::read(end_entity);
        self.inner
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_problems_are_told_apart() {
        use CertificateProblem as P;
        for (error, problem) in [
            (CertificateError::UnknownIssuer, P::UnknownIssuer),
            (CertificateError::Expired, P::Expired),
            (CertificateError::NotValidYet, P::NotYetValid),
            (CertificateError::Revoked, P::Revoked),
            (CertificateError::NotValidForName, P::OtherName(Vec::new())),
        ] {
            assert_eq!(certificate_problem(&error), problem);
        }
    }

    #[test]
    fn presented_names_are_read() {
        assert_eq!(plain_name(r#"DnsName("a.example")"#), "a.example");
        assert_eq!(plain_name("a.example"), "a.example");
    }

    #[test]
    fn errors_are_found_inside_io_errors() {
        let wrap = std::io::Error::other;
        let message = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        assert_eq!(failure(&wrap(message), None), TlsFailure::NotTls);
        let untrusted = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(matches!(
            failure(&wrap(untrusted), None),
            TlsFailure::Certificate {
                problem: CertificateProblem::UnknownIssuer,
                ..
            }
        ));
    }
}
