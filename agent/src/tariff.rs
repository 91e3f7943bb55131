//! What a metered line lets out: quiet hours, a monthly byte budget, and a lane for emergencies so that no vendor is
//! wholly blind.
//!
//! One [`Tariff`] is one line with all the feeds that share it, because a contract is for a line. Owns what was used this
//! month; must not know what travels, nor over what. Pure: running time, wall time and whether that is trusted come in.
//!
//! ```text
//! asked for by a person            → Now, whatever it costs; it is counted
//! not quiet, below budget − reserve → Now; near the end one batch at a time
//! quiet, or only the reserve is left → Emergency: one small batch an hour or a day per feed, within the budget
//! otherwise                        → Wait
//! ```
//!
//! A clock that is not trusted locks nothing: there are no quiet hours then, and a month is 31 days of running. See
//! [`month`] for clocks that jump.

pub mod drain;
mod month;
pub mod quiet;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    time::Duration,
};

use gateway_proto::{name::FeedName, time::WallTime};
use serde::{Deserialize, Serialize};

use self::{
    month::{Kept as KeptMonth, Month},
    quiet::{MinuteOfDay, QuietWindow, UtcOffset},
};

/// What a batch is taken to cost beside its body, on the meter: headers, TLS records, acknowledgements of TCP, and its
/// share of a handshake now and then. An allowance, not a measurement.
pub const BATCH_OVERHEAD_BYTES: u64 = 1_024;

/// What a batch is taken to cost before one was seen: 1,000 records without repetition, compressed.
pub const BATCH_BYTES_GUESS: u64 = 256 * 1_024;

/// The most of an emergency's records: some three kilobytes of compressed movements.
pub const EMERGENCY_RECORDS_MAX: usize = 100;

/// What one record is taken to cost in an emergency, where a small batch compresses badly.
const RECORD_BYTES_GUESS: u64 = 64;

/// How long a person's word opens the line for a feed, unless nothing is left to send before.
pub const ASKED_FOR: Duration = Duration::from_secs(15 * 60);

/// No wait is longer: the clock, and with it whether it is quiet, may change meanwhile.
const ASK_AGAIN: Duration = Duration::from_secs(10 * 60);

/// Between two emergencies that nobody answered.
const EMERGENCY_RETRY: Duration = Duration::from_secs(10 * 60);

/// While batches in flight may use up the rest of the budget.
const LAST_STRETCH: Duration = Duration::from_secs(1);

/// A permit whose batch nobody accounted for in this time was not used: longer than any request may take.
const PERMIT_FOR: Duration = Duration::from_secs(600);

/// Permits without an account, of all feeds: eight batches in flight for each of sixteen feeds.
const PERMITS_MAX: usize = 128;

/// Between two writes of what is to be kept, for the flash: 288 a day at most, but for bursts.
const KEEP_EVERY: Duration = Duration::from_secs(5 * 60);

/// A burst is kept sooner, but not in every commit.
const KEEP_AT_LEAST: Duration = Duration::from_secs(10);

/// Running time is kept so often when nothing is sent.
const KEEP_RUNNING_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// The share of the budget that is kept at once, in per cent: what a power cut may make it forget.
const KEEP_SHARE_PERCENT: u64 = 1;

/// What the contract says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Local times at which only emergencies go out.
    pub quiet: Vec<QuietWindow>,
    /// What local time is. Fixed: summer time is not followed.
    pub utc_offset: UtcOffset,
    /// Bytes a month, both ways; `None`: unlimited.
    pub monthly_budget: Option<u64>,
    /// The day on which a month begins, `1..=28`.
    pub month_day: u8,
    pub emergency: Emergency,
    /// Per cent of the budget that only emergencies may use, `0..=50`.
    pub reserve_percent: u8,
}

/// How often a feed that may not send sends nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emergency {
    Never,
    #[default]
    Daily,
    Hourly,
}

