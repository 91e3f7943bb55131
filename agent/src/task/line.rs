//! What devices on serial lines have in common: open, talk until the line is gone, say so, open again.

use std::{io, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::record::Pipeline;
use crate::{
    config::LineConfig,
    port::serial::{Line, REOPEN_FIRST, REOPEN_MAX, explained},
};

/// A device's side of the conversation.
pub trait Dialogue: Send {
    /// Talks over an open line until it is gone (an error) or `stop` is cancelled.
    fn hold(
        &mut self,
        line: Line,
        pipeline: &mut Pipeline,
        stop: &CancellationToken,
    ) -> impl Future<Output = io::Result<()>> + Send;
}

/// Keeps a device's line open until stopped.
pub async fn run(config: LineConfig, mut dialogue: impl Dialogue, mut pipeline: Pipeline, stop: CancellationToken) {
    let mut wait = REOPEN_FIRST;
    while !stop.is_cancelled() {
        let ended = match Line::open(&config) {
            Ok(line) => {
                pipeline.connected();
                wait = REOPEN_FIRST;
                dialogue.hold(line, &mut pipeline, &stop).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            pipeline.lost(&explained(&error, &config));
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
