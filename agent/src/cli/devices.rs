//! `devices`: what is plugged in, and what to write into the site's file for it.

use std::{io::Write as _, path::Path, process::ExitCode};

use super::paint::Paint;
use crate::port::inventory::{Kind, Plugged, plugged};

/// Lists what is plugged in.
#[expect(clippy::unnecessary_wraps, reason = "every command answers alike")]
pub(super) fn show(json: bool) -> anyhow::Result<ExitCode> {
    let found = plugged(Path::new("/"));
    let mut out = std::io::stdout().lock();
    if json {
        for device in &found {
            let _ = writeln!(out, "{}", serde_json::json!({ "device": device, "config": suggestion(device) }));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        let _ = writeln!(
            out,
            "nothing is plugged in: no serial adapter, no HID scale, no keyboard scanner.\n\
             A scanner that types into the console is set to keyboard mode: scan its \"USB serial\" setup code, or plug it \
             in and run this again as root."
        );
        return Ok(ExitCode::SUCCESS);
    }
    let paint = Paint::of_stdout();
    for device in &found {
        let name = device.product.as_deref().or(device.driver.as_deref()).unwrap_or("unnamed");
        let _ = writeln!(out, "{}  {}", paint.strong(device.best_name().display()), name);
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
                let _ = writeln!(out, "    {key:8} {value}");
            }
        }
        for line in suggestion(device).lines() {
            let _ = writeln!(out, "    {}", paint.dim(line));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What to write into the site's file; what hangs on a serial line only `probe` or a person can say.
fn suggestion(device: &Plugged) -> String {
    let port = device.best_name().display();
    match device.kind {
        Kind::Serial => format!(
            "# a scale? binwire-agent probe {port}\n[[scanner]]\nname = \"scanner-1\"\nstation = \"…\"\nport = \"{port}\""
        ),
        Kind::Hid => format!(
            "[[scale]]\nname = \"scale-1\"\nbin = \"…\"\nprotocol = \"usb-hid\"\nport = \"{}\"",
            device.node.display()
        ),
        Kind::Keyboard => format!("[[scanner]]\nname = \"scanner-1\"\nstation = \"…\"\nport = \"{port}\""),
    }
}
