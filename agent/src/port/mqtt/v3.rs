//! MQTT 3.1.1 over TCP: one connection at a time, read and written by hand.
//!
//! What we say is put into one buffer by whoever says it and goes out in one write with whatever else has come together
//! meanwhile: a commit acknowledges hundreds of messages at once, and a write for each of them cost more than recording it.
//! What is in the buffer belongs to the connection; the next one begins with an empty one.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{Duration, Instant, sleep_until, timeout},
};

use super::{
    Broken, KEEP_ALIVE, MESSAGE_LEN_MAX, Message, Polled, Receipt, Will,
    packet::{self, Hello, NOT_SUBSCRIBED, Reader, Said},
};
use crate::config::{BrokerConfig, Token};

/// How long a broker may take to connect and to answer the connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes read at once: some hundred messages.
const READ_LEN: usize = 64 * 1024;

/// Room for which it is still worth to read.
const READ_LEN_MIN: usize = 4 * 1024;

/// Bytes that may wait before a subscription or a publication is refused. What lies beyond is for acks alone, of which there can
/// be one for every message that a session may leave unacknowledged (65,535 of 4 bytes): an ack always has room.
const OUT_LEN_MAX: usize = 1024 * 1024;

pub(super) struct Wire {
    host: String,
    port: u16,
    client_id: String,
    login: Option<(String, Token)>,
    is_kept: bool,
    will: Option<Will>,
    client: Client,
    line: Option<Line>,
}

/// One connection.
struct Line {
    stream: TcpStream,
    reader: Reader,
    /// On its way out.
    writing: BytesMut,
    /// When the broker is asked for a sign of life.
    ping_at: Instant,
    /// It was asked and has not answered.
    is_asked: bool,
    /// Our goodbye is among what is on its way out.
    goodbye: Goodbye,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goodbye {
    No,
    Leaving,
    Said,
}

/// The way to the broker. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Client {
    out: Arc<Mutex<Out>>,
    more: Arc<Notify>,
}

/// What is to be sent on the present connection.
#[derive(Debug, Default)]
struct Out {
    bytes: BytesMut,
    /// There is a connection, and no goodbye was said on it.
    is_open: bool,
    has_goodbye: bool,
    packet_id: u16,
}

impl Client {
    fn lock(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something into the buffer behind at most `len_max` bytes. `false`: there is no connection, or no room.
    fn put(&self, len_max: usize, write: impl FnOnce(&mut Out)) -> bool {
        let mut out = self.lock();
        if !out.is_open || out.bytes.len() > len_max {
            return false;
        }
        let was_empty = out.bytes.is_empty();
        write(&mut out);
        drop(out);
        if was_empty {
            self.more.notify_one();
        }
        true
    }

    /// `is_current` is asked once no other connection can begin: an ack must not reach the next one.
    pub(super) fn ack(&self, packet_id: u16, is_current: impl FnOnce() -> bool) {
        self.put(usize::MAX, |out| {
            if is_current() {
                packet::puback(&mut out.bytes, packet_id);
            }
        });
    }

    pub(super) fn subscribe(&self, topics: &[String]) -> bool {
        self.put(OUT_LEN_MAX, |out| {
            let id = out.next_packet_id();
            packet::subscribe(&mut out.bytes, id, topics);
        })
    }

    /// At QoS 1 when it is retained.
    pub(super) fn publish(&self, topic: &str, payload: &[u8], retained: bool) -> bool {
        self.put(OUT_LEN_MAX, |out| {
            let id = retained.then(|| out.next_packet_id());
            packet::publish(&mut out.bytes, topic, payload, retained, id);
        })
    }

    pub(super) fn disconnect(&self) {
        self.put(usize::MAX, |out| {
            packet::disconnect(&mut out.bytes);
            (out.is_open, out.has_goodbye) = (false, true);
        });
    }

    /// A connection begins, or there is none any more.
    fn renew(&self, is_open: bool) {
        let mut out = self.lock();
        *out = Out { is_open, packet_id: out.packet_id, ..Out::default() };
    }
}

impl Out {
    fn next_packet_id(&mut self) -> u16 {
        self.packet_id = self.packet_id.checked_add(1).unwrap_or(1);
        self.packet_id
    }
}

impl Wire {
    pub(super) fn new(broker: &BrokerConfig, is_kept: bool) -> Self {
        Self {
            host: broker.host.clone(),
            port: broker.port,
            client_id: broker.client_id.clone(),
            login: broker.login.clone(),
            is_kept,
            will: None,
            client: Client::default(),
            line: None,
        }
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(super) fn set_will(&mut self, will: &Will) {
        self.will = Some(will.clone());
    }

    pub(super) fn set_kept(&mut self, is_kept: bool) {
        self.is_kept = is_kept;
    }

    pub(super) fn break_off(&mut self) {
        self.line = None;
        self.client.renew(false);
    }

    pub(super) async fn poll(&mut self, connect: u64) -> Result<Polled, Broken> {
        let polled = match &mut self.line {
            Some(line) => line.poll(&self.client, connect).await,
            None => match timeout(CONNECT_TIMEOUT, self.connect()).await {
                Ok(connected) => connected,
                Err(_) => Err(broken_line(io::ErrorKind::TimedOut)),
            },
        };
        if polled.is_err() {
            self.break_off();
        }
        polled
    }

    async fn connect(&mut self) -> Result<Polled, Broken> {
        let line = |error: io::Error| Broken::line(&error);
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(line)?;
        stream.set_nodelay(true).map_err(line)?;
        let mut hello = BytesMut::new();
        packet::connect(
            &mut hello,
            &Hello {
                client_id: &self.client_id,
                is_kept: self.is_kept,
                keep_alive_seconds: u16::try_from(KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX),
                login: self.login.as_ref().map(|(name, password)| (name.as_str(), password.reveal())),
                will: self.will.as_ref().map(|will| (will.topic.as_str(), will.payload.as_slice())),
            },
        );
        stream.write_all(&hello).await.map_err(line)?;
        let mut reader = Reader::new(MESSAGE_LEN_MAX);
        let said = loop {
            match reader.next() {
                Ok(Some(said)) => break said,
                Ok(None) => {}
                Err(error) => return Err(Broken::unreadable(&error)),
            }
            read(&mut stream, &mut reader).await?;
        };
        match said {
            Said::Connected { code: 0 } => {}
            // 3.2.2.3: a bad user name or password, not authorised.
            Said::Connected { code: 4 | 5 } => return Err(Broken::login()),
            Said::Connected { code } => return Err(refused(code)),
            Said::Published(_) | Said::Subscribed { .. } | Said::Alive | Said::Acknowledged => {
                return Err(broken_line(io::ErrorKind::InvalidData));
            }
        }
        self.client.renew(true);
        let ping_at = Instant::now() + KEEP_ALIVE;
        let writing = BytesMut::new();
        self.line = Some(Line { stream, reader, writing, ping_at, is_asked: false, goodbye: Goodbye::No });
        Ok(Polled::Connected)
    }
}

impl Line {
    /// Cancel-safe: what was read and what is left to write stays here.
    async fn poll(&mut self, client: &Client, connect: u64) -> Result<Polled, Broken> {
        loop {
            match self.reader.next() {
                Ok(Some(said)) => return self.told(said, connect),
                Ok(None) => {}
                Err(error) => return Err(Broken::unreadable(&error)),
            }
            if self.writing.is_empty() {
                if self.goodbye == Goodbye::Leaving {
                    self.goodbye = Goodbye::Said;
                    return Ok(Polled::Goodbye);
                }
                let mut out = client.lock();
                std::mem::swap(&mut self.writing, &mut out.bytes);
                if std::mem::take(&mut out.has_goodbye) {
                    self.goodbye = Goodbye::Leaving;
                }
            }
            let Self { stream, reader, writing, .. } = self;
            let (mut from, mut to) = stream.split();
            tokio::select! {
                came = read(&mut from, reader) => came?,
                sent = to.write_buf(writing), if !writing.is_empty() => {
                    sent.map_err(|error| Broken::line(&error))?;
                }
                () = client.more.notified(), if writing.is_empty() => {}
                () = sleep_until(self.ping_at) => self.tick(client)?,
            }
        }
    }

