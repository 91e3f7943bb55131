//! One loop for each thing that happens on its own: a scanner, a scale, a broker's session, a feed's delivery, the
//! floor, the alarms' way out, the clock, the local API. Each runs until its source is stopped; a device that is gone is waited for, never a reason to end.
//!
//! All are stopped by a token between two steps and never cancelled in the middle of one, so none needs to be
//! cancel-safe but where it says `select!`.

pub mod api;
pub mod clock;
pub mod delivery;
pub mod floor;
mod hush;
pub mod line;
pub mod metered;
pub mod mqtt;
pub mod notify;
pub mod record;
mod recorded;
pub mod scale;
pub mod scanner;
pub mod sights;
mod sparkplug;
pub mod upkeep;
