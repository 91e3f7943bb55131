//! What TLS needs: who does the cryptography, chosen in this one place, whom to believe, and what time it is.
//!
//! Certificates are judged by [`Clock::certificate_time`]: a gateway that boots in 1970 could not reach any hub otherwise,
//! nor the time server behind the same wall.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gateway_proto::time::WallTime;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, UnixTime,
        pem::{self, PemObject as _},
    },
    time_provider::TimeProvider,
};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::clock::Clock;

/// Why a file has no certificate authorities.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("read certificate authority {path}")]
    Read { path: PathBuf, source: pem::Error },
    #[error("use certificate authority {path}")]
    Use { path: PathBuf, source: rustls::Error },
    #[error("{path} holds no certificate")]
    Empty { path: PathBuf },
}

/// Why there is no TLS to be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error("prepare TLS")]
    Prepare(#[from] rustls::Error),
}

/// What time it is, for certificates.
#[derive(Debug)]
struct CertificateTime(Clock);

impl TimeProvider for CertificateTime {
    fn current_time(&self) -> Option<UnixTime> {
        let millis = u64::try_from(self.0.certificate_time().millis()).unwrap_or_default();
        Some(UnixTime::since_unix_epoch(Duration::from_millis(millis)))
    }
}

/// Reads the certificate authorities of a PEM file.
///
/// # Errors
/// [`AuthorityError`], also when there is none in it.
pub fn authorities(path: &Path) -> Result<RootCertStore, AuthorityError> {
    let read = |source| AuthorityError::Read { path: path.to_owned(), source };
    let mut found = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(read)? {
        let added = found.add(certificate.map_err(read)?);
        added.map_err(|source| AuthorityError::Use { path: path.to_owned(), source })?;
    }
    if found.is_empty() { Err(AuthorityError::Empty { path: path.to_owned() }) } else { Ok(found) }
}

/// What a client needs that believes the authorities of `ca`, or the system's where there is none, by this clock.
///
/// # Errors
/// [`TlsError`], all of them faults of the configuration or of a system without authorities.
pub fn client(ca: Option<&Path>, clock: &Clock) -> Result<ClientConfig, TlsError> {
    let time = Arc::new(CertificateTime(clock.clone()));
    let builder = ClientConfig::builder_with_details(provider(), time).with_safe_default_protocol_versions()?;
    let builder = match ca {
        Some(path) => builder.with_root_certificates(authorities(path)?),
        None => builder.with_platform_verifier()?,
    };
    let mut client = builder.with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(client)
}

/// When a certificate ends, from its DER; `None` where it cannot be read.
#[must_use]
pub fn ends(certificate: &[u8]) -> Option<WallTime> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(WallTime::from_millis(read.validity().not_after.timestamp().saturating_mul(1_000)))
}

/// Makes ring the provider of this process. To be called first thing in every `main` and test harness; later calls
/// change nothing.
pub fn install_provider() {
    // Fails only when one is installed already.
    let _ = ring::default_provider().install_default();
}

fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()))
}