/// One metered line and what was sent over it.
#[derive(Debug, Clone)]
pub struct Tariff {
    terms: Terms,
    month: Month,
    lanes: BTreeMap<FeedName, Lane>,
    /// Permits that were given and not accounted for, by when.
    open: VecDeque<Duration>,
    /// The largest batch so far, or the guess.
    largest: u64,
    /// When running time was last counted.
    counted: Option<Duration>,
    kept: Written,
}

/// How far one feed is. Times are running time, which outlives a restart.
#[derive(Debug, Clone, Default)]
struct Lane {
    /// When its hub last answered.
    heard: Option<Duration>,
    /// When an emergency was last tried.
    tried: Option<Duration>,
    /// A person wants everything out, until then. Monotonic, not kept.
    asked_until: Option<Duration>,
}

/// What is on the disk.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    used: u64,
    running: Duration,
    months: u64,
}

/// Whether a batch may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    Now,
    /// Not before `until`, on the clock of `now`; then ask again. Never more than ten minutes off.
    Wait {
        until: Duration,
        why: Why,
    },
    /// One batch of so many records, though it is quiet or the budget is used up.
    Emergency {
        records_max: usize,
    },
}

/// Why nothing may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Quiet hours, until this local time.
    Quiet { ends: MinuteOfDay },
    /// So many bytes of the month's budget are used, and the rest is for emergencies.
    Spent { used: u64, budget: u64 },
    /// What is in flight may use up the rest of the budget.
    LastStretch,
}

/// The kept fact.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    month: KeptMonth,
    /// Feed → second of running time in which its hub last answered.
    #[serde(default)]
    heard: BTreeMap<String, u64>,
}

impl Tariff {
    /// A line that these feeds share. `kept`: the last of [`Tariff::to_keep`]; where there is none, or it is damaged, the
    /// month's bytes are counted anew.
    #[must_use]
    pub fn new(terms: Terms, feeds: impl IntoIterator<Item = FeedName>, kept: Option<&str>) -> Self {
        let kept: Option<Kept> = kept.and_then(|text| serde_json::from_str(text).ok());
        let (month, heard) = match kept {
            Some(kept) => (Month::of(kept.month), kept.heard),
            None => (Month::default(), BTreeMap::new()),
        };
        let lane = |feed: FeedName| {
            let heard = heard.get(feed.as_str()).map(|seconds| Duration::from_secs(*seconds).min(month.running()));
            (feed, Lane { heard, ..Lane::default() })
        };
        let lanes = feeds.into_iter().map(lane).collect();
        let kept = Written { used: month.used(), running: month.running(), months: month.count() };
        Self { terms, month, lanes, open: VecDeque::new(), largest: BATCH_BYTES_GUESS, counted: None, kept }
    }

