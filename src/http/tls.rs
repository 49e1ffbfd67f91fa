//! The TLS provider and the two underlying clients.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Timeouts;

/// Installs ring as the process's TLS provider. Call it once at the start of `main` and of every test that
/// makes a [`super::Client`]; further calls do nothing.
pub fn install_tls_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails only if another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// For plain http, which is loopback only: never through a proxy, which would carry the credentials off
/// the machine in the clear. It needs no certificates, so it works where none are installed.
pub(super) fn loopback_client(timeouts: &Timeouts) -> Result<reqwest::Client, String> {
    common(timeouts)
        .no_proxy()
        .tls_certs_only([])
        .build()
        .map_err(|error| super::failure::chain(&error))
}

/// For https: proxies from the environment, the platform's certificates, and those of `SSL_CERT_FILE`.
pub(super) fn https_client(timeouts: &Timeouts) -> Result<reqwest::Client, String> {
    let mut builder = common(timeouts).https_only(true);
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        builder = builder.tls_certs_merge(certificates(Path::new(&path))?);
    }
    builder
        .build()
        .map_err(|error| super::failure::chain(&error))
}

/// Judges certificates as [`https_client`] does; `Err` says why there is nothing to judge by.
pub(super) fn verifier() -> Result<rustls_platform_verifier::Verifier, String> {
    let provider = rustls::crypto::CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| std::sync::Arc::new(rustls::crypto::ring::default_provider()));
    let mut extra = Vec::new();
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        // Read by the client's own reader first, so that both refuse the same files in the same words.
        certificates(Path::new(&path))?;
        let read = CertificateDer::pem_file_iter(&path).map_err(|error| error.to_string())?;
        extra.extend(read.flatten());
    }
    rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider)
        .map_err(|error| error.to_string())
}

fn common(timeouts: &Timeouts) -> reqwest::ClientBuilder {
    install_tls_provider();
    reqwest::Client::builder()
        .user_agent(concat!("accord/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Repeating is decided in one place, and a write is sent once.
        .retry(reqwest::retry::never())
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .timeout(timeouts.total)
        // Shorter than the idle time of common servers, so that few writes meet a connection that the
        // server is just closing.
        .pool_idle_timeout(std::time::Duration::from_secs(45))
        .tcp_keepalive(std::time::Duration::from_secs(30))
}

fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, String> {
    let place = path.display();
    let pem = std::fs::read(path)
        .map_err(|error| format!("SSL_CERT_FILE {place} could not be read: {error}"))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(format!(
            "SSL_CERT_FILE {place} holds no certificate in PEM form"
        )),
        Err(error) => Err(format!(
            "SSL_CERT_FILE {place} is not PEM: {}",
            super::failure::chain(&error)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_certificate_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.pem");
        assert!(certificates(&missing).unwrap_err().contains("missing.pem"));
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificates here").unwrap();
        assert!(certificates(&empty).unwrap_err().contains("empty.pem"));
    }

    #[test]
    fn both_clients_can_be_built_twice() {
        for _ in 0..2 {
            loopback_client(&Timeouts::default()).unwrap();
        }
    }
}
