//! What lies on a scale and how it shows it, whatever tongue it speaks.
//!
//! Owns the mechanics: load, zero, tare, settling, range, the display. No line and no task, so that what a tongue says
//! can be tested as a function. Must not know tongues.
//!
//! ```text
//!                put
//!  ┌────────┐ ─────────► ┌─────────┐
//!  │ stable │            │ dynamic │  wobbling less with every reading
//!  └────────┘ ◄───────── └─────────┘
//!   after n readings, or after a time
//! ```

use std::time::Duration;

use tokio::time::Instant;

use super::display::{Division, Shown, Unit};
use crate::random::Random;

/// How long a change takes until the scale calls itself stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// As many readings as this are dynamic, asked for or streamed. A test sees the same however slow the machine is.
    Readings(u32),
    /// It settles by itself, whether it is read or not.
    Time(Duration),
}

/// Why a scale has no weight to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Within,
    Over,
    Under,
    /// The load cell is broken.
    Fault,
}

/// What the display says about its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Stable,
    Dynamic,
    Over,
    Under,
    Fault,
}

/// One look at the display.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) state: State,
    pub(super) unit: Unit,
    /// In pieces on a counting scale; there it is what a count would be of the gross weight.
    pub(super) gross: Shown,
    pub(super) net: Shown,
    /// One digit more than the display has.
    pub(super) fine_gross: Shown,
    pub(super) fine_net: Shown,
    pub(super) tare: Shown,
    pub(super) is_tared: bool,
    /// The tare was keyed in, not weighed.
    pub(super) is_preset: bool,
}

/// The scale's mechanics. Weights in grams.
#[derive(Debug)]
pub(super) struct Pan {
    pub(super) random: Random,
    pub(super) serial: String,
    pub(super) unit: Unit,
    /// In `unit`.
    pub(super) division: Division,
    /// Above it the scale is overloaded.
    pub(super) capacity: f64,
    /// What lies on it, and what lay on it before the last change.
    pub(super) load: f64,
    load_before: f64,
    zero: f64,
    tare: f64,
    is_preset: bool,
    /// What one piece weighs, on a scale that counts.
    pub(super) piece: Option<f64>,
    settling: Settling,
    /// Readings until it is stable.
    unsettled: u32,
    changed: Option<Instant>,
    range: Range,
    pub(super) is_silent: bool,
    pub(super) polls: u64,
}

impl Pan {
    /// An empty one.
    pub(super) fn new(seed: u64, unit: Unit, division: f64, capacity: f64) -> Self {
        Self {
            random: Random::seeded(seed),
            serial: format!("B{:09}", seed % 1_000_000_000),
            unit,
            division: Division::of(division),
            capacity,
            load: 0.0,
            load_before: 0.0,
            zero: 0.0,
            tare: 0.0,
            is_preset: false,
            piece: None,
            settling: Settling::Readings(6),
            unsettled: 0,
            changed: None,
            range: Range::Within,
            is_silent: false,
            polls: 0,
        }
    }

    /// Another load; ends an overload, an underload and a fault.
    pub(super) fn put(&mut self, grams: f64) {
        self.load_before = self.load;
        self.load = grams;
        self.range = Range::Within;
        match self.settling {
            Settling::Readings(readings) => self.unsettled = readings,
            Settling::Time(_) => self.changed = Some(Instant::now()),
        }
    }

    pub(super) const fn settles_after(&mut self, settling: Settling) {
        self.settling = settling;
    }

    pub(super) const fn set_range(&mut self, range: Range) {
        self.range = range;
    }

    /// Power comes back after a cut: what lies on it becomes its zero, and the tare is forgotten.
    pub(super) const fn restart(&mut self) {
        self.zero = self.load;
        self.clear_tare();
        self.unsettled = 0;
        self.changed = None;
        self.is_silent = false;
    }

