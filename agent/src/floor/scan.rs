//! A scan at a station: heard, taken by the station's session, recorded, answered.

use std::{collections::VecDeque, time::Duration};

use gateway_proto::{
    name::{DeviceName, PlaceName, Text},
    place::Place,
};

use super::{
    Floor, Pending,
    fuse::{Facts, Part, Work},
    moment::Moment,
    order::{Caller, Heard, Order},
};
use crate::{
    device::{Scan, scanner_host::Verdict},
    movement::{
        entry::{Kept, KeptKey, Origin, Statement},
        said::ActId,
        session::{self, Codes, ExpectedLine, Known, Output, Session, Snapshot, Stamp, Token, Tracking},
    },
    register::{
        Register,
        catalog::Catalog,
        fact::{Fact, Kind},
        item,
        shipment::{ShipmentLine, ShipmentState, Sscc},
    },
};

/// Scans of one station that are remembered by what tells their repetition: more than a scanner has on its way.
const TAKEN_MAX: usize = 32;

/// A station and what was last kept of it.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) session: Session,
    kept: Option<Snapshot>,
    /// Origins of the newest scans that were taken. The ledger knows those that became records; a scan that only told
    /// the session something, or waits for its weight, is told from its repetition here.
    taken: VecDeque<u64>,
}

/// What one scan did to a station's session.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) station: DeviceName,
    /// Acts and counts that it said, restated, took back, began or ended.
    acts: Vec<ActId>,
    at: Duration,
    before: Snapshot,
    after: Snapshot,
}

/// The site's lists as a station sees them.
struct Lists<'f> {
    register: &'f Register,
    catalog: &'f Catalog,
}

impl Step {
    pub(super) fn acts(&self) -> impl Iterator<Item = ActId> {
        self.acts.iter().copied()
    }
}

impl Desk {
    pub(super) fn new(session: Session, taken: Vec<u64>) -> Self {
        Self { session, kept: None, taken: taken.into() }
    }

    fn take(&mut self, origin: Origin) {
        if self.taken.len() >= TAKEN_MAX {
            self.taken.pop_front();
        }
        self.taken.push_back(origin.key);
    }
}

impl Floor {
    /// Takes a scan at a station. `origin` is what tells its repetition, when the scanner can repeat. The reply comes
    /// once what the scan came to is durable.
    pub fn handle_scan(
        &mut self,
        now: &Moment,
        caller: Caller,
        station: &DeviceName,
        scan: &Scan,
        origin: Option<Origin>,
    ) {
        if let Some(origin) = origin.filter(|origin| origin.proves_repeat)
            && self.is_taken(station, origin)
        {
            self.hear_again(caller, station, origin);
            return self.finish(now);
        }
        let lists = Lists { register: &self.register, catalog: &self.catalog };
        let token = session::hear(scan, &self.labels, &lists, now.wall.year());
        let Some(desk) = self.desks.get_mut(station) else {
            self.heard(caller, Verdict::Refused, format!("there is no station {station}"));
            return;
        };
        let before = desk.session.snapshot(now.elapsed);
        let delivery = token.as_ref().ok().and_then(delivery);
        let outputs = match token {
            Ok(token) => self.step(now, station, token),
            Err(refusal) => desk.session.handle_unheard(now.elapsed, refusal),
        };
        let step = self.desks.get(station).map(|desk| {
            Box::new(Step {
                station: station.clone(),
                acts: outputs.iter().filter_map(act_of).collect(),
                at: now.elapsed,
                before,
                after: desk.session.snapshot(now.elapsed),
            })
        });
        let mut work = Work { caller: Some(caller), origin, step, ..Work::default() };
        match self.take(now, station, outputs, &mut work) {
            Ok(next) => {
                if let Some(reference) = delivery.filter(|_| !work.statements.is_empty()) {
                    self.receive(&reference, &mut work);
                }
                work.text = if work.text.is_empty() { next } else { format!("{}. {next}", work.text) };
                if let (Some(origin), Some(desk)) = (origin, self.desks.get_mut(station)) {
                    desk.take(origin);
                }
                self.keep_session(now, station, &mut work);
                if work.statements.is_empty() {
                    work.caller = None;
                    self.heard(caller, Verdict::Accepted, std::mem::take(&mut work.text));
                }
                self.submit(work);
            }
            Err(why) => {
                // What was begun before the fault comes to nothing with it.
                let step = work.step.take();
                self.abandon(now, work);
                self.put_back(now, step);
                self.heard(caller, Verdict::Refused, why);
            }
        }
        self.finish(now);
    }

