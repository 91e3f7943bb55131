//! A scanner on a serial line: open, read, cut into frames, hand on, open again.

use std::{io, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::record::Pipeline;
use crate::{
    config::{LineConfig, ScannerConfig},
    device::{Debounce, FrameDecoder, Reading, Scan},
    port::serial::{Line, REOPEN_FIRST, REOPEN_MAX},
};

/// Reads a scanner until stopped.
pub async fn run(config: ScannerConfig, mut pipeline: Pipeline, stop: CancellationToken) {
    let mut debounce = Debounce::new(u64::try_from(config.repeat_window.as_millis()).unwrap_or(u64::MAX));
    let mut wait = REOPEN_FIRST;
    while !stop.is_cancelled() {
        let ended = match Line::open(&config.line) {
            Ok(line) => {
                pipeline.connected();
                wait = REOPEN_FIRST;
                serve(line, &config, &mut debounce, &mut pipeline, &stop).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            pipeline.lost(&explained(&error, &config.line));
            wait = pause(wait, &stop).await;
        }
    }
}

/// Waits before a line is opened again; returns the next wait.
pub(super) async fn pause(wait: Duration, stop: &CancellationToken) -> Duration {
    tokio::select! {
        () = sleep(wait) => {}
        () = stop.cancelled() => {}
    }
    (wait * 2).min(REOPEN_MAX)
}

/// Why a line cannot be used, and what to do.
pub(super) fn explained(error: &io::Error, line: &LineConfig) -> String {
    let port = line.port.display();
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) {
        format!("{port} is not there; plug it in")
    } else if kind == io::ErrorKind::PermissionDenied {
        format!("no permission for {port}; add the agent's user to the group that owns it")
    } else {
        format!("{port}: {error}")
    }
}

async fn serve(
    mut line: Line,
    config: &ScannerConfig,
    debounce: &mut Debounce,
    pipeline: &mut Pipeline,
    stop: &CancellationToken,
) -> io::Result<()> {
    let mut frames = FrameDecoder::new(config.terminator, FrameDecoder::IDLE_MS);
    loop {
        let now_ms = millis(pipeline);
        let idle = frames.next_deadline().map(|at| Duration::from_millis(at.saturating_sub(now_ms)));
        tokio::select! {
            bytes = line.read() => frames.push(&bytes?, millis(pipeline)),
            () = sleep(idle.unwrap_or(Duration::MAX)), if idle.is_some() => frames.poll_idle(millis(pipeline)),
            () = stop.cancelled() => return Ok(()),
        }
        while let Some(frame) = frames.poll() {
            match frame {
                Ok(frame) if debounce.accept(&frame, millis(pipeline)) => {
                    pipeline.handle_reading(Reading::Scan(Scan::from_frame(&frame)), None).await;
                }
                Ok(_) => {}
                Err(error) => pipeline.bad_frame(&error),
            }
        }
    }
}

fn millis(pipeline: &Pipeline) -> u64 {
    u64::try_from(pipeline.clock().elapsed().as_millis()).unwrap_or(u64::MAX)
}
