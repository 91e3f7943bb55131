//! Published and constructed cases, row by row through the functions that the ports use.
//!
//! `VECTORS=<folder> cargo test -p agent --test vectors -- --nocapture` runs every row of every `*.jsonl` of that folder;
//! without `VECTORS` those kept in `tests/vectors`. A row is `{"id", …, "expect" | "error"}`; what else is in it depends
//! on its file. A file, kind or protocol that is not known here is a failure, not a skipped row.

#![expect(clippy::print_stdout, reason = "the counts of each file are what the test is run for")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use agent::{
    device::{
        AimId, Debounce, Decimal, FrameDecoder, FrameError, Mass, MassUnit, Scan, Terminator,
        mqtt_dialect::MqttDialect,
        scale::{
            Options, Protocol,
            modbus::{Map, Query},
            report::Unit,
        },
        sparkplug::Publication,
        ssi::Packet,
    },
    label::{
        application_identifier::Ai,
        digital_link::{DigitalLink, LinkRules},
        eci::CodePage,
        element_string::{Checks, ElementString, Gs1Scan, ScanRules},
        gs1_value::Gs1Value,
        gtin::{Key, KeyKind},
        hibc::Hibc,
        iso15434::Message,
        lcsc::LcscLabel,
    },
    movement::pieces::{self, Basis, SampleVerdict},
};
use serde_json::{Value, json};

/// Settles the century of dates in labels that do not say which year their row assumes.
const REF_YEAR: i16 = 2026;

/// Found or the error's code on one side, what the row wants on the other.
type Checked = Result<(), String>;

#[test]
fn every_row_of_every_file_comes_out_as_it_says() {
    let folder = std::env::var_os("VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("read {}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no .jsonl in {}", folder.display());
    let (mut failures, mut rows) = (Vec::new(), 0);
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (mut total, mut passed) = (0, 0);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            total += 1;
            match serde_json::from_str(line).map_err(|error| error.to_string()).and_then(|row| check(&name, &row)) {
                Ok(()) => passed += 1,
                Err(why) => failures.push(format!("{name}: {why}\n    {line}")),
            }
        }
        println!("{name} {passed}/{total}");
        rows += total;
    }
    println!("all {}/{rows}", rows - failures.len());
    assert!(failures.is_empty(), "{} rows fail:\n{}", failures.len(), failures.join("\n"));
    assert!(rows > 0, "no row in {}", folder.display());
}

fn check(file: &str, row: &Value) -> Checked {
    match file {
        "aim_ids" => aim_id(row),
        "counting" => counting(row),
        "gs1" => gs1(row),
        "gs1_digital_link" => digital_link(row),
        "gs1_values" => gs1_value(row),
        "gtin" => gtin(row),
        "hibc" => hibc(row),
        "iso15434" => iso15434(row),
        "mqtt_sensors" => mqtt_sensor(row),
        "scales" => scale(row),
        "scanner_framing" => scanner_framing(row),
        "sparkplug" => sparkplug(row),
        "ssi" => ssi(row),
        _ => Err("no such file of cases is known".to_owned()),
    }
}

/// Absent and null are the same: a device that does not say.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn same(found: &Value, expect: &Value) -> Checked {
    let (found, expect) = (without_nulls(found), without_nulls(expect));
    if found == expect { Ok(()) } else { Err(format!("found {found}, expected {expect}")) }
}

/// What the row expects: a result, or an error by its code.
fn outcome(row: &Value, found: Result<Value, &str>) -> Checked {
    match (row.get("error"), found) {
        (Some(error), Err(code)) => same(&json!(code), error.get("code").unwrap_or(error)),
        (Some(error), Ok(found)) => Err(format!("found {found}, expected the error {error}")),
        (None, Err(code)) => Err(format!("found the error {code}, expected {}", row["expect"])),
        (None, Ok(found)) => same(&found, &row["expect"]),
    }
}

