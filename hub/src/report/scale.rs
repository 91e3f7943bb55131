//! From values to places on paper, with round numbers beside.

/// A linear scale from 0 to a round number at least as large as what is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    top: f64,
    step: f64,
    /// Where 0 is, and where the top is.
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale for values up to `max`, drawn from `from` (0) to `to` (the top).
    pub(super) fn new(max: f64, from: f64, to: f64) -> Self {
        let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
        let rough = max / 4.0;
        let magnitude = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|s| s * magnitude).find(|step| *step >= rough).unwrap_or(rough);
        Self { top: (max / step).ceil() * step, step, from, to }
    }

    /// Where a value is; what is beyond the ends stays at them.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value / self.top).clamp(0.0, 1.0);
        (self.to - self.from).mul_add(share, self.from)
    }

    /// The round numbers.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let mut ticks = Vec::new();
        let mut tick = 0.0;
        while tick <= self.top * 1.000_001 && ticks.len() < 12 {
            ticks.push(tick);
            tick += self.step;
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_beyond_what_is_shown() {
        for (max, ticks) in [
            (7.0, vec![0.0, 2.0, 4.0, 6.0, 8.0]),
            (100.0, vec![0.0, 25.0, 50.0, 75.0, 100.0]),
            (0.9, vec![0.0, 0.25, 0.5, 0.75, 1.0]),
        ] {
            assert_eq!(Scale::new(max, 0.0, 1.0).ticks(), ticks);
        }
    }

    #[test]
    fn nothing_to_show_is_still_a_scale() {
        for max in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let scale = Scale::new(max, 100.0, 0.0);
            assert_eq!((scale.at(0.0), scale.at(1.0)), (100.0, 0.0));
        }
    }
}
