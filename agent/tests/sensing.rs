//! Weights to movements, scored against what truly happened.
//!
//! Generated hours of bins always, a few of every kind with seeds that stay; `SEED=n` for others.
//! `SENSING=<folder> cargo test -p agent --test sensing -- --nocapture` also runs the program over every trace of that
//! folder, `NAME.csv` beside `NAME.json` with bin and truth, and prints the score of each kind and of all.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "test code")]
#![expect(clippy::print_stdout, reason = "the scores are what the test is run for")]

#[path = "sensing/score.rs"]
mod score;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use agent::{
    device::{Cause, Decimal, Mass, MassUnit, Weight},
    movement::weighing::{Load, READINGS, Tally, Told},
};
use score::{Act, Found, Score};
use serde_json::Value;
use sim::bin_trace::{Kind, Parts, Plan, Trace, What};

/// Hours of each kind, few enough for a build without optimisation.
const HOURS: u64 = 3;

const F1_MIN: f64 = 0.995;
const SPURIOUS_PER_HOUR_MAX: f64 = 0.02;
const DELAY_MEDIAN_MAX_MS: i64 = 4_000;

#[test]
fn generated_hours_of_every_kind_come_out_as_they_were() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_000);
    println!("SEED={seed}");
    let mut all = Score::default();
    for kind in Kind::ALL {
        let mut of_kind = Score::default();
        for hour in 0..HOURS {
            let parts = if hour % 2 == 0 { Parts::Drawn } else { Parts::Own };
            let plan = Plan { parts, ..Plan::drawn(kind, seed + hour) };
            let trace = Trace::of(&plan);
            let (found, _) = follow(&trace);
            of_kind += Score::of(&acts(&trace), &found, plan.hours);
        }
        println!("{:16} {of_kind}", kind.name());
        assert!(of_kind.f1() >= F1_MIN, "{}: {of_kind}", kind.name());
        all += of_kind;
    }
    println!("{:16} {all}", "all");
    assert!(all.spurious_per_hour() <= SPURIOUS_PER_HOUR_MAX && all.exact_finals == all.bins, "{all}");
    assert!(all.delay_ms(0.5) < DELAY_MEDIAN_MAX_MS, "{all}");
}

#[test]
fn whatever_is_no_act_is_flagged_when_it_happens() {
    for (kind, what) in [
        (Kind::Lifted, What::Lifted),
        (Kind::Lifted, What::Returned),
        (Kind::Foreign, What::Foreign),
        (Kind::Shifted, What::Shifted),
    ] {
        for seed in 2_000..2_000 + HOURS {
            let trace = Trace::of(&Plan::drawn(kind, seed));
            let (_, flagged) = follow(&trace);
            for act in trace.acts.iter().filter(|act| act.what == what) {
                let is_near = |at: Duration| at.as_millis().abs_diff(act.t_ms.into()) <= 5_000;
                let is_told = flagged.iter().any(|told| match (*told, what) {
                    (Told::Lifted { at }, What::Lifted)
                    | (Told::Returned { at }, What::Returned)
                    | (Told::Foreign { at, .. }, What::Foreign)
                    | (Told::ZeroShift { at, .. }, What::Shifted) => is_near(at),
                    _ => false,
                });
                assert!(is_told, "{} {seed}: {act:?} in {flagged:?}", kind.name());
            }
        }
    }
}

#[test]
fn a_slow_and_a_fast_scale_are_followed_as_well() {
    for (step_ms, delay_max_ms) in [(100, 1_000), (1_000, 5_000)] {
        let mut all = Score::default();
        for kind in [Kind::Pick, Kind::Hand, Kind::Lifted, Kind::Shifted, Kind::Foreign] {
            let plan = Plan { step_ms, hours: 0.5, ..Plan::drawn(kind, 3_000) };
            let trace = Trace::of(&plan);
            all += Score::of(&acts(&trace), &follow(&trace).0, plan.hours);
        }
        println!("every {step_ms} ms  {all}");
        assert!(all.f1() >= F1_MIN && all.delay_ms(0.5) < delay_max_ms, "every {step_ms} ms: {all}");
    }
}

