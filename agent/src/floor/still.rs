//! Whether a weight stands still, whatever it is the weight of: what a calibration goes by.
//!
//! The weighing engine knows rest as well, but as a number of pieces at rest: before anybody has said what a piece weighs
//! it cannot, and a container that is taken off, or a sample of other parts, is something strange to it that it looks at
//! for a while. Here nothing is counted. Must not know bins or what lies in them.

use std::{collections::VecDeque, time::Duration};

use crate::{
    device::{Mass, Weight},
    movement::calibration::Rest,
};

/// Still for so long. A hand that lets go slowly moves more than the play within a second.
const STILL_FOR: Duration = Duration::from_secs(1);

/// Between the lowest and the highest reading: the last digit flickers where the load lies between two steps.
const PLAY_DIVISIONS: i64 = 2;

/// Of readings that come faster only so many are kept, so that a second is a bounded number.
const READING_EVERY: Duration = Duration::from_millis(40);

/// Readings that are looked back on: more than a second of the fastest scales.
const READINGS_MAX: usize = 32;

/// The last readings of a scale.
#[derive(Debug)]
pub(super) struct Still {
    /// Readings in a row that must agree.
    readings: usize,
    /// Oldest first, since the weight moved last.
    run: VecDeque<(Duration, Mass)>,
    division: Mass,
}

impl Still {
    /// With 0 or 1 `readings` a scale has settled before it speaks.
    pub(super) fn new(readings: u32) -> Self {
        let readings = usize::try_from(readings).unwrap_or(READINGS_MAX).clamp(1, READINGS_MAX);
        Self { readings, run: VecDeque::new(), division: Mass::ZERO }
    }

    pub(super) fn take(&mut self, now: Duration, weight: &Weight) {
        self.division = weight.division;
        if let (Some((newest, _)), Some((before, _))) = (self.run.back(), self.run.iter().rev().nth(1))
            && newest.saturating_sub(*before) < READING_EVERY
        {
            self.run.pop_back();
        }
        self.run.push_back((now, weight.mass));
        let play = PLAY_DIVISIONS.saturating_mul(weight.division.micrograms()).unsigned_abs();
        // What came before the weight moved by more than the play is of another load.
        let (mut low, mut high) = (weight.mass.micrograms(), weight.mass.micrograms());
        let is_like = |(_, mass): &&(Duration, Mass)| {
            (low, high) = (low.min(mass.micrograms()), high.max(mass.micrograms()));
            high.abs_diff(low) <= play
        };
        let like = self.run.iter().rev().take_while(is_like).count().min(READINGS_MAX);
        self.run.drain(..self.run.len() - like);
    }

    /// The scale cannot say.
    pub(super) fn forget(&mut self) {
        self.run.clear();
    }

    /// What the scale showed last; `None` since it cannot say.
    pub(super) fn shows(&self) -> Option<Mass> {
        self.run.back().map(|(_, mass)| *mass)
    }

    /// The weight, if it stands still.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few readings around a weight")]
    pub(super) fn rest(&self) -> Option<Rest> {
        let ((since, first), (last, _)) = (*self.run.front()?, *self.run.back()?);
        if self.readings > 1 && (self.run.len() < self.readings || last.saturating_sub(since) < STILL_FOR) {
            return None;
        }
        // From the first, so that a float holds it however heavy the load is.
        let off = |mass: &Mass| mass.micrograms().saturating_sub(first.micrograms()) as f64;
        let count = self.run.len() as f64;
        let mean = self.run.iter().map(|(_, mass)| off(mass)).sum::<f64>() / count;
        let squares: f64 = self.run.iter().map(|(_, mass)| (off(mass) - mean).powi(2)).sum();
        let gross = Mass::from_micrograms(first.micrograms().saturating_add(mean.round() as i64));
        let sd = Mass::from_micrograms((squares / (count - 1.0).max(1.0)).sqrt().round() as i64);
        Some(Rest { gross, sd, division: self.division })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Decimal, MassUnit};

    /// Readings every 200 ms from `from` on; when the weight rests after the last, in grams.
    fn rests(still: &mut Still, from_ms: u64, readings: &[&str]) -> Option<f64> {
        for (at, grams) in (0..).zip(readings) {
            let weight = Weight::new(Decimal::parse(grams).unwrap(), MassUnit::Gram, Some(true)).unwrap();
            still.take(Duration::from_millis(from_ms + 200 * at), &weight);
        }
        still.rest().map(|rest| rest.gross.as_grams())
    }

    #[test]
    fn a_weight_rests_after_a_second_within_its_play() {
        let mut still = Still::new(3);
        assert_eq!(rests(&mut still, 0, &["100.0", "100.1", "100.0", "100.1", "100.1"]), None, "800 ms");
        let gross = rests(&mut still, 1_000, &["100.0"]).unwrap();
        assert!((gross - 100.05).abs() < 1e-6, "{gross}");
    }

    #[test]
    fn a_light_lot_is_another_weight_and_not_a_creep_of_the_one_before() {
        let mut still = Still::new(3);
        assert!(rests(&mut still, 0, &["212.40"; 20]).is_some());
        assert_eq!(rests(&mut still, 4_000, &["212.48"; 2]), None, "the new level has not stood for long");
        assert_eq!(rests(&mut still, 4_400, &["212.48"; 8]), Some(212.48), "nothing of the old one is in it");
    }

    #[test]
    fn a_slow_hand_is_no_rest() {
        let mut still = Still::new(3);
        let readings: Vec<String> = (0..40).map(|step| format!("{:.1}", 100.0 + 0.1 * f64::from(step))).collect();
        let readings: Vec<&str> = readings.iter().map(String::as_str).collect();
        assert_eq!(rests(&mut still, 0, &readings), None);
    }

    #[test]
    fn a_sensor_that_speaks_seldom_has_settled_and_one_that_cannot_say_shows_nothing() {
        let mut still = Still::new(1);
        assert_eq!(rests(&mut still, 0, &["68.0"]), Some(68.0));
        still.forget();
        assert_eq!((still.shows(), still.rest()), (None, None));
    }

    #[test]
    fn memory_is_bounded_however_long_it_stands() {
        let mut still = Still::new(3);
        assert!(rests(&mut still, 0, &["100.0"; 10_000]).is_some());
        assert!(still.run.len() <= READINGS_MAX);
        let weight = Weight::new(Decimal::parse("100.0").unwrap(), MassUnit::Gram, None).unwrap();
        let mut still = Still::new(3);
        (0..1_100).for_each(|ms| still.take(Duration::from_millis(ms), &weight));
        assert!(still.rest().is_some(), "a reading a millisecond");
    }
}
