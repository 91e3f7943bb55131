//! What lies in a bin: how many pieces, how sure, what a piece weighs, what the container and strange things weigh.
//!
//! Owns the count since it was last anchored (a person counted, or the books were right at the first rest). From there
//! on steps count, not absolute weights: the error of the mean piece weight grows with the content, that of a step with
//! the step. Each step's doubt adds to the count's; a new anchor takes it away. Owns also what this bin has taught about
//! its mean piece weight: an anchored content is a sample as large as itself. That estimate is kept for telling steps
//! only, stays within what the reference sample allows, and is not written anywhere: the item's piece weight is learned
//! from attended samples alone. Must not know readings or time.

use super::{
    foreign::Foreign,
    step::{Before, Step, Stray},
    told::Load,
};
use crate::movement::{counted::Counted, pieces::Basis};

/// How far the mean piece weight may be moved, in standard deviations of the reference sample.
const PIECE_SDS_MAX: f64 = 3.0;

/// What the empty container may weigh differently from its tare, in pieces and divisions: a standard deviation.
const TARE_SD_PIECES: f64 = 0.1;
const TARE_SD_DIVISIONS: f64 = 1.0;

/// Below this part of a piece two tares are one: the zero is where it was.
const SAME_TARE: f64 = 0.05;

/// Puts of so many pieces teach about their mean; fewer say more about themselves.
const TEACHES_MIN: u64 = 10;
/// And only when their number is this certain.
const TEACHES_SURE: f64 = 0.99;

/// How far the weight of an anchored content may be from the books before they are not believed: in standard deviations
/// and pieces.
const BOOKS_SDS: f64 = 3.0;
const BOOKS_PIECES: f64 = 0.45;

/// How far it may be before a person is asked.
const ASK_SDS: f64 = 4.0;
const ASK_PIECES: f64 = 0.6;

/// One cause is clearly likelier than another by so many e-folds.
const CLEARLY: f64 = 3.0;

/// A strange thing that goes takes pieces with it this often.
const WITH_PIECES: f64 = 0.05;

/// The two-sided 95 % quantile of the normal distribution.
const SDS_95: f64 = 1.96;

#[derive(Debug, Clone)]
pub(super) struct Content {
    load: Load,
    /// The empty container, with the shifts of the scale's zero since.
    tare: f64,
    tare_is_known: bool,
    foreign: Foreign,
    piece: f64,
    piece_sd: f64,
    count: Option<Count>,
}

/// The count and its doubt.
#[derive(Debug, Clone, Copy)]
struct Count {
    pieces: u64,
    sure: f64,
    /// Variance of the number, in pieces squared.
    variance: f64,
}

impl Content {
    pub(super) fn new(load: Load) -> Self {
        let mut content = Self {
            load,
            tare: 0.0,
            tare_is_known: true,
            foreign: Foreign::default(),
            piece: 0.0,
            piece_sd: 0.0,
            count: None,
        };
        content.recalibrate(load);
        content
    }

    /// Takes a new tare, piece weight or both. The number of pieces stays.
    pub(super) fn recalibrate(&mut self, load: Load) {
        self.load = load;
        self.tare = load.tare.as_grams();
        self.tare_is_known = true;
        self.foreign = Foreign::default();
        self.piece = self.piece_of_sample();
        self.piece_sd = self.sd_of_sample();
    }

    pub(super) fn piece(&self) -> f64 {
        self.piece
    }

    /// What strange things weigh together.
    pub(super) fn foreign(&self) -> f64 {
        self.foreign.total()
    }

    pub(super) fn is_known(&self) -> bool {
        self.count.is_some()
    }

    /// What the pieces weigh when the scale shows `gross`.
    pub(super) fn net(&self, gross: f64) -> f64 {
        gross - self.tare - self.foreign()
    }

    /// What lies in the container, strange things included: below nothing, the container itself is gone.
    pub(super) fn over_tare(&self, gross: f64) -> f64 {
        gross - self.tare - self.foreign().min(0.0)
    }

    /// The count, if there is one.
    pub(super) fn counted(&self) -> Option<Counted> {
        let Count { pieces, sure, variance } = self.count?;
        let reach = if sure >= 0.95 { 0 } else { whole(SDS_95 * variance.sqrt()).max(1) };
        Some(Counted { pieces, low: pieces.saturating_sub(reach), high: pieces.saturating_add(reach), sure })
    }

    /// What the step from `before` to `after` means; `variance` is that of both together.
    pub(super) fn judge(&self, before: f64, after: f64, variance: f64, stray: Stray) -> Step {
        let Some(count) = self.count else { return Step::Same };
        let plain = self.before(count, self.net(before));
        let change = after - before;
        let step = plain.judge(change, variance, stray);
        match (step, self.without_foreign(&plain, change, variance, stray)) {
            (Step::NotWhole(..), Some((without, _))) => without,
            (Step::Pieces(pieces, _), Some((without, fits))) if fits > plain.fit(pieces, change, variance) => without,
            (Step::Pieces(..) | Step::NotWhole(..) | Step::Same, _) => step,
        }
    }

