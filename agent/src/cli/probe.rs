//! `probe PORT`: at which speed a scale talks, and in which language.
//!
//! All questions only ask to print or read; none zeroes, tares or sets anything.

use std::{io::Write as _, process::ExitCode, time::Instant};

use serde_json::json;

use super::paint::Paint;
use crate::{
    app,
    config::Port,
    device::scale::{
        Protocol,
        identify::{Suspect, rivals},
    },
};

mod search;

use search::{Found, Noise, search};

/// What scales leave the factory with, by how often.
const BAUDS: [u32; 8] = [9_600, 2_400, 4_800, 19_200, 115_200, 1_200, 38_400, 57_600];

/// Looks for a scale and says what to write into the site's file for it.
pub(super) fn run(port: &str, bauds: &[u32], json: bool) -> anyhow::Result<ExitCode> {
    let port = Port::parse(port, std::path::Path::new("")).map_err(|error| anyhow::anyhow!("PORT {error}"))?;
    let began = Instant::now();
    let (found, noise) = app::runtime()?.block_on(search(&port, if bauds.is_empty() { &BAUDS } else { bauds }))?;
    let seconds = began.elapsed().as_secs_f64();
    let told = match &found {
        Some(found) if json => json!({"found": found_json(&port, found), "seconds": seconds}).to_string(),
        Some(found) => in_words(&port, found, seconds),
        None if json => {
            let noise: Vec<_> = noise.iter().map(noise_json).collect();
            json!({"found": null, "noise": noise, "seconds": seconds}).to_string()
        }
        None => advice(&port, &noise),
    };
    // A reader that has gone away has no use for it.
    let _ = writeln!(std::io::stdout(), "{told}");
    Ok(if found.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn found_json(port: &Port, found: &Found) -> serde_json::Value {
    let Some(best) = found.suspects.first() else { return serde_json::Value::Null };
    let mut json = json!({
        "protocol": best.protocol.name(),
        "heard": shown(&found.heard),
        "report": best.last,
        "is_certain": rivals(&found.suspects).is_empty(),
        "others": others(&found.suspects),
        "config": config(port, found, best),
    });
    if let (Some(format), Some(json)) = (found.format, json.as_object_mut()) {
        json.insert("baud".to_owned(), format.baud.into());
        json.insert("line".to_owned(), format.framing.name().into());
    }
    json
}

fn noise_json(noise: &Noise) -> serde_json::Value {
    json!({"format": noise.format.map(|format| format.to_string()), "heard": shown(&noise.heard)})
}

fn in_words(port: &Port, found: &Found, seconds: f64) -> String {
    let Some(best) = found.suspects.first() else { return String::new() };
    let paint = Paint::of_stdout();
    let at = found.format.map_or_else(String::new, |format| format!(" at {format}"));
    let mut text = format!("{}{at}, after {seconds:.1} s\n", paint.good(best.protocol));
    text.push_str(&format!("heard    {}\n", shown(&found.heard)));
    text.push_str(&format!("means    {}\n", serde_json::to_string(&best.last).unwrap_or_default()));
    let rivals: Vec<&str> = rivals(&found.suspects).into_iter().map(Protocol::name).collect();
    if !rivals.is_empty() {
        text.push_str(&paint.bad(format!(
            "could be {} as well: what it sends means the same in each, and asking did not tell them apart. The scale's \
             manual or menu says which it is set to; without it, take {}.\n",
            rivals.join(" or "),
            best.protocol
        )));
    }
    text.push('\n');
    text.push_str(&config(port, found, best));
    text
}

/// All that would read it, the likeliest left out.
fn others(suspects: &[Suspect]) -> Vec<&'static str> {
    let mut names: Vec<&str> = suspects.iter().map(|suspect| suspect.protocol.name()).collect();
    names.dedup();
    names.split_off(1.min(names.len()))
}

/// What to paste into the site's file.
fn config(port: &Port, found: &Found, best: &Suspect) -> String {
    let protocol = best.protocol;
    let mut text =
        format!("[[scale]]\nname = \"scale-1\"\nbin = \"…\"\nprotocol = \"{protocol}\"\nport = \"{port}\"\n");
    match found.format {
        Some(format) => text.push_str(&format!("baud = {}\nline = \"{}\"\n", format.baud, format.framing)),
        // Whoever opens the line behind it has left the parity in.
        None if best.options.mask_parity => text.push_str("mask_parity = true\n"),
        None => {}
    }
    if protocol.needs_unit() {
        text.push_str("unit = \"kg\"  # not sent: what the display shows\n");
    }
    if best.options.checksum {
        text.push_str("checksum = true\n");
    }
    if matches!(protocol, Protocol::ModbusRtu | Protocol::ModbusTcp) {
        let query = &best.options.query;
        text.push_str(&format!(
            "modbus = {{ address = {}, map = \"{}\", decimals = 0 }}  # decimals: as the display shows\n",
            query.address,
            query.map.name()
        ));
    }
    text
}

fn advice(port: &Port, noise: &[Noise]) -> String {
    let Some(first) = noise.first() else {
        return match port {
            Port::Tcp(_) => format!(
                "{port}: it takes connections, and nothing was heard.\n\
                 Check: is it a transmitter with another Modbus address than 1? Is it a serial server, and are its speed and \
                 format the scale's? Is the scale switched on? Is another program connected?"
            ),
            Port::Hid(_) => format!(
                "{port}: nothing was heard within a second.\n\
                 Check: is the scale switched on? Many switch themselves off; put something on it and try again."
            ),
            Port::Serial(_) | Port::Keyboard(_) | Port::Replay(_) => format!(
                "{port}: nothing was heard at any speed.\n\
                 Check: is it switched on? Is the cable crossed (null modem) where it has to be? Is its output set to print \
                 on request or continuously? A scanner says nothing until it scans: binwire-agent listen {port} --scanner \
                 plain"
            ),
        };
    };
    let at = first.format.map_or_else(String::new, |format| format!(" at {format}"));
    format!(
        "{port}: something talks, but nobody here understands it.\nfirst heard{at}: {}\n\
         Check the data format in the device's menu; keep what it says with: binwire-agent capture {port} FILE",
        shown(&first.heard)
    )
}

/// The beginning of what was heard, printable.
fn shown(heard: &[u8]) -> String {
    heard.get(..heard.len().min(80)).unwrap_or_default().escape_ascii().to_string()
}

/// One line on the terminal that says what is tried; nothing in a pipe.
struct Progress {
    paint: Paint,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { paint: Paint::of_stderr() }
    }

    pub(super) fn step(&self, what: &str) {
        if self.paint.is_on() {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K{}", self.paint.dim(what));
        }
    }

    pub(super) fn done(&self) {
        if self.paint.is_on() {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}
