//! The world around a site, simulated from the device's side: what hangs on its ports, its broker and its WAN.
//!
//! The demo and the tests run the real agent against these. Each plays its part over the real interface, a pseudo
//! terminal or a socket, so that nothing in the agent knows it is not in a plant. Must not know the agent or the hub:
//! devices are older than both.
//!
//! Reading order:
//! - [`random`] the seeded noise all of them draw from
//! - [`pty`] a serial line to plug in and pull out; on it [`scanner`] and [`scale`]
//! - [`broker`] an MQTT broker in the process; on it [`sensor`]
//! - [`wan`] the line between site and hub, with switchable faults

pub mod broker;
pub mod pty;
pub mod random;
pub mod scale;
pub mod scanner;
pub mod sensor;
pub mod wan;

pub use broker::Broker;
pub use pty::Pty;
pub use random::Random;
pub use scale::MtSicsScale;
pub use scanner::{Scanner, Suffix};
pub use sensor::{Dialect, MqttSensor};
pub use wan::Wan;
