//! A station's session: what a technician scans becomes acts, counts and plain words about what comes next.
//!
//! Owns the state between two scans. A pure function of (state, token, now): no clock, no ledger, and no knowledge of
//! scales; what becomes of an act at a bin on a scale is decided elsewhere. The slots (who, what to do, where, where to,
//! which part, how many, what for, why) may be filled in any order that makes sense; an act is said at once when its mode
//! has what it needs. A mode, a badge, a reference and a place hold until they are changed; a quantity, a lot, a serial
//! number and a reason are for one act.
//!
//! ```text
//!                   ┌───────────────────────── left alone, or BW:CANCEL ─────────────────────────┐
//!                   ▼                                                                            │
//!  Idle ──badge, mode, place, part in any order──▶ NeedsBadge · NeedsMode · NeedsPlace · NeedsTarget · NeedsPart ·
//!   ▲                                              NeedsLot · NeedsSerial
//!   │ BW:DONE                                          │ the last need is filled: the act is said
//!   │                                                  ▼
//!   └───────────────────────────────────────────── Booked ──same part: one more──▶ Booked ──BW:QTY:n──▶ NeedsPart
//!
//!  BW:COUNT and a place ──▶ Counting ──part, BW:QTY:n, BW:EMPTY──▶ Counted ──BW:DONE, next place──▶ lines are said
//! ```
//!
//! [`codes`] the site's lists · [`mode`] what a scan does · [`token`] what a scan says · [`hear`] scan → token ·
//! [`refusal`] why not · [`output`] what comes of it · [`sight`] what it shows · `pair` and `slots` what holds · `state` all that is remembered · `booking`
//! acts · `count` counts · `step` token by token · [`phase`] where it stands

pub mod codes;
pub mod hear;
pub mod mode;
pub mod output;
pub mod phase;
pub mod refusal;
pub mod sight;
pub mod token;

mod booking;
mod count;
mod pair;
mod slots;
mod state;
mod step;

use std::time::Duration;

use gateway_proto::name::Text;
use serde::{Deserialize, Serialize};

pub use codes::{Codes, ExpectedLine, Known, Tracking};
pub use hear::hear;
pub use mode::{Mode, Task};
pub use output::{Badge, CountLine, DropCause, Dropped, Found, IDLE, Output, Stamp, Station, Unfinished};
pub use phase::Phase;
pub use refusal::Refusal;
pub use token::{Acquaintance, Part, Token};

use super::said::ActId;
use state::{State, Turn};

/// How much longer a count waits than anything else: counting takes hands and eyes, and no scan tells of it.
const COUNT_PATIENCE: u32 = 10;

/// A station's session.
#[derive(Debug)]
pub struct Session {
    station: Station,
    state: State,
    /// When the station was last touched.
    touched: Duration,
    /// What was recorded last, and the state before it.
    before: Option<Before>,
}

/// What a session is put back to when what came of a token could not be recorded.
#[derive(Debug)]
struct Before {
    acts: Vec<ActId>,
    what: Recorded,
    state: State,
    since: Since,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    Said,
    Restated,
    Withdrawn,
    Counted,
}

/// Whether a token was taken since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Nothing,
    Tokens,
}

/// A session as it outlives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    state: State,
    /// How long the station would still have waited.
    left: Duration,
}

impl Session {
    #[must_use]
    pub fn new(station: Station) -> Self {
        Self { station, state: State::default(), touched: Duration::ZERO, before: None }
    }

    /// The session of before a restart, at `now` of the new life; `away` is how long nobody listened.
    #[must_use]
    pub fn restore(station: Station, snapshot: Snapshot, now: Duration, away: Duration) -> Self {
        let mut this = Self { station, state: snapshot.state, touched: now, before: None };
        if snapshot.left <= away {
            this.state.forget();
        }
        this
    }

