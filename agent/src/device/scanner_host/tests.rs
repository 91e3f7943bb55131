use super::*;
use crate::device::ssi::{Beep, Command, NakReason};

const ACCEPTED: Verdict = Verdict::Accepted;
const REFUSED: Verdict = Verdict::Refused;
const NOT_RECORDED: Verdict = Verdict::NotRecorded;

fn host(dialect: HostDialect) -> Host {
    Host::new(dialect, Terminator::Cr, 200)
}

/// The codes that come out, and what is sent without a verdict.
fn hear(host: &mut Host, bytes: &[u8], now_ms: u64) -> (Vec<String>, Vec<u8>) {
    host.push(bytes, now_ms);
    let scans = std::iter::from_fn(|| host.poll()).map(|scan| scan.unwrap().text()).collect();
    (scans, host.take_output())
}

/// Lets time pass up to `until_ms`; what is sent, and when.
fn pass(host: &mut Host, until_ms: u64) -> Vec<(u64, Vec<u8>)> {
    let mut sent = Vec::new();
    while let Some(at_ms) = host.next_deadline().filter(|at_ms| *at_ms <= until_ms) {
        host.poll_idle(at_ms);
        while host.poll().is_some() {}
        let output = host.take_output();
        if !output.is_empty() {
            sent.push((at_ms, output));
        }
    }
    sent
}

/// Everything a dialect sends on a verdict, rings and all.
fn sound(dialect: HostDialect, verdict: Verdict) -> Vec<u8> {
    let mut host = host(dialect);
    host.open(0);
    hear(&mut host, b"HSTACK1\x06!BELBEP1\x06!BIN\r", 1);
    let first = host.verdict(verdict, 2);
    let later = pass(&mut host, 5_000).into_iter().flat_map(|(_, bytes)| bytes).filter(|byte| *byte != zebra::ENQ);
    first.into_iter().chain(later).collect()
}

#[test]
fn every_dialect_says_what_its_row_of_the_table_says() {
    for (dialect, accepted, refused, not_recorded) in [
        (HostDialect::Plain, &b""[..], &b""[..], &b""[..]),
        (HostDialect::Enq, b"", b"", b""),
        (HostDialect::Bel, b"\x07", b"\x07\x07\x07", b"\x07\x07\x07\x07\x07"),
        (HostDialect::AckNak, b"\x06", b"\x15", b"\x15"),
        (HostDialect::AckNakEnq, b"\x06", b"\x15", b"\x15"),
        (HostDialect::AckNakBel, b"\x06", b"\x06\x07\x07\x07", b"\x15"),
        (HostDialect::Honeywell, b"\x1b7,", b"\x1b8,\x1b8,", b"\x1b8,\x1b8,\x1b8,\x1b8,"),
        (HostDialect::HoneywellAckNak, b"\x06", b"\x06\x07\x07\x07", b"\x15"),
        (HostDialect::Datalogic, b"B", b"\x01\x01\x01", b"\x01\x01\x01\x01\x01"),
        (HostDialect::DatalogicAckNak, b"\x06B", b"\x06\x01\x01\x01", b"\x15"),
        (HostDialect::Metrologic, b"\x06", b"\x15", b"\x15"),
        (HostDialect::MetrologicBel, b"\x06", b"\x07", b"\x15"),
    ] {
        assert_eq!(sound(dialect, ACCEPTED), accepted, "{dialect:?} accepted");
        assert_eq!(sound(dialect, REFUSED), refused, "{dialect:?} refused");
        assert_eq!(sound(dialect, NOT_RECORDED), not_recorded, "{dialect:?} not recorded");
    }
}

#[test]
fn a_refusal_never_sounds_like_an_acceptance() {
    for dialect in HostDialect::ALL.into_iter().filter(|dialect| dialect.is_answered() && *dialect != HostDialect::Ssi)
    {
        assert_ne!(sound(dialect, ACCEPTED), sound(dialect, REFUSED), "{dialect:?}");
        assert_ne!(sound(dialect, ACCEPTED), sound(dialect, NOT_RECORDED), "{dialect:?}");
    }
}

