use super::*;
use crate::receiver::letter::tests::{alarm, alarm_of};

const SECOND: Duration = Duration::from_secs(1);

fn outbox(through: u64) -> Outbox {
    Outbox::new(through, Backoff::new(SECOND, 60 * SECOND, 7))
}

fn filled(ids: std::ops::RangeInclusive<u64>) -> Outbox {
    let mut outbox = outbox(*ids.start() - 1);
    for id in ids {
        outbox.handle_alarm(&Arc::new(alarm(id)));
    }
    outbox
}

/// SplitMix64.
fn below(random: &mut u64, end: u64) -> u64 {
    *random = random.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *random;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % end
}

/// What is sent at `now`, if anything.
fn sent(outbox: &mut Outbox, now: Duration) -> Option<u64> {
    match outbox.poll(now) {
        Step::Send(alarm) => Some(alarm.id),
        Step::Wait(_) | Step::Idle => None,
    }
}

fn failed() -> Answer {
    Answer::Failed { why: "HTTP 503".to_owned(), retry_after: None }
}

fn refused() -> Answer {
    Answer::Refused { why: "HTTP 400".to_owned() }
}

/// Answers attempts for ever with `answer`, until `alarm` comes or nothing does.
fn answer_until(outbox: &mut Outbox, alarm: u64, answer: &Answer) -> (u32, Duration) {
    let (mut now, mut attempts) = (Duration::ZERO, 0);
    for _ in 0..10_000 {
        match outbox.poll(now) {
            Step::Send(it) if it.id == alarm => return (attempts, now),
            Step::Send(_) => {
                attempts += 1;
                outbox.handle_answer(now, answer.clone());
            }
            Step::Wait(until) => now = until,
            Step::Idle => break,
        }
    }
    panic!("{outbox:?}");
}

#[test]
fn alarms_go_out_one_at_a_time_in_their_order() {
    let mut outbox = filled(1..=3);
    for id in 1..=3 {
        assert_eq!(outbox.progress().through, id - 1);
        assert_eq!(sent(&mut outbox, SECOND), Some(id));
        assert_eq!(outbox.poll(SECOND), Step::Idle, "one is in the air");
        outbox.handle_answer(SECOND, Answer::Taken);
    }
    let expect = Progress { through: 3, delivered: 3, ..Progress::default() };
    assert_eq!((outbox.poll(SECOND), outbox.progress()), (Step::Idle, expect));
}

#[test]
fn what_failed_is_tried_until_it_goes_and_nothing_overtakes_it() {
    let mut outbox = filled(1..=2);
    let mut now = Duration::ZERO;
    for attempt in 0..1_000 {
        assert_eq!(sent(&mut outbox, now), Some(1), "attempt {attempt}");
        outbox.handle_answer(now, failed());
        let Step::Wait(until) = outbox.poll(now) else { panic!("{outbox:?}") };
        assert!(until - now <= 60 * SECOND);
        now = until;
    }
    let progress = outbox.progress();
    assert_eq!((progress.through, progress.waiting, progress.set_aside), (0, 2, 0));
    let Trouble { why, since, .. } = progress.trouble.unwrap();
    assert_eq!((why.as_str(), since), ("HTTP 503", Duration::ZERO));
    assert_eq!(sent(&mut outbox, now), Some(1));
    outbox.handle_answer(now, Answer::Taken);
    assert_eq!(outbox.progress().trouble, None);
    assert_eq!(sent(&mut outbox, now), Some(2));
    outbox.handle_answer(now, failed());
    let Step::Wait(until) = outbox.poll(now) else { panic!("{outbox:?}") };
    assert!(until - now <= SECOND, "success begins the waits anew");
}

