//! `probe PORT`: at which speed a scale talks, and in which language.
//!
//! At each speed first listens, since some scales speak by themselves, and then asks in one language after another. All
//! questions only ask to print or read; none zeroes, tares or sets anything.

use std::{
    io::Write as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::paint::Paint;
use crate::{
    app,
    config::{LineConfig, Port},
    device::{
        Framing, LineFormat,
        scale::{
            Protocol,
            identify::{Suspect, questions, suspects},
        },
    },
    port::line::{Line, explained},
};

/// What scales leave the factory with, by how often.
const BAUDS: [u32; 8] = [9_600, 2_400, 4_800, 19_200, 115_200, 1_200, 38_400, 57_600];

/// How long a scale that speaks by itself may be silent: the slowest send some five frames a second.
const LISTEN: Duration = Duration::from_millis(350);

/// How long a scale may think before it answers.
const ANSWER: Duration = Duration::from_millis(200);

/// How long a scale may take to complain of an empty line.
const END: Duration = Duration::from_millis(60);

/// Silence after which an answer is whole, beside the time of some characters.
const QUIET: Duration = Duration::from_millis(40);

/// What one try may bring: a scale that never stops is understood by its first frames.
const HEARD_MAX: usize = 2_048;

/// What was found.
struct Found {
    format: LineFormat,
    suspects: Vec<Suspect>,
    heard: Vec<u8>,
}

/// What was heard that nobody understood.
struct Noise {
    format: LineFormat,
    heard: Vec<u8>,
}

pub(super) fn run(port: &str, bauds: &[u32], json: bool) -> anyhow::Result<ExitCode> {
    let port = Port::parse(port, std::path::Path::new("")).map_err(|error| anyhow::anyhow!("PORT {error}"))?;
    let began = Instant::now();
    let (found, noise) = app::runtime()?.block_on(probe(&port, if bauds.is_empty() { &BAUDS } else { bauds }))?;
    let mut out = std::io::stdout().lock();
    let seconds = began.elapsed().as_secs_f64();
    let Some(found) = found else {
        if json {
            let heard = |noise: &Noise| json!({"format": noise.format.to_string(), "heard": shown(&noise.heard)});
            let noise: Vec<_> = noise.iter().map(heard).collect();
            let _ = writeln!(out, "{}", json!({"found": null, "noise": noise, "seconds": seconds}));
        } else {
            let _ = writeln!(out, "{}", advice(&port, &noise));
        }
        return Ok(ExitCode::FAILURE);
    };
    let Some(best) = found.suspects.first() else { return Ok(ExitCode::FAILURE) };
    let others: Vec<&str> = found.suspects.iter().skip(1).map(|suspect| suspect.protocol.name()).collect();
    if json {
        let found = json!({
            "protocol": best.protocol.name(),
            "baud": found.format.baud,
            "line": found.format.framing.name(),
            "heard": shown(&found.heard),
            "report": best.last,
            "others": others,
            "config": config(&port, found.format, best),
        });
        let _ = writeln!(out, "{}", json!({"found": found, "seconds": seconds}));
        return Ok(ExitCode::SUCCESS);
    }
    let paint = Paint::of_stdout();
    let _ = writeln!(out, "{} at {}, after {seconds:.1} s", paint.good(best.protocol), found.format);
    let _ = writeln!(out, "heard    {}", shown(&found.heard));
    let _ = writeln!(out, "means    {}", serde_json::to_string(&best.last).unwrap_or_default());
    if !others.is_empty() {
        let _ = writeln!(out, "could be {}", others.join(", "));
    }
    let _ = writeln!(out, "\n{}", config(&port, found.format, best));
    Ok(ExitCode::SUCCESS)
}

async fn probe(port: &Port, bauds: &[u32]) -> anyhow::Result<(Option<Found>, Vec<Noise>)> {
    let mut noise = Vec::new();
    let progress = Progress::new();
    for baud in bauds {
        let format = LineFormat::new(*baud, Framing::EightNone);
        let config = LineConfig { port: port.clone(), format };
        let mut line = match Line::open(&config).await {
            Ok(line) => line,
            Err(error) => {
                return Err(anyhow::anyhow!("{}", explained(&error, &config)).context("open port"));
            }
        };
        progress.step(&format!("{format}: listening"));
        let mut heard = Vec::new();
        hear(&mut line, LISTEN, *baud, &mut heard).await?;
        if let Some(found) = understood(format, &heard, &[]) {
            progress.done();
            return Ok((Some(found), noise));
        }
        let mut needs_end = true;
        let speaks_by_itself = heard.len() > 8;
        if speaks_by_itself {
            // Nobody understands it at this speed, and questions would only be talked over.
            noise.push(Noise { format, heard });
            continue;
        }
        for (protocol, parity, question) in asked() {
            progress.step(&format!("{format}: asking {protocol}"));
            heard.clear();
            if needs_end {
                // What no command has ended yet would be the beginning of this one. The complaint is not listened to.
                line.write(b"\r\n").await.context("ask")?;
                hear(&mut line, END, *baud, &mut heard).await?;
                heard.clear();
            }
            needs_end = parity != Framing::EightNone || !question.ends_with(b"\n");
            line.write(&with_parity(&question, parity)).await.context("ask")?;
            hear(&mut line, ANSWER, *baud, &mut heard).await?;
            if let Some(found) = understood(format, &heard, &question) {
                progress.done();
                return Ok((Some(found), noise));
            }
            if !heard.is_empty() {
                noise.push(Noise { format, heard: heard.clone() });
                let is_garbled = heard.iter().filter(|byte| !byte.is_ascii() || **byte == 0).count() * 4 > heard.len();
                if is_garbled && !suspects_with_parity(&heard) {
                    // It answers, and at another speed.
                    break;
                }
            }
        }
        // What the device still has to say must not be heard as an answer at the next speed.
        drop(line);
        sleep(QUIET).await;
    }
    progress.done();
    Ok((None, noise))
}

/// The questions, those of scales with seven bits also with the parity that such a scale insists on: at eight bits without
/// parity the eighth can be made to carry it, so the line need not be opened anew.
fn asked() -> Vec<(Protocol, Framing, Vec<u8>)> {
    let mut asked = Vec::new();
    for (protocol, _, question) in questions() {
        asked.push((protocol, Framing::EightNone, question.clone()));
        // Its old models are the one common scale with odd parity.
        let is_odd = protocol == Protocol::SartoriusSbi;
        let parity = if is_odd { Framing::SevenOdd } else { protocol.line().framing };
        if parity.is_seven_bits() {
            asked.push((protocol, parity, question));
        }
    }
    asked
}

fn with_parity(question: &[u8], framing: Framing) -> Vec<u8> {
    let bit = |byte: u8| {
        let is_odd = byte.count_ones() % 2 == 1;
        let is_set = (framing == Framing::SevenEven && is_odd) || (framing == Framing::SevenOdd && !is_odd);
        u8::from(is_set) << 7
    };
    question.iter().map(|byte| byte | bit(*byte)).collect()
}

/// Text whose eighth bit is parity is no garble.
fn suspects_with_parity(heard: &[u8]) -> bool {
    heard.iter().map(|byte| byte & 0x7F).all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | 2 | 3 | 6))
}

