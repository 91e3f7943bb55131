//! A movement that another system states: recorded as it stands where neither end is a bin on a scale; there it is a
//! person's act like any other, who said what moved while the scale says how many.

use gateway_proto::{movement::Source, name::DeviceName, quantity::Quantity};

use super::{
    Floor,
    moment::Moment,
    order::{Caller, Heard, Order},
    work::{Part, Work},
};
use crate::{
    device::{Stated, scanner_host::Verdict},
    movement::{
        entry::{Origin, Statement},
        said::{ActId, Said},
    },
    register::item::Tracking,
};

impl Floor {
    /// Takes a movement that another system states. `origin` is what tells its repetition. The reply comes once it is
    /// durable.
    pub fn handle_stated(
        &mut self,
        now: &Moment,
        caller: Caller,
        sensor: &DeviceName,
        stated: Stated,
        origin: Option<Origin>,
    ) {
        let mut work = Work { caller: Some(caller), origin, ..Work::default() };
        match self.state(now, sensor, stated, &mut work) {
            Ok(()) if work.statements.is_empty() => {
                // It waits for its weight already: the repetition of something kept.
                work.caller = None;
                self.answer(caller, Heard { verdict: Verdict::Accepted, is_repetition: true, text: String::new() });
                self.submit(work);
            }
            Ok(()) => self.submit(work),
            Err(text) => {
                self.abandon(now, work);
                self.answer(caller, Heard { verdict: Verdict::Refused, is_repetition: false, text });
            }
        }
        self.finish(now);
    }

    fn state(&mut self, now: &Moment, sensor: &DeviceName, stated: Stated, work: &mut Work) -> Result<(), String> {
        let said = self.said(now, sensor, stated)?;
        if self.is_weighed(&said) {
            if work.origin.is_some_and(|origin| origin.proves_repeat && self.acts.knows(origin.key)) {
                return Ok(());
            }
            self.next_act += 1;
            let said = Said { act: ActId(self.next_act), ..said };
            return self.say(now, &said, work).map_err(|why| {
                self.acts.forget(said.act);
                why.to_string()
            });
        }
        let qty = said.qty.unwrap_or(Quantity::ONE);
        let mut movement = said.into_movement(qty);
        movement.source = Source::Import;
        work.push(Statement::movement(movement).map_err(|error| error.to_string())?, Part::Other);
        Ok(())
    }

    /// What was said, in the site's own words. A code that nobody knows stays as it is and waits in a feed of its own.
    fn said(&self, now: &Moment, sensor: &DeviceName, stated: Stated) -> Result<Said, String> {
        let known = self.catalog.lookup(stated.item.as_str());
        let (item, factor) = match known {
            Some(known) if known.tracking == Tracking::Lot && stated.lot.is_none() => {
                return Err(format!("{} is tracked by lot, and no lot is stated", known.item));
            }
            Some(known) if known.tracking == Tracking::Serial && stated.serial.is_none() => {
                return Err(format!("{} is tracked by serial number, and none is stated", known.item));
            }
            Some(known) => (known.item, known.factor),
            None => (stated.item, 1),
        };
        let units = stated.qty.units().saturating_mul(factor);
        let qty = Quantity::new(units).map_err(|error| error.to_string())?;
        if stated.serial.is_some() && units != 1 {
            return Err(format!("a serial number is stated of {units}; it is of one"));
        }
        Ok(Said {
            act: ActId(0),
            at: stated.at.unwrap_or(now.wall),
            // What the sender's clock says is not for ours to correct.
            clock: if stated.at.is_some() { None } else { now.clock.clone() },
            by: stated.by.unwrap_or_else(|| sensor.clone()),
            item,
            from: stated.from,
            to: stated.to,
            qty: Some(qty),
            actor: stated.actor,
            reference: stated.reference,
            reason: stated.reason,
            lot: stated.lot,
            serial: stated.serial,
            code: None,
        })
    }

    fn answer(&mut self, caller: Caller, heard: Heard) {
        let reply = self.reply(caller, heard, None);
        self.orders.push_back(Order::Reply { caller, reply });
    }
}
