//! What was scanned and still holds: the slots of a session, filled in whatever order people work.
//!
//! Owns which slot a place goes to, how long each holds, and between which places a part would move. Must not know
//! tokens, acts or texts.

use std::time::Duration;

use gateway_proto::{movement::Act, name::Text, place::Place};
use serde::{Deserialize, Serialize};

use super::{
    mode::{Mode, Task},
    output::Station,
    pair::Pair,
    refusal::Refusal,
};

/// What is still to be scanned before a part can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Need {
    Badge,
    Mode,
    /// The place scanned does not do where the two places are given: nothing goes from the one to the other.
    Place(Option<(Place, Place)>),
    /// The second place of a transfer that comes from this one.
    Destination(Place),
    /// The van, cabinet or machine.
    Target(Mode),
    Part,
    Lot,
    Serial,
}

/// Who is at the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Operator {
    pub(super) id: Text,
    pub(super) name: Option<Text>,
}

/// What holds until it is changed, and what holds for the next act alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slots {
    pub(super) operator: Option<Operator>,
    pub(super) mode: Option<Mode>,
    /// The last place scanned that is no van, no cabinet and no machine.
    pub(super) bin: Option<Place>,
    pub(super) field: Option<Target>,
    pub(super) asset: Option<Target>,
    at: Latest,
    pair: Pair,
    pub(super) reference: Option<Text>,
    pub(super) next: NextAct,
}

/// What belongs to the next act and to no other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NextAct {
    /// In the unit of the part's code, at least 1.
    pub(super) quantity: Option<u64>,
    /// Of a package, and when it was scanned. Too short-lived to outlive a restart.
    #[serde(skip)]
    pub(super) packed: Option<(u64, Duration)>,
    pub(super) lot: Option<Text>,
    pub(super) serial: Option<Text>,
    pub(super) reason: Option<Text>,
}

/// A van, a cabinet or a machine that parts go to or come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) place: Place,
    pub(super) wear: Wear,
}

/// Whether something moved since it was scanned: what is fresh waits for its mode, what was used leaves with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Wear {
    #[default]
    Fresh,
    Used,
}

/// Which of the two is the place to work at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Latest {
    #[default]
    Bin,
    Field,
}

/// Reasons that begin so send a removed part to quarantine and not to the bench.
const SUSPECT: [&str; 4] = ["QUARANTINE", "DEFECT", "SUSPECT", "FAIL"];

impl Slots {
    /// What a part scanned now is for.
    pub(super) fn mode(&self, station: &Station) -> Option<Mode> {
        self.mode.or(station.task.as_ref().map(|task| task.mode))
    }

    /// The mode with its target, for people.
    pub(super) fn task(&self, station: &Station) -> Option<Task> {
        let mode = self.mode(station)?;
        Some(Task { mode, target: self.target(mode, station) })
    }

    /// Where the technician works, when it was scanned.
    pub(super) fn place(&self) -> Option<&Place> {
        match self.at {
            Latest::Bin => self.bin.as_ref(),
            Latest::Field => self.field.as_ref().map(|field| &field.place),
        }
    }

    /// A mode was scanned, maybe with its target.
    pub(super) fn set_mode(&mut self, mode: Mode, target: Option<Place>, station: &Station) -> Result<(), Refusal> {
        let before = self.mode(station);
        self.leave_mode(mode);
        match (mode, target) {
            (_, None) => {}
            (Mode::Deploy, Some(place @ Place::Field(_))) => self.field = Some(Target::fresh(place)),
            (Mode::Install | Mode::Uninstall, Some(place @ Place::Asset(_))) => {
                self.asset = Some(Target::fresh(place));
            }
            (_, Some(target)) => return Err(Refusal::Target { mode, target }),
        }
        let pair = std::mem::take(&mut self.pair);
        if mode == Mode::Transfer {
            // Whoever stands at a place and then says transfer transfers from there.
            self.pair = if before == Some(Mode::Transfer) {
                pair
            } else {
                Pair { first: self.place().cloned(), ..Pair::default() }
            };
        } else if let Pair { first: Some(place), second: None, wear: Wear::Fresh } = pair
            && before == Some(Mode::Transfer)
            && self.place().is_none()
        {
            self.set_place(place);
        }
        self.mode = Some(mode);
        Ok(())
    }

