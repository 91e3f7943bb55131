//! The page at the bin: what a technician with gloves and a phone reads and does, and what the parts manager looks after.
//! Served by the gateway itself, so that it works with the WAN down.
//!
//! Reads what the floor, the recorder and the boards show, and sends commands; touches no device and no SQL. Every page
//! is whole when it leaves the server and reads without script; the script then keeps it current. Every sentence that
//! people read stands in [`text`], every look in the package `look`. Nothing is inline, nothing from another origin.
//!
//! - [`tls`] the certificate · [`guard`] what is answered at all
//! - [`door`] who somebody is, and what they may
//! - [`text`] all words · [`asset`] style, script, icons · [`visit`] one request: who looks, in which language; the shell
//!   around each page · [`live`] what changes, sent to every open page
//! - [`home`] and the pages themselves: each has `routes()`, merged in [`router`], and its panes in [`live::PANES`]
//!
//! How a page is added: a file with `routes() -> Router<Arc<Page>>`; handlers take [`visit::Visit`] (anybody who may look) or
//! [`visit::Acting`] (somebody signed in, for what changes something) and end in [`visit::Visit::page`]; what changes by
//! itself is a pane. Forms are plain forms that answer 303; each carries [`visit::Visit::act_id`], so that sending one twice
//! is one act.

pub(crate) mod asset;
pub(crate) mod door;
pub(crate) mod guard;
pub(crate) mod live;
pub mod text;
pub(crate) mod tls;
pub(crate) mod visit;

mod bins;
mod home;
mod manage;
mod names;
mod once;
mod problems;
mod settings;
mod station;
mod work;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware, routing::get};
use gateway_proto::name::{DeviceName, SiteName};
use listener::{Limits, Listener, Speech};
use look::Format;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

pub(crate) use self::door::local_routes;
pub use self::door::{Door, Lock};
use self::{guard::Guard, live::Live, tls::PageCertificate};
use crate::{
    clock::Clock,
    config::{PageConfig, PageTls},
    status::{PageStatus, Status, Watcher},
    task::{api::ledger::LedgerDesk, floor::FloorWay, sights::Sights},
};

/// Bytes of a form. A page that takes files (an import) raises it for its own route.
const BODY_LEN_MAX: usize = 64 * 1024;

/// What peers may take. A page keeps one connection over TLS, and up to six without; behind one router are several
/// browsers. Cookies and addresses of ours are short. The agent has ten seconds to stop in.
const LIMITS: Limits = Limits {
    connections: 128,
    of_one_address: 64,
    head: Duration::from_secs(30),
    head_len: 16 * 1024,
    streams: 32,
    grace: Duration::from_secs(3),
};

/// Pages open at once that follow what changes. Each is a task and a socket, some 40 kB.
const VIEWERS_MAX: usize = 48;

/// How long the first page waits for the floor's first look: it looks four times a second.
const FIRST_SIGHT: Duration = Duration::from_secs(2);

/// How soon snapshots begin again after a panic.
const SNAPSHOTS_AGAIN: Duration = Duration::from_secs(1);

/// How old the status that pages show may be: it asks the disk.
const STATUS_AGE_MAX: Duration = Duration::from_millis(500);

/// What all requests share.
#[derive(Debug)]
pub struct Page {
    pub(crate) site: SiteName,
    pub(crate) config: PageConfig,
    pub(crate) clock: Clock,
    /// Scans, commands and questions.
    pub(crate) floor: FloorWay,
    /// What is set aside, the audit, checkpoints.
    pub(crate) desk: LedgerDesk,
    pub(crate) watcher: Arc<Watcher>,
    /// The stations of the site's file, in its order.
    pub(crate) stations: Vec<DeviceName>,
    /// Scanners, each with the station that it scans for.
    pub(crate) scanners: Vec<(DeviceName, DeviceName)>,
    /// How bins and stations look.
    sights: watch::Receiver<Sights>,
    /// Counts and calibrations that were sent twice.
    pub(crate) once: once::Once,
    pub(crate) door: Arc<Door>,
    pub(crate) live: Live,
    pub(crate) format: Format,
    /// Files of master data that were looked at and not taken in yet.
    pub(crate) drafts: Mutex<manage::Drafts>,
    certificate: Option<Arc<PageCertificate>>,
    status: Mutex<Option<(Duration, Arc<Status>)>>,
    viewers: Arc<Semaphore>,
    stop: CancellationToken,
}

/// What the page is made of.
#[derive(Debug)]
pub struct Parts {
    pub config: PageConfig,
    pub floor: FloorWay,
    pub desk: LedgerDesk,
    pub watcher: Arc<Watcher>,
    pub stations: Vec<DeviceName>,
    /// Scanners, each with the station that it scans for.
    pub scanners: Vec<(DeviceName, DeviceName)>,
    pub door: Arc<Door>,
}

