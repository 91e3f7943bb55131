//! Quantiles by search: of whole numbers from a guess outwards, of reals by Newton's steps kept inside a bracket.

/// Steps from the guess by the recursion of the mass, before a bracket is drawn.
const WALK_MAX: u32 = 48;

/// Largest whole number a quantile is searched to: every whole number up to here is a double.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A law of whole numbers from 0 on, as the search sees it.
pub(super) trait Whole {
    fn cdf_at(&self, k: f64) -> f64;
    fn survival_at(&self, k: f64) -> f64;
    fn mass_at(&self, k: f64) -> f64;
    /// `mass(k+1) / mass(k)`.
    fn ratio_at(&self, k: f64) -> f64;
}

/// The smallest `k >= 0` with `P(X <= k) >= p`, from a guess.
pub(super) fn whole_quantile<L: Whole>(law: &L, p: f64, guess: f64) -> f64 {
    if p.is_nan() || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let mut k = guess.round().clamp(0.0, WHOLE_MAX);
    let reached = |k: f64| if p > 0.9 { law.survival_at(k) <= 1.0 - p } else { law.cdf_at(k) >= p };
    let at_guess = reached(k);
    let mut mass = law.mass_at(k);
    if mass > 0.0 {
        // F(k) stepped by single masses: exact to a rounding each
        let upper = p > 0.9;
        let mut below = if upper { law.survival_at(k) } else { law.cdf_at(k) };
        for _ in 0..WALK_MAX {
            if at_guess {
                if k == 0.0 {
                    return 0.0;
                }
                let next = if upper { below + mass } else { below - mass };
                if if upper { next > 1.0 - p } else { next < p } {
                    return k;
                }
                below = next;
                k -= 1.0;
                mass /= law.ratio_at(k);
            } else {
                mass *= law.ratio_at(k);
                k += 1.0;
                below = if upper { below - mass } else { below + mass };
                if if upper { below <= 1.0 - p } else { below >= p } {
                    return k;
                }
            }
        }
    }
    let (mut low, mut high) = if at_guess { (-1.0, k) } else { (k, f64::NAN) };
    let mut stride = 64.0_f64.max(k * 1e-3);
    if at_guess {
        while low < high {
            let next = (high - stride).floor();
            if next < 0.0 {
                break;
            }
            if reached(next) {
                high = next;
            } else {
                low = next;
                break;
            }
            stride *= 2.0;
        }
    } else {
        high = k;
        while !reached(high) {
            low = high;
            if high >= WHOLE_MAX {
                return WHOLE_MAX;
            }
            high = (high + stride).ceil().min(WHOLE_MAX);
            stride *= 2.0;
        }
    }
    // low is not reached, high is
    while high - low > 1.0 {
        let middle = (low + (high - low) / 2.0).floor();
        if reached(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The root of an increasing function between two bounds: Newton's step where it stays inside, else the middle. `f` answers with
/// value and slope.
pub(crate) fn increasing_root(mut low: f64, mut high: f64, guess: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut x = if guess > low && guess < high { guess } else { low + (high - low) / 2.0 };
    for _ in 0..200 {
        let (value, slope) = f(x);
        if value == 0.0 {
            return x;
        }
        if value < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let step = x - value / slope;
        let next = if step > low && step < high { step } else { low + (high - low) / 2.0 };
        if (next - x).abs() <= 2.0 * f64::EPSILON * x.abs().max(1.0) {
            return next;
        }
        x = next;
    }
    x
}

/// Most terms of a tail that are summed one by one; past that they are below rounding.
const TAIL_MAX: u32 = 1_000_000;

/// `Σ_{j>=1} j·P(X = k + j)`, far above the mean, where the closed form cancels.
pub(super) fn tail_loss<L: Whole>(law: &L, k: f64) -> f64 {
    let (mut at, mut mass, mut sum) = (k, law.mass_at(k), 0.0);
    for j in 1..TAIL_MAX {
        mass *= law.ratio_at(at);
        at += 1.0;
        let term = f64::from(j) * mass;
        sum += term;
        // the ratios only fall, so what follows is less than a geometric series
        if term <= sum * 1e-17 || mass == 0.0 {
            break;
        }
    }
    sum
}
