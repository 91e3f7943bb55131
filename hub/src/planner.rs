//! Demand, forecast and plan of what the store holds, worked out when somebody asks and kept until the feed goes on.
//!
//! What is kept is keyed by the feed's cursor and the site's date, so that it is never older than the movements a reader
//! can see; a correction of a clock, a replayed movement and a new day change the key too. Works on one feed at a time:
//! nothing of one feed is ever in the answer, the pool or the cache entry of another.

mod view;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use gateway_proto::time::WallTime;
use jiff::{civil::Date, tz::TimeZone};
use planning::{
    demand::{BucketSize, Series, SeriesKey},
    replenish::{
        item::OnHand,
        plan::{Plan, PlanError},
    },
};
use tokio::sync::Semaphore;

pub(crate) use self::view::{DemandView, ForecastView, PlanView};
use crate::{
    config::FeedConfig,
    demand::{demand, local},
    feed::FeedKey,
    outlook::{Foreseen, Outlook, Span, Subject, outlook},
    restock::{Aim, Shelf, Wanted, restock},
    store::{self, Store, StoreError, StoredFeed},
};

/// Answers kept, each one feed in one size of bucket: the feeds of a few viewers at work.
const KEPT_MAX: usize = 64;

/// Forecasts made at once; each takes a core.
const WORKERS_MAX: usize = 2;

/// Works out what is asked.
pub(crate) struct Planner {
    zones: BTreeMap<FeedKey, TimeZone>,
    demands: Kept<(FeedKey, BucketSize), Arc<FeedDemand>>,
    outlooks: Kept<(FeedKey, BucketSize, Span), Arc<FeedOutlook>>,
    plans: Kept<(FeedKey, BucketSize, Span, Terms), Arc<FeedPlan>>,
    workers: Semaphore,
}

/// The demand of a feed's items.
#[derive(Debug)]
pub(crate) struct FeedDemand {
    pub(crate) feed: FeedKey,
    pub(crate) series: BTreeMap<SeriesKey, Series>,
    /// What can be taken now, by item: dock, bins and the field, base units.
    pub(crate) held: BTreeMap<String, i64>,
    /// The site's date.
    pub(crate) today: Date,
    /// The day of the site's last word.
    pub(crate) known_until: Option<Date>,
}

/// What is expected of a feed's items, in the order of their codes.
#[derive(Debug)]
pub(crate) struct FeedOutlook {
    pub(crate) demand: Arc<FeedDemand>,
    pub(crate) outlooks: Vec<Outlook>,
}

/// A plan of a feed's items.
#[derive(Debug)]
pub(crate) struct FeedPlan {
    pub(crate) outlook: Arc<FeedOutlook>,
    pub(crate) plan: Plan,
}

/// How stock is to be held: lead time in buckets, and service in thousandths, so that it can be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) lead: usize,
    pub(crate) service_milli: u16,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlannerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("forecasts of this hub have stopped")]
    Stopped,
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// What an answer stands on. Another stamp, another answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    cursor: String,
    today: Date,
    /// The site's last word, by its own day: the days after it are unknown.
    known_until: Option<Date>,
}

/// Answers of before, the least used first.
struct Kept<K, V>(Mutex<VecDeque<(K, Option<Stamp>, V)>>);

impl Planner {
    pub(crate) fn new(feeds: &[FeedConfig]) -> Self {
        Self {
            zones: feeds.iter().map(|feed| (feed.key(), feed.time_zone.clone())).collect(),
            demands: Kept::default(),
            outlooks: Kept::default(),
            plans: Kept::default(),
            workers: Semaphore::new(WORKERS_MAX),
        }
    }

    /// The demand of every item of a feed.
    ///
    /// # Errors
    /// [`PlannerError`] when the store cannot be read.
    pub(crate) async fn demand(
        &self,
        store: &Store,
        feed: &StoredFeed,
        size: BucketSize,
        now: WallTime,
    ) -> Result<Arc<FeedDemand>, PlannerError> {
        Ok(self.stamped(store, feed, size, now).await?.1)
    }

    async fn stamped(
        &self,
        store: &Store,
        feed: &StoredFeed,
        size: BucketSize,
        now: WallTime,
    ) -> Result<(Stamp, Arc<FeedDemand>), PlannerError> {
        let zone = self.zones.get(&feed.key).cloned().unwrap_or(TimeZone::UTC);
        let (today, key) = (local(now, &zone), (feed.key.clone(), size));
        let look = {
            let (feed, zone) = (feed.clone(), zone.clone());
            move |db: &store::Snapshot| stamp(db, &feed, &zone, today)
        };
        let stamp = store.read(look).await?;
        if let Some(kept) = self.demands.get(&key, &stamp) {
            return Ok((stamp, kept));
        }
        let _turn = self.workers.acquire().await.map_err(|_| PlannerError::Stopped)?;
        let read = feed.clone();
        // Read again with its stamp: the feed may have gone on.
        let (stamp, found) = store
            .read(move |db| {
                let stamp = self::stamp(db, &read, &zone, today)?;
                let series = demand(&read.key, &store::past(db, &read)?, &zone, size, now);
                let mut held = BTreeMap::new();
                for row in store::on_hand(db, std::slice::from_ref(&read), None)? {
                    if row.place.is_stock() {
                        *held.entry(row.item).or_default() += row.qty;
                    }
                }
                let known_until = stamp.known_until;
                Ok((stamp, FeedDemand { feed: read.key, series, held, today, known_until }))
            })
            .await?;
        let found = Arc::new(found);
        self.demands.keep(key, stamp.clone(), Arc::clone(&found));
        Ok((stamp, found))
    }

