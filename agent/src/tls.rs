//! What TLS needs: who does the cryptography, chosen in this one place, and whom to believe.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use reqwest::Certificate;

/// Why a file has no certificate authorities.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("read certificate authority {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("use certificate authority {path}")]
    Parse { path: PathBuf, source: reqwest::Error },
    #[error("{path} holds no certificate")]
    Empty { path: PathBuf },
}

/// Reads the certificate authorities of a PEM file.
///
/// # Errors
/// [`AuthorityError`], also when there is none in it.
pub fn authorities(path: &Path) -> Result<Vec<Certificate>, AuthorityError> {
    let path = || path.to_owned();
    let pem = fs::read(path()).map_err(|source| AuthorityError::Read { path: path(), source })?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|source| AuthorityError::Parse { path: path(), source })?;
    if found.is_empty() { Err(AuthorityError::Empty { path: path() }) } else { Ok(found) }
}

/// Makes ring the provider of this process. To be called first thing in every `main` and test harness; later calls
/// change nothing.
pub fn install_provider() {
    // Fails only when one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
