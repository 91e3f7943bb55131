//! Why a forecast is what it is, in one line for a planner.

use std::fmt::Write as _;

use super::{
    component::COUNT,
    lane::{Base, RATES},
    learning::Learned,
    rival::Rival,
};

/// Weights below this are not worth a word.
const WORTH: f64 = 0.05;

/// Pattern, evidence, and what was weighed how.
pub(super) fn of(learned: &Learned, base: &Base, rival: Option<&Rival>, factors: &[f64]) -> String {
    let recent = base.values.iter().rev().take_while(|value| value.is_nan() || **value <= 0.0).count();
    let mut text = format!("{}, {} demands in {} known periods", pattern(base), base.demands, base.known);
    if base.demands == 0 {
        let cause = if base.known == 0 { "nothing is known" } else { "none yet" };
        let _ = write!(
            text,
            ": refused ({cause}); the rate of the pool, doubted with each period without demand, stands in"
        );
        return text;
    }
    if base.demands == 1 {
        text.push_str(": too few to weigh methods by its own past; weights of the pool");
    }
    if recent > 2 {
        let _ = write!(text, ", none for {recent}");
    }
    let means: Vec<(String, f64)> =
        RATES.iter().zip(learned.mean_weights).map(|(rate, weight)| (smoothing(*rate), weight)).collect();
    text.push_str(": level ");
    list(&mut text, &means);
    let mut spread = [0.0; 3];
    for (k, weight) in learned.period.weights.iter().enumerate() {
        spread[k.saturating_sub(RATES.len() - 1).min(2)] += weight;
    }
    const { assert!(COUNT == RATES.len() + 2) };
    text.push_str("; spread ");
    let names = ["empirical", "negative binomial", "hurdle"];
    list(&mut text, &names.iter().zip(spread).map(|(name, weight)| ((*name).to_owned(), weight)).collect::<Vec<_>>());
    if let Some(Rival { name, share, loss, origins, .. }) = rival {
        let _ = write!(
            text,
            "; beside it its own {name} {share:.2}, which at {origins} past origins lost {loss:.2} of that"
        );
    }
    if let Some((ahead, factor)) = factors.iter().enumerate().find(|(_, factor)| (**factor - 1.0).abs() > 0.02) {
        let _ = write!(text, "; known events or season, ×{factor:.2} in period {}", ahead + 1);
    }
    text
}

fn smoothing(rate: f64) -> String {
    if rate == 0.0 { "mean of all".to_owned() } else { format!("smoothing {rate}") }
}

fn list(text: &mut String, weights: &[(String, f64)]) {
    let mut first = true;
    for (name, weight) in weights.iter().filter(|(_, weight)| *weight >= WORTH) {
        let _ = write!(text, "{}{name} {weight:.2}", if first { "" } else { ", " });
        first = false;
    }
}

/// Syntetos, Boylan & Croston (2005): mean interval 1.32 and squared coefficient of variation 0.49 part four patterns.
fn pattern(base: &Base) -> &'static str {
    if base.demands == 0 {
        return "no demand";
    }
    let interval = base.known as f64 / base.demands as f64;
    let squares: f64 = base.values.iter().filter(|value| **value > 0.0).map(|value| (value - base.size).powi(2)).sum();
    let varied = squares / base.demands as f64 / (base.size * base.size) >= 0.49;
    match (interval >= 1.32, varied) {
        (false, false) => "smooth",
        (false, true) => "erratic",
        (true, false) => "intermittent",
        (true, true) => "lumpy",
    }
}