fn text<'r>(row: &'r Value, key: &str) -> Result<&'r str, String> {
    row[key].as_str().ok_or_else(|| format!("{key} is no text"))
}

fn number(row: &Value, key: &str) -> Result<f64, String> {
    row[key].as_f64().ok_or_else(|| format!("{key} is no number"))
}

fn hex(value: &Value) -> Result<Vec<u8>, String> {
    let bytes = value.as_str().and_then(agent::port::capture::from_hex);
    bytes.ok_or_else(|| format!("{value} is no hex"))
}

fn aim_id(row: &Value) -> Checked {
    let input = text(row, "input")?;
    let (id, payload) = AimId::split(input.as_bytes());
    let mut found = json!({"payload": String::from_utf8_lossy(payload)});
    if let Some(id) = id {
        found["aim_id"] = json!(format!("]{}{}", char::from(id.code), char::from(id.modifier)));
        found["code"] = json!(char::from(id.code));
        found["modifier"] = json!(char::from(id.modifier));
        found["symbology"] = json!(id.symbology());
        found["gs1"] = json!(id.is_gs1());
        let flags = [
            ("full_ascii", id.is_full_ascii()),
            ("check_validated", id.check_validated()),
            ("check_stripped", id.check_stripped()),
        ];
        for (name, is_set) in flags {
            // Rows list the flags that are set.
            if is_set || row["expect"].get(name).is_some() {
                found[name] = json!(is_set);
            }
        }
    }
    outcome(row, Ok(found))
}

fn counting(row: &Value) -> Checked {
    let mass = |key: &str| {
        let shown = Decimal::parse(text(row, key)?).map_err(|error| format!("{key}: {error}"))?;
        Mass::of(shown, MassUnit::Gram).ok_or_else(|| format!("{key} is too large"))
    };
    match text(row, "kind")? {
        "count" => {
            let net = mass("gross")?.checked_sub(mass("tare")?).ok_or("net does not fit")?;
            outcome(row, Ok(json!({"count": pieces::count(net, mass("piece_weight")?)})))
        }
        "uncertainty" => {
            let basis = Basis {
                piece_weight: number(row, "piece_weight")?,
                piece_cv: number(row, "piece_cv")?,
                sample_size: number(row, "sample_size")?,
                scale_sd: number(row, "scale_sd")?,
                division: number(row, "division")?,
            };
            let of = number(row, "pieces")?;
            let (sd, expect) = (basis.sd(of), number(&row["expect"], "sd_pieces")?);
            if (sd - expect).abs() > number(row, "tolerance")? {
                return Err(format!("sd is {sd}, expected {expect}"));
            }
            same(&json!(basis.is_exact(of)), &row["expect"]["exact_at_95"])
        }
        "reference-check" => {
            let size = row["sample_size"].as_u64().and_then(|size| u32::try_from(size).ok()).ok_or("sample_size")?;
            let verdict = match pieces::sample_verdict(mass("piece_weight")?, mass("division")?, size) {
                SampleVerdict::Ok => "ok",
                SampleVerdict::WarnPiece => "warn",
                SampleVerdict::RefusePiece => "reject",
                SampleVerdict::AddPieces => "need-more-sample",
            };
            outcome(row, Ok(json!({"verdict": verdict})))
        }
        kind => Err(format!("no such kind: {kind}")),
    }
}

fn gs1(row: &Value) -> Checked {
    let input = text(row, "input")?.as_bytes();
    let mut checks = Checks::default();
    for name in row["checks"].as_array().ok_or("checks")? {
        match name.as_str() {
            Some("syntax" | "pairs") => {}
            Some("requisites") => checks.requisites = true,
            _ => return Err(format!("no such check: {name}")),
        }
    }
    let found = match text(row, "form")? {
        "scan" => Gs1Scan::parse(input, &ScanRules { checks, ..ScanRules::default() }).map(|scan| scan.to_json()),
        "bracketed" => ElementString::parse_bracketed(input, checks).map(|string| string.to_json()),
        form => return Err(format!("no such form: {form}")),
    };
    if let (Err(error), Some(ai)) = (&found, row["error"].get("ai")) {
        same(&json!(error.ai()), ai)?;
    }
    match found {
        Ok(found) => outcome(row, Ok(found)),
        Err(error) => outcome(row, Err(error.code())),
    }
}

