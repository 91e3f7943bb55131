//! The sockets of the site: lines, and MQTT sessions. They carry bytes and know nothing of what these mean.
//!
//! - [`line`] a device's bytes, whatever it hangs on: [`serial`], a TCP socket, [`raw`] (hidraw), [`keyboard`] (evdev),
//!   [`replay`]
//! - [`capture`] the file a line's bytes are kept in
//! - [`inventory`] what is plugged in
//! - [`mqtt`] a broker's session

pub mod capture;
pub mod inventory;
mod keyboard;
pub mod line;
pub mod mqtt;
mod raw;
mod replay;
mod serial;
