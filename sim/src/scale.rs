//! A scale that speaks MT-SICS on a serial line.
//!
//! Owns the load on its pan, how it settles after a change, and the command table. The replies follow the makers' command
//! reference, not the agent's decoder: a mistake made in one must not be repeated in the other. Must not know bins.
//!
//! ```text
//!             set_grams
//!  ┌────────┐ ─────────► ┌─────────┐
//!  │ stable │            │ dynamic │  `S D`, wobbling less with every reply
//!  └────────┘ ◄───────── └─────────┘
//!    `S S`     after n replies
//! ```
//! Settling is counted in replies, not in seconds, so that a test sees the same answers however slow the machine is.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::pty::Pty;
use crate::random::Random;

/// Longer than any command; a host that sends more without a line end is cut.
const COMMAND_LEN_MAX: usize = 64;

/// A scale, plugged in or not. Dropping it pulls the plug.
#[derive(Debug)]
pub struct MtSicsScale {
    pan: Arc<Mutex<Pan>>,
    line: Option<Line>,
}

/// The scale's mechanics: no line, no task, so that its answers can be tested as a function.
#[derive(Debug)]
struct Pan {
    random: Random,
    serial: String,
    /// What is displayed for 1 in the last place, in grams.
    division: f64,
    /// What lies on it, and what lay on it before the last change, in grams.
    load: f64,
    load_before: f64,
    zero: f64,
    tare: f64,
    /// Replies until it is stable, and how many a change takes.
    unsettled: u32,
    settling_replies: u32,
    range: Range,
    silent: bool,
    polls: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    Within,
    Over,
    Under,
}

#[derive(Debug)]
struct Line {
    task: JoinHandle<()>,
    unasked: mpsc::UnboundedSender<String>,
}

impl MtSicsScale {
    /// Plugs an empty scale in at `link`: 0.1 g division, six replies to settle, noise from `seed`.
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug(link: &Path, seed: u64) -> anyhow::Result<Self> {
        let pan = Pan {
            random: Random::seeded(seed),
            serial: format!("B{:09}", seed % 1_000_000_000),
            division: 0.1,
            load: 0.0,
            load_before: 0.0,
            zero: 0.0,
            tare: 0.0,
            unsettled: 0,
            settling_replies: 6,
            range: Range::Within,
            silent: false,
            polls: 0,
        };
        let pan = Arc::new(Mutex::new(pan));
        let line = Some(Line::plug(link, Arc::clone(&pan))?);
        Ok(Self { pan, line })
    }

    /// The load as it is now, in grams; ends an overload or underload. The next replies are dynamic until it settles.
    pub fn set_grams(&self, grams: f64) {
        let mut pan = self.pan();
        pan.load_before = pan.load;
        pan.load = grams;
        pan.range = Range::Within;
        pan.unsettled = pan.settling_replies;
    }

    /// How many replies a change takes to settle, from the next change on; 0 is stable at once.
    pub fn set_settling_replies(&self, replies: u32) {
        self.pan().settling_replies = replies;
    }

    /// One step of the last digit in grams, say 0.1, 1 or 0.05.
    pub fn set_division(&self, grams: f64) {
        self.pan().division = grams;
    }

    /// More on it than it can weigh, until the next [`Self::set_grams`].
    pub fn overload(&self) {
        self.pan().range = Range::Over;
    }

    /// The pan has come off, until the next [`Self::set_grams`].
    pub fn underload(&self) {
        self.pan().range = Range::Under;
    }

    /// Switched on or off: a silent scale hears nothing and says nothing, while its adapter stays plugged in.
    pub fn silent(&self, silent: bool) {
        self.pan().silent = silent;
    }

    /// Power comes back after a cut: what lies on it becomes its zero, the tare is forgotten, it is silent no longer and
    /// says its serial number unasked.
    pub fn restart(&self) {
        let greeting = self.pan().restart();
        if let Some(line) = &self.line {
            // The task may have ended with its line; then nobody is there to be greeted.
            let _ = line.unasked.send(greeting);
        }
    }

    /// How many times a weight was asked for and answered, in all its plugs.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.pan().polls
    }

    /// Pulls the plug; returns when the line is gone.
    pub async fn unplug(&mut self) {
        if let Some(line) = self.line.take() {
            line.unplug().await;
        }
    }

    /// Plugs it in again, maybe at another name. The load stays; the scale itself was never without power.
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub async fn replug(&mut self, link: &Path) -> anyhow::Result<()> {
        self.unplug().await;
        self.line = Some(Line::plug(link, Arc::clone(&self.pan))?);
        Ok(())
    }

    fn pan(&self) -> MutexGuard<'_, Pan> {
        lock(&self.pan)
    }
}

impl Drop for MtSicsScale {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.task.abort();
        }
    }
}

