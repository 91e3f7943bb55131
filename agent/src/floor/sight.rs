//! How bins and stations look to people: plain data that pages make their words and marks of.
//!
//! Everything in it that was booked is committed: amounts are the ledger's, an act says what stands of it, and a station
//! shows the session as it was when its newest answer was given. Must not know words or pages.

use gateway_proto::{
    name::{DeviceName, ItemCode, PlaceName, Text},
    place::Place,
    time::WallTime,
};

use super::{
    Floor,
    acts::{By, Stage, Storage, Trace},
    answer::{Answer, Came},
    facts::LevelDoubt,
    moment::Moment,
    moved::Moved,
    weighed::{Ground, Weighed},
};
use crate::{
    device::Mass,
    movement::{
        calibration::{Outcome, PieceWeight, Rest, Step},
        counted::Counted,
        counting::{CounterView, ReviewView, SessionId, State as CountState},
        rules::{State, Subject},
        said::ActId,
        session::{Station, sight::Sight},
    },
};
use std::sync::Arc;

/// Acts that a station shows: what fits a panel without looking for it.
pub const ACTS_SHOWN: usize = 8;

/// Movements that a bin shows.
pub const MOVES_SHOWN: usize = 25;

/// How a bin looks.
#[derive(Debug, Clone, PartialEq)]
pub struct BinSight {
    pub bin: PlaceName,
    /// `None`: a scale whose bin nobody has imported.
    pub item: Option<ItemCode>,
    /// What the ledger holds, base units; `None` where nothing was ever moved.
    pub held: Option<i64>,
    pub min: Option<u64>,
    pub max: Option<u64>,
    /// How it stands against its bounds; `None` where it has none.
    pub state: Option<State>,
    pub scale: Option<ScaleSight>,
    /// The newest movement that is remembered.
    pub last: Option<Arc<Moved>>,
    pub counted_at: Option<WallTime>,
}

/// What a bin's scale knows.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleSight {
    pub scale: DeviceName,
    /// The count; `None` while it is unknown.
    pub counted: Option<Counted>,
    /// Since when the count is unknown.
    pub unknown_since: Option<WallTime>,
    /// Why it is unknown, or known with a reservation.
    pub doubt: Option<LevelDoubt>,
    /// Acts that wait for their weight.
    pub waiting: usize,
}

/// How a station looks.
#[derive(Debug, Clone, PartialEq)]
pub struct StationSight {
    /// What its section says.
    pub station: Station,
    pub session: Sight,
    /// The number of the newest answer of all, 0 before the first.
    pub newest: u64,
    /// The newest answer that says more than that a scan was heard: what was booked stays in sight while a mode or a place
    /// is scanned.
    pub answer: Option<Answer>,
    /// The newest acts, newest first, each as it stands now.
    pub acts: Vec<ActSight>,
    /// Answers that a page may still look for by their origin, newest first: origin and number.
    pub origins: Vec<(u64, u64)>,
}

/// An act and what stands of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActSight {
    pub act: ActId,
    /// Where it was said: a station, mostly.
    pub by: DeviceName,
    pub at: WallTime,
    pub item: ItemCode,
    pub from: Place,
    pub to: Place,
    pub actor: Option<Text>,
    pub reference: Option<Text>,
    pub lot: Option<Text>,
    pub serial: Option<Text>,
    /// What the person stated, base units.
    pub stated: Option<u64>,
    pub fate: Fate,
    /// What the ledger holds now at the ends that hold stock.
    pub left: Option<i64>,
    pub reached: Option<i64>,
}

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It waits for the scale to say how many.
    Weighing,
    /// So many base units stand.
    Booked {
        units: u64,
        by_weight: bool,
    },
    TakenBack,
    /// Its time was over: the scale saw nothing move.
    Nothing,
}

/// A count session, in one line.
#[derive(Debug, Clone, PartialEq)]
pub struct CountBrief {
    pub id: SessionId,
    pub state: CountState,
    pub opened: WallTime,
    pub by: Text,
    pub lines: usize,
}

/// A bin under calibration, with what its scale shows now.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationSight {
    pub bin: PlaceName,
    pub scale: DeviceName,
    pub item: Option<ItemCode>,
    /// `None`: nobody has begun.
    pub step: Option<Step>,
    /// Pieces in the sample.
    pub sampled: Option<u32>,
    /// The piece weight that can be taken.
    pub offer: Option<PieceWeight>,
    /// What the last statement came to.
    pub last: Option<Outcome>,
    /// What it counts by: as calibrated at the bin, else as written down elsewhere.
    pub tare: Option<Mass>,
    pub piece: Option<Mass>,
    /// What the scale showed last, at rest or not; `None` since it is silent.
    pub shows: Option<Mass>,
    pub rest: Option<Rest>,
    /// Parts are out of it: it is not counted.
    pub is_out: bool,
    pub books: Option<i64>,
    pub counted: Option<Counted>,
}

