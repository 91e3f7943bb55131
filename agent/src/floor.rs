//! The floor: the stock of a site as one state machine. Readings and what people say in; what to record, what to answer
//! and what to show out.
//!
//! Owns what no single bin or station can know: which act touches which bins, what became of it, what the ledger holds
//! after each commit, and so that one act is one movement wherever it was seen. Pure: time is an argument, recording is
//! an [`Order`] that is answered later. Orders are answered in the order in which they were given, as the ledger's one
//! thread does. Must not know SQL, sockets or tasks.
//!
//! - [`moment`] now · [`order`] what is to be done, and what it is answered
//! - [`still`] whether a weight rests · [`weighed`] a bin on a scale · [`acts`] what people said and what became of it · [`stock`] what the ledger holds
//! - [`start`] what a floor begins with · [`command`] what people ask of it
//! - [`scan`] a scan at a station · [`stated`] a movement that another system states · [`weigh`] a reading of a scale · [`commit`] what the ledger answered
//! - [`form`] what a page says in one go · [`undo`] one act taken back · [`later`] what nobody waits for, tried again
//! - [`sight`] how bins and stations look to people · [`answer`] what a station answered · [`moved`] the newest movements · [`changed`] what looks
//!   different · [`why`] why not, [`refusal`] of the floor itself
//! - [`calibrate`], [`count`], [`import`], [`bounds`], [`tell`], [`alarms`] what people do beside moving parts · [`view`] how
//!   things stand · [`facts`] what somebody may have to do something about · [`vendors`] who sees what

pub mod acts;
pub mod answer;
pub mod changed;
pub mod moment;
pub mod moved;
pub mod notice;
pub mod order;
pub mod refusal;
pub mod sight;
mod still;
mod stock;
pub mod view;
mod weighed;
pub mod why;
mod work;

mod command;
mod start;

mod alarms;
pub mod bounds;
mod calibrate;
mod carried;
mod commit;
mod count;
pub mod facts;
pub mod form;
mod fuse;
mod import;
mod later;
mod scan;
mod stated;
mod tell;
mod undo;
pub mod vendors;
mod weigh;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use gateway_proto::name::{DeviceName, ItemCode, PlaceName};

use self::{
    acts::Acts,
    count::Counts,
    later::Later,
    moment::Moment,
    notice::Notice,
    order::{Caller, Heard, Order, Reply, Ticket},
    refusal::Refusal,
    scan::{Desk, Step},
    stock::Stock,
    weighed::Weighed,
    why::Why,
    work::{Keys, Part, Work},
};
pub use self::{
    command::{CalibrationStep, Command, CountCommand, Look},
    form::Form,
    scan::Lists,
    start::{Books, KeptFact, Setup},
    weighed::Watching,
};
use crate::{
    device::scanner_host::Verdict,
    label::LabelRules,
    movement::{
        calibration::Containers,
        entry::Origin,
        rules::{Caution, Rules},
        said::ActId,
    },
    register::{Register, catalog::Catalog},
};

/// Notices that wait for somebody to dismiss them. The oldest goes: who has a hundred knows that something is wrong.
const NOTICES_MAX: usize = 200;

/// The stock of a site.
#[derive(Debug)]
pub struct Floor {
    register: Arc<Register>,
    /// What the newest committed register comes to.
    catalog: Arc<Catalog>,
    /// The register as it will be once its commit is answered.
    next_register: Option<Arc<Register>>,
    labels: LabelRules,
    stock: Stock,
    weighed: BTreeMap<PlaceName, Weighed>,
    scales: HashMap<DeviceName, PlaceName>,
    desks: BTreeMap<DeviceName, Desk>,
    acts: Acts,
    next_act: u64,
    keys: Keys,
    /// Acts that a bin is recording, so that its other end does not.
    flights: HashMap<ActId, PlaceName>,
    counts: Counts,
    containers: Containers,
    rules: Rules,
    caution: Caution,
    alarms: alarms::Told,
    notices: VecDeque<Notice>,
    next_notice: u64,
    /// How often people and scale disagreed at a bin since it was last counted.
    disagreements: BTreeMap<PlaceName, u32>,
    parked: import::Parked,
    bounds_history: bounds::Histories,
    /// Up to how many lost records of a feed somebody has taken note.
    losses_seen: BTreeMap<gateway_proto::name::FeedName, u64>,
    /// What could not be recorded, and when it is tried again.
    later: Vec<(Duration, Later)>,
    newest: moved::Newest,
    changed: changed::Changed,
    pending: HashMap<Ticket, Pending>,
    next_ticket: u64,
    /// Callers who gave a command and not a scan.
    commanders: BTreeMap<Caller, serde_json::Value>,
    orders: VecDeque<Order>,
    /// Bins whose books moved in the commit that is being answered.
    touched: BTreeSet<PlaceName>,
    /// What alarms have to look at anew.
    stale_bins: BTreeSet<PlaceName>,
    stale_items: BTreeSet<ItemCode>,
}

/// What an order to record was for.
#[derive(Debug)]
struct Pending {
    parts: Vec<Part>,
    caller: Option<Caller>,
    /// Who said the same again before it was answered.
    again: Vec<Caller>,
    origin: Option<Origin>,
    text: String,
    step: Option<Box<Step>>,
    /// What is recorded once this is.
    after: Vec<Work>,
}

impl Floor {
    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// What codes mean now.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// What people told us of the site, as committed.
    #[must_use]
    pub fn register(&self) -> &Arc<Register> {
        &self.register
    }

    /// Whether everything that was ordered has been answered.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.orders.is_empty()
    }

    /// What every input ends with.
    fn finish(&mut self, now: &Moment) {
        self.count_waiting(now);
        self.look_at_alarms(now);
    }

    /// A caller of a scan hears how it went, one of a command what came of it.
    fn reply(&mut self, caller: Caller, heard: Heard, why: Option<Why>) -> Reply {
        match self.commanders.remove(&caller) {
            Some(value) if heard.verdict == Verdict::Accepted => Reply::Done(Ok(value)),
            Some(_) => Reply::Done(Err(why.unwrap_or_else(|| Refusal::NothingCame.into()))),
            None => Reply::Heard(heard),
        }
    }

    /// There was nothing to record.
    fn done_with(&mut self, caller: Caller, value: serde_json::Value) {
        self.orders.push_back(Order::Reply { caller, reply: Reply::Done(Ok(value)) });
    }

    /// What a person told the floor to do is done, or cannot be.
    fn done_at_once(&mut self, caller: Caller, came: Result<serde_json::Value, impl Into<Why>>) {
        self.orders.push_back(Order::Reply { caller, reply: Reply::Done(came.map_err(Into::into)) });
    }
}

#[cfg(test)]
mod tests;
