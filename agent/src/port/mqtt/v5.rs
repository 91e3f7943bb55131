//! MQTT 5: the broker is told how large a message may be and drops what is larger, instead of breaking the session on it
//! at every connect.

use rumqttc::{
    Outgoing,
    v5::{
        AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError,
        mqttbytes::{
            self, QoS,
            v5::{ConnectReturnCode, Filter, LastWill, Packet, SubscribeReasonCode},
        },
    },
};

use super::{Broken, KEEP_ALIVE, MESSAGE_LEN_MAX, Message, Polled, REQUESTS_MAX, Receipt, Will};
use crate::config::BrokerConfig;

/// The session outlives any absence: `u32::MAX` means for ever.
const KEPT_SECONDS: u32 = u32::MAX;

/// Our publications without an ack: the host's state at most.
const OUTGOING_MAX: u16 = 16;

pub(super) struct Wire {
    client: AsyncClient,
    events: EventLoop,
}

impl Wire {
    pub(super) fn new(broker: &BrokerConfig, is_kept: bool) -> Self {
        let mut options = MqttOptions::new(&broker.client_id, &broker.host, broker.port);
        options.set_keep_alive(KEEP_ALIVE);
        options.set_clean_start(!is_kept);
        options.set_session_expiry_interval(is_kept.then_some(KEPT_SECONDS));
        // What we publish is little. Left alone, the library makes room for 65,535 at once: 14 MB.
        options.set_outgoing_inflight_upper_limit(OUTGOING_MAX);
        options.set_manual_acks(true);
        options.set_max_packet_size(u32::try_from(MESSAGE_LEN_MAX).ok());
        if let Some((username, password)) = &broker.login {
            options.set_credentials(username, password.reveal());
        }
        let (client, events) = AsyncClient::new(options, REQUESTS_MAX);
        Self { client, events }
    }

    pub(super) fn client(&self) -> AsyncClient {
        self.client.clone()
    }

    pub(super) fn set_will(&mut self, will: &Will) {
        let will = LastWill::new(&will.topic, will.payload.clone(), QoS::AtLeastOnce, true, None);
        self.events.options.set_last_will(will);
    }

    pub(super) fn set_kept(&mut self, is_kept: bool) {
        self.events.options.set_clean_start(!is_kept);
    }

    pub(super) fn break_off(&mut self) {
        self.events.clean();
        self.events.pending.clear();
    }

    pub(super) async fn poll(&mut self, connect: u64) -> Result<Polled, Broken> {
        let event = match self.events.poll().await {
            Ok(event) => event,
            Err(error) => {
                self.events.state.events.clear();
                return Err(broken(&error));
            }
        };
        Ok(match event {
            Event::Incoming(Packet::ConnAck(ack)) if ack.code == ConnectReturnCode::Success => Polled::Connected,
            Event::Incoming(Packet::Publish(publish)) => Polled::Message(Message {
                topic: String::from_utf8_lossy(&publish.topic).into(),
                payload: publish.payload.clone(),
                retained: publish.retain,
                repeated: publish.dup,
                packet_id: publish.pkid,
                connect,
                receipt: if publish.qos == QoS::AtMostOnce { Receipt::None } else { Receipt::V5(Box::new(publish)) },
            }),
            Event::Incoming(Packet::SubAck(ack)) => {
                let codes = ack.return_codes.iter().enumerate();
                let refused = codes.filter(|(_, code)| !matches!(code, SubscribeReasonCode::Success(_)));
                Polled::Subscribed(refused.map(|(index, _)| index).collect())
            }
            Event::Incoming(Packet::PingResp(_)) => Polled::Alive,
            Event::Outgoing(Outgoing::Disconnect) => Polled::Goodbye,
            Event::Incoming(_) | Event::Outgoing(_) => Polled::Other,
        })
    }
}

pub(super) fn filters(topics: &[String]) -> Vec<Filter> {
    topics.iter().map(|topic| Filter::new(topic.clone(), QoS::AtLeastOnce)).collect()
}

fn broken(error: &ConnectionError) -> Broken {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => Broken::login(),
        ConnectionError::ConnectionRefused(code) => {
            Broken { why: format!("broker refuses the connection: {code:?}"), is_unreadable: false }
        }
        ConnectionError::MqttState(error @ StateError::IncomingPacketTooLarge { .. }) => Broken::unreadable(error),
        // The library files a line that breaks in the middle of a packet under the same heading.
        ConnectionError::MqttState(StateError::Deserialization(error))
            if !matches!(error, mqttbytes::Error::Io(_) | mqttbytes::Error::InsufficientBytes(_)) =>
        {
            Broken::unreadable(error)
        }
        ConnectionError::Io(_)
        | ConnectionError::MqttState(_)
        | ConnectionError::Timeout(_)
        | ConnectionError::Tls(_)
        | ConnectionError::NotConnAck(_)
        | ConnectionError::RequestsDone => Broken::line(error),
    }
}
