//! How many bins one core of a gateway follows: a floor of scales, each reporting ten times a second, their readings
//! taken in turn as they would arrive. People pick, rest their hands, lift bins and shake benches meanwhile.
//!
//! `cargo bench -p agent --bench floor` (`-- BINS` for another floor)

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark speaks to a person")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use agent::{
    device::{Decimal, Mass, MassUnit, Weight},
    movement::weighing::{Load, READINGS, Tally},
};
use sim::bin_trace::{Kind, Plan, Trace};

const BINS: usize = 10_000;

/// Readings a second of one scale, and the goal that follows for a floor.
const PACE: u64 = 10;

const TURNS: usize = 5;

/// Seconds of the floor's life in a turn.
const SECONDS: u64 = 60;

/// Different bins that are read; each stands in many places of the floor.
const TRACES: u64 = 36;

/// A bin and its readings.
struct Recorded {
    load: Load,
    count: u64,
    readings: Vec<Option<Weight>>,
}

fn main() {
    let bins = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(BINS);
    let recorded: Vec<Recorded> = (0..TRACES).map(record).collect();
    let mut floor: Vec<(Tally, usize, usize)> = (0..bins)
        .map(|place| {
            let which = place % recorded.len();
            let mut tally = Tally::new(recorded[which].load, READINGS);
            tally.anchor(recorded[which].count);
            // Not all of them see the same thing at once.
            (tally, which, place * 7)
        })
        .collect();
    let (mut now, mut told, mut rates) = (Duration::ZERO, 0_u64, Vec::new());
    for _ in 0..TURNS {
        let begin = Instant::now();
        for _ in 0..SECONDS * PACE {
            now += Duration::from_millis(1_000 / PACE);
            for (tally, which, at) in &mut floor {
                let readings = &recorded[*which].readings;
                if let Some(weight) = &readings[*at % readings.len()] {
                    told += u64::from(black_box(tally.handle_weight(now, weight)).is_some());
                }
                *at += 1;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let readings = (SECONDS * PACE * bins as u64) as f64;
        rates.push(readings / begin.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    let rate = rates[TURNS / 2];
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let goal = (bins as u64 * PACE) as f64;
    println!("{bins} bins, {} bytes each, {told} things told in {} s of the floor", size_of::<Tally>(), now.as_secs());
    println!(
        "{rate:.0} readings/s on one core, median of {TURNS}: {:.1} ns each, {:.1} % of the core at {PACE} a second; goal {goal:.0} {}",
        1e9 / rate,
        100.0 * goal / rate,
        if rate >= goal { "met" } else { "MISSED" }
    );
}

/// Half an hour of a bin, read ten times a second.
fn record(seed: u64) -> Recorded {
    let kind = Kind::ALL[usize::try_from(seed).unwrap() % Kind::ALL.len()];
    let plan = Plan { step_ms: 1_000 / PACE, hours: 0.5, ..Plan::drawn(kind, seed) };
    let trace = Trace::of(&plan);
    let bin = &trace.bin;
    let load = Load {
        tare: mass(bin.tare),
        piece: mass(bin.piece_weight),
        piece_cv: bin.piece_cv,
        sample_size: bin.sample_size,
    };
    let weight = |grams: f64| {
        let shown = Decimal::new(mass(grams).micrograms() / 10_000, 2).unwrap();
        Weight { division: mass(bin.division), ..Weight::new(shown, MassUnit::Gram, None).unwrap() }
    };
    let readings = trace.readings.iter().map(|reading| reading.gross.map(weight)).collect();
    Recorded { load, count: bin.initial_count.into(), readings }
}

#[expect(clippy::cast_possible_truncation, reason = "grams of a bin")]
fn mass(grams: f64) -> Mass {
    Mass::from_micrograms((grams * 1e6).round() as i64)
}
