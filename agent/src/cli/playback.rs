//! A capture played to the decoders in its own time: what the agent would have made of it.
//!
//! Owns the order of things between two chunks: when a frame counts as broken off, a scan as whole, a scale as silent. The
//! steps are those of the tasks that hold a line, [`scale`](crate::task::scale) and [`scanner`](crate::task::scanner),
//! taken by the capture's clock instead of the machine's, so that a capture says the same at any speed. Must not wait or
//! print.

use std::{ops::ControlFlow, time::Duration};

use super::device_args::Described;
use crate::{
    config::ScaleConfig,
    device::{
        Debounce, FrameDecoder, FrameError, LineDoubt, MassUnit, Reading, Terminator,
        line_doubt::Doubt,
        scale::{Decoder, Poll, Poller, Protocol},
        scanner_host::{Host, Verdict},
    },
    label::vendor_prefix::Prefix,
    port::capture::{Chunk, Direction},
};

/// As in the task of a scale.
const REPLY_TIMEOUT: Duration = Duration::from_millis(1_500);
const FRAME_GAP: Duration = Duration::from_millis(100);

/// As in the task of a scanner.
const IDLE_MS: u64 = 200;

/// Of a pause in a capture, so much is gone through step by step. What is silent for longer says nothing new.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// How long after the last byte something may come of it: half a symbol in packets waits longest, for five seconds.
const END: Duration = Duration::from_secs(6);

/// What is told, with the capture's time.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// Nothing but that this time has come.
    Time,
    Reading(Reading),
    BadFrame(FrameError),
    Doubt(Option<&'static str>),
}

/// Who is told. Breaks off what plays when it can take no more.
pub(super) type Tell<'run> = dyn FnMut(Duration, Told) -> ControlFlow<()> + 'run;

/// Plays a capture of such a device, and then what the silence after it brings. `has_uart`: it was captured where bytes
/// travel at a speed that must be right.
pub(super) fn play(
    described: Described,
    has_uart: bool,
    chunks: impl IntoIterator<Item = Chunk>,
    tell: &mut Tell<'_>,
) -> ControlFlow<()> {
    let mut tape = Tape { now: Duration::ZERO, has_uart, doubt: LineDoubt::default(), told_doubt: None, tell };
    let mut device = Device::new(described);
    let is_heard = |chunk: &Chunk| chunk.direction == Direction::In && !chunk.bytes.is_empty();
    for chunk in chunks.into_iter().filter(is_heard) {
        device.pass(&mut tape, Duration::from_millis(chunk.at_ms))?;
        tape.tell(Told::Time)?;
        tape.doubt.saw_bytes(&chunk.bytes);
        match &mut device {
            Device::Scale(scale) => scale.hear(&mut tape, &chunk.bytes)?,
            Device::Scanner(scanner) => scanner.hear(&mut tape, &chunk.bytes)?,
        }
        tape.tell_doubt()?;
    }
    match &mut device {
        // At once: that nothing follows is the capture's end, and not the scale's silence.
        Device::Scale(scale) => scale.break_off(&mut tape),
        Device::Scanner(_) => {
            let end = tape.now.saturating_add(END);
            device.pass(&mut tape, end)
        }
    }
}

/// What plays, and where it stands.
struct Tape<'tell, 'run> {
    now: Duration,
    has_uart: bool,
    doubt: LineDoubt,
    told_doubt: Option<&'static str>,
    tell: &'tell mut Tell<'run>,
}

enum Device {
    Scale(Box<Scale>),
    Scanner(Box<Scanner>),
}

struct Scale {
    protocol: Protocol,
    unit: Option<MassUnit>,
    decoder: Decoder,
    poller: Poller,
    last_byte: Duration,
}

struct Scanner {
    host: Host,
    prefix: Prefix,
    debounce: Debounce,
    told_discarded: u64,
}

impl Tape<'_, '_> {
    fn tell(&mut self, told: Told) -> ControlFlow<()> {
        (self.tell)(self.now, told)
    }

    fn tell_doubt(&mut self) -> ControlFlow<()> {
        let is_of_uart = |doubt: &Doubt| matches!(doubt, Doubt::WrongBaud | Doubt::WrongParity(_));
        let doubt = self.doubt.doubt().filter(|doubt| self.has_uart || !is_of_uart(doubt));
        let remedy = doubt.map(Doubt::remedy);
        if remedy == self.told_doubt {
            return ControlFlow::Continue(());
        }
        self.told_doubt = remedy;
        self.tell(Told::Doubt(remedy))
    }
}

