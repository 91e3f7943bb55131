use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

fn source(last: u8) -> Source {
    Source::of(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)))
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Seconds to wait after each of so many failures in a row, each made as soon as it may be.
fn waits(backoff: &mut Backoff, source: &Source, badge: &str, now: &mut Duration, count: usize) -> Vec<u64> {
    let mut waits = Vec::new();
    for _ in 0..count {
        let wait = backoff.failed(source, badge, *now);
        waits.push(wait.as_secs());
        *now += wait;
    }
    waits
}

#[test]
fn some_mistakes_are_free_and_then_each_doubles_the_wait_up_to_a_longest() {
    let (mut backoff, mut now) = (Backoff::default(), at(0));
    let waits = waits(&mut backoff, &source(1), "0042", &mut now, 16);
    assert_eq!(waits, [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
}

#[test]
fn whoever_waits_may_try_when_the_wait_is_over_and_not_before() {
    let (mut backoff, mut now) = (Backoff::default(), at(0));
    waits(&mut backoff, &source(1), "0042", &mut now, 4);
    assert_eq!(backoff.failed(&source(1), "0042", at(100)), at(2));
    assert_eq!(backoff.wait(&source(1), "0042", at(100)), Some(at(2)));
    assert_eq!(backoff.wait(&source(1), "0042", at(102) - Duration::from_millis(1)), Some(Duration::from_millis(1)));
    assert_eq!(backoff.wait(&source(1), "0042", at(102)), None);
}

#[test]
fn a_badge_waits_wherever_it_is_tried_and_a_source_whatever_it_tries() {
    let (mut backoff, now) = (Backoff::default(), at(0));
    for _ in 0..5 {
        backoff.failed(&source(1), "0042", now);
    }
    assert!(backoff.wait(&source(2), "0042", now).is_some(), "the badge");
    assert!(backoff.wait(&source(1), "0007", now).is_some(), "the source");
    assert!(backoff.wait(&source(2), "0007", now).is_none(), "neither");
}

#[test]
fn no_number_of_sources_and_badges_gets_around_the_count_of_all_and_it_keeps_nobody_out_for_long() {
    let (mut backoff, mut now, mut tries) = (Backoff::default(), at(0), 0_u32);
    while now < at(86_400) {
        let (from, badge) = (source(u8::try_from(tries % 256).unwrap()), format!("{tries}"));
        if let Some(wait) = backoff.wait(&from, &badge, now) {
            assert!(wait <= at(30), "{wait:?}");
            now += wait;
        }
        backoff.failed(&from, &badge, now);
        tries += 1;
    }
    assert!(tries < 2_930, "{tries} tries a day");
    assert!(backoff.sources.len() <= REMEMBERED_MAX && backoff.badges.len() <= REMEMBERED_MAX);
}

#[test]
fn a_success_clears_its_own_counts_and_not_that_of_all() {
    let mut backoff = Backoff::default();
    for _ in 0..4 {
        backoff.failed(&source(1), "0042", at(0));
    }
    assert!(backoff.succeeded(&source(1), "0042"));
    assert!(!backoff.succeeded(&source(1), "0042"), "nothing to clear");
    assert_eq!(backoff.failed(&source(1), "0042", at(3)), at(0), "it counts anew");
    assert_eq!(backoff.all.failures, 5);
}

#[test]
fn a_restart_never_shortens_a_wait() {
    let (mut backoff, mut now) = (Backoff::default(), at(1_000));
    waits(&mut backoff, &source(1), "0042", &mut now, 9);
    let due = backoff.failed(&source(1), "0042", now);
    assert_eq!(due, at(64));
    // Thirty seconds later the plug is pulled, and another process begins its own time at zero.
    let kept = backoff.write(now + at(30));
    let again = Backoff::read(&kept, at(0));
    assert_eq!(again.wait(&source(1), "0042", at(0)), Some(at(34)));
    let mut again = Backoff::read(&kept, at(0));
    assert_eq!(again.failed(&source(1), "0042", at(34)), at(128), "it goes on where it was");
}

#[test]
fn what_was_kept_by_whoever_or_not_at_all_keeps_nobody_out_for_ever() {
    for text in [
        "",
        "{",
        "[]",
        r#"{"all":[4294967295,18446744073709551615],"badges":{"0042":[4294967295,18446744073709551615]}}"#,
    ] {
        let mut backoff = Backoff::read(text, at(5));
        assert!(backoff.wait(&source(1), "0042", at(5)).unwrap_or_default() <= at(900), "{text}");
        backoff.failed(&source(1), "0042", at(5));
    }
}

#[test]
fn failures_are_forgotten_after_a_day() {
    let (mut backoff, mut now) = (Backoff::default(), at(0));
    waits(&mut backoff, &source(1), "0042", &mut now, 8);
    assert_eq!(backoff.failed(&source(1), "0042", now + at(86_400)), at(0));
}

#[test]
fn an_ipv6_host_does_not_get_a_try_for_each_of_its_addresses() {
    let of = |host| Source::of(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 7, 0, 0, 0, host)));
    assert_eq!(of(1), of(2));
    let mapped = Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped();
    assert_eq!(Source::of(IpAddr::V6(mapped)), source(1));
}
