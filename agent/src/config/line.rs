//! Where a device hangs: a serial line, a serial server or Modbus device on the network, a HID device, a keyboard, or a
//! capture that is played back.

use std::{
    fmt,
    net::Ipv6Addr,
    path::{Path, PathBuf},
};

use crate::device::LineFormat;

/// A port, and how bytes travel on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineConfig {
    pub port: Port,
    /// Of no account on anything but a serial line.
    pub format: LineFormat,
}

/// What bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    /// `/dev/serial/by-id/…` keeps its name when it is plugged elsewhere; `/dev/ttyUSB0` does not. Of two adapters
    /// without serial numbers only `/dev/serial/by-path/…` tells which is which.
    Serial(PathBuf),
    /// `tcp:HOST:PORT`
    Tcp(String),
    /// A file that gives one whole report with each read: `/dev/hidraw…`, or `hid:PATH` under another name.
    Hid(PathBuf),
    /// A scanner that plays a keyboard: `/dev/input/by-id/…-event-kbd`, or `keyboard:PATH` under another name.
    Keyboard(PathBuf),
    /// `replay:FILE`, a capture played back with its timing.
    Replay(PathBuf),
}

/// Whether a text is a host alone, by name or address: no scheme, port, path or login with it.
pub(super) fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    // `fe80::1%eth0`: the interface is no part of the address.
    let address = bare.split_once('%').map_or(bare, |(address, _)| address);
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    address.parse::<Ipv6Addr>().is_ok() || (!text.is_empty() && is_name(text))
}

/// Why a text is no port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    #[error("is empty; give a path under /dev/serial/by-id, tcp:HOST:PORT or replay:FILE")]
    Empty,
    #[error("must be tcp:HOST:PORT with a name or an address and a port from 1 to 65535")]
    Tcp,
}

impl Port {
    /// Reads a port as it stands in the site's file; relative paths are relative to `folder`.
    ///
    /// # Errors
    /// [`PortError`] says which forms there are.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, PortError> {
        if let Some(address) = text.strip_prefix("tcp:") {
            let (host, port) = address.rsplit_once(':').ok_or(PortError::Tcp)?;
            let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
            return if is_port && is_host(host) { Ok(Self::Tcp(address.to_owned())) } else { Err(PortError::Tcp) };
        }
        let (make, path): (fn(PathBuf) -> Self, &str) = match text.split_once(':') {
            Some(("replay", path)) => (Self::Replay, path),
            Some(("hid", path)) => (Self::Hid, path),
            Some(("keyboard", path)) => (Self::Keyboard, path),
            _ if text.starts_with("/dev/hidraw") => (Self::Hid, text),
            _ if text.starts_with("/dev/input/") => (Self::Keyboard, text),
            _ => (Self::Serial, text),
        };
        if path.is_empty() { Err(PortError::Empty) } else { Ok(make(folder.join(path))) }
    }

    /// Whether bytes travel at a speed and in a framing that this machine sets.
    #[must_use]
    pub const fn has_speed(&self) -> bool {
        matches!(self, Self::Serial(_))
    }

    /// What it is, for a sentence.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Serial(_) => "a serial line",
            Self::Tcp(_) => "a network address",
            Self::Hid(_) => "a HID device",
            Self::Keyboard(_) => "a keyboard",
            Self::Replay(_) => "a capture",
        }
    }
}

impl LineConfig {
    /// A port with the format most devices come with.
    #[must_use]
    pub const fn at(port: Port) -> Self {
        Self { port, format: LineFormat::USUAL }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => path.display().fmt(f),
            Self::Hid(path) => write!(f, "hid:{}", path.display()),
            Self::Keyboard(path) => write!(f, "keyboard:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Replay(path) => write!(f, "replay:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_by_how_it_begins() {
        let is = |text: &str, port| assert_eq!(Port::parse(text, Path::new("/etc/binwire")), Ok(port), "{text}");
        is("/dev/serial/by-id/x", Port::Serial("/dev/serial/by-id/x".into()));
        is("line", Port::Serial("/etc/binwire/line".into()));
        is("tcp:10.0.0.7:502", Port::Tcp("10.0.0.7:502".into()));
        is("/dev/hidraw3", Port::Hid("/dev/hidraw3".into()));
        is("hid:/run/scale", Port::Hid("/run/scale".into()));
        is("/dev/input/by-id/usb-event-kbd", Port::Keyboard("/dev/input/by-id/usb-event-kbd".into()));
        is("replay:day.jsonl", Port::Replay("/etc/binwire/day.jsonl".into()));
        assert_eq!(Port::parse("", Path::new("")), Err(PortError::Empty));
        for text in ["tcp:host", "tcp::502", "tcp:host:0", "tcp:host:70000", "tcp:", "tcp:http://host:502"] {
            assert_eq!(Port::parse(text, Path::new("")), Err(PortError::Tcp), "{text}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_more() {
        for text in
            ["127.0.0.1", "localhost", "mqtt.plant-7.local", "broker_1", "::1", "[::1]", "fe80::1%eth0", "münchen"]
        {
            assert!(is_host(text), "{text}");
        }
        for text in
            ["", " ", "a b", "mqtt://a", "a:1883", "127.0.0.1:1883", "[::1]:1883", "a/b", "user@a", "[a]", "%eth0"]
        {
            assert!(!is_host(text), "{text}");
        }
    }
}
