//! A bin on a scale: its count, its fusion, and what they rest on.

use std::{collections::BTreeSet, time::Duration};

use gateway_proto::{
    name::{DeviceName, ItemCode, PlaceName},
    place::Place,
};

use super::{order::Caller, still::Still};
use crate::{
    device::{Cause, Mass, Weight},
    movement::{
        calibration::{self, Calibration, Outcome, Procedure},
        counted::Counted,
        fusion::{Attendance, Fusion, Patience},
        pieces,
        said::Said,
        spot::Spot,
        weighing::{Doubt, Load, Rest, Tally, Told},
    },
    register::Register,
};

/// What a tally counts by while nobody has said what a piece weighs: it only watches for rest then.
const NO_PIECE: Mass = Mass::from_micrograms(1_000_000);

/// One bin on one scale.
#[derive(Debug)]
pub(super) struct Weighed {
    pub(super) scale: DeviceName,
    pub(super) place: Place,
    pub(super) meter: Meter,
    /// Readings in a row that a rest takes at least.
    settle_readings: u32,
    pub(super) fusion: Fusion,
    attendance: Attendance,
    pub(super) calibration: Calibration,
    /// A calibration under way.
    pub(super) procedure: Option<Procedure>,
    /// What the last statement to it came to, and one that is still being recorded.
    pub(super) came: Option<Outcome>,
    pub(super) coming: Option<Outcome>,
    pub(super) ground: Ground,
    /// What a piece weighs, as far as that is known.
    piece: Mass,
    load: Load,
    /// What the scale shows, to calibrate by.
    pub(super) still: Still,
    /// What was last shown with the scale.
    pub(super) shown: Option<String>,
    /// Since when the level is unknown; `None` while it is known.
    pub(super) unknown_since: Option<Duration>,
    /// The level that fusion was last told.
    pub(super) level: Option<Counted>,
    /// Who waits until what the scale says is in the ledger.
    pub(super) callers: Vec<Caller>,
    /// The same, of levels that came while an older one was on its way.
    pub(super) later_callers: Vec<Caller>,
    /// Whether the newest level of a sensor that speaks once is kept beside the ledger.
    pub(super) kept_level: KeptLevel,
    /// Whether a level of it is on its way to the ledger.
    pub(super) recording: Recording,
    /// Since when somebody calibrates it, its parts out of it; the last statement counts.
    pub(super) calibrated_at: Option<Duration>,
    /// Whether the next difference between books and level is anybody's act.
    pub(super) difference: Difference,
}

/// Whether the newest level of a sensor that speaks once is kept beside the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptLevel {
    No,
    Kept,
}

/// What a difference between books and level comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    /// Parts came or went.
    Acts,
    /// The bin is counted by another weight since, or was emptied to be calibrated: it was wrong before, or is now.
    Calibration,
    /// Damage took movements from the books. What of them the vendor was told is not to be told again.
    Damage,
}

/// Whether a level is on its way to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recording {
    No,
    Ordered,
}

/// How readings become counts.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one per bin, and nearly all are followed")]
pub(super) enum Meter {
    /// It reports all the time.
    Followed(Tally),
    /// It reports when its level has changed.
    Spot(Spot),
}

/// What a bin's weight can be counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ground {
    /// There is no such bin: it is to be imported.
    NoBin,
    /// Nobody has said what a piece weighs.
    NoPiece(Content),
    Ready(Content),
}

/// What lies in the bin, and how its parts come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) item: ItemCode,
    pub(super) taken_to: Place,
    pub(super) filled_from: Place,
}

/// How a scale watches its bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watching {
    pub scale: DeviceName,
    pub bin: PlaceName,
    /// Readings in a row that a rest takes at least.
    pub settle_readings: u32,
    pub attendance: Attendance,
}

