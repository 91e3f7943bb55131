//! A bin whose sensor reports seldom: each reading stands for itself, since the next one may be a day away.
//!
//! Counts as the weighing engine does, by steps from the last count, but waits for nothing: such a sensor has settled
//! before it spoke. What is between two counts is no count.

use std::time::Duration;

use super::{
    counted::Counted,
    pieces::{self, Basis, SampleVerdict, sample_verdict},
    weighing::{Doubt, Load, Rest, Told},
};
use crate::device::{Cause, Mass, Weight};

/// How far from a whole number of pieces a step may be, in pieces.
const PART_MAX: f64 = 0.3;

/// Divisions below the empty container before the bin counts as lifted off.
const LIFTED_DIVISIONS: i64 = 3;

/// Standard deviations that hold the truth 95 times in 100.
const INTERVAL_SDS: f64 = 1.96;

/// Follows one bin.
#[derive(Debug)]
pub struct Spot {
    load: Load,
    /// The last count, with the weight it was made of.
    last: Option<(Mass, u64, Counted)>,
    /// What the books say, before anything was weighed.
    books: Option<u64>,
    /// Why the level is unknown now.
    unknown: Option<Doubt>,
    rest: Option<Rest>,
}

impl Spot {
    #[must_use]
    pub fn new(load: Load) -> Self {
        Self { load, last: None, books: None, unknown: None, rest: None }
    }

    /// What the books say, or a person counted, is in the bin: whatever the weight was thought to be, it is that.
    pub fn anchor(&mut self, pieces: u64) {
        let is_away = matches!(self.unknown, Some(Doubt::Scale(_) | Doubt::Lifted));
        match self.rest.filter(|_| !is_away) {
            Some(rest) => {
                self.last = Some((rest.gross, pieces, Counted::exactly(pieces)));
                self.unknown = None;
            }
            None => (self.books, self.last) = (Some(pieces), None),
        }
    }

    /// Another load: what was counted by the old one is counted anew.
    pub fn recalibrate(&mut self, load: Load) {
        if self.load == load {
            return;
        }
        self.load = load;
        self.last = None;
        if let Some(rest) = self.rest {
            self.unknown = self.count(rest.gross, rest.division).err();
        }
    }

    /// Takes a weight. What it tells: nothing when it is the same count.
    pub fn handle_weight(&mut self, now: Duration, weight: &Weight) -> Option<Told> {
        if weight.stable == Some(false) {
            return None;
        }
        let (gross, division) = (weight.mass, weight.division);
        self.rest = Some(Rest { gross, sd: Mass::ZERO, division, since: now });
        let was = self.level();
        match self.count(gross, division) {
            Ok(counted) => (was != Some(counted)).then_some(Told::Level(counted)),
            Err(doubt) => {
                let is_news =
                    self.unknown.map(|doubt| std::mem::discriminant(&doubt)) != Some(std::mem::discriminant(&doubt));
                self.unknown = Some(doubt);
                (is_news && doubt == Doubt::Lifted).then_some(Told::Lifted { at: now })
            }
        }
    }

    pub fn handle_unknown(&mut self, cause: Cause) {
        self.unknown = Some(Doubt::Scale(cause));
        self.rest = None;
    }

    /// The newest trusted count; `None` while it is unknown.
    #[must_use]
    pub fn level(&self) -> Option<Counted> {
        match self.unknown {
            Some(_) => None,
            None => self.last.map(|(_, _, counted)| counted),
        }
    }

    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        self.unknown
    }

    #[must_use]
    pub fn rest(&self) -> Option<Rest> {
        self.rest
    }

    fn count(&mut self, gross: Mass, division: Mass) -> Result<Counted, Doubt> {
        let Load { tare, piece, .. } = self.load;
        if sample_verdict(piece, division, u32::MAX) == SampleVerdict::RefusePiece {
            return Err(Doubt::TooLight);
        }
        let net = gross.micrograms() - tare.micrograms();
        if net < -(LIFTED_DIVISIONS * division.micrograms()).max(piece.micrograms() * 3 / 10) {
            return Err(Doubt::Lifted);
        }
        // A step that could be told from a whole number of pieces, and is none, is something else.
        let counted = match self.last {
            Some(_) => self.by_step(gross, division),
            None => self.absolute(net, division),
        };
        let counted = counted.ok_or_else(|| {
            let whole = pieces::count(Mass::from_micrograms(net), piece).unwrap_or(0);
            let over = Mass::from_micrograms(net - whole * piece.micrograms());
            Doubt::Foreign(over)
        })?;
        self.last = Some((gross, counted.pieces, counted));
        (self.unknown, self.books) = (None, None);
        Ok(counted)
    }

    /// From the last count on, so that the error of the piece weight is that of the pieces that moved.
    fn by_step(&self, gross: Mass, division: Mass) -> Option<Counted> {
        let (last, pieces, counted) = self.last?;
        let step = gross.checked_sub(last)?;
        let nearest = pieces::count(step, self.load.piece)?;
        let reach = self.reach(nearest.unsigned_abs(), division);
        let moved = whole(step, self.load.piece).or_else(|| (reach > 0).then_some(nearest))?;
        let pieces = pieces.checked_add_signed(moved)?;
        let (below, above) = (counted.pieces - counted.low, counted.high - counted.pieces);
        let (low, high) = (pieces.saturating_sub(below + reach), pieces + above + reach);
        Some(Counted { pieces, low, high, sure: if low == high { 1.0 } else { counted.sure } })
    }

    fn absolute(&self, net: i64, division: Mass) -> Option<Counted> {
        let piece = self.load.piece;
        let net = Mass::from_micrograms(net);
        let nearest = u64::try_from(pieces::count(net, piece)?.max(0)).ok()?;
        let reach = self.reach(nearest, division);
        // The books are right unless the weight denies them.
        if let Some(books) = self.books.filter(|books| books.abs_diff(nearest) <= reach) {
            return Some(Counted::exactly(books));
        }
        if reach == 0 && whole(net, piece).is_none() {
            return None;
        }
        let sure =
            if reach == 0 { 1.0 } else { 1.0 / (2.0 * f64::from(u32::try_from(reach).unwrap_or(u32::MAX)) + 1.0) };
        Some(Counted { pieces: nearest, low: nearest.saturating_sub(reach), high: nearest + reach, sure })
    }

    /// How far a count of so many may be off, in whole pieces.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded to whole pieces, far below 2^53"
    )]
    fn reach(&self, pieces: u64, division: Mass) -> u64 {
        let basis = Basis {
            piece_weight: self.load.piece.as_grams(),
            piece_cv: self.load.piece_cv,
            sample_size: f64::from(self.load.sample_size),
            scale_sd: 0.0,
            division: division.as_grams(),
        };
        (INTERVAL_SDS * basis.sd(pieces as f64) + 0.5).floor() as u64
    }
}

