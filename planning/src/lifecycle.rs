//! Items that begin or end: growth curves, what is borrowed from a like item, the ramp to an end, spare parts of a shrinking base.
//!
//! Owns: the Bass, Gompertz and logistic curves and their least-squares fits, phases, installed base and last-time buy. Must not
//! know: which items there are, or today's date; time is the number of the period, counted from 1.
//!
//! Sources: Bass, *Management Science* 15 (1969) 215; Srinivasan & Mason, *Marketing Science* 5 (1986) 169 for the fit on increments;
//! Jukić, Kralik & Scitovski (2004) for the fit on levels; Teunter & Fortuin (1999) for the last-time buy.

pub mod curve;
pub mod fit;
pub mod installed_base;
mod least_squares;
pub mod phase;

#[cfg(test)]
mod tests;
