//! Readings → statements about stock. Pure: state, reading and time in, entries for the ledger out.
//!
//! [`counted`] a number and how sure it is · [`said`] what a person said of an act · [`pieces`] weight to pieces ·
//! [`weighing`] a scale's readings as a bin's count, [`spot`] those of one that speaks seldom · [`calibration`] what a bin's count rests on · [`session`] scans as
//! acts · [`fusion`] acts and counts to one truth · [`counting`] counts by people · [`rules`] levels that people have to
//! hear of · [`entry`] what the ledger is asked to record

pub mod counted;
pub mod said;

pub mod pieces;

pub mod weighing;

pub mod spot;

pub mod calibration;

pub mod session;

pub mod fusion;

pub mod entry;

pub mod counting;
pub mod rules;