impl Line {
    fn plug(link: &Path, pan: Arc<Mutex<Pan>>) -> anyhow::Result<Self> {
        let pty = Pty::plug(link)?;
        let (unasked, greetings) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            // A line that fails is a line that is gone: the host sees end of file, as with a broken cable.
            let _ = serve(&pty, &pan, greetings).await;
        });
        Ok(Self { task, unasked })
    }

    async fn unplug(self) {
        self.task.abort();
        // The terminal belongs to the task; it is closed once the task has ended, and it ends cancelled.
        let _ = self.task.await;
    }
}

/// Answers commands until the line breaks. One command, one reply, in order.
async fn serve(pty: &Pty, pan: &Mutex<Pan>, mut greetings: mpsc::UnboundedReceiver<String>) -> anyhow::Result<()> {
    let mut command = Vec::new();
    let mut buffer = [0; 256];
    loop {
        let len = tokio::select! {
            len = pty.read(&mut buffer) => len?,
            Some(greeting) = greetings.recv() => {
                pty.write(greeting.as_bytes()).await?;
                continue;
            }
        };
        for &byte in &buffer[..len] {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut command);
                    let reply = lock(pan).answer(String::from_utf8_lossy(&line).trim_end_matches('\r'));
                    if let Some(reply) = reply {
                        pty.write(reply.as_bytes()).await?;
                    }
                }
                _ if command.len() < COMMAND_LEN_MAX => command.push(byte),
                _ => {}
            }
        }
    }
}

impl Pan {
    /// The reply to one command, with its CRLF; `None` from a scale that is silent.
    fn answer(&mut self, command: &str) -> Option<String> {
        if self.silent {
            return None;
        }
        let reply = match command {
            "SI" => self.weigh(),
            // It would wait for stability and give up: the host sees the giving up.
            "S" if self.unsettled > 0 && self.range == Range::Within => {
                self.settle();
                self.polls += 1;
                "S I".to_owned()
            }
            "S" => self.weigh(),
            "Z" => self.when_settled("Z", |pan| {
                pan.zero = pan.load;
                "Z A".to_owned()
            }),
            "T" => self.when_settled("T", |pan| {
                pan.tare = pan.load - pan.zero;
                format!("T S {} g", pan.displayed(pan.tare))
            }),
            "TAC" => {
                self.tare = 0.0;
                "TAC A".to_owned()
            }
            "@" => {
                self.tare = 0.0;
                self.identity()
            }
            "I4" => self.identity(),
            "I2" => "I2 A \"SIM Scale 6000.0 g\"".to_owned(),
            _ => "ES".to_owned(),
        };
        Some(reply + "\r\n")
    }

    fn restart(&mut self) -> String {
        self.zero = self.load;
        self.tare = 0.0;
        self.unsettled = 0;
        self.silent = false;
        self.identity() + "\r\n"
    }

    fn weigh(&mut self) -> String {
        self.polls += 1;
        match self.range {
            Range::Over => return "S +".to_owned(),
            Range::Under => return "S -".to_owned(),
            Range::Within => {}
        }
        let (state, grams) = if self.unsettled > 0 {
            // The weight has mostly arrived with the first reply and swings around it, a little less each time.
            let left = f64::from(self.unsettled) / f64::from(self.settling_replies.max(1));
            let swing = (self.load - self.load_before) * 0.3 * left * left * self.random.normal().clamp(-2.0, 2.0);
            self.settle();
            ("D", self.load + swing)
        } else {
            // A quarter of a division of noise: the last digit flickers only where the load lies between two steps.
            ("S", self.load + 0.25 * self.division * self.random.normal().clamp(-1.9, 1.9))
        };
        format!("S {state} {} g", self.displayed(grams - self.zero - self.tare))
    }

    fn when_settled(&mut self, name: &str, act: impl FnOnce(&mut Self) -> String) -> String {
        match self.range {
            Range::Over => format!("{name} +"),
            Range::Under => format!("{name} -"),
            Range::Within if self.unsettled > 0 => {
                self.settle();
                format!("{name} I")
            }
            Range::Within => act(self),
        }
    }

    const fn settle(&mut self) {
        self.unsettled = self.unsettled.saturating_sub(1);
    }

    fn identity(&self) -> String {
        format!("I4 A \"{}\"", self.serial)
    }

    /// Ten characters, right-aligned, rounded to the division. A zero has no sign.
    fn displayed(&self, grams: f64) -> String {
        let steps = (grams / self.division).round();
        let shown = if steps == 0.0 { 0.0 } else { steps * self.division };
        format!("{shown:>10.decimals$}", decimals = decimals(self.division))
    }
}

/// How many decimals a division needs: 0.1 one, 0.05 two, 5 none.
fn decimals(division: f64) -> usize {
    (0..9)
        .find(|decimals| {
            let scaled = division * 10_f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6 && scaled >= 0.5
        })
        .map_or(9, |decimals| usize::try_from(decimals).unwrap_or(9))
}

/// A panic in a test thread must not turn into a second one in the scale.
fn lock(pan: &Mutex<Pan>) -> MutexGuard<'_, Pan> {
    pan.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
