//! `devices`: what is plugged in, and what to write into the site's file for it.

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use super::{paint::Paint, telling::unwritten};
use crate::port::inventory::{Kind, Plugged, plugged};

/// Lists what is plugged in.
pub(super) fn show(json: bool) -> anyhow::Result<ExitCode> {
    let found = plugged(Path::new("/"));
    if found.is_empty() && !json {
        // Not on standard output, where a script reads ports.
        let _ = writeln!(
            io::stderr(),
            "nothing is plugged in: no serial adapter, no HID scale, no keyboard scanner.\n\
             A scanner that types into the console is set to keyboard mode: scan its \"USB serial\" setup code, or plug it \
             in and run this again as root."
        );
    }
    let mut out = io::stdout().lock();
    let written = if json { in_json(&mut out, &found) } else { in_words(&mut out, &found, Paint::of_stdout()) };
    written.or_else(unwritten)?;
    Ok(ExitCode::SUCCESS)
}

fn in_json(out: &mut impl io::Write, found: &[Plugged]) -> io::Result<()> {
    for device in found {
        let port = device.best_name();
        writeln!(out, "{}", serde_json::json!({ "port": port, "device": device, "config": suggestion(device) }))?;
    }
    Ok(())
}

/// A device begins where a line does, with its port as the first word; what is said of it is indented.
fn in_words(out: &mut impl io::Write, found: &[Plugged], paint: Paint) -> io::Result<()> {
    for device in found {
        let name = device.product.as_deref().or(device.driver.as_deref()).unwrap_or("unnamed");
        writeln!(out, "{}  {}", paint.strong(device.best_name().display()), name)?;
        let details = [
            ("node", Some(device.node.display().to_string())),
            ("maker", device.maker.clone()),
            ("usb", device.usb_id.clone()),
            ("serial", device.serial.clone()),
            ("driver", device.driver.clone()),
            ("by path", device.by_path.as_ref().map(|path| path.display().to_string())),
        ];
        for (key, value) in details {
            if let Some(value) = value {
                writeln!(out, "    {key:8} {value}")?;
            }
        }
        for line in suggestion(device).lines() {
            writeln!(out, "    {}", paint.dim(line))?;
        }
    }
    Ok(())
}

/// What to write into the site's file; what hangs on a serial line only `probe` or a person can say.
fn suggestion(device: &Plugged) -> String {
    let port = device.best_name().display();
    match device.kind {
        Kind::Serial => format!(
            "# a scale? binwire-agent probe {port}\n[[scanner]]\nname = \"scanner-1\"\nstation = \"…\"\nport = \"{port}\""
        ),
        Kind::Hid => {
            format!("[[scale]]\nname = \"scale-1\"\nbin = \"…\"\nprotocol = \"usb-hid\"\nport = \"{port}\"")
        }
        Kind::Keyboard => format!("[[scanner]]\nname = \"scanner-1\"\nstation = \"…\"\nport = \"{port}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_finds_the_port_as_the_first_word_of_a_line_and_as_a_key() {
        let adapter = Plugged {
            kind: Kind::Serial,
            node: "/dev/ttyUSB0".into(),
            by_id: Some("/dev/serial/by-id/usb-FTDI".into()),
            by_path: None,
            driver: Some("ftdi_sio".into()),
            usb_id: None,
            serial: None,
            maker: None,
            product: None,
        };
        let hid = Plugged { kind: Kind::Hid, node: "/dev/hidraw0".into(), by_id: None, ..adapter.clone() };
        let found = [adapter, hid];
        let mut words = Vec::new();
        in_words(&mut words, &found, Paint::none()).unwrap();
        let words = String::from_utf8(words).unwrap();
        let heads = words.lines().filter(|line| !line.starts_with(' '));
        let ports: Vec<&str> = heads.filter_map(|line| line.split("  ").next()).collect();
        assert_eq!(ports, ["/dev/serial/by-id/usb-FTDI", "/dev/hidraw0"]);
        let mut json = Vec::new();
        in_json(&mut json, &found).unwrap();
        let json = String::from_utf8(json).unwrap();
        let lines = json.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let keys: Vec<String> = lines.filter_map(|line| Some(line["port"].as_str()?.to_owned())).collect();
        assert_eq!(keys, ports);
    }
}
