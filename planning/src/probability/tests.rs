//! The laws against values computed with 40 digits (mpmath) or by SciPy where that has no chance to end.

use super::{
    special::{beta_pq, gamma_pq, normal_quantile},
    *,
};

mod published;
use published::{BETA, GAMMA, LAWS, NORMAL, QUANTILES};

/// Relative difference, 0 for equal; an absolute one below `floor`.
fn apart(a: f64, b: f64, floor: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()).max(floor) }
}

#[track_caller]
fn near(found: f64, wanted: f64, tolerance: f64, what: &str) {
    let apart = apart(found, wanted, 1e-290);
    assert!(apart <= tolerance, "{what}: found {found:e}, wanted {wanted:e}, apart {apart:e}");
}

#[test]
fn incomplete_gamma_equals_published_values_on_both_sides() {
    for (a, x, p, q) in GAMMA {
        let (found_p, found_q) = gamma_pq(a, x);
        // the side that is large is known by the other
        near(found_p, p, 2e-12, &format!("P({a}, {x})"));
        if a > 0.1 {
            near(found_q, q, 2e-12, &format!("Q({a}, {x})"));
        }
    }
}

#[test]
fn incomplete_beta_equals_published_values_on_both_sides() {
    for (a, b, x, p, q) in BETA {
        let (found_p, found_q) = beta_pq(a, b, x, 1.0 - x);
        near(found_p, p, 1e-11, &format!("I_{x}({a}, {b})"));
        near(found_q, q, 1e-11, &format!("1 - I_{x}({a}, {b})"));
    }
}

#[test]
fn normal_quantile_equals_published_values() {
    for (p, z) in NORMAL {
        assert!((normal_quantile(p) - z).abs() < 1e-13 * z.abs().max(1.0), "{p}: {} {z}", normal_quantile(p));
    }
    assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(normal_quantile(1.0), f64::INFINITY);
}

#[test]
fn laws_equal_published_probabilities_and_losses() {
    for (family, mean, variance, x, cdf, survival, loss, complementary) in LAWS {
        let law = Law::of(family, mean, variance);
        let what = format!("{family:?}({mean}, {variance}) at {x}");
        near(law.cdf(x), cdf, 1e-10, &format!("cdf of {what}"));
        assert!(apart(law.survival(x), survival, 1e-6) < 1e-9, "survival of {what}: {} {survival}", law.survival(x));
        assert!(apart(law.loss(x), loss, mean * 1e-6) < 1e-9, "loss of {what}: {} {loss}", law.loss(x));
        let found = law.complementary_loss(x);
        assert!(apart(found, complementary, mean * 1e-6) < 1e-9, "n̄ of {what}: {found} {complementary}");
    }
}

#[test]
fn quantiles_equal_published_values() {
    for (family, mean, variance, p, quantile) in QUANTILES {
        let law = Law::of(family, mean, variance);
        near(law.quantile(p), quantile, 1e-9, &format!("{family:?}({mean}, {variance}) at {p}"));
    }
}

#[test]
fn a_whole_quantile_is_the_smallest_number_that_reaches_the_probability() {
    for mean in [1e-4, 0.01, 0.4, 3.0, 17.5, 240.0, 8e4, 3e7] {
        for variance in [mean, mean * 1.01, mean * 4.0, mean + mean * mean * 2.0] {
            let law = Law::of_counts(mean, variance);
            for p in [1e-9, 0.01, 0.2, 0.5, 0.77, 0.9, 0.95, 0.999, 1.0 - 1e-9] {
                let q = law.quantile(p);
                let slack = 4e-13;
                assert!(law.cdf(q) >= p - slack, "{law:?} {p}: F({q}) = {}", law.cdf(q));
                assert!(q == 0.0 || law.cdf(q - 1.0) < p + slack, "{law:?} {p}: {q} is not the smallest");
            }
        }
    }
}

