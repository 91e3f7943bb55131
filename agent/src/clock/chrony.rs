//! Asks chronyd, over its command port, whether it has synchronized the clock.
//!
//! The packets of chrony's protocol version 6 (candm.h, since chrony 1.27): a request for tracking, which needs no
//! privilege on the machine itself, and its answer. Of it: how the clock stands, by whom, how far it still has to go,
//! and when it was last measured.

use gateway_proto::time::WallTime;

use super::{
    ntp::{self, exchange},
    trust::{STEP_MS, Synced},
};

/// Only who is root may take a port as low as this.
const PORT: u16 = 323;

const REQUEST_TRACKING: u16 = 33;
const REPLY_TRACKING: u16 = 5;

/// The header of a reply, and tracking behind it. A request is as long as its reply.
const HEADER_LEN: usize = 28;
const REPLY_LEN: usize = HEADER_LEN + 76;

/// The reference of a chronyd that serves its own time for want of better: 127.127.1.1.
const ITSELF: u32 = 0x7F7F_0101;

/// Asks, and does not wait long.
pub(super) async fn ask() -> Option<Synced> {
    let answer = exchange(PORT, &request()).await?;
    read(&answer)
}

fn request() -> [u8; REPLY_LEN] {
    let mut packet = [0; REPLY_LEN];
    // Version and "a request"; then two reserved bytes.
    packet[..2].copy_from_slice(&[6, 1]);
    packet[4..6].copy_from_slice(&REQUEST_TRACKING.to_be_bytes());
    packet
}

/// `None` where the answer does not say that the clock is synchronized.
fn read(packet: &[u8]) -> Option<Synced> {
    let half = |at: usize| packet.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes);
    let word = |at: usize| packet.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let is_answer = packet.len() >= REPLY_LEN && packet[..2] == [6, 2];
    // Command, reply, status.
    if !is_answer || (half(4)?, half(6)?, half(8)?) != (REQUEST_TRACKING, REPLY_TRACKING, 0) {
        return None;
    }
    // Reference, its address (20 bytes), stratum, leap; then the time of the last measurement in three words.
    let (reference, stratum, leap) = (word(HEADER_LEN)?, half(HEADER_LEN + 24)?, half(HEADER_LEN + 26)?);
    if leap >= ntp::UNSYNCHRONIZED.into() || stratum == 0 || matches!(reference, 0 | ITSELF) {
        return None;
    }
    let measured = HEADER_LEN + 28;
    let seconds = u64::from(word(measured)?) << 32 | u64::from(word(measured + 4)?);
    // What chronyd still has to take away: it slews where it may not step, and until then the clock is wrong.
    let to_go = float(word(measured + 12)?);
    let is_there = to_go.abs() * 1_000.0 <= STEP_MS as f64;
    let millis =
        i64::try_from(seconds).ok()?.checked_mul(1_000)?.checked_add(i64::from(word(measured + 8)? / 1_000_000))?;
    is_there.then_some(Synced(WallTime::from_millis(millis)))
}

/// chrony's own floats: a signed exponent of 7 bits, a signed coefficient of 25.
fn float(word: u32) -> f64 {
    let signed = |value: u32, bits: u32| ((value << (32 - bits)) as i32) >> (32 - bits);
    let (exponent, coefficient) = (signed(word >> 25, 7), signed(word & 0x01FF_FFFF, 25));
    f64::from(coefficient) * 2f64.powi(exponent - 25)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer of a chronyd, with these in their places.
    fn answer(reference: u32, stratum: u16, leap: u16, seconds: u32, to_go: u32) -> Vec<u8> {
        let mut packet = vec![0; REPLY_LEN];
        packet[..2].copy_from_slice(&[6, 2]);
        packet[4..6].copy_from_slice(&33_u16.to_be_bytes());
        packet[6..8].copy_from_slice(&5_u16.to_be_bytes());
        packet[28..32].copy_from_slice(&reference.to_be_bytes());
        packet[52..54].copy_from_slice(&stratum.to_be_bytes());
        packet[54..56].copy_from_slice(&leap.to_be_bytes());
        packet[60..64].copy_from_slice(&seconds.to_be_bytes());
        packet[68..72].copy_from_slice(&to_go.to_be_bytes());
        packet
    }

    #[test]
    fn only_a_chronyd_that_follows_someone_and_has_arrived_speaks_for_the_clock() {
        let server = 0xC000_0201;
        // 1.0 is 2^23 · 2^(2 − 25); an hour is 3600 · 2^12 · 2^(13 − 25).
        let (second, hour) = (2 << 25 | 1 << 23, 13 << 25 | 3_600 << 12);
        assert_eq!((float(second), float(hour), float(0)), (1.0, 3_600.0, 0.0));
        assert_eq!(float(0x7F << 25 | 0x01FF_FFFF), -(2f64.powi(-26)));
        let synced = Some(Synced(WallTime::from_millis(1_795_000_000_000)));
        for (packet, expect) in [
            (answer(server, 3, 0, 1_795_000_000, 0), synced),
            (answer(server, 3, 1, 1_795_000_000, second), synced),
            (answer(server, 3, 0, 1_795_000_000, hour), None),
            (answer(server, 3, 3, 1_795_000_000, 0), None),
            (answer(0, 0, 0, 0, 0), None),
            (answer(ITSELF, 10, 0, 1_795_000_000, 0), None),
        ] {
            assert_eq!(read(&packet), expect);
        }
    }

    #[test]
    fn anything_else_at_the_port_says_nothing() {
        let good = answer(0xC000_0201, 3, 0, 1_795_000_000, 0);
        assert!(read(&good).is_some());
        for len in 0..good.len() {
            assert_eq!(read(&good[..len]), None);
        }
        for (at, byte) in [(0, 5), (1, 1), (5, 34), (7, 6), (9, 1)] {
            let mut packet = good.clone();
            packet[at] = byte;
            assert_eq!(read(&packet), None, "byte {at}");
        }
    }
}