impl Weighed {
    pub(super) fn new(watching: &Watching, calibration: Calibration, register: &Register) -> Self {
        let place = Place::Bin(watching.bin.clone());
        let (ground, load) = ground(&watching.bin, &calibration, register);
        Self {
            scale: watching.scale.clone(),
            meter: Meter::new(load, watching.settle_readings),
            settle_readings: watching.settle_readings,
            fusion: Fusion::new(place.clone(), Patience::default(), watching.attendance),
            attendance: watching.attendance,
            place,
            calibration,
            procedure: None,
            came: None,
            coming: None,
            ground,
            piece: load.piece,
            load,
            still: Still::new(watching.settle_readings),
            shown: None,
            unknown_since: None,
            level: None,
            callers: Vec::new(),
            later_callers: Vec::new(),
            kept_level: KeptLevel::No,
            recording: Recording::No,
            calibrated_at: None,
            difference: Difference::Acts,
        }
    }

    /// Takes what is known of the bin now. Whether its count begins anew: it holds another item than before, or can be
    /// counted only now; then it wants to be told what the books hold.
    pub(super) fn refresh(&mut self, bin: &PlaceName, register: &Register) -> bool {
        let (ground, load) = ground(bin, &self.calibration, register);
        let was_ready = self.content().is_some();
        let is_other = ground.item() != self.ground.item();
        let was_bin = self.ground.item().is_some();
        (self.ground, self.piece) = (ground, load.piece);
        if self.load != load {
            self.load = load;
            self.difference = Difference::Calibration;
        }
        let is_anew = is_other || (!was_ready && self.content().is_some());
        if is_other && was_bin {
            // What lies there now are the parts of before; the next reading may be of these.
            self.meter = Meter::new(load, self.settle_readings);
        } else if is_anew {
            // What was watched until now was no count of these pieces.
            self.meter.begin_anew(load, self.settle_readings);
        } else {
            self.meter.recalibrate(load);
        }
        is_anew
    }

    /// Another item lies in it: what waited for the weight of the one before, which is not coming. What a piece of that
    /// weighs says nothing of this; whether it was known is told too.
    pub(super) fn forget_item(&mut self) -> (Vec<Said>, bool) {
        let waiting = self.fusion.acts().cloned().collect();
        self.fusion = Fusion::new(self.place.clone(), Patience::default(), self.attendance);
        (self.level, self.procedure, self.came) = (None, None, None);
        (waiting, self.calibration.piece.take().is_some())
    }

    /// Notes whether the books lack movements of what lies in it.
    pub(super) fn mind_the_gap(&mut self, behind: &BTreeSet<(ItemCode, Place)>) {
        if self.ground.item().is_some_and(|item| behind.contains(&(item.clone(), self.place.clone()))) {
            self.difference = Difference::Damage;
        }
    }

    /// What the books hold, to begin from.
    pub(super) fn begin_from(&mut self, now: Duration, held: Option<i64>) {
        if self.difference != Difference::Damage
            && let Some(pieces) = held.and_then(|held| u64::try_from(held).ok())
        {
            self.meter.anchor(pieces);
        }
        self.fusion.handle_held(now, held);
    }

    /// The pieces that came (or went) since the scale showed `gross`; `None` while it is not at rest.
    pub(super) fn moved_since(&self, gross: Mass) -> Option<i64> {
        pieces::count(self.meter.rest()?.gross.checked_sub(gross)?, self.piece)
    }

    /// What lies in it, once that can be counted.
    pub(super) fn content(&self) -> Option<&Content> {
        match &self.ground {
            Ground::Ready(content) => Some(content),
            Ground::NoBin | Ground::NoPiece(_) => None,
        }
    }

    /// The trusted count; `None` while it is unknown, or parts are taken out and put in to calibrate the bin.
    pub(super) fn counted(&self) -> Option<Counted> {
        self.content().filter(|_| self.calibrated_at.is_none()).and_then(|_| self.meter.level())
    }

    /// The weight to calibrate by, if it rests. On a bench that is never quite still the weighing engine knows better.
    pub(super) fn at_rest(&self) -> Option<calibration::Rest> {
        let engine = || {
            let rest = self.meter.rest().filter(|_| self.content().is_some())?;
            Some(calibration::Rest { gross: rest.gross, sd: rest.sd, division: rest.division })
        };
        self.still.rest().or_else(engine)
    }

