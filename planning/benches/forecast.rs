//! Time a series and origin, and memory held, for pools of items as a customer has them, beside simple references in the
//! same run: `cargo bench -p planning --bench forecast`.
//!
//! One thread; time is the processor's, so that a busy machine does not count. Memory is the process's peak resident set less what it was before the first forecast, histories included.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark talks to a person, and reads the clock"
)]

use std::{hint::black_box, time::Instant};

use planning::{
    choice::{self, Series},
    method::{Ask, Method},
};

const ASK: Ask = Ask { horizon: 6, interval: 2, season: 12 };

fn main() {
    println!("pool               items  periods   µs/series  MB");
    let before = peak_kilobytes();
    for (items, periods) in [(10_000, 60), (1_000, 60), (1_000, 150), (200, 60)] {
        let histories = histories(items, periods);
        let pool: Vec<Series<'_>> = histories.iter().map(|history| Series { history, events: &[] }).collect();
        let began = nanoseconds();
        let chosen = black_box(choice::forecast(&pool, ASK));
        let micros = (nanoseconds() - began) as f64 / 1e3 / items as f64;
        let megabytes = (peak_kilobytes() - before) as f64 / 1024.0;
        println!("choice             {items:>5}  {periods:>7}  {micros:>10.1}  {megabytes:.1}");
        drop(chosen);
        if items == 1_000 {
            let began = Instant::now();
            black_box(choice::forecast(&pool, ASK));
            let alone = began.elapsed();
            let began = Instant::now();
            // A pool is one customer's, and shares nothing with another's.
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| black_box(choice::forecast(&pool, ASK)));
                }
            });
            let times = 2.0 * alone.as_secs_f64() / began.elapsed().as_secs_f64();
            println!("two such pools at once on two cores: {times:.2} times the speed of one core");
        }
        for (name, method) in [("moving average", Method::MovingAverage(3)), ("IMAPA, one series", Method::Imapa)] {
            let began = nanoseconds();
            for history in &histories {
                black_box(method.forecast(history, ASK));
            }
            let micros = (nanoseconds() - began) as f64 / 1e3 / items as f64;
            println!("{name:<17}  {items:>5}  {periods:>7}  {micros:>10.1}");
        }
    }
}

/// Spare parts of many rates, from a fixed seed.
fn histories(items: usize, periods: usize) -> Vec<Vec<Option<f64>>> {
    let mut state = 1_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    (0..items)
        .map(|_| {
            let (often, size) = (1 + next() % 60, 1 + next() % 12);
            (0..periods).map(|_| Some(if next() % 100 < often { (1 + next() % size) as f64 } else { 0.0 })).collect()
        })
        .collect()
}

/// Peak resident set of this process, as Linux counts it.
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Time this process has had a processor.
fn nanoseconds() -> u64 {
    let spent = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    spent.split_whitespace().next().and_then(|field| field.parse().ok()).unwrap_or(0)
}