#[test]
fn a_retry_after_is_obeyed_up_to_an_hour() {
    for (asked, expect) in [(30, 30), (3_600, 3_600), (1_000_000_000, 3_600)] {
        let mut outbox = filled(1..=1);
        sent(&mut outbox, Duration::ZERO);
        let retry_after = Some(SECOND * asked);
        outbox.handle_answer(Duration::ZERO, Answer::Failed { why: String::new(), retry_after });
        let Step::Wait(until) = outbox.poll(Duration::ZERO) else { panic!() };
        assert!(until >= SECOND * expect && until <= SECOND * (expect + 1), "{asked} s: {until:?}");
        assert_eq!(sent(&mut outbox, until), Some(1));
    }
}

#[test]
fn what_is_refused_too_often_is_set_aside_and_its_follower_gets_its_own_tries() {
    let mut outbox = filled(1..=3);
    let (attempts, took) = answer_until(&mut outbox, 2, &refused());
    assert_eq!(attempts, REFUSALS_MAX);
    assert!(took > 10 * SECOND, "with waits between: {took:?}");
    assert_eq!(outbox.progress().through, 1);
    assert_eq!(outbox.progress().set_aside, 1);
    // Alarm 2 is in the air now.
    outbox.handle_answer(Duration::ZERO, refused());
    assert_eq!(answer_until(&mut outbox, 3, &refused()).0, REFUSALS_MAX - 1);
    assert_eq!(outbox.progress().set_aside, 2);
}

#[test]
fn failures_between_refusals_count_for_nothing() {
    let mut outbox = filled(1..=2);
    let mut now = Duration::ZERO;
    let mut refusals = 0;
    for attempt in 0.. {
        match outbox.poll(now) {
            Step::Send(it) if it.id == 2 => break,
            Step::Send(_) => {
                let answer = if attempt % 4 == 0 { refused() } else { failed() };
                refusals += u32::from(answer == refused());
                outbox.handle_answer(now, answer);
            }
            Step::Wait(until) => now = until,
            Step::Idle => panic!(),
        }
    }
    assert_eq!(refusals, REFUSALS_MAX);
}

#[test]
fn a_destination_that_is_gone_is_closed_and_keeps_its_place() {
    let mut outbox = filled(5..=7);
    sent(&mut outbox, SECOND);
    outbox.handle_answer(SECOND, Answer::Gone);
    outbox.handle_alarm(&Arc::new(alarm(8)));
    outbox.handle_unwanted(9);
    let progress = outbox.progress();
    assert_eq!(outbox.poll(1_000_000 * SECOND), Step::Idle);
    assert_eq!((progress.through, progress.waiting, progress.dropped), (4, 0, 4));
    assert_eq!(progress.trouble.as_ref().unwrap().closed, Closed::UntilRestart);
    let why = &progress.trouble.as_ref().unwrap().why;
    assert!(why.starts_with("answers that it is gone (HTTP 410)"), "{why}");
}

#[test]
fn an_alarm_handed_in_twice_goes_out_once() {
    let mut outbox = filled(3..=4);
    for id in [2, 3, 4] {
        outbox.handle_alarm(&Arc::new(alarm(id)));
    }
    assert_eq!(outbox.progress().waiting, 2);
}

#[test]
fn what_is_not_wanted_is_settled_once_nothing_waits_before_it() {
    let mut outbox = outbox(0);
    outbox.handle_unwanted(1);
    assert_eq!(outbox.progress().through, 1);
    outbox.handle_alarm(&Arc::new(alarm(2)));
    outbox.handle_unwanted(3);
    assert_eq!(outbox.progress().through, 1);
    sent(&mut outbox, SECOND);
    outbox.handle_answer(SECOND, Answer::Taken);
    assert_eq!(outbox.progress().through, 3);
}

