use super::*;

fn pan(seed: u64) -> Pan {
    Pan::new(seed, Unit::Gram, 0.1, 6_000.0)
}

#[test]
fn a_change_is_dynamic_for_the_readings_it_takes_to_settle_and_ends_on_the_load() {
    let mut pan = pan(3);
    pan.put(500.0);
    let readings: Vec<Reading> = (0..8).map(|_| pan.weigh()).collect();
    assert!(readings[..6].iter().all(|reading| reading.state == State::Dynamic), "{readings:?}");
    assert!(readings[..3].iter().any(|reading| reading.net.text() != "500.0"), "it wobbles: {readings:?}");
    assert!(readings[6..].iter().all(|reading| (reading.state, &*reading.net.text()) == (State::Stable, "500.0")));
}

#[tokio::test(start_paused = true)]
async fn a_change_may_settle_with_time_instead() {
    let mut pan = pan(3);
    pan.settles_after(Settling::Time(Duration::from_millis(800)));
    pan.put(500.0);
    assert_eq!((pan.weigh().state, pan.weigh().state), (State::Dynamic, State::Dynamic));
    tokio::time::advance(Duration::from_millis(799)).await;
    assert_eq!(pan.weigh().state, State::Dynamic);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(pan.weigh().state, State::Stable);
}

#[test]
fn the_noise_of_a_load_at_rest_stays_below_a_division() {
    let mut pan = Pan { load: 100.05, ..pan(4) };
    for _ in 0..1000 {
        let shown = pan.weigh().net.text();
        assert!(shown == "100.0" || shown == "100.1", "{shown}");
    }
}

#[test]
fn more_than_the_capacity_and_nine_divisions_is_an_overload() {
    for (load, state) in [(6_000.8, State::Stable), (6_001.0, State::Over), (-50.0, State::Stable)] {
        assert_eq!(Pan { load, ..pan(1) }.weigh().state, state, "{load}");
    }
}

#[test]
fn net_is_gross_less_tare_and_zero_takes_the_tare_with_it() {
    let mut pan = Pan { load: 250.0, ..pan(1) };
    pan.press_tare();
    pan.load = 300.0;
    let reading = pan.weigh();
    let texts = [reading.gross.text(), reading.net.text(), reading.tare.text()];
    assert_eq!(texts, ["300.0", "50.0", "250.0"]);
    assert!(reading.is_tared && !reading.is_preset);
    pan.preset_tare(100.0);
    assert!(pan.weigh().is_preset);
    pan.press_zero();
    assert_eq!((pan.weigh().net.text(), pan.weigh().is_tared), ("0.0".to_owned(), false));
}

#[test]
fn a_counting_scale_shows_pieces() {
    let mut pan = Pan { load: 250.4, piece: Some(2.5), ..pan(1) };
    let reading = pan.weigh();
    assert_eq!((reading.net.text(), reading.unit), ("100".to_owned(), Unit::Piece));
}

#[test]
fn the_same_seed_weighs_the_same() {
    let run = |seed| {
        let mut pan = pan(seed);
        pan.put(500.05);
        (0..20).map(|_| pan.weigh().net).collect::<Vec<_>>()
    };
    assert_eq!(run(9), run(9));
    assert_ne!(run(9), run(10));
}
