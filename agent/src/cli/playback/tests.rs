use super::*;
use crate::device::{Cause, Scan, scale::Options, scanner_host::HostDialect};

fn scale(protocol: Protocol) -> Described {
    Described::Scale { protocol, options: Options::default(), unit: None }
}

fn scanner(terminator: Terminator, prefix: Prefix) -> Described {
    Described::Scanner { host: HostDialect::Plain, terminator, prefix, repeat_window: Duration::from_secs(1) }
}

/// What is told of such a device, and when, in milliseconds.
fn check(described: Described, chunks: &[(u64, &[u8])], expect: &[(u64, &str)]) {
    let chunks =
        chunks.iter().map(|(at_ms, bytes)| Chunk { at_ms: *at_ms, direction: Direction::In, bytes: bytes.to_vec() });
    let mut told = Vec::new();
    let played = play(described, true, chunks, &mut |at, what| {
        let words = match what {
            Told::Time | Told::Doubt(_) => return ControlFlow::Continue(()),
            Told::Reading(Reading::Weight(weight)) => format!("{} {}", weight.shown, weight.unit),
            Told::Reading(Reading::Scan(Scan { code, .. })) => code.escape_ascii().to_string(),
            Told::Reading(Reading::Unknown(cause)) => cause.name().to_owned(),
            Told::Reading(Reading::Movement(stated)) => stated.item.to_string(),
            Told::Reading(Reading::Online(online)) => format!("online {online}"),
            Told::BadFrame(error) => error.code().to_owned(),
        };
        told.push((millis(at), words));
        ControlFlow::Continue(())
    });
    assert!(played.is_continue());
    let told: Vec<(u64, &str)> = told.iter().map(|(at, words)| (*at, words.as_str())).collect();
    assert_eq!(told, expect);
}

const WEIGHT: &[u8] = b"S S     100.00 g\r\n";

#[test]
fn a_weight_is_told_at_the_time_it_was_captured() {
    check(scale(Protocol::MtSics), &[(7, WEIGHT), (207, WEIGHT)], &[(7, "100.00 g"), (207, "100.00 g")]);
}

#[test]
fn a_frame_that_paused_for_too_long_is_broken_off_there_and_then() {
    let (head, tail) = WEIGHT.split_at(9);
    check(scale(Protocol::MtSics), &[(0, head), (100, tail)], &[(100, "100.00 g")]);
    check(
        scale(Protocol::MtSics),
        &[(0, head), (150, tail), (200, WEIGHT)],
        &[(100, "bad-frame"), (150, "bad-frame"), (200, "100.00 g")],
    );
}

#[test]
fn what_has_begun_at_the_end_of_a_capture_is_told() {
    check(scale(Protocol::MtSics), &[(5, WEIGHT), (9, b"S S   ")], &[(5, "100.00 g"), (9, "bad-frame")]);
    let partial = Described::Scanner {
        host: HostDialect::Ssi,
        terminator: Terminator::Cr,
        prefix: Prefix::default(),
        repeat_window: Duration::ZERO,
    };
    check(partial, &[(0, b"\x08\xf3\x00")], &[(200, "bad-frame")]);
}

#[test]
fn each_chunk_of_a_hid_scale_is_a_report_of_its_own() {
    let report: &[u8] = b"\x03\x04\x02\x00\xf4\x01";
    check(scale(Protocol::UsbHid), &[(0, &report[..4]), (1, report)], &[(0, "bad-frame"), (1, "500 g")]);
}

#[test]
fn a_scale_that_fell_silent_in_a_capture_is_silent_again_but_not_at_its_end() {
    check(
        scale(Protocol::Dini),
        &[(0, b"ST,GS,     0.5,kg\r\n"), (86_400_000, b"ST,GS,     0.5,kg\r\n")],
        &[(0, "0.5 kg"), (4_700, Cause::Silent.name()), (86_400_000, "0.5 kg")],
    );
}

#[test]
fn a_scan_ends_where_the_scanner_was_said_to_end_it() {
    check(scanner(Terminator::Tab, Prefix::default()), &[(3, b"A\rB\tC\t")], &[(3, "A\\rB"), (3, "C")]);
    check(
        scanner(Terminator::Cr, Prefix::default()),
        &[(0, b"HA"), (500, b"LF\r")],
        &[(200, "unfinished-frame"), (500, "LF")],
    );
    check(scanner(Terminator::None, Prefix::default()), &[(0, b"ONE"), (60, b"TWO")], &[(50, "ONE"), (110, "TWO")]);
    check(scanner(Terminator::Cr, Prefix::Honeywell), &[(0, b"jX1\r")], &[(0, "X1")]);
}

#[test]
fn a_label_left_in_view_is_one_scan_by_the_time_of_the_capture() {
    let cr = || scanner(Terminator::Cr, Prefix::default());
    check(cr(), &[(0, b"A\r"), (999, b"A\r"), (1_000, b"A\r")], &[(0, "A"), (1_000, "A")]);
}

#[test]
fn no_time_in_a_capture_makes_it_last_for_ever() {
    let scanners = HostDialect::ALL.map(|host| Described::Scanner {
        host,
        terminator: Terminator::Cr,
        prefix: Prefix::default(),
        repeat_window: Duration::ZERO,
    });
    for described in Protocol::ALL.map(scale).into_iter().chain(scanners) {
        let chunks = [0, u64::MAX].map(|at_ms| Chunk { at_ms, direction: Direction::In, bytes: b"A\r".to_vec() });
        let mut last = Duration::ZERO;
        let played = play(described, true, chunks, &mut |at, _| {
            last = at;
            ControlFlow::Continue(())
        });
        assert_eq!((played, last), (ControlFlow::Continue(()), Duration::from_millis(u64::MAX)));
    }
}

#[test]
fn whoever_can_take_no_more_is_told_no_more() {
    let chunks = [0, 1].map(|at_ms| Chunk { at_ms, direction: Direction::In, bytes: WEIGHT.to_vec() });
    let mut told = 0;
    let played = play(scale(Protocol::MtSics), true, chunks, &mut |_, what| {
        told += u32::from(matches!(what, Told::Reading(_)));
        if told == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert_eq!((played, told), (ControlFlow::Break(()), 1));
}

#[test]
fn a_speed_is_doubted_only_where_there_is_one() {
    for (has_uart, expect) in [(true, 1), (false, 0)] {
        let smeared =
            (0..20).map(|n| Chunk { at_ms: n * 200, direction: Direction::In, bytes: vec![0xFE, 0x80, b'\r'] });
        let mut doubts = 0;
        let played = play(scale(Protocol::MtSics), has_uart, smeared, &mut |_, what| {
            doubts += usize::from(matches!(what, Told::Doubt(Some(_))));
            ControlFlow::Continue(())
        });
        assert_eq!((played, doubts), (ControlFlow::Continue(()), expect));
    }
}
