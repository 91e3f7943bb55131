//! One step: what each token does to the state. A step that refuses leaves the state in any condition; the session puts
//! the one before back.

use gateway_proto::{limits::QUANTITY_MAX, name::Text, place::Place, quantity::Quantity};

use super::{
    codes::{ExpectedLine, Tracking},
    mode::Mode,
    output::{Badge, DropCause, Output},
    refusal::Refusal,
    slots::{Need, Operator},
    state::{Held, State, Turn},
    token::{Acquaintance, Part, Token},
};

/// Lines of an order that are told when it is scanned: what fits a small display.
const LINES_TOLD: usize = 3;

impl State {
    pub(super) fn step(&mut self, token: Token, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        match token {
            Token::Badge { id, name } => self.handle_badge(Operator { id, name }, turn)?,
            Token::Mode { mode, target } => self.handle_mode(mode, target, turn)?,
            Token::Place(place) => {
                self.close();
                self.handle_place(place, turn)?;
            }
            Token::Part(part) => self.handle_part(*part, turn)?,
            Token::Quantity(times) => self.handle_quantity(times, turn)?,
            Token::Packed(units) => self.handle_packed(units, turn)?,
            Token::Add => {
                let part = self.last.clone().ok_or(Refusal::NothingToAdd)?;
                self.handle_part(part, turn)?;
            }
            Token::Reference(reference) => {
                self.close();
                self.slots.reference = Some(reference);
            }
            Token::Order { reference, lines } => {
                self.close();
                turn.note = Some(told(&reference, &lines));
                self.slots.reference = Some(reference);
            }
            Token::Shipment { reference, lines } => return self.receive(reference, lines, turn),
            Token::Trace { lot, serial } => self.handle_trace(lot, serial)?,
            Token::Reason(reason) => {
                self.close();
                self.slots.next.reason = Some(reason);
            }
            Token::Undo => return self.undo(turn),
            Token::Cancel => {
                self.drop_unfinished(DropCause::Cancelled, &mut turn.out);
                self.cancel();
                return Ok(());
            }
            Token::Done => return self.done(turn),
        }
        self.settle(turn)
    }

    fn handle_badge(&mut self, operator: Operator, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if turn.station.badge == Badge::Needed && operator.name.is_none() {
            return Err(Refusal::UnknownBadge(operator.id));
        }
        if self.worker.as_ref().is_some_and(|worker| *worker != operator.id) {
            self.drop_unfinished(DropCause::SomebodyElse, &mut turn.out);
            self.forget();
        }
        if self.slots.operator.as_ref() != Some(&operator) {
            // What was booked without a badge is nobody's.
            self.close();
        }
        self.worker = Some(operator.id.clone());
        self.slots.operator = Some(operator);
        Ok(())
    }

    fn handle_mode(&mut self, mode: Mode, target: Option<Place>, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        self.close();
        if let Some(count) = &self.count
            && mode != Mode::Count
        {
            if count.has_begun() {
                return Err(Refusal::CountOpen(count.place.clone()));
            }
            turn.out.push(Output::CountDropped { count: count.id });
            self.count = None;
        }
        self.slots.set_mode(mode, target, turn.station)
    }

    fn handle_place(&mut self, place: Place, turn: &Turn<'_>) -> Result<(), Refusal> {
        if self.is_counting(turn.station) && !place.is_on_site() {
            return Err(Refusal::Uncountable(place));
        }
        self.slots.handle_place(place, turn.station)
    }

    fn handle_part(&mut self, part: Part, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if let Some(count) = self.count.as_ref().filter(|count| count.is_empty()) {
            return Err(Refusal::SaidEmpty(count.place.clone()));
        }
        let Some(held) = &self.held else {
            if self.extend(&part, turn)? {
                return Ok(());
            }
            self.open = None;
            return self.hold(part);
        };
        let need = self.need(turn.station);
        let waiting = |state: &Self| state.waiting(turn).unwrap_or(Refusal::NothingToAdd);
        // A plain code that nobody listed, where a number is due, is that number.
        if part.known == Acquaintance::Stranger && part.item != held.part.item {
            let number = Text::try_from(part.item.as_str().to_owned()).map_err(Refusal::Label);
            match need {
                Some(Need::Lot) => return self.handle_trace(Some(number?), None),
                Some(Need::Serial) => return self.handle_trace(None, Some(number?)),
                Some(
                    Need::Badge | Need::Mode | Need::Place(_) | Need::Destination(_) | Need::Target(_) | Need::Part,
                )
                | None => {}
            }
        }
        if part.item != held.part.item {
            return Err(waiting(self));
        }
        // The same part by its other symbol, which has the numbers.
        let brings =
            (held.part.lot.is_none() && part.lot.is_some()) || (held.part.serial.is_none() && part.serial.is_some());
        if brings && matches!(need, Some(Need::Lot | Need::Serial)) {
            return self.handle_trace(part.lot, part.serial);
        }
        let again = held.part.tracking != Tracking::Serial
            && self.slots.next.quantity.is_none()
            && held.part.stated.is_none()
            && part == held.part;
        if !again {
            return Err(waiting(self));
        }
        if let Some(held) = &mut self.held {
            held.scans = held.scans.saturating_add(1);
        }
        Ok(())
    }

