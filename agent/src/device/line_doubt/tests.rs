use super::*;

fn even(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if byte.count_ones() % 2 == 0 { *byte } else { byte | 0x80 }).collect()
}

fn odd(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if byte.count_ones() % 2 == 0 { byte | 0x80 } else { *byte }).collect()
}

/// What a line says that sends `frame` ten times, each of which the decoder calls bad.
fn after_bad_frames(frame: &[u8]) -> Option<Doubt> {
    let mut line = LineDoubt::new();
    for _ in 0..10 {
        line.saw_bytes(frame);
        line.bad_frame();
    }
    line.doubt()
}

/// What a line says that sends `frame` twenty times, and the decoder finds no frame.
fn without_frames(frame: &[u8]) -> Option<Doubt> {
    let mut line = LineDoubt::new();
    for _ in 0..20 {
        line.saw_bytes(frame);
    }
    line.doubt()
}

const WEIGHT: &[u8] = b"ST,GS,+0012.34kg\r\n";

#[test]
fn each_wrong_setting_is_told_by_its_bytes() {
    assert_eq!(after_bad_frames(&[0xF8, 0x00, 0x86, 0xE6, 0x9E, 0x00, 0xFF, 0x78]), Some(Doubt::WrongBaud));
    assert_eq!(after_bad_frames(&[0x01, 0x13, 0x7F, 0x11, 0x41, 0x0B]), Some(Doubt::WrongBaud));
    assert_eq!(after_bad_frames(&even(WEIGHT)), Some(Doubt::WrongParity(SentParity::Even)));
    assert_eq!(after_bad_frames(&odd(WEIGHT)), Some(Doubt::WrongParity(SentParity::Odd)));
    assert_eq!(after_bad_frames(WEIGHT), Some(Doubt::WrongProtocol));
    assert_eq!(after_bad_frames(b"\x02A 1 00.00 kg\x03"), Some(Doubt::WrongProtocol));
    assert_eq!(without_frames(&even(WEIGHT)), Some(Doubt::WrongParity(SentParity::Even)), "its CR is no CR");
}

#[test]
fn text_that_never_becomes_a_frame_says_how_it_ends() {
    for (frame, end) in [
        (&b"BIN-0042-LOT-17"[..], SeenEnd::Nothing),
        (b"BIN-0042\r", SeenEnd::Cr),
        (b"BIN-0042\n", SeenEnd::Lf),
        (b"BIN-0042\r\n", SeenEnd::CrLf),
        (b"BIN-0042\t", SeenEnd::Tab),
        (b"\x02BIN-0042\x03", SeenEnd::Etx),
    ] {
        assert_eq!(without_frames(frame), Some(Doubt::WrongSuffix(end)), "{}", frame.escape_ascii());
    }
}

#[test]
fn a_line_that_behaves_or_has_said_little_is_not_doubted() {
    let mut line = LineDoubt::new();
    assert_eq!(line.doubt(), None);
    for _ in 0..LineDoubt::BAD_FRAMES - 1 {
        line.saw_bytes(&[0xFF, 0x00, 0x80, 0x90]);
        line.bad_frame();
    }
    assert_eq!(line.doubt(), None, "noise");
    line.bad_frame();
    assert_eq!(line.doubt(), Some(Doubt::WrongBaud));
    line.saw_bytes(b"BIN-0042\r");
    line.good_frame();
    assert_eq!((line.doubt(), line.has_worked()), (None, true));
    for _ in 0..1_000 {
        line.saw_bytes("größe\r".as_bytes());
        line.good_frame();
        line.bad_frame();
    }
    assert_eq!(line.doubt(), None, "one bad for each good");
}

#[test]
fn old_bytes_lose_their_weight() {
    let mut line = LineDoubt::new();
    for _ in 0..10_000 {
        line.saw_bytes(&[0xFF, 0x00, 0x80, 0x90]);
        line.bad_frame();
    }
    assert_eq!(line.doubt(), Some(Doubt::WrongBaud));
    for _ in 0..3_000 {
        line.saw_bytes(WEIGHT);
        line.bad_frame();
    }
    assert_eq!(line.doubt(), Some(Doubt::WrongProtocol), "the speed was corrected");
    assert!(line.bytes <= LineDoubt::BYTES_MAX);
}

#[test]
fn a_line_that_worked_and_broke_is_doubted_again() {
    let mut line = LineDoubt::new();
    line.saw_bytes(WEIGHT);
    line.good_frame();
    for _ in 0..LineDoubt::BAD_FRAMES {
        line.saw_bytes(&odd(WEIGHT));
        line.bad_frame();
    }
    assert_eq!((line.doubt(), line.has_worked()), (Some(Doubt::WrongParity(SentParity::Odd)), true));
}

#[test]
fn every_doubt_says_what_to_do() {
    for (doubt, part) in [
        (Doubt::WrongBaud, "9600"),
        (Doubt::WrongParity(SentParity::Even), "7E1"),
        (Doubt::WrongParity(SentParity::Odd), "7O1"),
        (Doubt::WrongProtocol, "`binwire-agent probe PORT`"),
        (Doubt::WrongSuffix(SeenEnd::Lf), "lf"),
        (Doubt::WrongSuffix(SeenEnd::Nothing), "none"),
    ] {
        assert!(doubt.remedy().starts_with(doubt.name()) && doubt.remedy().contains(part), "{doubt:?}");
    }
}
