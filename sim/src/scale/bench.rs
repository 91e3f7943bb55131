//! Where a tongue is tried without a line.

use super::display::Unit;
use super::pan::{Pan, Settling};
use super::tongue::{Model, Speaker, Tongue};

/// A scale's mechanics and tongue.
pub(super) struct Bench {
    pub(super) pan: Pan,
    speaker: Box<dyn Speaker>,
}

impl Bench {
    /// At rest with so many grams on it, stable at once after each change.
    pub(super) fn with(model: &Model, grams: f64) -> Self {
        let mut pan = Pan::new(model.seed, model.unit, model.division, model.capacity_grams);
        pan.settles_after(Settling::Readings(0));
        pan.put(grams);
        Self { pan, speaker: model.tongue.speaker(model) }
    }

    pub(super) fn of(tongue: Tongue, unit: Unit, division: f64, grams: f64) -> Self {
        Self::with(&Model { unit, division, capacity_grams: 60_000.0, ..Model::usual(tongue) }, grams)
    }

    /// Another load that takes so many readings to settle.
    pub(super) fn put(&mut self, grams: f64, readings: u32) {
        self.pan.settles_after(Settling::Readings(readings));
        self.pan.put(grams);
    }

    /// What is said to these bytes at once.
    pub(super) fn ask(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut say = Vec::new();
        for byte in bytes {
            self.speaker.hear(*byte, &mut self.pan, &mut say);
        }
        if self.speaker.quiet_after().is_some() {
            self.speaker.quiet(&mut self.pan, &mut say);
        }
        say
    }

    /// The same as text, each byte a character.
    pub(super) fn says(&mut self, text: &str) -> String {
        self.ask(text.as_bytes()).into_iter().map(char::from).collect()
    }

    /// What is said when the interval passes.
    pub(super) fn tick(&mut self) -> String {
        let mut say = Vec::new();
        self.speaker.tick(&mut self.pan, &mut say);
        say.into_iter().map(char::from).collect()
    }

    pub(super) fn power_up(&mut self) -> String {
        let mut say = Vec::new();
        self.pan.restart();
        self.speaker.power_up(&mut self.pan, &mut say);
        say.into_iter().map(char::from).collect()
    }
}
