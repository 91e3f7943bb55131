//! A Zebra scanner that speaks SSI, the Simple Serial Interface: programmer's guide 72E-40451.
//!
//! Owns the packets: length, code, source, status, data, and a checksum of 16 bits, the two's complement of the sum,
//! high byte first. Every packet of a code has to be acknowledged; one that is not, or that is refused with "resend",
//! is sent again with the retransmit bit. Commands are obeyed, answered and recorded, between the packets of a code
//! too.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::heard::{Heard, Outcome, Record};
use super::packet::{checked, checksum, packet};
use crate::pty::{Faults, LineSettings, Pty};

const REQUEST_REVISION: u8 = 0xA3;
const REPLY_REVISION: u8 = 0xA4;
const PARAM_SEND: u8 = 0xC6;
const PARAM_REQUEST: u8 = 0xC7;
const CMD_ACK: u8 = 0xD0;
const CMD_NAK: u8 = 0xD1;
const FLUSH_QUEUE: u8 = 0xD2;
const START_SESSION: u8 = 0xE4;
const STOP_SESSION: u8 = 0xE5;
const BEEP: u8 = 0xE6;
const LED_ON: u8 = 0xE7;
const LED_OFF: u8 = 0xE8;
const SCAN_ENABLE: u8 = 0xE9;
const SCAN_DISABLE: u8 = 0xEA;
const DECODE_DATA: u8 = 0xF3;

const RETRANSMIT: u8 = 0x01;
const MORE_FOLLOW: u8 = 0x02;

const RESEND: u8 = 1;
const BAD_CONTEXT: u8 = 2;

/// What fits in a packet behind the type: its length counts header, type and data in one byte.
const DATA_LEN_MAX: usize = 250;

/// A packet of the host whose rest does not come is thrown away.
const PACKET_TIMEOUT: Duration = Duration::from_millis(200);

/// Idle for longer than this, a scanner that sleeps does.
const SLEEP_AFTER: Duration = Duration::from_secs(1);

/// A scanner at work. Dropping it pulls the plug.
#[derive(Debug)]
pub struct SsiScanner {
    orders: mpsc::UnboundedSender<Order>,
    task: JoinHandle<()>,
    record: Record,
    faults: Faults,
}

#[derive(Debug)]
enum Order {
    Scan { code_type: u8, data: Vec<u8>, reply: oneshot::Sender<Outcome> },
    Timeout(Duration),
    Retries(u32),
    Sleeps(bool),
}

impl SsiScanner {
    /// The `DECODE_DATA` types that tests need most.
    pub const CODE_39: u8 = 0x01;
    pub const CODE_128: u8 = 0x03;
    pub const EAN_13: u8 = 0x0B;
    pub const GS1_128: u8 = 0x0F;
    pub const DATA_MATRIX: u8 = 0x1B;
    pub const QR: u8 = 0x1C;

    /// Plugs a scanner in at `link`, at any speed of the host. It waits two seconds for each answer and sends a packet
    /// three times in all.
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug(link: &Path) -> anyhow::Result<Self> {
        Self::plug_with(link, LineSettings::ANY)
    }

    /// As [`Self::plug`], with a speed that the host has to match.
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug_with(link: &Path, settings: LineSettings) -> anyhow::Result<Self> {
        let faults = Faults::none();
        let pty = Pty::plug_with(link, settings, faults.clone())?;
        let (orders, taken) = mpsc::unbounded_channel();
        let record = Record::default();
        let unit = Unit::new(record.clone());
        let task = tokio::spawn(async move {
            // A line that fails is a line that is gone; scans that wait hear of it by their channel.
            let _ = unit.run(&pty, taken).await;
        });
        Ok(Self { orders, task, record, faults })
    }

    /// Scans one code of this type, in as many packets as it takes, and returns when it is clear what becomes of it.
    /// Data `NR` is what a scanner sends that saw nothing.
    ///
    /// # Errors
    /// When the line is broken.
    pub async fn scan(&self, code_type: u8, code: &[u8]) -> anyhow::Result<Outcome> {
        let (reply, outcome) = oneshot::channel();
        self.order(Order::Scan { code_type, data: code.to_vec(), reply })?;
        outcome.await.context("scan: the line has broken")
    }

