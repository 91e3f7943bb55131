//! From a scale's stream of bytes to reports, for every protocol alike.
//!
//! Owns the buffer: bytes may come one at a time and be cut anywhere, noise is stepped over, a frame that never ends is
//! one error and is skipped to its end. A protocol only says where a frame ends and what it says ([`Grammar`]). Must
//! not know when to ask: that is [`poller`](super::poller).

use std::collections::VecDeque;

use super::report::Report;
use crate::device::frame::FrameError;

/// The longest frame of any protocol here is a counting scale's block of some lines, well under 200 bytes.
pub const FRAME_LEN_MAX: usize = 256;

/// As many reports as one read of ordinary frames makes: the room for them is kept. Noise in which every byte ends a frame
/// makes thousands, and theirs is given back.
const READY_KEPT_MAX: usize = 256;

/// How one protocol is laid out. Without state: what it was told is all it knows.
pub trait Grammar: Send + Sync {
    /// What stands at the front of `bytes`, which are not empty. `previous` is the byte before them, 0 at the start.
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut;

    /// What a frame says, its delimiters included as [`Cut::Frame`] counted them.
    ///
    /// # Errors
    /// [`FrameError`]; never a weight that was not sent in full.
    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError>;

    /// Whether a frame that was too long may end with this byte.
    fn ends(&self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n')
    }
}

/// What stands at the front of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A frame that has not ended yet.
    More,
    /// So many bytes that belong to no frame: stepped over, without an error. At least 1.
    Noise(usize),
    /// So many bytes that are a frame. At least 1.
    Frame(usize),
}

/// Turns one scale's bytes into reports; one for each opening of the port.
pub struct Decoder {
    grammar: Box<dyn Grammar>,
    /// The eighth bit is parity: the line runs at eight bits, the scale at seven.
    mask_parity: bool,
    held: Vec<u8>,
    previous: u8,
    skipping: bool,
    ready: VecDeque<Result<Report, FrameError>>,
}

impl Decoder {
    #[must_use]
    pub fn new(grammar: Box<dyn Grammar>, mask_parity: bool) -> Self {
        Self { grammar, mask_parity, held: Vec::new(), previous: 0, skipping: false, ready: VecDeque::new() }
    }

    /// Takes bytes as they came off the line. Drain [`Self::poll`] after each push: complete frames wait there.
    pub fn push(&mut self, bytes: &[u8]) {
        // In pieces, so that what is held stays small however much comes at once.
        for piece in bytes.chunks(FRAME_LEN_MAX) {
            if self.mask_parity {
                self.held.extend(piece.iter().map(|byte| byte & 0x7F));
            } else {
                self.held.extend_from_slice(piece);
            }
            self.cut_held();
        }
    }

    /// The next report; `None` until more bytes arrive. An `Err` costs one frame, never the stream.
    pub fn poll(&mut self) -> Option<Result<Report, FrameError>> {
        let next = self.ready.pop_front();
        if next.is_none() {
            self.ready.shrink_to(READY_KEPT_MAX);
        }
        next
    }

    /// Forgets a frame that has begun: the line has been silent for longer than any pause within one. Modbus frames end
    /// so, and half an answer to one question must not be read as the beginning of the next.
    pub fn idle(&mut self) {
        if !self.held.is_empty() {
            self.ready.push_back(Err(FrameError::malformed(&self.held)));
            self.held.clear();
        }
        self.skipping = false;
        self.previous = 0;
    }

    /// Whether a frame has begun and not ended.
    #[must_use]
    pub const fn is_in_frame(&self) -> bool {
        !self.held.is_empty()
    }

    /// What is held between two pushes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.held.capacity() + self.ready.len() * size_of::<Report>()
    }

    fn cut_held(&mut self) {
        let mut from = 0;
        while let Some(front) = self.held.get(from..)
            && !front.is_empty()
        {
            let step = if self.skipping {
                let end = front.iter().position(|byte| self.grammar.ends(*byte));
                self.skipping = end.is_none();
                end.map_or(front.len(), |at| at + 1)
            } else {
                match self.grammar.cut(self.previous, front) {
                    Cut::More if front.len() < FRAME_LEN_MAX => break,
                    Cut::Noise(len) => len.clamp(1, front.len()),
                    Cut::Frame(len) if len <= FRAME_LEN_MAX => {
                        let len = len.clamp(1, front.len());
                        self.ready.push_back(self.grammar.parse(front.get(..len).unwrap_or_default()));
                        len
                    }
                    // One that has ended by now would not have been read, had it come byte by byte.
                    Cut::More | Cut::Frame(_) => {
                        self.ready.push_back(Err(FrameError::TooLong { max: FRAME_LEN_MAX }));
                        self.skipping = true;
                        continue;
                    }
                }
            };
            self.previous = front.get(step - 1).copied().unwrap_or_default();
            from += step;
        }
        self.held.drain(..from);
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder")
            .field("held", &self.held.len())
            .field("skipping", &self.skipping)
            .finish_non_exhaustive()
    }
}