fn digital_link(row: &Value) -> Checked {
    let mut rules = LinkRules::default();
    for (name, value) in row["options"].as_object().into_iter().flatten() {
        match (name.as_str(), value.as_bool()) {
            ("zero_suppressed_gtin", Some(value)) => rules.zero_suppressed_gtin = value,
            _ => return Err(format!("no such option: {name}")),
        }
    }
    let input = text(row, "input")?;
    // A frame of a scanner, or the address alone.
    let expect_code = row["error"]["code"].as_str();
    if let (Some(_), _) = AimId::split(input.as_bytes()) {
        let rules = ScanRules { link: rules, ..ScanRules::default() };
        return match Gs1Scan::parse(input.as_bytes(), &rules) {
            Ok(Gs1Scan::Plain { not_a_link: Some(error), .. }) if expect_code.is_some() => {
                outcome(row, Err(error.code()))
            }
            Ok(scan) => outcome(row, Ok(scan.to_json())),
            Err(error) => outcome(row, Err(error.code())),
        };
    }
    let found = DigitalLink::parse(input.as_bytes(), rules);
    let found = found.as_ref().map(|link| DigitalLink::outcome_to_json(link.as_ref()));
    outcome(row, found.map_err(|error| error.code()))
}

fn gs1_value(row: &Value) -> Checked {
    if !matches!(text(row, "kind")?, "date" | "datetime" | "measure") {
        return Err(format!("no such kind: {}", row["kind"]));
    }
    let year = row["ref_year"].as_i64().and_then(|year| i16::try_from(year).ok()).unwrap_or(REF_YEAR);
    let ai = text(row, "ai")?;
    let ai = Ai::parse(ai.as_bytes()).ok_or_else(|| format!("no such AI: {ai}"))?;
    let found = Gs1Value::read(ai, text(row, "value")?.as_bytes(), year);
    outcome(row, found.map(|value| value.to_json()).ok_or("bad-value"))
}

fn gtin(row: &Value) -> Checked {
    let kind = text(row, "kind")?;
    let kind =
        KeyKind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(|| format!("no such kind: {kind}"))?;
    let found = Key::parse(kind, text(row, "input")?.as_bytes());
    // Rows name what their source names: a check, an expansion or a GTIN-14.
    let told = found.as_ref().map(|key| {
        let mut told = json!(key);
        if let (Some(told), Some(expect)) = (told.as_object_mut(), row["expect"].as_object()) {
            told.retain(|name, _| expect.contains_key(name));
        }
        told
    });
    outcome(row, told.map_err(|error| error.code()))
}

fn hibc(row: &Value) -> Checked {
    let verify = row["verify_check"].as_bool().ok_or("verify_check")?;
    let found = Hibc::parse(text(row, "input")?.as_bytes(), verify, REF_YEAR);
    outcome(row, found.as_ref().map(|hibc| json!(hibc)).map_err(|error| error.code()))
}

fn iso15434(row: &Value) -> Checked {
    let (_, payload) = AimId::split(text(row, "input")?.as_bytes());
    let found = match row["context"].as_str() {
        None => Message::parse(payload),
        Some("linear-di") => Message::parse_linear(payload),
        Some("vendor-kv") => {
            let found = LcscLabel::parse(payload);
            return outcome(row, found.as_ref().map(|label| json!(label)).map_err(|error| error.code()));
        }
        Some(context) => return Err(format!("no such context: {context}")),
    };
    let mut expect = row.clone();
    // Deviations come in any order.
    sort(&mut expect["expect"]["deviations"]);
    let told = found.as_ref().map(|message| {
        let mut told = json!(message);
        sort(&mut told["deviations"]);
        told
    });
    if row.get("expect").is_none() {
        expect = row.clone();
    }
    outcome(&expect, told.map_err(|error| error.code()))
}

