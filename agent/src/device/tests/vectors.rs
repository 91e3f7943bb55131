//! The decoders against the shared test vectors: rows made from makers' manuals and other people's drivers.
//!
//! The vectors live beside the repository (`$VECTORS`, or `../shared/vectors`) and may be absent.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::device::mt_sics::{Amount, Command, Refusal};
use crate::device::{
    AimId, Debounce, FrameDecoder, FrameError, MtSics, Reading, Scan, SicsReply, Tasmota, Terminator, Weight,
};

/// Runs `check` on the rows of `file` that `select` picks and reports every row that fails.
fn check_rows(file: &str, select: impl Fn(&Value) -> bool, check: impl Fn(&Value) -> Result<(), String>) {
    let dir = std::env::var_os("VECTORS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors")), PathBuf::from);
    // Straight to stderr: a test that skips must be seen to skip, also when it passes.
    let mut log = std::io::stderr();
    let Ok(text) = std::fs::read_to_string(dir.join(file)) else {
        writeln!(log, "SKIPPED {file}: not in {}; set VECTORS", dir.display()).unwrap();
        return;
    };
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).filter(select).collect();
    let failures: Vec<String> =
        rows.iter().filter_map(|row| check(row).err().map(|why| format!("{}: {why}", row["id"]))).collect();
    writeln!(log, "{file}: {}/{} rows pass", rows.len() - failures.len(), rows.len()).unwrap();
    assert!(!rows.is_empty(), "no row of {file} was selected");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn expect_eq<T: PartialEq + std::fmt::Debug>(found: &T, expect: &T) -> Result<(), String> {
    if found == expect { Ok(()) } else { Err(format!("found {found:?}, expected {expect:?}")) }
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn scanner_framing_vectors() {
    check_rows(
        "scanner_framing.jsonl",
        |row| row["kind"] == "framing",
        |row| {
            let config = &row["config"];
            let terminator = match (config["prefix"].as_str().unwrap(), config["suffix"].as_str().unwrap()) {
                ("", "0d") => Terminator::Cr,
                ("", "0a") => Terminator::Lf,
                ("", "0d0a") => Terminator::CrLf,
                ("", "any-cr-lf") => Terminator::AnyCrLf,
                ("", "09") => Terminator::Tab,
                ("02", "03") => Terminator::StxEtx,
                ("", "") => Terminator::None,
                other => return Err(format!("no such terminator: {other:?}")),
            };
            let len_max = config["max_len"].as_u64().map_or(FrameDecoder::LEN_MAX, |len| usize::try_from(len).unwrap());
            let mut decoder = FrameDecoder::new(terminator, config["idle_ms"].as_u64().unwrap()).with_len_max(len_max);
            let mut found = Vec::new();
            for chunk in row["chunks"].as_array().unwrap() {
                decoder.push(&hex(&chunk["hex"]), chunk["t_ms"].as_u64().unwrap());
                found.extend(std::iter::from_fn(|| decoder.poll()));
            }
            if let Some(deadline) = decoder.next_deadline() {
                decoder.poll_idle(deadline);
                found.extend(std::iter::from_fn(|| decoder.poll()));
            }
            let too_long = found.iter().any(|frame| matches!(frame, Err(FrameError::TooLong { .. })));
            expect_eq(&too_long, &(row["error"] == "frame-too-long"))?;
            let frames: Vec<Vec<u8>> = found.into_iter().flatten().collect();
            if let Some(texts) = row["expect"].as_array() {
                let shown: Vec<Value> = frames.iter().map(|frame| json!(String::from_utf8_lossy(frame))).collect();
                expect_eq(&shown, texts)?;
            }
            if let Some(raw) = row["raw_hex"].as_array() {
                expect_eq(&frames, &raw.iter().map(hex).collect())?;
            }
            let discarded = row["discarded"].as_array().map_or(0, Vec::len);
            if discarded > 0 { expect_eq(&decoder.discarded(), &(discarded as u64)) } else { Ok(()) }
        },
    );
}

#[test]
fn scanner_debounce_vectors() {
    check_rows(
        "scanner_framing.jsonl",
        |row| row["kind"] == "debounce",
        |row| {
            let mut debounce = Debounce::new(row["config"]["same_code_window_ms"].as_u64().unwrap());
            let events = row["events"].as_array().unwrap().iter().enumerate();
            let accepted: Vec<Value> = events
                .filter(|(_, event)| {
                    debounce.accept(event["data"].as_str().unwrap().as_bytes(), event["t_ms"].as_u64().unwrap())
                })
                .map(|(index, _)| json!(index))
                .collect();
            expect_eq(&accepted, row["expect_accepted"].as_array().unwrap())
        },
    );
}

type Flag = fn(AimId) -> bool;

#[test]
fn aim_id_vectors() {
    check_rows(
        "aim_ids.jsonl",
        |_| true,
        |row| {
            let scan = Scan::from_frame(row["input"].as_str().unwrap().as_bytes());
            let id = scan.symbology;
            let byte = |pick: fn(AimId) -> u8| id.map(|id| char::from(pick(id)).to_string());
            let expect = row["expect"].as_object().unwrap();
            let mut found = json!({
                "aim_id": id.map(|id| format!("]{}{}", char::from(id.code), char::from(id.modifier))),
                "code": byte(|id| id.code),
                "modifier": byte(|id| id.modifier),
                "symbology": id.map(AimId::symbology),
                "gs1": id.map(AimId::is_gs1),
                "payload": scan.text(),
            });
            let flags: [(&str, Flag); 3] = [
                ("full_ascii", AimId::is_full_ascii),
                ("check_validated", AimId::check_validated),
                ("check_stripped", AimId::check_stripped),
            ];
            for (name, flag) in flags {
                // Rows list the flags that are set.
                if id.is_some_and(flag) || expect.contains_key(name) {
                    found[name] = json!(id.is_some_and(flag));
                }
            }
            expect_eq(&found, &row["expect"])
        },
    );
}

#[test]
fn mt_sics_vectors() {
    check_rows(
        "scales.jsonl",
        |row| row["protocol"] == "mt-sics",
        |row| {
            let bytes = hex(&row["bytes_hex"]);
            let expect = match row["kind"].as_str() {
                Some("stream") => row["expect_many"].as_array().unwrap().clone(),
                Some(_) | None => vec![row["expect"].clone()],
            };
            for chunk_len in [bytes.len(), 1, 3] {
                let mut scale = MtSics::new();
                let mut found = Vec::new();
                for chunk in bytes.chunks(chunk_len) {
                    scale.push(chunk);
                    found.extend(std::iter::from_fn(|| scale.poll()).map(|reply| sics_json(&reply)));
                }
                expect_eq(&found, &expect)?;
            }
            Ok(())
        },
    );
}

fn sics_json(reply: &Result<SicsReply, FrameError>) -> Value {
    let mut row = Map::new();
    let mut put = |key: &str, value: Value| row.insert(key.to_owned(), value);
    match reply {
        Err(_) => drop(put("error", json!("bad-frame"))),
        Ok(SicsReply::Weight(Weight { shown, unit, stable, .. })) => {
            put("weight", json!(shown.to_string()));
            put("unit", json!(unit.symbol()));
            put("stable", json!(stable));
        }
        Ok(SicsReply::NotAMass { amount, stable }) => {
            match amount.pieces() {
                Some(pieces) => put("count", json!(pieces)),
                None => put("weight", json!(amount.shown.to_string())),
            };
            put("unit", json!(amount.unit.to_lowercase()));
            put("stable", json!(stable));
        }
        Ok(SicsReply::Done { command, stable, amount }) => {
            let (ack, amount_key) = match command {
                Command::Zero => ("zero", ""),
                Command::ZeroImmediate => ("zero-immediate", ""),
                Command::Tare => ("tare", "tare"),
                Command::TareImmediate => ("tare-immediate", "tare"),
                Command::TareValue => ("tare-value", "tare"),
                Command::TareClear => ("tare-clear", ""),
                Command::PieceWeight => ("piece-weight", "piece_weight"),
                Command::Weigh | Command::Serial | Command::Info => ("not an acknowledgement", ""),
            };
            put("ack", json!(ack));
            if let Some(Amount { shown, unit }) = amount {
                put(amount_key, json!(shown.to_string()));
                put("unit", json!(unit));
            }
            if let Some(stable) = stable {
                put("stable", json!(stable));
            }
        }
        Ok(SicsReply::Refused { why, .. }) => {
            let name = match why {
                Refusal::Busy => "busy",
                Refusal::Overload => "overload",
                Refusal::Underload => "underload",
                Refusal::Logical => "logical",
                Refusal::Syntax => "syntax",
                Refusal::Transmission => "transmission",
            };
            put("error", json!(name));
        }
        Ok(SicsReply::Serial(text)) => drop(put("serial", json!(text))),
        Ok(SicsReply::Info(text)) => drop(put("info", json!(text))),
    }
    Value::Object(row)
}

#[test]
fn tasmota_vectors() {
    check_rows(
        "mqtt_sensors.jsonl",
        |row| row["dialect"] == "tasmota",
        |row| {
            let topic = row["topic"].as_str().unwrap();
            let expect = &row["expect"];
            expect_eq(&Tasmota::device(topic).map(Value::from), &Some(expect["device"].clone()))?;
            let reading = Tasmota::default().read(topic, row["payload"].as_str().unwrap().as_bytes());
            match reading.map_err(|error| error.to_string())? {
                Some(Reading::Online(online)) => expect_eq(&json!(online), &expect["online"]),
                Some(Reading::Weight(weight)) => {
                    let found = weight.shown.to_string();
                    let value = expect["values"].as_object().and_then(|values| values.values().next());
                    expect_eq(&Some(found), &value.map(ToString::to_string))
                }
                Some(other @ (Reading::Scan(_) | Reading::Unknown(_))) => Err(format!("found {other:?}")),
                None => expect_eq(&expect["diagnostics"], &json!(true)),
            }
        },
    );
}