    /// Hands a token to a station's session.
    fn step(&mut self, now: &Moment, station: &DeviceName, token: Token) -> Vec<Output> {
        let Some(desk) = self.desks.get_mut(station) else { return Vec::new() };
        let stamp = Stamp { at: now.wall, clock: now.clock.clone() };
        let next = &mut self.next_act;
        let mut next_act = || {
            *next += 1;
            ActId(*next)
        };
        let again = matches!(token, Token::Part(_) | Token::Add).then(|| token.clone());
        let outputs = desk.session.handle(now.elapsed, &stamp, token, &mut next_act);
        let past = outputs.iter().find_map(|output| match output {
            Output::Restate { act, .. } if self.acts.is_past(*act) => Some(*act),
            Output::Say(_)
            | Output::Restate { .. }
            | Output::Withdraw { .. }
            | Output::CountBegun { .. }
            | Output::Counted(_)
            | Output::CountEnded { .. }
            | Output::CountDropped { .. }
            | Output::Dropped(_)
            | Output::Expecting(_)
            | Output::Refused(_) => None,
        });
        let (Some(past), Some(token)) = (past, again) else { return outputs };
        // The session counts it to an act that is complete by now: it is the next one. A number of nothing closes the act.
        desk.session.not_recorded(past);
        let nothing = Token::Trace { lot: None, serial: None };
        desk.session.handle(now.elapsed, &stamp, nothing, &mut next_act);
        desk.session.handle(now.elapsed, &stamp, token, &mut next_act)
    }

    fn is_taken(&self, station: &DeviceName, origin: Origin) -> bool {
        let is_taken = self.desks.get(station).is_some_and(|desk| desk.taken.contains(&origin.key));
        // A scan that waits for its weight, or was recorded by it, is known by its act.
        is_taken || self.acts.knows(origin.key)
    }

    /// A scan that was not recorded may come again.
    pub(super) fn untaken(&mut self, station: &DeviceName, origin: Origin) {
        if let Some(desk) = self.desks.get_mut(station) {
            desk.taken.retain(|key| *key != origin.key);
        }
    }

    /// The repetition of a scan hears what the scan hears, no sooner.
    fn hear_again(&mut self, caller: Caller, station: &DeviceName, origin: Origin) {
        let is_it = |pending: &&mut Pending| {
            pending.origin.is_some_and(|known| known.key == origin.key)
                && pending.step.as_ref().is_some_and(|step| step.station == *station)
        };
        if let Some(pending) = self.pending.values_mut().find(is_it) {
            pending.again.push(caller);
            return;
        }
        let text = self.desks.get(station).map(|desk| desk.session.expecting()).unwrap_or_default();
        let reply = self.reply(caller, Heard { verdict: Verdict::Accepted, is_repetition: true, text });
        self.orders.push_back(Order::Reply { caller, reply });
    }

    /// Falls back at stations that were left alone.
    pub(super) fn tick_stations(&mut self, now: &Moment) {
        let due: Vec<DeviceName> = self
            .desks
            .iter()
            .filter(|(_, desk)| desk.session.next_tick().is_some_and(|at| at <= now.elapsed))
            .map(|(name, _)| name.clone())
            .collect();
        for station in due {
            let Some(desk) = self.desks.get_mut(&station) else { continue };
            let outputs = desk.session.tick(now.elapsed);
            let mut work = Work::default();
            // Nothing is said by leaving; a count that was begun is dropped.
            if self.take(now, &station, outputs, &mut work).is_ok() {
                self.keep_session(now, &station, &mut work);
                self.submit(work);
            }
        }
    }

