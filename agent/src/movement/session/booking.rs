//! Booking: a part with all that its movement needs becomes an act, at once.
//!
//! Owns how many: a person's word goes before the device's scans, these before the package's label, and a scan alone is
//! one of its code. Where nobody said how many and one scan is one piece, the act says nothing of it either: at a bin on
//! a scale the scale tells, anywhere else it is one. A second scan of the same part makes it two, and says so.

use std::time::Duration;

use gateway_proto::{limits::QUANTITY_MAX, name::Text, place::Place, quantity::Quantity};

use super::{
    codes::{ExpectedLine, Tracking},
    mode::Mode,
    output::Output,
    refusal::Refusal,
    slots::{Need, NextAct},
    state::{Booked, By, Held, Open, State, Turn},
    token::Part,
};
use crate::movement::said::Said;

/// How long the symbols of one package label belong together.
pub(super) const ONE_LABEL: Duration = Duration::from_secs(10);

/// Lines of a delivery that come in by one scan: they are one transaction.
pub(super) const LINES_MAX: usize = 500;

impl State {
    /// Books the held part if nothing is missing.
    pub(super) fn settle(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if self.is_counting(turn.station) {
            return self.settle_count(turn);
        }
        if let Some(held) = &self.held
            && let Err(Need::Place(Some((from, to)))) = self.slots.ends(held.part.place.as_ref(), turn.station)
        {
            let mode = self.slots.mode(turn.station).unwrap_or(Mode::Use);
            return Err(Refusal::Forbidden { mode, from, to });
        }
        match self.need(turn.station) {
            None => self.book(turn),
            Some(_) => Ok(()),
        }
    }

    fn book(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let Ok((from, to)) = self.slots.ends(held.part.place.as_ref(), turn.station) else { return Ok(()) };
        let mode = self.slots.mode(turn.station).unwrap_or(Mode::Use);
        let (units, by) = self.units(&held, mode, turn.now)?;
        let part = held.part;
        let serial = part.serial.clone().or_else(|| self.slots.next.serial.clone());
        if part.tracking == Tracking::Serial
            && let Some(serial) = &serial
            && let Some(at) = self.gone_to(&part.item, serial).filter(|at| **at != from)
        {
            return Err(Refusal::DuplicateSerial { item: part.item, serial: serial.clone(), at: at.clone() });
        }
        turn.caution(&part);
        let act = (turn.next_act)();
        let stated = by != By::Scans || units > 1 || part.tracking == Tracking::Serial;
        let qty = if stated { Some(quantity(units, 1)?) } else { None };
        let reference = self.slots.reference(turn.station);
        let next = std::mem::take(&mut self.slots.next);
        let said = Said {
            act,
            at: turn.stamp.at,
            clock: turn.stamp.clock.clone(),
            by: turn.station.name.clone(),
            item: part.item.clone(),
            from,
            to: to.clone(),
            qty,
            actor: self.slots.operator.as_ref().map(|operator| operator.id.clone()),
            reference,
            reason: next.reason,
            lot: part.lot.clone().or(next.lot),
            serial: serial.clone(),
            code: part.code.clone(),
        };
        turn.out.push(Output::Say(Box::new(said)));
        self.remember(Booked { acts: vec![act], delivery: None });
        if part.tracking == Tracking::Serial
            && let Some(serial) = serial
        {
            self.remember_serial(act, part.item.clone(), serial, to);
        }
        let by = if part.tracking == Tracking::Serial { By::Person } else { by };
        self.open = Some(Open { act, part: part.clone(), units, by, at: turn.now });
        self.slots.wear(mode);
        self.last = Some(part);
        Ok(())
    }

    /// How many base units, and by whose word.
    fn units(&self, held: &Held, mode: Mode, now: Duration) -> Result<(u64, By), Refusal> {
        let Held { part, scans } = held;
        let (units, by) = if let Some(stated) = part.stated {
            (stated.units(), By::Person)
        } else if let Some(said) = self.slots.next.quantity {
            (quantity(said, part.factor)?.units(), By::Person)
        } else {
            let beside = self.slots.next.packed.filter(|(_, at)| now.saturating_sub(*at) < ONE_LABEL);
            match part.packed.or(beside.map(|(units, _)| units)).filter(|_| mode.comes_packed()) {
                Some(packed) => (quantity(packed, part.factor)?.units(), By::Label),
                None => (quantity(*scans, part.factor)?.units(), By::Scans),
            }
        };
        if part.tracking == Tracking::Serial && units != 1 {
            return Err(Refusal::OneByOne(part.item.clone()));
        }
        Ok((units, by))
    }

    /// The same part again, right behind its act: one more of it.
    pub(super) fn extend(&mut self, part: &Part, turn: &mut Turn<'_>) -> Result<bool, Refusal> {
        let packed = self.slots.mode(turn.station).is_some_and(Mode::comes_packed) && part.packed.is_some();
        // Of a part that is tracked by lot, the next piece may be of another lot.
        let is_told = part.tracking != Tracking::Lot || part.lot.is_some();
        let alone = is_told && self.slots.next == NextAct::default();
        let Some(open) = self.open.as_mut().filter(|open| open.by == By::Scans && open.is_of(part)) else {
            return Ok(false);
        };
        if packed || !alone || part.stated.is_some() {
            return Ok(false);
        }
        let more = open.units.saturating_add(part.factor);
        let qty =
            Quantity::new(more).map_err(|_| Refusal::TooMany { times: more / part.factor, factor: part.factor })?;
        open.units = more;
        open.part = part.clone();
        open.at = turn.now;
        self.last = Some(part.clone());
        turn.out.push(Output::Restate { act: open.act, qty });
        Ok(true)
    }

