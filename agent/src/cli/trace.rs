//! `replay --bin NAME.json NAME.csv`: an hour of one bin's weights read as the agent reads them, as JSON lines.
//!
//! Owns the two files' form. The JSON says what the bin is; the CSV has a row per reading.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    device::{Cause, Decimal, Mass, MassUnit, Weight},
    movement::weighing::{Load, READINGS, Tally, Told},
};

/// A column that must be there, and one that may.
const TIME: &str = "t_ms";
const GROSS: &str = "gross";
const STABLE: &str = "stable";

/// Plays a trace.
///
/// # Errors
/// Says which file, and in which line, is not as it must be.
pub(super) fn run(bin: &Path, csv: &Path) -> anyhow::Result<ExitCode> {
    let described = fs::read_to_string(bin).with_context(|| format!("read bin {}", bin.display()))?;
    let trace = fs::read_to_string(csv).with_context(|| format!("read trace {}", csv.display()))?;
    let bin = TraceBin::parse(&described).with_context(|| format!("read bin {}", bin.display()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    let played = play(&bin, &trace, &mut out).with_context(|| format!("read trace {}", csv.display()));
    match out.flush().err().or_else(|| as_io(played.as_ref().err())) {
        // The reader has seen enough.
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Some(error) => Err(error).context("write standard output"),
        None => played.map(|()| ExitCode::SUCCESS),
    }
}

fn as_io(error: Option<&anyhow::Error>) -> Option<io::Error> {
    error.and_then(|error| error.downcast_ref::<io::Error>()).map(|error| error.kind().into())
}

/// The bin of a trace.
#[derive(Debug, Clone)]
struct TraceBin {
    load: Load,
    unit: MassUnit,
    /// One step of the scale; the CSV's digits may be finer.
    division: Option<Mass>,
    initial_count: Option<u64>,
}

#[derive(Deserialize)]
struct Described {
    bin: DescribedBin,
}

/// Numbers as they stand in the text, so that none goes through a float.
#[derive(Deserialize)]
struct DescribedBin {
    tare: Box<RawValue>,
    piece_weight: Box<RawValue>,
    sample_size: u32,
    piece_cv: f64,
    #[serde(default)]
    division: Option<Box<RawValue>>,
    unit: String,
    #[serde(default)]
    initial_count: Option<u64>,
}

impl TraceBin {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let Described { bin } = serde_json::from_str(text)?;
        let unit = MassUnit::parse(&bin.unit)
            .with_context(|| format!("unit {:?} is no unit of mass; write mg, g, kg, t, lb or oz", bin.unit))?;
        let mass = |key: &str, raw: &RawValue| -> anyhow::Result<Mass> {
            let shown = Decimal::parse_scientific(raw.get()).with_context(|| format!("{key} is {raw}"))?;
            Mass::of(shown, unit).with_context(|| format!("{key} is {raw}, more than any scale weighs"))
        };
        let load = Load {
            tare: mass("tare", &bin.tare)?,
            piece: mass("piece_weight", &bin.piece_weight)?,
            piece_cv: bin.piece_cv,
            sample_size: bin.sample_size,
        };
        ensure!(load.piece > Mass::ZERO, "piece_weight is {}; a piece weighs more than nothing", bin.piece_weight);
        ensure!(
            (0.0..=1.0).contains(&load.piece_cv),
            "piece_cv is {}; it is a share of the piece weight, 0 to 1",
            load.piece_cv
        );
        let division = bin.division.map(|division| mass("division", &division)).transpose()?;
        ensure!(division.is_none_or(|division| division > Mass::ZERO), "division must be above 0");
        Ok(Self { load, unit, division, initial_count: bin.initial_count })
    }
}

/// Where the columns stand.
#[derive(Debug, Clone, Copy)]
struct Columns {
    time: usize,
    gross: usize,
    stable: Option<usize>,
}

impl Columns {
    fn parse(header: &str) -> anyhow::Result<Self> {
        let find = |name: &str| cells(header).position(|cell| cell.eq_ignore_ascii_case(name));
        let need = |name: &str| {
            find(name).with_context(|| format!("line 1: no column {name}; the first line names the columns"))
        };
        Ok(Self { time: need(TIME)?, gross: need(GROSS)?, stable: find(STABLE) })
    }
}

/// A row of the trace.
struct Row {
    at: Duration,
    weight: Option<Weight>,
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"').trim())
}

impl Row {
    fn parse(line: &str, columns: Columns, bin: &TraceBin) -> anyhow::Result<Self> {
        let cell = |index: usize| cells(line).nth(index);
        let time = cell(columns.time).unwrap_or_default();
        let at = Decimal::parse_scientific(time).ok().and_then(milliseconds);
        let at = at.with_context(|| format!("{TIME} is {time:?}; it must be milliseconds from 0 on"))?;
        let stable = columns.stable.and_then(cell).and_then(|flag| match flag {
            "1" => Some(true),
            "0" => Some(false),
            flag if flag.eq_ignore_ascii_case("true") => Some(true),
            flag if flag.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        });
        // Anything else is what a scale says when it cannot weigh.
        let shown = cell(columns.gross).and_then(|gross| Decimal::parse_scientific(gross).ok());
        let weight = shown.and_then(|shown| Weight::new(shown, bin.unit, stable));
        let weight = weight.map(|weight| Weight { division: bin.division.unwrap_or(weight.division), ..weight });
        Ok(Self { at, weight })
    }
}

fn milliseconds(time: Decimal) -> Option<Duration> {
    let scale = 10_i64.pow(u32::from(time.fraction()));
    u64::try_from(time.mantissa() / scale).ok().filter(|_| time.mantissa() >= 0).map(Duration::from_millis)
}

fn play(bin: &TraceBin, trace: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let mut lines = trace.strip_prefix('\u{feff}').unwrap_or(trace).lines().enumerate();
    let Some((_, header)) = lines.next() else {
        bail!("empty; its first line must name the columns {TIME},{GROSS},{STABLE}")
    };
    let columns = Columns::parse(header)?;
    let mut tally = Tally::new(bin.load, READINGS);
    if let Some(pieces) = bin.initial_count {
        tally.anchor(pieces);
    }
    let mut before = Duration::ZERO;
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let row = Row::parse(line, columns, bin).with_context(|| format!("line {}", index + 1))?;
        ensure!(
            row.at >= before,
            "line {}: {TIME} goes back, from {} to {}",
            index + 1,
            before.as_millis(),
            row.at.as_millis()
        );
        before = row.at;
        let told = if let Some(weight) = row.weight {
            tally.handle_weight(row.at, &weight)
        } else {
            tally.handle_unknown(row.at, Cause::NotANumber);
            None
        };
        if let Some(told) = told {
            tell(told, row.at, bin, out)?;
        }
    }
    Ok(())
}

