//! What a receiver at one speed makes of bits sent at another.
//!
//! Owns the model of an asynchronous line: a start bit, eight data bits from the lowest, a stop bit, sampled in the
//! middle of each bit from the falling edge of the start bit on. Nothing is drawn by lot: two speeds and the same bytes
//! give the same garbage, in the wrong number and full of 00, FF and high bits, as on a real line. Must not know
//! terminals.

/// Start bit, data, stop bit.
const BITS_PER_BYTE: usize = 10;

/// The bytes that arrive when `bytes` are sent back to back at `from` baud to a receiver at `to` baud. Speeds a few per
/// cent apart understand each other. A speed of 0 is a line that is hung up: nothing arrives.
pub(super) fn carry(bytes: &[u8], from: u32, to: u32) -> Vec<u8> {
    if from == to && from > 0 {
        return bytes.to_vec();
    }
    if from == 0 || to == 0 {
        return Vec::new();
    }
    let line = Line { bytes };
    // In bits of the sender.
    let step = f64::from(from) / f64::from(to);
    // An edge is looked for sixteen times a bit of the receiver, as a UART does, but no coarser than the sender's bits.
    let tick = (step / 16.0).min(0.25);
    let end = line.len();
    let mut heard = Vec::new();
    let mut at = 0.0;
    while at < end {
        if line.is_high(at) {
            at += tick;
            continue;
        }
        let middle = at + step / 2.0;
        if line.is_high(middle) {
            // Too short for a start bit: a spike to this receiver.
            at = middle;
            continue;
        }
        let byte = (0..8).fold(0, |byte, bit| {
            let sample = line.is_high(middle + step * f64::from(bit + 1));
            byte | (u8::from(sample) << bit)
        });
        heard.push(byte);
        at = middle + step * 9.0;
        // After a missing stop bit the next start is the next falling edge, so the line has to go up first.
        while at < end && !line.is_high(at) {
            at += tick;
        }
    }
    heard
}

/// The level of the line over time, counted in bits from the first start bit. Before and after, it is high.
struct Line<'a> {
    bytes: &'a [u8],
}

impl Line<'_> {
    fn len(&self) -> f64 {
        (self.bytes.len() * BITS_PER_BYTE) as f64
    }

    fn is_high(&self, at: f64) -> bool {
        let bit = at as usize;
        match (self.bytes.get(bit / BITS_PER_BYTE), bit % BITS_PER_BYTE) {
            (None, _) | (_, 9) => true,
            (_, 0) => false,
            (Some(byte), bit) => (byte >> (bit - 1)) & 1 == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_that_are_close_enough_understand_each_other() {
        let all: Vec<u8> = (0..=255).collect();
        for (from, to) in [(9600, 9600), (9600, 9700), (9700, 9600), (115_200, 117_000)] {
            assert_eq!(carry(&all, from, to), all, "{from} to {to}");
        }
    }

    #[test]
    fn other_speeds_bring_other_bytes_in_another_number_and_always_the_same() {
        let text = b"S S      123.4 g\r\n";
        for (from, to) in [(2400, 9600), (4800, 9600), (9600, 4800), (9600, 2400), (9600, 19_200), (115_200, 9600)] {
            let heard = carry(text, from, to);
            assert_ne!(heard, text, "{from} to {to}");
            assert_ne!(heard.len(), text.len(), "{from} to {to}: {heard:02x?}");
            assert_eq!(heard, carry(text, from, to));
            let foreign = heard.iter().filter(|byte| !(b' '..=b'~').contains(byte)).count();
            assert!(foreign * 2 > heard.len(), "{from} to {to}: {heard:02x?}");
        }
    }

    #[test]
    fn a_byte_sent_at_half_the_speed_doubles_its_bits() {
        // 00: nine low bits are eighteen to the receiver, one byte of zeros and a break it waits out.
        assert_eq!(carry(&[0x00], 4800, 9600), [0x00]);
        // FF: the start bit is two bits wide, so the first data bit is low.
        assert_eq!(carry(&[0xFF], 4800, 9600), [0xFE]);
    }

    #[test]
    fn a_line_that_is_hung_up_carries_nothing() {
        assert_eq!(carry(b"anything", 9600, 0), b"");
        assert_eq!(carry(b"anything", 0, 0), b"");
    }
}
