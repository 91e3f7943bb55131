//! Where one scan ends and the next begins.
//!
//! Owns the frame rules of serial scanners: the byte or the silence that ends a frame, what to do with halves, noise
//! and frames without end. Bytes may come one at a time and be cut anywhere. Time is an argument, in milliseconds of
//! any steady clock. Must not know what a frame says, and never trims: spaces and control characters may be payload.
//!
//! ```text
//!            STX (stx-etx only)            suffix: frame, if not empty
//!  ┌─────────┐ ──────────────► ┌────────┐ ─────────────────────────────► (start)
//!  │ outside │                 │ inside │ idle gap: discarded and counted; frame if there is no suffix
//!  └─────────┘ ◄────────────── └────────┘
//!       ▲       ETX, idle gap       │ longer than max: one error
//!       │                           ▼
//!       │  suffix, idle gap    ┌──────────┐
//!       └───────────────────── │ skipping │
//!                              └──────────┘
//! ```
//! Without stx-etx, "outside" and an empty "inside" are the same.

use std::collections::VecDeque;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const TAB: u8 = 0x09;
const LF: u8 = 0x0A;
const CR: u8 = 0x0D;

/// How a scanner ends a scan. CR is the factory setting of most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Terminator {
    Cr,
    Lf,
    /// Both bytes, in this order; a lone CR or LF is payload.
    #[serde(rename = "crlf")]
    CrLf,
    /// CR, LF or both: what to choose when the scanner's setting is not known and no code holds either.
    #[default]
    #[serde(rename = "any-cr-lf")]
    AnyCrLf,
    Tab,
    /// 02 before and 03 after: for codes that hold a CR or a tab.
    StxEtx,
    /// Silence ends the frame.
    None,
}

impl Terminator {
    /// By its word in the site's file.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "cr" => Self::Cr,
            "lf" => Self::Lf,
            "crlf" => Self::CrLf,
            "any-cr-lf" => Self::AnyCrLf,
            "tab" => Self::Tab,
            "stx-etx" => Self::StxEtx,
            "none" => Self::None,
            _ => return None,
        })
    }
}

/// Why a frame was lost. The stream goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("frame is longer than {max} bytes; check the scanner's suffix and the line's speed")]
    TooLong { max: usize },
    #[error("frame has broken off; check the cable, or the scanner's suffix")]
    Unfinished,
    #[error("checksum is wrong: {shown}; check the cable and its shield")]
    Checksum {
        /// The beginning of the frame, printable.
        shown: String,
    },
    #[error("frame is no reply of this protocol: {shown}")]
    Malformed {
        /// The beginning of the frame, printable.
        shown: String,
    },
}

impl FrameError {
    /// At most this much of a bad frame is quoted: enough to recognise a wrong protocol or parity.
    const QUOTED_BYTES_MAX: usize = 40;

    /// Quotes the beginning of `frame` with everything unprintable escaped.
    #[must_use]
    pub fn malformed(frame: &[u8]) -> Self {
        Self::Malformed { shown: Self::quoted(frame) }
    }

    /// As [`Self::malformed`], of a frame whose checksum does not fit it.
    #[must_use]
    pub fn checksum(frame: &[u8]) -> Self {
        Self::Checksum { shown: Self::quoted(frame) }
    }

    /// A short name for counters and machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "frame-too-long",
            Self::Unfinished => "unfinished-frame",
            Self::Checksum { .. } => "checksum",
            Self::Malformed { .. } => "bad-frame",
        }
    }

    fn quoted(frame: &[u8]) -> String {
        let cut = &frame[..frame.len().min(Self::QUOTED_BYTES_MAX)];
        format!("\"{}\"", cut.escape_ascii())
    }
}

/// Cuts one scanner's byte stream into frames.
#[derive(Debug)]
pub struct FrameDecoder {
    terminator: Terminator,
    idle_ms: u64,
    len_max: usize,
    state: State,
    partial: Vec<u8>,
    /// When the last byte came; the idle gap counts from here.
    last_ms: u64,
    previous: u8,
    ready: VecDeque<Result<Vec<u8>, FrameError>>,
    discarded: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    Skipping,
}

impl FrameDecoder {
    /// The longest frame by default. A QR code holds at most 7089 digits.
    pub const LEN_MAX: usize = 8 * 1024;

    /// The gap that ends a frame without suffix when none is given: at 9600 baud bytes come about 1 ms apart.
    pub const IDLE_MS: u64 = 50;

