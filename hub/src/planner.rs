//! Demand, forecast and plan of what the store holds, worked out when somebody asks and kept until the feed goes on.
//!
//! What is kept is keyed by the feed's cursor and the site's date, so that it is never older than the movements a reader
//! can see; a correction of a clock, a replayed movement, a new day and another word of a planner change the key too. Works
//! on one feed at a time: nothing of one feed is ever in the answer, the pool or the cache entry of another.

mod supply;
mod view;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use gateway_proto::time::WallTime;
use jiff::{civil::Date, tz::TimeZone};
use planning::{
    demand::{BucketSize, Series, SeriesKey},
    replenish::plan::{Plan, PlanError},
};
use tokio::sync::Semaphore;

pub(crate) use self::view::{DemandView, ForecastView, PlanView, TermsView};
use crate::{
    config::FeedConfig,
    demand::{demand, local},
    feed::FeedKey,
    outlook::{Outlook, OutlookError, Span, Subject, explain, outlook},
    store::{self, Store, StoreError, StoredFeed},
    terms::{Folders, Terms},
};

/// Answers kept, each one feed in one size of bucket: the feeds of a few viewers at work.
const KEPT_MAX: usize = 64;

/// Forecasts made at once; each takes a core.
const WORKERS_MAX: usize = 2;

/// Works out what is asked.
pub(crate) struct Planner {
    zones: BTreeMap<FeedKey, TimeZone>,
    folders: Arc<Folders>,
    demands: Kept<(FeedKey, BucketSize), Arc<FeedDemand>>,
    outlooks: Kept<(FeedKey, BucketSize, Span), Arc<FeedOutlook>>,
    plans: Kept<(FeedKey, BucketSize, Span, Holding), Arc<FeedPlan>>,
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
    /// What planners say.
    pub(crate) terms: Arc<Terms>,
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
    /// Items that are not planned though they can be forecast, and why.
    pub(crate) refused: BTreeMap<String, String>,
    /// What of the joint orders is passed over.
    pub(crate) notes: Vec<String>,
}

/// How stock is to be held where nothing is said of an item: lead time in buckets, and service in thousandths, so that it
/// can be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holding {
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
    Outlook(#[from] OutlookError),
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
    /// Of what planners say.
    terms: Option<String>,
}

/// Answers of before, the least used first.
struct Kept<K, V>(Mutex<VecDeque<(K, Option<Stamp>, V)>>);

impl Planner {
    pub(crate) fn new(feeds: &[FeedConfig], folders: Arc<Folders>) -> Self {
        Self {
            zones: feeds.iter().map(|feed| (feed.key(), feed.time_zone.clone())).collect(),
            folders,
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
        let terms = self.folders.of(&feed.key);
        let look = {
            let (feed, zone, terms) = (feed.clone(), zone.clone(), terms.fingerprint.clone());
            move |db: &store::Snapshot| stamp(db, &feed, &zone, today, terms)
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
                let stamp = self::stamp(db, &read, &zone, today, terms.fingerprint.clone())?;
                let mut series = demand(&read.key, &store::past(db, &read)?, &zone, size, now);
                for series in series.values_mut() {
                    explain(series, &terms.said.events, None);
                }
                let mut held = BTreeMap::new();
                for row in store::on_hand(db, std::slice::from_ref(&read), None)? {
                    if row.place.is_stock() {
                        *held.entry(row.item).or_default() += row.qty;
                    }
                }
                let known_until = stamp.known_until;
                Ok((stamp, FeedDemand { feed: read.key, series, held, today, known_until, terms }))
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
            let outlooks = outlook(&subjects(&demand), span, &demand.terms.said)?;
            Ok::<_, PlannerError>(FeedOutlook { demand, outlooks })
        });
        let found = Arc::new(worked.await.map_err(|_| PlannerError::Stopped)??);
        self.outlooks.keep(key, stamp, Arc::clone(&found));
        Ok(found)
    }

    /// What to send for every item of a feed that can be planned.
    ///
    /// # Errors
    /// [`PlannerError`] when the store cannot be read or its items cannot be planned together.
    pub(crate) async fn plan(
        &self,
        store: &Store,
        feed: &StoredFeed,
        size: BucketSize,
        (span, holding): (Span, Holding),
        now: WallTime,
    ) -> Result<Arc<FeedPlan>, PlannerError> {
        let outlook = self.outlook(store, feed, size, span, now).await?;
        let key = (feed.key.clone(), size, span, holding);
        // What is kept of the same outlook stands on the same stamp.
        if let Some(kept) = self.plans.newest(&key).filter(|kept| Arc::ptr_eq(&kept.outlook, &outlook)) {
            return Ok(kept);
        }
        let _turn = self.workers.acquire().await.map_err(|_| PlannerError::Stopped)?;
        let worked = tokio::task::spawn_blocking(move || supply::plan(outlook, size, span, holding));
        let found = Arc::new(worked.await.map_err(|_| PlannerError::Stopped)??);
        self.plans.keep_newest(key, Arc::clone(&found));
        Ok(found)
    }
}

/// A feed's items as one pool.
fn subjects(demand: &FeedDemand) -> Vec<Subject<'_>> {
    demand.series.values().map(|series| Subject { series, unit: 1.0, strengths: &[] }).collect()
}

fn stamp(
    db: &store::Snapshot,
    feed: &StoredFeed,
    zone: &TimeZone,
    today: Date,
    terms: Option<String>,
) -> Result<Stamp, StoreError> {
    let feeds = std::slice::from_ref(feed);
    let health = store::health(db, feeds)?;
    let known_until = health.first().and_then(|health| health.heard_at).map(|at| local(at, zone));
    let ahead = health.first().map_or(0, |health| health.ahead);
    // Records ahead are behind no cursor, yet they tell of a backlog.
    let cursor = format!("{}+{}", store::now(db, feeds)?, u64::from(ahead > 0));
    Ok(Stamp { cursor, today, known_until, terms })
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
