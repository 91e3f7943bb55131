//! What a node says and in which order, and the connection that carries it.
//!
//! Owns the sequence number, given out in the order in which messages are queued; the queue is the client's. Every
//! connection has a client of its own, so that nothing of an old one comes before the births of the new.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use rumqttc::{AsyncClient, Event, EventLoop, LastWill, MqttOptions, Outgoing, Packet, Publish, QoS};
use tokio::sync::watch;
use tokio::time::sleep;

use super::payload::{Metric, Told, Value, payload, read};
use super::{EdgePlan, Known, Progress, lock, now};

const RECONNECT_DELAY: Duration = Duration::from_millis(50);

/// Messages queued for the connection; a test publishes one and waits.
const QUEUE_LEN_MAX: usize = 1024;

/// Stored for a host or a broker that is away; the oldest go first.
const STORED_LEN_MAX: usize = 10_000;

const PACKET_LEN_MAX: usize = 1024 * 1024;

const REBIRTH: &str = "Node Control/Rebirth";

#[derive(Debug)]
pub(super) struct Core {
    plan: EdgePlan,
    port: u16,
    /// The number of the next message.
    seq: u8,
    /// Of the connection that is or was last; none before the first.
    bd_seq: Option<u8>,
    client: Option<AsyncClient>,
    /// Messages queued since the start; a ticket is the count with a message.
    queued: u64,
    is_host_online: bool,
    is_born: bool,
    is_deaf: bool,
    stored: VecDeque<Stored>,
    rebirth_requests: u64,
    commands: Vec<(Option<String>, Told)>,
}

#[derive(Debug)]
struct Stored {
    device: Option<String>,
    /// Alias and value.
    values: Vec<(u64, Value)>,
    timestamp: u64,
}

impl Core {
    pub(super) fn new(plan: EdgePlan, port: u16) -> Self {
        Self {
            is_host_online: plan.primary_host.is_none(),
            plan,
            port,
            seq: 0,
            bd_seq: None,
            client: None,
            queued: 0,
            is_born: false,
            is_deaf: false,
            stored: VecDeque::new(),
            rebirth_requests: 0,
            commands: Vec::new(),
        }
    }

    /// A ticket to wait for, or none when it was stored.
    pub(super) fn publish(&mut self, device: Option<&str>, values: &[(&str, Value)]) -> anyhow::Result<Option<u64>> {
        let known = match device {
            None => &mut self.plan.metrics,
            Some(name) => {
                let device = self.plan.devices.iter_mut().find(|device| device.name == name);
                &mut device.with_context(|| format!("publish: the node has no device {name}"))?.metrics
            }
        };
        let mut aliased = Vec::new();
        for (name, value) in values {
            let metric = known.iter_mut().find(|metric| metric.name == *name);
            let metric = metric.with_context(|| format!("publish: there is no metric {name}"))?;
            metric.value = value.clone();
            aliased.push((metric.alias, value.clone()));
        }
        let stored = Stored { device: device.map(str::to_owned), values: aliased, timestamp: now() };
        if self.is_born && self.is_host_online && self.client.is_some() {
            return self.say_data(&stored, false).map(Some);
        }
        if self.stored.len() == STORED_LEN_MAX {
            self.stored.pop_front();
        }
        self.stored.push_back(stored);
        Ok(None)
    }

    pub(super) fn bury_device(&mut self, device: &str) -> anyhow::Result<Option<u64>> {
        if self.client.is_none() {
            return Ok(None);
        }
        let seq = self.next_seq();
        self.queue("DDEATH", Some(device), payload(now(), &[], Some(seq))).map(Some)
    }

    /// Births of the node and its devices, then what was stored.
    pub(super) fn be_born(&mut self) -> anyhow::Result<Option<u64>> {
        if self.client.is_none() || !self.is_host_online {
            return Ok(None);
        }
        let timestamp = now();
        self.seq = 0;
        let seq = self.next_seq();
        let bd_seq = Value::UInt64(u64::from(self.bd_seq.unwrap_or(0)));
        let rebirth = Value::Boolean(false);
        let mut metrics = vec![named("bdSeq", &bd_seq, timestamp), named(REBIRTH, &rebirth, timestamp)];
        metrics.extend(self.plan.metrics.iter().map(|known| born(known, timestamp)));
        let birth = payload(timestamp, &metrics, Some(seq));
        self.queue("NBIRTH", None, birth)?;
        for place in 0..self.plan.devices.len() {
            let seq = self.next_seq();
            let device = &self.plan.devices[place];
            let metrics: Vec<Metric<'_>> = device.metrics.iter().map(|known| born(known, timestamp)).collect();
            let (name, birth) = (device.name.clone(), payload(timestamp, &metrics, Some(seq)));
            self.queue("DBIRTH", Some(&name), birth)?;
        }
        self.is_born = true;
        while let Some(stored) = self.stored.pop_front() {
            self.say_data(&stored, true)?;
        }
        Ok(Some(self.queued))
    }

    pub(super) const fn skip_seq(&mut self, count: u8) {
        self.seq = self.seq.wrapping_add(count);
    }

    pub(super) const fn set_deaf(&mut self, is_deaf: bool) {
        self.is_deaf = is_deaf;
    }

    pub(super) const fn rebirth_requests(&self) -> u64 {
        self.rebirth_requests
    }

    pub(super) fn commands(&self) -> Vec<(Option<String>, Told)> {
        self.commands.clone()
    }

    /// The ticket of what was queued last; none where nothing goes out yet.
    pub(super) fn last_ticket(&self) -> Option<u64> {
        self.is_born.then_some(self.queued)
    }

