//! All that a session remembers, and how it forgets.

use std::{collections::VecDeque, time::Duration};

use gateway_proto::{
    name::{ItemCode, Text},
    place::Place,
};
use serde::{Deserialize, Serialize};

use super::{
    codes::Tracking,
    count::Count,
    mode::Mode,
    output::{Badge, DropCause, Dropped, Output, Stamp, Station, Unfinished},
    slots::{Need, Slots},
    token::Part,
};
use crate::movement::said::ActId;

/// Acts that can be taken back, the latest first: more than anybody remembers to have scanned.
pub(super) const UNDO_MAX: usize = 20;

/// Pieces with serial numbers that are remembered: a crate of them at one station without a pause.
const SERIALS_MAX: usize = 1_000;

/// What stays between two tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) slots: Slots,
    /// The part that waits for what its movement still needs.
    pub(super) held: Option<Held>,
    /// The act that its part's next scan, or a quantity, would still change.
    pub(super) open: Option<Open>,
    /// The last part, to be repeated.
    pub(super) last: Option<Part>,
    /// Who booked last, also after a cancel.
    pub(super) worker: Option<Text>,
    said: VecDeque<Booked>,
    serials: VecDeque<Gone>,
    pub(super) count: Option<Count>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) part: Part,
    /// How often its label was scanned.
    pub(super) scans: u64,
}

/// An act just said, by scans or by its label's quantity. Whatever else is scanned closes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Open {
    pub(super) act: ActId,
    pub(super) part: Part,
    /// Base units, at least 1.
    pub(super) units: u64,
    pub(super) by: By,
    /// When. Too short-lived to outlive a restart.
    #[serde(skip)]
    pub(super) at: Duration,
}

/// Who said how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum By {
    /// Nobody: each scan is one of its code, and the next scan one more.
    Scans,
    /// The label of the package. A person knows better.
    Label,
    /// A person, or the device: the act is closed.
    Person,
}

/// What one token booked, to be taken back together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Booked {
    pub(super) acts: Vec<ActId>,
    pub(super) delivery: Option<Text>,
}

/// A piece with a serial number, and where it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Gone {
    act: ActId,
    item: ItemCode,
    serial: Text,
    to: Place,
}

/// One token's surroundings: the station, the time, and where its outputs go.
pub(super) struct Turn<'t> {
    pub(super) station: &'t Station,
    pub(super) now: Duration,
    pub(super) stamp: &'t Stamp,
    pub(super) next_act: &'t mut dyn FnMut() -> ActId,
    pub(super) out: Vec<Output>,
    /// What a person should know beside what comes next.
    pub(super) note: Option<String>,
}

impl State {
    /// Nothing was scanned that still holds.
    pub(super) fn is_at_rest(&self) -> bool {
        self.slots == Slots::default() && self.held.is_none() && self.open.is_none() && self.count.is_none()
    }

    /// What is still missing; `None` when the held part can be booked.
    pub(super) fn need(&self, station: &Station) -> Option<Need> {
        if station.badge == Badge::Needed && self.slots.operator.is_none() {
            return Some(Need::Badge);
        }
        let stated = self.held.as_ref().and_then(|held| held.part.place.as_ref());
        if let Err(need) = self.slots.ends(stated, station) {
            return Some(need);
        }
        let Some(held) = &self.held else { return Some(Need::Part) };
        match held.part.tracking {
            Tracking::Lot if held.part.lot.is_none() && self.slots.next.lot.is_none() => Some(Need::Lot),
            Tracking::Serial if held.part.serial.is_none() && self.slots.next.serial.is_none() => Some(Need::Serial),
            Tracking::None | Tracking::Lot | Tracking::Serial => None,
        }
    }

    pub(super) fn is_counting(&self, station: &Station) -> bool {
        self.slots.mode(station) == Some(Mode::Count)
    }

    /// Whatever comes next is another act.
    pub(super) fn close(&mut self) {
        self.open = None;
        if let Some(count) = &mut self.count {
            count.close();
        }
    }

    /// What was begun comes to nothing, and is told.
    pub(super) fn drop_unfinished(&mut self, why: DropCause, out: &mut Vec<Output>) {
        if let Some(held) = self.held.take() {
            out.push(Output::Dropped(Dropped { what: Unfinished::Part(held.part.item), why }));
        }
        if let Some(count) = self.count.take() {
            out.push(Output::CountDropped { count: count.id });
            if count.has_begun() {
                out.push(Output::Dropped(Dropped { what: Unfinished::Count(count.place), why }));
            }
        }
    }

    /// The slots are emptied; what was booked stays, and can be taken back.
    pub(super) fn cancel(&mut self) {
        self.slots = Slots::default();
        self.held = None;
        self.open = None;
        self.last = None;
    }

    /// Nothing of before holds, nor can it be taken back.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Remembers what can be taken back.
    pub(super) fn remember(&mut self, booked: Booked) {
        if self.said.len() >= UNDO_MAX {
            self.said.pop_front();
        }
        self.said.push_back(booked);
    }

    /// The last that was booked and not taken back.
    pub(super) fn take_last(&mut self) -> Option<Booked> {
        let booked = self.said.pop_back()?;
        self.serials.retain(|gone| !booked.acts.contains(&gone.act));
        self.open = None;
        self.last = None;
        Some(booked)
    }

    /// What one token each booked, and can be taken back.
    pub(super) fn undoable(&self) -> usize {
        self.said.len()
    }

    /// What was taken back was not: `before` still has it.
    pub(super) fn put_back(&mut self, mut before: Self) {
        if let Some(booked) = before.said.pop_back() {
            self.serials.extend(before.serials.into_iter().filter(|gone| booked.acts.contains(&gone.act)));
            self.remember(booked);
        }
    }

    /// Nothing can be taken back any more.
    pub(super) fn seal(&mut self) {
        self.said.clear();
    }

    /// The act was not recorded, so it is none.
    pub(super) fn unsay(&mut self, act: ActId) {
        for booked in &mut self.said {
            booked.acts.retain(|said| *said != act);
        }
        self.said.retain(|booked| !booked.acts.is_empty());
        self.serials.retain(|gone| gone.act != act);
        if self.open.as_ref().is_some_and(|open| open.act == act) {
            self.open = None;
        }
    }

    pub(super) fn has_received(&self, delivery: &Text) -> bool {
        self.said.iter().any(|booked| booked.delivery.as_ref() == Some(delivery))
    }

    /// Where a piece went when it was last scanned here.
    pub(super) fn gone_to(&self, item: &ItemCode, serial: &Text) -> Option<&Place> {
        self.serials.iter().rev().find(|gone| gone.item == *item && gone.serial == *serial).map(|gone| &gone.to)
    }

    pub(super) fn remember_serial(&mut self, act: ActId, item: ItemCode, serial: Text, to: Place) {
        if self.serials.len() >= SERIALS_MAX {
            self.serials.pop_front();
        }
        self.serials.push_back(Gone { act, item, serial, to });
    }
}