/// Waits up to `first` for a byte, then until the line is quiet.
async fn hear(line: &mut Line, first: Duration, baud: u32, heard: &mut Vec<u8>) -> anyhow::Result<()> {
    let until = Instant::now() + first;
    let characters = Duration::from_secs_f64(30.0 / f64::from(baud));
    while heard.len() < HEARD_MAX {
        let wait = if heard.is_empty() { until.saturating_duration_since(Instant::now()) } else { QUIET + characters };
        match timeout(wait, line.read()).await {
            Ok(bytes) => heard.extend(bytes.context("read port")?),
            // A stream pauses between its frames: listening goes on for as long as it was meant to.
            Err(_) if !heard.is_empty() && Instant::now() < until => {}
            Err(_) => break,
        }
        if Instant::now() > until + first * 4 {
            break;
        }
    }
    Ok(())
}

/// Who could have said that: as it came, or with the eighth bit taken for parity.
fn understood(format: LineFormat, heard: &[u8], asked: &[u8]) -> Option<Found> {
    if heard.is_empty() {
        return None;
    }
    let plain = suspects(heard, asked, false);
    let (suspects, framing) = if plain.is_empty() && heard.iter().any(|byte| !byte.is_ascii()) {
        (suspects(heard, asked, true), parity_of(heard))
    } else {
        let usual = plain.first().map(|suspect| suspect.protocol.line().framing);
        // Seven bits and parity arrive as plain text when the system strips the parity.
        (plain, usual.unwrap_or(Framing::EightNone))
    };
    let format = LineFormat { framing, ..format };
    (!suspects.is_empty()).then(|| Found { format, suspects, heard: heard.to_vec() })
}

/// Which parity bytes carry in their eighth bit.
fn parity_of(heard: &[u8]) -> Framing {
    let odd = heard.iter().filter(|byte| byte.count_ones() % 2 == 1).count();
    if odd * 2 > heard.len() { Framing::SevenOdd } else { Framing::SevenEven }
}

/// What to paste into the site's file.
fn config(port: &Port, format: LineFormat, found: &Suspect) -> String {
    let protocol = found.protocol;
    let mut text = format!(
        "[[scale]]\nname = \"scale-1\"\nbin = \"…\"\nprotocol = \"{protocol}\"\nport = \"{port}\"\nbaud = {}\nline = \"{}\"\n",
        format.baud, format.framing
    );
    if protocol.needs_unit() {
        text.push_str("unit = \"kg\"  # not sent: what the display shows\n");
    }
    if found.options.checksum {
        text.push_str("checksum = true\n");
    }
    if protocol == Protocol::ModbusRtu {
        let query = &found.options.query;
        text.push_str(&format!(
            "modbus = {{ address = {}, map = \"{}\", decimals = 0 }}  # decimals: as the display shows\n",
            query.address,
            query.map.name()
        ));
    }
    text
}

fn advice(port: &Port, noise: &[Noise]) -> String {
    match noise.first() {
        None => format!(
            "{port}: nothing was heard at any speed.\n\
             Check: is it switched on? Is the cable crossed (null modem) where it has to be? Is its output set to print on \
             request or continuously? A scanner says nothing until it scans: binwire-agent listen {port} --scanner plain"
        ),
        Some(first) => format!(
            "{port}: something talks, but nobody here understands it.\nfirst heard at {}: {}\n\
             Check the data format in the device's menu; keep what it says with: binwire-agent capture {port} FILE",
            first.format,
            shown(&first.heard)
        ),
    }
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
    fn new() -> Self {
        Self { paint: Paint::of_stderr() }
    }

    fn step(&self, what: &str) {
        if self.paint.is_on() {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K{}", self.paint.dim(what));
        }
    }

    fn done(&self) {
        if self.paint.is_on() {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}