/// One line, if it is news to a reader of movements.
fn tell(told: Told, now: Duration, bin: &TraceBin, out: &mut impl Write) -> io::Result<()> {
    let nearest = |mass: Mass| crate::movement::pieces::count(mass, bin.load.piece).unwrap_or(0);
    let (at, pieces, flag) = match told {
        Told::Level(_) => return Ok(()),
        Told::Moved { at, pieces, .. } => (at, pieces, None),
        Told::Foreign { at, nearest, .. } => (at, nearest, Some("foreign")),
        Told::Lifted { at } => (at, 0, Some("lifted")),
        Told::Returned { at } => (at, 0, Some("returned")),
        Told::ZeroShift { at, by } => (at, nearest(by), Some("zero-shift")),
    };
    let mut line = json!({"t_ms": ms(at), "pieces": pieces, "reported_ms": ms(now)});
    if let Some(flag) = flag {
        line["flag"] = json!(flag);
    }
    writeln!(out, "{line}")
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIN: &str = r#"{"bin": {"tare": 210, "piece_weight": 8.00, "sample_size": 50, "piece_cv": 0.005,
        "division": 0.5, "unit": "g", "initial_count": 10}, "truth": {"events": [], "final_count": 10}}"#;

    fn bin() -> TraceBin {
        TraceBin::parse(BIN).unwrap()
    }

    fn played(trace: &str) -> anyhow::Result<String> {
        let mut out = Vec::new();
        play(&bin(), trace, &mut out)?;
        Ok(String::from_utf8(out)?)
    }

    /// Rows at rest with so many grams, four a second.
    fn rest(from_ms: u64, grams: &str) -> String {
        (0..40).map(|i| format!("{},{grams},1\n", from_ms + i * 250)).collect()
    }

    #[test]
    fn a_pick_is_one_line_and_a_quiet_bin_is_none() {
        assert_eq!(played(&format!("t_ms,gross,stable\n{}", rest(0, "290.0"))).unwrap(), "");
        let picked = format!("t_ms,gross,stable\n{}{}", rest(0, "290.0"), rest(10_000, "274.0"));
        let line: serde_json::Value = serde_json::from_str(&played(&picked).unwrap()).unwrap();
        assert_eq!((&line["t_ms"], &line["pieces"], line.get("flag")), (&json!(10_000), &json!(-2), None));
        assert!(line["reported_ms"].as_u64().is_some_and(|at| (10_500..14_000).contains(&at)), "{line}");
    }

    #[test]
    fn what_is_no_movement_carries_a_word() {
        let lifted = format!("t_ms,gross,stable\n{}{}{}", rest(0, "290"), rest(10_000, "0"), rest(20_000, "290"));
        let words: Vec<String> = played(&lifted)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["flag"].to_string())
            .collect();
        assert_eq!(words, [r#""lifted""#, r#""returned""#]);
    }

    #[test]
    fn columns_stand_in_any_order_and_what_is_no_number_is_no_reading() {
        let rows: String = (0..40)
            .map(|i| {
                let gross = ["290.0", "", "nan", " 290.0 ", "\"290.0\""][usize::from(i % 8 == 7) * (i / 8 % 5)];
                format!("x,{gross},{}\r\n", i * 250)
            })
            .collect();
        assert_eq!(played(&format!("\u{feff}note,Gross,T_MS\r\n{rows}\r\n")).unwrap(), "");
    }

    #[test]
    fn a_trace_that_is_none_says_where_and_what() {
        for (trace, said) in [
            ("", "its first line must name the columns"),
            ("a,b\n", "line 1: no column t_ms"),
            ("t_ms,weight\n", "line 1: no column gross"),
            ("t_ms,gross\n0,1\nsoon,2\n", "line 3: t_ms is \"soon\""),
            ("t_ms,gross\n0,1\n-5,2\n", "line 3: t_ms is \"-5\""),
            ("t_ms,gross\n500,1\n\n250,2\n", "line 4: t_ms goes back, from 500 to 250"),
        ] {
            let error = format!("{:#}", played(trace).unwrap_err());
            assert!(error.contains(said), "{trace:?}: {error}");
        }
    }

    #[test]
    fn a_bin_that_is_none_says_what() {
        for (from, to, said) in [
            ("8.00", "0", "piece_weight is 0"),
            ("8.00", "\"8\"", "piece_weight is \"8\""),
            ("\"g\"", "\"pcs\"", "unit \"pcs\" is no unit of mass"),
            ("0.005", "1.5", "piece_cv is 1.5"),
            ("210", "1e40", "tare is 1e40"),
            ("\"tare\"", "\"tara\"", "missing field `tare`"),
        ] {
            let error = format!("{:#}", TraceBin::parse(&BIN.replace(from, to)).unwrap_err());
            assert!(error.contains(said), "{said}: {error}");
        }
    }

    #[test]
    fn masses_are_read_exactly_in_their_unit() {
        let bin = TraceBin::parse(&BIN.replace("\"g\"", "\"lb\"").replace("8.00", "0.1")).unwrap();
        assert_eq!(bin.load.piece, Mass::from_micrograms(45_359_237));
    }
}