    /// Whether there is anything to keep to.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.terms.monthly_budget.is_none() && self.terms.quiet.is_empty()
    }

    /// A person wants everything out that waits, whatever it costs. Holds for each feed until nothing of it waits, at most
    /// [`ASKED_FOR`].
    pub fn send_now(&mut self, now: Duration) {
        for lane in self.lanes.values_mut() {
            lane.asked_until = Some(now.saturating_add(ASKED_FOR));
        }
    }

    /// Whether a feed's next batch may go. A permit is used at once and accounted for by [`Tariff::sent`].
    ///
    /// `now`: any monotonic time. `trusted`: whether `wall` can be right. `waiting`: records of this feed.
    pub fn may_send(&mut self, feed: &FeedName, now: Duration, wall: WallTime, trusted: bool, waiting: u64) -> Permit {
        if self.is_free() {
            return Permit::Now;
        }
        self.count(now, wall, trusted);
        while self.open.front().is_some_and(|given| now.saturating_sub(*given) >= PERMIT_FOR) {
            self.open.pop_front();
        }
        let quiet = if trusted { quiet::ends(&self.terms.quiet, self.terms.utc_offset, wall) } else { None };
        let permit = self.decide(feed, now, waiting, quiet);
        match permit {
            Permit::Now | Permit::Emergency { .. } => {
                if self.open.len() == PERMITS_MAX {
                    self.open.pop_front();
                }
                self.open.push_back(now);
            }
            Permit::Wait { .. } => {}
        }
        permit
    }

    /// Accounts for a batch: bytes of its body and of the answer, whatever came of it. No answer at all is `bytes_down` 0.
    pub fn sent(&mut self, feed: &FeedName, bytes_up: u64, bytes_down: u64) {
        if self.is_free() {
            return;
        }
        self.open.pop_front();
        let bytes = bytes_up.saturating_add(bytes_down).saturating_add(BATCH_OVERHEAD_BYTES);
        self.largest = self.largest.max(bytes);
        self.month.use_up(bytes);
        if bytes_down > 0
            && let Some(lane) = self.lanes.get_mut(feed)
        {
            lane.heard = Some(self.month.running());
        }
    }

    /// What to keep now so that a restart goes on with it; `None` where it can wait. Ask after each batch and now and then:
    /// it answers at most every five minutes, sooner only when a hundredth of the budget was used.
    pub fn to_keep(&mut self) -> Option<String> {
        let (used, running) = (self.month.used(), self.month.running());
        let since = running.saturating_sub(self.kept.running);
        let share = self.terms.monthly_budget.map_or(u64::MAX, |budget| budget / 100 * KEEP_SHARE_PERCENT);
        let is_due = if self.is_free() {
            false
        } else if self.kept.months != self.month.count() {
            true
        } else if used != self.kept.used {
            since >= KEEP_EVERY || used.abs_diff(self.kept.used) >= share && since >= KEEP_AT_LEAST
        } else {
            since >= KEEP_RUNNING_EVERY
        };
        is_due.then(|| self.keep())
    }

    /// What to keep when the agent stops.
    pub fn keep(&mut self) -> String {
        self.kept = Written { used: self.month.used(), running: self.month.running(), months: self.month.count() };
        let heard = self.lanes.iter().filter_map(|(feed, lane)| Some((feed.to_string(), lane.heard?.as_secs())));
        let kept = Kept { month: self.month.to_keep(), heard: heard.collect() };
        serde_json::to_string(&kept).expect("numbers and names are JSON")
    }

    /// Bytes used this month, with overhead; estimated, since the meter is the provider's.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.month.used()
    }

    /// Running time and, by a trusted clock, months.
    fn count(&mut self, now: Duration, wall: WallTime, trusted: bool) {
        let passed = self.counted.map_or(Duration::ZERO, |counted| now.saturating_sub(counted));
        self.counted = Some(self.counted.map_or(now, |counted| counted.max(now)));
        self.month.run(passed);
        let period = trusted.then(|| month::period(wall, self.terms.utc_offset, self.terms.month_day));
        self.month.roll(period);
    }

    fn decide(
        &mut self,
        feed: &FeedName,
        now: Duration,
        waiting: u64,
        quiet: Option<(Duration, MinuteOfDay)>,
    ) -> Permit {
        let is_asked = self.lanes.get_mut(feed).is_some_and(|lane| {
            if waiting == 0 || lane.asked_until.is_some_and(|until| now >= until) {
                lane.asked_until = None;
            }
            lane.asked_until.is_some()
        });
        if is_asked {
            return Permit::Now;
        }
        let used = self.month.used();
        let spent = match self.terms.monthly_budget {
            Some(budget) if used >= budget - self.reserve(budget) => Some(Why::Spent { used, budget }),
            Some(_) | None => None,
        };
        let why = match (spent, quiet) {
            (Some(spent), _) => spent,
            (None, Some((_, ends))) => Why::Quiet { ends },
            (None, None) => {
                return match self.terms.monthly_budget {
                    Some(budget) if !self.has_room(budget - self.reserve(budget)) => {
                        Permit::Wait { until: now.saturating_add(LAST_STRETCH), why: Why::LastStretch }
                    }
                    Some(_) | None => Permit::Now,
                };
            }
        };
        let until_due = self.until_emergency(feed);
        let has_room = self.terms.monthly_budget.is_none_or(|budget| self.has_room(budget));
        if until_due.is_zero() && waiting > 0 && has_room {
            if let Some(lane) = self.lanes.get_mut(feed) {
                lane.tried = Some(self.month.running());
            }
            return Permit::Emergency { records_max: self.emergency_records() };
        }
        let mut wait = ASK_AGAIN;
        if !until_due.is_zero() {
            wait = wait.min(until_due);
        }
        if let (Why::Quiet { .. }, Some((left, _))) = (why, quiet) {
            wait = wait.min(left);
        }
        Permit::Wait { until: now.saturating_add(wait.max(LAST_STRETCH)), why }
    }

    fn reserve(&self, budget: u64) -> u64 {
        budget / 100 * u64::from(self.terms.reserve_percent.min(100))
    }

    /// Whether one more batch is begun below `limit`, even if those in flight are as large as any.
    fn has_room(&self, limit: u64) -> bool {
        let open = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        self.month.used().saturating_add(open.saturating_mul(self.largest)) < limit
            || self.open.is_empty() && self.month.used() < limit
    }

    /// Running time until a feed's next emergency; zero when it is due.
    fn until_emergency(&self, feed: &FeedName) -> Duration {
        let Some(every) = self.terms.emergency.every() else { return Duration::MAX };
        let Some(lane) = self.lanes.get(feed) else { return Duration::MAX };
        let left = |since: Option<Duration>, wait| {
            since.map_or(Duration::ZERO, |since| since.saturating_add(wait).saturating_sub(self.month.running()))
        };
        left(lane.heard, every).max(left(lane.tried, EMERGENCY_RETRY))
    }

    /// An emergency's fair part of the reserve, so that it lasts the month.
    fn emergency_records(&self) -> usize {
        let Some(budget) = self.terms.monthly_budget else { return EMERGENCY_RECORDS_MAX };
        let lanes = u64::try_from(self.lanes.len()).unwrap_or(u64::MAX);
        let in_a_month = self.terms.emergency.in_a_month().saturating_mul(lanes).max(1);
        let part = (self.reserve(budget) / in_a_month).saturating_sub(BATCH_OVERHEAD_BYTES);
        usize::try_from(part / RECORD_BYTES_GUESS).unwrap_or(usize::MAX).clamp(1, EMERGENCY_RECORDS_MAX)
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            quiet: Vec::new(),
            utc_offset: UtcOffset::default(),
            monthly_budget: None,
            month_day: 1,
            emergency: Emergency::default(),
            reserve_percent: Self::RESERVE_PERCENT,
        }
    }
}

