//! The primary host application: what may be believed of all that edge nodes say.
//!
//! Owns the rules by which a level is current. A node says everything once, in its birth, and from then on only what
//! changes; so a message that was missed is a level that is wrong without anyone noticing. Sessions (`bdSeq`) and the
//! sequence over all messages of a node are there to notice, and a rebirth to mend it; until the birth has come, every
//! level of that node is unknown. Only nodes with a watched metric are followed, so a plant full of others costs
//! nothing, and nobody's nodes are asked for rebirths but those the site configured.
//!
//! Must not know the broker, clocks or wall time: messages, connections and `now` are told to it, actions are returned.
//! The source is the Sparkplug specification 3.0, chapter 5 ("Operational Behavior").
//!
//! ```text
//!              NBIRTH                       NBIRTH (levels of devices unknown until their DBIRTH)
//!  unborn ───────────────▶ alive ───────────┐
//!    ▲ ▲                   │ │ ▲────────────┘
//!    │ └── gap in sequence,┘ │ NDEATH of this session
//!    │     unreadable        ▼
//!    └───── data ────────── dead ── NBIRTH ──▶ alive
//!  unborn: asks for rebirth, at once and then ever more rarely
//! ```

use std::collections::BTreeMap;

use super::state::HostState;
use super::topic::{IdError, MessageKind, NodeId, Source, Topic, state_topic};
use super::value::Value;
use super::{PayloadError, SparkplugError};
use crate::device::reading::Cause;

mod levels;
mod node;
mod rebirth;
mod sequence;

use node::{Incoming, Node};

/// More metrics than a site has bins with Sparkplug sensors; each may cost some 10 KiB when nodes announce as many other
/// metrics as they can.
const WATCHES_MAX: usize = 1_024;

/// How long nodes that publish their births when a primary host comes online get to do so unasked.
const UNASKED_MS: u64 = 2_000;

/// What is to be done, or to be known, after an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A watched metric has said something.
    Reading { source: Source, metric: String, report: Report },
    /// Publish [`Payload::rebirth`](super::Payload::rebirth) on the node's
    /// [`command_topic`](NodeId::command_topic), `QoS` 0, not retained.
    RequestRebirth(NodeId),
    /// A node or device has come up, or may have started again since it was last heard.
    Online(Source),
    /// A node or device is known to be gone.
    Offline(Source),
    /// The broker says that this host is offline, which is an old will that came late: publish [`HostState::birth`] again,
    /// with the time of this session.
    PublishState,
    /// A message of a followed node, or on a topic of Sparkplug's, that cannot be read.
    Refused(SparkplugError),
}

/// What became of a watched metric.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// Its value now. The time is the sender's, in ms since 1970 UTC.
    Current { value: Value, timestamp: Option<u64> },
    /// A value it had in the past, sent later: no level now.
    Historical { value: Value, timestamp: Option<u64> },
    /// What it last said is not to be trusted until the next [`Self::Current`]. Told once per cause.
    Unknown(Cause),
}

/// Why a metric cannot be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    #[error("more than {WATCHES_MAX} metrics are watched")]
    TooMany,
    #[error("metric has no name")]
    NoName,
}

/// What was ignored or went wrong, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Messages that could not be read.
    pub refused: u64,
    /// Messages that the broker had kept: old, and by the specification there are none.
    pub retained: u64,
    /// Messages of nodes without a watched metric.
    pub unwatched: u64,
    /// Messages that had been heard, or overtaken by a birth.
    pub late: u64,
    /// Wills of sessions that are over.
    pub stale_deaths: u64,
    /// Times that a node's sequence was lost.
    pub gaps: u64,
    /// Metrics whose alias no birth has given, or to several.
    pub unknown_aliases: u64,
    /// Metrics beyond what one payload may have.
    pub dropped_metrics: u64,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Host {
    id: String,
    reorder_ms: u64,
    watched: usize,
    nodes: BTreeMap<NodeId, Node>,
    counts: Counts,
}

impl Host {
    /// Long enough for what a cluster of brokers gets out of order, short enough that no one has acted on the level.
    pub const REORDER_MS: u64 = 2_000;