    fn hold(&mut self, part: Part) -> Result<(), Refusal> {
        if part.tracking == Tracking::Serial
            && self.slots.next.quantity.or(part.stated.map(Quantity::units)).is_some_and(|units| units != 1)
        {
            return Err(Refusal::OneByOne(part.item));
        }
        let next = &self.slots.next;
        agree(&part, "lot", part.lot.as_ref(), next.lot.as_ref())?;
        agree(&part, "serial", part.serial.as_ref(), next.serial.as_ref())?;
        self.held = Some(Held { part, scans: 1 });
        Ok(())
    }

    fn handle_trace(&mut self, lot: Option<Text>, serial: Option<Text>) -> Result<(), Refusal> {
        if let Some(held) = &self.held {
            agree(&held.part, "lot", held.part.lot.as_ref(), lot.as_ref())?;
            agree(&held.part, "serial", held.part.serial.as_ref(), serial.as_ref())?;
        }
        self.close();
        let next = &mut self.slots.next;
        (next.lot, next.serial) = (lot.or(next.lot.take()), serial.or(next.serial.take()));
        Ok(())
    }

    fn handle_quantity(&mut self, times: u64, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if times > QUANTITY_MAX {
            return Err(Refusal::Quantity(times.to_string()));
        }
        if self.is_counting(turn.station) {
            return self.handle_counted(times, turn);
        }
        if times == 0 {
            return Err(Refusal::Zero);
        }
        if let Some(held) = &self.held {
            if held.part.tracking == Tracking::Serial && times != 1 {
                return Err(Refusal::OneByOne(held.part.item.clone()));
            }
        } else if self.restate(times, turn)? {
            return Ok(());
        }
        self.open = None;
        self.slots.next.quantity = Some(times);
        Ok(())
    }

    fn undo(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if let Some(waiting) = self.waiting(turn) {
            return Err(waiting);
        }
        if let Some(count) = &mut self.count {
            self.last = None;
            return count.undo();
        }
        if turn.station.badge == Badge::Needed && self.slots.operator.is_none() {
            return Err(Refusal::NoBadge);
        }
        let booked = self.take_last().ok_or(Refusal::NothingToUndo)?;
        turn.out.extend(booked.acts.into_iter().map(|act| Output::Withdraw { act }));
        turn.note = Some("taken back".to_owned());
        Ok(())
    }

    fn done(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if let Some(waiting) = self.waiting(turn) {
            return Err(waiting);
        }
        self.finish_count(turn)?;
        self.open = None;
        self.slots.end_mode(turn.station);
        Ok(())
    }
}

/// Whether what the label says and what was scanned beside it can both be true.
fn agree(part: &Part, what: &'static str, label: Option<&Text>, scanned: Option<&Text>) -> Result<(), Refusal> {
    match (label, scanned) {
        (Some(label), Some(scanned)) if label != scanned => Err(Refusal::Contradiction {
            item: part.item.clone(),
            what,
            label: label.clone(),
            scanned: scanned.clone(),
        }),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

fn told(reference: &Text, lines: &[ExpectedLine]) -> String {
    let mut told: Vec<String> =
        lines.iter().take(LINES_TOLD).map(|line| format!("{} {}", line.item, line.qty)).collect();
    if lines.len() > LINES_TOLD {
        told.push(format!("{} more", lines.len() - LINES_TOLD));
    }
    if told.is_empty() {
        format!("{reference}: nothing more is expected")
    } else {
        format!("{reference}: {} expected", told.join(", "))
    }
}
