//! Asks an NTP server on this machine whether it has synchronized the clock: ntpd, ntpsec, OpenNTPD, ntpd-rs.
//!
//! RFC 5905: a client's request, and of the answer the leap indicator, the stratum, and when the server's own clock was
//! last set. A server that is not synchronized says so by its leap indicator.

use std::{net::Ipv4Addr, time::Duration};

use gateway_proto::time::WallTime;
use tokio::{net::UdpSocket, time::timeout};

use super::trust::Synced;

/// Only who is root may take a port as low as this.
const PORT: u16 = 123;

const PACKET_LEN: usize = 48;

/// 1970 in NTP's seconds, which count from 1900.
const BEGINS_1970: u32 = 2_208_988_800;

/// Leap indicator and chrony's leap status of a clock that is not synchronized.
pub(super) const UNSYNCHRONIZED: u8 = 3;

/// The last stratum of a clock that is synchronized.
const STRATUM_MAX: u8 = 15;

/// The reference of a server that serves its own time for want of better.
const ITSELF: [&[u8]; 2] = [b"LOCL", &[127, 127, 1, 1]];

/// How long an answer on the same machine may take. Where nobody listens the refusal comes at once.
const PATIENCE: Duration = Duration::from_millis(500);

/// Bytes of an answer that are read.
const ANSWER_LEN_MAX: usize = 256;

/// Asks, and does not wait long.
pub(super) async fn ask() -> Option<Synced> {
    let mut request = [0; PACKET_LEN];
    // Version 4, a client.
    request[0] = 4 << 3 | 3;
    let answer = exchange(PORT, &request).await?;
    read(&answer)
}

/// A packet to a port of this machine, and what comes back.
pub(super) async fn exchange(port: u16, request: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.ok()?;
    socket.connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    socket.send(request).await.ok()?;
    let mut answer = vec![0; ANSWER_LEN_MAX];
    let len = timeout(PATIENCE, socket.recv(&mut answer)).await.ok()?.ok()?;
    answer.truncate(len);
    Some(answer)
}

/// `None` where the answer does not say that the clock is synchronized.
fn read(packet: &[u8]) -> Option<Synced> {
    let packet: &[u8; PACKET_LEN] = packet.first_chunk()?;
    let [first, stratum, ..] = *packet;
    let (leap, mode) = (first >> 6, first & 7);
    let reference = &packet[12..16];
    let is_synchronized = mode == 4 && leap != UNSYNCHRONIZED && (1..=STRATUM_MAX).contains(&stratum);
    if !is_synchronized || ITSELF.contains(&reference) {
        return None;
    }
    let (seconds, fraction) = (word(&packet[16..20])?, word(&packet[20..24])?);
    (seconds != 0).then(|| Synced(time(seconds, fraction)))
}

/// NTP's time: seconds since 1900 that began anew in 2036, and 2^32 fractions of one.
fn time(seconds: u32, fraction: u32) -> WallTime {
    let era = if seconds >= BEGINS_1970 { 0 } else { 1 << 32 };
    let millis = (i64::from(seconds) + era - i64::from(BEGINS_1970)) * 1_000 + ((i64::from(fraction) * 1_000) >> 32);
    WallTime::from_millis(millis)
}

fn word(bytes: &[u8]) -> Option<u32> {
    bytes.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(leap: u8, mode: u8, stratum: u8, reference: [u8; 4], set: u64) -> Vec<u8> {
        let mut packet = vec![0; PACKET_LEN];
        (packet[0], packet[1]) = (leap << 6 | 4 << 3 | mode, stratum);
        packet[12..16].copy_from_slice(&reference);
        packet[16..24].copy_from_slice(&set.to_be_bytes());
        packet
    }

    #[test]
    fn only_a_server_that_follows_someone_speaks_for_the_clock() {
        let server = [192, 0, 2, 1];
        // 2026-11-18T12:26:40.5Z; then the second era's first hours.
        let set = (1_795_004_800 + u64::from(BEGINS_1970)) << 32 | 1 << 31;
        assert_eq!(time(3_600, 0), WallTime::parse("2036-02-07T07:28:16Z").unwrap());
        let synced = Some(Synced(WallTime::from_millis(1_795_004_800_500)));
        for (packet, expect) in [
            (answer(0, 4, 2, server, set), synced),
            (answer(1, 4, 1, *b"GPS\0", set), synced),
            (answer(3, 4, 2, server, set), None),
            (answer(0, 4, 0, *b"RATE", set), None),
            (answer(0, 4, 16, server, set), None),
            (answer(0, 4, 5, *b"LOCL", set), None),
            (answer(0, 4, 2, server, 0), None),
            (answer(0, 3, 2, server, set), None),
        ] {
            assert_eq!(read(&packet), expect, "{packet:?}");
            assert_eq!(read(&packet[..47]), None);
        }
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_no_answer() {
        let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        drop(taken);
        assert_eq!(exchange(port, b"?").await, None);
    }
}
