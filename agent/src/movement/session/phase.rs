//! Where a session stands, and what it tells the technician to do next. Derived from the slots, never stored, so that
//! the two cannot disagree.

use std::fmt;

use super::{
    mode::Mode,
    output::Station,
    slots::Need,
    state::{By, State},
};

/// What a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing was scanned: everything is as usual.
    Idle,
    NeedsBadge,
    NeedsMode,
    NeedsPlace,
    /// A van, a cabinet or a machine.
    NeedsTarget,
    /// Everything else is there.
    NeedsPart,
    NeedsLot,
    NeedsSerial,
    /// An act was just said, whose quantity the next scan may still change.
    Booked,
    /// A count has its place, and nothing was found yet.
    Counting,
    /// A count has found something, or that there is nothing.
    Counted,
}

impl Phase {
    pub const ALL: [Self; 11] = [
        Self::Idle,
        Self::NeedsBadge,
        Self::NeedsMode,
        Self::NeedsPlace,
        Self::NeedsTarget,
        Self::NeedsPart,
        Self::NeedsLot,
        Self::NeedsSerial,
        Self::Booked,
        Self::Counting,
        Self::Counted,
    ];
}

impl State {
    pub(super) fn phase(&self, station: &Station) -> Phase {
        let need = self.need(station);
        if self.held.is_none() {
            if let Some(count) = &self.count {
                return if count.has_begun() { Phase::Counted } else { Phase::Counting };
            }
            if self.open.as_ref().is_some_and(|open| open.by != By::Person) {
                return Phase::Booked;
            }
            if self.is_at_rest() {
                return Phase::Idle;
            }
        }
        need.map_or(Phase::NeedsPart, |need| need.phase())
    }

    /// What comes next, in plain words.
    pub(super) fn expecting(&self, station: &Station) -> String {
        if self.held.is_none()
            && let Some(count) = &self.count
        {
            let place = &count.place;
            return match count.last() {
                _ if count.is_empty() => format!("count {place}, empty: scan BW:DONE, or the next place to count"),
                None => format!("count {place}: scan its parts, or BW:EMPTY"),
                Some((item, units)) => format!(
                    "count {place}, {item}, {units} in all: scan the next part, BW:QTY: for a number, or BW:DONE"
                ),
            };
        }
        let mut text = match self.slots.task(station) {
            Some(task) => task.to_string(),
            None => "ready".to_owned(),
        };
        let mut add = |what: &dyn fmt::Display| {
            text.push_str(", ");
            text.push_str(&what.to_string());
        };
        if let Some(operator) = &self.slots.operator {
            add(operator.name.as_ref().unwrap_or(&operator.id));
        }
        let held = self.held.as_ref();
        if let Some(open) = self.open.as_ref().filter(|_| held.is_none()) {
            add(&open.part.item);
            add(&format_args!("{} booked", open.units));
            let next = match open.by {
                By::Scans => "scan it again for one more, BW:QTY: for another number, or the next part",
                By::Label => "scan BW:QTY: for another number, or the next part",
                By::Person => "scan the next part",
            };
            return format!("{text}: {next}");
        }
        if let Some(held) = held {
            add(&held.part.item);
        }
        let scans = held.map(|held| held.scans).filter(|scans| *scans > 1);
        let packed = self.slots.next.packed.map(|(units, _)| units).filter(|_| self.takes_packed(station));
        if let Some(units) = self.slots.next.quantity.or(scans).or(packed) {
            add(&units);
        }
        let need = self.need(station);
        let stated = held.and_then(|held| held.part.place.as_ref());
        if let Ok((from, to)) = self.slots.ends(stated, station) {
            add(&format_args!("from {from} to {to}"));
        }
        format!("{text}: {}", need.as_ref().unwrap_or(&Need::Part))
    }

    fn takes_packed(&self, station: &Station) -> bool {
        self.slots.mode(station).is_some_and(Mode::comes_packed)
    }
}

impl Need {
    fn phase(&self) -> Phase {
        match self {
            Self::Badge => Phase::NeedsBadge,
            Self::Mode => Phase::NeedsMode,
            Self::Place(_) | Self::Destination(_) => Phase::NeedsPlace,
            Self::Target(_) => Phase::NeedsTarget,
            Self::Part => Phase::NeedsPart,
            Self::Lot => Phase::NeedsLot,
            Self::Serial => Phase::NeedsSerial,
        }
    }

    /// In a sentence: "M8-BOLT still waits for …".
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Badge => "your badge",
            Self::Mode => "a mode",
            Self::Place(_) => "its place",
            Self::Destination(_) => "the place it goes to",
            Self::Target(Mode::Deploy) => "a van or cabinet",
            Self::Target(_) => "an asset",
            Self::Part => "its part",
            Self::Lot => "its lot",
            Self::Serial => "its serial number",
        }
    }
}

/// As an instruction.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Badge => f.write_str("scan your badge"),
            Self::Mode => f.write_str("scan what to do, BW:USE say"),
            Self::Place(None) => f.write_str("scan the place"),
            Self::Place(Some((from, to))) => {
                write!(f, "nothing goes from {from} to {to}, scan another place or mode")
            }
            Self::Destination(from) => write!(f, "from {from}, scan where it goes"),
            Self::Target(Mode::Deploy) => f.write_str("scan the van or cabinet"),
            Self::Target(_) => f.write_str("scan the asset"),
            Self::Part => f.write_str("scan the part"),
            Self::Lot => f.write_str("scan the lot, or BW:LOT: with it"),
            Self::Serial => f.write_str("scan the serial number"),
        }
    }
}
