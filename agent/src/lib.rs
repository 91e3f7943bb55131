//! The site daemon: devices → readings → movements → ledger → vendors.
//!
//! Reading order, bottom floor first; each floor imports only those below it.
//!
//! - [`device`] bytes → readings, pure · [`movement`] readings → entries, pure
//! - [`ledger`] the only SQL

#![cfg_attr(test, allow(clippy::wildcard_enum_match_arm, reason = "a test names the one arm it expects"))]

pub mod device;

pub mod movement;

pub mod clock;

pub mod config;

pub mod ledger;
