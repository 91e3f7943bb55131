use super::*;
use crate::device::{
    decimal::Decimal,
    scale::{
        and::And,
        decoder::{Decoder, Grammar},
        mt_sics::MtSics,
        report::Unit,
    },
};

const INTERVAL: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_millis(1000);
const SILENT: Poll = Poll::Report(Reading::Unknown(Cause::Silent));

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn parse(grammar: impl Grammar + 'static, frame: &[u8]) -> Report {
    let mut decoder = Decoder::new(Box::new(grammar), false);
    decoder.push(frame);
    decoder.poll().unwrap().unwrap()
}

/// What an MT-SICS scale says.
fn reply(frame: &str) -> Report {
    parse(MtSics, format!("{frame}\r\n").as_bytes())
}

fn new(open: &'static [u8], ask: &[u8]) -> Poller {
    Poller::new(Asking { open, ask: ask.to_vec(), open_is_answered: !open.is_empty() }, INTERVAL, TIMEOUT)
}

fn send(bytes: &[u8]) -> Poll {
    Poll::Send(bytes.to_vec())
}

/// As MT-SICS is asked.
fn sics() -> Poller {
    new(b"@\r\n", b"SI\r\n")
}

/// A poller past its reset, with its first `SI` due at 200 ms.
fn ready() -> Poller {
    let mut poller = sics();
    assert_eq!(poller.poll(ms(0)), send(b"@\r\n"));
    assert_eq!(poller.handle_report(&reply("I4 A \"1\""), None), None);
    poller
}

fn silence(poller: &mut Poller, from: u64) -> u64 {
    (from..from + 10_000).find(|now| poller.poll(ms(*now)) == SILENT).unwrap()
}

#[test]
fn it_resets_first_and_then_asks_at_the_interval_one_at_a_time() {
    let mut poller = ready();
    assert_eq!(poller.poll(ms(50)), Poll::Wait(ms(200)));
    assert_eq!(poller.poll(ms(200)), send(b"SI\r\n"));
    assert_eq!(poller.poll(ms(201)), Poll::Wait(ms(1200)), "one in flight");
    assert!(matches!(poller.handle_report(&reply("S S 1.0 g"), None), Some(Reading::Weight(_))));
    assert_eq!(poller.poll(ms(250)), Poll::Wait(ms(400)));
    assert_eq!(poller.poll(ms(400)), send(b"SI\r\n"));
}

#[test]
fn a_scale_without_an_opening_is_asked_at_once() {
    assert_eq!(new(b"", b"W").poll(ms(7)), send(b"W"));
}

#[test]
fn an_opening_that_is_not_answered_has_an_interval_for_itself() {
    let mut poller =
        Poller::new(Asking { open: b"C0\r\n", ask: b"SI\r\n".to_vec(), open_is_answered: false }, INTERVAL, TIMEOUT);
    assert_eq!(poller.poll(ms(0)), send(b"C0\r\n"));
    assert_eq!(poller.poll(ms(0)), Poll::Wait(ms(200)));
    assert_eq!(poller.poll(ms(200)), send(b"SI\r\n"));
}

#[test]
fn a_scale_that_does_not_know_the_reset_is_asked_all_the_same() {
    let mut mute = sics();
    mute.poll(ms(0));
    assert_eq!(mute.poll(ms(999)), Poll::Wait(ms(1000)));
    assert_eq!(mute.poll(ms(1000)), send(b"SI\r\n"));

    let mut refusing = sics();
    refusing.poll(ms(0));
    assert_eq!(refusing.handle_report(&reply("ES"), None), None, "a reset refused says nothing about the level");
    assert_eq!(refusing.poll(ms(200)), send(b"SI\r\n"));
}

#[test]
fn a_stream_still_running_at_the_reset_is_read_and_does_not_answer_it() {
    let mut poller = sics();
    poller.poll(ms(0));
    assert!(poller.handle_report(&reply("S S 1.0 g"), None).is_some());
    assert_eq!(poller.poll(ms(300)), Poll::Wait(ms(1000)));
}

#[test]
fn the_third_missed_reply_reports_silence_once_and_the_asking_goes_on() {
    let mut poller = ready();
    let mut reported_at = Vec::new();
    let mut sent = 0;
    for now in (200..20_000).step_by(10) {
        match poller.poll(ms(now)) {
            Poll::Send(_) => sent += 1,
            found @ Poll::Report(_) => {
                assert_eq!(found, SILENT);
                reported_at.push(now);
            }
            Poll::Wait(_) => {}
        }
    }
    assert_eq!(reported_at.len(), 1, "once per silence: {reported_at:?}");
    assert!((3200..3300).contains(&reported_at[0]), "after the third time-out: {reported_at:?}");
    assert!(sent > 15, "asked on: {sent}");
}

