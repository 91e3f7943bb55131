//! Bytes → readings: what a device said, told from how it said it.
//!
//! Owns the device protocols. Everything here is a function of (state, bytes, now): no socket, no serial line, no
//! clock, no tokio. So a scanner that cuts its bytes anywhere, a scale that answers in the middle of a power-up and a
//! week of line noise are tests of milliseconds. Must not know bins, items or movements: a reading says what a device
//! reported, [`movement`](crate) decides what it means.
//!
//! Reading order, lowest first:
//! - [`decimal`] a number with the digits as sent; [`mass`] units and exact micrograms; [`line_format`] speed and framing
//! - [`aim`] the symbology prefix of a scan
//! - [`reading`] what every decoder ends in: [`Scan`], [`Weight`], or why the level is unknown
//! - [`frame`] where one scan ends and the next begins; [`debounce`] one label seen twice is one scan
//! - [`ssi`] Zebra's packets, [`keyboard`] keys as bytes; [`scanner_host`] the host's side of every scanner
//! - [`scale`] every scale protocol, and when to ask
//! - [`line_doubt`] what is wrong with a line, in words
//! - [`document`] a JSON payload looked up by path; [`topic`], [`liveness`], [`action`] what the MQTT dialects share
//! - [`json`], [`movements`], [`tasmota`], [`esphome`], [`zigbee2mqtt`], [`shelly`], [`home_assistant`], [`sparkplug`] (on [`protobuf`]):
//!   the dialects, and [`dialect`] which of them a sensor speaks; [`mqtt_dialect`] and [`sensor_values`] what any message of
//!   any of them says

pub mod decimal;
pub mod line_format;
pub mod mass;

pub mod aim;
pub mod reading;

pub mod debounce;
pub mod frame;

pub mod keyboard;
pub mod scanner_host;
pub mod ssi;

pub mod scale;

pub mod line_doubt;

mod action;
pub mod document;
mod liveness;
pub mod topic;

pub mod esphome;
pub mod home_assistant;
pub mod json;
pub mod movements;
pub mod mqtt_dialect;
pub mod protobuf;
pub mod sensor_values;
pub mod shelly;
pub mod sparkplug;
pub mod tasmota;
pub mod zigbee2mqtt;

pub mod dialect;

pub use action::{Actions, ActionsError};
pub use aim::AimId;
pub use debounce::Debounce;
pub use decimal::{Decimal, DecimalError};
pub use frame::{FrameDecoder, FrameError, Terminator};
pub use json::{JsonDialect, JsonError, JsonFields, JsonFieldsError};
pub use line_doubt::LineDoubt;
pub use line_format::{Framing, LineFormat};
pub use mass::{Mass, MassUnit};
pub use movements::{MovementDialect, MovementFields};
pub use reading::{Cause, Reading, Scan, Stated, Weight};
pub use tasmota::{Tasmota, TasmotaError};
