//! The sockets of the site: serial lines and MQTT sessions. They carry bytes and know nothing of what these mean.

pub mod mqtt;
pub mod serial;
