//! The simulated MQTT devices, seen from a subscriber.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod nodes;
mod sensors;
mod sparkplug;
mod subscriber;
