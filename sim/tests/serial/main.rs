//! The simulated serial devices, seen from the host's side of the line.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod host;
mod line;
mod plug;
mod scales;
mod scanners;
