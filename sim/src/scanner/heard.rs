//! What a scanner hears from its host, and what becomes of a scan.
//!
//! Owns the record that a test looks into to see whether an acceptance or a refusal has reached the person at the
//! scanner. Must not know lines.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One thing a host made the scanner do, in the order it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Ack,
    Nak,
    /// 18: old Metrologic's refusal.
    Cancel,
    /// Honeywell: the same byte asks for a scan in others.
    Enquiry,
    /// 07, a beep.
    Bell,
    /// The scanner beeps: SSI's code, 0 for Datalogic's good-read beep, 1 for its forced one.
    Beep(u8),
    /// SSI: the lamps of this mask go on or off.
    Led {
        is_on: bool,
        mask: u8,
    },
    Enabled,
    Disabled,
    TriggerPulled,
    TriggerReleased,
    Reset,
    /// XOFF and XON.
    Held,
    Released,
    /// SSI: what a `PARAM_SEND` set, as it came.
    Parameters(Vec<u8>),
    /// Honeywell: a setting as it came, with its end, `232BAD9.`
    Setting(String),
    /// What it does not know: an SSI packet from its code on, or a byte.
    Unknown(Vec<u8>),
    /// Not from the host: the scan was not taken, and the scanner lets the person hear it.
    ErrorBeep,
}

/// What became of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was sent; nobody is asked to answer.
    Sent,
    /// The host has acknowledged it.
    Taken,
    /// The host has refused it as often as the scanner tries.
    Refused,
    /// The host has not answered, as often as the scanner tries.
    Unanswered,
    /// The host has disabled the scanner: it did not read at all.
    Disabled,
    /// The last scan is still not answered: it did not read at all.
    Blocked,
}

/// The record; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Record(Arc<Mutex<Vec<Heard>>>);

impl Record {
    pub(super) fn add(&self, heard: Heard) {
        self.lock().push(heard);
    }

    pub(super) fn all(&self) -> Vec<Heard> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