/// The page on its socket, not running yet.
#[derive(Debug)]
pub struct Served {
    page: Arc<Page>,
    listener: Listener,
}

impl Served {
    /// Binds the socket and makes or reads the certificate.
    ///
    /// # Errors
    /// The system's, or what is wrong with the certificate.
    pub async fn bind(parts: Parts, stop: CancellationToken) -> anyhow::Result<Self> {
        let Parts { config, floor, desk, watcher, stations, scanners, door } = parts;
        let certificate = tls::PageCertificate::of(&config, &watcher.state_dir, &watcher.clock)
            .context("prepare the page's certificate")?
            .map(Arc::new);
        let speech = certificate
            .clone()
            .map_or(Speech::Http1, |certificate| Speech::Tls(Arc::new(move || certificate.acceptor())));
        let listener = Listener::bind(config.listen, speech, LIMITS)
            .await
            .with_context(|| format!("listen on {} for the page", config.listen))?;
        let sights = floor.sights();
        let page = Page {
            site: watcher.site.clone(),
            format: Format::new(config.language, config.time_zone.clone()),
            clock: watcher.clock.clone(),
            config,
            floor,
            desk,
            watcher,
            stations,
            scanners,
            sights,
            once: once::Once::default(),
            door,
            live: Live::new(),
            drafts: Mutex::default(),
            certificate,
            status: Mutex::default(),
            viewers: Arc::new(Semaphore::new(VIEWERS_MAX)),
            stop,
        };
        Ok(Self { page: Arc::new(page), listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What `status` says of it.
    ///
    /// # Errors
    /// The system's.
    pub fn status(&self) -> std::io::Result<PageStatus> {
        let scheme = if self.page.config.tls == PageTls::Plain { "http" } else { "https" };
        let fingerprint = self.page.certificate.as_ref().and_then(|certificate| certificate.fingerprint());
        Ok(PageStatus { address: format!("{scheme}://{}", self.address()?), fingerprint })
    }

    /// Serves until stopped. Open pages end with it: their streams are closed first.
    pub async fn run(self) {
        let Self { page, listener } = self;
        let router = router(page.clone());
        let stop = page.stop.clone();
        tokio::join!(listener.run(router, stop), snapshots(page));
    }
}

/// Keeps what is shown current. A fault in a page's markup costs the pages a second, and the gateway nothing.
async fn snapshots(page: Arc<Page>) {
    while let Err(error) = tokio::spawn(live::run(page.clone())).await {
        tracing::error!(%error, "page's snapshots panicked");
        tokio::time::sleep(SNAPSHOTS_AGAIN).await;
    }
}

impl Page {
    /// How bins and stations look now. The first time it waits until the floor has looked.
    pub(crate) async fn sights(&self) -> Sights {
        let mut reader = self.sights.clone();
        match timeout(FIRST_SIGHT, reader.wait_for(|sights| sights.version > 0)).await {
            Ok(Ok(sights)) => sights.clone(),
            // A floor that is stopping, or held up: what is there is shown.
            Ok(Err(_)) | Err(_) => self.sights.borrow().clone(),
        }
    }

    /// How the agent is, at most [`STATUS_AGE_MAX`] old.
    pub(crate) fn status(&self) -> Arc<Status> {
        let now = self.clock.elapsed();
        let mut kept = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((at, status)) if now.saturating_sub(*at) < STATUS_AGE_MAX => status.clone(),
            _ => {
                if let Some(certificate) = &self.certificate {
                    // It may have been exchanged since.
                    let until = certificate.ends();
                    self.watcher.page.send_modify(|facts| facts.certificate_until = until);
                }
                let status = Arc::new(self.watcher.status());
                *kept = Some((now, status.clone()));
                status
            }
        }
    }
}

/// Every path of the page, behind the guard: nothing is dispatched that was not asked for by a name of ours.
pub(crate) fn router(page: Arc<Page>) -> Router {
    let guard = Arc::new(Guard::new(&page.config));
    Router::new()
        .merge(home::routes())
        .merge(station::routes())
        .merge(bins::routes())
        .merge(work::routes())
        .merge(problems::routes())
        .merge(manage::routes())
        .merge(door::routes())
        .merge(settings::routes())
        .route("/live", get(live::follow))
        .merge(asset::routes())
        .fallback(visit::not_there)
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .layer(CompressionLayer::new().gzip(true))
        .with_state(page)
        .layer(middleware::from_fn_with_state(guard, guard::watch))
}
