//! How much, when, and why.
//!
//! Two storeys. Below: the textbook's formulas over any law of demand, each with its source. Above: a site's plan. Items with their stock,
//! what comes, their policy and need go in ([`item`], [`policy`], [`need`]); lines with a bucket, a receipt, a release date and a reason
//! come out ([`plan`]), within what capacity and agreement allow ([`agreement`]); [`delta`] says what changed against what is planned
//! already; [`material`] and [`promise`] are the vendor's side of an order.
//!
//! Must not know: where data comes from, who is asked, today's date (it is an argument).

pub mod agreement;
pub mod calendar;
pub mod continuous_review;
pub mod delta;
pub mod dynamic_lot;
pub mod item;
pub mod joint;
pub mod lot_size;
pub mod material;
pub mod need;
pub mod newsvendor;
pub mod plan;
pub mod policy;
pub mod position;
pub mod promise;
pub mod reason;
pub mod reorder_up_to;
pub mod target;
pub mod term;
