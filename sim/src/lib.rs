//! The world around a site, simulated from the device's side: what hangs on its ports, its broker and its WAN.
//!
//! The demo and the tests run the real agent against these. Each plays its part over the real interface, a pseudo
//! terminal or a socket, so that nothing in the agent knows it is not in a plant. Must not know the agent or the hub:
//! devices are older than both.
//!
//! Reading order:
//! - [`random`] the seeded noise all of them draw from
//! - [`pty`] a serial line to plug in and pull out; on it [`scanner`] and [`scale`]
//! - [`broker`] an MQTT broker in the process; on it [`sensor`] and [`sparkplug`]
//! - [`bin_trace`] an hour of a bin's weights, with the truth
//! - [`wan`] the line between site and hub, with switchable faults

pub mod bin_trace;
pub mod broker;
pub mod pty;
pub mod random;
pub mod scale;
pub mod scanner;
pub mod sensor;
pub mod sparkplug;
pub mod wan;

pub use broker::Broker;
pub use pty::{Faults, LineSettings, Parity, Pty};
pub use random::Random;
pub use scale::{Model, MtSicsScale, Settling, SimScale, Tongue, Unit};
pub use scanner::{Heard, ListeningScanner, Manners, Outcome, Scanner, SsiScanner, Suffix};
pub use sensor::{Dialect, EspHome, HomeAssistant, MqttSensor, Shelly, Tasmota, Zigbee};
pub use sparkplug::{EdgeNode, EdgePlan};
pub use wan::{Fault, NameServer, Wan};
