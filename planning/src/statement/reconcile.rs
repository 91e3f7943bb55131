//! Many views of a bucket become one, by a stated rule.
//!
//! - priority: the first kind in the list that has an opinion wins; of two sources of one kind, the more accurate in the
//!   past, then the lower id.
//! - weighted: the mean of all opinions, each weighted by 1 / (past error + 5 %); Bates & Granger (1969) without the
//!   correlations, which short records cannot carry. A source without a record gets the least weight of those that have one.
//! - maximum: the largest; of two that are equal, the first by kind, then by id. Availability before excess.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::source::{Source, SourceKind};
use crate::demand::Bucket;

/// Added to a past error before it divides: no record is long enough to be believed to be perfect.
const ERROR_FLOOR: f64 = 0.05;

/// Sources of one statement. More is a mistake in a loop, not a meeting.
const SOURCES_MAX: usize = 64;

/// How opinions become one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Kinds in the order in which they are believed; a kind that is not named is not heard.
    Priority(Vec<SourceKind>),
    Weighted,
    Maximum,
}

/// One bucket of the statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    pub bucket: Bucket,
    /// The demand: the sum of what the shares bring, in their order.
    pub demand: f64,
    /// The source that won; under the weighted rule the one with the largest weight.
    pub winner: String,
    /// Why, in a sentence.
    pub why: String,
    /// Every source that named this bucket, by kind, then id.
    pub shares: Vec<Share>,
}

/// What one source said of a bucket and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub source: String,
    pub kind: SourceKind,
    pub author: String,
    pub said: f64,
    /// 0 to 1; they sum to 1.
    pub weight: f64,
    /// `said` by `weight`.
    pub brings: f64,
}

/// Why there is no statement.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StatementError {
    #[error("two sources are called {0}; give each its own name")]
    Twice(String),
    #[error("source {id} says {said} for {bucket}; a demand is a number from 0 on")]
    NoDemand { id: String, bucket: Bucket, said: f64 },
    #[error("source {id} has a past error of {wape}; it is a fraction from 0 on")]
    NoError { id: String, wape: f64 },
    #[error("{0} sources, at most {SOURCES_MAX} are reconciled")]
    TooMany(usize),
}

/// One demand for every bucket that any heard source names, in order of time.
///
/// # Errors
/// [`StatementError`] where a source breaks a rule.
pub fn reconcile(sources: &[Source], rule: &Rule) -> Result<Vec<Stated>, StatementError> {
    check(sources)?;
    let mut ordered: Vec<&Source> = sources.iter().filter(|source| rule.hears(source.kind)).collect();
    ordered.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    let mut opinions: BTreeMap<Bucket, Vec<(&Source, f64)>> = BTreeMap::new();
    for source in ordered {
        for (&bucket, &said) in &source.lines {
            opinions.entry(bucket).or_default().push((source, said));
        }
    }
    Ok(opinions.into_iter().map(|(bucket, said)| one(bucket, &said, rule)).collect())
}

fn check(sources: &[Source]) -> Result<(), StatementError> {
    if sources.len() > SOURCES_MAX {
        return Err(StatementError::TooMany(sources.len()));
    }
    let mut ids = BTreeSet::new();
    for source in sources {
        if !ids.insert(&source.id) {
            return Err(StatementError::Twice(source.id.clone()));
        }
        if let Some(wape) = source.wape.filter(|wape| !wape.is_finite() || *wape < 0.0) {
            return Err(StatementError::NoError { id: source.id.clone(), wape });
        }
        for (&bucket, &said) in &source.lines {
            if !said.is_finite() || said < 0.0 {
                return Err(StatementError::NoDemand { id: source.id.clone(), bucket, said });
            }
        }
    }
    Ok(())
}

