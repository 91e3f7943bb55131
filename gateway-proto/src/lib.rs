//! The language of site and vendor.
//!
//! Words as types, the feed protocol as bytes, and the two state machines that speak it: [`delivery`] for the
//! site, [`intake`] for the hub. Pure: no tokio, socket, file, clock or random source; time and seeds are arguments.
//!
//! Reading order, bottom layer first:
//!
//! - [`limits`] every bound with its reason · [`name`] bounded texts · [`time`] wall time · [`quantity`] · [`place`]
//! - [`movement`] the table of what may go where · [`on_hand`] the fold of movements
//! - [`record`] what a feed carries · [`chain`] what makes it provable
//! - [`forward`] what a hub knows and a site does not · [`batch`] and [`answer`] the wire, [`mqtt`] the same over a broker · [`backoff`] · [`delivery`] · [`intake`]

#![cfg_attr(test, allow(clippy::wildcard_enum_match_arm, reason = "a test names the one arm it expects"))]

pub mod limits;

pub mod told;

pub mod name;
pub mod quantity;
pub mod time;

pub mod place;

pub mod movement;

pub mod on_hand;

pub mod record;

pub mod chain;

pub mod forward;

pub mod batch;

pub mod answer;

pub mod mqtt;

pub mod backoff;

pub mod delivery;
pub mod intake;