fn sort(list: &mut Value) {
    if let Some(list) = list.as_array_mut() {
        list.sort_by_key(ToString::to_string);
    }
}

fn mqtt_sensor(row: &Value) -> Checked {
    let dialect = text(row, "dialect")?;
    let dialect = MqttDialect::parse(dialect).ok_or_else(|| format!("no such dialect: {dialect}"))?;
    let payload = match row.get("payload_hex") {
        Some(payload) => hex(payload)?,
        None => text(row, "payload")?.as_bytes().to_vec(),
    };
    match dialect.sensor_values(text(row, "topic")?, &payload) {
        Ok(found) => {
            // A value of null is a sensor without one, which is not the same as no sensor.
            let (found, expect) = (json!(found), &row["expect"]);
            if found == *expect { Ok(()) } else { Err(format!("found {found}, expected {expect}")) }
        }
        Err(error) => Err(error.to_string()),
    }
}

fn scale(row: &Value) -> Checked {
    let protocol: Protocol = text(row, "protocol")?.parse().map_err(|error| format!("{error}"))?;
    let options = scale_options(&row["config"])?;
    let bytes = hex(&row["bytes_hex"])?;
    let is_stream = match row.get("kind").and_then(Value::as_str) {
        None => false,
        Some("stream") => true,
        Some(kind) => return Err(format!("no such kind: {kind}")),
    };
    let expect = if is_stream { row["expect_many"].clone() } else { json!([row["expect"]]) };
    for chunk_len in [bytes.len().max(1), 1, 3] {
        let mut decoder = protocol.decoder(&options);
        let mut found = Vec::new();
        for chunk in bytes.chunks(chunk_len) {
            decoder.push(chunk);
            found.extend(std::iter::from_fn(|| decoder.poll()));
        }
        if !is_stream {
            // Nothing more comes.
            decoder.idle();
            found.extend(std::iter::from_fn(|| decoder.poll()));
        }
        let found: Vec<Value> = found
            .into_iter()
            .map(|report| report.map_or_else(|error| json!({"error": error.code()}), |report| json!(report)))
            .collect();
        same(&json!(found), &expect).map_err(|why| format!("in chunks of {chunk_len}: {why}"))?;
    }
    Ok(())
}

fn scale_options(config: &Value) -> Result<Options, String> {
    let mut options = Options::default();
    let mut request = None;
    for (name, value) in config.as_object().into_iter().flatten() {
        let wrong = || format!("config {name} is {value}");
        match name.as_str() {
            "unit" => options.unit = Unit::parse(value.as_str().ok_or_else(wrong)?.as_bytes()),
            "mask_parity" => options.mask_parity = value.as_bool().ok_or_else(wrong)?,
            "checksum" => options.checksum = value.as_bool().ok_or_else(wrong)?,
            "decimals" => {
                let decimals = value.as_u64().and_then(|decimals| u8::try_from(decimals).ok());
                options.query.decimals = decimals.ok_or_else(wrong)?;
            }
            "map" => {
                let map = value.as_str().ok_or_else(wrong)?;
                let map: Map = map.parse().map_err(|error| format!("map: {error}"))?;
                options.query = Query { map, ..options.query };
            }
            "request_hex" => request = Some(hex(value)?),
            _ => return Err(format!("no such config: {name}")),
        }
    }
    if let Some(request) = request {
        options.query.address = *request.first().ok_or("request is empty")?;
        let ours = options.query.rtu_request();
        if ours != request {
            return Err(format!("we ask {ours:02x?}, the row's scale was asked {request:02x?}"));
        }
    }
    Ok(options)
}

fn scanner_framing(row: &Value) -> Checked {
    match text(row, "kind")? {
        "framing" => framing(row),
        "debounce" => debounce(row),
        kind => Err(format!("no such kind: {kind}")),
    }
}

