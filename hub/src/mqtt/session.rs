//! One session with the broker: subscribed to every feed's batches, each answered by a task of its own.
//!
//! The library's client is new for each session and polled by one task alone; nothing here waits for its queue.

use std::sync::Arc;

use gateway_proto::mqtt::{BATCHES_OF_ALL, PROOF};
use rumqttc::v5::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions,
    mqttbytes::{
        QoS,
        v5::{Packet, PubAckReason, Publish, PublishProperties, SubscribeReasonCode},
    },
};
use tokio::{sync::mpsc, task::JoinSet};

use super::{INTAKES_MAX, Intake, Outgoing};

/// Requests towards the library: an answer and an acknowledgement for each batch, and the subscription.
const REQUESTS_MAX: usize = 4 * INTAKES_MAX as usize + 8;

/// Events that wait to be looked at; then the poller waits, and with it the broker.
const EVENTS_MAX: usize = 64;

/// Takes batches until the session ends, and says why it did. May be dropped at any time: what is not answered is sent
/// again. `subscribed` is told once batches can come.
pub(super) async fn serve(options: MqttOptions, intake: &Arc<Intake>, mut subscribed: impl FnMut()) -> String {
    let (client, library) = AsyncClient::new(options, REQUESTS_MAX);
    let (told, mut events) = mpsc::channel(EVENTS_MAX);
    let mut poller = JoinSet::new();
    poller.spawn(poll(library, told));
    let mut intakes = JoinSet::new();
    loop {
        // Cancel-safe: a join set and a channel keep their place.
        let event = tokio::select! {
            Some(done) = intakes.join_next() => {
                match done {
                    Ok((publish, answer)) => {
                        if let Err(why) = send(&client, &publish, answer) {
                            return why;
                        }
                    }
                    Err(error) => return format!("a batch's task ended: {error}"),
                }
                continue;
            }
            event = events.recv() => event,
        };
        match event {
            Some(Ok(Event::Incoming(packet))) => match packet {
                Packet::ConnAck(_) => {
                    if client.try_subscribe(BATCHES_OF_ALL, QoS::AtLeastOnce).is_err() {
                        return "the session's queue is full".to_owned();
                    }
                }
                Packet::SubAck(ack) => {
                    if !ack.return_codes.iter().all(|code| matches!(code, SubscribeReasonCode::Success(_))) {
                        return format!("the broker does not let this login hear {BATCHES_OF_ALL}");
                    }
                    subscribed();
                }
                Packet::Publish(publish) => {
                    let intake = Arc::clone(intake);
                    intakes.spawn(async move {
                        let answer = intake.answer(&publish).await;
                        (publish, answer)
                    });
                }
                Packet::PubAck(ack) => refused(&ack.reason),
                Packet::Disconnect(disconnect) => {
                    return format!("the broker ends the connection: {:?}", disconnect.reason_code);
                }
                Packet::Connect(..)
                | Packet::PubRec(_)
                | Packet::PubRel(_)
                | Packet::PubComp(_)
                | Packet::PingReq(_)
                | Packet::PingResp(_)
                | Packet::Subscribe(_)
                | Packet::Unsubscribe(_)
                | Packet::UnsubAck(_)
                | Packet::Auth(_) => {}
            },
            Some(Ok(Event::Outgoing(_))) => {}
            Some(Err(error)) => return format!("{:#}", anyhow::Error::new(error)),
            None => return "the connection has ended".to_owned(),
        }
    }
}

/// Answers, then lets the broker forget the batch.
fn send(client: &AsyncClient, publish: &Publish, answer: Option<Outgoing>) -> Result<(), String> {
    const FULL: &str = "the session's queue is full";
    if let Some(Outgoing { topic, correlation, payload, proof }) = answer {
        let properties = PublishProperties {
            correlation_data: Some(correlation.to_vec().into()),
            user_properties: proof.map(|proof| (PROOF.to_owned(), proof)).into_iter().collect(),
            content_type: Some("application/json".to_owned()),
            ..PublishProperties::default()
        };
        client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties)
            .map_err(|_| FULL.to_owned())?;
    }
    client.try_ack(publish).map_err(|_| FULL.to_owned())
}

/// A site that is gone does not hear its answer; everything else is the operator's to mend.
fn refused(reason: &PubAckReason) {
    match reason {
        PubAckReason::Success | PubAckReason::NoMatchingSubscribers => {}
        PubAckReason::NotAuthorized => {
            tracing::warn!("the broker does not let this login publish answers; see docs/feed.md for its rules");
        }
        PubAckReason::UnspecifiedError
        | PubAckReason::ImplementationSpecificError
        | PubAckReason::TopicNameInvalid
        | PubAckReason::PacketIdentifierInUse
        | PubAckReason::QuotaExceeded
        | PubAckReason::PayloadFormatInvalid => tracing::warn!(?reason, "the broker refuses an answer"),
    }
}

/// Polls the library until the first error: whatever it would do then is ours to decide.
async fn poll(mut library: EventLoop, told: mpsc::Sender<Result<Event, Box<ConnectionError>>>) {
    loop {
        let polled = library.poll().await.map_err(Box::new);
        let is_broken = polled.is_err();
        if told.send(polled).await.is_err() || is_broken {
            return;
        }
    }
}
