//! Metrologic's serial host (`MetroSelect`), also Honeywell's Eclipse, Voyager and Orbit.
//!
//! ACK/NAK as elsewhere, with two characters more where "Support BEL/CAN in ACK/NAK" is on.

/// Beep three times and do not send it again: what was read is not on file.
pub const BEL: u8 = 0x07;
/// Drop it, silently.
pub const CAN: u8 = 0x18;

/// How often a scan is sent again on NAK, where retries are on.
pub const NAK_REPEATS: u8 = 5;

/// Enters program mode, and the second time leaves it and saves. Reading stops in between; each command is answered
/// with ACK, or NAK when it is not known.
pub const PROGRAM_MODE: &[u8] = b"\x02999999\x03";