/// The whole number of pieces that a mass is near enough to.
fn whole(mass: Mass, piece: Mass) -> Option<i64> {
    let whole = pieces::count(mass, piece)?;
    let off = mass.micrograms() - whole.checked_mul(piece.micrograms())?;
    #[expect(clippy::cast_precision_loss, reason = "a share of a piece needs no 53 bits")]
    let part = off as f64 / piece.micrograms() as f64;
    (part.abs() <= PART_MAX).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Decimal, MassUnit};

    /// A bin of 8.05 g bolts in a 210 g container, weighed by a sample of a thousand.
    fn spot() -> Spot {
        let load = Load {
            tare: Mass::from_micrograms(210_000_000),
            piece: Mass::from_micrograms(8_050_000),
            piece_cv: 0.001,
            sample_size: 1_000,
        };
        Spot::new(load)
    }

    fn weigh(spot: &mut Spot, grams: &str) -> Option<u64> {
        let weight = Weight::new(Decimal::parse(grams).unwrap(), MassUnit::Gram, None).unwrap();
        spot.handle_weight(Duration::ZERO, &weight);
        spot.level().map(|counted| counted.pieces)
    }

    #[test]
    fn each_reading_is_a_count() {
        let mut spot = spot();
        // (1234 − 210) / 8.05 = 127.20: domain facts, formula 19.
        assert_eq!(weigh(&mut spot, "1234.0"), Some(127));
        assert_eq!(weigh(&mut spot, "1137.4"), Some(115));
        assert_eq!(weigh(&mut spot, "210.2"), Some(0), "an empty container is empty");
    }

    #[test]
    fn a_lifted_bin_is_unknown_not_empty() {
        let mut spot = spot();
        assert_eq!(weigh(&mut spot, "1234.0"), Some(127));
        assert_eq!(weigh(&mut spot, "0.0"), None);
        assert_eq!(spot.doubt(), Some(Doubt::Lifted));
        assert_eq!(weigh(&mut spot, "1234.0"), Some(127));
        assert_eq!(spot.doubt(), None);
    }

    #[test]
    fn a_weight_between_two_counts_is_no_count() {
        let mut spot = spot();
        assert_eq!(weigh(&mut spot, "254.0"), None, "5.47 pieces");
        assert!(matches!(spot.doubt(), Some(Doubt::Foreign(_))));
    }

    #[test]
    fn a_silent_scale_is_unknown_and_changes_no_count() {
        let mut spot = spot();
        assert_eq!(weigh(&mut spot, "1234.0"), Some(127));
        spot.handle_unknown(Cause::Silent);
        assert_eq!(spot.level(), None);
        assert_eq!(weigh(&mut spot, "1234.0"), Some(127));
    }

    #[test]
    fn half_a_piece_more_is_no_piece_however_many_lie_there() {
        let coarse = Load { piece_cv: 0.02, sample_size: 10, ..spot().load };
        let mut spot = Spot::new(coarse);
        assert_eq!(weigh(&mut spot, "1234.0"), Some(127));
        spot.anchor(126);
        assert_eq!(weigh(&mut spot, "1238.0"), None, "a person counted 126, and half a piece came");
        assert!(matches!(spot.doubt(), Some(Doubt::Foreign(_))));
        assert_eq!(weigh(&mut spot, "1234.0"), Some(126));
        assert_eq!(weigh(&mut spot, "1238.0"), None);
        spot.anchor(126);
        assert_eq!(weigh(&mut spot, "1221.9"), Some(124), "counted with the strange thing in it; then two were taken");
    }

    #[test]
    fn what_no_longer_fits_another_piece_weight_is_unknown_with_a_reason() {
        let mut spot = spot();
        assert_eq!(weigh(&mut spot, "290.5"), Some(10));
        spot.recalibrate(Load { piece: Mass::from_micrograms(12_500_000), ..spot.load });
        assert_eq!(spot.level(), None);
        assert!(matches!(spot.doubt(), Some(Doubt::Foreign(_))), "6.44 pieces");
    }

    #[test]
    fn the_books_are_right_unless_the_weight_denies_them() {
        let coarse = Load { piece_cv: 0.02, sample_size: 10, ..spot().load };
        let mut near = Spot::new(coarse);
        near.anchor(126);
        assert_eq!(weigh(&mut near, "1234.0"), Some(126), "127 by weight, give or take two");
        let mut far = Spot::new(coarse);
        far.anchor(90);
        assert_eq!(weigh(&mut far, "1234.0"), Some(127));
    }
}
