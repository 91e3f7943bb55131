//! Bytes of Zebra's plain RS-232 host, which most makes copy: no packets, single control characters.
//!
//! ACK/NAK: after a scan the scanner waits for either, 2 s unless set otherwise; on NAK it sends the same again, three
//! times at most, then sounds an error and drops it; on silence it sounds the error at once and does not repeat. ENQ:
//! it waits for one before a scan, no longer than the same time, so the host sends them all the time.

/// Taken.
pub const ACK: u8 = 0x06;
/// The same again.
pub const NAK: u8 = 0x15;
/// Send if there is something.
pub const ENQ: u8 = 0x05;
/// Beep, where "Beep on BEL" is on.
pub const BEL: u8 = 0x07;
/// Go on sending.
pub const XON: u8 = 0x11;
/// Stop sending.
pub const XOFF: u8 = 0x13;

/// How often a scan is sent again on NAK.
pub const NAK_REPEATS: u8 = 3;

/// How long a scanner waits for its answer, in milliseconds, when nobody has set it otherwise.
pub const RESPONSE_TIMEOUT_MS: u64 = 2_000;

/// How often ENQ is sent, in milliseconds: twice in each response time-out.
pub const ENQ_INTERVAL_MS: u64 = 1_000;
