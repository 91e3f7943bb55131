//! A scale on a line: ask, read, decode, hand on.

use std::{io, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{
    line::{Dialogue, Listener},
    scanner::remedy,
};
use crate::{
    config::ScaleConfig,
    device::{
        Cause, LineDoubt, MassUnit, Reading,
        scale::{Options, Poll, Poller, Protocol},
    },
    port::line::Line,
};

/// How long a scale may take to answer: at once, but for a slow line and a busy scale.
const REPLY_TIMEOUT: Duration = Duration::from_millis(1_500);

/// A pause within a frame: 3.5 characters by the letter of Modbus, tens of milliseconds by what USB adapters do to it.
const FRAME_GAP: Duration = Duration::from_millis(100);

/// Asks a scale again and again, or listens to one that speaks by itself.
#[derive(Debug)]
pub struct Weighing {
    protocol: Protocol,
    options: Options,
    unit: Option<MassUnit>,
    poll: Duration,
}

impl Weighing {
    #[must_use]
    pub fn new(config: &ScaleConfig) -> Self {
        Self { protocol: config.protocol, options: config.options.clone(), unit: config.unit, poll: config.poll }
    }

    /// A scale that is only listened to by a person.
    #[must_use]
    pub fn of(protocol: Protocol, options: Options, unit: Option<MassUnit>) -> Self {
        Self { protocol, options, unit, poll: ScaleConfig::POLL }
    }
}

impl Dialogue for Weighing {
    async fn hold(&mut self, mut line: Line, listener: &mut impl Listener, stop: &CancellationToken) -> io::Result<()> {
        let mut decoder = self.protocol.decoder(&self.options);
        let mut poller = Poller::new(self.protocol.asking(&self.options), self.poll, REPLY_TIMEOUT);
        let mut doubt = LineDoubt::default();
        let has_uart = line.has_uart();
        let mut last_byte = Duration::ZERO;
        loop {
            let wait = match poller.poll(listener.elapsed()) {
                Poll::Send(command) => {
                    line.write(&command).await?;
                    continue;
                }
                Poll::Wait(until) => until.saturating_sub(listener.elapsed()),
                Poll::Report(reading) => {
                    let is_silent = reading == Reading::Unknown(Cause::Silent);
                    listener.handle_reading(reading).await;
                    if is_silent && line.is_network() {
                        // The far end may have gone without a word, and would not know us any more.
                        return Err(io::Error::new(io::ErrorKind::TimedOut, "does not answer"));
                    }
                    continue;
                }
            };
            let broken_off = last_byte + FRAME_GAP;
            let gap = decoder.is_in_frame().then(|| broken_off.saturating_sub(listener.elapsed()));
            tokio::select! {
                bytes = line.read() => {
                    let bytes = bytes?;
                    doubt.saw_bytes(&bytes);
                    decoder.push(&bytes);
                    if self.protocol == Protocol::UsbHid {
                        // Each read is one whole report: what is left of it belongs to no other.
                        decoder.idle();
                    }
                    last_byte = listener.elapsed();
                }
                () = sleep(gap.map_or(wait, |gap| gap.min(wait))) => {
                    if listener.elapsed() >= broken_off {
                        decoder.idle();
                    }
                }
                () = stop.cancelled() => return Ok(()),
            }
            while let Some(report) = decoder.poll() {
                match report {
                    Ok(report) => {
                        doubt.good_frame();
                        if let Some(reading) = poller.handle_report(&report, self.unit) {
                            listener.handle_reading(reading).await;
                        }
                    }
                    Err(error) => {
                        doubt.bad_frame();
                        listener.bad_frame(&error);
                    }
                }
            }
            listener.doubt(remedy(&doubt, has_uart));
        }
    }
}