#[test]
fn nothing_is_answered_and_nothing_more_handed_on_before_the_verdict() {
    let mut host = host(HostDialect::AckNak);
    assert_eq!(host.open(0), b"");
    assert_eq!(hear(&mut host, b"ONE\rTWO\r", 0), (vec!["ONE".to_owned()], vec![]));
    assert_eq!(pass(&mut host, 10_000), []);
    assert_eq!(host.verdict(ACCEPTED, 20), [zebra::ACK]);
    assert_eq!(hear(&mut host, b"", 21), (vec!["TWO".to_owned()], vec![]));
    assert_eq!(host.verdict(ACCEPTED, 22), [zebra::ACK]);
    assert_eq!(host.verdict(ACCEPTED, 23), b"", "no scan waits");
}

#[test]
fn the_repeats_of_a_refused_scan_are_refused_again_and_not_handed_on() {
    let mut host = host(HostDialect::AckNak);
    hear(&mut host, b"JUNK\r", 0);
    assert_eq!(host.verdict(REFUSED, 1), [zebra::NAK]);
    for repeat in 1..=3 {
        assert_eq!(hear(&mut host, b"JUNK\r", 100 * repeat), (vec![], vec![zebra::NAK]), "repeat {repeat}");
    }
    assert_eq!(hear(&mut host, b"JUNK\r", 500).0, ["JUNK"], "the person tries once more");
    host.verdict(REFUSED, 501);
    assert_eq!(hear(&mut host, b"BIN\r", 600).0, ["BIN"], "another code is no repeat");
    host.verdict(REFUSED, 601);
    assert_eq!(hear(&mut host, b"BIN\r", 2_700).0, ["BIN"], "nor is one after the scanner has given up");
}

#[test]
fn a_scan_that_was_not_recorded_is_handed_on_when_it_comes_again() {
    for dialect in HostDialect::ALL.into_iter().filter(|dialect| *dialect != HostDialect::Ssi) {
        let mut host = host(dialect);
        assert_eq!(hear(&mut host, b"BIN\r", 0).0, ["BIN"]);
        host.verdict(NOT_RECORDED, 5_000);
        assert_eq!(hear(&mut host, b"BIN\r", 5_100).0, ["BIN"], "{dialect:?}");
        host.verdict(ACCEPTED, 5_200);
        assert_eq!(hear(&mut host, b"BIN\r", 5_300).0, ["BIN"], "{dialect:?}: the next piece");
    }
}

#[test]
fn a_person_who_scans_again_because_the_answer_came_late_counts_once() {
    let mut host = host(HostDialect::AckNak);
    hear(&mut host, b"BIN\r", 0);
    assert_eq!(host.verdict(ACCEPTED, 2_500), [zebra::ACK]);
    assert_eq!(hear(&mut host, b"BIN\r", 4_000), (vec![], vec![zebra::ACK]));
    assert_eq!(hear(&mut host, b"BIN\r", 4_500).0, ["BIN"], "the next piece");
    assert_eq!(host.verdict(ACCEPTED, 4_600), [zebra::ACK]);
    assert_eq!(hear(&mut host, b"BIN\r", 5_000).0, ["BIN"], "and the next, answered in time");
}

#[test]
fn beeps_in_a_row_are_parted_and_end_with_the_next_scan() {
    let mut host = host(HostDialect::Bel);
    hear(&mut host, b"JUNK\r", 0);
    assert_eq!(host.verdict(REFUSED, 1_000), [zebra::BEL]);
    assert_eq!(pass(&mut host, 1_400), [(1_300, vec![zebra::BEL])]);
    hear(&mut host, b"BIN\r", 1_400);
    assert_eq!(host.verdict(ACCEPTED, 1_450), [zebra::BEL]);
    assert_eq!(pass(&mut host, 9_000), []);
}

#[test]
fn an_enquiry_goes_out_all_the_time_but_not_while_a_scan_waits() {
    let mut host = host(HostDialect::AckNakEnq);
    assert_eq!(host.open(0), [zebra::ENQ]);
    let enq = |at_ms| (at_ms, vec![zebra::ENQ]);
    assert_eq!(pass(&mut host, 2_500), [enq(1_000), enq(2_000)]);
    assert_eq!(hear(&mut host, b"BIN\r", 2_600).0, ["BIN"]);
    assert_eq!(pass(&mut host, 9_000), []);
    assert_eq!(host.verdict(ACCEPTED, 9_000), [zebra::ACK, zebra::ENQ]);
}

#[test]
fn a_datalogic_is_enabled_at_each_opening() {
    assert_eq!(host(HostDialect::Datalogic).open(0), b"E");
    assert_eq!(host(HostDialect::DatalogicAckNak).open(0), b"E");
}