    /// What a session took was not recorded: the same scan may come again and finds it as it was.
    pub(super) fn put_back(&mut self, now: &Moment, step: Option<Box<Step>>) {
        let Some(step) = step else { return };
        let Step { station, acts, at, before, after } = *step;
        for act in &acts {
            self.station_count_put_back(*act);
        }
        let Some(desk) = self.desks.get_mut(&station) else { return };
        desk.kept = None;
        for act in &acts {
            desk.session.not_recorded(*act);
        }
        if acts.is_empty() && desk.session.snapshot(at) == after {
            desk.session = Session::restore(desk.session.station().clone(), before, now.elapsed, Duration::ZERO);
        }
    }

    /// Takes what a session came to; the text of what comes next.
    fn take(
        &mut self,
        now: &Moment,
        station: &DeviceName,
        outputs: Vec<Output>,
        work: &mut Work,
    ) -> Result<String, String> {
        let mut text = String::new();
        for output in outputs {
            match output {
                Output::Say(said) => {
                    if let Err(why) = self.say(now, &said, work) {
                        self.acts.forget(said.act);
                        return Err(why);
                    }
                }
                Output::Restate { act, qty } => self.restate(now, act, qty, work)?,
                Output::Withdraw { act } => {
                    self.reopen(act, work);
                    self.withdraw(now, act, work)?;
                }
                Output::CountBegun { count, place } => {
                    let by = self.counter_at(station);
                    self.station_count_begun(now, count, place, by)?;
                }
                Output::Counted(line) => self.station_counted(*line),
                Output::CountEnded { count, .. } if !self.station_counts(count) => {
                    return Err("the count was begun before a restart; scan BW:CANCEL and count again".to_owned());
                }
                Output::CountEnded { count, .. } => {
                    work.text = self.station_count_ended(now, count, work)?;
                }
                Output::CountDropped { count } => self.station_count_dropped(count),
                Output::Dropped(what) => text = format!("{what}. "),
                Output::Expecting(next) => text.push_str(&next),
                Output::Refused(refusal) => return Err(refusal.to_string()),
            }
        }
        Ok(text)
    }

    /// Who counts: the badge, or the station for want of one.
    fn counter_at(&self, station: &DeviceName) -> Text {
        let operator = self.desks.get(station).and_then(|desk| desk.session.operator().cloned());
        operator.unwrap_or_else(|| station.as_str().parse().expect("a name is a shorter text"))
    }

    /// A station's session outlives a restart: it is kept with what it came to, and only when it changed.
    fn keep_session(&mut self, now: &Moment, station: &DeviceName, work: &mut Work) {
        let Some(desk) = self.desks.get_mut(station) else { return };
        let snapshot = desk.session.snapshot(now.elapsed);
        if desk.kept.as_ref() == Some(&snapshot) && (work.statements.is_empty() || work.origin.is_none()) {
            return;
        }
        let text = serde_json::to_string(&(&snapshot, now.wall, &desk.taken)).expect("a session is plain data");
        let key = KeptKey::new("session", station.as_str());
        work.push(Statement::Keep(Kept { key, text }), Part::Facts(Facts::Plain));
        desk.kept = Some(snapshot);
    }

    /// A delivery came in whole: nothing more is expected of it.
    fn receive(&mut self, reference: &Text, work: &mut Work) {
        for part in &work.parts {
            if let Part::Said { act, .. } | Part::Kept { act } | Part::Booked { act, .. } = part
                && let Some(trace) = self.acts.get_mut(*act)
            {
                trace.delivery = Some(reference.clone());
            }
        }
        self.mark(reference.as_str(), ShipmentState::Open, ShipmentState::Received, work);
    }

    /// A delivery is taken back, so it is expected again.
    fn reopen(&mut self, act: ActId, work: &mut Work) {
        let reference = self.acts.get(act).and_then(|trace| trace.delivery.clone());
        if let Some(reference) = reference {
            self.mark(reference.as_str(), ShipmentState::Received, ShipmentState::Open, work);
        }
    }

