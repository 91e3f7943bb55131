//! `bins`, `stations`, `scan`: what lies where, who stands where, and a scan without a scanner.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use gateway_proto::name::{DeviceName, ItemCode, PlaceName, Text};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ask::{AskArgs, read, tell},
    table::{Table, or_dash},
};
use crate::{
    floor::Look,
    movement::{counted::Counted, rules::State},
};

/// What `bins` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct BinsArgs {
    #[command(flatten)]
    ask: AskArgs,
}

/// What `stations` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct StationsArgs {
    #[command(flatten)]
    ask: AskArgs,
}

/// What `scan` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct ScanArgs {
    /// The station at which it is scanned.
    station: DeviceName,
    /// What the scanner would send: a code, a label, `BW:…`.
    code: String,
    /// An id of this scan: said again under the same id it is recorded once.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    ask: AskArgs,
}

/// A bin as the agent describes it.
#[derive(Debug, Deserialize)]
struct Bin {
    bin: PlaceName,
    item: Option<ItemCode>,
    held: Option<i64>,
    min: Option<u64>,
    max: Option<u64>,
    state: Option<State>,
    scale: Option<DeviceName>,
    counted: Option<Counted>,
    remedy: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Station {
    station: DeviceName,
    operator: Option<Text>,
    expecting: String,
}

/// Shows every bin.
pub(super) fn bins(args: &BinsArgs) -> anyhow::Result<ExitCode> {
    args.ask.look(&Look::Bins, bins_in_words)
}

/// Shows every station.
pub(super) fn stations(args: &StationsArgs) -> anyhow::Result<ExitCode> {
    args.ask.look(&Look::Stations, stations_in_words)
}

/// Scans. Exit status 1 when the scan is refused.
pub(super) fn scan(args: &ScanArgs) -> anyhow::Result<ExitCode> {
    args.ask.with_agent(async |agent| {
        let scan = json!({ "station": args.station, "code": args.code, "id": args.id });
        let heard: Value = agent.post("/v1/scan", &scan).await?;
        let text = heard["text"].as_str().unwrap_or_default();
        if args.ask.wants_json() {
            tell(&format!("{heard}\n"))?;
        }
        match heard["verdict"].as_str() {
            Some("accepted") if args.ask.wants_json() => {}
            Some("accepted") if heard["is_repetition"] == true => tell(&format!("known already: {text}\n"))?,
            Some("accepted") => tell(&format!("{text}\n"))?,
            _ => bail!("{text}"),
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn bins_in_words(answer: &Value) -> anyhow::Result<String> {
    let bins: Vec<Bin> = read(answer)?;
    if bins.is_empty() {
        return Ok("there are no bins; try: binwire-agent import bins bins.csv\n".to_owned());
    }
    let mut table = Table::new(&["bin", "item", ">books", ">weighed", ">95 of 100", ">sure", ">min", ">max", "state"]);
    for bin in &bins {
        let weighed = match (&bin.scale, &bin.counted) {
            (Some(_), Some(counted)) => counted.pieces.to_string(),
            (Some(_), None) => "unknown".to_owned(),
            (None, _) => "-".to_owned(),
        };
        table.row([
            bin.bin.to_string(),
            or_dash(bin.item.as_ref()),
            or_dash(bin.held),
            weighed,
            bin.counted.map_or_else(String::new, interval),
            bin.counted.map_or_else(String::new, |counted| percent(counted.sure)),
            or_dash(bin.min),
            or_dash(bin.max),
            bin.state.map_or("-", State::word).to_owned(),
        ]);
    }
    let mut text = table.to_string();
    let remedies = bins.iter().filter_map(|bin| Some((&bin.bin, bin.remedy.as_ref()?)));
    let remedies: Vec<String> = remedies.map(|(bin, remedy)| format!("  {bin}: {remedy}\n")).collect();
    if !remedies.is_empty() {
        text.push_str("\nproblems:\n");
        text.extend(remedies);
    }
    Ok(text)
}

fn stations_in_words(answer: &Value) -> anyhow::Result<String> {
    let stations: Vec<Station> = read(answer)?;
    if stations.is_empty() {
        return Ok("the site's file has no [[station]]\n".to_owned());
    }
    let mut table = Table::new(&["station", "operator", "expects"]);
    for station in stations {
        table.row([station.station.to_string(), or_dash(station.operator), station.expecting]);
    }
    Ok(table.to_string())
}

fn interval(counted: Counted) -> String {
    let Counted { low, high, .. } = counted;
    if counted.is_exact() { low.to_string() } else { format!("{low} to {high}") }
}

/// Never more than is so: 99.96 % is not all.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a hundred")]
fn percent(share: f64) -> String {
    format!("{} %", (share.clamp(0.0, 1.0) * 100.0).floor() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_shows_books_weight_and_how_sure_and_what_to_do() {
        let answer = json!([
            { "bin": "A-01", "item": "M8-BOLT", "held": 40, "min": 10, "max": 200, "state": "fine", "scale": "scale-1",
              "counted": { "pieces": 40, "low": 40, "high": 40, "sure": 0.9996 }, "remedy": null },
            { "bin": "A-02", "item": "WASHER", "held": 1200, "min": null, "max": null, "state": null, "scale": "scale-2",
              "counted": { "pieces": 1198, "low": 1195, "high": 1201, "sure": 0.41 }, "remedy": null },
            { "bin": "A-03", "item": "NUT", "held": null, "min": 5, "max": 50, "state": "unknown", "scale": "scale-3",
              "counted": null, "remedy": "scale does not answer; check its power and cable" },
            { "bin": "B-01", "item": "SEAL", "held": -2, "min": 1, "max": null, "state": "negative" },
            { "bin": "C-01", "scale": "scale-4", "shows": "0 g", "remedy": "there is no bin C-01 yet; import it with bins.csv" },
        ]);
        assert_eq!(
            bins_in_words(&answer).unwrap(),
            "bin   item     books  weighed     95 of 100  sure  min  max  state\n\
             A-01  M8-BOLT     40       40            40  99 %   10  200  fine\n\
             A-02  WASHER    1200     1198  1195 to 1201  41 %    -    -  -\n\
             A-03  NUT          -  unknown                        5   50  unknown\n\
             B-01  SEAL        -2        -                        1    -  negative\n\
             C-01  -            -  unknown                        -    -  -\n\
             \nproblems:\n\
             \x20 A-03: scale does not answer; check its power and cable\n\
             \x20 C-01: there is no bin C-01 yet; import it with bins.csv\n"
        );
        assert!(bins_in_words(&json!([])).unwrap().contains("import bins"));
    }

    #[test]
    fn a_station_says_what_it_waits_for() {
        let answer = json!([
            { "station": "goods-in", "operator": null, "expecting": "scan your badge" },
            { "station": "rack-1", "operator": "Ann", "expecting": "scan a part" },
        ]);
        assert_eq!(
            stations_in_words(&answer).unwrap(),
            "station   operator  expects\n\
             goods-in  -         scan your badge\n\
             rack-1    Ann       scan a part\n"
        );
    }
}
