//! What people said, and what became of it: so that the newest acts can be restated and taken back.

use std::collections::{HashMap, VecDeque};

use gateway_proto::name::{DeviceName, PlaceName, Text};
use serde::{Deserialize, Serialize};

use crate::{
    movement::{
        entry::Position,
        said::{ActId, Said},
    },
    register::shipment::ShipmentLine,
};

/// Acts that can still be restated or taken back. A station's own memory is shorter; this only bounds all of them.
const ACTS_MAX: usize = 4_096;

/// The newest acts of a site.
#[derive(Debug, Default)]
pub(super) struct Acts {
    traces: HashMap<ActId, Trace>,
    /// Oldest first.
    order: VecDeque<ActId>,
}

/// One act and what was recorded of it.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) said: Said,
    /// What tells the repetition of the scan that said it.
    pub(super) origin: Option<u64>,
    /// The ends that are bins on scales, the answering one first.
    pub(super) ends: Vec<PlaceName>,
    pub(super) made: Vec<Made>,
    /// Base units on their way to the ledger.
    pub(super) in_flight: u64,
    /// Movements of it whose taking back is on its way.
    pub(super) backs: u32,
    pub(super) storage: Storage,
    pub(super) stage: Stage,
    /// Whether anything was ever recorded of it.
    pub(super) was_made: bool,
    /// The expected line that came in by it, as it was and as it is since.
    pub(super) receipt: Option<Box<(ShipmentLine, ShipmentLine)>>,
    /// Whether a person took it back before it was recorded.
    pub(super) was_withdrawn: bool,
    /// The delivery that came in by it.
    pub(super) delivery: Option<Text>,
}

/// Whether a restart would give the act back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    No,
    Kept,
}

/// What an act can still become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    /// Nothing came of it: its time was over, or it was taken back before it was recorded.
    Over,
    /// It was taken back while it was being recorded: what stands of it is taken back until nothing does.
    Undone,
    /// It was said under a code that nobody knew, and stands under its item since.
    Explained,
}

/// An act as it is kept while it waits for its weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptAct {
    #[serde(flatten)]
    pub(super) said: Said,
    /// What tells the repetition of its scan: a sender that was not answered sends it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<u64>,
}

/// A movement that was made of an act and stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) at: Position,
    pub(super) units: u64,
    pub(super) by: By,
}

/// Who said how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Quantity,
    Weight,
}

impl Acts {
    pub(super) fn insert(&mut self, said: Said, ends: Vec<PlaceName>, origin: Option<u64>) {
        let act = said.act;
        let trace = Trace {
            said,
            origin,
            ends,
            made: Vec::new(),
            in_flight: 0,
            backs: 0,
            storage: Storage::No,
            stage: Stage::Open,
            was_made: false,
            receipt: None,
            was_withdrawn: false,
            delivery: None,
        };
        if self.traces.insert(act, trace).is_none() {
            self.order.push_back(act);
        }
        if self.order.len() > ACTS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.traces.remove(&oldest);
        }
    }

    pub(super) fn get(&self, act: ActId) -> Option<&Trace> {
        self.traces.get(&act)
    }

    pub(super) fn get_mut(&mut self, act: ActId) -> Option<&mut Trace> {
        self.traces.get_mut(&act)
    }

    pub(super) fn forget(&mut self, act: ActId) {
        if self.traces.remove(&act).is_some() {
            self.order.retain(|other| *other != act);
        }
    }

    /// Whether an act was said by the scan that this tells the repetition of.
    pub(super) fn knows(&self, origin: u64) -> bool {
        self.traces.values().any(|trace| trace.origin == Some(origin))
    }

    /// The acts that were said by what this tells the repetition of, in order.
    pub(super) fn of_origin(&self, origin: u64) -> Vec<ActId> {
        let is_it = |act: &&ActId| self.get(**act).is_some_and(|trace| trace.origin == Some(origin));
        self.order.iter().filter(is_it).copied().collect()
    }

    /// The acts by which a delivery came in at a station, in order.
    pub(super) fn of_delivery(&self, station: &DeviceName, delivery: &Text) -> Vec<ActId> {
        let is_it = |act: &&ActId| {
            self.get(**act).is_some_and(|trace| trace.delivery.as_ref() == Some(delivery) && trace.said.by == *station)
        };
        self.order.iter().filter(is_it).copied().collect()
    }

    /// Whether the same part scanned again is another act: this one is over, forgotten, or complete since its weight was
    /// recorded.
    pub(super) fn is_past(&self, act: ActId) -> bool {
        self.get(act)
            .is_none_or(|trace| trace.stage != Stage::Open || trace.made.iter().any(|made| made.by == By::Weight))
    }

    /// A movement was taken back, whoever did it: no act has it any more. The act that had it.
    pub(super) fn taken_back(&mut self, at: &Position) -> Option<ActId> {
        let is_it = |made: &Made| made.at == *at;
        let (act, trace) = self.traces.iter_mut().find(|(_, trace)| trace.made.iter().any(is_it))?;
        trace.made.retain(|made| !is_it(made));
        Some(*act)
    }
}

impl Trace {
    /// Whether what stands of it is about to change.
    pub(super) fn is_changing(&self) -> bool {
        self.in_flight > 0 || self.backs > 0
    }

    /// Base units that stand in the ledger.
    pub(super) fn standing(&self) -> u64 {
        self.made.iter().map(|made| made.units).sum()
    }
}