    /// The connection is gone, and the client with it. What was queued is lost: how many messages nobody waits for any
    /// longer.
    pub(super) fn is_cut(&mut self) -> u64 {
        self.client = None;
        self.is_born = false;
        self.is_host_online = self.plan.primary_host.is_none();
        self.queued
    }

    /// A client for the next connection, whose will is the death of this life.
    fn next_connection(&mut self) -> EventLoop {
        let bd_seq = self.bd_seq.map_or(0, |last| last.wrapping_add(1));
        self.bd_seq = Some(bd_seq);
        let id = format!("edge-{}-{}-{}", self.plan.group, self.plan.node, std::process::id());
        let mut options = MqttOptions::new(id, "127.0.0.1", self.port);
        options.set_max_packet_size(PACKET_LEN_MAX, PACKET_LEN_MAX);
        let timestamp = now();
        let value = Value::UInt64(u64::from(bd_seq));
        let death = payload(timestamp, &[named("bdSeq", &value, timestamp)], None);
        options.set_last_will(LastWill::new(self.topic("NDEATH", None), death, QoS::AtLeastOnce, false));
        let (client, events) = AsyncClient::new(options, QUEUE_LEN_MAX);
        self.client = Some(client);
        events
    }

    /// Subscribes to what it is told, and is born if nobody has to be waited for.
    fn greet(&mut self) -> anyhow::Result<()> {
        let (group, node) = (&self.plan.group, &self.plan.node);
        let mut filters = vec![format!("spBv1.0/{group}/NCMD/{node}"), format!("spBv1.0/{group}/DCMD/{node}/#")];
        if let Some(host) = &self.plan.primary_host {
            filters.extend([format!("spBv1.0/STATE/{host}"), format!("STATE/{host}")]);
        }
        for filter in filters {
            self.client()?.try_subscribe(filter, QoS::AtLeastOnce).context("subscribe")?;
        }
        self.be_born()?;
        Ok(())
    }

    fn hear(&mut self, publish: &Publish) -> anyhow::Result<()> {
        let levels: Vec<&str> = publish.topic.split('/').collect();
        if levels.contains(&"STATE") {
            let text = String::from_utf8_lossy(&publish.payload).replace(' ', "");
            let is_online = text.contains("\"online\":true") || text == "ONLINE";
            if is_online != self.is_host_online {
                self.is_host_online = is_online;
                self.is_born = false;
                self.be_born()?;
            }
            return Ok(());
        }
        let device = levels.get(4).map(|device| (*device).to_owned());
        for told in read(&publish.payload).0 {
            if told.name.as_deref() == Some(REBIRTH) && told.value == Some(Value::Boolean(true)) {
                self.rebirth_requests += 1;
                if !self.is_deaf {
                    self.be_born()?;
                }
            }
            self.commands.push((device.clone(), told));
        }
        Ok(())
    }

    fn say_data(&mut self, stored: &Stored, is_historical: bool) -> anyhow::Result<u64> {
        let seq = self.next_seq();
        let metrics: Vec<Metric<'_>> = stored
            .values
            .iter()
            .map(|(alias, value)| Metric {
                name: None,
                alias: Some(*alias),
                timestamp: stored.timestamp,
                is_historical,
                value: Some(value),
                datatype: value.datatype(),
                unit: None,
            })
            .collect();
        let data = payload(now(), &metrics, Some(seq));
        let kind = if stored.device.is_some() { "DDATA" } else { "NDATA" };
        self.queue(kind, stored.device.as_deref(), data)
    }

    fn queue(&mut self, kind: &str, device: Option<&str>, payload: Vec<u8>) -> anyhow::Result<u64> {
        let topic = self.topic(kind, device);
        self.client()?.try_publish(topic, QoS::AtMostOnce, false, payload).context("publish")?;
        self.queued += 1;
        Ok(self.queued)
    }

    fn client(&self) -> anyhow::Result<&AsyncClient> {
        self.client.as_ref().context("the node is not connected")
    }

    fn topic(&self, kind: &str, device: Option<&str>) -> String {
        let (group, node) = (&self.plan.group, &self.plan.node);
        let device = device.map(|device| format!("/{device}")).unwrap_or_default();
        format!("spBv1.0/{group}/{kind}/{node}{device}")
    }

    const fn next_seq(&mut self) -> u8 {
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        seq
    }
}

/// Drives connections, for ever; each loss is a death, and the next connection a birth.
pub(super) async fn run(core: Arc<Mutex<Core>>, sent: watch::Sender<Progress>) {
    loop {
        let mut events = lock(&core).next_connection();
        // An error of the queue is a full one: the node starts over.
        while let Ok(event) = events.poll().await {
            let heard = match event {
                Event::Incoming(Packet::ConnAck(_)) => {
                    let greeted = lock(&core).greet();
                    sent.send_modify(|progress| progress.connections += 1);
                    greeted
                }
                Event::Incoming(Packet::Publish(publish)) => lock(&core).hear(&publish),
                Event::Outgoing(Outgoing::Publish(_)) => {
                    sent.send_modify(|progress| progress.publications += 1);
                    Ok(())
                }
                Event::Incoming(_) | Event::Outgoing(_) => Ok(()),
            };
            if heard.is_err() {
                break;
            }
        }
        let lost = lock(&core).is_cut();
        sent.send_modify(|progress| progress.publications = lost);
        sleep(RECONNECT_DELAY).await;
    }
}

const fn named<'a>(name: &'a str, value: &'a Value, timestamp: u64) -> Metric<'a> {
    let datatype = value.datatype();
    Metric { name: Some(name), alias: None, timestamp, is_historical: false, value: Some(value), datatype, unit: None }
}

fn born(known: &Known, timestamp: u64) -> Metric<'_> {
    Metric { alias: Some(known.alias), unit: known.unit.as_deref(), ..named(&known.name, &known.value, timestamp) }
}
