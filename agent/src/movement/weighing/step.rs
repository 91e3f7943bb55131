//! What a change of the weight between two rests means: a number of pieces, or none.
//!
//! Owns the likelihoods. A number `k` of pieces is held against the change in two ways, and the better one counts:
//! pieces like those the mean was taken from weigh `k·w`, with variance `|k|·c²·w² + k²·σ_w²`; pieces taken out of this
//! bin weigh their share `k·X/n` of what lies in it, with variance `c²·w²·|k|·(n−|k|)/n`, which is nothing when the last
//! one goes. Both add the variance of the two levels. A change that fits no number well is something else: between
//! one stray thing in a few hundred acts and the acts themselves, that is where it is more likely. Must not know time.

/// A change below this share of a piece is none (hysteresis: half a piece is where it would be one).
const SAME_MAX: f64 = 0.4;

/// How far from a number of pieces a change may lie, in standard deviations, and at least and at most in pieces.
const OFF_SDS: f64 = 3.5;
const OFF_MIN: f64 = 0.2;
const OFF_MAX: f64 = 0.5;

/// What lies below this share of a piece over the empty container is nothing.
const EMPTY_MAX: f64 = 0.45;

/// An empty bin overrules a count of steps that is this many pieces off, not more.
const EMPTY_CORRECTS: i64 = 2;

/// How likely it is that a change was no act with pieces: strange things and shifts of the zero per act and piece of
/// weight. What a number of pieces must be likelier than.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Stray(f64);

impl Stray {
    /// A hand was seen: one in a few hundred acts.
    pub(super) const AFTER_HAND: Self = Self(0.005);
    /// Nothing was seen of what happened.
    pub(super) const UNHEARD: Self = Self(0.05);
    /// It was seen that no hand was there.
    pub(super) const UNTOUCHED: Self = Self(0.3);

    fn log_density(self, piece: f64) -> f64 {
        (self.0 / piece).ln()
    }
}

/// What the bin holds before the change, in grams where not said otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    /// Pieces; `None` when nothing is known.
    pub(super) pieces: i64,
    /// What they weigh together.
    pub(super) net: f64,
    /// Mean of a piece and how sure it is.
    pub(super) piece: f64,
    pub(super) piece_sd: f64,
    /// Spread of single pieces.
    pub(super) spread: f64,
    /// Whether the weight of nothing is known, so that an empty bin shows itself.
    pub(super) tare_is_known: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// Nothing came or went.
    Same,
    /// So many pieces; with the probability that the number is right.
    Pieces(i64, f64),
    /// No number of pieces; the nearest, and how far off in pieces.
    NotWhole(i64, f64),
}

impl Before {
    /// Judges a change by `change` grams, known with `variance`.
    pub(super) fn judge(&self, change: f64, variance: f64, stray: Stray) -> Step {
        let after = self.net + change;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float turned integer saturates; too many are refused below"
        )]
        let nearest = (change / self.piece).round() as i64;
        let least = self.pieces.saturating_neg();
        let is_empty = self.tare_is_known && after.abs() <= EMPTY_MAX * self.piece;
        if is_empty && (least - nearest).abs() <= EMPTY_CORRECTS {
            let off = (change - as_float(least) * self.piece) / self.piece;
            let fits = self.log_density(least, change, variance).0;
            return match least {
                0 => Step::Same,
                // Empty is empty; the doubt is about the number that was there before.
                least => Step::Pieces(
                    least,
                    if off.abs() < 0.5 { self.sure(least, fits, change, variance, stray) } else { 0.5 },
                ),
            };
        }
        let around = [nearest.saturating_sub(1), nearest, nearest.saturating_add(1)];
        let likeliest = around
            .into_iter()
            .filter(|pieces| *pieces >= least)
            .map(|pieces| (pieces, self.log_density(pieces, change, variance)))
            .max_by(|(_, (one, _)), (_, (other, _))| one.total_cmp(other));
        let off_from = |pieces: i64| change / self.piece - as_float(pieces);
        let Some((pieces, (fits, sds))) = likeliest else {
            return Step::NotWhole(nearest, off_from(nearest));
        };
        if pieces == 0 {
            return if (change / self.piece).abs() <= SAME_MAX { Step::Same } else { Step::NotWhole(0, off_from(0)) };
        }
        let (off, sd) = sds;
        let is_strange = stray > Stray::AFTER_HAND && stray.log_density(self.piece) > fits;
        if is_strange || off.abs() > (OFF_SDS * sd).clamp(OFF_MIN * self.piece, OFF_MAX * self.piece) {
            return Step::NotWhole(pieces, off_from(pieces));
        }
        Step::Pieces(pieces, self.sure(pieces, fits, change, variance, stray))
    }

    /// The probability of `pieces`, of log density `fits`, against its neighbours and something else.
    fn sure(&self, pieces: i64, fits: f64, change: f64, variance: f64, stray: Stray) -> f64 {
        let others: f64 = [pieces.saturating_sub(1), pieces.saturating_add(1)]
            .into_iter()
            .filter(|other| self.pieces.saturating_add(*other) >= 0)
            .map(|other| (self.log_density(other, change, variance).0 - fits).exp())
            .sum();
        1.0 / (1.0 + others + (stray.log_density(self.piece) - fits).exp())
    }

    /// The log of the probability density of `change` if it was `pieces`, and by how much it then is off, with the
    /// standard deviation of that.
    fn log_density(&self, pieces: i64, change: f64, variance: f64) -> (f64, (f64, f64)) {
        let count = as_float(pieces);
        let spread = self.spread * self.piece;
        let like_the_sample = density(
            change - count * self.piece,
            count.abs() * spread * spread + count * count * self.piece_sd * self.piece_sd + variance,
        );
        let there = as_float(self.pieces);
        if pieces >= 0 || pieces < self.pieces.saturating_neg() || self.net <= 0.0 {
            return like_the_sample;
        }
        let like_the_rest = density(
            change - count * self.net / there,
            spread * spread * count.abs() * (there - count.abs()) / there + variance,
        );
        if like_the_rest.0 > like_the_sample.0 { like_the_rest } else { like_the_sample }
    }
}

