//! The words of the trade: modes, places, acts, reasons, and why something was not done.

use gateway_proto::{movement::Act, place::Place};

use crate::{
    floor::why::Why,
    movement::{
        counting::Reason,
        session::{Mode, Task, sight::Wants},
    },
    task::api::ledger::NotDone,
};

/// Texts that all pages about stock share.
#[derive(Debug)]
pub struct SayText {
    pub mode: fn(Mode) -> &'static str,
    pub task: fn(&Task) -> String,
    pub place: fn(&Place) -> String,
    /// From where to where.
    pub way: fn(from: &str, to: &str) -> String,
    pub act: fn(Act) -> &'static str,
    /// A correction that a scale made: the first level of a bin.
    pub by_scale: &'static str,
    pub reason: fn(Reason) -> &'static str,
    /// What a unit is called: pieces have a word of their own.
    pub unit: fn(&str) -> &str,
    /// Why not, and the way out.
    pub why: fn(&Why) -> String,
    /// The same of what the ledger was asked.
    pub not_done: fn(&NotDone) -> String,
    /// What is to be scanned or said next, large.
    pub wants: fn(&Wants) -> String,
    pub undo: &'static str,
    pub undo_what: fn(what: &str) -> String,
    pub nobody: &'static str,
    pub unknown: &'static str,
}