    /// How long it waits for each answer from now on.
    ///
    /// # Errors
    /// When the line is broken.
    pub fn set_timeout(&self, timeout: Duration) -> anyhow::Result<()> {
        self.order(Order::Timeout(timeout))
    }

    /// How often it sends a packet again from now on.
    ///
    /// # Errors
    /// When the line is broken.
    pub fn set_retries(&self, retries: u32) -> anyhow::Result<()> {
        self.order(Order::Retries(retries))
    }

    /// A scanner that sleeps loses the first byte that comes after a second of silence.
    ///
    /// # Errors
    /// When the line is broken.
    pub fn sleeps(&self, sleeps: bool) -> anyhow::Result<()> {
        self.order(Order::Sleeps(sleeps))
    }

    /// Everything it has heard so far, and its own error beeps.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.record.all()
    }

    /// The faults of its line.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    fn order(&self, order: Order) -> anyhow::Result<()> {
        self.orders.send(order).ok().context("the scanner's line has broken")
    }
}

impl Drop for SsiScanner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The scanner's own state.
#[derive(Debug)]
struct Unit {
    record: Record,
    is_enabled: bool,
    timeout: Duration,
    retries: u32,
    sleeps: bool,
    last_heard: Instant,
    packet: Vec<u8>,
    scan: Option<Scan>,
}

/// A code on its way.
#[derive(Debug)]
struct Scan {
    /// Header and data of each packet, without checksum; the first is the one that waits for its answer.
    packets: VecDeque<Vec<u8>>,
    reply: oneshot::Sender<Outcome>,
    retries_left: u32,
    deadline: Instant,
}

impl Unit {
    fn new(record: Record) -> Self {
        Self {
            record,
            is_enabled: true,
            timeout: Duration::from_secs(2),
            retries: 2,
            sleeps: false,
            last_heard: Instant::now(),
            packet: Vec::new(),
            scan: None,
        }
    }

