//! What goes into a tally and what comes out of it: the load it counts, what it tells, the rest it stands on.

use std::time::Duration;

use crate::{device::Mass, movement::counted::Counted};

/// What the count of a bin rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// The empty container.
    pub tare: Mass,
    /// Mean mass of one base unit, above zero.
    pub piece: Mass,
    /// Spread of single pieces over their mean: 0.005 to 0.015 for machined parts.
    pub piece_cv: f64,
    /// Pieces that the mean was taken from, at least 1.
    pub sample_size: u32,
}

/// The weight at rest, for calibration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    /// Mean of the readings since it came to rest, the latest the most.
    pub gross: Mass,
    /// Standard deviation of one reading.
    pub sd: Mass,
    /// One step of the scale, as last heard.
    pub division: Mass,
    /// Since when it rests, monotonic.
    pub since: Duration,
}

/// What a tally says when something has become certain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    /// The first trusted count, or the first after it was unknown: absolute.
    Level(Counted),
    /// One act: the bin came to rest at another count.
    Moved {
        /// When the weight left the old level: a hand came, or the first reading of the new level.
        began: Duration,
        /// When the weight took the new level: the last hand was out.
        at: Duration,
        /// Taken out (negative) or put in.
        pieces: i64,
        /// The ends of the interval that holds the number 95 times in 100.
        between: [i64; 2],
        /// What lies there now.
        level: Counted,
    },
    /// Something that is no whole number of pieces came or went; the count stays what it was.
    Foreign {
        at: Duration,
        /// The number of pieces it is nearest to.
        nearest: i64,
        /// How far it is from that number, in pieces.
        off: f64,
    },
    /// The bin left its scale.
    Lifted { at: Duration },
    /// It is back with what was in it.
    Returned { at: Duration },
    /// All weights moved by so much at once and nobody was there; the count stays what it was.
    ZeroShift { at: Duration, by: Mass },
}
