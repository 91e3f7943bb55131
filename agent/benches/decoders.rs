//! Scans and frames per second on one core: element strings of GS1, and the frames of every scale protocol as they come
//! off a line. Beside each, in the same run, what it costs to look at the same bytes and find where things end: no
//! decoder can be faster than that.
//!
//! `cargo bench -p agent --bench decoders` (`-- SECONDS` for longer turns)

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark speaks to a person")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use agent::{
    device::{
        AimId, Scan,
        scale::{
            Options, Protocol,
            modbus::{Map, Query},
        },
    },
    label::{
        self, LabelRules,
        element_string::{Checks, ElementString},
    },
};

const TURNS: usize = 5;

/// Per second.
const SCANS_GOAL: f64 = 1_000_000.0;
const FRAMES_GOAL: f64 = 2_000_000.0;

/// What a port reads at once.
const READ_LEN: usize = 4_096;
const STREAM_FRAMES: usize = 2_000;

/// As they stand on items, batches, pallets and parts.
const SCANS: [&[u8]; 8] = [
    b"]C101050601234500191728103110B-77",
    b"]d201050601234500191728103110B-77\x1d21AX-9",
    b"]C10035060123450000001002050601234500193724",
    b"]d201050601234500193103001255\x1d392201995\x1d21S1",
    b"]d24145060123457773254SHELF-9",
    b"]e001050601234500191526070010L",
    b"]Q38004506012345DRILL\x1d7240CAL-2",
    b"]d2010506012345001910A1B2C3D4E5F6G7H8I9J0\x1d21ABCDEFGHIJ0123456789\x1d17281031\x1d240PART-NUMBER-1",
];

fn main() {
    let seconds: f64 = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(0.2);
    let turn = Duration::from_secs_f64(seconds);
    println!("{TURNS} turns of {seconds} s each, medians, one core");
    println!("{:<24} {:>14} {:>14} {:>7} {:>12}", "", "bytes only/s", "decoded/s", "ratio", "goal");
    scans(turn);
    for protocol in Protocol::ALL {
        frames(protocol, turn);
    }
}

fn scans(turn: Duration) {
    let count = SCANS.len();
    let payloads = SCANS.map(|scan| AimId::split(scan).1);
    for payload in payloads {
        ElementString::parse(payload, Checks::default()).unwrap();
    }
    let split = || payloads.iter().map(|payload| black_box(payload).split(|byte| *byte == 0x1D).count()).sum::<usize>();
    let parse = || {
        for payload in payloads {
            black_box(ElementString::parse(black_box(payload), Checks::default()).is_ok());
        }
    };
    show("gs1 element strings", count, turn, Some(SCANS_GOAL), split, parse);
    // All that a station does with a scan before it asks what the item is.
    let rules = LabelRules::default();
    let read = || {
        for scan in SCANS {
            black_box(label::read(&Scan::from_frame(black_box(scan)), &rules, 2026).quantity);
        }
    };
    show("  with items and JSON", count, turn, None, split, read);
}

fn frames(protocol: Protocol, turn: Duration) {
    let options = Options { query: Query { map: Map::LaumasTlb, ..Query::default() }, ..Options::default() };
    let kinds = kinds(protocol);
    let stream: Vec<u8> = kinds.iter().cycle().take(STREAM_FRAMES).flatten().copied().collect();
    let mut decoder = protocol.decoder(&options);
    decoder.push(&stream);
    let weights =
        std::iter::from_fn(|| decoder.poll()).filter(|report| report.as_ref().unwrap().weight.is_some()).count();
    assert_eq!(weights, STREAM_FRAMES, "{protocol}");
    let split = || black_box(&stream).split(|byte| matches!(*byte, b'\r' | b'\n' | 0x03)).count();
    let decode = || {
        for read in stream.chunks(READ_LEN) {
            decoder.push(black_box(read));
            while let Some(report) = decoder.poll() {
                black_box(report.is_ok());
            }
        }
    };
    show(protocol.name(), STREAM_FRAMES, turn, Some(FRAMES_GOAL), split, decode);
}

