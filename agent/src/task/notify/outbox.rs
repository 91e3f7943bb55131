//! What one destination has still to be told: which alarm goes out next, and what an answer means. Pure: the loop owns
//! the socket and the clock.
//!
//! ```text
//!            poll: Send                      handle: Taken
//!   Ready ──────────────▶ InFlight ─────────────────────────▶ Ready       settled through it
//!     ▲                    │  │  └─ Gone ───────────────────▶ Closed      until the next start
//!     │  wait is over      │  └──── Refused too often: set aside, settled through it ─┐
//!   BackingOff ◀───────────┴──────────────────────────────────────────────────────────┘
//!              no answer, busy, refused
//! ```
//!
//! One alarm is in the air at a time, so a destination hears them in their order. Their owner has them all on disk and
//! keeps [`Progress::through`]: what was neither delivered nor set aside when the agent stopped is handed in again.
//! So every alarm arrives at least once, and its id tells a repetition.
//!
//! Times are monotonic, measured from any fixed start.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use gateway_proto::{backoff::Backoff, limits::RETRY_AFTER_MAX};

use crate::{
    movement::rules::{Alarm, Subject},
    receiver::{
        Answer,
        progress::{Closed, Progress, REFUSALS_MAX, Trouble},
    },
};

/// Alarms that wait for one destination. A broker that goes away makes one for every bin, ten thousand on a large
/// site; all destinations share the alarms, of half a kilobyte each.
pub const QUEUE_MAX: usize = 16_384;

/// One destination's queue.
#[derive(Debug)]
pub struct Outbox {
    /// The alarm that is in the air, or will be tried again.
    current: Option<Arc<Alarm>>,
    queue: VecDeque<Arc<Alarm>>,
    /// How many of each subject are in `queue`.
    queued: HashMap<Subject, u32>,
    /// The newest alarm that was handed in.
    newest: u64,
    phase: Phase,
    backoff: Backoff,
    /// How often `current` was refused.
    refusals: u32,
    progress: Progress,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Send(Arc<Alarm>),
    /// Nothing before this time.
    Wait(Duration),
    /// Nothing until an alarm is handed in or an answer comes.
    Idle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ready,
    InFlight,
    BackingOff(Duration),
    Closed,
}

impl Outbox {
    /// Of a destination where everything up to the alarm `through` is settled.
    #[must_use]
    pub fn new(through: u64, backoff: Backoff) -> Self {
        Self {
            current: None,
            queue: VecDeque::new(),
            queued: HashMap::new(),
            newest: through,
            phase: Phase::Ready,
            backoff,
            refusals: 0,
            progress: Progress { through, ..Progress::default() },
        }
    }

    /// Takes an alarm to send. One that was handed in before is passed over. A full queue gives up an old alarm.
    pub fn handle_alarm(&mut self, alarm: &Arc<Alarm>) {
        if alarm.id <= self.newest {
            return;
        }
        self.newest = alarm.id;
        if self.phase == Phase::Closed {
            self.progress.dropped = self.progress.dropped.saturating_add(1);
            return;
        }
        if self.queue.len() >= QUEUE_MAX {
            self.drop_one();
        }
        *self.queued.entry(alarm.subject.clone()).or_insert(0) += 1;
        self.queue.push_back(alarm.clone());
    }

    /// Takes an alarm that this destination does not ask for.
    pub fn handle_unwanted(&mut self, id: u64) {
        self.newest = self.newest.max(id);
        self.settle_idle();
    }

    /// What to do at `now`.
    pub fn poll(&mut self, now: Duration) -> Step {
        match self.phase {
            Phase::InFlight | Phase::Closed => return Step::Idle,
            Phase::BackingOff(until) if now < until => return Step::Wait(until),
            Phase::BackingOff(_) | Phase::Ready => {}
        }
        self.phase = Phase::Ready;
        if self.current.is_none() {
            self.current = self.next();
        }
        let Some(alarm) = &self.current else { return Step::Idle };
        self.phase = Phase::InFlight;
        Step::Send(alarm.clone())
    }

    /// Takes how the attempt ended that is in the air.
    pub fn handle_answer(&mut self, now: Duration, answer: Answer) {
        if self.phase != Phase::InFlight {
            return;
        }
        match answer {
            Answer::Taken => {
                self.backoff.succeeded();
                self.progress.delivered = self.progress.delivered.saturating_add(1);
                self.progress.trouble = None;
                self.phase = Phase::Ready;
                self.settle_current();
            }
            Answer::Refused { why } => {
                self.fail(now, why, Duration::ZERO);
                self.refusals = self.refusals.saturating_add(1);
                if self.refusals >= REFUSALS_MAX {
                    self.progress.set_aside = self.progress.set_aside.saturating_add(1);
                    self.settle_current();
                }
            }
            Answer::Failed { why, retry_after } => {
                self.fail(now, why, retry_after.unwrap_or_default().min(RETRY_AFTER_MAX));
            }
            Answer::Gone => self.close(now),
        }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let waiting = self.queue.len() + usize::from(self.current.is_some());
        Progress { waiting, ..self.progress.clone() }
    }

    fn fail(&mut self, now: Duration, why: String, floor: Duration) {
        self.phase = Phase::BackingOff(now.saturating_add(self.backoff.failed(floor)));
        let since = self.progress.trouble.as_ref().map_or(now, |trouble| trouble.since);
        self.progress.trouble = Some(Trouble { why, since, closed: Closed::No });
    }

    /// What is undelivered stays unsettled: after a restart the destination is asked once more.
    fn close(&mut self, now: Duration) {
        let why = "answers that it is gone (HTTP 410) and is not tried again; take it out of the site's file, or mend \
                   it and restart the agent";
        self.phase = Phase::Closed;
        self.progress.trouble = Some(Trouble { why: why.to_owned(), since: now, closed: Closed::UntilRestart });
        let lost = self.queue.len() as u64 + u64::from(self.current.is_some());
        self.progress.dropped = self.progress.dropped.saturating_add(lost);
        self.current = None;
        self.queue.clear();
        self.queued.clear();
    }

    fn settle_current(&mut self) {
        self.refusals = 0;
        if let Some(alarm) = self.current.take() {
            self.progress.through = self.progress.through.max(alarm.id);
        }
        self.settle_idle();
    }

    /// With nothing left to send, what was not wanted is settled as well.
    fn settle_idle(&mut self) {
        if self.current.is_none() && self.queue.is_empty() && self.phase != Phase::Closed {
            self.progress.through = self.newest;
        }
    }

    fn next(&mut self) -> Option<Arc<Alarm>> {
        let alarm = self.queue.pop_front()?;
        self.uncount(&alarm.subject);
        Some(alarm)
    }

    /// Gives up the oldest alarm that a later one of the same subject has overtaken; where there is none, the oldest.
    fn drop_one(&mut self) {
        let overtaken = if self.queued.len() < self.queue.len() {
            self.queue.iter().position(|alarm| self.queued.get(&alarm.subject).is_some_and(|&count| count > 1))
        } else {
            None
        };
        if let Some(alarm) = self.queue.remove(overtaken.unwrap_or(0)) {
            self.uncount(&alarm.subject);
            self.progress.dropped = self.progress.dropped.saturating_add(1);
        }
    }

    fn uncount(&mut self, subject: &Subject) {
        if let Some(count) = self.queued.get_mut(subject) {
            *count -= 1;
            if *count == 0 {
                self.queued.remove(subject);
            }
        }
    }
}

#[cfg(test)]
mod tests;
