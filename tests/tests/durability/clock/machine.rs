//! A machine whose wall clock can be set, and what it takes to serve it over TLS.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;
use tests::skip::skip;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// Seconds of a day and of a year.
pub(crate) const DAY: i64 = 86_400;
pub(crate) const YEAR: i64 = 365 * DAY;

/// Where distributions put libfaketime.
const LIBRARIES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib64/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
];

/// A machine, as far as its clock goes.
pub(crate) struct Machine {
    folder: TempDir,
    library: &'static str,
}

impl Machine {
    /// A machine whose clock is right and that nobody has synchronized; or `None` after saying that `test` is skipped.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let Some(library) = LIBRARIES.into_iter().find(|path| Path::new(path).exists()) else {
            skip(test, "libfaketime is not installed");
            return None;
        };
        let machine = Self { folder: tempfile::tempdir().unwrap(), library };
        machine.set(0);
        Some(machine)
    }

    /// Sets its clock: so many seconds beside what is right.
    pub(crate) fn set(&self, seconds: i64) {
        let (new, path) = (self.folder.path().join("new"), self.folder.path().join("time"));
        fs::write(&new, format!("{seconds:+}")).unwrap();
        // In one step: a file that is half written would be a time, too.
        fs::rename(new, path).unwrap();
    }

    /// Sets its clock to so many seconds since 1970.
    pub(crate) fn set_to(&self, seconds: i64) {
        self.set(seconds - now());
    }

    /// What synchronizes it says that it has done so.
    pub(crate) fn synchronized(&self) {
        // Created anew, so that its time is another.
        let file = File::create(self.synchronized_file()).unwrap();
        file.set_modified(SystemTime::now()).unwrap();
    }

    pub(crate) fn synchronized_file(&self) -> PathBuf {
        self.folder.path().join("synchronized")
    }

    /// What the agent's process has to be started with.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", self.library.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.folder.path().join("time").display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            // Nobody can set these: a clock that is set leaves them alone.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    /// A certificate for 127.0.0.1 that is valid for so many days from a time on, in seconds since 1970.
    pub(crate) fn certificate(&self, name: &str, from: i64, days: i64) -> Certificate {
        let path = |extension: &str| self.folder.path().join(format!("{name}.{extension}"));
        let certificate = Certificate { pem: path("pem"), key: path("key") };
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days"])
            .arg(days.to_string())
            .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
            .arg(&certificate.pem)
            .arg("-keyout")
            .arg(&certificate.key)
            .env("LD_PRELOAD", self.library)
            .env("FAKETIME", format!("{:+}", from - now()))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        certificate
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A certificate and its key.
pub(crate) struct Certificate {
    pub(crate) pem: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn acceptor(&self) -> TlsAcceptor {
        let chain = vec![CertificateDer::from_pem_file(&self.pem).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&self.key).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let server = server.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        TlsAcceptor::from(Arc::new(server.with_single_cert(chain, key).unwrap()))
    }
}

/// What stands before a hub and speaks TLS for it.
pub(crate) struct Front {
    addr: SocketAddr,
    shows: Arc<Mutex<TlsAcceptor>>,
    cuts: watch::Sender<u64>,
}

impl Front {
    pub(crate) async fn before(hub: SocketAddr, certificate: &Certificate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (cuts, cut) = watch::channel(0);
        let front =
            Self { addr: listener.local_addr().unwrap(), shows: Arc::new(Mutex::new(certificate.acceptor())), cuts };
        let shows = front.shows.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, mut cut) = (shows.lock().unwrap().clone(), cut.clone());
                tokio::spawn(async move {
                    cut.mark_unchanged();
                    tokio::select! {
                        _ = carry(stream, acceptor, hub) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        front
    }

    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Shows another certificate from now on.
    pub(crate) fn show(&self, certificate: &Certificate) {
        *self.shows.lock().unwrap() = certificate.acceptor();
    }

    /// Ends every connection there is.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn carry(stream: TcpStream, acceptor: TlsAcceptor, hub: SocketAddr) -> std::io::Result<()> {
    let mut outside = acceptor.accept(stream).await?;
    let mut inside = TcpStream::connect(hub).await?;
    copy_bidirectional(&mut outside, &mut inside).await.map(drop)
}
