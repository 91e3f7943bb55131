//! Seeded randomness: the same seed gives the same day.
//!
//! Owns nothing but its 64 bits of state. SplitMix64, because it is ten lines, passes for random, and needs no crate
//! whose next version would change every recorded run.

/// A stream of numbers determined by its seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Any 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// `0..bound`; 0 when `bound` is 0. Multiply and shift, so the bias is below one in 2^64 / bound.
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.bits() as u128 * bound as u128) >> 64) as u64
    }

    /// `0.0..1.0`, all 53 bits of a float used.
    pub const fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Mean 0, standard deviation 1: the sum of twelve uniform numbers, so it never leaves ±6.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut other) = (Random::seeded(7), Random::seeded(7));
        assert!((0..100).all(|_| one.bits() == other.bits()));
        // The published first value for seed 0.
        assert_eq!(Random::seeded(0).bits(), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn numbers_stay_in_their_range_and_fill_it() {
        let mut random = Random::seeded(1);
        let mut seen = [false; 6];
        for _ in 0..1000 {
            seen[usize::try_from(random.below(6)).unwrap()] = true;
            assert!((0.0..1.0).contains(&random.unit()));
        }
        assert!(seen.iter().all(|seen| *seen));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn the_normal_numbers_have_mean_zero_and_deviation_one() {
        let mut random = Random::seeded(2);
        let numbers: Vec<f64> = (0..10_000).map(|_| random.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 10_000.0;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10_000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05, "mean {mean} variance {variance}");
    }
}
