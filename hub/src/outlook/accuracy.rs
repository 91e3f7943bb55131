//! How near the forecasts would have come: rolling origin over the end of the history, beside the naive forecast and Croston's
//! with a normal safety stock, which is what planners have.
//!
//! At each origin everything is forecast from what was known then, and judged over the buckets of the protection interval
//! that followed. Figures of a series are means over its origins, those of a pool means over its series:
//! WAPE = Σ|error| / Σ demand; RMSSE = root mean squared error over that of the naive forecast before the trial; SPL = mean
//! pinball loss at 50, 90, 95 and 99 % over the naive forecast's absolute error before the trial; bias = mean of
//! forecast less demand over mean demand, so positive is too much; covered = how often demand stayed within the 95 % quantile.

use super::{Known, Span, Subject, choose};

/// The levels that are judged.
pub(crate) const LEVELS: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// Their quantiles of the normal distribution.
const NORMAL: [f64; 4] = [0.0, 1.281_551_566, 1.644_853_627, 2.326_347_874];

/// Croston's smoothing constant, as ERPs ship it.
const ALPHA: f64 = 0.1;

/// What is compared, in this order.
pub(crate) const METHODS: [&str; 3] = ["Binwire", "naive", "Croston"];

/// How a pool is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    pub(crate) origins: usize,
    pub(crate) span: Span,
}

/// Figures of one series or one pool, by method in the order of [`METHODS`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    pub(crate) series: usize,
    pub(crate) methods: [Accuracy; METHODS.len()],
}

/// How near one method came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Accuracy {
    pub(crate) wape: f64,
    pub(crate) rmsse: f64,
    pub(crate) spl: f64,
    pub(crate) bias: f64,
    pub(crate) covered: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Errors {
    count: f64,
    absolute: f64,
    squared: f64,
    signed: f64,
    actual: f64,
    pinball: f64,
    covered: f64,
}

impl Trial {
    /// Tries a pool; hands back each series' figures (`None` where it cannot be judged: too short, never varied, nothing
    /// used) and the pool's. `progress` hears of each origin.
    pub(crate) fn run(
        self,
        pool: &[&Subject<'_>],
        mut progress: impl FnMut(usize, usize),
    ) -> (Vec<Option<Judged>>, Judged) {
        let values: Vec<_> = pool.iter().map(|subject| subject.values()).collect();
        let mut errors = vec![[Errors::default(); METHODS.len()]; pool.len()];
        for number in 0..self.origins {
            progress(number + 1, self.origins);
            let back = self.origins - number;
            // A series that had not begun then has nothing to be tried with.
            let tried: Vec<usize> = (0..pool.len()).filter(|&at| values[at].len() >= back + 3).collect();
            let known: Vec<_> = tried
                .iter()
                .map(|&at| Known { history: &values[at][..values[at].len() - back], strengths: pool[at].strengths })
                .collect();
            let ahead = back.min(self.span.interval);
            let chosen = choose(&known, Span { horizon: ahead, ..self.span });
            for ((&at, chosen), known) in tried.iter().zip(chosen).zip(&known) {
                let textbook = [naive(known.history), croston(known.history)];
                let chosen = &chosen.forecast.periods;
                for (step, actual) in values[at][values[at].len() - back..].iter().take(ahead).enumerate() {
                    let Some(actual) = *actual else { continue };
                    errors[at][0].add(chosen[step].mean(), LEVELS.map(|level| chosen[step].quantile(level)), actual);
                    for (errors, (mean, spread)) in errors[at][1..].iter_mut().zip(textbook) {
                        errors.add(mean, NORMAL.map(|z| (mean + z * spread).max(0.0)), actual);
                    }
                }
            }
        }
        let judged: Vec<_> =
            errors.iter().zip(&values).map(|(errors, values)| judge(errors, values, self.origins)).collect();
        let mut whole = Judged::default();
        for judged in judged.iter().flatten() {
            whole.series += 1;
            for (sum, one) in whole.methods.iter_mut().zip(&judged.methods) {
                *sum = sum.plus(one, 1.0);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "series of a pool")]
        let share = 1.0 / whole.series.max(1) as f64;
        for sum in &mut whole.methods {
            *sum = Accuracy::default().plus(sum, share);
        }
        (judged, whole)
    }
}

/// The last demand, and the spread of one step.
fn naive(seen: &[Option<f64>]) -> (f64, f64) {
    let last = seen.iter().rev().flatten().next().copied().unwrap_or(0.0);
    let steps = seen.windows(2).filter_map(|pair| Some(pair[1]? - pair[0]?));
    (last, root_mean_square(steps))
}

/// Croston (1972): size and interval of demands smoothed apart. The spread is that of its own errors of one bucket ahead.
fn croston(seen: &[Option<f64>]) -> (f64, f64) {
    let mut state: Option<(f64, f64)> = None;
    let mut since = 0.0;
    let mut errors = Vec::with_capacity(seen.len());
    for demand in seen.iter().flatten() {
        since += 1.0;
        if let Some((size, interval)) = state {
            errors.push(demand - size / interval);
        }
        if *demand > 0.0 {
            state = Some(match state {
                None => (*demand, since),
                Some((size, interval)) => (size + ALPHA * (demand - size), interval + ALPHA * (since - interval)),
            });
            since = 0.0;
        }
    }
    (state.map_or(0.0, |(size, interval)| size / interval), root_mean_square(errors.into_iter()))
}

#[expect(clippy::cast_precision_loss, reason = "at most a few thousand buckets")]
fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value * value;
        count += 1;
    }
    if count == 0 { 0.0 } else { (sum / count as f64).sqrt() }
}

