//! `decode`: bytes on standard input, what they mean as JSON lines. For any protocol or label this agent knows.

use std::{
    borrow::Cow,
    io::{self, Read as _, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};

use super::{device_args::DecodingArgs, telling::unwritten};
use crate::{
    device::{
        Scan,
        mqtt_dialect::MqttDialect,
        scale::{Decoder, Options, Protocol},
        sparkplug::Publication,
        ssi::SsiDecoder,
    },
    label::{
        self, LabelRules,
        digital_link::{DigitalLink, LinkRules},
        element_string::{Checks, ElementString, Gs1Scan, ScanRules},
        gtin::{Key, KeyKind},
        hibc::Hibc,
        iso15434::Message,
        lcsc::LcscLabel,
    },
    port::capture::from_hex,
};

/// The most that is read: a capture of a shift has less.
const INPUT_LEN_MAX: u64 = 64 * 1024 * 1024;

/// Bytes that are decoded between two looks at what has come out.
const CHUNK_LEN: usize = 4_096;

/// Writes one line: what was read, or why it could not be.
type Tell<'run> = dyn FnMut(Result<Value, Value>) -> io::Result<()> + 'run;

/// What the bytes are taken for.
enum Reader {
    /// A stream of frames.
    Scale(Protocol),
    Ssi,
    /// One a line.
    Label(LabelKind),
    /// One payload a line, of one topic.
    Mqtt(MqttDialect),
    Sparkplug,
}

#[derive(Clone, Copy)]
enum LabelKind {
    /// Whatever it is, as a station would read it.
    Scan,
    Gs1,
    Bracketed,
    DigitalLink,
    Gtin(KeyKind),
    Iso15434,
    Hibc,
    Lcsc,
}

/// Reads standard input to its end.
pub(super) fn run(what: &str, decoding: &DecodingArgs, topic: Option<&str>, hex: bool) -> anyhow::Result<ExitCode> {
    let reader = Reader::named(what)?;
    let options = decoding.options()?;
    anyhow::ensure!(
        topic.is_some() || !matches!(reader, Reader::Mqtt(_) | Reader::Sparkplug),
        "give --topic: what a payload means depends on it"
    );
    let mut input = Vec::new();
    std::io::stdin().lock().take(INPUT_LEN_MAX + 1).read_to_end(&mut input).context("read standard input")?;
    anyhow::ensure!(
        u64::try_from(input.len()).is_ok_and(|len| len <= INPUT_LEN_MAX),
        "input is longer than {INPUT_LEN_MAX} bytes; cut it"
    );
    let mut failures = 0_u64;
    let mut out = std::io::stdout().lock();
    let told = reader.read(&input, &options, topic.unwrap_or_default(), hex, &mut |result| {
        failures += u64::from(result.is_err());
        writeln!(out, "{}", result.unwrap_or_else(|error| error))
    });
    if let Err(error) = told {
        // What the reader has seen by then may well be all it wanted.
        return error.downcast::<io::Error>().and_then(|failure| unwritten(failure).map(|()| ExitCode::SUCCESS));
    }
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Reader {
    fn read(&self, input: &[u8], options: &Options, topic: &str, hex: bool, tell: &mut Tell<'_>) -> anyhow::Result<()> {
        let whole = || if hex { all_hex(input).map(Cow::Owned) } else { Ok(Cow::Borrowed(input)) };
        match self {
            Self::Scale(protocol) => Ok(scale(*protocol, options, &whole()?, tell)?),
            Self::Ssi => Ok(ssi(&whole()?, tell)?),
            Self::Label(kind) => each_line(input, hex, |code| tell(label(*kind, code))),
            Self::Mqtt(dialect) => each_line(input, hex, |payload| tell(mqtt(*dialect, topic, payload))),
            Self::Sparkplug => {
                let told = Publication::decode(topic, &whole()?);
                Ok(tell(told.map(|told| json!(told)).map_err(|error| failure(error.code(), &error)))?)
            }
        }
    }

    fn named(name: &str) -> anyhow::Result<Self> {
        let label = match name {
            "scan" => Some(LabelKind::Scan),
            "gs1" => Some(LabelKind::Gs1),
            "gs1-bracketed" => Some(LabelKind::Bracketed),
            "digital-link" => Some(LabelKind::DigitalLink),
            "iso15434" => Some(LabelKind::Iso15434),
            "hibc" => Some(LabelKind::Hibc),
            "lcsc" => Some(LabelKind::Lcsc),
            _ => KeyKind::ALL.into_iter().find(|kind| kind.name() == name).map(LabelKind::Gtin),
        };
        if let Some(kind) = label {
            return Ok(Self::Label(kind));
        }
        if let Ok(protocol) = name.parse() {
            return Ok(Self::Scale(protocol));
        }
        if let Some(dialect) = MqttDialect::parse(name) {
            return Ok(Self::Mqtt(dialect));
        }
        match name {
            "ssi" => Ok(Self::Ssi),
            "sparkplug" => Ok(Self::Sparkplug),
            _ => {
                let scales = Protocol::ALL.map(Protocol::name).join(", ");
                let keys: Vec<&str> = KeyKind::ALL.into_iter().map(KeyKind::name).collect();
                let dialects = MqttDialect::ALL.map(MqttDialect::name).join(", ");
                Err(anyhow!(
                    "nothing here is called {name}\n  labels:   scan, gs1, gs1-bracketed, digital-link, iso15434, hibc, lcsc, {}\n  \
                     scales:   {scales}\n  scanners: ssi\n  MQTT:     {dialects}, sparkplug",
                    keys.join(", ")
                ))
            }
        }
    }
}

fn scale(protocol: Protocol, options: &Options, bytes: &[u8], tell: &mut Tell<'_>) -> io::Result<()> {
    let mut decoder = protocol.decoder(options);
    let mut drain = |decoder: &mut Decoder| {
        while let Some(report) = decoder.poll() {
            tell(report.map(|report| json!(report)).map_err(|error| failure(error.code(), &error)))?;
        }
        Ok(())
    };
    for chunk in bytes.chunks(CHUNK_LEN) {
        decoder.push(chunk);
        drain(&mut decoder)?;
    }
    decoder.idle();
    drain(&mut decoder)
}

fn ssi(bytes: &[u8], tell: &mut Tell<'_>) -> io::Result<()> {
    let mut decoder = SsiDecoder::default();
    let mut drain = |decoder: &mut SsiDecoder| {
        while let Some(packet) = decoder.poll() {
            tell(packet.map(|packet| json!(packet)).map_err(|error| failure(error.code(), &error)))?;
        }
        Ok(())
    };
    for chunk in bytes.chunks(CHUNK_LEN) {
        decoder.push(chunk, 0);
        drain(&mut decoder)?;
    }
    decoder.poll_idle(u64::MAX);
    drain(&mut decoder)
}

fn label(kind: LabelKind, code: &[u8]) -> Result<Value, Value> {
    let scan = Scan::from_frame(code);
    let payload = scan.code.as_slice();
    let year = jiff::Zoned::now().year();
    match kind {
        LabelKind::Scan => Ok(label::read(&scan, &LabelRules::default(), year).to_json()),
        LabelKind::Gs1 => Gs1Scan::parse(code, &ScanRules::default())
            .map(|found| found.to_json())
            .map_err(|error| failure(error.code(), &error)),
        LabelKind::Bracketed => ElementString::parse_bracketed(code, Checks::default())
            .map(|found| found.to_json())
            .map_err(|error| failure(error.code(), &error)),
        LabelKind::DigitalLink => DigitalLink::parse(payload, LinkRules::default())
            .map(|found| DigitalLink::outcome_to_json(found.as_ref()))
            .map_err(|error| failure(error.code(), &error)),
        LabelKind::Gtin(kind) => {
            Key::parse(kind, payload).map(|key| json!(key)).map_err(|error| failure(error.code(), &error))
        }
        LabelKind::Iso15434 => {
            Message::parse(payload).map(|message| json!(message)).map_err(|error| failure(error.code(), &error))
        }
        LabelKind::Hibc => {
            Hibc::parse(payload, true, year).map(|hibc| json!(hibc)).map_err(|error| failure(error.code(), &error))
        }
        LabelKind::Lcsc => {
            LcscLabel::parse(payload).map(|lcsc| json!(lcsc)).map_err(|error| failure(error.code(), &error))
        }
    }
}

fn mqtt(dialect: MqttDialect, topic: &str, payload: &[u8]) -> Result<Value, Value> {
    match dialect.sensor_values(topic, payload) {
        Ok(values) => Ok(json!(values)),
        Err(error) => Err(failure("message", &*error)),
    }
}

fn failure(code: &str, error: &(dyn std::error::Error + 'static)) -> Value {
    json!({"error": code, "message": crate::cause::chain(error)})
}

fn each_line(input: &[u8], hex: bool, mut read: impl FnMut(&[u8]) -> io::Result<()>) -> anyhow::Result<()> {
    let mut lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    // What follows the last line end is no line.
    lines.pop_if(|last| last.is_empty());
    for (index, line) in lines.into_iter().enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if hex {
            let text = std::str::from_utf8(line).ok().and_then(from_hex);
            read(&text.ok_or_else(|| anyhow!("line {} is no hex", index + 1))?)?;
        } else {
            read(line)?;
        }
    }
    Ok(())
}

fn all_hex(input: &[u8]) -> anyhow::Result<Vec<u8>> {
    std::str::from_utf8(input).ok().and_then(from_hex).ok_or_else(|| anyhow!("input is no hex"))
}
