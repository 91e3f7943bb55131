//! MQTT 3.1.1.

use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill, MqttOptions, Outgoing, Packet, QoS,
    StateError, SubscribeFilter, SubscribeReasonCode, mqttbytes,
};

use super::{Broken, KEEP_ALIVE, MESSAGE_LEN_MAX, Message, Polled, REQUESTS_MAX, Receipt, Will};
use crate::config::BrokerConfig;

pub(super) struct Wire {
    client: AsyncClient,
    events: EventLoop,
}

impl Wire {
    pub(super) fn new(broker: &BrokerConfig, is_kept: bool) -> Self {
        let mut options = MqttOptions::new(&broker.client_id, &broker.host, broker.port);
        options.set_keep_alive(KEEP_ALIVE);
        options.set_clean_session(!is_kept);
        options.set_manual_acks(true);
        options.set_max_packet_size(MESSAGE_LEN_MAX, MESSAGE_LEN_MAX);
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
        let will = LastWill::new(&will.topic, will.payload.clone(), QoS::AtLeastOnce, true);
        self.events.mqtt_options.set_last_will(will);
    }

    pub(super) fn set_kept(&mut self, is_kept: bool) {
        self.events.mqtt_options.set_clean_session(!is_kept);
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
                topic: publish.topic.clone(),
                payload: publish.payload.clone(),
                retained: publish.retain,
                repeated: publish.dup,
                packet_id: publish.pkid,
                connect,
                receipt: if publish.qos == QoS::AtMostOnce { Receipt::None } else { Receipt::V3(Box::new(publish)) },
            }),
            Event::Incoming(Packet::SubAck(ack)) => {
                let codes = ack.return_codes.iter().enumerate();
                let refused = codes.filter(|(_, code)| **code == SubscribeReasonCode::Failure);
                Polled::Subscribed(refused.map(|(index, _)| index).collect())
            }
            Event::Incoming(Packet::PingResp) => Polled::Alive,
            Event::Outgoing(Outgoing::Disconnect) => Polled::Goodbye,
            Event::Incoming(_) | Event::Outgoing(_) => Polled::Other,
        })
    }
}

pub(super) fn filters(topics: &[String]) -> Vec<SubscribeFilter> {
    topics.iter().map(|topic| SubscribeFilter::new(topic.clone(), QoS::AtLeastOnce)).collect()
}

fn broken(error: &ConnectionError) -> Broken {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => Broken::login(),
        ConnectionError::ConnectionRefused(code) => {
            let is_version = *code == ConnectReturnCode::RefusedProtocolVersion;
            let hint = if is_version { "; set version = \"5\" for this broker" } else { "" };
            Broken { why: format!("broker refuses the connection: {code:?}{hint}"), is_unreadable: false }
        }
        // The library files a line that breaks in the middle of a packet under the same heading.
        ConnectionError::MqttState(StateError::Deserialization(error))
            if !matches!(error, mqttbytes::Error::Io(_) | mqttbytes::Error::InsufficientBytes(_)) =>
        {
            Broken::unreadable(error)
        }
        ConnectionError::Io(_)
        | ConnectionError::MqttState(_)
        | ConnectionError::NetworkTimeout
        | ConnectionError::FlushTimeout
        | ConnectionError::Tls(_)
        | ConnectionError::NotConnAck(_)
        | ConnectionError::RequestsDone => Broken::line(error),
    }
}
