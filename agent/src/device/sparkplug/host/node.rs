//! One edge node: whether it is alive, and whether all it said was heard.
//!
//! Owns the session and its end. Must not know which metric means what; that is [`Levels`] for the node and for each
//! device with a watched metric. Other devices of the node are heard for the sequence only.

use std::collections::BTreeMap;

use super::super::payload::Payload;
use super::super::topic::{MessageKind, NodeId, Source};
use super::levels::{Levels, Resolved};
use super::rebirth::Rebirth;
use super::sequence::{Order, Sequence};
use super::{Action, Counts};

/// One message of a node, as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub(super) kind: MessageKind,
    pub(super) device: Option<&'a str>,
    pub(super) payload: &'a [u8],
}

/// A message that came too early. Kept as bytes: decoded it may be a hundred times the size.
#[derive(Debug)]
struct Early {
    kind: MessageKind,
    device: Option<String>,
    payload: Vec<u8>,
}

#[derive(Debug)]
enum Session {
    /// There is no birth to understand it by: none has come yet, or something has been missed since.
    Unborn,
    Alive(Sequence<Early>),
    Dead,
}

#[derive(Debug)]
pub(super) struct Node {
    id: NodeId,
    reorder_ms: u64,
    session: Session,
    /// Of the latest birth, also while the session is lost: its will still counts.
    bd_seq: Option<u64>,
    was_born: bool,
    own: Levels,
    devices: BTreeMap<String, Levels>,
    rebirth: Rebirth,
}

impl Node {
    pub(super) fn new(id: NodeId, reorder_ms: u64) -> Self {
        Self {
            own: Levels::new(Source { node: id.clone(), device: None }),
            id,
            reorder_ms,
            session: Session::Unborn,
            bd_seq: None,
            was_born: false,
            devices: BTreeMap::new(),
            rebirth: Rebirth::new(),
        }
    }

    /// `false` when it was watched already.
    pub(super) fn watch(&mut self, device: Option<String>, metric: &str) -> bool {
        let Some(device) = device else { return self.own.watch(metric) };
        let levels = self.devices.entry(device.clone());
        let source = || Source { node: self.id.clone(), device: Some(device) };
        levels.or_insert_with(|| Levels::new(source())).watch(metric)
    }

    pub(super) fn handle_connected(&mut self, ask_at_ms: u64, actions: &mut Vec<Action>) {
        self.lose_sight(actions);
        self.rebirth.expect(ask_at_ms);
    }

    pub(super) fn handle_disconnected(&mut self, actions: &mut Vec<Action>) {
        self.lose_sight(actions);
        self.rebirth.cancel();
    }

    pub(super) fn handle(
        &mut self,
        message: Incoming<'_>,
        now_ms: u64,
        counts: &mut Counts,
        actions: &mut Vec<Action>,
    ) {
        self.handle_overdue(now_ms, counts, actions);
        let payload = match Payload::decode(message.payload) {
            Ok(payload) => payload,
            Err(error) => {
                counts.refuse(error, actions);
                // It had a number in the sequence, and said something that is now missed.
                if matches!(self.session, Session::Alive(_)) {
                    self.lose(now_ms, counts, actions);
                }
                return;
            }
        };
        match message.kind {
            MessageKind::NodeBirth => self.handle_birth(&payload, now_ms, counts, actions),
            MessageKind::NodeDeath => self.handle_death(&payload, now_ms, counts, actions),
            MessageKind::NodeData | MessageKind::DeviceBirth | MessageKind::DeviceDeath | MessageKind::DeviceData => {
                self.handle_in_sequence(message, &payload, now_ms, counts, actions);
            }
            MessageKind::NodeCommand | MessageKind::DeviceCommand => {}
        }
    }

    pub(super) fn handle_timeout(&mut self, now_ms: u64, counts: &mut Counts, actions: &mut Vec<Action>) {
        self.handle_overdue(now_ms, counts, actions);
        if self.rebirth.is_due(now_ms) {
            actions.push(Action::RequestRebirth(self.id.clone()));
        }
    }

    pub(super) fn due_ms(&self) -> Option<u64> {
        let overdue_ms = match &self.session {
            Session::Alive(sequence) => sequence.waiting_since_ms().map(|since| since.saturating_add(self.reorder_ms)),
            Session::Unborn | Session::Dead => None,
        };
        [overdue_ms, self.rebirth.due_ms()].into_iter().flatten().min()
    }

    /// A birth is believed whatever came before. One of another session means that the last one has ended, its will
    /// missed or late; one of the same session is the answer to someone's request.
    fn handle_birth(&mut self, payload: &Payload, now_ms: u64, counts: &mut Counts, actions: &mut Vec<Action>) {
        let bd_seq = payload.session();
        let is_new = !self.was_born || self.bd_seq != bd_seq;
        for levels in self.devices.values_mut() {
            if is_new { levels.handle_death(actions) } else { levels.handle_lost(actions) }
        }
        if is_new {
            self.own.handle_out_of_sight();
        }
        self.was_born = true;
        self.bd_seq = bd_seq;
        // By the specification it is 0.
        let seq = payload.seq.and_then(|seq| u8::try_from(seq).ok()).unwrap_or(0);
        self.session = Session::Alive(Sequence::after(seq, payload.timestamp));
        self.rebirth.handle_born(now_ms);
        self.own.handle_birth(payload, counts, actions);
    }

