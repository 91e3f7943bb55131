//! Scales: their bytes → reports, and when to ask them.
//!
//! Owns every protocol a scale may speak over a line, each in a file of its own: where a frame ends and what it says.
//! What they share is [`decoder`] (the buffer), [`report`] (what a frame says, in common words), [`protocol`] (the
//! table of them) and [`poller`] (the dialogue). Must not know ports, time or bins.

pub mod decoder;
pub mod identify;
pub mod poller;
pub mod protocol;
pub mod report;

mod adam;
mod and;
mod cas;
mod dini;
mod kern_de;
mod kern_eoc;
pub mod modbus;
mod mt_sics;
mod nci;
mod ohaus;
mod radwag;
mod sartorius;
mod sma;
mod toledo_8217;
mod toledo_continuous;
mod usb_hid;

pub use decoder::Decoder;
pub use poller::{Poll, Poller};
pub use protocol::{Asking, Options, Protocol};
pub use report::{Fault, Report};
