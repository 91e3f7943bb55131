//! A subscriber, as the agent is one.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS};
use tokio::time::timeout;

/// Longer than any device under test takes.
pub(super) const BOUND: Duration = Duration::from_secs(30);

pub(super) struct Subscriber {
    client: AsyncClient,
    events: EventLoop,
}

impl Subscriber {
    /// Connects and returns once the subscription is in force.
    pub(super) async fn to(port: u16, filter: &str) -> Self {
        let mut options = MqttOptions::new("subscriber", "127.0.0.1", port);
        options.set_max_packet_size(1024 * 1024, 1024 * 1024);
        let (client, events) = AsyncClient::new(options, 16);
        client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        let mut subscriber = Self { client, events };
        while !matches!(subscriber.event().await, Packet::SubAck(_)) {}
        subscriber
    }

    async fn event(&mut self) -> Packet {
        loop {
            if let Event::Incoming(packet) = timeout(BOUND, self.events.poll()).await.unwrap().unwrap() {
                return packet;
            }
        }
    }

    pub(super) async fn next(&mut self) -> Publish {
        loop {
            if let Packet::Publish(publish) = self.event().await {
                return publish;
            }
        }
    }

    /// Publishes at QoS 1, and hears what comes meanwhile no more than otherwise.
    pub(super) async fn say(&self, topic: &str, payload: impl Into<Vec<u8>>, retain: bool) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await.unwrap();
    }

    /// The next payload as text.
    pub(super) async fn payload(&mut self) -> String {
        String::from_utf8(self.next().await.payload.to_vec()).unwrap()
    }
}
