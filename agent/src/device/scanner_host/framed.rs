//! Every dialogue whose scans come as text with an end: frames in, single bytes and short commands out.
//!
//! ```text
//!                 frame                    verdict: answer
//!  ┌───────────┐ ──────► ┌───────────────┐ ──────────────► listening
//!  │ listening │         │ scan waits    │
//!  └───────────┘         └───────────────┘
//!     │  ▲ the same frame, expected as a repeat: answered alike, not handed on
//!     └──┘
//! ```

use std::collections::VecDeque;

use super::{
    HostDialect, Verdict,
    answer::answer,
    honeywell::{self, EchoFilter},
    metrologic, zebra,
};
use crate::device::{
    frame::{FrameDecoder, FrameError, Terminator},
    reading::Scan,
};

/// From one beep of a row to the next, in milliseconds.
const RING_INTERVAL_MS: u64 = 300;

/// A scanner that had no answer in time has sounded an error, and a person scans again. So long after a late answer
/// the same code is that second try, and is already in the ledger.
const LATE_MS: u64 = 5_000;

#[derive(Debug)]
pub(super) struct Framed {
    dialect: HostDialect,
    terminator: Terminator,
    idle_ms: u64,
    frames: FrameDecoder,
    /// Of the openings before this one.
    discarded_before: u64,
    now_ms: u64,
    /// The scan that has no verdict yet, and since when.
    waits: Option<(Vec<u8>, u64)>,
    repeat: Option<Repeat>,
    rings: VecDeque<(u64, u8)>,
    next_enq_ms: Option<u64>,
    echo: EchoFilter,
    is_menu_refused: bool,
    output: Vec<u8>,
}

/// A frame that will come again, and what it is answered with.
#[derive(Debug)]
struct Repeat {
    frame: Vec<u8>,
    answer: Vec<u8>,
    left: u8,
    until_ms: u64,
    window_ms: u64,
}

impl Framed {
    pub(super) fn new(dialect: HostDialect, terminator: Terminator, idle_ms: u64) -> Self {
        Self {
            dialect,
            terminator,
            idle_ms,
            frames: FrameDecoder::new(terminator, idle_ms),
            discarded_before: 0,
            now_ms: 0,
            waits: None,
            repeat: None,
            rings: VecDeque::new(),
            next_enq_ms: None,
            echo: EchoFilter::default(),
            is_menu_refused: false,
            output: Vec::new(),
        }
    }

    pub(super) fn open(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.discarded_before = self.discarded();
        self.frames = FrameDecoder::new(self.terminator, self.idle_ms);
        self.waits = None;
        self.rings.clear();
        self.echo.forget();
        self.is_menu_refused = false;
        self.output.clear();
        match self.dialect {
            HostDialect::Enq | HostDialect::AckNakEnq => self.next_enq_ms = Some(now_ms),
            HostDialect::Honeywell => self.set(honeywell::HOST_ACK_ON),
            HostDialect::HoneywellAckNak => self.set(honeywell::BEL_ON),
            HostDialect::Datalogic | HostDialect::DatalogicAckNak => self.output.push(super::datalogic::ENABLE),
            HostDialect::Plain
            | HostDialect::Bel
            | HostDialect::AckNak
            | HostDialect::AckNakBel
            | HostDialect::Ssi
            | HostDialect::Metrologic
            | HostDialect::MetrologicBel => {}
        }
        self.enquire();
    }

    pub(super) fn push(&mut self, bytes: &[u8], now_ms: u64) {
        self.now_ms = now_ms;
        let passed = self.echo.pass(bytes, now_ms);
        self.hear_echo();
        self.frames.push(&passed, now_ms);
    }

    pub(super) fn poll(&mut self) -> Option<Result<Scan, FrameError>> {
        if self.waits.is_some() {
            return None;
        }
        loop {
            let frame = match self.frames.poll()? {
                Ok(frame) => frame,
                // Not answered: the scanner's time-out ends it with an error tone, where NAK would only bring it again.
                Err(error) => return Some(Err(error)),
            };
            if self.is_repeat(&frame) {
                continue;
            }
            let scan = Scan::from_frame(&frame);
            self.waits = Some((frame, self.now_ms));
            return Some(Ok(scan));
        }
    }

