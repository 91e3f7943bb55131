//! Every way a scanner hands on a scan: bytes with an end, dialogues, packets, keys. And who watches the line beside.

use agent::device::{
    Debounce, FrameDecoder, LineDoubt, Scan, Terminator,
    keyboard::{KeySuffix, Keyboard, KeyboardSettings, SelfTest, layout},
    scanner_host::{Host, HostDialect, Verdict},
    ssi::{Assembly, Message, SsiDecoder, Taken},
};

use crate::storm::{Random, frames, storm};

const TERMINATORS: [Terminator; 7] = [
    Terminator::Cr,
    Terminator::Lf,
    Terminator::CrLf,
    Terminator::AnyCrLf,
    Terminator::Tab,
    Terminator::StxEtx,
    Terminator::None,
];

/// A frame that every terminator ends.
const GOOD: &[u8] = b"\x02GOOD\x03\t\r\n";

/// Longer than any of them waits.
const SILENCE_MS: u64 = 60_000;

/// No scan is longer than one byte less than this.
const LEN_MAX: usize = 8 * 1024;

enum Scanner {
    Bytes(FrameDecoder),
    Dialogue(Box<Host>),
    Packets(SsiDecoder, Box<Assembly>),
    Keys(Box<Keyboard>),
    Line(LineDoubt),
}

#[test]
fn no_scanner_is_lost_in_noise() {
    let mut scanners = scanners();
    let (good, board) = (good(), board());
    let mut debounce = Debounce::new(1_000);
    let mut frame = Vec::new();
    let mut now_ms = 0;
    storm("scanners", |round, random| {
        let at = random.below(scanners.len());
        random.bend(&good, &mut frame);
        if random.once_in(2) {
            seal(&mut frame);
        }
        now_ms += random.next() % 300;
        match &mut scanners[at] {
            Scanner::Bytes(decoder) => {
                for piece in random.pieces(&frame) {
                    decoder.push(piece, now_ms);
                    for found in std::iter::from_fn(|| decoder.poll()).flatten() {
                        assert!(!found.is_empty() && found.len() <= LEN_MAX, "{} bytes", found.len());
                        let scan = Scan::from_frame(&found);
                        let _ = (scan.text(), SelfTest::read(&found), debounce.accept(&scan.code, now_ms));
                    }
                }
            }
            Scanner::Dialogue(host) => {
                for piece in random.pieces(&frame) {
                    converse(host, piece, now_ms, random);
                }
            }
            Scanner::Packets(decoder, assembly) => {
                for piece in random.pieces(&frame) {
                    join(decoder, assembly, piece, now_ms, random);
                }
            }
            Scanner::Keys(keyboard) => {
                for byte in &frame {
                    press(keyboard, board[usize::from(*byte)], now_ms, random);
                }
            }
            Scanner::Line(doubt) => {
                doubt.saw_bytes(&frame);
                match random.below(8) {
                    0 => doubt.good_frame(),
                    1 => doubt.reset(),
                    _ => doubt.bad_frame(),
                }
                let _ = (doubt.doubt(), doubt.remedy());
            }
        }
        if round % 64 == 0 {
            now_ms += SILENCE_MS;
            let found = scanners[at].read_good(now_ms);
            assert!(found, "scanner {at} stayed lost");
            now_ms += SILENCE_MS;
        }
    });
}

fn scanners() -> Vec<Scanner> {
    let bytes = TERMINATORS.map(|terminator| Scanner::Bytes(FrameDecoder::new(terminator, 200)));
    let short = TERMINATORS.map(|terminator| Scanner::Bytes(FrameDecoder::new(terminator, 0).with_len_max(16)));
    let dialogues = HostDialect::ALL.into_iter().zip(TERMINATORS.into_iter().cycle());
    let dialogues = dialogues.map(|(dialect, end)| Scanner::Dialogue(Box::new(Host::new(dialect, end, 200))));
    let packets = (0..4).map(|_| Scanner::Packets(SsiDecoder::new(), Box::default()));
    let keys = [KeySuffix::Enter, KeySuffix::Tab, KeySuffix::EnterOrTab].map(|suffix| {
        let function_keys = std::array::from_fn(|index| [Some(0x1D), None, Some(0x1E)][index % 3]);
        Scanner::Keys(Box::new(Keyboard::new(KeyboardSettings { suffix, function_keys })))
    });
    bytes
        .into_iter()
        .chain(short)
        .chain(dialogues)
        .chain(packets)
        .chain(keys)
        .chain([Scanner::Line(LineDoubt::new())])
        .collect()
}

