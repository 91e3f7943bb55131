//! A count: a person says what lies in one place, without being told what should.
//!
//! Owns heaps and how they add up. A heap is one statement: the scans of one part, or its quantity. Where two heaps of a
//! part lie in one place they add. Nothing is said before the count ends, so that a count broken off is none. Must not
//! know what the books say.

use gateway_proto::{
    limits::QUANTITY_MAX,
    name::{ItemCode, Text},
    place::Place,
};
use serde::{Deserialize, Serialize};

use super::{
    booking::quantity,
    codes::Tracking,
    output::{CountLine, Found, Output},
    refusal::Refusal,
    slots::Need,
    state::{By, Held, State, Turn},
};
use crate::movement::said::ActId;

/// Heaps in one count: a place with more is counted in parts.
pub(super) const HEAPS_MAX: usize = 1_000;

/// The count of one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Count {
    pub(super) id: ActId,
    pub(super) place: Place,
    looked: Looked,
    heaps: Vec<Heap>,
}

/// Whether somebody said that nothing is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Looked {
    NotYet,
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Heap {
    item: ItemCode,
    lot: Option<Text>,
    serial: Option<Text>,
    /// Base units that one scan stands for.
    factor: u64,
    /// Base units.
    units: u64,
    by: By,
}

impl Count {
    fn new(id: ActId, place: Place) -> Self {
        Self { id, place, looked: Looked::NotYet, heaps: Vec::new() }
    }

    /// Whether anything was said.
    pub(super) fn has_begun(&self) -> bool {
        self.looked == Looked::Empty || !self.heaps.is_empty()
    }

    /// The next scan is another heap.
    pub(super) fn close(&mut self) {
        if let Some(heap) = self.heaps.last_mut() {
            heap.by = By::Person;
        }
    }

