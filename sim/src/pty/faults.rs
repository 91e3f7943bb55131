//! What cables, adapters and other people's programs do to a frame on its way to the host.
//!
//! Owns the orders given and the seeded noise. Faults are ordered by count, so that a test knows which frame is hit and
//! that the next one is not; pauses stay until they are taken back. Must not know what a frame means.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::random::Random;

/// A handle to the faults of one line; clones order the same faults. It may outlive a plug and be given to the next
/// one.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Mutex<Orders>>);

#[derive(Debug)]
struct Orders {
    random: Random,
    garbled: u32,
    endless: u32,
    noise_len: usize,
    byte_pause: Duration,
    line_end_pause: Duration,
}

impl Faults {
    /// No faults yet; those to come draw their noise from `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Orders {
            random: Random::seeded(seed),
            garbled: 0,
            endless: 0,
            noise_len: 0,
            byte_pause: Duration::ZERO,
            line_end_pause: Duration::ZERO,
        })))
    }

    /// No faults yet.
    #[must_use]
    pub fn none() -> Self {
        Self::seeded(0)
    }

    /// The next `writes` of the device lose, gain and change bits, as beside a motor that starts.
    pub fn garble_next(&self, writes: u32) {
        self.orders().garbled = writes;
    }

    /// The next `writes` of the device come without their ends (CR, LF, ETX), as from a cable that breaks there.
    pub fn cut_ends(&self, writes: u32) {
        self.orders().endless = writes;
    }

    /// The next write comes right behind `len` bytes of noise, as when a plug makes contact.
    pub fn noise(&self, len: usize) {
        self.orders().noise_len = len;
    }

    /// From now on every byte comes alone, so long after the one before; zero ends it.
    pub fn dribble(&self, pause: Duration) {
        self.orders().byte_pause = pause;
    }

    /// From now on the LF of a CRLF comes so long after the CR; zero ends it.
    pub fn split_line_ends(&self, pause: Duration) {
        self.orders().line_end_pause = pause;
    }

    /// What becomes of one write: pieces, each with the pause before it.
    pub(super) fn befall(&self, bytes: &[u8]) -> Vec<(Duration, Vec<u8>)> {
        let mut orders = self.orders();
        let mut bytes = bytes.to_vec();
        if orders.endless > 0 {
            orders.endless -= 1;
            bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0x03));
        }
        if orders.garbled > 0 {
            orders.garbled -= 1;
            bytes = orders.garble(&bytes);
        }
        let noise_len = std::mem::take(&mut orders.noise_len);
        let noise: Vec<u8> = (0..noise_len).map(|_| orders.noise_byte()).collect();
        bytes.splice(..0, noise);
        orders.pieces(bytes)
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    /// One byte in three is hit; the first one always is, so that no garbled frame is a good one by luck.
    fn garble(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut garbled = Vec::new();
        for (place, byte) in bytes.iter().enumerate() {
            let hit = place == 0 || self.random.below(3) == 0;
            match self.random.below(4) {
                _ if !hit => garbled.push(*byte),
                0 => {}
                1 => garbled.extend([*byte | 0x80, self.noise_byte()]),
                2 => garbled.push(self.noise_byte()),
                _ => garbled.push((byte ^ (1 << self.random.below(7))) | 0x80),
            }
        }
        garbled
    }

    /// Mostly what a broken contact reads as, else anything above ASCII.
    fn noise_byte(&mut self) -> u8 {
        match self.random.below(4) {
            0 => 0x00,
            1 => 0xFF,
            other => u8::try_from(0x80 + self.random.below(0x60) + other).unwrap_or(0xFF),
        }
    }

    fn pieces(&self, bytes: Vec<u8>) -> Vec<(Duration, Vec<u8>)> {
        if !self.byte_pause.is_zero() {
            return bytes.into_iter().map(|byte| (self.byte_pause, vec![byte])).collect();
        }
        if self.line_end_pause.is_zero() {
            return vec![(Duration::ZERO, bytes)];
        }
        let mut pieces = vec![(Duration::ZERO, Vec::new())];
        let mut before = 0;
        for byte in bytes {
            if (before, byte) == (b'\r', b'\n') {
                pieces.push((self.line_end_pause, Vec::new()));
            }
            if let Some((_, piece)) = pieces.last_mut() {
                piece.push(byte);
            }
            before = byte;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(3);

    fn whole(faults: &Faults, bytes: &[u8]) -> Vec<u8> {
        faults.befall(bytes).into_iter().flat_map(|(_, piece)| piece).collect()
    }

    #[test]
    fn as_many_writes_as_ordered_are_garbled_and_no_more() {
        for seed in 0..200 {
            let faults = Faults::seeded(seed);
            faults.garble_next(2);
            assert_ne!(whole(&faults, b"+12.5 kg\r\n"), b"+12.5 kg\r\n", "seed {seed}");
            assert_ne!(whole(&faults, b"+12.5 kg\r\n"), b"+12.5 kg\r\n", "seed {seed}");
            assert_eq!(whole(&faults, b"+12.5 kg\r\n"), b"+12.5 kg\r\n", "seed {seed}");
        }
    }

    #[test]
    fn noise_comes_once_and_before_the_frame_and_is_the_same_for_a_seed() {
        let run = |seed| {
            let faults = Faults::seeded(seed);
            faults.noise(5);
            (whole(&faults, b"W"), whole(&faults, b"W"))
        };
        let (first, second) = run(4);
        assert_eq!((first.len(), first.last(), &second[..]), (6, Some(&b'W'), &b"W"[..]));
        assert!(first[..5].iter().all(|byte| *byte == 0 || *byte >= 0x80), "{first:02x?}");
        assert_eq!(run(4), (first, second));
    }

    #[test]
    fn a_frame_without_its_end_runs_into_the_next() {
        let faults = Faults::none();
        faults.cut_ends(1);
        assert_eq!(whole(&faults, b"\x0212.5\r\n\x03"), b"\x0212.5");
        assert_eq!(whole(&faults, b"12.5\r\n"), b"12.5\r\n");
    }

    #[test]
    fn pauses_cut_a_write_into_pieces() {
        let faults = Faults::none();
        faults.split_line_ends(PAUSE);
        let pieces = [(Duration::ZERO, b"a\r".to_vec()), (PAUSE, b"\nb\n\r".to_vec()), (PAUSE, b"\n".to_vec())];
        assert_eq!(faults.befall(b"a\r\nb\n\r\n"), pieces);
        faults.dribble(PAUSE);
        assert_eq!(faults.befall(b"ab"), [(PAUSE, b"a".to_vec()), (PAUSE, b"b".to_vec())]);
        faults.dribble(Duration::ZERO);
        faults.split_line_ends(Duration::ZERO);
        assert_eq!(faults.befall(b"a\r\n"), [(Duration::ZERO, b"a\r\n".to_vec())]);
    }
}