    /// What the step means if a strange thing went, alone or in a hand with pieces; with how well that fits.
    fn without_foreign(&self, plain: &Before, change: f64, variance: f64, stray: Stray) -> Option<(Step, f64)> {
        let without = self.foreign.against(change).filter_map(|foreign| {
            let rest = change + foreign;
            // Its own mass is known as the level after it is: twice the doubt.
            match plain.judge(rest, variance, stray) {
                Step::Same => Some((Step::Same, plain.fit(0, rest, 2.0 * variance))),
                step @ Step::Pieces(pieces @ ..0, _) if foreign > 0.0 => {
                    Some((step, plain.fit(pieces, rest, 2.0 * variance) + WITH_PIECES.ln()))
                }
                Step::Pieces(..) | Step::NotWhole(..) => None,
            }
        });
        without.max_by(|(_, one), (_, other)| one.total_cmp(other))
    }

    /// Whether a step judged to be so many pieces may yet turn out something else, once the new level is known better.
    pub(super) fn may_be_strange(&self, before: f64, after: f64, variance: f64, pieces: i64) -> bool {
        let Some(count) = self.count else { return false };
        let (plain, change) = (self.before(count, self.net(before)), after - before);
        let fits = plain.fit(pieces, change, variance);
        let other = self.without_foreign(&plain, change, variance, Stray::AfterHand);
        let is_near = |(step, other): (Step, f64)| step == Step::Same && other > fits - CLEARLY;
        plain.is_doubtful_put(pieces, change) || other.is_some_and(is_near)
    }

    /// How much likelier the step is an act with so many pieces than something strange: the log of it.
    pub(super) fn odds(&self, before: f64, after: f64, variance: f64, pieces: i64, stray: Stray) -> f64 {
        let Some(count) = self.count else { return 0.0 };
        self.before(count, self.net(before)).odds(pieces, after - before, variance, stray)
    }

    /// The strange thing that the step takes away, if it does: its mass.
    pub(super) fn takes_foreign(&self, before: f64, after: f64, pieces: i64) -> Option<f64> {
        let off = |foreign: f64| (after - before + foreign - float(pieces) * self.piece).abs();
        let nearest = self.foreign.against(after - before).min_by(|one, other| off(*one).total_cmp(&off(*other)))?;
        (off(nearest) < off(0.0)).then_some(nearest)
    }

    /// What so many pieces weigh, and the variance of that.
    pub(super) fn weight_of(&self, pieces: i64) -> (f64, f64) {
        let number = float(pieces);
        let spread = self.load.piece_cv * self.piece;
        (number * self.piece, number.abs() * spread * spread + (number * self.piece_sd).powi(2))
    }

    /// Takes a step of so many pieces, `change` grams in all.
    pub(super) fn step(&mut self, pieces: i64, sure: f64, change: f64) {
        let Some(count) = &mut self.count else { return };
        count.pieces = count.pieces.saturating_add_signed(pieces);
        count.sure *= sure;
        // Mostly it is off by one, if it is off.
        count.variance += 1.0 - sure;
        let put = u64::try_from(pieces).unwrap_or(0);
        if put >= TEACHES_MIN && sure >= TEACHES_SURE {
            self.learn(change / float(pieces), self.load.piece_cv.powi(2) / float(pieces));
        }
    }

    /// Something that is no number of pieces came (or went, when negative).
    pub(super) fn add_foreign(&mut self, grams: f64) {
        self.foreign.add(grams);
        // What is left of it is less than anything anyone would lay there.
        if self.foreign().abs() < TARE_SD_PIECES * 2.0 * self.piece {
            self.foreign = Foreign::default();
        }
    }

    /// That strange thing, or all of that mass together, went.
    pub(super) fn remove_foreign(&mut self, grams: f64) {
        self.foreign.remove(grams);
    }

    /// Whether the zero of the scale is where it was once such a shift is over.
    pub(super) fn is_shift_back(&self, grams: f64) -> bool {
        !self.tare_is_known && (self.tare + grams - self.load.tare.as_grams()).abs() < SAME_TARE * self.piece
    }

    /// The zero of the scale moved.
    pub(super) fn shift(&mut self, grams: f64) {
        self.tare += grams;
        let load_tare = self.load.tare.as_grams();
        self.tare_is_known = (self.tare - load_tare).abs() < SAME_TARE * self.piece;
        if self.tare_is_known {
            self.tare = load_tare;
        }
    }