    /// `idle_ms`: with a suffix, a partial frame this long without a new byte is noise or a cut cable and is discarded
    /// (200 is usual, 0 never discards); without a suffix, the gap that ends a frame (0 means [`Self::IDLE_MS`]).
    #[must_use]
    pub const fn new(terminator: Terminator, idle_ms: u64) -> Self {
        let idle_ms = if matches!(terminator, Terminator::None) && idle_ms == 0 { Self::IDLE_MS } else { idle_ms };
        Self {
            terminator,
            idle_ms,
            len_max: Self::LEN_MAX,
            state: Self::start(terminator),
            partial: Vec::new(),
            last_ms: 0,
            previous: 0,
            ready: VecDeque::new(),
            discarded: 0,
        }
    }

    /// Another limit than [`Self::LEN_MAX`], in bytes of payload.
    #[must_use]
    pub const fn with_len_max(mut self, len_max: usize) -> Self {
        self.len_max = len_max;
        self
    }

    /// Takes bytes as they came off the line. Drain [`Self::poll`] after each push: complete frames wait there.
    pub fn push(&mut self, bytes: &[u8], now_ms: u64) {
        if bytes.is_empty() {
            return;
        }
        self.poll_idle(now_ms);
        self.last_ms = now_ms;
        for &byte in bytes {
            self.take(byte);
        }
    }

    /// The next frame; `None` until more bytes arrive.
    pub fn poll(&mut self) -> Option<Result<Vec<u8>, FrameError>> {
        self.ready.pop_front()
    }

    /// Applies the idle rule; call at [`Self::next_deadline`], then drain [`Self::poll`].
    pub fn poll_idle(&mut self, now_ms: u64) {
        if self.next_deadline().is_none_or(|deadline| now_ms < deadline) {
            return;
        }
        if self.state == State::Inside && !self.partial.is_empty() {
            if self.terminator == Terminator::None {
                self.finish();
                return;
            }
            self.discarded += 1;
        }
        self.restart();
    }

    /// When [`Self::poll_idle`] has something to do; `None` while nothing is pending.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<u64> {
        let pending = match self.state {
            State::Outside => false,
            State::Inside => !self.partial.is_empty() || matches!(self.terminator, Terminator::StxEtx),
            State::Skipping => true,
        };
        if pending && self.idle_ms > 0 { Some(self.last_ms.saturating_add(self.idle_ms)) } else { None }
    }

    /// Partial frames thrown away so far: gone quiet without a suffix, or begun anew by another STX. A number that
    /// grows says that the terminator is set wrong.
    #[must_use]
    pub const fn discarded(&self) -> u64 {
        self.discarded
    }

    fn take(&mut self, byte: u8) {
        let previous = std::mem::replace(&mut self.previous, byte);
        if self.terminator == Terminator::StxEtx && byte == STX {
            self.discarded += u64::from(self.state == State::Inside && !self.partial.is_empty());
            self.partial.clear();
            self.state = State::Inside;
            return;
        }
        let ends = match self.terminator {
            Terminator::Cr => byte == CR,
            Terminator::Lf => byte == LF,
            Terminator::CrLf => byte == LF && previous == CR,
            Terminator::AnyCrLf => byte == CR || byte == LF,
            Terminator::Tab => byte == TAB,
            Terminator::StxEtx => byte == ETX,
            Terminator::None => false,
        };
        match self.state {
            State::Outside => {}
            State::Skipping if ends => self.restart(),
            State::Skipping => {}
            State::Inside if ends => {
                if self.terminator == Terminator::CrLf {
                    self.partial.pop();
                }
                self.finish();
            }
            State::Inside => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        // A line that has just been plugged in rings: 00, 80 and FF before the first byte. No UTF-8 text starts with
        // one of them, so nothing is lost; behind an STX there is no need to guess.
        let is_noise = matches!(byte, 0x00 | 0x80 | 0xFF);
        if is_noise && self.partial.is_empty() && self.terminator != Terminator::StxEtx {
            return;
        }
        self.partial.push(byte);
        // The CR of a CRLF is in the buffer before it is known not to be payload.
        let suffix_len = usize::from(self.terminator == Terminator::CrLf && byte == CR);
        if self.partial.len() > self.len_max + suffix_len {
            self.partial = Vec::new();
            self.state = State::Skipping;
            self.ready.push_back(Err(FrameError::TooLong { max: self.len_max }));
        }
    }

    fn finish(&mut self) {
        let frame = std::mem::take(&mut self.partial);
        self.restart();
        if !frame.is_empty() {
            self.ready.push_back(Ok(frame));
        }
    }

    fn restart(&mut self) {
        self.partial.clear();
        self.state = Self::start(self.terminator);
    }

    const fn start(terminator: Terminator) -> State {
        match terminator {
            Terminator::StxEtx => State::Outside,
            Terminator::Cr
            | Terminator::Lf
            | Terminator::CrLf
            | Terminator::AnyCrLf
            | Terminator::Tab
            | Terminator::None => State::Inside,
        }
    }
}

#[cfg(test)]
mod tests;