#[test]
fn real_quantiles_and_probabilities_are_inverse() {
    for mean in [1e-6, 0.3, 5.0, 1e4, 1e9] {
        for cv in [1e-4, 0.05, 1.0, 8.0] {
            for family in [Family::Normal, Family::Gamma] {
                let law = Law::of(family, mean, (cv * mean) * (cv * mean));
                for p in [1e-6, 0.1, 0.5, 0.9, 0.999_999] {
                    let q = law.quantile(p);
                    if q > 0.0 || family == Family::Normal {
                        assert!((law.cdf(q) - p).abs() < 1e-10, "{law:?} {p}: {q} {}", law.cdf(q));
                    }
                }
            }
        }
    }
}

#[test]
fn losses_differ_by_what_is_there_less_what_is_wanted() {
    let table = Empirical::new([(0.0, 0.5), (2.5, 0.3), (9.0, 0.2)]).unwrap();
    let laws = [
        Law::of(Family::Normal, 40.0, 90.0),
        Law::of(Family::Poisson, 7.3, 0.0),
        Law::of_counts(7.3, 40.0),
        Law::of(Family::Gamma, 7.3, 40.0),
        Law::Empirical(table),
        Law::Certain(4.0),
    ];
    for law in laws {
        for x in [-3.0, 0.0, 0.7, 4.0, 7.5, 23.0, 61.25] {
            let difference = law.complementary_loss(x) - law.loss(x);
            assert!((difference - (x - law.mean())).abs() < 1e-9, "{law:?} at {x}");
        }
    }
}

#[test]
fn an_empirical_sum_is_the_convolution() {
    let die = Empirical::of_weights((1..=6).map(|face| (f64::from(face), 1.0))).unwrap();
    let two = Law::Empirical(die.clone()).sum(2.0);
    near(two.cdf(4.0), 6.0 / 36.0, 1e-12, "P(two dice <= 4)");
    assert_eq!(two.quantile(0.5), 7.0);
    let many = Law::Empirical(die).sum(1_000.0);
    near(many.mean(), 3_500.0, 1e-9, "mean of a thousand dice");
    near(many.variance(), 1_000.0 * 35.0 / 12.0, 2e-2, "variance of a thousand dice");
    near(many.quantile(0.99), 3_500.0 + 2.326 * (1_000.0_f64 * 35.0 / 12.0).sqrt(), 2e-3, "99 % of a thousand dice");
}

#[test]
fn sums_stay_in_the_family_and_add_up_their_moments() {
    for family in [Family::Normal, Family::Poisson, Family::NegativeBinomial, Family::Gamma] {
        let law = Law::of(family, 3.0, 8.0);
        let sum = law.sum(4.5);
        assert_eq!(sum.family(), Some(family));
        near(sum.mean(), 13.5, 1e-12, "mean");
        near(sum.variance(), law.variance() * 4.5, 1e-12, "variance");
        assert_eq!(law.sum(0.0), Law::Certain(0.0));
        near(law.sum_over(4.5, 2.0).variance(), law.variance() * 4.5 + 36.0, 1e-9, "variance over a random lead time");
    }
}

#[test]
fn no_argument_makes_a_law_panic_or_answer_no_number() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e-320, 1e-9, 0.5, 1.0, 1e16, 1e300];
    for family in [Family::Normal, Family::Poisson, Family::NegativeBinomial, Family::Gamma] {
        for mean in odd {
            for variance in odd {
                let law = Law::of(family, mean, variance);
                for x in odd {
                    for found in [law.cdf(x), law.survival(x)] {
                        assert!((0.0..=1.0).contains(&found) || x.is_nan(), "{law:?} {x}: {found}");
                    }
                    let _ = (law.quantile(x), law.loss(x), law.complementary_loss(x), law.sum(x));
                }
            }
        }
    }
}

#[test]
fn a_law_reads_back_as_it_was_written() {
    for law in [Law::of_counts(3.0, 9.0), Law::Empirical(Empirical::of_counts(&[0.25, 0.5, 0.0, 0.25]).unwrap())] {
        let text = serde_json::to_string(&law).unwrap();
        assert_eq!(serde_json::from_str::<Law>(&text).unwrap(), law, "{text}");
    }
    assert!(serde_json::from_str::<Empirical>("[[1.0, 0.5]]").is_err(), "masses that add up to a half are no law");
}
