//! Local rules: which levels are low, out, over, unknown, and who has been told. Pure.
//!
//! Follows any number of watches. Every change of a subject's state makes one [`Alarm`], numbered without gaps; as long
//! as the state lasts nothing more is said. Must not know how alarms travel.
//!
//! ```text
//!                 state ≠ fine             acknowledge
//!   Armed ───────────────────────▶ Fired ──────────────▶ Acknowledged
//!     ▲                             │ ▲                        │
//!     │          state = fine       │ └── another state ≠ fine ┤
//!     └───── (cleared, re-armed) ◀──┴──────────────────────────┘
//! ```
//!
//! The states, worst first: unknown, negative, out, low, perhaps, over, fine; the worst that holds is the state. Each
//! holds from its bound on until the level is past its band ([`watch`]), so a level that swings around a bound makes one
//! alarm, not many. The position is usable on-hand + on order − allocated: an order that covers the need clears `low`.
//!
//! A level that is unknown is judged by nobody: the state stays what it was, and is `unknown` after a while.
//!
//! What must outlive a restart is in [`Kept`], per subject, and in the number of the last alarm.

pub mod alarm;
pub mod level;
pub mod suggest;
pub mod watch;

use std::{collections::BTreeMap, time::Duration};

use gateway_proto::{
    name::{ItemCode, Text},
    time::WallTime,
};
use serde::{Deserialize, Serialize};

use self::level::Latches;
pub use self::{
    alarm::Alarm,
    level::{Knowledge, Standing, State},
    watch::{Bounds, BoundsError, Caution, Subject, Watch},
};

/// How long a level may be unknown before it is an alarm: a bin that is carried to the bench for filling and a gateway
/// that restarts need no attention.
pub const UNKNOWN_AFTER: Duration = Duration::from_secs(10 * 60);

/// All watches of a site.
#[derive(Debug)]
pub struct Rules {
    watched: BTreeMap<Subject, Watched>,
    next_id: u64,
    unknown_after: Duration,
}

/// What has to outlive a restart, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The number of the next alarm, from 1.
    pub next_id: u64,
    pub subjects: BTreeMap<Subject, Kept>,
}

/// What has to outlive a restart, for one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What was watched: a bin that was given to another item begins anew.
    pub item: ItemCode,
    pub state: State,
    pub life: Life,
    latches: Latches,
    /// How long the level had been unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unknown_for_ms: Option<u64>,
}

/// Where the alarm of one subject stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Life {
    /// All is well; the next trouble fires. `cleared`: when the last one ended.
    Armed {
        cleared: Option<WallTime>,
    },
    Fired {
        at: WallTime,
    },
    /// Somebody knows.
    Acknowledged {
        fired: WallTime,
        at: WallTime,
        by: Text,
    },
}

/// What came of a standing.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing new.
    Same,
    /// Nothing to tell, but [`Rules::kept`] has changed: it should be stored, and may be with the next alarm.
    Keep,
    /// To be stored together with [`Rules::kept`], then told.
    Alarm(Box<Alarm>),
}

/// Why nothing was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAcknowledged {
    #[error("{0} is not watched; give it a min or max in the site's file")]
    NotWatched(Subject),
    #[error("{0} has no alarm; nothing to acknowledge")]
    NoAlarm(Subject),
    #[error("{subject} was acknowledged by {by} at {at} already")]
    Already { subject: Subject, by: Text, at: WallTime },
}

#[derive(Debug)]
struct Watched {
    watch: Watch,
    state: State,
    life: Life,
    latches: Latches,
    /// Since when the level is unknown; `None` while it is known.
    unknown: Option<Unknown>,
    /// The last standing; `None` until the first since the start.
    standing: Option<Standing>,
}

/// A stretch of not knowing. The part before a restart was measured by another clock.
#[derive(Debug, Clone, Copy)]
struct Unknown {
    before: Duration,
    since: Duration,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self { next_id: 1, subjects: BTreeMap::new() }
    }
}

impl Rules {
    /// Goes on at `now` from what was kept; what is no longer watched is forgotten. Of two watches of one subject the
    /// last holds. After a start every subject's standing must be handed in once.
    #[must_use]
    pub fn new(watches: impl IntoIterator<Item = Watch>, snapshot: Snapshot, now: Duration) -> Self {
        let Snapshot { next_id, mut subjects } = snapshot;
        let watched = watches.into_iter().map(|watch| {
            let kept = subjects.remove(watch.subject()).filter(|kept| kept.item == *watch.item());
            (watch.subject().clone(), Watched::new(watch, kept, now))
        });
        Self { watched: watched.collect(), next_id: next_id.max(1), unknown_after: UNKNOWN_AFTER }
    }

    /// Takes how long a level may be unknown before it is an alarm, in place of [`UNKNOWN_AFTER`].
    #[must_use]
    pub fn unknown_after(mut self, patience: Duration) -> Self {
        self.unknown_after = patience;
        self
    }

    /// Takes how a subject stands at `now` (monotonic), which is `wall` by the clock. What is not watched is passed
    /// over.
    pub fn handle(&mut self, now: Duration, wall: WallTime, subject: &Subject, standing: Standing) -> Outcome {
        let Some(watched) = self.watched.get_mut(subject) else { return Outcome::Same };
        let latches = watched.latches;
        let was_unknown = watched.unknown.is_some();
        watched.take(now, standing);
        match watched.advance(now, wall, self.unknown_after, self.next_id) {
            Some(alarm) => {
                self.next_id += 1;
                Outcome::Alarm(Box::new(alarm))
            }
            None if latches != watched.latches || was_unknown != watched.unknown.is_some() => Outcome::Keep,
            None => Outcome::Same,
        }
    }