#[test]
fn a_late_reply_ends_the_silence_and_the_next_silence_is_reported_again() {
    let mut poller = ready();
    let first = silence(&mut poller, 200);
    assert!(matches!(poller.handle_report(&reply("S S 1.0 g"), None), Some(Reading::Weight(_))));
    assert!(silence(&mut poller, first + 1) >= first + 2000);
}

#[test]
fn two_missed_replies_are_no_silence() {
    let mut poller = ready();
    for now in 200..3100 {
        assert_ne!(poller.poll(ms(now)), SILENT);
    }
    poller.handle_report(&reply("S I"), None);
    for now in 3100..5100 {
        assert_ne!(poller.poll(ms(now)), SILENT);
    }
}

#[test]
fn a_serial_number_nobody_asked_for_means_the_scale_has_started_again() {
    let mut poller = ready();
    poller.poll(ms(200));
    assert_eq!(poller.handle_report(&reply("I4 A \"1\""), None), Some(Reading::Online(true)));
    assert_eq!(poller.poll(ms(300)), Poll::Wait(ms(1200)), "the question is still open");
}

#[test]
fn a_question_the_scale_could_not_make_out_is_answered_with_unknown_and_asked_again() {
    for refusal in ["ES", "ET", "EL", "S I", "S +"] {
        let mut poller = ready();
        poller.poll(ms(200));
        let reading = poller.handle_report(&reply(refusal), None);
        assert!(matches!(reading, Some(Reading::Unknown(_))), "{refusal}");
        assert_eq!(poller.poll(ms(400)), send(b"SI\r\n"), "{refusal}");
    }
}

#[test]
fn what_does_not_speak_of_the_level_leaves_the_question_open() {
    for frame in ["Z A", "T I", "Z +", "PW L", "T S 1.0 g", "I2 A \"XS204\""] {
        let mut poller = ready();
        poller.poll(ms(200));
        poller.handle_report(&reply(frame), None);
        assert_eq!(poller.poll(ms(400)), Poll::Wait(ms(1200)), "{frame}");
    }
}

#[test]
fn an_acknowledgement_alone_is_as_good_as_silence() {
    let mut poller = new(b"", b"Q\r\n");
    let ack = parse(And, b"\x06\r\n");
    let silent_at = (0..10_000).find(|now| {
        let found = poller.poll(ms(*now));
        assert_eq!(poller.handle_report(&ack, None), None);
        found == SILENT
    });
    assert_eq!(silent_at, Some(3000));
}

#[test]
fn a_scale_that_speaks_by_itself_is_not_asked_and_its_silence_is_reported_once() {
    let mut poller = new(b"", b"");
    let weight = Report::amount(Decimal::new(1, 0).unwrap(), Unit::parse(b"g"), None).unwrap();
    for now in (0..10_000).step_by(100) {
        assert_eq!(poller.poll(ms(now)), Poll::Wait(ms(now + 3000)));
        assert!(matches!(poller.handle_report(&weight, None), Some(Reading::Weight(_))));
    }
    assert_eq!(poller.poll(ms(10_000)), Poll::Wait(ms(13_000)));
    assert_eq!(silence(&mut poller, 10_001), 13_000);
    for now in 13_001..30_000 {
        assert!(matches!(poller.poll(ms(now)), Poll::Wait(until) if until > ms(now)), "once per silence");
    }
    assert!(matches!(poller.handle_report(&weight, None), Some(Reading::Weight(_))));
    assert_eq!(silence(&mut poller, 30_000), 33_000);
}

#[test]
fn a_scale_that_never_speaks_is_silent() {
    assert_eq!(silence(&mut new(b"", b""), 500), 3500);
}

#[test]
fn a_weight_without_a_unit_is_in_the_one_the_site_says() {
    let bare = Report::amount(Decimal::new(5, 0).unwrap(), None, None).unwrap();
    let mut poller = new(b"", b"W");
    poller.poll(ms(0));
    let reading = poller.handle_report(&bare, Some(MassUnit::Kilogram));
    assert!(matches!(reading, Some(Reading::Weight(weight)) if weight.unit == MassUnit::Kilogram));
    assert_eq!(poller.poll(ms(200)), send(b"W"));
}
