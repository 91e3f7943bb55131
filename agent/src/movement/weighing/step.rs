//! What a change of the weight between two rests means: a number of pieces, or none.
//!
//! Owns the likelihoods. A number `k` of pieces is held against the change in two ways, and the better one counts:
//! pieces like those the mean was taken from weigh `k·w`, with variance `|k|·c²·w² + k²·σ_w²`; pieces taken out of this
//! bin weigh their share `k·X/n` of what lies in it, with variance `c²·w²·|k|·(n−|k|)/n`, which is nothing when the last
//! one goes. Both add the variance of the two levels. A change that fits no number well is something else: between
//! one stray thing in a few hundred acts and the acts themselves, that is where it is more likely. Must not know when
//! anything was.

use std::time::Duration;

use super::moving::Away;

/// A change below this share of a piece is none (hysteresis: half a piece is where it would be one).
const SAME_MAX: f64 = 0.4;

/// How far from a number of pieces a change may lie, in standard deviations, and at most in pieces.
const OFF_SDS: f64 = 3.5;
const OFF_MAX: f64 = 0.5;
/// And at least, for what went: nothing strange goes that was not put there first.
const OFF_TAKEN_MIN: f64 = 0.2;

/// What creep, temperature and a container that settles leave in a step, in pieces: a standard deviation.
const LEFT_OVER: f64 = 0.02;

/// What lies below this share of a piece over the empty container is nothing.
const EMPTY_MAX: f64 = 0.45;

/// An empty bin overrules a count of steps that is this many pieces off, not more.
const EMPTY_CORRECTS: i64 = 2;

/// How likely it is that a change was no act with pieces: how many strange things and shifts of the zero there are for
/// an act with that number of pieces, per piece of weight. What a number of pieces must be likelier than.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stray {
    /// A hand was seen.
    AfterHand,
    /// A hand was seen, after a time of which nothing is known; or the bin was carried.
    AfterHandUnheard,
    /// It was seen that no hand was there.
    Untouched,
    /// Nothing was seen of what happened: the probabilities that something strange did, that pieces were taken, or put.
    Unseen { strange: f64, taken: f64, put: f64 },
}

/// One in a few hundred acts.
const AFTER_HAND: f64 = 0.005;
const AFTER_HAND_UNHEARD: f64 = 0.05;
const UNTOUCHED: f64 = 0.3;

/// Acts an hour at a bin that is used: most take, few put.
const TAKES_AN_HOUR: f64 = 20.0;
const PUTS_AN_HOUR: f64 = 1.0;
/// A scale that was not heard may have started again; one that says so mostly has. Then its zero may be another. One that
/// repeats itself has not.
const STRANGE_STUCK: f64 = 0.01;
const STRANGE_UNHEARD: f64 = 0.1;
const STRANGE_RESTARTED: f64 = 0.5;
/// A quick act takes so long.
const ACT: Duration = Duration::from_secs(2);

/// A bin that was lifted comes back as it was, mostly; or with pieces taken out, or filled. Without a hand it stood there.
const GONE: Stray = Stray::Unseen { strange: 0.5, taken: 0.3, put: 0.2 };

/// An act is one with pieces taken out, mostly.
const NO_HAND: Stray = Stray::Unseen { strange: 1.0, taken: 0.95, put: 0.05 };

/// A single piece is taken this often; more of them less often, with this power of their number.
const TAKEN_ONE: f64 = 0.3;
const TAKEN_FALLS: f64 = 0.75;
/// Any number put in is this frequent.
const PUT_ANY: f64 = 0.01;
/// Strange weights spread over so many pieces to either side, and thin out beyond.
const STRANGE_REACH: f64 = 12.0;

impl Stray {
    /// Nothing was heard for so long, and no hand was seen afterwards.
    pub(super) fn unheard(unheard: Duration, away: Away) -> Self {
        let hours = unheard.max(ACT).as_secs_f64() / 3600.0;
        Self::Unseen {
            strange: match away {
                Away::Watched | Away::Stuck => STRANGE_STUCK,
                Away::Unheard => STRANGE_UNHEARD,
                Away::Restarted => STRANGE_RESTARTED,
            },
            taken: 1.0 - (-TAKES_AN_HOUR * hours).exp(),
            put: 1.0 - (-PUTS_AN_HOUR * hours).exp(),
        }
    }

    /// Its weight was gone for a while, and no hand showed: as when a node starts again.
    pub(super) const fn gone() -> Self {
        GONE
    }

