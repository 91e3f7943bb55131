//! The half of a broker's session that polls the library and nothing else. It waits while the handler's inbox is full, and
//! between two tries.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::{
    port::mqtt::{Incoming, Message, Session},
    task::sparkplug::Presence,
};

/// The first wait after the session broke, and the longest.
const RECONNECT_FIRST: Duration = Duration::from_millis(500);
const RECONNECT_MAX: Duration = Duration::from_secs(30);

/// A session that has lived for so long works.
const STEADY: Duration = Duration::from_secs(10);

/// How long the last acks may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the poller tells the handler.
#[derive(Debug)]
pub(super) enum Told {
    Connected,
    Lost(String),
    NotSubscribed(Vec<String>),
    Message(Message),
}

/// Polls until everything is handled, then sends the last acks.
pub(super) async fn poll(
    mut session: Session,
    presence: Option<Presence>,
    tell: mpsc::Sender<Told>,
    handled: CancellationToken,
    broker: String,
) {
    let mut wait = RECONNECT_FIRST;
    let mut connected: Option<Instant> = None;
    let mut by_us = false;
    loop {
        let next = tokio::select! {
            next = session.next() => next,
            () = handled.cancelled() => break,
        };
        let told = match next {
            Ok(Incoming::Connected) => {
                connected = Some(Instant::now());
                if !by_us {
                    wait = RECONNECT_FIRST;
                }
                Told::Connected
            }
            Ok(Incoming::Message(message)) => Told::Message(message),
            Ok(Incoming::NotSubscribed(topics)) => Told::NotSubscribed(topics),
            Ok(Incoming::BegunAnew) => {
                error!(
                    broker,
                    "a message over the limit came again and again: the broker was told to forget this session, with whatever else was unacknowledged in it"
                );
                continue;
            }
            Ok(Incoming::Goodbye) => {
                by_us = true;
                continue;
            }
            Ok(Incoming::Other) => continue,
            Err(broken) => Told::Lost(broken.why),
        };
        let lost = matches!(told, Told::Lost(_));
        tokio::select! {
            _ = tell.send(told) => {}
            () = handled.cancelled() => break,
        }
        if lost {
            // A session that we end ourselves as soon as it is there (the disk stays full) is waited for longer each time.
            if connected.take().is_some_and(|at| at.elapsed() >= STEADY) {
                (wait, by_us) = (RECONNECT_FIRST, false);
            }
            tokio::select! {
                () = sleep(wait) => {}
                () = handled.cancelled() => return,
            }
            wait = (wait * 2).min(RECONNECT_MAX);
            if let Some(presence) = &presence {
                session.set_will(&presence.renewed());
            }
        }
    }
    session.outbox().say_goodbye();
    // What comes meanwhile has no ack, so that it comes again.
    let goodbye = async { while !matches!(session.next().await, Ok(Incoming::Goodbye) | Err(_)) {} };
    let _ = timeout(GOODBYE, goodbye).await;
}
