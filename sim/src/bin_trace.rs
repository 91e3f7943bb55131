//! An hour of a bin on a load cell, with what truly happened: the weights a scale reports while people pick, refill,
//! rest their hands, shake the bench, lift the bin and leave things in it.
//!
//! Owns the causes and their sizes; the same plan and seed give the same hour. A trace is the two files that a recorder
//! of real bins writes: what the bin is with the truth as JSON, and a row per reading as CSV. Must not know how anyone
//! counts.
//!
//! [`plan`] which bin, which causes, how often · [`world`] what lies on the load cell from reading to reading ·
//! [`load_cell`] what it makes of it

mod load_cell;
pub mod plan;
mod world;

use std::fmt::Write as _;

pub use plan::{Kind, Parts, Plan};

/// A bin as the one who counts it knows it. Masses in grams.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    pub tare: f64,
    /// What the reference sample said; the pieces themselves are a little lighter or heavier.
    pub piece_weight: f64,
    pub sample_size: u32,
    pub piece_cv: f64,
    pub division: f64,
    pub initial_count: u32,
}

/// What a scale reported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub t_ms: u64,
    /// Grams; `None` when it could not say.
    pub gross: Option<f64>,
    /// Its own flag, as unreliable as such flags are.
    pub stable: bool,
}

/// What truly happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// When the weight had its new value.
    pub t_ms: u64,
    pub what: What,
    /// Taken out (negative) or put in.
    pub pieces: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Pick,
    Put,
    Foreign,
    Lifted,
    Returned,
    Shifted,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Pick => "pick",
            Self::Put => "put",
            Self::Foreign => "foreign",
            Self::Lifted => "lifted",
            Self::Returned => "returned",
            Self::Shifted => "shifted",
        }
    }
}

/// A bin-hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    pub bin: Bin,
    pub readings: Vec<Reading>,
    pub acts: Vec<Act>,
    pub final_count: u64,
}

impl Trace {
    /// What happens under `plan`.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        world::play(plan)
    }

    /// A row per reading: `t_ms,gross,stable`. A reading that could not say has no gross.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = "t_ms,gross,stable\n".to_owned();
        let digits = self.digits();
        for Reading { t_ms, gross, stable } in &self.readings {
            let gross = gross.map_or_else(String::new, |gross| format!("{gross:.digits$}"));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{t_ms},{gross},{}", u8::from(*stable));
        }
        text
    }

    /// The bin and the truth.
    #[must_use]
    pub fn json(&self) -> String {
        let Bin { tare, piece_weight, sample_size, piece_cv, division, initial_count } = &self.bin;
        let acts: Vec<String> = self
            .acts
            .iter()
            .map(|Act { t_ms, what, pieces }| {
                format!(r#"{{"t_ms": {t_ms}, "kind": "{}", "pieces": {pieces}}}"#, what.name())
            })
            .collect();
        format!(
            r#"{{"bin": {{"tare": {tare:.1}, "piece_weight": {piece_weight:.5}, "sample_size": {sample_size}, "piece_cv": {piece_cv}, "division": {division}, "unit": "g", "initial_count": {initial_count}}}, "truth": {{"events": [{}], "final_count": {}}}}}"#,
            acts.join(", "),
            self.final_count
        )
    }

    /// Digits after the point that a display of this division has: one at least.
    #[must_use]
    pub fn digits(&self) -> usize {
        if self.bin.division >= 0.1 { 1 } else { 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_plan_gives_the_same_hour() {
        let plan = Plan::drawn(Kind::Mixed, 3);
        assert_eq!(Trace::of(&plan), Trace::of(&plan));
        assert_ne!(Trace::of(&plan).readings, Trace::of(&Plan::drawn(Kind::Mixed, 4)).readings);
    }

    #[test]
    fn the_acts_lead_from_the_first_count_to_the_last() {
        for kind in Kind::ALL {
            let trace = Trace::of(&Plan::drawn(kind, 5));
            let acts = trace.acts.iter().map(|act| act.pieces).sum::<i64>();
            let last = i64::from(trace.bin.initial_count) + acts;
            assert_eq!(u64::try_from(last), Ok(trace.final_count), "{}", kind.name());
            assert!(trace.readings.iter().any(|reading| reading.gross.is_some()), "{}", kind.name());
        }
    }

    #[test]
    fn a_quiet_bin_weighs_what_lies_in_it() {
        let trace = Trace::of(&Plan::drawn(Kind::Quiet, 6));
        let Bin { tare, piece_weight, initial_count, .. } = trace.bin;
        let mut grams: Vec<f64> = trace.readings.iter().filter_map(|reading| reading.gross).collect();
        grams.sort_by(f64::total_cmp);
        let pieces = (grams[grams.len() / 2] - tare) / piece_weight;
        assert!((pieces - f64::from(initial_count)).abs() < 2.0, "{pieces} of {initial_count}");
    }

    #[test]
    fn a_trace_is_written_as_rows_and_a_description() {
        let plan = Plan { hours: 0.05, ..Plan::drawn(Kind::Pick, 7) };
        let trace = Trace::of(&plan);
        let csv = trace.csv();
        assert!(csv.starts_with("t_ms,gross,stable\n0,"), "{}", &csv[..40]);
        assert_eq!(csv.lines().count(), trace.readings.len() + 1);
        let json = trace.json();
        assert!(json.starts_with(r#"{"bin": {"tare": "#) && json.ends_with("}}"), "{json}");
    }
}