    /// The item counted last, and how many of it are there in all.
    pub(super) fn last(&self) -> Option<(&ItemCode, u64)> {
        let last = self.heaps.last()?;
        Some((&last.item, self.total(|heap| heap.item == last.item)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.looked == Looked::Empty
    }

    fn total(&self, of: impl Fn(&Heap) -> bool) -> u64 {
        self.heaps.iter().filter(|heap| of(heap)).map(|heap| heap.units).sum()
    }

    fn add(&mut self, held: Held, said: Option<u64>, lot: Option<Text>, serial: Option<Text>) -> Result<(), Refusal> {
        let Held { part, scans } = held;
        let (lot, serial) = (part.lot.clone().or(lot), part.serial.clone().or(serial));
        let (units, mut by) = match (part.stated, said) {
            (Some(stated), _) => (stated.units(), By::Person),
            (None, Some(said)) => (quantity(said, part.factor)?.units(), By::Person),
            (None, None) => (quantity(scans, part.factor)?.units(), By::Scans),
        };
        if part.tracking == Tracking::Serial {
            if units != 1 {
                return Err(Refusal::OneByOne(part.item));
            }
            let same = |heap: &Heap| heap.item == part.item && heap.serial == serial;
            if let Some(serial) = serial.clone().filter(|_| self.heaps.iter().any(same)) {
                return Err(Refusal::CountedSerial { item: part.item, serial });
            }
            by = By::Person;
        }
        if by == By::Scans
            && let Some(heap) = self.heaps.last_mut()
            && heap.by == By::Scans
            && (&heap.item, &heap.lot, &heap.serial) == (&part.item, &lot, &serial)
        {
            heap.units = within(heap.units, units, part.factor)?;
            heap.factor = part.factor;
            return Ok(());
        }
        if self.heaps.len() >= HEAPS_MAX {
            return Err(Refusal::CountFull { max: HEAPS_MAX });
        }
        within(self.total(|heap| heap.item == part.item), units, part.factor)?;
        self.close();
        self.heaps.push(Heap { item: part.item, lot, serial, factor: part.factor, units, by });
        Ok(())
    }

    /// A person's number for the heap just begun; `false` when it is for the next.
    fn restate(&mut self, times: u64) -> Result<bool, Refusal> {
        let others = |count: &Self, item: &ItemCode| count.total(|heap| heap.item == *item);
        let Some(last) = self.heaps.last().filter(|heap| heap.by == By::Scans) else { return Ok(false) };
        let units = if times == 0 { 0 } else { quantity(times, last.factor)?.units() };
        within(others(self, &last.item).saturating_sub(last.units), units, last.factor)?;
        if let Some(heap) = self.heaps.last_mut() {
            (heap.units, heap.by) = (units, By::Person);
        }
        Ok(true)
    }

    /// Takes the last statement back.
    pub(super) fn undo(&mut self) -> Result<(), Refusal> {
        if self.looked == Looked::Empty {
            self.looked = Looked::NotYet;
            return Ok(());
        }
        self.heaps.pop().ok_or(Refusal::NothingToUndo)?;
        self.close();
        Ok(())
    }
}

/// `units` more, if a quantity can still hold them.
fn within(before: u64, units: u64, factor: u64) -> Result<u64, Refusal> {
    let sum = before.saturating_add(units);
    if sum > QUANTITY_MAX { Err(Refusal::TooMany { times: sum / factor, factor }) } else { Ok(sum) }
}

impl State {
    /// Begins the count once its place is known, and adds the held part to it.
    pub(super) fn settle_count(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if let Some(place) = self.held.as_mut().and_then(|held| held.part.place.take()) {
            self.slots.handle_place(place, turn.station)?;
        }
        let need = self.need(turn.station);
        // A station that usually counts begins with somebody's first word, not by itself.
        let asked = self.slots.mode.is_some() || self.slots.place().is_some() || self.held.is_some();
        if matches!(need, Some(Need::Badge)) || !asked {
            return Ok(());
        }
        let Ok((place, _)) = self.slots.ends(None, turn.station) else { return Ok(()) };
        if !place.is_on_site() {
            return Err(Refusal::Uncountable(place));
        }
        if self.count.as_ref().is_some_and(|count| count.place != place) {
            self.end_count(turn);
        }
        if self.count.is_none() {
            let id = (turn.next_act)();
            turn.out.push(Output::CountBegun { count: id, place: place.clone() });
            self.count = Some(Count::new(id, place));
            self.open = None;
        }
        if need.is_some() {
            return Ok(());
        }
        let (Some(count), Some(held)) = (&mut self.count, self.held.take()) else { return Ok(()) };
        let next = std::mem::take(&mut self.slots.next);
        turn.caution(&held.part);
        self.last = Some(held.part.clone());
        count.add(held, next.quantity, next.lot, next.serial)?;
        self.slots.next.reason = next.reason;
        Ok(())
    }

    /// A number in a count: of the part just scanned, or of the next one; none at all is a statement too.
    pub(super) fn handle_counted(&mut self, times: u64, turn: &Turn<'_>) -> Result<(), Refusal> {
        if let Some(held) = &self.held {
            if held.part.tracking == Tracking::Serial && times != 1 {
                return Err(Refusal::OneByOne(held.part.item.clone()));
            }
            if times == 0 {
                return Err(self.waiting(turn).unwrap_or(Refusal::Zero));
            }
        } else if let Some(count) = &mut self.count {
            if count.is_empty() && times > 0 {
                return Err(Refusal::SaidEmpty(count.place.clone()));
            }
            if count.restate(times)? {
                return Ok(());
            }
            if times == 0 && !count.heaps.is_empty() {
                return Err(Refusal::NotEmpty(count.place.clone()));
            }
            if times == 0 {
                count.looked = Looked::Empty;
                return Ok(());
            }
        } else if times == 0 {
            return Err(Refusal::Zero);
        }
        self.slots.next.quantity = Some(times);
        Ok(())
    }

    /// The technician is done with the place.
    pub(super) fn finish_count(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        match &self.count {
            Some(count) if !count.has_begun() => Err(Refusal::NothingCounted(count.place.clone())),
            Some(_) => {
                self.end_count(turn);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Says what was found; nothing where nothing was said.
    fn end_count(&mut self, turn: &mut Turn<'_>) {
        let Some(count) = self.count.take() else { return };
        if !count.has_begun() {
            turn.out.push(Output::CountDropped { count: count.id });
            return;
        }
        let mut lines: Vec<CountLine> = Vec::new();
        for heap in count.heaps {
            let same =
                |line: &&mut CountLine| (&line.item, &line.lot, &line.serial) == (&heap.item, &heap.lot, &heap.serial);
            if let Some(line) = lines.iter_mut().find(same) {
                line.qty = line.qty.saturating_add(heap.units);
                continue;
            }
            lines.push(CountLine {
                count: count.id,
                at: turn.stamp.at,
                clock: turn.stamp.clock.clone(),
                by: turn.station.name.clone(),
                actor: self.slots.operator.as_ref().map(|operator| operator.id.clone()),
                reference: self.slots.reference.clone(),
                reason: self.slots.next.reason.clone(),
                place: count.place.clone(),
                item: heap.item,
                lot: heap.lot,
                serial: heap.serial,
                qty: heap.units,
            });
        }
        let found = if lines.is_empty() { Found::Nothing } else { Found::Parts };
        turn.out.extend(lines.into_iter().map(|line| Output::Counted(Box::new(line))));
        turn.out.push(Output::CountEnded { count: count.id, found });
        // A count is made again, not taken back; and what was booked before it is part of what it found.
        self.seal();
        self.last = None;
    }
}