fn good() -> Vec<Box<[u8]>> {
    let mut good = frames([
        &b"]C10109521234567882\x1d10LOT\r"[..],
        b"]d2plain\r\n",
        b"\x02BIN-0042\x03",
        b"EMP-7\t",
        b"]L2[)>\x1e06\x1dP4711\x1dQ250\x1e\x04\r\n",
        b"HSTACK1\x06!BELBEP1\x06!SCAN-1\r",
        b"aA1-/]\x1d\r",
        b"NR\r",
    ]);
    good.extend([
        packet(0xF3, 0, b"\x03BIN-0042"),
        packet(0xF3, 1, b"\x03BIN-0042"),
        packet(0xF3, 2, b"\x1cFIRST HALF "),
        packet(0xF3, 0, b"\x1cSECOND HALF"),
        packet(0xD0, 0, b""),
        packet(0xD1, 0, b"\x01"),
        packet(0xA4, 0, b"PAABLS00-001-R00"),
        packet(0xF6, 0, b"\x01"),
    ]);
    good
}

fn packet(opcode: u8, status: u8, body: &[u8]) -> Box<[u8]> {
    let mut packet = [&[0, opcode, 0, status], body, &[0, 0]].concat();
    seal(&mut packet);
    packet.into()
}

/// Makes length and sum of a packet right again.
fn seal(frame: &mut [u8]) {
    let Some(body_len) = frame.len().checked_sub(2) else { return };
    let (body, sum) = frame.split_at_mut(body_len);
    if let Some(length) = body.first_mut() {
        *length = u8::try_from(body_len).unwrap_or(u8::MAX);
    }
    sum.copy_from_slice(&body.iter().fold(0_u16, |sum, byte| sum.wrapping_sub(u16::from(*byte))).to_be_bytes());
}

fn converse(host: &mut Host, bytes: &[u8], now_ms: u64, random: &mut Random) {
    if random.once_in(64) {
        host.open(now_ms);
    }
    host.push(bytes, now_ms);
    while let Some(found) = host.poll() {
        let Ok(scan) = found else { continue };
        assert!(scan.code.len() <= LEN_MAX, "{} bytes", scan.code.len());
        assert!(host.poll().is_none(), "another scan before the verdict");
        host.verdict(random.one_of(&[Verdict::Accepted, Verdict::Refused, Verdict::NotRecorded]), now_ms);
    }
    host.take_output();
    if host.next_deadline().is_some_and(|at_ms| at_ms <= now_ms) {
        host.poll_idle(now_ms);
        host.take_output();
    }
}

fn join(decoder: &mut SsiDecoder, assembly: &mut Assembly, bytes: &[u8], now_ms: u64, random: &mut Random) {
    decoder.poll_idle(now_ms);
    assembly.poll_idle(now_ms);
    decoder.push(bytes, now_ms);
    for packet in std::iter::from_fn(|| decoder.poll()).flatten() {
        let Message::DecodeData { code_type, data } = &packet.message else { continue };
        match assembly.take(*code_type, data, packet.retransmit, packet.more, now_ms) {
            Taken::Complete(_, data) => {
                assert!(data.len() <= Assembly::LEN_MAX, "{} bytes", data.len());
                assembly.answered(random.once_in(2), now_ms);
            }
            Taken::Part | Taken::Repeat | Taken::TooLong | Taken::Skipped => {}
        }
    }
}

