//! The certificate of the page: the gateway's own, or one from files.
//!
//! **Own**: the gateway makes an authority of its own once, and a certificate under it that it renews before it ends. A
//! phone or a panel is told once to trust the authority; its fingerprint is shown by `status`. The authority may speak for the
//! names and addresses of this page alone (X.509 name constraints), so that whoever steals its key can play this page and
//! nothing else. Other names in the site's file mean another authority. Everything stands in `page/` of the state folder, mode
//! 0600. **Files**: read again when they change, so that a renewal needs no restart; what cannot be used is logged and the one
//! before goes on.

mod own;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use gateway_proto::time::WallTime;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;
use tracing::{error, info};

use self::own::Own;
use crate::{
    cause,
    clock::Clock,
    config::{HostName, PageConfig, PageTls},
};

/// How often a certificate is looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageTlsError {
    #[error("read {path}")]
    Read { path: PathBuf, source: pem::Error },
    #[error("{0} holds no certificate")]
    Empty(PathBuf),
    #[error("use certificate {certificate} with its key")]
    Mismatch { certificate: PathBuf, source: rustls::Error },
    #[error("make a certificate")]
    Make(#[from] rcgen::Error),
    #[error("keep {path}")]
    Keep { path: PathBuf, source: std::io::Error },
}

/// The certificate, kept current.
#[derive(Debug)]
pub(crate) struct PageCertificate {
    from: From,
    clock: Clock,
    current: Mutex<Current>,
}

#[derive(Debug)]
enum From {
    Own { folder: PathBuf, names: Vec<String> },
    Files { certificate: PathBuf, key: PathBuf },
}

struct Current {
    acceptor: TlsAcceptor,
    /// DER of the own authority.
    authority: Option<Vec<u8>>,
    looked: Duration,
    changed: Option<SystemTime>,
    /// When it is to be renewed, milliseconds of Unix time.
    renew_ms: Option<i64>,
    /// When it ends.
    ends: Option<WallTime>,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current")
            .field("looked", &self.looked)
            .field("renew_ms", &self.renew_ms)
            .finish_non_exhaustive()
    }
}

impl PageCertificate {
    /// What the configuration asks for; `None`: no TLS.
    ///
    /// # Errors
    /// [`PageTlsError`]
    pub(super) fn of(config: &PageConfig, state_dir: &Path, clock: &Clock) -> Result<Option<Self>, PageTlsError> {
        let from = match &config.tls {
            PageTls::Plain => return Ok(None),
            PageTls::Own => From::Own { folder: state_dir.join("page"), names: names(config) },
            PageTls::Files { certificate, key } => From::Files { certificate: certificate.clone(), key: key.clone() },
        };
        let current = from.load(clock)?;
        Ok(Some(Self { from, clock: clock.clone(), current: Mutex::new(current) }))
    }

    /// What the next connection is spoken with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let now = self.clock.elapsed();
        let mut current = self.lock();
        if now.saturating_sub(current.looked) >= LOOK_EVERY {
            current.looked = now;
            let is_due = current.renew_ms.is_some_and(|renew| self.clock.certificate_time().millis() >= renew);
            if is_due || self.from.changed() != current.changed {
                match self.from.load(&self.clock) {
                    Ok(new) => {
                        info!("the page has a new certificate");
                        *current = new;
                    }
                    Err(error) => {
                        error!(error = %cause::chain(&error), "the page's new certificate cannot be used; the one before goes on");
                        current.changed = self.from.changed();
                    }
                }
            }
        }
        current.acceptor.clone()
    }

    /// When it ends; `None` where it cannot be read.
    pub(super) fn ends(&self) -> Option<WallTime> {
        self.lock().ends
    }

    /// DER of the own authority.
    pub(super) fn authority(&self) -> Option<Vec<u8>> {
        self.lock().authority.clone()
    }

    /// SHA-256 of it, as phones show it: `AB:CD:…`.
    pub(super) fn fingerprint(&self) -> Option<String> {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(self.authority()?);
        let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        Some(pairs.join(":"))
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From {
    fn load(&self, clock: &Clock) -> Result<Current, PageTlsError> {
        let looked = clock.elapsed();
        match self {
            Self::Own { folder, names } => {
                let own = Own::open(folder, names, clock.certificate_time().millis())?;
                let ends = own.chain.first().and_then(|leaf| crate::tls::ends(leaf));
                let acceptor = acceptor(own.chain, own.key, folder)?;
                Ok(Current {
                    acceptor,
                    authority: Some(own.authority),
                    looked,
                    changed: self.changed(),
                    renew_ms: Some(own.renew_ms),
                    ends,
                })
            }
            Self::Files { certificate, key } => {
                let read = |path: &PathBuf| {
                    let path = path.clone();
                    move |source| PageTlsError::Read { path, source }
                };
                let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
                    .map_err(read(certificate))?
                    .collect::<Result<_, _>>()
                    .map_err(read(certificate))?;
                if chain.is_empty() {
                    return Err(PageTlsError::Empty(certificate.clone()));
                }
                let key = PrivateKeyDer::from_pem_file(key).map_err(read(key))?;
                let ends = chain.first().and_then(|leaf| crate::tls::ends(leaf));
                let acceptor = acceptor(chain, key, certificate)?;
                Ok(Current { acceptor, authority: None, looked, changed: self.changed(), renew_ms: None, ends })
            }
        }
    }

    /// When its files were last written.
    fn changed(&self) -> Option<SystemTime> {
        match self {
            Self::Own { .. } => None,
            Self::Files { certificate, key } => {
                let written = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
                written(certificate).max(written(key))
            }
        }
    }
}

fn acceptor(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    named: &Path,
) -> Result<TlsAcceptor, PageTlsError> {
    crate::tls::install_provider();
    let mut server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|source| PageTlsError::Mismatch { certificate: named.to_owned(), source })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

/// What the own certificate is for: the names of the file, and the address it listens on where that is one.
fn names(config: &PageConfig) -> Vec<String> {
    let mut names: Vec<String> = config.hosts.iter().map(|host| host.host.clone()).collect();
    if !config.listen.ip().is_unspecified() {
        names.push(HostName::from(config.listen).host);
    }
    if config.listen.ip().is_loopback() {
        names.push("localhost".to_owned());
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