#[expect(clippy::cast_precision_loss, reason = "at most a few thousand buckets")]
fn judge(errors: &[Errors; METHODS.len()], values: &[Option<f64>], origins: usize) -> Option<Judged> {
    let before = &values[..values.len().saturating_sub(origins)];
    let steps = || before.windows(2).filter_map(|pair| Some(pair[1]? - pair[0]?));
    let count = steps().count() as f64;
    let absolute = steps().map(f64::abs).sum::<f64>() / count;
    let squared = root_mean_square(steps());
    let (known, demand) = before.iter().flatten().fold((0.0, 0.0), |(known, sum), value| (known + 1.0, sum + value));
    let mean = demand / known;
    if errors[0].count == 0.0 || !(absolute > 0.0 && squared > 0.0 && mean > 0.0) {
        return None;
    }
    let methods = errors.map(|errors| Accuracy {
        wape: errors.absolute / errors.actual.max(mean),
        rmsse: (errors.squared / errors.count).sqrt() / squared,
        spl: errors.pinball / errors.count / absolute,
        bias: errors.signed / errors.count / mean,
        covered: errors.covered / errors.count,
    });
    Some(Judged { series: 1, methods })
}

impl Errors {
    fn add(&mut self, mean: f64, quantiles: [f64; LEVELS.len()], actual: f64) {
        let error = mean - actual;
        self.count += 1.0;
        self.absolute += error.abs();
        self.squared += error * error;
        self.signed += error;
        self.actual += actual;
        for (level, quantile) in LEVELS.into_iter().zip(quantiles) {
            let over = actual - quantile;
            self.pinball += (level * over).max((level - 1.0) * over) / LEVELS.len() as f64;
        }
        self.covered += if actual <= quantiles[2] + 1e-9 { 1.0 } else { 0.0 };
    }
}

impl Accuracy {
    fn plus(self, other: &Self, share: f64) -> Self {
        Self {
            wape: other.wape.mul_add(share, self.wape),
            rmsse: other.rmsse.mul_add(share, self.rmsse),
            spl: other.spl.mul_add(share, self.spl),
            bias: other.bias.mul_add(share, self.bias),
            covered: other.covered.mul_add(share, self.covered),
        }
    }
}