impl Terms {
    /// Enough for a full emergency batch a day from each of ten feeds in 100 MB.
    pub const RESERVE_PERCENT: u8 = 5;

    /// Windows a day may have.
    pub const QUIET_MAX: usize = 16;
}

impl Emergency {
    pub const ALL: [Self; 3] = [Self::Never, Self::Daily, Self::Hourly];

    /// As it stands in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Daily => "daily",
            Self::Hourly => "hourly",
        }
    }

    const fn every(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::Daily => Some(Duration::from_secs(86_400)),
            Self::Hourly => Some(Duration::from_secs(3_600)),
        }
    }

    const fn in_a_month(self) -> u64 {
        match self {
            Self::Never => 0,
            Self::Daily => 31,
            Self::Hourly => 31 * 24,
        }
    }
}

impl Why {
    /// For a label.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quiet { .. } => "quiet hours",
            Self::Spent { .. } => "monthly budget used up",
            Self::LastStretch => "end of the monthly budget",
        }
    }
}

/// For people: `quiet hours until 06:00`.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quiet { ends } => write!(f, "quiet hours until {ends}"),
            Self::Spent { used, budget } => {
                let (used, tenth, budget) = (used / 1_000_000, used / 100_000 % 10, budget / 1_000_000);
                write!(f, "monthly budget used up ({used}.{tenth} of {budget} MB; what is left is for emergencies)")
            }
            Self::LastStretch => f.write_str("end of the monthly budget: one batch at a time"),
        }
    }
}

#[cfg(test)]
mod tests;
