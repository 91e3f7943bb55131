//! Stock: how exact the books are, how long it lasts, how often it turns, how often it is out.

use super::part_of;

/// A record and what was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    pub system: f64,
    pub count: f64,
}

/// Accuracy of one record: `max(0, 1 - |count - system|/system)`; of a record of nothing, 1 if nothing was found, else 0.
#[must_use]
pub fn accuracy(counted: Counted) -> f64 {
    if counted.system > 0.0 {
        (1.0 - (counted.count - counted.system).abs() / counted.system).max(0.0)
    } else {
        f64::from(u8::from(counted.count == counted.system))
    }
}

/// Inventory record accuracy: records whose count is within `tolerance` of the system, of all counted.
#[must_use]
pub fn records_within(counted: impl IntoIterator<Item = Counted>, tolerance: f64) -> Option<f64> {
    let (mut all, mut good) = (0.0, 0.0);
    for record in counted {
        all += 1.0;
        // a record exactly at the tolerance is within, whatever its last bit
        let allowed = tolerance * record.system.abs() * (1.0 + 1e-12);
        good += f64::from(u8::from((record.count - record.system).abs() <= allowed));
    }
    part_of(good, all)
}

/// Days that stock lasts at a mean demand; without demand there is no such number.
#[must_use]
pub fn days_of_supply(on_hand: f64, mean_daily_demand: f64) -> Option<f64> {
    part_of(on_hand, mean_daily_demand)
}

/// Days that stock lasts against the demand of each day ahead, the last one in part; `None` if it outlasts them.
#[must_use]
pub fn forward_cover(on_hand: f64, demand: &[f64]) -> Option<f64> {
    let mut left = on_hand.max(0.0);
    let mut days = 0.0;
    for day in demand {
        if left < *day {
            return Some(days + left / day);
        }
        left -= day.max(0.0);
        days += 1.0;
    }
    (left == 0.0).then_some(days)
}

/// Annual usage at cost over mean stock at cost.
#[must_use]
pub fn turns(annual_usage_value: f64, mean_stock_value: f64) -> Option<f64> {
    part_of(annual_usage_value, mean_stock_value)
}

/// Item-days without usable stock (or above max: the same division), of all item-days of active items.
#[must_use]
pub fn item_day_rate(item_days: f64, items: f64, days: f64) -> Option<f64> {
    part_of(item_days, items * days)
}
