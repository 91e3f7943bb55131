//! Demand that is mostly zero: sizes apart from how often.

/// Croston's ratio of smoothed sizes to smoothed intervals, begun with the first demand's; no demand is 0.
pub(super) fn croston(history: &[Option<f64>], rate: f64) -> f64 {
    let mut state: Option<(f64, f64)> = None;
    let mut interval = 0.0;
    for value in history.iter().flatten() {
        interval += 1.0;
        if *value > 0.0 {
            state = Some(match state {
                None => (*value, interval),
                Some((size, mean)) => (size + rate * (value - size), mean + rate * (interval - mean)),
            });
            interval = 0.0;
        }
    }
    state.map_or(0.0, |(size, interval)| size / interval)
}

/// TSB: the probability is updated in every known period, so that it falls while nothing comes. Both begin with the mean of all.
pub(super) fn tsb(history: &[Option<f64>], size_rate: f64, probability_rate: f64) -> f64 {
    let known = history.iter().flatten().count() as f64;
    let demands: Vec<f64> = history.iter().flatten().copied().filter(|value| *value > 0.0).collect();
    if demands.is_empty() {
        return 0.0;
    }
    let mut size = demands.iter().sum::<f64>() / demands.len() as f64;
    let mut probability = demands.len() as f64 / known;
    for value in history.iter().flatten() {
        let demand = if *value > 0.0 { 1.0 } else { 0.0 };
        probability += probability_rate * (demand - probability);
        if *value > 0.0 {
            size += size_rate * (value - size);
        }
    }
    size * probability
}