    fn mark(&mut self, reference: &str, from: ShipmentState, to: ShipmentState, work: &mut Work) {
        let is_it = |line: &ShipmentLine| {
            line.sscc.as_ref().map_or(line.order.as_str(), Sscc::as_str) == reference && line.state == from
        };
        let register = self.next_register.as_ref().unwrap_or(&self.register);
        let lines: Vec<ShipmentLine> = register
            .facts(Kind::Shipment)
            .filter_map(|(fact, _)| match fact {
                Fact::Shipment(line) => Some(line),
                Fact::Item(_)
                | Fact::Alias(_)
                | Fact::Container(_)
                | Fact::Bin(_)
                | Fact::Operator(_)
                | Fact::Asset(_) => None,
            })
            .filter(is_it)
            .map(|line| ShipmentLine { state: to, ..line })
            .collect();
        let facts: Vec<Fact> = lines.into_iter().map(Fact::Shipment).collect();
        self.tell_register(&facts, work);
    }

    fn heard(&mut self, caller: Caller, verdict: Verdict, text: String) {
        let reply = self.reply(caller, Heard { verdict, is_repetition: false, text });
        self.orders.push_back(Order::Reply { caller, reply });
    }
}

/// The act or count that an output is of.
fn act_of(output: &Output) -> Option<ActId> {
    match output {
        Output::Say(said) => Some(said.act),
        Output::Restate { act, .. } | Output::Withdraw { act } => Some(*act),
        Output::CountBegun { count, .. } | Output::CountEnded { count, .. } => Some(*count),
        Output::Counted(_)
        | Output::CountDropped { .. }
        | Output::Dropped(_)
        | Output::Expecting(_)
        | Output::Refused(_) => None,
    }
}

/// The delivery that a token brings in whole.
fn delivery(token: &Token) -> Option<Text> {
    match token {
        Token::Shipment { reference, lines } if !lines.is_empty() => Some(reference.clone()),
        Token::Shipment { .. }
        | Token::Badge { .. }
        | Token::Mode { .. }
        | Token::Place(_)
        | Token::Part(_)
        | Token::Quantity(_)
        | Token::Packed(_)
        | Token::Add
        | Token::Reference(_)
        | Token::Order { .. }
        | Token::Trace { .. }
        | Token::Reason(_)
        | Token::Undo
        | Token::Cancel
        | Token::Done => None,
    }
}

impl Codes for Lists<'_> {
    fn item(&self, code: &str) -> Option<Known> {
        let known = self.catalog.lookup(code)?;
        let tracking = match known.tracking {
            item::Tracking::None => Tracking::None,
            item::Tracking::Lot => Tracking::Lot,
            item::Tracking::Serial => Tracking::Serial,
        };
        Some(Known { item: known.item, factor: known.factor, tracking })
    }

    fn operator(&self, badge: &str) -> Option<Text> {
        match self.register.operator(badge) {
            Some(operator) => Some(operator.name.clone()),
            None if self.register.len(Kind::Operator) == 0 => badge.parse().ok(),
            None => None,
        }
    }

    fn asset(&self, code: &str) -> Option<PlaceName> {
        match self.register.asset(code) {
            Some(asset) => Some(asset.name.clone()),
            None if self.register.len(Kind::Asset) == 0 => code.parse().ok(),
            None => None,
        }
    }

    fn expected(&self, code: &str) -> Option<Vec<ExpectedLine>> {
        let line = |line: &ShipmentLine| ExpectedLine { item: line.item.clone(), qty: line.qty, lot: line.lot.clone() };
        let lines: Vec<ExpectedLine> = match code.parse::<Sscc>() {
            Ok(sscc) => self.register.expected_in(sscc.as_str()).map(line).collect(),
            Err(_) => self.register.expected_of(code).map(line).collect(),
        };
        (!lines.is_empty()).then_some(lines)
    }

    fn container(&self, grai: &str) -> Option<Place> {
        let name: PlaceName = grai.parse().ok()?;
        self.register.bin(name.as_str()).map(|bin| Place::Bin(bin.name.clone()))
    }
}
