//! A scale on a serial line: ask, read, decode, hand on.

use std::{io, time::Duration};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{line::Dialogue, record::Pipeline};
use crate::{
    config::ScaleConfig,
    device::{MtSics, Poll, SicsPoller},
    port::serial::Line,
};

/// How long a scale may take to answer: `SI` answers at once, a slow line and a busy scale take some time.
const REPLY_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Asks a scale again and again.
#[derive(Debug)]
pub struct Weighing {
    poll: Duration,
}

impl Weighing {
    #[must_use]
    pub fn new(config: &ScaleConfig) -> Self {
        Self { poll: config.poll }
    }
}

impl Dialogue for Weighing {
    async fn hold(&mut self, mut line: Line, pipeline: &mut Pipeline, stop: &CancellationToken) -> io::Result<()> {
        let mut decoder = MtSics::new();
        let mut poller = SicsPoller::new(self.poll, REPLY_TIMEOUT);
        loop {
            let wait = match poller.poll(pipeline.clock().elapsed()) {
                Poll::Send(command) => {
                    // A line whose far end nobody reads takes bytes until its buffer is full, and then none.
                    timeout(REPLY_TIMEOUT, line.write(command))
                        .await
                        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "takes no bytes"))??;
                    continue;
                }
                Poll::Wait(until) => until.saturating_sub(pipeline.clock().elapsed()),
                Poll::Report(reading) => {
                    pipeline.handle_reading(reading, None).await;
                    continue;
                }
            };
            tokio::select! {
                bytes = line.read() => decoder.push(&bytes?),
                () = sleep(wait) => {}
                () = stop.cancelled() => return Ok(()),
            }
            while let Some(reply) = decoder.poll() {
                match reply {
                    Ok(reply) => {
                        if let Some(reading) = poller.handle_reply(&reply) {
                            pipeline.handle_reading(reading, None).await;
                        }
                    }
                    Err(error) => pipeline.bad_frame(&error),
                }
            }
        }
    }
}
