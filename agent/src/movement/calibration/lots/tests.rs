use super::*;
use crate::movement::calibration::tests::Random;

fn lots(weights: &[(u32, i64)]) -> Vec<Lot> {
    let lot = |&(pieces, grams): &(u32, i64)| Lot { pieces, weight: Mass::from_micrograms(grams) };
    weights.iter().map(lot).collect()
}

#[test]
fn the_spread_of_three_lots_by_hand() {
    // Mean 5 g; Q = (0.2² + 0.2²)/10 = 0.008; σ = √(0.008/2) = 0.063246 g; 1.2649 % over c₄(2) = 0.886227.
    let lots = lots(&[(10, 50_000_000), (10, 50_200_000), (10, 49_800_000)]);
    let found = spread(&lots, 0.0).unwrap();
    assert!((found.cv - 0.014_273).abs() < 1e-6, "{}", found.cv);
    assert!((found.cv_sd - found.cv / 2.0).abs() < 1e-12);
    // Noise: 0.01 g² × (2 + 2/9 − 2/3, twice, and 2 + 2/9)/10 = 0.01 × 0.533333; (0.008 − 0.005333)/2 = 0.001333.
    assert_eq!(spread(&lots, 0.01), None, "more noise than spread");
    let found = spread(&lots, 0.005).unwrap();
    assert!((found.cv - (0.005_333_333_f64 / 2.0).sqrt() / 5.0 / 0.886_227).abs() < 1e-6, "{}", found.cv);
}

#[test]
fn fewer_than_three_lots_or_equal_ones_tell_no_spread() {
    assert_eq!(spread(&lots(&[(10, 50_000_000), (10, 51_000_000)]), 0.0), None);
    assert_eq!(spread(&lots(&[(10, 50_000_000); 5]), 0.0), None);
    assert_eq!(spread(&[], 0.0), None);
}

#[test]
fn a_mean_is_rounded_to_the_microgram_and_of_no_pieces_is_none() {
    assert_eq!(mean(3, 10), Some(Mass::from_micrograms(3)));
    assert_eq!(mean(2, 5), Some(Mass::from_micrograms(3)));
    assert_eq!(mean(0, 5), None);
}

#[test]
fn the_factors_are_those_of_the_tables() {
    for (freedom, bias, factor) in [
        (1, 0.797_885, 12.706),
        (2, 0.886_227, 4.303),
        (4, 0.939_986, 2.776),
        (9, 0.972_659, 2.262),
        (29, 0.991_418, 2.045),
    ] {
        assert!((root_bias(freedom) - bias).abs() < 1e-5, "c4({freedom}) = {}", root_bias(freedom));
        assert!((student(freedom) - factor).abs() < 0.002, "t({freedom}) = {}", student(freedom));
    }
}

#[test]
fn the_spread_out_of_lots_is_unbiased_also_on_a_noisy_scale() {
    let mut random = Random::seeded();
    let seed = random.seed;
    for (sizes, cv, noise) in
        [(&[10, 10, 10][..], 0.01, 0.0), (&[5, 20, 10, 40], 0.02, 0.05), (&[10, 10, 10, 10, 10], 0.01, 0.03)]
    {
        let (draws, piece) = (20_000, 5.0);
        // The square is unbiased before the noisy ones are left out; so the square is what is tested.
        let mut squares = 0.0;
        for _ in 0..draws {
            let mut before = noise * random.normal();
            let put = |&pieces: &u32| {
                let after = noise * random.normal();
                let own = f64::from(pieces);
                let weight = own * piece + cv * piece * own.sqrt() * random.normal() + after - before;
                before = after;
                Lot { pieces, weight: grams(weight) }
            };
            let lots: Vec<Lot> = sizes.iter().map(put).collect();
            let Squares { found, noise, piece } = super::squares(&lots, noise * noise).unwrap();
            squares += (found - noise) / (f64::from(u32::try_from(sizes.len()).unwrap()) - 1.0) / (piece * piece);
        }
        let found = (squares / f64::from(draws)).sqrt();
        assert!((found / cv - 1.0).abs() < 0.03, "SEED={seed} {sizes:?}: {found} for {cv}");
    }
}

#[test]
fn the_spread_of_many_draws_has_the_true_one_for_its_mean() {
    let mut random = Random::seeded();
    let draws = 20_000;
    let total: f64 = (0..draws)
        .map(|_| {
            let weight = |random: &mut Random| grams(50.0 + 0.05 * 10_f64.sqrt() * random.normal());
            let lots: Vec<Lot> = (0..4).map(|_| Lot { pieces: 10, weight: weight(&mut random) }).collect();
            spread(&lots, 0.0).map_or(0.0, |spread| spread.cv)
        })
        .sum();
    let mean = total / f64::from(draws);
    assert!((mean - 0.01).abs() < 0.000_15, "SEED={}: {mean}", random.seed);
}

fn grams(grams: f64) -> Mass {
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    Mass::from_micrograms((grams * 1e6).round() as i64)
}
