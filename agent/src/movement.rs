//! Readings → statements about stock. Pure: state, reading and time in, entries for the ledger out.
//!
//! [`catalog`] what codes mean · [`entry`] what the ledger is asked to record · [`settle`] when a weight may be
//! believed · [`pieces`] weight to pieces · [`tally`] a bin's weight as pieces · [`station`] scans as movements

pub mod catalog;

pub mod entry;

pub mod settle;

pub mod pieces;
pub mod tally;

pub mod station;
