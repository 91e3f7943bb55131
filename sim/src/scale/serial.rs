//! How a scale's bytes travel: the task behind a plug.
//!
//! Owns the line and its pace. Dropping a plug aborts its task, and with the task the line goes.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::tongue::{Model, Tongue};
use super::{Body, lock, modbus_tcp};
use crate::pty::{Faults, Pty};

#[derive(Debug)]
pub(super) struct Plug {
    task: JoinHandle<()>,
    unasked: mpsc::UnboundedSender<Vec<u8>>,
    addr: Option<SocketAddr>,
}

impl Plug {
    pub(super) fn into(link: &Path, model: &Model, body: &Arc<Mutex<Body>>, faults: &Faults) -> anyhow::Result<Self> {
        let (unasked, says) = mpsc::unbounded_channel();
        let body = Arc::clone(body);
        let model = model.clone();
        if model.tongue == Tongue::ModbusTcp {
            let (listener, addr) = modbus_tcp::listen()?;
            let task = tokio::spawn(modbus_tcp::serve(listener, body, model));
            return Ok(Self { task, unasked, addr: Some(addr) });
        }
        let pty = Pty::plug_with(link, model.line, faults.clone())?;
        let task = tokio::spawn(async move {
            // A line that fails is a line that is gone: the host sees end of file, as with a broken cable.
            let _ = serve(&pty, &body, &model, says).await;
        });
        Ok(Self { task, unasked, addr: None })
    }

    pub(super) const fn addr(&self) -> Option<SocketAddr> {
        self.addr
    }

    /// On TCP, where nobody listens to this, nothing happens.
    pub(super) fn say(&self, bytes: Vec<u8>) {
        // The task may have ended with its line; then nobody is there to be told.
        let _ = self.unasked.send(bytes);
    }

    pub(super) async fn pull(mut self) {
        self.task.abort();
        // The terminal belongs to the task; it is closed once the task has ended, and it ends cancelled.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Hears and says until the line breaks, one thing after the other.
async fn serve(
    pty: &Pty,
    body: &Mutex<Body>,
    model: &Model,
    mut says: mpsc::UnboundedReceiver<Vec<u8>>,
) -> anyhow::Result<()> {
    let mut buffer = [0; 256];
    let mut ticks = interval(model.interval);
    // A stream that is behind drops frames; it does not send them in a burst.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let silence = lock(body).speaker.quiet_after();
    let mut quiet_at = None;
    loop {
        // An answer takes its time to think; a stream may be lost on a host that does not listen.
        let (bytes, latency, is_stream) = tokio::select! {
            // In this order: a host that still sends is not quiet.
            biased;
            len = pty.read(&mut buffer) => {
                quiet_at = silence.map(|silence| Instant::now() + silence);
                (lock(body).hear(&buffer[..len?]), model.latency, false)
            }
            () = sleep_until(quiet_at.unwrap_or_else(Instant::now)), if quiet_at.is_some() => {
                quiet_at = None;
                (lock(body).with(|speaker, pan, say| speaker.quiet(pan, say)), model.latency, false)
            }
            Some(unasked) = says.recv() => (unasked, Duration::ZERO, false),
            _ = ticks.tick() => (lock(body).with(|speaker, pan, say| speaker.tick(pan, say)), Duration::ZERO, true),
        };
        if bytes.is_empty() {
            continue;
        }
        let pause = latency + time_on_line(bytes.len(), model);
        if !pause.is_zero() {
            sleep(pause).await;
        }
        if is_stream {
            pty.write_or_lose(&bytes).await?;
        } else {
            pty.write(&bytes).await?;
        }
    }
}

/// Ten bits a byte.
fn time_on_line(len: usize, model: &Model) -> Duration {
    let bits = u32::try_from(10 * len).unwrap_or(u32::MAX);
    model.line.baud.map_or(Duration::ZERO, |baud| Duration::from_secs(1) * bits / baud.max(1))
}
