//! A scale on a serial line: ask, read, decode, hand on, open again.

use std::{io, time::Duration};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    record::Pipeline,
    scanner::{explained, pause},
};
use crate::{
    config::ScaleConfig,
    device::{MtSics, Poll, SicsPoller},
    port::serial::{Line, REOPEN_FIRST},
};

/// How long a scale may take to answer: `SI` answers at once, a slow line and a busy scale take some time.
const REPLY_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Follows a scale until stopped.
pub async fn run(config: ScaleConfig, mut pipeline: Pipeline, stop: CancellationToken) {
    let mut wait = REOPEN_FIRST;
    while !stop.is_cancelled() {
        let ended = match Line::open(&config.line) {
            Ok(line) => {
                pipeline.connected();
                wait = REOPEN_FIRST;
                serve(line, &config, &mut pipeline, &stop).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            pipeline.lost(&explained(&error, &config.line));
            wait = pause(wait, &stop).await;
        }
    }
}

async fn serve(
    mut line: Line,
    config: &ScaleConfig,
    pipeline: &mut Pipeline,
    stop: &CancellationToken,
) -> io::Result<()> {
    let mut decoder = MtSics::new();
    let mut poller = SicsPoller::new(config.poll, REPLY_TIMEOUT);
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
