//! What devices on lines have in common: open, talk until the line is gone, say so, open again.

use std::{io, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    config::LineConfig,
    device::{FrameError, Reading, scanner_host::Verdict},
    port::line::{Line, REOPEN_FIRST, REOPEN_MAX, explained},
};

/// A line that has been open for so long works.
const STEADY: Duration = Duration::from_secs(10);

/// A device's side of the conversation.
pub trait Dialogue: Send {
    /// Talks over an open line until it is gone (an error) or `stop` is cancelled.
    fn hold(
        &mut self,
        line: Line,
        listener: &mut impl Listener,
        stop: &CancellationToken,
    ) -> impl Future<Output = io::Result<()>> + Send;
}

/// Who a device's readings are for: the ledger in the agent, a person at the command line.
pub trait Listener: Send {
    /// Time since any fixed start.
    fn elapsed(&self) -> Duration;

    /// The line is open.
    fn connected(&mut self);

    /// The line is gone, and why.
    fn lost(&mut self, why: &str) -> impl Future<Output = ()> + Send;

    /// Takes a reading. Returns when it is dealt with for good: after the commit, where there is one.
    fn handle_reading(&mut self, reading: Reading) -> impl Future<Output = Verdict> + Send;

    /// A frame that was no reading.
    fn bad_frame(&mut self, error: &FrameError);

    /// What looks wrong with the line itself; `None` when nothing does any more.
    fn doubt(&mut self, remedy: Option<&str>);

    /// Sees the line before the device does.
    fn opened(&mut self, line: Line) -> Line {
        line
    }
}

/// Keeps a device's line open until stopped.
pub async fn run(
    config: LineConfig,
    mut dialogue: impl Dialogue,
    mut listener: impl Listener,
    stop: CancellationToken,
) {
    let mut wait = REOPEN_FIRST;
    while !stop.is_cancelled() {
        let tried = listener.elapsed();
        let opened = tokio::select! {
            opened = Line::open(&config) => opened,
            () = stop.cancelled() => return,
        };
        let ended = match opened {
            Ok(line) => {
                listener.connected();
                let line = listener.opened(line);
                dialogue.hold(line, &mut listener, &stop).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            listener.lost(&explained(&error, &config)).await;
            // One that was there for a while is soon back; one that goes as soon as it comes is waited for longer.
            if listener.elapsed().saturating_sub(tried) >= STEADY {
                wait = REOPEN_FIRST;
            }
            wait = pause(wait, &stop).await;
        }
    }
}

/// Waits before a line is opened again; returns the next wait.
async fn pause(wait: Duration, stop: &CancellationToken) -> Duration {
    tokio::select! {
        () = sleep(wait) => {}
        () = stop.cancelled() => {}
    }
    (wait * 2).min(REOPEN_MAX)
}
