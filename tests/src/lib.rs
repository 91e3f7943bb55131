//! The harness: real processes, simulated devices, and one oracle that judges every run.
//!
//! A scenario starts the agent and the hub as a customer and a vendor do, as processes with a file each, plugs in
//! devices, does something terrible, and asks the [`checker`] whether anything was lost, doubled or invented. The harness
//! owns all waiting: a scenario says what it waits for, never how long.
//!
//! Reading order, bottom layer first:
//! - [`eventually`] waiting with a bound · [`seed`] replayable chance · [`skip`] what was not tried, by name
//! - [`loop_disk`] a disk that can be filled · [`port`] · [`process`] programs that are killed, stopped and listened to
//! - [`site`] the agent · [`hub`] the vendor's server · [`broker`] MQTT · [`receiver`] the independent other end
//! - [`image`] backups of what either keeps
//! - [`browser`] Chromium, and what is on its pages
//! - [`emitted`] what the devices said · [`publisher`] MQTT scans that can be told apart · [`technician`] a scanner and
//!   a scale in use
//! - [`storeroom`] a site with a page, people and parts
//! - [`backlog`] weeks without a hub · [`chain`] sha256 in its own words · [`checker`] the oracle
//! - [`storm`] whole runs with deaths at random moments

#![cfg_attr(test, allow(clippy::wildcard_enum_match_arm, reason = "a test names the one arm it expects"))]

pub mod eventually;
pub mod seed;
pub mod skip;

pub mod loop_disk;
pub mod port;
pub mod process;

pub mod broker;
pub mod browser;
pub mod hub;
pub mod image;
pub mod receiver;
pub mod site;

pub mod emitted;
pub mod publisher;
pub mod technician;

pub mod storeroom;

pub mod backlog;
pub mod chain;
pub mod checker;

pub mod storm;

pub use broker::Broker;
pub use browser::Browser;
pub use checker::{Checker, Kind};
pub use emitted::{Emitted, Part};
pub use eventually::{PATIENCE, eventually};
pub use hub::Hub;
pub use loop_disk::LoopDisk;
pub use publisher::Publisher;
pub use seed::Seed;
pub use site::Site;
pub use storeroom::Storeroom;
