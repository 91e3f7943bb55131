//! What each row needs: its series' outlook over its own interval; and the same by a plain average, for what-if.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use anyhow::{bail, ensure};
use jiff::civil::Date;
use planning::{
    probability::Law,
    replenish::{
        calendar::after,
        item::Item,
        need::{Interval, Need},
    },
    scenario::Methods,
};

use super::Asked;
use crate::{
    history::{self, Axis, Faults, History, Pool, Reading},
    outlook::{Ahead, Foreseen, Outlook, Said, Span, Subject, outlook},
    restock::{self, BUCKETS_MAX, days, expected},
    terms::{Spoken, item::ItemRow, site::SiteFile},
};

/// Buckets that the plain average is taken over.
const AVERAGE_BUCKETS: usize = 12;

/// The name of the plain average in a scenario.
const AVERAGE: &str = "average";

/// Items ready for a plan.
pub(super) struct Needs {
    pub(super) today: Date,
    pub(super) items: Vec<Arc<Item>>,
    pub(super) methods: Methods,
}

/// Where a row's series is.
type Place = (usize, usize);

pub(super) fn needs(
    asked: &Asked,
    horizon_days: usize,
    rows: &[ItemRow],
    (site, spoken): (&SiteFile, &Spoken),
    faults: &mut Faults,
) -> anyhow::Result<Needs> {
    let history = if rows.iter().all(|row| row.per_day().is_some()) {
        History::default()
    } else {
        history::read(&asked.data, &Reading { size: asked.bucket, through: None })?
    };
    faults.take(&history.faults);
    let said: Vec<Said> = history.pools.iter().map(|pool| spoken.of(&pool.name, pool.axis, site, faults)).collect();
    let known = asked.today.or(site.today);
    if known.is_none() && history.pools.iter().any(|pool| matches!(pool.axis, Axis::Numbered(_))) {
        bail!("the history's periods are numbered, not dated; say --today, the first day after the last of them");
    }
    let Some(today) = known.or_else(|| history.pools.iter().map(|pool| pool.today).max()) else {
        bail!("no day to plan from; say --today");
    };
    ensure!(after(today, horizon_days + 3_000).is_some(), "--today is at the end of time");
    let mut found =
        Needs { today, items: Vec::new(), methods: BTreeMap::from([(AVERAGE.to_owned(), BTreeMap::new())]) };
    let mut foresight = Foresight { history: &history, said: &said, horizon_days, seen: BTreeMap::new() };
    for row in rows {
        match foresight.need(row, today) {
            Ok((need, average)) => {
                if let (Some(average), Some(by_item)) = (average, found.methods.get_mut(AVERAGE)) {
                    by_item.insert(row.item.clone(), average);
                }
                found.items.push(Arc::new(row.item(row.on_hand, need)));
            }
            Err(why) => faults.at("items.csv", row.line, why),
        }
    }
    ensure!(!found.items.is_empty(), "no item can be planned:\n{}", super::shown(faults));
    Ok(found)
}

/// Outlooks of whole pools, made once for each length of interval.
struct Foresight<'a> {
    history: &'a History,
    /// What people say of each pool.
    said: &'a [Said],
    horizon_days: usize,
    seen: BTreeMap<(usize, usize), Vec<Outlook>>,
}

impl Foresight<'_> {
    /// The need of a row, and what a plain average of its history would say.
    fn need(&mut self, row: &ItemRow, today: Date) -> Result<(Need, Option<Need>), String> {
        if let Some(per_day) = row.per_day() {
            return Ok((restock::steady(&per_day, row.interval), None));
        }
        let (pool_at, at) = self.place(row)?;
        let pool = self.history.pools.get(pool_at).ok_or("no pool")?;
        let size = pool.axis.size();
        let bucket_days = days(size, 1);
        let buckets = restock::buckets(row.interval, size);
        let said = self.said.get(pool_at).ok_or("no pool")?;
        let horizon = (self.horizon_days.div_ceil(bucket_days) + 1).clamp(buckets, BUCKETS_MAX);
        if let Entry::Vacant(unseen) = self.seen.entry((pool_at, buckets)) {
            let span = Span { horizon, interval: buckets, season: pool.season };
            super::super::progress(&format!(
                "{}: forecast {} items over {buckets} buckets",
                pool.name,
                pool.items.len()
            ));
            let seen = outlook(&subjects(pool), span, said).map_err(|error| error.to_string())?;
            unseen.insert(seen);
        }
        let outlook = self.seen.get(&(pool_at, buckets)).and_then(|pool| pool.get(at)).ok_or("no outlook")?;
        let seen = match outlook {
            Outlook::Refused(why) => return Err(format!("item {}: history is refused: {why}", row.item)),
            Outlook::Foreseen(seen) => seen,
        };
        let need = restock::need(seen, row.interval, size, self.per_day(pool, seen, today));
        Ok((need, average(pool, at, bucket_days, row.interval)))
    }

    fn per_day(&self, pool: &Pool, seen: &Foreseen, today: Date) -> Vec<f64> {
        match pool.axis {
            Axis::Calendar(_) | Axis::Dated(_) => expected(&seen.ahead, 1.0, today, self.horizon_days),
            // periods without dates begin with the plan
            Axis::Numbered(size) => {
                let of = |ahead: &Ahead| vec![ahead.demand.mean() / days(size, 1) as f64; days(size, 1)];
                seen.ahead.iter().flat_map(of).take(self.horizon_days).collect()
            }
        }
    }

    fn place(&self, row: &ItemRow) -> Result<Place, String> {
        let pools = self.history.pools.iter().enumerate();
        let all = pools.flat_map(|(p, pool)| pool.items.iter().enumerate().map(move |(i, item)| ((p, i), pool, item)));
        let fits = all.filter(|(_, pool, item)| {
            let key = &item.series.key;
            (key.item == row.item || item.id == row.item)
                && row.site.as_ref().is_none_or(|site| *site == key.site)
                && row.customer.as_ref().is_none_or(|customer| *customer == pool.name)
        });
        let places: BTreeSet<Place> = fits.map(|(place, _, _)| place).collect();
        let mut places = places.into_iter();
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (None, _) => Err(format!("item {} has no history; say demand_per_day and demand_sd", row.item)),
            (Some(_), Some(_)) => {
                Err(format!("item {} has several histories; add columns site and customer", row.item))
            }
        }
    }
}

fn subjects(pool: &Pool) -> Vec<Subject<'_>> {
    pool.items
        .iter()
        .map(|item| Subject { series: &item.series, unit: item.unit(), strengths: &item.strengths })
        .collect()
}

/// Mean and variance of the last known buckets, as counts that are the same every day.
fn average(pool: &Pool, at: usize, bucket_days: usize, interval: Interval) -> Option<Need> {
    let item = pool.items.get(at)?;
    let values: Vec<f64> = item.series.values().into_iter().flatten().map(|units| units * item.unit()).collect();
    let last = values.get(values.len().saturating_sub(AVERAGE_BUCKETS)..).filter(|last| !last.is_empty())?;
    let n = last.len() as f64;
    let mean = last.iter().sum::<f64>() / n;
    let variance = last.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let days = bucket_days as f64;
    Some(restock::steady(&Law::of_counts(mean / days, variance.max(mean) / days), interval))
}
