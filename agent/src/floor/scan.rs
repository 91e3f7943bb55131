//! A scan at a station: heard, taken by the station's session, recorded, answered.

use std::{collections::VecDeque, time::Duration};

use gateway_proto::{
    name::{DeviceName, PlaceName, Text},
    place::Place,
    time::WallTime,
};

use super::{
    Floor, Pending,
    answer::{Answer, Answers, Came, CountCame},
    moment::Moment,
    order::{Caller, Heard, Order},
    refusal::Refusal,
    why::Why,
    work::{Facts, Part, Work},
};
use crate::{
    device::{Scan, scanner_host::Verdict},
    movement::{
        entry::{Kept, KeptKey, Origin, Statement},
        said::ActId,
        session::{self, Codes, ExpectedLine, Known, Output, Session, Snapshot, Stamp, Token, Tracking, sight::Sight},
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
    /// The session as people may see it: of scans whose commit is awaited nothing.
    pub(super) shown: Sight,
    pub(super) answers: Answers,
    /// Scans and forms that wait for their commit.
    in_flight: usize,
    kept: Option<Snapshot>,
    /// Origins of the newest scans that were taken. The ledger knows those that became records; a scan that only told
    /// the session something, or waits for its weight, is told from its repetition here.
    taken: VecDeque<u64>,
}

/// What one scan did to a station's session.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) station: DeviceName,
    /// Acts and counts that it said, restated, took back, began or ended.
    acts: Vec<ActId>,
    at: Duration,
    before: Snapshot,
    after: Snapshot,
    shown: Sight,
    number: u64,
    heard_at: WallTime,
    origin: Option<u64>,
    came: Came,
    kind: StepKind,
}

/// Whose state a step is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepKind {
    /// The station's session took a scan.
    Scan,
    /// A form that has a session of its own.
    Form,
}

/// The site's lists as a station sees them.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'f> {
    pub register: &'f Register,
    pub catalog: &'f Catalog,
}

impl Step {
    /// What a page asked for: it changes nothing of the station's session, and is shown there once it is committed.
    pub(super) fn form(now: &Moment, desk: &mut Desk, station: &DeviceName, origin: Option<u64>, came: Came) -> Self {
        desk.in_flight += 1;
        let snapshot = desk.session.snapshot(now.elapsed);
        Self {
            station: station.clone(),
            acts: Vec::new(),
            at: now.elapsed,
            before: snapshot.clone(),
            after: snapshot,
            shown: desk.shown.clone(),
            number: desk.answers.number(),
            heard_at: now.wall,
            origin,
            came,
            kind: StepKind::Form,
        }
    }

    pub(super) fn acts(&self) -> impl Iterator<Item = ActId> {
        self.acts.iter().copied()
    }
}

impl Desk {
    pub(super) fn new(session: Session, taken: Vec<u64>) -> Self {
        let shown = session.sight();
        Self { session, shown, answers: Answers::default(), in_flight: 0, kept: None, taken: taken.into() }
    }