    /// The broker publishes a will when it notices that a connection has ended, which may be after the node has opened
    /// the next one; so only the will of the latest birth's session ends it. Of a node that was never born nothing
    /// is known that could end.
    fn handle_death(&mut self, payload: &Payload, now_ms: u64, counts: &mut Counts, actions: &mut Vec<Action>) {
        let will = payload.session();
        if self.was_born && will == self.bd_seq {
            self.session = Session::Dead;
            self.was_born = false;
            self.rebirth.cancel();
            for levels in self.devices.values_mut() {
                levels.handle_death(actions);
            }
            self.own.handle_death(actions);
        } else if will.is_none() && matches!(self.session, Session::Alive(_)) {
            // Someone's will, perhaps this session's: the node knows, if it is there.
            self.lose(now_ms, counts, actions);
        } else {
            counts.stale_deaths += 1;
        }
    }

    fn handle_in_sequence(
        &mut self,
        message: Incoming<'_>,
        payload: &Payload,
        now_ms: u64,
        counts: &mut Counts,
        actions: &mut Vec<Action>,
    ) {
        let sequence = match &mut self.session {
            Session::Alive(sequence) => sequence,
            // On its way out a node may say that its devices go, and be overtaken by its own will.
            Session::Dead if message.kind == MessageKind::DeviceDeath => return,
            Session::Dead | Session::Unborn => {
                self.session = Session::Unborn;
                self.ask(now_ms, actions);
                return;
            }
        };
        match sequence.order(payload.seq, payload.timestamp) {
            Order::Next => {
                sequence.advance(payload.timestamp);
                self.apply(message.kind, message.device, payload, now_ms, counts, actions);
                self.apply_early(now_ms, counts, actions);
            }
            Order::Late => counts.late += 1,
            Order::Ahead if self.reorder_ms > 0 => {
                let early = Early {
                    kind: message.kind,
                    device: message.device.map(str::to_owned),
                    payload: message.payload.to_vec(),
                };
                if !sequence.keep(payload.seq, early, message.payload.len(), now_ms) {
                    self.lose(now_ms, counts, actions);
                }
            }
            Order::Ahead | Order::Gap => self.lose(now_ms, counts, actions),
        }
    }

    fn apply_early(&mut self, now_ms: u64, counts: &mut Counts, actions: &mut Vec<Action>) {
        while let Session::Alive(sequence) = &mut self.session
            && let Some(early) = sequence.take_next()
        {
            // It was decoded when it came.
            let Ok(payload) = Payload::decode(&early.payload) else { return };
            sequence.advance(payload.timestamp);
            self.apply(early.kind, early.device.as_deref(), &payload, now_ms, counts, actions);
        }
    }

    /// What a message says, now that it is its turn.
    fn apply(
        &mut self,
        kind: MessageKind,
        device: Option<&str>,
        payload: &Payload,
        now_ms: u64,
        counts: &mut Counts,
        actions: &mut Vec<Action>,
    ) {
        let levels = match device {
            None => &mut self.own,
            Some(device) => match self.devices.get_mut(device) {
                Some(levels) => levels,
                None => return,
            },
        };
        let resolved = match kind {
            MessageKind::DeviceBirth => {
                levels.handle_birth(payload, counts, actions);
                Resolved::All
            }
            MessageKind::DeviceDeath => {
                levels.handle_death(actions);
                Resolved::All
            }
            // A device is born again after each birth of its node; only that tells what its aliases stand for.
            MessageKind::NodeData | MessageKind::DeviceData if levels.is_born() => {
                levels.handle_data(payload, counts, actions)
            }
            MessageKind::NodeData | MessageKind::DeviceData => Resolved::Some,
            MessageKind::NodeBirth | MessageKind::NodeDeath | MessageKind::NodeCommand | MessageKind::DeviceCommand => {
                Resolved::All
            }
        };
        if resolved == Resolved::Some {
            self.ask(now_ms, actions);
        }
    }

    /// The missing message has not come in time.
    fn handle_overdue(&mut self, now_ms: u64, counts: &mut Counts, actions: &mut Vec<Action>) {
        let Session::Alive(sequence) = &self.session else { return };
        let since_ms = sequence.waiting_since_ms();
        if since_ms.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) >= self.reorder_ms) {
            self.lose(now_ms, counts, actions);
        }
    }

    /// Something was missed: any level may have changed with it.
    fn lose(&mut self, now_ms: u64, counts: &mut Counts, actions: &mut Vec<Action>) {
        counts.gaps += 1;
        self.session = Session::Unborn;
        self.own.handle_lost(actions);
        for levels in self.devices.values_mut() {
            levels.handle_lost(actions);
        }
        self.ask(now_ms, actions);
    }

    fn lose_sight(&mut self, actions: &mut Vec<Action>) {
        self.session = Session::Unborn;
        self.was_born = false;
        for levels in self.devices.values_mut().chain([&mut self.own]) {
            levels.handle_out_of_sight();
            levels.handle_lost(actions);
        }
    }

    fn ask(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        if self.rebirth.want(now_ms) {
            actions.push(Action::RequestRebirth(self.id.clone()));
        }
    }
}
