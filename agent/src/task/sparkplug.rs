//! A Sparkplug host on a broker: who it is, what it hears, and what it asks for.
//!
//! The rules are the pure [`Host`]'s; here its actions become readings of sensors and publications.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tracing::{info, warn};

use crate::{
    clock::Clock,
    device::{
        Cause, Reading, Weight,
        dialect::Watch,
        sparkplug::{Action, Host, HostState, Payload, Report, Source, Value, state_topic},
    },
    port::mqtt::{Message, Outbox, Will},
};

/// The primary host of one broker.
#[derive(Debug)]
pub(super) struct Sparkplug {
    host: Host,
    state_topic: String,
    watches: Vec<(usize, Watch)>,
    /// When this session began, in ms since 1970: the same in the will and in the birth.
    session_ms: Arc<AtomicU64>,
}

/// What came of an input.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// By sensor.
    pub(super) readings: Vec<(usize, Reading)>,
    /// A message could not be read: the code of the reason.
    pub(super) refused: Option<&'static str>,
}

/// Renews what the broker shall say of this host when it is gone.
#[derive(Debug)]
pub(super) struct Presence {
    state_topic: String,
    session_ms: Arc<AtomicU64>,
    clock: Clock,
}

impl Presence {
    /// The will of the next connect.
    pub(super) fn renewed(&self) -> Will {
        let now_ms = u64::try_from(self.clock.wall().0.millis()).unwrap_or_default();
        self.session_ms.store(now_ms, Ordering::Relaxed);
        Will { topic: self.state_topic.clone(), payload: HostState::death(now_ms).into_bytes() }
    }
}

impl Sparkplug {
    /// `None` when the host's name is no level of a topic, which the configuration has checked.
    pub(super) fn new(id: &str, watches: Vec<(usize, Watch)>) -> Option<Self> {
        let state_topic = state_topic(id).ok()?;
        let mut host = Host::new(id, Host::REORDER_MS).ok()?;
        for (_, watch) in &watches {
            if let Err(error) = host.watch(watch.source.clone(), &watch.metric) {
                warn!(metric = watch.metric, error = %error, "metric is not watched");
            }
        }
        Some(Self { host, state_topic, watches, session_ms: Arc::default() })
    }

    pub(super) fn topics(&self) -> Vec<String> {
        self.host.subscriptions()
    }

    pub(super) fn presence(&self, clock: Clock) -> Presence {
        Presence { state_topic: self.state_topic.clone(), session_ms: self.session_ms.clone(), clock }
    }

    /// The broker is there and subscribed to: say so to the nodes that wait for their host.
    pub(super) fn connected(&mut self, now: Duration, outbox: &Outbox) -> Heard {
        self.publish_state(outbox);
        let actions = self.host.handle_connected(millis(now));
        self.heard(actions, outbox)
    }

    pub(super) fn lost(&mut self) -> Vec<Action> {
        self.host.handle_disconnected()
    }

    pub(super) fn say_offline(&self, outbox: &Outbox) {
        let payload = HostState::death(self.session_ms.load(Ordering::Relaxed)).into_bytes();
        let _ = outbox.publish(&self.state_topic, payload, true);
    }

    pub(super) fn handle(&mut self, now: Duration, outbox: &Outbox, message: &Message) -> Heard {
        let actions = self.host.handle(message.topic(), message.payload(), message.is_retained(), millis(now));
        self.heard(actions, outbox)
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.host.due_ms().map(Duration::from_millis)
    }

    pub(super) fn poll(&mut self, now: Duration, outbox: &Outbox) -> Heard {
        let actions = self.host.handle_timeout(millis(now));
        self.heard(actions, outbox)
    }

    fn publish_state(&self, outbox: &Outbox) {
        let payload = HostState::birth(self.session_ms.load(Ordering::Relaxed)).into_bytes();
        let _ = outbox.publish(&self.state_topic, payload, true);
    }

    fn heard(&self, actions: Vec<Action>, outbox: &Outbox) -> Heard {
        let mut heard = Heard::default();
        for action in actions {
            match action {
                Action::Reading { source, metric, report } => {
                    for (sensor, watch) in &self.watches {
                        if watch.source == source && watch.metric == metric {
                            heard.readings.extend(reading(&report, watch).map(|reading| (*sensor, reading)));
                        }
                    }
                }
                Action::RequestRebirth(node) => {
                    info!(group = node.group(), node = node.node(), "node asked to be born again");
                    let payload = Payload::rebirth(self.session_ms.load(Ordering::Relaxed)).encode();
                    let _ = outbox.publish(&node.command_topic(), payload, false);
                }
                Action::Online(source) => self.tell(&mut heard, &source, true),
                Action::Offline(source) => self.tell(&mut heard, &source, false),
                Action::PublishState => self.publish_state(outbox),
                Action::Refused(error) => heard.refused = Some(error.code()),
            }
        }
        heard
    }

    /// Tells every sensor of a source; a node takes its devices along.
    fn tell(&self, heard: &mut Heard, source: &Source, online: bool) {
        for (sensor, watch) in &self.watches {
            let is_part = source.device.is_none() && watch.source.node == source.node;
            // A node that comes up does not bring its devices: they have births of their own.
            if watch.source == *source || (is_part && !online) {
                heard.readings.push((*sensor, Reading::Online(online)));
            }
        }
    }
}

/// A watched metric as a reading. Its past is no level now.
fn reading(report: &Report, watch: &Watch) -> Option<Reading> {
    let value: &Value = match report {
        Report::Current { value, .. } => value,
        Report::Historical { .. } => return None,
        // The host's word for a node that it waits for.
        Report::Unknown(Cause::Silent) => return Some(Reading::Unknown(Cause::Awaited)),
        Report::Unknown(cause) => return Some(Reading::Unknown(*cause)),
    };
    let weight = value.number().and_then(|shown| Weight::new(shown, watch.unit, None));
    Some(weight.map_or(Reading::Unknown(Cause::NotANumber), Reading::Weight))
}

fn millis(now: Duration) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::MassUnit;

    #[test]
    fn only_what_a_metric_says_now_is_a_level() {
        let watch = Watch::new("Plant/gw/rack", "weight", MassUnit::Gram).unwrap();
        let value = Value::Double(12.5);
        let now = reading(&Report::Current { value: value.clone(), timestamp: None }, &watch);
        assert!(matches!(now, Some(Reading::Weight(weight)) if weight.shown.to_string() == "12.5"), "{now:?}");
        assert_eq!(reading(&Report::Historical { value, timestamp: None }, &watch), None, "the past");
        let failed = Report::Current { value: Value::Double(f64::NAN), timestamp: None };
        assert_eq!(reading(&failed, &watch), Some(Reading::Unknown(Cause::NotANumber)));
        let waits = Report::Unknown(Cause::Silent);
        assert_eq!(reading(&waits, &watch), Some(Reading::Unknown(Cause::Awaited)));
    }
}