/// One line of the table: `bytes` and `decoded` go through `count` things each.
fn show<T, U>(
    name: &str,
    count: usize,
    turn: Duration,
    goal: Option<f64>,
    mut bytes: impl FnMut() -> T,
    mut decoded: impl FnMut() -> U,
) {
    let (mut limit, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        limit.push(rate(count, turn, &mut bytes));
        ours.push(rate(count, turn, &mut decoded));
    }
    let (limit, ours) = (median(limit), median(ours));
    let goal =
        goal.map_or_else(String::new, |goal| format!("{goal:>9.0} {}", if ours >= goal { "met" } else { "MISSED" }));
    println!("{name:<24} {limit:>14.0} {ours:>14.0} {:>7.3} {goal:>14}", ours / limit);
}

/// Things per second, of rounds of `count`.
fn rate<T>(count: usize, turn: Duration, round: &mut impl FnMut() -> T) -> f64 {
    let (begin, mut rounds) = (Instant::now(), 0_u32);
    while begin.elapsed() < turn {
        for _ in 0..16 {
            black_box(round());
        }
        rounds += 16;
    }
    let elapsed = begin.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let things = count as f64 * f64::from(rounds);
    things / elapsed
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What a scale sends while parts are taken: stable and moving weights.
fn kinds(protocol: Protocol) -> Vec<Vec<u8>> {
    let texts: &[&[u8]] = match protocol {
        Protocol::MtSics => &[b"S S     412.50 g\r\n", b"S D     398.12 g\r\n"],
        Protocol::Toledo8217 => &[b"\x0204.125\r", b"\x02 3.980\r"],
        Protocol::ToledoContinuous => &[b"\x02,0 004125000000\r", b"\x02,8 003980000000\r"],
        Protocol::Sma => &[b"\n 1G       4.125kg \r", b"\n 1GM      3.980kg \r"],
        Protocol::Nci => &[b"\n  4.125kg\r\n00\r\x03", b"\n  3.980kg\r\n10\r\x03"],
        Protocol::And => &[b"ST,+00412.50  g\r\n", b"US,+00398.12  g\r\n"],
        Protocol::Cas22 => &[b"ST,GS,1\xe4,00004.12 kg\r\n", b"US,GS,1\xa4,00003.98 kg\r\n"],
        Protocol::Cas18 => &[b"ST,GS,+0004.12kg\r\n", b"US,GS,+0003.98kg\r\n"],
        Protocol::Cas10 => &[b"  004.12\r\n", b"  003.98\r\n"],
        Protocol::Ohaus => &[b"      412.50 g  \r\n", b"      398.12 g ? NET\r\n"],
        Protocol::SartoriusSbi => &[b"N     +   412.50 g  \r\n", b"N     +   398.12    \r\n"],
        Protocol::Radwag => &[b"SI       412.50 g  \r\n", b"SI ?     398.12 g  \r\n"],
        Protocol::Dini => &[b"ST,GS,   4.125,kg\r\n", b"1,US,     3.980,       0.000,         0,         0,kg\r\n"],
        Protocol::Adam => &[b"G     +  4.12 kg\r\n", b"N     -  0.14 kg\r\n"],
        Protocol::KernDe => &[b"M      412.50 g \r\n", b"       398.12 g \r\n"],
        Protocol::KernEoc => &[b"ST,GS   4.125kg\r\n", b"US,GS   3.980kg\r\n"],
        Protocol::ModbusRtu => &[
            b"\x01\x03\x0a\x08\x00\x00\x00\x10\x1d\x00\x00\x10\x1d\x00\x00",
            b"\x01\x03\x0a\x00\x00\x00\x00\x0f\x8c\x00\x00\x0f\x8c\x00\x00",
        ],
        Protocol::ModbusTcp => &[
            b"\x00\x01\x00\x00\x00\x0d\x01\x03\x0a\x08\x00\x00\x00\x10\x1d\x00\x00\x10\x1d",
            b"\x00\x01\x00\x00\x00\x0d\x01\x03\x0a\x00\x00\x00\x00\x0f\x8c\x00\x00\x0f\x8c",
        ],
        Protocol::UsbHid => &[b"\x03\x04\x02\x00\x9c\x01", b"\x03\x03\x02\x00\x8e\x01"],
    };
    let mut kinds: Vec<Vec<u8>> = texts.iter().map(|text| text.to_vec()).collect();
    if protocol == Protocol::ModbusRtu {
        for reply in &mut kinds {
            seal(reply);
        }
    }
    kinds
}

/// Modbus' checksum, into the last two bytes.
fn seal(reply: &mut [u8]) {
    let (body, sum) = reply.split_at_mut(reply.len() - 2);
    let crc = body.iter().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xA001 })
    });
    sum.copy_from_slice(&crc.to_le_bytes());
}
