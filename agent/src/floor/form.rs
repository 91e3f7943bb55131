//! A form of a page: all that its person says, in one go. It is heard by a session of its own, which begins as the station's
//! does and is gone afterwards, so that nobody who scans at the station meanwhile is disturbed. What it comes to is recorded
//! together or not at all, as any scan's.

use gateway_proto::{
    name::{DeviceName, Text},
    quantity::Quantity,
};
use serde_json::json;

use super::{
    Floor,
    answer::Came,
    moment::Moment,
    order::Caller,
    refusal::Refusal as FloorRefusal,
    scan::{Lists, Step, delivery},
    why::Why,
    work::Work,
};
use crate::{
    device::Scan,
    movement::{
        entry::Origin,
        said::ActId,
        session::{self, Output, Refusal, Session, Stamp, Station, sight::Wants},
    },
    register::{
        fact::{Fact, Kind},
        shipment::{ShipmentLine, ShipmentState},
    },
};

/// Scans in one form: a delivery that came in short, line by line with quantity and lot.
pub const SCANS_MAX: usize = 400;

/// What a person says by a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// At which station.
    pub station: DeviceName,
    /// Who, by badge.
    pub by: Text,
    /// What, in the words of labels; at most [`SCANS_MAX`].
    pub codes: Vec<String>,
    /// Of each act that is said, in order, which expected line it is; none for the rest.
    pub receipts: Vec<Option<Receipt>>,
}

/// Which expected line of a delivery an act is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The line's [name](ShipmentLine::name).
    pub line: String,
    pub rest: Rest,
}

/// What becomes of what did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    DoesNotCome,
    /// It is still expected.
    Comes,
}

/// What a form's session came to.
struct Heard {
    outputs: Vec<Output>,
    delivery: Option<Text>,
}

impl Floor {
    /// Takes a form. `origin` is what tells its repetition. The reply, `{"acts": […]}`, comes once it is durable.
    pub fn handle_form(&mut self, now: &Moment, caller: Caller, form: &Form, origin: Option<Origin>) {
        if let Some(origin) = origin.filter(|origin| origin.proves_repeat)
            && self.is_taken(&form.station, origin)
        {
            self.commanders.insert(caller, json!({ "acts": self.acts.of_origin(origin.key) }));
            self.hear_again(caller, &form.station, origin);
            return self.finish(now);
        }
        match self.form_heard(now, form) {
            Ok(heard) => self.form_taken(now, caller, form, heard, origin),
            Err(why) => self.done_at_once(caller, Err(why)),
        }
        self.finish(now);
    }

    fn form_heard(&mut self, now: &Moment, form: &Form) -> Result<Heard, Why> {
        let desk = self.desks.get(&form.station).ok_or_else(|| FloorRefusal::NoStation(form.station.clone()))?;
        if form.codes.len() > SCANS_MAX {
            return Err(FloorRefusal::FormTooLong { max: SCANS_MAX }.into());
        }
        let mut session = Session::new(Station { ..desk.session.station().clone() });
        let stamp = Stamp { at: now.wall, clock: now.clock.clone() };
        let badge = format!("{}BADGE:{}", session::hear::COMMAND, form.by);
        let mut heard = Heard { outputs: Vec::new(), delivery: None };
        for code in std::iter::once(&badge).chain(&form.codes) {
            let lists = Lists { register: &self.register, catalog: &self.catalog };
            let token = session::hear(&Scan::from_frame(code.as_bytes()), &self.labels, &lists, now.wall.year())?;
            heard.delivery = heard.delivery.or_else(|| delivery(&token));
            let next = &mut self.next_act;
            let mut next_act = || {
                *next += 1;
                ActId(*next)
            };
            for output in session.handle(now.elapsed, &stamp, token, &mut next_act) {
                match output {
                    Output::Refused(refusal) => return Err(refusal.into()),
                    Output::CountBegun { .. } => return Err(FloorRefusal::CountOnItsPage.into()),
                    Output::Expecting(_) => {}
                    Output::Say(_)
                    | Output::Restate { .. }
                    | Output::Withdraw { .. }
                    | Output::Counted(_)
                    | Output::CountEnded { .. }
                    | Output::CountDropped { .. }
                    | Output::Dropped(_) => heard.outputs.push(output),
                }
            }
        }
        let says = heard.outputs.iter().any(|output| matches!(output, Output::Say(_)));
        if session.is_unfinished() || !says {
            let wants = session.sight().wants.unwrap_or(Wants::Part);
            return Err(Why::Unsaid(Box::new(wants)));
        }
        Ok(heard)
    }

