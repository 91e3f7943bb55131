//! Weight → pieces: the arithmetic, and how sure it is.
//!
//! Owns the formulas: the count, the spread of a count (first-order propagation; the same terms as Steiner & MacKay,
//! "Scale Counting"), and whether a reference sample is good enough (Mettler-Toledo's CountPac rules). Must not know
//! readings or time.

use crate::device::Mass;

/// What a weighed count rests on. All masses in one unit, grams say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Basis {
    /// Mean weight of a piece, above 0.
    pub piece_weight: f64,
    /// Relative spread of single pieces (coefficient of variation): 0.005–0.015 for machined parts.
    pub piece_cv: f64,
    /// Pieces the mean was taken from, at least 1.
    pub sample_size: f64,
    /// Repeatability of the scale: standard deviation.
    pub scale_sd: f64,
    /// One step of the scale.
    pub division: f64,
}

/// What a reference sample is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleVerdict {
    Ok,
    /// Pieces between a quarter and a whole division: counts may be off.
    WarnPiece,
    /// Lighter than a quarter of a division: cannot be counted on this scale.
    RefusePiece,
    /// The sample weighs less than ten divisions: add pieces.
    AddPieces,
}

/// For exactness at 95 %: half a piece has to be at least this many standard deviations away.
const EXACT_SDS: f64 = 1.96;

/// Pieces in `net` at `piece` each, rounded half away from zero. Negative when less than nothing lies there. `None` when a
/// piece weighs nothing.
#[must_use]
pub fn count(net: Mass, piece: Mass) -> Option<i64> {
    let (net, piece) = (i128::from(net.micrograms()), i128::from(piece.micrograms()));
    if piece <= 0 {
        return None;
    }
    // Doubled on both sides, since half of an odd piece is no whole number.
    i64::try_from((2 * net + piece * net.signum()) / (2 * piece)).ok()
}

impl Basis {
    /// Standard deviation of the count of `pieces`, in pieces:
    /// `var = n·c² + n²·c²/s + (e/w)²·(1 + n²/s²)` with `e² = σ² + d²/12`.
    #[must_use]
    pub fn sd(&self, pieces: f64) -> f64 {
        let n = pieces.abs();
        let s = self.sample_size.max(1.0);
        let spread = self.piece_cv * self.piece_cv;
        let weighing = (self.scale_sd * self.scale_sd + self.division * self.division / 12.0)
            / (self.piece_weight * self.piece_weight);
        (n * spread + n * n * spread / s + weighing * (1.0 + n * n / (s * s))).sqrt()
    }

    /// The probability that the nearest whole number is the number of `pieces`.
    #[must_use]
    pub fn sure(&self, pieces: f64) -> f64 {
        within(0.5 / self.sd(pieces))
    }

    /// Whether 95 of 100 such counts are right to the piece.
    #[must_use]
    pub fn is_exact(&self, pieces: f64) -> bool {
        EXACT_SDS * self.sd(pieces) < 0.5
    }
}

/// The probability that a normal variable lies within so many standard deviations of its mean. Abramowitz & Stegun,
/// "Handbook of Mathematical Functions", 7.1.26; off by less than 2e-7.
fn within(sds: f64) -> f64 {
    if sds.is_nan() {
        return 0.0;
    }
    let x = sds.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let sum = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429]
        .into_iter()
        .rfold(0.0, |sum, term| (sum + term) * t);
    1.0 - sum * (-x * x).exp()
}

/// What a sample of `size` pieces of weight `piece` is worth on a scale of `division`.
#[must_use]
pub fn sample_verdict(piece: Mass, division: Mass, size: u32) -> SampleVerdict {
    let (piece, division) = (i128::from(piece.micrograms()), i128::from(division.micrograms()));
    if 4 * piece < division {
        SampleVerdict::RefusePiece
    } else if piece * i128::from(size) < 10 * division {
        SampleVerdict::AddPieces
    } else if piece < division {
        SampleVerdict::WarnPiece
    } else {
        SampleVerdict::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mass(micrograms: i64) -> Mass {
        Mass::from_micrograms(micrograms)
    }

    #[test]
    fn a_count_is_rounded_half_away_from_zero() {
        for (net, piece, expected) in [
            (1_000, 100, 10),
            (1_049, 100, 10),
            (1_050, 100, 11),
            (-1_050, 100, -11),
            (15, 10, 2),
            (4, 3, 1),
            (-5, 3, -2),
        ] {
            assert_eq!(count(mass(net), mass(piece)), Some(expected), "{net}/{piece}");
        }
        assert_eq!(count(mass(5), mass(0)), None);
        assert_eq!(count(mass(5), mass(-1)), None);
    }

    #[test]
    fn the_sample_dominates_a_large_count() {
        let basis = Basis { piece_weight: 5.0, piece_cv: 0.01, sample_size: 10.0, scale_sd: 0.0, division: 0.0 };
        assert!((basis.sd(100.0) - 0.331_662).abs() < 1e-6, "{}", basis.sd(100.0));
        assert!((basis.sd(1000.0) / 3.178 - 1.0).abs() < 0.001, "{}", basis.sd(1000.0));
        assert!(!basis.is_exact(1000.0) && basis.is_exact(50.0));
    }

    #[test]
    fn a_count_is_as_sure_as_half_a_piece_is_many_deviations() {
        for (sds, expected) in [(0.0, 0.0), (1.0, 0.682_689), (1.96, 0.950_004), (3.0, 0.997_300), (40.0, 1.0)] {
            assert!((within(sds) - expected).abs() < 1e-6, "{sds}: {}", within(sds));
        }
        let basis = Basis { piece_weight: 5.0, piece_cv: 0.01, sample_size: 10.0, scale_sd: 0.0, division: 0.0 };
        assert!(basis.sure(10.0) > 0.999 && (basis.sure(1000.0) - 0.125).abs() < 0.01);
    }

    #[test]
    fn a_sample_is_judged_by_piece_and_by_whole() {
        let verdict = |piece, size| sample_verdict(mass(piece), mass(1_000), size);
        assert_eq!(verdict(249, 100), SampleVerdict::RefusePiece);
        assert_eq!(verdict(250, 10), SampleVerdict::AddPieces);
        assert_eq!(verdict(250, 40), SampleVerdict::WarnPiece);
        assert_eq!(verdict(1_000, 10), SampleVerdict::Ok);
        assert_eq!(verdict(1_000, 9), SampleVerdict::AddPieces);
    }
}
