//! TLS of the hub: which cryptography, and the certificate it shows.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsConfig;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("read certificate {path}")]
    Certificate { path: PathBuf, source: pem::Error },
    #[error("certificate {0} has no certificate in it")]
    NoCertificate(PathBuf),
    #[error("read key {path}")]
    Key { path: PathBuf, source: pem::Error },
    #[error("use certificate {certificate} with key {key}")]
    Mismatch { certificate: PathBuf, key: PathBuf, source: rustls::Error },
}

/// Makes ring the cryptography of the process. First thing in `main` and in every test that speaks TLS; calling it
/// again changes nothing.
pub fn install_provider() {
    // An error only says that there is one already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
}

/// Reads certificate and key.
///
/// # Errors
/// [`TlsError`] naming the file that cannot be used.
pub(crate) fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, TlsError> {
    let fault = |source| TlsError::Certificate { path: config.certificate.clone(), source };
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(&config.certificate).map_err(fault)?.collect::<Result<_, _>>().map_err(fault)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(config.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&config.key)
        .map_err(|source| TlsError::Key { path: config.key.clone(), source })?;
    install_provider();
    let mut server = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).map_err(|source| {
        TlsError::Mismatch { certificate: config.certificate.clone(), key: config.key.clone(), source }
    })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}