    /// What is wrong with the level, and what to do.
    pub(super) fn remedy(&self, bin: &PlaceName) -> Option<String> {
        match &self.ground {
            Ground::NoBin => Some(format!("there is no bin {bin} yet; import it with bins.csv")),
            Ground::NoPiece(content) => {
                Some(format!("nobody has said what one {} weighs; try: binwire-agent calibrate {bin}", content.item))
            }
            Ground::Ready(_) if self.calibrated_at.is_some() => {
                Some(format!("bin is being calibrated; when its parts are back in: binwire-agent calibrate {bin} done"))
            }
            Ground::Ready(_) => self.meter.doubt().map(Doubt::remedy),
        }
    }
}

impl Meter {
    fn new(load: Load, settle_readings: u32) -> Self {
        match settle_readings {
            0 | 1 => Self::Spot(Spot::new(load)),
            more => Self::Followed(Tally::new(load, more)),
        }
    }

    /// Whether each reading stands for itself, since the next may be a day away.
    pub(super) const fn is_spot(&self) -> bool {
        matches!(self, Self::Spot(_))
    }

    pub(super) fn handle_weight(&mut self, now: Duration, weight: &Weight) -> Option<Told> {
        match self {
            Self::Followed(tally) => tally.handle_weight(now, weight),
            Self::Spot(spot) => spot.handle_weight(now, weight),
        }
    }

    pub(super) fn handle_unknown(&mut self, now: Duration, cause: Cause) {
        match self {
            Self::Followed(tally) => tally.handle_unknown(now, cause),
            Self::Spot(spot) => spot.handle_unknown(cause),
        }
    }

    pub(super) fn tick(&mut self, now: Duration) -> Option<Told> {
        match self {
            Self::Followed(tally) => tally.tick(now),
            Self::Spot(_) => None,
        }
    }

    pub(super) fn anchor(&mut self, pieces: u64) {
        match self {
            Self::Followed(tally) => tally.anchor(pieces),
            Self::Spot(spot) => spot.anchor(pieces),
        }
    }

    fn begin_anew(&mut self, load: Load, settle_readings: u32) {
        match self {
            Self::Followed(tally) => *tally = Tally::new(load, settle_readings),
            // The next reading may be a day away; the last one is counted by the new load.
            Self::Spot(spot) => spot.recalibrate(load),
        }
    }

    fn recalibrate(&mut self, load: Load) {
        match self {
            Self::Followed(tally) => tally.recalibrate(load),
            Self::Spot(spot) => spot.recalibrate(load),
        }
    }

    fn level(&self) -> Option<Counted> {
        match self {
            Self::Followed(tally) => tally.level(),
            Self::Spot(spot) => spot.level(),
        }
    }

    pub(super) fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Followed(tally) => tally.doubt(),
            Self::Spot(spot) => spot.doubt(),
        }
    }

    pub(super) fn rest(&self) -> Option<Rest> {
        match self {
            Self::Followed(tally) => tally.rest(),
            Self::Spot(spot) => spot.rest(),
        }
    }
}

impl Ground {
    pub(super) fn item(&self) -> Option<&ItemCode> {
        match self {
            Self::NoBin => None,
            Self::NoPiece(content) | Self::Ready(content) => Some(&content.item),
        }
    }
}

/// What a bin holds and what it counts by: what was calibrated at the bin goes before what was written down elsewhere.
fn ground(name: &PlaceName, calibration: &Calibration, register: &Register) -> (Ground, Load) {
    let nothing = Load { tare: Mass::ZERO, piece: NO_PIECE, piece_cv: 0.0, sample_size: 1 };
    let Some(bin) = register.bin(name.as_str()) else { return (Ground::NoBin, nothing) };
    let content =
        Content { item: bin.item.clone(), taken_to: bin.taken_to.clone(), filled_from: bin.filled_from.clone() };
    let tare = calibration.tare.as_ref().map_or_else(|| register.tare(bin), |tare| tare.mass);
    let written = || register.item(bin.item.as_str())?.piece.map(|piece| (piece.mean, piece.cv, piece.sample_size));
    let measured = calibration.piece.as_ref().map(|piece| (piece.mean, piece.cv, piece.sample_size));
    match measured.or_else(written).filter(|(mean, ..)| *mean > Mass::ZERO) {
        Some((piece, piece_cv, sample_size)) => (Ground::Ready(content), Load { tare, piece, piece_cv, sample_size }),
        None => (Ground::NoPiece(content), Load { tare, ..nothing }),
    }
}
