use super::*;

const ASK: Ask = Ask { horizon: 3, interval: 2, season: 1 };

fn known(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[track_caller]
fn means(method: Method, history: &[Option<f64>], ask: Ask, expect: &[f64]) {
    let (forecast, fallback) = method.forecast(history, ask);
    assert_eq!(fallback, Fallback::None);
    let found: Vec<f64> = forecast.periods.iter().map(Distribution::mean).collect();
    for (found, expect) in found.iter().zip(expect) {
        assert!((found - expect).abs() < 1e-9, "{method:?}: {found} is not {expect}");
    }
}

#[test]
fn a_moving_average_is_the_mean_of_the_last_periods() {
    means(Method::MovingAverage(3), &known(&[4.0, 8.0, 6.0, 10.0, 5.0]), ASK, &[7.0, 7.0, 7.0]);
}

#[test]
fn a_moving_average_longer_than_the_history_says_that_it_took_the_mean_of_all() {
    let (forecast, fallback) = Method::MovingAverage(12).forecast(&known(&[4.0, 8.0]), ASK);
    assert_eq!(fallback, Fallback::MeanOfKnown { known: 2, wanted: 12 });
    assert!((forecast.periods[0].mean() - 6.0).abs() < 1e-12);
    let (forecast, fallback) = Method::MovingAverage(12).forecast(&[None, None], ASK);
    assert_eq!((forecast.cumulative.mean(), fallback), (0.0, Fallback::NothingKnown));
}

#[test]
fn unknown_periods_are_passed_over_and_zeros_are_not() {
    let with = |value| [Some(4.0), value, Some(8.0)];
    means(Method::MovingAverage(2), &with(None), ASK, &[6.0]);
    means(Method::MovingAverage(2), &with(Some(0.0)), ASK, &[4.0]);
}

#[test]
fn seasonal_naive_repeats_the_last_known_value_of_each_phase() {
    let mut history = known(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    history[3] = None;
    means(Method::SeasonalNaive, &history, Ask { season: 3, ..ASK }, &[1.0, 5.0, 6.0]);
}

#[test]
fn regression_of_a_line_is_exact() {
    let rows: Vec<Vec<f64>> = (0..6).map(|t| vec![1.0, f64::from(t)]).collect();
    let y: Vec<f64> = (0..6).map(|t| 2.0 * f64::from(t) + 3.0).collect();
    let line = fit(&rows, &y).unwrap();
    assert!((line.coefficients[0] - 3.0).abs() < 1e-12 && (line.coefficients[1] - 2.0).abs() < 1e-12);
    assert!((line.at(&[1.0, 6.0]) - 15.0).abs() < 1e-12);
    means(Method::Regression, &known(&y), ASK, &[15.0, 17.0, 19.0]);
}

#[test]
fn regression_finds_season_beside_trend_and_an_event_beside_both() {
    let season = [0.0, 5.0, -2.0, 1.0];
    let at = |t: usize| 20.0 + 0.5 * t as f64 + season[t % 4];
    let history: Vec<Option<f64>> = (0..16).map(|t| Some(at(t))).collect();
    means(Method::Regression, &history, Ask { season: 4, ..ASK }, &[at(16), at(17), at(18)]);
    let event = |t: usize| if t.is_multiple_of(5) { 1.0 } else { 0.0 };
    let rows: Vec<Vec<f64>> = (0..12).map(|t| vec![1.0, t as f64, event(t)]).collect();
    let y: Vec<f64> = (0..12).map(|t| 7.0 - 0.25 * t as f64 + 30.0 * event(t)).collect();
    let found = fit(&rows, &y).unwrap();
    assert!((found.coefficients[2] - 30.0).abs() < 1e-9);
}

#[test]
fn a_regressor_that_others_explain_gets_nothing_and_too_few_rows_no_fit() {
    let rows = vec![vec![1.0, 2.0], vec![1.0, 2.0], vec![1.0, 2.0]];
    let found = fit(&rows, &[4.0, 4.0, 4.0]).unwrap().coefficients;
    assert!((found[0] - 4.0).abs() < 1e-12 && found[1] == 0.0, "{found:?}");
    assert_eq!(fit(&rows[..1], &[4.0]), None);
}

#[test]
fn simple_smoothing_equals_the_hand_value() {
    // 10, then 10 + .5 (14 - 10) = 12, then 12 + .5 (8 - 12) = 10.
    let simple = Smoothing { level: 0.5, trend: Trend::None, season: Season::None };
    means(Method::Smoothing(simple), &known(&[10.0, 14.0, 8.0]), ASK, &[10.0, 10.0]);
}

#[test]
fn damped_trend_equals_the_hand_value() {
    // Level 10, trend 0; 14: level 12, trend 1; 18: expected 12.8, level 15.4, trend .5 * 3.4 + .5 * .8 = 2.1;
    // ahead 15.4 + .8 * 2.1, then + .64 * 2.1.
    let trend = Trend::Damped { rate: 0.5, damping: 0.8 };
    let damped = Smoothing { level: 0.5, trend, season: Season::None };
    means(Method::Smoothing(damped), &known(&[10.0, 14.0, 18.0]), ASK, &[17.08, 18.424]);
}

#[test]
fn additive_season_is_kept_where_nothing_else_changes() {
    let season = Smoothing { level: 0.3, trend: Trend::None, season: Season::Additive(0.2) };
    let history = known(&[5.0, 9.0, 1.0, 5.0, 9.0, 1.0, 5.0, 9.0]);
    means(Method::Smoothing(season), &history, Ask { season: 3, ..ASK }, &[1.0, 5.0, 9.0]);
}

#[test]
fn croston_and_its_correction_equal_the_hand_value() {
    // First demand 4 after 2 periods; then 6 after 3: size 4 + .1 * 2 = 4.2, interval 2 + .1 * 1 = 2.1.
    let history = known(&[0.0, 4.0, 0.0, 0.0, 6.0, 0.0]);
    means(Method::Croston(0.1), &history, ASK, &[2.0]);
    means(Method::Sba(0.1), &history, ASK, &[1.9]);
}

#[test]
fn tsb_fades_while_nothing_comes_and_croston_does_not() {
    let history = |zeros: usize| known(&[[5.0].repeat(4), [0.0].repeat(zeros)].concat());
    let tsb = |zeros| {
        let method = Method::Tsb { size: 0.1, probability: 0.2 };
        method.forecast(&history(zeros), ASK).0.periods[0].mean()
    };
    assert!(tsb(20) < 0.05 * tsb(1));
    means(Method::Croston(0.1), &history(20), ASK, &[5.0]);
}

#[test]
fn aggregation_of_a_regular_demand_is_its_rate() {
    let history = known(&[0.0, 0.0, 6.0].repeat(8));
    means(Method::Adida, &history, ASK, &[2.0]);
    // Length 1 ends high, after the 6; 2 and 3 lie about the rate.
    let (forecast, _) = Method::Imapa.forecast(&history, ASK);
    assert!((1.5..3.0).contains(&forecast.periods[0].mean()));
}

#[test]
fn the_sum_over_the_interval_is_what_sums_were_and_not_twice_a_period() {
    // 9 and 0 in turn: two periods on end are always 9.
    let history = known(&[9.0, 0.0].repeat(10));
    let (forecast, _) = Method::Empirical(20).forecast(&history, ASK);
    assert_eq!(forecast.cumulative.quantile(0.01), 9.0);
    assert_eq!(forecast.cumulative.quantile(0.99), 9.0);
    assert_eq!(forecast.periods[0].quantile(0.95), 9.0);
    assert_eq!(forecast.periods[0].quantile(0.4), 0.0);
}
