//! A bin's weight as pieces. The simplest honest rule: a settled weight, less the tare, is a whole number of pieces or
//! it is no count. What is not trusted is unknown with a reason, never zero.

use std::time::Duration;

use gateway_proto::{
    name::{DeviceName, ItemCode, PlaceName},
    place::Place,
    record::UntrustedClock,
    time::WallTime,
};

use super::{
    entry::{Entry, Level, Statement},
    settle::Settle,
};
use crate::device::{Cause, Mass, Weight};

/// How far from a whole number of pieces a net weight may lie, in pieces. Beyond it there is something else in the bin.
const PART_MAX: f64 = 0.3;

/// Divisions below the empty container before the bin counts as lifted off; or the part of a piece above, when that is
/// more.
const LIFTED_DIVISIONS: i64 = 3;

/// Weights within this share of a piece are the same to the count.
const TOLERATED_SHARE: i64 = 20;

/// A bin on a scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    pub name: PlaceName,
    pub item: ItemCode,
    /// The empty container.
    pub tare: Mass,
    /// One base unit of the item; greater than zero.
    pub piece: Mass,
    /// Where parts that are gone went.
    pub taken_to: Place,
    /// Where parts that came came from.
    pub filled_from: Place,
}

/// Follows one bin.
#[derive(Debug)]
pub struct Tally {
    bin: Bin,
    by: DeviceName,
    settle: Settle,
    /// What was last handed to the ledger, so that a bin at rest says nothing.
    told: Option<u64>,
    doubt: Option<Doubt>,
}

/// Why a bin's level is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The scale said so.
    Scale(Cause),
    /// Less than the empty container: the bin is off its scale.
    Lifted,
    /// Not a whole number of pieces, by this share of one.
    NotWhole(f64),
}

impl Doubt {
    /// What people read, and what they can do.
    #[must_use]
    pub fn remedy(self) -> String {
        match self {
            Self::Scale(Cause::Overload) => "more on the scale than it can weigh; take something off".to_owned(),
            Self::Scale(Cause::Underload | Cause::Busy) => {
                "scale cannot weigh now; put the bin back or zero the scale".to_owned()
            }
            Self::Scale(Cause::Silent | Cause::Offline) => {
                "scale does not answer; check its power and cable".to_owned()
            }
            Self::Scale(Cause::Awaited) => {
                "nothing heard of it since the connection was made; check that its node is on".to_owned()
            }
            Self::Scale(cause @ (Cause::DeviceError | Cause::NotANumber)) => {
                format!("scale reports {}; restart it, then check it with a known weight", cause.name())
            }
            Self::Lifted => "bin is off its scale; put it back".to_owned(),
            Self::NotWhole(part) => format!(
                "weight is {part:.2} of a piece off a whole number; look for a foreign part, or check tare and piece weight"
            ),
        }
    }
}

impl Tally {
    /// `readings` in a row must agree.
    #[must_use]
    pub fn new(bin: Bin, by: DeviceName, readings: u32) -> Self {
        let tolerance = Mass::from_micrograms(bin.piece.micrograms() / TOLERATED_SHARE);
        Self { bin, by, settle: Settle::new(readings, tolerance), told: None, doubt: None }
    }

    /// Why the level is unknown; `None` when it is known or was never seen.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// Takes a weight at `now` (monotonic), stamped `at`. An entry when the bin has come to rest at another count.
    pub fn handle_weight(
        &mut self,
        now: Duration,
        at: (WallTime, Option<UntrustedClock>),
        weight: &Weight,
    ) -> Option<Entry> {
        let settled = self.settle.handle_weight(now, weight)?;
        match self.pieces(settled, weight.division) {
            Ok(pieces) => {
                self.doubt = None;
                (self.told != Some(pieces)).then(|| {
                    self.told = Some(pieces);
                    self.entry(at, pieces)
                })
            }
            Err(doubt) => {
                self.doubt = Some(doubt);
                None
            }
        }
    }

    /// The scale cannot say. The count stays what it was; the level is unknown until a weight settles again.
    pub fn handle_unknown(&mut self, cause: Cause) {
        self.settle.reset();
        // Told again once it is known again: when nothing changed, the ledger agrees and nothing is recorded.
        self.told = None;
        self.doubt = Some(Doubt::Scale(cause));
    }

    /// What was told was not recorded: tell it again at the next reading.
    pub fn forget(&mut self) {
        self.told = None;
    }