#[test]
fn a_honeywell_without_host_ack_is_asked_for_bel_and_rung() {
    let mut host = host(HostDialect::Honeywell);
    assert_eq!(host.open(0), b"\x16M\rHSTACK1!");
    assert_eq!(hear(&mut host, b"HSTACK1\x05!", 10), (vec![], b"\x16M\rBELBEP1!".to_vec()));
    assert_eq!(hear(&mut host, b"BELBEP1\x06!BIN\r", 20).0, ["BIN"], "the echo does not stick to the scan");
    assert_eq!(host.verdict(ACCEPTED, 21), [zebra::BEL]);
    hear(&mut host, b"JUNK\r", 22);
    assert_eq!(host.verdict(REFUSED, 23), [zebra::BEL]);
    assert_eq!(pass(&mut host, 2_000).len(), 2);
}

#[test]
fn half_a_frame_of_the_opening_before_is_forgotten() {
    let mut host = Host::new(HostDialect::Plain, Terminator::Cr, 0);
    hear(&mut host, b"HALF", 0);
    host.open(1);
    assert_eq!(hear(&mut host, b"BIN\r", 2).0, ["BIN"]);
}

fn packet(code_type: u8, data: &[u8], status: u8) -> Vec<u8> {
    let length = u8::try_from(5 + data.len()).unwrap();
    from_scanner(&[&[length, 0xF3, 0, status, code_type], data].concat())
}

fn from_scanner(summed: &[u8]) -> Vec<u8> {
    let sum = summed.iter().fold(0_u16, |sum, byte| sum.wrapping_sub(u16::from(*byte)));
    [summed, &sum.to_be_bytes()].concat()
}

fn acked() -> Vec<u8> {
    from_scanner(&[4, 0xD0, 0, 0])
}

/// An open line on which everything has been said.
fn ssi() -> Host {
    let mut host = host(HostDialect::Ssi);
    assert_eq!(host.open(0), [0x00]);
    assert_eq!(
        pass(&mut host, 10),
        [(10, Command::ParamSend { settings: vec![0x9F, 1, 0xEE, 1], permanent: false }.encode(false))]
    );
    assert_eq!(hear(&mut host, &acked(), 20), (vec![], Command::ScanEnable.encode(false)));
    assert_eq!(hear(&mut host, &acked(), 30), (vec![], vec![]));
    assert_eq!(host.next_deadline(), None);
    host
}

#[test]
fn an_accepted_packet_is_acknowledged_then_beeped_then_lit() {
    let mut host = ssi();
    assert_eq!(hear(&mut host, &packet(3, b"BIN", 0), 100), (vec!["BIN".to_owned()], vec![]));
    let [ack, beep] = [Command::Ack, Command::Beep(Beep::ONE_SHORT_HIGH)].map(|command| command.encode(false));
    assert_eq!(host.verdict(ACCEPTED, 110), [ack, beep].concat());
    assert_eq!(hear(&mut host, &acked(), 120), (vec![], Command::LedOn(1).encode(false)));
    assert_eq!(hear(&mut host, &acked(), 130), (vec![], vec![]));
    assert_eq!(pass(&mut host, 700), [(610, Command::LedOff(1).encode(false))]);
}

#[test]
fn a_refused_packet_is_acknowledged_and_beeps_low() {
    let mut host = ssi();
    hear(&mut host, &packet(3, b"JUNK", 0), 100);
    let [ack, beep] = [Command::Ack, Command::Beep(Beep::FOUR_SHORT_LOW)].map(|command| command.encode(false));
    assert_eq!(host.verdict(REFUSED, 110), [ack.as_slice(), &beep].concat());
    assert_eq!(hear(&mut host, &packet(3, b"JUNK", 1), 120), (vec![], ack));
}

#[test]
fn a_repeated_packet_is_acknowledged_again_and_is_no_second_scan() {
    let mut host = ssi();
    hear(&mut host, &packet(3, b"BIN", 0), 100);
    host.verdict(ACCEPTED, 110);
    assert_eq!(hear(&mut host, &packet(3, b"BIN", 1), 2_100).0, Vec::<String>::new());
    host.open(2_200);
    let (scans, sent) = hear(&mut host, &packet(3, b"BIN", 1), 2_300);
    assert!(scans.is_empty() && sent.starts_with(&Command::Ack.encode(false)), "also on a line opened anew");
    assert_eq!(hear(&mut host, &packet(3, b"BIN", 0), 2_400).0, ["BIN"], "the next piece");
}

