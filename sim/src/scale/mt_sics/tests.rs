use crate::scale::bench::Bench;
use crate::scale::display::{Division, Unit};
use crate::scale::pan::Range;
use crate::scale::tongue::{Model, Tongue};

fn loaded(grams: f64) -> Bench {
    Bench::of(Tongue::MtSics, Unit::Gram, 0.1, grams)
}

#[test]
fn a_weight_is_sent_in_ten_characters_right_aligned() {
    for (grams, unit, division, reply) in [
        (0.0, Unit::Gram, 0.1, "S S        0.0 g\r\n"),
        (123.4, Unit::Gram, 0.1, "S S      123.4 g\r\n"),
        (-12.3, Unit::Gram, 0.1, "S S      -12.3 g\r\n"),
        (1234.0, Unit::Gram, 1.0, "S S       1234 g\r\n"),
        (12.35, Unit::Gram, 0.05, "S S      12.35 g\r\n"),
        (1235.0, Unit::Gram, 5.0, "S S       1235 g\r\n"),
        (-0.01, Unit::Gram, 0.1, "S S        0.0 g\r\n"),
        (100.0, Unit::Gram, 0.01, "S S     100.00 g\r\n"),
        (-0.0082, Unit::Gram, 0.0001, "S S    -0.0082 g\r\n"),
        (505.0, Unit::Kilogram, 0.001, "S S      0.505 kg\r\n"),
        (1_020.582_832, Unit::Pound, 0.001, "S S      2.250 lb\r\n"),
    ] {
        assert_eq!(Bench::of(Tongue::MtSics, unit, division, grams).says("SI\r\n"), reply, "{grams} by {division}");
    }
}

#[test]
fn every_command_has_the_reply_of_the_reference() {
    let mut scale = loaded(50.0);
    for (command, reply) in [
        ("S", "S S       50.0 g"),
        ("@", "I4 A \"B000000001\""),
        ("I4", "I4 A \"B000000001\""),
        ("I2", "I2 A \"SIM Scale 60000.0 g\""),
        ("T", "T S       50.0 g"),
        ("SI", "S S        0.0 g"),
        ("TA", "TA A       50.0 g"),
        ("TAC", "TAC A"),
        ("SI", "S S       50.0 g"),
        ("TI", "TI S       50.0 g"),
        ("TA 20.0 g", "TA A       20.0 g"),
        ("SI", "S S       30.0 g"),
        ("TA x", "TA L"),
        ("ZI", "ZI S"),
        ("Z", "Z A"),
        ("SI", "S S        0.0 g"),
        ("si", "ES"),
        ("", "ES"),
    ] {
        assert_eq!(scale.says(&format!("{command}\r\n")), format!("{reply}\r\n"), "{command}");
    }
    assert_eq!(scale.pan.polls, 5, "only weighing counts as a poll");
}

#[test]
fn while_it_settles_it_does_nothing_that_needs_stability() {
    let mut scale = loaded(0.0);
    scale.put(500.0, 4);
    for (command, reply) in [("S", "S I\r\n"), ("Z", "Z I\r\n"), ("T", "T I\r\n"), ("ZI", "ZI D\r\n"), ("Z", "Z A\r\n")]
    {
        assert_eq!(scale.says(&format!("{command}\r\n")), reply);
    }
}

#[test]
fn out_of_range_is_said_by_every_command_that_weighs() {
    for (range, sign) in [(Range::Over, '+'), (Range::Under, '-'), (Range::Fault, 'I')] {
        let mut scale = loaded(9.0);
        scale.pan.set_range(range);
        for (command, name) in [("SI", "S"), ("S", "S"), ("T", "T"), ("Z", "Z"), ("TI", "TI")] {
            assert_eq!(scale.says(&format!("{command}\r\n")), format!("{name} {sign}\r\n"));
        }
    }
}

#[test]
fn a_counting_scale_weighs_pieces_once_it_knows_one() {
    let mut scale = loaded(252.0);
    assert_eq!(scale.says("PW 1.0 g\r\nSI\r\nPW\r\n"), "PW A\r\nS S        252 PCS\r\nPW A     1.0000 g\r\n");
    assert_eq!(scale.says("PW 0 g\r\n"), "PW L\r\n");
}

#[test]
fn a_repetition_goes_on_until_the_next_command() {
    let mut scale = loaded(12.0);
    assert_eq!(scale.tick(), "");
    assert_eq!(scale.says("SIR\r\n"), "");
    assert_eq!((scale.tick(), scale.tick()), ("S S       12.0 g\r\n".into(), "S S       12.0 g\r\n".into()));
    assert_eq!(scale.says("@\r\n"), "I4 A \"B000000001\"\r\n");
    assert_eq!(scale.tick(), "");
    assert_eq!(scale.says("SR\r\n") + &scale.tick() + &scale.tick(), "S S       12.0 g\r\n");
    scale.put(20.0, 1);
    assert_eq!((scale.tick(), scale.tick()), (String::new(), "S S       20.0 g\r\n".into()));
}

#[test]
fn a_restart_takes_what_lies_there_for_zero_and_greets() {
    let mut scale = loaded(250.0);
    assert_eq!(scale.power_up(), "I4 A \"B000000001\"\r\n");
    assert_eq!(scale.says("SI\r\n"), "S S        0.0 g\r\n");
}

#[test]
fn another_makers_question_spoils_the_command_behind_it() {
    assert_eq!(loaded(1.0).says("W\rSI\r\nSI\r\n"), "ES\r\nS S        1.0 g\r\n");
}

#[test]
fn the_weight_of_a_model_has_its_division() {
    let mut scale = Bench::with(&Model { seed: 7, ..Model::usual(Tongue::MtSics) }, 512.3);
    assert_eq!(scale.says("SI\r\n"), "S S      512.3 g\r\n");
    scale.pan.division = Division::of(0.5);
    assert_eq!(scale.says("SI\r\n"), "S S      512.5 g\r\n");
}