/// The log density of `off` under a normal distribution, and what it was taken of.
fn density(off: f64, variance: f64) -> (f64, (f64, f64)) {
    let log = -off * off / (2.0 * variance) - 0.5 * (std::f64::consts::TAU * variance).ln();
    (log, (off, variance.sqrt()))
}

#[expect(clippy::cast_precision_loss, reason = "pieces beyond 2^53 are beyond any scale")]
fn as_float(pieces: i64) -> f64 {
    pieces as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a change by so many grams means in a bin of `pieces` of 10 g that weigh `net`; each level known to 0.3 g.
    fn judged(pieces: i64, net: f64, change: f64, stray: Stray) -> Step {
        let before = Before { pieces, net, piece: 10.0, piece_sd: 0.01, spread: 0.01, tare_is_known: true };
        before.judge(change, 0.09, stray)
    }

    #[test]
    fn a_change_is_a_number_of_pieces_none_or_something_else() {
        for (pieces, net, change, expected) in [
            (100, 1_000.0, -30.1, Step::Pieces(-3, 1.0)),
            (100, 1_000.0, 1_502.0, Step::Pieces(150, 1.0)),
            (100, 1_000.0, 3.9, Step::Same),
            (100, 1_000.0, -3.9, Step::Same),
            (100, 1_000.0, -4.5, Step::NotWhole(0, -0.45)),
            (100, 1_000.0, 6.0, Step::NotWhole(1, -0.4)),
            (100, 1_000.0, -33.0, Step::NotWhole(-3, -0.3)),
            // More than there is.
            (2, 500.0, -30.0, Step::NotWhole(-2, -1.0)),
            // Pieces of this bin are a little lighter than those of the sample.
            (100, 990.0, -495.0, Step::Pieces(-50, 1.0)),
            // The bin is empty: whatever was counted before went.
            (40, 397.0, -397.0, Step::Pieces(-40, 1.0)),
            (40, 388.0, -388.0, Step::Pieces(-40, 0.5)),
            (4, 30.5, -30.5, Step::Pieces(-4, 0.5)),
            (0, 9.0, -9.0, Step::Same),
        ] {
            let step = judged(pieces, net, change, Stray::AFTER_HAND);
            let is_right = match (step, expected) {
                (Step::Pieces(found, sure), Step::Pieces(pieces, least)) => found == pieces && sure > least - 0.02,
                (Step::NotWhole(found, off), Step::NotWhole(nearest, expected)) => {
                    found == nearest && (off - expected).abs() < 0.01
                }
                (step, expected) => step == expected,
            };
            assert!(is_right, "{pieces} of {net} g, {change} g: {step:?}, not {expected:?}");
        }
    }

    #[test]
    fn without_a_hand_a_number_must_fit_better() {
        for (change, stray, is_pieces) in [
            (-31.3, Stray::AFTER_HAND, true),
            (-31.3, Stray::UNHEARD, false),
            (-30.7, Stray::UNHEARD, true),
            (-31.0, Stray::UNTOUCHED, false),
            (-30.2, Stray::UNTOUCHED, true),
        ] {
            let step = judged(100, 1_000.0, change, stray);
            assert_eq!(matches!(step, Step::Pieces(-3, _)), is_pieces, "{change} {stray:?}: {step:?}");
        }
    }

    #[test]
    fn a_number_near_the_middle_of_two_is_told_with_doubt() {
        let Step::Pieces(150, sure) = judged(100, 1_000.0, 1_503.0, Stray::AFTER_HAND) else { panic!("not 150") };
        let Step::Pieces(150, unsure) = judged(100, 1_000.0, 1_504.5, Stray::AFTER_HAND) else { panic!("not 150") };
        assert!(sure > 0.95 && (0.5..0.95).contains(&unsure), "{sure} {unsure}");
    }
}
