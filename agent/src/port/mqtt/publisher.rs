//! One message to a broker, known to have arrived: a connection of its own that ends with the broker's acknowledgement.
//!
//! For what is rare and must not be lost, alarms: a connection for each costs nothing there, and no session, no in-flight
//! window and no reconnect has to be shared with the sensors.

use rumqttc::{AsyncClient, ConnectReturnCode, Event, MqttOptions, Packet, QoS};

use crate::config::BrokerConfig;

/// Requests of one connection: a publication and a goodbye.
const REQUESTS_MAX: usize = 2;

/// A way to publish at a broker. 3.1.1 is understood by those of version 5 too.
#[derive(Debug, Clone)]
pub struct Publisher {
    options: MqttOptions,
}

/// Why a broker does not have a message.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    #[error("broker refuses the connection: {0:?}")]
    Refused(ConnectReturnCode),
    #[error(transparent)]
    Line(#[from] Box<rumqttc::ConnectionError>),
    #[error("broker has ended the connection")]
    Ended,
}

impl Publisher {
    #[must_use]
    pub fn new(broker: &BrokerConfig) -> Self {
        let mut options = MqttOptions::new(format!("{}-alarms", broker.client_id), &broker.host, broker.port);
        options.set_keep_alive(super::KEEP_ALIVE);
        if let Some((username, password)) = &broker.login {
            options.set_credentials(username, password.reveal());
        }
        Self { options }
    }

    /// Publishes, and returns once the broker has acknowledged. May be dropped before; the message may then arrive or not.
    ///
    /// # Errors
    /// [`PublisherError`]: the broker may not have it.
    pub async fn publish(&self, topic: &str, payload: String) -> Result<(), PublisherError> {
        let (client, mut events) = AsyncClient::new(self.options.clone(), REQUESTS_MAX);
        client.try_publish(topic, QoS::AtLeastOnce, false, payload).map_err(|_| PublisherError::Ended)?;
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::PubAck(_))) => break,
                Ok(Event::Incoming(Packet::ConnAck(ack))) if ack.code != ConnectReturnCode::Success => {
                    return Err(PublisherError::Refused(ack.code));
                }
                Ok(Event::Incoming(Packet::Disconnect)) => return Err(PublisherError::Ended),
                Ok(Event::Incoming(_) | Event::Outgoing(_)) => {}
                Err(error) => return Err(Box::new(error).into()),
            }
        }
        // The broker has it; a goodbye that is lost costs nothing.
        let _ = client.try_disconnect();
        let _ = events.poll().await;
        Ok(())
    }
}