    /// A keep-alive is over.
    fn tick(&mut self, client: &Client) -> Result<(), Broken> {
        if self.is_asked {
            return Err(broken_line(io::ErrorKind::TimedOut));
        }
        self.is_asked = true;
        self.ping_at = Instant::now() + KEEP_ALIVE;
        client.put(OUT_LEN_MAX, |out| packet::ping(&mut out.bytes));
        Ok(())
    }

    fn told(&mut self, said: Said, connect: u64) -> Result<Polled, Broken> {
        Ok(match said {
            Said::Published(published) => Polled::Message(Message {
                topic: published.topic,
                payload: published.payload,
                retained: published.retained,
                repeated: published.repeated,
                packet_id: published.packet_id.unwrap_or(0),
                connect,
                receipt: published.packet_id.map_or(Receipt::None, |_| Receipt::V3),
            }),
            Said::Subscribed { codes } => {
                let codes = codes.iter().enumerate();
                let refused = codes.filter(|(_, code)| **code == NOT_SUBSCRIBED);
                Polled::Subscribed(refused.map(|(index, _)| index).collect())
            }
            Said::Alive => {
                self.is_asked = false;
                Polled::Alive
            }
            Said::Acknowledged => Polled::Other,
            Said::Connected { .. } => return Err(broken_line(io::ErrorKind::InvalidData)),
        })
    }
}

/// Reads what has come. Cancel-safe.
async fn read(from: &mut (impl AsyncRead + Unpin), reader: &mut Reader) -> Result<(), Broken> {
    // A message keeps the buffer that it came in: each is filled before the next is begun, however little comes at a time.
    if reader.bytes.capacity() - reader.bytes.len() < READ_LEN_MIN {
        reader.bytes.reserve(READ_LEN);
    }
    match from.read_buf(&mut reader.bytes).await {
        Ok(0) => Err(broken_line(io::ErrorKind::ConnectionAborted)),
        Ok(_) => Ok(()),
        Err(error) => Err(Broken::line(&error)),
    }
}

fn broken_line(kind: io::ErrorKind) -> Broken {
    Broken::line(&io::Error::from(kind))
}

/// The broker's reason by the standard's table 3.1.
fn refused(code: u8) -> Broken {
    let why = match code {
        1 => "it does not speak MQTT 3.1.1; set version = \"5\" for this broker",
        2 => "it does not take this client_id",
        3 => "its service is unavailable",
        _ => "it does not say why",
    };
    Broken { why: format!("broker refuses the connection: {why}"), is_unreadable: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_has_room_whatever_else_waits_to_be_sent() {
        let client = Client::default();
        client.renew(true);
        while client.publish("alarms", &[b'x'; 1_000], false) {}
        assert!(!client.subscribe(&["bins/+/weight".to_owned()]));
        let before = client.lock().bytes.len();
        for id in 1..=u16::MAX {
            client.ack(id, || true);
        }
        assert_eq!(client.lock().bytes.len() - before, usize::from(u16::MAX) * 4);
    }
}