#[test]
fn a_packet_that_was_not_recorded_is_asked_for_again() {
    let mut host = ssi();
    hear(&mut host, &packet(3, b"BIN", 0), 100);
    assert_eq!(host.verdict(NOT_RECORDED, 110), Command::Nak(NakReason::Resend).encode(false));
    assert_eq!(hear(&mut host, &packet(3, b"BIN", 1), 120).0, ["BIN"]);
}

#[test]
fn parts_are_acknowledged_as_they_come_and_the_last_with_the_verdict() {
    let mut host = ssi();
    assert_eq!(hear(&mut host, &packet(0x1C, b"PART-", 2), 100), (vec![], Command::Ack.encode(false)));
    assert_eq!(hear(&mut host, &packet(0x1C, b"1", 0), 110), (vec!["PART-1".to_owned()], vec![]));
}

#[test]
fn a_damaged_packet_is_asked_for_again_and_told() {
    let mut host = ssi();
    let mut bent = packet(3, b"BIN", 0);
    bent[6] ^= 1;
    host.push(&bent, 100);
    assert!(matches!(host.poll(), Some(Err(FrameError::Checksum { .. }))));
    assert_eq!(host.take_output(), Command::Nak(NakReason::Resend).encode(false));
    assert_eq!(hear(&mut host, &packet(3, b"BIN", 1), 110).0, ["BIN"]);
}

#[test]
fn no_read_and_events_are_acknowledged_and_are_no_scans() {
    let mut host = ssi();
    let ack = Command::Ack.encode(false);
    assert_eq!(hear(&mut host, &packet(1, b"NR", 0), 100), (vec![], ack.clone()));
    assert_eq!(hear(&mut host, &from_scanner(&[5, 0xF6, 0, 0, 3]), 110), (vec![], ack));
    assert_eq!(hear(&mut host, &Command::Ack.encode(false), 120), (vec![], vec![]), "the line echoes");
}

#[test]
fn an_unanswered_command_is_repeated_twice_with_its_bit_after_waking_the_scanner() {
    let mut host = host(HostDialect::Ssi);
    host.open(0);
    let settings = Command::ParamSend { settings: vec![0x9F, 1, 0xEE, 1], permanent: false };
    let wake = |at_ms| (at_ms, vec![0x00]);
    assert_eq!(
        pass(&mut host, 7_000),
        [
            (10, settings.encode(false)),
            wake(2_010),
            (2_020, settings.encode(true)),
            wake(4_020),
            (4_030, settings.encode(true)),
            wake(6_030),
            (6_040, Command::ScanEnable.encode(false)),
        ]
    );
}

#[test]
fn a_wake_for_a_beep_that_is_no_longer_wanted_comes_to_rest() {
    let mut host = ssi();
    hear(&mut host, &packet(3, b"JUNK", 0), 100);
    host.verdict(REFUSED, 110);
    assert_eq!(pass(&mut host, 2_115), [(2_110, vec![0x00])]);
    hear(&mut host, &packet(3, b"BIN", 0), 2_116);
    host.verdict(NOT_RECORDED, 2_117);
    assert_eq!((pass(&mut host, 9_000), host.next_deadline()), (vec![], None));
}

#[test]
fn a_packet_names_its_symbol_and_an_identifier_in_the_data_is_finer() {
    let read = |code_type, data: &[u8]| {
        let mut host = ssi();
        host.push(&packet(code_type, data, 0), 100);
        let scan = host.poll().unwrap().unwrap();
        (scan.symbology.map(|aim| [aim.code, aim.modifier]), scan.text())
    };
    assert_eq!(read(0x0F, b"10A\x1d21B"), (Some(*b"C1"), "10A\x1d21B".to_owned()));
    assert_eq!(read(0x1C, b"]Q3010952"), (Some(*b"Q3"), "010952".to_owned()));
    assert_eq!(read(0x03, b"]Q3010952"), (Some(*b"C0"), "]Q3010952".to_owned()));
    assert_eq!(read(0x33, b"x"), (None, "x".to_owned()));
}

#[test]
fn a_dialect_is_named_as_it_is_configured() {
    for dialect in HostDialect::ALL {
        assert_eq!(HostDialect::named(dialect.name()), Some(dialect));
        assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
    }
    assert_eq!(HostDialect::named("zebra"), None);
}
