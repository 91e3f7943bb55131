//! A reference sample put in lot by lot, and the spread of single pieces from it.
//!
//! A lot of `N` pieces weighs `N·µ` give or take `σ·√N`, so lots tell the spread of the pieces without weighing any
//! alone. Two neighbouring lots share a weighing; that noise is reckoned out exactly, not by a rule of thumb.

use serde::{Deserialize, Serialize};

use super::micrograms;
use crate::device::Mass;

/// Fewer lots say nothing about a spread.
const LOTS_MIN: usize = 3;

/// More lots nobody puts in; bounds what is kept.
pub(super) const LOTS_MAX: usize = 100;

/// What the formulas of `pieces` take for 95 %.
const Z: f64 = 1.96;

/// Pieces that went in or came out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lot {
    pub(super) pieces: u32,
    /// By how much the bin became heavier (lighter, for a sample that is taken out). Above 0.
    #[serde(with = "micrograms")]
    pub(super) weight: Mass,
}

/// A relative spread, measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Unbiased.
    pub cv: f64,
    /// Its own standard deviation.
    pub cv_sd: f64,
    pub lots: u32,
}

/// Pieces and weight of all lots.
pub(super) fn total(lots: &[Lot]) -> (u32, i128) {
    lots.iter().fold((0, 0), |(pieces, weight), lot| {
        (pieces.saturating_add(lot.pieces), weight + i128::from(lot.weight.micrograms()))
    })
}

/// The mean weight of a piece, to the nearest microgram; `None` for none.
pub(super) fn mean(pieces: u32, weight: i128) -> Option<Mass> {
    let pieces = i128::from(pieces);
    let micrograms = (2 * weight + pieces).checked_div(2 * pieces)?;
    i64::try_from(micrograms).ok().map(Mass::from_micrograms)
}

/// The spread of single pieces out of lots, each weighing having `variance` (g²). `None` with fewer than three lots, and
/// where the scale's own noise is the larger part of what the lots differ by.
///
/// `Q = Σ (Wᵢ − Nᵢ·m)²/Nᵢ` with `m = ΣW/ΣN` has the mean `(k−1)·σ² + Σ var(noiseᵢ)/Nᵢ`; the noise of lot `i` is
/// `eᵢ − eᵢ₋₁ − (Nᵢ/ΣN)·(e_k − e₀)`.
pub(super) fn spread(lots: &[Lot], variance: f64) -> Option<Spread> {
    if lots.len() < LOTS_MIN {
        return None;
    }
    let Squares { found, noise, piece } = squares(lots, variance)?;
    if found <= 2.0 * noise || found <= 0.0 {
        return None;
    }
    let lots = u32::try_from(lots.len()).ok()?;
    let freedom = f64::from(lots - 1);
    let cv = ((found - noise) / freedom).sqrt() / piece / root_bias(lots - 1);
    Some(Spread { cv, cv_sd: cv / (2.0 * freedom).sqrt(), lots })
}

/// `Q`, the part of it that the scale's noise makes on average, and the mean weight of a piece; grams.
struct Squares {
    found: f64,
    noise: f64,
    piece: f64,
}

fn squares(lots: &[Lot], variance: f64) -> Option<Squares> {
    let (pieces, weight) = total(lots);
    let all = f64::from(pieces);
    #[expect(clippy::cast_precision_loss, reason = "a sample weighs tonnes at most")]
    let piece = weight as f64 / 1e6 / all;
    let (mut found, mut noise) = (0.0, 0.0);
    for (at, lot) in lots.iter().enumerate() {
        let own = f64::from(lot.pieces);
        let off = lot.weight.as_grams() - own * piece;
        found += off * off / own;
        let share = own / all;
        // The first and the last lot each have one weighing in common with the whole.
        let ends = f64::from(u8::from(at == 0)) + f64::from(u8::from(at + 1 == lots.len()));
        noise += variance * (2.0 + 2.0 * share * share - 2.0 * share * ends) / own;
    }
    (piece > 0.0).then_some(Squares { found, noise, piece })
}

/// By how much a spread out of `lots` lots has to be widened so that 1.96 of it hold the truth 95 times in 100.
pub(super) fn widening(lots: u32) -> f64 {
    let freedom = lots.saturating_sub(1).max(1);
    student(freedom) / Z * root_bias(freedom)
}

/// The mean of a sample standard deviation over the true one (`c₄`). From `c₄(1) = √(2/π)` by
/// `c₄(ν)·c₄(ν+1) = √(ν/(ν+1))`.
fn root_bias(freedom: u32) -> f64 {
    let freedom = freedom.min(u32::try_from(LOTS_MAX).unwrap_or(u32::MAX));
    (1..freedom).map(f64::from).fold(std::f64::consts::FRAC_2_PI.sqrt(), |bias, nu| (nu / (nu + 1.0)).sqrt() / bias)
}

/// Student's two-sided 95 % factor: by table, past it by Cornish and Fisher's series.
fn student(freedom: u32) -> f64 {
    const TABLE: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    let index = usize::try_from(freedom).unwrap_or(usize::MAX).saturating_sub(1);
    TABLE.get(index).copied().unwrap_or_else(|| {
        let nu = f64::from(freedom);
        Z * (1.0 + 1.210_4 / nu + 1.441_3 / (nu * nu))
    })
}

#[cfg(test)]
mod tests;