    /// One look at the display, which counts as a poll and brings it a step nearer to rest.
    pub(super) fn weigh(&mut self) -> Reading {
        self.polls += 1;
        let left = self.left();
        let state = match self.range() {
            Range::Over => State::Over,
            Range::Under => State::Under,
            Range::Fault => State::Fault,
            Range::Within if left > 0.0 => State::Dynamic,
            Range::Within => State::Stable,
        };
        let (grams, fine) = match state {
            State::Dynamic => {
                // The weight has mostly arrived with the first reading and swings around it, a little less each time.
                let swing = (self.load - self.load_before) * 0.3 * left * left * self.random.normal().clamp(-2.0, 2.0);
                self.settle();
                (self.load + swing, self.load + swing)
            }
            State::Stable => {
                // A quarter of a division of noise: the last digit flickers only where the load lies between two steps.
                // The fine weight is averaged for longer.
                let noise = 0.25 * self.division_grams() * self.random.normal().clamp(-1.9, 1.9);
                (self.load + noise, self.load + noise / 10.0)
            }
            State::Over | State::Under | State::Fault => (self.load, self.load),
        };
        self.reading(state, grams, fine)
    }

    /// A look that waits for rest: `None` while it is not at rest, and a step nearer to it.
    pub(super) fn weigh_at_rest(&mut self) -> Option<Reading> {
        let reading = self.weigh();
        (reading.state != State::Dynamic).then_some(reading)
    }

    /// Whether it could be zeroed or tared now. A `Dynamic` answer brings it a step nearer to rest.
    pub(super) fn rest(&mut self) -> State {
        match self.range() {
            Range::Over => State::Over,
            Range::Under => State::Under,
            Range::Fault => State::Fault,
            Range::Within if self.left() > 0.0 => {
                self.settle();
                State::Dynamic
            }
            Range::Within => State::Stable,
        }
    }

    /// What lies on it becomes the zero, at rest or not. There is no tare then.
    pub(super) const fn press_zero(&mut self) {
        self.zero = self.load;
        self.clear_tare();
    }

    /// What lies on it becomes the tare, at rest or not.
    pub(super) const fn press_tare(&mut self) {
        self.tare = self.load - self.zero;
        self.is_preset = false;
    }

    /// A tare keyed in, in the unit of the display.
    pub(super) fn preset_tare(&mut self, value: f64) {
        self.tare = value * self.unit.grams();
        self.is_preset = self.tare != 0.0;
    }

    pub(super) const fn clear_tare(&mut self) {
        self.tare = 0.0;
        self.is_preset = false;
    }

    /// A weight in grams as the display would show it, never in pieces.
    pub(super) fn show_grams(&self, grams: f64) -> Shown {
        self.division.show(grams / self.unit.grams())
    }

    /// The same with one digit more.
    fn show_fine(&self, grams: f64) -> Shown {
        self.division.tenth().show(grams / self.unit.grams())
    }

    pub(super) fn shown_tare(&self) -> Shown {
        self.show_grams(self.tare)
    }

    pub(super) fn shown_capacity(&self) -> Shown {
        self.show_grams(self.capacity)
    }

    fn reading(&self, state: State, grams: f64, fine: f64) -> Reading {
        let gross = grams - self.zero;
        let fine = fine - self.zero;
        let net = gross - self.tare;
        let tare = self.shown_tare();
        let (is_tared, is_preset) = (self.tare != 0.0, self.is_preset);
        let Some(piece) = self.piece else {
            return Reading {
                state,
                unit: self.unit,
                gross: self.show_grams(gross),
                net: self.show_grams(net),
                fine_gross: self.show_fine(fine),
                fine_net: self.show_fine(fine - self.tare),
                tare,
                is_tared,
                is_preset,
            };
        };
        let count = |grams: f64| Division::ONE.show(grams / piece);
        let (gross, net) = (count(gross), count(net));
        let unit = Unit::Piece;
        Reading { state, unit, gross, net, fine_gross: gross, fine_net: net, tare, is_tared, is_preset }
    }

    fn division_grams(&self) -> f64 {
        self.division.value() * self.unit.grams()
    }

    /// An order to be out of range beats the load.
    fn range(&self) -> Range {
        match self.range {
            Range::Within if self.load > self.capacity + 9.0 * self.division_grams() => Range::Over,
            ordered @ (Range::Within | Range::Over | Range::Under | Range::Fault) => ordered,
        }
    }

    /// How much of a change is still to settle, 1 to 0.
    fn left(&self) -> f64 {
        match self.settling {
            Settling::Readings(readings) => f64::from(self.unsettled) / f64::from(readings.max(1)),
            Settling::Time(whole) => {
                let gone = self.changed.map_or(whole, |changed| changed.elapsed());
                if gone >= whole { 0.0 } else { 1.0 - gone.as_secs_f64() / whole.as_secs_f64() }
            }
        }
    }

    const fn settle(&mut self) {
        self.unsettled = self.unsettled.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
