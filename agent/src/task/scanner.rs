//! A scanner on a line: bytes into scans, each handed on, and answered when it is dealt with.

use std::{io, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::line::{Dialogue, Listener};
use crate::{
    config::ScannerConfig,
    device::{
        Debounce, FrameDecoder, FrameError, LineDoubt, Reading, Terminator,
        line_doubt::Doubt,
        scanner_host::{Host, HostDialect, Verdict},
    },
    label::vendor_prefix::Prefix,
    port::line::Line,
};

/// With a suffix configured, what stays without one for this long is noise or half a scan.
const IDLE_MS: u64 = 200;

/// Reads a scanner.
#[derive(Debug)]
pub struct Scanning {
    host: Host,
    prefix: Prefix,
    debounce: Debounce,
    /// What became of the code that is debounced: its repetition hears the same.
    last_verdict: Verdict,
    /// Partial frames thrown away so far that have been told.
    told_discarded: u64,
}

impl Scanning {
    #[must_use]
    pub fn new(config: &ScannerConfig) -> Self {
        Self::of(config.host, config.terminator, config.prefix, config.repeat_window)
    }

    /// A scanner by its settings.
    #[must_use]
    pub fn of(host: HostDialect, terminator: Terminator, prefix: Prefix, repeat_window: Duration) -> Self {
        let window_ms = u64::try_from(repeat_window.as_millis()).unwrap_or(u64::MAX);
        let idle_ms = if terminator == Terminator::None { FrameDecoder::IDLE_MS } else { IDLE_MS };
        Self {
            host: Host::new(host, terminator, idle_ms),
            prefix,
            debounce: Debounce::new(window_ms),
            last_verdict: Verdict::Accepted,
            told_discarded: 0,
        }
    }

    /// Hands on what is complete, and answers it.
    async fn drain(&mut self, line: &mut Line, listener: &mut impl Listener, doubt: &mut LineDoubt) -> io::Result<()> {
        while let Some(scan) = self.host.poll() {
            let verdict = match scan {
                Ok(scan) => {
                    doubt.good_frame();
                    let scan = self.prefix.strip(scan);
                    // The same label still in view hears what it heard before.
                    if self.debounce.accept(&scan.code, millis(listener)) {
                        self.last_verdict = listener.handle_reading(Reading::Scan(scan)).await;
                    }
                    self.last_verdict
                }
                Err(error) => {
                    doubt.bad_frame();
                    listener.bad_frame(&error);
                    continue;
                }
            };
            if verdict == Verdict::NotRecorded {
                // What is sent again because we asked for it is no repetition.
                self.debounce.forget();
            }
            let answer = self.host.verdict(verdict, millis(listener));
            line.write(&answer).await?;
        }
        for error in line.take_bad_frames() {
            doubt.bad_frame();
            listener.bad_frame(&error);
        }
        while self.told_discarded < self.host.discarded() {
            self.told_discarded += 1;
            listener.bad_frame(&FrameError::Unfinished);
        }
        let output = self.host.take_output();
        if output.is_empty() { Ok(()) } else { line.write(&output).await }
    }
}

impl Dialogue for Scanning {
    async fn hold(&mut self, mut line: Line, listener: &mut impl Listener, stop: &CancellationToken) -> io::Result<()> {
        let mut doubt = LineDoubt::default();
        let has_uart = line.has_uart();
        let opening = self.host.open(millis(listener));
        line.write(&opening).await?;
        loop {
            let now_ms = millis(listener);
            let idle = self.host.next_deadline().map(|at| Duration::from_millis(at.saturating_sub(now_ms)));
            tokio::select! {
                bytes = line.read() => {
                    let bytes = bytes?;
                    doubt.saw_bytes(&bytes);
                    self.host.push(&bytes, millis(listener));
                }
                () = sleep(idle.unwrap_or(Duration::MAX)), if idle.is_some() => self.host.poll_idle(millis(listener)),
                () = stop.cancelled() => return Ok(()),
            }
            self.drain(&mut line, listener, &mut doubt).await?;
            listener.doubt(remedy(&doubt, has_uart));
        }
    }
}

/// What to check; speed and parity are the device's own business where there is no UART.
pub(super) fn remedy(doubt: &LineDoubt, has_uart: bool) -> Option<&'static str> {
    let doubt = doubt.doubt()?;
    let is_of_uart = matches!(doubt, Doubt::WrongBaud | Doubt::WrongParity(_));
    (has_uart || !is_of_uart).then(|| doubt.remedy())
}

fn millis(listener: &impl Listener) -> u64 {
    u64::try_from(listener.elapsed().as_millis()).unwrap_or(u64::MAX)
}
