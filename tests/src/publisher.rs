//! A gateway of handheld scanners that publishes over MQTT, at QoS 1, each scan with an id and a quantity of its own.
//!
//! When the broker has acknowledged a scan, the harness holds the agent to it: the broker keeps the agent's session, and
//! the agent may acknowledge only what it has committed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sim::{Dialect, MqttSensor};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    emitted::{Emitted, Part},
    eventually::PATIENCE,
};

/// How long a broker that may have forgotten us is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// Between two attempts at a broker that is dead.
const LOOK: Duration = Duration::from_millis(20);

/// A connected gateway.
#[derive(Debug)]
pub struct Publisher {
    sensor: MqttSensor,
    port: u16,
    topic: String,
    items: Vec<String>,
    emitted: Emitted,
    next: u64,
    has_ids: bool,
    promises: Promises,
}

/// Whether the agent is held to what the broker has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promises {
    Kept,
    /// The broker forgets what it has acknowledged.
    None,
}

/// A gateway that publishes by itself until it is stopped.
#[derive(Debug)]
pub struct Flow {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Publisher>,
}

impl Publisher {
    /// Connects. Scans are of these items in turn, their quantities count from `first`.
    ///
    /// # Panics
    /// When the broker does not answer.
    pub async fn connect(port: u16, topic: &str, items: &[&str], first: u64, emitted: &Emitted) -> Self {
        // The dialect is that of weights, which are not published here.
        let sensor = MqttSensor::connect(port, topic, Dialect::Json).await.expect("a broker that answers");
        let items = items.iter().map(|item| (*item).to_owned()).collect();
        Self {
            sensor,
            port,
            topic: topic.to_owned(),
            items,
            emitted: emitted.clone(),
            next: first,
            has_ids: true,
            promises: Promises::Kept,
        }
    }

    /// Leaves the ids out from now on: then only the broker's word tells a repetition.
    #[must_use]
    pub fn without_ids(mut self) -> Self {
        self.has_ids = false;
        self
    }

    /// Does not hold the agent to what the broker has acknowledged from now on: a broker that is killed forgets some.
    #[must_use]
    pub fn without_promises(mut self) -> Self {
        self.promises = Promises::None;
        self
    }

    /// Publishes the next scan and returns when the broker has it.
    ///
    /// # Panics
    /// When the broker does not acknowledge.
    pub async fn publish(&mut self) -> Part {
        let part = self.next_part();
        let id = self.has_ids.then(|| part.qty.to_string());
        self.publish_as(&part, id.as_deref()).await;
        part
    }

    /// Publishes the next scan without holding the agent to it.
    pub async fn try_one(&mut self) {
        let part = self.next_part();
        self.emitted.mean(&part);
        self.publish_raw(payload(&part, Some(&part.qty.to_string())), false).await;
    }

    /// Publishes a scan that is a part of its own, with this id or none.
    ///
    /// # Panics
    /// When the broker does not acknowledge.
    pub async fn publish_as(&mut self, part: &Part, id: Option<&str>) {
        self.emitted.mean(part);
        match self.promises {
            Promises::Kept => {
                self.publish_raw(payload(part, id), false).await;
                self.emitted.promise(part);
            }
            Promises::None => self.offer(payload(part, id)).await,
        }
    }

    /// Publishes to a broker that may be gone or have forgotten the session: then over a new one, with the next scan.
    async fn offer(&mut self, payload: String) {
        let topic = self.topic.clone();
        if !matches!(timeout(ANSWER_MAX, self.sensor.publish_raw(&topic, payload, false)).await, Ok(Ok(()))) {
            self.sensor = self.again().await;
        }
    }

    /// A new connection, as soon as the broker answers.
    async fn again(&self) -> MqttSensor {
        let mut looks = interval(LOOK);
        let answers = async {
            loop {
                looks.tick().await;
                if let Ok(sensor) = MqttSensor::connect(self.port, &self.topic, Dialect::Json).await {
                    return sensor;
                }
            }
        };
        timeout(PATIENCE, answers).await.expect("a broker that answers")
    }

    /// Publishes a scan a second time, as a sender does that has not heard of its first.
    pub async fn repeat(&mut self, part: &Part, id: Option<&str>) {
        self.publish_raw(payload(part, id), false).await;
    }

    /// Publishes bytes as they are.
    ///
    /// # Panics
    /// When the broker does not acknowledge.
    pub async fn publish_raw(&mut self, payload: impl Into<Vec<u8>>, retain: bool) {
        let topic = self.topic.clone();
        self.sensor.publish_raw(&topic, payload, retain).await.expect("a broker that acknowledges");
    }

    /// Publishes this many scans, and hands back the last.
    ///
    /// # Panics
    /// When asked for none.
    pub async fn publish_many(&mut self, count: u64) -> Part {
        for _ in 1..count {
            self.publish().await;
        }
        assert!(count > 0, "none has no last");
        self.publish().await
    }

    fn next_part(&mut self) -> Part {
        let number = self.next;
        self.next += 1;
        let index = usize::try_from(number % self.items.len() as u64).expect("below a small count");
        Part::new(self.items[index].clone(), number)
    }

    /// Publishes so many scans a second until stopped.
    #[must_use]
    pub fn keep_on(mut self, per_second: u32) -> Flow {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut pace = interval(Duration::from_secs(1) / per_second);
            // What a busy machine made late is not caught up with in one burst.
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while !stopped.load(Ordering::Relaxed) {
                pace.tick().await;
                self.publish().await;
            }
            self
        });
        Flow { stop, task }
    }
}

impl Flow {
    /// Stops after the scan that is on its way.
    ///
    /// # Panics
    /// When publishing has failed.
    pub async fn stop(self) -> Publisher {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("a publisher that did not fail")
    }
}

fn payload(part: &Part, id: Option<&str>) -> String {
    let id = id.map(|id| format!(r#","id":"{id}""#)).unwrap_or_default();
    format!(r#"{{"code":"{}","qty":{}{id}}}"#, part.item, part.qty)
}
