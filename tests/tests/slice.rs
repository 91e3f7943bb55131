//! The vertical slice, from the device to the vendor's page, with everything in between going wrong.
//!
//! One module a subject; every scenario ends with the checker.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "slice/broken_config.rs"]
mod broken_config;
#[path = "slice/deaths.rs"]
mod deaths;
#[path = "slice/mqtt.rs"]
mod mqtt;
#[path = "slice/outage.rs"]
mod outage;
#[path = "slice/restore.rs"]
mod restore;
#[path = "slice/serial.rs"]
mod serial;
#[path = "slice/stop.rs"]
mod stop;
#[path = "slice/vendors.rs"]
mod vendors;