impl Floor {
    /// The bins that there are: of the site's lists, and of its scales.
    pub fn bin_names(&self) -> impl Iterator<Item = PlaceName> {
        let listed = self.register.bins().map(|bin| bin.name.clone());
        let strange = self.weighed.keys().filter(|name| self.register.bin(name.as_str()).is_none()).cloned();
        listed.chain(strange)
    }

    pub fn station_names(&self) -> impl Iterator<Item = &DeviceName> {
        self.desks.keys()
    }

    /// How a bin looks; `None` where there is none.
    #[must_use]
    pub fn bin_sight(&self, now: &Moment, name: &PlaceName) -> Option<BinSight> {
        let bin = self.register.bin(name.as_str());
        let weighed = self.weighed.get(name);
        if bin.is_none() && weighed.is_none() {
            return None;
        }
        let place = Place::Bin(name.clone());
        let item = bin.map(|bin| bin.item.clone());
        let last_count = item.as_ref().and_then(|item| self.last_count(item, &place));
        Some(BinSight {
            bin: name.clone(),
            held: item.as_ref().and_then(|item| self.stock.held(item, &place)),
            min: bin.and_then(|bin| bin.min),
            max: bin.and_then(|bin| bin.max),
            state: self.rules.state(&Subject::Bin(name.clone())),
            scale: weighed.map(|weighed| scale_sight(now, weighed)),
            last: self.newest.of(name).cloned(),
            counted_at: last_count,
            item,
        })
    }

    /// How a station looks; `None` where there is none.
    #[must_use]
    pub fn station_sight(&self, name: &DeviceName) -> Option<StationSight> {
        let desk = self.desks.get(name)?;
        let mut acts: Vec<ActId> = Vec::new();
        for answer in desk.answers.iter() {
            if let Came::Said(said) | Came::TakenBack(said) = &answer.came {
                for act in said.iter().rev() {
                    if !acts.contains(act) {
                        acts.push(*act);
                    }
                }
            }
        }
        Some(StationSight {
            station: desk.session.station().clone(),
            session: desk.shown.clone(),
            newest: desk.answers.iter().next().map_or(0, |answer| answer.number),
            answer: desk.answers.iter().find(|answer| answer.came != Came::Heard).cloned(),
            acts: acts.iter().filter_map(|act| self.act_sight(*act)).take(ACTS_SHOWN).collect(),
            origins: desk.answers.iter().filter_map(|answer| Some((answer.origin?, answer.number))).collect(),
        })
    }

    /// An act as it stands; `None` when it is forgotten.
    #[must_use]
    pub fn act_sight(&self, act: ActId) -> Option<ActSight> {
        let trace = self.acts.get(act)?;
        let said = &trace.said;
        let holds = |place: &Place| place.is_on_site().then(|| self.stock.held(&said.item, place).unwrap_or(0));
        Some(ActSight {
            act,
            by: said.by.clone(),
            at: said.at,
            item: said.item.clone(),
            from: said.from.clone(),
            to: said.to.clone(),
            actor: said.actor.clone(),
            reference: said.reference.clone(),
            lot: said.lot.clone(),
            serial: said.serial.clone(),
            stated: said.qty.map(gateway_proto::quantity::Quantity::units),
            fate: fate(trace),
            left: holds(&said.from),
            reached: holds(&said.to),
        })
    }

    /// The newest movements at a bin that are remembered, newest first.
    #[must_use]
    pub fn moves_at(&self, bin: &PlaceName) -> Vec<Arc<Moved>> {
        let place = Place::Bin(bin.clone());
        let here = self.newest.iter().filter(|moved| moved.movement.from == place || moved.movement.to == place);
        here.take(MOVES_SHOWN).cloned().collect()
    }

    /// What the ledger holds at a place, most first; only what is more than nothing.
    #[must_use]
    pub fn held_in(&self, place: &Place) -> Vec<(ItemCode, i64)> {
        let here = self.stock.iter().filter(|(_, at, units)| *at == place && *units > 0);
        let mut held: Vec<(ItemCode, i64)> = here.map(|(item, _, units)| (item.clone(), units)).collect();
        held.sort_by(|(a, more), (b, less)| (less, a).cmp(&(more, b)));
        held
    }