/// Which key types a byte, and which is held with it; 0 where none is.
fn board() -> Vec<(u16, u16)> {
    let key_of = |wanted: u8| {
        let of = |shift: bool| (1..128).find(|code| layout::character(*code, shift, false) == Some(wanted));
        of(false).map(|code| (code, 0)).or_else(|| Some((of(true)?, layout::key::LEFT_SHIFT)))
    };
    let of_byte = |byte: u8| match byte {
        b'\r' => (layout::key::ENTER, 0),
        b'\t' => (layout::key::TAB, 0),
        0..0x20 => {
            key_of((byte | 0x40).to_ascii_lowercase()).map_or((0, 0), |(code, _)| (code, layout::key::LEFT_CTRL))
        }
        byte => key_of(byte).unwrap_or((u16::from(byte), layout::key::LEFT_ALT)),
    };
    (0..=255).map(of_byte).collect()
}

/// A key as a scanner presses it, and now and then any other.
fn press(keyboard: &mut Keyboard, (code, held): (u16, u16), now_ms: u64, random: &mut Random) {
    if random.once_in(64) {
        let code = if random.once_in(2) { random.below(130) } else { random.below(1 << 16) };
        keyboard.push(u16::try_from(code).unwrap(), random.one_of(&[-1, 0, 1, 1, 2, 3]), now_ms);
    }
    for (code, value) in [(held, 1), (code, 1), (code, 0), (held, 0)] {
        keyboard.push(code, value, now_ms);
    }
    for found in std::iter::from_fn(|| keyboard.poll()).flatten() {
        assert!(!found.frame.is_empty() && found.frame.len() <= LEN_MAX);
        let _ = (found.has_lost_separators(), SelfTest::read(&found.frame));
    }
}

impl Scanner {
    /// Whether a good scan gets through after a silence: whatever came before is forgotten.
    fn read_good(&mut self, now_ms: u64) -> bool {
        let is_good = |code: &[u8]| code.windows(4).any(|part| part == b"GOOD");
        match self {
            Self::Bytes(decoder) => {
                // One that never forgets by itself forgets at the end of a frame.
                decoder.push(b"\x03\t\r\n", now_ms);
                decoder.push(GOOD, now_ms + 1);
                decoder.poll_idle(now_ms + SILENCE_MS);
                std::iter::from_fn(|| decoder.poll()).flatten().any(|frame| is_good(&frame))
            }
            Self::Dialogue(host) => {
                let ssi = packet(0xF3, 0, b"\x03GOOD");
                host.poll_idle(now_ms);
                host.push(GOOD, now_ms);
                host.poll_idle(now_ms + 1_000);
                host.push(&ssi, now_ms + 2_000);
                host.poll_idle(now_ms + 3_000);
                let mut found = false;
                while let Some(scan) = host.poll() {
                    found |= scan.is_ok_and(|scan| is_good(&scan.code));
                    host.verdict(Verdict::Accepted, now_ms + 4_000);
                }
                found
            }
            Self::Packets(decoder, assembly) => {
                decoder.poll_idle(now_ms);
                assembly.poll_idle(now_ms);
                while decoder.poll().is_some() {}
                decoder.push(&packet(0xF3, 0, b"\x03GOOD"), now_ms);
                let Some(Ok(packet)) = decoder.poll() else { return false };
                let Message::DecodeData { code_type, data } = &packet.message else { return false };
                let taken = assembly.take(*code_type, data, packet.retransmit, packet.more, now_ms);
                assembly.answered(true, now_ms);
                matches!(taken, Taken::Complete(_, data) if data == b"GOOD")
            }
            Self::Keys(keyboard) => {
                let up = [
                    layout::key::LEFT_SHIFT,
                    layout::key::RIGHT_SHIFT,
                    layout::key::LEFT_CTRL,
                    layout::key::RIGHT_CTRL,
                ];
                for code in up.into_iter().chain([layout::key::LEFT_ALT]) {
                    keyboard.push(code, 0, now_ms);
                }
                keyboard.poll_idle(now_ms + SILENCE_MS / 2);
                keyboard.set_caps(true);
                // G, O, O, D.
                for code in [34, 24, 24, 32, layout::key::ENTER, layout::key::TAB] {
                    keyboard.push(code, 1, now_ms + SILENCE_MS / 2);
                }
                std::iter::from_fn(|| keyboard.poll()).flatten().any(|typed| is_good(&typed.frame))
            }
            Self::Line(doubt) => {
                doubt.reset();
                doubt.doubt().is_none()
            }
        }
    }
}
