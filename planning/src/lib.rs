//! From what was used to what to send: demand, forecast, replenishment, what-if, and the figures they are judged by.
//!
//! Pure: no clock, file, socket or random source; the same input gives the same bytes. Used by the hub, usable alone.
//!
//! In reading order, each module knowing only those above it:
//!
//! - [`probability`]: the distributions everything is stated in
//! - [`demand`]: usage in buckets, with what is unknown kept apart from zero
//! - [`method`]: from a history to a distribution, one file a method
//! - [`choice`]: which methods, with which weights, and why
//! - [`lifecycle`]: items that begin or end
//! - [`statement`]: one statement of demand from many sources
//! - [`replenish`]: how much, when, and why
//! - [`scenario`]: the same under other parameters
//! - [`kpi`]: the figures that customers and vendors agree on

pub mod choice;
pub mod demand;
pub mod kpi;
pub mod lifecycle;
pub mod method;
pub mod probability;
pub mod replenish;
pub mod scenario;
pub mod statement;