    /// A person's number for the act just said; `false` when there is no such act.
    pub(super) fn restate(&mut self, times: u64, turn: &mut Turn<'_>) -> Result<bool, Refusal> {
        self.set_total(times, By::Person, turn)
    }

    /// The package's own symbol for its quantity.
    pub(super) fn handle_packed(&mut self, times: u64, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        // Labels have the part first; the quantity is that part's and never the next one's.
        let just = self.open.as_ref().filter(|open| turn.now.saturating_sub(open.at) < ONE_LABEL);
        let Some(open) = just else {
            self.close();
            self.slots.next.packed = Some((times, turn.now));
            return Ok(());
        };
        let takes = open.by == By::Scans && open.units == open.part.factor;
        if !takes || !self.slots.mode(turn.station).is_some_and(Mode::comes_packed) {
            return Err(Refusal::LateQuantity(open.part.item.clone()));
        }
        self.set_total(times, By::Label, turn).map(|_| ())
    }

    fn set_total(&mut self, times: u64, by: By, turn: &mut Turn<'_>) -> Result<bool, Refusal> {
        let Some(open) = self.open.as_mut().filter(|open| open.by != By::Person) else { return Ok(false) };
        let qty = quantity(times, open.part.factor)?;
        (open.units, open.by) = (qty.units(), by);
        turn.out.push(Output::Restate { act: open.act, qty });
        Ok(true)
    }

    /// A delivery that is expected: all its lines come in.
    pub(super) fn receive(
        &mut self,
        reference: Text,
        lines: Vec<ExpectedLine>,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        if self.slots.mode(turn.station) != Some(Mode::Receive) {
            return Err(Refusal::NotReceiving(reference));
        }
        if let Some(waiting) = self.waiting(turn) {
            return Err(waiting);
        }
        match self.need(turn.station) {
            Some(Need::Badge) => return Err(Refusal::NoBadge),
            Some(Need::Place(Some((from, to)))) => return Err(Refusal::Forbidden { mode: Mode::Receive, from, to }),
            Some(_) | None => {}
        }
        if lines.is_empty() || self.has_received(&reference) {
            return Err(Refusal::ReceivedBefore(reference));
        }
        if lines.len() > LINES_MAX {
            return Err(Refusal::TooManyLines { reference, lines: lines.len(), max: LINES_MAX });
        }
        let (from, to) = self.slots.ends(None, turn.station).unwrap_or((Place::Vendor, Place::Dock));
        let mut acts = Vec::with_capacity(lines.len());
        for line in lines {
            let act = (turn.next_act)();
            acts.push(act);
            turn.out.push(Output::Say(Box::new(Said {
                act,
                at: turn.stamp.at,
                clock: turn.stamp.clock.clone(),
                by: turn.station.name.clone(),
                item: line.item,
                from: from.clone(),
                to: to.clone(),
                qty: Some(line.qty),
                actor: self.slots.operator.as_ref().map(|operator| operator.id.clone()),
                reference: Some(reference.clone()),
                reason: self.slots.next.reason.clone(),
                lot: line.lot,
                serial: None,
                code: None,
            })));
        }
        turn.note = Some(format!("{reference}: {} lines came in to {to}", acts.len()));
        self.remember(Booked { acts, delivery: Some(reference) });
        self.close();
        self.last = None;
        self.slots.wear(Mode::Receive);
        Ok(())
    }

    /// Why nothing else can be begun: a part waits.
    pub(super) fn waiting(&self, turn: &Turn<'_>) -> Option<Refusal> {
        let item = self.held.as_ref()?.part.item.clone();
        let need = self.need(turn.station).map_or("its movement", |need| need.name());
        Some(Refusal::Waiting { item, need })
    }
}

impl Open {
    fn is_of(&self, part: &Part) -> bool {
        let Self { part: last, .. } = self;
        (&last.item, &last.lot, &last.serial, &last.place) == (&part.item, &part.lot, &part.serial, &part.place)
    }
}

impl Turn<'_> {
    /// Says that a part is past its date, where the clock can be believed. It may still be on its way to scrap.
    pub(super) fn caution(&mut self, part: &Part) {
        let today = self.stamp.at.to_string();
        if let Some(day) = &part.expires
            && self.stamp.clock.is_none()
            && today.get(..day.as_str().len()).is_some_and(|today| day.as_str() < today)
        {
            self.note = Some(format!("{} expired {day}", part.item));
        }
    }
}

/// `times` of a code that stands for `factor` base units.
pub(super) fn quantity(times: u64, factor: u64) -> Result<Quantity, Refusal> {
    let units = times.checked_mul(factor).filter(|units| *units <= QUANTITY_MAX);
    units.and_then(|units| Quantity::new(units).ok()).ok_or(Refusal::TooMany { times, factor })
}
