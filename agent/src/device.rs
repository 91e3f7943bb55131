//! Bytes → readings: what a device said, told from how it said it.
//!
//! Owns the device protocols. Everything here is a function of (state, bytes, now): no socket, no serial line, no
//! clock, no tokio. So a scanner that cuts its bytes anywhere, a scale that answers in the middle of a power-up and a
//! week of line noise are tests of milliseconds. Must not know bins, items or movements: a reading says what a device
//! reported, [`movement`](crate) decides what it means.
//!
//! Reading order, lowest first:
//! - [`decimal`] a number with the digits as sent; [`mass`] units and exact micrograms
//! - [`aim`] the symbology prefix of a scan
//! - [`reading`] what every decoder ends in: [`Scan`], [`Weight`], or why the level is unknown
//! - [`frame`] where one scan ends and the next begins; [`debounce`] one label seen twice is one scan
//! - [`mt_sics`] Mettler-Toledo and KERN scales, and [`sics_poller`] who asks them and when
//! - [`document`] a JSON payload looked up by path; [`json`] and [`tasmota`] the MQTT dialects on it

pub mod aim;
pub mod debounce;
pub mod decimal;
mod document;
pub mod frame;
pub mod json;
pub mod mass;
pub mod mt_sics;
pub mod reading;
pub mod sics_poller;
pub mod tasmota;

#[cfg(test)]
mod tests;

pub use aim::AimId;
pub use debounce::Debounce;
pub use decimal::{Decimal, DecimalError};
pub use frame::{FrameDecoder, FrameError, Terminator};
pub use json::{JsonDialect, JsonError, JsonFields, JsonFieldsError};
pub use mass::{Mass, MassUnit};
pub use mt_sics::{MtSics, SicsReply};
pub use reading::{Cause, Reading, Scan, Weight};
pub use sics_poller::{Poll, SicsPoller};
pub use tasmota::{Tasmota, TasmotaError};
