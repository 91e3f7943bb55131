//! Labels as a scanner sees them: drawn on each sheet, rendered to a picture by somebody else's program, and read back by
//! somebody else's decoder. None of our own code reads a symbol here.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names the one arm it expects")]

#[path = "labels/command.rs"]
mod command;
#[path = "labels/decoder.rs"]
mod decoder;
#[path = "labels/picture.rs"]
mod picture;
#[path = "labels/sheets.rs"]
mod sheets;
#[path = "labels/texts.rs"]
mod texts;
