//! What comes to the agent as a document and not as a reading: the hub's answers, a receiver's answers, the site's file, files
//! of master data, what people ask over the local API, and what the agent itself kept and finds damaged. Bent in every way,
//! it makes no panic, no growth, and no change that is not told.
//!
//! `SEED=n` runs a storm again, `FROM=i INPUTS=1` one input of it; `BINWIRE_LONG` makes a million of each.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "borders/answers.rs"]
mod answers;
#[path = "borders/files.rs"]
mod files;
#[path = "../../gateway-proto/tests/noise/garble.rs"]
mod garble;
#[path = "borders/kept.rs"]
mod kept;
#[path = "borders/people.rs"]
mod people;
#[path = "borders/site.rs"]
mod site;
