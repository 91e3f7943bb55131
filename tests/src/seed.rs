//! Chance that can be had again: a random test prints its seed, and `SEED=n` replays it.

use std::{
    hash::{BuildHasher as _, RandomState},
    ops::Range,
};

use sim::Random;

use crate::skip::say;

/// The seeds that a test with numbered runs goes through: `SEED=n` is one, `SEEDS=a..b` those from a to before b, so that a
/// long run may be had in parts; `many` with `BINWIRE_LONG`, else `few`.
///
/// # Panics
/// When `SEED` or `SEEDS` cannot be read.
#[must_use]
pub fn numbered(few: u64, many: u64) -> Range<u64> {
    let number =
        |text: &str| text.parse().unwrap_or_else(|_| panic!("a seed is a number from 0 to 2^64 - 1, not `{text}`"));
    if let Ok(seed) = std::env::var("SEED") {
        let seed = number(&seed);
        return seed..seed + 1;
    }
    if let Ok(seeds) = std::env::var("SEEDS") {
        let (first, end) =
            seeds.split_once("..").unwrap_or_else(|| panic!("SEEDS is two numbers, as 100..200, not `{seeds}`"));
        let seeds = number(first)..number(end);
        assert!(!seeds.is_empty(), "SEEDS is from a lower number to before a higher one, not {seeds:?}");
        return seeds;
    }
    0..if std::env::var_os("BINWIRE_LONG").is_some() { many } else { few }
}

/// A test's source of chance.
#[derive(Debug)]
pub struct Seed {
    number: u64,
}

impl Seed {
    /// The seed of a test: `SEED` where it is set, else a new one. Says which.
    ///
    /// # Panics
    /// When `SEED` is no number.
    #[must_use]
    pub fn of(test: &str) -> Self {
        let number = match std::env::var("SEED") {
            Ok(text) => text.parse().expect("SEED is a number from 0 to 2^64 - 1"),
            Err(_) => RandomState::new().hash_one(test) % 1_000_000,
        };
        say(&format!("SEED {test}: {number}"));
        Self { number }
    }

    /// A seed with this number, for one of the rounds of a test that has said its first.
    #[must_use]
    pub const fn numbered(number: u64) -> Self {
        Self { number }
    }

    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// A stream of numbers. Streams of different `purpose` do not disturb each other.
    #[must_use]
    pub const fn random(&self, purpose: u64) -> Random {
        Random::seeded(self.number.wrapping_mul(0x100).wrapping_add(purpose))
    }
}
