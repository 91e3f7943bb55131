//! A million frames, bent in every way a line can bend them, for every family of decoders: none panics, none holds more
//! than its bound, none stays lost.
//!
//! `SEED=n` runs one storm again, `FRAMES=n` makes it shorter or longer. A storm that fails says at which frame.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]
#![expect(clippy::print_stdout, reason = "seeds, times and memory are what a person runs it for")]

#[path = "noise/labels.rs"]
mod labels;
#[path = "noise/mqtt.rs"]
mod mqtt;
#[path = "noise/scales.rs"]
mod scales;
#[path = "noise/scanners.rs"]
mod scanners;
#[path = "noise/sparkplug.rs"]
mod sparkplug;
#[path = "noise/storm.rs"]
mod storm;
