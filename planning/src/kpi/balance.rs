//! Stock worked out from what happened to it.

/// What happened to an item after the instant of a count, in base units. A correction has its sign, the others are amounts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Since {
    pub receipts: f64,
    pub usage: f64,
    pub returns: f64,
    pub scrap: f64,
    pub adjust: f64,
    pub transfers_out: f64,
    pub transfers_in: f64,
}

/// The last count and what happened after it. What happened before the count is in the count.
#[must_use]
pub fn on_hand(last_count: f64, since: Since) -> f64 {
    last_count + since.receipts - since.usage + since.returns - since.scrap + since.adjust - since.transfers_out
        + since.transfers_in
}

/// Consumption where only counts are known: `opening + received + adjust - closing`, losses being negative.
#[must_use]
pub fn consumption(opening: f64, received: f64, adjust: f64, closing: f64) -> f64 {
    opening + received + adjust - closing
}

/// Consumption as it would have been without the days out of stock: `⌈C·days/(days - out)⌉`; `None` if there was stock on no day.
#[must_use]
pub fn stockout_adjusted(consumption: f64, days: f64, stockout_days: f64) -> Option<f64> {
    // 108 may come out as 108 and a last bit
    super::part_of(consumption * days, days - stockout_days).map(|adjusted| (adjusted - 1e-9).ceil())
}

/// A count that was taken while movements went on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reconciled {
    /// `counted - system at the count`, posted as a difference.
    pub variance: f64,
    pub on_hand_after: f64,
}

/// Posts a count as a difference, so that what moved meanwhile stays moved.
#[must_use]
pub fn reconcile(system_at_count: f64, counted: f64, moved_since: f64) -> Reconciled {
    let variance = counted - system_at_count;
    Reconciled { variance, on_hand_after: system_at_count + moved_since + variance }
}

/// Projected stock per bucket: `P[t] = P[t-1] + receipts - demand`. The shorter list goes on with zeros.
#[must_use]
pub fn projected(on_hand: f64, receipts: &[f64], demand: &[f64]) -> Vec<f64> {
    let mut level = on_hand;
    let of = |list: &[f64], t: usize| list.get(t).copied().unwrap_or(0.0);
    (0..receipts.len().max(demand.len()))
        .map(|t| {
            level += of(receipts, t) - of(demand, t);
            level
        })
        .collect()
}

/// The first bucket under a level.
#[must_use]
pub fn first_below(projected: &[f64], level: f64) -> Option<usize> {
    projected.iter().position(|stock| *stock < level)
}

/// What a projected level means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Out,
    BelowMin,
    OnTrack,
    AboveMax,
}

impl Status {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::BelowMin => "below_min",
            Self::OnTrack => "on_track",
            Self::AboveMax => "above_max",
        }
    }
}

/// Out at zero and under, below min, above max, else on track.
#[must_use]
pub fn status(stock: f64, min: f64, max: f64) -> Status {
    if stock <= 0.0 {
        Status::Out
    } else if stock < min {
        Status::BelowMin
    } else if stock > max {
        Status::AboveMax
    } else {
        Status::OnTrack
    }
}