    /// `id`: this host's, unique among the hosts of the broker. `reorder_ms`: how long to wait for a message that has
    /// been overtaken before its absence counts as a gap, [`Self::REORDER_MS`] unless configured; 0 where the broker
    /// keeps the order across topics.
    ///
    /// # Errors
    /// When `id` cannot be a level of a topic.
    pub fn new(id: &str, reorder_ms: u64) -> Result<Self, IdError> {
        state_topic(id)?;
        Ok(Self { id: id.to_owned(), reorder_ms, watched: 0, nodes: BTreeMap::new(), counts: Counts::default() })
    }

    /// Adds a metric, by the name it has in the birth of `source`. Watching one twice is watching it once.
    ///
    /// # Errors
    /// When it has no name, or there are too many.
    pub fn watch(&mut self, source: Source, metric: &str) -> Result<(), WatchError> {
        if metric.is_empty() {
            return Err(WatchError::NoName);
        }
        if self.watched == WATCHES_MAX {
            return Err(WatchError::TooMany);
        }
        let node = self.nodes.entry(source.node.clone()).or_insert_with(|| Node::new(source.node, self.reorder_ms));
        self.watched += usize::from(node.watch(source.device, metric));
        Ok(())
    }

    /// What to subscribe, before [`Self::handle_connected`]; this host's own state among it.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<String> {
        let own = state_topic(&self.id).ok();
        self.nodes.keys().map(NodeId::subscription).chain(own).collect()
    }

    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The broker has been connected, subscribed to, and told [`HostState::birth`]. Births are not retained, so of nodes
    /// that have been there before nothing is known; those that do not wait for a host are asked a little later.
    pub fn handle_connected(&mut self, now_ms: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        for node in self.nodes.values_mut() {
            node.handle_connected(now_ms.saturating_add(UNASKED_MS), &mut actions);
        }
        actions
    }

    /// The broker is gone, and with it the word of all nodes.
    pub fn handle_disconnected(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        for node in self.nodes.values_mut() {
            node.handle_disconnected(&mut actions);
        }
        actions
    }

    /// One publication. `retained`: the broker had kept it, by the flag of its delivery. `now_ms` is of any clock that
    /// does not step back.
    pub fn handle(&mut self, topic: &str, payload: &[u8], retained: bool, now_ms: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        match Topic::parse(topic) {
            Err(error) => self.refuse(error.into(), &mut actions),
            Ok(Topic::State { host }) if host == self.id => match HostState::parse(payload) {
                Ok(state) if !state.online => actions.push(Action::PublishState),
                Ok(_) => {}
                Err(error) => self.refuse(error.into(), &mut actions),
            },
            Ok(
                Topic::State { .. }
                | Topic::Message { kind: MessageKind::NodeCommand | MessageKind::DeviceCommand, .. },
            ) => {}
            Ok(Topic::Message { .. }) if retained => self.counts.retained += 1,
            Ok(Topic::Message { kind, group, node, device }) => {
                let node = NodeId::new(group, node).ok().and_then(|id| self.nodes.get_mut(&id));
                let Some(node) = node else {
                    self.counts.unwatched += 1;
                    return actions;
                };
                let incoming = Incoming { kind, device, payload };
                node.handle(incoming, now_ms, &mut self.counts, &mut actions);
            }
        }
        actions
    }

    /// Whatever is due by now; to be called at [`Self::due_ms`], and may be at any time.
    pub fn handle_timeout(&mut self, now_ms: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        for node in self.nodes.values_mut() {
            node.handle_timeout(now_ms, &mut self.counts, &mut actions);
        }
        actions
    }

    /// When something will be due, in the time of `now_ms`; `None` while all is well or nothing is connected.
    #[must_use]
    pub fn due_ms(&self) -> Option<u64> {
        self.nodes.values().filter_map(Node::due_ms).min()
    }

    fn refuse(&mut self, error: SparkplugError, actions: &mut Vec<Action>) {
        self.counts.refused += 1;
        actions.push(Action::Refused(error));
    }
}

impl Counts {
    fn refuse(&mut self, error: PayloadError, actions: &mut Vec<Action>) {
        self.refused += 1;
        actions.push(Action::Refused(error.into()));
    }
}

#[cfg(test)]
mod tests;