impl Device {
    fn new(described: Described) -> Self {
        match described {
            Described::Scale { protocol, options, unit } => Self::Scale(Box::new(Scale {
                protocol,
                unit,
                decoder: protocol.decoder(&options),
                poller: Poller::new(protocol.asking(&options), ScaleConfig::POLL, REPLY_TIMEOUT),
                last_byte: Duration::ZERO,
            })),
            Described::Scanner { host, terminator, prefix, repeat_window } => {
                let idle_ms = if terminator == Terminator::None { FrameDecoder::IDLE_MS } else { IDLE_MS };
                let mut host = Host::new(host, terminator, idle_ms);
                // What is sent at the opening went over the line when it was captured.
                host.open(0);
                let debounce = Debounce::new(millis(repeat_window));
                Self::Scanner(Box::new(Scanner { host, prefix, debounce, told_discarded: 0 }))
            }
        }
    }

    /// Lets time pass, short of `until` itself: a byte that comes in time is in time.
    fn pass(&mut self, tape: &mut Tape<'_, '_>, until: Duration) -> ControlFlow<()> {
        let until = until.min(Duration::from_millis(u64::MAX));
        let stepwise = until.min(tape.now.saturating_add(PAUSE_MAX));
        match self {
            Self::Scale(scale) => scale.pass(tape, stepwise)?,
            Self::Scanner(scanner) => scanner.pass(tape, stepwise)?,
        }
        tape.now = until;
        ControlFlow::Continue(())
    }
}

impl Scale {
    fn pass(&mut self, tape: &mut Tape<'_, '_>, until: Duration) -> ControlFlow<()> {
        loop {
            let wait = match self.poller.poll(tape.now) {
                // The questions were asked when it was captured.
                Poll::Send(_) => continue,
                Poll::Report(reading) => {
                    tape.tell(Told::Reading(reading))?;
                    continue;
                }
                Poll::Wait(wait) => wait,
            };
            let broken_off = self.last_byte.saturating_add(FRAME_GAP);
            let next = if self.decoder.is_in_frame() { broken_off.min(wait) } else { wait };
            if next >= until {
                return ControlFlow::Continue(());
            }
            tape.now = next.max(tape.now);
            if tape.now >= broken_off {
                self.break_off(tape)?;
            }
        }
    }

    fn hear(&mut self, tape: &mut Tape<'_, '_>, bytes: &[u8]) -> ControlFlow<()> {
        self.decoder.push(bytes);
        if self.protocol == Protocol::UsbHid {
            // Each chunk is one whole report.
            self.decoder.idle();
        }
        self.last_byte = tape.now;
        self.drain(tape)
    }

    /// A frame that has begun will not end.
    fn break_off(&mut self, tape: &mut Tape<'_, '_>) -> ControlFlow<()> {
        self.decoder.idle();
        self.drain(tape)?;
        tape.tell_doubt()
    }

    fn drain(&mut self, tape: &mut Tape<'_, '_>) -> ControlFlow<()> {
        while let Some(report) = self.decoder.poll() {
            match report {
                Ok(report) => {
                    tape.doubt.good_frame();
                    if let Some(reading) = self.poller.handle_report(&report, self.unit) {
                        tape.tell(Told::Reading(reading))?;
                    }
                }
                Err(error) => {
                    tape.doubt.bad_frame();
                    tape.tell(Told::BadFrame(error))?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

impl Scanner {
    fn pass(&mut self, tape: &mut Tape<'_, '_>, until: Duration) -> ControlFlow<()> {
        while let Some(at_ms) = self.host.next_deadline()
            && Duration::from_millis(at_ms) < until
        {
            tape.now = Duration::from_millis(at_ms).max(tape.now);
            self.host.poll_idle(millis(tape.now));
            self.drain(tape)?;
            tape.tell_doubt()?;
        }
        ControlFlow::Continue(())
    }

    fn hear(&mut self, tape: &mut Tape<'_, '_>, bytes: &[u8]) -> ControlFlow<()> {
        self.host.push(bytes, millis(tape.now));
        self.drain(tape)
    }

    fn drain(&mut self, tape: &mut Tape<'_, '_>) -> ControlFlow<()> {
        let now_ms = millis(tape.now);
        while let Some(scan) = self.host.poll() {
            match scan {
                Ok(scan) => {
                    tape.doubt.good_frame();
                    let scan = self.prefix.strip(scan);
                    if self.debounce.accept(&scan.code, now_ms) {
                        tape.tell(Told::Reading(Reading::Scan(scan)))?;
                    }
                    self.host.verdict(Verdict::Accepted, now_ms);
                }
                Err(error) => {
                    tape.doubt.bad_frame();
                    tape.tell(Told::BadFrame(error))?;
                }
            }
        }
        while self.told_discarded < self.host.discarded() {
            self.told_discarded += 1;
            tape.tell(Told::BadFrame(FrameError::Unfinished))?;
        }
        self.host.take_output();
        ControlFlow::Continue(())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