    /// The alarms of levels that have been unknown for too long at `now`.
    pub fn tick(&mut self, now: Duration, wall: WallTime) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        for watched in self.watched.values_mut() {
            if let Some(alarm) = watched.advance(now, wall, self.unknown_after, self.next_id) {
                self.next_id += 1;
                alarms.push(alarm);
            }
        }
        alarms
    }

    /// When [`Rules::tick`] has something to say next; `None` when nothing is unknown but what was told.
    #[must_use]
    pub fn next_tick(&self) -> Option<Duration> {
        let waiting = self.watched.values().filter(|watched| watched.state != State::Unknown);
        let due = waiting.filter_map(|watched| {
            watched.standing.as_ref()?;
            Some(watched.unknown?.due(self.unknown_after))
        });
        due.min()
    }

    /// Takes down that `who` knows of a subject's alarm. The next change of state fires anew.
    ///
    /// # Errors
    /// [`NotAcknowledged`] where there is none, or somebody did before.
    pub fn acknowledge(&mut self, wall: WallTime, subject: &Subject, who: Text) -> Result<(), NotAcknowledged> {
        let Some(watched) = self.watched.get_mut(subject) else {
            return Err(NotAcknowledged::NotWatched(subject.clone()));
        };
        match &watched.life {
            Life::Armed { .. } => Err(NotAcknowledged::NoAlarm(subject.clone())),
            Life::Acknowledged { by, at, .. } => {
                Err(NotAcknowledged::Already { subject: subject.clone(), by: by.clone(), at: *at })
            }
            Life::Fired { at } => {
                watched.life = Life::Acknowledged { fired: *at, at: wall, by: who };
                Ok(())
            }
        }
    }

    /// A subject's state and where its alarm stands, as they are to be stored at `now`. `None` when it is not watched.
    #[must_use]
    pub fn kept(&self, now: Duration, subject: &Subject) -> Option<Kept> {
        Some(self.watched.get(subject)?.kept(now))
    }

    /// Every watch with its state, where its alarm stands and its last standing, in the order of subjects.
    pub fn iter(&self) -> impl Iterator<Item = (&Watch, State, &Life, Option<&Standing>)> {
        self.watched.values().map(|it| (&it.watch, it.state, &it.life, it.standing.as_ref()))
    }

    /// Everything that has to outlive a restart.
    /// How a subject stands; `None` where nobody watches it.
    #[must_use]
    pub fn state(&self, subject: &Subject) -> Option<State> {
        self.watched.get(subject).map(|watched| watched.state)
    }

    #[must_use]
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        let subjects = self.watched.iter().map(|(subject, watched)| (subject.clone(), watched.kept(now)));
        Snapshot { next_id: self.next_id, subjects: subjects.collect() }
    }
}

impl Snapshot {
    /// Built from rows: the number of the last alarm that was stored, 0 for none, and what was kept of each subject.
    #[must_use]
    pub fn of_rows(last_id: u64, rows: impl IntoIterator<Item = (Subject, Kept)>) -> Self {
        Self { next_id: last_id.saturating_add(1), subjects: rows.into_iter().collect() }
    }
}

impl Watched {
    fn new(watch: Watch, kept: Option<Kept>, now: Duration) -> Self {
        let Some(kept) = kept else {
            let (state, life, latches) = (State::Fine, Life::Armed { cleared: None }, Latches::default());
            return Self { watch, state, life, latches, unknown: None, standing: None };
        };
        let Kept { item: _, state, life, latches, unknown_for_ms } = kept;
        let unknown = unknown_for_ms.map(|ms| Unknown { before: Duration::from_millis(ms), since: now });
        Self { watch, state, life, latches, unknown, standing: None }
    }

    fn take(&mut self, now: Duration, standing: Standing) {
        self.unknown = match standing.known {
            Knowledge::Known => None,
            Knowledge::Unknown { since, .. } => {
                let told = Unknown { before: Duration::ZERO, since };
                // Whichever is longer: after a restart the teller has only just noticed.
                Some(self.unknown.filter(|unknown| unknown.lasted(now) > told.lasted(now)).unwrap_or(told))
            }
        };
        self.standing = Some(standing);
    }

    /// Goes to the state that holds at `now`; the alarm numbered `id` when that is another.
    fn advance(&mut self, now: Duration, wall: WallTime, patience: Duration, id: u64) -> Option<Alarm> {
        let standing = self.standing.as_ref()?;
        let to = match self.unknown {
            None => self.latches.judge(&self.watch, standing),
            Some(unknown) if unknown.lasted(now) >= patience => State::Unknown,
            Some(_) => self.state,
        };
        let from = std::mem::replace(&mut self.state, to);
        if from == to {
            return None;
        }
        self.life = if to == State::Fine { Life::Armed { cleared: Some(wall) } } else { Life::Fired { at: wall } };
        Some(Alarm::new(id, &self.watch, (from, to), wall, standing))
    }

    fn kept(&self, now: Duration) -> Kept {
        let unknown_for = self.unknown.map(|unknown| unknown.lasted(now).as_millis());
        Kept {
            item: self.watch.item().clone(),
            state: self.state,
            life: self.life.clone(),
            latches: self.latches,
            unknown_for_ms: unknown_for.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
        }
    }
}

impl Unknown {
    fn lasted(self, now: Duration) -> Duration {
        self.before.saturating_add(now.saturating_sub(self.since))
    }

    /// When it will have lasted for `patience`.
    fn due(self, patience: Duration) -> Duration {
        self.since.saturating_add(patience.saturating_sub(self.before))
    }
}

#[cfg(test)]
mod tests;
