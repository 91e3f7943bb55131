//! A bin, a scale and a technician.

use super::*;
use crate::movement::pieces::{SampleVerdict, sample_verdict};

mod containers;
mod dialogue;
mod simulation;
mod table;

/// Splitmix64 by Sebastiano Vigna; `SEED=n` replays.
pub(super) struct Random {
    pub(super) seed: u64,
    state: u64,
}

impl Random {
    pub(super) fn seeded() -> Self {
        let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x00c0_ffee);
        Self { seed, state: seed }
    }

    /// Above 0, at most 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn unit(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((z >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Mean 0, standard deviation 1 (Box and Muller).
    pub(super) fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

fn text(text: &str) -> Text {
    text.parse().unwrap()
}

fn at(seconds: i64) -> WallTime {
    WallTime::from_millis(1_795_237_200_000 + seconds * 1_000)
}

#[expect(clippy::cast_possible_truncation, reason = "small numbers")]
fn grams(grams: f64) -> Mass {
    Mass::from_micrograms((grams * 1e6).round() as i64)
}

/// A scale with a step of 0.1 g and a noise of 0.02 g.
fn rest(gross: f64) -> Rest {
    Rest { gross: grams(gross), sd: grams(0.02), division: grams(0.1) }
}

fn sample(mean: f64, cv: f64, sample_size: u32) -> PieceWeight {
    let (mean, from) = (grams(mean), PieceFrom::Sample(at(0)));
    PieceWeight { mean, cv, cv_known: CvKnown::Assumed, sample_size, from, lot: None }
}

/// A bin of 200 g with pieces of 5 g by a sample of 20.
fn calibration() -> Calibration {
    let tare = Tare { mass: grams(200.0), spread: Mass::ZERO, from: TareFrom::Weighed(at(0)) };
    Calibration { tare: Some(tare), piece: Some(sample(5.0, 0.01, 20)), history: Vec::new() }
}

fn stated(pieces: u32) -> Attended {
    Attended::stated(pieces, text("ann"), at(100), None)
}

#[test]
fn the_largest_exact_count_and_the_sample_for_more_by_hand() {
    // No noise: n + n²/s < (0.5/1.96)²/c² = 650.77.
    let still = Rest { sd: Mass::ZERO, division: Mass::ZERO, ..rest(0.0) };
    for (sample_size, exact) in [(10, 75), (50, 157), (1_000, 449)] {
        assert_eq!(sample(5.0, 0.01, sample_size).exact_up_to(&still), exact, "sample of {sample_size}");
    }
    let piece = sample(5.0, 0.01, 10);
    assert_eq!((piece.sample_for(200, &still), piece.sample_for(900, &still)), (Some(89), None));
    assert_eq!(sample(5.0, 0.01, 89).exact_up_to(&still), 200);
    assert_eq!(sample(5.0, 0.0, 10).exact_up_to(&still), 1_000_000_000, "ideal pieces on an ideal scale");
    let coarse = Rest { division: grams(10.0), ..still };
    assert_eq!(sample(5.0, 0.01, 10).exact_up_to(&coarse), 0);
}

#[test]
fn a_measured_spread_is_widened_by_how_little_it_is_known() {
    let measured = |lots| PieceWeight { cv_known: CvKnown::Measured { lots }, ..sample(5.0, 0.01, 30) };
    // Student's 4.303/1.96, less the correction that made it unbiased.
    assert!((measured(3).cv_to_use() - 0.01 * 4.303 / 1.96 * 0.886_227).abs() < 1e-7);
    assert!(measured(30).cv_to_use() < 0.010_5 && measured(30).cv_to_use() > 0.01);
    assert!((sample(5.0, 0.01, 30).cv_to_use() - 0.01).abs() < 1e-12);
}

#[test]
fn a_weight_is_pieces_with_their_interval() {
    let found = calibration().weigh(&rest(700.4)).unwrap();
    assert_eq!((found.pieces, found.low, found.high), (100, 100, 100));
    let found = calibration().weigh(&rest(200.0 + 5_000.0)).unwrap();
    // √(1000·1e-4 + 1e6·1e-4/20 + …) ≈ 2.26 pieces
    assert_eq!((found.pieces, found.low, found.high), (1_000, 996, 1_004));
    assert_eq!(calibration().weigh(&rest(199.8)).map(|weighed| weighed.pieces), Some(0), "a hair below the tare");
    assert_eq!(calibration().weigh(&rest(150.0)), None, "lifted is not empty");
    assert_eq!(Calibration::default().weigh(&rest(150.0)), None);
}

