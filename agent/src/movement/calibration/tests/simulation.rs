//! The numbers against chance: an interval of 95 % has to hold the truth 95 times in 100.

use super::*;

const DRAWS: u32 = 20_000;

/// A scale as it is: noise, then rounding to its step.
fn shown(mass: f64, noise: f64, division: f64, random: &mut Random) -> Mass {
    let moved = mass + noise * random.normal();
    grams(if division > 0.0 { (moved / division).round() * division } else { moved })
}

/// What `pieces` of mean `piece` weigh.
fn heap(pieces: u32, piece: f64, cv: f64, random: &mut Random) -> f64 {
    let own = f64::from(pieces);
    own * piece + cv * piece * own.sqrt() * random.normal()
}

#[test]
fn the_interval_holds_the_truth_95_times_in_100() {
    let mut random = Random::seeded();
    // piece g, cv, sample, pieces in the bin, noise g, division g, lots (0: the spread is known)
    for (piece, cv, size, pieces, noise, division, lots) in [
        (5.0, 0.01, 10, 800, 0.0, 0.0, 0),
        (5.0, 0.005, 50, 5_000, 0.02, 0.1, 0),
        (5.0, 0.03, 30, 400, 0.02, 0.1, 0),
        (0.2, 0.01, 50, 2_000, 0.05, 0.02, 0),
        (5.0, 0.01, 30, 800, 0.0, 0.0, 3),
        (5.0, 0.02, 50, 800, 0.01, 0.02, 5),
    ] {
        let mut held = 0;
        for _ in 0..DRAWS {
            let tare = 200.0;
            let mut mass = tare;
            let rest = |mass, random: &mut Random| Rest {
                gross: shown(mass, noise, division, random),
                sd: grams(noise),
                division: grams(division),
            };
            let empty = rest(mass, &mut random);
            let mut known = Calibration::default();
            known.set_tare(Tare { mass: empty.gross, spread: Mass::ZERO, from: TareFrom::Given }, &text("ann"), at(0));
            let mut put = Vec::new();
            let mut before = empty.gross;
            for _ in 0..lots.max(1) {
                let own = size / lots.max(1);
                mass += heap(own, piece, cv, &mut random);
                let after = rest(mass, &mut random).gross;
                put.push(lots::Lot { pieces: own, weight: after.checked_sub(before).unwrap() });
                before = after;
            }
            let (size, weight) = lots::total(&put);
            let (cv_used, cv_known) = match lots::spread(&put, empty.variance()) {
                Some(spread) => (spread.cv, CvKnown::Measured { lots: spread.lots }),
                None => (cv, CvKnown::Assumed),
            };
            let mean = lots::mean(size, weight).unwrap();
            let from = PieceFrom::Sample(at(0));
            known.piece = Some(PieceWeight { mean, cv: cv_used, cv_known, sample_size: size, from, lot: None });
            let full = rest(tare + heap(pieces, piece, cv, &mut random), &mut random);
            let weighed = known.weigh(&full).unwrap();
            // Before it is widened to whole numbers, which alone would hold the truth too often.
            let off = (weighed.fraction - f64::from(pieces)).abs();
            held += u32::from(off <= 1.96 * weighed.sd);
            if off <= 1.96 * weighed.sd {
                assert!((weighed.low..=weighed.high).contains(&u64::from(pieces)), "SEED={}", random.seed);
            }
        }
        let share = f64::from(held) / f64::from(DRAWS);
        assert!(
            (0.94..=0.96).contains(&share),
            "SEED={}: {share} with {piece} g, cv {cv}, sample {size}, {lots} lots",
            random.seed
        );
    }
}

#[test]
fn improvement_sharpens_the_piece_weight_and_does_not_bias_it() {
    let mut random = Random::seeded();
    let (piece, cv) = (5.0, 0.01);
    let (mut first, mut last, mut squares, mut steps) = (0.0, 0.0, [0.0, 0.0], 0_u32);
    for _ in 0..DRAWS {
        let mut mass = heap(10, piece, cv, &mut random);
        let still = |mass| Rest { gross: grams(200.0 + mass), sd: Mass::ZERO, division: grams(0.1) };
        let mut known = calibration();
        known.piece = Some(sample(mass / 10.0, cv, 10));
        first += mass / 10.0 / piece - 1.0;
        squares[0] += (mass / 10.0 / piece - 1.0).powi(2);
        let mut inside = 10;
        for wanted in [20, 40, 80] {
            mass += heap(wanted - inside, piece, cv, &mut random);
            inside = wanted;
            if let Ok(better) = improve(&known, &still(mass), &stated(inside)) {
                known.piece = Some(better.piece);
                steps += 1;
            }
        }
        let off = known.piece.unwrap().mean.as_grams() / piece - 1.0;
        last += off;
        squares[1] += off * off;
    }
    let draws = f64::from(DRAWS);
    let (first, last) = (first / draws, last / draws);
    let sds = squares.map(|squares| (squares / draws).sqrt());
    // Four standard errors of the mean.
    assert!(last.abs() < 4.0 * sds[1] / draws.sqrt(), "SEED={}: bias {last:e} after {first:e}", random.seed);
    assert!(sds[1] < sds[0] / 2.5, "SEED={}: {sds:?}", random.seed);
    assert!(f64::from(steps) > 2.7 * draws, "SEED={}: only {steps} improvements", random.seed);
}
