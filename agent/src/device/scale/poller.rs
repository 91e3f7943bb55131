//! When to ask a scale, and when its silence means something.
//!
//! Owns the dialogue: what opens it, then one question in flight, for ever. A scale that speaks by itself is not asked,
//! but its silence is watched all the same. Time is an argument: the time since any fixed start. Must not know the line
//! or the protocol: the shell sends what [`Poller::poll`] hands out. One poller lives as long as one opening of the
//! port.
//!
//! ```text
//!  asked:   open ──► opening ──answer or time-out──► idle ──interval──► asking ──answer──► idle
//!                 (if it is answered)                 ▲
//!                                                     └────time-out: missed + 1; the third in a row is a silence
//!  unasked: open ──► listening ──report──► listening; as long without one as three time-outs is a silence
//! ```

use std::time::Duration;

use super::{
    protocol::Asking,
    report::{Fault, Report},
};
use crate::device::{
    mass::MassUnit,
    reading::{Cause, Reading},
};

/// One lost reply is line noise; three are a scale that is off, unplugged behind its adapter, or set to another speed.
const MISSED_MAX: u32 = 3;

/// What the shell is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    /// Write these bytes, then poll again.
    Send(Vec<u8>),
    /// Pass this reading on, then poll again.
    Report(Reading),
    /// Nothing until then, unless a report comes first.
    Wait(Duration),
}

#[derive(Debug, Clone)]
pub struct Poller {
    asking: Asking,
    interval: Duration,
    reply_timeout: Duration,
    state: State,
    missed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opened,
    Opening {
        sent: Duration,
    },
    Asking {
        sent: Duration,
    },
    Idle {
        next: Duration,
    },
    /// `None`: a report has just come, or the line has just opened.
    Listening {
        since: Option<Duration>,
        is_reported: bool,
    },
}

impl Poller {
    /// `interval`: from one question to the next, at least 100 ms for the slowest makes (KERN); `reply_timeout`: how
    /// long a reply may take, 1 s is ample at 9600 baud. A scale that speaks by itself may be silent for three of them.
    #[must_use]
    pub const fn new(asking: Asking, interval: Duration, reply_timeout: Duration) -> Self {
        Self { asking, interval, reply_timeout, state: State::Opened, missed: 0 }
    }

    /// The next thing to do at `now`. Call until it says [`Poll::Wait`], and again after each report.
    pub fn poll(&mut self, now: Duration) -> Poll {
        match self.state {
            State::Opened => self.open(now),
            State::Opening { sent } | State::Asking { sent } if now < sent + self.reply_timeout => {
                Poll::Wait(sent + self.reply_timeout)
            }
            // Some makes do not know what opens the dialogue and stay mute: that says nothing about the level.
            State::Opening { sent } => {
                self.rest(sent);
                self.poll(now)
            }
            State::Asking { sent } => {
                self.rest(sent);
                self.missed = self.missed.saturating_add(1);
                if self.missed == MISSED_MAX { Poll::Report(Reading::Unknown(Cause::Silent)) } else { self.poll(now) }
            }
            State::Idle { next } if now < next => Poll::Wait(next),
            State::Idle { .. } => {
                self.state = State::Asking { sent: now };
                Poll::Send(self.asking.ask.clone())
            }
            State::Listening { since, is_reported } => self.listen(since.unwrap_or(now), is_reported, now),
        }
    }

    /// Takes a report and says what it means for the level; `assumed`: the unit of a weight that has none. What speaks
    /// of the level ends a silence, also when it comes too late.
    pub fn handle_report(&mut self, report: &Report, assumed: Option<MassUnit>) -> Option<Reading> {
        let is_answer = report.speaks_of_level();
        match self.state {
            State::Opening { sent } => {
                // A running stream goes on until the opening has reached the scale. A scale that does not know the
                // opening says so, and that is nothing about the level.
                let is_misunderstood = report.error.is_some_and(Fault::is_misunderstanding);
                if is_misunderstood || !is_answer {
                    self.rest(sent);
                    return None;
                }
            }
            // An acknowledgement is not what was asked for: Radwag's `S A` comes before the weight, A&D's second one
            // maybe after the next question.
            State::Asking { sent } if is_answer => self.rest(sent),
            State::Asking { .. } | State::Opened | State::Idle { .. } | State::Listening { .. } => {}
        }
        // Nobody asked for the serial number: the scale has just been switched on, and may have zeroed itself.
        let has_started = report.serial.is_some() && self.state != State::Opened;
        if is_answer || has_started {
            self.missed = 0;
            if matches!(self.state, State::Listening { .. }) {
                self.state = State::LISTENING;
            }
        }
        if has_started { Some(Reading::Online(true)) } else { report.reading(assumed) }
    }

    fn open(&mut self, now: Duration) -> Poll {
        self.state = if self.asking.open_is_answered {
            State::Opening { sent: now }
        } else if self.asking.ask.is_empty() {
            State::LISTENING
        } else if self.asking.open.is_empty() {
            State::Idle { next: now }
        } else {
            State::Idle { next: now + self.interval }
        };
        if self.asking.open.is_empty() { self.poll(now) } else { Poll::Send(self.asking.open.to_vec()) }
    }

    fn listen(&mut self, since: Duration, is_reported: bool, now: Duration) -> Poll {
        let silent_after = self.reply_timeout * MISSED_MAX;
        let is_silent = now >= since + silent_after;
        self.state = State::Listening { since: Some(since), is_reported: is_reported || is_silent };
        match (is_silent, is_reported) {
            (true, false) => Poll::Report(Reading::Unknown(Cause::Silent)),
            (true, true) => Poll::Wait(now + silent_after),
            (false, _) => Poll::Wait(since + silent_after),
        }
    }

    fn rest(&mut self, sent: Duration) {
        let is_asked = !self.asking.ask.is_empty();
        self.state = if is_asked { State::Idle { next: sent + self.interval } } else { State::LISTENING };
    }
}

impl State {
    const LISTENING: Self = Self::Listening { since: None, is_reported: false };
}

#[cfg(test)]
mod tests;
