//! Counts: a person says what is there, the books are made to agree, and what moved meanwhile stays right.
//!
//! A count is true at one instant. The books of that instant are its snapshot; counted less snapshot is its variance; the
//! variance is what is posted, whenever that is. The books said 100, somebody counts 97, five are issued, then the count
//! is posted: −3, and 92 remain. Setting the books to 97 would undo the issue.
//!
//! Owns the session (who counts what, recounts, reasons, review), the list of what is due to be counted, and the accuracy
//! of the books. Must not know the ledger, pages or clocks: what the books say at the instant of a statement comes with
//! the statement; [`Post`]s and [`Anchor`]s go out. Blind unless asked otherwise: [`CounterView`] has no field in which
//! what the books say could be, and no text for a counter names it.
//!
//! ```text
//!               open, count,         last line                  some line is
//!               add, skip            counted          finish    above tolerance
//!   Requested ─────────────▶ Counting ─────▶ Counted ─────────▶ Investigating ─┐
//!                               ▲               │ │                  ▲         │ all lines settled:
//!                               └── add a line ─┘ │ finish,   ask for│         │ two equal counts,
//!                                                 │ all settled  a recount     │ or the reviewer's word
//!                                                 ▼                  │         ▼
//!                                                 └──────────▶ ReadyToReview ◀─┘ ──complete──▶ Completed
//!   any but Completed ──cancel──▶ Cancelled
//! ```
//!
//! - [`CountSession`] with [`Input`] in, [`Outcome`] or [`Refusal`] out; [`Line`] one item in one place
//! - [`Tolerance`] when a variance is counted again; [`Reason`] why the books were wrong
//! - [`CounterView`] what a counter may see, [`ReviewView`] what a reviewer sees
//! - [`due`] the cycle-count list; [`accuracy`], [`Accuracy`] how good the books were

mod accuracy;
mod cycle;
mod input;
mod line;
mod outcome;
mod reason;
mod session;
mod tally;
mod tolerance;
mod view;

pub use accuracy::{Accuracy, accuracy};
pub use cycle::{Cadence, Candidate, Class, Due, Why, due};
pub use input::{How, Input, Instant, Zero};
pub use line::{Kept, Line, LineNo, RecountWhy, Standing, Wanted};
pub use outcome::{Anchor, Facts, Outcome, Post, PostKey, Refusal, Told, Warning};
pub use reason::{Reason, Sign};
pub use session::{CountSession, LINES_MAX, Scope, SessionId, Sight, State};
pub use tally::{Part, Snapshot, Tally, ZeroCount};
pub use tolerance::{Price, Tolerance};
pub use view::{Ask, CounterLine, CounterView, ReviewLine, ReviewTally, ReviewView};

#[cfg(test)]
mod tests;