    pub(super) fn verdict(&mut self, verdict: Verdict, now_ms: u64) {
        self.now_ms = now_ms;
        let Some((frame, since_ms)) = self.waits.take() else { return };
        let answer = answer(self.dialect, verdict, self.is_menu_refused);
        self.output.extend_from_slice(&answer.bytes);
        // A beep left over from the scan before would speak of this one.
        self.rings.clear();
        let beats = (0..u64::from(answer.rings)).map(|beat| (now_ms + beat * RING_INTERVAL_MS, answer.ring));
        self.rings.extend(beats);
        self.ring();
        let is_late = now_ms.saturating_sub(since_ms) >= zebra::RESPONSE_TIMEOUT_MS;
        let (left, window_ms) = if answer.repeats > 0 {
            (answer.repeats, zebra::RESPONSE_TIMEOUT_MS)
        } else if is_late && verdict != Verdict::NotRecorded {
            (self.repeats_when_late(), LATE_MS)
        } else {
            (0, 0)
        };
        self.repeat = (left > 0).then(|| Repeat {
            frame,
            answer: answer.bytes,
            left,
            until_ms: now_ms.saturating_add(window_ms),
            window_ms,
        });
        self.enquire();
    }

    pub(super) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    pub(super) fn poll_idle(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        let released = self.echo.poll_idle(now_ms);
        self.frames.push(&released, now_ms);
        self.frames.poll_idle(now_ms);
        self.ring();
        self.enquire();
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        // No enquiry while a scan waits: one at a time is what ENQ is for.
        let enquiry = self.next_enq_ms.filter(|_| self.waits.is_none());
        let ring = self.rings.front().map(|(at_ms, _)| *at_ms);
        [self.frames.next_deadline(), self.echo.next_deadline(), ring, enquiry].into_iter().flatten().min()
    }

    pub(super) const fn discarded(&self) -> u64 {
        self.discarded_before.saturating_add(self.frames.discarded())
    }

    /// Whether this frame is one the scanner was bound to send again; if so it is answered as before.
    fn is_repeat(&mut self, frame: &[u8]) -> bool {
        let Some(mut repeat) = self.repeat.take() else { return false };
        if repeat.frame != frame || self.now_ms >= repeat.until_ms {
            return false;
        }
        self.output.extend_from_slice(&repeat.answer);
        repeat.left -= 1;
        repeat.until_ms = self.now_ms.saturating_add(repeat.window_ms);
        self.repeat = (repeat.left > 0).then_some(repeat);
        true
    }

    /// How often the same comes again when the answer does not come in time: from the person, once, or from the
    /// scanner. One that waits for no answer cannot miss it.
    const fn repeats_when_late(&self) -> u8 {
        match self.dialect {
            HostDialect::AckNak
            | HostDialect::AckNakBel
            | HostDialect::AckNakEnq
            | HostDialect::HoneywellAckNak
            | HostDialect::DatalogicAckNak => 1,
            HostDialect::Metrologic | HostDialect::MetrologicBel => metrologic::NAK_REPEATS,
            HostDialect::Plain
            | HostDialect::Bel
            | HostDialect::Enq
            | HostDialect::Ssi
            | HostDialect::Honeywell
            | HostDialect::Datalogic => 0,
        }
    }

    fn ring(&mut self) {
        while let Some((at_ms, ring)) = self.rings.front().copied()
            && at_ms <= self.now_ms
        {
            self.output.push(ring);
            self.rings.pop_front();
        }
    }

    fn enquire(&mut self) {
        if self.waits.is_none() && self.next_enq_ms.is_some_and(|at_ms| at_ms <= self.now_ms) {
            self.output.push(zebra::ENQ);
            self.next_enq_ms = Some(self.now_ms.saturating_add(zebra::ENQ_INTERVAL_MS));
        }
    }

    fn set(&mut self, setting: &'static str) {
        self.output.extend_from_slice(&honeywell::menu(&[setting]));
        self.echo.expect(setting, self.now_ms);
    }

    /// A model without Host ACK may still know BEL.
    fn hear_echo(&mut self) {
        while let Some(status) = self.echo.answer() {
            if status != honeywell::Status::Done && !self.is_menu_refused {
                self.is_menu_refused = true;
                if self.dialect == HostDialect::Honeywell {
                    self.set(honeywell::BEL_ON);
                }
            }
        }
    }
}
