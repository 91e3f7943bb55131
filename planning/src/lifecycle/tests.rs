use super::{
    curve::{Curve, Form},
    fit::{FitError, bass_regression, ex_ante, fit, fit_gompertz_level},
    installed_base::{Wear, installed_base},
    phase::{Phase, borrow, phase, phase_out},
};

fn made(form: Form, m: f64, first: f64, second: f64, periods: u32) -> Vec<f64> {
    Curve { form, m, first, second }.ahead(0, periods)
}

#[test]
fn a_fit_finds_the_curve_that_made_the_series() {
    for (form, first, second) in
        [(Form::Bass, 0.01, 0.4), (Form::Bass, 0.08, 0.1), (Form::Gompertz, 7.0, 0.25), (Form::Logistic, 60.0, 0.5)]
    {
        for periods in [8, 15, 40, 200] {
            let sales = made(form, 5_000.0, first, second, periods);
            let found = fit(form, &sales).unwrap();
            let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-4;
            let curve = found.curve;
            assert!(
                near(curve.m, 5_000.0) && near(curve.first, first) && near(curve.second, second),
                "{form:?} of {periods}: {found:?}"
            );
        }
    }
}

#[test]
fn a_fit_does_not_mind_the_unit() {
    let sales = made(Form::Bass, 900.0, 0.02, 0.5, 12);
    let noisy: Vec<f64> = sales.iter().enumerate().map(|(i, sold)| sold * (1.0 + 0.1 * (i as f64).sin())).collect();
    let scaled: Vec<f64> = noisy.iter().map(|sold| sold * 1e6).collect();
    let (small, large) = (fit(Form::Bass, &noisy).unwrap().curve, fit(Form::Bass, &scaled).unwrap().curve);
    assert!((small.first / large.first - 1.0).abs() < 1e-6 && (small.m * 1e6 / large.m - 1.0).abs() < 1e-6);
}

#[test]
fn a_level_fit_finds_the_curve_at_uneven_times() {
    let t: Vec<f64> = (0..20).map(|i| 100.0 + f64::from(i) * 2.5 + f64::from(i % 3)).collect();
    let levels: Vec<f64> = t.iter().map(|t| (1.7 - 90.0 * (-0.04 * t).exp()).exp()).collect();
    let found = fit_gompertz_level(&t, &levels).unwrap();
    assert!(
        (found.a - 1.7).abs() < 1e-5 && (found.b / 90.0 - 1.0).abs() < 1e-3 && (found.c / 0.04 - 1.0).abs() < 1e-4,
        "{found:?}"
    );
}

#[test]
fn regression_on_a_series_of_its_own_making_gives_it_back() {
    // x = a + bY + cY² exactly
    let (p, q, m) = (0.02, 0.3, 1_000.0);
    let mut sold = 0.0;
    let sales: Vec<f64> = (0..20)
        .map(|_| {
            let x = p * m + (q - p) * sold - q / m * sold * sold;
            sold += x;
            x
        })
        .collect();
    let curve = bass_regression(&sales).unwrap();
    assert!(
        (curve.m / m - 1.0).abs() < 1e-6
            && (curve.first / p - 1.0).abs() < 1e-6
            && (curve.second / q - 1.0).abs() < 1e-6
    );
    assert_eq!(bass_regression(&[1.0, 2.0, 4.0, 8.0, 16.0]).unwrap_err(), FitError::NoTotal);
}

#[test]
fn what_has_no_fit_says_why() {
    assert_eq!(fit(Form::Bass, &[1.0, 2.0]).unwrap_err(), FitError::Length(2));
    assert_eq!(fit(Form::Bass, &[0.0; 9]).unwrap_err(), FitError::Nothing);
    assert_eq!(fit(Form::Bass, &[1.0, -1.0, 2.0, 3.0]).unwrap_err(), FitError::Value);
    assert_eq!(ex_ante(Form::Bass, &[1.0, 2.0, 3.0, 4.0, 5.0], 3).unwrap_err(), FitError::Length(2));
}

#[test]
fn the_base_keeps_what_survives_and_the_last_order_covers_its_failures() {
    let wear = Wear { shape: 1.0, scale: 10.0, failure_rate: 0.1, parts: 2.0 };
    let found = installed_base(&[100.0], 2, wear).unwrap();
    let decay = (-0.1_f64).exp();
    let wanted = [100.0, 100.0 * decay, 100.0 * decay * decay];
    assert!(found.base.iter().zip(wanted).all(|(base, wanted)| (base - wanted).abs() < 1e-9));
    assert!((found.last_time_buy - 0.2 * (wanted[1] + wanted[2])).abs() < 1e-9);
    let order = found.last_order(2.0, 0.95).unwrap();
    assert!(order > found.last_time_buy && order < 2.0 * found.last_time_buy, "{order}");
    assert!(installed_base(&[1.0], usize::MAX, wear).is_err(), "an endless horizon is refused");
}

#[test]
fn phases_change_the_forecast() {
    assert_eq!(phase(&[1.0, 2.0], None), Phase::New);
    assert_eq!(phase(&[1.0, 1.0, 1.0, 3.0, 3.0, 3.0], None), Phase::Growth);
    assert_eq!(phase(&[3.0, 3.0, 3.0, 1.0, 1.0, 1.0], None), Phase::Decline);
    assert_eq!(phase(&[3.0, 2.0, 3.0, 2.0, 3.0, 2.0], None), Phase::Mature);
    assert_eq!(phase(&[3.0; 24], Some(4)), Phase::EndOfLife);
    assert_eq!(borrow(&[10.0, 20.0, 40.0], 0.5, &[], 4), [5.0, 10.0, 20.0, 20.0]);
    assert_eq!(borrow(&[10.0], 0.5, &[8.0; 6], 2), [8.0, 8.0]);
    assert_eq!(phase_out(&[8.0; 6], 1, 4), [8.0, 6.0, 4.0, 2.0, 0.0, 0.0]);
}
