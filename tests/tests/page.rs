//! The pages in a real browser: the vendor's at the hub and the technician's at the bin.
//!
//! One module a subject. Without Chromium every one of them is skipped by its name.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "page/attack.rs"]
mod attack;
#[path = "page/canary.rs"]
mod canary;
#[path = "page/door.rs"]
mod door;
#[path = "page/everybody.rs"]
mod everybody;
#[path = "page/hub.rs"]
mod hub;
#[path = "page/station.rs"]
mod station;
#[path = "page/trouble.rs"]
mod trouble;
#[path = "page/work.rs"]
mod work;
