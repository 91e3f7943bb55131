//! Whether wall time is to be believed: the state machine over what is seen of the clock.
//!
//! Pure: the clocks and what speaks for them are handed in. Wall time and time since boot run alike in Linux, also while
//! NTP slews them and while the machine is suspended: their difference, the wall time at which the boot began, changes
//! when somebody sets the clock and at no other time. So a step is seen without a second clock.
//!
//! | what is seen | then |
//! |---|---|
//! | before the build | untrusted, whatever else speaks for it |
//! | synchronized, and not stepped since | trusted |
//! | the file says `trust = "always"` | trusted |
//! | stepped, and not synchronized since | untrusted until it is synchronized |
//! | before the newest record | untrusted |
//! | was synchronized once, and not stepped since | trusted: a quartz is off by seconds a day |
//! | set at boot from a hardware clock that kept the time, `trust = "auto"` | trusted |
//! | anything else | untrusted: nobody has set it |

use std::fmt;

use gateway_proto::time::WallTime;

/// How far wall time may move against time since boot before it counts as a step. Above a leap second, and below what
/// matters on an invoice.
pub const STEP_MS: i64 = 2_000;

/// Whether a clock that nothing synchronizes is believed: `[clock] trust`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Belief {
    /// Where a hardware clock kept the time.
    #[default]
    Auto,
    /// Somebody sees to it by other means. A clock before the build is wrong all the same.
    Always,
    /// Never.
    Never,
}

/// A hardware clock that runs while the machine is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hardware {
    /// Wall time came from one that kept it.
    Kept,
    /// There is none, or it says something else.
    Absent,
}

/// When the clock was last synchronized, by the clock that was set by it: so it tells whether that was before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synced(pub WallTime);

/// How much earlier a synchronization may seem than it was: files and services note it in coarse time.
const COARSE_MS: i64 = 100;

/// What is seen of the clock at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub wall: WallTime,
    /// Milliseconds since boot, suspended ones included.
    pub mono_ms: u64,
    /// `None`: nothing says that it is synchronized.
    pub synced: Option<Synced>,
}

/// Why wall time is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    Synchronized,
    /// It was synchronized, and nobody has set it since.
    Kept,
    Hardware,
    /// The site's file says so.
    Told,
}

/// Why it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    BeforeBuild,
    BeforeRecord,
    /// Set by so many milliseconds, and not synchronized since.
    Stepped(i64),
    NotSet,
}

/// Whether wall time is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Trusted(Ground),
    Untrusted(Doubt),
}

/// What one look has changed, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct News {
    /// The clock was set by so many milliseconds.
    pub step_ms: Option<i64>,
    /// Trust was lost or won; not told when only its ground has changed.
    pub state: Option<State>,
}

/// The state machine.
#[derive(Debug, Clone)]
pub struct Trust {
    belief: Belief,
    hardware: Hardware,
    built: WallTime,
    /// The latest time that is certainly past: the newest record, then each trusted look.
    floor: WallTime,
    newest_record: WallTime,
    /// Wall time at which the boot began, in milliseconds; moves only by steps and leap seconds.
    zero_ms: i64,
    synced: Option<Synced>,
    /// One that says nothing of the clock as it is now, though the time it names may still come.
    spent: Option<Synced>,
    /// Time since boot before which a synchronization was of another boot, or of the clock before it was set.
    holds_from_ms: u64,
    was_synced: bool,
    /// By how much it was set since the last synchronization.
    step: Option<i64>,
    looked_at_ms: u64,
    steps: u64,
    state: State,
    since_mono_ms: u64,
}

impl State {
    #[must_use]
    pub const fn is_trusted(self) -> bool {
        matches!(self, Self::Trusted(_))
    }
}

impl Trust {
    /// The first look. `built`: when this agent was built.
    #[must_use]
    pub fn new(belief: Belief, hardware: Hardware, built: WallTime, seen: Seen) -> Self {
        let mut trust = Self {
            belief,
            hardware,
            built,
            floor: built,
            newest_record: WallTime::from_millis(0),
            zero_ms: zero(seen),
            synced: seen.synced,
            spent: None,
            holds_from_ms: 0,
            was_synced: false,
            step: None,
            looked_at_ms: seen.mono_ms,
            steps: 0,
            state: State::Untrusted(Doubt::NotSet),
            since_mono_ms: seen.mono_ms,
        };
        trust.look(seen);
        trust
    }

    /// Takes the time of the newest record that was made with a trusted clock. To be followed by a look.
    pub fn raise_floor(&mut self, record: WallTime) {
        self.newest_record = self.newest_record.max(record);
        self.floor = self.floor.max(record);
    }

    /// Whether a look at this would find that the clock was set.
    #[must_use]
    pub fn would_step(&self, seen: Seen) -> bool {
        zero(seen).saturating_sub(self.zero_ms).saturating_abs() > STEP_MS
    }

