//! Which device can hang on which port.
//!
//! Owns the one rule of what would open and never give a reading, or swallow what is sent back. Must not know the file:
//! it names keys by their words and leaves the lines to the reader.

use super::{LineConfig, Port};
use crate::device::{Terminator, scale::Protocol, scanner_host::HostDialect};

/// What is to hang on a port, as far as a port can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hanging {
    Scale(Protocol),
    Scanner { host: HostDialect, terminator: Terminator },
}

/// Why a device does not fit on its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The key of the device's section that is best changed.
    pub key: &'static str,
    /// What is wrong with it, and the way out.
    pub rule: String,
}

impl LineConfig {
    /// What speaks against `device` on this line; empty when it fits. A capture fits everything: it was made on the port
    /// that is in question.
    #[must_use]
    pub fn misfits(&self, device: Hanging) -> Vec<Misfit> {
        let mut found = match device {
            Hanging::Scale(protocol) => scale(&self.port, protocol),
            Hanging::Scanner { host, terminator } => scanner(&self.port, host, terminator),
        };
        if self.port.has_speed() && self.format.framing.is_seven_bits() && device.needs_eight_bits() {
            let rule = format!(
                "{} has seven bits and the device sends eight; write 8N1, 8E1, 8O1 or 8N2",
                self.format.framing
            );
            found.push(Misfit { key: "line", rule });
        }
        found
    }
}

impl Hanging {
    /// Its frames are not text.
    const fn needs_eight_bits(self) -> bool {
        match self {
            Self::Scale(protocol) => matches!(protocol, Protocol::ModbusRtu),
            Self::Scanner { host, .. } => matches!(host, HostDialect::Ssi),
        }
    }
}

fn scale(port: &Port, protocol: Protocol) -> Vec<Misfit> {
    let kind = port.kind();
    let rule = match (port, protocol) {
        (Port::Replay(_), _) | (Port::Hid(_), Protocol::UsbHid) | (Port::Tcp(_), Protocol::ModbusTcp) => None,
        (Port::Keyboard(_), _) => Some(format!("is {kind}, and no scale types; {}", way_to(protocol))),
        (Port::Serial(_) | Port::Tcp(_), Protocol::UsbHid) => Some(format!(
            "is {kind}, and usb-hid is spoken by HID devices; {}, or name the protocol that is spoken here",
            way_to(protocol)
        )),
        (Port::Hid(_), _) => Some(format!(
            "is {kind}, and {protocol} is not spoken there; {}, or write protocol = \"usb-hid\"",
            way_to(protocol)
        )),
        (Port::Serial(_), Protocol::ModbusTcp) => {
            Some(format!("is {kind}, where Modbus is modbus-rtu; write that as protocol, or {}", way_to(protocol)))
        }
        (Port::Serial(_) | Port::Tcp(_), _) => None,
    };
    rule.map(|rule| Misfit { key: "port", rule }).into_iter().collect()
}

/// Which ports a protocol is spoken on.
const fn way_to(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::UsbHid => "give /dev/hidraw… or hid:PATH",
        Protocol::ModbusTcp => "give tcp:HOST:PORT",
        Protocol::MtSics
        | Protocol::Toledo8217
        | Protocol::ToledoContinuous
        | Protocol::Sma
        | Protocol::Nci
        | Protocol::And
        | Protocol::Cas22
        | Protocol::Cas18
        | Protocol::Cas10
        | Protocol::Ohaus
        | Protocol::SartoriusSbi
        | Protocol::Radwag
        | Protocol::Dini
        | Protocol::Adam
        | Protocol::KernDe
        | Protocol::KernEoc
        | Protocol::ModbusRtu => "give a serial line or tcp:HOST:PORT",
    }
}

fn scanner(port: &Port, host: HostDialect, terminator: Terminator) -> Vec<Misfit> {
    let mut found = Vec::new();
    let mut misfit = |key, rule: String| found.push(Misfit { key, rule });
    match port {
        Port::Serial(_) | Port::Tcp(_) | Port::Replay(_) => {}
        Port::Hid(_) => misfit(
            "port",
            format!(
                "is {}, and no scanner is read there; set it to USB serial (/dev/serial/by-id/…) or keyboard \
                 (/dev/input/by-id/…-event-kbd)",
                port.kind()
            ),
        ),
        Port::Keyboard(_) => {
            if host != HostDialect::Plain {
                let rule = "cannot be spoken to a keyboard; leave it out, or set the scanner to USB serial";
                misfit("dialogue", rule.to_owned());
            }
            if !matches!(terminator, Terminator::Cr | Terminator::AnyCrLf) {
                let rule = "never comes from a keyboard port, which ends each scan with CR; leave it out";
                misfit("terminator", rule.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Framing, LineFormat};

    const PORTS: [&str; 5] =
        ["/dev/ttyUSB0", "tcp:10.0.0.7:502", "/dev/hidraw0", "/dev/input/event3", "replay:a.jsonl"];

    fn keys(port: &str, framing: Framing, device: Hanging) -> Vec<&'static str> {
        let port = Port::parse(port, std::path::Path::new("")).unwrap();
        let line = LineConfig { port, format: LineFormat::new(9_600, framing) };
        line.misfits(device).into_iter().map(|misfit| misfit.key).collect()
    }

    #[test]
    fn each_protocol_has_its_ports_and_a_capture_takes_all() {
        for protocol in Protocol::ALL {
            let fits = PORTS.map(|port| keys(port, Framing::EightNone, Hanging::Scale(protocol)).is_empty());
            let expect = if protocol == Protocol::UsbHid {
                [false, false, true, false, true]
            } else {
                [protocol != Protocol::ModbusTcp, true, false, false, true]
            };
            assert_eq!(fits, expect, "{protocol}");
        }
    }

    #[test]
    fn a_keyboard_is_not_answered_and_ends_with_cr() {
        use Terminator::{AnyCrLf, Cr, CrLf, Lf, None, StxEtx, Tab};
        let scanner = |host, terminator| Hanging::Scanner { host, terminator };
        for host in HostDialect::ALL {
            for terminator in [Cr, Lf, CrLf, AnyCrLf, Tab, StxEtx, None] {
                let mut expect = Vec::new();
                expect.extend((host != HostDialect::Plain).then_some("dialogue"));
                expect.extend((!matches!(terminator, Cr | AnyCrLf)).then_some("terminator"));
                let device = scanner(host, terminator);
                assert_eq!(keys(PORTS[3], Framing::EightNone, device), expect, "{device:?}");
                for port in [PORTS[0], PORTS[1], PORTS[4]] {
                    assert_eq!(keys(port, Framing::EightNone, device), [""; 0], "{port} {device:?}");
                }
            }
        }
        assert_eq!(keys(PORTS[2], Framing::EightNone, scanner(HostDialect::Plain, Cr)), ["port"]);
    }

    #[test]
    fn what_is_no_text_needs_eight_bits_where_this_machine_sets_them() {
        let ssi = Hanging::Scanner { host: HostDialect::Ssi, terminator: Terminator::Cr };
        for device in [ssi, Hanging::Scale(Protocol::ModbusRtu)] {
            assert_eq!(keys(PORTS[0], Framing::SevenEven, device), ["line"], "{device:?}");
            assert_eq!(keys(PORTS[0], Framing::EightEven, device), [""; 0], "{device:?}");
            assert_eq!(keys(PORTS[1], Framing::SevenEven, device), [""; 0], "{device:?}");
        }
        assert_eq!(keys(PORTS[0], Framing::SevenEven, Hanging::Scale(Protocol::Toledo8217)), [""; 0]);
    }
}