    /// Places beside bins that parts are deployed to or installed on, by what the books know of.
    #[must_use]
    pub fn known_places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for (_, place, _) in self.stock.iter() {
            if matches!(place, Place::Field(_) | Place::Asset(_)) && !places.contains(place) {
                places.push(place.clone());
            }
        }
        places.sort();
        places
    }

    /// A bin's calibration and what its scale shows; `None` where it has no scale.
    #[must_use]
    pub fn calibration_sight(&self, bin: &PlaceName) -> Option<CalibrationSight> {
        let weighed = self.weighed.get(bin)?;
        let procedure = weighed.procedure.as_ref();
        let calibration = procedure.map_or(&weighed.calibration, |procedure| procedure.calibration());
        let listed = self.register.bin(bin.as_str());
        let written = listed.and_then(|bin| self.register.item(bin.item.as_str())?.piece.as_ref());
        Some(CalibrationSight {
            bin: bin.clone(),
            scale: weighed.scale.clone(),
            item: weighed.ground.item().cloned(),
            step: procedure.map(crate::movement::calibration::Procedure::step),
            sampled: procedure.and_then(crate::movement::calibration::Procedure::sampled),
            offer: procedure.and_then(|procedure| procedure.offer().cloned()),
            last: weighed.came.clone(),
            tare: calibration
                .tare
                .as_ref()
                .map(|tare| tare.mass)
                .or_else(|| Some(self.register.tare(listed?)).filter(|tare| *tare > Mass::ZERO)),
            piece: calibration.piece.as_ref().map(|piece| piece.mean).or_else(|| Some(written?.mean)),
            shows: weighed.still.shows(),
            rest: weighed.at_rest(),
            is_out: weighed.calibrated_at.is_some(),
            books: self.held_at(bin),
            counted: weighed.counted(),
        })
    }

    /// The kinds of container whose weight is known.
    #[must_use]
    pub fn container_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.containers.iter().map(|container| container.name.to_string()).collect();
        names.extend(self.register.containers().map(|container| container.name.to_string()));
        names.sort();
        names.dedup();
        names
    }

    /// The count sessions that are not over, oldest first.
    #[must_use]
    pub fn counts_open(&self) -> Vec<CountBrief> {
        let open =
            self.sessions().filter(|session| !matches!(session.state(), CountState::Completed | CountState::Cancelled));
        let mut briefs: Vec<CountBrief> = open
            .map(|session| CountBrief {
                id: session.id().clone(),
                state: session.state(),
                opened: session.opened(),
                by: session.by().clone(),
                lines: session.lines().len(),
            })
            .collect();
        briefs.sort_by_key(|brief| brief.opened);
        briefs
    }

    /// A counter's sheet: what the books say is not in it.
    #[must_use]
    pub fn count_sheet(&self, session: &SessionId, by: &Text) -> Option<CounterView> {
        Some(self.session_of_count(session)?.counter_view(by))
    }

    /// All there is to know of a count, for who decides.
    #[must_use]
    pub fn count_review(&self, session: &SessionId) -> Option<ReviewView> {
        Some(self.session_of_count(session)?.review_view())
    }

    /// Marks the stations that show an act.
    pub(super) fn act_changed(&mut self, act: ActId) {
        for (name, desk) in &self.desks {
            let shows = desk.answers.iter().any(|answer| match &answer.came {
                Came::Said(acts) | Came::TakenBack(acts) => acts.contains(&act),
                Came::Heard
                | Came::Counted(_)
                | Came::Dropped(_)
                | Came::Refused(_)
                | Came::NotRecorded(_)
                | Came::Repeated => false,
            });
            if shows {
                self.changed.stations.insert(name.clone());
            }
        }
    }
}

fn scale_sight(now: &Moment, weighed: &Weighed) -> ScaleSight {
    let doubt = level_doubt(weighed);
    ScaleSight {
        scale: weighed.scale.clone(),
        counted: weighed.counted(),
        unknown_since: weighed.unknown_since.map(|since| now.wall_at(since)),
        doubt,
        waiting: weighed.fusion.acts().count(),
    }
}

/// Why a bin's level is unknown, or known with a reservation.
pub(super) fn level_doubt(weighed: &Weighed) -> Option<LevelDoubt> {
    match &weighed.ground {
        Ground::NoBin => Some(LevelDoubt::NoBin),
        Ground::NoPiece(content) => Some(LevelDoubt::NoPiece(content.item.clone())),
        Ground::Ready(_) if weighed.calibrated_at.is_some() => Some(LevelDoubt::Calibrating),
        Ground::Ready(_) => weighed.meter.doubt().map(LevelDoubt::Scale),
    }
}

fn fate(trace: &Trace) -> Fate {
    let units = trace.standing();
    if units > 0 {
        return Fate::Booked { units, by_weight: trace.made.iter().any(|made| made.by == By::Weight) };
    }
    if trace.was_withdrawn && trace.storage == Storage::No {
        return Fate::TakenBack;
    }
    match trace.stage {
        Stage::Undone | Stage::Explained => Fate::TakenBack,
        Stage::Over if trace.storage == Storage::Kept => Fate::Weighing,
        Stage::Over => Fate::Nothing,
        Stage::Open if trace.was_made => Fate::TakenBack,
        Stage::Open => Fate::Weighing,
    }
}
