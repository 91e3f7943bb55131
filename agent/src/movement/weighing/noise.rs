//! How much a scale's readings scatter while nothing happens.
//!
//! Owns the noise of one scale, learned from successive readings at rest: their differences know nothing of drift. Must
//! not know what the weight means, except how small a scatter matters to nobody.

/// Of a division, where nothing has been learned: as a rounded reading with a little noise scatters.
const SD_FIRST_DIVISIONS: f64 = 0.6;

/// A scatter below these is none: less than rounding alone does, less than a count notices.
const SD_MIN_DIVISIONS: f64 = 0.3;
const SD_MIN_PIECES: f64 = 0.02;

/// How far a reading may lie from the level to belong to it, in standard deviations and divisions.
const GATE_SDS: f64 = 5.0;
const GATE_DIVISIONS: f64 = 2.5;

/// But never as far as a piece: half of one is where another count begins.
const GATE_MAX_PIECES: f64 = 0.45;
/// Yet as far as rounding throws a reading, where pieces are lighter than that.
const GATE_MIN_DIVISIONS: f64 = 1.5;

/// One pair counts at most so many times the variance.
const CLIPPED: f64 = 6.0;

/// What a new difference weighs against all before.
const LEARNING: f64 = 1.0 / 64.0;

/// After so many pairs of readings at rest it is known whether a scale trembles, which it does if one of so many differs.
const TREMBLES_AFTER: u32 = 40;
const TREMBLES_SHARE: u32 = 50;

/// Grams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    variance: Option<f64>,
    /// Pairs of readings at rest, and those of them that differed.
    pairs: u32,
    flickers: u32,
    division: f64,
    piece: f64,
    sd: f64,
    gate: f64,
}

impl Noise {
    pub(super) fn new(piece: f64) -> Self {
        let mut noise = Self { variance: None, pairs: 0, flickers: 0, division: 0.0, piece, sd: 0.0, gate: 0.0 };
        noise.refresh();
        noise
    }

    /// The step of the scale, as a reading shows it.
    pub(super) fn handle_division(&mut self, division: f64) {
        #[expect(clippy::float_cmp, reason = "the same digits give the same number; recomputing once more is harmless")]
        if division != self.division {
            self.division = division;
            self.refresh();
        }
    }

    /// Two readings in a row of the same rest.
    pub(super) fn handle_pair(&mut self, before: f64, after: f64) {
        self.pairs = self.pairs.saturating_add(1);
        #[expect(clippy::float_cmp, reason = "the same digits give the same number")]
        if before != after {
            self.flickers = self.flickers.saturating_add(1);
        }
        let first = (SD_FIRST_DIVISIONS * self.division).powi(2);
        let variance = self.variance.unwrap_or(first);
        // A bench that begins to shake is not the scale's own noise.
        let half_square = ((after - before).powi(2) / 2.0).min(CLIPPED * self.sd * self.sd);
        self.variance = Some(variance + LEARNING * (half_square - variance));
        self.refresh();
    }

    /// Whether its last digit is never quite still: a scale that shows what it feels, and not only what it has smoothed.
    pub(super) fn trembles(&self) -> bool {
        self.pairs >= TREMBLES_AFTER && self.flickers.saturating_mul(TREMBLES_SHARE) >= self.pairs
    }

    pub(super) fn piece(&self) -> f64 {
        self.piece
    }

    pub(super) fn division(&self) -> f64 {
        self.division
    }

    /// Standard deviation of one reading, never zero.
    pub(super) fn sd(&self) -> f64 {
        self.sd
    }

    /// How far a reading may lie from the level and still belong to it.
    pub(super) fn gate(&self) -> f64 {
        self.gate
    }

    /// Variance of the mean of `readings` readings. Rounding hides the same part from every reading and no mean gets it
    /// back, but for the noise that throws readings over the edges of divisions: what stays hidden is a sine of amplitude
    /// `d/π·exp(−2π²σ²/d²)`, with `σ` the noise before rounding (B. Widrow, I. Kollár, "Quantization Noise", 2008).
    pub(super) fn variance_of_mean(&self, readings: f64) -> f64 {
        use std::f64::consts::PI;
        let step = self.division * self.division;
        let plain = step / 12.0;
        let unrounded = (self.sd * self.sd - plain).max(0.0);
        let hidden = if step > 0.0 { step / (2.0 * PI * PI) * (-4.0 * PI * PI * unrounded / step).exp() } else { 0.0 };
        self.sd * self.sd / readings.max(1.0) + hidden.min(plain)
    }

    fn refresh(&mut self) {
        let learned = self.variance.map_or(SD_FIRST_DIVISIONS * self.division, f64::sqrt);
        self.sd = learned.max(SD_MIN_DIVISIONS * self.division).max(SD_MIN_PIECES * self.piece);
        self.gate = (GATE_SDS * self.sd)
            .max(GATE_DIVISIONS * self.division)
            .min(GATE_MAX_PIECES * self.piece)
            .max(GATE_MIN_DIVISIONS * self.division);
    }
}