#[test]
fn the_traces_of_a_folder_come_out_as_they_were() {
    let Some(folder) = std::env::var_os("SENSING").map(PathBuf::from) else {
        println!("skipped: SENSING names no folder of traces");
        return;
    };
    let mut traces: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("read {}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .collect();
    traces.sort();
    assert!(!traces.is_empty(), "no .csv in {}", folder.display());
    let (mut kinds, mut all) = (BTreeMap::<String, Score>::new(), Score::default());
    for csv in traces {
        let name = csv.file_stem().unwrap().to_string_lossy().into_owned();
        let score = replayed(&csv);
        let is_clean = score.missed + score.spurious == 0 && score.exact_finals == 1;
        assert!(score.delay_ms(0.5) < DELAY_MEDIAN_MAX_MS, "{name}: {score}");
        if !is_clean {
            println!("{name}: {score}");
        }
        let kind = name.split_once('-').map_or(name.as_str(), |(_, kind)| kind).to_owned();
        *kinds.entry(kind).or_default() += score.clone();
        all += score;
    }
    for (kind, score) in &kinds {
        println!("{kind:16} {score}");
    }
    println!("{:16} {all}", "all");
    assert!(all.f1() >= F1_MIN && all.spurious_per_hour() <= SPURIOUS_PER_HOUR_MAX, "{all}");
    assert_eq!(all.exact_finals, all.bins, "{all}");
}

/// What the program says about a trace.
fn replayed(csv: &Path) -> Score {
    let json = csv.with_extension("json");
    let described: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_binwire-agent"))
        .args(["replay", "--bin"])
        .args([&json, csv])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", csv.display(), String::from_utf8_lossy(&output.stderr));
    let number = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("{}: {value} is no number", csv.display()));
    let act = |value: &Value| Act { t_ms: number(&value["t_ms"]), pieces: number(&value["pieces"]) };
    let truth: Vec<Act> = described["truth"]["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| matches!(event["kind"].as_str(), Some("pick" | "put")))
        .map(act)
        .collect();
    let found: Vec<Found> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["flag"].is_null())
        .map(|line| Found { act: act(&line), reported_ms: number(&line["reported_ms"]) })
        .collect();
    Score::of(&truth, &found, 1.0)
}

/// What the agent makes of a trace: movements, and all else that was told.
fn follow(trace: &Trace) -> (Vec<Found>, Vec<Told>) {
    let bin = &trace.bin;
    let load = Load {
        tare: mass(bin.tare),
        piece: mass(bin.piece_weight),
        piece_cv: bin.piece_cv,
        sample_size: bin.sample_size,
    };
    let mut tally = Tally::new(load, READINGS);
    tally.anchor(bin.initial_count.into());
    let (mut found, mut flagged) = (Vec::new(), Vec::new());
    for reading in &trace.readings {
        let now = Duration::from_millis(reading.t_ms);
        let Some(gross) = reading.gross else {
            tally.handle_unknown(now, Cause::NotANumber);
            continue;
        };
        let shown = Decimal::new(mass(gross).micrograms() / 10_000, 2).unwrap();
        let weight = Weight::new(shown, MassUnit::Gram, Some(reading.stable)).unwrap();
        match tally.handle_weight(now, &Weight { division: mass(bin.division), ..weight }) {
            Some(Told::Moved { at, pieces, .. }) => {
                found.push(Found { act: Act { t_ms: millis(at), pieces }, reported_ms: millis(now) });
            }
            other => flagged.extend(other),
        }
    }
    (found, flagged)
}

fn acts(trace: &Trace) -> Vec<Act> {
    let millis = |t_ms| i64::try_from(t_ms).unwrap();
    trace
        .acts
        .iter()
        .filter(|act| act.pieces != 0)
        .map(|act| Act { t_ms: millis(act.t_ms), pieces: act.pieces })
        .collect()
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap()
}

#[expect(clippy::cast_possible_truncation, reason = "grams of a bin")]
fn mass(grams: f64) -> Mass {
    Mass::from_micrograms((grams * 1e6).round() as i64)
}
