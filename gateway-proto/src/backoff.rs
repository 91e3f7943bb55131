//! Full-jitter exponential backoff: after the n-th failure in a row wait a random time in `[0, min(cap, base·2ⁿ)]`.
//! A fleet that lost its hub together must not come back together.

use std::time::Duration;

/// The waiting rule of one feed. Randomness comes from a seed, so a test can replay it.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    failures: u32,
    random: u64,
}

impl Backoff {
    /// `base` bounds the first wait, `cap` every wait.
    #[must_use]
    pub fn new(base: Duration, cap: Duration, seed: u64) -> Self {
        Self { base, cap, failures: 0, random: seed }
    }

    /// Failures since the last success.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Counts a failure and says how long to wait, at least `floor` (a `Retry-After`).
    pub fn failed(&mut self, floor: Duration) -> Duration {
        let ceiling = self.base.saturating_mul(1 << self.failures.min(20)).min(self.cap);
        self.failures = self.failures.saturating_add(1);
        let share = (u128::from(self.next_random()) * ceiling.as_nanos()) >> 64;
        let share = Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX));
        // With a Retry-After the jitter goes on top: obeying it to the second would bring everyone back at once.
        floor + share
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): enough to spread a fleet, reproducible from its seed.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_grow_to_the_cap_and_never_beyond() {
        for seed in 0..1_000 {
            let mut backoff = Backoff::new(SECOND, 60 * SECOND, seed);
            for failure in 0..20 {
                let wait = backoff.failed(Duration::ZERO);
                assert!(wait <= (SECOND * (1 << failure)).min(60 * SECOND), "seed {seed}, failure {failure}: {wait:?}");
            }
        }
    }

    #[test]
    fn a_fleet_spreads_over_the_whole_interval() {
        let waits: Vec<_> = (0..1_000)
            .map(|seed| Backoff::new(60 * SECOND, 60 * SECOND, seed).failed(Duration::ZERO).as_secs())
            .collect();
        for minute_tenth in 0..10 {
            let share = waits.iter().filter(|&&wait| wait / 6 == minute_tenth).count();
            assert!((60..=140).contains(&share), "{share} of 1,000 in tenth {minute_tenth}");
        }
    }

    #[test]
    fn a_retry_after_is_a_floor_and_success_starts_over() {
        let mut backoff = Backoff::new(SECOND, 60 * SECOND, 3);
        assert!(backoff.failed(30 * SECOND) >= 30 * SECOND);
        backoff.succeeded();
        assert!(backoff.failed(Duration::ZERO) <= SECOND);
    }
}