/// The cut of protocols whose frames are lines: ended by CR, LF or both, however they are cut. A line of no bytes is a
/// frame too, a bad one.
#[must_use]
pub fn cut_line(previous: u8, bytes: &[u8]) -> Cut {
    if previous == b'\r' && bytes.first() == Some(&b'\n') {
        return Cut::Noise(1);
    }
    match bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        Some(end) => Cut::Frame(end + 1),
        None => Cut::More,
    }
}

/// A line without what ended it.
#[must_use]
pub fn line(frame: &[u8]) -> &[u8] {
    match frame {
        [line @ .., b'\r' | b'\n'] => line,
        line => line,
    }
}

/// All that a stream says, as the command line tells it; a bad frame by its code.
#[cfg(test)]
pub(super) fn told(grammar: impl Grammar + 'static, stream: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new(Box::new(grammar), false);
    decoder.push(stream);
    std::iter::from_fn(|| decoder.poll())
        .map(|found| match found {
            Ok(report) => serde_json::to_string(&report).unwrap(),
            Err(error) => error.code().to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{decimal::Decimal, scale::report::Unit};

    /// Lines of a number: the least a protocol can be.
    struct Numbers;

    impl Grammar for Numbers {
        fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
            cut_line(previous, bytes)
        }

        fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
            let read = || {
                let shown = Decimal::parse(std::str::from_utf8(line(frame)).ok()?).ok()?;
                Report::amount(shown, Unit::parse(b"g"), None)
            };
            read().ok_or_else(|| FrameError::malformed(frame))
        }
    }

    fn read(chunks: &[&[u8]]) -> Vec<String> {
        let mut decoder = Decoder::new(Box::new(Numbers), false);
        let mut found = Vec::new();
        for chunk in chunks {
            decoder.push(chunk);
            found.extend(std::iter::from_fn(|| decoder.poll()).map(|report| match report {
                Ok(report) => report.weight.unwrap().to_string(),
                Err(FrameError::TooLong { .. }) => "too long".to_owned(),
                Err(error) => error.to_string(),
            }));
        }
        found
    }

    #[test]
    fn a_frame_cut_anywhere_is_the_same_frame() {
        let stream = b"1.0\r\n2.0\r3.0\n";
        for at in 0..stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(read(&[head, tail]), ["1.0", "2.0", "3.0"], "cut at {at}");
        }
    }

    #[test]
    fn a_frame_without_end_is_one_error_and_its_tail_is_no_frame() {
        let endless = [b'7'; 4 * FRAME_LEN_MAX];
        assert_eq!(read(&[&endless, b"5.00\r\n", b"6.00\r\n"]), ["too long", "6.00"]);
    }

    #[test]
    fn a_frame_that_is_too_long_is_that_however_it_comes() {
        let longest = format!("{}.0\r", "0".repeat(FRAME_LEN_MAX - 3));
        let stream = format!("{longest}0{longest}1.0\r");
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        for chunks in [&[stream.as_bytes()][..], &bytes] {
            assert_eq!(read(chunks), ["0.0", "too long", "1.0"]);
        }
    }

    #[test]
    fn little_is_held_however_much_comes_at_once() {
        let mut decoder = Decoder::new(Box::new(Numbers), false);
        decoder.push(&b"1.0\r\n".repeat(100_000));
        assert_eq!(std::iter::from_fn(|| decoder.poll()).count(), 100_000);
        assert!(decoder.held_bytes() <= 4 * FRAME_LEN_MAX, "{} bytes held", decoder.held_bytes());
        assert!(decoder.ready.capacity() <= READY_KEPT_MAX, "room for {} reports", decoder.ready.capacity());
    }

    #[test]
    fn a_bad_frame_costs_one_frame() {
        let found = read(&[b"1.0\r\n1.x\r\n2.0\r\n"]);
        assert_eq!((found.len(), &*found[0], &*found[2]), (3, "1.0", "2.0"));
    }

    #[test]
    fn silence_ends_what_had_begun() {
        let mut decoder = Decoder::new(Box::new(Numbers), false);
        decoder.push(b"12");
        decoder.idle();
        assert!(decoder.poll().unwrap().is_err());
        decoder.push(b"3.0\r\n");
        assert_eq!(decoder.poll().unwrap().unwrap().weight.unwrap().to_string(), "3.0");
    }

    #[test]
    fn parity_in_the_eighth_bit_is_masked_where_told() {
        let mut decoder = Decoder::new(Box::new(Numbers), true);
        decoder.push(&[b'5' | 0x80, b'.', b'5', b'\r' | 0x80]);
        assert_eq!(decoder.poll().unwrap().unwrap().weight.unwrap().to_string(), "5.5");
    }
}