    /// Somebody counted: `gross` is so many pieces.
    pub(super) fn anchor(&mut self, pieces: u64, gross: Option<(f64, f64)>) {
        self.count = Some(Count { pieces, sure: 1.0, variance: 0.0 });
        self.foreign = Foreign::default();
        let Some((gross, division)) = gross else { return };
        let net = self.net(gross);
        if !self.tare_is_known || self.off_books(pieces, net, division).abs() > BOOKS_SDS {
            // The tare is what gives way: a count is a fact.
            self.tare = gross - floats(pieces) * self.piece;
            return;
        }
        if pieces > 0 {
            let number = floats(pieces);
            let variance = self.load.piece_cv.powi(2) / number
                + ((TARE_SD_PIECES * self.piece + TARE_SD_DIVISIONS * division) / (number * self.piece)).powi(2);
            self.learn(net / number, variance);
        }
    }

    /// The first rest: what the books say if the weight allows it, else what the weight says. `None` when it is no
    /// number of pieces.
    pub(super) fn first(&mut self, books: Option<u64>, gross: f64, noise_sd: f64, division: f64) -> Result<(), f64> {
        let net = self.net(gross);
        if let Some(pieces) = books {
            let off = (net / self.piece - floats(pieces)).abs();
            if off <= BOOKS_PIECES || self.off_books(pieces, net, division).abs() <= BOOKS_SDS {
                self.anchor(pieces, Some((gross, division)));
                return Ok(());
            }
        }
        let number = (net / self.piece).round().max(0.0);
        let basis = self.basis(noise_sd, division);
        let sd = basis.sd(number);
        let off = net / self.piece - number;
        // Where a count is exact, its rest must be small; where it is not, any rest is as good as another.
        if off.abs() > (3.0 * sd).max(0.3) {
            return Err(off);
        }
        self.count = Some(Count { pieces: whole(number), sure: basis.sure(number), variance: sd * sd });
        Ok(())
    }

    /// By how many pieces the weight differs from the count, if by more than a person should let pass.
    pub(super) fn disagreement(&self, gross: f64, noise_sd: f64, division: f64) -> Option<f64> {
        let pieces = floats(self.count.filter(|_| self.tare_is_known)?.pieces);
        let off = self.net(gross) / self.piece - pieces;
        let sd = self.basis(noise_sd, division).sd(pieces) + TARE_SD_PIECES;
        (off.abs() > (ASK_SDS * sd).max(ASK_PIECES)).then_some(off)
    }

    /// Whether the weight alone says the same number, and could have said another.
    pub(super) fn confirms(&self, gross: f64, noise_sd: f64, division: f64) -> bool {
        let Some(count) = self.count.filter(|_| self.tare_is_known) else { return false };
        let pieces = floats(count.pieces);
        let off = self.net(gross) / self.piece - pieces;
        let sd = self.basis(noise_sd, division).sd(pieces);
        off.abs() < 0.5 && SDS_95 * sd < 0.5
    }

    /// In standard deviations.
    fn off_books(&self, pieces: u64, net: f64, division: f64) -> f64 {
        let pieces = floats(pieces);
        let sd = self.basis(0.0, division).sd(pieces) + TARE_SD_PIECES + division / self.piece;
        (net / self.piece - pieces) / sd
    }

    fn basis(&self, scale_sd: f64, division: f64) -> Basis {
        Basis {
            piece_weight: self.piece,
            piece_cv: self.load.piece_cv,
            sample_size: self.load.sample_size.max(1).into(),
            scale_sd,
            division,
        }
    }

    fn before(&self, count: Count, net: f64) -> Before {
        Before {
            pieces: i64::try_from(count.pieces).unwrap_or(i64::MAX),
            net,
            piece: self.piece,
            piece_sd: self.piece_sd,
            spread: self.load.piece_cv,
            tare_is_known: self.tare_is_known && self.foreign() == 0.0,
        }
    }

    /// Takes a mean piece weight with its relative variance into the estimate.
    fn learn(&mut self, piece: f64, relative_variance: f64) {
        let variance = relative_variance * self.piece * self.piece;
        let own = self.piece_sd * self.piece_sd;
        let reach = PIECE_SDS_MAX * self.sd_of_sample();
        let total = own + variance;
        // A mean that the sample all but excludes is a wrong count, not a lesson.
        if total <= 0.0 || (piece - self.piece).abs() > PIECE_SDS_MAX * total.sqrt() {
            return;
        }
        let learned = self.piece + (piece - self.piece) * own / total;
        let sample = self.piece_of_sample();
        self.piece = learned.clamp(sample - reach, sample + reach);
        self.piece_sd = (own * variance / total).sqrt();
    }

    fn piece_of_sample(&self) -> f64 {
        self.load.piece.as_grams().max(1e-6)
    }

    fn sd_of_sample(&self) -> f64 {
        self.piece_of_sample() * self.load.piece_cv / f64::from(self.load.sample_size.max(1)).sqrt()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; never negative here")]
fn whole(number: f64) -> u64 {
    number as u64
}

#[expect(clippy::cast_precision_loss, reason = "pieces beyond 2^53 are beyond any scale")]
fn floats(pieces: u64) -> f64 {
    pieces as f64
}

#[expect(clippy::cast_precision_loss, reason = "pieces beyond 2^53 are beyond any scale")]
fn float(pieces: i64) -> f64 {
    pieces as f64
}