#[test]
fn a_containers_spread_widens_the_interval() {
    let mut loose = calibration();
    loose.tare.as_mut().unwrap().spread = grams(10.0);
    let found = loose.weigh(&rest(700.0)).unwrap();
    assert_eq!((found.low, found.high), (97, 103));
    assert!((found.sd - 2.02).abs() < 0.02, "{}", found.sd);
}

#[test]
fn a_count_by_hand_confirms_or_differs() {
    let check = |gross, pieces| check(&calibration(), &rest(gross), &stated(pieces)).unwrap();
    assert!(matches!(check(350.0, 30), Checked::Confirmed(_, Ok(_))));
    assert!(matches!(check(350.0, 31), Checked::Differs(_)));
    assert!(matches!(check(5_200.0, 1_002), Checked::Confirmed(_, Err(NoImprovement::TooMany { most: 40 }))));
    assert!(matches!(check(5_200.0, 1_010), Checked::Differs(_)));
}

#[test]
fn a_piece_weight_improves_only_inside_the_safe_band() {
    let try_it = |gross, pieces| improve(&calibration(), &rest(gross), &stated(pieces)).map(|found| found.piece);
    let better = try_it(200.0 + 40.0 * 5.01, 40).unwrap();
    assert_eq!((better.mean, better.sample_size, better.from), (grams(5.01), 40, PieceFrom::Improved(at(100))));
    assert_eq!(try_it(300.0, 20), Err(NoImprovement::NotMore { sample: 20 }));
    assert_eq!(try_it(405.0, 41), Err(NoImprovement::TooMany { most: 40 }));
    assert!(try_it(200.0 + 200.0 + 1.2, 40).is_ok());
    assert!(matches!(try_it(200.0 + 200.0 + 1.3, 40), Err(NoImprovement::Fraction { .. })));
    assert_eq!(try_it(200.0 + 105.0, 21), Err(NoImprovement::NoGain), "one more of twenty is not worth it");
}

#[test]
fn another_lot_improves_nothing() {
    let mut of_lot = calibration();
    of_lot.piece.as_mut().unwrap().lot = Some(text("L1"));
    let by = |lot| Attended::stated(30, text("ann"), at(9), lot);
    let improved = |lot| improve(&of_lot, &rest(350.0), &by(lot));
    let other = Err(NoImprovement::OtherLot { was: text("L1"), now: text("L2") });
    assert_eq!(improved(Some(text("L2"))), other);
    assert!(improved(Some(text("L1"))).is_ok() && improved(None).is_ok());
}

#[test]
fn the_newest_twenty_changes_are_kept() {
    let mut calibration = Calibration::default();
    for n in 0_u8..25 {
        calibration.set_piece(sample(f64::from(n) + 1.0, 0.01, 10), &text("ann"), at(i64::from(n)));
    }
    assert_eq!(calibration.history.len(), HISTORY_MAX);
    assert_eq!(calibration.history.last().unwrap().was, Was::Piece(Some(sample(24.0, 0.01, 10))));
    assert_eq!(calibration.history[0].at, at(5));
}

#[test]
fn a_calibration_is_kept_as_text() {
    let mut calibration = calibration();
    calibration.piece.as_mut().unwrap().cv_known = CvKnown::Measured { lots: 4 };
    calibration.set_tare(
        Tare { mass: grams(-3.5), spread: grams(0.25), from: TareFrom::Container(text("KLT 3147")) },
        &text("ann"),
        at(5),
    );
    let kept = serde_json::to_string(&calibration).unwrap();
    assert_eq!(serde_json::from_str::<Calibration>(&kept).unwrap(), calibration, "{kept}");
    assert!(kept.contains(r#""mass":-3500000"#), "micrograms: {kept}");
    assert_eq!(serde_json::from_str::<Calibration>("{}").unwrap(), Calibration::default());
}

#[test]
fn the_rules_of_the_sample_are_those_of_the_arithmetic() {
    assert_eq!(sample_verdict(grams(0.02), grams(0.1), 50), SampleVerdict::RefusePiece);
}
