//! Frames bent in every way a line can bend them: no decoder panics, holds more than its bound, or stays lost.

use std::io::Write as _;

use crate::device::{
    Cause, Debounce, FrameDecoder, JsonDialect, JsonFields, MassUnit, MtSics, Reading, Scan, Tasmota, Terminator,
};

const FRAMES: u32 = 200_000;
const SEED: u64 = 0x5EED_0B1A_5ED0_11D5;

/// SplitMix64: small, and its whole state is the seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

const GOOD: &[&[u8]] = &[
    b"S S     100.00 g\r\n",
    b"S D      -0.82 kg\r\n",
    b"S I\r\n",
    b"T S 1.5 g\r\n",
    b"I4 A \"123456789\"\r\n",
    b"ES\r\n",
    b"]C10109521234567882\x1d10LOT\r",
    b"]d2plain\r\n",
    b"\x02BIN-0042\x03",
    b"{\"data\":{\"w\":12.50,\"u\":\"g\"},\"ok\":true}",
    b"{\"HX711\":{\"Weight\":-1.5e3,\"WeightRaw\":99}}",
    b"{\"data\":{\"w\":NaN}}",
    b"Online",
];

fn bend(random: &mut Random) -> Vec<u8> {
    let mut frame = GOOD[random.below(GOOD.len())].to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(frame.len() + 1);
        match random.below(6) {
            0 => frame.truncate(at),
            1 => frame.insert(at, random.next().to_le_bytes()[0]),
            2 if at < frame.len() => frame[at] ^= 1 << random.below(8),
            3 if at < frame.len() => drop(frame.remove(at)),
            4 => frame.extend_from_slice(GOOD[random.below(GOOD.len())]),
            _ => {
                let byte = b"0123456789.- \"\\{}[]e+\x02\x03\r\n"[random.below(25)];
                frame.splice(at..at, std::iter::repeat_n(byte, random.below(40)));
            }
        }
    }
    frame
}

#[test]
fn bent_frames_neither_break_a_decoder_nor_lose_the_one_after() {
    writeln!(std::io::stderr(), "noise seed {SEED:#x}").unwrap();
    let mut random = Random(SEED);
    let mut scale = MtSics::new();
    let mut debounce = Debounce::new(1000);
    let mut scanners: Vec<FrameDecoder> = [
        Terminator::Cr,
        Terminator::Lf,
        Terminator::CrLf,
        Terminator::AnyCrLf,
        Terminator::Tab,
        Terminator::StxEtx,
        Terminator::None,
    ]
    .map(|terminator| FrameDecoder::new(terminator, 200).with_len_max(64))
    .into();
    let fields = JsonFields {
        weight: Some("data.w".into()),
        unit: Some("data.u".into()),
        stable: Some("ok".into()),
        ..JsonFields::default()
    };
    let json = JsonDialect::new(fields, Some(MassUnit::Gram)).unwrap();
    let tasmota = Tasmota::default();
    let mut now_ms = 0;

    for round in 0..FRAMES {
        let frame = bend(&mut random);
        let chunk_len = 1 + random.below(frame.len() + 1);

        for chunk in frame.chunks(chunk_len) {
            scale.push(chunk);
        }
        let _ = std::iter::from_fn(|| scale.poll()).count();
        assert!(scale.held_bytes() <= 2048, "round {round}: {} bytes held", scale.held_bytes());

        for scanner in &mut scanners {
            for chunk in frame.chunks(chunk_len) {
                scanner.push(chunk, now_ms);
                for found in std::iter::from_fn(|| scanner.poll()).flatten() {
                    assert!(!found.is_empty() && found.len() <= 64, "round {round}: {found:?}");
                    let scan = Scan::from_frame(&found);
                    let _ = (scan.text(), debounce.accept(&scan.code, now_ms));
                }
            }
            assert!(scanner.held_bytes() <= 256, "round {round}: {} bytes held", scanner.held_bytes());
        }
        now_ms += random.next() % 300;

        if let Ok(Reading::Unknown(cause)) = json.read(&frame) {
            assert_eq!(cause, Cause::NotANumber, "round {round}");
        }
        let _ = tasmota.read("tele/bin/SENSOR", &frame);
        let _ = tasmota.read("tele/bin/LWT", &frame);
        let _ = tasmota.read(&String::from_utf8_lossy(&frame), &frame);

        if round % 64 == 0 {
            scale.push(b"\r\nS S 5.00 g\r\n");
            let last = std::iter::from_fn(|| scale.poll()).last();
            assert!(
                matches!(last.unwrap().unwrap().reading(), Some(Reading::Weight(weight)) if weight.mass.micrograms() == 5_000_000),
                "round {round}: the scale decoder stayed lost"
            );
            // After a silence longer than the idle rule, whatever came before is forgotten.
            now_ms += 200;
            for scanner in &mut scanners {
                scanner.push(b"\x02GOOD\x03\t\r\n", now_ms);
                now_ms += 200;
                scanner.poll_idle(now_ms);
                let found: Vec<_> = std::iter::from_fn(|| scanner.poll()).flatten().collect();
                assert!(
                    found.last().is_some_and(|frame| frame.windows(4).any(|part| part == b"GOOD")),
                    "round {round}: a scanner stayed lost: {scanner:?} {found:?}"
                );
            }
        }
    }
}
