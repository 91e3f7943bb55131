use super::*;

fn pan(seed: u64) -> Pan {
    Pan {
        random: Random::seeded(seed),
        serial: "B000000001".to_owned(),
        division: 0.1,
        load: 0.0,
        load_before: 0.0,
        zero: 0.0,
        tare: 0.0,
        unsettled: 0,
        settling_replies: 6,
        range: Range::Within,
        silent: false,
        polls: 0,
    }
}

fn loaded(seed: u64, grams: f64) -> Pan {
    Pan { load: grams, ..pan(seed) }
}

#[test]
fn a_weight_is_sent_in_ten_characters_right_aligned() {
    for (grams, division, reply) in [
        (0.0, 0.1, "S S        0.0 g\r\n"),
        (123.4, 0.1, "S S      123.4 g\r\n"),
        (-12.3, 0.1, "S S      -12.3 g\r\n"),
        (1234.0, 1.0, "S S       1234 g\r\n"),
        (12.35, 0.05, "S S      12.35 g\r\n"),
        (1235.0, 5.0, "S S       1235 g\r\n"),
        (-0.01, 0.1, "S S        0.0 g\r\n"),
    ] {
        let mut pan = Pan { division, ..loaded(1, grams) };
        assert_eq!(pan.answer("SI").as_deref(), Some(reply), "{grams} by {division}");
    }
}

#[test]
fn every_command_has_the_reply_of_the_reference() {
    let mut pan = loaded(1, 50.0);
    for (command, reply) in [
        ("S", "S S       50.0 g"),
        ("@", "I4 A \"B000000001\""),
        ("I4", "I4 A \"B000000001\""),
        ("T", "T S       50.0 g"),
        ("SI", "S S        0.0 g"),
        ("TAC", "TAC A"),
        ("SI", "S S       50.0 g"),
        ("Z", "Z A"),
        ("SI", "S S        0.0 g"),
        ("si", "ES"),
        ("", "ES"),
    ] {
        assert_eq!(pan.answer(command), Some(format!("{reply}\r\n")), "{command}");
    }
    assert_eq!(pan.polls, 4, "only weighing counts as a poll");
}

#[test]
fn a_change_is_dynamic_for_the_replies_it_takes_to_settle_and_ends_on_the_load() {
    let mut pan = Pan { load: 500.0, unsettled: 6, ..pan(3) };
    let replies: Vec<String> = (0..8).filter_map(|_| pan.answer("SI")).collect();
    assert!(replies[..6].iter().all(|reply| reply.starts_with("S D")), "{replies:?}");
    assert!(replies[..3].iter().any(|reply| !reply.contains(" 500.0 ")), "it wobbles: {replies:?}");
    assert!(replies[6..].iter().all(|reply| reply == "S S      500.0 g\r\n"), "{replies:?}");
}

#[test]
fn while_it_settles_it_does_nothing_that_needs_stability() {
    let mut pan = Pan { load: 500.0, unsettled: 3, ..pan(3) };
    for (command, reply) in [("S", "S I\r\n"), ("Z", "Z I\r\n"), ("T", "T I\r\n"), ("Z", "Z A\r\n")] {
        assert_eq!(pan.answer(command).as_deref(), Some(reply));
    }
}

#[test]
fn the_noise_of_a_load_at_rest_stays_below_a_division() {
    let mut pan = loaded(4, 100.05);
    for _ in 0..1000 {
        let reply = pan.answer("SI").unwrap();
        assert!(reply == "S S      100.0 g\r\n" || reply == "S S      100.1 g\r\n", "{reply}");
    }
}

#[test]
fn out_of_range_is_said_by_every_command_that_weighs() {
    let mut pan = Pan { range: Range::Over, ..loaded(1, 9.0) };
    let mut says = |command: &str| pan.answer(command).unwrap();
    assert_eq!((says("SI"), says("S"), says("T")), ("S +\r\n".into(), "S +\r\n".into(), "T +\r\n".into()));
    let mut pan = Pan { range: Range::Under, ..loaded(1, 9.0) };
    assert_eq!(pan.answer("SI").as_deref(), Some("S -\r\n"));
}

#[test]
fn a_silent_scale_answers_nothing_until_its_power_comes_back() {
    let mut pan = Pan { silent: true, ..loaded(1, 250.0) };
    assert_eq!((pan.answer("SI"), pan.answer("@"), pan.polls), (None, None, 0));
    pan.restart();
    assert!(pan.answer("SI").is_some());
}

#[test]
fn a_restart_takes_what_lies_there_for_zero() {
    let mut pan = Pan { tare: 5.0, ..loaded(1, 250.0) };
    assert_eq!(pan.restart(), "I4 A \"B000000001\"\r\n");
    assert_eq!(pan.answer("SI").as_deref(), Some("S S        0.0 g\r\n"));
}

#[test]
fn the_same_seed_weighs_the_same() {
    let run = |seed| {
        let mut pan = Pan { load: 500.05, unsettled: 6, ..pan(seed) };
        (0..20).filter_map(|_| pan.answer("SI")).collect::<Vec<_>>()
    };
    assert_eq!(run(9), run(9));
    assert_ne!(run(9), run(10));
}