    async fn run(mut self, pty: &Pty, mut orders: mpsc::UnboundedReceiver<Order>) -> anyhow::Result<()> {
        let mut buffer = [0; 256];
        loop {
            let deadline = self.scan.as_ref().map(|scan| scan.deadline);
            let mut say = Vec::new();
            tokio::select! {
                len = pty.read(&mut buffer) => self.hear(&buffer[..len?], &mut say),
                Some(order) = orders.recv(), if deadline.is_none() => self.obey_order(order, &mut say),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.resend(Outcome::Unanswered, &mut say);
                }
            }
            // One write a packet: a fault that is ordered hits one.
            for packet in say {
                pty.write(&packet).await?;
            }
        }
    }

    fn obey_order(&mut self, order: Order, say: &mut Vec<Vec<u8>>) {
        match order {
            Order::Timeout(timeout) => self.timeout = timeout,
            Order::Retries(retries) => self.retries = retries,
            Order::Sleeps(sleeps) => self.sleeps = sleeps,
            // Who scanned may have given up.
            Order::Scan { reply, .. } if !self.is_enabled => drop(reply.send(Outcome::Disabled)),
            Order::Scan { code_type, data, reply } => {
                let pieces: Vec<&[u8]> = if data.is_empty() { vec![&[]] } else { data.chunks(DATA_LEN_MAX).collect() };
                let last = pieces.len() - 1;
                let packets: VecDeque<Vec<u8>> = pieces
                    .iter()
                    .enumerate()
                    .map(|(place, piece)| {
                        let status = if place < last { MORE_FOLLOW } else { 0 };
                        packet(DECODE_DATA, status, &[&[code_type], *piece].concat())
                    })
                    .collect();
                say.extend(packets.front().map(|packet| checked(packet)));
                let deadline = Instant::now() + self.timeout;
                self.scan = Some(Scan { packets, reply, retries_left: self.retries, deadline });
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], say: &mut Vec<Vec<u8>>) {
        let silence = self.last_heard.elapsed();
        self.last_heard = Instant::now();
        if silence > PACKET_TIMEOUT {
            self.packet.clear();
        }
        let lost = usize::from(self.sleeps && silence > SLEEP_AFTER);
        for byte in &bytes[lost.min(bytes.len())..] {
            // A length below four is no packet: 00 wakes it, the rest is noise.
            if self.packet.is_empty() && *byte < 4 {
                continue;
            }
            self.packet.push(*byte);
            let len = usize::from(self.packet[0]);
            if self.packet.len() == len + 2 {
                let whole = std::mem::take(&mut self.packet);
                match whole.split_last_chunk::<2>() {
                    Some((body, sum)) if checksum(body) == u16::from_be_bytes(*sum) => self.obey(body, say),
                    Some(_) | None => say.push(checked(&packet(CMD_NAK, 0, &[RESEND]))),
                }
            }
        }
    }

    /// Obeys one packet whose checksum is right, at least four bytes long.
    fn obey(&mut self, body: &[u8], say: &mut Vec<Vec<u8>>) {
        let (op, data) = (body[1], &body[4..]);
        let first = data.first().copied().unwrap_or(0);
        let heard = match op {
            CMD_ACK => {
                self.acknowledge(say);
                return self.record.add(Heard::Ack);
            }
            CMD_NAK => {
                self.record.add(Heard::Nak);
                return self.resend(Outcome::Refused, say);
            }
            REQUEST_REVISION => {
                return say.push(checked(&packet(REPLY_REVISION, 0, b"SIM-SSI 1.0")));
            }
            PARAM_REQUEST => {
                // All parameters are zero.
                let values: Vec<u8> = [0xFF].into_iter().chain(data.iter().flat_map(|number| [*number, 0])).collect();
                return say.push(checked(&packet(PARAM_SEND, 0, &values)));
            }
            PARAM_SEND => Heard::Parameters(data.to_vec()),
            FLUSH_QUEUE => Heard::Reset,
            START_SESSION => Heard::TriggerPulled,
            STOP_SESSION => Heard::TriggerReleased,
            BEEP => Heard::Beep(first),
            LED_ON => Heard::Led { is_on: true, mask: first },
            LED_OFF => Heard::Led { is_on: false, mask: first },
            SCAN_ENABLE => {
                self.is_enabled = true;
                Heard::Enabled
            }
            SCAN_DISABLE => {
                self.is_enabled = false;
                Heard::Disabled
            }
            _ => {
                self.record.add(Heard::Unknown(body[1..].to_vec()));
                return say.push(checked(&packet(CMD_NAK, 0, &[BAD_CONTEXT])));
            }
        };
        self.record.add(heard);
        say.push(checked(&packet(CMD_ACK, 0, &[])));
    }

    fn acknowledge(&mut self, say: &mut Vec<Vec<u8>>) {
        let Some(scan) = &mut self.scan else { return };
        scan.packets.pop_front();
        match scan.packets.front() {
            Some(next) => {
                say.push(checked(next));
                scan.retries_left = self.retries;
                scan.deadline = Instant::now() + self.timeout;
            }
            None => self.end(Outcome::Taken),
        }
    }

    /// Sends the packet that waits again; when that was done often enough, gives the code up.
    fn resend(&mut self, or_else: Outcome, say: &mut Vec<Vec<u8>>) {
        let Some(scan) = &mut self.scan else { return };
        match (scan.packets.front_mut(), scan.retries_left.checked_sub(1)) {
            (Some(waiting), Some(left)) => {
                waiting[3] |= RETRANSMIT;
                say.push(checked(waiting));
                scan.retries_left = left;
                scan.deadline = Instant::now() + self.timeout;
            }
            (None, _) | (_, None) => {
                self.record.add(Heard::ErrorBeep);
                self.end(or_else);
            }
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(scan) = self.scan.take() {
            let _ = scan.reply.send(outcome);
        }
    }
}