    /// Takes a look.
    pub fn look(&mut self, seen: Seen) -> News {
        let zero = zero(seen);
        let step_ms = self.would_step(seen).then(|| zero.saturating_sub(self.zero_ms));
        if let Some(by) = step_ms {
            self.steps = self.steps.saturating_add(1);
            (self.step, self.was_synced, self.zero_ms) = (Some(by), false, zero);
            (self.spent, self.holds_from_ms) = (self.synced.or(self.spent), self.looked_at_ms);
        }
        (self.synced, self.looked_at_ms) = (seen.synced, seen.mono_ms);
        let is_synced = seen.synced.is_some_and(|synced| self.holds(synced, seen.mono_ms));
        if is_synced {
            (self.step, self.was_synced, self.zero_ms) = (None, true, zero);
        } else {
            self.spent = seen.synced.or(self.spent);
        }
        let state = self.judged(seen.wall, is_synced);
        self.floor = match state {
            // Below a floor that came from a clock that was wrong, a synchronized one is right.
            State::Trusted(Ground::Synchronized) => seen.wall,
            State::Trusted(_) => self.floor.max(seen.wall),
            State::Untrusted(_) => self.floor,
        };
        let is_news = state.is_trusted() != self.state.is_trusted();
        if is_news {
            self.since_mono_ms = seen.mono_ms;
        }
        self.state = state;
        News { step_ms, state: is_news.then_some(state) }
    }

    /// Whether a synchronization is of this boot, of the clock as it is now, and not of a time that is still to come.
    fn holds(&self, synced: Synced, mono_ms: u64) -> bool {
        let since_boot = synced.0.millis().saturating_sub(self.zero_ms);
        let (from, now) = (signed(self.holds_from_ms), signed(mono_ms));
        let is_in_time = (from.saturating_sub(COARSE_MS)..=now.saturating_add(STEP_MS)).contains(&since_boot);
        is_in_time && self.spent != Some(synced)
    }

    fn judged(&self, wall: WallTime, is_synced: bool) -> State {
        if wall < self.built {
            return State::Untrusted(Doubt::BeforeBuild);
        }
        if is_synced {
            return State::Trusted(Ground::Synchronized);
        }
        if self.belief == Belief::Always {
            return State::Trusted(Ground::Told);
        }
        if let Some(by) = self.step {
            return State::Untrusted(Doubt::Stepped(by));
        }
        if self.was_synced {
            return State::Trusted(Ground::Kept);
        }
        if wall.millis().saturating_add(STEP_MS) < self.newest_record.millis() {
            return State::Untrusted(Doubt::BeforeRecord);
        }
        match (self.belief, self.hardware) {
            (Belief::Auto | Belief::Always, Hardware::Kept) => State::Trusted(Ground::Hardware),
            (Belief::Auto | Belief::Always, Hardware::Absent) | (Belief::Never, _) => State::Untrusted(Doubt::NotSet),
        }
    }

    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Time since boot at which trust was last lost or won.
    #[must_use]
    pub const fn since_mono_ms(&self) -> u64 {
        self.since_mono_ms
    }

    /// How often the clock was set, as far as it was seen.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The latest time that is certainly past.
    #[must_use]
    pub const fn floor(&self) -> WallTime {
        self.floor
    }

    /// The wall time at which this boot began, while the clock is trusted.
    #[must_use]
    pub fn zero(&self) -> Option<WallTime> {
        self.state.is_trusted().then(|| WallTime::from_millis(self.zero_ms))
    }

    /// What a certificate is judged by when it is `wall`: the clock where it is trusted, else at least the floor. A
    /// gateway that boots in 1970 could not open a connection otherwise.
    #[must_use]
    pub fn certificate_time(&self, wall: WallTime) -> WallTime {
        if self.state.is_trusted() { wall } else { wall.max(self.floor) }
    }
}

/// Wall time at which the boot began. Negative where the clock was before the boot's own length.
fn zero(seen: Seen) -> i64 {
    seen.wall.millis().saturating_sub(signed(seen.mono_ms))
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Synchronized => "synchronized",
            Self::Kept => "was synchronized, and nobody has set it since",
            Self::Hardware => "kept by the hardware clock",
            Self::Told => "trusted because the site's file says so",
        })
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeforeBuild => f.write_str("is before this agent was built"),
            Self::BeforeRecord => f.write_str("is before the newest record"),
            Self::Stepped(by) => {
                let (word, by) = if *by < 0 { ("back", by.unsigned_abs()) } else { ("forward", by.unsigned_abs()) };
                write!(f, "was set {word} by {} s and not synchronized since", by / 1_000)
            }
            Self::NotSet => f.write_str("was set by nobody since this machine was switched on"),
        }
    }
}

#[cfg(test)]
mod tests;