    /// What was for another mode goes: a machine that parts went to is not what the next part is for.
    fn leave_mode(&mut self, next: Mode) {
        let used = |target: &Option<Target>| target.as_ref().is_some_and(|target| target.wear == Wear::Used);
        if self.mode == Some(next) {
            return;
        }
        if used(&self.asset) {
            self.asset = None;
        }
        if used(&self.field) && (self.at == Latest::Bin || next == Mode::Deploy) {
            self.field = None;
            self.at = Latest::Bin;
        }
        if next == Mode::Deploy {
            self.at = Latest::Bin;
        }
    }

    /// Back to the usual mode.
    pub(super) fn end_mode(&mut self, station: &Station) {
        self.mode = None;
        if self.mode(station) == Some(Mode::Count) {
            // Or the next count would begin where this one ended.
            (self.bin, self.field, self.at) = (None, None, Latest::Bin);
        }
        self.pair = Pair::default();
        self.asset = None;
        if self.at == Latest::Bin {
            self.field = None;
        }
        self.next = NextAct::default();
    }

    /// A place was scanned.
    ///
    /// # Errors
    /// Where the mode that was scanned has no use for it.
    pub(super) fn handle_place(&mut self, place: Place, station: &Station) -> Result<(), Refusal> {
        if matches!(place, Place::Asset(_)) {
            self.asset = Some(Target::fresh(place));
            return Ok(());
        }
        if self.mode(station) == Some(Mode::Transfer) {
            return self.pair.take(place);
        }
        let Some(mode) = self.mode else {
            self.set_place(place);
            return Ok(());
        };
        if mode.fixed_ends().contains(&Some(&place)) {
            // It is one of the two already.
            return Ok(());
        }
        match mode {
            Mode::Deploy if matches!(place, Place::Field(_)) => {
                self.field = Some(Target::fresh(place));
                return Ok(());
            }
            Mode::Uninstall if !matches!(place, Place::Bench | Place::Quarantine) => {
                return Err(Refusal::RemovedTo(place));
            }
            Mode::Use
            | Mode::Receive
            | Mode::PutAway
            | Mode::Transfer
            | Mode::Test
            | Mode::TestPass
            | Mode::TestFail
            | Mode::Deploy
            | Mode::Install
            | Mode::Uninstall
            | Mode::Return
            | Mode::Scrap
            | Mode::Count => {}
        }
        self.set_place(place);
        match self.ends(None, station) {
            Err(Need::Place(Some((from, to)))) => Err(Refusal::Forbidden { mode, from, to }),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn set_place(&mut self, place: Place) {
        if matches!(place, Place::Field(_)) {
            self.field = Some(Target::fresh(place));
            self.at = Latest::Field;
        } else {
            self.bin = Some(place);
            self.at = Latest::Bin;
        }
    }

    /// Something moved in this mode.
    pub(super) fn wear(&mut self, mode: Mode) {
        for target in [&mut self.field, &mut self.asset].into_iter().flatten() {
            target.wear = Wear::Used;
        }
        if mode == Mode::Transfer {
            self.pair.wear = Wear::Used;
        } else if mode == Mode::Deploy {
            self.at = Latest::Bin;
        } else if self.at == Latest::Field {
            // Whoever works from a van has left the bin.
            self.bin = None;
        }
        self.next = NextAct::default();
    }

    /// What for: the reference, or the machine whose label was scanned where nothing is put into it.
    pub(super) fn reference(&self, station: &Station) -> Option<Text> {
        let beside = matches!(self.mode(station), Some(Mode::Use | Mode::Return | Mode::Scrap));
        let asset = self.asset.as_ref().filter(|_| beside);
        self.reference.clone().or_else(|| Text::try_from(asset?.place.to_string()).ok())
    }

    /// From where to where a part would go; `stated` is the place that the device says, for this part alone.
    pub(super) fn ends(&self, stated: Option<&Place>, station: &Station) -> Result<(Place, Place), Need> {
        let mode = self.mode(station).ok_or(Need::Mode)?;
        let with = |make: &dyn Fn(Place) -> (Place, Place)| {
            let scanned = stated.or_else(|| self.place());
            fitting(mode, scanned, station.place.as_ref(), make)
        };
        match mode {
            Mode::Use => with(&|place| (place, Place::Used)),
            Mode::Receive => {
                let bin = station.place.as_ref().filter(|place| matches!(place, Place::Bin(_)));
                let scanned = stated.or_else(|| self.place());
                fitting(mode, scanned, bin.or(Some(&Place::Dock)), &|place| (Place::Vendor, place))
            }
            Mode::PutAway => with(&|place| (Place::Dock, place)),
            Mode::Transfer => self.pair.ends(stated, station),
            Mode::Test => with(&|place| (place, Place::Bench)),
            Mode::TestPass => with(&|place| (Place::Bench, place)),
            Mode::TestFail => Ok((Place::Bench, Place::Quarantine)),
            Mode::Deploy => {
                let target = self.target(mode, station).ok_or(Need::Target(mode))?;
                let from = stated.or(self.bin.as_ref());
                fitting(mode, from, station.place.as_ref(), &|place| (place, target.clone()))
            }
            Mode::Install => {
                let target = self.target(mode, station).ok_or(Need::Target(mode))?;
                with(&|place| (place, target.clone()))
            }
            Mode::Uninstall => {
                let asset = self.target(mode, station).ok_or(Need::Target(mode))?;
                let suspect = self.place() == Some(&Place::Quarantine) || self.next.is_suspect();
                Ok((asset, if suspect { Place::Quarantine } else { Place::Bench }))
            }
            Mode::Return => with(&|place| (Place::Used, place)),
            Mode::Scrap => with(&|place| (place, Place::Scrap)),
            Mode::Count => {
                let place = stated.or_else(|| self.place()).or(station.place.as_ref()).ok_or(Need::Place(None))?;
                Ok((place.clone(), place.clone()))
            }
        }
    }

    fn target(&self, mode: Mode, station: &Station) -> Option<Place> {
        let scanned = match mode {
            Mode::Deploy => self.field.as_ref(),
            Mode::Install | Mode::Uninstall => self.asset.as_ref(),
            Mode::Use
            | Mode::Receive
            | Mode::PutAway
            | Mode::Transfer
            | Mode::Test
            | Mode::TestPass
            | Mode::TestFail
            | Mode::Return
            | Mode::Scrap
            | Mode::Count => return None,
        };
        let usual = || station.task.as_ref().filter(|task| task.mode == mode)?.target.clone();
        scanned.map(|target| target.place.clone()).or_else(usual)
    }
}

impl Station {
    /// The two places of the usual task at the usual place, where nothing goes from the one to the other: such a station
    /// asks for a place at every part.
    #[must_use]
    pub fn misfit(&self) -> Option<(Place, Place)> {
        let place = self.place.as_ref()?;
        match Slots::default().ends(Some(place), self) {
            // What cannot be received there is received at the dock.
            Err(Need::Place(ends)) if self.task.as_ref().is_some_and(|task| task.mode != Mode::Receive) => ends,
            Ok(_) | Err(_) => None,
        }
    }
}

/// The two places with the one that was scanned, or the usual one where none was. A usual place that does not do is no
/// answer; a scanned one that does not do is a contradiction to be told, never passed over for the usual.
fn fitting(
    mode: Mode,
    scanned: Option<&Place>,
    usual: Option<&Place>,
    make: &dyn Fn(Place) -> (Place, Place),
) -> Result<(Place, Place), Need> {
    let fits = |(from, to): &(Place, Place)| Act::between(from, to).is_some_and(|act| mode.allows(act));
    match scanned {
        Some(place) => Some(make(place.clone())).filter(fits).ok_or_else(|| Need::Place(Some(make(place.clone())))),
        None => usual.map(|place| make(place.clone())).filter(fits).ok_or(Need::Place(None)),
    }
}

impl NextAct {
    /// What is not said anew is as it was.
    pub(super) fn fill(&mut self, before: Self) {
        self.quantity = self.quantity.or(before.quantity);
        self.packed = self.packed.or(before.packed);
        self.lot = self.lot.take().or(before.lot);
        self.serial = self.serial.take().or(before.serial);
        self.reason = self.reason.take().or(before.reason);
    }

    fn is_suspect(&self) -> bool {
        let begins = |reason: &Text, word: &str| {
            reason.as_str().get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
        };
        self.reason.as_ref().is_some_and(|reason| SUSPECT.iter().any(|word| begins(reason, word)))
    }
}

impl Target {
    fn fresh(place: Place) -> Self {
        Self { place, wear: Wear::Fresh }
    }
}
