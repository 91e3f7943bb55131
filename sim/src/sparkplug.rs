//! A Sparkplug B edge node with its devices, over a real broker: specification 3.0.
//!
//! Owns the life of a node: its will, births, data and deaths, the sequence numbers, and what it does when it is told
//! to be born again. Numbers can be skipped on purpose. Must not know who listens.
//!
//! ```text
//!  connect: will NDEATH(bdSeq)      NCMD Rebirth
//!  ──────────► NBIRTH, DBIRTH… ◄──────────────────┐
//!                    │                            │
//!                    ▼   primary host offline     │
//!               NDATA, DDATA ───────────────► stored ──► host online: births, then the stored as historical
//!                    │ connection lost: the broker says NDEATH; the next bdSeq connects
//! ```
//! With a primary host it stays connected while the host is away, and holds its data back; the specification would have
//! it disconnect too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

mod core;
mod payload;

use self::core::Core;
pub use payload::{Told, Value, read};

/// Longer than any broker under test stays away.
const BORN_TIMEOUT: Duration = Duration::from_secs(30);

/// What a node consists of, before it connects.
#[derive(Debug, Clone)]
pub struct EdgePlan {
    group: String,
    node: String,
    metrics: Vec<Known>,
    devices: Vec<Device>,
    primary_host: Option<String>,
}

#[derive(Debug, Clone)]
struct Device {
    name: String,
    metrics: Vec<Known>,
}

/// A metric with the value it was last published with.
#[derive(Debug, Clone)]
struct Known {
    name: String,
    alias: u64,
    value: Value,
    unit: Option<String>,
}

impl EdgePlan {
    #[must_use]
    pub fn new(group: &str, node: &str) -> Self {
        let (group, node) = (group.to_owned(), node.to_owned());
        Self { group, node, metrics: Vec::new(), devices: Vec::new(), primary_host: None }
    }

    /// A metric of the node itself, or of the device that was added last, with its first value. Aliases count from 1.
    #[must_use]
    pub fn metric(self, name: &str, value: Value) -> Self {
        self.add(name, value, None)
    }

    /// The same with the property `engUnit`.
    #[must_use]
    pub fn metric_in(self, name: &str, value: Value, unit: &str) -> Self {
        self.add(name, value, Some(unit.to_owned()))
    }

    /// A device; the metrics that follow are its.
    #[must_use]
    pub fn device(mut self, name: &str) -> Self {
        self.devices.push(Device { name: name.to_owned(), metrics: Vec::new() });
        self
    }

    /// Data is published only while this host says that it is online, and kept for it until then.
    #[must_use]
    pub fn primary_host(self, host: &str) -> Self {
        Self { primary_host: Some(host.to_owned()), ..self }
    }

    /// Connects to the broker on `port` of this host, and returns when the births are sent; with a primary host, when
    /// it is connected.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(self, port: u16) -> anyhow::Result<EdgeNode> {
        let core = Arc::new(Mutex::new(Core::new(self, port)));
        let mut node = EdgeNode { core, sent: watch::Sender::new(Progress::default()), connection: None };
        node.reconnect().await?;
        Ok(node)
    }

    fn add(mut self, name: &str, value: Value, unit: Option<String>) -> Self {
        let count = self.metrics.len() + self.devices.iter().map(|device| device.metrics.len()).sum::<usize>();
        let known = Known { name: name.to_owned(), alias: count as u64 + 1, value, unit };
        match self.devices.last_mut() {
            Some(device) => device.metrics.push(known),
            None => self.metrics.push(known),
        }
        self
    }
}

/// Whether a publication has left the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Sent,
    /// Kept until the primary host, or the broker, is back.
    Stored,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    connections: u64,
    publications: u64,
}

/// A node at work. Dropping it cuts the connection, and the broker says its death.
#[derive(Debug)]
pub struct EdgeNode {
    core: Arc<Mutex<Core>>,
    sent: watch::Sender<Progress>,
    connection: Option<JoinHandle<()>>,
}

impl EdgeNode {
    /// Publishes values of the node itself, by alias, and returns when they are sent or stored.
    ///
    /// # Errors
    /// When there is no such metric, or nothing can be sent.
    pub async fn publish(&self, values: &[(&str, Value)]) -> anyhow::Result<Delivery> {
        let ticket = self.core().publish(None, values)?;
        self.wait(ticket).await
    }

    /// Publishes values of a device, by alias, and returns when they are sent or stored.
    ///
    /// # Errors
    /// When there is no such device or metric, or nothing can be sent.
    pub async fn publish_device(&self, device: &str, values: &[(&str, Value)]) -> anyhow::Result<Delivery> {
        let ticket = self.core().publish(Some(device), values)?;
        self.wait(ticket).await
    }

    /// Says that a device has died.
    ///
    /// # Errors
    /// When nothing can be sent.
    pub async fn bury_device(&self, device: &str) -> anyhow::Result<Delivery> {
        let ticket = self.core().bury_device(device)?;
        self.wait(ticket).await
    }

    /// Says all births again, unasked.
    ///
    /// # Errors
    /// When nothing can be sent.
    pub async fn rebirth(&self) -> anyhow::Result<Delivery> {
        let ticket = self.core().be_born()?;
        self.wait(ticket).await
    }

    /// Leaves out so many sequence numbers before the next message, as if messages had been lost.
    pub fn skip_seq(&self, count: u8) {
        self.core().skip_seq(count);
    }

    /// Whether it does what it is told; a deaf node answers no request to be born again.
    pub fn deaf(&self, is_deaf: bool) {
        self.core().set_deaf(is_deaf);
    }

    /// Requests to be born again that came so far, heeded or not.
    #[must_use]
    pub fn rebirth_requests(&self) -> u64 {
        self.core().rebirth_requests()
    }

    /// Every command that came so far: the device, where it was for one, and what it told.
    #[must_use]
    pub fn commands(&self) -> Vec<(Option<String>, Told)> {
        self.core().commands()
    }

    /// Cuts the connection without a goodbye, as a power cut does; the broker says its death.
    pub async fn cut(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.abort();
            // The socket belongs to the task; it is closed once the task has ended.
            let _ = connection.await;
        }
        let lost = self.core().is_cut();
        self.sent.send_modify(|progress| progress.publications = lost);
    }

    /// Connects anew with the next `bdSeq`, cutting the old connection if there is one.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn reconnect(&mut self) -> anyhow::Result<()> {
        self.cut().await;
        let mut progress = self.sent.subscribe();
        let before = progress.borrow().connections;
        let (core, sent) = (Arc::clone(&self.core), self.sent.clone());
        self.connection = Some(tokio::spawn(core::run(core, sent)));
        let is_up = progress.wait_for(|progress| progress.connections > before);
        timeout(BORN_TIMEOUT, is_up).await.context("wait for broker")?.context("connect to broker")?;
        let ticket = self.core().last_ticket();
        self.wait(ticket).await?;
        Ok(())
    }

    async fn wait(&self, ticket: Option<u64>) -> anyhow::Result<Delivery> {
        let Some(ticket) = ticket else { return Ok(Delivery::Stored) };
        let mut progress = self.sent.subscribe();
        let is_sent = progress.wait_for(|progress| progress.publications >= ticket);
        timeout(BORN_TIMEOUT, is_sent).await.context("publish: the broker takes nothing")?.context("publish")?;
        Ok(Delivery::Sent)
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        lock(&self.core)
    }
}

impl Drop for EdgeNode {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.abort();
        }
    }
}

/// A panic in a test thread must not turn into a second one in the node.
fn lock(core: &Mutex<Core>) -> MutexGuard<'_, Core> {
    core.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
