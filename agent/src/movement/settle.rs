//! When a weight may be believed: some readings in a row that agree within a division, over some time, and the
//! device's own flag does not contradict. A flag alone is not enough: many scales raise it mid-movement.

use std::time::Duration;

use crate::device::{Mass, Weight};

/// Readings in a row that must agree, unless the device's section says otherwise.
pub const READINGS: u32 = 3;

/// The shortest time over which they must agree: a hand passing through a bin is quicker.
const STEADY: Duration = Duration::from_millis(500);

/// Watches one scale's readings for rest.
#[derive(Debug, Clone)]
pub struct Settle {
    readings: u32,
    tolerance: Mass,
    run: Option<Run>,
}

/// Readings that agree so far.
#[derive(Debug, Clone, Copy)]
struct Run {
    lowest: Mass,
    highest: Mass,
    /// Sum in micrograms, for the mean.
    sum: i128,
    count: u32,
    since: Duration,
}

impl Settle {
    /// `readings` in a row must agree, at least one. Differences within `tolerance` matter to nobody, however fine the
    /// digits that the device sends.
    #[must_use]
    pub fn new(readings: u32, tolerance: Mass) -> Self {
        Self { readings: readings.max(1), tolerance, run: None }
    }

    /// Takes a reading at `now` (monotonic). The mean of the run once it has settled, with every further reading.
    pub fn handle_weight(&mut self, now: Duration, weight: &Weight) -> Option<Mass> {
        if weight.stable == Some(false) {
            self.run = None;
            return None;
        }
        let run = match self.run {
            Some(run) => run.with(weight, self.tolerance).unwrap_or_else(|| Run::begin(now, weight)),
            None => Run::begin(now, weight),
        };
        self.run = Some(run);
        let long_enough = self.readings == 1 || now.saturating_sub(run.since) >= STEADY;
        (run.count >= self.readings && long_enough).then(|| run.mean())
    }

    /// Starts over: what came before says nothing about what comes.
    pub fn reset(&mut self) {
        self.run = None;
    }
}

impl Run {
    fn begin(since: Duration, weight: &Weight) -> Self {
        let mass = weight.mass;
        Self { lowest: mass, highest: mass, sum: mass.micrograms().into(), count: 1, since }
    }

    /// The run with one more reading; `None` when it does not agree. All must lie within two divisions (each within one
    /// of a common value) or the tolerance.
    fn with(self, weight: &Weight, tolerance: Mass) -> Option<Self> {
        let (lowest, highest) = (self.lowest.min(weight.mass), self.highest.max(weight.mass));
        let spread = highest.checked_sub(lowest)?.micrograms();
        let agreed = spread <= tolerance.micrograms().max(2 * weight.division.micrograms());
        agreed.then_some(Self {
            lowest,
            highest,
            sum: self.sum + i128::from(weight.mass.micrograms()),
            count: self.count.saturating_add(1),
            since: self.since,
        })
    }

    fn mean(self) -> Mass {
        let mean = self.sum / i128::from(self.count);
        Mass::from_micrograms(i64::try_from(mean).expect("a mean lies between its values"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Decimal, MassUnit};

    fn weight(grams: &str, stable: Option<bool>) -> Weight {
        Weight::new(Decimal::parse(grams).unwrap(), MassUnit::Gram, stable).unwrap()
    }

    /// Readings 250 ms apart; the settled grams after each.
    fn settled(readings: &[(&str, Option<bool>)]) -> Vec<Option<f64>> {
        let mut settle = Settle::new(3, Mass::ZERO);
        let time = |i: usize| Duration::from_millis(250 * i as u64);
        let weights = readings.iter().map(|(grams, stable)| weight(grams, *stable)).enumerate();
        weights.map(|(i, weight)| settle.handle_weight(time(i), &weight).map(Mass::as_grams)).collect()
    }

    #[test]
    fn three_readings_that_agree_over_half_a_second_have_settled() {
        let flag = Some(true);
        assert_eq!(settled(&[("10.0", flag), ("10.0", flag), ("10.0", flag)]), [None, None, Some(10.0)]);
    }

    #[test]
    fn a_reading_that_disagrees_starts_over() {
        let flag = None;
        let readings = [("10.0", flag), ("10.0", flag), ("12.0", flag), ("12.0", flag), ("12.1", flag)];
        let settled = settled(&readings);
        assert_eq!(settled[..4], [None; 4]);
        assert!(settled[4].is_some_and(|grams| (12.0..12.1).contains(&grams)));
    }

    #[test]
    fn a_dynamic_flag_is_believed_a_stable_one_is_checked() {
        assert_eq!(settled(&[("10.0", Some(true)), ("10.0", Some(false)), ("10.0", Some(true))])[2], None);
        assert_eq!(settled(&[("10.0", Some(true)), ("15.0", Some(true)), ("20.0", Some(true))])[2], None);
    }

    #[test]
    fn digits_finer_than_anyone_needs_do_not_keep_a_weight_from_settling() {
        let mut settle = Settle::new(3, Mass::from_micrograms(400_000));
        let grams = ["10.00000012", "10.2000001", "9.9000000003"];
        let settled = grams
            .iter()
            .enumerate()
            .filter_map(|(i, grams)| settle.handle_weight(Duration::from_millis(250 * i as u64), &weight(grams, None)));
        assert_eq!(settled.count(), 1);
    }

    #[test]
    fn readings_faster_than_a_hand_do_not_settle() {
        let mut settle = Settle::new(3, Mass::ZERO);
        for i in 0..20 {
            assert_eq!(settle.handle_weight(Duration::from_millis(i * 20), &weight("10.0", None)), None);
        }
        assert!(settle.handle_weight(Duration::from_millis(500), &weight("10.0", None)).is_some());
    }
}
