//! Any bytes from a scanner that speaks packets, with any pauses and any verdicts: a scan is handed on once, and what
//! was damaged does not take the next packet with it.
#![no_main]

use agent::device::{
    Terminator,
    scanner_host::{Host, HostDialect, Verdict},
    ssi::{Packet, PacketError, SsiDecoder},
};
use libfuzzer_sys::fuzz_target;

/// A Code 128 that says "A1".
const GOOD: [u8; 9] = [0x07, 0xF3, 0x00, 0x00, 0x03, 0x41, 0x31, 0xFE, 0x91];

fuzz_target!(|data: &[u8]| {
    let [flags, cut, bytes @ ..] = data else { return };
    let _ = Packet::parse(bytes).map(|packet| serde_json::to_string(&packet).expect("a packet has a form in JSON"));
    let (head, tail) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let whole = read([bytes]);
    assert_eq!(whole, read([head, tail]), "cut at {}", head.len());
    assert_eq!(whole, read(bytes.chunks(1)), "byte by byte");
    converse(*flags, bytes);
});

fn read<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Packet, PacketError>> {
    let mut decoder = SsiDecoder::new();
    let mut found = Vec::new();
    for part in parts {
        decoder.push(part, 0);
        found.extend(std::iter::from_fn(|| decoder.poll()));
    }
    decoder.poll_idle(SsiDecoder::IDLE_MS);
    found.extend(std::iter::from_fn(|| decoder.poll()));
    assert_eq!(decoder.next_deadline(), None);
    decoder.push(&GOOD, 10_000);
    assert!(decoder.poll().is_some_and(|packet| packet.is_ok()), "lost");
    found
}

/// In pieces of a length that the bytes say, with a pause and a verdict that the flags say.
fn converse(flags: u8, bytes: &[u8]) {
    let mut host = Host::new(HostDialect::Ssi, Terminator::Cr, 0);
    let mut now_ms = 0;
    host.open(now_ms);
    let mut rest = bytes;
    let mut turn = flags;
    while let [len, behind @ ..] = rest {
        let (piece, behind) = behind.split_at(usize::from(*len).min(behind.len()));
        rest = behind;
        host.push(piece, now_ms);
        while let Some(found) = host.poll() {
            let Ok(scan) = found else { continue };
            assert!(host.poll().is_none(), "a second scan before the verdict");
            assert!(scan.code.len() <= 8 * 1024);
            turn = turn.rotate_left(1);
            let verdict = [Verdict::Accepted, Verdict::Refused, Verdict::NotRecorded][usize::from(turn & 3) % 3];
            assert!(!host.verdict(verdict, now_ms).is_empty(), "no answer");
        }
        host.take_output();
        now_ms += u64::from(turn) * 7;
        if let Some(deadline) = host.next_deadline()
            && deadline <= now_ms
        {
            host.poll_idle(now_ms);
            host.take_output();
        }
    }
}
