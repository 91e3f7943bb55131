//! Every scanner, scale and sensor: simulated from the device's side, read by the agent as a process, counted at the hub.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names the one arm it expects")]

#[path = "devices/commands.rs"]
mod commands;
#[path = "devices/hostile.rs"]
mod hostile;
#[path = "devices/movements.rs"]
mod movements;
#[path = "devices/mqtt.rs"]
mod mqtt;
#[path = "devices/scales.rs"]
mod scales;
#[path = "devices/scanners.rs"]
mod scanners;
#[path = "devices/sparkplug.rs"]
mod sparkplug;
