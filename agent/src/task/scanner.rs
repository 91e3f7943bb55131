//! A scanner on a serial line: bytes into frames, frames into scans, each handed on.

use std::{io, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{line::Dialogue, record::Pipeline};
use crate::{
    config::ScannerConfig,
    device::{Debounce, FrameDecoder, Reading, Scan, Terminator},
    port::serial::Line,
};

/// Reads a scanner.
#[derive(Debug)]
pub struct Scanning {
    terminator: Terminator,
    debounce: Debounce,
}

impl Scanning {
    #[must_use]
    pub fn new(config: &ScannerConfig) -> Self {
        let window_ms = u64::try_from(config.repeat_window.as_millis()).unwrap_or(u64::MAX);
        Self { terminator: config.terminator, debounce: Debounce::new(window_ms) }
    }
}

impl Dialogue for Scanning {
    async fn hold(&mut self, mut line: Line, pipeline: &mut Pipeline, stop: &CancellationToken) -> io::Result<()> {
        let mut frames = FrameDecoder::new(self.terminator, FrameDecoder::IDLE_MS);
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
                    Ok(frame) if self.debounce.accept(&frame, millis(pipeline)) => {
                        pipeline.handle_reading(Reading::Scan(Scan::from_frame(&frame)), None).await;
                    }
                    Ok(_) => {}
                    Err(error) => pipeline.bad_frame(&error),
                }
            }
        }
    }
}

fn millis(pipeline: &Pipeline) -> u64 {
    u64::try_from(pipeline.clock().elapsed().as_millis()).unwrap_or(u64::MAX)
}
