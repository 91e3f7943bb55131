//! Detected movements against the truth of a trace.
//!
//! A detection matches a true act when the number of pieces is equal and it lies from 2 s before to 15 s after it; acts
//! within 10 s of one another may be told as one, with their sum.

use std::{fmt, ops::AddAssign};

const EARLY_MS: i64 = 2_000;
const LATE_MS: i64 = 15_000;
const TOGETHER_MS: i64 = 10_000;

/// Something that happened, or was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) t_ms: i64,
    pub(crate) pieces: i64,
}

/// What was told, with when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) act: Act,
    pub(crate) reported_ms: i64,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Score {
    pub(crate) hits: u64,
    pub(crate) spurious: u64,
    pub(crate) missed: u64,
    pub(crate) hours: f64,
    pub(crate) bins: u64,
    pub(crate) exact_finals: u64,
    /// Milliseconds from the act to its report.
    pub(crate) delays: Vec<i64>,
}

impl Score {
    /// One trace.
    pub(crate) fn of(truth: &[Act], found: &[Found], hours: f64) -> Self {
        let mut used = vec![false; found.len()];
        let mut score = Self { hours, bins: 1, ..Self::default() };
        let mut rest = truth;
        while !rest.is_empty() {
            let apart = rest.windows(2).position(|two| two[1].t_ms - two[0].t_ms > TOGETHER_MS);
            let (group, later) = rest.split_at(apart.map_or(rest.len(), |last| last + 1));
            rest = later;
            score.group(group, found, &mut used);
        }
        score.spurious = used.iter().filter(|used| !**used).count() as u64;
        let sum = |acts: &mut dyn Iterator<Item = Act>| acts.map(|act| act.pieces).sum::<i64>();
        let is_exact = sum(&mut truth.iter().copied()) == sum(&mut found.iter().map(|found| found.act));
        score.exact_finals = u64::from(is_exact);
        score.delays = found.iter().map(|found| found.reported_ms - found.act.t_ms).collect();
        score
    }

    fn group(&mut self, group: &[Act], found: &[Found], used: &mut [bool]) {
        let (first, last) = (group[0].t_ms - EARLY_MS, group[group.len() - 1].t_ms + LATE_MS);
        let mut near: Vec<usize> =
            (0..found.len()).filter(|i| !used[*i] && (first..=last).contains(&found[*i].act.t_ms)).collect();
        let sum = group.iter().map(|act| act.pieces).sum::<i64>();
        if !near.is_empty() && near.iter().map(|i| found[*i].act.pieces).sum::<i64>() == sum {
            near.iter().for_each(|i| used[*i] = true);
            self.hits += group.len() as u64;
            return;
        }
        for act in group {
            let fits = |i: &usize| {
                let told = found[*i].act;
                told.pieces == act.pieces && (-EARLY_MS..=LATE_MS).contains(&(told.t_ms - act.t_ms))
            };
            match near.iter().position(fits) {
                Some(place) => {
                    used[near.remove(place)] = true;
                    self.hits += 1;
                }
                None => self.missed += 1,
            }
        }
    }

    pub(crate) fn f1(&self) -> f64 {
        let (hits, wrong) = (self.hits as f64, (self.spurious + self.missed) as f64);
        if hits + wrong == 0.0 { 1.0 } else { 2.0 * hits / (2.0 * hits + wrong) }
    }

    pub(crate) fn spurious_per_hour(&self) -> f64 {
        self.spurious as f64 / self.hours
    }

    /// The delay that this share of the reports keeps below, milliseconds.
    pub(crate) fn delay_ms(&self, share: f64) -> i64 {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        delays.get((share * delays.len() as f64) as usize).or(delays.last()).copied().unwrap_or(0)
    }
}

impl AddAssign<Self> for Score {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.spurious += other.spurious;
        self.missed += other.missed;
        self.hours += other.hours;
        self.bins += other.bins;
        self.exact_finals += other.exact_finals;
        self.delays.extend(other.delays);
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "hits {:5} missed {:3} spurious {:3} F1 {:.4} spurious/h {:.3} exact finals {}/{} delay median {} ms p95 {} ms",
            self.hits,
            self.missed,
            self.spurious,
            self.f1(),
            self.spurious_per_hour(),
            self.exact_finals,
            self.bins,
            self.delay_ms(0.5),
            self.delay_ms(0.95)
        )
    }
}