    /// What is expected of every item of a feed.
    ///
    /// # Errors
    /// [`PlannerError`] when the store cannot be read.
    pub(crate) async fn outlook(
        &self,
        store: &Store,
        feed: &StoredFeed,
        size: BucketSize,
        span: Span,
        now: WallTime,
    ) -> Result<Arc<FeedOutlook>, PlannerError> {
        let (stamp, demand) = self.stamped(store, feed, size, now).await?;
        let key = (feed.key.clone(), size, span);
        if let Some(kept) = self.outlooks.get(&key, &stamp) {
            return Ok(kept);
        }
        let _turn = self.workers.acquire().await.map_err(|_| PlannerError::Stopped)?;
        let worked = tokio::task::spawn_blocking(move || {
            let pool: Vec<_> =
                demand.series.values().map(|series| Subject { series, unit: 1.0, strengths: &[] }).collect();
            let outlooks = outlook(&pool, span, &[]).unwrap_or_default();
            drop(pool);
            FeedOutlook { demand, outlooks }
        });
        let found = Arc::new(worked.await.map_err(|_| PlannerError::Stopped)?);
        self.outlooks.keep(key, stamp, Arc::clone(&found));
        Ok(found)
    }

    /// What to send for every item of a feed that can be forecast.
    ///
    /// # Errors
    /// [`PlannerError`] when the store cannot be read or its items cannot be planned together.
    pub(crate) async fn plan(
        &self,
        store: &Store,
        feed: &StoredFeed,
        size: BucketSize,
        (span, terms): (Span, Terms),
        now: WallTime,
    ) -> Result<Arc<FeedPlan>, PlannerError> {
        let outlook = self.outlook(store, feed, size, span, now).await?;
        let key = (feed.key.clone(), size, span, terms);
        // What is kept of the same outlook stands on the same stamp.
        if let Some(kept) = self.plans.newest(&key).filter(|kept| Arc::ptr_eq(&kept.outlook, &outlook)) {
            return Ok(kept);
        }
        let _turn = self.workers.acquire().await.map_err(|_| PlannerError::Stopped)?;
        let worked = tokio::task::spawn_blocking(move || {
            let demand = &outlook.demand;
            let items = demand.series.keys().zip(&outlook.outlooks);
            let wanted: Vec<_> = items
                .filter_map(|(key, outlook)| match outlook {
                    Outlook::Refused(_) => None,
                    Outlook::Foreseen(seen) => {
                        Some(Wanted { id: &key.item, seen, shelf: shelf(demand, &key.item, seen), unit: 1.0 })
                    }
                })
                .collect();
            let service = f64::from(terms.service_milli) / 1_000.0;
            let plan = restock(&wanted, Aim { today: demand.today, size, span, lead: terms.lead, service })?;
            Ok::<_, PlannerError>(FeedPlan { outlook, plan })
        });
        let found = Arc::new(worked.await.map_err(|_| PlannerError::Stopped)??);
        self.plans.keep_newest(key, Arc::clone(&found));
        Ok(found)
    }
}

/// Stock as planning takes it. Books below nothing do not say what is there. A site that was not heard of since before
/// yesterday may have used nothing, or twice what was expected of these days.
fn shelf(demand: &FeedDemand, item: &str, seen: &Foreseen) -> Shelf {
    let quantity = demand.held.get(item).copied().unwrap_or(0);
    Shelf::of(match demand.known_until {
        Some(at) if quantity >= 0 => {
            let days = (demand.today - at).get_days();
            let per_day = seen.ahead.first().map_or(0.0, |next| next.demand.mean() / f64::from(next.bucket.days()));
            #[expect(clippy::cast_possible_truncation, reason = "clamped to what there is")]
            let used = (2.0 * per_day * f64::from(days)).ceil().min(1e15) as i64;
            match days {
                ..=1 => OnHand::Exactly(quantity),
                2.. => OnHand::LastKnown { quantity, low: (quantity - used).max(0), high: quantity, at },
            }
        }
        Some(_) | None => OnHand::Unknown,
    })
}

fn stamp(db: &store::Snapshot, feed: &StoredFeed, zone: &TimeZone, today: Date) -> Result<Stamp, StoreError> {
    let feeds = std::slice::from_ref(feed);
    let health = store::health(db, feeds)?;
    let known_until = health.first().and_then(|health| health.heard_at).map(|at| local(at, zone));
    let ahead = health.first().map_or(0, |health| health.ahead);
    // Records ahead are behind no cursor, yet they tell of a backlog.
    let cursor = format!("{}+{}", store::now(db, feeds)?, u64::from(ahead > 0));
    Ok(Stamp { cursor, today, known_until })
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: PartialEq, V: Clone> Kept<K, V> {
    /// What is kept under a key, if it stands on this stamp.
    fn get(&self, key: &K, stamp: &Stamp) -> Option<V> {
        self.find(|known, of| known == key && of == Some(stamp))
    }

    /// What is kept under a key.
    fn newest(&self, key: &K) -> Option<V> {
        self.find(|known, _| known == key)
    }

    fn find(&self, is: impl Fn(&K, Option<&Stamp>) -> bool) -> Option<V> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, of, _)| is(known, of.as_ref()))?;
        let found = kept.remove(place)?;
        let value = found.2.clone();
        kept.push_back(found);
        Some(value)
    }

    fn keep(&self, key: K, stamp: Stamp, value: V) {
        self.put(key, Some(stamp), value);
    }

    fn keep_newest(&self, key: K, value: V) {
        self.put(key, None, value);
    }

    fn put(&self, key: K, stamp: Option<Stamp>, value: V) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, ..)| *known != key);
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((key, stamp, value));
    }
}
