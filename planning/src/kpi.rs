//! The figures that customers and vendors agree on: service, orders, stock, forecast error, units.
//!
//! Each is one function of what was recorded, with its formula. A figure over nothing is `None`, never 0 or infinite. Must not know:
//! where the records are, or today's date.
//!
//! Sources: APICS/ASCM SCOR DS (perfect order, cycle time); Silver, Pyke & Thomas (cover, turns); Hyndman & Koehler (2006) for the
//! scaled error.

pub mod balance;
pub mod fill;
pub mod forecast_error;
pub mod order;
pub mod slow;
pub mod stock;
pub mod unit;
pub mod weight;

#[cfg(test)]
mod tests;

/// A part of something; of nothing there is none.
pub(crate) fn part_of(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