    fn pieces(&self, gross: Mass, division: Mass) -> Result<u64, Doubt> {
        let net = gross.micrograms() - self.bin.tare.micrograms();
        let piece = self.bin.piece.micrograms();
        if net < -(LIFTED_DIVISIONS * division.micrograms()).max(piece * 3 / 10) {
            return Err(Doubt::Lifted);
        }
        // Nearest whole number; `div_euclid` keeps a slightly negative net at zero pieces.
        let pieces = (net + piece / 2).div_euclid(piece);
        #[expect(clippy::cast_precision_loss, reason = "a share of a piece needs no 53 bits")]
        let part = (net - pieces * piece) as f64 / piece as f64;
        if part.abs() > PART_MAX {
            return Err(Doubt::NotWhole(part));
        }
        // A light bin a hair below its tare rounds to no pieces.
        u64::try_from(pieces.max(0)).map_err(|_| Doubt::Lifted)
    }

    fn entry(&self, (at, clock): (WallTime, Option<UntrustedClock>), pieces: u64) -> Entry {
        let bin = &self.bin;
        // A level needs no origin: repeated, it changes nothing.
        Entry {
            origin: None,
            statement: Statement::Level(Level {
                at,
                clock,
                item: bin.item.clone(),
                place: Place::Bin(bin.name.clone()),
                pieces,
                by: self.by.clone(),
                taken_to: bin.taken_to.clone(),
                filled_from: bin.filled_from.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Decimal, MassUnit};

    /// A bin of 8.05 g bolts in a 210 g container.
    fn tally() -> Tally {
        let bin = Bin {
            name: "A-01".parse().unwrap(),
            item: "M8-BOLT".parse().unwrap(),
            tare: Mass::from_micrograms(210_000_000),
            piece: Mass::from_micrograms(8_050_000),
            taken_to: Place::Used,
            filled_from: Place::Dock,
        };
        Tally::new(bin, "scale-1".parse().unwrap(), 3)
    }

    /// Feeds the same weight until it settles.
    fn rest(tally: &mut Tally, from: u64, grams: &str) -> Option<u64> {
        let weight = Weight::new(Decimal::parse(grams).unwrap(), MassUnit::Gram, Some(true)).unwrap();
        let mut entries = (0..5).filter_map(|i| {
            let now = Duration::from_millis(from + i * 250);
            tally.handle_weight(now, (WallTime::from_millis(0), None), &weight)
        });
        let entry = entries.next();
        assert!(entries.next().is_none(), "a bin at rest says nothing more");
        match entry?.statement {
            Statement::Level(level) => Some(level.pieces),
            Statement::Movement { movement, .. } => panic!("{movement:?}"),
        }
    }

    #[test]
    fn a_settled_weight_is_told_once_as_pieces() {
        let mut tally = tally();
        // (1234 − 210) / 8.05 = 127.20: domain facts, formula 19.
        assert_eq!(rest(&mut tally, 0, "1234.0"), Some(127));
        assert_eq!(rest(&mut tally, 10_000, "1234.1"), None, "still 127");
        assert_eq!(rest(&mut tally, 20_000, "1137.4"), Some(115));
    }

    #[test]
    fn a_lifted_bin_is_unknown_not_empty() {
        let mut tally = tally();
        assert_eq!(rest(&mut tally, 0, "1234.0"), Some(127));
        assert_eq!(rest(&mut tally, 10_000, "0.0"), None);
        assert_eq!(tally.doubt(), Some(Doubt::Lifted));
        assert_eq!(rest(&mut tally, 20_000, "1234.0"), None, "back with the same content: nothing happened");
        assert_eq!(tally.doubt(), None);
        assert_eq!(rest(&mut tally, 30_000, "210.2"), Some(0), "an empty container is empty");
    }

    #[test]
    fn a_weight_between_two_counts_is_no_count() {
        let mut tally = tally();
        assert_eq!(rest(&mut tally, 0, "254.0"), None, "5.47 pieces");
        assert!(matches!(tally.doubt(), Some(Doubt::NotWhole(_))));
    }

    #[test]
    fn a_silent_scale_is_unknown_and_changes_no_count() {
        let mut tally = tally();
        assert_eq!(rest(&mut tally, 0, "1234.0"), Some(127));
        tally.handle_unknown(Cause::Silent);
        assert_eq!(tally.doubt(), Some(Doubt::Scale(Cause::Silent)));
        assert_eq!(rest(&mut tally, 10_000, "1234.0"), Some(127), "told again; the ledger agrees");
    }

    #[test]
    fn what_was_not_recorded_is_told_again() {
        let mut tally = tally();
        assert_eq!(rest(&mut tally, 0, "1234.0"), Some(127));
        tally.forget();
        assert_eq!(rest(&mut tally, 10_000, "1234.0"), Some(127));
    }
}