    /// What has to be kept for [`Self::restore`].
    #[must_use]
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        let left = self.next_tick().map_or(Duration::ZERO, |at| at.saturating_sub(now));
        Snapshot { state: self.state.clone(), left }
    }

    #[must_use]
    pub fn station(&self) -> &Station {
        &self.station
    }

    #[must_use]
    pub fn phase(&self) -> Phase {
        self.state.phase(&self.station)
    }

    /// What comes next, in plain words.
    #[must_use]
    pub fn expecting(&self) -> String {
        self.state.expecting(&self.station)
    }

    /// Who is at the station, by badge.
    #[must_use]
    pub fn operator(&self) -> Option<&Text> {
        self.state.slots.operator.as_ref().map(|operator| &operator.id)
    }

    /// Takes what was heard at `now` (monotonic). `next_act` gives out the numbers of acts and counts, each once. All
    /// outputs of one token are to be recorded together or not at all.
    pub fn handle(
        &mut self,
        now: Duration,
        stamp: &Stamp,
        token: Token,
        next_act: &mut dyn FnMut() -> ActId,
    ) -> Vec<Output> {
        let mut out = self.fall_back(now);
        self.touched = now;
        let before = self.state.clone();
        let mut turn = Turn { station: &self.station, now, stamp, next_act, out: Vec::new(), note: None };
        match self.state.step(token, &mut turn) {
            Ok(()) => {
                let Turn { out: mut came, note, .. } = turn;
                self.keep(before, &came);
                out.append(&mut came);
                let next = self.expecting();
                out.push(Output::Expecting(note.map_or(next.clone(), |note| format!("{note}. {next}"))));
            }
            Err(refusal) => {
                self.state = before;
                out.push(Output::Refused(refusal));
            }
        }
        out
    }

    /// A scan that could not be heard: the technician is there all the same.
    pub fn handle_unheard(&mut self, now: Duration, refusal: Refusal) -> Vec<Output> {
        let mut out = self.fall_back(now);
        self.touched = now;
        out.push(Output::Refused(refusal));
        out
    }

    /// Falls back to the usual when the station was left alone; empty when there is nothing to tell.
    pub fn tick(&mut self, now: Duration) -> Vec<Output> {
        let was_at_rest = self.state.is_at_rest();
        let mut out = self.fall_back(now);
        if !was_at_rest && self.state.is_at_rest() {
            out.push(Output::Expecting(self.expecting()));
        }
        out
    }

    /// When [`Self::tick`] is due; `None` while there is nothing to fall back from.
    #[must_use]
    pub fn next_tick(&self) -> Option<Duration> {
        let patience = if self.state.count.is_some() {
            self.station.idle.saturating_mul(COUNT_PATIENCE)
        } else {
            self.station.idle
        };
        (self.state != State::default()).then(|| self.touched.saturating_add(patience))
    }

    /// What came of a token, `act` among it, was not recorded: the same scan may come again, and finds the same mode and
    /// quantity.
    pub fn not_recorded(&mut self, act: ActId) {
        let Some(before) = self.before.take_if(|before| before.acts.contains(&act)) else {
            self.state.unsay(act);
            return;
        };
        if before.since == Since::Nothing {
            self.state = before.state;
            return;
        }
        match before.what {
            Recorded::Said => {
                for act in before.acts {
                    self.state.unsay(act);
                }
                self.state.slots.next.fill(before.state.slots.next);
            }
            Recorded::Withdrawn => self.state.put_back(before.state),
            Recorded::Counted if self.state.count.is_none() => self.state.count = before.state.count,
            // It is of as many as before, and closed by now.
            Recorded::Restated | Recorded::Counted => {}
        }
    }

    fn fall_back(&mut self, now: Duration) -> Vec<Output> {
        let mut out = Vec::new();
        if self.next_tick().is_some_and(|at| now >= at) {
            self.state.drop_unfinished(DropCause::LeftAlone, &mut out);
            self.state.forget();
            self.before = None;
        }
        out
    }

    /// Remembers the way back.
    fn keep(&mut self, before: State, out: &[Output]) {
        let mut kept = None;
        let mut acts = Vec::new();
        for output in out {
            let (act, what) = match output {
                Output::Say(said) => (said.act, Recorded::Said),
                Output::Restate { act, .. } => (*act, Recorded::Restated),
                Output::Withdraw { act } => (*act, Recorded::Withdrawn),
                Output::CountBegun { count, .. } | Output::CountEnded { count, .. } => (*count, Recorded::Counted),
                Output::Counted(_)
                | Output::CountDropped { .. }
                | Output::Dropped(_)
                | Output::Expecting(_)
                | Output::Refused(_) => continue,
            };
            acts.push(act);
            kept = Some(what);
        }
        if let Some(what) = kept {
            self.before = Some(Before { acts, what, state: before, since: Since::Nothing });
        } else if let Some(before) = &mut self.before {
            before.since = Since::Tokens;
        }
    }
}

#[cfg(test)]
mod tests;