fn framing(row: &Value) -> Checked {
    let config = &row["config"];
    let terminator = match (text(config, "prefix")?, text(config, "suffix")?) {
        ("", "0d") => Terminator::Cr,
        ("", "0a") => Terminator::Lf,
        ("", "0d0a") => Terminator::CrLf,
        ("", "any-cr-lf") => Terminator::AnyCrLf,
        ("", "09") => Terminator::Tab,
        ("02", "03") => Terminator::StxEtx,
        ("", "") => Terminator::None,
        other => return Err(format!("no such terminator: {other:?}")),
    };
    let code_page = match config["codepage"].as_str() {
        None | Some("utf-8") => CodePage::Utf8,
        Some("windows-1252") => CodePage::Windows1252,
        Some(page) => return Err(format!("no such code page: {page}")),
    };
    let len_max = config["max_len"].as_u64().map_or(Ok(FrameDecoder::LEN_MAX), usize::try_from);
    let idle_ms = config["idle_ms"].as_u64().ok_or("idle_ms")?;
    let mut decoder = FrameDecoder::new(terminator, idle_ms).with_len_max(len_max.map_err(|error| error.to_string())?);
    let mut found = Vec::new();
    for chunk in row["chunks"].as_array().ok_or("chunks")? {
        decoder.push(&hex(&chunk["hex"])?, chunk["t_ms"].as_u64().ok_or("t_ms")?);
        found.extend(std::iter::from_fn(|| decoder.poll()));
    }
    if let Some(deadline) = decoder.next_deadline() {
        decoder.poll_idle(deadline);
        found.extend(std::iter::from_fn(|| decoder.poll()));
    }
    let error = found.iter().find_map(|frame| frame.as_ref().err()).map(FrameError::code);
    same(&json!(error), row["error"].get("code").unwrap_or(&row["error"]))?;
    let frames: Vec<Vec<u8>> = found.into_iter().flatten().collect();
    if row["expect"].is_array() {
        let shown: Vec<String> = frames.iter().map(|frame| code_page.decode(frame)).collect();
        same(&json!(shown), &row["expect"])?;
    }
    if let Some(raw) = row["raw_hex"].as_array() {
        let raw: Vec<Vec<u8>> = raw.iter().map(hex).collect::<Result<_, _>>()?;
        if frames != raw {
            return Err(format!("raw frames are {frames:02x?}, expected {raw:02x?}"));
        }
    }
    match row["discarded"].as_array().map(Vec::len) {
        Some(count) if count > 0 => same(&json!(decoder.discarded()), &json!(count)),
        Some(_) | None => Ok(()),
    }
}

fn debounce(row: &Value) -> Checked {
    let mut debounce = Debounce::new(row["config"]["same_code_window_ms"].as_u64().ok_or("same_code_window_ms")?);
    if row["config"]["extend_on_repeat"].as_bool() == Some(true) {
        return Err("a window that repeats extend is not known".to_owned());
    }
    let mut accepted = Vec::new();
    for (index, event) in row["events"].as_array().ok_or("events")?.iter().enumerate() {
        let scan = Scan::from_frame(text(event, "data")?.as_bytes());
        if debounce.accept(&scan.code, event["t_ms"].as_u64().ok_or("t_ms")?) {
            accepted.push(index);
        }
    }
    same(&json!(accepted), &row["expect_accepted"])
}

fn sparkplug(row: &Value) -> Checked {
    let found = Publication::decode(text(row, "topic")?, &hex(&row["payload_hex"])?);
    outcome(row, found.as_ref().map(|told| json!(told)).map_err(|error| error.code()))
}

fn ssi(row: &Value) -> Checked {
    let found = Packet::parse(&hex(&row["bytes_hex"])?);
    outcome(row, found.as_ref().map(|packet| json!(packet)).map_err(|error| error.code()))
}