    /// Whatever it was, no hand showed, where it is not known that hands do.
    pub(super) const fn no_hand() -> Self {
        NO_HAND
    }

    /// For a step of so many pieces.
    fn log_density(self, pieces: i64, piece: f64) -> f64 {
        let number = as_float(pieces).abs().max(1.0);
        let density = match self {
            Self::AfterHand => AFTER_HAND,
            Self::AfterHandUnheard => AFTER_HAND_UNHEARD,
            Self::Untouched => UNTOUCHED,
            Self::Unseen { strange, taken, put } => {
                let strange = strange / (2.0 * STRANGE_REACH) * (STRANGE_REACH / number.max(STRANGE_REACH)).powf(1.5);
                let acts = if pieces < 0 { taken * TAKEN_ONE * number.powf(-TAKEN_FALLS) } else { put * PUT_ANY };
                strange / acts
            }
        };
        (density / piece).ln()
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
        let is_strange = stray != Stray::AfterHand && stray.log_density(pieces, self.piece) > fits;
        let least_reach = if pieces < 0 { OFF_TAKEN_MIN * self.piece } else { 0.0 };
        if is_strange || off.abs() > (OFF_SDS * sd).max(least_reach).min(OFF_MAX * self.piece) {
            return Step::NotWhole(pieces, off_from(pieces));
        }
        Step::Pieces(pieces, self.sure(pieces, fits, change, variance, stray))
    }

    /// How well `change` fits that number of pieces: the log of its probability density.
    pub(super) fn fit(&self, pieces: i64, change: f64, variance: f64) -> f64 {
        self.log_density(pieces, change, variance).0
    }

    /// Whether `change` is further from that number of pieces, put in, than pieces are; so that it is the levels that are
    /// not known well enough yet, or it is something else.
    pub(super) fn is_doubtful_put(&self, pieces: i64, change: f64) -> bool {
        let (_, (off, sd)) = self.log_density(pieces, change, 0.0);
        pieces > 0 && off.abs() > (OFF_SDS * sd).min(OFF_MAX * self.piece)
    }

    /// How much likelier that number of pieces is than something strange: the log of it.
    pub(super) fn odds(&self, pieces: i64, change: f64, variance: f64, stray: Stray) -> f64 {
        self.fit(pieces, change, variance) - stray.log_density(pieces, self.piece)
    }

    /// The probability of `pieces`, of log density `fits`, against its neighbours and something else.
    fn sure(&self, pieces: i64, fits: f64, change: f64, variance: f64, stray: Stray) -> f64 {
        let others: f64 = [pieces.saturating_sub(1), pieces.saturating_add(1)]
            .into_iter()
            .filter(|other| self.pieces.saturating_add(*other) >= 0)
            .map(|other| (self.log_density(other, change, variance).0 - fits).exp())
            .sum();
        1.0 / (1.0 + others + (stray.log_density(pieces, self.piece) - fits).exp())
    }

    /// The log of the probability density of `change` if it was `pieces`, and by how much it then is off, with the
    /// standard deviation of that.
    fn log_density(&self, pieces: i64, change: f64, variance: f64) -> (f64, (f64, f64)) {
        let count = as_float(pieces);
        let spread = self.spread * self.piece;
        let variance = variance + (LEFT_OVER * self.piece).powi(2);
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
            let step = judged(pieces, net, change, Stray::AfterHand);
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
            (-31.3, Stray::AfterHand, true),
            (-31.3, Stray::unheard(Duration::from_mins(1), Away::Unheard), false),
            (-30.7, Stray::unheard(Duration::from_mins(1), Away::Unheard), true),
            (-31.2, Stray::Untouched, false),
            (-30.2, Stray::Untouched, true),
        ] {
            let step = judged(100, 1_000.0, change, stray);
            assert_eq!(matches!(step, Step::Pieces(-3, _)), is_pieces, "{change} {stray:?}: {step:?}");
        }
    }

    #[test]
    fn a_number_near_the_middle_of_two_is_told_with_doubt() {
        let Step::Pieces(150, sure) = judged(100, 1_000.0, 1_503.0, Stray::AfterHand) else { panic!("not 150") };
        let Step::Pieces(150, unsure) = judged(100, 1_000.0, 1_504.5, Stray::AfterHand) else { panic!("not 150") };
        assert!(sure > 0.95 && (0.5..0.95).contains(&unsure), "{sure} {unsure}");
    }
}
