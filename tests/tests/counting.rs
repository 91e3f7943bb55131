//! Counts that people trust: weight to pieces, scans to movements, both to one truth.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, clippy::print_stdout, reason = "test code")]

#[path = "counting/commands.rs"]
mod commands;
#[path = "counting/lifecycle.rs"]
mod lifecycle;
#[path = "counting/put_back.rs"]
mod put_back;
