//! A scanner that sends its codes as text and heeds what its host sends back.
//!
//! Owns three makers' manners: Zebra's standard RS-232 host with ACK/NAK and ENQ, Honeywell's menu commands,
//! Datalogic's single letters. Sources: their product reference guides. What it hears is recorded, whether it obeys it
//! or not.
//!
//! ```text
//!          scan                      06, or no answer wanted
//!  idle ─────────► sent, waits ──────────────────────────────► idle
//!                   │   ▲   │ 15                 time-out
//!                   │   └───┘ up to three times  ────────────► error beep, idle
//!                   └─ Datalogic: waits for as long as it takes
//! ```

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::Suffix;
use super::heard::{Heard, Outcome, Record};
use super::menu::Menu;
use crate::pty::{Faults, LineSettings, Pty};

const BEL: u8 = 0x07;
const ENQ: u8 = 0x05;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
const CAN: u8 = 0x18;
const XON: u8 = 0x11;
const XOFF: u8 = 0x13;

/// A refused scan is sent again so many times.
const RETRIES: u32 = 3;

/// Whose scanner it is and how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    maker: Maker,
    wants_answer: bool,
    wants_enquiry: bool,
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    Zebra,
    Honeywell,
    Datalogic,
}

impl Manners {
    /// Zebra's standard host as from the factory: no answer is wanted, a BEL beeps.
    pub const ZEBRA: Self = Self::of(Maker::Zebra);
    /// Honeywell's menu and trigger commands.
    pub const HONEYWELL: Self = Self::of(Maker::Honeywell);
    /// Datalogic's letters.
    pub const DATALOGIC: Self = Self::of(Maker::Datalogic);

    const fn of(maker: Maker) -> Self {
        Self { maker, wants_answer: false, wants_enquiry: false, timeout: Duration::from_secs(2) }
    }

    /// Every scan has to be answered with ACK or NAK.
    #[must_use]
    pub const fn ack_nak(self) -> Self {
        Self { wants_answer: true, ..self }
    }

    /// A scan waits for an ENQ before it is sent.
    #[must_use]
    pub const fn enq(self) -> Self {
        Self { wants_enquiry: true, ..self }
    }

    /// How long it waits for the host; two seconds from the factory.
    #[must_use]
    pub const fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

/// A scanner at work. Dropping it pulls the plug.
#[derive(Debug)]
pub struct ListeningScanner {
    jobs: mpsc::UnboundedSender<Job>,
    task: JoinHandle<()>,
    record: Record,
    suffix: Suffix,
    aim: String,
    faults: Faults,
}

#[derive(Debug)]
struct Job {
    frame: Vec<u8>,
    reply: oneshot::Sender<Outcome>,
}

impl ListeningScanner {
    /// Plugs a scanner in at `link`, at any speed of the host. It sends no AIM identifier, see [`Self::aim`].
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug(link: &Path, suffix: Suffix, manners: Manners) -> anyhow::Result<Self> {
        Self::plug_with(link, suffix, manners, LineSettings::ANY)
    }

    /// As [`Self::plug`], with a speed that the host has to match.
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug_with(link: &Path, suffix: Suffix, manners: Manners, settings: LineSettings) -> anyhow::Result<Self> {
        let faults = Faults::none();
        let pty = Pty::plug_with(link, settings, faults.clone())?;
        let (jobs, taken) = mpsc::unbounded_channel();
        let record = Record::default();
        let unit = Unit::new(manners, record.clone());
        let task = tokio::spawn(async move {
            // A line that fails is a line that is gone; scans that wait hear of it by their channel.
            let _ = unit.run(&pty, taken).await;
        });
        Ok(Self { jobs, task, record, suffix, aim: String::new(), faults })
    }

    /// Sends this AIM identifier before each code from now on.
    pub fn aim(&mut self, aim: &str) {
        aim.clone_into(&mut self.aim);
    }

    /// Scans one code, and returns when it is clear what becomes of it.
    ///
    /// # Errors
    /// When the line is broken.
    pub async fn scan(&self, code: &str) -> anyhow::Result<Outcome> {
        let (before, after) = self.suffix.around();
        let frame = format!("{before}{}{code}{after}", self.aim).into_bytes();
        let (reply, outcome) = oneshot::channel();
        self.jobs.send(Job { frame, reply }).ok().context("scan: the scanner is not plugged in")?;
        outcome.await.context("scan: the line has broken")
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
}

impl Drop for ListeningScanner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The scanner's own state.
#[derive(Debug)]
struct Unit {
    manners: Manners,
    record: Record,
    is_enabled: bool,
    /// An XOFF holds it.
    is_held: bool,
    /// A scan that is not finished. Datalogic's stays here, without its reply, until the host answers.
    scan: Option<Scan>,
    menu: Menu,
}

#[derive(Debug)]
struct Scan {
    frame: Vec<u8>,
    reply: Option<oneshot::Sender<Outcome>>,
    is_sent: bool,
    tries_left: u32,
    deadline: Instant,
}

impl Unit {
    const fn new(manners: Manners, record: Record) -> Self {
        Self { manners, record, is_enabled: true, is_held: false, scan: None, menu: Menu::Closed }
    }