fn one(bucket: Bucket, said: &[(&Source, f64)], rule: &Rule) -> Stated {
    let (winner, weights, why) = match rule {
        Rule::Priority(order) => by_priority(said, order),
        Rule::Weighted => by_weight(said),
        Rule::Maximum => by_maximum(said),
    };
    let shares: Vec<Share> = said
        .iter()
        .zip(weights)
        .map(|(&(source, said), weight)| Share {
            source: source.id.clone(),
            kind: source.kind,
            author: source.author.clone(),
            said,
            weight,
            brings: said * weight,
        })
        .collect();
    Stated {
        bucket,
        demand: shares.iter().map(|share| share.brings).sum(),
        winner: said[winner].0.id.clone(),
        why,
        shares,
    }
}

type Won = (usize, Vec<f64>, String);

fn all_to(winner: usize, of: usize) -> Vec<f64> {
    (0..of).map(|at| if at == winner { 1.0 } else { 0.0 }).collect()
}

fn by_priority(said: &[(&Source, f64)], order: &[SourceKind]) -> Won {
    let place = |kind| order.iter().position(|wanted| *wanted == kind).unwrap_or(order.len());
    let key = |&at: &usize| (place(said[at].0.kind), at);
    let first = (0..said.len()).min_by_key(key).unwrap_or(0);
    let kind = said[first].0.kind;
    let error = |at: usize| said[at].0.wape.unwrap_or(f64::INFINITY);
    let same: Vec<usize> = (0..said.len()).filter(|&at| said[at].0.kind == kind).collect();
    let winner = same.iter().copied().min_by(|&a, &b| error(a).total_cmp(&error(b)).then(a.cmp(&b))).unwrap_or(first);
    let mut why = format!("{kind} comes first of {}", names(said));
    if same.len() > 1 {
        why = format!(
            "{why}; {} of {} {kind} sources: least error in the past, then name",
            said[winner].0.id,
            same.len()
        );
    }
    (winner, all_to(winner, said.len()), why)
}

fn by_weight(said: &[(&Source, f64)]) -> Won {
    let weight = |source: &Source| source.wape.map(|wape| 1.0 / (wape + ERROR_FLOOR));
    let least = said.iter().filter_map(|(source, _)| weight(source)).reduce(f64::min).unwrap_or(1.0);
    let raw: Vec<f64> = said.iter().map(|(source, _)| weight(source).unwrap_or(least)).collect();
    let sum: f64 = raw.iter().sum();
    let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
    let mut winner = 0;
    for (at, weight) in weights.iter().enumerate() {
        if *weight > weights[winner] {
            winner = at;
        }
    }
    let parts: Vec<String> = said
        .iter()
        .zip(&weights)
        .map(|((source, _), weight)| match source.wape {
            Some(wape) => format!("{} {:.2} (past error {:.0} %)", source.id, weight, wape * 100.0),
            None => format!("{} {weight:.2} (no record)", source.id),
        })
        .collect();
    (winner, weights, format!("weighted by past accuracy: {}", parts.join(", ")))
}

fn by_maximum(said: &[(&Source, f64)]) -> Won {
    let mut winner = 0;
    for (at, (_, amount)) in said.iter().enumerate() {
        if *amount > said[winner].1 {
            winner = at;
        }
    }
    (winner, all_to(winner, said.len()), format!("{} says most of {}", said[winner].0.id, names(said)))
}

fn names(said: &[(&Source, f64)]) -> String {
    let names: Vec<String> = said.iter().map(|(source, amount)| format!("{} {amount:.1}", source.id)).collect();
    names.join(", ")
}

impl Rule {
    /// Customers' contracts and plans before anybody's guess; then who stands nearest to the market.
    #[must_use]
    pub fn usual() -> Self {
        Self::Priority(vec![
            SourceKind::Contract,
            SourceKind::CustomerPlan,
            SourceKind::Sales,
            SourceKind::Vendor,
            SourceKind::Statistical,
        ])
    }

    fn hears(&self, kind: SourceKind) -> bool {
        match self {
            Self::Priority(order) => order.contains(&kind),
            Self::Weighted | Self::Maximum => true,
        }
    }
}