    pub(super) fn take(&mut self, origin: Origin) {
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
        let number = desk.answers.number();
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
                shown: desk.session.sight(),
                number,
                heard_at: now.wall,
                origin: origin.map(|origin| origin.key),
                came: came_of(&outputs),
                kind: StepKind::Scan,
            })
        });
        let mut work = Work { caller: Some(caller), origin, step, ..Work::default() };
        match self.take(now, station, outputs, &mut work) {
            Ok((next, counted)) => {
                if let (Some(step), Some(counted)) = (&mut work.step, counted) {
                    step.came = Came::Counted(counted);
                }
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
                    let step = work.step.take();
                    step.iter().for_each(|step| self.step_answered_at_once(step));
                    self.heard(caller, Verdict::Accepted, std::mem::take(&mut work.text));
                }
                if work.step.is_some()
                    && let Some(desk) = self.desks.get_mut(station)
                {
                    desk.in_flight += 1;
                }
                self.submit(work);
            }
            Err(why) => {
                // What was begun before the fault comes to nothing with it.
                let step = work.step.take();
                self.abandon(now, work);
                self.put_back(now, step);
                let origin = origin.map(|origin| origin.key);
                self.refused_at(now, station, number, origin, why.clone());
                self.heard(caller, Verdict::Refused, why.to_string());
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

    pub(super) fn is_taken(&self, station: &DeviceName, origin: Origin) -> bool {
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
    pub(super) fn hear_again(&mut self, caller: Caller, station: &DeviceName, origin: Origin) {
        let is_it = |pending: &&mut Pending| {
            pending.origin.is_some_and(|known| known.key == origin.key)
                && pending.step.as_ref().is_some_and(|step| step.station == *station)
        };
        if let Some(pending) = self.pending.values_mut().find(is_it) {
            pending.again.push(caller);
            return;
        }
        let text = self.desks.get(station).map(|desk| desk.session.expecting()).unwrap_or_default();
        let reply = self.reply(caller, Heard { verdict: Verdict::Accepted, is_repetition: true, text }, None);
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
            let came = came_of(&outputs);
            let mut work = Work::default();
            // Nothing is said by leaving; a count that was begun is dropped.
            if self.take(now, &station, outputs, &mut work).is_ok() {
                self.keep_session(now, &station, &mut work);
                self.submit(work);
            }
            self.left_alone(now, &station, came);
        }
    }

    /// What a session took was not recorded: the same scan may come again and finds it as it was.
    pub(super) fn put_back(&mut self, now: &Moment, step: Option<Box<Step>>) {
        let Some(step) = step else { return };
        let Step { station, acts, at, before, after, .. } = *step;
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

    /// What a step came to is committed, or there was nothing to commit: people may see it.
    pub(super) fn step_answered(&mut self, now: &Moment, step: &Step, came: Option<Came>) {
        let Some(desk) = self.desks.get_mut(&step.station) else { return };
        desk.in_flight = desk.in_flight.saturating_sub(1);
        if desk.in_flight == 0 {
            desk.shown = desk.session.sight();
        } else if step.kind == StepKind::Scan {
            desk.shown = step.shown.clone();
        }
        let at = if came.is_some() { now.wall } else { step.heard_at };
        let came = came.unwrap_or_else(|| step.came.clone());
        desk.answers.push(Answer { number: step.number, at, origin: step.origin, came });
        self.changed.stations.insert(step.station.clone());
    }

    fn step_answered_at_once(&mut self, step: &Step) {
        let Some(desk) = self.desks.get_mut(&step.station) else { return };
        if desk.in_flight == 0 {
            desk.shown = step.shown.clone();
        }
        let Step { number, heard_at: at, origin, came, .. } = step.clone();
        desk.answers.push(Answer { number, at, origin, came });
        self.changed.stations.insert(step.station.clone());
    }

    /// What a step took was not recorded: its station is as before, and says why.
    pub(super) fn not_taken(&mut self, now: &Moment, step: Option<Box<Step>>, came: Came) {
        let Some(step) = step else { return };
        if step.kind == StepKind::Scan {
            self.put_back(now, Some(step.clone()));
        }
        self.step_answered(now, &step, Some(came));
    }

    /// A scan was refused at once.
    pub(super) fn refused_at(
        &mut self,
        now: &Moment,
        station: &DeviceName,
        number: u64,
        origin: Option<u64>,
        why: Why,
    ) {
        let Some(desk) = self.desks.get_mut(station) else { return };
        desk.answers.push(Answer { number, at: now.wall, origin, came: Came::Refused(why) });
        if desk.in_flight == 0 {
            desk.shown = desk.session.sight();
        }
        self.changed.stations.insert(station.clone());
    }

    /// A station fell back by itself.
    fn left_alone(&mut self, now: &Moment, station: &DeviceName, came: Came) {
        let Some(desk) = self.desks.get_mut(station) else { return };
        if let Came::Dropped(_) = came {
            let number = desk.answers.number();
            desk.answers.push(Answer { number, at: now.wall, origin: None, came });
        }
        if desk.in_flight == 0 {
            desk.shown = desk.session.sight();
        }
        self.changed.stations.insert(station.clone());
    }

    /// Takes what a session came to; the text of what comes next, and what a count came to.
    pub(super) fn take(
        &mut self,
        now: &Moment,
        station: &DeviceName,
        outputs: Vec<Output>,
        work: &mut Work,
    ) -> Result<(String, Option<CountCame>), Why> {
        let mut text = String::new();
        let mut counted = None;
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
                    self.withdraw(now, act, None, work)?;
                }
                Output::CountBegun { count, place } => {
                    let by = self.counter_at(station);
                    self.station_count_begun(now, count, place, by)?;
                }
                Output::Counted(line) => self.station_counted(*line),
                Output::CountEnded { count, .. } if !self.station_counts(count) => {
                    return Err(Refusal::CountBeforeRestart.into());
                }
                Output::CountEnded { count, .. } => {
                    let (text, came) = self.station_count_ended(now, count, work)?;
                    (work.text, counted) = (text, came);
                }
                Output::CountDropped { count } => self.station_count_dropped(count),
                Output::Dropped(what) => text = format!("{what}. "),
                Output::Expecting(next) => text.push_str(&next),
                Output::Refused(refusal) => return Err(refusal.into()),
            }
        }
        Ok((text, counted))
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
    pub(super) fn receive(&mut self, reference: &Text, work: &mut Work) {
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
    pub(super) fn reopen(&mut self, act: ActId, work: &mut Work) {
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
        let reply = self.reply(caller, Heard { verdict, is_repetition: false, text }, None);
        self.orders.push_back(Order::Reply { caller, reply });
    }
}

/// What a scan came to, as people see it once it is committed.
fn came_of(outputs: &[Output]) -> Came {
    let (mut said, mut withdrawn, mut dropped) = (Vec::new(), Vec::new(), None);
    for output in outputs {
        match output {
            Output::Say(act) => said.push(act.act),
            Output::Restate { act, .. } => said.push(*act),
            Output::Withdraw { act } => withdrawn.push(*act),
            Output::Dropped(what) => dropped = Some(what.clone()),
            Output::CountBegun { .. }
            | Output::Counted(_)
            | Output::CountEnded { .. }
            | Output::CountDropped { .. }
            | Output::Expecting(_)
            | Output::Refused(_) => {}
        }
    }
    match (said.is_empty(), withdrawn.is_empty(), dropped) {
        (false, ..) => Came::Said(said),
        (true, false, _) => Came::TakenBack(withdrawn),
        (true, true, Some(dropped)) => Came::Dropped(dropped),
        (true, true, None) => Came::Heard,
    }
}

/// The act that an output says.
pub(super) fn said_of(output: &Output) -> Option<ActId> {
    match output {
        Output::Say(said) => Some(said.act),
        Output::Restate { .. }
        | Output::Withdraw { .. }
        | Output::CountBegun { .. }
        | Output::Counted(_)
        | Output::CountEnded { .. }
        | Output::CountDropped { .. }
        | Output::Dropped(_)
        | Output::Expecting(_)
        | Output::Refused(_) => None,
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
pub(super) fn delivery(token: &Token) -> Option<Text> {
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