    async fn run(mut self, pty: &Pty, mut jobs: mpsc::UnboundedReceiver<Job>) -> anyhow::Result<()> {
        let mut buffer = [0; 256];
        loop {
            let deadline = self.scan.as_ref().filter(|scan| scan.reply.is_some()).map(|scan| scan.deadline);
            let mut say = Vec::new();
            tokio::select! {
                len = pty.read(&mut buffer) => buffer[..len?].iter().for_each(|byte| self.hear(*byte, &mut say)),
                Some(job) = jobs.recv(), if deadline.is_none() && !self.is_held => self.begin(job, &mut say),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => self.time_out(),
            }
            if !say.is_empty() {
                pty.write(&say).await?;
            }
        }
    }

    fn begin(&mut self, job: Job, say: &mut Vec<u8>) {
        let outcome = match (self.is_enabled, &self.scan) {
            (false, _) => Outcome::Disabled,
            (true, Some(_)) => Outcome::Blocked,
            (true, None) if !self.manners.wants_enquiry && !self.manners.wants_answer => {
                say.extend(&job.frame);
                Outcome::Sent
            }
            (true, None) => {
                let is_sent = !self.manners.wants_enquiry;
                if is_sent {
                    say.extend(&job.frame);
                }
                let deadline = Instant::now() + self.manners.timeout;
                let (frame, reply) = (job.frame, Some(job.reply));
                self.scan = Some(Scan { frame, reply, is_sent, tries_left: RETRIES, deadline });
                return;
            }
        };
        // Who scanned may have given up.
        let _ = job.reply.send(outcome);
    }

    fn hear(&mut self, byte: u8, say: &mut Vec<u8>) {
        if self.manners.maker == Maker::Honeywell && self.menu.hear(byte, &self.record, say) {
            return;
        }
        let is_datalogic = self.manners.maker == Maker::Datalogic;
        let heard = match byte {
            ACK => {
                self.end(Outcome::Taken);
                Heard::Ack
            }
            NAK => {
                self.refuse(say);
                Heard::Nak
            }
            ENQ => {
                self.enquire(say);
                Heard::Enquiry
            }
            BEL => Heard::Bell,
            CAN => Heard::Cancel,
            XON => {
                self.is_held = false;
                Heard::Released
            }
            XOFF => {
                self.is_held = true;
                Heard::Held
            }
            b'E' if is_datalogic => {
                self.is_enabled = true;
                Heard::Enabled
            }
            b'D' if is_datalogic => {
                self.is_enabled = false;
                Heard::Disabled
            }
            b'R' if is_datalogic => {
                self.is_enabled = true;
                self.scan = None;
                Heard::Reset
            }
            b'B' if is_datalogic => Heard::Beep(0),
            0x01 if is_datalogic => Heard::Beep(1),
            _ => Heard::Unknown(vec![byte]),
        };
        self.record.add(heard);
    }

    fn enquire(&mut self, say: &mut Vec<u8>) {
        let Some(scan) = &mut self.scan else { return };
        if !scan.is_sent {
            scan.is_sent = true;
            scan.deadline = Instant::now() + self.manners.timeout;
            say.extend(&scan.frame);
            if !self.manners.wants_answer {
                self.end(Outcome::Sent);
            }
        }
    }

    fn refuse(&mut self, say: &mut Vec<u8>) {
        match &mut self.scan {
            Some(scan) if scan.is_sent && scan.tries_left > 0 => {
                scan.tries_left -= 1;
                scan.deadline = Instant::now() + self.manners.timeout;
                say.extend(&scan.frame);
            }
            Some(_) => {
                self.record.add(Heard::ErrorBeep);
                self.end(Outcome::Refused);
            }
            None => {}
        }
    }

    fn time_out(&mut self) {
        if self.manners.maker == Maker::Datalogic {
            // It reads nothing more until the host answers; only who scanned is told.
            if let Some(reply) = self.scan.as_mut().and_then(|scan| scan.reply.take()) {
                let _ = reply.send(Outcome::Unanswered);
            }
        } else {
            self.record.add(Heard::ErrorBeep);
            self.end(Outcome::Unanswered);
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(reply) = self.scan.take().and_then(|scan| scan.reply) {
            let _ = reply.send(outcome);
        }
    }
}
