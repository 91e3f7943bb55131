//! The site daemon: devices → readings → movements → ledger → vendors.
//!
//! Reading order, bottom floor first; each floor imports only those below it.
//!
//! - [`device`] bytes → readings, [`label`] codes → what stands on them · [`print`] labels on sheets, all pure
//! - [`register`] what people told us of the site · [`movement`] readings → entries · [`floor`] a site's stock as one state
//!   machine · [`receiver`] who hears of its alarms · [`tariff`] what a metered line lets out, all pure
//! - [`clock`] · [`config`] the site's file
//! - [`ledger`] the only SQL
//! - [`port`] serial and MQTT, [`uplink`] HTTPS: the only sockets
//! - [`status`] what the agent says of itself
//! - [`task`] one loop each
//! - [`page`] the page at the bin
//! - [`app`] builds, wires, stops · [`cli`] the command line · `demo` the whole line on one machine

#![cfg_attr(test, allow(clippy::wildcard_enum_match_arm, reason = "a test names the one arm it expects"))]

#[cfg(test)]
#[macro_use]
mod one_of_each;

pub mod device;
pub mod label;
pub mod print;

pub mod register;

pub mod movement;

pub mod floor;

pub mod receiver;

pub mod tariff;

mod address;
mod cause;
pub mod clock;
pub mod tls;

pub mod config;

pub mod ledger;

pub mod port;
pub mod uplink;

mod planted;

pub mod status;

pub mod task;

pub mod page;

pub mod app;

#[cfg(feature = "demo")]
pub mod demo;

pub mod cli;
