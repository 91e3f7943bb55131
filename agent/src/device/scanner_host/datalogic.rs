//! Datalogic's single-byte host commands, obeyed where "Host Commands" is set to obey.
//!
//! With ACK/NACK on, a Gryphon reads nothing more until it is answered, or until its time-out of some seconds.

/// Read again. Sent at each opening: a host that died may have left the scanner disabled.
pub const ENABLE: u8 = b'E';
/// Stop reading.
pub const DISABLE: u8 = b'D';
/// Restart. The scanner is deaf for up to 30 s, so never in a dialogue.
pub const RESET: u8 = b'R';
/// The good-read tone, if the scanner is set to sound it.
pub const BEEP: u8 = b'B';
/// The good-read tone, however the scanner is set.
pub const FORCE_BEEP: u8 = 0x01;
/// Magellan: "not on file", a long series of beeps; some models then read nothing until [`ENABLE`].
pub const NOT_ON_FILE: u8 = b'F';
/// Magellan: who are you; answered in text.
pub const IDENTIFY: u8 = b'i';
/// Go on sending.
pub const XON: u8 = 0x11;
/// Stop sending.
pub const XOFF: u8 = 0x13;
