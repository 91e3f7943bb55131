//! What of the floor somebody may have to do something about: open alarms, notices, codes that nobody knows, levels in
//! doubt, what is to be counted. A copy in plain data, so that whoever shows it need not ask the floor.
//!
//! Owns the bounds of that copy. Must not know words: what a fact means to people is for whoever shows it.

use std::{collections::BTreeMap, time::Duration};

use gateway_proto::{
    name::{DeviceName, FeedName, ItemCode, PlaceName, Text},
    time::WallTime,
};

use super::{Floor, moment::Moment, notice::Notice, weighed::Ground};
use crate::movement::{
    rules::{Life, State, Subject},
    weighing::Doubt,
};

/// Alarms that are copied one by one; beyond it they are counted. Nobody reads more before the first are dealt with.
pub const ALARMS_MAX: usize = 100;

/// The facts, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FloorFacts {
    /// Of bins and items that are not fine, worst state first, [`ALARMS_MAX`] at most.
    pub alarms: Vec<OpenAlarm>,
    pub alarms_more: usize,
    /// Oldest first.
    pub notices: Vec<Notice>,
    pub parked: Parked,
    /// Of bins on scales, those whose level is in doubt.
    pub levels: Vec<LevelFact>,
    /// Places that are to be counted now.
    pub counts_due: usize,
    /// Up to how many lost records of a feed somebody has taken note.
    pub losses_seen: BTreeMap<FeedName, u64>,
}

/// Something that is not as it should be, and whether somebody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlarm {
    pub subject: Subject,
    pub item: ItemCode,
    pub state: State,
    /// By the clock of then.
    pub fired: Option<WallTime>,
    pub acknowledged: Option<(Text, WallTime)>,
    /// Base units, as the books have it.
    pub on_hand: i64,
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// Codes that nobody knew when they were scanned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parked {
    pub codes: usize,
    /// In all places together.
    pub units: u64,
}

/// A bin whose level is in doubt.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelFact {
    pub bin: PlaceName,
    pub scale: DeviceName,
    pub doubt: LevelDoubt,
    /// Monotonic; `None` where the level is known, with a reservation.
    pub unknown_since: Option<Duration>,
}

/// Why a level is in doubt.
#[derive(Debug, Clone, PartialEq)]
pub enum LevelDoubt {
    /// Nobody has said what is in the bin.
    NoBin,
    /// Nobody has said what one of these weighs.
    NoPiece(ItemCode),
    /// Somebody calibrates it.
    Calibrating,
    /// What its scale says.
    Scale(Doubt),
}

impl LevelDoubt {
    /// Whether the level is unknown; otherwise it is known, with a reservation.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        match self {
            Self::NoBin | Self::NoPiece(_) | Self::Calibrating => true,
            Self::Scale(doubt) => doubt.is_unknown(),
        }
    }
}

impl Floor {
    /// The facts now, but for what is to be counted. As much work as looking at every watch and every place once.
    #[must_use]
    pub fn facts(&self) -> FloorFacts {
        let mut alarms: Vec<OpenAlarm> = self.open_alarms().collect();
        alarms.sort_by(|a, b| (a.state, &a.subject).cmp(&(b.state, &b.subject)));
        let alarms_more = alarms.len().saturating_sub(ALARMS_MAX);
        alarms.truncate(ALARMS_MAX);
        FloorFacts {
            alarms,
            alarms_more,
            notices: self.notices.iter().cloned().collect(),
            parked: self.parked_facts(),
            levels: self.level_facts(),
            counts_due: 0,
            losses_seen: self.losses_seen.clone(),
        }
    }

    /// How many places are to be counted now. More work than the rest, and no sooner news than by the hour.
    #[must_use]
    pub fn counts_due(&self, now: &Moment) -> usize {
        self.due(now).len()
    }

    /// Every alarm that stands.
    pub fn open_alarms(&self) -> impl Iterator<Item = OpenAlarm> {
        self.rules.iter().filter(|(_, state, ..)| *state != State::Fine).map(|(watch, state, life, standing)| {
            let (fired, acknowledged) = match life {
                Life::Armed { .. } => (None, None),
                Life::Fired { at } => (Some(*at), None),
                Life::Acknowledged { fired, at, by } => (Some(*fired), Some((by.clone(), *at))),
            };
            OpenAlarm {
                subject: watch.subject().clone(),
                item: watch.item().clone(),
                state,
                fired,
                acknowledged,
                on_hand: standing.map_or(0, |standing| standing.on_hand),
                min: watch.bounds().min,
                max: watch.bounds().max,
            }
        })
    }

    fn parked_facts(&self) -> Parked {
        let (mut parked, mut last) = (Parked::default(), None);
        // In the order of items; each is there twice, with minus where it came from.
        for (item, _, units) in
            self.stock.iter().filter(|(item, _, units)| *units > 0 && self.catalog.feed(item).is_none())
        {
            parked.units = parked.units.saturating_add(units.unsigned_abs());
            if last != Some(item) {
                parked.codes += 1;
                last = Some(item);
            }
        }
        parked
    }

    /// Codes that nobody knows, with what the books hold of each by place.
    #[must_use]
    pub fn parked(&self) -> Vec<(ItemCode, BTreeMap<String, u64>)> {
        let mut parked: Vec<(ItemCode, BTreeMap<String, u64>)> = Vec::new();
        for (item, place, units) in
            self.stock.iter().filter(|(item, _, units)| *units > 0 && self.catalog.feed(item).is_none())
        {
            let (place, units) = (place.to_string(), units.unsigned_abs());
            match parked.last_mut() {
                Some((last, places)) if last == item => drop(places.insert(place, units)),
                Some(_) | None => parked.push((item.clone(), BTreeMap::from([(place, units)]))),
            }
        }
        parked
    }

    fn level_facts(&self) -> Vec<LevelFact> {
        let facts = self.weighed.iter().filter_map(|(bin, weighed)| {
            let doubt = match &weighed.ground {
                Ground::NoBin => LevelDoubt::NoBin,
                Ground::NoPiece(content) => LevelDoubt::NoPiece(content.item.clone()),
                Ground::Ready(_) if weighed.calibrated_at.is_some() => LevelDoubt::Calibrating,
                Ground::Ready(_) => LevelDoubt::Scale(weighed.meter.doubt()?),
            };
            let unknown_since = weighed.unknown_since.filter(|_| doubt.is_unknown());
            Some(LevelFact { bin: bin.clone(), scale: weighed.scale.clone(), doubt, unknown_since })
        });
        facts.collect()
    }
}
