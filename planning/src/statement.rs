//! One statement of demand: what each source expects, reconciled by a stated rule, customer orders consuming it, and what
//! every source's forecasts were worth.
//!
//! Owns the rules, the order in which ties are broken, and the words of the reasons. Nothing is stored: the same sources give
//! the same statement, so taking a source away restores the statement of before it came. Must not know how a forecast is made.

mod consume;
mod reconcile;
mod source;
mod value;

pub use self::{
    consume::{Alert, CustomerOrder, Net, Taken, consume},
    reconcile::{Rule, Share, Stated, StatementError, reconcile},
    source::{Source, SourceKind},
    value::{Past, Value, value_added},
};

#[cfg(test)]
mod tests;
