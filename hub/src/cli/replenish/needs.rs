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

use super::{Asked, rows::Row};
use crate::{
    history::{self, Axis, History, Pool, Reading},
    outlook::{Ahead, Foreseen, Outlook, Span, Subject, outlook},
    restock::{days, expected, law},
};

/// Buckets of one outlook.
const BUCKETS_MAX: usize = 104;

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
    today: Option<Date>,
    rows: Vec<Row>,
    faults: &mut Vec<String>,
) -> anyhow::Result<Needs> {
    let history = if rows.iter().all(|row| row.demand.is_some()) {
        History::default()
    } else {
        history::read(&asked.data, &Reading { size: asked.bucket, through: None })?
    };
    faults.extend(history.faults.kept.iter().map(ToString::to_string));
    let known = asked.today.or(today);
    if known.is_none() && history.pools.iter().any(|pool| matches!(pool.axis, Axis::Numbered(_))) {
        bail!("the history's periods are numbered, not dated; say --today, the first day after the last of them");
    }
    let Some(today) = known.or_else(|| history.pools.iter().map(|pool| pool.today).max()) else {
        bail!("no day to plan from; say --today");
    };
    ensure!(after(today, horizon_days + 3_000).is_some(), "--today is at the end of time");
    let mut found =
        Needs { today, items: Vec::new(), methods: BTreeMap::from([(AVERAGE.to_owned(), BTreeMap::new())]) };
    let mut foresight = Foresight { history: &history, horizon_days, seen: BTreeMap::new() };
    for row in rows {
        match foresight.need(&row, today) {
            Ok((need, average)) => {
                if let (Some(average), Some(by_item)) = (average, found.methods.get_mut(AVERAGE)) {
                    by_item.insert(row.item.clone(), average);
                }
                found.items.push(Arc::new(item(row, need)));
            }
            Err(why) => faults.push(format!("items.csv, line {}: {why}", row.line)),
        }
    }
    ensure!(!found.items.is_empty(), "no item can be planned:\n{}", super::shown(faults));
    Ok(found)
}

fn item(row: Row, need: Need) -> Item {
    Item {
        id: row.item,
        owner: row.owner,
        on_hand: row.on_hand,
        allocated: row.allocated,
        backordered: row.backordered,
        open: row.open,
        interval: row.interval,
        policy: row.policy,
        order_min: row.order_min,
        multiple: row.multiple,
        pack: row.pack,
        capacity: row.capacity,
        agreed_min: row.agreed_min,
        agreed_max: row.agreed_max,
        unit_cost: row.unit_cost,
        can_order: row.can_order,
        need,
    }
}

/// Outlooks of whole pools, made once for each length of interval.
struct Foresight<'a> {
    history: &'a History,
    horizon_days: usize,
    seen: BTreeMap<(usize, usize), Vec<Outlook>>,
}

impl Foresight<'_> {
    /// The need of a row, and what a plain average of its history would say.
    fn need(&mut self, row: &Row, today: Date) -> Result<(Need, Option<Need>), String> {
        if let Some((mean, sd)) = row.demand {
            let per_day = Law::of_counts(mean, sd * sd);
            return Ok((steady(&per_day, row.interval), None));
        }
        let (pool_at, at) = self.place(row)?;
        let pool = self.history.pools.get(pool_at).ok_or("no pool")?;
        let size = pool.axis.size();
        let bucket_days = days(size, 1);
        let buckets = ((row.interval.days() / bucket_days as f64).ceil() as usize).clamp(1, BUCKETS_MAX);
        let horizon = (self.horizon_days.div_ceil(bucket_days) + 1).clamp(buckets, BUCKETS_MAX);
        if let Entry::Vacant(unseen) = self.seen.entry((pool_at, buckets)) {
            let span = Span { horizon, interval: buckets, season: pool.season };
            super::super::progress(&format!(
                "{}: forecast {} items over {buckets} buckets",
                pool.name,
                pool.items.len()
            ));
            let seen = outlook(&subjects(pool), span, &[]).map_err(|error| error.to_string())?;
            unseen.insert(seen);
        }
        let outlook = self.seen.get(&(pool_at, buckets)).and_then(|pool| pool.get(at)).ok_or("no outlook")?;
        let seen = match outlook {
            Outlook::Refused(why) => return Err(format!("item {}: history is refused: {why}", row.item)),
            Outlook::Foreseen(seen) => seen,
        };
        let over = exactly(law(&seen.interval, 1.0), row.interval.days() / (buckets * bucket_days) as f64);
        let lead = over.mean() / row.interval.days().max(1e-9) * row.interval.lead_sd;
        let over = if lead > 0.0 { over.with_variance(over.variance() + lead * lead) } else { over };
        let per_day = self.per_day(pool, seen, today);
        let need = Need::forecast(per_day, over, row.interval.lead_days, row.interval.review_days);
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

    fn place(&self, row: &Row) -> Result<Place, String> {
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

/// The law of a part of the buckets it was forecast over; of all of them, itself.
fn exactly(law: Law, part: f64) -> Law {
    if (part - 1.0).abs() < 1e-9 { law } else { law.moments_times(part) }
}

fn steady(per_day: &Law, interval: Interval) -> Need {
    Need::steady(per_day, interval.lead_days, interval.lead_sd, interval.review_days)
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
    Some(steady(&Law::of_counts(mean / days, variance.max(mean) / days), interval))
}
