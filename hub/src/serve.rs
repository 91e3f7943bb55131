//! The hub as a whole: built, started, and stopped in order.
//!
//! ```text
//! stop: listener takes no more → live feeds end → open requests finish (≤ 5 s) → the last store handle goes
//!       → the store thread commits what has queued and ends
//! ```
//!
//! Three kinds of parts run: the listener's task, one task per live feed, the store's thread. The first and the last
//! never end by themselves; where one does, [`Hub::failed`] says so and the process should end.

use std::{
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use listener::{Limits, Listener, Speech};
use tokio::{
    sync::oneshot,
    task::{JoinSet, spawn_blocking},
    time::{sleep, timeout},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    clock,
    config::{FeedConfig, HubConfig},
    feed::FeedKey,
    http::{self, App},
    mqtt,
    store::{Store, StoreError, Writer},
    terms::Folders,
    tls, watch,
};

/// How long open requests may take to finish after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// What peers may take. A site keeps one connection, a browser a few; all of them may come by one proxy. The head has room for
/// the cursor of a viewer of a thousand feeds.
const LIMITS: Limits = Limits {
    connections: 1_024,
    of_one_address: 1_024,
    head: Duration::from_secs(60),
    head_len: 64 * 1024,
    streams: 64,
    grace: GRACE,
};

/// How long a start waits for a hub that is just ending to let go of the store.
const TAKEOVER_MAX: Duration = Duration::from_secs(5);

/// A running hub. Dropping it stops it at once; [`Hub::stop`] lets requests finish.
pub struct Hub {
    addr: SocketAddr,
    is_secure: bool,
    shutdown: DropGuard,
    listener: JoinSet<()>,
    tasks: TaskTracker,
    store: Store,
    feeds: Vec<FeedKey>,
    folders: Arc<Folders>,
    writer: Thread,
}

/// A thread whose end can be awaited.
struct Thread {
    handle: thread::JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

impl Hub {
    /// Opens the store, binds the address and serves.
    ///
    /// # Errors
    /// When the configuration would send tokens in the clear, the store or certificate cannot be used, or the
    /// address cannot be bound.
    pub async fn start(config: HubConfig) -> anyhow::Result<Self> {
        if config.is_plain_beyond_loopback() {
            bail!("listen {}: plain HTTP is served only on a loopback address; add [tls]", config.listen);
        }
        let acceptor = config.tls.as_ref().map(tls::acceptor).transpose()?;
        // In the clear it is on a loopback address: what stands in front speaks as it likes.
        let speech = acceptor.map_or(Speech::Either, |acceptor| Speech::Tls(Arc::new(move || acceptor.clone())));
        let (store, writer) = open(&config).await?;
        let listener = Listener::bind(config.listen, speech, LIMITS)
            .await
            .with_context(|| format!("listen on {}", config.listen))?;
        let addr = listener.local_addr().context("ask for the bound address")?;
        let shutdown = CancellationToken::new();
        let tasks = TaskTracker::new();
        let writer = Thread::start(writer)?;
        if let Some(broker) = &config.mqtt {
            let door = mqtt::Door::new(broker, &config, store.clone())?;
            tasks.spawn(door.run(shutdown.clone()));
        }
        let feeds = config.feeds.clone();
        let folders = spawn_blocking(move || Arc::new(Folders::read(&feeds))).await.context("read planning folders")?;
        let parts = (store.clone(), Arc::clone(&folders));
        let router = http::router(App::new(&config, parts, tasks.clone(), shutdown.clone()));
        tasks.spawn(watch::run(store.clone(), shutdown.clone()));
        let mut listening = JoinSet::new();
        listening.spawn(listener.run(router, shutdown.clone()));
        tracing::info!(%addr, feeds = config.feeds.len(), viewers = config.viewers.len(), "hub is listening");
        Ok(Self {
            addr,
            is_secure: config.tls.is_some(),
            shutdown: shutdown.drop_guard(),
            listener: listening,
            tasks,
            store,
            feeds: config.feeds.iter().map(FeedConfig::key).collect(),
            folders,
            writer,
        })
    }

    /// The address that is listened on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the page is: `http://127.0.0.1:8470/`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}/", self.addr)
    }

    /// Takes on the items of the feeds as a configuration has them now and applies what was parked for want of them; says
    /// how many movements. Reads the planning folders anew. Nothing else of the configuration is taken on.
    ///
    /// # Errors
    /// When the feeds are not those that were started with, or the store has stopped.
    pub async fn reload(&self, config: &HubConfig) -> anyhow::Result<u64> {
        if !config.feeds.iter().map(FeedConfig::key).eq(self.feeds.iter().cloned()) {
            bail!("the list of feeds has changed; restart the hub to take it on");
        }
        let (folders, feeds) = (Arc::clone(&self.folders), config.feeds.clone());
        spawn_blocking(move || folders.read_anew(&feeds)).await.context("read planning folders")?;
        Ok(self.store.carry(&config.feeds).await?)
    }

    /// Waits until a part that never ends has ended. Cancel-safe.
    pub async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            Some(ended) = self.listener.join_next() => match ended {
                Ok(()) => anyhow!("listener ended before shutdown"),
                Err(error) => anyhow::Error::new(error).context("listener"),
            },
            // The thread never sends: it is done when its end of the channel is gone, also by a panic.
            _ = &mut self.writer.ended => anyhow!("store thread ended before shutdown"),
        }
    }

    /// Stops: ends live feeds, lets open requests finish for at most 5 s, commits what has queued.
    ///
    /// # Errors
    /// When a part did not end in time or panicked.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.shutdown);
        while let Some(ended) = self.listener.join_next().await {
            ended.context("listener")?;
        }
        self.tasks.close();
        timeout(GRACE, self.tasks.wait()).await.context("end live feeds")?;
        drop(self.store);
        // Its last handle is gone now. What it still has is at most one queue of batches.
        let _ended = timeout(GRACE, self.writer.ended).await.context("end the store thread")?;
        self.writer.handle.join().map_err(|_| anyhow!("store thread panicked"))?;
        tracing::info!("hub has stopped");
        Ok(())
    }
}

impl Thread {
    fn start(writer: Writer) -> anyhow::Result<Self> {
        let (ending, ended) = oneshot::channel::<()>();
        let handle = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                let _ending = ending;
                writer.run();
            })
            .context("start the store thread")?;
        Ok(Self { handle, ended })
    }
}

async fn open(config: &HubConfig) -> anyhow::Result<(Store, Writer)> {
    let began = Instant::now();
    loop {
        let (folder, feeds) = (config.state_dir.clone(), config.feeds.clone());
        match spawn_blocking(move || Store::open(&folder, &feeds, clock::now())).await.context("open the store")? {
            Err(StoreError::InUse(_)) if began.elapsed() < TAKEOVER_MAX => sleep(Duration::from_millis(50)).await,
            opened => return Ok(opened?),
        }
    }
}
