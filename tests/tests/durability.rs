//! What the disk, the clock and the power supply do to a site, and that nothing accepted is lost or counted twice.
//!
//! One module a subject; every scenario ends with the checker.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]
#![allow(clippy::wildcard_enum_match_arm, clippy::type_complexity, reason = "a test names the one arm it expects")]

#[path = "durability/backlog.rs"]
mod backlog;
#[path = "durability/clock.rs"]
mod clock;
#[path = "durability/damage.rs"]
mod damage;
#[path = "durability/full_disk.rs"]
mod full_disk;
#[path = "durability/hub_restore.rs"]
mod hub_restore;
#[path = "durability/idle.rs"]
mod idle;
#[path = "durability/months.rs"]
mod months;
#[path = "durability/mqtt_uplink.rs"]
mod mqtt_uplink;
#[path = "durability/power.rs"]
mod power;
#[path = "durability/set_aside.rs"]
mod set_aside;
#[path = "durability/wan.rs"]
mod wan;