    fn form_taken(&mut self, now: &Moment, caller: Caller, form: &Form, heard: Heard, origin: Option<Origin>) {
        let Heard { outputs, delivery } = heard;
        let acts: Vec<ActId> = outputs.iter().filter_map(super::scan::said_of).collect();
        let mut work = Work { caller: Some(caller), origin, ..Work::default() };
        if let Err(why) = self.take(now, &form.station, outputs, &mut work) {
            self.abandon(now, work);
            acts.iter().for_each(|act| self.acts.forget(*act));
            return self.done_at_once(caller, Err(why));
        }
        if let Some(reference) = delivery.filter(|_| !work.statements.is_empty()) {
            self.receive(&reference, &mut work);
        }
        if let Err(why) = self.settle_lines(&acts, &form.receipts, &mut work) {
            self.abandon(now, work);
            acts.iter().for_each(|act| self.acts.forget(*act));
            return self.done_at_once(caller, Err(why));
        }
        let Some(desk) = self.desks.get_mut(&form.station) else { return };
        let origin_key = origin.map(|origin| origin.key);
        work.step = Some(Box::new(Step::form(now, desk, &form.station, origin_key, Came::Said(acts.clone()))));
        if let Some(origin) = origin {
            desk.take(origin);
        }
        self.command_work(caller, json!({ "acts": acts }), work);
    }

    /// Of a delivery's lines that came in nothing more is expected, or the rest.
    fn settle_lines(&mut self, acts: &[ActId], receipts: &[Option<Receipt>], work: &mut Work) -> Result<(), Why> {
        let mut facts = Vec::new();
        for (act, receipt) in acts.iter().zip(receipts) {
            let Some(receipt) = receipt else { continue };
            let register = self.next_register.as_ref().unwrap_or(&self.register);
            let line = match register.fact(Kind::Shipment, &receipt.line) {
                Some((Fact::Shipment(line), _)) if line.state == ShipmentState::Open => line,
                _ => return Err(Refusal::ReceivedBefore(name_of(&receipt.line)).into()),
            };
            let Some(trace) = self.acts.get_mut(*act) else { continue };
            let came = trace.said.qty.map_or(1, Quantity::units);
            let rest =
                Quantity::new(line.qty.units().saturating_sub(came)).ok().filter(|_| receipt.rest == Rest::Comes);
            let after = match rest {
                Some(rest) => ShipmentLine { qty: rest, ..line.clone() },
                None => line.received(),
            };
            trace.receipt = Some(Box::new((line, after.clone())));
            facts.push(Fact::Shipment(after));
        }
        self.tell_register(&facts, work);
        Ok(())
    }

    /// A line is expected again as it was, unless somebody changed it since.
    pub(super) fn expect_again(&mut self, act: ActId, work: &mut Work) {
        let Some((before, after)) = self.acts.get(act).and_then(|trace| trace.receipt.as_deref().cloned()) else {
            return;
        };
        let register = self.next_register.as_ref().unwrap_or(&self.register);
        let is_so = register.fact(Kind::Shipment, &after.name()).is_some_and(|(fact, _)| fact == Fact::Shipment(after));
        if is_so {
            self.tell_register(&[Fact::Shipment(before)], work);
        }
    }
}

/// A line's name as people know it: without what tells it from others.
fn name_of(line: &str) -> Text {
    let order = line.split('/').nth(1).unwrap_or(line);
    order.chars().take(64).collect::<String>().parse().unwrap_or_else(|_| "?".parse().expect("a text"))
}