#[test]
fn a_full_queue_gives_up_what_was_overtaken_and_else_the_oldest() {
    let max = QUEUE_MAX as u64;
    let mut outbox = outbox(0);
    // One in the air, which is not in the queue, then a queue with two of A-02.
    outbox.handle_alarm(&Arc::new(alarm_of(1, "bin:A-02")));
    assert_eq!(sent(&mut outbox, SECOND), Some(1));
    for id in 2..=max + 1 {
        let subject = if id == 100 || id == 200 { "bin:A-02".to_owned() } else { format!("bin:B-{id}") };
        outbox.handle_alarm(&Arc::new(alarm_of(id, &subject)));
    }
    assert_eq!((outbox.progress().waiting, outbox.progress().dropped), (QUEUE_MAX + 1, 0));
    outbox.handle_alarm(&Arc::new(alarm_of(max + 2, "bin:C-1")));
    outbox.handle_alarm(&Arc::new(alarm_of(max + 3, "bin:C-2")));
    assert_eq!((outbox.progress().waiting, outbox.progress().dropped), (QUEUE_MAX + 1, 2));
    outbox.handle_answer(SECOND, Answer::Taken);
    let mut delivered = Vec::new();
    while let Some(id) = sent(&mut outbox, SECOND) {
        delivered.push(id);
        outbox.handle_answer(SECOND, Answer::Taken);
    }
    let expect: Vec<u64> = (2..=max + 3).filter(|&id| id != 100 && id != 2).collect();
    assert_eq!(delivered, expect);
    assert!(outbox.queued.is_empty());
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let ready = || filled(1..=2);
    let backing_off = || {
        let mut outbox = ready();
        sent(&mut outbox, SECOND);
        outbox.handle_answer(SECOND, failed());
        outbox
    };
    let closed = || {
        let mut outbox = ready();
        sent(&mut outbox, SECOND);
        outbox.handle_answer(SECOND, Answer::Gone);
        outbox
    };
    for make in [&ready as &dyn Fn() -> Outbox, &backing_off, &closed] {
        for answer in [Answer::Taken, refused(), failed(), Answer::Gone] {
            let (mut outbox, untouched) = (make(), make());
            outbox.handle_answer(SECOND, answer.clone());
            assert_eq!(format!("{outbox:?}"), format!("{untouched:?}"), "{answer:?}");
        }
    }
}

#[test]
fn over_any_answers_and_restarts_every_alarm_arrives_or_is_set_aside_in_order() {
    let seeds = match std::env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number")) {
        Some(seed) => seed..seed + 1,
        None => 0..2_000_u64,
    };
    for seed in seeds {
        let mut random = seed;
        let stored: Vec<_> = (1..=30).map(|id| Arc::new(alarm_of(id, &format!("bin:{}", id % 4)))).collect();
        let (mut outbox, mut now, mut told, mut set_aside) = (outbox(0), Duration::ZERO, 0, 0);
        let mut arrived = Vec::new();
        while told < stored.len() || outbox.progress().waiting > 0 {
            match below(&mut random, 16) {
                0 => {
                    let Progress { through, set_aside: more, .. } = outbox.progress();
                    set_aside += more;
                    outbox = Outbox::new(through, Backoff::new(SECOND, 60 * SECOND, seed));
                    stored[..told].iter().filter(|it| it.id > through).for_each(|it| outbox.handle_alarm(it));
                }
                1..6 if told < stored.len() => {
                    outbox.handle_alarm(&stored[told]);
                    told += 1;
                }
                _ => match outbox.poll(now) {
                    Step::Send(it) => {
                        let answer = [Answer::Taken, Answer::Taken, refused(), failed()];
                        let answer = answer[usize::try_from(below(&mut random, 4)).unwrap()].clone();
                        let taken = answer == Answer::Taken;
                        // An answer that is lost on the way: it arrived, and the site knows nothing of it.
                        let lost = below(&mut random, 8) == 0;
                        arrived.extend((taken || lost).then_some(it.id));
                        outbox.handle_answer(now, if lost { failed() } else { answer });
                    }
                    Step::Wait(until) => now = until,
                    Step::Idle => now += SECOND,
                },
            }
        }
        set_aside += outbox.progress().set_aside;
        assert!(arrived.is_sorted(), "SEED={seed}: {arrived:?}");
        arrived.dedup();
        assert!(arrived.len() as u64 + set_aside >= 30, "SEED={seed}: {arrived:?} {set_aside}");
        assert_eq!((outbox.progress().through, outbox.progress().dropped), (30, 0), "SEED={seed}");
    }
}
